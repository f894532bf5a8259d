/* SPDX-License-Identifier: BSD-2-Clause */
/* Sv39, Sv48, Sv57: leaves of every level, both halves of the address space, satp's modes. */
#include "insn.h"
#include "paging.h"

static const unsigned modes[] = {SV39, SV48, SV57};

/* the sign-extended form of an address in a mode's upper half */
static uint64_t upper(const struct space *s, uint64_t va)
{
    return va | ~0ul << (12 + 9 * s->levels - 1);
}

/* offsets into a leaf whose physical side is memory we may use */
static void leaf(struct space *s, uint64_t base, unsigned level)
{
    uint64_t size = level_size(level), pa, low, high;
    struct trap t;

    pa = level < 2 ? FREE_RAM : level == 2 ? RAM_BASE : 0;
    low = level < 2 ? 0 : FREE_RAM - pa;
    high = level < 2 ? size - 8 : FREE_RAM + 0x1ffff8 - pa;
    space_map(s, base, pa, level, PTE_ALL);
    space_use(s, 0);
    io_write64(pa + low, 0x1111111111111111);
    io_write64(pa + high, 0x2222222222222222);
    probe(&t, MODE_S, stub_ld, base + low, 0);
    check_trap("load low", &t, CAUSE_ECALL_S, ANY, ANY);
    check("value low", t.a0, 0x1111111111111111);
    probe(&t, MODE_S, stub_ld, base + high, 0);
    check_trap("load high", &t, CAUSE_ECALL_S, ANY, ANY);
    check("value high", t.a0, 0x2222222222222222);
    probe(&t, MODE_S, stub_sd, base + high, 0x3333);
    check_trap("store high", &t, CAUSE_ECALL_S, ANY, ANY);
    check("stored", io_read64(pa + high), 0x3333);
    io_write32(pa + low + 16, INSN_ECALL);
    fence_i();
    check_works("fetch", MODE_S, &kind_fetch, base + low + 16);
    if (level < 2) {
        check_faults("after the leaf", MODE_S, &kind_load, base + size, CAUSE_LOAD_PAGE);
        check_faults("before the leaf", MODE_S, &kind_load, base - 8, CAUSE_LOAD_PAGE);
    }
    check_faults("U-mode on an S leaf", MODE_U, &kind_load, base + low, CAUSE_LOAD_PAGE);

    space_map(s, base, pa, level, PTE_ALL | PTE_U);
    sfence_all();
    check_works("U load", MODE_U, &kind_load, base + low);
    check_works("U fetch", MODE_U, &kind_fetch, base + low + 16);
    check_faults("S-mode on a U leaf", MODE_S, &kind_load, base + low, CAUSE_LOAD_PAGE);
    *space_slot(s, base, level) = 0;
    sfence_all();
    check_faults("unmapped again", MODE_U, &kind_load, base + low, CAUSE_LOAD_PAGE);
    check_faults("unmapped again", MODE_U, &kind_store, base + low, CAUSE_STORE_PAGE);
    check_faults("unmapped again", MODE_U, &kind_fetch, base + low, CAUSE_FETCH_PAGE);
}

/* every top-level index has its own entry: first, last of the lower half, first, last of the upper
 */
static void corners(struct space *s)
{
    unsigned bits = 12 + 9 * s->levels;
    uint64_t vas[] = {0, (1ul << (bits - 1)) - PAGE, ~0ul << (bits - 1), ~0ul - PAGE + 1};
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(vas); i++) {
        io_write64(FREE_RAM + i * PAGE, 0x100 + i);
        space_map(s, vas[i], FREE_RAM + i * PAGE, 0, PTE_ALL);
    }
    space_use(s, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(vas); i++) {
        set_case_number(vas[i]);
        probe(&t, MODE_S, stub_ld, vas[i], 0);
        check_trap("corner", &t, CAUSE_ECALL_S, ANY, ANY);
        check("corner value", t.a0, 0x100 + i);
    }
    /* bits above the mode's width must all equal its top bit */
    for (unsigned bit = bits; bit < 64; bit++) {
        for (unsigned i = 0; i < ARRAY_SIZE(vas); i++) {
            uint64_t va = vas[i] ^ 1ul << bit;

            set_case_number(va);
            check_faults("not canonical", MODE_S, &kind_load, va, CAUSE_LOAD_PAGE);
            check_faults("not canonical", MODE_S, &kind_store, va, CAUSE_STORE_PAGE);
            check_faults("not canonical", MODE_S, &kind_fetch, va, CAUSE_FETCH_PAGE);
        }
    }
}

static void satp_modes(void)
{
    struct space s;
    uint64_t before;

    space_reset();
    space_init(&s, SV39);
    space_use(&s, 5);
    before = csr_read(satp);
    check("satp reads back", before & ~(0xfffful << 44), space_satp(&s, 0));
    for (uint64_t mode = 0; mode < 16; mode++) {
        if (mode == 0 || (mode >= SV39 && mode <= SV57))
            continue;
        set_case_number(mode);
        csr_write(satp, mode << 60 | 3ul << 44 | 0x80077);
        check("a write of an unsupported mode has no effect", csr_read(satp), before);
    }
    csr_write(satp, 0xffful << 44);
    print("ASID bits kept with bare mode: ");
    print_hex(csr_read(satp) >> 44);
    csr_write(satp, (uint64_t)SV39 << 60 | 0xfffful << 44 | (uint64_t)s.root >> 12);
    print(", with Sv39: ");
    print_hex(csr_read(satp) >> 44 & 0xffff);
    print("\n");
    space_off();
    check("satp off", csr_read(satp), 0);
}

int main(void)
{
    static char name[] = "Sv39 level 0";
    struct space s;

    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        name[2] = (char)('3' + i);
        name[3] = i == 0 ? '9' : i == 1 ? '8' : '7';
        for (unsigned level = 0; level < i + 3; level++) {
            uint64_t base = level < 2 ? 0x1000000000ul + (1ul << 30) : level_size(level) * 3;

            name[11] = (char)('0' + level);
            set_case(name);
            space_reset();
            space_init(&s, modes[i]);
            if (level == s.levels - 1)
                base = level_size(level);
            leaf(&s, base, level);
            space_reset();
            space_init(&s, modes[i]);
            leaf(&s, upper(&s, base), level);
        }
        space_reset();
        space_init(&s, modes[i]);
        corners(&s);
    }
    set_case(NULL);
    satp_modes();
    return 0;
}

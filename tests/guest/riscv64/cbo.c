/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicbom and Zicboz: 64-byte blocks, permission bits of menvcfg and senvcfg, faults. */
#include "insn.h"
#include "paging.h"

#define VA 0x1000000000ul

static uint8_t area[512] __attribute__((aligned(512)));

static void zeroing(void)
{
    struct trap t;

    for (uint64_t offset = 128; offset < 256; offset += 7) {
        uint64_t block = offset & ~63ul;

        set_case_number(offset);
        for (unsigned i = 0; i < sizeof(area); i++)
            area[i] = 0xee;
        run_stub(&t, MODE_M, stub_cbo_zero, (uint64_t)area + offset, 0);
        check_trap("cbo.zero", &t, CAUSE_ECALL_M, ANY, ANY);
        for (uint64_t i = 0; i < sizeof(area); i++)
            check("byte", area[i], i >= block && i < block + 64 ? 0 : 0xee);
    }
    set_case(NULL);
}

struct cbo {
    const char *name, *stub;
    uint64_t bits; /* of envcfg, any of which allows it */
};

static const struct cbo cbos[] = {
    {"cbo.inval", stub_cbo_inval, ENVCFG_CBIE},
    {"cbo.clean", stub_cbo_clean, ENVCFG_CBCFE},
    {"cbo.flush", stub_cbo_flush, ENVCFG_CBCFE},
    {"cbo.zero", stub_cbo_zero, ENVCFG_CBZE},
};

/* M always; S by menvcfg; U by both */
static void permissions(void)
{
    static const uint64_t settings[] = {
        0, 1ul << 4, 3ul << 4, ENVCFG_CBCFE, ENVCFG_CBZE, ENVCFG_CBIE | ENVCFG_CBCFE | ENVCFG_CBZE};
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(cbos); i++) {
        const struct cbo *c = &cbos[i];

        set_case(c->name);
        for (unsigned m = 0; m < ARRAY_SIZE(settings); m++) {
            for (unsigned s = 0; s < ARRAY_SIZE(settings); s++) {
                bool in_s = settings[m] & c->bits, in_u = in_s && (settings[s] & c->bits);

                set_case_number(m << 4 | s);
                csr_write(CSR_MENVCFG, settings[m]);
                csr_write(CSR_SENVCFG, settings[s]);
                run_stub(&t, MODE_M, c->stub, (uint64_t)area, 0);
                check_trap("M", &t, CAUSE_ECALL_M, ANY, ANY);
                run_stub(&t, MODE_S, c->stub, (uint64_t)area, 0);
                check_trap("S", &t, in_s ? CAUSE_ECALL_S : CAUSE_ILLEGAL, ANY, ANY);
                run_stub(&t, MODE_U, c->stub, (uint64_t)area, 0);
                check_trap("U", &t, in_u ? CAUSE_ECALL_U : CAUSE_ILLEGAL, ANY, ANY);
            }
        }
    }
    csr_write(CSR_MENVCFG, ENVCFG_CBIE | ENVCFG_CBCFE | ENVCFG_CBZE);
    csr_write(CSR_SENVCFG, ENVCFG_CBIE | ENVCFG_CBCFE | ENVCFG_CBZE);
    set_case(NULL);
}

/* faults count as stores; management needs any one of read and write, zeroing needs write */
static void faults(void)
{
    struct space space;
    struct trap t;

    set_case("paging");
    space_init(&space, SV39);
    space_use(&space, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(cbos); i++) {
        const struct cbo *c = &cbos[i];

        set_case(c->name);
        *space_slot(&space, VA, 0) = 0;
        sfence_all();
        probe(&t, MODE_S, c->stub, VA + 8, 0);
        check_trap("missing page", &t, CAUSE_STORE_PAGE, ANY, ANY);
        check("tval in the block", t.tval & ~63ul, VA);
        space_map(&space, VA, FREE_RAM, 0, PTE_V | PTE_R | PTE_AD);
        sfence_all();
        probe(&t, MODE_S, c->stub, VA, 0);
        check_trap("read-only page", &t,
                   c->stub == stub_cbo_zero ? CAUSE_STORE_PAGE : CAUSE_ECALL_S, ANY, ANY);
        space_map(&space, VA, FREE_RAM, 0, PTE_V | PTE_R | PTE_W | PTE_AD);
        sfence_all();
        io_write64(FREE_RAM + 64, 0x1234);
        io_write64(FREE_RAM + 128, 0x1234);
        probe(&t, MODE_S, c->stub, VA + 64, 0);
        check_trap("writable page", &t, CAUSE_ECALL_S, ANY, ANY);
        check("the block", io_read64(FREE_RAM + 64), c->stub == stub_cbo_zero ? 0 : 0x1234);
        check("the next block", io_read64(FREE_RAM + 128), 0x1234);
    }
    space_off();
    set_case("cbo.zero");
    run_stub(&t, MODE_M, stub_cbo_zero, HOLE, 0);
    check_trap("no memory", &t, CAUSE_STORE_ACCESS, ANY, ANY);
}

/* zeroing code that has run: the block's old instructions are gone after fence.i */
static void over_code(void)
{
    struct trap t;

    set_case("cbo.zero over code");
    io_write32(FREE_RAM, INSN_ECALL);
    fence_i();
    enter(&t, MODE_M, FREE_RAM, 0, 0);
    check_trap("before", &t, CAUSE_ECALL_M, FREE_RAM, ANY);
    run_stub(&t, MODE_M, stub_cbo_zero, FREE_RAM, 0);
    fence_i();
    enter(&t, MODE_M, FREE_RAM, 0, 0);
    check_trap("after", &t, CAUSE_ILLEGAL, FREE_RAM, ANY);
}

int main(void)
{
    zeroing();
    permissions();
    faults();
    over_code();
    return 0;
}

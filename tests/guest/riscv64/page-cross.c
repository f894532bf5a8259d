/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses and instructions that straddle two pages: frames apart, either page faulting, nothing
 * half done. */
#include "insn.h"
#include "paging.h"

#define VA      0x1000001000ul /* the second page; the first is below it */
#define FIRST   (VA - PAGE)
#define FRAME_A FREE_RAM
#define FRAME_B (FREE_RAM + 16 * PAGE)

static struct space space;

struct width {
    const char *name, *load, *store;
    unsigned size;
    uint64_t boxed;
};

static const struct width widths[] = {
    {"lhu sh", stub_lhu, stub_sh, 2, 0},   {"lwu sw", stub_lwu, stub_sw, 4, 0},
    {"ld sd", stub_ld, stub_sd, 8, 0},     {"flw fsw", stub_flw, stub_fsw, 4, 0xffffffff00000000},
    {"fld fsd", stub_fld, stub_fsd, 8, 0},
};

/* the two frames seen as one run of bytes around the boundary */
static uint8_t byte_at(int64_t offset)
{
    return io_read8(offset < 0 ? FRAME_A + PAGE + (uint64_t)offset : FRAME_B + (uint64_t)offset);
}

static void set_byte(int64_t offset, uint8_t v)
{
    io_write8(offset < 0 ? FRAME_A + PAGE + (uint64_t)offset : FRAME_B + (uint64_t)offset, v);
}

static void fill(void)
{
    for (int64_t i = -16; i < 16; i++)
        set_byte(i, (uint8_t)(0x40 + i));
}

static void map(uint64_t first, uint64_t second)
{
    *space_slot(&space, FIRST, 0) = first ? pte_of(FRAME_A, first) : 0;
    *space_slot(&space, VA, 0) = second ? pte_of(FRAME_B, second) : 0;
    sfence_all();
}

static void works(const struct width *w, unsigned mode, int64_t offset)
{
    static const uint64_t value = 0xf1e2d3c4b5a69788;
    uint64_t expected = w->boxed;
    struct trap t;

    fill();
    for (unsigned i = 0; i < w->size; i++)
        expected |= (uint64_t)(uint8_t)(0x40 + offset + i) << (8 * i);
    probe(&t, mode, w->load, VA + (uint64_t)offset, 0);
    check_trap("load", &t, ecall_cause(mode), ANY, ANY);
    check("loaded", t.a0, expected);
    probe(&t, mode, w->store, VA + (uint64_t)offset, value);
    check_trap("store", &t, ecall_cause(mode), ANY, ANY);
    for (int64_t i = -16; i < 16; i++) {
        bool inside = i >= offset && i < offset + w->size;

        check("byte", byte_at(i),
              inside ? value >> (8 * (i - offset)) & 0xff : (uint64_t)(0x40 + i) & 0xff);
    }
}

static void faults(const struct width *w, int64_t offset, const char *name, bool load, bool store,
                   uint64_t tval)
{
    struct trap t;

    fill();
    if (load) {
        probe(&t, MODE_S, w->load, VA + (uint64_t)offset, 0);
        check_trap(name, &t, CAUSE_LOAD_PAGE, ANY, tval);
    }
    if (store) {
        probe(&t, MODE_S, w->store, VA + (uint64_t)offset, ~0ul);
        check_trap(name, &t, CAUSE_STORE_PAGE, ANY, tval);
        for (int64_t i = -16; i < 16; i++)
            check("nothing is written", byte_at(i), (uint64_t)(0x40 + i) & 0xff);
    }
}

static void data(void)
{
    static const uint64_t rw = PTE_V | PTE_R | PTE_W | PTE_AD, ro = PTE_V | PTE_R | PTE_AD;

    for (unsigned i = 0; i < ARRAY_SIZE(widths); i++) {
        const struct width *w = &widths[i];

        set_case(w->name);
        for (int64_t offset = -9; offset <= 1; offset++) {
            set_case_number((uint64_t)offset);
            map(rw, rw);
            works(w, MODE_S, offset);
            map(rw | PTE_U, rw | PTE_U);
            works(w, MODE_U, offset);
            if (offset >= 0 || offset + w->size <= 0)
                continue;
            map(rw, 0);
            faults(w, offset, "second page missing", true, true, VA);
            map(0, rw);
            faults(w, offset, "first page missing", true, true, VA + (uint64_t)offset);
            map(0, 0);
            faults(w, offset, "both missing", true, true, VA + (uint64_t)offset);
            map(rw, ro);
            faults(w, offset, "second page read-only", false, true, VA);
            map(ro, rw);
            faults(w, offset, "first page read-only", false, true, VA + (uint64_t)offset);
            map(rw, rw | PTE_U);
            faults(w, offset, "second page a user page", true, true, VA);
            map(rw, rw);
            works(w, MODE_S, offset);
        }
    }
    set_case(NULL);
}

/* addi a0, a0, imm over the boundary, then an ecall in the second page */
static void put_code(uint32_t insn)
{
    io_write32(FRAME_B + 2, INSN_ECALL);
    *(volatile uint16_t *)(FRAME_A + PAGE - 2) = (uint16_t)insn;
    *(volatile uint16_t *)FRAME_B = (uint16_t)(insn >> 16);
    fence_i();
}

#define ADDI_A0(imm) ((uint32_t)(imm) << 20 | 0x00050513)

static void fetch(void)
{
    static const uint64_t rx = PTE_V | PTE_R | PTE_X | PTE_AD;
    struct trap t;

    set_case("fetch");
    map(rx, rx);
    put_code(ADDI_A0(5));
    for (unsigned i = 0; i < 3; i++) {
        enter(&t, MODE_S, VA - 2, 100, 0);
        check_trap("straddling instruction", &t, CAUSE_ECALL_S, VA + 2, 0);
        check("its result", t.a0, 105);
    }
    map(rx, 0);
    enter(&t, MODE_S, VA - 2, 100, 0);
    check_trap("second page missing", &t, CAUSE_FETCH_PAGE, VA - 2, VA);
    check("not executed", t.a0, 100);
    map(rx, PTE_V | PTE_R | PTE_AD);
    enter(&t, MODE_S, VA - 2, 100, 0);
    check_trap("second page not executable", &t, CAUSE_FETCH_PAGE, VA - 2, VA);
    map(0, rx);
    enter(&t, MODE_S, VA - 2, 100, 0);
    check_trap("first page missing", &t, CAUSE_FETCH_PAGE, VA - 2, VA - 2);
    map(rx, rx);
    enter(&t, MODE_S, VA - 2, 100, 0);
    check("both back", t.a0, 105);

    /* other bytes in the second frame: another instruction from the same first half */
    *(volatile uint16_t *)FRAME_B = (uint16_t)(ADDI_A0(77) >> 16);
    fence_i();
    enter(&t, MODE_S, VA - 2, 100, 0);
    check("second half rewritten", t.a0, 177);

    /* the second page in another frame: no byte of memory changes, only the mapping */
    io_write32(FRAME_B + 4 * PAGE + 2, INSN_ECALL);
    *(volatile uint16_t *)(FRAME_B + 4 * PAGE) = (uint16_t)(ADDI_A0(9) >> 16);
    fence_i();
    *space_slot(&space, VA, 0) = pte_of(FRAME_B + 4 * PAGE, rx);
    sfence_all();
    enter(&t, MODE_S, VA - 2, 100, 0);
    check("second page remapped", t.a0, 109);
    map(rx, rx);
    enter(&t, MODE_S, VA - 2, 100, 0);
    check("and mapped back", t.a0, 177);

    /* straight-line code that runs from one page into the next at an instruction's end */
    io_write32(FRAME_A + PAGE - 4, ADDI_A0(1));
    io_write32(FRAME_B, ADDI_A0(2));
    io_write32(FRAME_B + 4, INSN_ECALL);
    fence_i();
    enter(&t, MODE_S, VA - 4, 100, 0);
    check_trap("into the next page", &t, CAUSE_ECALL_S, VA + 4, 0);
    check("its result", t.a0, 103);
    map(rx, 0);
    enter(&t, MODE_S, VA - 4, 100, 0);
    check_trap("next page missing", &t, CAUSE_FETCH_PAGE, VA, VA);
    check("the first instruction is done", t.a0, 101);

    /* a compressed instruction in the last halfword does not touch the next page */
    *(volatile uint16_t *)(FRAME_A + PAGE - 4) = 0x0505; /* c.addi a0, 1 */
    *(volatile uint16_t *)(FRAME_A + PAGE - 2) = 0x9002; /* c.ebreak */
    fence_i();
    enter(&t, MODE_S, VA - 4, 100, 0);
    check_trap("compressed at the end", &t, CAUSE_BREAKPOINT, VA - 2, ANY);
    check("its result", t.a0, 101);
    set_case(NULL);
}

int main(void)
{
    static const unsigned modes[] = {SV39, SV57};

    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        space_reset();
        space_init(&space, modes[i]);
        space_use(&space, 0);
        data();
        fetch();
    }
    space_off();
    return 0;
}

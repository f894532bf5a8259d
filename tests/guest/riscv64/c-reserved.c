/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed encodings that are reserved, or belong to extensions the machine lacks: each must
 * trap. */
#include "test.h"

struct range {
    const char *name;
    uint16_t mask, match; /* every encoding with (x & mask) == match */
};

/* From the tables of the C chapter: RV64C, "RES" entries; all of each kind are tried. */
static const struct range reserved[] = {
    {"all zero", 0xffff, 0x0000},
    {"c.addi4spn with immediate 0", 0xffe3, 0x0000},
    {"quadrant 0 funct3 100", 0xe003, 0x8000},
    {"c.addiw x0", 0xef83, 0x2001},
    {"c.addi16sp with immediate 0", 0xffff, 0x6101},
    {"c.lui with immediate 0", 0xf07f, 0x6001},
    {"c.subw/c.addw row, funct2 10", 0xfc63, 0x9c41},
    {"c.subw/c.addw row, funct2 11", 0xfc63, 0x9c61},
    {"c.lwsp x0", 0xef83, 0x4002},
    {"c.ldsp x0", 0xef83, 0x6002},
    {"c.jr x0", 0xffff, 0x8002},
};

/* c.lui x0 with an immediate is a hint, c.addi16sp has its own rule */
static bool exempt(const struct range *r, uint32_t insn)
{
    unsigned rd = (insn >> 7) & 31;

    return r->match == 0x6001 && (rd == 0 || rd == 2);
}

static void try_range(const struct range *r)
{
    struct trap t;

    set_case(r->name);
    for (uint32_t insn = 0; insn < 0x10000; insn++) {
        if ((insn & r->mask) != r->match || (insn & 3) == 3 || exempt(r, insn))
            continue;
        set_case_number(insn);
        try_insn(&t, MODE_M, insn, (uint64_t)try_buffer, (uint64_t)try_buffer);
        check_illegal("traps", &t, (uint64_t)try_buffer, insn);
    }
}

static void ebreak(void)
{
    struct trap t;

    set_case("c.ebreak");
    try_insn(&t, MODE_M, 0x9002, 0, 0);
    check_trap("traps", &t, CAUSE_BREAKPOINT, (uint64_t)try_buffer,
               t.tval == 0 ? 0 : (uint64_t)try_buffer);
}

/* the fault of a compressed load has the address of the access */
static void faulting_loads(void)
{
    struct trap t;

    set_case("c.ld a0, 8(a0) from a hole");
    try_insn(&t, MODE_M, 0x6508, HOLE, 0);
    check_trap("traps", &t, CAUSE_LOAD_ACCESS, (uint64_t)try_buffer, HOLE + 8);
    set_case("c.sd a1, 8(a0) to a hole");
    try_insn(&t, MODE_M, 0xe50c, HOLE, 0);
    check_trap("traps", &t, CAUSE_STORE_ACCESS, (uint64_t)try_buffer, HOLE + 8);
}

/* with FS off the compressed floating-point loads and stores are illegal */
static void fp_off(void)
{
    static const uint16_t insns[] = {0x2108, 0xa108, 0x2502, 0xa02a};
    struct trap t;

    set_case("FS = off");
    csr_clear(mstatus, MSTATUS_FS);
    for (unsigned i = 0; i < ARRAY_SIZE(insns); i++) {
        set_case_number(insns[i]);
        try_insn(&t, MODE_M, insns[i], (uint64_t)try_buffer, 0);
        check_illegal("traps", &t, (uint64_t)try_buffer, insns[i]);
    }
    csr_set(mstatus, MSTATUS_FS);
    for (unsigned i = 0; i < 2; i++) {
        set_case_number(insns[i]);
        try_insn(&t, MODE_M, insns[i], (uint64_t)try_buffer, 0);
        check_trap("works with FS on", &t, CAUSE_ECALL_M, ANY, ANY);
    }
}

int main(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(reserved); i++)
        try_range(&reserved[i]);
    ebreak();
    faulting_loads();
    fp_off();
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous exceptions without translation, from M, S and U: cause, epc, tval, and what is left
 * alone. */
#include "insn.h"
#include "stubs.h"

static const unsigned modes[] = {MODE_M, MODE_S, MODE_U};
static const char *const mode_names[] = {"U", "S", "", "M"};

#define BUFFER ((uint64_t)try_buffer)

/* mstatus as the trap must leave it: MPP = where it came from, MIE = 0, MPIE = MIE before */
static void check_status(const struct trap *t, unsigned mode, bool mie)
{
    check("MPP", t->status >> 11 & 3, mode);
    check("MIE", t->status & MSTATUS_MIE, 0);
    check("MPIE", t->status & MSTATUS_MPIE, mie ? MSTATUS_MPIE : 0);
}

static void calls(unsigned mode)
{
    struct trap t;

    try_insn(&t, mode, INSN_ECALL, 1, 2);
    check_trap("ecall", &t, ecall_cause(mode), BUFFER, 0);
    check_status(&t, mode, false);
    enter(&t, mode | ENTER_MIE, BUFFER, 1, 2);
    check_trap("ecall with MIE", &t, ecall_cause(mode), BUFFER, 0);
    check_status(&t, mode, true);
    try_insn(&t, mode, INSN_EBREAK, 1, 2);
    check_trap("ebreak", &t, CAUSE_BREAKPOINT, BUFFER, t.tval == 0 ? 0 : BUFFER);
    check_status(&t, mode, false);
    try_insn(&t, mode, 0x9002, 1, 2);
    check_trap("c.ebreak", &t, CAUSE_BREAKPOINT, BUFFER, t.tval == 0 ? 0 : BUFFER);
}

static void data_faults(unsigned mode)
{
    static const struct access {
        const char *name, *stub;
        uint64_t cause;
    } table[] = {
        {"lb", stub_lb, CAUSE_LOAD_ACCESS},
        {"lh", stub_lh, CAUSE_LOAD_ACCESS},
        {"lw", stub_lw, CAUSE_LOAD_ACCESS},
        {"ld", stub_ld, CAUSE_LOAD_ACCESS},
        {"lbu", stub_lbu, CAUSE_LOAD_ACCESS},
        {"lwu", stub_lwu, CAUSE_LOAD_ACCESS},
        {"flw", stub_flw, CAUSE_LOAD_ACCESS},
        {"fld", stub_fld, CAUSE_LOAD_ACCESS},
        {"sb", stub_sb, CAUSE_STORE_ACCESS},
        {"sh", stub_sh, CAUSE_STORE_ACCESS},
        {"sw", stub_sw, CAUSE_STORE_ACCESS},
        {"sd", stub_sd, CAUSE_STORE_ACCESS},
        {"lr.w", stub_lr_w, CAUSE_LOAD_ACCESS},
        {"lr.d", stub_lr_d, CAUSE_LOAD_ACCESS},
        {"amoadd.w", stub_amoadd_w, CAUSE_STORE_ACCESS},
        {"amoswap.d", stub_amoswap_d, CAUSE_STORE_ACCESS},
    };
    static const uint64_t holes[] = {
        HOLE,
        RAM_BASE + RAM_SIZE,
        HOLE + 0x1ff8,
        0xfffffffffffff000,
        0x0100000000000000,
        0x8000000080000000,
    };
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        for (unsigned h = 0; h < ARRAY_SIZE(holes); h++) {
            bool loads = table[i].cause == CAUSE_LOAD_ACCESS;

            set_case(table[i].name);
            set_case_number(holes[h]);
            run_stub(&t, mode, table[i].stub, holes[h], 0x77);
            check_trap("fault", &t, table[i].cause, (uint64_t)table[i].stub, holes[h]);
            if (loads)
                check("rd is left alone", t.a0, holes[h]);
            check_status(&t, mode, false);
        }
    }
}

static void fetch_faults(unsigned mode)
{
    static const uint64_t holes[] = {
        HOLE, HOLE + 2, RAM_BASE + RAM_SIZE, HOLE + 0xffe, 0x0100000000000000,
    };
    struct trap t;

    for (unsigned h = 0; h < ARRAY_SIZE(holes); h++) {
        set_case("fetch");
        set_case_number(holes[h]);
        run_stub(&t, mode, stub_jump, holes[h], 0);
        check_trap("fault", &t, CAUSE_FETCH_ACCESS, holes[h], holes[h]);
        check_status(&t, mode, false);
        enter(&t, mode, holes[h], 0, 0);
        check_trap("fault after mret", &t, CAUSE_FETCH_ACCESS, holes[h], holes[h]);
    }
    /* the last halfword of memory is the first half of a 4-byte instruction: tval is the second
     * half */
    *(volatile uint16_t *)(RAM_BASE + RAM_SIZE - 2) = (uint16_t)INSN_NOP;
    fence_i();
    set_case("fetch across the end of memory");
    enter(&t, mode, RAM_BASE + RAM_SIZE - 2, 0, 0);
    check_trap("fault", &t, CAUSE_FETCH_ACCESS, RAM_BASE + RAM_SIZE - 2, RAM_BASE + RAM_SIZE);
    /* an odd target loses bit 0: with C there are no misaligned fetches */
    set_case("jump to an odd address");
    try_buffer[0] = INSN_ECALL;
    fence_i();
    run_stub(&t, mode, stub_jump, BUFFER + 1, 0);
    check_trap("no fault", &t, ecall_cause(mode), BUFFER, 0);
}

/* x0 as the destination of a load still faults; the instruction before the fault has happened */
static void precision(unsigned mode)
{
    static const uint32_t code[] = {
        0x00158593, /* addi a1, a1, 1 */
        0x00053003, /* ld zero, 0(a0) */
        0x00158593, /* addi a1, a1, 1 */
        INSN_ECALL,
    };
    struct trap t;

    set_case("precision");
    for (unsigned i = 0; i < ARRAY_SIZE(code); i++)
        try_buffer[i] = code[i];
    fence_i();
    enter(&t, mode, BUFFER, HOLE, 10);
    check_trap("load to x0", &t, CAUSE_LOAD_ACCESS, BUFFER + 4, HOLE);
    check("only the instruction before is done", t.a1, 11);
    check("a0", t.a0, HOLE);
    /* base and destination the same register */
    try_insn(&t, mode, 0x00053503, HOLE, 0);
    check_trap("ld a0, 0(a0)", &t, CAUSE_LOAD_ACCESS, BUFFER, HOLE);
    check("the base survives", t.a0, HOLE);
    /* jalr ra through ra to a hole: the link is written, the fault is the target's */
    try_insn(&t, mode, 0x00050567, HOLE, 0);
    check_trap("jalr a0, 0(a0)", &t, CAUSE_FETCH_ACCESS, HOLE, HOLE);
    check("the link is written", t.a0, BUFFER + 4);
}

int main(void)
{
    static char name[] = "mode X";

    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        name[5] = mode_names[modes[i]][0];
        set_case(name);
        calls(modes[i]);
        data_faults(modes[i]);
        fetch_faults(modes[i]);
        precision(modes[i]);
    }
    return 0;
}

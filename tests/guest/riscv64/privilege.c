/* SPDX-License-Identifier: BSD-2-Clause */
/* Privilege changes: mret and sret stacks, TVM, TW, TSR, MPRV, what each mode may execute. */
#include "insn.h"
#include "stubs.h"

#define BUFFER ((uint64_t)try_buffer)

struct rule {
    const char *name;
    uint32_t insn;
    uint64_t status; /* bits of mstatus that are set for it */
    bool traps[4];   /* by mode: U, S, -, M */
};

static const struct rule rules[] = {
    {"mret", INSN_MRET, 0, {true, true, false, false}},
    {"sret", INSN_SRET, 0, {true, false, false, false}},
    {"sret with TSR", INSN_SRET, MSTATUS_TSR, {true, true, false, false}},
    {"sfence.vma", INSN_SFENCE, 0, {true, false, false, false}},
    {"sfence.vma with TVM", INSN_SFENCE, MSTATUS_TVM, {true, true, false, false}},
    {"read satp", CSRRS(0x180, 0, 0), 0, {true, false, false, false}},
    {"read satp with TVM", CSRRS(0x180, REG_A0, 0), MSTATUS_TVM, {true, true, false, false}},
    {"write satp with TVM", CSRRW(0x180, 0, 0), MSTATUS_TVM, {true, true, false, false}},
    {"write satp", CSRRW(0x180, 0, 0), 0, {true, false, false, false}},
    {"wfi with TW", INSN_WFI, MSTATUS_TW, {true, true, false, false}},
    {"fence.i", 0x0000100f, 0, {false, false, false, false}},
    {"read sstatus with TVM", CSRRS(0x100, REG_A0, 0), MSTATUS_TVM, {true, false, false, false}},
};

/* xRET goes to the buffer's ecall, so that what does not trap ends there */
static void run_rules(void)
{
    static const unsigned modes[] = {MODE_M, MODE_S, MODE_U};

    for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
        const struct rule *r = &rules[i];

        for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
            bool xret = r->insn == INSN_MRET || r->insn == INSN_SRET;
            struct trap t;

            if (r->insn == INSN_MRET && modes[m] == MODE_M)
                continue; /* mret_targets() */
            set_case(r->name);
            set_case_number(modes[m]);
            csr_clear(mstatus, MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR | MSTATUS_SPP);
            csr_set(mstatus, r->status | (xret ? MSTATUS_SPP : 0));
            csr_write(sepc, BUFFER + 4);
            /* M's wfi finds something pending; the other modes must trap */
            csr_write(mie, modes[m] == MODE_M && r->insn == INSN_WFI ? BIT(IRQ_SSI) : 0);
            csr_write(mip, BIT(IRQ_SSI));
            try_insn(&t, modes[m], r->insn, 0, 0);
            if (r->traps[modes[m]])
                check_illegal("traps", &t, BUFFER, r->insn);
            else
                check_true("does not trap", t.cause >= CAUSE_ECALL_U && t.cause <= CAUSE_ECALL_M &&
                                                t.epc == BUFFER + 4);
            csr_write(mie, 0);
            csr_write(mip, 0);
        }
    }
    csr_clear(mstatus, MSTATUS_TVM | MSTATUS_TW | MSTATUS_TSR);
    csr_write(satp, 0);
    set_case(NULL);
}

/* mret: to each mode, MIE = MPIE, MPIE = 1, MPP = U, MPRV cleared unless M */
static void mret_targets(void)
{
    static const unsigned modes[] = {MODE_M, MODE_S, MODE_U};
    struct trap t;

    for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
        for (unsigned mpie = 0; mpie < 2; mpie++) {
            set_case("mret");
            set_case_number(modes[m] << 4 | mpie);
            csr_set(mstatus, MSTATUS_MPRV);
            enter(&t, modes[m] | (mpie ? ENTER_MIE : 0), (uint64_t)stub_nothing, 0, 0);
            check_trap("arrives", &t, ecall_cause(modes[m]), (uint64_t)stub_nothing + 4, 0);
            check("MPIE is MIE of the mode", t.status & MSTATUS_MPIE, mpie ? MSTATUS_MPIE : 0);
            check("MPRV", t.status & MSTATUS_MPRV, modes[m] == MODE_M ? MSTATUS_MPRV : 0);
            csr_clear(mstatus, MSTATUS_MPRV);
        }
    }
    /* MPP and MPIE right after an mret to M, read by the code itself */
    set_case("mret to M");
    try_insn(&t, MODE_M, CSRRS(0x300, REG_A0, 0), 0, 0);
    check("MPP becomes U", t.a0 & MSTATUS_MPP, 0);
    check("MPIE becomes 1", t.a0 & MSTATUS_MPIE, MSTATUS_MPIE);
    check("MIE is the old MPIE", t.a0 & MSTATUS_MIE, 0);
}

/* sret in S-mode: to SPP, SIE = SPIE, SPIE = 1, SPP = U */
static void sret_targets(void)
{
    struct trap t;

    for (unsigned bits = 0; bits < 8; bits++) {
        unsigned to = bits & 1 ? MODE_S : MODE_U;
        unsigned from = bits & 4 ? MODE_M : MODE_S;
        bool spie = bits & 2;

        set_case("sret");
        set_case_number(bits);
        csr_clear(mstatus, MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE);
        csr_set(mstatus, (to == MODE_S ? MSTATUS_SPP : 0) | (spie ? MSTATUS_SPIE : 0));
        csr_write(sepc, BUFFER + 4);
        try_insn(&t, from, INSN_SRET, 0, 0);
        check_trap("arrives", &t, ecall_cause(to), BUFFER + 4, 0);
        check("SIE is the old SPIE", t.status & MSTATUS_SIE, spie ? MSTATUS_SIE : 0);
        check("SPIE becomes 1", t.status & MSTATUS_SPIE, MSTATUS_SPIE);
        check("SPP becomes U", t.status & MSTATUS_SPP, 0);
        check("MPP is the mode", t.status >> 11 & 3, to);
    }
    csr_clear(mstatus, MSTATUS_SIE);

    /* sret from M clears MPRV */
    set_case("sret from M with MPRV");
    csr_set(mstatus, MSTATUS_MPRV | MSTATUS_SPP);
    csr_write(sepc, BUFFER + 4);
    try_insn(&t, MODE_M, INSN_SRET, 0, 0);
    check_trap("arrives", &t, CAUSE_ECALL_S, BUFFER + 4, 0);
    check("MPRV is cleared", t.status & MSTATUS_MPRV, 0);
    csr_clear(mstatus, MSTATUS_MPRV);
}

/* mret drops to U with everything of S forbidden; nested U -> S -> M -> S -> U by hand */

static void nested_user(void)
{
    __asm__ volatile("li a0, 1; ecall; li a0, 3; ecall");
}

static void nested(void)
{
    struct trap t;

    set_case("U to S and back");
    csr_write(stvec, (uint64_t)stub_strap);
    csr_write(medeleg, BIT(CAUSE_ECALL_U));
    csr_clear(mstatus, MSTATUS_SIE | MSTATUS_SPIE);
    enter(&t, MODE_U, (uint64_t)nested_user, 0, 0);
    check_trap("S handler", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("first call", t.a0, 1);
    check("scause", csr_read(scause), CAUSE_ECALL_U);
    check("SPP is U", csr_read(sstatus) & MSTATUS_SPP, 0);
    csr_write(sepc, csr_read(sepc) + 4);
    try_insn(&t, MODE_S, INSN_SRET, 2, 0);
    check_trap("S handler again", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("second call", t.a0, 3);
    csr_write(medeleg, 0);
}

int main(void)
{
    run_rules();
    mret_targets();
    sret_targets();
    nested();
    return 0;
}

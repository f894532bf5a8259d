/* SPDX-License-Identifier: BSD-2-Clause */
/* medeleg: which exceptions S-mode takes, with scause, sepc, stval and sstatus; M-mode is never
 * delegated. */
#include "insn.h"
#include "stubs.h"

#define BUFFER        ((uint64_t)try_buffer)
#define ALL_DELEGATED 0xb3ff

struct source {
    const char *name;
    uint32_t insn;
    uint64_t cause[4]; /* by mode */
    uint64_t a0, tval;
};

#define SAME(c)    \
    {              \
        c, c, c, c \
    }

static const struct source sources[] = {
    {"illegal", 0xffffffff, SAME(CAUSE_ILLEGAL), 0, ANY},
    {"ebreak", INSN_EBREAK, SAME(CAUSE_BREAKPOINT), 0, ANY},
    {"load access", 0x00053503, SAME(CAUSE_LOAD_ACCESS), HOLE, HOLE},
    {"store access", 0x00b53023, SAME(CAUSE_STORE_ACCESS), HOLE, HOLE},
    {"ecall", INSN_ECALL, {CAUSE_ECALL_U, CAUSE_ECALL_S, 0, CAUSE_ECALL_M}, 0, 0},
};

/* S-mode took it: M-mode sees stub_strap's ecall, and the facts are in the S CSRs */
static void check_delegated(const struct source *s, const struct trap *t, unsigned mode, bool sie)
{
    struct trap f = s_trap_facts();

    check_trap("M sees the ecall of the S handler", t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check_trap("in S", &f, s->cause[mode], BUFFER, s->tval);
    check("SPP", f.status & MSTATUS_SPP, mode == MODE_S ? MSTATUS_SPP : 0);
    check("SIE", f.status & MSTATUS_SIE, 0);
    check("SPIE", f.status & MSTATUS_SPIE, sie ? MSTATUS_SPIE : 0);
}

static void one(const struct source *s, unsigned mode, bool delegated, bool sie)
{
    bool in_s = delegated && mode != MODE_M && !(s->insn == INSN_ECALL && mode == MODE_S);
    struct trap t;

    csr_write(medeleg, delegated ? ALL_DELEGATED & ~BIT(CAUSE_ECALL_S) : 0);
    csr_write(scause, 99);
    csr_clear(mstatus, MSTATUS_SIE);
    if (sie)
        csr_set(mstatus, MSTATUS_SIE);
    set_case(s->name);
    set_case_number(mode << 8 | (unsigned)delegated << 4 | sie);
    try_insn(&t, mode, s->insn, s->a0, 0);
    if (in_s) {
        check_delegated(s, &t, mode, sie);
        return;
    }
    check_trap("in M", &t, s->cause[mode], BUFFER, s->tval);
    check("scause is left alone", csr_read(scause), 99);
    check("MPP", t.status >> 11 & 3, mode);
}

/* only the delegated bit counts */
static void single_bits(void)
{
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(sources); i++) {
        const struct source *s = &sources[i];

        set_case(s->name);
        csr_write(medeleg, ALL_DELEGATED & ~BIT(s->cause[MODE_U]) & ~BIT(CAUSE_ECALL_S));
        try_insn(&t, MODE_U, s->insn, s->a0, 0);
        check_trap("its bit clear: in M", &t, s->cause[MODE_U], BUFFER, s->tval);
        csr_write(medeleg, BIT(s->cause[MODE_U]));
        csr_clear(mstatus, MSTATUS_SIE);
        try_insn(&t, MODE_U, s->insn, s->a0, 0);
        check_delegated(s, &t, MODE_U, false);
    }
    csr_write(medeleg, 0);
}

/* ecall from S delegated to S: the handler's own ecall would loop, so it is a function in C */
static uint64_t seen_cause, seen_epc;

__attribute__((naked, aligned(4))) static void ecall_handler(void)
{
    __asm__ volatile("csrr t0, scause\n\t"
                     "la t1, seen_cause\n\t"
                     "sd t0, 0(t1)\n\t"
                     "csrr t0, sepc\n\t"
                     "la t1, seen_epc\n\t"
                     "sd t0, 0(t1)\n\t"
                     ".4byte 0xffffffff");
}

static void ecall_from_s(void)
{
    struct trap t;

    set_case("ecall from S delegated");
    __asm__ volatile("" : : "r"(&seen_cause), "r"(&seen_epc) : "memory");
    csr_write(stvec, (uint64_t)ecall_handler);
    csr_write(medeleg, BIT(CAUSE_ECALL_S));
    try_insn(&t, MODE_S, INSN_ECALL, 0, 0);
    check("ends in M by the illegal instruction", t.cause, CAUSE_ILLEGAL);
    check("scause", *(volatile uint64_t *)&seen_cause, CAUSE_ECALL_S);
    check("sepc", *(volatile uint64_t *)&seen_epc, BUFFER);
    csr_write(medeleg, 0);
}

int main(void)
{
    static const unsigned modes[] = {MODE_M, MODE_S, MODE_U};

    csr_write(stvec, (uint64_t)stub_strap);
    for (unsigned i = 0; i < ARRAY_SIZE(sources); i++)
        for (unsigned m = 0; m < ARRAY_SIZE(modes); m++)
            for (unsigned bits = 0; bits < 4; bits++)
                one(&sources[i], modes[m], bits & 1, bits & 2);
    single_bits();
    ecall_from_s();
    return 0;
}

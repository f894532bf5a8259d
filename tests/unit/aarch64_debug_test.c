/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-hosted debug, pointer authentication, branch targets and the mode key of arch-aarch64. */
#include <criterion/criterion.h>
#include "aarch64_fake.h"

#define OSLAR  A64_SYS(2, 0, 1, 0, 4)
#define OSLSR  A64_SYS(2, 0, 1, 1, 4)
#define MDSCR  A64_SYS(2, 0, 0, 2, 2)
#define BVR(n) A64_SYS(2, 0, 0, n, 4)
#define BCR(n) A64_SYS(2, 0, 0, n, 5)
#define WVR(n) A64_SYS(2, 0, 0, n, 6)
#define WCR(n) A64_SYS(2, 0, 0, n, 7)
#define PC     0x40001000ull

static uint64_t key(struct fake *f)
{
    struct vm_cpu_mode mode;

    a64_mode(f->cpu, &mode);
    return mode.key[0];
}

/* At EL0, with debug exceptions that EL1 takes. */
static struct fake *new_debug(uint64_t mdscr)
{
    struct fake *f = fake_new(false, false);

    fake_set(f, OSLAR, 0);
    fake_set(f, MDSCR, mdscr);
    fake_el(f, 0);
    f->s->daif = 0;
    f->cpu->pc = PC;
    return f;
}

static bool hits(struct fake *f, uint64_t pc)
{
    f->cpu->fault = (struct vm_fault){0};
    fake_call(f, A64_HELPER_BREAKPOINT, pc, 0, 0);
    return f->cpu->pending_exit == VM_EXIT_TRAP;
}

static bool watched(struct fake *f, uint64_t va, uint32_t bytes, bool write)
{
    f->cpu->fault = (struct vm_fault){0};
    fake_call(f, A64_HELPER_WATCH, va, bytes | (uint32_t)write << 8, 0);
    return f->cpu->pending_exit == VM_EXIT_TRAP;
}

/* ---- Breakpoints and watchpoints ---- */

Test(aarch64_debug, breakpoints)
{
    struct fake *f = new_debug(MDSCR_MDE);

    f->s->dbgbvr[1] = PC;
    cr_expect_eq(key(f) & A64_KEY_BREAK, 0);
    f->s->dbgbcr[1] = 1 | 2u << 1 | 15u << 5; /* EL0 */
    cr_expect(key(f) & A64_KEY_BREAK);
    cr_expect(hits(f, PC));
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_BREAKPOINT_LOWER, 0x22));
    cr_expect_not(hits(f, PC + 4));
    f->s->dbgbcr[1] = 1 | 1u << 1 | 15u << 5; /* EL1 */
    cr_expect_not(hits(f, PC));
    fake_el(f, 1);
    cr_expect_eq(key(f) & A64_KEY_BREAK, 0, "not without MDSCR.KDE");
    fake_set(f, MDSCR, MDSCR_MDE | MDSCR_KDE);
    cr_expect(key(f) & A64_KEY_BREAK);
    f->s->daif = PSTATE_D;
    cr_expect_eq(key(f) & A64_KEY_BREAK, 0);
    f->s->daif = 0;
    fake_set(f, OSLAR, 1);
    cr_expect_eq(key(f) & A64_KEY_BREAK, 0, "the OS lock");
    cr_expect_eq(fake_value(f, OSLSR), 0xa);
    fake_free(f);
}

Test(aarch64_debug, linked_breakpoints)
{
    struct fake *f = new_debug(MDSCR_MDE);

    f->s->dbgbvr[0] = PC;
    f->s->dbgbcr[0] = 1 | 3u << 1 | 15u << 5 | 5u << 16 | 1u << 20; /* linked to 5 */
    f->s->dbgbvr[5] = 42;
    f->s->dbgbcr[5] = 1 | 3u << 20;
    cr_expect_not(hits(f, PC));
    f->s->contextidr[1] = 42;
    cr_expect(hits(f, PC));
    f->s->dbgbcr[0] = 0;
    cr_expect_not(hits(f, PC), "a linked context alone does nothing");
    f->s->dbgbcr[5] = 1 | 3u << 1 | 2u << 20;
    cr_expect(hits(f, 0x123450), "an unlinked one, anywhere");
    fake_free(f);
}

Test(aarch64_debug, watchpoints)
{
    struct fake *f = new_debug(MDSCR_MDE);

    f->s->dbgwvr[2] = 0x1000;
    f->s->dbgwcr[2] = 1 | 2u << 1 | 2u << 3 | 0xf0u << 5; /* EL0's writes of the upper word */
    cr_expect(key(f) & A64_KEY_WATCH);
    cr_expect(watched(f, 0x1000, 8, true));
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_WATCHPOINT_LOWER, 0x62));
    cr_expect_eq(f->cpu->fault.value, 0x1004);
    cr_expect_not(watched(f, 0x1000, 8, false));
    cr_expect_not(watched(f, 0x1000, 4, true));
    cr_expect(watched(f, 0x1007, 1, true));
    cr_expect_not(watched(f, 0x1008, 8, true));
    cr_expect(watched(f, 0xffe, 16, true));
    cr_expect(watched(f, 0xab00000000001004, 4, true), "tags do not count");
    f->s->dbgwcr[2] = 1 | 2u << 1 | 3u << 3 | 0xffu << 5 | 12u << 24; /* 4K */
    cr_expect(watched(f, 0x1ffc, 4, false));
    cr_expect_not(watched(f, 0x2000, 4, false));
    cr_expect_not(watched(f, 0xff8, 8, false));
    f->cpu->fault = (struct vm_fault){0};
    cr_expect_not(fake_write(f, A64_SYS(1, 3, 7, 4, 1), 0x1000), "DC ZVA");
    fake_free(f);
}

Test(aarch64_debug, registers)
{
    struct fake *f = fake_new(false, false);
    uint64_t value;

    cr_expect_eq(fake_value(f, OSLSR), 0xa, "locked at reset");
    fake_set(f, BVR(3), 0x1234);
    fake_set(f, BCR(3), UINT64_MAX);
    fake_set(f, WCR(3), UINT64_MAX);
    cr_expect_eq(f->s->dbgbvr[3], 0x1234);
    cr_expect_eq(fake_value(f, BCR(3)), 0x00ffe1e7);
    cr_expect_eq(fake_value(f, WCR(3)), 0x1f1fffff);
    cr_expect_not(fake_read(f, BVR(6), &value), "there are six");
    cr_expect_not(fake_read(f, WVR(4), &value), "and four");
    cr_expect_eq(fake_value(f, A64_SYS(3, 0, 0, 5, 0)) >> 12 & 0xfff, 0x305);
    fake_set(f, A64_SYS(2, 0, 7, 8, 6), 0x5); /* claim tags */
    fake_set(f, A64_SYS(2, 0, 7, 9, 6), 0x1);
    cr_expect_eq(fake_value(f, A64_SYS(2, 0, 7, 9, 6)), 4);
    fake_free(f);
}

/* ---- Software step ---- */

Test(aarch64_debug, step)
{
    struct fake *f = new_debug(MDSCR_SS);

    fake_el(f, 1);
    f->s->daif = PSTATE_D;
    f->s->spsr[1] = 1u << 21; /* to EL0, one instruction */
    a64_exception_return(f->cpu, PC);
    cr_expect_eq(f->s->ss, 1);
    cr_expect(key(f) & A64_KEY_SS);
    cr_expect_not(a64_deliver_interrupt(f->cpu), "not yet");
    fake_call(f, A64_HELPER_STEP, 0xd503201f, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE);
    f->cpu->pc = PC + 4;
    cr_expect(a64_deliver_interrupt(f->cpu));
    cr_expect_eq(f->s->esr[1], A64_ESR(A64_EC_STEP_LOWER, 0x22 | 1u << 24));
    cr_expect_eq(f->s->elr[1], PC + 4);
    cr_expect_eq(f->s->spsr[1] >> 21 & 1, 0);
    f->s->spsr[1] = 0; /* and again with SS clear: before anything runs */
    a64_exception_return(f->cpu, PC);
    cr_expect_eq(key(f) & A64_KEY_SS, 0);
    cr_expect(a64_deliver_interrupt(f->cpu));
    cr_expect_eq(f->s->esr[1], A64_ESR(A64_EC_STEP_LOWER, 0x22));
    cr_expect_eq(f->s->elr[1], PC);
    fake_free(f);
}

Test(aarch64_debug, a_step_into_an_exception)
{
    static const struct {
        uint64_t code;
        uint64_t ss;
    } cases[] = {
        {A64_ESR(A64_EC_SVC, 0) | A64_TRAP_NEXT, 0}, /* the instruction is done */
        {A64_ESR(A64_EC_UNDEFINED, 0), 1},           /* it is not */
    };

    for (size_t i = 0; i < 2; i++) {
        struct fake *f = new_debug(MDSCR_SS);
        f->s->ss = 1;
        fake_call(f, A64_HELPER_STEP, 0, 0, 0);
        f->cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP, .code = cases[i].code};
        a64_deliver_fault(f->cpu);
        cr_expect_eq(f->s->spsr[1] >> 21 & 1, cases[i].ss, "case %zu", i);
        cr_expect_not(a64_deliver_interrupt(f->cpu), "EL1 is not stepped");
        fake_free(f);
    }
}

Test(aarch64_debug, a_step_over_a_load_exclusive)
{
    static const struct {
        uint32_t insn;
        bool exclusive;
    } cases[] = {
        {0xc85f7c41, true},  /* ldxr x1, [x2] */
        {0x085ffc41, true},  /* ldaxrb w1, [x2] */
        {0xc87f0440, true},  /* ldxp x0, x1, [x2] */
        {0xc8037c41, false}, /* stxr w3, x1, [x2] */
        {0xc8dffc41, false}, /* ldar x1, [x2] */
        {0xf9400041, false}, /* ldr x1, [x2] */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = new_debug(MDSCR_SS);
        f->s->ss = 1;
        fake_call(f, A64_HELPER_STEP, cases[i].insn, 0, 0);
        cr_expect(a64_deliver_interrupt(f->cpu));
        cr_expect_eq(f->s->esr[1] >> 6 & 1, cases[i].exclusive, "0x%08x", cases[i].insn);
        fake_free(f);
    }
}

/* ---- Mode key ---- */

Test(aarch64_mode, fp_traps)
{
    static const struct {
        uint32_t el;
        uint64_t hcr, cpacr, cptr2, cptr3;
        uint32_t trap;
    } cases[] = {
        {1, 0, 0, 0, 0, 1},
        {1, 0, 1u << 20, 0, 0, 0}, /* traps EL0 only */
        {0, 0, 1u << 20, 0, 0, 1},
        {0, 0, 3u << 20, 0, 0, 0},
        {0, 0, 2u << 20, 0, 0, 1},
        {0, HCR_TGE, 0, 0, 0, 2},
        {1, 0, 3u << 20, 1u << 10, 0, 2},
        {2, 0, 0, 1u << 10, 0, 2},
        {2, 0, 0, 0, 0, 0},
        {2, 0, 0, 0, 1u << 10, 3},
        {2, HCR_E2H, 0, 0, 0, 2},
        {2, HCR_E2H, 0, 3u << 20, 0, 0},
        {0, HCR_E2H | HCR_TGE, 0, 1u << 20, 0, 2},
        {0, HCR_E2H | HCR_TGE, 0, 3u << 20, 0, 0},
        {3, 0, 0, 0, 1u << 10, 3},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = fake_new(true, true);
        f->s->scr |= SCR_NS;
        fake_el(f, cases[i].el);
        f->s->hcr |= cases[i].hcr;
        f->s->cpacr = cases[i].cpacr;
        f->s->cptr[2] = cases[i].cptr2;
        f->s->cptr[3] = cases[i].cptr3;
        cr_expect_eq(A64_KEY_FPTRAP(key(f)), cases[i].trap, "case %zu", i);
        fake_free(f);
    }
}

Test(aarch64_mode, floating_point_mode)
{
    struct fake *f = fake_new(false, false);

    f->s->cpacr = 3u << 20;
    f->s->fpcr = 2u << 22 | 1u << 24;
    cr_expect_eq(A64_KEY_RMODE(key(f)), 2);
    cr_expect(key(f) & A64_KEY_FZ);
    f->s->fpcr = 1u << 25 | 1u << 26 | 1u << 19;
    cr_expect_eq(key(f) & (A64_KEY_FZ | A64_KEY_DN | A64_KEY_AHP | A64_KEY_FZ16),
                 A64_KEY_DN | A64_KEY_AHP | A64_KEY_FZ16);
    f->s->sctlr[1] |= SCTLR_A;
    cr_expect(key(f) & A64_KEY_ALIGN);
    fake_free(f);
}

/* ---- Pointer authentication ---- */

#define POINTER 0x0000123456789abcull

static uint64_t sign(struct fake *f, uint32_t which, uint64_t pointer, uint64_t modifier)
{
    return fake_call(f, A64_HELPER_PAUTH, A64_PAUTH_ADD << 8 | which, pointer, modifier);
}

static uint64_t check(struct fake *f, uint32_t which, uint64_t pointer, uint64_t modifier)
{
    return fake_call(f, A64_HELPER_PAUTH, A64_PAUTH_CHECK << 8 | which, pointer, modifier);
}

Test(aarch64_pauth, signs_and_checks)
{
    static const uint64_t enables[] = {SCTLR_ENIA, SCTLR_ENIB, SCTLR_ENDA, SCTLR_ENDB};

    for (uint32_t which = 0; which < 4; which++) {
        for (uint32_t upper = 0; upper < 2; upper++) {
            struct fake *f = fake_new(false, false);
            uint64_t pointer = upper ? POINTER | 0xffffull << 48 : POINTER;

            f->s->tcr[1] = 16 | 16u << 16;
            f->s->pauth_key[which][0] = 0x123456789abcdef0;
            f->s->pauth_key[which][1] = 0x0fedcba987654321;
            cr_expect_eq(sign(f, which, pointer, 5), pointer, "off");
            f->s->sctlr[1] |= enables[which];
            uint64_t signed_pointer = sign(f, which, pointer, 5);
            cr_expect_neq(signed_pointer, pointer);
            cr_expect_eq(signed_pointer >> 55 & 1, upper);
            cr_expect_eq(signed_pointer & 0xffffffffffff, pointer & 0xffffffffffff);
            cr_expect_eq(check(f, which, signed_pointer, 5), pointer);
            uint64_t bad = check(f, which, signed_pointer, 6);
            cr_expect_neq(bad, pointer);
            cr_expect_eq(bad >> 61 & 3, (which & 1) + 1, "the error code");
            f->s->pauth_key[which][1]++;
            cr_expect_neq(check(f, which, signed_pointer, 5), pointer);
            cr_expect_eq(
                fake_call(f, A64_HELPER_PAUTH, A64_PAUTH_STRIP << 8 | which, signed_pointer, 0),
                pointer);
            fake_free(f);
        }
    }
}

Test(aarch64_pauth, tags_stay)
{
    struct fake *f = fake_new(false, false);
    uint64_t pointer = POINTER | 0xabull << 56, signed_pointer;

    f->s->tcr[1] = 16 | 16u << 16 | 1ull << 37;
    f->s->sctlr[1] |= SCTLR_ENIA;
    signed_pointer = sign(f, A64_KEY_IA, pointer, 1);
    cr_expect_eq(signed_pointer >> 56, 0xab);
    cr_expect_eq(check(f, A64_KEY_IA, signed_pointer, 1), pointer);
    cr_expect_neq(check(f, A64_KEY_IA, signed_pointer ^ 1ull << 50, 1), pointer);
    fake_free(f);
}

Test(aarch64_pauth, a_pointer_that_was_not_one_does_not_pass)
{
    struct fake *f = fake_new(false, false);

    f->s->tcr[1] = 16 | 16u << 16;
    f->s->sctlr[1] |= SCTLR_ENDB;
    for (uint64_t i = 1; i < 64; i++) {
        uint64_t bad = POINTER ^ i << 49, signed_pointer = sign(f, A64_KEY_DB, bad, i);
        cr_expect_neq(check(f, A64_KEY_DB, signed_pointer, i), POINTER, "%llu",
                      (unsigned long long)i);
    }
    fake_free(f);
}

Test(aarch64_pauth, traps)
{
    struct fake *f = fake_new(true, true);

    f->s->scr |= SCR_NS;
    fake_el(f, 1);
    f->s->sctlr[1] |= SCTLR_ENIA;
    sign(f, A64_KEY_IA, POINTER, 0);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_PAUTH, 0) | A64_TRAP_TARGET(2));
    f->s->hcr |= HCR_API;
    sign(f, A64_KEY_IA, POINTER, 0);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_PAUTH, 0) | A64_TRAP_TARGET(3));
    f->s->scr |= SCR_API;
    sign(f, A64_KEY_IA, POINTER, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE);
    fake_free(f);
}

/* ---- Branch targets ---- */

Test(aarch64_bti, only_guarded_pages_count)
{
    struct fake *f = fake_new(false, false);
    const uint64_t table = FAKE_RAM_BASE + 0x10000;
    const struct vm_fault bad = {.kind = VM_FAULT_TRAP,
                                 .code = A64_ESR(A64_EC_BTI, 0) | A64_TRAP_BTI};

    f->s->sctlr[1] |= SCTLR_M;
    f->s->tcr[1] = 34 | 5ull << 32; /* 30 bits: the walk begins at level 2 */
    f->s->ttbr0[1] = table;
    fake_store64(f, table, FAKE_RAM_BASE | 1u << 10 | 1);
    f->cpu->pc = 0x100;
    f->s->btype = 2;
    f->cpu->fault = bad;
    a64_deliver_fault(f->cpu);
    cr_expect_eq(f->cpu->pc, 0x100, "goes on");
    cr_expect_eq(f->s->btype, 0);
    fake_store64(f, table, FAKE_RAM_BASE | 1u << 10 | 1 | 1ull << 50);
    f->s->btype = 2;
    f->cpu->fault = bad;
    a64_deliver_fault(f->cpu);
    cr_expect_eq(f->s->esr[1], A64_ESR(A64_EC_BTI, 2));
    cr_expect_eq(f->s->spsr[1] >> 10 & 3, 2);
    cr_expect_eq(f->s->btype, 0);
    f->s->btype = 3; /* a jump to PACIASP */
    f->cpu->pc = 0x100;
    f->cpu->fault = bad;
    f->cpu->fault.value = 1;
    a64_deliver_fault(f->cpu);
    cr_expect_eq(f->cpu->pc, 0x100, "SCTLR.BT1 is clear");
    fake_free(f);
}

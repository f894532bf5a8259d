/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions of arch-aarch64: syndromes, routing, entry and return between all levels, interrupts,
 * waiting, calls. */
#include <criterion/criterion.h>
#include "aarch64_fake.h"
#include "exception.h"
#include "flags.h"

#define PC  0x40000100ull
#define FAR 0xffff000012345678ull

static void deliver(struct fake *f, struct vm_fault fault)
{
    f->cpu->pc = PC;
    f->cpu->fault = fault;
    a64_deliver_fault(f->cpu);
}

static void trap(struct fake *f, uint64_t code)
{
    deliver(f, (struct vm_fault){.kind = VM_FAULT_TRAP, .code = code, .value = FAR});
}

/* ---- Syndromes ---- */

Test(aarch64_exception, aborts)
{
    static const struct {
        uint32_t kind, access, el;
        uint64_t code, esr;
    } cases[] = {
        {VM_FAULT_TRANSLATE, VM_ACCESS_READ, 0, 0x04, 0x92000004},
        {VM_FAULT_TRANSLATE, VM_ACCESS_READ, 1, 0x05, 0x96000005},
        {VM_FAULT_TRANSLATE, VM_ACCESS_WRITE, 1, 0x0f, 0x9600004f},
        {VM_FAULT_TRANSLATE, VM_ACCESS_WRITE, 0, 0x0b, 0x9200004b},
        {VM_FAULT_TRANSLATE, VM_ACCESS_EXEC, 0, 0x0f, 0x8200000f},
        {VM_FAULT_TRANSLATE, VM_ACCESS_EXEC, 1, 0x07, 0x86000007},
        {VM_FAULT_TRANSLATE, VM_ACCESS_READ, 1, 0x15, 0x96000015}, /* external, on the walk */
        {VM_FAULT_TRANSLATE, VM_ACCESS_WRITE, 1, 0x07 | A64_FSC_CM, 0x96000147},
        {VM_FAULT_BUS, VM_ACCESS_READ, 1, 0, 0x96000010},
        {VM_FAULT_BUS, VM_ACCESS_EXEC, 1, 0, 0x86000010},
        {VM_FAULT_ALIGN, VM_ACCESS_READ, 0, 0, 0x92000021},
        {VM_FAULT_ALIGN, VM_ACCESS_WRITE, 1, 0, 0x96000061},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = fake_new(false, false);
        f->s->vbar[1] = 0x80000;
        fake_el(f, cases[i].el);
        deliver(f, (struct vm_fault){.kind = cases[i].kind,
                                     .access = cases[i].access,
                                     .va = FAR,
                                     .code = cases[i].code});
        cr_expect_eq(f->s->esr[1], cases[i].esr, "case %zu: 0x%llx", i,
                     (unsigned long long)f->s->esr[1]);
        cr_expect_eq(f->s->far[1], FAR, "case %zu", i);
        cr_expect_eq(f->s->elr[1], PC, "case %zu", i);
        cr_expect_eq(f->cpu->pc, cases[i].el ? 0x80200 : 0x80400, "case %zu", i);
        fake_free(f);
    }
}

Test(aarch64_exception, stage2_aborts_go_to_el2)
{
    struct fake *f = fake_new(true, false);

    fake_el(f, 1);
    f->insn = 0xb9400443; /* ldr w3, [x2, #4] */
    deliver(f, (struct vm_fault){.kind = VM_FAULT_TRANSLATE,
                                 .access = VM_ACCESS_READ,
                                 .va = FAR,
                                 .code = 0x07 | A64_FSC_STAGE2,
                                 .value = 0x9000018});
    cr_expect_eq(f->s->el, 2);
    /* ISV, SAS word, SRT 3 */
    cr_expect_eq(f->s->esr[2], 0x92000007 | 1u << 24 | 2u << 22 | 3u << 16);
    cr_expect_eq(f->s->far[2], FAR);
    cr_expect_eq(f->s->hpfar, 0x90000);
    fake_el(f, 1);
    deliver(f, (struct vm_fault){.kind = VM_FAULT_TRANSLATE,
                                 .access = VM_ACCESS_WRITE,
                                 .va = FAR,
                                 .code = 0x06 | A64_FSC_STAGE2 | A64_FSC_S1PTW,
                                 .value = 0x41000000});
    cr_expect_eq(f->s->esr[2], 0x920000c6, "on a walk: no instruction syndrome");
    fake_free(f);
}

Test(aarch64_exception, syndromes_of_accesses)
{
    static const struct {
        uint32_t insn;
        uint64_t iss;
    } cases[] = {
        {0xf9000041, 1u << 24 | 3u << 22 | 1u << 16 | 1u << 15},            /* str x1, [x2] */
        {0x39400043, 1u << 24 | 3u << 16},                                  /* ldrb w3, [x2] */
        {0x39c00043, 1u << 24 | 1u << 21 | 3u << 16},                       /* ldrsb w3, [x2] */
        {0xb9800043, 1u << 24 | 2u << 22 | 1u << 21 | 3u << 16 | 1u << 15}, /* ldrsw x3, [x2] */
        {0x78404043, 1u << 24 | 1u << 22 | 3u << 16},                       /* ldurh w3, [x2, #4] */
        {0x88dffc43, 1u << 24 | 2u << 22 | 3u << 16 | 1u << 14},            /* ldar w3, [x2] */
        {0xf8408443, 0},                                                    /* ldr x3, [x2], #8 */
        {0xa9400440, 0},                                                    /* ldp x0, x1, [x2] */
        {0x3dc00040, 0},                                                    /* ldr q0, [x2] */
        {0x885f7c43, 0},                                                    /* ldxr w3, [x2] */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = fake_new(true, false);
        f->insn = cases[i].insn;
        cr_expect_eq(a64_access_syndrome(f->cpu), cases[i].iss, "0x%08x", cases[i].insn);
        fake_free(f);
    }
}

Test(aarch64_exception, traps)
{
    struct fake *f = fake_new(false, false);

    fake_el(f, 0);
    f->s->far[1] = 5;
    trap(f, A64_ESR(A64_EC_SVC, 0x42) | A64_TRAP_NEXT);
    cr_expect_eq(f->s->esr[1], 0x56000042);
    cr_expect_eq(f->s->elr[1], PC + 4, "the next instruction");
    cr_expect_eq(f->s->far[1], 5, "left alone");
    trap(f, A64_ESR(A64_EC_BRK, 0xf000));
    cr_expect_eq(f->s->esr[1], 0xf200f000);
    cr_expect_eq(f->s->elr[1], PC);
    trap(f, A64_ESR(A64_EC_PC_ALIGN, 0));
    cr_expect_eq(f->s->esr[1], 0x8a000000);
    cr_expect_eq(f->s->far[1], FAR);
    trap(f, A64_ESR(A64_EC_WATCHPOINT_LOWER, 0x22));
    cr_expect_eq(f->s->esr[1], 0xd6000022, "from the same level");
    fake_el(f, 0);
    trap(f, A64_ESR(A64_EC_STEP_LOWER, 0x22));
    cr_expect_eq(f->s->esr[1], 0xca000022);
    fake_free(f);
}

Test(aarch64_exception, tge_and_tde)
{
    struct fake *f = fake_new(true, false);

    fake_el(f, 0);
    f->s->hcr |= HCR_TGE;
    trap(f, A64_ESR(A64_EC_SVC, 0) | A64_TRAP_NEXT);
    cr_expect_eq(f->s->el, 2);
    f->s->hcr &= ~HCR_TGE;
    fake_el(f, 1);
    f->s->mdcr[2] |= MDCR_TDE;
    trap(f, A64_ESR(A64_EC_BRK, 0));
    cr_expect_eq(f->s->el, 2);
    fake_el(f, 1);
    trap(f, A64_ESR(A64_EC_UNDEFINED, 0));
    cr_expect_eq(f->s->el, 1);
    fake_free(f);
}

/* ---- Entry and return ---- */

Test(aarch64_exception, between_all_levels)
{
    for (uint32_t from = 0; from < 4; from++) {
        for (uint32_t to = from ? from : 1; to < 4; to++) {
            for (uint32_t spsel = 0; spsel <= (from != 0); spsel++) {
                struct fake *f = fake_new(true, true);
                struct a64_state *s = f->s;
                uint64_t pstate;

                s->scr |= SCR_NS;
                for (uint32_t el = 0; el < 4; el++) {
                    s->vbar[el] = 0x10000 * el;
                    fake_el(f, el);
                    s->sp = 0x1000 * (el + 1);
                }
                s->sctlr[to] |= SCTLR_SPAN | SCTLR_DSSBS;
                a64_select_sp(s, from, spsel);
                s->sp_el[0] = spsel ? 0x7000 : s->sp_el[0];
                s->sp = spsel ? s->sp : 0x7000;
                a64_set_nzcv(s, 0xa0000000);
                s->daif = PSTATE_F;
                s->uao = s->dit = 1;
                s->pan = 1;
                pstate = a64_spsr(s);
                cr_expect_eq(pstate, 0xa0000000 | 1u << 24 | 1u << 23 | 1u << 22 | PSTATE_F |
                                         from << 2 | spsel);
                trap(f, A64_ESR(A64_EC_SVC, 0) | A64_TRAP_TARGET(to) | A64_TRAP_NEXT);
                cr_expect_eq(s->el, to);
                cr_expect_eq(s->spsel, 1);
                cr_expect_eq(s->sp,
                             from == to && spsel == 0 ? 0x1000 * (to + 1) : 0x1000 * (to + 1));
                cr_expect_eq(s->spsr[to], pstate);
                cr_expect_eq(s->elr[to], PC + 4);
                cr_expect_eq(s->daif, PSTATE_DAIF);
                cr_expect_eq(s->uao, 0);
                cr_expect_eq(s->pan, 1, "as before");
                cr_expect_eq(s->dit, 1);
                cr_expect_eq(s->ssbs, 1, "SCTLR.DSSBS");
                cr_expect_eq(f->cpu->pc, 0x10000 * to + (from < to ? 0x400 : spsel ? 0x200 : 0));
                f->cpu->reserve_size = 8;
                s->ssbs = 0;
                a64_exception_return(f->cpu, s->elr[to]);
                cr_expect_eq(a64_spsr(s), pstate);
                cr_expect_eq(s->sp, spsel ? 0x1000 * (from + 1) : 0x7000);
                cr_expect_eq(f->cpu->pc, PC + 4);
                cr_expect_eq(f->cpu->reserve_size, 0, "the monitor is cleared");
                fake_free(f);
            }
        }
    }
}

Test(aarch64_exception, pan_is_set_on_entry_without_span)
{
    struct fake *f = fake_new(true, false);

    fake_el(f, 0);
    f->s->sctlr[1] &= ~SCTLR_SPAN;
    trap(f, A64_ESR(A64_EC_SVC, 0));
    cr_expect_eq(f->s->pan, 1);
    fake_el(f, 1);
    f->s->pan = 0;
    f->s->sctlr[2] &= ~SCTLR_SPAN;
    trap(f, A64_ESR(A64_EC_HVC, 0) | A64_TRAP_TARGET(2));
    cr_expect_eq(f->s->pan, 0, "EL2 is no host");
    fake_el(f, 0);
    f->s->hcr |= HCR_E2H | HCR_TGE;
    trap(f, A64_ESR(A64_EC_SVC, 0));
    cr_expect_eq(f->s->el, 2);
    cr_expect_eq(f->s->pan, 1);
    fake_free(f);
}

Test(aarch64_exception, illegal_returns)
{
    static const struct {
        uint32_t el;
        uint64_t spsr, hcr;
        bool legal;
    } cases[] = {
        {2, 0x4, 0, true},        /* EL1t */
        {2, 0x5, 0, true},        /* EL1h */
        {2, 0x0, 0, true},        /* EL0t */
        {2, 0x9, 0, true},        /* EL2h */
        {2, 0xd, 0, false},       /* EL3: above */
        {1, 0x9, 0, false},       /* EL2 from EL1 */
        {1, 0x1, 0, false},       /* EL0 has no stack pointer of its own */
        {1, 0x10, 0, false},      /* AArch32 */
        {1, 0x2, 0, false},       /* reserved */
        {2, 0x5, HCR_TGE, false}, /* there is no EL1 for a host */
        {2, 0x0, HCR_TGE, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = fake_new(true, false);
        uint32_t el = cases[i].el;

        fake_el(f, el);
        f->s->hcr |= cases[i].hcr;
        f->s->spsr[el] = cases[i].spsr | 0x40000000 | PSTATE_I;
        f->s->vbar[el] = 0x3000;
        a64_exception_return(f->cpu, PC);
        cr_expect_eq(f->s->il, !cases[i].legal, "case %zu", i);
        cr_expect_eq(f->cpu->pc, PC);
        cr_expect_eq(a64_get_nzcv(f->s), 0x40000000);
        cr_expect_eq(f->s->daif, PSTATE_I);
        if (!cases[i].legal) {
            cr_expect_eq(f->s->el, el, "case %zu", i);
            cr_expect(a64_deliver_interrupt(f->cpu));
            cr_expect_eq(f->s->esr[el], 0x3a000000);
            cr_expect_eq(f->s->spsr[el] >> 20 & 1, 1);
            cr_expect_eq(f->s->il, 0);
            cr_expect_eq(f->cpu->pc, 0x3200);
        }
        fake_free(f);
    }
}

/* ---- Interrupts ---- */

static const struct route {
    uint64_t hcr, scr;
    uint32_t el;
    uint64_t daif;
    uint32_t target; /* 0: not taken */
} routes[] = {
    {0, 0, 0, 0, 1},
    {0, 0, 0, PSTATE_I, 0},
    {0, 0, 1, 0, 1},
    {0, 0, 1, PSTATE_I, 0},
    {0, 0, 1, PSTATE_F, 1},
    {0, 0, 2, 0, 0}, /* never downwards */
    {0, 0, 3, 0, 0},
    {HCR_IMO, 0, 0, PSTATE_I, 2},
    {HCR_IMO, 0, 1, PSTATE_I, 2},
    {HCR_IMO, 0, 2, 0, 2},
    {HCR_IMO, 0, 2, PSTATE_I, 0},
    {HCR_FMO, 0, 1, PSTATE_I, 0},
    {HCR_TGE, 0, 0, PSTATE_I, 2},
    {HCR_E2H | HCR_TGE, 0, 0, PSTATE_I, 0}, /* EL0 is the host's */
    {HCR_E2H | HCR_TGE, 0, 0, 0, 2},
    {0, SCR_IRQ, 0, PSTATE_I, 3},
    {0, SCR_IRQ, 1, PSTATE_I, 3},
    {HCR_IMO, SCR_IRQ, 2, PSTATE_I, 3},
    {0, SCR_IRQ, 3, 0, 3},
    {0, SCR_IRQ, 3, PSTATE_I, 0},
};

Test(aarch64_exception, interrupt_routing)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        const struct route *r = &routes[i];
        struct fake *f = fake_new(true, true);

        f->s->hcr |= r->hcr;
        f->s->scr |= SCR_NS | r->scr;
        fake_el(f, r->el);
        f->s->daif = r->daif;
        f->cpu->pc = PC;
        f->cpu->host->set_line(f->cpu, A64_LINE_IRQ, 1);
        cr_expect_eq(a64_interrupt_pending(f->cpu), r->target != 0, "route %zu", i);
        cr_expect(a64_wake(f->cpu), "masked or not");
        cr_expect_eq(a64_deliver_interrupt(f->cpu), r->target != 0, "route %zu", i);
        if (r->target) {
            cr_expect_eq(f->s->el, r->target, "route %zu", i);
            cr_expect_eq(f->cpu->pc & 0x7ff, r->el == r->target ? 0x280 : 0x480, "route %zu", i);
            cr_expect_eq(f->s->elr[r->target], PC);
        }
        fake_free(f);
    }
}

Test(aarch64_exception, fast_interrupts)
{
    struct fake *f = fake_new(false, false);

    f->s->daif = PSTATE_I;
    f->cpu->host->set_line(f->cpu, A64_LINE_IRQ, 1);
    f->cpu->host->set_line(f->cpu, A64_LINE_FIQ, 1);
    cr_expect_eq(fake_value(f, A64_SYS(3, 0, 12, 1, 0)), PSTATE_I | PSTATE_F); /* ISR_EL1 */
    cr_expect(a64_deliver_interrupt(f->cpu));
    cr_expect_eq(f->cpu->pc, 0x300);
    cr_expect_not(a64_deliver_interrupt(f->cpu), "all are masked now");
    fake_free(f);
}

Test(aarch64_exception, virtual_interrupts)
{
    struct fake *f = fake_new(true, false);

    fake_el(f, 1);
    f->s->daif = 0;
    f->s->hcr |= HCR_VI;
    cr_expect_not(a64_interrupt_pending(f->cpu), "not without IMO");
    f->s->hcr |= HCR_IMO;
    cr_expect_eq(fake_value(f, A64_SYS(3, 0, 12, 1, 0)), PSTATE_I);
    fake_el(f, 2);
    cr_expect_not(a64_interrupt_pending(f->cpu));
    fake_el(f, 0);
    cr_expect(a64_deliver_interrupt(f->cpu));
    cr_expect_eq(f->s->el, 1);
    cr_expect_eq(f->cpu->pc, 0x480);
    f->s->hcr = HCR_IMO;
    f->s->daif = 0;
    f->cpu->host->set_line(f->cpu, A64_LINE_VIRQ, 1);
    cr_expect(a64_deliver_interrupt(f->cpu));
    f->s->daif = 0;
    f->s->hcr = HCR_AMO | HCR_VSE;
    f->s->vsesr = 0x123;
    cr_expect(a64_deliver_interrupt(f->cpu));
    cr_expect_eq(f->s->esr[1], 0xbe000123);
    cr_expect_eq(f->cpu->pc, 0x380);
    cr_expect_eq(f->s->hcr & HCR_VSE, 0, "taken once");
    f->s->hcr |= HCR_VSE;
    fake_call(f, A64_HELPER_ESB, 0, 0, 0);
    cr_expect_eq(f->s->vdisr, 0x80000123, "masked: deferred");
    cr_expect_eq(f->s->hcr & HCR_VSE, 0);
    fake_free(f);
}

/* ---- Waiting ---- */

Test(aarch64_exception, wfi)
{
    struct fake *f = fake_new(true, true);

    f->s->scr |= SCR_NS;
    fake_el(f, 1);
    fake_call(f, A64_HELPER_WFI, 0, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_WAIT);
    f->s->hcr |= HCR_TWI;
    fake_call(f, A64_HELPER_WFI, 0, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_TRAP);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_WFX, 0x1e00000) | A64_TRAP_TARGET(2));
    fake_el(f, 0);
    fake_call(f, A64_HELPER_WFI, 0, 0, 0);
    cr_expect_eq(A64_TRAP_TARGET_OF(f->cpu->fault.code), 0, "SCTLR.nTWI is clear: EL1");
    f->cpu->host->set_line(f->cpu, A64_LINE_FIQ, 1);
    fake_call(f, A64_HELPER_WFI, 0, 0, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE, "no wait, no trap");
    fake_free(f);
}

/* ---- Calls ---- */

Test(aarch64_exception, hvc_and_smc)
{
    struct fake *f = fake_new(true, true);

    fake_el(f, 1);
    f->s->scr |= SCR_NS;
    fake_call(f, A64_HELPER_HVC, 7, 0, 0);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_UNDEFINED, 0), "SCR.HCE is clear");
    f->s->scr |= SCR_HCE;
    fake_call(f, A64_HELPER_HVC, 7, 0, 0);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_HVC, 7) | A64_TRAP_TARGET(2) | A64_TRAP_NEXT);
    fake_call(f, A64_HELPER_SMC, 8, 0, 0);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_SMC, 8) | A64_TRAP_TARGET(3) | A64_TRAP_NEXT);
    f->s->hcr |= HCR_TSC;
    fake_call(f, A64_HELPER_SMC, 8, 0, 0);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_SMC, 8) | A64_TRAP_TARGET(2), "not executed");
    f->s->hcr &= ~HCR_TSC;
    f->s->scr |= SCR_SMD;
    fake_call(f, A64_HELPER_SMC, 8, 0, 0);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_UNDEFINED, 0));
    fake_free(f);
}

Test(aarch64_exception, the_board_answers_firmware_calls)
{
    struct fake *f = fake_new(false, false);

    f->s->x[0] = 0x84000000;
    fake_call(f, A64_HELPER_FIRMWARE, VM_ARM_HVC, 0, 0);
    cr_expect_eq(f->conduit, VM_ARM_HVC);
    cr_expect_eq(f->s->x[0], 0x10001);
    cr_expect_neq(f->cpu->pending_exit, VM_EXIT_TRAP);
    fake_call(f, A64_HELPER_FIRMWARE, VM_ARM_SMC, 0, 0);
    cr_expect_eq(f->firmware_calls, 2);
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_UNDEFINED, 0), "nobody answers");
    fake_free(f);
}

/* ---- Instructions as they are translated ---- */

Test(aarch64_exception, system_instructions_translate)
{
    static const uint32_t words[] = {
        0xd4000841, 0xd4000842, 0xd4000843, /* svc, hvc, smc */
        0xd4200000, 0xd4400000,             /* brk, hlt */
        0xd69f03e0, 0xd69f0bff, 0xd69f0fff, /* eret, eretaa, eretab */
        0xd503201f, 0xd503203f, 0xd503205f, 0xd503207f, 0xd503209f, 0xd50320bf, /* hints */
        0xd503221f, 0xd503233f, 0xd50323bf, 0xd503245f,                         /* esb, pac, bti */
        0xd5033fbf, 0xd5033f9f, 0xd5033fdf, 0xd50330ff,                         /* barriers, sb */
        0xd500409f, 0xd500419f, 0xd50040bf, 0xd500407f, /* pan, spsel, uao */
        0xd50342df, 0xd50342ff, 0xd503413f, 0xd503415f, /* daifset, daifclr, ssbs, dit */
        0xdac10020, 0xdac11020, 0xdac143e0, 0x9ac23020, /* pacia, autia, xpaci, pacga */
        0xd71f0801, 0xd73f0801, 0xd65f0bff, 0xf8201c20, /* braa, blraa, retaa, ldraa */
    };
    struct fake *f = fake_new(true, true);

    for (uint32_t key = 0; key < 16; key++) {
        uint64_t mode =
            (key & 3) | (key & 4 ? A64_KEY_SPSEL | A64_KEY_UMA : 0) |
            (key & 8 ? A64_KEY_SS | A64_KEY_BREAK | A64_KEY_WATCH | A64_KEY_SP_ALIGN : 0);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            struct vm_ir_unit ir = fake_translate(f, &words[i], 1, mode);
            vm_ir_free(&ir);
        }
    }
    fake_free(f);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Reset, exceptions, interrupts, and the return from them. */
#include "exception.h"
#include <inttypes.h>
#include <string.h>
#include "flags.h"
#include "mmu.h"
#include "sysregs.h"

/* ---- Stack pointers and PSTATE ---- */

/* Goes to a level and to its own stack pointer or to SP_EL0. */
void a64_select_sp(struct a64_state *s, uint32_t el, uint32_t spsel)
{
    s->sp_el[s->spsel ? s->el : 0] = s->sp;
    s->el = el;
    s->spsel = el ? spsel : 0;
    s->sp = s->sp_el[s->spsel ? el : 0];
}

uint64_t a64_spsr(const struct a64_state *s)
{
    return a64_get_nzcv(s) | s->dit << 24 | s->uao << 23 | s->pan << 22 | s->ss << 21 |
           s->il << 20 | s->ssbs << 12 | s->btype << 10 | s->daif | s->el << 2 | s->spsel;
}

/* ---- Reset ---- */

static void reset_controls(struct vm_cpu *cpu)
{
    static const uint16_t sctlrs[] = {
        offsetof(struct a64_state, sctlr[1]),
        offsetof(struct a64_state, sctlr[2]),
        offsetof(struct a64_state, sctlr[3]),
    };
    struct a64_state *s = a64_state(cpu);

    for (uint32_t i = 0; i < 3; i++) {
        const struct a64_sysreg reg = {.offset = sctlrs[i]};
        a64_write_sctlr(cpu, &reg, 0);
    }
    s->hcr = 1ull << 31;
    s->scr = 1ull << 10 | 3ull << 4;
    s->cptr[2] = 0x33ff;
    s->mdcr[2] = A64_EVENT_COUNTERS;
    s->ich_vmcr = 2u << 21 | 3u << 18 | 1u << 3; /* binary points 2 and 3, FIQs on */
    s->oslk = 1;
}

void a64_reset(struct vm_cpu *cpu, const struct vm_cpu_start *start)
{
    const struct a64_arch *arch = a64_arch(cpu);
    struct a64_state *s = a64_state(cpu);
    bool low_global = s->low_global;

    memset(s, 0, sizeof(*s));
    s->low_global = low_global;
    s->el = arch->el3 ? 3 : arch->el2 ? 2 : 1;
    s->spsel = 1;
    s->daif = PSTATE_DAIF;
    s->cntfrq = arch->counter_hz;
    s->vpidr = arch->midr;
    s->vmpidr = a64_mpidr(cpu->index);
    s->rvbar = start->pc;
    reset_controls(cpu);
    s->derived_stale = true;
    for (int i = 0; i < 4; i++)
        s->x[i] = start->arg[i];
    cpu->pc = start->pc;
    cpu->reserve_size = 0;
}

/* ---- Entry ---- */

static void trace(struct vm_cpu *cpu, const char *what, uint32_t target)
{
    const struct vm_cpu_host *host = cpu->host;
    const struct a64_state *s = a64_state(cpu);
    uint32_t category = what[0] == 'e' ? VM_TRACE_EXCEPTIONS : VM_TRACE_INTERRUPTS;

    if (VM_HAS(host, trace_mask) && (host->trace_mask() & category) && VM_HAS(host, trace))
        host->trace(cpu, category,
                    "%s from EL%" PRIu64 " to EL%u at 0x%" PRIx64 ", ESR 0x%" PRIx64
                    ", FAR 0x%" PRIx64,
                    what, s->el, target, cpu->pc, s->esr[target], s->far[target]);
}

static void enter(struct vm_cpu *cpu, uint32_t target, uint32_t vector, uint64_t return_pc)
{
    struct a64_state *s = a64_state(cpu);
    bool from_host_user = s->el == 0 && target == 2 && a64_is_host(a64_hcr(cpu));
    uint64_t sctlr = s->sctlr[target];

    a64_pmu_mode_changes(cpu);
    vector += s->el < target ? 0x400 : s->spsel ? 0x200 : 0;
    s->spsr[target] = a64_spsr(s);
    s->elr[target] = return_pc;
    if (a64_has(a64_arch(cpu), A64_FEATURE(PAN)) && !(sctlr & SCTLR_SPAN) &&
        (target == 1 || from_host_user || (target == 2 && s->el == 2 && a64_is_host(s->hcr))))
        s->pan = 1;
    a64_select_sp(s, target, 1);
    s->daif = PSTATE_DAIF;
    s->ss = s->il = s->uao = s->btype = 0;
    s->ssbs = sctlr & SCTLR_DSSBS ? 1 : 0;
    s->step_armed = false;
    cpu->pc = s->vbar[target] + vector;
}

/* The level that takes what none asks for specially. */
static uint32_t usual_target(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);

    if (s->el == 0)
        return a64_hcr(cpu) & HCR_TGE ? 2 : 1;
    return (uint32_t)s->el;
}

static void enter_synchronous(struct vm_cpu *cpu, uint32_t target, uint64_t esr, uint64_t return_pc)
{
    a64_state(cpu)->esr[target] = esr & UINT32_MAX;
    trace(cpu, "exception", target);
    enter(cpu, target, 0, return_pc);
}

/* ---- Traps ---- */

/* Debug exceptions, of which the ones before BRK tell by their class whether the level changes. */
static bool is_debug(uint32_t ec)
{
    return ec >= A64_EC_BREAKPOINT_LOWER && ec <= A64_EC_BRK;
}

/* The landing of an indirect branch: whether the page wants a landing pad. */
static bool on_guarded_page(struct vm_cpu *cpu)
{
    struct a64_walk_result result;

    return a64_walk(cpu, a64_context(cpu, (uint32_t)a64_state(cpu)->el, false), cpu->pc,
                    VM_ACCESS_EXEC, &result) &&
           result.guarded;
}

/* Whether a jump to PACIASP or PACIBSP in a guarded page is refused as well. */
static bool signing_refuses_jumps(struct vm_cpu *cpu)
{
    return a64_sctlr(cpu) & (a64_state(cpu)->el == 0 ? SCTLR_BT0 : SCTLR_BT1);
}

/* `far` of a refused landing: it was an instruction that signs. */
static void take_trap(struct vm_cpu *cpu, uint64_t code, uint64_t far)
{
    struct a64_state *s = a64_state(cpu);
    uint32_t ec = A64_ESR_EC(code), target = A64_TRAP_TARGET_OF(code);

    if (code & A64_TRAP_BTI) {
        if (!on_guarded_page(cpu) || (far && !signing_refuses_jumps(cpu))) {
            s->btype = 0;
            return;
        }
        code |= s->btype;
    }
    if (target == 0)
        target = is_debug(ec) ? a64_debug_target(cpu) : usual_target(cpu);
    if (target < s->el)
        target = (uint32_t)s->el;
    if (is_debug(ec) && ec != A64_EC_BRK && target == s->el)
        code |= 1ull << 26;
    if (code & A64_TRAP_NEXT)
        s->ss = 0;
    if (ec == A64_EC_PC_ALIGN || ec == A64_EC_WATCHPOINT_LOWER)
        s->far[target] = far;
    enter_synchronous(cpu, target, code, cpu->pc + (code & A64_TRAP_NEXT ? 4 : 0));
}

/* ---- Aborts ---- */

/* Whether it was stage 2 that made Device memory of what stage 1 has as Normal. */
static bool is_stage2_device(struct vm_cpu *cpu, const struct vm_fault *fault)
{
    uint64_t context = a64_context(cpu, (uint32_t)a64_state(cpu)->el, false);
    struct a64_walk_result result;

    return fault->code && (context & A64_CONTEXT_STAGE2) &&
           a64_walk(cpu, context, fault->va, fault->access, &result) && !result.stage1_device;
}

/* External aborts can be routed to the higher levels. */
static uint32_t abort_target(struct vm_cpu *cpu, uint64_t code)
{
    const struct a64_state *s = a64_state(cpu);
    uint32_t fsc = code & 63;

    if (code & A64_FSC_STAGE2)
        return 2;
    if (fsc == A64_FSC_EXTERNAL || (fsc >= A64_FSC_EXTERNAL_WALK_L0 && fsc < 0x18)) {
        if (s->scr & SCR_EA)
            return 3;
        if (s->el < 2 && (a64_hcr(cpu) & HCR_TEA))
            return 2;
    }
    return usual_target(cpu);
}

static void take_abort(struct vm_cpu *cpu, const struct vm_fault *fault, uint64_t code)
{
    struct a64_state *s = a64_state(cpu);
    uint32_t target = abort_target(cpu, code);
    bool fetch = fault->access == VM_ACCESS_EXEC;
    uint64_t iss = (code & 63) | (code & A64_FSC_S1PTW ? 1u << 7 : 0);
    uint32_t ec = fetch ? A64_EC_IABORT_LOWER : A64_EC_DABORT_LOWER;

    if (!fetch)
        iss |= (fault->access == VM_ACCESS_WRITE ? 1u << 6 : 0) | (code & A64_FSC_CM ? 1u << 8 : 0);
    if (code & A64_FSC_STAGE2) {
        if ((code & 63) != A64_FSC_ALIGNMENT)
            s->hpfar = fault->value >> 12 << 4;
        if (!fetch && !(code & (A64_FSC_S1PTW | A64_FSC_CM)))
            iss |= a64_access_syndrome(cpu);
    }
    s->far[target] = fault->va;
    enter_synchronous(cpu, target, A64_ESR(ec | (target == s->el), iss), cpu->pc);
}

void a64_deliver_fault(struct vm_cpu *cpu)
{
    const struct vm_fault fault = cpu->fault;
    const struct a64_state *s = a64_state(cpu);

    switch (fault.kind) {
    case VM_FAULT_TRAP:
        take_trap(cpu, fault.code, fault.value);
        break;
    case VM_FAULT_ALIGN:
        take_abort(cpu, &fault,
                   A64_FSC_ALIGNMENT | (is_stage2_device(cpu, &fault) ? A64_FSC_STAGE2 : 0));
        break;
    case VM_FAULT_TRANSLATE:
        if (fault.code == A64_FSC_TAGGED)
            cpu->pc = a64_untag(cpu, a64_context(cpu, (uint32_t)s->el, false), cpu->pc);
        else
            take_abort(cpu, &fault, fault.code);
        break;
    default:
        take_abort(cpu, &fault, A64_FSC_EXTERNAL);
        break;
    }
}

void a64_raise(struct vm_cpu *cpu, uint64_t syndrome, uint64_t far)
{
    cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP, .code = syndrome, .value = far};
    cpu->pending_exit = VM_EXIT_TRAP;
}

/* ---- Return ---- */

/* AArch32, a level that is not there or is above, a stack pointer that the level has not. */
static bool is_illegal(struct vm_cpu *cpu, uint64_t spsr)
{
    const struct a64_arch *arch = a64_arch(cpu);
    const struct a64_state *s = a64_state(cpu);
    uint32_t el = spsr >> 2 & 3;
    /* EL3 returns to where NS says */
    bool el2_there = arch->el2 && (!arch->el3 || (s->scr & SCR_NS));

    if ((spsr & 0x12) || el > s->el || (el == 0 && (spsr & 1)))
        return true;
    if (el == 2 && !el2_there)
        return true;
    return el == 1 && el2_there && (s->hcr & HCR_TGE);
}

/* PSTATE.SS after the return: set only where stepping begins. */
static uint64_t step_after(struct vm_cpu *cpu, uint64_t spsr)
{
    const struct a64_state *s = a64_state(cpu);

    if (!(s->mdscr & MDSCR_SS) || a64_debug_enabled(cpu) ||
        !a64_debug_enabled_at(cpu, spsr >> 2 & 3, spsr & PSTATE_D))
        return 0;
    return spsr >> 21 & 1;
}

void a64_exception_return(struct vm_cpu *cpu, uint64_t target)
{
    const struct a64_arch *arch = a64_arch(cpu);
    struct a64_state *s = a64_state(cpu);
    uint64_t spsr = s->spsr[s->el];
    bool illegal = is_illegal(cpu, spsr);

    a64_pmu_mode_changes(cpu);
    s->ss = illegal ? 0 : step_after(cpu, spsr);
    s->il = illegal ? 1 : spsr >> 20 & 1;
    s->pan = a64_has(arch, A64_FEATURE(PAN)) ? spsr >> 22 & 1 : 0;
    s->uao = a64_has(arch, A64_FEATURE(UAO)) ? spsr >> 23 & 1 : 0;
    s->dit = a64_has(arch, A64_FEATURE(DIT)) ? spsr >> 24 & 1 : 0;
    s->ssbs = a64_has(arch, A64_FEATURE(SSBS)) ? spsr >> 12 & 1 : 0;
    if (!illegal) {
        s->btype = a64_has(arch, A64_FEATURE(BTI)) ? spsr >> 10 & 3 : 0;
        a64_select_sp(s, spsr >> 2 & 3, spsr & 1);
    }
    s->daif = spsr & PSTATE_DAIF;
    a64_set_nzcv(s, spsr);
    cpu->reserve_size = 0;
    cpu->pc = target;
}

/* ---- Interrupts ---- */

/* Where a physical interrupt goes; HCR_EL2 and SCR_EL3 have the same bits for the three kinds. */
static uint32_t interrupt_target(struct vm_cpu *cpu, uint64_t scr_bit, uint64_t hcr_bit)
{
    if (a64_arch(cpu)->el3 && (a64_state(cpu)->scr & scr_bit))
        return 3;
    return a64_hcr(cpu) & (hcr_bit | HCR_TGE) ? 2 : 1;
}

static bool unmasked(struct vm_cpu *cpu, uint32_t target, uint64_t mask)
{
    const struct a64_state *s = a64_state(cpu);

    if (target < s->el)
        return false;
    /* for a higher level PSTATE does not count, but for the one that EL0 belongs to */
    if (target > s->el && !(s->el == 0 && target == a64_el0_owner(cpu)))
        return true;
    return !(s->daif & mask);
}

struct interrupt {
    uint32_t target, vector;
    const char *name;
};

/* Virtual ones go to EL1, while HCR_EL2 routes the physical ones away. */
static uint64_t virtual_pending(struct vm_cpu *cpu)
{
    uint64_t hcr = a64_hcr(cpu), pending = 0;
    uint64_t lines =
        atomic_load_explicit(&cpu->lines, memory_order_acquire) | a64_state(cpu)->vgic_lines;

    if (a64_state(cpu)->el >= 2 || (hcr & HCR_TGE))
        return 0;
    if ((hcr & HCR_FMO) && ((hcr & HCR_VF) || (lines & A64_LINE_BIT(A64_LINE_VFIQ))))
        pending |= PSTATE_F;
    if ((hcr & HCR_IMO) && ((hcr & HCR_VI) || (lines & A64_LINE_BIT(A64_LINE_VIRQ))))
        pending |= PSTATE_I;
    if ((hcr & HCR_AMO) && (hcr & HCR_VSE))
        pending |= PSTATE_A;
    return pending;
}

static bool choose(struct vm_cpu *cpu, struct interrupt *irq)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t lines = atomic_load_explicit(&cpu->lines, memory_order_acquire) & A64_LINES_IN;
    uint64_t virtual;
    uint32_t target;

    if (!lines && !s->vgic_lines && !(s->hcr & (HCR_VF | HCR_VI | HCR_VSE)))
        return false;
    if (lines & A64_LINE_BIT(A64_LINE_FIQ)) {
        target = interrupt_target(cpu, SCR_FIQ, HCR_FMO);
        *irq = (struct interrupt){target, 0x100, "FIQ"};
        if (unmasked(cpu, target, PSTATE_F))
            return true;
    }
    if (lines & A64_LINE_BIT(A64_LINE_IRQ)) {
        target = interrupt_target(cpu, SCR_IRQ, HCR_IMO);
        *irq = (struct interrupt){target, 0x80, "IRQ"};
        if (unmasked(cpu, target, PSTATE_I))
            return true;
    }
    virtual = virtual_pending(cpu) & ~s->daif;
    *irq = (struct interrupt){1,
                              virtual & PSTATE_A   ? 0x180
                              : virtual & PSTATE_F ? 0x100
                                                   : 0x80,
                              "virtual interrupt"};
    return virtual != 0;
}

bool a64_interrupt_pending(struct vm_cpu *cpu)
{
    struct interrupt irq;

    return choose(cpu, &irq);
}

uint64_t a64_isr(struct vm_cpu *cpu)
{
    uint64_t lines = atomic_load_explicit(&cpu->lines, memory_order_acquire);
    uint64_t hcr = a64_state(cpu)->el == 1 ? a64_hcr(cpu) : 0, isr = 0;

    isr |= lines & A64_LINE_BIT(A64_LINE_IRQ) && !(hcr & HCR_IMO) ? PSTATE_I : 0;
    isr |= lines & A64_LINE_BIT(A64_LINE_FIQ) && !(hcr & HCR_FMO) ? PSTATE_F : 0;
    return isr | (a64_state(cpu)->el == 1 ? virtual_pending(cpu) : 0);
}

bool a64_wake(struct vm_cpu *cpu)
{
    uint64_t lines = atomic_load_explicit(&cpu->lines, memory_order_acquire);

    return (lines & (A64_LINE_BIT(A64_LINE_IRQ) | A64_LINE_BIT(A64_LINE_FIQ))) ||
           virtual_pending(cpu) != 0;
}

/* A virtual SError is taken once, with the syndrome that EL2 gave. */
static void take_interrupt(struct vm_cpu *cpu, const struct interrupt *irq)
{
    struct a64_state *s = a64_state(cpu);

    if (irq->vector == 0x180) {
        s->hcr &= ~HCR_VSE;
        s->esr[1] = A64_ESR(A64_EC_SERROR, s->vsesr & 0x1ffffff);
    }
    trace(cpu, irq->name, irq->target);
    enter(cpu, irq->target, irq->vector, cpu->pc);
}

/* Exceptions that belong to no instruction but come between two: a step is over, PSTATE.IL. */
static bool deliver_between(struct vm_cpu *cpu)
{
    struct a64_state *s = a64_state(cpu);
    bool stepped = s->step_armed;
    uint64_t iss = A64_FSC_DEBUG;

    if (stepped) {
        s->step_armed = false;
        s->ss = 0;
        iss |= 1u << 24 | (s->step_exclusive ? 1u << 6 : 0);
    }
    if ((s->mdscr & MDSCR_SS) && !s->ss && a64_step_active(cpu)) {
        take_trap(cpu, A64_ESR(A64_EC_STEP_LOWER, iss), 0);
        return true;
    }
    if (s->il) {
        take_trap(cpu, A64_ESR(A64_EC_ILLEGAL_STATE, 0), 0);
        return true;
    }
    return false;
}

bool a64_deliver_interrupt(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);
    struct interrupt irq;

    if (atomic_load_explicit(&cpu->lines, memory_order_acquire) & A64_LINE_BIT(A64_LINE_POLL))
        a64_pmu_look(cpu);
    if ((s->step_armed || s->il || (s->mdscr & MDSCR_SS)) && deliver_between(cpu))
        return true;
    if (!choose(cpu, &irq))
        return false;
    take_interrupt(cpu, &irq);
    return true;
}

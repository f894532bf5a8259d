/* SPDX-License-Identifier: BSD-2-Clause */
/* Reset, modes, traps, interrupts, and the return from them. */
#include <inttypes.h>
#include <string.h>
#include "state.h"

/* ---- Tracing ---- */

static void trace_trap(struct vm_cpu *cpu, bool interrupt, uint64_t cause, uint64_t tval)
{
    const struct vm_cpu_host *host = cpu->host;
    uint32_t category = interrupt ? VM_TRACE_INTERRUPTS : VM_TRACE_EXCEPTIONS;

    if (VM_HAS(host, trace_mask) && (host->trace_mask() & category) && VM_HAS(host, trace))
        host->trace(cpu, category,
                    "%s %" PRIu64 " from privilege %" PRIu64 " at 0x%" PRIx64 ", tval 0x%" PRIx64,
                    interrupt ? "interrupt" : "exception", cause, rv_state(cpu)->privilege, cpu->pc,
                    tval);
}

/* ---- Mode ---- */

/* The privilege that loads and stores have. */
static uint32_t data_privilege(const struct rv_state *s)
{
    if (s->mstatus & MSTATUS_MPRV)
        return (uint32_t)(s->mstatus >> MSTATUS_MPP_SHIFT) & 3;
    return (uint32_t)s->privilege;
}

void rv_mode(struct vm_cpu *cpu, struct vm_cpu_mode *mode)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t fs_field = s->mstatus & MSTATUS_FS;
    uint32_t fs = fs_field == 0 ? RV_FS_OFF : fs_field == MSTATUS_FS ? RV_FS_DIRTY : RV_FS_CLEAN;
    uint64_t frm = fs == RV_FS_OFF ? 0 : s->frm > VM_FP_RMM ? RV_FRM_INVALID : s->frm;

    if (s->timer_stale)
        rv_update_timer(cpu);
    mode->key[0] = RV_KEY(s->privilege, fs, frm);
    mode->key[1] = 0;
    mode->context[VM_MMU_FETCH] = rv_context(s, (uint32_t)s->privilege, false);
    mode->context[VM_MMU_DATA] = rv_context(s, data_privilege(s), true);
    mode->context[VM_MMU_ALT0] = mode->context[VM_MMU_DATA];
    mode->context[VM_MMU_ALT1] = mode->context[VM_MMU_DATA];
}

void rv_reset(struct vm_cpu *cpu, const struct vm_cpu_start *start)
{
    struct rv_state *s = rv_state(cpu);

    memset(s, 0, sizeof(*s));
    s->privilege = RV_M;
    s->mstatus = MSTATUS_UXL_64 | MSTATUS_SXL_64;
    s->stimecmp = UINT64_MAX;
    s->pmp_stale = true;
    s->timer_stale = true;
    for (int i = 0; i < 4; i++)
        s->x[10 + i] = start->arg[i];
    cpu->pc = start->pc;
    cpu->reserve_size = 0;
}

/* ---- Interrupts ---- */

uint64_t rv_mip(struct vm_cpu *cpu)
{
    const struct rv_state *s = rv_state(cpu);

    return (atomic_load_explicit(&cpu->lines, memory_order_acquire) |
            (s->mip_soft & ~(s->mvien & RV_MIP_SEIP))) &
           RV_MIP_ALL;
}

uint64_t rv_pending_machine(struct vm_cpu *cpu)
{
    const struct rv_state *s = rv_state(cpu);

    return rv_mip(cpu) & s->mie & ~s->mideleg;
}

uint64_t rv_pending_supervisor(struct vm_cpu *cpu)
{
    const struct rv_state *s = rv_state(cpu);
    uint64_t virtual_bits = s->mvien & ~s->mideleg;

    return (rv_mip(cpu) & s->mie & s->mideleg) |
           (virtual_bits ? rv_mvip_soft(s) & s->sie_virtual & virtual_bits : 0);
}

bool rv_wake(struct vm_cpu *cpu)
{
    return (rv_pending_machine(cpu) | rv_pending_supervisor(cpu)) != 0;
}

/* In the manual's order of priority. */
uint32_t rv_highest_interrupt(uint64_t pending)
{
    static const uint8_t order[] = {RV_IRQ_MEI, RV_IRQ_MSI, RV_IRQ_MTI,
                                    RV_IRQ_SEI, RV_IRQ_SSI, RV_IRQ_STI};

    for (size_t i = 0; i < sizeof(order); i++) {
        if (pending >> order[i] & 1)
            return order[i];
    }
    return 0;
}

/* The interrupt to take now, 0: none; and where it goes. */
static uint32_t choose_interrupt(struct vm_cpu *cpu, bool *to_machine)
{
    const struct rv_state *s = rv_state(cpu);
    uint64_t machine = rv_pending_machine(cpu), supervisor = rv_pending_supervisor(cpu);

    *to_machine = machine && (s->privilege < RV_M || (s->mstatus & MSTATUS_MIE));
    if (*to_machine)
        return rv_highest_interrupt(machine);
    if (supervisor && (s->privilege < RV_S || (s->privilege == RV_S && (s->mstatus & MSTATUS_SIE))))
        return rv_highest_interrupt(supervisor);
    return 0;
}

uint32_t rv_pending_interrupt(struct vm_cpu *cpu)
{
    bool to_machine;

    return choose_interrupt(cpu, &to_machine);
}

/* ---- Trap entry ---- */

static uint64_t vector(uint64_t tvec, bool interrupt, uint32_t cause)
{
    uint64_t base = tvec & ~3ull;

    return interrupt && (tvec & 3) == 1 ? base + 4 * (uint64_t)cause : base;
}

static void enter_supervisor(struct vm_cpu *cpu, bool interrupt, uint32_t cause, uint64_t tval)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t status = s->mstatus & ~(MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_SIE);

    if (s->mstatus & MSTATUS_SIE)
        status |= MSTATUS_SPIE;
    if (s->privilege == RV_S)
        status |= MSTATUS_SPP;
    s->mstatus = status;
    s->sepc = cpu->pc;
    s->scause = (uint64_t)interrupt << 63 | cause;
    s->stval = tval;
    s->privilege = RV_S;
    cpu->pc = vector(s->stvec, interrupt, cause);
}

static void enter_machine(struct vm_cpu *cpu, bool interrupt, uint32_t cause, uint64_t tval)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t status = s->mstatus & ~(MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MIE);

    if (s->mstatus & MSTATUS_MIE)
        status |= MSTATUS_MPIE;
    s->mstatus = status | s->privilege << MSTATUS_MPP_SHIFT;
    s->mepc = cpu->pc;
    s->mcause = (uint64_t)interrupt << 63 | cause;
    s->mtval = tval;
    s->privilege = RV_M;
    cpu->pc = vector(s->mtvec, interrupt, cause);
}

static void enter(struct vm_cpu *cpu, bool interrupt, uint32_t cause, uint64_t tval,
                  bool to_machine)
{
    trace_trap(cpu, interrupt, cause, tval);
    cpu->reserve_size = 0;
    if (to_machine)
        enter_machine(cpu, interrupt, cause, tval);
    else
        enter_supervisor(cpu, interrupt, cause, tval);
}

static void enter_exception(struct vm_cpu *cpu, uint32_t cause, uint64_t tval)
{
    const struct rv_state *s = rv_state(cpu);

    enter(cpu, false, cause, tval, s->privilege == RV_M || !(s->medeleg >> cause & 1));
}

bool rv_deliver_interrupt(struct vm_cpu *cpu)
{
    bool to_machine;
    uint32_t number = choose_interrupt(cpu, &to_machine);

    if (number == 0)
        return false;
    enter(cpu, true, number, 0, to_machine);
    return true;
}

/* Causes by enum vm_access. A read-modify-write access counts as a store. */
static const uint8_t page_causes[] = {RV_CAUSE_LOAD_PAGE, RV_CAUSE_STORE_PAGE, RV_CAUSE_FETCH_PAGE};
static const uint8_t access_causes[] = {RV_CAUSE_LOAD_ACCESS, RV_CAUSE_STORE_ACCESS,
                                        RV_CAUSE_FETCH_ACCESS};
static const uint8_t align_causes[] = {RV_CAUSE_MISALIGNED_LOAD, RV_CAUSE_MISALIGNED_STORE,
                                       RV_CAUSE_MISALIGNED_FETCH};

void rv_deliver_fault(struct vm_cpu *cpu)
{
    const struct vm_fault *fault = &cpu->fault;
    uint32_t access = fault->access <= VM_ACCESS_EXEC ? fault->access : VM_ACCESS_READ;

    switch (fault->kind) {
    case VM_FAULT_TRAP:
        enter_exception(cpu, (uint32_t)fault->code & 63, fault->value);
        break;
    case VM_FAULT_ALIGN:
        enter_exception(cpu, align_causes[access], fault->va);
        break;
    case VM_FAULT_TRANSLATE:
        enter_exception(cpu,
                        fault->code == RV_FAULT_PAGE ? page_causes[access] : access_causes[access],
                        fault->va);
        break;
    default:
        enter_exception(cpu, access_causes[access], fault->va);
        break;
    }
}

void rv_raise(struct vm_cpu *cpu, enum rv_cause cause, uint64_t tval)
{
    cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP, .code = cause, .value = tval};
    cpu->pending_exit = VM_EXIT_TRAP;
}

/* ---- Trap return ---- */

static void return_machine(struct rv_state *s)
{
    s->privilege = (s->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    uint64_t status = s->mstatus & ~(MSTATUS_MPP | MSTATUS_MIE);
    if (s->mstatus & MSTATUS_MPIE)
        status |= MSTATUS_MIE;
    s->mstatus = status | MSTATUS_MPIE;
}

static void return_supervisor(struct rv_state *s)
{
    s->privilege = s->mstatus & MSTATUS_SPP ? RV_S : RV_U;
    uint64_t status = s->mstatus & ~(MSTATUS_SPP | MSTATUS_SIE);
    if (s->mstatus & MSTATUS_SPIE)
        status |= MSTATUS_SIE;
    s->mstatus = status | MSTATUS_SPIE;
}

void rv_return(struct vm_cpu *cpu, bool machine)
{
    struct rv_state *s = rv_state(cpu);

    if (machine) {
        cpu->pc = s->mepc;
        return_machine(s);
    } else {
        cpu->pc = s->sepc;
        return_supervisor(s);
    }
    if (s->privilege != RV_M)
        s->mstatus &= ~MSTATUS_MPRV;
}

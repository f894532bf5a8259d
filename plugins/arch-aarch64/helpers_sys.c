/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of system instructions: registers, waiting, calls to higher levels, stepping. */
#include "helpers.h"
#include "sysregs.h"

#define UNUSED1 (void)f
#define UNUSED3 (void)d, (void)e, UNUSED1
#define UNUSED4 (void)c, UNUSED3
#define UNUSED5 (void)b, UNUSED4
#define UNUSED6 (void)a, UNUSED5

#define SYSTEM_SLOTS                                                                \
    A64_SLOT_SP, A64_SLOT_FPCR, A64_SLOT_DAIF, A64_SLOT_BTYPE, A64_SLOT_TPIDR_EL0,  \
        A64_SLOT_TPIDR_EL1, A64_SLOT_TPIDRRO_EL0, A64_SLOT_SP_EL0, A64_SLOT_SP_EL1, \
        A64_SLOT_ELR_EL1, A64_SLOT_SPSR_EL1, A64_SLOT_ESR_EL1, A64_SLOT_FAR_EL1

const uint16_t a64_slots_system[] = {SYSTEM_SLOTS, 0xffff};
const uint16_t a64_slots_eret[] = {SYSTEM_SLOTS, A64_SLOT_CC_KIND, A64_SLOT_CC_A, A64_SLOT_CC_B,
                                   0xffff};

/* ---- Registers ---- */

uint64_t a64_helper_mrs(A64_HELPER_ARGS)
{
    uint64_t value = 0;

    UNUSED4;
    a64_sysreg_read(cpu, &a64_sysregs[a], (uint32_t)b, &value);
    return value;
}

uint64_t a64_helper_msr(A64_HELPER_ARGS)
{
    UNUSED3;
    a64_sysreg_write(cpu, &a64_sysregs[a], (uint32_t)c, b);
    return 0;
}

uint64_t a64_helper_fpsr(A64_HELPER_ARGS)
{
    (void)cpu, UNUSED4;
    return a64_fpsr(a, b);
}

uint64_t a64_helper_fpflags(A64_HELPER_ARGS)
{
    (void)cpu, UNUSED5;
    return a64_fpflags(a);
}

/* PSTATE.D counts only while something is debugged. */
uint64_t a64_helper_interrupts(A64_HELPER_ARGS)
{
    UNUSED6;
    if (a64_interrupt_pending(cpu) || (a64_state(cpu)->mdscr & (MDSCR_SS | MDSCR_MDE)))
        cpu->pending_exit = VM_EXIT_STATE;
    return 0;
}

/* ---- Return, waiting ---- */

uint64_t a64_helper_eret(A64_HELPER_ARGS)
{
    UNUSED5;
    a64_exception_return(cpu, a);
    return 0;
}

#define WFX_ISS 0x1e00000u /* CV, COND: always; TI: WFI */

/* The level that WFI traps to, as 0: none, 1: the usual one. */
static uint32_t wfi_trap(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t hcr = a64_hcr(cpu);

    if (s->el == 0 && !(a64_sctlr(cpu) & SCTLR_NTWI))
        return 1;
    if (s->el < 2 && (hcr & HCR_TWI) && !(s->el == 0 && a64_is_host(hcr)))
        return 2;
    return s->el < 3 && (s->scr & SCR_TWI) ? 3 : 0;
}

/* Traps only where it would wait. */
uint64_t a64_helper_wfi(A64_HELPER_ARGS)
{
    uint32_t trap = wfi_trap(cpu);

    UNUSED6;
    if (a64_wake(cpu))
        return 0;
    if (trap)
        a64_raise(cpu, A64_ESR(A64_EC_WFX, WFX_ISS) | (trap > 1 ? A64_TRAP_TARGET(trap) : 0), 0);
    else
        cpu->pending_exit = VM_EXIT_WAIT;
    return 0;
}

/* There are no physical errors; a virtual one that is masked is deferred. */
uint64_t a64_helper_esb(A64_HELPER_ARGS)
{
    struct a64_state *s = a64_state(cpu);
    uint64_t hcr = a64_hcr(cpu);

    UNUSED6;
    if (s->el < 2 && (hcr & HCR_VSE) && (hcr & HCR_AMO) && !(hcr & HCR_TGE) &&
        (s->daif & PSTATE_A)) {
        s->vdisr = 1u << 31 | (s->vsesr & 0x1ffffff);
        s->hcr &= ~HCR_VSE;
    }
    return 0;
}

/* ---- Calls ---- */

static void undefined(struct vm_cpu *cpu)
{
    a64_raise(cpu, A64_ESR(A64_EC_UNDEFINED, 0), 0);
}

uint64_t a64_helper_firmware(A64_HELPER_ARGS)
{
    UNUSED5;
    _Static_assert(VM_FIRMWARE_REGS <= 31, "they are x0 and up");
    if (!VM_HAS(cpu->host, firmware_call) ||
        !cpu->host->firmware_call(cpu, (uint32_t)a, a64_state(cpu)->x))
        undefined(cpu);
    return 0;
}

uint64_t a64_helper_hvc(A64_HELPER_ARGS)
{
    const struct a64_state *s = a64_state(cpu);
    bool enabled = a64_arch(cpu)->el3 ? (s->scr & SCR_HCE) != 0 : !(s->hcr & HCR_HCD);

    UNUSED5;
    if (!enabled || (s->el == 1 && !a64_el2_enabled(cpu)))
        undefined(cpu);
    else
        a64_raise(cpu, A64_ESR(A64_EC_HVC, a) | A64_TRAP_TARGET(s->el == 3 ? 3 : 2) | A64_TRAP_NEXT,
                  0);
    return 0;
}

/* EL2 may take what EL1 means for EL3: then the call has not happened. */
uint64_t a64_helper_smc(A64_HELPER_ARGS)
{
    const struct a64_state *s = a64_state(cpu);

    UNUSED5;
    if (s->el == 1 && (a64_hcr(cpu) & HCR_TSC))
        a64_raise(cpu, A64_ESR(A64_EC_SMC, a) | A64_TRAP_TARGET(2), 0);
    else if (!a64_arch(cpu)->el3)
        return 1; /* the board's */
    else if (s->scr & SCR_SMD)
        undefined(cpu);
    else
        a64_raise(cpu, A64_ESR(A64_EC_SMC, a) | A64_TRAP_TARGET(3) | A64_TRAP_NEXT, 0);
    return 0;
}

/* ---- Debug and pointer authentication ---- */

/* LDXR, LDAXR, LDXP, LDAXP: the debugger wants to know what it must not step through. */
static bool is_load_exclusive(uint64_t raw)
{
    return (raw & 0x3fc00000) == 0x08400000 || (raw & 0xbfc00000) == 0x88400000;
}

/* Runs first in an instruction that is stepped. */
uint64_t a64_helper_step(A64_HELPER_ARGS)
{
    struct a64_state *s = a64_state(cpu);

    UNUSED5;
    s->step_armed = true;
    s->step_exclusive = is_load_exclusive(a);
    cpu->pending_exit = VM_EXIT_STATE;
    return 0;
}

uint64_t a64_helper_pauth(A64_HELPER_ARGS)
{
    enum a64_pauth_op op = (enum a64_pauth_op)(a >> 8);
    uint32_t key = a & 0xff, trap;

    UNUSED3;
    if (op == A64_PAUTH_STRIP)
        return a64_pauth(cpu, op, key, b, c);
    if (!a64_pauth_enabled(cpu, key, &trap))
        return b;
    if (trap) {
        a64_raise(cpu, A64_ESR(A64_EC_PAUTH, 0) | A64_TRAP_TARGET(trap), 0);
        return b;
    }
    return a64_pauth(cpu, op, key, b, c);
}

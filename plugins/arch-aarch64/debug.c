/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-hosted debug: breakpoints, watchpoints, when software steps, and the OS lock. */
#include "exception.h"
#include "sysregs.h"

#define CR_ENABLE      (1ull << 0)
#define CR_LEVEL(cr)   ((cr) >> 1 & 3)  /* PMC, PAC */
#define CR_HIGHER(cr)  ((cr) >> 13 & 1) /* HMC */
#define CR_STATE(cr)   ((cr) >> 14 & 3) /* SSC */
#define CR_LINK(cr)    ((cr) >> 16 & 15)
#define BCR_TYPE(cr)   ((cr) >> 20 & 15)
#define WCR_LINKED(cr) ((cr) >> 20 & 1)
#define WCR_LSC(cr)    ((cr) >> 3 & 3)
#define WCR_BAS(cr)    ((cr) >> 5 & 0xff)
#define WCR_MASK(cr)   ((cr) >> 24 & 31)

#define BCR_BITS 0x00ffe1e7ull
#define WCR_BITS 0x1f1fffffull

enum { BT_ADDRESS = 0, BT_LINKED_ADDRESS = 1, BT_CONTEXT = 2, BT_LINKED_CONTEXT = 3 };

/* ---- Whether debug exceptions are on ---- */

uint32_t a64_debug_target(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);

    if (a64_el2_enabled(cpu) && ((s->mdcr[2] & MDCR_TDE) || (s->hcr & HCR_TGE)))
        return 2;
    return 1;
}

bool a64_debug_enabled_at(struct vm_cpu *cpu, uint32_t el, bool masked)
{
    const struct a64_state *s = a64_state(cpu);
    uint32_t target = a64_debug_target(cpu);

    if (s->oslk || (s->osdlr & 1))
        return false;
    if (a64_arch(cpu)->el3 && (el == 3 || !(s->scr & SCR_NS)) && (s->mdcr[3] & MDCR3_SDD))
        return false;
    if (el >= target)
        return el == target && (s->mdscr & MDSCR_KDE) && !masked;
    return true;
}

bool a64_debug_enabled(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);

    return a64_debug_enabled_at(cpu, (uint32_t)s->el, (s->daif & PSTATE_D) != 0);
}

bool a64_step_active(struct vm_cpu *cpu)
{
    return (a64_state(cpu)->mdscr & MDSCR_SS) && a64_debug_enabled(cpu);
}

static bool any_enabled(const uint64_t *control, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (control[i] & CR_ENABLE)
            return true;
    return false;
}

static bool points_active(struct vm_cpu *cpu)
{
    return (a64_state(cpu)->mdscr & MDSCR_MDE) && a64_debug_enabled(cpu);
}

bool a64_breakpoints_active(struct vm_cpu *cpu)
{
    return points_active(cpu) && any_enabled(a64_state(cpu)->dbgbcr, A64_BREAKPOINTS);
}

bool a64_watchpoints_active(struct vm_cpu *cpu)
{
    return points_active(cpu) && any_enabled(a64_state(cpu)->dbgwcr, A64_WATCHPOINTS);
}

/* ---- Matching ---- */

/* The levels and security states that a control register means. */
static bool level_matches(struct vm_cpu *cpu, uint64_t control, uint32_t el)
{
    uint32_t levels = CR_LEVEL(control);
    bool higher = CR_HIGHER(control), secure = a64_secure(cpu);

    switch (CR_STATE(control)) {
    case 1:
        if (secure)
            return false;
        break;
    case 2:
        if (!secure)
            return false;
        break;
    case 3:
        if (!higher && levels == 0) /* EL2 alone */
            return el == 2;
        break;
    default:
        break;
    }
    switch (el) {
    case 0:
        return levels & 2;
    case 1:
        return levels & 1;
    case 2:
        return higher && CR_STATE(control) != 2;
    default:
        return higher && CR_STATE(control) != 1 && CR_STATE(control) != 3;
    }
}

static bool context_matches(struct vm_cpu *cpu, uint32_t n)
{
    const struct a64_state *s = a64_state(cpu);
    bool host = s->el != 1 && a64_is_host(a64_hcr(cpu));

    return (uint32_t)s->dbgbvr[n] == (uint32_t)s->contextidr[host ? 2 : 1];
}

/* The context breakpoint that another point is linked to. */
static bool link_matches(struct vm_cpu *cpu, uint32_t n)
{
    const struct a64_state *s = a64_state(cpu);

    return n >= A64_BREAKPOINTS - A64_CONTEXT_BREAKPOINTS && n < A64_BREAKPOINTS &&
           (s->dbgbcr[n] & CR_ENABLE) && BCR_TYPE(s->dbgbcr[n]) == BT_LINKED_CONTEXT &&
           context_matches(cpu, n);
}

static bool breakpoint_matches(struct vm_cpu *cpu, uint32_t n, uint64_t pc)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t control = s->dbgbcr[n];

    if (!(control & CR_ENABLE) || !level_matches(cpu, control, (uint32_t)s->el))
        return false;
    switch (BCR_TYPE(control)) {
    case BT_ADDRESS:
        return (s->dbgbvr[n] & ~3ull) == pc;
    case BT_LINKED_ADDRESS:
        return (s->dbgbvr[n] & ~3ull) == pc && link_matches(cpu, CR_LINK(control));
    case BT_CONTEXT:
        return n >= A64_BREAKPOINTS - A64_CONTEXT_BREAKPOINTS && context_matches(cpu, n);
    default:
        return false;
    }
}

/* Before the instruction at pc. */
uint64_t a64_helper_breakpoint(struct vm_cpu *cpu, uint64_t pc, uint64_t b, uint64_t c, uint64_t d,
                               uint64_t e, uint64_t f)
{
    (void)b, (void)c, (void)d, (void)e, (void)f;
    for (uint32_t n = 0; n < A64_BREAKPOINTS; n++) {
        if (breakpoint_matches(cpu, n, pc)) {
            a64_raise(cpu, A64_ESR(A64_EC_BREAKPOINT_LOWER, A64_FSC_DEBUG), 0);
            break;
        }
    }
    return 0;
}

/* The first byte of [va, last] that a watchpoint watches; false: none. */
static bool watched(const struct a64_state *s, uint32_t n, uint64_t va, uint64_t last,
                    uint64_t *where)
{
    uint64_t control = s->dbgwcr[n], bits = WCR_MASK(control);
    uint64_t value = s->dbgwvr[n] & ~3ull;

    if (bits >= 3) {
        uint64_t low = (1ull << bits) - 1, first = value & ~low;
        if (va > (first | low) || last < first)
            return false;
        *where = va > first ? va : first;
        return true;
    }
    for (uint32_t i = 0; i < 8; i++) {
        uint64_t byte = value + i;
        if ((WCR_BAS(control) >> i & 1) && byte >= va && byte <= last) {
            *where = byte;
            return true;
        }
    }
    return false;
}

/* The tag of an address does not count where it is ignored. */
static uint64_t untagged(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 8) >> 8);
}

static bool watchpoint_matches(struct vm_cpu *cpu, uint32_t n, uint64_t va, uint64_t bytes,
                               bool write, uint64_t *where)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t control = s->dbgwcr[n], first = untagged(va);

    return (control & CR_ENABLE) && level_matches(cpu, control, (uint32_t)s->el) &&
           (WCR_LSC(control) & (write ? 2 : 1)) &&
           (!WCR_LINKED(control) || link_matches(cpu, CR_LINK(control))) &&
           watched(s, n, first, first + bytes - 1, where);
}

bool a64_watch(struct vm_cpu *cpu, uint64_t va, uint64_t bytes, bool write, bool maintenance)
{
    uint64_t where;

    if (!points_active(cpu))
        return true;
    for (uint32_t n = 0; n < A64_WATCHPOINTS; n++) {
        if (!watchpoint_matches(cpu, n, va, bytes, write, &where))
            continue;
        a64_raise(cpu,
                  A64_ESR(A64_EC_WATCHPOINT_LOWER,
                          A64_FSC_DEBUG | (write ? 1u << 6 : 0) | (maintenance ? 1u << 8 : 0)),
                  where);
        return false;
    }
    return true;
}

/* (address, bytes | write << 8) before a load or store. */
uint64_t a64_helper_watch(struct vm_cpu *cpu, uint64_t va, uint64_t what, uint64_t c, uint64_t d,
                          uint64_t e, uint64_t f)
{
    (void)c, (void)d, (void)e, (void)f;
    a64_watch(cpu, va, what & 0xff, what >> 8 & 1, false);
    return 0;
}

/* ---- Registers ---- */

static uint64_t *point(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint64_t *mask)
{
    struct a64_state *s = a64_state(cpu);
    uint32_t n = A64_SYS_CRM(reg->number);

    switch (A64_SYS_OP2(reg->number)) {
    case 4:
        *mask = UINT64_MAX;
        return &s->dbgbvr[n];
    case 5:
        *mask = BCR_BITS;
        return &s->dbgbcr[n];
    case 6:
        *mask = ~3ull;
        return &s->dbgwvr[n];
    default:
        *mask = WCR_BITS;
        return &s->dbgwcr[n];
    }
}

A64_READ(a64_read_breakpoint)
{
    uint64_t mask;

    return *point(cpu, reg, &mask);
}

A64_WRITE(a64_write_breakpoint)
{
    uint64_t mask, *which = point(cpu, reg, &mask);

    *which = value & mask;
}

/* Bits that belong to an external debugger can be written while the OS lock is locked. */
A64_WRITE(a64_write_mdscr)
{
    struct a64_state *s = a64_state(cpu);
    uint64_t mask = MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE;

    (void)reg;
    if (s->oslk)
        mask |= 0x6cef8040ull & ~mask;
    s->mdscr = (s->mdscr & ~mask) | (value & mask);
}

A64_WRITE(a64_write_os_lock)
{
    (void)reg;
    a64_state(cpu)->oslk = value & 1;
}

/* Implemented (OSLM), and whether it is locked. */
A64_READ(a64_read_os_lock)
{
    (void)reg;
    return 1u << 3 | a64_state(cpu)->oslk << 1;
}

/* DBGCLAIMSET reads as all ones: eight tags are there; DBGCLAIMCLR has their values. */
A64_READ(a64_read_claim)
{
    return A64_SYS_CRM(reg->number) == 8 ? 0xff : a64_state(cpu)->dbgclaim;
}

A64_WRITE(a64_write_claim)
{
    struct a64_state *s = a64_state(cpu);

    if (A64_SYS_CRM(reg->number) == 8)
        s->dbgclaim |= value & 0xff;
    else
        s->dbgclaim &= ~value;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic timers: counters, and compare values that drive output lines. */
#include "sysregs.h"

#define CTL_ENABLE  1u
#define CTL_IMASK   2u
#define CTL_ISTATUS 4u

static const uint8_t lines[A64_N_TIMERS] = {A64_LINE_CNTP, A64_LINE_CNTV, A64_LINE_CNTHP,
                                            A64_LINE_CNTPS, A64_LINE_CNTHV};

static enum a64_timer_id timer_of(const struct a64_sysreg *reg)
{
    bool second = A64_SYS_CRM(reg->number) == 3;

    switch (A64_SYS_OP1(reg->number)) {
    case 4:
        return second ? A64_CNTHV : A64_CNTHP;
    case 7:
        return A64_CNTPS;
    default:
        return second ? A64_CNTV : A64_CNTP;
    }
}

/* What the counter is less for this timer: CNTVOFF for the virtual one. */
static uint64_t offset_of(struct vm_cpu *cpu, enum a64_timer_id id)
{
    return id == A64_CNTV && a64_arch(cpu)->el2 ? a64_state(cpu)->cntvoff : 0;
}

static uint64_t now(struct vm_cpu *cpu, enum a64_timer_id id)
{
    return cpu->host->counter_read(cpu) - offset_of(cpu, id);
}

/*
 * The line is high from when the timer's counter reaches its compare value. A count that is past it
 * already counts as met, also one that an offset has made very large.
 */
static void update(struct vm_cpu *cpu, enum a64_timer_id id)
{
    const struct a64_timer *t = &a64_state(cpu)->timer[id];
    uint64_t deadline = UINT64_MAX;

    if ((t->ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE) {
        uint64_t counter = cpu->host->counter_read(cpu);
        uint64_t count = counter - offset_of(cpu, id);
        uint64_t left = t->cval > count ? t->cval - count : 0;
        deadline = left < UINT64_MAX - counter ? counter + left : UINT64_MAX;
    }
    cpu->host->counter_compare(cpu, lines[id], deadline);
}

void a64_timers_update(struct vm_cpu *cpu)
{
    for (uint32_t id = 0; id < A64_N_TIMERS; id++)
        update(cpu, (enum a64_timer_id)id);
}

A64_READ(a64_read_counter)
{
    (void)reg;
    return cpu->host->counter_read(cpu);
}

/* A host at EL2, and EL0 under it, see no offset. */
A64_READ(a64_read_virtual_counter)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t hcr = a64_hcr(cpu);
    bool no_offset = (s->el == 2 && (hcr & HCR_E2H)) || (s->el == 0 && a64_is_host(hcr));

    (void)reg;
    return cpu->host->counter_read(cpu) - (no_offset ? 0 : offset_of(cpu, A64_CNTV));
}

/* EL0 under a host at EL2 means that host's timers. */
static enum a64_timer_id timer_for(struct vm_cpu *cpu, const struct a64_sysreg *reg)
{
    enum a64_timer_id id = timer_of(reg);

    if (a64_state(cpu)->el == 0 && a64_is_host(a64_hcr(cpu)))
        return id == A64_CNTV ? A64_CNTHV : A64_CNTHP;
    return id;
}

A64_READ(a64_read_timer_value)
{
    enum a64_timer_id id = timer_for(cpu, reg);

    return (uint32_t)(a64_state(cpu)->timer[id].cval - now(cpu, id));
}

A64_WRITE(a64_write_timer_value)
{
    enum a64_timer_id id = timer_for(cpu, reg);

    a64_state(cpu)->timer[id].cval = now(cpu, id) + (uint64_t)(int64_t)(int32_t)(uint32_t)value;
    update(cpu, id);
}

A64_READ(a64_read_timer_compare)
{
    return a64_state(cpu)->timer[timer_for(cpu, reg)].cval;
}

A64_WRITE(a64_write_timer_compare)
{
    enum a64_timer_id id = timer_for(cpu, reg);

    a64_state(cpu)->timer[id].cval = value;
    update(cpu, id);
}

A64_READ(a64_read_timer_control)
{
    enum a64_timer_id id = timer_for(cpu, reg);
    const struct a64_timer *t = &a64_state(cpu)->timer[id];
    bool met = (t->ctl & CTL_ENABLE) && now(cpu, id) >= t->cval;

    return t->ctl | (met ? CTL_ISTATUS : 0);
}

A64_WRITE(a64_write_timer_control)
{
    enum a64_timer_id id = timer_for(cpu, reg);

    a64_state(cpu)->timer[id].ctl = value & (CTL_ENABLE | CTL_IMASK);
    update(cpu, id);
}

A64_WRITE(a64_write_counter_offset)
{
    (void)reg;
    a64_state(cpu)->cntvoff = value;
    update(cpu, A64_CNTV);
}

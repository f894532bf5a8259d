/* SPDX-License-Identifier: BSD-2-Clause */
/* The performance monitor: a cycle counter and six event counters. A cycle is an instruction. */
#include "sysregs.h"

#define PMCR_E  (1u << 0)
#define PMCR_P  (1u << 1)
#define PMCR_C  (1u << 2)
#define PMCR_D  (1u << 3)
#define PMCR_DP (1u << 5)
#define PMCR_LC (1u << 6)

enum { EVENT_SW_INCR = 0x00, EVENT_INST_RETIRED = 0x08, EVENT_CPU_CYCLES = 0x11 };

#define CYCLES        A64_EVENT_COUNTERS /* index of the cycle counter */
#define COUNTERS_MASK (1ull << A64_CYCLE_COUNTER | ((1ull << A64_EVENT_COUNTERS) - 1))
#define FILTER_EL1    (1ull << 31) /* PMEVTYPER.P, U, NSH: do not count there (NSH: do) */
#define FILTER_EL0    (1ull << 30)
#define FILTER_EL2    (1ull << 27)
#define TYPE_BITS     (FILTER_EL1 | FILTER_EL0 | FILTER_EL2)

#define LOOK_HZ 10000 /* how often overflow of an instruction count is looked for */

static uint32_t number_of(uint32_t index)
{
    return index == CYCLES ? A64_CYCLE_COUNTER : index;
}

/* MDCR_EL2.HPMN: how many event counters are EL1's; the others are EL2's. */
static bool is_enabled(struct vm_cpu *cpu, uint32_t index)
{
    const struct a64_state *s = a64_state(cpu);
    bool of_el2 = a64_arch(cpu)->el2 && index != CYCLES && index >= (s->mdcr[2] & 31);
    bool on = of_el2 ? s->mdcr[2] >> 7 & 1 : (s->pmcr & PMCR_E) != 0;

    return on && (s->pmcnten >> number_of(index) & 1);
}

static bool counts_here(struct vm_cpu *cpu, uint32_t index)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t type = s->pmevtyper[index];

    if (index != CYCLES && (type & 0xffff) != EVENT_INST_RETIRED &&
        (type & 0xffff) != EVENT_CPU_CYCLES)
        return false;
    switch (s->el) {
    case 0:
        return !(type & FILTER_EL0);
    case 1:
        return !(type & FILTER_EL1);
    case 2:
        return type & FILTER_EL2;
    default:
        return !(type & FILTER_EL1);
    }
}

static uint64_t overflow_bit(const struct a64_state *s, uint32_t index)
{
    return index == CYCLES && (s->pmcr & PMCR_LC) ? 0 : 1ull << 32; /* 0: 2^64 */
}

static void add(struct a64_state *s, uint32_t index, uint64_t n)
{
    uint64_t old = s->pmcount[index], bit = overflow_bit(s, index), sum = old + n;

    if (bit ? (old ^ sum) & bit || n >= bit : sum < old)
        s->pmovs |= 1ull << number_of(index);
    s->pmcount[index] = index == CYCLES ? sum : sum & UINT32_MAX;
}

static bool any_interrupt_wanted(const struct a64_state *s)
{
    return (s->pmcr & PMCR_E) && (s->pmcnten & s->pminten & ~s->pmovs);
}

/* The line, and the timer that makes this vCPU look again while an overflow is waited for. */
static void update_line(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);
    const struct vm_cpu_host *host = cpu->host;
    int level = (s->pmcr & PMCR_E) && (s->pmovs & s->pminten & s->pmcnten) != 0;
    uint64_t lines = atomic_load_explicit(&cpu->lines, memory_order_relaxed);

    if (level != (int)(lines >> A64_LINE_PMU & 1))
        host->set_line(cpu, A64_LINE_PMU, level);
    if (any_interrupt_wanted(s))
        host->counter_compare(cpu, A64_LINE_POLL,
                              host->counter_read(cpu) + a64_arch(cpu)->counter_hz / LOOK_HZ + 1);
    else if (lines & A64_LINE_BIT(A64_LINE_POLL))
        host->counter_compare(cpu, A64_LINE_POLL, UINT64_MAX);
}

/* Counts what has run since, at this level. */
static void count(struct vm_cpu *cpu)
{
    struct a64_state *s = a64_state(cpu);
    uint64_t retired = cpu->host->instructions(cpu), n = retired - s->pmlast;

    s->pmlast = retired;
    for (uint32_t i = 0; i < A64_COUNTERS; i++)
        if (is_enabled(cpu, i) && counts_here(cpu, i) &&
            !(i == CYCLES && (s->pmcr & PMCR_DP) && a64_secure(cpu)))
            add(s, i, n);
}

void a64_pmu_look(struct vm_cpu *cpu)
{
    count(cpu);
    update_line(cpu);
}

void a64_pmu_mode_changes(struct vm_cpu *cpu)
{
    if (a64_state(cpu)->pmcnten)
        count(cpu);
}

/* ---- Registers ---- */

A64_READ(a64_read_pmcr)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t n = A64_EVENT_COUNTERS;

    (void)reg;
    if (s->el < 2 && a64_el2_enabled(cpu))
        n = s->mdcr[2] & 31;
    return s->pmcr | n << 11;
}

A64_WRITE(a64_write_pmcr)
{
    struct a64_state *s = a64_state(cpu);
    uint64_t mask = PMCR_E | PMCR_D | PMCR_DP | PMCR_LC;
    uint32_t mine = s->el < 2 && a64_el2_enabled(cpu) ? s->mdcr[2] & 31 : A64_EVENT_COUNTERS;

    (void)reg;
    count(cpu);
    if (value & PMCR_P)
        for (uint32_t i = 0; i < mine && i < A64_EVENT_COUNTERS; i++)
            s->pmcount[i] = 0;
    if (value & PMCR_C)
        s->pmcount[CYCLES] = 0;
    s->pmcr = value & mask;
    update_line(cpu);
}

/* PMCNTEN, PMINTEN and PMOVS, each with one register that sets and one that clears. */
static uint64_t *mask_of(struct vm_cpu *cpu, const struct a64_sysreg *reg, bool *set)
{
    struct a64_state *s = a64_state(cpu);
    uint32_t crm = A64_SYS_CRM(reg->number), op2 = A64_SYS_OP2(reg->number);

    *set = op2 == 1 || (crm == 14 && op2 == 3);
    if (op2 == 3)
        return &s->pmovs;
    return crm == 12 ? &s->pmcnten : &s->pminten;
}

A64_READ(a64_read_pmu_mask)
{
    bool set;

    if (A64_SYS_OP2(reg->number) == 3)
        count(cpu);
    return *mask_of(cpu, reg, &set);
}

A64_WRITE(a64_write_pmu_mask)
{
    bool set;
    uint64_t *which = mask_of(cpu, reg, &set);

    count(cpu);
    value &= COUNTERS_MASK;
    *which = set ? *which | value : *which & ~value;
    update_line(cpu);
}

A64_WRITE(a64_write_pmu_increment)
{
    struct a64_state *s = a64_state(cpu);

    (void)reg;
    for (uint32_t i = 0; i < A64_EVENT_COUNTERS; i++)
        if ((value >> i & 1) && is_enabled(cpu, i) && (s->pmevtyper[i] & 0xffff) == EVENT_SW_INCR)
            add(s, i, 1);
    update_line(cpu);
}

A64_READ(a64_read_pmu_events)
{
    (void)cpu;
    (void)reg;
    return 1u << EVENT_SW_INCR | 1u << EVENT_INST_RETIRED | 1u << EVENT_CPU_CYCLES;
}

/* Index of the counter that a register names: itself, by PMSELR, or the cycle counter. */
static uint32_t index_of(struct vm_cpu *cpu, const struct a64_sysreg *reg)
{
    uint32_t crn = A64_SYS_CRN(reg->number), selected = (uint32_t)a64_state(cpu)->pmselr;

    if (crn == 14)
        return A64_SYS_CRM(reg->number) == 15 ? CYCLES : A64_SYS_OP2(reg->number);
    if (A64_SYS_OP2(reg->number) == 0 || selected == A64_CYCLE_COUNTER)
        return CYCLES;
    return selected < A64_EVENT_COUNTERS ? selected : A64_COUNTERS;
}

A64_READ(a64_read_pmu_count)
{
    uint32_t i = index_of(cpu, reg);

    count(cpu);
    return i < A64_COUNTERS ? a64_state(cpu)->pmcount[i] : 0;
}

A64_WRITE(a64_write_pmu_count)
{
    uint32_t i = index_of(cpu, reg);

    count(cpu);
    if (i < A64_COUNTERS)
        a64_state(cpu)->pmcount[i] = i == CYCLES ? value : value & UINT32_MAX;
    update_line(cpu);
}

A64_READ(a64_read_pmu_type)
{
    uint32_t i = index_of(cpu, reg);

    return i < A64_COUNTERS ? a64_state(cpu)->pmevtyper[i] : 0;
}

A64_WRITE(a64_write_pmu_type)
{
    uint32_t i = index_of(cpu, reg);

    count(cpu);
    if (i < A64_COUNTERS)
        a64_state(cpu)->pmevtyper[i] = value & (i == CYCLES ? TYPE_BITS : TYPE_BITS | 0xffff);
    update_line(cpu);
}

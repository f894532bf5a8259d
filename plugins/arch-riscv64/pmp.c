/* SPDX-License-Identifier: BSD-2-Clause */
/* Physical memory protection. The grain is 4K, so that a page has one rule; NA4 does not exist
 * then. */
#include "state.h"

#define PMP_R     1u
#define PMP_W     2u
#define PMP_X     4u
#define PMP_A     0x18u
#define PMP_OFF   0x00u
#define PMP_TOR   0x08u
#define PMP_NA4   0x10u
#define PMP_NAPOT 0x18u
#define PMP_L     0x80u

#define PMP_ADDR_MASK ((1ull << 54) - 1)

static uint8_t entry_cfg(const struct rv_state *s, uint32_t entry)
{
    return (uint8_t)((entry < 8 ? s->pmpcfg0 : s->pmpcfg2) >> (entry % 8 * 8));
}

/* ---- Ranges ---- */

static struct rv_pmp_range make_range(const struct rv_state *s, uint32_t entry)
{
    const uint64_t grain = (1ull << RV_PMP_GRAIN) - 1;
    struct rv_pmp_range range = {.cfg = entry_cfg(s, entry)};
    uint64_t addr = s->pmpaddr[entry], before;

    switch (range.cfg & PMP_A) {
    case PMP_TOR:
        before = entry == 0 ? 0 : s->pmpaddr[entry - 1] & ~grain;
        range.first = before << 2;
        range.last = ((addr & ~grain) << 2) - 1;
        if (before >= (addr & ~grain))
            range.cfg = PMP_OFF;
        break;
    case PMP_NAPOT:
        addr |= grain >> 1;
        range.first = (addr & (addr + 1)) << 2;
        range.last = ((addr | (addr + 1)) << 2) | 3;
        break;
    default:
        range.cfg = PMP_OFF;
        break;
    }
    return range;
}

static void make_ranges(struct rv_state *s)
{
    for (uint32_t i = 0; i < RV_PMP_MAX; i++)
        s->pmp[i] = make_range(s, i);
    s->pmp_stale = false;
}

uint32_t rv_pmp_prot(struct vm_cpu *cpu, uint64_t pa, uint32_t privilege)
{
    const uint32_t all = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC;
    struct rv_state *s = rv_state(cpu);
    uint32_t entries = rv_arch(cpu)->pmp_entries;

    if (s->pmp_stale)
        make_ranges(s);
    for (uint32_t i = 0; i < entries; i++) {
        const struct rv_pmp_range *range = &s->pmp[i];
        if ((range->cfg & PMP_A) == PMP_OFF || pa < range->first || pa > range->last)
            continue;
        if (privilege == RV_M && !(range->cfg & PMP_L))
            return all;
        return (range->cfg & PMP_R ? VM_PROT_READ : 0) | (range->cfg & PMP_W ? VM_PROT_WRITE : 0) |
               (range->cfg & PMP_X ? VM_PROT_EXEC : 0);
    }
    return privilege == RV_M || entries == 0 ? all : 0;
}

bool rv_pmp_uniform(struct vm_cpu *cpu, uint64_t pa, uint32_t bits)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t low = (UINT64_C(1) << bits) - 1, first = pa & ~low, last = pa | low;

    if (s->pmp_stale)
        make_ranges(s);
    for (uint32_t i = 0; i < rv_arch(cpu)->pmp_entries; i++) {
        const struct rv_pmp_range *range = &s->pmp[i];
        bool apart = last < range->first || first > range->last;
        bool within = first >= range->first && last <= range->last;
        if ((range->cfg & PMP_A) != PMP_OFF && !apart && !within)
            return false;
    }
    return true;
}

/* ---- Registers ---- */

static bool locked(const struct rv_state *s, uint32_t entry)
{
    return (entry_cfg(s, entry) & PMP_L) != 0;
}

/* A rule has changed: nothing that was translated holds any more. */
static void changed(struct vm_cpu *cpu)
{
    rv_state(cpu)->pmp_stale = true;
    cpu->host->tlb_flush(cpu, 0, 0, 0, 0, false);
}

uint64_t rv_pmp_cfg_read(const struct rv_state *s, uint32_t reg)
{
    return reg == 0 ? s->pmpcfg0 : s->pmpcfg2;
}

/* A legal value for one byte, from the old one and what was written. */
static uint8_t legal_cfg(uint8_t old, uint8_t value)
{
    value &= PMP_R | PMP_W | PMP_X | PMP_A | PMP_L;
    if ((value & (PMP_R | PMP_W)) == PMP_W) /* reserved */
        value &= (uint8_t)~PMP_W;
    if ((value & PMP_A) == PMP_NA4)
        value = (uint8_t)((value & ~PMP_A) | (old & PMP_A));
    return value;
}

void rv_pmp_cfg_write(struct vm_cpu *cpu, uint32_t reg, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t *cfg = reg == 0 ? &s->pmpcfg0 : &s->pmpcfg2, result = 0;
    uint32_t first = reg == 0 ? 0 : 8;

    for (uint32_t i = 0; i < 8; i++) {
        uint8_t old = (uint8_t)(*cfg >> (8 * i)), byte = (uint8_t)(value >> (8 * i));
        if (first + i >= rv_arch(cpu)->pmp_entries)
            byte = 0;
        else
            byte = locked(s, first + i) ? old : legal_cfg(old, byte);
        result |= (uint64_t)byte << (8 * i);
    }
    if (result == *cfg)
        return;
    *cfg = result;
    changed(cpu);
}

/* The grain shows: low bits read as ones in a NAPOT entry, as zeros otherwise, whatever was
 * written. */
uint64_t rv_pmp_addr_read(const struct rv_state *s, uint32_t entry)
{
    const uint64_t grain = (1ull << RV_PMP_GRAIN) - 1;

    if ((entry_cfg(s, entry) & PMP_A) == PMP_NAPOT)
        return s->pmpaddr[entry] | grain >> 1;
    return s->pmpaddr[entry] & ~grain;
}

void rv_pmp_addr_write(struct vm_cpu *cpu, uint32_t entry, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);
    bool tor_above = entry + 1 < RV_PMP_MAX && (entry_cfg(s, entry + 1) & PMP_A) == PMP_TOR;

    value &= PMP_ADDR_MASK;
    if (entry >= rv_arch(cpu)->pmp_entries || locked(s, entry) ||
        (tor_above && locked(s, entry + 1)) || s->pmpaddr[entry] == value)
        return;
    s->pmpaddr[entry] = value;
    changed(cpu);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registers.c - those registers of distributor and redistributors that are arrays over interrupts:
 * the same in all of them, at the same offsets (GICv3 12.9, GICv2 4.3).
 */
#include "gic.h"

enum {
    IGROUPR = 0x080,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    ITARGETSR = 0x800,
    ICFGR = 0xc00,
    ICFGR_END = 0xd00,
};

/* The bank of 32 that the word at `index` is about; UINT32_MAX: there is none. */
static uint32_t bank_of(const struct gic *g, uint32_t cpu, uint32_t index)
{
    if (index == 0)
        return cpu;
    return index <= g->n_words ? GIC_CPUS + index - 1 : UINT32_MAX;
}

/* ---- one bit an interrupt ---- */

static uint32_t read_bits(const struct gic *g, uint32_t bank, uint32_t array)
{
    switch (array) {
    case IGROUPR:
        return g->group[bank];
    case ISENABLER:
    case ICENABLER:
        return g->enabled[bank];
    case ISPENDR:
    case ICPENDR:
        return g->latch[bank] | (g->level[bank] & ~g->edge[bank]);
    default:
        return g->active[bank];
    }
}

/* GICv2 4.3.7: SGIs are made pending elsewhere. */
static uint32_t latchable(const struct gic *g, uint32_t bank)
{
    return g->version == 2 && bank < GIC_CPUS ? ~UINT32_C(0xffff) : UINT32_MAX;
}

static void write_bits(struct gic *g, uint32_t bank, uint32_t array, uint32_t value)
{
    switch (array) {
    case IGROUPR:
        g->group[bank] = value;
        break;
    case ISENABLER:
        g->enabled[bank] |= value;
        break;
    case ICENABLER:
        g->enabled[bank] &= ~value;
        break;
    case ISPENDR:
        g->latch[bank] |= value & latchable(g, bank);
        break;
    case ICPENDR:
        g->latch[bank] &= ~(value & latchable(g, bank));
        break;
    case ISACTIVER:
        g->active[bank] |= value;
        break;
    default:
        g->active[bank] &= ~value;
    }
}

/* ---- two bits an interrupt: the upper one says edge ---- */

static uint32_t read_config(const struct gic *g, uint32_t bank, uint32_t half)
{
    uint32_t value = 0, edge = g->edge[bank] >> (16 * half);

    for (uint32_t i = 0; i < 16; i++)
        value |= (edge >> i & 1) << (2 * i + 1);
    return value;
}

/* SGIs are edge-triggered. */
static void write_config(struct gic *g, uint32_t bank, uint32_t half, uint32_t value)
{
    uint32_t edge = 0;

    if (bank < GIC_CPUS && half == 0)
        return;
    for (uint32_t i = 0; i < 16; i++)
        edge |= (value >> (2 * i + 1) & 1) << (16 * half + i);
    g->edge[bank] = (g->edge[bank] & ~(UINT32_C(0xffff) << (16 * half))) | edge;
}

/* ---- eight bits an interrupt ---- */

static bool is_bytes(uint32_t offset)
{
    return offset >= IPRIORITYR && offset < ICFGR;
}

/* GICv2 4.3.12: of private interrupts it says who asks; it is not there with affinity routing, nor
 * if there is but one vCPU. */
static uint8_t read_target(const struct gic *g, uint32_t cpu, uint32_t intid)
{
    if (g->version == 3 || g->n_cpus == 1)
        return 0;
    return intid < GIC_PRIVATE ? (uint8_t)(1u << cpu) : g->targets[intid - GIC_PRIVATE];
}

static uint8_t read_byte(const struct gic *g, uint32_t cpu, uint32_t offset)
{
    uint32_t intid = offset & 0x3ff, bank = bank_of(g, cpu, intid / 32);

    if (bank == UINT32_MAX)
        return 0;
    return offset < ITARGETSR ? g->priority[bank * 32 + (intid & 31)] : read_target(g, cpu, intid);
}

static void write_byte(struct gic *g, uint32_t cpu, uint32_t offset, uint8_t value)
{
    uint32_t intid = offset & 0x3ff, bank = bank_of(g, cpu, intid / 32);

    if (bank == UINT32_MAX)
        return;
    if (offset < ITARGETSR)
        g->priority[bank * 32 + (intid & 31)] = value & GIC_PRIORITY_MASK;
    else if (g->version == 2 && g->n_cpus > 1 && intid >= GIC_PRIVATE)
        g->targets[intid - GIC_PRIVATE] = value & (uint8_t)((1u << g->n_cpus) - 1);
}

/* ---- all of them ---- */

bool gic_is_private(uint32_t offset)
{
    if (is_bytes(offset))
        return (offset & 0x3ff) < GIC_PRIVATE && offset < ITARGETSR + GIC_PRIVATE;
    if (offset >= ICFGR)
        return offset < ICFGR + 8;
    return offset >= IGROUPR && (offset & 0x7f) == 0;
}

bool gic_array_read(const struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size,
                    uint64_t *value)
{
    *value = 0;
    if (offset < IGROUPR || offset >= ICFGR_END)
        return false;
    if (is_bytes(offset)) {
        for (uint32_t i = 0; i < size && size <= 4; i++)
            *value |= (uint64_t)read_byte(g, cpu, offset + i) << (8 * i);
        return true;
    }
    uint32_t array = offset & ~0x7fu, index = (offset & 0x7f) / 4;
    if (size != 4)
        return true; /* words only */
    if (offset >= ICFGR) {
        index = (offset - ICFGR) / 4;
        uint32_t bank = bank_of(g, cpu, index / 2);
        *value = bank == UINT32_MAX ? 0 : read_config(g, bank, index % 2);
        return true;
    }
    uint32_t bank = bank_of(g, cpu, index);
    *value = bank == UINT32_MAX ? 0 : read_bits(g, bank, array);
    return true;
}

bool gic_array_write(struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size, uint64_t value)
{
    uint32_t index = (offset & 0x7f) / 4, half = 0;

    if (offset < IGROUPR || offset >= ICFGR_END)
        return false;
    if (is_bytes(offset)) {
        for (uint32_t i = 0; i < size && size <= 4; i++)
            write_byte(g, cpu, offset + i, (uint8_t)(value >> (8 * i)));
    } else if (size == 4) {
        if (offset >= ICFGR) {
            half = (offset - ICFGR) / 4 % 2;
            index = (offset - ICFGR) / 8;
        }
        uint32_t bank = bank_of(g, cpu, index);
        if (bank == UINT32_MAX)
            return true;
        if (offset >= ICFGR)
            write_config(g, bank, half, (uint32_t)value);
        else
            write_bits(g, bank, offset & ~0x7fu, (uint32_t)value);
    }
    return true;
}

/* Offsets 0xffd0 and up in GICv3's frames of 64K, 0xfd0 and up in GICv2's distributor. */
uint32_t gic_identification(const struct gic *g, uint32_t offset)
{
    switch (offset & 0xfff) {
    case 0xfd0: /* PIDR4: Arm's JEP106 continuation code, 64K (or 4K) */
        return g->version == 3 ? 0x44 : 0x04;
    case 0xfe0: /* PIDR0, PIDR1: part number, Arm's identity code */
        return g->version == 3 ? 0x92 : 0x90;
    case 0xfe4:
        return 0xb4;
    case 0xfe8: /* PIDR2: architecture, Arm's identity code */
        return g->version << 4 | 0xb;
    case 0xff0: /* CIDR0 to CIDR3 */
        return 0x0d;
    case 0xff4:
        return 0xf0;
    case 0xff8:
        return 0x05;
    case 0xffc:
        return 0xb1;
    default:
        return 0;
    }
}

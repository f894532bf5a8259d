/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * redist.c - GICv3's redistributors: for each vCPU a frame of control registers and one with the
 * arrays of its private interrupts (GICv3 12.10, 12.11).
 */
#include "gic.h"

#define FRAME UINT32_C(0x10000)

enum {
    GICR_CTLR = 0x00,
    GICR_IIDR = 0x04,
    GICR_TYPER = 0x08, /* 64 bits */
    GICR_WAKER = 0x14,
    GICR_PROPBASER = 0x70, /* 64 bits */
    GICR_PENDBASER = 0x78, /* 64 bits */
};

/* GICR_CTLR */
enum { CTLR_ENABLE_LPIS = 1 };
/* GICR_TYPER */
enum { TYPER_PLPIS = 1, TYPER_LAST = 1 << 4 };
/* GICR_WAKER: what the vCPU asks for, and what is. */
enum { WAKER_SLEEP = 2, WAKER_ASLEEP = 4 };

/* Number of INTID bits, cacheability and shareability (of no effect), address. */
#define PROPBASER_MASK UINT64_C(0x70fffffffffff9f)
#define PENDBASER_MASK UINT64_C(0x70fffffffff0f80)

/* A 64-bit register by words. */
static uint64_t part_of(uint64_t reg, uint32_t offset, uint32_t size)
{
    return size == 8 ? reg : reg >> (8 * (offset & 4)) & UINT32_MAX;
}

static uint64_t with_part(uint64_t reg, uint32_t offset, uint32_t size, uint64_t value)
{
    if (size == 8)
        return value;
    return offset & 4 ? (reg & UINT32_MAX) | value << 32 : (reg & ~(uint64_t)UINT32_MAX) | value;
}

/* ---- control ---- */

static uint64_t typer(const struct gic *g, uint32_t cpu)
{
    return (uint64_t)gic_affinity(cpu) << 32 | (uint64_t)cpu << 8 |
           (cpu + 1 == g->n_cpus ? TYPER_LAST : 0) | (g->has_its ? TYPER_PLPIS : 0);
}

static uint64_t control_read(const struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size)
{
    switch (offset & ~4u) {
    case GICR_TYPER:
        return part_of(typer(g, cpu), offset, size);
    case GICR_PROPBASER:
        return part_of(g->propbaser, offset, size);
    case GICR_PENDBASER:
        return part_of(g->pendbaser[cpu], offset, size);
    default:
        break;
    }
    if (size != 4)
        return 0;
    switch (offset) {
    case GICR_CTLR:
        return g->lpis_enabled[cpu] ? CTLR_ENABLE_LPIS : 0;
    case GICR_IIDR:
        return GIC_IIDR;
    case GICR_WAKER:
        return g->asleep[cpu] ? WAKER_SLEEP | WAKER_ASLEEP : 0;
    default:
        return offset >= 0xffd0 ? gic_identification(g, offset) : 0;
    }
}

/* GICv3 5.1.1: the tables do not change under LPIs that are enabled. */
static bool any_lpis_enabled(const struct gic *g)
{
    for (uint32_t cpu = 0; cpu < g->n_cpus; cpu++)
        if (g->lpis_enabled[cpu])
            return true;
    return false;
}

static void tables_write(struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size,
                         uint64_t value)
{
    if (!g->has_its)
        return;
    if ((offset & ~4u) == GICR_PROPBASER && !any_lpis_enabled(g))
        g->propbaser = with_part(g->propbaser, offset, size, value) & PROPBASER_MASK;
    if ((offset & ~4u) == GICR_PENDBASER && !g->lpis_enabled[cpu])
        g->pendbaser[cpu] = with_part(g->pendbaser[cpu], offset, size, value) & PENDBASER_MASK;
}

static void control_write(struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size,
                          uint64_t value)
{
    if (offset >= GICR_PROPBASER && offset < GICR_PENDBASER + 8) {
        tables_write(g, cpu, offset, size, value);
    } else if (offset == GICR_WAKER && size == 4) {
        g->asleep[cpu] = (value & WAKER_SLEEP) != 0;
    } else if (offset == GICR_CTLR && size == 4 && g->has_its && (value & CTLR_ENABLE_LPIS)) {
        gic_lpis_enable(g, cpu); /* once it is set it stays (12.11.2) */
    }
    gic_update(g, cpu);
}

/* ---- the region: all frames ---- */

static int redist_read(void *dev, uint64_t at, uint32_t size, uint64_t *value)
{
    const struct gic *g = dev;
    uint32_t cpu = (uint32_t)(at / GICR_LENGTH), offset = (uint32_t)(at % GICR_LENGTH);

    *value = 0;
    if (offset < FRAME) {
        if (size >= 4)
            *value = control_read(g, cpu, offset, size);
    } else if (gic_is_private(offset - FRAME)) {
        gic_array_read(g, cpu, offset - FRAME, size, value);
    }
    return VM_ACCESS_OK;
}

static int redist_write(void *dev, uint64_t at, uint32_t size, uint64_t value)
{
    struct gic *g = dev;
    uint32_t cpu = (uint32_t)(at / GICR_LENGTH), offset = (uint32_t)(at % GICR_LENGTH);

    if (offset < FRAME) {
        if (size >= 4)
            control_write(g, cpu, offset, size, value);
    } else if (gic_is_private(offset - FRAME)) {
        gic_array_write(g, cpu, offset - FRAME, size, value);
        gic_update(g, cpu);
    }
    return VM_ACCESS_OK;
}

const struct vm_region_ops gic_redist_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = redist_read,
    .write = redist_write,
};

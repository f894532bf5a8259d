/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gicc.c - GICv2's CPU interfaces: one region, which shows each vCPU its own (GICv2 4.4).
 */
#include "gic.h"

enum {
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_BPR = 0x08,
    GICC_IAR = 0x0c,
    GICC_EOIR = 0x10,
    GICC_RPR = 0x14,
    GICC_HPPIR = 0x18,
    GICC_ABPR = 0x1c,
    GICC_AIAR = 0x20,
    GICC_AEOIR = 0x24,
    GICC_AHPPIR = 0x28,
    GICC_APR0 = 0xd0,
    GICC_NSAPR0 = 0xe0,
    GICC_IIDR = 0xfc,
    GICC_DIR = 0x1000,
};

/* GICC_CTLR, as without the Security Extensions. */
enum {
    CTLR_GROUPS = 3,
    CTLR_ACKCTL = 4,
    CTLR_FIQEN = 8,
    CTLR_CBPR = 16,
    CTLR_EOIMODE = 1 << 9,
};

#define IIDR_V2 (2u << 16 | GIC_IIDR)

static const struct {
    uint32_t in_register;
    uint8_t here;
} ctlr_bits[] = {
    {CTLR_ACKCTL, GIC_ACKCTL},
    {CTLR_FIQEN, GIC_FIQEN},
    {CTLR_CBPR, GIC_CBPR},
    {CTLR_EOIMODE, GIC_EOIMODE},
};

#define N_CTLR_BITS (sizeof(ctlr_bits) / sizeof(ctlr_bits[0]))

static uint32_t read_ctlr(const struct gic *g, uint32_t cpu)
{
    uint32_t value = g->cpu_groups[cpu];

    for (uint32_t i = 0; i < N_CTLR_BITS; i++)
        value |= (g->cpu_ctlr[cpu] & ctlr_bits[i].here) ? ctlr_bits[i].in_register : 0;
    return value;
}

static void write_ctlr(struct gic *g, uint32_t cpu, uint32_t value)
{
    g->cpu_groups[cpu] = value & CTLR_GROUPS;
    g->cpu_ctlr[cpu] = 0;
    for (uint32_t i = 0; i < N_CTLR_BITS; i++)
        g->cpu_ctlr[cpu] |= (value & ctlr_bits[i].in_register) ? ctlr_bits[i].here : 0;
}

/*
 * What a register of `group` shows of an interrupt: the plain ones (group 0) those of group 1 only
 * with AckCtl, else that there is one (3.5.2, 4.4.4); the aliases those of group 1.
 */
static uint32_t shown(const struct gic *g, uint32_t cpu, const struct gic_best *best,
                      uint32_t group)
{
    if (best->intid == GIC_SPURIOUS)
        return GIC_SPURIOUS;
    if (group == 1)
        return best->group == 1 ? best->intid : GIC_SPURIOUS;
    return best->group == 0 || (g->cpu_ctlr[cpu] & GIC_ACKCTL) ? best->intid : GIC_NONSECURE;
}

/* With the sender of an SGI. */
static uint32_t with_source(const struct gic *g, uint32_t cpu, uint32_t intid)
{
    uint8_t sources = intid < GIC_SGIS ? g->sgi_sources[cpu * GIC_SGIS + intid] : 0;

    return sources ? intid | (uint32_t)__builtin_ctz(sources) << 10 : intid;
}

static uint32_t acknowledge(struct gic *g, uint32_t cpu, uint32_t group)
{
    const struct gic_best best = gic_find_best(g, cpu);
    uint32_t intid = gic_preempts(g, cpu, &best) ? shown(g, cpu, &best, group) : GIC_SPURIOUS;

    if (intid >= GIC_NONSECURE)
        return intid;
    intid = with_source(g, cpu, intid);
    gic_activate(g, cpu, &best);
    return intid;
}

static uint32_t highest_pending(const struct gic *g, uint32_t cpu, uint32_t group)
{
    const struct gic_best best = gic_find_best(g, cpu);

    return with_source(g, cpu, shown(g, cpu, &best, group));
}

/* 4.4.5: of group 0, or with AckCtl of whichever is active; the alias of group 1. */
static void end_of_interrupt(struct gic *g, uint32_t cpu, uint32_t group, uint32_t value)
{
    uint32_t intid = value & 0x3ff;

    if (!gic_exists(g, intid))
        return;
    if (!gic_drop_priority(g, cpu, group) &&
        !(group == 0 && (g->cpu_ctlr[cpu] & GIC_ACKCTL) && gic_drop_priority(g, cpu, 1)))
        return;
    if (!(g->cpu_ctlr[cpu] & GIC_EOIMODE))
        gic_deactivate(g, cpu, intid);
}

static uint32_t cpuif_get(struct gic *g, uint32_t cpu, uint32_t offset)
{
    switch (offset) {
    case GICC_CTLR:
        return read_ctlr(g, cpu);
    case GICC_PMR:
        return g->pmr[cpu];
    case GICC_BPR:
        return g->bpr0[cpu];
    case GICC_ABPR:
        return g->bpr1[cpu];
    case GICC_IAR:
    case GICC_AIAR:
        return acknowledge(g, cpu, offset == GICC_AIAR);
    case GICC_HPPIR:
    case GICC_AHPPIR:
        return highest_pending(g, cpu, offset == GICC_AHPPIR);
    case GICC_RPR:
        return gic_running_priority(g, cpu);
    case GICC_APR0:
    case GICC_NSAPR0:
        return g->apr[2 * cpu + (offset == GICC_NSAPR0)];
    case GICC_IIDR:
        return IIDR_V2;
    default:
        return 0;
    }
}

static uint8_t at_least(uint32_t value, uint8_t least)
{
    return (value & 7) < least ? least : (uint8_t)(value & 7);
}

static void cpuif_put(struct gic *g, uint32_t cpu, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case GICC_CTLR:
        write_ctlr(g, cpu, value);
        break;
    case GICC_PMR:
        g->pmr[cpu] = value & GIC_PRIORITY_MASK;
        break;
    case GICC_BPR:
        g->bpr0[cpu] = at_least(value, GIC_MIN_BPR0);
        break;
    case GICC_ABPR:
        g->bpr1[cpu] = at_least(value, GIC_MIN_BPR1);
        break;
    case GICC_EOIR:
    case GICC_AEOIR:
        end_of_interrupt(g, cpu, offset == GICC_AEOIR, value);
        break;
    case GICC_APR0:
    case GICC_NSAPR0:
        g->apr[2 * cpu + (offset == GICC_NSAPR0)] = value;
        break;
    case GICC_DIR:
        if (g->cpu_ctlr[cpu] & GIC_EOIMODE)
            gic_deactivate(g, cpu, value & 0x3ff);
        break;
    default:
        break;
    }
}

/* Whose interface it is; with no vCPU behind the access, the first one's. */
static uint32_t whose(const struct gic *g)
{
    int cpu = g->host->accessing_cpu(g->ctx);

    return cpu < 0 || (uint32_t)cpu >= g->n_cpus ? 0 : (uint32_t)cpu;
}

static int cpuif_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct gic *g = dev;

    (void)size;
    *value = cpuif_get(g, whose(g), (uint32_t)offset);
    return VM_ACCESS_OK;
}

static int cpuif_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct gic *g = dev;
    uint32_t cpu = whose(g);

    (void)size;
    cpuif_put(g, cpu, (uint32_t)offset, (uint32_t)value);
    gic_update(g, cpu);
    return VM_ACCESS_OK;
}

const struct vm_region_ops gic_cpuif_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = cpuif_read,
    .write = cpuif_write,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* dist.c - the distributor's registers (GICv3 12.9, GICv2 4.3). */
#include "gic.h"

enum {
    GICD_CTLR = 0x000,
    GICD_TYPER = 0x004,
    GICD_IIDR = 0x008,
    GICD_SGIR = 0xf00, /* GICv2 */
    GICD_CPENDSGIR = 0xf10,
    GICD_SPENDSGIR = 0xf20,
    GICD_SGI_END = 0xf30,
    GICD_IROUTER = 0x6100, /* GICv3: of INTID 32 and up */
    GICD_IROUTER_END = 0x8000,
};

/* GICD_TYPER */
enum { TYPER_LPIS = 1 << 17 };

/* GICD_IROUTER: affinities, or any vCPU. */
#define ROUTE_MASK (UINT64_C(0xff00ffffff) | GIC_ROUTE_ANY)

/* Whose bank private interrupts are in: GICv2's is that of the vCPU that asks; with affinity
 * routing they are not in the distributor. */
static uint32_t banked_cpu(const struct gic *g)
{
    int cpu = g->version == 2 ? g->host->accessing_cpu(g->ctx) : 0;
    return cpu < 0 || (uint32_t)cpu >= g->n_cpus ? 0 : (uint32_t)cpu;
}

static uint32_t typer(const struct gic *g)
{
    uint32_t lines = g->n_words;
    if (g->version == 2)
        return lines | (g->n_cpus - 1) << 5;
    return lines | (g->has_its ? TYPER_LPIS | (GIC_ID_BITS - 1) << 19 : UINT32_C(9) << 19);
}

/* ---- GICv2: software-generated interrupts ---- */

/* 4.3.15: to those in a list, to all others, or to itself. */
static void write_sgir(struct gic *g, uint32_t cpu, uint32_t value)
{
    uint32_t all = (1u << g->n_cpus) - 1, self = 1u << cpu, to = value >> 16 & 0xff & all;

    if ((value >> 24 & 3) == 1)
        to = all & ~self;
    else if ((value >> 24 & 3) == 2)
        to = self;
    else if ((value >> 24 & 3) == 3)
        to = 0;
    for (; to; to &= to - 1)
        gic_send_sgi(g, cpu, (uint32_t)__builtin_ctz(to), value & 15);
}

static void write_sgi_sources(struct gic *g, uint32_t cpu, uint32_t offset, uint8_t value)
{
    uint32_t sgi = offset & 15;
    uint8_t *sources = &g->sgi_sources[cpu * GIC_SGIS + sgi];

    value &= (uint8_t)((1u << g->n_cpus) - 1);
    *sources = offset >= GICD_SPENDSGIR ? *sources | value : *sources & (uint8_t)~value;
    g->latch[cpu] = *sources ? g->latch[cpu] | gic_bit(sgi) : g->latch[cpu] & ~gic_bit(sgi);
}

static uint64_t read_sgis(const struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < size && size <= 4 && offset >= GICD_CPENDSGIR; i++)
        value |= (uint64_t)g->sgi_sources[cpu * GIC_SGIS + ((offset + i) & 15)] << (8 * i);
    return value;
}

static void write_sgis(struct gic *g, uint32_t cpu, uint32_t offset, uint32_t size, uint64_t value)
{
    if (offset == GICD_SGIR && size == 4)
        write_sgir(g, cpu, (uint32_t)value);
    for (uint32_t i = 0; i < size && size <= 4 && offset >= GICD_CPENDSGIR; i++)
        write_sgi_sources(g, cpu, offset + i, (uint8_t)(value >> (8 * i)));
    gic_update(g, cpu);
}

/* ---- GICv3: routes ---- */

static uint64_t *route_at(struct gic *g, uint32_t offset)
{
    uint32_t spi = (offset - GICD_IROUTER) / 8;

    return offset >= GICD_IROUTER && spi < 32 * g->n_words ? &g->route[spi] : NULL;
}

static void write_route(uint64_t *route, uint32_t offset, uint32_t size, uint64_t value)
{
    if (size == 4 && offset % 8)
        value = (*route & UINT32_MAX) | value << 32;
    else if (size == 4)
        value |= *route & ~UINT64_C(0xffffffff);
    *route = size >= 4 ? value & ROUTE_MASK : *route;
}

/* ---- all ---- */

static uint64_t read_common(const struct gic *g, uint32_t offset)
{
    switch (offset) {
    case GICD_CTLR:
        return g->enabled_groups | (g->version == 3 ? GICD_ARE | GICD_DS : 0);
    case GICD_TYPER:
        return typer(g);
    case GICD_IIDR:
        return GIC_IIDR;
    default:
        return offset >= (g->version == 3 ? 0xffd0 : 0xfd0) ? gic_identification(g, offset) : 0;
    }
}

/* What there is not reads as zero, and writes to it are ignored. */
static int dist_read(void *dev, uint64_t at, uint32_t size, uint64_t *value)
{
    struct gic *g = dev;
    uint32_t offset = (uint32_t)at, cpu = banked_cpu(g);

    *value = 0;
    if (g->version == 3 && gic_is_private(offset))
        return VM_ACCESS_OK;
    if (gic_array_read(g, cpu, offset, size, value))
        return VM_ACCESS_OK;
    if (g->version == 2 && offset >= GICD_SGIR && offset < GICD_SGI_END) {
        *value = read_sgis(g, cpu, offset, size);
    } else if (g->version == 3 && offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
        const uint64_t *route = route_at(g, offset);
        if (route && size >= 4)
            *value = size == 8 ? *route : *route >> (8 * (offset & 4)) & UINT32_MAX;
    } else if (size == 4) {
        *value = read_common(g, offset);
    }
    return VM_ACCESS_OK;
}

static int dist_write(void *dev, uint64_t at, uint32_t size, uint64_t value)
{
    struct gic *g = dev;
    uint32_t offset = (uint32_t)at, cpu = banked_cpu(g);

    if (g->version == 3 && gic_is_private(offset))
        return VM_ACCESS_OK;
    if (gic_array_write(g, cpu, offset, size, value)) {
        gic_update_all(g);
    } else if (offset == GICD_CTLR && size == 4) {
        g->enabled_groups = value & (GICD_GROUP0 | GICD_GROUP1);
        gic_update_all(g);
    } else if (g->version == 2 && offset >= GICD_SGIR && offset < GICD_SGI_END) {
        write_sgis(g, cpu, offset, size, value);
    } else if (g->version == 3 && offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
        uint64_t *route = route_at(g, offset);
        if (route)
            write_route(route, offset, size, value);
        gic_routes_changed(g);
    }
    return VM_ACCESS_OK;
}

const struct vm_region_ops gic_dist_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = dist_read,
    .write = dist_write,
};

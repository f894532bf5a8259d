/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deliver.c - states of interrupts, and which of them each vCPU is to take.
 *
 * GICv3 chapter 4, GICv2 chapter 3: an interrupt is pending while it is latched or, if it is
 * level-sensitive, its input is high; taking it clears the latch and makes it active, and as long
 * as it is active it is not signalled again.
 */
#include "gic.h"

static uint32_t pending_word(const struct gic *g, uint32_t bank)
{
    return g->latch[bank] | (g->level[bank] & ~g->edge[bank]);
}

/* ---- routes ---- */

/* The vCPU that GICD_IROUTER's value names; UINT32_MAX: none. */
static uint32_t named_cpu(const struct gic *g, uint64_t route)
{
    uint32_t cpu = (uint32_t)(route >> 8 & 0xff) * 16 + (uint32_t)(route & 0xff);
    bool other = (route & 0xff) > 15 || (route >> 16 & 0xff) || route >> 32;
    return other || cpu >= g->n_cpus ? UINT32_MAX : cpu;
}

/*
 * GICv3 2.3.2: of the vCPUs that are awake and take the interrupt's group, one that it can
 * interrupt now, or else the first; which one comes first is different for each SPI. UINT32_MAX:
 * none.
 */
static uint32_t any_cpu(const struct gic *g, uint32_t spi)
{
    uint32_t bank = GIC_CPUS + spi / 32, first = UINT32_MAX;
    struct gic_best it = {GIC_PRIVATE + spi, g->priority[bank * 32 + spi % 32],
                          g->group[bank] >> (spi % 32) & 1};

    for (uint32_t i = 0; i < g->n_cpus; i++) {
        uint32_t cpu = (spi + i) % g->n_cpus;
        if (g->asleep[cpu] || !(g->cpu_groups[cpu] >> it.group & 1))
            continue;
        if (gic_preempts(g, cpu, &it))
            return cpu;
        first = first == UINT32_MAX ? cpu : first;
    }
    return first;
}

static uint32_t route_cpu(const struct gic *g, uint32_t spi)
{
    return g->route[spi] & GIC_ROUTE_ANY ? any_cpu(g, spi) : named_cpu(g, g->route[spi]);
}

void gic_routes_changed(struct gic *g)
{
    g->any_of_all = false;
    for (uint32_t spi = 0; spi < 32 * g->n_words; spi++)
        g->any_of_all |= g->version == 3 && (g->route[spi] & GIC_ROUTE_ANY);
    gic_update_all(g);
}

static bool is_target(const struct gic *g, uint32_t cpu, uint32_t spi)
{
    if (g->version == 2)
        return g->n_cpus == 1 || (g->targets[spi] >> cpu & 1);
    return route_cpu(g, spi) == cpu;
}

/* ---- the highest ---- */

/* Looks through one bank; of equal priorities the lowest INTID wins. */
static void look_through(const struct gic *g, uint32_t cpu, uint32_t bank, uint32_t first,
                         uint32_t groups, struct gic_best *best)
{
    uint32_t ready = pending_word(g, bank) & g->enabled[bank] & ~g->active[bank];

    ready &= ((groups & 1) ? ~g->group[bank] : 0) | ((groups & 2) ? g->group[bank] : 0);
    for (; ready; ready &= ready - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(ready);
        uint8_t priority = g->priority[bank * 32 + i];

        if (priority >= best->priority)
            continue;
        if (first >= GIC_PRIVATE && !is_target(g, cpu, first + i - GIC_PRIVATE))
            continue;
        *best = (struct gic_best){first + i, priority, g->group[bank] >> i & 1};
    }
}

struct gic_best gic_find_best(const struct gic *g, uint32_t cpu)
{
    struct gic_best best = {GIC_SPURIOUS, GIC_IDLE, 0};
    uint32_t groups = g->enabled_groups & g->cpu_groups[cpu];

    if (g->asleep[cpu] || !groups)
        return best;
    look_through(g, cpu, cpu, 0, groups, &best);
    for (uint32_t w = 0; w < g->n_words; w++)
        look_through(g, cpu, GIC_CPUS + w, GIC_PRIVATE + 32 * w, groups, &best);
    if (groups & GICD_GROUP1)
        gic_lpi_find_best(g, cpu, &best);
    return best;
}

/* ---- priorities ---- */

/* GICv3 4.8.2, GICv2 3.3.3: which bits of a priority decide about preemption. */
static uint32_t group_priority(const struct gic *g, uint32_t cpu, uint32_t group, uint32_t priority)
{
    bool common = group == 0 || (g->cpu_ctlr[cpu] & GIC_CBPR);
    uint32_t point = common ? g->bpr0[cpu] + 1u : g->bpr1[cpu];

    return priority & (UINT32_MAX << point) & GIC_PRIORITY_MASK;
}

uint8_t gic_running_priority(const struct gic *g, uint32_t cpu)
{
    uint32_t active = g->apr[2 * cpu] | g->apr[2 * cpu + 1];

    return active ? (uint8_t)(__builtin_ctz(active) << 3) : GIC_IDLE;
}

bool gic_preempts(const struct gic *g, uint32_t cpu, const struct gic_best *best)
{
    if (best->intid == GIC_SPURIOUS || best->priority >= g->pmr[cpu])
        return false;
    return group_priority(g, cpu, best->group, best->priority) < gic_running_priority(g, cpu);
}

/* GICv2 2.3: interrupts of group 1 are IRQs, those of group 0 FIQs if GICC_CTLR says so.
 * GICv3 4.6.2: the same, with FIQ for group 0 always. */
static void drive_lines(struct gic *g, uint32_t cpu)
{
    const struct gic_best best = gic_find_best(g, cpu);
    bool signal = gic_preempts(g, cpu, &best);
    bool fiq = best.group == 0 && (g->version == 3 || (g->cpu_ctlr[cpu] & GIC_FIQEN));

    g->host->set_cpu_line(g->ctx, g->irq[cpu], signal && !fiq);
    g->host->set_cpu_line(g->ctx, g->fiq[cpu], signal && fiq);
}

/* What one vCPU can take decides about what others get, where interrupts are for any of them. */
void gic_update(struct gic *g, uint32_t cpu)
{
    if (g->any_of_all)
        gic_update_all(g);
    else
        drive_lines(g, cpu);
}

void gic_update_all(struct gic *g)
{
    for (uint32_t cpu = 0; cpu < g->n_cpus; cpu++)
        drive_lines(g, cpu);
}

void gic_update_for(struct gic *g, uint32_t cpu, uint32_t intid)
{
    uint32_t to = cpu;

    if (intid >= GIC_PRIVATE && (g->version == 2 || g->any_of_all)) {
        gic_update_all(g);
        return;
    }
    if (intid >= GIC_PRIVATE)
        to = route_cpu(g, intid - GIC_PRIVATE);
    if (to < g->n_cpus)
        gic_update(g, to);
}

/* ---- from one state to the next ---- */

/* GICv2 4.3.16: an SGI is pending once for each sender; `sender` of the one that is taken goes. */
static void take_sgi(struct gic *g, uint32_t cpu, uint32_t sgi)
{
    uint8_t *sources = &g->sgi_sources[cpu * GIC_SGIS + sgi];

    *sources &= (uint8_t)(*sources - 1);
    if (*sources == 0)
        g->latch[cpu] &= ~gic_bit(sgi);
}

void gic_activate(struct gic *g, uint32_t cpu, const struct gic_best *best)
{
    uint32_t bank = gic_bank(cpu, best->intid);

    g->apr[2 * cpu + best->group] |= UINT32_C(1)
                                     << (group_priority(g, cpu, best->group, best->priority) >> 3);
    if (best->intid >= GIC_LPI_FIRST) {
        gic_lpi_set_pending(g, cpu, best->intid, false); /* LPIs have no active state */
    } else {
        if (g->version == 2 && best->intid < GIC_SGIS)
            take_sgi(g, cpu, best->intid);
        else
            g->latch[bank] &= ~gic_bit(best->intid);
        g->active[bank] |= gic_bit(best->intid);
    }
    gic_update_for(g, cpu, best->intid >= GIC_LPI_FIRST ? 0 : best->intid);
    gic_update(g, cpu);
}

bool gic_drop_priority(struct gic *g, uint32_t cpu, uint32_t group)
{
    uint32_t *apr = &g->apr[2 * cpu], mine = apr[group], other = apr[!group];

    if (!mine || (other && __builtin_ctz(other) < __builtin_ctz(mine)))
        return false;
    apr[group] = mine & (mine - 1);
    return true;
}

void gic_deactivate(struct gic *g, uint32_t cpu, uint32_t intid)
{
    if (!gic_exists(g, intid))
        return;
    g->active[gic_bank(cpu, intid)] &= ~gic_bit(intid);
    gic_update_for(g, cpu, intid);
}

/* ---- where interrupts come from ---- */

/* Inputs: the SPIs, then the 16 PPIs of each vCPU. */
void gic_input(void *dev, uint32_t line, int level)
{
    struct gic *g = dev;
    uint32_t spis = 32 * g->n_words, cpu = 0, intid = GIC_PRIVATE + line;

    if (line >= spis) {
        cpu = (line - spis) / 16;
        intid = 16 + (line - spis) % 16;
    }
    uint32_t bank = gic_bank(cpu, intid), bit = gic_bit(intid);
    if (level && !(g->level[bank] & bit))
        g->latch[bank] |= g->edge[bank] & bit;
    g->level[bank] = level ? g->level[bank] | bit : g->level[bank] & ~bit;
    gic_update_for(g, cpu, intid);
}

void gic_send_sgi(struct gic *g, uint32_t from, uint32_t to, uint32_t sgi)
{
    if (g->version == 2)
        g->sgi_sources[to * GIC_SGIS + sgi] |= (uint8_t)(1u << from);
    g->latch[to] |= gic_bit(sgi);
    gic_update(g, to);
}

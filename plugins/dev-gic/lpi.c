/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lpi.c - GICv3's message-based interrupts (chapter 5): which are pending is known here, their
 * priorities are in a table in the guest's memory, of which there is a copy: it is read when LPIs
 * are enabled and when the guest says that it changed it.
 */
#include <string.h>

#include "gic.h"

#define WORDS (GIC_LPIS / 64)

/* GICR_PROPBASER: INTID bits less one; GICR_PROPBASER, GICR_PENDBASER: addresses. */
#define PROPBASER_ID_BITS UINT64_C(0x1f)
#define PROPBASER_ADDRESS UINT64_C(0xffffffffff000)
#define PENDBASER_ADDRESS UINT64_C(0xfffffffff0000)

/* An entry of the table: GICv3 5.1.1. */
#define CONFIG_ENABLE   1u
#define CONFIG_PRIORITY GIC_PRIORITY_MASK

bool gic_is_lpi(const struct gic *g, uint32_t intid)
{
    return g->has_its && intid >= GIC_LPI_FIRST && intid - GIC_LPI_FIRST < GIC_LPIS;
}

/* How many LPIs the guest's tables are for. */
static uint32_t lpis_in_tables(const struct gic *g)
{
    uint32_t bits = (uint32_t)(g->propbaser & PROPBASER_ID_BITS) + 1;

    return bits >= GIC_ID_BITS ? GIC_LPIS : 0;
}

void gic_lpi_reload(struct gic *g, uint32_t intid)
{
    uint32_t lpi = intid - GIC_LPI_FIRST;
    uint8_t config = 0;

    if (lpi < lpis_in_tables(g) &&
        g->host->dma_read(g->ctx, (g->propbaser & PROPBASER_ADDRESS) + lpi, &config, 1) !=
            VM_ACCESS_OK)
        config = 0;
    g->lpi_config[lpi] = config;
}

void gic_lpi_reload_all(struct gic *g)
{
    uint32_t n = lpis_in_tables(g);

    if (n == 0 || g->host->dma_read(g->ctx, g->propbaser & PROPBASER_ADDRESS, g->lpi_config, n) !=
                      VM_ACCESS_OK)
        memset(g->lpi_config, 0, sizeof(g->lpi_config));
}

/* The pending table has bits for all INTIDs from 0 on. */
static void read_pending(struct gic *g, uint32_t cpu)
{
    uint64_t at = (g->pendbaser[cpu] & PENDBASER_ADDRESS) + GIC_LPI_FIRST / 8;
    uint8_t bytes[GIC_LPIS / 8];

    if (lpis_in_tables(g) == 0 ||
        g->host->dma_read(g->ctx, at, bytes, sizeof(bytes)) != VM_ACCESS_OK)
        return;
    for (uint32_t i = 0; i < GIC_LPIS; i++)
        if (bytes[i / 8] >> (i % 8) & 1)
            gic_lpi_set_pending(g, cpu, GIC_LPI_FIRST + i, true);
}

void gic_lpis_enable(struct gic *g, uint32_t cpu)
{
    if (g->lpis_enabled[cpu])
        return;
    g->lpis_enabled[cpu] = 1;
    gic_lpi_reload_all(g);
    read_pending(g, cpu);
}

bool gic_lpi_pending(const struct gic *g, uint32_t cpu, uint32_t intid)
{
    uint32_t lpi = intid - GIC_LPI_FIRST;

    return g->lpi_pending[cpu * WORDS + lpi / 64] >> (lpi % 64) & 1;
}

void gic_lpi_set_pending(struct gic *g, uint32_t cpu, uint32_t intid, bool pending)
{
    uint32_t lpi = intid - GIC_LPI_FIRST;
    uint64_t *word = &g->lpi_pending[cpu * WORDS + lpi / 64], bit = UINT64_C(1) << (lpi % 64);

    if (((*word & bit) != 0) == pending)
        return;
    *word ^= bit;
    g->n_lpis_pending[cpu] += pending ? 1u : UINT32_MAX;
}

void gic_lpi_count(struct gic *g)
{
    memset(g->n_lpis_pending, 0, sizeof(g->n_lpis_pending));
    for (uint32_t i = 0; i < GIC_CPUS * WORDS; i++)
        g->n_lpis_pending[i / WORDS] += (uint32_t)__builtin_popcountll(g->lpi_pending[i]);
}

/* LPIs are of group 1. */
void gic_lpi_find_best(const struct gic *g, uint32_t cpu, struct gic_best *best)
{
    if (!g->lpis_enabled[cpu] || g->n_lpis_pending[cpu] == 0)
        return;
    for (uint32_t w = 0; w < WORDS; w++) {
        for (uint64_t bits = g->lpi_pending[cpu * WORDS + w]; bits; bits &= bits - 1) {
            uint32_t lpi = w * 64 + (uint32_t)__builtin_ctzll(bits);
            uint8_t config = g->lpi_config[lpi];

            if ((config & CONFIG_ENABLE) && (config & CONFIG_PRIORITY) < best->priority)
                *best = (struct gic_best){GIC_LPI_FIRST + lpi, config & CONFIG_PRIORITY, 1};
        }
    }
}

void gic_lpi_move_all(struct gic *g, uint32_t from, uint32_t to)
{
    for (uint32_t w = 0; w < WORDS && from != to; w++) {
        g->lpi_pending[to * WORDS + w] |= g->lpi_pending[from * WORDS + w];
        g->lpi_pending[from * WORDS + w] = 0;
    }
    gic_lpi_count(g);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* deliver.c - what wires and registers do to pending bits (AIA 4.7), and how interrupts reach the
 * harts: directly (4.8) or by messages (4.9). */
#include "aplic.h"

static int bit_of(const uint32_t *words, uint32_t source)
{
    return words[source / 32] >> source % 32 & 1;
}

static void put_bit(uint32_t *words, uint32_t source, int value)
{
    uint32_t bit = 1u << source % 32;

    words[source / 32] = value ? words[source / 32] | bit : words[source / 32] & ~bit;
}

/* ---- Sources --------------------------------------------------------------------------------- */

int aplic_visible(const struct aplic *a, enum aplic_domain d, uint32_t source)
{
    if (source == 0 || source > a->sources)
        return 0;
    return d == APLIC_MACHINE || (a->sourcecfg[APLIC_MACHINE][source] & SOURCECFG_DELEGATED);
}

/* SM; inactive, too, where the source is delegated. */
static enum source_mode mode_of(const struct aplic *a, enum aplic_domain d, uint32_t source)
{
    uint32_t cfg = a->sourcecfg[d][source];

    return cfg & SOURCECFG_DELEGATED ? SOURCE_INACTIVE : (enum source_mode)cfg;
}

int aplic_active(const struct aplic *a, enum aplic_domain d, uint32_t source)
{
    return source > 0 && source <= a->sources && mode_of(a, d, source) != SOURCE_INACTIVE;
}

static int is_level(enum source_mode mode)
{
    return mode == SOURCE_LEVEL1 || mode == SOURCE_LEVEL0;
}

int aplic_rectified(const struct aplic *a, enum aplic_domain d, uint32_t source)
{
    int level = bit_of(a->input, source);

    switch (mode_of(a, d, source)) {
    case SOURCE_EDGE1:
    case SOURCE_LEVEL1:
        return level;
    case SOURCE_EDGE0:
    case SOURCE_LEVEL0:
        return !level;
    default:
        return 0;
    }
}

static void deactivate(struct aplic *a, enum aplic_domain d, uint32_t source)
{
    uint32_t hart = TARGET_HART(a->target[d][source]);

    put_bit(a->ip[d], source, 0);
    put_bit(a->ie[d], source, 0);
    a->target[d][source] = 0;
    aplic_drive(a, d, hart);
}

/* Reserved modes make the source inactive, as does a delegation by the child, which has no child.
 */
static uint32_t legal_sourcecfg(enum aplic_domain d, uint32_t value)
{
    if (value & SOURCECFG_DELEGATED)
        return d == APLIC_MACHINE ? SOURCECFG_DELEGATED : SOURCE_INACTIVE;
    value &= 7;
    return value == 2 || value == 3 ? SOURCE_INACTIVE : value;
}

void aplic_configure(struct aplic *a, enum aplic_domain d, uint32_t source, uint32_t value)
{
    int was_active = aplic_active(a, d, source);

    if (!aplic_visible(a, d, source))
        return;
    a->sourcecfg[d][source] = (uint16_t)legal_sourcecfg(d, value);
    if (d == APLIC_MACHINE && !aplic_visible(a, APLIC_SUPERVISOR, source)) {
        a->sourcecfg[APLIC_SUPERVISOR][source] = SOURCE_INACTIVE;
        deactivate(a, APLIC_SUPERVISOR, source);
    }
    if (!aplic_active(a, d, source)) {
        deactivate(a, d, source);
        return;
    }
    if (!was_active)
        a->target[d][source] = aplic_legal_target(a, 0);
    if (is_level(mode_of(a, d, source)))
        put_bit(a->ip[d], source, aplic_rectified(a, d, source));
    aplic_deliver(a, d, source);
}

/* ---- Pending and enable bits ----------------------------------------------------------------- */

void aplic_set_pending(struct aplic *a, enum aplic_domain d, uint32_t source)
{
    if (!aplic_active(a, d, source))
        return;
    if (is_level(mode_of(a, d, source)) && (!a->messages || !aplic_rectified(a, d, source)))
        return;
    put_bit(a->ip[d], source, 1);
    aplic_deliver(a, d, source);
}

void aplic_clear_pending(struct aplic *a, enum aplic_domain d, uint32_t source)
{
    if (!aplic_active(a, d, source) || (is_level(mode_of(a, d, source)) && !a->messages))
        return;
    put_bit(a->ip[d], source, 0);
    aplic_deliver(a, d, source);
}

void aplic_set_enabled(struct aplic *a, enum aplic_domain d, uint32_t source, int enabled)
{
    if (!aplic_active(a, d, source))
        return;
    put_bit(a->ie[d], source, enabled);
    aplic_deliver(a, d, source);
}

static void wire_changed(struct aplic *a, enum aplic_domain d, uint32_t source)
{
    int high = aplic_rectified(a, d, source);

    if (!aplic_active(a, d, source))
        return;
    if (high && mode_of(a, d, source) != SOURCE_DETACHED)
        put_bit(a->ip[d], source, 1);
    else if (is_level(mode_of(a, d, source)))
        put_bit(a->ip[d], source, 0);
    aplic_deliver(a, d, source);
}

void aplic_wire(struct aplic *a, uint32_t source, int level)
{
    if (source == 0 || source > a->sources || bit_of(a->input, source) == (level != 0))
        return;
    put_bit(a->input, source, level);
    wire_changed(a, aplic_visible(a, APLIC_SUPERVISOR, source) ? APLIC_SUPERVISOR : APLIC_MACHINE,
                 source);
}

/* ---- Messages -------------------------------------------------------------------------------- */

/* AIA 4.9.1. Hart indices are the same in both domains, and are the harts' numbers. */
static uint64_t message_address(const struct aplic *a, enum aplic_domain d, uint32_t hart)
{
    const uint32_t *cfg = a->msiaddrcfg;
    uint32_t low = cfg[d == APLIC_MACHINE ? MMSIADDRCFG : SMSIADDRCFG],
             high = cfg[d == APLIC_MACHINE ? MMSIADDRCFGH : SMSIADDRCFGH];
    uint32_t hhxs = cfg[MMSIADDRCFGH] >> 24 & 0x1f, hhxw = cfg[MMSIADDRCFGH] >> 16 & 7,
             lhxw = cfg[MMSIADDRCFGH] >> 12 & 0xf, lhxs = high >> 20 & 7;
    uint64_t ppn = (uint64_t)(high & 0xfff) << 32 | low;
    uint64_t g = hart >> lhxw & ((1u << hhxw) - 1), h = hart & ((1u << lhxw) - 1);

    return (ppn | g << (hhxs + 12) | h << lhxs) << 12;
}

void aplic_send(struct aplic *a, enum aplic_domain d, uint32_t hart, uint32_t identity)
{
    /* Where nothing takes it, it is lost: an APLIC has no way to tell. */
    (void)a->host->send_message(a->ctx, message_address(a, d, hart), identity);
}

/* ---- Direct delivery ------------------------------------------------------------------------- */

uint32_t aplic_top(const struct aplic *a, enum aplic_domain d, uint32_t hart)
{
    uint32_t below = a->ithreshold[d][hart] ? a->ithreshold[d][hart] : 256, best = 0;

    for (uint32_t w = 0; w <= a->sources / 32; w++) {
        for (uint32_t bits = a->ip[d][w] & a->ie[d][w]; bits; bits &= bits - 1) {
            uint32_t source = w * 32 + (uint32_t)__builtin_ctz(bits);
            uint32_t target = a->target[d][source];

            if (TARGET_HART(target) == hart && TARGET_PRIO(target) < below) {
                below = TARGET_PRIO(target);
                best = source;
            }
        }
    }
    return best ? best << 16 | below : 0;
}

void aplic_drive(struct aplic *a, enum aplic_domain d, uint32_t hart)
{
    if (a->messages || hart >= a->n_harts)
        return;
    a->host->set_cpu_line(a->ctx, a->lines[d][hart],
                          a->enabled[d] && a->idelivery[d][hart] &&
                              (a->iforce[d][hart] || aplic_top(a, d, hart)));
}

/* ---- Either ---------------------------------------------------------------------------------- */

void aplic_deliver(struct aplic *a, enum aplic_domain d, uint32_t source)
{
    uint32_t target = a->target[d][source];

    if (!a->messages) {
        aplic_drive(a, d, TARGET_HART(target));
    } else if (a->enabled[d] && bit_of(a->ip[d], source) && bit_of(a->ie[d], source)) {
        put_bit(a->ip[d], source, 0);
        aplic_send(a, d, TARGET_HART(target), TARGET_EIID(target));
    }
}

void aplic_deliver_all(struct aplic *a, enum aplic_domain d)
{
    for (uint32_t hart = 0; hart < a->n_harts; hart++)
        aplic_drive(a, d, hart);
    for (uint32_t source = 1; a->messages && source <= a->sources; source++)
        aplic_deliver(a, d, source);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * its.c - GICv3's Interrupt Translation Service (chapter 5, 12.18): turns a device's message, its
 * requester ID and an event number, into an LPI of a vCPU, by tables in the guest's memory that
 * the guest fills by commands in a queue.
 *
 * The tables of devices and collections are flat, or of two levels. What their entries look like is
 * the ITS' own business; the guest may have overwritten them all the same, so nothing in them is
 * believed. A command that makes no sense is left out, as the architecture permits.
 */
#include "gic.h"

#define TRANSLATER_FRAME UINT32_C(0x10000)

enum {
    GITS_CTLR = 0x00,
    GITS_IIDR = 0x04,
    GITS_TYPER = 0x08,   /* 64 bits, as those that follow */
    GITS_CBASER = 0x80,  /* command queue: where and how long */
    GITS_CWRITER = 0x88, /* the guest has written up to here */
    GITS_CREADR = 0x90,  /* and we have read */
    GITS_BASER = 0x100,  /* tables */
    GITS_BASER_END = 0x110,
    GITS_TRANSLATER = 0x10040,
};

enum { TABLE_DEVICES, TABLE_COLLECTIONS };

#define DEVICE_BITS     16u
#define EVENT_BITS      16u
#define COLLECTION_BITS 8u
#define ENTRY_BYTES     8u

/* GITS_CTLR */
#define CTLR_ENABLED   1u
#define CTLR_QUIESCENT (UINT32_C(1) << 31)
/* GITS_TYPER: physical LPIs, sizes less one; targets are named by processor number. */
#define TYPER                                                                    \
    (1u | (uint64_t)(ENTRY_BYTES - 1) << 4 | (uint64_t)(EVENT_BITS - 1) << 8 |   \
     (uint64_t)(DEVICE_BITS - 1) << 13 | (uint64_t)(COLLECTION_BITS - 1) << 32 | \
     UINT64_C(1) << 36)
#define VALID          (UINT64_C(1) << 63)
#define CBASER_MASK    UINT64_C(0xb8effffffffffcff)
#define CBASER_ADDRESS UINT64_C(0xffffffffff000)
#define QUEUE_MASK     UINT64_C(0xfffe0)
/* GITS_BASER: type and entry size are ours. */
#define BASER_MASK     UINT64_C(0xf8e0ffffffffffff)
#define BASER_INDIRECT (UINT64_C(1) << 62)
#define BASER_ADDRESS  UINT64_C(0xfffffffff000)

#define COMMAND_BYTES 32u

enum its_command {
    MOVI = 0x01,
    INT = 0x03,
    CLEAR = 0x04,
    SYNC = 0x05,
    MAPD = 0x08,
    MAPC = 0x09,
    MAPTI = 0x0a,
    MAPI = 0x0b,
    INV = 0x0c,
    INVALL = 0x0d,
    MOVALL = 0x0e,
    DISCARD = 0x0f,
};

static uint64_t field(uint64_t word, uint32_t high, uint32_t low)
{
    return word << (63 - high) >> (63 - high + low);
}

/* ---- tables ---- */

static uint64_t baser_fixed(uint32_t table)
{
    return (uint64_t)(table == TABLE_DEVICES ? 1 : 4) << 56 | (uint64_t)(ENTRY_BYTES - 1) << 48;
}

/* 12.19.1: with pages of 64K the lowest address bits hold the highest ones. */
static uint64_t baser_address(uint64_t baser)
{
    uint64_t address = baser & BASER_ADDRESS;

    if (field(baser, 9, 8) < 2)
        return address;
    return (address & ~UINT64_C(0xf000)) | (address & 0xf000) << 36;
}

static uint32_t baser_page_bits(uint64_t baser)
{
    static const uint8_t bits[4] = {12, 14, 16, 16};

    return bits[field(baser, 9, 8)];
}

static uint64_t baser_bytes(uint64_t baser)
{
    return (field(baser, 7, 0) + 1) << baser_page_bits(baser);
}

static bool load(struct gic *g, uint64_t address, uint64_t *entry)
{
    uint8_t bytes[ENTRY_BYTES];

    if (g->host->dma_read(g->ctx, address, bytes, sizeof(bytes)) != VM_ACCESS_OK)
        return false;
    *entry = 0;
    for (uint32_t i = 0; i < sizeof(bytes); i++)
        *entry |= (uint64_t)bytes[i] << (8 * i);
    return true;
}

static bool store(struct gic *g, uint64_t address, uint64_t entry)
{
    uint8_t bytes[ENTRY_BYTES];

    for (uint32_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(entry >> (8 * i));
    return g->host->dma_write(g->ctx, address, bytes, sizeof(bytes)) == VM_ACCESS_OK;
}

/*
 * Where entry `id` of a table is; 0: the table is not that long, or not there. Of two levels the
 * first has the addresses of pages, which are the second (12.19.1, Indirect).
 */
static uint64_t table_entry(struct gic *g, uint32_t table, uint64_t id)
{
    uint64_t baser = g->its_baser[table];
    uint32_t bits = table == TABLE_DEVICES ? DEVICE_BITS : COLLECTION_BITS;

    uint64_t page = UINT64_C(1) << baser_page_bits(baser), per_page = page / ENTRY_BYTES, entry;
    uint64_t first = baser & BASER_INDIRECT ? id / per_page : id;

    if (!(baser & VALID) || id >> bits || (first + 1) * ENTRY_BYTES > baser_bytes(baser))
        return 0;
    if (!(baser & BASER_INDIRECT))
        return baser_address(baser) + id * ENTRY_BYTES;
    if (!load(g, baser_address(baser) + first * ENTRY_BYTES, &entry) || !(entry & VALID))
        return 0;
    return (entry & UINT64_C(0xfffffffffffff) & ~(page - 1)) + id % per_page * ENTRY_BYTES;
}

/* The vCPU of a collection; false: it is not mapped to one. */
static bool collection_cpu(struct gic *g, uint64_t collection, uint32_t *cpu)
{
    uint64_t at = table_entry(g, TABLE_COLLECTIONS, collection), entry;

    if (!at || !load(g, at, &entry) || !(entry & VALID) || (entry & UINT32_MAX) >= g->n_cpus)
        return false;
    *cpu = (uint32_t)entry;
    return true;
}

/* An entry of a device's interrupt translation table: an LPI and its collection. */
struct event {
    uint64_t at; /* of the entry */
    uint32_t intid, collection;
};

/* Where the entry of a device's event is; 0: it has none. */
static uint64_t event_entry(struct gic *g, uint64_t device, uint64_t event)
{
    uint64_t at = table_entry(g, TABLE_DEVICES, device), entry;

    if (!at || !load(g, at, &entry) || !(entry & VALID) || event >> (field(entry, 4, 0) + 1))
        return 0;
    return (entry & UINT64_C(0xfffffffffff00)) + event * ENTRY_BYTES;
}

static bool find_event(struct gic *g, uint64_t device, uint64_t event, struct event *out)
{
    uint64_t entry;

    out->at = event_entry(g, device, event);
    if (!out->at || !load(g, out->at, &entry) || !(entry & VALID))
        return false;
    out->intid = (uint32_t)field(entry, 31, 0);
    out->collection = (uint32_t)field(entry, 47, 32);
    return gic_is_lpi(g, out->intid);
}

/* An LPI and the vCPU that has it. */
static bool find_lpi(struct gic *g, uint64_t device, uint64_t event, struct event *out,
                     uint32_t *cpu)
{
    return find_event(g, device, event, out) && collection_cpu(g, out->collection, cpu);
}

/* ---- commands (5.3) ---- */

static void map_device(struct gic *g, const uint64_t command[4])
{
    uint64_t at = table_entry(g, TABLE_DEVICES, command[0] >> 32);
    uint64_t size = field(command[1], 4, 0), itt = command[2] & UINT64_C(0xfffffffffff00);

    if (at && size < EVENT_BITS)
        store(g, at, (command[2] & VALID) ? VALID | itt | size : 0);
}

static void map_collection(struct gic *g, const uint64_t command[4])
{
    uint64_t at = table_entry(g, TABLE_COLLECTIONS, field(command[2], 15, 0));
    uint64_t cpu = field(command[2], 50, 16);

    if (at && (!(command[2] & VALID) || cpu < g->n_cpus))
        store(g, at, (command[2] & VALID) ? VALID | cpu : 0);
}

static void map_event(struct gic *g, const uint64_t command[4])
{
    uint64_t event = field(command[1], 31, 0), at = event_entry(g, command[0] >> 32, event);
    uint64_t intid = (command[0] & 0xff) == MAPI ? event : command[1] >> 32;

    if (at && gic_is_lpi(g, (uint32_t)intid) && !(field(command[2], 15, 0) >> COLLECTION_BITS))
        store(g, at, VALID | field(command[2], 15, 0) << 32 | intid);
}

/* Takes a pending interrupt along. */
static void move_event(struct gic *g, const uint64_t command[4])
{
    uint64_t collection = field(command[2], 15, 0);
    uint32_t from, to;
    struct event e;

    if (!find_lpi(g, command[0] >> 32, field(command[1], 31, 0), &e, &from) ||
        !collection_cpu(g, collection, &to) || !store(g, e.at, VALID | collection << 32 | e.intid))
        return;
    if (from != to && gic_lpi_pending(g, from, e.intid)) {
        gic_lpi_set_pending(g, from, e.intid, false);
        gic_lpi_set_pending(g, to, e.intid, true);
    }
}

static void set_event(struct gic *g, const uint64_t command[4], bool pending)
{
    struct event e;
    uint32_t cpu;

    if (find_lpi(g, command[0] >> 32, field(command[1], 31, 0), &e, &cpu))
        gic_lpi_set_pending(g, cpu, e.intid, pending);
}

static void discard(struct gic *g, const uint64_t command[4])
{
    uint64_t at = event_entry(g, command[0] >> 32, field(command[1], 31, 0));

    set_event(g, command, false);
    if (at)
        store(g, at, 0);
}

static void invalidate(struct gic *g, const uint64_t command[4])
{
    struct event e;

    if (find_event(g, command[0] >> 32, field(command[1], 31, 0), &e))
        gic_lpi_reload(g, e.intid);
}

static void move_all(struct gic *g, const uint64_t command[4])
{
    uint64_t from = field(command[2], 50, 16), to = field(command[3], 50, 16);

    if (from < g->n_cpus && to < g->n_cpus)
        gic_lpi_move_all(g, (uint32_t)from, (uint32_t)to);
}

static void obey(struct gic *g, const uint64_t command[4])
{
    switch (command[0] & 0xff) {
    case MAPD:
        map_device(g, command);
        break;
    case MAPC:
        map_collection(g, command);
        break;
    case MAPTI:
    case MAPI:
        map_event(g, command);
        break;
    case MOVI:
        move_event(g, command);
        break;
    case INT:
    case CLEAR:
        set_event(g, command, (command[0] & 0xff) == INT);
        break;
    case DISCARD:
        discard(g, command);
        break;
    case INV:
        invalidate(g, command);
        break;
    case INVALL:
        gic_lpi_reload_all(g);
        break;
    case MOVALL:
        move_all(g, command);
        break;
    case SYNC: /* all is done at once */
    default:
        break;
    }
}

/* The queue is a ring of at most 32768 commands. One that cannot be read ends it for good: the
 * guest sees that CREADR stands still. */
static void run_commands(struct gic *g)
{
    uint64_t bytes = (field(g->its_cbaser, 7, 0) + 1) << 12;

    if (!(g->its_ctlr & CTLR_ENABLED) || !(g->its_cbaser & VALID) || g->its_cwriter >= bytes)
        return;
    while (g->its_creadr != g->its_cwriter) {
        uint64_t at = (g->its_cbaser & CBASER_ADDRESS) + g->its_creadr, command[4];

        for (uint32_t i = 0; i < 4; i++)
            if (!load(g, at + 8 * i, &command[i]))
                return;
        obey(g, command);
        g->its_creadr += COMMAND_BYTES;
        if (g->its_creadr >= bytes)
            g->its_creadr = 0;
    }
    gic_update_all(g);
}

/* ---- registers ---- */

static uint64_t *wide_register(struct gic *g, uint32_t offset)
{
    switch (offset & ~7u) {
    case GITS_CBASER:
        return &g->its_cbaser;
    case GITS_CWRITER:
        return &g->its_cwriter;
    case GITS_CREADR:
        return &g->its_creadr;
    case GITS_BASER:
    case GITS_BASER + 8:
        return &g->its_baser[(offset - GITS_BASER) / 8];
    default:
        return NULL;
    }
}

static int its_read(void *dev, uint64_t at, uint32_t size, uint64_t *value)
{
    struct gic *g = dev;
    uint32_t offset = (uint32_t)at;
    const uint64_t *reg = wide_register(g, offset);
    uint64_t wide = reg ? *reg : TYPER;

    *value = 0;
    if (size < 4)
        return VM_ACCESS_OK;
    if (reg || (offset & ~7u) == GITS_TYPER)
        *value = size == 8 ? wide : wide >> (8 * (offset & 4)) & UINT32_MAX;
    else if (offset == GITS_CTLR)
        *value = (g->its_ctlr & CTLR_ENABLED) | CTLR_QUIESCENT;
    else if (offset == GITS_IIDR)
        *value = GIC_IIDR;
    else if (offset >= 0xffd0 && offset < TRANSLATER_FRAME)
        *value = gic_identification(g, offset);
    return VM_ACCESS_OK;
}

/* Base registers do not change while the ITS is enabled. */
static void write_wide(struct gic *g, uint32_t offset, uint64_t value)
{
    bool enabled = g->its_ctlr & CTLR_ENABLED;

    switch (offset & ~7u) {
    case GITS_CBASER:
        if (enabled)
            return;
        g->its_cbaser = value & CBASER_MASK;
        g->its_creadr = 0;
        break;
    case GITS_CWRITER:
        g->its_cwriter = value & QUEUE_MASK;
        run_commands(g);
        break;
    case GITS_BASER:
    case GITS_BASER + 8:
        if (!enabled)
            g->its_baser[(offset - GITS_BASER) / 8] =
                (value & BASER_MASK) | baser_fixed((offset - GITS_BASER) / 8);
        break;
    default:
        break;
    }
}

static int its_write(void *dev, uint64_t at, uint32_t size, uint64_t value)
{
    struct gic *g = dev;
    uint32_t offset = (uint32_t)at;
    const uint64_t *reg = wide_register(g, offset);

    if (size == 4 && offset == GITS_CTLR) {
        g->its_ctlr = value & CTLR_ENABLED;
        run_commands(g);
    }
    if (!reg || size < 4)
        return VM_ACCESS_OK;
    if (size == 4 && (offset & 4))
        value = (*reg & UINT32_MAX) | value << 32;
    else if (size == 4)
        value |= *reg & ~(uint64_t)UINT32_MAX;
    write_wide(g, offset, value);
    return VM_ACCESS_OK;
}

/* A store by a vCPU comes from no device and is nothing: only messages translate. */
static int its_message(void *dev, uint64_t offset, uint32_t requester, uint32_t data)
{
    struct gic *g = dev;
    struct event e;
    uint32_t cpu;

    if (offset != GITS_TRANSLATER)
        return VM_ACCESS_ERROR;
    if (!(g->its_ctlr & CTLR_ENABLED) || !find_lpi(g, requester, data, &e, &cpu))
        return VM_ACCESS_OK;
    gic_lpi_set_pending(g, cpu, e.intid, true);
    gic_update(g, cpu);
    return VM_ACCESS_OK;
}

const struct vm_region_ops gic_its_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = its_read,
    .write = its_write,
    .message = its_message,
};

void gic_its_reset(struct gic *g)
{
    g->its_ctlr = 0;
    g->its_cbaser = g->its_cwriter = g->its_creadr = 0;
    for (uint32_t i = 0; i < 2; i++)
        g->its_baser[i] = baser_fixed(i);
}

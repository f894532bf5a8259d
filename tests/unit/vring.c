/* SPDX-License-Identifier: BSD-2-Clause */
/* vring.c - the driver's side of one virtqueue. */
#include "vring.h"

#include <stdlib.h>
#include <string.h>

#define AVAIL 0x80u
#define USED  0x8000u

/* ---- memory ---- */

static void *at(struct vring *r, uint64_t addr)
{
    return r->ram + (addr - r->base);
}

static uint16_t get16(struct vring *r, uint64_t addr)
{
    return __atomic_load_n((uint16_t *)at(r, addr), __ATOMIC_ACQUIRE);
}

void vring_put16(struct vring *r, uint64_t addr, uint16_t value)
{
    __atomic_store_n((uint16_t *)at(r, addr), value, __ATOMIC_RELEASE);
}

static uint32_t get32(struct vring *r, uint64_t addr)
{
    return __atomic_load_n((uint32_t *)at(r, addr), __ATOMIC_RELAXED);
}

static void put_descriptor(struct vring *r, uint64_t addr, uint64_t buffer, uint32_t length,
                           uint16_t third, uint16_t fourth)
{
    uint64_t words[2] = {buffer, length | (uint64_t)third << 32 | (uint64_t)fourth << 48};

    memcpy(at(r, addr), words, sizeof(words));
}

void vring_descriptor(struct vring *r, uint32_t index, uint64_t addr, uint32_t length,
                      uint16_t flags, uint16_t next_or_id)
{
    uint64_t where = r->descriptors + 16 * index;

    if (r->packed)
        put_descriptor(r, where, addr, length, next_or_id, flags);
    else
        put_descriptor(r, where, addr, length, flags, next_or_id);
}

/* ---- life ---- */

static uint64_t align_up(uint64_t v, uint64_t to)
{
    return (v + to - 1) & ~(to - 1);
}

uint64_t vring_init(struct vring *r, uint8_t *ram, uint64_t base, uint64_t where, uint32_t length,
                    bool packed, bool event_idx)
{
    uint64_t driver_bytes = packed ? 4 : 6 + 2 * (uint64_t)length;
    uint64_t device_bytes = packed ? 4 : 6 + 8 * (uint64_t)length;

    *r = (struct vring){.ram = ram,
                        .base = base,
                        .packed = packed,
                        .event_idx = event_idx,
                        .length = length,
                        .next_wrap = true,
                        .used_wrap = true,
                        .n_free = length};
    r->descriptors = align_up(where, 16);
    r->driver = align_up(r->descriptors + 16 * (uint64_t)length, 4);
    r->device = align_up(r->driver + driver_bytes, 4);
    for (uint32_t i = 0; i < length; i++)
        r->free[i] = (uint16_t)(length - 1 - i);
    memset(at(r, r->descriptors), 0, r->device + device_bytes - r->descriptors);
    return r->device + device_bytes;
}

static uint16_t take_free(struct vring *r)
{
    if (r->n_free == 0)
        abort();
    return r->free[--r->n_free];
}

/* ---- adding ---- */

void vring_publish(struct vring *r, uint16_t head, uint16_t step)
{
    vring_put16(r, r->driver + 4 + 2 * (r->next & (r->length - 1)), head);
    r->next = (uint16_t)(r->next + step);
    vring_put16(r, r->driver + 2, r->next);
}

static uint16_t add_split(struct vring *r, const struct vring_buffer *b, uint32_t n, uint16_t extra)
{
    uint16_t ids[VRING_MAX];

    for (uint32_t i = 0; i < n; i++)
        ids[i] = take_free(r);
    for (uint32_t i = 0; i < n; i++) {
        uint16_t flags = (uint16_t)(extra | (b[i].write ? VRING_WRITE : 0));

        if (i + 1 < n)
            flags |= VRING_NEXT;
        r->link[ids[i]] = i + 1 < n ? ids[i + 1] : 0;
        vring_descriptor(r, ids[i], b[i].addr, b[i].length, flags, r->link[ids[i]]);
    }
    r->count[ids[0]] = (uint16_t)n;
    vring_publish(r, ids[0], 1);
    return ids[0];
}

static void step(const struct vring *r, uint16_t *position, bool *wrap)
{
    if (++*position == r->length) {
        *position = 0;
        *wrap = !*wrap;
    }
}

/* The first descriptor's flags last: they make the chain available. */
static uint16_t add_packed(struct vring *r, const struct vring_buffer *b, uint32_t n,
                           uint16_t extra)
{
    uint16_t id = take_free(r), first_flags = 0;
    uint64_t first = r->descriptors + 16u * r->next + 14;

    r->n_free -= n - 1; /* descriptors of the ring, which IDs stand for */
    for (uint32_t i = 0; i < n; i++) {
        uint16_t flags = (uint16_t)(extra | (b[i].write ? VRING_WRITE : 0));
        uint64_t where = r->descriptors + 16u * r->next;

        if (i + 1 < n)
            flags |= VRING_NEXT;
        flags |= r->next_wrap ? AVAIL : USED;
        if (i == 0)
            first_flags = flags;
        put_descriptor(r, where, b[i].addr, b[i].length, id, i ? flags : get16(r, where + 14));
        step(r, &r->next, &r->next_wrap);
    }
    r->count[id] = (uint16_t)n;
    vring_put16(r, first, first_flags);
    return id;
}

uint16_t vring_add(struct vring *r, const struct vring_buffer *buffers, uint32_t n)
{
    return r->packed ? add_packed(r, buffers, n, 0) : add_split(r, buffers, n, 0);
}

uint16_t vring_add_indirect(struct vring *r, uint64_t table, const struct vring_buffer *b,
                            uint32_t n)
{
    const struct vring_buffer whole = {table, 16 * n, false};

    for (uint32_t i = 0; i < n; i++) {
        uint16_t flags = b[i].write ? VRING_WRITE : 0;

        if (r->packed)
            put_descriptor(r, table + 16 * i, b[i].addr, b[i].length, 0, flags);
        else
            put_descriptor(r, table + 16 * i, b[i].addr, b[i].length,
                           (uint16_t)(flags | (i + 1 < n ? VRING_NEXT : 0)), (uint16_t)(i + 1));
    }
    return r->packed ? add_packed(r, &whole, 1, VRING_INDIRECT)
                     : add_split(r, &whole, 1, VRING_INDIRECT);
}

/* ---- getting ---- */

/* How many descriptors come back with this ID: 0 if none is out under it, as when somebody wrote
 * over the ring. */
static uint16_t take_count(struct vring *r, uint32_t id)
{
    uint16_t n = id < VRING_MAX ? r->count[id] : 0;

    if (n)
        r->count[id] = 0;
    return n;
}

static bool get_split(struct vring *r, uint16_t *id, uint32_t *written)
{
    uint64_t slot = r->device + 4 + 8 * (r->used & (r->length - 1));
    uint16_t d, count;

    if (get16(r, r->device + 2) == r->used)
        return false;
    count = take_count(r, get32(r, slot));
    if (!count)
        return false;
    *id = (uint16_t)get32(r, slot);
    *written = get32(r, slot + 4);
    r->used++;
    d = *id;
    for (uint16_t n = count; n > 0; n--) {
        r->free[r->n_free++] = d;
        d = r->link[d];
    }
    return true;
}

static bool get_packed(struct vring *r, uint16_t *id, uint32_t *written)
{
    uint64_t where = r->descriptors + 16u * r->used;
    uint16_t flags = get16(r, where + 14), count;

    if (((flags & AVAIL) != 0) != r->used_wrap || ((flags & USED) != 0) != r->used_wrap)
        return false;
    count = take_count(r, get16(r, where + 12));
    if (!count)
        return false;
    *id = get16(r, where + 12);
    *written = get32(r, where + 8);
    r->n_free += count - 1u;
    r->free[r->n_free++] = *id;
    for (uint16_t n = count; n > 0; n--)
        step(r, &r->used, &r->used_wrap);
    return true;
}

bool vring_get(struct vring *r, uint16_t *id, uint32_t *written)
{
    return r->packed ? get_packed(r, id, written) : get_split(r, id, written);
}

/* ---- suppression ---- */

/* 2.7.7.1: whether `event` lies among the positions from `before` up to `now`. */
static bool need_event(uint16_t event, uint16_t now, uint16_t before)
{
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

bool vring_must_notify(struct vring *r)
{
    uint16_t before = r->notified, now = r->next, position, flags;

    r->notified = r->next;
    if (!r->packed) {
        if (!r->event_idx)
            return now != before && !(get16(r, r->device) & 1);
        return need_event(get16(r, r->device + 4 + 8 * r->length), now, before);
    }
    flags = get16(r, r->device + 2);
    if (flags != 2)
        return flags == 0;
    position = get16(r, r->device);
    if (now < before)
        before = (uint16_t)(before - r->length);
    if (((position & 0x8000) != 0) != r->next_wrap)
        position = (uint16_t)((position & 0x7fff) - r->length);
    else
        position &= 0x7fff;
    return need_event(position, now, before);
}

void vring_want_interrupt(struct vring *r, bool on, uint16_t after)
{
    uint16_t position = (uint16_t)(r->used + after);
    bool wrap = r->used_wrap;

    if (!r->event_idx) {
        vring_put16(r, r->packed ? r->driver + 2 : r->driver, on ? 0 : 1);
        return;
    }
    if (!r->packed) { /* a position that has just passed is as good as off */
        vring_put16(r, r->driver + 4 + 2 * r->length, on ? position : (uint16_t)(r->used - 1));
        return;
    }
    if (position >= r->length) {
        position = (uint16_t)(position - r->length);
        wrap = !wrap;
    }
    vring_put16(r, r->driver, (uint16_t)(position | (wrap ? 0x8000 : 0)));
    vring_put16(r, r->driver + 2, on ? 2 : 1);
}

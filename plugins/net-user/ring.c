/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.c - frames on their way from the device's thread to the event thread, without a lock.
 *
 * Each has its length in front and lies in one piece; one that would cross the end starts anew at
 * the start, and a length of SKIP says so.
 */
#include <stdlib.h>
#include <string.h>

#include "../net-common/guest.h"
#include "user.h"

#define SKIP   UINT32_MAX
#define ALIGN  8u
#define PREFIX 8u /* the length; keeps frames aligned */

static uint32_t place(uint32_t count)
{
    return count % RING_BYTES;
}

static uint32_t room_of(uint32_t length)
{
    return PREFIX + ((length + ALIGN - 1) & ~(ALIGN - 1));
}

int ring_init(struct ring *r)
{
    r->bytes = malloc(RING_BYTES);
    return r->bytes ? 0 : -1;
}

void ring_free(struct ring *r)
{
    free(r->bytes);
}

static void store(struct ring *r, uint32_t at, uint32_t length)
{
    memcpy(r->bytes + place(at), &length, sizeof(length));
}

bool ring_put(struct ring *r, const struct vm_iovec *iov, uint32_t n)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    uint32_t to_end = RING_BYTES - place(head), length = 0;

    for (uint32_t i = 0; i < n; i++)
        length += (uint32_t)iov[i].length; /* the host bounds the sum */
    uint32_t need = room_of(length), skip = need > to_end ? to_end : 0;
    if (need + skip > RING_BYTES - (head - tail))
        return false;
    if (skip)
        store(r, head, SKIP);
    head += skip;
    store(r, head, length);
    uint8_t *to = r->bytes + place(head) + PREFIX;
    for (uint32_t i = 0; i < n; i++) {
        guest_copy(to, iov[i].base, iov[i].length);
        to += iov[i].length;
    }
    atomic_store_explicit(&r->head, head + need, memory_order_release);
    return true;
}

uint8_t *ring_first(struct ring *r, uint32_t *length)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);

    if (head == tail)
        return NULL;
    memcpy(length, r->bytes + place(tail), sizeof(*length));
    if (*length == SKIP) {
        tail += RING_BYTES - place(tail);
        atomic_store_explicit(&r->tail, tail, memory_order_release);
        memcpy(length, r->bytes + place(tail), sizeof(*length));
    }
    return r->bytes + place(tail) + PREFIX;
}

void ring_done(struct ring *r)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed), length;

    memcpy(&length, r->bytes + place(tail), sizeof(length));
    atomic_store_explicit(&r->tail, tail + room_of(length), memory_order_release);
}

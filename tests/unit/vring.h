/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vring.h - the driver's side of one virtqueue, split or packed, in memory that a test calls guest
 * RAM. Written from Virtio 1.2, 2.7 and 2.8, independently of the device's side.
 */
#ifndef TESTS_UNIT_VRING_H
#define TESTS_UNIT_VRING_H

#include <stdbool.h>
#include <stdint.h>

#define VRING_MAX 1024u

enum vring_flags { VRING_NEXT = 1, VRING_WRITE = 2, VRING_INDIRECT = 4 };

struct vring_buffer {
    uint64_t addr;
    uint32_t length;
    bool write;
};

struct vring {
    uint8_t *ram; /* what is at `base` */
    uint64_t base;
    bool packed, event_idx;
    uint32_t length;
    uint64_t descriptors, driver, device; /* for the device's registers */

    uint16_t next, used; /* positions: free-running in split rings */
    bool next_wrap, used_wrap;
    uint16_t notified; /* position up to which the device was told */
    uint32_t n_free;
    uint16_t free[VRING_MAX];  /* descriptors or packed IDs, the last one first */
    uint16_t count[VRING_MAX]; /* descriptors of the chain with this ID */
    uint16_t link[VRING_MAX];  /* split: the next descriptor of a chain */
};

/* Lays it out from `at` on; returns the address behind it. */
uint64_t vring_init(struct vring *r, uint8_t *ram, uint64_t base, uint64_t at, uint32_t length,
                    bool packed, bool event_idx);
/* Makes a chain available and returns its ID. There must be room. */
uint16_t vring_add(struct vring *r, const struct vring_buffer *buffers, uint32_t n);
/* The same by a table at `table`. */
uint16_t vring_add_indirect(struct vring *r, uint64_t table, const struct vring_buffer *buffers,
                            uint32_t n);
/* Takes a used chain. */
bool vring_get(struct vring *r, uint16_t *id, uint32_t *written);
/* Whether the device is to be notified of what was added since the last call. */
bool vring_must_notify(struct vring *r);
/* Asks for an interrupt once `after` more chains (packed: descriptors) are used, or for none. */
void vring_want_interrupt(struct vring *r, bool on, uint16_t after);

/* ---- for malformed ones: as the guest may write them ---- */

void vring_descriptor(struct vring *r, uint32_t index, uint64_t addr, uint32_t length,
                      uint16_t flags, uint16_t next_or_id);
void vring_put16(struct vring *r, uint64_t addr, uint16_t value);
/* Split: puts `head` into the available ring and moves the index by `step`. */
void vring_publish(struct vring *r, uint16_t head, uint16_t step);

#endif

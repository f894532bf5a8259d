/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtqueue.h - what the files of the virtqueue reader share: see vmrun/virtqueue.h for what it
 * does.
 *
 * It reaches guest memory by dma_map() of the host table it is given and needs nothing else of the
 * core, so that a test can be its host. Memory that the guest may be writing is read and written by
 * relaxed atomics only, each value once; what orders them is said where it is done.
 */
#ifndef CORE_VIRTQUEUE_VIRTQUEUE_H
#define CORE_VIRTQUEUE_VIRTQUEUE_H

#include <stdbool.h>
#include <vmrun/virtqueue.h>

/* Buffers of one queue that may be the device's at one time, in pieces: bounds its memory. */
#define VIRTQ_MAX_PIECES (1u << 19)
/* Pieces of one chain: its descriptors, cut where the memory behind them is (by an IOMMU). */
#define VIRTQ_MAX_CHAIN_PIECES 16384u
/* Pieces in which one part of a ring may lie. */
#define VIRTQ_MAX_AREA_PIECES 32u

#define VIRTQ_DESCRIPTOR_BYTES 16u

enum virtq_descriptor_flags {
    VIRTQ_NEXT = 1,
    VIRTQ_WRITE = 2, /* the device writes it */
    VIRTQ_INDIRECT = 4,
    VIRTQ_AVAIL = 1 << 7, /* packed rings */
    VIRTQ_USED = 1 << 15,
};

/* A descriptor as read, at once, from a table or a packed ring. */
struct virtq_descriptor {
    uint64_t addr;
    uint32_t length;
    uint16_t flags, next; /* split */
    uint16_t id;          /* packed */
};

struct virtq_piece {
    uint8_t *host;
    uint64_t at, length; /* where in the area */
};

/* One part of a ring, mapped from enable() to reset(). */
struct virtq_area {
    uint8_t *host; /* NULL: not in one piece */
    uint32_t n;
    bool writable;
    struct virtq_piece pieces[VIRTQ_MAX_AREA_PIECES];
};

struct virtq_element {
    struct vm_virtq_element e;  /* first: what the device has */
    struct virtq_element *next; /* of all of the queue */
    struct virtq_element *next_free;
    struct vm_iovec *iov; /* the pieces, out then in */
    uint32_t n_iov, room;
    uint32_t ring_descriptors; /* that it takes in a packed ring */
    uint64_t number;           /* q->popped when it was: the last one can be unpopped */
    bool taken;
};

struct vm_virtq {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_virtq *next; /* of the device */

    bool enabled, broken;
    uint32_t flags, length;
    struct virtq_area descriptors, driver, device;

    /* Positions. Split: free-running 16 bits. Packed: index, and the wrap counter beside it. */
    uint16_t avail, used;
    bool avail_wrap, used_wrap;
    uint32_t in_flight;  /* elements taken */
    uint32_t ring_taken; /* packed: descriptors that they take */
    uint32_t pieces;     /* mapped pieces of theirs */
    uint64_t popped;     /* chains, less those unpopped */

    /* Suppression. */
    uint32_t pushed; /* since wants_interrupt() was asked last */
    bool force;      /* the driver may have missed one: tell it anyway */
    bool notify;     /* the driver shall notify */
    uint32_t told;   /* the position that it knows of, as told() has it; UINT32_MAX: none */

    struct virtq_element *elements, *free;
    uint8_t table[VM_VIRTQ_MAX_SIZE * VIRTQ_DESCRIPTOR_BYTES]; /* copy of an indirect one */
};

/* Makes a queue of the device that `host` knows as `ctx`. NULL: no memory. */
struct vm_virtq *virtq_new(const struct vm_device_host *host, struct vm_device_ctx *ctx);
void virtq_free(struct vm_virtq *q);

/* The functions of struct vm_virtq_api; a host adds create. */
int virtq_enable(struct vm_virtq *q, const struct vm_virtq_setup *setup, struct vm_error *err);
void virtq_reset(struct vm_virtq *q);
int virtq_enabled(const struct vm_virtq *q);
struct vm_virtq_element *virtq_pop(struct vm_virtq *q, int *error, struct vm_error *err);
void virtq_push(struct vm_virtq *q, struct vm_virtq_element *element, uint64_t written);
void virtq_unpop(struct vm_virtq *q, struct vm_virtq_element *element);
int virtq_wants_interrupt(struct vm_virtq *q);
int virtq_set_notify(struct vm_virtq *q, int on);
void virtq_state_get(struct vm_virtq *q, uint32_t words[2]);
int virtq_state_set(struct vm_virtq *q, const uint32_t words[2], struct vm_error *err);

#define VIRTQ_API_MEMBERS                                                                 \
    .size = sizeof(struct vm_virtq_api), .enable = virtq_enable, .reset = virtq_reset,    \
    .enabled = virtq_enabled, .pop = virtq_pop, .push = virtq_push, .unpop = virtq_unpop, \
    .wants_interrupt = virtq_wants_interrupt, .set_notify = virtq_set_notify,             \
    .state_get = virtq_state_get, .state_set = virtq_state_set

/* ---- guest memory ---- */

static inline uint16_t virtq_load16(const void *p)
{
    return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
}

/* What the driver wrote before it wrote this is seen by what is read after it. */
static inline uint16_t virtq_load16_acquire(const void *p)
{
    return __atomic_load_n((const uint16_t *)p, __ATOMIC_ACQUIRE);
}

static inline void virtq_store16(void *p, uint16_t v)
{
    __atomic_store_n((uint16_t *)p, v, __ATOMIC_RELAXED);
}

/* What was written before it is seen by a driver that sees this. */
static inline void virtq_store16_release(void *p, uint16_t v)
{
    __atomic_store_n((uint16_t *)p, v, __ATOMIC_RELEASE);
}

static inline void virtq_store32(void *p, uint32_t v)
{
    __atomic_store_n((uint32_t *)p, v, __ATOMIC_RELAXED);
}

/* Our writes before it are visible before our reads after it: both sides publish first and then
 * look whether the other one wants to be told, so that one of them sees the other. */
static inline void virtq_full_fence(void)
{
#if defined(__SANITIZE_THREAD__)
    static uint32_t unused; /* the sanitizer does not know fences */
    __atomic_fetch_add(&unused, 1, __ATOMIC_SEQ_CST);
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* `offset` is a multiple of the size of what is there, at most 8. */
static inline void *virtq_area_at(const struct virtq_area *a, uint64_t offset)
{
    if (__builtin_expect(a->host != NULL, 1))
        return a->host + offset;
    for (uint32_t i = 0; i + 1 < a->n; i++)
        if (offset - a->pieces[i].at < a->pieces[i].length)
            return a->pieces[i].host + (offset - a->pieces[i].at);
    return a->pieces[a->n - 1].host + (offset - a->pieces[a->n - 1].at);
}

/* ---- chains (chain.c) ---- */

struct virtq_descriptor virtq_read_descriptor(const uint8_t *p);
/* An element without pieces, or NULL with err set. */
struct virtq_element *virtq_take(struct vm_virtq *q, struct vm_error *err);
/* Unmaps its pieces, `written` bytes of them changed, and makes it free. */
void virtq_release(struct vm_virtq *q, struct virtq_element *el, uint64_t written);
/* Adds a descriptor's buffer, or those of the table that it names. -1 with err set. */
int virtq_add(struct vm_virtq *q, struct virtq_element *el, const struct virtq_descriptor *d,
              struct vm_error *err);
/* All is added: what the device gets. */
struct vm_virtq_element *virtq_finish(struct vm_virtq *q, struct virtq_element *el);

/* ---- the two formats (split.c, packed.c) ---- */

/* Whether the driver's event index lies among the last `pushed` positions before `now`. */
static inline bool virtq_passed(uint16_t event, uint16_t now, uint32_t pushed)
{
    return (uint16_t)(now - event - 1) < (uint16_t)pushed;
}

struct virtq_format {
    bool (*has_more)(struct vm_virtq *q);
    /* Takes the next chain apart; one is there if has_more() said so. NULL with err set. */
    struct virtq_element *(*pop)(struct vm_virtq *q, struct vm_error *err);
    void (*push)(struct vm_virtq *q, struct virtq_element *el, uint32_t written);
    void (*unpop)(struct vm_virtq *q, struct virtq_element *el);
    bool (*wants_interrupt)(struct vm_virtq *q);
    /* Tells the driver whether to notify, and from which position on. */
    void (*tell_notify)(struct vm_virtq *q);
};
extern const struct virtq_format virtq_split, virtq_packed;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtqueue_test.c - the reader of virtqueues: both formats against a driver's side written
 * independently, and everything that a driver can write wrong.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/virtqueue/virtqueue.h"
#include "vring.h"

#define BASE    0x80000000u
#define RAM     (1u << 20)
#define LENGTH  16u
#define BUFFERS (BASE + 0x20000u)
#define TABLE   (BASE + 0x10000u)
#define OUTSIDE (BASE + RAM)

/* ---- a host with RAM ------------------------------------------------------------------------- */

static _Alignas(4096) uint8_t ram[RAM];
static uint64_t piece; /* mappings end at its multiples; 0: they do not */
static uint32_t n_mapped;
static uint64_t last_written;

static void *dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write)
{
    uint64_t offset = addr - BASE, room = RAM - offset;

    (void)ctx;
    (void)write;
    if (offset >= RAM || *n == 0)
        return NULL;
    if (piece && room > piece - addr % piece)
        room = piece - addr % piece;
    if (*n > room)
        *n = room;
    n_mapped++;
    return ram + offset;
}

static void dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written)
{
    (void)ctx;
    cr_assert((uint8_t *)host >= ram && (uint8_t *)host + n <= ram + RAM);
    cr_assert_leq(written, n);
    cr_assert_gt(n_mapped, 0);
    n_mapped--;
    last_written = written;
}

static const struct vm_device_host host = {
    .size = sizeof(struct vm_device_host),
    .dma_map = dma_map,
    .dma_unmap = dma_unmap,
};

/* ---- a queue --------------------------------------------------------------------------------- */

static struct vm_virtq *q;
static struct vring ring;

static int enable(uint32_t length, uint32_t flags, struct vm_error *err)
{
    vring_init(&ring, ram, BASE, BASE + 0x1000, length, flags & VM_VIRTQ_PACKED,
               flags & VM_VIRTQ_EVENT_IDX);
    const struct vm_virtq_setup setup = {
        .size = sizeof(setup),
        .flags = flags,
        .length = length,
        .descriptors = ring.descriptors,
        .driver = ring.driver,
        .device = ring.device,
    };
    return virtq_enable(q, &setup, err);
}

static void setup(void)
{
    memset(ram, 0, sizeof(ram));
    piece = 0;
    q = virtq_new(&host, NULL);
    cr_assert_not_null(q);
}

static void teardown(void)
{
    virtq_free(q);
    cr_assert_eq(n_mapped, 0, "%u mappings are left", n_mapped);
}

TestSuite(virtqueue, .init = setup, .fini = teardown);

static struct vm_virtq_element *pop(void)
{
    struct vm_error err = VM_ERROR_INIT;
    int error = 0;
    struct vm_virtq_element *e = virtq_pop(q, &error, &err);

    cr_assert_eq(error, 0, "%s", err.text);
    return e;
}

/* The next pop says that the queue is broken, and why. */
static void broken(const char *why)
{
    for (int i = 0; i < 2; i++) {
        struct vm_error err = VM_ERROR_INIT;
        int error = 0;

        cr_assert_null(virtq_pop(q, &error, &err), "not broken: %s", why);
        cr_assert_eq(error, -1, "not broken: %s", why);
        if (i == 0)
            cr_assert_not_null(strstr(err.text, why), "'%s' instead of '%s'", err.text, why);
        else
            cr_assert_str_eq(err.text, "the queue is broken");
    }
}

/* Calls the function in each format. */
#define FORMATS(i) (unsigned i = 0; i < 8; i++)
static uint32_t format(unsigned i)
{
    return i & 7; /* VM_VIRTQ_PACKED, EVENT_IDX, INDIRECT */
}

/* ---- good chains ----------------------------------------------------------------------------- */

static void one_round(uint32_t n_out, uint32_t n_in, bool indirect, uint8_t seed)
{
    struct vring_buffer buffers[LENGTH];
    uint32_t n = n_out + n_in, written = 0;
    uint16_t id = 0, got = 0;

    for (uint32_t i = 0; i < n; i++) {
        buffers[i] = (struct vring_buffer){BUFFERS + 256 * i, 10 + i, i >= n_out};
        memset(ram + (buffers[i].addr - BASE), seed + (int)i, 10 + i);
    }
    id = indirect ? vring_add_indirect(&ring, TABLE, buffers, n) : vring_add(&ring, buffers, n);
    struct vm_virtq_element *e = pop();
    cr_assert_not_null(e);
    cr_assert_eq(e->id, id);
    cr_assert_eq(e->n_out, n_out);
    cr_assert_eq(e->n_in, n_in);
    for (uint32_t i = 0; i < n; i++) {
        const struct vm_iovec *v = i < n_out ? &e->out[i] : &e->in[i - n_out];

        cr_assert_eq(v->length, 10 + i);
        cr_assert_eq(((uint8_t *)v->base)[0], (uint8_t)(seed + i));
    }
    cr_assert_null(pop());
    cr_assert_not(vring_get(&ring, &got, &written));
    virtq_push(q, e, n_in ? 7 : 0);
    cr_assert(vring_get(&ring, &got, &written));
    cr_assert_eq(got, id);
    cr_assert_eq(written, n_in ? 7 : 0);
    cr_assert_eq(ring.n_free, LENGTH);
}

Test(virtqueue, chains)
{
    for
        FORMATS(i)
        {
            uint32_t rings;

            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            cr_assert(virtq_enabled(q));
            rings = n_mapped;
            for (unsigned round = 0; round < 70; round++)
                one_round(round % 3, 1 + round % 4, (round & 1) && (format(i) & VM_VIRTQ_INDIRECT),
                          (uint8_t)round);
            cr_assert_eq(n_mapped, rings);
        }
}

/* Positions are 16 bits wide and queues may be used for long. */
Test(virtqueue, positions_wrap_around)
{
    for
        FORMATS(i)
        {
            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            for (unsigned round = 0; round < 70000; round++)
                one_round(1, 1, false, (uint8_t)round);
        }
}

Test(virtqueue, chains_come_back_in_any_order)
{
    for
        FORMATS(i)
        {
            struct vm_virtq_element *e[4];
            const struct vring_buffer b = {BUFFERS, 8, true};
            uint32_t written;
            uint16_t id, ids[4];

            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            for (int k = 0; k < 4; k++)
                ids[k] = vring_add(&ring, &b, 1);
            for (int k = 0; k < 4; k++)
                cr_assert_not_null(e[k] = pop());
            for (unsigned k = 0; k < 4; k++)
                virtq_push(q, e[k ^ 3], k);
            for (unsigned k = 0; k < 4; k++) {
                cr_assert(vring_get(&ring, &id, &written));
                cr_assert_eq(id, ids[k ^ 3]);
                cr_assert_eq(written, k);
            }
        }
}

/* A full queue, in one chain and in as many as there are. */
Test(virtqueue, full)
{
    for
        FORMATS(i)
        {
            struct vring_buffer b[LENGTH];
            struct vm_virtq_element *e[LENGTH];

            for (unsigned k = 0; k < LENGTH; k++)
                b[k] = (struct vring_buffer){BUFFERS + 64 * k, 64, k > 3};
            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            vring_add(&ring, b, LENGTH);
            e[0] = pop();
            cr_assert_eq(e[0]->n_out + e[0]->n_in, LENGTH);
            cr_assert_eq(e[0]->out_length, 4 * 64);
            cr_assert_eq(e[0]->in_length, 12 * 64);
            virtq_push(q, e[0], 0);
            uint32_t written;
            uint16_t id;
            cr_assert(vring_get(&ring, &id, &written));
            for (unsigned k = 0; k < LENGTH; k++)
                vring_add(&ring, &b[k], 1);
            for (unsigned k = 0; k < LENGTH; k++)
                cr_assert_not_null(e[k] = pop());
            cr_assert_null(pop());
            for (unsigned k = 0; k < LENGTH; k++)
                virtq_push(q, e[k], 0);
        }
}

Test(virtqueue, unpop_gives_the_same_chain_again)
{
    for
        FORMATS(i)
        {
            const struct vring_buffer b[3] = {
                {BUFFERS, 8, false}, {BUFFERS, 8, true}, {BUFFERS + 99, 1, true}};

            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            for (unsigned round = 0; round < 40; round++) {
                uint16_t id = vring_add(&ring, b, 3), got;
                uint32_t written;
                struct vm_virtq_element *e = pop();

                virtq_unpop(q, e);
                e = pop();
                cr_assert_not_null(e);
                cr_assert_eq(e->id, id);
                cr_assert_eq(e->in_length, 9);
                virtq_push(q, e, 9);
                cr_assert(vring_get(&ring, &got, &written));
                cr_assert_eq(got, id);
            }
        }
}

/* What the device says that it wrote is bounded by what there is, and spread over the pieces. */
Test(virtqueue, written_is_bounded)
{
    const struct vring_buffer b[2] = {{BUFFERS, 8, true}, {BUFFERS + 64, 8, true}};
    uint32_t written;
    uint16_t id;

    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    vring_add(&ring, b, 2);
    virtq_push(q, pop(), 10);
    cr_assert_eq(last_written, 2);
    vring_add(&ring, b, 2);
    virtq_push(q, pop(), UINT64_MAX);
    cr_assert_eq(last_written, 8);
    cr_assert(vring_get(&ring, &id, &written));
    cr_assert_eq(written, 10);
    cr_assert(vring_get(&ring, &id, &written));
    cr_assert_eq(written, 16);
}

/* An IOMMU may put each page elsewhere: rings, tables and buffers in pieces. */
Test(virtqueue, memory_in_pieces)
{
    for
        FORMATS(i)
        {
            piece = 64;
            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            for (unsigned round = 0; round < 70; round++) {
                const struct vring_buffer b[2] = {{BUFFERS + 60, 8, false},
                                                  {BUFFERS + 250, 200, true}};
                struct vm_virtq_element *e;
                uint32_t written;
                uint16_t id;

                if ((round & 1) && (format(i) & VM_VIRTQ_INDIRECT))
                    vring_add_indirect(&ring, TABLE + 56, b, 2);
                else
                    vring_add(&ring, b, 2);
                e = pop();
                cr_assert_not_null(e);
                cr_assert_eq(e->n_out, 2);
                cr_assert_eq(e->n_in, 5);
                cr_assert_eq(e->in_length, 200);
                virtq_push(q, e, 100);
                cr_assert(vring_get(&ring, &id, &written));
                cr_assert_eq(written, 100);
            }
            virtq_reset(q);
            cr_assert_eq(n_mapped, 0);
            piece = 0;
        }
}

Test(virtqueue, reset_gives_all_back)
{
    const struct vring_buffer b = {BUFFERS, 8, true};
    struct vm_virtq_element *e;

    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    vring_add(&ring, &b, 1);
    e = pop();
    virtq_reset(q);
    cr_assert_eq(n_mapped, 0);
    cr_assert_not(virtq_enabled(q));
    cr_assert_null(pop());
    virtq_push(q, e, 8); /* too late: nothing happens */
    cr_assert_eq(virtq_wants_interrupt(q), 0);
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_PACKED, NULL), 0);
    one_round(1, 1, false, 3);
}

/* ---- suppression ----------------------------------------------------------------------------- */

static void use(uint32_t n)
{
    const struct vring_buffer b = {BUFFERS, 8, true};

    for (uint32_t i = 0; i < n; i++) {
        vring_add(&ring, &b, 1);
        virtq_push(q, pop(), 0);
    }
}

static void take_all(void)
{
    uint32_t written;
    uint16_t id;

    while (vring_get(&ring, &id, &written))
        ;
}

Test(virtqueue, interrupts)
{
    for
        FORMATS(i)
        {
            bool by_index = format(i) & VM_VIRTQ_EVENT_IDX;

            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            vring_want_interrupt(&ring, true, 0);
            cr_assert_eq(virtq_wants_interrupt(q), 0, "nothing was pushed");
            for (unsigned round = 0; round < 100; round++) {
                vring_want_interrupt(&ring, true, 0);
                use(1 + round % 3);
                cr_assert_eq(virtq_wants_interrupt(q), 1);
                cr_assert_eq(virtq_wants_interrupt(q), 0);
                take_all();
                vring_want_interrupt(&ring, false, 0);
                use(2);
                cr_assert_eq(virtq_wants_interrupt(q), 0);
                take_all();
                vring_want_interrupt(&ring, true, 2);
                use(2);
                cr_assert_eq(virtq_wants_interrupt(q), !by_index);
                use(1);
                cr_assert_eq(virtq_wants_interrupt(q), 1);
                take_all();
            }
        }
}

Test(virtqueue, notifications)
{
    for
        FORMATS(i)
        {
            const struct vring_buffer b = {BUFFERS, 8, true};
            bool by_index = format(i) & VM_VIRTQ_EVENT_IDX;

            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            cr_assert_null(pop());
            for (unsigned round = 0; round < 100; round++) {
                vring_add(&ring, &b, 1);
                cr_assert(vring_must_notify(&ring), "the device has seen an empty queue");
                vring_add(&ring, &b, 1);
                cr_assert_eq(vring_must_notify(&ring), !by_index, "it has not looked since");
                virtq_push(q, pop(), 0);
                virtq_push(q, pop(), 0);
                cr_assert_null(pop());
                take_all();
                virtq_set_notify(q, 0);
                vring_add(&ring, &b, 1);
                if (!by_index || ring.packed)
                    cr_assert_not(vring_must_notify(&ring));
                cr_assert_eq(virtq_set_notify(q, 1), 1, "there is something already");
                virtq_push(q, pop(), 0);
                take_all();
                vring_must_notify(&ring);
                cr_assert_eq(virtq_set_notify(q, 1), 0);
            }
        }
}

/* ---- saved state ----------------------------------------------------------------------------- */

Test(virtqueue, state)
{
    for
        FORMATS(i)
        {
            uint32_t words[2], again[2];

            cr_assert_eq(enable(LENGTH, format(i), NULL), 0);
            for (unsigned round = 0; round < 45; round++)
                one_round(1, 1, false, 0);
            virtq_state_get(q, words);
            struct vring kept = ring;
            struct vm_virtq_setup setup = {
                .size = sizeof(setup),
                .flags = format(i),
                .length = LENGTH,
                .descriptors = ring.descriptors,
                .driver = ring.driver,
                .device = ring.device,
            };
            cr_assert_eq(virtq_enable(q, &setup, NULL), 0);
            cr_assert_eq(virtq_state_set(q, words, NULL), 0);
            virtq_state_get(q, again);
            cr_assert_eq(memcmp(words, again, sizeof(words)), 0);
            cr_assert_eq(virtq_wants_interrupt(q), 1, "one may have been lost");
            ring = kept;
            for (unsigned round = 0; round < 45; round++)
                one_round(1, 1, false, 0);
        }
}

Test(virtqueue, bad_state)
{
    const uint32_t bad_split[][2] = {{0x10000, 0}, {0, 0xffffffff}};
    const uint32_t bad_packed[][2] = {{LENGTH, 0}, {0, LENGTH | 0x8000}, {0x10000, 0}};

    cr_assert_eq(virtq_state_set(q, bad_split[0], NULL), -1, "not enabled");
    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(virtq_state_set(q, bad_split[i], NULL), -1);
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_PACKED, NULL), 0);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(virtq_state_set(q, bad_packed[i], NULL), -1);
}

/* ---- rings that cannot be enabled ------------------------------------------------------------ */

Test(virtqueue, bad_setups)
{
    static const struct {
        struct vm_virtq_setup s;
        const char *why;
    } bad[] = {
        {{.length = 0}, "0 descriptors"},
        {{.length = 3}, "no power of 2"},
        {{.length = 2048}, "1 to 1024"},
        {{.length = 2000, .flags = VM_VIRTQ_PACKED}, "1 to 1024"},
        {{.length = 16, .flags = 0x80}, "unknown flags"},
        {{.length = 16, .descriptors = BASE + 8}, "multiple of 16"},
        {{.length = 16, .descriptors = BASE, .driver = BASE + 1}, "multiple of 2"},
        {{.length = 16, .descriptors = BASE, .driver = BASE, .device = BASE + 2}, "multiple of 4"},
        {{.length = 16, .descriptors = BASE, .driver = BASE + 2, .flags = VM_VIRTQ_PACKED},
         "multiple of 4"},
        {{.length = 16, .descriptors = OUTSIDE}, "not in RAM"},
        {{.length = 16, .descriptors = OUTSIDE - 16}, "not in RAM"},
        {{.length = 16, .descriptors = UINT64_MAX - 15}, "wraps around"},
        {{.length = 16, .descriptors = BASE, .driver = OUTSIDE - 8}, "not in RAM"},
        {{.length = 16, .descriptors = BASE, .driver = BASE, .device = 0}, "not in RAM"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vm_virtq_setup s = bad[i].s;
        struct vm_error err = VM_ERROR_INIT;

        s.size = sizeof(s);
        cr_assert_eq(virtq_enable(q, &s, &err), -1, "%zu", i);
        cr_assert_not_null(strstr(err.text, bad[i].why), "%zu: %s", i, err.text);
        cr_assert_not(virtq_enabled(q));
        cr_assert_eq(n_mapped, 0);
        cr_assert_null(pop());
    }
}

Test(virtqueue, ring_in_too_many_pieces)
{
    struct vm_error err = VM_ERROR_INIT;

    piece = 16;
    cr_assert_eq(enable(1024, 0, &err), -1);
    cr_assert_not_null(strstr(err.text, "too many pieces"));
    piece = 24;
    cr_assert_eq(enable(16, 0, &err), -1);
    cr_assert_not_null(strstr(err.text, "odd places"), "%s", err.text);
}

/* ---- chains that cannot be ------------------------------------------------------------------- */

/* Makes descriptor 0 and what follows it available. */
static void available(uint16_t first_flags, uint64_t addr, uint32_t length, uint16_t next)
{
    if (ring.packed) {
        vring_descriptor(&ring, 0, addr, length, (uint16_t)(first_flags | 0x80), next);
    } else {
        vring_descriptor(&ring, 0, addr, length, first_flags, next);
        vring_publish(&ring, 0, 1);
    }
}

/* In both formats, with what a driver may have negotiated. */
static void each_format(void (*make)(void), const char *why, uint32_t flags)
{
    for (uint32_t packed = 0; packed <= VM_VIRTQ_PACKED; packed += VM_VIRTQ_PACKED) {
        cr_assert_eq(enable(LENGTH, flags | packed, NULL), 0);
        make();
        broken(why);
        virtq_reset(q);
        cr_assert_eq(n_mapped, 0);
    }
}

static void outside(void)
{
    available(0, OUTSIDE, 8, 0);
}

static void partly_outside(void)
{
    available(VRING_WRITE, OUTSIDE - 8, 16, 0);
}

static void wraps_around(void)
{
    available(0, UINT64_MAX - 3, 8, 0);
}

static void no_length(void)
{
    available(0, BUFFERS, 0, 0);
}

static void read_after_write(void)
{
    vring_descriptor(&ring, 1, BUFFERS, 8, ring.packed ? 0x80 : 0, 0);
    available(VRING_NEXT | VRING_WRITE, BUFFERS, 8, 1);
}

static void indirect(void)
{
    available(VRING_INDIRECT, TABLE, 16, 0);
}

static void indirect_with_next(void)
{
    available(VRING_INDIRECT | VRING_NEXT, TABLE, 16, 1);
}

static void table_of_odd_length(void)
{
    available(VRING_INDIRECT, TABLE, 24, 0);
}

static void table_of_no_length(void)
{
    available(VRING_INDIRECT, TABLE, 0, 0);
}

static void table_too_long(void)
{
    available(VRING_INDIRECT, TABLE, 16 * 1025, 0);
}

static void table_outside(void)
{
    available(VRING_INDIRECT, OUTSIDE - 16, 32, 0);
}

static void table_wraps_around(void)
{
    available(VRING_INDIRECT, UINT64_MAX - 15, 32, 0);
}

/* A table of two, whose first one has these flags. */
static void table(uint16_t flags, uint16_t next)
{
    uint64_t words[4] = {BUFFERS, 8 | (uint64_t)flags << 32 | (uint64_t)next << 48, BUFFERS, 8};

    if (ring.packed)
        words[1] = 8 | (uint64_t)flags << 48;
    memcpy(ram + (TABLE - BASE), words, sizeof(words));
    available(VRING_INDIRECT, TABLE, 32, 0);
}

static void table_in_a_table(void)
{
    table(VRING_INDIRECT, 0);
}

static void loop_in_a_table(void)
{
    table(VRING_NEXT, 0);
}

static void out_of_a_table(void)
{
    table(VRING_NEXT, 2);
}

static void too_long(void)
{
    vring_descriptor(&ring, 1, BASE, 0x80000000u, ring.packed ? 0x80 | VRING_NEXT : VRING_NEXT, 2);
    available(VRING_NEXT, BASE, 0x80000000u, 1);
}

Test(virtqueue, bad_chains)
{
    each_format(outside, "not in RAM", 0);
    each_format(partly_outside, "not in RAM", VM_VIRTQ_EVENT_IDX);
    each_format(wraps_around, "not in RAM", 0);
    each_format(no_length, "no length", 0);
    each_format(read_after_write, "follows one to write", 0);
    each_format(indirect, "not negotiated", 0);
    each_format(indirect_with_next, "has a next one", VM_VIRTQ_INDIRECT);
    each_format(table_of_odd_length, "24 bytes", VM_VIRTQ_INDIRECT);
    each_format(table_of_no_length, "0 bytes", VM_VIRTQ_INDIRECT);
    each_format(table_too_long, "16400 bytes", VM_VIRTQ_INDIRECT);
    each_format(table_outside, "table at", VM_VIRTQ_INDIRECT);
    each_format(table_wraps_around, "table at", VM_VIRTQ_INDIRECT);
    each_format(table_in_a_table, "names another one", VM_VIRTQ_INDIRECT);
    each_format(too_long, "not in RAM", 0);
}

Test(virtqueue, loops_in_split_rings)
{
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_INDIRECT, NULL), 0);
    loop_in_a_table();
    broken("are a loop");
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_INDIRECT, NULL), 0);
    out_of_a_table();
    broken("descriptor 2 is not one of the 2");
    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    available(VRING_NEXT, BUFFERS, 8, 0);
    broken("are a loop");
    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    available(VRING_NEXT, BUFFERS, 8, LENGTH);
    broken("descriptor 16 is not one of the 16");
    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    vring_publish(&ring, LENGTH, 1);
    broken("descriptor 16 is not one of the 16");
}

Test(virtqueue, available_index_that_jumps)
{
    const struct vring_buffer b = {BUFFERS, 8, false};

    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    vring_add(&ring, &b, 1);
    virtq_push(q, pop(), 0);
    vring_publish(&ring, 0, LENGTH + 1);
    broken("jumps by 17");
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_EVENT_IDX, NULL), 0);
    vring_publish(&ring, 0, 0xffff);
    broken("jumps by 65535");
}

/* The same chain again and again, none of them given back. */
Test(virtqueue, more_chains_than_descriptors)
{
    cr_assert_eq(enable(LENGTH, 0, NULL), 0);
    vring_descriptor(&ring, 0, BUFFERS, 8, 0, 0);
    for (unsigned i = 0; i < LENGTH; i++) {
        vring_publish(&ring, 0, 1);
        cr_assert_not_null(pop());
    }
    vring_publish(&ring, 0, 1);
    broken("more chains");
}

Test(virtqueue, packed_chain_without_end)
{
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_PACKED, NULL), 0);
    for (unsigned i = 0; i < LENGTH; i++)
        vring_descriptor(&ring, i, BUFFERS, 8, 0x80 | VRING_NEXT, 0);
    broken("in use, or itself");
    /* Into descriptors that an earlier chain has. */
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_PACKED, NULL), 0);
    vring_descriptor(&ring, 0, BUFFERS, 8, 0x80, 0);
    cr_assert_not_null(pop());
    for (unsigned i = 1; i < LENGTH; i++)
        vring_descriptor(&ring, i, BUFFERS, 8, 0x80 | VRING_NEXT, 0);
    broken("in use, or itself");
}

/* A broken queue takes back what was out, and says nothing to the driver. */
Test(virtqueue, broken_with_chains_out)
{
    for (uint32_t packed = 0; packed <= VM_VIRTQ_PACKED; packed += VM_VIRTQ_PACKED) {
        const struct vring_buffer good = {BUFFERS, 8, true}, bad = {OUTSIDE, 8, true};
        struct vm_virtq_element *e;
        uint32_t written;
        uint16_t id;

        cr_assert_eq(enable(LENGTH, packed, NULL), 0);
        vring_add(&ring, &good, 1);
        vring_add(&ring, &bad, 1);
        e = pop();
        broken("not in RAM");
        virtq_push(q, e, 8);
        cr_assert_not(vring_get(&ring, &id, &written));
        cr_assert_eq(virtq_wants_interrupt(q), 0);
        cr_assert_eq(virtq_set_notify(q, 1), 0);
    }
}

/* Long tables and buffers in small pieces: bounded. */
Test(virtqueue, too_many_pieces)
{
    static uint64_t words[2 * VM_VIRTQ_MAX_SIZE];

    for (unsigned i = 0; i < VM_VIRTQ_MAX_SIZE; i++) {
        words[2 * i] = BASE;
        words[2 * i + 1] = 4096;
    }
    memcpy(ram + 0x80000, words, sizeof(words));
    cr_assert_eq(enable(LENGTH, VM_VIRTQ_PACKED | VM_VIRTQ_INDIRECT, NULL), 0);
    available(VRING_INDIRECT, BASE + 0x80000, sizeof(words), 0);
    struct vm_virtq_element *e = pop();
    cr_assert_eq(e->n_out, VM_VIRTQ_MAX_SIZE);
    virtq_push(q, e, 0);
    piece = 32;
    vring_descriptor(&ring, 1, BASE + 0x80000, sizeof(words), 0x80 | VRING_INDIRECT, 0);
    broken("pieces");
}

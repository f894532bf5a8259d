/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_virtqueue.c - libFuzzer target for the reader of virtqueues: rings and tables full of what a
 * guest may have written, changed between the device's calls. What pop() gives must lie in RAM, and
 * all mappings must have been given back at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "core/virtqueue/virtqueue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE      0x1000u
#define RAM       0x4000u
#define MAX_STEPS 500
#define MAX_OUT   64u

struct input {
    const uint8_t *data;
    size_t size;
};

static _Alignas(4096) uint8_t ram[RAM];
static uint32_t n_mapped;
static uint64_t piece;

static uint64_t take(struct input *in, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n && in->size > 0; i++) {
        value |= (uint64_t)*in->data++ << i * 8;
        in->size--;
    }
    return value;
}

static void check(int good)
{
    if (!good)
        __builtin_trap();
}

static void *dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write)
{
    uint64_t offset = addr - BASE, room = RAM - offset;

    (void)ctx;
    (void)write;
    check(*n > 0);
    if (offset >= RAM)
        return NULL;
    if (piece && room > piece - addr % piece)
        room = piece - addr % piece;
    *n = *n < room ? *n : room;
    n_mapped++;
    return ram + offset;
}

static void dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written)
{
    uint64_t offset = (uint64_t)((uintptr_t)host - (uintptr_t)ram);

    (void)ctx;
    check(offset < RAM && n <= RAM - offset && written <= n && n_mapped > 0);
    n_mapped--;
}

static const struct vm_device_host host = {
    .size = sizeof(struct vm_device_host),
    .dma_map = dma_map,
    .dma_unmap = dma_unmap,
};

/* ---- what the guest does --------------------------------------------------------------------- */

static void enable(struct vm_virtq *q, struct input *in)
{
    struct vm_virtq_setup s = {
        .size = sizeof(s),
        .flags = (uint32_t)take(in, 1) & 7,
        .length = (uint32_t)take(in, 1),
        .descriptors = BASE,
        .driver = BASE + 0x1000,
        .device = BASE + 0x2000,
    };
    uint8_t odd = (uint8_t)take(in, 1);

    s.length = odd & 8 ? s.length * 8 : 1u << s.length % 8;
    if (odd & 1)
        s.descriptors = take(in, 2);
    if (odd & 2)
        s.driver = take(in, 2);
    if (odd & 4)
        s.device = take(in, 8);
    virtq_enable(q, &s, NULL);
}

/* A descriptor whose fields are mostly near what makes sense. */
static void write_descriptor(struct input *in)
{
    uint64_t at = take(in, 1) * 16, addr = BASE + take(in, 2) % (RAM + 64);
    uint64_t rest = (take(in, 2) % 0x300) | take(in, 2) << 32 | take(in, 2) << 48;

    memcpy(ram + at, &addr, 8);
    memcpy(ram + at + 8, &rest, 8);
}

static void write_half(struct input *in)
{
    uint16_t value;
    uint64_t at = (take(in, 1) >> 4) * 0x400 + take(in, 1) * 2;

    value = (uint16_t)take(in, 2);
    if (at + 2 <= RAM)
        memcpy(ram + at, &value, 2);
}

/* ---- what the device does -------------------------------------------------------------------- */

static void check_pieces(const struct vm_iovec *iov, uint32_t n, uint64_t length)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t offset = (uint64_t)((uintptr_t)iov[i].base - (uintptr_t)ram);

        check(iov[i].length > 0 && offset < RAM && iov[i].length <= RAM - offset);
        length -= iov[i].length;
    }
    check(length == 0);
}

struct out {
    struct vm_virtq_element *e[MAX_OUT];
    uint32_t n;
};

static void pop(struct vm_virtq *q, struct out *out)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_virtq_element *e;
    int error = 0;

    if (out->n == MAX_OUT)
        return;
    e = virtq_pop(q, &error, &err);
    check(error == 0 || (!e && err.set));
    if (!e)
        return;
    check_pieces(e->out, e->n_out, e->out_length);
    check_pieces(e->in, e->n_in, e->in_length);
    out->e[out->n++] = e;
}

static void give_back(struct vm_virtq *q, struct out *out, struct input *in)
{
    uint32_t which;

    if (out->n == 0)
        return;
    which = (uint32_t)take(in, 1) % out->n;
    virtq_push(q, out->e[which], take(in, 2));
    out->e[which] = out->e[--out->n];
}

static void step(struct vm_virtq *q, struct out *out, struct input *in)
{
    uint32_t words[2] = {0};

    switch (take(in, 1) % 12) {
    case 0:
        enable(q, in);
        out->n = 0;
        break;
    case 1 ... 2:
        write_descriptor(in);
        break;
    case 3 ... 4:
        write_half(in);
        break;
    case 5 ... 7:
        pop(q, out);
        break;
    case 8:
        give_back(q, out, in);
        break;
    case 9:
        if (out->n > 0)
            virtq_unpop(q, out->e[--out->n]);
        break;
    case 10:
        virtq_wants_interrupt(q);
        virtq_set_notify(q, (int)take(in, 1) & 1);
        break;
    default:
        words[0] = (uint32_t)take(in, 3);
        words[1] = (uint32_t)take(in, 3);
        if (out->n == 0 && virtq_enabled(q) && virtq_state_set(q, words, NULL) == 0)
            virtq_state_get(q, words);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct vm_virtq *q = virtq_new(&host, NULL);
    struct out out = {.n = 0};

    memset(ram, 0, sizeof(ram));
    n_mapped = 0;
    piece = (uint64_t[]){0, 16, 64, 4096}[take(&in, 1) % 4];
    enable(q, &in);
    for (int i = 0; i < MAX_STEPS && in.size > 0; i++)
        step(q, &out, &in);
    virtq_free(q);
    check(n_mapped == 0);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* rings.c - begins commands and waits for their completions. */
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"

#define SPINS  4000u
#define YIELDS 2000u

/* ---- Copies ---------------------------------------------------------------------------------- */

#define BOUNCE_BYTES 2048u

/* What is moved at once; on processors without such registers it is two words. */
typedef uint64_t pair __attribute__((vector_size(16), may_alias));

/* Both sides are aligned as `pair` is: loads first, so that none waits for a store. */
static void put_pairs(volatile pair *to, const pair *from, uint64_t n)
{
    for (; n >= 4; n -= 4, to += 4, from += 4) {
        pair a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a, to[1] = b, to[2] = c, to[3] = d;
    }
    for (; n > 0; n--)
        *to++ = *from++;
}

static void get_pairs(pair *to, const volatile pair *from, uint64_t n)
{
    for (; n >= 4; n -= 4, to += 4, from += 4) {
        pair a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a, to[1] = b, to[2] = c, to[3] = d;
    }
    for (; n > 0; n--)
        *to++ = *from++;
}

static int is_aligned(const void *p)
{
    return (uintptr_t)p % sizeof(pair) == 0;
}

/* What is not aligned goes by a place that is: memcpy() knows how this processor does that best,
 * where a load of a word from anywhere may be one of eight bytes to the compiler. */
void vgpu_put(struct vgpu *v, uint64_t at, const void *from, uint64_t n)
{
    const uint8_t *bytes = from;
    pair bounce[BOUNCE_BYTES / sizeof(pair)];
    uint64_t whole = is_aligned(from) ? n / sizeof(pair) * sizeof(pair) : 0, some;

    put_pairs((volatile pair *)(void *)(v->window + at), from, whole / sizeof(pair));
    for (uint64_t done = whole; done < n; done += some) {
        some = n - done < BOUNCE_BYTES ? n - done : BOUNCE_BYTES;
        bounce[some / sizeof(pair) % (BOUNCE_BYTES / sizeof(pair))] = (pair){0};
        memcpy(bounce, bytes + done, some);
        /* The bytes behind it are the caller's room, too. */
        put_pairs((volatile pair *)(void *)(v->window + at + done), bounce,
                  (some + sizeof(pair) - 1) / sizeof(pair));
    }
}

void vgpu_get(struct vgpu *v, void *to, uint64_t at, uint64_t n)
{
    uint8_t *bytes = to;
    pair bounce[BOUNCE_BYTES / sizeof(pair)];
    uint64_t whole = is_aligned(to) ? n / sizeof(pair) * sizeof(pair) : 0, some;

    get_pairs(to, (const volatile pair *)(void *)(v->window + at), whole / sizeof(pair));
    for (uint64_t done = whole; done < n; done += some) {
        some = n - done < BOUNCE_BYTES ? n - done : BOUNCE_BYTES;
        get_pairs(bounce, (const volatile pair *)(void *)(v->window + at + done),
                  (some + sizeof(pair) - 1) / sizeof(pair));
        memcpy(bytes + done, bounce, some);
    }
}

/* ---- Rings ----------------------------------------------------------------------------------- */

/* Takes the next completion, if it is there. */
static int collect(struct vgpu *v)
{
    uint32_t at = AT_COMPLETE + (v->seen & (ENTRIES - 1)) * VGPU_ENTRY_BYTES;
    const volatile uint64_t *entry = (const volatile uint64_t *)(void *)(v->window + at);
    uint64_t first = vgpu_le64(entry[0]), second;
    uint32_t id = (uint32_t)(first >> 32);

    if ((uint32_t)first != v->seen + 1)
        return 0;
    vgpu_barrier();
    v->seen++;
    if (id >= ENTRIES || v->tickets[id] != TICKET_UNDER_WAY)
        return 1;
    struct vgpu_result *r = &v->results[id];
    second = vgpu_le64(entry[1]);
    r->error = (uint32_t)second;
    r->text_length = (uint32_t)(second >> 32);
    for (uint32_t i = 0; i < 4; i++)
        r->results[i] = vgpu_le64(entry[2 + i]);
    r->gpu_ns = vgpu_le64(entry[6]);
    v->tickets[id] = TICKET_DONE;
    return 1;
}

/* Waits for the next completion: first on the processor, which is quickest, then less and less. 0:
 * there will be none. */
static int wait_for_one(struct vgpu *v)
{
    for (uint32_t i = 0; !collect(v); i++) {
        struct timespec pause = {.tv_nsec = 50000};
        if (i < SPINS)
            continue;
        if (i < SPINS + YIELDS) {
            sched_yield();
            continue;
        }
        if (vgpu_reg_read(v, VGPU_REG_STATUS) & VGPU_STATUS_FAILED)
            return 0;
        nanosleep(&pause, NULL);
    }
    return 1;
}

static uint32_t take_ticket(struct vgpu *v)
{
    for (;;) {
        for (uint32_t i = 0; i < ENTRIES; i++) {
            uint32_t ticket = (v->tail + i) & (ENTRIES - 1);
            if (v->tickets[ticket] == TICKET_FREE)
                return ticket;
        }
        if (!wait_for_one(v))
            return ENTRIES;
    }
}

static void submit(struct vgpu *v, uint32_t ticket, const struct vgpu_command *c)
{
    uint32_t at = AT_SUBMIT + (v->tail & (ENTRIES - 1)) * VGPU_ENTRY_BYTES;
    volatile uint64_t *entry = (volatile uint64_t *)(void *)(v->window + at);

    entry[0] = vgpu_le64(c->op | (uint64_t)ticket << 32);
    entry[1] = vgpu_le64(c->gpu | (uint64_t)c->stream << 32);
    entry[2] = vgpu_le64(c->text_offset | (uint64_t)c->text_bytes << 32);
    for (uint32_t i = 0; i < 5; i++)
        entry[3 + i] = vgpu_le64(c->arg[i]);
    v->tickets[ticket] = TICKET_UNDER_WAY;
    v->tail++;
    vgpu_barrier();
    vgpu_reg_write(v, VGPU_REG_SUBMIT_TAIL, v->tail);
}

uint32_t vgpu_begin(struct vgpu *v, const struct vgpu_command *c)
{
    uint32_t ticket = take_ticket(v);

    if (ticket < ENTRIES)
        submit(v, ticket, c);
    return ticket;
}

int vgpu_submit_launch(struct vgpu *v, uint32_t gpu, const struct vgpu_launch *l,
                       uint32_t text_bytes, uint32_t *ticket)
{
    struct vgpu_command c = {.op = VGPU_OP_LAUNCH,
                             .gpu = gpu,
                             .stream = l->stream,
                             .text_offset = AT_TEXT,
                             .text_bytes = text_bytes};
    uint32_t half[10] = {l->function}, at;

    if (l->arguments_size > ARGUMENT_BYTES)
        return VGPU_BAD_LENGTH;
    *ticket = take_ticket(v);
    if (*ticket == ENTRIES)
        return VGPU_FAILED;
    at = AT_ARGUMENTS + *ticket * ARGUMENT_BYTES;
    vgpu_put(v, at, l->arguments, l->arguments_size);
    for (uint32_t i = 0; i < 3; i++) {
        half[1 + i] = l->grid[i] ? l->grid[i] : 1;
        half[4 + i] = l->block[i] ? l->block[i] : 1;
    }
    half[7] = l->shared;
    half[8] = at;
    half[9] = l->arguments_size;
    for (uint32_t i = 0; i < 5; i++)
        c.arg[i] = half[2 * i] | (uint64_t)half[2 * i + 1] << 32;
    submit(v, *ticket, &c);
    return VGPU_OK;
}

int vgpu_begin_launch(struct vgpu *v, uint32_t gpu, const struct vgpu_launch *l, uint32_t *ticket)
{
    return vgpu_submit_launch(v, gpu, l, 0, ticket);
}

int vgpu_end(struct vgpu *v, uint32_t ticket, struct vgpu_result *result)
{
    struct vgpu_result failed = {.error = VGPU_FAILED};

    if (ticket >= ENTRIES || v->tickets[ticket] == TICKET_FREE) {
        if (result)
            *result = failed;
        return VGPU_FAILED;
    }
    while (v->tickets[ticket] == TICKET_UNDER_WAY)
        if (!wait_for_one(v)) {
            v->tickets[ticket] = TICKET_DONE;
            v->results[ticket] = failed;
        }
    v->tickets[ticket] = TICKET_FREE;
    if (result)
        *result = v->results[ticket];
    return (int)v->results[ticket].error;
}

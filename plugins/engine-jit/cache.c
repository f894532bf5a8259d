/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of code memory: free lists by size, neighbours that are free are merged. What describes
 * the blocks lies outside of the code memory, at the first and last granule of each.
 */
#include <stdlib.h>
#include "jit.h"

#define GRANULE 64u

struct jit_granule {
    uint32_t n;          /* granules of the block that starts or ends here */
    uint32_t prev, next; /* at a free block's first: its list; next == USED: taken */
};
#define USED (JIT_NONE - 1)

/* Bins 0-31 hold blocks of exactly 1-32 granules, the others of at least 2^5, 2^6, .. . */
static uint32_t bin_of(uint32_t n)
{
    return n <= 32 ? n - 1 : 32u + (26u - (uint32_t)__builtin_clz(n));
}

static void list_add(struct jit_cache *c, uint32_t at, uint32_t n)
{
    uint32_t *head = &c->bins[bin_of(n)];

    c->granules[at] = (struct jit_granule){.n = n, .prev = JIT_NONE, .next = *head};
    if (*head != JIT_NONE)
        c->granules[*head].prev = at;
    *head = at;
    if (n > 1)
        c->granules[at + n - 1] = (struct jit_granule){.n = n, .prev = JIT_NONE, .next = JIT_NONE};
}

static void list_remove(struct jit_cache *c, uint32_t at)
{
    struct jit_granule *g = &c->granules[at];

    if (g->prev != JIT_NONE)
        c->granules[g->prev].next = g->next;
    else
        c->bins[bin_of(g->n)] = g->next;
    if (g->next != JIT_NONE)
        c->granules[g->next].prev = g->prev;
}

static void mark_used(struct jit_cache *c, uint32_t at, uint32_t n)
{
    c->granules[at] = c->granules[at + n - 1] =
        (struct jit_granule){.n = n, .prev = JIT_NONE, .next = USED};
}

static uint32_t find(struct jit_cache *c, uint32_t n)
{
    for (uint32_t bin = bin_of(n); bin < 64; bin++) {
        for (uint32_t at = c->bins[bin]; at != JIT_NONE; at = c->granules[at].next)
            if (c->granules[at].n >= n)
                return at;
    }
    return JIT_NONE;
}

uint32_t jit_cache_alloc(struct jit_cache *c, uint32_t bytes)
{
    uint32_t n = (bytes + GRANULE - 1) / GRANULE;

    pthread_mutex_lock(&c->lock);
    uint32_t at = find(c, n);
    if (at != JIT_NONE) {
        uint32_t rest = c->granules[at].n - n;
        list_remove(c, at);
        mark_used(c, at, n);
        if (rest)
            list_add(c, at + n, rest);
        c->used += (uint64_t)n * GRANULE;
    }
    pthread_mutex_unlock(&c->lock);
    return at == JIT_NONE ? JIT_NONE : at * GRANULE;
}

void jit_cache_release(struct jit_cache *c, uint32_t offset)
{
    uint32_t at = offset / GRANULE;

    pthread_mutex_lock(&c->lock);
    uint32_t n = c->granules[at].n, behind = at + n;
    c->used -= (uint64_t)n * GRANULE;
    if (behind < c->n_granules && c->granules[behind].next != USED) {
        list_remove(c, behind);
        n += c->granules[behind].n;
    }
    if (at > 0 && c->granules[at - 1].next != USED) {
        uint32_t before = at - c->granules[at - 1].n;
        list_remove(c, before);
        n += c->granules[before].n;
        at = before;
    }
    list_add(c, at, n);
    pthread_mutex_unlock(&c->lock);
}

int jit_cache_init(struct jit_cache *c, const struct vm_host_code_memory *host, uint64_t bytes,
                   struct vm_error *err)
{
    if (host->map(bytes, &c->memory, err))
        return -1;
    c->n_granules = (uint32_t)(c->memory.bytes / GRANULE);
    c->granules = calloc(c->n_granules, sizeof(*c->granules));
    if (!c->granules) {
        host->unmap(&c->memory);
        return vm_error_set(err, "out of memory for the code cache's tables");
    }
    for (uint32_t i = 0; i < 64; i++)
        c->bins[i] = JIT_NONE;
    pthread_mutexattr_t brief; /* who finds it taken spins a little first */
    pthread_mutexattr_init(&brief);
    pthread_mutexattr_settype(&brief, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&c->lock, &brief);
    pthread_mutexattr_destroy(&brief);
    list_add(c, 0, c->n_granules);
    return 0;
}

void jit_cache_free(struct jit_cache *c, const struct vm_host_code_memory *host)
{
    if (!c->granules)
        return;
    host->unmap(&c->memory);
    free(c->granules);
    pthread_mutex_destroy(&c->lock);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* ini_pool.c - memory that lives as long as a machine description: a list of blocks. */
#define _GNU_SOURCE /* vasprintf */
#include "core/machine/ini_pool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    max_align_t bytes[];
};

struct pool {
    struct block *first;
};

struct pool *pool_new(void)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        abort();
    return pool;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    for (struct block *b = pool->first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(pool);
}

void *pool_alloc(struct pool *pool, size_t n)
{
    struct block *b = calloc(1, sizeof(*b) + n);

    if (!b)
        abort();
    b->next = pool->first;
    pool->first = b;
    return b->bytes;
}

void *pool_grow(struct pool *pool, const void *old, size_t n_old, size_t n)
{
    void *bytes = pool_alloc(pool, n);

    if (n_old)
        memcpy(bytes, old, n_old);
    return bytes;
}

char *pool_strndup(struct pool *pool, const char *text, size_t n)
{
    char *copy = pool_alloc(pool, n + 1);

    memcpy(copy, text, n);
    return copy;
}

char *pool_strdup(struct pool *pool, const char *text)
{
    return pool_strndup(pool, text, strlen(text));
}

char *pool_printf(struct pool *pool, const char *fmt, ...)
{
    char *text;
    va_list ap;

    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    char *copy = pool_strndup(pool, text, (size_t)n);
    free(text);
    return copy;
}

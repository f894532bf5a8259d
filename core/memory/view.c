/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.c - the list of ranges in two copies.
 *
 * Why it is right: a writer publishes sequence k+1 before it touches the copy that readers of k
 * use, and it touches it by release stores. A reader of k that sees any of them by its acquire
 * loads sees a sequence other than k at its end. What it read till then was odd, but harmless: an
 * index below any count ever stored has a span, and spans live for ever.
 */
#include "core/memory/view.h"
#include <stdlib.h>

static struct view_copy *current(const struct view *v)
{
    return (struct view_copy *)&v->copies[atomic_load(&v->sequence) & 1];
}

static struct view_copy *other(const struct view *v)
{
    return (struct view_copy *)&v->copies[(atomic_load(&v->sequence) + 1) & 1];
}

int view_grow(struct view *v)
{
    uint32_t room = v->room + 1;
    for (int i = 0; i < 2; i++) {
        struct view_cell *cells = realloc(v->copies[i].cells, room * sizeof(*cells));
        if (!cells)
            return -1;
        atomic_init(&cells[v->room].base, 0);
        atomic_init(&cells[v->room].span, NULL);
        v->copies[i].cells = cells;
    }
    v->room = room;
    return 0;
}

void view_free(struct view *v)
{
    free(v->copies[0].cells);
    free(v->copies[1].cells);
}

/* ---- reading ---- */

static uint64_t base_at(const struct view_copy *c, uint32_t i)
{
    return atomic_load_explicit(&c->cells[i].base, memory_order_acquire);
}

static uint32_t search(const struct view_copy *c, uint64_t pa)
{
    uint32_t low = 0, high = atomic_load_explicit(&c->n, memory_order_acquire);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (base_at(c, middle) <= pa)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct space_range range_at(const struct view_copy *c, uint32_t i)
{
    const struct span *span = atomic_load_explicit(&c->cells[i].span, memory_order_acquire);
    return (struct space_range){
        .base = base_at(c, i),
        .length = span->length,
        .ram = span->ram,
        .mmio = span->mmio,
    };
}

/* *number: of the list in which it was found. */
static bool find(const struct view *v, uint64_t pa, struct space_range *out, uint32_t *number)
{
    uint32_t sequence, after = atomic_load_explicit(&v->sequence, memory_order_acquire);
    bool found;
    do {
        const struct view_copy *c = &v->copies[after & 1];
        sequence = after;
        uint32_t i = search(c, pa);
        found = i > 0;
        if (found)
            *out = range_at(c, i - 1);
        after = atomic_load_explicit(&v->sequence, memory_order_acquire);
    } while (__builtin_expect(after != sequence, 0));
    *number = sequence;
    return found && pa - out->base < out->length;
}

bool view_find(const struct view *v, uint64_t pa, struct space_range *out)
{
    uint32_t ignored;
    return find(v, pa, out, &ignored);
}

const struct space_range *view_find_again(const struct view *v, uint64_t pa,
                                          struct space_hint *hints)
{
    struct space_hint *h = &hints[(pa >> 12) % SPACE_HINTS];
    uint32_t sequence = atomic_load_explicit(&v->sequence, memory_order_acquire);
    if (pa - h->range.base < h->range.length && h->number == sequence)
        return &h->range;
    if (find(v, pa, &h->range, &h->number))
        return &h->range;
    h->range.length = 0;
    return NULL;
}

uint32_t view_count(const struct view *v)
{
    return atomic_load(&current(v)->n);
}

struct space_range view_at(const struct view *v, uint32_t i)
{
    return range_at(current(v), i);
}

uint32_t view_search(const struct view *v, uint64_t pa)
{
    return search(current(v), pa);
}

uint32_t view_overlap(const struct view *v, uint64_t base, uint64_t last)
{
    uint32_t i = view_search(v, last);
    if (i == 0)
        return UINT32_MAX;
    struct space_range r = view_at(v, i - 1);
    return r.base + (r.length - 1) >= base ? i - 1 : UINT32_MAX;
}

/* ---- changing ---- */

static void set_cell(struct view_copy *c, uint32_t i, uint64_t base, const struct span *span)
{
    atomic_store_explicit(&c->cells[i].base, base, memory_order_release);
    atomic_store_explicit(&c->cells[i].span, span, memory_order_release);
}

/* n cells of the current copy into the other one. */
static void copy_cells(struct view_copy *to, uint32_t at, const struct view_copy *from,
                       uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        set_cell(to, at + i, atomic_load(&from->cells[first + i].base),
                 atomic_load(&from->cells[first + i].span));
}

static void publish(struct view *v, struct view_copy *changed, uint32_t n)
{
    atomic_store_explicit(&changed->n, n, memory_order_release);
    atomic_fetch_add(&v->sequence, 1);
}

void view_insert(struct view *v, uint64_t base, const struct span *span)
{
    struct view_copy *from = current(v), *to = other(v);
    uint32_t n = atomic_load(&from->n), at = search(from, base);
    copy_cells(to, 0, from, 0, at);
    set_cell(to, at, base, span);
    copy_cells(to, at + 1, from, at, n - at);
    publish(v, to, n + 1);
}

void view_remove(struct view *v, uint64_t base)
{
    struct view_copy *from = current(v), *to = other(v);
    uint32_t n = atomic_load(&from->n), at = search(from, base) - 1;
    copy_cells(to, 0, from, 0, at);
    copy_cells(to, at, from, at + 1, n - at - 1);
    publish(v, to, n - 1);
}

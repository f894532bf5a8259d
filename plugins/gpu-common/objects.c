/* SPDX-License-Identifier: BSD-2-Clause */
/* objects.c - objects of a GPU backend by number: open addressing, linear probing. */
#include "objects.h"

#include <stdlib.h>

#define LEAST_ROOM 16

/* Numbers are consecutive, or addresses whose low bits are all zero. */
static size_t home(const struct objects *t, uint64_t number)
{
    number *= UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(number >> 32) & (t->room - 1);
}

/* Where the number is, or the free place where it would go. The table has room. */
static struct objects_entry *place(const struct objects *t, uint64_t number)
{
    size_t i = home(t, number);

    while (t->entries[i].number && t->entries[i].number != number)
        i = (i + 1) & (t->room - 1);
    return &t->entries[i];
}

static int grow(struct objects *t)
{
    struct objects bigger = {.room = t->room ? t->room * 2 : LEAST_ROOM};

    bigger.entries = calloc(bigger.room, sizeof(*bigger.entries));
    if (!bigger.entries)
        return -1;
    for (size_t i = 0; i < t->room; i++)
        if (t->entries[i].number)
            *place(&bigger, t->entries[i].number) = t->entries[i];
    free(t->entries);
    t->entries = bigger.entries;
    t->room = bigger.room;
    return 0;
}

int objects_add(struct objects *t, uint64_t number, void *object)
{
    if (t->count >= t->room / 4 * 3 && grow(t))
        return -1;
    *place(t, number) = (struct objects_entry){number, object};
    t->count++;
    return 0;
}

uint64_t objects_new(struct objects *t, void *object)
{
    if (objects_add(t, t->last + 1, object))
        return 0;
    return ++t->last;
}

void *objects_find(const struct objects *t, uint64_t number)
{
    return t->room && number ? place(t, number)->object : NULL;
}

/* Those behind the gap that are not at home move up, so that no search ends at it too early. */
static void close_gap(struct objects *t, size_t gap)
{
    size_t mask = t->room - 1;

    for (size_t i = (gap + 1) & mask; t->entries[i].number; i = (i + 1) & mask)
        if (((i - home(t, t->entries[i].number)) & mask) >= ((i - gap) & mask)) {
            t->entries[gap] = t->entries[i];
            gap = i;
        }
    t->entries[gap] = (struct objects_entry){0};
}

void *objects_take(struct objects *t, uint64_t number)
{
    void *object = objects_find(t, number);

    if (!object)
        return NULL;
    close_gap(t, (size_t)(place(t, number) - t->entries));
    t->count--;
    return object;
}

void *objects_take_any(struct objects *t)
{
    while (t->left < t->room)
        if (t->entries[t->left++].number)
            return t->entries[t->left - 1].object;
    free(t->entries);
    *t = (struct objects){0};
    return NULL;
}

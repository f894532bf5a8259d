/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * objects.h - objects of a GPU backend by number: modules, functions, streams, allocations.
 *
 * A hash table. A zeroed struct is an empty one. Numbers that objects_new() gives are never given
 * twice, so that one of something that is gone finds nothing.
 */
#ifndef GPU_COMMON_OBJECTS_H
#define GPU_COMMON_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

struct objects_entry {
    uint64_t number; /* 0: free */
    void *object;
};

struct objects {
    struct objects_entry *entries; /* `room` of them, a power of two; at most 3/4 are in use */
    size_t room, count;
    uint64_t last; /* number that was given */
    size_t left;   /* objects_take_any: where it goes on */
};

/* A new number, not 0, for the object; 0: out of memory. */
uint64_t objects_new(struct objects *t, void *object);
/* With a number of the caller's, not 0, that is not in use. -1: out of memory. */
int objects_add(struct objects *t, uint64_t number, void *object);
void *objects_find(const struct objects *t, uint64_t number); /* NULL: there is none */
void *objects_take(struct objects *t, uint64_t number);       /* the same; and it is gone from it */
/* For the end: one after the other, with nothing else in between; NULL: all were taken, and the
 * table is an empty one. */
void *objects_take_any(struct objects *t);

#endif

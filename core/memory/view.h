/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view.h - the sorted list of what lies where in the guest-physical address space, read without
 * locks while it changes.
 *
 * There are two copies of the list. The sequence number's lowest bit tells which one is current; a
 * change is made in the other one and published by counting up. A reader that finds the number
 * changed at its end looks again, so it never waits for a writer that was preempted. Nothing is
 * allocated after the start: a guest may move its BARs for ever.
 */
#ifndef CORE_MEMORY_VIEW_H
#define CORE_MEMORY_VIEW_H

#include "core/memory/space.h"

/* What is at a place; never changes and lives as long as the space. */
struct span {
    uint64_t length;
    struct ram_block *ram;
    struct mmio_target *mmio;
};

struct view_cell {
    _Atomic uint64_t base;
    _Atomic(const struct span *) span;
};

struct view_copy {
    _Atomic uint32_t n;
    struct view_cell *cells; /* by base, not overlapping */
};

struct view {
    _Atomic uint32_t sequence;
    uint32_t room; /* cells in each copy */
    struct view_copy copies[2];
};

/* Makes room for one more. -1: out of memory. [before start] */
int view_grow(struct view *v);
void view_free(struct view *v);

/* The writers' side; the caller holds a lock. */

uint32_t view_count(const struct view *v);
struct space_range view_at(const struct view *v, uint32_t i);
/* How many begin at or below pa. */
uint32_t view_search(const struct view *v, uint64_t pa);
/* The index of one that overlaps [base, last]; UINT32_MAX: none. */
uint32_t view_overlap(const struct view *v, uint64_t base, uint64_t last);
/* There is room, and it overlaps nothing. */
void view_insert(struct view *v, uint64_t base, const struct span *span);
void view_remove(struct view *v, uint64_t base);

/* What lies at pa; false: nothing. [any thread, no lock] */
bool view_find(const struct view *v, uint64_t pa, struct space_range *out);
/* As space_find_again. */
const struct space_range *view_find_again(const struct view *v, uint64_t pa,
                                          struct space_hint *hints);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb_fetched.c - through which mappings code was fetched, so that a flush can tell whether what
 * was derived from them may be wrong now: then the number that stands for them, the generation,
 * changes.
 *
 * A kernel's code is mapped in all address spaces alike. So contexts that differ in their ASID only
 * share a record, a family's, until one of them fetches through a mapping that is not global; that
 * one has a record of its own from then on. What a vCPU remembers of a kernel's code survives a
 * change of the address space by that, and serves new ones.
 */
#include <string.h>
#include "core/memory/tlb_table.h"

/* Flushes of up to so many pages look each page up. */
#define LOOKUP_PAGES 32u

static const struct tlb_span nothing = {.first = UINT64_MAX, .last = 0};

/* ---- generations ---- */

static void start_over(struct tlb *t)
{
    for (uint32_t i = 0; i < t->n_contexts; i++)
        t->contexts[i]->own.generation = ++t->last_generation;
    for (uint32_t i = 0; i < TLB_FAMILIES; i++)
        t->families[i].fetched.generation = ++t->last_generation;
    t->last_generation++;
    if (t->fetch_changed)
        t->fetch_changed(t->fetch_changed_opaque, true);
}

static void change_generation(struct tlb *t, struct tlb_fetched *f)
{
    if (++t->last_generation == 0)
        start_over(t);
    *f = (struct tlb_fetched){.generation = t->last_generation, .pages = nothing, .large = nothing};
}

uint32_t tlb_fetch_generation(const struct tlb *t)
{
    return t->selected[VM_MMU_FETCH]->fetched->generation;
}

void tlb_on_fetch_change(struct tlb *t, void (*fn)(void *opaque, bool wrapped), void *opaque)
{
    t->fetch_changed = fn;
    t->fetch_changed_opaque = opaque;
}

/* ---- families ---- */

static struct tlb_family *find_family(struct tlb *t, uint64_t id)
{
    struct tlb_family *unused = NULL;
    for (uint32_t i = 0; i < TLB_FAMILIES; i++) {
        struct tlb_family *f = &t->families[i];
        if (f->members && f->id == id)
            return f;
        if (!f->members)
            unused = f;
    }
    if (unused) {
        unused->id = id;
        change_generation(t, &unused->fetched);
    }
    return unused;
}

static void leave_family(struct tlb_context *c)
{
    if (c->family)
        c->family->members--;
    c->family = NULL;
    c->fetched = &c->own;
}

void tlb_fetched_begin(struct tlb *t, struct tlb_context *c)
{
    leave_family(c);
    c->fetches = false;
    change_generation(t, &c->own);
}

void tlb_fetched_select(struct tlb *t, struct tlb_context *c)
{
    uint64_t asid = t->arch->context_asid_mask;
    if (c->fetches || !asid)
        return;
    c->fetches = true;
    c->family = find_family(t, c->id & ~asid);
    if (!c->family)
        return;
    c->family->members++;
    c->fetched = &c->family->fetched;
}

/* ---- fetches and flushes ---- */

static uint32_t filter_bit(uint64_t va)
{
    uint64_t page = va >> VM_PAGE_BITS;
    return (uint32_t)(page ^ page >> 12 ^ page >> 24) % TLB_FETCHED_BITS;
}

static void widen(struct tlb_span *s, uint64_t first, uint64_t last)
{
    s->first = first < s->first ? first : s->first;
    s->last = last > s->last ? last : s->last;
}

static bool overlaps(const struct tlb_span *s, uint64_t first, uint64_t last)
{
    return s->first <= last && first <= s->last;
}

void tlb_note_exec(struct tlb *t, uint64_t va, const struct tlb_mapping *m)
{
    struct tlb_context *c = t->selected[VM_MMU_FETCH];
    bool parts = c->family && !m->global;
    if (parts) {
        leave_family(c);
        change_generation(t, &c->own);
    }
    struct tlb_fetched *f = c->fetched;
    f->seen = true;
    f->local_seen |= !m->global;
    if (!m->large) {
        uint32_t bit = filter_bit(va);
        f->filter[bit / 64] |= UINT64_C(1) << bit % 64;
        widen(&f->pages, va & VM_PAGE_MASK, va | ~VM_PAGE_MASK);
    }
    for (uint32_t i = 0; m->large && i < c->n_large; i++)
        if (va >= c->large[i].first && va <= c->large[i].last)
            widen(&f->large, c->large[i].first, c->large[i].last);
    if (parts && t->fetch_changed)
        t->fetch_changed(t->fetch_changed_opaque, false);
}

static bool fetched_from(const struct tlb_fetched *f, uint64_t first, uint64_t last)
{
    if (overlaps(&f->large, first, last))
        return true;
    if (!overlaps(&f->pages, first, last))
        return false;
    if ((last - first) >> VM_PAGE_BITS >= LOOKUP_PAGES)
        return true;
    for (uint64_t left = ((last - first) >> VM_PAGE_BITS) + 1, va = first; left > 0;
         left--, va += VM_PAGE_SIZE) {
        uint32_t bit = filter_bit(va);
        if (f->filter[bit / 64] >> bit % 64 & 1)
            return true;
    }
    return false;
}

void tlb_fetched_flush(struct tlb *t, struct tlb_context *c, uint64_t first, uint64_t last,
                       bool keep_global)
{
    struct tlb_fetched *f = c->fetched;
    if (keep_global ? !f->local_seen : !f->seen)
        return;
    if (fetched_from(f, first, last))
        change_generation(t, f);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The generations of the software TLB: which flushes change what was derived from fetched code. */
#include "tlb_rig.h"

#define FETCHED_TEST(name) Test(tlb_fetched, name, .init = tlb_rig_up, .fini = tlb_rig_down)

static uint32_t fetch(uint64_t va)
{
    uint64_t pa;
    bool no_cache;
    cr_assert(tlb_fetch_page(rig.tlb, va, &pa, &no_cache));
    return tlb_fetch_generation(rig.tlb);
}

FETCHED_TEST(fetch_generation)
{
    for (uint64_t id = 1; id <= 2; id++) {
        map(id, 0x1000, RAM_BASE, 12, RWX);
        map(id, 0x2000, RAM_BASE + PAGE, 12, RWX);
        map(id, 0x40000000, RAM_BASE, 21, RWX);
        map(id, 0x9000, RAM_BASE, 12, RWX)->global = true;
    }
    tlb_select(rig.tlb, VM_MMU_FETCH, 1);
    uint32_t first = fetch(0x1000);
    cr_assert_neq(first, 0);
    tlb_select(rig.tlb, VM_MMU_FETCH, 2);
    uint32_t second = fetch(0x1000);
    cr_assert_neq(first, second);
    tlb_select(rig.tlb, VM_MMU_FETCH, 1);
    cr_assert_eq(tlb_fetch_generation(rig.tlb), first);
    /* a page that was not fetched from: no change, though it is executable and filled */
    tlb_select(rig.tlb, VM_MMU_DATA, 1);
    load(0x2000, 1);
    tlb_flush(rig.tlb, 0, 0, 0x2000, 1, false);
    cr_assert_eq(tlb_fetch_generation(rig.tlb), first);
    /* one that was, even if the table has long lost it */
    tlb_flush(rig.tlb, 0, 0, 0x1000, 1, false);
    uint32_t third = tlb_fetch_generation(rig.tlb);
    cr_assert_neq(third, first);
    tlb_flush(rig.tlb, 0, 0, 0x1000, 1, false);
    cr_assert_eq(tlb_fetch_generation(rig.tlb), third); /* nothing was fetched since */
    /* of the other context too, and it was not selected */
    tlb_select(rig.tlb, VM_MMU_FETCH, 2);
    cr_assert_neq(tlb_fetch_generation(rig.tlb), second);
    /* any page of a large page */
    second = fetch(0x40000000);
    tlb_flush(rig.tlb, 0, 0, 0x40100000, 1, false);
    cr_assert_neq(tlb_fetch_generation(rig.tlb), second);
    /* globals are spared */
    second = fetch(0x9000);
    tlb_flush(rig.tlb, 0, 0, 0, 0, true);
    cr_assert_eq(tlb_fetch_generation(rig.tlb), second);
    fetch(0x1000);
    tlb_flush(rig.tlb, 0, 0, 0, 0, true);
    cr_assert_neq(tlb_fetch_generation(rig.tlb), second);
}

static int wraps, moves;

static void count_change(void *opaque, bool wrapped)
{
    (void)opaque;
    wraps += wrapped;
    moves += !wrapped;
}

static uint32_t select_fetch(uint64_t id)
{
    tlb_select(rig.tlb, VM_MMU_FETCH, id);
    return tlb_fetch_generation(rig.tlb);
}

/* Address spaces 0x100 to 0x10f: a global page, a page of one's own, a global large page. */
static void map_family(void)
{
    rig.arch.context_asid_mask = 0xf;
    tlb_on_fetch_change(rig.tlb, count_change, NULL);
    wraps = moves = 0;
    for (uint64_t id = 0x100; id < 0x110; id++) {
        map(id, 0x9000, RAM_BASE, 12, RWX)->global = true;
        map(id, 0x1000, RAM_BASE + PAGE, 12, RWX);
        map(id, 0x40000000, RAM_BASE, 21, RWX)->global = true;
    }
}

FETCHED_TEST(global_code_is_shared)
{
    map_family();
    map(0x201, 0x9000, RAM_BASE, 12, RWX)->global = true;
    select_fetch(0x101);
    uint32_t all = fetch(0x9000);
    cr_assert_eq(select_fetch(0x102), all);
    cr_assert_neq(select_fetch(0x201), all, "differs in more than the ASID");
    /* what one knows goes with the flush of another, and with no flush that spares it */
    tlb_flush(rig.tlb, 0x100, ~UINT64_C(0xf), 0, 0, true);
    tlb_flush(rig.tlb, 0x102, UINT64_MAX, 0x9000, 1, true);
    tlb_flush(rig.tlb, 0x102, UINT64_MAX, 0x8000, 1, false);
    cr_assert_eq(select_fetch(0x101), all);
    tlb_flush(rig.tlb, 0x102, UINT64_MAX, 0x9000, 1, false);
    cr_assert_neq(select_fetch(0x101), all);
    all = fetch(0x9000);
    tlb_flush(rig.tlb, 0x102, UINT64_MAX, 0, 0, false);
    cr_assert_neq(select_fetch(0x102), all);
    /* a large page, which only one of them has filled */
    select_fetch(0x101);
    all = fetch(0x40000000);
    select_fetch(0x102);
    tlb_flush(rig.tlb, 0x102, UINT64_MAX, 0x40100000, 1, false);
    cr_assert_neq(select_fetch(0x101), all);
    cr_assert_eq(moves, 0);
}

FETCHED_TEST(own_code_is_not_shared)
{
    map_family();
    select_fetch(0x101);
    uint32_t all = fetch(0x9000);
    select_fetch(0x102);
    uint32_t own = fetch(0x1000);
    cr_assert_neq(own, all);
    cr_assert_eq(moves, 1);
    cr_assert_eq(fetch(0x9000), own);
    cr_assert_eq(select_fetch(0x101), all);
    cr_assert_eq(select_fetch(0x102), own, "it does not come back");
    tlb_flush(rig.tlb, 0, 0, 0, 0, true);
    cr_assert_neq(select_fetch(0x102), own);
    cr_assert_eq(select_fetch(0x101), all);
    tlb_flush(rig.tlb, 0x101, UINT64_MAX, 0x9000, 1, false);
    cr_assert_neq(select_fetch(0x101), all);
}

/* More address spaces and families than there are contexts: what is recycled is new. */
FETCHED_TEST(many_families)
{
    rig.arch.context_asid_mask = 0xf;
    for (uint64_t id = 0; id < 0x800; id++)
        map(id, 0x9000, RAM_BASE, 12, RWX)->global = true;
    uint32_t last = 0;
    for (int round = 0; round < 3; round++) {
        for (uint64_t id = 0x7f0; id; id -= 8) {
            select_fetch(id);
            uint32_t now = fetch(0x9000);
            cr_assert_neq(now, last);
            tlb_flush(rig.tlb, id, UINT64_MAX, 0x9000, 1, false);
            cr_assert_neq(tlb_fetch_generation(rig.tlb), now);
            last = now;
        }
    }
    uint32_t members = 0;
    for (uint32_t i = 0; i < TLB_FAMILIES; i++)
        members += rig.tlb->families[i].members;
    cr_assert(members > 0 && members <= TLB_MAX_CONTEXTS);
}

FETCHED_TEST(generation_wraps)
{
    map(1, 0x1000, RAM_BASE, 12, RWX);
    map(0x10, 0x1000, RAM_BASE, 12, RWX)->global = true;
    tlb_on_fetch_change(rig.tlb, count_change, NULL);
    rig.arch.context_asid_mask = 0xf;
    wraps = 0;
    select_fetch(0x10);
    fetch(0x1000);
    select_fetch(1);
    fetch(0x1000);
    rig.tlb->last_generation = UINT32_MAX - 2;
    uint32_t before = 0;
    for (int i = 0; i < 5; i++) {
        tlb_flush(rig.tlb, 0, 0, 0, 0, false);
        uint32_t generation = fetch(0x1000);
        cr_assert(generation != 0 && generation != before);
        before = generation;
    }
    cr_assert_eq(wraps, 1);
    cr_assert(select_fetch(0x10) != 0 && tlb_fetch_generation(rig.tlb) != before);
}

/* When a context that is about to be selected takes the last number. */
FETCHED_TEST(generation_wraps_in_a_selection)
{
    tlb_on_fetch_change(rig.tlb, count_change, NULL);
    wraps = 0;
    rig.tlb->last_generation = UINT32_MAX - 2;
    uint32_t seen = 0;
    for (uint64_t id = 1; id < 6; id++) {
        cr_assert(select_fetch(id) != 0 && tlb_fetch_generation(rig.tlb) != seen);
        seen = tlb_fetch_generation(rig.tlb);
    }
    cr_assert_eq(wraps, 1);
}

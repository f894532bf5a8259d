/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb_table.h - the tables of a software TLB, shared by tlb.c (which keeps them) and access.c
 * (which uses them).
 *
 * A context is one translation regime: a direct-mapped table that grows, beside it for each entry a
 * `meta` word (guest-physical page and META_ flags), and a few victims of conflicts. An entry that
 * is in use has the page's address in all three tags, with VM_TLB_INVALID where the access is not
 * mapped; one that is not has all bits set.
 */
#ifndef CORE_MEMORY_TLB_TABLE_H
#define CORE_MEMORY_TLB_TABLE_H

#include "core/memory/tlb.h"

#define TLB_MAX_CONTEXTS  32
#define TLB_RECENT        16u
#define TLB_MIN_ENTRIES   256u
#define TLB_MAX_ENTRIES   8192u
#define TLB_TOTAL_ENTRIES 32768u /* of all contexts of one vCPU: 1.3 MB */
#define TLB_VICTIMS       8u
#define TLB_LARGE_RANGES  16u
#define TLB_FETCHED_BITS  4096u
#define TLB_FAMILIES      8u
#define TLB_PROBES        4u
#define TLB_STREAMS       4u
#define TLB_MOST_AHEAD    15u /* pages filled ahead of a stream */

#define META_GLOBAL  1u  /* spared by keep_global */
#define META_LARGE   2u  /* filled from a page larger than 4K: flushed with its large range */
#define META_RAM     4u  /* the addend leads to host memory; else registers */
#define META_WRITE   8u  /* RAM that may be written through this entry, fast or slow */
#define META_ALIGNED 32u /* misaligned accesses fault; all are slow */
#define META_DEVICE  16u /* a device's memory: META_RAM, but writes go to its registers */

/* Addresses, both included; none if first > last. */
struct tlb_span {
    uint64_t first, last;
};

/* Through which mappings code was fetched since the generation changed (tlb_fetched.c). */
struct tlb_fetched {
    uint32_t generation;   /* of what was derived from that code */
    bool seen, local_seen; /* any; through any that is not global */
    struct tlb_span pages, large;
    uint64_t filter[TLB_FETCHED_BITS / 64]; /* Bloom filter of the pages that are not large */
};

/* Contexts that differ in their ASID only, and fetched through global mappings only. */
struct tlb_family {
    uint64_t id;      /* without the ASID */
    uint32_t members; /* 0: unused */
    struct tlb_fetched fetched;
};

struct tlb_context {
    uint64_t id;
    uint64_t last_use;
    uint32_t selected; /* by so many MMU indices */
    bool stale;        /* to be cleared before it is used again */
    bool has_global;
    bool fetches;                /* was selected for fetches */
    struct tlb_family *family;   /* NULL: in none */
    struct tlb_fetched *fetched; /* the family's or `own` */
    struct tlb_fetched own;
    uint32_t n_large;
    uint64_t fills;     /* since it was cleared; 0: the table is empty */
    uint32_t evictions; /* since the window began */
    uint64_t window;    /* instructions retired at its begin */
    uint64_t mask;
    struct vm_tlb_entry *entries;
    uint64_t *meta;
    uint32_t next_victim;
    struct vm_tlb_entry victims[TLB_VICTIMS];
    uint64_t victim_meta[TLB_VICTIMS];
    /* Addresses under which large pages were filled. Ranges that do not fit are merged into one
     * that spans both. */
    struct tlb_span large[TLB_LARGE_RANGES];
};

/* Accesses that may be going through memory in order. */
struct tlb_stream {
    uint64_t next; /* the page where the next walk is, if they are */
    uint32_t n;    /* pages that were filled ahead */
};

struct tlb {
    struct vm_cpu *cpu;
    const struct vm_arch_ops *arch;
    struct space *space;
    struct tlb_context *selected[VM_MMU_COUNT];
    struct tlb_context *contexts[TLB_MAX_CONTEXTS];
    struct tlb_context *recent[TLB_RECENT]; /* by a hash of the id */
    uint32_t n_contexts;
    uint32_t total_entries;
    uint32_t last_generation;
    uint64_t uses;        /* clock of last_use */
    uint64_t flush_count; /* a walk during which it changed must not fill: the table may have
                             changed under it */
    struct tlb_family families[TLB_FAMILIES];
    void (*fetch_changed)(void *opaque, bool wrapped);
    void *fetch_changed_opaque;
    struct {
        uint64_t va, pa;
    } probes[TLB_PROBES]; /* pages probed for writing; va all ones: none */
    uint32_t next_probe;
    struct space_hint registers[SPACE_HINTS]; /* used lately */
    struct tlb_stream streams[TLB_STREAMS];   /* walks that went from page to page */
    uint32_t next_stream;
    struct tlb_stats stats;
};

/* One translated address. */
struct tlb_mapping {
    uint64_t pa;
    uint8_t *host; /* of this very byte; NULL: not RAM */
    bool code;     /* write access to a page flagged PAGE_CODE */
    bool global, large, no_cache;
    bool aligned; /* a misaligned access faults */
};

/* What is in the table or among the victims for this access; false: a walk is needed. */
bool tlb_lookup(struct tlb *t, struct tlb_context *c, uint64_t va, enum vm_access access,
                struct tlb_mapping *m);
/* Enters a walk's result, which lies in `r`. */
void tlb_fill(struct tlb *t, struct tlb_context *c, uint64_t va, const struct vm_translation *tr,
              const struct space_range *r);
/*
 * The same for pages behind it where accesses go through a large page in order: the more the longer
 * they have done so.
 */
void tlb_fill_ahead(struct tlb *t, struct tlb_context *c, uint64_t va,
                    const struct vm_translation *tr, const struct space_range *r);
/* Notes that code was fetched through m: a flush of it must change the generation. */
void tlb_note_exec(struct tlb *t, uint64_t va, const struct tlb_mapping *m);
/* c, new or recycled, has an id: nothing was fetched in it. */
void tlb_fetched_begin(struct tlb *t, struct tlb_context *c);
/* c is going to be used for fetches. */
void tlb_fetched_select(struct tlb *t, struct tlb_context *c);
/* Mappings of c for [first, last] are flushed. */
void tlb_fetched_flush(struct tlb *t, struct tlb_context *c, uint64_t first, uint64_t last,
                       bool keep_global);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* tcache.h - the translation cache's own tables, for the files that work on them: tcache.c and
 * region.c. */
#ifndef CORE_VCPU_TCACHE_H
#define CORE_VCPU_TCACHE_H

#include "core/vcpu/internal.h"

#define BUCKET_BITS  16
#define BUCKETS      (1u << BUCKET_BITS)
#define PAGE_BUCKETS (1u << 12)
#define KEY_SLOTS    1024u

/* A RAM page that units were made from. `lines` has a bit for each 64 bytes that some unit covers.
 */
struct code_page {
    struct code_page *next;
    uint64_t pa;
    uint64_t lines;
    struct unit *units;
};

/* Units of one engine that can be looked up. */
struct age_list {
    struct unit *oldest, *youngest;
    uint64_t bytes, limit;
};

struct tcache {
    struct sched *s;
    pthread_mutex_t lock;
    struct unit **buckets;
    struct code_page **pages;
    struct age_list ages[SCHED_ENGINES];
    struct unit *first_dead, *last_dead; /* not freed yet, by epoch */
    struct key_entry keys[KEY_SLOTS];    /* open addressing */
    uint32_t n_keys, last_key_id;
    uint32_t in_flight; /* translations between flagging a page and entering the tables */
    _Atomic uint64_t epoch;
    uint64_t dead_limit; /* bytes of dead units above which it is worth looking for some to free */
    struct tcache_stats stats;
};

/* All with the lock held. */
static inline struct tier_stats *tier_stats(struct tcache *tc, const struct unit *u)
{
    return &tc->stats.tiers[u->engine][u->u.tier < TIERS ? u->u.tier - 1 : TIERS - 1];
}
/* The best unit that there is under that policy. */
#define ANY_PAGE (NO_PAGE - 1)
struct unit *tcache_lookup(struct tcache *tc, uint64_t pa, uint32_t key_id, uint64_t page2,
                           int policy);
/* One of that engine (SCHED_AUTO: any) and tier, on one page. */
struct unit *tcache_lookup_tier(struct tcache *tc, uint64_t pa, uint32_t key_id, int engine,
                                uint32_t tier);
/* Page offsets of that engine's tier-1 units that begin on the page and that no unit links to;
 * returns how many, `max` at most. */
uint32_t tcache_unlinked(struct tcache *tc, uint64_t page, uint32_t key_id, int engine,
                         uint16_t *first, uint32_t max);
/* Enters a fresh unit or region into the tables. -1: out of memory. */
int tcache_insert(struct tcache *tc, struct unit *u);
/*
 * Enters a fresh translation of *src, whose pages are watched, in the place of those of engines
 * below. Returns another vCPU's twin if there is one, which wins, and NULL if the guest has changed
 * the bytes.
 */
struct unit *tcache_enter(struct tcache *tc, struct unit *u, const struct source *src);
/* Nobody goes to units that `u` is better than without looking them up; they stay in the tables. */
void tcache_retire_lower(struct tcache *tc, const struct unit *u);
void unit_unlist(struct tcache *tc, struct unit *u); /* takes it out of all tables */
void unit_kill(struct tcache *tc, struct unit *u);   /* nobody enters it any more */
void unit_bury(struct tcache *tc, struct unit *u);   /* to be freed when nobody can be in it */
void link_remove(struct unit_link *l);
void age_append(struct tcache *tc, struct unit *u);
void age_remove(struct tcache *tc, struct unit *u);

void tcache_count(struct tcache *tc, const struct unit *u); /* into the statistics */
void tcache_keep_limits(struct tcache *tc);                 /* evict.c */

/* evict.c, without the lock. */
void tcache_set_limits(struct tcache *tc);

#endif

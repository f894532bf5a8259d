/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * evict.c - what the translation cache gives up, and when its memory comes back.
 *
 * Units of each engine are in a list by age. When there is no more room the oldest eighth goes; a
 * region, which cost more to make, is passed over REGION_LIVES times. An engine with memory of its
 * own says that it is full; others have the cache's limit.
 *
 * Lifetime. A dead unit leaves all tables and nobody links to it any more, but vCPUs may still be
 * inside or have it in their jump caches. Each death tells the vCPUs and then takes a new epoch. A
 * vCPU that is between units and holds none reads the epoch, drains its queue, and then publishes
 * what it read: it knows of all deaths up to there. The memory is freed when every vCPU is
 * quiescent or past the unit's epoch. (One that stops being quiescent drains its queue first.)
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"
#include "core/vcpu/tcache.h"

#define DEFAULT_LIMIT ((uint64_t)24 << 20) /* keeps vmrun's own memory small */
#define REGION_LIVES  2
#define FULL_TRIES    20000 /* of finding room while others take it */

/* ---- age; all with the lock held ---- */

void age_append(struct tcache *tc, struct unit *u)
{
    struct age_list *list = &tc->ages[u->engine];
    u->age_prev = list->youngest;
    u->age_next = NULL;
    *(list->youngest ? &list->youngest->age_next : &list->oldest) = u;
    list->youngest = u;
    list->bytes += u->bytes;
}

void age_remove(struct tcache *tc, struct unit *u)
{
    struct age_list *list = &tc->ages[u->engine];
    *(u->age_prev ? &u->age_prev->age_next : &list->oldest) = u->age_next;
    *(u->age_next ? &u->age_next->age_prev : &list->youngest) = u->age_prev;
    list->bytes -= u->bytes;
}

/* Regions that are the oldest become young again as often as they have lives. */
static void pass_over(struct tcache *tc, struct age_list *list)
{
    while (list->oldest && list->oldest->region && list->oldest->lives_used < REGION_LIVES) {
        struct unit *u = list->oldest;
        u->lives_used++;
        age_remove(tc, u);
        age_append(tc, u);
    }
}

/* Kills from the oldest on until at most so many bytes are left; returns how many. */
static uint64_t kill_oldest(struct tcache *tc, uint32_t engine, uint64_t bytes)
{
    struct age_list *list = &tc->ages[engine];
    struct unit *killed = NULL;
    uint64_t n = 0;
    for (; list->oldest && list->bytes > bytes; n++) {
        pass_over(tc, list);
        struct unit *u = list->oldest;
        unit_unlist(tc, u);
        tier_stats(tc, u)->evicted++;
        u->age_next = killed;
        killed = u;
    }
    for (uint32_t i = 0; killed && i < tc->s->config.cpus; i++)
        work_post_death(&tc->s->vcpus[i], NULL);
    while (killed) {
        struct unit *next = killed->age_next;
        unit_bury(tc, killed);
        killed = next;
    }
    return n;
}

/* ---- memory ---- */

/* The epoch that every vCPU is past. With the lock held no unit can die meanwhile. */
static uint64_t safe_epoch(const struct tcache *tc)
{
    uint64_t safe = UINT64_MAX;
    for (uint32_t i = 0; i < tc->s->config.cpus; i++) {
        const struct vcpu *v = &tc->s->vcpus[i];
        uint64_t seen = atomic_load(&v->epoch);
        if (!atomic_load(&v->quiescent) && seen < safe)
            safe = seen;
    }
    return safe;
}

/* Frees what can be freed; returns how many. */
static uint64_t reclaim(struct tcache *tc)
{
    uint64_t safe = safe_epoch(tc), n = 0;
    for (; tc->first_dead && tc->first_dead->dead_epoch <= safe; n++) {
        struct unit *u = tc->first_dead;
        tc->first_dead = u->age_next;
        if (!tc->first_dead)
            tc->last_dead = NULL;
        for (uint32_t i = 0; i < u->u.n_exits; i++)
            if (u->links[i].to)
                link_remove(&u->links[i]);
        tc->stats.dead_bytes -= u->bytes;
        translate_free(tc->s, u);
    }
    return n;
}

void vcpu_pass_epoch(struct vcpu *v)
{
    uint64_t epoch = tcache_epoch(v->sched->tcache);
    work_drain(v);
    v->from = NULL;
    atomic_store(&v->epoch, epoch);
}

/* Returns when all that is dead now can be freed. `v` NULL: not a vCPU's thread. */
static void wait_for_all(struct sched *s, struct vcpu *v)
{
    uint64_t epoch = tcache_epoch(s->tcache);
    for (uint32_t i = 0; i < s->config.cpus; i++) {
        struct vcpu *to = &s->vcpus[i];
        unsigned spins = 0;
        while (to != v && !atomic_load(&to->quiescent) && atomic_load(&to->epoch) < epoch) {
            if (v)
                vcpu_pass_epoch(v); /* it may be waiting for this one */
            if (spins++ % 1000 == 0)
                vcpu_kick(to);
            sched_yield();
        }
    }
    if (v)
        vcpu_pass_epoch(v);
}

/* ---- limits ---- */

/* Frees a list of units and all that is known of them; they need not be unlinked, since all go. */
static void free_list(struct tcache *tc, struct unit *u)
{
    while (u) {
        struct unit *next = u->age_next;
        translate_free(tc->s, u);
        u = next;
    }
}

static void forget_pages(struct tcache *tc)
{
    for (uint32_t i = 0; i < PAGE_BUCKETS; i++)
        for (struct code_page *p = tc->pages[i], *next; p; p = next) {
            next = p->next;
            free(p);
        }
    memset(tc->pages, 0, PAGE_BUCKETS * sizeof(tc->pages[0]));
}

void tcache_flush(struct tcache *tc)
{
    pthread_mutex_lock(&tc->lock);
    for (uint32_t i = 0; tc->stats.live && i < tc->s->config.cpus; i++)
        work_post_death(&tc->s->vcpus[i], NULL);
    for (uint32_t i = 0; i < SCHED_ENGINES; i++) {
        free_list(tc, tc->ages[i].oldest);
        tc->ages[i].oldest = tc->ages[i].youngest = NULL;
        tc->ages[i].bytes = 0;
    }
    free_list(tc, tc->first_dead);
    tc->first_dead = tc->last_dead = NULL;
    memset(tc->buckets, 0, BUCKETS * sizeof(tc->buckets[0]));
    forget_pages(tc);
    tc->stats.live = tc->stats.live_bytes = tc->stats.dead_bytes = 0;
    pthread_mutex_unlock(&tc->lock);
}

void tcache_set_limits(struct tcache *tc)
{
    const struct sched_config *c = &tc->s->config;
    uint64_t limit = c->code_cache_bytes ? c->code_cache_bytes : DEFAULT_LIMIT;
    for (uint32_t i = 0; i < c->n_engines; i++) {
        bool own = (c->engines[i].ops->flags & VM_ENGINE_BOUNDED) && !c->code_cache_bytes;
        tc->ages[i].limit = own ? UINT64_MAX : limit;
    }
    tc->dead_limit = limit / 8;
}

void tcache_keep_limits(struct tcache *tc)
{
    for (uint32_t i = 0; i < tc->s->config.n_engines; i++) {
        const struct age_list *list = &tc->ages[i];
        if (list->bytes > list->limit)
            tc->stats.evicted += kill_oldest(tc, i, list->limit - list->limit / 8);
    }
    if (tc->stats.dead_bytes > tc->dead_limit)
        reclaim(tc);
}

/* One more eighth of what `engine` has goes. False: there was nothing to give. */
static bool make_room(struct sched *s, struct vcpu *v, uint32_t engine)
{
    struct tcache *tc = s->tcache;
    pthread_mutex_lock(&tc->lock);
    uint64_t bytes = tc->ages[engine].bytes;
    uint64_t n = kill_oldest(tc, engine, bytes - bytes / 8 - (bytes > 0));
    tc->stats.evicted += n;
    bool any = n > 0 || tc->first_dead;
    pthread_mutex_unlock(&tc->lock);
    if (!any)
        return false;
    wait_for_all(s, v);
    pthread_mutex_lock(&tc->lock);
    reclaim(tc);
    pthread_mutex_unlock(&tc->lock);
    return true;
}

/* What they have made is not in the tables yet. */
static void wait_for_others(struct vcpu *v)
{
    if (v)
        vcpu_pass_epoch(v);
    sched_yield();
}

int unit_compile(struct sched *s, struct vcpu *v, const struct vm_ir_unit *ir, struct unit *u,
                 struct vm_error *err)
{
    const struct sched_engine *e = engine_of(s, u);
    int64_t began = host_clock_ns();
    int result;
    unsigned tries = 0;
    while ((result = e->ops->compile(e->self, ir, &u->u, err)) == VM_COMPILE_FULL) {
        if (make_room(s, v, u->engine))
            tries = 0;
        else if (++tries > FULL_TRIES || atomic_load(&s->stop))
            return vm_error_set(err, "there is no room for its code");
        else
            wait_for_others(v);
    }
    if (result == VM_COMPILE_OK) {
        u->bytes += u->u.code_bytes;
        u->compile_ns = host_clock_ns() - began;
    }
    return result;
}

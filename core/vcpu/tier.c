/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tier.c - which engine makes a unit, when the unit rises to the next one, and the change of engine
 * of a running machine. (Regions, the second tier of one engine, are in region.c.)
 *
 * Under `auto` a unit begins with the first engine, which counts its entries down from
 * tier1_threshold. Entries lose half of their weight with each HALF_LIFE slices that go by, so code
 * that runs now and then never rises. What has risen dies in the engine below.
 */
#include "core/vcpu/tcache.h"

#define HALF_LIFE  4096u /* slices of a vCPU */
#define LOOK_AGAIN 4096u /* entries: how soon a hot unit that must stay where it is asks again */

/* ---- which engine ---- */

static bool counts(const struct sched *s, uint32_t engine)
{
    return (s->config.engines[engine].ops->flags & VM_ENGINE_COUNTS) != 0;
}

/* Whether what `engine` makes can become hot. */
static bool can_rise(const struct sched *s, uint32_t engine)
{
    return engine + 1 < s->config.n_engines && s->config.tier1_threshold > 0 && counts(s, engine);
}

uint32_t tier_first_engine(const struct vcpu *v)
{
    const struct sched *s = v->sched;
    uint32_t last = s->config.n_engines - 1;
    if (v->policy != SCHED_AUTO)
        return (uint32_t)v->policy;
    return can_rise(s, 0) ? 0 : last;
}

uint32_t tier_short_engine(const struct vcpu *v)
{
    return v->policy == SCHED_AUTO ? 0 : (uint32_t)v->policy;
}

/* ---- heat ---- */

static void arm(struct unit *u, uint32_t entries, uint64_t now)
{
    u->armed = entries;
    u->armed_at = now;
    atomic_store_explicit(&u->u.heat, (int32_t)entries, memory_order_relaxed);
}

void tier_arm(struct sched *s, struct unit *u)
{
    if (can_rise(s, u->engine) && !u->no_cache)
        arm(u, s->config.tier1_threshold, atomic_load_explicit(&s->slices, memory_order_relaxed));
}

/* It is hot: true if it is time to rise. Another vCPU may have come to this at the same time. */
static bool weigh(struct vcpu *v, struct unit *u)
{
    struct sched *s = v->sched;
    uint64_t now = atomic_load_explicit(&s->slices, memory_order_relaxed);
    uint64_t halvings = (now - u->armed_at) / ((uint64_t)HALF_LIFE * s->config.cpus);
    uint32_t threshold = s->config.tier1_threshold;
    if (u->dead)
        return false;
    if (u->rising) { /* another vCPU's count overwrote what was armed then */
        arm(u, INT32_MAX, now);
        return false;
    }
    u->warmth = halvings < 32 ? (u->warmth + u->armed) >> halvings : 0;
    if (u->warmth >= threshold && v->policy == SCHED_AUTO) {
        u->rising = true;
        arm(u, INT32_MAX, now); /* whoever is in it meanwhile */
        return true;
    }
    bool stays = u->warmth >= threshold; /* it is hot, but there is no choice for now */
    if (stays)
        u->warmth = 0;
    arm(u, stays && threshold < LOOK_AGAIN ? LOOK_AGAIN : threshold - u->warmth, now);
    return false;
}

void tier_hot(struct vcpu *v, struct unit *u)
{
    struct tcache *tc = v->sched->tcache;
    uint32_t engine = u->engine + 1;
    pthread_mutex_lock(&tc->lock);
    bool rises = weigh(v, u);
    bool later = rises && rise_later(v, u, engine);
    pthread_mutex_unlock(&tc->lock);
    if (later)
        rise_look(v);
    else if (rises)
        tcache_rise(v, engine);
}

/* ---- change of engine ---- */

void sched_use_engine(struct sched *s, int engine)
{
    atomic_store(&s->policy, engine);
    for (uint32_t i = 0; i < s->config.cpus; i++)
        vcpu_kick(&s->vcpus[i]);
}

void tier_adopt(struct vcpu *v)
{
    int policy = atomic_load(&v->sched->policy);
    if (policy == v->policy)
        return;
    v->policy = policy;
    v->stats.switches++;
    vcpu_jump_cache_clear(v);
}

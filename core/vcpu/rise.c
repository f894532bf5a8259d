/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rise.c - what has become hot in one engine is made by the next one on a worker, while the vCPU
 * goes on in what there is.
 *
 * Waking a worker takes as long as making a unit or two. So a vCPU gathers units and hands them
 * over together: when there are BATCH of them, or PATIENCE slices after the first, or before it
 * sleeps. Where the workers have too much to do the vCPU makes them itself, so that what is hot
 * does not wait for ever.
 */
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "core/vcpu/tcache.h"

#define BATCH    16u
#define PATIENCE 16u

/* A unit to be made: what is known of it, and the guest's code. */
struct hot {
    uint64_t key[2];
    struct unit_place at;
    uint32_t max_insns;
    struct source src;
};

struct rise_batch {
    struct sched *s;
    struct vcpu *v; /* whose thread makes them, or NULL: a worker's */
    uint32_t cpu;   /* the number of the vCPU that gathered them */
    uint64_t since; /* the slice in which the first came */
    uint32_t n;
    struct vm_ir_unit ir;
    struct hot units[BATCH];
};

/* Pages stay flagged as long as a batch is alive. With the lock held. */
static struct rise_batch *batch_new(struct vcpu *v)
{
    struct rise_batch *b = malloc(sizeof(*b));
    if (!b)
        return NULL;
    memset(b, 0, offsetof(struct rise_batch, units));
    b->s = v->sched;
    b->cpu = v->cpu->index;
    b->since = v->stats.slices;
    v->sched->tcache->in_flight++;
    return b;
}

static void batch_free(struct rise_batch *b)
{
    struct tcache *tc = b->s->tcache;
    pthread_mutex_lock(&tc->lock);
    tc->in_flight--;
    pthread_mutex_unlock(&tc->lock);
    vm_ir_free(&b->ir);
    free(b);
}

bool rise_later(struct vcpu *v, const struct unit *u, uint32_t engine)
{
    struct sched *s = v->sched;
    uint32_t n = u->u.guest_bytes;
    bool fit = s->workers && u->page2 == NO_PAGE && n <= sizeof(((struct source *)0)->bytes);
    const uint8_t *ram = fit ? space_ram(s->config.space, u->pa, n) : NULL;
    if (ram && !v->rising)
        v->rising = batch_new(v);
    if (!ram || !v->rising || v->rising->n == BATCH)
        return false;
    struct hot *h = &v->rising->units[v->rising->n++];
    memcpy(h->key, v->mode.key, sizeof(h->key));
    h->at = (struct unit_place){.pc = v->cpu->pc,
                                .pa = u->pa,
                                .page2 = NO_PAGE,
                                .key_id = v->key_id,
                                .engine = (uint8_t)engine};
    h->max_insns = u->u.guest_insns;
    h->src.pa = u->pa;
    h->src.page2 = NO_PAGE;
    h->src.n_bytes = n;
    source_copy(h->src.bytes, ram, n);
    return true;
}

/* ---- on a worker ---- */

/* NULL: not to be had. */
static struct unit *make(struct rise_batch *b, const struct hot *h)
{
    struct sched *s = b->s;
    struct vm_error err = VM_ERROR_INIT;
    struct code_copy copy = {.bytes = h->src.bytes,
                             .n = h->src.n_bytes,
                             .max_insns = h->max_insns,
                             .page_offset = (uint32_t)(h->src.pa & ~VM_PAGE_MASK),
                             .branches = unit_branches(s)};
    if (!translate_copy(s, h->key, &copy, &b->ir) || b->ir.guest_bytes != h->src.n_bytes)
        return NULL;
    translate_trace(s, b->cpu, h->key, h->at.pc, &h->src, &b->ir);
    if (s->config.verify_ir && ir_verify(&b->ir, s->config.arch_ops, &err)) {
        sched_fail(s, "invalid IR at pc 0x%llx: %s", (unsigned long long)h->at.pc, err.text);
        return NULL;
    }
    return translate_compile(s, b->v, &b->ir, &h->at);
}

/* All at once: they are each other's successors, and going from one engine to another takes time.
 */
static void publish(struct rise_batch *b, struct unit *made[BATCH])
{
    struct tcache *tc = b->s->tcache;
    pthread_mutex_lock(&tc->lock);
    for (uint32_t i = 0; i < b->n; i++) {
        if (made[i])
            tcache_count(tc, made[i]);
        if (made[i] && tcache_enter(tc, made[i], &b->units[i].src) == made[i])
            made[i] = NULL;
    }
    pthread_mutex_unlock(&tc->lock);
    for (uint32_t i = 0; i < b->n; i++)
        if (made[i])
            translate_free(b->s, made[i]);
}

static void job(void *opaque, bool run)
{
    struct rise_batch *b = opaque;
    struct unit *made[BATCH];
    for (uint32_t i = 0; run && i < b->n; i++)
        made[i] = make(b, &b->units[i]);
    if (run)
        publish(b, made);
    batch_free(b);
}

/* ---- on a vCPU ---- */

void rise_look(struct vcpu *v)
{
    struct rise_batch *b = v->rising;
    if (!b || (b->n < BATCH && v->stats.slices - b->since < PATIENCE && !v->waiting))
        return;
    v->rising = NULL;
    if (workers_add(v->sched->workers, job, b, true))
        return;
    b->v = v;
    job(b, true);
}

void rise_drop(struct vcpu *v)
{
    if (v->rising)
        batch_free(v->rising);
    v->rising = NULL;
}

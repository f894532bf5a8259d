/* SPDX-License-Identifier: BSD-2-Clause */
/* work.c - work posted to a vCPU by others, and waiting until all have done it. */
#include <sched.h>
#include <string.h>
#include "core/vcpu/internal.h"

void work_init(struct work_queue *q)
{
    host_brief_lock_init(&q->lock);
}

void work_free(struct work_queue *q)
{
    pthread_mutex_destroy(&q->lock);
}

void work_post_tlb(struct vcpu *to, const struct tlb_work *w)
{
    struct work_queue *q = &to->work;
    pthread_mutex_lock(&q->lock);
    if (q->batch.n_tlb < WORK_TLB)
        q->batch.tlb[q->batch.n_tlb] = *w;
    if (q->batch.n_tlb <= WORK_TLB)
        q->batch.n_tlb++;
    atomic_fetch_add(&q->pushed, 1);
    pthread_mutex_unlock(&q->lock);
    vcpu_kick(to);
}

void work_post_death(struct vcpu *to, const struct obituary *o)
{
    struct work_queue *q = &to->work;
    pthread_mutex_lock(&q->lock);
    if (!o)
        q->batch.n_dead = WORK_DEAD + 1;
    else if (q->batch.n_dead < WORK_DEAD)
        q->batch.dead[q->batch.n_dead] = *o;
    if (q->batch.n_dead <= WORK_DEAD)
        q->batch.n_dead++;
    atomic_fetch_add(&q->pushed, 1);
    pthread_mutex_unlock(&q->lock);
    vcpu_kick(to);
}

bool work_pending(const struct vcpu *v)
{
    return atomic_load_explicit(&v->work.pushed, memory_order_relaxed) !=
           atomic_load_explicit(&v->work.done, memory_order_relaxed);
}

static uint32_t fewer(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Moves what is queued to *to. With the lock held. */
static void take_batch(struct work_queue *q, struct work_batch *to)
{
    struct work_batch *from = &q->batch;
    memcpy(to->tlb, from->tlb, fewer(from->n_tlb, WORK_TLB) * sizeof(from->tlb[0]));
    memcpy(to->dead, from->dead, fewer(from->n_dead, WORK_DEAD) * sizeof(from->dead[0]));
    to->n_tlb = from->n_tlb;
    to->n_dead = from->n_dead;
    from->n_tlb = from->n_dead = 0;
}

static void do_tlb_work(struct vcpu *v, const struct work_batch *batch)
{
    if (batch->n_tlb > WORK_TLB) {
        vcpu_tlb_flush(v, &(struct tlb_work){.length = 0});
        return;
    }
    for (uint32_t i = 0; i < batch->n_tlb; i++) {
        if (batch->tlb[i].protect)
            tlb_protect_page(v->tlb, batch->tlb[i].va);
        else
            vcpu_tlb_flush(v, &batch->tlb[i]);
    }
}

static void forget_units(struct vcpu *v, const struct work_batch *batch)
{
    if (batch->n_dead > WORK_DEAD)
        vcpu_jump_cache_clear(v);
    else
        jumps_forget(v, batch->dead, batch->n_dead);
}

void work_drain(struct vcpu *v)
{
    struct work_queue *q = &v->work;
    while (atomic_load(&q->done) != atomic_load(&q->pushed)) {
        struct work_batch batch;
        pthread_mutex_lock(&q->lock);
        take_batch(q, &batch);
        uint64_t taken = atomic_load(&q->pushed);
        pthread_mutex_unlock(&q->lock);
        do_tlb_work(v, &batch);
        forget_units(v, &batch);
        atomic_store(&q->done, taken);
    }
}

/*
 * The push (a sequentially consistent increment of `pushed`) comes before the load of `quiescent`
 * here; the owner clears `quiescent` before it looks at `pushed`. So either the owner sees the work
 * before it enters guest code, or we see that it is not quiescent and wait.
 */
void work_sync_others(struct vcpu *from, const struct tlb_work *w)
{
    struct sched *s = from->sched;
    for (uint32_t i = 0; i < s->config.cpus; i++)
        if (&s->vcpus[i] != from)
            work_post_tlb(&s->vcpus[i], w);

    for (uint32_t i = 0; i < s->config.cpus; i++) {
        struct vcpu *to = &s->vcpus[i];
        if (to == from)
            continue;
        uint64_t wanted = atomic_load(&to->work.pushed);
        unsigned spins = 0;
        while (!atomic_load(&to->quiescent) && atomic_load(&to->work.done) < wanted) {
            work_drain(from);
            if (++spins > 100)
                sched_yield();
            if (spins % 1000 == 0)
                vcpu_kick(to); /* a kick can be lost, see VM_KICK */
        }
    }
}

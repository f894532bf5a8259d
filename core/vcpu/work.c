/* SPDX-License-Identifier: BSD-2-Clause */
/* work.c - work posted to a vCPU by others, and waiting until all have done it. */
#include <sched.h>
#include <stdlib.h>
#include "core/vcpu/internal.h"

void work_init(struct work_queue *q)
{
    pthread_mutex_init(&q->lock, NULL);
    q->head = NULL;
    q->tail = &q->head;
}

void work_free(struct work_queue *q)
{
    while (q->head) {
        struct work *w = q->head;
        q->head = w->next;
        free(w);
    }
    pthread_mutex_destroy(&q->lock);
}

void work_post(struct vcpu *to, const struct work *w)
{
    struct work *copy = malloc(sizeof(*copy));
    if (!copy) {
        sched_fail(to->sched, "out of memory while posting work to vCPU %u", to->cpu->index);
        return;
    }
    *copy = *w;
    copy->next = NULL;
    pthread_mutex_lock(&to->work.lock);
    *to->work.tail = copy;
    to->work.tail = &copy->next;
    atomic_fetch_add(&to->work.pushed, 1);
    pthread_mutex_unlock(&to->work.lock);
    vcpu_kick(to);
}

void work_drain(struct vcpu *v)
{
    struct work_queue *q = &v->work;
    while (atomic_load(&q->done) != atomic_load(&q->pushed)) {
        pthread_mutex_lock(&q->lock);
        struct work *w = q->head;
        q->head = w->next;
        if (!q->head)
            q->tail = &q->head;
        pthread_mutex_unlock(&q->lock);
        w->fn(v, w);
        free(w);
        atomic_fetch_add(&q->done, 1);
    }
}

/*
 * The push (a sequentially consistent increment of `pushed`) comes before the load of `quiescent` here; the owner clears `quiescent`
 * before it looks at `pushed`. So either the owner sees the work before it enters guest code, or we see that it is not quiescent and
 * wait.
 */
void work_sync_others(struct vcpu *from, const struct work *w)
{
    struct sched *s = from->sched;
    for (uint32_t i = 0; i < s->config.cpus; i++)
        if (&s->vcpus[i] != from)
            work_post(&s->vcpus[i], w);

    for (uint32_t i = 0; i < s->config.cpus; i++) {
        struct vcpu *to = &s->vcpus[i];
        if (to == from)
            continue;
        uint64_t wanted = atomic_load(&to->work.pushed);
        for (unsigned spins = 0; !atomic_load(&to->quiescent) && atomic_load(&to->work.done) < wanted; spins++) {
            work_drain(from);
            if (spins > 100)
                sched_yield();
            if (spins % 1000 == 999)
                vcpu_kick(to); /* a kick can be lost, see VM_KICK */
        }
    }
}

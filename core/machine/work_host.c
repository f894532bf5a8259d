/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * work_host.c - work of devices that may block, on threads of its own (submit_work).
 *
 * A work is done in two steps: work() on a thread here, then done() under the device's lock, on the
 * event thread; or on the main thread when it needs all works finished (works_drain), which the
 * gate keeps from meeting the event thread. Deterministic mode: work() at once on the vCPU's
 * thread, which waits for it, and done() a fixed virtual time later.
 */
#include <stdlib.h>
#include "core/host/thread.h"
#include "core/machine/internal.h"

#define MAX_THREADS   8
#define DONE_AFTER_NS 100000 /* deterministic mode: what a work takes */

struct work {
    struct work *next;
    struct vm_device_ctx *ctx;
    void (*work)(void *opaque);
    void (*done)(void *opaque);
    void *opaque;
    int64_t due;
};

struct work_list {
    struct work *first, **tail;
};

struct works {
    struct machine *m;
    pthread_mutex_t lock;
    pthread_cond_t wake;     /* there is work, or it is over */
    pthread_cond_t finished; /* `done` has one more, or `open` is one less */
    struct work_list waiting, done;
    uint32_t open; /* submitted, done() not yet returned */
    uint32_t n_threads, idle;
    bool over, posted;
    struct host_thread *threads[MAX_THREADS];
    struct timer *timer; /* deterministic mode */
};

static void append(struct work_list *list, struct work *w)
{
    w->next = NULL;
    *list->tail = w;
    list->tail = &w->next;
}

static struct work *take(struct work_list *list)
{
    struct work *w = list->first;
    if (w && !(list->first = w->next))
        list->tail = &list->first;
    return w;
}

/* ---- done() ---- */

/* The first finished work whose time has come. */
static struct work *take_finished(struct works *ws, int64_t now)
{
    pthread_mutex_lock(&ws->lock);
    struct work *w = ws->done.first;
    w = w && w->due <= now ? take(&ws->done) : NULL;
    pthread_mutex_unlock(&ws->lock);
    return w;
}

/* [gate held] */
static void finish(struct works *ws, struct work *w)
{
    device_lock(w->ctx);
    w->done(w->opaque);
    device_unlock(w->ctx);
    free(w);
    pthread_mutex_lock(&ws->lock);
    ws->open--;
    pthread_cond_broadcast(&ws->finished);
    pthread_mutex_unlock(&ws->lock);
}

/* The gate is opened between two of them: others wait for it. False: there was none. */
static bool finish_one(struct works *ws, int64_t now)
{
    pthread_mutex_lock(&ws->m->gate);
    struct work *w = take_finished(ws, now);
    if (w)
        finish(ws, w);
    pthread_mutex_unlock(&ws->m->gate);
    return w != NULL;
}

/* [event thread] */
static void finish_posted(void *opaque)
{
    struct works *ws = opaque;
    pthread_mutex_lock(&ws->lock);
    ws->posted = false;
    pthread_mutex_unlock(&ws->lock);
    while (finish_one(ws, INT64_MAX))
        ;
}

/* Deterministic mode. [vCPU thread] */
static void arm(struct works *ws)
{
    pthread_mutex_lock(&ws->lock);
    int64_t due = ws->done.first ? ws->done.first->due : INT64_MAX;
    pthread_mutex_unlock(&ws->lock);
    timer_arm(ws->timer, due);
}

static void finish_due(void *opaque)
{
    struct works *ws = opaque;
    int64_t now = clock_now(ws->m->clock);
    while (finish_one(ws, now))
        ;
    arm(ws);
}

void works_drain(struct works *ws)
{
    for (;;) {
        pthread_mutex_lock(&ws->lock);
        while (ws->open && !ws->done.first)
            pthread_cond_wait(&ws->finished, &ws->lock);
        struct work *w = take(&ws->done);
        pthread_mutex_unlock(&ws->lock);
        if (!w)
            return;
        finish(ws, w);
    }
}

/* ---- work() ---- */

static void finished(struct works *ws, struct work *w)
{
    pthread_mutex_lock(&ws->lock);
    append(&ws->done, w);
    bool post = !ws->timer && !ws->posted;
    ws->posted |= post;
    pthread_cond_broadcast(&ws->finished);
    pthread_mutex_unlock(&ws->lock);
    if (post)
        loop_post(ws->m->loop, finish_posted, ws);
}

static void thread_main(void *opaque)
{
    struct works *ws = opaque;
    for (;;) {
        pthread_mutex_lock(&ws->lock);
        while (!ws->waiting.first && !ws->over) {
            ws->idle++;
            pthread_cond_wait(&ws->wake, &ws->lock);
            ws->idle--;
        }
        struct work *w = take(&ws->waiting);
        pthread_mutex_unlock(&ws->lock);
        if (!w)
            return;
        w->work(w->opaque);
        finished(ws, w);
    }
}

/* One more thread, if all have something to do. With the lock held. False: there is none at all. */
static bool have_thread(struct works *ws)
{
    if (ws->idle || ws->n_threads == MAX_THREADS)
        return true;
    ws->threads[ws->n_threads] = host_thread_start("vmrun-work", thread_main, ws, NULL);
    if (ws->threads[ws->n_threads])
        ws->n_threads++;
    return ws->n_threads > 0;
}

static bool queue(struct works *ws, struct work *w)
{
    pthread_mutex_lock(&ws->lock);
    ws->open++;
    bool queued = !ws->timer && have_thread(ws);
    if (queued) {
        append(&ws->waiting, w);
        pthread_cond_signal(&ws->wake);
    }
    pthread_mutex_unlock(&ws->lock);
    return queued;
}

int work_submit(struct vm_device_ctx *ctx, void (*work)(void *opaque), void (*done)(void *opaque),
                void *opaque)
{
    struct works *ws = ctx->context.m->works;
    struct work *w = malloc(sizeof(*w));
    if (!w)
        return -1;
    *w = (struct work){.ctx = ctx, .work = work, .done = done, .opaque = opaque};
    if (queue(ws, w))
        return 0;
    if (ws->timer) {
        sched_sync_clock(ws->m->sched);
        w->due = clock_now(ws->m->clock) + DONE_AFTER_NS;
    }
    work(opaque);
    finished(ws, w);
    if (ws->timer)
        arm(ws);
    return 0;
}

/* ---- life ---- */

struct works *works_new(struct machine *m)
{
    struct works *ws = calloc(1, sizeof(*ws));
    if (!ws)
        return NULL;
    ws->m = m;
    ws->waiting.tail = &ws->waiting.first;
    ws->done.tail = &ws->done.first;
    pthread_mutex_init(&ws->lock, NULL);
    pthread_cond_init(&ws->wake, NULL);
    pthread_cond_init(&ws->finished, NULL);
    if (m->info.deterministic && !(ws->timer = timer_new(m->timers, finish_due, ws))) {
        works_free(ws);
        return NULL;
    }
    return ws;
}

void works_free(struct works *ws)
{
    if (!ws)
        return;
    works_drain(ws);
    pthread_mutex_lock(&ws->lock);
    ws->over = true;
    pthread_cond_broadcast(&ws->wake);
    pthread_mutex_unlock(&ws->lock);
    while (ws->n_threads)
        host_thread_join(ws->threads[--ws->n_threads]);
    timer_free(ws->timer);
    pthread_cond_destroy(&ws->finished);
    pthread_cond_destroy(&ws->wake);
    pthread_mutex_destroy(&ws->lock);
    free(ws);
}

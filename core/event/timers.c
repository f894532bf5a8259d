/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timers.c - a binary heap of timers under one lock; the earliest deadline is mirrored in an
 * atomic.
 *
 * In parallel mode a host alarm is set to the earliest deadline. It is only ever set earlier when a
 * timer is armed, and set anew after it went off: a guest that keeps moving its deadline back costs
 * no system call a time, but one early wake-up.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "core/event/event.h"
#include "core/host/clock.h"

#define NOT_ARMED SIZE_MAX

struct timer {
    struct timers *timers;
    timer_fn fn;
    void *opaque;
    int64_t deadline; /* as asked for */
    int64_t due; /* not before the time of arming: one armed for the past comes after all that are
                    due already */
    uint64_t order; /* of arming */
    size_t place;   /* in the heap, or NOT_ARMED */
};

struct timers {
    struct clock *clock;
    int fd;               /* host alarm, -1 in deterministic mode */
    _Atomic int64_t next; /* when heap[0] is due */
    pthread_mutex_t lock;
    pthread_cond_t done; /* a callback has returned */
    struct timer **heap;
    size_t n, capacity, n_timers; /* armed, room, existing: room for every existing timer, so that
                                     arming cannot fail */
    uint64_t orders;
    int64_t alarm_at; /* host time for which the alarm is set, INT64_MAX: not */
    struct timer *running;
    pthread_t runner; /* who is in running's callback */
    void (*nearer)(void *opaque);
    void *nearer_opaque;
};

/* ---- heap ---- */

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct timers *t, size_t place, struct timer *timer)
{
    t->heap[place] = timer;
    timer->place = place;
}

/* Moves `timer` from the free place up or down to where it belongs. */
static void settle(struct timers *t, size_t place, struct timer *timer)
{
    while (place > 0 && is_before(timer, t->heap[(place - 1) / 2])) {
        put(t, place, t->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= t->n)
            break;
        if (child + 1 < t->n && is_before(t->heap[child + 1], t->heap[child]))
            child++;
        if (!is_before(t->heap[child], timer))
            break;
        put(t, place, t->heap[child]);
        place = child;
    }
    put(t, place, timer);
}

static void take_out(struct timers *t, struct timer *timer)
{
    size_t place = timer->place;
    if (place == NOT_ARMED)
        return;
    timer->place = NOT_ARMED;
    struct timer *last = t->heap[--t->n];
    if (last != timer)
        settle(t, place, last);
}

static void publish_next(struct timers *t)
{
    atomic_store(&t->next, t->n ? t->heap[0]->due : INT64_MAX);
}

/* ---- host alarm; all with the lock held ---- */

static void set_alarm(struct timers *t, int64_t at)
{
    t->alarm_at = at;
    host_alarm_set(t->fd, at);
}

/* Host time of the earliest deadline. */
static int64_t wanted_alarm(const struct timers *t)
{
    return t->n ? clock_host_time(t->clock, t->heap[0]->due) : INT64_MAX;
}

static void bring_alarm_forward(struct timers *t)
{
    if (t->fd < 0)
        return;
    int64_t at = wanted_alarm(t);
    if (at < t->alarm_at)
        set_alarm(t, at);
}

/* The clock started or stopped: host times mean something else now. */
static void clock_changed(void *opaque)
{
    struct timers *t = opaque;
    pthread_mutex_lock(&t->lock);
    if (t->fd >= 0)
        set_alarm(t, wanted_alarm(t));
    pthread_mutex_unlock(&t->lock);
}

/* ---- life ---- */

struct timers *timers_new(struct clock *c)
{
    struct timers *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->clock = c;
    t->fd = clock_is_deterministic(c) ? -1 : host_alarm_open(NULL);
    if (t->fd < 0 && !clock_is_deterministic(c)) {
        free(t);
        return NULL;
    }
    t->alarm_at = INT64_MAX;
    atomic_init(&t->next, INT64_MAX);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->done, NULL);
    clock_on_change(c, clock_changed, t);
    return t;
}

void timers_free(struct timers *t)
{
    if (!t)
        return;
    clock_on_change(t->clock, NULL, NULL);
    if (t->fd >= 0)
        host_alarm_close(t->fd);
    pthread_cond_destroy(&t->done);
    pthread_mutex_destroy(&t->lock);
    free(t->heap);
    free(t);
}

static bool reserve(struct timers *t)
{
    if (t->n_timers < t->capacity)
        return true;
    size_t capacity = t->capacity ? 2 * t->capacity : 16;
    struct timer **heap = realloc(t->heap, capacity * sizeof(*heap));
    if (!heap)
        return false;
    t->heap = heap;
    t->capacity = capacity;
    return true;
}

struct timer *timer_new(struct timers *t, timer_fn fn, void *opaque)
{
    struct timer *timer = malloc(sizeof(*timer));
    if (!timer)
        return NULL;
    *timer = (struct timer){
        .timers = t, .fn = fn, .opaque = opaque, .deadline = INT64_MAX, .place = NOT_ARMED};
    pthread_mutex_lock(&t->lock);
    bool ok = reserve(t);
    t->n_timers += ok;
    pthread_mutex_unlock(&t->lock);
    if (ok)
        return timer;
    free(timer);
    return NULL;
}

void timer_free(struct timer *timer)
{
    if (!timer)
        return;
    struct timers *t = timer->timers;
    pthread_mutex_lock(&t->lock);
    while (t->running == timer && !pthread_equal(t->runner, pthread_self()))
        pthread_cond_wait(&t->done, &t->lock);
    if (t->running == timer)
        t->running = NULL; /* freed by its own callback */
    take_out(t, timer);
    publish_next(t);
    t->n_timers--;
    pthread_mutex_unlock(&t->lock);
    free(timer);
}

/* ---- use ---- */

void timer_arm(struct timer *timer, int64_t deadline_ns)
{
    struct timers *t = timer->timers;
    pthread_mutex_lock(&t->lock);
    int64_t before = atomic_load(&t->next);
    if (timer->deadline != deadline_ns || timer->place == NOT_ARMED) {
        take_out(t, timer);
        int64_t now = clock_now(t->clock);
        timer->deadline = deadline_ns;
        timer->due = deadline_ns < now ? now : deadline_ns;
        timer->order = ++t->orders;
        if (deadline_ns != INT64_MAX)
            settle(t, t->n++, timer);
        publish_next(t);
        bring_alarm_forward(t);
    }
    bool nearer = atomic_load(&t->next) < before;
    pthread_mutex_unlock(&t->lock);
    if (nearer && t->nearer)
        t->nearer(t->nearer_opaque);
}

void timers_on_nearer(struct timers *t, void (*fn)(void *opaque), void *opaque)
{
    t->nearer = fn;
    t->nearer_opaque = opaque;
}

int64_t timers_next(const struct timers *t)
{
    return atomic_load(&t->next);
}

void timers_run(struct timers *t)
{
    int64_t now = clock_now(t->clock);
    pthread_mutex_lock(&t->lock);
    uint64_t last_order = t->orders;
    /* One armed from here on waits for the next run; it comes after all older ones that are due. */
    while (t->n && t->heap[0]->due <= now && t->heap[0]->order <= last_order) {
        struct timer *timer = t->heap[0];
        take_out(t, timer);
        publish_next(t);
        t->running = timer;
        t->runner = pthread_self();
        pthread_mutex_unlock(&t->lock);
        timer->fn(timer->opaque);
        pthread_mutex_lock(&t->lock);
        t->running = NULL;
        pthread_cond_broadcast(&t->done);
    }
    if (t->fd >= 0)
        set_alarm(t, wanted_alarm(t));
    pthread_mutex_unlock(&t->lock);
}

int timers_fd(const struct timers *t)
{
    return t->fd;
}

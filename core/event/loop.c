/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - the event loop: libuv on a thread of its own.
 *
 * It wakes up for descriptors, due timers and posts, and for nothing else. Handles are touched by
 * the event thread only, or by the one thread that there is before start and after stop; everybody
 * else posts.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>
#include "core/event/event.h"
#include "core/host/clock.h"
#include "core/host/thread.h"

struct post {
    struct post *next;
    void (*fn)(void *);
    void *opaque;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_poll_t alarm; /* of the timers, in parallel mode */
    struct timers *timers;
    bool has_alarm;
    struct host_thread *thread; /* NULL: not running */
    _Atomic bool running;       /* the thread exists: changes of watches are posted */
    _Atomic bool stopping;
    pthread_mutex_t lock; /* of posts */
    struct post *posts, **last_post;
    struct vm_fd_watch *watches;
};

struct vm_fd_watch {
    struct loop *loop;
    struct vm_fd_watch *next, **link; /* in loop->watches */
    int fd;
    vm_fd_callback cb;
    void *opaque;
    _Atomic uint32_t wanted; /* VM_FD_READ and VM_FD_WRITE */
    _Atomic bool change_posted;
    _Atomic uint32_t references; /* libuv's, until it is closed, and those of posted changes */
    bool removed;
    bool always_ready; /* epoll refuses it: a regular file */
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_idle_t idle; /* always_ready: active while events are wanted */
    } uv;
};

/* ---- posts ---- */

static void run_posts(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct post *post = l->posts;
    l->posts = NULL;
    l->last_post = &l->posts;
    pthread_mutex_unlock(&l->lock);
    while (post) {
        struct post *next = post->next;
        post->fn(post->opaque);
        free(post);
        post = next;
    }
}

static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->data;
    bool stopping =
        atomic_load(&l->stopping); /* before the posts: those made before loop_stop all run */
    run_posts(l);
    if (stopping)
        uv_stop(&l->uv);
}

void loop_post(struct loop *l, void (*fn)(void *), void *opaque)
{
    struct post *post = malloc(sizeof(*post));
    while (!post) { /* there is no way to fail here: wait until others have freed some */
        usleep(1000);
        post = malloc(sizeof(*post));
    }
    *post = (struct post){.fn = fn, .opaque = opaque};
    pthread_mutex_lock(&l->lock);
    *l->last_post = post;
    l->last_post = &post->next;
    pthread_mutex_unlock(&l->lock);
    uv_async_send(&l->wake);
}

/* ---- timers ---- */

static void on_alarm(uv_poll_t *alarm, int status, int events)
{
    struct loop *l = alarm->data;
    (void)status;
    (void)events;
    timers_run(l->timers);
}

/* ---- life ---- */

static int init_handles(struct loop *l, bool deterministic, struct vm_error *err)
{
    int rc = uv_async_init(&l->uv, &l->wake, on_wake);
    if (rc == 0)
        l->wake.data = l;
    if (rc == 0 && !deterministic) {
        rc = uv_poll_init(&l->uv, &l->alarm, timers_fd(l->timers));
        l->alarm.data = l;
        l->has_alarm = rc == 0;
        if (rc == 0)
            rc = uv_poll_start(&l->alarm, UV_READABLE, on_alarm);
    }
    return rc ? vm_error_set(err, "cannot set up the event loop: %s", uv_strerror(rc)) : 0;
}

struct loop *loop_new(struct timers *timers, bool deterministic, struct vm_error *err)
{
    struct loop *l = calloc(1, sizeof(*l));
    if (!l) {
        vm_error_set(err, "out of memory while setting up the event loop");
        return NULL;
    }
    int rc = uv_loop_init(&l->uv);
    if (rc) {
        vm_error_set(err, "cannot set up the event loop: %s", uv_strerror(rc));
        free(l);
        return NULL;
    }
    l->timers = timers;
    l->last_post = &l->posts;
    pthread_mutex_init(&l->lock, NULL);
    if (init_handles(l, deterministic, err)) {
        loop_free(l);
        return NULL;
    }
    return l;
}

static _Thread_local const struct loop *current_loop;

static void thread_main(void *opaque)
{
    struct loop *l = opaque;
    current_loop = l;
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

int loop_start(struct loop *l, struct vm_error *err)
{
    atomic_store(&l->stopping, false);
    atomic_store(&l->running, true);
    l->thread = host_thread_start("vmrun-event", thread_main, l, err);
    if (!l->thread)
        atomic_store(&l->running, false);
    return l->thread ? 0 : -1;
}

void loop_stop(struct loop *l)
{
    if (!l->thread)
        return;
    atomic_store(&l->stopping, true);
    uv_async_send(&l->wake);
    host_thread_join(l->thread);
    l->thread = NULL;
    atomic_store(&l->running, false);
}

bool loop_is_current(const struct loop *l)
{
    return current_loop == l;
}

/* ---- watches ---- */

static void release(struct vm_fd_watch *w)
{
    if (atomic_fetch_sub(&w->references, 1) == 1)
        free(w);
}

static void report(struct vm_fd_watch *w, uint32_t events)
{
    if (!w->removed && events)
        w->cb(w->opaque, w->fd, events);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct vm_fd_watch *w = poll->data;
    uint32_t wanted = atomic_load(&w->wanted), ready = VM_FD_HANGUP;
    if (status < 0) /* libuv stops watching after it */
        ready |= wanted;
    else
        ready = (events & UV_READABLE ? VM_FD_READ : 0) | (events & UV_WRITABLE ? VM_FD_WRITE : 0) |
                (events & UV_DISCONNECT ? VM_FD_HANGUP : 0);
    report(w, ready);
}

static void on_idle(uv_idle_t *idle)
{
    struct vm_fd_watch *w = idle->data;
    report(w, atomic_load(&w->wanted));
}

/* Makes libuv watch for what is wanted now. */
static void apply(struct vm_fd_watch *w)
{
    uint32_t wanted = atomic_load(&w->wanted);
    int events = (wanted & VM_FD_READ ? UV_READABLE | UV_DISCONNECT : 0) |
                 (wanted & VM_FD_WRITE ? UV_WRITABLE | UV_DISCONNECT : 0);
    if (w->removed)
        return;
    if (w->always_ready && wanted)
        uv_idle_start(&w->uv.idle, on_idle);
    else if (w->always_ready)
        uv_idle_stop(&w->uv.idle);
    else if (wanted)
        uv_poll_start(&w->uv.poll, events, on_poll);
    else
        uv_poll_stop(&w->uv.poll);
}

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static int init_watch(struct vm_fd_watch *w)
{
    /* libuv makes the descriptor non-blocking; whether it is, is its owner's choice, and others may
     * share it (a terminal). */
    int flags = fcntl(w->fd, F_GETFL);
    if (flags < 0)
        return -errno;
    int rc = uv_poll_init(&w->loop->uv, &w->uv.poll, w->fd);
    if (!(flags & O_NONBLOCK))
        fcntl(w->fd, F_SETFL, flags);
    if (rc == UV_EPERM) {
        w->always_ready = true;
        rc = uv_idle_init(&w->loop->uv, &w->uv.idle);
    }
    w->uv.handle.data = w;
    return rc;
}

struct vm_fd_watch *loop_watch(struct loop *l, int fd, uint32_t events, vm_fd_callback cb,
                               void *opaque, struct vm_error *err)
{
    struct vm_fd_watch *w = calloc(1, sizeof(*w));
    if (!w) {
        vm_error_set(err, "out of memory while watching descriptor %d", fd);
        return NULL;
    }
    w->loop = l;
    w->fd = fd;
    w->cb = cb;
    w->opaque = opaque;
    atomic_init(&w->references, 1);
    atomic_init(&w->wanted, events & (VM_FD_READ | VM_FD_WRITE));
    int rc = init_watch(w);
    if (rc) {
        vm_error_set(err, "cannot watch descriptor %d: %s", fd, uv_strerror(rc));
        free(w);
        return NULL;
    }
    w->next = l->watches;
    w->link = &l->watches;
    if (w->next)
        w->next->link = &w->next;
    l->watches = w;
    apply(w);
    return w;
}

static void apply_posted(void *opaque)
{
    struct vm_fd_watch *w = opaque;
    atomic_store(&w->change_posted, false); /* first: a change from here on posts again */
    apply(w);
    release(w);
}

void loop_watch_change(struct vm_fd_watch *w, uint32_t events)
{
    atomic_store(&w->wanted, events & (VM_FD_READ | VM_FD_WRITE));
    if (!atomic_load(&w->loop->running) || loop_is_current(w->loop)) {
        apply(w);
    } else if (!atomic_exchange(&w->change_posted, true)) {
        atomic_fetch_add(&w->references, 1);
        loop_post(w->loop, apply_posted, w);
    }
}

void loop_watch_remove(struct vm_fd_watch *w)
{
    w->removed = true;
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    uv_close(&w->uv.handle, on_closed);
}

/* ---- timers on the host's clock ---- */

struct loop_timer {
    uv_timer_t uv; /* first */
    void (*fn)(void *);
    void *opaque;
};

struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *), void *opaque)
{
    struct loop_timer *t = malloc(sizeof(*t));
    if (!t)
        return NULL;
    t->fn = fn;
    t->opaque = opaque;
    uv_timer_init(&l->uv, &t->uv); /* cannot fail */
    return t;
}

static void on_loop_timer(uv_timer_t *uv)
{
    struct loop_timer *t = (struct loop_timer *)uv;
    t->fn(t->opaque);
}

void loop_timer_arm(struct loop_timer *t, int64_t deadline_ns)
{
    if (deadline_ns == INT64_MAX) {
        uv_timer_stop(&t->uv);
        return;
    }
    int64_t left = deadline_ns - host_clock_ns();
    uv_update_time(t->uv.loop);
    uv_timer_start(&t->uv, on_loop_timer, left > 0 ? ((uint64_t)left + 999999) / 1000000 : 0, 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void loop_timer_free(struct loop_timer *t)
{
    if (t)
        uv_close((uv_handle_t *)&t->uv, on_timer_closed);
}

/* ---- end ---- */

void loop_free(struct loop *l)
{
    if (!l)
        return;
    while (l->watches)
        loop_watch_remove(l->watches);
    if (l->wake.data)
        uv_close((uv_handle_t *)&l->wake, NULL);
    if (l->has_alarm)
        uv_close((uv_handle_t *)&l->alarm, NULL);
    uv_run(&l->uv, UV_RUN_DEFAULT); /* until everything is closed */
    uv_loop_close(&l->uv);
    while (l->posts) {
        struct post *post = l->posts;
        l->posts = post->next;
        if (post->fn == apply_posted)
            release(post->opaque);
        free(post);
    }
    pthread_mutex_destroy(&l->lock);
    free(l);
}

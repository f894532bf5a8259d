/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll.c - libslirp's descriptors and timeouts on the host's event loop.
 *
 * The library asks, after whatever it did, which descriptors to poll for what. They sit in one
 * epoll descriptor, which is the only one that the host watches: a batch of events then costs the
 * library one pass over its sockets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "user.h"

#define BATCH        64
#define NO_TIMEOUT   1000 /* ms: what the library says if it has nothing to time */
#define NS_PER_MS    1000000
#define ROOM_AT_ONCE 64u

static uint32_t to_epoll(int events)
{
    return (events & SLIRP_POLL_IN ? EPOLLIN : 0u) | (events & SLIRP_POLL_OUT ? EPOLLOUT : 0u) |
           (events & SLIRP_POLL_PRI ? EPOLLPRI : 0u) | (events & SLIRP_POLL_HUP ? EPOLLRDHUP : 0u);
}

static uint32_t from_epoll(uint32_t events)
{
    return (events & EPOLLIN ? SLIRP_POLL_IN : 0u) | (events & EPOLLOUT ? SLIRP_POLL_OUT : 0u) |
           (events & EPOLLPRI ? SLIRP_POLL_PRI : 0u) | (events & EPOLLERR ? SLIRP_POLL_ERR : 0u) |
           (events & (EPOLLHUP | EPOLLRDHUP) ? SLIRP_POLL_HUP : 0u);
}

static struct polled *find(struct poller *p, int fd)
{
    uint32_t n = (uint32_t)fd / ROOM_AT_ONCE * ROOM_AT_ONCE + ROOM_AT_ONCE;

    if (n > p->n_fds) {
        struct polled *bigger = realloc(p->fds, n * sizeof(*bigger));
        if (!bigger)
            return NULL;
        memset(bigger + p->n_fds, 0, (n - p->n_fds) * sizeof(*bigger));
        p->fds = bigger;
        p->n_fds = n;
    }
    return &p->fds[fd];
}

/* A descriptor of that number may have been closed and another opened since: what we think is
 * watched need not be. */
static void watch(struct poller *p, int fd, struct polled *f, uint32_t wanted)
{
    struct epoll_event event = {.events = wanted, .data.fd = fd};
    int op = f->wanted ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    f->wanted = wanted;
    if (!wanted)
        epoll_ctl(p->epoll, EPOLL_CTL_DEL, fd, &event);
    else if (epoll_ctl(p->epoll, op, fd, &event) && (errno == ENOENT || errno == EEXIST))
        epoll_ctl(p->epoll, op == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

static int add_poll(int fd, int events, void *opaque)
{
    struct user *u = opaque;
    struct polled *f = find(&u->poller, fd);

    if (!f)
        return -1;
    f->round = u->poller.round;
    if (f->wanted != to_epoll(events))
        watch(&u->poller, fd, f, to_epoll(events));
    return fd;
}

static int ready_events(int fd, void *opaque)
{
    struct poller *p = &((struct user *)opaque)->poller;

    return fd >= 0 && (uint32_t)fd < p->n_fds ? (int)p->fds[fd].ready : 0;
}

void poller_forget(struct user *u, int fd)
{
    struct poller *p = &u->poller;

    if ((uint32_t)fd >= p->n_fds)
        return;
    if (p->fds[fd].wanted)
        watch(p, fd, &p->fds[fd], 0);
    p->fds[fd].ready = 0;
}

/* The timer is only ever brought forward: when it goes off too early, it is set anew. */
static void set_timer(struct user *u, uint32_t timeout_ms)
{
    struct poller *p = &u->poller;
    int64_t deadline = u->host->clock_ns(u->ctx) + (int64_t)timeout_ms * NS_PER_MS;

    if (timeout_ms >= NO_TIMEOUT || deadline >= p->deadline)
        return;
    p->deadline = deadline;
    u->host->timer_arm(p->timer, deadline);
}

void poller_update(struct user *u)
{
    struct poller *p = &u->poller;
    uint32_t timeout = UINT32_MAX;

    p->round++;
    slirp_pollfds_fill(u->slirp, &timeout, add_poll, u);
    for (uint32_t fd = 0; fd < p->n_fds; fd++) {
        if (p->fds[fd].wanted && p->fds[fd].round != p->round)
            watch(p, (int)fd, &p->fds[fd], 0);
    }
    set_timer(u, timeout);
}

static void run(struct user *u)
{
    slirp_pollfds_poll(u->slirp, 0, ready_events, u);
    poller_update(u);
}

static void on_ready(void *opaque, int epoll, uint32_t events)
{
    struct user *u = opaque;
    struct epoll_event ready[BATCH];
    int n = epoll_wait(epoll, ready, BATCH, 0);

    (void)events;
    for (int i = 0; i < n; i++)
        u->poller.fds[ready[i].data.fd].ready = from_epoll(ready[i].events);
    if (n > 0)
        run(u);
    for (int i = 0; i < n; i++)
        u->poller.fds[ready[i].data.fd].ready = 0;
}

static void on_timer(void *opaque)
{
    struct user *u = opaque;

    u->poller.deadline = INT64_MAX;
    run(u);
}

int poller_init(struct user *u, struct vm_error *err)
{
    struct poller *p = &u->poller;

    p->deadline = INT64_MAX;
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (p->epoll < 0)
        return vm_error_set(err, "cannot make an epoll descriptor: %s", strerror(errno));
    p->timer = u->host->timer_new(u->ctx, on_timer, u);
    if (!p->timer)
        return vm_error_set(err, "out of memory");
    p->watch = u->host->watch_fd(u->ctx, p->epoll, VM_FD_READ, on_ready, u, err);
    return p->watch ? 0 : -1;
}

void poller_free(struct user *u)
{
    struct poller *p = &u->poller;

    if (p->watch)
        u->host->watch_remove(p->watch);
    if (p->timer)
        u->host->timer_free(p->timer);
    if (p->epoll >= 0)
        close(p->epoll);
    free(p->fds);
}

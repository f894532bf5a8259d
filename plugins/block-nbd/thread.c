/* SPDX-License-Identifier: BSD-2-Clause */
/* thread.c - the thread that has the connection: turns, time-outs, the loss of the server. */
#define _GNU_SOURCE
#include "nbd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define RETRY_NS INT64_C(1000000000)

static void take_submitted(struct nbd *n)
{
    struct list list;

    pthread_mutex_lock(&n->lock);
    list = n->submitted;
    n->submitted = (struct list){0};
    pthread_mutex_unlock(&n->lock);
    for (struct vm_block_request *r = list.first, *next; r; r = next) {
        next = work_of(r)->next;
        work_of(r)->issued = nbd_now();
        requests_begin(n, r);
    }
}

static void lose(struct nbd *n, const char *why)
{
    struct nbd_handle *h = n->h;

    n->host->base->log(n->ctx, VM_LOG_WARNING, "%s: %s%s", n->uri, why,
                       n->reconnect ? "; trying to connect again" : "");
    nbd_close(h); /* callbacks for what was under way may come from inside */
    n->h = NULL;
    n->lost_at = nbd_now();
    n->next_try = n->lost_at;
    requests_lost(n);
}

static void try_again(struct nbd *n)
{
    struct vm_error err = VM_ERROR_INIT;
    struct nbd_handle *h;

    if (!n->reconnect || nbd_now() < n->next_try)
        return;
    h = nbd_open(n, &err);
    if (h && nbd_measure(n, h, &err)) {
        nbd_close(h);
        h = NULL;
    }
    n->next_try = nbd_now() + RETRY_NS;
    n->h = h;
    if (h)
        n->host->base->log(n->ctx, VM_LOG_INFO, "%s: connected again", n->uri);
    else
        n->host->base->log(n->ctx, VM_LOG_DEBUG, "%s", err.text);
}

/* Time until something must be looked at without an event, ms; -1: never. */
static int time_left(const struct nbd *n)
{
    int64_t at = INT64_MAX, now = nbd_now();

    if (!n->h && n->reconnect)
        at = n->next_try;
    else if (n->issued.first)
        at = work_of(n->issued.first)->issued + n->timeout;
    if (at == INT64_MAX)
        return -1;
    return at <= now ? 0 : (int)((at - now) / 1000000 + 1);
}

static void turn(struct nbd *n)
{
    unsigned direction = n->h ? nbd_aio_get_direction(n->h) : 0;
    struct pollfd fds[2] = {
        {.fd = n->wake_fd, .events = POLLIN},
        {.fd = n->h ? nbd_aio_get_fd(n->h) : -1},
    };
    uint64_t count;

    fds[1].events = (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                            (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0));
    if (poll(fds, 2, time_left(n)) < 0)
        return;
    if (fds[0].revents && read(n->wake_fd, &count, sizeof(count)) < 0)
        return; /* nothing: another turn */
    if (!n->h)
        return;
    if (fds[1].revents & (POLLIN | POLLHUP | POLLERR) && direction & LIBNBD_AIO_DIRECTION_READ)
        nbd_aio_notify_read(n->h);
    else if (fds[1].revents & (POLLOUT | POLLHUP | POLLERR) &&
             direction & LIBNBD_AIO_DIRECTION_WRITE)
        nbd_aio_notify_write(n->h);
}

static void look_at_connection(struct nbd *n)
{
    if (!n->h)
        return;
    if (nbd_aio_is_dead(n->h) != 0 || nbd_aio_is_closed(n->h) != 0)
        lose(n, "the server is gone");
    else if (n->issued.first && nbd_now() - work_of(n->issued.first)->issued >= n->timeout)
        lose(n, "the server does not answer");
}

static void say_goodbye(struct nbd *n)
{
    int64_t end = nbd_now() + RETRY_NS;

    if (!n->h)
        return;
    nbd_aio_disconnect(n->h, 0);
    while (nbd_aio_is_closed(n->h) == 0 && nbd_aio_is_dead(n->h) == 0 && nbd_now() < end)
        if (nbd_poll(n->h, 100) < 0)
            break;
    nbd_close(n->h);
    n->h = NULL;
}

void *nbd_thread(void *opaque)
{
    struct nbd *n = opaque;

    pthread_setname_np(pthread_self(), "vmrun-nbd");
    while (!atomic_load(&n->stopping)) {
        take_submitted(n);
        if (!n->h)
            try_again(n);
        requests_issue(n);
        look_at_connection(n);
        if (!n->waiting.first || !n->h)
            turn(n);
        look_at_connection(n);
    }
    say_goodbye(n);
    return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reflect.c - net-reflect: a network with nobody else on it, where each frame comes back with its
 * addresses exchanged. Frames to a group of stations are dropped.
 *
 * send() may come on any thread and must not block; receive() may be called on the event thread
 * alone. So frames wait in a short queue with a lock, and wake() brings the event thread to poll().
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/net.h>

enum { ADDRESS = 6, QUEUE = 16, MAX_FRAME = 1518, HEADER = sizeof(struct vm_net_header) };

struct frame {
    uint32_t length; /* header included */
    uint8_t bytes[HEADER + MAX_FRAME];
};

struct reflect {
    const struct vm_net_host *host;
    struct vm_net_ctx *ctx;

    pthread_mutex_t lock; /* around what follows; never held while the host is called */
    struct frame queue[QUEUE];
    uint32_t first, n;
    int wants_room; /* send() had no room */
};

/* Copies what is there once: it may be the guest's memory, which changes. 0: it is too long. */
static uint32_t gather(uint8_t *to, const struct vm_iovec *iov, uint32_t n)
{
    uint32_t length = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (iov[i].length > HEADER + MAX_FRAME - length)
            return 0;
        memcpy(to + length, iov[i].base, iov[i].length);
        length += (uint32_t)iov[i].length;
    }
    return length;
}

/* Whether the frame comes back, and makes it do so. */
static int turn_round(uint8_t *bytes, uint32_t length)
{
    uint8_t *frame = bytes + HEADER, address[ADDRESS];

    if (length < HEADER + VM_NET_MIN_FRAME || frame[0] & 1)
        return 0;
    memcpy(address, frame, ADDRESS);
    memcpy(frame, frame + ADDRESS, ADDRESS);
    memcpy(frame + ADDRESS, address, ADDRESS);
    return 1;
}

static size_t reflect_send(void *be, const struct vm_iovec *iov, uint32_t n)
{
    struct reflect *r = be;
    struct frame *f;
    size_t all = 0;

    for (uint32_t i = 0; i < n; i++)
        all += iov[i].length;
    pthread_mutex_lock(&r->lock);
    if (r->n == QUEUE) {
        r->wants_room = 1;
        pthread_mutex_unlock(&r->lock);
        return 0;
    }
    f = &r->queue[(r->first + r->n) % QUEUE];
    f->length = gather(f->bytes, iov, n);
    if (turn_round(f->bytes, f->length))
        r->n++;
    pthread_mutex_unlock(&r->lock);
    r->host->wake(r->ctx);
    return all;
}

/* The oldest frame; 0: there is none. */
static int peek(struct reflect *r, struct frame *f)
{
    int there;

    pthread_mutex_lock(&r->lock);
    there = r->n > 0;
    if (there)
        *f = r->queue[r->first];
    pthread_mutex_unlock(&r->lock);
    return there;
}

/* Drops it. Says whether somebody waits for the room. */
static int drop(struct reflect *r)
{
    int tell;

    pthread_mutex_lock(&r->lock);
    r->first = (r->first + 1) % QUEUE;
    r->n--;
    tell = r->wants_room;
    r->wants_room = 0;
    pthread_mutex_unlock(&r->lock);
    return tell;
}

/* At most one queue full, since what is received here may be answered at once. [event thread] */
static void reflect_poll(void *be)
{
    struct reflect *r = be;
    struct frame f;
    int tell = 0;

    for (int i = 0; i < QUEUE && peek(r, &f); i++) {
        struct vm_iovec iov = {f.bytes, f.length};
        if (!r->host->receive(r->ctx, &iov, 1))
            break; /* no room: receive_ready() comes */
        tell |= drop(r);
    }
    if (tell)
        r->host->writable(r->ctx);
}

static void reflect_ready(void *be)
{
    struct reflect *r = be;

    r->host->wake(r->ctx);
}

static void reflect_info(void *be, struct vm_net_info *info)
{
    (void)be;
    info->offloads = 0;
    info->mtu = 1500;
    info->link_up = 1;
}

static void *reflect_create(const struct vm_net_host *host, struct vm_net_ctx *ctx,
                            const struct vm_props *props, struct vm_error *err)
{
    struct reflect *r = calloc(1, sizeof(*r));

    (void)props;
    if (!r) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    r->host = host;
    r->ctx = ctx;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void reflect_destroy(void *be)
{
    struct reflect *r = be;

    pthread_mutex_destroy(&r->lock);
    free(r);
}

static const void *get_interface(const char *id)
{
    static const struct vm_net_ops ops = {
        .size = sizeof(ops),
        .create = reflect_create,
        .destroy = reflect_destroy,
        .info = reflect_info,
        .send = reflect_send,
        .receive_ready = reflect_ready,
        .poll = reflect_poll,
    };

    return strcmp(id, VM_NET_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_NET, .name = "net-reflect", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "sends each frame back",
          .description = "An example of the SDK: a network that is a mirror.",
          .get_interface = get_interface);

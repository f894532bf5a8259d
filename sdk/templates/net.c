/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net-sample.c - a network backend for vmrun: a mirror. Each frame comes back with its addresses
 * swapped.
 *
 * send() may come from any thread, receive() may be called on the event thread only: frames wait in
 * a ring in between.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/net.h>

enum { RING_FRAMES = 64, ADDRESS_BYTES = 6 };

struct frame {
    size_t length; /* the header included */
    uint8_t *bytes;
};

struct sample {
    const struct vm_net_host *host;
    struct vm_net_ctx *ctx;
    uint32_t mtu;
    pthread_mutex_t lock; /* of what follows */
    struct frame ring[RING_FRAMES];
    uint32_t first, n;
    int was_full;
};

/* ---- On any thread --------------------------------------------------------------------------- */

static size_t send_frame(void *be, const struct vm_iovec *iov, uint32_t n)
{
    struct sample *s = be;
    struct frame f = {0, NULL};
    int full;

    for (uint32_t i = 0; i < n; i++)
        f.length += iov[i].length;
    if (f.length < sizeof(struct vm_net_header) + VM_NET_MIN_FRAME ||
        f.length > sizeof(struct vm_net_header) + VM_NET_MAX_FRAME || !(f.bytes = malloc(f.length)))
        return f.length; /* taken, and dropped */
    for (uint32_t i = 0, at = 0; i < n; at += (uint32_t)iov[i++].length)
        memcpy(f.bytes + at, iov[i].base, iov[i].length);
    pthread_mutex_lock(&s->lock);
    full = s->n == RING_FRAMES;
    if (full)
        s->was_full = 1;
    else
        s->ring[(s->first + s->n++) % RING_FRAMES] = f;
    pthread_mutex_unlock(&s->lock);
    if (full)
        free(f.bytes);
    s->host->wake(s->ctx);
    return full ? 0 : f.length;
}

static void receive_ready(void *be)
{
    struct sample *s = be;

    s->host->wake(s->ctx);
}

static void info(void *be, struct vm_net_info *out)
{
    out->offloads = 0;
    out->mtu = ((const struct sample *)be)->mtu;
    out->link_up = 1;
}

/* ---- On the event thread --------------------------------------------------------------------- */

static int mirror(struct sample *s, struct frame *f)
{
    uint8_t *destination = f->bytes + sizeof(struct vm_net_header);
    uint8_t back[2 * ADDRESS_BYTES];
    struct vm_iovec iov[3] = {
        {f->bytes, sizeof(struct vm_net_header)},
        {back, sizeof(back)},
        {destination + sizeof(back), f->length - sizeof(struct vm_net_header) - sizeof(back)}};

    memcpy(back, destination + ADDRESS_BYTES, ADDRESS_BYTES);
    memcpy(back + ADDRESS_BYTES, destination, ADDRESS_BYTES);
    return s->host->receive(s->ctx, iov, 3);
}

/* Without the lock while the device has the frame: it may send from inside. */
static int mirror_next(struct sample *s)
{
    struct frame f = {0, NULL};
    int taken;

    pthread_mutex_lock(&s->lock);
    if (s->n)
        f = s->ring[s->first];
    pthread_mutex_unlock(&s->lock);
    if (!f.bytes || !mirror(s, &f))
        return 0;
    free(f.bytes);
    pthread_mutex_lock(&s->lock);
    s->first = (s->first + 1) % RING_FRAMES;
    s->n--;
    taken = s->was_full;
    s->was_full = 0;
    pthread_mutex_unlock(&s->lock);
    if (taken)
        s->host->writable(s->ctx);
    return 1;
}

static void poll_frames(void *be)
{
    for (int i = 0; i < RING_FRAMES && mirror_next(be); i++)
        ;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void *create(const struct vm_net_host *host, struct vm_net_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct sample *s = calloc(1, sizeof(*s));

    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    s->mtu = (uint32_t)host->base->prop_uint(props, "mtu");
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void destroy(void *be)
{
    struct sample *s = be;

    for (uint32_t i = 0; i < s->n; i++)
        free(s->ring[(s->first + i) % RING_FRAMES].bytes);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- The plugin ------------------------------------------------------------------------------ */

static const void *get_interface(const char *id)
{
    static const struct vm_net_ops ops = {.size = sizeof(struct vm_net_ops),
                                          .create = create,
                                          .destroy = destroy,
                                          .info = info,
                                          .send = send_frame,
                                          .receive_ready = receive_ready,
                                          .poll = poll_frames};

    return strcmp(id, VM_NET_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "mtu",
     .unit = "bytes",
     .default_value = "1500",
     .min = 68,
     .max = 65521,
     .help = "largest IP packet"},
};

VM_PLUGIN(.kind = VM_KIND_NET, .name = "net-sample", .version = "0.1", .licence = "BSD-2-Clause",
          .summary = "mirror of frames", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);

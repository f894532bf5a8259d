/* SPDX-License-Identifier: BSD-2-Clause */
/* devhost_net.c - the network that a device under test sends its frames to. */
#include <stdlib.h>
#include <string.h>

#include "devhost_internal.h"

struct vm_net {
    const struct vm_net_client *client;
    void *opaque;
    struct vm_net_info info;
    uint32_t offloads;
    uint32_t room;               /* frames that are taken from now on */
    struct plughost_buffer sent; /* the last one, header in front */
    uint32_t n_sent, ready_calls;
};

static struct devhost *of(struct vm_device_ctx *ctx)
{
    return (struct devhost *)ctx;
}

/* ---- What the device calls ------------------------------------------------------------------- */

static struct vm_net *net_of(struct devhost *h)
{
    if (!h->net) {
        h->net = calloc(1, sizeof(*h->net));
        h->net->info = (struct vm_net_info){.size = sizeof(h->net->info), .link_up = 1};
        h->net->room = UINT32_MAX;
    }
    return h->net;
}

struct vm_net *devhost_net_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                  const char *prop, const struct vm_net_client *client,
                                  void *opaque, struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (!plughost_prop_given(props, prop) || devhost_wiring_fails(h, err))
        return NULL;
    net_of(h)->client = client;
    net_of(h)->opaque = opaque;
    return h->net;
}

size_t devhost_net_send(struct vm_net *net, const struct vm_iovec *iov, uint32_t n)
{
    if (net->room == 0)
        return 0;
    net->room -= net->room != UINT32_MAX;
    net->sent.size = 0;
    for (uint32_t i = 0; i < n; i++)
        plughost_bytes(&net->sent, iov[i].base, iov[i].length);
    net->n_sent++;
    return net->sent.size + 1;
}

void devhost_net_receive_ready(struct vm_net *net)
{
    net->ready_calls++;
}

void devhost_net_info(struct vm_net *net, struct vm_net_info *info)
{
    *info = net->info;
}

int devhost_net_set_offloads(struct vm_net *net, uint32_t offloads)
{
    if (offloads & ~net->info.offloads)
        plughost_broken("offloads that the backend does not have");
    net->offloads = offloads;
    return 0;
}

const char *devhost_instance_name(struct vm_device_ctx *ctx)
{
    (void)ctx;
    return "test0";
}

void devhost_free_net(struct devhost *h)
{
    if (h->net)
        free(h->net->sent.text);
    free(h->net);
}

/* ---- What the test does ---------------------------------------------------------------------- */

void devhost_net_set(struct devhost *h, uint32_t offloads, uint32_t mtu)
{
    net_of(h)->info.offloads = offloads;
    net_of(h)->info.mtu = mtu;
}

int devhost_net_frame(struct devhost *h, const struct vm_net_header *header, const void *frame,
                      size_t n)
{
    static const struct vm_net_header zeroes;
    /* In pieces, as a backend may give it. */
    struct vm_iovec iov[3] = {{(void *)(uintptr_t)(header ? header : &zeroes), sizeof(zeroes)},
                              {(void *)(uintptr_t)frame, n / 3},
                              {(uint8_t *)(uintptr_t)frame + n / 3, n - n / 3}};

    return h->net->client->receive(h->net->opaque, iov, 3);
}

const uint8_t *devhost_net_sent(struct devhost *h, size_t *n)
{
    *n = h->net->sent.size;
    return (const uint8_t *)h->net->sent.text;
}

uint32_t devhost_net_count(const struct devhost *h)
{
    return h->net->n_sent;
}

void devhost_net_room(struct devhost *h, uint32_t frames)
{
    h->net->room = frames;
    if (frames)
        h->net->client->writable(h->net->opaque);
}

void devhost_net_link(struct devhost *h, int up)
{
    h->net->client->link(h->net->opaque, up);
}

uint32_t devhost_net_offloads(const struct devhost *h)
{
    return h->net->offloads;
}

uint32_t devhost_net_ready_calls(const struct devhost *h)
{
    return h->net->ready_calls;
}

bool devhost_has_net(const struct devhost *h)
{
    return h->net && h->net->client;
}

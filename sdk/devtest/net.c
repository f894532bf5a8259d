/* SPDX-License-Identifier: BSD-2-Clause */
/* net.c - the network that a device under test sends its frames to. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct vm_net {
    struct vm_devtest *host;
    struct vm_net_client client;
    bool attached;
    void *opaque;
    struct vm_net_info info;
    uint32_t offloads;
    uint32_t room;              /* frames that are taken from now on */
    struct vm_test_buffer sent; /* the last one, header in front */
    uint32_t n_sent, ready_calls;
};

static struct vm_devtest *of(struct vm_device_ctx *ctx)
{
    return (struct vm_devtest *)ctx;
}

/* ---- What the device calls ------------------------------------------------------------------- */

static struct vm_net *net_of(struct vm_devtest *h)
{
    if (!h->net) {
        h->net = vm_test_alloc(sizeof(*h->net));
        h->net->info = (struct vm_net_info){.size = sizeof(h->net->info), .link_up = 1};
        h->net->room = UINT32_MAX;
    }
    return h->net;
}

struct vm_net *vm_devtest_net_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                     const char *prop, const struct vm_net_client *client,
                                     void *opaque, struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (!vm_test_prop_given(props, prop) || vm_devtest_wiring_fails(h, err))
        return NULL;
    net_of(h)->host = h;
    vm_test_copy(&h->net->client, sizeof(*client), client);
    h->net->attached = true;
    net_of(h)->opaque = opaque;
    return h->net;
}

size_t vm_devtest_net_send(struct vm_net *net, const struct vm_iovec *iov, uint32_t n)
{
    vm_devtest_expect_locked(net->host, "net_send");
    if (net->room == 0)
        return 0;
    net->room -= net->room != UINT32_MAX;
    net->sent.size = 0;
    for (uint32_t i = 0; i < n; i++)
        vm_test_bytes(&net->sent, iov[i].base, iov[i].length);
    net->n_sent++;
    return net->sent.size + 1;
}

void vm_devtest_net_receive_ready(struct vm_net *net)
{
    vm_devtest_expect_locked(net->host, "net_receive_ready");
    net->ready_calls++;
}

void vm_devtest_net_info(struct vm_net *net, struct vm_net_info *info)
{
    *info = net->info;
}

int vm_devtest_net_set_offloads(struct vm_net *net, uint32_t offloads)
{
    if (offloads & ~net->info.offloads)
        vm_test_broken("offloads that the backend does not have");
    net->offloads = offloads;
    return 0;
}

const char *vm_devtest_instance_name(struct vm_device_ctx *ctx)
{
    (void)ctx;
    return "test0";
}

void vm_devtest_free_net(struct vm_devtest *h)
{
    if (h->net)
        free(h->net->sent.text);
    free(h->net);
}

/* ---- What the test does ---------------------------------------------------------------------- */

static struct vm_net *attached(const struct vm_devtest *h)
{
    if (!vm_devtest_has_net(h))
        vm_test_broken("a test asks for a network that was not attached");
    return h->net;
}

void vm_devtest_net_set(struct vm_devtest *h, uint32_t offloads, uint32_t mtu)
{
    net_of(h)->info.offloads = offloads;
    net_of(h)->info.mtu = mtu;
}

int vm_devtest_net_frame(struct vm_devtest *h, const struct vm_net_header *header,
                         const void *frame, size_t n)
{
    static const struct vm_net_header zeroes;
    /* In pieces, as a backend may give it. */
    struct vm_iovec iov[3] = {{(void *)(uintptr_t)(header ? header : &zeroes), sizeof(zeroes)},
                              {(void *)(uintptr_t)frame, n / 3},
                              {(uint8_t *)(uintptr_t)frame + n / 3, n - n / 3}};

    int taken;

    vm_devtest_enter(h);
    taken = attached(h)->client.receive(h->net->opaque, iov, 3);
    vm_devtest_leave(h);
    return taken;
}

const uint8_t *vm_devtest_net_sent(struct vm_devtest *h, size_t *n)
{
    *n = attached(h)->sent.size;
    return (const uint8_t *)h->net->sent.text;
}

uint32_t vm_devtest_net_count(const struct vm_devtest *h)
{
    return attached(h)->n_sent;
}

void vm_devtest_net_room(struct vm_devtest *h, uint32_t frames)
{
    attached(h)->room = frames;
    vm_devtest_enter(h);
    if (frames)
        h->net->client.writable(h->net->opaque);
    vm_devtest_leave(h);
}

void vm_devtest_net_link(struct vm_devtest *h, int up)
{
    vm_devtest_enter(h);
    if (attached(h)->client.link)
        h->net->client.link(h->net->opaque, up);
    vm_devtest_leave(h);
}

uint32_t vm_devtest_net_offloads(const struct vm_devtest *h)
{
    return attached(h)->offloads;
}

uint32_t vm_devtest_net_ready_calls(const struct vm_devtest *h)
{
    return attached(h)->ready_calls;
}

bool vm_devtest_has_net(const struct vm_devtest *h)
{
    return h->net && h->net->attached;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* device.c - virtio network device (Virtio 1.2, 5.1): one pair of queues and a control queue. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"

/* ---- The class ------------------------------------------------------------------------------- */

static void start(void *dev)
{
    struct net *d = dev;

    d->guest_offloads = d->virtio.features & F_GUEST_OFFLOADS;
    net_apply_offloads(d);
    net_start_traffic(d);
}

static void notify(void *dev, uint32_t queue)
{
    struct net *d = dev;

    if (queue == QUEUE_TX)
        net_transmit(d);
    else if (queue == QUEUE_CONTROL)
        net_control(d);
    else if (d->backend) {
        vm_virtio_set_notify(&d->virtio, QUEUE_RX, 0); /* receive() asks for the next one */
        d->virtio.host->net_receive_ready(d->backend);
    }
}

static void driver_reset(void *dev)
{
    struct net *d = dev;

    d->guest_offloads = 0;
    d->blocked = false;
    net_filter_reset(d);
    net_apply_offloads(d);
}

static const struct vm_virtio_class virtio_class = {
    .device_id = 1,
    .pci_class = 0x020000, /* Ethernet controller */
    .config_length = CONFIG_BYTES,
    .start = start,
    .notify = notify,
    .reset = driver_reset,
};

/* ---- The backend ----------------------------------------------------------------------------- */

static int receive(void *opaque, const struct vm_iovec *iov, uint32_t n)
{
    return net_receive(opaque, iov, n);
}

static void writable(void *opaque)
{
    struct net *d = opaque;

    d->blocked = false;
    net_transmit(d);
}

static void set_link(struct net *d, int up)
{
    d->config[CONFIG_STATUS] = up ? STATUS_LINK : 0;
}

static void link_changed(void *opaque, int up)
{
    struct net *d = opaque;

    set_link(d, up);
    vm_virtio_config_changed(&d->virtio);
}

static const struct vm_net_client client = {
    .size = sizeof(struct vm_net_client),
    .receive = receive,
    .writable = writable,
    .link = link_changed,
};

/* ---- Making ---------------------------------------------------------------------------------- */

static int parse_mac(const char *text, uint8_t mac[MAC_BYTES], struct vm_error *err)
{
    unsigned byte[MAC_BYTES];
    int end = 0;

    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1], &byte[2], &byte[3], &byte[4],
               &byte[5], &end) != 6 ||
        text[end] || end != 17)
        return vm_error_set(err, "mac: '%.40s' is no address; write six bytes, 52:54:00:12:34:56",
                            text);
    for (uint32_t i = 0; i < MAC_BYTES; i++)
        mac[i] = (uint8_t)byte[i];
    if (mac[0] & 1)
        return vm_error_set(err, "mac: '%s' is the address of a group, not of one device", text);
    return 0;
}

/* From the device's name (FNV-1a), so that it is the same in each run; locally administered. */
static void derive_mac(const char *name, uint8_t mac[MAC_BYTES])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    for (uint32_t i = 0; i < MAC_BYTES; i++)
        mac[i] = (uint8_t)(hash >> 8 * i);
    mac[0] = 0x52; /* local, one device */
}

static uint64_t features_of(const struct vm_net_info *info)
{
    uint64_t features =
        F_MAC | F_STATUS | F_MRG_RXBUF | F_CTRL_VQ | F_CTRL_RX | F_CTRL_RX_EXTRA | F_CTRL_MAC_ADDR;

    features |= info->mtu ? F_MTU : 0;
    if (info->offloads & VM_NET_TX_CSUM)
        features |= F_CSUM | (info->offloads & VM_NET_TX_TSO4 ? F_HOST_TSO4 : 0) |
                    (info->offloads & VM_NET_TX_TSO6 ? F_HOST_TSO6 : 0);
    if (info->offloads & VM_NET_RX_CSUM)
        features |= F_GUEST_CSUM | F_CTRL_GUEST_OFFLOADS |
                    (info->offloads & VM_NET_RX_TSO4 ? F_GUEST_TSO4 : 0) |
                    (info->offloads & VM_NET_RX_TSO6 ? F_GUEST_TSO6 : 0);
    return features;
}

static int set_up(struct net *d, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                  const struct vm_props *props, struct vm_error *err)
{
    const char *mac = host->base->prop_string(props, "mac");
    struct vm_net_info info = {.size = sizeof(info)};

    if (!VM_HAS(host, net_attach) || !VM_HAS(host, instance_name))
        return vm_error_set(err, "this vmrun is too old for network devices");
    if (mac) {
        if (parse_mac(mac, d->own_mac, err))
            return -1;
    } else {
        derive_mac(host->instance_name(ctx), d->own_mac);
    }
    d->backend = host->net_attach(ctx, props, "net", &client, d, err);
    if (!d->backend && host->base->prop_given(props, "net"))
        return -1;
    if (d->backend)
        host->net_info(d->backend, &info);
    set_link(d, d->backend && info.link_up);
    d->config[CONFIG_PAIRS] = 1;
    d->config[CONFIG_MTU] = (uint8_t)info.mtu;
    d->config[CONFIG_MTU + 1] = (uint8_t)(info.mtu >> 8);
    net_filter_reset(d);
    const struct vm_virtio_setup setup = {
        .class_ = &virtio_class,
        .features = features_of(&info),
        .config = d->config,
        .n_queues = N_QUEUES,
    };
    return vm_virtio_create(&d->virtio, host, ctx, props, &setup, err);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct net *d = calloc(1, sizeof(*d));

    if (!d) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (set_up(d, host, ctx, props, err)) {
        free(d);
        return NULL;
    }
    return d;
}

static void reset(void *dev, int kind)
{
    struct net *d = dev;

    (void)kind;
    vm_virtio_reset(&d->virtio);
}

/* ---- Saved state ----------------------------------------------------------------------------- */

static const struct vm_state_field state_fields[] = {
    VM_VIRTIO_STATE(struct net, virtio),
    VM_STATE_ARRAY(struct net, modes, VM_STATE_U8, N_MODES),
    VM_STATE_ARRAY(struct net, mac, VM_STATE_U8, MAC_BYTES),
    VM_STATE(struct net, unicast.n, VM_STATE_U32),
    VM_STATE_ARRAY(struct net, unicast.macs, VM_STATE_U8, MAC_ENTRIES *MAC_BYTES),
    VM_STATE(struct net, multicast.n, VM_STATE_U32),
    VM_STATE_ARRAY(struct net, multicast.macs, VM_STATE_U8, MAC_ENTRIES *MAC_BYTES),
    VM_STATE(struct net, guest_offloads, VM_STATE_U64),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static void state_saving(void *dev)
{
    struct net *d = dev;

    vm_virtio_state_saving(&d->virtio);
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct net *d = dev;

    for (uint32_t i = 0; i < N_MODES; i++) {
        if (d->modes[i] > 1)
            return vm_error_set(err, "saved network state: receive mode %u is %u", i, d->modes[i]);
    }
    if (d->unicast.n > MAC_ENTRIES + 1 || d->multicast.n > MAC_ENTRIES + 1 ||
        (d->guest_offloads & ~(d->virtio.features & F_GUEST_OFFLOADS)))
        return vm_error_set(err, "saved network state: tables or offloads that cannot be");
    if (vm_virtio_state_loaded(&d->virtio, err))
        return -1;
    memcpy(d->config + CONFIG_MAC, d->mac, MAC_BYTES);
    net_apply_offloads(d);
    net_start_traffic(d);
    return 0;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
    .state_saving = state_saving,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &vm_virtio_fdt;
    return NULL;
}

static const struct vm_property properties[] = {
    VM_VIRTIO_PROPERTIES("256"),
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_NET,
     .name = "net",
     .help = "where its frames go; without it no cable is plugged in"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "mac",
     .help = "Ethernet address; without it one made of the device's name, which two machines on "
             "one wire may not both have"},
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-virtio-net", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "network card (virtio network device)",
          .description =
              "Checksums and the cutting of large TCP packets are left to a backend that "
              "can do it. Sits at an address (virtio-mmio) or on a PCI bus.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

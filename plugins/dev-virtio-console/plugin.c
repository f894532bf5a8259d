/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - what dev-virtio-console declares: properties, ports, saved state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console.h"

/* clang-format off */
#define PORT_PROPERTIES(suffix, what) \
    {.size = sizeof(struct vm_property), .type = VM_PROP_CHARDEV, .name = "chardev" suffix, \
     .help = "where the characters of " what " go"}, \
    {.size = sizeof(struct vm_property), .type = VM_PROP_STRING, .name = "name" suffix, \
     .help = "makes " what " a port for programs, /dev/virtio-ports/NAME in Linux; without, it is a console"}
/* clang-format on */

static const struct vm_property properties[] = {
    VM_VIRTIO_PROPERTIES("64"),
    PORT_PROPERTIES("", "the first port"),
    PORT_PROPERTIES("1", "the second port"),
    PORT_PROPERTIES("2", "the third port"),
    PORT_PROPERTIES("3", "the fourth port"),
    PORT_PROPERTIES("4", "the fifth port"),
    PORT_PROPERTIES("5", "the sixth port"),
    PORT_PROPERTIES("6", "the seventh port"),
    PORT_PROPERTIES("7", "the eighth port"),
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "columns",
     .default_value = "0",
     .max = 65535,
     .help = "width that consoles have; 0: not known"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "rows",
     .default_value = "0",
     .max = 65535,
     .help = "height that consoles have; 0: not known"},
};

static const struct vm_state_field state_fields[] = {
    VM_VIRTIO_STATE(struct console, virtio),
    VM_STATE_ARRAY(struct console, guest_open, VM_STATE_U8, CONSOLE_PORTS),
    VM_STATE_ARRAY(struct console, host_open, VM_STATE_U8, CONSOLE_PORTS),
    VM_STATE_ARRAY(struct console, to_send, VM_STATE_U8, CONSOLE_PORTS),
    VM_STATE_ARRAY(struct console, tx_done, VM_STATE_U32, CONSOLE_PORTS),
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
    struct console *c = dev;

    vm_virtio_state_saving(&c->virtio);
}

static int state_loaded(void *dev, struct vm_error *err)
{
    const unsigned messages = 1u << MESSAGE_PORT_ADD | 1u << MESSAGE_CONSOLE_PORT |
                              1u << MESSAGE_RESIZE | 1u << MESSAGE_PORT_OPEN |
                              1u << MESSAGE_PORT_NAME;
    struct console *c = dev;

    for (uint32_t i = 0; i < CONSOLE_PORTS; i++)
        if (c->guest_open[i] > 1 || c->host_open[i] > 1 || (c->to_send[i] & ~messages))
            return vm_error_set(err, "saved console state: port %u cannot be so", i);
    if (vm_virtio_state_loaded(&c->virtio, err))
        return -1;
    console_invite_input(c);
    return 0;
}

/* ---- making one ------------------------------------------------------------------------------ */

/* Ports are numbered without gaps: up to the last one that has a backend or a name. */
static int add_port(struct console *c, const struct vm_props *props, uint32_t number,
                    struct vm_error *err)
{
    const struct vm_device_host *host = c->virtio.host;
    struct console_port *p = &c->ports[number];
    struct vm_error why = VM_ERROR_INIT;
    char chardev[16], name[16];
    const char *text;

    snprintf(chardev, sizeof(chardev), number ? "chardev%u" : "chardev", number);
    snprintf(name, sizeof(name), number ? "name%u" : "name", number);
    p->console = c;
    p->number = number;
    c->host_open[number] = 1;
    text = host->base->prop_string(props, name);
    if (text && strlen(text) >= CONSOLE_NAME)
        return vm_error_set(err, "%s: longer than %u characters", name, CONSOLE_NAME - 1);
    if (text)
        strcpy(p->name, text);
    p->chr = host->chardev_attach(c->virtio.ctx, props, chardev, &console_client, p, &why);
    if (why.set)
        return vm_error_set(err, "%s: %s", chardev, why.text);
    if (p->chr || text)
        c->n_ports = number + 1;
    return 0;
}

static int add_ports(struct console *c, const struct vm_props *props, struct vm_error *err)
{
    c->n_ports = 1;
    for (uint32_t i = 0; i < CONSOLE_PORTS; i++)
        if (add_port(c, props, i, err))
            return -1;
    return 0;
}

static void put16(uint8_t *to, uint64_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static int make(struct console *c, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *base = c->virtio.host->base;
    struct vm_virtio_setup setup = {
        .class_ = &console_class,
        .features = CONSOLE_F_EMERG_WRITE,
        .config = c->config,
        .n_queues = 2,
    };

    if (add_ports(c, props, err))
        return -1;
    put16(c->config + CONFIG_COLUMNS, base->prop_uint(props, "columns"));
    put16(c->config + CONFIG_ROWS, base->prop_uint(props, "rows"));
    put16(c->config + CONFIG_PORTS, c->n_ports);
    if (base->prop_uint(props, "columns") && base->prop_uint(props, "rows"))
        setup.features |= CONSOLE_F_SIZE;
    if (c->n_ports > 1 || c->ports[0].name[0]) {
        setup.features |= CONSOLE_F_MULTIPORT;
        setup.n_queues = 2 + 2 * c->n_ports;
    }
    return vm_virtio_create(&c->virtio, c->virtio.host, c->virtio.ctx, props, &setup, err);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct console *c = calloc(1, sizeof(*c));

    if (!c) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    c->virtio.host = host;
    c->virtio.ctx = ctx;
    if (make(c, props, err) < 0) {
        free(c);
        return NULL;
    }
    return c;
}

static void reset(void *dev, int kind)
{
    struct console *c = dev;

    (void)kind;
    vm_virtio_reset(&c->virtio);
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-virtio-console", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "consoles and ports (virtio console device)",
          .description =
              "Up to eight ports, each with a character backend. A port without a name is a "
              "console, hvc0 and so on in Linux; one with a name is for programs of the guest. A "
              "backend that cannot keep up makes the guest wait, and the other way round. Sits at "
              "an address (virtio-mmio) or on a PCI bus.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

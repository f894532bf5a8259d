/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console.c - what the console does with its queues.
 *
 * No chain is kept from one callback to the next: one that the backend took in part goes back into
 * its queue, and `tx_done` says how much of it is out.
 */
#include <string.h>

#include "console.h"

static int is_multiport(const struct console *c)
{
    return vm_virtio_has(&c->virtio, CONSOLE_F_MULTIPORT);
}

static uint32_t input_queue(const struct console_port *p)
{
    return p->number ? 2 * p->number + 2 : 0;
}

/* ---- guest to host --------------------------------------------------------------------------- */

/* Returns whether all of the chain is out. */
static int write_chain(struct console *c, struct console_port *p, const struct vm_virtq_element *e)
{
    uint32_t *done = &c->tx_done[p->number];

    while (p->chr) {
        uint64_t n = vm_virtio_read(e, *done, c->buffer, CONSOLE_BUFFER);
        size_t took = n ? c->virtio.host->chardev_write(p->chr, c->buffer, (size_t)n) : 0;

        *done += (uint32_t)took;
        if (took < n)
            return 0;
        if (n < CONSOLE_BUFFER)
            break;
    }
    *done = 0;
    return 1;
}

static void transmit(struct console *c, struct console_port *p)
{
    uint32_t queue = input_queue(p) + 1;
    struct vm_virtq_element *e;

    while ((e = vm_virtio_pop(&c->virtio, queue))) {
        if (!write_chain(c, p, e)) {
            vm_virtio_unpop(&c->virtio, queue, e); /* writable() comes back for it */
            break;
        }
        vm_virtio_push(&c->virtio, queue, e, 0);
    }
    vm_virtio_flush(&c->virtio, queue);
}

static void writable(void *opaque)
{
    struct console_port *p = opaque;

    transmit(p->console, p);
}

/* Before there is a driver, for what is about to stop the guest (5.3.4). */
static void config_write(void *dev, uint32_t offset, uint32_t size, uint64_t value)
{
    struct console *c = dev;
    uint8_t byte = (uint8_t)value;

    (void)size;
    if (offset == CONFIG_EMERGENCY && c->ports[0].chr)
        c->virtio.host->chardev_write(c->ports[0].chr, &byte, 1);
}

/* ---- host to guest --------------------------------------------------------------------------- */

static size_t receive(void *opaque, const uint8_t *bytes, size_t n)
{
    struct console_port *p = opaque;
    struct console *c = p->console;
    uint32_t queue = input_queue(p);
    struct vm_virtq_element *e;
    size_t done = 0;

    while (done < n && (!is_multiport(c) || c->guest_open[p->number]) &&
           (e = vm_virtio_pop(&c->virtio, queue))) {
        uint64_t part = vm_virtio_write(e, 0, bytes + done, n - done);

        vm_virtio_push(&c->virtio, queue, e, part);
        done += (size_t)part;
        if (part == 0)
            vm_virtio_fail(&c->virtio, "queue %u: a buffer for input cannot be written", queue);
    }
    vm_virtio_flush(&c->virtio, queue);
    p->input_waits = done < n;
    return done;
}

static void invite(struct console *c, struct console_port *p)
{
    if (p->input_waits) {
        p->input_waits = 0;
        c->virtio.host->chardev_input_ready(p->chr);
    }
}

void console_invite_input(struct console *c)
{
    for (uint32_t i = 0; i < c->n_ports; i++) {
        c->ports[i].input_waits = c->ports[i].chr != NULL;
        invite(c, &c->ports[i]);
    }
}

/* ---- control messages ------------------------------------------------------------------------ */

struct message {
    uint8_t bytes[8 + CONSOLE_NAME];
    uint32_t n;
};

static void store(uint8_t *to, uint32_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t load(const uint8_t *from, unsigned n)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < n; i++)
        value |= (uint32_t)from[i] << 8 * i;
    return value;
}

static struct message make_message(const struct console *c, uint32_t port, uint32_t what)
{
    uint32_t value = what == MESSAGE_PORT_OPEN ? c->host_open[port] : 1;
    struct message m = {.n = 8};

    store(m.bytes, port, 4);
    store(m.bytes + 4, what, 2);
    store(m.bytes + 6, value, 2);
    if (what == MESSAGE_RESIZE) {
        memcpy(m.bytes + 8, c->config + CONFIG_COLUMNS, 4);
        m.n += 4;
    } else if (what == MESSAGE_PORT_NAME) {
        uint32_t length = (uint32_t)strlen(c->ports[port].name);

        memcpy(m.bytes + 8, c->ports[port].name, length);
        m.n += length;
    }
    return m;
}

/* One of those that wait for this port; whether there was one, and a buffer for it. */
static int send_message(struct console *c, uint32_t port)
{
    uint32_t what = c->to_send[port] ? (uint32_t)__builtin_ctz(c->to_send[port]) : 0;
    struct vm_virtq_element *e = what ? vm_virtio_pop(&c->virtio, QUEUE_CONTROL_IN) : NULL;
    struct message m;

    if (!e)
        return 0;
    m = make_message(c, port, what);
    c->to_send[port] &= (uint8_t) ~(1u << what);
    vm_virtio_push(&c->virtio, QUEUE_CONTROL_IN, e, vm_virtio_write(e, 0, m.bytes, m.n));
    return 1;
}

static void send_messages(struct console *c)
{
    for (uint32_t port = 0; port < c->n_ports; port++)
        while (send_message(c, port))
            ;
    vm_virtio_flush(&c->virtio, QUEUE_CONTROL_IN);
}

static void send(struct console *c, uint32_t port, uint32_t what)
{
    c->to_send[port] |= (uint8_t)(1u << what);
}

static void port_is_ready(struct console *c, uint32_t port)
{
    if (c->ports[port].name[0])
        send(c, port, MESSAGE_PORT_NAME);
    else
        send(c, port, MESSAGE_CONSOLE_PORT);
    if (!c->ports[port].name[0] && load(c->config + CONFIG_COLUMNS, 2))
        send(c, port, MESSAGE_RESIZE);
    if (c->host_open[port])
        send(c, port, MESSAGE_PORT_OPEN);
}

static void control(struct console *c, const struct vm_virtq_element *e)
{
    uint8_t bytes[8];
    uint32_t port, what, value;

    if (vm_virtio_read(e, 0, bytes, sizeof(bytes)) < sizeof(bytes))
        return;
    port = load(bytes, 4);
    what = load(bytes + 4, 2);
    value = load(bytes + 6, 2);
    if (what == MESSAGE_DEVICE_READY && value == 1) {
        for (uint32_t i = 0; i < c->n_ports; i++)
            send(c, i, MESSAGE_PORT_ADD);
        return;
    }
    if (port >= c->n_ports)
        return;
    if (what == MESSAGE_PORT_READY && value == 1) {
        port_is_ready(c, port);
    } else if (what == MESSAGE_PORT_OPEN) {
        c->guest_open[port] = value == 1;
        if (value == 1)
            invite(c, &c->ports[port]);
    }
}

static void control_out(struct console *c)
{
    struct vm_virtq_element *e;

    while ((e = vm_virtio_pop(&c->virtio, QUEUE_CONTROL_OUT))) {
        control(c, e);
        vm_virtio_push(&c->virtio, QUEUE_CONTROL_OUT, e, 0);
    }
    vm_virtio_flush(&c->virtio, QUEUE_CONTROL_OUT);
}

/* What the guest is not told while nobody has connected it, it asks for when it is ready. */
static void backend_event(void *opaque, int event)
{
    struct console_port *p = opaque;
    struct console *c = p->console;
    uint8_t open = event == VM_CHARDEV_OPENED;

    if (event == VM_CHARDEV_BREAK || c->host_open[p->number] == open)
        return;
    c->host_open[p->number] = open;
    if (!vm_virtio_running(&c->virtio) || !is_multiport(c))
        return;
    send(c, p->number, MESSAGE_PORT_OPEN);
    send_messages(c);
}

/* ---- the class ------------------------------------------------------------------------------- */

static void notify(void *dev, uint32_t queue)
{
    struct console *c = dev;
    struct console_port *p = &c->ports[queue < 2 ? 0 : queue / 2 - 1];

    if (queue == QUEUE_CONTROL_OUT)
        control_out(c);
    if (queue == QUEUE_CONTROL_IN || queue == QUEUE_CONTROL_OUT)
        send_messages(c);
    else if (queue & 1)
        transmit(c, p);
    else
        invite(c, p);
}

static int queue_stop(void *dev, uint32_t queue)
{
    struct console *c = dev;

    if ((queue & 1) && queue != QUEUE_CONTROL_OUT)
        c->tx_done[queue < 2 ? 0 : queue / 2 - 1] = 0;
    return 0;
}

static void reset(void *dev)
{
    struct console *c = dev;

    memset(c->guest_open, 0, sizeof(c->guest_open));
    memset(c->to_send, 0, sizeof(c->to_send));
}

const struct vm_virtio_class console_class = {
    .device_id = 3,
    .pci_class = 0x078000, /* communication controller */
    .config_length = CONFIG_BYTES,
    .config_write = config_write,
    .notify = notify,
    .queue_stop = queue_stop,
    .reset = reset,
};

const struct vm_chardev_client console_client = {
    .size = sizeof(struct vm_chardev_client),
    .receive = receive,
    .writable = writable,
    .event = backend_event,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_virtio.c - libFuzzer target for one virtio device: a driver that brings it up as it should
 * and then does what it likes, to registers, rings and the memory behind them; with neighbours and
 * saved states as in fuzz_device.c. Linked with one device plugin; the test host watches the
 * contract.
 */
#include <string.h>

#include "../unit/virtio_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_STEPS       500
#define MAX_STATE_STEPS 3
#define BUFFERS         (DRIVER_RAM + 0x100000u)
#define BUFFER_BYTES    0x10000u

struct input {
    const uint8_t *data;
    size_t size;
};

static uint64_t take(struct input *in, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n && in->size > 0; i++) {
        value |= (uint64_t)*in->data++ << i * 8;
        in->size--;
    }
    return value;
}

static void take_bytes(struct input *in, uint8_t *to, size_t n)
{
    size_t part = n < in->size ? n : in->size;

    memcpy(to, in->data, part);
    in->data += part;
    in->size -= part;
}

/* ---- the driver ------------------------------------------------------------------------------ */

static void bring_up(struct driver *d, struct vm_devtest *h, struct input *in)
{
    uint64_t wanted = take(in, 1) & 1 ? take(in, 8) : UINT64_MAX;

    if (take(in, 1) & 1)
        wanted &= ~VM_VIRTIO_F_RING_PACKED;
    driver_start(d, h, wanted, 1 + (uint32_t)take(in, 1) % DRIVER_QUEUES);
}

/* A chain of up to four buffers, those to be read with the next bytes of the input. */
static void add_chain(struct driver *d, struct input *in)
{
    struct vring_buffer b[4];
    uint32_t queue, n = 1 + (uint32_t)take(in, 1) % 4, n_out = (uint32_t)take(in, 1) % (n + 1);

    if (d->n_queues == 0)
        return;
    queue = (uint32_t)take(in, 1) % d->n_queues;
    if (d->queues[queue].length == 0 || d->queues[queue].n_free < n)
        return;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length = (uint32_t)take(in, 1);

        length = length & 0x80 ? (length & 0x7f) * 64 : length;
        b[i] = (struct vring_buffer){BUFFERS + 0x2000 * i, length, i >= n_out};
        if (length & 1)
            b[i].addr += take(in, 2);
        if (i < n_out && b[i].addr < BUFFERS + BUFFER_BYTES)
            take_bytes(in, driver_memory(d, b[i].addr), length);
    }
    driver_add(d, queue, b, n);
}

static void take_used(struct driver *d)
{
    for (uint32_t i = 0; i < d->n_queues; i++) {
        uint32_t written;
        uint16_t id;

        while (driver_get(d, i, &id, &written))
            ;
    }
}

static void write_memory(struct driver *d, struct input *in)
{
    uint64_t addr = DRIVER_RAM + 0x1000 + take(in, 2) % 0x8000;

    take_bytes(in, driver_memory(d, addr), 1 + take(in, 1) % 16);
}

static void access_register(struct vm_devtest *h, struct input *in)
{
    uint32_t size = 1u << take(in, 1) % 4;
    uint64_t offset = take(in, 2) % 0x1000 & ~(uint64_t)(size - 1), value;

    if (take(in, 1) & 1)
        vm_devtest_access_write(h, 0, offset, size, take(in, size));
    else
        vm_devtest_access_read(h, 0, offset, size, &value);
}

/* ---- the others ------------------------------------------------------------------------------ */

static void drive_disk(struct vm_devtest *h, uint8_t what)
{
    if (what < 0x60)
        vm_devtest_disk_hold(h, what & 1);
    else if (what < 0xc0)
        vm_devtest_disk_fail(h, what & 0x1f); /* any errno value */
    else
        vm_devtest_disk_resize(h, (uint64_t)(what & 0x3f) << 15);
}

/* Frames of any length with headers of any kind; a backend that fills up; a link that goes. */
static void drive_net(struct vm_devtest *h, struct input *in, uint8_t what)
{
    static uint8_t frame[VM_NET_MAX_FRAME];
    struct vm_net_header header;

    take_bytes(in, (uint8_t *)&header, sizeof(header));
    take_bytes(in, frame, 14);
    if (what < 0xc0)
        vm_devtest_net_frame(h, what & 1 ? &header : NULL, frame,
                             VM_NET_MIN_FRAME +
                                 take(in, 2) % (what & 2 ? sizeof(frame) - VM_NET_MIN_FRAME : 100));
    else if (what < 0xf0)
        vm_devtest_net_room(h, what & 7);
    else
        vm_devtest_net_link(h, what & 1);
}

static void drive_backend(struct vm_devtest *h, struct input *in)
{
    uint8_t bytes[32];
    uint8_t what = (uint8_t)take(in, 1);

    if (vm_devtest_has_disk(h))
        drive_disk(h, what);
    if (vm_devtest_has_net(h))
        drive_net(h, in, what);
    if (!vm_devtest_has_backend(h))
        return;
    vm_devtest_pick_backend(h, (uint32_t)take(in, 1) % vm_devtest_backends(h));
    memset(bytes, what, sizeof(bytes));
    if (what < 0x40)
        vm_devtest_send(h, bytes, 1 + what % 32);
    else if (what < 0xc0)
        vm_devtest_output_room(h, what < 0x80 ? what & 0x3f : SIZE_MAX);
    else
        vm_devtest_chardev_event(h, VM_CHARDEV_OPENED + what % 3);
}

static void use_state(struct vm_devtest *h, struct input *in)
{
    uint32_t n = (uint32_t)take(in, 1), index = (uint32_t)take(in, 2);

    if (n & 0x80)
        vm_devtest_load_bytes(h, in->data, in->size, NULL);
    else
        vm_devtest_change_field(h, n % 32, index, take(in, 8));
    vm_devtest_reset(h);
}

static void step(struct driver *d, struct vm_devtest *h, struct input *in, int *state_steps)
{
    switch (take(in, 1) % 16) {
    case 0:
        bring_up(d, h, in);
        break;
    case 1 ... 6:
        add_chain(d, in);
        break;
    case 7:
        take_used(d);
        break;
    case 8:
        write_memory(d, in);
        break;
    case 9 ... 10:
        access_register(h, in);
        break;
    case 11:
        vm_devtest_advance(h, (int64_t)take(in, 3));
        break;
    case 12:
        vm_devtest_run_work(h);
        break;
    case 13:
        drive_backend(h, in);
        break;
    case 14:
        if (++*state_steps <= MAX_STATE_STEPS)
            use_state(h, in);
        break;
    default:
        vm_devtest_access_write(h, 0, REG_QUEUE_NOTIFY, 4, take(in, 1) % DRIVER_QUEUES);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct driver d;
    struct input in = {data, size};
    struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);
    uint8_t configuration = (uint8_t)take(&in, 1);
    int state_steps = 0;

    vm_devtest_set_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES);
    if (configuration & 1)
        vm_devtest_cut_ram(h, 4096);
    vm_devtest_set(h, "packed", "yes");
    if (!(configuration & 2))
        vm_devtest_net_set(h, 63, 1500); /* all offloads that there are */
    for (uint32_t i = 0; i < vm_plugin_descriptor.n_properties; i++) {
        const struct vm_property *p = &vm_plugin_descriptor.properties[i];

        if (p->type == VM_PROP_CHARDEV && !(configuration & 0x80))
            vm_devtest_set(h, p->name, "fuzz");
        if (p->type == VM_PROP_NET && !(configuration & 0x80))
            vm_devtest_set(h, p->name, "fuzz");
        if (p->type == VM_PROP_BLOCK)
            vm_devtest_set(h, p->name,
                           configuration & 0x40   ? "64Kr"
                           : configuration & 0x20 ? "1Mb"
                                                  : "1M");
    }
    if (vm_devtest_create(h, NULL) == 0) {
        vm_devtest_reset(h);
        bring_up(&d, h, &in);
        for (int i = 0; i < MAX_STEPS && in.size > 0; i++)
            step(&d, h, &in, &state_steps);
    }
    vm_devtest_free(h);
    return 0;
}

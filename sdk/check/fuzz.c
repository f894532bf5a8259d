/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz.c - vm-plugin-check: a guest, neighbours and backends that do anything to a device. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "check.h"

/* ---- Registers ------------------------------------------------------------------------------- */

/* Mostly where registers are, at times anywhere, or at the end. */
static uint64_t some_offset(struct random *r, const struct vm_region *region)
{
    uint64_t offset = random_next(r);

    switch (random_below(r, 8)) {
    case 0:
        return offset % region->length;
    case 1:
        return region->length - 1 - offset % (region->length < 64 ? region->length : 64);
    case 2:
    case 3:
        return offset % (region->length < 0x1000 ? region->length : 0x1000);
    default:
        return offset % (region->length < 0x100 ? region->length : 0x100);
    }
}

/* Numbers that devices take for something: small ones, single bits, addresses of RAM. */
static uint64_t some_value(struct random *r)
{
    uint64_t value = random_next(r);

    switch (random_below(r, 8)) {
    case 0:
        return value;
    case 1:
        return UINT64_MAX;
    case 2:
        return UINT64_C(1) << value % 64;
    case 3:
    case 4:
        return DEVICE_RAM + (value % DEVICE_RAM_SIZE & ~UINT64_C(0xf));
    default:
        return value % 256;
    }
}

static void access_register(struct vm_devtest *h, struct random *r, uint32_t step)
{
    uint32_t regions = vm_devtest_regions(h), n = random_below(r, regions), size;
    const struct vm_region *region;
    uint64_t offset, value;

    if (regions == 0)
        return;
    region = vm_devtest_region(h, n);
    size = 1u << random_below(r, 4);
    offset = some_offset(r, region);
    if (random_below(r, 16))
        offset &= ~(uint64_t)(size - 1);
    value = some_value(r);
    if (random_below(r, 2)) {
        vm_test_note("step %u: write of %u bytes, 0x%" PRIx64 ", at 0x%" PRIx64 " of region '%s'",
                     step, size, value, offset, region->name);
        vm_devtest_access_write(h, n, offset, size, value);
    } else {
        vm_test_note("step %u: read of %u bytes at 0x%" PRIx64 " of region '%s'", step, size,
                     offset, region->name);
        vm_devtest_access_read(h, n, offset, size, &value);
    }
}

/* ---- Backends -------------------------------------------------------------------------------- */

static void drive_chardev(struct vm_devtest *h, struct random *r)
{
    uint8_t bytes[64];

    vm_devtest_pick_backend(h, random_below(r, vm_devtest_backends(h)));
    switch (random_below(r, 4)) {
    case 0:
        vm_devtest_output_room(h, random_below(r, 64));
        break;
    case 1:
        vm_devtest_output_room(h, SIZE_MAX);
        break;
    case 2:
        vm_devtest_chardev_event(h, VM_CHARDEV_OPENED + (int)random_below(r, 3));
        break;
    default:
        memset(bytes, (int)random_below(r, 256), sizeof(bytes));
        vm_devtest_send(h, bytes, 1 + random_below(r, sizeof(bytes)));
        break;
    }
}

static void drive_disk(struct vm_devtest *h, struct random *r)
{
    static const int errors[] = {0, 0, 0, EIO, ENOSPC};

    vm_devtest_disk_fail(h, errors[random_below(r, 5)]);
    vm_devtest_disk_hold(h, random_below(r, 2));
    if (random_below(r, 16) == 0)
        vm_devtest_disk_resize(h, (1 + random_below(r, 64)) << 16);
}

static void drive_net(struct vm_devtest *h, struct random *r)
{
    static const uint8_t frame[1514];

    switch (random_below(r, 4)) {
    case 0:
        vm_devtest_net_room(h, random_below(r, 3) - 1);
        break;
    case 1:
        vm_devtest_net_link(h, (int)random_below(r, 2));
        break;
    default:
        vm_devtest_net_frame(h, NULL, frame,
                             VM_NET_MIN_FRAME + random_below(r, sizeof(frame) - VM_NET_MIN_FRAME));
        break;
    }
}

/* Frames as they are asked for, and somebody who types and points. */
static void drive_display(struct vm_devtest *h, struct random *r)
{
    struct vm_display_event events[3] = {
        {VM_DISPLAY_KEY, (uint16_t)(1 + random_below(r, VM_DISPLAY_KEY_MAX)),
         (int32_t)random_below(r, 2)},
        {VM_DISPLAY_ABS, (uint16_t)random_below(r, 2),
         (int32_t)random_below(r, VM_DISPLAY_ABS_MAX + 1)},
        {VM_DISPLAY_REL, VM_DISPLAY_WHEEL, (int32_t)random_below(r, 9) - 4},
    };

    if (random_below(r, 2))
        vm_devtest_display_refresh(h, random_below(r, 4) == 0);
    else
        vm_devtest_display_input(h, events, 1 + random_below(r, 3));
}

/* ---- Neighbours ------------------------------------------------------------------------------ */

static void drive_bus(struct vm_devtest *h, struct random *r)
{
    const struct vm_device_bus *bus = vm_devtest_bus(h);
    void *device = vm_devtest_device(h);
    uint32_t address = random_below(r, 0x200);
    uint64_t above, value = some_value(r);

    if (bus->window)
        bus->window(device, VM_REGION_MMIO + random_below(r, 2), value, 1 + some_value(r) / 2,
                    &above);
    if (bus->route_irq)
        bus->route_irq(device, address, random_below(r, 4));
    if (bus->requester)
        bus->requester(device, address);
}

static void drive_controller(struct vm_devtest *h, struct random *r)
{
    static const char *const ports[] = {"imsic-m", "imsic-s", "gic"};
    struct vm_devtest_port_access access = {
        .reg = random_below(r, 4) ? random_below(r, 0x100) : VM_RISCV_TOPEI,
        .write = (int)random_below(r, 2),
        .bits = some_value(r),
        .mask = random_below(r, 2) ? UINT64_MAX : some_value(r),
    };
    uint32_t inputs = vm_devtest_irq_inputs(h);
    uint64_t value;

    switch (random_below(r, 3)) {
    case 0:
        if (inputs)
            vm_devtest_irq_input(h, random_below(r, inputs), (int)random_below(r, 2));
        break;
    case 1:
        vm_devtest_port(h, random_below(r, 2), ports[random_below(r, 3)], &access, &value);
        break;
    default:
        if (vm_devtest_regions(h))
            vm_devtest_message(h, 0, some_offset(r, vm_devtest_region(h, 0)) & ~UINT64_C(3),
                               (uint32_t)some_value(r));
        break;
    }
}

static void drive_neighbour(struct vm_devtest *h, struct random *r, uint32_t step)
{
    uint32_t what = random_below(r, 6);

    vm_test_note("step %u: backends and neighbours", step);
    if (what == 0 && vm_devtest_backends(h))
        drive_chardev(h, r);
    else if (what == 1 && vm_devtest_has_disk(h))
        drive_disk(h, r);
    else if (what == 2 && vm_devtest_has_net(h))
        drive_net(h, r);
    else if (what == 3 && vm_devtest_bus(h))
        drive_bus(h, r);
    else if (what == 4 && vm_devtest_has_display(h))
        drive_display(h, r);
    else
        drive_controller(h, r);
}

/* ---- A series -------------------------------------------------------------------------------- */

void fuzz_device(struct vm_devtest *h, struct random *r, uint32_t steps)
{
    for (uint32_t step = 0; step < steps; step++) {
        switch (random_below(r, 16)) {
        case 0:
            vm_test_note("step %u: time goes on", step);
            vm_devtest_advance(h,
                               (int64_t)(random_next(r) >> (20 + random_below(r, 40))) % 1000000);
            break;
        case 1:
        case 2:
            drive_neighbour(h, r, step);
            break;
        case 3:
            vm_test_note("step %u: submitted work", step);
            vm_devtest_run_work(h);
            break;
        default:
            access_register(h, r, step);
            break;
        }
    }
    vm_devtest_messages(h);
}

void reset_device(struct vm_devtest *h)
{
    for (uint32_t i = 0; i < vm_devtest_irq_inputs(h); i++)
        vm_devtest_irq_input(h, i, 0);
    vm_test_note("reset()");
    vm_devtest_reset(h);
    if (vm_devtest_mappings(h))
        vm_test_broken("reset() leaves memory mapped for DMA");
    for (uint32_t i = 0; i < vm_devtest_irq_outputs(h); i++)
        if (vm_devtest_irq(h, i))
            vm_test_broken("reset() leaves an interrupt output raised");
    for (uint32_t i = 0; i < vm_devtest_regions(h); i++)
        if (vm_devtest_region(h, i)->movable && vm_devtest_placed(h, i, NULL))
            vm_test_broken("reset() leaves a movable region placed");
}

/* ---- Cases ----------------------------------------------------------------------------------- */

/* In each place where the device can be: rounds of anything, each ended by a reset. */
static void play(const char *name, void (*prepare)(struct vm_devtest *h))
{
    enum { ROUNDS = 8 };

    for (int place = 0; place < PLACES; place++) {
        struct random r = random_begin(name);
        struct vm_devtest *h = device_make(place);

        for (int round = 0; h && round < ROUNDS; round++) {
            if (prepare)
                prepare(h);
            fuzz_device(h, &r, check.steps / ROUNDS);
            reset_device(h);
        }
        if (h)
            vm_devtest_free(h);
    }
}

void check_registers(void *opaque)
{
    (void)opaque;
    play("registers", NULL);
}

static void cut(struct vm_devtest *h)
{
    vm_devtest_cut_ram(h, 64);
}

void check_holes(void *opaque)
{
    (void)opaque;
    play("holes", cut);
}

/* What nobody completes until the machine is reset or ends. */
static void hold(struct vm_devtest *h)
{
    if (vm_devtest_has_disk(h))
        vm_devtest_disk_hold(h, true);
    if (vm_devtest_has_net(h))
        vm_devtest_net_room(h, 0);
    for (uint32_t i = 0; i < vm_devtest_backends(h); i++) {
        vm_devtest_pick_backend(h, i);
        vm_devtest_output_room(h, 0);
    }
}

void check_in_flight(void *opaque)
{
    enum { ROUNDS = 40 };

    (void)opaque;
    for (int place = 0; place < PLACES; place++) {
        struct random r = random_begin("in flight");

        for (int round = 0; round < ROUNDS; round++) {
            struct vm_devtest *h = device_make(place);

            if (!h)
                break;
            fuzz_device(h, &r, check.steps / 400);
            hold(h);
            for (uint32_t i = 0; i < check.steps / 400; i++)
                access_register(h, &r, i);
            if (round % 2)
                reset_device(h);
            vm_test_note("destroy()");
            vm_devtest_free(h);
        }
    }
}

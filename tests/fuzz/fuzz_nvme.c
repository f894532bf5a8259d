/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_nvme.c - libFuzzer target for the NVMe controller: a driver that brings it up as it should
 * and then puts any commands into its queues, writes any registers, and loads any states; with a
 * disk that is slow or fails.
 */
#include <string.h>

#include "../unit/nvme_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_STEPS       500
#define MAX_STATE_STEPS 3

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

/* Mostly a place where RAM is. */
static uint32_t take_address(struct input *in)
{
    uint32_t at = (uint32_t)take(in, 3);

    return at & 0x800000 ? at : NVME_RAM + (at & 0x1ff) * 0x1000 + (at >> 12 & 0xfff) % 16 * 4;
}

static void command(struct nvme_driver *d, struct input *in)
{
    uint32_t dw[16] = {(uint32_t)take(in, 1) % 16, (uint32_t)take(in, 1) % 4};
    uint32_t queue = (uint32_t)take(in, 1) % 3;

    if (dw[0] == 15)
        dw[0] = (uint32_t)take(in, 2);
    if (dw[1] == 3)
        dw[1] = UINT32_MAX;
    dw[6] = take_address(in);
    dw[8] = take_address(in);
    for (int i = 10; i < 14; i++)
        dw[i] = (uint32_t)take(in, take(in, 1) % 5);
    nvme_submit(d, queue, dw);
}

static void drive_disk(struct vm_devtest *h, uint8_t what)
{
    if (what < 0x80)
        vm_devtest_disk_hold(h, what & 1);
    else if (what < 0xc0)
        vm_devtest_disk_fail(h, what & 0x1f);
    else
        vm_devtest_disk_resize(h, (uint64_t)(what & 0x3f) << 16);
}

static void use_state(struct vm_devtest *h, struct input *in)
{
    uint32_t n = (uint32_t)take(in, 1), index = (uint32_t)take(in, 2);

    if (n & 0x80)
        vm_devtest_load_bytes(h, in->data, in->size, NULL);
    else
        vm_devtest_change_field(h, n % 64, index, take(in, 8));
}

static void access_register(struct vm_devtest *h, struct input *in)
{
    uint32_t region = (uint32_t)take(in, 1) % vm_devtest_regions(h), size = 4u << take(in, 1) % 2;
    uint64_t length = vm_devtest_region(h, region)->length, value;
    uint64_t offset = take(in, 2) % length & ~(uint64_t)(size - 1);

    if (take(in, 1) & 1)
        vm_devtest_access_write(h, region, offset, size, take(in, size));
    else
        vm_devtest_access_read(h, region, offset, size, &value);
}

static void step(struct nvme_driver *d, struct vm_devtest *h, struct input *in, int *state_steps)
{
    switch (take(in, 1) % 16) {
    case 0:
        nvme_enable(d, h);
        break;
    case 1 ... 6:
        command(d, in);
        break;
    case 7:
        for (uint32_t i = 0; i < 3; i++)
            nvme_completion(d, i, NULL);
        break;
    case 8:
        *(uint32_t *)(void *)vm_devtest_ram(h, NVME_RAM + (take(in, 2) & 0xffff) * 4, 4) =
            take_address(in);
        break;
    case 9 ... 11:
        access_register(h, in);
        break;
    case 12:
        vm_devtest_config_write(h, (uint32_t)take(in, 1) & 0xfc, 4, (uint32_t)take(in, 4));
        break;
    case 13:
        drive_disk(h, (uint8_t)take(in, 1));
        break;
    case 14:
        if (++*state_steps <= MAX_STATE_STEPS)
            use_state(h, in);
        break;
    default:
        vm_devtest_advance(h, (int64_t)take(in, 3));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const disks[] = {"1M", "1Mr", "1Mb", "64Kpc"};
    struct input in = {data, size};
    struct vm_devtest *h = nvme_device(&vm_plugin_descriptor, disks[take(&in, 1) % 4]);
    struct nvme_driver d;
    int state_steps = 0;

    nvme_enable(&d, h);
    nvme_submit(&d, 0, (uint32_t[16]){5, [6] = NVME_QUEUE(1, 1), [10] = 0x70001, [11] = 3});
    nvme_submit(&d, 0, (uint32_t[16]){1, [6] = NVME_QUEUE(1, 0), [10] = 0x70001, [11] = 0x10001});
    for (int i = 0; i < MAX_STEPS && in.size > 0; i++)
        step(&d, h, &in, &state_steps);
    vm_devtest_free(h);
    return 0;
}

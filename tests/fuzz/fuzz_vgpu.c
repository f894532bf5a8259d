/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_vgpu.c - libFuzzer target for the GPU compute device: a driver that brings it up as it
 * should and then puts any commands into its ring, writes any registers and any part of the window,
 * and loads any states; with a GPU that is slow, works backwards or fails. The GPU itself ends the
 * run when it is given what is not the guest's.
 */
#include <string.h>

#include "tests/unit/vgpu_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_STEPS       500
#define MAX_STATE_STEPS 3
#define N_NUMBERS       16u

struct input {
    const uint8_t *data;
    size_t size;
};

/* What completions gave: addresses and handles to use, or to use wrongly. */
static uint64_t numbers[N_NUMBERS];
static uint32_t n_numbers;

static uint64_t take(struct input *in, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < n && in->size > 0; i++) {
        value |= (uint64_t)*in->data++ << i * 8;
        in->size--;
    }
    return value;
}

/* A number that a completion gave, or near it; a place in the window; a small or any number. */
static uint64_t take_number(struct input *in)
{
    uint8_t what = (uint8_t)take(in, 1);

    switch (what >> 6) {
    case 0:
        return numbers[what % N_NUMBERS];
    case 1:
        return numbers[what % N_NUMBERS] + (uint64_t)(int8_t)take(in, 1);
    case 2:
        return VGPU_DATA + (what & 0x3fu) * 0x100;
    default:
        return take(in, what % 9u);
    }
}

static void command(struct vgpu_driver *d, struct input *in)
{
    uint8_t op = (uint8_t)take(in, 1), shape = (uint8_t)take(in, 1);
    struct vgpu_command c = {.op = op % VGPU_OPS, .id = op, .gpu = shape & 1};

    if (shape & 2)
        c.stream = (uint32_t)take_number(in);
    if (shape & 4) {
        c.text_offset = (uint32_t)take_number(in);
        c.text_bytes = (uint32_t)take_number(in);
    }
    for (uint32_t i = 0; i < (shape >> 4) % 6; i++)
        c.arg[i] = shape & 8 ? (uint32_t)take_number(in) | take_number(in) << 32 : take_number(in);
    vgpu_put(d, &c);
    if (!(op & 0x80))
        vgpu_ring(d);
}

static void look(struct vgpu_driver *d)
{
    struct vgpu_completion done;

    for (uint32_t i = 0; i < d->entries && vgpu_next(d, &done); i++)
        if (done.error == VGPU_OK && done.results[0])
            numbers[n_numbers++ % N_NUMBERS] = done.results[0];
}

static void access_register(struct vm_devtest *h, struct input *in)
{
    uint32_t region = (uint32_t)take(in, 1) % vm_devtest_regions(h), size = 4u << take(in, 1) % 2;
    uint64_t length = vm_devtest_region(h, region)->length, value;
    uint64_t offset = take(in, 2) % length & ~(uint64_t)(size - 1);

    if (region == 0)
        offset &= 0x7f;
    if (take(in, 1) & 1)
        vm_devtest_access_write(h, region, offset, size, take_number(in));
    else
        vm_devtest_access_read(h, region, offset, size, &value);
}

static void write_window(struct vgpu_driver *d, struct input *in)
{
    uint64_t at = take(in, 1) & 1 ? VGPU_DATA + take(in, 1) * 0x100 : take(in, 3) % (1u << 18);
    uint64_t n = take(in, 1) % 64;

    for (uint64_t i = 0; i < n; i++)
        d->window[at + i] = (uint8_t)take(in, 1);
}

static void drive_gpu(uint8_t what)
{
    fake_gpu.backwards = what & 1;
    fake_gpu.fail_next = what & 0x80 ? what & 7u : 0;
    fake_gpu.room = what & 0x40 ? 0x1000 : 1u << 20;
}

/* With nothing on the GPU: a state with something is refused, so what was there cannot be put back.
 */
static void use_state(struct vgpu_driver *d, struct vm_devtest *h, struct input *in)
{
    uint32_t n = (uint32_t)take(in, 1), index = (uint32_t)take(in, 2);

    vgpu_enable(d, h, VGPU_DEPTH);
    if (n & 0x80)
        vm_devtest_load_bytes(h, in->data, in->size, NULL);
    else
        vm_devtest_change_field(h, n % 16, index, take(in, 8));
}

static void step(struct vgpu_driver *d, struct vm_devtest *h, struct input *in, int *state_steps)
{
    switch (take(in, 1) % 16) {
    case 0:
        vgpu_enable(d, h, 2u << take(in, 1) % 11);
        break;
    case 1 ... 6:
        command(d, in);
        break;
    case 7:
    case 8:
        fake_run();
        look(d);
        break;
    case 9:
        write_window(d, in);
        break;
    case 10:
        access_register(h, in);
        break;
    case 11:
        vm_devtest_config_write(h, (uint32_t)take(in, 1) & 0xfc, 4, (uint32_t)take(in, 4));
        break;
    case 12:
        drive_gpu((uint8_t)take(in, 1));
        break;
    case 13:
        if (++*state_steps <= MAX_STATE_STEPS)
            use_state(d, h, in);
        break;
    case 14:
        vm_devtest_advance(h, (int64_t)take(in, 3));
        break;
    default:
        if (take(in, 1) % 8 == 0)
            vm_devtest_reset(h);
        else
            vgpu_ring(d);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const quotas[] = {NULL, "64K", "1", "1G"};
    struct input in = {data, size};
    struct vgpu_driver d;
    int state_steps = 0;

    memset(numbers, 0, sizeof(numbers));
    n_numbers = 0;
    fake_gpu_clear();
    struct vm_devtest *h =
        vgpu_device(&vm_plugin_descriptor, &fake_gpu.gpu, quotas[take(&in, 1) % 4]);
    vgpu_enable(&d, h, VGPU_DEPTH);
    memcpy(d.window + VGPU_DATA, "k1!", 3);
    for (int i = 0; i < MAX_STEPS && in.size > 0; i++)
        step(&d, h, &in, &state_steps);
    fake_run();
    vm_devtest_free(h);
    return 0;
}

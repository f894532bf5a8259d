/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_pflash.c - libFuzzer target for dev-pflash: a guest that sends its chips any commands, most
 * often sensible ones, and saved states from anywhere.
 *
 * What must hold whatever the guest does: bits come back by erasing only, and the guest reads the
 * memory itself exactly while both chips read their array.
 */
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BANK  0x80000u /* the smallest */
#define STEPS 2000

struct input {
    const uint8_t *data;
    size_t size;
};

static uint32_t take(struct input *in, unsigned n)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < n && in->size > 0; i++) {
        value |= (uint32_t)*in->data++ << i * 8;
        in->size--;
    }
    return value;
}

/* Where things are close to each other, at a block's end, or anywhere. */
static uint32_t take_offset(struct input *in)
{
    uint32_t what = take(in, 1);

    if (what < 0xa0)
        return (what & 0x3f) * 4;
    if (what < 0xe0)
        return BANK / 2 - 64 + (what & 0x1f) * 4;
    return take(in, 3) % BANK & ~3u;
}

static uint32_t take_command(struct input *in)
{
    static const uint8_t known[] = {0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x90, 0x98,
                                    0xb0, 0xd0, 0xe8, 0xff, 0x01, 0x2f, 0x00, 0x03};
    uint32_t what = take(in, 1);

    return what < 0xf0 ? known[what & 15] * 0x10001u : take(in, 4);
}

/* Nothing but an erase makes any bit 1. */
static void write_checked(struct vm_devtest *h, uint32_t offset, uint32_t size, uint32_t value)
{
    static uint8_t before[1024];
    const uint8_t *at = vm_devtest_memory(h, 0, NULL) + (offset & ~1023u);
    uint8_t confirms = (uint8_t)value == 0xd0 || (uint8_t)(value >> 16) == 0xd0;

    memcpy(before, at, sizeof(before));
    vm_devtest_access_write(h, 0, offset, size, value);
    for (size_t i = 0; i < sizeof(before) && !confirms; i++)
        if (at[i] & ~before[i])
            __builtin_trap();
}

static void check_reads(struct vm_devtest *h, uint32_t offset)
{
    bool direct;
    uint64_t value, array = 0;
    const uint8_t *memory = vm_devtest_memory(h, 0, &direct);

    if (vm_devtest_access_read(h, 0, offset, 4, &value) != VM_ACCESS_OK)
        __builtin_trap();
    memcpy(&array, memory + offset, 4);
    if (direct && value != array)
        __builtin_trap();
}

static void use_state(struct vm_devtest *h, struct input *in)
{
    struct vm_devtest_state state = vm_devtest_save(h);

    if (vm_devtest_load(h, &state, NULL) < 0)
        __builtin_trap();
    vm_devtest_state_free(&state);
    uint32_t n = take(in, 1) % 8, index = take(in, 1);
    vm_devtest_change_field(h, n, index, take(in, 4));
}

static void step(struct vm_devtest *h, struct input *in, int *states)
{
    uint32_t what = take(in, 1);

    if (what < 0xb0) {
        uint32_t offset = take_offset(in);
        write_checked(h, offset, 4, take_command(in));
    } else if (what < 0xd0) {
        uint32_t offset = take_offset(in) + (what & 2);
        write_checked(h, offset, 2, take_command(in) & 0xffff);
    } else if (what < 0xf8) {
        check_reads(h, take_offset(in));
    } else if (what < 0xfe && ++*states <= 8) {
        use_state(h, in);
    } else {
        vm_devtest_reset(h);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);
    int states = 0;

    vm_devtest_set(h, "size", "512K");
    vm_devtest_set(h, "readonly", take(&in, 1) & 1 ? "yes" : "no");
    if (vm_devtest_create(h, NULL) < 0)
        __builtin_trap();
    for (int i = 0; i < STEPS && in.size > 0; i++)
        step(h, &in, &states);
    vm_devtest_free(h);
    return 0;
}

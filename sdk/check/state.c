/* SPDX-License-Identifier: BSD-2-Clause */
/* state.c - vm-plugin-check: saved states of devices, from themselves and from anywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---- From itself ----------------------------------------------------------------------------- */

/* Says in which field two states differ. */
static void expect_same(struct vm_devtest *h, const struct vm_devtest_state *a,
                        const struct vm_devtest_state *b)
{
    size_t at = 0, last = 0, i = 0;
    const char *name;
    uint32_t count;
    char text[200];

    if (vm_devtest_state_equal(a, b))
        return;
    while (at < a->size && at < b->size && a->bytes[at] == b->bytes[at])
        at++;
    /* Fields stand in order: the last name that begins before the difference. */
    snprintf(text, sizeof(text), "the state that is saved after it was loaded is another");
    for (uint32_t n = 0; (name = vm_devtest_field(h, n, &count)); n++) {
        for (i = last;
             i + strlen(name) + 1 < a->size && memcmp(a->bytes + i, name, strlen(name) + 1) != 0;
             i++)
            ;
        if (i > at)
            break;
        last = i;
        snprintf(text, sizeof(text),
                 "the state that is saved after it was loaded is another, from field '%s' on",
                 name);
    }
    vm_test_broken(text);
}

/* What is outside the device at that moment: a machine saves that, too. */
static void copy_surroundings(struct vm_devtest *to, struct vm_devtest *from)
{
    memcpy(vm_devtest_ram(to, DEVICE_RAM, DEVICE_RAM_SIZE),
           vm_devtest_ram(from, DEVICE_RAM, DEVICE_RAM_SIZE), DEVICE_RAM_SIZE);
    vm_devtest_advance(to, vm_devtest_now(from) - vm_devtest_now(to));
    for (uint32_t i = 0; i < vm_devtest_regions(from); i++) {
        bool direct;
        uint8_t *memory = vm_devtest_memory(from, i, &direct);

        if (memory)
            memcpy(vm_devtest_memory(to, i, NULL), memory, vm_devtest_region(from, i)->length);
    }
}

static void settle(struct vm_devtest *h)
{
    vm_test_note("what is under way is done");
    if (vm_devtest_has_disk(h))
        vm_devtest_disk_hold(h, false);
    vm_devtest_run_work(h);
}

static void save_and_load(struct vm_devtest *h, int place)
{
    struct vm_devtest *other = device_make(place);
    struct vm_error err = VM_ERROR_INIT;
    struct vm_devtest_state saved, again;

    settle(h);
    saved = vm_devtest_save(h);
    copy_surroundings(other, h);
    vm_test_note("a new device is loaded with the state of one that was used");
    if (vm_devtest_load(other, &saved, &err)) {
        char text[VM_ERROR_TEXT + 100];

        snprintf(text, sizeof(text), "a state that the device saved itself is refused: %s",
                 err.text);
        vm_test_broken(text);
    }
    again = vm_devtest_save(other);
    expect_same(h, &saved, &again);
    vm_devtest_state_free(&saved);
    vm_devtest_state_free(&again);
    vm_test_note("the loaded device is reset");
    reset_device(other);
    vm_devtest_free(other);
}

void check_saved(void *opaque)
{
    enum { ROUNDS = 20 };

    (void)opaque;
    for (int place = 0; place < PLACES; place++) {
        struct random r = random_begin("saved");
        struct vm_devtest *h = device_make(place);

        for (int round = 0; h && round < ROUNDS; round++) {
            fuzz_device(h, &r, check.steps / ROUNDS);
            save_and_load(h, place);
        }
        if (h)
            vm_devtest_free(h);
    }
}

/* ---- From anywhere --------------------------------------------------------------------------- */

/* Refused with a reason, whatever has come through. */
static void load_wrong(struct vm_devtest *h, const struct vm_devtest_state *state)
{
    struct vm_error err = VM_ERROR_INIT;

    if (vm_devtest_load(h, state, &err) == 0)
        vm_test_broken("a saved state that was cut short is taken");
    if (!err.text[0])
        vm_test_broken("a saved state is refused with an empty message");
}

static void cut_short(struct vm_devtest *h, struct random *r)
{
    struct vm_devtest_state saved = vm_devtest_save(h);

    for (int i = 0; i < 64 && saved.size > 1; i++) {
        struct vm_devtest_state less = {saved.bytes, 1 + random_below(r, (uint32_t)saved.size - 1)};
        struct vm_error err = VM_ERROR_INIT;
        uint8_t *copy = malloc(less.size); /* so that its end can be seen */

        memcpy(copy, saved.bytes, less.size);
        less.bytes = copy;
        vm_test_note("a state is loaded, cut to %zu of %zu bytes", less.size, saved.size);
        if (vm_devtest_load(h, &less, &err) && !err.text[0])
            vm_test_broken("a saved state is refused with an empty message");
        free(copy);
    }
    if (vm_devtest_load(h, &saved, NULL))
        vm_test_broken("a device does not take back its own state after others");
    if (saved.size > 1) {
        struct vm_devtest_state less = {saved.bytes, saved.size - 1};

        load_wrong(h, &less);
    }
    vm_devtest_state_free(&saved);
}

static void change_fields(struct vm_devtest *h, struct random *r)
{
    static const uint64_t values[] = {0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, UINT64_MAX};
    uint32_t count;
    const char *name;

    for (uint32_t n = 0; (name = vm_devtest_field(h, n, &count)); n++) {
        for (uint32_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            uint32_t index = random_below(r, count);

            vm_test_note("state field '%s', element %u = 0x%llx", name, index,
                         (unsigned long long)values[i]);
            vm_devtest_change_field(h, n, index, values[i]);
            fuzz_device(h, r, 20);
        }
    }
}

static void load_anything(struct vm_devtest *h, struct random *r)
{
    for (int i = 0; i < 32; i++) {
        uint64_t bytes[8];
        uint32_t n = 1 + random_below(r, sizeof(bytes));

        for (int j = 0; j < 8; j++)
            bytes[j] = random_next(r) & (i % 2 ? UINT64_MAX : UINT64_C(0x0101010101010101));
        vm_test_note("a state of %u random bytes, repeated", n);
        vm_devtest_load_bytes(h, (const uint8_t *)bytes, n, NULL);
        fuzz_device(h, r, 100);
    }
}

void check_hostile_state(void *opaque)
{
    (void)opaque;
    for (int place = 0; place < PLACES; place++) {
        struct random r = random_begin("hostile state");
        struct vm_devtest *h = device_make(place);

        if (!h)
            continue;
        fuzz_device(h, &r, 500);
        cut_short(h, &r);
        change_fields(h, &r);
        load_anything(h, &r);
        reset_device(h);
        vm_devtest_free(h);
    }
}

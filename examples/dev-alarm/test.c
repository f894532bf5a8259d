/* SPDX-License-Identifier: BSD-2-Clause */
/* test.c - tests of dev-alarm without a guest. The plugin's file is the argument. */
#include <stdio.h>
#include <vmrun/devtest.h>

static const struct vm_plugin *plugin;

/* A host with an alarm of 1 ms a tick in it. */
static struct vm_devtest *new_alarm(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_devtest *h = vm_devtest_new(plugin);

    vm_devtest_set(h, "tick", "1ms");
    if (vm_devtest_create(h, &err))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    vm_devtest_reset(h);
    return h;
}

static void rings_once(void *opaque)
{
    struct vm_devtest *h = new_alarm();

    (void)opaque;
    vm_devtest_write(h, 0x0, 4, 10);
    vm_devtest_write(h, 0x4, 4, 1);
    vm_devtest_advance(h, 9999999);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 1);
    VM_TEST_EQUAL(vm_devtest_read(h, 0x4, 4), 0);
    vm_devtest_write(h, 0x8, 4, 0);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1000000000);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_free(h);
}

static void reset_silences(void *opaque)
{
    struct vm_devtest *h = new_alarm();

    (void)opaque;
    vm_devtest_write(h, 0x4, 4, 1);
    vm_devtest_advance(h, 0);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 1);
    vm_devtest_write(h, 0x0, 4, 1);
    vm_devtest_write(h, 0x4, 4, 1);
    vm_devtest_reset(h);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1000000000);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_free(h);
}

static void goes_on_where_it_was_saved(void *opaque)
{
    struct vm_devtest *from = new_alarm(), *to = new_alarm();
    struct vm_devtest_state saved;

    (void)opaque;
    vm_devtest_write(from, 0x0, 4, 10);
    vm_devtest_write(from, 0x4, 4, 1);
    vm_devtest_advance(from, 4000000);
    saved = vm_devtest_save(from);
    VM_TEST_CHECK(vm_devtest_load(to, &saved, NULL) == 0);
    vm_devtest_advance(to, 5999999);
    VM_TEST_EQUAL(vm_devtest_irq(to, 0), 0);
    vm_devtest_advance(to, 1);
    VM_TEST_EQUAL(vm_devtest_irq(to, 0), 1);
    VM_TEST_CHECK(vm_devtest_load_field(to, "running", 0, 2, NULL) < 0);
    vm_devtest_state_free(&saved);
    vm_devtest_free(from);
    vm_devtest_free(to);
}

static void refuses(void *opaque)
{
    struct vm_devtest *h = new_alarm();
    uint64_t value;

    (void)opaque;
    VM_TEST_EQUAL(vm_devtest_access_read(h, 0, 0xc, 4, &value), VM_ACCESS_ERROR);
    VM_TEST_EQUAL(vm_devtest_access_write(h, 0, 0, 1, 1), VM_ACCESS_ERROR);
    VM_TEST_CHECK(vm_test_value(plugin, "tick", "0", NULL) < 0);
    vm_devtest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "rings once", .run = rings_once},
        {.name = "a reset silences it", .run = reset_silences},
        {.name = "goes on where it was saved", .run = goes_on_where_it_was_saved},
        {.name = "refuses what it does not know", .run = refuses},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc > 1 ? vm_test_load(argv[1], &err) : NULL;
    if (!plugin) {
        fprintf(stderr, "usage: test PLUGIN.so; %s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

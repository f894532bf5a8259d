/* SPDX-License-Identifier: BSD-2-Clause */
/* test.c - tests of char-loop; the test is the device. The plugin's file is the argument. */
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static struct vm_chartest *new_loop(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_chartest *h = vm_chartest_new(plugin);

    if (vm_chartest_create(h, &err))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    return h;
}

static void gives_back(void *opaque)
{
    struct vm_chartest *h = new_loop();

    (void)opaque;
    VM_TEST_EQUAL(vm_chartest_write(h, "hello", 5), 5);
    vm_chartest_settle(h);
    VM_TEST_CHECK(strcmp(vm_chartest_input(h, NULL), "hello") == 0);
    vm_chartest_free(h);
}

/* A device that takes nothing loses nothing, and is not asked all the time. */
static void waits_for_room(void *opaque)
{
    struct vm_chartest *h = new_loop();
    static char block[4096];
    size_t sent = 0, got, n;

    (void)opaque;
    memset(block, 'b', sizeof(block));
    vm_chartest_input_room(h, 0);
    while ((n = vm_chartest_write(h, block, sizeof(block))) > 0)
        sent += n;
    vm_chartest_settle(h);
    vm_chartest_input_room(h, sent + 1);
    vm_chartest_settle(h);
    vm_chartest_input(h, &got);
    VM_TEST_EQUAL(got, sent);
    VM_TEST_CHECK(vm_chartest_writable_calls(h) > 0);
    vm_chartest_free(h);
}

static void fails_without_a_watch(void *opaque)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_chartest *h = vm_chartest_new(plugin);

    (void)opaque;
    vm_chartest_fail_watch(h, 1);
    VM_TEST_CHECK(vm_chartest_create(h, &err) < 0 && err.set);
    vm_chartest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "gives back what it gets", .run = gives_back},
        {.name = "waits for room", .run = waits_for_room},
        {.name = "fails without a watch", .run = fails_without_a_watch},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc > 1 ? vm_test_load(argv[1], &err) : NULL;
    if (!plugin) {
        fprintf(stderr, "usage: test PLUGIN.so; %s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

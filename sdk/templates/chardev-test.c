/* SPDX-License-Identifier: BSD-2-Clause */
/* char-sample-test.c - char-sample, with the test as its device. */
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static struct vm_chartest *make(const char *capitals)
{
    struct vm_chartest *h = vm_chartest_new(plugin);

    vm_chartest_set(h, "capitals", capitals);
    VM_TEST_EQUAL(vm_chartest_create(h, NULL), 0);
    return h;
}

static void echoes(void *opaque)
{
    struct vm_chartest *h = make("yes");

    (void)opaque;
    VM_TEST_EQUAL(vm_chartest_write(h, "Hello 1", 7), 7);
    vm_chartest_settle(h);
    VM_TEST_EQUAL(strcmp(vm_chartest_input(h, NULL), "HELLO 1"), 0);
    vm_chartest_free(h);
}

static void waits_for_room(void *opaque)
{
    struct vm_chartest *h = make("no");

    (void)opaque;
    vm_chartest_input_room(h, 2);
    vm_chartest_write(h, "hello", 5);
    vm_chartest_settle(h);
    VM_TEST_EQUAL(strcmp(vm_chartest_input(h, NULL), "he"), 0);
    vm_chartest_input_room(h, 100);
    vm_chartest_settle(h);
    VM_TEST_EQUAL(strcmp(vm_chartest_input(h, NULL), "hello"), 0);
    vm_chartest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {"what is written comes back", echoes, NULL, 0},
        {"it waits until there is room", waits_for_room, NULL, 0},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = vm_test_load(argc > 1 ? argv[1] : "./char-sample.so", &err);
    if (!plugin) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

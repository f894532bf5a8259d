/* SPDX-License-Identifier: BSD-2-Clause */
/* net-sample-test.c - net-sample, with the test as its device. */
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static void mirrors(void *opaque)
{
    static const char frame[] = "AAAAAABBBBBB..and the rest of it";
    struct vm_nettest *h = vm_nettest_new(plugin);
    struct vm_net_header header;
    const uint8_t *back;
    size_t n;

    (void)opaque;
    VM_TEST_EQUAL(vm_nettest_create(h, NULL), 0);
    VM_TEST_CHECK(vm_nettest_send(h, NULL, frame, sizeof(frame)) > 0);
    back = vm_nettest_frame(h, 5000, &n, &header);
    VM_TEST_CHECK(back != NULL);
    VM_TEST_EQUAL(n, sizeof(frame));
    VM_TEST_EQUAL(memcmp(back, "BBBBBBAAAAAA..and", 17), 0);
    vm_nettest_free(h);
}

static void waits_for_room(void *opaque)
{
    static const char frame[60] = "A";
    struct vm_nettest *h = vm_nettest_new(plugin);
    uint32_t sent = 0;

    (void)opaque;
    VM_TEST_EQUAL(vm_nettest_create(h, NULL), 0);
    vm_nettest_room(h, 0);
    while (vm_nettest_send(h, NULL, frame, sizeof(frame)) > 0)
        VM_TEST_CHECK(++sent < 1000);
    vm_nettest_room(h, 1000);
    while (vm_nettest_turn(h, 0) > 0)
        ;
    VM_TEST_CHECK(vm_nettest_writable_calls(h) > 0);
    VM_TEST_CHECK(vm_nettest_send(h, NULL, frame, sizeof(frame)) > 0);
    vm_nettest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {"a frame comes back", mirrors, NULL, 0},
        {"it waits until there is room", waits_for_room, NULL, 0},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = vm_test_load(argc > 1 ? argv[1] : "./net-sample.so", &err);
    if (!plugin) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* test.c - tests of net-reflect; the test is the device. The plugin's file is the argument. */
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static struct vm_nettest *new_mirror(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_nettest *h = vm_nettest_new(plugin);

    if (vm_nettest_create(h, &err))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    return h;
}

static const uint8_t frame[60] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, 'h', 'i'};

static void sends_back(void *opaque)
{
    struct vm_nettest *h = new_mirror();
    struct vm_net_header header;
    const uint8_t *back;
    size_t n;

    (void)opaque;
    VM_TEST_CHECK(vm_nettest_send(h, NULL, frame, sizeof(frame)) > 0);
    back = vm_nettest_frame(h, 5000, &n, &header);
    VM_TEST_CHECK(back && n == sizeof(frame));
    VM_TEST_CHECK(memcmp(back, frame + 6, 6) == 0 && memcmp(back + 6, frame, 6) == 0);
    VM_TEST_CHECK(memcmp(back + 12, frame + 12, sizeof(frame) - 12) == 0);
    vm_nettest_free(h);
}

static void drops(void *opaque)
{
    static const uint8_t group[60] = {1}, longer[4000] = {2};
    struct vm_nettest *h = new_mirror();
    size_t n;

    (void)opaque;
    VM_TEST_CHECK(vm_nettest_send(h, NULL, group, sizeof(group)) > 0);
    VM_TEST_CHECK(vm_nettest_send(h, NULL, longer, sizeof(longer)) > 0);
    VM_TEST_CHECK(vm_nettest_send(h, NULL, frame, sizeof(frame)) > 0);
    VM_TEST_CHECK(vm_nettest_frame(h, 5000, &n, NULL) && n == sizeof(frame));
    vm_nettest_free(h);
}

static void waits_for_room(void *opaque)
{
    struct vm_nettest *h = new_mirror();
    uint32_t sent = 0;
    size_t n;

    (void)opaque;
    vm_nettest_room(h, 0);
    while (vm_nettest_send(h, NULL, frame, sizeof(frame)) > 0)
        sent++;
    VM_TEST_EQUAL(vm_nettest_writable_calls(h), 0);
    vm_nettest_room(h, 100);
    for (; sent > 0; sent--)
        VM_TEST_CHECK(vm_nettest_frame(h, 5000, &n, NULL) != NULL);
    VM_TEST_CHECK(vm_nettest_writable_calls(h) > 0);
    vm_nettest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "sends back", .run = sends_back},
        {.name = "drops what cannot come back", .run = drops},
        {.name = "waits for room", .run = waits_for_room},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc > 1 ? vm_test_load(argv[1], &err) : NULL;
    if (!plugin) {
        fprintf(stderr, "usage: test PLUGIN.so; %s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

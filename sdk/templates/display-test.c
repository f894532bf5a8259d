/* SPDX-License-Identifier: BSD-2-Clause */
/* display-sample-test.c - display-sample, with the test as its device. */
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static void says_the_colour(void *opaque)
{
    struct vm_displaytest *h = vm_displaytest_new(plugin);
    const struct vm_display_rect half = {0, 0, 4, 1};
    uint32_t *picture;

    (void)opaque;
    VM_TEST_EQUAL(vm_displaytest_create(h, NULL), 0);
    vm_displaytest_mode(h, 4, 2);
    VM_TEST_CHECK(strstr(vm_test_log_text(), "4 x 2") != NULL);
    picture = vm_displaytest_picture(h);
    for (int i = 0; i < 8; i++)
        picture[i] = 0xff8000;
    VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    VM_TEST_CHECK(strstr(vm_test_log_text(), "#ff8000") != NULL);
    for (int i = 0; i < 4; i++)
        picture[i] = 0;
    VM_TEST_CHECK(vm_displaytest_frame(h, &half, 1));
    VM_TEST_CHECK(strstr(vm_test_log_text(), "#7f4000") != NULL);
    vm_displaytest_mode(h, 0, 0);
    VM_TEST_CHECK(strstr(vm_test_log_text(), "no picture") != NULL);
    vm_displaytest_free(h);
}

static void takes_its_time(void *opaque)
{
    struct vm_displaytest *h = vm_displaytest_new(plugin);
    int64_t first, next;

    (void)opaque;
    vm_displaytest_set(h, "interval", "100s");
    VM_TEST_EQUAL(vm_displaytest_create(h, NULL), 0);
    vm_displaytest_mode(h, 4, 2);
    VM_TEST_CHECK(vm_displaytest_wants(h, NULL, &first));
    VM_TEST_CHECK(vm_displaytest_frame(h, NULL, 0));
    VM_TEST_CHECK(vm_displaytest_wants(h, NULL, &next));
    VM_TEST_CHECK(next - first >= 100000000000);
    vm_displaytest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {"it says the picture's colour", says_the_colour, NULL, 0},
        {"it asks for frames at its interval", takes_its_time, NULL, 0},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = vm_test_load(argc > 1 ? argv[1] : "./display-sample.so", &err);
    if (!plugin) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

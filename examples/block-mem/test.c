/* SPDX-License-Identifier: BSD-2-Clause */
/* test.c - tests of block-mem; the test is the device. The plugin's file is the argument. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static struct vm_blocktest *new_disk(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_blocktest *h = vm_blocktest_new(plugin);

    vm_blocktest_set(h, "size", "64K");
    if (vm_blocktest_create(h, &err))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    return h;
}

static void keeps_what_is_written(void *opaque)
{
    struct vm_blocktest *h = new_disk();
    char out[1024], in[1024];

    (void)opaque;
    memset(out, 'x', sizeof(out));
    VM_TEST_EQUAL(vm_blocktest_info(h).length, 65536);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 512, out, sizeof(out), 0), 0);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_READ, 512, in, sizeof(in), 0), 0);
    VM_TEST_CHECK(memcmp(in, out, sizeof(in)) == 0);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_WRITE_ZEROES, 512, NULL, 512, 0), 0);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_READ, 512, in, sizeof(in), 0), 0);
    VM_TEST_CHECK(in[0] == 0 && in[511] == 0 && in[512] == 'x');
    vm_blocktest_free(h);
}

static void refuses(void *opaque)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_blocktest *h = new_disk();

    (void)opaque;
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_DISCARD, 0, NULL, 512, 0), EOPNOTSUPP);
    vm_blocktest_free(h);
    h = vm_blocktest_new(plugin);
    vm_blocktest_set(h, "size", "1000");
    VM_TEST_CHECK(vm_blocktest_create(h, &err) < 0 && strstr(err.text, "size"));
    vm_blocktest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "keeps what is written", .run = keeps_what_is_written},
        {.name = "refuses what it cannot do", .run = refuses},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc > 1 ? vm_test_load(argv[1], &err) : NULL;
    if (!plugin) {
        fprintf(stderr, "usage: test PLUGIN.so; %s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* block-sample-test.c - block-sample, with the test as its device. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static struct vm_blocktest *make(const char *readonly)
{
    struct vm_blocktest *h = vm_blocktest_new(plugin);

    vm_blocktest_set(h, "size", "1M");
    vm_blocktest_set(h, "readonly", readonly);
    VM_TEST_EQUAL(vm_blocktest_create(h, NULL), 0);
    return h;
}

static void data(void *opaque)
{
    struct vm_blocktest *h = make("no");
    char out[1024], in[1024];

    (void)opaque;
    memset(out, 'x', sizeof(out));
    VM_TEST_EQUAL(vm_blocktest_info(h).length, 1 << 20);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 4096, out, sizeof(out), 0), 0);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_FLUSH, 0, NULL, 0, 0), 0);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_READ, 4096, in, sizeof(in), 0), 0);
    VM_TEST_EQUAL(memcmp(in, out, sizeof(in)), 0);
    vm_blocktest_free(h);
}

static void readonly(void *opaque)
{
    struct vm_blocktest *h = make("yes");
    char bytes[512] = "";

    (void)opaque;
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_WRITE, 0, bytes, sizeof(bytes), 0), EROFS);
    VM_TEST_EQUAL(vm_blocktest_do(h, VM_BLOCK_OP_READ, 0, bytes, sizeof(bytes), 0), 0);
    vm_blocktest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {"what is written is read", data, NULL, 0},
        {"a read-only one stays as it is", readonly, NULL, 0},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = vm_test_load(argc > 1 ? argv[1] : "./block-sample.so", &err);
    if (!plugin) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* dev-sample-test.c - dev-sample, driven through its registers and the clock. */
#include <stdio.h>
#include <vmrun/devtest.h>

static const struct vm_plugin *plugin;

static struct vm_devtest *make(const char *grain)
{
    struct vm_devtest *h = vm_devtest_new(plugin);

    if (grain)
        vm_devtest_set(h, "grain", grain);
    VM_TEST_EQUAL(vm_devtest_create(h, NULL), 0);
    return h;
}

static void interrupts(void *opaque)
{
    struct vm_devtest *h = make(NULL);

    (void)opaque;
    vm_devtest_write(h, 0x00, 4, 50); /* PERIOD */
    vm_devtest_advance(h, 49999);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 1);
    VM_TEST_EQUAL(vm_devtest_read(h, 0x04, 4), 1);
    vm_devtest_write(h, 0x04, 4, 0); /* STATUS */
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 150000);
    VM_TEST_EQUAL(vm_devtest_read(h, 0x08, 4), 4);
    vm_devtest_free(h);
}

static void reset(void *opaque)
{
    struct vm_devtest *h = make("1ms");

    (void)opaque;
    vm_devtest_write(h, 0x00, 4, 1);
    vm_devtest_advance(h, 1000000);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 1);
    vm_devtest_reset(h);
    vm_devtest_advance(h, 10000000);
    VM_TEST_EQUAL(vm_devtest_irq(h, 0), 0);
    VM_TEST_EQUAL(vm_devtest_read(h, 0x08, 4), 0);
    vm_devtest_free(h);
}

static void saved_state(void *opaque)
{
    struct vm_devtest *h = make(NULL), *other = make(NULL);
    struct vm_devtest_state state;

    (void)opaque;
    vm_devtest_write(h, 0x00, 4, 100);
    state = vm_devtest_save(h);
    VM_TEST_EQUAL(vm_devtest_load(other, &state, NULL), 0);
    vm_devtest_advance(other, 100000);
    VM_TEST_EQUAL(vm_devtest_irq(other, 0), 1);
    VM_TEST_CHECK(vm_devtest_load_field(other, "status", 0, 7, NULL) < 0);
    vm_devtest_state_free(&state);
    vm_devtest_free(h);
    vm_devtest_free(other);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {"it interrupts each period", interrupts, NULL, 0},
        {"reset stops it", reset, NULL, 0},
        {"a loaded one goes on", saved_state, NULL, 0},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = vm_test_load(argc > 1 ? argv[1] : "./dev-sample.so", &err);
    if (!plugin) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}

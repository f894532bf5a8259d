/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_syscon_test.c - dev-syscon, driven through its register. */
#include <criterion/criterion.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

static struct vm_devtest *h;

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(syscon, .init = setup, .fini = teardown);

Test(syscon, commands)
{
    static const struct {
        uint32_t value;
        int request, status;
    } cases[] = {
        {0x5555, VM_REQUEST_POWEROFF, 0},       {0x00003333, VM_REQUEST_POWEROFF, 1},
        {0x00013333, VM_REQUEST_POWEROFF, 1},   {0x002a3333, VM_REQUEST_POWEROFF, 42},
        {0x00ff3333, VM_REQUEST_POWEROFF, 255}, {0x01003333, VM_REQUEST_POWEROFF, 255},
        {0xffff3333, VM_REQUEST_POWEROFF, 255}, {0x7777, VM_REQUEST_RESET, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int status = -1;

        vm_devtest_write(h, 0, 4, cases[i].value);
        cr_expect_eq(vm_devtest_request(h, &status), cases[i].request, "case %zu", i);
        cr_expect_eq(status, cases[i].status, "case %zu", i);
    }
}

Test(syscon, half_a_register_will_do)
{
    int status = -1;

    vm_devtest_write(h, 0, 2, 0x3333);
    cr_expect_eq(vm_devtest_request(h, &status), VM_REQUEST_POWEROFF);
    cr_expect_eq(status, 1);
}

Test(syscon, anything_else_is_ignored)
{
    uint64_t value;

    vm_devtest_write(h, 0, 4, 0);
    vm_devtest_write(h, 0, 4, 0x1234);
    cr_expect_eq(vm_devtest_log_lines(h), 2);
    vm_devtest_write(h, 4, 4, 0x5555);
    vm_devtest_write(h, 0xffc, 4, 0x5555);
    cr_expect_eq(vm_devtest_read(h, 0, 4), 0);
    cr_expect_eq(vm_devtest_access_write(h, 0, 0, 1, 0x55), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_read(h, 0, 0, 8, &value), VM_ACCESS_ERROR);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_request(h, NULL), 0);
}

Test(syscon, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(h),
                     "node test\n"
                     "compatible = \"sifive,test1\", \"sifive,test0\", \"syscon\"\n"
                     "/poweroff compatible = \"syscon-poweroff\"\n"
                     "/poweroff regmap = 0x1\n"
                     "/poweroff offset = 0x0\n"
                     "/poweroff value = 0x5555\n"
                     "/reboot compatible = \"syscon-reboot\"\n"
                     "/reboot regmap = 0x1\n"
                     "/reboot offset = 0x0\n"
                     "/reboot value = 0x7777\n");
}

Test(syscon_config, failing_wiring)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_fail_wiring(h, 1);
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    vm_devtest_free(h);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* char_null_test.c - char-null: takes everything, says nothing. */
#include <criterion/criterion.h>

#include <vmrun/backendtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

Test(null, drops_output)
{
    struct vm_chartest *h = vm_chartest_new(&vm_plugin_descriptor),
                       *second = vm_chartest_new(&vm_plugin_descriptor);

    cr_assert_eq(vm_chartest_create(h, NULL), 0);
    cr_assert_eq(vm_chartest_create(second, NULL), 0, "as many as are wanted");
    cr_expect_eq(vm_chartest_write(h, "dropped", 7), 7);
    vm_chartest_input_room(h, 10);
    vm_chartest_ops(h)->drain(vm_chartest_backend(h));
    vm_chartest_settle(h);
    cr_expect_eq(vm_chartest_watches(h), 0);
    cr_expect_str_eq(vm_chartest_events(h), "");
    vm_chartest_free(second);
    vm_chartest_free(h);
}

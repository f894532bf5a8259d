/* SPDX-License-Identifier: BSD-2-Clause */
/* char_null_test.c - char-null: takes everything, says nothing. */
#include <criterion/criterion.h>

#include "charhost.h"

extern const struct vm_plugin vm_plugin_descriptor;

Test(null, drops_output)
{
    struct charhost *h = charhost_new(&vm_plugin_descriptor),
                    *second = charhost_new(&vm_plugin_descriptor);

    cr_assert_eq(charhost_create(h, NULL), 0);
    cr_assert_eq(charhost_create(second, NULL), 0, "as many as are wanted");
    cr_expect_eq(charhost_write(h, "dropped", 7), 7);
    charhost_input_room(h, 10);
    charhost_ops(h)->drain(charhost_backend(h));
    charhost_settle(h);
    cr_expect_eq(charhost_watches(h), 0);
    cr_expect_str_eq(charhost_events(h), "");
    charhost_free(second);
    charhost_free(h);
}

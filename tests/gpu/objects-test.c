/* SPDX-License-Identifier: BSD-2-Clause */
/* objects-test.c - the table of GPU backends' objects against a plain list, by chance. */
#include <string.h>
#include <vmrun/test.h>
#include "../../plugins/gpu-common/objects.h"

#define N 500

static uint32_t chance(uint32_t n)
{
    static uint32_t x = 1;

    x = x * 1664525u + 1013904223u;
    return (x >> 8) % n;
}

/* Some numbers are the table's, some addresses of the test's; what is gone is not found. */
static void as_a_list(void *opaque)
{
    static uint64_t numbers[N]; /* 0: not there */
    static char objects[N];
    struct objects t = {0};
    size_t left = 0, taken = 0;

    (void)opaque;
    for (int round = 0; round < 100000; round++) {
        uint32_t i = chance(N);

        VM_TEST_CHECK(objects_find(&t, numbers[i]) == (numbers[i] ? &objects[i] : NULL));
        if (numbers[i]) {
            VM_TEST_CHECK(objects_take(&t, numbers[i]) == &objects[i]);
            VM_TEST_CHECK(!objects_find(&t, numbers[i]) && !objects_take(&t, numbers[i]));
            numbers[i] = 0;
        } else if (i % 2) {
            numbers[i] = objects_new(&t, &objects[i]);
            VM_TEST_CHECK(numbers[i]);
        } else {
            numbers[i] = (UINT64_C(1) << 40) + (uint64_t)i * 4096;
            VM_TEST_EQUAL(objects_add(&t, numbers[i], &objects[i]), 0);
        }
    }
    for (int i = 0; i < N; i++)
        left += numbers[i] != 0;
    VM_TEST_EQUAL(t.count, left);
    for (char *object; (object = objects_take_any(&t)); taken++) {
        VM_TEST_CHECK(numbers[object - objects]);
        numbers[object - objects] = 0;
    }
    VM_TEST_EQUAL(taken, left);
    VM_TEST_CHECK(!t.entries && !objects_find(&t, 1) && !objects_take_any(&t));
}

int main(void)
{
    static const struct vm_test_case cases[] = {
        {.name = "a table of objects is as a list of them", .run = as_a_list},
    };

    return vm_test_main(cases, 1);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Saved state of devices: what is written comes back; what is broken, newer or unknown is refused
 * and changes nothing. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "core/machine/snapshot_state.h"

struct toy {
    uint8_t a;
    uint16_t b[3];
    uint32_t c;
    uint64_t d;
    uint32_t newer;
};

static const struct vm_state_field fields[] = {
    VM_STATE(struct toy, a, VM_STATE_U8),
    VM_STATE_ARRAY(struct toy, b, VM_STATE_U16, 3),
    VM_STATE(struct toy, c, VM_STATE_U32),
    VM_STATE(struct toy, d, VM_STATE_U64),
    {sizeof(struct vm_state_field), VM_STATE_U32, "newer", offsetof(struct toy, newer), 1, 2},
};

static const struct vm_state_table table1 = {sizeof(table1), 1, fields, 4, sizeof(fields[0])};
static const struct vm_state_table table2 = {sizeof(table2), 2, fields, 5, sizeof(fields[0])};
static const struct toy sample = {
    0x12, {1, 0x2345, 0xffff}, 0x89abcdef, UINT64_C(0x123456789abcdef0), 77};

static struct state_buffer save(const struct vm_state_table *table)
{
    struct vm_error err = VM_ERROR_INIT;
    struct state_buffer b = {0};
    cr_assert_eq(state_write(&b, "toy0", table, &sample, &err), 0, "%s", err.text);
    return b;
}

static void expect_refused(const struct state_buffer *b, size_t n,
                           const struct vm_state_table *table, const char *name, const char *wanted)
{
    struct vm_error err = VM_ERROR_INIT;
    struct toy toy = {.a = 99};
    size_t at = 0;
    cr_assert_eq(state_read(b->bytes, n, &at, name, table, &toy, &err), -1);
    cr_assert(strstr(err.text, wanted), "'%s' has no '%s'", err.text, wanted);
    cr_assert_eq(at, 0);
    cr_assert_eq(toy.a, 99, "nothing may change");
    cr_assert_eq(toy.d, 0, "nothing may change");
}

Test(state, comes_back)
{
    struct vm_error err = VM_ERROR_INIT;
    struct state_buffer b = save(&table2);
    struct toy toy = {0};
    size_t at = 0;
    cr_assert_eq(state_read(b.bytes, b.n, &at, "toy0", &table2, &toy, &err), 0, "%s", err.text);
    cr_assert_eq(at, b.n);
    cr_assert_eq(toy.a, sample.a);
    cr_assert_eq(memcmp(toy.b, sample.b, sizeof(toy.b)), 0);
    cr_assert_eq(toy.c, sample.c);
    cr_assert_eq(toy.d, sample.d);
    cr_assert_eq(toy.newer, sample.newer);
    state_buffer_free(&b);
}

Test(state, bytes_are_little_endian_and_tagged)
{
    static const uint8_t wanted[] = "\x4e\0\0\0"
                                    "\4\0toy0"
                                    "\1\0\0\0"
                                    "\4\0\0\0"
                                    "\1\0a"
                                    "\1"
                                    "\1\0\0\0"
                                    "\x12"
                                    "\1\0b"
                                    "\2"
                                    "\3\0\0\0"
                                    "\1\0\x45\x23\xff\xff"
                                    "\1\0c"
                                    "\3"
                                    "\1\0\0\0"
                                    "\xef\xcd\xab\x89"
                                    "\1\0d"
                                    "\4"
                                    "\1\0\0\0"
                                    "\xf0\xde\xbc\x9a\x78\x56\x34\x12";
    struct state_buffer b = save(&table1);
    cr_assert_eq(b.n, sizeof(wanted) - 1, "%zu", b.n);
    cr_assert_eq(b.bytes[0], b.n - 4);
    cr_assert_eq(memcmp(b.bytes + 4, wanted + 4, b.n - 4), 0);
    state_buffer_free(&b);
}

Test(state, an_older_one_leaves_newer_fields)
{
    struct vm_error err = VM_ERROR_INIT;
    struct state_buffer b = save(&table1);
    struct toy toy = {.newer = 5};
    size_t at = 0;
    cr_assert_eq(state_read(b.bytes, b.n, &at, "toy0", &table2, &toy, &err), 0, "%s", err.text);
    cr_assert_eq(toy.newer, 5);
    cr_assert_eq(toy.c, sample.c);
    state_buffer_free(&b);
}

Test(state, sections_follow_one_another)
{
    struct vm_error err = VM_ERROR_INIT;
    struct state_buffer b = save(&table1);
    struct toy toy = {0};
    size_t at = 0;
    cr_assert_eq(state_write(&b, "toy1", &table2, &sample, &err), 0);
    cr_assert_eq(state_read(b.bytes, b.n, &at, "toy0", &table1, &toy, &err), 0, "%s", err.text);
    cr_assert_eq(state_read(b.bytes, b.n, &at, "toy1", &table2, &toy, &err), 0, "%s", err.text);
    cr_assert_eq(at, b.n);
    state_buffer_free(&b);
}

Test(state, wrong_ones_are_refused)
{
    struct state_buffer b = save(&table2);
    expect_refused(&b, b.n, &table1, "toy0", "newer");
    expect_refused(&b, b.n, &table2, "toy1", "state of 'toy0'");
    for (size_t n = 0; n < b.n; n++)
        expect_refused(&b, n, &table2, "toy0", "truncated");
    struct vm_state_table same_version = table1;
    same_version.version = 2;
    expect_refused(&b, b.n, &same_version, "toy0", "unknown field 'newer'");
    state_buffer_free(&b);

    b = save(&table1);
    struct vm_state_field changed[4];
    struct vm_state_table other = table1;
    memcpy(changed, fields, sizeof(changed));
    other.fields = changed;
    changed[1].count = 2;
    expect_refused(&b, b.n, &other, "toy0", "field 'b'");
    changed[1].count = 3;
    changed[2].type = VM_STATE_U64;
    expect_refused(&b, b.n, &other, "toy0", "field 'c'");
    state_buffer_free(&b);
}

Test(state, missing_and_repeated_fields)
{
    struct vm_error err = VM_ERROR_INIT;
    struct state_buffer b = {0};
    struct vm_state_table part = table1;
    part.n_fields = 3;
    cr_assert_eq(state_write(&b, "toy0", &part, &sample, &err), 0);
    expect_refused(&b, b.n, &table1, "toy0", "field 'd' is missing");
    state_buffer_free(&b);

    struct vm_state_field twice[4];
    memcpy(twice, fields, sizeof(twice));
    twice[3] = twice[2];
    part = table1;
    part.fields = twice;
    cr_assert_eq(state_write(&b, "toy0", &part, &sample, &err), 0);
    expect_refused(&b, b.n, &table1, "toy0", "twice");
    state_buffer_free(&b);
}

/* Any single wrong byte is refused, or changes values only: never anything outside the instance. */
Test(state, every_byte_broken)
{
    struct state_buffer b = save(&table2);
    for (size_t i = 0; i < b.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct vm_error err = VM_ERROR_INIT;
            struct {
                struct toy toy;
                uint8_t guard[64];
            } box;
            size_t at = 0;
            memset(&box, 0xa5, sizeof(box));
            b.bytes[i] ^= (uint8_t)(1u << bit);
            int result = state_read(b.bytes, b.n, &at, "toy0", &table2, &box.toy, &err);
            cr_assert(result == 0 || err.set);
            for (size_t k = 0; k < sizeof(box.guard); k++)
                cr_assert_eq(box.guard[k], 0xa5);
            b.bytes[i] ^= (uint8_t)(1u << bit);
        }
    }
    state_buffer_free(&b);
}

Test(state, tables_are_checked)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_state_field f[2] = {fields[0], fields[2]};
    struct vm_state_table t = {sizeof(t), 1, f, 2, sizeof(f[0])};
    cr_assert_eq(state_table_check(&table2, &err), 0);
    cr_assert_eq(state_table_check(&t, &err), 0);
    f[1].name = "a";
    cr_assert_eq(state_table_check(&t, &err), -1, "two of one name");
    f[1] = fields[2];
    f[1].type = 9;
    cr_assert_eq(state_table_check(&t, &err), -1, "unknown type");
    f[1] = fields[2];
    f[1].count = 0;
    cr_assert_eq(state_table_check(&t, &err), -1, "no elements");
    f[1] = fields[2];
    f[1].since = 2;
    cr_assert_eq(state_table_check(&t, &err), -1, "newer than its table");
    t.field_size = 8;
    cr_assert_eq(state_table_check(&t, &err), -1, "a stride too small");
}

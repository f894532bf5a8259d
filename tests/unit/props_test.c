/* SPDX-License-Identifier: BSD-2-Clause */
/* props_test.c - numbers as users write them, property tables, and the nearest right name. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/plugin/registry.h"
#include "core/plugin/values.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define BAD          UINT64_C(0xbad0bad0bad0bad0)

struct number_row {
    const char *text;
    uint64_t value; /* BAD: refused */
};

static void check_numbers(const struct number_row *rows, size_t n,
                          int (*parse)(const char *text, uint64_t *value))
{
    for (size_t i = 0; i < n; i++) {
        uint64_t value = BAD;
        int result = parse(rows[i].text, &value);
        cr_expect_eq(value, rows[i].value, "'%s' gave 0x%llx", rows[i].text,
                     (unsigned long long)value);
        cr_expect_eq(result, rows[i].value == BAD ? -1 : 0, "'%s' returned %d", rows[i].text,
                     result);
    }
}

Test(values, uint)
{
    static const struct number_row rows[] = {
        {"0", 0},
        {"7", 7},
        {"0x10", 16},
        {"0XfF", 255},
        {"010", 10},
        {"18446744073709551615", UINT64_MAX},
        {"0xffffffffffffffff", UINT64_MAX},
        {"18446744073709551616", BAD},
        {"0x10000000000000000", BAD},
        {"", BAD},
        {"0x", BAD},
        {" 1", BAD},
        {"1 ", BAD},
        {"+1", BAD},
        {"-1", BAD},
        {"1.0", BAD},
        {"1K", BAD},
        {"1e3", BAD},
        {"ten", BAD},
    };
    check_numbers(rows, COUNT(rows), parse_uint);
}

Test(values, size)
{
    static const struct number_row rows[] = {
        {"0", 0},
        {"512", 512},
        {"4K", 4096},
        {"4k", 4096},
        {"1 M", 1 << 20},
        {"0x2G", UINT64_C(2) << 30},
        {"16777215T", UINT64_C(16777215) << 40},
        {"16777216T", BAD},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551615K", BAD},
        {"1KB", BAD},
        {"1KiB", BAD},
        {"K", BAD},
        {"1  K", BAD},
        {"1P", BAD},
        {"1.5G", BAD},
        {"", BAD},
    };
    check_numbers(rows, COUNT(rows), parse_size);
}

Test(values, duration)
{
    static const struct number_row rows[] = {
        {"0", 0},
        {"5", 5},
        {"5ns", 5},
        {"5us", 5000},
        {"5 ms", 5000000},
        {"5S", UINT64_C(5000000000)},
        {"18446744073s", UINT64_C(18446744073000000000)},
        {"18446744074s", BAD},
        {"5m", BAD},
        {"5 h", BAD},
        {"s", BAD},
    };
    check_numbers(rows, COUNT(rows), parse_duration);
}

Test(values, boolean)
{
    static const struct number_row rows[] = {
        {"yes", 1}, {"no", 0},  {"true", 1}, {"false", 0}, {"on", 1}, {"off", 0},       {"1", 1},
        {"0", 0},   {"Yes", 1}, {"2", BAD},  {"y", BAD},   {"", BAD}, {"enabled", BAD},
    };
    check_numbers(rows, COUNT(rows), parse_bool);
}

Test(values, formats_are_taken_back)
{
    static const uint64_t values[] = {
        0, 1, 4095, 4096, 1 << 20, 3 << 20, UINT64_C(1) << 40, UINT64_MAX, 1000, 1500000};
    char text[VALUE_TEXT];
    uint64_t back;

    for (size_t i = 0; i < COUNT(values); i++) {
        cr_expect_eq(parse_size(format_size(values[i], text), &back), 0, "%s", text);
        cr_expect_eq(back, values[i], "%s", text);
        cr_expect_eq(parse_duration(format_duration(values[i], text), &back), 0, "%s", text);
        cr_expect_eq(back, values[i], "%s", text);
    }
    cr_expect_str_eq(format_size(UINT64_C(1) << 30, text), "1G");
    cr_expect_str_eq(format_duration(1500000, text), "1500us");
}

/* ---- property tables ---- */

static const char *const colours[] = {"red", "green", "blue", NULL};

#define P .size = sizeof(struct vm_property)

static const struct vm_property table[] = {
    {P, .type = VM_PROP_BOOL, .name = "flag", .default_value = "yes"},
    {P, .type = VM_PROP_UINT, .name = "count", .default_value = "3", .min = 1, .max = 9},
    {P, .type = VM_PROP_SIZE, .name = "room", .min = 4096, .max = 1 << 20, .unit = "bytes"},
    {P, .type = VM_PROP_STRING, .name = "label"},
    {P, .type = VM_PROP_PATH, .name = "file"},
    {P, .type = VM_PROP_ENUM, .name = "colour", .default_value = "green", .choices = colours},
    {P, .type = VM_PROP_CHARDEV, .name = "chardev"},
    {P, .type = VM_PROP_DURATION, .name = "delay", .default_value = "10ms", .min = 1000,
     .max = UINT64_C(1000000000)},
};
static const struct vm_property required[] = {
    {P, .type = VM_PROP_UINT, .name = "must", .flags = VM_PROP_REQUIRED,
     .help = "a number that matters"},
};

static struct vm_props *props;
static struct vm_error err;

static void set_up(void)
{
    props = props_new(table, COUNT(table));
    err = (struct vm_error)VM_ERROR_INIT;
}

static void tear_down(void)
{
    props_free(props);
}

TestSuite(props, .init = set_up, .fini = tear_down);

Test(props, defaults)
{
    bool by_user = true;

    cr_assert_eq(props_finish(props, &err), 0);
    cr_expect_eq(props_uint(props, "flag"), 1);
    cr_expect_eq(props_uint(props, "count"), 3);
    cr_expect_eq(props_uint(props, "colour"), 1);
    cr_expect_str_eq(props_string(props, "colour"), "green");
    cr_expect_eq(props_uint(props, "delay"), 10000000);
    cr_expect_null(props_string(props, "label"));
    cr_expect_not(props_given(props, "label"));
    cr_expect(props_given(props, "count"));
    cr_expect_str_eq(props_text(props, 1, &by_user), "3");
    cr_expect_not(by_user);
}

Test(props, what_the_user_gives_wins)
{
    bool by_user = false;

    cr_assert_eq(props_set(props, "count", "0x7", NULL, &err), 0);
    cr_assert_eq(props_set(props, "colour", "blue", NULL, &err), 0);
    cr_assert_eq(props_set(props, "label", "", NULL, &err), 0);
    cr_assert_eq(props_set(props, "chardev", "stdio", NULL, &err), 0);
    cr_assert_eq(props_finish(props, &err), 0);
    cr_expect_eq(props_uint(props, "count"), 7);
    cr_expect_eq(props_uint(props, "colour"), 2);
    cr_expect(props_given(props, "label"));
    cr_expect_str_eq(props_string(props, "label"), "");
    cr_expect_str_eq(props_string(props, "chardev"), "stdio");
    cr_expect_str_eq(props_text(props, 1, &by_user), "0x7");
    cr_expect(by_user);
}

Test(props, paths_start_at_their_folder)
{
    char *cwd = getcwd(NULL, 0);

    cr_assert_eq(props_set(props, "file", "a/b", "/dir", &err), 0);
    cr_expect_str_eq(props_string(props, "file"), "/dir/a/b");
    cr_assert_eq(props_set(props, "file", "b", "/", &err), 0);
    cr_expect_str_eq(props_string(props, "file"), "/b");
    cr_assert_eq(props_set(props, "file", "/abs", "/dir", &err), 0);
    cr_expect_str_eq(props_string(props, "file"), "/abs");
    cr_assert_eq(props_set(props, "file", "b", NULL, &err), 0);
    cr_expect_eq(strncmp(props_string(props, "file"), cwd, strlen(cwd)), 0);
    free(cwd);
}

Test(props, refused)
{
    static const struct {
        const char *name, *text, *message;
    } rows[] = {
        {"flag", "maybe", "'maybe' is not yes or no"},
        {"count", "", "'' is not a number"},
        {"count", "12x", "'12x' is not a number; write decimal digits"},
        {"count", "0", "0 is out of range; it must be from 1 to 9"},
        {"count", "10", "10 is out of range"},
        {"room", "12Q", "'12Q' is not a size; write a number of bytes"},
        {"room", "4095", "4095 is out of range; it must be from 4K to 1M bytes"},
        {"room", "2M", "2M is out of range"},
        {"file", "", "the file name is empty"},
        {"colour", "grean", "'grean' is none of: red, green, blue; did you mean 'green'?"},
        {"colour", "", "'' is none of: red, green, blue"},
        {"chardev", "", "the backend's name is empty"},
        {"delay", "1", "1 is out of range; it must be from 1us to 1s"},
        {"delay", "soon", "'soon' is not a duration"},
        {"cuont", "1", "unknown key 'cuont'; did you mean 'count'?"},
        {"temperature", "1", "unknown key 'temperature'"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        err = (struct vm_error)VM_ERROR_INIT;
        cr_expect_eq(props_set(props, rows[i].name, rows[i].text, NULL, &err), -1, "%s = %s",
                     rows[i].name, rows[i].text);
        cr_expect(strstr(err.text, rows[i].message) == err.text, "%s = %s: '%s'", rows[i].name,
                  rows[i].text, err.text);
    }
    /* What was refused leaves no trace. */
    cr_assert_eq(props_finish(props, &err), 0);
    cr_expect_eq(props_uint(props, "count"), 3);
}

Test(props, required_must_be_given)
{
    struct vm_props *p = props_new(required, COUNT(required));

    cr_expect_eq(props_finish(p, &err), -1);
    cr_expect_str_eq(err.text, "the key 'must' is missing (a number that matters); add it");
    cr_expect_eq(props_set(p, "must", "5", NULL, &err), 0);
    cr_expect_eq(props_finish(p, &err), 0);
    props_free(p);
}

Test(props, another_type_is_a_bug_of_the_plugin, .signal = SIGABRT)
{
    props_finish(props, &err);
    props_uint(props, "label");
}

Test(props, an_unknown_name_is_a_bug_of_the_plugin, .signal = SIGABRT)
{
    props_finish(props, &err);
    props_given(props, "nothing");
}

/* ---- the nearest name ---- */

Test(nearest, table)
{
    static const char *const names[] = {"memory", "cpus",     "arch", "board",
                                        "engine", "on-reset", "irq",  "address"};
    static const struct {
        const char *word, *name; /* NULL: none is near */
    } rows[] = {
        {"memory", "memory"},
        {"memroy", "memory"},
        {"mem", NULL},
        {"cpu", "cpus"},
        {"CPUS", "cpus"},
        {"cups", "cpus"},
        {"adress", "address"},
        {"adresse", "address"},
        {"onreset", "on-reset"},
        {"on_reset", "on-reset"},
        {"ir", "irq"},
        {"foo", NULL},
        {"x", NULL},
        {"", NULL},
        {"enigne", "engine"},
        {"kitchen", NULL},
        {"bored", "board"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *near = nearest_name(rows[i].word, names, COUNT(names));
        if (rows[i].name)
            cr_expect(near && strcmp(near, rows[i].name) == 0, "'%s' gave '%s'", rows[i].word,
                      near ? near : "nothing");
        else
            cr_expect_null(near, "'%s' gave '%s'", rows[i].word, near);
    }
}

Test(nearest, very_long_words)
{
    char word[5000];
    const char *names[] = {word, "cpus"};

    memset(word, 'c', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    cr_expect_null(nearest_name(word, names, 2));
    cr_expect_str_eq(nearest_name("cpu", names, 2), "cpus");
}

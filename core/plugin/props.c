/* SPDX-License-Identifier: BSD-2-Clause */
/* props.c - the checked values of one property table. */
#define _GNU_SOURCE
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/plugin/registry.h"
#include "core/plugin/values.h"

struct value {
    char *text;   /* as given; a path is absolute. NULL: unset */
    uint64_t num; /* UINT SIZE DURATION BOOL, the index of ENUM */
    bool by_user;
};

struct vm_props {
    const struct vm_property *table;
    uint32_t n;
    struct value values[];
};

struct vm_props *props_new(const struct vm_property *table, uint32_t n)
{
    struct vm_props *props = calloc(1, sizeof(*props) + (size_t)n * sizeof(props->values[0]));

    if (props) {
        props->table = table;
        props->n = n;
    }
    return props;
}

void props_free(struct vm_props *props)
{
    if (!props)
        return;
    for (uint32_t i = 0; i < props->n; i++)
        free(props->values[i].text);
    free(props);
}

static int find(const struct vm_props *props, const char *name)
{
    for (uint32_t i = 0; i < props->n; i++) {
        if (strcmp(props->table[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static int unknown(const struct vm_props *props, const char *name, struct vm_error *err)
{
    const char **names = calloc(props->n + 1, sizeof(*names));
    const char *near = NULL;

    if (names) {
        for (uint32_t i = 0; i < props->n; i++)
            names[i] = props->table[i].name;
        near = nearest_name(name, names, props->n);
        free(names);
    }
    if (near)
        return vm_error_set(err, "unknown key '%.80s'; did you mean '%s'?", name, near);
    return vm_error_set(err, "unknown key '%.80s'", name);
}

/* ---- one parser per type ---- */

/* What is wrong with text of this type, and how it must look. */
static const struct {
    const char *what;
    const char *form;
} number_forms[] = {
    [VM_PROP_UINT] = {"a number",
                      "decimal digits, or 0x and hexadecimal digits, of at most 64 bits"},
    [VM_PROP_SIZE] = {"a size", "a number of bytes, or a number with K, M, G or T behind it"},
    [VM_PROP_DURATION] = {"a duration", "a number with ns, us, ms or s behind it"},
    [VM_PROP_BOOL] = {"yes or no", "one of the two"},
};

static const char *format_number(const struct vm_property *p, uint64_t number,
                                 char text[VALUE_TEXT])
{
    if (p->type == VM_PROP_SIZE)
        return format_size(number, text);
    if (p->type == VM_PROP_DURATION)
        return format_duration(number, text);
    snprintf(text, VALUE_TEXT, "%" PRIu64, number);
    return text;
}

static int parse_number(const struct vm_property *p, const char *text, uint64_t *number,
                        struct vm_error *err)
{
    char low[VALUE_TEXT], high[VALUE_TEXT];
    int failed;

    switch (p->type) {
    case VM_PROP_SIZE:
        failed = parse_size(text, number);
        break;
    case VM_PROP_DURATION:
        failed = parse_duration(text, number);
        break;
    case VM_PROP_BOOL:
        failed = parse_bool(text, number);
        break;
    default:
        failed = parse_uint(text, number);
        break;
    }
    if (failed)
        return vm_error_set(err, "'%.80s' is not %s; write %s", text, number_forms[p->type].what,
                            number_forms[p->type].form);
    if (p->type == VM_PROP_BOOL || (p->min == 0 && p->max == 0))
        return 0;
    if (*number < p->min || *number > p->max)
        return vm_error_set(err, "%.80s is out of range; it must be from %s to %s%s%s", text,
                            format_number(p, p->min, low), format_number(p, p->max, high),
                            p->unit ? " " : "", p->unit ? p->unit : "");
    return 0;
}

static int parse_choice(const struct vm_property *p, const char *text, uint64_t *index,
                        struct vm_error *err)
{
    char list[256] = "";
    size_t used = 0, n = 0;

    for (; p->choices[n]; n++) {
        if (strcmp(p->choices[n], text) == 0) {
            *index = n;
            return 0;
        }
        int wrote =
            snprintf(list + used, sizeof(list) - used, "%s%s", n ? ", " : "", p->choices[n]);
        used = used + (size_t)wrote < sizeof(list) ? used + (size_t)wrote : sizeof(list) - 1;
    }
    const char *near = nearest_name(text, p->choices, n);
    if (near)
        return vm_error_set(err, "'%.80s' is none of: %s; did you mean '%s'?", text, list, near);
    return vm_error_set(err, "'%.80s' is none of: %s", text, list);
}

static char *join_path(const char *dir, const char *path)
{
    char *joined;
    return asprintf(&joined, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path) < 0 ? NULL : joined;
}

/* An absolute path; a relative one starts at `dir` (absolute, or NULL: the working folder). */
static char *make_absolute(const char *dir, const char *path)
{
    if (path[0] == '/')
        return strdup(path);
    if (dir)
        return join_path(dir, path);
    char *cwd = getcwd(NULL, 0);
    char *joined = cwd ? join_path(cwd, path) : NULL;
    free(cwd);
    return joined;
}

static int store(struct vm_props *props, uint32_t i, const char *text, const char *dir,
                 bool by_user, struct vm_error *err)
{
    const struct vm_property *p = &props->table[i];
    struct value *v = &props->values[i];
    uint64_t number = 0;
    char *copy;

    switch (p->type) {
    case VM_PROP_STRING:
        copy = strdup(text);
        break;
    case VM_PROP_PATH:
        if (!*text)
            return vm_error_set(err, "the file name is empty; give a path");
        copy = make_absolute(dir, text);
        break;
    case VM_PROP_CHARDEV:
        if (!*text)
            return vm_error_set(err, "the backend's name is empty; name a [chardev] section or a "
                                     "backend such as 'null'");
        copy = strdup(text);
        break;
    case VM_PROP_BLOCK:
        if (!*text)
            return vm_error_set(err, "the backend's name is empty; name a file, a URI or a [block] "
                                     "section");
        copy = strdup(text);
        break;
    case VM_PROP_DEVICE:
        if (!*text)
            return vm_error_set(err, "the device's name is empty; name a [device] section");
        copy = strdup(text);
        break;
    case VM_PROP_NET:
        if (!*text)
            return vm_error_set(err, "the backend's name is empty; name a [net] section or a "
                                     "backend such as 'user'");
        copy = strdup(text);
        break;
    case VM_PROP_GPU:
        if (!*text)
            return vm_error_set(err, "the backend's name is empty; name a [gpu] section or a "
                                     "backend such as 'opencl'");
        copy = strdup(text);
        break;
    case VM_PROP_DISPLAY:
        if (!*text)
            return vm_error_set(err, "the backend's name is empty; name a [display] section or a "
                                     "backend such as 'ppm'");
        copy = strdup(text);
        break;
    case VM_PROP_ENUM:
        if (parse_choice(p, text, &number, err))
            return -1;
        copy = strdup(text);
        break;
    default:
        if (parse_number(p, text, &number, err))
            return -1;
        copy = strdup(text);
        break;
    }
    if (!copy)
        return vm_error_set(err, "out of memory");
    free(v->text);
    v->text = copy;
    v->num = number;
    v->by_user = by_user;
    return 0;
}

int props_set(struct vm_props *props, const char *name, const char *text, const char *dir,
              struct vm_error *err)
{
    int i = find(props, name);

    if (i < 0)
        return unknown(props, name, err);
    return store(props, (uint32_t)i, text, dir, true, err);
}

int props_finish(struct vm_props *props, struct vm_error *err)
{
    for (uint32_t i = 0; i < props->n; i++) {
        const struct vm_property *p = &props->table[i];
        if (props->values[i].text)
            continue;
        if (p->flags & VM_PROP_REQUIRED)
            return vm_error_set(err, "the key '%s' is missing%s%s%s; add it", p->name,
                                p->help ? " (" : "", p->help ? p->help : "", p->help ? ")" : "");
        if (p->default_value && store(props, i, p->default_value, NULL, false, err))
            return vm_error_prefix(err, "the plugin's own default of '%s' is wrong", p->name);
    }
    return 0;
}

const char *props_text(const struct vm_props *props, uint32_t i, bool *by_user)
{
    assert(i < props->n);
    if (by_user)
        *by_user = props->values[i].by_user;
    return props->values[i].text;
}

/* The value of `name`, whose type must be in the set `types` (bits 1 << VM_PROP_x). Anything else
 * is the plugin's bug. */
static const struct value *lookup(const struct vm_props *props, const char *name, uint32_t types)
{
    int i = find(props, name);

    assert(i >= 0 && "property is not in the plugin's table");
    assert((types >> props->table[i].type & 1) && "property has another type");
    if (i < 0 || !(types >> props->table[i].type & 1))
        return NULL;
    return &props->values[i];
}

int props_given(const struct vm_props *props, const char *name)
{
    const struct value *v = lookup(props, name, ~0u);
    return v && v->text;
}

uint64_t props_uint(const struct vm_props *props, const char *name)
{
    const struct value *v =
        lookup(props, name,
               1u << VM_PROP_UINT | 1u << VM_PROP_SIZE | 1u << VM_PROP_DURATION |
                   1u << VM_PROP_BOOL | 1u << VM_PROP_ENUM);
    return v ? v->num : 0;
}

const char *props_string(const struct vm_props *props, const char *name)
{
    const struct value *v =
        lookup(props, name,
               1u << VM_PROP_STRING | 1u << VM_PROP_PATH | 1u << VM_PROP_ENUM |
                   1u << VM_PROP_CHARDEV | 1u << VM_PROP_DEVICE | 1u << VM_PROP_BLOCK |
                   1u << VM_PROP_NET | 1u << VM_PROP_GPU | 1u << VM_PROP_DISPLAY);
    return v ? v->text : NULL;
}

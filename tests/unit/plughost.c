/* SPDX-License-Identifier: BSD-2-Clause */
/* plughost.c - what test hosts of all plugin kinds have in common. */
#include "plughost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plughost_broken(const char *what)
{
    fprintf(stderr, "broken plugin contract: %s\n", what);
    abort();
}

/* ---- Buffers --------------------------------------------------------------------------------- */

void plughost_bytes(struct plughost_buffer *b, const void *bytes, size_t n)
{
    b->text = realloc(b->text, b->size + n + 1);
    if (!b->text)
        abort();
    memcpy(b->text + b->size, bytes, n);
    b->size += n;
    b->text[b->size] = '\0';
}

void plughost_text(struct plughost_buffer *b, const char *fmt, ...)
{
    char text[256];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text))
        abort();
    plughost_bytes(b, text, (size_t)n);
}

/* ---- Properties ------------------------------------------------------------------------------ */

static const struct vm_property *find_property(const struct vm_props *props, const char *name)
{
    for (uint32_t i = 0; i < props->plugin->n_properties; i++) {
        if (strcmp(props->plugin->properties[i].name, name) == 0)
            return &props->plugin->properties[i];
    }
    plughost_broken("a property that is not in the plugin's table");
}

static const char *property_value(const struct vm_props *props, const char *name)
{
    for (uint32_t i = 0; i < props->n; i++) {
        if (strcmp(props->names[i], name) == 0)
            return props->values[i];
    }
    return find_property(props, name)->default_value;
}

void plughost_set(struct vm_props *props, const char *name, const char *value)
{
    find_property(props, name);
    if (props->n == PLUGHOST_MAX_PROPS)
        plughost_broken("too many properties for this host");
    props->names[props->n] = name;
    props->values[props->n++] = value;
}

int plughost_prop_given(const struct vm_props *props, const char *name)
{
    return property_value(props, name) != NULL;
}

static uint64_t choice_index(const struct vm_property *p, const char *value)
{
    for (uint64_t i = 0; p->choices[i]; i++) {
        if (strcmp(p->choices[i], value) == 0)
            return i;
    }
    plughost_broken("no such choice");
}

/* With the units of sizes. */
static uint64_t number(const char *text)
{
    static const char units[] = "KMGT";
    char *end;
    uint64_t value = strtoull(text, &end, 0);
    const char *unit = *end ? strchr(units, *end) : NULL;

    return unit ? value << (unit - units + 1) * 10 : value;
}

/* With its unit: ns, us, ms or s. */
static uint64_t duration(const char *text)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
    char *end;
    uint64_t value = strtoull(text, &end, 0);

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(end, units[i].name) == 0)
            return value * units[i].ns;
    plughost_broken("a duration without its unit");
}

uint64_t plughost_prop_uint(const struct vm_props *props, const char *name)
{
    const struct vm_property *p = find_property(props, name);
    const char *value = property_value(props, name);

    switch (p->type) {
    case VM_PROP_UINT:
    case VM_PROP_SIZE:
        return value ? number(value) : 0;
    case VM_PROP_DURATION:
        return value ? duration(value) : 0;
    case VM_PROP_BOOL:
        return value && (strcmp(value, "on") == 0 || strcmp(value, "yes") == 0);
    case VM_PROP_ENUM:
        return value ? choice_index(p, value) : 0;
    default:
        plughost_broken("prop_uint of a property that is text");
    }
}

const char *plughost_prop_string(const struct vm_props *props, const char *name)
{
    switch (find_property(props, name)->type) {
    case VM_PROP_STRING:
    case VM_PROP_PATH:
    case VM_PROP_ENUM:
    case VM_PROP_CHARDEV:
    case VM_PROP_NET:
    case VM_PROP_BLOCK:
    case VM_PROP_DEVICE:
        return property_value(props, name);
    default:
        plughost_broken("prop_string of a property that is no text");
    }
}

/* ---- Log ------------------------------------------------------------------------------------- */

struct plughost_log plughost_log;

void plughost_log_line(const void *who, int level, const char *fmt, ...)
{
    va_list args;

    (void)who;
    (void)level;
    va_start(args, fmt);
    vsnprintf(plughost_log.text, sizeof(plughost_log.text), fmt, args);
    va_end(args);
    plughost_log.lines++;
}

static const void *no_interface(const char *id)
{
    (void)id;
    return NULL;
}

const struct vm_host plughost_base = {
    .size = sizeof(struct vm_host),
    .abi_minor = VM_ABI_MINOR,
    .log = plughost_log_line,
    .get_interface = no_interface,
    .prop_given = plughost_prop_given,
    .prop_uint = plughost_prop_uint,
    .prop_string = plughost_prop_string,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* common.c - what the test hosts of all plugin kinds have in common. */
#include "common.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/host/module.h"
#include "core/plugin/internal.h"

/* ---- Buffers --------------------------------------------------------------------------------- */

void *vm_test_alloc(size_t n)
{
    void *p = calloc(1, n ? n : 1);

    if (!p)
        vm_test_broken("out of memory");
    return p;
}

void vm_test_bytes(struct vm_test_buffer *b, const void *bytes, size_t n)
{
    b->text = realloc(b->text, b->size + n + 1);
    if (!b->text)
        vm_test_broken("out of memory");
    memcpy(b->text + b->size, bytes, n);
    b->size += n;
    b->text[b->size] = '\0';
}

void vm_test_text(struct vm_test_buffer *b, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text))
        vm_test_broken("a text that is too long for this host");
    vm_test_bytes(b, text, (size_t)n);
}

void vm_test_copy(void *out, uint32_t size, const void *theirs)
{
    uint32_t their_size;

    memcpy(&their_size, theirs, sizeof(their_size));
    memset(out, 0, size);
    memcpy(out, theirs, their_size < size ? their_size : size);
    memcpy(out, &size, sizeof(size));
}

/* ---- Plugins --------------------------------------------------------------------------------- */

const struct vm_plugin *vm_test_load(const char *path, struct vm_error *err)
{
    struct descriptor *d = vm_test_alloc(sizeof(*d));
    struct vm_test_buffer file = {0};
    char *name = NULL, *end;
    struct host_module *module;
    const struct vm_plugin *raw;

    vm_test_text(&file, "%s%s", strchr(path, '/') ? "" : "./", path);
    module = host_module_open(file.text, err);
    raw = module ? host_module_symbol(module, VM_PLUGIN_SYMBOL) : NULL;
    if (module && !raw)
        vm_error_set(err, "it has no symbol '" VM_PLUGIN_SYMBOL "': this is no vmrun plugin");
    if (raw) {
        name = basename(file.text);
        end = strstr(name, ".so");
        if (end)
            *end = '\0';
    }
    if (raw && descriptor_check(raw, name, d, err) == 0) {
        free(file.text);
        return &d->plugin; /* which it is part of: kept like the plugin itself */
    }
    vm_error_prefix(err, "%s", path);
    free(file.text);
    free(d);
    return NULL;
}

/* Looked up here, too: without assertions the core's answer would be a silent zero. */
static void need_property(const struct vm_plugin *plugin, const char *name)
{
    for (uint32_t i = 0; i < plugin->n_properties; i++)
        if (strcmp(plugin->properties[i].name, name) == 0)
            return;
    vm_test_broken("a test sets a property that is not in the plugin's table");
}

int vm_test_value(const struct vm_plugin *plugin, const char *property, const char *value,
                  struct vm_error *err)
{
    struct vm_props *props = props_new(plugin->properties, plugin->n_properties);
    int result =
        props ? props_set(props, property, value, NULL, err) : vm_error_set(err, "out of memory");

    props_free(props);
    return result ? vm_error_prefix(err, "%s", property) : 0;
}

void vm_test_open(struct vm_test_plugin *t, const struct vm_plugin *plugin, uint32_t kind,
                  const char *interface, void *ops, uint32_t size, uint32_t mandatory)
{
    struct vm_error err = VM_ERROR_INIT;

    if (plugin->magic != VM_PLUGIN_MAGIC || plugin->kind != kind)
        vm_test_broken("a test gives a host a plugin of another kind");
    if (plugin_interface(plugin, interface, ops, size, mandatory, &err))
        vm_test_broken(err.text);
    if (plugin->get_interface("no.such.interface/1"))
        vm_test_broken("get_interface() returns an interface for any name");
    t->plugin = plugin;
    t->props = props_new(plugin->properties, plugin->n_properties);
    if (!t->props)
        vm_test_broken("out of memory");
}

void vm_test_set(struct vm_test_plugin *t, const char *name, const char *value)
{
    struct vm_error err = VM_ERROR_INIT;

    need_property(t->plugin, name);
    if (props_set(t->props, name, value, NULL, &err)) {
        vm_error_prefix(&err, "a test sets %s", name);
        vm_test_broken(err.text);
    }
}

void vm_test_close(struct vm_test_plugin *t)
{
    props_free(t->props);
}

/* ---- The host's side common to all kinds ----------------------------------------------------- */

static struct {
    uint32_t lines;
    char text[1024];
} last_log;

void vm_test_log(const void *who, int level, const char *fmt, ...)
{
    va_list args;

    (void)who;
    (void)level;
    va_start(args, fmt);
    vsnprintf(last_log.text, sizeof(last_log.text), fmt, args);
    va_end(args);
    last_log.lines++;
}

uint32_t vm_test_log_lines(void)
{
    return last_log.lines;
}

const char *vm_test_log_text(void)
{
    return last_log.text;
}

int vm_test_ready(struct vm_test_plugin *t, struct vm_error *err)
{
    memset(&last_log, 0, sizeof(last_log));
    return props_finish(t->props, err);
}

int vm_test_prop_given(const struct vm_props *props, const char *name)
{
    return props_given(props, name);
}

uint64_t vm_test_prop_uint(const struct vm_props *props, const char *name)
{
    return props_uint(props, name);
}

const char *vm_test_prop_string(const struct vm_props *props, const char *name)
{
    return props_string(props, name);
}

static const void *no_interface(const char *id)
{
    (void)id;
    return NULL;
}

const struct vm_host vm_test_base = {
    .size = sizeof(struct vm_host),
    .abi_minor = VM_ABI_MINOR,
    .log = vm_test_log,
    .get_interface = no_interface,
    .prop_given = vm_test_prop_given,
    .prop_uint = vm_test_prop_uint,
    .prop_string = vm_test_prop_string,
};

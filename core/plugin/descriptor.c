/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * descriptor.c - the ABI check of one plugin's descriptor, and its copy in this build's layout.
 *
 * Every member is read only after the writer's size was seen to cover it. Members beyond that size
 * read as zero.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/abi-hash.h>
#include <vmrun/arch.h>
#include <vmrun/board.h>
#include <vmrun/chardev.h>
#include <vmrun/device.h>
#include <vmrun/display.h>
#include <vmrun/engine.h>
#include <vmrun/gpu.h>
#include "core/plugin/internal.h"

enum {
    MAX_STRUCT = 1 << 16, /* no ABI struct is larger; a larger size is garbage */
    MAX_PROPERTIES = 1024,
    MAX_TEXT = 16384,
};

static const struct {
    const char *name;
    const char *interface; /* mandatory; NULL: this core does not use the kind yet */
    bool matched;
} kinds[] = {
    [VM_KIND_ARCH] = {"arch", VM_ARCH_INTERFACE, true},
    [VM_KIND_BOARD] = {"board", VM_BOARD_INTERFACE, true},
    [VM_KIND_ENGINE] = {"engine", VM_ENGINE_INTERFACE, true},
    [VM_KIND_ACCEL] = {"accel", NULL, true},
    [VM_KIND_DEVICE] = {"device", VM_DEVICE_INTERFACE, false},
    [VM_KIND_CHARDEV] = {"chardev", VM_CHARDEV_INTERFACE, false},
    [VM_KIND_BLOCK] = {"block", VM_BLOCK_INTERFACE, false},
    [VM_KIND_NET] = {"net", VM_NET_INTERFACE, false},
    [VM_KIND_DISPLAY] = {"display", VM_DISPLAY_INTERFACE, false},
    [VM_KIND_GPU] = {"gpu", VM_GPU_INTERFACE, false},
};

#define KNOWN_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *plugin_kind_name(uint32_t kind)
{
    return kind < KNOWN_KINDS && kinds[kind].name ? kinds[kind].name : "unknown";
}

#define TEXT2(number) #number
#define TEXT(number)  TEXT2(number)
#define WRONG_ABI                                                      \
    "built for plugin ABI %u.%u, wanted " TEXT(VM_ABI_MAJOR) "." TEXT( \
        VM_ABI_MINOR_OLDEST) " to " TEXT(VM_ABI_MAJOR) "." TEXT(VM_ABI_MINOR) ": "

static int check_version(const struct vm_plugin *raw, struct vm_error *err)
{
    if (raw->size < END_OF(struct vm_plugin, abi_minor))
        return vm_error_set(err, "its descriptor has only %u bytes; rebuild it with a current SDK",
                            raw->size);
    if (raw->magic != VM_PLUGIN_MAGIC)
        return vm_error_set(
            err,
            "its descriptor has the magic number 0x%08x, wanted 0x%08x: this is no vmrun plugin",
            raw->magic, VM_PLUGIN_MAGIC);
    if (raw->abi_major != VM_ABI_MAJOR)
        return vm_error_set(err,
                            WRONG_ABI "another major version; rebuild the plugin with this "
                                      "vmrun's SDK",
                            raw->abi_major, raw->abi_minor);
    if (raw->abi_minor < VM_ABI_MINOR_OLDEST)
        return vm_error_set(err,
                            WRONG_ABI "an older version that something has changed since; rebuild "
                                      "the plugin with this vmrun's SDK",
                            raw->abi_major, raw->abi_minor);
    if (raw->abi_minor > VM_ABI_MINOR)
        return vm_error_set(err, WRONG_ABI "a newer minor version; it needs a newer vmrun",
                            raw->abi_major, raw->abi_minor);
    if (raw->size < END_OF(struct vm_plugin, get_interface) || raw->size > MAX_STRUCT)
        return vm_error_set(
            err, "its descriptor has %u bytes, wanted at least %u; rebuild it with a current SDK",
            raw->size, END_OF(struct vm_plugin, get_interface));
    return 0;
}

/* Texts go to terminals and man pages: no control characters but line ends where `lines`. */
static bool is_text(const char *text, bool lines)
{
    if (!text)
        return false;
    for (size_t i = 0; text[i]; i++) {
        if (i == MAX_TEXT || (iscntrl((unsigned char)text[i]) && !(lines && text[i] == '\n')))
            return false;
    }
    return true;
}

/* Keys: lower case letters, digits and hyphens. `underscore`: plugins, whose names have "x86_64" in
 * them. */
static bool is_name(const char *text, bool underscore)
{
    if (!text || !islower((unsigned char)text[0]) || strnlen(text, MAX_TEXT) > 48)
        return false;
    for (; *text; text++) {
        if (!islower((unsigned char)*text) && !isdigit((unsigned char)*text) && *text != '-' &&
            !(underscore && *text == '_'))
            return false;
    }
    return true;
}

static int check_identity(const struct vm_plugin *p, const char *name, struct vm_error *err)
{
    if (!is_name(p->name, true))
        return vm_error_set(err, "its descriptor has no proper name");
    if (strcmp(p->name, name) != 0)
        return vm_error_set(err, "it calls itself '%s'; the file must be named %s.so", p->name,
                            p->name);
    if (p->kind >= KNOWN_KINDS || !kinds[p->kind].name)
        return vm_error_set(err, "its kind is %u, which this vmrun does not know", p->kind);
    if (!is_text(p->version, false) || !is_text(p->licence, false) || !is_text(p->summary, false))
        return vm_error_set(err, "its descriptor lacks the version, the licence or the summary");
    if (p->description && !is_text(p->description, true))
        return vm_error_set(err, "its description is no plain text");
    return 0;
}

static int check_matched(const struct vm_plugin *p, struct vm_error *err)
{
    if (!kinds[p->kind].matched)
        return 0;
    if (!is_text(p->matched_abi, false))
        return vm_error_set(
            err,
            "an %s plugin must carry the hash of the ABI it was built with, and this one does not",
            kinds[p->kind].name);
    if (strcmp(p->matched_abi, VM_MATCHED_ABI_HASH) != 0)
        return vm_error_set(err,
                            "built for matched ABI %.16s, wanted %.16s; plugins of kind %s must "
                            "come from the same build as vmrun",
                            p->matched_abi, VM_MATCHED_ABI_HASH, kinds[p->kind].name);
    return 0;
}

static int check_interface(const struct vm_plugin *p, struct vm_error *err)
{
    const char *id = kinds[p->kind].interface;

    if (!p->get_interface)
        return vm_error_set(err, "its descriptor has no get_interface function");
    if (id && !p->get_interface(id))
        return vm_error_set(err, "it lacks the interface '%s', which every %s plugin must have", id,
                            kinds[p->kind].name);
    return 0;
}

static int check_property(const struct vm_property *table, uint32_t i, struct vm_error *err)
{
    /* Keys that the core itself takes in sections with plugins; a property of such a name could
     * never be set. */
    static const char *const reserved[] = {"type", "address", "irq", "bus", "include"};
    const struct vm_property *p = &table[i];

    if (!is_name(p->name, false))
        return vm_error_set(err, "property %u has no proper name", i);
    if (p->type < VM_PROP_BOOL || p->type > VM_PROP_DISPLAY)
        return vm_error_set(err, "property '%s' has the unknown type %u", p->name, p->type);
    if (p->type == VM_PROP_ENUM && (!p->choices || !p->choices[0]))
        return vm_error_set(err, "property '%s' has no choices", p->name);
    if (p->min > p->max)
        return vm_error_set(err, "property '%s' has a minimum above its maximum", p->name);
    if ((p->unit && !is_text(p->unit, false)) || (p->help && !is_text(p->help, false)) ||
        (p->default_value && !is_text(p->default_value, false)))
        return vm_error_set(err, "a text of property '%s' is no plain text", p->name);
    for (size_t j = 0; j < sizeof(reserved) / sizeof(reserved[0]); j++) {
        if (strcmp(p->name, reserved[j]) == 0)
            return vm_error_set(err, "property '%s' has a name that vmrun keeps for itself",
                                p->name);
    }
    for (uint32_t j = 0; j < i; j++) {
        if (strcmp(p->name, table[j].name) == 0)
            return vm_error_set(err, "property '%s' is there twice", p->name);
    }
    return 0;
}

/* Copies the property table to our own stride, checks it, and tries its defaults. */
static int copy_properties(struct descriptor *d, struct vm_error *err)
{
    const struct vm_plugin *p = &d->plugin;
    const unsigned char *raw = (const unsigned char *)p->properties;

    if (p->n_properties == 0)
        return 0;
    if (!raw || p->n_properties > MAX_PROPERTIES ||
        p->property_size < END_OF(struct vm_property, help) || p->property_size > MAX_STRUCT)
        return vm_error_set(
            err,
            "its property table is broken (%u entries of %u bytes); rebuild it with a current SDK",
            p->n_properties, p->property_size);
    d->properties = calloc(p->n_properties, sizeof(*d->properties));
    if (!d->properties)
        return vm_error_set(err, "out of memory");
    for (uint32_t i = 0; i < p->n_properties; i++) {
        const unsigned char *from = raw + (size_t)i * p->property_size;
        uint32_t size;
        memcpy(&size, from, sizeof(size));
        if (size < END_OF(struct vm_property, help) || size > p->property_size)
            return vm_error_set(
                err, "property %u says that it has %u bytes; rebuild it with a current SDK", i,
                size);
        memcpy(&d->properties[i], from,
               size < sizeof(d->properties[i]) ? size : sizeof(d->properties[i]));
        d->properties[i].size = sizeof(d->properties[i]);
        if (check_property(d->properties, i, err))
            return -1;
    }
    return 0;
}

/* A default that the user could not have written is the plugin author's mistake, and is better
 * found when it is listed. */
static int check_defaults(const struct descriptor *d, struct vm_error *err)
{
    struct vm_props *props = props_new(d->properties, d->plugin.n_properties);
    int result = 0;

    if (!props)
        return vm_error_set(err, "out of memory");
    for (uint32_t i = 0; i < d->plugin.n_properties && result == 0; i++) {
        const struct vm_property *p = &d->properties[i];
        if (p->default_value && props_set(props, p->name, p->default_value, NULL, err))
            result = vm_error_prefix(err, "the default of property '%s' is wrong", p->name);
    }
    props_free(props);
    return result;
}

int descriptor_check(const struct vm_plugin *raw, const char *name, struct descriptor *out,
                     struct vm_error *err)
{
    memset(out, 0, sizeof(*out));
    if (check_version(raw, err))
        return -1;
    memcpy(&out->plugin, raw, raw->size < sizeof(out->plugin) ? raw->size : sizeof(out->plugin));
    out->plugin.size = sizeof(out->plugin);
    if (check_identity(&out->plugin, name, err) || check_matched(&out->plugin, err) ||
        check_interface(&out->plugin, err) || copy_properties(out, err) ||
        check_defaults(out, err)) {
        descriptor_clear(out);
        return -1;
    }
    out->plugin.properties = out->properties;
    out->plugin.property_size = sizeof(struct vm_property);
    return 0;
}

void descriptor_clear(struct descriptor *d)
{
    free(d->properties);
    memset(d, 0, sizeof(*d));
}

int plugin_interface(const struct vm_plugin *plugin, const char *id, void *out, uint32_t size,
                     uint32_t mandatory, struct vm_error *err)
{
    const void *theirs = plugin->get_interface(id);
    uint32_t their_size;

    memset(out, 0, size);
    if (!theirs)
        return vm_error_set(err, "plugin '%s' lacks the interface '%s'", plugin->name, id);
    memcpy(&their_size, theirs, sizeof(their_size));
    if (their_size < mandatory || their_size > MAX_STRUCT)
        return vm_error_set(err,
                            "plugin '%s': its interface '%s' has %u bytes, wanted at least %u; "
                            "rebuild it with a current SDK",
                            plugin->name, id, their_size, mandatory);
    memcpy(out, theirs, their_size < size ? their_size : size);
    memcpy(out, &size, sizeof(size));
    return 0;
}

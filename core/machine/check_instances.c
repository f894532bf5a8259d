/* SPDX-License-Identifier: BSD-2-Clause */
/* check_instances.c - [device NAME] and [chardev NAME]: their plugins, wiring as far as names go,
 * and who uses which backend. */
#include <stdlib.h>
#include <string.h>
#include "core/machine/check.h"

/* `chardev = NAME` without a section of that name means the plugin char-NAME. */
#define CHARDEV_PREFIX "char-"

enum {
    MAX_LIST = 256, /* addresses or interrupts of one device */
};

/* ---- lists ---- */

/* The next entry of a comma list, without blanks around it, into `entry`. False: the list is at its
 * end. */
static bool next_entry(struct checking *c, const char **at, const char **entry)
{
    const char *p = *at;

    if (!p)
        return false;
    p += strspn(p, " \t");
    size_t n = strcspn(p, ",");
    *at = p[n] ? p + n + 1 : NULL;
    while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
        n--;
    *entry = pool_strndup(c->ini->pool, p, n);
    return true;
}

/* Room for a comma list's entries; what goes beyond MAX_LIST is refused when it is read. */
static size_t list_room(const char *list)
{
    size_t n = 1;

    for (; *list; list++)
        n += *list == ',';
    return n < MAX_LIST ? n : MAX_LIST;
}

static int take_addresses(struct checking *c, struct instance *dev, const struct ini_section *s)
{
    const struct ini_key *key = ini_key(s, "address");
    const char *at = key ? key->value : NULL, *entry;

    dev->address_where = key ? key->where : s->where;
    if (key)
        dev->addresses = pool_alloc(c->ini->pool, list_room(key->value) * sizeof(*dev->addresses));
    while (next_entry(c, &at, &entry)) {
        int result = 0;
        if (dev->n_addresses == MAX_LIST)
            result = vm_error_set(c->err, "there are more than %d addresses", MAX_LIST);
        else if (parse_uint(entry, &dev->addresses[dev->n_addresses++]))
            result = vm_error_set(
                c->err, "'%.60s' is not an address; write a number, in hexadecimal with 0x", entry);
        if (result)
            return check_error_key(c, s, key);
    }
    return 0;
}

/* The nearest device to a name that no device has. */
static int no_such_device(struct checking *c, const char *name)
{
    const char **names = pool_alloc(c->ini->pool, (c->ini->n_sections + 1) * sizeof(*names));
    size_t n = 0;

    for (size_t i = 0; i < c->ini->n_sections; i++) {
        if (strcmp(c->ini->sections[i].kind, "device") == 0)
            names[n++] = c->ini->sections[i].name;
    }
    const char *near = nearest_name(name, names, n);
    if (near)
        return vm_error_set(c->err, "there is no device '%.60s'; did you mean '%s'?", name, near);
    return vm_error_set(
        c->err, "there is no device '%.60s'; name the [device NAME] of an interrupt controller",
        name);
}

static int parse_irq(struct checking *c, const char *entry, struct irq_target *irq)
{
    const char *colon = strrchr(entry, ':');
    uint64_t line;

    if (!colon || colon == entry)
        return vm_error_set(c->err, "'%.60s' is not an interrupt; write CONTROLLER:LINE", entry);
    irq->controller = pool_strndup(c->ini->pool, entry, (size_t)(colon - entry));
    if (parse_uint(colon + 1, &line) || line > UINT32_MAX)
        return vm_error_set(
            c->err,
            "'%.60s' in '%.60s' is not an interrupt line; write CONTROLLER:LINE with a number",
            colon + 1, entry);
    irq->line = (uint32_t)line;
    if (!ini_section(c->ini, "device", irq->controller))
        return no_such_device(c, irq->controller);
    return 0;
}

static int take_irqs(struct checking *c, struct instance *dev, const struct ini_section *s)
{
    const struct ini_key *key = ini_key(s, "irq");
    const char *at = key ? key->value : NULL, *entry;

    if (key)
        dev->irqs = pool_alloc(c->ini->pool, list_room(key->value) * sizeof(*dev->irqs));
    while (next_entry(c, &at, &entry)) {
        int result;
        if (dev->n_irqs == MAX_LIST) {
            result = vm_error_set(c->err, "there are more than %d interrupts", MAX_LIST);
        } else {
            dev->irqs[dev->n_irqs].where = key->where;
            result = parse_irq(c, entry, &dev->irqs[dev->n_irqs++]);
        }
        if (result)
            return check_error_key(c, s, key);
    }
    return 0;
}

/* ---- instances ---- */

static int take_instance(struct checking *c, struct instance *out, const struct ini_section *s,
                         uint32_t kind)
{
    const struct ini_key *type = ini_key(s, "type");

    out->name = s->name;
    out->where = s->where;
    out->section = s;
    if (!type) {
        vm_error_set(c->err,
                     "the key 'type' is missing; name a %s plugin, as --list-plugins shows them",
                     s->kind);
        return check_error_section(c, s);
    }
    out->plugin = registry_load(c->reg, type->value, kind, c->err);
    if (!out->plugin)
        return check_error_key(c, s, type);
    out->props = check_properties(c, s, out->plugin->properties, out->plugin->n_properties,
                                  section_kind(s->kind));
    return out->props ? 0 : -1;
}

static int take_device(struct checking *c, struct instance *dev, const struct ini_section *s)
{
    const struct ini_key *bus = ini_key(s, "bus");

    if (bus) {
        vm_error_set(c->err,
                     "this version of vmrun has no buses; give the device an address instead");
        return check_error_key(c, s, bus);
    }
    return take_instance(c, dev, s, VM_KIND_DEVICE) || take_addresses(c, dev, s) ||
                   take_irqs(c, dev, s)
               ? -1
               : 0;
}

/* How many backends could be needed: every section, and one for each property that can name one. */
static size_t count_backends(const struct description *d)
{
    size_t n = d->ini->n_sections;

    for (uint32_t i = 0; i < d->n_devices; i++)
        n += d->devices[i].plugin->n_properties;
    return n;
}

int check_instances(struct checking *c)
{
    struct description *d = c->d;

    d->devices = pool_alloc(c->ini->pool, (c->ini->n_sections + 1) * sizeof(*d->devices));
    for (size_t i = 0; i < c->ini->n_sections; i++) {
        const struct ini_section *s = &c->ini->sections[i];
        if (strcmp(s->kind, "device") == 0 && take_device(c, &d->devices[d->n_devices++], s))
            return -1;
    }
    d->chardevs = pool_alloc(c->ini->pool, (count_backends(d) + 1) * sizeof(*d->chardevs));
    for (size_t i = 0; i < c->ini->n_sections; i++) {
        const struct ini_section *s = &c->ini->sections[i];
        if (strcmp(s->kind, "chardev") != 0)
            continue;
        struct instance *chr = &d->chardevs[d->n_chardevs++];
        chr->user = UINT32_MAX;
        if (take_instance(c, chr, s, VM_KIND_CHARDEV))
            return -1;
    }
    return 0;
}

/* ---- who uses which backend ---- */

/* `plugin` could not be loaded, as err says. If that is for a slip in the name, say which one is
 * near. */
static int no_such_backend(struct checking *c, const char *name, const char *plugin)
{
    const char **names = pool_alloc(c->ini->pool, (c->d->n_chardevs + 1) * sizeof(*names));
    char *near_plugin = registry_nearest(c->reg, plugin);
    size_t n = 0;

    for (uint32_t i = 0; i < c->d->n_chardevs; i++) {
        if (!c->d->chardevs[i].implicit)
            names[n++] = c->d->chardevs[i].name;
    }
    const char *near = nearest_name(name, names, n);
    if (!near && near_plugin && strncmp(near_plugin, CHARDEV_PREFIX, strlen(CHARDEV_PREFIX)) == 0)
        near = near_plugin + strlen(CHARDEV_PREFIX);
    /* The plugin is there if it is its own nearest: then it is broken, and err says how. */
    if (near_plugin && strcmp(near_plugin, plugin) == 0)
        vm_error_prefix(c->err, "the backend '%.60s'", name);
    else if (near)
        vm_error_set(c->err, "there is no [chardev %.60s] and no such backend; did you mean '%s'?",
                     name, near);
    else
        vm_error_set(c->err,
                     "there is no [chardev %.60s] and no such backend; --list-plugins shows the "
                     "backends as char-NAME",
                     name);
    free(near_plugin);
    return -1;
}

/* A backend that a device names without a section has all its properties at their defaults. */
static int make_implicit(struct checking *c, const char *name, uint32_t device)
{
    struct description *d = c->d;
    const char *plugin_name = pool_printf(c->ini->pool, CHARDEV_PREFIX "%s", name);
    const struct vm_plugin *plugin = registry_load(c->reg, plugin_name, VM_KIND_CHARDEV, c->err);

    if (!plugin)
        return no_such_backend(c, name, plugin_name);
    struct vm_props *props = props_new(plugin->properties, plugin->n_properties);
    if (!props)
        return vm_error_set(c->err, "out of memory");
    if (props_finish(props, c->err)) {
        props_free(props);
        return vm_error_prefix(
            c->err, "the backend '%s' needs a [chardev NAME] section of its own with type = %s",
            name, plugin->name);
    }
    d->chardevs[d->n_chardevs++] = (struct instance){
        .name = pool_strdup(c->ini->pool, name),
        .plugin = plugin,
        .props = props,
        .where = d->devices[device].where,
        .implicit = true,
        .user = device,
    };
    return 0;
}

static int use_backend(struct checking *c, const char *name, uint32_t device)
{
    struct description *d = c->d;

    for (uint32_t i = 0; i < d->n_chardevs; i++) {
        struct instance *chr = &d->chardevs[i];
        if (chr->implicit || strcmp(chr->name, name) != 0)
            continue;
        if (chr->user != UINT32_MAX)
            return vm_error_set(c->err,
                                "'%s' is used by [device %s] already; a backend serves one device",
                                name, d->devices[chr->user].name);
        chr->user = device;
        return 0;
    }
    return make_implicit(c, name, device);
}

static int use_backends_of(struct checking *c, uint32_t device)
{
    const struct instance *dev = &c->d->devices[device];

    for (uint32_t i = 0; i < dev->plugin->n_properties; i++) {
        const struct vm_property *p = &dev->plugin->properties[i];
        const char *name = p->type == VM_PROP_CHARDEV ? props_text(dev->props, i, NULL) : NULL;
        if (!name || use_backend(c, name, device) == 0)
            continue;
        const struct ini_key *key = ini_key(dev->section, p->name);
        return key ? check_error_key(c, dev->section, key) : check_error_section(c, dev->section);
    }
    return 0;
}

int check_chardev_uses(struct checking *c)
{
    for (uint32_t i = 0; i < c->d->n_devices; i++) {
        if (use_backends_of(c, i))
            return -1;
    }
    for (uint32_t i = 0; i < c->d->n_chardevs; i++) {
        if (c->d->chardevs[i].user != UINT32_MAX)
            continue;
        vm_error_set(c->err, "no device uses it; name it in a device's key, or remove the section");
        return check_error_section(c, c->d->chardevs[i].section);
    }
    return 0;
}

const struct instance *description_chardev(const struct description *d,
                                           const struct instance *device, const char *name)
{
    for (uint32_t i = 0; i < d->n_chardevs; i++) {
        if (&d->devices[d->chardevs[i].user] == device && strcmp(d->chardevs[i].name, name) == 0)
            return &d->chardevs[i];
    }
    return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_backends.c - backends of all kinds: their sections, those that a device names without one,
 * and who uses which.
 */
#include <stdlib.h>
#include <string.h>
#include "core/machine/check.h"

/* KEY = NAME without a section of that name means the plugin PREFIXNAME, or NAME that has the
 * prefix itself. */
struct backend_kind {
    const char *section;
    uint32_t kind;     /* VM_KIND_* of its plugins */
    uint32_t property; /* VM_PROP_* that names one */
    const char *prefix;
};

static const struct backend_kind kinds[] = {
    {"chardev", VM_KIND_CHARDEV, VM_PROP_CHARDEV, "char-"},
    {"block", VM_KIND_BLOCK, VM_PROP_BLOCK, NULL}, /* a file or URI: see check_blocks.c */
    {"net", VM_KIND_NET, VM_PROP_NET, "net-"},
    {"gpu", VM_KIND_GPU, VM_PROP_GPU, "gpu-"},
    {"display", VM_KIND_DISPLAY, VM_PROP_DISPLAY, "display-"},
};

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- sections ---- */

/* How many backends could be needed: every section, and one for each property that can name one. */
static size_t count_backends(const struct description *d)
{
    size_t n = d->ini->n_sections;

    for (uint32_t i = 0; i < d->n_devices; i++)
        n += d->devices[i].plugin->n_properties;
    return n;
}

static int take_sections(struct checking *c, const struct backend_kind *k)
{
    for (size_t i = 0; i < c->ini->n_sections; i++) {
        const struct ini_section *s = &c->ini->sections[i];
        if (strcmp(s->kind, k->section) != 0)
            continue;
        struct instance *backend = &c->d->backends[c->d->n_backends++];
        backend->kind = k->kind;
        backend->user = UINT32_MAX;
        if (check_instance(c, backend, s, k->kind))
            return -1;
    }
    return 0;
}

/* ---- without a section ---- */

/* `plugin` could not be loaded, as err says. If that is for a slip in the name, say which one is
 * near. */
static int no_such_backend(struct checking *c, const struct backend_kind *k, const char *name,
                           const char *plugin)
{
    const char **names = pool_alloc(c->ini->pool, (c->d->n_backends + 1) * sizeof(*names));
    char *near_plugin = registry_nearest(c->reg, plugin);
    size_t n = 0;

    for (uint32_t i = 0; i < c->d->n_backends; i++) {
        if (c->d->backends[i].kind == k->kind && !c->d->backends[i].implicit)
            names[n++] = c->d->backends[i].name;
    }
    const char *near = nearest_name(name, names, n);
    if (!near && near_plugin && strncmp(near_plugin, k->prefix, strlen(k->prefix)) == 0)
        near = near_plugin + strlen(k->prefix);
    /* The plugin is there if it is its own nearest: then it is broken, and err says how. */
    if (near_plugin && strcmp(near_plugin, plugin) == 0)
        vm_error_prefix(c->err, "the backend '%.60s'", name);
    else if (near)
        vm_error_set(c->err, "there is no [%s %.60s] and no such backend; did you mean '%s'?",
                     k->section, name, near);
    else
        vm_error_set(c->err,
                     "there is no [%s %.60s] and no such backend; --list-plugins shows the "
                     "backends as %sNAME",
                     k->section, name, k->prefix);
    free(near_plugin);
    return -1;
}

/* A backend that a device names without a section has all its properties at their defaults. */
static int make_implicit(struct checking *c, const struct backend_kind *k, const char *name,
                         uint32_t device)
{
    struct description *d = c->d;
    bool full = strncmp(name, k->prefix, strlen(k->prefix)) == 0;
    const char *plugin_name = pool_printf(c->ini->pool, "%s%s", full ? "" : k->prefix, name);
    const struct vm_plugin *plugin = registry_load(c->reg, plugin_name, k->kind, c->err);

    if (!plugin)
        return no_such_backend(c, k, name, plugin_name);
    struct vm_props *props = props_new(plugin->properties, plugin->n_properties);
    if (!props)
        return vm_error_set(c->err, "out of memory");
    if (props_finish(props, c->err)) {
        props_free(props);
        return vm_error_prefix(
            c->err, "the backend '%s' needs a [%s NAME] section of its own with type = %s", name,
            k->section, plugin->name);
    }
    d->backends[d->n_backends++] = (struct instance){
        .name = pool_strdup(c->ini->pool, name),
        .plugin = plugin,
        .props = props,
        .where = d->devices[device].where,
        .kind = k->kind,
        .implicit = true,
        .user = device,
    };
    return 0;
}

/* ---- who uses which ---- */

static int use_backend(struct checking *c, const struct backend_kind *k,
                       const struct vm_property *p, const char *name, uint32_t device)
{
    struct description *d = c->d;

    for (uint32_t i = 0; i < d->n_backends; i++) {
        struct instance *backend = &d->backends[i];
        if (backend->implicit || backend->kind != k->kind || strcmp(backend->name, name) != 0)
            continue;
        if (backend->user != UINT32_MAX)
            return vm_error_set(c->err,
                                "'%s' is used by [device %s] already; a backend serves one device",
                                name, d->devices[backend->user].name);
        backend->user = device;
        return 0;
    }
    return k->prefix ? make_implicit(c, k, name, device) : check_implicit_block(c, p, name, device);
}

static const struct backend_kind *kind_of_property(const struct vm_property *p)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (kinds[i].property == p->type)
            return &kinds[i];
    }
    return NULL;
}

static int use_backends_of(struct checking *c, uint32_t device)
{
    const struct instance *dev = &c->d->devices[device];

    for (uint32_t i = 0; i < dev->plugin->n_properties; i++) {
        const struct vm_property *p = &dev->plugin->properties[i];
        const struct backend_kind *k = kind_of_property(p);
        const char *name = k ? props_text(dev->props, i, NULL) : NULL;
        if (!name || use_backend(c, k, p, name, device) == 0)
            continue;
        const struct ini_key *key = ini_key(dev->section, p->name);
        return key ? check_error_key(c, dev->section, key) : check_error_section(c, dev->section);
    }
    return 0;
}

int check_backends(struct checking *c)
{
    struct description *d = c->d;

    d->backends = pool_alloc(c->ini->pool, (count_backends(d) + 1) * sizeof(*d->backends));
    for (size_t i = 0; i < N_KINDS; i++) {
        if (take_sections(c, &kinds[i]))
            return -1;
    }
    for (uint32_t i = 0; i < d->n_devices; i++) {
        if (use_backends_of(c, i))
            return -1;
    }
    for (uint32_t i = 0; i < d->n_backends; i++) {
        if (d->backends[i].user != UINT32_MAX)
            continue;
        vm_error_set(c->err, "no device uses it; name it in a device's key, or remove the section");
        return check_error_section(c, d->backends[i].section);
    }
    return 0;
}

const struct instance *description_backend(const struct description *d,
                                           const struct instance *device, uint32_t kind,
                                           const char *name)
{
    for (uint32_t i = 0; i < d->n_backends; i++) {
        const struct instance *backend = &d->backends[i];
        if (backend->kind == kind && &d->devices[backend->user] == device &&
            strcmp(backend->name, name) == 0)
            return backend;
    }
    return NULL;
}

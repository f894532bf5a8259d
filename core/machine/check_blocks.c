/* SPDX-License-Identifier: BSD-2-Clause */
/* check_blocks.c - files and URIs that devices name as block backends, without a section. */
#include <string.h>
#include "core/machine/check.h"

/* A word that is nearly a section's name is taken for a slip: a file so named is "./word". */
static const char *nearest_section(struct checking *c, const char *text)
{
    const char **names = pool_alloc(c->ini->pool, (c->d->n_backends + 1) * sizeof(*names));
    size_t n = 0;

    if (strpbrk(text, "/.:"))
        return NULL;
    for (uint32_t i = 0; i < c->d->n_backends; i++) {
        const struct instance *backend = &c->d->backends[i];
        if (backend->kind == VM_KIND_BLOCK && !backend->implicit)
            names[n++] = backend->name;
    }
    return nearest_name(text, names, n);
}

/* The device's property becomes the backend's text, which has no relative path in it any more. */
int check_implicit_block(struct checking *c, const struct vm_property *p, const char *text,
                         uint32_t device)
{
    struct description *d = c->d;
    struct instance *dev = &d->devices[device];
    const struct ini_key *key = ini_key(dev->section, p->name);
    const char *near = nearest_section(c, text), *property;

    if (near)
        return vm_error_set(c->err,
                            "there is no [block %.60s]; did you mean '%s'? A file of that name is "
                            "./%.60s",
                            text, near, text);
    const struct vm_plugin *plugin = registry_for_block(c->reg, text, &property, c->err);
    if (!plugin)
        return -1;
    struct vm_props *props = props_new(plugin->properties, plugin->n_properties);
    struct instance *blk = &d->backends[d->n_backends];
    if (!props)
        return vm_error_set(c->err, "out of memory");
    if (props_set(props, property, text, key && key->file ? key->file->dir : NULL, c->err) ||
        props_finish(props, c->err)) {
        props_free(props);
        return vm_error_prefix(c->err, "'%.80s' as %s", text, plugin->name);
    }
    *blk = (struct instance){
        .name = pool_strdup(c->ini->pool, props_string(props, property)),
        .plugin = plugin,
        .props = props,
        .where = key ? key->where : dev->where,
        .kind = VM_KIND_BLOCK,
        .implicit = true,
        .user = device,
    };
    d->n_backends++;
    return props_set(dev->props, p->name, blk->name, NULL, c->err);
}

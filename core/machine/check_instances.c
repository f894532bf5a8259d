/* SPDX-License-Identifier: BSD-2-Clause */
/* check_instances.c - [device NAME]: their plugins and wiring, as far as names go. */
#include <stdlib.h>
#include <string.h>
#include "core/machine/check.h"

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
int check_no_such_device(struct checking *c, const char *name, const char *hint)
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
    return vm_error_set(c->err, "there is no device '%.60s'; name the [device NAME] of %s", name,
                        hint);
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
        return check_no_such_device(c, irq->controller, "an interrupt controller");
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

int check_instance(struct checking *c, struct instance *out, const struct ini_section *s,
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
    return check_instance(c, dev, s, VM_KIND_DEVICE) || take_addresses(c, dev, s) ||
                   take_irqs(c, dev, s)
               ? -1
               : 0;
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
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* check_buses.c - which device sits on which, which IOMMU translates for it, and properties that
 * name other devices. */
#include <string.h>
#include <vmrun/bus.h>
#include "core/machine/check.h"

static struct instance *find_device(struct checking *c, const char *name)
{
    for (uint32_t i = 0; i < c->d->n_devices; i++) {
        if (strcmp(c->d->devices[i].name, name) == 0)
            return &c->d->devices[i];
    }
    return NULL;
}

/* Device `name`, whose plugin must have interface `id`; `what` is what that makes of it. */
static int check_provider(struct checking *c, const char *name, const char *id, const char *what)
{
    const struct instance *to = find_device(c, name);

    if (!to)
        return check_no_such_device(c, name, what);
    if (!to->plugin->get_interface(id))
        return vm_error_set(c->err, "'%.60s' (%s) is not %s", name, to->plugin->name, what);
    return 0;
}

/* What the bus does for a device, the device cannot have said for itself. */
static int check_nothing_else(struct checking *c, const struct instance *dev)
{
    static const struct {
        const char *name, *why;
    } keys[] = {
        {"address", "a device on a bus gets its addresses from the guest; remove the key"},
        {"irq", "the interrupts of a device on a bus go where the bus leads them; remove the key"},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct ini_key *key = ini_key(dev->section, keys[i].name);
        if (!key)
            continue;
        vm_error_set(c->err, "%s", keys[i].why);
        return check_error_key(c, dev->section, key);
    }
    return 0;
}

static int take_bus(struct checking *c, struct instance *dev)
{
    const struct ini_key *key = ini_key(dev->section, "bus");

    if (!key)
        return 0;
    const char *colon = strchr(key->value, ':');
    dev->bus_where = key->where;
    dev->bus = pool_strndup(c->ini->pool, key->value, strcspn(key->value, ":"));
    dev->bus_place = colon ? pool_strdup(c->ini->pool, colon + 1) : NULL;
    if (colon && !colon[1])
        vm_error_set(c->err, "there is nothing behind the colon; write NAME or NAME:PLACE");
    else if (check_provider(c, dev->bus, VM_DEVICE_BUS_INTERFACE, "a bus") == 0)
        return check_nothing_else(c, dev);
    return check_error_key(c, dev->section, key);
}

static int take_iommu(struct checking *c, struct instance *dev)
{
    const struct ini_key *key = ini_key(dev->section, "iommu");

    if (!key)
        return 0;
    dev->iommu = key->value;
    dev->iommu_where = key->where;
    if (strcmp(dev->iommu, dev->name) == 0)
        vm_error_set(c->err, "it cannot translate its own DMA");
    else if (check_provider(c, dev->iommu, VM_DEVICE_IOMMU_INTERFACE, "an IOMMU") == 0)
        return 0;
    return check_error_key(c, dev->section, key);
}

/* How many buses are above a device; more than there are devices: a ring. */
static int count_depth(struct checking *c, struct instance *dev)
{
    for (const struct instance *at = dev; at->bus; at = find_device(c, at->bus)) {
        if (++dev->bus_depth <= c->d->n_devices)
            continue;
        vm_error_set(c->err, "the buses that it sits on lead round in a ring");
        return check_error_key(c, dev->section, ini_key(dev->section, "bus"));
    }
    return 0;
}

static int check_named_devices(struct checking *c, const struct instance *dev)
{
    for (uint32_t i = 0; i < dev->plugin->n_properties; i++) {
        const struct vm_property *p = &dev->plugin->properties[i];
        const char *name = p->type == VM_PROP_DEVICE ? props_text(dev->props, i, NULL) : NULL;
        if (!name || find_device(c, name))
            continue;
        const struct ini_key *key = ini_key(dev->section, p->name);
        check_no_such_device(c, name, "another device");
        return key ? check_error_key(c, dev->section, key) : check_error_section(c, dev->section);
    }
    return 0;
}

int check_buses(struct checking *c)
{
    for (uint32_t i = 0; i < c->d->n_devices; i++) {
        struct instance *dev = &c->d->devices[i];
        if (take_bus(c, dev) || take_iommu(c, dev) || check_named_devices(c, dev))
            return -1;
    }
    for (uint32_t i = 0; i < c->d->n_devices; i++) {
        if (count_depth(c, &c->d->devices[i]))
            return -1;
    }
    return 0;
}

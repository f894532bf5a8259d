/* SPDX-License-Identifier: BSD-2-Clause */
/* description.c - from an INI file to a checked description. */
#include "core/machine/description.h"
#include <string.h>
#include "core/machine/check.h"

static int check_all(struct checking *c, const struct override *overrides, size_t n)
{
    if (check_find_engines(c))
        return -1;
    /* Names first: an override of a misspelt section would only confuse. */
    if (check_sections(c))
        return -1;
    check_complete(c);
    return check_overrides(c, overrides, n) || check_machine(c) || check_boot(c) ||
           check_instances(c) || check_buses(c) || check_backends(c);
}

struct description *description_load(const char *path, const struct override *overrides,
                                     size_t n_overrides, struct registry *reg, struct vm_error *err)
{
    struct ini *ini = ini_read(path, err);

    if (!ini)
        return NULL;
    struct description *d = pool_alloc(ini->pool, sizeof(*d));
    struct checking c = {.d = d, .ini = ini, .reg = reg, .err = err};
    d->ini = ini;
    if (check_all(&c, overrides, n_overrides)) {
        description_free(d);
        return NULL;
    }
    return d;
}

void description_free(struct description *d)
{
    if (!d)
        return;
    for (uint32_t i = 0; i < d->n_devices; i++)
        props_free(d->devices[i].props);
    for (uint32_t i = 0; i < d->n_backends; i++)
        props_free(d->backends[i].props);
    props_free(d->arch.props);
    props_free(d->board.props);
    for (uint32_t i = 0; i < d->n_known_engines; i++) {
        props_free(d->known_engines[i].props);
        props_free(d->known_engines[i].common);
    }
    props_free(d->machine_props);
    props_free(d->boot_props);
    ini_free(d->ini); /* d itself lies in its pool */
}

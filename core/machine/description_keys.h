/* SPDX-License-Identifier: BSD-2-Clause */
/* description_keys.h - the sections that a machine file may have, and the keys that are the core's
 * own. */
#ifndef CORE_MACHINE_DESCRIPTION_KEYS_H
#define CORE_MACHINE_DESCRIPTION_KEYS_H

#include <stdbool.h>
#include <vmrun/plugin.h>

struct section_kind {
    const char *kind;
    bool named;      /* [kind NAME], any number of them */
    bool has_plugin; /* its other keys are a plugin's properties */
    const struct vm_property *keys;
    uint32_t n_keys;
};

/* NULL: there is no such kind. */
const struct section_kind *section_kind(const char *kind);
/* The section of an engine, which has its name: those that compile regions share some keys. */
const struct section_kind *engine_section_kind(const struct vm_plugin *plugin);
/* All kinds' names, NULL-terminated; returns how many. */
size_t section_kind_names(const char *const **names);

#endif

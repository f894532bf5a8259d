/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - what the files of this folder share. */
#ifndef CORE_PLUGIN_INTERNAL_H
#define CORE_PLUGIN_INTERNAL_H

#include "core/plugin/registry.h"

/* A checked descriptor, in this build's layout. */
struct descriptor {
    struct vm_plugin plugin; /* plugin.properties points to `properties` */
    struct vm_property *properties;
};

/* Checks `raw` as the descriptor of a plugin that must have this name, and makes a copy in this
 * build's layout. -1 with err set. */
int descriptor_check(const struct vm_plugin *raw, const char *name, struct descriptor *out,
                     struct vm_error *err);
void descriptor_clear(struct descriptor *d);

/* Loads the shared object at `path` and checks it. It stays loaded. [main thread] */
int plugin_file_load(const char *path, const char *name, struct descriptor *out,
                     struct vm_error *err);

/*
 * How much the plugin, a block backend, wants `text` (0: not), and for which of its properties.
 */
uint32_t plugin_wants(const struct vm_plugin *plugin, const char *text, const char **property);

/*
 * Does plugin_file_load in a child process, so that what crashes, hangs or exits there hurts
 * nobody. Fills kind and texts of `info` (malloc'd), or its `problem`. `text`, unless NULL, is
 * asked plugin_wants() for. -1 with err set only when no child could be run.
 */
int plugin_file_probe(const char *path, const char *name, const char *text,
                      struct plugin_info *info, struct vm_error *err);

/* Calls fn for each line of the files `optional-plugins` in the folders of `path`, in order. */
typedef void optional_fn(const char *name, const char *package, void *opaque);
void optional_each(const char *path, optional_fn *fn, void *opaque);

#endif

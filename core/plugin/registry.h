/* SPDX-License-Identifier: BSD-2-Clause */
/* registry.h - finding, checking and loading plugins; values of their properties. */
#ifndef CORE_PLUGIN_REGISTRY_H
#define CORE_PLUGIN_REGISTRY_H

#include <stdbool.h>
#include <vmrun/plugin.h>

/* All plugins of one process. A plugin that was used is never unloaded. [main thread] */
struct registry;

/* Search path: $VMRUN_PLUGIN_PATH, then the build tree's folder if the program runs from one, then
 * the installed folder. */
struct registry *registry_new(struct vm_error *err);
void registry_free(struct registry *reg);

/*
 * Loads NAME.so on first use and checks symbol, magic, sizes, version, kind and (matched kinds) the
 * ABI hash. The result is the registry's normalised copy of the descriptor: sizes are this build's,
 * missing tails are zero, property strides are ours. NULL with err set; an unknown name lists the
 * nearest right one.
 */
#define VM_KIND_ANY 0u
const struct vm_plugin *registry_load(struct registry *reg, const char *name, uint32_t kind,
                                      struct vm_error *err);

/* The installed plugin nearest to a name, by its whole name or by what follows the kind ("foo":
 * dev-foo); malloc'd, NULL if none is. */
char *registry_nearest(const struct registry *reg, const char *name);

/*
 * The plugin block-NAME that wants a disk's short name the most, and which of its properties gets
 * it. All installed ones are asked, each in a child process; only the one is loaded. NULL with err
 * set.
 */
const struct vm_plugin *registry_for_block(struct registry *reg, const char *text,
                                           const char **property, struct vm_error *err);

/* Names of all installed plugins that begin with `prefix`, in order. Nothing is loaded. */
int registry_names(const struct registry *reg, const char *prefix, char ***names, size_t *n,
                   struct vm_error *err);
void registry_names_free(char **names, size_t n);

/* Adds a plugin that is linked into the program (see VM_STATIC_PLUGIN), after the same checks. */
int registry_add(struct registry *reg, const struct vm_plugin *descriptor, struct vm_error *err);

/* What --list-plugins and --describe show. Each candidate is loaded in a child process, so that one
 * that crashes or lacks a library is reported (in `problem`) and hurts nobody. */
struct plugin_info {
    char *name, *path, *version, *licence, *summary, *problem; /* problem NULL: usable */
    char
        *package; /* not NULL: not installed, and this package has it; but for `name` all is NULL */
    uint32_t kind;
    uint32_t wants;       /* how much it wants the text that was asked for; 0: not */
    char *wants_property; /* NULL: none */
};
int registry_list(struct registry *reg, struct plugin_info **list, size_t *n, struct vm_error *err);
void registry_list_free(struct plugin_info *list, size_t n);
const char *plugin_kind_name(uint32_t kind);

/*
 * Where a member ends: how much of an ABI struct a writer must have known. Never sizeof: that
 * grows, and plugins that are there already do not.
 */
#define END_OF(type, member) ((uint32_t)(offsetof(type, member) + sizeof(((type *)0)->member)))

/* Finds interface `id` and copies min(its size, `size`) into zeroed `out`, whose first member gets
 * `size`. The first `mandatory` bytes must be covered by the plugin's size. -1 with err set. */
int plugin_interface(const struct vm_plugin *plugin, const char *id, void *out, uint32_t size,
                     uint32_t mandatory, struct vm_error *err);

/* ---- property values ---- */

struct vm_props; /* public and opaque; here is what makes it */
struct vm_props *props_new(const struct vm_property *table, uint32_t n);
void props_free(struct vm_props *props);
/* Parses, checks and stores. `dir` (absolute; NULL: the working folder) is where a relative
 * VM_PROP_PATH starts. -1 with err set, which says what is wrong with the text ("'12x' is not a
 * number; ..."); the caller puts in front where it was said. */
int props_set(struct vm_props *props, const char *name, const char *text, const char *dir,
              struct vm_error *err);
/* Fills defaults; -1 with err set if a required one is missing. */
int props_finish(struct vm_props *props, struct vm_error *err);
/* Text of the effective value for --explain; NULL: unset. `by_user` tells whether the user gave it.
 */
const char *props_text(const struct vm_props *props, uint32_t i, bool *by_user);
int props_given(const struct vm_props *props, const char *name);
uint64_t props_uint(const struct vm_props *props, const char *name);
const char *props_string(const struct vm_props *props, const char *name);

/* The nearest of n names to `word` for did-you-mean, or NULL if none is near. */
const char *nearest_name(const char *word, const char *const *names, size_t n);
/* "1G", "0x1000", "512" -> bytes; -1 if malformed or out of 64 bits. */
int parse_size(const char *text, uint64_t *value);
int parse_uint(const char *text, uint64_t *value);

#endif

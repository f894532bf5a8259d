/* SPDX-License-Identifier: BSD-2-Clause */
/* registry.c - where plugins are looked for, and those that were loaded. */
#define _GNU_SOURCE
#include <ctype.h>
#include <limits.h>
#include <ltdl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vmrun/block.h>
#include "core/host/module.h"
#include "core/host/process.h"
#include "core/plugin/internal.h"

#define MODULE_SUFFIX ".so"

struct loaded {
    struct loaded *next;
    struct descriptor descriptor;
};

struct registry {
    char *path; /* folders, joined by LT_PATHSEP_CHAR */
    struct loaded *first;
};

/* ---- the search path ---- */

static char *build_path(void)
{
    const char *extra = getenv("VMRUN_PLUGIN_PATH");
    char folder[PATH_MAX], *beside = NULL, *path = NULL;
    struct stat st;

    if (host_program_folder(folder, sizeof(folder), NULL) == 0 &&
        asprintf(&beside, "%s/plugins.uninstalled", folder) < 0)
        beside = NULL;
    bool uninstalled = beside && stat(beside, &st) == 0 && S_ISDIR(st.st_mode);
    if (asprintf(&path, "%s%c%s%c%s", extra ? extra : "", LT_PATHSEP_CHAR,
                 uninstalled ? beside : "", LT_PATHSEP_CHAR, VM_PLUGIN_DIR) < 0)
        path = NULL;
    free(beside);
    return path;
}

struct registry *registry_new(struct vm_error *err)
{
    struct registry *reg = calloc(1, sizeof(*reg));

    if (!reg || !(reg->path = build_path())) {
        free(reg);
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (lt_dlinit()) {
        vm_error_set(err, "cannot start libltdl: %s", lt_dlerror());
        free(reg->path);
        free(reg);
        return NULL;
    }
    return reg;
}

void registry_free(struct registry *reg)
{
    if (!reg)
        return;
    for (struct loaded *l = reg->first, *next; l; l = next) {
        next = l->next;
        descriptor_clear(&l->descriptor);
        free(l);
    }
    lt_dlexit();
    free(reg->path);
    free(reg);
}

/* ---- enumeration ---- */

struct found {
    struct plugin_info *list; /* name and path are set */
    size_t n;
    const char *only; /* stop at this name; NULL: take all */
    bool failed;
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* libltdl calls this for each file, without its extension, folder by folder. The first of a name
 * hides later ones. */
static int take_file(const char *stem, void *opaque)
{
    struct found *f = opaque;
    const char *name = base_name(stem);
    char *path;

    if (f->only && strcmp(name, f->only) != 0)
        return 0;
    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->list[i].name, name) == 0)
            return 0;
    }
    if (asprintf(&path, "%s" MODULE_SUFFIX, stem) < 0) {
        f->failed = true;
        return 1;
    }
    if (access(path, F_OK) != 0) { /* README, dev-foo.la ... */
        free(path);
        return 0;
    }
    struct plugin_info *longer = realloc(f->list, (f->n + 1) * sizeof(*longer));
    char *name_copy = strdup(name);
    if (longer)
        f->list = longer;
    if (!longer || !name_copy) {
        free(name_copy);
        free(path);
        f->failed = true;
        return 1;
    }
    f->list[f->n++] = (struct plugin_info){.name = name_copy, .path = path};
    return f->only != NULL;
}

static int find_files(const struct registry *reg, const char *only, struct found *f,
                      struct vm_error *err)
{
    *f = (struct found){.only = only};
    lt_dlforeachfile(reg->path, take_file, f);
    if (!f->failed)
        return 0;
    registry_list_free(f->list, f->n);
    return vm_error_set(err, "out of memory");
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct plugin_info *)a)->name, ((const struct plugin_info *)b)->name);
}

/* A plugin that could be installed joins those that are. */
static void take_package(const char *name, const char *package, void *opaque)
{
    struct found *f = opaque;

    for (size_t i = 0; i < f->n; i++) {
        if (strcmp(f->list[i].name, name) == 0)
            return;
    }
    struct plugin_info *longer = realloc(f->list, (f->n + 1) * sizeof(*longer));
    struct plugin_info info = {.name = strdup(name), .package = strdup(package)};
    if (longer)
        f->list = longer;
    if (longer && info.name && info.package) {
        f->list[f->n++] = info;
        return;
    }
    free(info.name);
    free(info.package);
    f->failed = true;
}

int registry_list(struct registry *reg, struct plugin_info **list, size_t *n, struct vm_error *err)
{
    struct found f;

    if (find_files(reg, NULL, &f, err))
        return -1;
    optional_each(reg->path, take_package, &f);
    if (f.failed) {
        registry_list_free(f.list, f.n);
        return vm_error_set(err, "out of memory");
    }
    if (f.n)
        qsort(f.list, f.n, sizeof(f.list[0]), compare_names);
    for (size_t i = 0; i < f.n; i++) {
        if (f.list[i].package)
            continue;
        if (plugin_file_probe(f.list[i].path, f.list[i].name, NULL, &f.list[i], err)) {
            registry_list_free(f.list, f.n);
            return -1;
        }
    }
    *list = f.list;
    *n = f.n;
    return 0;
}

void registry_list_free(struct plugin_info *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i].name);
        free(list[i].path);
        free(list[i].version);
        free(list[i].licence);
        free(list[i].summary);
        free(list[i].problem);
        free(list[i].package);
        free(list[i].wants_property);
    }
    free(list);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds a copy unless it is there already. -1: out of memory. */
static int add_name(char **names, size_t *n, const char *name, const char *prefix)
{
    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return 0;
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(names[i], name) == 0)
            return 0;
    }
    names[*n] = strdup(name);
    return names[*n] ? (++*n, 0) : -1;
}

int registry_names(const struct registry *reg, const char *prefix, char ***names, size_t *n,
                   struct vm_error *err)
{
    struct found f;
    size_t room = 1;
    int result = 0;

    if (find_files(reg, NULL, &f, err))
        return -1;
    for (const struct loaded *l = reg->first; l; l = l->next)
        room++;
    char **list = calloc(f.n + room, sizeof(*list));
    *n = 0;
    for (size_t i = 0; list && !result && i < f.n; i++)
        result = add_name(list, n, f.list[i].name, prefix);
    for (const struct loaded *l = reg->first; list && !result && l; l = l->next)
        result = add_name(list, n, l->descriptor.plugin.name, prefix);
    registry_list_free(f.list, f.n);
    if (!list || result) {
        registry_names_free(list, *n);
        return vm_error_set(err, "out of memory");
    }
    qsort(list, *n, sizeof(*list), compare_texts);
    *names = list;
    return 0;
}

void registry_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

/* ---- loading ---- */

int plugin_file_load(const char *path, const char *name, struct descriptor *out,
                     struct vm_error *err)
{
    struct host_module *module = host_module_open(path, err);
    if (!module)
        return -1;
    const struct vm_plugin *raw = host_module_symbol(module, VM_PLUGIN_SYMBOL);
    if (!raw)
        return vm_error_set(err,
                            "it has no symbol '" VM_PLUGIN_SYMBOL "': this is no vmrun plugin");
    return descriptor_check(raw, name, out, err);
}

char *registry_nearest(const struct registry *reg, const char *name)
{
    struct found f;
    const char *near = NULL;

    if (find_files(reg, NULL, &f, NULL))
        return NULL;
    const char **names = calloc(f.n + 1, sizeof(*names));
    if (names) {
        for (size_t i = 0; i < f.n; i++)
            names[i] = f.list[i].name;
        near = nearest_name(name, names, f.n);
        for (size_t i = 0; i < f.n && !near; i++) {
            const char *tail = strchr(names[i], '-');
            if (tail && nearest_name(name, &(const char *){tail + 1}, 1))
                near = names[i];
        }
    }
    char *copy = near ? strdup(near) : NULL;
    free(names);
    registry_list_free(f.list, f.n);
    return copy;
}

/* A plugin that is asked for, and the package that has it. */
struct wanted {
    const char *name;
    char *package;
};

static void find_package(const char *name, const char *package, void *opaque)
{
    struct wanted *w = opaque;

    if (!w->package && strcmp(name, w->name) == 0)
        w->package = strdup(package);
}

static int unknown_plugin(const struct registry *reg, const char *name, struct vm_error *err)
{
    struct wanted wanted = {.name = name};

    optional_each(reg->path, find_package, &wanted);
    char *near = wanted.package ? NULL : registry_nearest(reg, name);
    if (wanted.package)
        vm_error_set(err, "the plugin '%s' is not installed; it comes with the package '%s'", name,
                     wanted.package);
    else if (near)
        vm_error_set(err, "there is no plugin '%s'; did you mean '%s'?", name, near);
    else
        vm_error_set(err, "there is no plugin '%s'; --list-plugins shows those that there are",
                     name);
    free(near);
    free(wanted.package);
    return -1;
}

/* A plugin's name is a file's name: nothing in it may lead to another folder. */
static int check_name(const char *name, struct vm_error *err)
{
    size_t n = strlen(name);

    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("-_.+", *p))
            return vm_error_set(
                err,
                "'%.80s' is no plugin name; give the file's name without folder and '" MODULE_SUFFIX
                "'",
                name);
    }
    if (n == 0 || name[0] == '.' || strstr(name, "..") || n > 64)
        return vm_error_set(
            err,
            "'%.80s' is no plugin name; give the file's name without folder and '" MODULE_SUFFIX
            "'",
            name);
    return 0;
}

static struct loaded *load_file(const struct plugin_info *file, struct vm_error *err)
{
    struct plugin_info probed = {0};
    struct loaded *l = NULL;

    if (plugin_file_probe(file->path, file->name, NULL, &probed, err))
        goto out;
    if (probed.problem) {
        vm_error_set(err, "%s", probed.problem);
        goto out;
    }
    l = calloc(1, sizeof(*l));
    if (!l) {
        vm_error_set(err, "out of memory");
    } else if (plugin_file_load(file->path, file->name, &l->descriptor, err)) {
        free(l);
        l = NULL;
    }
out:
    free(probed.problem);
    free(probed.version);
    free(probed.licence);
    free(probed.summary);
    free(probed.wants_property);
    if (!l)
        vm_error_prefix(err, "plugin '%s' (%s) cannot be used", file->name, file->path);
    return l;
}

static struct loaded *find_or_load(struct registry *reg, const char *name, struct vm_error *err)
{
    struct found f;

    for (struct loaded *l = reg->first; l; l = l->next) {
        if (strcmp(l->descriptor.plugin.name, name) == 0)
            return l;
    }
    if (check_name(name, err) || find_files(reg, name, &f, err))
        return NULL;
    if (f.n == 0) {
        unknown_plugin(reg, name, err);
        return NULL;
    }
    struct loaded *l = load_file(&f.list[0], err);
    registry_list_free(f.list, f.n);
    if (l) {
        l->next = reg->first;
        reg->first = l;
    }
    return l;
}

const struct vm_plugin *registry_load(struct registry *reg, const char *name, uint32_t kind,
                                      struct vm_error *err)
{
    struct loaded *l = find_or_load(reg, name, err);

    if (!l)
        return NULL;
    const struct vm_plugin *plugin = &l->descriptor.plugin;
    if (kind != VM_KIND_ANY && plugin->kind != kind) {
        vm_error_set(err, "plugin '%s' is of kind %s, wanted %s", name,
                     plugin_kind_name(plugin->kind), plugin_kind_name(kind));
        return NULL;
    }
    return plugin;
}

/* ---- whose a disk's short name is ---- */

#define BLOCK_PREFIX "block-"

uint32_t plugin_wants(const struct vm_plugin *plugin, const char *text, const char **property)
{
    struct vm_block_ops ops;
    struct vm_error ignored = VM_ERROR_INIT;
    const char *name = NULL;

    if (plugin->kind != VM_KIND_BLOCK ||
        plugin_interface(plugin, VM_BLOCK_INTERFACE, &ops, sizeof(ops),
                         offsetof(struct vm_block_ops, create), &ignored) ||
        !ops.wants)
        return 0;
    int sure = ops.wants(text, &name);
    for (uint32_t i = 0; sure > 0 && name && i < plugin->n_properties; i++) {
        if (strcmp(plugin->properties[i].name, name) == 0) {
            *property = plugin->properties[i].name;
            return (uint32_t)sure;
        }
    }
    return 0;
}

/* What the plugin says that is found first under this name: one that is loaded hides a file. */
static int ask_file(const struct registry *reg, struct plugin_info *file, const char *text,
                    struct vm_error *err)
{
    const char *property = NULL;

    for (const struct loaded *l = reg->first; l; l = l->next) {
        if (strcmp(l->descriptor.plugin.name, file->name) == 0) {
            file->wants = plugin_wants(&l->descriptor.plugin, text, &property);
            return 0;
        }
    }
    return plugin_file_probe(file->path, file->name, text, file, err);
}

/* The name of the one that wants it most, "" if none does; NULL: err is set. */
static char *ask_all(const struct registry *reg, const char *text, struct vm_error *err)
{
    struct found f;
    const char *best = "";
    uint32_t most = 0;
    const char *property;

    if (find_files(reg, NULL, &f, err))
        return NULL;
    if (f.n)
        qsort(f.list, f.n, sizeof(f.list[0]), compare_names);
    for (size_t i = 0; i < f.n; i++) {
        if (strncmp(f.list[i].name, BLOCK_PREFIX, strlen(BLOCK_PREFIX)) != 0)
            continue;
        if (ask_file(reg, &f.list[i], text, err)) {
            registry_list_free(f.list, f.n);
            return NULL;
        }
        if (!f.list[i].problem && f.list[i].wants > most) {
            most = f.list[i].wants;
            best = f.list[i].name;
        }
    }
    for (const struct loaded *l = reg->first; l; l = l->next) {
        uint32_t wants = plugin_wants(&l->descriptor.plugin, text, &property);
        if (wants > most) {
            most = wants;
            best = l->descriptor.plugin.name;
        }
    }
    char *name = strdup(best);
    registry_list_free(f.list, f.n);
    if (!name)
        vm_error_set(err, "out of memory");
    return name;
}

const struct vm_plugin *registry_for_block(struct registry *reg, const char *text,
                                           const char **property, struct vm_error *err)
{
    char *name = ask_all(reg, text, err);
    const struct vm_plugin *plugin = NULL;

    if (!name)
        return NULL;
    if (!*name)
        vm_error_set(err,
                     "no block backend takes '%.200s'; --list-plugins shows those that there are",
                     text);
    else
        plugin = registry_load(reg, name, VM_KIND_BLOCK, err);
    free(name);
    if (plugin && !plugin_wants(plugin, text, property)) {
        vm_error_set(err, "plugin '%s' wants '%.200s' no more", plugin->name, text);
        plugin = NULL;
    }
    return plugin;
}

int registry_add(struct registry *reg, const struct vm_plugin *descriptor, struct vm_error *err)
{
    struct loaded *l = calloc(1, sizeof(*l));

    if (!l)
        return vm_error_set(err, "out of memory");
    if (descriptor_check(descriptor, descriptor->name, &l->descriptor, err)) {
        free(l);
        return -1;
    }
    l->next = reg->first;
    reg->first = l;
    return 0;
}

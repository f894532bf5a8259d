/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_engines.c - the engines of a machine: which ones machine.engine means, and their sections.
 * The section of engine-NAME is [NAME]. That of an engine which this machine does not use is
 * checked all the same.
 */
#include <string.h>
#include <vmrun/engine.h>
#include "core/host/thread.h"
#include "core/machine/check.h"
#include "core/vcpu/vcpu.h"

_Static_assert(sizeof(((struct description *)0)->engines) / sizeof(void *) == SCHED_ENGINES,
               "a description has room for as many as a machine");

#define PREFIX "engine-"

/* ---- names ---- */

int check_find_engines(struct checking *c)
{
    struct description *d = c->d;
    char **names;
    size_t n;

    if (registry_names(c->reg, PREFIX, &names, &n, c->err))
        return -1;
    d->engine_names = pool_alloc(c->ini->pool, (n + 1) * sizeof(*d->engine_names));
    d->known_engines = pool_alloc(c->ini->pool, (n + 1) * sizeof(*d->known_engines));
    for (size_t i = 0; i < n; i++)
        d->engine_names[i] = pool_strdup(c->ini->pool, names[i] + strlen(PREFIX));
    d->n_engine_names = n;
    registry_names_free(names, n);
    return 0;
}

bool check_is_engine(const struct checking *c, const char *word)
{
    for (size_t i = 0; i < c->d->n_engine_names; i++) {
        if (strcmp(c->d->engine_names[i], word) == 0)
            return true;
    }
    return false;
}

/* ---- one engine ---- */

static struct instance *known_engine(struct description *d, const char *name)
{
    for (uint32_t i = 0; i < d->n_known_engines; i++) {
        if (strcmp(d->known_engines[i].name, name) == 0)
            return &d->known_engines[i];
    }
    return NULL;
}

static const char *full_name(struct description *d, const char *word)
{
    bool whole = strncmp(word, PREFIX, strlen(PREFIX)) == 0;
    return whole ? word : pool_printf(d->ini->pool, PREFIX "%s", word);
}

/* Loads it and reads its section, unless that was done before. */
static struct instance *load_engine(struct checking *c, const char *word)
{
    struct description *d = c->d;
    const char *name = full_name(d, word);
    struct instance *e = known_engine(d, name);

    if (e)
        return e;
    const struct vm_plugin *plugin = registry_load(c->reg, name, VM_KIND_ENGINE, c->err);
    if (!plugin)
        return NULL;
    const struct ini_section *own = check_section(c, name + strlen(PREFIX));
    const struct section_kind *common = engine_section_kind(plugin);
    const struct section_kind special = {common->kind, false, true, plugin->properties,
                                         plugin->n_properties};
    e = &d->known_engines[d->n_known_engines++];
    *e = (struct instance){.name = name, .plugin = plugin, .where = own->where, .section = own};
    e->props = check_properties(c, own, plugin->properties, plugin->n_properties, common);
    if (e->props)
        e->common = check_properties(c, own, common->keys, common->n_keys, &special);
    return e->common ? e : NULL;
}

const struct instance *description_engine(struct description *d, const char *name,
                                          struct vm_error *err)
{
    struct checking c = {.d = d, .ini = d->ini, .reg = d->registry, .err = err};
    return load_engine(&c, name);
}

/* ---- machine.engine ---- */

static int engine_error(struct checking *c)
{
    vm_error_prefix(c->err, "[machine] engine");
    return ini_error_at(c->err, check_where(check_section(c, "machine"), "engine"));
}

/* Its place under `engine = auto`; 0: it has none, or does not work. */
static uint32_t auto_rank(const struct vm_plugin *plugin)
{
    struct vm_engine_ops ops;
    struct vm_error ignored = VM_ERROR_INIT;

    if (plugin_interface(plugin, VM_ENGINE_INTERFACE, &ops, sizeof(ops),
                         END_OF(struct vm_engine_ops, frame_size), &ignored))
        return 0;
    return ops.auto_rank;
}

static void add_by_rank(struct description *d, const struct instance *e, uint32_t rank)
{
    uint32_t i = d->n_engines++;

    for (; i > 0 && auto_rank(d->engines[i - 1]->plugin) > rank; i--)
        d->engines[i] = d->engines[i - 1];
    d->engines[i] = e;
}

/* All that offer themselves. One that cannot be loaded is as good as not installed. */
static int take_all(struct checking *c)
{
    struct description *d = c->d;

    for (size_t i = 0; i < d->n_engine_names; i++) {
        struct vm_error broken = VM_ERROR_INIT;
        const struct vm_plugin *plugin =
            registry_load(c->reg, full_name(d, d->engine_names[i]), VM_KIND_ENGINE, &broken);
        uint32_t rank = plugin ? auto_rank(plugin) : 0;
        if (!rank || d->n_engines == SCHED_ENGINES)
            continue;
        const struct instance *e = load_engine(c, d->engine_names[i]);
        if (!e)
            return -1;
        add_by_rank(d, e, rank);
    }
    if (d->n_engines > 0)
        return 0;
    vm_error_set(c->err, "no engine that 'auto' could mean is installed; --list-plugins shows "
                         "those that there are");
    return engine_error(c);
}

static int take_one(struct checking *c, const char *word)
{
    struct description *d = c->d;
    const char *name = full_name(d, word);

    if (!known_engine(d, name) && !registry_load(c->reg, name, VM_KIND_ENGINE, c->err))
        return engine_error(c);
    d->engines[0] = load_engine(c, word);
    d->n_engines = d->engines[0] ? 1 : 0;
    return d->engines[0] ? 0 : -1;
}

/* Sections of engines that were not chosen. */
static int check_others(struct checking *c)
{
    for (size_t i = 0; i < c->d->n_engine_names; i++) {
        const char *word = c->d->engine_names[i];
        const struct ini_section *s = check_section(c, word);
        if (s->n_keys == 0)
            continue;
        if (!registry_load(c->reg, full_name(c->d, word), VM_KIND_ENGINE, c->err))
            return check_error_section(c, s);
        if (!load_engine(c, word))
            return -1;
    }
    return 0;
}

/* An engine that only runs in deterministic mode turns it on, whatever the file says. */
static int force_mode(struct checking *c)
{
    static const struct {
        const char *key, *value;
    } forced[] = {{"mode", "deterministic"}, {"threads", "0"}};
    struct description *d = c->d;
    struct ini_section *s = check_section(c, "machine");
    struct vm_engine_ops ops;

    if (plugin_interface(d->engines[0]->plugin, VM_ENGINE_INTERFACE, &ops, sizeof(ops),
                         END_OF(struct vm_engine_ops, flags), c->err))
        return engine_error(c);
    if (!(ops.flags & VM_ENGINE_EXACT) || d->deterministic)
        return 0;
    if (ini_key(s, "mode"))
        log_line(VM_LOG_WARNING, "machine",
                 "%s runs in deterministic mode only; mode = parallel "
                 "does not count",
                 d->engines[0]->name);
    for (size_t i = 0; i < sizeof(forced) / sizeof(forced[0]); i++) {
        if (props_set(d->machine_props, forced[i].key, forced[i].value, NULL, c->err))
            return engine_error(c);
        ini_set(c->ini, s, forced[i].key, forced[i].value, check_where(s, "engine"), NULL);
    }
    d->deterministic = true;
    d->threads = 0;
    return 0;
}

/* How many threads compile regions. */
static uint32_t count_workers(const struct description *d)
{
    const struct instance *e = d->engines[d->n_engines - 1];
    unsigned cpus = host_cpu_count();

    if (d->deterministic || engine_section_kind(e->plugin)->n_keys == 0 ||
        props_uint(e->common, "sync"))
        return 0;
    if (props_given(e->common, "workers"))
        return (uint32_t)props_uint(e->common, "workers");
    return cpus > 1 ? cpus - 1 : 1;
}

int check_engines(struct checking *c)
{
    struct description *d = c->d;
    const char *word = props_string(d->machine_props, "engine");

    d->registry = c->reg;
    d->engine_auto = strcmp(word, "auto") == 0;
    if (d->engine_auto ? take_all(c) : take_one(c, word) || force_mode(c))
        return -1;
    if (d->engine_switch && d->n_engines < 2) {
        vm_error_set(c->err,
                     "the machine has one engine; it needs engine = auto, and more than one "
                     "installed");
        vm_error_prefix(c->err, "[machine] engine-switch");
        return ini_error_at(c->err, check_where(check_section(c, "machine"), "engine-switch"));
    }
    d->workers = count_workers(d);
    return check_others(c);
}

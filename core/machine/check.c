/* SPDX-License-Identifier: BSD-2-Clause */
/* check.c - what every section has: overrides, known names, values by a property table. */
#include "core/machine/check.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int check_error_key(struct checking *c, const struct ini_section *section,
                    const struct ini_key *key)
{
    vm_error_prefix(c->err, "[%s] %s", ini_title(c->ini, section), key->name);
    return ini_error_at(c->err, key->where);
}

int check_error_section(struct checking *c, const struct ini_section *section)
{
    vm_error_prefix(c->err, "[%s]", ini_title(c->ini, section));
    return ini_error_at(c->err, section->where);
}

struct ini_section *check_section(struct checking *c, const char *kind)
{
    return ini_section(c->ini, kind, NULL);
}

struct location check_where(const struct ini_section *section, const char *key)
{
    const struct ini_key *k = ini_key(section, key);
    return k ? k->where : section->where;
}

/* ---- overrides ---- */

/* The section that the word before the dot means: a kind without instances, an instance's name, or
 * an engine's. */
static struct ini_section *find_target(struct checking *c, const char *word)
{
    const struct section_kind *kind = section_kind(word);

    if (kind && !kind->named)
        return check_section(c, word);
    for (size_t i = 0; i < c->ini->n_sections; i++) {
        if (c->ini->sections[i].name && strcmp(c->ini->sections[i].name, word) == 0)
            return &c->ini->sections[i];
    }
    return check_is_engine(c, word) ? check_section(c, word) : NULL;
}

static int unknown_target(struct checking *c, const char *word)
{
    const char *const *kinds;
    size_t n_kinds = section_kind_names(&kinds), n = 0;
    const char **names = pool_alloc(
        c->ini->pool, (n_kinds + c->d->n_engine_names + c->ini->n_sections) * sizeof(*names));

    for (size_t i = 0; i < n_kinds; i++) {
        if (!section_kind(kinds[i])->named)
            names[n++] = kinds[i];
    }
    for (size_t i = 0; i < c->d->n_engine_names; i++)
        names[n++] = c->d->engine_names[i];
    for (size_t i = 0; i < c->ini->n_sections; i++) {
        if (c->ini->sections[i].name)
            names[n++] = c->ini->sections[i].name;
    }
    const char *near = nearest_name(word, names, n);
    if (near)
        return vm_error_set(c->err, "there is no section or instance '%.60s'; did you mean '%s'?",
                            word, near);
    return vm_error_set(c->err, "there is no section or instance '%.60s' in %s", word,
                        c->ini->path);
}

static int apply_override(struct checking *c, const struct override *o)
{
    const char *dot = strchr(o->key, '.');

    if (!dot || dot == o->key || !dot[1])
        return vm_error_set(c->err, "'%.60s' does not name a key; write -s SECTION.KEY=VALUE",
                            o->key);
    for (const char *p = o->value; *p; p++) {
        if (iscntrl((unsigned char)*p))
            return vm_error_set(c->err, "the value has a control character in it");
    }
    char *word = pool_strndup(c->ini->pool, o->key, (size_t)(dot - o->key));
    struct ini_section *section = find_target(c, word);
    if (!section)
        return unknown_target(c, word);
    ini_set(c->ini, section, dot + 1, o->value, LOCATION_COMMAND_LINE, NULL);
    return 0;
}

int check_overrides(struct checking *c, const struct override *overrides, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (apply_override(c, &overrides[i])) {
            vm_error_prefix(c->err, "-s %.60s", overrides[i].key);
            return ini_error_at(c->err, LOCATION_COMMAND_LINE);
        }
    }
    return 0;
}

/* ---- sections ---- */

static int unknown_section(struct checking *c, const struct ini_section *s)
{
    const char *const *kinds;
    size_t n = section_kind_names(&kinds);
    const char *near = nearest_name(s->kind, kinds, n);

    if (!near)
        near = nearest_name(s->kind, c->d->engine_names, c->d->n_engine_names);
    if (near)
        return vm_error_set(c->err, "unknown section; did you mean [%s%s]?", near,
                            section_kind(near) && section_kind(near)->named ? " NAME" : "");
    return vm_error_set(c->err,
                        "unknown section; there are [machine], [boot], [arch], [board], "
                        "[device NAME], [chardev NAME], [block NAME], [net NAME] and, for an "
                        "engine-NAME, [NAME]");
}

static int check_section_kind(struct checking *c, const struct ini_section *s)
{
    const struct section_kind *kind = section_kind(s->kind);
    bool named = kind && kind->named;

    if (!kind && !check_is_engine(c, s->kind))
        return unknown_section(c, s);
    if (named && !s->name)
        return vm_error_set(c->err, "the section has no name; write [%s NAME]", s->kind);
    if (!named && s->name)
        return vm_error_set(c->err, "the section takes no name; write [%s]", s->kind);
    if (s->name && section_kind(s->name))
        return vm_error_set(c->err, "'%s' is the name of a kind of section; choose another",
                            s->name);
    return 0;
}

int check_sections(struct checking *c)
{
    for (size_t i = 0; i < c->ini->n_sections; i++) {
        const struct ini_section *s = &c->ini->sections[i];
        if (check_section_kind(c, s))
            return check_error_section(c, s);
        for (size_t j = 0; s->name && j < i; j++) {
            const struct ini_section *other = &c->ini->sections[j];
            if (!other->name || strcmp(other->name, s->name) != 0)
                continue;
            vm_error_set(c->err, "the name '%s' is taken by [%s] at %s:%d; choose another", s->name,
                         ini_title(c->ini, other), other->where.file, other->where.line);
            return check_error_section(c, s);
        }
    }
    return 0;
}

static void complete(struct checking *c, const char *kind)
{
    if (!ini_section(c->ini, kind, NULL))
        ini_add_section(c->ini, kind, NULL, (struct location){c->ini->path, 1}, NULL);
}

void check_complete(struct checking *c)
{
    const char *const *kinds;
    size_t n = section_kind_names(&kinds);

    for (size_t i = 0; i < n; i++) {
        if (!section_kind(kinds[i])->named)
            complete(c, kinds[i]);
    }
    for (size_t i = 0; i < c->d->n_engine_names; i++)
        complete(c, c->d->engine_names[i]);
}

/* ---- values ---- */

static bool in_table(const struct vm_property *table, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(table[i].name, name) == 0)
            return true;
    }
    return false;
}

/* The nearest key among a plugin's and the core's own. */
static int unknown_key(struct checking *c, const char *key, const struct vm_property *table,
                       uint32_t n, const struct section_kind *own)
{
    uint32_t n_own = own ? own->n_keys : 0;
    const char **names = pool_alloc(c->ini->pool, ((size_t)n + n_own + 1) * sizeof(*names));

    for (uint32_t i = 0; i < n; i++)
        names[i] = table[i].name;
    for (uint32_t i = 0; i < n_own; i++)
        names[n + i] = own->keys[i].name;
    const char *near = nearest_name(key, names, (size_t)n + n_own);
    if (near)
        return vm_error_set(c->err, "unknown key; did you mean '%s'?", near);
    return vm_error_set(c->err, "unknown key; --describe shows those that there are");
}

struct vm_props *check_properties(struct checking *c, const struct ini_section *section,
                                  const struct vm_property *table, uint32_t n,
                                  const struct section_kind *own)
{
    struct vm_props *props = props_new(table, n);

    if (!props) {
        vm_error_set(c->err, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < section->n_keys; i++) {
        const struct ini_key *key = &section->keys[i];
        int result = 0;
        if (own && in_table(own->keys, own->n_keys, key->name))
            continue;
        if (in_table(table, n, key->name))
            result =
                props_set(props, key->name, key->value, key->file ? key->file->dir : NULL, c->err);
        else
            result = unknown_key(c, key->name, table, n, own);
        if (result) {
            check_error_key(c, section, key);
            props_free(props);
            return NULL;
        }
    }
    if (props_finish(props, c->err)) {
        check_error_section(c, section);
        props_free(props);
        return NULL;
    }
    return props;
}

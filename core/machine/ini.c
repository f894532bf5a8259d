/* SPDX-License-Identifier: BSD-2-Clause */
/* ini.c - sections and keys of a machine file, once they are read. */
#include "core/machine/ini.h"
#include <stdlib.h>
#include <string.h>

static bool same_name(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

struct ini_section *ini_section(const struct ini *ini, const char *kind, const char *name)
{
    for (size_t i = 0; i < ini->n_sections; i++) {
        if (strcmp(ini->sections[i].kind, kind) == 0 && same_name(ini->sections[i].name, name))
            return &ini->sections[i];
    }
    return NULL;
}

struct ini_key *ini_key(const struct ini_section *section, const char *name)
{
    for (size_t i = 0; section && i < section->n_keys; i++) {
        if (strcmp(section->keys[i].name, name) == 0)
            return &section->keys[i];
    }
    return NULL;
}

struct ini_section *ini_add_section(struct ini *ini, const char *kind, const char *name,
                                    struct location where, const struct ini_file *file)
{
    if (ini->n_sections == ini->room) {
        ini->room = ini->room ? ini->room * 2 : 16;
        ini->sections =
            pool_grow(ini->pool, ini->sections, ini->n_sections * sizeof(*ini->sections),
                      ini->room * sizeof(*ini->sections));
    }
    struct ini_section *s = &ini->sections[ini->n_sections++];
    s->kind = pool_strdup(ini->pool, kind);
    s->name = name ? pool_strdup(ini->pool, name) : NULL;
    s->where = where;
    s->file = file;
    return s;
}

void ini_set(struct ini *ini, struct ini_section *section, const char *name, const char *value,
             struct location where, const struct ini_file *file)
{
    struct ini_key *key = ini_key(section, name);

    if (!key) {
        if (section->n_keys == section->room) {
            section->room = section->room ? section->room * 2 : 8;
            section->keys =
                pool_grow(ini->pool, section->keys, section->n_keys * sizeof(*section->keys),
                          section->room * sizeof(*section->keys));
        }
        key = &section->keys[section->n_keys++];
        key->name = pool_strdup(ini->pool, name);
    }
    key->value = pool_strdup(ini->pool, value);
    key->where = where;
    key->file = file;
}

const char *ini_title(const struct ini *ini, const struct ini_section *section)
{
    return section->name ? pool_printf(ini->pool, "%s %s", section->kind, section->name)
                         : section->kind;
}

int ini_error_at(struct vm_error *err, struct location where)
{
    if (!where.file)
        return -1;
    if (where.line == 0)
        return vm_error_prefix(err, "%s", where.file);
    return vm_error_prefix(err, "%s:%d", where.file, where.line);
}

void ini_free(struct ini *ini)
{
    if (ini)
        pool_free(ini->pool);
}

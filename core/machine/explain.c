/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain.c - the machine that would be built, as an INI file that says where each value came from.
 *
 * The output is itself a machine file for the same machine: long values go on in indented lines.
 */
#include <stdlib.h>
#include <string.h>
#include "core/machine/check.h"

enum { COMMENT_COLUMN = 40 };

/* Room that a comment may need after a value in one line. */
#define LINE_ROOM (INI_LINE_BYTES - 40)

static void print_origin(struct location where, FILE *out)
{
    if (!where.file)
        fprintf(out, "; default");
    else if (where.line)
        fprintf(out, "; %s:%d", where.file, where.line);
    else
        fprintf(out, "; %s", where.file);
}

/* Writes `value` broken at blanks into lines that inih takes, each but the first indented. */
static void print_folded(size_t column, const char *value, FILE *out)
{
    while (strlen(value) + column > LINE_ROOM) {
        size_t n = LINE_ROOM - column;
        while (n > 0 && value[n] != ' ')
            n--;
        if (n == 0)
            break; /* one word of that length: it can only stand as it is */
        fprintf(out, "%.*s\n    ", (int)n, value);
        value += n;
        value += strspn(value, " ");
        column = 4;
    }
    fputs(value, out);
}

static void print_key(const char *name, const char *value, struct location where, FILE *out)
{
    size_t width = strlen(name) + 3 + strlen(value);
    size_t origin = (where.file ? strlen(where.file) : 0) + 16;

    if (width + origin > INI_LINE_BYTES - 8) {
        print_origin(where, out);
        fprintf(out, "\n%s = ", name);
        print_folded(strlen(name) + 3, value, out);
    } else {
        fprintf(out, "%s = %s%*s ", name, value,
                width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 0, "");
        print_origin(where, out);
    }
    fputc('\n', out);
}

static void print_props(const struct ini_section *section, const struct vm_property *table,
                        uint32_t n, const struct vm_props *props, FILE *out)
{
    for (uint32_t i = 0; i < n; i++) {
        const char *text = props_text(props, i, NULL);
        const struct ini_key *key = ini_key(section, table[i].name);
        if (text)
            print_key(table[i].name, text, key ? key->where : (struct location){NULL, 0}, out);
        else
            fprintf(out, "; %s is not set\n", table[i].name);
    }
}

/* Names of the plugins in the place of what the file said or left out. */
static void print_machine(const struct description *d, FILE *out)
{
    const struct ini_section *s = ini_section(d->ini, "machine", NULL);
    const struct {
        const char *key;
        const struct instance *instance;
    } plugins[] = {{"arch", &d->arch},
                   {"board", &d->board},
                   {"engine", d->engine_auto ? NULL : d->engines[0]}};
    uint32_t n;
    const struct vm_property *keys = description_keys("machine", &n);

    fprintf(out, "[machine]\n");
    for (uint32_t i = 0; i < n; i++) {
        const char *text = props_text(d->machine_props, i, NULL);
        const struct ini_key *key = ini_key(s, keys[i].name);
        for (size_t j = 0; j < sizeof(plugins) / sizeof(plugins[0]); j++) {
            if (plugins[j].instance && strcmp(keys[i].name, plugins[j].key) == 0)
                text = plugins[j].instance->name;
        }
        if (text)
            print_key(keys[i].name, text, key ? key->where : (struct location){NULL, 0}, out);
        else
            fprintf(out, "; %s is not set\n", keys[i].name);
    }
}

static void print_plugin(const struct description *d, const char *section,
                         const struct instance *instance, FILE *out)
{
    const struct vm_plugin *p = instance->plugin;

    fprintf(out, "\n; %s %s: %s\n[%s]\n", p->name, p->version, p->summary, section);
    const struct ini_section *s = ini_section(d->ini, section, NULL);
    print_props(s, p->properties, p->n_properties, instance->props, out);
    if (instance->common) {
        const struct section_kind *common = engine_section_kind(p);
        print_props(s, common->keys, common->n_keys, instance->common, out);
    }
}

static void print_instance(const struct instance *instance, const char *const *own_keys, FILE *out)
{
    const struct vm_plugin *p = instance->plugin;
    const struct ini_section *s = instance->section;

    fprintf(out, "\n; %s %s: %s\n[%s %s]\n", p->name, p->version, p->summary, s->kind, s->name);
    for (; *own_keys; own_keys++) {
        const struct ini_key *key = ini_key(s, *own_keys);
        if (key)
            print_key(key->name, key->value, key->where, out);
    }
    print_props(s, p->properties, p->n_properties, instance->props, out);
}

void description_explain(const struct description *d, FILE *out)
{
    static const char *const device_keys[] = {"type", "bus", "address", "irq", "iommu", NULL};
    static const char *const backend_keys[] = {"type", NULL};
    uint32_t n;
    const struct vm_property *boot = description_keys("boot", &n);

    print_machine(d, out);
    fprintf(out, "\n[boot]\n");
    print_props(ini_section(d->ini, "boot", NULL), boot, n, d->boot_props, out);
    print_plugin(d, "arch", &d->arch, out);
    print_plugin(d, "board", &d->board, out);
    for (uint32_t i = 0; i < d->n_known_engines; i++)
        print_plugin(d, d->known_engines[i].section->kind, &d->known_engines[i], out);
    for (uint32_t i = 0; i < d->n_devices; i++)
        print_instance(&d->devices[i], device_keys, out);
    for (uint32_t i = 0; i < d->n_backends; i++) {
        if (!d->backends[i].implicit)
            print_instance(&d->backends[i], backend_keys, out);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* explain_plugins.c - plugins and keys as text for people. */
#include "core/machine/explain_plugins.h"
#include <string.h>
#include "core/machine/description.h"
#include "core/machine/description_keys.h"
#include "core/plugin/values.h"

int show_plugins(struct registry *reg, FILE *out, struct vm_error *err)
{
    struct plugin_info *list;
    size_t n;

    if (registry_list(reg, &list, &n, err))
        return -1;
    if (n == 0)
        fprintf(out, "no plugins were found\n");
    for (size_t i = 0; i < n; i++) {
        if (list[i].package)
            fprintf(out, "%-18s missing  not installed; it comes with the package '%s'\n",
                    list[i].name, list[i].package);
        else if (list[i].problem)
            fprintf(out, "%-18s broken   %s: %s\n", list[i].name, list[i].path, list[i].problem);
        else
            fprintf(out, "%-18s %-8s %s (%s)\n", list[i].name, plugin_kind_name(list[i].kind),
                    list[i].summary, list[i].version);
    }
    registry_list_free(list, n);
    return 0;
}

/* ---- keys ---- */

static const char *const type_names[] = {
    [VM_PROP_BOOL] = "yes or no",
    [VM_PROP_UINT] = "number",
    [VM_PROP_SIZE] = "size",
    [VM_PROP_STRING] = "text",
    [VM_PROP_PATH] = "file",
    [VM_PROP_ENUM] = "one of",
    [VM_PROP_CHARDEV] = "character backend",
    [VM_PROP_DURATION] = "duration",
    [VM_PROP_DEVICE] = "device",
    [VM_PROP_BLOCK] = "block backend, file or URI",
    [VM_PROP_NET] = "network backend",
    [VM_PROP_GPU] = "GPU backend",
    [VM_PROP_DISPLAY] = "display backend",
};

static const char *show_number(const struct vm_property *p, uint64_t value, char text[VALUE_TEXT])
{
    if (p->type == VM_PROP_SIZE)
        return format_size(value, text);
    if (p->type == VM_PROP_DURATION)
        return format_duration(value, text);
    snprintf(text, VALUE_TEXT, "%llu", (unsigned long long)value);
    return text;
}

static void show_key(const struct vm_property *p, FILE *out)
{
    char low[VALUE_TEXT], high[VALUE_TEXT];

    fprintf(out, "  %-18s %s", p->name, type_names[p->type]);
    for (size_t i = 0; p->type == VM_PROP_ENUM && p->choices[i]; i++)
        fprintf(out, "%s%s", i ? ", " : " ", p->choices[i]);
    if (p->max)
        fprintf(out, " from %s to %s", show_number(p, p->min, low), show_number(p, p->max, high));
    if (p->unit)
        fprintf(out, " (%s)", p->unit);
    if (p->flags & VM_PROP_REQUIRED)
        fprintf(out, "; must be given");
    else if (p->default_value)
        fprintf(out, "; default %s", *p->default_value ? p->default_value : "empty");
    fprintf(out, "\n");
    if (p->help)
        fprintf(out, "                     %s\n", p->help);
}

static void show_keys(const struct vm_property *table, uint32_t n, FILE *out)
{
    for (uint32_t i = 0; i < n; i++)
        show_key(&table[i], out);
}

/* ---- plugins ---- */

static void show_heading(const struct vm_plugin *p, FILE *out)
{
    const char *kind = plugin_kind_name(p->kind), *dash = strchr(p->name, '-');
    const struct section_kind *own =
        p->kind == VM_KIND_ENGINE ? engine_section_kind(p) : section_kind(kind);

    fprintf(out, "%s - %s\nkind %s, version %s, licence %s\n", p->name, p->summary, kind,
            p->version, p->licence);
    if (p->description)
        fprintf(out, "\n%s\n", p->description);
    if (own && own->named)
        fprintf(out, "\nKeys of [%s NAME] with type = %s:\n", kind, p->name);
    else if (p->n_properties || (own && own->n_keys))
        fprintf(out, "\nKeys of [%s]:\n", p->kind == VM_KIND_ENGINE && dash ? dash + 1 : kind);
    if (own)
        show_keys(own->keys, own->n_keys, out);
}

int show_plugin(struct registry *reg, const char *name, FILE *out, struct vm_error *err)
{
    uint32_t n;
    const struct vm_property *section = description_keys(name, &n);

    if (section) {
        fprintf(out, "Keys of [%s]:\n", name);
        show_keys(section, n, out);
        return 0;
    }
    const struct vm_plugin *plugin = registry_load(reg, name, VM_KIND_ANY, err);
    if (!plugin)
        return -1;
    show_heading(plugin, out);
    show_keys(plugin->properties, plugin->n_properties, out);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* stats.c - statistics gathered at the end of a run: groups of named counters, as text and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/event/event.h"

struct counter {
    char *name;
    const char *unit; /* "" for a plain count */
    uint64_t value;
};

struct group {
    char *name;
    struct counter *counters;
    size_t n;
};

struct stats {
    struct group *groups;
    size_t n;
    bool incomplete; /* memory ran out: said in what is printed, since a missing number must not
                        look like a true one */
};

struct stats *stats_new(void)
{
    return calloc(1, sizeof(struct stats));
}

void stats_free(struct stats *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j < s->groups[i].n; j++)
            free(s->groups[i].counters[j].name);
        free(s->groups[i].counters);
        free(s->groups[i].name);
    }
    free(s->groups);
    free(s);
}

static struct group *find_group(struct stats *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->groups[i].name, name) == 0)
            return &s->groups[i];
    struct group *groups = realloc(s->groups, (s->n + 1) * sizeof(*groups));
    if (!groups)
        return NULL;
    s->groups = groups;
    groups[s->n] = (struct group){.name = strdup(name)};
    return groups[s->n].name ? &groups[s->n++] : NULL;
}

static struct counter *find_counter(struct group *g, const char *name)
{
    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->counters[i].name, name) == 0)
            return &g->counters[i];
    struct counter *counters = realloc(g->counters, (g->n + 1) * sizeof(*counters));
    if (!counters)
        return NULL;
    g->counters = counters;
    counters[g->n] = (struct counter){.name = strdup(name), .unit = ""};
    return counters[g->n].name ? &counters[g->n++] : NULL;
}

void stats_add(struct stats *s, const char *group, const char *name, uint64_t value,
               const char *unit)
{
    struct group *g = find_group(s, group);
    struct counter *c = g ? find_counter(g, name) : NULL;
    if (!c) {
        s->incomplete = true;
        return;
    }
    c->value += value;
    c->unit = unit ? unit : "";
}

void stats_print(const struct stats *s, void *file)
{
    FILE *f = file;
    int width = 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->groups[i].n; j++)
            if ((int)strlen(s->groups[i].counters[j].name) > width)
                width = (int)strlen(s->groups[i].counters[j].name);
    for (size_t i = 0; i < s->n; i++) {
        fprintf(f, "%s\n", s->groups[i].name);
        for (size_t j = 0; j < s->groups[i].n; j++) {
            const struct counter *c = &s->groups[i].counters[j];
            fprintf(f, "  %-*s %20" PRIu64 "%s%s\n", width, c->name, c->value, *c->unit ? " " : "",
                    c->unit);
        }
    }
    if (s->incomplete)
        fprintf(f, "(incomplete: out of memory)\n");
}

static void print_json_string(FILE *f, const char *text)
{
    fputc('"', f);
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            fprintf(f, "\\%c", *p);
        else if (*p < ' ')
            fprintf(f, "\\u%04x", *p);
        else
            fputc(*p, f);
    }
    fputc('"', f);
}

void stats_print_json(const struct stats *s, void *file)
{
    FILE *f = file;
    fputc('{', f);
    for (size_t i = 0; i < s->n; i++) {
        fputs(i ? ",\n  " : "\n  ", f);
        print_json_string(f, s->groups[i].name);
        fputs(": {", f);
        for (size_t j = 0; j < s->groups[i].n; j++) {
            fputs(j ? ",\n    " : "\n    ", f);
            print_json_string(f, s->groups[i].counters[j].name);
            fprintf(f, ": %" PRIu64, s->groups[i].counters[j].value);
        }
        fputs("\n  }", f);
    }
    if (s->incomplete)
        fprintf(f, "%s\n  \"incomplete\": true", s->n ? "," : "");
    fputs("\n}\n", f);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * optional.c - plugins that are packages of their own. Whoever packages vmrun may put a file
 * `optional-plugins` into a folder of plugins; each line names a plugin and the package that it
 * comes in, so that a machine that wants it can be told what to install.
 */
#define _GNU_SOURCE
#include <ltdl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/plugin/internal.h"

#define LIST_FILE    "optional-plugins"
#define LONGEST_LINE 256 /* a longer one is no line of such a file, and is passed over */

/* Splits a line into two words. Comments and anything else are no such line. */
static bool split(char *line, char **name, char **package)
{
    char *rest;

    line[strcspn(line, "#\n")] = 0;
    *name = strtok_r(line, " \t", &rest);
    *package = strtok_r(NULL, " \t", &rest);
    return *package && !strtok_r(NULL, " \t", &rest);
}

static void read_list(const char *folder, optional_fn *fn, void *opaque)
{
    char *file, line[LONGEST_LINE], *name, *package;
    bool whole = true;

    if (asprintf(&file, "%s/" LIST_FILE, folder) < 0)
        return;
    FILE *in = fopen(file, "re");
    free(file);
    while (in && fgets(line, sizeof(line), in)) {
        bool begins = whole;
        whole = strchr(line, '\n') || feof(in);
        if (begins && whole && split(line, &name, &package))
            fn(name, package, opaque);
    }
    if (in)
        fclose(in);
}

void optional_each(const char *path, optional_fn *fn, void *opaque)
{
    char *copy = strdup(path), *rest, separator[] = {LT_PATHSEP_CHAR, 0};

    if (!copy)
        return;
    for (char *folder = strtok_r(copy, separator, &rest); folder;
         folder = strtok_r(NULL, separator, &rest))
        read_list(folder, fn, opaque);
    free(copy);
}

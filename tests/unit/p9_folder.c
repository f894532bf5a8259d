/* SPDX-License-Identifier: BSD-2-Clause */
/* p9_folder.c - a private folder for tests of the shared folder. */
#define _GNU_SOURCE
#include "p9_folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmrun/test.h>

static char folder[64];

const char *p9_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

void p9_folder_make(const char *where)
{
    snprintf(folder, sizeof(folder), "%s/vmrun-9p-XXXXXX", where);
    if (!mkdtemp(folder) || mkdir(p9_path("share"), 0755) || mkdir(p9_path("outside"), 0755))
        vm_test_broken("no folder for tests");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    remove(path);
    return 0;
}

void p9_folder_remove(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void p9_put_file(const char *name, const char *text)
{
    FILE *f = fopen(p9_path(name), "w");

    if (!f || fputs(text, f) < 0 || fclose(f))
        vm_test_broken("a test cannot write its file");
}

const char *p9_file(const char *name)
{
    static char text[65536];
    FILE *f = fopen(p9_path(name), "r");

    if (!f)
        return NULL;
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    return text;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folder.c - files of dev-fwcfg out of a folder of the host: what lies there as opt/example/config
 * has that name for the guest. They are read once, so that what happens to them later does not
 * matter.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fwcfg.h"

#define MAX_DEPTH 8u

/* Where we are: `name` is the path below the folder. */
struct walk {
    struct fwcfg *f;
    const char *folder;
    char name[256];
    uint32_t depth;
    struct vm_error *err;
};

static int cannot(const struct walk *w, const char *why)
{
    return vm_error_set(w->err, "%s/%s: %s", w->folder, w->name, why);
}

static int add_regular(struct walk *w, int fd, uint64_t length)
{
    uint32_t got = 0;
    uint8_t *data;

    if (length > MAX_FILE)
        return cannot(w, "has more than 16 MiB, the most that firmware is given");
    data = malloc(length ? length : 1);
    if (!data)
        return cannot(w, "out of memory");
    while (got < length) {
        ssize_t part = read(fd, data + got, length - got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            break;
        got += (uint32_t)part;
    }
    int result = got == length ? items_add_file(w->f, w->name, data, got, w->err)
                               : cannot(w, "cannot be read");
    free(data);
    return result;
}

static int add_folder(struct walk *w, int fd);

/* Takes fd. */
static int add(struct walk *w, int fd)
{
    struct stat st;
    int result = 0;

    if (fd < 0)
        return cannot(w, strerror(errno));
    if (fstat(fd, &st))
        result = cannot(w, strerror(errno));
    else if (S_ISDIR(st.st_mode) && w->depth < MAX_DEPTH)
        return add_folder(w, fd);
    else if (!S_ISREG(st.st_mode))
        result = cannot(w, S_ISDIR(st.st_mode) ? "there are too many folders in each other"
                                               : "is neither a file nor a folder");
    else
        result = add_regular(w, fd, (uint64_t)st.st_size);
    close(fd);
    return result;
}

static int add_entry(struct walk *w, int fd, const char *name)
{
    size_t before = strlen(w->name);
    int n = snprintf(w->name + before, sizeof(w->name) - before, "%s%s", before ? "/" : "", name);

    if (n >= (int)(sizeof(w->name) - before))
        return cannot(w, "the name is too long");
    int result = add(w, openat(fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    w->name[before] = '\0';
    return result;
}

static int add_folder(struct walk *w, int fd)
{
    struct dirent *entry;
    int result = 0;
    DIR *dir = fdopendir(fd);

    if (!dir) {
        close(fd);
        return cannot(w, strerror(errno));
    }
    w->depth++;
    while (!result && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            result = add_entry(w, fd, entry->d_name);
    w->depth--;
    closedir(dir);
    return result;
}

int folder_add(struct fwcfg *f, const char *path, struct vm_error *err)
{
    struct walk w = {.f = f, .folder = path, .err = err};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return vm_error_set(err, "%s: cannot be opened: %s", path, strerror(errno));
    return add_folder(&w, fd);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* share.c - the folder: how things in it are found and opened, and no others (see p9.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "p9.h"

#define RESOLVE_ALWAYS (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)

static long open_beneath(const struct share *s, int directory, const char *name, int flags,
                         mode_t mode)
{
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = s->resolve,
    };
    long fd;

    do
        fd = syscall(SYS_openat2, directory, name, &how, sizeof(how));
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* ---- descriptors are counted ---- */

static int reserve(struct share *s)
{
    if (atomic_fetch_add(&s->files, 1) < s->max_files)
        return 0;
    atomic_fetch_sub(&s->files, 1);
    s->host->log(s->who, VM_LOG_WARNING,
                 "the guest holds %u files of the shared folder, which is the most (max-files)",
                 s->max_files);
    return -ENFILE;
}

static int counted(struct share *s, long fd)
{
    int error = errno;

    if (fd >= 0)
        return (int)fd;
    atomic_fetch_sub(&s->files, 1);
    return -error;
}

void share_close(struct share *s, int fd)
{
    close(fd);
    atomic_fetch_sub(&s->files, 1);
}

/* ---- finding and opening ---- */

int share_find(struct share *s, int directory, const struct name *name)
{
    int error = reserve(s);

    return error ? error
                 : counted(s, open_beneath(s, directory, name->text, O_PATH | O_NOFOLLOW, 0));
}

int share_create(struct share *s, int directory, const struct name *name, int flags, mode_t mode)
{
    int error = reserve(s);

    flags |= O_CREAT | O_EXCL | O_NOFOLLOW;
    return error ? error : counted(s, open_beneath(s, directory, name->text, flags, mode));
}

int share_open_directory(struct share *s, int directory)
{
    int error = reserve(s);

    return error ? error : counted(s, open_beneath(s, directory, ".", O_RDONLY | O_DIRECTORY, 0));
}

const char *share_self_name(char text[16], int fd)
{
    snprintf(text, 16, "%d", fd);
    return text;
}

int share_reopen(struct share *s, int fd, int flags)
{
    int error = reserve(s), opened;
    char text[16];

    if (error)
        return error;
    do
        opened = openat(s->self, share_self_name(text, fd), flags | O_CLOEXEC);
    while (opened < 0 && errno == EINTR);
    return counted(s, opened);
}

/* ---- life ---- */

/* Links that the user put into the folder's own path are followed. */
static int open_folder(struct share *s, const char *folder, struct vm_error *err)
{
    struct stat st;

    s->root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (s->root < 0 || fstat(s->root, &st))
        return vm_error_set(err, "folder: cannot open '%s': %s", folder, strerror(errno));
    s->device = st.st_dev;
    if (faccessat(s->root, ".", R_OK | X_OK, AT_EACCESS))
        return vm_error_set(err, "folder: '%s' cannot be read: %s", folder, strerror(errno));
    return 0;
}

static int probe(const struct share *s, struct vm_error *err)
{
    long fd = open_beneath(s, s->root, ".", O_PATH | O_DIRECTORY, 0);

    if (fd < 0)
        return vm_error_set(err,
                            "the host cannot confine a guest to a folder: openat2: %s; it needs "
                            "Linux 5.6, and no filter in the way",
                            strerror(errno));
    close((int)fd);
    return 0;
}

static int open_self(struct share *s, struct vm_error *err)
{
    struct statfs fs;

    s->self = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (s->self < 0 || fstatfs(s->self, &fs) || fs.f_type != PROC_SUPER_MAGIC)
        return vm_error_set(err, "shared folders need /proc, which is not mounted on the host");
    return 0;
}

int share_open(struct share *s, const char *folder, bool mounts, struct vm_error *err)
{
    s->root = s->self = -1;
    s->resolve = RESOLVE_ALWAYS | (mounts ? 0 : RESOLVE_NO_XDEV);
    if (open_folder(s, folder, err) || probe(s, err) || open_self(s, err)) {
        share_end(s);
        return -1;
    }
    return 0;
}

void share_end(struct share *s)
{
    if (s->root >= 0)
        close(s->root);
    if (s->self >= 0)
        close(s->self);
    s->root = s->self = -1;
}

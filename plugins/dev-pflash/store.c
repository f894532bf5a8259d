/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - a flash bank's contents and the file that keeps them.
 *
 * The file is written as the guest programs, before the guest is told, so that nothing is lost when
 * this process is killed. The host's disk is told (fdatasync) whenever both chips go back to
 * reading their array, which ends each driver's sequence of commands, without the guest waiting,
 * and at the machine's end. So a crash of the host costs at most what was programmed in the moments
 * before it.
 *
 * A file that is made from a template appears with the first thing that the guest programs, so that
 * a machine that is only checked, or does not start, leaves nothing behind.
 *
 * What is mapped could be cut off by others, which would kill us: so the file is read, not mapped.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pflash.h"

#define CHUNK 65536u

static int cannot(struct vm_error *err, const char *path, const char *what)
{
    return vm_error_set(err, "%s: cannot be %s: %s", path, what, strerror(errno));
}

/* False: errno says why. */
static bool write_all(int fd, uint64_t offset, const uint8_t *bytes, uint64_t n)
{
    while (n > 0) {
        ssize_t wrote = pwrite(fd, bytes, n, (off_t)offset);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            errno = wrote ? errno : EIO;
            return false;
        }
        bytes += wrote;
        offset += (uint64_t)wrote;
        n -= (uint64_t)wrote;
    }
    return true;
}

/* How many bytes it got before the end; -1: errno says why. */
static int64_t read_all(int fd, uint64_t offset, uint8_t *bytes, uint64_t n)
{
    uint64_t got = 0;

    while (got < n) {
        ssize_t part = pread(fd, bytes + got, n - got, (off_t)(offset + got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return -1;
        if (part == 0)
            break;
        got += (uint64_t)part;
    }
    return (int64_t)got;
}

/* The length of a regular file that fits, or -1 with err set. */
static int64_t measure(const struct pflash *f, int fd, const char *path, struct vm_error *err)
{
    struct stat st;

    if (fstat(fd, &st))
        return cannot(err, path, "read");
    if (!S_ISREG(st.st_mode))
        return vm_error_set(err, "%s: is no regular file", path);
    if ((uint64_t)st.st_size > f->size)
        return vm_error_set(err, "%s: has %lld bytes, more than the flash, whose size is %llu",
                            path, (long long)st.st_size, (unsigned long long)f->size);
    return st.st_size;
}

static bool is_zero(const uint8_t *p, uint64_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* ---- The file -------------------------------------------------------------------------------- */

static int load(struct pflash *f, int fd, const char *path, uint64_t length, struct vm_error *err)
{
    uint8_t chunk[CHUNK];

    for (uint64_t at = 0; at < f->size; at += CHUNK) {
        int64_t got = at < length ? read_all(fd, at, chunk, CHUNK) : 0;
        if (got < 0)
            return cannot(err, path, "read");
        memset(chunk + got, 0xff, CHUNK - (uint64_t)got);
        if (!is_zero(chunk, CHUNK)) /* as the memory is already, which costs nothing so far */
            memcpy(f->memory + at, chunk, CHUNK);
    }
    return 0;
}

/* Against a second machine that writes to it. */
static int lock(const struct pflash *f, const char *path, struct vm_error *err)
{
    struct flock whole = {.l_type = f->readonly ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(f->fd, F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES))
        return 0; /* a file system without locks cannot help us */
    return vm_error_set(err, "%s: is in use by another machine or flash", path);
}

static int open_file(struct pflash *f, const char *path, struct vm_error *err)
{
    f->fd = open(path, (f->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (f->fd < 0)
        return cannot(err, path, f->readonly ? "opened" : "opened for writing");
    int64_t length = measure(f, f->fd, path, err);
    if (length < 0)
        return -1;
    if ((uint64_t)length < f->size && !f->readonly)
        return vm_error_set(err,
                            "%s: has %lld bytes, and the flash %llu: give it that size, or make "
                            "the file as long",
                            path, (long long)length, (unsigned long long)f->size);
    return lock(f, path, err) || load(f, f->fd, path, (uint64_t)length, err) ? -1 : 0;
}

/* ---- A file that is not there yet ------------------------------------------------------------ */

/* What can be known of it now is told now, not when the guest writes. */
static int plan(struct pflash *f, const char *path, struct vm_error *err)
{
    f->planned = strdup(path);
    char *folder = strdup(path), *end = folder ? strrchr(folder, '/') : NULL;
    int result = 0;

    if (!f->planned || !folder) {
        result = vm_error_set(err, "out of memory");
    } else {
        if (end)
            end[end == folder] = '\0';
        if (access(end ? folder : ".", W_OK | X_OK))
            result = cannot(err, path, "made");
    }
    free(folder);
    return result;
}

static int use_template(struct pflash *f, const char *path, const char *template,
                        struct vm_error *err)
{
    int fd = open(template, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return cannot(err, template, "opened");
    int64_t length = measure(f, fd, template, err);
    int result = length < 0 ? -1 : load(f, fd, template, (uint64_t)length, err);
    close(fd);
    return result || f->readonly ? result : plan(f, path, err);
}

/* Zeros stay holes. */
static bool fill(const struct pflash *f, int fd)
{
    for (uint64_t at = 0; at < f->size; at += CHUNK)
        if (!is_zero(f->memory + at, CHUNK) && !write_all(fd, at, f->memory + at, CHUNK))
            return false;
    return ftruncate(fd, (off_t)f->size) == 0 && fsync(fd) == 0;
}

/* Under another name first: an incomplete one never bears the file's. */
static int make(struct pflash *f, struct vm_error *err)
{
    char name[4096];

    if (snprintf(name, sizeof(name), "%s.XXXXXX", f->planned) >= (int)sizeof(name))
        return vm_error_set(err, "%s: the name is too long", f->planned);
    if ((f->fd = mkostemp(name, O_CLOEXEC)) < 0)
        return cannot(err, f->planned, "made");
    int result = lock(f, f->planned, err);
    if (!result && (!fill(f, f->fd) || fchmod(f->fd, 0644) || link(name, f->planned)))
        result = cannot(err, f->planned, "made");
    unlink(name);
    if (result) {
        close(f->fd);
        f->fd = -1;
    } else {
        free(f->planned);
        f->planned = NULL;
    }
    return result;
}

int store_open(struct pflash *f, const char *path, const char *template, struct vm_error *err)
{
    if (!path) {
        if (!f->readonly)
            memset(f->memory, 0xff, f->size);
        return 0;
    }
    if (template && access(path, F_OK) != 0 && errno == ENOENT)
        return use_template(f, path, template, err);
    return open_file(f, path, err);
}

/* ---- Writing --------------------------------------------------------------------------------- */

bool store_write(struct pflash *f, uint64_t offset, const void *bytes, uint64_t n)
{
    struct vm_error err = VM_ERROR_INIT;

    if (f->planned && make(f, &err)) {
        f->host->base->log(f->ctx, VM_LOG_ERROR, "the flash's file: %s", err.text);
        return false;
    }
    if (f->fd >= 0 && !write_all(f->fd, offset, bytes, n)) {
        f->host->base->log(f->ctx, VM_LOG_ERROR, "the flash's file cannot be written: %s",
                           strerror(errno));
        return false;
    }
    f->unsynced = f->fd >= 0;
    memcpy(f->memory + offset, bytes, n);
    f->host->region_written(f->ctx, (uint32_t)f->region, offset, n);
    return true;
}

static void sync_work(void *opaque)
{
    const struct pflash *f = opaque;

    fdatasync(f->fd);
}

/* What was written meanwhile has its turn. */
static void sync_done(void *opaque)
{
    struct pflash *f = opaque;

    f->syncing = false;
    store_sync(f);
}

void store_sync(struct pflash *f)
{
    if (!f->unsynced || f->syncing)
        return;
    f->syncing = f->host->submit_work(f->ctx, sync_work, sync_done, f) == 0;
    f->unsynced = !f->syncing;
}

void store_close(struct pflash *f)
{
    free(f->planned);
    if (f->fd < 0)
        return;
    if (f->unsynced)
        fdatasync(f->fd);
    close(f->fd);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* open.c - opens a file or block device, locks it, and finds out how large it is. */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u

static int check_type(struct file *f, const char *path, struct vm_error *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return vm_error_set(err, "cannot open %s: %s", path, strerror(errno));
    f->device = S_ISBLK(st.st_mode);
    if (f->device || S_ISREG(st.st_mode))
        return 0;
    return vm_error_set(err, "%s is %s; a disk is a regular file or a block device", path,
                        S_ISDIR(st.st_mode) ? "a folder" : "no file");
}

static int open_failed(const struct file *f, const char *path, int error, struct vm_error *err)
{
    if (error == EINVAL && f->direct)
        return vm_error_set(err,
                            "cannot open %s with cache = direct: its file system does not have it; "
                            "use cache = writeback",
                            path);
    if ((error == EACCES || error == EROFS || error == EPERM) && !f->read_only)
        return vm_error_set(err,
                            "cannot open %s for writing: %s; if it shall not be written, say "
                            "read-only = yes",
                            path, strerror(error));
    if (error == EBUSY)
        return vm_error_set(err, "%s is in use: mounted, or part of something larger", path);
    return vm_error_set(err, "cannot open %s: %s", path, strerror(error));
}

/* Against a second writer. The lock goes with the descriptor, so that it covers a second disk of
 * this very machine too. A file system without locks cannot help us. */
static int lock(const struct file *f, const char *path, struct vm_error *err)
{
    struct flock whole = {.l_type = f->read_only ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(f->fd, F_OFD_SETLK, &whole) == 0)
        return 0;
    if (errno == EAGAIN || errno == EACCES)
        return vm_error_set(err,
                            "%s is in use by another disk or program%s; two writers would destroy "
                            "it",
                            path, f->read_only ? " that writes to it" : "");
    f->host->base->log(f->ctx, VM_LOG_WARNING,
                       "%s cannot be locked (%s): take care that nobody else writes to it", path,
                       strerror(errno));
    return 0;
}

static int measure_device(struct file *f, const char *path, struct vm_error *err)
{
    int logical = SECTOR;
    unsigned physical = SECTOR, optimal = 0;
    uint64_t bytes;

    if (ioctl(f->fd, BLKGETSIZE64, &bytes) < 0 || ioctl(f->fd, BLKSSZGET, &logical) < 0)
        return vm_error_set(err, "cannot find out how large %s is: %s", path, strerror(errno));
    ioctl(f->fd, BLKPBSZGET, &physical);
    ioctl(f->fd, BLKIOOPT, &optimal);
    f->info.length = bytes;
    f->info.block_size = (uint32_t)logical;
    f->info.physical_size = physical;
    f->info.optimal_size = optimal;
    f->memory_alignment = (uint32_t)logical;
    return 0;
}

static int measure_file(struct file *f, const char *path, struct vm_error *err)
{
    struct statx stx = {0};
    unsigned mask = STATX_SIZE;

#ifdef STATX_DIOALIGN
    mask |= STATX_DIOALIGN;
#endif
    if (statx(f->fd, "", AT_EMPTY_PATH, mask, &stx) < 0)
        return vm_error_set(err, "cannot find out how large %s is: %s", path, strerror(errno));
    f->info.length = stx.stx_size;
    f->info.block_size = SECTOR;
    f->info.physical_size = stx.stx_blksize >= SECTOR ? stx.stx_blksize : SECTOR;
    f->memory_alignment = 4096;
#ifdef STATX_DIOALIGN
    if (f->direct && stx.stx_mask & STATX_DIOALIGN) {
        if (!stx.stx_dio_offset_align)
            return open_failed(f, path, EINVAL, err);
        f->memory_alignment = stx.stx_dio_mem_align;
        if (stx.stx_dio_offset_align > SECTOR)
            f->info.block_size = stx.stx_dio_offset_align;
    }
#endif
    return 0;
}

/* Powers of two that devices can show to a guest, whatever the file system said. */
static void tidy(struct vm_block_info *info)
{
    if (info->physical_size & (info->physical_size - 1) || info->physical_size > 1u << 20)
        info->physical_size = 4096;
    if (info->physical_size < info->block_size)
        info->physical_size = info->block_size;
    info->discard_granularity = info->physical_size;
}

static int measure(struct file *f, const char *path, struct vm_error *err)
{
    if (f->device ? measure_device(f, path, err) : measure_file(f, path, err))
        return -1;
    if (f->info.length % f->info.block_size)
        return vm_error_set(err,
                            "%s has %llu bytes, which is no multiple of %u; if it is a disk image, "
                            "make it one: truncate -s %%%u %s",
                            path, (unsigned long long)f->info.length, f->info.block_size,
                            f->info.block_size, path);
    if (f->info.length == 0)
        return vm_error_set(err, "%s is empty; make it as large as the disk: truncate -s 8G %s",
                            path, path);
    tidy(&f->info);
    f->info.flags = f->read_only ? VM_BLOCK_READ_ONLY
                                 : VM_BLOCK_VOLATILE | VM_BLOCK_DISCARD | VM_BLOCK_WRITE_ZEROES;
    return 0;
}

/* O_EXCL refuses a block device that is mounted. */
static int try_open(const struct file *f, const char *path)
{
    return open(path, O_CLOEXEC | O_NOCTTY | (f->read_only ? O_RDONLY : O_RDWR) |
                          (f->direct ? O_DIRECT : 0) | (f->device && !f->read_only ? O_EXCL : 0));
}

int file_open(struct file *f, const char *path, struct vm_error *err)
{
    if (check_type(f, path, err))
        return -1;
    f->fd = try_open(f, path);
    if (f->fd < 0 && (errno == EACCES || errno == EROFS) && f->may_be_read_only) {
        f->read_only = true;
        f->fd = try_open(f, path);
        if (f->fd >= 0)
            f->host->base->log(f->ctx, VM_LOG_INFO, "%s cannot be written: the disk is read-only",
                               path);
    }
    if (f->fd < 0)
        return open_failed(f, path, errno, err);
    return lock(f, path, err) || measure(f, path, err) ? -1 : 0;
}

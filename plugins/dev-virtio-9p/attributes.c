/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attributes.c - messages about what a file is. The guest sees owners and permissions as the host
 * has them, and changes them as far as the user who runs vmrun may.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "p9.h"

#define GETATTR_BASIC UINT64_C(0x7ff)

enum {
    SET_MODE = 0x1,
    SET_UID = 0x2,
    SET_GID = 0x4,
    SET_SIZE = 0x8,
    SET_ATIME = 0x10,
    SET_MTIME = 0x20,
    SET_CTIME = 0x40,
    SET_ATIME_GIVEN = 0x80,
    SET_MTIME_GIVEN = 0x100,
    SET_KNOWN = 0x1ff
};

static void put_time(struct call *c, const struct timespec *t)
{
    put64(c, (uint64_t)t->tv_sec);
    put64(c, (uint64_t)t->tv_nsec);
}

/* What programs take for the best length of a transfer: a message, in whole blocks of the host. */
static uint64_t block_size(const struct call *c, const struct stat *st)
{
    uint64_t block = st->st_blksize > 0 ? (uint64_t)st->st_blksize : 512,
             unit = io_unit(c->session);

    return unit > block ? unit / block * block : block;
}

/* Tgetattr fid[4] request_mask[8] */
int serve_getattr(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    struct stat st;

    get64(c); /* more than was asked for may be told */
    if (get_end(c))
        return c->error;
    if (fstat(what->node->fd, &st))
        return errno;
    struct qid qid = qid_of(c->share, &st);
    put64(c, GETATTR_BASIC);
    put_qid(c, &qid);
    put32(c, st.st_mode);
    put32(c, st.st_uid);
    put32(c, st.st_gid);
    put64(c, st.st_nlink);
    put64(c,
          major(st.st_rdev) << 8 | (minor(st.st_rdev) & 0xff) | (minor(st.st_rdev) & ~0xffu) << 12);
    put64(c, (uint64_t)st.st_size);
    put64(c, block_size(c, &st));
    put64(c, (uint64_t)st.st_blocks);
    put_time(c, &st.st_atim);
    put_time(c, &st.st_mtim);
    put_time(c, &st.st_ctim);
    for (int i = 0; i < 4; i++) /* time of birth, generation, version: not told */
        put64(c, 0);
    return 0;
}

/* ---- setting ---- */

struct change {
    uint32_t valid, mode, uid, gid;
    uint64_t size;
    uint64_t times[2][2]; /* access, modification */
};

/* By the inode, through /proc/self/fd: there is no call for a descriptor made by O_PATH. */
static int set_mode(const struct call *c, const struct node *n, uint32_t mode)
{
    char self[16];

    if (n->type == S_IFLNK)
        return EOPNOTSUPP;
    return fchmodat(c->share->self, share_self_name(self, n->fd), mode & 01777, 0) ? errno : 0;
}

static int set_owner(const struct node *n, const struct change *change)
{
    uid_t uid = change->valid & SET_UID ? change->uid : (uid_t)-1;
    gid_t gid = change->valid & SET_GID ? change->gid : (gid_t)-1;

    return fchownat(n->fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) ? errno : 0;
}

static int take_time(const struct change *change, int i, struct timespec *t)
{
    uint32_t set = i ? SET_MTIME : SET_ATIME, given = i ? SET_MTIME_GIVEN : SET_ATIME_GIVEN;

    *t = (struct timespec){.tv_nsec = UTIME_OMIT};
    if (!(change->valid & set))
        return 0;
    t->tv_nsec = UTIME_NOW;
    if (!(change->valid & given))
        return 0;
    if (change->times[i][1] > 999999999)
        return EINVAL;
    *t = (struct timespec){(time_t)change->times[i][0], (long)change->times[i][1]};
    return 0;
}

static int set_times(const struct node *n, const struct change *change)
{
    struct timespec times[2];
    int error = take_time(change, 0, &times[0]);

    if (!error)
        error = take_time(change, 1, &times[1]);
    if (error)
        return error;
    return utimensat(n->fd, "", times, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) ? errno : 0;
}

/* Truncating a file needs one that is open for writing. */
static int set_size(const struct hold *what, uint64_t size)
{
    struct file *f;
    int error;

    if (size > INT64_MAX)
        return EINVAL;
    if (what->node->type != S_IFREG)
        return what->node->type == S_IFDIR ? EISDIR : EINVAL;
    if (what->file && (fcntl(what->file->fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
        return ftruncate(what->file->fd, (off_t)size) ? errno : 0;
    f = file_new(what->node, O_WRONLY, &error);
    if (f && ftruncate(f->fd, (off_t)size))
        error = errno;
    file_drop(f);
    return error;
}

static int change_all(struct call *c, const struct hold *what, const struct change *change)
{
    uint32_t valid = change->valid;
    int error = 0;

    if (valid & ~(uint32_t)SET_KNOWN)
        return EINVAL;
    if (valid & SET_SIZE)
        error = set_size(what, change->size);
    if (!error && valid & SET_MODE)
        error = set_mode(c, what->node, change->mode);
    if (!error && valid & (SET_UID | SET_GID))
        error = set_owner(what->node, change);
    if (!error && valid & (SET_ATIME | SET_MTIME))
        error = set_times(what->node, change);
    return error;
}

/* Tsetattr fid[4] valid[4] mode[4] uid[4] gid[4] size[8] atime[8] ns[8] mtime[8] ns[8] */
int serve_setattr(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    struct change change;

    change.valid = get32(c);
    change.mode = get32(c);
    change.uid = get32(c);
    change.gid = get32(c);
    change.size = get64(c);
    for (int i = 0; i < 4; i++)
        change.times[i / 2][i % 2] = get64(c);
    return get_end(c) ? c->error : change_all(c, what, &change);
}

/* ---- others ---- */

/* Tstatfs fid[4] */
int serve_statfs(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    struct statfs fs;
    uint64_t id = 0;

    if (get_end(c))
        return c->error;
    if (fstatfs(what->node->fd, &fs))
        return errno;
    for (size_t i = 0; i < sizeof(fs.f_fsid) / sizeof(int); i++)
        id = id << 32 | (uint32_t)((const int *)&fs.f_fsid)[i];
    put32(c, V9FS_MAGIC);
    put32(c, (uint32_t)fs.f_bsize);
    put64(c, fs.f_blocks);
    put64(c, fs.f_bfree);
    put64(c, fs.f_bavail);
    put64(c, fs.f_files);
    put64(c, fs.f_ffree);
    put64(c, id);
    put32(c, (uint32_t)fs.f_namelen);
    return 0;
}

/* Treadlink fid[4]: the target as it is. It is the guest that goes there, in its own tree. */
int serve_readlink(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    char target[P9_PATH_BYTES];
    ssize_t n;

    if (get_end(c))
        return c->error;
    if (what->node->type != S_IFLNK)
        return EINVAL;
    n = readlinkat(what->node->fd, "", target, sizeof(target));
    if (n < 0)
        return errno;
    put_text(c, target, (size_t)n);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.c - messages about what is in files and directories. Data goes between the file and the
 * guest's memory directly.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "p9.h"

#define PIECES                                                                        \
    256u /* of the guest's memory in one transfer; where there are more it is shorter \
          */
#define NOW_BYTES   131072u /* that a guest may wait for while they are copied */
#define ENTRIES     16384u
#define ENTRY_BYTES 24u /* qid[13] offset[8] type[1] and the length of the name[2] */

/* ---- opening ---- */

int p9_open_flags(uint32_t flags)
{
    static const struct {
        uint32_t given;
        int host;
    } known[] = {
        {OPEN_TRUNC, O_TRUNC}, {OPEN_APPEND, O_APPEND},       {OPEN_DSYNC, O_DSYNC},
        {OPEN_SYNC, O_SYNC},   {OPEN_DIRECTORY, O_DIRECTORY},
    };
    int host = (int)(flags & 3);

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if ((flags & known[i].given) == known[i].given)
            host |= known[i].host;
    return (flags & 3) == 3 ? -1 : host;
}

/* Tlopen fid[4] flags[4] */
int serve_lopen(struct call *c)
{
    uint32_t number, flags;
    struct hold *what = get_fid(c, 0, &number), open;
    struct qid qid;
    int error, host_flags;

    flags = get32(c);
    if (get_end(c))
        return c->error;
    host_flags = p9_open_flags(flags);
    if (what->file || host_flags < 0)
        return EINVAL;
    if (c->share->read_only && (host_flags & O_ACCMODE || host_flags & O_TRUNC))
        return EROFS;
    error = node_qid(what->node, &qid);
    if (error)
        return error;
    open.file = file_new(what->node, host_flags, &error);
    if (!open.file)
        return error;
    open.node = node_keep(what->node);
    error = fid_replace(c->session, number, what, &open);
    if (error) {
        hold_drop(&open);
        return error;
    }
    put_qid(c, &qid);
    put32(c, io_unit(c->session));
    return 0;
}

/* ---- reading and writing ---- */

static _Atomic bool *waits(struct call *c)
{
    return c->type == T_READ ? &c->share->reads_wait : &c->share->writes_wait;
}

/* Whether it is to be done now, and would take its time. */
static bool postpone(struct call *c, const struct file *f, uint32_t count)
{
    c->blocks = c->now && (count > NOW_BYTES || *waits(c) || (f->stable && c->type == T_WRITE));
    return c->blocks;
}

/*
 * Past the C library, where the thread sanitizer would take the kernel's accesses to memory that a
 * guest polls for races: the order is in the guest's fences, which it does not see.
 */
static int64_t transfer(struct call *c, const struct file *f, uint32_t skip, uint64_t offset,
                        uint32_t count)
{
    long call = c->type == T_READ ? SYS_preadv2 : SYS_pwritev2, done;
    struct vm_iovec pieces[PIECES];
    uint32_t n = vm_iovec_slice(c->data, c->n_data, skip, count, pieces, PIECES);

    _Static_assert(sizeof(struct vm_iovec) == sizeof(struct iovec), "the kernel's struct iovec");
    if (offset > (uint64_t)INT64_MAX - count)
        return -EINVAL;
    if (postpone(c, f, count))
        return -EAGAIN;
    do
        done = syscall(call, f->fd, pieces, (unsigned long)n, (unsigned long)offset, 0ul,
                       c->now ? RWF_NOWAIT : 0);
    while (done < 0 && errno == EINTR);
    c->blocks = c->now && done < 0 && (errno == EAGAIN || errno == EOPNOTSUPP);
    if (c->blocks && errno == EOPNOTSUPP)
        *waits(c) = true;
    return done < 0 ? -errno : done;
}

/* Tread fid[4] offset[8] count[4] */
int serve_read(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    uint64_t offset = get64(c), room = c->data_length;
    uint32_t count = get32(c);
    int64_t done;

    if (get_end(c))
        return c->error;
    if (!what->file)
        return EBADF;
    if (what->file->directory)
        return EISDIR;
    room = room < c->session->msize ? room : c->session->msize;
    if (room < P9_DATA_OFFSET)
        return EMSGSIZE;
    if (count > room - P9_DATA_OFFSET)
        count = (uint32_t)(room - P9_DATA_OFFSET);
    done = transfer(c, what->file, P9_DATA_OFFSET, offset, count);
    if (done < 0)
        return (int)-done;
    c->moved = (uint64_t)done;
    put32(c, (uint32_t)done);
    return 0;
}

/* Twrite fid[4] offset[8] count[4] data[count]: c->in ends before the data. */
int serve_write(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    uint64_t offset = get64(c);
    uint32_t count = get32(c);
    int64_t done;

    if (get_end(c))
        return c->error;
    if (!what->file || what->file->directory)
        return EBADF;
    if (count != c->data_length - P9_WRITE_OFFSET)
        return EINVAL;
    done = transfer(c, what->file, P9_WRITE_OFFSET, offset, count);
    if (done < 0)
        return (int)-done;
    put32(c, (uint32_t)done);
    return 0;
}

/* Tfsync fid[4] datasync[4], which old clients leave out. */
int serve_fsync(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    uint32_t data_only = c->error || c->in == c->in_end ? 0 : get32(c);

    if (get_end(c))
        return c->error;
    if (!what->file)
        return EBADF;
    return (data_only ? fdatasync(what->file->fd) : fsync(what->file->fd)) ? errno : 0;
}

/* ---- directories ---- */

struct entry { /* as SYS_getdents64 gives them */
    uint64_t inode;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[];
};

struct listing {
    const struct node *directory;
    const struct file *file;
    struct call to; /* writes the entries */
};

static uint8_t type_of(const struct listing *l, const struct entry *e)
{
    struct stat st;

    if (e->type != DT_UNKNOWN || fstatat(l->file->fd, e->name, &st, AT_SYMLINK_NOFOLLOW))
        return e->type;
    return (uint8_t)IFTODT(st.st_mode);
}

/* False: there is no room. */
static bool put_entry(struct listing *l, const struct entry *e)
{
    const struct node *n = l->directory;
    size_t length = strlen(e->name);
    struct qid qid = {0};
    uint8_t type;

    if (ENTRY_BYTES + length > (size_t)(l->to.out_end - l->to.out))
        return false;
    type = type_of(l, e);
    qid.type = type == DT_DIR ? QID_DIRECTORY : type == DT_LNK ? QID_SYMLINK : 0;
    /* Of what is above the folder nothing is told. */
    qid.path = qid_path(n->share, n->device,
                        !n->parent && strcmp(e->name, "..") == 0 ? n->inode : e->inode);
    put_qid(&l->to, &qid);
    put64(&l->to, (uint64_t)e->next);
    put8(&l->to, type);
    put_text(&l->to, e->name, length);
    return true;
}

/* One portion. 1: there may be more; 0: not; negative: an errno value. */
static int list_some(struct listing *l)
{
    _Alignas(struct entry) char buffer[ENTRIES];
    long n = syscall(SYS_getdents64, l->file->fd, buffer, sizeof(buffer));
    const struct entry *e;

    if (n <= 0)
        return n < 0 ? -errno : 0;
    for (long at = 0; at < n; at += e->length) {
        e = (const struct entry *)(buffer + at);
        if (!put_entry(l, e))
            return l->to.out == l->to.reply ? -EINVAL : 0;
    }
    return 1;
}

static int list(struct listing *l, struct file *f, uint64_t offset)
{
    int more = 1;

    pthread_mutex_lock(&f->position);
    if (lseek(f->fd, (off_t)offset, SEEK_SET) < 0)
        more = -errno;
    while (more > 0)
        more = list_some(l);
    pthread_mutex_unlock(&f->position);
    return more < 0 ? -more : 0;
}

/* Treaddir fid[4] offset[8] count[4]: an offset is 0 or that of an entry, as the host has it. */
int serve_readdir(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    uint64_t offset = get64(c), room = c->data_length;
    uint32_t count = get32(c);
    struct listing l = {.directory = what->node, .file = what->file};
    int error;

    if (get_end(c))
        return c->error;
    if (!what->file)
        return EBADF;
    if (!what->file->directory)
        return ENOTDIR;
    room = room < c->session->msize ? room : c->session->msize;
    if (room < P9_DATA_OFFSET)
        return EMSGSIZE;
    room = room - P9_DATA_OFFSET < READDIR_BYTES ? room - P9_DATA_OFFSET : READDIR_BYTES;
    if (count > room)
        count = (uint32_t)room;
    c->tail = malloc(count ? count : 1);
    if (!c->tail)
        return ENOMEM;
    l.to = (struct call){.reply = c->tail, .out = c->tail, .out_end = c->tail + count};
    error = list(&l, what->file, offset);
    if (error)
        return error;
    c->tail_length = (uint32_t)(l.to.out - c->tail);
    put32(c, c->tail_length);
    return 0;
}

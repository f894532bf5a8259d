/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * locks.c - locks of ranges of files, which programs of the host and of other guests see.
 *
 * The guest's kernel keeps its own programs from one another, and says for whom a lock is: a
 * program's lock does not stand in its own way, by whichever fid it comes. On the host that takes
 * an open file of its own for each owner and file (open file description locks), which lasts until
 * the owner unlocks all of the file or the fid is clunked by which it came first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "p9.h"

enum { TYPE_READ = 0, TYPE_WRITE = 1, TYPE_NONE = 2 };
enum { STATUS_SUCCESS = 0, STATUS_BLOCKED = 1 };

struct lock_owner {
    struct lock_owner *next;
    dev_t device;
    ino_t inode;
    uint32_t process;
    struct name client;
    const struct file *by; /* for comparison alone */
    struct file *file;
};

struct range {
    uint8_t type;
    uint64_t start, length; /* 0: to the end */
    uint32_t process;
    struct name client;
};

static void get_range(struct call *c, struct range *r)
{
    r->start = get64(c);
    r->length = get64(c);
    r->process = get32(c);
    get_text(c, r->client.text, sizeof(r->client.text));
}

static int check_range(const struct call *c, const struct hold *what, const struct range *r)
{
    if (c->error)
        return c->error;
    if (!what->file)
        return EBADF;
    if (what->file->directory || r->type > TYPE_NONE || r->start > INT64_MAX ||
        r->length > INT64_MAX - r->start)
        return EINVAL;
    return 0;
}

static struct flock host_lock(const struct range *r)
{
    return (struct flock){
        .l_type = r->type == TYPE_READ    ? F_RDLCK
                  : r->type == TYPE_WRITE ? F_WRLCK
                                          : F_UNLCK,
        .l_whence = SEEK_SET,
        .l_start = (off_t)r->start,
        .l_len = (off_t)r->length,
    };
}

/* ---- owners; with owners_lock held ---- */

static struct lock_owner **find_owner(struct session *s, const struct node *n,
                                      const struct range *r)
{
    struct lock_owner **o = &s->owners;

    while (*o && ((*o)->inode != n->inode || (*o)->device != n->device ||
                  (*o)->process != r->process || strcmp((*o)->client.text, r->client.text) != 0))
        o = &(*o)->next;
    return o;
}

/* For writing if that may be: a lock for writing needs it, and who only reads may want one. */
static struct file *open_for_locks(struct node *n, bool read_only, int *error)
{
    struct file *f = read_only ? NULL : file_new(n, O_RDWR, error);

    return f ? f : file_new(n, O_RDONLY, error);
}

static struct lock_owner *add_owner(struct call *c, const struct hold *what, const struct range *r,
                                    int *error)
{
    struct session *s = c->session;
    struct lock_owner *o = s->n_owners < MAX_LOCKS ? calloc(1, sizeof(*o)) : NULL;

    *error = ENOLCK;
    if (!o)
        return NULL;
    o->file = open_for_locks(what->node, c->share->read_only, error);
    if (!o->file) {
        free(o);
        return NULL;
    }
    o->device = what->node->device;
    o->inode = what->node->inode;
    o->process = r->process;
    o->client = r->client;
    o->by = what->file;
    o->next = s->owners;
    s->owners = o;
    s->n_owners++;
    return o;
}

static void drop_owner(struct session *s, struct lock_owner **at)
{
    struct lock_owner *o = *at;

    *at = o->next;
    s->n_owners--;
    file_drop(o->file);
    free(o);
}

void locks_drop(struct session *s, const struct file *by)
{
    pthread_mutex_lock(&s->owners_lock);
    for (struct lock_owner **o = &s->owners; *o;) {
        if (!by || (*o)->by == by)
            drop_owner(s, o);
        else
            o = &(*o)->next;
    }
    pthread_mutex_unlock(&s->owners_lock);
}

/* ---- messages ---- */

static int set_lock(struct call *c, const struct hold *what, const struct range *r, uint8_t *status)
{
    struct lock_owner **at = find_owner(c->session, what->node, r), *o = *at;
    struct flock lock = host_lock(r);
    int error = 0;

    *status = STATUS_SUCCESS;
    if (r->type == TYPE_NONE) {
        if (o && r->start == 0 && r->length == 0)
            drop_owner(c->session, at);
        else if (o && fcntl(o->file->fd, F_OFD_SETLK, &lock))
            error = errno;
        return error;
    }
    if (!o)
        o = add_owner(c, what, r, &error);
    if (!o)
        return error;
    if (fcntl(o->file->fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES)
        return errno;
    *status = STATUS_BLOCKED; /* the guest asks again */
    return 0;
}

/* Tlock fid[4] type[1] flags[4] start[8] length[8] proc_id[4] client_id[s] */
int serve_lock(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    struct range r = {.type = get8(c)};
    uint8_t status;
    int error;

    get32(c); /* whether the program waits: so does the guest */
    get_range(c, &r);
    get_end(c);
    error = check_range(c, what, &r);
    if (error)
        return error;
    pthread_mutex_lock(&c->session->owners_lock);
    error = set_lock(c, what, &r, &status);
    pthread_mutex_unlock(&c->session->owners_lock);
    put8(c, status);
    return error;
}

static int query(struct call *c, const struct hold *what, struct flock *lock)
{
    struct file *f;
    int error = 0;

    f = open_for_locks(what->node, c->share->read_only, &error);
    if (!f)
        return error;
    error = fcntl(f->fd, F_OFD_GETLK, lock) ? errno : 0;
    file_drop(f);
    return error;
}

/* Tgetlock fid[4] type[1] start[8] length[8] proc_id[4] client_id[s]: who else has that range? */
int serve_getlock(struct call *c)
{
    struct hold *what = get_fid(c, 0, NULL);
    struct range r = {.type = get8(c)};
    struct lock_owner *o;
    struct flock lock;
    int error;

    get_range(c, &r);
    get_end(c);
    error = check_range(c, what, &r);
    if (!error && r.type == TYPE_NONE)
        error = EINVAL;
    if (error)
        return error;
    lock = host_lock(&r);
    pthread_mutex_lock(&c->session->owners_lock);
    o = *find_owner(c->session, what->node, &r);
    if (o)
        error = fcntl(o->file->fd, F_OFD_GETLK, &lock) ? errno : 0;
    else
        error = query(c, what, &lock);
    pthread_mutex_unlock(&c->session->owners_lock);
    if (error)
        return error;
    bool taken = lock.l_type != F_UNLCK;
    put8(c, !taken ? TYPE_NONE : lock.l_type == F_WRLCK ? TYPE_WRITE : TYPE_READ);
    put64(c, taken ? (uint64_t)lock.l_start : r.start);
    put64(c, taken ? (uint64_t)lock.l_len : r.length);
    put32(c, r.process); /* nobody here knows the other's */
    put_text(c, r.client.text, strlen(r.client.text));
    return 0;
}

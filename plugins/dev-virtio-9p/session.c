/* SPDX-License-Identifier: BSD-2-Clause */
/* session.c - nodes, open files, and the table of fids that stand for them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "p9.h"

/* ---- nodes ---- */

struct node *node_new(struct share *s, int fd, struct node *parent, const struct name *name,
                      int *error)
{
    struct node *n = fd < 0 ? NULL : calloc(1, sizeof(*n));
    struct stat st;

    *error = fd < 0 ? -fd : n ? 0 : ENOMEM;
    if (!*error && fstat(fd, &st))
        *error = errno;
    if (*error) {
        free(n);
        if (fd >= 0)
            share_close(s, fd);
        return NULL;
    }
    n->refs = 1;
    n->fd = fd;
    n->type = st.st_mode & S_IFMT;
    n->device = st.st_dev;
    n->inode = st.st_ino;
    n->share = s;
    n->parent = parent ? node_keep(parent) : NULL;
    if (name)
        n->name = *name;
    return n;
}

struct node *node_keep(struct node *n)
{
    atomic_fetch_add(&n->refs, 1);
    return n;
}

/* Up the chain in a loop: a guest can make it as long as it likes. */
void node_drop(struct node *n)
{
    while (n && atomic_fetch_sub(&n->refs, 1) == 1) {
        struct node *parent = n->parent;

        share_close(n->share, n->fd);
        free(n);
        n = parent;
    }
}

/* ---- open files ---- */

struct file *file_of(struct share *s, int fd, int flags, int *error)
{
    struct file *f = fd < 0 ? NULL : calloc(1, sizeof(*f));

    *error = fd < 0 ? -fd : f ? 0 : ENOMEM;
    if (!f) {
        if (fd >= 0)
            share_close(s, fd);
        return NULL;
    }
    f->refs = 1;
    f->fd = fd;
    f->directory = (flags & O_DIRECTORY) != 0;
    f->stable = (flags & (O_DSYNC | O_SYNC)) != 0;
    f->share = s;
    pthread_mutex_init(&f->position, NULL);
    return f;
}

struct file *file_new(struct node *n, int flags, int *error)
{
    bool directory = n->type == S_IFDIR;

    *error = 0;
    if (directory && ((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC))
        *error = EISDIR;
    else if (!directory && flags & O_DIRECTORY)
        *error = ENOTDIR;
    else if (n->type == S_IFLNK)
        *error = ELOOP;
    else if (!directory && n->type != S_IFREG)
        *error = EPERM;
    if (*error)
        return NULL;
    flags = directory ? O_DIRECTORY : flags | O_NONBLOCK | O_NOCTTY;
    return file_of(n->share,
                   directory ? share_open_directory(n->share, n->fd)
                             : share_reopen(n->share, n->fd, flags),
                   flags, error);
}

struct file *file_keep(struct file *f)
{
    atomic_fetch_add(&f->refs, 1);
    return f;
}

void file_drop(struct file *f)
{
    if (!f || atomic_fetch_sub(&f->refs, 1) != 1)
        return;
    share_close(f->share, f->fd);
    pthread_mutex_destroy(&f->position);
    free(f);
}

void hold_drop(struct hold *h)
{
    file_drop(h->file);
    node_drop(h->node);
    *h = (struct hold){0};
}

static struct hold hold_keep(const struct hold *h)
{
    return (struct hold){node_keep(h->node), h->file ? file_keep(h->file) : NULL};
}

/* ---- fids ---- */

/* Where the pointer to it is, or would be. With the lock held. */
static struct fid **place(struct session *s, uint32_t number)
{
    struct fid **f = &s->fids[(number ^ number >> 9) % FID_BUCKETS];

    while (*f && (*f)->number != number)
        f = &(*f)->next;
    return f;
}

static int no_fid(const struct session *s)
{
    return s->restored ? ESTALE : EBADF;
}

int fid_add(struct session *s, uint32_t number, const struct hold *is)
{
    struct fid *f = malloc(sizeof(*f)), **at;
    int error = 0;

    if (!f)
        return ENOMEM;
    *f = (struct fid){.number = number, .is = *is};
    pthread_mutex_lock(&s->lock);
    at = place(s, number);
    if (*at || number == P9_NO_FID)
        error = EINVAL;
    else if (s->n_fids == MAX_FIDS)
        error = ENFILE;
    else
        *at = f;
    s->n_fids += !error;
    pthread_mutex_unlock(&s->lock);
    if (error)
        free(f);
    return error;
}

int fid_replace(struct session *s, uint32_t number, const struct hold *was, const struct hold *is)
{
    struct hold old = {0};

    pthread_mutex_lock(&s->lock);
    struct fid *f = *place(s, number);
    bool same = f && f->is.node == was->node && f->is.file == was->file;
    if (same) {
        old = f->is;
        f->is = *is;
    }
    pthread_mutex_unlock(&s->lock);
    hold_drop(&old);
    return same ? 0 : EBADF;
}

int fid_get(struct session *s, uint32_t number, struct hold *out)
{
    pthread_mutex_lock(&s->lock);
    struct fid *f = *place(s, number);
    if (f)
        *out = hold_keep(&f->is);
    pthread_mutex_unlock(&s->lock);
    return f ? 0 : no_fid(s);
}

int fid_remove(struct session *s, uint32_t number, struct hold *out)
{
    pthread_mutex_lock(&s->lock);
    struct fid **at = place(s, number), *f = *at;
    if (f) {
        *at = f->next;
        s->n_fids--;
    }
    pthread_mutex_unlock(&s->lock);
    if (!f)
        return no_fid(s);
    *out = f->is;
    free(f);
    return 0;
}

/* ---- sessions ---- */

struct session *session_new(struct share *share, uint32_t msize)
{
    struct session *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->refs = 1;
    s->share = share;
    s->msize = msize;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->owners_lock, NULL);
    return s;
}

void session_keep(struct session *s)
{
    atomic_fetch_add(&s->refs, 1);
}

void session_drop(struct session *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    locks_drop(s, NULL);
    for (uint32_t i = 0; i < FID_BUCKETS; i++) {
        while (s->fids[i]) {
            struct fid *f = s->fids[i];

            s->fids[i] = f->next;
            hold_drop(&f->is);
            free(f);
        }
    }
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->owners_lock);
    free(s);
}

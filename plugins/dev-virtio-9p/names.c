/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - messages about entries of directories. Names are struct name, so one component each,
 * and go with the descriptor of the directory that they are in. All is made with the ids of the
 * user who runs vmrun, whatever gid[4] a message has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "p9.h"

#define CREATE_TRIES 8

/* Neither set-user-id nor set-group-id: on the host a guest's program must not run as the user who
 * runs vmrun for others. */
#define MODE_MASK 01777u

static int result(int done)
{
    return done < 0 ? errno : 0;
}

/* ---- walking ---- */

/* One step from n, which is dropped; NULL with *error set. */
static struct node *step(struct call *c, struct node *n, const struct name *name, int *error)
{
    struct node *next = NULL;

    *error = 0;
    if (n->type != S_IFDIR)
        *error = ENOTDIR;
    else if (strcmp(name->text, "..") == 0)
        next = node_keep(n->parent ? n->parent : n); /* the folder's own is itself */
    else
        next = node_new(c->share, share_find(c->share, n->fd, name), n, name, error);
    node_drop(n);
    return next;
}

/* As far as it goes, with the qids of the way. Returns how many; *n is where it ends, or NULL. */
static uint16_t walk(struct call *c, struct node **n, const struct name *names, uint16_t count,
                     struct qid *qids, int *error)
{
    *error = 0;
    for (uint16_t i = 0; i < count; i++) {
        *n = step(c, *n, &names[i], error);
        if (*n)
            *error = node_qid(*n, &qids[i]);
        if (*error)
            return i;
    }
    return count;
}

/* Twalk fid[4] newfid[4] n[2] n*(name[s]) */
int serve_walk(struct call *c)
{
    struct name names[P9_MAX_WALK];
    struct qid qids[P9_MAX_WALK];
    uint32_t number, new_number;
    struct hold *from = get_fid(c, 0, &number), to = {0};
    uint16_t n, done;
    int error;

    new_number = get32(c);
    n = get16(c);
    if (n > P9_MAX_WALK)
        return EINVAL;
    for (uint16_t i = 0; i < n; i++)
        get_name(c, &names[i], true);
    if (get_end(c))
        return c->error;
    if (from->file && (n > 0 || number == new_number))
        return EINVAL;
    to.node = node_keep(from->node);
    done = walk(c, &to.node, names, n, qids, &error);
    if (done == n)
        error = number == new_number ? fid_replace(c->session, number, from, &to)
                                     : fid_add(c->session, new_number, &to);
    if (error)
        hold_drop(&to);
    if (error && (done == 0 || done == n))
        return error;
    put16(c, done);
    for (uint16_t i = 0; i < done; i++)
        put_qid(c, &qids[i]);
    return 0;
}

/* ---- making ---- */

/* The entry that was made just now. */
static int put_made(struct call *c, const struct node *directory, const struct name *name)
{
    int error;
    struct node *n =
        node_new(c->share, share_find(c->share, directory->fd, name), NULL, name, &error);
    struct qid qid = {0};

    if (n)
        error = node_qid(n, &qid);
    node_drop(n);
    if (!error)
        put_qid(c, &qid);
    return error;
}

/* A new file, open, and its node. */
static int create(struct share *s, const struct hold *in, const struct name *name, int flags,
                  mode_t mode, struct hold *made)
{
    int error, fd = share_create(s, in->node->fd, name, flags | O_NONBLOCK | O_NOCTTY, mode);

    if (fd < 0)
        return -fd;
    made->node = node_new(s, share_reopen(s, fd, O_PATH), in->node, name, &error);
    if (error) {
        share_close(s, fd);
        return error;
    }
    made->file = file_of(s, fd, flags, &error);
    return error;
}

/* One that is there already. */
static int open_there(struct share *s, const struct hold *in, const struct name *name, int flags,
                      struct hold *made)
{
    int error;

    made->node = node_new(s, share_find(s, in->node->fd, name), in->node, name, &error);
    if (made->node)
        made->file = file_new(made->node, flags, &error);
    return error;
}

/*
 * Somebody on the host may make the file first, or take it away again. It is never opened by its
 * name unless that makes it: it could be anything.
 */
static int create_or_open(struct share *s, const struct hold *in, const struct name *name,
                          int flags, mode_t mode, bool exclusive, struct hold *made)
{
    int error = 0;

    for (int i = 0; i < CREATE_TRIES; i++) {
        error = create(s, in, name, flags & ~O_TRUNC, mode, made);
        if (error != EEXIST || exclusive)
            return error;
        error = open_there(s, in, name, flags, made);
        if (error != ENOENT)
            return error;
        hold_drop(made);
    }
    return error;
}

/* Tlcreate fid[4] name[s] flags[4] mode[4] gid[4]: the fid, a directory's, becomes the file's. */
int serve_lcreate(struct call *c)
{
    uint32_t number, flags, mode;
    struct hold *in = get_fid(c, 0, &number), made = {0};
    struct name name;
    struct qid qid;
    int error;

    get_name(c, &name, false);
    flags = get32(c);
    mode = get32(c);
    get32(c);
    if (get_end(c))
        return c->error;
    int host_flags = p9_open_flags(flags);
    if (in->file || host_flags < 0 || host_flags & O_DIRECTORY)
        return EINVAL;
    error = create_or_open(c->share, in, &name, host_flags, mode & MODE_MASK,
                           (flags & OPEN_EXCL) != 0, &made);
    if (!error)
        error = node_qid(made.node, &qid);
    if (!error)
        error = fid_replace(c->session, number, in, &made);
    if (error) {
        hold_drop(&made);
        return error;
    }
    put_qid(c, &qid);
    put32(c, io_unit(c->session));
    return 0;
}

/* Tsymlink dfid[4] name[s] target[s] gid[4] */
int serve_symlink(struct call *c)
{
    struct hold *in = get_fid(c, 0, NULL);
    char target[P9_PATH_BYTES];
    struct name name;

    get_name(c, &name, false);
    get_text(c, target, sizeof(target));
    get32(c);
    if (get_end(c))
        return c->error;
    int error = result(symlinkat(target, in->node->fd, name.text));
    return error ? error : put_made(c, in->node, &name);
}

/* Tmknod dfid[4] name[s] mode[4] major[4] minor[4] gid[4]: of plain files alone. */
int serve_mknod(struct call *c)
{
    struct hold *in = get_fid(c, 0, NULL);
    struct name name;
    uint32_t mode;

    get_name(c, &name, false);
    mode = get32(c);
    get32(c);
    get32(c);
    get32(c);
    if (get_end(c))
        return c->error;
    if ((mode & S_IFMT) != 0 && (mode & S_IFMT) != S_IFREG)
        return EPERM;
    int error = result(mknodat(in->node->fd, name.text, S_IFREG | (mode & MODE_MASK), 0));
    return error ? error : put_made(c, in->node, &name);
}

/* Tmkdir dfid[4] name[s] mode[4] gid[4] */
int serve_mkdir(struct call *c)
{
    struct hold *in = get_fid(c, 0, NULL);
    struct name name;
    uint32_t mode;

    get_name(c, &name, false);
    mode = get32(c);
    get32(c);
    if (get_end(c))
        return c->error;
    int error = result(mkdirat(in->node->fd, name.text, mode & MODE_MASK));
    return error ? error : put_made(c, in->node, &name);
}

/* Tlink dfid[4] fid[4] name[s] */
int serve_link(struct call *c)
{
    struct hold *in = get_fid(c, 0, NULL), *what = get_fid(c, 1, NULL);
    struct name name;
    char self[16];

    get_name(c, &name, false);
    if (get_end(c))
        return c->error;
    if (what->node->type == S_IFDIR)
        return EPERM;
    return result(linkat(c->share->self, share_self_name(self, what->node->fd), in->node->fd,
                         name.text, AT_SYMLINK_FOLLOW));
}

/* ---- changing ---- */

/* Trenameat olddir[4] oldname[s] newdir[4] newname[s] */
int serve_renameat(struct call *c)
{
    struct hold *from = get_fid(c, 0, NULL), *to;
    struct name old, new;

    get_name(c, &old, false);
    to = get_fid(c, 1, NULL);
    get_name(c, &new, false);
    if (get_end(c))
        return c->error;
    return result(renameat(from->node->fd, old.text, to->node->fd, new.text));
}

/* Whether a node is still where it was found: for messages that name a fid and mean its entry. */
static int still_there(const struct node *n)
{
    struct stat st;

    if (!n->parent)
        return EBUSY;
    if (fstatat(n->parent->fd, n->name.text, &st, AT_SYMLINK_NOFOLLOW))
        return errno;
    return st.st_dev == n->device && st.st_ino == n->inode ? 0 : ESTALE;
}

/* The same thing under its new name. */
static int move_fid(struct call *c, uint32_t number, const struct hold *was, struct node *parent,
                    const struct name *name)
{
    int error;
    struct node *n =
        node_new(c->share, share_reopen(c->share, was->node->fd, O_PATH), parent, name, &error);
    struct hold is = {n, was->file ? file_keep(was->file) : NULL};

    if (!error)
        error = fid_replace(c->session, number, was, &is);
    if (error)
        hold_drop(&is);
    return error;
}

/* Trename fid[4] dfid[4] name[s] */
int serve_rename(struct call *c)
{
    uint32_t number;
    struct hold *what = get_fid(c, 0, &number), *to = get_fid(c, 1, NULL);
    struct name name;

    get_name(c, &name, false);
    if (get_end(c))
        return c->error;
    int error = still_there(what->node);
    if (!error)
        error = result(
            renameat(what->node->parent->fd, what->node->name.text, to->node->fd, name.text));
    return error ? error : move_fid(c, number, what, to->node, &name);
}

/* Tunlinkat dirfd[4] name[s] flags[4] */
int serve_unlinkat(struct call *c)
{
    struct hold *in = get_fid(c, 0, NULL);
    struct name name;
    uint32_t flags;

    get_name(c, &name, false);
    flags = get32(c);
    if (get_end(c))
        return c->error;
    if (flags & ~(uint32_t)AT_REMOVEDIR) /* Linux's value is the protocol's */
        return EINVAL;
    return result(unlinkat(in->node->fd, name.text, (int)flags));
}

/* Tremove fid[4]: the fid goes in any case. */
int serve_remove(struct call *c)
{
    uint32_t number = get32(c);
    struct hold *what = &c->holds[0];
    int error;

    if (get_end(c))
        return c->error;
    error = fid_remove(c->session, number, what);
    if (!error && what->file)
        locks_drop(c->session, what->file);
    if (!error && c->share->read_only)
        error = EROFS;
    if (!error)
        error = still_there(what->node);
    return error ? error
                 : result(unlinkat(what->node->parent->fd, what->node->name.text,
                                   what->node->type == S_IFDIR ? AT_REMOVEDIR : 0));
}

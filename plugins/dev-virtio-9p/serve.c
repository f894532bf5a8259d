/* SPDX-License-Identifier: BSD-2-Clause */
/* serve.c - which message is served by what; those about fids as such. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "p9.h"

/* ---- fids ---- */

/* Tattach fid[4] afid[4] uname[s] aname[s] n_uname[4]. There is one tree, and nobody to be: all is
 * done as the user who runs vmrun. */
static int serve_attach(struct call *c)
{
    uint32_t number = get32(c), auth = get32(c);
    char user[P9_NAME_BYTES], tree[P9_PATH_BYTES];
    struct share *s = c->share;
    struct hold root = {0};
    struct qid qid;
    int error;

    get_text(c, user, sizeof(user));
    get_text(c, tree, sizeof(tree));
    get32(c);
    if (get_end(c))
        return c->error;
    if (auth != P9_NO_FID)
        return EINVAL;
    if (strcmp(tree, "") != 0 && strcmp(tree, "/") != 0)
        return ENOENT;
    root.node = node_new(s, share_reopen(s, s->root, O_PATH | O_DIRECTORY), NULL, NULL, &error);
    if (!error)
        error = node_qid(root.node, &qid);
    if (!error)
        error = fid_add(c->session, number, &root);
    if (error) {
        hold_drop(&root);
        return error;
    }
    put_qid(c, &qid);
    return 0;
}

/* Tclunk fid[4] */
static int serve_clunk(struct call *c)
{
    uint32_t number = get32(c);

    if (get_end(c))
        return c->error;
    int error = fid_remove(c->session, number, &c->holds[0]);
    if (!error && c->holds[0].file)
        locks_drop(c->session, c->holds[0].file);
    return error;
}

/* ---- the table ---- */

static const struct message {
    uint8_t type;
    bool changes; /* refused where the folder is read-only */
    int (*serve)(struct call *c);
} messages[] = {
    {T_ATTACH, false, serve_attach},    {T_CLUNK, false, serve_clunk},
    {T_WALK, false, serve_walk},        {T_GETATTR, false, serve_getattr},
    {T_READ, false, serve_read},        {T_WRITE, true, serve_write},
    {T_LOPEN, false, serve_lopen},      {T_READDIR, false, serve_readdir},
    {T_LCREATE, true, serve_lcreate},   {T_SETATTR, true, serve_setattr},
    {T_MKDIR, true, serve_mkdir},       {T_UNLINKAT, true, serve_unlinkat},
    {T_RENAMEAT, true, serve_renameat}, {T_RENAME, true, serve_rename},
    {T_SYMLINK, true, serve_symlink},   {T_READLINK, false, serve_readlink},
    {T_LINK, true, serve_link},         {T_MKNOD, true, serve_mknod},
    {T_FSYNC, false, serve_fsync},      {T_STATFS, false, serve_statfs},
    {T_LOCK, false, serve_lock},        {T_GETLOCK, false, serve_getlock},
    {T_REMOVE, false, serve_remove}, /* it says so itself: the fid goes in any case */
};

static const struct message *find(uint8_t type)
{
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        if (messages[i].type == type)
            return &messages[i];
    return NULL;
}

bool p9_has(uint8_t type)
{
    return find(type) != NULL;
}

/* ---- replies ---- */

void p9_begin_reply(struct call *c)
{
    c->out = c->reply + P9_HEADER_BYTES;
}

void p9_end_reply(struct call *c, int error)
{
    uint8_t type = (uint8_t)(c->type + 1);
    uint64_t length;

    if (error) {
        free(c->tail);
        c->tail = NULL;
        c->tail_length = 0;
        c->moved = 0;
        c->error = 0;
        type = T_LERROR + 1;
        p9_begin_reply(c);
        put32(c, (uint32_t)error);
    }
    length = (uint64_t)(c->out - c->reply) + c->moved + c->tail_length;
    c->out = c->reply;
    put32(c, (uint32_t)length);
    put8(c, type);
    put16(c, c->tag);
    c->out = c->reply + (length - c->moved - c->tail_length);
}

void p9_serve(struct call *c)
{
    const struct message *m = find(c->type);
    int error = EOPNOTSUPP;

    p9_begin_reply(c);
    if (m && m->changes && c->share->read_only)
        error = EROFS;
    else if (m)
        error = m->serve(c);
    hold_drop(&c->holds[0]);
    hold_drop(&c->holds[1]);
    p9_end_reply(c, error ? error : c->error);
}

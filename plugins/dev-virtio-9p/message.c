/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * message.c - reads what messages are made of, and writes replies. Numbers are little-endian; a
 * text is its length and its bytes. What is wrong is noted in the call: later reads give zeroes.
 */
#include <errno.h>
#include <string.h>

#include "p9.h"

#define PAGE 4096u

static void wrong(struct call *c, int error)
{
    if (!c->error)
        c->error = error;
}

/* ---- reading ---- */

static const uint8_t *take(struct call *c, size_t n)
{
    const uint8_t *at = c->in;

    if (c->error || n > (size_t)(c->in_end - c->in)) {
        wrong(c, EINVAL);
        return NULL;
    }
    c->in += n;
    return at;
}

static uint64_t get(struct call *c, unsigned bytes)
{
    const uint8_t *at = take(c, bytes);
    uint64_t value = 0;

    for (unsigned i = 0; at && i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

uint8_t get8(struct call *c)
{
    return (uint8_t)get(c, 1);
}

uint16_t get16(struct call *c)
{
    return (uint16_t)get(c, 2);
}

uint32_t get32(struct call *c)
{
    return (uint32_t)get(c, 4);
}

uint64_t get64(struct call *c)
{
    return get(c, 8);
}

void get_text(struct call *c, char *text, size_t room)
{
    size_t n = get16(c);
    const uint8_t *at = take(c, n);

    text[0] = '\0';
    if (!at)
        return;
    if (n >= room) {
        wrong(c, ENAMETOOLONG);
        return;
    }
    if (memchr(at, 0, n)) {
        wrong(c, EINVAL);
        return;
    }
    memcpy(text, at, n);
    text[n] = '\0';
}

void get_name(struct call *c, struct name *name, bool dots)
{
    get_text(c, name->text, sizeof(name->text));
    if (c->error)
        return;
    if (name->text[0] == '\0' || strchr(name->text, '/'))
        wrong(c, ENOENT);
    else if (strcmp(name->text, ".") == 0 || (strcmp(name->text, "..") == 0 && !dots))
        wrong(c, EINVAL);
}

struct hold *get_fid(struct call *c, unsigned i, uint32_t *number)
{
    uint32_t fid = get32(c);
    int error = c->error ? c->error : fid_get(c->session, fid, &c->holds[i]);

    if (error)
        wrong(c, error);
    if (number)
        *number = fid;
    return &c->holds[i];
}

int get_end(struct call *c)
{
    if (c->in != c->in_end)
        wrong(c, EINVAL);
    return c->error;
}

/* ---- writing ---- */

static void put(struct call *c, uint64_t value, unsigned bytes)
{
    if (bytes > (size_t)(c->out_end - c->out)) {
        wrong(c, EMSGSIZE);
        return;
    }
    for (unsigned i = 0; i < bytes; i++)
        *c->out++ = (uint8_t)(value >> 8 * i);
}

void put8(struct call *c, uint8_t value)
{
    put(c, value, 1);
}

void put16(struct call *c, uint16_t value)
{
    put(c, value, 2);
}

void put32(struct call *c, uint32_t value)
{
    put(c, value, 4);
}

void put64(struct call *c, uint64_t value)
{
    put(c, value, 8);
}

void put_text(struct call *c, const char *text, size_t n)
{
    put16(c, (uint16_t)n);
    if (n > (size_t)(c->out_end - c->out)) {
        wrong(c, EMSGSIZE);
        return;
    }
    memcpy(c->out, text, n);
    c->out += n;
}

/* In whole pages if there is one. */
uint32_t io_unit(const struct session *s)
{
    uint32_t most = s->msize - P9_IO_BYTES;

    return most < PAGE ? most : most / PAGE * PAGE;
}

/* ---- qids ---- */

/* Inodes of the folder's own file system are told as they are, those of others by a hash of both:
 * they had better differ, since Linux takes it for the inode's number. */
uint64_t qid_path(const struct share *s, dev_t device, ino_t inode)
{
    uint64_t other = (uint64_t)device ^ (uint64_t)s->device;

    other *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint64_t)inode ^ other ^ other >> 32;
}

/* A version of 0 would mean that nothing may be cached. */
struct qid qid_of(const struct share *s, const struct stat *st)
{
    uint64_t version = (uint64_t)st->st_mtim.tv_sec << 20 ^ (uint64_t)st->st_mtim.tv_nsec ^
                       (uint64_t)st->st_size << 8;

    version ^= version >> 32;
    return (struct qid){
        .type = S_ISDIR(st->st_mode)   ? QID_DIRECTORY
                : S_ISLNK(st->st_mode) ? QID_SYMLINK
                                       : 0,
        .version = (uint32_t)version ? (uint32_t)version : 1,
        .path = qid_path(s, st->st_dev, st->st_ino),
    };
}

int node_qid(const struct node *n, struct qid *qid)
{
    struct stat st;

    if (fstat(n->fd, &st))
        return errno;
    *qid = qid_of(n->share, &st);
    return 0;
}

void put_qid(struct call *c, const struct qid *qid)
{
    put8(c, qid->type);
    put32(c, qid->version);
    put64(c, qid->path);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * p9_client.h - a client of 9P2000.L for the shared folder under test: makes messages, sends them
 * over the virtqueue, and reads the replies.
 *
 * Messages are described by a text with a letter for each field: b, w, d, q for 1, 2, 4, 8 bytes, s
 * for a text (const char *), n for one with a length of its own (int, const char *).
 */
#ifndef TESTS_UNIT_P9_CLIENT_H
#define TESTS_UNIT_P9_CLIENT_H

#include "virtio_driver.h"

#define P9_NOFID 0xffffffffu
#define P9_ROOT  1u     /* the fid that p9_use() leaves for the folder */
#define P9_ROOM  65536u /* for messages and replies, each */

enum p9_type {
    P9_STATFS = 8,
    P9_LOPEN = 12,
    P9_LCREATE = 14,
    P9_SYMLINK = 16,
    P9_MKNOD = 18,
    P9_RENAME = 20,
    P9_READLINK = 22,
    P9_GETATTR = 24,
    P9_SETATTR = 26,
    P9_XATTRWALK = 30,
    P9_XATTRCREATE = 32,
    P9_READDIR = 40,
    P9_FSYNC = 50,
    P9_LOCK = 52,
    P9_GETLOCK = 54,
    P9_LINK = 70,
    P9_MKDIR = 72,
    P9_RENAMEAT = 74,
    P9_UNLINKAT = 76,
    P9_VERSION = 100,
    P9_AUTH = 102,
    P9_ATTACH = 104,
    P9_FLUSH = 108,
    P9_WALK = 110,
    P9_READ = 116,
    P9_WRITE = 118,
    P9_CLUNK = 120,
    P9_REMOVE = 122,
};

struct p9_client {
    struct vm_devtest *h;
    struct driver d;
    uint64_t message, reply; /* in the guest's RAM */
    uint32_t length;         /* of the message */
    uint16_t tag;
    uint32_t in, end; /* where the next field of the reply is, and where it ends */
};

/* Makes a device of these properties and brings it up. */
void p9_device(struct p9_client *c, const char *const *properties);
/* The same driver once more, after a reset. */
void p9_start(struct p9_client *c);

void p9_message(struct p9_client *c, uint8_t type, const char *fields, ...);
void p9_bytes(struct p9_client *c, const void *bytes, uint32_t n); /* more of it */
/* Sends it, with so much room for the reply, without waiting. */
void p9_send(struct p9_client *c, uint32_t room);
/* What the reply says: 0, or the errno value of Rlerror; -1: it is none to that message. */
int p9_reply(struct p9_client *c);
/* All in one. */
int p9_call(struct p9_client *c, uint8_t type, const char *fields, ...);
int p9_again(struct p9_client *c); /* the message that is there, which a test has changed */

uint64_t p9_take(struct p9_client *c, unsigned bytes);
const char *p9_take_text(struct p9_client *c);
const uint8_t *p9_take_bytes(struct p9_client *c, uint32_t n);

/* ---- usual ones ---- */

/* A device of this folder and one more property, in the place of the one that there is, mounted. */
void p9_use(struct p9_client *c, const char *folder, const char *property, const char *value);
/* A fid for a path below the folder, and an open one; there must be such a thing. */
void p9_at(struct p9_client *c, uint32_t fid, const char *path);
void p9_open_at(struct p9_client *c, uint32_t fid, const char *path, uint32_t flags);

int p9_mount(struct p9_client *c, uint32_t root); /* version and attach */
/* To a path of components with slashes between. */
int p9_walk(struct p9_client *c, uint32_t from, uint32_t to, const char *path);
int p9_open(struct p9_client *c, uint32_t fid, uint32_t flags);
int p9_clunk(struct p9_client *c, uint32_t fid);
int p9_create(struct p9_client *c, uint32_t fid, const char *name, uint32_t flags, uint32_t mode);
int p9_write(struct p9_client *c, uint32_t fid, uint64_t offset, const void *bytes, uint32_t n);
/* What is there, as text; NULL: an error. */
const char *p9_read(struct p9_client *c, uint32_t fid, uint64_t offset, uint32_t n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * p9.h - shared folder by 9P2000.L over virtio (Virtio 1.2, 5.12; the 9P manual; Linux's
 * include/net/9p/9p.h and the description of diod for the .L messages): what the files of this
 * plugin share.
 *
 * How the guest is confined. Everything that it can name is held by a descriptor (struct node) that
 * was found from the folder's own, one name at a time (share_find): a name is one component, never
 * "." or a path, and a link is never followed. ".." goes to the node that it was found from. So
 * there is no path that somebody could change between a look and a use. A file is opened by its own
 * descriptor, through /proc/self/fd, after that said that it is a regular file or a directory;
 * nothing else is ever opened.
 *
 * Threads. Messages come and go in locked callbacks (queue.c); between, each is served on a work
 * thread (serve.c and what it calls), several of one guest at a time. What they share is in struct
 * session: its table of fids has a lock that is not held over system calls; nodes and files do not
 * change and are counted.
 */
#ifndef DEV_VIRTIO_9P_P9_H
#define DEV_VIRTIO_9P_P9_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <vmrun/virtio.h>

#define P9_HEADER_BYTES 7u  /* size[4] type[1] tag[2] */
#define P9_DATA_OFFSET  11u /* of Rread and Rreaddir: behind count[4] */
#define P9_WRITE_OFFSET 23u /* of Twrite: behind fid[4] offset[8] count[4] */
#define P9_ERROR_BYTES  11u /* of Rlerror */
#define P9_IO_BYTES     24u /* what an msize is longer than data at least */
#define P9_MIN_MSIZE    4096u
#define P9_MAX_WALK     16u
#define P9_NAME_BYTES   256u
#define P9_PATH_BYTES   4096u /* target of a symbolic link */
#define P9_NO_FID       UINT32_C(0xffffffff)
#define MESSAGE_BYTES   8192u /* of a message, but for what Twrite writes */
#define REPLY_BYTES     4608u /* of a reply, but for data */
#define READDIR_BYTES   65536u
#define MAX_FIDS        32768u /* of one session */
#define MAX_LOCKS       1024u  /* owners of locks */

/* Messages; the reply is one more. */
enum {
    T_LERROR = 6,
    T_STATFS = 8,
    T_LOPEN = 12,
    T_LCREATE = 14,
    T_SYMLINK = 16,
    T_MKNOD = 18,
    T_RENAME = 20,
    T_READLINK = 22,
    T_GETATTR = 24,
    T_SETATTR = 26,
    T_READDIR = 40,
    T_FSYNC = 50,
    T_LOCK = 52,
    T_GETLOCK = 54,
    T_LINK = 70,
    T_MKDIR = 72,
    T_RENAMEAT = 74,
    T_UNLINKAT = 76,
    T_VERSION = 100,
    T_ATTACH = 104,
    T_FLUSH = 108,
    T_WALK = 110,
    T_READ = 116,
    T_WRITE = 118,
    T_CLUNK = 120,
    T_REMOVE = 122,
};

/* Flags of Tlopen and Tlcreate, but for the access mode, which is Linux's. */
enum {
    OPEN_EXCL = 0200,
    OPEN_TRUNC = 01000,
    OPEN_APPEND = 02000,
    OPEN_DSYNC = 010000,
    OPEN_DIRECTORY = 0200000,
    OPEN_SYNC = 04010000
};

/* ---- share.c: the folder, and all that asks the host for a name or a descriptor ---------------
 */

struct share {
    const struct vm_host *host; /* for its log */
    const void *who;
    int root;     /* the folder */
    int self;     /* /proc/self/fd */
    dev_t device; /* of the folder */
    bool read_only;
    uint64_t resolve; /* RESOLVE_* for everything that is found */
    uint32_t max_msize;
    uint32_t max_files;
    _Atomic uint32_t files;               /* descriptors that the guest holds */
    _Atomic bool reads_wait, writes_wait; /* there is a file system that cannot but wait */
};

/* A name of the guest's in the entry of a directory: one component. */
struct name {
    char text[P9_NAME_BYTES];
};

int share_open(struct share *s, const char *folder, bool mounts, struct vm_error *err);
void share_end(struct share *s);
/* Those that give a descriptor count it until share_close(); negative: an errno value. */
int share_find(struct share *s, int directory, const struct name *name);
int share_create(struct share *s, int directory, const struct name *name, int flags, mode_t mode);
int share_open_directory(struct share *s, int directory);
/* Opens what `fd` stands for once more: a regular file, or anything with O_PATH. */
int share_reopen(struct share *s, int fd, int flags);
void share_close(struct share *s, int fd);
/* Its name below s->self, for calls that take one but no descriptor made by O_PATH. */
const char *share_self_name(char text[16], int fd);

/* ---- session.c: what a guest holds between Tversion and the next ------------------------------
 */

/* Something in the folder. Does not change. */
struct node {
    _Atomic uint32_t refs;
    int fd;      /* O_PATH */
    mode_t type; /* S_IFMT of its mode */
    dev_t device;
    ino_t inode;
    struct share *share;
    struct node *parent; /* where it was found, NULL: the folder itself */
    struct name name;    /* there, then */
};

/* An open file or directory. */
struct file {
    _Atomic uint32_t refs;
    int fd;
    bool directory;
    bool stable;              /* each write waits until it is on stable storage */
    pthread_mutex_t position; /* of a directory */
    struct share *share;
};

struct hold {
    struct node *node;
    struct file *file; /* NULL: not open */
};

struct fid {
    struct fid *next;
    uint32_t number;
    struct hold is;
};

struct lock_owner;

#define FID_BUCKETS 512u

struct session {
    _Atomic uint32_t refs;
    struct share *share;
    uint32_t msize;
    bool restored; /* from a saved state: the guest has fids that are lost */
    pthread_mutex_t lock;
    uint32_t n_fids;
    struct fid *fids[FID_BUCKETS];
    pthread_mutex_t owners_lock;
    uint32_t n_owners;
    struct lock_owner *owners;
};

struct session *session_new(struct share *share, uint32_t msize);
void session_keep(struct session *s);
void session_drop(struct session *s); /* may block */

/* Takes the descriptor over, and closes it if this fails: then *error is an errno value. */
struct node *node_new(struct share *s, int fd, struct node *parent, const struct name *name,
                      int *error);
struct node *node_keep(struct node *n);
void node_drop(struct node *n);
/* Opens a regular file or directory. */
struct file *file_new(struct node *n, int flags, int *error);
/* The same of a descriptor, which it takes over in any case. */
struct file *file_of(struct share *s, int fd, int flags, int *error);
struct file *file_keep(struct file *f);
void file_drop(struct file *f);
void hold_drop(struct hold *h);

/* 0 or an errno value. What is given becomes the table's if it is 0. */
int fid_add(struct session *s, uint32_t number, const struct hold *is);
/* Puts `is` where `was` is still. */
int fid_replace(struct session *s, uint32_t number, const struct hold *was, const struct hold *is);
/* Fills *out, which the caller drops. */
int fid_get(struct session *s, uint32_t number, struct hold *out);
int fid_remove(struct session *s, uint32_t number, struct hold *out);

/* ---- message.c: reading and writing messages --------------------------------------------------
 */

/* One message while it is served. */
struct call {
    struct session *session;
    struct share *share;
    uint8_t type;
    uint16_t tag;
    int error; /* what is wrong with the message: an errno value */
    const uint8_t *in, *in_end;
    uint8_t *reply, *out, *out_end;
    struct hold holds[2]; /* of the fids that it names, dropped at its end */
    /* Memory of the guest, from `data_offset` on: what Twrite writes, or where Tread reads to. */
    const struct vm_iovec *data;
    uint32_t n_data;
    uint64_t data_length; /* of it all */
    uint64_t moved;       /* bytes that Tread put there */
    bool now;             /* on the guest's own time: what would block sets `blocks` instead */
    bool blocks;
    uint8_t *tail; /* of the reply, allocated; NULL: none */
    uint32_t tail_length;
};

uint8_t get8(struct call *c);
uint16_t get16(struct call *c);
uint32_t get32(struct call *c);
uint64_t get64(struct call *c);
/* A text of less than `room` bytes without zeroes; terminated. */
void get_text(struct call *c, char *text, size_t room);
/* The same, as the name of an entry: with "." and ".." only if `dots`. */
void get_name(struct call *c, struct name *name, bool dots);
/* The fid's, as c->holds[i]. */
struct hold *get_fid(struct call *c, unsigned i, uint32_t *number);
/* Nothing may be left. What is wrong with the message so far. */
int get_end(struct call *c);

void put8(struct call *c, uint8_t value);
void put16(struct call *c, uint16_t value);
void put32(struct call *c, uint32_t value);
void put64(struct call *c, uint64_t value);
void put_text(struct call *c, const char *text, size_t n);

/* How much data one message had better carry. */
uint32_t io_unit(const struct session *s);

struct qid {
    uint8_t type;
    uint32_t version;
    uint64_t path;
};

#define QID_DIRECTORY 0x80u
#define QID_SYMLINK   0x02u

uint64_t qid_path(const struct share *s, dev_t device, ino_t inode);
struct qid qid_of(const struct share *s, const struct stat *st);
int node_qid(const struct node *n, struct qid *qid);
void put_qid(struct call *c, const struct qid *qid);

/* ---- serve.c, names.c, attributes.c, io.c, locks.c: the messages ------------------------------
 */

/* Serves the message in c->in and completes the reply. [any thread] */
void p9_serve(struct call *c);
/* Makes it a reply of that type; with an error of Rlerror. */
void p9_begin_reply(struct call *c);
void p9_end_reply(struct call *c, int error);
bool p9_has(uint8_t type); /* whether p9_serve() knows it */
/* The host's flags for opening as the message has them; -1: not to be had. */
int p9_open_flags(uint32_t flags);

int serve_walk(struct call *c);
int serve_lcreate(struct call *c);
int serve_symlink(struct call *c);
int serve_mknod(struct call *c);
int serve_mkdir(struct call *c);
int serve_link(struct call *c);
int serve_rename(struct call *c);
int serve_renameat(struct call *c);
int serve_unlinkat(struct call *c);
int serve_remove(struct call *c);

int serve_getattr(struct call *c);
int serve_setattr(struct call *c);
int serve_statfs(struct call *c);
int serve_readlink(struct call *c);

int serve_lopen(struct call *c);
int serve_read(struct call *c);
int serve_write(struct call *c);
int serve_readdir(struct call *c);
int serve_fsync(struct call *c);

int serve_lock(struct call *c);
int serve_getlock(struct call *c);
/* The locks that were taken by way of this file are over. */
void locks_drop(struct session *s, const struct file *by);

/* ---- queue.c: messages from and to the virtqueue ----------------------------------------------
 */

struct request;

struct p9 {
    struct vm_virtio virtio; /* first */
    struct vm_virtio_class class_;
    struct share share;
    uint8_t config[2 + 64]; /* length and text of the tag */
    struct session *session;
    struct request *free, *under_way; /* the latest one first */
    uint32_t n_under_way;
    bool stopping;
    bool deterministic;

    /* Saved state. */
    uint32_t session_msize; /* 0: there is none */
};

void queue_notify(void *dev, uint32_t queue);
int queue_stop(void *dev, uint32_t queue);
void queue_reset(void *dev);
void queue_free(struct p9 *p);

#endif

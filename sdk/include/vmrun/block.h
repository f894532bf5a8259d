/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block.h - block backends: where the sectors of a disk are. STABLE tier.
 *
 * A backend is a plugin named block-NAME. An INI names it as a section,
 *     [block root]
 *     type = block-file
 *     file = debian.img
 * and a device refers to it by `file = root`; or without a section by a path or URI, for which the
 * host takes the first installed backend that wants it. A backend serves at most one device.
 *
 * What is acknowledged: a WRITE that is done is read back by every later READ, but may be lost when
 * the host loses power; a FLUSH that is done put all WRITEs, DISCARDs and WRITE_ZEROES that were
 * done before it was submitted on stable storage; so does a request with VM_BLOCK_FUA for itself. A
 * backend that cannot keep this reports an error instead.
 */
#ifndef VMRUN_BLOCK_H
#define VMRUN_BLOCK_H

#include <vmrun/chardev.h>
#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_BLOCK_INTERFACE "vm.block/1"

struct vm_block_ctx; /* the host's handle of one backend instance */
struct vm_block;     /* an attached backend, as the device sees it */

#define VM_BLOCK_READ_ONLY    1u /* writes give EROFS */
#define VM_BLOCK_DISCARD      2u /* takes VM_BLOCK_OP_DISCARD */
#define VM_BLOCK_WRITE_ZEROES 4u /* takes VM_BLOCK_OP_WRITE_ZEROES */
#define VM_BLOCK_VOLATILE     8u /* there is a cache that FLUSH empties; else done means stable */

struct vm_block_info {
    uint32_t size;
    uint32_t flags;               /* VM_BLOCK_* above */
    uint64_t length;              /* bytes; a multiple of block_size */
    uint32_t block_size;          /* unit of offsets and lengths: a power of 2, 512 to 65536 */
    uint32_t physical_size;       /* what is written without read-modify-write; >= block_size */
    uint32_t optimal_size;        /* preferred transfer, bytes; 0: not known */
    uint32_t discard_granularity; /* bytes; 0: block_size */
    uint64_t max_transfer;        /* bytes of one READ or WRITE; 0: no limit */
};

enum vm_block_op {
    VM_BLOCK_OP_READ = 1,
    VM_BLOCK_OP_WRITE = 2,
    VM_BLOCK_OP_FLUSH = 3,        /* offset and length are ignored */
    VM_BLOCK_OP_DISCARD = 4,      /* contents become undefined */
    VM_BLOCK_OP_WRITE_ZEROES = 5, /* reads as zeroes from then on */
};

#define VM_BLOCK_FUA   1u /* WRITE, WRITE_ZEROES: done means on stable storage */
#define VM_BLOCK_UNMAP 2u /* WRITE_ZEROES: space may be given back */

/*
 * One request. The caller owns it and all that it points to until done. Devices check offset and
 * length against the guest's; the host checks them again against info (EIO).
 */
struct vm_block_request {
    uint32_t size;
    uint32_t op;     /* enum vm_block_op */
    uint32_t flags;  /* VM_BLOCK_FUA, VM_BLOCK_UNMAP */
    uint32_t n_iov;  /* READ, WRITE */
    uint64_t offset; /* bytes */
    uint64_t length; /* bytes; READ, WRITE: the sum of the pieces */
    const struct vm_iovec *iov;
    /*
     * Filled by the host before done is called: 0 or a positive errno value (EIO, ENOSPC, EROFS,
     * EOPNOTSUPP). A READ that failed may have changed the memory.
     */
    int error;
    uint32_t reserved;
    void *opaque;     /* the caller's */
    void *backend[6]; /* the backend's, from submit() to complete() */
    void *host[4];    /* the host's */
};

/*
 * A device's side. All [a thread of the host's, locked]. They are also called from inside
 * block_commit() and block_drain(), never from inside block_submit().
 */
struct vm_block_client {
    uint32_t size;
    uint32_t reserved;
    /* A request is done: request->error. May submit others (and commit them). */
    void (*done)(void *opaque, struct vm_block_request *request);
    /* The length or flags changed (info again). May be NULL. */
    void (*changed)(void *opaque);
    /* No more is done for now: the end of a series of done(), for one interrupt. May be NULL. */
    void (*all_told)(void *opaque);
};

/* What the host gives a backend. */
struct vm_block_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;
    /* The request is done; error 0 or a positive errno value. Exactly once each. [any thread] */
    void (*complete)(struct vm_block_ctx *ctx, struct vm_block_request *request, int error);
    void (*changed)(struct vm_block_ctx *ctx); /* what info() says changed. [any thread] */
    /*
     * As struct vm_chardev_host has them, but on a loop of their own, whose thread does not wait
     * for devices: a device that waits for its backend (block_drain) may hold them up.
     */
    struct vm_fd_watch *(*watch_fd)(struct vm_block_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err);
    void (*watch_change)(struct vm_fd_watch *watch, uint32_t events);
    void (*watch_remove)(struct vm_fd_watch *watch);
};

/* What a backend gives the host. The interface VM_BLOCK_INTERFACE. */
struct vm_block_ops {
    uint32_t size;
    uint32_t reserved;
    /*
     * Whether a short name ("disk.img", "nbd://...") is for this backend: 0 no, else how sure it
     * is; the highest wins (a URI scheme of its own 100, any path 1). *property: which of its
     * properties gets the text. NULL: it is only for sections. Must not open anything. [any thread]
     */
    int (*wants)(const char *text, const char **property);

    /* Opens what it needs. Leaves nothing behind on failure. [before start] */
    void *(*create)(const struct vm_block_host *host, struct vm_block_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err);
    /* No request is under way. Writes out what it holds. [after stop] */
    void (*destroy)(void *be);
    void (*info)(void *be, struct vm_block_info *info); /* [any thread] */
    /*
     * Begins a request; never blocks. May complete it at once, from inside. Order between requests
     * under way is free. [any thread, calls do not overlap]
     */
    void (*submit)(void *be, struct vm_block_request *request);
    /*
     * Comes after each series of submit(): begin what was only gathered. What is completed in it,
     * or in submit(), the device hears of at once, on its own thread. May be NULL. [as submit]
     */
    void (*commit)(void *be);
};

#ifdef __cplusplus
}
#endif
#endif

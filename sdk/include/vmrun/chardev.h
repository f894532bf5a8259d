/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chardev.h - character backends: where the bytes of a serial port go. STABLE tier.
 *
 * A backend is a plugin named char-NAME. An INI names it as a section,
 *     [chardev con0]
 *     type = char-file
 *     path = log.txt
 * and a device refers to it by `chardev = con0`; or without a section by its short name,
 * `chardev = stdio`. A backend serves at most one device.
 */
#ifndef VMRUN_CHARDEV_H
#define VMRUN_CHARDEV_H

#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_CHARDEV_INTERFACE "vm.chardev/1"

/* The host's handle of one backend instance. */
struct vm_chardev_ctx;

enum vm_chardev_event {
    VM_CHARDEV_OPENED = 1, /* a peer is there */
    VM_CHARDEV_CLOSED = 2, /* no peer (end of file, disconnect); output is dropped until OPENED */
    VM_CHARDEV_BREAK = 3,  /* a line break was received */
};

/* Bits of `events` in watch_fd and its callback. */
#define VM_FD_READ   1u
#define VM_FD_WRITE  2u
#define VM_FD_HANGUP 4u /* reported only */

struct vm_fd_watch;
typedef void (*vm_fd_callback)(void *opaque, int fd, uint32_t events);

/* What the host gives a backend. [event thread] unless said otherwise. */
struct vm_chardev_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;

    /*
     * Bytes came from outside. Returns how many the device took; keep the rest and offer it again
     * after input_ready.
     */
    size_t (*receive)(struct vm_chardev_ctx *ctx, const uint8_t *bytes, size_t n);
    /* Room for output again after write() took less than all. */
    void (*writable)(struct vm_chardev_ctx *ctx);
    void (*event)(struct vm_chardev_ctx *ctx, int event);
    /* The user asked to leave (Ctrl-A x): stop the machine with exit status 0. [any thread] */
    void (*request_quit)(struct vm_chardev_ctx *ctx);

    /*
     * Watches a descriptor on the event loop; the descriptor stays the backend's. Returns NULL with
     * err set. [before start or event thread] `events` may be 0 and be changed later;
     * level-triggered. A regular file, which cannot be polled, is reported ready at once. An error
     * of the descriptor is reported once, as VM_FD_HANGUP; it is watched again after watch_change.
     */
    struct vm_fd_watch *(*watch_fd)(struct vm_chardev_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err);
    void (*watch_change)(struct vm_fd_watch *watch, uint32_t events); /* [any thread] */
    /* No callback runs after it returns. [before start, event thread] */
    void (*watch_remove)(struct vm_fd_watch *watch);
};

/* What a backend gives the host. The interface VM_CHARDEV_INTERFACE. */
struct vm_chardev_ops {
    uint32_t size;
    uint32_t reserved;

    /* Makes an instance; opens what it needs. Leaves nothing behind on failure. [before start] */
    void *(*create)(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err);
    /* Frees it; restores what create() changed (terminal modes, a socket's file). [after stop] */
    void (*destroy)(void *be);
    /*
     * Takes up to n bytes of output without blocking and returns how many it took. Fewer than n: it
     * calls host->writable later. Calls of one instance never overlap. [any thread]
     */
    size_t (*write)(void *be, const uint8_t *bytes, size_t n);
    /* The device has room for input again. Must not call host->receive from inside. [any thread] */
    void (*input_ready)(void *be);
    /* Writes out what write() took before the process ends; within about a second. [after stop] */
    void (*drain)(void *be);
    /* Puts the terminal's modes back at once; async-signal-safe, for fatal signals. May be NULL. */
    void (*emergency_restore)(void *be);
};

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream.h - a two-way byte stream over host descriptors, for character backends (char-stdio,
 * char-pty, char-socket).
 *
 * Output goes into a ring that the event thread empties, so that a guest that prints byte by byte
 * costs no system call a byte, and no vCPU thread ever waits for a reader. Input is read only as
 * fast as the device takes it.
 */
#ifndef CHAR_COMMON_STREAM_H
#define CHAR_COMMON_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>

#include <vmrun/chardev.h>

#define STREAM_OUT_SIZE   16384u /* a power of two */
#define STREAM_RAW_SIZE   512u
#define STREAM_QUEUE_SIZE 4096u

/* How a descriptor is kept from blocking. */
enum stream_mode {
    STREAM_NONBLOCK, /* it has O_NONBLOCK, or never blocks (a file) */
    STREAM_SOCKET,   /* a socket: by a flag of each call */
    STREAM_POLLED,   /* it blocks and must be left so: asked by poll() first, then little is written
                        at a time */
};

/* What a filter says about one input byte, which it may have changed. */
enum stream_verdict { STREAM_PASS, STREAM_SKIP, STREAM_BREAK };

struct stream_callbacks {
    enum stream_verdict (*filter)(void *opaque, uint8_t *byte); /* NULL: all bytes pass */
    void (*input_ended)(void *opaque);              /* end of file, hang-up or error on input */
    void (*output_failed)(void *opaque, int error); /* errno; what waited has been dropped */
};

struct stream_side {
    int fd; /* -1: not there; never closed by the stream */
    enum stream_mode mode;
    size_t
        max_write; /* STREAM_POLLED: most bytes that are sure not to block after poll(); else 0 */
};

struct stream {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    const struct stream_callbacks *callbacks;
    void *opaque;
    /* Set to keep reading while the device takes nothing; what has no room is dropped, as a
     * terminal does. */
    bool keep_reading;

    /* [event thread] */
    struct stream_side in, out;
    struct vm_fd_watch *in_watch, *out_watch,
        *wake_watch; /* in_watch serves both if the descriptors are one */
    uint32_t in_events, out_events;
    bool out_blocked, break_due;
    uint8_t raw[STREAM_RAW_SIZE];     /* read, not yet filtered */
    uint8_t queue[STREAM_QUEUE_SIZE]; /* filtered, not yet taken by the device */
    size_t raw_pos, raw_len, queue_pos, queue_len;

    /* Output ring: one writer (whoever calls stream_write), one reader (the event thread). */
    uint8_t ring[STREAM_OUT_SIZE];
    atomic_uint ring_in, ring_out; /* free-running */
    atomic_bool output_on;         /* else output is dropped */
    atomic_bool starved;           /* stream_write took less than all: writable() is due */
    atomic_bool woken;             /* a byte is in the wake pipe */
    int wake_pipe[2];
};

/* Prepares *s (zeroed) with no descriptors. -1 with err set, nothing left behind. [before start] */
int stream_init(struct stream *s, const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                const struct stream_callbacks *callbacks, void *opaque, struct vm_error *err);
/* Removes the watches and closes what stream_init opened. [after stop] */
void stream_destroy(struct stream *s);

/* Starts input and output on these descriptors (either may be -1). [before start, event thread] */
int stream_connect(struct stream *s, struct stream_side in, struct stream_side out,
                   struct vm_error *err);
/* Stops both and drops what waits; the descriptors may be closed then. [after stop, event thread]
 */
void stream_disconnect(struct stream *s);
/* Stops one side only. [event thread] */
void stream_stop_input(struct stream *s);
void stream_stop_output(struct stream *s);

/* The backend's write, input_ready and drain. [any thread] / [after stop] */
size_t stream_write(struct stream *s, const uint8_t *bytes, size_t n);
void stream_input_ready(struct stream *s);
void stream_drain(struct stream *s);

#endif

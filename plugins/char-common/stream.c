/* SPDX-License-Identifier: BSD-2-Clause */
/* stream.c - a two-way byte stream over host descriptors, for character backends. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DRAIN_NS 1000000000

/* ---- Descriptors ----------------------------------------------------------------------------- */

static bool ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return poll(&p, 1, 0) > 0;
}

/* Like read() and write(), but EAGAIN where they would block, and never a SIGPIPE from a socket. */
static ssize_t side_read(const struct stream_side *side, uint8_t *bytes, size_t n)
{
    if (side->mode == STREAM_SOCKET)
        return recv(side->fd, bytes, n, MSG_DONTWAIT);
    if (side->mode == STREAM_POLLED && !ready(side->fd, POLLIN)) {
        errno = EAGAIN;
        return -1;
    }
    return read(side->fd, bytes, n);
}

static ssize_t side_write(const struct stream_side *side, const uint8_t *bytes, size_t n)
{
    if (side->mode == STREAM_SOCKET)
        return send(side->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (side->mode == STREAM_POLLED) {
        if (!ready(side->fd, POLLOUT)) {
            errno = EAGAIN;
            return -1;
        }
        if (n > side->max_write)
            n = side->max_write;
    }
    return write(side->fd, bytes, n);
}

/* ---- Watches --------------------------------------------------------------------------------- */

static void descriptor_ready(void *opaque, int fd, uint32_t events);

/*
 * Makes *watch watch fd for `events`. A watch for nothing is taken away, since hang-ups are
 * reported unasked and would keep the event thread busy. False if the host cannot watch it.
 */
static bool set_watch(struct stream *s, struct vm_fd_watch **watch, uint32_t *current, int fd,
                      uint32_t events)
{
    struct vm_error err = VM_ERROR_INIT;

    if (events == *current)
        return true;
    *current = events;
    if (events == 0) {
        s->host->watch_remove(*watch);
        *watch = NULL;
    } else if (*watch) {
        s->host->watch_change(*watch, events);
    } else {
        *watch = s->host->watch_fd(s->ctx, fd, events, descriptor_ready, s, &err);
        if (!*watch) {
            *current = 0;
            s->host->base->log(s->ctx, VM_LOG_WARNING, "cannot watch descriptor %d: %s", fd,
                               err.text);
            return false;
        }
    }
    return true;
}

/* Brings the watches in line with what is wanted now. */
static bool update_watches(struct stream *s)
{
    bool read_wanted =
        s->in.fd >= 0 && (s->keep_reading || (s->raw_pos == s->raw_len && s->queue_len == 0));
    uint32_t in = read_wanted ? VM_FD_READ : 0;
    uint32_t out = s->out.fd >= 0 && s->out_blocked ? VM_FD_WRITE : 0;

    if (s->in.fd == s->out.fd) {
        in |= out;
        out = 0;
    }
    return set_watch(s, &s->out_watch, &s->out_events, s->out.fd, out) &&
           set_watch(s, &s->in_watch, &s->in_events, s->in.fd, in);
}

/* Lets the event thread look at the ring and the input queue. [any thread] */
static void wake(struct stream *s)
{
    if (!atomic_exchange(&s->woken, true)) {
        /* It cannot fail for want of room: the flag admits one byte at a time. */
        while (write(s->wake_pipe[1], "", 1) < 0 && errno == EINTR)
            ;
    }
}

/* ---- Output ---------------------------------------------------------------------------------- */

static void tell_writable(struct stream *s)
{
    if (atomic_exchange(&s->starved, false))
        s->host->writable(s->ctx);
}

static void discard_output(struct stream *s)
{
    atomic_store(&s->ring_out, atomic_load(&s->ring_in));
}

/* Writes out what is in the ring. False: it is not empty, the descriptor takes no more now. */
static bool flush(struct stream *s)
{
    unsigned out = atomic_load(&s->ring_out), in;

    while (out != (in = atomic_load(&s->ring_in))) {
        unsigned start = out % STREAM_OUT_SIZE;
        size_t n = in - out < STREAM_OUT_SIZE - start ? in - out : STREAM_OUT_SIZE - start;
        ssize_t written = s->out.fd >= 0 ? side_write(&s->out, s->ring + start, n) : (ssize_t)n;

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        if (written < 0) {
            int error = errno;

            discard_output(s);
            s->callbacks->output_failed(s->opaque, error);
            return true;
        }
        out += (unsigned)written;
        atomic_store(&s->ring_out, out);
    }
    return true;
}

static void pump_output(struct stream *s)
{
    s->out_blocked = !flush(s);
    if (!s->out_blocked ||
        atomic_load(&s->ring_in) - atomic_load(&s->ring_out) <= STREAM_OUT_SIZE / 2)
        tell_writable(s);
}

static size_t ring_put(struct stream *s, const uint8_t *bytes, size_t n)
{
    unsigned in = atomic_load(&s->ring_in);
    size_t room = STREAM_OUT_SIZE - (in - atomic_load(&s->ring_out));

    if (n > room)
        n = room;
    for (size_t i = 0; i < n; i++)
        s->ring[(in + i) % STREAM_OUT_SIZE] = bytes[i];
    atomic_store(&s->ring_in, in + (unsigned)n);
    return n;
}

size_t stream_write(struct stream *s, const uint8_t *bytes, size_t n)
{
    size_t taken;

    if (!atomic_load(&s->output_on))
        return n;
    taken = ring_put(s, bytes, n);
    if (taken < n) {
        /* The event thread may have made room before it could see the flag: so look once more after
         * setting it. */
        atomic_store(&s->starved, true);
        taken += ring_put(s, bytes + taken, n - taken);
    }
    if (taken > 0)
        wake(s);
    return taken;
}

void stream_drain(struct stream *s)
{
    struct timespec start, now;

    clock_gettime(CLOCK_MONOTONIC, &start);
    while (s->out.fd >= 0 && !flush(s)) {
        struct pollfd p = {.fd = s->out.fd, .events = POLLOUT};
        int64_t left;

        clock_gettime(CLOCK_MONOTONIC, &now);
        left =
            DRAIN_NS - ((now.tv_sec - start.tv_sec) * 1000000000LL + (now.tv_nsec - start.tv_nsec));
        if (left <= 0)
            break;
        poll(&p, 1, (int)(left / 1000000) + 1);
    }
}

/* ---- Input ----------------------------------------------------------------------------------- */

/* Offers the queue to the device. True: it is empty now. */
static bool offer_queue(struct stream *s)
{
    while (s->queue_len > 0) {
        size_t taken = s->host->receive(s->ctx, s->queue + s->queue_pos, s->queue_len);

        if (taken > s->queue_len)
            taken = s->queue_len;
        s->queue_pos += taken;
        s->queue_len -= taken;
        if (taken == 0)
            return false;
    }
    s->queue_pos = 0;
    return true;
}

static void queue_byte(struct stream *s, uint8_t byte)
{
    if (s->queue_pos + s->queue_len == STREAM_QUEUE_SIZE) {
        memmove(s->queue, s->queue + s->queue_pos, s->queue_len);
        s->queue_pos = 0;
    }
    if (s->queue_len < STREAM_QUEUE_SIZE)
        s->queue[s->queue_pos + s->queue_len++] = byte;
}

/* Moves what was read through the filter into the queue, up to a break. */
static void filter_raw(struct stream *s)
{
    while (s->raw_pos < s->raw_len && !s->break_due) {
        uint8_t byte = s->raw[s->raw_pos++];
        enum stream_verdict verdict = STREAM_PASS;

        if (s->callbacks->filter)
            verdict = s->callbacks->filter(s->opaque, &byte);
        if (verdict == STREAM_PASS)
            queue_byte(s, byte);
        else if (verdict == STREAM_BREAK)
            s->break_due = true;
    }
}

/*
 * Gives the device what is there, in order. With keep_reading the raw bytes are filtered even while
 * the device takes nothing, so that escapes work with a guest that hangs; a break overtakes then.
 */
static void pump_input(struct stream *s)
{
    for (;;) {
        bool empty = offer_queue(s);

        if (!empty && !s->keep_reading)
            return;
        if (s->break_due) {
            s->break_due = false;
            s->host->event(s->ctx, VM_CHARDEV_BREAK);
        }
        if (s->raw_pos == s->raw_len)
            return;
        filter_raw(s);
    }
}

/* Reads once; the watch is level-triggered, so what is left brings the event thread back. */
static void read_input(struct stream *s)
{
    ssize_t n;

    if (s->in.fd < 0 || s->raw_pos < s->raw_len || (s->queue_len > 0 && !s->keep_reading))
        return;
    n = side_read(&s->in, s->raw, sizeof(s->raw));
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        s->callbacks->input_ended(s->opaque);
        return;
    }
    s->raw_pos = 0;
    s->raw_len = (size_t)n;
    pump_input(s);
}

void stream_input_ready(struct stream *s)
{
    wake(s);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void descriptor_ready(void *opaque, int fd, uint32_t events)
{
    struct stream *s = opaque;

    if (fd == s->out.fd && (events & (VM_FD_WRITE | VM_FD_HANGUP)))
        pump_output(s);
    if (fd == s->in.fd && (events & (VM_FD_READ | VM_FD_HANGUP)))
        read_input(s);
    /* Some hosts stop watching after an error; there may be more to read before the end shows. */
    if (s->in_watch && fd == s->in.fd && (events & VM_FD_HANGUP))
        s->host->watch_change(s->in_watch, s->in_events);
    if (!update_watches(s))
        s->callbacks->input_ended(s->opaque);
}

static void woken(void *opaque, int fd, uint32_t events)
{
    struct stream *s = opaque;
    uint8_t byte;

    (void)events;
    while (read(fd, &byte, 1) < 0 && errno == EINTR)
        ;
    atomic_store(&s->woken, false);
    if (!s->out_blocked)
        pump_output(s);
    pump_input(s);
    if (!update_watches(s))
        s->callbacks->input_ended(s->opaque);
}

/* ---- Life ------------------------------------------------------------------------------------ */

static bool set_flags(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

int stream_init(struct stream *s, const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                const struct stream_callbacks *callbacks, void *opaque, struct vm_error *err)
{
    s->host = host;
    s->ctx = ctx;
    s->callbacks = callbacks;
    s->opaque = opaque;
    s->in.fd = s->out.fd = -1;
    if (pipe(s->wake_pipe) < 0)
        return vm_error_set(err, "cannot make a pipe: %s", strerror(errno));
    if (!set_flags(s->wake_pipe[0]) || !set_flags(s->wake_pipe[1]))
        vm_error_set(err, "cannot set up a pipe: %s", strerror(errno));
    else
        s->wake_watch = host->watch_fd(ctx, s->wake_pipe[0], VM_FD_READ, woken, s, err);
    if (s->wake_watch)
        return 0;
    close(s->wake_pipe[0]);
    close(s->wake_pipe[1]);
    return -1;
}

void stream_destroy(struct stream *s)
{
    stream_disconnect(s);
    s->host->watch_remove(s->wake_watch);
    close(s->wake_pipe[0]);
    close(s->wake_pipe[1]);
}

int stream_connect(struct stream *s, struct stream_side in, struct stream_side out,
                   struct vm_error *err)
{
    s->in = in;
    s->out = out;
    if (!update_watches(s)) {
        stream_disconnect(s);
        return vm_error_set(err, "cannot watch for input");
    }
    discard_output(s);
    atomic_store(&s->output_on, out.fd >= 0);
    return 0;
}

void stream_stop_input(struct stream *s)
{
    s->in.fd = -1;
    s->raw_pos = s->raw_len = 0;
    if (s->in_watch) {
        s->host->watch_remove(s->in_watch);
        s->in_watch = NULL;
    }
    s->in_events = 0;
}

void stream_stop_output(struct stream *s)
{
    atomic_store(&s->output_on, false);
    s->out.fd = -1;
    s->out_blocked = false;
    if (s->out_watch) {
        s->host->watch_remove(s->out_watch);
        s->out_watch = NULL;
    }
    s->out_events = 0;
    discard_output(s);
    if (atomic_load(&s->starved))
        wake(s); /* there is room now: the event thread will say so */
}

void stream_disconnect(struct stream *s)
{
    stream_stop_input(s);
    stream_stop_output(s);
    s->queue_pos = s->queue_len = 0;
    s->break_due = false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* port.c - frames through a descriptor, one a system call, never blocking. */
#include "port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest.h"

#define HEADER_BYTES  ((uint32_t)sizeof(struct vm_net_header))
#define MOST_BYTES    (HEADER_BYTES + VM_NET_MAX_FRAME)
#define FRAMES_A_TURN 64 /* then the event thread has other things to do too */
#define PIECES        64

/* With p->lock held. */
static void update_watch(struct port *p)
{
    p->host->watch_change(p->watch,
                          (p->in_full ? 0 : VM_FD_READ) | (p->out_full ? VM_FD_WRITE : 0));
}

/* Returns what it was before. */
static bool set_full(struct port *p, bool *which, bool full)
{
    pthread_mutex_lock(&p->lock);
    bool before = *which;
    *which = full;
    if (before != full)
        update_watch(p);
    pthread_mutex_unlock(&p->lock);
    return before;
}

/* ---- Out ------------------------------------------------------------------------------------- */

/* The pieces as the system takes them, without the first `skip` bytes; -1: too many. */
static int to_system(const struct vm_iovec *iov, uint32_t n, uint64_t skip, struct iovec *out)
{
    int pieces = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t over = skip < iov[i].length ? skip : iov[i].length;
        skip -= over;
        if (over == iov[i].length)
            continue;
        if (pieces == PIECES)
            return -1;
        out[pieces++] = (struct iovec){(char *)iov[i].base + over, iov[i].length - over};
    }
    return pieces;
}

static uint32_t gather(const struct vm_iovec *iov, uint32_t n, uint8_t *out)
{
    uint32_t length = 0;

    for (uint32_t i = 0; i < n; i++) {
        guest_copy(out + length, iov[i].base, iov[i].length); /* the host bounds the sum */
        length += (uint32_t)iov[i].length;
    }
    return length;
}

static ssize_t write_pieces(struct port *p, const struct vm_iovec *iov, uint32_t n)
{
    uint32_t skip = p->with_header ? 0 : HEADER_BYTES;
    struct iovec pieces[PIECES];
    uint8_t *copy;
    ssize_t result;

    int count = GUEST_TSAN ? -1 : to_system(iov, n, skip, pieces);
    if (count >= 0)
        return writev(p->fd, pieces, count);
    copy = malloc(MOST_BYTES);
    if (!copy)
        return 0; /* lost, as on a wire */
    result = write(p->fd, copy + skip, gather(iov, n, copy) - skip);
    free(copy);
    return result;
}

size_t port_send(struct port *p, const struct vm_iovec *iov, uint32_t n)
{
    ssize_t wrote;

    do
        wrote = write_pieces(p, iov, n);
    while (wrote < 0 && errno == EINTR);
    p->error = wrote < 0 ? errno : 0;
    if (p->error == EAGAIN || p->error == ENOBUFS) {
        set_full(p, &p->out_full, true);
        return 0;
    }
    if (!p->error)
        pcap_write(p->dump, iov, n);
    return 1; /* sent; or nobody is there, the interface is down, the header lies: lost */
}

/* ---- In -------------------------------------------------------------------------------------- */

/* Offers what is in p->frame; false: it has to wait. */
static bool offer(struct port *p)
{
    struct vm_iovec iov = {p->frame, p->held};

    if (p->held > HEADER_BYTES && !p->host->receive(p->ctx, &iov, 1))
        return false;
    if (p->held > HEADER_BYTES)
        pcap_write(p->dump, &iov, 1);
    p->held = 0;
    return true;
}

static bool read_frame(struct port *p)
{
    uint32_t skip = p->with_header ? 0 : HEADER_BYTES;
    ssize_t n;

    memset(p->frame, 0, HEADER_BYTES);
    do
        n = read(p->fd, p->frame + skip, MOST_BYTES - skip);
    while (n < 0 && errno == EINTR);
    p->held = n > 0 ? skip + (uint32_t)n : 0;
    return n >= 0;
}

static void take_in(struct port *p)
{
    bool waits = p->held && !offer(p);

    for (int i = 0; !waits && i < FRAMES_A_TURN && read_frame(p); i++)
        waits = !offer(p);
    set_full(p, &p->in_full, waits);
}

static void on_event(void *opaque, int fd, uint32_t events)
{
    struct port *p = opaque;

    (void)fd;
    if (events & VM_FD_WRITE && set_full(p, &p->out_full, false))
        p->host->writable(p->ctx);
    if (events & (VM_FD_READ | VM_FD_HANGUP))
        take_in(p);
    if (events & VM_FD_HANGUP) { /* reported once, until something is wanted anew */
        pthread_mutex_lock(&p->lock);
        update_watch(p);
        pthread_mutex_unlock(&p->lock);
    }
}

void port_receive_ready(struct port *p)
{
    p->host->wake(p->ctx);
}

void port_poll(struct port *p)
{
    take_in(p);
}

/* ---- Life ------------------------------------------------------------------------------------ */

int port_init(struct port *p, const struct vm_net_host *host, struct vm_net_ctx *ctx, int fd,
              bool with_header, const struct vm_props *props, struct vm_error *err)
{
    p->host = host;
    p->ctx = ctx;
    p->fd = fd;
    p->with_header = with_header;
    pthread_mutex_init(&p->lock, NULL);
    p->frame = malloc(MOST_BYTES);
    if (!p->frame)
        return vm_error_set(err, "out of memory");
    if (pcap_open(&p->dump, host->base, props, err))
        return -1;
    p->watch = host->watch_fd(ctx, fd, VM_FD_READ, on_event, p, err);
    return p->watch ? 0 : -1;
}

void port_free(struct port *p)
{
    if (p->watch)
        p->host->watch_remove(p->watch);
    if (p->fd >= 0)
        close(p->fd);
    if (p->host)
        pthread_mutex_destroy(&p->lock);
    pcap_close(p->dump);
    free(p->frame);
}

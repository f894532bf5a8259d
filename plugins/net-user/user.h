/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user.h - what the parts of the user network share.
 *
 * libslirp is not thread-safe: all of it runs on the event thread. Frames from the guest come to it
 * through a ring with one writer (the device) and one reader (the event thread).
 */
#ifndef NET_USER_USER_H
#define NET_USER_USER_H

#include <slirp/libslirp.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <vmrun/net.h>

#include "../net-common/pcap.h"

/* ---- ring.c: frames from the guest ----------------------------------------------------------- */

#define RING_BYTES (1u << 20)

struct ring {
    uint8_t *bytes;
    _Atomic uint32_t head; /* writer's: counts bytes, never wraps back to the start of `bytes` */
    _Atomic uint32_t tail; /* reader's */
};

int ring_init(struct ring *r);
void ring_free(struct ring *r);
/* Copies a frame in; false: no room. [writer] */
bool ring_put(struct ring *r, const struct vm_iovec *iov, uint32_t n);
/* The oldest frame in one piece, NULL: none. It may be changed in place until ring_done(). [reader]
 */
uint8_t *ring_first(struct ring *r, uint32_t *length);
void ring_done(struct ring *r);

/* ---- frames.c: what stands between a guest with offloads and a library without -------------- */

/*
 * Makes a frame of the guest one that libslirp takes: completes checksums, and repairs lengths of
 * frames yet to be cut, which are not cut: a TCP stream has no seams. False: its header lies.
 */
bool frame_complete(const struct vm_net_header *header, uint8_t *frame, uint32_t length);
/* A TCP SYN: says `mss` for the largest segment that the guest takes. */
void frame_set_mss(uint8_t *frame, uint32_t length, uint16_t mss);
/* Whether the frame makes libslirp open a socket. */
bool frame_opens_socket(const uint8_t *frame, uint32_t length);
/*
 * What a frame to the guest needs in front: nothing, or for one that is longer than the MTU, that
 * the guest takes it uncut. False: it has to be cut first.
 */
bool frame_describe(uint8_t *frame, uint32_t length, uint32_t mtu, uint32_t offloads,
                    struct vm_net_header *header);
/*
 * Cuts a packet longer than the MTU, TCP into segments, other IPv4 into fragments: writes the one
 * from byte `*offset` of what it carries on into `out` (room for mtu and an Ethernet header) and
 * moves *offset on. Its length, 0 at the end or if it cannot be cut.
 */
uint32_t frame_cut(const uint8_t *frame, uint32_t length, uint32_t mtu, uint32_t *offset,
                   uint8_t *out);

/* ---- forward.c: properties ------------------------------------------------------------------- */

/* Everything of `config` that properties say. Texts stay the host's. -1 with err set. */
int config_read(SlirpConfig *config, const struct vm_host *host, const struct vm_props *props,
                struct vm_error *err);
/* Opens the ports of property "forward". -1 with err set. */
int forward_ports(Slirp *slirp, const char *list, struct vm_error *err);

/* ---- poll.c: descriptors and timers of libslirp ---------------------------------------------- */

struct polled {
    uint32_t wanted; /* EPOLL* that our epoll descriptor watches for; 0: not there */
    uint32_t ready;  /* SLIRP_POLL_* */
    uint32_t round;  /* when libslirp asked for it last */
};

struct poller {
    int epoll;
    struct vm_fd_watch *watch;
    struct vm_net_timer *timer;
    int64_t deadline; /* that the timer is armed for */
    struct polled *fds;
    uint32_t n_fds; /* room, by descriptor */
    uint32_t round;
    uint32_t open; /* sockets that the library has */
};

/* ---- user.c ---------------------------------------------------------------------------------- */

struct waiting; /* a frame that the device had no room for */

struct user {
    const struct vm_net_host *host;
    struct vm_net_ctx *ctx;
    Slirp *slirp;
    uint32_t mtu;
    bool offloads_on; /* property */
    uint32_t max_sockets;
    struct pcap *dump;
    struct poller poller;

    struct ring ring;
    _Atomic bool full; /* the device waits for room in the ring */
    _Atomic uint32_t offloads;

    struct waiting *waiting, **last_waiting;
    size_t n_waiting; /* bytes */
    uint8_t *part;    /* of a frame, while it is cut */
};

int poller_init(struct user *u, struct vm_error *err);
void poller_free(struct user *u);
/* Brings watches and the timer in line with what libslirp wants now; after each call into it. */
void poller_update(struct user *u);
void poller_forget(struct user *u, int fd);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port.h - a descriptor that carries one frame a read or write (a tap device, a datagram socket) as
 * a network backend's way out.
 */
#ifndef NET_COMMON_PORT_H
#define NET_COMMON_PORT_H

#include <pthread.h>
#include <stdbool.h>

#include <vmrun/net.h>

#include "pcap.h"

struct port {
    const struct vm_net_host *host;
    struct vm_net_ctx *ctx;
    int fd;           /* -1: none */
    bool with_header; /* the descriptor wants and gives struct vm_net_header too */
    int error;        /* errno of the last port_send(), 0: it went out */
    struct pcap *dump;
    struct vm_fd_watch *watch;

    pthread_mutex_t lock; /* what the watch wants: changed by sender and event thread */
    bool out_full;        /* the sender waits for room */
    bool in_full;         /* the device has none: `held` waits */

    uint32_t held; /* bytes of the frame in `frame`, header included [event thread] */
    uint8_t *frame;
};

/* Takes over `fd`, non-blocking; `fd` is closed by port_free(), also after a failure. -1 with err
 * set. */
int port_init(struct port *p, const struct vm_net_host *host, struct vm_net_ctx *ctx, int fd,
              bool with_header, const struct vm_props *props, struct vm_error *err);
void port_free(struct port *p);

/* These do what struct vm_net_ops asks of functions of their names. */
size_t port_send(struct port *p, const struct vm_iovec *iov, uint32_t n);
void port_receive_ready(struct port *p);
void port_poll(struct port *p);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socket.c - two machines on one wire: each frame is a datagram between two unix sockets.
 *
 * Either end may come first, go, and come back: what is sent to nobody is lost, as on a wire.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../net-common/port.h"

struct wire {
    struct port port;
    struct sockaddr_un local, remote;
    struct stat made; /* the local socket's file, to know it again */
    uint32_t mtu;
};

/* ---- Addresses ------------------------------------------------------------------------------- */

static int set_path(struct sockaddr_un *address, const char *path, struct vm_error *err)
{
    if (strlen(path) >= sizeof(address->sun_path))
        return vm_error_set(err, "%s: a socket's path has at most %zu characters", path,
                            sizeof(address->sun_path) - 1);
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, path);
    return 0;
}

/* Connected, only the other end can send to us. */
static int connect_to(int fd, const struct sockaddr_un *address)
{
    return connect(fd, (const struct sockaddr *)address, sizeof(*address));
}

/* A socket's file that a dead process left. */
static bool is_dead(const struct sockaddr_un *address)
{
    struct stat st;

    /* Connecting to any other file fails in the same way. */
    if (lstat(address->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool dead = fd >= 0 && connect_to(fd, address) < 0 && errno == ECONNREFUSED;

    if (fd >= 0)
        close(fd);
    return dead;
}

static int bind_local(struct wire *w, int fd, struct vm_error *err)
{
    const struct sockaddr *address = (const struct sockaddr *)&w->local;
    const char *path = w->local.sun_path;

    if (fchmod(fd, 0600) < 0)
        return vm_error_set(err, "cannot set a socket's mode: %s", strerror(errno));
    int bound = bind(fd, address, sizeof(w->local));
    if (bound < 0 && errno == EADDRINUSE && is_dead(&w->local) && unlink(path) == 0)
        bound = bind(fd, address, sizeof(w->local));
    if (bound < 0)
        return vm_error_set(err, "cannot make the socket %s: %s", path, strerror(errno));
    if (lstat(path, &w->made) < 0)
        return vm_error_set(err, "cannot look at %s: %s", path, strerror(errno));
    return 0;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

/* A write that finds nobody ends the connection; the next one looks whether the peer is back. */
static size_t send_frame(void *be, const struct vm_iovec *iov, uint32_t n)
{
    struct wire *w = be;
    size_t result = port_send(&w->port, iov, n);
    bool alone = w->port.error == ENOTCONN || w->port.error == ECONNREFUSED ||
                 w->port.error == ECONNRESET || w->port.error == EDESTADDRREQ;

    if (alone && connect_to(w->port.fd, &w->remote) == 0)
        result = port_send(&w->port, iov, n);
    return result;
}

static void receive_ready(void *be)
{
    port_receive_ready(&((struct wire *)be)->port);
}

static void poll_wire(void *be)
{
    port_poll(&((struct wire *)be)->port);
}

static void info(void *be, struct vm_net_info *out)
{
    out->mtu = ((struct wire *)be)->mtu;
    out->link_up = 1;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void destroy(void *be)
{
    struct wire *w = be;
    struct stat st;

    /* Only our own file is removed, not one that somebody put in its place. */
    if (w->made.st_ino && lstat(w->local.sun_path, &st) == 0 && st.st_ino == w->made.st_ino &&
        st.st_dev == w->made.st_dev)
        unlink(w->local.sun_path);
    port_free(&w->port);
    free(w);
}

static int start(struct wire *w, const struct vm_net_host *host, struct vm_net_ctx *ctx,
                 const struct vm_props *props, struct vm_error *err)
{
    w->mtu = (uint32_t)host->base->prop_uint(props, "mtu");
    if (set_path(&w->local, host->base->prop_string(props, "local"), err) ||
        set_path(&w->remote, host->base->prop_string(props, "remote"), err))
        return -1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vm_error_set(err, "cannot make a socket: %s", strerror(errno));
    if (port_init(&w->port, host, ctx, fd, false, props, err) || bind_local(w, fd, err))
        return -1;
    connect_to(fd, &w->remote); /* if it is there already */
    return 0;
}

static void *create(const struct vm_net_host *host, struct vm_net_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct wire *w = calloc(1, sizeof(*w));

    if (!w) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    w->port.fd = -1;
    if (start(w, host, ctx, props, err)) {
        destroy(w);
        return NULL;
    }
    return w;
}

static const struct vm_net_ops ops = {
    .size = sizeof(struct vm_net_ops),
    .create = create,
    .destroy = destroy,
    .info = info,
    .send = send_frame,
    .receive_ready = receive_ready,
    .poll = poll_wire,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_NET_INTERFACE) == 0 ? &ops : NULL;
}

#define P .size = sizeof(struct vm_property)

static const struct vm_property properties[] = {
    {P, .type = VM_PROP_PATH, .name = "local", .flags = VM_PROP_REQUIRED,
     .help = "this end's socket; made at the start with mode 0600 and removed at the end"},
    {P, .type = VM_PROP_PATH, .name = "remote", .flags = VM_PROP_REQUIRED,
     .help = "the other end's socket; frames are lost while it is not there"},
    {P, .type = VM_PROP_UINT, .name = "mtu", .unit = "bytes", .default_value = "1500", .min = 68,
     .max = 65521, .help = "largest IP packet; the same at both ends"},
    PCAP_PROPERTY,
};

VM_PLUGIN(.kind = VM_KIND_NET, .name = "net-socket", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a wire to another machine or program, by unix datagram sockets",
          .description =
              "Each datagram is one Ethernet frame. The other end is a second vmrun with "
              "local and remote exchanged, QEMU's -netdev dgram, or any program.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

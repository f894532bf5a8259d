/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user.c - a network of its own for the guest, led to the host's sockets by libslirp: no
 * privileges, nothing to set up.
 *
 * A guest with offloads sends TCP packets of up to 64K, which the library takes as they are; and is
 * sent large ones, because its SYNs are made to say that it takes them: cutting and gluing at the
 * MTU, and the checks of each piece, are what costs a guest most. For others packets are cut here.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "user.h"

#define LARGEST_MTU   65521u /* of the library */
#define LARGEST_MSS   65481u
#define WAITING_LIMIT ((size_t)4 << 20) /* bytes of frames that the guest is too slow for */
#define FRAMES_A_TURN 256               /* then the event thread has other things to do too */
#define OFFLOADS                                                                          \
    (VM_NET_TX_CSUM | VM_NET_TX_TSO4 | VM_NET_TX_TSO6 | VM_NET_RX_CSUM | VM_NET_RX_TSO4 | \
     VM_NET_RX_TSO6)

struct waiting {
    struct waiting *next;
    uint32_t length;
    struct vm_net_header header;
    uint8_t frame[];
};

/* ---- To the guest ---------------------------------------------------------------------------- */

static bool offer(struct user *u, struct vm_net_header *header, const uint8_t *frame,
                  uint32_t length)
{
    struct vm_iovec iov[2] = {{header, sizeof(*header)}, {(void *)(uintptr_t)frame, length}};

    return u->host->receive(u->ctx, iov, 2);
}

/* Beyond the limit frames are lost, as where a switch is full. */
static void keep(struct user *u, const struct vm_net_header *header, const uint8_t *frame,
                 uint32_t length)
{
    struct waiting *w = u->n_waiting + length <= WAITING_LIMIT ? malloc(sizeof(*w) + length) : NULL;

    if (!w)
        return;
    w->next = NULL;
    w->length = length;
    w->header = *header;
    memcpy(w->frame, frame, length);
    *u->last_waiting = w;
    u->last_waiting = &w->next;
    u->n_waiting += length;
}

static void drop_first(struct user *u)
{
    struct waiting *w = u->waiting;

    u->waiting = w->next;
    if (!u->waiting)
        u->last_waiting = &u->waiting;
    u->n_waiting -= w->length;
    free(w);
}

static void deliver(struct user *u, struct vm_net_header *header, const uint8_t *frame,
                    uint32_t length)
{
    struct vm_iovec iov[2] = {{header, sizeof(*header)}, {(void *)(uintptr_t)frame, length}};

    pcap_write(u->dump, iov, 2);
    if (u->waiting || !offer(u, header, frame, length))
        keep(u, header, frame, length);
}

static void deliver_waiting(struct user *u)
{
    while (u->waiting && offer(u, &u->waiting->header, u->waiting->frame, u->waiting->length))
        drop_first(u);
}

static ssize_t send_packet(const void *bytes, size_t n, void *opaque)
{
    struct user *u = opaque;
    uint8_t *frame = (uint8_t *)(uintptr_t)bytes; /* the library's own copy, not used any more */
    struct vm_net_header header;
    uint32_t offset = 0, length;

    if (n < VM_NET_MIN_FRAME || n > VM_NET_MAX_FRAME)
        return (ssize_t)n;
    if (frame_describe(frame, (uint32_t)n, u->mtu, atomic_load(&u->offloads), &header)) {
        deliver(u, &header, frame, (uint32_t)n);
        return (ssize_t)n;
    }
    header = (struct vm_net_header){0};
    while ((length = frame_cut(frame, (uint32_t)n, u->mtu, &offset, u->part)))
        deliver(u, &header, u->part, length);
    return (ssize_t)n;
}

/* ---- From the guest -------------------------------------------------------------------------- */

static void input(struct user *u, uint8_t *bytes, uint32_t length)
{
    struct vm_iovec iov = {bytes, length};
    struct vm_net_header header;
    uint8_t *frame = bytes + sizeof(header);

    length -= (uint32_t)sizeof(header);
    memcpy(&header, bytes, sizeof(header));
    if (!frame_complete(&header, frame, length))
        return;
    pcap_write(u->dump, &iov, 1);
    if (u->poller.open >= u->max_sockets && frame_opens_socket(frame, length)) {
        u->host->base->log(u->ctx, VM_LOG_WARNING,
                           "the guest has %u connections open; new ones are refused",
                           u->poller.open);
        return;
    }
    frame_set_mss(frame, length, LARGEST_MSS);
    slirp_input(u->slirp, frame, (int)length);
}

static void poll_user(void *be)
{
    struct user *u = be;
    uint32_t length, turn = 0;
    uint8_t *bytes;

    deliver_waiting(u);
    while (turn++ < FRAMES_A_TURN && (bytes = ring_first(&u->ring, &length))) {
        input(u, bytes, length);
        ring_done(&u->ring);
    }
    if (turn > FRAMES_A_TURN)
        u->host->wake(u->ctx);
    if (atomic_exchange(&u->full, false))
        u->host->writable(u->ctx);
    poller_update(u);
}

static size_t send_frame(void *be, const struct vm_iovec *iov, uint32_t n)
{
    struct user *u = be;

    if (!ring_put(&u->ring, iov, n)) {
        atomic_store(&u->full, true);
        /* The reader may have made room just before: then it is told again. */
        u->host->wake(u->ctx);
        return 0;
    }
    u->host->wake(u->ctx);
    return 1;
}

static void receive_ready(void *be)
{
    struct user *u = be;

    u->host->wake(u->ctx);
}

static void info(void *be, struct vm_net_info *out)
{
    struct user *u = be;

    out->offloads = u->offloads_on ? OFFLOADS : 0;
    out->mtu = u->mtu;
    out->link_up = 1;
}

static int set_offloads(void *be, uint32_t offloads)
{
    struct user *u = be;

    if (offloads & ~(u->offloads_on ? OFFLOADS : 0))
        return -1;
    atomic_store(&u->offloads, offloads);
    return 0;
}

/* ---- The library's other wishes -------------------------------------------------------------- */

static void guest_error(const char *text, void *opaque)
{
    struct user *u = opaque;

    u->host->base->log(u->ctx, VM_LOG_DEBUG, "%s", text);
}

static int64_t clock_ns(void *opaque)
{
    struct user *u = opaque;

    return u->host->clock_ns(u->ctx);
}

static void *new_timer(SlirpTimerCb cb, void *cb_opaque, void *opaque)
{
    struct user *u = opaque;

    return u->host->timer_new(u->ctx, cb, cb_opaque);
}

static void free_timer(void *timer, void *opaque)
{
    struct user *u = opaque;

    u->host->timer_free(timer);
}

static void set_timer(void *timer, int64_t ms, void *opaque)
{
    struct user *u = opaque;

    u->host->timer_arm(timer, ms * 1000000);
}

static void register_fd(int fd, void *opaque)
{
    struct user *u = opaque;

    (void)fd;
    u->poller.open++;
}

static void unregister_fd(int fd, void *opaque)
{
    struct user *u = opaque;

    u->poller.open -= u->poller.open > 0;
    poller_forget(u, fd);
}

static void notify(void *opaque)
{
    struct user *u = opaque;

    u->host->wake(u->ctx);
}

static const SlirpCb callbacks = {
    .send_packet = send_packet,
    .guest_error = guest_error,
    .clock_get_ns = clock_ns,
    .timer_new = new_timer,
    .timer_free = free_timer,
    .timer_mod = set_timer,
    .register_poll_fd = register_fd,
    .unregister_poll_fd = unregister_fd,
    .notify = notify,
};

/* ---- Life ------------------------------------------------------------------------------------ */

static void destroy(void *be)
{
    struct user *u = be;

    if (u->slirp)
        slirp_cleanup(u->slirp);
    poller_free(u);
    while (u->waiting)
        drop_first(u);
    ring_free(&u->ring);
    pcap_close(u->dump);
    free(u->part);
    free(u);
}

/* Half of the descriptors that this process may have: the rest of it needs some too. */
static uint32_t most_sockets(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > 65536)
        return 32768;
    return (uint32_t)limit.rlim_cur / 2;
}

static int start(struct user *u, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *host = u->host->base;
    SlirpConfig config = {.version = 4, .if_mtu = LARGEST_MTU, .if_mru = LARGEST_MTU};

    u->mtu = (uint32_t)host->prop_uint(props, "mtu");
    u->offloads_on = host->prop_uint(props, "offloads") != 0;
    u->part = malloc(LARGEST_MTU + VM_NET_MIN_FRAME);
    if (!u->part || ring_init(&u->ring))
        return vm_error_set(err, "out of memory");
    if (config_read(&config, host, props, err) || poller_init(u, err) ||
        pcap_open(&u->dump, host, props, err))
        return -1;
    u->slirp = slirp_new(&config, &callbacks, u);
    if (!u->slirp)
        return vm_error_set(err, "libslirp %s does not take this configuration",
                            slirp_version_string());
    if (forward_ports(u->slirp, host->prop_string(props, "forward"), err))
        return -1;
    poller_update(u);
    return 0;
}

static void *create(const struct vm_net_host *host, struct vm_net_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct user *u = calloc(1, sizeof(*u));

    if (!u) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    u->host = host;
    u->ctx = ctx;
    u->poller.epoll = -1;
    u->last_waiting = &u->waiting;
    u->max_sockets = most_sockets();
    if (start(u, props, err)) {
        destroy(u);
        return NULL;
    }
    return u;
}

static const struct vm_net_ops ops = {
    .size = sizeof(struct vm_net_ops),
    .create = create,
    .destroy = destroy,
    .info = info,
    .send = send_frame,
    .receive_ready = receive_ready,
    .set_offloads = set_offloads,
    .poll = poll_user,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_NET_INTERFACE) == 0 ? &ops : NULL;
}

#define P .size = sizeof(struct vm_property)

static const struct vm_property properties[] = {
    {P, .type = VM_PROP_STRING, .name = "forward",
     .help = "ports of the host that lead to the guest, separated by commas: "
             "PROTOCOL:[ADDRESS:]PORT:[GUEST-ADDRESS:]GUEST-PORT, with tcp or udp; without "
             "ADDRESS only the host itself can connect"},
    {P, .type = VM_PROP_STRING, .name = "net", .default_value = "10.0.2.0/24",
     .help = "the guest's IPv4 network"},
    {P, .type = VM_PROP_STRING, .name = "host",
     .help = "the host's address in it; the second one if it is not given"},
    {P, .type = VM_PROP_STRING, .name = "dns",
     .help = "the name server's address; the third one if it is not given"},
    {P, .type = VM_PROP_STRING, .name = "dhcp-start",
     .help = "what DHCP gives the guest; the fifteenth one if it is not given"},
    {P, .type = VM_PROP_STRING, .name = "hostname",
     .help = "what DHCP says that the guest is called"},
    {P, .type = VM_PROP_BOOL, .name = "ipv6", .default_value = "yes",
     .help = "whether there is IPv6"},
    {P, .type = VM_PROP_STRING, .name = "net6", .default_value = "fec0::/64",
     .help = "the guest's IPv6 network"},
    {P, .type = VM_PROP_BOOL, .name = "restrict", .default_value = "no",
     .help = "keep the guest from reaching anything but its own network; forwarded ports work"},
    {P, .type = VM_PROP_BOOL, .name = "host-loopback", .default_value = "yes",
     .help = "whether the host's address leads to servers on the host's loopback"},
    {P, .type = VM_PROP_UINT, .name = "mtu", .unit = "bytes", .default_value = "1500", .min = 576,
     .max = LARGEST_MTU, .help = "largest IP packet"},
    {P, .type = VM_PROP_BOOL, .name = "offloads", .default_value = "yes",
     .help = "spare the guest checksums and the cutting of large TCP packets"},
    {P, .type = VM_PROP_PATH, .name = "tftp", .help = "folder that a TFTP server gives out"},
    {P, .type = VM_PROP_STRING, .name = "bootfile", .help = "file that DHCP says to boot from"},
    PCAP_PROPERTY,
};

VM_PLUGIN(.kind = VM_KIND_NET, .name = "net-user", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a network behind the host's own sockets (libslirp)",
          .description = "Needs no privileges. The guest gets an address by DHCP, reaches what the "
                         "host reaches, and is reached through forwarded ports only.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

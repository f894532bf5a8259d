/* SPDX-License-Identifier: BSD-2-Clause */
/* tap.c - a network interface of the host's kernel, with its offloads. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../net-common/port.h"

#define DEVICE "/dev/net/tun"
#define OFFLOADS                                                                          \
    (VM_NET_TX_CSUM | VM_NET_TX_TSO4 | VM_NET_TX_TSO6 | VM_NET_RX_CSUM | VM_NET_RX_TSO4 | \
     VM_NET_RX_TSO6)

struct tap {
    struct port port;
    char name[IFNAMSIZ];
    bool offloads_on; /* property, and the descriptor can */
    uint32_t mtu;
};

/* ---- Frames ---------------------------------------------------------------------------------- */

static size_t send_frame(void *be, const struct vm_iovec *iov, uint32_t n)
{
    return port_send(&((struct tap *)be)->port, iov, n);
}

static void receive_ready(void *be)
{
    port_receive_ready(&((struct tap *)be)->port);
}

static void poll_tap(void *be)
{
    port_poll(&((struct tap *)be)->port);
}

static void info(void *be, struct vm_net_info *out)
{
    const struct tap *t = be;

    out->offloads = t->offloads_on ? OFFLOADS : 0;
    out->mtu = t->mtu;
    out->link_up = 1;
}

/* What the guest takes, the kernel may give; what the guest sends it takes as the header says. */
static int set_offloads(void *be, uint32_t offloads)
{
    const struct tap *t = be;
    unsigned long flags = (offloads & VM_NET_RX_CSUM ? TUN_F_CSUM : 0u) |
                          (offloads & VM_NET_RX_TSO4 ? TUN_F_TSO4 : 0u) |
                          (offloads & VM_NET_RX_TSO6 ? TUN_F_TSO6 : 0u);

    if (!t->offloads_on)
        return offloads ? -1 : 0;
    return ioctl(t->port.fd, TUNSETOFFLOAD, flags) < 0 ? -1 : 0;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static int make_interface(struct tap *t, const char *name, int *out, struct vm_error *err)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};

    if (strlen(name) >= IFNAMSIZ)
        return vm_error_set(err, "interface: '%.40s' is longer than %d characters", name,
                            IFNAMSIZ - 1);
    strcpy(request.ifr_name, name);
    *out = open(DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (*out < 0)
        return vm_error_set(err, "cannot open " DEVICE ": %s%s", strerror(errno),
                            errno == EACCES ? "; let this user read and write it" : "");
    if (ioctl(*out, TUNSETIFF, &request) == 0) {
        strcpy(t->name, request.ifr_name);
        return 0;
    }
    if (errno == EPERM)
        return vm_error_set(err,
                            "this user may not attach to the interface '%s'; as root: ip tuntap "
                            "add dev %s mode tap user $USER",
                            name, name);
    return vm_error_set(err, "cannot attach to the interface '%s': %s%s", name, strerror(errno),
                        errno == EBUSY    ? "; another program has it"
                        : errno == EINVAL ? "; it is no tap interface of one queue"
                                          : "");
}

/* A descriptor that who started us has opened. */
static int adopt(struct tap *t, int fd, bool *with_header, int *out, struct vm_error *err)
{
    struct ifreq request = {0};
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return vm_error_set(err, "fd: %d is not open", fd);
    if (ioctl(fd, TUNGETIFF, &request) < 0 || !(request.ifr_flags & IFF_TAP))
        return vm_error_set(err, "fd: %d is no tap device", fd);
    if (!(request.ifr_flags & IFF_NO_PI))
        return vm_error_set(err, "fd: %d must be set up with IFF_NO_PI", fd);
    *with_header = request.ifr_flags & IFF_VNET_HDR;
    *out = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (*out < 0 || fcntl(*out, F_SETFL, flags | O_NONBLOCK) < 0)
        return vm_error_set(err, "fd: cannot use %d: %s", fd, strerror(errno));
    strcpy(t->name, request.ifr_name);
    return 0;
}

static int set_header(int fd, struct vm_error *err)
{
    int size = (int)sizeof(struct vm_net_header), little = 1;

    if (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0 || ioctl(fd, TUNSETVNETLE, &little) < 0)
        return vm_error_set(err, "the tap device has no headers of %d bytes: %s", size,
                            strerror(errno));
    ioctl(fd, TUNSETOFFLOAD, 0UL); /* a descriptor from outside may have been used before */
    return 0;
}

static uint32_t interface_mtu(const char *name)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memcpy(request.ifr_name, name, IFNAMSIZ);
    int found = fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0;
    if (fd >= 0)
        close(fd);
    return found && request.ifr_mtu > 0 ? (uint32_t)request.ifr_mtu : 0;
}

static void destroy(void *be)
{
    struct tap *t = be;

    port_free(&t->port);
    free(t);
}

static int open_tap(struct tap *t, const struct vm_host *host, const struct vm_props *props,
                    bool *with_header, int *fd, struct vm_error *err)
{
    const char *name = host->prop_string(props, "interface");
    bool given = host->prop_given(props, "fd");

    if (given == (name != NULL))
        return vm_error_set(err, "give either 'interface' or 'fd'");
    if (given)
        return adopt(t, (int)host->prop_uint(props, "fd"), with_header, fd, err);
    *with_header = true;
    return make_interface(t, name, fd, err);
}

static int start(struct tap *t, const struct vm_net_host *host, struct vm_net_ctx *ctx,
                 const struct vm_props *props, struct vm_error *err)
{
    bool with_header = false;

    if (open_tap(t, host->base, props, &with_header, &t->port.fd, err) ||
        (with_header && set_header(t->port.fd, err)))
        return -1;
    t->offloads_on = with_header && host->base->prop_uint(props, "offloads");
    t->mtu = interface_mtu(t->name);
    return port_init(&t->port, host, ctx, t->port.fd, with_header, props, err);
}

static void *create(const struct vm_net_host *host, struct vm_net_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct tap *t = calloc(1, sizeof(*t));

    if (!t) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    t->port.fd = -1;
    if (start(t, host, ctx, props, err)) {
        destroy(t);
        return NULL;
    }
    return t;
}

static const struct vm_net_ops ops = {
    .size = sizeof(struct vm_net_ops),
    .create = create,
    .destroy = destroy,
    .info = info,
    .send = send_frame,
    .receive_ready = receive_ready,
    .set_offloads = set_offloads,
    .poll = poll_tap,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_NET_INTERFACE) == 0 ? &ops : NULL;
}

#define P .size = sizeof(struct vm_property)

static const struct vm_property properties[] = {
    {P, .type = VM_PROP_STRING, .name = "interface",
     .help = "the tap interface: an existing one that this user may use, or, for root, a new one"},
    {P, .type = VM_PROP_UINT, .name = "fd", .min = 0, .max = 65535,
     .help = "or: the number of a tap device that is open already"},
    {P, .type = VM_PROP_BOOL, .name = "offloads", .default_value = "yes",
     .help = "leave checksums and the cutting of large TCP packets to the host's kernel"},
    PCAP_PROPERTY,
};

VM_PLUGIN(.kind = VM_KIND_NET, .name = "net-tap", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a tap interface of the host's kernel",
          .description = "Who set up the interface says where its frames go: addresses, a bridge, "
                         "routes. That takes privileges; net-user needs none.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

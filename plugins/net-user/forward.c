/* SPDX-License-Identifier: BSD-2-Clause */
/* forward.c - the user network's properties: addresses, and ports that lead to the guest. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user.h"

/* ---- Addresses ------------------------------------------------------------------------------- */

static int read_number(const char *text, uint32_t max, uint32_t *out)
{
    char *end;
    unsigned long value;

    if (*text < '0' || *text > '9')
        return -1;
    errno = 0;
    value = strtoul(text, &end, 10);
    if (*end || errno || value > max)
        return -1;
    *out = (uint32_t)value;
    return 0;
}

/* ADDRESS/BITS. */
static int read_prefix(const char *text, int family, void *address, uint32_t max_bits,
                       uint32_t *bits)
{
    const char *slash = strchr(text, '/');
    char head[INET6_ADDRSTRLEN];

    if (!slash || (size_t)(slash - text) >= sizeof(head))
        return -1;
    memcpy(head, text, (size_t)(slash - text));
    head[slash - text] = '\0';
    return inet_pton(family, head, address) == 1 ? read_number(slash + 1, max_bits, bits) : -1;
}

static int read_network(SlirpConfig *c, const char *text, struct vm_error *err)
{
    uint32_t bits;

    if (read_prefix(text, AF_INET, &c->vnetwork, 29, &bits) || bits < 8)
        return vm_error_set(
            err, "net: '%.40s' is not a network; write ADDRESS/BITS with 8 to 29 bits", text);
    c->vnetmask.s_addr = htonl(UINT32_MAX << (32 - bits));
    if (c->vnetwork.s_addr & ~c->vnetmask.s_addr)
        return vm_error_set(err, "net: '%.40s' has bits set behind the first %u", text, bits);
    return 0;
}

/* An address in the network: as the user gave it, or the `number`-th. */
static int read_host(const SlirpConfig *c, const struct vm_host *host, const struct vm_props *props,
                     const char *name, uint32_t number, struct in_addr *out, struct vm_error *err)
{
    const char *text = host->prop_string(props, name);
    uint32_t mask = ntohl(c->vnetmask.s_addr), network = ntohl(c->vnetwork.s_addr);

    /* A small network has its hosts nearer together. */
    if (number >= ~mask)
        number = ~mask - 1;
    out->s_addr = htonl(network + number);
    if (!text)
        return 0;
    if (inet_pton(AF_INET, text, out) != 1)
        return vm_error_set(err, "%s: '%.40s' is not an IPv4 address", name, text);
    uint32_t address = ntohl(out->s_addr);
    if ((address & mask) != network || address == network || address == (network | ~mask))
        return vm_error_set(err, "%s: %s is not an address of a host in the network", name, text);
    return 0;
}

static int read_ipv6(SlirpConfig *c, const char *text, struct vm_error *err)
{
    uint32_t bits;

    if (read_prefix(text, AF_INET6, &c->vprefix_addr6, 64, &bits) || bits != 64)
        return vm_error_set(err, "net6: '%.60s' is not an IPv6 network; write ADDRESS/64", text);
    c->vprefix_len = (uint8_t)bits;
    memset(&c->vprefix_addr6.s6_addr[8], 0, 8);
    c->vhost6 = c->vnameserver6 = c->vprefix_addr6;
    c->vhost6.s6_addr[15] = 2;
    c->vnameserver6.s6_addr[15] = 3;
    return 0;
}

static int check_distinct(const SlirpConfig *c, struct vm_error *err)
{
    if (c->vhost.s_addr == c->vnameserver.s_addr || c->vhost.s_addr == c->vdhcp_start.s_addr ||
        c->vnameserver.s_addr == c->vdhcp_start.s_addr)
        return vm_error_set(err, "host, dns and dhcp-start must be three different addresses");
    return 0;
}

int config_read(SlirpConfig *c, const struct vm_host *host, const struct vm_props *props,
                struct vm_error *err)
{
    c->in_enabled = true;
    c->in6_enabled = host->prop_uint(props, "ipv6") != 0;
    c->restricted = host->prop_uint(props, "restrict") != 0;
    c->disable_host_loopback = host->prop_uint(props, "host-loopback") == 0;
    c->vhostname = host->prop_string(props, "hostname");
    c->tftp_path = host->prop_string(props, "tftp");
    c->bootfile = host->prop_string(props, "bootfile");
    if (read_network(c, host->prop_string(props, "net"), err) ||
        read_host(c, host, props, "host", 2, &c->vhost, err) ||
        read_host(c, host, props, "dns", 3, &c->vnameserver, err) ||
        read_host(c, host, props, "dhcp-start", 15, &c->vdhcp_start, err) ||
        read_ipv6(c, host->prop_string(props, "net6"), err))
        return -1;
    return check_distinct(c, err);
}

/* ---- Forwarded ports ------------------------------------------------------------------------- */

struct forward {
    bool udp;
    struct in_addr host, guest;
    uint32_t host_port, guest_port;
};

/* An address if there is one in front of the port: fields are PORT, or ADDRESS and PORT. */
static bool take_end(char **fields, uint32_t n, struct in_addr *address, uint32_t *port)
{
    return (n == 1 || inet_pton(AF_INET, fields[0], address) == 1) &&
           read_number(fields[n - 1], UINT16_MAX, port) == 0 && *port != 0;
}

/* PROTOCOL:[ADDRESS:]PORT:[GUEST-ADDRESS:]GUEST-PORT, in place. */
static bool parse_forward(char *text, struct forward *f)
{
    char *fields[5], *state = NULL;
    uint32_t n = 0, split;

    for (char *p = strtok_r(text, ":", &state); p; p = strtok_r(NULL, ":", &state)) {
        if (n == 5)
            return false;
        fields[n++] = p;
    }
    *f = (struct forward){.host.s_addr = htonl(INADDR_LOOPBACK)};
    if (n < 3 || (strcmp(fields[0], "tcp") != 0 && strcmp(fields[0], "udp") != 0))
        return false;
    f->udp = fields[0][0] == 'u';
    /* Four fields: the one address is where the dots are. */
    split = n == 5 || (n == 4 && strchr(fields[1], '.')) ? 2 : 1;
    return take_end(fields + 1, split, &f->host, &f->host_port) &&
           take_end(fields + 1 + split, n - 1 - split, &f->guest, &f->guest_port);
}

static int forward_one(Slirp *slirp, const char *text, struct vm_error *err)
{
    struct forward f;
    char copy[128];

    snprintf(copy, sizeof(copy), "%s", text); /* what is cut off was too long to be right */
    if (!parse_forward(copy, &f))
        return vm_error_set(err,
                            "forward: '%.80s' is not a port; write "
                            "tcp:[ADDRESS:]PORT:[GUEST-ADDRESS:]GUEST-PORT, or udp:",
                            text);
    if (slirp_add_hostfwd(slirp, f.udp, f.host, (int)f.host_port, f.guest, (int)f.guest_port) < 0)
        return vm_error_set(err, "forward: cannot listen on %s port %u of %s: %s",
                            f.udp ? "UDP" : "TCP", f.host_port, inet_ntoa(f.host), strerror(errno));
    return 0;
}

int forward_ports(Slirp *slirp, const char *list, struct vm_error *err)
{
    char *copy = list ? strdup(list) : NULL, *state = NULL;
    int result = 0;

    if (list && !copy)
        return vm_error_set(err, "out of memory");
    for (char *p = copy ? strtok_r(copy, ", \t", &state) : NULL; p && !result;
         p = strtok_r(NULL, ", \t", &state))
        result = forward_one(slirp, p, err);
    free(copy);
    return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* net_user_test.c - net-user as a guest sees it that writes its frames by hand: ARP, DHCP, TCP to a
 * server of the host, ports that lead in; and properties. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vmrun/backendtest.h>
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

#define ETHER 14u
#define IP    20u
#define TCP   20u
#define HEAD  (ETHER + IP + TCP)

#define FIN 1u
#define SYN 2u
#define PSH 8u
#define ACK 16u

#define ALL (VM_NET_TX_CSUM | VM_NET_TX_TSO4 | VM_NET_RX_CSUM | VM_NET_RX_TSO4)

static const uint8_t my_mac[6] = {0x52, 0x54, 0, 1, 2, 3},
                     everybody[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t my_ip[4] = {10, 0, 2, 15}, host_ip[4] = {10, 0, 2, 2};
static struct vm_nettest *h;
static uint8_t host_mac[6];
static uint8_t out[70000];

static void setup(void)
{
    h = vm_nettest_new(&vm_plugin_descriptor);
    vm_nettest_set(h, "ipv6", "no"); /* no router advertisements in between */
}

static void teardown(void)
{
    vm_nettest_free(h);
}

TestSuite(user, .init = setup, .fini = teardown, .timeout = 60);

/* ---- Frames ---------------------------------------------------------------------------------- */

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, value >> 16);
    put16(p + 2, value);
}

static uint32_t sum(uint32_t s, const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        s += i % 2 ? p[i] : (uint32_t)p[i] << 8;
        s = (s & 0xffff) + (s >> 16);
    }
    return s;
}

/* Ethernet and IP headers in `out`. */
static void head(const uint8_t *mac, uint32_t protocol, const uint8_t *from, const uint8_t *to,
                 uint32_t payload)
{
    uint8_t *ip = out + ETHER;

    memcpy(out, mac, 6);
    memcpy(out + 6, my_mac, 6);
    put16(out + 12, 0x800);
    memset(ip, 0, IP);
    ip[0] = 0x45;
    put16(ip + 2, IP + payload);
    ip[8] = 64;
    ip[9] = (uint8_t)protocol;
    memcpy(ip + 12, from, 4);
    memcpy(ip + 16, to, 4);
    put16(ip + 10, ~sum(0, ip, IP));
}

static void send_udp(const uint8_t *mac, const uint8_t *from, const uint8_t *to, uint32_t sport,
                     uint32_t dport, uint32_t payload)
{
    uint8_t *udp = out + ETHER + IP;

    head(mac, 17, from, to, 8 + payload);
    put16(udp, sport);
    put16(udp + 2, dport);
    put16(udp + 4, 8 + payload);
    put16(udp + 6, 0);
    cr_assert_gt(vm_nettest_send(h, NULL, out, ETHER + IP + 8 + payload), 0);
}

/* ---- A guest's TCP --------------------------------------------------------------------------- */

struct tcp {
    uint32_t my_port, port;
    uint32_t seq, ack; /* next to send, next expected */
};

/* The payload lies behind the headers already. The checksum is left to the backend. */
static void send_tcp(struct tcp *t, uint32_t flags, uint32_t payload, uint32_t gso_size)
{
    struct vm_net_header header = {.flags = VM_NET_NEEDS_CSUM,
                                   .gso_type = gso_size ? VM_NET_GSO_TCPV4 : VM_NET_GSO_NONE,
                                   .gso_size = (uint16_t)gso_size,
                                   .header_length = HEAD,
                                   .csum_start = ETHER + IP,
                                   .csum_offset = 16};
    uint32_t options = flags & SYN ? 4 : 0, length = TCP + options + payload;
    uint8_t *tcp = out + ETHER + IP, tail[4] = {0, 6};

    head(host_mac, 6, my_ip, host_ip, length);
    memset(tcp, 0, TCP);
    put16(tcp, t->my_port);
    put16(tcp + 2, t->port);
    put32(tcp + 4, t->seq);
    put32(tcp + 8, t->ack);
    tcp[12] = (uint8_t)((TCP + options) << 2);
    tcp[13] = (uint8_t)flags;
    put16(tcp + 14, 65535);
    if (options)
        memcpy(tcp + TCP, (uint8_t[]){2, 4, 1460 >> 8, 1460 & 255}, 4);
    put16(tail + 2, length);
    put16(tcp + 16, sum(sum(0, out + ETHER + 12, 8), tail, 4));
    t->seq += payload + (flags & (SYN | FIN) ? 1 : 0);
    cr_assert_gt(vm_nettest_send(h, &header, out, ETHER + IP + length), 0);
}

/* The next TCP segment to us; NULL in time: none. */
static const uint8_t *next_tcp(struct tcp *t, uint32_t *payload, struct vm_net_header *header)
{
    const uint8_t *f;
    size_t n;

    while ((f = vm_nettest_frame(h, 5000, &n, header))) {
        const uint8_t *tcp = f + ETHER + IP;
        if (get16(f + 12) != 0x800 || f[ETHER + 9] != 6)
            continue;
        uint32_t data = (tcp[12] >> 4) * 4u;
        *payload = get16(f + ETHER + 2) - IP - data;
        t->ack = get32(tcp + 4) + *payload + (tcp[13] & (SYN | FIN) ? 1 : 0);
        return tcp;
    }
    return NULL;
}

/* ---- The network ----------------------------------------------------------------------------- */

static void create(void)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_eq(vm_nettest_create(h, &err), 0, "%s", err.text);
}

/* Asks for the host's Ethernet address. */
static void greet(void)
{
    uint8_t arp[42] = {0};
    const uint8_t *f;
    size_t n;

    memcpy(arp, everybody, 6);
    memcpy(arp + 6, my_mac, 6);
    put16(arp + 12, 0x806);
    memcpy(arp + 14, (uint8_t[]){0, 1, 8, 0, 6, 4, 0, 1}, 8);
    memcpy(arp + 22, my_mac, 6);
    memcpy(arp + 28, my_ip, 4);
    memcpy(arp + 38, host_ip, 4);
    cr_assert_gt(vm_nettest_send(h, NULL, arp, sizeof(arp)), 0);
    do {
        f = vm_nettest_frame(h, 5000, &n, NULL);
        cr_assert_not_null(f, "no answer");
    } while (get16(f + 12) != 0x806);
    cr_expect_eq(get16(f + 20), 2);
    cr_expect_arr_eq(f + 28, host_ip, 4);
    memcpy(host_mac, f + 22, 6);
}

/* A server on the host's loopback. */
static int listen_on(int type, uint32_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int fd = socket(AF_INET, type, 0);

    cr_assert_eq(bind(fd, (struct sockaddr *)&address, n), 0);
    if (type == SOCK_STREAM)
        cr_assert_eq(listen(fd, 4), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* Opens a connection to a server; returns its end. */
static int open_tcp(struct tcp *t, int listener)
{
    struct vm_net_header header;
    uint32_t payload;

    *t = (struct tcp){.my_port = 40000, .port = t->port, .seq = 1000};
    send_tcp(t, SYN, 0, 0);
    const uint8_t *tcp = next_tcp(t, &payload, &header);
    cr_assert_not_null(tcp);
    cr_assert_eq(tcp[13] & (SYN | ACK), SYN | ACK);
    cr_assert_eq(get32(tcp + 8), 1001);
    send_tcp(t, ACK, 0, 0);
    int fd = accept(listener, NULL, NULL);
    cr_assert_geq(fd, 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

Test(user, dhcp_gives_an_address)
{
    uint8_t *bootp = out + ETHER + IP + 8;
    const uint8_t zeroes[4] = {0}, *f;
    size_t n;

    create();
    memset(bootp, 0, 300);
    memcpy(bootp, (uint8_t[]){1, 1, 6, 0, 1, 2, 3, 4}, 8);
    memcpy(bootp + 28, my_mac, 6);
    memcpy(bootp + 236, (uint8_t[]){99, 130, 83, 99, 53, 1, 1, 255}, 8);
    send_udp(everybody, zeroes, (uint8_t[]){255, 255, 255, 255}, 68, 67, 300);
    do {
        f = vm_nettest_frame(h, 5000, &n, NULL);
        cr_assert_not_null(f, "no offer");
    } while (get16(f + 12) != 0x800 || f[ETHER + 9] != 17);
    bootp = (uint8_t *)(uintptr_t)(f + ETHER + IP + 8);
    cr_expect_eq(get16(f + ETHER + IP + 2), 68);
    cr_expect_eq(bootp[0], 2);
    cr_expect_arr_eq(bootp + 16, my_ip, 4);
}

Test(user, tcp_to_a_server_of_the_host)
{
    struct tcp t = {0};
    struct vm_net_header header;
    uint32_t payload;
    char text[16] = {0};

    create();
    cr_assert_eq(vm_nettest_ops(h)->set_offloads(vm_nettest_backend(h), ALL), 0);
    int listener = listen_on(SOCK_STREAM, &t.port);
    greet();
    int fd = open_tcp(&t, listener);
    memcpy(out + HEAD, "hello", 5);
    send_tcp(&t, ACK | PSH, 5, 0);
    while (read(fd, text, sizeof(text)) < 0)
        vm_nettest_turn(h, 5);
    cr_expect_str_eq(text, "hello");
    cr_assert_eq(write(fd, "welcome", 7), 7);
    const uint8_t *tcp;
    do {
        tcp = next_tcp(&t, &payload, &header);
        cr_assert_not_null(tcp);
    } while (!payload);
    cr_expect_eq(payload, 7);
    cr_expect_eq(memcmp(tcp + TCP, "welcome", 7), 0);
    cr_expect_eq(header.flags, VM_NET_DATA_VALID);
    close(fd);
    close(listener);
}

/* Large packets both ways: what a guest with offloads sends arrives; what it gets is uncut. */
Test(user, large_packets)
{
    struct tcp t = {0};
    struct vm_net_header header;
    uint32_t payload, got = 0, segments = 0;
    static uint8_t bytes[200000], seen[200000];

    for (uint32_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    create();
    cr_assert_eq(vm_nettest_ops(h)->set_offloads(vm_nettest_backend(h), ALL), 0);
    int listener = listen_on(SOCK_STREAM, &t.port);
    greet();
    int fd = open_tcp(&t, listener);
    memcpy(out + HEAD, bytes, 60000);
    send_tcp(&t, ACK | PSH, 60000, 1460);
    while (got < 60000) {
        ssize_t n = read(fd, seen + got, sizeof(seen) - got);
        got += n > 0 ? (uint32_t)n : 0;
        vm_nettest_turn(h, 5);
    }
    cr_expect_arr_eq(seen, bytes, 60000);

    uint32_t wrote = 0;
    for (got = 0; got < sizeof(bytes);) {
        ssize_t n = write(fd, bytes + wrote, sizeof(bytes) - wrote);
        wrote += n > 0 ? (uint32_t)n : 0;
        const uint8_t *tcp = next_tcp(&t, &payload, &header);
        cr_assert_not_null(tcp);
        if (!payload)
            continue;
        if (payload > 1460) {
            cr_expect_eq(header.gso_type, VM_NET_GSO_TCPV4);
            cr_expect_eq(header.gso_size, 1460);
            cr_expect_eq(header.flags, VM_NET_NEEDS_CSUM);
        }
        cr_assert_leq(got + payload, sizeof(seen));
        memcpy(seen + got, tcp + TCP, payload);
        got += payload;
        segments++;
        send_tcp(&t, ACK, 0, 0);
    }
    cr_expect_arr_eq(seen, bytes, sizeof(bytes));
    cr_expect_lt(segments, 40, "%u segments", segments);
    close(fd);
    close(listener);
}

Test(user, no_segment_is_longer_than_the_mtu_without_offloads)
{
    struct tcp t = {0};
    struct vm_net_header header;
    uint32_t payload, got = 0;
    static const uint8_t bytes[20000];

    create();
    int listener = listen_on(SOCK_STREAM, &t.port);
    greet();
    int fd = open_tcp(&t, listener);
    cr_assert_eq(write(fd, bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
    while (got < sizeof(bytes)) {
        cr_assert_not_null(next_tcp(&t, &payload, &header));
        cr_assert_leq(payload, 1460);
        cr_expect_eq(header.flags | header.gso_type, 0);
        got += payload;
        send_tcp(&t, ACK, 0, 0);
    }
    close(fd);
    close(listener);
}

Test(user, a_large_datagram_comes_in_fragments)
{
    struct sockaddr_in from;
    socklen_t length = sizeof(from);
    uint32_t port, got = 0, pieces = 0;
    static uint8_t bytes[5000];
    const uint8_t *f;
    size_t n;

    create();
    cr_assert_eq(vm_nettest_ops(h)->set_offloads(vm_nettest_backend(h), ALL), 0);
    int fd = listen_on(SOCK_DGRAM, &port);
    greet();
    memcpy(out + ETHER + IP + 8, "ask", 3);
    send_udp(host_mac, my_ip, host_ip, 5000, port, 3);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length) < 0)
        vm_nettest_turn(h, 5);
    cr_assert_eq(sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, length), 5000);
    while (got < 5008) {
        f = vm_nettest_frame(h, 5000, &n, NULL);
        cr_assert_not_null(f);
        cr_assert_leq(n, 1514);
        if (get16(f + 12) != 0x800 || f[ETHER + 9] != 17)
            continue;
        got += get16(f + ETHER + 2) - IP;
        pieces++;
    }
    cr_expect_eq(pieces, 4);
    close(fd);
}

Test(user, a_port_that_leads_in)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct tcp t = {.my_port = 22, .seq = 5};
    struct vm_net_header header;
    uint32_t port, payload;
    char forward[64];

    /* A port that was free a moment ago. */
    close(listen_on(SOCK_STREAM, &port));
    snprintf(forward, sizeof(forward), "udp:%u:53, tcp:127.0.0.1:%u:22", port, port);
    vm_nettest_set(h, "forward", forward);
    create();
    greet();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    address.sin_port = htons((uint16_t)port);
    connect(fd, (struct sockaddr *)&address, sizeof(address));
    const uint8_t *tcp = next_tcp(&t, &payload, &header);
    cr_assert_not_null(tcp);
    cr_expect_eq(get16(tcp + 2), 22);
    cr_expect_eq(tcp[13], SYN);
    t.port = get16(tcp);
    send_tcp(&t, SYN | ACK, 0, 0);
    cr_assert_not_null(next_tcp(&t, &payload, &header));
    memcpy(out + HEAD, "banner", 6);
    send_tcp(&t, ACK | PSH, 6, 0);
    char text[16] = {0};
    while (read(fd, text, sizeof(text)) <= 0)
        vm_nettest_turn(h, 5);
    cr_expect_str_eq(text, "banner");
    close(fd);
    /* From other machines there is no way in. */
    int other = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    cr_expect_neq(connect(other, (struct sockaddr *)&address, sizeof(address)), 0);
    close(other);
}

Test(user, frames_wait_for_a_device_without_room)
{
    const uint8_t *f;
    size_t n;

    create();
    greet();
    vm_nettest_room(h, 0);
    memset(out, 0, 60);
    /* Two echo requests to the host. */
    for (uint8_t i = 1; i <= 2; i++) {
        uint8_t *icmp = out + ETHER + IP;
        memset(icmp, 0, 16);
        icmp[0] = 8;
        icmp[7] = i;
        put16(icmp + 2, 0);
        put16(icmp + 2, ~sum(0, icmp, 16));
        head(host_mac, 1, my_ip, host_ip, 16);
        cr_assert_gt(vm_nettest_send(h, NULL, out, ETHER + IP + 16), 0);
    }
    cr_expect_null(vm_nettest_frame(h, 100, &n, NULL));
    vm_nettest_room(h, UINT32_MAX);
    for (uint8_t i = 1; i <= 2; i++) {
        do {
            f = vm_nettest_frame(h, 5000, &n, NULL);
            cr_assert_not_null(f);
        } while (get16(f + 12) != 0x800 || f[ETHER + 9] != 1);
        cr_expect_eq(f[ETHER + IP], 0);
        cr_expect_eq(f[ETHER + IP + 7], i);
    }
}

Test(user, a_full_ring_holds_the_sender_up)
{
    uint32_t sent = 0;

    create();
    memset(out, 0, sizeof(out)); /* to a protocol that nobody knows */
    while (vm_nettest_send(h, NULL, out, 60000))
        cr_assert_lt(++sent, 100);
    cr_assert_gt(sent, 10);
    vm_nettest_turn(h, 0);
    cr_expect_eq(vm_nettest_writable_calls(h), 1);
    for (uint32_t i = 0; i < 1000; i++) {
        /* Lengths of all kinds, round the ring's end many times. */
        cr_assert_gt(vm_nettest_send(h, NULL, out, 14 + i * 977 % 65000), 0);
        vm_nettest_turn(h, 0);
    }
    cr_expect_eq(vm_nettest_writable_calls(h), 1);
}

Test(user, noise_is_survived)
{
    create();
    greet();
    for (int i = 0; i < 20000; i++) {
        struct vm_net_header header = {.flags = (uint8_t)(rand() % 4),
                                       .gso_type = (uint8_t)(rand() % 8 ? 0 : rand()),
                                       .csum_start = (uint16_t)(rand() % 128),
                                       .csum_offset = (uint16_t)(rand() % 64)};
        uint32_t length = 14 + (uint32_t)rand() % 300;
        for (uint32_t j = 0; j < length; j++)
            out[j] = (uint8_t)rand();
        /* To hosts of the network only. */
        head(host_mac, (uint32_t)(rand() % 4 ? 1 : rand() % 256), my_ip, host_ip,
             length - 14 > IP ? length - 14 - IP : 0);
        vm_nettest_send(h, &header, out, length);
        vm_nettest_turn(h, 0);
    }
    greet();
}

Test(user, properties_that_do_not_do)
{
    static const struct {
        const char *name, *value, *says;
    } wrong[] = {
        {"net", "10.0.2.0", "net: '10.0.2.0' is not a network"},
        {"net", "10.0.2.0/31", "8 to 29 bits"},
        {"net", "10.0.2.1/24", "bits set behind the first 24"},
        {"host", "10.0.3.1", "host: 10.0.3.1 is not an address of a host in the network"},
        {"host", "10.0.2.255", "not an address of a host"},
        {"dns", "x", "dns: 'x' is not an IPv4 address"},
        {"dns", "10.0.2.2", "three different addresses"},
        {"net6", "fe80::/10", "write ADDRESS/64"},
        {"forward", "tcp:22", "is not a port"},
        {"forward", "sctp:22:22", "is not a port"},
        {"forward", "tcp:70000:22", "is not a port"},
        {"forward", "tcp:1.2.3:22:22", "is not a port"},
        {"forward", "tcp:0:22", "is not a port"},
        {"forward", "tcp:1:2:3:4:5", "is not a port"},
        {"forward", "tcp:192.0.2.1:2222:22", "cannot listen on TCP port 2222 of 192.0.2.1"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct vm_nettest *one = vm_nettest_new(&vm_plugin_descriptor);
        struct vm_error err = VM_ERROR_INIT;
        vm_nettest_set(one, wrong[i].name, wrong[i].value);
        cr_expect_eq(vm_nettest_create(one, &err), -1, "%s = %s", wrong[i].name, wrong[i].value);
        cr_expect_not_null(strstr(err.text, wrong[i].says), "%s", err.text);
        vm_nettest_free(one);
    }
}

Test(user, a_small_network)
{
    vm_nettest_set(h, "net", "192.168.9.0/29");
    create();
}

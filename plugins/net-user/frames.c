/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.c - Ethernet, IP and TCP headers, as far as offloads concern them. Frames of the guest are
 * hostile: nothing is read beyond `length`.
 */
#include <netinet/in.h>
#include <string.h>

#include "user.h"

#define ETHER_BYTES 14u
#define TYPE_IPV4   0x0800u
#define TYPE_IPV6   0x86ddu

#define IP4_BYTES 20u
#define IP6_BYTES 40u
#define TCP_BYTES 20u

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_PSH 0x08u
#define TCP_ACK 0x10u

#define MORE_FRAGMENTS 0x2000u
#define OFFSET_MASK    0x1fffu

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* ---- Checksums (RFC 1071) -------------------------------------------------------------------- */

/* Adds 64 bits at a time: the sum of ones' complement does not mind the byte order. */
static uint64_t add_bytes(uint64_t sum, const uint8_t *p, uint32_t n)
{
    uint64_t word;

    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&word, p, 8);
        sum += word;
        sum += sum < word;
    }
    word = 0;
    memcpy(&word, p, n);
    sum += word;
    return sum + (sum < word);
}

/* The checksum as it stands in memory. */
static uint16_t fold(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static void store_sum(uint8_t *to, uint16_t sum)
{
    memcpy(to, &sum, sizeof(sum));
}

/* ---- Layout ---------------------------------------------------------------------------------- */

/* An IP packet in a frame: version 0 if it is none, or a fragment, or broken. */
struct packet {
    uint32_t version, protocol;
    uint32_t ip;        /* where its header begins */
    uint32_t transport; /* where what it carries begins */
    uint32_t end;       /* of the packet; a short frame is padded */
};

/* `end` as the header says it; the frame's own where that lies. */
static struct packet with_end(struct packet p, uint32_t end, uint32_t length)
{
    p.end = end >= p.transport && end <= length ? end : length;
    return p;
}

static struct packet parse4(const uint8_t *frame, uint32_t length)
{
    struct packet p = {.version = 4, .ip = ETHER_BYTES};
    const uint8_t *ip = frame + ETHER_BYTES;

    if (length < ETHER_BYTES + IP4_BYTES || ip[0] >> 4 != 4 || (ip[0] & 15) < 5 ||
        get16(ip + 6) & (MORE_FRAGMENTS | OFFSET_MASK))
        return (struct packet){0};
    p.protocol = ip[9];
    p.transport = ETHER_BYTES + (ip[0] & 15u) * 4;
    return p.transport <= length ? with_end(p, ETHER_BYTES + get16(ip + 2), length)
                                 : (struct packet){0};
}

static struct packet parse6(const uint8_t *frame, uint32_t length)
{
    const uint8_t *ip = frame + ETHER_BYTES;

    if (length < ETHER_BYTES + IP6_BYTES || ip[0] >> 4 != 6)
        return (struct packet){0};
    struct packet p = {
        .version = 6, .protocol = ip[6], .ip = ETHER_BYTES, .transport = ETHER_BYTES + IP6_BYTES};
    return with_end(p, p.transport + get16(ip + 4), length);
}

static struct packet parse(const uint8_t *frame, uint32_t length)
{
    uint32_t type = length >= ETHER_BYTES ? get16(frame + 12) : 0;

    if (type == TYPE_IPV4)
        return parse4(frame, length);
    return type == TYPE_IPV6 ? parse6(frame, length) : (struct packet){0};
}

/* Bytes of the TCP header with its options, 0 if the packet is not TCP or too short. */
static uint32_t tcp_header(const struct packet *p, const uint8_t *frame)
{
    if (!p->version || p->protocol != IPPROTO_TCP || p->end - p->transport < TCP_BYTES)
        return 0;
    uint32_t bytes = (frame[p->transport + 12] >> 4) * 4u;
    return bytes >= TCP_BYTES && bytes <= p->end - p->transport ? bytes : 0;
}

/* Of the pseudo header. */
static uint64_t pseudo_sum(const struct packet *p, const uint8_t *frame)
{
    uint32_t payload = p->end - p->transport;
    const uint8_t tail[8] = {
        [2] = (uint8_t)(payload >> 8), [3] = (uint8_t)payload, [7] = (uint8_t)p->protocol};
    uint64_t sum =
        p->version == 4 ? add_bytes(0, frame + p->ip + 12, 8) : add_bytes(0, frame + p->ip + 8, 32);

    return add_bytes(sum, tail, sizeof(tail));
}

static void sum_tcp(const struct packet *p, uint8_t *frame)
{
    uint8_t *tcp = frame + p->transport;

    store_sum(tcp + 16, 0);
    store_sum(tcp + 16,
              (uint16_t)~fold(add_bytes(pseudo_sum(p, frame), tcp, p->end - p->transport)));
}

static void sum_ip_header(uint8_t *ip)
{
    store_sum(ip + 10, 0);
    store_sum(ip + 10, (uint16_t)~fold(add_bytes(0, ip, (ip[0] & 15u) * 4)));
}

/* ---- From the guest -------------------------------------------------------------------------- */

/* A packet that is yet to be cut: lengths and sums as those of one large packet. */
static bool complete_large(uint32_t gso, uint8_t *frame, uint32_t length)
{
    struct packet p = parse(frame, length);
    uint32_t wanted = gso == VM_NET_GSO_TCPV4 ? 4 : gso == VM_NET_GSO_TCPV6 ? 6 : 0;

    p.end = length;
    if (!wanted || p.version != wanted || !tcp_header(&p, frame) || length - p.ip > UINT16_MAX)
        return false;
    if (p.version == 4) {
        put16(frame + p.ip + 2, length - p.ip);
        sum_ip_header(frame + p.ip);
    } else {
        put16(frame + p.ip + 4, length - p.transport);
    }
    sum_tcp(&p, frame);
    return true;
}

bool frame_complete(const struct vm_net_header *header, uint8_t *frame, uint32_t length)
{
    uint32_t start = header->csum_start, at = start + header->csum_offset;
    uint16_t sum;

    if (header->gso_type != VM_NET_GSO_NONE)
        return complete_large(header->gso_type & ~VM_NET_GSO_ECN, frame, length);
    if (!(header->flags & VM_NET_NEEDS_CSUM))
        return true;
    if (start >= length || at + sizeof(sum) > length)
        return false;
    sum = (uint16_t)~fold(add_bytes(0, frame + start, length - start));
    store_sum(frame + at, sum ? sum : UINT16_MAX); /* 0 would mean none, in UDP */
    return true;
}

void frame_set_mss(uint8_t *frame, uint32_t length, uint16_t mss)
{
    struct packet p = parse(frame, length);
    uint32_t header = tcp_header(&p, frame);

    if (!header || !(frame[p.transport + 13] & TCP_SYN))
        return;
    uint8_t *tcp = frame + p.transport;
    for (uint32_t i = TCP_BYTES; i < header && tcp[i] != 0;) {
        uint32_t kind = tcp[i], size = kind == 1 ? 1 : i + 1 < header ? tcp[i + 1] : 0;
        if (size == 0 || (kind != 1 && size < 2) || i + size > header)
            return;
        if (kind == 2 && size == 4) {
            put16(tcp + i + 2, mss);
            sum_tcp(&p, frame);
            return;
        }
        i += size;
    }
}

bool frame_opens_socket(const uint8_t *frame, uint32_t length)
{
    struct packet p = parse(frame, length);
    uint32_t header = tcp_header(&p, frame);

    if (header)
        return (frame[p.transport + 13] & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    return p.version && (p.protocol == IPPROTO_UDP || p.protocol == IPPROTO_ICMP ||
                         p.protocol == IPPROTO_ICMPV6);
}

/* ---- To the guest ---------------------------------------------------------------------------- */

bool frame_describe(uint8_t *frame, uint32_t length, uint32_t mtu, uint32_t offloads,
                    struct vm_net_header *header)
{
    *header = (struct vm_net_header){0};
    if (offloads & VM_NET_RX_CSUM)
        header->flags = VM_NET_DATA_VALID;
    if (length <= mtu + ETHER_BYTES)
        return true;
    struct packet p = parse(frame, length);
    uint32_t bytes = tcp_header(&p, frame);
    uint32_t needed = p.version == 4 ? VM_NET_RX_TSO4 : VM_NET_RX_TSO6;
    if (!bytes || !(offloads & needed))
        return false;
    store_sum(frame + p.transport + 16, fold(pseudo_sum(&p, frame)));
    header->flags = VM_NET_NEEDS_CSUM;
    header->gso_type = p.version == 4 ? VM_NET_GSO_TCPV4 : VM_NET_GSO_TCPV6;
    header->header_length = (uint16_t)(p.transport + bytes);
    header->gso_size = (uint16_t)(mtu - (p.transport - p.ip) - bytes);
    header->csum_start = (uint16_t)p.transport;
    header->csum_offset = 16;
    return true;
}

/* Copies the headers and `n` bytes from `offset` behind them. */
static void copy_part(const uint8_t *frame, uint32_t headers, uint32_t offset, uint32_t n,
                      uint8_t *out)
{
    memcpy(out, frame, headers);
    memcpy(out + headers, frame + headers + offset, n);
}

static uint32_t cut_segment(const struct packet *p, const uint8_t *frame, uint32_t tcp_bytes,
                            uint32_t mtu, uint32_t *offset, uint8_t *out)
{
    uint32_t headers = p->transport + tcp_bytes, left = p->end - headers - *offset;
    uint32_t room = mtu + ETHER_BYTES - headers, n = left < room ? left : room;
    struct packet part = *p;
    uint8_t *tcp = out + p->transport;

    copy_part(frame, headers, *offset, n, out);
    part.end = headers + n;
    if (p->version == 4) {
        put16(out + p->ip + 2, part.end - p->ip);
        put16(out + p->ip + 4, get16(frame + p->ip + 4) + *offset / room);
        sum_ip_header(out + p->ip);
    } else {
        put16(out + p->ip + 4, part.end - p->transport);
    }
    uint32_t sequence = (get16(tcp + 4) << 16 | get16(tcp + 6)) + *offset;
    put16(tcp + 4, sequence >> 16);
    put16(tcp + 6, sequence);
    if (n < left)
        tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    sum_tcp(&part, out);
    *offset += n;
    return part.end;
}

static uint32_t cut_fragment(const struct packet *p, const uint8_t *frame, uint32_t mtu,
                             uint32_t *offset, uint8_t *out)
{
    uint32_t room = (mtu + ETHER_BYTES - p->transport) & ~7u;
    uint32_t left = p->end - p->transport - *offset, n = left < room ? left : room;

    copy_part(frame, p->transport, *offset, n, out);
    put16(out + p->ip + 2, p->transport - p->ip + n);
    put16(out + p->ip + 6, *offset / 8 | (n < left ? MORE_FRAGMENTS : 0));
    sum_ip_header(out + p->ip);
    *offset += n;
    return p->transport + n;
}

uint32_t frame_cut(const uint8_t *frame, uint32_t length, uint32_t mtu, uint32_t *offset,
                   uint8_t *out)
{
    struct packet p = parse(frame, length);
    uint32_t tcp_bytes = tcp_header(&p, frame);

    if (tcp_bytes && p.transport + tcp_bytes + *offset < p.end)
        return cut_segment(&p, frame, tcp_bytes, mtu, offset, out);
    if (!tcp_bytes && p.version == 4 && p.transport + *offset < p.end)
        return cut_fragment(&p, frame, mtu, offset, out);
    return 0;
}

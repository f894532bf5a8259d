/* SPDX-License-Identifier: BSD-2-Clause */
/* net_frames_test.c - net-user's checksums, segment sizes and fragments against plain ones. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/net-user/user.h"

#define ETHER 14u

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

/* RFC 1071, one 16-bit word after another. */
static uint32_t plain_sum(uint32_t sum, const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* Sum over pseudo header and payload: 0xffff if the checksum in it is right. */
static uint32_t transport_sum(const uint8_t *frame, uint32_t length)
{
    bool v4 = get16(frame + 12) == 0x800;
    uint32_t at = ETHER + (v4 ? (frame[ETHER] & 15u) * 4 : 40);
    uint32_t protocol = v4 ? frame[ETHER + 9] : frame[ETHER + 6];
    uint32_t sum = v4 ? plain_sum(0, frame + ETHER + 12, 8) : plain_sum(0, frame + ETHER + 8, 32);
    uint8_t tail[4] = {0, (uint8_t)protocol};

    put16(tail + 2, length - at);
    return plain_sum(plain_sum(sum, tail, 4), frame + at, length - at);
}

/* A TCP segment in IPv4 with `options` words of IP options, or IPv6; payload of noise. */
static uint32_t make_tcp(uint8_t *frame, bool v4, uint32_t options, uint32_t payload)
{
    uint32_t ip = v4 ? 20 + 4 * options : 40, length = ETHER + ip + 20 + payload;

    for (uint32_t i = 0; i < length; i++)
        frame[i] = (uint8_t)rand();
    put16(frame + 12, v4 ? 0x800 : 0x86dd);
    frame[ETHER] = (uint8_t)(v4 ? 0x40 | (5 + options) : 0x60);
    if (v4) {
        put16(frame + ETHER + 2, length - ETHER);
        put16(frame + ETHER + 6, 0);
        frame[ETHER + 9] = 6;
    } else {
        put16(frame + ETHER + 4, 20 + payload);
        frame[ETHER + 6] = 6;
    }
    frame[ETHER + ip + 12] = 0x50;
    frame[ETHER + ip + 13] = 0x10;
    return length;
}

Test(frames, completes_any_checksum)
{
    static uint8_t frame[2000];

    for (uint32_t n = 0; n < 100; n++) {
        struct vm_net_header header = {.flags = VM_NET_NEEDS_CSUM};
        uint32_t length = 60 + n, start = 14 + n % 21, at = start + 2 * (n % 5);
        for (uint32_t i = 0; i < length; i++)
            frame[i] = (uint8_t)rand();
        header.csum_start = (uint16_t)start;
        header.csum_offset = (uint16_t)(at - start);
        /* The field has the sum of the pseudo header; none here. */
        put16(frame + at, 0);
        cr_expect(frame_complete(&header, frame, length));
        cr_expect_eq(plain_sum(0, frame + start, length - start), 0xffff, "%u", n);
    }
}

Test(frames, refuses_headers_that_lie)
{
    static uint8_t frame[100];
    const struct vm_net_header wrong[] = {
        {.flags = VM_NET_NEEDS_CSUM, .csum_start = 100},
        {.flags = VM_NET_NEEDS_CSUM, .csum_start = 98, .csum_offset = 1},
        {.flags = VM_NET_NEEDS_CSUM, .csum_start = 65535, .csum_offset = 65535},
        {.gso_type = VM_NET_GSO_TCPV4, .gso_size = 1000},
        {.gso_type = VM_NET_GSO_TCPV6},
        {.gso_type = 3},
        {.gso_type = 0xff},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_expect_not(frame_complete(&wrong[i], frame, sizeof(frame)), "%zu", i);
}

Test(frames, large_ones_get_lengths_and_sums)
{
    static uint8_t frame[70000];

    for (int v4 = 0; v4 <= 1; v4++) {
        for (uint32_t options = 0; options <= (v4 ? 10u : 0u); options += 5) {
            struct vm_net_header header = {.gso_type = v4 ? VM_NET_GSO_TCPV4 : VM_NET_GSO_TCPV6,
                                           .gso_size = 1448};
            uint32_t length = make_tcp(frame, v4, options, 60001);
            put16(frame + ETHER + (v4 ? 2 : 4), 0); /* some drivers leave it so */
            cr_expect(frame_complete(&header, frame, length));
            cr_expect_eq(get16(frame + ETHER + (v4 ? 2 : 4)), length - ETHER - (v4 ? 0 : 40));
            cr_expect_eq(transport_sum(frame, length), 0xffff);
            if (v4)
                cr_expect_eq(plain_sum(0, frame + ETHER, 20 + 4 * options), 0xffff);
            /* The other version, and a packet too large for its length field. */
            header.gso_type ^= VM_NET_GSO_TCPV4 ^ VM_NET_GSO_TCPV6;
            cr_expect_not(frame_complete(&header, frame, length));
        }
    }
    struct vm_net_header header = {.gso_type = VM_NET_GSO_TCPV4};
    cr_expect_not(frame_complete(&header, frame, make_tcp(frame, true, 0, 65500)));
}

Test(frames, the_segment_size_of_a_syn)
{
    static uint8_t frame[200];
    const uint8_t options[12] = {1, 1, 1, 2, 4, 5, 180, 3, 3, 7, 0, 0}; /* at an odd place */

    for (int v4 = 0; v4 <= 1; v4++) {
        uint32_t length = make_tcp(frame, v4, 0, 12), at = length - 12;
        memcpy(frame + at, options, 12);
        frame[at - 20 + 12] = 0x80;
        frame[at - 20 + 13] = 0x02;
        frame_set_mss(frame, length + 6, 65481); /* with padding */
        cr_expect_eq(get16(frame + at + 5), 65481);
        cr_expect_eq(transport_sum(frame, length), 0xffff);
        frame[at - 20 + 13] = 0x10;
        frame_set_mss(frame, length, 1000);
        cr_expect_eq(get16(frame + at + 5), 65481, "no SYN");
    }
}

Test(frames, options_that_lie)
{
    static const uint8_t wrong[][4] = {{2, 0, 1, 1}, {2, 1, 1, 1}, {2, 5, 1, 1}, {3, 255, 2, 4},
                                       {1, 1, 1, 2}, {0, 2, 4, 1}, {2, 3, 1, 1}, {8, 3, 9, 2}};
    uint8_t before[100], frame[100];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint32_t length = make_tcp(frame, true, 0, 4);
        memcpy(frame + length - 4, wrong[i], 4);
        frame[length - 24 + 12] = 0x60;
        frame[length - 24 + 13] = 0x02;
        memcpy(before, frame, length);
        frame_set_mss(frame, length, 9999);
        cr_expect_arr_eq(frame, before, length, "%zu", i);
    }
}

Test(frames, what_a_long_frame_needs)
{
    static uint8_t frame[70000];
    struct vm_net_header header;
    uint32_t length = make_tcp(frame, true, 0, 30000);

    cr_expect_not(frame_describe(frame, length, 1500, VM_NET_RX_CSUM, &header));
    cr_expect_not(frame_describe(frame, length, 1500, VM_NET_RX_CSUM | VM_NET_RX_TSO6, &header));
    cr_assert(frame_describe(frame, length, 1500, VM_NET_RX_CSUM | VM_NET_RX_TSO4, &header));
    cr_expect_eq(header.flags, VM_NET_NEEDS_CSUM);
    cr_expect_eq(header.gso_type, VM_NET_GSO_TCPV4);
    cr_expect_eq(header.gso_size, 1460);
    cr_expect_eq(header.header_length, 54);
    /* As a driver completes it. */
    cr_expect(frame_complete(&header, frame, length));
    cr_expect_eq(transport_sum(frame, length), 0xffff);

    length = make_tcp(frame, false, 0, 30000);
    cr_assert(frame_describe(frame, length, 1500, VM_NET_RX_TSO6, &header));
    cr_expect_eq(header.gso_size, 1440);
    cr_expect_eq(header.gso_type, VM_NET_GSO_TCPV6);

    length = make_tcp(frame, true, 0, 100);
    cr_assert(frame_describe(frame, length, 1500, VM_NET_RX_CSUM, &header));
    cr_expect_eq(header.flags, VM_NET_DATA_VALID);
    cr_assert(frame_describe(frame, length, 1500, 0, &header));
    cr_expect_eq(header.flags, 0);
}

Test(frames, fragments_make_up_the_packet)
{
    static uint8_t frame[70000], out[1600], whole[70000];
    uint32_t length = make_tcp(frame, true, 1, 9001), offset = 0, n, pieces = 0, last = 0;
    uint32_t header = ETHER + 24;

    frame[ETHER + 9] = 17;
    while ((n = frame_cut(frame, length, 1500, &offset, out))) {
        uint32_t flags = get16(out + ETHER + 6), at = (flags & 0x1fff) * 8;
        cr_assert_leq(n, 1514);
        cr_expect_eq(get16(out + ETHER + 2), n - ETHER);
        cr_expect_eq(plain_sum(0, out + ETHER, 24), 0xffff);
        cr_expect_eq((flags & 0x2000) != 0, at + n - header < length - header);
        memcpy(whole + at, out + header, n - header);
        last = at + n - header;
        pieces++;
    }
    cr_expect_eq(pieces, 7);
    cr_expect_eq(last, length - header);
    cr_expect_arr_eq(whole, frame + header, last);
    frame[ETHER] = 0x65;
    offset = 0;
    cr_expect_eq(frame_cut(frame, length, 1500, &offset, out), 0);
}

Test(frames, segments_make_up_the_stream)
{
    static uint8_t frame[70000], out[1600], whole[70000];

    for (int v4 = 0; v4 <= 1; v4++) {
        uint32_t headers = ETHER + (v4 ? 20 : 40) + 20, tcp = headers - 20;
        uint32_t length = make_tcp(frame, v4, 0, 30001), offset = 0, n, pieces = 0;
        uint32_t first = get16(frame + tcp + 4) << 16 | get16(frame + tcp + 6), total = 0;
        frame[tcp + 13] = 0x19; /* FIN, PSH, ACK */
        while ((n = frame_cut(frame, length, 1500, &offset, out))) {
            uint32_t at = (get16(out + tcp + 4) << 16 | get16(out + tcp + 6)) - first;
            cr_assert_leq(n, 1514);
            cr_assert_eq(at, total);
            total += n - headers;
            cr_expect_eq(out[tcp + 13], total == length - headers ? 0x19 : 0x10);
            cr_expect_eq(transport_sum(out, n), 0xffff);
            if (v4)
                cr_expect_eq(plain_sum(0, out + ETHER, 20), 0xffff);
            memcpy(whole + at, out + headers, n - headers);
            pieces++;
        }
        cr_expect_eq(pieces, 21);
        cr_expect_eq(total, 30001);
        cr_expect_arr_eq(whole, frame + headers, total);
    }
}

Test(frames, noise_is_survived)
{
    for (int i = 0; i < 200000; i++) {
        uint32_t length = 14 + (uint32_t)rand() % 100, offset = 0;
        uint8_t *frame = malloc(length), out[200];
        struct vm_net_header header;
        for (uint32_t j = 0; j < length; j++)
            frame[j] = (uint8_t)rand();
        for (uint32_t j = 0; j < sizeof(header); j++)
            ((uint8_t *)&header)[j] = (uint8_t)(rand() % 3 ? 0 : rand());
        put16(frame + 12, rand() % 2 ? 0x800 : 0x86dd);
        if (length > 14 && rand() % 4)
            frame[14] = (uint8_t)(frame[12] == 8 ? 0x45 : 0x60);
        frame_complete(&header, frame, length);
        frame_set_mss(frame, length, 1);
        frame_opens_socket(frame, length);
        frame_describe(frame, length, 60, UINT32_MAX, &header);
        frame_cut(frame, length, 100, &offset, out);
        free(frame);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_net_test.c - the virtio network device (Virtio 1.2, 5.1): frames both ways, buffers that
 * are merged, filters, offloads, and drivers that lie. */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/test.h>
#include "virtio_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

#define F(bit)   (UINT64_C(1) << (bit))
#define CSUM     F(0)
#define G_CSUM   F(1)
#define OFFLOADS F(2)
#define MTU      F(3)
#define MAC      F(5)
#define G_TSO4   F(7)
#define H_TSO4   F(11)
#define MRG      F(15)
#define STATUS   F(16)
#define CTRL     F(17)
#define CTRL_RX  F(18)
#define RX_EXTRA F(20)
#define CTRL_MAC F(23)
#define HEADER   12u
#define BACKEND                                                                           \
    (VM_NET_TX_CSUM | VM_NET_TX_TSO4 | VM_NET_TX_TSO6 | VM_NET_RX_CSUM | VM_NET_RX_TSO4 | \
     VM_NET_RX_TSO6)

enum { RX = 0, TX = 1, CONTROL = 2 };

static struct vm_devtest *h;
static struct driver d;
static uint8_t frame[70000];

static void setup(void)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES);
    vm_devtest_set(h, "net", "test");
    vm_devtest_set(h, "mac", "52:54:00:12:34:56");
    vm_devtest_net_set(h, BACKEND, 1500);
    cr_assert_eq(vm_devtest_create(h, &err), 0, "%s", err.text);
    d.h = h;
    for (uint32_t i = 0; i < sizeof(frame); i++)
        frame[i] = (uint8_t)(i * 7);
    memcpy(frame, (uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x56}, 6);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(virtio_net, .init = setup, .fini = teardown);

static void start(uint64_t features)
{
    driver_start(&d, h, features, 3);
}

static void add_receive(uint32_t bytes, uint64_t *addr)
{
    *addr = driver_alloc(&d, bytes);
    driver_add(&d, RX, &(struct vring_buffer){*addr, bytes, true}, 1);
}

/* Sends a header and a frame; they may lie in `pieces` buffers. */
static void transmit(const struct vm_net_header *header, uint32_t n, uint32_t pieces)
{
    struct vring_buffer b[16];
    uint64_t addr = driver_alloc(&d, HEADER + n);
    uint32_t at = 0, id_written;
    uint16_t id;

    memcpy(driver_memory(&d, addr), header, HEADER);
    memcpy((uint8_t *)driver_memory(&d, addr) + HEADER, frame, n);
    for (uint32_t i = 0; i < pieces; i++) {
        uint32_t part = i + 1 == pieces ? HEADER + n - at : (HEADER + n) / pieces;
        b[i] = (struct vring_buffer){addr + at, part, false};
        at += part;
    }
    driver_add(&d, TX, b, pieces);
    while (driver_get(&d, TX, &id, &id_written))
        cr_expect_eq(id_written, 0);
}

static uint8_t command(const void *bytes, uint32_t n)
{
    uint64_t out = driver_alloc(&d, n), in = driver_alloc(&d, 1);
    struct vring_buffer b[2] = {{out, n, false}, {in, 1, true}};
    uint32_t written;
    uint16_t id;

    memcpy(driver_memory(&d, out), bytes, n);
    *(uint8_t *)driver_memory(&d, in) = 0x77;
    driver_add(&d, CONTROL, b, 2);
    cr_assert(driver_get(&d, CONTROL, &id, &written));
    cr_expect_eq(written, 1);
    return *(uint8_t *)driver_memory(&d, in);
}

/* ---- Configuration --------------------------------------------------------------------------- */

Test(virtio_net, configuration)
{
    cr_expect_eq(driver_read(&d, REG_DEVICE_ID), 1);
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG, 4), 0x12005452);
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG + 4, 2), 0x5634);
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG + 6, 2), 1, "the link is up");
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG + 8, 2), 1);
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG + 10, 2), 1500);
    uint64_t all = CSUM | G_CSUM | OFFLOADS | MTU | MAC | G_TSO4 | F(8) | H_TSO4 | F(12) | MRG |
                   STATUS | CTRL | CTRL_RX | RX_EXTRA | CTRL_MAC;
    cr_expect_eq(driver_offered(&d) & 0xffffff, all);
}

Test(virtio_net, the_link_goes_down)
{
    start(UINT64_MAX);
    uint32_t generation = driver_read(&d, REG_GENERATION);
    vm_devtest_net_link(h, 0);
    cr_expect_eq(driver_interrupt(&d), 2);
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG + 6, 2), 0);
    cr_expect_neq(driver_read(&d, REG_GENERATION), generation);
    uint64_t addr;
    add_receive(2000, &addr);
    cr_expect_eq(vm_devtest_net_frame(h, NULL, frame, 60), 1, "lost");
    uint16_t id;
    uint32_t written;
    cr_expect_not(driver_get(&d, RX, &id, &written));
}

Test(virtio_net, addresses)
{
    static const char *const wrong[] = {"",
                                        "1:2:3:4:5:6",
                                        "52:54:00:12:34:5g",
                                        "52:54:00:12:34",
                                        "52:54:00:12:34:56:78",
                                        "01:00:5e:00:00:01"};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
        struct vm_error err = VM_ERROR_INIT;
        vm_devtest_set(other, "mac", wrong[i]);
        cr_expect_eq(vm_devtest_create(other, &err), -1, "%s", wrong[i]);
        cr_expect_not_null(strstr(err.text, "mac: "), "%s", err.text);
        vm_devtest_free(other);
    }
    /* Without one: of the name; without a network: no link. */
    struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_eq(vm_devtest_create(other, &err), 0);
    cr_expect_eq(vm_devtest_read(other, REG_CONFIG, 1), 0x52);
    cr_expect_neq(vm_devtest_read(other, REG_CONFIG, 4), 0x52);
    cr_expect_eq(vm_devtest_read(other, REG_CONFIG + 6, 2), 0);
    vm_devtest_free(other);
}

/* ---- From the guest -------------------------------------------------------------------------- */

Test(virtio_net, transmits)
{
    const struct vm_net_header header = {.flags = 1, .csum_start = 34, .csum_offset = 16};
    size_t n;

    start(UINT64_MAX);
    for (uint32_t pieces = 1; pieces <= 16; pieces++) {
        transmit(&header, 100 + pieces, pieces);
        const uint8_t *sent = vm_devtest_net_sent(h, &n);
        cr_assert_eq(n, HEADER + 100 + pieces);
        cr_expect_arr_eq(sent, &header, HEADER);
        cr_expect_arr_eq(sent + HEADER, frame, 100 + pieces);
    }
    cr_expect_eq(vm_devtest_net_count(h), 16);
    cr_expect_eq(vm_devtest_net_offloads(h), BACKEND);
    cr_expect_eq(driver_interrupt(&d), 1);
}

Test(virtio_net, headers_are_cleaned)
{
    static const struct {
        uint64_t features;
        struct vm_net_header written, seen;
    } cases[] = {
        /* Not agreed on. */
        {0, {.flags = 1, .gso_type = 1, .gso_size = 1400, .csum_start = 9, .buffers = 7}, {0}},
        {CSUM, {.flags = 1, .gso_type = 1, .csum_start = 9}, {.flags = 1, .csum_start = 9}},
        /* No checksum, no large packet. */
        {CSUM | H_TSO4, {.gso_type = 1, .gso_size = 1400}, {0}},
        {CSUM | H_TSO4,
         {.flags = 0xff, .gso_type = 0x81, .gso_size = 99, .csum_offset = 3, .buffers = 1},
         {.flags = 1, .gso_type = 1, .gso_size = 99, .csum_offset = 3}},
        {CSUM | H_TSO4, {.flags = 1, .gso_type = 4}, {.flags = 1}},
        {CSUM | H_TSO4, {.flags = 1, .gso_type = 3}, {.flags = 1}},
    };
    size_t n;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(cases[i].features);
        transmit(&cases[i].written, 60, 1);
        cr_expect_arr_eq(vm_devtest_net_sent(h, &n), &cases[i].seen, HEADER, "%zu", i);
    }
}

Test(virtio_net, chains_too_short_for_a_header)
{
    const struct vm_net_header header = {0};
    struct vring_buffer b = {0, 5, false};
    uint32_t written;
    uint16_t id;

    start(UINT64_MAX);
    b.addr = driver_alloc(&d, 16);
    driver_add(&d, TX, &b, 1);
    cr_expect(driver_get(&d, TX, &id, &written));
    cr_expect_eq(vm_devtest_net_count(h), 0);
    transmit(&header, 60, 2);
    cr_expect_eq(vm_devtest_net_count(h), 1);
}

Test(virtio_net, a_backend_without_room)
{
    const struct vm_net_header header = {0};
    size_t n;

    start(UINT64_MAX);
    vm_devtest_net_room(h, 2);
    for (uint32_t i = 0; i < 5; i++)
        transmit(&header, 60 + i, 1);
    cr_expect_eq(vm_devtest_net_count(h), 2);
    vm_devtest_net_room(h, 1);
    cr_expect_eq(vm_devtest_net_count(h), 3);
    vm_devtest_net_sent(h, &n);
    cr_expect_eq(n, HEADER + 62, "in their order");
    vm_devtest_net_room(h, UINT32_MAX);
    cr_expect_eq(vm_devtest_net_count(h), 5);
    vm_devtest_net_room(h, 0);
    transmit(&header, 60, 1);
    start(UINT64_MAX); /* a reset forgets what waits */
    vm_devtest_net_room(h, UINT32_MAX);
    cr_expect_eq(vm_devtest_net_count(h), 5);
    transmit(&header, 60, 1);
    cr_expect_eq(vm_devtest_net_count(h), 6);
}

/* ---- To the guest ---------------------------------------------------------------------------- */

Test(virtio_net, receives_into_one_buffer)
{
    const struct vm_net_header header = {.flags = 2, .buffers = 9};
    uint64_t addr;
    uint32_t written;
    uint16_t id;

    start(UINT64_MAX & ~MRG);
    add_receive(2000, &addr);
    cr_expect_eq(vm_devtest_net_frame(h, &header, frame, 1000), 1);
    cr_assert(driver_get(&d, RX, &id, &written));
    cr_expect_eq(written, HEADER + 1000);
    const uint8_t *got = driver_memory(&d, addr);
    cr_expect_eq(got[0], 2);
    cr_expect_eq(got[10], 1, "one buffer");
    cr_expect_arr_eq(got + HEADER, frame, 1000);
    /* What is too long for a buffer is lost; the buffer is not. */
    add_receive(500, &addr);
    cr_expect_eq(vm_devtest_net_frame(h, NULL, frame, 1000), 1);
    cr_expect_not(driver_get(&d, RX, &id, &written));
    cr_expect_eq(vm_devtest_net_frame(h, NULL, frame, 400), 1);
    cr_assert(driver_get(&d, RX, &id, &written));
    cr_expect_eq(written, HEADER + 400);
}

Test(virtio_net, receives_into_merged_buffers)
{
    const struct vm_net_header header = {.flags = 1, .gso_type = 1, .gso_size = 1460};
    uint64_t addr[8];
    uint32_t written;
    uint16_t id;

    start(UINT64_MAX);
    for (int i = 0; i < 3; i++)
        add_receive(1000, &addr[i]);
    cr_expect_eq(vm_devtest_net_frame(h, &header, frame, 3500), 0, "no room");
    cr_expect_not(driver_get(&d, RX, &id, &written), "none is used in vain");
    uint32_t calls = vm_devtest_net_ready_calls(h);
    add_receive(1000, &addr[3]);
    cr_expect_eq(vm_devtest_net_ready_calls(h), calls + 1, "the driver was asked to notify");
    cr_expect_eq(vm_devtest_net_frame(h, &header, frame, 3500), 1);
    uint32_t at = 0;
    for (int i = 0; i < 4; i++) {
        cr_assert(driver_get(&d, RX, &id, &written));
        cr_expect_eq(written, i < 3 ? 1000 : HEADER + 3500 - 3000);
        const uint8_t *got = driver_memory(&d, addr[i]);
        uint32_t skip = i == 0 ? HEADER : 0;
        if (i == 0)
            cr_expect_eq(got[10], 4);
        cr_expect_arr_eq(got + skip, frame + at, written - skip);
        at += written - skip;
    }
    cr_expect_eq(at, 3500);
}

Test(virtio_net, nothing_comes_in_before_the_driver_is_ready)
{
    uint64_t addr;
    uint32_t written;
    uint16_t id;

    cr_expect_eq(vm_devtest_net_frame(h, NULL, frame, 60), 1, "lost");
    driver_negotiate(&d, h, UINT64_MAX);
    driver_queues(&d, 3, 16);
    add_receive(2000, &addr);
    cr_expect_eq(vm_devtest_net_frame(h, NULL, frame, 60), 1, "lost");
    cr_expect_not(driver_get(&d, RX, &id, &written));
}

Test(virtio_net, offloads_that_were_not_agreed_on)
{
    const struct vm_net_header large = {.flags = 1, .gso_type = 1, .gso_size = 1460},
                               partial = {.flags = 1}, checked = {.flags = 2};
    uint64_t addr;
    uint32_t written;
    uint16_t id;

    start(MRG);
    cr_expect_eq(vm_devtest_net_offloads(h), 0);
    add_receive(2000, &addr);
    cr_expect_eq(vm_devtest_net_frame(h, &large, frame, 1600), 1, "lost");
    cr_expect_eq(vm_devtest_net_frame(h, &partial, frame, 60), 1, "lost");
    cr_expect_not(driver_get(&d, RX, &id, &written));
    cr_expect_eq(vm_devtest_net_frame(h, &checked, frame, 60), 1);
    cr_assert(driver_get(&d, RX, &id, &written));
    cr_expect_eq(*(uint8_t *)driver_memory(&d, addr), 0);
}

Test(virtio_net, a_buffer_too_small_for_the_header)
{
    uint64_t addr;

    start(UINT64_MAX);
    for (int i = 0; i < 10; i++)
        add_receive(8, &addr);
    cr_expect_eq(vm_devtest_net_frame(h, NULL, frame, 60), 1);
    cr_expect(driver_read(&d, REG_STATUS) & NEEDS_RESET);
    cr_expect_eq(driver_interrupt(&d) & 2, 2);
    cr_expect_eq(vm_devtest_net_frame(h, NULL, frame, 60), 1, "lost");
}

/* ---- Control --------------------------------------------------------------------------------- */

static bool comes_in(const uint8_t mac[6])
{
    uint64_t addr;
    uint32_t written;
    uint16_t id;

    memcpy(frame, mac, 6);
    if (d.queues[RX].n_free == d.queues[RX].length)
        add_receive(2000, &addr);
    cr_assert_eq(vm_devtest_net_frame(h, NULL, frame, 60), 1);
    return driver_get(&d, RX, &id, &written);
}

static const uint8_t mine[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56}, other[6] = {2, 1, 1, 1, 1, 1},
                     group[6] = {1, 0, 0x5e, 0, 0, 1}, all[6] = {255, 255, 255, 255, 255, 255};

Test(virtio_net, receive_modes)
{
    start(UINT64_MAX);
    cr_expect(comes_in(other), "all, until the driver says else");
    cr_expect_eq(command((uint8_t[]){0, 0, 0}, 3), 0);
    cr_expect(comes_in(mine));
    cr_expect(comes_in(all));
    cr_expect_not(comes_in(other));
    cr_expect_not(comes_in(group));
    cr_expect_eq(command((uint8_t[]){0, 1, 1}, 3), 0);
    cr_expect(comes_in(group));
    cr_expect_eq(command((uint8_t[]){0, 2, 1}, 3), 0);
    cr_expect(comes_in(other));
    cr_expect_eq(command((uint8_t[]){0, 3, 1}, 3), 0);
    cr_expect_not(comes_in(group));
    cr_expect_eq(command((uint8_t[]){0, 4, 1}, 3), 0);
    cr_expect_not(comes_in(mine));
    cr_expect_eq(command((uint8_t[]){0, 5, 1}, 3), 0);
    cr_expect_not(comes_in(all));
    cr_expect_eq(command((uint8_t[]){0, 6, 1}, 3), 1, "no such mode");
    start(UINT64_MAX);
    cr_expect(comes_in(other), "a reset puts all back");
}

Test(virtio_net, address_tables)
{
    uint8_t tables[2 + 4 + 6 + 4 + 6] = {1, 0, 1, 0, 0, 0, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0};
    uint8_t large[2 + 4 + 65 * 6 + 4] = {1, 0, 65};

    memcpy(tables + 16, group, 6);
    start(UINT64_MAX);
    cr_expect_eq(command((uint8_t[]){0, 0, 0}, 3), 0);
    cr_expect_eq(command(tables, sizeof(tables)), 0);
    cr_expect(comes_in(other));
    cr_expect(comes_in(group));
    cr_expect_not(comes_in((uint8_t[]){2, 1, 1, 1, 1, 2}));
    cr_expect_eq(command(large, sizeof(large)), 0, "more than there is room for");
    cr_expect(comes_in((uint8_t[]){2, 1, 1, 1, 1, 2}), "lets all through");
    cr_expect_not(comes_in(group));
    /* Counts that lie. */
    memset(tables + 2, 255, 4);
    cr_expect_eq(command(tables, sizeof(tables)), 1);
    for (uint32_t n = 1; n < 22; n++)
        cr_expect_eq(command((uint8_t[22]){1, 0, 1, 0, 0, 0, 2, 1, 1, 1, 1, 1, 1}, n), 1, "%u", n);
}

Test(virtio_net, the_driver_sets_the_address)
{
    start(UINT64_MAX);
    cr_expect_eq(command((uint8_t[]){0, 0, 0}, 3), 0);
    cr_expect_eq(command((uint8_t[]){1, 1, 2, 1, 1, 1, 1, 1}, 8), 0);
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG, 4), 0x01010102);
    cr_expect(comes_in(other));
    cr_expect_not(comes_in(mine));
    cr_expect_eq(command((uint8_t[]){1, 1, 2, 1, 1, 1, 1}, 7), 1);
}

Test(virtio_net, offloads_are_switched)
{
    start(UINT64_MAX);
    cr_expect_eq(command((uint8_t[]){5, 0, 2, 0, 0, 0, 0, 0, 0, 0}, 10), 0);
    cr_expect_eq(vm_devtest_net_offloads(h),
                 VM_NET_TX_CSUM | VM_NET_TX_TSO4 | VM_NET_TX_TSO6 | VM_NET_RX_CSUM);
    cr_expect_eq(command((uint8_t[]){5, 0, 0, 4, 0, 0, 0, 0, 0, 0}, 10), 1, "not agreed on");
    cr_expect_eq(command((uint8_t[]){9, 0, 0}, 3), 1, "no such class");
    cr_expect_eq(command((uint8_t[]){0}, 1), 1);
    start(0);
    cr_expect_eq(command((uint8_t[]){0, 0, 0}, 3), 1, "receive modes were not agreed on");
}

/* ---- Saved state ----------------------------------------------------------------------------- */

/* A driver may write features that it will not get; a state saved then has them. */
Test(virtio_net, state_from_the_middle_of_negotiation)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_net_set(h, 0, 0);
    driver_write(&d, REG_STATUS, 0);
    driver_write(&d, REG_STATUS, ACKNOWLEDGE | DRIVER);
    driver_write(&d, REG_DRIVER_FEATURES_SELECT, 0);
    driver_write(&d, REG_DRIVER_FEATURES, UINT32_MAX);
    struct vm_devtest_state state = vm_devtest_save(h);
    cr_expect_eq(vm_devtest_load(h, &state, &err), 0, "%s", err.text);
    cr_expect_eq(vm_devtest_net_offloads(h), 0);
    vm_devtest_state_free(&state);
}

Test(virtio_net, state_goes_round)
{
    struct vm_error err = VM_ERROR_INIT;

    start(UINT64_MAX);
    cr_expect_eq(command((uint8_t[]){0, 0, 0}, 3), 0);
    cr_expect_eq(command((uint8_t[]){1, 1, 2, 1, 1, 1, 1, 1}, 8), 0);
    struct vm_devtest_state before = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_assert_eq(vm_devtest_load(h, &before, &err), 0, "%s", err.text);
    struct vm_devtest_state after = vm_devtest_save(h);
    cr_expect(vm_devtest_state_equal(&before, &after));
    cr_expect_eq(vm_devtest_read(h, REG_CONFIG, 4), 0x01010102);
    cr_expect_eq(vm_devtest_net_offloads(h), BACKEND);
    cr_expect(comes_in(other));
    cr_expect_not(comes_in(mine));
    vm_devtest_state_free(&before);
    vm_devtest_state_free(&after);
    cr_expect_eq(vm_devtest_load_field(h, "unicast.n", 0, 66, &err), -1);
    cr_expect_eq(vm_devtest_load_field(h, "modes", 3, 2, &err), -1);
    cr_expect_eq(vm_devtest_load_field(h, "guest_offloads", 0, 1, &err), -1);
}

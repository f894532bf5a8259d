/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio_mmio_test.c - virtio over memory-mapped registers (Virtio 1.2, 2.1 to 2.9, 3.1, 4.2), and
 * the entropy device, which is the simplest one to drive it with.
 */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/test.h>
#include "virtio_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

static const char *const packed_properties[] = {"packed", "yes", NULL};
static struct vm_devtest *h;
static struct driver d;

static void setup(void)
{
    h = driver_device(&vm_plugin_descriptor, packed_properties);
    d.h = h;
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(virtio_mmio, .init = setup, .fini = teardown);

static uint32_t rd(uint32_t offset)
{
    return driver_read(&d, offset);
}

static void wr(uint32_t offset, uint32_t value)
{
    driver_write(&d, offset, value);
}

/* ---- registers ------------------------------------------------------------------------------- */

Test(virtio_mmio, identity)
{
    cr_assert_eq(rd(REG_MAGIC), 0x74726976);
    cr_assert_eq(rd(REG_VERSION), 2);
    cr_assert_eq(rd(REG_DEVICE_ID), 4);
    cr_assert_eq(rd(REG_STATUS), 0);
    cr_assert_eq(rd(REG_INTERRUPT_STATUS), 0);
    cr_assert_eq(rd(0x0b0), UINT32_MAX, "no shared memory");
    cr_assert_eq(rd(0x0b4), UINT32_MAX);
    cr_assert_eq(rd(0x1fc), 0);
}

Test(virtio_mmio, registers_are_32_bits_wide)
{
    uint64_t value;

    cr_assert_eq(vm_devtest_access_read(h, 0, REG_MAGIC, 2, &value), VM_ACCESS_ERROR);
    cr_assert_eq(vm_devtest_access_write(h, 0, REG_STATUS, 1, 0), VM_ACCESS_ERROR);
    cr_assert_eq(vm_devtest_access_read(h, 0, REG_CONFIG, 1, &value), VM_ACCESS_OK);
    cr_assert_eq(vm_devtest_access_read(h, 0, REG_CONFIG, 8, &value), VM_ACCESS_OK);
}

Test(virtio_mmio, features_by_halves)
{
    uint64_t offered = driver_offered(&d);

    cr_assert_eq(offered, VM_VIRTIO_F_VERSION_1 | VM_VIRTIO_F_RING_PACKED | VM_VIRTIO_F_EVENT_IDX |
                              VM_VIRTIO_F_INDIRECT_DESC | VM_VIRTIO_F_RING_RESET);
    wr(REG_DEVICE_FEATURES_SELECT, 2);
    cr_assert_eq(rd(REG_DEVICE_FEATURES), 0);
}

Test(virtio_mmio, features_by_property)
{
    static const char *const none[] = {"event-idx",       "no",  "indirect", "no",
                                       "access-platform", "yes", NULL};
    struct vm_devtest *other = driver_device(&vm_plugin_descriptor, none);

    d.h = other;
    cr_assert_eq(driver_offered(&d),
                 VM_VIRTIO_F_VERSION_1 | VM_VIRTIO_F_ACCESS_PLATFORM | VM_VIRTIO_F_RING_RESET);
    vm_devtest_free(other);
}

static void write_features(uint64_t features)
{
    for (uint32_t i = 0; i < 2; i++) {
        wr(REG_DRIVER_FEATURES_SELECT, i);
        wr(REG_DRIVER_FEATURES, (uint32_t)(features >> 32 * i));
    }
}

Test(virtio_mmio, features_ok_is_refused)
{
    static const uint64_t bad[] = {0, VM_VIRTIO_F_RING_PACKED, VM_VIRTIO_F_VERSION_1 | 1,
                                   VM_VIRTIO_F_VERSION_1 | UINT64_C(1) << 63};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        wr(REG_STATUS, 0);
        wr(REG_STATUS, ACKNOWLEDGE | DRIVER);
        write_features(bad[i]);
        wr(REG_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
        cr_assert_eq(rd(REG_STATUS), ACKNOWLEDGE | DRIVER, "%zu", i);
        wr(REG_STATUS, ACKNOWLEDGE | DRIVER | DRIVER_OK);
        cr_assert_eq(rd(REG_STATUS), ACKNOWLEDGE | DRIVER, "ready without features");
    }
    write_features(VM_VIRTIO_F_VERSION_1);
    wr(REG_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    cr_assert_eq(rd(REG_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK);
    write_features(bad[2]); /* too late */
    wr(REG_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    cr_assert_eq(rd(REG_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

Test(virtio_mmio, status_bits_go_by_reset_alone)
{
    driver_start(&d, h, 0, 1);
    wr(REG_STATUS, ACKNOWLEDGE);
    cr_assert_eq(rd(REG_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    wr(REG_STATUS, 0);
    cr_assert_eq(rd(REG_STATUS), 0);
    wr(REG_QUEUE_SELECT, 0);
    cr_assert_eq(rd(REG_QUEUE_READY), 0);
    cr_assert_eq(rd(REG_QUEUE_DESCRIPTORS), 0);
    cr_assert_eq(vm_devtest_mappings(h), 0, "the rings are given back");
}

/* ---- queues ---------------------------------------------------------------------------------- */

Test(virtio_mmio, queue_registers)
{
    driver_negotiate(&d, h, 0);
    wr(REG_QUEUE_SELECT, 1);
    cr_assert_eq(rd(REG_QUEUE_MAX), 0, "there is one queue");
    wr(REG_QUEUE_LENGTH, 4);
    wr(REG_QUEUE_READY, 1);
    cr_assert_eq(rd(REG_QUEUE_READY), 0);
    wr(REG_QUEUE_SELECT, 0);
    cr_assert_eq(rd(REG_QUEUE_MAX), 8);
    driver_queues(&d, 1, 4);
    cr_assert_eq(rd(REG_QUEUE_READY), 1);
    cr_assert_eq(rd(REG_QUEUE_DESCRIPTORS), d.queues[0].descriptors);
    wr(REG_QUEUE_DESCRIPTORS, 0);
    wr(REG_QUEUE_LENGTH, 8);
    cr_assert_eq(rd(REG_QUEUE_DESCRIPTORS), d.queues[0].descriptors, "it is enabled");
    cr_assert_eq(rd(REG_QUEUE_LENGTH), 4);
    wr(REG_QUEUE_READY, 0);
    cr_assert_eq(rd(REG_QUEUE_READY), 0);
}

static void needs_reset(const char *why)
{
    cr_assert(rd(REG_STATUS) & NEEDS_RESET, "%s", why);
    cr_assert_not_null(strstr(vm_test_log_text(), why), "%s", vm_test_log_text());
    cr_assert_eq(rd(REG_QUEUE_SELECT), 0);
}

Test(virtio_mmio, queue_in_no_memory)
{
    driver_negotiate(&d, h, 0);
    wr(REG_QUEUE_DESCRIPTORS + 4, 1);
    wr(REG_QUEUE_READY, 1);
    cr_assert_eq(rd(REG_QUEUE_READY), 0);
    needs_reset("not in RAM");
    cr_assert_eq(vm_devtest_irq(h, 0), 0, "nobody listens yet");
    wr(REG_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    cr_assert_eq(driver_interrupt(&d), 2, "now somebody does");
    wr(REG_STATUS, 0);
    cr_assert_eq(rd(REG_STATUS), 0);
    driver_start(&d, h, 0, 1);
    cr_assert_eq(rd(REG_STATUS) & NEEDS_RESET, 0);
}

Test(virtio_mmio, queue_too_long)
{
    driver_negotiate(&d, h, 0);
    wr(REG_QUEUE_LENGTH, 16);
    wr(REG_QUEUE_READY, 1);
    needs_reset("0 descriptors");
}

Test(virtio_mmio, queue_before_features)
{
    wr(REG_QUEUE_READY, 1);
    needs_reset("before features");
}

/* ---- random bytes, in each format ------------------------------------------------------------ */

static const uint64_t formats[] = {
    0,
    VM_VIRTIO_F_EVENT_IDX,
    VM_VIRTIO_F_RING_PACKED,
    VM_VIRTIO_F_RING_PACKED | VM_VIRTIO_F_EVENT_IDX,
};
#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

static int is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return 0;
    return 1;
}

static void ask(uint32_t n, uint32_t expected)
{
    struct vring_buffer b = {driver_alloc(&d, n), n, true};
    uint16_t id, got;
    uint32_t written;

    id = driver_add(&d, 0, &b, 1);
    cr_assert(driver_get(&d, 0, &got, &written));
    cr_assert_eq(got, id);
    cr_assert_eq(written, expected);
    cr_assert_not(is_zero(driver_memory(&d, b.addr), 16));
    cr_assert(is_zero((uint8_t *)driver_memory(&d, b.addr) + expected, n - expected));
    cr_assert_eq(driver_interrupt(&d), 1);
    cr_assert_eq(driver_interrupt(&d), 0);
}

Test(virtio_mmio, random_bytes)
{
    for (size_t i = 0; i < N_FORMATS; i++) {
        driver_start(&d, h, formats[i], 1);
        driver_interrupt(&d);
        for (int round = 0; round < 20; round++)
            ask(64, 64);
        ask(100000, 65536);
    }
}

/* Buffers that are only to be read: given back, with nothing done. */
Test(virtio_mmio, nothing_to_write)
{
    struct vring_buffer b = {DRIVER_RAM + 0x100000, 8, false};
    uint32_t written;
    uint16_t id;

    driver_start(&d, h, 0, 1);
    driver_add(&d, 0, &b, 1);
    cr_assert(driver_get(&d, 0, &id, &written));
    cr_assert_eq(written, 0);
}

Test(virtio_mmio, nothing_before_driver_ok)
{
    struct vring_buffer b = {DRIVER_RAM + 0x100000, 8, true};
    uint32_t written;
    uint16_t id;

    driver_negotiate(&d, h, 0);
    driver_queues(&d, 1, 8);
    driver_add(&d, 0, &b, 1);
    cr_assert_not(driver_get(&d, 0, &id, &written));
    wr(REG_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    wr(REG_QUEUE_NOTIFY, 7);
    cr_assert_not(driver_get(&d, 0, &id, &written));
    wr(REG_QUEUE_NOTIFY, 0);
    cr_assert(driver_get(&d, 0, &id, &written));
}

Test(virtio_mmio, broken_ring)
{
    struct vring_buffer b = {0x1000, 8, true};
    uint32_t written;
    uint16_t id;

    driver_start(&d, h, 0, 1);
    driver_add(&d, 0, &b, 1);
    needs_reset("not in RAM");
    cr_assert_eq(driver_interrupt(&d), 2);
    cr_assert_not(driver_get(&d, 0, &id, &written));
    b.addr = DRIVER_RAM + 0x100000;
    driver_add(&d, 0, &b, 1);
    cr_assert_not(driver_get(&d, 0, &id, &written), "it stays so");
    cr_assert_eq(vm_test_log_lines(), 1);
    driver_start(&d, h, 0, 1);
    driver_interrupt(&d);
    ask(16, 16);
}

Test(virtio_mmio, queue_reset)
{
    driver_start(&d, h, VM_VIRTIO_F_RING_RESET, 1);
    driver_interrupt(&d);
    ask(16, 16);
    wr(REG_QUEUE_RESET, 1);
    cr_assert_eq(rd(REG_QUEUE_RESET), 0, "done at once");
    cr_assert_eq(rd(REG_QUEUE_READY), 0);
    cr_assert_eq(rd(REG_STATUS), ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    driver_queues(&d, 1, 4);
    driver_interrupt(&d);
    ask(16, 16);
    driver_start(&d, h, 0, 1);
    wr(REG_QUEUE_RESET, 1);
    cr_assert_eq(rd(REG_QUEUE_READY), 1, "not negotiated");
}

/* ---- saved state ----------------------------------------------------------------------------- */

Test(virtio_mmio, state)
{
    for (size_t i = 0; i < N_FORMATS; i++) {
        struct vm_devtest_state state, again;
        struct vring_buffer b;
        uint32_t written;
        uint16_t id;

        driver_start(&d, h, formats[i], 1);
        driver_interrupt(&d);
        for (int round = 0; round < 11; round++)
            ask(64, 64);
        b = (struct vring_buffer){driver_alloc(&d, 16), 16, true};
        vring_add(&d.queues[0], &b, 1); /* not notified */
        state = vm_devtest_save(h);
        cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
        again = vm_devtest_save(h);
        cr_assert(vm_devtest_state_equal(&state, &again));
        cr_assert_not(driver_get(&d, 0, &id, &written));
        vm_devtest_advance(h, 1);
        cr_assert(driver_get(&d, 0, &id, &written), "the queue is looked at again");
        driver_interrupt(&d);
        ask(16, 16);
        vm_devtest_state_free(&state);
        vm_devtest_state_free(&again);
    }
}

Test(virtio_mmio, bad_states)
{
    static const struct {
        const char *field;
        uint64_t value;
    } bad[] = {
        {"virtio.status", 0x10},
        {"virtio.status", DRIVER_OK},
        {"virtio.isr", 4},
        {"virtio.features", 0},
        {"virtio.features", VM_VIRTIO_F_VERSION_1 | 1},
        {"virtio.queue_enabled", 2},
        {"virtio.queue_length", 3},
        {"virtio.queue_length", 16},
        {"virtio.queue_driver", 1},
        {"virtio.queue_device", 0},
        {"virtio.queue_position", 0x10000},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;

        driver_start(&d, h, 0, 1);
        cr_assert_eq(vm_devtest_load_field(h, bad[i].field, 0, bad[i].value, &err), -1, "%s",
                     bad[i].field);
        cr_assert_not_null(strstr(err.text, "saved virtio state"), "%s", err.text);
    }
}

/* ---- the entropy device's own ---------------------------------------------------------------- */

static void first_bytes(const char *seed, bool deterministic, uint8_t bytes[32])
{
    struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
    struct vring_buffer b;

    vm_devtest_set_ram(other, DRIVER_RAM, DRIVER_RAM_BYTES);
    if (seed)
        vm_devtest_set(other, "seed", seed);
    if (deterministic)
        vm_devtest_set_deterministic(other);
    cr_assert_eq(vm_devtest_create(other, NULL), 0);
    driver_start(&d, other, 0, 1);
    b = (struct vring_buffer){driver_alloc(&d, 32), 32, true};
    driver_add(&d, 0, &b, 1);
    memcpy(bytes, driver_memory(&d, b.addr), 32);
    vm_devtest_free(other);
}

Test(virtio_mmio, seeds)
{
    uint8_t a[32], b[32];

    first_bytes("1", false, a);
    first_bytes("1", false, b);
    cr_assert_eq(memcmp(a, b, 32), 0);
    first_bytes("2", false, b);
    cr_assert_neq(memcmp(a, b, 32), 0);
    first_bytes(NULL, false, a);
    first_bytes(NULL, false, b);
    cr_assert_neq(memcmp(a, b, 32), 0);
    first_bytes(NULL, true, a);
    first_bytes("0", false, b);
    cr_assert_eq(memcmp(a, b, 32), 0, "deterministic mode is seed 0");
}

Test(virtio_mmio, device_tree)
{
    cr_assert_str_eq(vm_devtest_fdt(h),
                     "node virtio_mmio\ncompatible = \"virtio,mmio\"\ndma-coherent\n");
}

Test(virtio_mmio, wiring_that_fails)
{
    for (uint32_t i = 1; i <= 3; i++) {
        struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
        struct vm_error err = VM_ERROR_INIT;

        vm_devtest_fail_wiring(other, i);
        cr_assert_eq(vm_devtest_create(other, &err), -1, "%u", i);
        cr_assert(err.set);
        vm_devtest_free(other);
    }
}

Test(virtio_mmio, bad_queue_size)
{
    struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set(other, "queue-size", "12");
    cr_assert_eq(vm_devtest_create(other, &err), -1);
    cr_assert_not_null(strstr(err.text, "12 is no power of 2"));
    vm_devtest_free(other);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio_pci_test.c - virtio over PCI (Virtio 1.2, 4.1): capabilities, registers, vectors; with the
 * console, which has configuration space and several queues.
 */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/test.h>
#include "virtio_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

enum common {
    DEVICE_FEATURE_SELECT = 0x00,
    DEVICE_FEATURE = 0x04,
    DRIVER_FEATURE_SELECT = 0x08,
    DRIVER_FEATURE = 0x0c,
    CONFIG_VECTOR = 0x10,
    N_QUEUES = 0x12,
    STATUS = 0x14,
    GENERATION = 0x15,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_VECTOR = 0x1a,
    QUEUE_ENABLE = 0x1c,
    QUEUE_NOTIFY_OFFSET = 0x1e,
    QUEUE_DESCRIPTORS = 0x20,
    QUEUE_DRIVER = 0x28,
    QUEUE_DEVICE = 0x30,
    QUEUE_RESET = 0x3a,
};

#define MESSAGES 0xfee00000u /* where the test's vectors go */

static struct vm_devtest *h;
static struct vring ring;
static struct {
    uint32_t offset, length, multiplier, at;
} parts[6]; /* by type of capability */
static uint32_t msix;
static int registers, table; /* regions */

/* ---- finding things -------------------------------------------------------------------------- */

static uint32_t config(uint32_t offset, uint32_t size)
{
    return vm_devtest_config_read(h, offset, size);
}

static void find_parts(void)
{
    uint32_t at = config(0x34, 1), n = 0;

    cr_assert(config(VM_PCI_STATUS, 2) & 0x10, "there are capabilities");
    for (; at && n < 20; at = config(at + 1, 1), n++) {
        uint32_t id = config(at, 1), type = config(at + 3, 1);

        if (id == VM_PCI_CAP_MSIX)
            msix = at;
        if (id != VM_PCI_CAP_VENDOR || type > 5)
            continue;
        parts[type].at = at;
        parts[type].offset = config(at + 8, 4);
        parts[type].length = config(at + 12, 4);
        parts[type].multiplier = type == 2 ? config(at + 16, 4) : 0;
        cr_assert_geq(config(at + 2, 1), type == 2 || type == 5 ? 20 : 16);
        if (type != 5)
            cr_assert_eq(config(at + 4, 1), 4, "all are in BAR 4");
    }
    cr_assert_lt(n, 20);
}

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 3 << 3);
    vm_devtest_set_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES);
    vm_devtest_set(h, "chardev", "a");
    vm_devtest_set(h, "packed", "yes");
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    vm_devtest_reset(h);
    registers = table = -1;
    for (uint32_t i = 0; i < vm_devtest_regions(h); i++) {
        const struct vm_region *r = vm_devtest_region(h, i);

        if (strcmp(r->name, "registers") == 0)
            registers = (int)i;
        if (strcmp(r->name, "msix") == 0)
            table = (int)i;
    }
    cr_assert(registers >= 0 && table >= 0);
    find_parts();
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(virtio_pci, .init = setup, .fini = teardown);

static uint64_t rd(uint32_t type, uint32_t offset, uint32_t size)
{
    uint64_t value;

    cr_assert_eq(
        vm_devtest_access_read(h, (uint32_t)registers, parts[type].offset + offset, size, &value),
        VM_ACCESS_OK);
    return value;
}

static void wr(uint32_t type, uint32_t offset, uint32_t size, uint64_t value)
{
    cr_assert_eq(
        vm_devtest_access_write(h, (uint32_t)registers, parts[type].offset + offset, size, value),
        VM_ACCESS_OK);
}

/* ---- a driver -------------------------------------------------------------------------------- */

static void set_features(uint64_t features)
{
    for (uint32_t i = 0; i < 2; i++) {
        wr(1, DRIVER_FEATURE_SELECT, 4, i);
        wr(1, DRIVER_FEATURE, 4, (uint32_t)(features >> 32 * i));
    }
}

static void start(uint64_t features)
{
    wr(1, STATUS, 1, 0);
    wr(1, STATUS, 1, ACKNOWLEDGE | DRIVER);
    set_features(features | VM_VIRTIO_F_VERSION_1);
    wr(1, STATUS, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    cr_assert_eq(rd(1, STATUS, 1), ACKNOWLEDGE | DRIVER | FEATURES_OK);
}

/* Queue 1, the console's output. */
static void enable_queue(uint64_t features, uint32_t vector)
{
    vring_init(&ring, vm_devtest_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES), DRIVER_RAM,
               DRIVER_RAM + 0x1000, 16, features & VM_VIRTIO_F_RING_PACKED,
               features & VM_VIRTIO_F_EVENT_IDX);
    wr(1, QUEUE_SELECT, 2, 1);
    wr(1, QUEUE_SIZE, 2, 16);
    wr(1, QUEUE_VECTOR, 2, vector);
    wr(1, QUEUE_DESCRIPTORS, 8, ring.descriptors);
    wr(1, QUEUE_DRIVER, 4, (uint32_t)ring.driver);
    wr(1, QUEUE_DRIVER + 4, 4, ring.driver >> 32);
    wr(1, QUEUE_DEVICE, 8, ring.device);
    wr(1, QUEUE_ENABLE, 2, 1);
    cr_assert_eq(rd(1, QUEUE_ENABLE, 2), 1);
}

static void be_ready(void)
{
    wr(1, STATUS, 1, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

static void notify(uint32_t queue)
{
    wr(1, QUEUE_SELECT, 2, queue);
    wr(2, (uint32_t)rd(1, QUEUE_NOTIFY_OFFSET, 2) * parts[2].multiplier, 2, queue);
}

static bool say(const char *text)
{
    struct vring_buffer b = {DRIVER_RAM + 0x10000, (uint32_t)strlen(text), false};
    uint32_t written;
    uint16_t id;

    memcpy(vm_devtest_ram(h, b.addr, b.length), text, b.length);
    vring_add(&ring, &b, 1);
    notify(1);
    return vring_get(&ring, &id, &written);
}

static void be_master(bool on)
{
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY | (on ? 4 : 0));
}

static void enable_vectors(void)
{
    for (uint32_t i = 0; i < 3; i++) {
        vm_devtest_access_write(h, (uint32_t)table, 16 * i, 4, MESSAGES + 4 * i);
        vm_devtest_access_write(h, (uint32_t)table, 16 * i + 8, 4, 0x100 + i);
        vm_devtest_access_write(h, (uint32_t)table, 16 * i + 12, 4, 0);
    }
    vm_devtest_config_write(h, msix + 2, 2, 0x8000);
}

/* ---- what it is ------------------------------------------------------------------------------ */

Test(virtio_pci, identity)
{
    cr_assert_eq(config(0, 2), 0x1af4);
    cr_assert_eq(config(2, 2), 0x1043);
    cr_assert_geq(config(8, 1), 1, "not transitional");
    cr_assert_geq(config(0x2e, 2), 0x40);
    cr_assert_eq(config(0x0a, 2), 0x0780);
    cr_assert_eq(config(0x3d, 1), 1, "INTA");
    for (uint32_t type = 1; type <= 5; type++)
        cr_assert_neq(parts[type].at, 0, "no capability of type %u", type);
    cr_assert_eq(parts[1].length, 0x3c);
    cr_assert_eq(parts[4].length, 12);
    cr_assert_eq(parts[2].multiplier, 4);
    cr_assert_eq(config(msix + 2, 2), 2, "a vector for each queue and one for configuration");
}

Test(virtio_pci, registers_at_reset)
{
    cr_assert_eq(rd(1, N_QUEUES, 2), 2);
    cr_assert_eq(rd(1, CONFIG_VECTOR, 2), 0xffff);
    cr_assert_eq(rd(1, STATUS, 1), 0);
    wr(1, QUEUE_SELECT, 2, 1);
    cr_assert_eq(rd(1, QUEUE_SIZE, 2), 64);
    cr_assert_eq(rd(1, QUEUE_VECTOR, 2), 0xffff);
    cr_assert_eq(rd(1, QUEUE_ENABLE, 2), 0);
    cr_assert_eq(rd(1, QUEUE_NOTIFY_OFFSET, 2), 1);
    wr(1, QUEUE_SELECT, 2, 2);
    cr_assert_eq(rd(1, QUEUE_SIZE, 2), 0);
    cr_assert_eq(rd(4, 4, 4), 1, "one port");
    wr(1, DEVICE_FEATURE_SELECT, 4, 1);
    cr_assert(rd(1, DEVICE_FEATURE, 4) & 1, "VERSION_1");
}

Test(virtio_pci, vectors_that_are_not_there)
{
    wr(1, CONFIG_VECTOR, 2, 3);
    cr_assert_eq(rd(1, CONFIG_VECTOR, 2), 0xffff);
    wr(1, CONFIG_VECTOR, 2, 2);
    cr_assert_eq(rd(1, CONFIG_VECTOR, 2), 2);
    wr(1, QUEUE_SELECT, 2, 5);
    wr(1, QUEUE_VECTOR, 2, 1);
    cr_assert_eq(rd(1, QUEUE_VECTOR, 2), 0xffff, "no such queue");
    wr(1, STATUS, 1, 0);
    cr_assert_eq(rd(1, CONFIG_VECTOR, 2), 0xffff, "reset takes them away");
}

/* ---- interrupts ------------------------------------------------------------------------------ */

Test(virtio_pci, inta)
{
    be_master(true);
    start(0);
    enable_queue(0, 0xffff);
    be_ready();
    cr_assert(say("hello "));
    cr_assert_eq(vm_devtest_irq(h, 0), 1);
    cr_assert_eq(rd(3, 0, 1), 1);
    cr_assert_eq(vm_devtest_irq(h, 0), 0, "reading acknowledges");
    cr_assert_eq(rd(3, 0, 1), 0);
    cr_assert(say("world"));
    cr_assert_eq(vm_devtest_irq(h, 0), 1);
    wr(1, STATUS, 1, 0);
    cr_assert_eq(vm_devtest_irq(h, 0), 0);
    cr_assert_str_eq(vm_devtest_output(h, NULL), "hello world");
}

Test(virtio_pci, messages)
{
    static const uint64_t formats[] = {0, VM_VIRTIO_F_RING_PACKED | VM_VIRTIO_F_EVENT_IDX};

    be_master(true);
    enable_vectors();
    for (int i = 0; i < 2; i++) {
        start(formats[i]);
        enable_queue(formats[i], 2);
        be_ready();
        vring_want_interrupt(&ring, true, 0);
        cr_assert(say("x"));
        cr_assert_str_eq(vm_devtest_messages(h), "0xfee00008:0x102 ");
        cr_assert_eq(vm_devtest_irq(h, 0), 0);
        wr(1, QUEUE_VECTOR, 2, 0xffff);
        vring_want_interrupt(&ring, true, 0);
        cr_assert(say("x"));
        cr_assert_str_eq(vm_devtest_messages(h), "", "without a vector nothing");
        cr_assert_eq(vm_devtest_irq(h, 0), 0);
    }
}

Test(virtio_pci, needs_reset_is_a_change_of_configuration)
{
    struct vring_buffer b = {16, 8, false};

    be_master(true);
    enable_vectors();
    start(0);
    wr(1, CONFIG_VECTOR, 2, 0);
    enable_queue(0, 1);
    be_ready();
    vring_add(&ring, &b, 1);
    notify(1);
    cr_assert(rd(1, STATUS, 1) & NEEDS_RESET);
    cr_assert_str_eq(vm_devtest_messages(h), "0xfee00000:0x100 ");
}

/* ---- bus mastering --------------------------------------------------------------------------- */

Test(virtio_pci, no_dma_before_the_guest_allows_it)
{
    uint32_t written;
    uint16_t id;

    be_master(false);
    start(0);
    enable_queue(0, 0xffff);
    be_ready();
    cr_assert_not(say("hello"));
    be_master(true);
    vm_devtest_advance(h, 1);
    cr_assert(vring_get(&ring, &id, &written), "what was notified before is not lost");
    cr_assert_str_eq(vm_devtest_output(h, NULL), "hello");
}

/* ---- the window in configuration space (4.1.4.9) --------------------------------------------- */

static void window(uint32_t bar, uint32_t offset, uint32_t length)
{
    vm_devtest_config_write(h, parts[5].at + 4, 1, bar);
    vm_devtest_config_write(h, parts[5].at + 8, 4, offset);
    vm_devtest_config_write(h, parts[5].at + 12, 4, length);
}

Test(virtio_pci, window)
{
    window(4, parts[1].offset + STATUS, 1);
    vm_devtest_config_write(h, parts[5].at + 16, 1, ACKNOWLEDGE);
    cr_assert_eq(rd(1, STATUS, 1), ACKNOWLEDGE);
    cr_assert_eq(config(parts[5].at + 16, 1), ACKNOWLEDGE);
    window(4, parts[4].offset + 4, 4);
    cr_assert_eq(config(parts[5].at + 16, 4), 1);
    static const uint32_t bad[][3] = {{0, 0, 4},      {4, 2, 4},          {4, 0, 3},
                                      {4, 0, 0},      {4, 0x4000, 4},     {4, 0xfffffffc, 4},
                                      {4, 0x3ffe, 4}, {4, 0, 0xffffffff}, {255, 0, 1}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        window(bad[i][0], bad[i][1], bad[i][2]);
        vm_devtest_config_write(h, parts[5].at + 16, 4, 0);
        cr_assert_eq(config(parts[5].at + 16, 4), 0, "%zu", i);
        cr_assert_eq(rd(1, STATUS, 1), ACKNOWLEDGE, "%zu", i);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

Test(virtio_pci, state)
{
    struct vm_devtest_state state;

    be_master(true);
    enable_vectors();
    start(0);
    enable_queue(0, 1);
    be_ready();
    cr_assert(say("before "));
    state = vm_devtest_save(h);
    wr(1, STATUS, 1, 0);
    vm_devtest_config_write(h, msix + 2, 2, 0);
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    vm_devtest_state_free(&state);
    vm_devtest_advance(h, 1);
    cr_assert(say("after"));
    cr_assert_not_null(strstr(vm_devtest_messages(h), "0xfee00004:0x101 "));
    cr_assert_str_eq(vm_devtest_output(h, NULL), "before after");
}

Test(virtio_pci, machine_reset)
{
    be_master(true);
    start(0);
    enable_queue(0, 1);
    be_ready();
    cr_assert(say("x"));
    vm_devtest_reset(h);
    cr_assert_eq(rd(1, STATUS, 1), 0);
    cr_assert_eq(config(VM_PCI_COMMAND, 2), 0);
    cr_assert_eq(vm_devtest_irq(h, 0), 0);
    cr_assert_eq(vm_devtest_mappings(h), 0);
}

Test(virtio_pci, queue_reset)
{
    be_master(true);
    start(VM_VIRTIO_F_RING_RESET);
    enable_queue(0, 0xffff);
    be_ready();
    cr_assert(say("one "));
    wr(1, QUEUE_ENABLE, 2, 0);
    cr_assert_eq(rd(1, QUEUE_ENABLE, 2), 1, "not that way");
    wr(1, QUEUE_RESET, 2, 1);
    cr_assert_eq(rd(1, QUEUE_RESET, 2), 0);
    cr_assert_eq(rd(1, QUEUE_ENABLE, 2), 0);
    enable_queue(0, 0xffff);
    cr_assert(say("two"));
    cr_assert_str_eq(vm_devtest_output(h, NULL), "one two");
}

Test(virtio_pci, another_bus)
{
    struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set_bus(other, "usb", 0);
    cr_assert_eq(vm_devtest_create(other, &err), -1);
    cr_assert_not_null(strstr(err.text, "protocol 'usb'"));
    vm_devtest_free(other);
}

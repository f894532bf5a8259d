/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio_stop_test.c - a device that cannot let go of its chains at once, as one with requests
 * under way at a backend: what drivers see of resets meanwhile, and that nobody can hold a vCPU by
 * notifying.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "virtio_driver.h"

/* ---- the device: keeps chains until the test lets them go ------------------------------------ */

struct keeper {
    struct vm_virtio virtio; /* first */
    struct vm_virtq_element *kept[2][256];
    uint32_t n_kept[2], stopping[2], resets, calls;
    int gives_back; /* at once, and lets the test add more in between */
};

static struct vm_devtest *h;
static struct driver d;
static void (*between)(void);

static void notify(void *dev, uint32_t queue)
{
    struct keeper *k = dev;
    struct vm_virtq_element *e;

    k->calls++;
    while ((e = vm_virtio_pop(&k->virtio, queue))) {
        if (!k->gives_back) {
            k->kept[queue][k->n_kept[queue]++] = e;
            continue;
        }
        vm_virtio_push(&k->virtio, queue, e, 0);
        if (between)
            between();
    }
    vm_virtio_flush(&k->virtio, queue);
}

static int queue_stop(void *dev, uint32_t queue)
{
    struct keeper *k = dev;

    k->stopping[queue] = k->n_kept[queue];
    return k->n_kept[queue] != 0;
}

static void was_reset(void *dev)
{
    ((struct keeper *)dev)->resets++;
}

static const struct vm_virtio_class keeper_class = {
    .device_id = 42, .notify = notify, .queue_stop = queue_stop, .reset = was_reset};

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct keeper *k = calloc(1, sizeof(*k));
    const struct vm_virtio_setup setup = {.class_ = &keeper_class, .n_queues = 2};

    if (vm_virtio_create(&k->virtio, host, ctx, props, &setup, err) < 0) {
        free(k);
        return NULL;
    }
    return k;
}

static void reset(void *dev, int kind)
{
    (void)kind;
    vm_virtio_reset(dev);
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops), .create = create, .destroy = free, .reset = reset};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {VM_VIRTIO_PROPERTIES("64")};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-keeper", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "keeps chains", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);

static struct keeper *keeper(void)
{
    return vm_devtest_device(h);
}

/* The backend is done with all that it had of this queue. */
static void let_go(uint32_t queue)
{
    struct keeper *k = keeper();

    while (k->n_kept[queue] > 0)
        vm_virtio_push(&k->virtio, queue, k->kept[queue][--k->n_kept[queue]], 0);
    vm_virtio_flush(&k->virtio, queue);
    if (k->stopping[queue]) {
        k->stopping[queue] = 0;
        vm_virtio_queue_stopped(&k->virtio, queue);
    }
}

static const struct vring_buffer buffer = {DRIVER_RAM + 0x100000, 16, true};

static void setup(void)
{
    h = driver_device(&vm_plugin_descriptor, NULL);
    between = NULL;
    driver_start(&d, h, VM_VIRTIO_F_RING_RESET, 2);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(virtio_stop, .init = setup, .fini = teardown);

/* ---- resets ---------------------------------------------------------------------------------- */

Test(virtio_stop, reset_waits_for_all_queues)
{
    uint32_t resets = keeper()->resets;

    driver_add(&d, 0, &buffer, 1);
    driver_add(&d, 1, &buffer, 1);
    driver_write(&d, REG_STATUS, 0);
    cr_assert_neq(driver_read(&d, REG_STATUS), 0, "chains are in use");
    cr_assert_gt(vm_devtest_mappings(h), 0);
    driver_write(&d, REG_STATUS, ACKNOWLEDGE);
    driver_write(&d, REG_QUEUE_NOTIFY, 0);
    let_go(1);
    cr_assert_neq(driver_read(&d, REG_STATUS), 0);
    cr_assert_eq(keeper()->resets, resets);
    let_go(0);
    cr_assert_eq(driver_read(&d, REG_STATUS), 0);
    cr_assert_eq(keeper()->resets, resets + 1);
    cr_assert_eq(vm_devtest_mappings(h), 0);
    cr_assert_eq(vm_devtest_irq(h, 0), 0);
    driver_start(&d, h, 0, 2);
    driver_add(&d, 0, &buffer, 1);
    cr_assert_eq(keeper()->n_kept[0], 1);
    let_go(0);
}

Test(virtio_stop, queue_reset_waits_for_its_queue)
{
    uint32_t written;
    uint16_t id;

    driver_add(&d, 0, &buffer, 1);
    driver_add(&d, 1, &buffer, 1);
    driver_write(&d, REG_QUEUE_SELECT, 1);
    driver_write(&d, REG_QUEUE_RESET, 1);
    cr_assert_eq(driver_read(&d, REG_QUEUE_RESET), 1, "under way");
    driver_add(&d, 1, &buffer, 1);
    cr_assert_eq(keeper()->n_kept[1], 1, "nothing more is taken");
    let_go(0);
    cr_assert(driver_get(&d, 0, &id, &written), "the other one goes on");
    let_go(1);
    cr_assert_eq(driver_read(&d, REG_QUEUE_RESET), 0);
    cr_assert_eq(driver_read(&d, REG_QUEUE_READY), 0);
    cr_assert_neq(driver_read(&d, REG_STATUS), 0);
}

/* A device reset while a queue reset is under way: one wait for both. */
Test(virtio_stop, reset_during_a_queue_reset)
{
    driver_add(&d, 1, &buffer, 1);
    driver_write(&d, REG_QUEUE_SELECT, 1);
    driver_write(&d, REG_QUEUE_RESET, 1);
    driver_write(&d, REG_STATUS, 0);
    cr_assert_neq(driver_read(&d, REG_STATUS), 0);
    let_go(1);
    cr_assert_eq(driver_read(&d, REG_STATUS), 0);
}

/* The host has finished all before it resets the machine: it waits for nobody. */
Test(virtio_stop, machine_reset_does_not_wait)
{
    driver_add(&d, 0, &buffer, 1);
    driver_write(&d, REG_STATUS, 0);
    keeper()->n_kept[0] = 0;
    vm_devtest_reset(h);
    cr_assert_eq(driver_read(&d, REG_STATUS), 0);
    cr_assert_eq(vm_devtest_mappings(h), 0);
}

/* ---- notification storms --------------------------------------------------------------------- */

static uint32_t added;

/* Another vCPU adds a chain for each that the device gives back, for long. */
static void add_another(void)
{
    uint32_t written;
    uint16_t id;

    while (driver_get(&d, 0, &id, &written))
        ;
    if (added < 5000) {
        vring_add(&d.queues[0], &buffer, 1);
        added++;
    }
}

Test(virtio_stop, a_guest_cannot_hold_a_vcpu)
{
    keeper()->gives_back = 1;
    between = add_another;
    driver_add(&d, 0, &buffer, 1);
    cr_assert_gt(added, 0);
    cr_assert_leq(added, 4 * 64, "%u chains for one notification", added);
    vm_devtest_advance(h, 1);
    cr_assert_eq(added, 5000, "the event thread goes on");
    cr_assert_geq(keeper()->calls, 5000 / (4 * 64));
}

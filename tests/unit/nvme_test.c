/* SPDX-License-Identifier: BSD-2-Clause */
/* nvme_test.c - the NVMe controller as a driver sees it (NVM Express 1.4), malformed commands and
 * queues included. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <vmrun/pci.h>

#include "nvme_driver.h"
#include <vmrun/test.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum { FLUSH = 0, WRITE = 1, READ = 2, ZEROES = 8, DATASET = 9 };

#define DISK (4u << 20)

static struct vm_devtest *h;
static struct nvme_driver d;

static void use_disk(const char *disk)
{
    if (h)
        vm_devtest_free(h);
    h = nvme_device(&vm_plugin_descriptor, disk);
    cr_assert_eq(nvme_enable(&d, h), 1);
    cr_assert_eq(nvme_make_queues(&d), 0);
}

static void setup(void)
{
    use_disk("4M");
}

static void teardown(void)
{
    vm_devtest_free(h);
    h = NULL;
}

TestSuite(nvme, .init = setup, .fini = teardown, .timeout = 30);

static uint8_t *ram(uint32_t at)
{
    return vm_devtest_ram(h, at, 1);
}

static void put64(uint32_t at, uint64_t value)
{
    memcpy(ram(at), &value, 8);
}

/* A read or write of `blocks` at `lba`, the data at these PRPs. */
static uint32_t transfer(uint32_t op, uint64_t lba, uint32_t blocks, uint32_t prp1, uint32_t prp2)
{
    uint32_t dw[16] = {op,
                       1,
                       [6] = prp1,
                       [8] = prp2,
                       [10] = (uint32_t)lba,
                       [11] = (uint32_t)(lba >> 32),
                       [12] = blocks - 1};

    return nvme_command(&d, 1, dw, NULL);
}

static uint32_t admin(uint32_t op, uint32_t nsid, uint32_t dw10, uint32_t dw11, uint32_t *result)
{
    uint32_t dw[16] = {op, nsid, [6] = NVME_DATA, [10] = dw10, [11] = dw11};

    return nvme_command(&d, 0, dw, result);
}

Test(nvme, registers)
{
    cr_expect_eq(nvme_read(&d, NVME_CAP) & 0xffff, 1023);
    cr_expect_eq(nvme_read(&d, NVME_VS), 0x10400);
    cr_expect_eq(nvme_read(&d, NVME_CC), 0x460001);
    cr_expect_eq(vm_devtest_config_read(h, 8, 4) >> 8, 0x010802);
    nvme_write(&d, NVME_CC, 0);
    cr_expect_eq(nvme_read(&d, NVME_CSTS), 0);
    cr_expect_eq(nvme_read(&d, NVME_ASQ), NVME_QUEUE(0, 0), "stays");
}

Test(nvme, settings_that_cannot_be)
{
    nvme_write(&d, NVME_CC, 0);
    nvme_write(&d, NVME_CC, 0x460081);
    cr_expect_eq(nvme_read(&d, NVME_CSTS), 2, "large pages");
    nvme_write(&d, NVME_CC, 0);
    nvme_write(&d, NVME_ASQ, NVME_QUEUE(0, 0) + 4);
    nvme_write(&d, NVME_CC, 0x460001);
    cr_expect_eq(nvme_read(&d, NVME_CSTS), 2, "a queue at an odd place");
    cr_expect_eq(nvme_enable(&d, h), 1, "all is well again");
}

Test(nvme, identify)
{
    cr_expect_eq(admin(6, 0, 1, 0, NULL), 0);
    cr_expect_eq(memcmp(ram(NVME_DATA + 4), "vmrun0001           ", 20), 0);
    cr_expect_eq(*ram(NVME_DATA + 77), 8);
    cr_expect_eq(*ram(NVME_DATA + 525), 1, "a write cache");
    cr_expect_eq(memcmp(ram(NVME_DATA + 768), "nqn.2014-08.org.nvmexpress:uuid:", 32), 0);
    cr_expect_eq(admin(6, 1, 0, 0, NULL), 0);
    cr_expect_eq(*(uint64_t *)(void *)ram(NVME_DATA), DISK / 512);
    cr_expect_eq(*ram(NVME_DATA + 130), 9);
    cr_expect_eq(admin(6, 0, 2, 0, NULL), 0);
    cr_expect_eq(*ram(NVME_DATA), 1);
    cr_expect_eq(admin(6, 1, 3, 0, NULL), 0);
    cr_expect_eq(*ram(NVME_DATA), 3);
    cr_expect_eq(admin(6, 2, 0, 0, NULL), 0x0b);
    cr_expect_eq(admin(6, 0, 0x55, 0, NULL), 0x02);
}

Test(nvme, reads_and_writes)
{
    memset(ram(NVME_DATA), 0x5a, 8192);
    cr_expect_eq(transfer(WRITE, 8, 16, NVME_DATA, NVME_DATA + 4096), 0);
    cr_expect_eq(vm_devtest_disk(h)[8 * 512], 0x5a);
    cr_expect_eq(vm_devtest_disk(h)[8 * 512 + 8191], 0x5a);
    cr_expect_eq(vm_devtest_disk(h)[8 * 512 + 8192], 0);
    cr_expect_eq(vm_devtest_disk_flags(h), 0);
    cr_expect_eq(transfer(READ, 9, 1, NVME_DATA + 0x10e04, NVME_DATA + 0x11000), 0);
    cr_expect_eq(*ram(NVME_DATA + 0x10e03), 0);
    cr_expect_eq(*ram(NVME_DATA + 0x10e04), 0x5a);
    cr_expect_eq(*ram(NVME_DATA + 0x11003), 0x5a, "the last byte, on the page behind");
}

/* 1 MiB from the middle of a page: a list, of which the last entry leads to another. */
Test(nvme, lists_of_pages)
{
    uint32_t list = NVME_RAM + 0x10000 + 0xf80, second = NVME_RAM + 0x12000, blocks = 2048;
    uint32_t first = NVME_DATA + 0x800;

    for (uint32_t i = 0; i < DISK; i++)
        vm_devtest_disk(h)[i] = (uint8_t)(i * 2654435761u >> 13);
    /* 16 entries up to the page's end: 15 pages and the next list. */
    for (uint32_t i = 0; i < 15; i++)
        put64(list + 8 * i, NVME_DATA + 0x1000 * (i + 1));
    put64(list + 8 * 15, second);
    for (uint32_t i = 15; i < 256; i++)
        put64(second + 8 * (i - 15), NVME_DATA + 0x1000 * (i + 1));
    cr_expect_eq(transfer(READ, 0, blocks, first, list), 0);
    cr_expect_eq(memcmp(ram(first), vm_devtest_disk(h), blocks * 512), 0);
    cr_expect_eq(*ram(first + blocks * 512), 0);
    put64(second + 8, NVME_DATA + 4);
    cr_expect_eq(transfer(READ, 0, blocks, first, list), 0x13);
    put64(second + 8, 0x1000);
    cr_expect_eq(transfer(READ, 0, blocks, first, list), 0x04, "no RAM there");
}

Test(nvme, wrong_commands)
{
    uint32_t dw[16] = {READ | 0x4000, 1, [6] = NVME_DATA};

    cr_expect_eq(transfer(READ, DISK / 512, 1, NVME_DATA, 0), 0x80);
    cr_expect_eq(transfer(READ, UINT64_MAX, 2, NVME_DATA, 0), 0x80);
    cr_expect_eq(transfer(READ, 0, 2049, NVME_DATA, NVME_DATA), 0x02, "longer than it said");
    cr_expect_eq(transfer(READ, 0, 1, 0x1000, 0), 0x04);
    cr_expect_eq(transfer(READ, 0, 1, NVME_DATA + 1, 0), 0x13);
    cr_expect_eq(transfer(READ, 0, 16, NVME_DATA, NVME_DATA + 512), 0x13);
    cr_expect_eq(transfer(0x77, 0, 1, NVME_DATA, 0), 0x01);
    cr_expect_eq(nvme_command(&d, 1, dw, NULL), 0x02, "an SGL");
    dw[0] = READ;
    dw[1] = 2;
    cr_expect_eq(nvme_command(&d, 1, dw, NULL), 0x0b);
    cr_expect_eq(nvme_read(&d, NVME_CSTS), 1);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_READ), 0);
}

Test(nvme, flush_cache_and_fua)
{
    uint32_t dw[16] = {FLUSH, UINT32_MAX}, fua[16] = {WRITE, 1, [6] = NVME_DATA, [12] = 1u << 30};
    uint32_t result;

    cr_expect_eq(nvme_command(&d, 1, dw, NULL), 0);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_FLUSH), 1);
    cr_expect_eq(nvme_command(&d, 1, fua, NULL), 0);
    cr_expect_eq(vm_devtest_disk_flags(h), VM_BLOCK_FUA);
    cr_expect_eq(admin(10, 0, 6, 0, &result), 0);
    cr_expect_eq(result, 1);
    cr_expect_eq(admin(9, 0, 6, 0, NULL), 0);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_FLUSH), 2);
    cr_expect_eq(transfer(WRITE, 0, 1, NVME_DATA, 0), 0);
    cr_expect_eq(vm_devtest_disk_flags(h), VM_BLOCK_FUA, "the cache is off");
}

Test(nvme, zeroes_and_discard)
{
    uint32_t zeroes[16] = {ZEROES, 1, [10] = 2, [12] = 1 | 1u << 25};
    uint32_t dataset[16] = {DATASET, 1, [6] = NVME_DATA, [10] = 1, [11] = 4};

    memset(vm_devtest_disk(h), 0x33, DISK);
    cr_expect_eq(nvme_command(&d, 1, zeroes, NULL), 0);
    cr_expect_eq(vm_devtest_disk_flags(h), VM_BLOCK_UNMAP);
    cr_expect_eq(vm_devtest_disk(h)[1024], 0);
    cr_expect_eq(vm_devtest_disk(h)[2047], 0);
    cr_expect_eq(vm_devtest_disk(h)[2048], 0x33);
    put64(NVME_DATA, 8ull << 32);
    put64(NVME_DATA + 8, 16);
    put64(NVME_DATA + 16, 1ull << 32);
    put64(NVME_DATA + 24, 40);
    cr_expect_eq(nvme_command(&d, 1, dataset, NULL), 0);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_DISCARD), 2);
    cr_expect_eq(vm_devtest_disk(h)[40 * 512], 0xdd);
    put64(NVME_DATA + 24, DISK / 512);
    cr_expect_eq(nvme_command(&d, 1, dataset, NULL), 0x80);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_DISCARD), 2);
}

Test(nvme, errors_of_the_disk)
{
    vm_devtest_disk_fail(h, EIO);
    cr_expect_eq(transfer(READ, 0, 1, NVME_DATA, 0), 0x281);
    cr_expect_eq(transfer(WRITE, 0, 1, NVME_DATA, 0), 0x280);
    vm_devtest_disk_fail(h, ENOSPC);
    cr_expect_eq(transfer(WRITE, 0, 1, NVME_DATA, 0), 0x81);
}

Test(nvme, queues_that_cannot_be)
{
    const struct {
        uint32_t op, dw10, dw11, prp1, status;
    } cases[] = {
        {5, 1 | 7 << 16, 1, NVME_DATA, 0x101},
        {5, 0 | 7 << 16, 1, NVME_DATA, 0x101},
        {5, 17 | 7 << 16, 1, NVME_DATA, 0x101},
        {5, 2, 1, NVME_DATA, 0x102},
        {5, 2 | 1024 << 16, 1, NVME_DATA, 0x102},
        {5, 2 | 7 << 16, 0, NVME_DATA, 0x02},
        {5, 2 | 7 << 16, 1, NVME_DATA + 8, 0x13},
        {5, 2 | 7 << 16, 1 | 32 << 16, NVME_DATA, 0x108},
        {1, 2 | 7 << 16, 1 | 3 << 16, NVME_DATA, 0x100},
        {0, 3, 0, 0, 0x101},
        {4, 3, 0, 0, 0x101},
        {4, 1, 0, 0, 0x10c},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t dw[16] = {
            cases[i].op, [6] = cases[i].prp1, [10] = cases[i].dw10, [11] = cases[i].dw11};
        cr_expect_eq(nvme_command(&d, 0, dw, NULL), cases[i].status, "case %zu", i);
    }
    cr_expect_eq(admin(0, 0, 1, 0, NULL), 0);
    cr_expect_eq(admin(4, 0, 1, 0, NULL), 0);
    cr_expect_eq(nvme_make_queues(&d) & 0xff, 0);
}

/* Commands wait while the completion queue has no room. */
Test(nvme, full_completion_queue)
{
    uint32_t dw[16] = {FLUSH, 1};
    uint32_t head = d.head[1];

    for (uint32_t i = 0; i < NVME_DEPTH - 1; i++)
        nvme_submit(&d, 1, dw);
    nvme_submit(&d, 1, dw); /* the queue's start again: all before were fetched */
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_FLUSH), NVME_DEPTH - 1);
    d.head[1] = head;
    cr_expect_eq(nvme_completion(&d, 1, NULL), 0);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_FLUSH), NVME_DEPTH);
}

Test(nvme, interrupt_pin)
{
    uint32_t dw[16] = {FLUSH, 1};

    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    nvme_submit(&d, 1, dw);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    nvme_write(&d, NVME_INTMS, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    nvme_write(&d, NVME_INTMS + 4, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    nvme_completion(&d, 1, NULL);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(nvme, events)
{
    uint32_t dw[16] = {12}, result;

    cr_expect_eq(admin(9, 0, 11, 0x100, NULL), 0);
    nvme_submit(&d, 0, dw);
    cr_expect_eq(nvme_completion(&d, 0, NULL), -1);
    vm_devtest_disk_resize(h, 2 * DISK);
    cr_expect_eq(nvme_completion(&d, 0, &result), 0);
    cr_expect_eq(result, 0x040002);
    cr_expect_eq(admin(2, 0, 4 | 1023 << 16, 0, NULL), 0);
    cr_expect_eq(*ram(NVME_DATA), 1);
    nvme_write(&d, 0x1008, 99);
    cr_expect_eq(nvme_command(&d, 0, dw, &result), 0, "one that nobody waited for");
    cr_expect_eq(result, 0x010100);
    for (int i = 0; i < 4; i++)
        nvme_submit(&d, 0, dw);
    cr_expect_eq(nvme_command(&d, 0, dw, NULL), 0x105);
}

Test(nvme, reset_and_deletion_wait)
{
    uint32_t dw[16] = {READ, 1, [6] = NVME_DATA};

    vm_devtest_disk_hold(h, true);
    nvme_submit(&d, 1, dw);
    cr_expect_eq(admin(0, 0, 1, 0, NULL), 0);
    cr_expect_eq(nvme_completion(&d, 1, NULL), 0, "before its queue went away");
    setup();
    vm_devtest_disk_hold(h, true);
    nvme_submit(&d, 1, dw);
    nvme_write(&d, NVME_CC, 0);
    cr_expect_eq(nvme_read(&d, NVME_CSTS), 0);
    cr_expect_eq(nvme_enable(&d, h), 1);
}

Test(nvme, shutdown)
{
    nvme_write(&d, NVME_CC, 0x464001);
    cr_expect_eq(nvme_read(&d, NVME_CSTS), 9);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_FLUSH), 1);
}

Test(nvme, queue_outside_ram)
{
    nvme_write(&d, NVME_CC, 0);
    nvme_write(&d, NVME_ASQ, 0x1000);
    nvme_write(&d, NVME_CC, 0x460001);
    nvme_write(&d, 0x1000, 1);
    cr_expect_eq(nvme_read(&d, NVME_CSTS), 3, "fatal");
    cr_expect_eq(nvme_enable(&d, h), 1);
}

Test(nvme, saved_state)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_devtest_state state = vm_devtest_save(h);

    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_load(h, &state, &err), 0, "%s", err.text);
    cr_expect_eq(transfer(READ, 0, 1, NVME_DATA, 0), 0);
    cr_expect_eq(vm_devtest_load_field(h, "sq_head", 1, NVME_DEPTH, &err), -1);
    cr_expect_eq(vm_devtest_load(h, &state, &err), 0);
    cr_expect_eq(vm_devtest_load_field(h, "sq_cq", 1, 9, &err), -1);
    vm_devtest_state_free(&state);
}

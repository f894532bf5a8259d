/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_blk_test.c - the block device as a driver sees it (Virtio 1.2, 5.2), malformed requests
 * included. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include <vmrun/test.h>
#include "virtio_driver.h"

extern const struct vm_plugin vm_plugin_descriptor;

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2, S_NONE = 0xee };

#define F_RO           (UINT64_C(1) << 5)
#define F_FLUSH        (UINT64_C(1) << 9)
#define F_CONFIG_WCE   (UINT64_C(1) << 11)
#define F_DISCARD      (UINT64_C(1) << 13)
#define F_WRITE_ZEROES (UINT64_C(1) << 14)

#define DISK (1u << 20)

static struct vm_devtest *h;
static struct driver d;
static uint64_t header, data, status;

static void use_disk(const char *text, uint64_t features)
{
    const char *const properties[] = {"file", text,     "serial", "A-1", "queues",
                                      "3",    "packed", "yes",    NULL};

    if (h)
        vm_devtest_free(h);
    h = driver_device(&vm_plugin_descriptor, properties);
    driver_start(&d, h, features, 3);
    header = driver_alloc(&d, 32);
    data = driver_alloc(&d, 65536);
    status = driver_alloc(&d, 16);
}

static void setup(void)
{
    use_disk("1M", UINT64_MAX & ~VM_VIRTIO_F_RING_PACKED);
}

static void teardown(void)
{
    vm_devtest_free(h);
    h = NULL;
}

TestSuite(virtio_blk, .init = setup, .fini = teardown, .timeout = 30);

static void put(uint64_t addr, unsigned bytes, uint64_t value)
{
    uint8_t *p = driver_memory(&d, addr);

    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static void put_header(uint32_t type, uint64_t sector)
{
    put(header, 4, type);
    put(header + 4, 4, 0);
    put(header + 8, 8, sector);
    put(status, 1, S_NONE);
}

/* Header, data, status: with the data to be written if `in`. */
static void add(uint32_t queue, uint32_t type, uint64_t sector, uint32_t length, bool in)
{
    struct vring_buffer b[3] = {{header, 16, false}, {data, length, in}, {status, 1, true}};
    uint32_t n = 3;

    put_header(type, sector);
    if (!length)
        b[--n - 1] = b[2];
    driver_add(&d, queue, b, n);
}

static uint8_t status_byte(void)
{
    return *(uint8_t *)driver_memory(&d, status);
}

/* The one chain that is done. */
static uint32_t written(uint32_t queue)
{
    uint32_t n = UINT32_MAX;
    uint16_t id;

    cr_expect(driver_get(&d, queue, &id, &n), "nothing is done");
    return n;
}

static uint8_t request(uint32_t type, uint64_t sector, uint32_t length, bool in)
{
    add(0, type, sector, length, in);
    written(0);
    return status_byte();
}

static uint64_t config(uint32_t offset, uint32_t size)
{
    uint64_t value = 0;

    vm_devtest_access_read(h, 0, REG_CONFIG + offset, size, &value);
    return value;
}

Test(virtio_blk, configuration)
{
    cr_expect_eq(driver_read(&d, REG_DEVICE_ID), 2);
    cr_expect_eq(config(0, 8), DISK / 512);
    cr_expect_eq(config(12, 4), 254, "pieces of a request");
    cr_expect_eq(config(20, 4), 512);
    cr_expect_eq(config(24, 1), 3, "8 blocks are a physical one");
    cr_expect_eq(config(32, 1), 1, "the write cache is on");
    cr_expect_eq(config(34, 2), 3);
    cr_expect_eq(config(40, 4), 16);
    cr_expect_eq(config(44, 4), 8);
}

Test(virtio_blk, reads_and_writes)
{
    memset(driver_memory(&d, data), 0x5a, 4096);
    add(0, T_OUT, 8, 4096, false);
    cr_expect_eq(written(0), 1, "the status");
    cr_expect_eq(status_byte(), S_OK);
    cr_expect_eq(vm_devtest_disk(h)[8 * 512], 0x5a);
    cr_expect_eq(vm_devtest_disk(h)[8 * 512 + 4095], 0x5a);
    cr_expect_eq(vm_devtest_disk(h)[8 * 512 + 4096], 0);
    cr_expect_eq(vm_devtest_disk_flags(h), 0);
    cr_expect(driver_interrupt(&d) & 1);
    vm_devtest_disk(h)[9 * 512] = 0x77;
    add(1, T_IN, 8, 2048, true);
    cr_expect_eq(written(1), 2049);
    cr_expect_eq(status_byte(), S_OK);
    cr_expect_eq(((uint8_t *)driver_memory(&d, data))[512], 0x77);
}

Test(virtio_blk, packed_ring)
{
    use_disk("1M", UINT64_MAX);
    cr_assert(d.features & VM_VIRTIO_F_RING_PACKED);
    memset(driver_memory(&d, data), 0x5a, 4096);
    cr_expect_eq(request(T_OUT, 0, 4096, false), S_OK);
    cr_expect_eq(vm_devtest_disk(h)[4095], 0x5a);
}

/* Header, data and status need not lie in pieces of their own. */
Test(virtio_blk, any_layout)
{
    const struct vring_buffer out[] = {
        {header, 10, false}, {header + 10, 7, false}, {data, 511, false}, {status, 1, true}};
    const struct vring_buffer in[] = {{header, 16, false}, {data, 1, true}, {data + 1, 512, true}};
    uint8_t *p = driver_memory(&d, data);

    put_header(T_OUT, 2);
    put(header + 16, 1, 0x11);
    memset(p, 0x22, 511);
    driver_add(&d, 0, out, 4);
    cr_expect_eq(written(0), 1);
    cr_expect_eq(status_byte(), S_OK);
    cr_expect_eq(vm_devtest_disk(h)[1024], 0x11);
    cr_expect_eq(vm_devtest_disk(h)[1025], 0x22);
    cr_expect_eq(vm_devtest_disk(h)[1535], 0x22);
    cr_expect_eq(vm_devtest_disk(h)[1536], 0);
    memset(p, 0xee, 600);
    put_header(T_IN, 2);
    driver_add(&d, 0, in, 3);
    cr_expect_eq(written(0), 513);
    cr_expect_eq(p[0], 0x11);
    cr_expect_eq(p[511], 0x22);
    cr_expect_eq(p[512], S_OK, "the status is the last byte");
}

Test(virtio_blk, flush_and_cache)
{
    cr_expect_eq(request(T_FLUSH, 0, 0, false), S_OK);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_FLUSH), 1);
    vm_devtest_access_write(h, 0, REG_CONFIG + 32, 1, 0);
    cr_expect_eq(config(32, 1), 0);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_FLUSH), 2,
                 "what was cached is made stable");
    cr_expect_eq(request(T_OUT, 0, 512, false), S_OK);
    cr_expect_eq(vm_devtest_disk_flags(h), VM_BLOCK_FUA, "writes go through");
    vm_devtest_access_write(h, 0, REG_CONFIG + 32, 1, 2);
    cr_expect_eq(config(32, 1), 0, "not a value");
    vm_devtest_access_write(h, 0, REG_CONFIG + 32, 1, 1);
    cr_expect_eq(request(T_OUT, 0, 512, false), S_OK);
    cr_expect_eq(vm_devtest_disk_flags(h), 0);
}

/* A driver that knows no flush believes what it is told. */
Test(virtio_blk, driver_without_flush)
{
    use_disk("1M", ~(F_FLUSH | F_CONFIG_WCE));
    cr_expect_eq(request(T_OUT, 0, 512, false), S_OK);
    cr_expect_eq(vm_devtest_disk_flags(h), VM_BLOCK_FUA);
}

Test(virtio_blk, serial_number)
{
    cr_expect_eq(request(T_GET_ID, 0, 20, true), S_OK);
    cr_expect_str_eq((char *)driver_memory(&d, data), "A-1");
    cr_expect_eq(request(T_GET_ID, 0, 19, true), S_IOERR);
}

static void put_segment(uint32_t i, uint64_t sector, uint32_t sectors, uint32_t flags)
{
    put(data + 16 * i, 8, sector);
    put(data + 16 * i + 8, 4, sectors);
    put(data + 16 * i + 12, 4, flags);
}

Test(virtio_blk, discard_and_zeroes)
{
    memset(vm_devtest_disk(h), 0x33, DISK);
    put_segment(0, 8, 8, 0);
    put_segment(1, 32, 1, 0);
    cr_expect_eq(request(T_DISCARD, 0, 32, false), S_OK);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_DISCARD), 2);
    cr_expect_eq(vm_devtest_disk(h)[8 * 512], 0xdd);
    cr_expect_eq(vm_devtest_disk(h)[32 * 512], 0xdd);
    cr_expect_eq(vm_devtest_disk(h)[33 * 512], 0x33);
    put_segment(0, 0, 1, 1);
    cr_expect_eq(request(T_WRITE_ZEROES, 0, 16, false), S_OK);
    cr_expect_eq(vm_devtest_disk_flags(h), VM_BLOCK_UNMAP);
    cr_expect_eq(vm_devtest_disk(h)[511], 0);
    cr_expect_eq(vm_devtest_disk(h)[512], 0x33);
}

Test(virtio_blk, wrong_ranges)
{
    put_segment(0, 0, 1, 1);
    cr_expect_eq(request(T_DISCARD, 0, 16, false), S_UNSUPP, "that flag is for zeroes");
    put_segment(0, 0, 1, 2);
    cr_expect_eq(request(T_WRITE_ZEROES, 0, 16, false), S_UNSUPP);
    put_segment(0, DISK / 512 - 1, 2, 0);
    cr_expect_eq(request(T_DISCARD, 0, 16, false), S_IOERR);
    put_segment(0, UINT64_MAX, 2, 0);
    cr_expect_eq(request(T_WRITE_ZEROES, 0, 16, false), S_IOERR);
    cr_expect_eq(request(T_DISCARD, 0, 15, false), S_IOERR);
    cr_expect_eq(request(T_DISCARD, 0, 17 * 16, false), S_IOERR, "more than it said");
    cr_expect_eq(request(T_DISCARD, 0, 0, false), S_IOERR);
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_DISCARD), 0);
}

Test(virtio_blk, wrong_requests)
{
    cr_expect_eq(request(T_IN, DISK / 512, 512, true), S_IOERR, "behind the end");
    cr_expect_eq(request(T_IN, DISK / 512 - 1, 1024, true), S_IOERR);
    cr_expect_eq(request(T_OUT, UINT64_MAX, 512, false), S_IOERR);
    cr_expect_eq(request(T_OUT, UINT64_C(1) << 55, 512, false), S_IOERR, "wraps around");
    cr_expect_eq(request(T_IN, 0, 100, true), S_IOERR, "no whole sectors");
    cr_expect_eq(request(99, 0, 512, true), S_UNSUPP);
    cr_expect_eq(request(T_OUT, 0, 512, true), S_OK, "nothing to write");
    cr_expect_eq(vm_devtest_disk_requests(h, VM_BLOCK_OP_READ), 2, "those that went a bit too far");
    cr_expect_eq(driver_read(&d, REG_STATUS) & NEEDS_RESET, 0);
}

Test(virtio_blk, errors_of_the_disk)
{
    vm_devtest_disk_fail(h, ENOSPC);
    cr_expect_eq(request(T_OUT, 0, 512, false), S_IOERR);
    vm_devtest_disk_fail(h, EOPNOTSUPP);
    put_segment(0, 0, 1, 0);
    cr_expect_eq(request(T_DISCARD, 0, 16, false), S_UNSUPP);
    vm_devtest_disk_fail(h, EIO);
    add(0, T_IN, 0, 512, true);
    cr_expect_eq(written(0), 513, "up to the status, or nobody would look at it");
    cr_expect_eq(status_byte(), S_IOERR);
    cr_expect_eq(request(T_FLUSH, 0, 0, false), S_IOERR);
    vm_devtest_disk_fail(h, 0);
    cr_expect_eq(request(T_FLUSH, 0, 0, false), S_OK);
}

Test(virtio_blk, read_only)
{
    use_disk("1Mr", UINT64_MAX & ~VM_VIRTIO_F_RING_PACKED);
    cr_expect(d.features & F_RO);
    cr_expect_not(d.features & (F_FLUSH | F_DISCARD | F_WRITE_ZEROES));
    cr_expect_eq(request(T_OUT, 0, 512, false), S_IOERR);
    cr_expect_eq(request(T_IN, 0, 512, true), S_OK);
    cr_expect_eq(request(T_FLUSH, 0, 0, false), S_OK);
}

Test(virtio_blk, disk_that_cannot_discard)
{
    use_disk("1Mpc", UINT64_MAX & ~VM_VIRTIO_F_RING_PACKED);
    cr_expect_not(d.features & (F_FLUSH | F_CONFIG_WCE | F_DISCARD | F_WRITE_ZEROES));
    put_segment(0, 0, 1, 0);
    cr_expect_eq(request(T_DISCARD, 0, 16, false), S_UNSUPP);
}

Test(virtio_blk, large_blocks)
{
    use_disk("1Mb", UINT64_MAX & ~VM_VIRTIO_F_RING_PACKED);
    cr_expect_eq(config(20, 4), 4096);
    cr_expect_eq(config(0, 8), DISK / 512, "still in sectors of 512");
    cr_expect_eq(request(T_IN, 8, 4096, true), S_OK);
    cr_expect_eq(request(T_IN, 1, 4096, true), S_IOERR);
}

/* Without a header or a status there is nobody to tell. */
static void expect_needs_reset(const struct vring_buffer *b, uint32_t n)
{
    uint32_t length;
    uint16_t id;

    driver_add(&d, 0, b, n);
    cr_expect(driver_read(&d, REG_STATUS) & NEEDS_RESET);
    cr_expect_not(driver_get(&d, 0, &id, &length));
    setup();
}

Test(virtio_blk, malformed)
{
    put_header(T_IN, 0);
    expect_needs_reset((struct vring_buffer[]){{header, 15, false}, {status, 1, true}}, 2);
    expect_needs_reset((struct vring_buffer[]){{header, 16, false}}, 1);
    expect_needs_reset((struct vring_buffer[]){{data, 512, true}}, 1);
}

Test(virtio_blk, queues_go_on_beside_one_another)
{
    vm_devtest_disk_hold(h, true);
    add(0, T_OUT, 0, 512, false);
    add(2, T_OUT, 1, 512, false);
    cr_expect_eq(driver_read(&d, REG_INTERRUPT_STATUS), 0);
    vm_devtest_disk_hold(h, false);
    cr_expect_eq(written(0), 1);
    cr_expect_eq(written(2), 1);
}

/* The memory of what is under way is in use until it is done: the driver waits for that. */
Test(virtio_blk, reset_waits)
{
    vm_devtest_disk_hold(h, true);
    add(0, T_IN, 0, 512, true);
    driver_write(&d, REG_STATUS, 0);
    cr_expect_neq(driver_read(&d, REG_STATUS), 0);
    vm_devtest_disk_hold(h, false);
    cr_expect_eq(driver_read(&d, REG_STATUS), 0);
    driver_start(&d, h, UINT64_MAX & ~VM_VIRTIO_F_RING_PACKED, 3);
    header = driver_alloc(&d, 16);
    data = driver_alloc(&d, 4096);
    status = driver_alloc(&d, 16);
    cr_expect_eq(request(T_IN, 0, 512, true), S_OK);
}

Test(virtio_blk, queue_reset_waits)
{
    vm_devtest_disk_hold(h, true);
    add(1, T_IN, 0, 512, true);
    driver_write(&d, REG_QUEUE_SELECT, 1);
    driver_write(&d, REG_QUEUE_RESET, 1);
    cr_expect_eq(driver_read(&d, REG_QUEUE_READY), 1);
    vm_devtest_disk_hold(h, false);
    cr_expect_eq(driver_read(&d, REG_QUEUE_READY), 0);
    cr_expect_eq(request(T_IN, 0, 512, true), S_OK, "the others work");
}

Test(virtio_blk, grows)
{
    uint32_t before = driver_read(&d, REG_GENERATION);

    vm_devtest_disk_resize(h, 2 * DISK);
    cr_expect_eq(config(0, 8), 2 * DISK / 512);
    cr_expect_neq(driver_read(&d, REG_GENERATION), before);
    cr_expect(driver_interrupt(&d) & 2);
    cr_expect_eq(request(T_IN, 2 * DISK / 512 - 1, 512, true), S_OK);
}

Test(virtio_blk, saved_state)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_access_write(h, 0, REG_CONFIG + 32, 1, 0);
    struct vm_devtest_state state = vm_devtest_save(h);
    vm_devtest_access_write(h, 0, REG_CONFIG + 32, 1, 1);
    cr_expect_eq(vm_devtest_load(h, &state, &err), 0, "%s", err.text);
    cr_expect_eq(config(32, 1), 0);
    cr_expect_eq(request(T_IN, 0, 512, true), S_OK);
    cr_expect_eq(vm_devtest_load_field(h, "writeback", 0, 2, &err), -1);
    vm_devtest_state_free(&state);
}

Test(virtio_blk, serial_number_too_long)
{
    struct vm_devtest *other = vm_devtest_new(&vm_plugin_descriptor);
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set_ram(other, DRIVER_RAM, DRIVER_RAM_BYTES);
    vm_devtest_set(other, "file", "1M");
    vm_devtest_set(other, "serial", "123456789012345678901");
    cr_expect_eq(vm_devtest_create(other, &err), -1);
    cr_expect_not_null(strstr(err.text, "20 characters"));
    vm_devtest_free(other);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.c - writes rounds of blocks to a virtio disk, flushes, and then says so: whoever stops the
 * machine can look whether what it said is true. Sector 0 of the disk tells what to do.
 *
 * Round n is BLOCKS blocks of 4096 bytes in slot n % SLOTS, which begin with n and go on with a
 * pattern of it. "flushed n" comes after the flush.
 */
#include "test.h"

#define DISK       0x10001000ul
#define QUEUE      64u
#define BLOCKS     4u
#define BLOCK      4096u
#define SLOTS      64u
#define FIRST_SLOT 8u /* in slots' size from the start of the disk */

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4 };
enum { NEXT = 1, WRITE = 2 };
enum mode_of_disk { ROUNDS = 1, RESETS = 2, READ_ALL = 3, CACHES = 4 };

struct orders {
    uint64_t mode;
    uint64_t count; /* rounds or resets; 0: for ever */
    uint64_t boots; /* counted by the guest */
};

struct descriptor {
    uint64_t addr;
    uint32_t length;
    uint16_t flags, next;
};

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};

static struct descriptor descriptors[QUEUE] __attribute__((aligned(16)));
static volatile struct {
    uint16_t flags, index, ring[QUEUE], event;
} avail __attribute__((aligned(16)));
static volatile struct {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } ring[QUEUE];
    uint16_t event;
} used __attribute__((aligned(16)));
static struct header headers[QUEUE / 4];
static volatile uint8_t statuses[QUEUE / 4];
static uint64_t blocks[QUEUE / 4][BLOCK / 8] __attribute__((aligned(4096)));
static uint16_t added;

static void write_address(uint32_t reg, const volatile void *p)
{
    io_write32(DISK + reg, (uint32_t)(uintptr_t)p);
    io_write32(DISK + reg + 4, (uint32_t)((uintptr_t)p >> 32));
}

static void start_disk(void)
{
    io_write32(DISK + 0x070, 0);
    io_write32(DISK + 0x070, 3);
    io_write32(DISK + 0x024, 0);
    io_write32(DISK + 0x020, 1u << 9 | 1u << 11); /* FLUSH, CONFIG_WCE */
    io_write32(DISK + 0x024, 1);
    io_write32(DISK + 0x020, 1); /* VERSION_1 */
    io_write32(DISK + 0x070, 11);
    io_write32(DISK + 0x030, 0);
    io_write32(DISK + 0x038, QUEUE);
    write_address(0x080, descriptors);
    write_address(0x090, &avail);
    write_address(0x0a0, &used);
    io_write32(DISK + 0x044, 1);
    io_write32(DISK + 0x070, 15);
    avail.index = used.index = added = 0;
}

/* Request `i` of those under way; its data is blocks[i]. */
static void add(unsigned i, uint32_t type, uint64_t sector, uint32_t length)
{
    struct descriptor *d = &descriptors[4 * i];

    headers[i] = (struct header){type, 0, sector};
    statuses[i] = 0xff;
    d[0] = (struct descriptor){(uintptr_t)&headers[i], 16, NEXT, (uint16_t)(4 * i + 1)};
    if (length)
        d[1] = (struct descriptor){(uintptr_t)blocks[i], length, NEXT | (type == T_IN ? WRITE : 0),
                                   (uint16_t)(4 * i + 2)};
    else
        d[0].next = (uint16_t)(4 * i + 2);
    d[2] = (struct descriptor){(uintptr_t)&statuses[i], 1, WRITE, 0};
    avail.ring[added++ % QUEUE] = (uint16_t)(4 * i);
}

static void notify(void)
{
    fence_rw();
    avail.index = added;
    __asm__ volatile("fence iorw, iorw" : : : "memory");
    io_write32(DISK + 0x050, 0);
}

/* Whether all of the n requests that were added are done, without error. */
static bool wait(unsigned n)
{
    bool good = true;

    while (used.index != added)
        ;
    fence_rw();
    for (unsigned i = 0; i < n; i++)
        good &= statuses[i] == 0;
    return good;
}

static bool one(uint32_t type, uint64_t sector, uint32_t length)
{
    add(0, type, sector, length);
    notify();
    return wait(1);
}

static uint64_t slot_sector(uint64_t n)
{
    return (FIRST_SLOT + n % SLOTS) * BLOCKS * BLOCK / 512;
}

static void add_round(uint64_t n)
{
    for (unsigned b = 0; b < BLOCKS; b++) {
        for (unsigned w = 0; w < BLOCK / 8; w++)
            blocks[b][w] = w ? n * 0x9e3779b97f4a7c15ul + b * 512 + w : n;
        add(b, T_OUT, slot_sector(n) + b * (BLOCK / 512), BLOCK);
    }
    notify();
}

static void rounds(uint64_t count)
{
    for (uint64_t n = 1; !count || n <= count; n++) {
        add_round(n);
        bool good = wait(BLOCKS) && one(T_FLUSH, 0, 0);
        print(good ? "flushed " : "failed ");
        print_dec(n);
        print("\n");
    }
}

/* Resets while requests are under way: they must neither be lost nor reach the next boot's RAM. */
static void resets(struct orders *o)
{
    uint64_t boots = ++o->boots;

    for (unsigned i = 0; i < ARRAY_SIZE(blocks[5]); i++)
        check("memory is clean", blocks[5][i], 0);
    check_true("boots are counted", one(T_OUT, 0, 512) && one(T_FLUSH, 0, 0));
    print("boot ");
    print_dec(boots);
    print("\n");
    if (boots == o->count)
        return;
    for (unsigned i = 0; i < 8; i++)
        add(4 + i, T_IN, slot_sector(i), BLOCK);
    notify();
    io_write32(FINISHER_BASE, 0x7777);
    for (;;)
        ;
}

static void read_all(uint64_t count)
{
    for (uint64_t n = 0; n < count; n++) {
        print(one(T_IN, n * (BLOCK / 512), BLOCK) ? "read " : "failed ");
        print_dec(n);
        print("\n");
    }
}

/* Turns the disk's write cache off, which waits for all that is under way, and on again. */
static void caches(uint64_t count)
{
    for (uint64_t n = 0; n < count; n++) {
        for (unsigned i = 0; i < 8; i++)
            add(i, i & 1 ? T_IN : T_OUT, slot_sector(n + i), BLOCK);
        notify();
        io_write8(DISK + 0x120, 0);
        check_true("all is done", (avail.index == used.index) && wait(8));
        io_write8(DISK + 0x120, 1);
    }
    print("caches done\n");
}

int main(void)
{
    struct orders *o = (struct orders *)blocks[0];

    start_disk();
    check_true("orders are read", one(T_IN, 0, 512));
    if (o->mode == RESETS)
        resets(o);
    else if (o->mode == CACHES)
        caches(o->count);
    else if (o->mode == READ_ALL)
        read_all(o->count);
    else
        rounds(o->count);
    finish();
}

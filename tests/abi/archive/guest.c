/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.c - a bare-metal guest that uses each of the SDK's examples; guest.bin is what
 *     riscv64-linux-gnu-gcc -Os -ffreestanding -nostdlib -static -mcmodel=medany -march=rv64imac
 *         -mabi=lp64 -Wl,-Ttext=0x80000000 -Wl,--build-id=none -Wl,-N -o guest guest.c
 *     riscv64-linux-gnu-objcopy -O binary guest guest.bin
 * makes of it, kept so that no cross compiler is needed. The machine is in guest.ini. It ends with
 * status 0, or with the number of the step that failed.
 */
#include <stdint.h>

#define SYSCON 0x100000ul
#define UART   0x10000000ul
#define ALARM  0x10001000ul
#define BLOCK  0x10002000ul
#define NET    0x10003000ul
#define ECAM   0x30000000ul
#define COPIER (ECAM + (3ul << 15))
#define BAR0   0x40000000ul
#define BAR1   0x40010000ul

/* Nothing here depends on time, only on whether a thing ever happens. */
#define PATIENCE 2000000000u

static uint32_t get(uint64_t at)
{
    return *(volatile uint32_t *)at;
}

static void put(uint64_t at, uint32_t value)
{
    *(volatile uint32_t *)at = value;
}

static uint8_t get8(uint64_t at)
{
    return *(volatile uint8_t *)at;
}

/* ---- one step an example ---- */

static int alarm_rings(void)
{
    put(ALARM + 0x0, 1000);
    put(ALARM + 0x4, 1);
    for (uint32_t i = 0; i < PATIENCE; i++)
        if (get(ALARM + 0x8))
            return get(ALARM + 0x4) == 0;
    return 0;
}

static int uart_loops(void)
{
    *(volatile uint8_t *)UART = 'v';
    for (uint32_t i = 0; i < PATIENCE; i++)
        if (get8(UART + 5) & 1)
            return get8(UART) == 'v';
    return 0;
}

static uint32_t source[64], target[64], message;

static int copier_copies(void)
{
    uint32_t msix = 0;

    for (uint8_t at = get8(COPIER + 0x34); at; at = get8(COPIER + at + 1))
        if (get8(COPIER + at) == 0x11)
            msix = at;
    if (get(COPIER) != 0x10f01af4 || !msix)
        return 0;
    put(COPIER + 0x10, BAR0);
    put(COPIER + 0x14, BAR1);
    put(COPIER + 0x04, 6); /* memory, bus master */
    put(BAR1 + 0x0, (uint32_t)(uint64_t)&message);
    put(BAR1 + 0x4, 0);
    put(BAR1 + 0x8, 0x1234);
    put(BAR1 + 0xc, 0);
    put(COPIER + msix, get(COPIER + msix) | 0x80000000u);
    for (uint32_t i = 0; i < 64; i++)
        source[i] = i * 2654435761u;
    put(BAR0 + 0x00, (uint32_t)(uint64_t)source);
    put(BAR0 + 0x08, (uint32_t)(uint64_t)target);
    put(BAR0 + 0x10, sizeof(source));
    put(BAR0 + 0x14, 1);
    for (uint32_t i = 0; i < 64; i++)
        if (((volatile uint32_t *)target)[i] != source[i])
            return 0;
    return get(BAR0 + 0x18) == 1 && *(volatile uint32_t *)&message == 0x1234;
}

/* ---- virtio over MMIO, Virtio 1.2, 4.2: queues of 4 that are used once a descriptor ---- */

struct queue {
    struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } descriptors[4];
    struct {
        uint16_t flags, index, ring[4];
    } available;
    struct {
        uint16_t flags, index;
        uint32_t ring[8];
    } used __attribute__((aligned(4)));
} __attribute__((aligned(16)));

static void add(struct queue *q, int i, volatile void *at, uint32_t length, uint16_t flags)
{
    q->descriptors[i].address = (uint64_t)at;
    q->descriptors[i].length = length;
    q->descriptors[i].flags = flags; /* 1: another follows, 2: for the device to write */
    q->descriptors[i].next = (uint16_t)(i + 1);
}

static void offer(uint64_t base, struct queue *q, uint32_t number)
{
    q->available.ring[0] = 0;
    __sync_synchronize();
    *(volatile uint16_t *)&q->available.index = 1;
    __sync_synchronize();
    put(base + 0x50, number);
}

static int used(struct queue *q)
{
    for (uint32_t i = 0; i < PATIENCE; i++)
        if (*(volatile uint16_t *)&q->used.index)
            return 1;
    return 0;
}

static void set_queue(uint64_t base, struct queue *q, uint32_t number)
{
    put(base + 0x30, number);
    put(base + 0x38, 4);
    put(base + 0x80, (uint32_t)(uint64_t)q->descriptors);
    put(base + 0x84, 0);
    put(base + 0x90, (uint32_t)(uint64_t)&q->available);
    put(base + 0x94, 0);
    put(base + 0xa0, (uint32_t)(uint64_t)&q->used);
    put(base + 0xa4, 0);
    put(base + 0x44, 1);
}

static int negotiate(uint64_t base, uint32_t id)
{
    if (get(base) != 0x74726976 || get(base + 8) != id)
        return 0;
    put(base + 0x70, 0);
    put(base + 0x70, 3);
    put(base + 0x24, 0);
    put(base + 0x20, 0);
    put(base + 0x24, 1);
    put(base + 0x20, 1); /* VERSION_1 and nothing else */
    put(base + 0x70, 11);
    return get(base + 0x70) == 11;
}

static struct queue writes, receives, sends;
static struct {
    uint32_t type, reserved;
    uint64_t sector;
} request[2];
static uint8_t sector[2][512], status[2] = {255, 255};

/* One chain that writes sector 3, one that reads it, of two descriptors each and a status. */
static int block_request(int i)
{
    static struct queue reads;
    struct queue *q = i ? &reads : &writes;

    if (!negotiate(BLOCK, 2))
        return 0;
    set_queue(BLOCK, q, 0);
    put(BLOCK + 0x70, 15);
    request[i].type = i ? 0 : 1;
    request[i].sector = 3;
    add(q, 0, &request[i], 16, 1);
    add(q, 1, sector[i], 512, i ? 3 : 1);
    add(q, 2, &status[i], 1, 2);
    offer(BLOCK, q, 0);
    return used(q) && ((volatile uint8_t *)status)[i] == 0;
}

static int block_keeps(void)
{
    for (uint32_t i = 0; i < 512; i++)
        sector[0][i] = (uint8_t)(i * 5);
    if (get(BLOCK + 0x100) != 128 || !block_request(0) || !block_request(1))
        return 0;
    for (uint32_t i = 0; i < 512; i++)
        if (((volatile uint8_t *)sector[1])[i] != sector[0][i])
            return 0;
    return 1;
}

static uint8_t sent[12 + 60], received[12 + 1518];

static int net_reflects(void)
{
    if (!negotiate(NET, 1))
        return 0;
    set_queue(NET, &receives, 0);
    set_queue(NET, &sends, 1);
    put(NET + 0x70, 15);
    for (int i = 0; i < 60; i++)
        sent[12 + i] = (uint8_t)(2 * i + 2);
    add(&receives, 0, received, sizeof(received), 2);
    offer(NET, &receives, 0);
    add(&sends, 0, sent, sizeof(sent), 0);
    offer(NET, &sends, 1);
    if (!used(&sends) || !used(&receives))
        return 0;
    for (int i = 0; i < 6; i++)
        if (((volatile uint8_t *)received)[12 + i] != sent[18 + i])
            return 0;
    return 1;
}

static void run(void)
{
    static int (*const steps[])(void) = {alarm_rings, uart_loops, copier_copies, block_keeps,
                                         net_reflects};
    uint32_t failed = 0;

    for (uint32_t i = 0; i < 5 && !failed; i++)
        if (!steps[i]())
            failed = i + 1;
    put(SYSCON, failed ? failed << 16 | 0x3333 : 0x5555);
    for (;;)
        ;
}

__attribute__((naked, noreturn, section(".text.startup"))) void _start(void)
{
    __asm__("la sp, stack_top\n"
            "call run\n"
            ".pushsection .bss\n"
            ".balign 16\n"
            ".skip 4096\n"
            "stack_top:\n"
            ".popsection\n" ::"i"(run));
}

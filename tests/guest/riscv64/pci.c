/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI: configuration space, BARs that move, DMA, INTx, MSI, MSI-X, bridges, an IOMMU. */
#include "pci.h"
#include "stubs.h"

#define LW_A0 0x00052503u /* lw a0, 0(a0) */
#define REGS  WINDOW32
#define TABLE (WINDOW32 + 0x1000)
#define LARGE WINDOW64
#define FAR   (WINDOW32 + 0x20000000)

static uint64_t source[64], target[64];

static void expect_fault(const char *name, uint64_t addr)
{
    struct trap t;

    try_insn(&t, MODE_M, LW_A0, addr, 0);
    check(name, t.cause, CAUSE_LOAD_ACCESS);
}

static uint64_t pending(unsigned line)
{
    return io_read32(PLIC_BASE + 0x1000 + line / 32 * 4) >> line % 32 & 1;
}

/* A level that is seen and gone leaves its pending bit: claiming takes it away. */
static void forget(unsigned line)
{
    io_write32(PLIC_BASE + 4 * line, 1);
    io_write32(PLIC_BASE + 0x2000 + line / 32 * 4, 1u << line % 32);
    uint32_t claimed = io_read32(PLIC_BASE + 0x200004);
    if (claimed)
        io_write32(PLIC_BASE + 0x200004, claimed);
    io_write32(PLIC_BASE + 0x2000 + line / 32 * 4, 0);
}

/* ---- configuration space, BARs ---- */

static void identify(void)
{
    uint64_t f = function(0, 1, 0);

    set_case("identify");
    check("vendor and device", io_read32(f), 0x7e571234);
    check("its bytes", io_read8(f + 3), 0x7e);
    check("64 bits", io_read64(f) & 0xffffffff, 0x7e571234);
    check("class and revision", io_read32(f + 8), 0xff000002);
    check("header type", io_read8(f + 0xe), 0);
    check("subsystem", io_read32(f + 0x2c), 0x00011234);
    check("pin", io_read8(f + 0x3d), 1);
    check("empty slot", io_read32(function(0, 3, 0)), 0xffffffff);
    check("empty function", io_read16(function(0, 1, 1)), 0xffff);
    check("bus that is not there", io_read8(function(9, 1, 0)), 0xff);
    check("behind the capabilities", io_read32(f + 0x100), 0);
    check("the last register", io_read32(f + 0xffc), 0);
    io_write32(f, 0);
    check("read-only", io_read32(f), 0x7e571234);
    check_true("capabilities",
               capability(f, 1) && capability(f, 5) && capability(f, 0x10) && capability(f, 0x11));
    check("part of the root complex", io_read16(capability(f, 0x10) + 2) >> 4 & 15, 9);
}

static void size_bars(void)
{
    static const struct {
        unsigned bar;
        uint32_t low, mask;
    } bars[] = {
        {0, 0, 0xfffff000}, {1, 0, 0xfffff000}, {2, 0xc, 0xffff000c},
        {3, 0, 0xffffffff}, {4, 1, 0xfffffff1}, {5, 0, 0},
    };
    uint64_t f = function(0, 1, 0);

    set_case("size");
    for (unsigned i = 0; i < ARRAY_SIZE(bars); i++) {
        check("kind", io_read32(f + BAR(bars[i].bar)), bars[i].low);
        io_write32(f + BAR(bars[i].bar), 0xffffffff);
        check("size", io_read32(f + BAR(bars[i].bar)), bars[i].mask);
        io_write32(f + BAR(bars[i].bar), 0);
    }
    io_write32(f + ROM, 0xffffffff);
    check("ROM", io_read32(f + ROM), 0xfffff801);
    io_write32(f + ROM, 0);
}

static void place_bars(void)
{
    uint64_t f = function(0, 1, 0);

    set_case("place");
    io_write32(f + BAR(0), REGS);
    expect_fault("not decoded yet", REGS);
    io_write16(f + COMMAND, DECODE_MEM);
    check("registers", io_read64(REGS + TEST_ID), TEST_MAGIC);
    io_write32(f + BAR(1), TABLE);
    io_write32(f + BAR(2), (uint32_t)LARGE);
    io_write32(f + BAR(3), LARGE >> 32);
    io_write64(LARGE + 0x8000, 0x1122334455667788);
    check("64-bit BAR", io_read8(LARGE + 0x8001), 0x77);
    check("as the device knows", io_read64(REGS + TEST_BAR2), LARGE);
    io_write32(f + BAR(4), 0x1230);
    expect_fault("ports are not decoded", PORTS + 0x1230);
    io_write16(f + COMMAND, DECODE_MEM | DECODE_IO | MASTER);
    io_write32(PORTS + 0x1234, 0xcafe);
    check("ports", io_read16(PORTS + 0x1234), 0xcafe);
    io_write32(f + ROM, REGS + 0x8000);
    expect_fault("ROM is off", REGS + 0x8000);
    io_write32(f + ROM, REGS + 0x8001);
    check("ROM", io_read16(REGS + 0x8000), 0xaa55);
    io_write32(f + ROM, 0);
}

static void move_bars(void)
{
    uint64_t f = function(0, 1, 0), moves = io_read64(REGS + TEST_MOVES);

    set_case("move");
    for (unsigned i = 1; i <= 500; i++) {
        uint64_t to = WINDOW32 + 0x100000ul * i;
        io_write32(f + BAR(0), to);
        check("there", io_read64(to + TEST_ID), TEST_MAGIC);
    }
    check("each was heard of", io_read64(WINDOW32 + 0x100000ul * 500 + TEST_MOVES), moves + 500);
    expect_fault("left", WINDOW32 + 0x100000ul * 499);
    io_write32(f + BAR(0), 0x20000000);
    expect_fault("outside of the window", 0x20000000);
    io_write32(f + BAR(0), 0xfffff000);
    io_write32(f + BAR(0), RAM_BASE + 0x1000000);
    check("not over RAM", io_read64(RAM_BASE + 0x1000000) == TEST_MAGIC, 0);
    io_write32(f + BAR(0), TABLE);
    check("two at one place: the first is seen", io_read32(TABLE + 12), 1);
    io_write32(f + BAR(1), TABLE + 0x1000);
    check("until it goes", io_read64(TABLE + TEST_ID), TEST_MAGIC);
    io_write32(f + BAR(0), REGS);
    io_write32(f + BAR(1), TABLE);
    uint64_t power = capability(f, 1) + 4;
    io_write16(power, 3);
    expect_fault("asleep", REGS);
    io_write16(power, 1);
    check("there is no D1", io_read16(power) & 3, 3);
    io_write16(power, 0);
    check("awake", io_read64(REGS + TEST_ID), TEST_MAGIC);
}

/* ---- DMA ---- */

static uint64_t copy(uint64_t regs, uint64_t from, uint64_t to, uint64_t n, uint64_t how)
{
    io_write64(regs + TEST_SOURCE, from);
    io_write64(regs + TEST_TARGET, to);
    io_write64(regs + TEST_LENGTH, n);
    io_write64(regs + TEST_COPY, how);
    return io_read64(regs + TEST_COPY);
}

static void fill(uint64_t seed)
{
    for (unsigned i = 0; i < ARRAY_SIZE(source); i++) {
        source[i] = seed * (i + 1);
        target[i] = 0;
    }
    fence_rw();
}

static bool arrived(uint64_t *at)
{
    fence_rw();
    for (unsigned i = 0; i < ARRAY_SIZE(source); i++)
        if (*(volatile uint64_t *)&at[i] != source[i])
            return false;
    return true;
}

static void dma(void)
{
    uint64_t f = function(0, 1, 0), from = (uint64_t)source, to = (uint64_t)target;

    for (unsigned how = 0; how < 2; how++) {
        set_case(how ? "DMA, mapped" : "DMA");
        fill(0x0123456789abcdef + how);
        check("copy", copy(REGS, from, to, sizeof(source), how), 1);
        check_true("arrived", arrived(target));
        check("from nowhere", copy(REGS, HOLE, to, 8, how), 2);
        check("to nowhere", copy(REGS, from, HOLE, 8, how), 3);
        check("to registers", copy(REGS, from, BOX, 8, how), 3);
        check("to itself", copy(REGS, from, REGS + TEST_RAISE, 8, how), 3);
        check("past the end", copy(REGS, from, RAM_BASE + RAM_SIZE - 8, 16, how), 3);
        io_write16(f + COMMAND, DECODE_MEM | DECODE_IO);
        check("without leave", copy(REGS, from, to, 8, how), 4);
        io_write16(f + COMMAND, DECODE_MEM | DECODE_IO | MASTER);
    }
}

/* ---- interrupts ---- */

static void intx(uint64_t f, uint64_t regs, unsigned line)
{
    check("quiet", pending(line), 0);
    io_write64(regs + TEST_RAISE, 0);
    check("line", pending(line), 1);
    check("status", io_read16(f + STATUS) & 8, 8);
    uint16_t command = io_read16(f + COMMAND);
    io_write16(f + COMMAND, command | NO_INTX);
    forget(line);
    check("disabled", pending(line), 0);
    check("status all the same", io_read16(f + STATUS) & 8, 8);
    io_write16(f + COMMAND, command);
    check("enabled", pending(line), 1);
    io_write64(regs + TEST_LOWER, 0);
    forget(line);
    check("lowered", pending(line), 0);
    check("status", io_read16(f + STATUS) & 8, 0);
}

/* What the mailbox has got since it had `count`: one message of `data` by `requester`. */
static void check_message(uint32_t count, uint32_t data, uint32_t requester)
{
    check("a message", io_read32(BOX_COUNT), count + 1);
    check("data", io_read32(BOX_DATA), data);
    check("requester", io_read32(BOX_REQUESTER), requester);
    check("its line", pending(BOX_LINE), 1);
    io_write32(BOX_ACK, 1);
    forget(BOX_LINE);
}

static void msi(void)
{
    uint64_t f = function(0, 1, 0), cap = capability(f, 5);
    uint32_t count = io_read32(BOX_COUNT);

    set_case("MSI");
    check("four vectors, masks, 64 bits", io_read16(cap + 2), 0x0184);
    io_write32(cap + 4, BOX);
    io_write32(cap + 8, 0);
    io_write16(cap + 12, 0x40);
    io_write16(cap + 2, 0x0011); /* two vectors */
    io_write64(REGS + TEST_RAISE, 1);
    check_message(count, 0x41, 8);
    io_write64(REGS + TEST_RAISE, 3);
    check_message(count + 1, 0x41, 8);
    check("INTA is silent", pending(INTX_LINE(1)), 0);
    io_write32(cap + 16, 1);
    io_write64(REGS + TEST_RAISE, 0);
    check("masked", io_read32(BOX_COUNT), count + 2);
    check("pending", io_read32(cap + 20), 1);
    io_write32(cap + 16, 0);
    check_message(count + 2, 0x40, 8);
    check("not pending", io_read32(cap + 20), 0);
    io_write16(cap + 2, 0);
}

static void msix(void)
{
    uint64_t f = function(0, 1, 0), cap = capability(f, 0x11);
    uint32_t count = io_read32(BOX_COUNT);

    set_case("MSI-X");
    check("eight vectors", io_read16(cap + 2), 7);
    check("table", io_read32(cap + 4), 1);
    check("pending bits", io_read32(cap + 8), 0x801);
    check("masked at first", io_read32(TABLE + 5 * 16 + 12), 1);
    io_write64(TABLE + 5 * 16, BOX);
    io_write32(TABLE + 5 * 16 + 8, 0x12345678);
    io_write16(cap + 2, 0x8000);
    io_write64(REGS + TEST_RAISE, 5);
    check("masked", io_read32(BOX_COUNT), count);
    check("pending", io_read32(TABLE + 0x800), 1 << 5);
    io_write32(TABLE + 5 * 16 + 12, 0);
    check_message(count, 0x12345678, 8);
    check("not pending", io_read32(TABLE + 0x800), 0);
    io_write16(cap + 2, 0xc000);
    io_write64(REGS + TEST_RAISE, 5);
    check("all masked", io_read32(BOX_COUNT), count + 1);
    io_write16(cap + 2, 0x8000);
    check_message(count + 1, 0x12345678, 8);
    io_write64(REGS + TEST_RAISE, 8);
    check("no such vector", io_read32(BOX_COUNT), count + 2);
    io_write64(TABLE + 5 * 16, (uint64_t)&target[1]);
    io_write64(REGS + TEST_RAISE, 5);
    fence_rw();
    check("a message to RAM", *(volatile uint32_t *)&target[1], 0x12345678);
    io_write64(TABLE + 5 * 16, UART_BASE);
    io_write64(REGS + TEST_RAISE, 5); /* a bus error that nobody hears of */
    io_write64(TABLE + 5 * 16, BOX);
    io_write16(f + COMMAND, DECODE_MEM | DECODE_IO);
    io_write64(REGS + TEST_RAISE, 5);
    check("without leave", io_read32(BOX_COUNT), count + 2);
    io_write16(f + COMMAND, DECODE_MEM | DECODE_IO | MASTER);
    io_write16(cap + 2, 0);
}

/* ---- bridges ---- */

static void open_bridges(void)
{
    uint64_t port = function(0, 2, 0), bridge = function(1, 0, 0);

    set_case("bridges");
    check("port", io_read32(port + 8) >> 8, 0x060400);
    check("header type", io_read8(port + 0xe), 1);
    check("nothing is behind it yet", io_read32(bridge), 0xffffffff);
    io_write32(port + 0x18, 0x00020100);
    check("bridge", io_read32(bridge + 8) >> 8, 0x060400);
    check("a port has one slot", io_read32(function(1, 1, 0)), 0xffffffff);
    io_write32(bridge + 0x18, 0x00020201);
    check("the far device", io_read32(function(2, 3, 0)), 0x7e571234);
    check("has functions", io_read8(function(2, 3, 0) + 0xe), 0x80);
    check("the second one", io_read32(function(2, 3, 1)), 0x7e571234);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t b = i ? bridge : port;
        io_write32(b + 0x20, (uint32_t)(FAR >> 16 | FAR)); /* 1 MiB */
        io_write16(b + COMMAND, DECODE_MEM | MASTER);
    }
}

static void behind_bridges(void)
{
    uint64_t port = function(0, 2, 0), bridge = function(1, 0, 0), f = function(2, 3, 0);

    io_write32(f + BAR(0), FAR + 0x2000);
    io_write32(f + BAR(1), FAR + 0x3000);
    io_write16(f + COMMAND, DECODE_MEM | MASTER);
    check("registers", io_read64(FAR + 0x2000), TEST_MAGIC);
    io_write16(port + COMMAND, MASTER);
    expect_fault("the port is closed", FAR + 0x2000);
    io_write16(port + COMMAND, DECODE_MEM | MASTER);
    check("open again", io_read64(FAR + 0x2000), TEST_MAGIC);
    io_write32(bridge + 0x20, 0x0000fff0);
    expect_fault("the bridge is closed", FAR + 0x2000);
    io_write32(bridge + 0x28, 0);
    io_write32(bridge + 0x2c, 0);
    io_write32(bridge + 0x24, (uint32_t)(FAR >> 16 | FAR));
    check("by the other window", io_read64(FAR + 0x2000), TEST_MAGIC);
    io_write32(bridge + 0x20, (uint32_t)(FAR >> 16 | FAR));
    io_write32(f + BAR(0), FAR + 0x100000);
    expect_fault("outside", FAR + 0x100000);
    io_write32(f + BAR(0), FAR + 0x2000);
    set_case("bridges, INTx");
    intx(f, FAR + 0x2000, INTX_LINE(1)); /* slot 3 of slot 0 of slot 2 */
    set_case("bridges, MSI");
    uint64_t cap = capability(f, 5);
    uint32_t count = io_read32(BOX_COUNT);
    io_write32(cap + 4, BOX);
    io_write16(cap + 12, 0);
    io_write16(cap + 2, 1);
    io_write64(FAR + 0x2000 + TEST_RAISE, 0);
    check_message(count, 0, 0x218);
}

/* ---- IOMMU ---- */

static void set_range(unsigned n, uint64_t requester, uint64_t from, uint64_t to, uint64_t length)
{
    uint64_t r = IOMMU + 0x100 + 32 * n;

    io_write64(r, requester);
    io_write64(r + 8, from);
    io_write64(r + 16, to);
    io_write64(r + 24, length);
}

static void iommu(void)
{
    uint64_t to = (uint64_t)target, far = FAR + 0x2000, cap = capability(function(2, 3, 0), 5);
    uint32_t count = io_read32(BOX_COUNT);

    for (unsigned how = 0; how < 2; how++) {
        set_case(how ? "IOMMU, mapped" : "IOMMU");
        fill(0xfedcba9876543210 + how);
        set_range(0, 0x218, 0x10000, (uint64_t)source, 256);
        set_range(1, 0x218, 0x10100, (uint64_t)source + 256, 256);
        set_range(2, 0x218, 0x20000, to, 512 | BIT(63));
        set_range(3, 0x218, 0xfee00000, BOX, 4096 | BIT(63));
        io_write64(IOMMU, 1);
        uint64_t faults = io_read64(IOMMU + 8);
        check("copy", copy(far, 0x10000, 0x20000, 512, how), 1);
        check_true("arrived", arrived(target));
        check("read-only", copy(far, 0x20000, 0x10000, 8, how), 3);
        check("a fault", io_read64(IOMMU + 8), faults + 1);
        check("its address", io_read64(IOMMU + 16), 0x10000);
        check("by whom", io_read64(IOMMU + 24), 0x218);
        check("another device", copy(REGS, 0x10000, 0x20000, 8, how), 2);
        check("by whom", io_read64(IOMMU + 24), 8);
        check("past the end", copy(far, 0x10000, 0x20000, 520, how), 2);
        io_write64(IOMMU, 0);
    }
    set_case("IOMMU, message");
    io_write64(IOMMU, 1);
    io_write64(far + TEST_RAISE, 0);
    check("lost", io_read32(BOX_COUNT), count);
    io_write32(cap + 4, 0xfee00000);
    io_write64(far + TEST_RAISE, 0);
    check_message(count, 0, 0x218);
    io_write64(IOMMU, 0);
}

int main(void)
{
    identify();
    size_bars();
    place_bars();
    move_bars();
    dma();
    set_case("INTx");
    intx(function(0, 1, 0), REGS, INTX_LINE(1));
    msi();
    msix();
    open_bridges();
    behind_bridges();
    iommu();
    return 0;
}

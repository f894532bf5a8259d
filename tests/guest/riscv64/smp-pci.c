/* SPDX-License-Identifier: BSD-2-Clause */
/* One hart moves BARs and bridge windows without end while the others use devices and DMA: what did
 * not move is always there. */
#include "pci.h"
#include "smp.h"

#define REGS   WINDOW32
#define LARGE  WINDOW64
#define FAR    (WINDOW32 + 0x20000000)
#define ROUNDS 2000

static uint64_t lines[MAX_HARTS * 2][64];

static void set_up(void)
{
    uint64_t near = function(0, 1, 0), port = function(0, 2, 0), bridge = function(1, 0, 0);
    uint64_t far = function(2, 3, 0);

    io_write32(near + BAR(0), REGS);
    io_write16(near + COMMAND, DECODE_MEM | DECODE_IO | MASTER);
    io_write32(port + 0x18, 0x00020100);
    io_write32(bridge + 0x18, 0x00020201);
    for (unsigned i = 0; i < 2; i++) {
        io_write32((i ? bridge : port) + 0x20, (uint32_t)(FAR >> 16 | FAR));
        io_write16((i ? bridge : port) + COMMAND, DECODE_MEM | MASTER);
    }
    io_write32(far + BAR(0), FAR);
    io_write16(far + COMMAND, DECODE_MEM | MASTER);
}

static void move(unsigned round)
{
    uint64_t near = function(0, 1, 0), bridge = function(1, 0, 0), far1 = function(2, 3, 1);

    io_write32(near + BAR(2), (uint32_t)(LARGE + 0x10000 * (round % 64)));
    io_write32(near + BAR(3), LARGE >> 32);
    io_write32(near + BAR(4), 0x1000 + 16 * (round % 64));
    io_write32(far1 + BAR(0), FAR + 0x1000 * (round % 4)); /* at times where another one is */
    io_write16(far1 + COMMAND, round & 1 ? DECODE_MEM : 0);
    io_write32(bridge + 0x24, round & 1 ? 0x00010001 : 0x0001fff1);
    io_write16(near + COMMAND, DECODE_MEM | MASTER | (round & 2 ? DECODE_IO : 0));
}

/* Two harts share a device: each copy says which line, so that whoever comes last is right. */
static void use(unsigned hart, uint64_t regs)
{
    if (io_read64(regs + TEST_ID) != TEST_MAGIC || io_read8(UART_BASE + 5) == 0)
        smp_error(hart);
    io_write64(regs + TEST_SOURCE, (uint64_t)lines[0]);
    io_write64(regs + TEST_TARGET, (uint64_t)lines[1]);
    io_write64(regs + TEST_LENGTH, sizeof(lines[0]));
    io_write64(regs + TEST_COPY, hart & 1);
    if (io_read64(regs + TEST_COPY) != 1)
        smp_error(hart);
    io_write64(regs + TEST_RAISE, 0);
    io_write64(regs + TEST_LOWER, 0);
}

static void job(unsigned hart, unsigned n_harts)
{
    (void)n_harts;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (hart == 0)
            move(i);
        else
            use(hart, hart % 2 ? REGS : FAR);
    }
}

int main(void)
{
    smp_start();
    set_up();
    smp_run(job);
    smp_check("what did not move is there");
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI as the machine of pci.ini has it: configuration space, the test device's registers. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include "test.h"

#define ECAM         0x30000000ul
#define PORTS        0x3000000ul
#define WINDOW32     0x40000000ul
#define WINDOW64     0x400000000ul
#define BOX          0x120000ul /* dev-message-test */
#define IOMMU        0x110000ul /* dev-iommu-test */
#define INTX_LINE(n) (32u + (n))
#define BOX_LINE     40u

#define BOX_ACK       (BOX + 4)
#define BOX_COUNT     (BOX + 8)
#define BOX_DATA      (BOX + 12)
#define BOX_REQUESTER (BOX + 16)

/* dev-pci-test */
#define TEST_ID     0x00
#define TEST_SOURCE 0x08
#define TEST_TARGET 0x10
#define TEST_LENGTH 0x18
#define TEST_COPY   0x20
#define TEST_RAISE  0x28
#define TEST_LOWER  0x30
#define TEST_MOVES  0x38
#define TEST_BAR2   0x40
#define TEST_MAGIC  0x54534554u

#define COMMAND    0x04
#define STATUS     0x06
#define BAR(n)     (0x10u + 4 * (n))
#define ROM        0x30
#define DECODE_IO  1u
#define DECODE_MEM 2u
#define MASTER     4u
#define NO_INTX    0x400u

static inline uint64_t function(unsigned bus, unsigned slot, unsigned n)
{
    return ECAM + (bus << 20 | slot << 15 | n << 12);
}

static inline uint16_t io_read16(uint64_t addr)
{
    return *(volatile uint16_t *)addr;
}

static inline void io_write16(uint64_t addr, uint16_t value)
{
    *(volatile uint16_t *)addr = value;
}

/* Where capability `id` of a function is, 0: nowhere. */
static inline uint64_t capability(uint64_t f, uint8_t id)
{
    for (unsigned at = io_read8(f + 0x34), n = 0; at && n < 48; at = io_read8(f + at + 1), n++)
        if (io_read8(f + at) == id)
            return f + at;
    return 0;
}

#endif

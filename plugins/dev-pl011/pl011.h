/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pl011.h - the registers of the PL011 and the state of one instance.
 *
 * Source: Arm PrimeCell UART (PL011) r1p5, Technical Reference Manual (DDI 0183G). Section numbers
 * are that document's.
 */
#ifndef DEV_PL011_PL011_H
#define DEV_PL011_PL011_H

#include <stdbool.h>

#include <vmrun/device.h>

/* 3.2 */
enum pl011_register {
    PL011_DR = 0x00,
    PL011_RSR = 0x04, /* write: ECR */
    PL011_FR = 0x18,
    PL011_ILPR = 0x20,
    PL011_IBRD = 0x24,
    PL011_FBRD = 0x28,
    PL011_LCR_H = 0x2c,
    PL011_CR = 0x30,
    PL011_IFLS = 0x34,
    PL011_IMSC = 0x38,
    PL011_RIS = 0x3c,
    PL011_MIS = 0x40,
    PL011_ICR = 0x44,
    PL011_DMACR = 0x48,
};

/* 3.3.1: of a character received, above its 8 bits; RSR has them at the bottom. */
enum {
    DR_FRAMING = 0x100,
    DR_PARITY = 0x200,
    DR_BREAK = 0x400,
    DR_OVERRUN = 0x800,
    DR_ERRORS = 0xf00,
    DR_ERRORS_SHIFT = 8
};

/* 3.3.3 */
enum {
    FR_CTS = 0x001,
    FR_DSR = 0x002,
    FR_DCD = 0x004,
    FR_BUSY = 0x008,
    FR_RX_EMPTY = 0x010,
    FR_TX_FULL = 0x020,
    FR_RX_FULL = 0x040,
    FR_TX_EMPTY = 0x080,
    FR_RI = 0x100
};

/* 3.3.7 */
enum { LCR_FIFOS = 0x10 };

/* 3.3.8 */
enum {
    CR_ENABLE = 0x0001,
    CR_LOOP = 0x0080,
    CR_TRANSMIT = 0x0100,
    CR_RECEIVE = 0x0200,
    CR_DTR = 0x0400,
    CR_RTS = 0x0800,
    CR_OUT1 = 0x1000,
    CR_OUT2 = 0x2000,
    CR_MASK = 0xff87,
    CR_RESET = CR_TRANSMIT | CR_RECEIVE
};

/* 3.3.10: the interrupts */
enum {
    INT_RI = 0x001,
    INT_CTS = 0x002,
    INT_DCD = 0x004,
    INT_DSR = 0x008,
    INT_RECEIVE = 0x010,
    INT_TRANSMIT = 0x020,
    INT_TIMEOUT = 0x040,
    INT_FRAMING = 0x080,
    INT_PARITY = 0x100,
    INT_BREAK = 0x200,
    INT_OVERRUN = 0x400,
    INT_MASK = 0x7ff
};

#define IFLS_RESET 0x12 /* both halves: when half full */

#define PL011_PART     0x011u
#define PL011_REVISION 3u /* r1p5 */
#define PL011_FIFO     32
#define PL011_CLOCK    24000000u /* as the device tree says */

struct pl011_fifo {
    uint16_t data[PL011_FIFO]; /* with DR_ERRORS, where they were received */
    uint8_t head, count;
};

struct pl011 {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_chardev *chr; /* NULL: output goes nowhere */
    struct vm_timer *timer; /* for the receive time-out */

    /* Saved state. */
    uint16_t cr, ibrd, ris, imsc;
    uint8_t rsr, ilpr, fbrd, lcr, ifls, dmacr;
    uint64_t timeout_at; /* virtual time of the receive time-out; UINT64_MAX: none is running */
    struct pl011_fifo rx, tx;

    /* Derived. */
    uint64_t timer_at;  /* what the timer is armed for; UINT64_MAX: nothing */
    bool input_blocked; /* the backend holds characters back until chardev_input_ready */
};

/* pl011.c: behaviour. The callbacks have the contracts of vm_region_ops, vm_device_ops and
 * vm_chardev_client. */
extern const struct vm_region_ops pl011_region_ops;
extern const struct vm_chardev_client pl011_chardev_client;
void pl011_reset(void *dev, int kind);
int pl011_state_loaded(void *dev, struct vm_error *err);
void pl011_timeout(void *dev);

#endif

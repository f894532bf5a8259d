/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart.h - the 16550A's registers and the state of one instance.
 *
 * Source: National Semiconductor, PC16550D data sheet of June 1995 (SNLS378B), section 8.0
 * "Registers". Section numbers below are that document's.
 */
#ifndef DEV_UART_H
#define DEV_UART_H

#include <vmrun/device.h>

/* Register numbers, Table II. Which of two shares a number depends on read or write and on
 * LCR.DLAB. */
enum uart_register {
    UART_RBR = 0, /* read: receiver buffer */
    UART_THR = 0, /* write: transmitter holding register */
    UART_DLL = 0, /* DLAB: divisor latch, low byte (8.3 "Programmable Baud Generator") */
    UART_IER = 1, /* interrupt enable (8.7) */
    UART_DLM = 1, /* DLAB: divisor latch, high byte */
    UART_IIR = 2, /* read: interrupt identification (8.6) */
    UART_FCR = 2, /* write: FIFO control (8.5) */
    UART_LCR = 3, /* line control (8.1) */
    UART_MCR = 4, /* modem control (8.8) */
    UART_LSR = 5, /* line status (8.4) */
    UART_MSR = 6, /* modem status (8.9) */
    UART_SCR = 7, /* scratchpad (8.10) */
    UART_REGISTERS = 8
};

/* 8.7 */
enum uart_ier {
    IER_RECEIVED = 0x01,
    IER_TRANSMIT = 0x02,
    IER_LINE = 0x04,
    IER_MODEM = 0x08,
    IER_MASK = 0x0f
};

/* 8.6, Table IV: in falling priority */
enum uart_iir {
    IIR_LINE = 0x06,
    IIR_RECEIVED = 0x04,
    IIR_TIMEOUT = 0x0c,
    IIR_TRANSMIT = 0x02,
    IIR_MODEM = 0x00,
    IIR_NONE = 0x01,
    IIR_FIFOS = 0xc0 /* both set while the FIFOs are on */
};

/* 8.5 */
enum uart_fcr {
    FCR_ENABLE = 0x01,
    FCR_CLEAR_RX = 0x02,
    FCR_CLEAR_TX = 0x04,
    FCR_TRIGGER_SHIFT = 6,
    FCR_KEPT = 0xc9 /* enable, DMA mode (no effect: there are no RXRDY/TXRDY pins),
                       trigger level */
};

/* 8.1 */
enum uart_lcr { LCR_WORD_LENGTH = 0x03, LCR_STOP_BITS = 0x04, LCR_PARITY = 0x08, LCR_DLAB = 0x80 };

/* 8.8 */
enum uart_mcr {
    MCR_DTR = 0x01,
    MCR_RTS = 0x02,
    MCR_OUT1 = 0x04,
    MCR_OUT2 = 0x08,
    MCR_LOOP = 0x10,
    MCR_MASK = 0x1f
};

/* 8.4 */
enum uart_lsr {
    LSR_DATA_READY = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_PARITY = 0x04,
    LSR_FRAMING = 0x08,
    LSR_BREAK = 0x10,
    LSR_THR_EMPTY = 0x20,
    LSR_TX_EMPTY = 0x40,
    LSR_FIFO_ERROR = 0x80,
    LSR_CHAR_ERRORS = LSR_PARITY | LSR_FRAMING | LSR_BREAK,
    LSR_ERRORS = LSR_OVERRUN | LSR_CHAR_ERRORS
};

/* 8.9 */
enum uart_msr {
    MSR_DELTA_CTS = 0x01,
    MSR_DELTA_DSR = 0x02,
    MSR_TRAILING_RI = 0x04,
    MSR_DELTA_DCD = 0x08,
    MSR_DELTAS = 0x0f,
    MSR_CTS = 0x10,
    MSR_DSR = 0x20,
    MSR_RI = 0x40,
    MSR_DCD = 0x80
};

#define UART_FIFO_SIZE 16

/* One direction's FIFO; with the FIFOs off only one entry of it is used, as the RBR or THR. */
struct uart_fifo {
    uint8_t data[UART_FIFO_SIZE];
    uint8_t errors[UART_FIFO_SIZE]; /* of each character: LSR_CHAR_ERRORS bits (receiver only) */
    uint8_t head, count;
};

struct uart {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_chardev *chr; /* NULL: output goes nowhere */
    struct vm_timer *timer; /* for the character time-out */

    uint32_t reg_shift, reg_io_width, clock_hz; /* properties */

    /* Saved state. */
    uint16_t divisor;
    uint8_t ier, fcr, lcr, mcr, scr;
    uint8_t line_errors;      /* LSR_ERRORS bits shown until the LSR is read */
    uint8_t modem_deltas;     /* MSR_DELTAS bits shown until the MSR is read */
    uint8_t transmit_pending; /* the "THR empty" interrupt has not been acknowledged yet */
    uint8_t timeout_pending;
    uint64_t timeout_at; /* virtual time of the character time-out; UINT64_MAX: none is running */
    struct uart_fifo rx, tx;

    /* Derived. */
    uint64_t timer_at;     /* what the timer is armed for; UINT64_MAX: nothing */
    uint8_t input_blocked; /* the backend holds characters back until chardev_input_ready */
    uint8_t irq_level;
};

/* uart.c: behaviour. The callbacks have the contracts of vm_region_ops, vm_device_ops and
 * vm_chardev_client. */
extern const struct vm_region_ops uart_region_ops;
extern const struct vm_chardev_client uart_chardev_client;
void uart_reset(void *dev, int kind);
int uart_state_loaded(void *dev, struct vm_error *err);
void uart_timeout(void *dev);

#endif

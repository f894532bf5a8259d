/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uart.c - behaviour of the 16550A: registers, FIFOs, interrupts, loopback.
 *
 * Characters leave for the backend at once, so the transmitter is empty again as soon as THR was
 * written; only while the backend takes nothing they wait in the transmit FIFO, and LSR says so. In
 * the other direction the backend keeps what the receive FIFO has no room for, so that pasted text
 * is never lost; an overrun happens in loopback only.
 */
#include "uart.h"

#define NEVER UINT64_MAX

/* ---- FIFOs ----------------------------------------------------------------------------------- */

static int fifos_enabled(const struct uart *u)
{
    return (u->fcr & FCR_ENABLE) != 0;
}

static uint8_t fifo_depth(const struct uart *u)
{
    return fifos_enabled(u) ? UART_FIFO_SIZE : 1;
}

static void fifo_clear(struct uart_fifo *f)
{
    f->head = 0;
    f->count = 0;
}

static void fifo_put(struct uart_fifo *f, uint8_t byte, uint8_t errors)
{
    unsigned slot = (f->head + f->count) % UART_FIFO_SIZE;

    f->data[slot] = byte;
    f->errors[slot] = errors;
    f->count++;
}

static uint8_t fifo_get(struct uart_fifo *f)
{
    uint8_t byte = f->data[f->head];

    f->head = (f->head + 1) % UART_FIFO_SIZE;
    f->count--;
    return byte;
}

static int fifo_has_errors(const struct uart_fifo *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        if (f->errors[(f->head + i) % UART_FIFO_SIZE])
            return 1;
    }
    return 0;
}

/* ---- Interrupts (8.6, 8.7; FIFO mode: 8.11) -------------------------------------------------- */

static int received_enough(const struct uart *u)
{
    static const uint8_t triggers[4] = {1, 4, 8, 14};

    if (!fifos_enabled(u))
        return u->rx.count > 0;
    return u->rx.count >= triggers[u->fcr >> FCR_TRIGGER_SHIFT];
}

/* The interrupt of the highest priority, as the low half of IIR shows it. */
static uint8_t interrupt_id(const struct uart *u)
{
    if ((u->ier & IER_LINE) && u->line_errors)
        return IIR_LINE;
    if ((u->ier & IER_RECEIVED) && received_enough(u))
        return IIR_RECEIVED;
    if ((u->ier & IER_RECEIVED) && u->timeout_pending)
        return IIR_TIMEOUT;
    if ((u->ier & IER_TRANSMIT) && u->transmit_pending)
        return IIR_TRANSMIT;
    if ((u->ier & IER_MODEM) && u->modem_deltas)
        return IIR_MODEM;
    return IIR_NONE;
}

static void update_irq(struct uart *u)
{
    uint8_t level = interrupt_id(u) != IIR_NONE;

    if (level != u->irq_level) {
        u->irq_level = level;
        u->host->set_irq(u->ctx, 0, level);
    }
}

/* ---- Character time-out (8.11) --------------------------------------------------------------- */

/* Four character times at the programmed speed. A divisor of 0 stops the real chip's clock; here it
 * counts as 1. */
static uint64_t timeout_ns(const struct uart *u)
{
    uint64_t bits = 1 + 5 + (u->lcr & LCR_WORD_LENGTH) + ((u->lcr & LCR_PARITY) ? 1 : 0) +
                    ((u->lcr & LCR_STOP_BITS) ? 2 : 1);
    uint64_t divisor = u->divisor ? u->divisor : 1;

    return 4 * bits * 16 * divisor * 1000000000u / u->clock_hz;
}

static void arm_timer(struct uart *u, uint64_t at)
{
    u->timer_at = at;
    u->host->timer_arm(u->timer, at > INT64_MAX ? INT64_MAX : (int64_t)at);
}

/*
 * Starts counting anew: a character went into the FIFO or out of it. The host's timer is left alone
 * when it fires early enough anyway (uart_timeout looks again), so that draining the FIFO costs no
 * sixteen re-arms.
 */
static void restart_timeout(struct uart *u)
{
    u->timeout_pending = 0;
    if (!fifos_enabled(u) || u->rx.count == 0) {
        u->timeout_at = NEVER;
        return;
    }
    u->timeout_at = (uint64_t)u->host->clock_ns(u->ctx) + timeout_ns(u);
    if (u->timeout_at < u->timer_at)
        arm_timer(u, u->timeout_at);
}

void uart_timeout(void *dev)
{
    struct uart *u = dev;
    uint64_t now = (uint64_t)u->host->clock_ns(u->ctx);

    u->timer_at = NEVER;
    if (u->timeout_at == NEVER)
        return;
    if (now < u->timeout_at) {
        arm_timer(u, u->timeout_at);
        return;
    }
    u->timeout_at = NEVER;
    u->timeout_pending = 1;
    update_irq(u);
}

/* ---- Receiver -------------------------------------------------------------------------------- */

/* A character arrived, with the LSR bits that belong to it. */
static void rx_put(struct uart *u, uint8_t byte, uint8_t errors)
{
    if (u->rx.count == fifo_depth(u)) {
        /* 8.4 bit 1: the FIFO keeps what it has; without FIFOs the new character replaces the one
         * in RBR. */
        u->line_errors |= LSR_OVERRUN;
        if (fifos_enabled(u))
            return;
        fifo_clear(&u->rx);
    }
    fifo_put(&u->rx, byte, errors);
    if (u->rx.count == 1)
        u->line_errors |= errors;
    restart_timeout(u);
}

static void unblock_input(struct uart *u)
{
    if (u->input_blocked) {
        u->input_blocked = 0;
        u->host->chardev_input_ready(u->chr);
    }
}

static uint8_t rx_read(struct uart *u)
{
    uint8_t byte;

    if (u->rx.count == 0)
        return 0;
    byte = fifo_get(&u->rx);
    if (u->rx.count > 0)
        u->line_errors |=
            u->rx.errors[u->rx.head]; /* errors show when their character is at the top */
    restart_timeout(u);
    if (u->rx.count == 0 && !(u->mcr & MCR_LOOP))
        unblock_input(u);
    return byte;
}

static size_t receive(void *opaque, const uint8_t *bytes, size_t n)
{
    struct uart *u = opaque;
    size_t room = (u->mcr & MCR_LOOP) ? 0 : (size_t)(fifo_depth(u) - u->rx.count);
    size_t taken = n < room ? n : room;

    for (size_t i = 0; i < taken; i++)
        rx_put(u, bytes[i], 0);
    if (taken < n)
        u->input_blocked = 1;
    update_irq(u);
    return taken;
}

static void backend_event(void *opaque, int event)
{
    struct uart *u = opaque;

    /* 8.4 bit 4: a break comes as one zero character. The modem lines say "connected" whether or
     * not a peer is there. */
    if (event == VM_CHARDEV_BREAK && !(u->mcr & MCR_LOOP)) {
        rx_put(u, 0, LSR_BREAK);
        update_irq(u);
    }
}

/* ---- Transmitter ----------------------------------------------------------------------------- */

/* Hands waiting characters to the backend; an emptied transmitter asks for more (8.7 bit 1). */
static void tx_drain(struct uart *u)
{
    if (u->tx.count == 0)
        return;
    while (u->tx.count > 0) {
        size_t run = UART_FIFO_SIZE - u->tx.head;
        size_t n = u->tx.count < run ? u->tx.count : run;
        size_t taken = u->chr ? u->host->chardev_write(u->chr, u->tx.data + u->tx.head, n) : n;

        if (taken > n)
            taken = n;
        u->tx.head = (uint8_t)((u->tx.head + taken) % UART_FIFO_SIZE);
        u->tx.count = (uint8_t)(u->tx.count - taken);
        if (taken < n)
            return;
    }
    u->transmit_pending = 1;
}

static void tx_write(struct uart *u, uint8_t byte)
{
    int waiting = u->tx.count > 0;

    u->transmit_pending = 0;
    if (u->mcr & MCR_LOOP) {
        rx_put(u, byte, 0);
        u->transmit_pending = 1;
        return;
    }
    if (u->tx.count == fifo_depth(u)) {
        if (fifos_enabled(u))
            return; /* the guest did not look at LSR: the character is lost */
        fifo_clear(&u->tx);
    }
    fifo_put(&u->tx, byte, 0);
    if (!waiting) /* else the backend is busy and will call writable() */
        tx_drain(u);
}

static void writable(void *opaque)
{
    struct uart *u = opaque;

    tx_drain(u);
    update_irq(u);
}

const struct vm_chardev_client uart_chardev_client = {
    .size = sizeof(struct vm_chardev_client),
    .receive = receive,
    .writable = writable,
    .event = backend_event,
};

/* ---- Modem lines (8.8, 8.9) ------------------------------------------------------------------ */

static uint8_t modem_lines(const struct uart *u)
{
    if (!(u->mcr & MCR_LOOP))
        return MSR_DCD | MSR_DSR | MSR_CTS;
    return (uint8_t)(((u->mcr & MCR_RTS) ? MSR_CTS : 0) | ((u->mcr & MCR_DTR) ? MSR_DSR : 0) |
                     ((u->mcr & MCR_OUT1) ? MSR_RI : 0) | ((u->mcr & MCR_OUT2) ? MSR_DCD : 0));
}

static void mcr_write(struct uart *u, uint8_t value)
{
    uint8_t before = modem_lines(u), changed;
    int left_loop = (u->mcr & MCR_LOOP) && !(value & MCR_LOOP);

    u->mcr = value & MCR_MASK;
    changed = before ^ modem_lines(u);
    if (changed & MSR_CTS)
        u->modem_deltas |= MSR_DELTA_CTS;
    if (changed & MSR_DSR)
        u->modem_deltas |= MSR_DELTA_DSR;
    if (changed & before & MSR_RI)
        u->modem_deltas |= MSR_TRAILING_RI;
    if (changed & MSR_DCD)
        u->modem_deltas |= MSR_DELTA_DCD;
    if (left_loop && u->rx.count < fifo_depth(u))
        unblock_input(u);
}

/* ---- Registers ------------------------------------------------------------------------------- */

static void fcr_write(struct uart *u, uint8_t value)
{
    int toggled = ((value ^ u->fcr) & FCR_ENABLE) != 0;

    /* 8.5: changing bit 0 clears both FIFOs; without bit 0 the other bits are not programmed. */
    if (toggled || ((value & FCR_ENABLE) && (value & FCR_CLEAR_RX))) {
        fifo_clear(&u->rx);
        u->line_errors &= (uint8_t)~LSR_CHAR_ERRORS;
    }
    if ((toggled || ((value & FCR_ENABLE) && (value & FCR_CLEAR_TX))) && u->tx.count > 0) {
        fifo_clear(&u->tx);
        u->transmit_pending = 1;
    }
    u->fcr = (value & FCR_ENABLE) ? value & FCR_KEPT : 0;
    if (u->rx.count == 0) {
        restart_timeout(u);
        if (!(u->mcr & MCR_LOOP))
            unblock_input(u);
    }
}

static void ier_write(struct uart *u, uint8_t value)
{
    /* Enabling the transmit interrupt while THR is empty raises it at once (8.7 bit 1). */
    if ((value & IER_TRANSMIT) && !(u->ier & IER_TRANSMIT) && u->tx.count == 0)
        u->transmit_pending = 1;
    u->ier = value & IER_MASK;
}

static uint8_t iir_read(struct uart *u)
{
    uint8_t id = interrupt_id(u);

    if (id == IIR_TRANSMIT)
        u->transmit_pending = 0; /* reading it is the acknowledgement (8.6, Table IV) */
    return id | (fifos_enabled(u) ? IIR_FIFOS : 0);
}

static uint8_t lsr_read(struct uart *u)
{
    uint8_t value = u->line_errors;

    if (u->rx.count > 0)
        value |= LSR_DATA_READY;
    if (u->tx.count == 0)
        value |= LSR_THR_EMPTY | LSR_TX_EMPTY;
    if (fifos_enabled(u) && fifo_has_errors(&u->rx))
        value |= LSR_FIFO_ERROR;
    u->line_errors = 0;
    if (u->rx.count > 0)
        u->rx.errors[u->rx.head] =
            0; /* told now; bit 7 stays only for characters behind it (8.4 bit 7) */
    return value;
}

static uint8_t msr_read(struct uart *u)
{
    uint8_t value = modem_lines(u) | u->modem_deltas;

    u->modem_deltas = 0;
    return value;
}

static uint8_t register_read(struct uart *u, unsigned reg)
{
    int dlab = (u->lcr & LCR_DLAB) != 0;

    switch (reg) {
    case UART_RBR:
        return dlab ? (uint8_t)u->divisor : rx_read(u);
    case UART_IER:
        return dlab ? (uint8_t)(u->divisor >> 8) : u->ier;
    case UART_IIR:
        return iir_read(u);
    case UART_LCR:
        return u->lcr;
    case UART_MCR:
        return u->mcr;
    case UART_LSR:
        return lsr_read(u);
    case UART_MSR:
        return msr_read(u);
    default:
        return u->scr;
    }
}

static void register_write(struct uart *u, unsigned reg, uint8_t value)
{
    int dlab = (u->lcr & LCR_DLAB) != 0;

    switch (reg) {
    case UART_THR:
        if (dlab)
            u->divisor = (uint16_t)((u->divisor & 0xff00) | value);
        else
            tx_write(u, value);
        break;
    case UART_IER:
        if (dlab)
            u->divisor = (uint16_t)((u->divisor & 0x00ff) | value << 8);
        else
            ier_write(u, value);
        break;
    case UART_FCR:
        fcr_write(u, value);
        break;
    case UART_LCR:
        u->lcr = value; /* bit 6, break: the backends have no break to send */
        break;
    case UART_MCR:
        mcr_write(u, value);
        break;
    case UART_SCR:
        u->scr = value;
        break;
    default: /* 8.4, 8.9: LSR and MSR are for reading; writing is for factory testing only */
        break;
    }
}

/* A register fills the first byte of its 2^reg-shift slot; the rest of the slot reads as zero. */
static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct uart *u = dev;

    (void)size;
    *value = 0;
    if ((offset & ((1u << u->reg_shift) - 1)) == 0) {
        *value = register_read(u, (offset >> u->reg_shift) % UART_REGISTERS);
        update_irq(u);
    }
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct uart *u = dev;

    (void)size;
    if ((offset & ((1u << u->reg_shift) - 1)) == 0) {
        register_write(u, (offset >> u->reg_shift) % UART_REGISTERS, (uint8_t)value);
        update_irq(u);
    }
    return VM_ACCESS_OK;
}

const struct vm_region_ops uart_region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Reset and restore ----------------------------------------------------------------------- */

/* 8.0 Table I. The divisor is undefined then; firmware that never sets one gets 9600 baud. */
void uart_reset(void *dev, int kind)
{
    struct uart *u = dev;
    uint32_t divisor = u->clock_hz / (16 * 9600);

    (void)kind;
    u->divisor = divisor == 0 ? 1 : divisor > UINT16_MAX ? UINT16_MAX : (uint16_t)divisor;
    u->ier = u->fcr = u->lcr = u->mcr = u->scr = 0;
    u->line_errors = u->modem_deltas = 0;
    u->transmit_pending = u->timeout_pending = 0;
    fifo_clear(&u->rx);
    fifo_clear(&u->tx);
    u->timeout_at = NEVER;
    arm_timer(u, NEVER);
    u->irq_level = 0;
    u->host->set_irq(u->ctx, 0, 0);
    unblock_input(u);
}

static int fifo_valid(const struct uart *u, const struct uart_fifo *f)
{
    if (f->head >= UART_FIFO_SIZE || f->count > fifo_depth(u))
        return 0;
    for (unsigned i = 0; i < UART_FIFO_SIZE; i++) {
        if (f->errors[i] & ~LSR_CHAR_ERRORS)
            return 0;
    }
    return 1;
}

int uart_state_loaded(void *dev, struct vm_error *err)
{
    struct uart *u = dev;

    if ((u->ier & ~IER_MASK) || (u->fcr & ~FCR_KEPT) || (u->fcr && !fifos_enabled(u)) ||
        (u->mcr & ~MCR_MASK) || (u->line_errors & ~LSR_ERRORS) || (u->modem_deltas & ~MSR_DELTAS) ||
        u->transmit_pending > 1 || u->timeout_pending > 1)
        return vm_error_set(err, "saved UART state: a register has bits that do not exist");
    if (!fifo_valid(u, &u->rx) || !fifo_valid(u, &u->tx))
        return vm_error_set(err, "saved UART state: a FIFO is longer than the device's");
    arm_timer(u, u->timeout_at);
    tx_drain(u);
    u->irq_level = interrupt_id(u) != IIR_NONE;
    u->host->set_irq(u->ctx, 0, u->irq_level);
    if (u->rx.count < fifo_depth(u) && !(u->mcr & MCR_LOOP))
        unblock_input(u);
    return 0;
}

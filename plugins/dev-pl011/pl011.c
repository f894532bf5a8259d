/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pl011.c - behaviour of the PL011: registers, FIFOs, interrupts, loopback.
 *
 * Characters leave for the backend at once; only while it takes nothing they wait in the transmit
 * FIFO. They leave whether or not the UART was enabled: early consoles leave that to firmware,
 * which there may not be. In the other direction the backend keeps what the receive FIFO has no
 * room for, or what comes while the receiver is off, so nothing typed is lost; an overrun happens
 * in loopback only.
 */
#include "../dev-common/primecell.h"
#include "pl011.h"

#define NEVER UINT64_MAX

/* ---- FIFOs ----------------------------------------------------------------------------------- */

/* 2.4.2: without FIFOs there is one holding register each way. */
static uint8_t depth(const struct pl011 *u)
{
    return u->lcr & LCR_FIFOS ? PL011_FIFO : 1;
}

static void fifo_put(struct pl011_fifo *f, uint16_t c)
{
    f->data[(f->head + f->count++) % PL011_FIFO] = c;
}

static uint16_t fifo_get(struct pl011_fifo *f)
{
    uint16_t c = f->data[f->head];

    f->head = (f->head + 1) % PL011_FIFO;
    f->count--;
    return c;
}

/* 3.3.9: 1/8, 1/4, 1/2, 3/4 or 7/8 of the FIFO; other values are reserved and count as the last. */
static uint8_t trigger(const struct pl011 *u, unsigned select)
{
    static const uint8_t levels[8] = {4, 8, 16, 24, 28, 28, 28, 28};

    return u->lcr & LCR_FIFOS ? levels[select & 7] : 1;
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

static void update_irq(struct pl011 *u)
{
    u->host->set_irq(u->ctx, 0, (u->ris & u->imsc) != 0);
}

/* ---- Receive time-out (2.8.3): data waits and nothing came for 32 bit times -------------------
 */

static uint64_t timeout_ns(const struct pl011 *u)
{
    uint64_t divisor = (uint64_t)u->ibrd * 64 + u->fbrd; /* in 64ths of 16 bit times */

    return (divisor ? divisor : 64) * 16 * 32 * 1000000000u / 64 / PL011_CLOCK;
}

static void arm_timer(struct pl011 *u, uint64_t at)
{
    u->timer_at = at;
    u->host->timer_arm(u->timer, at > INT64_MAX ? INT64_MAX : (int64_t)at);
}

/* The host's timer is left alone when it fires early enough anyway: pl011_timeout looks again. */
static void restart_timeout(struct pl011 *u)
{
    if (u->rx.count == 0) {
        u->timeout_at = NEVER;
        return;
    }
    u->timeout_at = (uint64_t)u->host->clock_ns(u->ctx) + timeout_ns(u);
    if (u->timeout_at < u->timer_at)
        arm_timer(u, u->timeout_at);
}

void pl011_timeout(void *dev)
{
    struct pl011 *u = dev;
    uint64_t now = (uint64_t)u->host->clock_ns(u->ctx);

    u->timer_at = NEVER;
    if (u->timeout_at == NEVER)
        return;
    if (now < u->timeout_at) {
        arm_timer(u, u->timeout_at);
        return;
    }
    u->timeout_at = NEVER;
    u->ris |= INT_TIMEOUT;
    update_irq(u);
}

/* ---- Receiver -------------------------------------------------------------------------------- */

static bool receives(const struct pl011 *u)
{
    return (u->cr & CR_ENABLE) && (u->cr & CR_RECEIVE);
}

/* 3.3.1, 3.3.2: what comes when the FIFO is full is lost; the overrun shows at once in RSR, and
 * with the next character that is put in. */
static void rx_put(struct pl011 *u, uint16_t c)
{
    if (u->rx.count == depth(u)) {
        u->rsr |= DR_OVERRUN >> DR_ERRORS_SHIFT;
        u->ris |= INT_OVERRUN;
        return;
    }
    fifo_put(&u->rx, c);
    if (c & DR_BREAK)
        u->ris |= INT_BREAK;
    if (u->rx.count >= trigger(u, u->ifls >> 3))
        u->ris |= INT_RECEIVE;
    restart_timeout(u);
}

static void unblock_input(struct pl011 *u)
{
    if (u->input_blocked && receives(u) && !(u->cr & CR_LOOP) && u->rx.count < depth(u)) {
        u->input_blocked = false;
        u->host->chardev_input_ready(u->chr);
    }
}

/* Reading also tells RSR about the character. */
static uint16_t rx_get(struct pl011 *u)
{
    uint16_t c;

    if (u->rx.count == 0)
        return 0;
    c = fifo_get(&u->rx);
    u->rsr = (uint8_t)((u->rsr & DR_OVERRUN >> DR_ERRORS_SHIFT) | c >> DR_ERRORS_SHIFT);
    if (u->rx.count < trigger(u, u->ifls >> 3))
        u->ris &= (uint16_t)~INT_RECEIVE;
    if (u->rx.count == 0) {
        u->ris &= (uint16_t)~INT_TIMEOUT;
        unblock_input(u);
    }
    restart_timeout(u);
    return c;
}

static size_t receive(void *opaque, const uint8_t *bytes, size_t n)
{
    struct pl011 *u = opaque;
    size_t room = receives(u) && !(u->cr & CR_LOOP) ? (size_t)(depth(u) - u->rx.count) : 0;
    size_t taken = n < room ? n : room;

    for (size_t i = 0; i < taken; i++)
        rx_put(u, bytes[i]);
    if (taken < n)
        u->input_blocked = true;
    update_irq(u);
    return taken;
}

/* A break comes as one zero character. */
static void backend_event(void *opaque, int event)
{
    struct pl011 *u = opaque;

    if (event != VM_CHARDEV_BREAK || !receives(u) || (u->cr & CR_LOOP))
        return;
    rx_put(u, DR_BREAK);
    update_irq(u);
}

/* ---- Transmitter ----------------------------------------------------------------------------- */

/* 2.8.2: the interrupt comes when the FIFO empties down to its trigger level. */
static void tx_drain(struct pl011 *u)
{
    while (u->tx.count > 0) {
        uint8_t c = (uint8_t)u->tx.data[u->tx.head];

        if (u->chr && u->host->chardev_write(u->chr, &c, 1) == 0)
            break;
        fifo_get(&u->tx);
    }
    if (u->tx.count <= ((u->lcr & LCR_FIFOS) ? trigger(u, u->ifls) : 0))
        u->ris |= INT_TRANSMIT;
}

static void tx_put(struct pl011 *u, uint8_t byte)
{
    bool waiting = u->tx.count > 0;

    if (u->cr & CR_LOOP) {
        if (receives(u))
            rx_put(u, byte);
        u->ris |= INT_TRANSMIT;
        return;
    }
    if (u->tx.count == depth(u))
        return; /* the guest did not look at FR: the character is lost */
    u->ris &= (uint16_t)~INT_TRANSMIT;
    fifo_put(&u->tx, byte);
    if (!waiting) /* else the backend is busy and will call writable() */
        tx_drain(u);
    else if (u->tx.count <= ((u->lcr & LCR_FIFOS) ? trigger(u, u->ifls) : 0))
        u->ris |= INT_TRANSMIT;
}

static void writable(void *opaque)
{
    struct pl011 *u = opaque;

    if (u->tx.count == 0)
        return;
    tx_drain(u);
    update_irq(u);
}

const struct vm_chardev_client pl011_chardev_client = {
    .size = sizeof(struct vm_chardev_client),
    .receive = receive,
    .writable = writable,
    .event = backend_event,
};

/* ---- Modem lines (3.3.8: loopback connects outputs to inputs) ---------------------------------
 */

static uint16_t modem_lines(const struct pl011 *u)
{
    if (!(u->cr & CR_LOOP))
        return FR_CTS | FR_DSR | FR_DCD;
    return (uint16_t)((u->cr & CR_RTS ? FR_CTS : 0) | (u->cr & CR_DTR ? FR_DSR : 0) |
                      (u->cr & CR_OUT1 ? FR_DCD : 0) | (u->cr & CR_OUT2 ? FR_RI : 0));
}

static void cr_write(struct pl011 *u, uint16_t value)
{
    uint16_t before = modem_lines(u), changed;

    u->cr = value & CR_MASK;
    changed = before ^ modem_lines(u);
    u->ris |= (uint16_t)((changed & FR_CTS ? INT_CTS : 0) | (changed & FR_DSR ? INT_DSR : 0) |
                         (changed & FR_DCD ? INT_DCD : 0) | (changed & FR_RI ? INT_RI : 0));
    unblock_input(u);
}

/* ---- Registers ------------------------------------------------------------------------------- */

static uint16_t flags(const struct pl011 *u)
{
    return (uint16_t)(modem_lines(u) | (u->tx.count ? FR_BUSY : FR_TX_EMPTY) |
                      (u->tx.count == depth(u) ? FR_TX_FULL : 0) | (u->rx.count ? 0 : FR_RX_EMPTY) |
                      (u->rx.count == depth(u) ? FR_RX_FULL : 0));
}

/* 3.3.7: turning the FIFOs on or off makes them empty. */
static void lcr_write(struct pl011 *u, uint8_t value)
{
    bool toggled = (value ^ u->lcr) & LCR_FIFOS;

    u->lcr = value;
    if (!toggled)
        return;
    u->rx.count = u->tx.count = 0;
    u->ris &= (uint16_t) ~(INT_RECEIVE | INT_TIMEOUT);
    restart_timeout(u);
    unblock_input(u);
}

static uint32_t register_read(struct pl011 *u, uint64_t offset)
{
    switch (offset) {
    case PL011_DR:
        return rx_get(u);
    case PL011_RSR:
        return u->rsr;
    case PL011_FR:
        return flags(u);
    case PL011_ILPR:
        return u->ilpr;
    case PL011_IBRD:
        return u->ibrd;
    case PL011_FBRD:
        return u->fbrd;
    case PL011_LCR_H:
        return u->lcr;
    case PL011_CR:
        return u->cr;
    case PL011_IFLS:
        return u->ifls;
    case PL011_IMSC:
        return u->imsc;
    case PL011_RIS:
        return u->ris;
    case PL011_MIS:
        return u->ris & u->imsc;
    case PL011_DMACR:
        return u->dmacr;
    default:
        return primecell_id(PL011_PART, PL011_REVISION, offset);
    }
}

static void register_write(struct pl011 *u, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case PL011_DR:
        tx_put(u, (uint8_t)value);
        break;
    case PL011_RSR:
        u->rsr = 0;
        break;
    case PL011_ILPR:
        u->ilpr = (uint8_t)value;
        break;
    case PL011_IBRD:
        u->ibrd = (uint16_t)value;
        break;
    case PL011_FBRD:
        u->fbrd = value & 0x3f;
        break;
    case PL011_LCR_H:
        lcr_write(u, (uint8_t)value);
        break;
    case PL011_CR:
        cr_write(u, (uint16_t)value);
        break;
    case PL011_IFLS:
        u->ifls = value & 0x3f;
        break;
    case PL011_IMSC:
        u->imsc = value & INT_MASK;
        break;
    case PL011_ICR:
        u->ris &= (uint16_t)~value;
        break;
    case PL011_DMACR: /* there is no DMA controller to ask */
        u->dmacr = value & 7;
        break;
    default:
        break;
    }
}

/* Registers lie 4 bytes apart; of a narrow access the register's lower bits take part. */
static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct pl011 *u = dev;

    *value = offset % 4 ? 0 : register_read(u, offset) & (size == 1 ? 0xffu : UINT32_MAX);
    if (size == 2)
        *value &= 0xffff;
    update_irq(u);
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct pl011 *u = dev;

    (void)size;
    if (offset % 4 == 0)
        register_write(u, offset, (uint32_t)value);
    update_irq(u);
    return VM_ACCESS_OK;
}

const struct vm_region_ops pl011_region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Reset and saved state ------------------------------------------------------------------- */

void pl011_reset(void *dev, int kind)
{
    struct pl011 *u = dev;

    (void)kind;
    u->cr = CR_RESET;
    u->ibrd = u->ris = u->imsc = 0;
    u->rsr = u->ilpr = u->fbrd = u->lcr = u->dmacr = 0;
    u->ifls = IFLS_RESET;
    u->rx = u->tx = (struct pl011_fifo){.count = 0};
    u->timeout_at = NEVER;
    arm_timer(u, NEVER);
    update_irq(u);
}

static bool legal_fifo(const struct pl011 *u, const struct pl011_fifo *f, uint16_t mask)
{
    uint16_t extra = 0;

    for (unsigned i = 0; i < PL011_FIFO; i++)
        extra |= f->data[i] & (uint16_t)~mask;
    return f->head < PL011_FIFO && f->count <= depth(u) && !extra;
}

int pl011_state_loaded(void *dev, struct vm_error *err)
{
    struct pl011 *u = dev;

    if (!legal_fifo(u, &u->rx, DR_ERRORS | 0xff) || !legal_fifo(u, &u->tx, 0xff) ||
        (u->cr & ~CR_MASK) || ((u->ris | u->imsc) & ~INT_MASK) || u->rsr > 15 || u->fbrd > 0x3f ||
        u->ifls > 0x3f || u->dmacr > 7)
        return vm_error_set(err, "saved PL011 state: a FIFO or a register has more than fits");
    arm_timer(u, u->timeout_at);
    if (u->tx.count > 0)
        tx_drain(u);
    unblock_input(u);
    update_irq(u);
    return 0;
}

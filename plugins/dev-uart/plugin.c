/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - what dev-uart declares: properties, wiring, saved state, device tree. */
#include <stdlib.h>
#include <string.h>

#include "uart.h"

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_CHARDEV,
     .name = "chardev",
     .help = "where the characters go; left out, output is dropped and there is no input"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "reg-shift",
     .default_value = "0",
     .max = 3,
     .help = "registers lie 2 to this power bytes apart"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "reg-io-width",
     .unit = "bytes",
     .default_value = "1",
     .min = 1,
     .max = 4,
     .help = "widest register access: 1, 2 or 4, and no wider than the registers lie apart"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "clock-frequency",
     .unit = "Hz",
     .default_value = "3686400",
     .min = 16,
     .max = 1000000000,
     .help = "input clock, of which the guest derives its baud rates"},
};

#define UART_FIFO_STATE(fifo)                                                  \
    VM_STATE_ARRAY(struct uart, fifo.data, VM_STATE_U8, UART_FIFO_SIZE),       \
        VM_STATE_ARRAY(struct uart, fifo.errors, VM_STATE_U8, UART_FIFO_SIZE), \
        VM_STATE(struct uart, fifo.head, VM_STATE_U8),                         \
        VM_STATE(struct uart, fifo.count, VM_STATE_U8)

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct uart, divisor, VM_STATE_U16),
    VM_STATE(struct uart, ier, VM_STATE_U8),
    VM_STATE(struct uart, fcr, VM_STATE_U8),
    VM_STATE(struct uart, lcr, VM_STATE_U8),
    VM_STATE(struct uart, mcr, VM_STATE_U8),
    VM_STATE(struct uart, scr, VM_STATE_U8),
    VM_STATE(struct uart, line_errors, VM_STATE_U8),
    VM_STATE(struct uart, modem_deltas, VM_STATE_U8),
    VM_STATE(struct uart, transmit_pending, VM_STATE_U8),
    VM_STATE(struct uart, timeout_pending, VM_STATE_U8),
    VM_STATE(struct uart, timeout_at, VM_STATE_U64),
    UART_FIFO_STATE(rx),
    UART_FIFO_STATE(tx),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int wire(struct uart *u, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_device_host *host = u->host;
    struct vm_error chardev_error = VM_ERROR_INIT;
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = (uint64_t)UART_REGISTERS << u->reg_shift,
        .ops = &uart_region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 1,
        .valid_max = (uint8_t)u->reg_io_width,
        .impl_min = 1,
        .impl_max = (uint8_t)u->reg_io_width,
    };

    if (host->add_region(u->ctx, &region, err) < 0 || host->add_irq_outputs(u->ctx, 1, err) < 0)
        return -1;
    u->timer = host->timer_new(u->ctx, uart_timeout, u);
    if (!u->timer)
        return vm_error_set(err, "no timer could be made");
    u->chr =
        host->chardev_attach(u->ctx, props, "chardev", &uart_chardev_client, u, &chardev_error);
    if (!u->chr && chardev_error.set)
        return vm_error_set(err, "%s", chardev_error.text);
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct uart *u = calloc(1, sizeof(*u));

    if (!u) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    u->host = host;
    u->ctx = ctx;
    u->reg_shift = (uint32_t)host->base->prop_uint(props, "reg-shift");
    u->reg_io_width = (uint32_t)host->base->prop_uint(props, "reg-io-width");
    u->clock_hz = (uint32_t)host->base->prop_uint(props, "clock-frequency");
    if (u->reg_io_width == 3 || u->reg_io_width > 1u << u->reg_shift) {
        vm_error_set(
            err, "reg-io-width = %u does not go with reg-shift = %u: give 1, 2 or 4, at most %u",
            u->reg_io_width, u->reg_shift, 1u << u->reg_shift);
        free(u);
        return NULL;
    }
    if (wire(u, props, err) < 0) {
        free(u);
        return NULL;
    }
    uart_reset(u, VM_RESET_COLD);
    return u;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = uart_reset,
    .state = &state_table,
    .state_loaded = uart_state_loaded,
};

/* Binding: Documentation/devicetree/bindings/serial/8250.yaml of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    struct uart *u = dev;

    (void)err;
    fdt->string(node, "compatible", "ns16550a");
    fdt->u32(node, "clock-frequency", &u->clock_hz, 1);
    if (u->reg_shift != 0)
        fdt->u32(node, "reg-shift", &u->reg_shift, 1);
    if (u->reg_io_width != 1)
        fdt->u32(node, "reg-io-width", &u->reg_io_width, 1);
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "serial",
    .describe = describe,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(
        .kind = VM_KIND_DEVICE, .name = "dev-uart", .version = "1.0", .licence = "BSD-2-Clause",
        .summary = "16550A serial port",
        .description =
            "A serial port with 16-byte FIFOs as in National's PC16550D. Its registers take one "
            "region, "
            "its interrupt is level-triggered. Characters go to and come from the character "
            "backend at "
            "full speed whatever baud rate the guest sets; a backend that cannot keep up makes the "
            "guest wait, and the other way round.",
        VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

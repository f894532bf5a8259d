/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - what dev-pl011 declares: properties, wiring, saved state, device tree. */
#include <stdlib.h>
#include <string.h>

#include "../dev-common/primecell.h"
#include "pl011.h"

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_CHARDEV,
     .name = "chardev",
     .help = "where the characters go; left out, output is dropped and there is no input"},
};

#define FIFO_STATE(fifo)                                               \
    VM_STATE_ARRAY(struct pl011, fifo.data, VM_STATE_U16, PL011_FIFO), \
        VM_STATE(struct pl011, fifo.head, VM_STATE_U8),                \
        VM_STATE(struct pl011, fifo.count, VM_STATE_U8)

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct pl011, cr, VM_STATE_U16),
    VM_STATE(struct pl011, ibrd, VM_STATE_U16),
    VM_STATE(struct pl011, ris, VM_STATE_U16),
    VM_STATE(struct pl011, imsc, VM_STATE_U16),
    VM_STATE(struct pl011, rsr, VM_STATE_U8),
    VM_STATE(struct pl011, ilpr, VM_STATE_U8),
    VM_STATE(struct pl011, fbrd, VM_STATE_U8),
    VM_STATE(struct pl011, lcr, VM_STATE_U8),
    VM_STATE(struct pl011, ifls, VM_STATE_U8),
    VM_STATE(struct pl011, dmacr, VM_STATE_U8),
    VM_STATE(struct pl011, timeout_at, VM_STATE_U64),
    FIFO_STATE(rx),
    FIFO_STATE(tx),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int wire(struct pl011 *u, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_device_host *host = u->host;
    struct vm_error chardev_error = VM_ERROR_INIT;
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = PRIMECELL_LENGTH,
        .ops = &pl011_region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 1,
        .valid_max = 4,
        .impl_min = 1,
        .impl_max = 4,
    };

    if (host->add_region(u->ctx, &region, err) < 0 || host->add_irq_outputs(u->ctx, 1, err) < 0)
        return -1;
    u->timer = host->timer_new(u->ctx, pl011_timeout, u);
    if (!u->timer)
        return vm_error_set(err, "no timer could be made");
    u->chr =
        host->chardev_attach(u->ctx, props, "chardev", &pl011_chardev_client, u, &chardev_error);
    if (!u->chr && chardev_error.set)
        return vm_error_set(err, "%s", chardev_error.text);
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct pl011 *u = calloc(1, sizeof(*u));

    if (!u) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    u->host = host;
    u->ctx = ctx;
    if (wire(u, props, err) < 0) {
        free(u);
        return NULL;
    }
    pl011_reset(u, VM_RESET_COLD);
    return u;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = pl011_reset,
    .state = &state_table,
    .state_loaded = pl011_state_loaded,
};

/* Binding: Documentation/devicetree/bindings/serial/pl011.yaml of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    static const char *const clocks[] = {"uartclk", "apb_pclk"};

    (void)dev;
    (void)err;
    primecell_describe(fdt, node, "arm,pl011", clocks, 2);
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-pl011", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "Arm PL011 serial port",
          .description =
              "A serial port with 32-byte FIFOs as in Arm's PL011 r1p5, without DMA. Its registers "
              "take one region of 4K, its interrupt is level-triggered. Characters go to and come "
              "from the character backend at full speed whatever baud rate the guest sets, and go "
              "out even if it did not enable the port; a backend that cannot keep up makes the "
              "guest wait, and the other way round.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

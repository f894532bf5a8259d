/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bridge.c - a bridge from one PCI bus to another: a PCI Express root port with one slot, or a
 * conventional PCI-to-PCI bridge with 32.
 *
 * Source: PCI-to-PCI Bridge Architecture Specification 1.2. Memory and ports pass downstream where
 * the guest opened the windows; DMA and messages pass upstream at all times.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/pci.h>

/* Red Hat's generic root port and bridge: drivers go by class. */
#define VENDOR        0x1b36u
#define DEVICE_PORT   0x000cu
#define DEVICE_BRIDGE 0x0001u
#define CLASS_BRIDGE  0x060400u

struct bridge {
    struct vm_pci pci; /* first */
    struct vm_pci_bus bus;
    struct vm_pci_windows windows;
};

/* ---- The bus behind it ----------------------------------------------------------------------- */

static int bus_attach(void *dev, struct vm_bus_child *child, const char *where, uint32_t *address,
                      struct vm_error *err)
{
    struct bridge *b = dev;
    return vm_pci_bus_attach(&b->bus, child, where, address, err);
}

static int bus_route(void *dev, uint32_t address, uint32_t output)
{
    (void)dev;
    return vm_pci_bus_route(address & 0xff, output);
}

static uint32_t bus_requester(void *dev, uint32_t address)
{
    const struct bridge *b = dev;
    return vm_pci_windows_secondary(&b->windows) << 8 | (address & 0xff);
}

static int bus_window(void *dev, uint32_t kind, uint64_t addr, uint64_t length, uint64_t *above)
{
    const struct bridge *b = dev;
    *above = addr;
    return vm_pci_windows_pass(&b->windows, kind, addr, length);
}

static int bus_forward(void *dev, uint64_t address, uint32_t size, uint64_t *value, int write)
{
    struct bridge *b = dev;

    if (!vm_pci_windows_forward(&b->windows, address >> 20 & 0xff))
        return VM_ACCESS_ERROR;
    return vm_pci_bus_config(&b->bus, vm_pci_windows_secondary(&b->windows), address, size, value,
                             write);
}

static const struct vm_device_bus device_bus = {
    .size = sizeof(struct vm_device_bus),
    .protocol = VM_PCI_PROTOCOL,
    .attach = bus_attach,
    .route_irq = bus_route,
    .requester = bus_requester,
    .window = bus_window,
    .forward = bus_forward,
};

/* ---- Registers ------------------------------------------------------------------------------- */

static void update_windows(struct bridge *b)
{
    if (vm_pci_windows_update(&b->windows, &b->pci))
        b->pci.host->bus_changed(b->pci.ctx);
}

static void config_written(struct vm_pci *p, uint32_t offset, uint32_t size)
{
    (void)offset;
    (void)size;
    update_windows((struct bridge *)p);
}

static const struct vm_pci_hooks hooks = {.config_written = config_written};

static void reset(void *dev, int kind)
{
    struct bridge *b = dev;

    (void)kind;
    vm_pci_reset(&b->pci);
    update_windows(b);
}

static const struct vm_state_field state_fields[] = {VM_PCI_STATE(struct bridge, pci)};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int state_loaded(void *dev, struct vm_error *err)
{
    struct bridge *b = dev;

    if (vm_pci_loaded(&b->pci, err) < 0)
        return -1;
    update_windows(b);
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static const char *const ports[] = {"express", "conventional", NULL};

static const struct vm_property properties[] = {
    {
        .size = sizeof(struct vm_property),
        .type = VM_PROP_ENUM,
        .name = "port",
        .default_value = "express",
        .choices = ports,
        .help = "a PCI Express root port with room for one device, or a bridge with 32 slots",
    },
};

static int wire(struct bridge *b, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                int is_port, struct vm_error *err)
{
    const struct vm_pci_info info = {
        .vendor = VENDOR,
        .device = is_port ? DEVICE_PORT : DEVICE_BRIDGE,
        .class_code = CLASS_BRIDGE,
        .is_bridge = 1,
        .hooks = &hooks,
    };

    if (vm_pci_init(&b->pci, host, ctx, &info, err) < 0 || vm_pci_add_power(&b->pci, err) < 0 ||
        (is_port && vm_pci_add_express(&b->pci, 1, err) < 0) || vm_pci_attach(&b->pci, err) < 0)
        return -1;
    b->bus.host = host;
    b->bus.is_port = (uint32_t)is_port;
    vm_pci_windows_update(&b->windows, &b->pci);
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct bridge *b = calloc(1, sizeof(*b));

    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (wire(b, host, ctx, host->base->prop_uint(props, "port") == 0, err) < 0) {
        free(b);
        return NULL;
    }
    return b;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_BUS_INTERFACE) == 0)
        return &device_bus;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-pci-bridge", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "PCI Express root port, or PCI-to-PCI bridge",
          .description =
              "Sits on a PCI bus and has one of its own behind it, on which devices sit by "
              "`bus = NAME` as on the first. The guest numbers the buses and opens the windows.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

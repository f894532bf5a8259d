/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pci.c - a PCI host bridge whose configuration space is memory-mapped (ECAM), the generic one that
 * firmware and kernels know from the device tree as "pci-host-ecam-generic".
 *
 * Sources: PCI Express Base Specification 7.2.2 (ECAM), IEEE 1275 PCI Bus Binding 2.1 (ranges,
 * interrupt-map), Linux Documentation/devicetree/bindings/pci/host-generic-pci.yaml, pci-msi.txt,
 * pci-iommu.txt.
 *
 * Memory addresses of the bus are guest-physical addresses; ports appear in the I/O window. The
 * windows never change, so everything that others ask without the lock is constant.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/pci.h>

#define INTX_LINES 4

enum window { WINDOW_IO, WINDOW_MEMORY, WINDOW_MEMORY64, WINDOWS };

/* The window as the guest's memory map has it, and its entry in `ranges`. */
static const struct {
    const char *name, *base, *size;
    uint32_t space; /* first cell of the PCI address */
} windows[WINDOWS] = {
    [WINDOW_IO] = {"io", "io", "io-size", 0x01000000},
    [WINDOW_MEMORY] = {"memory", "memory", "memory-size", 0x02000000},
    [WINDOW_MEMORY64] = {"memory64", "memory64", "memory64-size", 0x03000000},
};

struct bridge {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_pci_bus bus;
    uint32_t n_buses, domain;
    char *msi; /* the controller that messages go to, for the device tree */
    struct {
        uint64_t base, size; /* size 0: there is none */
    } windows[WINDOWS];
};

/* ---- Configuration space --------------------------------------------------------------------- */

static int ecam_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct bridge *b = dev;
    return vm_pci_bus_config(&b->bus, 0, offset, size, value, 0);
}

static int ecam_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct bridge *b = dev;
    return vm_pci_bus_config(&b->bus, 0, offset, size, &value, 1);
}

static const struct vm_region_ops ecam_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = ecam_read,
    .write = ecam_write,
};

/* ---- The bus --------------------------------------------------------------------------------- */

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
    (void)dev;
    return address & 0xff; /* bus 0 */
}

static int lies_in(const struct bridge *b, enum window window, uint64_t base, uint64_t addr,
                   uint64_t length)
{
    uint64_t size = b->windows[window].size;
    return addr >= base && addr - base < size && length <= size - (addr - base);
}

static int bus_window(void *dev, uint32_t kind, uint64_t addr, uint64_t length, uint64_t *above)
{
    const struct bridge *b = dev;

    if (kind == VM_REGION_PIO) {
        *above = b->windows[WINDOW_IO].base + addr;
        return lies_in(b, WINDOW_IO, 0, addr, length) ? VM_ACCESS_OK : VM_ACCESS_ERROR;
    }
    *above = addr;
    for (enum window i = WINDOW_MEMORY; i < WINDOWS; i++)
        if (lies_in(b, i, b->windows[i].base, addr, length))
            return VM_ACCESS_OK;
    return VM_ACCESS_ERROR;
}

static const struct vm_device_bus device_bus = {
    .size = sizeof(struct vm_device_bus),
    .protocol = VM_PCI_PROTOCOL,
    .attach = bus_attach,
    .route_irq = bus_route,
    .requester = bus_requester,
    .window = bus_window,
};

/* ---- Making one ------------------------------------------------------------------------------ */

static const struct vm_property properties[] = {
    {
        .size = sizeof(struct vm_property),
        .type = VM_PROP_UINT,
        .name = "buses",
        .default_value = "256",
        .min = 1,
        .max = 256,
        .help = "how many buses it and the bridges below can have; each takes 1M of its region",
    },
#define WINDOW_PROPERTY(key, kind, default_text, text)                 \
    {                                                                  \
        .size = sizeof(struct vm_property), .type = kind, .name = key, \
        .default_value = default_text, .help = text,                   \
    }
    WINDOW_PROPERTY("io", VM_PROP_UINT, "0x3000000", "guest-physical address of the I/O ports"),
    WINDOW_PROPERTY("io-size", VM_PROP_SIZE, "64K", "bytes of I/O ports; 0: there are none"),
    WINDOW_PROPERTY("memory", VM_PROP_UINT, "0x40000000",
                    "guest-physical address of the 32-bit memory window"),
    WINDOW_PROPERTY("memory-size", VM_PROP_SIZE, "1G", "its size"),
    WINDOW_PROPERTY("memory64", VM_PROP_UINT, "0x400000000",
                    "guest-physical address of the 64-bit memory window"),
    WINDOW_PROPERTY("memory64-size", VM_PROP_SIZE, "16G", "its size; 0: there is none"),
    {
        .size = sizeof(struct vm_property),
        .type = VM_PROP_UINT,
        .name = "domain",
        .default_value = "0",
        .max = 0xffff,
        .help = "number of this tree of buses among several host bridges",
    },
    {
        .size = sizeof(struct vm_property),
        .type = VM_PROP_DEVICE,
        .name = "msi",
        .help = "the controller that takes the messages of MSI and MSI-X; without it guests use "
                "interrupt lines",
    },
};

static int wrong_window(const struct bridge *b, enum window i, struct vm_error *err)
{
    uint64_t base = b->windows[i].base, size = b->windows[i].size;

    if ((base | size) & 0xfff)
        return vm_error_set(err, "%s: 0x%llx and its size 0x%llx are not multiples of 4K",
                            windows[i].name, (unsigned long long)base, (unsigned long long)size);
    if (base + (size - 1) < base)
        return vm_error_set(err, "%s: it goes beyond the end of the address space",
                            windows[i].name);
    if (i == WINDOW_MEMORY && base + (size - 1) > UINT32_MAX)
        return vm_error_set(err, "memory: the window for 32-bit addresses ends at 0x%llx",
                            (unsigned long long)(base + (size - 1)));
    if (i == WINDOW_IO && size > 0x1000000)
        return vm_error_set(err, "io-size: more than 16M of ports");
    return 0;
}

static int take_properties(struct bridge *b, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *base = b->host->base;
    const char *msi = base->prop_string(props, "msi");

    b->n_buses = (uint32_t)base->prop_uint(props, "buses");
    b->domain = (uint32_t)base->prop_uint(props, "domain");
    b->msi = msi ? strdup(msi) : NULL;
    if (msi && !b->msi)
        return vm_error_set(err, "out of memory");
    for (enum window i = 0; i < WINDOWS; i++) {
        b->windows[i].base = base->prop_uint(props, windows[i].base);
        b->windows[i].size = base->prop_uint(props, windows[i].size);
        if (b->windows[i].size == 0)
            continue;
        if (wrong_window(b, i, err) ||
            b->host->bus_claim_window(b->ctx, windows[i].name, b->windows[i].base,
                                      b->windows[i].size, err) < 0)
            return -1;
    }
    return 0;
}

static int wire(struct bridge *b, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "ecam",
        .length = (uint64_t)b->n_buses << 20,
        .ops = &ecam_ops,
        .valid_min = 1,
        .valid_max = 8,
        .impl_min = 1,
        .impl_max = 4,
    };

    return b->host->add_region(b->ctx, &region, err) < 0 ||
                   b->host->add_irq_outputs(b->ctx, INTX_LINES, err) < 0
               ? -1
               : 0;
}

static void destroy(void *dev)
{
    struct bridge *b = dev;
    free(b->msi);
    free(b);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct bridge *b = calloc(1, sizeof(*b));

    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    b->host = b->bus.host = host;
    b->ctx = ctx;
    if (!VM_HAS(host, bus_claim_window) || !VM_HAS(host, child_access)) {
        vm_error_set(err, "this vmrun has no buses; it is too old for the plugin");
        destroy(b);
        return NULL;
    }
    if (take_properties(b, props, err) < 0 || wire(b, err) < 0) {
        destroy(b);
        return NULL;
    }
    return b;
}

static void reset(void *dev, int kind)
{
    (void)dev;
    (void)kind;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
};

/* ---- Device tree ----------------------------------------------------------------------------- */

static void describe_ranges(const struct bridge *b, const struct vm_fdt_api *fdt,
                            struct vm_fdt_node *node)
{
    uint32_t cells[WINDOWS * 7], n = 0;

    for (enum window i = 0; i < WINDOWS; i++) {
        uint64_t base = b->windows[i].base, size = b->windows[i].size;
        uint64_t child = i == WINDOW_IO ? 0 : base;

        if (size == 0)
            continue;
        const uint32_t range[7] = {
            windows[i].space, (uint32_t)(child >> 32), (uint32_t)child, (uint32_t)(base >> 32),
            (uint32_t)base,   (uint32_t)(size >> 32),  (uint32_t)size};
        memcpy(cells + n, range, sizeof(range));
        n += 7;
    }
    if (n)
        fdt->u32(node, "ranges", cells, n);
}

static uint32_t interrupt_parent(const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                                 uint32_t output, uint32_t cells[8])
{
    return VM_HAS(fdt, output_map_cells) ? fdt->output_map_cells(node, output, cells)
                                         : fdt->output_cells(node, output, cells);
}

/* INTA..INTD of four slots in turn: the others follow by the mask. */
static void describe_interrupts(const struct vm_fdt_api *fdt, struct vm_fdt_node *node)
{
    static const uint32_t mask[4] = {0x1800, 0, 0, 7};
    uint32_t cells[4 * INTX_LINES * 12], n = 0;

    for (uint32_t slot = 0; slot < 4; slot++)
        for (uint32_t pin = 0; pin < INTX_LINES; pin++) {
            uint32_t parent[8];
            uint32_t n_parent =
                interrupt_parent(fdt, node, (uint32_t)vm_pci_bus_route(slot << 3, pin), parent);
            const uint32_t unit[4] = {slot << 11, 0, 0, pin + 1};

            if (n_parent == 0)
                continue;
            memcpy(cells + n, unit, sizeof(unit));
            memcpy(cells + n + 4, parent, n_parent * sizeof(parent[0]));
            n += 4 + n_parent;
        }
    if (n == 0)
        return;
    fdt->u32(node, "interrupt-map-mask", mask, 4);
    fdt->u32(node, "interrupt-map", cells, n);
}

/* The node that takes messages, and how many cells name a sender there. 0: there is none. */
static uint32_t find_msi(const struct bridge *b, const struct vm_fdt_api *fdt,
                         struct vm_fdt_node *node, uint32_t *cells)
{
    *cells = 0;
    if (!b->msi)
        return 0;
    if (VM_HAS(fdt, msi_controller))
        return fdt->msi_controller(node, b->msi, cells);
    return fdt->device_phandle(node, b->msi);
}

static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    const struct bridge *b = dev;
    const uint32_t three = 3, two = 2, one = 1, bus_range[2] = {0, b->n_buses - 1};
    uint32_t msi_cells, msi = find_msi(b, fdt, node, &msi_cells);
    const uint32_t msi_map[4] = {0, msi, 0, 0x10000};
    uint32_t iommu_map[4] = {0, fdt->iommu_phandle(node), 0, 0x10000};

    fdt->string(node, "compatible", "pci-host-ecam-generic");
    fdt->string(node, "device_type", "pci");
    fdt->u32(node, "#address-cells", &three, 1);
    fdt->u32(node, "#size-cells", &two, 1);
    fdt->u32(node, "#interrupt-cells", &one, 1);
    fdt->u32(node, "linux,pci-domain", &b->domain, 1);
    fdt->u32(node, "bus-range", bus_range, 2);
    fdt->empty(node, "dma-coherent");
    if (b->msi && !msi)
        return vm_error_set(err, "msi: '%s' takes no messages, or is not in the device tree",
                            b->msi);
    if (msi && msi_cells) /* it tells devices apart, by their requester IDs */
        fdt->u32(node, "msi-map", msi_map, 4);
    else if (msi)
        fdt->u32(node, "msi-parent", &msi, 1);
    if (iommu_map[1])
        fdt->u32(node, "iommu-map", iommu_map, 4);
    describe_ranges(b, fdt, node);
    describe_interrupts(fdt, node);
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "pci",
    .describe = describe,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_BUS_INTERFACE) == 0)
        return &device_bus;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-pci", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "PCI host bridge with memory-mapped configuration space (ECAM)",
          .description =
              "Devices sit on it by `bus = NAME`, `bus = NAME:SLOT` or `bus = NAME:SLOT.FUNCTION`. "
              "Its one address is that of the configuration space, 1M for each bus; its interrupt "
              "outputs are INTA, INTB, INTC and INTD. The defaults of the windows are where QEMU's "
              "virt machine has them.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

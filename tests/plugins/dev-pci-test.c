/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev-pci-test.c - a PCI function for tests: BARs of every kind, DMA, and all three ways to
 * interrupt.
 *
 * BAR 0 has the registers below, BAR 1 the MSI-X table, BAR 2 (64-bit, prefetchable) 64 KiB and
 * BAR 4 (ports) 16 bytes of memory, the ROM a signature.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/pci.h>

enum {
    REG_ID = 0x00,     /* reads 0x54534554 */
    REG_SOURCE = 0x08, /* 64 bits each */
    REG_TARGET = 0x10,
    REG_LENGTH = 0x18, /* of a copy, at most 4096 */
    REG_COPY = 0x20, /* write: copies by dma_read and dma_write, 1: by mappings; read: the result */
    REG_RAISE = 0x28, /* write: interrupts by that vector */
    REG_LOWER = 0x30,
    REG_MOVES = 0x38, /* how often BARs moved */
    REG_BAR2 = 0x40,  /* where BAR 2 is, all ones: nowhere */
    REG_VECTORS = 0x48,
    REG_BYTES = 0x50,
    SHARED_BYTES = 0x10000,
    PORT_BYTES = 16,
};

struct tester {
    struct vm_pci pci; /* first */
    uint64_t source, target, length, result, moves, bar2;
    uint8_t shared[SHARED_BYTES], ports[PORT_BYTES];
};

/* ---- DMA ------------------------------------------------------------------------------------- */

static uint64_t copy(struct tester *t)
{
    uint8_t bytes[4096];
    uint64_t n = t->length <= sizeof(bytes) ? t->length : sizeof(bytes);
    const struct vm_device_host *host = t->pci.host;

    if (host->dma_read(t->pci.ctx, t->source, bytes, n) != VM_ACCESS_OK)
        return 2;
    return host->dma_write(t->pci.ctx, t->target, bytes, n) == VM_ACCESS_OK ? 1 : 3;
}

static uint64_t copy_mapped(struct tester *t)
{
    const struct vm_device_host *host = t->pci.host;
    uint64_t left = t->length <= 4096 ? t->length : 4096, from = t->source, to = t->target;

    while (left > 0) {
        uint64_t n = left, m = left;
        uint8_t *source = host->dma_map(t->pci.ctx, from, &n, 0), *target;
        if (!source)
            return 2;
        target = host->dma_map(t->pci.ctx, to, &m, 1);
        uint64_t part = target && m < n ? m : n;
        for (uint64_t i = 0; target && i < part; i++)
            __atomic_store_n(target + i, __atomic_load_n(source + i, __ATOMIC_RELAXED),
                             __ATOMIC_RELAXED);
        if (target)
            host->dma_unmap(t->pci.ctx, target, m, part);
        host->dma_unmap(t->pci.ctx, source, n, 0);
        if (!target)
            return 3;
        from += part;
        to += part;
        left -= part;
    }
    return 1;
}

/* ---- Registers ------------------------------------------------------------------------------- */

static int regs_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct tester *t = dev;
    const uint64_t values[REG_BYTES / 8] = {
        [REG_ID / 8] = 0x54534554,    [REG_SOURCE / 8] = t->source,
        [REG_TARGET / 8] = t->target, [REG_LENGTH / 8] = t->length,
        [REG_COPY / 8] = t->result,   [REG_MOVES / 8] = t->moves,
        [REG_BAR2 / 8] = t->bar2,     [REG_VECTORS / 8] = t->pci.n_msix,
    };

    (void)size;
    *value = offset < REG_BYTES ? values[offset / 8] : 0;
    return VM_ACCESS_OK;
}

static int regs_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct tester *t = dev;

    (void)size;
    switch (offset) {
    case REG_SOURCE:
        t->source = value;
        break;
    case REG_TARGET:
        t->target = value;
        break;
    case REG_LENGTH:
        t->length = value;
        break;
    case REG_COPY:
        t->result = !vm_pci_is_master(&t->pci) ? 4 : value ? copy_mapped(t) : copy(t);
        break;
    case REG_RAISE:
        vm_pci_raise(&t->pci, (uint32_t)value);
        break;
    case REG_LOWER:
        vm_pci_lower(&t->pci);
        break;
    default:
        break;
    }
    return VM_ACCESS_OK;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static int shared_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    *value = 0;
    memcpy(value, ((struct tester *)dev)->shared + offset, size);
    return VM_ACCESS_OK;
}

static int shared_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    memcpy(((struct tester *)dev)->shared + offset, &value, size);
    return VM_ACCESS_OK;
}

static int ports_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    *value = 0;
    memcpy(value, ((struct tester *)dev)->ports + offset, size);
    return VM_ACCESS_OK;
}

static int ports_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    memcpy(((struct tester *)dev)->ports + offset, &value, size);
    return VM_ACCESS_OK;
}

static int rom_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    static const uint8_t signature[8] = {0x55, 0xaa};

    (void)dev;
    *value = 0;
    if (offset + size <= sizeof(signature))
        memcpy(value, signature + offset, size);
    return VM_ACCESS_OK;
}

static int rom_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    (void)dev, (void)offset, (void)size, (void)value;
    return VM_ACCESS_OK;
}

static void bar_moved(struct vm_pci *p, uint32_t bar, int enabled, uint64_t address)
{
    struct tester *t = (struct tester *)p;

    t->moves++;
    if (bar == 2)
        t->bar2 = enabled ? address : UINT64_MAX;
}

static const struct vm_pci_hooks hooks = {.bar_moved = bar_moved};

/* ---- Life ------------------------------------------------------------------------------------ */

static void reset(void *dev, int kind)
{
    struct tester *t = dev;

    (void)kind;
    t->source = t->target = t->length = t->result = 0;
    memset(t->shared, 0, sizeof(t->shared));
    memset(t->ports, 0, sizeof(t->ports));
    vm_pci_reset(&t->pci);
    t->moves = 0;
    t->bar2 = UINT64_MAX;
}

static const struct vm_state_field state_fields[] = {
    VM_PCI_STATE(struct tester, pci),
    VM_STATE(struct tester, source, VM_STATE_U64),
    VM_STATE(struct tester, target, VM_STATE_U64),
    VM_STATE(struct tester, length, VM_STATE_U64),
    VM_STATE(struct tester, result, VM_STATE_U64),
    VM_STATE_ARRAY(struct tester, shared, VM_STATE_U8, SHARED_BYTES),
    VM_STATE_ARRAY(struct tester, ports, VM_STATE_U8, PORT_BYTES),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int state_loaded(void *dev, struct vm_error *err)
{
    return vm_pci_loaded(&((struct tester *)dev)->pci, err);
}

static const struct {
    uint32_t index, flags;
    uint64_t length;
    const char *name;
    struct vm_region_ops ops;
} bars[] = {
    {0,
     0,
     4096,
     "regs",
     {.size = sizeof(struct vm_region_ops), .read = regs_read, .write = regs_write}},
    {2,
     VM_PCI_BAR_64 | VM_PCI_BAR_PREFETCH,
     SHARED_BYTES,
     "shared",
     {.size = sizeof(struct vm_region_ops), .read = shared_read, .write = shared_write}},
    {4,
     VM_PCI_BAR_IO,
     PORT_BYTES,
     "ports",
     {.size = sizeof(struct vm_region_ops), .read = ports_read, .write = ports_write}},
    {VM_PCI_ROM,
     0,
     2048,
     "rom",
     {.size = sizeof(struct vm_region_ops), .read = rom_read, .write = rom_write}},
};

static int add_bars(struct tester *t, struct vm_error *err)
{
    for (size_t i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
        struct vm_region region = {
            .size = sizeof(struct vm_region),
            .name = bars[i].name,
            .length = bars[i].length,
            .ops = &bars[i].ops,
        };
        if (bars[i].index == 0) {
            region.valid_min = region.valid_max = region.impl_min = region.impl_max = 8;
        }
        if (vm_pci_add_bar(&t->pci, bars[i].index, bars[i].flags, &region, err) < 0)
            return -1;
    }
    return 0;
}

static int wire(struct tester *t, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                const struct vm_props *props, struct vm_error *err)
{
    const struct vm_pci_info info = {
        .vendor = 0x1234,
        .device = 0x7e57,
        .subsystem_vendor = 0x1234,
        .subsystem = 0x0001,
        .class_code = 0xff0000,
        .revision = 2,
        .has_intx = 1,
        .hooks = &hooks,
    };
    uint32_t msi = (uint32_t)host->base->prop_uint(props, "msi");
    uint32_t msix = (uint32_t)host->base->prop_uint(props, "msix");

    if (vm_pci_init(&t->pci, host, ctx, &info, err) < 0 || add_bars(t, err) < 0 ||
        vm_pci_add_power(&t->pci, err) < 0 ||
        (host->base->prop_uint(props, "express") && vm_pci_add_express(&t->pci, 0, err) < 0) ||
        (msi && vm_pci_add_msi(&t->pci, msi, err) < 0) ||
        (msix && vm_pci_add_msix(&t->pci, msix, 1, err) < 0))
        return -1;
    return vm_pci_attach(&t->pci, err);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct tester *t = calloc(1, sizeof(*t));

    if (!t) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    t->bar2 = UINT64_MAX;
    if (wire(t, host, ctx, props, err) < 0) {
        free(t);
        return NULL;
    }
    return t;
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
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "msi",
     .default_value = "4",
     .max = VM_PCI_MAX_MSI,
     .help = "MSI vectors"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "msix",
     .default_value = "8",
     .max = VM_PCI_MAX_MSIX,
     .help = "MSI-X vectors"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "express",
     .default_value = "yes",
     .help = "has a PCI Express capability"},
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-pci-test", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "PCI function for tests",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

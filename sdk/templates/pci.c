/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev-sample.c - a PCI device for vmrun: copies the guest's memory by itself, and interrupts by
 * MSI-X, MSI or INTA when it has.
 *
 * Registers in BAR 0:
 *     0x00 SOURCE   64 bits
 *     0x08 TARGET   64 bits
 *     0x10 LENGTH   write: copies so many bytes, at most 64 KiB
 *     0x14 STATUS   read: 0 nothing done yet, 1 copied, 2 it could not; write: lowers INTA
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/pci.h>

enum {
    REG_SOURCE = 0x00,
    REG_TARGET = 0x08,
    REG_LENGTH = 0x10,
    REG_STATUS = 0x14,
    REGION_BYTES = 0x1000,
    MAX_LENGTH = 0x10000,
};

enum { NOTHING = 0, COPIED = 1, FAILED = 2 };

struct sample {
    struct vm_pci pci; /* first */
    uint64_t source, target;
    uint32_t length, status;
};

/* ---- What it does ---------------------------------------------------------------------------- */

/* Nothing of it is done where the guest has not allowed DMA, or something is no memory. */
static uint32_t copy(struct sample *s)
{
    const struct vm_device_host *host = s->pci.host;
    uint8_t bytes[4096];

    if (!vm_pci_is_master(&s->pci) || s->length > MAX_LENGTH)
        return FAILED;
    for (uint32_t at = 0; at < s->length; at += sizeof(bytes)) {
        uint64_t n = s->length - at < sizeof(bytes) ? s->length - at : sizeof(bytes);

        if (host->dma_read(s->pci.ctx, s->source + at, bytes, n) != VM_ACCESS_OK ||
            host->dma_write(s->pci.ctx, s->target + at, bytes, n) != VM_ACCESS_OK)
            return FAILED;
    }
    return COPIED;
}

/* ---- Registers: 4 bytes at a time; the host splits an access of 8 -----------------------------
 */

static void set_half(uint64_t *whole, int high, uint64_t value)
{
    *whole = high ? (*whole & UINT32_MAX) | value << 32 : (*whole & ~(uint64_t)UINT32_MAX) | value;
}

static int reg_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct sample *s = dev;
    const uint64_t words[] = {s->source & UINT32_MAX, s->source >> 32, s->target & UINT32_MAX,
                              s->target >> 32,        s->length,       s->status};

    (void)size;
    *value = offset / 4 < sizeof(words) / sizeof(words[0]) ? words[offset / 4] : 0;
    return VM_ACCESS_OK;
}

static int reg_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct sample *s = dev;

    (void)size;
    switch (offset) {
    case REG_SOURCE:
    case REG_SOURCE + 4:
        set_half(&s->source, offset != REG_SOURCE, value);
        break;
    case REG_TARGET:
    case REG_TARGET + 4:
        set_half(&s->target, offset != REG_TARGET, value);
        break;
    case REG_LENGTH:
        s->length = (uint32_t)value;
        s->status = copy(s);
        vm_pci_raise(&s->pci, 0);
        break;
    case REG_STATUS:
        vm_pci_lower(&s->pci);
        break;
    default:
        break;
    }
    return VM_ACCESS_OK;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void reset(void *dev, int kind)
{
    struct sample *s = dev;

    (void)kind;
    vm_pci_reset(&s->pci);
    s->source = s->target = 0;
    s->length = 0;
    s->status = NOTHING;
}

static int wire(struct sample *s, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                uint32_t vectors, struct vm_error *err)
{
    static const struct vm_region_ops ops = {
        .size = sizeof(struct vm_region_ops), .read = reg_read, .write = reg_write};
    static const struct vm_region region = {.size = sizeof(struct vm_region),
                                            .name = "regs",
                                            .length = REGION_BYTES,
                                            .ops = &ops,
                                            .valid_min = 4,
                                            .valid_max = 8,
                                            .impl_min = 4,
                                            .impl_max = 4};
    static const struct vm_pci_info info = {
        .vendor = 0x1234, /* yours */
        .device = 0x0001,
        .class_code = 0xff0000, /* none of those that there are */
        .revision = 1,
        .has_intx = 1,
    };

    if (vm_pci_init(&s->pci, host, ctx, &info, err) < 0 ||
        vm_pci_add_bar(&s->pci, 0, 0, &region, err) < 0 ||
        vm_pci_add_express(&s->pci, 0, err) < 0 || vm_pci_add_msi(&s->pci, 1, err) < 0 ||
        vm_pci_add_msix(&s->pci, vectors, 1, err) < 0)
        return -1;
    return vm_pci_attach(&s->pci, err);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct sample *s = calloc(1, sizeof(*s));

    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (wire(s, host, ctx, (uint32_t)host->base->prop_uint(props, "vectors"), err) < 0) {
        free(s);
        return NULL;
    }
    return s;
}

/* ---- Saved state: never trust it --------------------------------------------------------------
 */

static const struct vm_state_field fields[] = {
    VM_PCI_STATE(struct sample, pci),
    VM_STATE(struct sample, source, VM_STATE_U64),
    VM_STATE(struct sample, target, VM_STATE_U64),
    VM_STATE(struct sample, length, VM_STATE_U32),
    VM_STATE(struct sample, status, VM_STATE_U32),
};

static const struct vm_state_table state = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = fields,
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int state_loaded(void *dev, struct vm_error *err)
{
    struct sample *s = dev;

    if (s->status > FAILED)
        return vm_error_set(err, "a status that the device never has");
    return vm_pci_loaded(&s->pci, err);
}

/* ---- The plugin ------------------------------------------------------------------------------ */

static const void *get_interface(const char *id)
{
    static const struct vm_device_ops ops = {.size = sizeof(struct vm_device_ops),
                                             .create = create,
                                             .destroy = free,
                                             .reset = reset,
                                             .state = &state,
                                             .state_loaded = state_loaded};

    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "vectors",
     .default_value = "1",
     .min = 1,
     .max = VM_PCI_MAX_MSIX,
     .help = "MSI-X vectors"},
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-sample", .version = "0.1", .licence = "BSD-2-Clause",
          .summary = "PCI device that copies memory", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * copier.c - dev-copier: a PCI function that copies guest memory by itself (bus mastering) and says
 * so by MSI-X, or by INTA where the guest has no use for messages.
 *
 * BAR 0, registers of 32 bits:
 *     0x00 SOURCE, 0x04 its high half      0x08 TARGET, 0x0c its high half
 *     0x10 BYTES   at most 64 KiB
 *     0x14 GO      write: copy now
 *     0x18 STATUS  0 idle, 1 done, 2 bus error, 3 refused; write: back to idle, INTA low
 * BAR 1: the MSI-X table, one vector.
 *
 * 1af4:10f0 to 10ff are for experiments: a device that leaves the laboratory gets IDs of its own.
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/pci.h>

enum { SOURCE = 0x00, TARGET = 0x08, BYTES = 0x10, GO = 0x14, STATUS = 0x18, LENGTH = 0x1000 };

enum status { IDLE = 0, DONE = 1, BUS_ERROR = 2, REFUSED = 3 };

#define MAX_BYTES (64u << 10) /* it is done while a vCPU waits */

struct copier {
    struct vm_pci pci; /* first: the archive gets the instance and takes it for this */
    uint32_t address[4], bytes, status;
};

/* ---- The work ---- */

static enum status copy(struct copier *c)
{
    uint64_t from = c->address[0] | (uint64_t)c->address[1] << 32;
    uint64_t to = c->address[2] | (uint64_t)c->address[3] << 32;
    const struct vm_device_host *host = c->pci.host;
    uint8_t piece[4096];

    if (!vm_pci_is_master(&c->pci) || c->bytes > MAX_BYTES)
        return REFUSED;
    for (uint32_t done = 0, n; done < c->bytes; done += n) {
        n = c->bytes - done < sizeof(piece) ? c->bytes - done : (uint32_t)sizeof(piece);
        if (host->dma_read(c->pci.ctx, from + done, piece, n) != VM_ACCESS_OK ||
            host->dma_write(c->pci.ctx, to + done, piece, n) != VM_ACCESS_OK)
            return BUS_ERROR;
    }
    return DONE;
}

/* ---- Registers ---- */

static int copier_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct copier *c = dev;

    (void)size;
    *value = 0;
    if (offset < BYTES)
        *value = c->address[offset / 4];
    else if (offset == BYTES)
        *value = c->bytes;
    else if (offset == STATUS)
        *value = c->status;
    return VM_ACCESS_OK;
}

static int copier_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct copier *c = dev;

    (void)size;
    if (offset < BYTES) {
        c->address[offset / 4] = (uint32_t)value;
    } else if (offset == BYTES) {
        c->bytes = (uint32_t)value;
    } else if (offset == GO) {
        c->status = copy(c);
        vm_pci_raise(&c->pci, 0); /* a message if the guest wants those, else INTA */
    } else if (offset == STATUS) {
        c->status = IDLE;
        vm_pci_lower(&c->pci);
    }
    return VM_ACCESS_OK;
}

/* ---- Life ---- */

static void copier_reset(void *dev, int kind)
{
    struct copier *c = dev;

    (void)kind;
    vm_pci_reset(&c->pci);
    memset(c->address, 0, sizeof(c->address));
    c->bytes = 0;
    c->status = IDLE;
}

static int declare(struct copier *c, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                   struct vm_error *err)
{
    static const struct vm_region_ops ops = {
        .size = sizeof(ops), .read = copier_read, .write = copier_write};
    static const struct vm_pci_info info = {
        .vendor = 0x1af4, .device = 0x10f0, .class_code = 0x088000, .has_intx = 1};
    const struct vm_region registers = {
        .size = sizeof(registers),
        .name = "regs",
        .length = LENGTH,
        .ops = &ops,
        .valid_min = 4,
        .valid_max = 4,
        .impl_min = 4,
        .impl_max = 4,
    };

    if (vm_pci_init(&c->pci, host, ctx, &info, err) ||
        vm_pci_add_bar(&c->pci, 0, 0, &registers, err) < 0 ||
        vm_pci_add_express(&c->pci, 0, err) < 0 || vm_pci_add_msix(&c->pci, 1, 1, err) < 0)
        return -1;
    return vm_pci_attach(&c->pci, err); /* on the bus that the INI names; the last step */
}

static void *copier_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                           const struct vm_props *props, struct vm_error *err)
{
    struct copier *c = calloc(1, sizeof(*c));

    (void)props;
    if (!c) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (declare(c, host, ctx, err)) {
        free(c);
        return NULL;
    }
    return c;
}

/* ---- Saved state ---- */

static const struct vm_state_field fields[] = {
    VM_PCI_STATE(struct copier, pci),
    VM_STATE_ARRAY(struct copier, address, VM_STATE_U32, 4),
    VM_STATE(struct copier, bytes, VM_STATE_U32),
    VM_STATE(struct copier, status, VM_STATE_U32),
};

static const struct vm_state_table state = {
    .size = sizeof(state),
    .version = 1,
    .fields = fields,
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .field_size = sizeof(fields[0]),
};

static int copier_loaded(void *dev, struct vm_error *err)
{
    struct copier *c = dev;

    if (c->status > REFUSED)
        return vm_error_set(err, "there is no status %u", c->status);
    return vm_pci_loaded(&c->pci, err);
}

static const void *get_interface(const char *id)
{
    static const struct vm_device_ops ops = {
        .size = sizeof(ops),
        .create = copier_create,
        .destroy = free,
        .reset = copier_reset,
        .state = &state,
        .state_loaded = copier_loaded,
    };

    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-copier", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "copies guest memory: a PCI function with DMA and MSI-X",
          .description = "An example of the SDK: give it two addresses and a length.",
          .get_interface = get_interface);

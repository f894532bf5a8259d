/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fwcfg.c - QEMU's firmware configuration device, memory-mapped: what the machine hands to firmware
 * in the guest, as numbered items of bytes.
 *
 * Source: QEMU's specification "QEMU Firmware Configuration (fw_cfg) Device" (docs/specs/fw_cfg).
 * All items are read-only. Registers and the structure of a DMA are big-endian.
 */
#include <stdlib.h>
#include <string.h>
#include "fwcfg.h"

enum fwcfg_register {
    REG_DATA = 0,     /* the selected item's next bytes, in their order in memory */
    REG_SELECTOR = 8, /* 16 bits, write-only */
    REG_DMA = 16,     /* address of a struct of a DMA; writing its lower half starts it */
    LENGTH = 24,
};

#define DMA_SIGNATURE UINT64_C(0x51454d5520434647) /* "QEMU CFG" */

/* Of a DMA's control word. */
#define DMA_ERROR  0x01u
#define DMA_READ   0x02u
#define DMA_SKIP   0x04u
#define DMA_SELECT 0x08u
#define DMA_WRITE  0x10u

#define CHUNK 65536u

static void select_item(struct fwcfg *f, uint16_t item)
{
    f->selector = item;
    f->offset = 0;
}

/* Where the next byte is; it never comes round to the beginning. */
static void advance(struct fwcfg *f, uint64_t n)
{
    f->offset = n < UINT64_MAX - f->offset ? f->offset + n : UINT64_MAX;
}

/* ---- DMA ------------------------------------------------------------------------------------- */

static uint64_t load_big(const uint8_t *p, uint32_t n)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static bool read_to_guest(struct fwcfg *f, uint64_t address, uint64_t n)
{
    uint8_t *chunk = malloc(CHUNK);
    bool good = chunk != NULL;

    while (good && n > 0) {
        uint64_t part = n < CHUNK ? n : CHUNK;
        good = items_read(f, f->selector, f->offset, chunk, part) &&
               f->host->dma_write(f->ctx, address, chunk, part) == VM_ACCESS_OK;
        advance(f, part);
        address += part;
        n -= part;
    }
    free(chunk);
    return good;
}

/* The control word is written back when all is done: 0, or the error. */
static void dma(struct fwcfg *f, uint64_t at)
{
    uint8_t order[16], result[4] = {0};

    if (f->host->dma_read(f->ctx, at, order, sizeof(order)) != VM_ACCESS_OK)
        return;
    uint32_t control = (uint32_t)load_big(order, 4);
    uint64_t length = load_big(order + 4, 4), address = load_big(order + 8, 8);

    if (control & DMA_SELECT)
        select_item(f, (uint16_t)(control >> 16));
    if (control & DMA_READ)
        result[3] = read_to_guest(f, address, length) ? 0 : DMA_ERROR;
    else if (control & DMA_WRITE)
        result[3] = DMA_ERROR;
    else if (control & DMA_SKIP)
        advance(f, length);
    f->host->dma_write(f->ctx, at, result, sizeof(result));
}

/* ---- Registers ------------------------------------------------------------------------------- */

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct fwcfg *f = dev;
    uint8_t bytes[8];

    if (offset < REG_SELECTOR) {
        items_read(f, f->selector, f->offset, bytes, size);
        advance(f, size);
        *value = load_big(bytes, size);
    } else if (offset >= REG_DMA) {
        *value = DMA_SIGNATURE >> (64 - 8 * (offset - REG_DMA + size));
        *value &= UINT64_MAX >> (64 - 8 * size);
    } else {
        *value = 0;
    }
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct fwcfg *f = dev;

    if (offset == REG_SELECTOR && size == 2) {
        select_item(f, (uint16_t)value);
    } else if (offset == REG_DMA && size == 4) {
        f->dma_high = (uint32_t)value;
    } else if (offset == REG_DMA + 4 && size == 4) {
        uint64_t at = (uint64_t)f->dma_high << 32 | (uint32_t)value;
        f->dma_high = 0;
        dma(f, at);
    } else if (offset == REG_DMA && size == 8) {
        f->dma_high = 0;
        dma(f, value);
    }
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Reset and saved state ------------------------------------------------------------------- */

static void reset(void *dev, int kind)
{
    struct fwcfg *f = dev;

    (void)kind;
    select_item(f, 0);
    f->dma_high = 0;
}

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct fwcfg, selector, VM_STATE_U16),
    VM_STATE(struct fwcfg, offset, VM_STATE_U64),
    VM_STATE(struct fwcfg, dma_high, VM_STATE_U32),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

/* ---- Making one ------------------------------------------------------------------------------ */

static void destroy(void *dev)
{
    items_free(dev);
    free(dev);
}

/* What the user has put there comes before what is made here. */
static int add_files(struct fwcfg *f, const struct vm_props *props, struct vm_error *err)
{
    const char *folder = f->host->base->prop_string(props, "files");

    if (folder && folder_add(f, folder, err))
        return vm_error_prefix(err, "files");
    return smbios_add(f, props, err);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = LENGTH,
        .ops = &region_ops,
        .byte_order = VM_BIG_ENDIAN,
    };
    struct fwcfg *f = calloc(1, sizeof(*f));

    if (!f) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    f->host = host;
    f->ctx = ctx;
    f->boot = host->base->get_interface(VM_HOST_BOOT_FILES);
    if (host->add_region(ctx, &region, err) < 0 || add_files(f, props, err) || items_make(f, err)) {
        destroy(f);
        return NULL;
    }
    return f;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .state = &state_table,
};

/* Binding: Documentation/devicetree/bindings/firmware/qemu,fw-cfg-mmio.yaml of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    (void)dev, (void)err;
    fdt->string(node, "compatible", "qemu,fw-cfg-mmio");
    fdt->empty(node, "dma-coherent");
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "fw-cfg",
    .describe = describe,
};

#define TEXT(key, text_default, text_help)                                            \
    {                                                                                 \
        .size = sizeof(struct vm_property), .type = VM_PROP_STRING, .name = (key),    \
        .default_value = (text_default), .help = "SMBIOS, of the system: " text_help, \
    }

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "files",
     .help = "a folder: the files below it are there for firmware, under their paths in it, as "
             "opt/org.example/config or bootorder"},
    TEXT("manufacturer", "vmrun", "who made it"),
    TEXT("product", "virtual machine", "what it is called"),
    TEXT("version", NULL, "its version"),
    TEXT("serial", NULL, "its serial number"),
    TEXT("uuid", NULL, "its UUID"),
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-fwcfg", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "hands kernel, initrd, command line and files to firmware (QEMU's fw_cfg)",
          .description = "Firmware such as AAVMF reads here what the [boot] section names beside "
                         "it: kernel, initrd and command line; tables with what the machine is "
                         "called (SMBIOS); and what files the user has for it. All by registers "
                         "or by DMA.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

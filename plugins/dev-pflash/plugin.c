/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - NOR flash as the machine sees it: its region, its properties, its state. */
#include <stdlib.h>
#include <string.h>

#include "pflash.h"

/* ---- Accesses -------------------------------------------------------------------------------- */

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    *value = chips_read(dev, offset, size);
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    chips_write(dev, offset, size, (uint32_t)value);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Saved state ----------------------------------------------------------------------------- */

static const struct vm_state_field state_fields[] = {
    VM_STATE_ARRAY(struct pflash, mode, VM_STATE_U8, CHIPS),
    VM_STATE_ARRAY(struct pflash, step, VM_STATE_U8, CHIPS),
    VM_STATE_ARRAY(struct pflash, status, VM_STATE_U8, CHIPS),
    VM_STATE_ARRAY(struct pflash, locks, VM_STATE_U8, CHIPS *MAX_BLOCKS),
    VM_STATE_ARRAY(struct pflash, start, VM_STATE_U32, CHIPS),
    VM_STATE_ARRAY(struct pflash, expected, VM_STATE_U8, CHIPS),
    VM_STATE_ARRAY(struct pflash, given, VM_STATE_U8, CHIPS),
    VM_STATE_ARRAY(struct pflash, buffer, VM_STATE_U16, CHIPS *BUFFER_WORDS),
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
    return chips_check(dev, err);
}

/* Contents stay, as they do without power. */
static void reset(void *dev, int kind)
{
    (void)kind;
    chips_reset(dev);
}

/* ---- Making one ------------------------------------------------------------------------------ */

static int wire(struct pflash *f, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "flash",
        .length = f->size,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 1,
        .valid_max = 8,
        .impl_min = 2,
        .impl_max = 4,
        .memory = 1,
    };

    if (!VM_HAS(f->host, region_memory))
        return vm_error_set(err, "this vmrun is too old for regions with memory");
    f->region = f->host->add_region(f->ctx, &region, err);
    if (f->region < 0)
        return -1;
    f->memory = f->host->region_memory(f->ctx, (uint32_t)f->region);
    return 0;
}

static int configure(struct pflash *f, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *base = f->host->base;
    const char *file = base->prop_string(props, "file"),
               *template = base->prop_string(props, "template");

    f->size = base->prop_uint(props, "size");
    f->readonly = base->prop_uint(props, "readonly");
    if (f->size & (f->size - 1))
        return vm_error_set(err, "size: %llu is no power of two, as the sizes of chips are",
                            (unsigned long long)f->size);
    if (template && !file)
        return vm_error_set(err, "template: there is no file to make from it");
    if (wire(f, err))
        return -1;
    if (store_open(f, file, template, err))
        return vm_error_prefix(err, "file");
    chips_reset(f);
    return 0;
}

static void destroy(void *dev)
{
    struct pflash *f = dev;

    store_close(f);
    free(f);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct pflash *f = calloc(1, sizeof(*f));

    if (!f) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    f->host = host;
    f->ctx = ctx;
    f->fd = -1;
    if (configure(f, props, err) < 0) {
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
    .state_loaded = state_loaded,
};

/* Binding: Documentation/devicetree/bindings/mtd/mtd-physmap.yaml of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    const uint32_t bank_width = 4;

    (void)dev, (void)err;
    fdt->string(node, "compatible", "cfi-flash");
    fdt->u32(node, "bank-width", &bank_width, 1);
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "flash",
    .describe = describe,
};

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "file",
     .help = "keeps the contents; without it they go with the machine"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "template",
     .help = "what `file` is made from, when the guest first programs the flash, if it does not "
             "exist; padded as erased flash"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "size",
     .unit = "bytes",
     .default_value = "64M",
     .min = MIN_BYTES,
     .max = MAX_BYTES,
     .help = "of the bank, a power of two; a read-only file may be shorter"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "readonly",
     .default_value = "no",
     .help = "programming and erasing fail, and the file is not written"},
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-pflash", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "CFI NOR flash (Intel command set), kept in a file",
          .description =
              "A bank of two 16-bit chips on a 32-bit bus, in blocks of 256 KiB. The guest reads "
              "and runs what is in it like ROM, and programs, erases and locks blocks by commands. "
              "What it has programmed is in the file at once, and on the host's disk soon. A "
              "read-only bank without a file is for the firmware that boot.firmware names.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

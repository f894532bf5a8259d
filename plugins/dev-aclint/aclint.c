/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aclint.c - the RISC-V timer and inter-processor interrupt device of all harts.
 *
 * Source: RISC-V Advanced Core Local Interruptor Specification 1.0-rc4 ("spec" below): an MSWI and
 * an MTIMER device laid out as in SiFive's CLINT, which that specification's section 1.1 describes.
 * mtime is the machine's counter itself, so that the time CSR of the harts agrees with it.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/device.h>

enum aclint_layout {
    ACLINT_MSIP =
        0x0, /* spec 3.2: 32 bits a hart, bit 0 is the hart's machine software interrupt */
    ACLINT_MTIMECMP = 0x4000, /* spec 2.3: 64 bits a hart */
    ACLINT_MTIME = 0xbff8,    /* spec 2.2: 64 bits */
    ACLINT_LENGTH = 0x10000
};

#define ACLINT_MAX_HARTS 4095 /* spec 2 and 3 */

struct aclint;

/* One hart's share. */
struct aclint_hart {
    struct aclint *device;
    uint32_t index;
    int soft_line, timer_line;
    struct vm_timer *timer;
};

struct aclint {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    uint32_t n_harts;
    struct aclint_hart *harts;

    /* Saved state; mtime is the machine's. */
    uint8_t msip[ACLINT_MAX_HARTS];
    uint64_t mtimecmp[ACLINT_MAX_HARTS];
};

/* ---- Interrupts ------------------------------------------------------------------------------ */

/* Spec 2.3: the line is high while mtime >= mtimecmp; until then the host's timer waits for that.
 */
static void update_timer(struct aclint_hart *hart)
{
    struct aclint *a = hart->device;
    const struct vm_device_host *host = a->host;
    uint64_t compare = a->mtimecmp[hart->index];
    int due = host->counter_read(a->ctx) >= compare;

    host->timer_arm(hart->timer, due ? INT64_MAX : host->counter_deadline(a->ctx, compare));
    host->set_cpu_line(a->ctx, hart->timer_line, due);
}

static void timer_fired(void *opaque)
{
    update_timer(opaque);
}

static void update_soft(struct aclint_hart *hart)
{
    hart->device->host->set_cpu_line(hart->device->ctx, hart->soft_line,
                                     hart->device->msip[hart->index]);
}

/* ---- Registers ------------------------------------------------------------------------------- */

/* The 32-bit register at `offset`. Registers of harts that are not there, and gaps, read as zero.
 */
static uint32_t word_read(struct aclint *a, uint64_t offset)
{
    uint64_t value = 0;

    if (offset < ACLINT_MTIMECMP) {
        uint64_t hart = offset / 4;

        return hart < a->n_harts ? a->msip[hart] : 0;
    }
    if (offset >= ACLINT_MTIME) {
        if (offset < ACLINT_MTIME + 8)
            value = a->host->counter_read(a->ctx);
    } else {
        uint64_t hart = (offset - ACLINT_MTIMECMP) / 8;

        if (hart < a->n_harts)
            value = a->mtimecmp[hart];
    }
    return (uint32_t)(offset & 4 ? value >> 32 : value);
}

static void msip_write(struct aclint *a, uint64_t offset, uint32_t value)
{
    uint64_t hart = offset / 4;

    if (hart < a->n_harts) {
        a->msip[hart] = value & 1;
        update_soft(&a->harts[hart]);
    }
}

/* Writes the bits of `mask` of the 64-bit timer register at `offset` (a multiple of 8). */
static void timer_write(struct aclint *a, uint64_t offset, uint64_t mask, uint64_t value)
{
    uint64_t hart = (offset - ACLINT_MTIMECMP) / 8;

    if (offset == ACLINT_MTIME) {
        a->host->counter_write(a->ctx, (a->host->counter_read(a->ctx) & ~mask) | (value & mask));
        for (uint32_t h = 0; h < a->n_harts; h++)
            update_timer(&a->harts[h]);
    } else if (hart < a->n_harts) {
        a->mtimecmp[hart] = (a->mtimecmp[hart] & ~mask) | (value & mask);
        update_timer(&a->harts[hart]);
    }
}

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct aclint *a = dev;

    if (size == 8 && offset == ACLINT_MTIME)
        *value = a->host->counter_read(a->ctx); /* in one piece */
    else if (size == 8)
        *value = word_read(a, offset) | (uint64_t)word_read(a, offset + 4) << 32;
    else
        *value = word_read(a, offset);
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct aclint *a = dev;

    if (offset < ACLINT_MTIMECMP) {
        msip_write(a, offset, (uint32_t)value);
        if (size == 8)
            msip_write(a, offset + 4, (uint32_t)(value >> 32));
    } else if (size == 8) {
        timer_write(a, offset, UINT64_MAX, value);
    } else if (offset & 4) {
        timer_write(a, offset - 4, 0xffffffff00000000u, value << 32);
    } else {
        timer_write(a, offset, 0xffffffffu, value);
    }
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Reset and saved state ------------------------------------------------------------------- */

/* Spec 2.2 and 3.2: mtime and msip are cleared. mtimecmp is left undefined there; all ones keeps
 * the line low. */
static void reset(void *dev, int kind)
{
    struct aclint *a = dev;

    (void)kind;
    a->host->counter_write(a->ctx, 0);
    for (uint32_t h = 0; h < a->n_harts; h++) {
        a->msip[h] = 0;
        a->mtimecmp[h] = UINT64_MAX;
        update_soft(&a->harts[h]);
        update_timer(&a->harts[h]);
    }
}

static const struct vm_state_field state_fields[] = {
    VM_STATE_ARRAY(struct aclint, msip, VM_STATE_U8, ACLINT_MAX_HARTS),
    VM_STATE_ARRAY(struct aclint, mtimecmp, VM_STATE_U64, ACLINT_MAX_HARTS),
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
    struct aclint *a = dev;

    for (uint32_t h = 0; h < ACLINT_MAX_HARTS; h++) {
        if (a->msip[h] > (h < a->n_harts))
            return vm_error_set(err, "saved ACLINT state: msip of hart %u cannot be %u", h,
                                a->msip[h]);
    }
    for (uint32_t h = 0; h < a->n_harts; h++) {
        update_soft(&a->harts[h]);
        update_timer(&a->harts[h]);
    }
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

/* The claims in this order become interrupts-extended, which the binding wants as (software, timer)
 * for each hart. */
static int wire_hart(struct aclint_hart *hart, struct vm_error *err)
{
    struct aclint *a = hart->device;
    const struct vm_device_host *host = a->host;

    hart->soft_line = host->claim_cpu_line(a->ctx, hart->index, "m-soft", err);
    if (hart->soft_line < 0)
        return -1;
    hart->timer_line = host->claim_cpu_line(a->ctx, hart->index, "m-timer", err);
    if (hart->timer_line < 0)
        return -1;
    hart->timer = host->timer_new(a->ctx, timer_fired, hart);
    return hart->timer ? 0 : vm_error_set(err, "no timer could be made");
}

static int wire(struct aclint *a, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = ACLINT_LENGTH,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 4,
        .valid_max = 8,
        .impl_min = 4,
        .impl_max = 8,
    };

    if (a->n_harts > ACLINT_MAX_HARTS)
        return vm_error_set(err, "an ACLINT serves at most %d vCPUs, not %u", ACLINT_MAX_HARTS,
                            a->n_harts);
    if (a->host->add_region(a->ctx, &region, err) < 0)
        return -1;
    a->harts = calloc(a->n_harts ? a->n_harts : 1, sizeof(*a->harts));
    if (!a->harts)
        return vm_error_set(err, "out of memory");
    for (uint32_t h = 0; h < a->n_harts; h++) {
        a->harts[h].device = a;
        a->harts[h].index = h;
        a->mtimecmp[h] = UINT64_MAX;
        if (wire_hart(&a->harts[h], err) < 0)
            return -1;
    }
    return 0;
}

static void destroy(void *dev)
{
    struct aclint *a = dev;

    free(a->harts);
    free(a);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct aclint *a = calloc(1, sizeof(*a));

    (void)props;
    if (!a) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    a->host = host;
    a->ctx = ctx;
    a->n_harts = host->cpu_count(ctx);
    if (wire(a, err) < 0) {
        destroy(a);
        return NULL;
    }
    return a;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
};

/* Binding: Documentation/devicetree/bindings/timer/sifive,clint.yaml of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    static const char *const compatible[] = {"sifive,clint0", "riscv,clint0"};

    (void)dev;
    (void)err;
    fdt->strings(node, "compatible", compatible, 2);
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "clint",
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-aclint", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "RISC-V timer and inter-processor interrupts (ACLINT, CLINT layout)",
          .description = "One instance serves all vCPUs: a machine software interrupt and a "
                         "machine timer for each, "
                         "and mtime, which is the machine's counter. Its registers lie as in "
                         "SiFive's CLINT, which "
                         "is what the device tree calls it.",
          .get_interface = get_interface);

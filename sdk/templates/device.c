/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev-sample.c - a device for vmrun: a timer that interrupts.
 *
 * Registers, 32 bits each:
 *     0x00 PERIOD   write: starts it, to interrupt each so many microseconds; 0: stops it
 *     0x04 STATUS   read: 1 if it has interrupted; write: takes the interrupt away
 *     0x08 COUNT    read: how often it has
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/device.h>

enum { REG_PERIOD = 0x00, REG_STATUS = 0x04, REG_COUNT = 0x08, REGION_BYTES = 0x1000 };

struct sample {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_timer *timer;
    int64_t grain; /* nanoseconds in one unit of PERIOD */
    /* Saved state. */
    int64_t deadline; /* INT64_MAX: not running */
    uint32_t period, status, count;
};

/* ---- What it does ---------------------------------------------------------------------------- */

static void set_status(struct sample *s, uint32_t status)
{
    s->status = status;
    s->host->set_irq(s->ctx, 0, (int)status);
}

static void start(struct sample *s)
{
    s->deadline = INT64_MAX;
    if (s->period)
        s->deadline = s->host->clock_ns(s->ctx) + (int64_t)s->period * s->grain;
    s->host->timer_arm(s->timer, s->deadline);
}

static void fired(void *opaque)
{
    struct sample *s = opaque;

    s->count++;
    set_status(s, 1);
    start(s);
}

/* ---- Registers: the host lets through what the region below says, and nothing else ----------- */

static int reg_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct sample *s = dev;

    (void)size;
    *value = offset == REG_PERIOD   ? s->period
             : offset == REG_STATUS ? s->status
             : offset == REG_COUNT  ? s->count
                                    : 0;
    return VM_ACCESS_OK;
}

static int reg_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct sample *s = dev;

    (void)size;
    if (offset == REG_PERIOD) {
        s->period = (uint32_t)value;
        start(s);
    } else if (offset == REG_STATUS) {
        set_status(s, 0);
    }
    return VM_ACCESS_OK;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void reset(void *dev, int kind)
{
    struct sample *s = dev;

    (void)kind;
    s->period = s->count = 0;
    start(s);
    set_status(s, 0);
}

static int wire(struct sample *s, struct vm_error *err)
{
    static const struct vm_region_ops ops = {
        .size = sizeof(struct vm_region_ops), .read = reg_read, .write = reg_write};
    static const struct vm_region region = {.size = sizeof(struct vm_region),
                                            .kind = VM_REGION_MMIO,
                                            .name = "regs",
                                            .length = REGION_BYTES,
                                            .ops = &ops,
                                            .valid_min = 4,
                                            .valid_max = 4,
                                            .impl_min = 4,
                                            .impl_max = 4};

    if (s->host->add_region(s->ctx, &region, err) < 0 ||
        s->host->add_irq_outputs(s->ctx, 1, err) < 0)
        return -1;
    s->timer = s->host->timer_new(s->ctx, fired, s);
    return s->timer ? 0 : vm_error_set(err, "there is no memory for a timer");
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct sample *s = calloc(1, sizeof(*s));

    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    s->deadline = INT64_MAX;
    s->grain = (int64_t)host->base->prop_uint(props, "grain");
    if (wire(s, err) < 0) {
        free(s);
        return NULL;
    }
    return s;
}

/* ---- Saved state: never trust it --------------------------------------------------------------
 */

static const struct vm_state_field fields[] = {
    VM_STATE(struct sample, deadline, VM_STATE_U64),
    VM_STATE(struct sample, period, VM_STATE_U32),
    VM_STATE(struct sample, status, VM_STATE_U32),
    VM_STATE(struct sample, count, VM_STATE_U32),
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

    if (s->status > 1 || s->deadline < 0 || (s->deadline != INT64_MAX && s->period == 0))
        return vm_error_set(err, "a state that the device is never in");
    s->host->timer_arm(s->timer, s->deadline);
    set_status(s, s->status);
    return 0;
}

/* ---- Device tree ----------------------------------------------------------------------------- */

static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    (void)dev;
    (void)err;
    fdt->string(node, "compatible", "example,sample");
    return 0;
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
    static const struct vm_device_fdt fdt = {
        .size = sizeof(struct vm_device_fdt), .node_name = "timer", .describe = describe};

    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    return strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0 ? &fdt : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DURATION,
     .name = "grain",
     .default_value = "1us",
     .min = 1,
     .max = 1000000000,
     .help = "the unit of the register PERIOD"},
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-sample", .version = "0.1", .licence = "BSD-2-Clause",
          .summary = "timer that interrupts", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);

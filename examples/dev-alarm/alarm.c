/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alarm.c - dev-alarm: a memory-mapped device with one interrupt and one timer.
 *
 * Three registers of 32 bits:
 *     0x0 PERIOD  how many ticks until it rings
 *     0x4 RUN     write 1: start anew, 0: stop; read: whether it runs
 *     0x8 RANG    whether it rang, which is the level of the interrupt; write: acknowledge
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/device.h>

enum { PERIOD = 0x0, RUN = 0x4, RANG = 0x8, LENGTH = 0x1000 };

struct alarm {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_timer *timer;
    uint64_t tick;    /* ns */
    int64_t deadline; /* on the machine's clock, while it runs */

    /* Saved. */
    uint32_t period;
    uint8_t running, rang;
    uint64_t remaining; /* ns until the deadline, as of saving */
};

static void update_irq(struct alarm *a)
{
    a->host->set_irq(a->ctx, 0, a->rang);
}

static void start(struct alarm *a, uint64_t ns)
{
    a->deadline = a->host->clock_ns(a->ctx) + (int64_t)ns;
    a->running = 1;
    a->host->timer_arm(a->timer, a->deadline);
}

static void stop(struct alarm *a)
{
    a->running = 0;
    a->host->timer_arm(a->timer, INT64_MAX);
}

/* The host has taken the device's lock, as around every callback. */
static void ring(void *opaque)
{
    struct alarm *a = opaque;

    a->running = 0;
    a->rang = 1;
    update_irq(a);
}

/* ---- Registers ---- */

static int alarm_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct alarm *a = dev;

    (void)size; /* 4: the region says so */
    switch (offset) {
    case PERIOD:
        *value = a->period;
        return VM_ACCESS_OK;
    case RUN:
        *value = a->running;
        return VM_ACCESS_OK;
    case RANG:
        *value = a->rang;
        return VM_ACCESS_OK;
    default:
        return VM_ACCESS_ERROR; /* the guest gets what its bus gives where nothing is */
    }
}

static int alarm_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct alarm *a = dev;

    (void)size;
    switch (offset) {
    case PERIOD:
        a->period = (uint32_t)value;
        return VM_ACCESS_OK;
    case RUN:
        if (value & 1)
            start(a, a->period * a->tick);
        else
            stop(a);
        return VM_ACCESS_OK;
    case RANG:
        a->rang = 0;
        update_irq(a);
        return VM_ACCESS_OK;
    default:
        return VM_ACCESS_ERROR;
    }
}

/* ---- Life ---- */

static void alarm_reset(void *dev, int kind)
{
    struct alarm *a = dev;

    (void)kind;
    stop(a);
    a->period = 0;
    a->rang = 0;
    update_irq(a);
}

static int declare(struct alarm *a, struct vm_error *err)
{
    static const struct vm_region_ops ops = {
        .size = sizeof(ops), .read = alarm_read, .write = alarm_write};
    const struct vm_region region = {
        .size = sizeof(region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = LENGTH,
        .ops = &ops,
        .valid_min = 4, /* other sizes are bus errors */
        .valid_max = 4,
        .impl_min = 4,
        .impl_max = 4,
    };

    if (a->host->add_region(a->ctx, &region, err) < 0 ||
        a->host->add_irq_outputs(a->ctx, 1, err) < 0)
        return -1;
    a->timer = a->host->timer_new(a->ctx, ring, a);
    return a->timer ? 0 : vm_error_set(err, "out of memory");
}

static void *alarm_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                          const struct vm_props *props, struct vm_error *err)
{
    struct alarm *a = calloc(1, sizeof(*a));

    if (!a) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    a->host = host;
    a->ctx = ctx;
    a->tick = host->base->prop_uint(props, "tick");
    if (declare(a, err)) {
        free(a);
        return NULL;
    }
    return a;
}

/* ---- Saved state ---- */

static const struct vm_state_field fields[] = {
    VM_STATE(struct alarm, period, VM_STATE_U32),
    VM_STATE(struct alarm, running, VM_STATE_U8),
    VM_STATE(struct alarm, rang, VM_STATE_U8),
    VM_STATE(struct alarm, remaining, VM_STATE_U64),
};

static const struct vm_state_table state = {
    .size = sizeof(state),
    .version = 1,
    .fields = fields,
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .field_size = sizeof(fields[0]),
};

static void alarm_saving(void *dev)
{
    struct alarm *a = dev;
    int64_t now = a->host->clock_ns(a->ctx);

    a->remaining = a->running && a->deadline > now ? (uint64_t)(a->deadline - now) : 0;
}

/* Whoever wrote the file that this comes from may have written anything. */
static int alarm_loaded(void *dev, struct vm_error *err)
{
    struct alarm *a = dev;

    if (a->running > 1 || a->rang > 1 || a->remaining > UINT32_MAX * a->tick)
        return vm_error_set(err, "no alarm was ever in this state");
    if (a->running)
        start(a, a->remaining);
    else
        stop(a);
    update_irq(a);
    return 0;
}

/* ---- What the host asks for ---- */

static int alarm_describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                          struct vm_error *err)
{
    (void)dev;
    (void)err;
    fdt->string(node, "compatible", "vmrun-example,alarm");
    return 0;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DURATION,
     .name = "tick",
     .default_value = "1us",
     .min = 1,
     .max = 1000000000,
     .help = "unit of the PERIOD register"},
};

static const void *get_interface(const char *id)
{
    static const struct vm_device_ops ops = {
        .size = sizeof(ops),
        .create = alarm_create,
        .destroy = free,
        .reset = alarm_reset,
        .state = &state,
        .state_loaded = alarm_loaded,
        .state_saving = alarm_saving,
    };
    static const struct vm_device_fdt fdt = {
        .size = sizeof(fdt), .node_name = "alarm", .describe = alarm_describe};

    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    return strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0 ? &fdt : NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-alarm", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "an alarm clock: one timer, one interrupt",
          .description = "An example of the SDK: rings once, PERIOD ticks after it was started.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtc.c - real-time clock with an alarm: the "goldfish RTC".
 *
 * Source: Android's goldfish virtual hardware description (GOLDFISH-VIRTUAL-HARDWARE.TXT, chapter
 * "Goldfish timer", whose registers the RTC shares). Time is a 64-bit count of ns since 1970-01-01
 * UTC.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/device.h>

/* Each register is 32 bits wide. */
enum rtc_register {
    RTC_TIME_LOW =
        0x00, /* read: low half of the time, keeps the high half for TIME_HIGH; write: sets it */
    RTC_TIME_HIGH = 0x04,    /* read: high half as of the last read of TIME_LOW; write: sets it */
    RTC_ALARM_LOW = 0x08,    /* write: sets the low half of the alarm's time and arms it */
    RTC_ALARM_HIGH = 0x0c,   /* write: sets the high half, to be done first */
    RTC_IRQ_ENABLED = 0x10,  /* bit 0: whether the alarm interrupts */
    RTC_CLEAR_ALARM = 0x14,  /* write: disarms the alarm */
    RTC_ALARM_STATUS = 0x18, /* read: 1 while the alarm is armed */
    RTC_CLEAR_INTERRUPT = 0x1c, /* write: acknowledges the interrupt */
    RTC_LENGTH = 0x1000
};

struct rtc {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_timer *timer;

    /* Saved state. */
    uint64_t offset; /* guest's time less wall clock, modulo 2^64: the guest may set any time */
    uint64_t alarm;
    uint32_t time_high;
    uint8_t armed, irq_pending, irq_enabled;
};

/* ---- Time and alarm -------------------------------------------------------------------------- */

static uint64_t now(const struct rtc *r)
{
    return (uint64_t)r->host->wall_clock_ns(r->ctx) + r->offset;
}

static void update_irq(struct rtc *r)
{
    r->host->set_irq(r->ctx, 0, r->irq_pending && r->irq_enabled);
}

/* Fires the alarm if it is due, else lets the host's timer come back for it: after a jump of the
 * wall clock, too. */
static void check_alarm(struct rtc *r)
{
    uint64_t time = now(r), clock = (uint64_t)r->host->clock_ns(r->ctx),
             deadline = (uint64_t)INT64_MAX;

    if (r->armed && time >= r->alarm) {
        r->armed = 0;
        r->irq_pending = 1;
    } else if (r->armed && r->alarm - time < (uint64_t)INT64_MAX - clock) {
        deadline = clock + (r->alarm - time);
    }
    r->host->timer_arm(r->timer, (int64_t)deadline);
    update_irq(r);
}

static void timer_fired(void *opaque)
{
    check_alarm(opaque);
}

/* ---- Registers ------------------------------------------------------------------------------- */

static uint64_t with_low(uint64_t old, uint64_t value)
{
    return (old & 0xffffffff00000000u) | (value & 0xffffffffu);
}

static uint64_t with_high(uint64_t old, uint64_t value)
{
    return (old & 0xffffffffu) | value << 32;
}

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct rtc *r = dev;
    uint64_t time;

    (void)size;
    switch (offset) {
    case RTC_TIME_LOW:
        time = now(r);
        r->time_high = (uint32_t)(time >> 32);
        *value = (uint32_t)time;
        break;
    case RTC_TIME_HIGH:
        *value = r->time_high;
        break;
    case RTC_ALARM_LOW:
        *value = (uint32_t)r->alarm;
        break;
    case RTC_ALARM_HIGH:
        *value = r->alarm >> 32;
        break;
    case RTC_IRQ_ENABLED:
        *value = r->irq_enabled;
        break;
    case RTC_ALARM_STATUS:
        *value = r->armed;
        break;
    default:
        *value = 0;
        break;
    }
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct rtc *r = dev;
    uint64_t time = now(r);

    (void)size;
    switch (offset) {
    case RTC_TIME_LOW:
        r->offset += with_low(time, value) - time;
        break;
    case RTC_TIME_HIGH:
        r->offset += with_high(time, value) - time;
        break;
    case RTC_ALARM_LOW:
        r->alarm = with_low(r->alarm, value);
        r->armed = 1;
        break;
    case RTC_ALARM_HIGH:
        r->alarm = with_high(r->alarm, value);
        break;
    case RTC_IRQ_ENABLED:
        r->irq_enabled = value & 1;
        break;
    case RTC_CLEAR_ALARM:
        r->armed = 0;
        break;
    case RTC_CLEAR_INTERRUPT:
        r->irq_pending = 0;
        break;
    default:
        break;
    }
    check_alarm(r);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Reset and saved state ------------------------------------------------------------------- */

/* A clock that the guest has set goes on through a reset, as one with a battery does. */
static void reset(void *dev, int kind)
{
    struct rtc *r = dev;

    (void)kind;
    r->alarm = 0;
    r->time_high = 0;
    r->armed = r->irq_pending = r->irq_enabled = 0;
    check_alarm(r);
}

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct rtc, offset, VM_STATE_U64),     VM_STATE(struct rtc, alarm, VM_STATE_U64),
    VM_STATE(struct rtc, time_high, VM_STATE_U32),  VM_STATE(struct rtc, armed, VM_STATE_U8),
    VM_STATE(struct rtc, irq_pending, VM_STATE_U8), VM_STATE(struct rtc, irq_enabled, VM_STATE_U8),
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
    struct rtc *r = dev;

    if (r->armed > 1 || r->irq_pending > 1 || r->irq_enabled > 1)
        return vm_error_set(err, "saved RTC state: a flag is neither 0 nor 1");
    check_alarm(r);
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static int wire(struct rtc *r, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = RTC_LENGTH,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 4,
        .valid_max = 4,
        .impl_min = 4,
        .impl_max = 4,
    };

    if (r->host->add_region(r->ctx, &region, err) < 0 ||
        r->host->add_irq_outputs(r->ctx, 1, err) < 0)
        return -1;
    r->timer = r->host->timer_new(r->ctx, timer_fired, r);
    return r->timer ? 0 : vm_error_set(err, "no timer could be made");
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct rtc *r = calloc(1, sizeof(*r));

    (void)props;
    if (!r) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    r->host = host;
    r->ctx = ctx;
    if (wire(r, err) < 0) {
        free(r);
        return NULL;
    }
    return r;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = free,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
};

/* Binding: Documentation/devicetree/bindings/rtc/google,goldfish-rtc.yaml of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    (void)dev;
    (void)err;
    fdt->string(node, "compatible", "google,goldfish-rtc");
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "rtc",
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-rtc", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "real-time clock with an alarm (goldfish RTC)",
          .description = "Gives the guest the host's wall clock in ns since 1970 (a fixed one in "
                         "deterministic mode), "
                         "which the guest may set for itself, and an alarm that interrupts.",
          .get_interface = get_interface);

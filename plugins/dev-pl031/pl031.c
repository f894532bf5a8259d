/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pl031.c - real-time clock with an alarm: Arm's PL031.
 *
 * Source: Arm PrimeCell Real Time Clock (PL031) r1p3, Technical Reference Manual (DDI 0224C). Time
 * is a 32-bit count of seconds since 1970-01-01 UTC, which begins anew in 2106.
 */
#include <stdlib.h>
#include <string.h>

#include "../dev-common/primecell.h"

/* 3.2; each register is 32 bits wide */
enum pl031_register {
    RTC_DR = 0x00,   /* the time */
    RTC_MR = 0x04,   /* the alarm's time */
    RTC_LR = 0x08,   /* write: sets the time */
    RTC_CR = 0x0c,   /* bit 0: it runs, and cannot be stopped */
    RTC_IMSC = 0x10, /* bit 0: whether the alarm interrupts */
    RTC_RIS = 0x14,
    RTC_MIS = 0x18,
    RTC_ICR = 0x1c, /* write of bit 0: acknowledges the interrupt */
};

#define PL031_PART     0x031u
#define PL031_REVISION 0u
#define SECOND         UINT64_C(1000000000)

struct pl031 {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_timer *timer;

    /* Saved state. */
    uint64_t offset;   /* guest's time less wall clock, in ns modulo 2^64 */
    uint64_t alarm_at; /* when the count will be `match`, as the guest's time in ns */
    uint32_t match, load;
    uint8_t armed, irq_pending, irq_enabled;
};

/* ---- Time and alarm -------------------------------------------------------------------------- */

static uint64_t now(const struct pl031 *r)
{
    return (uint64_t)r->host->wall_clock_ns(r->ctx) + r->offset;
}

static uint32_t count(const struct pl031 *r)
{
    return (uint32_t)(now(r) / SECOND);
}

static void update_irq(struct pl031 *r)
{
    r->host->set_irq(r->ctx, 0, r->irq_pending && r->irq_enabled);
}

/* Fires the alarm if it is due, else lets the host's timer come back for it: after a jump of the
 * wall clock, too. */
static void check_alarm(struct pl031 *r)
{
    uint64_t time = now(r), clock = (uint64_t)r->host->clock_ns(r->ctx),
             deadline = (uint64_t)INT64_MAX;

    if (r->armed && time >= r->alarm_at) {
        r->armed = 0;
        r->irq_pending = 1;
    } else if (r->armed && r->alarm_at - time < (uint64_t)INT64_MAX - clock) {
        deadline = clock + (r->alarm_at - time);
    }
    r->host->timer_arm(r->timer, (int64_t)deadline);
    update_irq(r);
}

static void timer_fired(void *opaque)
{
    check_alarm(opaque);
}

/* From now on, the next time at which the count is `match`: this very second, or later. */
static void arm_alarm(struct pl031 *r)
{
    uint64_t seconds = now(r) / SECOND;

    r->alarm_at = (seconds + (uint32_t)(r->match - (uint32_t)seconds)) * SECOND;
    r->armed = 1;
}

/* ---- Registers ------------------------------------------------------------------------------- */

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct pl031 *r = dev;

    (void)size;
    switch (offset) {
    case RTC_DR:
        *value = count(r);
        break;
    case RTC_MR:
        *value = r->match;
        break;
    case RTC_LR:
        *value = r->load;
        break;
    case RTC_CR:
        *value = 1;
        break;
    case RTC_IMSC:
        *value = r->irq_enabled;
        break;
    case RTC_RIS:
        *value = r->irq_pending;
        break;
    case RTC_MIS:
        *value = r->irq_pending & r->irq_enabled;
        break;
    default:
        *value = primecell_id(PL031_PART, PL031_REVISION, offset);
        break;
    }
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct pl031 *r = dev;

    (void)size;
    switch (offset) {
    case RTC_MR:
        r->match = (uint32_t)value;
        arm_alarm(r);
        break;
    case RTC_LR:
        r->load = (uint32_t)value;
        r->offset += (uint64_t)r->load * SECOND - now(r);
        if (r->armed)
            arm_alarm(r);
        break;
    case RTC_IMSC:
        r->irq_enabled = value & 1;
        break;
    case RTC_ICR:
        r->irq_pending &= (uint8_t)~value;
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
    struct pl031 *r = dev;

    (void)kind;
    r->match = r->load = 0;
    r->alarm_at = 0;
    r->armed = r->irq_pending = r->irq_enabled = 0;
    check_alarm(r);
}

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct pl031, offset, VM_STATE_U64),
    VM_STATE(struct pl031, alarm_at, VM_STATE_U64),
    VM_STATE(struct pl031, match, VM_STATE_U32),
    VM_STATE(struct pl031, load, VM_STATE_U32),
    VM_STATE(struct pl031, armed, VM_STATE_U8),
    VM_STATE(struct pl031, irq_pending, VM_STATE_U8),
    VM_STATE(struct pl031, irq_enabled, VM_STATE_U8),
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
    struct pl031 *r = dev;

    if (r->armed > 1 || r->irq_pending > 1 || r->irq_enabled > 1)
        return vm_error_set(err, "saved PL031 state: a flag is neither 0 nor 1");
    check_alarm(r);
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static int wire(struct pl031 *r, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = PRIMECELL_LENGTH,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 1, /* firmware reads the identification byte by byte */
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
    struct pl031 *r = calloc(1, sizeof(*r));

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

/* Binding: Documentation/devicetree/bindings/rtc/arm,pl031.yaml of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    static const char *const clocks[] = {"apb_pclk"};

    (void)dev;
    (void)err;
    primecell_describe(fdt, node, "arm,pl031", clocks, 1);
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-pl031", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "Arm PL031 real-time clock with an alarm",
          .description = "Gives the guest the host's wall clock in seconds since 1970 (a fixed one "
                         "in deterministic mode), which the guest may set for itself, and an alarm "
                         "that interrupts.",
          .get_interface = get_interface);

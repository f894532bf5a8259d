/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pl061.c - eight general-purpose input and output pins: Arm's PL061, and a power button at one of
 * them.
 *
 * Source: Arm PrimeCell General Purpose Input/Output (PL061), Technical Reference Manual (DDI
 * 0190B). The pins are inputs that other devices may drive; outputs lead nowhere.
 */
#include <stdlib.h>
#include <string.h>

#include "../dev-common/primecell.h"

#define PINS      8
#define ALL       0xffu
#define NO_BUTTON PINS

/* 3.2; GPIODATA takes up all addresses below GPIODIR: bits 9:2 of the address say which pins. */
enum pl061_register {
    GPIO_DIR = 0x400, /* 1: output */
    GPIO_IS = 0x404,  /* 1: level-sensitive */
    GPIO_IBE = 0x408, /* 1: both edges */
    GPIO_IEV = 0x40c, /* 1: rising edge, or high */
    GPIO_IE = 0x410,
    GPIO_RIS = 0x414,
    GPIO_MIS = 0x418,
    GPIO_IC = 0x41c,
    GPIO_AFSEL = 0x420,
};

#define PL061_PART     0x061u
#define PL061_REVISION 0u
#define PRESS_NS       200000000 /* how long a button stays pressed */
#define KEY_POWER      116       /* of Linux' input-event-codes.h */

struct pl061 {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_timer *timer; /* releases the button */
    uint32_t button;        /* its pin, or NO_BUTTON */

    /* Saved state; a bit for each pin. */
    uint8_t data; /* of outputs */
    uint8_t dir, is, ibe, iev, ie, afsel;
    uint8_t latched;     /* edges that were seen */
    uint8_t wires;       /* levels of the inputs */
    uint8_t pressed;     /* the button: 0 or 1 */
    uint64_t release_at; /* virtual time; UINT64_MAX: not pressed */
};

/* ---- Pins and interrupts --------------------------------------------------------------------- */

static uint8_t pins(const struct pl061 *g)
{
    uint32_t in = g->wires | (g->pressed ? 1u << g->button : 0);

    return (uint8_t)((g->data & g->dir) | (in & ~(uint32_t)g->dir));
}

static uint8_t raw_status(const struct pl061 *g)
{
    uint32_t level = ~(uint32_t)(pins(g) ^ g->iev) & g->is;

    return (uint8_t)(level | (g->latched & ~(uint32_t)g->is));
}

static void update_irq(struct pl061 *g)
{
    g->host->set_irq(g->ctx, 0, (raw_status(g) & g->ie) != 0);
}

/* After a change of what comes in; `before`: the pins then. */
static void see_edges(struct pl061 *g, uint8_t before)
{
    uint32_t now = pins(g), changed = (now ^ before) & ~(uint32_t)g->dir & ~(uint32_t)g->is;

    g->latched |= (uint8_t)(changed & (g->ibe | ~(now ^ g->iev)));
    update_irq(g);
}

static void irq_input(void *dev, uint32_t line, int level)
{
    struct pl061 *g = dev;
    uint8_t before = pins(g), bit = (uint8_t)(1u << line);

    g->wires = level ? g->wires | bit : g->wires & (uint8_t)~bit;
    see_edges(g, before);
}

/* ---- The button ------------------------------------------------------------------------------ */

static void arm_timer(struct pl061 *g)
{
    g->host->timer_arm(g->timer, g->release_at > INT64_MAX ? INT64_MAX : (int64_t)g->release_at);
}

static void set_button(struct pl061 *g, int pressed)
{
    uint8_t before = pins(g);

    g->pressed = pressed != 0;
    g->release_at = pressed ? (uint64_t)g->host->clock_ns(g->ctx) + PRESS_NS : UINT64_MAX;
    arm_timer(g);
    see_edges(g, before);
}

static void button_pressed(void *opaque)
{
    set_button(opaque, 1);
}

static void timer_fired(void *opaque)
{
    set_button(opaque, 0);
}

/* ---- Registers ------------------------------------------------------------------------------- */

static uint8_t *plain_register(struct pl061 *g, uint64_t offset)
{
    switch (offset) {
    case GPIO_DIR:
        return &g->dir;
    case GPIO_IS:
        return &g->is;
    case GPIO_IBE:
        return &g->ibe;
    case GPIO_IEV:
        return &g->iev;
    case GPIO_IE:
        return &g->ie;
    case GPIO_AFSEL:
        return &g->afsel;
    default:
        return NULL;
    }
}

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct pl061 *g = dev;
    const uint8_t *reg = plain_register(g, offset);

    (void)size;
    if (offset % 4)
        *value = 0;
    else if (offset < GPIO_DIR)
        *value = pins(g) & (offset >> 2);
    else if (reg)
        *value = *reg;
    else if (offset == GPIO_RIS)
        *value = raw_status(g);
    else if (offset == GPIO_MIS)
        *value = raw_status(g) & g->ie;
    else
        *value = primecell_id(PL061_PART, PL061_REVISION, offset);
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct pl061 *g = dev;
    uint8_t *reg = plain_register(g, offset);

    (void)size;
    if (offset % 4)
        return VM_ACCESS_OK;
    if (offset < GPIO_DIR) {
        uint8_t mask = (uint8_t)(offset >> 2) & g->dir;
        g->data = (uint8_t)((g->data & ~(uint32_t)mask) | (value & mask));
    } else if (reg) {
        *reg = (uint8_t)value;
    } else if (offset == GPIO_IC) {
        g->latched &= (uint8_t)~value;
    }
    update_irq(g);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Reset and saved state ------------------------------------------------------------------- */

/* The wires keep their level; the devices behind them lower it in their own reset. */
static void reset(void *dev, int kind)
{
    struct pl061 *g = dev;

    (void)kind;
    g->data = g->dir = g->is = g->ibe = g->iev = g->ie = g->afsel = g->latched = 0;
    g->pressed = 0;
    g->release_at = UINT64_MAX;
    arm_timer(g);
    update_irq(g);
}

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct pl061, data, VM_STATE_U8),        VM_STATE(struct pl061, dir, VM_STATE_U8),
    VM_STATE(struct pl061, is, VM_STATE_U8),          VM_STATE(struct pl061, ibe, VM_STATE_U8),
    VM_STATE(struct pl061, iev, VM_STATE_U8),         VM_STATE(struct pl061, ie, VM_STATE_U8),
    VM_STATE(struct pl061, afsel, VM_STATE_U8),       VM_STATE(struct pl061, latched, VM_STATE_U8),
    VM_STATE(struct pl061, wires, VM_STATE_U8),       VM_STATE(struct pl061, pressed, VM_STATE_U8),
    VM_STATE(struct pl061, release_at, VM_STATE_U64),
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
    struct pl061 *g = dev;

    if (g->pressed > (g->button != NO_BUTTON) || (g->pressed == 0) != (g->release_at == UINT64_MAX))
        return vm_error_set(err, "saved PL061 state: its power button is in no state");
    arm_timer(g);
    update_irq(g);
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "power-button",
     .max = PINS - 1,
     .help = "the pin at which the machine's power button is; left out, there is none"},
};

static int wire(struct pl061 *g, struct vm_error *err)
{
    const struct vm_device_host *host = g->host;
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = PRIMECELL_LENGTH,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 1,
        .valid_max = 4,
        .impl_min = 1,
        .impl_max = 4,
    };

    if (host->add_region(g->ctx, &region, err) < 0 || host->add_irq_outputs(g->ctx, 1, err) < 0 ||
        host->add_irq_inputs(g->ctx, PINS, err) < 0)
        return -1;
    g->timer = host->timer_new(g->ctx, timer_fired, g);
    if (!g->timer)
        return vm_error_set(err, "no timer could be made");
    if (g->button == NO_BUTTON)
        return 0;
    if (!VM_HAS(host, on_power_button))
        return vm_error_set(err, "power-button: this vmrun is too old and has none");
    return host->on_power_button(g->ctx, button_pressed, g, err);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct pl061 *g = calloc(1, sizeof(*g));

    if (!g) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    g->host = host;
    g->ctx = ctx;
    g->release_at = UINT64_MAX;
    g->button = host->base->prop_given(props, "power-button")
                    ? (uint32_t)host->base->prop_uint(props, "power-button")
                    : NO_BUTTON;
    if (wire(g, err) < 0) {
        free(g);
        return NULL;
    }
    return g;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .flags = VM_DEVICE_INTERRUPT_CONTROLLER,
    .create = create,
    .destroy = free,
    .reset = reset,
    .irq_input = irq_input,
    .state = &state_table,
    .state_loaded = state_loaded,
};

/* Bindings: Documentation/devicetree/bindings/gpio/pl061-gpio.yaml, input/gpio-keys.yaml of the
 * Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    static const char *const clocks[] = {"apb_pclk"};
    const struct pl061 *g = dev;

    (void)err;
    primecell_describe(fdt, node, "arm,pl061", clocks, 1);
    fdt->empty(node, "gpio-controller");
    fdt->u32(node, "#gpio-cells", &(uint32_t){2}, 1);
    if (g->button == NO_BUTTON)
        return 0;
    struct vm_fdt_node *keys = fdt->child(fdt->root(node), "gpio-keys");
    struct vm_fdt_node *key = fdt->child(keys, "poweroff");
    const uint32_t pin[3] = {fdt->phandle(node), g->button, 0 /* active high */};
    fdt->string(keys, "compatible", "gpio-keys");
    fdt->string(key, "label", "power button");
    fdt->u32(key, "linux,code", &(uint32_t){KEY_POWER}, 1);
    fdt->u32(key, "gpios", pin, 3);
    return 0;
}

/* As interrupts, pins are level-sensitive and active high. */
static uint32_t encode_irq(void *dev, uint32_t line, uint32_t cells[4])
{
    (void)dev;
    cells[0] = line;
    cells[1] = 4;
    return 2;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "gpio",
    .describe = describe,
    .encode_irq = encode_irq,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-pl061", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "Arm PL061: eight input and output pins, one of which may be a power button",
          .description = "Other devices may drive its pins, which they name as NAME:0 to NAME:7. "
                         "With `power-button` there is a button at one of them, which signal "
                         "SIGUSR1 to vmrun presses.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

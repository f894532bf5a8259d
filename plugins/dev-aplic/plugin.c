/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - makes an APLIC: properties, wiring, reset, saved state, device tree. */
#include <stdlib.h>
#include <string.h>

#include "aplic.h"

static void irq_input(void *dev, uint32_t line, int level)
{
    aplic_wire(dev, line, level);
}

/* ---- Reset and saved state ------------------------------------------------------------------- */

/* The inputs keep their level; the devices behind them lower it in their own reset, before this one
 * or after it. */
static void reset(void *dev, int kind)
{
    struct aplic *a = dev;

    (void)kind;
    memset(a->enabled, 0, sizeof(a->enabled));
    memset(a->sourcecfg, 0, sizeof(a->sourcecfg));
    memset(a->target, 0, sizeof(a->target));
    memset(a->ip, 0, sizeof(a->ip));
    memset(a->ie, 0, sizeof(a->ie));
    memset(a->genmsi, 0, sizeof(a->genmsi));
    memset(a->msiaddrcfg, 0, sizeof(a->msiaddrcfg));
    memset(a->idelivery, 0, sizeof(a->idelivery));
    memset(a->iforce, 0, sizeof(a->iforce));
    memset(a->ithreshold, 0, sizeof(a->ithreshold));
    aplic_deliver_all(a, APLIC_SUPERVISOR);
    aplic_deliver_all(a, APLIC_MACHINE);
}

static const struct vm_state_field state_fields[] = {
    VM_STATE_ARRAY(struct aplic, input, VM_STATE_U32, APLIC_WORDS),
    VM_STATE_ARRAY(struct aplic, enabled, VM_STATE_U8, APLIC_DOMAINS),
    VM_STATE_ARRAY(struct aplic, sourcecfg, VM_STATE_U16, APLIC_DOMAINS *APLIC_SOURCES),
    VM_STATE_ARRAY(struct aplic, target, VM_STATE_U32, APLIC_DOMAINS *APLIC_SOURCES),
    VM_STATE_ARRAY(struct aplic, ip, VM_STATE_U32, APLIC_DOMAINS *APLIC_WORDS),
    VM_STATE_ARRAY(struct aplic, ie, VM_STATE_U32, APLIC_DOMAINS *APLIC_WORDS),
    VM_STATE_ARRAY(struct aplic, genmsi, VM_STATE_U32, APLIC_DOMAINS),
    VM_STATE_ARRAY(struct aplic, msiaddrcfg, VM_STATE_U32, N_MSIADDRCFG),
    VM_STATE_ARRAY(struct aplic, idelivery, VM_STATE_U8, APLIC_DOMAINS *APLIC_HARTS),
    VM_STATE_ARRAY(struct aplic, iforce, VM_STATE_U8, APLIC_DOMAINS *APLIC_HARTS),
    VM_STATE_ARRAY(struct aplic, ithreshold, VM_STATE_U8, APLIC_DOMAINS *APLIC_HARTS),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int legal_source(const struct aplic *a, enum aplic_domain d, uint32_t source)
{
    uint32_t cfg = a->sourcecfg[d][source], target = a->target[d][source];
    int delegated = d == APLIC_MACHINE && cfg == SOURCECFG_DELEGATED;
    int mode = cfg <= SOURCE_DETACHED || (cfg >= SOURCE_EDGE1 && cfg <= SOURCE_LEVEL0);

    if (!aplic_visible(a, d, source))
        return cfg == 0 && target == 0;
    return (delegated || mode) &&
           target == (aplic_active(a, d, source) ? aplic_legal_target(a, target) : 0);
}

/* Pending and enable bits are those of active sources; a pending level is one at the wire, too. */
static int legal_bits(const struct aplic *a, enum aplic_domain d)
{
    for (uint32_t source = 0; source < APLIC_SOURCES; source++) {
        uint32_t bit = 1u << source % 32, w = source / 32;
        int level =
            a->sourcecfg[d][source] >= SOURCE_LEVEL1 && a->sourcecfg[d][source] <= SOURCE_LEVEL0;
        int pending = (a->ip[d][w] & bit) != 0;

        if (((a->ip[d][w] | a->ie[d][w]) & bit) && !aplic_active(a, d, source))
            return 0;
        if (level && (a->messages ? pending && !aplic_rectified(a, d, source)
                                  : pending != aplic_rectified(a, d, source)))
            return 0;
    }
    return 1;
}

static int legal_harts(const struct aplic *a, enum aplic_domain d)
{
    for (uint32_t hart = 0; hart < APLIC_HARTS; hart++) {
        int here = !a->messages && hart < a->n_harts;

        if (a->idelivery[d][hart] > here || a->iforce[d][hart] > here ||
            (a->ithreshold[d][hart] && !here))
            return 0;
    }
    return 1;
}

static int legal_state(const struct aplic *a)
{
    for (uint32_t w = 0; w < APLIC_WORDS; w++) {
        if (a->input[w] & ~aplic_source_mask(a, w))
            return 0;
    }
    for (uint32_t i = 0; i < N_MSIADDRCFG; i++) {
        if (a->msiaddrcfg[i] != (a->messages ? aplic_legal_msiaddrcfg(i, a->msiaddrcfg[i]) : 0))
            return 0;
    }
    for (int d = 0; d < APLIC_DOMAINS; d++) {
        for (uint32_t source = 0; source < APLIC_SOURCES; source++) {
            if (!legal_source(a, (enum aplic_domain)d, source))
                return 0;
        }
        if (a->enabled[d] > 1 || !legal_bits(a, (enum aplic_domain)d) ||
            !legal_harts(a, (enum aplic_domain)d) ||
            a->genmsi[d] != (a->messages ? aplic_legal_target(a, a->genmsi[d]) : 0))
            return 0;
    }
    return 1;
}

/* A message that could be sent has been: none is sent here. */
static int state_loaded(void *dev, struct vm_error *err)
{
    struct aplic *a = dev;

    if (!legal_state(a))
        return vm_error_set(err,
                            "saved APLIC state: it is not that of an APLIC with %u sources, %u "
                            "harts, and delivery %s",
                            a->sources, a->n_harts, a->messages ? "by messages" : "to the harts");
    for (uint32_t hart = 0; hart < a->n_harts; hart++) {
        aplic_drive(a, APLIC_SUPERVISOR, hart);
        aplic_drive(a, APLIC_MACHINE, hart);
    }
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "sources",
     .default_value = "96",
     .min = 1,
     .max = APLIC_SOURCES - 1,
     .help = "Interrupt inputs; they are numbered from 1"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DEVICE,
     .name = "imsic-m",
     .help = "Where the machine level's interrupts go as messages; without it and imsic-s they go "
             "to the vCPUs directly"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DEVICE,
     .name = "imsic-s",
     .help = "The same of the supervisor level"},
};

static int claim_lines(struct aplic *a, struct vm_error *err)
{
    static const char *const names[] = {[APLIC_SUPERVISOR] = "s-ext", [APLIC_MACHINE] = "m-ext"};

    for (uint32_t hart = 0; hart < a->n_harts; hart++) {
        for (int d = 0; d < APLIC_DOMAINS; d++) {
            a->lines[d][hart] = a->host->claim_cpu_line(a->ctx, hart, names[d], err);
            if (a->lines[d][hart] < 0)
                return -1;
        }
    }
    return 0;
}

static int wire(struct aplic *a, struct vm_error *err)
{
    static const char *const names[] = {
        [APLIC_SUPERVISOR] = "supervisor", [APLIC_MACHINE] = "machine"};

    if (a->n_harts > APLIC_HARTS)
        return vm_error_set(err, "an APLIC serves at most %d vCPUs, not %u", APLIC_HARTS,
                            a->n_harts);
    if (!a->messages && claim_lines(a, err) < 0)
        return -1;
    for (int d = 0; d < APLIC_DOMAINS; d++) {
        struct vm_region region = {
            .size = sizeof(struct vm_region),
            .kind = VM_REGION_MMIO,
            .name = names[d],
            .length = aplic_region_length(a),
            .ops = &aplic_region_ops[d],
            .byte_order = VM_LITTLE_ENDIAN,
            .valid_min = 4,
            .valid_max = 4,
            .impl_min = 4,
            .impl_max = 4,
        };

        if (a->host->add_region(a->ctx, &region, err) < 0)
            return -1;
    }
    return a->host->add_irq_inputs(a->ctx, a->sources + 1, err) < 0 ? -1 : 0;
}

static void destroy(void *dev)
{
    struct aplic *a = dev;

    free(a->imsic[APLIC_SUPERVISOR]);
    free(a->imsic[APLIC_MACHINE]);
    free(a);
}

/* Both IMSICs, or none. */
static int take_imsics(struct aplic *a, const struct vm_props *props, struct vm_error *err)
{
    static const char *const names[] = {
        [APLIC_SUPERVISOR] = "imsic-s", [APLIC_MACHINE] = "imsic-m"};
    const struct vm_host *base = a->host->base;

    a->messages = base->prop_given(props, names[APLIC_MACHINE]) != 0;
    if (a->messages != (base->prop_given(props, names[APLIC_SUPERVISOR]) != 0))
        return vm_error_set(err, "give both imsic-m and imsic-s, or neither: the two levels "
                                 "deliver in the same way");
    if (a->messages && !VM_HAS(a->host, send_message))
        return vm_error_set(err, "this vmrun is too old for an APLIC that sends messages");
    for (int d = 0; a->messages && d < APLIC_DOMAINS; d++) {
        a->imsic[d] = strdup(base->prop_string(props, names[d]));
        if (!a->imsic[d])
            return vm_error_set(err, "out of memory");
    }
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct aplic *a = calloc(1, sizeof(*a));

    if (!a) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    a->host = host;
    a->ctx = ctx;
    a->sources = (uint32_t)host->base->prop_uint(props, "sources");
    a->n_harts = host->cpu_count(ctx);
    if (take_imsics(a, props, err) < 0 || wire(a, err) < 0) {
        destroy(a);
        return NULL;
    }
    return a;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .flags = VM_DEVICE_INTERRUPT_CONTROLLER,
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .irq_input = irq_input,
    .state = &state_table,
    .state_loaded = state_loaded,
};

/* ---- Device tree ----------------------------------------------------------------------------- */

/* Directly delivered interrupts of domain `d`: a line of each hart. */
static int put_lines(const struct aplic *a, enum aplic_domain d, const struct vm_fdt_api *fdt,
                     struct vm_fdt_node *node, struct vm_error *err)
{
    uint32_t *cells = calloc(a->n_harts, 2 * sizeof(*cells));

    if (!cells)
        return vm_error_set(err, "out of memory");
    for (uint32_t hart = 0; hart < a->n_harts; hart++)
        fdt->cpu_line_cells(node, a->lines[d][hart], &cells[2 * hart]);
    fdt->u32(node, "interrupts-extended", cells, 2 * a->n_harts);
    free(cells);
    return 0;
}

/* Binding: Documentation/devicetree/bindings/interrupt-controller/riscv,aplic.yaml of the Linux
 * kernel. */
static int put_domain(const struct aplic *a, enum aplic_domain d, const struct vm_fdt_api *fdt,
                      struct vm_fdt_node *node, struct vm_error *err)
{
    fdt->string(node, "compatible", "riscv,aplic");
    fdt->u32(node, "#interrupt-cells", &(uint32_t){2}, 1);
    fdt->u32(node, "#address-cells", &(uint32_t){0}, 1);
    fdt->empty(node, "interrupt-controller");
    fdt->u32(node, "riscv,num-sources", &a->sources, 1);
    if (!a->messages)
        return put_lines(a, d, fdt, node, err);
    uint32_t imsic = fdt->device_phandle(node, a->imsic[d]);
    if (imsic == 0)
        return vm_error_set(err, "%s: device '%s' is not in the device tree",
                            d == APLIC_MACHINE ? "imsic-m" : "imsic-s", a->imsic[d]);
    fdt->u32(node, "msi-parent", &imsic, 1);
    return 0;
}

static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    struct aplic *a = dev;

    a->phandle = fdt->phandle(node);
    return put_domain(a, APLIC_SUPERVISOR, fdt, node, err);
}

/* The root: firmware hands every source down to the child. */
static int describe_region(void *dev, uint32_t region, const struct vm_fdt_api *fdt,
                           struct vm_fdt_node *node, struct vm_error *err)
{
    const struct aplic *a = dev;
    const uint32_t delegation[] = {a->phandle, 1, a->sources};

    (void)region;
    if (put_domain(a, APLIC_MACHINE, fdt, node, err) < 0)
        return -1;
    fdt->u32(node, "riscv,children", &a->phandle, 1);
    fdt->u32(node, "riscv,delegation", delegation, 3);
    return 0;
}

static uint32_t encode_irq(void *dev, uint32_t line, uint32_t cells[4])
{
    (void)dev;
    cells[0] = line;
    cells[1] = 4; /* level, high */
    return 2;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "interrupt-controller",
    .describe = describe,
    .encode_irq = encode_irq,
    .describe_region = describe_region,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-aplic", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "RISC-V advanced platform-level interrupt controller (APLIC)",
          .description = "Gathers the interrupts of devices, which name its inputs as NAME:1 and "
                         "up, and sends them to two IMSICs as messages, or to the external "
                         "interrupt lines of all vCPUs. It has a domain for the machine level and "
                         "one for the supervisor level; the addresses are given in the order "
                         "supervisor, machine.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

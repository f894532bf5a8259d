/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - makes a GIC: properties, wiring, reset, saved state, device tree. */
#include <stdlib.h>
#include <string.h>

#include "gic.h"

/* PPIs by the vCPU's own output lines, as Arm's Base System Architecture (DEN 0094) numbers them.
 */
static const struct {
    const char *output;
    uint32_t intid;
} ppis[] = {
    {"pmu", 23},   {"gicmaint", 25}, {"cnthp", 26}, {"cntv", 27},
    {"cnthv", 28}, {"cntps", 29},    {"cntp", 30},
};

#define N_PPIS (sizeof(ppis) / sizeof(ppis[0]))

/* ---- Reset ----------------------------------------------------------------------------------- */

static void reset_cpu(struct gic *g, uint32_t cpu)
{
    g->edge[cpu] = 0xffff;
    g->asleep[cpu] = 0; /* awake, as secure firmware leaves it, which UEFI counts on */
    g->pmr[cpu] = g->cpu_groups[cpu] = g->cpu_ctlr[cpu] = 0;
    g->bpr0[cpu] = GIC_MIN_BPR0;
    g->bpr1[cpu] = GIC_MIN_BPR1;
    g->apr[2 * cpu] = g->apr[2 * cpu + 1] = 0;
    g->lpis_enabled[cpu] = 0;
    g->pendbaser[cpu] = 0;
}

/* The inputs keep their level; the devices behind them lower it in their own reset. */
static void reset(void *dev, int kind)
{
    struct gic *g = dev;

    (void)kind;
    g->enabled_groups = 0;
    memset(g->group, 0, sizeof(g->group));
    memset(g->enabled, 0, sizeof(g->enabled));
    memset(g->active, 0, sizeof(g->active));
    memset(g->edge, 0, sizeof(g->edge));
    memset(g->latch, 0, sizeof(g->latch));
    memset(g->priority, 0, sizeof(g->priority));
    memset(g->route, 0, sizeof(g->route));
    memset(g->targets, 0, sizeof(g->targets));
    memset(g->sgi_sources, 0, sizeof(g->sgi_sources));
    for (uint32_t cpu = 0; cpu < g->n_cpus; cpu++)
        reset_cpu(g, cpu);
    g->propbaser = 0;
    memset(g->lpi_config, 0, sizeof(g->lpi_config));
    memset(g->lpi_pending, 0, sizeof(g->lpi_pending));
    gic_lpi_count(g);
    if (g->has_its)
        gic_its_reset(g);
    gic_routes_changed(g);
}

/* ---- Saved state ----------------------------------------------------------------------------- */

#define FIELD(member, type, n) VM_STATE_ARRAY(struct gic, member, VM_STATE_##type, n)

static const struct vm_state_field state_fields[] = {
    FIELD(enabled_groups, U8, 1),
    FIELD(group, U32, GIC_BANKS),
    FIELD(enabled, U32, GIC_BANKS),
    FIELD(active, U32, GIC_BANKS),
    FIELD(edge, U32, GIC_BANKS),
    FIELD(level, U32, GIC_BANKS),
    FIELD(latch, U32, GIC_BANKS),
    FIELD(priority, U8, GIC_BANKS * 32),
    FIELD(route, U64, GIC_SPIS),
    FIELD(targets, U8, GIC_SPIS),
    FIELD(sgi_sources, U8, GIC_CPUS_V2 *GIC_SGIS),
    FIELD(asleep, U8, GIC_CPUS),
    FIELD(pmr, U8, GIC_CPUS),
    FIELD(bpr0, U8, GIC_CPUS),
    FIELD(bpr1, U8, GIC_CPUS),
    FIELD(cpu_groups, U8, GIC_CPUS),
    FIELD(cpu_ctlr, U8, GIC_CPUS),
    FIELD(apr, U32, 2 * GIC_CPUS),
    FIELD(lpis_enabled, U8, GIC_CPUS),
    FIELD(propbaser, U64, 1),
    FIELD(pendbaser, U64, GIC_CPUS),
    FIELD(lpi_config, U8, GIC_LPIS),
    FIELD(lpi_pending, U64, GIC_CPUS *GIC_LPIS / 64),
    FIELD(its_ctlr, U32, 1),
    FIELD(its_cbaser, U64, 1),
    FIELD(its_cwriter, U64, 1),
    FIELD(its_creadr, U64, 1),
    FIELD(its_baser, U64, 2),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static bool legal_banks(const struct gic *g)
{
    for (uint32_t bank = 0; bank < GIC_BANKS; bank++) {
        bool here = bank < GIC_CPUS ? bank < g->n_cpus : bank - GIC_CPUS < g->n_words;
        uint32_t any = g->group[bank] | g->enabled[bank] | g->active[bank] | g->level[bank] |
                       g->edge[bank] | g->latch[bank];

        if (!here && any)
            return false;
        if (bank < g->n_cpus && (g->edge[bank] & 0xffff) != 0xffff)
            return false;
    }
    for (uint32_t i = 0; i < GIC_BANKS * 32; i++)
        if (g->priority[i] & ~GIC_PRIORITY_MASK)
            return false;
    return true;
}

static bool legal_cpus(const struct gic *g)
{
    uint8_t ctlr =
        g->version == 3 ? GIC_CBPR | GIC_EOIMODE : GIC_CBPR | GIC_EOIMODE | GIC_ACKCTL | GIC_FIQEN;

    for (uint32_t cpu = 0; cpu < g->n_cpus; cpu++)
        if (g->asleep[cpu] > (g->version == 3) || (g->pmr[cpu] & ~GIC_PRIORITY_MASK) ||
            g->bpr0[cpu] < GIC_MIN_BPR0 || g->bpr0[cpu] > 7 || g->bpr1[cpu] < GIC_MIN_BPR1 ||
            g->bpr1[cpu] > 7 || g->cpu_groups[cpu] > 3 || (g->cpu_ctlr[cpu] & ~ctlr) ||
            g->lpis_enabled[cpu] > g->has_its)
            return false;
    return true;
}

/* SGIs of a GICv2 are pending exactly if somebody sent them; only its vCPUs are there. */
static bool legal_targets(const struct gic *g)
{
    uint32_t all = g->version == 2 ? (1u << g->n_cpus) - 1 : 0;

    for (uint32_t i = 0; i < GIC_CPUS_V2 * GIC_SGIS; i++) {
        uint32_t cpu = i / GIC_SGIS;
        bool pending = g->version == 2 && (g->latch[cpu] >> i % GIC_SGIS & 1);

        if ((g->sgi_sources[i] & ~all) || (g->sgi_sources[i] != 0) != pending)
            return false;
    }
    for (uint32_t i = 0; i < GIC_SPIS; i++)
        if (g->targets[i] & ~all)
            return false;
    return true;
}

/* The ITS looks at its registers before it uses them, but for where it is in the queue. */
static bool legal_its(const struct gic *g)
{
    uint64_t pending = 0;

    for (uint32_t i = 0; i < GIC_CPUS * GIC_LPIS / 64; i++)
        if (!g->has_its || i / (GIC_LPIS / 64) >= g->n_cpus)
            pending |= g->lpi_pending[i];
    return !pending && !(g->its_creadr & ~UINT64_C(0xfffe0)) &&
           !(g->its_cwriter & ~UINT64_C(0xfffe0)) && g->its_ctlr <= g->has_its;
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct gic *g = dev;

    if (g->enabled_groups > 3 || !legal_banks(g) || !legal_cpus(g) || !legal_targets(g) ||
        !legal_its(g))
        return vm_error_set(err,
                            "saved GIC state: it is not that of a GICv%u with %u vCPUs, %u SPIs "
                            "and %s ITS",
                            g->version, g->n_cpus, 32 * g->n_words, g->has_its ? "an" : "no");
    gic_lpi_count(g);
    gic_routes_changed(g);
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "version",
     .default_value = "3",
     .min = 2,
     .max = 3,
     .help = "Version of the architecture; 2 is for at most 8 vCPUs and has no ITS"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "spis",
     .default_value = "256",
     .min = 32,
     .max = 960,
     .help = "Shared interrupt inputs, numbered from 0 (INTID 32); a multiple of 32"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "its",
     .default_value = "no",
     .help = "Whether it has an Interrupt Translation Service, for MSI and MSI-X; its registers "
             "take a third address"},
};

static int take_properties(struct gic *g, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *base = g->host->base;
    uint32_t spis = (uint32_t)base->prop_uint(props, "spis");
    uint32_t most;

    g->version = (uint32_t)base->prop_uint(props, "version");
    g->has_its = base->prop_uint(props, "its") != 0;
    g->n_words = spis / 32;
    g->n_cpus = g->host->cpu_count(g->ctx);
    most = g->version == 2 ? GIC_CPUS_V2 : GIC_CPUS;
    if (spis % 32)
        return vm_error_set(err, "spis: %u is no multiple of 32", spis);
    if (g->n_cpus > most)
        return vm_error_set(err, "a GICv%u serves at most %u vCPUs, not %u", g->version, most,
                            g->n_cpus);
    if (g->has_its && g->version == 2)
        return vm_error_set(err, "its: a GICv2 has none; it needs version = 3");
    return 0;
}

static int wire_cpu(struct gic *g, uint32_t cpu, struct vm_error *err)
{
    const struct vm_device_host *host = g->host;

    g->irq[cpu] = host->claim_cpu_line(g->ctx, cpu, "irq", err);
    g->fiq[cpu] = g->irq[cpu] < 0 ? -1 : host->claim_cpu_line(g->ctx, cpu, "fiq", err);
    if (g->fiq[cpu] < 0)
        return -1;
    for (uint32_t i = 0; i < N_PPIS; i++) {
        uint32_t input = 32 * g->n_words + 16 * cpu + ppis[i].intid - 16;

        if (host->has_cpu_output(g->ctx, ppis[i].output) &&
            host->claim_cpu_output(g->ctx, cpu, ppis[i].output, input, err) < 0)
            return -1;
    }
    return g->version == 3 ? host->claim_cpu_port(g->ctx, cpu, "gic", &gic_port_ops, err) : 0;
}

static int add_region(struct gic *g, const char *name, uint64_t length,
                      const struct vm_region_ops *ops, uint32_t max, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = name,
        .length = length,
        .ops = ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = (uint8_t)(ops == &gic_cpuif_ops ? 4 : 1),
        .valid_max = (uint8_t)max,
        .impl_min = (uint8_t)(ops == &gic_cpuif_ops ? 4 : 1),
        .impl_max = (uint8_t)max,
    };

    return g->host->add_region(g->ctx, &region, err) < 0 ? -1 : 0;
}

static int wire(struct gic *g, struct vm_error *err)
{
    bool v3 = g->version == 3;

    if (add_region(g, "distributor", v3 ? GICD_LENGTH_V3 : GICD_LENGTH_V2, &gic_dist_ops,
                   v3 ? 8 : 4, err))
        return -1;
    if (v3 ? add_region(g, "redistributors", (uint64_t)GICR_LENGTH * g->n_cpus, &gic_redist_ops, 8,
                        err)
           : add_region(g, "cpu", GICC_LENGTH, &gic_cpuif_ops, 4, err))
        return -1;
    if (g->has_its && add_region(g, "its", GITS_LENGTH, &gic_its_ops, 8, err))
        return -1;
    if (g->host->add_irq_inputs(g->ctx, 32 * g->n_words + 16 * g->n_cpus, err) < 0)
        return -1;
    for (uint32_t cpu = 0; cpu < g->n_cpus; cpu++)
        if (wire_cpu(g, cpu, err))
            return -1;
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct gic *g;

    if (!VM_HAS(host, claim_cpu_output) || !VM_HAS(host, accessing_cpu)) {
        vm_error_set(err, "this vmrun is too old for a GIC: its vCPUs drive no lines");
        return NULL;
    }
    g = calloc(1, sizeof(*g));
    if (!g) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    g->host = host;
    g->ctx = ctx;
    if (take_properties(g, props, err) || wire(g, err)) {
        free(g);
        return NULL;
    }
    reset(g, VM_RESET_COLD);
    return g;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .flags = VM_DEVICE_INTERRUPT_CONTROLLER,
    .create = create,
    .destroy = free,
    .reset = reset,
    .irq_input = gic_input,
    .state = &state_table,
    .state_loaded = state_loaded,
};

/* ---- Device tree ----------------------------------------------------------------------------- */

/* The interrupt of the virtual CPU interface, for hypervisors. */
static void describe_maintenance(const struct vm_fdt_api *fdt, struct vm_fdt_node *node)
{
    uint32_t way[5], n;

    if (!VM_HAS(fdt, cpu_output_cells) || (n = fdt->cpu_output_cells(node, "gicmaint", way)) < 2)
        return;
    fdt->u32(node, "interrupt-parent", way, 1);
    fdt->u32(node, "interrupts", way + 1, n - 1);
}

/* Bindings: Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml and arm,gic.yaml
 * of the Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    const struct gic *g = dev;

    fdt->string(node, "compatible", g->version == 3 ? "arm,gic-v3" : "arm,cortex-a15-gic");
    describe_maintenance(fdt, node);
    if (!g->has_its)
        return 0;
    struct vm_fdt_node *its = fdt->region_child(node, "its", 2);
    if (!its)
        return vm_error_set(err, "the ITS cannot be described");
    fdt->string(its, "compatible", "arm,gic-v3-its");
    fdt->empty(its, "msi-controller");
    fdt->u32(its, "#msi-cells", &(uint32_t){1}, 1);
    return 0;
}

/* All are level-sensitive and active high. A GICv2's PPIs say for which vCPUs, too. */
static uint32_t encode_irq(void *dev, uint32_t line, uint32_t cells[4])
{
    const struct gic *g = dev;
    uint32_t spis = 32 * g->n_words;
    bool ppi = line >= spis;

    cells[0] = ppi;
    cells[1] = ppi ? (line - spis) % 16 : line;
    cells[2] = 4 | (ppi && g->version == 2 ? ((1u << g->n_cpus) - 1) << 8 : 0);
    return 3;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "interrupt-controller",
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-gic", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "Arm generic interrupt controller (GICv3 with ITS, GICv2)",
          .description =
              "Devices name its shared inputs as NAME:0 and up, which are SPI 0 and up of a device "
              "tree, INTID 32 and up. The vCPUs' timers come to it by themselves. The addresses of "
              "a GICv3 are those of the distributor, of the redistributors (128K for each vCPU), "
              "and with `its = yes` of the ITS; of a GICv2 those of the distributor and of the CPU "
              "interface. There is one security state. With an ITS, a PCI host bridge takes it by "
              "`msi = NAME`.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_fdt.c - the device tree of a machine, made from the same graph as the machine itself:
 * vCPUs, memory, and one node per device with its addresses and interrupts from the wiring.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/machine/fdt_tree.h"
#include "core/machine/internal.h"

#define SEED_BYTES 32

/* What is being built, for those api functions that ask about the machine. */
struct build {
    struct machine *m;
    struct vm_fdt_node **nodes;      /* of each device; NULL: it has none */
    struct vm_fdt_node **intc;       /* the interrupt controller of each vCPU */
    const struct vm_device_ctx *dev; /* whose describe() runs; NULL: the board's */
    uint64_t own_nodes;              /* of its regions, those that have nodes of their own */
    struct vm_fdt_node **msi;        /* of each device: the node that takes messages */
    struct vm_error *err;            /* of what went wrong in there */
};

/* A list of cells that grows; `failed` once there was no memory. */
struct cells {
    uint32_t *v;
    uint32_t n, room;
    bool failed;
};

static void add_cell(struct cells *c, uint32_t value)
{
    if (c->n == c->room) {
        uint32_t room = c->room ? c->room * 2 : 16;
        uint32_t *bigger = realloc(c->v, room * sizeof(*bigger));
        if (!bigger) {
            c->failed = true;
            return;
        }
        c->v = bigger;
        c->room = room;
    }
    c->v[c->n++] = value;
}

static void add_cell64(struct cells *c, uint64_t value)
{
    add_cell(c, (uint32_t)(value >> 32));
    add_cell(c, (uint32_t)value);
}

/* Writes the cells as a property (unless there are none) and empties the list. */
static int put_cells(struct vm_fdt_node *node, const char *name, struct cells *c,
                     struct vm_error *err)
{
    int result = c->failed ? vm_error_set(err, "device tree: out of memory") : 0;
    if (!result && c->n)
        fdt_api.u32(node, name, c->v, c->n);
    free(c->v);
    memset(c, 0, sizeof(*c));
    return result;
}

static void put_u32(struct vm_fdt_node *node, const char *name, uint32_t value)
{
    fdt_api.u32(node, name, &value, 1);
}

static void default_u32(struct vm_fdt_node *node, const char *name, uint32_t value)
{
    if (!fdt_has_property(node, name))
        put_u32(node, name, value);
}

/* ---- vCPUs and memory ---- */

/* intc[i]: the interrupt controller node of vCPU i. */
static int add_cpus(struct machine *m, struct vm_fdt_node *root, struct vm_fdt_node **intc,
                    struct vm_error *err)
{
    struct vm_fdt_node *cpus = fdt_api.child(root, "cpus");
    put_u32(cpus, "#address-cells", 1);
    put_u32(cpus, "#size-cells", 0);
    put_u32(cpus, "timebase-frequency", (uint32_t)m->info.counter_hz);
    for (uint32_t i = 0; i < m->info.cpus; i++) {
        char name[32];
        snprintf(name, sizeof(name), "cpu@%x", i);
        struct vm_fdt_node *cpu = fdt_api.child(cpus, name);
        fdt_api.string(cpu, "device_type", "cpu");
        if (!m->arch_ops.fdt_cpu)
            return vm_error_set(err, "%s does not describe its vCPUs for a device tree",
                                m->d->arch.plugin->name);
        intc[i] = m->arch_ops.fdt_cpu(m->arch, i, &fdt_api, cpu);
        default_u32(cpu, "reg", i);
    }
    return 0;
}

static int add_memory(struct machine *m, struct vm_fdt_node *root, struct vm_error *err)
{
    for (uint32_t i = 0; i < m->n_ranges; i++) {
        char name[32];
        struct cells reg = {0};
        snprintf(name, sizeof(name), "memory@%" PRIx64, m->range_base[i]);
        struct vm_fdt_node *node = fdt_api.child(root, name);
        fdt_api.string(node, "device_type", "memory");
        add_cell64(&reg, m->range_base[i]);
        add_cell64(&reg, m->range_length[i]);
        if (put_cells(node, "reg", &reg, err))
            return -1;
    }
    return 0;
}

/* ---- devices ---- */

static struct vm_fdt_node *region_node(struct vm_device_ctx *dev, uint32_t region,
                                       struct vm_fdt_node *soc)
{
    char name[256];
    if (dev->n_regions)
        snprintf(name, sizeof(name), "%s@%" PRIx64, dev->fdt.node_name,
                 dev->regions[region].address);
    else
        snprintf(name, sizeof(name), "%s", dev->fdt.node_name);
    if (!dev->n_regions && fdt_find_child(soc, name))
        snprintf(name, sizeof(name), "%s-%s", dev->fdt.node_name, dev->context.name);
    return fdt_api.child(soc, name);
}

/* Of the regions from `first` up to `end`, but those in the set `without`. */
static int add_reg(struct vm_device_ctx *dev, uint32_t first, uint32_t end, uint64_t without,
                   struct vm_fdt_node *node, struct vm_error *err)
{
    struct cells reg = {0};
    for (uint32_t i = first; i < end; i++) {
        if (without >> i & 1)
            continue;
        add_cell64(&reg, dev->regions[i].address);
        add_cell64(&reg, dev->regions[i].region.length);
    }
    return put_cells(node, "reg", &reg, err);
}

/* How controller `to` names its input `line`. 0: it is not in the tree. */
static uint32_t encode(struct vm_device_ctx *to, uint32_t line, uint32_t cells[4],
                       struct vm_error *err)
{
    uint32_t n = to->fdt.encode_irq ? to->fdt.encode_irq(to->dev, line, cells) : 0;
    if (n > 4) {
        vm_error_set(err, "plugin bug: %s names an interrupt by %u cells",
                     to->instance->plugin->name, n);
        return UINT32_MAX;
    }
    return n;
}

/* ---- what a device asks while it describes itself ---- */

static uint32_t way_cells(const struct build *b, const struct device_output *out, uint32_t cells[5])
{
    struct vm_device_ctx *to = out->target;
    uint32_t n = to && b->nodes[to->number] ? encode(to, out->line, cells + 1, b->err) : 0;
    if (n == 0 || n == UINT32_MAX)
        return 0;
    cells[0] = fdt_api.phandle(b->nodes[to->number]);
    return n + 1;
}

static uint32_t api_output_cells(struct vm_fdt_node *node, uint32_t output, uint32_t cells[5])
{
    const struct build *b = fdt_builder(node);
    const struct vm_device_ctx *dev = b->dev;
    return dev && output < dev->n_outputs ? way_cells(b, &dev->outputs[output], cells) : 0;
}

/* Controllers that messages go to are there already, with the unit addresses of what is below. */
static uint32_t api_output_map_cells(struct vm_fdt_node *node, uint32_t output, uint32_t cells[8])
{
    const struct build *b = fdt_builder(node);
    uint32_t way[5], n = api_output_cells(node, output, way);
    if (n == 0)
        return 0;
    uint32_t address = fdt_u32(b->nodes[b->dev->outputs[output].target->number], "#address-cells");
    if (address > 3)
        return 0;
    memset(cells + 1, 0, address * sizeof(cells[0]));
    cells[0] = way[0];
    memcpy(cells + 1 + address, way + 1, (n - 1) * sizeof(way[0]));
    return n + address;
}

static uint32_t api_cpu_output_cells(struct vm_fdt_node *node, const char *name, uint32_t cells[5])
{
    const struct build *b = fdt_builder(node);
    const struct vm_cpu_line_desc *line = machine_cpu_line(b->m, name, true);
    return line ? way_cells(b, &b->m->cpu_outputs[line->number & 63], cells) : 0;
}

static uint32_t api_device_phandle(struct vm_fdt_node *node, const char *name)
{
    struct build *b = fdt_builder(node);
    const struct vm_device_ctx *dev = name ? machine_device(b->m, name) : NULL;
    return dev && b->nodes[dev->number] ? fdt_api.phandle(b->nodes[dev->number]) : 0;
}

static uint32_t api_iommu_phandle(struct vm_fdt_node *node)
{
    struct build *b = fdt_builder(node);
    const struct vm_device_ctx *iommu = b->dev ? b->dev->iommu : NULL;
    return iommu && b->nodes[iommu->number] ? fdt_api.phandle(b->nodes[iommu->number]) : 0;
}

static void api_cpu_line_cells(struct vm_fdt_node *node, int handle, uint32_t cells[2])
{
    const struct build *b = fdt_builder(node);
    cells[0] = cells[1] = 0;
    if (!b->dev || handle < 0 || (uint32_t)handle >= b->dev->n_claims)
        return;
    const struct device_claim *claim = &b->dev->claims[handle];
    if (!b->intc[claim->cpu])
        return;
    cells[0] = fdt_api.phandle(b->intc[claim->cpu]);
    cells[1] = claim->line->fdt_cell;
}

static struct vm_fdt_node *api_region_child(struct vm_fdt_node *node, const char *name,
                                            uint32_t region)
{
    struct build *b = fdt_builder(node);
    struct vm_device_ctx *dev = b->dev ? b->m->devices[b->dev->number] : NULL;
    if (!dev || region >= dev->n_regions)
        return NULL;
    char full[256];
    snprintf(full, sizeof(full), "%s@%" PRIx64, name, dev->regions[region].address);
    put_u32(node, "#address-cells", 2);
    put_u32(node, "#size-cells", 2);
    fdt_api.empty(node, "ranges");
    struct vm_fdt_node *child = fdt_api.child(node, full);
    if (add_reg(dev, region, region + 1, 0, child, b->err))
        return NULL;
    b->own_nodes |= UINT64_C(1) << region;
    if (dev->regions[region].ops.message)
        b->msi[dev->number] = child;
    return child;
}

static uint32_t api_msi_controller(struct vm_fdt_node *node, const char *name, uint32_t *msi_cells)
{
    const struct build *b = fdt_builder(node);
    const struct vm_device_ctx *dev = name ? machine_device(b->m, name) : NULL;
    struct vm_fdt_node *msi = dev ? b->msi[dev->number] : NULL;
    *msi_cells = msi ? fdt_u32(msi, "#msi-cells") : 0;
    return msi ? fdt_api.phandle(msi) : 0;
}

/* fdt_api, and these. */
static struct vm_fdt_api device_api(void)
{
    struct vm_fdt_api api = fdt_api;
    api.output_cells = api_output_cells;
    api.output_map_cells = api_output_map_cells;
    api.device_phandle = api_device_phandle;
    api.iommu_phandle = api_iommu_phandle;
    api.cpu_line_cells = api_cpu_line_cells;
    api.region_child = api_region_child;
    api.msi_controller = api_msi_controller;
    api.cpu_output_cells = api_cpu_output_cells;
    return api;
}

/* The controller that all connected outputs lead to, or NULL if there are several (or none). */
static struct vm_device_ctx *only_controller(const struct vm_device_ctx *dev)
{
    struct vm_device_ctx *only = NULL;
    for (uint32_t i = 0; i < dev->n_outputs; i++) {
        struct vm_device_ctx *to = dev->outputs[i].target;
        if (to && only && to != only)
            return NULL;
        only = to ? to : only;
    }
    return only;
}

/* `interrupts` where one controller serves them all, else `interrupts-extended`. Claimed vCPU lines
 * always are extended; those of vCPUs without an interrupt controller are not told. */
static int add_interrupts(struct vm_device_ctx *dev, struct vm_fdt_node *node,
                          struct vm_fdt_node *const *nodes, struct vm_fdt_node *const *intc,
                          struct vm_error *err)
{
    struct cells list = {0};
    struct vm_device_ctx *only = dev->n_claims ? NULL : only_controller(dev);
    uint32_t n_outputs = dev->bus.size ? 0 : dev->n_outputs; /* a bus describes its own */
    for (uint32_t i = 0; i < n_outputs; i++) {
        struct vm_device_ctx *to = dev->outputs[i].target;
        uint32_t cells[4] = {0};
        uint32_t n = to && nodes[to->number] ? encode(to, dev->outputs[i].line, cells, err) : 0;
        if (n == UINT32_MAX) {
            free(list.v);
            return -1;
        }
        if (n && !only)
            add_cell(&list, fdt_api.phandle(nodes[to->number]));
        for (uint32_t k = 0; k < n; k++)
            add_cell(&list, cells[k]);
    }
    for (uint32_t i = 0; i < dev->n_claims; i++) {
        if (!intc[dev->claims[i].cpu])
            continue;
        add_cell(&list, fdt_api.phandle(intc[dev->claims[i].cpu]));
        add_cell(&list, dev->claims[i].line->fdt_cell);
    }
    if (only && list.n)
        put_u32(node, "interrupt-parent", fdt_api.phandle(nodes[only->number]));
    return put_cells(node, only ? "interrupts" : "interrupts-extended", &list, err);
}

static int add_controller(struct vm_device_ctx *dev, struct vm_fdt_node *node, struct vm_error *err)
{
    uint32_t cells[4] = {0};
    uint32_t n = encode(dev, 0, cells, err);
    if (n == UINT32_MAX)
        return -1;
    if (n == 0)
        return 0;
    if (!fdt_has_property(node, "interrupt-controller"))
        fdt_api.empty(node, "interrupt-controller");
    put_u32(node, "#interrupt-cells", n);
    default_u32(node, "#address-cells", 0);
    fdt_api.phandle(node);
    return 0;
}

/* Serial ports get an alias each; the first is where the kernel's early console goes. */
static void add_serial(struct vm_device_ctx *dev, struct vm_fdt_node *root,
                       struct vm_fdt_node *node, uint32_t *n_serial)
{
    char path[512], name[32];
    if (strcmp(dev->fdt.node_name, "serial") != 0 || !fdt_path(node, path, sizeof(path)))
        return;
    struct vm_fdt_node *chosen = fdt_api.child(root, "chosen");
    if (*n_serial == 0 && !fdt_has_property(chosen, "stdout-path"))
        fdt_api.string(chosen, "stdout-path", path);
    snprintf(name, sizeof(name), "serial%u", (*n_serial)++);
    fdt_api.string(fdt_api.child(root, "aliases"), name, path);
}

static int described(struct vm_device_ctx *dev, int result, struct vm_error *err)
{
    if (result == 0 && !err->set)
        return 0;
    vm_error_prefix(err, "%s", dev->context.name);
    return error_at(err, &dev->instance->where);
}

/* The nodes of a device that has one for each region; the first is there. */
static int add_region_nodes(struct build *b, struct vm_device_ctx *dev, struct vm_fdt_node *soc,
                            const struct vm_fdt_api *api, struct vm_error *err)
{
    if (add_reg(dev, 0, 1, 0, b->nodes[dev->number], err))
        return -1;
    for (uint32_t i = 1; i < dev->n_regions; i++) {
        struct vm_fdt_node *node = region_node(dev, i, soc);
        int result = dev->fdt.describe_region(dev->dev, i, api, node, err);
        if (described(dev, result, err) || add_reg(dev, i, i + 1, 0, node, err))
            return -1;
    }
    return 0;
}

static int add_device(struct build *b, struct vm_device_ctx *dev, struct vm_fdt_node *soc,
                      struct vm_error *err)
{
    const struct vm_fdt_api api = device_api();
    struct vm_fdt_node *node = b->nodes[dev->number];
    b->dev = dev;
    b->own_nodes = 0;
    if (dma_takes_messages(dev))
        b->msi[dev->number] = node;
    if (described(dev, dev->fdt.describe(dev->dev, &api, node, err), err))
        return -1;
    if (dev->fdt.describe_region)
        return add_region_nodes(b, dev, soc, &api, err);
    return add_reg(dev, 0, dev->n_regions, b->own_nodes, node, err) ||
                   add_interrupts(dev, node, b->nodes, b->intc, err)
               ? -1
               : 0;
}

/* One device and, if others name it, what they look for. */
static int add_whole_device(struct build *b, struct vm_device_ctx *dev, struct vm_fdt_node *soc,
                            struct vm_error *err)
{
    return add_device(b, dev, soc, err) ||
                   (dev->n_inputs && add_controller(dev, b->nodes[dev->number], err))
               ? -1
               : 0;
}

static struct vm_fdt_node *add_device_nodes(struct build *b, struct vm_fdt_node *root)
{
    struct machine *m = b->m;
    struct vm_fdt_node *soc = fdt_api.child(root, "soc");
    put_u32(soc, "#address-cells", 2);
    put_u32(soc, "#size-cells", 2);
    fdt_api.string(soc, "compatible", "simple-bus");
    fdt_api.empty(soc, "ranges");
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (m->devices[i]->fdt.size && !m->devices[i]->child.provider)
            b->nodes[i] = region_node(m->devices[i], 0, soc);
    return soc;
}

/* What takes messages first: others ask for its nodes. */
static int add_devices(struct build *b, struct vm_fdt_node *root, struct vm_fdt_node *soc,
                       struct vm_error *err)
{
    struct machine *m = b->m;
    uint32_t n_serial = 0;
    for (int others = 0; others <= 1; others++)
        for (uint32_t i = 0; i < m->n_devices; i++)
            if (b->nodes[i] && dma_takes_messages(m->devices[i]) != others &&
                add_whole_device(b, m->devices[i], soc, err))
                return -1;
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (b->nodes[i])
            add_serial(m->devices[i], root, b->nodes[i], &n_serial);
    return 0;
}

/* ---- the whole ---- */

static int build(struct build *b, struct fdt_tree *tree, struct vm_error *err)
{
    struct machine *m = b->m;
    struct vm_fdt_node *root = fdt_tree_root(tree);
    const struct vm_fdt_api api = device_api();
    fdt_tree_set_builder(tree, b);
    b->err = err;
    put_u32(root, "#address-cells", 2);
    put_u32(root, "#size-cells", 2);
    struct vm_fdt_node *soc = add_device_nodes(b, root);
    if (m->board.ops.fdt && m->board.ops.fdt(m->board.board, &api, root, err))
        return strncmp(err->text, "boot.", 5) == 0
                   ? -1
                   : vm_error_prefix(err, "%s", m->d->board.plugin->name);
    if (err->set)
        return -1;
    if (!m->info.deterministic) {
        static const uint8_t no_seed[SEED_BYTES];
        fdt_api.bytes(fdt_api.child(root, "chosen"), "rng-seed", no_seed,
                      sizeof(no_seed)); /* filled anew at each start */
    }
    return add_memory(m, root, err) || add_cpus(m, root, b->intc, err) ||
                   add_devices(b, root, soc, err)
               ? -1
               : 0;
}

int machine_fdt(struct machine *m, struct vm_error *err)
{
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_node **nodes = calloc(m->n_devices + 1, sizeof(struct vm_fdt_node *));
    struct vm_fdt_node **intc = calloc(m->info.cpus, sizeof(struct vm_fdt_node *));
    struct vm_fdt_node **msi = calloc(m->n_devices + 1, sizeof(struct vm_fdt_node *));
    struct build b = {.m = m, .nodes = nodes, .intc = intc, .msi = msi};
    if (!tree || !nodes || !intc || !msi)
        vm_error_set(err, "device tree: out of memory");
    else if (build(&b, tree, err) == 0)
        m->fdt = fdt_flatten(tree, &m->fdt_length, err);
    fdt_tree_free(tree);
    free(nodes);
    free(intc);
    free(msi);
    return m->fdt ? 0 : -1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plic.c - the RISC-V platform-level interrupt controller.
 *
 * Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.0 ("spec" below). Contexts
 * are numbered as in SiFive's chips: machine then supervisor external interrupt of vCPU 0, then
 * those of vCPU 1, ...
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/device.h>

/* Register offsets: spec, "Memory Map". All registers are 32 bits wide. */
enum plic_layout {
    PLIC_PRIORITY = 0x0,   /* "Interrupt Priorities": one a source */
    PLIC_PENDING = 0x1000, /* "Interrupt Pending Bits": one a source, read only */
    PLIC_ENABLE = 0x2000,  /* "Interrupt Enables": one bit a source, a row a context */
    PLIC_ENABLE_ROW = 0x80,
    PLIC_CONTEXT = 0x200000, /* a page for each context: */
    PLIC_CONTEXT_PAGE = 0x1000,
    PLIC_THRESHOLD = 0x0,  /* "Priority Thresholds" */
    PLIC_CLAIM = 0x4,      /* "Interrupt Claim Process": read; "Interrupt Completion": write */
    PLIC_LENGTH = 0x600000 /* of the region: PLIC_MAX_CONTEXTS pages */
};

#define PLIC_MAX_SOURCES  1024 /* spec, "Memory Map"; source 0 ("no interrupt") included */
#define PLIC_MAX_CONTEXTS 1024
#define PLIC_WORDS        (PLIC_MAX_SOURCES / 32)
#define PLIC_PRIORITY_MASK                                                                      \
    7u /* 0 ("never") to 7; spec, "Interrupt Priorities": WARL, all combinations of the bits it \
          has */

struct plic {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    uint32_t sources; /* 1..sources */
    uint32_t words;   /* of 32 sources, in use */
    uint32_t n_contexts;
    int cpu_lines[PLIC_MAX_CONTEXTS];

    /* Saved state. `level` is the gateways' input, `claimed` their "waiting for completion". */
    uint8_t priority[PLIC_MAX_SOURCES];
    uint32_t level[PLIC_WORDS];
    uint32_t pending[PLIC_WORDS];
    uint32_t claimed[PLIC_WORDS];
    uint8_t threshold[PLIC_MAX_CONTEXTS];
    uint32_t enable[PLIC_MAX_CONTEXTS * PLIC_WORDS];

    uint8_t notified[PLIC_MAX_CONTEXTS]; /* derived: levels last given to cpu_lines */
};

/* ---- Core ------------------------------------------------------------------------------------ */

/*
 * The pending, enabled source of highest priority (ties: lowest number) whose priority is above
 * `floor`; 0 if none. Priority 0 never interrupts.
 */
static uint32_t best_source(const struct plic *p, uint32_t context, uint8_t floor)
{
    const uint32_t *enable = p->enable + context * PLIC_WORDS;
    uint32_t best = 0;

    for (uint32_t w = 0; w < p->words; w++) {
        for (uint32_t bits = p->pending[w] & enable[w]; bits; bits &= bits - 1) {
            uint32_t source = w * 32 + (uint32_t)__builtin_ctz(bits);

            if (p->priority[source] > floor) {
                floor = p->priority[source];
                best = source;
            }
        }
    }
    return best;
}

/* Spec, "Interrupt Notifications": a context's line is high while something beats its threshold. */
static void notify(struct plic *p, uint32_t context)
{
    uint8_t high = best_source(p, context, p->threshold[context]) != 0;

    if (high != p->notified[context]) {
        p->notified[context] = high;
        p->host->set_cpu_line(p->ctx, p->cpu_lines[context], high);
    }
}

/* Source changed its pending bit or priority: tells the contexts that have it enabled. */
static void notify_source(struct plic *p, uint32_t source)
{
    uint32_t bit = 1u << source % 32;

    for (uint32_t c = 0; c < p->n_contexts; c++) {
        if (p->enable[c * PLIC_WORDS + source / 32] & bit)
            notify(p, c);
    }
}

/*
 * The level gateway (spec, "Interrupt Gateways"): forwards a request while its input is high, but
 * no second one before the first was completed; a request once forwarded is not taken back when the
 * input falls.
 */
static void gateway(struct plic *p, uint32_t source)
{
    uint32_t word = source / 32, bit = 1u << source % 32;

    if ((p->level[word] & ~p->claimed[word] & ~p->pending[word]) & bit) {
        p->pending[word] |= bit;
        notify_source(p, source);
    }
}

static void irq_input(void *dev, uint32_t line, int level)
{
    struct plic *p = dev;
    uint32_t bit = 1u << line % 32;

    if (line == 0 || line > p->sources)
        return;
    if (!level) {
        p->level[line / 32] &= ~bit;
        return;
    }
    p->level[line / 32] |= bit;
    gateway(p, line);
}

/* Spec, "Interrupt Claim Process"; the threshold does not matter for it. */
static uint32_t claim(struct plic *p, uint32_t context)
{
    uint32_t source = best_source(p, context, 0);

    if (source) {
        p->pending[source / 32] &= ~(1u << source % 32);
        p->claimed[source / 32] |= 1u << source % 32;
        notify_source(p, source);
    }
    return source;
}

/* Spec, "Interrupt Completion": ignored unless the source is enabled for this context. */
static void complete(struct plic *p, uint32_t context, uint32_t source)
{
    uint32_t bit = 1u << source % 32;

    if (source == 0 || source > p->sources ||
        !(p->enable[context * PLIC_WORDS + source / 32] & bit))
        return;
    p->claimed[source / 32] &= ~bit;
    gateway(p, source);
}

/* ---- Registers ------------------------------------------------------------------------------- */

/* The sources of enable or pending word `word` that exist; bit 0 of word 0 does not. */
static uint32_t source_mask(const struct plic *p, uint32_t word)
{
    uint32_t last = p->sources / 32;
    uint32_t mask = UINT32_MAX;

    if (word > last)
        mask = 0;
    else if (word == last)
        mask >>= 31 - p->sources % 32;
    return word == 0 ? mask & ~1u : mask;
}

/* Offsets without a register read as zero and ignore writes. */
static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct plic *p = dev;

    (void)size;
    *value = 0;
    if (offset >= PLIC_CONTEXT) {
        uint64_t context = (offset - PLIC_CONTEXT) / PLIC_CONTEXT_PAGE;
        uint64_t reg = offset % PLIC_CONTEXT_PAGE;

        if (context < p->n_contexts && reg == PLIC_THRESHOLD)
            *value = p->threshold[context];
        else if (context < p->n_contexts && reg == PLIC_CLAIM)
            *value = claim(p, (uint32_t)context);
    } else if (offset >= PLIC_ENABLE) {
        uint64_t context = (offset - PLIC_ENABLE) / PLIC_ENABLE_ROW;
        uint64_t word = offset % PLIC_ENABLE_ROW / 4;

        if (context < p->n_contexts)
            *value = p->enable[context * PLIC_WORDS + word];
    } else if (offset >= PLIC_PENDING) {
        uint64_t word = (offset - PLIC_PENDING) / 4;

        if (word < PLIC_WORDS)
            *value = p->pending[word];
    } else {
        *value = p->priority[offset / 4];
    }
    return VM_ACCESS_OK;
}

static void context_write(struct plic *p, uint32_t context, uint64_t reg, uint32_t value)
{
    if (reg == PLIC_THRESHOLD) {
        p->threshold[context] = value & PLIC_PRIORITY_MASK;
        notify(p, context);
    } else if (reg == PLIC_CLAIM) {
        complete(p, context, value);
    }
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct plic *p = dev;

    (void)size;
    if (offset >= PLIC_CONTEXT) {
        uint64_t context = (offset - PLIC_CONTEXT) / PLIC_CONTEXT_PAGE;

        if (context < p->n_contexts)
            context_write(p, (uint32_t)context, offset % PLIC_CONTEXT_PAGE, (uint32_t)value);
    } else if (offset >= PLIC_ENABLE) {
        uint64_t context = (offset - PLIC_ENABLE) / PLIC_ENABLE_ROW;
        uint32_t word = (uint32_t)(offset % PLIC_ENABLE_ROW / 4);

        if (context < p->n_contexts) {
            p->enable[context * PLIC_WORDS + word] = (uint32_t)value & source_mask(p, word);
            notify(p, (uint32_t)context);
        }
    } else if (offset < PLIC_PENDING) {
        uint32_t source = (uint32_t)(offset / 4);

        if (source > 0 && source <= p->sources) {
            p->priority[source] = value & PLIC_PRIORITY_MASK;
            notify_source(p, source);
        }
    }
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

/* ---- Reset and saved state ------------------------------------------------------------------- */

/* The inputs keep their level; the devices behind them lower it in their own reset, before this one
 * or after it. */
static void reset(void *dev, int kind)
{
    struct plic *p = dev;

    (void)kind;
    memset(p->priority, 0, sizeof(p->priority));
    memset(p->pending, 0, sizeof(p->pending));
    memset(p->claimed, 0, sizeof(p->claimed));
    memset(p->threshold, 0, p->n_contexts * sizeof(p->threshold[0]));
    memset(p->enable, 0, p->n_contexts * PLIC_WORDS * sizeof(p->enable[0]));
    for (uint32_t c = 0; c < p->n_contexts; c++) {
        p->notified[c] = 0;
        p->host->set_cpu_line(p->ctx, p->cpu_lines[c], 0);
    }
}

static const struct vm_state_field state_fields[] = {
    VM_STATE_ARRAY(struct plic, priority, VM_STATE_U8, PLIC_MAX_SOURCES),
    VM_STATE_ARRAY(struct plic, level, VM_STATE_U32, PLIC_WORDS),
    VM_STATE_ARRAY(struct plic, pending, VM_STATE_U32, PLIC_WORDS),
    VM_STATE_ARRAY(struct plic, claimed, VM_STATE_U32, PLIC_WORDS),
    VM_STATE_ARRAY(struct plic, threshold, VM_STATE_U8, PLIC_MAX_CONTEXTS),
    VM_STATE_ARRAY(struct plic, enable, VM_STATE_U32, PLIC_MAX_CONTEXTS *PLIC_WORDS),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

/* Whether the words name only sources that this instance has. */
static int sources_exist(const struct plic *p, const uint32_t *words)
{
    for (uint32_t w = 0; w < PLIC_WORDS; w++) {
        if (words[w] & ~source_mask(p, w))
            return 0;
    }
    return 1;
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct plic *p = dev;
    int valid =
        sources_exist(p, p->level) && sources_exist(p, p->pending) && sources_exist(p, p->claimed);

    for (uint32_t s = 0; s < PLIC_MAX_SOURCES; s++)
        valid &= p->priority[s] <= (s > 0 && s <= p->sources ? PLIC_PRIORITY_MASK : 0);
    for (uint32_t c = 0; c < p->n_contexts && valid; c++)
        valid =
            p->threshold[c] <= PLIC_PRIORITY_MASK && sources_exist(p, p->enable + c * PLIC_WORDS);
    if (!valid)
        return vm_error_set(
            err,
            "saved PLIC state: it names sources or priorities that this PLIC has not "
            "(sources = %u)",
            p->sources);
    for (uint32_t c = 0; c < p->n_contexts; c++) {
        p->notified[c] = best_source(p, c, p->threshold[c]) != 0;
        p->host->set_cpu_line(p->ctx, p->cpu_lines[c], p->notified[c]);
    }
    return 0;
}

/* ---- Making one ------------------------------------------------------------------------------ */

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "sources",
     .default_value = "95",
     .min = 1,
     .max = PLIC_MAX_SOURCES - 1,
     .help = "interrupt inputs; they are numbered from 1"},
};

static int claim_lines(struct plic *p, struct vm_error *err)
{
    static const char *const names[] = {"m-ext", "s-ext"};
    const struct vm_device_host *host = p->host;
    uint32_t cpus = host->cpu_count(p->ctx);

    for (uint32_t cpu = 0; cpu < cpus; cpu++) {
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (!host->has_cpu_line(p->ctx, names[i]))
                continue;
            if (p->n_contexts == PLIC_MAX_CONTEXTS)
                return vm_error_set(err, "a PLIC has at most %d contexts, too few for %u vCPUs",
                                    PLIC_MAX_CONTEXTS, cpus);
            p->cpu_lines[p->n_contexts] = host->claim_cpu_line(p->ctx, cpu, names[i], err);
            if (p->cpu_lines[p->n_contexts++] < 0)
                return -1;
        }
    }
    if (p->n_contexts == 0)
        return vm_error_set(
            err, "this architecture has no interrupt lines m-ext or s-ext for a PLIC to drive");
    return 0;
}

static int wire(struct plic *p, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = PLIC_LENGTH,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 4,
        .valid_max = 4,
        .impl_min = 4,
        .impl_max = 4,
    };

    if (claim_lines(p, err) < 0)
        return -1;
    if (p->host->add_region(p->ctx, &region, err) < 0)
        return -1;
    return p->host->add_irq_inputs(p->ctx, p->sources + 1, err) < 0 ? -1 : 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct plic *p = calloc(1, sizeof(*p));

    if (!p) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    p->host = host;
    p->ctx = ctx;
    p->sources = (uint32_t)host->base->prop_uint(props, "sources");
    p->words = p->sources / 32 + 1;
    if (wire(p, err) < 0) {
        free(p);
        return NULL;
    }
    return p;
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

/* ---- Device tree ----------------------------------------------------------------------------- */

/* Binding: Documentation/devicetree/bindings/interrupt-controller/sifive,plic-1.0.0.yaml of the
 * Linux kernel. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    static const char *const compatible[] = {"sifive,plic-1.0.0", "riscv,plic0"};
    const struct plic *p = dev;

    (void)err;
    fdt->strings(node, "compatible", compatible, 2);
    fdt->u32(node, "#interrupt-cells", &(uint32_t){1}, 1);
    fdt->u32(node, "#address-cells", &(uint32_t){0}, 1);
    fdt->empty(node, "interrupt-controller");
    fdt->u32(node, "riscv,ndev", &p->sources, 1);
    return 0;
}

static uint32_t encode_irq(void *dev, uint32_t line, uint32_t cells[4])
{
    (void)dev;
    cells[0] = line;
    return 1;
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

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-plic", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "RISC-V platform-level interrupt controller",
          .description = "Gathers the interrupts of devices, which name its inputs as NAME:1 and "
                         "up, and gives them to "
                         "the machine and supervisor external interrupt lines of all vCPUs by "
                         "priority (0 to 7) and "
                         "threshold. Inputs are level-triggered. The map of its registers is that "
                         "of SiFive's chips.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_mock.c - the toy plugins. */
#include "machine_mock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vmrun/abi-hash.h>
#include <vmrun/engine.h>

struct toy toy;

/* ---- arch ---- */

static int instance; /* what toy plugins return as their instance */

static void *arch_create(const struct vm_host *host, const struct vm_machine_info *info,
                         const struct vm_props *props, struct vm_error *err)
{
    (void)host, (void)info, (void)props, (void)err;
    return &instance;
}

static void destroy_nothing(void *p)
{
    (void)p;
}

static int arch_cpu_init(void *arch, struct vm_cpu *cpu, struct vm_error *err)
{
    (void)arch, (void)cpu, (void)err;
    return 0;
}

static void arch_cpu_reset(struct vm_cpu *cpu, const struct vm_cpu_start *start)
{
    cpu->pc = start->pc;
}

static void arch_mode(struct vm_cpu *cpu, struct vm_cpu_mode *mode)
{
    (void)cpu;
    memset(mode, 0, sizeof(*mode));
}

static int arch_translate(void *arch, struct vm_code *code, struct vm_ir_unit *ir)
{
    (void)arch, (void)code;
    ir->guest_insns = 1;
    ir->guest_bytes = 4;
    return VM_TRANSLATE_OK;
}

static int arch_mmu(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                    uint32_t mmu, struct vm_translation *out, struct vm_fault *fault)
{
    (void)cpu, (void)context, (void)access, (void)mmu, (void)fault;
    *out = (struct vm_translation){
        .pa = va, .page_bits = 12, .prot = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC};
    return 0;
}

static void arch_fault(struct vm_cpu *cpu)
{
    (void)cpu;
}

static bool arch_interrupt(struct vm_cpu *cpu)
{
    (void)cpu;
    return false;
}

static bool arch_wake(struct vm_cpu *cpu)
{
    return (atomic_load(&cpu->lines) & (1u << 3 | 1u << 5)) || atomic_exchange(&toy.awake, false);
}

static struct vm_fdt_node *arch_fdt_cpu(void *arch, uint32_t index, const struct vm_fdt_api *fdt,
                                        struct vm_fdt_node *node)
{
    (void)arch, (void)index;
    return fdt->child(node, "interrupt-controller");
}

static const struct vm_cpu_line_desc lines[] = {
    {"ext", 3, 11, false}, {"soft", 5, 13, false}, {"clock", 9, 0, true}};

static const char *const ports[] = {"inner", "forbidden"};

static int arch_claim_port(void *arch, uint32_t cpu, uint32_t port, struct vm_error *err)
{
    (void)arch;
    if (port == 1)
        return vm_error_set(err, "not for vCPU %u", cpu);
    toy.port_claims++;
    return 0;
}

static const struct vm_arch_ops arch_ops = {
    .size = sizeof(arch_ops),
    .default_board = "board-toy",
    .lines = lines,
    .n_lines = 3,
    .ports = ports,
    .n_ports = 2,
    .claim_port = arch_claim_port,
    .state_size = 64,
    .min_insn_bytes = 4,
    .max_insn_bytes = 4,
    .create = arch_create,
    .destroy = destroy_nothing,
    .cpu_init = arch_cpu_init,
    .cpu_reset = arch_cpu_reset,
    .mode = arch_mode,
    .translate = arch_translate,
    .mmu_translate = arch_mmu,
    .deliver_fault = arch_fault,
    .deliver_interrupt = arch_interrupt,
    .wake = arch_wake,
    .fdt_cpu = arch_fdt_cpu,
};

int toy_store(struct vm_cpu *cpu, uint64_t address, uint64_t value)
{
    return cpu->host->store(cpu, address, 3 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, value);
}

uint64_t toy_load(struct vm_cpu *cpu, uint64_t address)
{
    uint64_t value = UINT64_MAX;
    return cpu->host->load(cpu, address, 3 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, &value) ? UINT64_MAX
                                                                                        : value;
}

/* ---- engine ---- */

static void *engine_create(const struct vm_host *host, const struct vm_arch_ops *arch,
                           uint32_t state_size, const struct vm_props *props, struct vm_error *err)
{
    (void)host, (void)arch, (void)state_size, (void)props, (void)err;
    return &instance;
}

static int engine_compile(void *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                          struct vm_error *err)
{
    (void)engine, (void)ir, (void)err;
    unit->entry = unit->code = &instance;
    unit->code_bytes = 1;
    return 0;
}

static void engine_release(void *engine, struct vm_unit *unit)
{
    (void)engine, (void)unit;
}

static enum vm_exit engine_enter(void *engine, struct vm_cpu *cpu, struct vm_unit *unit)
{
    (void)engine, (void)unit;
    if (atomic_fetch_sub(&cpu->countdown, 1) <= 0) {
        atomic_fetch_add(&cpu->countdown, 1);
        return VM_EXIT_POLL;
    }
    atomic_fetch_add(&toy.steps, 1);
    if (toy.step)
        toy.step(cpu);
    return VM_EXIT_WAIT;
}

static void engine_link(void *engine, struct vm_unit *from, uint32_t index, struct vm_unit *to)
{
    (void)engine, (void)from, (void)index, (void)to;
}

static void engine_unlink(void *engine, struct vm_unit *from, uint32_t index)
{
    (void)engine, (void)from, (void)index;
}

static const struct vm_engine_ops engine_ops = {
    .size = sizeof(engine_ops),
    .create = engine_create,
    .destroy = destroy_nothing,
    .compile = engine_compile,
    .release = engine_release,
    .enter = engine_enter,
    .link = engine_link,
    .unlink = engine_unlink,
};

/* ---- board ---- */

static const char *const archs[] = {"arch-toy", NULL};
static const struct vm_board_host *board_host_table;
static struct vm_board_ctx *board_ctx;

static void *board_create(const struct vm_board_host *host, struct vm_board_ctx *ctx,
                          const struct vm_props *props, struct vm_error *err)
{
    (void)props, (void)err;
    board_host_table = host;
    board_ctx = ctx;
    return &instance;
}

static int board_layout(void *board, uint64_t ram_size, uint64_t *base, uint64_t *length,
                        uint32_t max, struct vm_error *err)
{
    (void)board, (void)max, (void)err;
    *base = TOY_RAM;
    *length = ram_size;
    return 1;
}

static int board_prepare(void *board, const struct vm_boot *boot,
                         const struct vm_machine_info *info, struct vm_error *err)
{
    (void)board, (void)boot, (void)info;
    return toy.prepare_error ? vm_error_set(err, "%s", toy.prepare_error) : 0;
}

static int board_install(void *board, const void *fdt, uint64_t fdt_length,
                         struct vm_cpu_start *starts, uint32_t cpus, struct vm_error *err)
{
    (void)board;
    atomic_fetch_add(&toy.installs, 1);
    for (uint32_t i = 0; i < cpus; i++)
        starts[i].pc = TOY_RAM;
    if (board_host_table->write_ram(board_ctx, TOY_RAM - 8, fdt, fdt_length, err) != -1)
        abort(); /* not RAM: refused */
    err->set = 0;
    return board_host_table->write_ram(board_ctx, TOY_RAM + 4096, fdt, fdt_length, err) ||
                   board_host_table->zero_ram(board_ctx, TOY_RAM, 4096, err)
               ? -1
               : 0;
}

static bool board_firmware_call(void *board, struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs)
{
    (void)board;
    if (conduit != VM_ARM_HVC)
        return false;
    regs[0] += 1000 + cpu->index;
    return true;
}

static int board_fdt(void *board, const struct vm_fdt_api *fdt, struct vm_fdt_node *root,
                     struct vm_error *err)
{
    uint32_t cells[5], n = fdt->cpu_output_cells(root, "clock", cells);
    (void)board, (void)err;
    if (n)
        fdt->u32(fdt->child(root, "timer"), "interrupts-extended", cells, n);
    return 0;
}

static const struct vm_board_ops board_ops = {
    .size = sizeof(board_ops),
    .archs = archs,
    .max_cpus = 4,
    .counter_hz = 1000000,
    .create = board_create,
    .destroy = destroy_nothing,
    .ram_layout = board_layout,
    .prepare = board_prepare,
    .fdt = board_fdt,
    .install = board_install,
    .firmware_call = board_firmware_call,
};

/* ---- dev-probe ---- */

struct probe {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_timer *timer;
    struct vm_chardev *chr;
    uint32_t n_regions, n_outputs;
    uint64_t dma_result;
    uint32_t timer_status, open_works;
    int64_t submitted_ns;
    bool inside; /* a callback runs: the lock must keep others out */
};

static void enter(struct probe *p)
{
    if (p->inside)
        atomic_fetch_add(&toy.timer_unlocked, 1);
    p->inside = true;
}

static void probe_work(void *opaque)
{
    (void)opaque;
    usleep(1000);
    atomic_fetch_add(&toy.works, 1);
}

static void probe_work_done(void *opaque)
{
    struct probe *p = opaque;
    enter(p);
    p->open_works--;
    atomic_fetch_add(&toy.works_done, 1);
    atomic_store(&toy.work_ns, p->host->clock_ns(p->ctx) - p->submitted_ns);
    if (!p->open_works && p->timer_status)
        p->host->request(p->ctx, VM_REQUEST_POWEROFF, (int)p->timer_status);
    p->inside = false;
}

static void probe_submit(struct probe *p, uint64_t n)
{
    p->submitted_ns = p->host->clock_ns(p->ctx);
    for (; n > 0; n--) {
        p->open_works++;
        if (p->host->submit_work(p->ctx, probe_work, probe_work_done, p))
            abort();
    }
}

static int probe_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct probe *p = dev;
    (void)size;
    *value = offset == PROBE_DMA   ? p->dma_result
             : offset == PROBE_CPU ? (uint64_t)(p->host->accessing_cpu(p->ctx) + 100)
                                   : 0;
    return VM_ACCESS_OK;
}

static int probe_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    static const uint8_t bytes[8] = "12345678";
    struct probe *p = dev;
    uint8_t byte = (uint8_t)value;
    (void)size;
    enter(p);
    switch (offset) {
    case PROBE_IRQ0:
        p->host->set_irq(p->ctx, 0, (int)value);
        break;
    case PROBE_IRQ1:
        p->host->set_irq(p->ctx, 1, (int)value);
        break;
    case PROBE_TIMER:
        p->host->timer_arm(p->timer, p->host->clock_ns(p->ctx) + (int64_t)value);
        break;
    case PROBE_POWEROFF:
        p->host->request(p->ctx, VM_REQUEST_POWEROFF, (int)value);
        break;
    case PROBE_RESET:
        p->host->request(p->ctx, VM_REQUEST_RESET, 0);
        break;
    case PROBE_DMA:
        p->dma_result = (uint64_t)p->host->dma_write(p->ctx, value, bytes, 8);
        break;
    case PROBE_OUTPUT:
        p->host->chardev_write(p->chr, &byte, 1);
        break;
    case PROBE_TIMER_STATUS:
        p->timer_status = (uint32_t)value;
        break;
    case PROBE_WORK:
        probe_submit(p, value);
        break;
    default:
        break;
    }
    p->inside = false;
    return VM_ACCESS_OK;
}

static void probe_timer(void *opaque)
{
    struct probe *p = opaque;
    enter(p);
    atomic_fetch_add(&toy.timer_fired, 1);
    if (p->host->accessing_cpu(p->ctx) != -1)
        abort();
    if (p->timer_status)
        p->host->request(p->ctx, VM_REQUEST_POWEROFF, (int)p->timer_status);
    p->inside = false;
}

static void probe_pressed(void *opaque)
{
    struct probe *p = opaque;
    enter(p);
    p->host->request(p->ctx, VM_REQUEST_POWEROFF, 11);
    p->inside = false;
}

static size_t probe_receive(void *opaque, const uint8_t *bytes, size_t n)
{
    struct probe *p = opaque;
    uint32_t have = atomic_load(&toy.n_received);
    enter(p);
    if (toy.receive_limit && n > toy.receive_limit)
        n = toy.receive_limit;
    if (n > sizeof(toy.received) - have)
        n = sizeof(toy.received) - have;
    memcpy(toy.received + have, bytes, n);
    atomic_store(&toy.n_received, have + (uint32_t)n);
    if (memchr(bytes, '\n', n))
        p->host->request(p->ctx, VM_REQUEST_POWEROFF, 7);
    else
        p->host->chardev_input_ready(p->chr);
    p->inside = false;
    return n;
}

static void probe_writable(void *opaque)
{
    (void)opaque;
}

static const struct vm_region_ops probe_ops = {
    .size = sizeof(probe_ops), .read = probe_read, .write = probe_write};
static const struct vm_chardev_client probe_client = {
    .size = sizeof(probe_client), .receive = probe_receive, .writable = probe_writable};

static int probe_wire(struct probe *p, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *base = p->host->base;
    struct vm_region region = {.size = sizeof(region),
                               .kind = (uint32_t)base->prop_uint(props, "kind"),
                               .name = "regs",
                               .length = PROBE_BYTES,
                               .ops = &probe_ops};
    const char *claim = base->prop_string(props, "claim");
    for (uint32_t i = 0; i < base->prop_uint(props, "regions"); i++)
        if (p->host->add_region(p->ctx, &region, err) < 0)
            return -1;
    if (base->prop_uint(props, "outputs") &&
        p->host->add_irq_outputs(p->ctx, (uint32_t)base->prop_uint(props, "outputs"), err))
        return -1;
    if (claim && p->host->claim_cpu_line(p->ctx, 0, claim, err) < 0)
        return -1;
    if (base->prop_uint(props, "button") &&
        (p->host->on_power_button(p->ctx, probe_pressed, p, err) ||
         p->host->on_power_button(p->ctx, probe_pressed, p, NULL) != -1))
        return -1;
    p->timer = p->host->timer_new(p->ctx, probe_timer, p);
    p->chr = p->host->chardev_attach(p->ctx, props, "chardev", &probe_client, p, err);
    return p->timer && (p->chr || !err->set) ? 0 : -1;
}

static void *probe_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                          const struct vm_props *props, struct vm_error *err)
{
    struct probe *p = calloc(1, sizeof(*p));
    p->host = host;
    p->ctx = ctx;
    if (probe_wire(p, props, err)) {
        free(p);
        return NULL;
    }
    return p;
}

static void probe_reset(void *dev, int kind)
{
    struct probe *p = dev;
    (void)kind;
    atomic_fetch_add(&toy.probe_resets, 1);
    atomic_fetch_add(&toy.works_at_reset, p->open_works);
    p->dma_result = 0;
    p->host->set_irq(p->ctx, 0, 0);
    p->host->set_irq(p->ctx, 1, 0);
}

static const struct vm_state_field probe_fields[] = {
    VM_STATE(struct probe, dma_result, VM_STATE_U64)};
static const struct vm_state_table probe_state = {sizeof(probe_state), 1, probe_fields, 1,
                                                  sizeof(probe_fields[0])};
static const struct vm_device_ops probe_device = {
    .size = sizeof(probe_device),
    .create = probe_create,
    .destroy = free,
    .reset = probe_reset,
    .state = &probe_state,
};

static int probe_describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                          struct vm_error *err)
{
    (void)dev, (void)err;
    fdt->string(node, "compatible", "vmrun,probe");
    return 0;
}

static const struct vm_device_fdt probe_fdt = {
    .size = sizeof(probe_fdt), .node_name = "serial", .describe = probe_describe};

/* ---- dev-hub: each input that is high holds up its output and the claimed vCPU line ---- */

struct hub {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    int claim;
    uint32_t high;
    uint64_t inner;
};

static void hub_input(void *dev, uint32_t line, int level)
{
    struct hub *h = dev;
    atomic_store(&toy.hub_level[line], level);
    atomic_fetch_add(&toy.hub_calls, 1);
    h->high = level ? h->high | 1u << line : h->high & ~(1u << line);
    h->host->set_irq(h->ctx, 0, h->high != 0);
    if (h->claim >= 0)
        h->host->set_cpu_line(h->ctx, h->claim, h->high != 0);
}

/* One register, number 7, at vCPU 0's port; the claimed line is high while it is not zero. */
static int hub_port(void *dev, uint32_t cpu, uint32_t reg, int write, uint64_t bits, uint64_t mask,
                    uint64_t *value)
{
    struct hub *h = dev;
    if (reg != 7 || cpu != 0)
        return -1;
    *value = h->inner;
    if (write)
        h->inner = (h->inner & ~mask) | (bits & mask);
    h->host->set_cpu_line(h->ctx, h->claim, h->inner != 0);
    return 0;
}

static const struct vm_cpu_port_ops hub_port_ops = {.size = sizeof(hub_port_ops),
                                                    .access = hub_port};

static void *hub_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                        const struct vm_props *props, struct vm_error *err)
{
    struct hub *h = calloc(1, sizeof(*h));
    const char *claim = host->base->prop_string(props, "claim");
    const char *port = host->base->prop_string(props, "port");
    const char *output = host->base->prop_string(props, "output");
    h->host = host;
    h->ctx = ctx;
    h->claim = -1;
    if (host->add_irq_inputs(ctx, HUB_INPUTS, err) || host->add_irq_outputs(ctx, 1, err) ||
        (claim && (h->claim = host->claim_cpu_line(ctx, 0, claim, err)) < 0) ||
        (output && host->claim_cpu_output(ctx, 0, output, 2, err)) ||
        (port && host->claim_cpu_port(ctx, 0, port, &hub_port_ops, err))) {
        free(h);
        return NULL;
    }
    return h;
}

static void hub_reset(void *dev, int kind)
{
    struct hub *h = dev;
    (void)kind;
    atomic_fetch_add(&toy.hub_resets, 1);
    h->high = 0;
    h->host->set_irq(h->ctx, 0, 0);
    if (h->claim >= 0)
        h->host->set_cpu_line(h->ctx, h->claim, 0);
}

static uint32_t hub_encode(void *dev, uint32_t line, uint32_t cells[4])
{
    (void)dev;
    cells[0] = line + 100;
    cells[1] = 4;
    return 2;
}

static int hub_describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                        struct vm_error *err)
{
    (void)dev, (void)err;
    fdt->string(node, "compatible", "vmrun,hub");
    return 0;
}

static const struct vm_device_ops hub_device = {
    .size = sizeof(hub_device),
    .flags = VM_DEVICE_INTERRUPT_CONTROLLER,
    .create = hub_create,
    .destroy = free,
    .reset = hub_reset,
    .irq_input = hub_input,
};
static const struct vm_device_fdt hub_fdt = {.size = sizeof(hub_fdt),
                                             .node_name = "hub",
                                             .describe = hub_describe,
                                             .encode_irq = hub_encode};

/* ---- char-pipe ---- */

struct pipe_backend {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    struct vm_fd_watch *watch;
    uint8_t pending[64];
    size_t n_pending;
};

static void pipe_offer(struct pipe_backend *b)
{
    size_t took = b->n_pending ? b->host->receive(b->ctx, b->pending, b->n_pending) : 0;
    b->n_pending -= took;
    memmove(b->pending, b->pending + took, b->n_pending);
    b->host->watch_change(b->watch, VM_FD_READ);
}

static void pipe_ready(void *opaque, int fd, uint32_t events)
{
    struct pipe_backend *b = opaque;
    (void)events;
    ssize_t n = b->n_pending ? 0 : read(fd, b->pending, sizeof(b->pending));
    if (n > 0)
        b->n_pending = (size_t)n;
    pipe_offer(b);
}

static void *pipe_create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    struct pipe_backend *b = calloc(1, sizeof(*b));
    (void)props;
    b->host = host;
    b->ctx = ctx;
    if (pipe(toy.pipe))
        abort();
    b->watch = host->watch_fd(ctx, toy.pipe[0], VM_FD_READ, pipe_ready, b, err);
    if (!b->watch)
        abort();
    return b;
}

static void pipe_destroy(void *be)
{
    struct pipe_backend *b = be;
    b->host->watch_remove(b->watch);
    close(toy.pipe[0]);
    close(toy.pipe[1]);
    free(b);
}

static size_t pipe_write(void *be, const uint8_t *bytes, size_t n)
{
    uint32_t have = atomic_load(&toy.n_output);
    (void)be;
    memcpy(toy.output + have, bytes, n);
    atomic_store(&toy.n_output, have + (uint32_t)n);
    return n;
}

static void pipe_nothing(void *be)
{
    (void)be; /* level-triggered: what was refused is offered again as long as there is something to
                 read */
}

static const struct vm_chardev_ops pipe_ops = {
    .size = sizeof(pipe_ops),
    .create = pipe_create,
    .destroy = pipe_destroy,
    .write = pipe_write,
    .input_ready = pipe_nothing,
    .drain = pipe_nothing,
};

/* ---- descriptors ---- */

static const void *get_arch(const char *id)
{
    return strcmp(id, VM_ARCH_INTERFACE) == 0 ? &arch_ops : NULL;
}

static const void *get_engine(const char *id)
{
    return strcmp(id, VM_ENGINE_INTERFACE) == 0 ? &engine_ops : NULL;
}

static const void *get_board(const char *id)
{
    return strcmp(id, VM_BOARD_INTERFACE) == 0 ? &board_ops : NULL;
}

static const void *get_probe(const char *id)
{
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &probe_fdt;
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &probe_device : NULL;
}

static const void *get_hub(const char *id)
{
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &hub_fdt;
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &hub_device : NULL;
}

static const void *get_pipe(const char *id)
{
    return strcmp(id, VM_CHARDEV_INTERFACE) == 0 ? &pipe_ops : NULL;
}

#define P .size = sizeof(struct vm_property)
static const struct vm_property probe_properties[] = {
    {P, .type = VM_PROP_CHARDEV, .name = "chardev"},
    {P, .type = VM_PROP_UINT, .name = "regions", .default_value = "1", .max = 8},
    {P, .type = VM_PROP_UINT, .name = "kind", .default_value = "1", .max = 8},
    {P, .type = VM_PROP_UINT, .name = "outputs", .default_value = "2", .max = 8},
    {P, .type = VM_PROP_STRING, .name = "claim"},
    {P, .type = VM_PROP_BOOL, .name = "button", .default_value = "no"},
};
static const struct vm_property hub_properties[] = {
    {P, .type = VM_PROP_STRING, .name = "claim"},
    {P, .type = VM_PROP_STRING, .name = "port"},
    {P, .type = VM_PROP_STRING, .name = "output"},
};

#define TOY(k, n, get)                                                                     \
    .size = sizeof(struct vm_plugin), .magic = VM_PLUGIN_MAGIC, .abi_major = VM_ABI_MAJOR, \
    .abi_minor = VM_ABI_MINOR, .kind = (k), .name = (n), .version = "1.0",                 \
    .licence = "BSD-2-Clause", .summary = "for tests", .get_interface = (get),             \
    .matched_abi = VM_MATCHED_ABI_HASH

static const struct vm_plugin plugins[] = {
    {TOY(VM_KIND_ARCH, "arch-toy", get_arch)},
    {TOY(VM_KIND_BOARD, "board-toy", get_board)},
    {TOY(VM_KIND_ENGINE, "engine-toy", get_engine)},
    {TOY(VM_KIND_DEVICE, "dev-probe", get_probe), VM_PLUGIN_PROPERTIES(probe_properties)},
    {TOY(VM_KIND_DEVICE, "dev-hub", get_hub), VM_PLUGIN_PROPERTIES(hub_properties)},
    {TOY(VM_KIND_CHARDEV, "char-pipe", get_pipe)},
};

struct registry *toy_registry(void)
{
    struct vm_error err = VM_ERROR_INIT;
    setenv("VMRUN_PLUGIN_PATH", "/nonexistent", 1);
    unsetenv("VMRUN_VERIFY_IR"); /* the toy arch has no IR: its engine steps a C function */
    struct registry *reg = registry_new(&err);
    for (size_t i = 0; reg && i < sizeof(plugins) / sizeof(plugins[0]); i++) {
        if (registry_add(reg, &plugins[i], &err)) {
            registry_free(reg);
            reg = NULL;
        }
    }
    if (!reg) {
        fprintf(stderr, "toy_registry: %s\n", err.text);
        abort();
    }
    return reg;
}

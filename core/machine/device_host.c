/* SPDX-License-Identifier: BSD-2-Clause */
/* device_host.c - makes device instances and is the host's side of struct vm_device_host: regions,
 * lines, time, memory, requests. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/machine/block_host.h"
#include "core/machine/internal.h"

#define MAX_LINES   16384 /* interrupt outputs or inputs of one device */
#define MAX_REGIONS 64
#define MAX_MEMORY  (UINT64_C(1) << 40) /* of a region */

/* ---- locks ---- */

/* Its address is this thread's identity; its value the rank of the latest device lock that it took
 * and still holds. */
static _Thread_local uint32_t thread_rank;

static bool locked_by_me(const struct vm_device_ctx *ctx)
{
    return atomic_load_explicit(&ctx->owner, memory_order_relaxed) == &thread_rank;
}

static void taken(struct vm_device_ctx *ctx)
{
    atomic_store_explicit(&ctx->owner, &thread_rank, memory_order_relaxed);
    ctx->outer_rank = thread_rank;
    thread_rank = ctx->rank;
}

bool device_lock(void *opaque)
{
    struct vm_device_ctx *ctx = opaque;
    if (locked_by_me(ctx))
        return false;
    assert(ctx->rank > thread_rank);
    pthread_mutex_lock(&ctx->lock);
    taken(ctx);
    return true;
}

void device_unlock(void *opaque)
{
    struct vm_device_ctx *ctx = opaque;
    assert(locked_by_me(ctx));
    thread_rank = ctx->outer_rank;
    atomic_store_explicit(&ctx->owner, NULL, memory_order_relaxed);
    pthread_mutex_unlock(&ctx->lock);
}

bool device_lock_upward(struct vm_device_ctx *ctx)
{
    return ctx->rank > thread_rank && device_lock(ctx);
}

bool device_enter(struct vm_device_ctx *ctx)
{
    if (locked_by_me(ctx))
        return false;
    assert(thread_rank == 0);
    pthread_mutex_lock(&ctx->context.m->gate);
    return device_lock(ctx);
}

/* False: it was not free within `ms`. */
static bool lock_within(pthread_mutex_t *lock, int ms)
{
    struct timespec end;
    if (pthread_mutex_trylock(lock) == 0)
        return true;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += ms * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    return pthread_mutex_timedlock(lock, &end) == 0;
}

bool device_try_enter(struct vm_device_ctx *ctx, int ms)
{
    pthread_mutex_t *gate = &ctx->context.m->gate;
    assert(thread_rank == 0);
    if (!lock_within(gate, ms))
        return false;
    if (!lock_within(&ctx->lock, ms)) {
        pthread_mutex_unlock(gate);
        return false;
    }
    taken(ctx);
    return true;
}

void device_leave(struct vm_device_ctx *ctx)
{
    device_unlock(ctx);
    pthread_mutex_unlock(&ctx->context.m->gate);
}

/* ---- wiring, in create() ---- */

static int not_creating(struct vm_error *err)
{
    return vm_error_set(err, "plugin bug: wiring is declared in create() only");
}

/* Room for one more element behind the n there are, zeroed. NULL: out of memory. */
static void *grow(void **array, uint32_t n, size_t element)
{
    char *bigger = realloc(*array, (n + 1) * element);
    if (!bigger)
        return NULL;
    *array = bigger;
    return memset(bigger + n * element, 0, element);
}

static bool bad_sizes(uint8_t *min, uint8_t *max)
{
    if (*min == 0 && *max == 0) {
        *min = 1;
        *max = 8;
    }
    return *min == 0 || *min > *max || *max > 8 || (*min & (*min - 1)) || (*max & (*max - 1));
}

static int check_region(struct vm_region *r, struct vm_error *err)
{
    if (!r->name)
        r->name = "regs";
    if (r->kind == VM_REGION_PIO && !r->movable)
        return vm_error_set(err, "region '%s' is port I/O, which this machine does not have",
                            r->name);
    if (r->kind < VM_REGION_MMIO || r->kind > VM_REGION_CONFIG)
        return vm_error_set(err, "region '%s' is of an unknown kind", r->name);
    if (r->kind == VM_REGION_CONFIG && r->movable)
        return vm_error_set(err, "plugin bug: the configuration space '%s' has no address",
                            r->name);
    if (r->length == 0 || r->byte_order > VM_BIG_ENDIAN)
        return vm_error_set(err, "plugin bug: region '%s' has no length or an unknown byte order",
                            r->name);
    if (bad_sizes(&r->valid_min, &r->valid_max) || bad_sizes(&r->impl_min, &r->impl_max))
        return vm_error_set(err, "plugin bug: region '%s' has bad access sizes", r->name);
    if (r->memory && (r->memory > VM_MEMORY_SHARED || r->kind != VM_REGION_MMIO ||
                      (r->movable && r->memory != VM_MEMORY_SHARED) || r->length & ~VM_PAGE_MASK ||
                      r->length > MAX_MEMORY))
        return vm_error_set(err, "plugin bug: region '%s' cannot have memory", r->name);
    return 0;
}

static int host_add_region(struct vm_device_ctx *ctx, const struct vm_region *theirs,
                           struct vm_error *err)
{
    struct vm_region region;
    struct vm_region_ops ops;
    if (!ctx->creating)
        return not_creating(err);
    if (!copy_sized(&region, theirs, sizeof(region), END_OF(struct vm_region, ops)) ||
        !region.ops ||
        !copy_sized(&ops, region.ops, sizeof(ops), offsetof(struct vm_region_ops, message)) ||
        !ops.read || !ops.write)
        return vm_error_set(
            err,
            "plugin bug: a region of a size that this vmrun does not know, or without operations");
    if (check_region(&region, err))
        return -1;
    if (ctx->n_regions == MAX_REGIONS)
        return vm_error_set(err, "more than %d regions", MAX_REGIONS);
    for (uint32_t i = 0; i < ctx->n_regions; i++)
        if (region.kind == VM_REGION_CONFIG && ctx->regions[i].region.kind == VM_REGION_CONFIG)
            return vm_error_set(err, "plugin bug: two configuration spaces");
    struct device_region *r = grow((void **)&ctx->regions, ctx->n_regions, sizeof(*r));
    if (!r)
        return vm_error_set(err, "out of memory");
    if (region.memory && !(r->memory = space_new_memory(ctx->context.m->space, region.length,
                                                        region.memory == VM_MEMORY_SHARED, err)))
        return -1;
    if (!(r->name = strdup(region.name)))
        return vm_error_set(err, "out of memory");
    r->region = region;
    r->ops = ops;
    return (int)ctx->n_regions++;
}

static int host_add_irq_outputs(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err)
{
    if (!ctx->creating)
        return not_creating(err);
    if (ctx->outputs || count == 0 || count > MAX_LINES)
        return vm_error_set(err, "plugin bug: %u interrupt outputs, or declared twice", count);
    ctx->outputs = calloc(count, sizeof(*ctx->outputs));
    if (!ctx->outputs)
        return vm_error_set(err, "out of memory");
    ctx->n_outputs = count;
    return 0;
}

static int host_add_irq_inputs(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err)
{
    if (!ctx->creating)
        return not_creating(err);
    if (!(ctx->ops.flags & VM_DEVICE_INTERRUPT_CONTROLLER) || !ctx->ops.irq_input)
        return vm_error_set(
            err, "plugin bug: interrupt inputs on a device that is no interrupt controller");
    if (ctx->inputs || count == 0 || count > MAX_LINES)
        return vm_error_set(err, "plugin bug: %u interrupt inputs, or declared twice", count);
    ctx->inputs = calloc(count, sizeof(*ctx->inputs));
    if (!ctx->inputs)
        return vm_error_set(err, "out of memory");
    ctx->n_inputs = count;
    return 0;
}

static uint32_t host_cpu_count(struct vm_device_ctx *ctx)
{
    return ctx->context.m->info.cpus;
}

const struct vm_cpu_line_desc *machine_cpu_line(const struct machine *m, const char *name,
                                                bool output)
{
    const struct vm_arch_ops *arch = &m->arch_ops;
    for (uint32_t i = 0; i < arch->n_lines; i++)
        if (arch->lines[i].output == output && strcmp(arch->lines[i].name, name) == 0)
            return &arch->lines[i];
    return NULL;
}

static int host_has_cpu_line(struct vm_device_ctx *ctx, const char *name)
{
    return machine_cpu_line(ctx->context.m, name, false) != NULL;
}

static int host_has_cpu_output(struct vm_device_ctx *ctx, const char *name)
{
    return machine_cpu_line(ctx->context.m, name, true) != NULL;
}

/* What a claim of line `name` of vCPU `cpu` needs; NULL with err set. */
static const struct vm_cpu_line_desc *claimed_line(struct vm_device_ctx *ctx, uint32_t cpu,
                                                   const char *name, bool output,
                                                   struct vm_error *err)
{
    struct machine *m = ctx->context.m;
    const struct vm_cpu_line_desc *line = machine_cpu_line(m, name, output);
    if (!ctx->creating) {
        not_creating(err);
        return NULL;
    }
    if (cpu >= m->info.cpus) {
        vm_error_set(err, "vCPU %u does not exist; there are %u", cpu, m->info.cpus);
        return NULL;
    }
    if (!line)
        vm_error_set(err, "a vCPU of %s has no interrupt %s '%s'", m->d->arch.plugin->name,
                     output ? "output" : "line", name);
    return line;
}

static int host_claim_cpu_line(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                               struct vm_error *err)
{
    struct machine *m = ctx->context.m;
    const struct vm_cpu_line_desc *line = claimed_line(ctx, cpu, name, false, err);
    if (!line)
        return -1;
    struct vm_device_ctx **owner = &m->line_owner[cpu * 64 + (line->number & 63)];
    if (*owner)
        return vm_error_set(err, "line '%s' of vCPU %u is driven by %s already", name, cpu,
                            (*owner)->context.name);
    struct device_claim *claim = grow((void **)&ctx->claims, ctx->n_claims, sizeof(*claim));
    if (!claim)
        return vm_error_set(err, "out of memory");
    *claim = (struct device_claim){cpu, line};
    *owner = ctx;
    return (int)ctx->n_claims++;
}

static int host_claim_cpu_output(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                                 uint32_t input, struct vm_error *err)
{
    struct machine *m = ctx->context.m;
    const struct vm_cpu_line_desc *line = claimed_line(ctx, cpu, name, true, err);
    if (!line)
        return -1;
    if (input >= ctx->n_inputs)
        return vm_error_set(err, "plugin bug: there is no input %u", input);
    struct device_output *out = &m->cpu_outputs[cpu * 64 + (line->number & 63)];
    if (out->target)
        return vm_error_set(err, "output '%s' of vCPU %u leads to %s already", name, cpu,
                            out->target->context.name);
    out->target = ctx;
    out->line = input;
    return 0;
}

static int host_on_power_button(struct vm_device_ctx *ctx, void (*pressed)(void *opaque),
                                void *opaque, struct vm_error *err)
{
    if (!ctx->creating)
        return not_creating(err);
    if (!pressed || ctx->pressed)
        return vm_error_set(err, "plugin bug: a power button that does nothing, or two");
    ctx->pressed = pressed;
    ctx->pressed_opaque = opaque;
    return 0;
}

void device_press(void *opaque)
{
    struct vm_device_ctx *ctx = opaque;
    if (!device_enter(ctx))
        return;
    ctx->pressed(ctx->pressed_opaque);
    device_leave(ctx);
}

static int host_accessing_cpu(struct vm_device_ctx *ctx)
{
    return sched_running_cpu(ctx->context.m->sched);
}

static struct vm_chardev *host_chardev_attach(struct vm_device_ctx *ctx,
                                              const struct vm_props *props, const char *prop,
                                              const struct vm_chardev_client *client, void *opaque,
                                              struct vm_error *err)
{
    if (!ctx->creating) {
        not_creating(err);
        return NULL;
    }
    const char *name = props_string(props, prop);
    return name ? chardev_attach(ctx, name, client, opaque, err) : NULL;
}

static struct vm_block *host_block_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                          const char *prop, const struct vm_block_client *client,
                                          void *opaque, struct vm_error *err)
{
    if (!ctx->creating) {
        not_creating(err);
        return NULL;
    }
    const char *name = props_string(props, prop);
    return name ? block_attach(ctx, name, client, opaque, err) : NULL;
}

static struct vm_net *host_net_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                      const char *prop, const struct vm_net_client *client,
                                      void *opaque, struct vm_error *err)
{
    if (!ctx->creating) {
        not_creating(err);
        return NULL;
    }
    const char *name = props_string(props, prop);
    return name ? net_attach(ctx, name, client, opaque, err) : NULL;
}

static struct vm_gpu *host_gpu_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                      const char *prop, const struct vm_gpu_client *client,
                                      void *opaque, struct vm_error *err)
{
    if (!ctx->creating) {
        not_creating(err);
        return NULL;
    }
    const char *name = props_string(props, prop);
    return name ? gpu_attach(ctx, name, client, opaque, err) : NULL;
}

static struct vm_display *host_display_attach(struct vm_device_ctx *ctx,
                                              const struct vm_props *props, const char *prop,
                                              const struct vm_display_client *client, void *opaque,
                                              struct vm_error *err)
{
    if (!ctx->creating) {
        not_creating(err);
        return NULL;
    }
    const char *name = props_string(props, prop);
    return name ? display_attach(ctx, name, client, opaque, err) : NULL;
}

/* ---- memory of regions ---- */

static struct ram_block *memory_of(const struct vm_device_ctx *ctx, uint32_t region)
{
    return region < ctx->n_regions ? ctx->regions[region].memory : NULL;
}

static uint8_t *host_region_memory(struct vm_device_ctx *ctx, uint32_t region)
{
    struct ram_block *memory = memory_of(ctx, region);
    return memory ? memory->host : NULL;
}

static void host_region_direct(struct vm_device_ctx *ctx, uint32_t region, int direct)
{
    struct ram_block *memory = memory_of(ctx, region);
    if (memory && space_set_direct(memory, direct != 0))
        sched_flush_tlbs(ctx->context.m->sched);
}

static void host_region_written(struct vm_device_ctx *ctx, uint32_t region, uint64_t offset,
                                uint64_t n)
{
    struct ram_block *memory = memory_of(ctx, region);
    if (memory && !memory->shared && offset <= memory->length && n <= memory->length - offset)
        space_ram_written(ctx->context.m->space, memory, memory->base + offset, n);
}

/* ---- interrupts ---- */

static void host_set_cpu_line(struct vm_device_ctx *ctx, int handle, int level)
{
    if (handle < 0 || (uint32_t)handle >= ctx->n_claims)
        return;
    const struct device_claim *claim = &ctx->claims[handle];
    vcpu_set_line(sched_cpu(ctx->context.m->sched, claim->cpu), claim->line->number, level);
}

/* ---- time ---- */

static int64_t host_clock_ns_now(struct vm_device_ctx *ctx)
{
    sched_sync_clock(ctx->context.m->sched);
    return clock_now(ctx->context.m->clock);
}

static int64_t host_wall_clock_ns(struct vm_device_ctx *ctx)
{
    sched_sync_clock(ctx->context.m->sched);
    return clock_wall(ctx->context.m->clock);
}

static uint64_t host_counter_hz(struct vm_device_ctx *ctx)
{
    return ctx->context.m->info.counter_hz;
}

static uint64_t host_counter_read(struct vm_device_ctx *ctx)
{
    sched_sync_clock(ctx->context.m->sched);
    return clock_counter(ctx->context.m->clock);
}

static void host_counter_write(struct vm_device_ctx *ctx, uint64_t value)
{
    sched_sync_clock(ctx->context.m->sched);
    clock_counter_set(ctx->context.m->clock, value);
}

static int64_t host_counter_deadline(struct vm_device_ctx *ctx, uint64_t value)
{
    return clock_counter_deadline(ctx->context.m->clock, value);
}

static void timer_fired(void *opaque)
{
    struct vm_timer *t = opaque;
    if (!device_enter(t->ctx))
        return;
    t->callback(t->opaque);
    device_leave(t->ctx);
}

static struct vm_timer *host_timer_new(struct vm_device_ctx *ctx, vm_timer_callback callback,
                                       void *opaque)
{
    struct vm_timer *t = ctx->creating ? calloc(1, sizeof(*t)) : NULL;
    if (!t)
        return NULL;
    *t = (struct vm_timer){.next = ctx->timers, .ctx = ctx, .callback = callback, .opaque = opaque};
    t->timer = timer_new(ctx->context.m->timers, timer_fired, t);
    if (!t->timer) {
        free(t);
        return NULL;
    }
    ctx->timers = t;
    return t;
}

static void host_timer_arm(struct vm_timer *t, int64_t deadline_ns)
{
    timer_arm(t->timer, deadline_ns);
}

/* ---- requests ---- */

static int host_is_deterministic(struct vm_device_ctx *ctx)
{
    return ctx->context.m->info.deterministic;
}

static void host_request(struct vm_device_ctx *ctx, int request, int status)
{
    sched_request(ctx->context.m->sched, request, status);
}

static const char *host_instance_name(struct vm_device_ctx *ctx)
{
    return ctx->context.name;
}

const struct vm_device_host device_host = {
    .size = sizeof(struct vm_device_host),
    .base = &vm_host_table,
    .add_region = host_add_region,
    .add_irq_outputs = host_add_irq_outputs,
    .add_irq_inputs = host_add_irq_inputs,
    .cpu_count = host_cpu_count,
    .claim_cpu_line = host_claim_cpu_line,
    .has_cpu_line = host_has_cpu_line,
    .chardev_attach = host_chardev_attach,
    .set_irq = wiring_set_output,
    .set_cpu_line = host_set_cpu_line,
    .clock_ns = host_clock_ns_now,
    .wall_clock_ns = host_wall_clock_ns,
    .counter_hz = host_counter_hz,
    .counter_read = host_counter_read,
    .counter_write = host_counter_write,
    .counter_deadline = host_counter_deadline,
    .timer_new = host_timer_new,
    .timer_arm = host_timer_arm,
    .dma_read = dma_read,
    .dma_write = dma_write,
    .chardev_write = chardev_write,
    .chardev_input_ready = chardev_input_ready,
    .request = host_request,
    .block_attach = host_block_attach,
    .block_info = block_info,
    .block_submit = block_submit,
    .block_commit = block_commit,
    .block_drain = block_drain,
    .bus_protocol = bus_protocol,
    .bus_attach = bus_attach,
    .region_place = bus_region_place,
    .bus_claim_window = bus_claim_window,
    .child_access = bus_child_access,
    .child_forward = bus_child_forward,
    .bus_changed = bus_windows_changed,
    .dma_map = dma_map,
    .dma_unmap = dma_unmap,
    .send_message = dma_send_message,
    .claim_cpu_port = ports_claim,
    .has_cpu_port = ports_has,
    .submit_work = work_submit,
    .is_deterministic = host_is_deterministic,
    .net_attach = host_net_attach,
    .net_send = net_send,
    .net_receive_ready = net_receive_ready,
    .net_info = net_info,
    .net_set_offloads = net_set_offloads,
    .instance_name = host_instance_name,
    .claim_cpu_output = host_claim_cpu_output,
    .has_cpu_output = host_has_cpu_output,
    .accessing_cpu = host_accessing_cpu,
    .on_power_button = host_on_power_button,
    .region_memory = host_region_memory,
    .region_direct = host_region_direct,
    .region_written = host_region_written,
    .gpu_attach = host_gpu_attach,
    .gpu_count = gpu_count,
    .gpu_info = gpu_info,
    .gpu_stats = gpu_stats,
    .gpu_submit = gpu_submit,
    .gpu_drain = gpu_drain,
    .gpu_host_memory = gpu_host_memory,
    .display_attach = host_display_attach,
    .display_mode = display_mode,
    .display_frame = display_frame,
    .display_input_ready = display_input_ready,
};

/* ---- life ---- */

/* Optional interfaces; what the plugin has not stays zero. */
static int take_bus_interfaces(struct vm_device_ctx *ctx, struct vm_error *err)
{
    const struct vm_plugin *plugin = ctx->instance->plugin;
    const struct vm_device_bus *bus = &ctx->bus;
    if (plugin->get_interface(VM_DEVICE_BUS_INTERFACE)) {
        if (plugin_interface(plugin, VM_DEVICE_BUS_INTERFACE, &ctx->bus, sizeof(ctx->bus),
                             offsetof(struct vm_device_bus, forward), err))
            return -1;
        if (!bus->protocol || !bus->attach || !bus->requester || !bus->window)
            return vm_error_set(err, "plugin '%s' lacks a mandatory function of its bus",
                                plugin->name);
    }
    if (!plugin->get_interface(VM_DEVICE_IOMMU_INTERFACE))
        return 0;
    if (plugin_interface(plugin, VM_DEVICE_IOMMU_INTERFACE, &ctx->iommu_ops, sizeof(ctx->iommu_ops),
                         END_OF(struct vm_device_iommu, translate), err))
        return -1;
    return ctx->iommu_ops.translate
               ? 0
               : vm_error_set(err, "plugin '%s' does not translate", plugin->name);
}

static int take_interfaces(struct vm_device_ctx *ctx, struct vm_error *err)
{
    const struct vm_plugin *plugin = ctx->instance->plugin;
    const uint32_t fdt_mandatory = offsetof(struct vm_device_fdt, encode_irq);
    if (plugin_interface(plugin, VM_DEVICE_INTERFACE, &ctx->ops, sizeof(ctx->ops),
                         offsetof(struct vm_device_ops, irq_input), err))
        return -1;
    if (!ctx->ops.create || !ctx->ops.destroy || !ctx->ops.reset)
        return vm_error_set(err, "plugin '%s' lacks a mandatory function", plugin->name);
    if (take_bus_interfaces(ctx, err))
        return -1;
    if (plugin->get_interface(VM_DEVICE_FDT_INTERFACE)) {
        if (plugin_interface(plugin, VM_DEVICE_FDT_INTERFACE, &ctx->fdt, sizeof(ctx->fdt),
                             fdt_mandatory, err))
            return -1;
        if (!ctx->fdt.node_name || !ctx->fdt.describe)
            return vm_error_set(err,
                                "plugin '%s' has a device-tree interface without name or function",
                                plugin->name);
    }
    if (ctx->ops.state && !copy_sized(&ctx->state, ctx->ops.state, sizeof(ctx->state),
                                      END_OF(struct vm_state_table, field_size)))
        return vm_error_set(err, "plugin '%s' has a state table that this vmrun does not know",
                            plugin->name);
    return ctx->state.size ? state_table_check(&ctx->state, err) : 0;
}

int device_create(struct machine *m, struct vm_device_ctx *ctx, const struct instance *instance,
                  struct vm_error *err)
{
    ctx->context = (struct context){instance->name, m};
    ctx->instance = instance;
    pthread_mutex_init(&ctx->lock, NULL);
    if (take_interfaces(ctx, err))
        return -1;
    bus_find_provider(m, ctx);
    ctx->rank = 1; /* until wiring is known: create() leads to no other lock */
    ctx->creating = true;
    device_lock(ctx);
    ctx->dev = ctx->ops.create(&device_host, ctx, instance->props, err);
    device_unlock(ctx);
    ctx->creating = false;
    if (!ctx->dev && !err->set)
        vm_error_set(err, "plugin '%s' made no instance and did not say why",
                     instance->plugin->name);
    return ctx->dev ? bus_check_device(ctx, err) : -1;
}

void device_destroy(struct vm_device_ctx *ctx)
{
    if (ctx->dev)
        ctx->ops.destroy(ctx->dev);
    while (ctx->timers) {
        struct vm_timer *t = ctx->timers;
        ctx->timers = t->next;
        timer_free(t->timer);
        free(t);
    }
    for (uint32_t i = 0; i < ctx->n_regions; i++)
        free(ctx->regions[i].name);
    virtqs_free(ctx);
    free(ctx->regions);
    free(ctx->outputs);
    free(ctx->inputs);
    free(ctx->claims);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
}

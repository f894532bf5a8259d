/* SPDX-License-Identifier: BSD-2-Clause */
/* devhost.c - a host for one device under test: life, registers, interrupts, time, backend. */
#include <stdlib.h>
#include <string.h>

#include "devhost_internal.h"

static struct devhost *of(struct vm_device_ctx *ctx)
{
    return (struct devhost *)ctx;
}

bool devhost_wiring_fails(struct devhost *h, struct vm_error *err)
{
    h->wiring_calls++;
    if (!h->creating)
        plughost_broken("wiring outside create()");
    if (h->wiring_calls != h->fail_wiring)
        return false;
    vm_error_set(err, "wiring call %u was made to fail", h->wiring_calls);
    return true;
}

/* ---- Wiring ---------------------------------------------------------------------------------- */

static int add_region(struct vm_device_ctx *ctx, const struct vm_region *region,
                      struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (devhost_wiring_fails(h, err))
        return -1;
    if (h->n_regions == DEVHOST_MAX_REGIONS || region->length == 0 || !region->ops)
        plughost_broken("add_region");
    h->regions[h->n_regions] = *region;
    return (int)h->n_regions++;
}

static int add_irq_outputs(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (devhost_wiring_fails(h, err))
        return -1;
    if (count > DEVHOST_MAX_OUTPUTS)
        plughost_broken("too many interrupt outputs for this host");
    h->n_outputs = count;
    return 0;
}

static int add_irq_inputs(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (devhost_wiring_fails(h, err))
        return -1;
    h->n_inputs = count;
    h->inputs = calloc(count ? count : 1, sizeof(*h->inputs));
    return 0;
}

static uint32_t cpu_count(struct vm_device_ctx *ctx)
{
    return of(ctx)->cpus;
}

static int find_line(const struct devhost *h, const char *name)
{
    for (int i = 0; h->cpu_lines && h->cpu_lines[i]; i++) {
        if (strcmp(h->cpu_lines[i], name) == 0)
            return i;
    }
    return -1;
}

static int has_cpu_line(struct vm_device_ctx *ctx, const char *name)
{
    return find_line(of(ctx), name) >= 0;
}

static int claim_cpu_line(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                          struct vm_error *err)
{
    struct devhost *h = of(ctx);
    int line = find_line(h, name);
    struct devhost_claim *claim;

    if (devhost_wiring_fails(h, err))
        return -1;
    if (cpu >= h->cpus || line < 0)
        return vm_error_set(err, "vCPU %u has no line %s", cpu, name);
    for (uint32_t i = 0; i < h->n_claims; i++) {
        if (h->claims[i].cpu == cpu && h->claims[i].line == line)
            return vm_error_set(err, "line %s of vCPU %u is claimed twice", name, cpu);
    }
    h->claims = realloc(h->claims, (h->n_claims + 1) * sizeof(*h->claims));
    claim = &h->claims[h->n_claims];
    *claim = (struct devhost_claim){.cpu = cpu, .line = line};
    plughost_text(&h->claim_text, "%u:%s ", cpu, name);
    return (int)h->n_claims++;
}

static int has_cpu_output(struct vm_device_ctx *ctx, const char *name)
{
    const struct devhost *h = of(ctx);

    for (int i = 0; h->cpu_outputs && h->cpu_outputs[i]; i++) {
        if (strcmp(h->cpu_outputs[i], name) == 0)
            return 1;
    }
    return 0;
}

static int claim_cpu_output(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                            uint32_t input, struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (devhost_wiring_fails(h, err))
        return -1;
    if (cpu >= h->cpus || input >= h->n_inputs || !has_cpu_output(ctx, name))
        return vm_error_set(err, "vCPU %u has no output %s", cpu, name);
    if (h->n_cpu_ways == DEVHOST_MAX_CPU_WAYS)
        plughost_broken("too many claims of outputs for this host");
    h->cpu_ways[h->n_cpu_ways++] = (struct devhost_cpu_way){cpu, name, input};
    return 0;
}

static int on_power_button(struct vm_device_ctx *ctx, void (*pressed)(void *opaque), void *opaque,
                           struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (devhost_wiring_fails(h, err))
        return -1;
    h->pressed = pressed;
    h->pressed_opaque = opaque;
    return 0;
}

bool devhost_press(struct devhost *h)
{
    if (h->pressed)
        h->pressed(h->pressed_opaque);
    return h->pressed != NULL;
}

static int accessing_cpu(struct vm_device_ctx *ctx)
{
    return of(ctx)->accessing_cpu;
}

static struct vm_chardev *chardev_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                         const char *prop, const struct vm_chardev_client *client,
                                         void *opaque, struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (!plughost_prop_given(props, prop))
        return NULL;
    if (devhost_wiring_fails(h, err))
        return NULL;
    if (h->n_chardevs == DEVHOST_MAX_CHARDEVS)
        plughost_broken("too many backends for this host");
    h->chardevs[h->n_chardevs] =
        (struct vm_chardev){.client = client, .opaque = opaque, .output_room = SIZE_MAX};
    return &h->chardevs[h->n_chardevs++];
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

static void set_irq(struct vm_device_ctx *ctx, uint32_t output, int level)
{
    struct devhost *h = of(ctx);

    if (output >= h->n_outputs)
        plughost_broken("set_irq of an output that was not added");
    h->outputs[output] = level != 0;
}

static void set_cpu_line(struct vm_device_ctx *ctx, int handle, int level)
{
    struct devhost *h = of(ctx);

    if (handle < 0 || (uint32_t)handle >= h->n_claims)
        plughost_broken("set_cpu_line of a line that was not claimed");
    h->claims[handle].level = level != 0;
}

int devhost_irq(const struct devhost *h, uint32_t output)
{
    if (output >= h->n_outputs)
        plughost_broken("a test asks for an output that was not added");
    return h->outputs[output];
}

uint32_t devhost_irq_inputs(const struct devhost *h)
{
    return h->n_inputs;
}

void devhost_irq_input(struct devhost *h, uint32_t line, int level)
{
    level = level != 0;
    if (line >= h->n_inputs || h->inputs[line] == level)
        return;
    h->inputs[line] = (uint8_t)level;
    h->ops->irq_input(h->device, line, level);
}

void devhost_cpu_output(struct devhost *h, uint32_t cpu, const char *name, int level)
{
    for (uint32_t i = 0; i < h->n_cpu_ways; i++) {
        if (h->cpu_ways[i].cpu == cpu && strcmp(h->cpu_ways[i].name, name) == 0) {
            devhost_irq_input(h, h->cpu_ways[i].input, level);
            return;
        }
    }
    plughost_broken("a test drives an output that was not claimed");
}

int devhost_cpu_line(const struct devhost *h, uint32_t cpu, const char *name)
{
    int line = find_line(h, name);

    for (uint32_t i = 0; i < h->n_claims; i++) {
        if (h->claims[i].cpu == cpu && h->claims[i].line == line)
            return h->claims[i].level;
    }
    return -1;
}

const char *devhost_claims(const struct devhost *h)
{
    return h->claim_text.text ? h->claim_text.text : "";
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int64_t clock_ns(struct vm_device_ctx *ctx)
{
    return of(ctx)->now;
}

static int64_t wall_clock_ns(struct vm_device_ctx *ctx)
{
    return (int64_t)((uint64_t)of(ctx)->wall_base + (uint64_t)of(ctx)->now);
}

static uint64_t counter_hz(struct vm_device_ctx *ctx)
{
    return of(ctx)->counter_hz;
}

static uint64_t counter_ticks(const struct devhost *h)
{
    return (uint64_t)((unsigned __int128)(uint64_t)h->now * h->counter_hz / 1000000000u);
}

static uint64_t counter_read(struct vm_device_ctx *ctx)
{
    return counter_ticks(of(ctx)) + of(ctx)->counter_offset;
}

static void counter_write(struct vm_device_ctx *ctx, uint64_t value)
{
    of(ctx)->counter_offset = value - counter_ticks(of(ctx));
}

static int64_t counter_deadline(struct vm_device_ctx *ctx, uint64_t value)
{
    struct devhost *h = of(ctx);
    uint64_t counter = counter_read(ctx);
    unsigned __int128 ns;

    if (value <= counter)
        return h->now;
    ns = (unsigned __int128)(value - counter) + counter_ticks(h);
    ns = (ns * 1000000000u + h->counter_hz - 1) / h->counter_hz;
    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

static struct vm_timer *timer_new(struct vm_device_ctx *ctx, vm_timer_callback cb, void *opaque)
{
    struct devhost *h = of(ctx);
    struct vm_timer *timer;

    if (devhost_wiring_fails(h, NULL))
        return NULL;
    timer = calloc(1, sizeof(*timer));
    *timer = (struct vm_timer){
        .next = h->timers, .callback = cb, .opaque = opaque, .deadline = INT64_MAX};
    h->timers = timer;
    return timer;
}

static void timer_arm(struct vm_timer *timer, int64_t deadline_ns)
{
    timer->deadline = deadline_ns;
}

int64_t devhost_now(const struct devhost *h)
{
    return h->now;
}

static struct vm_timer *next_timer(struct devhost *h)
{
    struct vm_timer *best = NULL;

    for (struct vm_timer *t = h->timers; t; t = t->next) {
        if (t->deadline != INT64_MAX && (!best || t->deadline < best->deadline))
            best = t;
    }
    return best;
}

void devhost_advance(struct devhost *h, int64_t ns)
{
    int64_t end = h->now + ns;
    struct vm_timer *timer;
    int64_t last = -1;
    int storm = 0;

    while ((timer = next_timer(h)) && timer->deadline <= end) {
        if (timer->deadline > h->now)
            h->now = timer->deadline;
        storm = h->now == last ? storm + 1 : 0;
        last = h->now;
        if (storm > 100000)
            plughost_broken("a timer arms itself for the time at which it fired");
        timer->deadline = INT64_MAX;
        timer->callback(timer->opaque);
    }
    h->now = end;
}

void devhost_set_counter_hz(struct devhost *h, uint64_t hz)
{
    h->counter_hz = hz;
}

void devhost_set_wall_clock(struct devhost *h, int64_t ns)
{
    h->wall_base = (int64_t)((uint64_t)ns - (uint64_t)h->now);
}

/* ---- Backends -------------------------------------------------------------------------------- */

static const struct vm_chardev *picked(const struct devhost *h)
{
    if (h->chardev >= h->n_chardevs)
        plughost_broken("a test asks for a backend that was not attached");
    return &h->chardevs[h->chardev];
}

static struct vm_chardev *pick(struct devhost *h)
{
    picked(h);
    return &h->chardevs[h->chardev];
}

static size_t chardev_write(struct vm_chardev *chr, const uint8_t *bytes, size_t n)
{
    size_t taken = n < chr->output_room ? n : chr->output_room;

    if (n == 0)
        plughost_broken("chardev_write of nothing");
    chr->output_room -= chr->output_room == SIZE_MAX ? 0 : taken;
    plughost_bytes(&chr->output, bytes, taken);
    return taken;
}

static void chardev_input_ready(struct vm_chardev *chr)
{
    chr->input_ready_calls++;
}

void devhost_pick_backend(struct devhost *h, uint32_t index)
{
    h->chardev = index;
}

uint32_t devhost_backends(const struct devhost *h)
{
    return h->n_chardevs;
}

bool devhost_has_backend(const struct devhost *h)
{
    return h->n_chardevs > 0;
}

size_t devhost_send(struct devhost *h, const void *bytes, size_t n)
{
    struct vm_chardev *chr = pick(h);
    size_t taken = chr->client->receive(chr->opaque, bytes, n);

    if (taken > n)
        plughost_broken("receive() took more than there was");
    return taken;
}

void devhost_chardev_event(struct devhost *h, int event)
{
    struct vm_chardev *chr = pick(h);

    if (chr->client->event)
        chr->client->event(chr->opaque, event);
}

uint32_t devhost_input_ready_calls(const struct devhost *h)
{
    return picked(h)->input_ready_calls;
}

void devhost_output_room(struct devhost *h, size_t n)
{
    struct vm_chardev *chr = pick(h);

    chr->output_room = n;
    if (n > 0)
        chr->client->writable(chr->opaque);
}

const char *devhost_output(struct devhost *h, size_t *n)
{
    const struct vm_chardev *chr = picked(h);

    if (n)
        *n = chr->output.size;
    return chr->output.text ? chr->output.text : "";
}

/* ---- Requests and log ------------------------------------------------------------------------ */

static void request(struct vm_device_ctx *ctx, int what, int status)
{
    of(ctx)->request = what;
    of(ctx)->request_status = status;
}

int devhost_request(const struct devhost *h, int *status)
{
    if (status)
        *status = h->request_status;
    return h->request;
}

uint32_t devhost_log_lines(const struct devhost *h)
{
    (void)h;
    return plughost_log.lines;
}

/* ---- Registers ------------------------------------------------------------------------------- */

uint32_t devhost_regions(const struct devhost *h)
{
    return h->n_regions;
}

const struct vm_region *devhost_region(const struct devhost *h, uint32_t index)
{
    return &h->regions[index];
}

static bool bus_refuses(const struct vm_region *r, uint64_t offset, uint32_t size)
{
    uint32_t min = r->valid_max ? r->valid_min : 1, max = r->valid_max ? r->valid_max : 8;

    return size < min || size > max || offset >= r->length || size > r->length - offset ||
           (offset % size != 0 && !r->unaligned);
}

static uint64_t size_mask(uint32_t size)
{
    return size == 8 ? UINT64_MAX : (1ull << size * 8) - 1;
}

int devhost_access_read(struct devhost *h, uint32_t region, uint64_t offset, uint32_t size,
                        uint64_t *value)
{
    const struct vm_region *r = &h->regions[region];
    uint32_t max = r->impl_max ? r->impl_max : 8, step = size < max ? size : max;

    *value = 0;
    if (bus_refuses(r, offset, size))
        return VM_ACCESS_ERROR;
    if (size < r->impl_min) {
        uint64_t cell = offset & ~(uint64_t)(r->impl_min - 1), wide = 0;
        int result = devhost_access_read(h, region, cell, r->impl_min, &wide);

        *value = wide >> (offset - cell) * 8 & size_mask(size);
        return result;
    }
    for (uint32_t done = 0; done < size; done += step) {
        uint64_t part = 0xa5a5a5a5a5a5a5a5u;

        if (r->ops->read(h->device, offset + done, step, &part) != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
        if (part & ~size_mask(step))
            plughost_broken("a read is wider than was asked for");
        *value |= part << done * 8;
    }
    return VM_ACCESS_OK;
}

int devhost_access_write(struct devhost *h, uint32_t region, uint64_t offset, uint32_t size,
                         uint64_t value)
{
    const struct vm_region *r = &h->regions[region];
    uint32_t max = r->impl_max ? r->impl_max : 8, step = size < max ? size : max;

    if (bus_refuses(r, offset, size) || size < r->impl_min)
        return VM_ACCESS_ERROR;
    for (uint32_t done = 0; done < size; done += step) {
        uint64_t part = value >> done * 8 & size_mask(step);

        if (r->ops->write(h->device, offset + done, step, part) != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
    }
    return VM_ACCESS_OK;
}

uint64_t devhost_read(struct devhost *h, uint64_t offset, uint32_t size)
{
    uint64_t value;

    if (devhost_access_read(h, 0, offset, size, &value) != VM_ACCESS_OK)
        plughost_broken("a read that must succeed did not");
    return value;
}

void devhost_write(struct devhost *h, uint64_t offset, uint32_t size, uint64_t value)
{
    if (devhost_access_write(h, 0, offset, size, value) != VM_ACCESS_OK)
        plughost_broken("a write that must succeed did not");
}

/* ---- Life ------------------------------------------------------------------------------------ */

static int is_deterministic(struct vm_device_ctx *ctx)
{
    return of(ctx)->deterministic;
}

/* As vmrun's own are. */
static const struct vm_host base = {
    .size = sizeof(struct vm_host),
    .abi_minor = VM_ABI_MINOR,
    .log = plughost_log_line,
    .get_interface = devhost_interface,
    .prop_given = plughost_prop_given,
    .prop_uint = plughost_prop_uint,
    .prop_string = plughost_prop_string,
};

const struct vm_device_host devhost_template = {
    .size = sizeof(struct vm_device_host),
    .base = &base,
    .add_region = add_region,
    .add_irq_outputs = add_irq_outputs,
    .add_irq_inputs = add_irq_inputs,
    .cpu_count = cpu_count,
    .claim_cpu_line = claim_cpu_line,
    .has_cpu_line = has_cpu_line,
    .claim_cpu_output = claim_cpu_output,
    .has_cpu_output = has_cpu_output,
    .accessing_cpu = accessing_cpu,
    .on_power_button = on_power_button,
    .chardev_attach = chardev_attach,
    .set_irq = set_irq,
    .set_cpu_line = set_cpu_line,
    .claim_cpu_port = devhost_claim_cpu_port,
    .has_cpu_port = devhost_has_cpu_port,
    .send_message = devhost_send_message,
    .clock_ns = clock_ns,
    .wall_clock_ns = wall_clock_ns,
    .counter_hz = counter_hz,
    .counter_read = counter_read,
    .counter_write = counter_write,
    .counter_deadline = counter_deadline,
    .timer_new = timer_new,
    .timer_arm = timer_arm,
    .dma_read = devhost_dma_read,
    .dma_write = devhost_dma_write,
    .dma_map = devhost_dma_map,
    .dma_unmap = devhost_dma_unmap,
    .submit_work = devhost_submit_work,
    .block_attach = devhost_block_attach,
    .block_info = devhost_block_info,
    .block_submit = devhost_block_submit,
    .block_commit = devhost_block_commit,
    .block_drain = devhost_block_drain,
    .is_deterministic = is_deterministic,
    .instance_name = devhost_instance_name,
    .net_attach = devhost_net_attach,
    .net_send = devhost_net_send,
    .net_receive_ready = devhost_net_receive_ready,
    .net_info = devhost_net_info,
    .net_set_offloads = devhost_net_set_offloads,
    .chardev_write = chardev_write,
    .chardev_input_ready = chardev_input_ready,
    .request = request,
    .bus_protocol = devhost_bus_protocol,
    .bus_attach = devhost_bus_attach,
    .region_place = devhost_region_place,
    .bus_claim_window = devhost_claim_window,
    .child_access = devhost_child_access,
    .child_forward = devhost_child_forward,
    .bus_changed = devhost_bus_changed,
    .region_memory = devhost_region_memory,
    .region_direct = devhost_region_direct,
    .region_written = devhost_region_written,
};

struct devhost *devhost_new(const struct vm_plugin *plugin)
{
    struct devhost *h = calloc(1, sizeof(*h));

    if (plugin->magic != VM_PLUGIN_MAGIC || plugin->kind != VM_KIND_DEVICE)
        plughost_broken("not the descriptor of a device plugin");
    h->ops = plugin->get_interface(VM_DEVICE_INTERFACE);
    if (!h->ops || plugin->get_interface("no.such.interface/1"))
        plughost_broken("get_interface");
    h->props.plugin = plugin;
    h->counter_hz = 10000000;
    h->wall_base = 1700000000000000000;
    h->accessing_cpu = -1;
    return h;
}

void devhost_set(struct devhost *h, const char *property, const char *value)
{
    plughost_set(&h->props, property, value);
}

void devhost_set_cpus(struct devhost *h, uint32_t cpus, const char *const *lines)
{
    h->cpus = cpus;
    h->cpu_lines = lines;
}

void devhost_set_cpu_outputs(struct devhost *h, const char *const *outputs)
{
    h->cpu_outputs = outputs;
}

void devhost_access_as(struct devhost *h, int cpu)
{
    h->accessing_cpu = cpu;
}

void devhost_set_deterministic(struct devhost *h)
{
    h->deterministic = true;
}

void devhost_fail_wiring(struct devhost *h, uint32_t nth)
{
    h->fail_wiring = nth;
}

int devhost_create(struct devhost *h, struct vm_error *err)
{
    h->creating = true;
    plughost_log = (struct plughost_log){0};
    h->device = h->ops->create(&devhost_template, (struct vm_device_ctx *)h, &h->props, err);
    h->creating = false;
    if (!h->device && err && !err->set)
        plughost_broken("create() failed without a message");
    return h->device ? 0 : -1;
}

void devhost_reset(struct devhost *h)
{
    devhost_run_work(h);
    memset(h->placed, 0, sizeof(h->placed));
    devhost_block_settle(h);
    h->ops->reset(h->device, VM_RESET_COLD);
}

void *devhost_device(struct devhost *h)
{
    return h->device;
}

void devhost_free(struct devhost *h)
{
    devhost_run_work(h);
    devhost_block_settle(h);
    if (h->device)
        h->ops->destroy(h->device);
    devhost_block_free(h);
    devhost_free_ram(h);
    devhost_free_memory(h);
    devhost_free_msi(h);
    devhost_free_net(h);
    while (h->timers) {
        struct vm_timer *next = h->timers->next;

        free(h->timers);
        h->timers = next;
    }
    free(h->claims);
    free(h->inputs);
    free(h->claim_text.text);
    for (uint32_t i = 0; i < h->n_chardevs; i++)
        free(h->chardevs[i].output.text);
    free(h->fdt.text);
    free(h->windows.text);
    free(h);
}

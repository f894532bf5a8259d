/* SPDX-License-Identifier: BSD-2-Clause */
/* device.c - a host for one device under test: life, registers, interrupts, time, backend. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static struct vm_devtest *of(struct vm_device_ctx *ctx)
{
    return (struct vm_devtest *)ctx;
}

void vm_devtest_expect_locked(const struct vm_devtest *h, const char *function)
{
    char text[200];

    if (h->inside > 0 && !h->working && pthread_equal(h->thread, pthread_self()))
        return;
    snprintf(text, sizeof(text), "%s is called %s", function,
             h->working      ? "from work that was submitted, which has not the device's lock"
             : h->inside > 0 ? "from a thread that has not the device's lock"
                             : "outside the device's callbacks");
    vm_test_broken(text);
}

bool vm_devtest_wiring_fails(struct vm_devtest *h, struct vm_error *err)
{
    h->wiring_calls++;
    if (!h->creating || !pthread_equal(h->thread, pthread_self()))
        vm_test_broken("wiring outside create()");
    if (h->wiring_calls != h->fail_wiring)
        return false;
    vm_error_set(err, "wiring call %u was made to fail", h->wiring_calls);
    return true;
}

/* ---- Wiring ---------------------------------------------------------------------------------- */

static int add_region(struct vm_device_ctx *ctx, const struct vm_region *region,
                      struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    if (h->n_regions == VM_DEVTEST_MAX_REGIONS || region->length == 0 || !region->ops)
        vm_test_broken("add_region");
    vm_test_copy(&h->regions[h->n_regions], sizeof(h->regions[0]), region);
    vm_test_copy(&h->region_ops[h->n_regions], sizeof(h->region_ops[0]), region->ops);
    h->regions[h->n_regions].ops = &h->region_ops[h->n_regions];
    if (!h->region_ops[h->n_regions].read || !h->region_ops[h->n_regions].write)
        vm_test_broken("add_region: read or write is missing");
    return (int)h->n_regions++;
}

static int add_irq_outputs(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    if (count > VM_DEVTEST_MAX_OUTPUTS)
        vm_test_broken("too many interrupt outputs for this host");
    h->n_outputs = count;
    return 0;
}

static int add_irq_inputs(struct vm_device_ctx *ctx, uint32_t count, struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    h->n_inputs = count;
    if (h->inputs || (count && !h->ops.irq_input))
        vm_test_broken("add_irq_inputs twice, or without irq_input()");
    h->inputs = vm_test_alloc(count);
    return 0;
}

static uint32_t cpu_count(struct vm_device_ctx *ctx)
{
    return of(ctx)->cpus;
}

static int find_line(const struct vm_devtest *h, const char *name)
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
    struct vm_devtest *h = of(ctx);
    int line = find_line(h, name);
    struct vm_devtest_claim *claim;

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    if (cpu >= h->cpus || line < 0)
        return vm_error_set(err, "vCPU %u has no line %s", cpu, name);
    for (uint32_t i = 0; i < h->n_claims; i++) {
        if (h->claims[i].cpu == cpu && h->claims[i].line == line)
            return vm_error_set(err, "line %s of vCPU %u is claimed twice", name, cpu);
    }
    h->claims = realloc(h->claims, (h->n_claims + 1) * sizeof(*h->claims));
    if (!h->claims)
        vm_test_broken("out of memory");
    claim = &h->claims[h->n_claims];
    *claim = (struct vm_devtest_claim){.cpu = cpu, .line = line};
    vm_test_text(&h->claim_text, "%u:%s ", cpu, name);
    return (int)h->n_claims++;
}

static int has_cpu_output(struct vm_device_ctx *ctx, const char *name)
{
    const struct vm_devtest *h = of(ctx);

    for (int i = 0; h->cpu_outputs && h->cpu_outputs[i]; i++) {
        if (strcmp(h->cpu_outputs[i], name) == 0)
            return 1;
    }
    return 0;
}

static int claim_cpu_output(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                            uint32_t input, struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    if (cpu >= h->cpus || input >= h->n_inputs || !has_cpu_output(ctx, name))
        return vm_error_set(err, "vCPU %u has no output %s", cpu, name);
    if (h->n_cpu_ways == VM_DEVTEST_MAX_CPU_WAYS)
        vm_test_broken("too many claims of outputs for this host");
    h->cpu_ways[h->n_cpu_ways++] = (struct vm_devtest_cpu_way){cpu, name, input};
    return 0;
}

static int on_power_button(struct vm_device_ctx *ctx, void (*pressed)(void *opaque), void *opaque,
                           struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    h->pressed = pressed;
    h->pressed_opaque = opaque;
    return 0;
}

bool vm_devtest_press(struct vm_devtest *h)
{
    vm_devtest_enter(h);
    if (h->pressed)
        h->pressed(h->pressed_opaque);
    vm_devtest_leave(h);
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
    struct vm_devtest *h = of(ctx);

    if (!vm_test_prop_given(props, prop))
        return NULL;
    if (vm_devtest_wiring_fails(h, err))
        return NULL;
    if (h->n_chardevs == VM_DEVTEST_MAX_CHARDEVS)
        vm_test_broken("too many backends for this host");
    h->chardevs[h->n_chardevs] =
        (struct vm_chardev){.host = h, .opaque = opaque, .output_room = SIZE_MAX};
    vm_test_copy(&h->chardevs[h->n_chardevs].client, sizeof(*client), client);
    if (!h->chardevs[h->n_chardevs].client.receive || !h->chardevs[h->n_chardevs].client.writable)
        vm_test_broken("chardev_attach: receive or writable is missing");
    return &h->chardevs[h->n_chardevs++];
}

/* ---- Interrupts ------------------------------------------------------------------------------ */

static void set_irq(struct vm_device_ctx *ctx, uint32_t output, int level)
{
    struct vm_devtest *h = of(ctx);

    if (output >= h->n_outputs)
        vm_test_broken("set_irq of an output that was not added");
    h->outputs[output] = level != 0;
}

static void set_cpu_line(struct vm_device_ctx *ctx, int handle, int level)
{
    struct vm_devtest *h = of(ctx);

    if (handle < 0 || (uint32_t)handle >= h->n_claims)
        vm_test_broken("set_cpu_line of a line that was not claimed");
    h->claims[handle].level = level != 0;
}

int vm_devtest_irq(const struct vm_devtest *h, uint32_t output)
{
    if (output >= h->n_outputs)
        vm_test_broken("a test asks for an output that was not added");
    return h->outputs[output];
}

uint32_t vm_devtest_irq_outputs(const struct vm_devtest *h)
{
    return h->n_outputs;
}

uint32_t vm_devtest_irq_inputs(const struct vm_devtest *h)
{
    return h->n_inputs;
}

void vm_devtest_irq_input(struct vm_devtest *h, uint32_t line, int level)
{
    level = level != 0;
    if (line >= h->n_inputs || h->inputs[line] == level)
        return;
    h->inputs[line] = (uint8_t)level;
    vm_devtest_enter(h);
    h->ops.irq_input(h->device, line, level);
    vm_devtest_leave(h);
}

void vm_devtest_cpu_output(struct vm_devtest *h, uint32_t cpu, const char *name, int level)
{
    for (uint32_t i = 0; i < h->n_cpu_ways; i++) {
        if (h->cpu_ways[i].cpu == cpu && strcmp(h->cpu_ways[i].name, name) == 0) {
            vm_devtest_irq_input(h, h->cpu_ways[i].input, level);
            return;
        }
    }
    vm_test_broken("a test drives an output that was not claimed");
}

int vm_devtest_cpu_line(const struct vm_devtest *h, uint32_t cpu, const char *name)
{
    int line = find_line(h, name);

    for (uint32_t i = 0; i < h->n_claims; i++) {
        if (h->claims[i].cpu == cpu && h->claims[i].line == line)
            return h->claims[i].level;
    }
    return -1;
}

const char *vm_devtest_claims(const struct vm_devtest *h)
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

static uint64_t counter_ticks(const struct vm_devtest *h)
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
    struct vm_devtest *h = of(ctx);
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
    struct vm_devtest *h = of(ctx);
    struct vm_timer *timer;

    if (vm_devtest_wiring_fails(h, NULL))
        return NULL;
    timer = vm_test_alloc(sizeof(*timer));
    *timer = (struct vm_timer){
        .host = h, .next = h->timers, .callback = cb, .opaque = opaque, .deadline = INT64_MAX};
    h->timers = timer;
    return timer;
}

static void timer_arm(struct vm_timer *timer, int64_t deadline_ns)
{
    timer->deadline = deadline_ns;
}

int64_t vm_devtest_now(const struct vm_devtest *h)
{
    return h->now;
}

static struct vm_timer *next_timer(struct vm_devtest *h)
{
    struct vm_timer *best = NULL;

    for (struct vm_timer *t = h->timers; t; t = t->next) {
        if (t->deadline != INT64_MAX && (!best || t->deadline < best->deadline))
            best = t;
    }
    return best;
}

void vm_devtest_advance(struct vm_devtest *h, int64_t ns)
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
            vm_test_broken("a timer arms itself for the time at which it fired");
        timer->deadline = INT64_MAX;
        vm_devtest_enter(h);
        timer->callback(timer->opaque);
        vm_devtest_leave(h);
    }
    h->now = end;
}

void vm_devtest_set_counter_hz(struct vm_devtest *h, uint64_t hz)
{
    h->counter_hz = hz;
}

void vm_devtest_set_wall_clock(struct vm_devtest *h, int64_t ns)
{
    h->wall_base = (int64_t)((uint64_t)ns - (uint64_t)h->now);
}

/* ---- Backends -------------------------------------------------------------------------------- */

static const struct vm_chardev *picked(const struct vm_devtest *h)
{
    if (h->chardev >= h->n_chardevs)
        vm_test_broken("a test asks for a backend that was not attached");
    return &h->chardevs[h->chardev];
}

static struct vm_chardev *pick(struct vm_devtest *h)
{
    picked(h);
    return &h->chardevs[h->chardev];
}

static size_t chardev_write(struct vm_chardev *chr, const uint8_t *bytes, size_t n)
{
    size_t taken = n < chr->output_room ? n : chr->output_room;

    vm_devtest_expect_locked(chr->host, "chardev_write");
    if (n == 0)
        vm_test_broken("chardev_write of nothing");
    chr->output_room -= chr->output_room == SIZE_MAX ? 0 : taken;
    vm_test_bytes(&chr->output, bytes, taken);
    return taken;
}

static void chardev_input_ready(struct vm_chardev *chr)
{
    vm_devtest_expect_locked(chr->host, "chardev_input_ready");
    chr->input_ready_calls++;
}

void vm_devtest_pick_backend(struct vm_devtest *h, uint32_t index)
{
    h->chardev = index;
}

uint32_t vm_devtest_backends(const struct vm_devtest *h)
{
    return h->n_chardevs;
}

bool vm_devtest_has_backend(const struct vm_devtest *h)
{
    return h->n_chardevs > 0;
}

size_t vm_devtest_send(struct vm_devtest *h, const void *bytes, size_t n)
{
    struct vm_chardev *chr = pick(h);
    size_t taken;

    vm_devtest_enter(h);
    taken = chr->client.receive(chr->opaque, bytes, n);
    vm_devtest_leave(h);
    if (taken > n)
        vm_test_broken("receive() took more than there was");
    return taken;
}

void vm_devtest_chardev_event(struct vm_devtest *h, int event)
{
    struct vm_chardev *chr = pick(h);

    vm_devtest_enter(h);
    if (chr->client.event)
        chr->client.event(chr->opaque, event);
    vm_devtest_leave(h);
}

uint32_t vm_devtest_input_ready_calls(const struct vm_devtest *h)
{
    return picked(h)->input_ready_calls;
}

void vm_devtest_output_room(struct vm_devtest *h, size_t n)
{
    struct vm_chardev *chr = pick(h);

    chr->output_room = n;
    vm_devtest_enter(h);
    if (n > 0)
        chr->client.writable(chr->opaque);
    vm_devtest_leave(h);
}

const char *vm_devtest_output(struct vm_devtest *h, size_t *n)
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

int vm_devtest_request(const struct vm_devtest *h, int *status)
{
    if (status)
        *status = h->request_status;
    return h->request;
}

uint32_t vm_devtest_log_lines(const struct vm_devtest *h)
{
    (void)h;
    return vm_test_log_lines();
}

/* ---- Registers ------------------------------------------------------------------------------- */

uint32_t vm_devtest_regions(const struct vm_devtest *h)
{
    return h->n_regions;
}

const struct vm_region *vm_devtest_region(const struct vm_devtest *h, uint32_t index)
{
    if (index >= h->n_regions)
        vm_test_broken("a test asks for a region that was not added");
    return &h->regions[index];
}

int vm_devtest_find_region(const struct vm_devtest *h, const char *name)
{
    for (uint32_t i = 0; i < h->n_regions; i++)
        if (strcmp(h->regions[i].name, name) == 0)
            return (int)i;
    return -1;
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

int vm_devtest_access_read(struct vm_devtest *h, uint32_t region, uint64_t offset, uint32_t size,
                           uint64_t *value)
{
    const struct vm_region *r = vm_devtest_region(h, region);
    uint32_t max = r->impl_max ? r->impl_max : 8, step = size < max ? size : max;
    int result;

    *value = 0;
    if (bus_refuses(r, offset, size))
        return VM_ACCESS_ERROR;
    if (size < r->impl_min) {
        uint64_t cell = offset & ~(uint64_t)(r->impl_min - 1), wide = 0;

        result = vm_devtest_access_read(h, region, cell, r->impl_min, &wide);

        *value = wide >> (offset - cell) * 8 & size_mask(size);
        return result;
    }
    for (uint32_t done = 0; done < size; done += step) {
        uint64_t part = 0xa5a5a5a5a5a5a5a5u;

        vm_devtest_enter(h);
        result = r->ops->read(h->device, offset + done, step, &part);
        vm_devtest_leave(h);
        if (result != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
        if (part & ~size_mask(step))
            vm_test_broken("a read is wider than was asked for");
        *value |= part << done * 8;
    }
    return VM_ACCESS_OK;
}

int vm_devtest_access_write(struct vm_devtest *h, uint32_t region, uint64_t offset, uint32_t size,
                            uint64_t value)
{
    const struct vm_region *r = vm_devtest_region(h, region);
    uint32_t max = r->impl_max ? r->impl_max : 8, step = size < max ? size : max;
    int result;

    if (bus_refuses(r, offset, size) || size < r->impl_min)
        return VM_ACCESS_ERROR;
    for (uint32_t done = 0; done < size; done += step) {
        uint64_t part = value >> done * 8 & size_mask(step);

        vm_devtest_enter(h);
        result = r->ops->write(h->device, offset + done, step, part);
        vm_devtest_leave(h);
        if (result != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
    }
    return VM_ACCESS_OK;
}

uint64_t vm_devtest_read(struct vm_devtest *h, uint64_t offset, uint32_t size)
{
    uint64_t value;

    if (vm_devtest_access_read(h, 0, offset, size, &value) != VM_ACCESS_OK)
        vm_test_broken("a read that must succeed did not");
    return value;
}

void vm_devtest_write(struct vm_devtest *h, uint64_t offset, uint32_t size, uint64_t value)
{
    if (vm_devtest_access_write(h, 0, offset, size, value) != VM_ACCESS_OK)
        vm_test_broken("a write that must succeed did not");
}

/* ---- Life ------------------------------------------------------------------------------------ */

static int is_deterministic(struct vm_device_ctx *ctx)
{
    return of(ctx)->deterministic;
}

const struct vm_device_host vm_devtest_template = {
    .size = sizeof(struct vm_device_host),
    .base = &vm_devtest_base,
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
    .claim_cpu_port = vm_devtest_claim_cpu_port,
    .has_cpu_port = vm_devtest_has_cpu_port,
    .send_message = vm_devtest_send_message,
    .clock_ns = clock_ns,
    .wall_clock_ns = wall_clock_ns,
    .counter_hz = counter_hz,
    .counter_read = counter_read,
    .counter_write = counter_write,
    .counter_deadline = counter_deadline,
    .timer_new = timer_new,
    .timer_arm = timer_arm,
    .dma_read = vm_devtest_dma_read,
    .dma_write = vm_devtest_dma_write,
    .dma_map = vm_devtest_dma_map,
    .dma_unmap = vm_devtest_dma_unmap,
    .submit_work = vm_devtest_submit_work,
    .block_attach = vm_devtest_block_attach,
    .block_info = vm_devtest_block_info,
    .block_submit = vm_devtest_block_submit,
    .block_commit = vm_devtest_block_commit,
    .block_drain = vm_devtest_block_drain,
    .is_deterministic = is_deterministic,
    .instance_name = vm_devtest_instance_name,
    .net_attach = vm_devtest_net_attach,
    .net_send = vm_devtest_net_send,
    .net_receive_ready = vm_devtest_net_receive_ready,
    .net_info = vm_devtest_net_info,
    .net_set_offloads = vm_devtest_net_set_offloads,
    .chardev_write = chardev_write,
    .chardev_input_ready = chardev_input_ready,
    .request = request,
    .bus_protocol = vm_devtest_bus_protocol,
    .bus_attach = vm_devtest_bus_attach,
    .region_place = vm_devtest_region_place,
    .bus_claim_window = vm_devtest_claim_window,
    .child_access = vm_devtest_child_access,
    .child_forward = vm_devtest_child_forward,
    .bus_changed = vm_devtest_bus_changed,
    .region_memory = vm_devtest_region_memory,
    .region_direct = vm_devtest_region_direct,
    .region_written = vm_devtest_region_written,
    .gpu_attach = vm_devtest_gpu_attach,
    .gpu_count = vm_devtest_gpu_count,
    .gpu_info = vm_devtest_gpu_info,
    .gpu_stats = vm_devtest_gpu_stats,
    .gpu_submit = vm_devtest_gpu_submit,
    .gpu_drain = vm_devtest_gpu_drain,
    .gpu_host_memory = vm_devtest_gpu_host_memory,
    .display_attach = vm_devtest_display_attach,
    .display_mode = vm_devtest_display_set_mode,
    .display_frame = vm_devtest_display_take,
    .display_input_ready = vm_devtest_display_ready,
};

struct vm_devtest *vm_devtest_new(const struct vm_plugin *plugin)
{
    struct vm_devtest *h = vm_test_alloc(sizeof(*h));

    vm_test_open(&h->test, plugin, VM_KIND_DEVICE, VM_DEVICE_INTERFACE, &h->ops, sizeof(h->ops),
                 offsetof(struct vm_device_ops, irq_input));
    if (!h->ops.create || !h->ops.destroy || !h->ops.reset)
        vm_test_broken("create, destroy or reset is missing");
    h->counter_hz = 10000000;
    h->wall_base = 1700000000000000000;
    h->accessing_cpu = -1;
    return h;
}

void vm_devtest_set(struct vm_devtest *h, const char *property, const char *value)
{
    vm_test_set(&h->test, property, value);
}

void vm_devtest_set_cpus(struct vm_devtest *h, uint32_t cpus, const char *const *lines)
{
    h->cpus = cpus;
    h->cpu_lines = lines;
}

void vm_devtest_set_cpu_outputs(struct vm_devtest *h, const char *const *outputs)
{
    h->cpu_outputs = outputs;
}

void vm_devtest_access_as(struct vm_devtest *h, int cpu)
{
    h->accessing_cpu = cpu;
}

void vm_devtest_set_deterministic(struct vm_devtest *h)
{
    h->deterministic = true;
}

void vm_devtest_fail_wiring(struct vm_devtest *h, uint32_t nth)
{
    h->fail_wiring = nth;
}

uint32_t vm_devtest_wiring_calls(const struct vm_devtest *h)
{
    return h->wiring_calls;
}

int vm_devtest_create(struct vm_devtest *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;

    h->creating = true;
    if (vm_test_ready(&h->test, e))
        return -1;
    vm_devtest_enter(h);
    h->device = h->ops.create(&vm_devtest_template, (struct vm_device_ctx *)h, h->test.props, e);
    vm_devtest_leave(h);
    h->creating = false;
    if (!h->device && !e->set)
        vm_test_broken("create() failed without a message");
    return h->device ? 0 : -1;
}

void vm_devtest_reset(struct vm_devtest *h)
{
    vm_devtest_run_work(h);
    memset(h->placed, 0, sizeof(h->placed));
    vm_devtest_block_settle(h);
    vm_devtest_gpu_settle(h);
    vm_devtest_enter(h);
    h->ops.reset(h->device, VM_RESET_COLD);
    vm_devtest_leave(h);
}

void *vm_devtest_device(struct vm_devtest *h)
{
    return h->device;
}

void vm_devtest_free(struct vm_devtest *h)
{
    vm_devtest_run_work(h);
    vm_devtest_block_settle(h);
    vm_devtest_gpu_settle(h);
    if (h->device)
        h->ops.destroy(h->device);
    vm_devtest_block_free(h);
    vm_devtest_gpu_free(h);
    vm_devtest_display_free(h);
    vm_devtest_free_ram(h);
    vm_devtest_free_memory(h);
    vm_devtest_free_msi(h);
    vm_devtest_free_net(h);
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
    vm_test_close(&h->test);
    free(h->fdt.text);
    free(h->windows.text);
    free(h);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.c - builds a machine from its description, and takes it apart. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/host/signals.h"
#include "core/machine/block_host.h"
#include "core/machine/display_host.h"
#include "core/machine/gpu_host.h"
#include "core/machine/internal.h"

int error_at(struct vm_error *err, const struct location *where)
{
    if (!where->file)
        return -1;
    if (where->line == 0)
        return vm_error_prefix(err, "%s", where->file);
    return vm_error_prefix(err, "%s:%d", where->file, where->line);
}

struct vm_device_ctx *machine_device(const struct machine *m, const char *name)
{
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (strcmp(m->devices[i]->context.name, name) == 0)
            return m->devices[i];
    return NULL;
}

static int no_memory(struct vm_error *err)
{
    return vm_error_set(err, "out of memory while the machine was built");
}

/* ---- the matched plugins: what they offer, and whether they go together ---- */

static int missing_function(const struct instance *instance, struct vm_error *err)
{
    vm_error_set(err, "plugin '%s' lacks a mandatory function", instance->plugin->name);
    return error_at(err, &instance->where);
}

int machine_engine_ops(const struct instance *engine, struct vm_engine_ops *e, struct vm_error *err)
{
    if (plugin_interface(engine->plugin, VM_ENGINE_INTERFACE, e, sizeof(*e), sizeof(*e), err))
        return error_at(err, &engine->where);
    if (!e->create || !e->destroy || !e->compile || !e->release || !e->enter || !e->link ||
        !e->unlink)
        return missing_function(engine, err);
    return 0;
}

static int take_interfaces(struct machine *m, struct vm_error *err)
{
    const struct description *d = m->d;
    struct vm_board_ops *b = &m->board.ops;
    struct vm_arch_ops *a = &m->arch_ops;
    if (plugin_interface(d->board.plugin, VM_BOARD_INTERFACE, b, sizeof(*b), sizeof(*b), err))
        return error_at(err, &d->board.where);
    if (plugin_interface(d->arch.plugin, VM_ARCH_INTERFACE, a, sizeof(*a), sizeof(*a), err))
        return error_at(err, &d->arch.where);
    if (!b->archs || !b->create || !b->destroy || !b->ram_layout || !b->prepare || !b->install ||
        !b->counter_hz)
        return missing_function(&d->board, err);
    if (!a->create || !a->destroy || !a->cpu_init || !a->cpu_reset || !a->mode || !a->translate ||
        !a->mmu_translate || !a->deliver_fault || !a->deliver_interrupt || !a->wake)
        return missing_function(&d->arch, err);
    for (uint32_t i = 0; i < d->n_engines; i++)
        if (machine_engine_ops(d->engines[i], &m->engine_ops[i], err))
            return -1;
    return 0;
}

static int check_fit(struct machine *m, struct vm_error *err)
{
    const struct description *d = m->d;
    const char *const *arch = m->board.ops.archs;
    while (*arch && strcmp(*arch, d->arch.plugin->name) != 0)
        arch++;
    if (!*arch) {
        vm_error_set(err, "board %s is not for %s, but for %s", d->board.plugin->name,
                     d->arch.plugin->name, m->board.ops.archs[0]);
        return error_at(err, d->board.where.file ? &d->board.where : &d->machine_where);
    }
    if (d->cpus == 0 || d->cpus > m->board.ops.max_cpus) {
        vm_error_set(err, "machine.cpus: board %s takes 1 to %u vCPUs, not %u",
                     d->board.plugin->name, m->board.ops.max_cpus, d->cpus);
        return error_at(err, &d->cpus_where);
    }
    return 0;
}

/* ---- board and memory ---- */

static int create_board(struct machine *m, struct vm_error *err)
{
    const struct instance *board = &m->d->board;
    m->board.context = (struct context){board->name, m};
    m->board.board = m->board.ops.create(&board_host, &m->board, board->props, err);
    if (!m->board.board) {
        if (!err->set)
            vm_error_set(err, "%s cannot be made", board->plugin->name);
        return error_at(err, &board->where);
    }
    int n = m->board.ops.ram_layout(m->board.board, m->d->memory, m->range_base, m->range_length,
                                    MAX_RAM_RANGES, err);
    if (n <= 0 || n > MAX_RAM_RANGES) {
        if (!err->set)
            vm_error_set(err, "%s gives the RAM no place", board->plugin->name);
        vm_error_prefix(err, "machine.memory");
        return error_at(err, &m->d->memory_where);
    }
    m->n_ranges = (uint32_t)n;
    m->info = (struct vm_machine_info){
        .size = sizeof(m->info),
        .cpus = m->d->cpus,
        .counter_hz = m->board.ops.counter_hz,
        .ram_base = m->range_base[0],
        .ram_size = m->d->memory,
        .deterministic = m->d->deterministic,
    };
    return 0;
}

static int create_memory(struct machine *m, struct vm_error *err)
{
    struct ram_options options = {.hugepages = m->d->hugepages, .numa_node = m->d->numa_node};
    m->space = space_new();
    if (!m->space)
        return no_memory(err);
    for (uint32_t i = 0; i < m->n_ranges; i++) {
        if (space_add_ram(m->space, m->range_base[i], m->range_length[i], &options, err)) {
            vm_error_prefix(err, "machine.memory");
            return error_at(err, &m->d->memory_where);
        }
    }
    return 0;
}

/* ---- clocks, vCPUs ---- */

static int create_events(struct machine *m, struct vm_error *err)
{
    m->clock = clock_new(m->d->deterministic, m->info.counter_hz);
    m->timers = m->clock ? timers_new(m->clock) : NULL;
    if (!m->timers)
        return no_memory(err);
    m->loop = loop_new(m->timers, m->d->deterministic, err);
    m->works = m->loop ? works_new(m) : NULL;
    if (m->loop && !m->works)
        return no_memory(err);
    return m->loop ? 0 : -1;
}

/* Where there is a choice, an engine that this host does not let work is left out. */
static int create_engines(struct machine *m, struct vm_error *err)
{
    const struct description *d = m->d;
    for (uint32_t i = 0; i < d->n_engines; i++) {
        struct sched_engine *e = &m->engines[m->n_engines];
        struct vm_error why = VM_ERROR_INIT;
        e->ops = &m->engine_ops[i];
        e->name = strchr(d->engines[i]->name, '-') + 1;
        e->self = e->ops->create(&vm_host_table, &m->arch_ops,
                                 sched_frame_offset(&m->arch_ops, m->engines, m->n_engines),
                                 d->engines[i]->props, &why);
        if (e->self) {
            m->n_engines++;
        } else if (m->n_engines > 0 || i + 1 < d->n_engines) {
            log_line(VM_LOG_WARNING, "machine", "the machine does without %s: %s", e->name,
                     why.text);
        } else {
            vm_error_set(err, "%s", why.text);
            return error_at(err, &d->engines[i]->where);
        }
    }
    return 0;
}

static int create_cpus(struct machine *m, struct vm_error *err)
{
    const struct description *d = m->d;
    const char *verify = getenv("VMRUN_VERIFY_IR");
    m->arch = m->arch_ops.create(&vm_host_table, &m->info, d->arch.props, err);
    if (!m->arch)
        return error_at(err, &d->arch.where);
    if (m->arch_ops.firmware_conduit)
        m->info.firmware_conduit = m->arch_ops.firmware_conduit(m->arch);
    engines_host_begin(d);
    int failed = create_engines(m, err);
    engines_host_end();
    if (failed)
        return -1;
    struct sched_config config = {
        .cpus = d->cpus,
        .threads = d->threads,
        .deterministic = d->deterministic,
        .ips = d->ips,
        .max_instructions = m->options.max_instructions,
        .host = &vm_host_table,
        .arch_ops = &m->arch_ops,
        .arch = m->arch,
        .n_engines = m->n_engines,
        .space = m->space,
        .clock = m->clock,
        .timers = m->timers,
        .loop = m->loop,
        .code_cache_bytes = d->code_cache,
        .workers = d->workers,
        .tier1_threshold = d->tier1_threshold,
        .tier2_threshold = d->tier2_threshold,
        .verify_ir = verify && strcmp(verify, "0") != 0,
        .machine = m,
        .port_access = ports_access,
        .output_changed = wiring_cpu_output_changed,
        .firmware_call = m->board.ops.firmware_call ? board_firmware_call : NULL,
    };
    memcpy(config.engines, m->engines, sizeof(config.engines));
    m->sched = sched_new(&config, err);
    m->starts = calloc(d->cpus, sizeof(*m->starts));
    m->line_owner = calloc(d->cpus, 64 * sizeof(*m->line_owner));
    m->cpu_outputs = calloc(d->cpus, 64 * sizeof(*m->cpu_outputs));
    m->ports = calloc(d->cpus, (m->arch_ops.n_ports + 1) * sizeof(*m->ports));
    if (m->sched && (!m->starts || !m->line_owner || !m->cpu_outputs || !m->ports))
        return no_memory(err);
    return m->sched ? 0 : -1;
}

/* ---- backends and devices ---- */

static int create_chardev(struct machine *m, const struct instance *instance, struct vm_error *err)
{
    struct vm_chardev_ctx *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return no_memory(err);
    m->chardevs[m->n_chardevs++] = ctx;
    return chardev_create(m, ctx, instance, err);
}

static int create_net(struct machine *m, const struct instance *instance, struct vm_error *err)
{
    struct vm_net_ctx *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return no_memory(err);
    m->nets[m->n_nets++] = ctx;
    return net_create(m, ctx, instance, err);
}

static int create_gpu(struct machine *m, const struct instance *instance, struct vm_error *err)
{
    struct vm_gpu_ctx *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return no_memory(err);
    m->gpus[m->n_gpus++] = ctx;
    return gpu_create(m, ctx, instance, err);
}

static int create_display(struct machine *m, const struct instance *instance, struct vm_error *err)
{
    struct vm_display_ctx *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return no_memory(err);
    m->displays[m->n_displays++] = ctx;
    return display_create(m, ctx, instance, err);
}

/* Their descriptors have a loop of their own: see block_host.h. */
static int create_block(struct machine *m, const struct instance *instance, struct vm_error *err)
{
    struct vm_block_ctx *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return no_memory(err);
    m->blocks[m->n_blocks++] = ctx;
    if (!m->block_loop && !(m->block_loop = loop_new(NULL, true, err)))
        return -1;
    return block_create(m, ctx, instance, err);
}

static int create_backends(struct machine *m, struct vm_error *err)
{
    const struct description *d = m->d;
    m->chardevs = calloc(d->n_backends + 1, sizeof(*m->chardevs));
    m->nets = calloc(d->n_backends + 1, sizeof(*m->nets));
    m->blocks = calloc(d->n_backends + 1, sizeof(*m->blocks));
    m->gpus = calloc(d->n_backends + 1, sizeof(*m->gpus));
    m->displays = calloc(d->n_backends + 1, sizeof(*m->displays));
    if (!m->chardevs || !m->nets || !m->blocks || !m->gpus || !m->displays)
        return no_memory(err);
    for (uint32_t i = 0; i < d->n_backends; i++) {
        const struct instance *b = &d->backends[i];
        int failed = b->kind == VM_KIND_NET       ? create_net(m, b, err)
                     : b->kind == VM_KIND_BLOCK   ? create_block(m, b, err)
                     : b->kind == VM_KIND_GPU     ? create_gpu(m, b, err)
                     : b->kind == VM_KIND_DISPLAY ? create_display(m, b, err)
                                                  : create_chardev(m, b, err);
        if (failed) {
            if (b->kind != VM_KIND_BLOCK || !b->implicit) /* its name is a file's, which err has */
                vm_error_prefix(err, "%s", b->name);
            return error_at(err, &b->where);
        }
    }
    return 0;
}

static int create_device(struct machine *m, const struct instance *instance, struct vm_error *err)
{
    struct vm_device_ctx *ctx = calloc(1, sizeof(*ctx));
    if (!ctx)
        return no_memory(err);
    ctx->number = m->n_devices;
    m->devices[m->n_devices++] = ctx;
    if (device_create(m, ctx, instance, err)) {
        vm_error_prefix(err, "%s", instance->name);
        return error_at(err, &instance->where);
    }
    return 0;
}

/* In the order of the file, but what others sit on before them. */
static int create_devices(struct machine *m, struct vm_error *err)
{
    const struct description *d = m->d;
    m->devices = calloc(d->n_devices + 1, sizeof(*m->devices));
    if (!m->devices)
        return no_memory(err);
    for (uint32_t depth = 0; m->n_devices < d->n_devices; depth++)
        for (uint32_t i = 0; i < d->n_devices; i++)
            if (d->devices[i].bus_depth == depth && create_device(m, &d->devices[i], err))
                return -1;
    return 0;
}

/* ---- boot files ---- */

/* A board puts the key before its message, "boot.kernel: ..."; here is where that key was said. */
static int boot_error(struct machine *m, struct vm_error *err)
{
    const struct description *d = m->d;
    const struct {
        const char *key;
        const struct location *where;
    } keys[] = {
        {"boot.firmware", &d->firmware_where},
        {"boot.kernel", &d->kernel_where},
        {"boot.initrd", &d->initrd_where},
        {"boot.cmdline", &d->cmdline_where},
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strncmp(err->text, keys[i].key, strlen(keys[i].key)) == 0 && keys[i].where->file)
            return error_at(err, keys[i].where);
    return error_at(err, &d->machine_where);
}

static int prepare_boot(struct machine *m, struct vm_error *err)
{
    struct vm_boot boot = {
        .size = sizeof(boot),
        .firmware = m->d->firmware,
        .kernel = m->d->kernel,
        .initrd = m->d->initrd,
        .cmdline = m->d->cmdline ? m->d->cmdline : "",
    };
    return m->board.ops.prepare(m->board.board, &boot, &m->info, err) ? boot_error(m, err) : 0;
}

static int write_dtb(const struct machine *m, const char *path, struct vm_error *err)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return vm_error_set(err, "--dump-dtb: %s cannot be written: %s", path, strerror(errno));
    size_t wrote = fwrite(m->fdt, 1, m->fdt_length, f);
    int failed = wrote != m->fdt_length ? errno : 0;
    if (fclose(f) && !failed)
        failed = errno;
    if (!failed)
        return 0;
    unlink(path);
    return vm_error_set(err, "--dump-dtb: %s cannot be written: %s", path, strerror(failed));
}

/* ---- the whole ---- */

static int build(struct machine *m, struct vm_error *err)
{
    m->signal_fd = host_signals_open(err);
    if (m->signal_fd < 0)
        return -1;
    if (take_interfaces(m, err) || check_fit(m, err) || create_board(m, err) ||
        create_memory(m, err) || create_events(m, err) || create_cpus(m, err))
        return -1;
    /* The files before the backends: what is wrong with them is said before anything of the user's
     * is touched. */
    if (prepare_boot(m, err) || create_backends(m, err) || create_devices(m, err))
        return -1;
    if (wiring_connect(m, err))
        return -1;
    if (machine_fdt(m, err))
        return strncmp(err->text, "boot.", 5) == 0 ? boot_error(m, err) : -1;
    return m->options.dump_dtb ? write_dtb(m, m->options.dump_dtb, err) : 0;
}

struct machine *machine_new(const struct description *d, const struct machine_options *options,
                            struct vm_error *err)
{
    struct machine *m = calloc(1, sizeof(*m));
    if (!m) {
        no_memory(err);
        return NULL;
    }
    m->d = d;
    m->options = *options;
    m->signal_fd = -1;
    pthread_mutex_init(&m->gate, NULL);
    pthread_mutex_init(&m->bus_lock, NULL);
    if (build(m, err)) {
        machine_free(m);
        return NULL;
    }
    return m;
}

void close_backends(struct machine *m)
{
    for (uint32_t i = 0; i < m->n_gpus; i++)
        gpu_close(m->gpus[i]);
    for (uint32_t i = 0; i < m->n_displays; i++)
        display_close(m->displays[i]);
    for (uint32_t i = 0; i < m->n_nets; i++)
        net_close(m->nets[i]);
    for (uint32_t i = 0; i < m->n_chardevs; i++)
        chardev_close(m->chardevs[i]);
    for (uint32_t i = 0; i < m->n_blocks; i++)
        block_close(m->blocks[i]);
}

/* What a GPU that was given up may still be copying to stays. */
static void free_gpus_and_memory(struct machine *m)
{
    bool keep = false;
    for (uint32_t i = 0; i < m->n_gpus; i++) {
        keep |= gpu_keeps(m->gpus[i], m->space);
        gpu_destroy(m->gpus[i]);
    }
    if (!keep)
        space_free(m->space);
    free(m->gpus);
}

static void free_events(struct machine *m)
{
    if (m->block_loop)
        loop_free(m->block_loop);
    if (m->loop)
        loop_free(m->loop);
    if (m->timers)
        timers_free(m->timers);
    if (m->clock)
        clock_free(m->clock);
}

void machine_free(struct machine *m)
{
    if (!m)
        return;
    if (m->block_loop)
        loop_stop(m->block_loop);
    works_free(m->works); /* while the devices are there */
    for (uint32_t i = 0; i < m->n_gpus; i++)
        gpu_close(m->gpus[i]); /* what the devices submitted may be of theirs */
    while (m->n_devices)
        device_destroy(m->devices[--m->n_devices]);
    close_backends(m);
    if (m->signal_watch)
        loop_watch_remove(m->signal_watch);
    timer_free(m->switch_timer);
    sched_free(m->sched); /* runs what is still injected, which looks at the backends */
    while (m->n_chardevs)
        chardev_destroy(m->chardevs[--m->n_chardevs]);
    while (m->n_blocks)
        block_destroy(m->blocks[--m->n_blocks]);
    while (m->n_nets)
        net_destroy(m->nets[--m->n_nets]);
    while (m->n_displays)
        display_destroy(m->displays[--m->n_displays]);
    while (m->n_engines) {
        const struct sched_engine *e = &m->engines[--m->n_engines];
        e->ops->destroy(e->self);
    }
    if (m->arch)
        m->arch_ops.destroy(m->arch);
    if (m->board.board)
        m->board.ops.destroy(m->board.board);
    board_images_free(&m->board);
    free_events(m);
    free_gpus_and_memory(m);
    if (m->signal_fd >= 0)
        host_signals_close(m->signal_fd);
    pthread_mutex_destroy(&m->bus_lock);
    pthread_mutex_destroy(&m->gate);
    free(m->devices);
    free(m->chardevs);
    free(m->blocks);
    free(m->nets);
    free(m->displays);
    free(m->line_owner);
    free(m->cpu_outputs);
    free(m->ports);
    free(m->starts);
    free(m->fdt);
    free(m);
}

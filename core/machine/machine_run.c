/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_run.c - starts, runs, resets and stops a machine.
 *
 * The event thread lives from before the first instruction to after the last one. While the main
 * thread resets the machine it holds the gate, so that nothing from outside reaches a device that
 * is half reset.
 */
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "core/host/clock.h"
#include "core/host/signals.h"
#include "core/machine/block_host.h"
#include "core/machine/display_host.h"
#include "core/machine/gpu_host.h"
#include "core/machine/internal.h"

static int64_t program_start_ns;

/* As near to exec() as this program can see. */
__attribute__((constructor)) static void note_program_start(void)
{
    program_start_ns = host_clock_ns();
}

/* ---- reset ---- */

static void reset_device(struct vm_device_ctx *ctx)
{
    if (!device_lock(ctx))
        return;
    bus_unplace(ctx);
    ctx->ops.reset(ctx->dev, VM_RESET_COLD);
    device_unlock(ctx);
}

/* Sources first, then controllers, which then hear which of their inputs stayed high. */
static void reset_devices(struct machine *m)
{
    for (int controllers = 0; controllers <= 1; controllers++)
        for (uint32_t i = 0; i < m->n_devices; i++)
            if ((m->devices[i]->n_inputs != 0) == controllers)
                reset_device(m->devices[i]);
    for (uint32_t i = 0; i < m->n_devices; i++)
        wiring_replay_inputs(m->devices[i]);
}

/* The guest's random seeds, as many as its device tree has, are new at each start. */
static void refresh_seeds(struct machine *m)
{
    static const char *const names[] = {"rng-seed", "kaslr-seed"};
    int chosen = fdt_path_offset(m->fdt, "/chosen");
    for (size_t i = 0; chosen >= 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        uint8_t bytes[64];
        int n = 0;
        const void *seed = fdt_getprop(m->fdt, chosen, names[i], &n);
        if (seed && n > 0 && (size_t)n <= sizeof(bytes) && getrandom(bytes, (size_t)n, 0) == n)
            fdt_setprop_inplace(m->fdt, chosen, names[i], bytes, n);
    }
}

static int install(struct machine *m, struct vm_error *err)
{
    refresh_seeds(m);
    memset(m->starts, 0, m->info.cpus * sizeof(*m->starts));
    if (m->board.ops.install(m->board.board, m->fdt, m->fdt_length, m->starts, m->info.cpus, err))
        return vm_error_prefix(err, "%s", m->d->board.plugin->name);
    board_images_release(&m->board);
    return 0;
}

/* What devices have begun is finished. [vCPUs stopped, gate held] */
static void settle(struct machine *m)
{
    works_drain(m->works);
    for (uint32_t i = 0; i < m->n_blocks; i++)
        block_settle(m->blocks[i]);
    for (uint32_t i = 0; i < m->n_gpus; i++)
        gpu_settle(m->gpus[i]);
}

/* Power-on state, for the first time or again. [vCPUs stopped] */
static int reset_machine(struct machine *m, bool first, struct vm_error *err)
{
    int result;
    pthread_mutex_lock(&m->gate);
    settle(m);
    if (!first)
        space_clear_ram(m->space);
    reset_devices(m);
    result = install(m, err);
    if (!result)
        sched_reset(m->sched, m->starts);
    pthread_mutex_unlock(&m->gate);
    return result;
}

/* ---- signals ---- */

static void press_power_button(struct machine *m)
{
    bool any = false;
    for (uint32_t i = 0; i < m->n_devices; i++) {
        if (!m->devices[i]->pressed)
            continue;
        sched_inject(m->sched, device_press, m->devices[i]);
        any = true;
    }
    if (!any)
        log_line(VM_LOG_WARNING, "machine", "SIGUSR1: there is no power button to press");
}

static void on_signal(void *opaque, int fd, uint32_t events)
{
    struct machine *m = opaque;
    int number = host_signals_read(fd);
    (void)events;
    if (number == SIGUSR1)
        press_power_button(m);
    else if (number)
        sched_request_stop(m->sched, STOP_QUIT, 128 + number);
}

/* ---- engine-switch ---- */

/* All engines in turn, and then all together. */
static void on_switch(void *opaque)
{
    struct machine *m = opaque;
    uint32_t next = ++m->n_switches % (m->n_engines + 1);
    sched_use_engine(m->sched, next ? (int)next - 1 : SCHED_AUTO);
    timer_arm(m->switch_timer, clock_now(m->clock) + (int64_t)m->d->engine_switch);
}

static int start_switching(struct machine *m, struct vm_error *err)
{
    if (!m->d->engine_switch)
        return 0;
    m->switch_timer = timer_new(m->timers, on_switch, m);
    if (!m->switch_timer)
        return vm_error_set(err, "out of memory for a timer");
    timer_arm(m->switch_timer, clock_now(m->clock) + (int64_t)m->d->engine_switch);
    return 0;
}

/* ---- run ---- */

static int start(struct machine *m, struct vm_error *err)
{
    for (uint32_t i = 0; i < m->n_gpus; i++)
        if (gpu_start(m->gpus[i], err))
            return -1;
    m->signal_watch = loop_watch(m->loop, m->signal_fd, VM_FD_READ, on_signal, m, err);
    if (!m->signal_watch || reset_machine(m, true, err) || start_switching(m, err))
        return -1;
    for (uint32_t i = 0; i < m->n_chardevs; i++)
        chardev_start(m->chardevs[i]);
    for (uint32_t i = 0; i < m->n_nets; i++)
        net_start(m->nets[i]);
    for (uint32_t i = 0; i < m->n_displays; i++)
        display_start(m->displays[i]);
    if (m->block_loop && loop_start(m->block_loop, err))
        return -1;
    return loop_start(m->loop, err);
}

/* Runs, and runs again after a reset. Returns the exit status. */
static int run(struct machine *m, struct vm_error *err)
{
    int status = 0;
    m->first_instruction_ns = host_clock_ns() - program_start_ns;
    for (;;) {
        int64_t began = host_clock_ns();
        enum stop_reason reason = sched_run(m->sched, &status, err);
        m->run_ns += host_clock_ns() - began;
        if (reason == STOP_ERROR && !err->set)
            vm_error_set(err, "the machine stopped with an error");
        if (reason != STOP_RESET)
            return reason == STOP_ERROR ? 1 : status;
        if (m->d->on_reset == ON_RESET_EXIT)
            return 0;
        m->resets++;
        if (reset_machine(m, false, err)) {
            vm_error_prefix(err, "the machine cannot be reset");
            return 1;
        }
    }
}

/* After the event thread, so that nobody begins anything new. */
static void finish_blocks(struct machine *m)
{
    pthread_mutex_lock(&m->gate);
    settle(m);
    pthread_mutex_unlock(&m->gate);
    for (uint32_t i = 0; i < m->n_blocks; i++)
        block_flush(m->blocks[i]);
    if (m->block_loop)
        loop_stop(m->block_loop);
}

int machine_run(struct machine *m, struct vm_error *err)
{
    if (start(m, err))
        return 1;
    int status = run(m, err);
    loop_stop(m->loop);
    finish_blocks(m);
    for (uint32_t i = 0; i < m->n_displays; i++)
        display_finish(m->displays[i]);
    close_backends(m);
    return machine_report(m, err) && status == 0 ? 1 : status;
}

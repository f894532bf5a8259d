/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_mock.h - plugins that are linked in and can run: a machine whose "guest" is a C function
 * of the test.
 *
 * arch-toy maps addresses one to one and has the vCPU lines "ext" and "soft", drives "clock" and
 * has the port "inner" for a controller (and "forbidden", which none may have); engine-toy calls
 * toy.step() for each unit and then lets the vCPU sleep until a line is high or toy.awake is set;
 * board-toy puts RAM at TOY_RAM. dev-probe does what is written to its registers, dev-hub is an
 * interrupt controller, char-pipe takes what the test writes into toy.pipe.
 */
#ifndef TESTS_UNIT_MACHINE_MOCK_H
#define TESTS_UNIT_MACHINE_MOCK_H

#include <stdatomic.h>
#include <vmrun/board.h>
#include "core/machine/machine.h"

#define TOY_RAM UINT64_C(0x10000000)

/* Registers of dev-probe, written. Each region has the same. */
enum probe_register {
    PROBE_IRQ0 = 0, /* level of output 0 */
    PROBE_IRQ1 = 8,
    PROBE_TIMER = 16, /* fires in so many ns; then toy.timer_fired counts up, and the machine powers
                         off if that was asked for */
    PROBE_POWEROFF = 24, /* with that status */
    PROBE_RESET = 32,
    PROBE_DMA = 40,          /* writes eight bytes there; read: the result */
    PROBE_OUTPUT = 48,       /* one byte to the backend */
    PROBE_TIMER_STATUS = 56, /* power off with this status when the timer fires */
    PROBE_WORK = 64, /* submits so many works; PROBE_TIMER_STATUS goes for the last one, too */
    PROBE_CPU = 72,  /* read: 100 + whose access that is */
    PROBE_BYTES = 80,
};

#define HUB_INPUTS 4

struct toy {
    void (*step)(struct vm_cpu *cpu); /* the guest; may be NULL */
    _Atomic bool awake;
    _Atomic uint32_t steps, installs, probe_resets, hub_resets, timer_fired, timer_unlocked;
    /* Of dev-probe's works: those that ran, that are done, that a reset found open; and when in
     * virtual time the latest was done after it was submitted. */
    _Atomic uint32_t works, works_done, works_at_reset;
    _Atomic int64_t work_ns;
    _Atomic int hub_level[HUB_INPUTS];
    _Atomic uint32_t hub_calls;
    uint32_t port_claims;
    int pipe[2]; /* the test writes into pipe[1] */
    char received[256], output[256];
    _Atomic uint32_t n_received, n_output;
    uint32_t receive_limit;    /* how much dev-probe takes at once; 0: all */
    const char *prepare_error; /* board-toy fails with this */
};
extern struct toy toy;

struct registry *toy_registry(void);
/* Stores to the register `offset` of the region at `base`, as the guest would; the result is enum
 * vm_mem_result. */
int toy_store(struct vm_cpu *cpu, uint64_t address, uint64_t value);
uint64_t toy_load(struct vm_cpu *cpu, uint64_t address);

#endif

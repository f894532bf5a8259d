/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - a built machine: instances, wiring, boot, run, reset, stop. */
#ifndef CORE_MACHINE_MACHINE_H
#define CORE_MACHINE_MACHINE_H

#include "core/machine/description.h"

struct machine;

struct machine_options {
    bool stats, stats_json; /* --stats: print at the end to stderr, or to stats_path if given */
    const char *stats_path;
    bool state_hash; /* --state-hash: print a hash of the final state (registers, RAM, devices) at
                        the end */
    uint64_t max_instructions; /* --max-instructions N: stop (status 3) after N retired instructions
                                  of vCPU 0; 0: no limit */
    const char *dump_dtb;      /* --dump-dtb FILE: write the device tree and do not run */
};

/* Builds everything: RAM, instances, wiring, device tree, boot images. NULL with err set, nothing
 * left behind. [main thread] */
struct machine *machine_new(const struct description *d, const struct machine_options *options,
                            struct vm_error *err);
/* Runs until power-off, quit or error; returns the exit status. [main thread] */
int machine_run(struct machine *m, struct vm_error *err);
void machine_free(struct machine *m);
/* A thread of a plugin has not come back, and may use what it was given until the process ends:
 * descriptions and registries must stay, too, and the process must end without tidying up. */
bool machine_threads_hang(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aarch64_runner.h - runs A64 instructions on each engine that is built: translated by the arch,
 * compiled by the engine, entered with registers of the test's choice.
 */
#ifndef TESTS_UNIT_AARCH64_RUNNER_H
#define TESTS_UNIT_AARCH64_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include "ir_machine.h"

/* One engine, with a vCPU and the unit that it compiled last. */
struct runner {
    const char *name;
    bool there;
    struct test_engine engine;
    struct vm_cpu *cpu;
    struct vm_unit unit;
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
};

enum { N_RUNNERS = 2 };
extern struct runner runners[N_RUNNERS];

#define FOR_RUNNERS(r)                                             \
    for (struct runner *r = runners; r < runners + N_RUNNERS; r++) \
        if (r->there)

/* Registers before or after: v0 to v3, x0, x1, the flags of floating point, and FPSR.QC. */
struct registers {
    uint64_t v[4][2], x[2], flags, qc;
};

void runners_open(void);
void runners_close(void);
/* Instructions of one unit under a mode key (A64_KEY_*), compiled until they are released. */
void runner_compile(struct runner *r, const char *name, const uint32_t *words, uint32_t n,
                    uint64_t key);
void runner_release(struct runner *r);
/* Runs them, with what is in the vCPU's state. */
void runner_run(struct runner *r);
/* Runs them with these registers, which become what they are afterwards. */
void runner_enter(struct runner *r, struct registers *regs);
/* One instruction, on all runners. */
void runners_compile(const char *name, uint32_t word, uint64_t key);
void runners_release(void);

#endif

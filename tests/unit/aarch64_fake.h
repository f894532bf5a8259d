/* SPDX-License-Identifier: BSD-2-Clause */
/* aarch64_fake.h - one vCPU of arch-aarch64 over a fake core: a small physical memory, and a record
 * of what the vCPU asked for. */
#ifndef TESTS_UNIT_AARCH64_FAKE_H
#define TESTS_UNIT_AARCH64_FAKE_H

#include "emit.h"
#include "mmu.h"
#include "sysregs.h"

#define FAKE_RAM_BASE 0x40000000ull
#define FAKE_RAM_SIZE 0x200000ull

struct fake {
    struct vm_cpu *cpu;
    struct a64_state *s;
    struct a64_arch *arch;
    uint8_t *ram;
    /* what the vCPU asked for last */
    unsigned flushes, broadcasts;
    uint64_t flush_match, flush_mask, flush_va, flush_length;
    bool flush_keep_global;
    uint64_t deadline[64]; /* of the compare timer of each line */
    uint64_t lines;        /* levels that set_line has set */
    unsigned port_accesses;
    uint32_t port_reg;
    unsigned firmware_calls;
    uint32_t conduit;
    unsigned written; /* bytes that `wrote` was told of */
    /* what the core answers */
    uint64_t counter, retired;
    int race;               /* phys_cas: so many times another vCPU was faster */
    uint32_t probe_refuses; /* mask of 1 << enum vm_access: by a translation fault */
    bool global_meanwhile;  /* a flush: another vCPU makes a global mapping below first */
    bool probe_mmio;        /* probes hit registers */
    uint64_t port_value;    /* the register behind all numbers of the port */
    uint32_t insn;          /* what a load at pc gives */
};

/* A vCPU after reset, with all features and a GIC's port. The same object each time, made anew. */
struct fake *fake_new(bool el2, bool el3);
/* The same, with other features. */
struct fake *fake_with(enum a64_cpu_model model, uint64_t features, bool el2, bool el3);
#define FAKE_ALL_FEATURES ((1ull << A64_FEATURE_COUNT) - 1)
void fake_free(struct fake *f);

/* Goes to a level, by magic, with its own stack pointer. */
void fake_el(struct fake *f, uint32_t el);

void fake_store64(struct fake *f, uint64_t pa, uint64_t value);
uint64_t fake_load64(struct fake *f, uint64_t pa);

/*
 * MRS and MSR (and system instructions) as translated code runs them; Rt is x3. False: it trapped,
 * cpu->fault says how.
 */
bool fake_read(struct fake *f, uint32_t number, uint64_t *value);
bool fake_write(struct fake *f, uint32_t number, uint64_t value);
/* The value, or a failed assertion. */
uint64_t fake_value(struct fake *f, uint32_t number);
void fake_set(struct fake *f, uint32_t number, uint64_t value);
uint64_t fake_call(struct fake *f, enum a64_helper helper, uint64_t a, uint64_t b, uint64_t c);

/* Translates words under `key`; returns the unit (vm_ir_free) and checks it with the verifier. */
struct vm_ir_unit fake_translate(struct fake *f, const uint32_t *words, uint32_t n, uint64_t key);

#endif

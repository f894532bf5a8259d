/* SPDX-License-Identifier: BSD-2-Clause */
/* riscv64_fake.h - one hart of arch-riscv64 over a fake core: a small physical memory, and a record
 * of what the hart asked for. */
#ifndef TESTS_UNIT_RISCV64_FAKE_H
#define TESTS_UNIT_RISCV64_FAKE_H

#include "csr.h"
#include "emit.h"

#define FAKE_RAM_BASE 0x80000000ull
#define FAKE_RAM_SIZE 0x100000ull

struct fake {
    struct vm_cpu *cpu;
    struct rv_state *s;
    struct rv_arch *arch;
    uint8_t *ram;
    /* what the hart asked for last */
    unsigned flushes;
    uint64_t flush_match, flush_mask, flush_va, flush_length;
    bool flush_keep_global;
    uint64_t deadline; /* of the compare timer of line 5 */
    /* what the core answers */
    uint64_t counter, retired;
    int race;               /* phys_cas: so many times another hart was faster */
    uint32_t probe_refuses; /* mask of 1 << enum vm_access */
    int wrote_result;
    unsigned probes;
    /* the ports: the last access, and the register behind all numbers */
    unsigned port_accesses;
    uint32_t port, port_reg;
    uint64_t port_value;
    uint64_t port_raises; /* lines that a write makes high */
};

/* One hart with all extensions on, in machine mode after reset. The same object each time, made
 * anew. */
struct fake *fake_new(void);
void fake_free(struct fake *f);

void fake_store64(struct fake *f, uint64_t pa, uint64_t value);
uint64_t fake_load64(struct fake *f, uint64_t pa);

/* A CSR instruction as translated code runs it: helper or slot. Returns false if it trapped (the
 * fault is in cpu->fault). */
bool fake_csr_write(struct fake *f, uint32_t number, uint64_t value);
bool fake_csr_read(struct fake *f, uint32_t number, uint64_t *value);
bool fake_csr_swap(struct fake *f, uint32_t number, enum rv_csr_op op, uint64_t operand,
                   uint64_t *old);
/* The value, or a failed assertion. */
uint64_t fake_csr(struct fake *f, uint32_t number);
uint64_t fake_call(struct fake *f, enum rv_helper helper, uint64_t a, uint64_t b, uint64_t c,
                   uint64_t d);

/* Translates `n` bytes under `key`; returns the unit (to be freed with vm_ir_free) and checks it
 * with the verifier. */
struct vm_ir_unit fake_translate(struct fake *f, const void *bytes, uint32_t n, uint64_t key);

#endif

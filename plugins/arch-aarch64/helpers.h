/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * helpers.h - the C functions that translated code calls, by number: A64_HELPER_<NAME>. Each part
 * of the plugin lists its own: X(NAME, function, n_args, VM_HELPER_* flags, reads, writes).
 */
#ifndef AARCH64_HELPERS_H
#define AARCH64_HELPERS_H

#include "helpers_fp.h"
#include "helpers_int.h"
#include "helpers_sys.h"
#include "slots.h"

#define A64_HELPERS(X) \
    A64_HELPERS_INT(X) \
    A64_HELPERS_SYS(X) \
    A64_HELPERS_FP(X)

enum a64_helper {
#define ROW(name, function, n_args, flags, reads, writes) A64_HELPER_##name,
    A64_HELPERS(ROW)
#undef ROW
        A64_HELPER_COUNT
};

#define A64_HELPER_ARGS \
    struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f
#define ROW(name, function, n_args, flags, reads, writes) uint64_t function(A64_HELPER_ARGS);
A64_HELPERS(ROW)
#undef ROW

extern const struct vm_helper a64_helpers[A64_HELPER_COUNT];

/* Sets of slots for `reads` and `writes`. */
extern const uint16_t a64_slots_fp[];    /* FPFLAGS, QC */
extern const uint16_t a64_slots_flags[]; /* CC_KIND, CC_A, CC_B */
extern const uint16_t a64_slots_pair[];  /* PAIR */

#endif

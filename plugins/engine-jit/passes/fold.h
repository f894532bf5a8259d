/* SPDX-License-Identifier: BSD-2-Clause */
/* What folding shares: arithmetic on constants, and what is known of the bits of values. */
#ifndef ENGINE_JIT_PASSES_FOLD_H
#define ENGINE_JIT_PASSES_FOLD_H

#include "rewrite.h"

/*
 * The constants' and the result's bits lie in the low bits of 64, zero-extended. False: not an
 * operation on integers or on the bits of floating point.
 */
bool jit_evaluate(const struct vm_ir_insn *insn, const uint64_t arg[3], uint64_t *result);

static inline uint32_t jit_width(uint32_t type)
{
    return type == VM_I32 || type == VM_F32 ? 32 : 64;
}

static inline uint64_t jit_low_bits(uint64_t v, uint32_t bits)
{
    return bits >= 64 ? v : v & (((uint64_t)1 << bits) - 1);
}

static inline int64_t jit_sign_extend(uint64_t v, uint32_t bits)
{
    return bits >= 64 ? (int64_t)v : (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* All bits of v above the lowest n are zero. */
uint32_t jit_unsigned_bits(const struct vm_ir_unit *ir, vm_ir_value v);
/* All bits of v from the n-th on are the same. */
uint32_t jit_signed_bits(const struct vm_ir_unit *ir, vm_ir_value v);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semantics of Advanced SIMD on complex numbers: an even lane is a real part, the odd one above it
 * the imaginary part. A rotation exchanges the parts of rm or changes their signs.
 */
#include "emit_simd.h"

/* Both parts of each number, each in the other's place. */
static vm_ir_value exchanged(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return vec(t, VM_OP_V_TRN1, size, vec(t, VM_OP_V_TRN2, size, v, v), v);
}

/* Changes the signs of real parts, of imaginary ones, or of both. */
static vm_ir_value negated(struct a64_translation *t, uint32_t size, bool real, bool imaginary,
                           vm_ir_value v)
{
    const uint64_t sign = (uint64_t)1 << ((8u << size) - 1);
    vm_ir_value parts[2] = {vec_const(t, size, real ? sign : 0),
                            vec_const(t, size, imaginary ? sign : 0)};

    return vec_bits(t, VM_OP_V_XOR, v, vec(t, VM_OP_V_TRN1, size, parts[0], parts[1]));
}

/* rn plus rm turned by 90 degrees, or by 270. */
static void add(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = simd_size(in);
    bool by_270 = a64_field(in, 12, 1);
    vm_ir_value n = get_whole(t, in, in->rn);
    vm_ir_value m = exchanged(t, size, get_whole(t, in, in->rm));

    m = negated(t, size, !by_270, by_270, m);
    put_whole(t, in, in->rd,
              vm_ir_2(t->ir, VM_OP_V_FADD, VM_V128,
                      fp_aux(t, VM_OP_V_FADD, fp_ir_type(size), fp_rounding(t), 0), 0,
                      fp_flushed_lanes(t, size, n), fp_flushed_lanes(t, size, m)));
}

/* rd plus one part of rn times m turned by 0, 90, 180 or 270 degrees. */
static void multiply_add(struct a64_translation *t, const struct a64_insn *in, uint32_t rotation,
                         vm_ir_value m)
{
    uint32_t size = simd_size(in);
    vm_ir_value n = get_whole(t, in, in->rn), d = get_whole(t, in, in->rd);

    n = vec(t, rotation & 1 ? VM_OP_V_TRN2 : VM_OP_V_TRN1, size, n, n);
    if (rotation & 1)
        m = exchanged(t, size, m);
    m = negated(t, size, rotation == 1 || rotation == 2, rotation >= 2, m);
    put_whole(t, in, in->rd,
              vm_ir_3(t->ir, VM_OP_V_FMA, VM_V128,
                      fp_aux(t, VM_OP_V_FMA, fp_ir_type(size), fp_rounding(t), 0), 0,
                      fp_flushed_lanes(t, size, n), fp_flushed_lanes(t, size, m),
                      fp_flushed_lanes(t, size, d)));
}

/* One number of rm in all places that there are: of 32 bits or of 64. */
static vm_ir_value number(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t high = a64_field(in, 11, 1), low = a64_field(in, 21, 1);
    bool halves = simd_size(in) == A64_FP_H;

    return whole_of(t, in, fp_spread(t, halves ? 2 : 3, in->rm, halves ? high << 1 | low : high));
}

SIMD(fcadd, add(t, in))
SIMD(fcmla, multiply_add(t, in, a64_field(in, 11, 2), get_whole(t, in, in->rm)))
SIMD(fcmla_e, multiply_add(t, in, a64_field(in, 13, 2), number(t, in)))

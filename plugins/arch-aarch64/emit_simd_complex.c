/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semantics of Advanced SIMD on complex numbers: an even lane is a real part, the odd one above it
 * the imaginary part. A rotation exchanges the parts of rm or changes their signs.
 */
#include "emit_simd.h"

/* Both parts of each number in a vector, each in the other's place. */
static struct vector exchanged(struct a64_translation *t, uint32_t size, uint32_t halves,
                               struct vector v)
{
    struct vector r;

    for (uint32_t i = 0; i < halves; i++) {
        if (size == A64_FP_D)
            r.half[i] = v.half[1 - i];
        else if (size == A64_FP_S)
            r.half[i] = binary(t, VM_OP_ROTL, v.half[i], ir_const(t, 32));
        else
            r.half[i] =
                get_lane(t, VM_I64, 3, 0, vec_reversed(t, size, 2, low_of(t, VM_I64, v.half[i])));
    }
    return r;
}

/* The same part in both places: the real one, or with `odd` the imaginary one. */
static struct vector repeated(struct a64_translation *t, uint32_t size, uint32_t halves, bool odd,
                              struct vector v)
{
    struct vector r;

    for (uint32_t i = 0; i < halves; i++) {
        vm_ir_value of = low_of(t, VM_I64, v.half[i]);
        if (size == A64_FP_D)
            r.half[i] = v.half[odd];
        else
            r.half[i] =
                get_lane(t, VM_I64, 3, 0, vec(t, odd ? VM_OP_V_TRN2 : VM_OP_V_TRN1, size, of, of));
    }
    return r;
}

/* Changes the signs of real parts, of imaginary ones, or of both. */
static struct vector negated(struct a64_translation *t, uint32_t size, uint32_t halves, bool real,
                             bool imaginary, struct vector v)
{
    uint32_t bits = 8u << size;

    for (uint32_t i = 0; i < halves; i++) {
        uint64_t mask = 0;
        for (uint32_t k = 0; k < 64 / bits; k++)
            if ((i * (64 / bits) + k) % 2 ? imaginary : real)
                mask |= (uint64_t)1 << (k * bits + bits - 1);
        if (mask)
            v.half[i] = binary(t, VM_OP_XOR, v.half[i], ir_const(t, (int64_t)mask));
    }
    return v;
}

/* rn plus rm turned by 90 degrees, or by 270. */
static void add(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = simd_size(in), halves = simd_halves(in);
    bool by_270 = a64_field(in, 12, 1);
    struct vector m = exchanged(t, size, halves, get_vector(t, in->rm, halves)), r;

    m = negated(t, size, halves, !by_270, by_270, m);
    for (uint32_t i = 0; i < halves; i++)
        r.half[i] = fp_half_binary(t, &fp_binaries[A64_FP_ADD], size, false, get_half(t, in->rn, i),
                                   m.half[i]);
    put_vector(t, in->rd, halves, r);
}

/* rd plus one part of rn times rm turned by 0, 90, 180 or 270 degrees. */
static void multiply_add(struct a64_translation *t, const struct a64_insn *in, uint32_t rotation,
                         struct vector m)
{
    uint32_t size = simd_size(in), halves = simd_halves(in);
    struct vector n = get_vector(t, in->rn, halves), r;

    n = repeated(t, size, halves, rotation & 1, n);
    if (rotation & 1)
        m = exchanged(t, size, halves, m);
    m = negated(t, size, halves, rotation == 1 || rotation == 2, rotation >= 2, m);
    for (uint32_t i = 0; i < halves; i++)
        r.half[i] = fp_half_fma(t, 0, size, false, n.half[i], m.half[i], get_half(t, in->rd, i));
    put_vector(t, in->rd, halves, r);
}

/* One number of rm in all places: of 32 bits or of 64. */
static struct vector number(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t high = a64_field(in, 11, 1), low = a64_field(in, 21, 1);
    vm_ir_value v = simd_size(in) == A64_FP_H
                        ? lanes_splat(t, 2, lane_of(t, in->rm, 2, high << 1 | low))
                        : get_half(t, in->rm, high);

    return (struct vector){{v, v}};
}

SIMD(fcadd, add(t, in))
SIMD(fcmla, multiply_add(t, in, a64_field(in, 11, 2), get_vector(t, in->rm, simd_halves(in))))
SIMD(fcmla_e, multiply_add(t, in, a64_field(in, 13, 2), number(t, in)))

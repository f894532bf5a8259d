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

/* ---- the same of whole vectors ---- */

static vm_ir_value whole_exchanged(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return vec(t, VM_OP_V_TRN1, size, vec(t, VM_OP_V_TRN2, size, v, v), v);
}

static vm_ir_value whole_negated(struct a64_translation *t, uint32_t size, bool real,
                                 bool imaginary, vm_ir_value v)
{
    const uint64_t sign = (uint64_t)1 << ((8u << size) - 1);
    vm_ir_value parts[2] = {vec_const(t, size, real ? sign : 0),
                            vec_const(t, size, imaginary ? sign : 0)};

    return vec_bits(t, VM_OP_V_XOR, v, vec(t, VM_OP_V_TRN1, size, parts[0], parts[1]));
}

static void whole_add(struct a64_translation *t, const struct a64_insn *in, bool by_270)
{
    uint32_t size = simd_size(in);
    vm_ir_value m = whole_exchanged(t, size, get_whole(t, in, in->rm));

    m = whole_negated(t, size, !by_270, by_270, m);
    put_whole(t, in, in->rd,
              vm_ir_2(t->ir, VM_OP_V_FADD, VM_V128, VM_AUX(fp_ir_type(size), fp_rounding(t), 0), 0,
                      get_whole(t, in, in->rn), m));
}

static void whole_multiply_add(struct a64_translation *t, const struct a64_insn *in,
                               uint32_t rotation, vm_ir_value m)
{
    uint32_t size = simd_size(in);
    vm_ir_value n = get_whole(t, in, in->rn);

    n = vec(t, rotation & 1 ? VM_OP_V_TRN2 : VM_OP_V_TRN1, size, n, n);
    if (rotation & 1)
        m = whole_exchanged(t, size, m);
    m = whole_negated(t, size, rotation == 1 || rotation == 2, rotation >= 2, m);
    put_whole(t, in, in->rd,
              vm_ir_3(t->ir, VM_OP_V_FMA, VM_V128, VM_AUX(fp_ir_type(size), fp_rounding(t), 0), 0,
                      n, m, get_whole(t, in, in->rd)));
}

/* ---- instructions ---- */

/* rn plus rm turned by 90 degrees, or by 270. */
static void add(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = simd_size(in), halves = simd_halves(in);
    bool by_270 = a64_field(in, 12, 1);
    struct vector m, r;

    if (fp_is_direct(t, size)) {
        whole_add(t, in, by_270);
        return;
    }
    m = exchanged(t, size, halves, get_vector(t, in->rm, halves));
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

static void multiply_add_vector(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t rotation = a64_field(in, 11, 2);

    if (fp_is_direct(t, simd_size(in)))
        whole_multiply_add(t, in, rotation, get_whole(t, in, in->rm));
    else
        multiply_add(t, in, rotation, get_vector(t, in->rm, simd_halves(in)));
}

/* Of singles: where it is by one of them, vectors are of 128 bits. */
static void multiply_add_element(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t rotation = a64_field(in, 13, 2);

    if (fp_is_direct(t, simd_size(in)))
        whole_multiply_add(t, in, rotation,
                           vm_ir_1(t->ir, VM_OP_V_SPREAD, VM_V128,
                                   VM_LANES(3, a64_field(in, 11, 1)), 0, get_v(t, in->rm)));
    else
        multiply_add(t, in, rotation, number(t, in));
}

SIMD(fcadd, add(t, in))
SIMD(fcmla, multiply_add_vector(t, in))
SIMD(fcmla_e, multiply_add_element(t, in))

/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Advanced SIMD on floating-point lanes. */
#include "emit_simd.h"

static bool one_lane(const struct a64_insn *in)
{
    return simd_is_scalar(in);
}

static uint64_t code_of(const struct a64_translation *t, const struct a64_insn *in)
{
    return fp_code(t, fp_vector_size(in)) | (one_lane(in) ? A64_FP_ONE_LANE : 0);
}

/* ---- whole vectors ---- */

static vm_ir_value whole_operation(struct a64_translation *t, enum vm_ir_op op, uint32_t size,
                                   uint32_t variant, vm_ir_value a, vm_ir_value b)
{
    uint32_t aux = fp_aux(t, op, fp_ir_type(size), fp_rounding(t), variant);

    return vm_ir_2(t->ir, op, VM_V128, aux, 0, a, b);
}

static vm_ir_value compare(struct a64_translation *t, enum vm_ir_op op, uint32_t size,
                           vm_ir_value a, vm_ir_value b)
{
    return vm_ir_2(t->ir, op, VM_V128, VM_AUX(fp_ir_type(size), 0, 0), 0, a, b);
}

/* ---- with 0 * inf, which is invalid elsewhere ---- */

/* A number of exponent `by`, with half of it added or not. */
static uint64_t number(uint32_t size, int by, bool and_half)
{
    return fp_power_bits(size, by) | (uint64_t)and_half << (fp_fraction_bits(size) - 1);
}

/* Where a lane is zero and the other one infinite. */
static vm_ir_value zero_times_infinity(struct a64_translation *t, uint32_t size, vm_ir_value a,
                                       vm_ir_value b)
{
    vm_ir_value zero = vec_const(t, size, 0), inf = vec_const(t, size, fp_infinity_bits(size));

    a = fp_magnitudes(t, size, a);
    b = fp_magnitudes(t, size, b);
    return vec_bits(
        t, VM_OP_V_OR,
        vec_bits(t, VM_OP_V_AND, vec_cmeq(t, size, a, zero), vec_cmeq(t, size, b, inf)),
        vec_bits(t, VM_OP_V_AND, vec_cmeq(t, size, a, inf), vec_cmeq(t, size, b, zero)));
}

/* FMULX: there it is 2 with the product's sign. */
static vm_ir_value whole_product(struct a64_translation *t, uint32_t size, vm_ir_value a,
                                 vm_ir_value b)
{
    vm_ir_value two = vec_const(t, size, number(size, 1, false));
    vm_ir_value sign = vec_bits(t, VM_OP_V_AND, vec_bits(t, VM_OP_V_XOR, a, b),
                                vec_const(t, size, fp_sign_bits(size)));
    vm_ir_value special = zero_times_infinity(t, size, a, b);
    vm_ir_value r = whole_operation(t, VM_OP_V_FMUL, size, 0, vec_bits(t, VM_OP_V_ANDN, a, special),
                                    vec_bits(t, VM_OP_V_ANDN, b, special));

    return vm_ir_3(t->ir, VM_OP_V_SELECT, VM_V128, 0, 0, special,
                   vec_bits(t, VM_OP_V_OR, two, sign), r);
}

/* Lanes whose halves are normal numbers. */
static vm_ir_value can_be_halved(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    const uint64_t one = (uint64_t)1 << fp_fraction_bits(size); /* of the exponent */

    v = fp_magnitudes(t, size, v);
    return vec_bits(t, VM_OP_V_AND, vec_cmgt(t, size, v, vec_const(t, size, 2 * one - 1)),
                    vec_cmgt(t, size, vec_const(t, size, fp_infinity_bits(size)), v));
}

static vm_ir_value halved(struct a64_translation *t, uint32_t size, vm_ir_value which,
                          vm_ir_value v)
{
    const uint64_t one = (uint64_t)1 << fp_fraction_bits(size);

    return vec_sub(t, size, v, vec_bits(t, VM_OP_V_AND, which, vec_const(t, size, one)));
}

/*
 * FRECPS: 2 - a * b; FRSQRTS: (3 - a * b) / 2, rounded once: one factor and the 3 are halved first.
 * Where neither can be, the product is a zero or infinite, or both are so small that it does not
 * matter.
 */
static vm_ir_value whole_step(struct a64_translation *t, uint32_t size, bool of_root, vm_ir_value a,
                              vm_ir_value b)
{
    vm_ir_value special = zero_times_infinity(t, size, a, b);

    a = vec_bits(t, VM_OP_V_ANDN, fp_negatives(t, size, a), special);
    b = vec_bits(t, VM_OP_V_ANDN, b, special);
    if (of_root) {
        vm_ir_value first = can_be_halved(t, size, a), second = can_be_halved(t, size, b);
        a = halved(t, size, first, a);
        b = halved(t, size, vec_bits(t, VM_OP_V_ANDN, second, first), b);
    }
    return vm_ir_3(t->ir, VM_OP_V_FMA, VM_V128,
                   fp_aux(t, VM_OP_V_FMA, fp_ir_type(size), fp_rounding(t), 0), 0, a, b,
                   vec_const(t, size, number(size, !of_root, of_root)));
}

/* ---- three registers ---- */

static vm_ir_value whole_three(struct a64_translation *t, enum a64_fp2 op, uint32_t size,
                               vm_ir_value n, vm_ir_value m)
{
    const struct fp_binary *row = &fp_binaries[op];
    vm_ir_value r;

    switch (op) {
    case A64_FP_CMEQ:
        return compare(t, VM_OP_V_FEQ, size, n, m);
    case A64_FP_CMGE:
        return compare(t, VM_OP_V_FLE, size, m, n);
    case A64_FP_CMGT:
        return compare(t, VM_OP_V_FLT, size, m, n);
    case A64_FP_ACGE:
        return compare(t, VM_OP_V_FLE, size, fp_magnitudes(t, size, m), fp_magnitudes(t, size, n));
    case A64_FP_ACGT:
        return compare(t, VM_OP_V_FLT, size, fp_magnitudes(t, size, m), fp_magnitudes(t, size, n));
    case A64_FP_MULX:
        return whole_product(t, size, n, m);
    case A64_FP_RECPS:
    case A64_FP_RSQRTS:
        return whole_step(t, size, op == A64_FP_RSQRTS, n, m);
    default:
        r = whole_operation(t, fp_on_lanes(row->ir), size, row->variant, n, m);
        return row->after == VM_OP_FABS ? fp_magnitudes(t, size, r) : r;
    }
}

/* rm, or where 0 is divided by it in lanes that are no part of it, 1 in those. */
static vm_ir_value second_operand(struct a64_translation *t, const struct a64_insn *in,
                                  enum a64_fp2 op, uint32_t size)
{
    vm_ir_value ones;

    if (op != A64_FP_DIV || a64_field(in, 30, 1))
        return fp_whole_operand(t, in, size, in->rm);
    ones = vec_const(t, size, number(size, 0, false));
    return fp_flushed_lanes(t, size, vec(t, VM_OP_V_ZIP1, 3, get_v(t, in->rm), ones));
}

/* On scalars; what IR has for lanes alone is done to a vector, whose others are 0 or the same. */
static void scalar_three(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op,
                         uint32_t size, vm_ir_value n, vm_ir_value m)
{
    const struct fp_binary *row = &fp_binaries[op];
    enum vm_ir_type type = fp_ir_type(size);
    vm_ir_value r;

    if (row->ir)
        r = fp_scalar_binary(t, row, size, n, m);
    else if (size == A64_FP_H)
        r = whole_three(t, op, size, n, m);
    else
        r = get_lane(t, type, size, 0,
                     whole_three(t, op, size, low_of(t, type, n), low_of(t, type, m)));
    fp_put_result(t, size, in->rd, r);
}

static void three(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op)
{
    uint32_t size = fp_vector_size(in);

    if (one_lane(in))
        scalar_three(t, in, op, size, fp_scalar_operand(t, size, in->rn),
                     fp_scalar_operand(t, size, in->rm));
    else
        put_whole(t, in, in->rd,
                  whole_three(t, op, size, fp_whole_operand(t, in, size, in->rn),
                              second_operand(t, in, op, size)));
}

SIMD(fadd_v, three(t, in, A64_FP_ADD))
SIMD(fsub_v, three(t, in, A64_FP_SUB))
SIMD(fmul_v, three(t, in, A64_FP_MUL))
SIMD(fdiv_v, three(t, in, A64_FP_DIV))
SIMD(fmax_v, three(t, in, A64_FP_MAX))
SIMD(fmin_v, three(t, in, A64_FP_MIN))
SIMD(fmaxnm_v, three(t, in, A64_FP_MAXNM))
SIMD(fminnm_v, three(t, in, A64_FP_MINNM))
SIMD(fmulx, three(t, in, A64_FP_MULX))
SIMD(fabd, three(t, in, A64_FP_ABD))
SIMD(frecps, three(t, in, A64_FP_RECPS))
SIMD(frsqrts, three(t, in, A64_FP_RSQRTS))
SIMD(fcmeq, three(t, in, A64_FP_CMEQ))
SIMD(fcmge, three(t, in, A64_FP_CMGE))
SIMD(fcmgt, three(t, in, A64_FP_CMGT))
SIMD(facge, three(t, in, A64_FP_ACGE))
SIMD(facgt, three(t, in, A64_FP_ACGT))

static void whole_fused(struct a64_translation *t, const struct a64_insn *in, uint32_t negations,
                        uint32_t size, vm_ir_value m)
{
    uint32_t aux = fp_aux(t, VM_OP_V_FMA, fp_ir_type(size), fp_rounding(t), 0);
    vm_ir_value n = fp_whole_operand(t, in, size, in->rn);

    if (negations)
        n = fp_negatives(t, size, n);
    put_whole(
        t, in, in->rd,
        vm_ir_3(t->ir, VM_OP_V_FMA, VM_V128, aux, 0, n, m, fp_whole_operand(t, in, size, in->rd)));
}

static void fused(struct a64_translation *t, const struct a64_insn *in, uint32_t negations)
{
    uint32_t size = fp_vector_size(in);

    whole_fused(t, in, negations, size, fp_whole_operand(t, in, size, in->rm));
}

SIMD(fmla, fused(t, in, 0))
SIMD(fmls, fused(t, in, A64_FP_NEG_PRODUCT))

static void pairs(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op)
{
    uint32_t size = fp_vector_size(in);
    struct lanes_pair p = vec_pairs(t, in, size);

    put_whole(t, in, in->rd,
              whole_three(t, op, size, fp_flushed_lanes(t, size, p.first),
                          fp_flushed_lanes(t, size, p.second)));
}

SIMD(faddp, pairs(t, in, A64_FP_ADD))
SIMD(fmaxp, pairs(t, in, A64_FP_MAX))
SIMD(fminp, pairs(t, in, A64_FP_MIN))
SIMD(fmaxnmp, pairs(t, in, A64_FP_MAXNM))
SIMD(fminnmp, pairs(t, in, A64_FP_MINNM))

/* One lane of a register as an operand of scalar arithmetic. */
static vm_ir_value scalar_lane(struct a64_translation *t, uint32_t size, uint32_t reg,
                               uint32_t lane)
{
    return fp_flushed(t, size,
                      size == A64_FP_H ? fp_spread(t, size, reg, lane)
                                       : get_lane(t, fp_ir_type(size), size, lane, get_v(t, reg)));
}

/* A scalar of the pair in one register. Halves have bit 29 clear. */
static void scalar_pair(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op)
{
    uint32_t size = !a64_field(in, 29, 1) ? A64_FP_H : a64_field(in, 22, 1) ? A64_FP_D : A64_FP_S;

    scalar_three(t, in, op, size, scalar_lane(t, size, in->rn, 0), scalar_lane(t, size, in->rn, 1));
}

SIMD(faddp_pair, scalar_pair(t, in, A64_FP_ADD))
SIMD(fmaxp_pair, scalar_pair(t, in, A64_FP_MAX))
SIMD(fminp_pair, scalar_pair(t, in, A64_FP_MIN))
SIMD(fmaxnmp_pair, scalar_pair(t, in, A64_FP_MAXNM))
SIMD(fminnmp_pair, scalar_pair(t, in, A64_FP_MINNM))

/* All lanes: pairs of pairs. Lanes that are there twice raise nothing new. */
static void across(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op)
{
    uint32_t size = a64_field(in, 29, 1) ? A64_FP_S : A64_FP_H;
    enum vm_ir_type type = size == A64_FP_S ? VM_F32 : VM_I64;
    vm_ir_value r = get_v(t, in->rn);

    if (!a64_field(in, 30, 1)) /* four halves */
        r = vec(t, VM_OP_V_ZIP1, 3, r, r);
    r = fp_flushed_lanes(t, size, r);
    for (uint32_t lanes = (a64_field(in, 30, 1) ? 16u : 8u) >> size; lanes > 1; lanes /= 2)
        r = whole_three(t, op, size, vec(t, VM_OP_V_UZP1, size, r, r),
                        vec(t, VM_OP_V_UZP2, size, r, r));
    put_scalar(t, size, in->rd, get_lane(t, type, size, 0, r));
}

SIMD(fmaxv, across(t, in, A64_FP_MAX))
SIMD(fminv, across(t, in, A64_FP_MIN))
SIMD(fmaxnmv, across(t, in, A64_FP_MAXNM))
SIMD(fminnmv, across(t, in, A64_FP_MINNM))

/* ---- by element ---- */

/* Which format: 0 half, 2 single, 3 double. */
static uint32_t element_size(const struct a64_insn *in)
{
    uint32_t size = simd_size(in);

    return size == 0 ? A64_FP_H : size;
}

/* The register of the lane that is named by an index, and that. */
struct element {
    uint32_t reg, lane;
};

static struct element element(const struct a64_insn *in)
{
    uint32_t size = element_size(in), h = a64_field(in, 11, 1), l = a64_field(in, 21, 1);

    if (size == A64_FP_H)
        return (struct element){in->rm & 15, h << 2 | l << 1 | a64_field(in, 20, 1)};
    return (struct element){in->rm, size == A64_FP_S ? h << 1 | l : h};
}

/* The same lane in all; of instructions of 64 bits, in those. */
static vm_ir_value whole_element(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = element_size(in);
    struct element e = element(in);

    return fp_flushed_lanes(t, size, whole_of(t, in, fp_spread(t, size, e.reg, e.lane)));
}

static vm_ir_value scalar_element(struct a64_translation *t, const struct a64_insn *in)
{
    struct element e = element(in);

    return scalar_lane(t, element_size(in), e.reg, e.lane);
}

static void three_element(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op)
{
    uint32_t size = element_size(in);

    if (one_lane(in))
        scalar_three(t, in, op, size, fp_scalar_operand(t, size, in->rn), scalar_element(t, in));
    else
        put_whole(
            t, in, in->rd,
            whole_three(t, op, size, fp_whole_operand(t, in, size, in->rn), whole_element(t, in)));
}

static void fused_element(struct a64_translation *t, const struct a64_insn *in, uint32_t negations)
{
    uint32_t size = element_size(in);

    if (one_lane(in))
        fp_put_result(t, size, in->rd,
                      fp_scalar_fma(t, negations, size, fp_scalar_operand(t, size, in->rn),
                                    scalar_element(t, in), fp_scalar_operand(t, size, in->rd)));
    else
        whole_fused(t, in, negations, size, whole_element(t, in));
}

SIMD(fmul_e, three_element(t, in, A64_FP_MUL))
SIMD(fmulx_e, three_element(t, in, A64_FP_MULX))
SIMD(fmla_e, fused_element(t, in, 0))
SIMD(fmls_e, fused_element(t, in, A64_FP_NEG_PRODUCT))

/* Halves of a vector's lower or upper part: four, or of 64 bits two, and zeros. */
static vm_ir_value part(struct a64_translation *t, const struct a64_insn *in, uint32_t reg,
                        bool upper)
{
    if (a64_field(in, 30, 1))
        return upper ? low_of(t, VM_I64, get_high(t, reg)) : get_v(t, reg);
    return low_of(t, VM_F32, get_lane(t, VM_F32, 2, upper, get_v(t, reg)));
}

/* Products of halves onto singles; `by_element`: by one half. They are exact. */
static void widening(struct a64_translation *t, const struct a64_insn *in, uint32_t negations,
                     bool upper, bool by_element)
{
    vm_ir_value n = fp_flushed_lanes(t, A64_FP_H, part(t, in, in->rn, upper)), m;

    if (by_element) {
        uint32_t lane =
            a64_field(in, 11, 1) << 2 | a64_field(in, 21, 1) << 1 | a64_field(in, 20, 1);
        m = fp_spread(t, A64_FP_H, in->rm & 15, lane);
        if (!a64_field(in, 30, 1))
            m = low_of(t, VM_F32, get_lane(t, VM_F32, 2, 0, m));
    } else {
        m = part(t, in, in->rm, upper);
    }
    if (negations)
        n = fp_negatives(t, A64_FP_H, n);
    n = fp_operands_of_halves(t, n);
    m = fp_operands_of_halves(t, fp_flushed_lanes(t, A64_FP_H, m));
    put_whole(t, in, in->rd,
              vm_ir_3(t->ir, VM_OP_V_FMA, VM_V128,
                      fp_aux(t, VM_OP_V_FMA, VM_F32, fp_rounding(t), 0), 0, n, m,
                      fp_whole_operand(t, in, A64_FP_S, in->rd)));
}

SIMD(fmlal, widening(t, in, 0, false, false))
SIMD(fmlal2, widening(t, in, 0, true, false))
SIMD(fmlsl, widening(t, in, A64_FP_NEG_PRODUCT, false, false))
SIMD(fmlsl2, widening(t, in, A64_FP_NEG_PRODUCT, true, false))
SIMD(fmlal_e, widening(t, in, 0, false, true))
SIMD(fmlal2_e, widening(t, in, 0, true, true))
SIMD(fmlsl_e, widening(t, in, A64_FP_NEG_PRODUCT, false, true))
SIMD(fmlsl2_e, widening(t, in, A64_FP_NEG_PRODUCT, true, true))

/* ---- two registers ---- */

static void zero(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op, bool first)
{
    uint32_t size = fp_vector_size(in);
    bool lanes = !one_lane(in) || size == A64_FP_H;
    vm_ir_value z = lanes ? vec_const(t, 3, 0) : vm_ir_const(t->ir, fp_ir_type(size), 0);
    vm_ir_value n =
        one_lane(in) ? fp_scalar_operand(t, size, in->rn) : fp_whole_operand(t, in, size, in->rn);

    if (one_lane(in))
        scalar_three(t, in, op, size, first ? z : n, first ? n : z);
    else
        put_whole(t, in, in->rd, whole_three(t, op, size, first ? z : n, first ? n : z));
}

SIMD(fcmeq_0, zero(t, in, A64_FP_CMEQ, false))
SIMD(fcmge_0, zero(t, in, A64_FP_CMGE, false))
SIMD(fcmgt_0, zero(t, in, A64_FP_CMGT, false))
SIMD(fcmle_0, zero(t, in, A64_FP_CMGE, true))
SIMD(fcmlt_0, zero(t, in, A64_FP_CMGT, true))

static void one(struct a64_translation *t, const struct a64_insn *in, uint64_t operation)
{
    vm_ir_value code = ir_const(t, (int64_t)(code_of(t, in) | operation));
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = CALL(t, A64_HELPER_FP1, get_half(t, in->rn, i), code);
    put_vector(t, in->rd, simd_halves(in), r);
}

/* Between numbers and integers of one size; rm: to these. */
static void convert(struct a64_translation *t, const struct a64_insn *in, bool to_integer,
                    bool is_unsigned, uint32_t rm)
{
    uint32_t size = fp_vector_size(in);

    if (to_integer)
        (one_lane(in) ? fp_lane_to_integer : fp_whole_to_integer)(t, in, size, rm, is_unsigned, 0);
    else
        (one_lane(in) ? fp_lane_from_integer : fp_whole_from_integer)(t, in, size, is_unsigned, 0);
}

static void one_operand(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                        uint32_t rm, uint32_t variant)
{
    uint32_t size = fp_vector_size(in);

    put_whole(t, in, in->rd,
              vm_ir_1(t->ir, op, VM_V128, fp_aux(t, op, fp_ir_type(size), rm, variant), 0,
                      fp_whole_operand(t, in, size, in->rn)));
}

static void integral(struct a64_translation *t, const struct a64_insn *in, uint32_t rm,
                     bool tells_inexact)
{
    one_operand(t, in, VM_OP_V_FRINT, rm, tells_inexact);
}

static void integral_n(struct a64_translation *t, const struct a64_insn *in, uint32_t bits,
                       uint32_t rm)
{
    uint32_t size = fp_vector_size(in);

    put_whole(t, in, in->rd,
              fp_lanes_integral(t, size, bits, rm, fp_whole_operand(t, in, size, in->rn)));
}

/* FRECPX, of a scalar: a power of two near the reciprocal, of the exponent's bits. */
static void reciprocal_power(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = fp_vector_size(in);
    enum vm_ir_type type = fp_ir_type(size);
    vm_ir_value v = fp_scalar_operand(t, size, in->rn), inf, sign, zero, r, nan, sum;

    if (size != A64_FP_H)
        v = low_of(t, type, v);
    inf = vec_const(t, size, fp_infinity_bits(size));
    sign = vec_bits(t, VM_OP_V_AND, v, vec_const(t, size, fp_sign_bits(size)));
    zero = vec_cmeq(t, size, vec_bits(t, VM_OP_V_AND, v, inf), vec_const(t, size, 0));
    r = vec_select(
        t, zero,
        vec_const(t, size, fp_infinity_bits(size) - ((uint64_t)1 << fp_fraction_bits(size))),
        vec_bits(t, VM_OP_V_ANDN, inf, v));
    nan = vec_cmgt(t, size, fp_magnitudes(t, size, v), inf);
    sum = vec_bits(t, VM_OP_V_AND, v, nan); /* as of any operation */
    sum = whole_operation(t, VM_OP_V_FADD, size, 0, sum, sum);
    r = vec_select(t, nan, sum, vec_bits(t, VM_OP_V_OR, sign, r));
    fp_put_result(t, size, in->rd, size == A64_FP_H ? r : get_lane(t, type, size, 0, r));
}

SIMD(frecpx, reciprocal_power(t, in))

#define TO_INTEGER(rm, is_unsigned) convert(t, in, true, is_unsigned, rm)

SIMD(frecpe, one(t, in, A64_FP_RECPE))
SIMD(frsqrte, one(t, in, A64_FP_RSQRTE))
SIMD(frintn_v, integral(t, in, VM_FP_RNE, false))
SIMD(frintm_v, integral(t, in, VM_FP_RDN, false))
SIMD(frintp_v, integral(t, in, VM_FP_RUP, false))
SIMD(frintz_v, integral(t, in, VM_FP_RTZ, false))
SIMD(frinta_v, integral(t, in, VM_FP_RMM, false))
SIMD(frinti_v, integral(t, in, fp_rounding(t), false))
SIMD(frintx_v, integral(t, in, fp_rounding(t), true))
SIMD(frint32z_v, integral_n(t, in, 32, VM_FP_RTZ))
SIMD(frint64z_v, integral_n(t, in, 64, VM_FP_RTZ))
SIMD(frint32x_v, integral_n(t, in, 32, fp_rounding(t)))
SIMD(frint64x_v, integral_n(t, in, 64, fp_rounding(t)))
SIMD(fcvtns_v, TO_INTEGER(VM_FP_RNE, false))
SIMD(fcvtms_v, TO_INTEGER(VM_FP_RDN, false))
SIMD(fcvtps_v, TO_INTEGER(VM_FP_RUP, false))
SIMD(fcvtzs_v, TO_INTEGER(VM_FP_RTZ, false))
SIMD(fcvtas_v, TO_INTEGER(VM_FP_RMM, false))
SIMD(fcvtnu_v, TO_INTEGER(VM_FP_RNE, true))
SIMD(fcvtmu_v, TO_INTEGER(VM_FP_RDN, true))
SIMD(fcvtpu_v, TO_INTEGER(VM_FP_RUP, true))
SIMD(fcvtzu_v, TO_INTEGER(VM_FP_RTZ, true))
SIMD(fcvtau_v, TO_INTEGER(VM_FP_RMM, true))
SIMD(scvtf_v, convert(t, in, false, false, 0))
SIMD(ucvtf_v, convert(t, in, false, true, 0))

SIMD(fsqrt_v, one_operand(t, in, VM_OP_V_FSQRT, fp_rounding(t), 0))

SIMD(fabs_v, put_whole(t, in, in->rd, fp_magnitudes(t, fp_vector_size(in), get_v(t, in->rn))))
SIMD(fneg_v, put_whole(t, in, in->rd, fp_negatives(t, fp_vector_size(in), get_v(t, in->rn))))

/* ---- between formats: sz is the wide one's ---- */

/* A lane of v as a number of format `to`, in the lowest lane of a vector of zeros. */
static vm_ir_value convert_lane(struct a64_translation *t, uint32_t to, vm_ir_value v, uint32_t i)
{
    uint32_t from = to == A64_FP_D ? A64_FP_S : A64_FP_D;
    enum vm_ir_type type = fp_ir_type(from);

    return low_of(t, fp_ir_type(to),
                  vm_ir_1(t->ir, VM_OP_FCVT, fp_ir_type(to),
                          fp_aux(t, VM_OP_FCVT, type, fp_rounding(t), 0), 0,
                          fp_flushed(t, from, get_lane(t, type, from, i, v))));
}

static void convert_long(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t from = A64_FP_H + a64_field(in, 22, 1), upper = a64_field(in, 30, 1);

    if (from == A64_FP_S) {
        vm_ir_value lanes[2], n = get_v(t, in->rn);
        for (uint32_t i = 0; i < 2; i++)
            lanes[i] = convert_lane(t, A64_FP_D, n, 2 * upper + i);
        put_v(t, in->rd, vec(t, VM_OP_V_ZIP1, A64_FP_D, lanes[0], lanes[1]));
        return;
    }
    if (fp_halves_convert(t)) {
        put_v(t, in->rd,
              fp_from_halves(t, upper ? low_of(t, VM_I64, get_high(t, in->rn)) : get_v(t, in->rn)));
        return;
    }
    vm_ir_value code = ir_const(t, (int64_t)fp_code(t, from)), n = get_half(t, in->rn, upper);
    put_q(t, in->rd, CALL(t, A64_HELPER_FP_LONG, n, code),
          CALL(t, A64_HELPER_FP_LONG, shift_right(t, n, 32), code));
}

/* The doubles of rn as singles in the low half of a vector. */
static vm_ir_value narrow_doubles(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value n = get_v(t, in->rn);

    return vec(t, VM_OP_V_ZIP1, A64_FP_S, convert_lane(t, A64_FP_S, n, 0),
               convert_lane(t, A64_FP_S, n, 1));
}

static void convert_narrow(struct a64_translation *t, const struct a64_insn *in, bool odd)
{
    uint32_t from = A64_FP_S + a64_field(in, 22, 1);
    uint64_t code = fp_code(t, from) | odd;
    vm_ir_value low, high;

    if (!odd && (from == A64_FP_D || fp_halves_convert(t))) {
        vm_ir_value v = from == A64_FP_D
                            ? narrow_doubles(t, in)
                            : fp_to_halves(t, fp_flushed_lanes(t, from, get_v(t, in->rn)));
        if (a64_field(in, 30, 1))
            v = vec(t, VM_OP_V_ZIP1, 3, get_v(t, in->rd), v);
        put_v(t, in->rd, v);
        return;
    }
    low = get_low(t, in->rn);
    if (one_lane(in)) {
        code |= A64_FP_ONE_LANE;
        high = ir_const(t, 0);
    } else {
        high = get_high(t, in->rn);
    }
    put_narrow(t, in, CALL(t, A64_HELPER_FP_NARROW, low, high, ir_const(t, (int64_t)code)));
}

SIMD(fcvtl, convert_long(t, in))
SIMD(fcvtn, convert_narrow(t, in, false))
SIMD(fcvtxn, convert_narrow(t, in, true))

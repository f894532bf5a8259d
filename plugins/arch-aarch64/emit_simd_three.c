/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Advanced SIMD on integers: instructions of three registers, also by element. */
#include "emit_simd.h"

/* What becomes of an operation's result. */
enum accumulate { RESULT, ADDED, SUBTRACTED };

static vm_ir_value accumulated(struct a64_translation *t, enum accumulate how, uint32_t size,
                               vm_ir_value old, vm_ir_value result)
{
    if (how == RESULT)
        return result;
    return (how == ADDED ? lanes_add : lanes_sub)(t, 0, size, old, result);
}

/* An operand: of a scalar instruction only the low lane. */
static vm_ir_value operand(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                           uint32_t reg, uint32_t half)
{
    vm_ir_value v = get_half(t, reg, half);

    return simd_is_scalar(in) ? low_lane(t, size, v) : v;
}

static void put_result(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                       struct vector r)
{
    if (simd_is_scalar(in))
        r.half[0] = low_lane(t, size, r.half[0]);
    put_vector(t, in->rd, simd_halves(in), r);
}

/* ---- lane by lane ---- */

/* rd = rn op rm, or is added to. */
static void same(struct a64_translation *t, const struct a64_insn *in, lane_fn fn, uint32_t helper,
                 enum accumulate how)
{
    uint32_t size = simd_size(in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++) {
        r.half[i] =
            fn(t, helper, size, operand(t, in, size, in->rn, i), operand(t, in, size, in->rm, i));
        if (how != RESULT)
            r.half[i] = accumulated(t, how, size, get_half(t, in->rd, i), r.half[i]);
    }
    put_result(t, in, size, r);
}

#define HELPER(name)                      lanes_by_helper, A64_HELPER_##name##_B
#define SAME(name, NAME)                  SIMD(name, same(t, in, HELPER(NAME), RESULT))
#define SAME_ACCUMULATES(name, NAME, HOW) SIMD(name, same(t, in, HELPER(NAME), HOW))

SIMD(add_v, same(t, in, lanes_add, 0, RESULT))
SIMD(sub_v, same(t, in, lanes_sub, 0, RESULT))
SAME(shadd, SHADD)
SAME(uhadd, UHADD)
SAME(srhadd, SRHADD)
SAME(urhadd, URHADD)
SAME(shsub, SHSUB)
SAME(uhsub, UHSUB)
SAME(sqadd, SQADD)
SAME(uqadd, UQADD)
SAME(sqsub, SQSUB)
SAME(uqsub, UQSUB)
SAME(cmgt, CMGT)
SAME(cmge, CMGE)
SAME(cmhi, CMHI)
SAME(cmhs, CMHS)
SAME(cmeq, CMEQ)
SAME(cmtst, CMTST)
SAME(sshl, SSHL)
SAME(ushl, USHL)
SAME(srshl, SRSHL)
SAME(urshl, URSHL)
SAME(sqshl, SQSHL)
SAME(uqshl, UQSHL)
SAME(sqrshl, SQRSHL)
SAME(uqrshl, UQRSHL)
SAME(smax, SMAX)
SAME(smin, SMIN)
SAME(umax, UMAX)
SAME(umin, UMIN)
SAME(sabd, SABD)
SAME(uabd, UABD)
SAME(mul_v, MUL)
SAME(pmul, PMUL)
SAME(sqdmulh, SQDMULH)
SAME(sqrdmulh, SQRDMULH)
SAME_ACCUMULATES(saba, SABD, ADDED)
SAME_ACCUMULATES(uaba, UABD, ADDED)
SAME_ACCUMULATES(mla, MUL, ADDED)
SAME_ACCUMULATES(mls, MUL, SUBTRACTED)

/* Three operands: the old rd is the last one. */
static void same_three(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    uint32_t size = simd_size(in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = CALL(t, helper + size, operand(t, in, size, in->rn, i),
                         operand(t, in, size, in->rm, i), operand(t, in, size, in->rd, i));
    put_result(t, in, size, r);
}

SIMD(sqrdmlah, same_three(t, in, A64_HELPER_SQRDMLAH_B))
SIMD(sqrdmlsh, same_three(t, in, A64_HELPER_SQRDMLSH_B))

/* ---- bits ---- */

/* (on_set & mask) | (on_clear & ~mask) */
static vm_ir_value merge(struct a64_translation *t, vm_ir_value mask, vm_ir_value on_set,
                         vm_ir_value on_clear)
{
    vm_ir_value differ = binary(t, VM_OP_XOR, on_set, on_clear);

    return binary(t, VM_OP_XOR, on_clear, binary(t, VM_OP_AND, differ, mask));
}

static void logical(struct a64_translation *t, const struct a64_insn *in,
                    vm_ir_value (*fn)(struct a64_translation *t, vm_ir_value d, vm_ir_value n,
                                      vm_ir_value m))
{
    uint32_t halves = simd_halves(in);
    struct vector r;

    for (uint32_t i = 0; i < halves; i++)
        r.half[i] = fn(t, get_half(t, in->rd, i), get_half(t, in->rn, i), get_half(t, in->rm, i));
    put_vector(t, in->rd, halves, r);
}

#define LOGICAL(name, EXPRESSION)                                                           \
    static vm_ir_value name##_bits(struct a64_translation *t, vm_ir_value d, vm_ir_value n, \
                                   vm_ir_value m)                                           \
    {                                                                                       \
        (void)d;                                                                            \
        return EXPRESSION;                                                                  \
    }                                                                                       \
    SIMD(name, logical(t, in, name##_bits))

LOGICAL(and_v, binary(t, VM_OP_AND, n, m))
LOGICAL(bic_v, binary(t, VM_OP_ANDN, n, m))
LOGICAL(orr_v, n == m ? n : binary(t, VM_OP_OR, n, m))
LOGICAL(orn_v, binary(t, VM_OP_OR, n, unary(t, VM_OP_NOT, m)))
LOGICAL(eor_v, binary(t, VM_OP_XOR, n, m))
LOGICAL(bsl, merge(t, d, n, m))
LOGICAL(bit, merge(t, m, n, d))
LOGICAL(bif, merge(t, m, d, n))

/* ---- pairs: of the lanes of rn, then of rm ---- */

static void pairs(struct a64_translation *t, const struct a64_insn *in, lane_fn fn, uint32_t helper)
{
    uint32_t size = simd_size(in), halves = simd_halves(in);
    struct vector n = get_vector(t, in->rn, halves), m = get_vector(t, in->rm, halves), r;

    for (uint32_t i = 0; i < halves; i++) {
        vm_ir_value first = i ? m.half[0] : n.half[0];
        vm_ir_value second = halves == 1 ? m.half[0] : i ? m.half[1] : n.half[1];
        r.half[i] = fn(t, helper, size, lanes_unzip(t, size, 0, first, second),
                       lanes_unzip(t, size, 1, first, second));
    }
    put_vector(t, in->rd, halves, r);
}

SIMD(addp, pairs(t, in, lanes_add, 0))
SIMD(smaxp, pairs(t, in, HELPER(SMAX)))
SIMD(sminp, pairs(t, in, HELPER(SMIN)))
SIMD(umaxp, pairs(t, in, HELPER(UMAX)))
SIMD(uminp, pairs(t, in, HELPER(UMIN)))
SIMD(addp_pair, put_low(t, in->rd, binary(t, VM_OP_ADD, get_low(t, in->rn), get_high(t, in->rn))))

/* ---- long: lanes of one half, results twice as wide ---- */

/* The half of `reg` that a long instruction is about. */
static vm_ir_value long_half(struct a64_translation *t, const struct a64_insn *in, uint32_t reg)
{
    return get_half(t, reg, a64_field(in, 30, 1));
}

static void long_of(struct a64_translation *t, const struct a64_insn *in, bool is_signed,
                    lane_fn fn, uint32_t helper, enum accumulate how, vm_ir_value m)
{
    uint32_t size = simd_size(in);
    vm_ir_value n = long_half(t, in, in->rn);
    struct vector r;

    for (uint32_t i = 0; i < 2; i++) {
        vm_ir_value x = lanes_widen(t, is_signed, size, shift_right(t, n, 32 * i));
        vm_ir_value y = lanes_widen(t, is_signed, size, shift_right(t, m, 32 * i));
        r.half[i] = fn(t, helper, size + 1, x, y);
        if (how != RESULT)
            r.half[i] = accumulated(t, how, size + 1, get_half(t, in->rd, i), r.half[i]);
    }
    put_q(t, in->rd, r.half[0], r.half[1]);
}

#define LONG(name, is_signed, how, ...) \
    SIMD(name, long_of(t, in, is_signed, __VA_ARGS__, how, long_half(t, in, in->rm)))

LONG(saddl, true, RESULT, lanes_add, 0)
LONG(uaddl, false, RESULT, lanes_add, 0)
LONG(ssubl, true, RESULT, lanes_sub, 0)
LONG(usubl, false, RESULT, lanes_sub, 0)
LONG(sabdl, true, RESULT, HELPER(SABD))
LONG(uabdl, false, RESULT, HELPER(UABD))
LONG(sabal, true, ADDED, HELPER(SABD))
LONG(uabal, false, ADDED, HELPER(UABD))
LONG(smull_v, true, RESULT, lanes_mul, 0)
LONG(umull_v, false, RESULT, lanes_mul, 0)
LONG(smlal, true, ADDED, lanes_mul, 0)
LONG(umlal, false, ADDED, lanes_mul, 0)
LONG(smlsl, true, SUBTRACTED, lanes_mul, 0)
LONG(umlsl, false, SUBTRACTED, lanes_mul, 0)

/* rn is wide already. */
static void wide(struct a64_translation *t, const struct a64_insn *in, bool is_signed, lane_fn fn)
{
    uint32_t size = simd_size(in);
    vm_ir_value m = long_half(t, in, in->rm);
    struct vector r;

    for (uint32_t i = 0; i < 2; i++)
        r.half[i] = fn(t, 0, size + 1, get_half(t, in->rn, i),
                       lanes_widen(t, is_signed, size, shift_right(t, m, 32 * i)));
    put_q(t, in->rd, r.half[0], r.half[1]);
}

SIMD(saddw, wide(t, in, true, lanes_add))
SIMD(uaddw, wide(t, in, false, lanes_add))
SIMD(ssubw, wide(t, in, true, lanes_sub))
SIMD(usubw, wide(t, in, false, lanes_sub))

/* The upper halves of sums and differences of wide lanes. */
static void high_half(struct a64_translation *t, const struct a64_insn *in, lane_fn fn,
                      uint32_t helper)
{
    uint32_t size = simd_size(in);
    struct vector v;

    for (uint32_t i = 0; i < 2; i++)
        v.half[i] = fn(t, 0, size + 1, get_half(t, in->rn, i), get_half(t, in->rm, i));
    put_narrow(t, in, CALL(t, helper + size, v.half[0], v.half[1], ir_const(t, 8 << size)));
}

SIMD(addhn, high_half(t, in, lanes_add, A64_HELPER_SHRN_B))
SIMD(subhn, high_half(t, in, lanes_sub, A64_HELPER_SHRN_B))
SIMD(raddhn, high_half(t, in, lanes_add, A64_HELPER_RSHRN_B))
SIMD(rsubhn, high_half(t, in, lanes_sub, A64_HELPER_RSHRN_B))

/* Doubled products saturate, and so do their sums with rd: of halves and words only. */
static void doubling(struct a64_translation *t, const struct a64_insn *in, uint32_t accumulate,
                     vm_ir_value m)
{
    uint32_t size = simd_size(in), halves = simd_is_scalar(in) ? 1 : 2;
    vm_ir_value n = simd_is_scalar(in) ? operand(t, in, size, in->rn, 0) : long_half(t, in, in->rn);
    struct vector r;

    for (uint32_t i = 0; i < halves; i++) {
        r.half[i] = CALL(t, A64_HELPER_SQDMULL_H + size - 1, shift_right(t, n, 32 * i),
                         shift_right(t, m, 32 * i));
        if (accumulate)
            r.half[i] =
                CALL(t, accumulate + size + 1, operand(t, in, size + 1, in->rd, i), r.half[i]);
    }
    put_vector(t, in->rd, halves, r);
}

static vm_ir_value doubling_operand(struct a64_translation *t, const struct a64_insn *in)
{
    return simd_is_scalar(in) ? operand(t, in, simd_size(in), in->rm, 0) : long_half(t, in, in->rm);
}

SIMD(sqdmull, doubling(t, in, 0, doubling_operand(t, in)))
SIMD(sqdmlal, doubling(t, in, A64_HELPER_SQADD_B, doubling_operand(t, in)))
SIMD(sqdmlsl, doubling(t, in, A64_HELPER_SQSUB_B, doubling_operand(t, in)))

/* Products of polynomials: bytes by bytes, or all of a half. */
static void polynomials(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value n = long_half(t, in, in->rn), m = long_half(t, in, in->rm);

    put_q(t, in->rd, CALL(t, A64_HELPER_PMULL_B, n, m),
          CALL(t, A64_HELPER_PMULL_B, shift_right(t, n, 32), shift_right(t, m, 32)));
}

static void long_polynomials(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value n = long_half(t, in, in->rn), m = long_half(t, in, in->rm);

    put_q(t, in->rd, CALL(t, A64_HELPER_PMULL_LOW, n, m), CALL(t, A64_HELPER_PMULL_HIGH, n, m));
}

SIMD(pmull, polynomials(t, in))
SIMD(pmull_d, long_polynomials(t, in))

/* ---- by element: one lane of rm with all lanes of rn ---- */

static vm_ir_value element(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = simd_size(in), high = a64_field(in, 11, 1), low = a64_field(in, 21, 1);
    uint32_t middle = a64_field(in, 20, 1);
    vm_ir_value lane = size == 1 ? lane_of(t, in->rm & 15, 1, high << 2 | low << 1 | middle)
                                 : lane_of(t, in->rm, 2, high << 1 | low);

    return simd_is_scalar(in) ? lane : lanes_splat(t, size, lane);
}

static void same_element(struct a64_translation *t, const struct a64_insn *in, uint32_t helper,
                         enum accumulate how)
{
    uint32_t size = simd_size(in);
    vm_ir_value m = element(t, in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++) {
        r.half[i] = CALL(t, helper + size, operand(t, in, size, in->rn, i), m);
        if (how != RESULT)
            r.half[i] = accumulated(t, how, size, get_half(t, in->rd, i), r.half[i]);
    }
    put_result(t, in, size, r);
}

static void three_element(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    uint32_t size = simd_size(in);
    vm_ir_value m = element(t, in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = CALL(t, helper + size, operand(t, in, size, in->rn, i), m,
                         operand(t, in, size, in->rd, i));
    put_result(t, in, size, r);
}

SIMD(mul_e, same_element(t, in, A64_HELPER_MUL_B, RESULT))
SIMD(mla_e, same_element(t, in, A64_HELPER_MUL_B, ADDED))
SIMD(mls_e, same_element(t, in, A64_HELPER_MUL_B, SUBTRACTED))
SIMD(sqdmulh_e, same_element(t, in, A64_HELPER_SQDMULH_B, RESULT))
SIMD(sqrdmulh_e, same_element(t, in, A64_HELPER_SQRDMULH_B, RESULT))
SIMD(sqrdmlah_e, three_element(t, in, A64_HELPER_SQRDMLAH_B))
SIMD(sqrdmlsh_e, three_element(t, in, A64_HELPER_SQRDMLSH_B))

#define LONG_ELEMENT(name, is_signed, how) \
    SIMD(name, long_of(t, in, is_signed, lanes_mul, 0, how, element(t, in)))

LONG_ELEMENT(smull_e, true, RESULT)
LONG_ELEMENT(umull_e, false, RESULT)
LONG_ELEMENT(smlal_e, true, ADDED)
LONG_ELEMENT(umlal_e, false, ADDED)
LONG_ELEMENT(smlsl_e, true, SUBTRACTED)
LONG_ELEMENT(umlsl_e, false, SUBTRACTED)
SIMD(sqdmull_e, doubling(t, in, 0, element(t, in)))
SIMD(sqdmlal_e, doubling(t, in, A64_HELPER_SQADD_B, element(t, in)))
SIMD(sqdmlsl_e, doubling(t, in, A64_HELPER_SQSUB_B, element(t, in)))

/* ---- dot products: four bytes of rn and of rm, or of one word of it ---- */

static void dot(struct a64_translation *t, const struct a64_insn *in, uint32_t helper, bool by_word)
{
    uint32_t halves = simd_halves(in), index = a64_field(in, 11, 1) << 1 | a64_field(in, 21, 1);
    vm_ir_value word = by_word ? lanes_splat(t, 2, lane_of(t, in->rm, 2, index)) : VM_NO_VALUE;
    struct vector r;

    for (uint32_t i = 0; i < halves; i++)
        r.half[i] = CALL(t, helper, get_half(t, in->rd, i), get_half(t, in->rn, i),
                         by_word ? word : get_half(t, in->rm, i));
    put_vector(t, in->rd, halves, r);
}

SIMD(sdot, dot(t, in, A64_HELPER_SDOT, false))
SIMD(udot, dot(t, in, A64_HELPER_UDOT, false))
SIMD(sdot_e, dot(t, in, A64_HELPER_SDOT, true))
SIMD(udot_e, dot(t, in, A64_HELPER_UDOT, true))

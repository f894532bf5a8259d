/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Advanced SIMD on integers: instructions of two registers, and across a vector. */
#include "emit_simd.h"

/* ---- lane by lane ---- */

static vm_ir_value operand(struct a64_translation *t, const struct a64_insn *in, uint32_t reg,
                           uint32_t half)
{
    vm_ir_value v = get_half(t, reg, half);

    return simd_is_scalar(in) ? low_lane(t, simd_size(in), v) : v;
}

static void put_result(struct a64_translation *t, const struct a64_insn *in, struct vector r)
{
    if (simd_is_scalar(in))
        r.half[0] = low_lane(t, simd_size(in), r.half[0]);
    put_vector(t, in->rd, simd_halves(in), r);
}

/* By a helper of one operand. */
static void one(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = CALL(t, helper + simd_size(in), operand(t, in, in->rn, i));
    put_result(t, in, r);
}

/* Against zero, which is the first operand or the second. */
static void zero(struct a64_translation *t, const struct a64_insn *in, lane_fn fn, uint32_t helper,
                 bool zero_first)
{
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++) {
        vm_ir_value x = operand(t, in, in->rn, i), none = ir_const(t, 0);
        r.half[i] = fn(t, helper, simd_size(in), zero_first ? none : x, zero_first ? x : none);
    }
    put_result(t, in, r);
}

/* rd op rn */
static void onto(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] =
            CALL(t, helper + simd_size(in), operand(t, in, in->rd, i), operand(t, in, in->rn, i));
    put_result(t, in, r);
}

#define HELPER(name) lanes_by_helper, A64_HELPER_##name##_B

SIMD(abs, one(t, in, A64_HELPER_ABS_B))
SIMD(sqabs, one(t, in, A64_HELPER_SQABS_B))
SIMD(sqneg, one(t, in, A64_HELPER_SQNEG_B))
SIMD(cls_v, one(t, in, A64_HELPER_CLS_B))
SIMD(clz_v, one(t, in, A64_HELPER_CLZ_B))
SIMD(cnt, one(t, in, A64_HELPER_CNT_B))
SIMD(rev64, one(t, in, A64_HELPER_REV64_B))
SIMD(rev32_v, one(t, in, A64_HELPER_REV32_B))
SIMD(rev16_v, one(t, in, A64_HELPER_REV16_B))
SIMD(rbit_v, one(t, in, A64_HELPER_RBIT_B - 1)) /* of bytes, although size is 1 */
SIMD(neg, zero(t, in, lanes_sub, 0, true))
SIMD(cmgt_0, zero(t, in, HELPER(CMGT), false))
SIMD(cmge_0, zero(t, in, HELPER(CMGE), false))
SIMD(cmeq_0, zero(t, in, HELPER(CMEQ), false))
SIMD(cmlt_0, zero(t, in, HELPER(CMGT), true))
SIMD(cmle_0, zero(t, in, HELPER(CMGE), true))
SIMD(suqadd, onto(t, in, A64_HELPER_SUQADD_B))
SIMD(usqadd, onto(t, in, A64_HELPER_USQADD_B))

static void invert(struct a64_translation *t, const struct a64_insn *in)
{
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = unary(t, VM_OP_NOT, get_half(t, in->rn, i));
    put_vector(t, in->rd, simd_halves(in), r);
}

SIMD(not, invert(t, in))

/* Of words, whatever size says. */
static void estimate(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = CALL(t, helper, get_half(t, in->rn, i));
    put_vector(t, in->rd, simd_halves(in), r);
}

SIMD(urecpe, estimate(t, in, A64_HELPER_URECPE))
SIMD(ursqrte, estimate(t, in, A64_HELPER_URSQRTE))

/* ---- to lanes of another width ---- */

/* Sums of neighbours, also added to rd. */
static void neighbours(struct a64_translation *t, const struct a64_insn *in, uint32_t helper,
                       bool added)
{
    uint32_t size = simd_size(in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++) {
        r.half[i] = CALL(t, helper + size, get_half(t, in->rn, i));
        if (added)
            r.half[i] = lanes_add(t, 0, size + 1, get_half(t, in->rd, i), r.half[i]);
    }
    put_vector(t, in->rd, simd_halves(in), r);
}

SIMD(saddlp, neighbours(t, in, A64_HELPER_SADDLP_B, false))
SIMD(uaddlp, neighbours(t, in, A64_HELPER_UADDLP_B, false))
SIMD(sadalp, neighbours(t, in, A64_HELPER_SADDLP_B, true))
SIMD(uadalp, neighbours(t, in, A64_HELPER_UADDLP_B, true))

/* The same as a narrowing shift by nothing. */
static void narrow_lanes(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    uint32_t size = simd_size(in);
    vm_ir_value low = get_low(t, in->rn), high, r;

    if (simd_is_scalar(in)) {
        low = low_lane(t, size + 1, low);
        high = ir_const(t, 0);
    } else {
        high = get_high(t, in->rn);
    }
    r = CALL(t, helper + size, low, high, ir_const(t, 0));
    put_narrow(t, in, r);
}

SIMD(xtn, narrow_lanes(t, in, A64_HELPER_SHRN_B))
SIMD(sqxtn, narrow_lanes(t, in, A64_HELPER_SQSHRN_B))
SIMD(uqxtn, narrow_lanes(t, in, A64_HELPER_UQSHRN_B))
SIMD(sqxtun, narrow_lanes(t, in, A64_HELPER_SQSHRUN_B))

/* Twice as wide, shifted to the upper half of the new lane. */
static void shift_long(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = simd_size(in);
    vm_ir_value n = get_half(t, in->rn, a64_field(in, 30, 1));
    struct vector r;

    for (uint32_t i = 0; i < 2; i++)
        r.half[i] = lanes_shl(t, size + 1, lanes_widen(t, false, size, shift_right(t, n, 32 * i)),
                              8u << size);
    put_q(t, in->rd, r.half[0], r.half[1]);
}

SIMD(shll, shift_long(t, in))

/* ---- across ---- */

static void across(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    bool both = simd_halves(in) == 2;
    vm_ir_value low = get_low(t, in->rn), high = both ? get_high(t, in->rn) : ir_const(t, 0);

    put_low(t, in->rd, CALL(t, helper + simd_size(in), low, high, ir_const(t, both)));
}

SIMD(addv, across(t, in, A64_HELPER_ADDV_B))
SIMD(saddlv, across(t, in, A64_HELPER_SADDLV_B))
SIMD(uaddlv, across(t, in, A64_HELPER_UADDLV_B))
SIMD(smaxv, across(t, in, A64_HELPER_SMAXV_B))
SIMD(sminv, across(t, in, A64_HELPER_SMINV_B))
SIMD(umaxv, across(t, in, A64_HELPER_UMAXV_B))
SIMD(uminv, across(t, in, A64_HELPER_UMINV_B))

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
                 vector_fn whole, bool zero_first)
{
    struct vector r;

    if (!simd_is_scalar(in)) {
        vm_ir_value n = get_v(t, in->rn), zeros = vec_const(t, 3, 0);
        put_whole(t, in, in->rd,
                  whole(t, simd_size(in), zero_first ? zeros : n, zero_first ? n : zeros));
        return;
    }
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

static void absolute(struct a64_translation *t, const struct a64_insn *in)
{
    if (simd_is_scalar(in))
        one(t, in, A64_HELPER_ABS_B);
    else
        put_whole(t, in, in->rd, vec_one(t, VM_OP_V_ABS, simd_size(in), get_v(t, in->rn)));
}

SIMD(abs, absolute(t, in))
SIMD(sqabs, one(t, in, A64_HELPER_SQABS_B))
SIMD(sqneg, one(t, in, A64_HELPER_SQNEG_B))
SIMD(cls_v, one(t, in, A64_HELPER_CLS_B))
SIMD(clz_v, one(t, in, A64_HELPER_CLZ_B))
SIMD(cnt, one(t, in, A64_HELPER_CNT_B))
SIMD(rev64, one(t, in, A64_HELPER_REV64_B))
SIMD(rev32_v, one(t, in, A64_HELPER_REV32_B))
SIMD(rev16_v, one(t, in, A64_HELPER_REV16_B))
SIMD(rbit_v, one(t, in, A64_HELPER_RBIT_B - 1)) /* of bytes, although size is 1 */
SIMD(neg, zero(t, in, lanes_sub, 0, vec_sub, true))
SIMD(cmgt_0, zero(t, in, HELPER(CMGT), vec_cmgt, false))
SIMD(cmge_0, zero(t, in, HELPER(CMGE), vec_cmge, false))
SIMD(cmeq_0, zero(t, in, HELPER(CMEQ), vec_cmeq, false))
SIMD(cmlt_0, zero(t, in, HELPER(CMGT), vec_cmgt, true))
SIMD(cmle_0, zero(t, in, HELPER(CMGE), vec_cmge, true))
SIMD(suqadd, onto(t, in, A64_HELPER_SUQADD_B))
SIMD(usqadd, onto(t, in, A64_HELPER_USQADD_B))

SIMD(not, put_whole(t, in, in->rd, vec_not(t, get_v(t, in->rn))))

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
static void neighbours(struct a64_translation *t, const struct a64_insn *in, bool is_signed,
                       bool added)
{
    uint32_t size = simd_size(in);
    vm_ir_value r = vec_neighbours(t, is_signed, size, get_v(t, in->rn));

    put_whole(t, in, in->rd, added ? vec_add(t, size + 1, get_v(t, in->rd), r) : r);
}

SIMD(saddlp, neighbours(t, in, true, false))
SIMD(uaddlp, neighbours(t, in, false, false))
SIMD(sadalp, neighbours(t, in, true, true))
SIMD(uadalp, neighbours(t, in, false, true))

/* The same as a narrowing shift by nothing. */
static void narrow_lanes(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                         uint32_t helper)
{
    uint32_t size = simd_size(in);

    if (simd_is_scalar(in))
        put_low(t, in->rd,
                CALL(t, helper + size, low_lane(t, size + 1, get_low(t, in->rn)), ir_const(t, 0),
                     ir_const(t, 0)));
    else
        vec_narrow(t, in, op, size, get_v(t, in->rn));
}

SIMD(xtn, narrow_lanes(t, in, VM_OP_V_XTN, A64_HELPER_SHRN_B))
SIMD(sqxtn, narrow_lanes(t, in, VM_OP_V_SQXTN, A64_HELPER_SQSHRN_B))
SIMD(uqxtn, narrow_lanes(t, in, VM_OP_V_UQXTN, A64_HELPER_UQSHRN_B))
SIMD(sqxtun, narrow_lanes(t, in, VM_OP_V_SQXTUN, A64_HELPER_SQSHRUN_B))

/* Twice as wide, shifted to the upper half of the new lane. */
static void shift_long(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = simd_size(in);
    vm_ir_value n = vec_widen(t, false, size, a64_field(in, 30, 1), get_v(t, in->rn));

    put_v(t, in->rd, vec_shift(t, VM_OP_V_SHL, size + 1, n, 8u << size));
}

SIMD(shll, shift_long(t, in))

/* ---- across ---- */

#define ACROSS(name, OP) \
    SIMD(name, vec_across(t, in, VM_OP_V_##OP, simd_size(in), get_v(t, in->rn)))

ACROSS(addv, ADD)
ACROSS(smaxv, SMAX)
ACROSS(sminv, SMIN)
ACROSS(umaxv, UMAX)
ACROSS(uminv, UMIN)

static void across_long(struct a64_translation *t, const struct a64_insn *in, bool is_signed)
{
    uint32_t size = simd_size(in);

    vec_across(t, in, VM_OP_V_ADD, size + 1, vec_neighbours(t, is_signed, size, get_v(t, in->rn)));
}

SIMD(saddlv, across_long(t, in, true))
SIMD(uaddlv, across_long(t, in, false))

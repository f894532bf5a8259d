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

static vm_ir_value whole_accumulated(struct a64_translation *t, const struct a64_insn *in,
                                     enum accumulate how, uint32_t size, vm_ir_value r)
{
    if (how == RESULT)
        return r;
    return (how == ADDED ? vec_add : vec_sub)(t, size, get_v(t, in->rd), r);
}

/* rd = rn op rm, or is added to; `whole` NULL: by halves only, as scalars always are. */
static void same(struct a64_translation *t, const struct a64_insn *in, lane_fn fn, uint32_t helper,
                 vector_fn whole, enum accumulate how)
{
    uint32_t size = simd_size(in);
    struct vector r;

    if (whole && !simd_is_scalar(in)) {
        vm_ir_value v = whole(t, size, get_v(t, in->rn), get_v(t, in->rm));
        put_whole(t, in, in->rd, whole_accumulated(t, in, how, size, v));
        return;
    }
    for (uint32_t i = 0; i < simd_halves(in); i++) {
        r.half[i] =
            fn(t, helper, size, operand(t, in, size, in->rn, i), operand(t, in, size, in->rm, i));
        if (how != RESULT)
            r.half[i] = accumulated(t, how, size, get_half(t, in->rd, i), r.half[i]);
    }
    put_result(t, in, size, r);
}

#define HELPER(name)                     lanes_by_helper, A64_HELPER_##name##_B
#define SAME(name, NAME)                 SIMD(name, same(t, in, HELPER(NAME), NULL, RESULT))
#define WHOLE(name, NAME)                SIMD(name, same(t, in, HELPER(NAME), vec_##name, RESULT))
#define ACCUMULATES(name, NAME, fn, HOW) SIMD(name, same(t, in, HELPER(NAME), fn, HOW))

SIMD(add_v, same(t, in, lanes_add, 0, vec_add, RESULT))
SIMD(sub_v, same(t, in, lanes_sub, 0, vec_sub, RESULT))
WHOLE(shadd, SHADD)
WHOLE(uhadd, UHADD)
WHOLE(srhadd, SRHADD)
WHOLE(urhadd, URHADD)
WHOLE(shsub, SHSUB)
WHOLE(uhsub, UHSUB)
WHOLE(cmgt, CMGT)
WHOLE(cmge, CMGE)
WHOLE(cmhi, CMHI)
WHOLE(cmhs, CMHS)
WHOLE(cmeq, CMEQ)
WHOLE(cmtst, CMTST)
WHOLE(sshl, SSHL)
WHOLE(ushl, USHL)
SAME(srshl, SRSHL)
SAME(urshl, URSHL)
SAME(sqshl, SQSHL)
SAME(uqshl, UQSHL)
SAME(sqrshl, SQRSHL)
SAME(uqrshl, UQRSHL)
WHOLE(smax, SMAX)
WHOLE(smin, SMIN)
WHOLE(umax, UMAX)
WHOLE(umin, UMIN)
WHOLE(sabd, SABD)
WHOLE(uabd, UABD)
SIMD(mul_v, same(t, in, HELPER(MUL), vec_mul, RESULT))
SAME(pmul, PMUL)
SAME(sqdmulh, SQDMULH)
SAME(sqrdmulh, SQRDMULH)
ACCUMULATES(saba, SABD, vec_sabd, ADDED)
ACCUMULATES(uaba, UABD, vec_uabd, ADDED)
ACCUMULATES(mla, MUL, vec_mul, ADDED)
ACCUMULATES(mls, MUL, vec_mul, SUBTRACTED)

static void saturating(struct a64_translation *t, const struct a64_insn *in, uint32_t helper,
                       enum vm_ir_op op, enum vm_ir_op plain)
{
    if (simd_is_scalar(in))
        same(t, in, lanes_by_helper, helper, NULL, RESULT);
    else
        vec_saturating(t, in, op, plain);
}

SIMD(sqadd, saturating(t, in, A64_HELPER_SQADD_B, VM_OP_V_SQADD, VM_OP_V_ADD))
SIMD(uqadd, saturating(t, in, A64_HELPER_UQADD_B, VM_OP_V_UQADD, VM_OP_V_ADD))
SIMD(sqsub, saturating(t, in, A64_HELPER_SQSUB_B, VM_OP_V_SQSUB, VM_OP_V_SUB))
SIMD(uqsub, saturating(t, in, A64_HELPER_UQSUB_B, VM_OP_V_UQSUB, VM_OP_V_SUB))

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

static void logical(struct a64_translation *t, const struct a64_insn *in,
                    vm_ir_value (*fn)(struct a64_translation *t, vm_ir_value d, vm_ir_value n,
                                      vm_ir_value m))
{
    vm_ir_value n = get_v(t, in->rn), m = in->rn == in->rm ? n : get_v(t, in->rm);

    put_whole(t, in, in->rd, fn(t, get_v(t, in->rd), n, m));
}

static vm_ir_value choose(struct a64_translation *t, vm_ir_value mask, vm_ir_value on_set,
                          vm_ir_value on_clear)
{
    return vm_ir_3(t->ir, VM_OP_V_SELECT, VM_V128, 0, 0, mask, on_set, on_clear);
}

#define LOGICAL(name, EXPRESSION)                                                           \
    static vm_ir_value name##_bits(struct a64_translation *t, vm_ir_value d, vm_ir_value n, \
                                   vm_ir_value m)                                           \
    {                                                                                       \
        (void)d;                                                                            \
        return EXPRESSION;                                                                  \
    }                                                                                       \
    SIMD(name, logical(t, in, name##_bits))

LOGICAL(and_v, vec_bits(t, VM_OP_V_AND, n, m))
LOGICAL(bic_v, vec_bits(t, VM_OP_V_ANDN, n, m))
LOGICAL(orr_v, n == m ? n : vec_bits(t, VM_OP_V_OR, n, m))
LOGICAL(orn_v, vec_bits(t, VM_OP_V_OR, n, vec_not(t, m)))
LOGICAL(eor_v, vec_bits(t, VM_OP_V_XOR, n, m))
LOGICAL(bsl, choose(t, d, n, m))
LOGICAL(bit, choose(t, m, n, d))
LOGICAL(bif, choose(t, m, d, n))

/* ---- pairs: of the lanes of rn, then of rm ---- */

static void pairs(struct a64_translation *t, const struct a64_insn *in, vector_fn fn)
{
    struct lanes_pair p = vec_pairs(t, in, simd_size(in));

    put_whole(t, in, in->rd, fn(t, simd_size(in), p.first, p.second));
}

SIMD(addp, pairs(t, in, vec_add))
SIMD(smaxp, pairs(t, in, vec_smax))
SIMD(sminp, pairs(t, in, vec_smin))
SIMD(umaxp, pairs(t, in, vec_umax))
SIMD(uminp, pairs(t, in, vec_umin))
SIMD(addp_pair, put_low(t, in->rd, binary(t, VM_OP_ADD, get_low(t, in->rn), get_high(t, in->rn))))

/* ---- long: lanes of one half, results twice as wide ---- */

/* The half of `reg` that a long instruction is about. */
static vm_ir_value long_half(struct a64_translation *t, const struct a64_insn *in, uint32_t reg)
{
    return get_half(t, reg, a64_field(in, 30, 1));
}

static bool is_upper(const struct a64_insn *in)
{
    return a64_field(in, 30, 1);
}

enum long_operation { SUM, DIFFERENCE, DISTANCE, PRODUCT };

/* Distances are taken before they are made wider: they fit. */
static vm_ir_value long_result(struct a64_translation *t, const struct a64_insn *in, bool is_signed,
                               enum long_operation what, vm_ir_value n, vm_ir_value m)
{
    uint32_t size = simd_size(in);
    bool high = is_upper(in);

    if (what == DISTANCE)
        return vec_widen(t, false, size, high, (is_signed ? vec_sabd : vec_uabd)(t, size, n, m));
    n = vec_widen(t, is_signed, size, high, n);
    m = vec_widen(t, is_signed, size, high, m);
    if (what == PRODUCT)
        return vec_long_product(t, is_signed, size + 1, n, m);
    return (what == SUM ? vec_add : vec_sub)(t, size + 1, n, m);
}

static void long_of(struct a64_translation *t, const struct a64_insn *in, bool is_signed,
                    enum long_operation what, enum accumulate how, vm_ir_value m)
{
    vm_ir_value r = long_result(t, in, is_signed, what, get_v(t, in->rn), m);

    put_v(t, in->rd, whole_accumulated(t, in, how, simd_size(in) + 1, r));
}

#define LONG(name, is_signed, what, how) \
    SIMD(name, long_of(t, in, is_signed, what, how, get_v(t, in->rm)))

LONG(saddl, true, SUM, RESULT)
LONG(uaddl, false, SUM, RESULT)
LONG(ssubl, true, DIFFERENCE, RESULT)
LONG(usubl, false, DIFFERENCE, RESULT)
LONG(sabdl, true, DISTANCE, RESULT)
LONG(uabdl, false, DISTANCE, RESULT)
LONG(sabal, true, DISTANCE, ADDED)
LONG(uabal, false, DISTANCE, ADDED)
LONG(smull_v, true, PRODUCT, RESULT)
LONG(umull_v, false, PRODUCT, RESULT)
LONG(smlal, true, PRODUCT, ADDED)
LONG(umlal, false, PRODUCT, ADDED)
LONG(smlsl, true, PRODUCT, SUBTRACTED)
LONG(umlsl, false, PRODUCT, SUBTRACTED)

/* rn is wide already. */
static void wide(struct a64_translation *t, const struct a64_insn *in, bool is_signed, vector_fn fn)
{
    uint32_t size = simd_size(in);
    vm_ir_value m = vec_widen(t, is_signed, size, is_upper(in), get_v(t, in->rm));

    put_v(t, in->rd, fn(t, size + 1, get_v(t, in->rn), m));
}

SIMD(saddw, wide(t, in, true, vec_add))
SIMD(uaddw, wide(t, in, false, vec_add))
SIMD(ssubw, wide(t, in, true, vec_sub))
SIMD(usubw, wide(t, in, false, vec_sub))

/* The upper halves of sums and differences of wide lanes. */
static void high_half(struct a64_translation *t, const struct a64_insn *in, vector_fn fn,
                      bool rounds)
{
    uint32_t size = simd_size(in), bits = 8u << size;
    vm_ir_value v = fn(t, size + 1, get_v(t, in->rn), get_v(t, in->rm));

    if (rounds)
        v = vec_add(t, size + 1, v, vec_const(t, size + 1, (uint64_t)1 << (bits - 1)));
    vec_narrow(t, in, VM_OP_V_XTN, size, vec_shift(t, VM_OP_V_SHR, size + 1, v, bits));
}

SIMD(addhn, high_half(t, in, vec_add, false))
SIMD(subhn, high_half(t, in, vec_sub, false))
SIMD(raddhn, high_half(t, in, vec_add, true))
SIMD(rsubhn, high_half(t, in, vec_sub, true))

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

/* The same lane in all. */
static vm_ir_value whole_element(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = simd_size(in), high = a64_field(in, 11, 1), low = a64_field(in, 21, 1);
    uint32_t middle = a64_field(in, 20, 1);
    uint32_t lane = size == 1 ? high << 2 | low << 1 | middle : high << 1 | low;

    return vm_ir_1(t->ir, VM_OP_V_SPREAD, VM_V128, VM_LANES(size, lane), 0,
                   get_v(t, size == 1 ? in->rm & 15 : in->rm));
}

static void product_element(struct a64_translation *t, const struct a64_insn *in,
                            enum accumulate how)
{
    uint32_t size = simd_size(in);
    vm_ir_value r = vec_mul(t, size, get_v(t, in->rn), whole_element(t, in));

    put_whole(t, in, in->rd, whole_accumulated(t, in, how, size, r));
}

static void same_element(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    uint32_t size = simd_size(in);
    vm_ir_value m = element(t, in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = CALL(t, helper + size, operand(t, in, size, in->rn, i), m);
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

SIMD(mul_e, product_element(t, in, RESULT))
SIMD(mla_e, product_element(t, in, ADDED))
SIMD(mls_e, product_element(t, in, SUBTRACTED))
SIMD(sqdmulh_e, same_element(t, in, A64_HELPER_SQDMULH_B))
SIMD(sqrdmulh_e, same_element(t, in, A64_HELPER_SQRDMULH_B))
SIMD(sqrdmlah_e, three_element(t, in, A64_HELPER_SQRDMLAH_B))
SIMD(sqrdmlsh_e, three_element(t, in, A64_HELPER_SQRDMLSH_B))

#define LONG_ELEMENT(name, is_signed, how) \
    SIMD(name, long_of(t, in, is_signed, PRODUCT, how, whole_element(t, in)))

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

static void dot(struct a64_translation *t, const struct a64_insn *in, bool is_signed, bool by_word)
{
    uint32_t index = a64_field(in, 11, 1) << 1 | a64_field(in, 21, 1);
    vm_ir_value m = get_v(t, in->rm);

    if (by_word)
        m = vm_ir_1(t->ir, VM_OP_V_SPREAD, VM_V128, VM_LANES(2, index), 0, m);
    put_whole(t, in, in->rd, vec_dot(t, is_signed, get_v(t, in->rd), get_v(t, in->rn), m));
}

SIMD(sdot, dot(t, in, true, false))
SIMD(udot, dot(t, in, false, false))
SIMD(sdot_e, dot(t, in, true, true))
SIMD(udot_e, dot(t, in, false, true))

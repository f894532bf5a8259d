/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Advanced SIMD on integers: instructions of three registers, also by element. */
#include "emit_simd.h"

/* What becomes of an operation's result. */
enum accumulate { RESULT, ADDED, SUBTRACTED };

/* ---- lane by lane ---- */

static vm_ir_value whole_accumulated(struct a64_translation *t, const struct a64_insn *in,
                                     enum accumulate how, uint32_t size, vm_ir_value r)
{
    if (how == RESULT)
        return r;
    return (how == ADDED ? vec_add : vec_sub)(t, size, get_v(t, in->rd), r);
}

/* rd = rn op rm, or is added to or subtracted from. */
static void same(struct a64_translation *t, const struct a64_insn *in, vector_fn fn,
                 enum accumulate how)
{
    uint32_t size = simd_size(in);
    vm_ir_value v = fn(t, size, get_v(t, in->rn), get_v(t, in->rm));

    put_lanes(t, in, size, whole_accumulated(t, in, how, size, v));
}

#define SAME(name) SIMD(name, same(t, in, vec_##name, RESULT))

SIMD(add_v, same(t, in, vec_add, RESULT))
SIMD(sub_v, same(t, in, vec_sub, RESULT))
SAME(shadd)
SAME(uhadd)
SAME(srhadd)
SAME(urhadd)
SAME(shsub)
SAME(uhsub)
SAME(cmgt)
SAME(cmge)
SAME(cmhi)
SAME(cmhs)
SAME(cmeq)
SAME(cmtst)
SAME(sshl)
SAME(ushl)
SAME(srshl)
SAME(urshl)
SAME(smax)
SAME(smin)
SAME(umax)
SAME(umin)
SAME(sabd)
SAME(uabd)
SAME(pmul)
SIMD(mul_v, same(t, in, vec_mul, RESULT))
SIMD(saba, same(t, in, vec_sabd, ADDED))
SIMD(uaba, same(t, in, vec_uabd, ADDED))
SIMD(mla, same(t, in, vec_mul, ADDED))
SIMD(mls, same(t, in, vec_mul, SUBTRACTED))

static void saturating(struct a64_translation *t, const struct a64_insn *in, saturating_fn fn,
                       vm_ir_value m)
{
    put_saturated(t, in, simd_size(in), fn(t, simd_size(in), get_v(t, in->rn), m));
}

#define SATURATES(name) SIMD(name, saturating(t, in, sat_##name, get_v(t, in->rm)))

SATURATES(sqadd)
SATURATES(uqadd)
SATURATES(sqsub)
SATURATES(uqsub)
SATURATES(sqshl)
SATURATES(uqshl)
SATURATES(sqrshl)
SATURATES(uqrshl)
SATURATES(sqdmulh)
SATURATES(sqrdmulh)
SIMD(sqrdmlah, vec_doubled_onto(t, in, VM_OP_V_ADD, get_v(t, in->rm)))
SIMD(sqrdmlsh, vec_doubled_onto(t, in, VM_OP_V_SUB, get_v(t, in->rm)))

/* ---- bits ---- */

static void logical(struct a64_translation *t, const struct a64_insn *in,
                    vm_ir_value (*fn)(struct a64_translation *t, vm_ir_value d, vm_ir_value n,
                                      vm_ir_value m))
{
    vm_ir_value n = get_v(t, in->rn), m = in->rn == in->rm ? n : get_v(t, in->rm);

    put_whole(t, in, in->rd, fn(t, get_v(t, in->rd), n, m));
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
LOGICAL(bsl, vec_select(t, d, n, m))
LOGICAL(bit, vec_select(t, m, n, d))
LOGICAL(bif, vec_select(t, m, d, n))

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

enum long_operation { SUM, DIFFERENCE, DISTANCE, PRODUCT };

/* Distances are taken before they are made wider: they fit. */
static vm_ir_value long_result(struct a64_translation *t, const struct a64_insn *in, bool is_signed,
                               enum long_operation what, vm_ir_value n, vm_ir_value m)
{
    uint32_t size = simd_size(in);
    bool high = simd_is_upper(in);

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
    vm_ir_value m = vec_widen(t, is_signed, size, simd_is_upper(in), get_v(t, in->rm));

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
SIMD(sqdmull, vec_doubled_long(t, in, NULL, get_v(t, in->rm)))
SIMD(sqdmlal, vec_doubled_long(t, in, sat_sqadd, get_v(t, in->rm)))
SIMD(sqdmlsl, vec_doubled_long(t, in, sat_sqsub, get_v(t, in->rm)))

/* Products of polynomials: bytes by bytes, or all of a half. */
static void polynomials(struct a64_translation *t, const struct a64_insn *in)
{
    bool high = simd_is_upper(in);

    put_v(t, in->rd,
          vec_long_polynomials(t, vec_widen(t, false, 0, high, get_v(t, in->rn)),
                               vec_widen(t, false, 0, high, get_v(t, in->rm))));
}

static void long_polynomials(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value n = get_v(t, in->rn), m = get_v(t, in->rm);

    if (simd_is_upper(in)) {
        n = vec_ext(t, n, n, 8);
        m = vec_ext(t, m, m, 8);
    }
    put_v(t, in->rd, vec_bits(t, VM_OP_V_CLMUL, n, m));
}

SIMD(pmull, polynomials(t, in))
SIMD(pmull_d, long_polynomials(t, in))

/* ---- by element: one lane of rm with all lanes of rn ---- */

/* The lane in all places. */
static vm_ir_value element(struct a64_translation *t, const struct a64_insn *in)
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
    vm_ir_value r = vec_mul(t, size, get_v(t, in->rn), element(t, in));

    put_whole(t, in, in->rd, whole_accumulated(t, in, how, size, r));
}

SIMD(mul_e, product_element(t, in, RESULT))
SIMD(mla_e, product_element(t, in, ADDED))
SIMD(mls_e, product_element(t, in, SUBTRACTED))
SIMD(sqdmulh_e, saturating(t, in, sat_sqdmulh, element(t, in)))
SIMD(sqrdmulh_e, saturating(t, in, sat_sqrdmulh, element(t, in)))
SIMD(sqrdmlah_e, vec_doubled_onto(t, in, VM_OP_V_ADD, element(t, in)))
SIMD(sqrdmlsh_e, vec_doubled_onto(t, in, VM_OP_V_SUB, element(t, in)))

#define LONG_ELEMENT(name, is_signed, how) \
    SIMD(name, long_of(t, in, is_signed, PRODUCT, how, element(t, in)))

LONG_ELEMENT(smull_e, true, RESULT)
LONG_ELEMENT(umull_e, false, RESULT)
LONG_ELEMENT(smlal_e, true, ADDED)
LONG_ELEMENT(umlal_e, false, ADDED)
LONG_ELEMENT(smlsl_e, true, SUBTRACTED)
LONG_ELEMENT(umlsl_e, false, SUBTRACTED)
SIMD(sqdmull_e, vec_doubled_long(t, in, NULL, element(t, in)))
SIMD(sqdmlal_e, vec_doubled_long(t, in, sat_sqadd, element(t, in)))
SIMD(sqdmlsl_e, vec_doubled_long(t, in, sat_sqsub, element(t, in)))

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

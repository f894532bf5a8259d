/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Advanced SIMD on integers: instructions of two registers, and across a vector. */
#include "emit_simd.h"

/* ---- lane by lane ---- */

/* Against zero, which is the first operand or the second. */
static void zero(struct a64_translation *t, const struct a64_insn *in, vector_fn fn,
                 bool zero_first)
{
    vm_ir_value n = get_v(t, in->rn), zeros = vec_const(t, 3, 0);

    put_lanes(t, in, simd_size(in),
              fn(t, simd_size(in), zero_first ? zeros : n, zero_first ? n : zeros));
}

SIMD(neg, zero(t, in, vec_sub, true))
SIMD(cmgt_0, zero(t, in, vec_cmgt, false))
SIMD(cmge_0, zero(t, in, vec_cmge, false))
SIMD(cmeq_0, zero(t, in, vec_cmeq, false))
SIMD(cmlt_0, zero(t, in, vec_cmgt, true))
SIMD(cmle_0, zero(t, in, vec_cmge, true))

#define ONE(name, CALL) SIMD(name, put_lanes(t, in, simd_size(in), CALL))

ONE(abs, vec_one(t, VM_OP_V_ABS, simd_size(in), get_v(t, in->rn)))
ONE(cls_v, vec_leading_signs(t, simd_size(in), get_v(t, in->rn)))
ONE(clz_v, vec_leading_zeros(t, simd_size(in), get_v(t, in->rn)))
ONE(cnt, vec_ones(t, get_v(t, in->rn)))
ONE(rbit_v, vec_reversed_bits(t, get_v(t, in->rn)))
ONE(not, vec_not(t, get_v(t, in->rn)))
ONE(rev64, vec_reversed(t, simd_size(in), 3, get_v(t, in->rn)))
ONE(rev32_v, vec_reversed(t, simd_size(in), 2, get_v(t, in->rn)))
ONE(rev16_v, vec_reversed(t, simd_size(in), 1, get_v(t, in->rn)))

static void saturating(struct a64_translation *t, const struct a64_insn *in, saturating_fn fn,
                       vm_ir_value a, vm_ir_value b)
{
    put_saturated(t, in, simd_size(in), fn(t, simd_size(in), a, b));
}

SIMD(sqabs, saturating(t, in, sat_sqabs, get_v(t, in->rn), VM_NO_VALUE))
SIMD(sqneg, saturating(t, in, sat_sqneg, get_v(t, in->rn), VM_NO_VALUE))
SIMD(suqadd, saturating(t, in, sat_suqadd, get_v(t, in->rd), get_v(t, in->rn)))
SIMD(usqadd, saturating(t, in, sat_usqadd, get_v(t, in->rd), get_v(t, in->rn)))

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

#define NARROW(name, OP) \
    SIMD(name, vec_narrow(t, in, VM_OP_V_##OP, simd_size(in), get_v(t, in->rn)))

NARROW(xtn, XTN)
NARROW(sqxtn, SQXTN)
NARROW(uqxtn, UQXTN)
NARROW(sqxtun, SQXTUN)

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

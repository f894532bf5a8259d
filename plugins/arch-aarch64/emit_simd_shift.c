/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Advanced SIMD: shifts by an immediate. */
#include "emit_simd.h"

/* immh:immb holds the width of a lane and the count. */
struct shift {
    uint32_t size, bits; /* of the lanes; of the narrow ones */
    uint32_t left, right;
};

static struct shift shift_of(const struct a64_insn *in)
{
    uint32_t value = a64_field(in, 16, 7);
    struct shift s = {.size = 28 - (uint32_t)__builtin_clz(value)};

    s.bits = 8u << s.size;
    s.left = value - s.bits;
    s.right = 2 * s.bits - value;
    return s;
}

static vm_ir_value operand(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                           uint32_t half)
{
    vm_ir_value v = get_half(t, in->rn, half);

    return simd_is_scalar(in) ? low_lane(t, size, v) : v;
}

static void put_result(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                       struct vector r)
{
    if (simd_is_scalar(in))
        r.half[0] = low_lane(t, size, r.half[0]);
    put_vector(t, in->rd, simd_halves(in), r);
}

/* ---- with what a shift by a register does: to the right by a negative count ---- */

static void by_register(struct a64_translation *t, const struct a64_insn *in, uint32_t helper,
                        bool to_left, bool added)
{
    struct shift s = shift_of(in);
    int32_t count = to_left ? (int32_t)s.left : -(int32_t)s.right;
    vm_ir_value counts = ir_const(t, (int64_t)in_each_lane(s.size, (uint8_t)count));
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++) {
        r.half[i] = CALL(t, helper + s.size, operand(t, in, s.size, i), counts);
        if (added)
            r.half[i] = lanes_add(t, 0, s.size, get_half(t, in->rd, i), r.half[i]);
    }
    put_result(t, in, s.size, r);
}

SIMD(srshr, by_register(t, in, A64_HELPER_SRSHL_B, false, false))
SIMD(urshr, by_register(t, in, A64_HELPER_URSHL_B, false, false))
SIMD(srsra, by_register(t, in, A64_HELPER_SRSHL_B, false, true))
SIMD(ursra, by_register(t, in, A64_HELPER_URSHL_B, false, true))
SIMD(sqshl_i, by_register(t, in, A64_HELPER_SQSHL_B, true, false))
SIMD(uqshl_i, by_register(t, in, A64_HELPER_UQSHL_B, true, false))
SIMD(sqshlu, by_register(t, in, A64_HELPER_SQSHLU_B, true, false))

/* ---- plain ones, by IR ---- */

/* Lanes shifted right; the count may be their width. */
static vm_ir_value right(struct a64_translation *t, const struct shift *s, bool is_signed,
                         vm_ir_value v)
{
    if (is_signed && s->size == 3)
        return binary(t, VM_OP_SAR, v, ir_const(t, s->right < 64 ? s->right : 63));
    if (is_signed)
        return CALL(t, A64_HELPER_SSHL_B + s->size, v,
                    ir_const(t, (int64_t)in_each_lane(s->size, (uint8_t) - (int32_t)s->right)));
    return s->right < s->bits ? lanes_shr(t, s->size, v, s->right) : ir_const(t, 0);
}

static void shift_right_by(struct a64_translation *t, const struct a64_insn *in, bool is_signed,
                           bool added)
{
    struct shift s = shift_of(in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++) {
        r.half[i] = right(t, &s, is_signed, get_half(t, in->rn, i));
        if (added)
            r.half[i] = lanes_add(t, 0, s.size, get_half(t, in->rd, i), r.half[i]);
    }
    put_vector(t, in->rd, simd_halves(in), r);
}

static void shift_left_by(struct a64_translation *t, const struct a64_insn *in)
{
    struct shift s = shift_of(in);
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = lanes_shl(t, s.size, get_half(t, in->rn, i), s.left);
    put_vector(t, in->rd, simd_halves(in), r);
}

/* Only the bits that come from rn change in rd. */
static void insert(struct a64_translation *t, const struct a64_insn *in, bool to_left)
{
    struct shift s = shift_of(in);
    uint64_t all = UINT64_MAX >> (64 - s.bits);
    uint64_t kept = to_left ? ~(UINT64_MAX << s.left) : s.right < s.bits ? ~(all >> s.right) : all;
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++) {
        vm_ir_value n = get_half(t, in->rn, i);
        vm_ir_value moved = to_left ? lanes_shl(t, s.size, n, s.left) : right(t, &s, false, n);
        vm_ir_value old = binary(t, VM_OP_AND, get_half(t, in->rd, i),
                                 ir_const(t, (int64_t)in_each_lane(s.size, kept)));
        r.half[i] = binary(t, VM_OP_OR, moved, old);
    }
    put_vector(t, in->rd, simd_halves(in), r);
}

SIMD(sshr, shift_right_by(t, in, true, false))
SIMD(ushr, shift_right_by(t, in, false, false))
SIMD(ssra, shift_right_by(t, in, true, true))
SIMD(usra, shift_right_by(t, in, false, true))
SIMD(shl, shift_left_by(t, in))
SIMD(sli, insert(t, in, true))
SIMD(sri, insert(t, in, false))

/* ---- to lanes of another width ---- */

static void narrow_lanes(struct a64_translation *t, const struct a64_insn *in, uint32_t helper)
{
    struct shift s = shift_of(in);
    vm_ir_value low = operand(t, in, s.size + 1, 0);
    vm_ir_value high = simd_is_scalar(in) ? ir_const(t, 0) : get_high(t, in->rn);

    put_narrow(t, in, CALL(t, helper + s.size, low, high, ir_const(t, s.right)));
}

SIMD(shrn, narrow_lanes(t, in, A64_HELPER_SHRN_B))
SIMD(rshrn, narrow_lanes(t, in, A64_HELPER_RSHRN_B))
SIMD(sqshrn, narrow_lanes(t, in, A64_HELPER_SQSHRN_B))
SIMD(sqrshrn, narrow_lanes(t, in, A64_HELPER_SQRSHRN_B))
SIMD(uqshrn, narrow_lanes(t, in, A64_HELPER_UQSHRN_B))
SIMD(uqrshrn, narrow_lanes(t, in, A64_HELPER_UQRSHRN_B))
SIMD(sqshrun, narrow_lanes(t, in, A64_HELPER_SQSHRUN_B))
SIMD(sqrshrun, narrow_lanes(t, in, A64_HELPER_SQRSHRUN_B))

static void widen_lanes(struct a64_translation *t, const struct a64_insn *in, bool is_signed)
{
    struct shift s = shift_of(in);
    vm_ir_value n = get_half(t, in->rn, a64_field(in, 30, 1));
    struct vector r;

    for (uint32_t i = 0; i < 2; i++)
        r.half[i] = lanes_shl(t, s.size + 1,
                              lanes_widen(t, is_signed, s.size, shift_right(t, n, 32 * i)), s.left);
    put_q(t, in->rd, r.half[0], r.half[1]);
}

SIMD(sshll, widen_lanes(t, in, true))
SIMD(ushll, widen_lanes(t, in, false))

/* ---- fixed-point numbers ---- */

static void fixed(struct a64_translation *t, const struct a64_insn *in, uint64_t operation)
{
    struct shift s = shift_of(in);
    bool scalar = simd_is_scalar(in);
    vm_ir_value code =
        ir_const(t, (int64_t)(fp_code(t, s.size) | operation | (scalar ? A64_FP_ONE_LANE : 0) |
                              A64_FP_FRACTION(s.right)));
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = CALL(t, A64_HELPER_FP1, get_half(t, in->rn, i), code);
    put_vector(t, in->rd, simd_halves(in), r);
}

SIMD(scvtf_fix, fixed(t, in, A64_FP_LANE_FROM_INT))
SIMD(ucvtf_fix, fixed(t, in, A64_FP_LANE_FROM_INT | A64_FP_UNSIGNED))
SIMD(fcvtzs_fix, fixed(t, in, A64_FP_LANE_TO_INT | A64_FP_MODE(VM_FP_RTZ)))
SIMD(fcvtzu_fix, fixed(t, in, A64_FP_LANE_TO_INT | A64_FP_MODE(VM_FP_RTZ) | A64_FP_UNSIGNED))

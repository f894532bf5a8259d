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

/* ---- to the left, saturating ---- */

static void saturating(struct a64_translation *t, const struct a64_insn *in, saturating_by fn)
{
    struct shift s = shift_of(in);

    put_saturated(t, in, s.size, fn(t, s.size, get_v(t, in->rn), s.left));
}

SIMD(sqshl_i, saturating(t, in, sat_sqshl_by))
SIMD(uqshl_i, saturating(t, in, sat_uqshl_by))
SIMD(sqshlu, saturating(t, in, sat_sqshlu_by))

/* ---- plain ones ---- */

/* Lanes shifted right; the count may be their width. */
static vm_ir_value right(struct a64_translation *t, const struct shift *s, bool is_signed,
                         vm_ir_value v)
{
    if (is_signed)
        return vec_shift(t, VM_OP_V_SAR, s->size, v, s->right < s->bits ? s->right : s->bits - 1);
    return s->right < s->bits ? vec_shift(t, VM_OP_V_SHR, s->size, v, s->right)
                              : vec_const(t, 3, 0);
}

static void shift_right_by(struct a64_translation *t, const struct a64_insn *in, bool is_signed,
                           bool rounds, bool added)
{
    struct shift s = shift_of(in);
    vm_ir_value n = get_v(t, in->rn);
    vm_ir_value r =
        rounds ? vec_shift_rounded(t, is_signed, s.size, n, s.right) : right(t, &s, is_signed, n);

    put_lanes(t, in, s.size, added ? vec_add(t, s.size, get_v(t, in->rd), r) : r);
}

static void shift_left_by(struct a64_translation *t, const struct a64_insn *in)
{
    struct shift s = shift_of(in);

    put_lanes(t, in, s.size, vec_shift(t, VM_OP_V_SHL, s.size, get_v(t, in->rn), s.left));
}

/* Only the bits that come from rn change in rd. */
static void insert(struct a64_translation *t, const struct a64_insn *in, bool to_left)
{
    struct shift s = shift_of(in);
    uint64_t all = UINT64_MAX >> (64 - s.bits);
    uint64_t kept = to_left ? ~(UINT64_MAX << s.left) : s.right < s.bits ? ~(all >> s.right) : all;
    vm_ir_value n = get_v(t, in->rn);
    vm_ir_value moved =
        to_left ? vec_shift(t, VM_OP_V_SHL, s.size, n, s.left) : right(t, &s, false, n);
    vm_ir_value old = vec_bits(t, VM_OP_V_AND, get_v(t, in->rd), vec_const(t, s.size, kept));

    put_lanes(t, in, s.size, vec_bits(t, VM_OP_V_OR, moved, old));
}

SIMD(sshr, shift_right_by(t, in, true, false, false))
SIMD(ushr, shift_right_by(t, in, false, false, false))
SIMD(ssra, shift_right_by(t, in, true, false, true))
SIMD(usra, shift_right_by(t, in, false, false, true))
SIMD(srshr, shift_right_by(t, in, true, true, false))
SIMD(urshr, shift_right_by(t, in, false, true, false))
SIMD(srsra, shift_right_by(t, in, true, true, true))
SIMD(ursra, shift_right_by(t, in, false, true, true))
SIMD(shl, shift_left_by(t, in))
SIMD(sli, insert(t, in, true))
SIMD(sri, insert(t, in, false))

/* ---- to lanes of another width ---- */

static void narrow_lanes(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                         bool is_signed, bool rounds)
{
    struct shift s = shift_of(in);
    vm_ir_value v = get_v(t, in->rn);

    v = rounds ? vec_shift_rounded(t, is_signed, s.size + 1, v, s.right)
               : vec_shift(t, is_signed ? VM_OP_V_SAR : VM_OP_V_SHR, s.size + 1, v, s.right);
    vec_narrow(t, in, op, s.size, v);
}

#define NARROW(name, OP, is_signed, rounds) \
    SIMD(name, narrow_lanes(t, in, VM_OP_V_##OP, is_signed, rounds))

NARROW(shrn, XTN, false, false)
NARROW(rshrn, XTN, false, true)
NARROW(sqshrn, SQXTN, true, false)
NARROW(sqrshrn, SQXTN, true, true)
NARROW(uqshrn, UQXTN, false, false)
NARROW(uqrshrn, UQXTN, false, true)
NARROW(sqshrun, SQXTUN, true, false)
NARROW(sqrshrun, SQXTUN, true, true)

static void widen_lanes(struct a64_translation *t, const struct a64_insn *in, bool is_signed)
{
    struct shift s = shift_of(in);
    vm_ir_value n = vec_widen(t, is_signed, s.size, a64_field(in, 30, 1), get_v(t, in->rn));

    put_v(t, in->rd, vec_shift(t, VM_OP_V_SHL, s.size + 1, n, s.left));
}

SIMD(sshll, widen_lanes(t, in, true))
SIMD(ushll, widen_lanes(t, in, false))

/* ---- fixed-point numbers ---- */

static void fixed(struct a64_translation *t, const struct a64_insn *in, bool to_integer,
                  bool is_unsigned)
{
    struct shift s = shift_of(in);
    bool scalar = simd_is_scalar(in);

    if (to_integer)
        (scalar ? fp_lane_to_integer : fp_whole_to_integer)(t, in, s.size, VM_FP_RTZ, is_unsigned,
                                                            s.right);
    else
        (scalar ? fp_lane_from_integer : fp_whole_from_integer)(t, in, s.size, is_unsigned,
                                                                s.right);
}

SIMD(scvtf_fix, fixed(t, in, false, false))
SIMD(ucvtf_fix, fixed(t, in, false, true))
SIMD(fcvtzs_fix, fixed(t, in, true, false))
SIMD(fcvtzu_fix, fixed(t, in, true, true))

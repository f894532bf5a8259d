/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scalar and vector floating point share: the mode key, registers by format, and operations.
 * IR has half precision on lanes alone: a scalar one is in all lanes of a vector, which raise the
 * same.
 */
#include "emit_simd.h"

/* ---- the mode key ---- */

uint64_t fp_code(const struct a64_translation *t, uint32_t size)
{
    const uint64_t key = t->key[0];

    return A64_FP_SIZE(size) | (uint64_t)A64_KEY_RMODE(key) << A64_FPCR_RMODE |
           (key & A64_KEY_FZ ? A64_FPCR_FZ : 0) | (key & A64_KEY_DN ? A64_FPCR_DN : 0) |
           (key & A64_KEY_FZ16 ? A64_FPCR_FZ16 : 0) | (key & A64_KEY_AHP ? A64_FPCR_AHP : 0);
}

uint32_t fp_rounding(const struct a64_translation *t)
{
    return a64_fp_rounding(A64_KEY_RMODE(t->key[0]));
}

uint32_t fp_aux(const struct a64_translation *t, enum vm_ir_op op, enum vm_ir_type type,
                uint32_t rm, uint32_t variant)
{
    uint32_t scalar = op >= VM_OP_V_FADD ? op - VM_OP_V_FADD + VM_OP_FADD : op;
    bool flushes = scalar <= VM_OP_FDIV || scalar == VM_OP_FMA || scalar == VM_OP_FCVT;
    uint64_t key = type == VM_F16 ? A64_KEY_FZ16 : A64_KEY_FZ;

    return VM_AUX(type, rm, variant) | (t->key[0] & A64_KEY_DN ? VM_AUX_DEFAULT_NAN : 0) |
           (flushes && t->key[0] & key ? VM_AUX_FLUSH : 0);
}

/* ---- formats ---- */

uint32_t fp_type_size(const struct a64_insn *in)
{
    static const uint8_t sizes[4] = {A64_FP_S, A64_FP_D, 0, A64_FP_H};

    return sizes[a64_field(in, 22, 2)];
}

uint32_t fp_vector_size(const struct a64_insn *in)
{
    bool three = a64_field(in, 10, 1);
    bool half = three ? !a64_field(in, 21, 1) : a64_field(in, 19, 2) == 3;

    return half ? A64_FP_H : a64_field(in, 22, 1) ? A64_FP_D : A64_FP_S;
}

/* ---- registers ---- */

vm_ir_value get_scalar(struct a64_translation *t, uint32_t size, uint32_t reg)
{
    if (size == A64_FP_H)
        return low_lane(t, 1, get_low(t, reg));
    if (size == A64_FP_D)
        return get_d(t, reg);
    return get_lane(t, VM_F32, 2, 0, get_v(t, reg));
}

void put_scalar(struct a64_translation *t, uint32_t size, uint32_t reg, vm_ir_value value)
{
    if (size == A64_FP_H)
        put_low(t, reg, value);
    else if (size == A64_FP_D)
        put_d(t, reg, value);
    else
        put_v(t, reg, low_of(t, VM_F32, value));
}

void fp_put_result(struct a64_translation *t, uint32_t size, uint32_t reg, vm_ir_value value)
{
    put_scalar(t, size, reg, size == A64_FP_H ? get_lane(t, VM_I64, 1, 0, value) : value);
}

vm_ir_value fp_spread(struct a64_translation *t, uint32_t size, uint32_t reg, uint32_t lane)
{
    return vm_ir_1(t->ir, VM_OP_V_SPREAD, VM_V128, VM_LANES(size, lane), 0, get_v(t, reg));
}

/* FZ16 does not tell. */
static vm_ir_value flushed_halves(struct a64_translation *t, vm_ir_value v)
{
    vm_ir_value exponent = vec_bits(t, VM_OP_V_AND, v, vec_const(t, 1, fp_infinity_bits(1)));
    vm_ir_value tiny = vec_cmeq(t, 1, exponent, vec_const(t, 1, 0));

    return vec_bits(t, VM_OP_V_ANDN, v, vec_bits(t, VM_OP_V_AND, tiny, vec_const(t, 1, 0x7fff)));
}

vm_ir_value fp_flushed(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    if (size == A64_FP_H)
        return fp_flushed_lanes(t, size, v);
    return t->key[0] & A64_KEY_FZ ? vm_ir_1(t->ir, VM_OP_FFLUSH, fp_ir_type(size), 0, 0, v) : v;
}

vm_ir_value fp_flushed_lanes(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    if (size == A64_FP_H)
        return t->key[0] & A64_KEY_FZ16 ? flushed_halves(t, v) : v;
    return t->key[0] & A64_KEY_FZ
               ? vm_ir_1(t->ir, VM_OP_V_FFLUSH, VM_V128, VM_AUX(fp_ir_type(size), 0, 0), 0, v)
               : v;
}

vm_ir_value fp_scalar_operand(struct a64_translation *t, uint32_t size, uint32_t reg)
{
    return fp_flushed(t, size,
                      size == A64_FP_H ? fp_spread(t, size, reg, 0) : get_scalar(t, size, reg));
}

vm_ir_value fp_whole_operand(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                             uint32_t reg)
{
    return fp_flushed_lanes(t, size, get_whole(t, in, reg));
}

vm_ir_value fp_magnitudes(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return vec_bits(t, VM_OP_V_ANDN, v, vec_const(t, size, fp_sign_bits(size)));
}

vm_ir_value fp_negatives(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return vec_bits(t, VM_OP_V_XOR, v, vec_const(t, size, fp_sign_bits(size)));
}

/* ---- operations ---- */

/* IR's operation and its variant, if it has one, and what is done to its result. */
const struct fp_binary fp_binaries[A64_FP2_COUNT] = {
    [A64_FP_ADD] = {VM_OP_FADD, 0, 0},           [A64_FP_SUB] = {VM_OP_FSUB, 0, 0},
    [A64_FP_MUL] = {VM_OP_FMUL, 0, 0},           [A64_FP_DIV] = {VM_OP_FDIV, 0, 0},
    [A64_FP_MAX] = {VM_OP_FMAX, 1, 0},           [A64_FP_MIN] = {VM_OP_FMIN, 1, 0},
    [A64_FP_MAXNM] = {VM_OP_FMAX, 2, 0},         [A64_FP_MINNM] = {VM_OP_FMIN, 2, 0},
    [A64_FP_NMUL] = {VM_OP_FMUL, 0, VM_OP_FNEG}, [A64_FP_ABD] = {VM_OP_FSUB, 0, VM_OP_FABS},
};

/* An operation of IR on scalars; halves are lanes there. */
static vm_ir_value scalar(struct a64_translation *t, enum vm_ir_op op, uint32_t size, uint32_t rm,
                          uint32_t variant, vm_ir_value a, vm_ir_value b, vm_ir_value c)
{
    bool lanes = size == A64_FP_H;
    enum vm_ir_type type = fp_ir_type(size);
    uint32_t n = c != VM_NO_VALUE ? 3 : b != VM_NO_VALUE ? 2 : 1;

    return vm_ir_emit(t->ir, lanes ? fp_on_lanes(op) : op, lanes ? VM_V128 : type,
                      fp_aux(t, op, lanes ? type : VM_NONE, rm, variant), 0, n, a, b, c);
}

static vm_ir_value scalar_sign(struct a64_translation *t, enum vm_ir_op op, uint32_t size,
                               vm_ir_value v)
{
    if (size != A64_FP_H)
        return vm_ir_1(t->ir, op, fp_ir_type(size), 0, 0, v);
    return (op == VM_OP_FNEG ? fp_negatives : fp_magnitudes)(t, size, v);
}

vm_ir_value fp_scalar_unary(struct a64_translation *t, enum vm_ir_op op, uint32_t size, uint32_t rm,
                            uint32_t variant, vm_ir_value v)
{
    return scalar(t, op, size, rm, variant, v, VM_NO_VALUE, VM_NO_VALUE);
}

vm_ir_value fp_scalar_binary(struct a64_translation *t, const struct fp_binary *op, uint32_t size,
                             vm_ir_value a, vm_ir_value b)
{
    vm_ir_value r =
        scalar(t, (enum vm_ir_op)op->ir, size, fp_rounding(t), op->variant, a, b, VM_NO_VALUE);

    return op->after ? scalar_sign(t, (enum vm_ir_op)op->after, size, r) : r;
}

vm_ir_value fp_scalar_fma(struct a64_translation *t, uint32_t negations, uint32_t size,
                          vm_ir_value a, vm_ir_value b, vm_ir_value c)
{
    if (negations & A64_FP_NEG_PRODUCT)
        a = scalar_sign(t, VM_OP_FNEG, size, a);
    if (negations & A64_FP_NEG_ADDEND)
        c = scalar_sign(t, VM_OP_FNEG, size, c);
    return scalar(t, VM_OP_FMA, size, fp_rounding(t), 0, a, b, c);
}

/*
 * What does not fit, and NaNs, become the smallest integer, invalid and then not inexact: whether a
 * lane fits is seen first, and lanes that do not are 0 in what may be inexact.
 */
vm_ir_value fp_lanes_integral(struct a64_translation *t, uint32_t size, uint32_t bits, uint32_t rm,
                              vm_ir_value v)
{
    const enum vm_ir_type type = fp_ir_type(size);
    const uint64_t limit = fp_power_bits(size, (int)bits - 1);
    vm_ir_value smallest = vec_const(t, size, limit | fp_sign_bits(size)), fits, nan, r;

    r = vm_ir_1(t->ir, VM_OP_V_FRINT, VM_V128, VM_AUX(type, rm, 0), 0, v);
    fits = vec_bits(t, VM_OP_V_OR,
                    vec_cmgt(t, size, vec_const(t, size, limit), fp_magnitudes(t, size, r)),
                    vec_cmeq(t, size, r, smallest));
    r = vm_ir_1(t->ir, VM_OP_V_FRINT, VM_V128, VM_AUX(type, rm, 1), 0,
                vec_bits(t, VM_OP_V_AND, v, fits));
    nan =
        vec_bits(t, VM_OP_V_ANDN, vec_const(t, size, UINT64_MAX >> 1 >> (64 - (8u << size))), fits);
    vm_ir_2(t->ir, VM_OP_V_FLT, VM_V128, VM_AUX(type, 0, 0), 0, nan, nan); /* is invalid */
    return vec_select(t, fits, r, smallest);
}

/* ---- between half precision and others ---- */

bool fp_halves_convert(const struct a64_translation *t)
{
    return !(t->key[0] & A64_KEY_AHP);
}

static vm_ir_value halves(struct a64_translation *t, enum vm_ir_op op, uint32_t variant,
                          vm_ir_value v)
{
    uint32_t aux = VM_AUX(VM_F32, fp_rounding(t), variant);

    return vm_ir_1(t->ir, op, VM_V128, aux | (t->key[0] & A64_KEY_DN ? VM_AUX_DEFAULT_NAN : 0), 0,
                   v);
}

vm_ir_value fp_from_halves(struct a64_translation *t, vm_ir_value v)
{
    return halves(t, VM_OP_V_FCVTL, 0, v);
}

vm_ir_value fp_operands_of_halves(struct a64_translation *t, vm_ir_value v)
{
    return halves(t, VM_OP_V_FCVTL, 1, v);
}

vm_ir_value fp_to_halves(struct a64_translation *t, vm_ir_value v)
{
    return halves(t, VM_OP_V_FCVTN, 0, v);
}

/* Results of arithmetic, which FZ16 is for: not NaNs. */
static vm_ir_value rounded_to_halves(struct a64_translation *t, vm_ir_value v)
{
    uint32_t flush = t->key[0] & A64_KEY_FZ16 ? VM_AUX_FLUSH : 0;

    return vm_ir_1(t->ir, VM_OP_V_FCVTN, VM_V128, VM_AUX(VM_F32, fp_rounding(t), 0) | flush, 0, v);
}

vm_ir_value fp_single_of_half(struct a64_translation *t, vm_ir_value half)
{
    return get_lane(t, VM_F32, A64_FP_S, 0, fp_from_halves(t, low_of(t, VM_I64, half)));
}

/* The lowest places of v become one bit above them, which tells whether there was any. */
static vm_ir_value made_odd(struct a64_translation *t, vm_ir_value v, uint32_t places)
{
    const int64_t below = ((int64_t)1 << places) - 1;
    vm_ir_value more =
        binary(t, VM_OP_NE, binary(t, VM_OP_AND, v, ir_const(t, below)), ir_const(t, 0));

    return binary(t, VM_OP_OR, binary(t, VM_OP_AND, v, ir_const(t, ~below)),
                  shift_left(t, more, places));
}

/*
 * A double as a single that has the last bit set if there was more: rounded to a half, it becomes
 * what the double would. Where singles are denormal or end that is of no use, but their rounding,
 * in the same direction, is, and raises what there is to raise.
 */
vm_ir_value fp_single_for_half(struct a64_translation *t, vm_ir_value v)
{
    vm_ir_value bits = made_odd(t, bitcast(t, VM_I64, VM_F64, v), 52 - 23);

    return vm_ir_1(t->ir, VM_OP_FCVT, VM_F32, VM_AUX(VM_F64, fp_rounding(t), 0), 0,
                   bitcast(t, VM_F64, VM_I64, bits));
}

/* ---- to and from integers ---- */

static vm_ir_value power_of_two(struct a64_translation *t, int by)
{
    return vm_ir_const(t->ir, VM_F64, (int64_t)((uint64_t)(1023 + by) << 52));
}

/*
 * A double times 2^by, which is exact, and raises nothing: what is too large for any integer stays
 * as it is, and so does not overflow.
 */
static vm_ir_value scaled_up(struct a64_translation *t, uint32_t by, vm_ir_value v)
{
    const int64_t too_large = (int64_t)((uint64_t)(1023 + 64) << 53); /* without its sign */
    vm_ir_value bits = shift_left(t, bitcast(t, VM_I64, VM_F64, v), 1);
    vm_ir_value fits = binary(t, VM_OP_ULT, bits, ir_const(t, too_large));
    vm_ir_value factor = select_r(t, VM_F64, fits, power_of_two(t, (int)by), power_of_two(t, 0));

    return vm_ir_2(t->ir, VM_OP_FMUL, VM_F64, VM_AUX(0, VM_FP_RNE, 0), 0, v, factor);
}

vm_ir_value fp_to_integer(struct a64_translation *t, uint32_t size, enum vm_ir_type type,
                          uint32_t rm, bool is_unsigned, uint32_t fraction, vm_ir_value v)
{
    if (fraction > 0) {
        if (size == A64_FP_S)
            v = vm_ir_1(t->ir, VM_OP_FCVT, VM_F64, VM_AUX(VM_F32, VM_FP_RNE, 0), 0, v);
        v = scaled_up(t, fraction, v);
        size = A64_FP_D;
    }
    return vm_ir_1(t->ir, VM_OP_FTOI, type, VM_AUX(fp_ir_type(size), rm, 2 | is_unsigned), 0, v);
}

vm_ir_value fp_from_integer(struct a64_translation *t, uint32_t size, enum vm_ir_type type,
                            bool is_unsigned, uint32_t fraction, vm_ir_value v)
{
    const enum vm_ir_type to = fp_ir_type(size);
    const uint64_t factor =
        size == A64_FP_D ? (uint64_t)(1023 - fraction) << 52 : (uint64_t)(127 - fraction) << 23;

    v = vm_ir_1(t->ir, VM_OP_ITOF, to, VM_AUX(type, fp_rounding(t), is_unsigned), 0, v);
    if (fraction == 0)
        return v;
    /* Exact: it is rounded, and nowhere near the smallest numbers. */
    return vm_ir_2(t->ir, VM_OP_FMUL, to, VM_AUX(0, VM_FP_RNE, 0), 0, v,
                   vm_ir_const(t->ir, to, (int64_t)factor));
}

/* An integer of which a double holds all that is left: what has more digits is made odd. */
static vm_ir_value digits_of_double(struct a64_translation *t, bool is_unsigned, vm_ir_value v)
{
    vm_ir_value from = is_unsigned ? v : binary(t, VM_OP_ADD, v, ir_const(t, (int64_t)1 << 53));
    vm_ir_value fits = binary(t, VM_OP_ULT, from, ir_const(t, (int64_t)1 << (53 + !is_unsigned)));

    return select_r(t, VM_I64, fits, v, made_odd(t, v, 64 - 53));
}

vm_ir_value fp_half_from_integer(struct a64_translation *t, enum vm_ir_type type, bool is_unsigned,
                                 uint32_t fraction, vm_ir_value v)
{
    vm_ir_value r;

    if (fraction == 0) { /* what singles round is too large for a half */
        r = fp_from_integer(t, A64_FP_S, type, is_unsigned, 0, v);
    } else {
        if (type == VM_I64)
            v = digits_of_double(t, is_unsigned, v);
        r = fp_single_for_half(t, fp_from_integer(t, A64_FP_D, type, is_unsigned, fraction, v));
    }
    return rounded_to_halves(t, low_of(t, VM_F32, r));
}

static enum vm_ir_type integer_type(uint32_t size)
{
    return size == A64_FP_D ? VM_I64 : VM_I32;
}

/* The number 2^by in all lanes. */
static vm_ir_value powers_of_two(struct a64_translation *t, uint32_t size, int by)
{
    return vec_const(t, size, fp_power_bits(size, by));
}

static vm_ir_value products(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b)
{
    return vm_ir_2(t->ir, VM_OP_V_FMUL, VM_V128, VM_AUX(fp_ir_type(size), VM_FP_RNE, 0), 0, a, b);
}

/* Lanes below 2^by. */
static vm_ir_value lanes_below(struct a64_translation *t, uint32_t size, int by, vm_ir_value v)
{
    return vec_cmgt(t, size, powers_of_two(t, size, by), fp_magnitudes(t, size, v));
}

/* As scaled_up(): exact, and nothing overflows. */
static vm_ir_value lanes_scaled_up(struct a64_translation *t, uint32_t size, uint32_t by,
                                   vm_ir_value v)
{
    return products(t, size, v,
                    vec_select(t, lanes_below(t, size, 64, v), powers_of_two(t, size, (int)by),
                               powers_of_two(t, size, 0)));
}

/* Of halves, which may be too large for an integer only then: they become infinite, which raises
 * nothing yet. In two steps, as none is 2^16. */
static vm_ir_value halves_scaled_up(struct a64_translation *t, uint32_t by, vm_ir_value v)
{
    const uint32_t first = by / 2;
    vm_ir_value fits = lanes_below(t, A64_FP_H, 16 - (int)by, v);
    vm_ir_value factors =
        vec_select(t, fits, powers_of_two(t, A64_FP_H, (int)first), powers_of_two(t, A64_FP_H, 0));

    v = products(t, A64_FP_H, v, factors);
    factors = vec_select(t, fits, powers_of_two(t, A64_FP_H, (int)(by - first)),
                         vec_const(t, A64_FP_H, fp_infinity_bits(A64_FP_H)));
    return products(t, A64_FP_H, v, factors);
}

static vm_ir_value lanes_to_integer(struct a64_translation *t, uint32_t size, uint32_t rm,
                                    bool is_unsigned, uint32_t fraction, vm_ir_value v)
{
    if (fraction > 0)
        v = size == A64_FP_H ? halves_scaled_up(t, fraction, v)
                             : lanes_scaled_up(t, size, fraction, v);
    return vm_ir_1(t->ir, VM_OP_V_FTOI, VM_V128, VM_AUX(fp_ir_type(size), rm, 2 | is_unsigned), 0,
                   v);
}

/* Exact but for the rounding: singles or doubles are nowhere near the smallest ones. */
static vm_ir_value lanes_from_integer(struct a64_translation *t, uint32_t size, bool is_unsigned,
                                      uint32_t fraction, vm_ir_value v)
{
    v = vm_ir_1(t->ir, VM_OP_V_ITOF, VM_V128, VM_AUX(fp_ir_type(size), fp_rounding(t), is_unsigned),
                0, v);
    return fraction > 0 ? products(t, size, v, powers_of_two(t, size, -(int)fraction)) : v;
}

/* With a fraction by way of singles, which hold all of it. */
static vm_ir_value halves_from_integer(struct a64_translation *t, bool is_unsigned,
                                       uint32_t fraction, vm_ir_value v)
{
    vm_ir_value part[2];

    if (fraction == 0)
        return lanes_from_integer(t, A64_FP_H, is_unsigned, 0, v);
    for (uint32_t i = 0; i < 2; i++)
        part[i] = rounded_to_halves(
            t, lanes_from_integer(t, A64_FP_S, is_unsigned, fraction,
                                  vec_widen(t, !is_unsigned, A64_FP_H, i > 0, v)));
    return vec(t, VM_OP_V_ZIP1, 3, part[0], part[1]);
}

void fp_lane_to_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                        uint32_t rm, bool is_unsigned, uint32_t fraction)
{
    vm_ir_value v = fp_scalar_operand(t, size, in->rn);

    if (size == A64_FP_H) {
        fp_put_result(t, size, in->rd, lanes_to_integer(t, size, rm, is_unsigned, fraction, v));
        return;
    }
    v = fp_to_integer(t, size, integer_type(size), rm, is_unsigned, fraction, v);
    put_low(t, in->rd, size == A64_FP_D ? v : extend_w(t, v));
}

void fp_lane_from_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                          bool is_unsigned, uint32_t fraction)
{
    if (size == A64_FP_H) {
        fp_put_result(t, size, in->rd,
                      halves_from_integer(t, is_unsigned, fraction, fp_spread(t, 1, in->rn, 0)));
        return;
    }
    vm_ir_value v = get_low(t, in->rn);

    if (size != A64_FP_D)
        v = narrow(t, v);
    put_scalar(t, size, in->rd,
               fp_from_integer(t, size, integer_type(size), is_unsigned, fraction, v));
}

void fp_whole_to_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                         uint32_t rm, bool is_unsigned, uint32_t fraction)
{
    put_whole(t, in, in->rd,
              lanes_to_integer(t, size, rm, is_unsigned, fraction,
                               fp_whole_operand(t, in, size, in->rn)));
}

void fp_whole_from_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                           bool is_unsigned, uint32_t fraction)
{
    vm_ir_value v = get_whole(t, in, in->rn);

    put_whole(t, in, in->rd,
              size == A64_FP_H ? halves_from_integer(t, is_unsigned, fraction, v)
                               : lanes_from_integer(t, size, is_unsigned, fraction, v));
}

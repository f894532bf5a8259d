/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scalar and vector floating point share: the mode key, registers by format, and operations.
 * In single and double precision those on one value or on whole vectors are IR's own; in half
 * precision those on the lanes of a half of a register are a helper's.
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

    return VM_AUX(type, rm, variant) | (t->key[0] & A64_KEY_DN ? VM_AUX_DEFAULT_NAN : 0) |
           (flushes && t->key[0] & A64_KEY_FZ ? VM_AUX_FLUSH : 0);
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

vm_ir_value fp_flushed(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return t->key[0] & A64_KEY_FZ ? vm_ir_1(t->ir, VM_OP_FFLUSH, fp_ir_type(size), 0, 0, v) : v;
}

vm_ir_value fp_flushed_lanes(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return t->key[0] & A64_KEY_FZ
               ? vm_ir_1(t->ir, VM_OP_V_FFLUSH, VM_V128, VM_AUX(fp_ir_type(size), 0, 0), 0, v)
               : v;
}

vm_ir_value fp_scalar_operand(struct a64_translation *t, uint32_t size, uint32_t reg)
{
    return fp_flushed(t, size, get_scalar(t, size, reg));
}

vm_ir_value fp_whole_operand(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                             uint32_t reg)
{
    return fp_flushed_lanes(t, size, get_whole(t, in, reg));
}

/* ---- operations ---- */

/* IR's operation and its variant, if it has one, and what is done to its result. */
const struct fp_binary fp_binaries[A64_FP2_COUNT] = {
    [A64_FP_ADD] = {A64_FP_ADD, VM_OP_FADD, 0, 0},
    [A64_FP_SUB] = {A64_FP_SUB, VM_OP_FSUB, 0, 0},
    [A64_FP_MUL] = {A64_FP_MUL, VM_OP_FMUL, 0, 0},
    [A64_FP_DIV] = {A64_FP_DIV, VM_OP_FDIV, 0, 0},
    [A64_FP_MAX] = {A64_FP_MAX, VM_OP_FMAX, 1, 0},
    [A64_FP_MIN] = {A64_FP_MIN, VM_OP_FMIN, 1, 0},
    [A64_FP_MAXNM] = {A64_FP_MAXNM, VM_OP_FMAX, 2, 0},
    [A64_FP_MINNM] = {A64_FP_MINNM, VM_OP_FMIN, 2, 0},
    [A64_FP_NMUL] = {A64_FP_NMUL, VM_OP_FMUL, 0, VM_OP_FNEG},
    [A64_FP_ABD] = {A64_FP_ABD, VM_OP_FSUB, 0, VM_OP_FABS},
    [A64_FP_MULX] = {.op = A64_FP_MULX},
    [A64_FP_RECPS] = {.op = A64_FP_RECPS},
    [A64_FP_RSQRTS] = {.op = A64_FP_RSQRTS},
    [A64_FP_CMEQ] = {.op = A64_FP_CMEQ},
    [A64_FP_CMGE] = {.op = A64_FP_CMGE},
    [A64_FP_CMGT] = {.op = A64_FP_CMGT},
    [A64_FP_ACGE] = {.op = A64_FP_ACGE},
    [A64_FP_ACGT] = {.op = A64_FP_ACGT},
};

vm_ir_value fp_scalar_binary(struct a64_translation *t, const struct fp_binary *op, uint32_t size,
                             vm_ir_value a, vm_ir_value b)
{
    enum vm_ir_type type = fp_ir_type(size);
    uint32_t aux = fp_aux(t, (enum vm_ir_op)op->ir, VM_NONE, fp_rounding(t), op->variant);
    vm_ir_value r = vm_ir_2(t->ir, (enum vm_ir_op)op->ir, type, aux, 0, a, b);

    return op->after ? vm_ir_1(t->ir, (enum vm_ir_op)op->after, type, 0, 0, r) : r;
}

vm_ir_value fp_half_binary(struct a64_translation *t, const struct fp_binary *op, uint32_t size,
                           bool one_lane, vm_ir_value a, vm_ir_value b)
{
    return CALL(
        t, A64_HELPER_FP2, a, b,
        ir_const(t, (int64_t)(fp_code(t, size) | op->op | (one_lane ? A64_FP_ONE_LANE : 0))));
}

vm_ir_value fp_scalar_fma(struct a64_translation *t, uint32_t negations, uint32_t size,
                          vm_ir_value a, vm_ir_value b, vm_ir_value c)
{
    enum vm_ir_type type = fp_ir_type(size);

    if (negations & A64_FP_NEG_PRODUCT)
        a = vm_ir_1(t->ir, VM_OP_FNEG, type, 0, 0, a);
    if (negations & A64_FP_NEG_ADDEND)
        c = vm_ir_1(t->ir, VM_OP_FNEG, type, 0, 0, c);
    return vm_ir_3(t->ir, VM_OP_FMA, type, fp_aux(t, VM_OP_FMA, VM_NONE, fp_rounding(t), 0), 0, a,
                   b, c);
}

vm_ir_value fp_half_fma(struct a64_translation *t, uint32_t negations, uint32_t size, bool one_lane,
                        vm_ir_value a, vm_ir_value b, vm_ir_value c)
{
    return CALL(
        t, A64_HELPER_FP3, a, b, c,
        ir_const(t, (int64_t)(fp_code(t, size) | negations | (one_lane ? A64_FP_ONE_LANE : 0))));
}

vm_ir_value fp_half_sqrt(struct a64_translation *t, uint32_t size, bool one_lane, vm_ir_value a)
{
    return CALL(
        t, A64_HELPER_FP1, a,
        ir_const(t, (int64_t)(fp_code(t, size) | A64_FP_SQRT | (one_lane ? A64_FP_ONE_LANE : 0))));
}

/* ---- between half and single precision ---- */

bool fp_halves_convert(const struct a64_translation *t)
{
    return !(t->key[0] & A64_KEY_AHP);
}

static vm_ir_value halves(struct a64_translation *t, enum vm_ir_op op, vm_ir_value v)
{
    uint32_t aux = VM_AUX(VM_F32, fp_rounding(t), 0);

    return vm_ir_1(t->ir, op, VM_V128, aux | (t->key[0] & A64_KEY_DN ? VM_AUX_DEFAULT_NAN : 0), 0,
                   v);
}

vm_ir_value fp_from_halves(struct a64_translation *t, vm_ir_value v)
{
    return halves(t, VM_OP_V_FCVTL, v);
}

vm_ir_value fp_to_halves(struct a64_translation *t, vm_ir_value v)
{
    return halves(t, VM_OP_V_FCVTN, v);
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

static enum vm_ir_type lane_type(uint32_t size)
{
    return size == A64_FP_D ? VM_I64 : VM_I32;
}

void fp_lane_to_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                        uint32_t rm, bool is_unsigned, uint32_t fraction)
{
    vm_ir_value v = fp_to_integer(t, size, lane_type(size), rm, is_unsigned, fraction,
                                  fp_scalar_operand(t, size, in->rn));

    put_low(t, in->rd, size == A64_FP_D ? v : extend_w(t, v));
}

void fp_lane_from_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                          bool is_unsigned, uint32_t fraction)
{
    vm_ir_value v = get_low(t, in->rn);

    if (size != A64_FP_D)
        v = narrow(t, v);
    put_scalar(t, size, in->rd,
               fp_from_integer(t, size, lane_type(size), is_unsigned, fraction, v));
}

/* The number 2^by in all lanes. */
static vm_ir_value powers_of_two(struct a64_translation *t, uint32_t size, int by)
{
    return vec_const(t, size,
                     size == A64_FP_D ? (uint64_t)(1023 + by) << 52 : (uint64_t)(127 + by) << 23);
}

static vm_ir_value products(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b)
{
    return vm_ir_2(t->ir, VM_OP_V_FMUL, VM_V128, VM_AUX(fp_ir_type(size), VM_FP_RNE, 0), 0, a, b);
}

/* As scaled_up(): exact, and nothing overflows. */
static vm_ir_value lanes_scaled_up(struct a64_translation *t, uint32_t size, uint32_t by,
                                   vm_ir_value v)
{
    const uint64_t too_large = size == A64_FP_D ? (uint64_t)(1023 + 64) << 52 : (127u + 64) << 23;
    vm_ir_value sign = vec_const(t, size, (uint64_t)1 << ((8u << size) - 1));
    vm_ir_value fits =
        vec_cmgt(t, size, vec_const(t, size, too_large), vec_bits(t, VM_OP_V_ANDN, v, sign));
    vm_ir_value factors = vm_ir_3(t->ir, VM_OP_V_SELECT, VM_V128, 0, 0, fits,
                                  powers_of_two(t, size, (int)by), powers_of_two(t, size, 0));

    return products(t, size, v, factors);
}

void fp_whole_to_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                         uint32_t rm, bool is_unsigned, uint32_t fraction)
{
    vm_ir_value v = fp_whole_operand(t, in, size, in->rn);

    if (fraction > 0)
        v = lanes_scaled_up(t, size, fraction, v);
    put_whole(
        t, in, in->rd,
        vm_ir_1(t->ir, VM_OP_V_FTOI, VM_V128, VM_AUX(fp_ir_type(size), rm, 2 | is_unsigned), 0, v));
}

void fp_whole_from_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                           bool is_unsigned, uint32_t fraction)
{
    vm_ir_value v =
        vm_ir_1(t->ir, VM_OP_V_ITOF, VM_V128, VM_AUX(fp_ir_type(size), fp_rounding(t), is_unsigned),
                0, get_whole(t, in, in->rn));

    if (fraction > 0) /* exact, as of one number */
        v = products(t, size, v, powers_of_two(t, size, -(int)fraction));
    put_whole(t, in, in->rd, v);
}

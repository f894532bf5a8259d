/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of scalar floating point. */
#include "emit_simd.h"

/* ---- arithmetic ---- */

static void two(struct a64_translation *t, const struct a64_insn *in, enum a64_fp2 op)
{
    const struct fp_binary *row = &fp_binaries[op];
    uint32_t size = fp_type_size(in);

    fp_put_result(t, size, in->rd,
                  fp_scalar_binary(t, row, size, fp_scalar_operand(t, size, in->rn),
                                   fp_scalar_operand(t, size, in->rm)));
}

SIMD(fadd, two(t, in, A64_FP_ADD))
SIMD(fsub, two(t, in, A64_FP_SUB))
SIMD(fmul, two(t, in, A64_FP_MUL))
SIMD(fnmul, two(t, in, A64_FP_NMUL))
SIMD(fdiv, two(t, in, A64_FP_DIV))
SIMD(fmax, two(t, in, A64_FP_MAX))
SIMD(fmin, two(t, in, A64_FP_MIN))
SIMD(fmaxnm, two(t, in, A64_FP_MAXNM))
SIMD(fminnm, two(t, in, A64_FP_MINNM))

/* rd = +-ra +- rn * rm */
static void fused(struct a64_translation *t, const struct a64_insn *in, uint32_t negations)
{
    uint32_t size = fp_type_size(in);

    fp_put_result(t, size, in->rd,
                  fp_scalar_fma(t, negations, size, fp_scalar_operand(t, size, in->rn),
                                fp_scalar_operand(t, size, in->rm),
                                fp_scalar_operand(t, size, in->ra)));
}

SIMD(fmadd, fused(t, in, 0))
SIMD(fmsub, fused(t, in, A64_FP_NEG_PRODUCT))
SIMD(fnmadd, fused(t, in, A64_FP_NEG_PRODUCT | A64_FP_NEG_ADDEND))
SIMD(fnmsub, fused(t, in, A64_FP_NEG_ADDEND))

/* ---- one operand ---- */

static void one_operand(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                        uint32_t rm, uint32_t variant)
{
    uint32_t size = fp_type_size(in);

    fp_put_result(t, size, in->rd,
                  fp_scalar_unary(t, op, size, rm, variant, fp_scalar_operand(t, size, in->rn)));
}

SIMD(fsqrt, one_operand(t, in, VM_OP_FSQRT, fp_rounding(t), 0))

static void integral(struct a64_translation *t, const struct a64_insn *in, uint32_t rm,
                     bool tells_inexact)
{
    one_operand(t, in, VM_OP_FRINT, rm, tells_inexact);
}

SIMD(frintn, integral(t, in, VM_FP_RNE, false))
SIMD(frintm, integral(t, in, VM_FP_RDN, false))
SIMD(frintp, integral(t, in, VM_FP_RUP, false))
SIMD(frintz, integral(t, in, VM_FP_RTZ, false))
SIMD(frinta, integral(t, in, VM_FP_RMM, false))
SIMD(frinti, integral(t, in, fp_rounding(t), false))
SIMD(frintx, integral(t, in, fp_rounding(t), true))

/* To integers of so many bits: of a vector, whose other lanes are 0. */
static void integral_n(struct a64_translation *t, const struct a64_insn *in, uint32_t bits,
                       uint32_t rm)
{
    uint32_t size = fp_type_size(in);
    enum vm_ir_type type = fp_ir_type(size);
    vm_ir_value v = low_of(t, type, fp_scalar_operand(t, size, in->rn));

    v = fp_lanes_integral(t, size, bits, rm, v);
    put_scalar(t, size, in->rd, get_lane(t, type, size, 0, v));
}

SIMD(frint32z, integral_n(t, in, 32, VM_FP_RTZ))
SIMD(frint64z, integral_n(t, in, 64, VM_FP_RTZ))
SIMD(frint32x, integral_n(t, in, 32, fp_rounding(t)))
SIMD(frint64x, integral_n(t, in, 64, fp_rounding(t)))

/* Bits only; `op` is IR's, or for halves `on_bits` of the sign bit. */
static void sign(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                 enum vm_ir_op on_bits)
{
    uint32_t size = fp_type_size(in);
    vm_ir_value v = get_scalar(t, size, in->rn);

    if (size == A64_FP_H)
        v = binary(t, on_bits, v, ir_const(t, 0x8000));
    else
        v = vm_ir_1(t->ir, op, fp_ir_type(size), 0, 0, v);
    put_scalar(t, size, in->rd, v);
}

SIMD(fabs, sign(t, in, VM_OP_FABS, VM_OP_ANDN))
SIMD(fneg, sign(t, in, VM_OP_FNEG, VM_OP_XOR))
SIMD(fmov_r, put_scalar(t, fp_type_size(in), in->rd, get_scalar(t, fp_type_size(in), in->rn)))

/* ---- between formats ---- */

static void convert(struct a64_translation *t, const struct a64_insn *in)
{
    static const uint8_t sizes[4] = {A64_FP_S, A64_FP_D, 0, A64_FP_H};
    uint32_t from = fp_type_size(in), to = sizes[a64_field(in, 15, 2)];

    if (from != A64_FP_H && to != A64_FP_H) {
        put_scalar(t, to, in->rd,
                   vm_ir_1(t->ir, VM_OP_FCVT, fp_ir_type(to),
                           fp_aux(t, VM_OP_FCVT, fp_ir_type(from), fp_rounding(t), 0), 0,
                           fp_scalar_operand(t, from, in->rn)));
        return;
    }
    if (!fp_halves_convert(t)) {
        uint64_t code = fp_code(t, from) | A64_FP_TO(to);
        put_low(t, in->rd,
                CALL(t, A64_HELPER_FP_CONVERT, get_low(t, in->rn), ir_const(t, (int64_t)code)));
        return;
    }
    if (from == A64_FP_H) {
        vm_ir_value v = fp_single_of_half(t, get_scalar(t, from, in->rn));
        if (to == A64_FP_D)
            v = vm_ir_1(t->ir, VM_OP_FCVT, VM_F64, VM_AUX(VM_F32, VM_FP_RNE, 0), 0, v);
        put_scalar(t, to, in->rd, v);
    } else {
        vm_ir_value v = fp_scalar_operand(t, from, in->rn);
        if (from == A64_FP_D)
            v = fp_single_for_half(t, v);
        put_v(t, in->rd, fp_to_halves(t, low_of(t, VM_F32, v)));
    }
}

SIMD(fcvt, convert(t, in))

/* ---- to and from general registers ---- */

static uint32_t number_size(uint32_t size)
{
    return size == A64_FP_H ? A64_FP_S : size;
}

/* An operand that is only looked at, halves as singles: 0 where `holds`, if it is there, is. */
static vm_ir_value number(struct a64_translation *t, uint32_t size, vm_ir_value holds, uint32_t reg)
{
    enum vm_ir_type type = size == A64_FP_H ? VM_I64 : fp_ir_type(size);
    vm_ir_value v = get_scalar(t, size, reg);

    if (holds != VM_NO_VALUE)
        v = select_r(t, type, holds, v, vm_ir_const(t->ir, type, 0));
    if (size != A64_FP_H)
        return fp_flushed(t, size, v);
    v = fp_flushed_lanes(t, size, low_of(t, VM_I64, v));
    return get_lane(t, VM_F32, A64_FP_S, 0, fp_from_halves(t, v));
}

static void to_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t rm,
                       bool is_unsigned, uint32_t fraction)
{
    uint32_t size = fp_type_size(in);

    put_r(t, in->sf, in->rd,
          fp_to_integer(t, number_size(size), type_of(in->sf), rm, is_unsigned, fraction,
                        number(t, size, VM_NO_VALUE, in->rn)));
}

/* Nothing here can be flushed, or be a NaN. */
static void from_integer(struct a64_translation *t, const struct a64_insn *in, bool is_unsigned,
                         uint32_t fraction)
{
    uint32_t size = fp_type_size(in);

    vm_ir_value v = get_r(t, in->sf, in->rn);

    if (size == A64_FP_H)
        put_v(t, in->rd, fp_half_from_integer(t, type_of(in->sf), is_unsigned, fraction, v));
    else
        put_scalar(t, size, in->rd,
                   fp_from_integer(t, size, type_of(in->sf), is_unsigned, fraction, v));
}

static uint32_t fraction_of(const struct a64_insn *in)
{
    return 64 - a64_field(in, 10, 6);
}

SIMD(fcvtns, to_integer(t, in, VM_FP_RNE, false, 0))
SIMD(fcvtnu, to_integer(t, in, VM_FP_RNE, true, 0))
SIMD(fcvtps, to_integer(t, in, VM_FP_RUP, false, 0))
SIMD(fcvtpu, to_integer(t, in, VM_FP_RUP, true, 0))
SIMD(fcvtms, to_integer(t, in, VM_FP_RDN, false, 0))
SIMD(fcvtmu, to_integer(t, in, VM_FP_RDN, true, 0))
SIMD(fcvtzs, to_integer(t, in, VM_FP_RTZ, false, 0))
SIMD(fcvtzu, to_integer(t, in, VM_FP_RTZ, true, 0))
SIMD(fcvtas, to_integer(t, in, VM_FP_RMM, false, 0))
SIMD(fcvtau, to_integer(t, in, VM_FP_RMM, true, 0))
SIMD(fcvtzs_x, to_integer(t, in, VM_FP_RTZ, false, fraction_of(in)))
SIMD(fcvtzu_x, to_integer(t, in, VM_FP_RTZ, true, fraction_of(in)))
SIMD(scvtf, from_integer(t, in, false, 0))
SIMD(ucvtf, from_integer(t, in, true, 0))
SIMD(scvtf_x, from_integer(t, in, false, fraction_of(in)))
SIMD(ucvtf_x, from_integer(t, in, true, fraction_of(in)))

static void to_javascript(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value r = CALL(t, A64_HELPER_FP_TO_JS, get_low(t, in->rn),
                         ir_const(t, (int64_t)fp_code(t, A64_FP_D)));

    put_x(t, in->rd, low_lane(t, 2, r));
    set_flags_literal(t, shift_right(t, r, 32));
}

SIMD(fjcvtzs, to_javascript(t, in))

/* Bits. */
SIMD(fmov_ws, put_x(t, in->rd, low_lane(t, 2, get_low(t, in->rn))))
SIMD(fmov_sw, put_low(t, in->rd, low_lane(t, 2, get_x(t, in->rn))))
SIMD(fmov_xd, put_x(t, in->rd, get_low(t, in->rn)))
SIMD(fmov_dx, put_low(t, in->rd, get_x(t, in->rn)))
SIMD(fmov_xv1, put_x(t, in->rd, get_high(t, in->rn)))
SIMD(fmov_v1x, put_half(t, in->rd, 1, get_x(t, in->rn)))
SIMD(fmov_rh, put_x(t, in->rd, low_lane(t, 1, get_low(t, in->rn))))
SIMD(fmov_hr, put_low(t, in->rd, low_lane(t, 1, get_x(t, in->rn))))

/* ---- comparisons ---- */

/* Compares for the exceptions: any NaN is invalid, or a signalling one. */
static void note_nans(struct a64_translation *t, bool signals, enum vm_ir_type type, vm_ir_value a,
                      vm_ir_value b)
{
    vm_ir_2(t->ir, signals ? VM_OP_FLE : VM_OP_FEQ, type, 0, 0, a, b);
}

/* Bit 4: any NaN is invalid; bit 3: with zero. */
static void compare(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = fp_type_size(in);
    enum vm_ir_type type = fp_ir_type(number_size(size));
    vm_ir_value a = number(t, size, VM_NO_VALUE, in->rn);
    vm_ir_value b =
        a64_field(in, 3, 1) ? vm_ir_const(t->ir, type, 0) : number(t, size, VM_NO_VALUE, in->rm);

    note_nans(t, a64_field(in, 4, 1), type, a, b);
    set_flags_fcmp(t, type, a, b);
}

SIMD(fcmp, compare(t, in))

/* Where the condition fails nothing is compared: zeros are, which raises nothing. */
static void conditional_compare(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = fp_type_size(in), otherwise = a64_field(in, 0, 4) << 28;
    enum vm_ir_type type = fp_ir_type(number_size(size));
    vm_ir_value holds = condition(t, a64_field(in, 12, 4));
    vm_ir_value a = number(t, size, holds, in->rn), b = number(t, size, holds, in->rm);

    note_nans(t, a64_field(in, 4, 1), type, a, b);
    set_flags_fcmp_conditional(t, holds, type, a, b, otherwise);
}

SIMD(fccmp, conditional_compare(t, in))

static void conditional_select(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = fp_type_size(in);
    vm_ir_value holds = condition(t, a64_field(in, 12, 4));
    vm_ir_value yes = get_scalar(t, size, in->rn), no = get_scalar(t, size, in->rm);
    enum vm_ir_type type = size == A64_FP_H ? VM_I64 : fp_ir_type(size);

    put_scalar(t, size, in->rd, select_r(t, type, holds, yes, no));
}

SIMD(fcsel, conditional_select(t, in))

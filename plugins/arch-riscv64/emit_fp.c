/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semantics of F and D. Rounding modes are static in IR: a dynamic one is frm of the mode key.
 * Singles live boxed in the 64-bit f registers.
 */
#include "emit.h"

/* ---- Legality ---- */

bool fp_enabled(struct rv_translation *t, const struct rv_insn *in)
{
    if (t->fs != RV_FS_OFF)
        return true;
    emit_illegal(t, in);
    return false;
}

#define RM_DYNAMIC 7

/* FP is on and the rounding mode, put into *rm, is valid; otherwise the unit has ended in a trap.
 */
static bool fp_rounding(struct rv_translation *t, const struct rv_insn *in, uint32_t *rm)
{
    if (!fp_enabled(t, in))
        return false;
    *rm = in->rm == RM_DYNAMIC ? t->frm : in->rm;
    if (*rm <= VM_FP_RMM)
        return true;
    emit_illegal(t, in);
    return false;
}

/* ---- Registers by type ---- */

static vm_ir_value get_fp(struct rv_translation *t, enum vm_ir_type type, uint32_t reg)
{
    return type == VM_F32 ? get_s(t, reg) : get_f(t, reg);
}

static void put_fp(struct rv_translation *t, enum vm_ir_type type, uint32_t reg, vm_ir_value value)
{
    if (type == VM_F32)
        put_s(t, reg, value);
    else
        put_f(t, reg, value);
}

static vm_ir_value negate(struct rv_translation *t, enum vm_ir_type type, vm_ir_value value)
{
    return vm_ir_1(t->ir, VM_OP_FNEG, type, 0, 0, value);
}

/* ---- Arithmetic ---- */

static void fp_binary(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type,
                      enum vm_ir_op op)
{
    uint32_t rm;

    if (!fp_rounding(t, in, &rm))
        return;
    vm_ir_value a = get_fp(t, type, in->rs1), b = get_fp(t, type, in->rs2);
    put_fp(t, type, in->rd, vm_ir_2(t->ir, op, type, VM_AUX(0, rm, 0), 0, a, b));
}

static void fp_sqrt(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type)
{
    uint32_t rm;

    if (!fp_rounding(t, in, &rm))
        return;
    put_fp(t, type, in->rd,
           vm_ir_1(t->ir, VM_OP_FSQRT, type, VM_AUX(0, rm, 0), 0, get_fp(t, type, in->rs1)));
}

/* rd = +-(rs1 * rs2) +- rs3 */
static void fp_fma(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type,
                   bool negate_product, bool negate_addend)
{
    uint32_t rm;

    if (!fp_rounding(t, in, &rm))
        return;
    vm_ir_value a = get_fp(t, type, in->rs1), b = get_fp(t, type, in->rs2),
                c = get_fp(t, type, in->rs3);
    if (negate_product)
        a = negate(t, type, a);
    if (negate_addend)
        c = negate(t, type, c);
    put_fp(t, type, in->rd, vm_ir_3(t->ir, VM_OP_FMA, type, VM_AUX(0, rm, 0), 0, a, b, c));
}

/* fmin and fmax: no rounding. */
static void fp_minmax(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type,
                      enum vm_ir_op op)
{
    if (!fp_enabled(t, in))
        return;
    vm_ir_value a = get_fp(t, type, in->rs1), b = get_fp(t, type, in->rs2);
    put_fp(t, type, in->rd, vm_ir_2(t->ir, op, type, 0, 0, a, b));
}

/* ---- Signs ---- */

enum sign_op { SIGN_COPY, SIGN_NEGATE, SIGN_XOR };

/* Sign of a exclusive-or sign of b, on the bits. */
static vm_ir_value xor_sign(struct rv_translation *t, enum vm_ir_type type, vm_ir_value a,
                            vm_ir_value b)
{
    enum vm_ir_type bits = type == VM_F32 ? VM_I32 : VM_I64;
    vm_ir_value mask = vm_ir_const(t->ir, bits, type == VM_F32 ? INT32_MIN : INT64_MIN);
    vm_ir_value sign = vm_ir_2(t->ir, VM_OP_AND, bits, 0, 0, bitcast(t, bits, type, b), mask);

    return bitcast(t, type, bits,
                   vm_ir_2(t->ir, VM_OP_XOR, bits, 0, 0, bitcast(t, bits, type, a), sign));
}

/* With equal operands these are the assembler's fmv, fneg and fabs. */
static void fp_sign(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type,
                    enum sign_op op)
{
    if (!fp_enabled(t, in))
        return;
    vm_ir_value a = get_fp(t, type, in->rs1), b = a;
    bool same = in->rs1 == in->rs2;
    if (!same)
        b = get_fp(t, type, in->rs2);
    switch (op) {
    case SIGN_COPY:
        if (!same)
            a = vm_ir_2(t->ir, VM_OP_FCOPYSIGN, type, 0, 0, a, b);
        break;
    case SIGN_NEGATE: {
        vm_ir_value negated = negate(t, type, b);
        a = same ? negated : vm_ir_2(t->ir, VM_OP_FCOPYSIGN, type, 0, 0, a, negated);
        break;
    }
    case SIGN_XOR:
        a = same ? vm_ir_1(t->ir, VM_OP_FABS, type, 0, 0, a) : xor_sign(t, type, a, b);
        break;
    }
    put_fp(t, type, in->rd, a);
}

/* ---- Comparisons and classes ---- */

static void fp_compare(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type,
                       enum vm_ir_op op)
{
    if (!fp_enabled(t, in))
        return;
    vm_ir_value a = get_fp(t, type, in->rs1), b = get_fp(t, type, in->rs2);
    put_x(t, in->rd, vm_ir_2(t->ir, op, type, 0, 0, a, b));
    fp_changes(t);
}

static void fp_classify(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type)
{
    if (fp_enabled(t, in) && in->rd != 0)
        put_x(t, in->rd, vm_ir_1(t->ir, VM_OP_FCLASS, type, 0, 0, get_fp(t, type, in->rs1)));
}

/* ---- Conversions ---- */

static void fp_to_int(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type from,
                      enum vm_ir_type to, uint32_t is_unsigned)
{
    uint32_t rm;

    if (!fp_rounding(t, in, &rm))
        return;
    vm_ir_value value =
        vm_ir_1(t->ir, VM_OP_FTOI, to, VM_AUX(from, rm, is_unsigned), 0, get_fp(t, from, in->rs1));
    if (to == VM_I32)
        put_w(t, in->rd, value);
    else
        put_x(t, in->rd, value);
    fp_changes(t);
}

static void fp_from_int(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type to,
                        enum vm_ir_type from, uint32_t is_unsigned)
{
    uint32_t rm;

    if (!fp_rounding(t, in, &rm))
        return;
    vm_ir_value value = from == VM_I32 ? get_w(t, in->rs1) : get_x(t, in->rs1);
    put_fp(t, to, in->rd, vm_ir_1(t->ir, VM_OP_ITOF, to, VM_AUX(from, rm, is_unsigned), 0, value));
}

static void fp_convert(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type to,
                       enum vm_ir_type from)
{
    uint32_t rm;

    if (!fp_rounding(t, in, &rm))
        return;
    put_fp(t, to, in->rd,
           vm_ir_1(t->ir, VM_OP_FCVT, to, VM_AUX(from, rm, 0), 0, get_fp(t, from, in->rs1)));
}

void emit_fcvt_s_d(struct rv_translation *t, const struct rv_insn *in)
{
    fp_convert(t, in, VM_F32, VM_F64);
}

void emit_fcvt_d_s(struct rv_translation *t, const struct rv_insn *in)
{
    fp_convert(t, in, VM_F64, VM_F32);
}

/* ---- Moves of bits ---- */

void emit_fmv_x_d(struct rv_translation *t, const struct rv_insn *in)
{
    if (fp_enabled(t, in) && in->rd != 0)
        put_x(t, in->rd, bitcast(t, VM_I64, VM_F64, get_f(t, in->rs1)));
}

void emit_fmv_d_x(struct rv_translation *t, const struct rv_insn *in)
{
    if (fp_enabled(t, in))
        put_f(t, in->rd, bitcast(t, VM_F64, VM_I64, get_x(t, in->rs1)));
}

/* The low 32 bits as they are, boxed or not. */
void emit_fmv_x_w(struct rv_translation *t, const struct rv_insn *in)
{
    if (!fp_enabled(t, in) || in->rd == 0)
        return;
    vm_ir_value bits = bitcast(t, VM_I64, VM_F64, get_f(t, in->rs1));
    put_x(t, in->rd, vm_ir_1(t->ir, VM_OP_SEXT, VM_I64, 0, 32, bits));
}

void emit_fmv_w_x(struct rv_translation *t, const struct rv_insn *in)
{
    if (fp_enabled(t, in))
        put_s(t, in->rd, bitcast(t, VM_F32, VM_I32, get_w(t, in->rs1)));
}

/* ---- Both formats ---- */

#define DEFINE(name, call)                                               \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        call;                                                            \
    }

#define FORMAT(s, type)                                        \
    DEFINE(fadd_##s, fp_binary(t, in, type, VM_OP_FADD))       \
    DEFINE(fsub_##s, fp_binary(t, in, type, VM_OP_FSUB))       \
    DEFINE(fmul_##s, fp_binary(t, in, type, VM_OP_FMUL))       \
    DEFINE(fdiv_##s, fp_binary(t, in, type, VM_OP_FDIV))       \
    DEFINE(fsqrt_##s, fp_sqrt(t, in, type))                    \
    DEFINE(fmadd_##s, fp_fma(t, in, type, false, false))       \
    DEFINE(fmsub_##s, fp_fma(t, in, type, false, true))        \
    DEFINE(fnmsub_##s, fp_fma(t, in, type, true, false))       \
    DEFINE(fnmadd_##s, fp_fma(t, in, type, true, true))        \
    DEFINE(fmin_##s, fp_minmax(t, in, type, VM_OP_FMIN))       \
    DEFINE(fmax_##s, fp_minmax(t, in, type, VM_OP_FMAX))       \
    DEFINE(fsgnj_##s, fp_sign(t, in, type, SIGN_COPY))         \
    DEFINE(fsgnjn_##s, fp_sign(t, in, type, SIGN_NEGATE))      \
    DEFINE(fsgnjx_##s, fp_sign(t, in, type, SIGN_XOR))         \
    DEFINE(feq_##s, fp_compare(t, in, type, VM_OP_FEQ))        \
    DEFINE(flt_##s, fp_compare(t, in, type, VM_OP_FLT))        \
    DEFINE(fle_##s, fp_compare(t, in, type, VM_OP_FLE))        \
    DEFINE(fclass_##s, fp_classify(t, in, type))               \
    DEFINE(fcvt_w_##s, fp_to_int(t, in, type, VM_I32, 0))      \
    DEFINE(fcvt_wu_##s, fp_to_int(t, in, type, VM_I32, 1))     \
    DEFINE(fcvt_l_##s, fp_to_int(t, in, type, VM_I64, 0))      \
    DEFINE(fcvt_lu_##s, fp_to_int(t, in, type, VM_I64, 1))     \
    DEFINE(fcvt_##s##_w, fp_from_int(t, in, type, VM_I32, 0))  \
    DEFINE(fcvt_##s##_wu, fp_from_int(t, in, type, VM_I32, 1)) \
    DEFINE(fcvt_##s##_l, fp_from_int(t, in, type, VM_I64, 0))  \
    DEFINE(fcvt_##s##_lu, fp_from_int(t, in, type, VM_I64, 1))

FORMAT(s, VM_F32)
FORMAT(d, VM_F64)

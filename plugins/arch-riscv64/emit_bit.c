/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Zba, Zbb, Zbs and Zicond. */
#include "emit.h"

/* Defines emit_<name>: rd = value, where value may use a (rs1) and b (rs2). */
#define DEFINE_AB(name, value)                                           \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        if (in->rd == 0)                                                 \
            return;                                                      \
        vm_ir_value a = get_x(t, in->rs1), b = get_x(t, in->rs2);        \
        put_x(t, in->rd, (value));                                       \
    }

/* The same with rs1 alone. */
#define DEFINE_A(name, value)                                            \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        if (in->rd == 0)                                                 \
            return;                                                      \
        vm_ir_value a = get_x(t, in->rs1);                               \
        put_x(t, in->rd, (value));                                       \
    }

static vm_ir_value extend(struct rv_translation *t, enum vm_ir_op op, vm_ir_value a, int bits)
{
    return vm_ir_1(t->ir, op, VM_I64, 0, bits, a);
}

/* ---- Zba ---- */

static vm_ir_value shift_left(struct rv_translation *t, vm_ir_value a, int count)
{
    return binary(t, VM_OP_SHL, a, ir_const(t, count));
}

static vm_ir_value zero_extend_word(struct rv_translation *t, vm_ir_value a)
{
    return extend(t, VM_OP_ZEXT, a, 32);
}

DEFINE_AB(sh1add, binary(t, VM_OP_ADD, shift_left(t, a, 1), b))
DEFINE_AB(sh2add, binary(t, VM_OP_ADD, shift_left(t, a, 2), b))
DEFINE_AB(sh3add, binary(t, VM_OP_ADD, shift_left(t, a, 3), b))
DEFINE_AB(sh1add_uw, binary(t, VM_OP_ADD, shift_left(t, zero_extend_word(t, a), 1), b))
DEFINE_AB(sh2add_uw, binary(t, VM_OP_ADD, shift_left(t, zero_extend_word(t, a), 2), b))
DEFINE_AB(sh3add_uw, binary(t, VM_OP_ADD, shift_left(t, zero_extend_word(t, a), 3), b))
DEFINE_A(slli_uw, shift_left(t, zero_extend_word(t, a), (int)in->imm))

/* Also zext.w. */
void emit_add_uw(struct rv_translation *t, const struct rv_insn *in)
{
    if (in->rd == 0)
        return;
    vm_ir_value low = zero_extend_word(t, get_x(t, in->rs1));
    put_x(t, in->rd, in->rs2 == 0 ? low : binary(t, VM_OP_ADD, low, get_x(t, in->rs2)));
}

/* ---- Zbb ---- */

DEFINE_AB(andn, binary(t, VM_OP_ANDN, a, b))
DEFINE_AB(orn, binary(t, VM_OP_OR, a, unary(t, VM_OP_NOT, b)))
DEFINE_AB(xnor, unary(t, VM_OP_NOT, binary(t, VM_OP_XOR, a, b)))
DEFINE_AB(min, binary(t, VM_OP_SMIN, a, b))
DEFINE_AB(max, binary(t, VM_OP_SMAX, a, b))
DEFINE_AB(minu, binary(t, VM_OP_UMIN, a, b))
DEFINE_AB(maxu, binary(t, VM_OP_UMAX, a, b))
DEFINE_AB(rol, binary(t, VM_OP_ROTL, a, b))
DEFINE_AB(ror, binary(t, VM_OP_ROTR, a, b))
DEFINE_A(rori, binary(t, VM_OP_ROTR, a, ir_const(t, in->imm)))
DEFINE_A(clz, unary(t, VM_OP_CLZ, a))
DEFINE_A(ctz, unary(t, VM_OP_CTZ, a))
DEFINE_A(cpop, unary(t, VM_OP_POPCNT, a))
DEFINE_A(sext_b, extend(t, VM_OP_SEXT, a, 8))
DEFINE_A(sext_h, extend(t, VM_OP_SEXT, a, 16))
DEFINE_A(zext_h, extend(t, VM_OP_ZEXT, a, 16))
DEFINE_A(orc_b, unary(t, VM_OP_ORC_B, a))
DEFINE_A(rev8, unary(t, VM_OP_BSWAP, a))

static void rotate_w(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_op op)
{
    if (in->rd == 0)
        return;
    vm_ir_value a = get_w(t, in->rs1), b = get_w(t, in->rs2);
    put_w(t, in->rd, binary_w(t, op, a, b));
}

void emit_rolw(struct rv_translation *t, const struct rv_insn *in)
{
    rotate_w(t, in, VM_OP_ROTL);
}

void emit_rorw(struct rv_translation *t, const struct rv_insn *in)
{
    rotate_w(t, in, VM_OP_ROTR);
}

void emit_roriw(struct rv_translation *t, const struct rv_insn *in)
{
    if (in->rd == 0)
        return;
    vm_ir_value a = get_w(t, in->rs1);
    put_w(t, in->rd, binary_w(t, VM_OP_ROTR, a, vm_ir_const(t->ir, VM_I32, in->imm)));
}

static void count_w(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_op op)
{
    if (in->rd != 0)
        put_w(t, in->rd, vm_ir_1(t->ir, op, VM_I32, 0, 0, get_w(t, in->rs1)));
}

void emit_clzw(struct rv_translation *t, const struct rv_insn *in)
{
    count_w(t, in, VM_OP_CLZ);
}

void emit_ctzw(struct rv_translation *t, const struct rv_insn *in)
{
    count_w(t, in, VM_OP_CTZ);
}

void emit_cpopw(struct rv_translation *t, const struct rv_insn *in)
{
    count_w(t, in, VM_OP_POPCNT);
}

/* ---- Zbs ---- */

static vm_ir_value one_bit(struct rv_translation *t, vm_ir_value number)
{
    return binary(t, VM_OP_SHL, ir_const(t, 1), number);
}

static vm_ir_value low_bit(struct rv_translation *t, vm_ir_value a)
{
    return binary(t, VM_OP_AND, a, ir_const(t, 1));
}

static vm_ir_value bit_mask(struct rv_translation *t, const struct rv_insn *in)
{
    return ir_const(t, (int64_t)(1ull << in->imm));
}

DEFINE_AB(bclr, binary(t, VM_OP_ANDN, a, one_bit(t, b)))
DEFINE_AB(bext, low_bit(t, binary(t, VM_OP_SHR, a, b)))
DEFINE_AB(binv, binary(t, VM_OP_XOR, a, one_bit(t, b)))
DEFINE_AB(bset, binary(t, VM_OP_OR, a, one_bit(t, b)))
DEFINE_A(bclri, binary(t, VM_OP_AND, a, ir_const(t, (int64_t) ~(1ull << in->imm))))
DEFINE_A(bexti, low_bit(t, binary(t, VM_OP_SHR, a, ir_const(t, in->imm))))
DEFINE_A(binvi, binary(t, VM_OP_XOR, a, bit_mask(t, in)))
DEFINE_A(bseti, binary(t, VM_OP_OR, a, bit_mask(t, in)))

/* ---- Zicond ---- */

DEFINE_AB(czero_eqz, select_i64(t, b, a, ir_const(t, 0)))
DEFINE_AB(czero_nez, select_i64(t, b, ir_const(t, 0), a))

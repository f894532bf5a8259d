/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of data processing with one to three sources: shifts, multiplication, division, bit
 * and byte order, CRC32; and of what changes single flags. */
#include "emit.h"

/* ---- two sources ---- */

#define TWO_SOURCES(name, op)                                                              \
    void emit_##name(struct a64_translation *t, const struct a64_insn *in)                 \
    {                                                                                      \
        vm_ir_value a = get_r(t, in->sf, in->rn), b = get_r(t, in->sf, in->rm);            \
        put_r(t, in->sf, in->rd, vm_ir_2(t->ir, VM_OP_##op, type_of(in->sf), 0, 0, a, b)); \
    }

/* IR counts shifts modulo the width, divides by zero to zero and the least number by -1 to itself:
 * as here. */
TWO_SOURCES(lslv, SHL)
TWO_SOURCES(lsrv, SHR)
TWO_SOURCES(asrv, SAR)
TWO_SOURCES(rorv, ROTR)
TWO_SOURCES(udiv, DIVU)
TWO_SOURCES(sdiv, DIVS)
TWO_SOURCES(smulh, MULHS)
TWO_SOURCES(umulh, MULHU)

void emit_crc32(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t how = a64_field(in, 10, 2) | (a64_field(in, 12, 1) ? 4 : 0);
    vm_ir_value value = extend_w(t, get_w(t, in->rn)), data = get_x(t, in->rm);

    put_x(t, in->rd, CALL(t, A64_HELPER_CRC32, value, data, ir_const(t, how)));
}

/* ---- three sources ---- */

static void multiply_add(struct a64_translation *t, const struct a64_insn *in, vm_ir_value a,
                         vm_ir_value b)
{
    enum vm_ir_type type = type_of(in->sf);
    bool subtracts = a64_field(in, 15, 1);
    vm_ir_value product = vm_ir_2(t->ir, VM_OP_MUL, type, 0, 0, a, b);

    if (in->ra == 31)
        product = subtracts ? vm_ir_1(t->ir, VM_OP_NEG, type, 0, 0, product) : product;
    else
        product = vm_ir_2(t->ir, subtracts ? VM_OP_SUB : VM_OP_ADD, type, 0, 0,
                          get_r(t, in->sf, in->ra), product);
    put_r(t, in->sf, in->rd, product);
}

void emit_madd(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value a = get_r(t, in->sf, in->rn), b = get_r(t, in->sf, in->rm);

    multiply_add(t, in, a, b);
}

void emit_msub(struct a64_translation *t, const struct a64_insn *in)
{
    emit_madd(t, in);
}

static void multiply_add_long(struct a64_translation *t, const struct a64_insn *in,
                              enum vm_ir_op extension)
{
    vm_ir_value a = vm_ir_1(t->ir, extension, VM_I64, 0, 32, get_x(t, in->rn));
    vm_ir_value b = vm_ir_1(t->ir, extension, VM_I64, 0, 32, get_x(t, in->rm));

    multiply_add(t, in, a, b);
}

void emit_smaddl(struct a64_translation *t, const struct a64_insn *in)
{
    multiply_add_long(t, in, VM_OP_SEXT);
}

void emit_smsubl(struct a64_translation *t, const struct a64_insn *in)
{
    multiply_add_long(t, in, VM_OP_SEXT);
}

void emit_umaddl(struct a64_translation *t, const struct a64_insn *in)
{
    multiply_add_long(t, in, VM_OP_ZEXT);
}

void emit_umsubl(struct a64_translation *t, const struct a64_insn *in)
{
    multiply_add_long(t, in, VM_OP_ZEXT);
}

/* ---- one source ---- */

void emit_rev(struct a64_translation *t, const struct a64_insn *in)
{
    put_r(t, in->sf, in->rd,
          vm_ir_1(t->ir, VM_OP_BSWAP, type_of(in->sf), 0, 0, get_r(t, in->sf, in->rn)));
}

void emit_rev32(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value swapped = unary(t, VM_OP_BSWAP, get_x(t, in->rn));

    put_x(t, in->rd, binary(t, VM_OP_ROTR, swapped, ir_const(t, 32)));
}

/* Exchanges neighbouring groups of `count` bits, of which `mask` has the lower ones. On i64: what
 * the upper half of a 32-bit operand holds stays there. */
static vm_ir_value exchange(struct a64_translation *t, vm_ir_value value, int64_t mask,
                            uint32_t count)
{
    vm_ir_value n = ir_const(t, count), m = ir_const(t, mask);
    vm_ir_value up = binary(t, VM_OP_SHL, binary(t, VM_OP_AND, value, m), n);
    vm_ir_value down = binary(t, VM_OP_AND, binary(t, VM_OP_SHR, value, n), m);

    return binary(t, VM_OP_OR, up, down);
}

static void put_cut(struct a64_translation *t, const struct a64_insn *in, vm_ir_value value)
{
    put_x(t, in->rd, in->sf ? value : extend_w(t, narrow(t, value)));
}

void emit_rev16(struct a64_translation *t, const struct a64_insn *in)
{
    put_cut(t, in, exchange(t, get_x(t, in->rn), 0x00ff00ff00ff00ff, 8));
}

/* The next instruction may be the CLZ that makes a count of trailing zeros of it. */
void emit_rbit(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value value = get_r(t, in->sf, in->rn);

    t->reversed =
        (struct a64_reversed){.value = value, .next = t->delta + 4, .reg = in->rd, .sf = in->sf};
    value = vm_ir_1(t->ir, VM_OP_BSWAP, type_of(in->sf), 0, 0, value);
    if (!in->sf)
        value = extend_w(t, value);
    value = exchange(t, value, 0x0f0f0f0f0f0f0f0f, 4);
    value = exchange(t, value, 0x3333333333333333, 2);
    put_x(t, in->rd, exchange(t, value, 0x5555555555555555, 1));
}

void emit_clz(struct a64_translation *t, const struct a64_insn *in)
{
    const struct a64_reversed *r = &t->reversed;
    enum vm_ir_type type = type_of(in->sf);

    if (r->next == t->delta && t->delta != 0 && r->reg == in->rn && r->sf == in->sf && in->rn != 31)
        put_r(t, in->sf, in->rd, vm_ir_1(t->ir, VM_OP_CTZ, type, 0, 0, r->value));
    else
        put_r(t, in->sf, in->rd, vm_ir_1(t->ir, VM_OP_CLZ, type, 0, 0, get_r(t, in->sf, in->rn)));
}

/* Leading bits that are as the first one: zeros of the changes between neighbours. */
void emit_cls(struct a64_translation *t, const struct a64_insn *in)
{
    enum vm_ir_type type = type_of(in->sf);
    vm_ir_value value = get_r(t, in->sf, in->rn), one = vm_ir_const(t->ir, type, 1);
    vm_ir_value changes = vm_ir_2(t->ir, VM_OP_XOR, type, 0, 0, value,
                                  vm_ir_2(t->ir, VM_OP_SHL, type, 0, 0, value, one));

    changes = vm_ir_2(t->ir, VM_OP_OR, type, 0, 0, changes, one);
    put_r(t, in->sf, in->rd, vm_ir_1(t->ir, VM_OP_CLZ, type, 0, 0, changes));
}

/* ---- single flags ---- */

/* The flags of `changed` (A64_NZCV_*) become those of `value`. */
static void change_flags(struct a64_translation *t, uint32_t changed, vm_ir_value value)
{
    vm_ir_value kept = binary(t, VM_OP_AND, get_nzcv(t), ir_const(t, 0xf0000000u & ~changed));

    value = binary(t, VM_OP_AND, value, ir_const(t, changed));
    set_flags_literal(t, binary(t, VM_OP_OR, kept, value));
}

void emit_cfinv(struct a64_translation *t, const struct a64_insn *in)
{
    (void)in;
    set_flags_literal(t, binary(t, VM_OP_XOR, get_nzcv(t), ir_const(t, A64_NZCV_C)));
}

void emit_rmif(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value value = get_x(t, in->rn);

    value = binary(t, VM_OP_ROTR, value, ir_const(t, in->imm));
    change_flags(t, a64_field(in, 0, 4) << 28, binary(t, VM_OP_SHL, value, ir_const(t, 28)));
}

/* N, Z and V of the low byte or halfword. */
static void set_flags_of_low(struct a64_translation *t, const struct a64_insn *in, uint32_t bits)
{
    vm_ir_value value = get_x(t, in->rn);
    vm_ir_value high = binary(t, VM_OP_SHL, value, ir_const(t, 32 - bits));
    vm_ir_value flipped = binary(t, VM_OP_XOR, value, binary(t, VM_OP_SHR, value, ir_const(t, 1)));
    vm_ir_value is_zero =
        binary(t, VM_OP_EQ, binary(t, VM_OP_AND, high, ir_const(t, UINT32_MAX)), ir_const(t, 0));
    vm_ir_value n = binary(t, VM_OP_AND, high, ir_const(t, A64_NZCV_N));
    vm_ir_value v = binary(t, VM_OP_AND, binary(t, VM_OP_SHL, flipped, ir_const(t, 29 - bits)),
                           ir_const(t, A64_NZCV_V));
    vm_ir_value z = binary(t, VM_OP_SHL, is_zero, ir_const(t, 30));

    change_flags(t, A64_NZCV_N | A64_NZCV_Z | A64_NZCV_V,
                 binary(t, VM_OP_OR, n, binary(t, VM_OP_OR, z, v)));
}

void emit_setf8(struct a64_translation *t, const struct a64_insn *in)
{
    set_flags_of_low(t, in, 8);
}

void emit_setf16(struct a64_translation *t, const struct a64_insn *in)
{
    set_flags_of_low(t, in, 16);
}

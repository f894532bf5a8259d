/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of data processing: arithmetic, logic, bit fields, conditional selection. */
#include "emit.h"

/* ---- values of either width: i64 if sf, else i32 ---- */

static vm_ir_value constant(struct a64_translation *t, bool sf, int64_t value)
{
    return vm_ir_const(t->ir, type_of(sf), sf ? value : (int32_t)value);
}

static vm_ir_value binary_r(struct a64_translation *t, bool sf, enum vm_ir_op op, vm_ir_value a,
                            vm_ir_value b)
{
    return vm_ir_2(t->ir, op, type_of(sf), 0, 0, a, b);
}

static vm_ir_value unary_r(struct a64_translation *t, bool sf, enum vm_ir_op op, vm_ir_value a)
{
    return vm_ir_1(t->ir, op, type_of(sf), 0, 0, a);
}

static vm_ir_value by_constant(struct a64_translation *t, bool sf, enum vm_ir_op op, vm_ir_value a,
                               int64_t b)
{
    return binary_r(t, sf, op, a, constant(t, sf, b));
}

static vm_ir_value narrow_r(struct a64_translation *t, bool sf, vm_ir_value value)
{
    return sf ? value : narrow(t, value);
}

/* i64 from a value of either width. */
static vm_ir_value widen_r(struct a64_translation *t, bool sf, vm_ir_value value)
{
    return sf ? value : extend_w(t, value);
}

/* A result for a register that may be SP. `aligned`: it is a multiple of 16 if SP was one. */
static void put_r_sp(struct a64_translation *t, bool sf, uint32_t reg, vm_ir_value value,
                     bool aligned)
{
    put_xsp(t, reg, widen_r(t, sf, value));
    if (reg == 31 && !aligned)
        sp_changed(t);
}

/* ---- add and subtract ---- */

/* Operands of an addition: as i64, which for 32 bits may have anything in the upper half. */
static void add_sub(struct a64_translation *t, const struct a64_insn *in, vm_ir_value a,
                    vm_ir_value b, bool subtracts)
{
    bool sf = in->sf, sets_flags = a64_field(in, 29, 1);

    if (sets_flags) {
        if (subtracts)
            set_flags_sub(t, sf, a, b);
        else
            set_flags_add(t, sf, a, b);
        if (in->rd == 31)
            return;
    }
    vm_ir_value result =
        binary_r(t, sf, subtracts ? VM_OP_SUB : VM_OP_ADD, narrow_r(t, sf, a), narrow_r(t, sf, b));
    put_r(t, sf, in->rd, result);
}

/* Also moves from and to SP. */
static void add_sub_imm(struct a64_translation *t, const struct a64_insn *in, bool subtracts)
{
    vm_ir_value a = get_xsp(t, in->rn), result = narrow_r(t, in->sf, a);

    if (in->imm != 0)
        result = by_constant(t, in->sf, subtracts ? VM_OP_SUB : VM_OP_ADD, result, in->imm);
    put_r_sp(t, in->sf, in->rd, result, in->sf && in->rn == 31 && in->imm % 16 == 0);
}

void emit_add_imm(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_imm(t, in, false);
}

void emit_sub_imm(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_imm(t, in, true);
}

void emit_adds_imm(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub(t, in, get_xsp(t, in->rn), ir_const(t, in->imm), false);
}

void emit_subs_imm(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub(t, in, get_xsp(t, in->rn), ir_const(t, in->imm), true);
}

/* rm, shifted as the instruction says. */
static vm_ir_value shifted(struct a64_translation *t, const struct a64_insn *in)
{
    static const uint16_t ops[] = {VM_OP_SHL, VM_OP_SHR, VM_OP_SAR, VM_OP_ROTR};
    vm_ir_value value = get_r(t, in->sf, in->rm);

    if (in->imm == 0 || in->rm == 31)
        return value;
    return by_constant(t, in->sf, (enum vm_ir_op)ops[a64_field(in, 22, 2)], value, in->imm);
}

/* The same as i64, without a needless extension. */
static vm_ir_value shifted_i64(struct a64_translation *t, const struct a64_insn *in)
{
    return in->imm == 0 ? get_x(t, in->rm) : widen_r(t, in->sf, shifted(t, in));
}

static void add_sub_shift(struct a64_translation *t, const struct a64_insn *in, bool subtracts)
{
    vm_ir_value a = get_x(t, in->rn);

    add_sub(t, in, a, shifted_i64(t, in), subtracts);
}

void emit_add_shift(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_shift(t, in, false);
}

void emit_adds_shift(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_shift(t, in, false);
}

void emit_sub_shift(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_shift(t, in, true);
}

void emit_subs_shift(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_shift(t, in, true);
}

vm_ir_value extended_register(struct a64_translation *t, uint32_t reg, uint32_t option,
                              uint32_t shift)
{
    vm_ir_value value = get_x(t, reg);
    uint32_t bits = 8u << (option & 3);

    if (bits < 64)
        value = vm_ir_1(t->ir, option & 4 ? VM_OP_SEXT : VM_OP_ZEXT, VM_I64, 0, bits, value);
    return shift ? binary(t, VM_OP_SHL, value, ir_const(t, shift)) : value;
}

static void add_sub_extend(struct a64_translation *t, const struct a64_insn *in, bool subtracts)
{
    vm_ir_value a = get_xsp(t, in->rn),
                b = extended_register(t, in->rm, a64_field(in, 13, 3), (uint32_t)in->imm);

    if (a64_field(in, 29, 1)) {
        add_sub(t, in, a, b, subtracts);
        return;
    }
    vm_ir_value result = binary_r(t, in->sf, subtracts ? VM_OP_SUB : VM_OP_ADD,
                                  narrow_r(t, in->sf, a), narrow_r(t, in->sf, b));
    put_r_sp(t, in->sf, in->rd, result, false);
}

void emit_add_extend(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_extend(t, in, false);
}

void emit_adds_extend(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_extend(t, in, false);
}

void emit_sub_extend(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_extend(t, in, true);
}

void emit_subs_extend(struct a64_translation *t, const struct a64_insn *in)
{
    add_sub_extend(t, in, true);
}

/* ADC and SBC: a subtraction adds the complement. */
static void add_with_carry(struct a64_translation *t, const struct a64_insn *in, bool subtracts)
{
    bool sf = in->sf;
    vm_ir_value carry = condition(t, A64_COND_CS), a = get_r(t, sf, in->rn),
                b = get_r(t, sf, in->rm);

    if (subtracts)
        b = unary_r(t, sf, VM_OP_NOT, b);
    vm_ir_value sum =
        binary_r(t, sf, VM_OP_ADD, binary_r(t, sf, VM_OP_ADD, a, b), narrow_r(t, sf, carry));
    if (a64_field(in, 29, 1))
        set_flags_adc(t, sf, widen_r(t, sf, a), widen_r(t, sf, b), carry);
    put_r(t, sf, in->rd, sum);
}

void emit_adc(struct a64_translation *t, const struct a64_insn *in)
{
    add_with_carry(t, in, false);
}

void emit_adcs(struct a64_translation *t, const struct a64_insn *in)
{
    add_with_carry(t, in, false);
}

void emit_sbc(struct a64_translation *t, const struct a64_insn *in)
{
    add_with_carry(t, in, true);
}

void emit_sbcs(struct a64_translation *t, const struct a64_insn *in)
{
    add_with_carry(t, in, true);
}

/* ---- logic ---- */

static void logic_imm(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op)
{
    vm_ir_value result = by_constant(t, in->sf, op, get_r(t, in->sf, in->rn), in->imm);

    put_r_sp(t, in->sf, in->rd, result, false);
}

void emit_and_imm(struct a64_translation *t, const struct a64_insn *in)
{
    logic_imm(t, in, VM_OP_AND);
}

/* Also MOV of a bit mask. */
void emit_orr_imm(struct a64_translation *t, const struct a64_insn *in)
{
    if (in->rn == 31)
        put_r_sp(t, true, in->rd, ir_const(t, in->imm), false);
    else
        logic_imm(t, in, VM_OP_OR);
}

void emit_eor_imm(struct a64_translation *t, const struct a64_insn *in)
{
    logic_imm(t, in, VM_OP_XOR);
}

static void put_logic_flags(struct a64_translation *t, const struct a64_insn *in,
                            vm_ir_value result)
{
    vm_ir_value wide = widen_r(t, in->sf, result);

    set_flags_logic(t, in->sf, wide);
    put_x(t, in->rd, wide);
}

void emit_ands_imm(struct a64_translation *t, const struct a64_insn *in)
{
    put_logic_flags(t, in, by_constant(t, in->sf, VM_OP_AND, get_r(t, in->sf, in->rn), in->imm));
}

static vm_ir_value logic_shift(struct a64_translation *t, const struct a64_insn *in,
                               enum vm_ir_op op, bool inverts)
{
    vm_ir_value a = get_r(t, in->sf, in->rn), b = shifted(t, in);

    if (inverts && op == VM_OP_AND)
        return binary_r(t, in->sf, VM_OP_ANDN, a, b);
    if (inverts)
        b = unary_r(t, in->sf, VM_OP_NOT, b);
    return in->rn == 31 && op != VM_OP_AND ? b : binary_r(t, in->sf, op, a, b);
}

/* ORR and ORN of the zero register are MOV and MVN. */
#define LOGIC_SHIFT(name, op, inverts)                                     \
    void emit_##name(struct a64_translation *t, const struct a64_insn *in) \
    {                                                                      \
        put_r(t, in->sf, in->rd, logic_shift(t, in, VM_OP_##op, inverts)); \
    }

LOGIC_SHIFT(and_shift, AND, false)
LOGIC_SHIFT(bic_shift, AND, true)
LOGIC_SHIFT(orr_shift, OR, false)
LOGIC_SHIFT(orn_shift, OR, true)
LOGIC_SHIFT(eor_shift, XOR, false)
LOGIC_SHIFT(eon_shift, XOR, true)

void emit_ands_shift(struct a64_translation *t, const struct a64_insn *in)
{
    bool same = in->rn == in->rm && in->imm == 0; /* TST of one register */

    put_logic_flags(t, in, same ? get_r(t, in->sf, in->rn) : logic_shift(t, in, VM_OP_AND, false));
}

void emit_bics_shift(struct a64_translation *t, const struct a64_insn *in)
{
    put_logic_flags(t, in, logic_shift(t, in, VM_OP_AND, true));
}

/* ---- moves of constants, addresses ---- */

void emit_movz(struct a64_translation *t, const struct a64_insn *in)
{
    put_x(t, in->rd, ir_const(t, in->imm));
}

void emit_movn(struct a64_translation *t, const struct a64_insn *in)
{
    put_x(t, in->rd, ir_const(t, in->sf ? ~in->imm : (int64_t)(uint32_t)~in->imm));
}

void emit_movk(struct a64_translation *t, const struct a64_insn *in)
{
    int64_t keep = (int64_t) ~((uint64_t)0xffff << (16 * a64_field(in, 21, 2)));
    vm_ir_value kept = by_constant(t, in->sf, VM_OP_AND, get_r(t, in->sf, in->rd), keep);

    put_r(t, in->sf, in->rd, in->imm == 0 ? kept : by_constant(t, in->sf, VM_OP_OR, kept, in->imm));
}

void emit_adr(struct a64_translation *t, const struct a64_insn *in)
{
    put_x(t, in->rd, ir_pc(t, in->imm));
}

/* The offset counts from the page of the instruction; where that begins is known. */
void emit_adrp(struct a64_translation *t, const struct a64_insn *in)
{
    int64_t in_page = (t->page_offset + t->delta) & ~(uint32_t)VM_PAGE_MASK;

    put_x(t, in->rd, ir_pc(t, in->imm - in_page));
}

/* ---- bit fields ---- */

struct bit_field {
    uint32_t width;    /* bits of the field */
    uint32_t from, to; /* its first bit in the source and in the result */
};

static struct bit_field bit_field(const struct a64_insn *in)
{
    uint32_t r = a64_field(in, 16, 6), s = a64_field(in, 10, 6), bits = in->sf ? 64 : 32;

    if (s >= r)
        return (struct bit_field){.width = s - r + 1, .from = r, .to = 0};
    return (struct bit_field){.width = s + 1, .from = 0, .to = bits - r};
}

/* SBFM and UBFM: the assembler's shifts by a constant, extensions, and moves of fields. */
static void extract_field(struct a64_translation *t, const struct a64_insn *in, bool is_signed)
{
    struct bit_field f = bit_field(in);
    uint32_t bits = in->sf ? 64 : 32;
    vm_ir_value v = get_r(t, in->sf, in->rn);

    if (f.from != 0 && f.from + f.width == bits) {
        v = by_constant(t, in->sf, is_signed ? VM_OP_SAR : VM_OP_SHR, v, f.from);
    } else {
        if (f.from != 0)
            v = by_constant(t, in->sf, VM_OP_SHR, v, f.from);
        if (f.width + f.to != bits)
            v = vm_ir_1(t->ir, is_signed ? VM_OP_SEXT : VM_OP_ZEXT, type_of(in->sf), 0, f.width, v);
        if (f.to != 0)
            v = by_constant(t, in->sf, VM_OP_SHL, v, f.to);
    }
    put_r(t, in->sf, in->rd, v);
}

void emit_sbfm(struct a64_translation *t, const struct a64_insn *in)
{
    extract_field(t, in, true);
}

void emit_ubfm(struct a64_translation *t, const struct a64_insn *in)
{
    extract_field(t, in, false);
}

void emit_bfm(struct a64_translation *t, const struct a64_insn *in)
{
    struct bit_field f = bit_field(in);
    int64_t ones = (int64_t)(UINT64_MAX >> (64 - f.width)),
            place = (int64_t)((uint64_t)ones << f.to);
    vm_ir_value v = get_r(t, in->sf, in->rn), old = get_r(t, in->sf, in->rd);

    if (f.from != 0)
        v = by_constant(t, in->sf, VM_OP_SHR, v, f.from);
    v = by_constant(t, in->sf, VM_OP_AND, v, ones);
    if (f.to != 0)
        v = by_constant(t, in->sf, VM_OP_SHL, v, f.to);
    old = by_constant(t, in->sf, VM_OP_AND, old, ~place);
    put_r(t, in->sf, in->rd, binary_r(t, in->sf, VM_OP_OR, old, v));
}

/* Also ROR by a constant. */
void emit_extr(struct a64_translation *t, const struct a64_insn *in)
{
    int64_t bits = in->sf ? 64 : 32;
    vm_ir_value low = get_r(t, in->sf, in->rm), high;

    if (in->imm == 0) {
        put_r(t, in->sf, in->rd, low);
        return;
    }
    if (in->rn == in->rm) {
        put_r(t, in->sf, in->rd, by_constant(t, in->sf, VM_OP_ROTR, low, in->imm));
        return;
    }
    high = by_constant(t, in->sf, VM_OP_SHL, get_r(t, in->sf, in->rn), bits - in->imm);
    low = by_constant(t, in->sf, VM_OP_SHR, low, in->imm);
    put_r(t, in->sf, in->rd, binary_r(t, in->sf, VM_OP_OR, high, low));
}

/* ---- conditional selection and comparison ---- */

enum otherwise { OTHERWISE_COPY, OTHERWISE_INCREMENT, OTHERWISE_INVERT, OTHERWISE_NEGATE };

static vm_ir_value second_choice(struct a64_translation *t, const struct a64_insn *in,
                                 enum otherwise what)
{
    vm_ir_value value = get_r(t, in->sf, in->rm);

    switch (what) {
    case OTHERWISE_INCREMENT:
        return by_constant(t, in->sf, VM_OP_ADD, value, 1);
    case OTHERWISE_INVERT:
        return unary_r(t, in->sf, VM_OP_NOT, value);
    case OTHERWISE_NEGATE:
        return unary_r(t, in->sf, VM_OP_NEG, value);
    default:
        return value;
    }
}

static void conditional_select(struct a64_translation *t, const struct a64_insn *in,
                               enum otherwise what)
{
    uint32_t cond = a64_field(in, 12, 4);

    if (cond >= A64_COND_AL) {
        put_r(t, in->sf, in->rd, get_r(t, in->sf, in->rn));
        return;
    }
    if (in->rn == 31 && in->rm == 31 && what == OTHERWISE_INCREMENT) { /* CSET */
        put_x(t, in->rd, condition(t, cond ^ 1));
        return;
    }
    /* The condition comes last: engines make one thing of a comparison and what is behind it. */
    vm_ir_value first = get_r(t, in->sf, in->rn), second = second_choice(t, in, what);
    vm_ir_value holds = condition(t, cond);
    put_r(t, in->sf, in->rd, select_r(t, type_of(in->sf), holds, first, second));
}

void emit_csel(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_select(t, in, OTHERWISE_COPY);
}

void emit_csinc(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_select(t, in, OTHERWISE_INCREMENT);
}

void emit_csinv(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_select(t, in, OTHERWISE_INVERT);
}

void emit_csneg(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_select(t, in, OTHERWISE_NEGATE);
}

static void conditional_compare(struct a64_translation *t, const struct a64_insn *in, vm_ir_value b,
                                bool subtracts)
{
    uint32_t cond = a64_field(in, 12, 4);
    vm_ir_value a = get_x(t, in->rn);
    enum a64_cc kind;

    if (subtracts)
        kind = in->sf ? A64_CC_SUB64 : A64_CC_SUB32;
    else
        kind = in->sf ? A64_CC_ADD64 : A64_CC_ADD32;
    if (cond >= A64_COND_AL && subtracts)
        set_flags_sub(t, in->sf, a, b);
    else if (cond >= A64_COND_AL)
        set_flags_add(t, in->sf, a, b);
    else
        set_flags_conditional(t, condition(t, cond), kind, a, b, a64_field(in, 0, 4) << 28);
}

void emit_ccmp_reg(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_compare(t, in, get_x(t, in->rm), true);
}

void emit_ccmp_imm(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_compare(t, in, ir_const(t, in->imm), true);
}

void emit_ccmn_reg(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_compare(t, in, get_x(t, in->rm), false);
}

void emit_ccmn_imm(struct a64_translation *t, const struct a64_insn *in)
{
    conditional_compare(t, in, ir_const(t, in->imm), false);
}

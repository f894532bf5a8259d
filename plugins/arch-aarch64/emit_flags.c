/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The condition flags in translated code. Setters put what the flags are made of into the slots;
 * a condition that is tested in the same unit becomes one comparison of the same values.
 */
#include "emit.h"

/* ---- setting ---- */

static void put_flags(struct a64_translation *t, vm_ir_value kind, vm_ir_value a, vm_ir_value b)
{
    put_slot(t, VM_I64, A64_SLOT_CC_KIND, kind);
    put_slot(t, VM_I64, A64_SLOT_CC_A, a);
    if (b != VM_NO_VALUE)
        put_slot(t, VM_I64, A64_SLOT_CC_B, b);
}

static void know_flags(struct a64_translation *t, enum a64_cc kind, vm_ir_value a, vm_ir_value b)
{
    t->flags = (struct a64_known_flags){
        .known = true, .kind = kind, .a = a, .b = b, .carry = VM_NO_VALUE, .guard = VM_NO_VALUE};
}

static void set_flags(struct a64_translation *t, enum a64_cc kind, vm_ir_value a, vm_ir_value b)
{
    know_flags(t, kind, a, b);
    put_flags(t, ir_const(t, kind), a, b);
}

void set_flags_add(struct a64_translation *t, bool sf, vm_ir_value a, vm_ir_value b)
{
    set_flags(t, sf ? A64_CC_ADD64 : A64_CC_ADD32, a, b);
}

/* The kind depends on the carry; in this unit it need not be looked at. */
void set_flags_adc(struct a64_translation *t, bool sf, vm_ir_value a, vm_ir_value b,
                   vm_ir_value carry)
{
    enum a64_cc kind = sf ? A64_CC_ADD64 : A64_CC_ADD32;
    vm_ir_value more = binary(t, VM_OP_MUL, carry, ir_const(t, A64_CC_CARRY));

    know_flags(t, kind, a, b);
    t->flags.carry = carry;
    put_flags(t, binary(t, VM_OP_ADD, more, ir_const(t, kind)), a, b);
}

void set_flags_sub(struct a64_translation *t, bool sf, vm_ir_value a, vm_ir_value b)
{
    set_flags(t, sf ? A64_CC_SUB64 : A64_CC_SUB32, a, b);
}

void set_flags_logic(struct a64_translation *t, bool sf, vm_ir_value result)
{
    set_flags(t, sf ? A64_CC_LOGIC64 : A64_CC_LOGIC32, result, VM_NO_VALUE);
}

void set_flags_literal(struct a64_translation *t, vm_ir_value nzcv)
{
    set_flags(t, A64_CC_LITERAL, nzcv, VM_NO_VALUE);
}

static vm_ir_value bits_of(struct a64_translation *t, enum vm_ir_type type, vm_ir_value v)
{
    return type == VM_F64 ? bitcast(t, VM_I64, type, v) : extend_w(t, bitcast(t, VM_I32, type, v));
}

void set_flags_fcmp(struct a64_translation *t, enum vm_ir_type type, vm_ir_value a, vm_ir_value b)
{
    set_flags(t, type == VM_F64 ? A64_CC_FCMP64 : A64_CC_FCMP32, bits_of(t, type, a),
              bits_of(t, type, b));
    t->flags.f[0] = a;
    t->flags.f[1] = b;
}

void set_flags_conditional(struct a64_translation *t, vm_ir_value guard, enum a64_cc kind,
                           vm_ir_value a, vm_ir_value b, uint32_t otherwise)
{
    vm_ir_value literal = ir_const(t, (int64_t)((uint64_t)otherwise));

    know_flags(t, kind, a, b);
    t->flags.guard = guard;
    t->flags.otherwise = otherwise;
    put_flags(t, select_r(t, VM_I64, guard, ir_const(t, kind), ir_const(t, A64_CC_LITERAL)),
              select_r(t, VM_I64, guard, a, literal), b);
}

void set_flags_fcmp_conditional(struct a64_translation *t, vm_ir_value guard, enum vm_ir_type type,
                                vm_ir_value a, vm_ir_value b, uint32_t otherwise)
{
    set_flags_conditional(t, guard, type == VM_F64 ? A64_CC_FCMP64 : A64_CC_FCMP32,
                          bits_of(t, type, a), bits_of(t, type, b), otherwise);
    t->flags.f[0] = a;
    t->flags.f[1] = b;
}

void forget_flags(struct a64_translation *t)
{
    t->flags.known = false;
}

/* ---- testing ---- */

static bool is_wide(enum a64_cc kind)
{
    return kind == A64_CC_ADD64 || kind == A64_CC_SUB64 || kind == A64_CC_LOGIC64;
}

/* A comparison: op of the values, or its opposite with the operands exchanged. */
struct comparison {
    uint16_t op;
    bool exchange;
};

static vm_ir_value compare(struct a64_translation *t, enum vm_ir_type type, struct comparison how,
                           vm_ir_value a, vm_ir_value b)
{
    return vm_ir_2(t->ir, (enum vm_ir_op)how.op, type, 0, 0, how.exchange ? b : a,
                   how.exchange ? a : b);
}

/* Conditions of a - b as comparisons of a with b. MI to VC are others: op is 0. */
static const struct comparison of_difference[] = {
    [A64_COND_EQ] = {VM_OP_EQ, false},    [A64_COND_NE] = {VM_OP_NE, false},
    [A64_COND_CS] = {VM_OP_ULE, true},    [A64_COND_CC] = {VM_OP_ULT, false},
    [A64_COND_HI] = {VM_OP_ULT, true},    [A64_COND_LS] = {VM_OP_ULE, false},
    [A64_COND_GE] = {VM_OP_SLE, true},    [A64_COND_LT] = {VM_OP_SLT, false},
    [A64_COND_GT] = {VM_OP_SLT, true},    [A64_COND_LE] = {VM_OP_SLE, false},
    [A64_COND_AL] = {VM_OP_CONST, false},
};

/* Conditions of a result whose C and V are clear, as comparisons of it with 0. */
static const struct comparison of_result[] = {
    [A64_COND_EQ] = {VM_OP_EQ, false},  [A64_COND_NE] = {VM_OP_NE, false},
    [A64_COND_MI] = {VM_OP_SLT, false}, [A64_COND_PL] = {VM_OP_SLE, true},
    [A64_COND_GE] = {VM_OP_SLE, true},  [A64_COND_LT] = {VM_OP_SLT, false},
    [A64_COND_GT] = {VM_OP_SLT, true},  [A64_COND_LE] = {VM_OP_SLE, false},
};

static vm_ir_value zero(struct a64_translation *t, enum vm_ir_type type)
{
    return vm_ir_const(t->ir, type, 0);
}

static vm_ir_value negated(struct a64_translation *t, vm_ir_value boolean)
{
    return binary(t, VM_OP_XOR, boolean, ir_const(t, 1));
}

/* The sign bit is set (or clear) of a value. */
static vm_ir_value test_sign(struct a64_translation *t, enum vm_ir_type type, vm_ir_value value,
                             bool set)
{
    return compare(t, type, of_result[set ? A64_COND_MI : A64_COND_PL], value, zero(t, type));
}

/* A value whose sign bit is V. For a sum: both operands differ from it in sign; for a difference:
 * the minuend differs from both. */
static vm_ir_value overflow(struct a64_translation *t, enum vm_ir_type type, vm_ir_value a,
                            vm_ir_value b, vm_ir_value result, bool sum)
{
    vm_ir_value x = vm_ir_2(t->ir, VM_OP_XOR, type, 0, 0, a, result);
    vm_ir_value y = vm_ir_2(t->ir, VM_OP_XOR, type, 0, 0, b, sum ? result : a);

    return vm_ir_2(t->ir, VM_OP_AND, type, 0, 0, x, y);
}

static vm_ir_value test_difference(struct a64_translation *t, enum vm_ir_type type, uint32_t cond,
                                   vm_ir_value a, vm_ir_value b)
{
    if (of_difference[cond].op)
        return compare(t, type, of_difference[cond], a, b);
    vm_ir_value result = vm_ir_2(t->ir, VM_OP_SUB, type, 0, 0, a, b);
    if (cond == A64_COND_VS || cond == A64_COND_VC)
        result = overflow(t, type, a, b, result, false);
    return test_sign(t, type, result, cond == A64_COND_MI || cond == A64_COND_VS);
}

/* A sum with a carry: of 32 bits, by one of 64. */
static vm_ir_value carry_of(struct a64_translation *t, enum vm_ir_type type, vm_ir_value a,
                            vm_ir_value b)
{
    if (type == VM_I64)
        return vm_ir_3(t->ir, VM_OP_CARRY, type, 0, 0, a, b, t->flags.carry);
    vm_ir_value sum = binary(t, VM_OP_ADD, extend_w(t, a), extend_w(t, b));

    return binary(t, VM_OP_SHR, binary(t, VM_OP_ADD, sum, t->flags.carry), ir_const(t, 32));
}

/* Whether r, the sum of a and b, or of those and a carry, has carried (or has not). Without a carry
 * it is less than an operand then. */
static vm_ir_value test_carry(struct a64_translation *t, enum vm_ir_type type, bool carries,
                              vm_ir_value a, vm_ir_value b, vm_ir_value r)
{
    if (t->flags.carry == VM_NO_VALUE)
        return compare(t, type, of_difference[carries ? A64_COND_CC : A64_COND_CS], r, a);
    return carries ? carry_of(t, type, a, b) : negated(t, carry_of(t, type, a, b));
}

static vm_ir_value test_sum(struct a64_translation *t, enum vm_ir_type type, uint32_t cond,
                            vm_ir_value a, vm_ir_value b)
{
    vm_ir_value r = vm_ir_2(t->ir, VM_OP_ADD, type, 0, 0, a, b), nothing = zero(t, type), v;

    if (t->flags.carry != VM_NO_VALUE)
        r = vm_ir_2(t->ir, VM_OP_ADD, type, 0, 0, r,
                    type == VM_I64 ? t->flags.carry : narrow(t, t->flags.carry));

    switch (cond & ~1u) {
    case A64_COND_EQ:
        return compare(t, type, of_result[cond], r, nothing);
    case A64_COND_MI:
        return test_sign(t, type, r, cond == A64_COND_MI);
    case A64_COND_CS:
        return test_carry(t, type, cond == A64_COND_CS, a, b, r);
    case A64_COND_HI:
        v = binary(t, VM_OP_AND, test_carry(t, type, true, a, b, r),
                   compare(t, type, of_difference[A64_COND_NE], r, nothing));
        return cond == A64_COND_HI ? v : negated(t, v);
    default:
        break;
    }
    v = overflow(t, type, a, b, r, true);
    if ((cond & ~1u) == A64_COND_VS)
        return test_sign(t, type, v, cond == A64_COND_VS);
    /* The sign of the true sum is N exclusive-or V. */
    vm_ir_value sign = vm_ir_2(t->ir, VM_OP_XOR, type, 0, 0, r, v);
    if ((cond & ~1u) == A64_COND_GE)
        return test_sign(t, type, sign, cond == A64_COND_LT);
    v = binary(t, VM_OP_AND, test_sign(t, type, sign, false),
               compare(t, type, of_difference[A64_COND_NE], r, nothing));
    return cond == A64_COND_GT ? v : negated(t, v);
}

static vm_ir_value test_result(struct a64_translation *t, enum vm_ir_type type, uint32_t cond,
                               vm_ir_value result)
{
    if (of_result[cond].op)
        return compare(t, type, of_result[cond], result, zero(t, type));
    /* CS, VS and HI are false, their opposites true. */
    return ir_const(t, cond & 1);
}

/* Conditions of a quiet comparison of floating-point numbers; `not`: the opposite of it. */
static vm_ir_value test_fcmp(struct a64_translation *t, enum vm_ir_type type, uint32_t cond)
{
    static const struct {
        uint16_t op;
        bool exchange, not ;
    } tests[] = {
        [A64_COND_EQ] = {VM_OP_FEQ, false, false}, [A64_COND_NE] = {VM_OP_FEQ, false, true},
        [A64_COND_CS] = {VM_OP_FLT, false, true},  [A64_COND_CC] = {VM_OP_FLT, false, false},
        [A64_COND_MI] = {VM_OP_FLT, false, false}, [A64_COND_PL] = {VM_OP_FLT, false, true},
        [A64_COND_HI] = {VM_OP_FLE, false, true},  [A64_COND_LS] = {VM_OP_FLE, false, false},
        [A64_COND_GE] = {VM_OP_FLE, true, false},  [A64_COND_LT] = {VM_OP_FLE, true, true},
        [A64_COND_GT] = {VM_OP_FLT, true, false},  [A64_COND_LE] = {VM_OP_FLT, true, true},
    };
    vm_ir_value a = t->flags.f[0], b = t->flags.f[1], holds;
    uint32_t quiet = VM_AUX(0, 0, 1);

    if (cond == A64_COND_VS || cond == A64_COND_VC) {
        vm_ir_value self = vm_ir_2(t->ir, VM_OP_FEQ, type, 0, 0, a, a);
        holds = binary(t, VM_OP_AND, self, vm_ir_2(t->ir, VM_OP_FEQ, type, 0, 0, b, b));
        return cond == A64_COND_VC ? holds : negated(t, holds);
    }
    holds =
        vm_ir_2(t->ir, (enum vm_ir_op)tests[cond].op, type, tests[cond].op == VM_OP_FEQ ? 0 : quiet,
                0, tests[cond].exchange ? b : a, tests[cond].exchange ? a : b);
    return tests[cond].not ? negated(t, holds) : holds;
}

/* Of NZCV in bits 31..28. */
static vm_ir_value test_literal(struct a64_translation *t, uint32_t cond, vm_ir_value nzcv)
{
    static const uint32_t bits[] = {[A64_COND_EQ] = A64_NZCV_Z,
                                    [A64_COND_CS] = A64_NZCV_C,
                                    [A64_COND_MI] = A64_NZCV_N,
                                    [A64_COND_VS] = A64_NZCV_V};

    if (cond <= A64_COND_VC) {
        vm_ir_value bit = binary(t, VM_OP_AND, nzcv, ir_const(t, bits[cond & ~1u]));
        return binary(t, cond & 1 ? VM_OP_EQ : VM_OP_NE, bit, ir_const(t, 0));
    }
    return CALL(t, A64_HELPER_CONDITION, ir_const(t, A64_CC_LITERAL), nzcv, ir_const(t, 0),
                ir_const(t, cond));
}

static vm_ir_value test_known(struct a64_translation *t, uint32_t cond)
{
    const struct a64_known_flags *flags = &t->flags;
    vm_ir_value a = flags->a, b = flags->b;
    bool wide = is_wide(flags->kind);
    enum vm_ir_type type = type_of(wide);

    switch (flags->kind) {
    case A64_CC_LITERAL:
        return test_literal(t, cond, a);
    case A64_CC_FCMP64:
        return test_fcmp(t, VM_F64, cond);
    case A64_CC_FCMP32:
        return test_fcmp(t, VM_F32, cond);
    case A64_CC_LOGIC64:
    case A64_CC_LOGIC32:
        return test_result(t, type, cond, wide ? a : narrow(t, a));
    default:
        break;
    }
    if (!wide) {
        a = narrow(t, a);
        b = narrow(t, b);
    }
    if (flags->kind == A64_CC_SUB64 || flags->kind == A64_CC_SUB32)
        return test_difference(t, type, cond, a, b);
    return test_sum(t, type, cond, a, b);
}

vm_ir_value condition(struct a64_translation *t, uint32_t cond)
{
    if (cond >= A64_COND_AL)
        return ir_const(t, 1);
    if (!t->flags.known) {
        vm_ir_value kind = get_slot(t, VM_I64, A64_SLOT_CC_KIND),
                    a = get_slot(t, VM_I64, A64_SLOT_CC_A), b = get_slot(t, VM_I64, A64_SLOT_CC_B);
        return CALL(t, A64_HELPER_CONDITION, kind, a, b, ir_const(t, cond));
    }
    vm_ir_value holds = test_known(t, cond);
    if (t->flags.guard == VM_NO_VALUE)
        return holds;
    if (!a64_cond_holds(cond, t->flags.otherwise))
        return binary(t, VM_OP_AND, t->flags.guard, holds);
    return binary(t, VM_OP_OR, negated(t, t->flags.guard), holds);
}

vm_ir_value get_nzcv(struct a64_translation *t)
{
    if (t->flags.known && t->flags.kind == A64_CC_LITERAL && t->flags.guard == VM_NO_VALUE)
        return t->flags.a;
    vm_ir_value kind = get_slot(t, VM_I64, A64_SLOT_CC_KIND),
                a = get_slot(t, VM_I64, A64_SLOT_CC_A), b = get_slot(t, VM_I64, A64_SLOT_CC_B);
    return CALL(t, A64_HELPER_NZCV, kind, a, b);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Integer operations on x86-64. The upper half of a register that holds an i32 is anything: what
 * widens one looks at the lower half only.
 */
#include "emit.h"

static bool wide_of(const struct jit_insn *insn)
{
    return jit_is_wide(insn->type);
}

/* Ends with the result in `reg`, mostly a scratch register. */
static void result_from(struct emitter *e, int reg)
{
    jit_consume(e->u);
    x86_move(e, jit_define(e->u), reg);
}

/* ---- add, sub, and, or, xor ---- */

struct arithmetic {
    uint8_t form, alu;
    bool commutative;
};

static bool arithmetic_of(uint32_t op, struct arithmetic *k)
{
    switch (op) {
    case VM_OP_ADD:
        *k = (struct arithmetic){X86_ADD, ALU_ADD, true};
        return true;
    case VM_OP_SUB:
        *k = (struct arithmetic){X86_SUB, ALU_SUB, false};
        return true;
    case VM_OP_AND:
        *k = (struct arithmetic){X86_AND, ALU_AND, true};
        return true;
    case VM_OP_OR:
        *k = (struct arithmetic){X86_OR, ALU_OR, true};
        return true;
    case VM_OP_XOR:
        *k = (struct arithmetic){X86_XOR, ALU_XOR, true};
        return true;
    default:
        return false;
    }
}

static void arithmetic_imm(struct emitter *e, const struct jit_insn *insn,
                           const struct arithmetic *k, int32_t imm)
{
    struct jit_unit *u = e->u;
    bool wide = wide_of(insn);
    int a = jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = jit_define(u);
    if (d != a && (k->alu == ALU_ADD || (k->alu == ALU_SUB && imm != INT32_MIN))) {
        x86_rm(&e->a, X86_LEA, wide, d, x86_at(a, k->alu == ALU_ADD ? imm : -imm));
        return;
    }
    x86_move(e, d, a);
    x86_alu_imm(&e->a, k->alu, wide, d, imm);
}

/* The operand that a memory one is to be added to is loaded to where the result will be. */
static void arithmetic_mem(struct emitter *e, const struct jit_insn *insn,
                           const struct arithmetic *k, uint32_t first, int32_t at)
{
    struct jit_unit *u = e->u;
    int32_t from;
    bool load = jit_in_memory(u, first, &from);
    int a = load ? -1 : jit_use(u, first);

    jit_consume(u);
    int d = jit_define(u);
    if (load)
        host_load(u, jit_size(u->insns[first].result), d, from);
    else
        x86_move(e, d, a);
    x86_rm(&e->a, (enum x86_form)k->form, wide_of(insn), d, x86_at(RBP, at));
}

static void arithmetic_regs(struct emitter *e, const struct jit_insn *insn,
                            const struct arithmetic *k)
{
    struct jit_unit *u = e->u;
    bool wide = wide_of(insn);
    int a = jit_use(u, insn->arg[0]), b = jit_use(u, insn->arg[1]);

    jit_consume(u);
    int d = jit_define(u);
    if (d == b && d != a && k->commutative) {
        b = a;
        a = d;
    }
    if (d != a && d != b && k->alu == ALU_ADD) {
        x86_rm(&e->a, X86_LEA, wide, d, x86_at_index(a, b));
    } else if (d == b && d != a) {
        x86_move(e, RAX, a);
        x86_rr(&e->a, (enum x86_form)k->form, wide, RAX, b);
        x86_move(e, d, RAX);
    } else {
        x86_move(e, d, a);
        x86_rr(&e->a, (enum x86_form)k->form, wide, d, b);
    }
}

/* The register that v is in, or `scratch`, if it is in memory or a constant. */
static int operand(struct emitter *e, uint32_t v, int scratch)
{
    int32_t at;

    if (jit_where(e->u, v) >= 0 || !(jit_is_const(e->u, v) || jit_in_memory(e->u, v, &at)))
        return jit_use(e->u, v);
    x86_value(e, scratch, v);
    return scratch;
}

static void scaled_add(struct emitter *e, const struct jit_insn *insn)
{
    int a = operand(e, insn->arg[0], RAX), b = operand(e, insn->arg[1], RCX);
    struct x86_mem sum = x86_at_index(a, b);

    sum.scale = (uint8_t)insn->imm;
    jit_consume(e->u);
    x86_rm(&e->a, X86_LEA, true, jit_define(e->u), sum);
}

/* An AND of which only is asked whether it is 0. */
static void test_bits(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int64_t mask = u->insns[insn->arg[1]].imm;
    int a = jit_use(u, insn->arg[0]);

    if (!jit_is_const(u, insn->arg[1]) ||
        (wide_of(insn) && mask != (int32_t)mask && mask != (int64_t)(uint32_t)mask))
        x86_rr(&e->a, X86_TEST, wide_of(insn), a, operand(e, insn->arg[1], RAX));
    else
        x86_test_imm(&e->a, wide_of(insn) && mask < 0, a, (int32_t)mask);
    jit_consume(u);
}

static void arithmetic(struct emitter *e, const struct jit_insn *insn, const struct arithmetic *k)
{
    int32_t imm, at;

    if (insn->flags & JIT_FUSED) {
        test_bits(e, insn);
        return;
    }

    if (insn->flags & JIT_SCALED) {
        scaled_add(e, insn);
        return;
    }
    if (jit_small_const(e->u, insn->arg[1], wide_of(insn), &imm))
        arithmetic_imm(e, insn, k, imm);
    else if (insn->arg[0] != insn->arg[1] && jit_in_memory(e->u, insn->arg[1], &at))
        arithmetic_mem(e, insn, k, insn->arg[0], at);
    else if (insn->arg[0] != insn->arg[1] && k->commutative &&
             jit_in_memory(e->u, insn->arg[0], &at))
        arithmetic_mem(e, insn, k, insn->arg[1], at);
    else
        arithmetic_regs(e, insn, k);
}

/* ---- shifts ---- */

static int shift_of(uint32_t op)
{
    switch (op) {
    case VM_OP_SHL:
        return SHIFT_SHL;
    case VM_OP_SHR:
        return SHIFT_SHR;
    case VM_OP_SAR:
        return SHIFT_SAR;
    case VM_OP_ROTL:
        return SHIFT_ROL;
    case VM_OP_ROTR:
        return SHIFT_ROR;
    default:
        return -1;
    }
}

static void shift(struct emitter *e, const struct jit_insn *insn, int kind)
{
    struct jit_unit *u = e->u;
    bool wide = wide_of(insn);
    int32_t n;

    if (jit_small_const(u, insn->arg[1], wide, &n)) {
        int a = jit_use(u, insn->arg[0]);
        jit_consume(u);
        int d = jit_define(u);
        if (kind == SHIFT_SHL && n == 1 && d != a) {
            x86_rm(&e->a, X86_LEA, wide, d, x86_at_index(a, a));
            return;
        }
        x86_move(e, d, a);
        x86_shift(&e->a, kind, wide, d, (uint32_t)n & (wide ? 63 : 31));
    } else if (u->engine->features & FEATURE_BMI2 && kind >= SHIFT_SHL) {
        int a = jit_use(u, insn->arg[0]), b = jit_use(u, insn->arg[1]);
        jit_consume(u);
        x86_rrr(&e->a,
                kind == SHIFT_SHL   ? X86_SHLX
                : kind == SHIFT_SHR ? X86_SHRX
                                    : X86_SARX,
                wide, jit_define(u), b, a);
    } else {
        x86_value(e, RCX, insn->arg[1]);
        x86_value(e, RAX, insn->arg[0]);
        x86_shift_cl(&e->a, kind, wide, RAX);
        result_from(e, RAX);
    }
}

/* ---- multiplication and division ---- */

static void mul(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = wide_of(insn);
    int32_t imm;
    int a = jit_use(u, insn->arg[0]);

    if (jit_small_const(u, insn->arg[1], wide, &imm)) {
        jit_consume(u);
        x86_imul_imm(&e->a, wide, jit_define(u), a, imm);
        return;
    }
    int b = jit_use(u, insn->arg[1]);
    jit_consume(u);
    int d = jit_define(u);
    if (d == b) {
        b = a;
        a = d;
    }
    x86_move(e, d, a);
    x86_rr(&e->a, X86_IMUL, wide, d, b);
}

/* Upper half of a product of 64 bits. */
static void mul_high_wide(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;
    int second = operand(e, insn->arg[1], RCX);

    x86_value(e, RAX, insn->arg[0]);
    if (insn->op == VM_OP_MULHSU) { /* what a negative first factor takes off */
        x86_rr(a, X86_MOV_LOAD, true, RDX, RAX);
        x86_shift(a, SHIFT_SAR, true, RDX, 63);
        x86_rr(a, X86_AND, true, RDX, second);
        x86_push(a, RDX);
    }
    x86_one(a, insn->op == VM_OP_MULHS ? ONE_IMUL : ONE_MUL, true, second);
    if (insn->op == VM_OP_MULHSU) {
        x86_pop(a, RAX);
        x86_rr(a, X86_SUB, true, RDX, RAX);
    }
    result_from(e, RDX);
}

/* Of 32 bits, in one product of 64. */
static void mul_high(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;

    if (wide_of(insn)) {
        mul_high_wide(e, insn);
        return;
    }
    x86_value(e, RAX, insn->arg[0]);
    x86_value(e, RCX, insn->arg[1]);
    x86_rr(a, insn->op == VM_OP_MULHU ? X86_MOV_LOAD : X86_MOVSXD, insn->op != VM_OP_MULHU, RAX,
           RAX);
    x86_rr(a, insn->op == VM_OP_MULHS ? X86_MOVSXD : X86_MOV_LOAD, insn->op == VM_OP_MULHS, RCX,
           RCX);
    x86_rr(a, X86_IMUL, true, RAX, RCX);
    x86_shift(a, SHIFT_SHR, true, RAX, 32);
    result_from(e, RAX);
}

/* Total, as the IR wants it: by 0 gives 0 and all of the dividend, by -1 cannot overflow. */
static void divide(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;
    bool wide = wide_of(insn), is_signed = insn->op == VM_OP_DIVS || insn->op == VM_OP_REMS;
    bool remainder = insn->op == VM_OP_REMS || insn->op == VM_OP_REMU;
    uint32_t minus = 0, done_minus = 0;

    x86_value(e, RAX, insn->arg[0]);
    x86_value(e, RCX, insn->arg[1]);
    x86_rr(a, X86_TEST, wide, RCX, RCX);
    uint32_t zero = x86_jcc(a, CC_E);
    if (is_signed) {
        x86_alu_imm(a, ALU_CMP, wide, RCX, -1);
        minus = x86_jcc(a, CC_E);
        x86_sign_rdx(a, wide);
    } else {
        x86_rr(a, X86_XOR, false, RDX, RDX);
    }
    x86_one(a, is_signed ? ONE_IDIV : ONE_DIV, wide, RCX);
    uint32_t done = x86_jmp(a);
    if (is_signed) {
        x86_aim(a, minus, a->n);
        x86_one(a, ONE_NEG, wide, RAX);
        x86_rr(a, X86_XOR, false, RDX, RDX);
        done_minus = x86_jmp(a);
    }
    x86_aim(a, zero, a->n);
    x86_rr(a, X86_MOV_LOAD, wide, RDX, RAX);
    x86_rr(a, X86_XOR, false, RAX, RAX);
    x86_aim(a, done, a->n);
    if (is_signed)
        x86_aim(a, done_minus, a->n);
    result_from(e, remainder ? RDX : RAX);
}

/* ---- comparisons ---- */

int x86_condition(uint32_t op)
{
    switch (op) {
    case VM_OP_EQ:
        return CC_E;
    case VM_OP_NE:
    case VM_OP_AND:
        return CC_NE;
    case VM_OP_SLT:
        return CC_L;
    case VM_OP_SLE:
        return CC_LE;
    case VM_OP_ULT:
        return CC_B;
    default:
        return CC_BE;
    }
}

void x86_compare(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = wide_of(insn);
    int32_t imm, at;
    int a = jit_use(u, insn->arg[0]);
    const struct jit_insn *other = &u->insns[insn->arg[1]];

    if (other->op == VM_OP_PC && other->flags & JIT_FUSED) {
        x86_rm(&e->a, X86_LEA, true, RAX,
               x86_at(a, (int32_t) - (u->unit->page_offset + other->imm)));
        x86_rm(&e->a, X86_CMP, true, RAX, CPU_AT(pc));
    } else if (jit_small_const(u, insn->arg[1], wide, &imm)) {
        if (imm == 0 && (insn->op == VM_OP_EQ || insn->op == VM_OP_NE))
            x86_rr(&e->a, X86_TEST, wide, a, a);
        else
            x86_alu_imm(&e->a, ALU_CMP, wide, a, imm);
    } else if (insn->arg[0] != insn->arg[1] && jit_in_memory(u, insn->arg[1], &at)) {
        x86_rm(&e->a, X86_CMP, wide, a, x86_at(RBP, at));
    } else {
        x86_rr(&e->a, X86_CMP, wide, a, jit_use(u, insn->arg[1]));
    }
}

static void compare(struct emitter *e, const struct jit_insn *insn)
{
    if (!(e->u->insns[insn->arg[0]].flags & JIT_FUSED)) /* an AND has made the flags */
        x86_compare(e, insn);
    if (insn->flags & JIT_FUSED) {
        jit_consume(e->u);
        return;
    }
    x86_setcc(&e->a, x86_condition(insn->op), RAX);
    jit_consume(e->u);
    x86_rr(&e->a, X86_MOVZX8, false, jit_define(e->u), RAX);
}

/* Loads change no flags but for those of a zero, and so come first. */
static void carry(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;
    int second = operand(e, insn->arg[1], RDX);

    x86_value(e, RAX, insn->arg[0]);
    x86_value(e, RCX, insn->arg[2]);
    x86_shift(a, SHIFT_SHR, false, RCX, 1);
    x86_rr(a, X86_ADC, true, RAX, second);
    x86_setcc(a, CC_B, RAX);
    jit_consume(e->u);
    x86_rr(a, X86_MOVZX8, false, jit_define(e->u), RAX);
}

static void min_max(struct emitter *e, const struct jit_insn *insn)
{
    static const uint8_t moves[] = {X86_CMOVG, X86_CMOVL, X86_CMOVA, X86_CMOVB};

    x86_value(e, RAX, insn->arg[0]);
    x86_value(e, RCX, insn->arg[1]);
    x86_rr(&e->a, X86_CMP, wide_of(insn), RAX, RCX);
    x86_rr(&e->a, (enum x86_form)moves[insn->op - VM_OP_SMIN], wide_of(insn), RAX, RCX);
    result_from(e, RAX);
}

/* From the test of the condition on nothing that is emitted changes the host's flags. */
static void select_value(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    const struct jit_insn *cond = &u->insns[insn->arg[0]];
    bool wide = jit_is_wide(insn->type);
    int cc = CC_NE, d;

    if (cond->flags & JIT_FUSED) {
        cc = x86_condition(cond->op);
    } else {
        int reg = jit_use(u, insn->arg[0]);
        x86_rr(&e->a, X86_TEST, true, reg, reg);
    }
    if (jit_is_float(insn->type)) {
        x86_value(e, RCX, insn->arg[1]);
        x86_value(e, RAX, insn->arg[2]);
        x86_cmov(&e->a, cc, wide, RAX, RCX);
        result_from(e, RAX);
        return;
    }
    int yes = operand(e, insn->arg[1], RCX), no = operand(e, insn->arg[2], RAX);
    jit_consume(u);
    d = jit_define(u);
    if (d == yes) {
        x86_cmov(&e->a, cc ^ 1, wide, d, no);
    } else {
        x86_move(e, d, no);
        x86_cmov(&e->a, cc, wide, d, yes);
    }
}

/* ---- one operand ---- */

static void rare_bits(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86_mem arg = FRAME_AT(u, arg);

    x86_mov_mem_imm(&e->a, 8, arg, insn->op);
    arg.disp += 8;
    x86_mov_mem_imm(&e->a, 8, arg, wide_of(insn));
    x86_argument(e, 2, insn->arg[0], false);
    jit_consume(u);
    x86_call_function(e, u->engine->arch->n_helpers + JIT_FN_BITS, jit_floats_live(u));
    x86_move(e, jit_define(u), RAX);
}

static void unary(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;
    bool wide = wide_of(insn);

    if (insn->op == VM_OP_ORC_B ||
        (!(e->u->engine->features & FEATURE_BITS) && insn->op != VM_OP_NOT &&
         insn->op != VM_OP_NEG && insn->op != VM_OP_BSWAP)) {
        rare_bits(e, insn);
        return;
    }
    int from = jit_use(e->u, insn->arg[0]);
    jit_consume(e->u);
    int d = jit_define(e->u);
    x86_move(e, d, from);
    switch (insn->op) {
    case VM_OP_NOT:
        x86_one(a, ONE_NOT, wide, d);
        break;
    case VM_OP_NEG:
        x86_one(a, ONE_NEG, wide, d);
        break;
    case VM_OP_CLZ:
        x86_rr(a, X86_LZCNT, wide, d, d);
        break;
    case VM_OP_CTZ:
        x86_rr(a, X86_TZCNT, wide, d, d);
        break;
    case VM_OP_POPCNT:
        x86_rr(a, X86_POPCNT, wide, d, d);
        break;
    default:
        x86_bswap(a, wide, d);
    }
}

static void and_not(struct emitter *e, const struct jit_insn *insn)
{
    x86_value(e, RAX, insn->arg[1]);
    x86_value(e, RCX, insn->arg[0]);
    x86_one(&e->a, ONE_NOT, wide_of(insn), RAX);
    x86_rr(&e->a, X86_AND, wide_of(insn), RAX, RCX);
    result_from(e, RAX);
}

static void extend(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool is_field = insn->op == VM_OP_SEXT || insn->op == VM_OP_ZEXT;
    bool is_signed = insn->op == VM_OP_SEXT || insn->op == VM_OP_EXTS,
         wide = jit_is_wide(insn->result);
    uint32_t bits = is_field ? (uint32_t)insn->imm : 32;
    int from = jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = jit_define(u);
    switch (bits) {
    case 8:
        x86_rr(a, is_signed ? X86_MOVSX8 : X86_MOVZX8, is_signed && wide, d, from);
        break;
    case 16:
        x86_rr(a, is_signed ? X86_MOVSX16 : X86_MOVZX16, is_signed && wide, d, from);
        break;
    case 32:
        x86_rr(a, is_signed ? X86_MOVSXD : X86_MOV_LOAD, is_signed, d, from);
        break;
    default:
        x86_move(e, d, from);
        x86_shift(a, SHIFT_SHL, wide, d, (wide ? 64 : 32) - bits);
        x86_shift(a, is_signed ? SHIFT_SAR : SHIFT_SHR, wide, d, (wide ? 64 : 32) - bits);
    }
}

void x86_only_page_of_pc(struct emitter *e)
{
    if (e->u->region && e->u->region->wants_page)
        x86_alu_mem_imm(&e->a, ALU_AND, true, CPU_AT(pc), (int32_t)VM_PAGE_MASK);
}

void x86_page_of_pc(struct emitter *e, int d)
{
    if (e->u->region) {
        x86_rm(&e->a, X86_MOV_LOAD, true, d, CPU_AT(pc));
    } else {
        x86_mov_imm(&e->a, d, VM_PAGE_MASK);
        x86_rm(&e->a, X86_AND, true, d, CPU_AT(pc));
    }
}

static void address(struct emitter *e, const struct jit_insn *insn)
{
    if (insn->flags & JIT_FUSED)
        return;
    int d = jit_define(e->u);
    int64_t offset = (int64_t)(e->u->unit->page_offset + (uint64_t)insn->imm);

    x86_page_of_pc(e, d);
    if (offset == (int32_t)offset) {
        if (offset)
            x86_alu_imm(&e->a, ALU_ADD, true, d, (int32_t)offset);
        return;
    }
    x86_mov_imm(&e->a, RAX, (uint64_t)offset);
    x86_rr(&e->a, X86_ADD, true, d, RAX);
}

bool x86_emit_integer(struct emitter *e, const struct jit_insn *insn)
{
    struct arithmetic k;
    int kind = shift_of(insn->op);

    if (arithmetic_of(insn->op, &k)) {
        arithmetic(e, insn, &k);
        return true;
    }
    if (kind >= 0) {
        shift(e, insn, kind);
        return true;
    }
    switch (insn->op) {
    case VM_OP_PC:
        address(e, insn);
        return true;
    case VM_OP_MUL:
        mul(e, insn);
        return true;
    case VM_OP_MULHS ... VM_OP_MULHSU:
        mul_high(e, insn);
        return true;
    case VM_OP_DIVS ... VM_OP_REMU:
        divide(e, insn);
        return true;
    case VM_OP_ANDN:
        and_not(e, insn);
        return true;
    case VM_OP_SMIN ... VM_OP_UMAX:
        min_max(e, insn);
        return true;
    case VM_OP_EQ ... VM_OP_ULE:
        compare(e, insn);
        return true;
    case VM_OP_SELECT:
        select_value(e, insn);
        return true;
    case VM_OP_CARRY:
        carry(e, insn);
        return true;
    case VM_OP_NOT:
    case VM_OP_NEG:
    case VM_OP_CLZ ... VM_OP_ORC_B:
        unary(e, insn);
        return true;
    case VM_OP_SEXT ... VM_OP_ZEXT:
    case VM_OP_EXTS ... VM_OP_EXTU:
        extend(e, insn);
        return true;
    default:
        return false;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of the base integer instructions and of M: arithmetic, jumps and branches. */
#include "emit.h"

/* ---- RV64I arithmetic ---- */

/* rd = rs1 op rs2 */
#define BINARY(name, op)                                                 \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        if (in->rd == 0)                                                 \
            return;                                                      \
        vm_ir_value a = get_x(t, in->rs1), b = get_x(t, in->rs2);        \
        put_x(t, in->rd, binary(t, VM_OP_##op, a, b));                   \
    }

/* rd = rs1 op imm */
#define IMMEDIATE(name, op)                                              \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        if (in->rd == 0)                                                 \
            return;                                                      \
        vm_ir_value a = get_x(t, in->rs1), b = ir_const(t, in->imm);     \
        put_x(t, in->rd, binary(t, VM_OP_##op, a, b));                   \
    }

/* rd = sign-extended low words' rs1 op rs2 */
#define BINARY_W(name, op)                                               \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        if (in->rd == 0)                                                 \
            return;                                                      \
        vm_ir_value a = get_w(t, in->rs1), b = get_w(t, in->rs2);        \
        put_w(t, in->rd, binary_w(t, VM_OP_##op, a, b));                 \
    }

#define IMMEDIATE_W(name, op)                                                       \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in)            \
    {                                                                               \
        if (in->rd == 0)                                                            \
            return;                                                                 \
        vm_ir_value a = get_w(t, in->rs1), b = vm_ir_const(t->ir, VM_I32, in->imm); \
        put_w(t, in->rd, binary_w(t, VM_OP_##op, a, b));                            \
    }

BINARY(sub, SUB)
BINARY(sll, SHL)
BINARY(slt, SLT)
BINARY(sltu, ULT)
BINARY(xor, XOR)
BINARY(srl, SHR)
BINARY(sra, SAR)
BINARY(or, OR)
BINARY(and, AND)
IMMEDIATE(slti, SLT)
IMMEDIATE(sltiu, ULT)
IMMEDIATE(xori, XOR)
IMMEDIATE(ori, OR)
IMMEDIATE(andi, AND)
IMMEDIATE(slli, SHL)
IMMEDIATE(srli, SHR)
IMMEDIATE(srai, SAR)
BINARY_W(addw, ADD)
BINARY_W(subw, SUB)
BINARY_W(sllw, SHL)
BINARY_W(srlw, SHR)
BINARY_W(sraw, SAR)
IMMEDIATE_W(slliw, SHL)
IMMEDIATE_W(srliw, SHR)
IMMEDIATE_W(sraiw, SAR)

/* Also moves: c.mv and the assembler's "add rd, x0, rs". */
void emit_add(struct rv_translation *t, const struct rv_insn *in)
{
    if (in->rd == 0)
        return;
    if (in->rs1 == 0 || in->rs2 == 0) {
        put_x(t, in->rd, get_x(t, in->rs1 | in->rs2));
        return;
    }
    vm_ir_value a = get_x(t, in->rs1), b = get_x(t, in->rs2);
    put_x(t, in->rd, binary(t, VM_OP_ADD, a, b));
}

/* Also li, mv and nop. */
void emit_addi(struct rv_translation *t, const struct rv_insn *in)
{
    if (in->rd == 0)
        return;
    if (in->rs1 == 0) {
        put_x(t, in->rd, ir_const(t, in->imm));
        return;
    }
    vm_ir_value a = get_x(t, in->rs1);
    put_x(t, in->rd, in->imm == 0 ? a : binary(t, VM_OP_ADD, a, ir_const(t, in->imm)));
}

/* Also sext.w. */
void emit_addiw(struct rv_translation *t, const struct rv_insn *in)
{
    if (in->rd == 0)
        return;
    if (in->rs1 == 0) {
        put_x(t, in->rd, ir_const(t, in->imm));
        return;
    }
    vm_ir_value a = get_w(t, in->rs1);
    put_w(t, in->rd,
          in->imm == 0 ? a : binary_w(t, VM_OP_ADD, a, vm_ir_const(t->ir, VM_I32, in->imm)));
}

void emit_lui(struct rv_translation *t, const struct rv_insn *in)
{
    if (in->rd != 0)
        put_x(t, in->rd, ir_const(t, in->imm));
}

void emit_auipc(struct rv_translation *t, const struct rv_insn *in)
{
    if (in->rd != 0)
        put_x(t, in->rd, ir_pc(t, in->imm));
}

/* ---- Jumps and branches ---- */

/* Without C an instruction starts at a multiple of four; jumping elsewhere traps at the jump. The
 * pc itself is a multiple then. */
static bool misaligned_target(const struct rv_translation *t, const struct rv_insn *in)
{
    return !rv_has(t->arch, RV_EXT_C) && (in->imm & 2) != 0;
}

void emit_jal(struct rv_translation *t, const struct rv_insn *in)
{
    if (misaligned_target(t, in)) {
        end_trap(t, RV_CAUSE_MISALIGNED_FETCH, ir_pc(t, in->imm));
        return;
    }
    if (in->rd != 0)
        put_x(t, in->rd, ir_pc(t, in->length));
    end_exit(t, in->imm);
}

static bool is_link(uint32_t reg)
{
    return reg == 1 || reg == 5;
}

/* The manual's return-address-stack hints, as far as one jump has one. */
static uint32_t jump_hint(const struct rv_insn *in)
{
    if (is_link(in->rd))
        return VM_JUMP_CALL;
    return is_link(in->rs1) ? VM_JUMP_RETURN : VM_JUMP_PLAIN;
}

void emit_jalr(struct rv_translation *t, const struct rv_insn *in)
{
    vm_ir_value target = get_x(t, in->rs1);

    if (in->imm != 0)
        target = binary(t, VM_OP_ADD, target, ir_const(t, in->imm));
    target = binary(t, VM_OP_AND, target, ir_const(t, -2));
    if (!rv_has(t->arch, RV_EXT_C)) {
        vm_ir_value odd = binary(t, VM_OP_AND, target, ir_const(t, 2));
        vm_ir_2(t->ir, VM_OP_TRAP_IF, VM_NONE, 0, RV_CAUSE_MISALIGNED_FETCH, odd, target);
    }
    if (in->rd != 0)
        put_x(t, in->rd, ir_pc(t, in->length));
    vm_ir_1(t->ir, VM_OP_EXIT_TO, VM_NONE, jump_hint(in), 0, target);
    t->ended = true;
}

static void branch_if(struct rv_translation *t, const struct rv_insn *in, vm_ir_value taken)
{
    if (misaligned_target(t, in))
        vm_ir_2(t->ir, VM_OP_TRAP_IF, VM_NONE, 0, RV_CAUSE_MISALIGNED_FETCH, taken,
                ir_pc(t, in->imm));
    else
        vm_ir_1(t->ir, VM_OP_EXIT_IF, VM_NONE, 0, (int64_t)t->delta + in->imm, taken);
    if (t->branches > 0)
        t->branches--;
    else
        end_exit(t, in->length);
}

#define BRANCH(name, op, left, right)                                    \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        vm_ir_value a = get_x(t, in->left), b = get_x(t, in->right);     \
        branch_if(t, in, binary(t, VM_OP_##op, a, b));                   \
    }

BRANCH(beq, EQ, rs1, rs2)
BRANCH(blt, SLT, rs1, rs2)
BRANCH(bge, SLE, rs2, rs1)
BRANCH(bltu, ULT, rs1, rs2)
BRANCH(bgeu, ULE, rs2, rs1)

/* Against x0 the register itself is the condition. */
void emit_bne(struct rv_translation *t, const struct rv_insn *in)
{
    vm_ir_value a = get_x(t, in->rs1);

    branch_if(t, in, in->rs2 == 0 ? a : binary(t, VM_OP_NE, a, get_x(t, in->rs2)));
}

/* ---- M ---- */

BINARY(mul, MUL)
BINARY(mulh, MULHS)
BINARY(mulhsu, MULHSU)
BINARY(mulhu, MULHU)
BINARY_W(mulw, MUL)
/* IR's remainder by zero is the dividend and that of overflow 0, as RISC-V wants it. */
BINARY(rem, REMS)
BINARY(remu, REMU)
BINARY_W(remw, REMS)
BINARY_W(remuw, REMU)

/* IR's quotient by zero is 0, RISC-V's is all ones. */
static void divide(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_op op)
{
    if (in->rd == 0)
        return;
    vm_ir_value a = get_x(t, in->rs1), b = get_x(t, in->rs2);
    put_x(t, in->rd, select_i64(t, b, binary(t, op, a, b), ir_const(t, -1)));
}

static void divide_w(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_op op)
{
    if (in->rd == 0)
        return;
    vm_ir_value a = get_w(t, in->rs1), b = get_w(t, in->rs2), ones = vm_ir_const(t->ir, VM_I32, -1);
    vm_ir_value nonzero = binary_w(t, VM_OP_NE, b, vm_ir_const(t->ir, VM_I32, 0));
    put_w(t, in->rd,
          vm_ir_3(t->ir, VM_OP_SELECT, VM_I32, 0, 0, nonzero, binary_w(t, op, a, b), ones));
}

void emit_div(struct rv_translation *t, const struct rv_insn *in)
{
    divide(t, in, VM_OP_DIVS);
}

void emit_divu(struct rv_translation *t, const struct rv_insn *in)
{
    divide(t, in, VM_OP_DIVU);
}

void emit_divw(struct rv_translation *t, const struct rv_insn *in)
{
    divide_w(t, in, VM_OP_DIVS);
}

void emit_divuw(struct rv_translation *t, const struct rv_insn *in)
{
    divide_w(t, in, VM_OP_DIVU);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of branches. */
#include "emit.h"

#define LINK 30

/* PSTATE.BTYPE is kept only where the CPU has BTI. */
enum { BTYPE_NONE = 0, BTYPE_JUMP_16_17 = 1, BTYPE_CALL = 2, BTYPE_JUMP = 3 };

void emit_b(struct a64_translation *t, const struct a64_insn *in)
{
    end_exit(t, in->imm);
}

void emit_bl(struct a64_translation *t, const struct a64_insn *in)
{
    put_x(t, LINK, ir_pc(t, 4));
    end_exit(t, in->imm);
}

static void exit_if(struct a64_translation *t, const struct a64_insn *in, vm_ir_value taken)
{
    vm_ir_1(t->ir, VM_OP_EXIT_IF, VM_NONE, 0, (int64_t)t->delta + in->imm, taken);
    t->branched = true;
}

void emit_b_cond(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t cond = a64_field(in, 0, 4);

    if (cond >= A64_COND_AL) {
        end_exit(t, in->imm);
        return;
    }
    exit_if(t, in, condition(t, cond));
    t->on_flags = true;
}

void emit_cbz(struct a64_translation *t, const struct a64_insn *in)
{
    enum vm_ir_type type = type_of(in->sf);
    vm_ir_value value = get_r(t, in->sf, in->rd), nothing = vm_ir_const(t->ir, type, 0);

    exit_if(t, in, vm_ir_2(t->ir, VM_OP_EQ, type, 0, 0, value, nothing));
}

void emit_cbnz(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value value = get_r(t, in->sf, in->rd);

    if (!in->sf)
        value = binary_w(t, VM_OP_NE, value, ir_const_w(t, 0));
    exit_if(t, in, value);
}

/* The bit of rd that is tested, in its place. */
static vm_ir_value tested_bit(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t bit = a64_field(in, 31, 1) << 5 | a64_field(in, 19, 5);

    return binary(t, VM_OP_AND, get_x(t, in->rd), ir_const(t, (int64_t)((uint64_t)1 << bit)));
}

void emit_tbz(struct a64_translation *t, const struct a64_insn *in)
{
    exit_if(t, in, binary(t, VM_OP_EQ, tested_bit(t, in), ir_const(t, 0)));
}

void emit_tbnz(struct a64_translation *t, const struct a64_insn *in)
{
    exit_if(t, in, tested_bit(t, in));
}

void end_jump(struct a64_translation *t, const struct a64_insn *in, vm_ir_value target,
              uint32_t hint)
{
    uint32_t btype = BTYPE_NONE;

    if (hint == VM_JUMP_CALL) {
        put_x(t, LINK, ir_pc(t, 4));
        btype = BTYPE_CALL;
    } else if (hint == VM_JUMP_PLAIN) {
        btype = in->rn == 16 || in->rn == 17 ? BTYPE_JUMP_16_17 : BTYPE_JUMP;
    }
    if (a64_has(t->arch, A64_FEATURE(BTI)) && btype != BTYPE_NONE)
        put_slot(t, VM_I64, A64_SLOT_BTYPE, ir_const(t, btype));
    vm_ir_1(t->ir, VM_OP_EXIT_TO, VM_NONE, hint, 0, target);
    t->ended = true;
}

void emit_br(struct a64_translation *t, const struct a64_insn *in)
{
    end_jump(t, in, get_x(t, in->rn), VM_JUMP_PLAIN);
}

void emit_blr(struct a64_translation *t, const struct a64_insn *in)
{
    end_jump(t, in, get_x(t, in->rn), VM_JUMP_CALL);
}

void emit_ret(struct a64_translation *t, const struct a64_insn *in)
{
    end_jump(t, in, get_x(t, in->rn), VM_JUMP_RETURN);
}

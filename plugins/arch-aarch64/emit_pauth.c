/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of pointer authentication and of landing pads for indirect branches. */
#include "emit.h"
#include "sysregs.h"

static vm_ir_value pauth(struct a64_translation *t, enum a64_pauth_op op, uint32_t key,
                         vm_ir_value pointer, vm_ir_value modifier)
{
    return CALL(t, A64_HELPER_PAUTH, ir_const(t, (int64_t)op << 8 | key), pointer, modifier);
}

/* ---- Landing pads ---- */

/* The branch that led here may be one of those in `refused` (bits by BTYPE). */
static void check_landing(struct a64_translation *t, uint32_t refused, bool signs)
{
    vm_ir_value btype, bad;

    if (!a64_has(t->arch, A64_FEATURE(BTI)))
        return;
    btype = get_slot(t, VM_I64, A64_SLOT_BTYPE);
    bad = binary(t, VM_OP_SHR, ir_const(t, refused), btype);
    bad = binary(t, VM_OP_AND, bad, ir_const(t, 1));
    vm_ir_2(t->ir, VM_OP_TRAP_IF, VM_NONE, 0, (int64_t)(A64_ESR(A64_EC_BTI, 0) | A64_TRAP_BTI), bad,
            ir_const(t, signs));
}

/* It counts no more. */
static void landed(struct a64_translation *t)
{
    if (a64_has(t->arch, A64_FEATURE(BTI)))
        put_slot(t, VM_I64, A64_SLOT_BTYPE, ir_const(t, 0));
}

/* BTI takes no branch, BTI c calls and jumps by x16 and x17, BTI j jumps, BTI jc all. */
void emit_bti(struct a64_translation *t, const struct a64_insn *in)
{
    static const uint8_t refused[] = {1u << 1 | 1u << 2 | 1u << 3, 1u << 3, 1u << 2, 0};

    check_landing(t, refused[a64_field(in, 6, 2)], false);
    landed(t);
}

/* ---- Hints ---- */

/* XPACLRI; PAC and AUT of x17 with x16, of x30 with SP or zero. */
void emit_pauth_hint(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t crm = a64_field(in, 8, 4), op2 = a64_field(in, 5, 3);
    uint32_t key = op2 & 2 ? A64_KEY_IB : A64_KEY_IA;
    enum a64_pauth_op op = op2 & 4 ? A64_PAUTH_CHECK : A64_PAUTH_ADD;

    if (crm == 0) {
        put_x(t, 30, pauth(t, A64_PAUTH_STRIP, A64_KEY_IA, get_x(t, 30), ir_const(t, 0)));
        return;
    }
    if (crm == 1) {
        put_x(t, 17, pauth(t, op, key, get_x(t, 17), get_x(t, 16)));
        return;
    }
    bool lands = op == A64_PAUTH_ADD && (op2 & 1); /* a pad for calls, and perhaps for jumps */
    if (lands)
        check_landing(t, 1u << 3, true);
    vm_ir_value modifier = op2 & 1 ? get_xsp(t, 31) : ir_const(t, 0);
    vm_ir_value result = pauth(t, op, key, get_x(t, 30), modifier);
    if (lands)
        landed(t);
    put_x(t, 30, result);
}

/* ---- One source ---- */

static uint32_t key_of(const struct a64_insn *in)
{
    static const uint8_t keys[] = {A64_KEY_IA, A64_KEY_IB, A64_KEY_DA, A64_KEY_DB};

    return keys[a64_field(in, 10, 2)];
}

static enum a64_pauth_op op_of(const struct a64_insn *in)
{
    return a64_field(in, 12, 1) ? A64_PAUTH_CHECK : A64_PAUTH_ADD;
}

void emit_pauth(struct a64_translation *t, const struct a64_insn *in)
{
    put_x(t, in->rd, pauth(t, op_of(in), key_of(in), get_x(t, in->rd), get_xsp(t, in->rn)));
}

void emit_pauth_zero(struct a64_translation *t, const struct a64_insn *in)
{
    put_x(t, in->rd, pauth(t, op_of(in), key_of(in), get_x(t, in->rd), ir_const(t, 0)));
}

void emit_xpac(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t key = a64_field(in, 10, 1) ? A64_KEY_DA : A64_KEY_IA;

    put_x(t, in->rd, pauth(t, A64_PAUTH_STRIP, key, get_x(t, in->rd), ir_const(t, 0)));
}

void emit_pacga(struct a64_translation *t, const struct a64_insn *in)
{
    put_x(t, in->rd, pauth(t, A64_PAUTH_ADD, A64_KEY_GA, get_x(t, in->rn), get_xsp(t, in->rm)));
}

/* ---- Branches ---- */

/* The target in rn, checked with key A or B, and rd (31: SP) or zero. */
static vm_ir_value checked_target(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t key = a64_field(in, 10, 1) ? A64_KEY_IB : A64_KEY_IA;
    vm_ir_value modifier = a64_field(in, 24, 1) ? get_xsp(t, in->rd) : ir_const(t, 0);

    return pauth(t, A64_PAUTH_CHECK, key, get_x(t, in->rn), modifier);
}

void emit_br_auth(struct a64_translation *t, const struct a64_insn *in)
{
    end_jump(t, in, checked_target(t, in), VM_JUMP_PLAIN);
}

void emit_blr_auth(struct a64_translation *t, const struct a64_insn *in)
{
    end_jump(t, in, checked_target(t, in), VM_JUMP_CALL);
}

void emit_ret_auth(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t key = a64_field(in, 10, 1) ? A64_KEY_IB : A64_KEY_IA;
    vm_ir_value target = pauth(t, A64_PAUTH_CHECK, key, get_x(t, 30), get_xsp(t, 31));

    end_jump(t, in, target, VM_JUMP_RETURN);
}

/* ---- Load ---- */

/* What is written back is the checked pointer plus the offset. */
void emit_ldr_auth(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t key = a64_field(in, 23, 1) ? A64_KEY_DB : A64_KEY_DA;
    vm_ir_value base = pauth(t, A64_PAUTH_CHECK, key, get_base(t, in->rn), ir_const(t, 0));

    watch_access(t, base, in->imm, 8, false);
    vm_ir_value value = vm_ir_1(t->ir, VM_OP_LOAD, VM_I64, plain_memop(t, 3), in->imm, base);
    if (a64_field(in, 11, 1))
        put_base(t, in->rn, base, in->imm);
    put_x(t, in->rd, value);
}

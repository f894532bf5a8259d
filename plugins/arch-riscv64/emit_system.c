/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of the CSR and privileged instructions and of the cache-block operations. */
#include "csr.h"
#include "emit.h"

/* ---- CSR instructions ---- */

bool rv_insn_alone(const struct rv_arch *arch, const struct rv_insn *in)
{
    const struct rv_csr *csr = NULL;

    if (in->pattern->format == RV_FORMAT_CSR)
        csr = rv_find_csr(arch, (uint32_t)in->imm);
    return csr && (csr->flags & CSR_ALONE);
}

/* What the instruction writes, from the old value and its operand. */
static vm_ir_value combine(struct rv_translation *t, enum rv_csr_op op, vm_ir_value old,
                           vm_ir_value operand)
{
    switch (op) {
    case RV_CSR_SET:
        return binary(t, VM_OP_OR, old, operand);
    case RV_CSR_CLEAR:
        return binary(t, VM_OP_ANDN, old, operand);
    default:
        return operand;
    }
}

/* A CSR that is a slot: no helper. */
static void slot_access(struct rv_translation *t, const struct rv_csr *csr, enum rv_csr_op op,
                        uint32_t rd, bool writes, vm_ir_value operand)
{
    vm_ir_value old = VM_NO_VALUE;
    uint64_t mask = rv_csr_mask(t->arch, csr);

    if (rd != 0 || (writes && op != RV_CSR_REPLACE))
        old = get_slot(t, VM_I64, csr->slot);
    if (writes) {
        vm_ir_value value = combine(t, op, old, operand);
        if (mask != UINT64_MAX)
            value = binary(t, VM_OP_AND, value, ir_const(t, (int64_t)mask));
        put_slot(t, VM_I64, csr->slot, value);
    }
    if (rd != 0)
        put_x(t, rd, old);
}

static void helper_access(struct rv_translation *t, const struct rv_csr *csr, enum rv_csr_op op,
                          const struct rv_insn *in, bool writes, vm_ir_value operand)
{
    vm_ir_value index = ir_const(t, csr - rv_csrs), raw = ir_const(t, in->raw);

    if (!writes)
        put_x(t, in->rd, CALL(t, RV_HELPER_CSR_READ, index, raw));
    else if (op == RV_CSR_REPLACE && in->rd == 0)
        CALL(t, RV_HELPER_CSR_WRITE, index, operand, raw);
    else
        put_x(t, in->rd, CALL(t, RV_HELPER_CSR_SWAP, index, ir_const(t, op), operand, raw));
}

/* csrrw, csrrs, csrrc and their immediate forms. Setting or clearing by x0 (or 0) is no write. */
static void csr_access(struct rv_translation *t, const struct rv_insn *in, enum rv_csr_op op,
                       bool immediate)
{
    uint32_t number = (uint32_t)in->imm;
    const struct rv_csr *csr = rv_find_csr(t->arch, number);
    bool writes = op == RV_CSR_REPLACE || in->rs1 != 0;

    if (!csr || t->privilege < rv_csr_privilege(number) || (writes && rv_csr_read_only(number))) {
        emit_illegal(t, in);
        return;
    }
    if ((csr->flags & CSR_FP) && !fp_enabled(t, in))
        return;
    vm_ir_value operand = immediate ? ir_const(t, in->rs1) : get_x(t, in->rs1);
    if (csr->slot != RV_NO_SLOT)
        slot_access(t, csr, op, in->rd, writes, operand);
    else
        helper_access(t, csr, op, in, writes, operand);
    if (writes && (csr->flags & CSR_FP))
        fp_changes(t);
    if (writes && (csr->flags & CSR_STATE))
        end_state(t, in->length);
}

#define CSR_INSN(name, op, immediate)                                    \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        csr_access(t, in, RV_CSR_##op, immediate);                       \
    }

CSR_INSN(csrrw, REPLACE, false)
CSR_INSN(csrrs, SET, false)
CSR_INSN(csrrc, CLEAR, false)
CSR_INSN(csrrwi, REPLACE, true)
CSR_INSN(csrrsi, SET, true)
CSR_INSN(csrrci, CLEAR, true)

/* ---- Traps and returns ---- */

void emit_ecall(struct rv_translation *t, const struct rv_insn *in)
{
    (void)in;
    end_trap(t, RV_CAUSE_ECALL_U + t->privilege, ir_const(t, 0));
}

void emit_ebreak(struct rv_translation *t, const struct rv_insn *in)
{
    (void)in;
    end_trap(t, RV_CAUSE_BREAKPOINT, ir_pc(t, 0));
}

static void end_return(struct rv_translation *t)
{
    vm_ir_0(t->ir, VM_OP_EXIT_PC, VM_NONE, 0, 0);
    t->ended = true;
}

void emit_mret(struct rv_translation *t, const struct rv_insn *in)
{
    if (t->privilege < RV_M) {
        emit_illegal(t, in);
        return;
    }
    vm_ir_call(t->ir, RV_HELPER_MRET, 0, NULL);
    end_return(t);
}

void emit_sret(struct rv_translation *t, const struct rv_insn *in)
{
    if (t->privilege < RV_S) {
        emit_illegal(t, in);
        return;
    }
    CALL(t, RV_HELPER_SRET, ir_const(t, in->raw));
    end_return(t);
}

void emit_wfi(struct rv_translation *t, const struct rv_insn *in)
{
    if (t->privilege < RV_S) {
        emit_illegal(t, in);
        return;
    }
    CALL(t, RV_HELPER_WFI, ir_const(t, in->raw));
    end_state(t, in->length);
}

/* ---- Translation caches ---- */

void emit_sfence_vma(struct rv_translation *t, const struct rv_insn *in)
{
    uint32_t given = (in->rs1 != 0 ? RV_SFENCE_ADDRESS : 0) | (in->rs2 != 0 ? RV_SFENCE_ASID : 0);

    if (t->privilege < RV_S) {
        emit_illegal(t, in);
        return;
    }
    vm_ir_value address = get_x(t, in->rs1), asid = get_x(t, in->rs2);
    CALL(t, RV_HELPER_SFENCE, address, asid, ir_const(t, given), ir_const(t, in->raw));
    end_state(t, in->length);
}

/* sinval.vma has done it all: these two order what is in order already. */
void emit_sfence_inval(struct rv_translation *t, const struct rv_insn *in)
{
    if (t->privilege < RV_S)
        emit_illegal(t, in);
}

/* ---- Cache blocks ---- */

/* Which operation it is, is in the instruction word. */
static void cache_block(struct rv_translation *t, const struct rv_insn *in, enum rv_helper helper)
{
    CALL(t, helper, get_x(t, in->rs1), ir_const(t, in->raw));
}

void emit_cbo_inval(struct rv_translation *t, const struct rv_insn *in)
{
    cache_block(t, in, RV_HELPER_CBO);
}

void emit_cbo_clean(struct rv_translation *t, const struct rv_insn *in)
{
    cache_block(t, in, RV_HELPER_CBO);
}

void emit_cbo_flush(struct rv_translation *t, const struct rv_insn *in)
{
    cache_block(t, in, RV_HELPER_CBO);
}

void emit_cbo_zero(struct rv_translation *t, const struct rv_insn *in)
{
    cache_block(t, in, RV_HELPER_CBO_ZERO);
}

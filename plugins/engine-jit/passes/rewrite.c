/* SPDX-License-Identifier: BSD-2-Clause */
/* The machinery of passes that change IR: see rewrite.h. */
#include <stdlib.h>
#include <string.h>
#include "rewrite.h"

/* The letters of ir-opcodes.def. */
enum {
    C = JIT_OP_COMMUTES,
    K = 0,
    X = 0,
    F = JIT_OP_FAULTS,
    E = JIT_OP_ENDS,
    S = JIT_OP_EXITS,
    M = 0,
    P = JIT_OP_FP,
    V = 0,
    W = JIT_OP_EFFECT,
};

const uint8_t jit_op_flags[VM_OP_COUNT] = {
#define VM_OP(NAME, name, result, operands, types, flags) [VM_OP_##NAME] = flags,
#include <vmrun/ir-opcodes.def>
#undef VM_OP
};

static const char results[VM_OP_COUNT + 1] = {
#define VM_OP(NAME, name, result, operands, types, flags) [VM_OP_##NAME] = #result[0],
#include <vmrun/ir-opcodes.def>
#undef VM_OP
};

enum vm_ir_type jit_result_type(const struct vm_ir_insn *insn)
{
    switch (results[insn->op]) {
    case '-':
        return VM_NONE;
    case 'T':
        return (enum vm_ir_type)insn->type;
    default:
        return VM_I64;
    }
}

static uint32_t slot_end(const struct vm_slot *slot)
{
    if (slot->type == VM_V128)
        return slot->offset + 16;
    return slot->offset + (slot->type == VM_I64 || slot->type == VM_F64 ? 8 : 4);
}

bool jit_slots_overlap(const struct vm_arch_ops *arch, uint32_t a, uint32_t b)
{
    const struct vm_slot *x = &arch->slots[a], *y = &arch->slots[b];

    return x->offset < slot_end(y) && y->offset < slot_end(x);
}

bool jit_is_pure(const struct vm_ir_insn *insn, const struct vm_arch_ops *arch)
{
    if (insn->op == VM_OP_CALL)
        return (arch->helpers[insn->aux].flags &
                (VM_HELPER_PURE | VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT)) == VM_HELPER_PURE;
    return !(jit_op_flags[insn->op] & JIT_OP_EFFECT) && insn->op != VM_OP_GET;
}

bool jit_leaves_after(const struct vm_ir_insn *insn, const struct vm_arch_ops *arch)
{
    if (insn->op == VM_OP_CALL)
        return (arch->helpers[insn->aux].flags & VM_HELPER_MAY_EXIT) != 0;
    return insn->op == VM_OP_STORE || insn->op == VM_OP_AMO || insn->op == VM_OP_CAS ||
           insn->op == VM_OP_SC;
}

void jit_passes_number(struct vm_ir_unit *ir)
{
    uint32_t exits = 0, entries = 0;

    for (uint32_t i = 0; i < ir->n_insns; i++) {
        struct vm_ir_insn *insn = &ir->insns[i];
        if ((insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF) && insn->aux == 0)
            insn->reserved = exits++;
        else if (insn->op == VM_OP_LABEL && insn->aux & VM_LABEL_ENTRY)
            insn->reserved = entries++;
    }
}

bool jit_rewrite_begin(struct jit_rewrite *rw, struct vm_ir_unit *ir,
                       const struct vm_arch_ops *arch)
{
    *rw = (struct jit_rewrite){.arch = arch, .ir = ir};
    vm_ir_init(&rw->out);
    rw->map = malloc((ir->n_insns + 1) * sizeof(*rw->map));
    for (uint32_t i = 0; rw->map && i < ir->n_insns; i++)
        rw->map[i] = ir->insns[i].op == VM_OP_LABEL ? rw->n_labels++ : VM_NO_VALUE;
    rw->block = malloc((rw->n_labels + 1) * sizeof(*rw->block));
    if (rw->map && rw->block) {
        memset(rw->block, 0xff, rw->n_labels * sizeof(*rw->block));
        return true;
    }
    free(rw->map);
    free(rw->block);
    return false;
}

bool jit_rewrite_end(struct jit_rewrite *rw)
{
    bool ok = !rw->out.failed;

    for (uint32_t i = 0; ok && i < rw->out.n_insns; i++) {
        struct vm_ir_insn *insn = &rw->out.insns[i];
        if (jit_is_edge(insn))
            insn->aux = rw->block[insn->aux - 1] + 1;
    }
    if (ok) {
        rw->out.guest_bytes = rw->ir->guest_bytes;
        vm_ir_free(rw->ir);
        *rw->ir = rw->out;
    } else {
        vm_ir_free(&rw->out);
    }
    free(rw->map);
    free(rw->block);
    return ok;
}

#define PACKED_BITS 21

struct vm_ir_insn jit_rewrite_take(const struct jit_rewrite *rw, uint32_t i)
{
    struct vm_ir_insn insn = rw->ir->insns[i];
    uint64_t packed = 0;

    for (uint32_t k = 0; k < insn.n_args && k < 3; k++)
        insn.arg[k] = rw->map[insn.arg[k]];
    for (uint32_t k = 3; k < insn.n_args; k++)
        packed |= (uint64_t)rw->map[vm_ir_arg(&rw->ir->insns[i], k)] << PACKED_BITS * (k - 3);
    if (insn.op == VM_OP_CALL)
        insn.imm = (int64_t)packed;
    return insn;
}

vm_ir_value jit_rewrite_put(struct jit_rewrite *rw, uint32_t i, const struct vm_ir_insn *insn)
{
    vm_ir_value v =
        vm_ir_emit(&rw->out, (enum vm_ir_op)insn->op, (enum vm_ir_type)insn->type, insn->aux,
                   insn->imm, insn->n_args, insn->arg[0], insn->arg[1], insn->arg[2]);

    if (insn->op == VM_OP_LABEL)
        rw->block[rw->map[i]] = rw->n_placed++;
    else
        rw->map[i] = v;
    if (!rw->out.failed)
        rw->out.insns[v].reserved = insn->reserved;
    return v;
}

vm_ir_value jit_rewrite_copy(struct jit_rewrite *rw, uint32_t i)
{
    struct vm_ir_insn insn = jit_rewrite_take(rw, i);

    return jit_rewrite_put(rw, i, &insn);
}

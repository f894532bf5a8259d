/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How passes change IR: they read the old instructions and emit new ones, with a map from old
 * values to new ones; at the end the new ones take the place of the old. Blocks may be left out or
 * come in another order; exits follow them.
 */
#ifndef ENGINE_JIT_PASSES_REWRITE_H
#define ENGINE_JIT_PASSES_REWRITE_H

#include "passes.h"

/* The FLAGS column of ir-opcodes.def, as far as passes ask for it. */
enum {
    JIT_OP_COMMUTES = 1,
    JIT_OP_FAULTS = 2,
    JIT_OP_ENDS = 4,
    JIT_OP_EXITS = 8,
    JIT_OP_FP = 16,
    JIT_OP_EFFECT = 32,
};
extern const uint8_t jit_op_flags[VM_OP_COUNT];

struct jit_rewrite {
    const struct vm_arch_ops *arch;
    struct vm_ir_unit *ir; /* the old one; not touched before the end */
    struct vm_ir_unit out; /* the new one */
    vm_ir_value *map;      /* by old value: the new one; of a LABEL: its number */
    uint32_t *block;       /* by old number of a block: the new one */
    uint32_t n_labels, n_placed;
};

/* False: out of memory, and there is nothing to end. */
bool jit_rewrite_begin(struct jit_rewrite *rw, struct vm_ir_unit *ir,
                       const struct vm_arch_ops *arch);
/* Takes the new instructions over and frees the rest; false: out of memory, the IR is as it was. */
bool jit_rewrite_end(struct jit_rewrite *rw);
/* Old instruction i with its operands mapped. Arguments of CALL stay packed. */
struct vm_ir_insn jit_rewrite_take(const struct jit_rewrite *rw, uint32_t i);
/* Emits `insn`, whose operands are new values, in the place of old instruction i. */
vm_ir_value jit_rewrite_put(struct jit_rewrite *rw, uint32_t i, const struct vm_ir_insn *insn);
/* Old instruction i as it is. */
vm_ir_value jit_rewrite_copy(struct jit_rewrite *rw, uint32_t i);

/* EXIT or EXIT_IF to a block of the region. */
static inline bool jit_is_edge(const struct vm_ir_insn *insn)
{
    return (insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF) && insn->aux != 0;
}

/* Values and what is known of slots end here. */
static inline bool jit_starts_block(const struct vm_ir_insn *insn)
{
    return insn->op == VM_OP_LABEL && !(insn->aux & VM_LABEL_INNER);
}

/* What may happen between two instructions and what the arch's tables say of it. */
bool jit_slots_overlap(const struct vm_arch_ops *arch, uint32_t a, uint32_t b);
/* The result is a function of the arguments and nothing else happens. */
bool jit_is_pure(const struct vm_ir_insn *insn, const struct vm_arch_ops *arch);
/* The guest instruction may be left at its end: a store may hit code, a helper may want to leave.
 */
bool jit_leaves_after(const struct vm_ir_insn *insn, const struct vm_arch_ops *arch);

/* Type of the value that it defines, VM_NONE if none. */
enum vm_ir_type jit_result_type(const struct vm_ir_insn *insn);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of integer slots where a block begins, whichever way it is reached: a constant, or
 * that another slot holds the same. What is known of where the region is entered is nothing.
 */
#ifndef ENGINE_JIT_PASSES_FACTS_H
#define ENGINE_JIT_PASSES_FACTS_H

#include "flow.h"

#define JIT_FACT_SLOTS 64

enum jit_fact_kind {
    JIT_FACT_ANY, /* no way there has been seen yet */
    JIT_FACT_NONE,
    JIT_FACT_CONST,
    JIT_FACT_SLOT,
};

struct jit_fact {
    uint8_t kind;
    uint8_t slot; /* by rank */
    int64_t value;
};

struct jit_facts {
    const struct vm_ir_unit *ir;
    const struct vm_arch_ops *arch;
    int8_t *rank; /* by slot: its rank among those that are looked at, or -1 */
    uint32_t n;
    struct jit_fact in[JIT_MAX_BLOCKS][JIT_FACT_SLOTS];
    uint32_t head; /* of a loop: what comes back to it meets in `back`; or JIT_MAX_BLOCKS */
    struct jit_fact back[JIT_FACT_SLOTS], now[JIT_FACT_SLOTS];
    uint32_t put_at[JIT_FACT_SLOTS]; /* 1 + the put in this block, or 0 */
    struct jit_fact_holder {
        uint32_t put_at;
        uint8_t slot;
    } * holder; /* by value: the slot that it was put to last */
};

/* NULL: out of memory. */
struct jit_facts *jit_facts_new(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch);
void jit_facts_free(struct jit_facts *facts);
/* Nothing is known of `open` blocks, and of others no way. `head`: see above. */
void jit_facts_begin(struct jit_facts *facts, uint64_t open, uint32_t head);
/*
 * Goes through the blocks of a set until nothing changes. Ways out of the set count for nothing; if
 * `dropped` is there, it becomes true by instruction for puts of what is in the slot already.
 * Returns how many those are.
 */
uint32_t jit_facts_settle(struct jit_facts *facts, const struct jit_flow *flow, uint64_t blocks,
                          bool *dropped);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways through a region: which block leads to which, and loops. Sets of blocks are bits. */
#ifndef ENGINE_JIT_PASSES_FLOW_H
#define ENGINE_JIT_PASSES_FLOW_H

#include "passes.h"

#define JIT_MAX_BLOCKS 64

#define JIT_BIT(n) ((uint64_t)1 << (n))
#define JIT_FOR_BITS(set, b)                                                               \
    for (uint64_t rest_ = (set), b; rest_ && (b = (uint64_t)__builtin_ctzll(rest_), true); \
         rest_ &= rest_ - 1)

struct jit_flow {
    uint32_t n;
    uint32_t first[JIT_MAX_BLOCKS + 1]; /* index of each block's LABEL; behind the last one */
    uint64_t next[JIT_MAX_BLOCKS], before[JIT_MAX_BLOCKS];
    uint64_t entries, targets, inner;
    uint64_t jumps;                /* blocks that may go on at any target */
    uint64_t heads;                /* of loops */
    uint64_t body[JIT_MAX_BLOCKS]; /* of the loop whose head it is, else 0 */
};

/* Fills in all but heads and bodies; false: too many blocks. */
bool jit_flow_blocks(struct jit_flow *flow, const struct vm_ir_unit *ir);
/* Heads and bodies, again if edges were added. */
void jit_flow_loops(struct jit_flow *flow);
/* Of the loop with that head, the ways round on which there is no other head; 0: none. */
uint64_t jit_flow_inner(const struct jit_flow *flow, uint32_t head);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Optimiser passes: what each does to a unit or region of IR. They see nothing of the engine and of
 * the host; each takes verified IR and leaves verified IR with the same effect: the same accesses,
 * puts wherever somebody may look, the same way out with the same instructions counted.
 *
 * A pass returns false when it runs out of memory; the IR is then as it was, and good.
 *
 * Numbers that the core knows survive in `reserved`, since passes move and drop instructions: of an
 * EXIT or EXIT_IF that leaves, its index among the unit's exits; of a LABEL with VM_LABEL_ENTRY,
 * its index among the entries. jit_passes_number sets them; it comes first. An exit that is a copy
 * of another one has that one's index and JIT_EXIT_COPY.
 *
 * A sensible order: number, steady, trace, copy, fold, widen, cse, same, dead, probes.
 */
#ifndef ENGINE_JIT_PASSES_H
#define ENGINE_JIT_PASSES_H

#include <vmrun/arch.h>

#define JIT_EXIT_COPY 0x80000000u

struct jit_pass_stats {
    uint32_t copied;    /* blocks of loops whose first turn has code of its own */
    uint32_t joined;    /* blocks that became part of the one before */
    uint32_t dropped;   /* blocks that nothing leads to */
    uint32_t forwarded; /* gets whose value was known, puts of what is there already */
    uint32_t folded;    /* operations that became constants, other values, or cheaper */
    uint32_t shared;    /* operations done before */
    uint32_t dead;      /* operations and puts that nobody sees */
    uint32_t probes;    /* accesses that need no probe of their own */
};

typedef bool jit_pass(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                      struct jit_pass_stats *stats);

void jit_passes_number(struct vm_ir_unit *ir);

/* Gives loops that put the same in each turn code of its own for the first turn. Before trace. */
jit_pass jit_pass_steady;
/*
 * Puts the blocks of a region in the order of their code: each is followed by the one that it goes
 * on to, where that is still to be placed. One that can only be reached from the end of the one
 * before it becomes part of it (VM_LABEL_INNER). Blocks that no entry leads to are dropped. Does
 * nothing to a unit without labels.
 */
jit_pass jit_pass_trace;
/* Forwards what is known of slots from put to get, from get to get; drops puts of what is there. */
jit_pass jit_pass_copy;
/* Constants, identities, cheaper operations, offsets of addresses; branches that are decided. */
jit_pass jit_pass_fold;
/* What is extended by its sign is computed in 64 bits, where it cannot overflow 32. */
jit_pass jit_pass_widen;
/* Shares operations without effect that have been done before in the block. */
jit_pass jit_pass_cse;
/* Drops puts of what is in the slot already, whichever way the block was reached. */
jit_pass jit_pass_same;
/*
 * Drops operations without effect whose result is not used, and puts that are overwritten before
 * anything reads them, may fault or may leave.
 */
jit_pass jit_pass_dead;

/* ---- probes ---------------------------------------------------------------------------------- */

/*
 * Loads and stores at constant distances from one value, between which no mapping can change: one
 * probe for all of [base + min, base + max) serves them. That is less than half a page, so it
 * either lies in one page or the probe fails, and each access goes its own way.
 */
struct jit_probe_group {
    vm_ir_value base;     /* their arg0 */
    int64_t min, max;     /* bytes, relative to base */
    uint32_t first, last; /* the first and the last of them */
    uint32_t n;           /* how many: at least two */
    uint8_t mmu;          /* VM_MMU_* */
    bool reads, writes;   /* what the probe has to allow */
};

#define JIT_PROBE_SPAN 2048 /* max - min is less than that */

struct jit_probes {
    struct jit_probe_group *groups;
    uint32_t n_groups;
    uint32_t *group_of; /* by instruction: its group, or UINT32_MAX */
};

/* Fills *out, which jit_probes_free frees; changes nothing in the IR. */
bool jit_pass_probes(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                     struct jit_pass_stats *stats, struct jit_probes *out);
void jit_probes_free(struct jit_probes *probes);

#endif

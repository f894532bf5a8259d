/* SPDX-License-Identifier: BSD-2-Clause */
/* Pass: the order of a region's blocks, and which become part of the one before. */
#include <stdlib.h>
#include "rewrite.h"

#define NOWHERE UINT32_MAX

struct block {
    uint32_t first, end; /* its LABEL; behind its last instruction */
    uint32_t edges_in;   /* from blocks that are reached */
    bool entry, reached, placed;
};

struct trace {
    struct jit_rewrite rw;
    struct block *blocks;
    uint32_t n;
    struct jit_pass_stats *stats;
};

static void find_blocks(struct trace *t)
{
    const struct vm_ir_unit *ir = t->rw.ir;

    for (uint32_t i = 0; i < ir->n_insns; i++) {
        if (ir->insns[i].op == VM_OP_LABEL)
            t->blocks[t->n++] =
                (struct block){.first = i, .entry = (ir->insns[i].aux & VM_LABEL_ENTRY) != 0};
        t->blocks[t->n - 1].end = i + 1;
    }
}

/* Marks what the entries lead to. What is found is put on a list, of `todo` blocks so far. */
static void find_reached(struct trace *t, uint32_t *list)
{
    uint32_t todo = 0;

    for (uint32_t b = 0; b < t->n; b++) {
        if (t->blocks[b].entry)
            list[todo++] = b;
        t->blocks[b].reached = t->blocks[b].entry;
    }
    for (uint32_t k = 0; k < todo; k++) {
        const struct block *b = &t->blocks[list[k]];
        for (uint32_t i = b->first; i < b->end; i++) {
            const struct vm_ir_insn *insn = &t->rw.ir->insns[i];
            if (!jit_is_edge(insn))
                continue;
            struct block *to = &t->blocks[insn->aux - 1];
            to->edges_in++;
            if (!to->reached)
                list[todo++] = insn->aux - 1;
            to->reached = true;
        }
    }
}

/* Where instruction i leads to, if the block there is still to be placed. */
static uint32_t free_target(const struct trace *t, uint32_t i)
{
    const struct vm_ir_insn *insn = &t->rw.ir->insns[i];

    return jit_is_edge(insn) && !t->blocks[insn->aux - 1].placed ? insn->aux - 1 : NOWHERE;
}

static bool can_join(const struct trace *t, uint32_t b)
{
    return b != NOWHERE && !t->blocks[b].entry && t->blocks[b].edges_in == 1;
}

/*
 * The last two instructions, when only a branch stands between the block and one that could be part
 * of it: the branch is turned round.
 */
static void turn_round(struct trace *t, uint32_t branch, uint32_t end)
{
    struct jit_rewrite *rw = &t->rw;
    struct vm_ir_insn taken = jit_rewrite_take(rw, branch), on = jit_rewrite_take(rw, end);
    vm_ir_value zero = vm_ir_const(&rw->out, VM_I64, 0);

    on.op = VM_OP_EXIT_IF;
    on.n_args = 1;
    on.arg[0] = vm_ir_2(&rw->out, VM_OP_EQ, VM_I64, 0, 0, taken.arg[0], zero);
    taken.op = VM_OP_EXIT;
    taken.n_args = 0;
    taken.arg[0] = VM_NO_VALUE;
    jit_rewrite_put(rw, end, &on);
    jit_rewrite_put(rw, branch, &taken);
}

/* Copies a block; returns the one to come next, or NOWHERE. */
static uint32_t place(struct trace *t, uint32_t b, bool inner)
{
    const struct block *block = &t->blocks[b];
    uint32_t end = block->end - 1, branch = end - 1;

    t->blocks[b].placed = true;
    uint32_t next = free_target(t, end);
    struct vm_ir_insn label = t->rw.ir->insns[block->first];
    bool turn = next == NOWHERE && t->rw.ir->insns[end].op == VM_OP_EXIT &&
                t->rw.ir->insns[branch].op == VM_OP_EXIT_IF && can_join(t, free_target(t, branch));

    if (inner)
        label.aux |= VM_LABEL_INNER;
    jit_rewrite_put(&t->rw, block->first, &label);
    for (uint32_t i = block->first + 1; i < (turn ? branch : block->end); i++)
        jit_rewrite_copy(&t->rw, i);
    if (turn) {
        next = free_target(t, branch);
        turn_round(t, branch, end);
    }
    return next;
}

static void place_all(struct trace *t)
{
    for (uint32_t start = 0; start < t->n; start++) {
        t->stats->dropped += !t->blocks[start].reached;
        if (!t->blocks[start].reached || t->blocks[start].placed)
            continue;
        bool inner = false;
        for (uint32_t b = start, next; b != NOWHERE; b = next) {
            t->stats->joined += inner;
            next = place(t, b, inner);
            inner = can_join(t, next);
        }
    }
}

bool jit_pass_trace(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                    struct jit_pass_stats *stats)
{
    struct trace t = {.stats = stats};
    bool ok = false;

    if (ir->insns[0].op != VM_OP_LABEL)
        return true;
    if (!jit_rewrite_begin(&t.rw, ir, arch))
        return false;
    t.blocks = calloc(t.rw.n_labels, sizeof(*t.blocks));
    uint32_t *list = malloc(t.rw.n_labels * sizeof(*list));
    if (t.blocks && list) {
        find_blocks(&t);
        find_reached(&t, list);
        place_all(&t);
    } else {
        t.rw.out.failed = true;
    }
    free(list);
    free(t.blocks);
    ok = jit_rewrite_end(&t.rw);
    return ok;
}

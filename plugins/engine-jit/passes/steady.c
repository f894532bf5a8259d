/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pass: loops that put the same in each turn. What is in the slots when a loop is entered is not
 * known, so its first turn has to put; the others need not, if they have code of their own. The
 * loop's blocks are copied: the ways back to the head lead to the copy, and nothing else does. A
 * later pass (same.c) drops the copy's puts.
 *
 * Comparisons are what this is for, on architectures with flags: they put which kind they are and
 * what they compare with, and hardly anybody looks.
 */
#include <stdlib.h>
#include <string.h>
#include "facts.h"
#include "rewrite.h"

#define MOST_BLOCKS 8   /* of a loop */
#define MOST_INSNS  160 /* of IR */

/* Blocks of the loop that are also reached from outside. */
static uint64_t open_blocks(const struct jit_flow *flow, uint64_t body)
{
    uint64_t open = body & flow->entries;

    JIT_FOR_BITS(body, b)
    if (flow->before[b] & ~body)
        open |= JIT_BIT(b);
    return open;
}

/* Whether the loop's later turns can do without puts that its first one needs. */
static bool gains(struct jit_facts *facts, const struct jit_flow *flow, uint32_t head,
                  uint64_t body)
{
    struct jit_fact back[JIT_FACT_SLOTS];

    jit_facts_begin(facts, open_blocks(flow, body) | JIT_BIT(head), head);
    uint32_t first = jit_facts_settle(facts, flow, body, NULL);
    memcpy(back, facts->back, sizeof(back));
    jit_facts_begin(facts, 0, head);
    memcpy(facts->in[head], back, sizeof(back));
    return jit_facts_settle(facts, flow, body, NULL) > first;
}

static bool is_fit(const struct jit_flow *flow, uint64_t body)
{
    uint64_t next = 0;
    uint32_t insns = 0;

    JIT_FOR_BITS(body, b)
    {
        insns += flow->first[b + 1] - flow->first[b];
        next |= flow->next[b];
    }
    /* What goes on in an inner block stands before it. */
    return body && !(flow->jumps & body) && !(flow->inner & (body | next)) &&
           __builtin_popcountll(body) <= MOST_BLOCKS && insns <= MOST_INSNS;
}

/* ---- copies ---- */

struct steady {
    struct jit_rewrite rw;
    struct jit_flow flow;
    uint64_t heads;                  /* of all loops that get copies */
    uint64_t body[JIT_MAX_BLOCKS];   /* by block: of the one that it is in, or 0 */
    uint32_t number[JIT_MAX_BLOCKS]; /* by block: its copy's, where old numbers end and on */
};

static bool overlaps(const struct steady *s, uint64_t body)
{
    JIT_FOR_BITS(body, b)
    if (s->body[b])
        return true;
    return false;
}

/* Gives all blocks of the loop copies, from number n on. Returns the next one. */
static uint32_t take_loop(struct steady *s, uint32_t head, uint64_t body, uint32_t n)
{
    s->heads |= JIT_BIT(head);
    JIT_FOR_BITS(body, b)
    {
        s->body[b] = body;
        s->number[b] = n++;
    }
    return n;
}

static void choose_loops(struct steady *s, struct jit_facts *facts)
{
    uint32_t n = s->flow.n;

    JIT_FOR_BITS(s->flow.heads, head)
    {
        uint64_t body = jit_flow_inner(&s->flow, (uint32_t)head);
        if (!overlaps(s, body) && is_fit(&s->flow, body) &&
            n + (uint32_t)__builtin_popcountll(body) <= JIT_MAX_BLOCKS &&
            gains(facts, &s->flow, (uint32_t)head, body))
            n = take_loop(s, (uint32_t)head, body, n);
    }
}

/* All as it was, but that the ways back to a loop's head lead to its copy. */
static void emit_first_turns(struct steady *s)
{
    for (uint32_t b = 0; b < s->flow.n; b++)
        for (uint32_t i = s->flow.first[b]; i < s->flow.first[b + 1]; i++) {
            struct vm_ir_insn insn = jit_rewrite_take(&s->rw, i);
            uint32_t to = jit_is_edge(&insn) ? insn.aux - 1 : 0;
            if (jit_is_edge(&insn) && s->heads & JIT_BIT(to) && s->body[b] & JIT_BIT(to))
                insn.aux = s->number[to] + 1;
            jit_rewrite_put(&s->rw, i, &insn);
        }
}

static void emit_copy(struct steady *s, uint32_t b)
{
    uint32_t first = s->flow.first[b];
    const struct vm_ir_insn *label = &s->rw.ir->insns[first];

    vm_ir_0(&s->rw.out, VM_OP_LABEL, VM_NONE, 0, label->imm);
    s->rw.block[s->number[b]] = s->rw.n_placed++;
    for (uint32_t i = first + 1; i < s->flow.first[b + 1]; i++) {
        struct vm_ir_insn insn = jit_rewrite_take(&s->rw, i);
        if (jit_is_edge(&insn) && s->body[b] & JIT_BIT(insn.aux - 1))
            insn.aux = s->number[insn.aux - 1] + 1;
        else if (insn.op == VM_OP_EXIT || insn.op == VM_OP_EXIT_IF)
            insn.reserved |= insn.aux ? 0 : JIT_EXIT_COPY;
        jit_rewrite_put(&s->rw, i, &insn);
    }
}

static void emit_copies(struct steady *s, uint64_t body)
{
    JIT_FOR_BITS(body, b)
    emit_copy(s, (uint32_t)b);
}

static bool copy_loops(struct steady *s, struct vm_ir_unit *ir, const struct vm_arch_ops *arch)
{
    if (!jit_rewrite_begin(&s->rw, ir, arch))
        return false;
    uint32_t *block = realloc(s->rw.block, JIT_MAX_BLOCKS * sizeof(*block));
    if (block) {
        s->rw.block = block;
        emit_first_turns(s);
        JIT_FOR_BITS(s->heads, head) /* in the order of their numbers */
        emit_copies(s, s->body[head]);
    } else {
        s->rw.out.failed = true;
    }
    return jit_rewrite_end(&s->rw);
}

bool jit_pass_steady(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                     struct jit_pass_stats *stats)
{
    struct steady s = {.heads = 0};

    if (ir->insns[0].op != VM_OP_LABEL || !jit_flow_blocks(&s.flow, ir))
        return true;
    struct jit_facts *facts = jit_facts_new(ir, arch);
    if (!facts)
        return false;
    jit_flow_loops(&s.flow);
    choose_loops(&s, facts);
    jit_facts_free(facts);
    for (uint32_t b = 0; b < s.flow.n; b++)
        stats->copied += s.body[b] != 0;
    return !s.heads || copy_loops(&s, ir, arch);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The ways through a region: see flow.h. */
#include <string.h>
#include "flow.h"
#include "rewrite.h"

static void note_label(struct jit_flow *f, uint32_t aux)
{
    f->entries |= aux & VM_LABEL_ENTRY ? JIT_BIT(f->n) : 0;
    f->targets |= aux & VM_LABEL_TARGET ? JIT_BIT(f->n) : 0;
    f->inner |= aux & VM_LABEL_INNER ? JIT_BIT(f->n) : 0;
}

bool jit_flow_blocks(struct jit_flow *f, const struct vm_ir_unit *ir)
{
    memset(f, 0, sizeof(*f));
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        const struct vm_ir_insn *insn = &ir->insns[i];
        if (insn->op == VM_OP_LABEL) {
            if (f->n == JIT_MAX_BLOCKS)
                return false;
            note_label(f, insn->aux);
            f->first[f->n++] = i;
        } else if (jit_is_edge(insn) && insn->aux <= JIT_MAX_BLOCKS) {
            f->next[f->n - 1] |= JIT_BIT(insn->aux - 1);
            f->before[insn->aux - 1] |= JIT_BIT(f->n - 1);
        } else if (insn->op == VM_OP_EXIT_TO && insn->aux == VM_JUMP_PLAIN) {
            f->jumps |= JIT_BIT(f->n - 1);
        }
    }
    f->first[f->n] = ir->n_insns;
    JIT_FOR_BITS(f->jumps, b)
    f->next[b] |= f->targets;
    JIT_FOR_BITS(f->targets, b)
    f->before[b] |= f->jumps;
    return true;
}

/* Depth first; `path` is the way to b. An edge back to the path leads to the head of a loop. */
static void find_heads(struct jit_flow *f, uint32_t b, uint64_t path, uint64_t *seen)
{
    *seen |= JIT_BIT(b);
    path |= JIT_BIT(b);
    f->heads |= f->next[b] & path;
    JIT_FOR_BITS(f->next[b] & ~*seen, to)
    if (!(*seen & JIT_BIT(to)))
        find_heads(f, (uint32_t)to, path, seen);
}

/* What can be reached from b. */
static uint64_t reach(const struct jit_flow *f, uint32_t b)
{
    uint64_t seen = 0, todo = JIT_BIT(b);

    while (todo) {
        uint32_t k = (uint32_t)__builtin_ctzll(todo);
        seen |= JIT_BIT(k);
        todo = (todo | f->next[k]) & ~seen;
    }
    return seen;
}

/* The blocks of the loop with that head and those ways back to it: what leads there without passing
 * the head. */
static uint64_t loop_of(const struct jit_flow *f, uint32_t head, uint64_t back)
{
    uint64_t body = JIT_BIT(head), todo = back & ~body;

    while (todo) {
        uint32_t b = (uint32_t)__builtin_ctzll(todo);
        body |= JIT_BIT(b);
        todo = (todo | f->before[b]) & ~body;
    }
    return body;
}

void jit_flow_loops(struct jit_flow *f)
{
    uint64_t seen = 0;

    f->heads = 0;
    memset(f->body, 0, sizeof(f->body));
    JIT_FOR_BITS(f->entries, b)
    if (!(seen & JIT_BIT(b)))
        find_heads(f, (uint32_t)b, 0, &seen);
    /* What decided branches have cut off may hold loops, too. */
    for (uint32_t b = 0; b < f->n; b++)
        if (!(seen & JIT_BIT(b)))
            find_heads(f, b, 0, &seen);
    JIT_FOR_BITS(f->heads, head)
    f->body[head] = loop_of(f, (uint32_t)head, f->before[head] & reach(f, (uint32_t)head));
}

uint64_t jit_flow_inner(const struct jit_flow *f, uint32_t head)
{
    uint64_t body = 0;

    JIT_FOR_BITS(f->before[head] & f->body[head], back)
    {
        uint64_t loop = loop_of(f, head, JIT_BIT(back));
        body |= f->heads & loop & ~JIT_BIT(head) ? 0 : loop;
    }
    return body;
}

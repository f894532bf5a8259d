/* SPDX-License-Identifier: BSD-2-Clause */
/* Pass: which loads and stores one TLB probe can serve. Changes nothing in the IR. */
#include <stdlib.h>
#include "rewrite.h"

#define NO_GROUP UINT32_MAX

/* A group as it grows is one of out->groups; those from `open` on may still take accesses. */
struct search {
    const struct vm_ir_unit *ir;
    const struct vm_arch_ops *arch;
    struct jit_probes *out;
    uint32_t open;
};

/* Plain accesses only: order and alignment are checked where each is made. */
static bool is_simple(const struct vm_ir_insn *insn)
{
    return (insn->op == VM_OP_LOAD || insn->op == VM_OP_STORE) &&
           !(insn->aux & (VM_MEMOP_BIG | VM_MEMOP_ALIGN | VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE)) &&
           insn->imm > INT32_MIN && insn->imm < INT32_MAX;
}

/* A mapping may be another one behind it. */
static bool ends_groups(const struct search *s, const struct vm_ir_insn *insn)
{
    return jit_starts_block(insn) || insn->op == VM_OP_FENCE ||
           (insn->op == VM_OP_CALL && !jit_is_pure(insn, s->arch));
}

static struct jit_probe_group *find_group(const struct search *s, const struct vm_ir_insn *insn)
{
    int64_t end = insn->imm + VM_MEMOP_SIZE(insn->aux);

    for (uint32_t k = s->out->n_groups; k-- > s->open;) {
        struct jit_probe_group *g = &s->out->groups[k];
        int64_t min = insn->imm < g->min ? insn->imm : g->min, max = end > g->max ? end : g->max;
        if (g->base == insn->arg[0] && g->mmu == VM_MEMOP_MMU(insn->aux) &&
            max - min < JIT_PROBE_SPAN) {
            g->min = min;
            g->max = max;
            return g;
        }
    }
    return NULL;
}

static void add(struct search *s, uint32_t i)
{
    const struct vm_ir_insn *insn = &s->ir->insns[i];
    struct jit_probe_group *g = find_group(s, insn);

    if (!g) {
        g = &s->out->groups[s->out->n_groups++];
        *g = (struct jit_probe_group){
            .base = insn->arg[0],
            .min = insn->imm,
            .max = insn->imm + VM_MEMOP_SIZE(insn->aux),
            .first = i,
            .mmu = VM_MEMOP_MMU(insn->aux),
        };
    }
    g->n++;
    g->last = i;
    g->reads |= insn->op == VM_OP_LOAD;
    g->writes |= insn->op == VM_OP_STORE;
    s->out->group_of[i] = (uint32_t)(g - s->out->groups);
}

/* A group of one is none; the others keep their order. */
static void drop_single(struct search *s, uint32_t *number)
{
    struct jit_probes *out = s->out;
    uint32_t n = 0;

    for (uint32_t k = 0; k < out->n_groups; k++) {
        number[k] = out->groups[k].n > 1 ? n : NO_GROUP;
        if (out->groups[k].n > 1)
            out->groups[n++] = out->groups[k];
    }
    out->n_groups = n;
    for (uint32_t i = 0; i < s->ir->n_insns; i++) {
        if (out->group_of[i] != NO_GROUP)
            out->group_of[i] = number[out->group_of[i]];
    }
}

void jit_probes_free(struct jit_probes *probes)
{
    free(probes->groups);
    free(probes->group_of);
    *probes = (struct jit_probes){0};
}

bool jit_pass_probes(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                     struct jit_pass_stats *stats, struct jit_probes *out)
{
    struct search s = {.ir = ir, .arch = arch, .out = out};
    uint32_t n = 0;

    for (uint32_t i = 0; i < ir->n_insns; i++)
        n += is_simple(&ir->insns[i]);
    *out = (struct jit_probes){
        .groups = calloc(n + 1, sizeof(*out->groups)),
        .group_of = malloc(ir->n_insns * sizeof(*out->group_of)),
    };
    uint32_t *number = malloc((n + 1) * sizeof(*number));
    if (!out->groups || !out->group_of || !number) {
        free(number);
        jit_probes_free(out);
        return false;
    }
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        out->group_of[i] = NO_GROUP;
        if (is_simple(&ir->insns[i]))
            add(&s, i);
        else if (ends_groups(&s, &ir->insns[i]))
            s.open = out->n_groups;
    }
    drop_single(&s, number);
    for (uint32_t k = 0; k < out->n_groups; k++)
        stats->probes += out->groups[k].n - 1;
    free(number);
    return true;
}

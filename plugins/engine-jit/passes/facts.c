/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of slots across blocks: see facts.h. */
#include <stdlib.h>
#include <string.h>
#include "facts.h"
#include "rewrite.h"

/* Alone at its place, an integer, and changed by puts and helpers only. */
static bool is_simple(const struct vm_arch_ops *arch, uint32_t slot)
{
    if (arch->slots[slot].type != VM_I64 || arch->slots[slot].constant_zero ||
        slot == arch->fp.flags_slot)
        return false;
    for (uint32_t s = 0; s < arch->n_slots; s++)
        if (s != slot && jit_slots_overlap(arch, s, slot))
            return false;
    return true;
}

/* Those that somebody puts. */
static void rank_slots(struct jit_facts *f)
{
    memset(f->rank, -1, f->arch->n_slots);
    for (uint32_t i = 0; i < f->ir->n_insns; i++) {
        const struct vm_ir_insn *insn = &f->ir->insns[i];
        if ((insn->op == VM_OP_PUT || insn->op == VM_OP_GET) && insn->type == VM_I64 &&
            f->rank[insn->aux] < 0 && f->n < JIT_FACT_SLOTS && is_simple(f->arch, insn->aux))
            f->rank[insn->aux] = (int8_t)f->n++;
    }
}

struct jit_facts *jit_facts_new(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch)
{
    struct jit_facts *f = malloc(sizeof(*f));

    if (!f)
        return NULL;
    f->ir = ir;
    f->arch = arch;
    f->n = 0;
    f->rank = malloc(arch->n_slots + 1);
    f->holder = calloc(ir->n_insns, sizeof(*f->holder));
    if (!f->rank || !f->holder) {
        jit_facts_free(f);
        return NULL;
    }
    rank_slots(f);
    return f;
}

void jit_facts_free(struct jit_facts *f)
{
    if (!f)
        return;
    free(f->rank);
    free(f->holder);
    free(f);
}

static void fill(struct jit_fact *facts, uint32_t n, enum jit_fact_kind kind)
{
    for (uint32_t s = 0; s < n; s++)
        facts[s] = (struct jit_fact){.kind = (uint8_t)kind};
}

void jit_facts_begin(struct jit_facts *f, uint64_t open, uint32_t head)
{
    f->head = head;
    fill(f->back, f->n, JIT_FACT_ANY);
    for (uint32_t b = 0; b < JIT_MAX_BLOCKS; b++)
        fill(f->in[b], f->n, open & JIT_BIT(b) ? JIT_FACT_NONE : JIT_FACT_ANY);
}

static bool same(const struct jit_fact *a, const struct jit_fact *b)
{
    return a->kind == b->kind && a->slot == b->slot && a->value == b->value;
}

/* ---- one instruction ---- */

static void set(struct jit_facts *f, uint32_t slot, uint32_t put_at, struct jit_fact fact)
{
    for (uint32_t s = 0; s < f->n; s++)
        if (f->now[s].kind == JIT_FACT_SLOT && f->now[s].slot == slot)
            f->now[s] = (struct jit_fact){.kind = JIT_FACT_NONE};
    f->now[slot] = fact;
    f->put_at[slot] = put_at;
}

/* What a value is for those who come later: a constant, or what a slot still holds. */
static struct jit_fact fact_of(const struct jit_facts *f, vm_ir_value v)
{
    const struct vm_ir_insn *def = &f->ir->insns[v];
    const struct jit_fact_holder *holder = &f->holder[v];
    int rank = def->op == VM_OP_GET && def->type == VM_I64 ? f->rank[def->aux] : -1;

    if (def->op == VM_OP_CONST && def->type == VM_I64)
        return (struct jit_fact){.kind = JIT_FACT_CONST, .value = def->imm};
    if (rank >= 0 && f->put_at[rank] <= v)
        return (struct jit_fact){.kind = JIT_FACT_SLOT, .slot = (uint8_t)rank};
    if (holder->put_at && f->put_at[holder->slot] == holder->put_at)
        return (struct jit_fact){.kind = JIT_FACT_SLOT, .slot = holder->slot};
    return (struct jit_fact){.kind = JIT_FACT_NONE};
}

/* Whether the put at i changes nothing. */
static bool put(struct jit_facts *f, uint32_t i)
{
    const struct vm_ir_insn *insn = &f->ir->insns[i];
    int rank = insn->type == VM_I64 ? f->rank[insn->aux] : -1;

    if (rank < 0)
        return false;
    struct jit_fact fact = fact_of(f, insn->arg[0]);
    bool itself = fact.kind == JIT_FACT_SLOT && fact.slot == rank;
    if (itself || (fact.kind > JIT_FACT_NONE && same(&fact, &f->now[rank])))
        return true;
    set(f, (uint32_t)rank, i + 1, fact);
    f->holder[insn->arg[0]] = (struct jit_fact_holder){i + 1, (uint8_t)rank};
    return false;
}

static void call(struct jit_facts *f, uint32_t i)
{
    const struct vm_helper *helper = &f->arch->helpers[f->ir->insns[i].aux];
    struct jit_fact none = {.kind = JIT_FACT_NONE};

    for (uint32_t s = 0; helper->flags & VM_HELPER_ALL_SLOTS && s < f->n; s++)
        set(f, s, i + 1, none);
    for (const uint16_t *s = helper->writes; s && *s != 0xffff; s++)
        if (f->rank[*s] >= 0)
            set(f, (uint32_t)f->rank[*s], i + 1, none);
}

/* Something new came out of it for that block. */
static bool meet(struct jit_facts *f, uint32_t block)
{
    struct jit_fact *known = block == f->head ? f->back : f->in[block];
    bool changed = false;

    for (uint32_t s = 0; s < f->n; s++) {
        struct jit_fact *in = &known[s], before = *in;
        if (in->kind == JIT_FACT_ANY)
            *in = f->now[s];
        else if (!same(in, &f->now[s]))
            *in = (struct jit_fact){.kind = JIT_FACT_NONE};
        changed |= !same(in, &before);
    }
    return changed;
}

/* ---- all of them ---- */

static bool is_known(const struct jit_facts *f, uint32_t block)
{
    return f->n && f->in[block][0].kind != JIT_FACT_ANY;
}

/* One block; false: nothing changed where it leads to. */
static bool pass_block(struct jit_facts *f, const struct jit_flow *flow, uint32_t b,
                       uint64_t blocks, bool *dropped, uint32_t *n)
{
    bool changed = false;

    if (!(flow->inner & JIT_BIT(b))) { /* else it goes on where the one before it ended */
        memcpy(f->now, f->in[b], sizeof(f->now));
        memset(f->put_at, 0, sizeof(f->put_at));
    }
    for (uint32_t i = flow->first[b]; i < flow->first[b + 1]; i++) {
        const struct vm_ir_insn *insn = &f->ir->insns[i];
        bool nothing = insn->op == VM_OP_PUT && put(f, i);
        if (insn->op == VM_OP_CALL)
            call(f, i);
        if (jit_is_edge(insn) && blocks & JIT_BIT(insn->aux - 1))
            changed |= meet(f, insn->aux - 1);
        *n += nothing;
        if (dropped)
            dropped[i] = nothing;
    }
    return changed;
}

uint32_t jit_facts_settle(struct jit_facts *f, const struct jit_flow *flow, uint64_t blocks,
                          bool *dropped)
{
    bool changed = true;
    uint32_t n = 0;

    while (changed) {
        changed = false;
        n = 0;
        JIT_FOR_BITS(blocks, b)
        if (is_known(f, (uint32_t)b))
            changed |= pass_block(f, flow, (uint32_t)b, blocks, dropped, &n);
    }
    return n;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Pass: an operation without effect that was done before in the block is not done again. */
#include <stdlib.h>
#include <string.h>
#include "rewrite.h"

struct cse {
    struct jit_rewrite rw;
    vm_ir_value *table; /* open addressing; what is older than `block` counts as free */
    uint32_t mask;
    vm_ir_value block; /* the first value of the block */
    struct jit_pass_stats *stats;
};

/* What makes two operations the same: operands that commute come in one order. */
static struct vm_ir_insn key_of(const struct vm_ir_insn *insn)
{
    struct vm_ir_insn key = *insn;

    key.reserved = 0;
    if (jit_op_flags[insn->op] & JIT_OP_COMMUTES && key.arg[0] > key.arg[1]) {
        key.arg[0] = insn->arg[1];
        key.arg[1] = insn->arg[0];
    }
    return key;
}

static uint32_t hash_of(const struct vm_ir_insn *key)
{
    uint64_t h = key->op | (uint64_t)key->type << 16 | (uint64_t)key->aux << 24;

    h = (h ^ (uint64_t)key->imm) * 0x9e3779b97f4a7c15;
    for (uint32_t i = 0; i < 3; i++)
        h = (h ^ h >> 29 ^ key->arg[i]) * 0x9e3779b97f4a7c15;
    return (uint32_t)(h >> 32);
}

static bool same(const struct vm_ir_insn *a, const struct vm_ir_insn *b)
{
    return a->op == b->op && a->type == b->type && a->n_args == b->n_args && a->aux == b->aux &&
           a->imm == b->imm && memcmp(a->arg, b->arg, sizeof(a->arg)) == 0;
}

/* Where a value with that key is or would be. */
static vm_ir_value *find(const struct cse *c, const struct vm_ir_insn *key)
{
    uint32_t at = hash_of(key) & c->mask;

    for (;; at = (at + 1) & c->mask) {
        vm_ir_value v = c->table[at];
        if (v == VM_NO_VALUE || v < c->block)
            return &c->table[at];
        struct vm_ir_insn other = key_of(&c->rw.out.insns[v]);
        if (same(&other, key))
            return &c->table[at];
    }
}

static void one(struct cse *c, uint32_t i)
{
    struct vm_ir_insn insn = jit_rewrite_take(&c->rw, i), key;

    if (jit_starts_block(&insn))
        c->block = c->rw.out.n_insns;
    if (c->rw.out.failed || !jit_is_pure(&insn, c->rw.arch)) {
        jit_rewrite_put(&c->rw, i, &insn);
        return;
    }
    key = key_of(&insn);
    vm_ir_value *v = find(c, &key);
    if (*v != VM_NO_VALUE && *v >= c->block) {
        c->rw.map[i] = *v;
        c->stats->shared++;
    } else {
        *v = jit_rewrite_put(&c->rw, i, &insn);
    }
}

bool jit_pass_cse(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                  struct jit_pass_stats *stats)
{
    struct cse c = {.stats = stats, .mask = 63};

    if (!jit_rewrite_begin(&c.rw, ir, arch))
        return false;
    while (c.mask < 2 * ir->n_insns)
        c.mask = c.mask * 2 + 1;
    c.table = malloc((c.mask + 1) * sizeof(*c.table));
    if (c.table) {
        memset(c.table, 0xff, (c.mask + 1) * sizeof(*c.table));
        for (uint32_t i = 0; i < ir->n_insns; i++)
            one(&c, i);
    } else {
        c.rw.out.failed = true;
    }
    free(c.table);
    return jit_rewrite_end(&c.rw);
}

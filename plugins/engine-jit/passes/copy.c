/* SPDX-License-Identifier: BSD-2-Clause */
/* Pass: what is known to be in the slots is not read again, nor written again. */
#include <stdlib.h>
#include "rewrite.h"

struct copy {
    struct jit_rewrite rw;
    vm_ir_value *known; /* by slot: the value that it holds, or VM_NO_VALUE */
    struct jit_pass_stats *stats;
};

static void forget_all(struct copy *c)
{
    for (uint32_t s = 0; s < c->rw.arch->n_slots; s++)
        c->known[s] = VM_NO_VALUE;
}

static void forget(struct copy *c, uint32_t slot)
{
    for (uint32_t s = 0; slot < c->rw.arch->n_slots && s < c->rw.arch->n_slots; s++) {
        if (jit_slots_overlap(c->rw.arch, s, slot))
            c->known[s] = VM_NO_VALUE;
    }
}

static void forget_for(struct copy *c, const struct vm_helper *helper)
{
    if (helper->flags & VM_HELPER_ALL_SLOTS)
        forget_all(c);
    for (const uint16_t *s = helper->writes; s && *s != 0xffff; s++)
        forget(c, *s);
    if (helper->flags & VM_HELPER_FP)
        forget(c, c->rw.arch->fp.flags_slot);
}

static void get(struct copy *c, uint32_t i)
{
    const struct vm_ir_insn *insn = &c->rw.ir->insns[i];
    vm_ir_value *known = &c->known[insn->aux];

    if (*known != VM_NO_VALUE)
        c->rw.map[i] = *known;
    else if (c->rw.arch->slots[insn->aux].constant_zero)
        c->rw.map[i] = *known = vm_ir_const(&c->rw.out, (enum vm_ir_type)insn->type, 0);
    else {
        *known = jit_rewrite_copy(&c->rw, i);
        return;
    }
    c->stats->forwarded++;
}

static void put(struct copy *c, uint32_t i)
{
    const struct vm_ir_insn *insn = &c->rw.ir->insns[i];
    vm_ir_value v = c->rw.map[insn->arg[0]];

    if (c->known[insn->aux] == v) {
        c->stats->forwarded++;
        return;
    }
    forget(c, insn->aux);
    c->known[insn->aux] = v;
    jit_rewrite_copy(&c->rw, i);
}

static void one(struct copy *c, uint32_t i)
{
    const struct vm_ir_insn *insn = &c->rw.ir->insns[i];

    switch (insn->op) {
    case VM_OP_GET:
        get(c, i);
        return;
    case VM_OP_PUT:
        put(c, i);
        return;
    case VM_OP_CALL:
        forget_for(c, &c->rw.arch->helpers[insn->aux]);
        break;
    default:
        if (jit_op_flags[insn->op] & JIT_OP_FP)
            forget(c, c->rw.arch->fp.flags_slot);
        else if (jit_starts_block(insn))
            forget_all(c);
    }
    jit_rewrite_copy(&c->rw, i);
}

bool jit_pass_copy(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                   struct jit_pass_stats *stats)
{
    struct copy c = {.stats = stats};

    if (!jit_rewrite_begin(&c.rw, ir, arch))
        return false;
    c.known = malloc((arch->n_slots + 1) * sizeof(*c.known));
    if (!c.known) {
        c.rw.out.failed = true;
        return jit_rewrite_end(&c.rw);
    }
    forget_all(&c);
    for (uint32_t i = 0; i < ir->n_insns; i++)
        one(&c, i);
    free(c.known);
    return jit_rewrite_end(&c.rw);
}

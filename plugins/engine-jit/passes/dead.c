/* SPDX-License-Identifier: BSD-2-Clause */
/* Pass: what nobody sees is not done. */
#include <stdlib.h>
#include "rewrite.h"

struct dead {
    struct jit_rewrite rw;
    bool *used;       /* by value */
    bool *may_leave;  /* by instruction: a guest instruction ends before it, and may leave there */
    uint32_t *hidden; /* by slot: the era in which it is put later on, before anybody looks */
    uint32_t era;     /* goes on where somebody looks at all slots */
    struct jit_pass_stats *stats;
};

static void look_at(struct dead *d, uint32_t slot)
{
    for (uint32_t s = 0; slot < d->rw.arch->n_slots && s < d->rw.arch->n_slots; s++) {
        if (jit_slots_overlap(d->rw.arch, s, slot))
            d->hidden[s] = 0;
    }
}

static void look_for(struct dead *d, const struct vm_helper *helper)
{
    for (const uint16_t *s = helper->reads; s && *s != 0xffff; s++)
        look_at(d, *s);
    if (helper->flags & VM_HELPER_FP)
        look_at(d, d->rw.arch->fp.flags_slot);
    if (helper->flags & (VM_HELPER_MAY_TRAP | VM_HELPER_ALL_SLOTS | VM_HELPER_MEMORY))
        d->era++;
}

/* What instruction i looks at. */
static void looks(struct dead *d, uint32_t i)
{
    const struct vm_ir_insn *insn = &d->rw.ir->insns[i];
    uint32_t flags = jit_op_flags[insn->op];

    if (insn->op == VM_OP_CALL) {
        look_for(d, &d->rw.arch->helpers[insn->aux]);
        return;
    }
    if (insn->op == VM_OP_GET)
        look_at(d, insn->aux);
    if (flags & JIT_OP_FP)
        look_at(d, d->rw.arch->fp.flags_slot);
    /* From the end of a block into the one that is part of it nothing is seen. */
    bool goes_on = insn->op == VM_OP_EXIT && i + 1 < d->rw.ir->n_insns &&
                   insn[1].op == VM_OP_LABEL && insn[1].aux & VM_LABEL_INNER;
    if (d->may_leave[i] || (flags & (JIT_OP_FAULTS | JIT_OP_ENDS | JIT_OP_EXITS) && !goes_on))
        d->era++;
}

static bool is_needed(struct dead *d, uint32_t i)
{
    const struct vm_ir_insn *insn = &d->rw.ir->insns[i];

    if (d->used[i])
        return true;
    if (insn->op == VM_OP_GET || jit_is_pure(insn, d->rw.arch))
        return false;
    if (insn->op != VM_OP_PUT)
        return true;
    if (d->hidden[insn->aux] == d->era)
        return false;
    d->hidden[insn->aux] = d->era;
    return true;
}

/* used[] becomes: is needed. */
static void find_needed(struct dead *d)
{
    const struct vm_ir_unit *ir = d->rw.ir;
    bool leaves = false;

    for (uint32_t i = 0; i < ir->n_insns; i++) {
        leaves |= jit_leaves_after(&ir->insns[i], d->rw.arch);
        if (ir->insns[i].op == VM_OP_INSN || jit_op_flags[ir->insns[i].op] & JIT_OP_ENDS) {
            d->may_leave[i] = leaves;
            leaves = false;
        }
    }
    for (uint32_t i = ir->n_insns; i-- > 0;) {
        d->used[i] = is_needed(d, i);
        if (!d->used[i])
            continue;
        looks(d, i);
        for (uint32_t k = 0; k < ir->insns[i].n_args; k++)
            d->used[vm_ir_arg(&ir->insns[i], k)] = true;
    }
}

bool jit_pass_dead(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                   struct jit_pass_stats *stats)
{
    struct dead d = {.stats = stats, .era = 1};

    if (!jit_rewrite_begin(&d.rw, ir, arch))
        return false;
    d.used = calloc(ir->n_insns, sizeof(*d.used));
    d.may_leave = calloc(ir->n_insns, sizeof(*d.may_leave));
    d.hidden = calloc(arch->n_slots + 1, sizeof(*d.hidden));
    if (d.used && d.may_leave && d.hidden) {
        find_needed(&d);
        for (uint32_t i = 0; i < ir->n_insns; i++) {
            if (d.used[i])
                jit_rewrite_copy(&d.rw, i);
            else
                stats->dead++;
        }
    } else {
        d.rw.out.failed = true;
    }
    free(d.used);
    free(d.may_leave);
    free(d.hidden);
    return jit_rewrite_end(&d.rw);
}

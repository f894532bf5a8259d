/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pass: what is computed in 32 bits and extended by its sign is computed in 64 bits right away,
 * where that cannot overflow. Who wants the narrow value from then on takes it from the wide one.
 */
#include "fold.h"

struct widen {
    struct jit_rewrite rw;
    struct jit_pass_stats *stats;
};

static const struct vm_ir_insn *def(const struct widen *w, vm_ir_value v)
{
    return &w->rw.out.insns[v];
}

static uint32_t bits(const struct widen *w, vm_ir_value v)
{
    return jit_signed_bits(&w->rw.out, v);
}

static bool is_const(const struct widen *w, vm_ir_value v)
{
    return def(w, v)->op == VM_OP_CONST;
}

/* There is an i64 with the value of the i32. */
static bool has_wide(const struct widen *w, vm_ir_value v)
{
    return is_const(w, v) || (def(w, v)->op == VM_OP_TRUNC && bits(w, def(w, v)->arg[0]) <= 32);
}

/* The same; a count is one modulo 64 from then on. */
static vm_ir_value wide_of(struct widen *w, vm_ir_value v, bool is_count)
{
    const struct vm_ir_insn *d = def(w, v);

    if (d->op != VM_OP_CONST)
        return d->arg[0];
    return vm_ir_const(&w->rw.out, VM_I64, is_count ? d->imm & 31 : (int32_t)d->imm);
}

/* How many bits the result can have if it is not cut to 32. */
static uint32_t result_bits(const struct widen *w, const struct vm_ir_insn *insn)
{
    uint32_t a = bits(w, insn->arg[0]), b = insn->n_args > 1 ? bits(w, insn->arg[1]) : 0;

    switch (insn->op) {
    case VM_OP_ADD:
    case VM_OP_SUB:
        return (a > b ? a : b) + 1;
    case VM_OP_NEG:
        return a + 1;
    case VM_OP_MUL:
        return a + b;
    case VM_OP_SHL:
        return is_const(w, insn->arg[1]) ? a + ((uint32_t)def(w, insn->arg[1])->imm & 31) : 64;
    case VM_OP_SAR:
        return is_const(w, insn->arg[1]) ? a : 64;
    case VM_OP_AND:
    case VM_OP_OR:
    case VM_OP_XOR:
    case VM_OP_NOT:
        return 32;
    default:
        return 64;
    }
}

static bool can_widen(const struct widen *w, const struct vm_ir_insn *narrow)
{
    if (narrow->type != VM_I32 || !narrow->n_args || result_bits(w, narrow) > 32)
        return false;
    for (uint32_t k = 0; k < narrow->n_args; k++)
        if (!has_wide(w, narrow->arg[k]))
            return false;
    return true;
}

/* Instead of the extension i of `insn`. */
static void widen(struct widen *w, uint32_t i, struct vm_ir_insn insn)
{
    bool shifts = insn.op == VM_OP_SHL || insn.op == VM_OP_SAR;

    insn.type = VM_I64;
    for (uint32_t k = 0; k < insn.n_args; k++)
        insn.arg[k] = wide_of(w, insn.arg[k], shifts && k == 1);
    vm_ir_value v = jit_rewrite_put(&w->rw, i, &insn);
    w->rw.map[w->rw.ir->insns[i].arg[0]] = vm_ir_1(&w->rw.out, VM_OP_TRUNC, VM_I32, 0, 0, v);
    w->stats->folded++;
}

static void one(struct widen *w, uint32_t i)
{
    struct vm_ir_insn insn = jit_rewrite_take(&w->rw, i);

    if (insn.op == VM_OP_EXTS && !w->rw.out.failed && can_widen(w, def(w, insn.arg[0])))
        widen(w, i, *def(w, insn.arg[0]));
    else
        jit_rewrite_put(&w->rw, i, &insn);
}

bool jit_pass_widen(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                    struct jit_pass_stats *stats)
{
    struct widen w = {.stats = stats};

    if (!jit_rewrite_begin(&w.rw, ir, arch))
        return false;
    for (uint32_t i = 0; i < ir->n_insns; i++)
        one(&w, i);
    return jit_rewrite_end(&w.rw);
}

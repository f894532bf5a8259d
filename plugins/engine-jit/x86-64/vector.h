/* SPDX-License-Identifier: BSD-2-Clause */
/* vector.h - what the files for vectors on AVX share. */
#ifndef ENGINE_JIT_X86_VECTOR_H
#define ENGINE_JIT_X86_VECTOR_H

#include "emit.h"

static inline bool has(const struct emitter *e, uint32_t feature)
{
    return (e->u->engine->features & feature) != 0;
}

/* to = first op second */
static inline void three(struct emitter *e, enum x86_form form, int to, int first, int second)
{
    x86_rrr(&e->a, form, false, XMM(to), XMM(first), XMM(second));
}

/* ... with a byte behind it */
static inline void three_imm(struct emitter *e, enum x86_form form, int to, int first, int second,
                             uint32_t imm)
{
    three(e, form, to, first, second);
    x86_byte(&e->a, imm);
}

static inline void shuffle(struct emitter *e, enum x86_form form, int to, int from, uint32_t imm)
{
    x86_rr(&e->a, form, false, XMM(to), XMM(from));
    x86_byte(&e->a, imm);
}

static inline void shift(struct emitter *e, int how, uint32_t size, int to, int from, uint32_t n)
{
    x86_vector_shift(&e->a, how, size, XMM(to), XMM(from), n);
}

#define WORK   JIT_FLOAT
#define WORK_2 (JIT_FLOAT + 1)

/* vector.c: a constant in both halves. */
void x86_vector_constant(struct emitter *e, int to, uint64_t bits);
/* The whole operation by C. */
void x86_vector_soft(struct emitter *e, const struct jit_insn *insn);
/* vector_products.c: whether there is a sequence, and to emit it; d is written last. */
bool x86_has_vector_product(const struct jit_insn *insn);
void x86_vector_product(struct emitter *e, const struct jit_insn *insn, const int *r, int d);
/* vector_float.c: V_FADD and what follows. */
void x86_emit_vector_float(struct emitter *e, const struct jit_insn *insn);

#endif

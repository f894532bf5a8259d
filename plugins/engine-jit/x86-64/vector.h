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

/* to = first op what is in memory */
static inline void three_mem(struct emitter *e, enum x86_form form, int to, int first,
                             struct x86_mem m)
{
    x86_rrm(&e->a, form, false, XMM(to), XMM(first), m);
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

/* The k-th of the vectors at m. */
static inline struct x86_mem nth(struct x86_mem m, uint32_t k)
{
    m.disp += (int32_t)(16 * k);
    return m;
}

/* The low bits in each lane of half a vector. */
static inline uint64_t in_each_lane(uint32_t size, uint64_t bits)
{
    static const uint64_t ones[] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};

    return ones[size] * (bits & (UINT64_MAX >> (64 - (8u << size))));
}

#define WORK   JIT_FLOAT
#define WORK_2 (JIT_FLOAT + 1)
/* A vector in memory, 0 to 3, that is scratch, too. */
#define WORK_AT(e, k) nth(FRAME_AT((e)->u, vector), k)

/* vector.c: a constant in both halves. */
void x86_vector_constant(struct emitter *e, int to, uint64_t bits);
/* vector_float.c: lanes of a result that are not above the smallest normal number, and so may be
 * wrong unless they are 0. */
void x86_tail_vector_flushes(struct emitter *e, const struct tail *t);
/* The whole operation by C. */
void x86_vector_soft(struct emitter *e, const struct jit_insn *insn);

/*
 * Sequences: of operands in registers r. The result is written last, to d, which may be an
 * operand's register.
 */
typedef void x86_sequence_fn(struct emitter *e, const struct jit_insn *insn, const int *r, int d);
/* vector_products.c: V_MUL; V_SQDMULH and V_SQRDMULH; V_PMULL */
x86_sequence_fn x86_multiply, x86_multiply_doubled, x86_multiply_polynomials;
/* vector_lanes.c: other arithmetic */
x86_sequence_fn x86_greater_unsigned, x86_min_max, x86_saturate, x86_saturate_unsigned, x86_average,
    x86_absolute;
/* vector_shift.c: V_SHL to V_SAR; V_USHL and V_SSHL of bytes, of two bytes and of more */
x86_sequence_fn x86_shift_by_constant, x86_shift_bytes, x86_shift_words, x86_shift_wide;

/* vector_crypto.c; false: not its, or the host has nothing for it. */
bool x86_emit_vector_crypto(struct emitter *e, const struct jit_insn *insn);
/* vector_float.c: V_FADD and what follows. */
void x86_emit_vector_float(struct emitter *e, const struct jit_insn *insn);
/* The operation by C out of line, reached from `place`: of operands' registers, -1 beyond, to d. */
struct tail *x86_vector_tail(struct emitter *e, const struct jit_insn *insn, uint32_t place,
                             const int *operands, int d);
/* vector_half.c: V_FCVTL and V_FCVTN; V_FADD and what follows, on lanes of 16 bits */
void x86_emit_vector_half(struct emitter *e, const struct jit_insn *insn);
void x86_emit_half_lanes(struct emitter *e, const struct jit_insn *insn);

/* Predicates of the host's comparison. */
enum {
    EQUAL = 0,
    LESS = 1,
    LESS_OR_EQUAL = 2,
    UNORDERED = 3,
    EQUAL_OR_UNORDERED = 8,
    QUIET = 16,
    NOT_LESS = 5,
    NOT_GREATER_OR_UNORDERED = 26,
};

#endif

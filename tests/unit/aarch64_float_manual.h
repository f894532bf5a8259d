/* SPDX-License-Identifier: BSD-2-Clause */
/* aarch64_float_manual.h - what the manual says that a floating-point instruction does, of which
 * MPFR does the arithmetic; for aarch64_float_test.c. */
#ifndef TESTS_UNIT_AARCH64_FLOAT_MANUAL_H
#define TESTS_UNIT_AARCH64_FLOAT_MANUAL_H

#include "mpfr_oracle.h"

enum { HALF, SINGLE, DOUBLE };

enum kind {
    ARITHMETIC,
    CONVERT,
    INTEGRAL,
    TO_INTEGER,
    FROM_INTEGER,
    RECIPROCAL, /* estimates: FRECPE, FRSQRTE, FRECPX; by integers, as the manual has them */
    RECIPROCAL_ROOT,
    RECIPROCAL_EXPONENT
};

/* A pattern with its free bits, and what it computes. Operands are v1, v2, v3, or x1; the result is
 * v0, which is also what FMLA adds to, or x0. */
struct instruction {
    char name[16];
    uint32_t word;
    enum kind kind;
    enum op_id op; /* ARITHMETIC; of FMA, v[2] is the addend */
    bool negate_product, negate_addend, negate_result;
    bool absolute;  /* FABD: the result has no sign */
    bool extended;  /* FMULX: zero times infinity is two */
    int step;       /* of FMA: FRECPS 2 and FRSQRTS 3 add that, and the latter halves */
    int from, to;   /* formats; of integers their width in bits */
    unsigned lanes; /* 0: scalar */
    unsigned first_from, first_to; /* lanes: of FCVTL2 and FCVTN2 */
    bool general;                  /* the integer is in a general register */
    bool is_unsigned, accumulates;
    bool by_element; /* the second operand is one lane for all: */
    unsigned element;
    bool pairs;         /* operands are neighbours, of v1 and then of v2; of a scalar of v1 alone */
    bool widens;        /* FMLAL: halves are multiplied, singles added to */
    bool tells_inexact; /* INTEGRAL: FRINTX */
    bool to_odd;        /* CONVERT: FCVTXN */
    int limit;          /* INTEGRAL: it must fit a signed integer of so many bits; 0: none */
    int rounding;       /* VM_FP_*; -1: FPCR's */
    int fraction;
};

/* FPCR, as the mode key has it. */
struct control {
    uint64_t key;
    int rounding;
    bool fz, fz16, dn, ahp;
};

unsigned arity(const struct instruction *in);
/* One lane's result, and the flags that it raises. */
uint64_t expected(const struct instruction *in, const struct control *c, const uint64_t operands[3],
                  uint8_t *flags);

#endif

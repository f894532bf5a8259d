/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mpfr_oracle.h - what IEEE 754 operations give, by MPFR: bits and flags in every rounding mode.
 *
 * MPFR gives the exact result, cut off at 256 bits and marked odd when that lost something; bits
 * and flags are then derived from it by MPFR's rounding, in the format's exponent range with
 * subnormals. MPFR has no rounding to nearest with ties away: that one is made from the two
 * neighbours. NaNs that operands make are the canonical one: guests' own rules are the tests'.
 */
#ifndef TESTS_UNIT_MPFR_ORACLE_H
#define TESTS_UNIT_MPFR_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#define MPFR_USE_INTMAX_T
#include <mpfr.h>

enum op_id {
    ADD,
    SUB,
    MUL,
    DIV,
    SQRT,
    FMA,
    MIN,
    MAX,
    RINT,
    NEARBYINT,
    CLASSIFY,
    EQ,
    LT,
    LE,
    LT_QUIET,
    LE_QUIET,
    TO_F16,
    TO_F32,
    TO_F64,
    TO_I32,
    TO_U32,
    TO_I64,
    TO_U64,
    FROM_I32,
    FROM_U32,
    FROM_I64,
    FROM_U64,
    NUM_OPS
};

struct format {
    int exp_bits, frac_bits;
    bool alternative; /* Arm's: no infinities and no NaNs, numbers in their place */
};

enum { NUM_FORMATS = 3, NUM_MODES = 5, MAX_EDGES = 128 };
/* Half, single and double. */
extern const struct format formats[NUM_FORMATS];

static inline int bias_of(const struct format *f)
{
    return (1 << (f->exp_bits - 1)) - 1;
}

static inline uint64_t sign_of(const struct format *f)
{
    return UINT64_C(1) << (f->exp_bits + f->frac_bits);
}

static inline uint64_t inf_of(const struct format *f)
{
    return ((UINT64_C(1) << f->exp_bits) - 1) << f->frac_bits;
}

static inline uint64_t quiet_of(const struct format *f)
{
    return UINT64_C(1) << (f->frac_bits - 1);
}

static inline uint64_t nan_of(const struct format *f)
{
    return inf_of(f) | quiet_of(f);
}

static inline int is_nan(const struct format *f, uint64_t a)
{
    return !f->alternative && (a & (sign_of(f) - 1)) > inf_of(f);
}

static inline int is_snan(const struct format *f, uint64_t a)
{
    return is_nan(f, a) && !(a & quiet_of(f));
}

/* The operands of the operation that was asked for last; an integral value. */
extern mpfr_t oracle_a, oracle_b, oracle_c, oracle_integral;

void oracle_set_up(void);
void oracle_tear_down(void);

/* A number as MPFR has it, and back: the bits of a value that the format has. */
void oracle_from_bits(const struct format *f, uint64_t a, mpfr_t out);
uint64_t oracle_to_bits(const struct format *f, mpfr_t x);

/*
 * Takes up an operation whose last step is a rounding to `dest`: arithmetic, TO_F16 and the like,
 * FROM_I32 and the like, whose integer is divided by 2^scale.
 */
void oracle_take(const struct format *f, enum op_id id, const uint64_t v[3],
                 const struct format *dest, int scale);
/* Halves what was taken up. */
void oracle_halve(void);
/* Its bits and flags in one rounding mode, with tininess after and before rounding. */
uint64_t oracle_round(int mode, uint8_t flags[2]);
/* Whether its result is tiny before rounding, and no zero. */
bool oracle_is_tiny(void);

/* oracle_a as an integral value in oracle_integral; whether that is another one. */
bool oracle_round_integral(int mode);
/* oracle_a, no NaN, as an integer from low to high, with VM_FP_NX or, where it is none, NV. */
uint64_t oracle_to_int(int mode, intmax_t low, uintmax_t high, uint8_t *flags);

/* Operands from where formats begin and end, of both signs; how many. */
int oracle_edges(const struct format *f, uint64_t out[MAX_EDGES], int few);
/* Starts a random test, says how to repeat it, and returns how often to go round. */
long oracle_start_random(const char *test, long rounds);
uint64_t oracle_random(void);
/* Three operands whose sums cancel, products underflow, or quotients overflow often enough. */
void oracle_random_operands(const struct format *f, uint64_t v[3]);

#endif

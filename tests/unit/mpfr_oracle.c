/* SPDX-License-Identifier: BSD-2-Clause */
/* Exact results of floating-point operations by MPFR, and operands to ask it about. */
#include "mpfr_oracle.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <vmrun/softfp.h>

enum { EXACT_BITS = 256 };

const struct format formats[NUM_FORMATS] = {{5, 10, false}, {8, 23, false}, {11, 52, false}};

mpfr_t oracle_a, oracle_b, oracle_c, oracle_integral;

/* The exact result of one operation, before rounding to dest. */
struct exact {
    const struct format *dest;
    mpfr_t value; /* of the sign that a zero has in all modes but VM_FP_RDN */
    int zero_negative_rdn;
    uint8_t flags;
};

static struct exact exact;
static mpfr_t cut, rounded, unbounded, below, above, scratch;

void oracle_set_up(void)
{
    mpfr_inits2(64, oracle_a, oracle_b, oracle_c, (mpfr_ptr)NULL);
    mpfr_inits2(EXACT_BITS, cut, scratch, oracle_integral, (mpfr_ptr)NULL);
    mpfr_init2(exact.value, EXACT_BITS + 8);
    mpfr_inits2(53, rounded, unbounded, below, above, (mpfr_ptr)NULL);
}

void oracle_tear_down(void)
{
    mpfr_clears(oracle_a, oracle_b, oracle_c, oracle_integral, cut, scratch, exact.value, rounded,
                unbounded, below, above, (mpfr_ptr)NULL);
    mpfr_free_cache();
}

void oracle_from_bits(const struct format *f, uint64_t a, mpfr_t out)
{
    uint64_t frac = a & ((UINT64_C(1) << f->frac_bits) - 1);
    int exp = (int)((a & inf_of(f)) >> f->frac_bits);

    if (is_nan(f, a)) {
        mpfr_set_nan(out);
        return;
    }
    if (!f->alternative && (a & inf_of(f)) == inf_of(f)) {
        mpfr_set_inf(out, 1);
    } else {
        mpfr_set_uj_2exp(out, exp ? frac | UINT64_C(1) << f->frac_bits : frac,
                         (exp ? exp : 1) - bias_of(f) - f->frac_bits, MPFR_RNDZ);
    }
    mpfr_setsign(out, out, (a & sign_of(f)) != 0, MPFR_RNDZ);
}

uint64_t oracle_to_bits(const struct format *f, mpfr_t x)
{
    uint64_t sign = mpfr_signbit(x) ? sign_of(f) : 0;
    int exp, subnormal;

    if (mpfr_nan_p(x)) {
        return nan_of(f);
    }
    if (mpfr_inf_p(x)) {
        return sign | inf_of(f);
    }
    if (mpfr_zero_p(x)) {
        return sign;
    }
    exp = (int)mpfr_get_exp(x) - 1 + bias_of(f);
    subnormal = exp < 1;
    mpfr_abs(scratch, x, MPFR_RNDZ);
    mpfr_mul_2si(scratch, scratch, f->frac_bits + bias_of(f) - (subnormal ? 1 : exp), MPFR_RNDZ);
    return sign | (mpfr_get_uj(scratch, MPFR_RNDZ) +
                   ((uint64_t)(subnormal ? 0 : exp - 1) << f->frac_bits));
}

static int arith(enum op_id id, mpfr_t r, mpfr_rnd_t rnd)
{
    switch (id) {
    case ADD:
        return mpfr_add(r, oracle_a, oracle_b, rnd);
    case SUB:
        return mpfr_sub(r, oracle_a, oracle_b, rnd);
    case MUL:
        return mpfr_mul(r, oracle_a, oracle_b, rnd);
    case DIV:
        return mpfr_div(r, oracle_a, oracle_b, rnd);
    case SQRT:
        return mpfr_sqrt(r, oracle_a, rnd);
    case FMA:
        return mpfr_fma(r, oracle_a, oracle_b, oracle_c, rnd);
    default:
        return mpfr_set(r, oracle_a, rnd);
    }
}

static void set_int(enum op_id id, uint64_t a)
{
    switch (id) {
    case FROM_I32:
        mpfr_set_sj(oracle_a, (int32_t)a, MPFR_RNDZ);
        break;
    case FROM_U32:
        mpfr_set_uj(oracle_a, (uint32_t)a, MPFR_RNDZ);
        break;
    case FROM_I64:
        mpfr_set_sj(oracle_a, (int64_t)a, MPFR_RNDZ);
        break;
    default:
        mpfr_set_uj(oracle_a, a, MPFR_RNDZ);
        break;
    }
}

void oracle_take(const struct format *f, enum op_id id, const uint64_t v[3],
                 const struct format *dest, int scale)
{
    int arity = id == FMA ? 3 : id <= DIV ? 2 : 1, nans = 0, infs = 0;

    exact.flags = 0;
    exact.dest = dest;
    oracle_from_bits(f, v[0], oracle_a);
    oracle_from_bits(f, v[1], oracle_b);
    oracle_from_bits(f, v[2], oracle_c);
    if (id >= FROM_I32) {
        set_int(id, v[0]);
        mpfr_div_2si(oracle_a, oracle_a, scale, MPFR_RNDZ);
        arity = 0;
    }
    for (int i = 0; i < arity; i++) {
        nans += is_nan(f, v[i]);
        infs += (v[i] & inf_of(f)) == inf_of(f);
        exact.flags |= is_snan(f, v[i]) ? VM_FP_NV : 0;
    }
    if (arith(id, cut, MPFR_RNDZ) != 0) {
        mpfr_set(exact.value, cut, MPFR_RNDZ);
        if (mpfr_signbit(cut)) {
            mpfr_nextbelow(exact.value);
        } else {
            mpfr_nextabove(exact.value);
        }
    } else {
        mpfr_set(exact.value, cut, MPFR_RNDZ);
    }
    arith(id, scratch, MPFR_RNDD);
    exact.zero_negative_rdn = mpfr_zero_p(scratch) && mpfr_signbit(scratch);
    if (mpfr_nan_p(cut) && !nans) {
        exact.flags |= VM_FP_NV;
    }
    if (id == FMA && (mpfr_zero_p(oracle_a) ? mpfr_inf_p(oracle_b)
                                            : mpfr_inf_p(oracle_a) && mpfr_zero_p(oracle_b))) {
        exact.flags |= VM_FP_NV;
    }
    if (mpfr_inf_p(cut) && !infs) {
        exact.flags |= VM_FP_DZ;
    }
}

void oracle_halve(void)
{
    mpfr_div_2si(exact.value, exact.value, 1, MPFR_RNDZ);
}

bool oracle_is_tiny(void)
{
    return mpfr_regular_p(exact.value) && mpfr_get_exp(exact.value) < 2 - bias_of(exact.dest);
}

static const mpfr_rnd_t mpfr_modes[] = {MPFR_RNDN, MPFR_RNDZ, MPFR_RNDD, MPFR_RNDU};

/* x to the precision of r, to nearest with ties away from zero. */
static void round_away(mpfr_t r, mpfr_t x)
{
    mpfr_set(below, x, MPFR_RNDZ);
    mpfr_set(above, x, MPFR_RNDA);
    mpfr_add(scratch, below, above, MPFR_RNDZ);
    mpfr_div_2ui(scratch, scratch, 1, MPFR_RNDZ);
    mpfr_set(r, mpfr_cmpabs(x, scratch) >= 0 ? above : below, MPFR_RNDZ);
}

/* MPFR's exponent of the largest numbers. */
static int max_exp(const struct format *f)
{
    return bias_of(f) + (f->alternative ? 2 : 1);
}

/* exact.value, not zero, into `rounded`; `unbounded` holds it rounded to any exponent. */
static void round_exact(const struct format *f, int mode)
{
    int min_exp = 2 - bias_of(f), t; /* MPFR's exponent of the smallest normal */
    mpfr_exp_t old_min = mpfr_get_emin(), old_max = mpfr_get_emax();

    if (mode != VM_FP_RMM) {
        mpfr_set(unbounded, exact.value, mpfr_modes[mode]);
        t = mpfr_set(rounded, exact.value, mpfr_modes[mode]);
        mpfr_set_emin(min_exp - f->frac_bits);
        mpfr_set_emax(max_exp(f));
        t = mpfr_check_range(rounded, t, mpfr_modes[mode]);
        mpfr_subnormalize(rounded, t, mpfr_modes[mode]);
        mpfr_set_emin(old_min);
        mpfr_set_emax(old_max);
        return;
    }
    round_away(unbounded, exact.value);
    mpfr_set(rounded, unbounded, MPFR_RNDZ);
    if (mpfr_get_exp(unbounded) > max_exp(f)) {
        mpfr_set_inf(rounded, mpfr_sgn(unbounded));
    } else if (mpfr_get_exp(exact.value) < min_exp) {
        int scale = bias_of(f) - 1 + f->frac_bits;

        /* The smallest subnormal becomes 1. */
        mpfr_mul_2si(exact.value, exact.value, scale, MPFR_RNDZ);
        mpfr_round(rounded, exact.value);
        mpfr_mul_2si(rounded, rounded, -scale, MPFR_RNDZ);
        mpfr_mul_2si(exact.value, exact.value, -scale, MPFR_RNDZ);
    }
}

uint64_t oracle_round(int mode, uint8_t flags[2])
{
    const struct format *f = exact.dest;
    int min_exp = 2 - bias_of(f);

    flags[0] = flags[1] = exact.flags;
    if (mpfr_zero_p(exact.value)) {
        int negative = mode == VM_FP_RDN ? exact.zero_negative_rdn : mpfr_signbit(exact.value);

        return negative ? sign_of(f) : 0;
    }
    if (!mpfr_number_p(exact.value)) {
        return oracle_to_bits(f, exact.value);
    }
    mpfr_set_prec(below, f->frac_bits + 1);
    mpfr_set_prec(above, f->frac_bits + 1);
    mpfr_set_prec(rounded, f->frac_bits + 1);
    mpfr_set_prec(unbounded, f->frac_bits + 1);
    round_exact(f, mode);
    if (mpfr_get_exp(unbounded) > max_exp(f)) {
        flags[0] |= VM_FP_OF;
        flags[1] |= VM_FP_OF;
    }
    if (mpfr_cmp(rounded, exact.value) != 0) {
        flags[0] |= VM_FP_NX | (mpfr_get_exp(unbounded) < min_exp ? VM_FP_UF : 0);
        flags[1] |= VM_FP_NX | (mpfr_get_exp(exact.value) < min_exp ? VM_FP_UF : 0);
    }
    return oracle_to_bits(f, rounded);
}

bool oracle_round_integral(int mode)
{
    if (mode == VM_FP_RMM) {
        mpfr_round(oracle_integral, oracle_a);
    } else {
        mpfr_rint(oracle_integral, oracle_a, mpfr_modes[mode]);
    }
    return mpfr_cmp(oracle_integral, oracle_a) != 0;
}

uint64_t oracle_to_int(int mode, intmax_t low, uintmax_t high, uint8_t *flags)
{
    bool inexact = oracle_round_integral(mode);

    if (mpfr_cmp_si(oracle_integral, low) < 0 || mpfr_cmp_ui(oracle_integral, high) > 0) {
        *flags = VM_FP_NV;
        return mpfr_signbit(oracle_integral) ? (uint64_t)low : high;
    }
    *flags = inexact ? VM_FP_NX : 0;
    return low ? (uint64_t)mpfr_get_sj(oracle_integral, MPFR_RNDZ)
               : mpfr_get_uj(oracle_integral, MPFR_RNDZ);
}

/* Both signs of what stands here, and its neighbours where asked. */
int oracle_edges(const struct format *f, uint64_t out[MAX_EDGES], int few)
{
    const uint64_t one = (uint64_t)bias_of(f) << f->frac_bits, ulp = UINT64_C(1) << f->frac_bits;
    const uint64_t inf = inf_of(f), few_list[] = {0,
                                                  1,
                                                  ulp - 1,
                                                  ulp,
                                                  ulp + 1,
                                                  one - 1,
                                                  one,
                                                  one + 1,
                                                  inf - 1,
                                                  inf,
                                                  nan_of(f),
                                                  inf + 1,
                                                  one / 2 / ulp * ulp,
                                                  one + ulp / 2,
                                                  one - (uint64_t)(f->frac_bits + 1) * ulp,
                                                  one + (uint64_t)f->frac_bits * ulp};
    const uint64_t more[] = {2,
                             ulp / 2,
                             2 * ulp,
                             2 * ulp - 1,
                             one - ulp,
                             one - ulp + 1,
                             one - ulp - 1,
                             one + ulp,
                             one + ulp + ulp / 4,
                             one + 2 * ulp - 1,
                             one + ulp / 3,
                             inf - 2,
                             inf - ulp,
                             inf - ulp - 1,
                             inf - ulp + 1,
                             nan_of(f) + 1,
                             inf + ulp - 1,
                             nan_of(f) - 1,
                             one / 2 / ulp * ulp + 1,
                             one / 2 / ulp * ulp - 1,
                             one - (uint64_t)f->frac_bits * ulp};
    /* Powers of two around which integers stop fitting, where the format has them. */
    static const int powers[] = {11, 15, 24, 31, 32, 53, 63, 64};
    int n = 0;

    for (unsigned i = 0; i < sizeof(few_list) / sizeof(few_list[0]); i++) {
        out[n++] = few_list[i];
    }
    for (unsigned i = 0; !few && i < sizeof(more) / sizeof(more[0]); i++) {
        out[n++] = more[i];
    }
    for (unsigned i = 0; !few && i < sizeof(powers) / sizeof(powers[0]); i++) {
        if (powers[i] <= bias_of(f)) {
            out[n++] = one + (uint64_t)powers[i] * ulp;
            out[n++] = one + (uint64_t)powers[i] * ulp - 1;
        }
    }
    for (int i = 0; i < n; i++) {
        out[n + i] = out[i] | sign_of(f);
    }
    return 2 * n;
}

static uint64_t state;

uint64_t oracle_random(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

long oracle_start_random(const char *test, long rounds)
{
    const char *seed = getenv("VMRUN_TEST_SEED"), *is_long = getenv("VMRUN_TEST_LONG");

    state = seed ? strtoull(seed, NULL, 0) : is_long ? (uint64_t)time(NULL) : 0x736f6674;
    fprintf(stderr, "%s: VMRUN_TEST_SEED=%" PRIu64 "\n", test, state);
    return is_long && *is_long == '1' ? 50 * rounds : rounds;
}

/* A fraction of random bits, of few ones, or of long runs. */
static uint64_t random_frac(const struct format *f)
{
    uint64_t r = oracle_random(), mask = (UINT64_C(1) << f->frac_bits) - 1;
    int shift = (int)(oracle_random() % (unsigned)f->frac_bits);

    switch (oracle_random() % 4) {
    case 0:
        return r & oracle_random() & oracle_random() & mask;
    case 1:
        return (mask << shift ^ (r & 1 ? mask : 0)) & mask;
    case 2:
        return r >> 63 ? mask - (r & 3) : r & 3;
    default:
        return r & mask;
    }
}

static uint64_t with_exp(const struct format *f, int exp)
{
    int max = (1 << f->exp_bits) - 1;

    exp = exp < 0 ? 0 : exp > max - 1 ? max - 1 : exp;
    return (oracle_random() & 1 ? sign_of(f) : 0) | (uint64_t)exp << f->frac_bits | random_frac(f);
}

static int exp_of(const struct format *f, uint64_t a)
{
    return (int)((a & inf_of(f)) >> f->frac_bits);
}

static int near(int exp, int distance)
{
    return exp + (int)(oracle_random() % (unsigned)(2 * distance + 1)) - distance;
}

void oracle_random_operands(const struct format *f, uint64_t v[3])
{
    int bias = bias_of(f), p = f->frac_bits, a, product;

    for (int i = 0; i < 3; i++) {
        v[i] = oracle_random() & (2 * sign_of(f) - 1);
    }
    switch (oracle_random() % 6) {
    case 0:
        return;
    case 1: /* exponents near each other */
        v[1] = with_exp(f, near(exp_of(f, v[0]), 3));
        break;
    case 2:
        v[1] = with_exp(f, near(exp_of(f, v[0]), p + 3));
        break;
    case 3: /* a product near the smallest normal, a quotient near the largest */
        v[1] = with_exp(f, near(bias - exp_of(f, v[0]), p + 3));
        break;
    case 4: /* a product near the largest, a quotient near the smallest normal */
        v[1] = with_exp(f, near(exp_of(f, v[0]) + (oracle_random() & 1 ? bias : -bias), p + 3));
        break;
    default: /* near one, and integers */
        v[0] = with_exp(f, near(bias + 16, 18));
        v[1] = with_exp(f, near(bias, 70));
        break;
    }
    a = exp_of(f, v[0]);
    product = a + exp_of(f, v[1]) - bias;
    v[2] = with_exp(f, near(product, oracle_random() & 1 ? 2 : 2 * p + 4));
}

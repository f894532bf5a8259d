/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SDK's floating point against MPFR: every operation, format, rounding mode and flag.
 *
 * MPFR gives the exact result, cut off at 256 bits and marked odd when that lost something; the
 * expected bits and flags are then derived from it by MPFR's rounding, in the format's exponent
 * range with subnormals. MPFR has no rounding to nearest with ties away: that one is made from the
 * two neighbours here. Operands are all tuples of a list of edges, then random ones.
 *
 * VMRUN_TEST_SEED=n repeats a run, VMRUN_TEST_LONG=1 does fifty times as many random operands.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#define MPFR_USE_INTMAX_T
#include <mpfr.h>
#include <vmrun/softfp.h>
#include "softfp_ops.h"

enum { EXACT_BITS = 256, MAX_EDGES = 128, MAX_FAILURES = 10, NUM_MODES = 5 };

/* The exact result of one operation, before rounding to dest. */
struct exact {
    const struct format *dest;
    mpfr_t value; /* of the sign that a zero has in all modes but VM_FP_RDN */
    int zero_negative_rdn;
    uint8_t flags;
};

static struct exact exact;
static mpfr_t ma, mb, mc, cut, rounded, unbounded, below, above, scratch;

static void set_up(void)
{
    mpfr_inits2(64, ma, mb, mc, (mpfr_ptr)NULL);
    mpfr_inits2(EXACT_BITS, cut, scratch, (mpfr_ptr)NULL);
    mpfr_init2(exact.value, EXACT_BITS + 8);
    mpfr_inits2(53, rounded, unbounded, below, above, (mpfr_ptr)NULL);
}

static void tear_down(void)
{
    mpfr_clears(ma, mb, mc, cut, scratch, exact.value, rounded, unbounded, below, above,
                (mpfr_ptr)NULL);
    mpfr_free_cache();
}

TestSuite(softfp, .init = set_up, .fini = tear_down);

static void to_mpfr(const struct format *f, uint64_t a, mpfr_t out)
{
    uint64_t frac = a & ((UINT64_C(1) << f->frac_bits) - 1);
    int exp = (int)((a & inf_of(f)) >> f->frac_bits);

    if (is_nan(f, a)) {
        mpfr_set_nan(out);
        return;
    }
    if ((a & inf_of(f)) == inf_of(f)) {
        mpfr_set_inf(out, 1);
    } else {
        mpfr_set_uj_2exp(out, exp ? frac | UINT64_C(1) << f->frac_bits : frac,
                         (exp ? exp : 1) - bias_of(f) - f->frac_bits, MPFR_RNDZ);
    }
    mpfr_setsign(out, out, (a & sign_of(f)) != 0, MPFR_RNDZ);
}

/* The bits of a value that the format has. */
static uint64_t from_mpfr(const struct format *f, mpfr_t x)
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
        return mpfr_add(r, ma, mb, rnd);
    case SUB:
        return mpfr_sub(r, ma, mb, rnd);
    case MUL:
        return mpfr_mul(r, ma, mb, rnd);
    case DIV:
        return mpfr_div(r, ma, mb, rnd);
    case SQRT:
        return mpfr_sqrt(r, ma, rnd);
    case FMA:
        return mpfr_fma(r, ma, mb, mc, rnd);
    default:
        return mpfr_set(r, ma, rnd);
    }
}

static void set_int(enum op_id id, uint64_t a)
{
    switch (id) {
    case FROM_I32:
        mpfr_set_sj(ma, (int32_t)a, MPFR_RNDZ);
        break;
    case FROM_U32:
        mpfr_set_uj(ma, (uint32_t)a, MPFR_RNDZ);
        break;
    case FROM_I64:
        mpfr_set_sj(ma, (int64_t)a, MPFR_RNDZ);
        break;
    default:
        mpfr_set_uj(ma, a, MPFR_RNDZ);
        break;
    }
}

/* Fills `exact` for an operation whose result is a float that rounding is the last step of. */
static void compute_exact(const struct format *f, enum op_id id, const uint64_t v[3])
{
    int arity = f->ops[id].arity, nans = 0, infs = 0;

    exact.flags = 0;
    exact.dest = id >= TO_F16 && id <= TO_F64 ? &formats[id - TO_F16] : f;
    to_mpfr(f, v[0], ma);
    to_mpfr(f, v[1], mb);
    to_mpfr(f, v[2], mc);
    if (id >= FROM_I32) {
        set_int(id, v[0]);
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
    if (id == FMA && (mpfr_zero_p(ma) ? mpfr_inf_p(mb) : mpfr_inf_p(ma) && mpfr_zero_p(mb))) {
        exact.flags |= VM_FP_NV;
    }
    if (mpfr_inf_p(cut) && !infs) {
        exact.flags |= VM_FP_DZ;
    }
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

/* exact.value, not zero, into `rounded`; `unbounded` holds it rounded to any exponent. */
static void round_exact(const struct format *f, int mode)
{
    int min_exp = 2 - bias_of(f), t; /* MPFR's exponent of the smallest normal */
    mpfr_exp_t old_min = mpfr_get_emin(), old_max = mpfr_get_emax();

    if (mode != VM_FP_RMM) {
        mpfr_set(unbounded, exact.value, mpfr_modes[mode]);
        t = mpfr_set(rounded, exact.value, mpfr_modes[mode]);
        mpfr_set_emin(min_exp - f->frac_bits);
        mpfr_set_emax(bias_of(f) + 1);
        t = mpfr_check_range(rounded, t, mpfr_modes[mode]);
        mpfr_subnormalize(rounded, t, mpfr_modes[mode]);
        mpfr_set_emin(old_min);
        mpfr_set_emax(old_max);
        return;
    }
    round_away(unbounded, exact.value);
    mpfr_set(rounded, unbounded, MPFR_RNDZ);
    if (mpfr_get_exp(unbounded) > bias_of(f) + 1) {
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

/* The bits and flags of `exact` in one rounding mode, with tininess after and before rounding. */
static uint64_t finish(int mode, uint8_t flags[2])
{
    const struct format *f = exact.dest;
    int min_exp = 2 - bias_of(f);

    flags[0] = flags[1] = exact.flags;
    if (mpfr_zero_p(exact.value)) {
        int negative = mode == VM_FP_RDN ? exact.zero_negative_rdn : mpfr_signbit(exact.value);

        return negative ? sign_of(f) : 0;
    }
    if (!mpfr_number_p(exact.value)) {
        return from_mpfr(f, exact.value);
    }
    mpfr_set_prec(below, f->frac_bits + 1);
    mpfr_set_prec(above, f->frac_bits + 1);
    mpfr_set_prec(rounded, f->frac_bits + 1);
    mpfr_set_prec(unbounded, f->frac_bits + 1);
    round_exact(f, mode);
    if (mpfr_get_exp(unbounded) > bias_of(f) + 1) {
        flags[0] |= VM_FP_OF;
        flags[1] |= VM_FP_OF;
    }
    if (mpfr_cmp(rounded, exact.value) != 0) {
        flags[0] |= VM_FP_NX | (mpfr_get_exp(unbounded) < min_exp ? VM_FP_UF : 0);
        flags[1] |= VM_FP_NX | (mpfr_get_exp(exact.value) < min_exp ? VM_FP_UF : 0);
    }
    return from_mpfr(f, rounded);
}

/* ma to an integral value in `cut`; whether that changed it. */
static int integral(int mode)
{
    if (mode == VM_FP_RMM) {
        mpfr_round(cut, ma);
    } else {
        mpfr_rint(cut, ma, mpfr_modes[mode]);
    }
    return mpfr_cmp(cut, ma) != 0;
}

static uint64_t expect_int(enum op_id id, int mode, uint8_t *flags)
{
    static const struct {
        intmax_t low;
        uintmax_t high;
    } limits[] = {{INT32_MIN, INT32_MAX}, {0, UINT32_MAX}, {INT64_MIN, INT64_MAX}, {0, UINT64_MAX}};
    intmax_t low = limits[id - TO_I32].low;
    uintmax_t high = limits[id - TO_I32].high;
    int inexact;

    if (mpfr_nan_p(ma)) {
        *flags = VM_FP_NV;
        return high;
    }
    inexact = integral(mode);
    if (mpfr_cmp_si(cut, low) < 0 || mpfr_cmp_ui(cut, high) > 0) {
        *flags = VM_FP_NV;
        return mpfr_signbit(cut) ? (uint64_t)low : high;
    }
    *flags = inexact ? VM_FP_NX : 0;
    return low ? (uint64_t)mpfr_get_sj(cut, MPFR_RNDZ) : mpfr_get_uj(cut, MPFR_RNDZ);
}

static uint64_t expect_extreme(const struct format *f, enum op_id id, const uint64_t v[3])
{
    int a_less;

    if (is_nan(f, v[0]) || is_nan(f, v[1])) {
        return !is_nan(f, v[0]) ? v[0] : !is_nan(f, v[1]) ? v[1] : nan_of(f);
    }
    a_less = mpfr_less_p(ma, mb) || (mpfr_equal_p(ma, mb) && mpfr_signbit(ma));
    return a_less == (id == MIN) ? v[0] : v[1];
}

static uint64_t expect_class(const struct format *f, uint64_t a)
{
    int side = a & sign_of(f) ? -1 : 1;

    if (is_nan(f, a)) {
        return is_snan(f, a) ? VM_FP_CLASS_SNAN : VM_FP_CLASS_QNAN;
    }
    if (mpfr_inf_p(ma)) {
        return side < 0 ? 1 : 1 << 7;
    }
    if (mpfr_zero_p(ma)) {
        return side < 0 ? 1 << 3 : 1 << 4;
    }
    if (mpfr_get_exp(ma) < 2 - bias_of(f)) {
        return side < 0 ? 1 << 2 : 1 << 5;
    }
    return side < 0 ? 1 << 1 : 1 << 6;
}

/* Operations without a final rounding to a float. */
static uint64_t expect_other(const struct format *f, enum op_id id, const uint64_t v[3], int mode,
                             uint8_t *flags)
{
    int two = f->ops[id].arity == 2;
    int nan = is_nan(f, v[0]) || (two && is_nan(f, v[1]));

    *flags = is_snan(f, v[0]) || (two && is_snan(f, v[1])) ? VM_FP_NV : 0;
    switch (id) {
    case MIN:
    case MAX:
        return expect_extreme(f, id, v);
    case CLASSIFY:
        *flags = 0;
        return expect_class(f, v[0]);
    case RINT:
    case NEARBYINT:
        if (integral(mode) && !nan && id == RINT) {
            *flags |= VM_FP_NX;
        }
        return from_mpfr(f, cut);
    case EQ:
        return mpfr_equal_p(ma, mb) != 0;
    case LT:
    case LE:
        *flags = nan ? VM_FP_NV : 0;
        return (id == LT ? mpfr_less_p(ma, mb) : mpfr_lessequal_p(ma, mb)) != 0;
    case LT_QUIET:
        return mpfr_less_p(ma, mb) != 0;
    case LE_QUIET:
        return mpfr_lessequal_p(ma, mb) != 0;
    default:
        return expect_int(id, mode, flags);
    }
}

static unsigned failures;

static void check(const struct op *op, const uint64_t v[3], struct vm_fp_env env, op_fn fn,
                  uint64_t want, uint8_t want_flags)
{
    struct vm_fp_env start = env;
    uint64_t got = fn(&env, v[0], v[1], v[2]);

    want_flags |= start.flags;
    if (got != want || env.flags != want_flags) {
        cr_expect(0,
                  "%s%s(%#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ") rm %d tiny_before %d ftz %d "
                  "daz %d flags %#x: got %#" PRIx64 " flags %#x, want %#" PRIx64 " flags %#x",
                  op->name, fn == op->soft ? "" : " (fast)", v[0], v[1], v[2], start.rm,
                  start.tiny_before, start.ftz, start.daz, start.flags, got, env.flags, want,
                  want_flags);
        cr_assert_lt(++failures, MAX_FAILURES, "too many failures");
    }
}

/* One operation on one operand tuple: all modes, both kinds of tininess, soft and fast. */
static void check_op(const struct format *f, enum op_id id, const uint64_t v[3])
{
    const struct op *op = &f->ops[id];
    int rounds = id <= FMA || (id >= TO_F16 && id <= TO_F64) || id >= FROM_I32;

    if (rounds) {
        compute_exact(f, id, v);
    } else {
        to_mpfr(f, v[0], ma);
        to_mpfr(f, v[1], mb);
    }
    for (int mode = 0; mode < NUM_MODES; mode++) {
        uint8_t flags[2];
        uint64_t want;

        if (rounds) {
            want = finish(mode, flags);
        } else {
            want = expect_other(f, id, v, mode, &flags[0]);
            flags[1] = flags[0];
        }
        for (int before = 0; before < 2; before++) {
            struct vm_fp_env env = {.rm = (uint8_t)mode, .tiny_before = (uint8_t)before};

            check(op, v, env, op->soft, want, flags[before]);
            check(op, v, env, op->fast, want, flags[before]);
            env.flags = VM_FP_NX;
            check(op, v, env, op->fast, want, flags[before]);
        }
    }
}

/* Edge operands of a format: both signs of what stands here, and its neighbours where asked. */
static int edges(const struct format *f, uint64_t out[MAX_EDGES], int few)
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

static uint64_t next_random(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Starts a random test, says how to repeat it, and returns how often to go round. */
static long start_random(long rounds)
{
    const char *seed = getenv("VMRUN_TEST_SEED"), *is_long = getenv("VMRUN_TEST_LONG");

    state = seed ? strtoull(seed, NULL, 0) : is_long ? (uint64_t)time(NULL) : 0x736f6674;
    fprintf(stderr, "softfp: VMRUN_TEST_SEED=%" PRIu64 "\n", state);
    return is_long && *is_long == '1' ? 50 * rounds : rounds;
}

/* A fraction of random bits, of few ones, or of long runs. */
static uint64_t random_frac(const struct format *f)
{
    uint64_t r = next_random(), mask = (UINT64_C(1) << f->frac_bits) - 1;
    int shift = (int)(next_random() % (unsigned)f->frac_bits);

    switch (next_random() % 4) {
    case 0:
        return r & next_random() & next_random() & mask;
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
    return (next_random() & 1 ? sign_of(f) : 0) | (uint64_t)exp << f->frac_bits | random_frac(f);
}

static int exp_of(const struct format *f, uint64_t a)
{
    return (int)((a & inf_of(f)) >> f->frac_bits);
}

static int near(int exp, int distance)
{
    return exp + (int)(next_random() % (unsigned)(2 * distance + 1)) - distance;
}

/* Three operands whose sums cancel, products underflow, or quotients overflow often enough. */
static void random_operands(const struct format *f, uint64_t v[3])
{
    int bias = bias_of(f), p = f->frac_bits, a, product;

    for (int i = 0; i < 3; i++) {
        v[i] = next_random() & (2 * sign_of(f) - 1);
    }
    switch (next_random() % 6) {
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
        v[1] = with_exp(f, near(exp_of(f, v[0]) + (next_random() & 1 ? bias : -bias), p + 3));
        break;
    default: /* near one, and integers */
        v[0] = with_exp(f, near(bias + 16, 18));
        v[1] = with_exp(f, near(bias, 70));
        break;
    }
    a = exp_of(f, v[0]);
    product = a + exp_of(f, v[1]) - bias;
    v[2] = with_exp(f, near(product, next_random() & 1 ? 2 : 2 * p + 4));
}

static void check_edges(const struct format *f)
{
    uint64_t list[MAX_EDGES];
    int n = edges(f, list, 0);

    for (enum op_id id = 0; id < NUM_OPS; id++) {
        if (f->ops[id].arity == 1 && id < FROM_I32) {
            for (int i = 0; i < n; i++) {
                check_op(f, id, (uint64_t[3]){list[i], 0, 0});
            }
        }
        for (int i = 0; f->ops[id].arity == 2 && i < n * n; i++) {
            check_op(f, id, (uint64_t[3]){list[i / n], list[i % n], 0});
        }
    }
    n = edges(f, list, 1);
    for (int i = 0; i < n * n * n; i++) {
        check_op(f, FMA, (uint64_t[3]){list[i / n / n], list[i / n % n], list[i % n]});
    }
}

Test(softfp, edges_f16)
{
    check_edges(&formats[0]);
}
Test(softfp, edges_f32)
{
    check_edges(&formats[1]);
}
Test(softfp, edges_f64)
{
    check_edges(&formats[2]);
}

static void check_random(const struct format *f)
{
    for (long i = start_random(20000); i > 0; i--) {
        uint64_t v[3];

        random_operands(f, v);
        for (enum op_id id = 0; id < FROM_I32; id++) {
            if (f->ops[id].arity) {
                check_op(f, id, v);
            }
        }
    }
}

Test(softfp, random_f16)
{
    check_random(&formats[0]);
}
Test(softfp, random_f32)
{
    check_random(&formats[1]);
}
Test(softfp, random_f64)
{
    check_random(&formats[2]);
}

/* Integers of all lengths and around every power of two. */
Test(softfp, from_int)
{
    long rounds = start_random(10000);

    for (int k = 0; k < NUM_FORMATS; k++) {
        for (enum op_id id = FROM_I32; id <= FROM_U64; id++) {
            for (int bit = 0; bit < 64; bit++) {
                for (uint64_t d = 0; d < 5; d++) {
                    uint64_t i = (UINT64_C(1) << bit) + d - 2;

                    check_op(&formats[k], id, (uint64_t[3]){i, 0, 0});
                    check_op(&formats[k], id, (uint64_t[3]){-i, 0, 0});
                }
            }
            for (long i = 0; i < rounds; i++) {
                uint64_t r = next_random();

                r = r >> (next_random() % 64) << (next_random() % 40);
                check_op(&formats[k], id, (uint64_t[3]){r, 0, 0});
            }
        }
    }
}

/* The two ways agree in every environment, flushing and NaN rules included; no oracle needed. */
Test(softfp, fast_is_soft)
{
    for (long i = start_random(1000000); i > 0; i--) {
        const struct format *f = &formats[1 + i % 2];
        uint64_t r = next_random(), v[3];
        struct vm_fp_env env = {.rm = (uint8_t)(r & 1 ? 0 : (r >> 1) % NUM_MODES),
                                .flags = r >> 8 & 3 ? VM_FP_NX : 0,
                                .ftz = (r >> 10) % 3,
                                .daz = r >> 16 & 1,
                                .nan_rule = r >> 20 & 3,
                                .tiny_before = r >> 22 & 1};

        random_operands(f, v);
        for (enum op_id id = 0; id < NUM_OPS; id++) {
            const struct op *op = &f->ops[id];

            if (op->arity && op->fast != op->soft) {
                struct vm_fp_env after = env;
                uint64_t want = op->soft(&after, v[0], v[1], v[2]);

                check(op, v, env, op->fast, want, after.flags);
            }
        }
    }
}

/* With daz, an operation on subnormals is the operation on zeros of their signs. */
Test(softfp, daz)
{
    start_random(0);
    for (int i = 0; i < 30000; i++) {
        const struct format *f = &formats[i % NUM_FORMATS];
        uint64_t mask = sign_of(f) | inf_of(f), v[3], flushed[3];
        struct vm_fp_env env = {.rm = (uint8_t)(next_random() % NUM_MODES)};

        random_operands(f, v);
        for (int k = 0; k < 3; k++) {
            v[k] &= next_random() % 3 ? ~UINT64_C(0) : ~inf_of(f);
            flushed[k] = v[k] & inf_of(f) ? v[k] : v[k] & mask;
        }
        for (enum op_id id = 0; id < FROM_I32; id++) {
            const struct op *op = &f->ops[id];

            if (op->arity && id != CLASSIFY) {
                struct vm_fp_env after = env, with_daz = env;
                uint64_t want = op->soft(&after, flushed[0], flushed[1], flushed[2]);

                with_daz.daz = 1;
                check(op, v, with_daz, op->soft, want, after.flags);
                check(op, v, with_daz, op->fast, want, after.flags);
            }
        }
    }
}

/* Cases that MPFR cannot tell: single precision, from the guests' manuals. */
struct manual_case {
    struct vm_fp_env env;
    enum op_id id;
    uint64_t v[3], want;
    uint8_t flags;
};

#define QA  0x7fc00001u /* quiet */
#define QB  0xffc00002u
#define QC  0x7fc00003u
#define SA  0xff800011u /* signalling, and the same quieted */
#define SAQ 0xffc00011u
#define SB  0x7f800012u
#define SBQ 0x7fc00012u
#define SC  0x7f800013u
#define SCQ 0x7fc00013u
#define INF 0x7f800000u
#define RV                              \
    {                                   \
        .nan_rule = VM_FP_NAN_CANONICAL \
    }
#define ARM                       \
    {                             \
        .nan_rule = VM_FP_NAN_ARM \
    }
#define ARM_DN                                      \
    {                                               \
        .nan_rule = VM_FP_NAN_ARM, .default_nan = 1 \
    }
#define X86                       \
    {                             \
        .nan_rule = VM_FP_NAN_X86 \
    }
#define PPC                       \
    {                             \
        .nan_rule = VM_FP_NAN_PPC \
    }
#define SSE_FTZ                \
    {                          \
        .ftz = VM_FP_FTZ_UF_NX \
    }
#define ARM_FTZ                               \
    {                                         \
        .ftz = VM_FP_FTZ_UF, .tiny_before = 1 \
    }
#define RNAN 0x7fc00000u /* made from nothing */
#define XNAN 0xffc00000u

static const struct manual_case manual_cases[] = {
    {RV, ADD, {QB, QA}, RNAN, 0},
    {RV, ADD, {QB, SA}, RNAN, VM_FP_NV},
    {ARM, ADD, {QB, QA}, QB, 0},
    {ARM, ADD, {0, QB}, QB, 0},
    {ARM, ADD, {QB, SA}, SAQ, VM_FP_NV},
    {ARM, MUL, {SB, SA}, SBQ, VM_FP_NV},
    {ARM, MUL, {0, INF}, RNAN, VM_FP_NV},
    {ARM_DN, ADD, {QB, SA}, RNAN, VM_FP_NV},
    {ARM_DN, SQRT, {QB}, RNAN, 0},
    {X86, ADD, {QB, SA}, QB, VM_FP_NV},
    {X86, DIV, {SA, QB}, SAQ, VM_FP_NV},
    {X86, SUB, {0, SB}, SBQ, VM_FP_NV},
    {X86, SUB, {INF, INF}, XNAN, VM_FP_NV},
    {X86, SQRT, {0xbf800000}, XNAN, VM_FP_NV},
    {PPC, SQRT, {0xbf800000}, RNAN, VM_FP_NV},
    {PPC, ADD, {QB, SA}, QB, VM_FP_NV},
    {PPC, ADD, {1, SA}, SAQ, VM_FP_NV},
    {ARM, FMA, {QA, QB, QC}, QC, 0},
    {ARM, FMA, {QA, SB, QC}, SBQ, VM_FP_NV},
    {ARM, FMA, {SA, SB, SC}, SCQ, VM_FP_NV},
    {ARM, FMA, {0, INF, QC}, RNAN, VM_FP_NV},
    {ARM, FMA, {INF, 0, SC}, SCQ, VM_FP_NV},
    {ARM, FMA, {QA, QB, 0}, QA, 0},
    {X86, FMA, {QA, QB, QC}, QA, 0},
    {X86, FMA, {0, SB, QC}, SBQ, VM_FP_NV},
    {X86, FMA, {0, INF, QC}, QC, 0},
    {X86, FMA, {0, INF, SC}, SCQ, VM_FP_NV},
    {X86, FMA, {0, INF, 0}, XNAN, VM_FP_NV},
    {PPC, FMA, {0, QB, QC}, QC, 0},
    {PPC, FMA, {QA, QB, QC}, QA, 0},
    {PPC, FMA, {0, INF, QC}, QC, VM_FP_NV},
    {RV, FMA, {0, INF, QC}, RNAN, VM_FP_NV},
    {PPC, MIN, {QB, QA}, QB, 0},
    {ARM, RINT, {SA}, SAQ, VM_FP_NV},
    {ARM, TO_F64, {SA}, 0xfff8000220000000, VM_FP_NV},
    {RV, TO_F64, {SA}, 0x7ff8000000000000, VM_FP_NV},
    {PPC, TO_F16, {0x7fffe000}, 0x7fff, 0},
    {X86, TO_F16, {SB}, 0x7e00, VM_FP_NV},
    {ARM, TO_I32, {QA}, INT32_MAX, VM_FP_NV},
    /* min normal * 0.5 is exact and tiny; min normal - ulp rounds below it; 0 is not tiny */
    {RV, MUL, {0x00800000, 0x3f000000}, 0x00400000, 0},
    {SSE_FTZ, MUL, {0x00800000, 0xbf000000}, 0x80000000, VM_FP_UF | VM_FP_NX},
    {ARM_FTZ, MUL, {0x00800000, 0xbf000000}, 0x80000000, VM_FP_UF},
    {SSE_FTZ, SUB, {0x00800001, 0x00800000}, 0, VM_FP_UF | VM_FP_NX},
    {SSE_FTZ, SUB, {0x00800001, 0x00800001}, 0, 0},
    {ARM_FTZ, ADD, {0, 1}, 0, VM_FP_UF},
    {ARM_FTZ, FMA, {0, 0, 0x80000001}, 0x80000000, VM_FP_UF},
    /* Below min normal by so little that it rounds up to it: tiny before, not after rounding. */
    {SSE_FTZ, FMA, {0x80000001, 0x3e000000, 0x00800000}, 0x00800000, VM_FP_NX},
    {ARM_FTZ, FMA, {0x80000001, 0x3e000000, 0x00800000}, 0, VM_FP_UF},
};

Test(softfp, manual)
{
    for (unsigned i = 0; i < sizeof(manual_cases) / sizeof(manual_cases[0]); i++) {
        const struct manual_case *t = &manual_cases[i];

        check(&f32_ops[t->id], t->v, t->env, f32_ops[t->id].soft, t->want, t->flags);
        check(&f32_ops[t->id], t->v, t->env, f32_ops[t->id].fast, t->want, t->flags);
    }
}

/* The other kinds of minimum and maximum differ in what gives way to a number. */
Test(softfp, minimum_and_2008)
{
    typedef uint32_t (*binary)(struct vm_fp_env *, uint32_t, uint32_t);
    static const struct {
        binary op;
        uint32_t a, b, want;
        uint8_t flags;
    } cases[] = {
        {vm_f32_minimum, 1, 2, 1, 0},
        {vm_f32_maximum, 0x80000000, 0, 0, 0},
        {vm_f32_minimum, 0, 0x80000000, 0x80000000, 0},
        {vm_f32_minimum, 1, QB, QB, 0},
        {vm_f32_maximum, SA, 1, SAQ, VM_FP_NV},
        {vm_f32_maximum, QB, SB, SBQ, VM_FP_NV},
        {vm_f32_min_2008, INF, QB, INF, 0},
        {vm_f32_max_2008, QB, 1, 1, 0},
        {vm_f32_max_2008, QB, SB, SBQ, VM_FP_NV},
        {vm_f32_min_2008, 1, SB, SBQ, VM_FP_NV},
        {vm_f32_max_2008, QB, QC, QB, 0},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_fp_env env = ARM;

        cr_expect_eq(cases[i].op(&env, cases[i].a, cases[i].b), cases[i].want, "case %u", i);
        cr_expect_eq(env.flags, cases[i].flags, "flags of case %u", i);
    }
}

/* A rounding mode that no guest has still gives an answer. */
Test(softfp, unknown_mode)
{
    struct vm_fp_env env = {.rm = 255};

    cr_assert_eq(vm_f64_div(&env, 0x3ff0000000000000, 0x4008000000000000), 0x3fd5555555555555u);
    cr_assert_eq(vm_f64_mul(&env, 0x7fefffffffffffff, 0x4000000000000000), 0x7fefffffffffffffu);
    cr_assert_eq(env.flags, VM_FP_NX | VM_FP_OF);
}

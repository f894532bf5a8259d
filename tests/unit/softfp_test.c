/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SDK's floating point against MPFR: every operation, format, rounding mode and flag.
 *
 * Operands are all tuples of a list of edges, then random ones.
 *
 * VMRUN_TEST_SEED=n repeats a run, VMRUN_TEST_LONG=1 does fifty times as many random operands.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <vmrun/softfp.h>
#include "softfp_ops.h"

enum { MAX_FAILURES = 10 };

TestSuite(softfp, .init = oracle_set_up, .fini = oracle_tear_down);

static uint64_t expect_int(enum op_id id, int mode, uint8_t *flags)
{
    static const struct {
        intmax_t low;
        uintmax_t high;
    } limits[] = {{INT32_MIN, INT32_MAX}, {0, UINT32_MAX}, {INT64_MIN, INT64_MAX}, {0, UINT64_MAX}};
    uintmax_t high = limits[id - TO_I32].high;

    if (mpfr_nan_p(oracle_a)) {
        *flags = VM_FP_NV;
        return high;
    }
    return oracle_to_int(mode, limits[id - TO_I32].low, high, flags);
}

static uint64_t expect_extreme(const struct format *f, enum op_id id, const uint64_t v[3])
{
    int a_less;

    if (is_nan(f, v[0]) || is_nan(f, v[1])) {
        return !is_nan(f, v[0]) ? v[0] : !is_nan(f, v[1]) ? v[1] : nan_of(f);
    }
    a_less = mpfr_less_p(oracle_a, oracle_b) ||
             (mpfr_equal_p(oracle_a, oracle_b) && mpfr_signbit(oracle_a));
    return a_less == (id == MIN) ? v[0] : v[1];
}

static uint64_t expect_class(const struct format *f, uint64_t a)
{
    int side = a & sign_of(f) ? -1 : 1;

    if (is_nan(f, a)) {
        return is_snan(f, a) ? VM_FP_CLASS_SNAN : VM_FP_CLASS_QNAN;
    }
    if (mpfr_inf_p(oracle_a)) {
        return side < 0 ? 1 : 1 << 7;
    }
    if (mpfr_zero_p(oracle_a)) {
        return side < 0 ? 1 << 3 : 1 << 4;
    }
    if (mpfr_get_exp(oracle_a) < 2 - bias_of(f)) {
        return side < 0 ? 1 << 2 : 1 << 5;
    }
    return side < 0 ? 1 << 1 : 1 << 6;
}

/* Operations without a final rounding to a float. */
static uint64_t expect_other(const struct format *f, enum op_id id, const uint64_t v[3], int mode,
                             uint8_t *flags)
{
    int two = ops_of(f)[id].arity == 2;
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
        if (oracle_round_integral(mode) && !nan && id == RINT) {
            *flags |= VM_FP_NX;
        }
        return oracle_to_bits(f, oracle_integral);
    case EQ:
        return mpfr_equal_p(oracle_a, oracle_b) != 0;
    case LT:
    case LE:
        *flags = nan ? VM_FP_NV : 0;
        return (id == LT ? mpfr_less_p(oracle_a, oracle_b)
                         : mpfr_lessequal_p(oracle_a, oracle_b)) != 0;
    case LT_QUIET:
        return mpfr_less_p(oracle_a, oracle_b) != 0;
    case LE_QUIET:
        return mpfr_lessequal_p(oracle_a, oracle_b) != 0;
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
    const struct op *op = &ops_of(f)[id];
    int rounds = id <= FMA || (id >= TO_F16 && id <= TO_F64) || id >= FROM_I32;

    if (rounds) {
        oracle_take(f, id, v, id >= TO_F16 && id <= TO_F64 ? &formats[id - TO_F16] : f, 0);
    } else {
        oracle_from_bits(f, v[0], oracle_a);
        oracle_from_bits(f, v[1], oracle_b);
    }
    for (int mode = 0; mode < NUM_MODES; mode++) {
        uint8_t flags[2];
        uint64_t want;

        if (rounds) {
            want = oracle_round(mode, flags);
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

static void check_edges(const struct format *f)
{
    uint64_t list[MAX_EDGES];
    int n = oracle_edges(f, list, 0);

    for (enum op_id id = 0; id < NUM_OPS; id++) {
        if (ops_of(f)[id].arity == 1 && id < FROM_I32) {
            for (int i = 0; i < n; i++) {
                check_op(f, id, (uint64_t[3]){list[i], 0, 0});
            }
        }
        for (int i = 0; ops_of(f)[id].arity == 2 && i < n * n; i++) {
            check_op(f, id, (uint64_t[3]){list[i / n], list[i % n], 0});
        }
    }
    n = oracle_edges(f, list, 1);
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
    for (long i = oracle_start_random("softfp", 20000); i > 0; i--) {
        uint64_t v[3];

        oracle_random_operands(f, v);
        for (enum op_id id = 0; id < FROM_I32; id++) {
            if (ops_of(f)[id].arity) {
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
    long rounds = oracle_start_random("softfp", 10000);

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
                uint64_t r = oracle_random();

                r = r >> (oracle_random() % 64) << (oracle_random() % 40);
                check_op(&formats[k], id, (uint64_t[3]){r, 0, 0});
            }
        }
    }
}

/* The two ways agree in every environment, flushing and NaN rules included; no oracle needed. */
Test(softfp, fast_is_soft)
{
    for (long i = oracle_start_random("softfp", 1000000); i > 0; i--) {
        const struct format *f = &formats[i % NUM_FORMATS];
        uint64_t r = oracle_random(), v[3];
        struct vm_fp_env env = {.rm = (uint8_t)(r & 1 ? 0 : (r >> 1) % NUM_MODES),
                                .flags = r >> 8 & 3 ? VM_FP_NX : 0,
                                .ftz = (r >> 10) % 3,
                                .daz = r >> 16 & 1,
                                .nan_rule = r >> 20 & 3,
                                .tiny_before = r >> 22 & 1};

        oracle_random_operands(f, v);
        for (enum op_id id = 0; id < NUM_OPS; id++) {
            const struct op *op = &ops_of(f)[id];

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
    oracle_start_random("softfp", 0);
    for (int i = 0; i < 30000; i++) {
        const struct format *f = &formats[i % NUM_FORMATS];
        uint64_t mask = sign_of(f) | inf_of(f), v[3], flushed[3];
        struct vm_fp_env env = {.rm = (uint8_t)(oracle_random() % NUM_MODES)};

        oracle_random_operands(f, v);
        for (int k = 0; k < 3; k++) {
            v[k] &= oracle_random() % 3 ? ~UINT64_C(0) : ~inf_of(f);
            flushed[k] = v[k] & inf_of(f) ? v[k] : v[k] & mask;
        }
        for (enum op_id id = 0; id < FROM_I32; id++) {
            const struct op *op = &ops_of(f)[id];

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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch-aarch64: floating-point instructions against MPFR. Each is translated under many settings
 * of FPCR, run by both engines, and its result and flags are those of the manual's pseudocode, of
 * which MPFR does the arithmetic.
 *
 * VMRUN_TEST_SEED=n repeats a run, VMRUN_TEST_LONG=1 does fifty times as many random operands.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aarch64_float_manual.h"
#include "aarch64_runner.h"
#include "emit.h"
#include "fp.h"

static void set_up(void)
{
    oracle_set_up();
    runners_open();
}

static void tear_down(void)
{
    runners_close();
    oracle_tear_down();
}

TestSuite(aarch64_float, .init = set_up, .fini = tear_down, .timeout = 600);

/* ---- operands ---- */

static unsigned width(const struct instruction *in, bool of_result)
{
    static const uint8_t bits[] = {16, 32, 64};
    bool integer = in->kind == (of_result ? TO_INTEGER : FROM_INTEGER);
    int format = of_result ? in->to : in->from;

    return integer ? (unsigned)format : bits[format];
}

static uint64_t *lane_of(uint64_t v[2], unsigned bits, unsigned lane, unsigned *shift)
{
    *shift = lane * bits % 64;
    return &v[lane * bits / 64];
}

static uint64_t read_lane(uint64_t v[2], unsigned bits, unsigned lane)
{
    unsigned shift;
    uint64_t word = *lane_of(v, bits, lane, &shift);

    return word >> shift & UINT64_MAX >> (64 - bits);
}

static void write_lane(uint64_t v[2], unsigned bits, unsigned lane, uint64_t value)
{
    unsigned shift;
    uint64_t *word = lane_of(v, bits, lane, &shift), mask = UINT64_MAX >> (64 - bits) << shift;

    *word = (*word & ~mask) | (value << shift & mask);
}

/* An operand whose result is at an edge of the narrower format, a tie there, or next to that. */
static uint64_t near_narrow(const struct instruction *in)
{
    const struct format *f = &formats[in->from], *t = &formats[in->to];
    uint64_t list[MAX_EDGES], which = oracle_random();
    unsigned n = (unsigned)oracle_edges(t, list, 0);

    oracle_from_bits(t, list[which % n], oracle_a);
    uint64_t half = UINT64_C(1) << (f->frac_bits - t->frac_bits - 1);
    return oracle_to_bits(f, oracle_a) + (which >> 8 & 1 ? half : 0) - 2 + (which >> 16) % 5;
}

/* An operand that is an integer, or half of one, before its point is moved. */
static uint64_t near_integer(const struct instruction *in)
{
    const struct format *f = &formats[in->from];

    mpfr_set_uj(oracle_a, oracle_random() >> oracle_random() % 64, MPFR_RNDZ);
    mpfr_prec_round(oracle_a, f->frac_bits + 1, MPFR_RNDZ);
    mpfr_prec_round(oracle_a, 64, MPFR_RNDZ);
    mpfr_div_2si(oracle_a, oracle_a, in->fraction + 1, MPFR_RNDZ);
    return oracle_to_bits(f, oracle_a) ^ (oracle_random() & 1 ? sign_of(f) : 0);
}

static void choose(const struct instruction *in, uint64_t v[3])
{
    uint64_t list[MAX_EDGES];

    if (in->kind == FROM_INTEGER) {
        v[0] = oracle_random() >> oracle_random() % 64 << oracle_random() % 40;
        v[0] = oracle_random() & 1 ? -v[0] : v[0];
        return;
    }
    const struct format *f = &formats[in->from];
    oracle_random_operands(f, v);
    uint64_t which = oracle_random();
    unsigned n = (unsigned)oracle_edges(f, list, which >> 8 & 1);
    for (unsigned i = 0; i < 3; i++)
        v[i] = which >> i & 1 ? list[oracle_random() % n] : v[i];
    if (in->kind == CONVERT && in->to < in->from && which >> 9 & 1)
        v[0] = near_narrow(in);
    if (in->kind == TO_INTEGER && which >> 9 & 1)
        v[0] = near_integer(in);
}

struct place {
    unsigned reg, bits, lane;
};

/* Where operand i of a lane comes from: v1, v2, v3, or for what accumulates v0. */
static struct place place_of(const struct instruction *in, unsigned lane, unsigned i)
{
    struct place p = {i + 1, width(in, false), in->first_from + lane};

    if (in->accumulates && i == 2)
        p = (struct place){0, width(in, in->widens), in->widens ? lane : p.lane};
    else if (in->by_element && i == 1)
        p.lane = in->element;
    else if (in->pairs)
        p = (struct place){in->lanes && 2 * lane + i >= in->lanes ? 2 : 1, p.bits,
                           in->lanes ? (2 * lane + i) % in->lanes : i};
    return p;
}

static uint64_t *vector_at(struct registers *r, struct place p)
{
    return r->v[p.reg];
}

static void choose_all(const struct instruction *in, uint64_t v[3])
{
    struct instruction sum = *in;
    uint64_t addend[3];

    choose(in, v);
    if (!in->widens)
        return;
    sum.from = in->to;
    choose(&sum, addend);
    v[2] = addend[2];
}

/* All registers random, but for the operands of the lanes. */
static void fill(const struct instruction *in, struct registers *r)
{
    unsigned lanes = in->lanes ? in->lanes : 1;

    for (unsigned i = 0; i < sizeof(*r) / sizeof(uint64_t); i++)
        ((uint64_t *)r)[i] = oracle_random();
    r->flags = oracle_random() % 4 ? 0 : VM_FP_NX;
    for (unsigned lane = 0; lane < lanes; lane++) {
        uint64_t v[3];

        choose_all(in, v);
        for (unsigned i = 0; i < arity(in); i++) {
            struct place p = place_of(in, lane, i);
            write_lane(vector_at(r, p), p.bits, p.lane, v[i]);
        }
        if (in->general && in->kind == FROM_INTEGER)
            r->x[1] = v[0];
    }
}

/* What the instruction makes of them. */
static struct registers after(const struct instruction *in, const struct control *c,
                              const struct registers *before)
{
    unsigned lanes = in->lanes ? in->lanes : 1;
    struct registers r = *before;
    uint8_t flags = 0;

    if (in->general && in->kind == TO_INTEGER)
        r.x[0] = 0;
    else
        memset(r.v[0], 0, in->first_to ? 0 : sizeof(r.v[0]));
    for (unsigned lane = 0; lane < lanes; lane++) {
        uint64_t v[3] = {0};

        for (unsigned i = 0; i < arity(in); i++) {
            struct place p = place_of(in, lane, i);
            v[i] = read_lane(vector_at((struct registers *)before, p), p.bits, p.lane);
        }
        if (in->general && in->kind == FROM_INTEGER)
            v[0] = before->x[1];
        uint8_t own = 0; /* what a lane raises does not depend on the others */
        uint64_t result = expected(in, c, v, &own);
        flags |= own;
        if (in->general && in->kind == TO_INTEGER)
            r.x[0] = result;
        else
            write_lane(r.v[0], width(in, true), in->first_to + lane, result);
    }
    r.flags |= flags;
    return r;
}

static unsigned failures;

static void compare(const struct instruction *in, const struct control *c, const struct runner *r,
                    const struct registers *before, const struct registers *want,
                    const struct registers *got)
{
    if (memcmp(want, got, sizeof(*want)) == 0)
        return;
    const uint64_t(*v)[2] = before->v;
    cr_expect(0,
              "%s (%#x) key %#" PRIx64 " by %s of v0 %016" PRIx64 "%016" PRIx64 " v1 %016" PRIx64
              "%016" PRIx64 " v2 %016" PRIx64 "%016" PRIx64 " v3 %016" PRIx64 "%016" PRIx64
              " x1 %#" PRIx64 ": v0 %016" PRIx64 "%016" PRIx64 " x0 %#" PRIx64 " flags %#" PRIx64
              ", want %016" PRIx64 "%016" PRIx64 " x0 %#" PRIx64 " flags %#" PRIx64,
              in->name, in->word, c->key, r->name, v[0][1], v[0][0], v[1][1], v[1][0], v[2][1],
              v[2][0], v[3][1], v[3][0], before->x[1], got->v[0][1], got->v[0][0], got->x[0],
              got->flags, want->v[0][1], want->v[0][0], want->x[0], want->flags);
    cr_assert_lt(++failures, 10, "too many failures");
}

static void run_under(const struct instruction *in, const struct control *c, long rounds)
{
    runners_compile(in->name, in->word, c->key);
    for (long i = 0; i < rounds; i++) {
        struct registers before, want;

        fill(in, &before);
        want = after(in, c, &before);
        FOR_RUNNERS(r)
        {
            struct registers got = before;

            runner_enter(r, &got);
            compare(in, c, r, &before, &want, &got);
        }
    }
    runners_release();
}

/* Under each rounding mode, and the bits of FPCR one by one and together. */
static void run(const struct instruction *in, long rounds)
{
    enum { FZ = 1, FZ16 = 2, DN = 4, AHP = 8 };
    static const uint8_t sets[] = {0, FZ, FZ16, DN, FZ | FZ16 | DN, AHP, FZ | FZ16 | AHP, DN | AHP};
    bool halves = in->kind == CONVERT && (in->from == HALF || in->to == HALF);

    for (unsigned i = 0; i < (halves ? 8 : 5); i++) {
        for (unsigned mode = 0; mode < 4; mode++) {
            const struct control c = {
                .key = 1 | (uint64_t)mode << A64_KEY_RMODE_SHIFT | (sets[i] & FZ ? A64_KEY_FZ : 0) |
                       (sets[i] & FZ16 ? A64_KEY_FZ16 : 0) | (sets[i] & DN ? A64_KEY_DN : 0) |
                       (sets[i] & AHP ? A64_KEY_AHP : 0),
                .rounding = (int)a64_fp_rounding(mode),
                .fz = sets[i] & FZ,
                .fz16 = sets[i] & FZ16,
                .dn = sets[i] & DN,
                .ahp = sets[i] & AHP};

            run_under(in, &c, rounds);
        }
    }
}

/* ---- the instructions ---- */

static const char suffixes[] = "hsd";

/* The pattern NAME.SUFFIX, with `more` bits; operands are v1, v2, v3. */
static void encode(struct instruction *in, const char *name, const char *suffix, uint32_t more)
{
    snprintf(in->name, sizeof(in->name), "%s%s%s", name, *suffix ? "." : "", suffix);
    in->word = more | 1 << 5 | (arity(in) > 1 && !(in->pairs && !in->lanes) ? 2 << 16 : 0) |
               (arity(in) > 2 && !in->accumulates ? 3 << 10 : 0);
    for (uint32_t i = 0; i < a64_n_patterns; i++) {
        if (strcmp(a64_patterns[i].name, in->name) == 0) {
            in->word |= a64_patterns[i].match;
            cr_assert_eq(in->word & a64_patterns[i].mask, a64_patterns[i].match, "%s", in->name);
            return;
        }
    }
    cr_assert(0, "there is no %s", in->name);
}

/* What the manual says in so many words, and conversions of what only some widths hold. */
Test(aarch64_float, rules)
{
    enum { DN = A64_KEY_DN, FZ = A64_KEY_FZ, FZ16 = A64_KEY_FZ16, INVALID = VM_FP_NV };
    static const struct {
        const char *name, *suffix;
        uint64_t key, a, b, want;
        uint8_t flags;
    } list[] = {
        /* The first signalling NaN is delivered, quieted; with default NaNs another one. */
        {"fmax", "s", 0, 0x7fc00001, 0x7f800002, 0x7fc00002, INVALID},
        {"fmax", "h", 0, 0x7e01, 0x7c02, 0x7e02, INVALID},
        {"fmax", "s", DN, 0x7fc00001, 0x7f800002, 0x7fc00000, INVALID},
        {"fmax", "h", DN, 0xfe01, 0x7c02, 0x7e00, INVALID},
        {"fmax", "s", 0, 0x7fc00001, 0x3f800000, 0x7fc00001, 0},
        {"fmaxnm", "s", 0, 0x7fc00001, 0x3f800000, 0x3f800000, 0},
        {"fmaxnm", "h", 0, 0x7e01, 0x3c00, 0x3c00, 0},
        {"fmaxnm", "s", 0, 0x7f800001, 0x3f800000, 0x7fc00001, INVALID},
        {"fmaxnm", "h", 0, 0x7c01, 0x3c00, 0x7e01, INVALID},
        {"fminnm", "s", 0, 0x80000000, 0, 0x80000000, 0},
        {"fminnm", "h", 0, 0, 0x8000, 0x8000, 0},
        {"fmulx", "sc", 0, 0xff800000, 0, 0xc0000000, 0},
        {"fmulx", "sch", 0, 0xfc00, 0, 0xc000, 0},
        {"frsqrts", "sc", 0, 0x7f800000, 0, 0x3fc00000, 0},
        {"frsqrts", "sch", 0, 0x7c00, 0, 0x3e00, 0},
        {"frecps", "sc", 0, 0x7f800000, 0, 0x40000000, 0},
        {"frecps", "sch", 0, 0, 0x7c00, 0x4000, 0},
        {"fcmeq", "sc", 0, 0x7fc00000, 0x7fc00000, 0, 0},
        {"fcmeq", "sch", 0, 0x7c01, 0x7e00, 0, INVALID},
        {"fcmeq", "sch", 0, 0, 0x8000, 0xffff, 0},
        {"fcmge", "sc", 0, 0x7fc00000, 0x7fc00000, 0, INVALID},
        {"fcmge", "sch", 0, 0x7e00, 0x7e00, 0, INVALID},
        /* FZ is for singles and doubles, FZ16 for halves, whose operands raise nothing. */
        {"fadd", "s", FZ, 1, 0x3f800000, 0x3f800000, VM_FP_ID},
        {"fadd", "h", FZ16, 1, 0x3c00, 0x3c00, 0},
        {"fadd", "h", FZ, 1, 1, 2, 0},
        {"fmul", "s", FZ, 0x00800000, 0x3f000000, 0, VM_FP_UF},
        {"fmul", "h", FZ16, 0x0400, 0xb800, 0x8000, VM_FP_UF},
        {"fmax", "h", FZ16, 1, 0x8000, 0, 0},
        {"fcmgt", "sch", FZ16, 1, 0, 0, 0},
        /* What rounds up to the smallest normal number is tiny before. */
        {"fmul", "s", 0, 0x00800000, 0x3f7fffff, 0x00800000, VM_FP_UF | VM_FP_NX},
        {"fmul", "h", 0, 0x0400, 0x3bff, 0x0400, VM_FP_UF | VM_FP_NX},
        /* Conversions heed FZ, not FZ16. */
        {"fcvt", "sh", FZ16 | FZ, 1, 0, 0x33800000, 0},
        {"fcvt", "ds", FZ, 1, 0, 0, VM_FP_ID},
        {"fcvt", "hd", FZ, 1, 0, 0, VM_FP_ID},
        /* More than half of a unit, by a bit that no double has; with 64 bits behind the point. */
        {"ucvtf_x", "hx", 0, 0x8010000000000001, 0, 0x3801, VM_FP_NX},
        {"scvtf_x", "hx", 0, 0x4008000000000001, 0, 0x3401, VM_FP_NX},
        {"scvtf_x", "hx", 0, 0xbff7ffffffffffff, 0, 0xb401, VM_FP_NX},
    };

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        bool fixed = strcmp(list[i].name + 1, "cvtf_x") == 0;
        bool converts = fixed || strcmp(list[i].name, "fcvt") == 0;
        struct instruction in = {.op = ADD, .kind = converts ? CONVERT : ARITHMETIC};
        struct registers before = {.v = {{0}, {list[i].a}, {list[i].b}}}, want;

        before.x[1] = list[i].a;
        want = before;
        encode(&in, list[i].name, list[i].suffix, fixed ? 1u << 31 : 0);
        want.v[0][0] = list[i].want;
        want.flags = list[i].flags;
        runners_compile(in.name, in.word, 1 | list[i].key);
        FOR_RUNNERS(r)
        {
            const struct control c = {.key = list[i].key};
            struct registers got = before;

            runner_enter(r, &got);
            compare(&in, &c, r, &before, &want, &got);
        }
        runners_release();
    }
}

/* In each format: as a scalar, then as vectors of half and whole registers where there are some. */
static void run_formats(struct instruction in, const char *scalar, const char *vector, long rounds)
{
    for (int f = HALF; f <= DOUBLE; f++) {
        const char suffix[2] = {suffixes[f], 0};
        unsigned lanes = 8u >> f;

        in.from = in.to = f;
        in.lanes = 0;
        in.accumulates = false;
        if (scalar) {
            encode(&in, scalar, suffix, 0);
            run(&in, rounds);
        }
        in.accumulates = in.op == FMA && in.kind == ARITHMETIC && !in.step;
        for (uint32_t q = f == DOUBLE; vector && q < 2; q++) {
            in.lanes = q ? lanes : lanes / 2;
            encode(&in, vector, suffix, q << 30);
            run(&in, rounds / 2);
        }
    }
}

Test(aarch64_float, arithmetic)
{
    static const struct {
        const char *scalar, *vector;
        struct instruction in;
    } list[] = {
        {"fadd", "fadd_v", {.op = ADD}},
        {"fsub", "fsub_v", {.op = SUB}},
        {"fmul", "fmul_v", {.op = MUL}},
        {"fnmul", NULL, {.op = MUL, .negate_result = true}},
        {"fdiv", "fdiv_v", {.op = DIV}},
        {"fsqrt", "fsqrt_v", {.op = SQRT}},
        {"fmadd", "fmla", {.op = FMA}},
        {"fmsub", "fmls", {.op = FMA, .negate_product = true}},
        {"fnmadd", NULL, {.op = FMA, .negate_product = true, .negate_addend = true}},
        {"fnmsub", NULL, {.op = FMA, .negate_addend = true}},
        {NULL, "fabd", {.op = SUB, .absolute = true}},
        {NULL, "fmulx", {.op = MUL, .extended = true}},
        {NULL, "frecps", {.op = FMA, .step = 2}},
        {NULL, "frsqrts", {.op = FMA, .step = 3}},
    };
    long rounds = oracle_start_random("aarch64_float", 500);

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        run_formats(list[i].in, list[i].scalar, list[i].vector, rounds);
}

/* Advanced SIMD's own scalars: a bit says whether they are single or double. */
Test(aarch64_float, scalars_of_simd)
{
    static const struct {
        const char *name;
        struct instruction in;
    } list[] = {
        {"fabd", {.op = SUB, .absolute = true}},
        {"fmulx", {.op = MUL, .extended = true}},
        {"frecps", {.op = FMA, .step = 2}},
        {"frsqrts", {.op = FMA, .step = 3}},
    };
    long rounds = oracle_start_random("aarch64_float", 500);

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        for (int f = HALF; f <= DOUBLE; f++) {
            struct instruction in = list[i].in;

            in.from = in.to = f;
            encode(&in, list[i].name, f == HALF ? "sch" : "sc", f == DOUBLE ? 1u << 22 : 0);
            run(&in, rounds);
        }
}

/* An element's number has its bits in three places: H, L and M. */
static uint32_t element_bits(int f, unsigned element)
{
    unsigned all = element << (f == HALF ? 0 : f == SINGLE ? 1 : 2);

    return (all >> 2 & 1) << 11 | (all >> 1 & 1) << 21 | (all & 1) << 20;
}

Test(aarch64_float, by_element)
{
    static const struct {
        const char *name;
        struct instruction in;
    } list[] = {
        {"fmul_e", {.op = MUL}},
        {"fmulx_e", {.op = MUL, .extended = true}},
        {"fmla_e", {.op = FMA, .accumulates = true}},
        {"fmls_e", {.op = FMA, .accumulates = true, .negate_product = true}},
    };
    long rounds = oracle_start_random("aarch64_float", 100);

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        for (int f = HALF; f <= DOUBLE; f++)
            for (unsigned element = 0; element < 8u >> f; element += f == HALF ? 3 : 1) {
                struct instruction in = list[i].in;
                const char vector[] = {suffixes[f], 0}, scalar[] = {'s', 'c', suffixes[f], 0};

                in.from = in.to = f;
                in.by_element = true;
                in.element = element;
                encode(&in, list[i].name, scalar, element_bits(f, element));
                run(&in, rounds);
                for (uint32_t q = f == DOUBLE; q < 2; q++) {
                    in.lanes = (q ? 8u : 4u) >> f;
                    encode(&in, list[i].name, vector, q << 30 | element_bits(f, element));
                    run(&in, rounds);
                }
            }
}

Test(aarch64_float, pairs)
{
    long rounds = oracle_start_random("aarch64_float", 500);
    struct instruction in = {.op = ADD, .pairs = true};

    for (int f = HALF; f <= DOUBLE; f++) {
        in.from = in.to = f;
        encode(&in, "faddp", f == HALF ? "pairh" : "pair", f == DOUBLE ? 1u << 22 : 0);
        run(&in, rounds);
    }
    run_formats(in, NULL, "faddp", rounds);
}

/* Halves into singles: of a register's lower and upper part, and by element. */
Test(aarch64_float, widening)
{
    static const char *const names[2][2] = {{"fmlal", "fmlal2"}, {"fmlsl", "fmlsl2"}};
    long rounds = oracle_start_random("aarch64_float", 300);

    for (unsigned k = 0; k < 8; k++) {
        uint32_t q = k >> 2;
        struct instruction in = {.op = FMA,
                                 .from = HALF,
                                 .to = SINGLE,
                                 .accumulates = true,
                                 .widens = true,
                                 .negate_product = k & 1,
                                 .lanes = q ? 4 : 2};
        const char *name = names[k & 1][k >> 1 & 1];
        char by_element[16];

        in.first_from = k & 2 ? in.lanes : 0;
        encode(&in, name, "", q << 30);
        run(&in, rounds);
        snprintf(by_element, sizeof(by_element), "%s_e", name);
        in.by_element = true;
        for (in.element = 0; in.element < 8; in.element += 3) {
            encode(&in, by_element, "", q << 30 | element_bits(HALF, in.element));
            run(&in, rounds / 2);
        }
    }
}

Test(aarch64_float, estimates)
{
    static const struct {
        const char *name;
        enum kind kind;
    } list[] = {
        {"frecpe", RECIPROCAL}, {"frsqrte", RECIPROCAL_ROOT}, {"frecpx", RECIPROCAL_EXPONENT}};
    long rounds = oracle_start_random("aarch64_float", 800);

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        bool vectors = list[i].kind != RECIPROCAL_EXPONENT;
        struct instruction in = {.kind = list[i].kind};

        for (int f = HALF; f <= DOUBLE; f++) {
            in.from = in.to = f;
            encode(&in, list[i].name, f == HALF ? "sch" : "sc", f == DOUBLE ? 1u << 22 : 0);
            run(&in, rounds);
        }
        if (vectors)
            run_formats(in, NULL, list[i].name, rounds);
    }
}

Test(aarch64_float, to_integral)
{
    static const struct {
        const char *name;
        int rounding;
    } list[] = {{"frintn", VM_FP_RNE}, {"frintp", VM_FP_RUP}, {"frintm", VM_FP_RDN},
                {"frintz", VM_FP_RTZ}, {"frinta", VM_FP_RMM}, {"frinti", -1},
                {"frintx", -1}};
    long rounds = oracle_start_random("aarch64_float", 150);

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        char vector[16];

        snprintf(vector, sizeof(vector), "%s_v", list[i].name);
        run_formats((struct instruction){.kind = INTEGRAL,
                                         .rounding = list[i].rounding,
                                         .tells_inexact = strcmp(list[i].name, "frintx") == 0},
                    list[i].name, vector, rounds);
    }
}

Test(aarch64_float, to_integral_of_a_size)
{
    static const struct {
        const char *name;
        int rounding, limit;
    } list[] = {{"frint32z", VM_FP_RTZ, 32},
                {"frint32x", -1, 32},
                {"frint64z", VM_FP_RTZ, 64},
                {"frint64x", -1, 64}};
    long rounds = oracle_start_random("aarch64_float", 150);

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        for (int f = SINGLE; f <= DOUBLE; f++) {
            const char suffix[2] = {suffixes[f], 0};
            char vector[16];
            struct instruction in = {.kind = INTEGRAL,
                                     .rounding = list[i].rounding,
                                     .tells_inexact = true,
                                     .limit = list[i].limit,
                                     .from = f,
                                     .to = f};

            snprintf(vector, sizeof(vector), "%s_v", list[i].name);
            encode(&in, list[i].name, suffix, 0);
            run(&in, rounds);
            in.lanes = 8u >> f;
            encode(&in, vector, suffix, 1u << 30);
            run(&in, rounds);
        }
}

/* To single precision, to odd: what is rounded again then is rounded once. */
Test(aarch64_float, to_odd)
{
    long rounds = oracle_start_random("aarch64_float", 800);
    struct instruction in = {.kind = CONVERT, .from = DOUBLE, .to = SINGLE, .to_odd = true};

    encode(&in, "fcvtxn", "sc", 0);
    run(&in, rounds);
    in.lanes = 2;
    for (uint32_t q = 0; q < 2; q++) {
        in.first_to = 2 * q;
        encode(&in, "fcvtxn", "", q << 30);
        run(&in, rounds);
    }
}

Test(aarch64_float, between_formats)
{
    long rounds = oracle_start_random("aarch64_float", 800);

    for (int from = HALF; from <= DOUBLE; from++)
        for (int to = HALF; to <= DOUBLE; to++) {
            const char suffix[3] = {suffixes[to], suffixes[from], 0};
            struct instruction in = {.kind = CONVERT, .from = from, .to = to};

            if (from == to)
                continue;
            encode(&in, "fcvt", suffix, 0);
            run(&in, rounds);
        }
    for (uint32_t q = 0; q < 2; q++)
        for (int narrow = HALF; narrow < DOUBLE; narrow++) {
            unsigned lanes = narrow == HALF ? 4 : 2;
            uint32_t more = q << 30 | (uint32_t)narrow << 22;
            struct instruction in = {.kind = CONVERT, .from = narrow, .to = narrow + 1};

            in.lanes = lanes;
            in.first_from = q ? lanes : 0;
            encode(&in, "fcvtl", "", more);
            run(&in, rounds / 4);
            in = (struct instruction){.kind = CONVERT, .from = narrow + 1, .to = narrow};
            in.lanes = lanes;
            in.first_to = q ? lanes : 0;
            encode(&in, "fcvtn", "", more);
            run(&in, rounds / 4);
        }
}

/* Of all formats, from and to words and doublewords in general registers. */
static void run_integers(const struct instruction *like, const char *name, long rounds)
{
    bool to = like->kind == TO_INTEGER;

    for (int f = HALF; f <= DOUBLE; f++)
        for (uint32_t sf = 0; sf < 2; sf++) {
            const char suffix[2] = {suffixes[f], 0};
            struct instruction in = *like;

            in.general = true;
            in.from = to ? f : sf ? 64 : 32;
            in.to = !to ? f : sf ? 64 : 32;
            encode(&in, name, suffix, sf << 31);
            run(&in, rounds);
        }
}

/* In lanes: as wide as the format. */
static void run_integer_lanes(const struct instruction *like, const char *name, const char *vector,
                              bool fixed, long rounds)
{
    char full[16];

    snprintf(full, sizeof(full), "%s%s", name, vector);
    for (int f = HALF; f <= DOUBLE; f++) {
        const char suffix[2] = {suffixes[f], 0};
        struct instruction in = *like;
        int bits = 16 << f;

        in.from = in.kind == TO_INTEGER ? f : bits;
        in.to = in.kind == TO_INTEGER ? bits : f;
        for (int k = 0; k < (fixed ? 3 : 1); k++) {
            in.fraction = !fixed ? 0 : k == 0 ? 1 : k == 1 ? bits / 2 + 1 : bits;
            for (uint32_t q = f == DOUBLE; q < 2; q++) {
                in.lanes = (q ? 128u : 64u) / (unsigned)bits;
                encode(&in, full, suffix,
                       q << 30 | (fixed ? (uint32_t)(2 * bits - in.fraction) << 16 : 0));
                run(&in, rounds);
            }
        }
    }
}

Test(aarch64_float, to_and_from_integers)
{
    static const struct {
        char letter;
        int rounding;
    } modes[] = {
        {'n', VM_FP_RNE}, {'p', VM_FP_RUP}, {'m', VM_FP_RDN}, {'z', VM_FP_RTZ}, {'a', VM_FP_RMM}};
    long rounds = oracle_start_random("aarch64_float", 150);
    char name[16];

    for (unsigned is_unsigned = 0; is_unsigned < 2; is_unsigned++) {
        for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
            const struct instruction in = {
                .kind = TO_INTEGER, .is_unsigned = is_unsigned, .rounding = modes[i].rounding};

            snprintf(name, sizeof(name), "fcvt%c%c", modes[i].letter, "su"[is_unsigned]);
            run_integers(&in, name, rounds);
            run_integer_lanes(&in, name, "_v", false, rounds / 2);
        }
        const struct instruction in = {.kind = FROM_INTEGER, .is_unsigned = is_unsigned};
        snprintf(name, sizeof(name), "%ccvtf", "su"[is_unsigned]);
        run_integers(&in, name, rounds);
        run_integer_lanes(&in, name, "_v", false, rounds / 2);
    }
}

/* With bits behind the point: few, some, and all that the integer has. */
static void run_fixed(const struct instruction *like, const char *name, long rounds)
{
    static const uint8_t fractions[] = {1, 7, 24, 32, 33, 52, 64};
    bool to = like->kind == TO_INTEGER;
    char full[16];

    snprintf(full, sizeof(full), "%s_x", name);
    for (int f = HALF; f <= DOUBLE; f++)
        for (uint32_t sf = 0; sf < 2; sf++)
            for (unsigned i = 0; i < (sf ? sizeof(fractions) : 4); i++) {
                const char suffix[3] = {suffixes[f], sf ? 'x' : 'w', 0};
                struct instruction in = *like;

                in.general = true;
                in.from = to ? f : sf ? 64 : 32;
                in.to = !to ? f : sf ? 64 : 32;
                in.fraction = fractions[i];
                encode(&in, full, suffix, sf << 31 | (64u - fractions[i]) << 10);
                run(&in, rounds);
            }
    run_integer_lanes(like, name, "_fix", true, rounds);
}

Test(aarch64_float, fixed_point)
{
    long rounds = oracle_start_random("aarch64_float", 100);

    for (unsigned is_unsigned = 0; is_unsigned < 2; is_unsigned++) {
        const struct instruction to = {
            .kind = TO_INTEGER, .is_unsigned = is_unsigned, .rounding = VM_FP_RTZ};
        const struct instruction from = {.kind = FROM_INTEGER, .is_unsigned = is_unsigned};

        run_fixed(&to, is_unsigned ? "fcvtzu" : "fcvtzs", rounds);
        run_fixed(&from, is_unsigned ? "ucvtf" : "scvtf", rounds);
    }
}

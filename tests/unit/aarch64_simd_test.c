/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch-aarch64: the helpers of floating point, Advanced SIMD and cryptography, against published
 * values: the standards' examples, the manual's estimates and rules. All their operands are tried
 * against another implementation by tests/diff/aarch64_simd.py.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "fp.h"
#include "helpers.h"

static struct vm_cpu *cpu;
static struct a64_state *s;

static void set_up(void)
{
    size_t size = (sizeof(struct vm_cpu) + sizeof(struct a64_state) + 63) / 64 * 64;

    cpu = aligned_alloc(64, size);
    cr_assert(cpu != NULL);
    memset(cpu, 0, size);
    s = a64_state(cpu);
}

static void tear_down(void)
{
    free(cpu);
}

TestSuite(aarch64_simd, .init = set_up, .fini = tear_down);

struct quad {
    uint64_t low, high;
};

static uint64_t call(enum a64_helper helper, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                     uint64_t e, uint64_t f)
{
    return a64_helpers[helper].fn(cpu, a, b, c, d, e, f);
}

/* Both halves of a cryptographic helper that takes whole vectors. */
static struct quad quad(enum a64_helper low, struct quad a, struct quad b, struct quad c)
{
    return (struct quad){call(low, a.low, a.high, b.low, b.high, c.low, c.high),
                         call(low + 1, a.low, a.high, b.low, b.high, c.low, c.high)};
}

static const struct quad none;

#define EXPECT(got, want)                                                                  \
    do {                                                                                   \
        uint64_t got_ = (got), want_ = (want);                                             \
        cr_expect_eq(got_, want_, "%s is %#" PRIx64 ", not %#" PRIx64, #got, got_, want_); \
    } while (0)

#define EXPECT_QUAD(got, low_, high_) \
    do {                              \
        struct quad quad_ = (got);    \
        EXPECT(quad_.low, low_);      \
        EXPECT(quad_.high, high_);    \
    } while (0)

/* ---- cryptography ---- */

/* FIPS 197, appendix B, first round; bytes in memory order. */
Test(aarch64_simd, aes)
{
    struct quad start = {0x2be2f4a0bee33d19, 0x0848f8e92a8dc69a};
    struct quad shifted = {0xae52b4e0305dbfd4, 0xe598271ef11141b8};
    struct quad mixed = {0x9a19cbe0e5816604, 0x4c2606287ad3f848};

    EXPECT_QUAD(quad(A64_HELPER_AESE_LOW, start, none, none), shifted.low, shifted.high);
    EXPECT_QUAD(quad(A64_HELPER_AESE_LOW, none, start, none), shifted.low, shifted.high);
    EXPECT_QUAD(quad(A64_HELPER_AESD_LOW, shifted, none, none), start.low, start.high);
    EXPECT_QUAD(quad(A64_HELPER_AESMC_LOW, shifted, none, none), mixed.low, mixed.high);
    EXPECT_QUAD(quad(A64_HELPER_AESIMC_LOW, mixed, none, none), shifted.low, shifted.high);
}

/* The message "abc", padded to a block, as big-endian words. */
static uint32_t message_word(unsigned i)
{
    return i == 0 ? 0x61626380 : i == 15 ? 24 : 0;
}

static struct quad four(const uint32_t *w)
{
    return (struct quad){w[0] | (uint64_t)w[1] << 32, w[2] | (uint64_t)w[3] << 32};
}

static uint64_t add_two_words(uint64_t a, uint64_t b)
{
    return (uint32_t)(a + b) | ((a >> 32) + (b >> 32)) << 32;
}

static struct quad add_words(struct quad a, struct quad b)
{
    return (struct quad){add_two_words(a.low, b.low), add_two_words(a.high, b.high)};
}

/* FIPS 180: SHA-1 of "abc" by the instructions. */
Test(aarch64_simd, sha1)
{
    static const uint32_t start[] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    static const uint32_t k[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    static const enum a64_helper rounds[] = {A64_HELPER_SHA1C_LOW, A64_HELPER_SHA1P_LOW,
                                             A64_HELPER_SHA1M_LOW, A64_HELPER_SHA1P_LOW};
    struct quad state = four(start), w[20];
    uint32_t words[16], e = 0xc3d2e1f0;

    for (unsigned i = 0; i < 16; i++)
        words[i] = message_word(i);
    for (unsigned i = 0; i < 20; i++) {
        if (i < 4)
            w[i] = four(&words[4 * i]);
        else
            w[i] = quad(A64_HELPER_SHA1SU1_LOW,
                        quad(A64_HELPER_SHA1SU0_LOW, w[i - 4], w[i - 3], w[i - 2]), w[i - 1], none);
        uint64_t c = k[i / 5] | (uint64_t)k[i / 5] << 32;
        struct quad sum = add_words(w[i], (struct quad){c, c});
        uint32_t a = (uint32_t)state.low;
        enum a64_helper round = rounds[i / 5];
        state = (struct quad){call(round, state.low, state.high, e, sum.low, sum.high, 0),
                              call(round + 1, state.low, state.high, e, sum.low, sum.high, 0)};
        e = a << 30 | a >> 2;
    }
    state = add_words(state, four(start));
    EXPECT_QUAD(state, 0x4706816aa9993e36, 0x7850c26cba3e2571);
    EXPECT(e + 0xc3d2e1f0, 0x9cd0d89d);
}

static const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

Test(aarch64_simd, sha256)
{
    static const uint32_t start[] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    struct quad x = four(start), y = four(start + 4), w[16];
    uint32_t words[16];

    for (unsigned i = 0; i < 16; i++)
        words[i] = message_word(i);
    for (unsigned i = 0; i < 16; i++) {
        if (i < 4)
            w[i] = four(&words[4 * i]);
        else
            w[i] =
                quad(A64_HELPER_SHA256SU1_LOW,
                     quad(A64_HELPER_SHA256SU0_LOW, w[i - 4], w[i - 3], none), w[i - 2], w[i - 1]);
        struct quad sum = add_words(w[i], four(&sha256_k[4 * i])), old = x;
        x = quad(A64_HELPER_SHA256H_LOW, x, y, sum);
        y = quad(A64_HELPER_SHA256H2_LOW, y, old, sum);
    }
    EXPECT_QUAD(add_words(x, four(start)), 0x8f01cfeaba7816bf, 0x5dae2223414140de);
    EXPECT_QUAD(add_words(y, four(start + 4)), 0x96177a9cb00361a3, 0xf20015adb410ff61);
}

Test(aarch64_simd, polynomials)
{
    /* (x^63 + 1)^2 = x^126 + 1 */
    EXPECT(call(A64_HELPER_PMULL_LOW, 0x8000000000000001, 0x8000000000000001, 0, 0, 0, 0), 1);
    EXPECT(call(A64_HELPER_PMULL_HIGH, 0x8000000000000001, 0x8000000000000001, 0, 0, 0, 0),
           0x4000000000000000);
}

/* ---- floating point ---- */

#define CODE(size)   (A64_FP_SIZE(A64_FP_##size) | A64_FP_ONE_LANE)
#define FP1(op, ...) call(A64_HELPER_FP1, __VA_ARGS__ | A64_FP_##op, 0, 0, 0, 0)
#define FP2(op, ...) call(A64_HELPER_FP2, __VA_ARGS__ | A64_FP_##op, 0, 0, 0)

/* The result, and the flags that were raised. */
#define RAISES(call, want, flags_)  \
    do {                            \
        s->fpflags = 0;             \
        EXPECT(call, want);         \
        EXPECT(s->fpflags, flags_); \
    } while (0)

Test(aarch64_simd, estimates)
{
    RAISES(FP1(RECPE, 0x3f800000, CODE(S)), 0x3f7f8000, 0);
    RAISES(FP1(RECPE, 0x40000000, CODE(S)), 0x3eff8000, 0);
    RAISES(FP1(RECPE, 0, CODE(S)), 0x7f800000, VM_FP_DZ);
    RAISES(FP1(RECPE, 1, CODE(D)), 0x7ff0000000000000, VM_FP_OF | VM_FP_NX);
    RAISES(FP1(RECPE, 1, CODE(D) | A64_FPCR_FZ), 0x7ff0000000000000, VM_FP_DZ | A64_FP_IDC);
    RAISES(FP1(RECPE, 0x7e800000, CODE(S)), 0x007fc000, 0);
    RAISES(FP1(RECPE, 0x7e800000, CODE(S) | A64_FPCR_FZ), 0, VM_FP_UF);
    RAISES(FP1(RSQRTE, 0x3f800000, CODE(S)), 0x3f7f8000, 0);
    RAISES(FP1(RSQRTE, 0x40800000, CODE(S)), 0x3eff8000, 0);
    RAISES(FP1(RSQRTE, 0xbf800000, CODE(S)), 0x7fc00000, VM_FP_NV);
    RAISES(FP1(RSQRTE, 0x80000000, CODE(S)), 0xff800000, VM_FP_DZ);
    RAISES(FP1(RECPX, 0x40490fdb, CODE(S)), 0x3f800000, 0);
    EXPECT(call(A64_HELPER_URECPE, 0x800000007fffffff, 0, 0, 0, 0, 0), 0xff800000ffffffff);
    EXPECT(call(A64_HELPER_URSQRTE, 0x400000003fffffff, 0, 0, 0, 0, 0), 0xff800000ffffffff);
}

Test(aarch64_simd, nans)
{
    /* The first signalling NaN is delivered, quieted; with default NaNs another one. */
    RAISES(FP2(MAX, 0x7fc00001, 0x7f800002, CODE(S)), 0x7fc00002, VM_FP_NV);
    RAISES(FP2(MAX, 0x7fc00001, 0x7f800002, CODE(S) | A64_FPCR_DN), 0x7fc00000, VM_FP_NV);
    RAISES(FP2(MAX, 0x7fc00001, 0x3f800000, CODE(S)), 0x7fc00001, 0);
    RAISES(FP2(MAXNM, 0x7fc00001, 0x3f800000, CODE(S)), 0x3f800000, 0);
    RAISES(FP2(MAXNM, 0x7f800001, 0x3f800000, CODE(S)), 0x7fc00001, VM_FP_NV);
    RAISES(FP2(MINNM, 0x80000000, 0, CODE(S)), 0x80000000, 0);
    RAISES(FP2(MULX, 0xff800000, 0, CODE(S)), 0xc0000000, 0);
    RAISES(FP2(RSQRTS, 0x7f800000, 0, CODE(S)), 0x3fc00000, 0);
    RAISES(FP2(RECPS, 0x7f800000, 0, CODE(S)), 0x40000000, 0);
    RAISES(FP2(CMEQ, 0x7fc00000, 0x7fc00000, CODE(S)), 0, 0);
    RAISES(FP2(CMGE, 0x7fc00000, 0x7fc00000, CODE(S)), 0, VM_FP_NV);
}

Test(aarch64_simd, flush_to_zero)
{
    const uint64_t fz = A64_FPCR_FZ, fz16 = A64_FPCR_FZ16;

    /* FZ is for singles and doubles, FZ16 for halves, whose operands raise nothing */
    RAISES(FP2(ADD, 1, 0x3f800000, CODE(S) | fz), 0x3f800000, A64_FP_IDC);
    RAISES(FP2(ADD, 1, 0x3c00, CODE(H) | fz16), 0x3c00, 0);
    RAISES(FP2(ADD, 1, 0x0001, CODE(H) | fz), 2, 0);
    RAISES(FP2(MUL, 0x00800000, 0x3f000000, CODE(S) | fz), 0, VM_FP_UF);
    RAISES(FP2(MUL, 0x0400, 0xb800, CODE(H) | fz16), 0x8000, VM_FP_UF);
    /* what rounds up to the smallest normal number is tiny before */
    RAISES(FP2(MUL, 0x00800000, 0x3f7fffff, CODE(S)), 0x00800000, VM_FP_UF | VM_FP_NX);
    /* conversions heed FZ, not FZ16 */
    RAISES(call(A64_HELPER_FP_CONVERT, 1, CODE(H) | fz16 | A64_FP_TO(A64_FP_S), 0, 0, 0, 0),
           0x33800000, 0);
    RAISES(call(A64_HELPER_FP_CONVERT, 1, CODE(S) | fz | A64_FP_TO(A64_FP_D), 0, 0, 0, 0), 0,
           A64_FP_IDC);
}

#define CONVERT(a, from, to, more) \
    call(A64_HELPER_FP_CONVERT, a, CODE(from) | A64_FP_TO(A64_FP_##to) | (more), 0, 0, 0, 0)

Test(aarch64_simd, alternative_half_precision)
{
    RAISES(CONVERT(0x7fff, H, S, A64_FPCR_AHP), 0x47ffe000, 0);
    RAISES(CONVERT(0x47ffe000, S, H, A64_FPCR_AHP), 0x7fff, 0);
    RAISES(CONVERT(0x47fff000, S, H, A64_FPCR_AHP), 0x7fff, VM_FP_NV);
    RAISES(CONVERT(0x7f800000, S, H, A64_FPCR_AHP), 0x7fff, VM_FP_NV);
    RAISES(CONVERT(0xffc00000, S, H, A64_FPCR_AHP), 0x8000, VM_FP_NV);
    RAISES(CONVERT(0xffc00000, S, H, A64_FPCR_AHP | A64_FPCR_DN), 0x8000, VM_FP_NV);
    RAISES(CONVERT(0x7c00, H, D, 0), 0x7ff0000000000000, 0);
}

#define TO_INT(a, size, width, more) \
    call(A64_HELPER_FP_TO_INT, a, CODE(size) | A64_FP_TO(width) | (more), 0, 0, 0, 0)

Test(aarch64_simd, integers_and_fixed_point)
{
    RAISES(TO_INT(0x7fc00000, S, 2, 0), 0, VM_FP_NV);
    RAISES(TO_INT(0xc1f00000, S, 3, A64_FP_MODE(VM_FP_RTZ)), (uint64_t)-30, 0);
    RAISES(TO_INT(0xbf000000, S, 2, A64_FP_MODE(VM_FP_RMM)), 0xffffffff, VM_FP_NX);
    RAISES(TO_INT(0x3f400000, S, 2, A64_FP_FRACTION(2)), 3, 0);
    RAISES(call(A64_HELPER_FP1, 0x7bff, CODE(H) | A64_FP_LANE_TO_INT, 0, 0, 0, 0), 0x7fff,
           VM_FP_NV);
    /* an integer too large for a half is not once it is scaled */
    RAISES(call(A64_HELPER_FP_FROM_INT, 0x10001, CODE(H) | A64_FP_TO(3) | A64_FP_FRACTION(8), 0, 0,
                0, 0),
           0x5c00, VM_FP_NX);
    /* FJCVTZS: modulo 2^32; bit 62 says that it was exact */
    RAISES(call(A64_HELPER_FP_TO_JS, 0xc1f0000000100000, CODE(D), 0, 0, 0, 0), 0xffffffff,
           VM_FP_NV);
    RAISES(call(A64_HELPER_FP_TO_JS, 0x8000000000000000, CODE(D), 0, 0, 0, 0), 0, 0);
    RAISES(call(A64_HELPER_FP_TO_JS, 0x4000000000000000, CODE(D), 0, 0, 0, 0),
           2 | (uint64_t)1 << 62, 0);
}

Test(aarch64_simd, round_to_odd)
{
    const uint64_t code = A64_FP_SIZE(A64_FP_D) | A64_FP_ONE_LANE | 1;

    RAISES(call(A64_HELPER_FP_NARROW, 0x3ff0000000000001, 0, code, 0, 0, 0), 0x3f800001, VM_FP_NX);
    RAISES(call(A64_HELPER_FP_NARROW, 0x3ff0000020000000, 0, code, 0, 0, 0), 0x3f800001, 0);
    RAISES(call(A64_HELPER_FP_NARROW, 0x7fefffffffffffff, 0, code, 0, 0, 0), 0x7f7fffff,
           VM_FP_OF | VM_FP_NX);
}

/* ---- anything ---- */

static uint64_t random_operand(uint64_t *state, unsigned kind)
{
    uint64_t v;

    *state = *state * 6364136223846793005 + 1442695040888963407;
    v = *state ^ *state >> 29;
    return kind == 0 ? v & 0x8000800080008000 : kind == 1 ? -(v >> 61) : v;
}

/* A code that an emitter could make, of random bits. */
static uint64_t code_of(enum a64_helper h, uint64_t bits)
{
    static const uint8_t ops[] = {A64_FP1_COUNT, A64_FP2_COUNT, 4};
    uint64_t code = bits & 0x1f07fbfc00, op = bits & 0xff;
    uint32_t low = h == A64_HELPER_FP_NARROW ? 2 : 1, high = h == A64_HELPER_FP_LONG ? 2 : 3;

    code |= A64_FP_SIZE(low + bits / 256 % (high - low + 1));
    if (A64_FP_TO_OF(code) == 0)
        code |= A64_FP_TO(1 + bits / 256 % 3);
    if (h == A64_HELPER_FP_TO_JS)
        code |= A64_FP_SIZE(A64_FP_D);
    return h <= A64_HELPER_FP3 ? code | op % ops[h - A64_HELPER_FP1] : code;
}

/* Nothing that a guest can pass is beyond the helpers; sanitizers watch. */
Test(aarch64_simd, any_operands)
{
    uint64_t state = 0x9e3779b97f4a7c15, arg[6];

    for (uint32_t i = 0; i < 400 * (A64_HELPER_COUNT - A64_HELPER_URECPE); i++) {
        enum a64_helper h = (enum a64_helper)(A64_HELPER_URECPE + i / 400);
        for (unsigned k = 0; k < 6; k++)
            arg[k] = random_operand(&state, i % 4);
        if (h >= A64_HELPER_FP1 && h < A64_HELPER_PMULL_LOW)
            arg[a64_helpers[h].n_args - 1] = code_of(h, random_operand(&state, 2));
        call(h, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    }
    cr_expect(s->fpflags != 0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch-aarch64: the helpers of floating point and Advanced SIMD, against published values: the
 * manual's estimates and rules. All their operands are tried against another implementation by
 * tests/diff/aarch64_simd.py.
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

static uint64_t call(enum a64_helper helper, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                     uint64_t e, uint64_t f)
{
    return a64_helpers[helper].fn(cpu, a, b, c, d, e, f);
}

#define EXPECT(got, want)                                                                  \
    do {                                                                                   \
        uint64_t got_ = (got), want_ = (want);                                             \
        cr_expect_eq(got_, want_, "%s is %#" PRIx64 ", not %#" PRIx64, #got, got_, want_); \
    } while (0)

/* ---- floating point ---- */

#define CODE(size)   (A64_FP_SIZE(A64_FP_##size) | A64_FP_ONE_LANE)
#define FP1(op, ...) call(A64_HELPER_FP1, __VA_ARGS__ | A64_FP_##op, 0, 0, 0, 0)

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
    RAISES(FP1(RECPE, 1, CODE(D) | A64_FPCR_FZ), 0x7ff0000000000000, VM_FP_DZ | VM_FP_ID);
    RAISES(FP1(RECPE, 0x7e800000, CODE(S)), 0x007fc000, 0);
    RAISES(FP1(RECPE, 0x7e800000, CODE(S) | A64_FPCR_FZ), 0, VM_FP_UF);
    RAISES(FP1(RSQRTE, 0x3f800000, CODE(S)), 0x3f7f8000, 0);
    RAISES(FP1(RSQRTE, 0x40800000, CODE(S)), 0x3eff8000, 0);
    RAISES(FP1(RSQRTE, 0xbf800000, CODE(S)), 0x7fc00000, VM_FP_NV);
    RAISES(FP1(RSQRTE, 0x80000000, CODE(S)), 0xff800000, VM_FP_DZ);
    EXPECT(call(A64_HELPER_URECPE, 0x800000007fffffff, 0, 0, 0, 0, 0), 0xff800000ffffffff);
    EXPECT(call(A64_HELPER_URSQRTE, 0x400000003fffffff, 0, 0, 0, 0, 0), 0xff800000ffffffff);
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
    /* FZ is not for halves, FZ16 not for conversions */
    RAISES(CONVERT(1, H, S, A64_FPCR_AHP | A64_FPCR_FZ | A64_FPCR_FZ16), 0x33800000, 0);
    RAISES(CONVERT(1, S, H, A64_FPCR_AHP | A64_FPCR_FZ), 0, VM_FP_ID);
}

Test(aarch64_simd, integers_of_javascript)
{
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
    uint64_t code = bits & 0x1f07fbfc00, op = bits & 0xff;
    uint32_t low = h == A64_HELPER_FP_NARROW ? 2 : 1, high = h == A64_HELPER_FP_LONG ? 2 : 3;

    code |= A64_FP_SIZE(low + bits / 256 % (high - low + 1));
    if (A64_FP_TO_OF(code) == 0)
        code |= A64_FP_TO(1 + bits / 256 % 3);
    if (h == A64_HELPER_FP_TO_JS)
        code |= A64_FP_SIZE(A64_FP_D);
    return h == A64_HELPER_FP1 ? code | op % A64_FP1_COUNT : code;
}

/* Nothing that a guest can pass is beyond the helpers; sanitizers watch. */
Test(aarch64_simd, any_operands)
{
    uint64_t state = 0x9e3779b97f4a7c15, arg[6];

    for (uint32_t i = 0; i < 400 * (A64_HELPER_COUNT - A64_HELPER_URECPE); i++) {
        enum a64_helper h = (enum a64_helper)(A64_HELPER_URECPE + i / 400);
        for (unsigned k = 0; k < 6; k++)
            arg[k] = random_operand(&state, i % 4);
        if (h >= A64_HELPER_FP1)
            arg[a64_helpers[h].n_args - 1] = code_of(h, random_operand(&state, 2));
        call(h, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    }
    cr_expect(s->fpflags != 0);
}

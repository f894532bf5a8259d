/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch-aarch64: Advanced SIMD on integers, by both engines: where the manual's rules turn, and the
 * bits of every byte. All other operands are tried against another implementation by
 * tests/diff/aarch64_simd.py.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>
#include "aarch64_runner.h"

TestSuite(aarch64_integer, .init = runners_open, .fini = runners_close, .timeout = 60);

/* v0 op v1, v2 is `low` and `high`, and whether FPSR.QC is set. */
struct known {
    const char *name;
    uint32_t word;
    uint64_t d[2], n[2], m[2];
    uint64_t low, high;
    bool qc;
};

static void expect(const struct known *k, uint32_t count)
{
    for (; count-- > 0; k++) {
        runners_compile(k->name, k->word, 1);
        FOR_RUNNERS(r)
        {
            struct registers regs = {.v = {{k->d[0], k->d[1]}, {k->n[0], k->n[1]}}};

            memcpy(regs.v[2], k->m, sizeof(k->m));
            runner_enter(r, &regs);
            cr_expect(regs.v[0][0] == k->low && regs.v[0][1] == k->high,
                      "%s by %s: %#" PRIx64 " %#" PRIx64, k->name, r->name, regs.v[0][0],
                      regs.v[0][1]);
            cr_expect_eq(regs.qc, k->qc, "%s by %s: QC %" PRIu64, k->name, r->name, regs.qc);
        }
        runners_release();
    }
}

#define EXPECT(...)                             \
    expect((const struct known[]){__VA_ARGS__}, \
           sizeof((const struct known[]){__VA_ARGS__}) / sizeof(struct known))

/* The upper halves, and lanes beside a scalar, saturate where they are not looked at. */
Test(aarch64_integer, saturation_sets_qc)
{
    EXPECT(
        {"sqadd v0.8b", 0x0e220c20, {0}, {0x017f80}, {0x017e81}, 0x027f80, 0, true},
        {"sqadd v0.8b", 0x0e220c20, {0}, {1, 0x7f}, {1, 0x7f}, 2, 0, false},
        {"sqadd d0", 0x5ee20c20, {0}, {INT64_MAX - 15, INT64_MAX}, {15, 15}, INT64_MAX, 0, false},
        {"sqadd d0", 0x5ee20c20, {0}, {INT64_MAX}, {1}, INT64_MAX, 0, true},
        {"uqsub h0", 0x7e622c20, {0}, {0x10003}, {0x20001}, 2, 0, false},
        {"uqsub h0", 0x7e622c20, {0}, {0x20001}, {0x10002}, 0, 0, true},
        {"suqadd v0.16b", 0x4e203820, {0x80}, {0xff}, {0}, 0x7f, 0, false},
        {"suqadd v0.16b", 0x4e203820, {0, 0x7f}, {0, 1}, {0}, 0, 0x7f, true},
        {"sqabs v0.8b", 0x0e207820, {0}, {0x81, 0x80}, {0}, 0x7f, 0, false},
        {"sqabs v0.8b", 0x0e207820, {0}, {0x80}, {0}, 0x7f, 0, true},
        {"sqxtn b0", 0x5e214820, {0}, {0x7fff0001}, {0}, 1, 0, false},
        {"sqxtn b0", 0x5e214820, {0}, {0x80}, {0}, 0x7f, 0, true},
        {"sqshrun v0.8b", 0x2f0c8420, {0}, {0x0ff0}, {0}, 0xff, 0, false},
        {"sqshrun v0.8b", 0x2f0c8420, {0}, {0, 0x1000}, {0}, 0xff00000000, 0, true},
        {"sqshrun v0.8b", 0x2f0c8420, {0}, {0xfff0}, {0}, 0, 0, true});
}

/* Sums are not cut before they are rounded and halved; doubled products are before they are added.
 */
Test(aarch64_integer, doubled_products)
{
    EXPECT({"sqdmulh v0.8h", 0x4e62b420, {0}, {0x4000}, {3}, 1, 0, false},
           {"sqdmulh v0.8h", 0x4e62b420, {0}, {0, 0x8000}, {0, 0x8000}, 0, 0x7fff, true},
           {"sqrdmulh s0", 0x7ea2b420, {0}, {0x40000000}, {3}, 2, 0, false},
           {"sqrdmulh s0", 0x7ea2b420, {0}, {1ull << 63}, {1ull << 63}, 0, 0, false},
           {"sqrdmulh s0", 0x7ea2b420, {0}, {1u << 31}, {1u << 31}, INT32_MAX, 0, true},
           {"sqdmlal v0.4s", 0x0e629020, {INT32_MAX - 2}, {1}, {1}, INT32_MAX, 0, false},
           {"sqdmlal v0.4s", 0x0e629020, {INT32_MAX - 1}, {1}, {1}, INT32_MAX, 0, true},
           {"sqdmlal v0.4s", 0x0e629020, {UINT32_MAX}, {0x8000}, {0x8000}, INT32_MAX - 1, 0, true},
           {"sqrdmlah v0.4h", 0x2e428420, {0x7fff}, {0x4000}, {0x4000}, 0x7fff, 0, true},
           {"sqrdmlah v0.4h", 0x2e428420, {0x8000}, {0x8000}, {0x8000}, 0, 0, false});
}

/* By -8: a half is rounded up; by -9: nothing is left; to the left nothing is rounded. */
Test(aarch64_integer, shifts_round_and_saturate)
{
    EXPECT({"urshl v0.8b", 0x2e225420, {0}, {0x807f80}, {0xf8f8f7}, 0x010000, 0, false},
           {"srshl d0", 0x5ee25420, {0}, {UINT64_MAX}, {0xc0}, 0, 0, false},
           {"sshl d0", 0x5ee24420, {0}, {1ull << 63}, {0x80}, UINT64_MAX, 0, false},
           {"rshrn v0.2s", 0x0f208c20, {0}, {0x17fffffff, 1u << 31}, {0}, 0x100000001, 0, false},
           {"uqrshl v0.8b", 0x2e225c20, {0}, {0xff}, {0xff}, 0x80, 0, false},
           {"uqrshl v0.8b", 0x2e225c20, {0}, {0xff}, {0x01}, 0xff, 0, true},
           {"sqshl v0.4s", 0x4ea24c20, {0}, {UINT32_MAX}, {0x1f}, 1u << 31, 0, false},
           {"sqshl v0.4s", 0x4ea24c20, {0}, {UINT32_MAX}, {0x20}, 1u << 31, 0, true},
           {"sqshl v0.4s", 0x4ea24c20, {0}, {0, 1}, {0, 0x7f}, 0, INT32_MAX, true},
           {"sqshl v0.4s", 0x4ea24c20, {0}, {1u << 31}, {0x123456e0}, UINT32_MAX, 0, false},
           {"sqshlu v0.8b", 0x2f096420, {0}, {0x40}, {0}, 0x80, 0, false},
           {"sqshlu v0.8b", 0x2f096420, {0}, {0x80}, {0}, 0, 0, true});
}

/* (x + 1)(x^2 + x + 1) = x^3 + 1; the square of all ones has every other bit. */
Test(aarch64_integer, polynomials)
{
    EXPECT({"pmul v0.8b", 0x2e229c20, {0}, {0x0303}, {0x0710}, 0x0930, 0, false},
           {"pmull2 v0.8h", 0x4e22e020, {0}, {1, 0xff}, {1, 0xff}, 0x5555, 0, false});
}

Test(aarch64_integer, lanes_in_the_other_order)
{
    const uint64_t low = 0x0706050403020100, high = 0x0f0e0d0c0b0a0908;

    EXPECT({"rev64 v0.16b",
            0x4e200820,
            {0},
            {low, high},
            {0},
            0x0001020304050607,
            0x08090a0b0c0d0e0f,
            false},
           {"rev64 v0.4s",
            0x4ea00820,
            {0},
            {low, high},
            {0},
            0x0302010007060504,
            0x0b0a09080f0e0d0c,
            false},
           {"rev32 v0.8h",
            0x6e600820,
            {0},
            {low, high},
            {0},
            0x0504070601000302,
            0x0d0c0f0e09080b0a,
            false},
           {"rev16 v0.8b", 0x0e201820, {1, 1}, {low, high}, {0}, 0x0607040502030001, 0, false});
}

/* ---- bits: of every byte, and of every length of what is wider ---- */

static uint64_t ones(uint64_t v, int bits)
{
    return (uint64_t)__builtin_popcountll(v & UINT64_MAX >> (64 - bits));
}

static uint64_t leading_zeros(uint64_t v, int bits)
{
    int n = 0;

    while (n < bits && !(v >> (bits - 1 - n) & 1))
        n++;
    return (uint64_t)n;
}

static uint64_t leading_signs(uint64_t v, int bits)
{
    int n = 1;

    while (n < bits && (v >> (bits - 1 - n) & 1) == (v >> (bits - 1) & 1))
        n++;
    return (uint64_t)n - 1;
}

static uint64_t reversed(uint64_t v, int bits)
{
    uint64_t r = 0;

    for (int i = 0; i < bits; i++)
        r |= (v >> i & 1) << (bits - 1 - i);
    return r;
}

static const struct {
    const char *name;
    uint32_t word;
    int bits;
    uint64_t (*fn)(uint64_t v, int bits);
} counts[] = {
    {"cnt v0.16b", 0x4e205820, 8, ones},          {"clz v0.16b", 0x6e204820, 8, leading_zeros},
    {"cls v0.16b", 0x4e204820, 8, leading_signs}, {"rbit v0.16b", 0x6e605820, 8, reversed},
    {"clz v0.8h", 0x6e604820, 16, leading_zeros}, {"cls v0.8h", 0x4e604820, 16, leading_signs},
    {"clz v0.4s", 0x6ea04820, 32, leading_zeros}, {"cls v0.4s", 0x4ea04820, 32, leading_signs},
};

/* Value number i of so many bits: each byte in its place, or what is above a sign. */
static uint64_t value(unsigned i, unsigned lane, int bits)
{
    uint64_t v = (i + lane * 37) % 256;

    if (bits == 8)
        return v;
    v = (uint64_t)-1 << i % (unsigned)bits ^ v << (i + lane) % (unsigned)bits;
    return (i & 64 ? v : ~v) & UINT64_MAX >> (64 - bits);
}

Test(aarch64_integer, bits_are_counted)
{
    for (unsigned k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
        int bits = counts[k].bits;

        runners_compile(counts[k].name, counts[k].word, 1);
        for (unsigned i = 0; i < 256; i++) {
            struct registers before = {0}, want = {0};
            for (unsigned lane = 0; lane < 128 / (unsigned)bits; lane++) {
                unsigned at = lane * (unsigned)bits;
                uint64_t v = value(i, lane, bits);
                before.v[1][at / 64] |= v << at % 64;
                want.v[0][at / 64] |= counts[k].fn(v, bits) << at % 64;
            }
            FOR_RUNNERS(r)
            {
                struct registers got = before;
                runner_enter(r, &got);
                cr_expect_arr_eq(got.v[0], want.v[0], 16, "%s of %#" PRIx64 " by %s",
                                 counts[k].name, before.v[1][0], r->name);
            }
        }
        runners_release();
    }
}

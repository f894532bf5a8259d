/* SPDX-License-Identifier: BSD-2-Clause */
/* arch-aarch64: CRC32 and CRC32C of all sizes, by both engines, bit by bit and of a known text. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include "aarch64_runner.h"
#include "state.h"

TestSuite(aarch64_crc, .init = runners_open, .fini = runners_close, .timeout = 60);

#define CHECKED "123456789" /* the catalogues of checksums say what becomes of it */

/* x0 of x1 and x2. */
static uint32_t word_of(uint32_t log2, bool castagnoli)
{
    return 0x1ac24020 | (log2 == 3 ? 0x80000000u : 0) | (uint32_t)castagnoli << 12 | log2 << 10;
}

static uint32_t bit_by_bit(uint32_t crc, uint64_t data, uint32_t bits, bool castagnoli)
{
    uint32_t polynomial = castagnoli ? 0x82f63b78 : 0xedb88320;

    for (; bits > 0; bits--, data >>= 1) {
        bool odd = (crc ^ data) & 1;
        crc = crc >> 1 ^ (odd ? polynomial : 0);
    }
    return crc;
}

static uint64_t run(struct runner *r, uint64_t crc, uint64_t data)
{
    struct a64_state *s = a64_state(r->cpu);

    s->x[0] = UINT64_MAX, s->x[1] = crc, s->x[2] = data;
    runner_run(r);
    return s->x[0];
}

Test(aarch64_crc, as_the_bits_say)
{
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t log2 = i & 3;
        runners_compile("crc32", word_of(log2, i & 4), 1);
        FOR_RUNNERS(r)
        {
            uint64_t crc = 0x123456789abcdef1, data = 0xfedcba9876543210;
            for (uint32_t k = 0; k < 1000; k++) {
                uint32_t want = bit_by_bit((uint32_t)crc, data, 8u << log2, i & 4);
                cr_assert_eq(run(r, crc, data), want, "%" PRIu32 " bytes, %#" PRIx64 " %#" PRIx64,
                             1u << log2, crc, data);
                crc = crc * 6364136223846793005 + 1442695040888963407;
                data = (data ^ crc >> 29) * 0x9e3779b97f4a7c15;
            }
        }
        runners_release();
    }
}

Test(aarch64_crc, check_values)
{
    static const uint32_t values[2] = {0xcbf43926, 0xe3069283};

    for (uint32_t i = 0; i < 2; i++) {
        runners_compile("crc32b", word_of(0, i), 1);
        FOR_RUNNERS(r)
        {
            uint64_t crc = UINT32_MAX;
            for (const char *at = CHECKED; *at; at++)
                crc = run(r, crc, (uint64_t)*at);
            cr_expect_eq(crc ^ UINT32_MAX, values[i], "%s: %#" PRIx64, r->name, crc);
        }
        runners_release();
    }
}

/* Of a helper that is called between them, floating point keeps its flags. */
Test(aarch64_crc, flags_of_floating_point_stay)
{
    static const uint32_t words[] = {0x1e621820 /* fdiv d0, d1, d2 */, 0x1ac24020 /* crc32b */};
    static const uint64_t one = 0x3ff0000000000000;

    FOR_RUNNERS(r)
    {
        uint64_t flags[2];
        for (uint32_t i = 0; i < 2; i++) {
            struct registers regs = {.v = {{0}, {one}, {0}}};
            runner_compile(r, "fdiv, crc32b", words, i + 1, 1);
            runner_enter(r, &regs);
            runner_release(r);
            flags[i] = regs.flags;
        }
        cr_expect_neq(flags[0], 0, "%s", r->name);
        cr_expect_eq(flags[1], flags[0], "%s: %#" PRIx64, r->name, flags[1]);
    }
}

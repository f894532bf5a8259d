/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch-aarch64: the condition flags of sums and differences, with and without a carry: every
 * condition, in the unit that sets them and behind it, by both engines.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include "aarch64_runner.h"
#include "state.h"

TestSuite(aarch64_flags, .init = runners_open, .fini = runners_close, .timeout = 60);

/* Of x1 and x2, to x0; CMP x3, x4 before sets the carry. */
enum { ADDS = 0xab020020, SUBS = 0xeb020020, ADCS = 0xba020020, SBCS = 0xfa020020 };
#define WORDS  0x80000000u /* to be cleared: of 32 bits */
#define CMP_34 0xeb04007f
#define CSET_5 0x9a9f07e5 /* with the opposite condition */

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 s128;

static int64_t as_signed(uint64_t v, unsigned bits)
{
    return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* The manual's AddWithCarry and ConditionHolds. */
static bool holds(unsigned cond, uint64_t x, uint64_t y, bool carry, unsigned bits)
{
    uint64_t mask = UINT64_MAX >> (64 - bits), r = (x + y + carry) & mask;
    bool n = r >> (bits - 1), z = r == 0;
    bool c = (u128)(x & mask) + (y & mask) + carry != r;
    bool v = (s128)as_signed(x, bits) + as_signed(y, bits) + carry != as_signed(r, bits);
    const bool of[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};

    return of[cond / 2] != (cond % 2 && cond != 15);
}

static const uint64_t corners[] = {
    0,
    1,
    2,
    INT32_MAX,
    1u << 31,
    (1u << 31) + 1,
    UINT32_MAX,
    1ull << 32,
    INT64_MAX,
    1ull << 63,
    UINT64_MAX,
    UINT64_MAX - 1,
    0x12345678,
    1ull << 62,
    0xffffffff80000000,
    0x80000000ffffffff,
};
enum { N_CORNERS = sizeof(corners) / sizeof(corners[0]) };

/* All corners of x1 and x2 with the carry clear and set; the units of `runner` are in order. */
static void check(struct runner *r, const char *name, uint32_t insn, unsigned cond, bool apart)
{
    struct a64_state *s = a64_state(r->cpu);
    bool with_carry = insn == ADCS || insn == SBCS, subtracts = insn == SUBS || insn == SBCS;
    uint32_t cset = CSET_5 | (cond ^ 1) << 12;

    for (unsigned bits = 32; bits <= 64; bits += 32) {
        uint32_t sets[] = {CMP_34, bits == 32 ? insn & ~WORDS : insn, cset};
        for (unsigned i = 0; i < 2 * N_CORNERS * N_CORNERS; i += apart ? 7 : 1) {
            uint64_t x = corners[i / 2 % N_CORNERS], y = corners[i / 2 / N_CORNERS];
            bool carry = with_carry ? i % 2 : subtracts;
            if (i == 0 || apart)
                runner_compile(r, name, sets, apart ? 2 : 3, 1);
            s->x[1] = x, s->x[2] = y, s->x[3] = i % 2, s->x[4] = 1;
            runner_run(r);
            if (apart) {
                runner_release(r);
                runner_compile(r, name, &cset, 1, 1);
                runner_run(r);
                runner_release(r);
            }
            cr_assert_eq(s->x[5], holds(cond, x, subtracts ? ~y : y, carry, bits),
                         "%s of %u bits, %#" PRIx64 " and %#" PRIx64 " and %d: condition %u by %s",
                         name, bits, x, y, i % 2, cond, r->name);
        }
        if (!apart)
            runner_release(r);
    }
}

static void check_all(const char *name, uint32_t insn)
{
    for (unsigned cond = 0; cond < 14; cond++)
        FOR_RUNNERS(r)
        {
            check(r, name, insn, cond, false);
            check(r, name, insn, cond, true);
        }
}

Test(aarch64_flags, sums)
{
    check_all("adds", ADDS);
}
Test(aarch64_flags, differences)
{
    check_all("subs", SUBS);
}
Test(aarch64_flags, sums_with_carry)
{
    check_all("adcs", ADCS);
}
Test(aarch64_flags, differences_with_carry)
{
    check_all("sbcs", SBCS);
}

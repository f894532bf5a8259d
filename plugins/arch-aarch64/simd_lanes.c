/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advanced SIMD on integers, one half of a vector at a time: what depends on the operands only.
 * simd_lanes.h has the list of what is done to each lane.
 */
#include "simd_lane_types.h"

/* ---- lane by lane ---- */

static inline uint64_t poly_product(uint64_t x, uint64_t y, int bits)
{
    uint64_t r = 0;

    for (int i = 0; i < bits; i++)
        r ^= y >> i & 1 ? x << i : 0;
    return r;
}

static inline int leading_zeros(uint64_t x, int bits)
{
    return x ? __builtin_clzll(x) - (64 - bits) : bits;
}

static inline uint64_t reversed_bits(uint64_t x, int bits)
{
    uint64_t r = 0;

    for (int i = 0; i < bits; i++)
        r |= (x >> i & 1) << (bits - 1 - i);
    return r;
}

#define SHIFT(v, by, rounds) SHIFT_AS(W, v, by, rounds, false)
#define ROW(X, NAME, name, operands, EXPRESSION)      \
    LANE_FUNCTION(a64_##name##_b, 8, EXPRESSION, , )  \
    LANE_FUNCTION(a64_##name##_h, 16, EXPRESSION, , ) \
    LANE_FUNCTION(a64_##name##_s, 32, EXPRESSION, , ) \
    LANE_FUNCTION(a64_##name##_d, 64, EXPRESSION, , )

A64_LANE_OPS(ROW, )

/* ---- lanes that move ---- */

static inline uint64_t lane(uint64_t v, unsigned i, unsigned bits)
{
    return v >> (i * bits) & (UINT64_MAX >> (64 - bits));
}

static inline int64_t signed_lane(uint64_t v, unsigned i, unsigned bits)
{
    return (int64_t)(v << (64 - bits - i * bits)) >> (64 - bits);
}

/*
 * Defines a helper for lanes of each width: EXPRESSION is lane i of the result, of the arguments a
 * and b; n lanes of `bits` bits are in a half.
 */
#define MOVE_FUNCTION(name, BITS, EXPRESSION)                                \
    uint64_t name(A64_HELPER_ARGS)                                           \
    {                                                                        \
        const unsigned bits = BITS, n = 64 / BITS;                           \
        uint64_t r = 0;                                                      \
        for (unsigned i = 0; i < n; i++)                                     \
            r |= ((EXPRESSION) & (UINT64_MAX >> (64 - bits))) << (i * bits); \
        UNUSED(cpu), UNUSED(b), UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);  \
        return r;                                                            \
    }

#define ROW3(X, NAME, name, operands, EXPRESSION) \
    MOVE_FUNCTION(a64_##name##_b, 8, EXPRESSION)  \
    MOVE_FUNCTION(a64_##name##_h, 16, EXPRESSION) \
    MOVE_FUNCTION(a64_##name##_s, 32, EXPRESSION)

A64_MOVE_OPS(ROW3, )

/* Wide lanes: `bits` is half of a lane's width. */
#define ROW_WIDE(X, NAME, name, operands, EXPRESSION) \
    WIDE_FUNCTION(a64_##name##_b, 8, EXPRESSION)      \
    WIDE_FUNCTION(a64_##name##_h, 16, EXPRESSION)     \
    WIDE_FUNCTION(a64_##name##_s, 32, EXPRESSION)

#define WIDE_FUNCTION(name, BITS, EXPRESSION)                                                  \
    uint64_t name(A64_HELPER_ARGS)                                                             \
    {                                                                                          \
        const unsigned bits = BITS;                                                            \
        uint64_t r = 0;                                                                        \
        for (unsigned i = 0; i < 32 / BITS; i++)                                               \
            r |= ((uint64_t)(EXPRESSION) & (UINT64_MAX >> (64 - 2 * bits))) << (2 * i * bits); \
        UNUSED(cpu), UNUSED(b), UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);                    \
        return r;                                                                              \
    }

A64_WIDEN_OPS(ROW_WIDE, )

/* ---- narrowing ---- */

#define DOWN(v, rounds) \
    (c == 0 ? (a64_wide)(v) : ((a64_wide)(v) + ((a64_wide)(rounds) << (c - 1))) >> c)
#define NARROW_FUNCTION(name, BITS, EXPRESSION)                                \
    uint64_t name(A64_HELPER_ARGS)                                             \
    {                                                                          \
        enum { N = BITS };                                                     \
        uint64_t r = 0;                                                        \
        for (unsigned i = 0; i < 64 / N; i++) {                                \
            const uint64_t ux = lane(i < 32 / N ? a : b, i % (32 / N), 2 * N); \
            r |= (uint64_t)(uint##BITS##_t)(EXPRESSION) << (i * N);            \
        }                                                                      \
        UNUSED(cpu), UNUSED(d), UNUSED(e), UNUSED(f);                          \
        return r;                                                              \
    }
#define ROW_NARROW(X, NAME, name, EXPRESSION)       \
    NARROW_FUNCTION(a64_##name##_b, 8, EXPRESSION)  \
    NARROW_FUNCTION(a64_##name##_h, 16, EXPRESSION) \
    NARROW_FUNCTION(a64_##name##_s, 32, EXPRESSION)

A64_NARROW_OPS(ROW_NARROW, )

/* ---- others ---- */

/*
 * Structures of several registers: lane i of the register `which` of a structure of `count`, whose
 * lanes lie one after the other in the `count` chunks a, b, c, d; and the way back, lane i of chunk
 * `which`. e: log2 of a lane's bytes | count << 4 | which << 8.
 */
uint64_t a64_unweave(A64_HELPER_ARGS)
{
    const uint64_t chunk[4] = {a, b, c, d};
    const unsigned bits = 8u << (e & 3), n = 64 / bits, count = e >> 4 & 7, which = e >> 8 & 3;
    uint64_t r = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned from = i * count + which;
        r |= lane(chunk[from / n], from % n, bits) << (i * bits);
    }
    UNUSED(cpu), UNUSED(f);
    return r;
}

uint64_t a64_weave(A64_HELPER_ARGS)
{
    const uint64_t reg[4] = {a, b, c, d};
    const unsigned bits = 8u << (e & 3), n = 64 / bits, count = e >> 4 & 7, which = e >> 8 & 3;
    uint64_t r = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned to = which * n + i;
        r |= lane(reg[to % count], to / count, bits) << (i * bits);
    }
    UNUSED(cpu), UNUSED(f);
    return r;
}

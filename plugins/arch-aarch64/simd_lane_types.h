/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * simd_lane_types.h - what the helpers on integer lanes are made of: types, shifts, and the loop
 * over the lanes of one half. Lanes are taken through memory, which compilers turn into vector
 * code; the place of a lane does not matter there.
 */
#ifndef AARCH64_SIMD_LANE_TYPES_H
#define AARCH64_SIMD_LANE_TYPES_H

#include <string.h>
#include "helpers.h"
#include "state.h"

__extension__ typedef __int128 a64_wide;

/* Wide enough for sums, products and shifts of two lanes of so many bits. */
typedef int64_t a64_w8, a64_w16, a64_w32;
typedef a64_wide a64_w64;

/*
 * A number v of `bits` bits shifted left by `by`, or right if that is negative. A left shift by
 * less than the width keeps all bits; by more, `saturates` makes it too large, otherwise it is 0.
 */
#define DEFINE_SHIFT(name, W)                                                          \
    static inline W name(W v, int8_t by, int bits, bool rounds, bool saturates)        \
    {                                                                                  \
        if (by >= bits)                                                                \
            return v == 0 || !saturates ? 0 : (v > 0 ? 1 : -1) * ((W)1 << (bits + 1)); \
        if (by >= 0)                                                                   \
            return v * ((W)1 << by);                                                   \
        int n = -by;                                                                   \
        if (rounds)                                                                    \
            return n > bits ? 0 : (v + ((W)1 << (n - 1))) >> n;                        \
        return v >> (n < bits ? n : bits);                                             \
    }

DEFINE_SHIFT(a64_shift, int64_t)
DEFINE_SHIFT(a64_shift_wide, a64_wide)

#define SHIFT_AS(W, v, by, rounds, saturates) \
    (_Generic((W)0, int64_t                   \
              : a64_shift, default            \
              : a64_shift_wide)((v), (int8_t)(by), N, rounds, saturates))

#define UNUSED(x) ((void)(x))

/*
 * Defines helper `name` for lanes of BITS bits: each becomes EXPRESSION of the lanes of its place
 * in the arguments a, b and c: ux, uy, uz, or with a sign sx, sy, sz. BEGIN and END are around it.
 */
#define LANE_FUNCTION(name, BITS, EXPRESSION, BEGIN, END)                           \
    uint64_t name(A64_HELPER_ARGS)                                                  \
    {                                                                               \
        typedef uint##BITS##_t U;                                                   \
        typedef int##BITS##_t S;                                                    \
        typedef a64_w##BITS W;                                                      \
        enum { N = BITS };                                                          \
        U x[64 / N], y[64 / N], z[64 / N];                                          \
        BEGIN;                                                                      \
        memcpy(x, &a, 8);                                                           \
        memcpy(y, &b, 8);                                                           \
        memcpy(z, &c, 8);                                                           \
        for (int i = 0; i < 64 / N; i++) {                                          \
            const U ux = x[i], uy = y[i], uz = z[i];                                \
            const S sx = (S)ux, sy = (S)uy, sz = (S)uz;                             \
            UNUSED(ux), UNUSED(uy), UNUSED(uz), UNUSED(sx), UNUSED(sy), UNUSED(sz); \
            x[i] = (U)(EXPRESSION);                                                 \
        }                                                                           \
        memcpy(&a, x, 8);                                                           \
        END;                                                                        \
        UNUSED((W)0), UNUSED(cpu), UNUSED(d), UNUSED(e), UNUSED(f);                 \
        return a;                                                                   \
    }

#endif

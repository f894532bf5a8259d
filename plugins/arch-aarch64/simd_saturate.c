/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Advanced SIMD on integers, one half of a vector at a time: what saturates, and then sets FPSR.QC.
 * simd_lanes.h has the list of what is done to each lane.
 */
#include "simd_lane_types.h"

const uint16_t a64_slots_qc[] = {A64_SLOT_QC, 0xffff};

#define CLAMP(v, low, high)                                     \
    __extension__({                                             \
        W clamped = (v);                                        \
        const W least = (low), most = (high);                   \
        saturated |= clamped < least || clamped > most;         \
        clamped<least ? least : clamped> most ? most : clamped; \
    })
#define CLAMP_S(v)                   CLAMP(v, -((W)1 << (N - 1)), ((W)1 << (N - 1)) - 1)
#define CLAMP_U(v)                   CLAMP(v, 0, ((W)1 << N) - 1)
#define SHIFT_CLAMP_S(v, by, rounds) CLAMP_S(SHIFT_AS(W, v, by, rounds, true))
#define SHIFT_CLAMP_U(v, by, rounds) CLAMP_U(SHIFT_AS(W, v, by, rounds, true))

/* QC is sticky: nothing is written as long as nothing saturates. */
static inline void note(struct vm_cpu *cpu, bool saturated)
{
    if (saturated)
        a64_state(cpu)->qc = 1;
}

#define QC_FUNCTION(name, BITS, EXPRESSION) \
    LANE_FUNCTION(name, BITS, EXPRESSION, bool saturated = false, note(cpu, saturated))
#define ROW(X, NAME, name, operands, EXPRESSION) \
    QC_FUNCTION(a64_##name##_b, 8, EXPRESSION)   \
    QC_FUNCTION(a64_##name##_h, 16, EXPRESSION)  \
    QC_FUNCTION(a64_##name##_s, 32, EXPRESSION)  \
    QC_FUNCTION(a64_##name##_d, 64, EXPRESSION)

A64_LANE_QC_OPS(ROW, )

/* ---- narrowing ---- */

#define DOWN(v, rounds) \
    (c == 0 ? (a64_wide)(v) : ((a64_wide)(v) + ((a64_wide)(rounds) << (c - 1))) >> c)
#define NARROW_FUNCTION(name, BITS, T, EXPRESSION)                                    \
    uint64_t name(A64_HELPER_ARGS)                                                    \
    {                                                                                 \
        typedef a64_wide W;                                                           \
        enum { N = BITS };                                                            \
        bool saturated = false;                                                       \
        uint64_t r = 0;                                                               \
        for (unsigned i = 0; i < 64 / N; i++) {                                       \
            const T##_t sx = (T##_t)((i < 32 / N ? a : b) >> (i % (32 / N) * 2 * N)); \
            const u##T##_t ux = (u##T##_t)sx;                                         \
            UNUSED(ux);                                                               \
            r |= (uint64_t)(uint##BITS##_t)(EXPRESSION) << (i * N);                   \
        }                                                                             \
        note(cpu, saturated);                                                         \
        UNUSED(d), UNUSED(e), UNUSED(f);                                              \
        return r;                                                                     \
    }
#define ROW_NARROW(X, NAME, name, EXPRESSION)              \
    NARROW_FUNCTION(a64_##name##_b, 8, int16, EXPRESSION)  \
    NARROW_FUNCTION(a64_##name##_h, 16, int32, EXPRESSION) \
    NARROW_FUNCTION(a64_##name##_s, 32, int64, EXPRESSION)

A64_NARROW_QC_OPS(ROW_NARROW, )

/* ---- doubling products of the low halves' lanes, twice as wide ---- */

#define DOUBLING_FUNCTION(name, BITS, DOUBLE)                                                     \
    uint64_t name(A64_HELPER_ARGS)                                                                \
    {                                                                                             \
        typedef a64_wide W;                                                                       \
        enum { N = DOUBLE };                                                                      \
        bool saturated = false;                                                                   \
        uint64_t r = 0;                                                                           \
        for (unsigned i = 0; i < 32 / BITS; i++) {                                                \
            const int64_t x = (int##BITS##_t)(a >> i * BITS), y = (int##BITS##_t)(b >> i * BITS); \
            r |= (uint64_t)(uint##DOUBLE##_t)CLAMP_S((a64_wide)x * y * 2) << (i * DOUBLE);        \
        }                                                                                         \
        note(cpu, saturated);                                                                     \
        UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);                                               \
        return r;                                                                                 \
    }

DOUBLING_FUNCTION(a64_sqdmull_h, 16, 32)
DOUBLING_FUNCTION(a64_sqdmull_s, 32, 64)

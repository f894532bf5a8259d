/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * simd_lanes.h - lists of the integer helpers of Advanced SIMD. Each is there for lanes of 8, 16,
 * 32 and 64 bits (suffixes b, h, s, d, in this order) if nothing else is said, works on one 64-bit
 * half of a vector, and is defined in simd_lanes.c or simd_saturate.c.
 *
 * ROW(X, NAME, name, number of operands, expression): what becomes of the lanes x, y, z: sx is
 * signed, ux unsigned; N is a lane's width, S, U and W types, W wide enough for any sum or shift.
 * X is for whoever expands the lists.
 */
#ifndef AARCH64_SIMD_LANES_H
#define AARCH64_SIMD_LANES_H

/* Results of the operands only. */
#define A64_LANE_OPS(ROW, X)                                             \
    ROW(X, SHADD, shadd, 2, ((W)sx + sy) >> 1)                           \
    ROW(X, UHADD, uhadd, 2, ((W)ux + uy) >> 1)                           \
    ROW(X, SRHADD, srhadd, 2, ((W)sx + sy + 1) >> 1)                     \
    ROW(X, URHADD, urhadd, 2, ((W)ux + uy + 1) >> 1)                     \
    ROW(X, SHSUB, shsub, 2, ((W)sx - sy) >> 1)                           \
    ROW(X, UHSUB, uhsub, 2, ((W)ux - uy) >> 1)                           \
    ROW(X, CMGT, cmgt, 2, -(sx > sy))                                    \
    ROW(X, CMGE, cmge, 2, -(sx >= sy))                                   \
    ROW(X, CMHI, cmhi, 2, -(ux > uy))                                    \
    ROW(X, CMHS, cmhs, 2, -(ux >= uy))                                   \
    ROW(X, CMEQ, cmeq, 2, -(ux == uy))                                   \
    ROW(X, CMTST, cmtst, 2, -((ux & uy) != 0))                           \
    ROW(X, SMAX, smax, 2, sx > sy ? sx : sy)                             \
    ROW(X, SMIN, smin, 2, sx < sy ? sx : sy)                             \
    ROW(X, UMAX, umax, 2, ux > uy ? ux : uy)                             \
    ROW(X, UMIN, umin, 2, ux < uy ? ux : uy)                             \
    ROW(X, SABD, sabd, 2, sx > sy ? (U)(ux - uy) : (U)(uy - ux))         \
    ROW(X, UABD, uabd, 2, ux > uy ? (U)(ux - uy) : (U)(uy - ux))         \
    ROW(X, MUL, mul, 2, (uint64_t)ux *uy)                                \
    ROW(X, PMUL, pmul, 2, poly_product(ux, uy, N))                       \
    ROW(X, SSHL, sshl, 2, SHIFT(sx, sy, false))                          \
    ROW(X, USHL, ushl, 2, SHIFT(ux, sy, false))                          \
    ROW(X, SRSHL, srshl, 2, SHIFT(sx, sy, true))                         \
    ROW(X, URSHL, urshl, 2, SHIFT(ux, sy, true))                         \
    ROW(X, ABS, abs, 1, sx < 0 ? (U)-ux : ux)                            \
    ROW(X, CLS, cls, 1, leading_zeros((U)(sx < 0 ? (U)~ux : ux), N) - 1) \
    ROW(X, CLZ, clz, 1, leading_zeros(ux, N))                            \
    ROW(X, CNT, cnt, 1, __builtin_popcountll(ux))                        \
    ROW(X, RBIT, rbit, 1, reversed_bits(ux, N))

/* They saturate and then set FPSR.QC. */
#define A64_LANE_QC_OPS(ROW, X)                                                         \
    ROW(X, SQADD, sqadd, 2, CLAMP_S((W)sx + sy))                                        \
    ROW(X, UQADD, uqadd, 2, CLAMP_U((W)ux + uy))                                        \
    ROW(X, SQSUB, sqsub, 2, CLAMP_S((W)sx - sy))                                        \
    ROW(X, UQSUB, uqsub, 2, CLAMP_U((W)ux - uy))                                        \
    ROW(X, SUQADD, suqadd, 2, CLAMP_S((W)sx + uy))                                      \
    ROW(X, USQADD, usqadd, 2, CLAMP_U((W)ux + sy))                                      \
    ROW(X, SQABS, sqabs, 1, CLAMP_S(sx < 0 ? -(W)sx : (W)sx))                           \
    ROW(X, SQNEG, sqneg, 1, CLAMP_S(-(W)sx))                                            \
    ROW(X, SQSHL, sqshl, 2, SHIFT_CLAMP_S(sx, sy, false))                               \
    ROW(X, UQSHL, uqshl, 2, SHIFT_CLAMP_U(ux, sy, false))                               \
    ROW(X, SQRSHL, sqrshl, 2, SHIFT_CLAMP_S(sx, sy, true))                              \
    ROW(X, UQRSHL, uqrshl, 2, SHIFT_CLAMP_U(ux, sy, true))                              \
    ROW(X, SQSHLU, sqshlu, 2, sx < 0 ? CLAMP_U((W)-1) : SHIFT_CLAMP_U(ux, sy, false))   \
    ROW(X, SQDMULH, sqdmulh, 2, CLAMP_S((W)sx *sy >> (N - 1)))                          \
    ROW(X, SQRDMULH, sqrdmulh, 2, CLAMP_S(((W)sx * sy + ((W)1 << (N - 2))) >> (N - 1))) \
    ROW(X, SQRDMLAH, sqrdmlah, 3,                                                       \
        CLAMP_S((sz * ((W)1 << (N - 1)) + (W)sx * sy + ((W)1 << (N - 2))) >> (N - 1)))  \
    ROW(X, SQRDMLSH, sqrdmlsh, 3,                                                       \
        CLAMP_S((sz * ((W)1 << (N - 1)) - (W)sx * sy + ((W)1 << (N - 2))) >> (N - 1)))

/*
 * Narrowing: the lanes of 2N bits of a vector's two halves, shifted right by the third operand,
 * become one half of lanes of N bits. Suffixes as above, without d. x is a wide lane.
 */
#define A64_NARROW_OPS(ROW, X)          \
    ROW(X, SHRN, shrn, DOWN(ux, false)) \
    ROW(X, RSHRN, rshrn, DOWN(ux, true))

#define A64_NARROW_QC_OPS(ROW, X)                      \
    ROW(X, SQSHRN, sqshrn, CLAMP_S(DOWN(sx, false)))   \
    ROW(X, SQRSHRN, sqrshrn, CLAMP_S(DOWN(sx, true)))  \
    ROW(X, UQSHRN, uqshrn, CLAMP_U(DOWN(ux, false)))   \
    ROW(X, UQRSHRN, uqrshrn, CLAMP_U(DOWN(ux, true)))  \
    ROW(X, SQSHRUN, sqshrun, CLAMP_U(DOWN(sx, false))) \
    ROW(X, SQRSHRUN, sqrshrun, CLAMP_U(DOWN(sx, true)))

/* Lanes of the result by their number i, of n lanes in a half. Suffixes b, h, s. */
#define A64_MOVE_OPS(ROW, X)                                            \
    ROW(X, UZP1, uzp1, 2, lane(i < n / 2 ? a : b, i * 2 % n, bits))     \
    ROW(X, UZP2, uzp2, 2, lane(i < n / 2 ? a : b, i * 2 % n + 1, bits)) \
    ROW(X, TRN1, trn1, 2, lane(i % 2 ? b : a, i & ~1u, bits))           \
    ROW(X, TRN2, trn2, 2, lane(i % 2 ? b : a, i | 1, bits))             \
    ROW(X, REV64, rev64, 1, lane(a, n - 1 - i, bits))                   \
    ROW(X, REV32, rev32, 1, lane(a, i ^ (n / 2 - 1), bits))             \
    ROW(X, REV16, rev16, 1, lane(a, i ^ 1, bits))

/* Lane i of twice the width. */
#define A64_WIDEN_OPS(ROW, X) \
    ROW(X, PMULL, pmull, 2, poly_product(lane(a, i, bits), lane(b, i, bits), 8))

#endif

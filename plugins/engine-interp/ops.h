/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interpreter's operations, as lists from which the numbering, the handlers, the selection
 * tables and constant folding are generated. Names of the first lists are those of IR operations.
 *
 * Forms say where the operands come from: R a cell, I a 32-bit immediate, A the accumulator, which
 * is the result of the operation before (see interp.h); 64 for i64 and f64, 32 for i32 and f32.
 */
#ifndef ENGINE_INTERP_OPS_H
#define ENGINE_INTERP_OPS_H

#include "pairs.h"

/* clang-format off */

/* d = a op b; forms RR, AR, RA */
#define INTERP_BINARY(X)                                                                           \
    X(ADD) X(SUB) X(MUL) X(MULHS) X(MULHU) X(MULHSU) X(DIVS) X(DIVU) X(REMS) X(REMU) X(AND) X(OR)  \
    X(XOR) X(ANDN) X(SHL) X(SHR) X(SAR) X(ROTL) X(ROTR) X(SMIN) X(SMAX) X(UMIN) X(UMAX)            \
    X(FCOPYSIGN)

/* Those of them that have the forms RI and AI too. */
#define INTERP_BINARY_IMM(X)                                                                       \
    X(ADD) X(MUL) X(AND) X(OR) X(XOR) X(SHL) X(SHR) X(SAR) X(ROTR)

/* d = op a; forms R, A */
#define INTERP_UNARY(X)                                                                            \
    X(NOT) X(NEG) X(CLZ) X(CTZ) X(POPCNT) X(BSWAP) X(ORC_B) X(FNEG) X(FABS) X(FCLASS)

/* Comparisons of two cells, and of a cell with an immediate; the rest is brought to these. */
#define INTERP_COMPARE(X)                                                                          \
    X(EQ) X(NE) X(SLT) X(SLE) X(ULT) X(ULE)
#define INTERP_COMPARE_IMM(X)                                                                      \
    X(EQ) X(NE) X(SLT) X(ULT) X(SGT) X(UGT)

/* Loads that have a fast handler: name, C type in memory, C type it goes through; address R, A. */
#define INTERP_LOAD(X)                                                                             \
    X(U8, uint8_t, uint64_t) X(S8, int8_t, int64_t) X(U16, uint16_t, uint64_t)                     \
    X(S16, int16_t, int64_t) X(U32, uint32_t, uint64_t) X(S32, int32_t, int64_t)                   \
    X(64, uint64_t, uint64_t)

/* Stores that have a fast handler: bits. Address and value: RR, AR, RA */
#define INTERP_STORE(X)                                                                            \
    X(8) X(16) X(32) X(64)

/*
 * Of one operand, forms R and A:
 *   MOV       d = a                              PUT32     the 32-bit slot at byte imm = a
 *   ZEXT32    d = a's low half; SEXT32           BOX UNBOX f32 to and from a boxed f64
 *   BITS      d = a << low byte of imm >> its next byte; SBITS: that right shift is arithmetic
 */
#define INTERP_MOVE(X)                                                                             \
    X(MOV) X(PUT32) X(SEXT32) X(ZEXT32) X(BITS) X(SBITS) X(BOX) X(UNBOX)

/*
 * The others. "(2)": takes two places in the code.
 *   MOVI        d = imm, sign-extended           MOVI64 (2)  d = the second place
 *   PC          d = pc + imm                     PC64 (2)    d = pc + the second place
 *   GET32       d = the 32-bit slot at byte imm  SELECT      d = a ? b : x
 *   CARRY       d = that of a + b + bit 0 of x
 *   FP (2)      d = f(a, b, x): f in the second place, fp_mode_of imm
 *   MOVV        two cells                        VGET        d = a lane of a: INTERP_LANE imm
 *   VEC (2)     d = f(a, b, x, imm), on vectors: f in the second place; FVEC (2): as FP, on lanes
 *   LOADV STOREV (2)                             of vectors
 *   LOADX STOREX AMO CAS LL SC (2)               any access, memop in the second place
 *   CALL CALL_CHECK (2)                          helper; CHECK looks at pending_exit afterwards
 *   CHECK CHECK_IF CHECK_TO                      leave here if an exit is pending
 *   TRAP TRAP_IF (2)                             code in the second place
 *   HEAT                                         at a unit's start: counts its entries
 */
#define INTERP_OTHER(X)                                                                            \
    X(MOVI) X(MOVI64) X(PC) X(PC64) X(GET32) X(SELECT) X(CARRY) X(FP) X(MOVV) X(VGET) X(VEC) X(FVEC)        \
    X(LOADV) X(STOREV) X(LOADX) X(STOREX) X(AMO) X(CAS)                                            \
    X(LL) X(SC) X(FENCE) X(FENCE_FULL) X(CALL) X(CALL_CHECK) X(CHECK) X(CHECK_IF) X(CHECK_TO)      \
    X(EXIT) X(EXIT_TO) X(EXIT_STATE) X(EXIT_PC) X(TRAP) X(TRAP_IF) X(HEAT)

/*
 * All handlers: INTERP_ONE(name), which the user defines, for each. EXIF_: compare and leave if
 * true; the exit's record is in the place behind it. BR_: the same, and an EXIT follows: both ways
 * out in one.
 */
#define INTERP_FORM(ONE, N, F) ONE(N##_##F##64) ONE(N##_##F##32)
#define INTERP_FORMS_R(ONE, N) \
    INTERP_FORM(ONE, N, RR) INTERP_FORM(ONE, N, AR) INTERP_FORM(ONE, N, RA)
#define INTERP_FORMS_I(ONE, N) INTERP_FORM(ONE, N, RI) INTERP_FORM(ONE, N, AI)

#define INTERP_EACH_R(N)     INTERP_FORMS_R(INTERP_ONE, N)
#define INTERP_EACH_I(N)     INTERP_FORMS_I(INTERP_ONE, N)
#define INTERP_EACH_UNARY(N) INTERP_FORM(INTERP_ONE, N, R) INTERP_FORM(INTERP_ONE, N, A)
#define INTERP_EACH_BRANCH_R(N) \
    INTERP_FORMS_R(INTERP_ONE, EXIF_##N) INTERP_FORMS_R(INTERP_ONE, BR_##N)
#define INTERP_EACH_BRANCH_I(N) \
    INTERP_FORMS_I(INTERP_ONE, EXIF_##N) INTERP_FORMS_I(INTERP_ONE, BR_##N)
#define INTERP_EACH_LOAD(N, type, via) INTERP_ONE(LOAD_R_##N) INTERP_ONE(LOAD_A_##N)
#define INTERP_EACH_STORE(N) \
    INTERP_ONE(STORE_RR_##N) INTERP_ONE(STORE_AR_##N) INTERP_ONE(STORE_RA_##N)
#define INTERP_EACH_MOVE(N) INTERP_ONE(N##_R) INTERP_ONE(N##_A)
#define INTERP_ALL                                                                                 \
    INTERP_BINARY(INTERP_EACH_R) INTERP_BINARY_IMM(INTERP_EACH_I) INTERP_UNARY(INTERP_EACH_UNARY)  \
    INTERP_COMPARE(INTERP_EACH_R) INTERP_COMPARE_IMM(INTERP_EACH_I)                                \
    INTERP_COMPARE(INTERP_EACH_BRANCH_R) INTERP_COMPARE_IMM(INTERP_EACH_BRANCH_I)                  \
    INTERP_LOAD(INTERP_EACH_LOAD) INTERP_STORE(INTERP_EACH_STORE) INTERP_MOVE(INTERP_EACH_MOVE)    \
    INTERP_OTHER(INTERP_ONE) INTERP_PAIRS(INTERP_EACH_PAIR)
#define INTERP_EACH_PAIR(first, second) INTERP_ONE(first##__##second)

/* clang-format on */

enum interp_op {
#define INTERP_ONE(name) I_##name,
    INTERP_ALL
#undef INTERP_ONE
        I_COUNT
};

#endif

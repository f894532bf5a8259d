/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interpreter's operations, as lists from which the numbering, the handlers, the selection
 * tables and constant folding are generated. Names of the first lists are those of IR operations.
 *
 * Forms: RR two cells, RI a cell and a 32-bit immediate; 64 for i64 and f64, 32 for i32 and f32.
 */
#ifndef ENGINE_INTERP_OPS_H
#define ENGINE_INTERP_OPS_H

/* d = a op b; both RR forms. */
#define INTERP_BINARY(X)                                                                           \
    X(ADD) X(SUB) X(MUL) X(MULHS) X(MULHU) X(MULHSU) X(DIVS) X(DIVU) X(REMS) X(REMU)               \
    X(AND) X(OR) X(XOR) X(ANDN) X(SHL) X(SHR) X(SAR) X(ROTL) X(ROTR)                               \
    X(SMIN) X(SMAX) X(UMIN) X(UMAX) X(FCOPYSIGN)

/* Those of them that have RI forms too. */
#define INTERP_BINARY_IMM(X) X(ADD) X(MUL) X(AND) X(OR) X(XOR) X(SHL) X(SHR) X(SAR) X(ROTR)

/* d = op a */
#define INTERP_UNARY(X)                                                                            \
    X(NOT) X(NEG) X(CLZ) X(CTZ) X(POPCNT) X(BSWAP) X(ORC_B) X(FNEG) X(FABS) X(FCLASS)

/* Comparisons of two cells, and of a cell with an immediate; the rest is brought to these. */
#define INTERP_COMPARE(X) X(EQ) X(NE) X(SLT) X(SLE) X(ULT) X(ULE)
#define INTERP_COMPARE_IMM(X) X(EQ) X(NE) X(SLT) X(ULT) X(SGT) X(UGT)

/* Loads that have a fast handler: name, C type in memory, C type it is extended through. */
#define INTERP_LOAD(X)                                                                             \
    X(U8, uint8_t, uint64_t) X(S8, int8_t, int64_t)                                                \
    X(U16, uint16_t, uint64_t) X(S16, int16_t, int64_t)                                            \
    X(U32, uint32_t, uint64_t) X(S32, int32_t, int64_t) X(64, uint64_t, uint64_t)

/* Stores that have a fast handler: bits. */
#define INTERP_STORE(X) X(8) X(16) X(32) X(64)

/*
 * The others. A trailing "2" in the comment: takes two places in the code.
 *   MOV       d = a                              MOVI      d = imm, sign-extended
 *   MOVI64    d = 64-bit constant (2)            PC        d = pc + imm
 *   GET32     d = the 32-bit slot at byte imm    PUT32     that slot = a
 *   SEXT ZEXT d = a's low 64 - imm bits          SELECT    d = a ? b : x
 *   BOX UNBOX f32 to and from a boxed f64        FP        d = fp_table[imm](a, b, x)
 *   LOADX STOREX AMO CAS LL SC (2)               any access, by memop
 *   CALL CALL_CHECK (2)                          helper; CHECK looks at pending_exit afterwards
 *   CHECK CHECK_IF CHECK_TO                      leave here if an exit is pending
 *   TRAP TRAP_IF (2)                             code in the second place
 */
#define INTERP_OTHER(X)                                                                            \
    X(MOV) X(MOVI) X(MOVI64) X(PC) X(GET32) X(PUT32) X(SEXT) X(ZEXT) X(SEXT32) X(ZEXT32)           \
    X(SELECT) X(BOX) X(UNBOX) X(FP)                                                                \
    X(LOADX) X(STOREX) X(AMO) X(CAS) X(LL) X(SC) X(FENCE) X(FENCE_FULL)                            \
    X(CALL) X(CALL_CHECK) X(CHECK) X(CHECK_IF) X(CHECK_TO)                                         \
    X(EXIT) X(EXIT_TO) X(EXIT_STATE) X(EXIT_PC) X(TRAP) X(TRAP_IF)

/*
 * The numbering. EXIF_: compare and leave if true, the exit's record in the place behind it.
 * BR_: the same, and an EXIT follows: both ways out in one.
 */
enum interp_op {
#define RR(N) I_##N##_RR64, I_##N##_RR32,
#define RI(N) I_##N##_RI64, I_##N##_RI32,
#define ONE(N) I_##N##_64, I_##N##_32,
#define BRANCH_RR(N) I_EXIF_##N##_RR64, I_EXIF_##N##_RR32, I_BR_##N##_RR64, I_BR_##N##_RR32,
#define BRANCH_RI(N) I_EXIF_##N##_RI64, I_EXIF_##N##_RI32, I_BR_##N##_RI64, I_BR_##N##_RI32,
#define LOAD(N, type, via) I_LOAD_##N,
#define STORE(N) I_STORE_##N,
#define OTHER(N) I_##N,
    INTERP_BINARY(RR) INTERP_BINARY_IMM(RI) INTERP_UNARY(ONE) INTERP_COMPARE(RR)
    INTERP_COMPARE_IMM(RI) INTERP_COMPARE(BRANCH_RR) INTERP_COMPARE_IMM(BRANCH_RI)
    INTERP_LOAD(LOAD) INTERP_STORE(STORE) INTERP_OTHER(OTHER)
#undef RR
#undef RI
#undef ONE
#undef BRANCH_RR
#undef BRANCH_RI
#undef LOAD
#undef STORE
#undef OTHER
    I_COUNT
};

#endif

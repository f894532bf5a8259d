/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pairs: two operations, one after the other, that one handler does together. They stay in the code
 * as they are, and only the first one's handler is the pair's: so the second can still be gone to
 * alone. The pairs are those that were met most often in a boot of Linux and in integer programs
 * for riscv64.
 */
#ifndef ENGINE_INTERP_PAIRS_H
#define ENGINE_INTERP_PAIRS_H

/* Operations that are part of a pair, and how each is done. */
/* clang-format off */
#define INTERP_PAIRED(X)                                                                           \
    X(ADD_AR32) X(ADD_AR64) X(ADD_RI32) X(ADD_RI64) X(ADD_RR64) X(AND_AI64) X(AND_AR64)            \
    X(AND_RI64) X(BITS_A) X(BR_EQ_AI64) X(BR_EQ_RI64) X(BR_NE_AI64) X(BR_NE_AR64) X(BR_NE_RI64)    \
    X(BR_NE_RR64) X(BR_SLE_RA64) X(BR_ULE_RR64) X(EXIT_TO) X(LOAD_A_64) X(LOAD_R_64) X(LOAD_R_S16) \
    X(LOAD_R_U16) X(LOAD_R_U8) X(MOVI) X(MOV_R) X(MUL_RR32) X(MUL_RR64) X(OR_AR64) X(PC)           \
    X(SHL_AI64) X(SHL_RI64) X(SHR_AI64) X(SHR_RI64) X(STORE_AR_64) X(STORE_RA_64) X(STORE_RR_64)   \
    X(SUB_AR64) X(SUB_RR64) X(ULT_AI64) X(ULT_AR64) X(ULT_RA64) X(ULT_RR64) X(XOR_RR64)            \
    X(ZEXT32_R)
/* clang-format on */

#define DO_ADD_AR32(p)    STEP_BINARY(p, ADD, AR, 32)
#define DO_ADD_AR64(p)    STEP_BINARY(p, ADD, AR, 64)
#define DO_ADD_RI32(p)    STEP_BINARY(p, ADD, RI, 32)
#define DO_ADD_RI64(p)    STEP_BINARY(p, ADD, RI, 64)
#define DO_ADD_RR64(p)    STEP_BINARY(p, ADD, RR, 64)
#define DO_AND_AI64(p)    STEP_BINARY(p, AND, AI, 64)
#define DO_AND_AR64(p)    STEP_BINARY(p, AND, AR, 64)
#define DO_AND_RI64(p)    STEP_BINARY(p, AND, RI, 64)
#define DO_BITS_A(p)      STEP_BITS(p, A)
#define DO_BR_EQ_AI64(p)  STEP_BR(p, EQ, AI, 64)
#define DO_BR_EQ_RI64(p)  STEP_BR(p, EQ, RI, 64)
#define DO_BR_NE_AI64(p)  STEP_BR(p, NE, AI, 64)
#define DO_BR_NE_AR64(p)  STEP_BR(p, NE, AR, 64)
#define DO_BR_NE_RI64(p)  STEP_BR(p, NE, RI, 64)
#define DO_BR_NE_RR64(p)  STEP_BR(p, NE, RR, 64)
#define DO_BR_SLE_RA64(p) STEP_BR(p, SLE, RA, 64)
#define DO_BR_ULE_RR64(p) STEP_BR(p, ULE, RR, 64)
#define DO_EXIT_TO(p)     STEP_EXIT_TO(p)
#define DO_LOAD_A_64(p)   STEP_LOAD(p, A, 64, uint64_t, uint64_t)
#define DO_LOAD_R_64(p)   STEP_LOAD(p, R, 64, uint64_t, uint64_t)
#define DO_LOAD_R_S16(p)  STEP_LOAD(p, R, S16, int16_t, int64_t)
#define DO_LOAD_R_U16(p)  STEP_LOAD(p, R, U16, uint16_t, uint64_t)
#define DO_LOAD_R_U8(p)   STEP_LOAD(p, R, U8, uint8_t, uint64_t)
#define DO_MOVI(p)        STEP_MOVI(p)
#define DO_MOV_R(p)       STEP_MOV(p, R)
#define DO_MUL_RR32(p)    STEP_BINARY(p, MUL, RR, 32)
#define DO_MUL_RR64(p)    STEP_BINARY(p, MUL, RR, 64)
#define DO_OR_AR64(p)     STEP_BINARY(p, OR, AR, 64)
#define DO_PC(p)          STEP_PC(p)
#define DO_SHL_AI64(p)    STEP_BINARY(p, SHL, AI, 64)
#define DO_SHL_RI64(p)    STEP_BINARY(p, SHL, RI, 64)
#define DO_SHR_AI64(p)    STEP_BINARY(p, SHR, AI, 64)
#define DO_SHR_RI64(p)    STEP_BINARY(p, SHR, RI, 64)
#define DO_STORE_AR_64(p) STEP_STORE(p, AR, 64)
#define DO_STORE_RA_64(p) STEP_STORE(p, RA, 64)
#define DO_STORE_RR_64(p) STEP_STORE(p, RR, 64)
#define DO_SUB_AR64(p)    STEP_BINARY(p, SUB, AR, 64)
#define DO_SUB_RR64(p)    STEP_BINARY(p, SUB, RR, 64)
#define DO_ULT_AI64(p)    STEP_BINARY(p, ULT, AI, 64)
#define DO_ULT_AR64(p)    STEP_BINARY(p, ULT, AR, 64)
#define DO_ULT_RA64(p)    STEP_BINARY(p, ULT, RA, 64)
#define DO_ULT_RR64(p)    STEP_BINARY(p, ULT, RR, 64)
#define DO_XOR_RR64(p)    STEP_BINARY(p, XOR, RR, 64)
#define DO_ZEXT32_R(p)    STEP_ZEXT32(p, R)

/* clang-format off */
#define INTERP_PAIRS(X)                                                                            \
    X(ADD_AR32, BR_NE_RR64) X(ADD_AR64, ADD_AR64) X(ADD_AR64, LOAD_A_64) X(ADD_AR64, MOV_R)        \
    X(ADD_AR64, MUL_RR64) X(ADD_AR64, SHL_AI64) X(ADD_AR64, STORE_RR_64) X(ADD_AR64, SUB_AR64)     \
    X(ADD_AR64, ULT_AR64) X(ADD_RI32, ADD_RI64) X(ADD_RI32, BR_NE_AI64) X(ADD_RI32, ZEXT32_R)      \
    X(ADD_RI64, ADD_RI64) X(ADD_RI64, AND_RI64) X(ADD_RI64, BR_NE_RR64) X(ADD_RI64, MOV_R)         \
    X(ADD_RI64, MUL_RR32) X(ADD_RI64, STORE_AR_64) X(ADD_RR64, ADD_AR64) X(ADD_RR64, ADD_RI32)     \
    X(ADD_RR64, BR_NE_RI64) X(ADD_RR64, BR_ULE_RR64) X(AND_AI64, BR_NE_AR64) X(AND_AI64, PC)       \
    X(AND_AI64, SHR_RI64) X(AND_AR64, ULT_RR64) X(AND_RI64, EXIT_TO) X(BITS_A, ADD_RI32)           \
    X(LOAD_A_64, ADD_RR64) X(LOAD_R_64, ADD_AR64) X(LOAD_R_64, ADD_RI32) X(LOAD_R_64, ADD_RI64)    \
    X(LOAD_R_64, BR_EQ_AI64) X(LOAD_R_64, LOAD_R_64) X(LOAD_R_64, MOV_R) X(LOAD_R_64, SUB_AR64)    \
    X(LOAD_R_64, XOR_RR64) X(LOAD_R_S16, ADD_RI64) X(LOAD_R_S16, LOAD_R_S16) X(LOAD_R_S16, MOV_R)  \
    X(LOAD_R_U16, AND_AI64) X(LOAD_R_U8, ADD_RI64) X(MOV_R, BR_NE_AI64) X(MOV_R, BR_SLE_RA64)      \
    X(MOV_R, MOVI) X(MOV_R, MOV_R) X(MOV_R, PC) X(MOV_R, STORE_RA_64) X(MUL_RR32, ADD_AR32)        \
    X(MUL_RR64, ADD_AR64) X(MUL_RR64, ADD_RR64) X(MUL_RR64, MUL_RR64) X(MUL_RR64, SHR_RI64)        \
    X(PC, AND_AI64) X(PC, EXIT_TO) X(SHL_AI64, ADD_AR64) X(SHL_AI64, SHR_AI64)                     \
    X(SHL_RI64, ADD_AR64) X(SHL_RI64, OR_AR64) X(SHR_AI64, ADD_AR64) X(SHR_RI64, BR_EQ_RI64)       \
    X(SHR_RI64, MUL_RR64) X(SHR_RI64, SHL_RI64) X(SHR_RI64, SHR_RI64) X(SHR_RI64, ZEXT32_R)        \
    X(STORE_AR_64, STORE_RR_64) X(STORE_RA_64, LOAD_R_64) X(STORE_RR_64, ADD_RI64)                 \
    X(STORE_RR_64, ADD_RR64) X(STORE_RR_64, LOAD_R_64) X(STORE_RR_64, STORE_RR_64)                 \
    X(SUB_AR64, ULT_AI64) X(SUB_AR64, ULT_RA64) X(SUB_RR64, SHL_AI64) X(ULT_AI64, AND_AR64)        \
    X(ULT_AR64, ADD_RR64) X(ULT_AR64, SHR_RI64) X(ULT_RA64, ADD_AR64) X(ULT_RR64, OR_AR64)         \
    X(ULT_RR64, STORE_RR_64) X(XOR_RR64, AND_AI64) X(XOR_RR64, BITS_A) X(XOR_RR64, LOAD_R_64)      \
    X(XOR_RR64, XOR_RR64) X(ZEXT32_R, ADD_AR64) X(ZEXT32_R, SHR_RI64)
/* clang-format on */

#endif

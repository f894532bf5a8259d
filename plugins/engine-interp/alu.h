/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each pure IR operation computes, once for the handlers and for constant folding: alu_<OP>_64
 * and alu_<OP>_32. The 32-bit forms are for i32 and f32; they look at the low halves of their
 * cells only and their callers sign-extend the result into the cell.
 */
#ifndef ENGINE_INTERP_ALU_H
#define ENGINE_INTERP_ALU_H

#include <stdint.h>
#include <vmrun/softfp.h>

#define ALU2(NAME, W, U, expr)                 \
    static inline U alu_##NAME##_##W(U a, U b) \
    {                                          \
        return (U)(expr);                      \
    }

#define ALU1(NAME, W, U, expr)            \
    static inline U alu_##NAME##_##W(U a) \
    {                                     \
        return (U)(expr);                 \
    }

/* U, S: unsigned and signed integers of W bits; UU, SS: of twice as many. */
#define ALU_BINARY(W, U, S, UU, SS)                                         \
    ALU2(ADD, W, U, a + b)                                                  \
    ALU2(SUB, W, U, a - b)                                                  \
    ALU2(MUL, W, U, a *b)                                                   \
    ALU2(MULHS, W, U, (UU)((SS)(S)a * (S)b) >> W)                           \
    ALU2(MULHU, W, U, ((UU)a * b) >> W)                                     \
    ALU2(MULHSU, W, U, (UU)((SS)(S)a * (SS)(UU)b) >> W)                     \
    ALU2(DIVS, W, U, b == 0 ? 0 : b == (U)-1 ? -a : (U)((S)a / (S)b))       \
    ALU2(DIVU, W, U, b == 0 ? 0 : a / b)                                    \
    ALU2(REMS, W, U, b == 0 ? a : b == (U)-1 ? 0 : (U)((S)a % (S)b))        \
    ALU2(REMU, W, U, b == 0 ? a : a % b)                                    \
    ALU2(AND, W, U, a &b)                                                   \
    ALU2(OR, W, U, a | b)                                                   \
    ALU2(XOR, W, U, a ^ b)                                                  \
    ALU2(ANDN, W, U, a & ~b)                                                \
    ALU2(SHL, W, U, a << (b & (W - 1)))                                     \
    ALU2(SHR, W, U, a >> (b & (W - 1)))                                     \
    ALU2(SAR, W, U, (S)a >> (b & (W - 1)))                                  \
    ALU2(ROTL, W, U, a << (b & (W - 1)) | a >> (-b & (W - 1)))              \
    ALU2(ROTR, W, U, a >> (b & (W - 1)) | a << (-b & (W - 1)))              \
    ALU2(SMIN, W, U, (S)a < (S)b ? a : b)                                   \
    ALU2(SMAX, W, U, (S)a > (S)b ? a : b)                                   \
    ALU2(UMIN, W, U, a < b ? a : b)                                         \
    ALU2(UMAX, W, U, a > b ? a : b)                                         \
    ALU2(FCOPYSIGN, W, U, (a & ~((U)1 << (W - 1))) | (b & (U)1 << (W - 1))) \
    ALU2(EQ, W, U, a == b)                                                  \
    ALU2(NE, W, U, a != b)                                                  \
    ALU2(SLT, W, U, (S)a < (S)b)                                            \
    ALU2(SLE, W, U, (S)a <= (S)b)                                           \
    ALU2(ULT, W, U, a < b)                                                  \
    ALU2(ULE, W, U, a <= b)                                                 \
    ALU2(SGT, W, U, (S)a > (S)b)                                            \
    ALU2(UGT, W, U, a > b)

#define ALU_UNARY(W, U, clz, ctz, popcnt, bswap)                                           \
    ALU1(NOT, W, U, ~a)                                                                    \
    ALU1(NEG, W, U, -a)                                                                    \
    ALU1(CLZ, W, U, a ? clz(a) : W)                                                        \
    ALU1(CTZ, W, U, a ? ctz(a) : W)                                                        \
    ALU1(POPCNT, W, U, popcnt(a))                                                          \
    ALU1(BSWAP, W, U, bswap(a))                                                            \
    ALU1(FNEG, W, U, a ^ (U)1 << (W - 1))                                                  \
    ALU1(FABS, W, U, a & ~((U)1 << (W - 1)))                                               \
    /* The top bit of each byte: its low seven bits carry into it, or it is set itself. */ \
    ALU1(ORC_B, W, U,                                                                      \
         (((((a & (U)0x7f7f7f7f7f7f7f7f) + (U)0x7f7f7f7f7f7f7f7f) | a) >> 7) &             \
          (U)0x0101010101010101) *                                                         \
             0xff)

ALU_BINARY(64, uint64_t, int64_t, unsigned __int128, __int128)
ALU_BINARY(32, uint32_t, int32_t, uint64_t, int64_t)
ALU_UNARY(64, uint64_t, __builtin_clzll, __builtin_ctzll, __builtin_popcountll, __builtin_bswap64)
ALU_UNARY(32, uint32_t, __builtin_clz, __builtin_ctz, __builtin_popcount, __builtin_bswap32)

ALU1(FCLASS, 64, uint64_t, vm_f64_classify(a))
ALU1(FCLASS, 32, uint32_t, vm_f32_classify(a))

#define F32_CANONICAL_NAN 0x7fc00000u

/* RISC-V keeps an f32 in an f64 register as a NaN whose upper half is all ones. */
static inline uint64_t alu_f32_box(uint64_t a)
{
    return a | 0xffffffff00000000;
}

static inline uint64_t alu_f32_unbox(uint64_t a)
{
    return (uint64_t)(int32_t)(a >= 0xffffffff00000000 ? (uint32_t)a : F32_CANONICAL_NAN);
}

/* A field: the low byte of `shifts` says how far left, the next one how far right again. */
static inline uint64_t alu_bits(uint64_t a, uint32_t shifts)
{
    return a << (shifts & 63) >> (shifts >> 8 & 63);
}

static inline uint64_t alu_sbits(uint64_t a, uint32_t shifts)
{
    return (uint64_t)((int64_t)(a << (shifts & 63)) >> (shifts >> 8 & 63));
}

#endif

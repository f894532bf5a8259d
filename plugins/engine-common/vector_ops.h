/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vector_ops.h - the vector operations of the IR on integers and bits, as C functions: one for each
 * operation and size of lanes. To be included by one file of an engine.
 */
#ifndef ENGINE_COMMON_VECTOR_OPS_H
#define ENGINE_COMMON_VECTOR_OPS_H

#include <vmrun/ir.h>
#include "crypto_ops.h"
#include "vector_types.h"

/* One lane from the same lanes x and y of a and b, for a size of lanes. */
#define VECTOR_LANES(NAME, BITS, EXPR)                    \
    static void vector_##NAME##_##BITS(VECTOR_ARGS)       \
    {                                                     \
        typedef uint##BITS##_t U;                         \
        typedef int##BITS##_t S;                          \
        union vector r;                                   \
        for (uint32_t i = 0; i < 128 / BITS; i++) {       \
            const U x = a->u##BITS[i], y = b->u##BITS[i]; \
            (void)x, (void)y, (void)sizeof(S);            \
            r.u##BITS[i] = (U)(EXPR);                     \
        }                                                 \
        *d = r;                                           \
        VECTOR_UNUSED;                                    \
    }
/* Lane i of the result from anywhere in a and b. */
#define VECTOR_PICK(NAME, BITS, EXPR)                          \
    static void vector_##NAME##_##BITS(VECTOR_ARGS)            \
    {                                                          \
        const uint32_t lanes = 128 / BITS;                     \
        const uint##BITS##_t *x = a->u##BITS, *y = b->u##BITS; \
        union vector r;                                        \
        (void)x, (void)y;                                      \
        for (uint32_t i = 0; i < lanes; i++)                   \
            r.u##BITS[i] = (uint##BITS##_t)(EXPR);             \
        *d = r;                                                \
        VECTOR_UNUSED;                                         \
    }
#define VECTOR_ALL(KIND, NAME, EXPR) \
    KIND(NAME, 8, EXPR) KIND(NAME, 16, EXPR) KIND(NAME, 32, EXPR) KIND(NAME, 64, EXPR)
#define VECTOR_WIDE(KIND, NAME, EXPR) KIND(NAME, 16, EXPR) KIND(NAME, 32, EXPR) KIND(NAME, 64, EXPR)

#define VECTOR_HALF   (sizeof(U) * 4) /* bits of half a lane */
#define VECTOR_TOP    ((U)1 << (sizeof(U) * 8 - 1))
#define VECTOR_LOW(v) ((int64_t)((uint64_t)(v) << (64 - VECTOR_HALF)) >> (64 - VECTOR_HALF))

/* By a signed count; what is shifted out on the left is lost. */
static inline uint64_t vector_shifted(uint64_t x, int8_t by, bool is_signed, uint32_t bits)
{
    if (by >= (int32_t)bits)
        return 0;
    if (by >= 0)
        return x << by;
    if (!is_signed)
        return by <= -(int32_t)bits ? 0 : x >> -by;
    int64_t sx = (int64_t)(x << (64 - bits)) >> (64 - bits);
    return (uint64_t)(sx >> (by <= -(int32_t)bits ? (int32_t)bits - 1 : -by));
}

/* Signed, of `bits` bits, saturating; the operands are sign-extended. */
static inline uint64_t vector_saturated(int64_t x, int64_t y, bool subtract, uint32_t bits)
{
    int64_t most = (int64_t)(UINT64_MAX >> (65 - bits)), r;
    bool over = subtract ? __builtin_sub_overflow(x, y, &r) : __builtin_add_overflow(x, y, &r);

    if (over || r > most || r < -most - 1) {
        bool negative = over ? r >= 0 : r < 0;
        return (uint64_t)(negative ? -most - 1 : most);
    }
    return (uint64_t)r;
}

/* The high half of the doubled product of two signed numbers of `bits` bits, saturating. */
static inline uint64_t vector_doubled(int64_t x, int64_t y, bool rounds, uint32_t bits)
{
    __int128 product = (__int128)x * y;
    int64_t most = (int64_t)(UINT64_MAX >> (65 - bits));

    if (x == y && x == -most - 1)
        return (uint64_t)most;
    return (uint64_t)((product + ((__int128)rounds << (bits - 2))) >> (bits - 1));
}

/* The product of polynomials over bits that two numbers of `bits` bits stand for. */
static inline uint64_t vector_polynomial(uint64_t x, uint64_t y, uint32_t bits)
{
    uint64_t r = 0;

    for (uint32_t i = 0; i < bits; i++)
        r ^= y >> i & 1 ? x << i : 0;
    return r;
}

VECTOR_LANES(and, 64, x &y)
VECTOR_LANES(or, 64, x | y)
VECTOR_LANES(xor, 64, x ^ y)
VECTOR_LANES(andn, 64, x & ~y)
VECTOR_ALL(VECTOR_LANES, add, x + y)
VECTOR_ALL(VECTOR_LANES, sub, x - y)
VECTOR_ALL(VECTOR_LANES, mul, (uint64_t)x *y)
VECTOR_WIDE(VECTOR_LANES, mullu,
            (uint64_t)(x &(((U)1 << VECTOR_HALF) - 1)) * (y & (((U)1 << VECTOR_HALF) - 1)))
VECTOR_WIDE(VECTOR_LANES, mulls, (uint64_t)(VECTOR_LOW(x) * VECTOR_LOW(y)))
VECTOR_WIDE(VECTOR_LANES, pmull, vector_polynomial(x &(((U)1 << VECTOR_HALF) - 1), y, VECTOR_HALF))
VECTOR_WIDE(VECTOR_LANES, madds,
            (uint64_t)(VECTOR_LOW(x) * VECTOR_LOW(y)) +
                (uint64_t)(VECTOR_LOW(x >> VECTOR_HALF) * VECTOR_LOW(y >> VECTOR_HALF)))
VECTOR_ALL(VECTOR_LANES, eq, -(U)(x == y))
VECTOR_ALL(VECTOR_LANES, gts, -(U)((S)x > (S)y))
VECTOR_ALL(VECTOR_LANES, gtu, -(U)(x > y))
VECTOR_ALL(VECTOR_LANES, smin, (S)x < (S)y ? x : y)
VECTOR_ALL(VECTOR_LANES, smax, (S)x > (S)y ? x : y)
VECTOR_ALL(VECTOR_LANES, umin, x < y ? x : y)
VECTOR_ALL(VECTOR_LANES, umax, x > y ? x : y)
VECTOR_ALL(VECTOR_LANES, sqadd, vector_saturated((S)x, (S)y, false, sizeof(U) * 8))
VECTOR_ALL(VECTOR_LANES, uqadd, (U)(x + y) < x ? UINT64_MAX : x + y)
VECTOR_ALL(VECTOR_LANES, sqsub, vector_saturated((S)x, (S)y, true, sizeof(U) * 8))
VECTOR_ALL(VECTOR_LANES, uqsub, x > y ? x - y : 0)
VECTOR_ALL(VECTOR_LANES, sqdmulh, vector_doubled((S)x, (S)y, false, sizeof(U) * 8))
VECTOR_ALL(VECTOR_LANES, sqrdmulh, vector_doubled((S)x, (S)y, true, sizeof(U) * 8))
VECTOR_ALL(VECTOR_LANES, avgu, (x >> 1) + (y >> 1) + ((x | y) & 1))
VECTOR_ALL(VECTOR_LANES, abs, x &VECTOR_TOP ? (U)0 - x : x)
VECTOR_ALL(VECTOR_LANES, shl, (uint64_t)x << n)
VECTOR_ALL(VECTOR_LANES, shr, x >> n)
VECTOR_ALL(VECTOR_LANES, sar, (S)x >> n)
VECTOR_ALL(VECTOR_LANES, ushl, vector_shifted(x, (int8_t)y, false, sizeof(U) * 8))
VECTOR_ALL(VECTOR_LANES, sshl, vector_shifted(x, (int8_t)y, true, sizeof(U) * 8))

VECTOR_ALL(VECTOR_PICK, dup, a->u64[0])
VECTOR_ALL(VECTOR_PICK, spread, x[n])
VECTOR_ALL(VECTOR_PICK, set, i == n ? b->u64[0] : x[i])
VECTOR_ALL(VECTOR_PICK, zip1, i % 2 ? y[i / 2] : x[i / 2])
VECTOR_ALL(VECTOR_PICK, zip2, i % 2 ? y[(lanes + i) / 2] : x[(lanes + i) / 2])
VECTOR_ALL(VECTOR_PICK, uzp1, i < lanes / 2 ? x[2 * i] : y[2 * i - lanes])
VECTOR_ALL(VECTOR_PICK, uzp2, i < lanes / 2 ? x[2 * i + 1] : y[2 * i + 1 - lanes])
VECTOR_ALL(VECTOR_PICK, trn1, i % 2 ? y[i - 1] : x[i])
VECTOR_ALL(VECTOR_PICK, trn2, i % 2 ? y[i] : x[i + 1])
VECTOR_PICK(ext, 8, i + n < lanes ? x[i + n] : y[i + n - lanes])
VECTOR_PICK(tbl, 8, y[i] < lanes ? x[y[i]] : 0)

/* Between lanes of BITS and of WIDE bits. */
#define VECTOR_BETWEEN(BITS, WIDE)                                     \
    VECTOR_PICK(uxtl_, WIDE, a->u##BITS[i])                            \
    VECTOR_PICK(sxtl_, WIDE, a->s##BITS[i])                            \
    VECTOR_PICK(xtn, BITS, i < lanes / 2 ? a->u##WIDE[i] : 0)          \
    VECTOR_PICK(sqxtn, BITS,                                           \
                i >= lanes / 2                    ? 0                  \
                : a->s##WIDE[i] > INT##BITS##_MAX ? INT##BITS##_MAX    \
                : a->s##WIDE[i] < INT##BITS##_MIN ? INT##BITS##_MIN    \
                                                  : a->s##WIDE[i])     \
    VECTOR_PICK(sqxtun, BITS,                                          \
                i >= lanes / 2 || a->s##WIDE[i] < 0 ? 0                \
                : a->u##WIDE[i] > UINT##BITS##_MAX  ? UINT##BITS##_MAX \
                                                    : a->u##WIDE[i])    \
    VECTOR_PICK(uqxtn, BITS,                                           \
                i >= lanes / 2                     ? 0                 \
                : a->u##WIDE[i] > UINT##BITS##_MAX ? UINT##BITS##_MAX  \
                                                   : a->u##WIDE[i])

VECTOR_BETWEEN(8, 16)
VECTOR_BETWEEN(16, 32)
VECTOR_BETWEEN(32, 64)

static void vector_bits(VECTOR_ARGS)
{
    union vector r;

    for (uint32_t i = 0; i < 2; i++)
        r.u64[i] = (a->u64[i] & b->u64[i]) | (~a->u64[i] & c->u64[i]);
    *d = r;
    VECTOR_UNUSED;
}

static void vector_low(VECTOR_ARGS)
{
    d->u64[0] = a->u64[0];
    d->u64[1] = 0;
    VECTOR_UNUSED;
}

static void vector_low32(VECTOR_ARGS)
{
    d->u64[0] = a->u32[0];
    d->u64[1] = 0;
    VECTOR_UNUSED;
}

static void vector_pair(VECTOR_ARGS)
{
    uint64_t high = b->u64[0];

    d->u64[0] = a->u64[0];
    d->u64[1] = high;
    VECTOR_UNUSED;
}

#define VECTOR_SIZES(NAME)                                                            \
    {                                                                                 \
        vector_##NAME##_8, vector_##NAME##_16, vector_##NAME##_32, vector_##NAME##_64 \
    }
#define VECTOR_SIZES_WIDE(NAME)                                          \
    {                                                                    \
        NULL, vector_##NAME##_16, vector_##NAME##_32, vector_##NAME##_64 \
    }
#define VECTOR_SIZES_NARROW(NAME)                                       \
    {                                                                   \
        vector_##NAME##_8, vector_##NAME##_16, vector_##NAME##_32, NULL \
    }
#define VECTOR_SIZES_DOUBLE(NAME)                                        \
    {                                                                    \
        vector_##NAME##_16, vector_##NAME##_32, vector_##NAME##_64, NULL \
    }
#define VECTOR_ROW(OP) [VM_OP_V_##OP - VM_OP_V_LOW]

/* By operation and size of lanes; operations without lanes have one function in all places. */
static const vector_fn vector_table[VM_OP_V_UQXTN - VM_OP_V_LOW + 1][4] = {
    /* clang-format off */
    VECTOR_ROW(LOW) = {vector_low, vector_low32, NULL, NULL},
    VECTOR_ROW(PAIR) = {vector_pair, NULL, NULL, NULL},
    VECTOR_ROW(SET) = VECTOR_SIZES(set),
    VECTOR_ROW(DUP) = VECTOR_SIZES(dup),
    VECTOR_ROW(SPREAD) = VECTOR_SIZES(spread),
    VECTOR_ROW(AND) = {vector_and_64, NULL, NULL, NULL},
    VECTOR_ROW(OR) = {vector_or_64, NULL, NULL, NULL},
    VECTOR_ROW(XOR) = {vector_xor_64, NULL, NULL, NULL},
    VECTOR_ROW(ANDN) = {vector_andn_64, NULL, NULL, NULL},
    VECTOR_ROW(SELECT) = {vector_bits, NULL, NULL, NULL},
    VECTOR_ROW(ADD) = VECTOR_SIZES(add),
    VECTOR_ROW(SUB) = VECTOR_SIZES(sub),
    VECTOR_ROW(MUL) = VECTOR_SIZES(mul),
    VECTOR_ROW(MULLU) = VECTOR_SIZES_WIDE(mullu),
    VECTOR_ROW(MULLS) = VECTOR_SIZES_WIDE(mulls),
    VECTOR_ROW(PMULL) = VECTOR_SIZES_WIDE(pmull),
    VECTOR_ROW(MADDS) = VECTOR_SIZES_WIDE(madds),
    VECTOR_ROW(EQ) = VECTOR_SIZES(eq),
    VECTOR_ROW(GTS) = VECTOR_SIZES(gts),
    VECTOR_ROW(GTU) = VECTOR_SIZES(gtu),
    VECTOR_ROW(SMIN) = VECTOR_SIZES(smin),
    VECTOR_ROW(SMAX) = VECTOR_SIZES(smax),
    VECTOR_ROW(UMIN) = VECTOR_SIZES(umin),
    VECTOR_ROW(UMAX) = VECTOR_SIZES(umax),
    VECTOR_ROW(SQADD) = VECTOR_SIZES(sqadd),
    VECTOR_ROW(UQADD) = VECTOR_SIZES(uqadd),
    VECTOR_ROW(SQSUB) = VECTOR_SIZES(sqsub),
    VECTOR_ROW(UQSUB) = VECTOR_SIZES(uqsub),
    VECTOR_ROW(SQDMULH) = VECTOR_SIZES(sqdmulh),
    VECTOR_ROW(SQRDMULH) = VECTOR_SIZES(sqrdmulh),
    VECTOR_ROW(AVGU) = VECTOR_SIZES(avgu),
    VECTOR_ROW(ABS) = VECTOR_SIZES(abs),
    VECTOR_ROW(SHL) = VECTOR_SIZES(shl),
    VECTOR_ROW(SHR) = VECTOR_SIZES(shr),
    VECTOR_ROW(SAR) = VECTOR_SIZES(sar),
    VECTOR_ROW(USHL) = VECTOR_SIZES(ushl),
    VECTOR_ROW(SSHL) = VECTOR_SIZES(sshl),
    VECTOR_ROW(ZIP1) = VECTOR_SIZES(zip1),
    VECTOR_ROW(ZIP2) = VECTOR_SIZES(zip2),
    VECTOR_ROW(UZP1) = VECTOR_SIZES(uzp1),
    VECTOR_ROW(UZP2) = VECTOR_SIZES(uzp2),
    VECTOR_ROW(TRN1) = VECTOR_SIZES(trn1),
    VECTOR_ROW(TRN2) = VECTOR_SIZES(trn2),
    VECTOR_ROW(EXT) = {vector_ext_8, NULL, NULL, NULL},
    VECTOR_ROW(TBL) = {vector_tbl_8, NULL, NULL, NULL},
    VECTOR_ROW(CLMUL) = {crypto_clmul, NULL, NULL, NULL},
    VECTOR_ROW(AESSUB) = {crypto_aessub, NULL, NULL, NULL},
    VECTOR_ROW(AESMIX) = {crypto_aesmix, NULL, NULL, NULL},
    VECTOR_ROW(AESROUND) = {crypto_aesround, NULL, NULL, NULL},
    VECTOR_ROW(AESISUB) = {crypto_aesisub, NULL, NULL, NULL},
    VECTOR_ROW(AESIMIX) = {crypto_aesimix, NULL, NULL, NULL},
    VECTOR_ROW(AESIROUND) = {crypto_aesiround, NULL, NULL, NULL},
    VECTOR_ROW(SHA1C) = {crypto_sha1c, NULL, NULL, NULL},
    VECTOR_ROW(SHA1P) = {crypto_sha1p, NULL, NULL, NULL},
    VECTOR_ROW(SHA1M) = {crypto_sha1m, NULL, NULL, NULL},
    VECTOR_ROW(SHA1W) = {crypto_sha1w, NULL, NULL, NULL},
    VECTOR_ROW(SHA256A) = {crypto_sha256a, NULL, NULL, NULL},
    VECTOR_ROW(SHA256E) = {crypto_sha256e, NULL, NULL, NULL},
    VECTOR_ROW(SHA256W0) = {crypto_sha256w0, NULL, NULL, NULL},
    VECTOR_ROW(SHA256W1) = {crypto_sha256w1, NULL, NULL, NULL},
    VECTOR_ROW(UXTL) = VECTOR_SIZES_DOUBLE(uxtl_),
    VECTOR_ROW(SXTL) = VECTOR_SIZES_DOUBLE(sxtl_),
    VECTOR_ROW(XTN) = VECTOR_SIZES_NARROW(xtn),
    VECTOR_ROW(SQXTN) = VECTOR_SIZES_NARROW(sqxtn),
    VECTOR_ROW(SQXTUN) = VECTOR_SIZES_NARROW(sqxtun),
    VECTOR_ROW(UQXTN) = VECTOR_SIZES_NARROW(uqxtn),
    /* clang-format on */
};

/* An integer operation on vectors; not of V_GET. */
static inline bool vector_is_integer(uint32_t op)
{
    return op >= VM_OP_V_LOW && op <= VM_OP_V_UQXTN && op != VM_OP_V_GET;
}

static inline uint32_t vector_is_laned(uint32_t op)
{
    return op == VM_OP_V_SET || op == VM_OP_V_DUP || op == VM_OP_V_SPREAD ||
           (op >= VM_OP_V_ADD && op < VM_OP_V_EXT) || (op >= VM_OP_V_UXTL && op <= VM_OP_V_UQXTN);
}

static inline vector_fn vector_function(uint32_t op, uint32_t aux)
{
    if (op == VM_OP_V_LOW)
        return vector_table[0][VM_AUX_SRC(aux) == VM_F32];
    return vector_table[op - VM_OP_V_LOW][vector_is_laned(op) ? VM_LANE_SIZE(aux) : 0];
}

/* Its last argument. */
static inline uint32_t vector_number(uint32_t op, uint32_t aux, int64_t imm)
{
    return op == VM_OP_V_SET || op == VM_OP_V_SPREAD ? VM_LANE_NUMBER(aux) : (uint32_t)imm;
}

/* A floating-point operation on vectors: the scalar one that is done on each lane. */
static inline bool vector_is_float(uint32_t op)
{
    return op >= VM_OP_V_FADD && op <= VM_OP_V_FCVTN;
}

/* Bytes of the lanes that a floating-point operation takes, and of those that it gives. */
static inline uint32_t vector_lane_bytes(uint32_t aux)
{
    return VM_AUX_SRC(aux) == VM_F64 ? 8 : VM_AUX_SRC(aux) == VM_F16 ? 2 : 4;
}

static inline uint32_t vector_taken(uint32_t op, uint32_t aux)
{
    return op == VM_OP_V_FCVTL ? 2 : vector_lane_bytes(aux);
}

static inline uint32_t vector_given(uint32_t op, uint32_t aux)
{
    return op == VM_OP_V_FCVTN ? 2 : vector_lane_bytes(aux);
}

static inline struct vm_ir_insn vector_scalar(uint32_t op, uint32_t aux)
{
    uint32_t lane = VM_AUX_SRC(aux), integer = lane == VM_F64 ? VM_I64 : VM_I32;
    struct vm_ir_insn insn = {.type = (uint8_t)lane};

    insn.op = (uint16_t)(op >= VM_OP_V_FCVTL ? op : VM_OP_FADD + (op - VM_OP_V_FADD));
    insn.aux = aux & ~VM_AUX(0xff, 0, 0);
    if (op == VM_OP_V_FTOI) {
        insn.op = VM_OP_FTOI;
        insn.type = (uint8_t)integer;
        insn.aux |= lane;
    } else if (op == VM_OP_V_ITOF) {
        insn.op = VM_OP_ITOF;
        insn.aux |= integer;
    }
    return insn;
}

/* Results of comparisons are 0 and 1 on scalars. */
static inline bool vector_compares(uint32_t op)
{
    return op >= VM_OP_V_FEQ && op <= VM_OP_V_FLE;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emit_simd.h - what the semantics of Advanced SIMD and floating point share.
 *
 * What is done to integers is done to whole vectors, by operations of IR; floating point that IR
 * has no operation for is done by helpers on halves, two i64 values. Each instruction is a row that
 * names what is done and a function for its shape: which vectors, halves and lanes meet.
 */
#ifndef AARCH64_EMIT_SIMD_H
#define AARCH64_EMIT_SIMD_H

#include "emit.h"
#include "fp.h"

/* Defines an instruction's semantics as CALL, if FP and SIMD are enabled. */
#define SIMD(name, CALL)                                                   \
    void emit_##name(struct a64_translation *t, const struct a64_insn *in) \
    {                                                                      \
        if (fp_enabled(t, in))                                             \
            CALL;                                                          \
    }

/* high is only there in a vector of 128 bits. */
struct vector {
    vm_ir_value half[2];
};

/* ---- fields that many instructions have ---- */

static inline bool simd_is_scalar(const struct a64_insn *in)
{
    return a64_field(in, 28, 1);
}

/* Number of halves of an operand. */
static inline uint32_t simd_halves(const struct a64_insn *in)
{
    return simd_is_scalar(in) ? 1 : 1 + a64_field(in, 30, 1);
}

/* Of a long instruction: it is about the high halves of its narrow operands. */
static inline bool simd_is_upper(const struct a64_insn *in)
{
    return !simd_is_scalar(in) && a64_field(in, 30, 1);
}

/* Bytes of an operand whose lanes have 1 << size. */
static inline uint32_t simd_bytes(const struct a64_insn *in, uint32_t size)
{
    return simd_is_scalar(in) ? 1u << size : 8 * simd_halves(in);
}

static inline uint32_t simd_size(const struct a64_insn *in)
{
    return a64_field(in, 22, 2);
}

/* ---- registers ---- */

static inline vm_ir_value get_half(struct a64_translation *t, uint32_t reg, uint32_t half)
{
    return half ? get_high(t, reg) : get_low(t, reg);
}

static inline void put_vector(struct a64_translation *t, uint32_t reg, uint32_t halves,
                              struct vector v)
{
    if (halves > 1)
        put_q(t, reg, v.half[0], v.half[1]);
    else
        put_low(t, reg, v.half[0]);
}

/* An operand: what is not part of one of 64 bits is 0, which raises nothing. */
static inline vm_ir_value get_whole(struct a64_translation *t, const struct a64_insn *in,
                                    uint32_t reg)
{
    return a64_field(in, 30, 1) ? get_v(t, reg) : low_of(t, VM_F64, get_d(t, reg));
}

/* All of 128 bits, or only their low half. */
static inline vm_ir_value whole_of(struct a64_translation *t, const struct a64_insn *in,
                                   vm_ir_value v)
{
    return a64_field(in, 30, 1) ? v : low_of(t, VM_F64, get_lane(t, VM_F64, 3, 0, v));
}

static inline void put_whole(struct a64_translation *t, const struct a64_insn *in, uint32_t reg,
                             vm_ir_value v)
{
    put_v(t, reg, whole_of(t, in, v));
}

/* The same, or of a scalar instruction the lowest lane. */
static inline void put_lanes(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                             vm_ir_value v)
{
    enum vm_ir_type type = size == 3 ? VM_F64 : size == 2 ? VM_F32 : VM_I64;

    if (simd_is_scalar(in))
        put_v(t, in->rd, low_of(t, type, get_lane(t, type, size, 0, v)));
    else
        put_whole(t, in, in->rd, v);
}

static inline vm_ir_value dup_lane(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return vm_ir_1(t->ir, VM_OP_V_DUP, VM_V128, VM_LANES(size, 0), 0, v);
}

/* A narrow result: the low half, or with Q the high half beside the old low one. */
static inline void put_narrow(struct a64_translation *t, const struct a64_insn *in, vm_ir_value v)
{
    if (a64_field(in, 30, 1) && !simd_is_scalar(in))
        put_half(t, in->rd, 1, v);
    else
        put_low(t, in->rd, v);
}

/* ---- values ---- */

static inline vm_ir_value shift_left(struct a64_translation *t, vm_ir_value v, uint32_t by)
{
    return by ? binary(t, VM_OP_SHL, v, ir_const(t, by)) : v;
}

static inline vm_ir_value shift_right(struct a64_translation *t, vm_ir_value v, uint32_t by)
{
    return by ? binary(t, VM_OP_SHR, v, ir_const(t, by)) : v;
}

/* The low lane of 8 << size bits, alone. */
static inline vm_ir_value low_lane(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    return size == 3 ? v : vm_ir_1(t->ir, VM_OP_ZEXT, VM_I64, 0, 8 << size, v);
}

/* Bits of a lane in every lane. */
static inline uint64_t in_each_lane(uint32_t size, uint64_t bits)
{
    static const uint64_t ones[] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};

    return ones[size] * (bits & (UINT64_MAX >> (64 - (8u << size))));
}

/* Lane `index` of a vector, alone. */
static inline vm_ir_value lane_of(struct a64_translation *t, uint32_t reg, uint32_t size,
                                  uint32_t index)
{
    return get_lane(t, VM_I64, size, index, get_v(t, reg));
}

/* ---- emit_simd_vector.c: operations on whole vectors ---- */

/* On lanes of 8 << size bits of two vectors. */
typedef vm_ir_value (*vector_fn)(struct a64_translation *t, uint32_t size, vm_ir_value a,
                                 vm_ir_value b);

#define A64_VECTOR_FN(name) \
    vm_ir_value vec_##name(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b);
A64_VECTOR_FN(add)
A64_VECTOR_FN(sub)
A64_VECTOR_FN(mul)
A64_VECTOR_FN(cmeq)
A64_VECTOR_FN(cmgt)
A64_VECTOR_FN(cmge)
A64_VECTOR_FN(cmhi)
A64_VECTOR_FN(cmhs)
A64_VECTOR_FN(cmtst)
A64_VECTOR_FN(smax)
A64_VECTOR_FN(smin)
A64_VECTOR_FN(umax)
A64_VECTOR_FN(umin)
A64_VECTOR_FN(sshl)
A64_VECTOR_FN(ushl)
A64_VECTOR_FN(sabd)
A64_VECTOR_FN(uabd)
A64_VECTOR_FN(shadd)
A64_VECTOR_FN(uhadd)
A64_VECTOR_FN(srhadd)
A64_VECTOR_FN(urhadd)
A64_VECTOR_FN(shsub)
A64_VECTOR_FN(uhsub)
A64_VECTOR_FN(pmul)
A64_VECTOR_FN(srshl)
A64_VECTOR_FN(urshl)

/* An operation of IR: on lanes, on one operand's, on bits. */
vm_ir_value vec(struct a64_translation *t, enum vm_ir_op op, uint32_t size, vm_ir_value a,
                vm_ir_value b);
vm_ir_value vec_one(struct a64_translation *t, enum vm_ir_op op, uint32_t size, vm_ir_value a);
vm_ir_value vec_bits(struct a64_translation *t, enum vm_ir_op op, vm_ir_value a, vm_ir_value b);
vm_ir_value vec_const(struct a64_translation *t, uint32_t size, uint64_t lane);
/* A constant by its halves. */
vm_ir_value vec_halves(struct a64_translation *t, uint64_t low, uint64_t high);
vm_ir_value vec_not(struct a64_translation *t, vm_ir_value a);
vm_ir_value vec_select(struct a64_translation *t, vm_ir_value mask, vm_ir_value on_set,
                       vm_ir_value on_clear);
/* By a constant below the lane's width. */
vm_ir_value vec_shift(struct a64_translation *t, enum vm_ir_op op, uint32_t size, vm_ir_value a,
                      uint32_t by);
/* To the right by 1 up to the width, to the nearest. */
vm_ir_value vec_shift_rounded(struct a64_translation *t, bool is_signed, uint32_t size,
                              vm_ir_value v, uint32_t by);
/* 16 bytes of a and then b. */
vm_ir_value vec_ext(struct a64_translation *t, vm_ir_value a, vm_ir_value b, uint32_t first);
/* The lanes of one half, twice as wide. */
vm_ir_value vec_widen(struct a64_translation *t, bool is_signed, uint32_t size, bool high,
                      vm_ir_value a);
/* Neighbours in rn and then rm: the first ones, the second ones. */
struct lanes_pair {
    vm_ir_value first, second;
};
struct lanes_pair vec_pairs(struct a64_translation *t, const struct a64_insn *in, uint32_t size);
vm_ir_value vec_neighbours(struct a64_translation *t, bool is_signed, uint32_t size, vm_ir_value v);
/* rd = all lanes of v together. */
void vec_across(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                uint32_t size, vm_ir_value v);
vm_ir_value vec_long_product(struct a64_translation *t, bool is_signed, uint32_t size,
                             vm_ir_value a, vm_ir_value b);
/* Of polynomials over bits that are bytes, 16 bits wide. */
vm_ir_value vec_long_polynomials(struct a64_translation *t, vm_ir_value a, vm_ir_value b);
vm_ir_value vec_dot(struct a64_translation *t, bool is_signed, vm_ir_value d, vm_ir_value n,
                    vm_ir_value m);

/* ---- emit_simd_bits.c: the lanes' bits ---- */

vm_ir_value vec_ones(struct a64_translation *t,
                     vm_ir_value a); /* of bytes: how many bits are set */
vm_ir_value vec_leading_zeros(struct a64_translation *t, uint32_t size, vm_ir_value a);
vm_ir_value vec_leading_signs(struct a64_translation *t, uint32_t size, vm_ir_value a);
vm_ir_value vec_reversed_bits(struct a64_translation *t, vm_ir_value a); /* of bytes */
/* The lanes of each 1 << of bytes in the other order. */
vm_ir_value vec_reversed(struct a64_translation *t, uint32_t size, uint32_t of, vm_ir_value a);

/* ---- emit_simd_saturate.c ---- */

struct saturated {
    vm_ir_value lanes;
    vm_ir_value differ; /* not 0 in lanes that saturated */
};
typedef struct saturated (*saturating_fn)(struct a64_translation *t, uint32_t size, vm_ir_value a,
                                          vm_ir_value b);

#define A64_SATURATING_FN(name)                                                          \
    struct saturated sat_##name(struct a64_translation *t, uint32_t size, vm_ir_value a, \
                                vm_ir_value b);
A64_SATURATING_FN(sqadd)
A64_SATURATING_FN(uqadd)
A64_SATURATING_FN(sqsub)
A64_SATURATING_FN(uqsub)
A64_SATURATING_FN(suqadd)
A64_SATURATING_FN(usqadd)
A64_SATURATING_FN(sqabs) /* of a alone */
A64_SATURATING_FN(sqneg)
A64_SATURATING_FN(sqdmulh)
A64_SATURATING_FN(sqrdmulh)
A64_SATURATING_FN(sqshl)
A64_SATURATING_FN(uqshl)
A64_SATURATING_FN(sqrshl)
A64_SATURATING_FN(uqrshl)

/* To the left by a constant below the lane's width. */
typedef struct saturated (*saturating_by)(struct a64_translation *t, uint32_t size, vm_ir_value a,
                                          uint32_t by);
struct saturated sat_sqshl_by(struct a64_translation *t, uint32_t size, vm_ir_value a, uint32_t by);
struct saturated sat_uqshl_by(struct a64_translation *t, uint32_t size, vm_ir_value a, uint32_t by);
struct saturated sat_sqshlu_by(struct a64_translation *t, uint32_t size, vm_ir_value a,
                               uint32_t by);

/* FPSR.QC is set if the lowest `bytes` of a vector are not 0: a lane, a half or all. */
void note_saturation(struct a64_translation *t, uint32_t bytes, vm_ir_value differ);
/* rd = a result, noting it. */
void put_saturated(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                   struct saturated s);
/* rd, or its high half, = v's lanes narrowed to 8 << size bits by `op`, noting it. */
void vec_narrow(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                uint32_t size, vm_ir_value v);
/* rd = doubled products of narrow lanes, or `onto` puts them to rd. */
void vec_doubled_long(struct a64_translation *t, const struct a64_insn *in, saturating_fn onto,
                      vm_ir_value m);
/* rd = high halves of doubled products added to rd or taken from it (V_ADD, V_SUB), rounded. */
void vec_doubled_onto(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                      vm_ir_value m);

/* ---- floating point ---- */

/* A code for helpers, without an operation: a format, and FPCR of the mode key. */
uint64_t fp_code(const struct a64_translation *t, uint32_t size);
/* FPCR's rounding mode, VM_FP_*. */
uint32_t fp_rounding(const struct a64_translation *t);
/* aux of IR's arithmetic on numbers or lanes: with FPCR's flush-to-zero and default NaN. */
uint32_t fp_aux(const struct a64_translation *t, enum vm_ir_op op, enum vm_ir_type type,
                uint32_t rm, uint32_t variant);
/* By the two-bit type field of scalar instructions: enum a64_fp_size. */
uint32_t fp_type_size(const struct a64_insn *in);
/* The same of vector instructions, of which half precision ones look different. */
uint32_t fp_vector_size(const struct a64_insn *in);

static inline enum vm_ir_type fp_ir_type(uint32_t size)
{
    return size == A64_FP_D ? VM_F64 : size == A64_FP_S ? VM_F32 : VM_F16;
}

/* IR's operation on lanes, for that on numbers. */
static inline enum vm_ir_op fp_on_lanes(uint32_t op)
{
    return (enum vm_ir_op)(op - VM_OP_FADD + VM_OP_V_FADD);
}

/* Bits of a format's numbers. */
static inline uint64_t fp_sign_bits(uint32_t size)
{
    return (uint64_t)1 << ((8u << size) - 1);
}

static inline uint32_t fp_fraction_bits(uint32_t size)
{
    return size == A64_FP_D ? 52 : size == A64_FP_S ? 23 : 10;
}

/* 2^by */
static inline uint64_t fp_power_bits(uint32_t size, int by)
{
    const int bias = size == A64_FP_D ? 1023 : size == A64_FP_S ? 127 : 15;

    return (uint64_t)(bias + by) << fp_fraction_bits(size);
}

static inline uint64_t fp_infinity_bits(uint32_t size)
{
    return fp_sign_bits(size) - ((uint64_t)1 << fp_fraction_bits(size));
}

/* The low lane as an IR value of the format: f32 or f64, half precision as i64. */
vm_ir_value get_scalar(struct a64_translation *t, uint32_t size, uint32_t reg);
void put_scalar(struct a64_translation *t, uint32_t size, uint32_t reg, vm_ir_value value);
/* The same of what arithmetic on scalars results in: in half precision lanes, all the same. */
void fp_put_result(struct a64_translation *t, uint32_t size, uint32_t reg, vm_ir_value value);
/* A lane of a register in all lanes. */
vm_ir_value fp_spread(struct a64_translation *t, uint32_t size, uint32_t reg, uint32_t lane);
/* Operands of arithmetic: flushed, where FPCR says so, are the number or those lanes that are part
 * of it, each for FPSR.IDC. */
vm_ir_value fp_flushed(struct a64_translation *t, uint32_t size, vm_ir_value v);
vm_ir_value fp_flushed_lanes(struct a64_translation *t, uint32_t size, vm_ir_value v);
vm_ir_value fp_scalar_operand(struct a64_translation *t, uint32_t size, uint32_t reg);
vm_ir_value fp_whole_operand(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                             uint32_t reg);

vm_ir_value fp_magnitudes(struct a64_translation *t, uint32_t size, vm_ir_value v);
vm_ir_value fp_negatives(struct a64_translation *t, uint32_t size, vm_ir_value v);

enum a64_fp2 {
    A64_FP_ADD,
    A64_FP_SUB,
    A64_FP_MUL,
    A64_FP_DIV,
    A64_FP_MAX,
    A64_FP_MIN,
    A64_FP_MAXNM,
    A64_FP_MINNM,
    A64_FP_NMUL,
    A64_FP_MULX,
    A64_FP_ABD,
    A64_FP_RECPS,
    A64_FP_RSQRTS,
    A64_FP_CMEQ,
    A64_FP_CMGE,
    A64_FP_CMGT,
    A64_FP_ACGE,
    A64_FP_ACGT,
    A64_FP2_COUNT
};

/* d + a * b with signs changed. */
enum { A64_FP_NEG_PRODUCT = 1, A64_FP_NEG_ADDEND = 2 };

/* How IR does a binary operation. */
struct fp_binary {
    uint8_t ir; /* enum vm_ir_op; 0: on lanes alone, by more than one */
    uint8_t variant;
    uint8_t after; /* VM_OP_FNEG or VM_OP_FABS of the result, or 0 */
};

/* The operations that scalar and vector instructions share, by enum a64_fp2. */
extern const struct fp_binary fp_binaries[A64_FP2_COUNT];

/* One operation on operands of fp_scalar_operand(), for fp_put_result(). */
vm_ir_value fp_scalar_unary(struct a64_translation *t, enum vm_ir_op op, uint32_t size, uint32_t rm,
                            uint32_t variant, vm_ir_value v);
vm_ir_value fp_scalar_binary(struct a64_translation *t, const struct fp_binary *op, uint32_t size,
                             vm_ir_value a, vm_ir_value b);
/* a * b + c, negations: A64_FP_NEG_*. */
vm_ir_value fp_scalar_fma(struct a64_translation *t, uint32_t negations, uint32_t size,
                          vm_ir_value a, vm_ir_value b, vm_ir_value c);

/* FRINT32 and FRINT64 of lanes that are flushed, single or double: to integers of so many bits. */
vm_ir_value fp_lanes_integral(struct a64_translation *t, uint32_t size, uint32_t bits, uint32_t rm,
                              vm_ir_value v);

/* Between four halves, the low half of a vector, and singles: not in the mode for alternative ones,
 * which have no infinities. Singles are flushed before. */
bool fp_halves_convert(const struct a64_translation *t);
vm_ir_value fp_from_halves(struct a64_translation *t, vm_ir_value v);
vm_ir_value fp_to_halves(struct a64_translation *t, vm_ir_value v);
/* Halves as operands of arithmetic on singles, which chooses among signalling NaNs. */
vm_ir_value fp_operands_of_halves(struct a64_translation *t, vm_ir_value v);
/* A half, i64, as a single. */
vm_ir_value fp_single_of_half(struct a64_translation *t, vm_ir_value half);
/* A double as a single that is to be a half. */
vm_ir_value fp_single_for_half(struct a64_translation *t, vm_ir_value v);
/* An integer with `fraction` bits behind the point: as a half in the lowest lane of a vector. */
vm_ir_value fp_half_from_integer(struct a64_translation *t, enum vm_ir_type type, bool is_unsigned,
                                 uint32_t fraction, vm_ir_value v);

/* Between numbers in single or double precision, flushed before, and integers of `type`, with
 * `fraction` bits behind the point. */
vm_ir_value fp_to_integer(struct a64_translation *t, uint32_t size, enum vm_ir_type type,
                          uint32_t rm, bool is_unsigned, uint32_t fraction, vm_ir_value v);
vm_ir_value fp_from_integer(struct a64_translation *t, uint32_t size, enum vm_ir_type type,
                            bool is_unsigned, uint32_t fraction, vm_ir_value v);
/* The lowest lane of rn, to an integer of its size in rd, or from one. */
void fp_lane_to_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                        uint32_t rm, bool is_unsigned, uint32_t fraction);
void fp_lane_from_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                          bool is_unsigned, uint32_t fraction);
/* All lanes. */
void fp_whole_to_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                         uint32_t rm, bool is_unsigned, uint32_t fraction);
void fp_whole_from_integer(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                           bool is_unsigned, uint32_t fraction);

#endif

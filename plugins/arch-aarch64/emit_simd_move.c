/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of Advanced SIMD: copies, permutations, tables, immediates. */
#include "emit_simd.h"

/* ---- copies: imm5 holds the width of a lane and its number ---- */

static uint32_t copy_size(const struct a64_insn *in)
{
    return (uint32_t)__builtin_ctz(in->rm);
}

static uint32_t copy_index(const struct a64_insn *in)
{
    return (uint32_t)in->rm >> (copy_size(in) + 1);
}

static void duplicate(struct a64_translation *t, const struct a64_insn *in, vm_ir_value lane)
{
    vm_ir_value v = lanes_splat(t, copy_size(in), lane);

    put_vector(t, in->rd, simd_halves(in), (struct vector){{v, v}});
}

SIMD(dup_element, duplicate(t, in, lane_of(t, in->rn, copy_size(in), copy_index(in))))
SIMD(dup_general, duplicate(t, in, low_lane(t, copy_size(in), get_x(t, in->rn))))
SIMD(dup_scalar, put_low(t, in->rd, lane_of(t, in->rn, copy_size(in), copy_index(in))))

static void move_signed(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = copy_size(in);
    vm_ir_value v = lane_of(t, in->rn, size, copy_index(in));

    v = vm_ir_1(t->ir, VM_OP_SEXT, VM_I64, 0, 8 << size, v);
    put_x(t, in->rd, a64_field(in, 30, 1) ? v : low_lane(t, 2, v));
}

SIMD(smov, move_signed(t, in))
SIMD(umov, put_x(t, in->rd, lane_of(t, in->rn, copy_size(in), copy_index(in))))

/* One lane of rd changes; `lane` is alone. */
static void insert(struct a64_translation *t, const struct a64_insn *in, vm_ir_value lane)
{
    uint32_t size = copy_size(in), at = copy_index(in) * (8u << size), half = at / 64;
    uint64_t mask = UINT64_MAX >> (64 - (8u << size)) << at % 64;
    vm_ir_value v = lane;

    if (size < 3) {
        vm_ir_value kept =
            binary(t, VM_OP_AND, get_half(t, in->rd, half), ir_const(t, (int64_t)~mask));
        v = binary(t, VM_OP_OR, kept, shift_left(t, lane, at % 64));
    }
    if (half)
        put_slot(t, VM_I64, A64_SLOT_VH + in->rd, v);
    else
        put_slot(t, VM_F64, A64_SLOT_V + in->rd, bitcast(t, VM_F64, VM_I64, v));
}

SIMD(ins_general, insert(t, in, low_lane(t, copy_size(in), get_x(t, in->rn))))
SIMD(ins_element,
     insert(t, in, lane_of(t, in->rn, copy_size(in), a64_field(in, 11, 4) >> copy_size(in))))

/* ---- permutations ---- */

static void unzip(struct a64_translation *t, const struct a64_insn *in, uint32_t odd)
{
    uint32_t size = simd_size(in), halves = simd_halves(in);
    struct vector n = get_vector(t, in->rn, halves), m = get_vector(t, in->rm, halves), r;

    r.half[0] = lanes_unzip(t, size, odd, n.half[0], halves > 1 ? n.half[1] : m.half[0]);
    if (halves > 1)
        r.half[1] = lanes_unzip(t, size, odd, m.half[0], m.half[1]);
    put_vector(t, in->rd, halves, r);
}

SIMD(uzp1, unzip(t, in, 0))
SIMD(uzp2, unzip(t, in, 1))

/* Of the low halves, or of the high ones; those of 64 bits: the low or high parts. */
static void zip(struct a64_translation *t, const struct a64_insn *in, bool high)
{
    uint32_t size = simd_size(in), halves = simd_halves(in), half = halves > 1 && high;
    vm_ir_value n = get_half(t, in->rn, half), m = get_half(t, in->rm, half);
    struct vector r;

    if (size == 3) {
        put_q(t, in->rd, n, m);
        return;
    }
    for (uint32_t i = 0; i < halves; i++) {
        bool upper = halves > 1 ? i : high;
        r.half[i] = CALL(t, (upper ? A64_HELPER_ZIP_HIGH_B : A64_HELPER_ZIP_LOW_B) + size, n, m);
    }
    put_vector(t, in->rd, halves, r);
}

SIMD(zip1, zip(t, in, false))
SIMD(zip2, zip(t, in, true))

static void transpose(struct a64_translation *t, const struct a64_insn *in, bool odd)
{
    uint32_t size = simd_size(in), halves = simd_halves(in);
    struct vector r;

    if (size == 3) {
        zip(t, in, odd);
        return;
    }
    for (uint32_t i = 0; i < halves; i++)
        r.half[i] = CALL(t, (odd ? A64_HELPER_TRN2_B : A64_HELPER_TRN1_B) + size,
                         get_half(t, in->rn, i), get_half(t, in->rm, i));
    put_vector(t, in->rd, halves, r);
}

SIMD(trn1, transpose(t, in, false))
SIMD(trn2, transpose(t, in, true))

/* Bytes of rm:rn from one on. */
static void extract(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t halves = simd_halves(in), at = a64_field(in, 11, 4) * 8, shift = at % 64;
    struct vector r;

    for (uint32_t i = 0; i < halves; i++) {
        uint32_t first = at / 64 + i, second = first + 1;
        vm_ir_value low = get_half(t, first < halves ? in->rn : in->rm, first % halves);
        r.half[i] = low;
        if (shift) {
            vm_ir_value high = get_half(t, second < halves ? in->rn : in->rm, second % halves);
            r.half[i] =
                binary(t, VM_OP_OR, shift_right(t, low, shift), shift_left(t, high, 64 - shift));
        }
    }
    put_vector(t, in->rd, halves, r);
}

SIMD(ext, extract(t, in))

/* Bytes of up to four registers by index; others are 0, or as in rd. */
static void table(struct a64_translation *t, const struct a64_insn *in, bool extends)
{
    uint32_t halves = simd_halves(in), n = a64_field(in, 13, 2) + 1;
    struct vector r;

    for (uint32_t i = 0; i < halves; i++) {
        vm_ir_value index = get_half(t, in->rm, i);
        r.half[i] = extends ? get_half(t, in->rd, i) : ir_const(t, 0);
        for (uint32_t k = 0; k < n; k++) {
            uint32_t reg = (in->rn + k) % 32;
            r.half[i] = CALL(t, A64_HELPER_TABLE, r.half[i], index, get_low(t, reg),
                             get_high(t, reg), ir_const(t, 16 * k));
        }
    }
    put_vector(t, in->rd, halves, r);
}

SIMD(tbl, table(t, in, false))
SIMD(tbx, table(t, in, true))

/* ---- immediates ---- */

/* The byte abcdefgh. */
static uint32_t byte_of(const struct a64_insn *in)
{
    return a64_field(in, 16, 3) << 5 | a64_field(in, 5, 5);
}

/* Sign, exponent of few values and the top of the fraction, in the format's width. */
static uint64_t expand_float(uint32_t byte, uint32_t exponent_bits, uint32_t bits)
{
    uint64_t sign = byte >> 7, top = byte >> 6 & 1, low = byte & 63;
    uint64_t exponent = (top ^ 1) << (exponent_bits - 1) |
                        (top ? ((uint64_t)1 << (exponent_bits - 3)) - 1 : 0) << 2 | low >> 4;

    return sign << (bits - 1) | exponent << (bits - 1 - exponent_bits) |
           (low & 15) << (bits - 1 - exponent_bits - 4);
}

/* Each bit of a byte as a byte. */
static uint64_t expand_bits(uint32_t byte)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < 8; i++)
        r |= byte >> i & 1 ? (uint64_t)0xff << (8 * i) : 0;
    return r;
}

/* AdvSIMDExpandImm of the manual. */
static uint64_t expand(const struct a64_insn *in)
{
    uint32_t byte = byte_of(in), mode = a64_field(in, 12, 4), op = a64_field(in, 29, 1);

    switch (mode >> 1) {
    case 0 ... 3:
        return in_each_lane(2, (uint64_t)byte << (mode >> 1) * 8);
    case 4:
    case 5:
        return in_each_lane(1, (uint64_t)byte << (mode >> 1 & 1) * 8);
    case 6:
        return in_each_lane(2,
                            mode & 1 ? (uint64_t)byte << 16 | 0xffff : (uint64_t)byte << 8 | 0xff);
    default:
        if (!(mode & 1))
            return op ? expand_bits(byte) : in_each_lane(0, byte);
        return op ? expand_float(byte, 11, 64) : in_each_lane(2, expand_float(byte, 8, 32));
    }
}

static void immediate(struct a64_translation *t, const struct a64_insn *in, uint64_t value)
{
    vm_ir_value v = ir_const(t, (int64_t)value);

    put_vector(t, in->rd, simd_halves(in), (struct vector){{v, v}});
}

SIMD(movi, immediate(t, in, expand(in)))
SIMD(mvni, immediate(t, in, ~expand(in)))
SIMD(fmov_vi_h, immediate(t, in, in_each_lane(1, expand_float(byte_of(in), 5, 16))))

static void with_immediate(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op)
{
    vm_ir_value v = ir_const(t, (int64_t)expand(in));
    struct vector r;

    for (uint32_t i = 0; i < simd_halves(in); i++)
        r.half[i] = binary(t, op, get_half(t, in->rd, i), v);
    put_vector(t, in->rd, simd_halves(in), r);
}

SIMD(orr_vi, with_immediate(t, in, VM_OP_OR))
SIMD(bic_vi, with_immediate(t, in, VM_OP_ANDN))

/* FMOV of a scalar: imm8 is elsewhere. */
static void scalar_immediate(struct a64_translation *t, const struct a64_insn *in)
{
    static const uint8_t exponents[] = {[A64_FP_H] = 5, [A64_FP_S] = 8, [A64_FP_D] = 11};
    uint32_t size = fp_type_size(in);

    put_low(t, in->rd,
            ir_const(t, (int64_t)expand_float(a64_field(in, 13, 8), exponents[size], 8u << size)));
}

SIMD(fmov_i, scalar_immediate(t, in))

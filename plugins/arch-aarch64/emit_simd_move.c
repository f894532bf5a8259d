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

SIMD(dup_element, put_whole(t, in, in->rd,
                            vm_ir_1(t->ir, VM_OP_V_SPREAD, VM_V128,
                                    VM_LANES(copy_size(in), copy_index(in)), 0, get_v(t, in->rn))))
SIMD(dup_general, put_whole(t, in, in->rd, dup_lane(t, copy_size(in), get_x(t, in->rn))))
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

/* One lane of rd changes. */
static void insert(struct a64_translation *t, const struct a64_insn *in, vm_ir_value lane)
{
    put_v(t, in->rd, set_lane(t, copy_size(in), copy_index(in), get_v(t, in->rd), lane));
}

SIMD(ins_general, insert(t, in, get_x(t, in->rn)))
SIMD(ins_element,
     insert(t, in, lane_of(t, in->rn, copy_size(in), a64_field(in, 11, 4) >> copy_size(in))))

/* ---- permutations ---- */

/* The operands' low halves, one behind the other, are what instructions of 64 bits are about. */
static void of_both(struct a64_translation *t, const struct a64_insn *in, vm_ir_value *n,
                    vm_ir_value *m)
{
    *n = get_v(t, in->rn);
    *m = get_v(t, in->rm);
    if (!a64_field(in, 30, 1))
        *n = *m = vec(t, VM_OP_V_ZIP1, 3, *n, *m);
}

static void unzip(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op)
{
    vm_ir_value n, m;

    of_both(t, in, &n, &m);
    put_whole(t, in, in->rd, vec(t, op, simd_size(in), n, m));
}

SIMD(uzp1, unzip(t, in, VM_OP_V_UZP1))
SIMD(uzp2, unzip(t, in, VM_OP_V_UZP2))

/* Of 64 bits, ZIP2 is the high half of ZIP1. */
static void zip(struct a64_translation *t, const struct a64_insn *in, bool high)
{
    bool whole = a64_field(in, 30, 1);
    vm_ir_value v = vec(t, high && whole ? VM_OP_V_ZIP2 : VM_OP_V_ZIP1, simd_size(in),
                        get_v(t, in->rn), get_v(t, in->rm));

    if (high && !whole)
        put_d(t, in->rd, get_lane(t, VM_F64, 3, 1, v));
    else
        put_whole(t, in, in->rd, v);
}

SIMD(zip1, zip(t, in, false))
SIMD(zip2, zip(t, in, true))

static void transpose(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op)
{
    put_whole(t, in, in->rd, vec(t, op, simd_size(in), get_v(t, in->rn), get_v(t, in->rm)));
}

SIMD(trn1, transpose(t, in, VM_OP_V_TRN1))
SIMD(trn2, transpose(t, in, VM_OP_V_TRN2))

/* Bytes of rm:rn from one on. */
static void extract(struct a64_translation *t, const struct a64_insn *in)
{
    vm_ir_value n, m;

    of_both(t, in, &n, &m);
    put_whole(t, in, in->rd, vec_ext(t, n, m, a64_field(in, 11, 4)));
}

SIMD(ext, extract(t, in))

/* Bytes of up to four registers by index; others are 0, or as in rd. */
static void table(struct a64_translation *t, const struct a64_insn *in, bool extends)
{
    uint32_t n = a64_field(in, 13, 2) + 1;
    vm_ir_value index = get_v(t, in->rm), r = VM_NO_VALUE;

    for (uint32_t k = 0; k < n; k++) {
        vm_ir_value from = k ? vec_sub(t, 0, index, vec_const(t, 0, 16 * k)) : index;
        vm_ir_value found = vec_bits(t, VM_OP_V_TBL, get_v(t, (in->rn + k) % 32), from);
        r = k ? vec_bits(t, VM_OP_V_OR, r, found) : found;
    }
    if (extends)
        r = vm_ir_3(t->ir, VM_OP_V_SELECT, VM_V128, 0, 0,
                    vec_cmhi(t, 0, vec_const(t, 0, 16 * n), index), r, get_v(t, in->rd));
    put_whole(t, in, in->rd, r);
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
    put_whole(t, in, in->rd, vec_bits(t, op, get_v(t, in->rd), vec_const(t, 3, expand(in))));
}

SIMD(orr_vi, with_immediate(t, in, VM_OP_V_OR))
SIMD(bic_vi, with_immediate(t, in, VM_OP_V_ANDN))

/* FMOV of a scalar: imm8 is elsewhere. */
static void scalar_immediate(struct a64_translation *t, const struct a64_insn *in)
{
    static const uint8_t exponents[] = {[A64_FP_H] = 5, [A64_FP_S] = 8, [A64_FP_D] = 11};
    uint32_t size = fp_type_size(in);

    put_low(t, in->rd,
            ir_const(t, (int64_t)expand_float(a64_field(in, 13, 8), exponents[size], 8u << size)));
}

SIMD(fmov_i, scalar_immediate(t, in))

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on whole vectors that saturate. Beside the lanes each has a vector that is not 0 in
 * lanes that did, which FPSR.QC is made of.
 */
#include "emit_simd.h"

#define OP(NAME, x, y)      vec(t, VM_OP_V_##NAME, size, x, y)
#define BITS(NAME, x, y)    vec_bits(t, VM_OP_V_##NAME, x, y)
#define SHIFTED(NAME, x, n) vec_shift(t, VM_OP_V_##NAME, size, x, n)

#define SATURATING(name)                                                                 \
    struct saturated sat_##name(struct a64_translation *t, uint32_t size, vm_ir_value a, \
                                vm_ir_value b)

/* ---- FPSR.QC ---- */

void note_saturation(struct a64_translation *t, uint32_t bytes, vm_ir_value differ)
{
    vm_ir_value bits =
        get_lane(t, VM_I64, bytes < 8 ? (uint32_t)__builtin_ctz(bytes) : 3, 0, differ);

    if (bytes == 16)
        bits = binary(t, VM_OP_OR, bits, get_lane(t, VM_I64, 3, 1, differ));
    put_slot(t, VM_I64, A64_SLOT_QC,
             binary(t, VM_OP_OR, get_slot(t, VM_I64, A64_SLOT_QC),
                    binary(t, VM_OP_NE, bits, ir_const(t, 0))));
}

void put_saturated(struct a64_translation *t, const struct a64_insn *in, uint32_t size,
                   struct saturated s)
{
    note_saturation(t, simd_bytes(in, size), s.differ);
    put_lanes(t, in, size, s.lanes);
}

/* ---- sums and products ---- */

static vm_ir_value smallest(struct a64_translation *t, uint32_t size)
{
    return vec_const(t, size, (uint64_t)1 << ((8u << size) - 1));
}

/* A result, and what it is where nothing saturates. */
static struct saturated beside(struct a64_translation *t, vm_ir_value r, vm_ir_value plain)
{
    return (struct saturated){r, BITS(XOR, r, plain)};
}

SATURATING(sqadd)
{
    return beside(t, OP(SQADD, a, b), OP(ADD, a, b));
}

SATURATING(uqadd)
{
    return beside(t, OP(UQADD, a, b), OP(ADD, a, b));
}

SATURATING(sqsub)
{
    return beside(t, OP(SQSUB, a, b), OP(SUB, a, b));
}

SATURATING(uqsub)
{
    return beside(t, OP(UQSUB, a, b), OP(SUB, a, b));
}

/* With its highest bit changed a signed number is an unsigned one that is larger by a constant. */
static struct saturated of_other_sign(struct a64_translation *t, enum vm_ir_op op, uint32_t size,
                                      vm_ir_value a, vm_ir_value b)
{
    vm_ir_value top = smallest(t, size), r = vec(t, op, size, BITS(XOR, a, top), b);

    return beside(t, BITS(XOR, r, top), OP(ADD, a, b));
}

SATURATING(suqadd)
{
    return of_other_sign(t, VM_OP_V_UQADD, size, a, b);
}

SATURATING(usqadd)
{
    return of_other_sign(t, VM_OP_V_SQADD, size, a, b);
}

SATURATING(sqneg)
{
    vm_ir_value zero = vec_const(t, 3, 0);

    (void)b;
    return beside(t, OP(SQSUB, zero, a), OP(SUB, zero, a));
}

/* Negated where a sign is set: all of its bits, and 1 more; of the smallest one that saturates. */
SATURATING(sqabs)
{
    vm_ir_value sign = OP(GTS, vec_const(t, 3, 0), a), turned = BITS(XOR, a, sign);

    (void)b;
    return beside(t, OP(SQSUB, turned, sign), OP(SUB, turned, sign));
}

/* Only the product of twice the smallest number is too large. */
static struct saturated doubled(struct a64_translation *t, enum vm_ir_op op, uint32_t size,
                                vm_ir_value a, vm_ir_value b)
{
    vm_ir_value least = smallest(t, size);

    return (struct saturated){vec(t, op, size, a, b),
                              BITS(AND, OP(EQ, a, least), OP(EQ, b, least))};
}

SATURATING(sqdmulh)
{
    return doubled(t, VM_OP_V_SQDMULH, size, a, b);
}

SATURATING(sqrdmulh)
{
    return doubled(t, VM_OP_V_SQRDMULH, size, a, b);
}

/* ---- shifts by the lanes of a vector: to the right where they are negative ---- */

/* The lowest bytes as the highest ones. */
static vm_ir_value count_on_top(struct a64_translation *t, uint32_t size, vm_ir_value count)
{
    return SHIFTED(SHL, count, (8u << size) - 8);
}

/* What is to be added to shifted lanes: the last bit that went out to the right. */
static vm_ir_value carries(struct a64_translation *t, enum vm_ir_op shift, uint32_t size,
                           vm_ir_value a, vm_ir_value count)
{
    vm_ir_value last = vec(t, shift, size, a, OP(ADD, count, vec_const(t, size, 1)));
    vm_ir_value to_right = OP(GTS, vec_const(t, 3, 0), count_on_top(t, size, count));

    return BITS(AND, BITS(AND, last, to_right), vec_const(t, size, 1));
}

vm_ir_value vec_srshl(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b)
{
    return OP(ADD, OP(SSHL, a, b), carries(t, VM_OP_V_SSHL, size, a, b));
}

vm_ir_value vec_urshl(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b)
{
    return OP(ADD, OP(USHL, a, b), carries(t, VM_OP_V_USHL, size, a, b));
}

/* The largest number, or for a negative one the smallest. */
static vm_ir_value limit(struct a64_translation *t, uint32_t size, vm_ir_value a)
{
    uint32_t bits = 8u << size;

    return BITS(XOR, SHIFTED(SAR, a, bits - 1), vec_const(t, size, UINT64_MAX >> (65 - bits)));
}

/* To the left, what does not come back saturates. */
static struct saturated by_lanes(struct a64_translation *t, bool is_signed, bool rounds,
                                 uint32_t size, vm_ir_value a, vm_ir_value count)
{
    enum vm_ir_op shift = is_signed ? VM_OP_V_SSHL : VM_OP_V_USHL;
    vm_ir_value zero = vec_const(t, 3, 0), r = vec(t, shift, size, a, count);
    vm_ir_value back = vec(t, shift, size, r, OP(SUB, zero, count));
    vm_ir_value to_left = OP(GTS, count_on_top(t, size, count), zero);
    vm_ir_value lost = BITS(ANDN, to_left, OP(EQ, back, a));

    if (rounds)
        r = OP(ADD, r, carries(t, shift, size, a, count));
    r = is_signed ? vec_select(t, lost, limit(t, size, a), r) : BITS(OR, r, lost);
    return (struct saturated){r, lost};
}

SATURATING(sqshl)
{
    return by_lanes(t, true, false, size, a, b);
}

SATURATING(uqshl)
{
    return by_lanes(t, false, false, size, a, b);
}

SATURATING(sqrshl)
{
    return by_lanes(t, true, true, size, a, b);
}

SATURATING(uqrshl)
{
    return by_lanes(t, false, true, size, a, b);
}

/* ---- shifts to the left by a constant ---- */

struct saturated sat_sqshl_by(struct a64_translation *t, uint32_t size, vm_ir_value a, uint32_t by)
{
    vm_ir_value r = SHIFTED(SHL, a, by), back = SHIFTED(SAR, r, by);

    return (struct saturated){vec_select(t, OP(EQ, back, a), r, limit(t, size, a)),
                              BITS(XOR, back, a)};
}

/* Unsigned: all ones where a bit is lost. */
static struct saturated unsigned_by(struct a64_translation *t, uint32_t size, vm_ir_value a,
                                    vm_ir_value wanted, uint32_t by)
{
    vm_ir_value r = SHIFTED(SHL, a, by), back = SHIFTED(SHR, r, by);

    return (struct saturated){BITS(OR, r, vec_not(t, OP(EQ, back, a))), BITS(XOR, back, wanted)};
}

struct saturated sat_uqshl_by(struct a64_translation *t, uint32_t size, vm_ir_value a, uint32_t by)
{
    return unsigned_by(t, size, a, a, by);
}

/* Of signed numbers: negative ones become 0. */
struct saturated sat_sqshlu_by(struct a64_translation *t, uint32_t size, vm_ir_value a, uint32_t by)
{
    vm_ir_value negative = OP(GTS, vec_const(t, 3, 0), a);

    return unsigned_by(t, size, BITS(ANDN, a, negative), a, by);
}

/* ---- to narrower lanes ---- */

/* v's lanes narrowed, and what is not the same when they are made wider again. */
static vm_ir_value narrowed(struct a64_translation *t, enum vm_ir_op op, uint32_t size,
                            vm_ir_value v, vm_ir_value *differ)
{
    vm_ir_value r = vec_one(t, op, size, v);

    *differ = BITS(XOR, vec_widen(t, op == VM_OP_V_SQXTN, size, false, r), v);
    return r;
}

void vec_narrow(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                uint32_t size, vm_ir_value v)
{
    vm_ir_value r, differ;

    if (op == VM_OP_V_XTN) {
        r = vec_one(t, op, size, v);
    } else {
        r = narrowed(t, op, size, v, &differ);
        note_saturation(t, simd_is_scalar(in) ? 2u << size : 16, differ);
    }
    if (simd_is_scalar(in))
        put_lanes(t, in, size, r);
    else
        put_v(t, in->rd, simd_is_upper(in) ? vec(t, VM_OP_V_ZIP1, 3, get_v(t, in->rd), r) : r);
}

/* ---- doubled products ---- */

void vec_doubled_long(struct a64_translation *t, const struct a64_insn *in, saturating_fn onto,
                      vm_ir_value m)
{
    uint32_t size = simd_size(in), bytes = simd_is_scalar(in) ? 2u << size : 16;
    bool high = simd_is_upper(in);
    vm_ir_value n = vec_widen(t, true, size, high, get_v(t, in->rn));
    vm_ir_value product = vec_long_product(t, true, size + 1, n, vec_widen(t, true, size, high, m));
    struct saturated s = sat_sqadd(t, size + 1, product, product);

    note_saturation(t, bytes, s.differ);
    if (onto) {
        s = onto(t, size + 1, get_v(t, in->rd), s.lanes);
        note_saturation(t, bytes, s.differ);
    }
    if (simd_is_scalar(in))
        put_lanes(t, in, size + 1, s.lanes);
    else
        put_v(t, in->rd, s.lanes);
}

/* One half: d, made as wide as the products and doubled ones, and a product; rounded, and halved.
 */
static vm_ir_value added_half(struct a64_translation *t, enum vm_ir_op op, uint32_t size, bool high,
                              vm_ir_value d, vm_ir_value n, vm_ir_value m)
{
    uint32_t bits = 8u << size;
    vm_ir_value product = vec_long_product(t, true, size + 1, vec_widen(t, true, size, high, n),
                                           vec_widen(t, true, size, high, m));
    vm_ir_value r =
        vec_shift(t, VM_OP_V_SHL, size + 1, vec_widen(t, true, size, high, d), bits - 1);

    r = vec(t, op, size + 1, r, product);
    r = vec_add(t, size + 1, r, vec_const(t, size + 1, (uint64_t)1 << (bits - 2)));
    return vec_shift(t, VM_OP_V_SAR, size + 1, r, bits - 1);
}

void vec_doubled_onto(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                      vm_ir_value m)
{
    uint32_t size = simd_size(in), halves = simd_halves(in);
    vm_ir_value d = get_v(t, in->rd), n = get_v(t, in->rn), r[2], differ;

    for (uint32_t i = 0; i < halves; i++) {
        r[i] = narrowed(t, VM_OP_V_SQXTN, size, added_half(t, op, size, i, d, n, m), &differ);
        note_saturation(t, simd_is_scalar(in) ? 2u << size : 16, differ);
    }
    if (halves == 2)
        r[0] = vec(t, VM_OP_V_ZIP1, 3, r[0], r[1]);
    put_lanes(t, in, size, r[0]);
}

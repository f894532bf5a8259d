/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on whole vectors that are a few of IR's: what the instructions' shapes put together.
 */
#include "emit_simd.h"

vm_ir_value vec(struct a64_translation *t, enum vm_ir_op op, uint32_t size, vm_ir_value a,
                vm_ir_value b)
{
    return vm_ir_2(t->ir, op, VM_V128, VM_LANES(size, 0), 0, a, b);
}

vm_ir_value vec_one(struct a64_translation *t, enum vm_ir_op op, uint32_t size, vm_ir_value a)
{
    return vm_ir_1(t->ir, op, VM_V128, VM_LANES(size, 0), 0, a);
}

vm_ir_value vec_bits(struct a64_translation *t, enum vm_ir_op op, vm_ir_value a, vm_ir_value b)
{
    return vm_ir_2(t->ir, op, VM_V128, 0, 0, a, b);
}

vm_ir_value vec_halves(struct a64_translation *t, uint64_t low, uint64_t high)
{
    return vm_ir_2(t->ir, VM_OP_V_PAIR, VM_V128, 0, 0, ir_const(t, (int64_t)low),
                   ir_const(t, (int64_t)high));
}

vm_ir_value vec_const(struct a64_translation *t, uint32_t size, uint64_t lane)
{
    uint64_t half = in_each_lane(size, lane);

    return vec_halves(t, half, half);
}

vm_ir_value vec_not(struct a64_translation *t, vm_ir_value a)
{
    return vec_bits(t, VM_OP_V_XOR, a, vec_const(t, 3, UINT64_MAX));
}

vm_ir_value vec_select(struct a64_translation *t, vm_ir_value mask, vm_ir_value on_set,
                       vm_ir_value on_clear)
{
    return vm_ir_3(t->ir, VM_OP_V_SELECT, VM_V128, 0, 0, mask, on_set, on_clear);
}

vm_ir_value vec_shift(struct a64_translation *t, enum vm_ir_op op, uint32_t size, vm_ir_value a,
                      uint32_t by)
{
    return by ? vm_ir_1(t->ir, op, VM_V128, VM_LANES(size, 0), by, a) : a;
}

vm_ir_value vec_ext(struct a64_translation *t, vm_ir_value a, vm_ir_value b, uint32_t first)
{
    return vm_ir_2(t->ir, VM_OP_V_EXT, VM_V128, 0, first, a, b);
}

vm_ir_value vec_widen(struct a64_translation *t, bool is_signed, uint32_t size, bool high,
                      vm_ir_value a)
{
    return vec_one(t, is_signed ? VM_OP_V_SXTL : VM_OP_V_UXTL, size,
                   high ? vec_ext(t, a, a, 8) : a);
}

/* ---- operations of IR by their names here ---- */

#define PLAIN(name, OP)                                                                            \
    vm_ir_value vec_##name(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b) \
    {                                                                                              \
        return vec(t, VM_OP_V_##OP, size, a, b);                                                   \
    }
#define COMPOSED(name, EXPRESSION)                                                                 \
    vm_ir_value vec_##name(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b) \
    {                                                                                              \
        return EXPRESSION;                                                                         \
    }
#define OP(NAME, x, y)      vec(t, VM_OP_V_##NAME, size, x, y)
#define BITS(NAME, x, y)    vec_bits(t, VM_OP_V_##NAME, x, y)
#define SHIFTED(NAME, x, n) vec_shift(t, VM_OP_V_##NAME, size, x, n)

PLAIN(add, ADD)
PLAIN(sub, SUB)
PLAIN(mul, MUL)
PLAIN(cmeq, EQ)
PLAIN(cmgt, GTS)
PLAIN(cmhi, GTU)
PLAIN(smax, SMAX)
PLAIN(smin, SMIN)
PLAIN(umax, UMAX)
PLAIN(umin, UMIN)
PLAIN(sshl, SSHL)
PLAIN(ushl, USHL)

/* What the host has no comparison for. */
COMPOSED(cmge, size < 3 ? OP(EQ, OP(SMAX, a, b), a) : vec_not(t, OP(GTS, b, a)))
COMPOSED(cmhs, size < 3 ? OP(EQ, OP(UMAX, a, b), a) : vec_not(t, OP(GTU, b, a)))
COMPOSED(cmtst, vec_not(t, OP(EQ, BITS(AND, a, b), vec_const(t, 3, 0))))
COMPOSED(sabd, OP(SUB, OP(SMAX, a, b), OP(SMIN, a, b)))
COMPOSED(uabd, OP(SUB, OP(UMAX, a, b), OP(UMIN, a, b)))

/* a + b is 2 * (a & b) + (a ^ b), and 2 * (a | b) - (a ^ b); a - b is (a ^ b) - 2 * (~a & b). */
COMPOSED(shadd, OP(ADD, BITS(AND, a, b), SHIFTED(SAR, BITS(XOR, a, b), 1)))
COMPOSED(uhadd, OP(ADD, BITS(AND, a, b), SHIFTED(SHR, BITS(XOR, a, b), 1)))
COMPOSED(srhadd, OP(SUB, BITS(OR, a, b), SHIFTED(SAR, BITS(XOR, a, b), 1)))
COMPOSED(shsub, OP(SUB, SHIFTED(SAR, BITS(XOR, a, b), 1), BITS(ANDN, b, a)))
COMPOSED(uhsub, OP(SUB, SHIFTED(SHR, BITS(XOR, a, b), 1), BITS(ANDN, b, a)))
PLAIN(urhadd, AVGU)

/* ---- shifts that round ---- */

vm_ir_value vec_shift_rounded(struct a64_translation *t, bool is_signed, uint32_t size,
                              vm_ir_value v, uint32_t by)
{
    vm_ir_value last = vec_shift(t, VM_OP_V_SHR, size, v, by - 1);
    enum vm_ir_op op = is_signed ? VM_OP_V_SAR : VM_OP_V_SHR;
    vm_ir_value carry = BITS(AND, last, vec_const(t, size, 1));

    if (by == 8u << size) /* a sign and the half that is added to it make 0 */
        return is_signed ? vec_const(t, 3, 0) : carry;
    return OP(ADD, vec_shift(t, op, size, v, by), carry);
}

/* ---- pairs and sums ---- */

/* The operands' lanes one behind the other: those of the low halves only if that is all. */
struct lanes_pair vec_pairs(struct a64_translation *t, const struct a64_insn *in, uint32_t size)
{
    vm_ir_value n = get_v(t, in->rn), m = get_v(t, in->rm);

    if (!a64_field(in, 30, 1))
        n = m = vec(t, VM_OP_V_ZIP1, 3, n, m);
    return (struct lanes_pair){OP(UZP1, n, m), OP(UZP2, n, m)};
}

/* Sums of neighbours, twice as wide. */
vm_ir_value vec_neighbours(struct a64_translation *t, bool is_signed, uint32_t size, vm_ir_value v)
{
    enum vm_ir_op op = is_signed ? VM_OP_V_SAR : VM_OP_V_SHR;
    uint32_t bits = 8u << size;
    vm_ir_value even = vec_shift(t, VM_OP_V_SHL, size + 1, v, bits);

    return vec(t, VM_OP_V_ADD, size + 1, vec_shift(t, op, size + 1, even, bits),
               vec_shift(t, op, size + 1, v, bits));
}

void vec_across(struct a64_translation *t, const struct a64_insn *in, enum vm_ir_op op,
                uint32_t size, vm_ir_value v)
{
    for (uint32_t bytes = a64_field(in, 30, 1) ? 8 : 4; bytes >= 1u << size; bytes /= 2)
        v = vec(t, op, size, v, vec_ext(t, v, v, bytes));
    put_low(t, in->rd, get_lane(t, VM_I64, size, 0, v));
}

/* ---- products ---- */

/* Of lanes that have been made twice as wide; `size`: theirs. */
vm_ir_value vec_long_product(struct a64_translation *t, bool is_signed, uint32_t size,
                             vm_ir_value a, vm_ir_value b)
{
    if (size < 3)
        return OP(MUL, a, b);
    return is_signed ? OP(MULLS, a, b) : OP(MULLU, a, b);
}

vm_ir_value vec_long_polynomials(struct a64_translation *t, vm_ir_value a, vm_ir_value b)
{
    return vec(t, VM_OP_V_PMULL, 1, a, b);
}

/* The low halves of products: of bytes at even places, and of those at odd ones. */
vm_ir_value vec_pmul(struct a64_translation *t, uint32_t size, vm_ir_value a, vm_ir_value b)
{
    vm_ir_value even = vec_long_polynomials(t, a, b);
    vm_ir_value odd = vec_long_polynomials(t, vec_shift(t, VM_OP_V_SHR, 1, a, 8),
                                           vec_shift(t, VM_OP_V_SHR, 1, b, 8));

    (void)size;
    return vec(t, VM_OP_V_TRN1, 0, even, odd);
}

/* d and the products of four bytes each: those at even places, and those at odd ones. */
vm_ir_value vec_dot(struct a64_translation *t, bool is_signed, vm_ir_value d, vm_ir_value n,
                    vm_ir_value m)
{
    enum vm_ir_op right = is_signed ? VM_OP_V_SAR : VM_OP_V_SHR;
    vm_ir_value of[2] = {n, m}, odd[2], even[2];

    for (uint32_t i = 0; i < 2; i++) {
        odd[i] = vec_shift(t, right, 1, of[i], 8);
        even[i] = vec_shift(t, right, 1, vec_shift(t, VM_OP_V_SHL, 1, of[i], 8), 8);
    }
    vm_ir_value low = vec(t, VM_OP_V_MADDS, 2, even[0], even[1]);
    vm_ir_value high = vec(t, VM_OP_V_MADDS, 2, odd[0], odd[1]);
    return vec(t, VM_OP_V_ADD, 2, d, vec(t, VM_OP_V_ADD, 2, low, high));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bits of lanes, counted and turned around: bytes by tables that their halves of four bits look
 * up, and from those what is wider.
 */
#include "emit_simd.h"

/* What `low` and `high`, of the values 0 to 7 and 8 to 15, say for the lower half of each byte. */
static vm_ir_value of_low(struct a64_translation *t, uint64_t low, uint64_t high, vm_ir_value a)
{
    vm_ir_value index = vec_bits(t, VM_OP_V_AND, a, vec_const(t, 0, 15));

    return vec_bits(t, VM_OP_V_TBL, vec_halves(t, low, high), index);
}

/* The same for the upper half. */
static vm_ir_value of_high(struct a64_translation *t, uint64_t low, uint64_t high, vm_ir_value a)
{
    return of_low(t, low, high, vec_shift(t, VM_OP_V_SHR, 1, a, 4));
}

vm_ir_value vec_ones(struct a64_translation *t, vm_ir_value a)
{
    const uint64_t low = 0x0302020102010100, high = 0x0403030203020201;

    return vec_add(t, 0, of_low(t, low, high, a), of_high(t, low, high, a));
}

/* The zeros of the lower half count only where the upper one has no other bit: there are 8 of those
 * then, which is more than any number of the other table. */
vm_ir_value vec_leading_zeros(struct a64_translation *t, uint32_t size, vm_ir_value a)
{
    vm_ir_value r = vec_umin(t, 0, of_high(t, 0x0101010102020308, 0, a),
                             of_low(t, 0x0505050506060708, 0x0404040404040404, a));

    for (uint32_t wide = 1; wide <= size; wide++) {
        uint32_t bits = 4u << wide;
        vm_ir_value upper = vec_shift(t, VM_OP_V_SHR, wide, r, bits);
        vm_ir_value lower = vec_bits(t, VM_OP_V_AND, r, vec_const(t, wide, bits * 2 - 1));
        vm_ir_value none = vec_cmeq(t, wide, upper, vec_const(t, wide, bits));
        r = vec_add(t, wide, upper, vec_bits(t, VM_OP_V_AND, lower, none));
    }
    return r;
}

/* Bits like the highest one, which is not counted. */
vm_ir_value vec_leading_signs(struct a64_translation *t, uint32_t size, vm_ir_value a)
{
    vm_ir_value signs = vec_shift(t, VM_OP_V_SAR, size, a, (8u << size) - 1);
    vm_ir_value zeros = vec_leading_zeros(t, size, vec_bits(t, VM_OP_V_XOR, a, signs));

    return vec_sub(t, size, zeros, vec_const(t, size, 1));
}

vm_ir_value vec_reversed_bits(struct a64_translation *t, vm_ir_value a)
{
    return vec_bits(t, VM_OP_V_OR, of_low(t, 0xe060a020c0408000, 0xf070b030d0509010, a),
                    of_high(t, 0x0e060a020c040800, 0x0f070b030d050901, a));
}

/* Numbers of lanes that are counted from the other end differ in all of their bits. */
vm_ir_value vec_reversed(struct a64_translation *t, uint32_t size, uint32_t of, vm_ir_value a)
{
    uint64_t turned = in_each_lane(0, (1u << of) - (1u << size));

    return vec_bits(t, VM_OP_V_TBL, a,
                    vec_halves(t, 0x0706050403020100 ^ turned, 0x0f0e0d0c0b0a0908 ^ turned));
}

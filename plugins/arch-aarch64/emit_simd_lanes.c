/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on the integer lanes of one half that are a few IR operations on the whole half. */
#include "emit_simd.h"

vm_ir_value lanes_by_helper(struct a64_translation *t, uint32_t helper, uint32_t size,
                            vm_ir_value a, vm_ir_value b)
{
    return CALL(t, helper + size, a, b);
}

/* The lanes' highest bits. */
static vm_ir_value tops(struct a64_translation *t, uint32_t size)
{
    return ir_const(t, (int64_t)in_each_lane(size, (uint64_t)1 << ((8u << size) - 1)));
}

/* Without the highest bits no carry leaves a lane; they are added without one. */
vm_ir_value lanes_add(struct a64_translation *t, uint32_t helper, uint32_t size, vm_ir_value a,
                      vm_ir_value b)
{
    (void)helper;
    if (size == 3)
        return binary(t, VM_OP_ADD, a, b);
    vm_ir_value top = tops(t, size);
    vm_ir_value sum =
        binary(t, VM_OP_ADD, binary(t, VM_OP_ANDN, a, top), binary(t, VM_OP_ANDN, b, top));
    return binary(t, VM_OP_XOR, sum, binary(t, VM_OP_AND, binary(t, VM_OP_XOR, a, b), top));
}

/* With a set highest bit in each lane of a and none in b no borrow leaves a lane. */
vm_ir_value lanes_sub(struct a64_translation *t, uint32_t helper, uint32_t size, vm_ir_value a,
                      vm_ir_value b)
{
    (void)helper;
    if (size == 3)
        return binary(t, VM_OP_SUB, a, b);
    vm_ir_value top = tops(t, size);
    vm_ir_value difference =
        binary(t, VM_OP_SUB, binary(t, VM_OP_OR, a, top), binary(t, VM_OP_ANDN, b, top));
    vm_ir_value differ = binary(t, VM_OP_ANDN, top, binary(t, VM_OP_XOR, a, b));
    return binary(t, VM_OP_XOR, difference, differ);
}

vm_ir_value lane_of(struct a64_translation *t, uint32_t reg, uint32_t size, uint32_t index)
{
    return get_lane(t, VM_I64, size, index, get_v(t, reg));
}

vm_ir_value lanes_splat(struct a64_translation *t, uint32_t size, vm_ir_value v)
{
    if (size == 3)
        return v;
    return binary(t, VM_OP_MUL, v, ir_const(t, (int64_t)in_each_lane(size, 1)));
}

vm_ir_value lanes_unzip(struct a64_translation *t, uint32_t size, uint32_t odd, vm_ir_value a,
                        vm_ir_value b)
{
    if (size == 3)
        return odd ? b : a;
    return CALL(t, (odd ? A64_HELPER_UZP2_B : A64_HELPER_UZP1_B) + size, a, b);
}

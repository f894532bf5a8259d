/* SPDX-License-Identifier: BSD-2-Clause */
/* Lanes of one half, as helpers take them. */
#include "emit_simd.h"

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
    vm_ir_value both = vm_ir_2(t->ir, VM_OP_V_PAIR, VM_V128, 0, 0, a, b);

    return get_lane(t, VM_I64, 3, 0, vec(t, odd ? VM_OP_V_UZP2 : VM_OP_V_UZP1, size, both, both));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of IR operations as data, expanded from ir-opcodes.def, and the words of printed IR. */
#include "core/ir/ir.h"

/* The words that ir-opcodes.def uses in its columns. */
enum {
    INT = 1 << VM_I32 | 1 << VM_I64,
    FLT = 1 << VM_F32 | 1 << VM_F64,
    ANY = INT | FLT,
    I32 = 1 << VM_I32,
    I64 = 1 << VM_I64,
    F32 = 1 << VM_F32,
    F64 = 1 << VM_F64,
    V128 = 1 << VM_V128,
    ALL = ANY | V128,
    LANE = I64 | FLT,
    NONE = 1 << VM_NONE,
};

enum {
    C = IR_COMMUTATIVE,
    K = IR_IMM,
    X = IR_AUX,
    F = IR_FAULTS,
    E = IR_ENDS,
    S = IR_SIDE_EXIT,
    M = IR_MEMORY,
    P = IR_FP,
    V = IR_AUX | IR_LANES,
    W = IR_EFFECT,
};

#define RESULT(letter) (#letter)[0]

const struct ir_op_info ir_ops[VM_OP_COUNT] = {
#define VM_OP(NAME, name, result, operands, types, flags) \
    [VM_OP_##NAME] = {#name, RESULT(result), operands, types, flags},
#include <vmrun/ir-opcodes.def>
#undef VM_OP
};

const char *const ir_type_names[VM_LANE_TYPE_COUNT] = {"",     ".i32",  ".i64", ".f32",
                                                       ".f64", ".v128", ".f16"};
const char *const ir_amo_names[VM_AMO_COUNT] = {"swap", "add",  "and",  "or",  "xor",
                                                "smin", "smax", "umin", "umax"};
const char *const ir_order_names[4] = {"", ".acq", ".rel", ".seq"};
const char *const ir_round_names[5] = {"rne", "rtz", "rdn", "rup", "rmm"};
const char *const ir_jump_names[3] = {"plain", "call", "return"};

enum vm_ir_type ir_result_type(const struct vm_ir_insn *insn)
{
    switch (ir_ops[insn->op].result) {
    case 'T':
        return (enum vm_ir_type)insn->type;
    case 'B':
    case 'I':
        return VM_I64;
    default:
        return VM_NONE;
    }
}

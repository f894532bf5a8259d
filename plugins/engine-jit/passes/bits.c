/* SPDX-License-Identifier: BSD-2-Clause */
/* How many of a value's low bits say all of it. */
#include "fold.h"

#define DEEPEST 4 /* operations looked through */

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* What memory operations result in. */
static uint32_t loaded_bits(const struct vm_ir_insn *insn, bool is_signed, uint32_t w)
{
    bool fits = ((insn->aux & VM_MEMOP_SIGNED) != 0) == is_signed;

    return fits ? least(8 * VM_MEMOP_SIZE(insn->aux), w) : w;
}

/* Count of a shift by a constant, or 0. */
static uint32_t count_of(const struct vm_ir_unit *ir, const struct vm_ir_insn *insn, uint32_t w)
{
    const struct vm_ir_insn *n = &ir->insns[insn->arg[1]];

    return n->op == VM_OP_CONST ? (uint32_t)n->imm & (w - 1) : 0;
}

static uint32_t unsigned_bits(const struct vm_ir_unit *ir, vm_ir_value v, uint32_t depth)
{
    const struct vm_ir_insn *insn = &ir->insns[v];
    uint32_t w = jit_width(jit_result_type(insn)), n;
    uint64_t c;

    if (depth == 0)
        return w;
#define OF(k) unsigned_bits(ir, insn->arg[k], depth - 1)
    switch (insn->op) {
    case VM_OP_CONST:
        c = jit_low_bits((uint64_t)insn->imm, w);
        return c ? 64 - (uint32_t)__builtin_clzll(c) : 0;
    case VM_OP_ZEXT:
        return least(OF(0), (uint32_t)insn->imm);
    case VM_OP_EXTU:
        return OF(0);
    case VM_OP_TRUNC:
        return least(OF(0), 32);
    case VM_OP_AND:
        return least(OF(0), OF(1));
    case VM_OP_ANDN:
        return OF(0);
    case VM_OP_OR:
    case VM_OP_XOR:
        return most(OF(0), OF(1));
    case VM_OP_SELECT:
        return most(OF(1), OF(2));
    case VM_OP_SHR:
        n = OF(0);
        return n - least(n, count_of(ir, insn, w));
    case VM_OP_SHL:
        n = count_of(ir, insn, w);
        return n ? least(OF(0) + n, w) : w;
    case VM_OP_CLZ ... VM_OP_POPCNT:
        return 7;
    case VM_OP_EQ ... VM_OP_ULE:
    case VM_OP_CARRY:
    case VM_OP_FEQ ... VM_OP_FLE:
    case VM_OP_SC:
        return 1;
    case VM_OP_FCLASS:
        return 10;
    case VM_OP_LOAD ... VM_OP_LL:
        return insn->op == VM_OP_STORE ? w : loaded_bits(insn, false, w);
    default:
        return w;
    }
#undef OF
}

static uint32_t signed_bits(const struct vm_ir_unit *ir, vm_ir_value v, uint32_t depth)
{
    const struct vm_ir_insn *insn = &ir->insns[v];
    uint32_t w = jit_width(jit_result_type(insn)), n;
    int64_t c;

    if (depth == 0)
        return w;
#define OF(k) signed_bits(ir, insn->arg[k], depth - 1)
    switch (insn->op) {
    case VM_OP_CONST:
        c = jit_sign_extend((uint64_t)insn->imm, w);
        c = c < 0 ? ~c : c;
        return c ? 65 - (uint32_t)__builtin_clzll((uint64_t)c) : 1;
    case VM_OP_SEXT:
        return least(OF(0), (uint32_t)insn->imm);
    case VM_OP_EXTS:
        return OF(0);
    case VM_OP_TRUNC:
        n = OF(0);
        break;
    case VM_OP_AND:
    case VM_OP_OR:
    case VM_OP_XOR:
        n = most(OF(0), OF(1));
        break;
    case VM_OP_NOT:
        return OF(0);
    case VM_OP_SELECT:
        n = most(OF(1), OF(2));
        break;
    case VM_OP_SAR:
        n = OF(0);
        n -= least(n - 1, count_of(ir, insn, w));
        break;
    case VM_OP_LOAD ... VM_OP_LL:
        n = insn->op == VM_OP_STORE ? w : loaded_bits(insn, true, w);
        break;
    default:
        n = w;
    }
#undef OF
    return least(n, least(unsigned_bits(ir, v, depth) + 1, w));
}

uint32_t jit_unsigned_bits(const struct vm_ir_unit *ir, vm_ir_value v)
{
    return unsigned_bits(ir, v, DEEPEST);
}

uint32_t jit_signed_bits(const struct vm_ir_unit *ir, vm_ir_value v)
{
    return signed_bits(ir, v, DEEPEST);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* IR operations on constants, as ir-opcodes.def says. */
#include "fold.h"

static uint64_t upper_half(uint32_t op, uint64_t a, uint64_t b, uint32_t w)
{
    int64_t sa = jit_sign_extend(a, w), sb = jit_sign_extend(b, w);

    if (op == VM_OP_MULHU)
        return (uint64_t)((unsigned __int128)a * b >> w);
    if (op == VM_OP_MULHS)
        return (uint64_t)((__int128)sa * sb >> w);
    return (uint64_t)((__int128)sa * (__int128)b >> w);
}

static uint64_t divide(uint32_t op, uint64_t a, uint64_t b, uint32_t w)
{
    int64_t sa = jit_sign_extend(a, w), sb = jit_sign_extend(b, w);

    switch (op) {
    case VM_OP_DIVS:
        return b == 0 ? 0 : sb == -1 ? 0 - a : (uint64_t)(sa / sb);
    case VM_OP_DIVU:
        return b == 0 ? 0 : a / b;
    case VM_OP_REMS:
        return b == 0 ? a : sb == -1 ? 0 : (uint64_t)(sa % sb);
    default:
        return b == 0 ? a : a % b;
    }
}

static uint64_t shift(uint32_t op, uint64_t a, uint32_t n, uint32_t w)
{
    switch (op) {
    case VM_OP_SHL:
        return a << n;
    case VM_OP_SHR:
        return a >> n;
    case VM_OP_SAR:
        return (uint64_t)(jit_sign_extend(a, w) >> n);
    case VM_OP_ROTL:
        return n == 0 ? a : a << n | a >> (w - n);
    default:
        return n == 0 ? a : a >> n | a << (w - n);
    }
}

static uint64_t least_or_most(uint32_t op, uint64_t a, uint64_t b, uint32_t w)
{
    bool is_less = op == VM_OP_UMIN || op == VM_OP_UMAX
                       ? a < b
                       : jit_sign_extend(a, w) < jit_sign_extend(b, w);

    return is_less == (op == VM_OP_SMIN || op == VM_OP_UMIN) ? a : b;
}

static bool compare(uint32_t op, uint64_t a, uint64_t b, uint32_t w)
{
    int64_t sa = jit_sign_extend(a, w), sb = jit_sign_extend(b, w);

    switch (op) {
    case VM_OP_EQ:
        return a == b;
    case VM_OP_NE:
        return a != b;
    case VM_OP_SLT:
        return sa < sb;
    case VM_OP_SLE:
        return sa <= sb;
    case VM_OP_ULT:
        return a < b;
    default:
        return a <= b;
    }
}

static uint64_t bytes(uint32_t op, uint64_t a, uint32_t w)
{
    uint64_t r = 0;

    for (uint32_t i = 0; i < w; i += 8) {
        uint64_t byte = a >> i & 0xff;
        if (op == VM_OP_BSWAP)
            r |= byte << (w - 8 - i);
        else
            r |= (uint64_t)(byte ? 0xff : 0) << i;
    }
    return r;
}

static uint64_t count(uint32_t op, uint64_t a, uint32_t w)
{
    if (op == VM_OP_POPCNT)
        return (uint64_t)__builtin_popcountll(a);
    if (a == 0)
        return w;
    return op == VM_OP_CTZ ? (uint64_t)__builtin_ctzll(a) : (uint64_t)__builtin_clzll(a) - (64 - w);
}

static uint64_t float_bits(uint32_t op, uint64_t a, uint64_t b, uint32_t w)
{
    uint64_t top = (uint64_t)1 << (w - 1);

    switch (op) {
    case VM_OP_FNEG:
        return a ^ top;
    case VM_OP_FABS:
        return a & ~top;
    default:
        return (a & ~top) | (b & top);
    }
}

bool jit_evaluate(const struct vm_ir_insn *insn, const uint64_t arg[3], uint64_t *result)
{
    uint32_t w = jit_width(insn->type);
    uint64_t a = arg[0], b = arg[1], r;

    switch (insn->op) {
    case VM_OP_BITCAST:
    case VM_OP_EXTU:
    case VM_OP_TRUNC:
        r = a;
        break;
    case VM_OP_EXTS:
        r = (uint64_t)jit_sign_extend(a, 32);
        break;
    case VM_OP_ADD:
        r = a + b;
        break;
    case VM_OP_SUB:
        r = a - b;
        break;
    case VM_OP_MUL:
        r = a * b;
        break;
    case VM_OP_MULHS ... VM_OP_MULHSU:
        r = upper_half(insn->op, a, b, w);
        break;
    case VM_OP_DIVS ... VM_OP_REMU:
        r = divide(insn->op, a, b, w);
        break;
    case VM_OP_AND:
        r = a & b;
        break;
    case VM_OP_OR:
        r = a | b;
        break;
    case VM_OP_XOR:
        r = a ^ b;
        break;
    case VM_OP_ANDN:
        r = a & ~b;
        break;
    case VM_OP_NOT:
        r = ~a;
        break;
    case VM_OP_NEG:
        r = 0 - a;
        break;
    case VM_OP_SHL ... VM_OP_ROTR:
        r = shift(insn->op, a, (uint32_t)b & (w - 1), w);
        break;
    case VM_OP_SMIN ... VM_OP_UMAX:
        r = least_or_most(insn->op, a, b, w);
        break;
    case VM_OP_CLZ ... VM_OP_POPCNT:
        r = count(insn->op, a, w);
        break;
    case VM_OP_BSWAP ... VM_OP_ORC_B:
        r = bytes(insn->op, a, w);
        break;
    case VM_OP_SEXT:
        r = (uint64_t)jit_sign_extend(a, (uint32_t)insn->imm);
        break;
    case VM_OP_ZEXT:
        r = jit_low_bits(a, (uint32_t)insn->imm);
        break;
    case VM_OP_EQ ... VM_OP_ULE:
        r = compare(insn->op, a, b, w);
        break;
    case VM_OP_SELECT:
        r = a ? b : arg[2];
        break;
    case VM_OP_CARRY:
        r = (a + b < a) | (a + b + (arg[2] & 1) < a + b);
        break;
    case VM_OP_FNEG ... VM_OP_FCOPYSIGN:
        r = float_bits(insn->op, a, b, w);
        break;
    case VM_OP_F32_BOX:
        r = VM_AUX_VARIANT(insn->aux) ? jit_low_bits(a, 32) : a | ~(uint64_t)0 << 32;
        break;
    case VM_OP_F32_UNBOX:
        r = VM_AUX_VARIANT(insn->aux) || a >> 32 == 0xffffffff ? a : 0x7fc00000;
        break;
    default:
        return false;
    }
    *result = jit_low_bits(r, jit_width(jit_result_type(insn)));
    return true;
}

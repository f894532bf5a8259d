/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference evaluator's vectors: lane by lane, each in 128 bits of arithmetic, then cut. */
#include <stdlib.h>
#include "ir_machine.h"

typedef __int128 s128;

static uint64_t lane(const union test_vector *v, uint32_t bytes, uint32_t i)
{
    uint64_t r = 0;

    for (uint32_t k = 0; k < bytes; k++)
        r |= (uint64_t)v->byte[i * bytes + k] << 8 * k;
    return r;
}

static void set_lane(union test_vector *v, uint32_t bytes, uint32_t i, uint64_t x)
{
    for (uint32_t k = 0; k < bytes; k++)
        v->byte[i * bytes + k] = (uint8_t)(x >> 8 * k);
}

static s128 sign(uint64_t x, uint32_t bits)
{
    return (s128)((int64_t)(x << (64 - bits)) >> (64 - bits));
}

static s128 clamp(s128 x, s128 least, s128 most)
{
    return x < least ? least : x > most ? most : x;
}

static uint64_t saturate(s128 x, bool is_signed, uint32_t bits)
{
    s128 one = 1;

    return (uint64_t)(is_signed ? clamp(x, -(one << (bits - 1)), (one << (bits - 1)) - 1)
                                : clamp(x, 0, (one << bits) - 1));
}

static uint64_t shifted(s128 x, int32_t by)
{
    if (by >= 64 || by <= -64)
        return by > 0 || x >= 0 ? 0 : UINT64_MAX;
    return by >= 0 ? (uint64_t)x << by : (uint64_t)(x >> -by);
}

/* Lanes x and y, unsigned; sx and sy are the same, signed. */
static uint64_t lanewise(const struct vm_ir_insn *insn, uint64_t x, uint64_t y, uint32_t bits)
{
    s128 sx = sign(x, bits), sy = sign(y, bits), ux = x, uy = y;
    uint32_t half = bits / 2;
    uint64_t product = 0;

    switch (insn->op) {
    case VM_OP_V_AND:
        return x & y;
    case VM_OP_V_OR:
        return x | y;
    case VM_OP_V_XOR:
        return x ^ y;
    case VM_OP_V_ANDN:
        return x & ~y;
    case VM_OP_V_ADD:
        return x + y;
    case VM_OP_V_SUB:
        return x - y;
    case VM_OP_V_MUL:
        return x * y;
    case VM_OP_V_MULLU:
        return (x & (((uint64_t)1 << half) - 1)) * (y & (((uint64_t)1 << half) - 1));
    case VM_OP_V_MULLS:
        return (uint64_t)(sign(x, half) * sign(y, half));
    case VM_OP_V_PMULL:
        for (uint32_t i = half; i-- > 0;)
            product = product << 1 ^ (y >> i & 1 ? x & (((uint64_t)1 << half) - 1) : 0);
        return product;
    case VM_OP_V_MADDS:
        return (uint64_t)(sign(x, half) * sign(y, half) +
                          sign(x >> half, half) * sign(y >> half, half));
    case VM_OP_V_EQ:
        return x == y ? UINT64_MAX : 0;
    case VM_OP_V_GTS:
        return sx > sy ? UINT64_MAX : 0;
    case VM_OP_V_GTU:
        return x > y ? UINT64_MAX : 0;
    case VM_OP_V_SMIN:
        return sx < sy ? x : y;
    case VM_OP_V_SMAX:
        return sx > sy ? x : y;
    case VM_OP_V_UMIN:
        return x < y ? x : y;
    case VM_OP_V_UMAX:
        return x > y ? x : y;
    case VM_OP_V_SQADD:
        return saturate(sx + sy, true, bits);
    case VM_OP_V_UQADD:
        return saturate(ux + uy, false, bits);
    case VM_OP_V_SQSUB:
        return saturate(sx - sy, true, bits);
    case VM_OP_V_UQSUB:
        return saturate(ux - uy, false, bits);
    case VM_OP_V_SQDMULH: /* by the manual: 2 * x * y, cut or rounded, saturated */
    case VM_OP_V_SQRDMULH:
        return saturate((sx * sy + (insn->op == VM_OP_V_SQRDMULH ? (s128)1 << (bits - 2) : 0)) >>
                            (bits - 1),
                        true, bits);
    case VM_OP_V_AVGU:
        return (uint64_t)((ux + uy + 1) >> 1);
    case VM_OP_V_ABS:
        return (uint64_t)(sx < 0 ? -sx : sx);
    case VM_OP_V_SHL:
        return x << insn->imm;
    case VM_OP_V_SHR:
        return x >> insn->imm;
    case VM_OP_V_SAR:
        return (uint64_t)(sx >> insn->imm);
    case VM_OP_V_USHL:
        return shifted(ux, (int8_t)y);
    case VM_OP_V_SSHL:
        return shifted(sx, (int8_t)y);
    default:
        abort();
    }
}

/* Lane i of what only moves lanes. */
static uint64_t moved(const struct vm_ir_insn *insn, const union test_vector *arg, uint32_t bytes,
                      uint32_t i)
{
    uint32_t n = 16 / bytes, number = VM_LANE_NUMBER(insn->aux), odd = i % 2;

    switch (insn->op) {
    case VM_OP_V_DUP:
        return arg[0].half[0];
    case VM_OP_V_SPREAD:
        return lane(&arg[0], bytes, number);
    case VM_OP_V_SET:
        return i == number ? arg[1].half[0] : lane(&arg[0], bytes, i);
    case VM_OP_V_ZIP1:
        return lane(&arg[odd], bytes, i / 2);
    case VM_OP_V_ZIP2:
        return lane(&arg[odd], bytes, n / 2 + i / 2);
    case VM_OP_V_UZP1:
    case VM_OP_V_UZP2:
        return lane(&arg[i >= n / 2], bytes, i % (n / 2) * 2 + (insn->op == VM_OP_V_UZP2));
    case VM_OP_V_TRN1:
        return lane(&arg[odd], bytes, i - odd);
    case VM_OP_V_TRN2:
        return lane(&arg[odd], bytes, i - odd + 1);
    case VM_OP_V_EXT:
        return arg[i + insn->imm >= 16].byte[(i + insn->imm) % 16];
    default: /* V_TBL */
        return arg[1].byte[i] < 16 ? arg[0].byte[arg[1].byte[i]] : 0;
    }
}

/* To lanes of another width. */
static uint64_t resized(const struct vm_ir_insn *insn, const union test_vector *arg, uint32_t bytes,
                        uint32_t i)
{
    uint32_t bits = 8 * bytes;

    if (insn->op == VM_OP_V_UXTL || insn->op == VM_OP_V_SXTL) {
        uint64_t x = lane(&arg[0], bytes, i);
        return insn->op == VM_OP_V_UXTL ? x : (uint64_t)sign(x, bits);
    }
    if (i >= 8 / bytes)
        return 0;
    uint64_t x = lane(&arg[0], 2 * bytes, i);
    switch (insn->op) {
    case VM_OP_V_XTN:
        return x;
    case VM_OP_V_UQXTN:
        return saturate(x, false, bits);
    default:
        return saturate(sign(x, 2 * bits), insn->op == VM_OP_V_SQXTN, bits);
    }
}

static union test_vector floats(const struct vm_ir_insn *insn, const union test_vector *arg,
                                test_fp_fn fp, void *opaque)
{
    uint32_t type = VM_AUX_SRC(insn->aux), bytes = type == VM_F64 ? 8 : type == VM_F16 ? 2 : 4;
    uint32_t taken = insn->op == VM_OP_V_FCVTL ? 2 : bytes;
    uint32_t given = insn->op == VM_OP_V_FCVTN ? 2 : bytes;
    uint32_t integer = type == VM_F64 ? VM_I64 : VM_I32;
    struct vm_ir_insn scalar = *insn;
    bool compares = insn->op >= VM_OP_V_FEQ && insn->op <= VM_OP_V_FLE;
    union test_vector r = {0};

    if (insn->op <= VM_OP_V_FFLUSH)
        scalar.op = (uint16_t)(insn->op - VM_OP_V_FADD + VM_OP_FADD);
    scalar.type = (uint8_t)type;
    if (insn->op == VM_OP_V_FTOI) {
        scalar.op = VM_OP_FTOI;
        scalar.type = (uint8_t)integer;
    } else if (insn->op == VM_OP_V_ITOF) {
        scalar.op = VM_OP_ITOF;
        scalar.aux = (insn->aux & ~0xffu) | integer;
    }
    for (uint32_t i = 0; i < 16 / bytes; i++) {
        uint64_t x[3];
        for (uint32_t k = 0; k < 3; k++)
            x[k] = lane(&arg[k], taken, i);
        uint64_t result = fp(opaque, &scalar, x);
        set_lane(&r, given, i, compares ? 0 - result : result);
    }
    return r;
}

union test_vector ir_reference_vector(const struct vm_ir_insn *insn, const union test_vector *arg,
                                      test_fp_fn fp, void *opaque)
{
    uint32_t op = insn->op, bytes = 1u << VM_LANE_SIZE(insn->aux), size = bytes;
    union test_vector r = {0};

    if (op >= VM_OP_V_FADD)
        return floats(insn, arg, fp, opaque);
    if (op > VM_OP_V_TBL && op < VM_OP_V_UXTL)
        return ir_reference_crypto(insn, arg);
    if (op >= VM_OP_V_AND && op <= VM_OP_V_ANDN)
        bytes = 8;
    if (op == VM_OP_V_EXT || op == VM_OP_V_TBL)
        bytes = 1;
    if (op == VM_OP_V_LOW || op == VM_OP_V_PAIR || op == VM_OP_V_GET || op == VM_OP_V_SELECT) {
        r.half[0] =
            op == VM_OP_V_GET ? lane(&arg[0], bytes, VM_LANE_NUMBER(insn->aux)) : arg[0].half[0];
        if (op == VM_OP_V_LOW && VM_AUX_SRC(insn->aux) == VM_F32)
            r.half[0] &= 0xffffffff;
        r.half[1] = op == VM_OP_V_PAIR ? arg[1].half[0] : 0;
        for (uint32_t i = 0; i < 2 && op == VM_OP_V_SELECT; i++)
            r.half[i] = (arg[0].half[i] & arg[1].half[i]) | (~arg[0].half[i] & arg[2].half[i]);
        return r;
    }
    if (op == VM_OP_V_UXTL || op == VM_OP_V_SXTL)
        size = 2 * bytes; /* of the result's lanes */
    for (uint32_t i = 0; i < 16 / (size > bytes ? size : bytes); i++) {
        uint64_t x;
        if (op >= VM_OP_V_UXTL)
            x = resized(insn, arg, bytes, i);
        else if ((op >= VM_OP_V_AND && op <= VM_OP_V_ANDN) ||
                 (op >= VM_OP_V_ADD && op <= VM_OP_V_SSHL))
            x = lanewise(insn, lane(&arg[0], bytes, i), lane(&arg[1], bytes, i), 8 * bytes);
        else
            x = moved(insn, arg, bytes, i);
        set_lane(&r, size > bytes ? size : bytes, i, x);
    }
    return r;
}

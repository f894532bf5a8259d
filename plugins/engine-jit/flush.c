/* SPDX-License-Identifier: BSD-2-Clause */
/* Pass 1 over FFLUSH and V_FFLUSH: those that are known to find nothing, or were done before. */
#include "jit.h"

#define DEEPEST 4  /* operations looked through */
#define NEAR    64 /* instructions looked back */

static bool is_denormal(uint64_t bits, uint32_t type)
{
    uint64_t magnitude = type == VM_F64 ? bits << 1 : (uint64_t)(uint32_t)bits << 33;

    return magnitude && magnitude < (type == VM_F64 ? (uint64_t)1 << 53 : (uint64_t)1 << 56);
}

/* The scalar operation that is done on lanes. */
static uint32_t scalar_op(uint32_t op)
{
    if (op >= VM_OP_V_FADD && op <= VM_OP_V_FFLUSH)
        return op - VM_OP_V_FADD + VM_OP_FADD;
    return op == VM_OP_V_ITOF ? VM_OP_ITOF : op;
}

/* The format of what an operation results in, as a number or in lanes. */
static uint32_t format_of(const struct jit_insn *insn)
{
    if (insn->op == VM_OP_V_SPREAD)
        return VM_LANE_SIZE(insn->aux) == 3   ? VM_F64
               : VM_LANE_SIZE(insn->aux) == 2 ? VM_F32
                                              : VM_NONE;
    return insn->type == VM_V128 ? VM_AUX_SRC(insn->aux) : insn->type;
}

/* There is no denormal number of format `type` in v. */
static bool is_flushed(const struct jit_unit *u, uint32_t v, uint32_t type, uint32_t depth)
{
    const struct jit_insn *insn = &u->insns[v];

    if (depth == 0 || format_of(insn) != type)
        return false;
    switch (scalar_op(insn->op)) {
    case VM_OP_CONST:
        return !is_denormal((uint64_t)insn->imm, type);
    case VM_OP_FADD ... VM_OP_FDIV:
    case VM_OP_FMA:
        return (insn->aux & VM_AUX_FLUSH) != 0;
    case VM_OP_FCVT:
        return type == VM_F64 || insn->aux & VM_AUX_FLUSH;
    case VM_OP_FSQRT:
    case VM_OP_FRINT:
    case VM_OP_ITOF:
    case VM_OP_FFLUSH:
        return true;
    case VM_OP_FMIN:
    case VM_OP_FMAX:
        return is_flushed(u, insn->arg[0], type, depth - 1) &&
               is_flushed(u, insn->arg[1], type, depth - 1);
    case VM_OP_FNEG ... VM_OP_FCOPYSIGN:
    case VM_OP_V_LOW:
    case VM_OP_V_SPREAD:
        return is_flushed(u, insn->arg[0], type, depth - 1);
    default:
        return false;
    }
}

/* The guest may have looked at the flags, and cleared them. */
static bool ends_search(const struct jit_unit *u, const struct jit_insn *insn)
{
    return insn->op == VM_OP_CALL || insn->op == VM_OP_LABEL ||
           (insn->op == VM_OP_PUT && insn->aux == u->engine->flags_slot);
}

uint32_t jit_flushed(const struct jit_unit *u, uint32_t i)
{
    const struct jit_insn *insn = &u->insns[i];
    uint32_t v = insn->arg[0];

    if (is_flushed(u, v, format_of(insn), DEEPEST))
        return v;
    for (uint32_t k = i; k-- > v && i - k < NEAR && !ends_search(u, &u->insns[k]);)
        if (u->insns[k].op == insn->op && u->insns[k].arg[0] == v &&
            format_of(&u->insns[k]) == format_of(insn))
            return k;
    return i;
}

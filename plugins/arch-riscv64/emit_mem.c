/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of loads, stores, fences, LR/SC and AMOs. */
#include "emit.h"

#define MEMOP(log2_size, flags) \
    ((uint32_t)(log2_size) | (flags) | (uint32_t)VM_MMU_DATA << VM_MEMOP_MMU_SHIFT)

/* ---- Loads and stores ---- */

static uint32_t plain_memop(const struct rv_translation *t, uint32_t log2_size, uint32_t flags)
{
    return MEMOP(log2_size, flags) | (t->arch->misaligned ? 0 : VM_MEMOP_ALIGN);
}

static vm_ir_value load(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type,
                        uint32_t log2_size, uint32_t flags)
{
    return vm_ir_1(t->ir, VM_OP_LOAD, type, plain_memop(t, log2_size, flags), in->imm,
                   get_x(t, in->rs1));
}

static void store(struct rv_translation *t, const struct rv_insn *in, enum vm_ir_type type,
                  uint32_t log2_size, vm_ir_value value)
{
    vm_ir_2(t->ir, VM_OP_STORE, type, plain_memop(t, log2_size, 0), in->imm, get_x(t, in->rs1),
            value);
}

#define LOAD(name, log2_size, flags)                                     \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        put_x(t, in->rd, load(t, in, VM_I64, log2_size, flags));         \
    }

#define STORE(name, log2_size)                                           \
    void emit_##name(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                    \
        store(t, in, VM_I64, log2_size, get_x(t, in->rs2));              \
    }

LOAD(lb, 0, VM_MEMOP_SIGNED)
LOAD(lh, 1, VM_MEMOP_SIGNED)
LOAD(lw, 2, VM_MEMOP_SIGNED)
LOAD(ld, 3, 0)
LOAD(lbu, 0, 0)
LOAD(lhu, 1, 0)
LOAD(lwu, 2, 0)
STORE(sb, 0)
STORE(sh, 1)
STORE(sw, 2)
STORE(sd, 3)

void emit_flw(struct rv_translation *t, const struct rv_insn *in)
{
    if (fp_enabled(t, in))
        put_s(t, in->rd, load(t, in, VM_F32, 2, 0));
}

void emit_fld(struct rv_translation *t, const struct rv_insn *in)
{
    if (fp_enabled(t, in))
        put_f(t, in->rd, load(t, in, VM_F64, 3, 0));
}

/* The low 32 bits as they are, boxed or not. */
void emit_fsw(struct rv_translation *t, const struct rv_insn *in)
{
    if (fp_enabled(t, in))
        store(t, in, VM_I64, 2, bitcast(t, VM_I64, VM_F64, get_f(t, in->rs2)));
}

void emit_fsd(struct rv_translation *t, const struct rv_insn *in)
{
    if (fp_enabled(t, in))
        store(t, in, VM_F64, 3, get_f(t, in->rs2));
}

/* ---- Fences ---- */

/* Device input orders as reads, output as writes. PAUSE and the other hints order nothing. */
void emit_fence(struct rv_translation *t, const struct rv_insn *in)
{
    uint32_t before = in->raw >> 24 & 15, after = in->raw >> 20 & 15, order = 0;
    bool tso = in->raw >> 28 == 8;

    for (int i = 0; i < 2; i++) { /* W and R, then O and I */
        if (before & 2u << 2 * i)
            order |= (after & 10 ? VM_FENCE_LL : 0) | (after & 5 ? VM_FENCE_LS : 0);
        if (before & 1u << 2 * i)
            order |= (after & 10 && !tso ? VM_FENCE_SL : 0) | (after & 5 ? VM_FENCE_SS : 0);
    }
    if (order != 0)
        vm_ir_0(t->ir, VM_OP_FENCE, VM_NONE, 0, order);
}

/* The core keeps translations coherent with stores; what is left is that this hart must not go on
 * in an old one. */
void emit_fence_i(struct rv_translation *t, const struct rv_insn *in)
{
    vm_ir_0(t->ir, VM_OP_FENCE, VM_NONE, 0, VM_FENCE_ALL);
    end_state(t, in->length);
}

/* ---- A ---- */

/* Size, alignment, and order from the aq and rl bits. Words are sign-extended. */
static uint32_t atomic_memop(const struct rv_insn *in, uint32_t log2_size)
{
    uint32_t order = (in->rm & 2 ? VM_MEMOP_ACQUIRE : 0) | (in->rm & 1 ? VM_MEMOP_RELEASE : 0);

    return MEMOP(log2_size, VM_MEMOP_ALIGN | order | (log2_size == 2 ? VM_MEMOP_SIGNED : 0));
}

static void load_reserved(struct rv_translation *t, const struct rv_insn *in, uint32_t log2_size)
{
    put_x(t, in->rd,
          vm_ir_1(t->ir, VM_OP_LL, VM_I64, atomic_memop(in, log2_size), 0, get_x(t, in->rs1)));
}

static void store_conditional(struct rv_translation *t, const struct rv_insn *in,
                              uint32_t log2_size)
{
    vm_ir_value address = get_x(t, in->rs1), value = get_x(t, in->rs2);
    uint32_t memop = atomic_memop(in, log2_size) & ~VM_MEMOP_SIGNED;

    put_x(t, in->rd, vm_ir_2(t->ir, VM_OP_SC, VM_I64, memop, 0, address, value));
}

static void amo(struct rv_translation *t, const struct rv_insn *in, uint32_t log2_size,
                enum vm_amo op)
{
    vm_ir_value address = get_x(t, in->rs1), operand = get_x(t, in->rs2);
    uint32_t memop = atomic_memop(in, log2_size) | (uint32_t)op << VM_MEMOP_AMO_SHIFT;

    put_x(t, in->rd, vm_ir_2(t->ir, VM_OP_AMO, VM_I64, memop, 0, address, operand));
}

void emit_lr_w(struct rv_translation *t, const struct rv_insn *in)
{
    load_reserved(t, in, 2);
}

void emit_lr_d(struct rv_translation *t, const struct rv_insn *in)
{
    load_reserved(t, in, 3);
}

void emit_sc_w(struct rv_translation *t, const struct rv_insn *in)
{
    store_conditional(t, in, 2);
}

void emit_sc_d(struct rv_translation *t, const struct rv_insn *in)
{
    store_conditional(t, in, 3);
}

#define AMO(name, op)                                                        \
    void emit_##name##_w(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                        \
        amo(t, in, 2, VM_AMO_##op);                                          \
    }                                                                        \
    void emit_##name##_d(struct rv_translation *t, const struct rv_insn *in) \
    {                                                                        \
        amo(t, in, 3, VM_AMO_##op);                                          \
    }

AMO(amoswap, SWAP)
AMO(amoadd, ADD)
AMO(amoxor, XOR)
AMO(amoand, AND)
AMO(amoor, OR)
AMO(amomin, SMIN)
AMO(amomax, SMAX)
AMO(amominu, UMIN)
AMO(amomaxu, UMAX)

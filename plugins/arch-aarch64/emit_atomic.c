/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semantics of exclusive, ordered and atomic accesses. All of them must be aligned.
 *
 * A store-release is emitted as sequentially consistent, so that no later load-acquire passes it;
 * a load-acquire then needs no more than to acquire.
 */
#include "emit.h"

#define ACQUIRE    VM_MEMOP_ACQUIRE
#define SEQUENTIAL (VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE)
#define DATA(log2) ((uint32_t)(log2) | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT | VM_MEMOP_ALIGN)

static uint32_t log2_size(const struct a64_insn *in)
{
    return a64_field(in, 30, 2);
}

static vm_ir_value address_of(struct a64_translation *t, const struct a64_insn *in, uint32_t bytes,
                              bool write)
{
    vm_ir_value address = get_base(t, in->rn);

    watch_access(t, address, 0, bytes, write);
    return address;
}

/* ---- ordered loads and stores ---- */

static void load_ordered(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = log2_size(in);
    vm_ir_value address = address_of(t, in, 1u << size, false);

    put_x(t, in->rd, vm_ir_1(t->ir, VM_OP_LOAD, VM_I64, DATA(size) | ACQUIRE, 0, address));
}

void emit_ldar(struct a64_translation *t, const struct a64_insn *in)
{
    load_ordered(t, in);
}

void emit_ldapr(struct a64_translation *t, const struct a64_insn *in)
{
    load_ordered(t, in);
}

void emit_stlr(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = log2_size(in);
    vm_ir_value address = address_of(t, in, 1u << size, true);

    vm_ir_2(t->ir, VM_OP_STORE, VM_I64, DATA(size) | SEQUENTIAL, 0, address, get_x(t, in->rd));
}

/* ---- exclusive accesses ---- */

void emit_ldxr(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = log2_size(in), order = a64_field(in, 15, 1) ? ACQUIRE : 0;
    vm_ir_value address = address_of(t, in, 1u << size, false);

    put_x(t, in->rd, vm_ir_1(t->ir, VM_OP_LL, VM_I64, DATA(size) | order, 0, address));
}

void emit_stxr(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = log2_size(in), order = a64_field(in, 15, 1) ? SEQUENTIAL : 0;
    vm_ir_value address = address_of(t, in, 1u << size, true);

    put_x(t, in->rm,
          vm_ir_2(t->ir, VM_OP_SC, VM_I64, DATA(size) | order, 0, address, get_x(t, in->rd)));
}

/* Two words as one i64, and back. */
static vm_ir_value join(struct a64_translation *t, uint32_t low, uint32_t high)
{
    vm_ir_value upper = binary(t, VM_OP_SHL, get_x(t, high), ir_const(t, 32));

    return binary(t, VM_OP_OR, upper, extend_w(t, get_w(t, low)));
}

static void put_split(struct a64_translation *t, uint32_t low, uint32_t high, vm_ir_value value)
{
    put_x(t, low, extend_w(t, narrow(t, value)));
    put_x(t, high, binary(t, VM_OP_SHR, value, ir_const(t, 32)));
}

void emit_ldxp(struct a64_translation *t, const struct a64_insn *in)
{
    bool words = log2_size(in) == 2;
    uint32_t order = a64_field(in, 15, 1) ? ACQUIRE : 0;
    vm_ir_value address = address_of(t, in, words ? 8 : 16, false);

    if (words) {
        put_split(t, in->rd, in->ra, vm_ir_1(t->ir, VM_OP_LL, VM_I64, DATA(3) | order, 0, address));
        return;
    }
    vm_ir_value low = CALL(t, A64_HELPER_LDXP, address);
    vm_ir_value high = get_slot(t, VM_I64, A64_SLOT_PAIR);
    put_x(t, in->rd, low);
    put_x(t, in->ra, high);
}

void emit_stxp(struct a64_translation *t, const struct a64_insn *in)
{
    bool words = log2_size(in) == 2;
    uint32_t order = a64_field(in, 15, 1) ? SEQUENTIAL : 0;
    vm_ir_value address = address_of(t, in, words ? 8 : 16, true), failed;

    if (words)
        failed =
            vm_ir_2(t->ir, VM_OP_SC, VM_I64, DATA(3) | order, 0, address, join(t, in->rd, in->ra));
    else
        failed = CALL(t, A64_HELPER_STXP, address, get_x(t, in->rd), get_x(t, in->ra));
    put_x(t, in->rm, failed);
}

void emit_clrex(struct a64_translation *t, const struct a64_insn *in)
{
    (void)in;
    vm_ir_call(t->ir, A64_HELPER_CLREX, 0, NULL);
}

/* ---- compare and swap, atomic operations ---- */

/* Bits of the instruction that ask for acquire and for release. */
static uint32_t order_of(const struct a64_insn *in, unsigned acquire, unsigned release)
{
    return (a64_field(in, acquire, 1) ? VM_MEMOP_ACQUIRE : 0) |
           (a64_field(in, release, 1) ? VM_MEMOP_RELEASE : 0);
}

void emit_cas(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t size = log2_size(in);
    vm_ir_value address = address_of(t, in, 1u << size, true);
    vm_ir_value expected = get_x(t, in->rm), desired = get_x(t, in->rd);

    put_x(t, in->rm,
          vm_ir_3(t->ir, VM_OP_CAS, VM_I64, DATA(size) | order_of(in, 22, 15), 0, address, expected,
                  desired));
}

/* The register after an even one: 31 is the zero register. */
void emit_casp(struct a64_translation *t, const struct a64_insn *in)
{
    bool words = a64_field(in, 30, 1) == 0;
    vm_ir_value address = address_of(t, in, words ? 8 : 16, true);

    if (words) {
        vm_ir_value expected = join(t, in->rm, in->rm + 1u), desired = join(t, in->rd, in->rd + 1u);
        put_split(t, in->rm, in->rm + 1u,
                  vm_ir_3(t->ir, VM_OP_CAS, VM_I64, DATA(3) | order_of(in, 22, 15), 0, address,
                          expected, desired));
        return;
    }
    vm_ir_value low = CALL(t, A64_HELPER_CASP, address, get_x(t, in->rm), get_x(t, in->rm + 1u),
                           get_x(t, in->rd), get_x(t, in->rd + 1u));
    vm_ir_value high = get_slot(t, VM_I64, A64_SLOT_PAIR);
    put_x(t, in->rm, low);
    put_x(t, in->rm + 1u, high);
}

void emit_amo(struct a64_translation *t, const struct a64_insn *in)
{
    static const uint8_t ops[] = {VM_AMO_ADD,  VM_AMO_AND,  VM_AMO_XOR,  VM_AMO_OR,  VM_AMO_SMAX,
                                  VM_AMO_SMIN, VM_AMO_UMAX, VM_AMO_UMIN, VM_AMO_SWAP};
    uint32_t size = log2_size(in), op = a64_field(in, 12, 4);
    vm_ir_value address = address_of(t, in, 1u << size, true), operand = get_x(t, in->rm);
    uint32_t memop = DATA(size) | order_of(in, 23, 22) | (uint32_t)ops[op] << VM_MEMOP_AMO_SHIFT;

    if (ops[op] == VM_AMO_AND) /* LDCLR */
        operand = unary(t, VM_OP_NOT, operand);
    put_x(t, in->rd, vm_ir_2(t->ir, VM_OP_AMO, VM_I64, memop, 0, address, operand));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR builder: appends instructions to a unit. What it lets pass is checked again, and fully, by
 * the core's verifier. */
#include <stdlib.h>
#include <string.h>
#include <vmrun/ir.h>

/* An argument of CALL beyond the third is packed into `imm` with so many bits. */
#define PACKED_BITS    21
#define PACKED_MAX     (((uint32_t)1 << PACKED_BITS) - 1)
#define FIRST_CAPACITY 64

/* How many operands an instruction takes; CALL's number is its helper's. */
static const uint8_t operand_count[VM_OP_COUNT] = {
#define VM_OP(NAME, name, result, operands, types, flags) [VM_OP_##NAME] = sizeof(operands) - 1,
#include <vmrun/ir-opcodes.def>
#undef VM_OP
};

static vm_ir_value fail(struct vm_ir_unit *ir, const char *why)
{
    if (!ir->failed) {
        ir->failed = true;
        ir->why = why;
    }
    return 0;
}

void vm_ir_init(struct vm_ir_unit *ir)
{
    memset(ir, 0, sizeof(*ir));
}

void vm_ir_clear(struct vm_ir_unit *ir)
{
    ir->n_insns = 0;
    ir->guest_insns = 0;
    ir->guest_bytes = 0;
    ir->failed = false;
    ir->why = NULL;
}

void vm_ir_free(struct vm_ir_unit *ir)
{
    free(ir->insns);
    vm_ir_init(ir);
}

static struct vm_ir_insn *append(struct vm_ir_unit *ir)
{
    if (ir->n_insns == ir->capacity) {
        uint32_t capacity = ir->capacity ? ir->capacity * 2 : FIRST_CAPACITY;
        if (capacity > PACKED_MAX + 1) {
            fail(ir, "too many instructions in one unit");
            return NULL;
        }
        struct vm_ir_insn *insns = realloc(ir->insns, capacity * sizeof(*insns));
        if (!insns) {
            fail(ir, "out of memory");
            return NULL;
        }
        ir->insns = insns;
        ir->capacity = capacity;
    }
    return &ir->insns[ir->n_insns++];
}

/* Keeps the unit's totals: an INSN marker starts a guest instruction. */
static void count_marker(struct vm_ir_unit *ir, uint32_t length, int64_t delta)
{
    uint64_t end = (uint64_t)delta + length;

    ir->guest_insns++;
    if (end > ir->guest_bytes)
        ir->guest_bytes = end > UINT32_MAX ? UINT32_MAX : (uint32_t)end;
}

vm_ir_value vm_ir_emit(struct vm_ir_unit *ir, enum vm_ir_op op, enum vm_ir_type type, uint32_t aux,
                       int64_t imm, uint32_t n_args, vm_ir_value a, vm_ir_value b, vm_ir_value c)
{
    const vm_ir_value arg[3] = {a, b, c};

    if (ir->failed)
        return 0;
    if ((unsigned)op >= VM_OP_COUNT || (unsigned)type >= VM_TYPE_COUNT)
        return fail(ir, "no such opcode or type");
    if (op == VM_OP_CALL ? n_args > 6 : n_args != operand_count[op])
        return fail(ir, "wrong number of operands");
    for (uint32_t i = 0; i < 3; i++) {
        if (i < n_args ? arg[i] >= ir->n_insns : arg[i] != VM_NO_VALUE)
            return fail(ir, "operand used before it is defined, or given where there is none");
    }
    if (op == VM_OP_CONST && type == VM_I32)
        imm = (int32_t)imm;
    if (op == VM_OP_INSN && (imm < 0 || imm > INT32_MAX))
        return fail(ir, "guest instruction outside of its unit");
    struct vm_ir_insn *insn = append(ir);
    if (!insn)
        return 0;
    *insn = (struct vm_ir_insn){.op = (uint16_t)op,
                                .type = (uint8_t)type,
                                .n_args = (uint8_t)n_args,
                                .aux = aux,
                                .arg = {a, b, c},
                                .imm = imm};
    if (op == VM_OP_INSN)
        count_marker(ir, aux, imm);
    return ir->n_insns - 1;
}

vm_ir_value vm_ir_call(struct vm_ir_unit *ir, uint32_t index, uint32_t n, const vm_ir_value *args)
{
    vm_ir_value first[3] = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE};
    uint64_t packed = 0;

    if (ir->failed)
        return 0;
    if (n > 6)
        return fail(ir, "a helper has at most six arguments");
    for (uint32_t i = 0; i < n; i++) {
        if (i < 3)
            first[i] = args[i];
        else if (args[i] >= ir->n_insns || args[i] > PACKED_MAX)
            return fail(ir, "operand used before it is defined");
        else
            packed |= (uint64_t)args[i] << (PACKED_BITS * (i - 3));
    }
    return vm_ir_emit(ir, VM_OP_CALL, VM_NONE, index, (int64_t)packed, n, first[0], first[1],
                      first[2]);
}

vm_ir_value vm_ir_arg(const struct vm_ir_insn *insn, uint32_t i)
{
    if (i >= insn->n_args)
        return VM_NO_VALUE;
    if (i < 3)
        return insn->arg[i];
    return (vm_ir_value)((uint64_t)insn->imm >> (PACKED_BITS * (i - 3))) & PACKED_MAX;
}

/* What imm says of control and addresses counts from the unit's first instruction. */
static bool has_delta(uint32_t op)
{
    return op == VM_OP_PC || op == VM_OP_INSN || op == VM_OP_EXIT || op == VM_OP_EXIT_IF ||
           op == VM_OP_EXIT_STATE;
}

void vm_ir_append(struct vm_ir_unit *region, const struct vm_ir_unit *block, int64_t delta,
                  uint32_t flags)
{
    vm_ir_value first = vm_ir_emit(region, VM_OP_LABEL, VM_NONE, flags, delta, 0, VM_NO_VALUE,
                                   VM_NO_VALUE, VM_NO_VALUE) +
                        1;

    if (block->failed)
        fail(region, block->why);
    for (uint32_t i = 0; i < block->n_insns && !region->failed; i++) {
        const struct vm_ir_insn *insn = &block->insns[i];
        vm_ir_value args[6] = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE};
        for (uint32_t k = 0; k < insn->n_args; k++)
            args[k] = first + vm_ir_arg(insn, k);
        if (insn->op == VM_OP_CALL)
            vm_ir_call(region, insn->aux, insn->n_args, args);
        else
            vm_ir_emit(region, (enum vm_ir_op)insn->op, (enum vm_ir_type)insn->type, insn->aux,
                       (int64_t)((uint64_t)insn->imm + (has_delta(insn->op) ? (uint64_t)delta : 0)),
                       insn->n_args, args[0], args[1], args[2]);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* ir.h - what the core adds to the public IR: table of properties, verifier, printer, parser of the
 * printed form. */
#ifndef CORE_IR_IR_H
#define CORE_IR_IR_H

#include <stdio.h>
#include <vmrun/arch.h>

/* One row per opcode, from ir-opcodes.def. */
struct ir_op_info {
    const char *name;
    char result;          /* 'T', '-', 'B', 'I' */
    const char *operands; /* letters as in the table */
    uint32_t types;       /* mask of 1 << enum vm_ir_type */
    uint32_t flags;       /* IR_* */
};
#define IR_COMMUTATIVE 1u
#define IR_IMM         2u
#define IR_AUX         4u
#define IR_FAULTS      8u
#define IR_ENDS        16u
#define IR_SIDE_EXIT   32u
#define IR_MEMORY      64u
#define IR_FP          128u
#define IR_EFFECT      256u
#define IR_LANES       512u /* `aux` is VM_LANES */
extern const struct ir_op_info ir_ops[VM_OP_COUNT];

/* Words of the printed form, by what they stand for. */
extern const char *const ir_type_names[VM_LANE_TYPE_COUNT]; /* with their dot */
extern const char *const ir_amo_names[VM_AMO_COUNT];
extern const char *const ir_order_names[4]; /* by VM_MEMOP_ACQUIRE and RELEASE, with their dot */
extern const char *const ir_round_names[5]; /* VM_FP_RNE ... */
extern const char *const ir_jump_names[3];  /* VM_JUMP_* */

/* Type of the value that `insn` defines, VM_NONE if none. */
enum vm_ir_type ir_result_type(const struct vm_ir_insn *insn);
/* Checks a unit against every rule of vmrun/ir.h and the table. 0, or -1 with err set (names the
 * instruction). */
int ir_verify(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch, struct vm_error *err);
/* One instruction a line: "%7 = add.i64 %3, %5". */
void ir_print(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch, FILE *out);
/*
 * Appends to the empty `ir` what ir_print printed; 0, or -1 with err set (names the line). Numbers
 * of values need not be their places, the first line and what stands in round brackets may be left
 * out, and so may empty lines be put in. What is read is not verified.
 */
int ir_parse(struct vm_ir_unit *ir, const struct vm_arch_ops *arch, const char *text,
             struct vm_error *err);

#endif

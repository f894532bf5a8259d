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
extern const struct ir_op_info ir_ops[VM_OP_COUNT];

/* Type of the value that `insn` defines, VM_NONE if none. */
enum vm_ir_type ir_result_type(const struct vm_ir_insn *insn);
/* Checks a unit against every rule of vmrun/ir.h and the table. 0, or -1 with err set (names the
 * instruction). */
int ir_verify(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch, struct vm_error *err);
/* One instruction a line: "%7 = add.i64 %3, %5". */
void ir_print(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch, FILE *out);

#endif

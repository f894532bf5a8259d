/* SPDX-License-Identifier: BSD-2-Clause */
/* Random IR that passes the verifier, for the machine of ir_machine.h. */
#ifndef TESTS_UNIT_IR_RANDOM_H
#define TESTS_UNIT_IR_RANDOM_H

#include "ir_machine.h"

/*
 * Appends a whole unit to the empty `ir`. `focus` (an enum vm_ir_op, or VM_OP_COUNT for none) is an
 * opcode that occurs about every third time; *state is the random generator's.
 */
void ir_random_unit(struct vm_ir_unit *ir, uint32_t focus, uint64_t *state);
/*
 * Appends a region of up to eight blocks, whose exits go forward, back and out. Each loop takes
 * from SLOT_FUEL and leaves when that is used up.
 */
#define SLOT_FUEL 13
void ir_random_region(struct vm_ir_unit *ir, uint32_t focus, uint64_t *state);
/* Random slots and memory; some slots hold addresses, and SLOT_FUEL little fuel. */
void ir_random_machine(struct test_machine *m, uint64_t *state);

#endif

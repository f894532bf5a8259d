/* SPDX-License-Identifier: BSD-2-Clause */
/* slots.h - numbers of the slots, which are the part of the state that translated code reads and
 * writes. */
#ifndef AARCH64_SLOTS_H
#define AARCH64_SLOTS_H

#include <vmrun/ir.h>

enum a64_slot {
    A64_SLOT_X = 0,        /* x0..x30, i64 */
    A64_SLOT_SP = 31,      /* the stack pointer in use, i64 */
    A64_SLOT_V = 32,       /* v0..v31, v128 */
    A64_SLOT_CC_KIND = 64, /* condition flags: see flags.h */
    A64_SLOT_CC_A,
    A64_SLOT_CC_B,
    A64_SLOT_FPFLAGS, /* i64: VM_FP_* that accumulated */
    A64_SLOT_QC,      /* i64: FPSR.QC, 0 or not */
    A64_SLOT_PAIR,    /* i64: high doubleword that a helper for pairs returns */
    A64_SLOT_SYSTEM,  /* i64: system registers that code reads or writes without a helper */
    A64_SLOT_FPCR = A64_SLOT_SYSTEM,
    A64_SLOT_DAIF,  /* PSTATE_D .. PSTATE_F, where SPSR has them */
    A64_SLOT_BTYPE, /* PSTATE.BTYPE */
    A64_SLOT_TPIDR_EL0,
    A64_SLOT_TPIDR_EL1,
    A64_SLOT_TPIDRRO_EL0,
    A64_SLOT_SP_EL0, /* while the stack pointer in use is another one; so is SP_EL1 */
    A64_SLOT_SP_EL1,
    A64_SLOT_ELR_EL1,
    A64_SLOT_SPSR_EL1,
    A64_SLOT_ESR_EL1,
    A64_SLOT_FAR_EL1,
    A64_SLOT_COUNT
};

extern const struct vm_slot a64_slots[A64_SLOT_COUNT];

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* helpers_sys.h - helpers of system instructions. */
#ifndef AARCH64_HELPERS_SYS_H
#define AARCH64_HELPERS_SYS_H

#include <stdint.h>

/*
 * MRS (index into a64_sysregs, instruction word): its value; MSR (index, value, word), also for the
 * system instructions; MAINTAIN: the same for those that access memory; ZERO: for DC ZVA where no
 * RAM is Device memory for want of a translation, and nothing is watched. FPSR (fpflags, qc): its
 * value; FPFLAGS (FPSR): what is in that slot. INTERRUPTS (): after DAIF has changed. ERET
 * (target). WFI (). ESB (). FIRMWARE (conduit): HVC or SMC that no exception level takes. HVC, SMC
 * (immediate): where there are higher levels. STEP (instruction word), BREAKPOINT (pc), WATCH
 * (address, bytes | write << 8): debug. PAUTH (enum a64_pauth_op << 8 | key, pointer, modifier):
 * the pointer.
 */
#define A64_HELPERS_SYS(X)                                                                     \
    X(MRS, a64_helper_mrs, 2, VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT, a64_slots_system, NULL) \
    X(MSR, a64_helper_msr, 3, VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT, a64_slots_system,       \
      a64_slots_system)                                                                        \
    X(MAINTAIN, a64_helper_msr, 3, VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT | VM_HELPER_MEMORY, \
      a64_slots_system, NULL)                                                                  \
    X(ZERO, a64_helper_zero, 3, VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT | VM_HELPER_MEMORY,    \
      a64_slots_system, NULL)                                                                  \
    X(FPSR, a64_helper_fpsr, 2, VM_HELPER_PURE, NULL, NULL)                                    \
    X(FPFLAGS, a64_helper_fpflags, 1, VM_HELPER_PURE, NULL, NULL)                              \
    X(INTERRUPTS, a64_helper_interrupts, 0, VM_HELPER_MAY_EXIT, a64_slots_system, NULL)        \
    X(ERET, a64_helper_eret, 1, VM_HELPER_MAY_EXIT, a64_slots_eret, a64_slots_eret)            \
    X(WFI, a64_helper_wfi, 0, VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT, a64_slots_system, NULL) \
    X(ESB, a64_helper_esb, 0, VM_HELPER_MAY_EXIT, a64_slots_system, NULL)                      \
    X(FIRMWARE, a64_helper_firmware, 1,                                                        \
      VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT | VM_HELPER_ALL_SLOTS, NULL, NULL)               \
    X(HVC, a64_helper_hvc, 1, VM_HELPER_MAY_TRAP, NULL, NULL)                                  \
    X(SMC, a64_helper_smc, 1, VM_HELPER_MAY_TRAP, NULL, NULL)                                  \
    X(STEP, a64_helper_step, 1, VM_HELPER_MAY_EXIT, NULL, NULL)                                \
    X(BREAKPOINT, a64_helper_breakpoint, 1, VM_HELPER_MAY_TRAP, a64_slots_system, NULL)        \
    X(WATCH, a64_helper_watch, 2, VM_HELPER_MAY_TRAP, a64_slots_system, NULL)                  \
    X(PAUTH, a64_helper_pauth, 3, VM_HELPER_MAY_TRAP, NULL, NULL)

/* Sets of slots for `reads` and `writes`. */
extern const uint16_t a64_slots_system[]; /* A64_SLOT_SYSTEM and up, SP */
extern const uint16_t a64_slots_eret[];   /* these and the flags */

#endif

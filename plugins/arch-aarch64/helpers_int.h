/* SPDX-License-Identifier: BSD-2-Clause */
/* helpers_int.h - helpers of integer instructions and memory accesses. */
#ifndef AARCH64_HELPERS_INT_H
#define AARCH64_HELPERS_INT_H

/*
 * NZCV (kind, a, b): bits 31..28; CONDITION (kind, a, b, condition): 0 or 1;
 * CRC32 (value, data, log2 of bytes | 4: Castagnoli).
 * Pairs of doublewords: LDXP (address): low, and the high one in slot PAIR; STXP (address, low,
 * high): 0 or 1; CASP (address, expected low, high, desired low, high): as LDXP.
 * CHECK_ALIGNMENT (address, bytes | write << 8).
 */
#define A64_HELPERS_INT(X)                                                                        \
    X(NZCV, a64_helper_nzcv, 3, VM_HELPER_PURE, NULL, NULL)                                       \
    X(CONDITION, a64_helper_condition, 4, VM_HELPER_PURE, NULL, NULL)                             \
    X(CRC32, a64_helper_crc32, 3, VM_HELPER_PURE, NULL, NULL)                                     \
    X(LDXP, a64_helper_ldxp, 1, VM_HELPER_MAY_TRAP | VM_HELPER_MEMORY, NULL, a64_slots_pair)      \
    X(STXP, a64_helper_stxp, 3, VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT | VM_HELPER_MEMORY, NULL, \
      NULL)                                                                                       \
    X(CASP, a64_helper_casp, 5, VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT | VM_HELPER_MEMORY, NULL, \
      a64_slots_pair)                                                                             \
    X(CLREX, a64_helper_clrex, 0, 0, NULL, NULL)                                                  \
    X(CHECK_ALIGNMENT, a64_helper_check_alignment, 2, VM_HELPER_MAY_TRAP, NULL, NULL)

#endif

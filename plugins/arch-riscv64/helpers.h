/* SPDX-License-Identifier: BSD-2-Clause */
/* helpers.h - the C functions that translated code calls, by number. */
#ifndef RISCV64_HELPERS_H
#define RISCV64_HELPERS_H

#include <vmrun/ir.h>

enum rv_helper {
    RV_HELPER_CSR_READ,  /* (index into rv_csrs, instruction word): its value */
    RV_HELPER_CSR_WRITE, /* (index, value, instruction word) */
    RV_HELPER_CSR_SWAP,  /* (index, enum rv_csr_op, operand, instruction word): the old value */
    RV_HELPER_MRET,      /* () */
    RV_HELPER_SRET,      /* (instruction word) */
    RV_HELPER_WFI,       /* (instruction word) */
    RV_HELPER_SFENCE,    /* (address, ASID, RV_SFENCE_*, instruction word) */
    RV_HELPER_CBO,       /* (address, instruction word) */
    RV_HELPER_CBO_ZERO,  /* (address, instruction word) */
    RV_HELPER_COUNT
};

enum rv_csr_op { RV_CSR_REPLACE, RV_CSR_SET, RV_CSR_CLEAR };

/* Which operands of sfence.vma are not x0. */
#define RV_SFENCE_ADDRESS 1
#define RV_SFENCE_ASID    2

extern const struct vm_helper rv_helpers[RV_HELPER_COUNT];

#endif

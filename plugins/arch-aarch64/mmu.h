/* SPDX-License-Identifier: BSD-2-Clause */
/* mmu.h - translation contexts, and walks with more results than the core wants. */
#ifndef AARCH64_MMU_H
#define AARCH64_MMU_H

#include "state.h"

/*
 * The id of a translation context: everything that selects what an address means, but for registers
 * of which the manual lets a TLB keep the effect until it is told otherwise.
 */
#define A64_CONTEXT_ASID_MASK  0xffffull
#define A64_CONTEXT_VMID_SHIFT 16
#define A64_CONTEXT_VMID_MASK  (0xffffull << A64_CONTEXT_VMID_SHIFT)
#define A64_CONTEXT_REGIME(r)  ((uint64_t)(r) << 32) /* 2 bits */
#define A64_CONTEXT_EL0        (1ull << 34)          /* with EL0's rights */
#define A64_CONTEXT_PAN        (1ull << 35)
#define A64_CONTEXT_STAGE1     (1ull << 36) /* on */
#define A64_CONTEXT_STAGE2     (1ull << 37)
#define A64_CONTEXT_SECURE     (1ull << 38)
/* In no id, but for a64_walk: the address that stage 1 gives is the result. */
#define A64_CONTEXT_NO_STAGE2 (1ull << 63)

enum a64_regime { A64_REGIME_EL10, A64_REGIME_EL20, A64_REGIME_EL2, A64_REGIME_EL3 };

/* The context that accesses from a level have now. */
uint64_t a64_context(struct vm_cpu *cpu, uint32_t el, bool pan);

/* What a walk found. */
struct a64_walk_result {
    uint64_t pa;
    uint32_t page_bits;
    uint32_t prot; /* as struct vm_translation */
    bool global;
    bool guarded;         /* BTI: indirect branches must land on a pad */
    uint8_t attributes;   /* of memory by both stages, as a byte of MAIR */
    bool stage1_device;   /* by stage 1 alone */
    uint8_t shareability; /* as a descriptor has it */
    uint32_t fault;       /* A64_FSC_* if it was refused */
    uint64_t ipa;         /* where stage 2 refused */
};

/* Whether a byte of MAIR means some kind of Device memory. */
static inline bool a64_is_device(uint8_t attributes)
{
    return (attributes & 0xf0) == 0;
}

/* Whether all data is Device memory in a context, because its stage 1 is off. */
bool a64_flat_is_device(struct vm_cpu *cpu, uint64_t context);

/* Walks for one access; false: refused. */
bool a64_walk(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
              struct a64_walk_result *out);

/* The address that a branch to the tagged `va` really goes to. */
uint64_t a64_untag(struct vm_cpu *cpu, uint64_t context, uint64_t va);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb.h - the software TLB of one vCPU: several tables, one per translation context, and the slow
 * path of guest accesses.
 *
 * Only the owner changes it; others post work to the vCPU. Filled through the arch's mmu_translate.
 */
#ifndef CORE_MEMORY_TLB_H
#define CORE_MEMORY_TLB_H

#include <vmrun/arch.h>
#include "core/memory/space.h"

struct tlb;

struct tlb_stats {
    uint64_t fills, victim_hits, walks, flushes, slow_loads, slow_stores, mmio_reads, mmio_writes;
};

/* `cpu->tlb[]` views are kept by it from now on. */
struct tlb *tlb_new(struct vm_cpu *cpu, const struct vm_arch_ops *arch, struct space *space);
void tlb_free(struct tlb *t);
/* Makes context `id` the one of MMU index `mmu` (swaps the view; creates or recycles a table). For
 * VM_MMU_FETCH the caller then takes cpu->jump_tag from tlb_fetch_generation(). */
void tlb_select(struct tlb *t, uint32_t mmu, uint64_t id);
/*
 * A number that is different after any change of mappings that fetches of the current context may
 * see; unique per vCPU; never 0. Selecting another context for fetches and coming back gives the
 * old number again; contexts that have the same mappings for all that was fetched may share one.
 */
uint32_t tlb_fetch_generation(const struct tlb *t);
/*
 * fn is called, from inside tlb_flush, tlb_select or an access, when the current context's number
 * changes for another reason than these two. `wrapped`: after 2^32 changes the numbers start over,
 * and what was derived from earlier ones could come alive again: fn must clear the jump cache and
 * whatever else is keyed by a generation. [before start]
 */
void tlb_on_fetch_change(struct tlb *t, void (*fn)(void *opaque, bool wrapped), void *opaque);
/* As vm_cpu_host.tlb_flush. */
void tlb_flush(struct tlb *t, uint64_t id_match, uint64_t id_mask, uint64_t va, uint64_t length,
               bool keep_global);
/*
 * Every entry that could write the RAM page at pa loses its fast write tag (gets VM_TLB_SLOW); for
 * the translation protocol. The translator sets PAGE_CODE first and posts this to every vCPU then.
 * A fill that read the flag too early is harmless: fills and this both run on the owner's thread,
 * so such a fill ended before this began, and this finds its tag. A fill after it sees the flag.
 */
void tlb_protect_page(struct tlb *t, uint64_t pa);
const struct tlb_stats *tlb_stats(const struct tlb *t);

/*
 * Translates for a fetch. The only way by which executable mappings may be used: what was asked for
 * here is what a flush must change the generation for. Returns the RAM page's host address (page
 * start) and its pa, or NULL: cpu->fault is filled (code from MMIO or nowhere is VM_FAULT_BUS).
 * `no_cache`: a unit made from it must not be entered without asking again.
 */
const uint8_t *tlb_fetch_page(struct tlb *t, uint64_t va, uint64_t *page_pa, bool *no_cache);

/* The slow path, as in struct vm_cpu_host (cpu->core leads to the tlb by vcpu_tlb()). */
int tlb_load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value);
int tlb_store(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value);
int tlb_amo(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand, uint64_t *old);
int tlb_cas(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected, uint64_t desired,
            uint64_t *old);
void *tlb_probe_block(struct vm_cpu *cpu, uint64_t va, uint32_t n, int access, uint32_t mmu);
/* After a write through tlb_probe_block: at most four pages may have been probed for writing since
 * its probe. */
int tlb_wrote(struct vm_cpu *cpu, uint64_t va, uint32_t n);
int tlb_phys_load(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t *value);
int tlb_phys_cas(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t expected,
                 uint64_t desired, uint64_t *old);

/* Provided by core/vcpu: */
struct tlb *vcpu_tlb(const struct vm_cpu *cpu);

#endif

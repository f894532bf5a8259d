/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache maintenance and address translation instructions. Memory is always coherent here, so that
 * only the permissions of maintenance remain. */
#include "helpers.h"
#include "mmu.h"
#include "sysregs.h"

A64_WRITE(a64_cache_nothing)
{
    (void)cpu;
    (void)reg;
    (void)value;
}

/* ---- By address ---- */

static bool is_permission_fault(const struct vm_fault *fault)
{
    return (fault->code & 0x3c) == A64_FSC_PERMISSION_L0;
}

/* Whether the last probe failed in a way that maintenance reports: registers have no cache. */
static void maintenance_fault(struct vm_cpu *cpu, uint64_t va, bool needs_permission)
{
    struct vm_fault *fault = &cpu->fault;

    if (fault->kind != VM_FAULT_TRANSLATE || (!needs_permission && is_permission_fault(fault)))
        return;
    fault->access = VM_ACCESS_WRITE;
    fault->va = va;
    fault->code |= A64_FSC_CM;
    cpu->pending_exit = VM_EXIT_TRAP;
}

/* Clean, and invalidation of instructions: EL0 must be able to read. */
A64_WRITE(a64_cache_by_va)
{
    bool needs_permission = a64_state(cpu)->el == 0;

    (void)reg;
    if (!cpu->host->probe(cpu, value, 1, VM_ACCESS_READ, VM_MMU_DATA))
        maintenance_fault(cpu, value, needs_permission);
}

/* Invalidation of data might lose a write: it needs the right to make one. */
A64_WRITE(a64_cache_invalidate)
{
    (void)reg;
    if ((a64_state(cpu)->mdscr & MDSCR_MDE) && !a64_watch(cpu, value, 1, true, true))
        return;
    if (!cpu->host->probe(cpu, value, 1, VM_ACCESS_WRITE, VM_MMU_DATA))
        maintenance_fault(cpu, value, true);
}

#define ZERO_BLOCK 64u /* as DCZID_EL0 says */

/* Device memory has no blocks to zero: an Alignment fault, whatever the address. */
static bool zeroes_device(struct vm_cpu *cpu, uint64_t va)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t context = a64_context(cpu, (uint32_t)s->el, s->pan && s->el);
    struct a64_walk_result result;

    return a64_flat_is_device(cpu, context) ||
           (a64_walk(cpu, context, va, VM_ACCESS_WRITE, &result) &&
            a64_is_device(result.attributes));
}

static void refuse_zeroing(struct vm_cpu *cpu, uint64_t va)
{
    if (cpu->fault.kind ==
        VM_FAULT_BUS) /* registers are Device memory, whatever they are mapped as */
        cpu->fault = (struct vm_fault){.kind = VM_FAULT_ALIGN, .code = 1};
    cpu->fault.access = VM_ACCESS_WRITE;
    cpu->fault.va = va;
    cpu->pending_exit = VM_EXIT_TRAP;
}

static void zero_block(uint8_t *p)
{
    for (uint32_t i = 0; i < ZERO_BLOCK; i += 8)
        vm_ram_store(p + i, 8, 0);
}

A64_WRITE(a64_cache_zero)
{
    const struct vm_cpu_host *host = cpu->host;
    uint64_t block = value & ~(uint64_t)(ZERO_BLOCK - 1);

    (void)reg;
    if ((a64_state(cpu)->mdscr & MDSCR_MDE) && !a64_watch(cpu, block, ZERO_BLOCK, true, false))
        return;
    uint8_t *p = NULL;
    if (!a64_flat_is_device(cpu, a64_context(cpu, (uint32_t)a64_state(cpu)->el, false)))
        p = vm_tlb_probe(cpu, VM_MMU_DATA, block, ZERO_BLOCK, VM_ACCESS_WRITE);
    if (p) { /* as a store that no engine needs help with */
        zero_block(p);
        return;
    }
    p = host->probe(cpu, block, ZERO_BLOCK, VM_ACCESS_WRITE, VM_MMU_DATA);
    if (p && zeroes_device(cpu, block)) {
        cpu->fault = (struct vm_fault){.kind = VM_FAULT_BUS};
        p = NULL;
    }
    if (!p) {
        refuse_zeroing(cpu, value);
        return;
    }
    zero_block(p);
    if (host->wrote(cpu, block, ZERO_BLOCK) == VM_MEM_CODE)
        cpu->pending_exit = VM_EXIT_STATE;
}

/* Most blocks are in RAM that a store could go to: for these no more is looked at than has to be.
 */
uint64_t a64_helper_zero(A64_HELPER_ARGS)
{
    const struct a64_sysreg *reg = &a64_sysregs[a];
    uint64_t block = b & ~(uint64_t)(ZERO_BLOCK - 1);
    uint8_t *p = NULL;

    (void)d, (void)e, (void)f;
    if (a64_check_cache_zero(cpu, reg, true) == A64_ALLOW)
        p = vm_tlb_probe(cpu, VM_MMU_DATA, block, ZERO_BLOCK, VM_ACCESS_WRITE);
    if (p)
        zero_block(p);
    else
        a64_sysreg_write(cpu, reg, (uint32_t)c, b);
    return 0;
}

/* ---- Address translation ---- */

static uint64_t success(const struct a64_walk_result *r)
{
    uint64_t attributes = r->attributes, shareability = r->shareability;

    if (a64_is_device(r->attributes) || attributes == 0x44)
        shareability = 2;
    return attributes << 56 | (r->pa & 0xffffffffff000ull) | 1u << 11 | shareability << 7;
}

static uint64_t failure(const struct a64_walk_result *r)
{
    return 1u << 11 | (r->fault & A64_FSC_STAGE2 ? 1u << 9 : 0) |
           (r->fault & A64_FSC_S1PTW ? 1u << 8 : 0) | (r->fault & 63) << 1 | 1;
}

/* A fault that is an exception all the same: the table could not be read, or stage 2 hid it. */
static bool is_exception(struct vm_cpu *cpu, const struct a64_walk_result *r, bool both_stages)
{
    bool external = (r->fault & 0x3c) == A64_FSC_EXTERNAL_WALK_L0;

    return external || ((r->fault & A64_FSC_STAGE2) && !both_stages && a64_state(cpu)->el == 1);
}

/* op2: bit 0 writes, bits 2..1: EL1 (or the level itself), EL0, and both stages for these two. */
A64_WRITE(a64_address_translate)
{
    struct a64_state *s = a64_state(cpu);
    uint32_t op1 = A64_SYS_OP1(reg->number), op2 = A64_SYS_OP2(reg->number);
    uint32_t el = op1 == 6 ? 3 : op1 == 4 && op2 < 2 ? 2 : op2 & 2 ? 0 : 1;
    bool both_stages = op2 >= 4, write = op2 & 1;
    bool pan = A64_SYS_CRM(reg->number) == 9 && s->pan;
    struct a64_walk_result result;

    if (el == 1 && s->el == 2 && a64_is_host(a64_hcr(cpu)))
        el = 2;
    uint64_t context = a64_context(cpu, el, pan) | (both_stages ? 0 : A64_CONTEXT_NO_STAGE2);
    enum vm_access access = write ? VM_ACCESS_WRITE : VM_ACCESS_READ;
    if (a64_walk(cpu, context, value, access, &result)) {
        s->par = success(&result);
        return;
    }
    if (!is_exception(cpu, &result, both_stages)) {
        s->par = failure(&result);
        return;
    }
    cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRANSLATE,
                                   .access = VM_ACCESS_WRITE,
                                   .va = value,
                                   .code = result.fault | A64_FSC_CM,
                                   .value = result.ipa};
    cpu->pending_exit = VM_EXIT_TRAP;
}

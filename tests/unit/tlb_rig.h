/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb_rig.h - a software TLB under an instruction set of the tests' own: its page table is a list
 * of mappings.
 */
#ifndef TESTS_UNIT_TLB_RIG_H
#define TESTS_UNIT_TLB_RIG_H

#include <criterion/criterion.h>
#include "core/memory/tlb.h"
#include "core/memory/tlb_table.h"

#define PAGE      VM_PAGE_SIZE
#define RAM_BASE  UINT64_C(0x80000000)
#define RAM_PAGES 8192u
#define MMIO_BASE UINT64_C(0x10000000)
#define RW        (VM_PROT_READ | VM_PROT_WRITE)
#define RWX       (RW | VM_PROT_EXEC)

enum { MAX_MAPPINGS = 4096 };

struct mapping {
    uint64_t context, va, pa;
    uint32_t bits, uniform_bits, prot;
    bool global, no_cache, aligned;
};

struct rig {
    struct vm_cpu *cpu;
    struct vm_arch_ops arch;
    struct space *space;
    struct tlb *tlb;
    struct mapping mappings[MAX_MAPPINGS];
    int n;
    int walks, reads, writes, device_fails;
    uint64_t reg[2]; /* of the device */
    int hooks;
    uint64_t hook_pa, hook_n;
    bool hook_hit;
    void (*in_walk)(struct rig *rig);
};

extern struct rig rig;

void tlb_rig_up(void);
void tlb_rig_down(void);
/* The newest mapping is found first. */
struct mapping *map(uint64_t context, uint64_t va, uint64_t pa, uint32_t bits, uint32_t prot);
uint8_t *ram(uint64_t pa);
uint32_t memop(uint32_t size, uint32_t flags);
bool is_fast(uint64_t va, enum vm_access access);
uint64_t load(uint64_t va, uint32_t size);
void expect_fault(int result, enum vm_fault_kind kind, enum vm_access access, uint64_t va);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* tlb_rig.c - see tlb_rig.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "tlb_rig.h"

struct rig rig;

struct tlb *vcpu_tlb(const struct vm_cpu *cpu)
{
    (void)cpu;
    return rig.tlb;
}

static int walk(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                uint32_t mmu, struct vm_translation *out, struct vm_fault *fault)
{
    static const uint32_t need[] = {VM_PROT_READ, VM_PROT_WRITE, VM_PROT_EXEC};
    (void)cpu;
    rig.walks++;
    if (rig.in_walk)
        rig.in_walk(&rig);
    for (int i = rig.n - 1; i >= 0; i--) {
        const struct mapping *m = &rig.mappings[i];
        uint64_t low = (UINT64_C(1) << m->bits) - 1;
        if (m->context != context || (va & ~low) != m->va || !(m->prot & need[access]))
            continue;
        *out = (struct vm_translation){.pa = m->pa + (va & low),
                                       .page_bits = m->bits,
                                       .uniform_bits = m->uniform_bits,
                                       .prot = m->prot,
                                       .global = m->global,
                                       .no_cache = m->no_cache,
                                       .aligned = m->aligned};
        return 0;
    }
    fault->code = 0x100 + access;
    fault->value = va ^ mmu;
    return -1;
}

struct mapping *map(uint64_t context, uint64_t va, uint64_t pa, uint32_t bits, uint32_t prot)
{
    cr_assert_lt(rig.n, MAX_MAPPINGS);
    rig.mappings[rig.n] =
        (struct mapping){.context = context, .va = va, .pa = pa, .bits = bits, .prot = prot};
    return &rig.mappings[rig.n++];
}

static int reg_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev;
    rig.reads++;
    *value = size == 8 ? rig.reg[offset / 8] : rig.reg[offset / 8] >> (8 * (offset % 8));
    return rig.device_fails ? VM_ACCESS_ERROR : VM_ACCESS_OK;
}

static int reg_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    (void)dev;
    (void)size;
    rig.writes++;
    rig.reg[offset / 8] = value;
    return rig.device_fails ? VM_ACCESS_ERROR : VM_ACCESS_OK;
}

static bool hook(void *opaque, uint64_t pa, uint64_t n)
{
    (void)opaque;
    rig.hooks++;
    rig.hook_pa = pa;
    rig.hook_n = n;
    return rig.hook_hit;
}

void tlb_rig_up(void)
{
    static const struct vm_region_ops ops = {
        .size = sizeof(ops), .read = reg_read, .write = reg_write};
    static const struct ram_options ram = {.numa_node = -1};
    struct mmio_target target = {.region = {.length = 16, .ops = &ops}, .name = "registers"};
    struct vm_error err = VM_ERROR_INIT;
    memset(&rig, 0, sizeof(rig));
    rig.cpu = aligned_alloc(64, (sizeof(struct vm_cpu) + 63) & ~(size_t)63);
    memset(rig.cpu, 0, sizeof(struct vm_cpu));
    rig.arch.mmu_translate = walk;
    rig.space = space_new();
    cr_assert_eq(space_add_ram(rig.space, RAM_BASE, RAM_PAGES * PAGE, &ram, &err), 0, "%s",
                 err.text);
    cr_assert_eq(space_add_mmio(rig.space, MMIO_BASE, &target, &err), 0, "%s", err.text);
    space_set_code_hook(rig.space, hook, NULL);
    rig.hook_hit = true;
    rig.tlb = tlb_new(rig.cpu, &rig.arch, rig.space);
    cr_assert(rig.tlb);
}

void tlb_rig_down(void)
{
    tlb_free(rig.tlb);
    space_free(rig.space);
    free(rig.cpu);
}

uint8_t *ram(uint64_t pa)
{
    return space_ram(rig.space, pa, 1);
}

uint32_t memop(uint32_t size, uint32_t flags)
{
    return (uint32_t)__builtin_ctz(size) | flags | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT;
}

bool is_fast(uint64_t va, enum vm_access access)
{
    return vm_tlb_probe(rig.cpu, VM_MMU_DATA, va, 1, access) != NULL;
}

uint64_t load(uint64_t va, uint32_t size)
{
    uint64_t value = 0xdead;
    cr_assert_eq(tlb_load(rig.cpu, va, memop(size, 0), &value), VM_MEM_OK, "load 0x%" PRIx64, va);
    return value;
}

void expect_fault(int result, enum vm_fault_kind kind, enum vm_access access, uint64_t va)
{
    cr_assert_eq(result, VM_MEM_FAULT);
    cr_assert_eq(rig.cpu->fault.kind, kind, "kind %u", rig.cpu->fault.kind);
    cr_assert_eq(rig.cpu->fault.access, access, "access %u", rig.cpu->fault.access);
    cr_assert_eq(rig.cpu->fault.va, va, "va 0x%" PRIx64, rig.cpu->fault.va);
}

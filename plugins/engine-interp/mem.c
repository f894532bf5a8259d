/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest accesses that the loop does not do inline: misaligned, ordered, big-endian, atomic, missing
 * in the TLB. */
#include <string.h>
#include "interp.h"

static inline bool misaligned(uint64_t va, uint32_t memop)
{
    return (va & (VM_MEMOP_SIZE(memop) - 1)) != 0;
}

static int align_fault(struct vm_cpu *cpu, uint64_t va, enum vm_access access)
{
    cpu->fault = (struct vm_fault){.kind = VM_FAULT_ALIGN, .access = access, .va = va};
    return VM_MEM_FAULT;
}

static uint64_t swap_bytes(uint64_t v, uint32_t size)
{
    return __builtin_bswap64(v) >> (64 - 8 * size);
}

static uint64_t low_bytes(uint64_t v, uint32_t size)
{
    return v & (UINT64_MAX >> (64 - 8 * size));
}

static void put_cell(void *cell, uint64_t v, uint32_t memop)
{
    uint32_t shift = 64 - 8 * VM_MEMOP_SIZE(memop);

    if (memop & VM_MEMOP_SIGNED)
        v = (uint64_t)((int64_t)(v << shift) >> shift);
    *(uint64_t *)cell = v;
}

void interp_fence(bool full)
{
#ifdef __SANITIZE_THREAD__
    /* The sanitizer does not know fences; a locked operation on a word of this thread is one too.
     */
    uint32_t word = 0;
    __atomic_fetch_add(&word, 1, full ? __ATOMIC_SEQ_CST : __ATOMIC_ACQ_REL);
#else
    if (full)
        atomic_thread_fence(memory_order_seq_cst);
    else
        atomic_thread_fence(memory_order_acq_rel);
#endif
}

static bool is_ordered(uint32_t memop)
{
    return (memop & (VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE)) != 0;
}

static bool is_sequential(uint32_t memop)
{
    return (~memop & (VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE)) == 0;
}

/* Zero-extended raw value, byte order applied. */
static int load_raw(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value)
{
    uint32_t size = VM_MEMOP_SIZE(memop);

    if (memop & VM_MEMOP_ALIGN && misaligned(va, memop))
        return align_fault(cpu, va, VM_ACCESS_READ);
    if (is_sequential(memop))
        interp_fence(true);
    const void *p = vm_tlb_probe(cpu, VM_MEMOP_MMU(memop), va, size, VM_ACCESS_READ);
    if (p) {
        *value = vm_ram_load(p, size);
        if (memop & VM_MEMOP_BIG)
            *value = swap_bytes(*value, size);
    } else {
        int result = cpu->host->load(cpu, va, memop, value);
        if (result != VM_MEM_OK)
            return result;
    }
    if (is_ordered(memop))
        interp_fence(false);
    return VM_MEM_OK;
}

int interp_load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, void *cell)
{
    uint64_t value;
    int result = load_raw(cpu, va, memop, &value);

    if (result == VM_MEM_OK)
        put_cell(cell, value, memop);
    return result;
}

int interp_store(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value)
{
    uint32_t size = VM_MEMOP_SIZE(memop);
    int result = VM_MEM_OK;

    value = low_bytes(value, size);
    if (memop & VM_MEMOP_ALIGN && misaligned(va, memop))
        return align_fault(cpu, va, VM_ACCESS_WRITE);
    if (is_ordered(memop))
        interp_fence(false);
    void *p = vm_tlb_probe(cpu, VM_MEMOP_MMU(memop), va, size, VM_ACCESS_WRITE);
    if (p)
        vm_ram_store(p, size, memop & VM_MEMOP_BIG ? swap_bytes(value, size) : value);
    else
        result = cpu->host->store(cpu, va, memop, value);
    if (is_sequential(memop))
        interp_fence(true);
    return result;
}

/* Host address for an atomic operation of the host's own, or NULL: the core does it. */
static void *atomic_probe(const struct vm_cpu *cpu, uint64_t va, uint32_t memop)
{
    if (misaligned(va, memop) || memop & VM_MEMOP_BIG)
        return NULL;
    return vm_tlb_probe(cpu, VM_MEMOP_MMU(memop), va, VM_MEMOP_SIZE(memop), VM_ACCESS_WRITE);
}

/* DEFINE_AMO(bits): one host read-modify-write of that width. */
#define DEFINE_AMO(BITS)                                                                        \
    static uint64_t amo##BITS(uint##BITS##_t *p, uint32_t op, uint##BITS##_t v)                 \
    {                                                                                           \
        switch (op) {                                                                           \
        case VM_AMO_SWAP:                                                                       \
            return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                 \
        case VM_AMO_ADD:                                                                        \
            return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                  \
        case VM_AMO_AND:                                                                        \
            return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);                                  \
        case VM_AMO_OR:                                                                         \
            return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);                                   \
        case VM_AMO_XOR:                                                                        \
            return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);                                  \
        }                                                                                       \
        uint##BITS##_t old = __atomic_load_n(p, __ATOMIC_RELAXED), new;                         \
        do {                                                                                    \
            bool less = op == VM_AMO_SMIN || op == VM_AMO_SMAX                                  \
                            ? (int##BITS##_t)old < (int##BITS##_t)v                             \
                            : old < v;                                                          \
            new = less == (op == VM_AMO_SMIN || op == VM_AMO_UMIN) ? old : v;                   \
        } while (                                                                               \
            !__atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)); \
        return old;                                                                             \
    }

DEFINE_AMO(8)
DEFINE_AMO(16)
DEFINE_AMO(32)
DEFINE_AMO(64)

int interp_amo(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand, void *cell)
{
    uint32_t size = VM_MEMOP_SIZE(memop), op = VM_MEMOP_AMO(memop);
    uint64_t old;

    if (memop & VM_MEMOP_ALIGN && misaligned(va, memop))
        return align_fault(cpu, va, VM_ACCESS_WRITE);
    void *p = atomic_probe(cpu, va, memop);
    if (!p) {
        int result = cpu->host->amo(cpu, va, memop, low_bytes(operand, size), &old);
        if (result != VM_MEM_FAULT)
            put_cell(cell, old, memop);
        return result;
    }
    switch (size) {
    case 1:
        old = amo8(p, op, (uint8_t)operand);
        break;
    case 2:
        old = amo16(p, op, (uint16_t)operand);
        break;
    case 4:
        old = amo32(p, op, (uint32_t)operand);
        break;
    default:
        old = amo64(p, op, operand);
        break;
    }
    put_cell(cell, old, memop);
    return VM_MEM_OK;
}

#define CAS_CASE(BITS)                                                                           \
    {                                                                                            \
        uint##BITS##_t old_value = (uint##BITS##_t)expected;                                     \
        __atomic_compare_exchange_n((uint##BITS##_t *)p, &old_value, (uint##BITS##_t)desired, 0, \
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                         \
        *old = old_value;                                                                        \
        break;                                                                                   \
    }

static int cas_raw(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected,
                   uint64_t desired, uint64_t *old)
{
    uint32_t size = VM_MEMOP_SIZE(memop);
    void *p = atomic_probe(cpu, va, memop);

    if (!p)
        return cpu->host->cas(cpu, va, memop, low_bytes(expected, size), low_bytes(desired, size),
                              old);
    switch (size) {
    case 1:
        CAS_CASE(8)
    case 2:
        CAS_CASE(16)
    case 4:
        CAS_CASE(32)
    default:
        CAS_CASE(64)
    }
    return VM_MEM_OK;
}

int interp_cas(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected, uint64_t desired,
               void *cell)
{
    uint64_t old;

    if (memop & VM_MEMOP_ALIGN && misaligned(va, memop))
        return align_fault(cpu, va, VM_ACCESS_WRITE);
    int result = cas_raw(cpu, va, memop, expected, desired, &old);
    if (result != VM_MEM_FAULT)
        put_cell(cell, old, memop);
    return result;
}

int interp_ll(struct vm_cpu *cpu, uint64_t va, uint32_t memop, void *cell)
{
    uint64_t value;
    int result = load_raw(cpu, va, memop, &value);

    if (result != VM_MEM_OK)
        return result;
    cpu->reserve_va = va;
    cpu->reserve_size = VM_MEMOP_SIZE(memop);
    cpu->reserve_value = value;
    put_cell(cell, value, memop);
    return VM_MEM_OK;
}

int interp_sc(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value, void *cell)
{
    int result = VM_MEM_OK;
    uint64_t failed = 1;

    if (memop & VM_MEMOP_ALIGN && misaligned(va, memop))
        return align_fault(cpu, va, VM_ACCESS_WRITE);
    if (cpu->reserve_size == VM_MEMOP_SIZE(memop) && cpu->reserve_va == va) {
        uint64_t old;
        result = cas_raw(cpu, va, memop, cpu->reserve_value, value, &old);
        if (result == VM_MEM_FAULT)
            return result;
        failed = old != cpu->reserve_value;
    }
    cpu->reserve_size = 0;
    *(uint64_t *)cell = failed;
    return result;
}

int interp_load_vector(struct vm_cpu *cpu, uint64_t va, uint32_t memop, void *cells)
{
    uint32_t half = vm_memop_of_half(va, memop);
    uint64_t v[2];

    if (memop & VM_MEMOP_ALIGN && misaligned(va, memop))
        return align_fault(cpu, va, VM_ACCESS_READ);
    for (uint32_t i = 0; i < 2; i++) {
        int result = load_raw(cpu, va + 8 * i, half, &v[i]);
        if (result != VM_MEM_OK)
            return result;
    }
    memcpy(cells, v, sizeof(v));
    return VM_MEM_OK;
}

int interp_store_vector(struct vm_cpu *cpu, uint64_t va, uint32_t memop, const void *cells)
{
    uint32_t half = vm_memop_of_half(va, memop);
    uint64_t v[2];
    int results[2];

    if (memop & VM_MEMOP_ALIGN && misaligned(va, memop))
        return align_fault(cpu, va, VM_ACCESS_WRITE);
    memcpy(v, cells, sizeof(v));
    for (uint32_t i = 0; i < 2; i++) {
        results[i] = interp_store(cpu, va + 8 * i, half, v[i]);
        if (results[i] == VM_MEM_FAULT)
            return VM_MEM_FAULT;
    }
    return results[0] != VM_MEM_OK ? results[0] : results[1];
}

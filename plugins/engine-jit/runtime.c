/* SPDX-License-Identifier: BSD-2-Clause */
/* C functions that compiled code calls: guest accesses that it does not do inline, rare operations
 * on bits. */
#include "jit.h"

#define ARGS \
    struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f
#define IGNORE(x) ((void)(x))

static bool misaligned(uint64_t va, uint32_t memop)
{
    return (va & (VM_MEMOP_SIZE(memop) - 1)) != 0;
}

/* An access that must be aligned and is not: the fault is filled. */
static bool align_fault(struct vm_cpu *cpu, uint64_t va, uint32_t memop, enum vm_access access)
{
    if (!(memop & VM_MEMOP_ALIGN) || !misaligned(va, memop))
        return false;
    cpu->fault = (struct vm_fault){.kind = VM_FAULT_ALIGN, .access = access, .va = va};
    return true;
}

static uint64_t swapped(uint64_t v, uint32_t memop)
{
    return memop & VM_MEMOP_BIG ? __builtin_bswap64(v) >> (64 - 8 * VM_MEMOP_SIZE(memop)) : v;
}

static uint64_t low_bytes(uint64_t v, uint32_t memop)
{
    return v & (UINT64_MAX >> (64 - 8 * VM_MEMOP_SIZE(memop)));
}

static void set_result(struct vm_cpu *cpu, uint64_t v, uint32_t memop)
{
    uint32_t shift = 64 - 8 * VM_MEMOP_SIZE(memop);

    if (memop & VM_MEMOP_SIGNED)
        v = (uint64_t)((int64_t)(v << shift) >> shift);
    jit_frame(cpu)->result[0] = v;
}

static void fence(void)
{
#ifdef __SANITIZE_THREAD__
    /* The sanitizer does not know fences; a locked operation on a word of this thread is one too.
     */
    uint32_t word = 0;
    __atomic_fetch_add(&word, 1, __ATOMIC_SEQ_CST);
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

static bool is_sequential(uint32_t memop)
{
    return (~memop & (VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE)) == 0;
}

static int load_raw(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value)
{
    if (align_fault(cpu, va, memop, VM_ACCESS_READ))
        return VM_MEM_FAULT;
    if (is_sequential(memop))
        fence();
    const void *p =
        vm_tlb_probe(cpu, VM_MEMOP_MMU(memop), va, VM_MEMOP_SIZE(memop), VM_ACCESS_READ);
    if (!p)
        return cpu->host->load(cpu, va, memop, value);
    *value = swapped(vm_ram_load(p, VM_MEMOP_SIZE(memop)), memop);
    return VM_MEM_OK;
}

static uint64_t fn_load(ARGS)
{
    uint64_t value;

    IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    int result = load_raw(cpu, a, (uint32_t)b, &value);
    if (result == VM_MEM_OK)
        set_result(cpu, value, (uint32_t)b);
    return (uint64_t)result;
}

static uint64_t fn_store(ARGS)
{
    uint32_t memop = (uint32_t)b;
    int result = VM_MEM_OK;

    IGNORE(d), IGNORE(e), IGNORE(f);
    if (align_fault(cpu, a, memop, VM_ACCESS_WRITE))
        return VM_MEM_FAULT;
    void *p = vm_tlb_probe(cpu, VM_MEMOP_MMU(memop), a, VM_MEMOP_SIZE(memop), VM_ACCESS_WRITE);
    if (p)
        vm_ram_store(p, VM_MEMOP_SIZE(memop), swapped(low_bytes(c, memop), memop));
    else
        result = cpu->host->store(cpu, a, memop, low_bytes(c, memop));
    if (is_sequential(memop))
        fence();
    return (uint64_t)result;
}

static uint64_t fn_load_vector(ARGS)
{
    uint32_t half = vm_memop_of_half(a, (uint32_t)b);
    uint64_t v[2];

    IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    if (align_fault(cpu, a, (uint32_t)b, VM_ACCESS_READ))
        return VM_MEM_FAULT;
    for (uint32_t i = 0; i < 2; i++) {
        int result = load_raw(cpu, a + 8 * i, half, &v[i]);
        if (result != VM_MEM_OK)
            return (uint64_t)result;
    }
    jit_frame(cpu)->result[0] = v[0];
    jit_frame(cpu)->result[1] = v[1];
    return VM_MEM_OK;
}

static uint64_t fn_store_vector(ARGS)
{
    uint32_t half = vm_memop_of_half(a, (uint32_t)b);

    if (align_fault(cpu, a, (uint32_t)b, VM_ACCESS_WRITE))
        return VM_MEM_FAULT;
    uint64_t low = fn_store(cpu, a, half, c, 0, e, f);
    if (low == VM_MEM_FAULT)
        return low;
    uint64_t high = fn_store(cpu, a + 8, half, d, 0, e, f);
    return high == VM_MEM_FAULT || low == VM_MEM_OK ? high : low;
}

/* ---- read-modify-write ---- */

/* Host address for an atomic operation of the host's own, or NULL: the core does it. */
static void *atomic_probe(const struct vm_cpu *cpu, uint64_t va, uint32_t memop)
{
    if (misaligned(va, memop) || memop & VM_MEMOP_BIG)
        return NULL;
    return vm_tlb_probe(cpu, VM_MEMOP_MMU(memop), va, VM_MEMOP_SIZE(memop), VM_ACCESS_WRITE);
}

#define COMPARE_EXCHANGE(BITS)                                                                \
    {                                                                                         \
        uint##BITS##_t old_value = (uint##BITS##_t)expected;                                  \
        __atomic_compare_exchange_n((uint##BITS##_t *)p, &old_value, (uint##BITS##_t)desired, \
                                    false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);               \
        return old_value;                                                                     \
    }

static uint64_t compare_exchange(void *p, uint32_t size, uint64_t expected, uint64_t desired)
{
    switch (size) {
    case 1:
        COMPARE_EXCHANGE(8)
    case 2:
        COMPARE_EXCHANGE(16)
    case 4:
        COMPARE_EXCHANGE(32)
    default:
        COMPARE_EXCHANGE(64)
    }
}

static uint64_t amo_value(uint32_t memop, uint64_t old, uint64_t v)
{
    uint32_t shift = 64 - 8 * VM_MEMOP_SIZE(memop);
    int64_t so = (int64_t)(old << shift), sv = (int64_t)(v << shift);

    switch (VM_MEMOP_AMO(memop)) {
    case VM_AMO_SWAP:
        return v;
    case VM_AMO_ADD:
        return old + v;
    case VM_AMO_AND:
        return old & v;
    case VM_AMO_OR:
        return old | v;
    case VM_AMO_XOR:
        return old ^ v;
    case VM_AMO_SMIN:
        return so < sv ? old : v;
    case VM_AMO_SMAX:
        return so > sv ? old : v;
    case VM_AMO_UMIN:
        return old < v ? old : v;
    default:
        return old > v ? old : v;
    }
}

static uint64_t fn_amo(ARGS)
{
    uint32_t memop = (uint32_t)b, size = VM_MEMOP_SIZE(memop);
    uint64_t operand = low_bytes(c, memop), old;

    IGNORE(d), IGNORE(e), IGNORE(f);
    if (align_fault(cpu, a, memop, VM_ACCESS_WRITE))
        return VM_MEM_FAULT;
    void *p = atomic_probe(cpu, a, memop);
    if (!p) {
        int result = cpu->host->amo(cpu, a, memop, operand, &old);
        if (result != VM_MEM_FAULT)
            set_result(cpu, old, memop);
        return (uint64_t)result;
    }
    uint64_t seen = vm_ram_load(p, size);
    do
        old = seen;
    while ((seen = compare_exchange(p, size, old, amo_value(memop, old, operand))) != old);
    set_result(cpu, old, memop);
    return VM_MEM_OK;
}

static int cas_raw(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected,
                   uint64_t desired, uint64_t *old)
{
    void *p = atomic_probe(cpu, va, memop);

    if (!p)
        return cpu->host->cas(cpu, va, memop, low_bytes(expected, memop), low_bytes(desired, memop),
                              old);
    *old = compare_exchange(p, VM_MEMOP_SIZE(memop), expected, desired);
    return VM_MEM_OK;
}

static uint64_t fn_cas(ARGS)
{
    uint64_t old;

    IGNORE(e), IGNORE(f);
    if (align_fault(cpu, a, (uint32_t)b, VM_ACCESS_WRITE))
        return VM_MEM_FAULT;
    int result = cas_raw(cpu, a, (uint32_t)b, c, d, &old);
    if (result != VM_MEM_FAULT)
        set_result(cpu, old, (uint32_t)b);
    return (uint64_t)result;
}

static uint64_t fn_ll(ARGS)
{
    uint64_t value;

    IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    int result = load_raw(cpu, a, (uint32_t)b, &value);
    if (result != VM_MEM_OK)
        return (uint64_t)result;
    cpu->reserve_va = a;
    cpu->reserve_size = VM_MEMOP_SIZE((uint32_t)b);
    cpu->reserve_value = value;
    set_result(cpu, value, (uint32_t)b);
    return VM_MEM_OK;
}

static uint64_t fn_sc(ARGS)
{
    uint32_t memop = (uint32_t)b;
    int result = VM_MEM_OK;
    uint64_t failed = 1, old;

    IGNORE(d), IGNORE(e), IGNORE(f);
    if (align_fault(cpu, a, memop, VM_ACCESS_WRITE))
        return VM_MEM_FAULT;
    if (cpu->reserve_size == VM_MEMOP_SIZE(memop) && cpu->reserve_va == a) {
        result = cas_raw(cpu, a, memop, cpu->reserve_value, c, &old);
        if (result == VM_MEM_FAULT)
            return VM_MEM_FAULT;
        failed = old != cpu->reserve_value;
    }
    cpu->reserve_size = 0;
    jit_frame(cpu)->result[0] = failed;
    return (uint64_t)result;
}

/* ---- bits ---- */

static uint64_t fn_bits(ARGS)
{
    uint64_t v = b ? c : (uint32_t)c, r = 0;

    IGNORE(cpu), IGNORE(d), IGNORE(e), IGNORE(f);
    switch (a) {
    case VM_OP_CLZ:
        return b   ? (v ? (uint64_t)__builtin_clzll(v) : 64)
               : v ? (uint64_t)__builtin_clz((uint32_t)v)
                   : 32;
    case VM_OP_CTZ:
        return v ? (uint64_t)__builtin_ctzll(v) : b ? 64 : 32;
    case VM_OP_POPCNT:
        return (uint64_t)__builtin_popcountll(v);
    default: /* ORC_B */
        for (uint32_t i = 0; i < 64; i += 8)
            r |= v >> i & 0xff ? (uint64_t)0xff << i : 0;
        return r;
    }
}

static uint64_t fn_fp(ARGS)
{
    return jit_fp(cpu, a, b, c, d, e, f);
}

const vm_helper_fn jit_functions[JIT_FN_COUNT] = {
    [JIT_FN_LOAD] = fn_load,
    [JIT_FN_STORE] = fn_store,
    [JIT_FN_AMO] = fn_amo,
    [JIT_FN_CAS] = fn_cas,
    [JIT_FN_LL] = fn_ll,
    [JIT_FN_SC] = fn_sc,
    [JIT_FN_LINE] = jit_line,
    [JIT_FN_FP] = fn_fp,
    [JIT_FN_BITS] = fn_bits,
    [JIT_FN_LOAD_VECTOR] = fn_load_vector,
    [JIT_FN_STORE_VECTOR] = fn_store_vector,
    [JIT_FN_VECTOR] = jit_vector,
};

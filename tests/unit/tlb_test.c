/* SPDX-License-Identifier: BSD-2-Clause */
/* The software TLB and the slow path of guest accesses. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tlb_rig.h"

#define TLB_TEST(name) Test(tlb, name, .init = tlb_rig_up, .fini = tlb_rig_down)

/* ---- filling and the fast path ---- */

TLB_TEST(fills_what_is_allowed)
{
    static const uint32_t prots[] = {VM_PROT_READ, RW, RWX, VM_PROT_READ | VM_PROT_EXEC};
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t va = 0x400000 + i * PAGE, pa = RAM_BASE + (i + 3) * PAGE;
        map(0, va, pa, 12, prots[i]);
        memset(ram(pa), (int)i + 1, PAGE);
        cr_assert(!is_fast(va, VM_ACCESS_READ));
        cr_assert_eq(load(va + 8, 4), 0x01010101u * (i + 1));
        cr_assert_eq(vm_tlb_probe(rig.cpu, VM_MMU_DATA, va + 5, 4, VM_ACCESS_READ), ram(pa + 5));
        cr_assert_eq(is_fast(va, VM_ACCESS_WRITE), (prots[i] & VM_PROT_WRITE) != 0);
        cr_assert_eq(is_fast(va, VM_ACCESS_EXEC), (prots[i] & VM_PROT_EXEC) != 0);
        cr_assert_null(vm_tlb_probe(rig.cpu, VM_MMU_DATA, va + PAGE - 3, 4, VM_ACCESS_READ));
    }
    int walks = rig.walks;
    load(0x400008, 8);
    cr_assert_eq(rig.walks, walks);
    expect_fault(tlb_store(rig.cpu, 0x400010, memop(4, 0), 0), VM_FAULT_TRANSLATE, VM_ACCESS_WRITE,
                 0x400010);
    cr_assert_eq(rig.cpu->fault.code, 0x100 + VM_ACCESS_WRITE);
    cr_assert_eq(rig.cpu->fault.value, 0x400010 ^ VM_MMU_DATA);
}

/* A page that may be written only after a second walk (dirty bit) becomes writable then. */
TLB_TEST(write_after_read_walks_again)
{
    struct mapping *m = map(0, 0x1000, RAM_BASE, 12, VM_PROT_READ);
    load(0x1000, 8);
    m->prot = RW;
    cr_assert(!is_fast(0x1000, VM_ACCESS_WRITE));
    cr_assert_eq(tlb_store(rig.cpu, 0x1000, memop(8, 0), 7), VM_MEM_OK);
    cr_assert(is_fast(0x1000, VM_ACCESS_WRITE));
    cr_assert_eq(load(0x1000, 8), 7);
}

TLB_TEST(no_cache_is_never_filled)
{
    map(0, 0x1000, RAM_BASE, 12, RWX)->no_cache = true;
    map(0, 0x2000, RAM_BASE + PAGE, 8, RWX);
    for (int i = 1; i <= 3; i++) {
        bool no_cache = false;
        uint64_t pa;
        load(0x1000, 8);
        load(0x2080 - 0x80, 8);
        cr_assert(tlb_fetch_page(rig.tlb, 0x1000, &pa, &no_cache));
        cr_assert(no_cache);
        cr_assert_eq(rig.walks, 3 * i);
        cr_assert(!is_fast(0x1000, VM_ACCESS_READ));
    }
    cr_assert_eq(tlb_stats(rig.tlb)->fills, 0);
}

/* ---- order of checks, faults ---- */

TLB_TEST(alignment_comes_before_translation)
{
    uint64_t value;
    expect_fault(tlb_load(rig.cpu, 0x1001, memop(2, VM_MEMOP_ALIGN), &value), VM_FAULT_ALIGN,
                 VM_ACCESS_READ, 0x1001);
    expect_fault(tlb_store(rig.cpu, 0x1004, memop(8, VM_MEMOP_ALIGN), 0), VM_FAULT_ALIGN,
                 VM_ACCESS_WRITE, 0x1004);
    cr_assert_eq(rig.walks, 0);
    expect_fault(tlb_load(rig.cpu, 0x1001, memop(2, 0), &value), VM_FAULT_TRANSLATE, VM_ACCESS_READ,
                 0x1001);
}

TLB_TEST(page_crossing)
{
    uint64_t value;
    map(0, 0x1000, RAM_BASE + 5 * PAGE, 12, RW);
    for (uint64_t i = 0; i < 16; i++)
        ram(RAM_BASE + 6 * PAGE - 8)[i] = 0x11;
    /* Second page missing: the fault is at its first byte, and nothing was stored on the first. */
    expect_fault(tlb_store(rig.cpu, 0x1ffd, memop(8, 0), UINT64_MAX), VM_FAULT_TRANSLATE,
                 VM_ACCESS_WRITE, 0x2000);
    cr_assert_eq(load(0x1ff8, 8), UINT64_C(0x1111111111111111));
    expect_fault(tlb_load(rig.cpu, 0x0fff, memop(2, 0), &value), VM_FAULT_TRANSLATE, VM_ACCESS_READ,
                 0x0fff);
    map(0, 0x2000, RAM_BASE + 9 * PAGE, 12, RW);
    for (uint32_t big = 0; big < 2; big++) {
        for (uint32_t size = 2; size <= 8; size *= 2) {
            for (uint32_t before = 1; before < size; before++) {
                uint64_t data = UINT64_C(0x8877665544332211) + size + before, va = 0x2000 - before;
                uint64_t mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1;
                uint32_t op = memop(size, big ? VM_MEMOP_BIG : 0);
                cr_assert_eq(tlb_store(rig.cpu, va, op, data), VM_MEM_OK);
                cr_assert_eq(tlb_load(rig.cpu, va, op, &value), VM_MEM_OK);
                cr_assert_eq(value, data & mask);
                uint32_t place = big ? size - 1 : 0;
                cr_assert_eq(*ram(RAM_BASE + 6 * PAGE - before), (uint8_t)(data >> (8 * place)));
                place = big ? size - 1 - before : before;
                cr_assert_eq(*ram(RAM_BASE + 9 * PAGE), (uint8_t)(data >> (8 * place)));
            }
        }
    }
}

TLB_TEST(byte_order_and_sizes)
{
    uint64_t value;
    map(0, 0x1000, RAM_BASE, 12, RW);
    for (uint8_t i = 0; i < 16; i++)
        ram(RAM_BASE)[i] = (uint8_t)(i + 1);
    static const uint64_t little[] = {0x02, 0x0302, 0x05040302, 0x0908070605040302};
    static const uint64_t big[] = {0x02, 0x0203, 0x02030405, 0x0203040506070809};
    for (uint32_t i = 0; i < 4; i++) {
        cr_assert_eq(load(0x1001, 1u << i), little[i]);
        cr_assert_eq(tlb_load(rig.cpu, 0x1001, memop(1u << i, VM_MEMOP_BIG), &value), VM_MEM_OK);
        cr_assert_eq(value, big[i]);
        uint32_t ordered = VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE;
        cr_assert_eq(tlb_store(rig.cpu, 0x1020, memop(1u << i, ordered), little[i]), VM_MEM_OK);
        cr_assert_eq(tlb_load(rig.cpu, 0x1020, memop(1u << i, ordered), &value), VM_MEM_OK);
        cr_assert_eq(value, little[i]);
    }
}

TLB_TEST(registers)
{
    uint64_t value, pa;
    bool no_cache;
    map(0, 0x1000, MMIO_BASE, 12, RWX);
    map(0, 0x2000, UINT64_C(0x70000000), 12, RWX);
    rig.reg[0] = UINT64_C(0x0123456789abcdef);
    for (int i = 1; i <= 3; i++) {
        cr_assert_eq(load(0x1000, 8), rig.reg[0]);
        cr_assert_eq(rig.reads, i);
        cr_assert_eq(rig.walks, 1);
        cr_assert(!is_fast(0x1000, VM_ACCESS_READ));
    }
    cr_assert_eq(load(0x1004, 4), 0x01234567);
    cr_assert_eq(tlb_load(rig.cpu, 0x1000, memop(4, VM_MEMOP_BIG), &value), VM_MEM_OK);
    cr_assert_eq(value, 0xefcdab89);
    cr_assert_eq(tlb_store(rig.cpu, 0x1008, memop(8, 0), 99), VM_MEM_OK);
    cr_assert_eq(rig.reg[1], 99);
    /* misaligned, beyond its end, atomics, blocks, code; nothing there at all */
    expect_fault(tlb_load(rig.cpu, 0x1002, memop(4, 0), &value), VM_FAULT_BUS, VM_ACCESS_READ,
                 0x1002);
    expect_fault(tlb_store(rig.cpu, 0x1010, memop(4, 0), 0), VM_FAULT_BUS, VM_ACCESS_WRITE, 0x1010);
    expect_fault(tlb_amo(rig.cpu, 0x1000, memop(8, 0), 0, &value), VM_FAULT_BUS, VM_ACCESS_WRITE,
                 0x1000);
    expect_fault(tlb_cas(rig.cpu, 0x1000, memop(8, 0), 0, 0, &value), VM_FAULT_BUS, VM_ACCESS_WRITE,
                 0x1000);
    cr_assert_null(tlb_probe_block(rig.cpu, 0x1000, 8, VM_ACCESS_READ, VM_MMU_DATA));
    expect_fault(VM_MEM_FAULT, VM_FAULT_BUS, VM_ACCESS_READ, 0x1000);
    cr_assert_null(tlb_fetch_page(rig.tlb, 0x1000, &pa, &no_cache));
    expect_fault(VM_MEM_FAULT, VM_FAULT_BUS, VM_ACCESS_EXEC, 0x1000);
    expect_fault(tlb_load(rig.cpu, 0x2468, memop(4, 0), &value), VM_FAULT_BUS, VM_ACCESS_READ,
                 0x2468);
    rig.device_fails = 1;
    expect_fault(tlb_load(rig.cpu, 0x1000, memop(8, 0), &value), VM_FAULT_BUS, VM_ACCESS_READ,
                 0x1000);
    expect_fault(tlb_store(rig.cpu, 0x1000, memop(8, 0), 0), VM_FAULT_BUS, VM_ACCESS_WRITE, 0x1000);
    /* half RAM, half registers: the fault is at the first byte of the registers */
    map(0, 0x0000, RAM_BASE, 12, RW);
    int writes = rig.writes;
    expect_fault(tlb_store(rig.cpu, 0x0ffe, memop(4, 0), 0), VM_FAULT_BUS, VM_ACCESS_WRITE, 0x1000);
    cr_assert_eq(rig.writes, writes);
}

/* ---- read-modify-write ---- */

static uint64_t amo_model(enum vm_amo op, uint64_t a, uint64_t b, uint32_t size)
{
    int64_t sa = (int64_t)(a << (64 - 8 * size)), sb = (int64_t)(b << (64 - 8 * size));
    switch (op) {
    case VM_AMO_SWAP:
        return b;
    case VM_AMO_ADD:
        return a + b;
    case VM_AMO_AND:
        return a & b;
    case VM_AMO_OR:
        return a | b;
    case VM_AMO_XOR:
        return a ^ b;
    case VM_AMO_SMIN:
        return sa < sb ? a : b;
    case VM_AMO_SMAX:
        return sa > sb ? a : b;
    case VM_AMO_UMIN:
        return a < b ? a : b;
    default:
        return a > b ? a : b;
    }
}

TLB_TEST(amo_and_cas)
{
    uint64_t old;
    map(0, 0x1000, RAM_BASE, 12, RW);
    srand(2);
    for (int i = 0; i < 20000; i++) {
        uint32_t size = 1u << (rand() % 4), big = rand() % 2 ? VM_MEMOP_BIG : 0;
        uint64_t mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1;
        uint64_t a = ((uint64_t)rand() * 0x9e3779b97f4a7c15u) & mask;
        uint64_t operand =
            (uint64_t)rand() * 0xc2b2ae3d27d4eb4fu; /* its high bytes must not matter */
        uint64_t va = 0x1000 + (uint64_t)(rand() % 64) * size;
        enum vm_amo op = (enum vm_amo)(rand() % VM_AMO_COUNT);
        uint32_t plain = memop(size, big);
        cr_assert_eq(tlb_store(rig.cpu, va, plain, a), VM_MEM_OK);
        cr_assert_eq(tlb_amo(rig.cpu, va, plain | op << VM_MEMOP_AMO_SHIFT, operand, &old),
                     VM_MEM_OK);
        cr_assert_eq(old, a);
        uint64_t now, expected = amo_model(op, a, operand & mask, size) & mask;
        cr_assert_eq(tlb_load(rig.cpu, va, plain, &now), VM_MEM_OK);
        cr_assert_eq(now, expected, "op %d size %u", op, size);
        cr_assert_eq(tlb_cas(rig.cpu, va, plain, expected + 1, a, &old), VM_MEM_OK);
        cr_assert_eq(old, expected);
        cr_assert_eq(tlb_cas(rig.cpu, va, plain, expected, a, &old), VM_MEM_OK);
        cr_assert_eq(old, expected);
        cr_assert_eq(tlb_load(rig.cpu, va, plain, &now), VM_MEM_OK);
        cr_assert_eq(now, a);
    }
    expect_fault(tlb_amo(rig.cpu, 0x1002, memop(4, 0), 0, &old), VM_FAULT_ALIGN, VM_ACCESS_WRITE,
                 0x1002);
    expect_fault(tlb_cas(rig.cpu, 0x1004, memop(8, 0), 0, 0, &old), VM_FAULT_ALIGN, VM_ACCESS_WRITE,
                 0x1004);
    rig.mappings[0].prot = VM_PROT_READ;
    tlb_flush(rig.tlb, 0, 0, 0, 0, false);
    expect_fault(tlb_amo(rig.cpu, 0x1000, memop(4, 0), 0, &old), VM_FAULT_TRANSLATE,
                 VM_ACCESS_WRITE, 0x1000);
}

/* ---- translated code ---- */

static void set_code(uint64_t pa, bool on)
{
    _Atomic uint8_t *flags = ram_page_flags(space_ram_block(rig.space, pa), pa);
    if (on)
        atomic_fetch_or(flags, PAGE_CODE);
    else
        atomic_fetch_and(flags, (uint8_t)~PAGE_CODE);
}

TLB_TEST(stores_to_code)
{
    uint64_t old;
    map(0, 0x1000, RAM_BASE, 12, RWX);
    map(0, 0x5000, RAM_BASE, 12, RWX); /* the same page again */
    tlb_store(rig.cpu, 0x1000, memop(8, 0), 1);
    tlb_store(rig.cpu, 0x5000, memop(8, 0), 1);
    set_code(RAM_BASE, true);
    tlb_protect_page(rig.tlb, RAM_BASE);
    cr_assert(!is_fast(0x1000, VM_ACCESS_WRITE) && !is_fast(0x5000, VM_ACCESS_WRITE));
    cr_assert(is_fast(0x1000, VM_ACCESS_READ));
    cr_assert_eq(tlb_store(rig.cpu, 0x1ff8, memop(4, 0), 1), VM_MEM_CODE);
    cr_assert(rig.hooks == 1 && rig.hook_pa == RAM_BASE + 0xff8 && rig.hook_n == 4);
    cr_assert_eq(load(0x1ff8, 4), 1);
    rig.hook_hit = false; /* nothing of that part was translated */
    cr_assert_eq(tlb_store(rig.cpu, 0x5010, memop(1, 0), 1), VM_MEM_OK);
    cr_assert(rig.hooks == 2 && rig.hook_pa == RAM_BASE + 0x10 && rig.hook_n == 1);
    rig.hook_hit = true;
    cr_assert_eq(tlb_amo(rig.cpu, 0x1000, memop(4, 0), 1, &old), VM_MEM_CODE);
    cr_assert_eq(tlb_cas(rig.cpu, 0x1000, memop(4, 0), 77, 1, &old),
                 VM_MEM_OK); /* stored nothing */
    cr_assert_eq(rig.hooks, 3);
    cr_assert_eq(tlb_cas(rig.cpu, 0x1000, memop(4, 0), old, 1, &old), VM_MEM_CODE);
    cr_assert_eq(rig.walks, 2);
    /* a fill while the flag is set is slow for stores too */
    tlb_flush(rig.tlb, 0, 0, 0, 0, false);
    load(0x1000, 8);
    cr_assert(!is_fast(0x1000, VM_ACCESS_WRITE));
    /* and the flag's end brings the fast path back with the next store */
    set_code(RAM_BASE, false);
    cr_assert_eq(tlb_store(rig.cpu, 0x1000, memop(8, 0), 1), VM_MEM_OK);
    cr_assert(is_fast(0x1000, VM_ACCESS_WRITE));
}

TLB_TEST(store_across_two_code_pages)
{
    map(0, 0x1000, RAM_BASE + 4 * PAGE, 12, RW);
    map(0, 0x2000, RAM_BASE + 8 * PAGE, 12, RW);
    set_code(RAM_BASE + 8 * PAGE, true);
    cr_assert_eq(tlb_store(rig.cpu, 0x1ffe, memop(8, 0), 0), VM_MEM_CODE);
    cr_assert(rig.hooks == 1 && rig.hook_pa == RAM_BASE + 8 * PAGE && rig.hook_n == 6);
    set_code(RAM_BASE + 4 * PAGE, true);
    tlb_protect_page(rig.tlb, RAM_BASE + 4 * PAGE);
    cr_assert_eq(tlb_store(rig.cpu, 0x1ffe, memop(8, 0), 0), VM_MEM_CODE);
    cr_assert_eq(rig.hooks, 3);
}

static void expect_misaligned(int result, enum vm_access access, uint64_t va)
{
    expect_fault(result, VM_FAULT_ALIGN, access, va);
    cr_assert_eq(rig.cpu->fault.code, 1);
}

TLB_TEST(memory_for_aligned_accesses_only)
{
    uint64_t value;
    map(0, 0x1000, RAM_BASE, 12, RWX)->aligned = true;
    map(0, 0x2000, RAM_BASE + PAGE, 12, RW);
    for (uint32_t round = 0; round < 3; round++) { /* a walk, the table, a victim of another page */
        for (uint32_t size = 1; size <= 8; size *= 2)
            for (uint64_t va = 0x1010; va < 0x1018; va++) {
                int loaded = tlb_load(rig.cpu, va, memop(size, 0), &value);
                if (va % size)
                    expect_misaligned(loaded, VM_ACCESS_READ, va);
                else
                    cr_assert_eq(loaded, VM_MEM_OK);
                int stored = tlb_store(rig.cpu, va, memop(size, 0), 0);
                if (va % size)
                    expect_misaligned(stored, VM_ACCESS_WRITE, va);
                else
                    cr_assert_eq(stored, VM_MEM_OK);
            }
        cr_assert(!is_fast(0x1010, VM_ACCESS_READ) && !is_fast(0x1010, VM_ACCESS_WRITE));
        tlb_load(rig.cpu, 0x1000 + round * 0x100000, memop(1, 0), &value);
    }
    /* parts of an access, and halves of one that is misaligned */
    cr_assert_eq(tlb_load(rig.cpu, 0x1012, memop(8, 2u << VM_MEMOP_PARTS_SHIFT), &value),
                 VM_MEM_OK);
    expect_misaligned(tlb_load(rig.cpu, 0x1012, memop(8, 1u << VM_MEMOP_PARTS_SHIFT), &value),
                      VM_ACCESS_READ, 0x1012);
    expect_misaligned(tlb_load(rig.cpu, 0x1018, vm_memop_of_half(0x1018, 4), &value),
                      VM_ACCESS_READ, 0x1018);
    cr_assert_eq(tlb_load(rig.cpu, 0x1018, vm_memop_of_half(0x1010, 4), &value), VM_MEM_OK);
    /* across the border nothing is stored */
    cr_assert_eq(tlb_store(rig.cpu, 0x2000, memop(8, 0), 0), VM_MEM_OK);
    expect_misaligned(tlb_store(rig.cpu, 0x1ffc, memop(8, 0), UINT64_MAX), VM_ACCESS_WRITE, 0x1ffc);
    cr_assert_eq(load(0x2000, 8), 0);
    /* code that was there and is gone does not make stores fast */
    set_code(RAM_BASE, true);
    tlb_protect_page(rig.tlb, RAM_BASE);
    cr_assert_eq(tlb_store(rig.cpu, 0x1000, memop(8, 0), 0), VM_MEM_CODE);
    set_code(RAM_BASE, false);
    cr_assert_eq(tlb_store(rig.cpu, 0x1000, memop(8, 0), 0), VM_MEM_OK);
    cr_assert(!is_fast(0x1000, VM_ACCESS_WRITE));
    expect_misaligned(tlb_store(rig.cpu, 0x1001, memop(8, 0), 0), VM_ACCESS_WRITE, 0x1001);
}

TLB_TEST(probe_and_wrote)
{
    map(0, 0x1000, RAM_BASE, 12, RW);
    map(0, 0x2000, RAM_BASE + PAGE, 12, VM_PROT_READ);
    cr_assert_eq(tlb_probe_block(rig.cpu, 0x1040, 64, VM_ACCESS_WRITE, VM_MMU_DATA),
                 ram(RAM_BASE + 64));
    cr_assert_eq(tlb_wrote(rig.cpu, 0x1040, 64), VM_MEM_OK);
    set_code(RAM_BASE, true);
    cr_assert_eq(tlb_wrote(rig.cpu, 0x1040, 64), VM_MEM_CODE);
    cr_assert(rig.hooks == 1 && rig.hook_pa == RAM_BASE + 64 && rig.hook_n == 64);
    cr_assert_null(tlb_probe_block(rig.cpu, 0x2000, 64, VM_ACCESS_WRITE, VM_MMU_DATA));
    expect_fault(VM_MEM_FAULT, VM_FAULT_TRANSLATE, VM_ACCESS_WRITE, 0x2000);
    cr_assert(tlb_probe_block(rig.cpu, 0x2000, 4096, VM_ACCESS_READ, VM_MMU_DATA));
    cr_assert_null(tlb_probe_block(rig.cpu, 0x2001, 4096, VM_ACCESS_READ, VM_MMU_DATA));
}

TLB_TEST(physical_accesses_of_walks)
{
    uint64_t value, old;
    *(uint64_t *)ram(RAM_BASE + 8) = UINT64_C(0x1122334455667788);
    cr_assert_eq(tlb_phys_load(rig.cpu, RAM_BASE + 8, 8, &value), VM_ACCESS_OK);
    cr_assert_eq(value, UINT64_C(0x1122334455667788));
    cr_assert_eq(tlb_phys_load(rig.cpu, RAM_BASE + 12, 4, &value), VM_ACCESS_OK);
    cr_assert_eq(value, 0x11223344);
    static const struct {
        uint64_t pa;
        uint32_t size;
    } bad[] = {{RAM_BASE + 4, 8},  {RAM_BASE, 2},  {RAM_BASE, 16},
               {RAM_BASE - 8, 8},  {MMIO_BASE, 8}, {RAM_BASE + RAM_PAGES * PAGE, 8},
               {UINT64_MAX - 7, 8}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(tlb_phys_load(rig.cpu, bad[i].pa, bad[i].size, &value), VM_ACCESS_ERROR, "%zu",
                     i);
        cr_assert_eq(tlb_phys_cas(rig.cpu, bad[i].pa, bad[i].size, 0, 0, &old), VM_ACCESS_ERROR,
                     "%zu", i);
    }
    cr_assert_eq(tlb_phys_cas(rig.cpu, RAM_BASE + 8, 8, 1, 2, &old), VM_ACCESS_OK);
    cr_assert_eq(old, UINT64_C(0x1122334455667788));
    set_code(RAM_BASE, true);
    cr_assert_eq(tlb_phys_cas(rig.cpu, RAM_BASE + 8, 8, old, 2, &old), VM_ACCESS_OK);
    cr_assert_eq(*(uint64_t *)ram(RAM_BASE + 8), 2);
    cr_assert_eq(rig.hooks, 1);
}

/* ---- contexts ---- */

TLB_TEST(contexts_are_kept)
{
    map(1, 0x1000, RAM_BASE + 1 * PAGE, 12, RW);
    map(2, 0x1000, RAM_BASE + 2 * PAGE, 12, RW);
    *ram(RAM_BASE + 1 * PAGE) = 1;
    *ram(RAM_BASE + 2 * PAGE) = 2;
    for (int i = 0; i < 10; i++) {
        uint64_t id = 1 + (uint64_t)i % 2;
        tlb_select(rig.tlb, VM_MMU_DATA, id);
        cr_assert_eq(load(0x1000, 1), id);
    }
    cr_assert_eq(rig.walks, 2);
    /* two MMU indices of one context share what one of them filled */
    tlb_select(rig.tlb, VM_MMU_ALT0, 2);
    cr_assert_eq(rig.cpu->tlb[VM_MMU_ALT0].entries, rig.cpu->tlb[VM_MMU_DATA].entries);
    cr_assert(vm_tlb_probe(rig.cpu, VM_MMU_ALT0, 0x1000, 1, VM_ACCESS_READ));
    tlb_select(rig.tlb, VM_MMU_ALT0, 1);
    cr_assert(vm_tlb_probe(rig.cpu, VM_MMU_ALT0, 0x1000, 1, VM_ACCESS_READ));
    cr_assert_neq(rig.cpu->tlb[VM_MMU_ALT0].entries, rig.cpu->tlb[VM_MMU_DATA].entries);
}

TLB_TEST(contexts_are_recycled)
{
    for (uint64_t id = 1; id <= 100; id++) {
        map(id, 0x1000, RAM_BASE + id * PAGE, 12, RW);
        *ram(RAM_BASE + id * PAGE) = (uint8_t)id;
    }
    tlb_select(rig.tlb, VM_MMU_ALT1, 100); /* selected throughout: never recycled */
    uint32_t alt = 1u | VM_MMU_ALT1 << VM_MEMOP_MMU_SHIFT;
    for (int round = 0; round < 3; round++) {
        for (uint64_t id = 1; id < 100; id++) {
            uint64_t value;
            tlb_select(rig.tlb, VM_MMU_DATA, id);
            cr_assert_eq(load(0x1000, 1), id);
            cr_assert_eq(tlb_load(rig.cpu, 0x1000, alt, &value), VM_MEM_OK);
            cr_assert_eq(value, 100);
        }
    }
    cr_assert_eq(rig.walks, 3 * 99 + 1);
    /* those used last are still there */
    tlb_select(rig.tlb, VM_MMU_DATA, 90);
    load(0x1000, 1);
    cr_assert_eq(rig.walks, 3 * 99 + 1);
}

/* ---- table size and victims ---- */

/* Or an access over both would find the second one's memory, and write before its begin. */
TLB_TEST(neighbours_do_not_share_an_entry)
{
    const uint64_t second = (uint64_t)1 << 40; /* as many pages' numbers end in zeros as may */
    const uint32_t sizes[] = {2, 4, 8, 16};

    for (uint64_t entries = 64; entries <= TLB_MAX_ENTRIES; entries *= 2)
        for (uint32_t bits = 0; bits < 52; bits++) {
            uint64_t next = (uint64_t)PAGE << bits;
            cr_assert_neq(vm_tlb_index(next - 1, entries - 1), vm_tlb_index(next, entries - 1));
        }
    map(0, second, RAM_BASE, 12, RW);
    load(second, 1);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (uint32_t before = 1; before < sizes[i]; before++)
            cr_assert_null(
                vm_tlb_probe(rig.cpu, VM_MMU_DATA, second - before, sizes[i], VM_ACCESS_WRITE));
}

TLB_TEST(conflicts_go_to_the_victims)
{
    uint64_t stride = PAGE * TLB_MIN_ENTRIES;
    uint64_t va[6];
    int n = 0;
    for (uint64_t v = stride; n < 6; v += PAGE)
        if (vm_tlb_index(v, TLB_MIN_ENTRIES - 1) == 0)
            va[n++] = v;
    for (int i = 0; i < 6; i++) {
        map(0, va[i], RAM_BASE + (uint64_t)i * PAGE, 12, RW);
        *ram(RAM_BASE + (uint64_t)i * PAGE) = (uint8_t)i;
    }
    for (int i = 0; i < 60; i++)
        cr_assert_eq(load(va[i % 6], 1), (uint64_t)(i % 6));
    cr_assert_eq(rig.walks, 6);
    cr_assert_gt(tlb_stats(rig.tlb)->victim_hits, 50);
    /* a victim is flushed, and protected, like any other */
    tlb_flush(rig.tlb, 0, 0, va[2], 1, false);
    load(va[2], 1);
    cr_assert_eq(rig.walks, 7);
    tlb_store(rig.cpu, va[0], memop(1, 0), 0);
    load(va[1], 1); /* pushes va[0] out */
    set_code(RAM_BASE, true);
    tlb_protect_page(rig.tlb, RAM_BASE);
    cr_assert_eq(tlb_store(rig.cpu, va[0], memop(1, 0), 0), VM_MEM_CODE);
    cr_assert_eq(rig.walks, 7);
}

static void map_many(uint64_t context, uint32_t pages)
{
    /* as one large mapping in the walk, but 4K pages in the table */
    for (uint32_t i = 0; i < pages; i++)
        map(context, 0x40000000 + i * PAGE, RAM_BASE + i * PAGE, 12, RWX);
}

TLB_TEST(table_grows_and_shrinks)
{
    map_many(0, 2048);
    for (uint32_t i = 0; i < 2048; i++)
        *(uint32_t *)ram(RAM_BASE + i * PAGE) = i;
    for (int round = 0; round < 12; round++)
        for (uint32_t i = 0; i < 2048; i++)
            cr_assert_eq(load(0x40000000 + i * PAGE, 4), i);
    cr_assert_geq(rig.cpu->tlb[VM_MMU_DATA].mask + 1, 2048);
    cr_assert_leq(rig.cpu->tlb[VM_MMU_DATA].mask + 1, TLB_MAX_ENTRIES);
    cr_assert_eq(rig.cpu->tlb[VM_MMU_DATA].entries, rig.cpu->tlb[VM_MMU_FETCH].entries);
    int walks = rig.walks;
    for (uint32_t i = 0; i < 2048; i++)
        load(0x40000000 + i * PAGE, 4);
    cr_assert_leq(rig.walks - walks, 100);
    for (int i = 0; i < 10; i++) {
        load(0x40000000, 4);
        tlb_flush(rig.tlb, 0, 0, 0, 0, false);
    }
    cr_assert_eq(rig.cpu->tlb[VM_MMU_DATA].mask + 1, TLB_MIN_ENTRIES);
    cr_assert_eq(load(0x40000000 + 77 * PAGE, 4), 77);
}

TLB_TEST(total_size_is_capped)
{
    for (uint64_t id = 1; id <= 3; id++)
        map_many(id, 1300);
    for (int round = 0; round < 30; round++) {
        for (uint64_t id = 1; id <= 3; id++) {
            tlb_select(rig.tlb, VM_MMU_DATA, id);
            for (uint32_t i = 0; i < 1300; i++)
                load(0x40000000 + i * PAGE, 1);
        }
    }
    cr_assert_leq(rig.tlb->total_entries, TLB_TOTAL_ENTRIES);
    for (uint64_t id = 10; id < 80; id++) /* many small ones after it */
        tlb_select(rig.tlb, VM_MMU_DATA, id);
    cr_assert_leq(rig.tlb->total_entries, TLB_TOTAL_ENTRIES);
}

/* ---- flushes ---- */

/* Whether context `id` still knows va; leaves it selected. */
static bool knows(uint64_t id, uint64_t va)
{
    int walks = rig.walks;
    tlb_select(rig.tlb, VM_MMU_DATA, id);
    load(va, 1);
    return rig.walks == walks;
}

TLB_TEST(flush_scopes)
{
    static const struct {
        uint64_t match, mask, va, length;
        bool keep_global;
        /* what is left of: context 0x11 pages 1, 2, global 3; context 0x12 page 1, global 3;
         * context 0x21 page 1 */
        bool left[6];
    } cases[] = {
        {0, 0, 0, 0, false, {0, 0, 0, 0, 0, 0}},
        {0, 0, 0, 0, true, {0, 0, 1, 0, 1, 0}},
        {0x10, 0xf0, 0, 0, false, {0, 0, 0, 0, 0, 1}},
        {0x11, ~0ull, 0, 0, true, {0, 0, 1, 1, 1, 1}},
        {0x11, ~0ull, 0x1000, 1, false, {0, 1, 1, 1, 1, 1}},
        {0x11, ~0ull, 0x1fff, 2, false, {0, 0, 1, 1, 1, 1}},
        {0, 0, 0x1234, 8, false, {0, 1, 1, 0, 1, 0}},
        {0, 0, 0x3000, 1, true, {1, 1, 1, 1, 1, 1}},
        {0, 0, 0x3000, 1, false, {1, 1, 0, 1, 0, 1}},
        {0, 0, 0x2000, 0x2000000, false, {1, 0, 0, 1, 0, 1}},
        {0, 0, 0x2000, UINT64_MAX, true, {1, 0, 1, 1, 1, 1}},
        {0, 0, 0x4000, 0x10000, false, {1, 1, 1, 1, 1, 1}},
        {0x77, ~0ull, 0, 0, false, {1, 1, 1, 1, 1, 1}},
    };
    static const uint64_t where[6][2] = {{0x11, 0x1000}, {0x11, 0x2000}, {0x11, 0x3000},
                                         {0x12, 0x1000}, {0x12, 0x3000}, {0x21, 0x1000}};
    for (int i = 0; i < 6; i++)
        map(where[i][0], where[i][1], RAM_BASE + (uint64_t)i * PAGE, 12, RW)->global =
            where[i][1] == 0x3000;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        for (int i = 0; i < 6; i++)
            knows(where[i][0], where[i][1]);
        tlb_flush(rig.tlb, cases[c].match, cases[c].mask, cases[c].va, cases[c].length,
                  cases[c].keep_global);
        for (int i = 0; i < 6; i++)
            cr_assert_eq(knows(where[i][0], where[i][1]), cases[c].left[i], "case %zu entry %d", c,
                         i);
    }
}

TLB_TEST(large_pages)
{
    uint64_t va = 0x40000000;
    map(0, va, RAM_BASE, 21, RW);
    map(0, va + 0x200000, RAM_BASE, 21, RW);
    map(0, va + 0x400000, RAM_BASE, 12, RW);
    tlb_select(rig.tlb, VM_MMU_DATA, 0);
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < 5; i++)
            load(va + i * PAGE, 1);
        load(va + 0x200000, 1);
        load(va + 0x400000, 1);
        tlb_flush(rig.tlb, 0, 0, va + 0x1ff000, 1, false); /* a page of it that was never used */
        for (uint64_t i = 0; i < 5; i++)
            cr_assert(!knows(0, va + i * PAGE), "page %d", (int)i);
        cr_assert(knows(0, va + 0x200000)); /* the other large page and the small one are left */
        cr_assert(knows(0, va + 0x400000));
    }
    /* small pages inside a merged range stay when a large one far from them goes */
    for (uint64_t i = 0; i < 40; i++)
        map(0, 0x80000000 + i * 0x400000, RAM_BASE, 21, RW);
    map(0, 0x80200000, RAM_BASE, 12, RW);
    for (uint64_t i = 0; i < 40; i++)
        load(0x80000000 + i * 0x400000 + 5 * PAGE, 1);
    load(0x80200000, 1);
    tlb_flush(rig.tlb, 0, 0, 0x80000000, 1, false);
    cr_assert(!knows(0, 0x80000000 + 5 * PAGE));
    cr_assert(knows(0, 0x80200000));
    for (uint64_t i = 1; i < 40; i++) {
        tlb_flush(rig.tlb, 0, 0, 0x80000000 + i * 0x400000, 1, false);
        cr_assert(!knows(0, 0x80000000 + i * 0x400000 + 5 * PAGE), "large page %d", (int)i);
    }
}

/* Reads `pages` pages in order; returns how many were walked to. */
static int read_on(uint64_t va, uint32_t pages)
{
    int walks = rig.walks;
    for (uint32_t i = 0; i < pages; i++)
        cr_assert_eq(load(va + i * PAGE + 8, 8), i);
    return rig.walks - walks;
}

/* A large page that is read from its begin to its end is filled ahead, one whose parts may differ
 * is not. */
TLB_TEST(streams_are_filled_ahead)
{
    struct mapping *m = map(0, 0x40000000, RAM_BASE, 21, RW);
    for (uint64_t i = 0; i < 512; i++)
        memcpy(ram(RAM_BASE + i * PAGE + 8), &i, 8);
    cr_assert_eq(read_on(0x40000000, 200), 200);
    m->uniform_bits = 21;
    tlb_flush(rig.tlb, 0, 0, 0, 0, false);
    cr_assert_leq(read_on(0x40000000, 512), 5 + 512 / (TLB_MOST_AHEAD + 1));
    cr_assert(is_fast(0x401ff000, VM_ACCESS_WRITE));
    m->uniform_bits = 14; /* four pages at a time at most */
    tlb_flush(rig.tlb, 0, 0, 0, 0, false);
    int walks = read_on(0x40000000, 512);
    cr_assert(walks >= 128 && walks <= 140, "%d", walks);
}

/* No further than the page, and than the memory behind it. */
TLB_TEST(streams_end_with_their_page)
{
    map(0, 0x40000000, RAM_BASE, 16, RW)->uniform_bits = 16;
    map(0, 0x40010000, RAM_BASE + 0x100000, 16, RW)->uniform_bits = 16;
    uint64_t last = RAM_BASE + (RAM_PAGES - 8) * PAGE;
    map(0, 0x80000000, last & ~UINT64_C(0xffff), 30, RW)->uniform_bits = 30;
    for (uint64_t i = 0; i < 16; i++) {
        memcpy(ram(RAM_BASE + i * PAGE + 8), &i, 8);
        uint64_t later = i + 16;
        memcpy(ram(RAM_BASE + 0x100000 + i * PAGE + 8), &later, 8);
    }
    cr_assert_lt(read_on(0x40000000, 32), 12);
    uint64_t va = 0x80000000 + (last & 0xffff);
    for (uint32_t i = 0; i < 8; i++)
        load(va + i * PAGE, 8);
    uint64_t value;
    expect_fault(tlb_load(rig.cpu, va + 8 * PAGE, memop(8, 0), &value), VM_FAULT_BUS,
                 VM_ACCESS_READ, va + 8 * PAGE);
}

/* A page that holds code is as slow to write as it would be otherwise; a flush of one is one of
 * all. */
TLB_TEST(what_was_filled_ahead_is_like_any_other)
{
    map(0, 0x40000000, RAM_BASE, 21, RW)->uniform_bits = 21;
    atomic_fetch_or(ram_page_flags(space_ram_block(rig.space, RAM_BASE), RAM_BASE + 5 * PAGE),
                    PAGE_CODE);
    for (uint64_t i = 0; i < 4; i++)
        cr_assert_eq(tlb_store(rig.cpu, 0x40000000 + i * PAGE, memop(8, 0), 1), VM_MEM_OK);
    cr_assert(is_fast(0x40004000, VM_ACCESS_WRITE));
    cr_assert(!is_fast(0x40005000, VM_ACCESS_WRITE));
    cr_assert(is_fast(0x40006000, VM_ACCESS_WRITE));
    tlb_protect_page(rig.tlb, RAM_BASE + 6 * PAGE);
    cr_assert(!is_fast(0x40006000, VM_ACCESS_WRITE));
    tlb_flush(rig.tlb, 0, 0, 0x40004000, PAGE, false);
    for (uint64_t i = 0; i < 16; i++)
        cr_assert(!is_fast(0x40000000 + i * PAGE, VM_ACCESS_READ));
}

static void flush_in_walk(struct rig *r)
{
    tlb_flush(r->tlb, 0, 0, 0x1000, 1, false);
}

TLB_TEST(flush_during_a_walk_is_not_undone)
{
    map(0, 0x1000, RAM_BASE, 12, RW);
    rig.in_walk = flush_in_walk;
    load(0x1000, 1);
    rig.in_walk = NULL;
    cr_assert(!knows(0, 0x1000));
    cr_assert(knows(0, 0x1000));
}

/* Random mappings, accesses and flushes: what is read is always the mapping of now, since each
 * change is flushed in one of the ways. */
TLB_TEST(never_stale)
{
    enum { PAGES = 600, CONTEXTS = 5 };
    static uint32_t now[CONTEXTS][PAGES];
    srand(3);
    for (uint32_t i = 0; i < RAM_PAGES; i++)
        *(uint32_t *)ram(RAM_BASE + i * PAGE) = i;
    for (uint32_t c = 0; c < CONTEXTS; c++) {
        for (uint32_t p = 0; p < PAGES; p++) {
            now[c][p] = (uint32_t)rand() % RAM_PAGES;
            map(c + 1, p * PAGE, RAM_BASE + now[c][p] * PAGE, 12, RW);
        }
    }
    for (int i = 0; i < 200000; i++) {
        uint32_t c = (uint32_t)rand() % CONTEXTS, p = (uint32_t)rand() % PAGES;
        uint32_t mmu = VM_MMU_DATA + (uint32_t)rand() % 3;
        uint64_t value, va = p * PAGE, id = c + 1;
        tlb_select(rig.tlb, mmu, id);
        if (rand() % 20 == 0) {
            now[c][p] = (uint32_t)rand() % RAM_PAGES;
            rig.mappings[c * PAGES + p].pa = RAM_BASE + now[c][p] * PAGE;
            switch (rand() % 40) {
            case 0:
                tlb_flush(rig.tlb, 0, 0, 0, 0, rand() % 2);
                break;
            case 1:
                tlb_flush(rig.tlb, id, UINT64_MAX, 0, 0, false);
                break;
            case 2:
                tlb_flush(rig.tlb, 0, 0, va - va % (64 * PAGE), 64 * PAGE, false);
                break;
            case 3:
                tlb_flush(rig.tlb, id, 7, va & ~(PAGE * 4 - 1), 4 * PAGE, true);
                break;
            default:
                tlb_flush(rig.tlb, id, UINT64_MAX, va, 1, false);
            }
        }
        uint32_t op = 2u | mmu << VM_MEMOP_MMU_SHIFT;
        const void *fast = vm_tlb_probe(rig.cpu, mmu, va, 4, VM_ACCESS_READ);
        cr_assert(!fast || vm_ram_load(fast, 4) == now[c][p], "fast, step %d", i);
        cr_assert_eq(tlb_load(rig.cpu, va, op, &value), VM_MEM_OK);
        cr_assert_eq(value, now[c][p], "slow, step %d", i);
    }
}

TLB_TEST(fetch_page)
{
    uint64_t pa = 0;
    bool no_cache = true;
    map(0, 0x1000, RAM_BASE + 7 * PAGE, 12, RWX);
    map(0, 0x2000, RAM_BASE, 12, RW);
    cr_assert_eq(tlb_fetch_page(rig.tlb, 0x1ffe, &pa, &no_cache), ram(RAM_BASE + 7 * PAGE));
    cr_assert(pa == RAM_BASE + 7 * PAGE && !no_cache);
    cr_assert_null(tlb_fetch_page(rig.tlb, 0x2004, &pa, &no_cache));
    expect_fault(VM_MEM_FAULT, VM_FAULT_TRANSLATE, VM_ACCESS_EXEC, 0x2004);
    cr_assert_eq(rig.cpu->fault.value, 0x2004 ^ VM_MMU_FETCH);
}

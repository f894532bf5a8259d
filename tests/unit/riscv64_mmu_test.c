/* SPDX-License-Identifier: BSD-2-Clause */
/* Address translation of arch-riscv64 over a small physical memory. */
#include <criterion/criterion.h>
#include "riscv64_fake.h"

enum { V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128 };
#define RWX           (V | R | W | X | A | D)
#define ROOT          (FAKE_RAM_BASE + 0x1000)
#define TARGET        (FAKE_RAM_BASE + 0x80000)
#define PTE(pa, bits) ((uint64_t)(pa) >> 12 << 10 | (uint64_t)(bits))

static const uint32_t modes[] = {RV_SV39, RV_SV48, RV_SV57};

/* A hart in S-mode, PMP wide open, translation by `mode` with an empty root. */
static struct fake *start(uint32_t mode)
{
    struct fake *f = fake_new();

    f->s->pmpaddr[0] = (1ull << 54) - 1;
    f->s->pmpcfg0 = 0x1f;
    f->s->pmp_stale = true;
    f->s->privilege = RV_S;
    f->s->satp = (uint64_t)mode << 60 | 7ull << 44 | ROOT >> 12;
    return f;
}

/* Table of `level`, one each. */
static uint64_t table(uint32_t mode, int level)
{
    int levels = (int)mode - RV_SV39 + 3;

    return ROOT + 0x1000 * (uint64_t)(levels - 1 - level);
}

/* Maps va at `level` (0: 4K) with the entry `pte`; the tables above are made as needed. */
static uint64_t map(struct fake *f, uint32_t mode, uint64_t va, int level, uint64_t pte)
{
    int levels = (int)mode - RV_SV39 + 3;
    uint64_t slot = 0;

    for (int i = levels - 1; i >= level; i--) {
        slot = table(mode, i) + (va >> (12 + 9 * i) & 511) * 8;
        fake_store64(f, slot, i == level ? pte : PTE(table(mode, i - 1), V));
    }
    return slot;
}

static struct vm_translation result;

/* 0, or the fault's code. */
static uint64_t walk(struct fake *f, uint64_t va, enum vm_access access)
{
    struct vm_fault fault = {0};
    struct vm_cpu_mode mode;

    rv_mode(f->cpu, &mode);
    uint64_t context = mode.context[access == VM_ACCESS_EXEC ? VM_MMU_FETCH : VM_MMU_DATA];
    if (rv_mmu_translate(f->cpu, context, va, access, 0, &result, &fault) == 0)
        return 0;
    cr_expect_neq(fault.code, 0);
    return fault.code;
}

Test(riscv64_mmu, every_level_of_every_mode)
{
    for (size_t i = 0; i < 3; i++) {
        uint32_t mode = modes[i];
        for (int level = 0; level < (int)mode - RV_SV39 + 3; level++) {
            struct fake *f = start(mode);
            uint64_t size = 1ull << (12 + 9 * level), pa = level == 0  ? TARGET
                                                           : level < 2 ? FAKE_RAM_BASE
                                                                       : 0;
            uint64_t va = 3 * size + (level ? 0x5678 : 0x678), high = ~(size - 1) | 0x678;
            map(f, mode, va, level, PTE(pa, RWX));
            cr_assert_eq(walk(f, va, VM_ACCESS_READ), 0);
            cr_expect_eq(result.pa, pa + (va & (size - 1)));
            cr_expect_eq(result.page_bits, 12 + 9 * level);
            cr_expect_eq(result.prot, VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC);
            cr_expect_not(result.global);
            cr_expect_not(result.no_cache);
            map(f, mode, high, level, PTE(pa, RWX | G));
            cr_assert_eq(walk(f, high, VM_ACCESS_EXEC), 0, "top of the address space");
            cr_expect(result.global);
            cr_expect_eq(walk(f, va + 4 * size, VM_ACCESS_READ), RV_FAULT_PAGE, "not mapped");
            if (level > 0) { /* not aligned to its size */
                map(f, mode, va, level, PTE(pa + 0x1000, RWX));
                cr_expect_eq(walk(f, va, VM_ACCESS_READ), RV_FAULT_PAGE);
            }
            fake_free(f);
        }
    }
}

Test(riscv64_mmu, addresses_must_be_canonical)
{
    for (size_t i = 0; i < 3; i++) {
        unsigned bits = 39 + 9 * (unsigned)i;
        struct fake *f = start(modes[i]);
        map(f, modes[i], 0, (int)i + 2, PTE(0, RWX));
        cr_expect_eq(walk(f, 0, VM_ACCESS_READ), 0);
        cr_expect_eq(walk(f, 1ull << bits, VM_ACCESS_READ), RV_FAULT_PAGE);
        cr_expect_eq(walk(f, 1ull << 63, VM_ACCESS_EXEC), RV_FAULT_PAGE);
        cr_expect_eq(walk(f, 1ull << (bits - 1), VM_ACCESS_WRITE), RV_FAULT_PAGE);
        fake_free(f);
    }
}

Test(riscv64_mmu, permissions)
{
    static const struct {
        uint32_t bits, privilege;
        bool sum, mxr;
        const char *allowed; /* of r, w, x */
    } cases[] = {
        {V | R | A | D, RV_S, false, false, "r"},
        {V | R | W | A | D, RV_S, false, false, "rw"},
        {V | X | A | D, RV_S, false, false, "x"},
        {V | X | A | D, RV_S, false, true, "rx"},
        {V | R | X | A | D, RV_S, false, false, "rx"},
        {RWX, RV_S, false, false, "rwx"},
        {RWX, RV_U, true, true, ""},
        {RWX | U, RV_U, false, false, "rwx"},
        {RWX | U, RV_S, false, false, ""},
        {RWX | U, RV_S, true, false, "rw"},
        {V | X | U | A | D, RV_S, true, true, "r"},
        {V | X | U | A | D, RV_U, false, false, "x"},
        {V | X | U | A | D, RV_U, false, true, "rx"},
        {V | W | A | D, RV_S, false, false, ""}, /* reserved */
        {V | W | X | A | D, RV_S, false, false, ""},
        {R | W | X | A | D, RV_S, false, false, ""},
    };
    struct fake *f = start(RV_SV39);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        map(f, RV_SV39, 0x1000, 0, PTE(TARGET, cases[i].bits));
        f->s->privilege = cases[i].privilege;
        f->s->mstatus = (cases[i].sum ? MSTATUS_SUM : 0) | (cases[i].mxr ? MSTATUS_MXR : 0);
        for (int access = VM_ACCESS_READ; access <= VM_ACCESS_EXEC; access++) {
            bool expected = strchr(cases[i].allowed, "rwx"[access]) != NULL;
            cr_expect_eq(walk(f, 0x1000, (enum vm_access)access), expected ? 0 : RV_FAULT_PAGE,
                         "case %zu access %d", i, access);
        }
    }
    fake_free(f);
}

Test(riscv64_mmu, reserved_bits_fault)
{
    static const uint64_t bits[] = {1ull << 54, 1ull << 60, 1ull << 61, 3ull << 61};
    struct fake *f = start(RV_SV39);

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        map(f, RV_SV39, 0x1000, 0, PTE(TARGET, RWX) | bits[i]);
        cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), RV_FAULT_PAGE, "leaf with 0x%lx",
                     (unsigned long)bits[i]);
    }
    for (uint32_t bit = U; bit <= D; bit <<= 1) {
        map(f, RV_SV39, 0x1000, 0, PTE(TARGET, RWX));
        fake_store64(f, table(RV_SV39, 1), PTE(table(RV_SV39, 0), V | bit));
        cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), bit == G ? 0 : RV_FAULT_PAGE,
                     "pointer with bit %x", bit);
        if (bit == G)
            cr_expect(result.global, "a global pointer makes all below it global");
    }
    map(f, RV_SV39, 0x1000, 0, PTE(TARGET, V));
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), RV_FAULT_PAGE, "a pointer at the last level");
    fake_free(f);
}

Test(riscv64_mmu, svpbmt)
{
    struct fake *f = start(RV_SV48);

    f->s->menvcfg = ENVCFG_PBMTE;
    for (uint64_t type = 0; type < 4; type++) {
        map(f, RV_SV48, 0x1000, 0, PTE(TARGET, RWX) | type << 61);
        cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), type < 3 ? 0 : RV_FAULT_PAGE);
    }
    map(f, RV_SV48, 0x1000, 0, PTE(TARGET, RWX));
    fake_store64(f, table(RV_SV48, 1), PTE(table(RV_SV48, 0), V) | 1ull << 61);
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), RV_FAULT_PAGE, "not on a pointer");
    fake_free(f);
}

Test(riscv64_mmu, svnapot)
{
    const uint64_t n = 1ull << 63;
    struct fake *f = start(RV_SV39);

    for (uint64_t page = 0; page < 16; page++)
        map(f, RV_SV39, 0x10000 + page * 0x1000, 0, PTE(TARGET + 0x8000, RWX) | n);
    cr_assert_eq(walk(f, 0x1b678, VM_ACCESS_READ), 0);
    cr_expect_eq(result.pa, TARGET + 0xb678);
    cr_expect_eq(result.page_bits, 16);
    map(f, RV_SV39, 0x10000, 0, PTE(TARGET + 0x4000, RWX) | n);
    cr_expect_eq(walk(f, 0x10000, VM_ACCESS_READ), RV_FAULT_PAGE, "no other size");
    map(f, RV_SV39, 0x200000, 1, PTE(FAKE_RAM_BASE, RWX) | n);
    cr_expect_eq(walk(f, 0x200000, VM_ACCESS_READ), RV_FAULT_PAGE, "only at the last level");
    f->arch->extensions &= ~RV_EXT_SVNAPOT;
    map(f, RV_SV39, 0x10000, 0, PTE(TARGET + 0x8000, RWX) | n);
    cr_expect_eq(walk(f, 0x10000, VM_ACCESS_READ), RV_FAULT_PAGE);
    fake_free(f);
}

Test(riscv64_mmu, svade_faults)
{
    struct fake *f = start(RV_SV39);
    uint64_t slot = map(f, RV_SV39, 0x1000, 0, PTE(TARGET, V | R | W));

    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), RV_FAULT_PAGE);
    fake_store64(f, slot, PTE(TARGET, V | R | W | A));
    cr_assert_eq(walk(f, 0x1000, VM_ACCESS_READ), 0);
    cr_expect_eq(result.prot, VM_PROT_READ, "a store to a clean page must walk");
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_WRITE), RV_FAULT_PAGE);
    cr_expect_eq(fake_load64(f, slot), PTE(TARGET, V | R | W | A));
    fake_free(f);
}

Test(riscv64_mmu, svadu_updates)
{
    struct fake *f = start(RV_SV39);
    uint64_t slot = map(f, RV_SV39, 0x1000, 0, PTE(TARGET, V | R | W));

    f->s->menvcfg = ENVCFG_ADUE;
    cr_assert_eq(walk(f, 0x1000, VM_ACCESS_READ), 0);
    cr_expect_eq(fake_load64(f, slot), PTE(TARGET, V | R | W | A));
    cr_expect_eq(result.prot, VM_PROT_READ);
    cr_assert_eq(walk(f, 0x1000, VM_ACCESS_WRITE), 0);
    cr_expect_eq(fake_load64(f, slot), PTE(TARGET, V | R | W | A | D));
    cr_expect_eq(result.prot, VM_PROT_READ | VM_PROT_WRITE);
    fake_store64(f, slot, PTE(TARGET, V | R));
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_WRITE), RV_FAULT_PAGE);
    cr_expect_eq(fake_load64(f, slot), PTE(TARGET, V | R), "a refused access sets nothing");
    /* another hart changes the entry between load and update */
    fake_store64(f, slot, PTE(TARGET, V | R | W));
    f->race = 1;
    cr_assert_eq(walk(f, 0x1000, VM_ACCESS_WRITE), 0);
    cr_expect_eq(fake_load64(f, slot), PTE(TARGET, V | R | W | A | D) ^ 0x100);
    fake_free(f);
}

Test(riscv64_mmu, pmp_applies_to_walks_and_results)
{
    struct fake *f = start(RV_SV39);

    map(f, RV_SV39, 0x1000, 0, PTE(TARGET, RWX));
    /* entry 0: the target's page, read-only; entry 1: everything */
    f->s->pmpaddr[0] = TARGET >> 2 | 0x1ff;
    f->s->pmpaddr[1] = (1ull << 54) - 1;
    f->s->pmpcfg0 = 0x19 | 0x1f << 8;
    f->s->pmp_stale = true;
    cr_assert_eq(walk(f, 0x1000, VM_ACCESS_READ), 0);
    cr_expect_eq(result.prot, VM_PROT_READ);
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_WRITE), RV_FAULT_ACCESS);
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_EXEC), RV_FAULT_ACCESS);
    /* the root table cannot be read */
    f->s->pmpaddr[0] = ROOT >> 2 | 0x1ff;
    f->s->pmpcfg0 = 0x18 | 0x1f << 8;
    f->s->pmp_stale = true;
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), RV_FAULT_ACCESS);
    fake_free(f);
}

Test(riscv64_mmu, tables_outside_of_memory)
{
    struct fake *f = start(RV_SV39);

    f->s->satp = (uint64_t)RV_SV39 << 60 | 0x1000000;
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), RV_FAULT_ACCESS);
    f->s->satp = (uint64_t)RV_SV39 << 60 | 0xfffffffffff;
    cr_expect_eq(walk(f, 0x1000, VM_ACCESS_READ), RV_FAULT_ACCESS);
    fake_free(f);
}

Test(riscv64_mmu, bare)
{
    struct fake *f = start(RV_BARE);

    f->s->satp = 0;
    cr_assert_eq(walk(f, TARGET + 5, VM_ACCESS_WRITE), 0);
    cr_expect_eq(result.pa, TARGET + 5);
    f->s->privilege = RV_M;
    f->s->satp = (uint64_t)RV_SV39 << 60 | ROOT >> 12;
    cr_assert_eq(walk(f, TARGET, VM_ACCESS_EXEC), 0, "satp is not for M");
    cr_expect_eq(result.pa, TARGET);
    fake_free(f);
}

/* ---- contexts ---- */

static uint64_t data_context(struct fake *f)
{
    struct vm_cpu_mode mode;

    rv_mode(f->cpu, &mode);
    return mode.context[VM_MMU_DATA];
}

Test(riscv64_mmu, contexts)
{
    struct fake *f = start(RV_SV39);
    uint64_t plain = data_context(f);
    struct vm_cpu_mode mode;

    rv_mode(f->cpu, &mode);
    cr_expect_eq(mode.context[VM_MMU_FETCH], plain);
    f->s->mstatus |= MSTATUS_SUM;
    cr_expect_neq(data_context(f), plain);
    rv_mode(f->cpu, &mode);
    cr_expect_eq(mode.context[VM_MMU_FETCH], plain, "SUM is not for fetches");
    f->s->mstatus = MSTATUS_MPRV | (uint64_t)RV_S << MSTATUS_MPP_SHIFT;
    f->s->privilege = RV_M;
    cr_expect_eq(data_context(f), plain, "MPRV: M-mode with the data accesses of S");
    f->s->mstatus = 0;
    cr_expect_neq(data_context(f), plain);
    f->s->privilege = RV_U;
    cr_expect_neq(data_context(f), plain);
    fake_free(f);
}

Test(riscv64_mmu, sfence_selects_contexts)
{
    struct fake *f = start(RV_SV39);
    uint64_t context = data_context(f);

    fake_call(f, RV_HELPER_SFENCE, 0, 0, 0, 0);
    cr_expect_eq(context & f->flush_mask, f->flush_match);
    cr_expect_eq(f->flush_length, 0);
    cr_expect_not(f->flush_keep_global);
    fake_call(f, RV_HELPER_SFENCE, 0x12345, 7, RV_SFENCE_ADDRESS | RV_SFENCE_ASID, 0);
    cr_expect_eq(context & f->flush_mask, f->flush_match);
    cr_expect_eq(f->flush_va, 0x12000);
    cr_expect_eq(f->flush_length, 4096);
    cr_expect(f->flush_keep_global);
    fake_call(f, RV_HELPER_SFENCE, 0, 8, RV_SFENCE_ASID, 0);
    cr_expect_neq(context & f->flush_mask, f->flush_match, "another ASID");
    f->s->privilege = RV_M;
    fake_call(f, RV_HELPER_SFENCE, 0, 0, 0, 0);
    cr_expect_neq(data_context(f) & f->flush_mask, f->flush_match,
                  "M-mode's addresses do not depend on tables");
    fake_free(f);
}

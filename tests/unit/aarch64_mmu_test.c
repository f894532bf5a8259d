/* SPDX-License-Identifier: BSD-2-Clause */
/* Address translation of arch-aarch64: walks with all page sizes, faults by level, permissions,
 * access flag and dirty state, tags, stage 2, AT and TLBI. */
#include <criterion/criterion.h>
#include "aarch64_fake.h"

#define T0    (FAKE_RAM_BASE + 0x10000) /* tables, 64K apart so that each page size can use them */
#define T1    (FAKE_RAM_BASE + 0x20000)
#define T2    (FAKE_RAM_BASE + 0x30000)
#define T3    (FAKE_RAM_BASE + 0x40000)
#define S2    (FAKE_RAM_BASE + 0x50000)
#define PA    0x48000000ull
#define TABLE 3ull
#define PAGE  3ull
#define BLOCK 1ull
#define AF    (1ull << 10)
#define EL0   (1ull << 6)
#define RO    (1ull << 7)
#define NG    (1ull << 11)
#define DBM   (1ull << 51)
#define PXN   (1ull << 53)
#define UXN   (1ull << 54)

#define TCR_TG0(n) ((uint64_t)(n) << 14)
#define TCR_IPS(n) ((uint64_t)(n) << 32)
#define TCR_HA     (1ull << 39)
#define TCR_HD     (1ull << 40)
#define TCR_TBI0   (1ull << 37)
#define TCR_HPD0   (1ull << 41)

static struct a64_walk_result result;

/* 48-bit addresses, 4K pages, both halves; PA in 48 bits; MMU on. */
static struct fake *new_mmu(void)
{
    struct fake *f = fake_new(true, false);

    fake_el(f, 1);
    f->s->sctlr[1] |= SCTLR_M;
    f->s->tcr[1] = 16 | 16u << 16 | 2ull << 30 | TCR_IPS(5);
    f->s->ttbr0[1] = f->s->ttbr1[1] = T0;
    return f;
}

/* A chain of tables for address 0 (and the least of the upper half), with its leaf at the end. */
static void map4(struct fake *f, uint64_t leaf)
{
    fake_store64(f, T0, T1 | TABLE);
    fake_store64(f, T1, T2 | TABLE);
    fake_store64(f, T2, T3 | TABLE);
    fake_store64(f, T3, leaf);
}

static bool walk_as(struct fake *f, uint32_t el, uint64_t va, enum vm_access access)
{
    return a64_walk(f->cpu, a64_context(f->cpu, el, f->s->pan && access != VM_ACCESS_EXEC), va,
                    access, &result);
}

static bool walk(struct fake *f, uint64_t va, enum vm_access access)
{
    return walk_as(f, 1, va, access);
}

/* ---- Stage 1 ---- */

Test(aarch64_mmu, off)
{
    struct fake *f = fake_new(false, false);

    cr_expect(walk(f, 0x123456789, VM_ACCESS_WRITE));
    cr_expect_eq(result.pa, 0x123456789);
    cr_expect_eq(result.prot, VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC);
    cr_expect_not(walk(f, 1ull << 52, VM_ACCESS_READ));
    cr_expect_eq(result.fault, A64_FSC_ADDRESS_SIZE_L0);
    fake_free(f);
}

Test(aarch64_mmu, a_page)
{
    struct fake *f = new_mmu();

    map4(f, PA | PAGE | AF | NG);
    cr_assert(walk(f, 0x678, VM_ACCESS_READ));
    cr_expect_eq(result.pa, PA + 0x678);
    cr_expect_eq(result.page_bits, 12);
    cr_expect_not(result.global);
    map4(f, PA | PAGE | AF);
    cr_assert(walk(f, 0xffff000000000678, VM_ACCESS_READ), "TTBR1");
    cr_expect(result.global);
    fake_free(f);
}

Test(aarch64_mmu, faults_by_level)
{
    static const uint64_t tables[] = {T0, T1, T2, T3};

    for (uint32_t level = 0; level < 4; level++) {
        struct fake *f = new_mmu();
        map4(f, PA | PAGE | AF);
        fake_store64(f, tables[level], 2); /* invalid */
        cr_expect_not(walk(f, 0, VM_ACCESS_READ));
        cr_expect_eq(result.fault, A64_FSC_TRANSLATION_L0 + level);
        map4(f, PA | PAGE | AF);
        fake_store64(f, tables[level],
                     (1ull << 47 | 3 | AF)); /* no memory: external, one level on */
        cr_expect_eq(walk(f, 0, VM_ACCESS_READ), level == 3, "a leaf may lead anywhere");
        if (level < 3)
            cr_expect_eq(result.fault, A64_FSC_EXTERNAL_WALK_L0 + level + 1);
        fake_free(f);
    }
}

Test(aarch64_mmu, blocks_and_reserved_descriptors)
{
    struct fake *f = new_mmu();

    map4(f, 0);
    fake_store64(f, T2, PA | BLOCK | AF);
    cr_assert(walk(f, 0x12345, VM_ACCESS_READ));
    cr_expect_eq(result.pa, PA + 0x12345);
    cr_expect_eq(result.page_bits, 21);
    fake_store64(f, T1, 0x40000000 | BLOCK | AF);
    cr_assert(walk(f, 0x1234567, VM_ACCESS_READ));
    cr_expect_eq(result.page_bits, 30);
    fake_store64(f, T0, PA | BLOCK | AF);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ), "no blocks of 512G");
    cr_expect_eq(result.fault, A64_FSC_TRANSLATION_L0);
    map4(f, PA | BLOCK | AF);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ), "a page has bit 1");
    cr_expect_eq(result.fault, A64_FSC_TRANSLATION_L0 + 3);
    fake_free(f);
}

Test(aarch64_mmu, ranges)
{
    struct fake *f = new_mmu();

    map4(f, PA | PAGE | AF);
    cr_expect_not(walk(f, 1ull << 48, VM_ACCESS_READ));
    cr_expect_eq(result.fault, A64_FSC_TRANSLATION_L0);
    cr_expect_not(walk(f, 0xfffe000000000000, VM_ACCESS_READ));
    f->s->tcr[1] |= 1u << 7; /* EPD0 */
    cr_expect_not(walk(f, 0, VM_ACCESS_READ));
    cr_expect(walk(f, 0xffff000000000000, VM_ACCESS_READ));
    f->s->tcr[1] |= 1ull << 56; /* E0PD1 */
    cr_expect(walk(f, 0xffff000000000000, VM_ACCESS_READ));
    cr_expect_not(walk_as(f, 0, 0xffff000000000000, VM_ACCESS_READ), "not for EL0");
    cr_expect_eq(result.fault, A64_FSC_TRANSLATION_L0);
    f->s->tcr[1] = 25 | TCR_IPS(5); /* 39 bits: the walk begins at level 1 */
    f->s->ttbr0[1] = T1;
    cr_expect(walk(f, 0x5, VM_ACCESS_READ));
    cr_expect_eq(result.pa, PA + 5);
    cr_expect_not(walk(f, 1ull << 39, VM_ACCESS_READ));
    f->s->tcr[1] = 40 | TCR_IPS(5);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ), "T0SZ is too large");
    f->s->tcr[1] = 16 | TCR_IPS(0); /* 32 bits of output */
    f->s->ttbr0[1] = T0;
    map4(f, 1ull << 32 | PAGE | AF);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ));
    cr_expect_eq(result.fault, A64_FSC_ADDRESS_SIZE_L0 + 3);
    f->s->ttbr0[1] = 1ull << 33;
    cr_expect_not(walk(f, 0, VM_ACCESS_READ));
    cr_expect_eq(result.fault, A64_FSC_ADDRESS_SIZE_L0);
    fake_free(f);
}

Test(aarch64_mmu, granules)
{
    struct fake *f = new_mmu();

    f->s->tcr[1] = 16 | TCR_TG0(2) | TCR_IPS(5); /* 16K: level 0 has two entries */
    map4(f, PA | PAGE | AF);
    cr_assert(walk(f, 0x3456, VM_ACCESS_READ));
    cr_expect_eq(result.pa, PA + 0x3456);
    cr_expect_eq(result.page_bits, 14);
    fake_store64(f, T2, PA | BLOCK | AF);
    cr_assert(walk(f, 0x3456, VM_ACCESS_READ));
    cr_expect_eq(result.page_bits, 25);
    fake_store64(f, T1, BLOCK | AF);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ), "no blocks at level 1");
    f->s->tcr[1] = 22 | TCR_TG0(1) | TCR_IPS(5); /* 64K, 42 bits: levels 2 and 3 */
    f->s->ttbr0[1] = T2;
    fake_store64(f, T2, T3 | TABLE);
    cr_assert(walk(f, 0xabcd, VM_ACCESS_READ));
    cr_expect_eq(result.pa, PA + 0xabcd);
    cr_expect_eq(result.page_bits, 16);
    fake_free(f);
}

Test(aarch64_mmu, addresses_of_52_bits)
{
    struct fake *f = new_mmu();
    uint64_t high = 5ull << 48, va = 1ull << 51;

    f->s->tcr[1] = 12 | TCR_TG0(1) | TCR_IPS(6);
    f->s->ttbr0[1] = T1;
    fake_store64(f, T1 + (va >> 42) * 8, T2 | TABLE);
    fake_store64(f, T2, T3 | TABLE);
    fake_store64(f, T3, PA | (high >> 48) << 12 | PAGE | AF);
    cr_assert(walk(f, va + 0x10, VM_ACCESS_READ));
    cr_expect_eq(result.pa, (high | PA) + 0x10);
    fake_store64(f, T1 + (va >> 42) * 8, (high | 1ull << 42) | BLOCK | AF);
    f->arch->features &= ~A64_FEATURE(LVA);
    cr_expect_not(walk(f, va, VM_ACCESS_READ), "48 bits without LVA");
    fake_free(f);
}

/* ---- Permissions ---- */

Test(aarch64_mmu, permissions)
{
    static const struct {
        uint64_t leaf, wxn;
        bool pan;
        uint32_t el1, el0; /* VM_PROT_* */
    } cases[] = {
        {0, 0, false, 7, 4},
        {EL0, 0, false, 3, 7}, /* what EL0 can write is never executed at EL1 */
        {RO, 0, false, 5, 4},
        {RO | EL0, 0, false, 5, 5},
        {PXN, 0, false, 3, 4},
        {UXN, 0, false, 7, 0},
        {RO | EL0 | UXN, 0, false, 5, 1},
        {RO | EL0 | PXN, 0, false, 1, 5},
        {0, SCTLR_WXN, false, 3, 4},
        {EL0, SCTLR_WXN, false, 3, 3},
        {RO | EL0, SCTLR_WXN, false, 5, 5},
        {EL0, 0, true, 0, 7},
        {RO | EL0, 0, true, 4, 5},
        {0, 0, true, 7, 4},
    };
    static const uint32_t bits[] = {VM_PROT_READ, VM_PROT_WRITE, VM_PROT_EXEC};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = new_mmu();
        map4(f, PA | PAGE | AF | cases[i].leaf);
        f->s->sctlr[1] |= cases[i].wxn;
        f->s->pan = cases[i].pan;
        for (int a = 0; a < 3; a++) {
            bool ok = walk_as(f, 1, 0, (enum vm_access)a);
            cr_expect_eq(ok, (cases[i].el1 & bits[a]) != 0, "case %zu EL1 access %d", i, a);
            if (!ok)
                cr_expect_eq(result.fault, A64_FSC_PERMISSION_L0 + 3);
            f->s->pan = false;
            ok = walk_as(f, 0, 0, (enum vm_access)a);
            cr_expect_eq(ok, (cases[i].el0 & bits[a]) != 0, "case %zu EL0 access %d", i, a);
            f->s->pan = cases[i].pan;
        }
        fake_free(f);
    }
}

Test(aarch64_mmu, tables_restrict)
{
    struct fake *f = new_mmu();

    map4(f, PA | PAGE | AF | EL0);
    fake_store64(f, T1, T2 | TABLE | 1ull << 62); /* read-only */
    cr_expect_not(walk_as(f, 0, 0, VM_ACCESS_WRITE));
    cr_expect(walk_as(f, 0, 0, VM_ACCESS_READ));
    fake_store64(f, T1, T2 | TABLE | 1ull << 61); /* not for EL0 */
    cr_expect_not(walk_as(f, 0, 0, VM_ACCESS_READ));
    cr_expect(walk_as(f, 1, 0, VM_ACCESS_WRITE));
    fake_store64(f, T1, T2 | TABLE | 1ull << 60); /* UXN */
    cr_expect_not(walk_as(f, 0, 0, VM_ACCESS_EXEC));
    f->s->tcr[1] |= TCR_HPD0;
    cr_expect(walk_as(f, 0, 0, VM_ACCESS_EXEC), "hierarchical permissions are off");
    fake_store64(f, T3, PA | PAGE | AF);
    fake_store64(f, T1, T2 | TABLE | 1ull << 59); /* PXN */
    f->s->tcr[1] &= ~TCR_HPD0;
    cr_expect_not(walk_as(f, 1, 0, VM_ACCESS_EXEC));
    fake_free(f);
}

Test(aarch64_mmu, regimes_with_one_range)
{
    struct fake *f = fake_new(true, true);

    for (uint32_t el = 2; el < 4; el++) {
        f->s->scr |= SCR_NS;
        fake_el(f, el);
        f->s->sctlr[el] |= SCTLR_M;
        f->s->tcr[el] = 16 | 5u << 16;
        f->s->ttbr0[el] = T0;
        map4(f, PA | PAGE | AF | EL0 | UXN);
        cr_expect(walk_as(f, el, 0x10, VM_ACCESS_WRITE));
        cr_expect_eq(result.prot, VM_PROT_READ | VM_PROT_WRITE);
        cr_expect_not(walk_as(f, el, 0, VM_ACCESS_EXEC), "XN");
        cr_expect_not(walk_as(f, el, 0xffff000000000000, VM_ACCESS_READ), "one range only");
        map4(f, PA | PAGE | AF | EL0 | PXN);
        cr_expect(walk_as(f, el, 0, VM_ACCESS_EXEC), "no PXN, no rule for EL0's pages");
    }
    fake_free(f);
}

/* ---- Access flag, dirty state ---- */

Test(aarch64_mmu, access_flag)
{
    struct fake *f = new_mmu();

    map4(f, PA | PAGE);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ));
    cr_expect_eq(result.fault, A64_FSC_ACCESS_FLAG_L0 + 3);
    f->s->tcr[1] |= TCR_HA;
    f->race = 2;
    cr_expect(walk(f, 0, VM_ACCESS_READ));
    cr_expect(fake_load64(f, T3) & AF);
    cr_expect_eq(f->race, 0);
    fake_free(f);
}

Test(aarch64_mmu, dirty_state)
{
    struct fake *f = new_mmu();

    map4(f, PA | PAGE | AF | RO | DBM);
    cr_expect_not(walk(f, 0, VM_ACCESS_WRITE), "HD is off");
    f->s->tcr[1] |= TCR_HA | TCR_HD;
    cr_assert(walk(f, 0, VM_ACCESS_READ));
    cr_expect_eq(result.prot & VM_PROT_WRITE, 0, "clean: the first write must walk");
    cr_expect(fake_load64(f, T3) & RO);
    f->race = 1;
    cr_assert(walk(f, 0, VM_ACCESS_WRITE));
    cr_expect_eq(result.prot & VM_PROT_WRITE, VM_PROT_WRITE);
    cr_expect_eq(fake_load64(f, T3) & RO, 0);
    map4(f, PA | PAGE | AF | RO | DBM);
    fake_store64(f, T1, T2 | TABLE | 1ull << 62);
    cr_expect_not(walk(f, 0, VM_ACCESS_WRITE), "the table is read-only");
    cr_expect(fake_load64(f, T3) & RO);
    fake_free(f);
}

/* ---- Tags ---- */

Test(aarch64_mmu, tagged_addresses)
{
    const uint64_t tag = 0xabull << 56;
    struct fake *f = new_mmu();

    map4(f, PA | PAGE | AF);
    cr_expect_not(walk(f, tag | 0x10, VM_ACCESS_READ));
    f->s->tcr[1] |= TCR_TBI0;
    cr_assert(walk(f, tag | 0x10, VM_ACCESS_READ));
    cr_expect_eq(result.pa, PA + 0x10);
    cr_expect_eq(f->arch->tagged, 1);
    cr_expect_not(walk(f, tag | 0x10, VM_ACCESS_EXEC));
    cr_expect_eq(result.fault, A64_FSC_TAGGED);
    f->cpu->pc = tag | 0x10;
    f->cpu->fault = (struct vm_fault){
        .kind = VM_FAULT_TRANSLATE, .access = VM_ACCESS_EXEC, .code = A64_FSC_TAGGED};
    a64_deliver_fault(f->cpu);
    cr_expect_eq(f->cpu->pc, 0x10, "a branch drops the tag");
    f->s->tcr[1] |= 1ull << 51; /* TBID0 */
    cr_expect_not(walk(f, tag | 0x10, VM_ACCESS_EXEC));
    cr_expect_eq(result.fault, A64_FSC_TRANSLATION_L0);
    fake_free(f);
}

/* ---- Stage 2 ---- */

/* Intermediate addresses of 40 bits, 4K pages; level 1 has two tables side by side. */
static struct fake *new_stage2(uint64_t leaf)
{
    struct fake *f = new_mmu();

    f->s->hcr |= HCR_VM;
    f->s->vtcr = 24 | 1u << 6 | 5u << 16;
    f->s->vttbr = S2 | 7ull << 48;
    fake_store64(f, S2 + 8, FAKE_RAM_BASE | BLOCK | AF | 3u << 6); /* the tables of stage 1 */
    fake_store64(f, S2 + 16, (S2 + 0x4000) | TABLE);
    fake_store64(f, S2 + 0x4000, leaf);
    map4(f, 0x80000000 | PAGE | AF);
    return f;
}

Test(aarch64_mmu, both_stages)
{
    struct fake *f = new_stage2(PA | BLOCK | AF | 3u << 6);

    cr_assert(walk(f, 0x345, VM_ACCESS_WRITE));
    cr_expect_eq(result.pa, PA + 0x345);
    cr_expect_eq(result.page_bits, 12);
    cr_expect_eq(a64_context(f->cpu, 1, false) & A64_CONTEXT_VMID_MASK, 7u << 16);
    fake_store64(f, S2 + 0x4000, PA | BLOCK | AF | 1u << 6); /* read-only */
    cr_expect_not(walk(f, 0x345, VM_ACCESS_WRITE));
    cr_expect_eq(result.fault, (A64_FSC_PERMISSION_L0 + 2) | A64_FSC_STAGE2);
    cr_expect_eq(result.ipa, 0x80000345);
    fake_store64(f, S2 + 0x4000, 0);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ));
    cr_expect_eq(result.fault, (A64_FSC_TRANSLATION_L0 + 2) | A64_FSC_STAGE2);
    fake_store64(f, S2 + 8, 0);
    cr_expect_not(walk(f, 0, VM_ACCESS_READ));
    cr_expect_eq(result.fault, (A64_FSC_TRANSLATION_L0 + 1) | A64_FSC_STAGE2 | A64_FSC_S1PTW);
    cr_expect_eq(result.ipa, T0);
    fake_free(f);
}

Test(aarch64_mmu, stage2_execute_never_by_level)
{
    static const struct {
        uint64_t xn;
        bool el1, el0;
    } cases[] = {{0, true, true}, {1, false, true}, {2, false, false}, {3, true, false}};

    for (size_t i = 0; i < 4; i++) {
        struct fake *f = new_stage2(PA | BLOCK | AF | 3u << 6 | cases[i].xn << 53);
        cr_expect_eq(walk_as(f, 1, 0, VM_ACCESS_EXEC), cases[i].el1, "case %zu", i);
        cr_expect_eq(walk_as(f, 0, 0, VM_ACCESS_EXEC), cases[i].el0, "case %zu", i);
        fake_free(f);
    }
}

Test(aarch64_mmu, stage2_alone_and_its_limits)
{
    struct fake *f = new_stage2(PA | BLOCK | AF | 3u << 6);

    f->s->sctlr[1] &= ~SCTLR_M;
    cr_assert(walk(f, 0x80000010, VM_ACCESS_READ));
    cr_expect_eq(result.pa, PA + 0x10);
    cr_expect_not(walk(f, 1ull << 40, VM_ACCESS_READ));
    cr_expect_eq(result.fault, A64_FSC_TRANSLATION_L0 | A64_FSC_STAGE2);
    f->s->vtcr |= 3u << 6;
    cr_expect_not(walk(f, 0x80000010, VM_ACCESS_READ), "reserved SL0");
    f->s->vtcr = (f->s->vtcr & ~(3ull << 6)) | 0 << 6; /* level 2: would need 1024 tables */
    cr_expect_not(walk(f, 0x80000010, VM_ACCESS_READ));
    fake_free(f);
}

/* The kind of memory by both stages: MAIR's bytes and MemAttr. */
Test(aarch64_mmu, attributes_of_two_stages)
{
    static const struct {
        uint8_t first;
        uint32_t second;
        uint8_t both;
    } cases[] = {
        {0xff, 15, 0xff}, {0xff, 10, 0xbb}, {0xff, 5, 0x44},  {0xff, 7, 0x4f},  {0xff, 13, 0xf4},
        {0x44, 15, 0x44}, {0xbb, 15, 0xbb}, {0xbb, 10, 0xbb}, {0x77, 10, 0xbb}, {0x33, 15, 0x33},
        {0xff, 0, 0x00},  {0xff, 1, 0x04},  {0xff, 3, 0x0c},  {0x04, 15, 0x04}, {0x0c, 1, 0x04},
        {0x00, 3, 0x00},  {0x04, 0, 0x00},  {0x44, 2, 0x08},
    };
    struct vm_translation out = {0};
    struct vm_fault fault;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = new_stage2(PA | BLOCK | AF | 3u << 6 | cases[i].second << 2);
        f->s->mair[1] = cases[i].first;
        cr_assert(walk(f, 0, VM_ACCESS_READ), "case %zu: 0x%x", i, result.fault);
        cr_expect_eq(result.attributes, cases[i].both, "case %zu: 0x%x", i, result.attributes);
        cr_expect_eq(result.stage1_device, cases[i].first < 16, "case %zu", i);
        a64_mmu_translate(f->cpu, a64_context(f->cpu, 1, false), 0, VM_ACCESS_READ, VM_MMU_DATA,
                          &out, &fault);
        cr_expect_eq(out.aligned, cases[i].both < 16, "case %zu", i);
        fake_free(f);
    }
}

/* While stage 1 is off all is Device memory, but where HCR_EL2.DC says otherwise. */
Test(aarch64_mmu, attributes_without_stage1)
{
    struct vm_cpu_mode mode;
    struct fake *f = new_stage2(PA | BLOCK | AF | 3u << 6 | 15u << 2);

    a64_mode(f->cpu, &mode);
    cr_expect_not(mode.key[0] & A64_KEY_ALIGN);
    f->s->sctlr[1] &= ~SCTLR_M;
    a64_mode(f->cpu, &mode);
    cr_expect(mode.key[0] & A64_KEY_ALIGN);
    cr_assert(walk(f, 0x80000000, VM_ACCESS_READ));
    cr_expect_eq(result.attributes, 0);
    f->s->hcr |= HCR_DC;
    a64_mode(f->cpu, &mode);
    cr_expect_not(mode.key[0] & A64_KEY_ALIGN);
    cr_assert(walk(f, 0x80000000, VM_ACCESS_READ));
    cr_expect_eq(result.attributes, 0xff);
    fake_el(f, 2);
    a64_mode(f->cpu, &mode);
    cr_expect(mode.key[0] & A64_KEY_ALIGN, "EL2 has no default");
    f->s->sctlr[2] |= SCTLR_M;
    a64_mode(f->cpu, &mode);
    cr_expect_not(mode.key[0] & A64_KEY_ALIGN);
    fake_free(f);
}

/* The stage that makes Device memory of it takes the fault. */
Test(aarch64_mmu, misaligned_by_stage)
{
    for (uint32_t stage = 1; stage <= 2; stage++) {
        struct fake *f = new_stage2(PA | BLOCK | AF | 3u << 6 | (stage == 1 ? 15u : 1u) << 2);
        f->s->mair[1] = stage == 1 ? 0x04 : 0xff;
        f->s->hpfar = 0x123;
        f->cpu->fault = (struct vm_fault){
            .kind = VM_FAULT_ALIGN, .access = VM_ACCESS_WRITE, .va = 1, .code = 1};
        a64_deliver_fault(f->cpu);
        cr_expect_eq(f->s->el, stage);
        cr_expect_eq(f->s->esr[stage] & ~(0x3ffull << 14), stage == 1 ? 0x96000061 : 0x92000061,
                     "0x%llx", (unsigned long long)f->s->esr[stage]);
        cr_expect_eq(f->s->far[stage], 1);
        cr_expect_eq(f->s->hpfar, 0x123);
        fake_free(f);
    }
}

/* DC ZVA is not for Device memory. */
Test(aarch64_mmu, zeroing_of_device_memory)
{
    const uint32_t zva = A64_SYS(1, 3, 7, 4, 1);
    struct fake *f = new_mmu();

    map4(f, PA | PAGE | AF);
    fake_store64(f, T1 + 8, FAKE_RAM_BASE | BLOCK | AF | 1u << 2);
    f->s->mair[1] = 0x00ff;
    cr_expect_not(fake_write(f, zva, FAKE_RAM_BASE + 0x48));
    cr_expect_eq(f->cpu->fault.kind, VM_FAULT_ALIGN);
    cr_expect_eq(f->cpu->fault.va, FAKE_RAM_BASE + 0x48);
    f->s->mair[1] = 0xffff;
    cr_expect(fake_write(f, zva, FAKE_RAM_BASE + 0x48));
    f->s->sctlr[1] &= ~SCTLR_M;
    cr_expect_not(fake_write(f, zva, FAKE_RAM_BASE));
    cr_expect_eq(f->cpu->fault.kind, VM_FAULT_ALIGN);
    fake_free(f);
}

/* ---- AT ---- */

#define PAR_EL1   A64_SYS(3, 0, 7, 4, 0)
#define AT(op2)   A64_SYS(1, 0, 7, 8, op2)
#define AT12(op2) A64_SYS(1, 4, 7, 8, op2)

Test(aarch64_mmu, address_translation_instructions)
{
    struct fake *f = new_mmu();

    f->s->mair[1] = 0xff44;
    map4(f, PA | PAGE | AF | RO | 3u << 8 | 1u << 2); /* AttrIndx 1, inner shareable */
    fake_set(f, AT(0), 0x123);
    cr_expect_eq(fake_value(f, PAR_EL1), 0xffull << 56 | PA | 1u << 11 | 3u << 7);
    fake_set(f, AT(1), 0);
    cr_expect_eq(fake_value(f, PAR_EL1), 1u << 11 | 0xf << 1 | 1, "S1E1W: permission, level 3");
    fake_set(f, AT(2), 0);
    cr_expect_eq(fake_value(f, PAR_EL1) & 0x7f, 0xf << 1 | 1, "S1E0R");
    map4(f, PA | PAGE | AF | EL0);
    fake_set(f, AT(3), 0x123);
    cr_expect_eq(fake_value(f, PAR_EL1), 0x44ull << 56 | PA | 1u << 11 | 2u << 7);
    f->s->pan = 1;
    fake_set(f, AT(0), 0);
    cr_expect_eq(fake_value(f, PAR_EL1) & 1, 0, "not subject to PAN");
    fake_set(f, A64_SYS(1, 0, 7, 9, 0), 0);
    cr_expect_eq(fake_value(f, PAR_EL1) & 1, 1, "S1E1RP is");
    fake_store64(f, T0, 1ull << 47 | TABLE);
    cr_expect_not(fake_write(f, AT(0), 0x5000), "the table cannot be read: an exception");
    cr_expect_eq(f->cpu->fault.code, (A64_FSC_EXTERNAL_WALK_L0 + 1) | A64_FSC_CM);
    cr_expect_eq(f->cpu->fault.va, 0x5000);
    fake_free(f);
}

Test(aarch64_mmu, address_translation_of_two_stages)
{
    struct fake *f = new_stage2(PA | BLOCK | AF | 1u << 6);

    fake_set(f, AT(0), 0x123);
    cr_expect_eq(fake_value(f, PAR_EL1) & 0xfffffffff000, 0x80000000, "an intermediate address");
    fake_el(f, 2);
    fake_set(f, AT12(4), 0x123);
    cr_expect_eq(fake_value(f, PAR_EL1) & 0xfffffffff001, PA);
    fake_set(f, AT12(5), 0x123);
    cr_expect_eq(fake_value(f, PAR_EL1) & 0x3ff, 1u << 9 | 0xe << 1 | 1, "stage 2, level 2");
    fake_free(f);
}

/* ---- Contexts, TLBI ---- */

#define TLBI(crm, op2) A64_SYS(1, 0, 8, crm, op2)

Test(aarch64_mmu, contexts)
{
    struct fake *f = new_mmu();
    struct vm_cpu_mode mode, other;

    f->s->tcr[1] |= 1ull << 36;
    f->s->ttbr0[1] |= 5ull << 48;
    f->s->ttbr1[1] |= 6ull << 48;
    a64_mode(f->cpu, &mode);
    cr_expect_eq(mode.context[VM_MMU_DATA] & A64_CONTEXT_ASID_MASK, 5);
    cr_expect_eq(mode.context[VM_MMU_ALT0], mode.context[VM_MMU_DATA] | A64_CONTEXT_EL0);
    f->s->tcr[1] |= 1u << 22; /* A1 */
    f->s->pan = 1;
    a64_mode(f->cpu, &other);
    cr_expect_eq(other.context[VM_MMU_FETCH] & A64_CONTEXT_ASID_MASK, 6);
    cr_expect_eq(other.context[VM_MMU_DATA], other.context[VM_MMU_FETCH] | A64_CONTEXT_PAN);
    f->s->uao = 1;
    a64_mode(f->cpu, &mode);
    cr_expect_eq(mode.context[VM_MMU_ALT0], mode.context[VM_MMU_DATA]);
    fake_el(f, 0);
    f->s->pan = f->s->uao = 0;
    a64_mode(f->cpu, &mode);
    cr_expect_eq(mode.context[VM_MMU_DATA], other.context[VM_MMU_FETCH] | A64_CONTEXT_EL0);
    fake_free(f);
}

Test(aarch64_mmu, invalidation)
{
    struct fake *f = new_mmu();
    const uint64_t regime = A64_CONTEXT_REGIME(3), va = 0x12345;

    f->s->tcr[1] |= 1ull << 36;
    fake_set(f, TLBI(7, 1), 5ull << 48 | va); /* VAE1 */
    cr_expect_eq(f->broadcasts, 0);
    cr_expect_eq(f->flush_va, va << 12);
    cr_expect_eq(f->flush_length, 4096);
    cr_expect_eq(f->flush_mask, regime | A64_CONTEXT_ASID_MASK, "nothing global below");
    cr_expect_eq(f->flush_match, 5);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE);
    map4(f, PA | PAGE | AF);
    cr_expect(walk(f, 0, VM_ACCESS_READ));
    fake_set(f, TLBI(3, 1), 5ull << 48 | va); /* VAE1IS */
    cr_expect_eq(f->broadcasts, 1);
    cr_expect_eq(f->flush_mask, regime, "a global page may be anywhere");
    fake_set(f, TLBI(7, 0), 0); /* VMALLE1 */
    cr_expect_eq(f->flush_length, 0);
    cr_expect_eq(f->arch->low_global, 0);
    fake_set(f, TLBI(7, 1), 5ull << 48 | 0xfff00012345); /* in the upper half */
    cr_expect_eq(f->flush_va, 0xfffff00012345000);
    cr_expect_eq(f->flush_mask, regime);
    fake_set(f, TLBI(3, 2), 9ull << 48); /* ASIDE1IS */
    cr_expect(f->flush_keep_global);
    cr_expect_eq(f->flush_match, 9);
    fake_set(f, TLBI(7, 3), 5ull << 48 | va); /* VAAE1 */
    cr_expect_eq(f->flush_mask, regime);
    f->global_meanwhile = true;
    f->flushes = 0;
    fake_set(f, TLBI(3, 1), 5ull << 48 | va);
    cr_expect_eq(f->flushes, 2);
    cr_expect_eq(f->flush_mask, regime, "it may have been this page");
    f->arch->tagged = 1;
    fake_set(f, TLBI(7, 5), 5ull << 48 | va);
    cr_expect_eq(f->flush_length, 0, "tags have entries of their own");
    fake_free(f);
}

Test(aarch64_mmu, invalidation_of_ranges)
{
    struct fake *f = new_mmu();
    uint64_t operand = 1ull << 46 | 0ull << 44 | 3ull << 39 | 0x10; /* 4K: (3 + 1) * 2 pages */

    fake_set(f, A64_SYS(1, 0, 8, 6, 1), operand);
    cr_expect_eq(f->flush_va, 0x10000);
    cr_expect_eq(f->flush_length, 8 * 4096);
    fake_set(f, A64_SYS(1, 0, 8, 2, 3), 3ull << 46 | 1ull << 44 | 0x1fffffffff); /* 64K */
    cr_expect_eq(f->flush_va, 0xffffffffffff0000);
    cr_expect_eq(f->flush_length, 64 * 65536);
    cr_expect_eq(f->broadcasts, 1);
    fake_free(f);
}

Test(aarch64_mmu, invalidation_by_el2)
{
    struct fake *f = new_stage2(0);
    const uint64_t guest = A64_CONTEXT_STAGE2 | A64_CONTEXT_VMID_MASK;

    fake_set(f, TLBI(7, 0), 0);
    cr_expect_eq(f->flush_mask, A64_CONTEXT_REGIME(3) | guest);
    cr_expect_eq(f->flush_match, A64_CONTEXT_STAGE2 | 7u << 16);
    f->s->hcr |= HCR_FB;
    fake_set(f, TLBI(7, 0), 0);
    cr_expect_eq(f->broadcasts, 1, "HCR_EL2.FB");
    fake_el(f, 2);
    fake_set(f, A64_SYS(1, 4, 8, 7, 4), 0); /* ALLE1 */
    cr_expect_eq(f->flush_mask, A64_CONTEXT_REGIME(3));
    cr_expect_eq(f->flush_match, 0);
    fake_set(f, A64_SYS(1, 4, 8, 7, 1), 1); /* VAE2 */
    cr_expect_eq(f->flush_match, A64_CONTEXT_REGIME(A64_REGIME_EL2));
    fake_set(f, A64_SYS(1, 4, 8, 4, 1), 1); /* IPAS2E1 */
    cr_expect_eq(f->flush_length, 0);
    cr_expect_eq(f->flush_match, A64_CONTEXT_STAGE2 | 7u << 16);
    f->s->hcr = HCR_E2H | HCR_TGE;
    fake_set(f, TLBI(7, 1), 1); /* a host's own */
    cr_expect_eq(f->flush_match & A64_CONTEXT_REGIME(3), A64_CONTEXT_REGIME(A64_REGIME_EL20));
    fake_free(f);
}

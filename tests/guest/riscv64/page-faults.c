/* SPDX-License-Identifier: BSD-2-Clause */
/* PTEs that must fault whatever the access: invalid, reserved bits, misaligned superpages, bad
 * tables. */
#include "insn.h"
#include "paging.h"

#define VA 0x1000000000ul

static const unsigned modes[] = {SV39, SV48, SV57};
static const struct access_kind *const kinds[] = {&kind_load, &kind_store, &kind_fetch, &kind_amo};

static struct space space;

static void all_fault(const char *name, uint64_t va)
{
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        check_faults(name, MODE_S, kinds[i], va, kinds[i]->page_fault);
        check_faults(name, MODE_U, kinds[i], va, kinds[i]->page_fault);
    }
}

static void all_access_fault(const char *name, uint64_t va)
{
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
        check_faults(name, MODE_S, kinds[i], va, kinds[i]->access_fault);
}

static void fresh(unsigned mode)
{
    space_reset();
    space_init(&space, mode);
    space_use(&space, 0);
}

/* An address whose entry at this level the stubs do not share. */
static uint64_t address(unsigned level)
{
    return level < 3 ? VA : level_size(level) * 3;
}

static void with_pte(const char *name, unsigned level, uint64_t pte)
{
    *space_slot(&space, address(level), level) = pte;
    sfence_all();
    set_case_number(pte);
    all_fault(name, address(level));
}

static void leaf_bits(void)
{
    for (unsigned level = 0; level < 3; level++) {
        uint64_t pa = level < 2 ? FREE_RAM : RAM_BASE;

        fresh(SV48);
        with_pte("V clear", level, pte_of(pa, PTE_ALL & ~PTE_V));
        with_pte("all but V", level, ~PTE_V);
        with_pte("W without R", level, pte_of(pa, PTE_V | PTE_W | PTE_AD));
        with_pte("WX without R", level, pte_of(pa, PTE_V | PTE_W | PTE_X | PTE_AD));
        for (unsigned bit = 54; bit < 63; bit++)
            with_pte("reserved bit", level, pte_of(pa, PTE_ALL) | BIT(bit));
        *space_slot(&space, VA, level) = pte_of(pa, PTE_ALL | BIT(8) | BIT(9));
        sfence_all();
        check_works("software bits do not matter", MODE_S, &kind_load, VA);
    }
    fresh(SV39);
    with_pte("a pointer at level 0", 0, pte_of(FREE_RAM, PTE_V));
}

static void misaligned_superpages(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        fresh(modes[i]);
        for (unsigned level = 1; level < space.levels; level++) {
            for (unsigned bit = 12; bit < 12 + 9 * level; bit++) {
                uint64_t pa = level < 2 ? FREE_RAM : level == 2 ? RAM_BASE : 0;

                fresh(modes[i]);
                with_pte("misaligned superpage", level, pte_of(pa ^ BIT(bit), PTE_ALL));
            }
        }
    }
}

/* a pointer PTE has A, D, U, and the high bits reserved */
static void pointer_bits(void)
{
    static const uint64_t bits[] = {PTE_A,   PTE_D,   PTE_U,   BIT(54),
                                    BIT(60), BIT(61), BIT(62), BIT(63)};

    for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
        for (unsigned level = 1; level < modes[m] - SV39 + 3; level++) {
            uint64_t va = address(level);

            for (unsigned i = 0; i < ARRAY_SIZE(bits); i++) {
                fresh(modes[m]);
                space_map(&space, va, FREE_RAM, 0, PTE_ALL);
                sfence_all();
                set_case_number(level << 8 | i);
                check_works("before", MODE_S, &kind_load, va);
                *space_slot(&space, va, level) |= bits[i];
                sfence_all();
                all_fault("reserved bit in a pointer", va);
            }
        }
    }
}

/* tables and pages where there is no memory: access faults of the access's own kind */
static void no_memory(void)
{
    static const uint64_t holes[] = {HOLE, RAM_BASE + RAM_SIZE, 0x00fffffffff000};

    for (unsigned i = 0; i < ARRAY_SIZE(holes); i++) {
        uint64_t hole = holes[i] & ~(PAGE - 1);

        fresh(SV39);
        set_case_number(hole);
        space_map(&space, VA, hole, 0, PTE_ALL);
        sfence_all();
        all_access_fault("page without memory", VA + 8);
        for (unsigned level = 1; level < 3; level++) {
            fresh(SV39);
            *space_slot(&space, VA, level) = pte_of(hole, PTE_V);
            sfence_all();
            all_access_fault("table without memory", VA + 8);
        }
    }
    /* the root itself: even the fetch of the stub faults */
    struct trap t;

    csr_write(satp, (uint64_t)SV39 << 60 | HOLE >> 12);
    sfence_all();
    probe(&t, MODE_S, stub_ld, VA, 0);
    check_trap("root without memory", &t, CAUSE_FETCH_ACCESS, STUBS_S + (uint64_t)(stub_ld - stubs),
               STUBS_S + (uint64_t)(stub_ld - stubs));
    space_off();
}

int main(void)
{
    csr_write(CSR_MENVCFG, 0);
    leaf_bits();
    misaligned_superpages();
    pointer_bits();
    no_memory();
    return 0;
}

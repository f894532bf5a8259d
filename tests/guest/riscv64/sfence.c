/* SPDX-License-Identifier: BSD-2-Clause */
/* sfence.vma in its four forms, address spaces, global pages, superpages that are flushed by one
 * address. */
#include "insn.h"
#include "paging.h"

#define VA       0x1000000000ul
#define FRAME(n) (FREE_RAM + (n)*PAGE)
#define ASID     7ul

static struct space space;

static void sfence_va(uint64_t va)
{
    __asm__ volatile("sfence.vma %0, zero" : : "r"(va) : "memory");
}

static void sfence_asid(uint64_t asid)
{
    __asm__ volatile("sfence.vma zero, %0" : : "r"(asid) : "memory");
}

static void sfence_va_asid(uint64_t va, uint64_t asid)
{
    __asm__ volatile("sfence.vma %0, %1" : : "r"(va), "r"(asid) : "memory");
}

static void fence_form(unsigned form, uint64_t va, uint64_t asid)
{
    switch (form) {
    case 0:
        sfence_all();
        break;
    case 1:
        sfence_va(va);
        break;
    case 2:
        sfence_asid(asid);
        break;
    default:
        sfence_va_asid(va, asid);
        break;
    }
}

static const char *const form_names[] = {
    "sfence.vma",
    "sfence.vma va",
    "sfence.vma asid",
    "sfence.vma va, asid",
};

static uint64_t load(unsigned mode, uint64_t va)
{
    struct trap t;

    probe(&t, mode, stub_ld, va, 0);
    return t.cause == ecall_cause(mode) ? t.a0 : 0xdead0000 + t.cause;
}

static void fill(void)
{
    for (unsigned i = 0; i < 64; i++) {
        io_write64(FRAME(i), i);
        io_write64(FRAME(i) + PAGE - 8, i);
    }
}

/* a page whose translation is in use gets another frame, other rights, goes away and comes back */
static void remap(unsigned form, unsigned level, uint64_t asid)
{
    uint64_t size = level_size(level), va = VA + (level ? 123 * PAGE : 0);
    uint64_t in = level ? 123 * PAGE : 0;
    struct trap t;

    set_case(form_names[form]);
    set_case_number(level << 16 | asid);
    space_map(&space, VA, FREE_RAM, level, PTE_ALL);
    space_use(&space, asid);
    io_write64(FREE_RAM + in, 0xa);
    io_write64(FREE_RAM + size + in, 0xb);
    check("first frame", load(MODE_S, va), 0xa);
    space_map(&space, VA, FREE_RAM + size, level, PTE_ALL);
    fence_form(form, va, asid);
    check("second frame", load(MODE_S, va), 0xb);
    check_works("writable", MODE_S, &kind_store, va);
    space_map(&space, VA, FREE_RAM + size, level, PTE_V | PTE_R | PTE_AD);
    fence_form(form, va, asid);
    check_faults("read-only", MODE_S, &kind_store, va, CAUSE_STORE_PAGE);
    check_faults("no execution", MODE_S, &kind_fetch, va, CAUSE_FETCH_PAGE);
    *space_slot(&space, VA, level) = 0;
    fence_form(form, va, asid);
    check_faults("gone", MODE_S, &kind_load, va, CAUSE_LOAD_PAGE);
    space_map(&space, VA, FREE_RAM, level, PTE_ALL);
    fence_form(form, va, asid);
    check("back", load(MODE_S, va), 0xa);
    io_write32(FREE_RAM + in, INSN_ECALL);
    io_write32(FREE_RAM + size + in, 0xffffffff);
    fence_i();
    check_works("code of the first frame", MODE_S, &kind_fetch, va);
    space_map(&space, VA, FREE_RAM + size, level, PTE_ALL);
    fence_form(form, va, asid);
    probe(&t, MODE_S, stub_jump, va, 0);
    check_trap("code of the second frame", &t, CAUSE_ILLEGAL, va, ANY);
}

/* the fence by address leaves other pages working, and works on each of many */
static void many_pages(void)
{
    set_case("many pages");
    for (unsigned i = 0; i < 64; i++)
        space_map(&space, VA + i * PAGE, FRAME(i), 0, PTE_ALL);
    space_use(&space, ASID);
    fill();
    for (unsigned i = 0; i < 64; i++)
        check("mapped", load(MODE_S, VA + i * PAGE), i);
    for (unsigned i = 0; i < 64; i += 2) {
        space_map(&space, VA + i * PAGE, FRAME(63 - i), 0, PTE_ALL);
        sfence_va(VA + i * PAGE + 8);
    }
    for (unsigned i = 0; i < 64; i++) {
        set_case_number(i);
        check("remapped or not", load(MODE_S, VA + i * PAGE), i & 1 ? i : 63 - i);
    }
}

/* a table that moves: the fence by address of a leaf covers the pointers above it */
static void moved_table(void)
{
    uint64_t *pointer = space_slot(&space, VA, 1), before = *pointer;
    static uint64_t other[512] __attribute__((aligned(4096)));

    set_case("moved table");
    space_use(&space, 0);
    for (unsigned i = 0; i < 512; i++)
        other[i] = pte_of(FRAME(5), PTE_ALL);
    check("before", load(MODE_S, VA + PAGE), 1);
    *pointer = pte_of((uint64_t)other, PTE_V);
    sfence_all();
    check("after", load(MODE_S, VA + PAGE), 5);
    *pointer = before;
    sfence_va(VA + PAGE);
    check("and back", load(MODE_S, VA + PAGE), 1);
    /* a superpage in place of a table, and the table again */
    *pointer = pte_of(FREE_RAM, PTE_ALL);
    sfence_all();
    check("superpage", load(MODE_S, VA + 9 * PAGE), 9);
    *pointer = before;
    sfence_va(VA + 9 * PAGE);
    check("table again", load(MODE_S, VA + 9 * PAGE), 9);
}

/* two spaces with the same address: switching satp between ASIDs needs no fence */
static void address_spaces(void)
{
    struct space a, b;

    set_case("ASIDs");
    space_reset();
    space_init(&a, SV39);
    space_init(&b, SV39);
    fill();
    space_map(&a, VA, FRAME(1), 0, PTE_ALL);
    space_map(&b, VA, FRAME(2), 0, PTE_ALL);
    space_map(&a, VA + PAGE, FRAME(3), 0, PTE_ALL | PTE_G);
    space_map(&b, VA + PAGE, FRAME(3), 0, PTE_ALL | PTE_G);
    space_map(&b, VA + 2 * PAGE, FRAME(4), 0, PTE_ALL);
    csr_write(satp, space_satp(&a, 0xfffful));
    if ((csr_read(satp) >> 44 & 0xffff) < 2) {
        print("no ASIDs\n");
        space_off();
        return;
    }
    sfence_all();
    for (unsigned i = 0; i < 20; i++) {
        csr_write(satp, space_satp(&a, 1));
        check("space 1", load(MODE_S, VA), 1);
        check("global page in space 1", load(MODE_S, VA + PAGE), 3);
        check("not in space 1", load(MODE_S, VA + 2 * PAGE), 0xdead0000 + CAUSE_LOAD_PAGE);
        csr_write(satp, space_satp(&b, 2));
        check("space 2", load(MODE_S, VA), 2);
        check("global page in space 2", load(MODE_S, VA + PAGE), 3);
        check("in space 2", load(MODE_S, VA + 2 * PAGE), 4);
    }
    /* a fence for one ASID is enough for it, and the other still translates */
    space_map(&a, VA, FRAME(6), 0, PTE_ALL);
    sfence_asid(1);
    check("space 2 after the fence for 1", load(MODE_S, VA), 2);
    csr_write(satp, space_satp(&a, 1));
    check("space 1 after its fence", load(MODE_S, VA), 6);
    space_map(&b, VA, FRAME(7), 0, PTE_ALL);
    sfence_va_asid(VA, 2);
    csr_write(satp, space_satp(&b, 2));
    check("space 2 after its fence", load(MODE_S, VA), 7);

    /* a global page: the fence by address without ASID, and the full one, cover it */
    set_case("global page");
    space_map(&a, VA + PAGE, FRAME(8), 0, PTE_ALL | PTE_G);
    space_map(&b, VA + PAGE, FRAME(8), 0, PTE_ALL | PTE_G);
    sfence_va(VA + PAGE);
    check("in space 2", load(MODE_S, VA + PAGE), 8);
    csr_write(satp, space_satp(&a, 1));
    check("in space 1", load(MODE_S, VA + PAGE), 8);
    space_map(&a, VA + PAGE, FRAME(9), 0, PTE_ALL | PTE_G);
    space_map(&b, VA + PAGE, FRAME(9), 0, PTE_ALL | PTE_G);
    sfence_all();
    check("in space 1 after a full fence", load(MODE_S, VA + PAGE), 9);
    csr_write(satp, space_satp(&b, 2));
    check("in space 2 after a full fence", load(MODE_S, VA + PAGE), 9);

    /* one ASID used for another table after a fence for it */
    set_case("reused ASID");
    csr_write(satp, space_satp(&a, 1));
    check("first table", load(MODE_S, VA), 6);
    csr_write(satp, space_satp(&b, 1));
    sfence_asid(1);
    check("second table", load(MODE_S, VA), 7);

    /* bare mode and back */
    set_case("bare mode");
    csr_write(satp, 0);
    struct trap t;
    run_stub(&t, MODE_S, stub_ld, FRAME(3), 0);
    check("physical", t.a0, 3);
    csr_write(satp, space_satp(&b, 2));
    check("translated", load(MODE_S, VA), 7);
    space_off();
}

/* the fence executed by S-mode itself */
static void fence_in_s(void)
{
    struct trap t;

    set_case("sfence.vma in S-mode");
    space_reset();
    space_init(&space, SV48);
    fill();
    space_map(&space, VA, FRAME(1), 0, PTE_ALL);
    space_use(&space, 0);
    check("before", load(MODE_S, VA), 1);
    space_map(&space, VA, FRAME(2), 0, PTE_ALL);
    probe(&t, MODE_S, stub_sfence, 0, 0);
    check_trap("works", &t, CAUSE_ECALL_S, ANY, ANY);
    check("after", load(MODE_S, VA), 2);
    space_off();
}

int main(void)
{
    for (unsigned form = 0; form < 4; form++) {
        for (unsigned level = 0; level < 2; level++) {
            space_reset();
            space_init(&space, SV39);
            remap(form, level, 0);
            remap(form, level, ASID);
        }
    }
    space_reset();
    space_init(&space, SV39);
    many_pages();
    for (unsigned i = 0; i < 64; i++)
        space_map(&space, VA + i * PAGE, FRAME(i), 0, PTE_ALL);
    moved_table();
    space_off();
    address_spaces();
    fence_in_s();
    return 0;
}

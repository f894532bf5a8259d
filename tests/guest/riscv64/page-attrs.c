/* SPDX-License-Identifier: BSD-2-Clause */
/* Svnapot (64 KiB contiguous pages) and Svpbmt (memory types), with their reserved encodings. */
#include "insn.h"
#include "paging.h"

#define VA        0x1000000000ul
#define NAPOT_PPN (8ul << 12) /* ppn[3:0] = 1000: 64 KiB */

static struct space space;

static void fresh(void)
{
    space_reset();
    space_init(&space, SV39);
    space_use(&space, 0);
}

static void napot(void)
{
    struct trap t;

    set_case("Svnapot");
    fresh();
    for (unsigned i = 0; i < 16; i++) {
        io_write64(FREE_RAM + i * PAGE + 8, 0x4000 + i);
        space_map(&space, VA + i * PAGE, FREE_RAM | NAPOT_PPN, 0, PTE_ALL | PTE_N);
    }
    sfence_all();
    for (unsigned i = 0; i < 16; i++) {
        set_case_number(i);
        probe(&t, MODE_S, stub_ld, VA + i * PAGE + 8, 0);
        check_trap("load", &t, CAUSE_ECALL_S, ANY, ANY);
        check("the page's own frame", t.a0, 0x4000 + i);
        probe(&t, MODE_S, stub_sd, VA + i * PAGE + 16, i);
        check("store", io_read64(FREE_RAM + i * PAGE + 16), i);
    }
    io_write32(FREE_RAM + 5 * PAGE, INSN_ECALL);
    fence_i();
    check_works("fetch", MODE_S, &kind_fetch, VA + 5 * PAGE);

    /* one access over two pages of the same range */
    io_write64(FREE_RAM + PAGE - 4, 0x1122334455667788);
    probe(&t, MODE_S, stub_ld, VA + PAGE - 4, 0);
    check("across pages", t.a0, 0x1122334455667788);

    /* only the entry that is there counts: one PTE alone maps one page */
    fresh();
    space_map(&space, VA + 3 * PAGE, FREE_RAM | NAPOT_PPN, 0, PTE_ALL | PTE_N);
    sfence_all();
    probe(&t, MODE_S, stub_ld, VA + 3 * PAGE + 8, 0);
    check("a single PTE", t.a0, 0x4003);

    /* every other pattern of ppn[3:0] is reserved */
    for (uint64_t low = 0; low < 16; low++) {
        if (low == 8)
            continue;
        set_case_number(low);
        space_map(&space, VA, FREE_RAM | low << 12, 0, PTE_ALL | PTE_N);
        sfence_all();
        check_faults("reserved size", MODE_S, &kind_load, VA, CAUSE_LOAD_PAGE);
        check_faults("reserved size", MODE_S, &kind_store, VA, CAUSE_STORE_PAGE);
        check_faults("reserved size", MODE_S, &kind_fetch, VA, CAUSE_FETCH_PAGE);
    }
    /* N in a superpage leaf is reserved */
    for (unsigned level = 1; level < 3; level++) {
        fresh();
        set_case_number(level);
        space_map(&space, VA, level == 1 ? FREE_RAM : RAM_BASE, level, PTE_ALL | PTE_N);
        sfence_all();
        check_faults("N in a superpage", MODE_S, &kind_load, VA, CAUSE_LOAD_PAGE);
    }
}

static void memory_types(void)
{
    struct trap t;

    for (unsigned enabled = 0; enabled < 2; enabled++) {
        set_case(enabled ? "PBMTE on" : "PBMTE off");
        csr_write(CSR_MENVCFG, enabled ? MENVCFG_PBMTE : 0);
        check("menvcfg.PBMTE", csr_read(CSR_MENVCFG) & MENVCFG_PBMTE, enabled ? MENVCFG_PBMTE : 0);
        for (unsigned type = 0; type < 4; type++) {
            for (unsigned level = 0; level < 2; level++) {
                bool works = type == 0 || (enabled && type < 3);

                fresh();
                set_case_number(type << 4 | level);
                space_map(&space, VA, FREE_RAM, level, PTE_ALL | PTE_PBMT(type));
                sfence_all();
                if (!works) {
                    check_faults("load", MODE_S, &kind_load, VA, CAUSE_LOAD_PAGE);
                    check_faults("store", MODE_S, &kind_store, VA, CAUSE_STORE_PAGE);
                    check_faults("fetch", MODE_S, &kind_fetch, VA, CAUSE_FETCH_PAGE);
                    continue;
                }
                probe(&t, MODE_S, stub_sd, VA + 8, 0x99);
                check("store", io_read64(FREE_RAM + 8), 0x99);
                check_works("load", MODE_S, &kind_load, VA);
                check_works("amo", MODE_S, &kind_amo, VA + 8);
                io_write32(FREE_RAM, INSN_ECALL);
                fence_i();
                check_works("fetch", MODE_S, &kind_fetch, VA);
            }
        }
        /* in a pointer they are reserved, on or off */
        for (unsigned type = 1; type < 4; type++) {
            fresh();
            set_case_number(type);
            space_map(&space, VA, FREE_RAM, 0, PTE_ALL);
            *space_slot(&space, VA, 1) |= PTE_PBMT(type);
            sfence_all();
            check_faults("type in a pointer", MODE_S, &kind_load, VA, CAUSE_LOAD_PAGE);
        }
    }
    csr_write(CSR_MENVCFG, 0);
}

int main(void)
{
    csr_write(CSR_MENVCFG, 0);
    napot();
    memory_types();
    space_off();
    return 0;
}

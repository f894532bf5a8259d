/* SPDX-License-Identifier: BSD-2-Clause */
/* Accessed and dirty bits: faults (Svade, menvcfg.ADUE = 0) and hardware updates (Svadu, ADUE = 1).
 */
#include "insn.h"
#include "paging.h"

#define VA    0x1000000000ul
#define CLEAN (PTE_V | PTE_RWX)

static struct space space;

struct ad_case {
    const char *name;
    uint64_t before;
    const char *stub;
    bool writes, fetch;
    uint64_t cause;
    uint64_t after; /* with hardware updates */
};

static const struct ad_case cases[] = {
    {"load, A clear", CLEAN, stub_ld, false, false, CAUSE_LOAD_PAGE, CLEAN | PTE_A},
    {"load, A clear, D set", CLEAN | PTE_D, stub_ld, false, false, CAUSE_LOAD_PAGE, CLEAN | PTE_AD},
    {"load, A set", CLEAN | PTE_A, stub_ld, false, false, 0, CLEAN | PTE_A},
    {"fetch, A clear", CLEAN, stub_jump, false, true, CAUSE_FETCH_PAGE, CLEAN | PTE_A},
    {"fetch, A set", CLEAN | PTE_A, stub_jump, false, true, 0, CLEAN | PTE_A},
    {"store, A and D clear", CLEAN, stub_sd, true, false, CAUSE_STORE_PAGE, CLEAN | PTE_AD},
    {"store, D clear", CLEAN | PTE_A, stub_sd, true, false, CAUSE_STORE_PAGE, CLEAN | PTE_AD},
    {"store, A clear", CLEAN | PTE_D, stub_sd, true, false, CAUSE_STORE_PAGE, CLEAN | PTE_AD},
    {"store, both set", CLEAN | PTE_AD, stub_sd, true, false, 0, CLEAN | PTE_AD},
    {"amo, D clear", CLEAN | PTE_A, stub_amoadd_d, true, false, CAUSE_STORE_PAGE, CLEAN | PTE_AD},
    {"amo, A and D clear", CLEAN, stub_amoadd_w, true, false, CAUSE_STORE_PAGE, CLEAN | PTE_AD},
    {"lr, A clear", CLEAN, stub_lr_d, false, false, CAUSE_LOAD_PAGE, CLEAN | PTE_A},
    {"lr, D clear", CLEAN | PTE_A, stub_lr_d, false, false, 0, CLEAN | PTE_A},
    {"floating-point load", CLEAN, stub_fld, false, false, CAUSE_LOAD_PAGE, CLEAN | PTE_A},
};

static void run_cases(bool hardware, unsigned level)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct ad_case *c = &cases[i];
        uint64_t *slot = space_slot(&space, VA, level);
        uint64_t pte = pte_of(FREE_RAM, c->before);
        struct trap t;

        set_case(c->name);
        set_case_number(level);
        io_write64(FREE_RAM, INSN_ECALL);
        fence_i();
        *slot = pte;
        sfence_all();
        probe(&t, MODE_S, c->stub, VA, 1);
        if (c->cause && !hardware) {
            check_trap("faults", &t, c->cause, ANY, VA);
            check("the PTE is left alone", *slot, pte);
            check("memory is left alone", io_read64(FREE_RAM), INSN_ECALL);
        } else {
            check_trap("works", &t, CAUSE_ECALL_S, ANY, ANY);
            check("the PTE", *slot, pte_of(FREE_RAM, c->after));
        }
    }
}

/* a page read first and written later: the write must still find D clear although the TLB knows the
 * page */
static void read_then_write(bool hardware)
{
    uint64_t *slot = space_slot(&space, VA, 0);
    struct trap t;

    set_case("read, then write");
    *slot = pte_of(FREE_RAM, CLEAN | PTE_A);
    sfence_all();
    for (unsigned i = 0; i < 3; i++)
        check_works("load", MODE_S, &kind_load, VA);
    probe(&t, MODE_S, stub_sd, VA, 1);
    check("store", t.cause, hardware ? CAUSE_ECALL_S : CAUSE_STORE_PAGE);
    check("D", *slot & PTE_D, hardware ? PTE_D : 0);
}

/* a failing access never sets D; A may be set, as by speculation */
static void failing(void)
{
    struct failing {
        const char *name, *stub;
        uint64_t flags, cause;
    };
    static const struct failing table[] = {
        {"store to a read-only page", stub_sd, PTE_V | PTE_R, CAUSE_STORE_PAGE},
        {"amo to a read-only page", stub_amoadd_d, PTE_V | PTE_R, CAUSE_STORE_PAGE},
        {"load from an execute-only page", stub_ld, PTE_V | PTE_X, CAUSE_LOAD_PAGE},
        {"fetch from a data page", stub_jump, PTE_V | PTE_R | PTE_W, CAUSE_FETCH_PAGE},
        {"load from a user page", stub_ld, CLEAN | PTE_U, CAUSE_LOAD_PAGE},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        uint64_t *slot = space_slot(&space, VA, 0);
        struct trap t;

        set_case(table[i].name);
        *slot = pte_of(FREE_RAM, table[i].flags);
        sfence_all();
        probe(&t, MODE_S, table[i].stub, VA, 1);
        check_trap("faults", &t, table[i].cause, ANY, VA);
        check("all but A is left alone", *slot & ~PTE_A, pte_of(FREE_RAM, table[i].flags));
    }
}

/* an access over two pages updates both; where the second faults the store writes nothing */
static void two_pages(void)
{
    uint64_t *first = space_slot(&space, VA, 0), *second = space_slot(&space, VA + PAGE, 0);
    struct trap t;

    set_case("two pages");
    *first = pte_of(FREE_RAM, CLEAN);
    *second = pte_of(FREE_RAM + 4 * PAGE, CLEAN);
    sfence_all();
    probe(&t, MODE_S, stub_sd, VA + PAGE - 4, ~0ul);
    check_trap("store", &t, CAUSE_ECALL_S, ANY, ANY);
    check("first PTE", *first & PTE_AD, PTE_AD);
    check("second PTE", *second & PTE_AD, PTE_AD);
    check("first half", io_read32(FREE_RAM + PAGE - 4), 0xffffffff);
    check("second half", io_read32(FREE_RAM + 4 * PAGE), 0xffffffff);
}

int main(void)
{
    for (unsigned hardware = 0; hardware < 2; hardware++) {
        csr_write(CSR_MENVCFG, hardware ? MENVCFG_ADUE : 0);
        check("menvcfg.ADUE", csr_read(CSR_MENVCFG) & MENVCFG_ADUE, hardware ? MENVCFG_ADUE : 0);
        for (unsigned level = 0; level < 2; level++) {
            space_reset();
            space_init(&space, SV48);
            space_use(&space, 0);
            run_cases(hardware, level);
        }
        space_reset();
        space_init(&space, SV39);
        space_use(&space, 0);
        read_then_write(hardware);
        failing();
    }
    two_pages();
    space_off();
    return 0;
}

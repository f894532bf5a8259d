/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of Sv39, Sv48 and Sv57 for the tests, and accesses made through them. */
#include "paging.h"

#define POOL_PAGES 128

const struct access_kind kind_load = {"load", stub_ld, CAUSE_LOAD_PAGE, CAUSE_LOAD_ACCESS};
const struct access_kind kind_store = {"store", stub_sd, CAUSE_STORE_PAGE, CAUSE_STORE_ACCESS};
const struct access_kind kind_amo = {"amo", stub_amoadd_d, CAUSE_STORE_PAGE, CAUSE_STORE_ACCESS};
const struct access_kind kind_fetch = {"fetch", stub_jump, CAUSE_FETCH_PAGE, CAUSE_FETCH_ACCESS};

static uint64_t pool[POOL_PAGES][512] __attribute__((aligned(4096)));
static unsigned pool_used;

static uint64_t *new_table(void)
{
    if (pool_used == POOL_PAGES)
        fail_now("out of page tables");
    for (unsigned i = 0; i < 512; i++)
        pool[pool_used][i] = 0;
    return pool[pool_used++];
}

void space_reset(void)
{
    pool_used = 0;
}

void space_init(struct space *s, unsigned mode)
{
    s->mode = mode;
    s->levels = mode - SV39 + 3;
    s->root = new_table();
    space_map(s, STUBS_S, (uint64_t)stubs, 0, PTE_V | PTE_R | PTE_X | PTE_AD);
    space_map(s, STUBS_S + PAGE, (uint64_t)stubs + PAGE, 0, PTE_V | PTE_R | PTE_X | PTE_AD);
    space_map(s, STUBS_U, (uint64_t)stubs, 0, PTE_V | PTE_R | PTE_X | PTE_U | PTE_AD);
    space_map(s, STUBS_U + PAGE, (uint64_t)stubs + PAGE, 0, PTE_V | PTE_R | PTE_X | PTE_U | PTE_AD);
}

uint64_t *space_slot(struct space *s, uint64_t va, unsigned level)
{
    uint64_t *table = s->root;

    for (unsigned l = s->levels - 1; l > level; l--) {
        uint64_t *slot = &table[va >> (12 + 9 * l) & 511];

        if (!(*slot & PTE_V))
            *slot = pte_of((uint64_t)new_table(), PTE_V);
        table = (uint64_t *)(*slot >> 10 << 12);
    }
    return &table[va >> (12 + 9 * level) & 511];
}

void space_map(struct space *s, uint64_t va, uint64_t pa, unsigned level, uint64_t flags)
{
    *space_slot(s, va, level) = pte_of(pa, flags);
}

uint64_t space_satp(const struct space *s, uint64_t asid)
{
    return (uint64_t)s->mode << 60 | asid << 44 | (uint64_t)s->root >> 12;
}

void space_use(const struct space *s, uint64_t asid)
{
    csr_write(satp, space_satp(s, asid));
    sfence_all();
}

void space_off(void)
{
    csr_write(satp, 0);
    sfence_all();
}

uint64_t stub_pc(unsigned mode, const char *stub)
{
    uint64_t offset = (uint64_t)(stub - stubs);

    if (mode == MODE_M)
        return (uint64_t)stub;
    return (mode == MODE_S ? STUBS_S : STUBS_U) + offset;
}

void probe(struct trap *t, unsigned mode, const char *stub, uint64_t a0, uint64_t a1)
{
    enter(t, mode, stub_pc(mode, stub), a0, a1);
}

void check_works(const char *name, unsigned mode, const struct access_kind *k, uint64_t va)
{
    struct trap t;

    probe(&t, mode, k->stub, va, 0x1000);
    check_trap(name, &t, ecall_cause(mode), k == &kind_fetch ? va : ANY, ANY);
}

void check_faults(const char *name, unsigned mode, const struct access_kind *k, uint64_t va,
                  uint64_t cause)
{
    struct trap t;

    probe(&t, mode, k->stub, va, 0x1000);
    check_trap(name, &t, cause, k == &kind_fetch ? va : stub_pc(mode, k->stub), va);
}

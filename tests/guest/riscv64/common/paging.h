/* SPDX-License-Identifier: BSD-2-Clause */
/* Page tables of Sv39, Sv48 and Sv57 for the tests, and accesses made through them. */
#ifndef GUEST_PAGING_H
#define GUEST_PAGING_H

#include "stubs.h"

#define PTE_V       BIT(0)
#define PTE_R       BIT(1)
#define PTE_W       BIT(2)
#define PTE_X       BIT(3)
#define PTE_U       BIT(4)
#define PTE_G       BIT(5)
#define PTE_A       BIT(6)
#define PTE_D       BIT(7)
#define PTE_PBMT(n) ((uint64_t)(n) << 61)
#define PTE_N       BIT(63)
#define PTE_AD      (PTE_A | PTE_D)
#define PTE_RWX     (PTE_R | PTE_W | PTE_X)
#define PTE_DATA    (PTE_V | PTE_R | PTE_W | PTE_AD) /* S data */
#define PTE_ALL     (PTE_V | PTE_RWX | PTE_AD)       /* S everything */

#define SV39 8
#define SV48 9
#define SV57 10

#define PAGE 4096ul

/* where the stubs are mapped: once for S-mode and once for U-mode */
#define STUBS_S 0x3000000000ul
#define STUBS_U 0x3000100000ul

/* memory that no program's image reaches: targets of mappings, 2 MiB aligned */
#define FREE_RAM 0x84000000ul

struct space {
    unsigned mode, levels;
    uint64_t *root;
};

/* An empty space of its own tables, with only the stubs mapped. */
void space_init(struct space *s, unsigned mode);
/* Forgets all tables of all spaces: their memory is used again. */
void space_reset(void);
/* The PTE of an address at a level (0 = 4 KiB); tables on the way are made. */
uint64_t *space_slot(struct space *s, uint64_t va, unsigned level);
void space_map(struct space *s, uint64_t va, uint64_t pa, unsigned level, uint64_t flags);
void space_use(const struct space *s, uint64_t asid);
uint64_t space_satp(const struct space *s, uint64_t asid);
void space_off(void);

static inline uint64_t pte_of(uint64_t pa, uint64_t flags)
{
    return pa >> 12 << 10 | flags;
}

static inline uint64_t level_size(unsigned level)
{
    return 1ul << (12 + 9 * level);
}

/* Runs a stub through the mapping of its mode (from M: where it is linked). */
void probe(struct trap *t, unsigned mode, const char *stub, uint64_t a0, uint64_t a1);
/* The pc that a stub has in a mode. */
uint64_t stub_pc(unsigned mode, const char *stub);

/* The three kinds of access, with their faults. */
struct access_kind {
    const char *name;
    const char *stub;
    uint64_t page_fault, access_fault;
};

extern const struct access_kind kind_load, kind_store, kind_fetch, kind_amo;

/*
 * A load, store, atomic or fetch at an address; the fetch expects an ecall there. Checks that it
 * works, or that it ends with the cause and tval; a fetch's epc is the address, others' the stub's.
 */
void check_works(const char *name, unsigned mode, const struct access_kind *k, uint64_t va);
void check_faults(const char *name, unsigned mode, const struct access_kind *k, uint64_t va,
                  uint64_t cause);

#endif

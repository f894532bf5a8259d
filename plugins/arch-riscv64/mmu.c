/* SPDX-License-Identifier: BSD-2-Clause */
/* Address translation: Sv39, Sv48, Sv57 with Svnapot, Svpbmt, Svade and Svadu; bare addresses; PMP
 * on both. */
#include "state.h"

#define PTE_V          (1ull << 0)
#define PTE_R          (1ull << 1)
#define PTE_W          (1ull << 2)
#define PTE_X          (1ull << 3)
#define PTE_U          (1ull << 4)
#define PTE_G          (1ull << 5)
#define PTE_A          (1ull << 6)
#define PTE_D          (1ull << 7)
#define PTE_PPN_SHIFT  10
#define PTE_PPN_MASK   0xfffffffffffull
#define PTE_RESERVED   (0x7full << 54)
#define PTE_PBMT_SHIFT 61
#define PTE_PBMT       (3ull << PTE_PBMT_SHIFT)
#define PTE_N          (1ull << 63)

#define NAPOT_64K      8 /* low bits of the PPN of a 64K page; the only size there is */
#define NAPOT_64K_BITS 16

/* One walk. */
struct walk {
    struct vm_cpu *cpu;
    uint64_t va;
    enum vm_access access;
    uint32_t privilege;
    bool sum, mxr;
    bool global;
    uint64_t pte, pte_pa; /* the leaf */
    int level;
};

uint64_t rv_context(const struct rv_state *s, uint32_t privilege, bool data)
{
    uint64_t id = (uint64_t)privilege << RV_CONTEXT_PRIVILEGE_SHIFT;
    uint32_t mode = SATP_MODE(s->satp);

    if (privilege == RV_M || mode == RV_BARE)
        return id;
    id |= SATP_ASID(s->satp) | (uint64_t)mode << RV_CONTEXT_MODE_SHIFT;
    if (data && privilege == RV_S && (s->mstatus & MSTATUS_SUM))
        id |= RV_CONTEXT_SUM;
    if (data && (s->mstatus & MSTATUS_MXR))
        id |= RV_CONTEXT_MXR;
    return id;
}

static int refuse(struct vm_fault *fault, uint64_t code)
{
    fault->code = code;
    return -1;
}

static uint32_t access_prot(enum vm_access access)
{
    return access == VM_ACCESS_WRITE  ? VM_PROT_WRITE
           : access == VM_ACCESS_EXEC ? VM_PROT_EXEC
                                      : VM_PROT_READ;
}

/* Fills *out for a page at `pa`, limited by PMP; `prot` is what the page table grants. */
static int finish(struct walk *w, uint64_t pa, uint32_t page_bits, uint32_t prot,
                  struct vm_translation *out, struct vm_fault *fault)
{
    prot &= rv_pmp_prot(w->cpu, pa, w->privilege);
    if (!(prot & access_prot(w->access)))
        return refuse(fault, RV_FAULT_ACCESS);
    out->pa = pa;
    out->page_bits = page_bits;
    out->uniform_bits =
        page_bits > VM_PAGE_BITS && rv_pmp_uniform(w->cpu, pa, page_bits) ? page_bits : 0;
    out->prot = prot;
    out->global = w->global;
    out->no_cache = false;
    return 0;
}

/* ---- Checks of one entry ---- */

static bool is_leaf(uint64_t pte)
{
    return (pte & (PTE_R | PTE_X)) != 0;
}

/* Reserved bits and encodings. */
static bool well_formed(const struct vm_cpu *cpu, const struct rv_state *s, uint64_t pte)
{
    const struct rv_arch *arch = rv_arch(cpu);

    if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || (pte & PTE_RESERVED))
        return false;
    if ((pte & PTE_PBMT) && (!(s->menvcfg & ENVCFG_PBMTE) || (pte & PTE_PBMT) == PTE_PBMT))
        return false;
    if ((pte & PTE_N) && !rv_has(arch, RV_EXT_SVNAPOT))
        return false;
    return is_leaf(pte) || !(pte & (PTE_U | PTE_A | PTE_D | PTE_PBMT | PTE_N));
}

/* What a leaf grants in this context, dirty and accessed bits aside. */
static uint32_t leaf_prot(const struct walk *w)
{
    uint64_t pte = w->pte;
    uint32_t prot = 0;

    if (pte & PTE_R || (w->mxr && (pte & PTE_X)))
        prot |= VM_PROT_READ;
    if (pte & PTE_W)
        prot |= VM_PROT_WRITE;
    if (pte & PTE_X)
        prot |= VM_PROT_EXEC;
    if (w->privilege == RV_U)
        return pte & PTE_U ? prot : 0;
    if (pte & PTE_U) /* supervisor code never runs from user pages */
        return w->sum ? prot & ~VM_PROT_EXEC : 0;
    return prot;
}

/* Superpages and NAPOT pages must be aligned. Gives the size, or 0. */
static uint32_t leaf_bits(const struct walk *w)
{
    uint64_t ppn = w->pte >> PTE_PPN_SHIFT & PTE_PPN_MASK;
    uint32_t bits = 12 + 9 * (uint32_t)w->level;

    if (w->pte & PTE_N)
        return w->level == 0 && (ppn & 15) == NAPOT_64K ? NAPOT_64K_BITS : 0;
    return ppn & ((1ull << (bits - 12)) - 1) ? 0 : bits;
}

/* ---- The walk ---- */

/* Walks to the leaf. */
static int find_leaf(struct walk *w, uint32_t levels, struct vm_fault *fault)
{
    const struct rv_state *s = rv_state(w->cpu);
    uint64_t table = SATP_PPN(s->satp) << 12;

    for (w->level = (int)levels - 1; w->level >= 0; w->level--) {
        w->pte_pa = table + (w->va >> (12 + 9 * w->level) & 511) * 8;
        if (!(rv_pmp_prot(w->cpu, w->pte_pa, RV_S) & VM_PROT_READ) ||
            w->cpu->host->phys_load(w->cpu, w->pte_pa, 8, &w->pte) != 0)
            return refuse(fault, RV_FAULT_ACCESS);
        if (!well_formed(w->cpu, s, w->pte))
            return refuse(fault, RV_FAULT_PAGE);
        w->global |= (w->pte & PTE_G) != 0;
        if (is_leaf(w->pte))
            return 0;
        table = (w->pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << 12;
    }
    return refuse(fault, RV_FAULT_PAGE);
}

/*
 * Accessed and dirty bits. 0: as they must be. 1: the entry has changed meanwhile, walk again. -1:
 * fault. Svadu sets them in memory; otherwise (Svade) software does, told by a page fault.
 */
static int update_leaf(struct walk *w, struct vm_fault *fault)
{
    uint64_t want = w->pte | PTE_A | (w->access == VM_ACCESS_WRITE ? PTE_D : 0), old;

    if (want == w->pte)
        return 0;
    if (!(rv_state(w->cpu)->menvcfg & ENVCFG_ADUE))
        return refuse(fault, RV_FAULT_PAGE);
    if (!(rv_pmp_prot(w->cpu, w->pte_pa, RV_S) & VM_PROT_WRITE) ||
        w->cpu->host->phys_cas(w->cpu, w->pte_pa, 8, w->pte, want, &old) != 0)
        return refuse(fault, RV_FAULT_ACCESS);
    if (old != w->pte)
        return 1;
    w->pte = want;
    return 0;
}

static int translate_paged(struct walk *w, uint32_t levels, struct vm_translation *out,
                           struct vm_fault *fault)
{
    int64_t va = (int64_t)w->va;
    unsigned unused = 64 - (12 + 9 * levels);
    int again;

    if ((int64_t)((uint64_t)va << unused) >> unused != va)
        return refuse(fault, RV_FAULT_PAGE);
    do {
        w->global = false;
        if (find_leaf(w, levels, fault) != 0)
            return -1;
        if (!(leaf_prot(w) & access_prot(w->access)) || leaf_bits(w) == 0)
            return refuse(fault, RV_FAULT_PAGE);
        again = update_leaf(w, fault);
    } while (again > 0);
    if (again < 0)
        return -1;
    uint32_t bits = leaf_bits(w), prot = leaf_prot(w);
    uint64_t page = (w->pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << 12, mask = (1ull << bits) - 1;
    if (!(w->pte & PTE_D))
        prot &= ~VM_PROT_WRITE;
    return finish(w, (page & ~mask) | (w->va & mask), bits, prot, out, fault);
}

int rv_mmu_translate(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                     uint32_t mmu, struct vm_translation *out, struct vm_fault *fault)
{
    struct walk w = {
        .cpu = cpu,
        .va = va,
        .access = access,
        .privilege = (uint32_t)(context >> RV_CONTEXT_PRIVILEGE_SHIFT) & 3,
        .sum = (context & RV_CONTEXT_SUM) != 0,
        .mxr = (context & RV_CONTEXT_MXR) != 0,
    };
    uint32_t mode = (uint32_t)(context >> RV_CONTEXT_MODE_SHIFT) & 15;

    (void)mmu;
    if (mode == RV_BARE)
        return finish(&w, va, VM_PAGE_BITS, VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC, out,
                      fault);
    return translate_paged(&w, mode - RV_SV39 + 3, out, fault);
}

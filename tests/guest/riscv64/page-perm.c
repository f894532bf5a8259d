/* SPDX-License-Identifier: BSD-2-Clause */
/* Page permissions: every R/W/X/U against mode, SUM, MXR, and MPRV from M-mode. */
#include "insn.h"
#include "paging.h"

#define VA 0x1000000000ul

static struct space space;

static bool user_ok(uint64_t pte, unsigned mode, bool sum)
{
    return mode == MODE_U ? pte & PTE_U : !(pte & PTE_U) || sum;
}

static bool is_leaf_legal(uint64_t pte)
{
    return (pte & PTE_V) && (pte & (PTE_R | PTE_X)) && !(!(pte & PTE_R) && (pte & PTE_W));
}

static bool allowed(uint64_t pte, unsigned mode, bool sum, bool mxr, const struct access_kind *k)
{
    if (!is_leaf_legal(pte))
        return false;
    if (k == &kind_fetch)
        return (pte & PTE_X) && !!(pte & PTE_U) == (mode == MODE_U);
    if (!user_ok(pte, mode, sum))
        return false;
    if (k == &kind_load)
        return (pte & PTE_R) || (mxr && (pte & PTE_X));
    return pte & PTE_W;
}

static void matrix(void)
{
    static const struct access_kind *const kinds[] = {&kind_load, &kind_store, &kind_fetch,
                                                      &kind_amo};
    static const unsigned modes[] = {MODE_S, MODE_U};

    for (uint64_t flags = 0; flags < 32; flags++) {
        uint64_t pte = flags | PTE_AD;

        space_map(&space, VA, FREE_RAM, 0, pte);
        sfence_all();
        for (unsigned bits = 0; bits < 16; bits++) {
            bool sum = bits & 1, mxr = bits & 2;
            unsigned mode = modes[bits >> 2 & 1];

            csr_clear(mstatus, MSTATUS_SUM | MSTATUS_MXR);
            csr_set(mstatus, (sum ? MSTATUS_SUM : 0) | (mxr ? MSTATUS_MXR : 0));
            set_case_number(flags << 16 | mode << 8 | (unsigned)sum << 4 | mxr);
            for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
                io_write32(FREE_RAM, INSN_ECALL);
                if (kinds[i] == &kind_fetch)
                    fence_i();
                if (allowed(pte, mode, sum, mxr, kinds[i]))
                    check_works(kinds[i]->name, mode, kinds[i], VA);
                else
                    check_faults(kinds[i]->name, mode, kinds[i], VA, kinds[i]->page_fault);
            }
        }
    }
    csr_clear(mstatus, MSTATUS_SUM | MSTATUS_MXR);
}

/* M-mode loads and stores with MPRV use MPP's mode and translation; fetches never do */
static void mprv(void)
{
    for (uint64_t flags = 0; flags < 32; flags++) {
        uint64_t pte = flags | PTE_AD;

        space_map(&space, VA, FREE_RAM, 0, pte);
        sfence_all();
        for (unsigned bits = 0; bits < 8; bits++) {
            bool sum = bits & 1, mxr = bits & 2;
            unsigned mode = bits & 4 ? MODE_S : MODE_U;
            uint64_t status = MSTATUS_MPRV | (uint64_t)mode << 11 | (sum ? MSTATUS_SUM : 0) |
                              (mxr ? MSTATUS_MXR : 0);
            struct trap t;

            csr_clear(mstatus, MSTATUS_SUM | MSTATUS_MXR);
            set_case_number(flags << 16 | mode << 8 | (unsigned)sum << 4 | mxr);
            io_write64(FREE_RAM, 0x77);
            enter(&t, MODE_M, (uint64_t)stub_mprv_ld, status, VA);
            csr_clear(mstatus, MSTATUS_MPRV);
            if (allowed(pte, mode, sum, mxr, &kind_load)) {
                check_trap("MPRV load works", &t, CAUSE_ECALL_M, ANY, ANY);
                check("MPRV value", t.a0, 0x77);
            } else {
                check_trap("MPRV load faults", &t, CAUSE_LOAD_PAGE, (uint64_t)stub_mprv_ld + 4, VA);
            }
            csr_clear(mstatus, MSTATUS_SUM | MSTATUS_MXR);
            enter(&t, MODE_M, (uint64_t)stub_mprv_sd, status, VA);
            csr_clear(mstatus, MSTATUS_MPRV);
            if (allowed(pte, mode, sum, mxr, &kind_store)) {
                check_trap("MPRV store works", &t, CAUSE_ECALL_M, ANY, ANY);
                check("MPRV stored", io_read64(FREE_RAM), VA);
            } else {
                check_trap("MPRV store faults", &t, CAUSE_STORE_PAGE, (uint64_t)stub_mprv_sd + 4,
                           VA);
                check("nothing stored", io_read64(FREE_RAM), 0x77);
            }
        }
    }
    csr_clear(mstatus, MSTATUS_SUM | MSTATUS_MXR);

    /* MPP = M with MPRV: no translation */
    struct trap t;

    set_case("MPRV with MPP = M");
    io_write64(FREE_RAM, 0x88);
    enter(&t, MODE_M, (uint64_t)stub_mprv_ld, MSTATUS_MPRV | MSTATUS_MPP, FREE_RAM);
    csr_clear(mstatus, MSTATUS_MPRV);
    check_trap("works", &t, CAUSE_ECALL_M, ANY, ANY);
    check("value", t.a0, 0x88);
}

/* SUM and MXR take effect at once, without a fence, on a page that is in the TLB already */
static void toggles(void)
{
    set_case("toggle");
    space_map(&space, VA, FREE_RAM, 0, PTE_ALL | PTE_U);
    sfence_all();
    for (unsigned i = 0; i < 4; i++) {
        csr_set(mstatus, MSTATUS_SUM);
        check_works("SUM on", MODE_S, &kind_load, VA);
        check_works("SUM on, store", MODE_S, &kind_store, VA + 64);
        csr_clear(mstatus, MSTATUS_SUM);
        check_faults("SUM off", MODE_S, &kind_load, VA, CAUSE_LOAD_PAGE);
        check_faults("SUM off, store", MODE_S, &kind_store, VA + 64, CAUSE_STORE_PAGE);
        check_works("U all the time", MODE_U, &kind_load, VA);
    }
    space_map(&space, VA, FREE_RAM, 0, PTE_V | PTE_X | PTE_AD);
    sfence_all();
    for (unsigned i = 0; i < 4; i++) {
        csr_set(mstatus, MSTATUS_MXR);
        check_works("MXR on", MODE_S, &kind_load, VA);
        csr_clear(mstatus, MSTATUS_MXR);
        check_faults("MXR off", MODE_S, &kind_load, VA, CAUSE_LOAD_PAGE);
    }
}

int main(void)
{
    space_init(&space, SV39);
    space_use(&space, 0);
    matrix();
    mprv();
    toggles();
    space_off();
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Sstc: stimecmp drives STIP when menvcfg.STCE is set; who may touch it. */
#include "insn.h"
#include "stubs.h"

#define NEVER (~0ul)
#define STIP  BIT(IRQ_STI)

static void access(void)
{
    struct trap t;

    for (unsigned bits = 0; bits < 4; bits++) {
        bool stce = bits & 1, tm = bits & 2;

        set_case("stimecmp access");
        set_case_number(bits);
        csr_write(CSR_MENVCFG, stce ? MENVCFG_STCE : 0);
        csr_write(mcounteren, tm ? 7 : 5);
        for (unsigned mode = MODE_U; mode <= MODE_M; mode++) {
            uint32_t insn = CSRRS(CSR_STIMECMP, REG_A0, 0);

            if (mode == 2)
                continue;
            try_insn(&t, mode, insn, 0, 0);
            if (mode == MODE_M || (mode == MODE_S && stce && tm))
                check_trap("allowed", &t, ecall_cause(mode), ANY, ANY);
            else
                check_illegal("not allowed", &t, (uint64_t)try_buffer, insn);
        }
    }
    csr_write(mcounteren, 7);
    set_case(NULL);
}

static void compare(void)
{
    struct trap t;
    uint64_t now;

    csr_write(CSR_MENVCFG, MENVCFG_STCE);
    check("menvcfg.STCE is kept", csr_read(CSR_MENVCFG) & MENVCFG_STCE, MENVCFG_STCE);
    csr_write(CSR_STIMECMP, NEVER);
    check("stimecmp reads back", csr_read(CSR_STIMECMP), NEVER);
    check("STIP clear", csr_read(mip) & STIP, 0);
    csr_write(CSR_STIMECMP, 0);
    check("STIP set", csr_read(mip) & STIP, STIP);
    csr_clear(mip, STIP);
    check("STIP is read-only now", csr_read(mip) & STIP, STIP);
    csr_write(CSR_STIMECMP, NEVER);
    csr_set(mip, STIP);
    check("and cannot be set by hand", csr_read(mip) & STIP, 0);

    csr_write(mideleg, STIP);
    csr_write(mie, STIP);
    csr_write(stvec, (uint64_t)stub_strap);
    csr_set(mstatus, MSTATUS_SIE);
    now = csr_read(time);
    csr_write(CSR_STIMECMP, now + 20000);
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("S handler", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("scause", csr_read(scause), CAUSE_IRQ | IRQ_STI);
    check("sepc", csr_read(sepc), (uint64_t)stub_spin);
    check_true("not before its time", csr_read(time) >= now + 20000);

    /* wfi in S with SIE off */
    csr_clear(mstatus, MSTATUS_SIE);
    now = csr_read(time);
    csr_write(CSR_STIMECMP, now + 20000);
    enter(&t, MODE_S, (uint64_t)stub_wfi, 0, 0);
    check_trap("wfi ends", &t, CAUSE_ECALL_S, (uint64_t)stub_wfi + 4, ANY);
    check_true("waited", csr_read(time) >= now + 20000);

    /* not delegated: M takes it */
    csr_write(mideleg, 0);
    csr_write(CSR_STIMECMP, 0);
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("to M", &t, CAUSE_IRQ | IRQ_STI, (uint64_t)stub_spin, 0);
    csr_write(mie, 0);

    /* with STCE off the CSR is a plain register, and STIP belongs to M-mode software */
    csr_write(CSR_STIMECMP, NEVER);
    csr_write(CSR_MENVCFG, 0);
    csr_write(mip, STIP);
    check("STIP by hand without STCE", csr_read(mip) & STIP, STIP);
    csr_write(mip, 0);
    check("cleared by hand", csr_read(mip) & STIP, 0);
}

int main(void)
{
    csr_write(mie, 0);
    set_mtimecmp(0, NEVER);
    access();
    compare();
    return 0;
}

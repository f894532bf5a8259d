/* SPDX-License-Identifier: BSD-2-Clause */
/* The accesses of stubs.S. */
#ifndef GUEST_STUBS_H
#define GUEST_STUBS_H

#include "test.h"

extern const char stubs[];
extern const char stub_lb[], stub_lh[], stub_lw[], stub_ld[], stub_lbu[], stub_lhu[], stub_lwu[];
extern const char stub_sb[], stub_sh[], stub_sw[], stub_sd[];
extern const char stub_lr_w[], stub_lr_d[], stub_sc_w[], stub_sc_d[], stub_lr_sc[];
extern const char stub_amoadd_w[], stub_amoadd_d[], stub_amoswap_w[], stub_amoswap_d[];
extern const char stub_flw[], stub_fld[], stub_fsw[], stub_fsd[];
extern const char stub_jump[], stub_nothing[], stub_sfence[], stub_spin[], stub_wfi[];
extern const char stub_cbo_zero[], stub_cbo_clean[], stub_cbo_flush[], stub_cbo_inval[];
extern const char stub_mprv_ld[], stub_mprv_sd[];
extern const char stub_strap[], stub_strap_vectors[];

/* Runs a stub where it was linked, without translation. */
static inline void run_stub(struct trap *t, unsigned mode, const char *stub, uint64_t a0,
                            uint64_t a1)
{
    enter(t, mode, (uint64_t)stub, a0, a1);
}

/* The facts of a trap that was delegated and passed on by stub_strap, as if M-mode had taken it. */
static inline struct trap s_trap_facts(void)
{
    return (struct trap){.cause = csr_read(scause),
                         .epc = csr_read(sepc),
                         .tval = csr_read(stval),
                         .status = csr_read(sstatus)};
}

#endif

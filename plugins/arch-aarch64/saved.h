/* SPDX-License-Identifier: BSD-2-Clause */
/* saved.h - the registers of struct a64_state that are no slots: X(name, member). */
#ifndef AARCH64_SAVED_H
#define AARCH64_SAVED_H

/* clang-format off */
#define A64_SAVED_EL23(X, name)     X(name##_el2, name[2]) X(name##_el3, name[3])
#define A64_SAVED_EL12(X, name)     X(name##_el1, name[1]) X(name##_el2, name[2])
#define A64_SAVED_EL123(X, name)    X(name##_el1, name[1]) A64_SAVED_EL23(X, name)
#define A64_SAVED_TIMER(X, name, n) X(name##_ctl, timer[n].ctl) X(name##_cval, timer[n].cval)
#define A64_SAVED_FOUR(X, name) \
    X(name##0, name[0]) X(name##1, name[1]) X(name##2, name[2]) X(name##3, name[3])
#define A64_SAVED_SIX(X, name)    A64_SAVED_FOUR(X, name) X(name##4, name[4]) X(name##5, name[5])
#define A64_SAVED_KEY(X, name, n) X(name##_lo, pauth_key[n][0]) X(name##_hi, pauth_key[n][1])

#define A64_SAVED_PSTATE(X)                                                     \
    X(reserve_high, reserve_high) X(el, el) X(spsel, spsel) X(pan, pan)         \
    X(uao, uao) X(ss, ss) X(il, il) X(dit, dit) X(ssbs, ssbs)

#define A64_SAVED_BANKED(X)                                                     \
    A64_SAVED_EL23(X, tpidr) A64_SAVED_EL23(X, sp_el) A64_SAVED_EL23(X, elr)    \
    A64_SAVED_EL23(X, spsr) A64_SAVED_EL23(X, esr) A64_SAVED_EL23(X, far)       \
    A64_SAVED_EL123(X, sctlr) A64_SAVED_EL123(X, vbar) A64_SAVED_EL123(X, mair) \
    A64_SAVED_EL123(X, tcr) A64_SAVED_EL123(X, ttbr0) A64_SAVED_EL12(X, ttbr1)  \
    A64_SAVED_EL12(X, contextidr) A64_SAVED_EL23(X, cptr) A64_SAVED_EL23(X, mdcr)

#define A64_SAVED_CONTROL(X)                                                    \
    X(cpacr, cpacr) X(csselr, csselr) X(par, par) X(disr, disr) X(hcr, hcr)     \
    X(hpfar, hpfar) X(vttbr, vttbr) X(vtcr, vtcr) X(vmpidr, vmpidr)             \
    X(vpidr, vpidr) X(vsesr, vsesr) X(vdisr, vdisr) X(lorc, lorc)               \
    X(lorsa, lorsa) X(lorea, lorea) X(lorn, lorn) A64_SAVED_FOUR(X, scxtnum)    \
    X(scr, scr) X(rvbar, rvbar)

#define A64_SAVED_TIMERS(X)                                                     \
    X(cntkctl, cntkctl) X(cnthctl, cnthctl) X(cntvoff, cntvoff)                 \
    X(cntfrq, cntfrq) A64_SAVED_TIMER(X, cntp, A64_CNTP)                        \
    A64_SAVED_TIMER(X, cntv, A64_CNTV) A64_SAVED_TIMER(X, cnthp, A64_CNTHP)     \
    A64_SAVED_TIMER(X, cntps, A64_CNTPS) A64_SAVED_TIMER(X, cnthv, A64_CNTHV)

#define A64_SAVED_DEBUG(X)                                                      \
    X(mdscr, mdscr) X(mdccint, mdccint) X(oslk, oslk) X(osdlr, osdlr)           \
    X(osdtrrx, osdtrrx) X(osdtrtx, osdtrtx) X(dbgclaim, dbgclaim)               \
    X(dbgprcr, dbgprcr) A64_SAVED_SIX(X, dbgbvr) A64_SAVED_SIX(X, dbgbcr)       \
    A64_SAVED_FOUR(X, dbgwvr) A64_SAVED_FOUR(X, dbgwcr)

/* The counters before their overflows: reading the first brings all up to date. */
#define A64_SAVED_PMU(X)                                                        \
    X(pmcr, pmcr) X(pmcnten, pmcnten) X(pminten, pminten) X(pmselr, pmselr)     \
    X(pmuserenr, pmuserenr) A64_SAVED_SIX(X, pmevtyper)                         \
    X(pmccfiltr, pmevtyper[A64_EVENT_COUNTERS]) A64_SAVED_SIX(X, pmcount)       \
    X(pmccntr, pmcount[A64_EVENT_COUNTERS]) X(pmovs, pmovs)

#define A64_SAVED_KEYS(X)                                                       \
    A64_SAVED_KEY(X, apia, A64_KEY_IA) A64_SAVED_KEY(X, apib, A64_KEY_IB)       \
    A64_SAVED_KEY(X, apda, A64_KEY_DA) A64_SAVED_KEY(X, apdb, A64_KEY_DB)       \
    A64_SAVED_KEY(X, apga, A64_KEY_GA)

#define A64_SAVED_VGIC(X)                                                       \
    X(ich_hcr, ich_hcr) X(ich_vmcr, ich_vmcr) A64_SAVED_FOUR(X, ich_lr)         \
    X(ich_ap0r, ich_apr[0]) X(ich_ap1r, ich_apr[1])
/* clang-format on */

#define A64_SAVED(X)     \
    A64_SAVED_PSTATE(X)  \
    A64_SAVED_BANKED(X)  \
    A64_SAVED_CONTROL(X) \
    A64_SAVED_TIMERS(X)  \
    A64_SAVED_DEBUG(X)   \
    A64_SAVED_PMU(X)     \
    A64_SAVED_KEYS(X)    \
    A64_SAVED_VGIC(X)

#endif

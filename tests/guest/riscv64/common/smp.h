/* SPDX-License-Identifier: BSD-2-Clause */
/* Running one function on all harts at once; the number of harts is found at run time. */
#ifndef GUEST_SMP_H
#define GUEST_SMP_H

#include "test.h"

typedef void (*smp_job)(unsigned hart, unsigned harts);

/* [hart 0] Waits for the other harts to report, and says how many there are in all. */
unsigned smp_start(void);

/* [hart 0] Runs the job on every hart, hart 0 too, and returns when all are done. */
void smp_run(smp_job job);

/* [any hart, in a job] Goes on when all harts have come here. */
void smp_barrier(void);

/* [any hart] Counts what a hart found wrong; smp_check adds it up and clears it. */
void smp_error(unsigned hart);
void smp_check(const char *name);

/* [any hart] Raises the software interrupt of every other hart and waits until each has run the
 * hook. */
void smp_ipi_others(unsigned self);
/* What harts do on an IPI, in M-mode; enables their software interrupt for code below M-mode and
 * with MIE. */
void smp_set_ipi(void (*action)(void));

static inline uint64_t amo_add(volatile uint64_t *p, uint64_t v)
{
    return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}

static inline uint64_t load_acquire(volatile uint64_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void store_release(volatile uint64_t *p, uint64_t v)
{
    __atomic_store_n(p, v, __ATOMIC_RELEASE);
}

#endif

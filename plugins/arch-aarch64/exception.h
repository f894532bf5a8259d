/* SPDX-License-Identifier: BSD-2-Clause */
/* exception.h - what exceptions have to do with the other parts of the plugin. */
#ifndef AARCH64_EXCEPTION_H
#define AARCH64_EXCEPTION_H

#include "state.h"

/* PSTATE as SPSR has it. */
uint64_t a64_spsr(const struct a64_state *s);
/* syndrome.c: ISV and what follows from it, of the load or store at pc that stage 2 refused. */
uint64_t a64_access_syndrome(struct vm_cpu *cpu);
/* debug.c: whether debug exceptions would be enabled at a level with this PSTATE.D. */
bool a64_debug_enabled_at(struct vm_cpu *cpu, uint32_t el, bool masked);

#endif

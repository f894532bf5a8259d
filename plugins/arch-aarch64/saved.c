/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers that are no slots, for debuggers, saved state and the state hash. */
#include "sysregs.h"

/* What derives from a register is made again later, so that setting one has no side effect. */
#define ACCESS(name, member)                                   \
    static uint64_t get_##name(struct vm_cpu *cpu)             \
    {                                                          \
        a64_pmu_mode_changes(cpu); /* counters up to now */    \
        return a64_state(cpu)->member;                         \
    }                                                          \
    static void set_##name(struct vm_cpu *cpu, uint64_t value) \
    {                                                          \
        a64_state(cpu)->member = value;                        \
        a64_state(cpu)->pmlast = cpu->host->instructions(cpu); \
        a64_state(cpu)->derived_stale = true;                  \
    }
A64_SAVED(ACCESS)

#define ROW(name, member) {#name, get_##name, set_##name},
const struct vm_sysreg a64_vm_sysregs[A64_N_VM_SYSREGS] = {A64_SAVED(ROW)};

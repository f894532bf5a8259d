/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a hart as the core sees it: slots of translated code, and system registers. */
#include "state.h"

/* ---- Slots ---- */

#define X(number, reg_name, rank)                                                      \
    [RV_SLOT_X + (number)-1] = {.name = reg_name,                                      \
                                .offset = offsetof(struct rv_state, x) + 8 * (number), \
                                .type = VM_I64,                                        \
                                .slot_class = VM_SLOT_HOT,                             \
                                .pin_rank = rank}
#define F(number, reg_name)                                                          \
    [RV_SLOT_F + (number)] = {.name = reg_name,                                      \
                              .offset = offsetof(struct rv_state, f) + 8 * (number), \
                              .type = VM_F64,                                        \
                              .slot_class = VM_SLOT_HOT,                             \
                              .pin_rank = 0}
#define SYSTEM(slot, member)                               \
    [slot] = {.name = #member,                             \
              .offset = offsetof(struct rv_state, member), \
              .type = VM_I64,                              \
              .slot_class = VM_SLOT_SYSTEM}

const struct vm_slot rv_slots[RV_SLOT_COUNT] = {
    /* clang-format off */
    X(1, "ra", 9), X(2, "sp", 2), X(3, "gp", 0), X(4, "tp", 12),
    X(5, "t0", 13), X(6, "t1", 14), X(7, "t2", 15), X(8, "s0", 7),
    X(9, "s1", 10), X(10, "a0", 3), X(11, "a1", 4), X(12, "a2", 5),
    X(13, "a3", 6), X(14, "a4", 8), X(15, "a5", 1), X(16, "a6", 16),
    X(17, "a7", 17), X(18, "s2", 11), X(19, "s3", 18), X(20, "s4", 19),
    X(21, "s5", 20), X(22, "s6", 0), X(23, "s7", 0), X(24, "s8", 0),
    X(25, "s9", 0), X(26, "s10", 0), X(27, "s11", 0), X(28, "t3", 0),
    X(29, "t4", 0), X(30, "t5", 0), X(31, "t6", 0),
    F(0, "ft0"), F(1, "ft1"), F(2, "ft2"), F(3, "ft3"),
    F(4, "ft4"), F(5, "ft5"), F(6, "ft6"), F(7, "ft7"),
    F(8, "fs0"), F(9, "fs1"), F(10, "fa0"), F(11, "fa1"),
    F(12, "fa2"), F(13, "fa3"), F(14, "fa4"), F(15, "fa5"),
    F(16, "fa6"), F(17, "fa7"), F(18, "fs2"), F(19, "fs3"),
    F(20, "fs4"), F(21, "fs5"), F(22, "fs6"), F(23, "fs7"),
    F(24, "fs8"), F(25, "fs9"), F(26, "fs10"), F(27, "fs11"),
    F(28, "ft8"), F(29, "ft9"), F(30, "ft10"), F(31, "ft11"),
    /* clang-format on */
    SYSTEM(RV_SLOT_FFLAGS, fflags),
    SYSTEM(RV_SLOT_MSTATUS, mstatus),
    SYSTEM(RV_SLOT_MSCRATCH, mscratch),
    SYSTEM(RV_SLOT_MEPC, mepc),
    SYSTEM(RV_SLOT_MCAUSE, mcause),
    SYSTEM(RV_SLOT_MTVAL, mtval),
    SYSTEM(RV_SLOT_SSCRATCH, sscratch),
    SYSTEM(RV_SLOT_SEPC, sepc),
    SYSTEM(RV_SLOT_SCAUSE, scause),
    SYSTEM(RV_SLOT_STVAL, stval),
};

/* ---- System registers ---- */

/* What derives from a register is made again later, so that setting one has no side effect. */
static void registers_set(struct vm_cpu *cpu)
{
    rv_state(cpu)->pmp_stale = true;
    rv_state(cpu)->timer_stale = true;
}

#define ACCESS(name, member)                                   \
    static uint64_t get_##name(struct vm_cpu *cpu)             \
    {                                                          \
        return rv_state(cpu)->member;                          \
    }                                                          \
    static void set_##name(struct vm_cpu *cpu, uint64_t value) \
    {                                                          \
        rv_state(cpu)->member = value;                         \
        registers_set(cpu);                                    \
    }

#define FIELD(name) ACCESS(name, name)
RV_STATE_FIELDS(FIELD)
#undef FIELD

#define PMPADDRS(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define PMPADDR(n) ACCESS(pmpaddr##n, pmpaddr[n])
PMPADDRS(PMPADDR)
#undef PMPADDR

#define ROW(name)      {#name, get_##name, set_##name},
#define PMPADDR_ROW(n) ROW(pmpaddr##n)

const struct vm_sysreg rv_sysregs[RV_N_SYSREGS] = {RV_STATE_FIELDS(ROW) PMPADDRS(PMPADDR_ROW)};

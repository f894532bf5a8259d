/* SPDX-License-Identifier: BSD-2-Clause */
/* The slots: the part of the state that translated code reads and writes. */
#include "slots.h"
#include "state.h"

#define HOT(slot, slot_name, member, slot_type, rank)       \
    [slot] = {.name = slot_name,                            \
              .offset = offsetof(struct a64_state, member), \
              .type = slot_type,                            \
              .slot_class = VM_SLOT_HOT,                    \
              .pin_rank = rank}
#define X(n, rank) HOT(A64_SLOT_X + (n), "x" #n, x[n], VM_I64, rank)
#define V(n)       HOT(A64_SLOT_V + (n), "v" #n, v[n], VM_V128, 0)
#define SYSTEM(slot, slot_name, member)                     \
    [slot] = {.name = slot_name,                            \
              .offset = offsetof(struct a64_state, member), \
              .type = VM_I64,                               \
              .slot_class = VM_SLOT_SYSTEM}

_Static_assert(offsetof(struct a64_state, cc_kind) >= 0x350, "written where countdown is read");

/* Ranks: arguments and temporaries of small functions first, then what they keep across calls. */
const struct vm_slot a64_slots[A64_SLOT_COUNT] = {
    /* clang-format off */
    X(0, 1), X(1, 2), X(2, 3), X(3, 5),
    X(4, 7), X(5, 11), X(6, 13), X(7, 14),
    X(8, 6), X(9, 15), X(10, 16), X(11, 17),
    X(12, 18), X(13, 0), X(14, 0), X(15, 0),
    X(16, 0), X(17, 0), X(18, 0), X(19, 8),
    X(20, 10), X(21, 12), X(22, 19), X(23, 20),
    X(24, 0), X(25, 0), X(26, 0), X(27, 0),
    X(28, 0), X(29, 9), X(30, 21),
    HOT(A64_SLOT_SP, "sp", sp, VM_I64, 4),
    V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7),
    V(8), V(9), V(10), V(11), V(12), V(13), V(14), V(15),
    V(16), V(17), V(18), V(19), V(20), V(21), V(22), V(23),
    V(24), V(25), V(26), V(27), V(28), V(29), V(30), V(31),
    /* clang-format on */
    HOT(A64_SLOT_CC_KIND, "cc_kind", cc_kind, VM_I64, 0),
    HOT(A64_SLOT_CC_A, "cc_a", cc_a, VM_I64, 0),
    HOT(A64_SLOT_CC_B, "cc_b", cc_b, VM_I64, 0),
    HOT(A64_SLOT_FPFLAGS, "fpflags", fpflags, VM_I64, 0),
    HOT(A64_SLOT_QC, "qc", qc, VM_I64, 0),
    HOT(A64_SLOT_PAIR, "pair", pair, VM_I64, 0),
    SYSTEM(A64_SLOT_FPCR, "fpcr", fpcr),
    SYSTEM(A64_SLOT_DAIF, "daif", daif),
    SYSTEM(A64_SLOT_BTYPE, "btype", btype),
    SYSTEM(A64_SLOT_TPIDR_EL0, "tpidr_el0", tpidr[0]),
    SYSTEM(A64_SLOT_TPIDR_EL1, "tpidr_el1", tpidr[1]),
    SYSTEM(A64_SLOT_TPIDRRO_EL0, "tpidrro_el0", tpidrro_el0),
    SYSTEM(A64_SLOT_SP_EL0, "sp_el0", sp_el[0]),
    SYSTEM(A64_SLOT_SP_EL1, "sp_el1", sp_el[1]),
    SYSTEM(A64_SLOT_ELR_EL1, "elr_el1", elr[1]),
    SYSTEM(A64_SLOT_SPSR_EL1, "spsr_el1", spsr[1]),
    SYSTEM(A64_SLOT_ESR_EL1, "esr_el1", esr[1]),
    SYSTEM(A64_SLOT_FAR_EL1, "far_el1", far[1]),
};

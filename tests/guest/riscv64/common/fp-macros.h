/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table macros of the floating-point tests. One line is one case: instruction, rounding mode,
 * operands as bit patterns, expected bits, expected flags (NX 1, UF 2, OF 4, DZ 8, NV 16). Each
 * runs with the rounding mode in the instruction and again with it in frm. Single-precision values
 * are boxed in and expected boxed.
 */
#ifndef GUEST_FP_MACROS_H
#define GUEST_FP_MACROS_H

#include "macros.h"

.set BOX, 0xffffffff00000000
    .set RM_rne, 0
    .set RM_rtz, 1
    .set RM_rdn, 2
    .set RM_rup, 3
    .set RM_rmm, 4

/* the result in fa0, checked as a whole register */
    .macro VERIFY_FP form
    fmv.x.d a0, fa0
    VERIFY_FLAGS \form
    .endm

    .macro LOAD_FP
    fld fa1, CASE_A(s1)
    fld fa2, CASE_B(s1)
    fld fa3, CASE_C(s1)
    .endm

    .macro FP_RUN insn, rm, operands:vararg
    LOAD_FP
    \insn fa0, \operands, \rm
    VERIFY_FP 1
    LOAD_FP
    csrwi frm, RM_\rm
    \insn fa1, \operands, dyn
    csrwi frm, 0
    fmv.d fa0, fa1
    VERIFY_FP 2
    .endm

    .macro TEST_S1 insn, rm, a, expected, flags
    CASE BOX + \a, 0, 0, BOX + \expected, \flags, \insn \rm \a
    FP_RUN \insn, \rm, fa1
    .endm

    .macro TEST_S2 insn, rm, a, b, expected, flags
    CASE BOX + \a, BOX + \b, 0, BOX + \expected, \flags, \insn \rm \a \b
    FP_RUN \insn, \rm, fa1, fa2
    .endm

    .macro TEST_S3 insn, rm, a, b, c, expected, flags
    CASE BOX + \a, BOX + \b, BOX + \c, BOX + \expected, \flags, \insn \rm \a \b \c
    FP_RUN \insn, \rm, fa1, fa2, fa3
    .endm

    .macro TEST_D1 insn, rm, a, expected, flags
    CASE \a, 0, 0, \expected, \flags, \insn \rm \a
    FP_RUN \insn, \rm, fa1
    .endm

    .macro TEST_D2 insn, rm, a, b, expected, flags
    CASE \a, \b, 0, \expected, \flags, \insn \rm \a \b
    FP_RUN \insn, \rm, fa1, fa2
    .endm

    .macro TEST_D3 insn, rm, a, b, c, expected, flags
    CASE \a, \b, \c, \expected, \flags, \insn \rm \a \b \c
    FP_RUN \insn, \rm, fa1, fa2, fa3
    .endm

/* instructions that have no rounding mode */
    .macro FP_RUN_NORM insn
    LOAD_FP
    \insn fa0, fa1, fa2
    VERIFY_FP 1
    LOAD_FP
    \insn fa2, fa1, fa2
    fmv.d fa0, fa2
    VERIFY_FP 2
    .endm

    .macro TEST_S2_NORM insn, a, b, expected, flags
    CASE BOX + \a, BOX + \b, 0, BOX + \expected, \flags, \insn \a \b
    FP_RUN_NORM \insn
    .endm

    .macro TEST_D2_NORM insn, a, b, expected, flags
    CASE \a, \b, 0, \expected, \flags, \insn \a \b
    FP_RUN_NORM \insn
    .endm

    .macro FP_COMPARE insn
    LOAD_FP
    \insn a0, fa1, fa2
    VERIFY_FLAGS 1
    .endm

    .macro TEST_S_COMPARE insn, a, b, expected, flags
    CASE BOX + \a, BOX + \b, 0, \expected, \flags, \insn \a \b
    FP_COMPARE \insn
    .endm

    .macro TEST_D_COMPARE insn, a, b, expected, flags
    CASE \a, \b, 0, \expected, \flags, \insn \a \b
    FP_COMPARE \insn
    .endm

    .macro TEST_S_TO_X insn, a, expected, flags
    CASE BOX + \a, 0, 0, \expected, \flags, \insn \a
    LOAD_FP
    \insn a0, fa1
    VERIFY_FLAGS 1
    .endm

    .macro TEST_D_TO_X insn, a, expected, flags
    CASE \a, 0, 0, \expected, \flags, \insn \a
    LOAD_FP
    \insn a0, fa1
    VERIFY_FLAGS 1
    .endm

    .macro FP_TO_I insn, rm
    LOAD_FP
    \insn a0, fa1, \rm
    VERIFY_FLAGS 1
    LOAD_FP
    csrwi frm, RM_\rm
    \insn a0, fa1, dyn
    csrwi frm, 0
    VERIFY_FLAGS 2
    .endm

    .macro TEST_S_TO_I insn, rm, a, expected, flags
    CASE BOX + \a, 0, 0, \expected, \flags, \insn \rm \a
    FP_TO_I \insn, \rm
    .endm

    .macro TEST_D_TO_I insn, rm, a, expected, flags
    CASE \a, 0, 0, \expected, \flags, \insn \rm \a
    FP_TO_I \insn, \rm
    .endm

    .macro FP_FROM_I insn, rm
    ld a1, CASE_A(s1)
    \insn fa0, a1, \rm
    VERIFY_FP 1
    ld a1, CASE_A(s1)
    csrwi frm, RM_\rm
    \insn fa0, a1, dyn
    csrwi frm, 0
    VERIFY_FP 2
    .endm

    .macro TEST_S_FROM_I insn, rm, a, expected, flags
    CASE \a, 0, 0, BOX + \expected, \flags, \insn \rm \a
    FP_FROM_I \insn, \rm
    .endm

    .macro TEST_D_FROM_I insn, rm, a, expected, flags
    CASE \a, 0, 0, \expected, \flags, \insn \rm \a
    FP_FROM_I \insn, \rm
    .endm

    .macro TEST_D_FROM_I_NORM insn, a, expected, flags
    CASE \a, 0, 0, \expected, \flags, \insn \a
    ld a1, CASE_A(s1)
    \insn fa0, a1
    VERIFY_FP 1
    .endm

    .macro TEST_D_FROM_S insn, a, expected, flags
    CASE BOX + \a, 0, 0, \expected, \flags, \insn \a
    LOAD_FP
    \insn fa0, fa1
    VERIFY_FP 1
    .endm

    .macro TEST_S_FROM_D insn, rm, a, expected, flags
    CASE \a, 0, 0, BOX + \expected, \flags, \insn \rm \a
    FP_RUN \insn, \rm, fa1
    .endm

#endif

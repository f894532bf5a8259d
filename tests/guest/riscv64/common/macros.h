/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Table macros of the instruction tests. One line is one case; each runs the instruction in several
 * forms (constants the translator can see, operands from memory, destination equal to a source),
 * and a wrong result prints the line's text, what was expected and what came. Registers: s1 = case,
 * s2 = checks done, a0 = result, a1..a3 = operands, a4 = form.
 */
#ifndef GUEST_MACROS_H
#define GUEST_MACROS_H

#define CASE_A        0
#define CASE_B        8
#define CASE_C        16
#define CASE_EXPECTED 24
#define CASE_FLAGS    32

.macro TEST_BEGIN
    .text
    .globl main
main:
    addi sp, sp, -32
    sd ra, 0(sp)
    sd s1, 8(sp)
    sd s2, 16(sp)
    li s2, 0
    .endm

    .macro TEST_END
    mv a0, s2
    call asm_count
    ld ra, 0(sp)
    ld s1, 8(sp)
    ld s2, 16(sp)
    addi sp, sp, 32
    li a0, 0
    ret
/* a0 against the case's expected value; keeps every register but t0 (and ra) */
check_result:
    addi s2, s2, 1
    ld t0, CASE_EXPECTED(s1)
    bne a0, t0, 1f
    ret
1:  addi sp, sp, -16
    sd ra, 0(sp)
    mv a1, a0
    mv a0, s1
    mv a2, a4
    call asm_failed
    ld ra, 0(sp)
    addi sp, sp, 16
    ret
/* the same, then the accrued exception flags, which it clears */
check_result_flags:
    addi sp, sp, -16
    sd ra, 0(sp)
    csrrw a5, fflags, zero
    sd a5, 8(sp)
    call check_result
    ld a5, 8(sp)
    ld t0, CASE_FLAGS(s1)
    beq a5, t0, 1f
    mv a0, s1
    mv a1, a5
    mv a2, a4
    call asm_flags_failed
1:  ld ra, 0(sp)
    addi sp, sp, 16
    ret
    .endm

/* s1 -> a new case record; the text is only for the report */
    .macro CASE a, b, c, expected, flags, text:vararg
    .pushsection .rodata
    .balign 8
9900:
    .dword \a, \b, \c, \expected, \flags, 9901f
9901:
    .asciz "\text"
    .popsection
    lla s1, 9900b
    .endm

    .macro VERIFY form
    li a4, \form
    jal check_result
    .endm

    .macro VERIFY_FLAGS form
    li a4, \form
    jal check_result_flags
    .endm

/* rd = insn(rs1, rs2) */
    .macro TEST_RR insn, a, b, expected
    CASE \a, \b, 0, \expected, 0, \insn \a, \b
    li a1, \a
    li a2, \b
    \insn a0, a1, a2
    VERIFY 1
    ld a1, CASE_A(s1)
    ld a2, CASE_B(s1)
    \insn a0, a1, a2
    VERIFY 2
    ld a0, CASE_A(s1)
    ld a2, CASE_B(s1)
    \insn a0, a0, a2
    VERIFY 3
    ld a1, CASE_A(s1)
    ld a0, CASE_B(s1)
    \insn a0, a1, a0
    VERIFY 4
    .endm

/* both sources the same register */
    .macro TEST_RR_SAME insn, a, expected
    CASE \a, \a, 0, \expected, 0, \insn \a, same register
    ld a1, CASE_A(s1)
    \insn a0, a1, a1
    VERIFY 1
    ld a0, CASE_A(s1)
    \insn a0, a0, a0
    VERIFY 2
    .endm

/* x0 as either source and as destination */
    .macro TEST_RR_ZERO insn, a, expected_0a, expected_a0
    CASE \a, 0, 0, \expected_0a, 0, \insn zero, \a
    ld a1, CASE_A(s1)
    \insn a0, zero, a1
    VERIFY 1
    \insn zero, a1, a1
    CASE \a, 0, 0, \expected_a0, 0, \insn \a, zero
    ld a1, CASE_A(s1)
    \insn a0, a1, zero
    VERIFY 2
    CASE \a, 0, 0, 0, 0, \insn to zero
    mv a0, zero
    VERIFY 3
    .endm

/* rd = insn(rs1) */
    .macro TEST_R insn, a, expected
    CASE \a, 0, 0, \expected, 0, \insn \a
    li a1, \a
    \insn a0, a1
    VERIFY 1
    ld a1, CASE_A(s1)
    \insn a0, a1
    VERIFY 2
    ld a0, CASE_A(s1)
    \insn a0, a0
    VERIFY 3
    .endm

/* rd = insn(rs1, imm) */
    .macro TEST_RI insn, a, imm, expected
    CASE \a, \imm, 0, \expected, 0, \insn \a, \imm
    li a1, \a
    \insn a0, a1, \imm
    VERIFY 1
    ld a1, CASE_A(s1)
    \insn a0, a1, \imm
    VERIFY 2
    ld a0, CASE_A(s1)
    \insn a0, a0, \imm
    VERIFY 3
    .endm

/* the value in a0 now must be this */
    .macro EXPECT expected, text:vararg
    CASE 0, 0, 0, \expected, 0, \text
    VERIFY 0
    .endm

    .macro EXPECT_FLAGS expected, flags, text:vararg
    CASE 0, 0, 0, \expected, \flags, \text
    VERIFY_FLAGS 0
    .endm

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* RV64I conditional branches and jumps. */
#include "macros.h"

/* forward and backward, with constants and from memory */
    .macro TEST_BRANCH insn, a, b, taken
    CASE \a, \b, 0, \taken, 0, \insn \a, \b
    li a1, \a
    li a2, \b
    li a0, 1
    \insn a1, a2, 1f
    li a0, 0
1:  VERIFY 1
    ld a1, CASE_A(s1)
    ld a2, CASE_B(s1)
    j 2f
1:  li a0, 1
    j 3f
2:  li a0, 0
    \insn a1, a2, 1b
3:  VERIFY 2
    .endm

    .macro TEST_BRANCH_SAME insn, taken
    CASE 5, 5, 0, \taken, 0, \insn of the same register
    li a1, 5
    li a0, 1
    \insn a1, a1, 1f
    li a0, 0
1:  VERIFY 1
    .endm

TEST_BEGIN

TEST_BRANCH beq, 0, 0, 1
TEST_BRANCH beq, 0, 1, 0
TEST_BRANCH beq, 1, 0, 0
TEST_BRANCH beq, 0xffffffffffffffff, 0xffffffffffffffff, 1
TEST_BRANCH beq, 0, 0xffffffffffffffff, 0
TEST_BRANCH beq, 0xffffffffffffffff, 0, 0
TEST_BRANCH beq, 1, 0xffffffffffffffff, 0
TEST_BRANCH beq, 0xffffffffffffffff, 1, 0
TEST_BRANCH beq, 0x8000000000000000, 0x7fffffffffffffff, 0
TEST_BRANCH beq, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_BRANCH beq, 0x8000000000000000, 0, 0
TEST_BRANCH beq, 0, 0x8000000000000000, 0
TEST_BRANCH beq, 0x8000000000000000, 0x8000000000000000, 1
TEST_BRANCH beq, 0x80000000, 0xffffffff80000000, 0
TEST_BRANCH beq, 0x100000000, 0, 0
TEST_BRANCH beq, 0x7fffffff, 0x80000000, 0
TEST_BRANCH beq, 0x7fffffffffffffff, 0x7fffffffffffffff, 1
TEST_BRANCH beq, 0x8000000000000000, 0xffffffffffffffff, 0
TEST_BRANCH_SAME beq, 1

TEST_BRANCH bne, 0, 0, 0
TEST_BRANCH bne, 0, 1, 1
TEST_BRANCH bne, 1, 0, 1
TEST_BRANCH bne, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_BRANCH bne, 0, 0xffffffffffffffff, 1
TEST_BRANCH bne, 0xffffffffffffffff, 0, 1
TEST_BRANCH bne, 1, 0xffffffffffffffff, 1
TEST_BRANCH bne, 0xffffffffffffffff, 1, 1
TEST_BRANCH bne, 0x8000000000000000, 0x7fffffffffffffff, 1
TEST_BRANCH bne, 0x7fffffffffffffff, 0x8000000000000000, 1
TEST_BRANCH bne, 0x8000000000000000, 0, 1
TEST_BRANCH bne, 0, 0x8000000000000000, 1
TEST_BRANCH bne, 0x8000000000000000, 0x8000000000000000, 0
TEST_BRANCH bne, 0x80000000, 0xffffffff80000000, 1
TEST_BRANCH bne, 0x100000000, 0, 1
TEST_BRANCH bne, 0x7fffffff, 0x80000000, 1
TEST_BRANCH bne, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_BRANCH bne, 0x8000000000000000, 0xffffffffffffffff, 1
TEST_BRANCH_SAME bne, 0

TEST_BRANCH blt, 0, 0, 0
TEST_BRANCH blt, 0, 1, 1
TEST_BRANCH blt, 1, 0, 0
TEST_BRANCH blt, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_BRANCH blt, 0, 0xffffffffffffffff, 0
TEST_BRANCH blt, 0xffffffffffffffff, 0, 1
TEST_BRANCH blt, 1, 0xffffffffffffffff, 0
TEST_BRANCH blt, 0xffffffffffffffff, 1, 1
TEST_BRANCH blt, 0x8000000000000000, 0x7fffffffffffffff, 1
TEST_BRANCH blt, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_BRANCH blt, 0x8000000000000000, 0, 1
TEST_BRANCH blt, 0, 0x8000000000000000, 0
TEST_BRANCH blt, 0x8000000000000000, 0x8000000000000000, 0
TEST_BRANCH blt, 0x80000000, 0xffffffff80000000, 0
TEST_BRANCH blt, 0x100000000, 0, 0
TEST_BRANCH blt, 0x7fffffff, 0x80000000, 1
TEST_BRANCH blt, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_BRANCH blt, 0x8000000000000000, 0xffffffffffffffff, 1
TEST_BRANCH_SAME blt, 0

TEST_BRANCH bge, 0, 0, 1
TEST_BRANCH bge, 0, 1, 0
TEST_BRANCH bge, 1, 0, 1
TEST_BRANCH bge, 0xffffffffffffffff, 0xffffffffffffffff, 1
TEST_BRANCH bge, 0, 0xffffffffffffffff, 1
TEST_BRANCH bge, 0xffffffffffffffff, 0, 0
TEST_BRANCH bge, 1, 0xffffffffffffffff, 1
TEST_BRANCH bge, 0xffffffffffffffff, 1, 0
TEST_BRANCH bge, 0x8000000000000000, 0x7fffffffffffffff, 0
TEST_BRANCH bge, 0x7fffffffffffffff, 0x8000000000000000, 1
TEST_BRANCH bge, 0x8000000000000000, 0, 0
TEST_BRANCH bge, 0, 0x8000000000000000, 1
TEST_BRANCH bge, 0x8000000000000000, 0x8000000000000000, 1
TEST_BRANCH bge, 0x80000000, 0xffffffff80000000, 1
TEST_BRANCH bge, 0x100000000, 0, 1
TEST_BRANCH bge, 0x7fffffff, 0x80000000, 0
TEST_BRANCH bge, 0x7fffffffffffffff, 0x7fffffffffffffff, 1
TEST_BRANCH bge, 0x8000000000000000, 0xffffffffffffffff, 0
TEST_BRANCH_SAME bge, 1

TEST_BRANCH bltu, 0, 0, 0
TEST_BRANCH bltu, 0, 1, 1
TEST_BRANCH bltu, 1, 0, 0
TEST_BRANCH bltu, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_BRANCH bltu, 0, 0xffffffffffffffff, 1
TEST_BRANCH bltu, 0xffffffffffffffff, 0, 0
TEST_BRANCH bltu, 1, 0xffffffffffffffff, 1
TEST_BRANCH bltu, 0xffffffffffffffff, 1, 0
TEST_BRANCH bltu, 0x8000000000000000, 0x7fffffffffffffff, 0
TEST_BRANCH bltu, 0x7fffffffffffffff, 0x8000000000000000, 1
TEST_BRANCH bltu, 0x8000000000000000, 0, 0
TEST_BRANCH bltu, 0, 0x8000000000000000, 1
TEST_BRANCH bltu, 0x8000000000000000, 0x8000000000000000, 0
TEST_BRANCH bltu, 0x80000000, 0xffffffff80000000, 1
TEST_BRANCH bltu, 0x100000000, 0, 0
TEST_BRANCH bltu, 0x7fffffff, 0x80000000, 1
TEST_BRANCH bltu, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_BRANCH bltu, 0x8000000000000000, 0xffffffffffffffff, 1
TEST_BRANCH_SAME bltu, 0

TEST_BRANCH bgeu, 0, 0, 1
TEST_BRANCH bgeu, 0, 1, 0
TEST_BRANCH bgeu, 1, 0, 1
TEST_BRANCH bgeu, 0xffffffffffffffff, 0xffffffffffffffff, 1
TEST_BRANCH bgeu, 0, 0xffffffffffffffff, 0
TEST_BRANCH bgeu, 0xffffffffffffffff, 0, 1
TEST_BRANCH bgeu, 1, 0xffffffffffffffff, 0
TEST_BRANCH bgeu, 0xffffffffffffffff, 1, 1
TEST_BRANCH bgeu, 0x8000000000000000, 0x7fffffffffffffff, 1
TEST_BRANCH bgeu, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_BRANCH bgeu, 0x8000000000000000, 0, 1
TEST_BRANCH bgeu, 0, 0x8000000000000000, 0
TEST_BRANCH bgeu, 0x8000000000000000, 0x8000000000000000, 1
TEST_BRANCH bgeu, 0x80000000, 0xffffffff80000000, 0
TEST_BRANCH bgeu, 0x100000000, 0, 1
TEST_BRANCH bgeu, 0x7fffffff, 0x80000000, 0
TEST_BRANCH bgeu, 0x7fffffffffffffff, 0x7fffffffffffffff, 1
TEST_BRANCH bgeu, 0x8000000000000000, 0xffffffffffffffff, 0
TEST_BRANCH_SAME bgeu, 1

    .option push
    .option norelax

/* comparisons with zero */
    li a1, -1
    li a0, 0
    bltz a1, 1f
    j 2f
1:  addi a0, a0, 1
    bgez a1, 2f
    addi a0, a0, 2
    bgtz a1, 2f
    addi a0, a0, 4
    blez a1, 1f
    j 2f
1:  addi a0, a0, 8
    beqz zero, 1f
    j 2f
1:  bnez zero, 2f
    addi a0, a0, 16
2:  EXPECT 31, branches against zero

/* a loop, and one whose body is one instruction */
    li a0, 0
    li a1, 1000
1:  add a0, a0, a1
    addi a1, a1, -1
    bnez a1, 1b
    EXPECT 500500, sum of 1 to 1000
    li a0, -500
1:  addi a0, a0, 1
    bltz a0, 1b
    EXPECT 0, one-instruction loop

/* conditional branches at the ends of their reach: +4094 and -4096 */
    .option push
    .option norvc
    li a0, 0
    j 2f
1:  addi a0, a0, 1
    j 3f
    .skip 4096 - 8, 0
2:  beq zero, zero, 1b
3:  EXPECT 1, branch back by 4096
    li a0, 1
    beq zero, zero, 1f
    .skip 4090, 0
1:  EXPECT 1, branch forward by 4094
    .option pop

/* jal: link value, far forward and far back */
    li a0, 0
    lla a1, 1f
    .option push
    .option norvc
    jal a2, 2f
1:  j 3f
    .skip 0x40000, 0
2:  sub a0, a2, a1
    jalr zero, 0(a2)
    .option pop
3:  EXPECT 0, jal link
    li a0, 0
    j 2f
1:  li a0, 7
    jr a3
    .skip 0x40000, 0
2:  .option push
    .option norvc
    jal a3, 1b
    .option pop
    EXPECT 7, jal far back

/* jal with x0 and x5 as link */
    jal t0, 1f
    j 2f
1:  li a0, 3
    jr t0
2:  EXPECT 3, jal t0

/* jalr: offset both ways, bit 0 cleared, rd the same as rs1 */
    lla a1, 1f - 16
    jalr a2, 16(a1)
9:  j 2f
1:  lla a3, 9b
    sub a0, a2, a3
2:  EXPECT 0, jalr link with offset 16
    lla a1, 1f + 2047
    li a0, 1
    jalr zero, -2047(a1)
    li a0, 0
1:  EXPECT 1, jalr with offset -2047
    lla a1, 1f
    ori a1, a1, 1
    li a0, 1
    jalr zero, 0(a1)
    li a0, 0
1:  EXPECT 1, jalr to an odd address
    lla a1, 1f
    li a0, 1
    jalr zero, 1(a1)
    li a0, 0
1:  EXPECT 1, jalr with odd offset
    lla a1, 1f
    jalr a1, 0(a1)
9:  li a0, 0
    j 2f
1:  lla a3, 9b
    sub a0, a1, a3
    seqz a0, a0
2:  EXPECT 1, jalr with rd = rs1
    lla ra, 1f
    jalr ra, 0(ra)
9:  li a0, 0
    j 2f
1:  lla a3, 9b
    sub a0, ra, a3
    seqz a0, a0
2:  EXPECT 1, jalr ra through ra

/* a target that is 2 modulo 4 */
    .option push
    .option rvc
    li a0, 0
    .balign 4
    c.nop
    j 1f
    .balign 4
    c.nop
1:  addi a0, a0, 1
    c.nop
    EXPECT 1, jump to a 2-aligned target
    .option pop

/* indirect calls from one place to many targets */
    li a0, 0
    li a3, 0
1:  andi a1, a3, 3
    slli a1, a1, 3
    lla a2, jump_table
    add a1, a1, a2
    ld a1, 0(a1)
    jalr a1
    addi a3, a3, 1
    li a1, 400
    bne a3, a1, 1b
    EXPECT 111100, one call site and four targets

/* recursion: fib(15) */
    li a0, 15
    call fib
    EXPECT 610, recursive fib

/* fence and fence.tso are no-ops here; hints do nothing */
    li a0, 42
    fence
    fence.tso
    fence r, w
    .word 0x0100000f         /* pause */
    slli zero, zero, 0x1f
    srai zero, zero, 7
    EXPECT 42, fences and hints
    .option pop

TEST_END

target_1:
    addi a0, a0, 1
    ret
target_10:
    addi a0, a0, 10
    ret
target_100:
    addi a0, a0, 100
    ret
target_1000:
    addi a0, a0, 1000
    ret

fib:
    li t1, 2
    bltu a0, t1, 1f
    addi sp, sp, -32
    sd ra, 0(sp)
    sd a0, 8(sp)
    addi a0, a0, -1
    call fib
    sd a0, 16(sp)
    ld a0, 8(sp)
    addi a0, a0, -2
    call fib
    ld t1, 16(sp)
    add a0, a0, t1
    ld ra, 0(sp)
    addi sp, sp, 32
1:  ret

    .section .rodata
    .balign 8
jump_table:
    .dword target_1, target_10, target_100, target_1000

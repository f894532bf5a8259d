/* SPDX-License-Identifier: BSD-2-Clause */
/* C: every compressed instruction with the corners of its immediate; c-reserved.c has what must trap. */
#include "macros.h"

/* a0 and a1 set, one compressed instruction, a0 checked */
    .macro TEST_C a, b, expected, insn:vararg
    CASE \a, \b, 0, \expected, 0, \insn
    li a0, \a
    li a1, \b
    \insn
    VERIFY 1
    ld a0, CASE_A(s1)
    ld a1, CASE_B(s1)
    \insn
    VERIFY 2
    .endm

/* sp = a, one instruction, result moved from a register to a0 */
    .macro TEST_SP reg, expected, insn:vararg
    CASE 0, 0, 0, \expected, 0, \insn
    mv t3, sp
    li sp, 0x80200000
    \insn
    mv a0, \reg
    mv sp, t3
    VERIFY 1
    .endm

TEST_BEGIN
    .option norelax
    .option rvc

TEST_C 5, 0, 5, c.nop
TEST_C 1, 0, 32, c.addi a0, 31
TEST_C 1, 0, -31, c.addi a0, -32
TEST_C 0x7fffffffffffffff, 0, 0x8000000000000000, c.addi a0, 1
TEST_C 0, 0, 0xffffffffffffffff, c.addi a0, -1
TEST_C 0x7fffffff, 0, 0xffffffff80000000, c.addiw a0, 1
TEST_C 0xffffffff80000000, 0, 0x7fffffff, c.addiw a0, -1
TEST_C 0x123456780000000f, 0, 15, c.addiw a0, 0
TEST_C 0xffffffff, 0, 0xffffffffffffffff, c.addiw a0, 0
TEST_C 0x100000001, 0, 32, c.addiw a0, 31
TEST_C 9, 0, 31, c.li a0, 31
TEST_C 9, 0, -32, c.li a0, -32
TEST_C 9, 0, 0, c.li a0, 0
TEST_C 9, 0, -1, c.li a0, -1
TEST_C 9, 0, 0x1000, c.lui a0, 1
TEST_C 9, 0, 0x1f000, c.lui a0, 31
TEST_C 9, 0, 0xfffffffffffe0000, c.lui a0, 0xfffe0
TEST_C 9, 0, 0xfffffffffffff000, c.lui a0, 0xfffff
TEST_C 1, 0, 2, c.slli a0, 1
TEST_C 1, 0, 0x8000000000000000, c.slli a0, 63
TEST_C 3, 0, 0x300000000, c.slli a0, 32
TEST_C 0x8000000000000000, 0, 0x4000000000000000, c.srli a0, 1
TEST_C 0x8000000000000000, 0, 1, c.srli a0, 63
TEST_C 0xffffffff00000000, 0, 0xffffffff, c.srli a0, 32
TEST_C 0x8000000000000000, 0, 0xc000000000000000, c.srai a0, 1
TEST_C 0x8000000000000000, 0, 0xffffffffffffffff, c.srai a0, 63
TEST_C 0x7fffffffffffffff, 0, 0x7fffffff, c.srai a0, 32
TEST_C 0xffffffffffffffff, 0, 31, c.andi a0, 31
TEST_C 0xffffffffffffffff, 0, 0xffffffffffffffe0, c.andi a0, -32
TEST_C 0x123456789abcdef0, 0, 0x123456789abcdef0, c.andi a0, -1
TEST_C 0x123456789abcdef0, 0, 0, c.andi a0, 0
TEST_C 5, 7, -2, c.sub a0, a1
TEST_C 5, 3, 6, c.xor a0, a1
TEST_C 5, 3, 7, c.or a0, a1
TEST_C 5, 3, 1, c.and a0, a1
TEST_C 0x80000000, 1, 0x7fffffff, c.subw a0, a1
TEST_C 0, 1, 0xffffffffffffffff, c.subw a0, a1
TEST_C 0x7fffffff, 1, 0xffffffff80000000, c.addw a0, a1
TEST_C 0xffffffff, 1, 0, c.addw a0, a1
TEST_C 5, 0x123456789, 0x123456789, c.mv a0, a1
TEST_C 5, 7, 12, c.add a0, a1
TEST_C 0xffffffffffffffff, 2, 1, c.add a0, a1
TEST_C 5, 0, 10, c.add a0, a0

/* stack pointer arithmetic */
TEST_SP sp, 0x80200010, c.addi16sp sp, 16
TEST_SP sp, 0x802001f0, c.addi16sp sp, 496
TEST_SP sp, 0x801ffe00, c.addi16sp sp, -512
TEST_SP sp, 0x801ffff0, c.addi16sp sp, -16
TEST_SP sp, 0x80200020, c.addi16sp sp, 32
TEST_SP sp, 0x80200040, c.addi16sp sp, 64
TEST_SP sp, 0x80200080, c.addi16sp sp, 128
TEST_SP sp, 0x80200100, c.addi16sp sp, 256
TEST_SP a1, 0x80200004, c.addi4spn a1, sp, 4
TEST_SP a1, 0x80200008, c.addi4spn a1, sp, 8
TEST_SP a1, 0x80200010, c.addi4spn a1, sp, 16
TEST_SP a1, 0x80200020, c.addi4spn a1, sp, 32
TEST_SP a1, 0x80200040, c.addi4spn a1, sp, 64
TEST_SP a1, 0x80200080, c.addi4spn a1, sp, 128
TEST_SP a1, 0x80200100, c.addi4spn a1, sp, 256
TEST_SP a1, 0x80200200, c.addi4spn a1, sp, 512
TEST_SP a1, 0x802003fc, c.addi4spn a1, sp, 1020

/* loads and stores, one bit of the offset after the other: each slot holds its own offset */
    lla a1, table
    li a2, 0
1:  sw a2, 0(a1)
    addi a1, a1, 4
    addi a2, a2, 4
    li a3, 1024
    bne a2, a3, 1b

    .macro TEST_LW insn, base, offset, expected
    lla a1, table + \base
    \insn a0, \offset(a1)
    EXPECT \expected, \insn at \offset
    .endm
    .irp offset, 0, 4, 8, 16, 32, 64, 124
    TEST_LW c.lw, 0, \offset, \offset
    .endr
    .irp offset, 0, 8, 16, 32, 64, 128, 248
    TEST_LW c.ld, 0, \offset, \offset + ((\offset + 4) << 32)
    .endr

    .macro TEST_LSP insn, offset, expected
    mv t3, sp
    lla sp, table
    \insn a0, \offset(sp)
    mv sp, t3
    EXPECT \expected, \insn at \offset
    .endm
    .irp offset, 0, 4, 8, 16, 32, 64, 128, 252
    TEST_LSP c.lwsp, \offset, \offset
    .endr
    .irp offset, 0, 8, 16, 32, 64, 128, 256, 504
    TEST_LSP c.ldsp, \offset, \offset + ((\offset + 4) << 32)
    .endr

/* sign extension of c.lw and c.lwsp */
    lla a1, scratch
    li a0, 0x1111111180000000
    sd a0, 0(a1)
    c.lw a0, 0(a1)
    EXPECT 0xffffffff80000000, c.lw extends the sign
    mv t3, sp
    lla sp, scratch
    c.lwsp a0, 0(sp)
    mv sp, t3
    EXPECT 0xffffffff80000000, c.lwsp extends the sign

    .macro TEST_SW insn, load, offset
    lla a1, scratch
    li a0, 0x600d0000f00d0000 + \offset
    \insn a0, \offset(a1)
    \load a0, \offset(a1)
    .endm
    .irp offset, 0, 4, 8, 16, 32, 64, 124
    TEST_SW c.sw, lwu, \offset
    EXPECT 0xf00d0000 + \offset, c.sw at \offset
    .endr
    .irp offset, 0, 8, 16, 32, 64, 128, 248
    TEST_SW c.sd, ld, \offset
    EXPECT 0x600d0000f00d0000 + \offset, c.sd at \offset
    .endr

    .macro TEST_SSP insn, load, offset
    mv t3, sp
    lla sp, scratch
    li a0, 0x600d0000f00d0000 + \offset
    \insn a0, \offset(sp)
    \load a0, \offset(sp)
    mv sp, t3
    .endm
    .irp offset, 0, 4, 8, 16, 32, 64, 128, 252
    TEST_SSP c.swsp, lwu, \offset
    EXPECT 0xf00d0000 + \offset, c.swsp at \offset
    .endr
    .irp offset, 0, 8, 16, 32, 64, 128, 256, 504
    TEST_SSP c.sdsp, ld, \offset
    EXPECT 0x600d0000f00d0000 + \offset, c.sdsp at \offset
    .endr

/* c.sw leaves its neighbours alone */
    lla a1, scratch
    li a0, -1
    sd a0, 0(a1)
    li a0, 0
    c.sw a0, 4(a1)
    ld a0, 0(a1)
    EXPECT 0xffffffff, c.sw writes 4 bytes

/* floating-point loads and stores, by offset and by register */
    .irp offset, 0, 8, 16, 32, 64, 128, 248
    lla a1, table
    c.fld fa0, \offset(a1)
    fmv.x.d a0, fa0
    EXPECT \offset + ((\offset + 4) << 32), c.fld at \offset
    lla a1, scratch
    li a0, 0x600d0000f00d0000 + \offset
    fmv.d.x fa1, a0
    c.fsd fa1, \offset(a1)
    ld a0, \offset(a1)
    EXPECT 0x600d0000f00d0000 + \offset, c.fsd at \offset
    .endr
    .irp offset, 0, 8, 16, 32, 64, 128, 256, 504
    mv t3, sp
    lla sp, table
    c.fldsp ft9, \offset(sp)
    lla sp, scratch
    c.fsdsp ft9, \offset(sp)
    ld a0, \offset(sp)
    mv sp, t3
    EXPECT \offset + ((\offset + 4) << 32), c.fldsp and c.fsdsp at \offset
    .endr
    .irp reg, fs0, fs1, fa0, fa1, fa2, fa3, fa4, fa5
    lla a1, table
    c.fld \reg, 40(a1)
    fmv.x.d a0, \reg
    EXPECT 0x2c00000028, c.fld \reg
    lla a1, scratch
    c.fsd \reg, 48(a1)
    ld a0, 48(a1)
    EXPECT 0x2c00000028, c.fsd \reg
    .endr

/* every register of the 3-bit fields (s1 is the macros' own and is put back) */
    .irp reg, s0, s1, a0, a1, a2, a3, a4, a5
    mv t4, s1
    mv t5, s0
    li \reg, 0x1234
    c.srli \reg, 4
    c.andi \reg, 15
    c.sub \reg, \reg
    c.addi \reg, 9
    mv a0, \reg
    mv s1, t4
    mv s0, t5
    EXPECT 9, 3-bit register \reg
    mv t4, s1
    mv t5, s0
    lla t6, table
    mv \reg, t6
    c.ld \reg, 8(\reg)
    mv a0, \reg
    mv s1, t4
    mv s0, t5
    EXPECT 0xc00000008, c.ld onto its base \reg
    .endr

/* every register of the 5-bit fields that is free here */
    .irp reg, t1, t2, a0, a1, a2, a3, a4, a5, a6, a7, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6
    mv t0, s2
    mv s2, \reg
    c.li \reg, 21
    c.slli \reg, 1
    c.mv a0, \reg
    mv \reg, s2
    mv s2, t0
    EXPECT 42, 5-bit register \reg
    .endr

/* branches and jumps */
    .macro TEST_CB insn, value, taken
    CASE \value, 0, 0, \taken, 0, \insn of \value
    li a1, \value
    li a0, 1
    \insn a1, 1f
    li a0, 0
1:  VERIFY 1
    ld a1, CASE_A(s1)
    c.j 2f
1:  li a0, 1
    c.j 3f
2:  li a0, 0
    \insn a1, 1b
3:  VERIFY 2
    .endm
TEST_CB c.beqz, 0, 1
TEST_CB c.beqz, 1, 0
TEST_CB c.beqz, 0x100000000, 0
TEST_CB c.beqz, 0x8000000000000000, 0
TEST_CB c.bnez, 0, 0
TEST_CB c.bnez, 1, 1
TEST_CB c.bnez, 0x100000000, 1
TEST_CB c.bnez, 0x8000000000000000, 1

/* the ends of their reach: c.beqz -256..254, c.j -2048..2046 */
    li a1, 0
    li a0, 0
    c.j 2f
1:  c.li a0, 1
    c.j 3f
    .skip 256 - 4, 0
2:  c.beqz a1, 1b
3:  EXPECT 1, c.beqz back by 256
    li a1, 0
    li a0, 1
    c.beqz a1, 1f
    .skip 252, 0
1:  EXPECT 1, c.beqz forward by 254
    li a0, 0
    c.j 2f
1:  c.li a0, 1
    c.j 3f
    .skip 2048 - 4, 0
2:  c.j 1b
3:  EXPECT 1, c.j back by 2048
    li a0, 1
    c.j 1f
    .skip 2044, 0
1:  EXPECT 1, c.j forward by 2046

    lla a1, 1f
    li a0, 1
    c.jr a1
    li a0, 0
1:  EXPECT 1, c.jr
    lla a1, 1f
    c.jalr a1
9:  c.li a0, 0
    c.j 2f
1:  lla a2, 9b
    sub a0, ra, a2
    c.addi a0, 3
2:  EXPECT 3, c.jalr links pc + 2
    lla ra, 1f
    c.jalr ra
9:  c.li a0, 0
    c.j 2f
1:  lla a2, 9b
    sub a0, ra, a2
    c.addi a0, 3
2:  EXPECT 3, c.jalr ra

/* hints: no effect, no trap (c.addi x,0; c.li x0; c.lui x0; c.mv x0; c.add x0; c.slli x0 and by 0) */
    li a0, 99
    .half 0x0501             /* c.addi a0, 0 */
    .half 0x0005             /* c.nop 1 */
    .half 0x4005             /* c.li zero, 1 */
    .half 0x6005             /* c.lui zero, 1 */
    .half 0x802e             /* c.mv zero, a1 */
    .half 0x902e             /* c.add zero, a1 */
    .half 0x0006             /* c.slli zero, 1 */
    .half 0x0502             /* c.slli a0, 0 */
    .half 0x8101             /* c.srli a0, 0 */
    .half 0x8501             /* c.srai a0, 0 */
    EXPECT 99, compressed hints
    mv a0, zero
    EXPECT 0, x0 after the hints

/* 4-byte instructions at 2-byte alignment, mixed with 2-byte ones */
    li a0, 0
    li a1, 50
    .balign 4
    c.nop
1:  .option norvc
    addi a0, a0, 2
    .option rvc
    c.addi a0, 1
    .option norvc
    addi a1, a1, -1
    bne a1, zero, 1b
    .option rvc
    EXPECT 150, mixed sizes in a loop

TEST_END

    .bss
    .balign 4096
table:
    .skip 1024
    .skip 512
scratch:
    .skip 512

/* SPDX-License-Identifier: BSD-2-Clause */
/* RV64I loads and stores: every width, sign, offset, and overlap; aligned here. */
#include "macros.h"

/* value of a load at an offset into the pattern, by a positive and a negative displacement */
    .macro TEST_LOAD insn, offset, expected
    CASE \offset, 0, 0, \expected, 0, \insn at \offset
    lla a1, pattern
    \insn a0, \offset(a1)
    VERIFY 1
    lla a1, pattern + 2047
    \insn a0, \offset - 2047(a1)
    VERIFY 2
    lla a0, pattern - 2000
    \insn a0, \offset + 2000(a0)
    VERIFY 3
    lla a1, pattern
    ld a2, CASE_A(s1)
    add a1, a1, a2
    \insn a0, (a1)
    VERIFY 4
    .endm

/* the doubleword that a store leaves behind over all ones and over zero */
    .macro TEST_STORE insn, offset, value, over_ones, over_zero
    CASE \value, 0, 0, \over_ones, 0, \insn \value at \offset over ones
    lla a1, scratch
    li a2, -1
    sd a2, 0(a1)
    ld a2, CASE_A(s1)
    \insn a2, \offset(a1)
    ld a0, 0(a1)
    VERIFY 1
    CASE \value, 0, 0, \over_zero, 0, \insn \value at \offset over zero
    lla a1, scratch
    sd zero, 0(a1)
    lla a1, scratch + 2047
    li a2, \value
    \insn a2, \offset - 2047(a1)
    ld a0, -2047(a1)
    VERIFY 2
    .endm

TEST_BEGIN

TEST_LOAD lb, 0, 0xffffffffffffff80
TEST_LOAD lb, 1, 0x7f
TEST_LOAD lb, 2, 0xffffffffffffffff
TEST_LOAD lb, 3, 0
TEST_LOAD lb, 7, 0x11
TEST_LOAD lbu, 0, 0x80
TEST_LOAD lbu, 1, 0x7f
TEST_LOAD lbu, 2, 0xff
TEST_LOAD lbu, 3, 0
TEST_LOAD lh, 0, 0x7f80
TEST_LOAD lh, 2, 0x00ff
TEST_LOAD lh, 4, 0xffffffffffff8001
TEST_LOAD lh, 6, 0x1122
TEST_LOAD lhu, 0, 0x7f80
TEST_LOAD lhu, 4, 0x8001
TEST_LOAD lw, 0, 0x00ff7f80
TEST_LOAD lw, 4, 0x11228001
TEST_LOAD lw, 8, 0xffffffff80000000
TEST_LOAD lw, 12, 0x7fffffff
TEST_LOAD lwu, 8, 0x80000000
TEST_LOAD lwu, 12, 0x7fffffff
TEST_LOAD ld, 0, 0x1122800100ff7f80
TEST_LOAD ld, 8, 0x7fffffff80000000
TEST_LOAD ld, 16, 0xfedcba9876543210

TEST_STORE sb, 0, 0x1234567890abcdef, 0xffffffffffffffef, 0xef
TEST_STORE sb, 1, 0x1234567890abcdef, 0xffffffffffffefff, 0xef00
TEST_STORE sb, 7, 0x1234567890abcdef, 0xefffffffffffffff, 0xef00000000000000
TEST_STORE sb, 4, 0, 0xffffff00ffffffff, 0
TEST_STORE sh, 0, 0x1234567890abcdef, 0xffffffffffffcdef, 0xcdef
TEST_STORE sh, 2, 0x1234567890abcdef, 0xffffffffcdefffff, 0xcdef0000
TEST_STORE sh, 6, 0x1234567890abcdef, 0xcdefffffffffffff, 0xcdef000000000000
TEST_STORE sh, 4, 0, 0xffff0000ffffffff, 0
TEST_STORE sw, 0, 0x1234567890abcdef, 0xffffffff90abcdef, 0x90abcdef
TEST_STORE sw, 4, 0x1234567890abcdef, 0x90abcdefffffffff, 0x90abcdef00000000
TEST_STORE sd, 0, 0x1234567890abcdef, 0x1234567890abcdef, 0x1234567890abcdef
TEST_STORE sd, 0, 0, 0, 0

/* a store is seen by narrower and wider loads at once */
    lla a1, scratch
    li a2, 0x8877665544332211
    sd a2, 0(a1)
    lbu a0, 3(a1)
    EXPECT 0x44, sd then lbu
    lhu a0, 6(a1)
    EXPECT 0x8877, sd then lhu
    lla a1, scratch
    li a2, 0xaa
    sb a2, 5(a1)
    ld a0, 0(a1)
    EXPECT 0x8877aa5544332211, sb then ld
    lla a1, scratch
    sh zero, 2(a1)
    sb a2, 2(a1)
    lw a0, 0(a1)
    EXPECT 0x00aa2211, sh and sb then lw

/* base register is the stored register, and base is the destination */
    lla a1, scratch
    sd a1, 0(a1)
    ld a0, 0(a1)
    sub a0, a0, a1
    EXPECT 0, sd of its own base
    lla a0, scratch
    ld a0, 0(a0)
    lla a1, scratch
    sub a0, a0, a1
    EXPECT 0, ld onto its own base

/* loads to x0 read and are forgotten; stores of x0 */
    lla a1, scratch
    ld zero, 0(a1)
    mv a0, zero
    EXPECT 0, ld to x0

/* copy by a loop through pages: 3 pages of a counting pattern, checksum afterwards */
    lla a1, area
    li a2, 0
    li a3, 12288 / 8
1:  sd a2, 0(a1)
    addi a2, a2, 3
    addi a1, a1, 8
    addi a3, a3, -1
    bnez a3, 1b
    lla a1, area
    lla a2, area + 12288
    li a3, 12288 / 8
1:  ld t1, 0(a1)
    sd t1, 0(a2)
    addi a1, a1, 8
    addi a2, a2, 8
    addi a3, a3, -1
    bnez a3, 1b
    lla a1, area + 12288
    li a0, 0
    li a3, 12288 / 4
1:  lwu t1, 0(a1)
    add a0, a0, t1
    addi a1, a1, 4
    addi a3, a3, -1
    bnez a3, 1b
    EXPECT 3536640, checksum of copied pages

/* one base, many pages: strided stores and loads that fall on the same set of a direct-mapped TLB */
    li a1, 0x84000000
    li a2, 0x100000
    li a3, 64
1:  sd a3, 0(a1)
    add a1, a1, a2
    addi a3, a3, -1
    bnez a3, 1b
    li a1, 0x84000000
    li a3, 64
    li a0, 0
1:  ld t1, 0(a1)
    add a0, a0, t1
    add a1, a1, a2
    addi a3, a3, -1
    bnez a3, 1b
    EXPECT 2080, strided by a megabyte

/* the very last bytes of memory */
    li a1, 0x8ffffff8
    li a2, 0x0123456789abcdef
    sd a2, 0(a1)
    lb a0, 7(a1)
    EXPECT 1, last byte of memory

TEST_END

    .section .rodata
    .balign 8
    .skip 8
pattern:
    .byte 0x80, 0x7f, 0xff, 0x00, 0x01, 0x80, 0x22, 0x11
    .word 0x80000000, 0x7fffffff
    .dword 0xfedcba9876543210

    .bss
    .balign 16
scratch:
    .skip 16
    .balign 4096
area:
    .skip 6 * 4096

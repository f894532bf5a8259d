/* SPDX-License-Identifier: BSD-2-Clause */
/* A: every atomic memory operation, LR/SC success and failure (one hart). */
#include "macros.h"

/* the old value in rd, the new one in the whole doubleword (a .w leaves the high half alone) */
    .macro TEST_AMO insn, memory, operand, old, new
    CASE \memory, \operand, \new, \old, 0, \insn \memory \operand, old value
    AMO_FORM \insn, a0, a2, 1
    AMO_FORM \insn\().aq, a0, a2, 2
    AMO_FORM \insn\().rl, a0, a2, 3
    AMO_FORM \insn\().aqrl, a0, a2, 4
    AMO_FORM \insn, a2, a2, 5
    AMO_FORM \insn, a1, a2, 6
    CASE \memory, \operand, 0, \new, 0, \insn \memory \operand, new value with rd = x0
    lla a1, cell
    ld a2, CASE_A(s1)
    sd a2, 0(a1)
    ld a2, CASE_B(s1)
    \insn zero, a2, (a1)
    ld a0, 0(a1)
    VERIFY 7
    .endm

    .macro AMO_FORM insn, rd, rs2, form
    lla a1, cell
    ld a2, CASE_A(s1)
    sd a2, 0(a1)
    ld a2, CASE_B(s1)
    \insn \rd, \rs2, (a1)
    .ifnc \rd, a0
    mv a0, \rd
    .endif
    VERIFY \form
    lla a1, cell
    ld a0, 0(a1)
    ld t1, CASE_C(s1)
    li a4, 10 + \form
    jal check_new
    .endm

TEST_BEGIN

TEST_AMO amoswap.d, 0, 0, 0, 0
TEST_AMO amoswap.d, 1, 2, 1, 2
TEST_AMO amoswap.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amoswap.d, 1, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_AMO amoswap.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 1
TEST_AMO amoswap.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_AMO amoswap.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_AMO amoswap.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0xfedcba9876543210
TEST_AMO amoswap.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0xffffffff80000000
TEST_AMO amoswap.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amoswap.w, 1, 0xffffffff00000002, 1, 2
TEST_AMO amoswap.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x555555557fffffff
TEST_AMO amoswap.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x55555555ffffffff
TEST_AMO amoswap.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0x80000000
TEST_AMO amoswap.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x1234567876543210
TEST_AMO amoswap.w, 0xffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amoswap.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff00000001
TEST_AMO amoswap.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x8000000000000000

TEST_AMO amoadd.d, 0, 0, 0, 0
TEST_AMO amoadd.d, 1, 2, 1, 3
TEST_AMO amoadd.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 0
TEST_AMO amoadd.d, 1, 0xffffffffffffffff, 1, 0
TEST_AMO amoadd.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 0x8000000000000000
TEST_AMO amoadd.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_AMO amoadd.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_AMO amoadd.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0x1111111111111100
TEST_AMO amoadd.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0
TEST_AMO amoadd.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amoadd.w, 1, 0xffffffff00000002, 1, 3
TEST_AMO amoadd.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x55555555ffffffff
TEST_AMO amoadd.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x555555557fffffff
TEST_AMO amoadd.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0xffffffff
TEST_AMO amoadd.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x1234567811111100
TEST_AMO amoadd.w, 0xffffffff, 1, 0xffffffffffffffff, 0
TEST_AMO amoadd.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff80000000
TEST_AMO amoadd.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x80000000ffffffff

TEST_AMO amoand.d, 0, 0, 0, 0
TEST_AMO amoand.d, 1, 2, 1, 0
TEST_AMO amoand.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amoand.d, 1, 0xffffffffffffffff, 1, 1
TEST_AMO amoand.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 1
TEST_AMO amoand.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0x8000000000000000
TEST_AMO amoand.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_AMO amoand.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0x1214121812141210
TEST_AMO amoand.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0x80000000
TEST_AMO amoand.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amoand.w, 1, 0xffffffff00000002, 1, 0
TEST_AMO amoand.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x5555555500000000
TEST_AMO amoand.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x5555555580000000
TEST_AMO amoand.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0
TEST_AMO amoand.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x1234567812141210
TEST_AMO amoand.w, 0xffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amoand.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff00000001
TEST_AMO amoand.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x8000000000000000

TEST_AMO amoor.d, 0, 0, 0, 0
TEST_AMO amoor.d, 1, 2, 1, 3
TEST_AMO amoor.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 0xffffffffffffffff
TEST_AMO amoor.d, 1, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_AMO amoor.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_AMO amoor.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_AMO amoor.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_AMO amoor.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0xfefcfef8fefcfef0
TEST_AMO amoor.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0xffffffff80000000
TEST_AMO amoor.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amoor.w, 1, 0xffffffff00000002, 1, 3
TEST_AMO amoor.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x55555555ffffffff
TEST_AMO amoor.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x55555555ffffffff
TEST_AMO amoor.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0xffffffff
TEST_AMO amoor.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x12345678fefcfef0
TEST_AMO amoor.w, 0xffffffff, 1, 0xffffffffffffffff, 0xffffffff
TEST_AMO amoor.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff7fffffff
TEST_AMO amoor.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x80000000ffffffff

TEST_AMO amoxor.d, 0, 0, 0, 0
TEST_AMO amoxor.d, 1, 2, 1, 3
TEST_AMO amoxor.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 0xfffffffffffffffe
TEST_AMO amoxor.d, 1, 0xffffffffffffffff, 1, 0xfffffffffffffffe
TEST_AMO amoxor.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 0x7ffffffffffffffe
TEST_AMO amoxor.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_AMO amoxor.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_AMO amoxor.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0xece8ece0ece8ece0
TEST_AMO amoxor.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0xffffffff00000000
TEST_AMO amoxor.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amoxor.w, 1, 0xffffffff00000002, 1, 3
TEST_AMO amoxor.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x55555555ffffffff
TEST_AMO amoxor.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x555555557fffffff
TEST_AMO amoxor.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0xffffffff
TEST_AMO amoxor.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x12345678ece8ece0
TEST_AMO amoxor.w, 0xffffffff, 1, 0xffffffffffffffff, 0xfffffffe
TEST_AMO amoxor.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff7ffffffe
TEST_AMO amoxor.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x80000000ffffffff

TEST_AMO amomax.d, 0, 0, 0, 0
TEST_AMO amomax.d, 1, 2, 1, 2
TEST_AMO amomax.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amomax.d, 1, 0xffffffffffffffff, 1, 1
TEST_AMO amomax.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_AMO amomax.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_AMO amomax.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_AMO amomax.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0x123456789abcdef0
TEST_AMO amomax.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0x80000000
TEST_AMO amomax.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amomax.w, 1, 0xffffffff00000002, 1, 2
TEST_AMO amomax.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x555555557fffffff
TEST_AMO amomax.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x55555555ffffffff
TEST_AMO amomax.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0x7fffffff
TEST_AMO amomax.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x1234567876543210
TEST_AMO amomax.w, 0xffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amomax.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff7fffffff
TEST_AMO amomax.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x8000000000000000

TEST_AMO amomin.d, 0, 0, 0, 0
TEST_AMO amomin.d, 1, 2, 1, 1
TEST_AMO amomin.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 0xffffffffffffffff
TEST_AMO amomin.d, 1, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_AMO amomin.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 1
TEST_AMO amomin.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0x8000000000000000
TEST_AMO amomin.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000000
TEST_AMO amomin.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0xfedcba9876543210
TEST_AMO amomin.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0xffffffff80000000
TEST_AMO amomin.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amomin.w, 1, 0xffffffff00000002, 1, 1
TEST_AMO amomin.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x5555555580000000
TEST_AMO amomin.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x5555555580000000
TEST_AMO amomin.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0x80000000
TEST_AMO amomin.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x123456789abcdef0
TEST_AMO amomin.w, 0xffffffff, 1, 0xffffffffffffffff, 0xffffffff
TEST_AMO amomin.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff00000001
TEST_AMO amomin.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x80000000ffffffff

TEST_AMO amomaxu.d, 0, 0, 0, 0
TEST_AMO amomaxu.d, 1, 2, 1, 2
TEST_AMO amomaxu.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 0xffffffffffffffff
TEST_AMO amomaxu.d, 1, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_AMO amomaxu.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_AMO amomaxu.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_AMO amomaxu.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000000
TEST_AMO amomaxu.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0xfedcba9876543210
TEST_AMO amomaxu.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0xffffffff80000000
TEST_AMO amomaxu.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amomaxu.w, 1, 0xffffffff00000002, 1, 2
TEST_AMO amomaxu.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x5555555580000000
TEST_AMO amomaxu.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x55555555ffffffff
TEST_AMO amomaxu.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0x80000000
TEST_AMO amomaxu.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x123456789abcdef0
TEST_AMO amomaxu.w, 0xffffffff, 1, 0xffffffffffffffff, 0xffffffff
TEST_AMO amomaxu.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff7fffffff
TEST_AMO amomaxu.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x80000000ffffffff

TEST_AMO amominu.d, 0, 0, 0, 0
TEST_AMO amominu.d, 1, 2, 1, 1
TEST_AMO amominu.d, 0xffffffffffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amominu.d, 1, 0xffffffffffffffff, 1, 1
TEST_AMO amominu.d, 0x7fffffffffffffff, 1, 0x7fffffffffffffff, 1
TEST_AMO amominu.d, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000, 0x8000000000000000
TEST_AMO amominu.d, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_AMO amominu.d, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0, 0x123456789abcdef0
TEST_AMO amominu.d, 0x80000000, 0xffffffff80000000, 0x80000000, 0x80000000
TEST_AMO amominu.w, 0xdeadbeef00000000, 0, 0, 0xdeadbeef00000000
TEST_AMO amominu.w, 1, 0xffffffff00000002, 1, 1
TEST_AMO amominu.w, 0x5555555580000000, 0x7fffffff, 0xffffffff80000000, 0x555555557fffffff
TEST_AMO amominu.w, 0x5555555580000000, 0xaaaaaaaaffffffff, 0xffffffff80000000, 0x5555555580000000
TEST_AMO amominu.w, 0x7fffffff, 0x80000000, 0x7fffffff, 0x7fffffff
TEST_AMO amominu.w, 0x123456789abcdef0, 0xfedcba9876543210, 0xffffffff9abcdef0, 0x1234567876543210
TEST_AMO amominu.w, 0xffffffff, 1, 0xffffffffffffffff, 1
TEST_AMO amominu.w, 0xffffffff7fffffff, 0xffffffff00000001, 0x7fffffff, 0xffffffff00000001
TEST_AMO amominu.w, 0x80000000ffffffff, 0, 0xffffffffffffffff, 0x8000000000000000

/* a store-conditional that must work: rd = 0 and the value is there */
    .macro TEST_LR_SC w, value, stored
    lla a1, cell
    li a2, 0x1111111122222222
    sd a2, 0(a1)
    li a2, \value
    lr.\w a3, (a1)
    sc.\w a0, a2, (a1)
    EXPECT 0, sc.\w after lr.\w
    lla a1, cell
    ld a0, 0(a1)
    EXPECT \stored, memory after sc.\w
    .endm
TEST_LR_SC w, 0x99999999abcdef01, 0x11111111abcdef01
TEST_LR_SC d, 0x99999999abcdef01, 0x99999999abcdef01
TEST_LR_SC w.aq, 5, 0x1111111100000005
TEST_LR_SC d.aqrl, 5, 5
TEST_LR_SC d.rl, -1, -1

/* lr.w extends the sign, and lr reads what was just stored */
    lla a1, cell
    li a2, 0xfffffff0
    sd a2, 0(a1)
    lr.w a0, (a1)
    EXPECT 0xfffffffffffffff0, lr.w
    lla a1, cell
    lr.d a0, (a1)
    EXPECT 0xfffffff0, lr.d
    lla a1, cell + 4
    lr.w a0, (a1)
    EXPECT 0, lr.w of the high half

/* sc without a reservation fails, writes 1, and stores nothing */
    lla a1, cell
    li a2, 77
    sd a2, 0(a1)
    lr.d a3, (a1)
    sc.d a3, a2, (a1)        /* uses the reservation up */
    li a2, 78
    sc.d a0, a2, (a1)
    snez a0, a0
    EXPECT 1, second sc.d fails
    lla a1, cell
    ld a0, 0(a1)
    EXPECT 77, failed sc.d stored nothing

/* sc to another page than the lr fails, and uses the reservation up */
    lla a1, cell
    lla a3, far_cell
    sd zero, 0(a3)
    lr.d a0, (a1)
    li a2, 79
    sc.d a0, a2, (a3)
    snez a0, a0
    EXPECT 1, sc.d to another address fails
    lla a3, far_cell
    ld a0, 0(a3)
    EXPECT 0, nothing stored at the other address
    lla a1, cell
    li a2, 80
    sc.d a0, a2, (a1)
    snez a0, a0
    EXPECT 1, the failed sc.d used the reservation up

/* the newest lr counts */
    lla a1, cell
    lla a3, far_cell
    lr.d a0, (a1)
    lr.d a0, (a3)
    li a2, 81
    sc.d a0, a2, (a1)
    snez a0, a0
    EXPECT 1, sc.d to the older reservation fails

/* sc with rd the same as the address, and as the value */
    lla a1, cell
    lr.d a0, (a1)
    sc.d a1, a1, (a1)
    mv a0, a1
    EXPECT 0, sc.d with rd = rs1 = rs2
    lla a1, cell
    ld a0, 0(a1)
    sub a0, a0, a1
    EXPECT 0, value stored by sc.d with rd = rs1 = rs2
    lla a1, cell
    li a2, 5
    lr.w zero, (a1)
    sc.w zero, a2, (a1)
    lw a0, 0(a1)
    EXPECT 5, lr.w and sc.w to x0

/* loops as compilers make them: counter by lr/sc, compare-and-swap, spin lock by amoswap */
    lla a1, cell
    sd zero, 0(a1)
    li a3, 1000
1:  lr.w.aq a2, (a1)
    addi a2, a2, 3
    sc.w.rl t1, a2, (a1)
    bnez t1, 1b
    addi a3, a3, -1
    bnez a3, 1b
    lw a0, 0(a1)
    EXPECT 3000, counter by lr.w and sc.w
    lla a1, cell
    li a2, 3000              /* expected */
    li a3, 0x123456789
1:  lr.d t1, (a1)
    bne t1, a2, 2f
    sc.d t2, a3, (a1)
    bnez t2, 1b
2:  ld a0, 0(a1)
    EXPECT 0x123456789, compare-and-swap that matches
    lla a1, cell
    li a2, 1
1:  lr.d t1, (a1)
    bne t1, a2, 2f
    sc.d t2, zero, (a1)
    bnez t2, 1b
2:  ld a0, 0(a1)
    EXPECT 0x123456789, compare-and-swap that does not match
    lla a1, cell
    sd zero, 0(a1)
    li a2, 1
    li a0, 0
    li a3, 100
1:  amoswap.w.aq t1, a2, (a1)
    bnez t1, 1b
    addi a0, a0, 1
    amoswap.w.rl zero, zero, (a1)
    addi a3, a3, -1
    bnez a3, 1b
    EXPECT 100, spin lock

TEST_END

/* a0 against t1, reported as the case's new value in memory */
check_new:
    addi s2, s2, 1
    bne a0, t1, 1f
    ret
1:  addi sp, sp, -64
    sd ra, 48(sp)
    ld t2, CASE_A(s1)
    sd t2, 0(sp)
    sd t1, CASE_EXPECTED(sp)
    lla t2, new_value_text
    sd t2, 40(sp)
    mv a1, a0
    mv a0, sp
    mv a2, a4
    call asm_failed
    mv a0, s1
    ld a1, CASE_EXPECTED(s1)
    li a2, 0
    call asm_failed          /* names the instruction */
    ld ra, 48(sp)
    addi sp, sp, 64
    ret

    .section .rodata
new_value_text:
    .asciz "the new value in memory of the next line's case"

    .bss
    .balign 16
cell:
    .skip 16
    .skip 8192
far_cell:
    .skip 16

/* SPDX-License-Identifier: BSD-2-Clause */
/* NaN boxing: an unboxed single-precision operand is the canonical NaN; transfers move raw bits. */
#include "fp-macros.h"

    .set ONE_S, BOX + 0x3f800000
    .set NAN_S, BOX + 0x7fc00000
    .set UNBOXED, 0x3ff0000000000000
    .set NEARLY, 0xfffffffe3f800000

TEST_BEGIN
    csrwi fcsr, 0

    .irp bad, 0x3f800000, 0x3ff000003f800000, 0xfffffffe3f800000, 0x7fffffff3f800000
    TEST_D2 fadd.s, rne, \bad, ONE_S, NAN_S, 0
    TEST_D2 fadd.s, rne, ONE_S, \bad, NAN_S, 0
    TEST_D2 fsub.s, rne, \bad, \bad, NAN_S, 0
    TEST_D2 fmul.s, rne, ONE_S, \bad, NAN_S, 0
    TEST_D2 fdiv.s, rne, \bad, ONE_S, NAN_S, 0
    TEST_D1 fsqrt.s, rne, \bad, NAN_S, 0
    TEST_D3 fmadd.s, rne, \bad, ONE_S, ONE_S, NAN_S, 0
    TEST_D3 fmsub.s, rne, ONE_S, \bad, ONE_S, NAN_S, 0
    TEST_D3 fnmadd.s, rne, ONE_S, ONE_S, \bad, NAN_S, 0
    TEST_D3 fnmsub.s, rne, \bad, \bad, \bad, NAN_S, 0
    TEST_D2_NORM fsgnj.s, \bad, ONE_S, NAN_S, 0
    TEST_D2_NORM fsgnj.s, ONE_S, \bad, ONE_S, 0
    TEST_D2_NORM fsgnjn.s, \bad, ONE_S, BOX + 0xffc00000, 0
    TEST_D2_NORM fsgnjx.s, BOX + 0xbf800000, \bad, BOX + 0xbf800000, 0
    TEST_D2_NORM fmin.s, \bad, ONE_S, ONE_S, 0
    TEST_D2_NORM fmax.s, ONE_S, \bad, ONE_S, 0
    TEST_D2_NORM fmin.s, \bad, \bad, NAN_S, 0
    TEST_D_COMPARE feq.s, \bad, \bad, 0, 0
    TEST_D_COMPARE flt.s, \bad, ONE_S, 0, 16
    TEST_D_COMPARE fle.s, ONE_S, \bad, 0, 16
    TEST_D_TO_X fclass.s, \bad, 0x200, 0
    TEST_D_TO_I fcvt.w.s, rne, \bad, 0x7fffffff, 16
    TEST_D_TO_I fcvt.wu.s, rne, \bad, 0xffffffffffffffff, 16
    TEST_D_TO_I fcvt.l.s, rne, \bad, 0x7fffffffffffffff, 16
    TEST_D_TO_I fcvt.lu.s, rne, \bad, 0xffffffffffffffff, 16
    .endr

/* fcvt.d.s of an unboxed value */
    CASE UNBOXED, 0, 0, 0x7ff8000000000000, 0, fcvt.d.s of an unboxed value
    LOAD_FP
    fcvt.d.s fa0, fa1
    VERIFY_FP 1

/* raw transfers look at no box: fmv.x.w, fsw; fmv.w.x and flw make one */
TEST_D_TO_X fmv.x.w, 0x1234567880000001, 0xffffffff80000001, 0
TEST_D_TO_X fmv.x.w, 0x1234567870000001, 0x70000001, 0
    lla a1, scratch
    sd zero, 0(a1)
    li a0, 0x1234567889abcdef
    fmv.d.x fa0, a0
    fsw fa0, 4(a1)
    ld a0, 0(a1)
    EXPECT 0x89abcdef00000000, fsw of an unboxed value
    lla a1, scratch
    flw fa0, 4(a1)
    fmv.x.d a0, fa0
    EXPECT 0xffffffff89abcdef, flw boxes
    li a0, 0x1234567877654321
    fmv.w.x fa0, a0
    fmv.x.d a0, fa0
    EXPECT 0xffffffff77654321, fmv.w.x boxes
    li a0, 0x1234567877654321
    fmv.d.x fa0, a0
    fsd fa0, 8(a1)
    ld a0, 8(a1)
    EXPECT 0x1234567877654321, fsd of an unboxed value

/* fsgnj.d and fmv.d of what looks boxed keep all bits */
TEST_D2_NORM fsgnj.d, NEARLY, NEARLY, NEARLY, 0
TEST_D2_NORM fsgnj.d, ONE_S, ONE_S, ONE_S, 0
/* a double-precision operation sees a box as a NaN with a payload */
TEST_D2 fadd.d, rne, ONE_S, UNBOXED, 0x7ff8000000000000, 0

/* every register is 64 bits and its own */
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li a0, 0x0101010101010101 * (\n + 1)
    fmv.d.x f\n, a0
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    fmv.x.d a0, f\n
    EXPECT 0x0101010101010101 * (\n + 1), register f\n
    .endr

/* flags accumulate until they are cleared; csrrw to fflags gives the old ones back */
    csrwi fcsr, 0
    li a0, 1
    fcvt.d.w fa0, a0
    fcvt.d.w fa1, zero
    li a0, 3
    fcvt.d.w fa2, a0
    fdiv.d fa3, fa0, fa1
    fdiv.d fa3, fa0, fa2
    frflags a0
    EXPECT 9, flags DZ and NX accumulate
    fdiv.d fa3, fa1, fa1
    fsflags a0, zero
    EXPECT 0x19, fsflags gives the old flags
    frflags a0
    EXPECT 0, and clears them

TEST_END

    .bss
    .balign 8
scratch:
    .skip 16

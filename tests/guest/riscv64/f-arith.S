/* SPDX-License-Identifier: BSD-2-Clause */
/* F: add, subtract, multiply, divide, square root: corners, flags, every rounding mode. */
#include "fp-macros.h"

TEST_BEGIN
    csrwi fcsr, 0

TEST_S2 fadd.s, rne, 0x3f800000, 0x3f800000, 0x40000000, 0
TEST_S2 fadd.s, rne, 0x3f800000, 0xbf800000, 0, 0
TEST_S2 fadd.s, rtz, 0x3f800000, 0xbf800000, 0, 0
TEST_S2 fadd.s, rdn, 0x3f800000, 0xbf800000, 0x80000000, 0
TEST_S2 fadd.s, rup, 0x3f800000, 0xbf800000, 0, 0
TEST_S2 fadd.s, rmm, 0x3f800000, 0xbf800000, 0, 0
TEST_S2 fadd.s, rne, 0xbf800000, 0x3f800000, 0, 0
TEST_S2 fadd.s, rtz, 0xbf800000, 0x3f800000, 0, 0
TEST_S2 fadd.s, rdn, 0xbf800000, 0x3f800000, 0x80000000, 0
TEST_S2 fadd.s, rup, 0xbf800000, 0x3f800000, 0, 0
TEST_S2 fadd.s, rmm, 0xbf800000, 0x3f800000, 0, 0
TEST_S2 fadd.s, rne, 0, 0x80000000, 0, 0
TEST_S2 fadd.s, rtz, 0, 0x80000000, 0, 0
TEST_S2 fadd.s, rdn, 0, 0x80000000, 0x80000000, 0
TEST_S2 fadd.s, rup, 0, 0x80000000, 0, 0
TEST_S2 fadd.s, rmm, 0, 0x80000000, 0, 0
TEST_S2 fadd.s, rne, 0x80000000, 0x80000000, 0x80000000, 0
TEST_S2 fadd.s, rne, 0, 0, 0, 0
TEST_S2 fadd.s, rne, 0x3f800000, 0x33800000, 0x3f800000, 1
TEST_S2 fadd.s, rtz, 0x3f800000, 0x33800000, 0x3f800000, 1
TEST_S2 fadd.s, rdn, 0x3f800000, 0x33800000, 0x3f800000, 1
TEST_S2 fadd.s, rup, 0x3f800000, 0x33800000, 0x3f800001, 1
TEST_S2 fadd.s, rmm, 0x3f800000, 0x33800000, 0x3f800001, 1
TEST_S2 fadd.s, rne, 0x3f800000, 0x33c00000, 0x3f800001, 1
TEST_S2 fadd.s, rtz, 0x3f800000, 0x33c00000, 0x3f800000, 1
TEST_S2 fadd.s, rdn, 0x3f800000, 0x33c00000, 0x3f800000, 1
TEST_S2 fadd.s, rup, 0x3f800000, 0x33c00000, 0x3f800001, 1
TEST_S2 fadd.s, rmm, 0x3f800000, 0x33c00000, 0x3f800001, 1
TEST_S2 fadd.s, rne, 0xbf800000, 0x33800000, 0xbf7fffff, 0
TEST_S2 fadd.s, rne, 0x3f800001, 0x33800000, 0x3f800002, 1
TEST_S2 fadd.s, rtz, 0x3f800001, 0x33800000, 0x3f800001, 1
TEST_S2 fadd.s, rdn, 0x3f800001, 0x33800000, 0x3f800001, 1
TEST_S2 fadd.s, rup, 0x3f800001, 0x33800000, 0x3f800002, 1
TEST_S2 fadd.s, rmm, 0x3f800001, 0x33800000, 0x3f800002, 1
TEST_S2 fadd.s, rne, 0x3f800001, 0x33c00000, 0x3f800002, 1
TEST_S2 fadd.s, rtz, 0x3f800001, 0x33c00000, 0x3f800001, 1
TEST_S2 fadd.s, rdn, 0x3f800001, 0x33c00000, 0x3f800001, 1
TEST_S2 fadd.s, rup, 0x3f800001, 0x33c00000, 0x3f800002, 1
TEST_S2 fadd.s, rmm, 0x3f800001, 0x33c00000, 0x3f800002, 1
TEST_S2 fadd.s, rne, 0x3f800000, 1, 0x3f800000, 1
TEST_S2 fadd.s, rtz, 0x3f800000, 1, 0x3f800000, 1
TEST_S2 fadd.s, rdn, 0x3f800000, 1, 0x3f800000, 1
TEST_S2 fadd.s, rup, 0x3f800000, 1, 0x3f800001, 1
TEST_S2 fadd.s, rmm, 0x3f800000, 1, 0x3f800000, 1
TEST_S2 fadd.s, rne, 0x40490fdb, 0x3eaaaaab, 0x405e6530, 1
TEST_S2 fadd.s, rtz, 0x40490fdb, 0x3eaaaaab, 0x405e6530, 1
TEST_S2 fadd.s, rdn, 0x40490fdb, 0x3eaaaaab, 0x405e6530, 1
TEST_S2 fadd.s, rup, 0x40490fdb, 0x3eaaaaab, 0x405e6531, 1
TEST_S2 fadd.s, rmm, 0x40490fdb, 0x3eaaaaab, 0x405e6530, 1
TEST_S2 fadd.s, rne, 0xc0490fdb, 0x41200000, 0x40db7812, 1
TEST_S2 fadd.s, rtz, 0xc0490fdb, 0x41200000, 0x40db7812, 1
TEST_S2 fadd.s, rdn, 0xc0490fdb, 0x41200000, 0x40db7812, 1
TEST_S2 fadd.s, rup, 0xc0490fdb, 0x41200000, 0x40db7813, 1
TEST_S2 fadd.s, rmm, 0xc0490fdb, 0x41200000, 0x40db7813, 1
TEST_S2 fadd.s, rne, 0x7f7fffff, 0x7f7fffff, 0x7f800000, 5
TEST_S2 fadd.s, rtz, 0x7f7fffff, 0x7f7fffff, 0x7f7fffff, 5
TEST_S2 fadd.s, rdn, 0x7f7fffff, 0x7f7fffff, 0x7f7fffff, 5
TEST_S2 fadd.s, rup, 0x7f7fffff, 0x7f7fffff, 0x7f800000, 5
TEST_S2 fadd.s, rmm, 0x7f7fffff, 0x7f7fffff, 0x7f800000, 5
TEST_S2 fadd.s, rne, 0xff7fffff, 0xff7fffff, 0xff800000, 5
TEST_S2 fadd.s, rtz, 0xff7fffff, 0xff7fffff, 0xff7fffff, 5
TEST_S2 fadd.s, rdn, 0xff7fffff, 0xff7fffff, 0xff800000, 5
TEST_S2 fadd.s, rup, 0xff7fffff, 0xff7fffff, 0xff7fffff, 5
TEST_S2 fadd.s, rmm, 0xff7fffff, 0xff7fffff, 0xff800000, 5
TEST_S2 fadd.s, rne, 0x7f7fffff, 0x7e800000, 0x7f800000, 5
TEST_S2 fadd.s, rtz, 0x7f7fffff, 0x7e800000, 0x7f7fffff, 5
TEST_S2 fadd.s, rdn, 0x7f7fffff, 0x7e800000, 0x7f7fffff, 5
TEST_S2 fadd.s, rup, 0x7f7fffff, 0x7e800000, 0x7f800000, 5
TEST_S2 fadd.s, rmm, 0x7f7fffff, 0x7e800000, 0x7f800000, 5
TEST_S2 fadd.s, rne, 0x7f7fffff, 0x3f800000, 0x7f7fffff, 1
TEST_S2 fadd.s, rtz, 0x7f7fffff, 0x3f800000, 0x7f7fffff, 1
TEST_S2 fadd.s, rdn, 0x7f7fffff, 0x3f800000, 0x7f7fffff, 1
TEST_S2 fadd.s, rup, 0x7f7fffff, 0x3f800000, 0x7f800000, 5
TEST_S2 fadd.s, rmm, 0x7f7fffff, 0x3f800000, 0x7f7fffff, 1
TEST_S2 fadd.s, rne, 1, 1, 2, 0
TEST_S2 fadd.s, rne, 1, 0x80000001, 0, 0
TEST_S2 fadd.s, rtz, 1, 0x80000001, 0, 0
TEST_S2 fadd.s, rdn, 1, 0x80000001, 0x80000000, 0
TEST_S2 fadd.s, rup, 1, 0x80000001, 0, 0
TEST_S2 fadd.s, rmm, 1, 0x80000001, 0, 0
TEST_S2 fadd.s, rne, 0x7fffff, 1, 0x800000, 0
TEST_S2 fadd.s, rne, 0x800000, 0x80000001, 0x7fffff, 0
TEST_S2 fadd.s, rne, 0x7f800000, 0x3f800000, 0x7f800000, 0
TEST_S2 fadd.s, rne, 0x7f800000, 0xff800000, 0x7fc00000, 16
TEST_S2 fadd.s, rne, 0x7f800000, 0x7f800000, 0x7f800000, 0
TEST_S2 fadd.s, rne, 0xff800000, 0x3f800000, 0xff800000, 0
TEST_S2 fadd.s, rne, 0x7fc00000, 0x3f800000, 0x7fc00000, 0
TEST_S2 fadd.s, rne, 0x3f800000, 0x7f800001, 0x7fc00000, 16
TEST_S2 fadd.s, rne, 0x7f800001, 0x7fc00000, 0x7fc00000, 16
TEST_S2 fadd.s, rne, 0xffc00005, 0x3f800000, 0x7fc00000, 0
TEST_S2 fadd.s, rne, 0x7f7fffff, 1, 0x7f7fffff, 1
TEST_S2 fadd.s, rtz, 0x7f7fffff, 1, 0x7f7fffff, 1
TEST_S2 fadd.s, rdn, 0x7f7fffff, 1, 0x7f7fffff, 1
TEST_S2 fadd.s, rup, 0x7f7fffff, 1, 0x7f800000, 5
TEST_S2 fadd.s, rmm, 0x7f7fffff, 1, 0x7f7fffff, 1
TEST_S2 fadd.s, rne, 0x3f000000, 0x33800000, 0x3f000001, 0

TEST_S2 fsub.s, rne, 0x3f800000, 0x3f800000, 0, 0
TEST_S2 fsub.s, rtz, 0x3f800000, 0x3f800000, 0, 0
TEST_S2 fsub.s, rdn, 0x3f800000, 0x3f800000, 0x80000000, 0
TEST_S2 fsub.s, rup, 0x3f800000, 0x3f800000, 0, 0
TEST_S2 fsub.s, rmm, 0x3f800000, 0x3f800000, 0, 0
TEST_S2 fsub.s, rne, 0x3f800000, 0xbf800000, 0x40000000, 0
TEST_S2 fsub.s, rne, 0xbf800000, 0x3f800000, 0xc0000000, 0
TEST_S2 fsub.s, rne, 0, 0x80000000, 0, 0
TEST_S2 fsub.s, rne, 0x80000000, 0x80000000, 0, 0
TEST_S2 fsub.s, rtz, 0x80000000, 0x80000000, 0, 0
TEST_S2 fsub.s, rdn, 0x80000000, 0x80000000, 0x80000000, 0
TEST_S2 fsub.s, rup, 0x80000000, 0x80000000, 0, 0
TEST_S2 fsub.s, rmm, 0x80000000, 0x80000000, 0, 0
TEST_S2 fsub.s, rne, 0, 0, 0, 0
TEST_S2 fsub.s, rtz, 0, 0, 0, 0
TEST_S2 fsub.s, rdn, 0, 0, 0x80000000, 0
TEST_S2 fsub.s, rup, 0, 0, 0, 0
TEST_S2 fsub.s, rmm, 0, 0, 0, 0
TEST_S2 fsub.s, rne, 0x3f800000, 0x33800000, 0x3f7fffff, 0
TEST_S2 fsub.s, rne, 0x3f800000, 0x33c00000, 0x3f7ffffe, 1
TEST_S2 fsub.s, rtz, 0x3f800000, 0x33c00000, 0x3f7ffffe, 1
TEST_S2 fsub.s, rdn, 0x3f800000, 0x33c00000, 0x3f7ffffe, 1
TEST_S2 fsub.s, rup, 0x3f800000, 0x33c00000, 0x3f7fffff, 1
TEST_S2 fsub.s, rmm, 0x3f800000, 0x33c00000, 0x3f7fffff, 1
TEST_S2 fsub.s, rne, 0xbf800000, 0x33800000, 0xbf800000, 1
TEST_S2 fsub.s, rtz, 0xbf800000, 0x33800000, 0xbf800000, 1
TEST_S2 fsub.s, rdn, 0xbf800000, 0x33800000, 0xbf800001, 1
TEST_S2 fsub.s, rup, 0xbf800000, 0x33800000, 0xbf800000, 1
TEST_S2 fsub.s, rmm, 0xbf800000, 0x33800000, 0xbf800001, 1
TEST_S2 fsub.s, rne, 0x3f800001, 0x33800000, 0x3f800000, 1
TEST_S2 fsub.s, rtz, 0x3f800001, 0x33800000, 0x3f800000, 1
TEST_S2 fsub.s, rdn, 0x3f800001, 0x33800000, 0x3f800000, 1
TEST_S2 fsub.s, rup, 0x3f800001, 0x33800000, 0x3f800001, 1
TEST_S2 fsub.s, rmm, 0x3f800001, 0x33800000, 0x3f800001, 1
TEST_S2 fsub.s, rne, 0x3f800001, 0x33c00000, 0x3f800000, 1
TEST_S2 fsub.s, rtz, 0x3f800001, 0x33c00000, 0x3f800000, 1
TEST_S2 fsub.s, rdn, 0x3f800001, 0x33c00000, 0x3f800000, 1
TEST_S2 fsub.s, rup, 0x3f800001, 0x33c00000, 0x3f800001, 1
TEST_S2 fsub.s, rmm, 0x3f800001, 0x33c00000, 0x3f800000, 1
TEST_S2 fsub.s, rne, 0x3f800000, 1, 0x3f800000, 1
TEST_S2 fsub.s, rtz, 0x3f800000, 1, 0x3f7fffff, 1
TEST_S2 fsub.s, rdn, 0x3f800000, 1, 0x3f7fffff, 1
TEST_S2 fsub.s, rup, 0x3f800000, 1, 0x3f800000, 1
TEST_S2 fsub.s, rmm, 0x3f800000, 1, 0x3f800000, 1
TEST_S2 fsub.s, rne, 0x40490fdb, 0x3eaaaaab, 0x4033ba86, 1
TEST_S2 fsub.s, rtz, 0x40490fdb, 0x3eaaaaab, 0x4033ba85, 1
TEST_S2 fsub.s, rdn, 0x40490fdb, 0x3eaaaaab, 0x4033ba85, 1
TEST_S2 fsub.s, rup, 0x40490fdb, 0x3eaaaaab, 0x4033ba86, 1
TEST_S2 fsub.s, rmm, 0x40490fdb, 0x3eaaaaab, 0x4033ba86, 1
TEST_S2 fsub.s, rne, 0xc0490fdb, 0x41200000, 0xc15243f7, 1
TEST_S2 fsub.s, rtz, 0xc0490fdb, 0x41200000, 0xc15243f6, 1
TEST_S2 fsub.s, rdn, 0xc0490fdb, 0x41200000, 0xc15243f7, 1
TEST_S2 fsub.s, rup, 0xc0490fdb, 0x41200000, 0xc15243f6, 1
TEST_S2 fsub.s, rmm, 0xc0490fdb, 0x41200000, 0xc15243f7, 1
TEST_S2 fsub.s, rne, 0x7f7fffff, 0x7f7fffff, 0, 0
TEST_S2 fsub.s, rtz, 0x7f7fffff, 0x7f7fffff, 0, 0
TEST_S2 fsub.s, rdn, 0x7f7fffff, 0x7f7fffff, 0x80000000, 0
TEST_S2 fsub.s, rup, 0x7f7fffff, 0x7f7fffff, 0, 0
TEST_S2 fsub.s, rmm, 0x7f7fffff, 0x7f7fffff, 0, 0
TEST_S2 fsub.s, rne, 0xff7fffff, 0xff7fffff, 0, 0
TEST_S2 fsub.s, rtz, 0xff7fffff, 0xff7fffff, 0, 0
TEST_S2 fsub.s, rdn, 0xff7fffff, 0xff7fffff, 0x80000000, 0
TEST_S2 fsub.s, rup, 0xff7fffff, 0xff7fffff, 0, 0
TEST_S2 fsub.s, rmm, 0xff7fffff, 0xff7fffff, 0, 0
TEST_S2 fsub.s, rne, 0x7f7fffff, 0x7e800000, 0x7f3fffff, 0
TEST_S2 fsub.s, rne, 0x7f7fffff, 0x3f800000, 0x7f7fffff, 1
TEST_S2 fsub.s, rtz, 0x7f7fffff, 0x3f800000, 0x7f7ffffe, 1
TEST_S2 fsub.s, rdn, 0x7f7fffff, 0x3f800000, 0x7f7ffffe, 1
TEST_S2 fsub.s, rup, 0x7f7fffff, 0x3f800000, 0x7f7fffff, 1
TEST_S2 fsub.s, rmm, 0x7f7fffff, 0x3f800000, 0x7f7fffff, 1
TEST_S2 fsub.s, rne, 1, 1, 0, 0
TEST_S2 fsub.s, rtz, 1, 1, 0, 0
TEST_S2 fsub.s, rdn, 1, 1, 0x80000000, 0
TEST_S2 fsub.s, rup, 1, 1, 0, 0
TEST_S2 fsub.s, rmm, 1, 1, 0, 0
TEST_S2 fsub.s, rne, 1, 0x80000001, 2, 0
TEST_S2 fsub.s, rne, 0x7fffff, 1, 0x7ffffe, 0
TEST_S2 fsub.s, rne, 0x800000, 0x80000001, 0x800001, 0
TEST_S2 fsub.s, rne, 0x7f800000, 0x3f800000, 0x7f800000, 0
TEST_S2 fsub.s, rne, 0x7f800000, 0xff800000, 0x7f800000, 0
TEST_S2 fsub.s, rne, 0x7f800000, 0x7f800000, 0x7fc00000, 16
TEST_S2 fsub.s, rne, 0xff800000, 0x3f800000, 0xff800000, 0
TEST_S2 fsub.s, rne, 0x7fc00000, 0x3f800000, 0x7fc00000, 0
TEST_S2 fsub.s, rne, 0x3f800000, 0x7f800001, 0x7fc00000, 16
TEST_S2 fsub.s, rne, 0x7f800001, 0x7fc00000, 0x7fc00000, 16
TEST_S2 fsub.s, rne, 0xffc00005, 0x3f800000, 0x7fc00000, 0
TEST_S2 fsub.s, rne, 0x7f7fffff, 1, 0x7f7fffff, 1
TEST_S2 fsub.s, rtz, 0x7f7fffff, 1, 0x7f7ffffe, 1
TEST_S2 fsub.s, rdn, 0x7f7fffff, 1, 0x7f7ffffe, 1
TEST_S2 fsub.s, rup, 0x7f7fffff, 1, 0x7f7fffff, 1
TEST_S2 fsub.s, rmm, 0x7f7fffff, 1, 0x7f7fffff, 1
TEST_S2 fsub.s, rne, 0x3f000000, 0x33800000, 0x3efffffe, 0

TEST_S2 fmul.s, rne, 0x3f800000, 0x3f800000, 0x3f800000, 0
TEST_S2 fmul.s, rne, 0x3f800000, 0xbf800000, 0xbf800000, 0
TEST_S2 fmul.s, rne, 0, 0xbf800000, 0x80000000, 0
TEST_S2 fmul.s, rne, 0, 0x7f800000, 0x7fc00000, 16
TEST_S2 fmul.s, rne, 0xff800000, 0, 0x7fc00000, 16
TEST_S2 fmul.s, rne, 0x7f800000, 0xbf800000, 0xff800000, 0
TEST_S2 fmul.s, rne, 0x40400000, 0x3eaaaaab, 0x3f800000, 1
TEST_S2 fmul.s, rtz, 0x40400000, 0x3eaaaaab, 0x3f800000, 1
TEST_S2 fmul.s, rdn, 0x40400000, 0x3eaaaaab, 0x3f800000, 1
TEST_S2 fmul.s, rup, 0x40400000, 0x3eaaaaab, 0x3f800001, 1
TEST_S2 fmul.s, rmm, 0x40400000, 0x3eaaaaab, 0x3f800000, 1
TEST_S2 fmul.s, rne, 0x40490fdb, 0xc0490fdb, 0xc11de9e7, 1
TEST_S2 fmul.s, rtz, 0x40490fdb, 0xc0490fdb, 0xc11de9e6, 1
TEST_S2 fmul.s, rdn, 0x40490fdb, 0xc0490fdb, 0xc11de9e7, 1
TEST_S2 fmul.s, rup, 0x40490fdb, 0xc0490fdb, 0xc11de9e6, 1
TEST_S2 fmul.s, rmm, 0x40490fdb, 0xc0490fdb, 0xc11de9e7, 1
TEST_S2 fmul.s, rne, 0x40490fdb, 0x41200000, 0x41fb53d2, 1
TEST_S2 fmul.s, rtz, 0x40490fdb, 0x41200000, 0x41fb53d1, 1
TEST_S2 fmul.s, rdn, 0x40490fdb, 0x41200000, 0x41fb53d1, 1
TEST_S2 fmul.s, rup, 0x40490fdb, 0x41200000, 0x41fb53d2, 1
TEST_S2 fmul.s, rmm, 0x40490fdb, 0x41200000, 0x41fb53d2, 1
TEST_S2 fmul.s, rne, 0x3f800001, 0x3f800001, 0x3f800002, 1
TEST_S2 fmul.s, rtz, 0x3f800001, 0x3f800001, 0x3f800002, 1
TEST_S2 fmul.s, rdn, 0x3f800001, 0x3f800001, 0x3f800002, 1
TEST_S2 fmul.s, rup, 0x3f800001, 0x3f800001, 0x3f800003, 1
TEST_S2 fmul.s, rmm, 0x3f800001, 0x3f800001, 0x3f800002, 1
TEST_S2 fmul.s, rne, 0x3f800001, 0x3f7fffff, 0x3f800000, 1
TEST_S2 fmul.s, rtz, 0x3f800001, 0x3f7fffff, 0x3f800000, 1
TEST_S2 fmul.s, rdn, 0x3f800001, 0x3f7fffff, 0x3f800000, 1
TEST_S2 fmul.s, rup, 0x3f800001, 0x3f7fffff, 0x3f800001, 1
TEST_S2 fmul.s, rmm, 0x3f800001, 0x3f7fffff, 0x3f800000, 1
TEST_S2 fmul.s, rne, 0x7f7fffff, 0x40000000, 0x7f800000, 5
TEST_S2 fmul.s, rtz, 0x7f7fffff, 0x40000000, 0x7f7fffff, 5
TEST_S2 fmul.s, rdn, 0x7f7fffff, 0x40000000, 0x7f7fffff, 5
TEST_S2 fmul.s, rup, 0x7f7fffff, 0x40000000, 0x7f800000, 5
TEST_S2 fmul.s, rmm, 0x7f7fffff, 0x40000000, 0x7f800000, 5
TEST_S2 fmul.s, rne, 0xff7fffff, 0x40000000, 0xff800000, 5
TEST_S2 fmul.s, rtz, 0xff7fffff, 0x40000000, 0xff7fffff, 5
TEST_S2 fmul.s, rdn, 0xff7fffff, 0x40000000, 0xff800000, 5
TEST_S2 fmul.s, rup, 0xff7fffff, 0x40000000, 0xff7fffff, 5
TEST_S2 fmul.s, rmm, 0xff7fffff, 0x40000000, 0xff800000, 5
TEST_S2 fmul.s, rne, 0x7f7fffff, 0x7f7fffff, 0x7f800000, 5
TEST_S2 fmul.s, rtz, 0x7f7fffff, 0x7f7fffff, 0x7f7fffff, 5
TEST_S2 fmul.s, rdn, 0x7f7fffff, 0x7f7fffff, 0x7f7fffff, 5
TEST_S2 fmul.s, rup, 0x7f7fffff, 0x7f7fffff, 0x7f800000, 5
TEST_S2 fmul.s, rmm, 0x7f7fffff, 0x7f7fffff, 0x7f800000, 5
TEST_S2 fmul.s, rne, 0x800000, 0x3f000000, 0x400000, 0
TEST_S2 fmul.s, rne, 0x800000, 0x3eaaaaab, 0x2aaaab, 3
TEST_S2 fmul.s, rtz, 0x800000, 0x3eaaaaab, 0x2aaaaa, 3
TEST_S2 fmul.s, rdn, 0x800000, 0x3eaaaaab, 0x2aaaaa, 3
TEST_S2 fmul.s, rup, 0x800000, 0x3eaaaaab, 0x2aaaab, 3
TEST_S2 fmul.s, rmm, 0x800000, 0x3eaaaaab, 0x2aaaab, 3
TEST_S2 fmul.s, rne, 1, 0x3f000000, 0, 3
TEST_S2 fmul.s, rtz, 1, 0x3f000000, 0, 3
TEST_S2 fmul.s, rdn, 1, 0x3f000000, 0, 3
TEST_S2 fmul.s, rup, 1, 0x3f000000, 1, 3
TEST_S2 fmul.s, rmm, 1, 0x3f000000, 1, 3
TEST_S2 fmul.s, rne, 1, 0x3eaaaaab, 0, 3
TEST_S2 fmul.s, rtz, 1, 0x3eaaaaab, 0, 3
TEST_S2 fmul.s, rdn, 1, 0x3eaaaaab, 0, 3
TEST_S2 fmul.s, rup, 1, 0x3eaaaaab, 1, 3
TEST_S2 fmul.s, rmm, 1, 0x3eaaaaab, 0, 3
TEST_S2 fmul.s, rne, 0x80000001, 0x3f000000, 0x80000000, 3
TEST_S2 fmul.s, rtz, 0x80000001, 0x3f000000, 0x80000000, 3
TEST_S2 fmul.s, rdn, 0x80000001, 0x3f000000, 0x80000001, 3
TEST_S2 fmul.s, rup, 0x80000001, 0x3f000000, 0x80000000, 3
TEST_S2 fmul.s, rmm, 0x80000001, 0x3f000000, 0x80000001, 3
TEST_S2 fmul.s, rne, 1, 1, 0, 3
TEST_S2 fmul.s, rtz, 1, 1, 0, 3
TEST_S2 fmul.s, rdn, 1, 1, 0, 3
TEST_S2 fmul.s, rup, 1, 1, 1, 3
TEST_S2 fmul.s, rmm, 1, 1, 0, 3
TEST_S2 fmul.s, rne, 0x7fffff, 0x40000000, 0xfffffe, 0
TEST_S2 fmul.s, rne, 0x800000, 0x3f7fffff, 0x800000, 3
TEST_S2 fmul.s, rtz, 0x800000, 0x3f7fffff, 0x7fffff, 3
TEST_S2 fmul.s, rdn, 0x800000, 0x3f7fffff, 0x7fffff, 3
TEST_S2 fmul.s, rup, 0x800000, 0x3f7fffff, 0x800000, 3
TEST_S2 fmul.s, rmm, 0x800000, 0x3f7fffff, 0x800000, 3
TEST_S2 fmul.s, rne, 0x7fffff, 0x3f800001, 0x800000, 1
TEST_S2 fmul.s, rtz, 0x7fffff, 0x3f800001, 0x7fffff, 3
TEST_S2 fmul.s, rdn, 0x7fffff, 0x3f800001, 0x7fffff, 3
TEST_S2 fmul.s, rup, 0x7fffff, 0x3f800001, 0x800000, 1
TEST_S2 fmul.s, rmm, 0x7fffff, 0x3f800001, 0x800000, 1
TEST_S2 fmul.s, rne, 0x7f7fffff, 1, 0x34ffffff, 0
TEST_S2 fmul.s, rne, 0x7fc00000, 0x3f800000, 0x7fc00000, 0
TEST_S2 fmul.s, rne, 0x7f800001, 0x3f800000, 0x7fc00000, 16
TEST_S2 fmul.s, rne, 0x7f800000, 0x7fc00000, 0x7fc00000, 0
TEST_S2 fmul.s, rne, 0x7e800000, 0x7e800000, 0x7f800000, 5
TEST_S2 fmul.s, rtz, 0x7e800000, 0x7e800000, 0x7f7fffff, 5
TEST_S2 fmul.s, rdn, 0x7e800000, 0x7e800000, 0x7f7fffff, 5
TEST_S2 fmul.s, rup, 0x7e800000, 0x7e800000, 0x7f800000, 5
TEST_S2 fmul.s, rmm, 0x7e800000, 0x7e800000, 0x7f800000, 5
TEST_S2 fmul.s, rne, 0x80800000, 0x3f7fffff, 0x80800000, 3
TEST_S2 fmul.s, rtz, 0x80800000, 0x3f7fffff, 0x807fffff, 3
TEST_S2 fmul.s, rdn, 0x80800000, 0x3f7fffff, 0x80800000, 3
TEST_S2 fmul.s, rup, 0x80800000, 0x3f7fffff, 0x807fffff, 3
TEST_S2 fmul.s, rmm, 0x80800000, 0x3f7fffff, 0x80800000, 3
TEST_S2 fmul.s, rne, 0x80000001, 0x3eaaaaab, 0x80000000, 3
TEST_S2 fmul.s, rtz, 0x80000001, 0x3eaaaaab, 0x80000000, 3
TEST_S2 fmul.s, rdn, 0x80000001, 0x3eaaaaab, 0x80000001, 3
TEST_S2 fmul.s, rup, 0x80000001, 0x3eaaaaab, 0x80000000, 3
TEST_S2 fmul.s, rmm, 0x80000001, 0x3eaaaaab, 0x80000000, 3

TEST_S2 fdiv.s, rne, 0x3f800000, 0x3f800000, 0x3f800000, 0
TEST_S2 fdiv.s, rne, 0x3f800000, 0x40400000, 0x3eaaaaab, 1
TEST_S2 fdiv.s, rtz, 0x3f800000, 0x40400000, 0x3eaaaaaa, 1
TEST_S2 fdiv.s, rdn, 0x3f800000, 0x40400000, 0x3eaaaaaa, 1
TEST_S2 fdiv.s, rup, 0x3f800000, 0x40400000, 0x3eaaaaab, 1
TEST_S2 fdiv.s, rmm, 0x3f800000, 0x40400000, 0x3eaaaaab, 1
TEST_S2 fdiv.s, rne, 0xbf800000, 0x40400000, 0xbeaaaaab, 1
TEST_S2 fdiv.s, rtz, 0xbf800000, 0x40400000, 0xbeaaaaaa, 1
TEST_S2 fdiv.s, rdn, 0xbf800000, 0x40400000, 0xbeaaaaab, 1
TEST_S2 fdiv.s, rup, 0xbf800000, 0x40400000, 0xbeaaaaaa, 1
TEST_S2 fdiv.s, rmm, 0xbf800000, 0x40400000, 0xbeaaaaab, 1
TEST_S2 fdiv.s, rne, 0x41200000, 0x40400000, 0x40555555, 1
TEST_S2 fdiv.s, rtz, 0x41200000, 0x40400000, 0x40555555, 1
TEST_S2 fdiv.s, rdn, 0x41200000, 0x40400000, 0x40555555, 1
TEST_S2 fdiv.s, rup, 0x41200000, 0x40400000, 0x40555556, 1
TEST_S2 fdiv.s, rmm, 0x41200000, 0x40400000, 0x40555555, 1
TEST_S2 fdiv.s, rne, 0, 0x3f800000, 0, 0
TEST_S2 fdiv.s, rne, 0x3f800000, 0, 0x7f800000, 8
TEST_S2 fdiv.s, rne, 0xbf800000, 0, 0xff800000, 8
TEST_S2 fdiv.s, rne, 0, 0, 0x7fc00000, 16
TEST_S2 fdiv.s, rne, 0x7f800000, 0x7f800000, 0x7fc00000, 16
TEST_S2 fdiv.s, rne, 0x7f800000, 0x3f800000, 0x7f800000, 0
TEST_S2 fdiv.s, rne, 0x3f800000, 0x7f800000, 0, 0
TEST_S2 fdiv.s, rne, 0x7f800000, 0, 0x7f800000, 0
TEST_S2 fdiv.s, rne, 0x40490fdb, 0x3eaaaaab, 0x4116cbe4, 1
TEST_S2 fdiv.s, rtz, 0x40490fdb, 0x3eaaaaab, 0x4116cbe3, 1
TEST_S2 fdiv.s, rdn, 0x40490fdb, 0x3eaaaaab, 0x4116cbe3, 1
TEST_S2 fdiv.s, rup, 0x40490fdb, 0x3eaaaaab, 0x4116cbe4, 1
TEST_S2 fdiv.s, rmm, 0x40490fdb, 0x3eaaaaab, 0x4116cbe4, 1
TEST_S2 fdiv.s, rne, 0x7f7fffff, 0x3f000000, 0x7f800000, 5
TEST_S2 fdiv.s, rtz, 0x7f7fffff, 0x3f000000, 0x7f7fffff, 5
TEST_S2 fdiv.s, rdn, 0x7f7fffff, 0x3f000000, 0x7f7fffff, 5
TEST_S2 fdiv.s, rup, 0x7f7fffff, 0x3f000000, 0x7f800000, 5
TEST_S2 fdiv.s, rmm, 0x7f7fffff, 0x3f000000, 0x7f800000, 5
TEST_S2 fdiv.s, rne, 0xff7fffff, 0x3eaaaaab, 0xff800000, 5
TEST_S2 fdiv.s, rtz, 0xff7fffff, 0x3eaaaaab, 0xff7fffff, 5
TEST_S2 fdiv.s, rdn, 0xff7fffff, 0x3eaaaaab, 0xff800000, 5
TEST_S2 fdiv.s, rup, 0xff7fffff, 0x3eaaaaab, 0xff7fffff, 5
TEST_S2 fdiv.s, rmm, 0xff7fffff, 0x3eaaaaab, 0xff800000, 5
TEST_S2 fdiv.s, rne, 0x800000, 0x40000000, 0x400000, 0
TEST_S2 fdiv.s, rne, 1, 0x40000000, 0, 3
TEST_S2 fdiv.s, rtz, 1, 0x40000000, 0, 3
TEST_S2 fdiv.s, rdn, 1, 0x40000000, 0, 3
TEST_S2 fdiv.s, rup, 1, 0x40000000, 1, 3
TEST_S2 fdiv.s, rmm, 1, 0x40000000, 1, 3
TEST_S2 fdiv.s, rne, 1, 0x40400000, 0, 3
TEST_S2 fdiv.s, rtz, 1, 0x40400000, 0, 3
TEST_S2 fdiv.s, rdn, 1, 0x40400000, 0, 3
TEST_S2 fdiv.s, rup, 1, 0x40400000, 1, 3
TEST_S2 fdiv.s, rmm, 1, 0x40400000, 0, 3
TEST_S2 fdiv.s, rne, 0x7fffff, 0x3f800001, 0x7ffffe, 3
TEST_S2 fdiv.s, rtz, 0x7fffff, 0x3f800001, 0x7ffffe, 3
TEST_S2 fdiv.s, rdn, 0x7fffff, 0x3f800001, 0x7ffffe, 3
TEST_S2 fdiv.s, rup, 0x7fffff, 0x3f800001, 0x7fffff, 3
TEST_S2 fdiv.s, rmm, 0x7fffff, 0x3f800001, 0x7ffffe, 3
TEST_S2 fdiv.s, rne, 0x800000, 0x3f800001, 0x7fffff, 3
TEST_S2 fdiv.s, rtz, 0x800000, 0x3f800001, 0x7fffff, 3
TEST_S2 fdiv.s, rdn, 0x800000, 0x3f800001, 0x7fffff, 3
TEST_S2 fdiv.s, rup, 0x800000, 0x3f800001, 0x800000, 3
TEST_S2 fdiv.s, rmm, 0x800000, 0x3f800001, 0x7fffff, 3
TEST_S2 fdiv.s, rne, 0x80800000, 0x7f7fffff, 0x80000000, 3
TEST_S2 fdiv.s, rtz, 0x80800000, 0x7f7fffff, 0x80000000, 3
TEST_S2 fdiv.s, rdn, 0x80800000, 0x7f7fffff, 0x80000001, 3
TEST_S2 fdiv.s, rup, 0x80800000, 0x7f7fffff, 0x80000000, 3
TEST_S2 fdiv.s, rmm, 0x80800000, 0x7f7fffff, 0x80000000, 3
TEST_S2 fdiv.s, rne, 0x3f800001, 0x3f7fffff, 0x3f800002, 1
TEST_S2 fdiv.s, rtz, 0x3f800001, 0x3f7fffff, 0x3f800001, 1
TEST_S2 fdiv.s, rdn, 0x3f800001, 0x3f7fffff, 0x3f800001, 1
TEST_S2 fdiv.s, rup, 0x3f800001, 0x3f7fffff, 0x3f800002, 1
TEST_S2 fdiv.s, rmm, 0x3f800001, 0x3f7fffff, 0x3f800002, 1
TEST_S2 fdiv.s, rne, 1, 0x7f7fffff, 0, 3
TEST_S2 fdiv.s, rtz, 1, 0x7f7fffff, 0, 3
TEST_S2 fdiv.s, rdn, 1, 0x7f7fffff, 0, 3
TEST_S2 fdiv.s, rup, 1, 0x7f7fffff, 1, 3
TEST_S2 fdiv.s, rmm, 1, 0x7f7fffff, 0, 3
TEST_S2 fdiv.s, rne, 0x7f7fffff, 1, 0x7f800000, 5
TEST_S2 fdiv.s, rtz, 0x7f7fffff, 1, 0x7f7fffff, 5
TEST_S2 fdiv.s, rdn, 0x7f7fffff, 1, 0x7f7fffff, 5
TEST_S2 fdiv.s, rup, 0x7f7fffff, 1, 0x7f800000, 5
TEST_S2 fdiv.s, rmm, 0x7f7fffff, 1, 0x7f800000, 5
TEST_S2 fdiv.s, rne, 0x7fc00000, 0, 0x7fc00000, 0
TEST_S2 fdiv.s, rne, 0x7f800001, 0x3f800000, 0x7fc00000, 16
TEST_S2 fdiv.s, rne, 0x3f800000, 0x7f800001, 0x7fc00000, 16
TEST_S2 fdiv.s, rne, 0x80000000, 0x40400000, 0x80000000, 0
TEST_S2 fdiv.s, rne, 0x40000000, 0x41200000, 0x3e4ccccd, 1
TEST_S2 fdiv.s, rtz, 0x40000000, 0x41200000, 0x3e4ccccc, 1
TEST_S2 fdiv.s, rdn, 0x40000000, 0x41200000, 0x3e4ccccc, 1
TEST_S2 fdiv.s, rup, 0x40000000, 0x41200000, 0x3e4ccccd, 1
TEST_S2 fdiv.s, rmm, 0x40000000, 0x41200000, 0x3e4ccccd, 1
TEST_S2 fdiv.s, rne, 0x80800000, 0x3f800001, 0x807fffff, 3
TEST_S2 fdiv.s, rtz, 0x80800000, 0x3f800001, 0x807fffff, 3
TEST_S2 fdiv.s, rdn, 0x80800000, 0x3f800001, 0x80800000, 3
TEST_S2 fdiv.s, rup, 0x80800000, 0x3f800001, 0x807fffff, 3
TEST_S2 fdiv.s, rmm, 0x80800000, 0x3f800001, 0x807fffff, 3

TEST_S1 fsqrt.s, rne, 0, 0, 0
TEST_S1 fsqrt.s, rne, 0x80000000, 0x80000000, 0
TEST_S1 fsqrt.s, rne, 0x3f800000, 0x3f800000, 0
TEST_S1 fsqrt.s, rne, 0x40000000, 0x3fb504f3, 1
TEST_S1 fsqrt.s, rtz, 0x40000000, 0x3fb504f3, 1
TEST_S1 fsqrt.s, rdn, 0x40000000, 0x3fb504f3, 1
TEST_S1 fsqrt.s, rup, 0x40000000, 0x3fb504f4, 1
TEST_S1 fsqrt.s, rmm, 0x40000000, 0x3fb504f3, 1
TEST_S1 fsqrt.s, rne, 0x40400000, 0x3fddb3d7, 1
TEST_S1 fsqrt.s, rtz, 0x40400000, 0x3fddb3d7, 1
TEST_S1 fsqrt.s, rdn, 0x40400000, 0x3fddb3d7, 1
TEST_S1 fsqrt.s, rup, 0x40400000, 0x3fddb3d8, 1
TEST_S1 fsqrt.s, rmm, 0x40400000, 0x3fddb3d7, 1
TEST_S1 fsqrt.s, rne, 0x41200000, 0x404a62c2, 1
TEST_S1 fsqrt.s, rtz, 0x41200000, 0x404a62c1, 1
TEST_S1 fsqrt.s, rdn, 0x41200000, 0x404a62c1, 1
TEST_S1 fsqrt.s, rup, 0x41200000, 0x404a62c2, 1
TEST_S1 fsqrt.s, rmm, 0x41200000, 0x404a62c2, 1
TEST_S1 fsqrt.s, rne, 0x3eaaaaab, 0x3f13cd3a, 1
TEST_S1 fsqrt.s, rtz, 0x3eaaaaab, 0x3f13cd3a, 1
TEST_S1 fsqrt.s, rdn, 0x3eaaaaab, 0x3f13cd3a, 1
TEST_S1 fsqrt.s, rup, 0x3eaaaaab, 0x3f13cd3b, 1
TEST_S1 fsqrt.s, rmm, 0x3eaaaaab, 0x3f13cd3a, 1
TEST_S1 fsqrt.s, rne, 0x40490fdb, 0x3fe2dfc5, 1
TEST_S1 fsqrt.s, rtz, 0x40490fdb, 0x3fe2dfc4, 1
TEST_S1 fsqrt.s, rdn, 0x40490fdb, 0x3fe2dfc4, 1
TEST_S1 fsqrt.s, rup, 0x40490fdb, 0x3fe2dfc5, 1
TEST_S1 fsqrt.s, rmm, 0x40490fdb, 0x3fe2dfc5, 1
TEST_S1 fsqrt.s, rne, 0xbf800000, 0x7fc00000, 16
TEST_S1 fsqrt.s, rne, 0x7f800000, 0x7f800000, 0
TEST_S1 fsqrt.s, rne, 0xff800000, 0x7fc00000, 16
TEST_S1 fsqrt.s, rne, 0x7fc00000, 0x7fc00000, 0
TEST_S1 fsqrt.s, rne, 0x7f800001, 0x7fc00000, 16
TEST_S1 fsqrt.s, rne, 1, 0x1a3504f3, 1
TEST_S1 fsqrt.s, rtz, 1, 0x1a3504f3, 1
TEST_S1 fsqrt.s, rdn, 1, 0x1a3504f3, 1
TEST_S1 fsqrt.s, rup, 1, 0x1a3504f4, 1
TEST_S1 fsqrt.s, rmm, 1, 0x1a3504f3, 1
TEST_S1 fsqrt.s, rne, 0x7fffff, 0x1fffffff, 1
TEST_S1 fsqrt.s, rtz, 0x7fffff, 0x1ffffffe, 1
TEST_S1 fsqrt.s, rdn, 0x7fffff, 0x1ffffffe, 1
TEST_S1 fsqrt.s, rup, 0x7fffff, 0x1fffffff, 1
TEST_S1 fsqrt.s, rmm, 0x7fffff, 0x1fffffff, 1
TEST_S1 fsqrt.s, rne, 0x800000, 0x20000000, 0
TEST_S1 fsqrt.s, rne, 0x7f7fffff, 0x5f7fffff, 1
TEST_S1 fsqrt.s, rtz, 0x7f7fffff, 0x5f7fffff, 1
TEST_S1 fsqrt.s, rdn, 0x7f7fffff, 0x5f7fffff, 1
TEST_S1 fsqrt.s, rup, 0x7f7fffff, 0x5f800000, 1
TEST_S1 fsqrt.s, rmm, 0x7f7fffff, 0x5f7fffff, 1
TEST_S1 fsqrt.s, rne, 0x3f800001, 0x3f800000, 1
TEST_S1 fsqrt.s, rtz, 0x3f800001, 0x3f800000, 1
TEST_S1 fsqrt.s, rdn, 0x3f800001, 0x3f800000, 1
TEST_S1 fsqrt.s, rup, 0x3f800001, 0x3f800001, 1
TEST_S1 fsqrt.s, rmm, 0x3f800001, 0x3f800000, 1
TEST_S1 fsqrt.s, rne, 0x3f7fffff, 0x3f7fffff, 1
TEST_S1 fsqrt.s, rtz, 0x3f7fffff, 0x3f7fffff, 1
TEST_S1 fsqrt.s, rdn, 0x3f7fffff, 0x3f7fffff, 1
TEST_S1 fsqrt.s, rup, 0x3f7fffff, 0x3f800000, 1
TEST_S1 fsqrt.s, rmm, 0x3f7fffff, 0x3f7fffff, 1
TEST_S1 fsqrt.s, rne, 0x80000001, 0x7fc00000, 16
TEST_S1 fsqrt.s, rne, 0x3f000000, 0x3f3504f3, 1
TEST_S1 fsqrt.s, rtz, 0x3f000000, 0x3f3504f3, 1
TEST_S1 fsqrt.s, rdn, 0x3f000000, 0x3f3504f3, 1
TEST_S1 fsqrt.s, rup, 0x3f000000, 0x3f3504f4, 1
TEST_S1 fsqrt.s, rmm, 0x3f000000, 0x3f3504f3, 1
TEST_S1 fsqrt.s, rne, 0x7e800000, 0x5f000000, 0
TEST_S1 fsqrt.s, rne, 0xffc00005, 0x7fc00000, 0

TEST_END

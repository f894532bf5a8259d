/* SPDX-License-Identifier: BSD-2-Clause */
/* D: add, subtract, multiply, divide, square root: corners, flags, every rounding mode. */
#include "fp-macros.h"

TEST_BEGIN
    csrwi fcsr, 0

TEST_D2 fadd.d, rne, 0x3ff0000000000000, 0x3ff0000000000000, 0x4000000000000000, 0
TEST_D2 fadd.d, rne, 0x3ff0000000000000, 0xbff0000000000000, 0, 0
TEST_D2 fadd.d, rtz, 0x3ff0000000000000, 0xbff0000000000000, 0, 0
TEST_D2 fadd.d, rdn, 0x3ff0000000000000, 0xbff0000000000000, 0x8000000000000000, 0
TEST_D2 fadd.d, rup, 0x3ff0000000000000, 0xbff0000000000000, 0, 0
TEST_D2 fadd.d, rmm, 0x3ff0000000000000, 0xbff0000000000000, 0, 0
TEST_D2 fadd.d, rne, 0xbff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fadd.d, rtz, 0xbff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fadd.d, rdn, 0xbff0000000000000, 0x3ff0000000000000, 0x8000000000000000, 0
TEST_D2 fadd.d, rup, 0xbff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fadd.d, rmm, 0xbff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fadd.d, rne, 0, 0x8000000000000000, 0, 0
TEST_D2 fadd.d, rtz, 0, 0x8000000000000000, 0, 0
TEST_D2 fadd.d, rdn, 0, 0x8000000000000000, 0x8000000000000000, 0
TEST_D2 fadd.d, rup, 0, 0x8000000000000000, 0, 0
TEST_D2 fadd.d, rmm, 0, 0x8000000000000000, 0, 0
TEST_D2 fadd.d, rne, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000, 0
TEST_D2 fadd.d, rne, 0, 0, 0, 0
TEST_D2 fadd.d, rne, 0x3ff0000000000000, 0x3ca0000000000000, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rtz, 0x3ff0000000000000, 0x3ca0000000000000, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rdn, 0x3ff0000000000000, 0x3ca0000000000000, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rup, 0x3ff0000000000000, 0x3ca0000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rmm, 0x3ff0000000000000, 0x3ca0000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rne, 0x3ff0000000000000, 0x3ca8000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rtz, 0x3ff0000000000000, 0x3ca8000000000000, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rdn, 0x3ff0000000000000, 0x3ca8000000000000, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rup, 0x3ff0000000000000, 0x3ca8000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rmm, 0x3ff0000000000000, 0x3ca8000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rne, 0xbff0000000000000, 0x3ca0000000000000, 0xbfefffffffffffff, 0
TEST_D2 fadd.d, rne, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000002, 1
TEST_D2 fadd.d, rtz, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rdn, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rup, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000002, 1
TEST_D2 fadd.d, rmm, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000002, 1
TEST_D2 fadd.d, rne, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000002, 1
TEST_D2 fadd.d, rtz, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rdn, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rup, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000002, 1
TEST_D2 fadd.d, rmm, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000002, 1
TEST_D2 fadd.d, rne, 0x3ff0000000000000, 1, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rtz, 0x3ff0000000000000, 1, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rdn, 0x3ff0000000000000, 1, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rup, 0x3ff0000000000000, 1, 0x3ff0000000000001, 1
TEST_D2 fadd.d, rmm, 0x3ff0000000000000, 1, 0x3ff0000000000000, 1
TEST_D2 fadd.d, rne, 0x400921fb54442d18, 0x3fd5555555555555, 0x400bcca5feeed7c3, 1
TEST_D2 fadd.d, rtz, 0x400921fb54442d18, 0x3fd5555555555555, 0x400bcca5feeed7c2, 1
TEST_D2 fadd.d, rdn, 0x400921fb54442d18, 0x3fd5555555555555, 0x400bcca5feeed7c2, 1
TEST_D2 fadd.d, rup, 0x400921fb54442d18, 0x3fd5555555555555, 0x400bcca5feeed7c3, 1
TEST_D2 fadd.d, rmm, 0x400921fb54442d18, 0x3fd5555555555555, 0x400bcca5feeed7c3, 1
TEST_D2 fadd.d, rne, 0xc00921fb54442d18, 0x4024000000000000, 0x401b6f0255dde974, 0
TEST_D2 fadd.d, rne, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rtz, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7fefffffffffffff, 5
TEST_D2 fadd.d, rdn, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7fefffffffffffff, 5
TEST_D2 fadd.d, rup, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rmm, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rne, 0xffefffffffffffff, 0xffefffffffffffff, 0xfff0000000000000, 5
TEST_D2 fadd.d, rtz, 0xffefffffffffffff, 0xffefffffffffffff, 0xffefffffffffffff, 5
TEST_D2 fadd.d, rdn, 0xffefffffffffffff, 0xffefffffffffffff, 0xfff0000000000000, 5
TEST_D2 fadd.d, rup, 0xffefffffffffffff, 0xffefffffffffffff, 0xffefffffffffffff, 5
TEST_D2 fadd.d, rmm, 0xffefffffffffffff, 0xffefffffffffffff, 0xfff0000000000000, 5
TEST_D2 fadd.d, rne, 0x7fefffffffffffff, 0x7fd0000000000000, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rtz, 0x7fefffffffffffff, 0x7fd0000000000000, 0x7fefffffffffffff, 5
TEST_D2 fadd.d, rdn, 0x7fefffffffffffff, 0x7fd0000000000000, 0x7fefffffffffffff, 5
TEST_D2 fadd.d, rup, 0x7fefffffffffffff, 0x7fd0000000000000, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rmm, 0x7fefffffffffffff, 0x7fd0000000000000, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rne, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rtz, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rdn, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rup, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rmm, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rne, 1, 1, 2, 0
TEST_D2 fadd.d, rne, 1, 0x8000000000000001, 0, 0
TEST_D2 fadd.d, rtz, 1, 0x8000000000000001, 0, 0
TEST_D2 fadd.d, rdn, 1, 0x8000000000000001, 0x8000000000000000, 0
TEST_D2 fadd.d, rup, 1, 0x8000000000000001, 0, 0
TEST_D2 fadd.d, rmm, 1, 0x8000000000000001, 0, 0
TEST_D2 fadd.d, rne, 0xfffffffffffff, 1, 0x10000000000000, 0
TEST_D2 fadd.d, rne, 0x10000000000000, 0x8000000000000001, 0xfffffffffffff, 0
TEST_D2 fadd.d, rne, 0x7ff0000000000000, 0x3ff0000000000000, 0x7ff0000000000000, 0
TEST_D2 fadd.d, rne, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 16
TEST_D2 fadd.d, rne, 0x7ff0000000000000, 0x7ff0000000000000, 0x7ff0000000000000, 0
TEST_D2 fadd.d, rne, 0xfff0000000000000, 0x3ff0000000000000, 0xfff0000000000000, 0
TEST_D2 fadd.d, rne, 0x7ff8000000000000, 0x3ff0000000000000, 0x7ff8000000000000, 0
TEST_D2 fadd.d, rne, 0x3ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 16
TEST_D2 fadd.d, rne, 0x7ff0000000000001, 0x7ff8000000000000, 0x7ff8000000000000, 16
TEST_D2 fadd.d, rne, 0xfff8000000000005, 0x3ff0000000000000, 0x7ff8000000000000, 0
TEST_D2 fadd.d, rne, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rtz, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rdn, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rup, 0x7fefffffffffffff, 1, 0x7ff0000000000000, 5
TEST_D2 fadd.d, rmm, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 1
TEST_D2 fadd.d, rne, 0x3fe0000000000000, 0x3ca0000000000000, 0x3fe0000000000001, 0

TEST_D2 fsub.d, rne, 0x3ff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fsub.d, rtz, 0x3ff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fsub.d, rdn, 0x3ff0000000000000, 0x3ff0000000000000, 0x8000000000000000, 0
TEST_D2 fsub.d, rup, 0x3ff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fsub.d, rmm, 0x3ff0000000000000, 0x3ff0000000000000, 0, 0
TEST_D2 fsub.d, rne, 0x3ff0000000000000, 0xbff0000000000000, 0x4000000000000000, 0
TEST_D2 fsub.d, rne, 0xbff0000000000000, 0x3ff0000000000000, 0xc000000000000000, 0
TEST_D2 fsub.d, rne, 0, 0x8000000000000000, 0, 0
TEST_D2 fsub.d, rne, 0x8000000000000000, 0x8000000000000000, 0, 0
TEST_D2 fsub.d, rtz, 0x8000000000000000, 0x8000000000000000, 0, 0
TEST_D2 fsub.d, rdn, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000, 0
TEST_D2 fsub.d, rup, 0x8000000000000000, 0x8000000000000000, 0, 0
TEST_D2 fsub.d, rmm, 0x8000000000000000, 0x8000000000000000, 0, 0
TEST_D2 fsub.d, rne, 0, 0, 0, 0
TEST_D2 fsub.d, rtz, 0, 0, 0, 0
TEST_D2 fsub.d, rdn, 0, 0, 0x8000000000000000, 0
TEST_D2 fsub.d, rup, 0, 0, 0, 0
TEST_D2 fsub.d, rmm, 0, 0, 0, 0
TEST_D2 fsub.d, rne, 0x3ff0000000000000, 0x3ca0000000000000, 0x3fefffffffffffff, 0
TEST_D2 fsub.d, rne, 0x3ff0000000000000, 0x3ca8000000000000, 0x3feffffffffffffe, 1
TEST_D2 fsub.d, rtz, 0x3ff0000000000000, 0x3ca8000000000000, 0x3feffffffffffffe, 1
TEST_D2 fsub.d, rdn, 0x3ff0000000000000, 0x3ca8000000000000, 0x3feffffffffffffe, 1
TEST_D2 fsub.d, rup, 0x3ff0000000000000, 0x3ca8000000000000, 0x3fefffffffffffff, 1
TEST_D2 fsub.d, rmm, 0x3ff0000000000000, 0x3ca8000000000000, 0x3fefffffffffffff, 1
TEST_D2 fsub.d, rne, 0xbff0000000000000, 0x3ca0000000000000, 0xbff0000000000000, 1
TEST_D2 fsub.d, rtz, 0xbff0000000000000, 0x3ca0000000000000, 0xbff0000000000000, 1
TEST_D2 fsub.d, rdn, 0xbff0000000000000, 0x3ca0000000000000, 0xbff0000000000001, 1
TEST_D2 fsub.d, rup, 0xbff0000000000000, 0x3ca0000000000000, 0xbff0000000000000, 1
TEST_D2 fsub.d, rmm, 0xbff0000000000000, 0x3ca0000000000000, 0xbff0000000000001, 1
TEST_D2 fsub.d, rne, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rtz, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rdn, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rup, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000001, 1
TEST_D2 fsub.d, rmm, 0x3ff0000000000001, 0x3ca0000000000000, 0x3ff0000000000001, 1
TEST_D2 fsub.d, rne, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rtz, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rdn, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rup, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000001, 1
TEST_D2 fsub.d, rmm, 0x3ff0000000000001, 0x3ca8000000000000, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rne, 0x3ff0000000000000, 1, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rtz, 0x3ff0000000000000, 1, 0x3fefffffffffffff, 1
TEST_D2 fsub.d, rdn, 0x3ff0000000000000, 1, 0x3fefffffffffffff, 1
TEST_D2 fsub.d, rup, 0x3ff0000000000000, 1, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rmm, 0x3ff0000000000000, 1, 0x3ff0000000000000, 1
TEST_D2 fsub.d, rne, 0x400921fb54442d18, 0x3fd5555555555555, 0x40067750a999826d, 1
TEST_D2 fsub.d, rtz, 0x400921fb54442d18, 0x3fd5555555555555, 0x40067750a999826d, 1
TEST_D2 fsub.d, rdn, 0x400921fb54442d18, 0x3fd5555555555555, 0x40067750a999826d, 1
TEST_D2 fsub.d, rup, 0x400921fb54442d18, 0x3fd5555555555555, 0x40067750a999826e, 1
TEST_D2 fsub.d, rmm, 0x400921fb54442d18, 0x3fd5555555555555, 0x40067750a999826d, 1
TEST_D2 fsub.d, rne, 0xc00921fb54442d18, 0x4024000000000000, 0xc02a487ed5110b46, 0
TEST_D2 fsub.d, rne, 0x7fefffffffffffff, 0x7fefffffffffffff, 0, 0
TEST_D2 fsub.d, rtz, 0x7fefffffffffffff, 0x7fefffffffffffff, 0, 0
TEST_D2 fsub.d, rdn, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x8000000000000000, 0
TEST_D2 fsub.d, rup, 0x7fefffffffffffff, 0x7fefffffffffffff, 0, 0
TEST_D2 fsub.d, rmm, 0x7fefffffffffffff, 0x7fefffffffffffff, 0, 0
TEST_D2 fsub.d, rne, 0xffefffffffffffff, 0xffefffffffffffff, 0, 0
TEST_D2 fsub.d, rtz, 0xffefffffffffffff, 0xffefffffffffffff, 0, 0
TEST_D2 fsub.d, rdn, 0xffefffffffffffff, 0xffefffffffffffff, 0x8000000000000000, 0
TEST_D2 fsub.d, rup, 0xffefffffffffffff, 0xffefffffffffffff, 0, 0
TEST_D2 fsub.d, rmm, 0xffefffffffffffff, 0xffefffffffffffff, 0, 0
TEST_D2 fsub.d, rne, 0x7fefffffffffffff, 0x7fd0000000000000, 0x7fe7ffffffffffff, 0
TEST_D2 fsub.d, rne, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7fefffffffffffff, 1
TEST_D2 fsub.d, rtz, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7feffffffffffffe, 1
TEST_D2 fsub.d, rdn, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7feffffffffffffe, 1
TEST_D2 fsub.d, rup, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7fefffffffffffff, 1
TEST_D2 fsub.d, rmm, 0x7fefffffffffffff, 0x3ff0000000000000, 0x7fefffffffffffff, 1
TEST_D2 fsub.d, rne, 1, 1, 0, 0
TEST_D2 fsub.d, rtz, 1, 1, 0, 0
TEST_D2 fsub.d, rdn, 1, 1, 0x8000000000000000, 0
TEST_D2 fsub.d, rup, 1, 1, 0, 0
TEST_D2 fsub.d, rmm, 1, 1, 0, 0
TEST_D2 fsub.d, rne, 1, 0x8000000000000001, 2, 0
TEST_D2 fsub.d, rne, 0xfffffffffffff, 1, 0xffffffffffffe, 0
TEST_D2 fsub.d, rne, 0x10000000000000, 0x8000000000000001, 0x10000000000001, 0
TEST_D2 fsub.d, rne, 0x7ff0000000000000, 0x3ff0000000000000, 0x7ff0000000000000, 0
TEST_D2 fsub.d, rne, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff0000000000000, 0
TEST_D2 fsub.d, rne, 0x7ff0000000000000, 0x7ff0000000000000, 0x7ff8000000000000, 16
TEST_D2 fsub.d, rne, 0xfff0000000000000, 0x3ff0000000000000, 0xfff0000000000000, 0
TEST_D2 fsub.d, rne, 0x7ff8000000000000, 0x3ff0000000000000, 0x7ff8000000000000, 0
TEST_D2 fsub.d, rne, 0x3ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 16
TEST_D2 fsub.d, rne, 0x7ff0000000000001, 0x7ff8000000000000, 0x7ff8000000000000, 16
TEST_D2 fsub.d, rne, 0xfff8000000000005, 0x3ff0000000000000, 0x7ff8000000000000, 0
TEST_D2 fsub.d, rne, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 1
TEST_D2 fsub.d, rtz, 0x7fefffffffffffff, 1, 0x7feffffffffffffe, 1
TEST_D2 fsub.d, rdn, 0x7fefffffffffffff, 1, 0x7feffffffffffffe, 1
TEST_D2 fsub.d, rup, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 1
TEST_D2 fsub.d, rmm, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 1
TEST_D2 fsub.d, rne, 0x3fe0000000000000, 0x3ca0000000000000, 0x3fdffffffffffffe, 0

TEST_D2 fmul.d, rne, 0x3ff0000000000000, 0x3ff0000000000000, 0x3ff0000000000000, 0
TEST_D2 fmul.d, rne, 0x3ff0000000000000, 0xbff0000000000000, 0xbff0000000000000, 0
TEST_D2 fmul.d, rne, 0, 0xbff0000000000000, 0x8000000000000000, 0
TEST_D2 fmul.d, rne, 0, 0x7ff0000000000000, 0x7ff8000000000000, 16
TEST_D2 fmul.d, rne, 0xfff0000000000000, 0, 0x7ff8000000000000, 16
TEST_D2 fmul.d, rne, 0x7ff0000000000000, 0xbff0000000000000, 0xfff0000000000000, 0
TEST_D2 fmul.d, rne, 0x4008000000000000, 0x3fd5555555555555, 0x3ff0000000000000, 1
TEST_D2 fmul.d, rtz, 0x4008000000000000, 0x3fd5555555555555, 0x3fefffffffffffff, 1
TEST_D2 fmul.d, rdn, 0x4008000000000000, 0x3fd5555555555555, 0x3fefffffffffffff, 1
TEST_D2 fmul.d, rup, 0x4008000000000000, 0x3fd5555555555555, 0x3ff0000000000000, 1
TEST_D2 fmul.d, rmm, 0x4008000000000000, 0x3fd5555555555555, 0x3ff0000000000000, 1
TEST_D2 fmul.d, rne, 0x400921fb54442d18, 0xc00921fb54442d18, 0xc023bd3cc9be45de, 1
TEST_D2 fmul.d, rtz, 0x400921fb54442d18, 0xc00921fb54442d18, 0xc023bd3cc9be45dd, 1
TEST_D2 fmul.d, rdn, 0x400921fb54442d18, 0xc00921fb54442d18, 0xc023bd3cc9be45de, 1
TEST_D2 fmul.d, rup, 0x400921fb54442d18, 0xc00921fb54442d18, 0xc023bd3cc9be45dd, 1
TEST_D2 fmul.d, rmm, 0x400921fb54442d18, 0xc00921fb54442d18, 0xc023bd3cc9be45de, 1
TEST_D2 fmul.d, rne, 0x400921fb54442d18, 0x4024000000000000, 0x403f6a7a2955385e, 0
TEST_D2 fmul.d, rne, 0x3ff0000000000001, 0x3ff0000000000001, 0x3ff0000000000002, 1
TEST_D2 fmul.d, rtz, 0x3ff0000000000001, 0x3ff0000000000001, 0x3ff0000000000002, 1
TEST_D2 fmul.d, rdn, 0x3ff0000000000001, 0x3ff0000000000001, 0x3ff0000000000002, 1
TEST_D2 fmul.d, rup, 0x3ff0000000000001, 0x3ff0000000000001, 0x3ff0000000000003, 1
TEST_D2 fmul.d, rmm, 0x3ff0000000000001, 0x3ff0000000000001, 0x3ff0000000000002, 1
TEST_D2 fmul.d, rne, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000000, 1
TEST_D2 fmul.d, rtz, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000000, 1
TEST_D2 fmul.d, rdn, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000000, 1
TEST_D2 fmul.d, rup, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000001, 1
TEST_D2 fmul.d, rmm, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000000, 1
TEST_D2 fmul.d, rne, 0x7fefffffffffffff, 0x4000000000000000, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rtz, 0x7fefffffffffffff, 0x4000000000000000, 0x7fefffffffffffff, 5
TEST_D2 fmul.d, rdn, 0x7fefffffffffffff, 0x4000000000000000, 0x7fefffffffffffff, 5
TEST_D2 fmul.d, rup, 0x7fefffffffffffff, 0x4000000000000000, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rmm, 0x7fefffffffffffff, 0x4000000000000000, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rne, 0xffefffffffffffff, 0x4000000000000000, 0xfff0000000000000, 5
TEST_D2 fmul.d, rtz, 0xffefffffffffffff, 0x4000000000000000, 0xffefffffffffffff, 5
TEST_D2 fmul.d, rdn, 0xffefffffffffffff, 0x4000000000000000, 0xfff0000000000000, 5
TEST_D2 fmul.d, rup, 0xffefffffffffffff, 0x4000000000000000, 0xffefffffffffffff, 5
TEST_D2 fmul.d, rmm, 0xffefffffffffffff, 0x4000000000000000, 0xfff0000000000000, 5
TEST_D2 fmul.d, rne, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rtz, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7fefffffffffffff, 5
TEST_D2 fmul.d, rdn, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7fefffffffffffff, 5
TEST_D2 fmul.d, rup, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rmm, 0x7fefffffffffffff, 0x7fefffffffffffff, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rne, 0x10000000000000, 0x3fe0000000000000, 0x8000000000000, 0
TEST_D2 fmul.d, rne, 0x10000000000000, 0x3fd5555555555555, 0x5555555555555, 3
TEST_D2 fmul.d, rtz, 0x10000000000000, 0x3fd5555555555555, 0x5555555555555, 3
TEST_D2 fmul.d, rdn, 0x10000000000000, 0x3fd5555555555555, 0x5555555555555, 3
TEST_D2 fmul.d, rup, 0x10000000000000, 0x3fd5555555555555, 0x5555555555556, 3
TEST_D2 fmul.d, rmm, 0x10000000000000, 0x3fd5555555555555, 0x5555555555555, 3
TEST_D2 fmul.d, rne, 1, 0x3fe0000000000000, 0, 3
TEST_D2 fmul.d, rtz, 1, 0x3fe0000000000000, 0, 3
TEST_D2 fmul.d, rdn, 1, 0x3fe0000000000000, 0, 3
TEST_D2 fmul.d, rup, 1, 0x3fe0000000000000, 1, 3
TEST_D2 fmul.d, rmm, 1, 0x3fe0000000000000, 1, 3
TEST_D2 fmul.d, rne, 1, 0x3fd5555555555555, 0, 3
TEST_D2 fmul.d, rtz, 1, 0x3fd5555555555555, 0, 3
TEST_D2 fmul.d, rdn, 1, 0x3fd5555555555555, 0, 3
TEST_D2 fmul.d, rup, 1, 0x3fd5555555555555, 1, 3
TEST_D2 fmul.d, rmm, 1, 0x3fd5555555555555, 0, 3
TEST_D2 fmul.d, rne, 0x8000000000000001, 0x3fe0000000000000, 0x8000000000000000, 3
TEST_D2 fmul.d, rtz, 0x8000000000000001, 0x3fe0000000000000, 0x8000000000000000, 3
TEST_D2 fmul.d, rdn, 0x8000000000000001, 0x3fe0000000000000, 0x8000000000000001, 3
TEST_D2 fmul.d, rup, 0x8000000000000001, 0x3fe0000000000000, 0x8000000000000000, 3
TEST_D2 fmul.d, rmm, 0x8000000000000001, 0x3fe0000000000000, 0x8000000000000001, 3
TEST_D2 fmul.d, rne, 1, 1, 0, 3
TEST_D2 fmul.d, rtz, 1, 1, 0, 3
TEST_D2 fmul.d, rdn, 1, 1, 0, 3
TEST_D2 fmul.d, rup, 1, 1, 1, 3
TEST_D2 fmul.d, rmm, 1, 1, 0, 3
TEST_D2 fmul.d, rne, 0xfffffffffffff, 0x4000000000000000, 0x1ffffffffffffe, 0
TEST_D2 fmul.d, rne, 0x10000000000000, 0x3fefffffffffffff, 0x10000000000000, 3
TEST_D2 fmul.d, rtz, 0x10000000000000, 0x3fefffffffffffff, 0xfffffffffffff, 3
TEST_D2 fmul.d, rdn, 0x10000000000000, 0x3fefffffffffffff, 0xfffffffffffff, 3
TEST_D2 fmul.d, rup, 0x10000000000000, 0x3fefffffffffffff, 0x10000000000000, 3
TEST_D2 fmul.d, rmm, 0x10000000000000, 0x3fefffffffffffff, 0x10000000000000, 3
TEST_D2 fmul.d, rne, 0xfffffffffffff, 0x3ff0000000000001, 0x10000000000000, 1
TEST_D2 fmul.d, rtz, 0xfffffffffffff, 0x3ff0000000000001, 0xfffffffffffff, 3
TEST_D2 fmul.d, rdn, 0xfffffffffffff, 0x3ff0000000000001, 0xfffffffffffff, 3
TEST_D2 fmul.d, rup, 0xfffffffffffff, 0x3ff0000000000001, 0x10000000000000, 1
TEST_D2 fmul.d, rmm, 0xfffffffffffff, 0x3ff0000000000001, 0x10000000000000, 1
TEST_D2 fmul.d, rne, 0x7fefffffffffffff, 1, 0x3ccfffffffffffff, 0
TEST_D2 fmul.d, rne, 0x7ff8000000000000, 0x3ff0000000000000, 0x7ff8000000000000, 0
TEST_D2 fmul.d, rne, 0x7ff0000000000001, 0x3ff0000000000000, 0x7ff8000000000000, 16
TEST_D2 fmul.d, rne, 0x7ff0000000000000, 0x7ff8000000000000, 0x7ff8000000000000, 0
TEST_D2 fmul.d, rne, 0x7fd0000000000000, 0x7fd0000000000000, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rtz, 0x7fd0000000000000, 0x7fd0000000000000, 0x7fefffffffffffff, 5
TEST_D2 fmul.d, rdn, 0x7fd0000000000000, 0x7fd0000000000000, 0x7fefffffffffffff, 5
TEST_D2 fmul.d, rup, 0x7fd0000000000000, 0x7fd0000000000000, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rmm, 0x7fd0000000000000, 0x7fd0000000000000, 0x7ff0000000000000, 5
TEST_D2 fmul.d, rne, 0x8010000000000000, 0x3fefffffffffffff, 0x8010000000000000, 3
TEST_D2 fmul.d, rtz, 0x8010000000000000, 0x3fefffffffffffff, 0x800fffffffffffff, 3
TEST_D2 fmul.d, rdn, 0x8010000000000000, 0x3fefffffffffffff, 0x8010000000000000, 3
TEST_D2 fmul.d, rup, 0x8010000000000000, 0x3fefffffffffffff, 0x800fffffffffffff, 3
TEST_D2 fmul.d, rmm, 0x8010000000000000, 0x3fefffffffffffff, 0x8010000000000000, 3
TEST_D2 fmul.d, rne, 0x8000000000000001, 0x3fd5555555555555, 0x8000000000000000, 3
TEST_D2 fmul.d, rtz, 0x8000000000000001, 0x3fd5555555555555, 0x8000000000000000, 3
TEST_D2 fmul.d, rdn, 0x8000000000000001, 0x3fd5555555555555, 0x8000000000000001, 3
TEST_D2 fmul.d, rup, 0x8000000000000001, 0x3fd5555555555555, 0x8000000000000000, 3
TEST_D2 fmul.d, rmm, 0x8000000000000001, 0x3fd5555555555555, 0x8000000000000000, 3

TEST_D2 fdiv.d, rne, 0x3ff0000000000000, 0x3ff0000000000000, 0x3ff0000000000000, 0
TEST_D2 fdiv.d, rne, 0x3ff0000000000000, 0x4008000000000000, 0x3fd5555555555555, 1
TEST_D2 fdiv.d, rtz, 0x3ff0000000000000, 0x4008000000000000, 0x3fd5555555555555, 1
TEST_D2 fdiv.d, rdn, 0x3ff0000000000000, 0x4008000000000000, 0x3fd5555555555555, 1
TEST_D2 fdiv.d, rup, 0x3ff0000000000000, 0x4008000000000000, 0x3fd5555555555556, 1
TEST_D2 fdiv.d, rmm, 0x3ff0000000000000, 0x4008000000000000, 0x3fd5555555555555, 1
TEST_D2 fdiv.d, rne, 0xbff0000000000000, 0x4008000000000000, 0xbfd5555555555555, 1
TEST_D2 fdiv.d, rtz, 0xbff0000000000000, 0x4008000000000000, 0xbfd5555555555555, 1
TEST_D2 fdiv.d, rdn, 0xbff0000000000000, 0x4008000000000000, 0xbfd5555555555556, 1
TEST_D2 fdiv.d, rup, 0xbff0000000000000, 0x4008000000000000, 0xbfd5555555555555, 1
TEST_D2 fdiv.d, rmm, 0xbff0000000000000, 0x4008000000000000, 0xbfd5555555555555, 1
TEST_D2 fdiv.d, rne, 0x4024000000000000, 0x4008000000000000, 0x400aaaaaaaaaaaab, 1
TEST_D2 fdiv.d, rtz, 0x4024000000000000, 0x4008000000000000, 0x400aaaaaaaaaaaaa, 1
TEST_D2 fdiv.d, rdn, 0x4024000000000000, 0x4008000000000000, 0x400aaaaaaaaaaaaa, 1
TEST_D2 fdiv.d, rup, 0x4024000000000000, 0x4008000000000000, 0x400aaaaaaaaaaaab, 1
TEST_D2 fdiv.d, rmm, 0x4024000000000000, 0x4008000000000000, 0x400aaaaaaaaaaaab, 1
TEST_D2 fdiv.d, rne, 0, 0x3ff0000000000000, 0, 0
TEST_D2 fdiv.d, rne, 0x3ff0000000000000, 0, 0x7ff0000000000000, 8
TEST_D2 fdiv.d, rne, 0xbff0000000000000, 0, 0xfff0000000000000, 8
TEST_D2 fdiv.d, rne, 0, 0, 0x7ff8000000000000, 16
TEST_D2 fdiv.d, rne, 0x7ff0000000000000, 0x7ff0000000000000, 0x7ff8000000000000, 16
TEST_D2 fdiv.d, rne, 0x7ff0000000000000, 0x3ff0000000000000, 0x7ff0000000000000, 0
TEST_D2 fdiv.d, rne, 0x3ff0000000000000, 0x7ff0000000000000, 0, 0
TEST_D2 fdiv.d, rne, 0x7ff0000000000000, 0, 0x7ff0000000000000, 0
TEST_D2 fdiv.d, rne, 0x400921fb54442d18, 0x3fd5555555555555, 0x4022d97c7f3321d2, 1
TEST_D2 fdiv.d, rtz, 0x400921fb54442d18, 0x3fd5555555555555, 0x4022d97c7f3321d2, 1
TEST_D2 fdiv.d, rdn, 0x400921fb54442d18, 0x3fd5555555555555, 0x4022d97c7f3321d2, 1
TEST_D2 fdiv.d, rup, 0x400921fb54442d18, 0x3fd5555555555555, 0x4022d97c7f3321d3, 1
TEST_D2 fdiv.d, rmm, 0x400921fb54442d18, 0x3fd5555555555555, 0x4022d97c7f3321d2, 1
TEST_D2 fdiv.d, rne, 0x7fefffffffffffff, 0x3fe0000000000000, 0x7ff0000000000000, 5
TEST_D2 fdiv.d, rtz, 0x7fefffffffffffff, 0x3fe0000000000000, 0x7fefffffffffffff, 5
TEST_D2 fdiv.d, rdn, 0x7fefffffffffffff, 0x3fe0000000000000, 0x7fefffffffffffff, 5
TEST_D2 fdiv.d, rup, 0x7fefffffffffffff, 0x3fe0000000000000, 0x7ff0000000000000, 5
TEST_D2 fdiv.d, rmm, 0x7fefffffffffffff, 0x3fe0000000000000, 0x7ff0000000000000, 5
TEST_D2 fdiv.d, rne, 0xffefffffffffffff, 0x3fd5555555555555, 0xfff0000000000000, 5
TEST_D2 fdiv.d, rtz, 0xffefffffffffffff, 0x3fd5555555555555, 0xffefffffffffffff, 5
TEST_D2 fdiv.d, rdn, 0xffefffffffffffff, 0x3fd5555555555555, 0xfff0000000000000, 5
TEST_D2 fdiv.d, rup, 0xffefffffffffffff, 0x3fd5555555555555, 0xffefffffffffffff, 5
TEST_D2 fdiv.d, rmm, 0xffefffffffffffff, 0x3fd5555555555555, 0xfff0000000000000, 5
TEST_D2 fdiv.d, rne, 0x10000000000000, 0x4000000000000000, 0x8000000000000, 0
TEST_D2 fdiv.d, rne, 1, 0x4000000000000000, 0, 3
TEST_D2 fdiv.d, rtz, 1, 0x4000000000000000, 0, 3
TEST_D2 fdiv.d, rdn, 1, 0x4000000000000000, 0, 3
TEST_D2 fdiv.d, rup, 1, 0x4000000000000000, 1, 3
TEST_D2 fdiv.d, rmm, 1, 0x4000000000000000, 1, 3
TEST_D2 fdiv.d, rne, 1, 0x4008000000000000, 0, 3
TEST_D2 fdiv.d, rtz, 1, 0x4008000000000000, 0, 3
TEST_D2 fdiv.d, rdn, 1, 0x4008000000000000, 0, 3
TEST_D2 fdiv.d, rup, 1, 0x4008000000000000, 1, 3
TEST_D2 fdiv.d, rmm, 1, 0x4008000000000000, 0, 3
TEST_D2 fdiv.d, rne, 0xfffffffffffff, 0x3ff0000000000001, 0xffffffffffffe, 3
TEST_D2 fdiv.d, rtz, 0xfffffffffffff, 0x3ff0000000000001, 0xffffffffffffe, 3
TEST_D2 fdiv.d, rdn, 0xfffffffffffff, 0x3ff0000000000001, 0xffffffffffffe, 3
TEST_D2 fdiv.d, rup, 0xfffffffffffff, 0x3ff0000000000001, 0xfffffffffffff, 3
TEST_D2 fdiv.d, rmm, 0xfffffffffffff, 0x3ff0000000000001, 0xffffffffffffe, 3
TEST_D2 fdiv.d, rne, 0x10000000000000, 0x3ff0000000000001, 0xfffffffffffff, 3
TEST_D2 fdiv.d, rtz, 0x10000000000000, 0x3ff0000000000001, 0xfffffffffffff, 3
TEST_D2 fdiv.d, rdn, 0x10000000000000, 0x3ff0000000000001, 0xfffffffffffff, 3
TEST_D2 fdiv.d, rup, 0x10000000000000, 0x3ff0000000000001, 0x10000000000000, 3
TEST_D2 fdiv.d, rmm, 0x10000000000000, 0x3ff0000000000001, 0xfffffffffffff, 3
TEST_D2 fdiv.d, rne, 0x8010000000000000, 0x7fefffffffffffff, 0x8000000000000000, 3
TEST_D2 fdiv.d, rtz, 0x8010000000000000, 0x7fefffffffffffff, 0x8000000000000000, 3
TEST_D2 fdiv.d, rdn, 0x8010000000000000, 0x7fefffffffffffff, 0x8000000000000001, 3
TEST_D2 fdiv.d, rup, 0x8010000000000000, 0x7fefffffffffffff, 0x8000000000000000, 3
TEST_D2 fdiv.d, rmm, 0x8010000000000000, 0x7fefffffffffffff, 0x8000000000000000, 3
TEST_D2 fdiv.d, rne, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000002, 1
TEST_D2 fdiv.d, rtz, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000001, 1
TEST_D2 fdiv.d, rdn, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000001, 1
TEST_D2 fdiv.d, rup, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000002, 1
TEST_D2 fdiv.d, rmm, 0x3ff0000000000001, 0x3fefffffffffffff, 0x3ff0000000000002, 1
TEST_D2 fdiv.d, rne, 1, 0x7fefffffffffffff, 0, 3
TEST_D2 fdiv.d, rtz, 1, 0x7fefffffffffffff, 0, 3
TEST_D2 fdiv.d, rdn, 1, 0x7fefffffffffffff, 0, 3
TEST_D2 fdiv.d, rup, 1, 0x7fefffffffffffff, 1, 3
TEST_D2 fdiv.d, rmm, 1, 0x7fefffffffffffff, 0, 3
TEST_D2 fdiv.d, rne, 0x7fefffffffffffff, 1, 0x7ff0000000000000, 5
TEST_D2 fdiv.d, rtz, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 5
TEST_D2 fdiv.d, rdn, 0x7fefffffffffffff, 1, 0x7fefffffffffffff, 5
TEST_D2 fdiv.d, rup, 0x7fefffffffffffff, 1, 0x7ff0000000000000, 5
TEST_D2 fdiv.d, rmm, 0x7fefffffffffffff, 1, 0x7ff0000000000000, 5
TEST_D2 fdiv.d, rne, 0x7ff8000000000000, 0, 0x7ff8000000000000, 0
TEST_D2 fdiv.d, rne, 0x7ff0000000000001, 0x3ff0000000000000, 0x7ff8000000000000, 16
TEST_D2 fdiv.d, rne, 0x3ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 16
TEST_D2 fdiv.d, rne, 0x8000000000000000, 0x4008000000000000, 0x8000000000000000, 0
TEST_D2 fdiv.d, rne, 0x4000000000000000, 0x4024000000000000, 0x3fc999999999999a, 1
TEST_D2 fdiv.d, rtz, 0x4000000000000000, 0x4024000000000000, 0x3fc9999999999999, 1
TEST_D2 fdiv.d, rdn, 0x4000000000000000, 0x4024000000000000, 0x3fc9999999999999, 1
TEST_D2 fdiv.d, rup, 0x4000000000000000, 0x4024000000000000, 0x3fc999999999999a, 1
TEST_D2 fdiv.d, rmm, 0x4000000000000000, 0x4024000000000000, 0x3fc999999999999a, 1
TEST_D2 fdiv.d, rne, 0x8010000000000000, 0x3ff0000000000001, 0x800fffffffffffff, 3
TEST_D2 fdiv.d, rtz, 0x8010000000000000, 0x3ff0000000000001, 0x800fffffffffffff, 3
TEST_D2 fdiv.d, rdn, 0x8010000000000000, 0x3ff0000000000001, 0x8010000000000000, 3
TEST_D2 fdiv.d, rup, 0x8010000000000000, 0x3ff0000000000001, 0x800fffffffffffff, 3
TEST_D2 fdiv.d, rmm, 0x8010000000000000, 0x3ff0000000000001, 0x800fffffffffffff, 3

TEST_D1 fsqrt.d, rne, 0, 0, 0
TEST_D1 fsqrt.d, rne, 0x8000000000000000, 0x8000000000000000, 0
TEST_D1 fsqrt.d, rne, 0x3ff0000000000000, 0x3ff0000000000000, 0
TEST_D1 fsqrt.d, rne, 0x4000000000000000, 0x3ff6a09e667f3bcd, 1
TEST_D1 fsqrt.d, rtz, 0x4000000000000000, 0x3ff6a09e667f3bcc, 1
TEST_D1 fsqrt.d, rdn, 0x4000000000000000, 0x3ff6a09e667f3bcc, 1
TEST_D1 fsqrt.d, rup, 0x4000000000000000, 0x3ff6a09e667f3bcd, 1
TEST_D1 fsqrt.d, rmm, 0x4000000000000000, 0x3ff6a09e667f3bcd, 1
TEST_D1 fsqrt.d, rne, 0x4008000000000000, 0x3ffbb67ae8584caa, 1
TEST_D1 fsqrt.d, rtz, 0x4008000000000000, 0x3ffbb67ae8584caa, 1
TEST_D1 fsqrt.d, rdn, 0x4008000000000000, 0x3ffbb67ae8584caa, 1
TEST_D1 fsqrt.d, rup, 0x4008000000000000, 0x3ffbb67ae8584cab, 1
TEST_D1 fsqrt.d, rmm, 0x4008000000000000, 0x3ffbb67ae8584caa, 1
TEST_D1 fsqrt.d, rne, 0x4024000000000000, 0x40094c583ada5b53, 1
TEST_D1 fsqrt.d, rtz, 0x4024000000000000, 0x40094c583ada5b52, 1
TEST_D1 fsqrt.d, rdn, 0x4024000000000000, 0x40094c583ada5b52, 1
TEST_D1 fsqrt.d, rup, 0x4024000000000000, 0x40094c583ada5b53, 1
TEST_D1 fsqrt.d, rmm, 0x4024000000000000, 0x40094c583ada5b53, 1
TEST_D1 fsqrt.d, rne, 0x3fd5555555555555, 0x3fe279a74590331c, 1
TEST_D1 fsqrt.d, rtz, 0x3fd5555555555555, 0x3fe279a74590331c, 1
TEST_D1 fsqrt.d, rdn, 0x3fd5555555555555, 0x3fe279a74590331c, 1
TEST_D1 fsqrt.d, rup, 0x3fd5555555555555, 0x3fe279a74590331d, 1
TEST_D1 fsqrt.d, rmm, 0x3fd5555555555555, 0x3fe279a74590331c, 1
TEST_D1 fsqrt.d, rne, 0x400921fb54442d18, 0x3ffc5bf891b4ef6a, 1
TEST_D1 fsqrt.d, rtz, 0x400921fb54442d18, 0x3ffc5bf891b4ef6a, 1
TEST_D1 fsqrt.d, rdn, 0x400921fb54442d18, 0x3ffc5bf891b4ef6a, 1
TEST_D1 fsqrt.d, rup, 0x400921fb54442d18, 0x3ffc5bf891b4ef6b, 1
TEST_D1 fsqrt.d, rmm, 0x400921fb54442d18, 0x3ffc5bf891b4ef6a, 1
TEST_D1 fsqrt.d, rne, 0xbff0000000000000, 0x7ff8000000000000, 16
TEST_D1 fsqrt.d, rne, 0x7ff0000000000000, 0x7ff0000000000000, 0
TEST_D1 fsqrt.d, rne, 0xfff0000000000000, 0x7ff8000000000000, 16
TEST_D1 fsqrt.d, rne, 0x7ff8000000000000, 0x7ff8000000000000, 0
TEST_D1 fsqrt.d, rne, 0x7ff0000000000001, 0x7ff8000000000000, 16
TEST_D1 fsqrt.d, rne, 1, 0x1e60000000000000, 0
TEST_D1 fsqrt.d, rne, 0xfffffffffffff, 0x1fffffffffffffff, 1
TEST_D1 fsqrt.d, rtz, 0xfffffffffffff, 0x1ffffffffffffffe, 1
TEST_D1 fsqrt.d, rdn, 0xfffffffffffff, 0x1ffffffffffffffe, 1
TEST_D1 fsqrt.d, rup, 0xfffffffffffff, 0x1fffffffffffffff, 1
TEST_D1 fsqrt.d, rmm, 0xfffffffffffff, 0x1fffffffffffffff, 1
TEST_D1 fsqrt.d, rne, 0x10000000000000, 0x2000000000000000, 0
TEST_D1 fsqrt.d, rne, 0x7fefffffffffffff, 0x5fefffffffffffff, 1
TEST_D1 fsqrt.d, rtz, 0x7fefffffffffffff, 0x5fefffffffffffff, 1
TEST_D1 fsqrt.d, rdn, 0x7fefffffffffffff, 0x5fefffffffffffff, 1
TEST_D1 fsqrt.d, rup, 0x7fefffffffffffff, 0x5ff0000000000000, 1
TEST_D1 fsqrt.d, rmm, 0x7fefffffffffffff, 0x5fefffffffffffff, 1
TEST_D1 fsqrt.d, rne, 0x3ff0000000000001, 0x3ff0000000000000, 1
TEST_D1 fsqrt.d, rtz, 0x3ff0000000000001, 0x3ff0000000000000, 1
TEST_D1 fsqrt.d, rdn, 0x3ff0000000000001, 0x3ff0000000000000, 1
TEST_D1 fsqrt.d, rup, 0x3ff0000000000001, 0x3ff0000000000001, 1
TEST_D1 fsqrt.d, rmm, 0x3ff0000000000001, 0x3ff0000000000000, 1
TEST_D1 fsqrt.d, rne, 0x3fefffffffffffff, 0x3fefffffffffffff, 1
TEST_D1 fsqrt.d, rtz, 0x3fefffffffffffff, 0x3fefffffffffffff, 1
TEST_D1 fsqrt.d, rdn, 0x3fefffffffffffff, 0x3fefffffffffffff, 1
TEST_D1 fsqrt.d, rup, 0x3fefffffffffffff, 0x3ff0000000000000, 1
TEST_D1 fsqrt.d, rmm, 0x3fefffffffffffff, 0x3fefffffffffffff, 1
TEST_D1 fsqrt.d, rne, 0x8000000000000001, 0x7ff8000000000000, 16
TEST_D1 fsqrt.d, rne, 0x3fe0000000000000, 0x3fe6a09e667f3bcd, 1
TEST_D1 fsqrt.d, rtz, 0x3fe0000000000000, 0x3fe6a09e667f3bcc, 1
TEST_D1 fsqrt.d, rdn, 0x3fe0000000000000, 0x3fe6a09e667f3bcc, 1
TEST_D1 fsqrt.d, rup, 0x3fe0000000000000, 0x3fe6a09e667f3bcd, 1
TEST_D1 fsqrt.d, rmm, 0x3fe0000000000000, 0x3fe6a09e667f3bcd, 1
TEST_D1 fsqrt.d, rne, 0x7fd0000000000000, 0x5fe0000000000000, 0
TEST_D1 fsqrt.d, rne, 0xfff8000000000005, 0x7ff8000000000000, 0

TEST_END

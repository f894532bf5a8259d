/* SPDX-License-Identifier: BSD-2-Clause */
/* D: conversions to and from integers and single precision: saturation, flags, every rounding mode. */
#include "fp-macros.h"

TEST_BEGIN
    csrwi fcsr, 0

TEST_D_TO_I fcvt.w.d, rne, 0, 0, 0
TEST_D_TO_I fcvt.w.d, rne, 0x8000000000000000, 0, 0
TEST_D_TO_I fcvt.w.d, rne, 0x3ff0000000000000, 1, 0
TEST_D_TO_I fcvt.w.d, rne, 0xbff0000000000000, 0xffffffffffffffff, 0
TEST_D_TO_I fcvt.w.d, rne, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rtz, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rdn, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rup, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.w.d, rmm, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.w.d, rne, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.w.d, rtz, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.w.d, rdn, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.w.d, rup, 0x400921fb54442d18, 4, 1
TEST_D_TO_I fcvt.w.d, rmm, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.w.d, rne, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.w.d, rtz, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.w.d, rdn, 0xc00921fb54442d18, 0xfffffffffffffffc, 1
TEST_D_TO_I fcvt.w.d, rup, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.w.d, rmm, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.w.d, rne, 1, 0, 1
TEST_D_TO_I fcvt.w.d, rtz, 1, 0, 1
TEST_D_TO_I fcvt.w.d, rdn, 1, 0, 1
TEST_D_TO_I fcvt.w.d, rup, 1, 1, 1
TEST_D_TO_I fcvt.w.d, rmm, 1, 0, 1
TEST_D_TO_I fcvt.w.d, rne, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.w.d, rtz, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.w.d, rdn, 0x8000000000000001, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rup, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.w.d, rmm, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.w.d, rne, 0x7ff0000000000000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0xfff0000000000000, 0xffffffff80000000, 16
TEST_D_TO_I fcvt.w.d, rne, 0x7ff8000000000000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0xfff8000000000005, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0x7ff0000000000001, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0x7fefffffffffffff, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0xffefffffffffffff, 0xffffffff80000000, 16
TEST_D_TO_I fcvt.w.d, rne, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rtz, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rdn, 0xbfe0000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rup, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rmm, 0xbfe0000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rne, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.w.d, rtz, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.w.d, rdn, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.w.d, rup, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.w.d, rmm, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.w.d, rne, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.w.d, rtz, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.w.d, rdn, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.w.d, rup, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.w.d, rmm, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.w.d, rne, 0xbff8000000000000, 0xfffffffffffffffe, 1
TEST_D_TO_I fcvt.w.d, rtz, 0xbff8000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rdn, 0xbff8000000000000, 0xfffffffffffffffe, 1
TEST_D_TO_I fcvt.w.d, rup, 0xbff8000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rmm, 0xbff8000000000000, 0xfffffffffffffffe, 1
TEST_D_TO_I fcvt.w.d, rne, 0xbfeccccccccccccd, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rtz, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.w.d, rdn, 0xbfeccccccccccccd, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rup, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.w.d, rmm, 0xbfeccccccccccccd, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rne, 0x41dfffffffc00000, 0x7fffffff, 0
TEST_D_TO_I fcvt.w.d, rne, 0x41e0000000000000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0xc1e0000000000000, 0xffffffff80000000, 0
TEST_D_TO_I fcvt.w.d, rne, 0xc1e0000000200000, 0xffffffff80000000, 16
TEST_D_TO_I fcvt.w.d, rne, 0x41efffffffe00000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0x41f0000000000000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0x41dfffffffe00000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rtz, 0x41dfffffffe00000, 0x7fffffff, 1
TEST_D_TO_I fcvt.w.d, rdn, 0x41dfffffffe00000, 0x7fffffff, 1
TEST_D_TO_I fcvt.w.d, rup, 0x41dfffffffe00000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rmm, 0x41dfffffffe00000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0x41effffffff00000, 0x7fffffff, 16
TEST_D_TO_I fcvt.w.d, rne, 0xc1e0000000100000, 0xffffffff80000000, 1
TEST_D_TO_I fcvt.w.d, rtz, 0xc1e0000000100000, 0xffffffff80000000, 1
TEST_D_TO_I fcvt.w.d, rdn, 0xc1e0000000100000, 0xffffffff80000000, 16
TEST_D_TO_I fcvt.w.d, rup, 0xc1e0000000100000, 0xffffffff80000000, 1
TEST_D_TO_I fcvt.w.d, rmm, 0xc1e0000000100000, 0xffffffff80000000, 16
TEST_D_TO_I fcvt.w.d, rne, 0xbfd0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rtz, 0xbfd0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rdn, 0xbfd0000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.w.d, rup, 0xbfd0000000000000, 0, 1
TEST_D_TO_I fcvt.w.d, rmm, 0xbfd0000000000000, 0, 1

TEST_D_TO_I fcvt.wu.d, rne, 0, 0, 0
TEST_D_TO_I fcvt.wu.d, rne, 0x8000000000000000, 0, 0
TEST_D_TO_I fcvt.wu.d, rne, 0x3ff0000000000000, 1, 0
TEST_D_TO_I fcvt.wu.d, rne, 0xbff0000000000000, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rup, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.wu.d, rne, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.wu.d, rup, 0x400921fb54442d18, 4, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.wu.d, rne, 0xc00921fb54442d18, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 1, 0, 1
TEST_D_TO_I fcvt.wu.d, rtz, 1, 0, 1
TEST_D_TO_I fcvt.wu.d, rdn, 1, 0, 1
TEST_D_TO_I fcvt.wu.d, rup, 1, 1, 1
TEST_D_TO_I fcvt.wu.d, rmm, 1, 0, 1
TEST_D_TO_I fcvt.wu.d, rne, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0x8000000000000001, 0, 16
TEST_D_TO_I fcvt.wu.d, rup, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.wu.d, rne, 0x7ff0000000000000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xfff0000000000000, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x7ff8000000000000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xfff8000000000005, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x7ff0000000000001, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x7fefffffffffffff, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xffefffffffffffff, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0xbfe0000000000000, 0, 16
TEST_D_TO_I fcvt.wu.d, rup, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0xbfe0000000000000, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.wu.d, rup, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.wu.d, rne, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.wu.d, rup, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.wu.d, rne, 0xbff8000000000000, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xbfeccccccccccccd, 0, 16
TEST_D_TO_I fcvt.wu.d, rtz, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0xbfeccccccccccccd, 0, 16
TEST_D_TO_I fcvt.wu.d, rup, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0xbfeccccccccccccd, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x41dfffffffc00000, 0x7fffffff, 0
TEST_D_TO_I fcvt.wu.d, rne, 0x41e0000000000000, 0xffffffff80000000, 0
TEST_D_TO_I fcvt.wu.d, rne, 0xc1e0000000000000, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xc1e0000000200000, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x41efffffffe00000, 0xffffffffffffffff, 0
TEST_D_TO_I fcvt.wu.d, rne, 0x41f0000000000000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rne, 0x41dfffffffe00000, 0xffffffff80000000, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0x41dfffffffe00000, 0x7fffffff, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0x41dfffffffe00000, 0x7fffffff, 1
TEST_D_TO_I fcvt.wu.d, rup, 0x41dfffffffe00000, 0xffffffff80000000, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0x41dfffffffe00000, 0xffffffff80000000, 1
TEST_D_TO_I fcvt.wu.d, rne, 0x41effffffff00000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rtz, 0x41effffffff00000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0x41effffffff00000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.wu.d, rup, 0x41effffffff00000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rmm, 0x41effffffff00000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xc1e0000000100000, 0, 16
TEST_D_TO_I fcvt.wu.d, rne, 0xbfd0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rtz, 0xbfd0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rdn, 0xbfd0000000000000, 0, 16
TEST_D_TO_I fcvt.wu.d, rup, 0xbfd0000000000000, 0, 1
TEST_D_TO_I fcvt.wu.d, rmm, 0xbfd0000000000000, 0, 1

TEST_D_TO_I fcvt.l.d, rne, 0, 0, 0
TEST_D_TO_I fcvt.l.d, rne, 0x8000000000000000, 0, 0
TEST_D_TO_I fcvt.l.d, rne, 0x3ff0000000000000, 1, 0
TEST_D_TO_I fcvt.l.d, rne, 0xbff0000000000000, 0xffffffffffffffff, 0
TEST_D_TO_I fcvt.l.d, rne, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.l.d, rtz, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.l.d, rdn, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.l.d, rup, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.l.d, rmm, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.l.d, rne, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.l.d, rtz, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.l.d, rdn, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.l.d, rup, 0x400921fb54442d18, 4, 1
TEST_D_TO_I fcvt.l.d, rmm, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.l.d, rne, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.l.d, rtz, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.l.d, rdn, 0xc00921fb54442d18, 0xfffffffffffffffc, 1
TEST_D_TO_I fcvt.l.d, rup, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.l.d, rmm, 0xc00921fb54442d18, 0xfffffffffffffffd, 1
TEST_D_TO_I fcvt.l.d, rne, 1, 0, 1
TEST_D_TO_I fcvt.l.d, rtz, 1, 0, 1
TEST_D_TO_I fcvt.l.d, rdn, 1, 0, 1
TEST_D_TO_I fcvt.l.d, rup, 1, 1, 1
TEST_D_TO_I fcvt.l.d, rmm, 1, 0, 1
TEST_D_TO_I fcvt.l.d, rne, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.l.d, rtz, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.l.d, rdn, 0x8000000000000001, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rup, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.l.d, rmm, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.l.d, rne, 0x7ff0000000000000, 0x7fffffffffffffff, 16
TEST_D_TO_I fcvt.l.d, rne, 0xfff0000000000000, 0x8000000000000000, 16
TEST_D_TO_I fcvt.l.d, rne, 0x7ff8000000000000, 0x7fffffffffffffff, 16
TEST_D_TO_I fcvt.l.d, rne, 0xfff8000000000005, 0x7fffffffffffffff, 16
TEST_D_TO_I fcvt.l.d, rne, 0x7ff0000000000001, 0x7fffffffffffffff, 16
TEST_D_TO_I fcvt.l.d, rne, 0x7fefffffffffffff, 0x7fffffffffffffff, 16
TEST_D_TO_I fcvt.l.d, rne, 0xffefffffffffffff, 0x8000000000000000, 16
TEST_D_TO_I fcvt.l.d, rne, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.l.d, rtz, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.l.d, rdn, 0xbfe0000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rup, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.l.d, rmm, 0xbfe0000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rne, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.l.d, rtz, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.l.d, rdn, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.l.d, rup, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.l.d, rmm, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.l.d, rne, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.l.d, rtz, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.l.d, rdn, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.l.d, rup, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.l.d, rmm, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.l.d, rne, 0xbff8000000000000, 0xfffffffffffffffe, 1
TEST_D_TO_I fcvt.l.d, rtz, 0xbff8000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rdn, 0xbff8000000000000, 0xfffffffffffffffe, 1
TEST_D_TO_I fcvt.l.d, rup, 0xbff8000000000000, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rmm, 0xbff8000000000000, 0xfffffffffffffffe, 1
TEST_D_TO_I fcvt.l.d, rne, 0xbfeccccccccccccd, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rtz, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.l.d, rdn, 0xbfeccccccccccccd, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rup, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.l.d, rmm, 0xbfeccccccccccccd, 0xffffffffffffffff, 1
TEST_D_TO_I fcvt.l.d, rne, 0x43dfffffffffffff, 0x7ffffffffffffc00, 0
TEST_D_TO_I fcvt.l.d, rne, 0x43e0000000000000, 0x7fffffffffffffff, 16
TEST_D_TO_I fcvt.l.d, rne, 0xc3e0000000000000, 0x8000000000000000, 0
TEST_D_TO_I fcvt.l.d, rne, 0xc3e0000000000001, 0x8000000000000000, 16
TEST_D_TO_I fcvt.l.d, rne, 0x43efffffffffffff, 0x7fffffffffffffff, 16
TEST_D_TO_I fcvt.l.d, rne, 0x43f0000000000000, 0x7fffffffffffffff, 16

TEST_D_TO_I fcvt.lu.d, rne, 0, 0, 0
TEST_D_TO_I fcvt.lu.d, rne, 0x8000000000000000, 0, 0
TEST_D_TO_I fcvt.lu.d, rne, 0x3ff0000000000000, 1, 0
TEST_D_TO_I fcvt.lu.d, rne, 0xbff0000000000000, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.lu.d, rtz, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.lu.d, rdn, 0x3fe0000000000000, 0, 1
TEST_D_TO_I fcvt.lu.d, rup, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.lu.d, rmm, 0x3fe0000000000000, 1, 1
TEST_D_TO_I fcvt.lu.d, rne, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.lu.d, rtz, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.lu.d, rdn, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.lu.d, rup, 0x400921fb54442d18, 4, 1
TEST_D_TO_I fcvt.lu.d, rmm, 0x400921fb54442d18, 3, 1
TEST_D_TO_I fcvt.lu.d, rne, 0xc00921fb54442d18, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 1, 0, 1
TEST_D_TO_I fcvt.lu.d, rtz, 1, 0, 1
TEST_D_TO_I fcvt.lu.d, rdn, 1, 0, 1
TEST_D_TO_I fcvt.lu.d, rup, 1, 1, 1
TEST_D_TO_I fcvt.lu.d, rmm, 1, 0, 1
TEST_D_TO_I fcvt.lu.d, rne, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.lu.d, rtz, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.lu.d, rdn, 0x8000000000000001, 0, 16
TEST_D_TO_I fcvt.lu.d, rup, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.lu.d, rmm, 0x8000000000000001, 0, 1
TEST_D_TO_I fcvt.lu.d, rne, 0x7ff0000000000000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.lu.d, rne, 0xfff0000000000000, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0x7ff8000000000000, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.lu.d, rne, 0xfff8000000000005, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.lu.d, rne, 0x7ff0000000000001, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.lu.d, rne, 0x7fefffffffffffff, 0xffffffffffffffff, 16
TEST_D_TO_I fcvt.lu.d, rne, 0xffefffffffffffff, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.lu.d, rtz, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.lu.d, rdn, 0xbfe0000000000000, 0, 16
TEST_D_TO_I fcvt.lu.d, rup, 0xbfe0000000000000, 0, 1
TEST_D_TO_I fcvt.lu.d, rmm, 0xbfe0000000000000, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.lu.d, rtz, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.lu.d, rdn, 0x3ff8000000000000, 1, 1
TEST_D_TO_I fcvt.lu.d, rup, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.lu.d, rmm, 0x3ff8000000000000, 2, 1
TEST_D_TO_I fcvt.lu.d, rne, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.lu.d, rtz, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.lu.d, rdn, 0x4004000000000000, 2, 1
TEST_D_TO_I fcvt.lu.d, rup, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.lu.d, rmm, 0x4004000000000000, 3, 1
TEST_D_TO_I fcvt.lu.d, rne, 0xbff8000000000000, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0xbfeccccccccccccd, 0, 16
TEST_D_TO_I fcvt.lu.d, rtz, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.lu.d, rdn, 0xbfeccccccccccccd, 0, 16
TEST_D_TO_I fcvt.lu.d, rup, 0xbfeccccccccccccd, 0, 1
TEST_D_TO_I fcvt.lu.d, rmm, 0xbfeccccccccccccd, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0x43dfffffffffffff, 0x7ffffffffffffc00, 0
TEST_D_TO_I fcvt.lu.d, rne, 0x43e0000000000000, 0x8000000000000000, 0
TEST_D_TO_I fcvt.lu.d, rne, 0xc3e0000000000000, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0xc3e0000000000001, 0, 16
TEST_D_TO_I fcvt.lu.d, rne, 0x43efffffffffffff, 0xfffffffffffff800, 0
TEST_D_TO_I fcvt.lu.d, rne, 0x43f0000000000000, 0xffffffffffffffff, 16

TEST_D_FROM_I_NORM fcvt.d.w, 0, 0, 0
TEST_D_FROM_I_NORM fcvt.d.w, 1, 0x3ff0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0xffffffffffffffff, 0xbff0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x7fffffff, 0x41dfffffffc00000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x80000000, 0xc1e0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0xffffffff, 0xbff0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0xffffffff80000000, 0xc1e0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x8000000000000000, 0, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x7fffffffffffffff, 0xbff0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x1000001, 0x4170000010000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x1000003, 0x4170000030000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0xfffffffffeffffff, 0xc170000010000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x20000000000001, 0x3ff0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x20000000000003, 0x4008000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0x123456789abcdef0, 0xc1d950c844000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0xfffffffffffffc00, 0xc090000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.w, 0xfffffffffffffbff, 0xc090040000000000, 0

TEST_D_FROM_I_NORM fcvt.d.wu, 0, 0, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 1, 0x3ff0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0xffffffffffffffff, 0x41efffffffe00000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x7fffffff, 0x41dfffffffc00000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x80000000, 0x41e0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0xffffffff, 0x41efffffffe00000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0xffffffff80000000, 0x41e0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x8000000000000000, 0, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x7fffffffffffffff, 0x41efffffffe00000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x1000001, 0x4170000010000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x1000003, 0x4170000030000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0xfffffffffeffffff, 0x41efdfffffe00000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x20000000000001, 0x3ff0000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x20000000000003, 0x4008000000000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0x123456789abcdef0, 0x41e3579bde000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0xfffffffffffffc00, 0x41efffff80000000, 0
TEST_D_FROM_I_NORM fcvt.d.wu, 0xfffffffffffffbff, 0x41efffff7fe00000, 0

TEST_D_FROM_I fcvt.d.l, rne, 0, 0, 0
TEST_D_FROM_I fcvt.d.l, rne, 1, 0x3ff0000000000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0xffffffffffffffff, 0xbff0000000000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0x7fffffff, 0x41dfffffffc00000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0x80000000, 0x41e0000000000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0xffffffff, 0x41efffffffe00000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0xffffffff80000000, 0xc1e0000000000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0x8000000000000000, 0xc3e0000000000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0x7fffffffffffffff, 0x43e0000000000000, 1
TEST_D_FROM_I fcvt.d.l, rtz, 0x7fffffffffffffff, 0x43dfffffffffffff, 1
TEST_D_FROM_I fcvt.d.l, rdn, 0x7fffffffffffffff, 0x43dfffffffffffff, 1
TEST_D_FROM_I fcvt.d.l, rup, 0x7fffffffffffffff, 0x43e0000000000000, 1
TEST_D_FROM_I fcvt.d.l, rmm, 0x7fffffffffffffff, 0x43e0000000000000, 1
TEST_D_FROM_I fcvt.d.l, rne, 0x1000001, 0x4170000010000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0x1000003, 0x4170000030000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0xfffffffffeffffff, 0xc170000010000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0x20000000000001, 0x4340000000000000, 1
TEST_D_FROM_I fcvt.d.l, rtz, 0x20000000000001, 0x4340000000000000, 1
TEST_D_FROM_I fcvt.d.l, rdn, 0x20000000000001, 0x4340000000000000, 1
TEST_D_FROM_I fcvt.d.l, rup, 0x20000000000001, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.l, rmm, 0x20000000000001, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.l, rne, 0x20000000000003, 0x4340000000000002, 1
TEST_D_FROM_I fcvt.d.l, rtz, 0x20000000000003, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.l, rdn, 0x20000000000003, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.l, rup, 0x20000000000003, 0x4340000000000002, 1
TEST_D_FROM_I fcvt.d.l, rmm, 0x20000000000003, 0x4340000000000002, 1
TEST_D_FROM_I fcvt.d.l, rne, 0x123456789abcdef0, 0x43b23456789abcdf, 1
TEST_D_FROM_I fcvt.d.l, rtz, 0x123456789abcdef0, 0x43b23456789abcde, 1
TEST_D_FROM_I fcvt.d.l, rdn, 0x123456789abcdef0, 0x43b23456789abcde, 1
TEST_D_FROM_I fcvt.d.l, rup, 0x123456789abcdef0, 0x43b23456789abcdf, 1
TEST_D_FROM_I fcvt.d.l, rmm, 0x123456789abcdef0, 0x43b23456789abcdf, 1
TEST_D_FROM_I fcvt.d.l, rne, 0xfffffffffffffc00, 0xc090000000000000, 0
TEST_D_FROM_I fcvt.d.l, rne, 0xfffffffffffffbff, 0xc090040000000000, 0

TEST_D_FROM_I fcvt.d.lu, rne, 0, 0, 0
TEST_D_FROM_I fcvt.d.lu, rne, 1, 0x3ff0000000000000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0xffffffffffffffff, 0x43f0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0xffffffffffffffff, 0x43efffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0xffffffffffffffff, 0x43efffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0xffffffffffffffff, 0x43f0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0xffffffffffffffff, 0x43f0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rne, 0x7fffffff, 0x41dfffffffc00000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0x80000000, 0x41e0000000000000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0xffffffff, 0x41efffffffe00000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0xffffffff80000000, 0x43effffffff00000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0x8000000000000000, 0x43e0000000000000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0x7fffffffffffffff, 0x43e0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0x7fffffffffffffff, 0x43dfffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0x7fffffffffffffff, 0x43dfffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0x7fffffffffffffff, 0x43e0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0x7fffffffffffffff, 0x43e0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rne, 0x1000001, 0x4170000010000000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0x1000003, 0x4170000030000000, 0
TEST_D_FROM_I fcvt.d.lu, rne, 0xfffffffffeffffff, 0x43efffffffffe000, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0xfffffffffeffffff, 0x43efffffffffdfff, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0xfffffffffeffffff, 0x43efffffffffdfff, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0xfffffffffeffffff, 0x43efffffffffe000, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0xfffffffffeffffff, 0x43efffffffffe000, 1
TEST_D_FROM_I fcvt.d.lu, rne, 0x20000000000001, 0x4340000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0x20000000000001, 0x4340000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0x20000000000001, 0x4340000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0x20000000000001, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0x20000000000001, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.lu, rne, 0x20000000000003, 0x4340000000000002, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0x20000000000003, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0x20000000000003, 0x4340000000000001, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0x20000000000003, 0x4340000000000002, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0x20000000000003, 0x4340000000000002, 1
TEST_D_FROM_I fcvt.d.lu, rne, 0x123456789abcdef0, 0x43b23456789abcdf, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0x123456789abcdef0, 0x43b23456789abcde, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0x123456789abcdef0, 0x43b23456789abcde, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0x123456789abcdef0, 0x43b23456789abcdf, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0x123456789abcdef0, 0x43b23456789abcdf, 1
TEST_D_FROM_I fcvt.d.lu, rne, 0xfffffffffffffc00, 0x43f0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0xfffffffffffffc00, 0x43efffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0xfffffffffffffc00, 0x43efffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0xfffffffffffffc00, 0x43f0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0xfffffffffffffc00, 0x43f0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rne, 0xfffffffffffffbff, 0x43efffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rtz, 0xfffffffffffffbff, 0x43efffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rdn, 0xfffffffffffffbff, 0x43efffffffffffff, 1
TEST_D_FROM_I fcvt.d.lu, rup, 0xfffffffffffffbff, 0x43f0000000000000, 1
TEST_D_FROM_I fcvt.d.lu, rmm, 0xfffffffffffffbff, 0x43efffffffffffff, 1

TEST_D_FROM_S fcvt.d.s, 0, 0, 0
TEST_D_FROM_S fcvt.d.s, 0x80000000, 0x8000000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x3f800000, 0x3ff0000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0xbf800000, 0xbff0000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x40000000, 0x4000000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x40400000, 0x4008000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x41200000, 0x4024000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x3eaaaaab, 0x3fd5555560000000, 0
TEST_D_FROM_S fcvt.d.s, 0x40490fdb, 0x400921fb60000000, 0
TEST_D_FROM_S fcvt.d.s, 0xc0490fdb, 0xc00921fb60000000, 0
TEST_D_FROM_S fcvt.d.s, 0x3f800001, 0x3ff0000020000000, 0
TEST_D_FROM_S fcvt.d.s, 0x3f7fffff, 0x3fefffffe0000000, 0
TEST_D_FROM_S fcvt.d.s, 1, 0x36a0000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x80000001, 0xb6a0000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x7fffff, 0x380fffffc0000000, 0
TEST_D_FROM_S fcvt.d.s, 0x800000, 0x3810000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x80800000, 0xb810000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x7f7fffff, 0x47efffffe0000000, 0
TEST_D_FROM_S fcvt.d.s, 0xff7fffff, 0xc7efffffe0000000, 0
TEST_D_FROM_S fcvt.d.s, 0x7f800000, 0x7ff0000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0xff800000, 0xfff0000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x7fc00000, 0x7ff8000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0xffc00005, 0x7ff8000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x7f800001, 0x7ff8000000000000, 16
TEST_D_FROM_S fcvt.d.s, 0x3f000000, 0x3fe0000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x33800000, 0x3e70000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x33c00000, 0x3e78000000000000, 0
TEST_D_FROM_S fcvt.d.s, 0x7e800000, 0x47d0000000000000, 0

TEST_S_FROM_D fcvt.s.d, rne, 0, 0, 0
TEST_S_FROM_D fcvt.s.d, rne, 0x8000000000000000, 0x80000000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0x3ff0000000000000, 0x3f800000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0xbff0000000000000, 0xbf800000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0x3fd5555555555555, 0x3eaaaaab, 1
TEST_S_FROM_D fcvt.s.d, rtz, 0x3fd5555555555555, 0x3eaaaaaa, 1
TEST_S_FROM_D fcvt.s.d, rdn, 0x3fd5555555555555, 0x3eaaaaaa, 1
TEST_S_FROM_D fcvt.s.d, rup, 0x3fd5555555555555, 0x3eaaaaab, 1
TEST_S_FROM_D fcvt.s.d, rmm, 0x3fd5555555555555, 0x3eaaaaab, 1
TEST_S_FROM_D fcvt.s.d, rne, 0xc00921fb54442d18, 0xc0490fdb, 1
TEST_S_FROM_D fcvt.s.d, rtz, 0xc00921fb54442d18, 0xc0490fda, 1
TEST_S_FROM_D fcvt.s.d, rdn, 0xc00921fb54442d18, 0xc0490fdb, 1
TEST_S_FROM_D fcvt.s.d, rup, 0xc00921fb54442d18, 0xc0490fda, 1
TEST_S_FROM_D fcvt.s.d, rmm, 0xc00921fb54442d18, 0xc0490fdb, 1
TEST_S_FROM_D fcvt.s.d, rne, 0x7ff0000000000000, 0x7f800000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0xfff0000000000000, 0xff800000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0x7ff8000000000000, 0x7fc00000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0xfff8000000000005, 0x7fc00000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0x7ff0000000000001, 0x7fc00000, 16
TEST_S_FROM_D fcvt.s.d, rne, 0x7fefffffffffffff, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rtz, 0x7fefffffffffffff, 0x7f7fffff, 5
TEST_S_FROM_D fcvt.s.d, rdn, 0x7fefffffffffffff, 0x7f7fffff, 5
TEST_S_FROM_D fcvt.s.d, rup, 0x7fefffffffffffff, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rmm, 0x7fefffffffffffff, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rne, 0xffefffffffffffff, 0xff800000, 5
TEST_S_FROM_D fcvt.s.d, rtz, 0xffefffffffffffff, 0xff7fffff, 5
TEST_S_FROM_D fcvt.s.d, rdn, 0xffefffffffffffff, 0xff800000, 5
TEST_S_FROM_D fcvt.s.d, rup, 0xffefffffffffffff, 0xff7fffff, 5
TEST_S_FROM_D fcvt.s.d, rmm, 0xffefffffffffffff, 0xff800000, 5
TEST_S_FROM_D fcvt.s.d, rne, 1, 0, 3
TEST_S_FROM_D fcvt.s.d, rtz, 1, 0, 3
TEST_S_FROM_D fcvt.s.d, rdn, 1, 0, 3
TEST_S_FROM_D fcvt.s.d, rup, 1, 1, 3
TEST_S_FROM_D fcvt.s.d, rmm, 1, 0, 3
TEST_S_FROM_D fcvt.s.d, rne, 0x8000000000000001, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rtz, 0x8000000000000001, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rdn, 0x8000000000000001, 0x80000001, 3
TEST_S_FROM_D fcvt.s.d, rup, 0x8000000000000001, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rmm, 0x8000000000000001, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rne, 0x10000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rtz, 0x10000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rdn, 0x10000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rup, 0x10000000000000, 1, 3
TEST_S_FROM_D fcvt.s.d, rmm, 0x10000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rne, 0x47f0000000000000, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rtz, 0x47f0000000000000, 0x7f7fffff, 5
TEST_S_FROM_D fcvt.s.d, rdn, 0x47f0000000000000, 0x7f7fffff, 5
TEST_S_FROM_D fcvt.s.d, rup, 0x47f0000000000000, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rmm, 0x47f0000000000000, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rne, 0x47effffff0000000, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rtz, 0x47effffff0000000, 0x7f7fffff, 1
TEST_S_FROM_D fcvt.s.d, rdn, 0x47effffff0000000, 0x7f7fffff, 1
TEST_S_FROM_D fcvt.s.d, rup, 0x47effffff0000000, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rmm, 0x47effffff0000000, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rne, 0x47efffffefffffff, 0x7f7fffff, 1
TEST_S_FROM_D fcvt.s.d, rtz, 0x47efffffefffffff, 0x7f7fffff, 1
TEST_S_FROM_D fcvt.s.d, rdn, 0x47efffffefffffff, 0x7f7fffff, 1
TEST_S_FROM_D fcvt.s.d, rup, 0x47efffffefffffff, 0x7f800000, 5
TEST_S_FROM_D fcvt.s.d, rmm, 0x47efffffefffffff, 0x7f7fffff, 1
TEST_S_FROM_D fcvt.s.d, rne, 0x3810000000000000, 0x800000, 0
TEST_S_FROM_D fcvt.s.d, rne, 0x380ffffff0000000, 0x800000, 1
TEST_S_FROM_D fcvt.s.d, rtz, 0x380ffffff0000000, 0x7fffff, 3
TEST_S_FROM_D fcvt.s.d, rdn, 0x380ffffff0000000, 0x7fffff, 3
TEST_S_FROM_D fcvt.s.d, rup, 0x380ffffff0000000, 0x800000, 1
TEST_S_FROM_D fcvt.s.d, rmm, 0x380ffffff0000000, 0x800000, 1
TEST_S_FROM_D fcvt.s.d, rne, 0x380fffffe0000000, 0x800000, 3
TEST_S_FROM_D fcvt.s.d, rtz, 0x380fffffe0000000, 0x7fffff, 3
TEST_S_FROM_D fcvt.s.d, rdn, 0x380fffffe0000000, 0x7fffff, 3
TEST_S_FROM_D fcvt.s.d, rup, 0x380fffffe0000000, 0x800000, 3
TEST_S_FROM_D fcvt.s.d, rmm, 0x380fffffe0000000, 0x800000, 3
TEST_S_FROM_D fcvt.s.d, rne, 0x36a0000000000000, 1, 0
TEST_S_FROM_D fcvt.s.d, rne, 0x3690000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rtz, 0x3690000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rdn, 0x3690000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rup, 0x3690000000000000, 1, 3
TEST_S_FROM_D fcvt.s.d, rmm, 0x3690000000000000, 1, 3
TEST_S_FROM_D fcvt.s.d, rne, 0x3698000000000000, 1, 3
TEST_S_FROM_D fcvt.s.d, rtz, 0x3698000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rdn, 0x3698000000000000, 0, 3
TEST_S_FROM_D fcvt.s.d, rup, 0x3698000000000000, 1, 3
TEST_S_FROM_D fcvt.s.d, rmm, 0x3698000000000000, 1, 3
TEST_S_FROM_D fcvt.s.d, rne, 0xb680000000000000, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rtz, 0xb680000000000000, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rdn, 0xb680000000000000, 0x80000001, 3
TEST_S_FROM_D fcvt.s.d, rup, 0xb680000000000000, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rmm, 0xb680000000000000, 0x80000000, 3
TEST_S_FROM_D fcvt.s.d, rne, 0x3ff0000010000000, 0x3f800000, 1
TEST_S_FROM_D fcvt.s.d, rtz, 0x3ff0000010000000, 0x3f800000, 1
TEST_S_FROM_D fcvt.s.d, rdn, 0x3ff0000010000000, 0x3f800000, 1
TEST_S_FROM_D fcvt.s.d, rup, 0x3ff0000010000000, 0x3f800001, 1
TEST_S_FROM_D fcvt.s.d, rmm, 0x3ff0000010000000, 0x3f800001, 1
TEST_S_FROM_D fcvt.s.d, rne, 0x3ff0000030000000, 0x3f800002, 1
TEST_S_FROM_D fcvt.s.d, rtz, 0x3ff0000030000000, 0x3f800001, 1
TEST_S_FROM_D fcvt.s.d, rdn, 0x3ff0000030000000, 0x3f800001, 1
TEST_S_FROM_D fcvt.s.d, rup, 0x3ff0000030000000, 0x3f800002, 1
TEST_S_FROM_D fcvt.s.d, rmm, 0x3ff0000030000000, 0x3f800002, 1

TEST_END

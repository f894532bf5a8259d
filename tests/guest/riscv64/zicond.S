/* SPDX-License-Identifier: BSD-2-Clause */
/* Zicond: conditional zero. */
#include "macros.h"
/* by encoding: the assembler may be older than the extension */
    .macro czero.eqz rd, rs1, rs2
    .insn r 0x33, 5, 7, \rd, \rs1, \rs2
    .endm
    .macro czero.nez rd, rs1, rs2
    .insn r 0x33, 7, 7, \rd, \rs1, \rs2
    .endm

TEST_BEGIN

TEST_RR czero.eqz, 0, 0, 0
TEST_RR czero.eqz, 1, 1, 1
TEST_RR czero.eqz, 0, 0xffffffffffffffff, 0
TEST_RR czero.eqz, 0xffffffffffffffff, 0, 0
TEST_RR czero.eqz, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR czero.eqz, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR czero.eqz, 1, 0xffffffffffffffff, 1
TEST_RR czero.eqz, 0x7fffffffffffffff, 1, 0x7fffffffffffffff
TEST_RR czero.eqz, 1, 0x7fffffffffffffff, 1
TEST_RR czero.eqz, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000
TEST_RR czero.eqz, 0x8000000000000000, 1, 0x8000000000000000
TEST_RR czero.eqz, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000
TEST_RR czero.eqz, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR czero.eqz, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000
TEST_RR czero.eqz, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_RR czero.eqz, 0x7fffffff, 1, 0x7fffffff
TEST_RR czero.eqz, 0x80000000, 0xffffffffffffffff, 0x80000000
TEST_RR czero.eqz, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000000
TEST_RR czero.eqz, 0xffffffff80000000, 0xffffffff, 0xffffffff80000000
TEST_RR czero.eqz, 0xffffffff, 1, 0xffffffff
TEST_RR czero.eqz, 0xffffffff, 0xffffffff, 0xffffffff
TEST_RR czero.eqz, 0x100000000, 0x80000000, 0x100000000
TEST_RR czero.eqz, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0
TEST_RR czero.eqz, 0xfedcba9876543210, 0x1234567, 0xfedcba9876543210
TEST_RR czero.eqz, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555
TEST_RR czero.eqz, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff7fffffff
TEST_RR czero.eqz, 0x8000000000000000, 2, 0x8000000000000000
TEST_RR czero.eqz, 0x7fffffff00000000, 0xffffffff00000001, 0x7fffffff00000000
TEST_RR czero.eqz, 5, 0x100000000, 5
TEST_RR czero.eqz, 0x1234, 0x8000000000000000, 0x1234
TEST_RR czero.eqz, 0, 5, 0
TEST_RR czero.eqz, 0xffffffffffffffff, 0x8000, 0xffffffffffffffff
TEST_RR_SAME czero.eqz, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR_ZERO czero.eqz, 0xfedcba9876543210, 0, 0

TEST_RR czero.nez, 0, 0, 0
TEST_RR czero.nez, 1, 1, 0
TEST_RR czero.nez, 0, 0xffffffffffffffff, 0
TEST_RR czero.nez, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR czero.nez, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_RR czero.nez, 0xffffffffffffffff, 1, 0
TEST_RR czero.nez, 1, 0xffffffffffffffff, 0
TEST_RR czero.nez, 0x7fffffffffffffff, 1, 0
TEST_RR czero.nez, 1, 0x7fffffffffffffff, 0
TEST_RR czero.nez, 0x8000000000000000, 0xffffffffffffffff, 0
TEST_RR czero.nez, 0x8000000000000000, 1, 0
TEST_RR czero.nez, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR czero.nez, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_RR czero.nez, 0x8000000000000000, 0x7fffffffffffffff, 0
TEST_RR czero.nez, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_RR czero.nez, 0x7fffffff, 1, 0
TEST_RR czero.nez, 0x80000000, 0xffffffffffffffff, 0
TEST_RR czero.nez, 0xffffffff80000000, 0xffffffffffffffff, 0
TEST_RR czero.nez, 0xffffffff80000000, 0xffffffff, 0
TEST_RR czero.nez, 0xffffffff, 1, 0
TEST_RR czero.nez, 0xffffffff, 0xffffffff, 0
TEST_RR czero.nez, 0x100000000, 0x80000000, 0
TEST_RR czero.nez, 0x123456789abcdef0, 0xfedcba9876543210, 0
TEST_RR czero.nez, 0xfedcba9876543210, 0x1234567, 0
TEST_RR czero.nez, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0
TEST_RR czero.nez, 0xffffffff7fffffff, 0xffffffff80000000, 0
TEST_RR czero.nez, 0x8000000000000000, 2, 0
TEST_RR czero.nez, 0x7fffffff00000000, 0xffffffff00000001, 0
TEST_RR czero.nez, 5, 0x100000000, 0
TEST_RR czero.nez, 0x1234, 0x8000000000000000, 0
TEST_RR czero.nez, 0, 5, 0
TEST_RR czero.nez, 0xffffffffffffffff, 0x8000, 0
TEST_RR_SAME czero.nez, 0xfedcba9876543210, 0
TEST_RR_ZERO czero.nez, 0xfedcba9876543210, 0, 0xfedcba9876543210

TEST_END

/* SPDX-License-Identifier: BSD-2-Clause */
/* RV64I register and immediate arithmetic, logic and comparison; lui, auipc. */
#include "macros.h"

TEST_BEGIN

TEST_RR add, 0, 0, 0
TEST_RR add, 1, 1, 2
TEST_RR add, 0, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR add, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR add, 0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffffffffffe
TEST_RR add, 0xffffffffffffffff, 1, 0
TEST_RR add, 1, 0xffffffffffffffff, 0
TEST_RR add, 0x7fffffffffffffff, 1, 0x8000000000000000
TEST_RR add, 1, 0x7fffffffffffffff, 0x8000000000000000
TEST_RR add, 0x8000000000000000, 0xffffffffffffffff, 0x7fffffffffffffff
TEST_RR add, 0x8000000000000000, 1, 0x8000000000000001
TEST_RR add, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR add, 0x7fffffffffffffff, 0x7fffffffffffffff, 0xfffffffffffffffe
TEST_RR add, 0x8000000000000000, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_RR add, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_RR add, 0x7fffffff, 1, 0x80000000
TEST_RR add, 0x80000000, 0xffffffffffffffff, 0x7fffffff
TEST_RR add, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff7fffffff
TEST_RR add, 0xffffffff80000000, 0xffffffff, 0x7fffffff
TEST_RR add, 0xffffffff, 1, 0x100000000
TEST_RR add, 0xffffffff, 0xffffffff, 0x1fffffffe
TEST_RR add, 0x100000000, 0x80000000, 0x180000000
TEST_RR add, 0x123456789abcdef0, 0xfedcba9876543210, 0x1111111111111100
TEST_RR add, 0xfedcba9876543210, 0x1234567, 0xfedcba9877777777
TEST_RR add, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xffffffffffffffff
TEST_RR add, 0xffffffff7fffffff, 0xffffffff80000000, 0xfffffffeffffffff
TEST_RR add, 0x8000000000000000, 2, 0x8000000000000002
TEST_RR add, 0x7fffffff00000000, 0xffffffff00000001, 0x7ffffffe00000001
TEST_RR_SAME add, 0xfedcba9876543210, 0xfdb97530eca86420
TEST_RR_ZERO add, 0xfedcba9876543210, 0xfedcba9876543210, 0xfedcba9876543210

TEST_RR sub, 0, 0, 0
TEST_RR sub, 1, 1, 0
TEST_RR sub, 0, 0xffffffffffffffff, 1
TEST_RR sub, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR sub, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_RR sub, 0xffffffffffffffff, 1, 0xfffffffffffffffe
TEST_RR sub, 1, 0xffffffffffffffff, 2
TEST_RR sub, 0x7fffffffffffffff, 1, 0x7ffffffffffffffe
TEST_RR sub, 1, 0x7fffffffffffffff, 0x8000000000000002
TEST_RR sub, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000001
TEST_RR sub, 0x8000000000000000, 1, 0x7fffffffffffffff
TEST_RR sub, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR sub, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_RR sub, 0x8000000000000000, 0x7fffffffffffffff, 1
TEST_RR sub, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_RR sub, 0x7fffffff, 1, 0x7ffffffe
TEST_RR sub, 0x80000000, 0xffffffffffffffff, 0x80000001
TEST_RR sub, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000001
TEST_RR sub, 0xffffffff80000000, 0xffffffff, 0xfffffffe80000001
TEST_RR sub, 0xffffffff, 1, 0xfffffffe
TEST_RR sub, 0xffffffff, 0xffffffff, 0
TEST_RR sub, 0x100000000, 0x80000000, 0x80000000
TEST_RR sub, 0x123456789abcdef0, 0xfedcba9876543210, 0x13579be02468ace0
TEST_RR sub, 0xfedcba9876543210, 0x1234567, 0xfedcba987530eca9
TEST_RR sub, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaab
TEST_RR sub, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffffffffffff
TEST_RR sub, 0x8000000000000000, 2, 0x7ffffffffffffffe
TEST_RR sub, 0x7fffffff00000000, 0xffffffff00000001, 0x7fffffffffffffff
TEST_RR_SAME sub, 0xfedcba9876543210, 0
TEST_RR_ZERO sub, 0xfedcba9876543210, 0x123456789abcdf0, 0xfedcba9876543210

TEST_RR slt, 0, 0, 0
TEST_RR slt, 1, 1, 0
TEST_RR slt, 0, 0xffffffffffffffff, 0
TEST_RR slt, 0xffffffffffffffff, 0, 1
TEST_RR slt, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_RR slt, 0xffffffffffffffff, 1, 1
TEST_RR slt, 1, 0xffffffffffffffff, 0
TEST_RR slt, 0x7fffffffffffffff, 1, 0
TEST_RR slt, 1, 0x7fffffffffffffff, 1
TEST_RR slt, 0x8000000000000000, 0xffffffffffffffff, 1
TEST_RR slt, 0x8000000000000000, 1, 1
TEST_RR slt, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR slt, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_RR slt, 0x8000000000000000, 0x7fffffffffffffff, 1
TEST_RR slt, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_RR slt, 0x7fffffff, 1, 0
TEST_RR slt, 0x80000000, 0xffffffffffffffff, 0
TEST_RR slt, 0xffffffff80000000, 0xffffffffffffffff, 1
TEST_RR slt, 0xffffffff80000000, 0xffffffff, 1
TEST_RR slt, 0xffffffff, 1, 0
TEST_RR slt, 0xffffffff, 0xffffffff, 0
TEST_RR slt, 0x100000000, 0x80000000, 0
TEST_RR slt, 0x123456789abcdef0, 0xfedcba9876543210, 0
TEST_RR slt, 0xfedcba9876543210, 0x1234567, 1
TEST_RR slt, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0
TEST_RR slt, 0xffffffff7fffffff, 0xffffffff80000000, 1
TEST_RR slt, 0x8000000000000000, 2, 1
TEST_RR slt, 0x7fffffff00000000, 0xffffffff00000001, 0
TEST_RR_SAME slt, 0xfedcba9876543210, 0
TEST_RR_ZERO slt, 0xfedcba9876543210, 0, 1

TEST_RR sltu, 0, 0, 0
TEST_RR sltu, 1, 1, 0
TEST_RR sltu, 0, 0xffffffffffffffff, 1
TEST_RR sltu, 0xffffffffffffffff, 0, 0
TEST_RR sltu, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_RR sltu, 0xffffffffffffffff, 1, 0
TEST_RR sltu, 1, 0xffffffffffffffff, 1
TEST_RR sltu, 0x7fffffffffffffff, 1, 0
TEST_RR sltu, 1, 0x7fffffffffffffff, 1
TEST_RR sltu, 0x8000000000000000, 0xffffffffffffffff, 1
TEST_RR sltu, 0x8000000000000000, 1, 0
TEST_RR sltu, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR sltu, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_RR sltu, 0x8000000000000000, 0x7fffffffffffffff, 0
TEST_RR sltu, 0x7fffffffffffffff, 0x8000000000000000, 1
TEST_RR sltu, 0x7fffffff, 1, 0
TEST_RR sltu, 0x80000000, 0xffffffffffffffff, 1
TEST_RR sltu, 0xffffffff80000000, 0xffffffffffffffff, 1
TEST_RR sltu, 0xffffffff80000000, 0xffffffff, 0
TEST_RR sltu, 0xffffffff, 1, 0
TEST_RR sltu, 0xffffffff, 0xffffffff, 0
TEST_RR sltu, 0x100000000, 0x80000000, 0
TEST_RR sltu, 0x123456789abcdef0, 0xfedcba9876543210, 1
TEST_RR sltu, 0xfedcba9876543210, 0x1234567, 0
TEST_RR sltu, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 1
TEST_RR sltu, 0xffffffff7fffffff, 0xffffffff80000000, 1
TEST_RR sltu, 0x8000000000000000, 2, 0
TEST_RR sltu, 0x7fffffff00000000, 0xffffffff00000001, 1
TEST_RR_SAME sltu, 0xfedcba9876543210, 0
TEST_RR_ZERO sltu, 0xfedcba9876543210, 1, 0

TEST_RR and, 0, 0, 0
TEST_RR and, 1, 1, 1
TEST_RR and, 0, 0xffffffffffffffff, 0
TEST_RR and, 0xffffffffffffffff, 0, 0
TEST_RR and, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR and, 0xffffffffffffffff, 1, 1
TEST_RR and, 1, 0xffffffffffffffff, 1
TEST_RR and, 0x7fffffffffffffff, 1, 1
TEST_RR and, 1, 0x7fffffffffffffff, 1
TEST_RR and, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000
TEST_RR and, 0x8000000000000000, 1, 0
TEST_RR and, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000
TEST_RR and, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR and, 0x8000000000000000, 0x7fffffffffffffff, 0
TEST_RR and, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_RR and, 0x7fffffff, 1, 1
TEST_RR and, 0x80000000, 0xffffffffffffffff, 0x80000000
TEST_RR and, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000000
TEST_RR and, 0xffffffff80000000, 0xffffffff, 0x80000000
TEST_RR and, 0xffffffff, 1, 1
TEST_RR and, 0xffffffff, 0xffffffff, 0xffffffff
TEST_RR and, 0x100000000, 0x80000000, 0
TEST_RR and, 0x123456789abcdef0, 0xfedcba9876543210, 0x1214121812141210
TEST_RR and, 0xfedcba9876543210, 0x1234567, 0
TEST_RR and, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0
TEST_RR and, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff00000000
TEST_RR and, 0x8000000000000000, 2, 0
TEST_RR and, 0x7fffffff00000000, 0xffffffff00000001, 0x7fffffff00000000
TEST_RR_SAME and, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR_ZERO and, 0xfedcba9876543210, 0, 0

TEST_RR or, 0, 0, 0
TEST_RR or, 1, 1, 1
TEST_RR or, 0, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR or, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR or, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR or, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR or, 1, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR or, 0x7fffffffffffffff, 1, 0x7fffffffffffffff
TEST_RR or, 1, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR or, 0x8000000000000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR or, 0x8000000000000000, 1, 0x8000000000000001
TEST_RR or, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000
TEST_RR or, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR or, 0x8000000000000000, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_RR or, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_RR or, 0x7fffffff, 1, 0x7fffffff
TEST_RR or, 0x80000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR or, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR or, 0xffffffff80000000, 0xffffffff, 0xffffffffffffffff
TEST_RR or, 0xffffffff, 1, 0xffffffff
TEST_RR or, 0xffffffff, 0xffffffff, 0xffffffff
TEST_RR or, 0x100000000, 0x80000000, 0x180000000
TEST_RR or, 0x123456789abcdef0, 0xfedcba9876543210, 0xfefcfef8fefcfef0
TEST_RR or, 0xfedcba9876543210, 0x1234567, 0xfedcba9877777777
TEST_RR or, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xffffffffffffffff
TEST_RR or, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffffffffffff
TEST_RR or, 0x8000000000000000, 2, 0x8000000000000002
TEST_RR or, 0x7fffffff00000000, 0xffffffff00000001, 0xffffffff00000001
TEST_RR_SAME or, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR_ZERO or, 0xfedcba9876543210, 0xfedcba9876543210, 0xfedcba9876543210

TEST_RR xor, 0, 0, 0
TEST_RR xor, 1, 1, 0
TEST_RR xor, 0, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR xor, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR xor, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_RR xor, 0xffffffffffffffff, 1, 0xfffffffffffffffe
TEST_RR xor, 1, 0xffffffffffffffff, 0xfffffffffffffffe
TEST_RR xor, 0x7fffffffffffffff, 1, 0x7ffffffffffffffe
TEST_RR xor, 1, 0x7fffffffffffffff, 0x7ffffffffffffffe
TEST_RR xor, 0x8000000000000000, 0xffffffffffffffff, 0x7fffffffffffffff
TEST_RR xor, 0x8000000000000000, 1, 0x8000000000000001
TEST_RR xor, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR xor, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_RR xor, 0x8000000000000000, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_RR xor, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_RR xor, 0x7fffffff, 1, 0x7ffffffe
TEST_RR xor, 0x80000000, 0xffffffffffffffff, 0xffffffff7fffffff
TEST_RR xor, 0xffffffff80000000, 0xffffffffffffffff, 0x7fffffff
TEST_RR xor, 0xffffffff80000000, 0xffffffff, 0xffffffff7fffffff
TEST_RR xor, 0xffffffff, 1, 0xfffffffe
TEST_RR xor, 0xffffffff, 0xffffffff, 0
TEST_RR xor, 0x100000000, 0x80000000, 0x180000000
TEST_RR xor, 0x123456789abcdef0, 0xfedcba9876543210, 0xece8ece0ece8ece0
TEST_RR xor, 0xfedcba9876543210, 0x1234567, 0xfedcba9877777777
TEST_RR xor, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xffffffffffffffff
TEST_RR xor, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff
TEST_RR xor, 0x8000000000000000, 2, 0x8000000000000002
TEST_RR xor, 0x7fffffff00000000, 0xffffffff00000001, 0x8000000000000001
TEST_RR_SAME xor, 0xfedcba9876543210, 0
TEST_RR_ZERO xor, 0xfedcba9876543210, 0xfedcba9876543210, 0xfedcba9876543210

TEST_RR addw, 0, 0, 0
TEST_RR addw, 1, 1, 2
TEST_RR addw, 0, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR addw, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR addw, 0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffffffffffe
TEST_RR addw, 0xffffffffffffffff, 1, 0
TEST_RR addw, 1, 0xffffffffffffffff, 0
TEST_RR addw, 0x7fffffffffffffff, 1, 0
TEST_RR addw, 1, 0x7fffffffffffffff, 0
TEST_RR addw, 0x8000000000000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR addw, 0x8000000000000000, 1, 1
TEST_RR addw, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR addw, 0x7fffffffffffffff, 0x7fffffffffffffff, 0xfffffffffffffffe
TEST_RR addw, 0x8000000000000000, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_RR addw, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_RR addw, 0x7fffffff, 1, 0xffffffff80000000
TEST_RR addw, 0x80000000, 0xffffffffffffffff, 0x7fffffff
TEST_RR addw, 0xffffffff80000000, 0xffffffffffffffff, 0x7fffffff
TEST_RR addw, 0xffffffff80000000, 0xffffffff, 0x7fffffff
TEST_RR addw, 0xffffffff, 1, 0
TEST_RR addw, 0xffffffff, 0xffffffff, 0xfffffffffffffffe
TEST_RR addw, 0x100000000, 0x80000000, 0xffffffff80000000
TEST_RR addw, 0x123456789abcdef0, 0xfedcba9876543210, 0x11111100
TEST_RR addw, 0xfedcba9876543210, 0x1234567, 0x77777777
TEST_RR addw, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xffffffffffffffff
TEST_RR addw, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffffffffffff
TEST_RR addw, 0x8000000000000000, 2, 2
TEST_RR addw, 0x7fffffff00000000, 0xffffffff00000001, 1
TEST_RR_SAME addw, 0xfedcba9876543210, 0xffffffffeca86420
TEST_RR_ZERO addw, 0xfedcba9876543210, 0x76543210, 0x76543210

TEST_RR subw, 0, 0, 0
TEST_RR subw, 1, 1, 0
TEST_RR subw, 0, 0xffffffffffffffff, 1
TEST_RR subw, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR subw, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_RR subw, 0xffffffffffffffff, 1, 0xfffffffffffffffe
TEST_RR subw, 1, 0xffffffffffffffff, 2
TEST_RR subw, 0x7fffffffffffffff, 1, 0xfffffffffffffffe
TEST_RR subw, 1, 0x7fffffffffffffff, 2
TEST_RR subw, 0x8000000000000000, 0xffffffffffffffff, 1
TEST_RR subw, 0x8000000000000000, 1, 0xffffffffffffffff
TEST_RR subw, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR subw, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_RR subw, 0x8000000000000000, 0x7fffffffffffffff, 1
TEST_RR subw, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff
TEST_RR subw, 0x7fffffff, 1, 0x7ffffffe
TEST_RR subw, 0x80000000, 0xffffffffffffffff, 0xffffffff80000001
TEST_RR subw, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000001
TEST_RR subw, 0xffffffff80000000, 0xffffffff, 0xffffffff80000001
TEST_RR subw, 0xffffffff, 1, 0xfffffffffffffffe
TEST_RR subw, 0xffffffff, 0xffffffff, 0
TEST_RR subw, 0x100000000, 0x80000000, 0xffffffff80000000
TEST_RR subw, 0x123456789abcdef0, 0xfedcba9876543210, 0x2468ace0
TEST_RR subw, 0xfedcba9876543210, 0x1234567, 0x7530eca9
TEST_RR subw, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xffffffffaaaaaaab
TEST_RR subw, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffffffffffff
TEST_RR subw, 0x8000000000000000, 2, 0xfffffffffffffffe
TEST_RR subw, 0x7fffffff00000000, 0xffffffff00000001, 0xffffffffffffffff
TEST_RR_SAME subw, 0xfedcba9876543210, 0
TEST_RR_ZERO subw, 0xfedcba9876543210, 0xffffffff89abcdf0, 0x76543210

TEST_RI addi, 0, 0, 0
TEST_RI addi, 0, 1, 1
TEST_RI addi, 0, -1, 0xffffffffffffffff
TEST_RI addi, 0, 2047, 0x7ff
TEST_RI addi, 0, -2048, 0xfffffffffffff800
TEST_RI addi, 0, 1365, 0x555
TEST_RI addi, 1, 0, 1
TEST_RI addi, 1, 1, 2
TEST_RI addi, 1, -1, 0
TEST_RI addi, 1, 2047, 0x800
TEST_RI addi, 1, -2048, 0xfffffffffffff801
TEST_RI addi, 1, 1365, 0x556
TEST_RI addi, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RI addi, 0xffffffffffffffff, 1, 0
TEST_RI addi, 0xffffffffffffffff, -1, 0xfffffffffffffffe
TEST_RI addi, 0xffffffffffffffff, 2047, 0x7fe
TEST_RI addi, 0xffffffffffffffff, -2048, 0xfffffffffffff7ff
TEST_RI addi, 0xffffffffffffffff, 1365, 0x554
TEST_RI addi, 0x7fffffffffffffff, 0, 0x7fffffffffffffff
TEST_RI addi, 0x7fffffffffffffff, 1, 0x8000000000000000
TEST_RI addi, 0x7fffffffffffffff, -1, 0x7ffffffffffffffe
TEST_RI addi, 0x7fffffffffffffff, 2047, 0x80000000000007fe
TEST_RI addi, 0x7fffffffffffffff, -2048, 0x7ffffffffffff7ff
TEST_RI addi, 0x7fffffffffffffff, 1365, 0x8000000000000554
TEST_RI addi, 0x8000000000000000, 0, 0x8000000000000000
TEST_RI addi, 0x8000000000000000, 1, 0x8000000000000001
TEST_RI addi, 0x8000000000000000, -1, 0x7fffffffffffffff
TEST_RI addi, 0x8000000000000000, 2047, 0x80000000000007ff
TEST_RI addi, 0x8000000000000000, -2048, 0x7ffffffffffff800
TEST_RI addi, 0x8000000000000000, 1365, 0x8000000000000555
TEST_RI addi, 0x7fffffff, 0, 0x7fffffff
TEST_RI addi, 0x7fffffff, 1, 0x80000000
TEST_RI addi, 0x7fffffff, -1, 0x7ffffffe
TEST_RI addi, 0x7fffffff, 2047, 0x800007fe
TEST_RI addi, 0x7fffffff, -2048, 0x7ffff7ff
TEST_RI addi, 0x7fffffff, 1365, 0x80000554
TEST_RI addi, 0x80000000, 0, 0x80000000
TEST_RI addi, 0x80000000, 1, 0x80000001
TEST_RI addi, 0x80000000, -1, 0x7fffffff
TEST_RI addi, 0x80000000, 2047, 0x800007ff
TEST_RI addi, 0x80000000, -2048, 0x7ffff800
TEST_RI addi, 0x80000000, 1365, 0x80000555
TEST_RI addi, 0x123456789abcdef0, 0, 0x123456789abcdef0
TEST_RI addi, 0x123456789abcdef0, 1, 0x123456789abcdef1
TEST_RI addi, 0x123456789abcdef0, -1, 0x123456789abcdeef
TEST_RI addi, 0x123456789abcdef0, 2047, 0x123456789abce6ef
TEST_RI addi, 0x123456789abcdef0, -2048, 0x123456789abcd6f0
TEST_RI addi, 0x123456789abcdef0, 1365, 0x123456789abce445
TEST_RI addi, 0xffffffff, 0, 0xffffffff
TEST_RI addi, 0xffffffff, 1, 0x100000000
TEST_RI addi, 0xffffffff, -1, 0xfffffffe
TEST_RI addi, 0xffffffff, 2047, 0x1000007fe
TEST_RI addi, 0xffffffff, -2048, 0xfffff7ff
TEST_RI addi, 0xffffffff, 1365, 0x100000554

TEST_RI slti, 0, 0, 0
TEST_RI slti, 0, 1, 1
TEST_RI slti, 0, -1, 0
TEST_RI slti, 0, 2047, 1
TEST_RI slti, 0, -2048, 0
TEST_RI slti, 0, 1365, 1
TEST_RI slti, 1, 0, 0
TEST_RI slti, 1, 1, 0
TEST_RI slti, 1, -1, 0
TEST_RI slti, 1, 2047, 1
TEST_RI slti, 1, -2048, 0
TEST_RI slti, 1, 1365, 1
TEST_RI slti, 0xffffffffffffffff, 0, 1
TEST_RI slti, 0xffffffffffffffff, 1, 1
TEST_RI slti, 0xffffffffffffffff, -1, 0
TEST_RI slti, 0xffffffffffffffff, 2047, 1
TEST_RI slti, 0xffffffffffffffff, -2048, 0
TEST_RI slti, 0xffffffffffffffff, 1365, 1
TEST_RI slti, 0x7fffffffffffffff, 0, 0
TEST_RI slti, 0x7fffffffffffffff, 1, 0
TEST_RI slti, 0x7fffffffffffffff, -1, 0
TEST_RI slti, 0x7fffffffffffffff, 2047, 0
TEST_RI slti, 0x7fffffffffffffff, -2048, 0
TEST_RI slti, 0x7fffffffffffffff, 1365, 0
TEST_RI slti, 0x8000000000000000, 0, 1
TEST_RI slti, 0x8000000000000000, 1, 1
TEST_RI slti, 0x8000000000000000, -1, 1
TEST_RI slti, 0x8000000000000000, 2047, 1
TEST_RI slti, 0x8000000000000000, -2048, 1
TEST_RI slti, 0x8000000000000000, 1365, 1
TEST_RI slti, 0x7fffffff, 0, 0
TEST_RI slti, 0x7fffffff, 1, 0
TEST_RI slti, 0x7fffffff, -1, 0
TEST_RI slti, 0x7fffffff, 2047, 0
TEST_RI slti, 0x7fffffff, -2048, 0
TEST_RI slti, 0x7fffffff, 1365, 0
TEST_RI slti, 0x80000000, 0, 0
TEST_RI slti, 0x80000000, 1, 0
TEST_RI slti, 0x80000000, -1, 0
TEST_RI slti, 0x80000000, 2047, 0
TEST_RI slti, 0x80000000, -2048, 0
TEST_RI slti, 0x80000000, 1365, 0
TEST_RI slti, 0x123456789abcdef0, 0, 0
TEST_RI slti, 0x123456789abcdef0, 1, 0
TEST_RI slti, 0x123456789abcdef0, -1, 0
TEST_RI slti, 0x123456789abcdef0, 2047, 0
TEST_RI slti, 0x123456789abcdef0, -2048, 0
TEST_RI slti, 0x123456789abcdef0, 1365, 0
TEST_RI slti, 0xffffffff, 0, 0
TEST_RI slti, 0xffffffff, 1, 0
TEST_RI slti, 0xffffffff, -1, 0
TEST_RI slti, 0xffffffff, 2047, 0
TEST_RI slti, 0xffffffff, -2048, 0
TEST_RI slti, 0xffffffff, 1365, 0

TEST_RI sltiu, 0, 0, 0
TEST_RI sltiu, 0, 1, 1
TEST_RI sltiu, 0, -1, 1
TEST_RI sltiu, 0, 2047, 1
TEST_RI sltiu, 0, -2048, 1
TEST_RI sltiu, 0, 1365, 1
TEST_RI sltiu, 1, 0, 0
TEST_RI sltiu, 1, 1, 0
TEST_RI sltiu, 1, -1, 1
TEST_RI sltiu, 1, 2047, 1
TEST_RI sltiu, 1, -2048, 1
TEST_RI sltiu, 1, 1365, 1
TEST_RI sltiu, 0xffffffffffffffff, 0, 0
TEST_RI sltiu, 0xffffffffffffffff, 1, 0
TEST_RI sltiu, 0xffffffffffffffff, -1, 0
TEST_RI sltiu, 0xffffffffffffffff, 2047, 0
TEST_RI sltiu, 0xffffffffffffffff, -2048, 0
TEST_RI sltiu, 0xffffffffffffffff, 1365, 0
TEST_RI sltiu, 0x7fffffffffffffff, 0, 0
TEST_RI sltiu, 0x7fffffffffffffff, 1, 0
TEST_RI sltiu, 0x7fffffffffffffff, -1, 1
TEST_RI sltiu, 0x7fffffffffffffff, 2047, 0
TEST_RI sltiu, 0x7fffffffffffffff, -2048, 1
TEST_RI sltiu, 0x7fffffffffffffff, 1365, 0
TEST_RI sltiu, 0x8000000000000000, 0, 0
TEST_RI sltiu, 0x8000000000000000, 1, 0
TEST_RI sltiu, 0x8000000000000000, -1, 1
TEST_RI sltiu, 0x8000000000000000, 2047, 0
TEST_RI sltiu, 0x8000000000000000, -2048, 1
TEST_RI sltiu, 0x8000000000000000, 1365, 0
TEST_RI sltiu, 0x7fffffff, 0, 0
TEST_RI sltiu, 0x7fffffff, 1, 0
TEST_RI sltiu, 0x7fffffff, -1, 1
TEST_RI sltiu, 0x7fffffff, 2047, 0
TEST_RI sltiu, 0x7fffffff, -2048, 1
TEST_RI sltiu, 0x7fffffff, 1365, 0
TEST_RI sltiu, 0x80000000, 0, 0
TEST_RI sltiu, 0x80000000, 1, 0
TEST_RI sltiu, 0x80000000, -1, 1
TEST_RI sltiu, 0x80000000, 2047, 0
TEST_RI sltiu, 0x80000000, -2048, 1
TEST_RI sltiu, 0x80000000, 1365, 0
TEST_RI sltiu, 0x123456789abcdef0, 0, 0
TEST_RI sltiu, 0x123456789abcdef0, 1, 0
TEST_RI sltiu, 0x123456789abcdef0, -1, 1
TEST_RI sltiu, 0x123456789abcdef0, 2047, 0
TEST_RI sltiu, 0x123456789abcdef0, -2048, 1
TEST_RI sltiu, 0x123456789abcdef0, 1365, 0
TEST_RI sltiu, 0xffffffff, 0, 0
TEST_RI sltiu, 0xffffffff, 1, 0
TEST_RI sltiu, 0xffffffff, -1, 1
TEST_RI sltiu, 0xffffffff, 2047, 0
TEST_RI sltiu, 0xffffffff, -2048, 1
TEST_RI sltiu, 0xffffffff, 1365, 0

TEST_RI andi, 0, 0, 0
TEST_RI andi, 0, 1, 0
TEST_RI andi, 0, -1, 0
TEST_RI andi, 0, 2047, 0
TEST_RI andi, 0, -2048, 0
TEST_RI andi, 0, 1365, 0
TEST_RI andi, 1, 0, 0
TEST_RI andi, 1, 1, 1
TEST_RI andi, 1, -1, 1
TEST_RI andi, 1, 2047, 1
TEST_RI andi, 1, -2048, 0
TEST_RI andi, 1, 1365, 1
TEST_RI andi, 0xffffffffffffffff, 0, 0
TEST_RI andi, 0xffffffffffffffff, 1, 1
TEST_RI andi, 0xffffffffffffffff, -1, 0xffffffffffffffff
TEST_RI andi, 0xffffffffffffffff, 2047, 0x7ff
TEST_RI andi, 0xffffffffffffffff, -2048, 0xfffffffffffff800
TEST_RI andi, 0xffffffffffffffff, 1365, 0x555
TEST_RI andi, 0x7fffffffffffffff, 0, 0
TEST_RI andi, 0x7fffffffffffffff, 1, 1
TEST_RI andi, 0x7fffffffffffffff, -1, 0x7fffffffffffffff
TEST_RI andi, 0x7fffffffffffffff, 2047, 0x7ff
TEST_RI andi, 0x7fffffffffffffff, -2048, 0x7ffffffffffff800
TEST_RI andi, 0x7fffffffffffffff, 1365, 0x555
TEST_RI andi, 0x8000000000000000, 0, 0
TEST_RI andi, 0x8000000000000000, 1, 0
TEST_RI andi, 0x8000000000000000, -1, 0x8000000000000000
TEST_RI andi, 0x8000000000000000, 2047, 0
TEST_RI andi, 0x8000000000000000, -2048, 0x8000000000000000
TEST_RI andi, 0x8000000000000000, 1365, 0
TEST_RI andi, 0x7fffffff, 0, 0
TEST_RI andi, 0x7fffffff, 1, 1
TEST_RI andi, 0x7fffffff, -1, 0x7fffffff
TEST_RI andi, 0x7fffffff, 2047, 0x7ff
TEST_RI andi, 0x7fffffff, -2048, 0x7ffff800
TEST_RI andi, 0x7fffffff, 1365, 0x555
TEST_RI andi, 0x80000000, 0, 0
TEST_RI andi, 0x80000000, 1, 0
TEST_RI andi, 0x80000000, -1, 0x80000000
TEST_RI andi, 0x80000000, 2047, 0
TEST_RI andi, 0x80000000, -2048, 0x80000000
TEST_RI andi, 0x80000000, 1365, 0
TEST_RI andi, 0x123456789abcdef0, 0, 0
TEST_RI andi, 0x123456789abcdef0, 1, 0
TEST_RI andi, 0x123456789abcdef0, -1, 0x123456789abcdef0
TEST_RI andi, 0x123456789abcdef0, 2047, 0x6f0
TEST_RI andi, 0x123456789abcdef0, -2048, 0x123456789abcd800
TEST_RI andi, 0x123456789abcdef0, 1365, 0x450
TEST_RI andi, 0xffffffff, 0, 0
TEST_RI andi, 0xffffffff, 1, 1
TEST_RI andi, 0xffffffff, -1, 0xffffffff
TEST_RI andi, 0xffffffff, 2047, 0x7ff
TEST_RI andi, 0xffffffff, -2048, 0xfffff800
TEST_RI andi, 0xffffffff, 1365, 0x555

TEST_RI ori, 0, 0, 0
TEST_RI ori, 0, 1, 1
TEST_RI ori, 0, -1, 0xffffffffffffffff
TEST_RI ori, 0, 2047, 0x7ff
TEST_RI ori, 0, -2048, 0xfffffffffffff800
TEST_RI ori, 0, 1365, 0x555
TEST_RI ori, 1, 0, 1
TEST_RI ori, 1, 1, 1
TEST_RI ori, 1, -1, 0xffffffffffffffff
TEST_RI ori, 1, 2047, 0x7ff
TEST_RI ori, 1, -2048, 0xfffffffffffff801
TEST_RI ori, 1, 1365, 0x555
TEST_RI ori, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RI ori, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RI ori, 0xffffffffffffffff, -1, 0xffffffffffffffff
TEST_RI ori, 0xffffffffffffffff, 2047, 0xffffffffffffffff
TEST_RI ori, 0xffffffffffffffff, -2048, 0xffffffffffffffff
TEST_RI ori, 0xffffffffffffffff, 1365, 0xffffffffffffffff
TEST_RI ori, 0x7fffffffffffffff, 0, 0x7fffffffffffffff
TEST_RI ori, 0x7fffffffffffffff, 1, 0x7fffffffffffffff
TEST_RI ori, 0x7fffffffffffffff, -1, 0xffffffffffffffff
TEST_RI ori, 0x7fffffffffffffff, 2047, 0x7fffffffffffffff
TEST_RI ori, 0x7fffffffffffffff, -2048, 0xffffffffffffffff
TEST_RI ori, 0x7fffffffffffffff, 1365, 0x7fffffffffffffff
TEST_RI ori, 0x8000000000000000, 0, 0x8000000000000000
TEST_RI ori, 0x8000000000000000, 1, 0x8000000000000001
TEST_RI ori, 0x8000000000000000, -1, 0xffffffffffffffff
TEST_RI ori, 0x8000000000000000, 2047, 0x80000000000007ff
TEST_RI ori, 0x8000000000000000, -2048, 0xfffffffffffff800
TEST_RI ori, 0x8000000000000000, 1365, 0x8000000000000555
TEST_RI ori, 0x7fffffff, 0, 0x7fffffff
TEST_RI ori, 0x7fffffff, 1, 0x7fffffff
TEST_RI ori, 0x7fffffff, -1, 0xffffffffffffffff
TEST_RI ori, 0x7fffffff, 2047, 0x7fffffff
TEST_RI ori, 0x7fffffff, -2048, 0xffffffffffffffff
TEST_RI ori, 0x7fffffff, 1365, 0x7fffffff
TEST_RI ori, 0x80000000, 0, 0x80000000
TEST_RI ori, 0x80000000, 1, 0x80000001
TEST_RI ori, 0x80000000, -1, 0xffffffffffffffff
TEST_RI ori, 0x80000000, 2047, 0x800007ff
TEST_RI ori, 0x80000000, -2048, 0xfffffffffffff800
TEST_RI ori, 0x80000000, 1365, 0x80000555
TEST_RI ori, 0x123456789abcdef0, 0, 0x123456789abcdef0
TEST_RI ori, 0x123456789abcdef0, 1, 0x123456789abcdef1
TEST_RI ori, 0x123456789abcdef0, -1, 0xffffffffffffffff
TEST_RI ori, 0x123456789abcdef0, 2047, 0x123456789abcdfff
TEST_RI ori, 0x123456789abcdef0, -2048, 0xfffffffffffffef0
TEST_RI ori, 0x123456789abcdef0, 1365, 0x123456789abcdff5
TEST_RI ori, 0xffffffff, 0, 0xffffffff
TEST_RI ori, 0xffffffff, 1, 0xffffffff
TEST_RI ori, 0xffffffff, -1, 0xffffffffffffffff
TEST_RI ori, 0xffffffff, 2047, 0xffffffff
TEST_RI ori, 0xffffffff, -2048, 0xffffffffffffffff
TEST_RI ori, 0xffffffff, 1365, 0xffffffff

TEST_RI xori, 0, 0, 0
TEST_RI xori, 0, 1, 1
TEST_RI xori, 0, -1, 0xffffffffffffffff
TEST_RI xori, 0, 2047, 0x7ff
TEST_RI xori, 0, -2048, 0xfffffffffffff800
TEST_RI xori, 0, 1365, 0x555
TEST_RI xori, 1, 0, 1
TEST_RI xori, 1, 1, 0
TEST_RI xori, 1, -1, 0xfffffffffffffffe
TEST_RI xori, 1, 2047, 0x7fe
TEST_RI xori, 1, -2048, 0xfffffffffffff801
TEST_RI xori, 1, 1365, 0x554
TEST_RI xori, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RI xori, 0xffffffffffffffff, 1, 0xfffffffffffffffe
TEST_RI xori, 0xffffffffffffffff, -1, 0
TEST_RI xori, 0xffffffffffffffff, 2047, 0xfffffffffffff800
TEST_RI xori, 0xffffffffffffffff, -2048, 0x7ff
TEST_RI xori, 0xffffffffffffffff, 1365, 0xfffffffffffffaaa
TEST_RI xori, 0x7fffffffffffffff, 0, 0x7fffffffffffffff
TEST_RI xori, 0x7fffffffffffffff, 1, 0x7ffffffffffffffe
TEST_RI xori, 0x7fffffffffffffff, -1, 0x8000000000000000
TEST_RI xori, 0x7fffffffffffffff, 2047, 0x7ffffffffffff800
TEST_RI xori, 0x7fffffffffffffff, -2048, 0x80000000000007ff
TEST_RI xori, 0x7fffffffffffffff, 1365, 0x7ffffffffffffaaa
TEST_RI xori, 0x8000000000000000, 0, 0x8000000000000000
TEST_RI xori, 0x8000000000000000, 1, 0x8000000000000001
TEST_RI xori, 0x8000000000000000, -1, 0x7fffffffffffffff
TEST_RI xori, 0x8000000000000000, 2047, 0x80000000000007ff
TEST_RI xori, 0x8000000000000000, -2048, 0x7ffffffffffff800
TEST_RI xori, 0x8000000000000000, 1365, 0x8000000000000555
TEST_RI xori, 0x7fffffff, 0, 0x7fffffff
TEST_RI xori, 0x7fffffff, 1, 0x7ffffffe
TEST_RI xori, 0x7fffffff, -1, 0xffffffff80000000
TEST_RI xori, 0x7fffffff, 2047, 0x7ffff800
TEST_RI xori, 0x7fffffff, -2048, 0xffffffff800007ff
TEST_RI xori, 0x7fffffff, 1365, 0x7ffffaaa
TEST_RI xori, 0x80000000, 0, 0x80000000
TEST_RI xori, 0x80000000, 1, 0x80000001
TEST_RI xori, 0x80000000, -1, 0xffffffff7fffffff
TEST_RI xori, 0x80000000, 2047, 0x800007ff
TEST_RI xori, 0x80000000, -2048, 0xffffffff7ffff800
TEST_RI xori, 0x80000000, 1365, 0x80000555
TEST_RI xori, 0x123456789abcdef0, 0, 0x123456789abcdef0
TEST_RI xori, 0x123456789abcdef0, 1, 0x123456789abcdef1
TEST_RI xori, 0x123456789abcdef0, -1, 0xedcba9876543210f
TEST_RI xori, 0x123456789abcdef0, 2047, 0x123456789abcd90f
TEST_RI xori, 0x123456789abcdef0, -2048, 0xedcba987654326f0
TEST_RI xori, 0x123456789abcdef0, 1365, 0x123456789abcdba5
TEST_RI xori, 0xffffffff, 0, 0xffffffff
TEST_RI xori, 0xffffffff, 1, 0xfffffffe
TEST_RI xori, 0xffffffff, -1, 0xffffffff00000000
TEST_RI xori, 0xffffffff, 2047, 0xfffff800
TEST_RI xori, 0xffffffff, -2048, 0xffffffff000007ff
TEST_RI xori, 0xffffffff, 1365, 0xfffffaaa

TEST_RI addiw, 0, 0, 0
TEST_RI addiw, 0, 1, 1
TEST_RI addiw, 0, -1, 0xffffffffffffffff
TEST_RI addiw, 0, 2047, 0x7ff
TEST_RI addiw, 0, -2048, 0xfffffffffffff800
TEST_RI addiw, 0, 1365, 0x555
TEST_RI addiw, 1, 0, 1
TEST_RI addiw, 1, 1, 2
TEST_RI addiw, 1, -1, 0
TEST_RI addiw, 1, 2047, 0x800
TEST_RI addiw, 1, -2048, 0xfffffffffffff801
TEST_RI addiw, 1, 1365, 0x556
TEST_RI addiw, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RI addiw, 0xffffffffffffffff, 1, 0
TEST_RI addiw, 0xffffffffffffffff, -1, 0xfffffffffffffffe
TEST_RI addiw, 0xffffffffffffffff, 2047, 0x7fe
TEST_RI addiw, 0xffffffffffffffff, -2048, 0xfffffffffffff7ff
TEST_RI addiw, 0xffffffffffffffff, 1365, 0x554
TEST_RI addiw, 0x7fffffffffffffff, 0, 0xffffffffffffffff
TEST_RI addiw, 0x7fffffffffffffff, 1, 0
TEST_RI addiw, 0x7fffffffffffffff, -1, 0xfffffffffffffffe
TEST_RI addiw, 0x7fffffffffffffff, 2047, 0x7fe
TEST_RI addiw, 0x7fffffffffffffff, -2048, 0xfffffffffffff7ff
TEST_RI addiw, 0x7fffffffffffffff, 1365, 0x554
TEST_RI addiw, 0x8000000000000000, 0, 0
TEST_RI addiw, 0x8000000000000000, 1, 1
TEST_RI addiw, 0x8000000000000000, -1, 0xffffffffffffffff
TEST_RI addiw, 0x8000000000000000, 2047, 0x7ff
TEST_RI addiw, 0x8000000000000000, -2048, 0xfffffffffffff800
TEST_RI addiw, 0x8000000000000000, 1365, 0x555
TEST_RI addiw, 0x7fffffff, 0, 0x7fffffff
TEST_RI addiw, 0x7fffffff, 1, 0xffffffff80000000
TEST_RI addiw, 0x7fffffff, -1, 0x7ffffffe
TEST_RI addiw, 0x7fffffff, 2047, 0xffffffff800007fe
TEST_RI addiw, 0x7fffffff, -2048, 0x7ffff7ff
TEST_RI addiw, 0x7fffffff, 1365, 0xffffffff80000554
TEST_RI addiw, 0x80000000, 0, 0xffffffff80000000
TEST_RI addiw, 0x80000000, 1, 0xffffffff80000001
TEST_RI addiw, 0x80000000, -1, 0x7fffffff
TEST_RI addiw, 0x80000000, 2047, 0xffffffff800007ff
TEST_RI addiw, 0x80000000, -2048, 0x7ffff800
TEST_RI addiw, 0x80000000, 1365, 0xffffffff80000555
TEST_RI addiw, 0x123456789abcdef0, 0, 0xffffffff9abcdef0
TEST_RI addiw, 0x123456789abcdef0, 1, 0xffffffff9abcdef1
TEST_RI addiw, 0x123456789abcdef0, -1, 0xffffffff9abcdeef
TEST_RI addiw, 0x123456789abcdef0, 2047, 0xffffffff9abce6ef
TEST_RI addiw, 0x123456789abcdef0, -2048, 0xffffffff9abcd6f0
TEST_RI addiw, 0x123456789abcdef0, 1365, 0xffffffff9abce445
TEST_RI addiw, 0xffffffff, 0, 0xffffffffffffffff
TEST_RI addiw, 0xffffffff, 1, 0
TEST_RI addiw, 0xffffffff, -1, 0xfffffffffffffffe
TEST_RI addiw, 0xffffffff, 2047, 0x7fe
TEST_RI addiw, 0xffffffff, -2048, 0xfffffffffffff7ff
TEST_RI addiw, 0xffffffff, 1365, 0x554

lui a0, 0x0
EXPECT 0, lui 0x0
lui a0, 0x1
EXPECT 0x1000, lui 0x1
lui a0, 0x7ffff
EXPECT 0x7ffff000, lui 0x7ffff
lui a0, 0x80000
EXPECT 0xffffffff80000000, lui 0x80000
lui a0, 0xfffff
EXPECT 0xfffffffffffff000, lui 0xfffff
lui a0, 0x12345
EXPECT 0x12345000, lui 0x12345

/* pc-relative: the difference of two auipc is the distance of their immediates and places */
lla a1, 1f
1: auipc a0, 0x0
sub a0, a0, a1
EXPECT 0, auipc 0x0
lla a1, 1f
1: auipc a0, 0x1
sub a0, a0, a1
EXPECT 0x1000, auipc 0x1
lla a1, 1f
1: auipc a0, 0x7ffff
sub a0, a0, a1
EXPECT 0x7ffff000, auipc 0x7ffff
lla a1, 1f
1: auipc a0, 0x80000
sub a0, a0, a1
EXPECT 0xffffffff80000000, auipc 0x80000
lla a1, 1f
1: auipc a0, 0xfffff
sub a0, a0, a1
EXPECT 0xfffffffffffff000, auipc 0xfffff
/* the low word of an address above 2 GiB is negative */
1: auipc a0, 0
addiw a0, a0, 7
lla a1, 1b
sub a0, a0, a1
EXPECT 0xffffffff00000007, auipc addiw
1: auipc a0, 0
addw a0, a0, zero
lla a1, 1b
sub a0, a0, a1
EXPECT 0xffffffff00000000, auipc addw

/* what the assembler builds from these: li of every shape goes through lui, addiw, slli, addi */
li a0, 0x123
EXPECT 0x123, li 0x123
li a0, -2048
EXPECT 0xfffffffffffff800, li -0x800
li a0, 0x7ff
EXPECT 0x7ff, li 0x7ff
li a0, 0x800
EXPECT 0x800, li 0x800
li a0, 0x12345678
EXPECT 0x12345678, li 0x12345678
li a0, 0x80000000
EXPECT 0x80000000, li 0x80000000
li a0, -2147483648
EXPECT 0xffffffff80000000, li -0x80000000
li a0, 0xdeadbeefcafebabe
EXPECT 0xdeadbeefcafebabe, li 0xdeadbeefcafebabe
li a0, 0x7fffffffffffffff
EXPECT 0x7fffffffffffffff, li 0x7fffffffffffffff
li a0, -9223372036854775808
EXPECT 0x8000000000000000, li -0x8000000000000000

/* x0 stays 0 whatever writes it */
addi zero, sp, 1
mv a0, zero
EXPECT 0, addi zero sp 1
lui zero, 1
mv a0, zero
EXPECT 0, lui zero 1
auipc zero, 1
mv a0, zero
EXPECT 0, auipc zero 1
ld zero, 0(sp)
mv a0, zero
EXPECT 0, ld zero 0(sp)
add zero, sp, sp
mv a0, zero
EXPECT 0, add zero sp sp
mulw zero, sp, sp
mv a0, zero
EXPECT 0, mulw zero sp sp
csrr zero, mhartid
mv a0, zero
EXPECT 0, csrr zero mhartid
lb zero, 0(sp)
mv a0, zero
EXPECT 0, lb zero 0(sp)

TEST_END

/* SPDX-License-Identifier: BSD-2-Clause */
/* Zbb: logic with negate, counts, extensions, minimum and maximum, rotates, bytes. */
#include "macros.h"

TEST_BEGIN

TEST_RR andn, 0, 0, 0
TEST_RR andn, 1, 1, 0
TEST_RR andn, 0, 0xffffffffffffffff, 0
TEST_RR andn, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR andn, 0xffffffffffffffff, 0xffffffffffffffff, 0
TEST_RR andn, 0xffffffffffffffff, 1, 0xfffffffffffffffe
TEST_RR andn, 1, 0xffffffffffffffff, 0
TEST_RR andn, 0x7fffffffffffffff, 1, 0x7ffffffffffffffe
TEST_RR andn, 1, 0x7fffffffffffffff, 0
TEST_RR andn, 0x8000000000000000, 0xffffffffffffffff, 0
TEST_RR andn, 0x8000000000000000, 1, 0x8000000000000000
TEST_RR andn, 0x8000000000000000, 0x8000000000000000, 0
TEST_RR andn, 0x7fffffffffffffff, 0x7fffffffffffffff, 0
TEST_RR andn, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000
TEST_RR andn, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_RR andn, 0x7fffffff, 1, 0x7ffffffe
TEST_RR andn, 0x80000000, 0xffffffffffffffff, 0
TEST_RR andn, 0xffffffff80000000, 0xffffffffffffffff, 0
TEST_RR andn, 0xffffffff80000000, 0xffffffff, 0xffffffff00000000
TEST_RR andn, 0xffffffff, 1, 0xfffffffe
TEST_RR andn, 0xffffffff, 0xffffffff, 0
TEST_RR andn, 0x100000000, 0x80000000, 0x100000000
TEST_RR andn, 0x123456789abcdef0, 0xfedcba9876543210, 0x20446088a8cce0
TEST_RR andn, 0xfedcba9876543210, 0x1234567, 0xfedcba9876543210
TEST_RR andn, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555
TEST_RR andn, 0xffffffff7fffffff, 0xffffffff80000000, 0x7fffffff
TEST_RR andn, 0x8000000000000000, 2, 0x8000000000000000
TEST_RR andn, 0x7fffffff00000000, 0xffffffff00000001, 0
TEST_RR_SAME andn, 0xfedcba9876543210, 0
TEST_RR_ZERO andn, 0xfedcba9876543210, 0, 0xfedcba9876543210

TEST_RR orn, 0, 0, 0xffffffffffffffff
TEST_RR orn, 1, 1, 0xffffffffffffffff
TEST_RR orn, 0, 0xffffffffffffffff, 0
TEST_RR orn, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR orn, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR orn, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR orn, 1, 0xffffffffffffffff, 1
TEST_RR orn, 0x7fffffffffffffff, 1, 0xffffffffffffffff
TEST_RR orn, 1, 0x7fffffffffffffff, 0x8000000000000001
TEST_RR orn, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000
TEST_RR orn, 0x8000000000000000, 1, 0xfffffffffffffffe
TEST_RR orn, 0x8000000000000000, 0x8000000000000000, 0xffffffffffffffff
TEST_RR orn, 0x7fffffffffffffff, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_RR orn, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000
TEST_RR orn, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_RR orn, 0x7fffffff, 1, 0xffffffffffffffff
TEST_RR orn, 0x80000000, 0xffffffffffffffff, 0x80000000
TEST_RR orn, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000000
TEST_RR orn, 0xffffffff80000000, 0xffffffff, 0xffffffff80000000
TEST_RR orn, 0xffffffff, 1, 0xffffffffffffffff
TEST_RR orn, 0xffffffff, 0xffffffff, 0xffffffffffffffff
TEST_RR orn, 0x100000000, 0x80000000, 0xffffffff7fffffff
TEST_RR orn, 0x123456789abcdef0, 0xfedcba9876543210, 0x1337577f9bbfdfff
TEST_RR orn, 0xfedcba9876543210, 0x1234567, 0xfffffffffedcba98
TEST_RR orn, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555
TEST_RR orn, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff7fffffff
TEST_RR orn, 0x8000000000000000, 2, 0xfffffffffffffffd
TEST_RR orn, 0x7fffffff00000000, 0xffffffff00000001, 0x7ffffffffffffffe
TEST_RR_SAME orn, 0xfedcba9876543210, 0xffffffffffffffff
TEST_RR_ZERO orn, 0xfedcba9876543210, 0x123456789abcdef, 0xffffffffffffffff

TEST_RR xnor, 0, 0, 0xffffffffffffffff
TEST_RR xnor, 1, 1, 0xffffffffffffffff
TEST_RR xnor, 0, 0xffffffffffffffff, 0
TEST_RR xnor, 0xffffffffffffffff, 0, 0
TEST_RR xnor, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR xnor, 0xffffffffffffffff, 1, 1
TEST_RR xnor, 1, 0xffffffffffffffff, 1
TEST_RR xnor, 0x7fffffffffffffff, 1, 0x8000000000000001
TEST_RR xnor, 1, 0x7fffffffffffffff, 0x8000000000000001
TEST_RR xnor, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000
TEST_RR xnor, 0x8000000000000000, 1, 0x7ffffffffffffffe
TEST_RR xnor, 0x8000000000000000, 0x8000000000000000, 0xffffffffffffffff
TEST_RR xnor, 0x7fffffffffffffff, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_RR xnor, 0x8000000000000000, 0x7fffffffffffffff, 0
TEST_RR xnor, 0x7fffffffffffffff, 0x8000000000000000, 0
TEST_RR xnor, 0x7fffffff, 1, 0xffffffff80000001
TEST_RR xnor, 0x80000000, 0xffffffffffffffff, 0x80000000
TEST_RR xnor, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000000
TEST_RR xnor, 0xffffffff80000000, 0xffffffff, 0x80000000
TEST_RR xnor, 0xffffffff, 1, 0xffffffff00000001
TEST_RR xnor, 0xffffffff, 0xffffffff, 0xffffffffffffffff
TEST_RR xnor, 0x100000000, 0x80000000, 0xfffffffe7fffffff
TEST_RR xnor, 0x123456789abcdef0, 0xfedcba9876543210, 0x1317131f1317131f
TEST_RR xnor, 0xfedcba9876543210, 0x1234567, 0x123456788888888
TEST_RR xnor, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0
TEST_RR xnor, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff00000000
TEST_RR xnor, 0x8000000000000000, 2, 0x7ffffffffffffffd
TEST_RR xnor, 0x7fffffff00000000, 0xffffffff00000001, 0x7ffffffffffffffe
TEST_RR_SAME xnor, 0xfedcba9876543210, 0xffffffffffffffff
TEST_RR_ZERO xnor, 0xfedcba9876543210, 0x123456789abcdef, 0x123456789abcdef

TEST_RR max, 0, 0, 0
TEST_RR max, 1, 1, 1
TEST_RR max, 0, 0xffffffffffffffff, 0
TEST_RR max, 0xffffffffffffffff, 0, 0
TEST_RR max, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR max, 0xffffffffffffffff, 1, 1
TEST_RR max, 1, 0xffffffffffffffff, 1
TEST_RR max, 0x7fffffffffffffff, 1, 0x7fffffffffffffff
TEST_RR max, 1, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR max, 0x8000000000000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR max, 0x8000000000000000, 1, 1
TEST_RR max, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000
TEST_RR max, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR max, 0x8000000000000000, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR max, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_RR max, 0x7fffffff, 1, 0x7fffffff
TEST_RR max, 0x80000000, 0xffffffffffffffff, 0x80000000
TEST_RR max, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR max, 0xffffffff80000000, 0xffffffff, 0xffffffff
TEST_RR max, 0xffffffff, 1, 0xffffffff
TEST_RR max, 0xffffffff, 0xffffffff, 0xffffffff
TEST_RR max, 0x100000000, 0x80000000, 0x100000000
TEST_RR max, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0
TEST_RR max, 0xfedcba9876543210, 0x1234567, 0x1234567
TEST_RR max, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555
TEST_RR max, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff80000000
TEST_RR max, 0x8000000000000000, 2, 2
TEST_RR max, 0x7fffffff00000000, 0xffffffff00000001, 0x7fffffff00000000
TEST_RR_SAME max, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR_ZERO max, 0xfedcba9876543210, 0, 0

TEST_RR min, 0, 0, 0
TEST_RR min, 1, 1, 1
TEST_RR min, 0, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR min, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR min, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR min, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR min, 1, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR min, 0x7fffffffffffffff, 1, 1
TEST_RR min, 1, 0x7fffffffffffffff, 1
TEST_RR min, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000
TEST_RR min, 0x8000000000000000, 1, 0x8000000000000000
TEST_RR min, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000
TEST_RR min, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR min, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000
TEST_RR min, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000000
TEST_RR min, 0x7fffffff, 1, 1
TEST_RR min, 0x80000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR min, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000000
TEST_RR min, 0xffffffff80000000, 0xffffffff, 0xffffffff80000000
TEST_RR min, 0xffffffff, 1, 1
TEST_RR min, 0xffffffff, 0xffffffff, 0xffffffff
TEST_RR min, 0x100000000, 0x80000000, 0x80000000
TEST_RR min, 0x123456789abcdef0, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR min, 0xfedcba9876543210, 0x1234567, 0xfedcba9876543210
TEST_RR min, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaaa
TEST_RR min, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff7fffffff
TEST_RR min, 0x8000000000000000, 2, 0x8000000000000000
TEST_RR min, 0x7fffffff00000000, 0xffffffff00000001, 0xffffffff00000001
TEST_RR_SAME min, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR_ZERO min, 0xfedcba9876543210, 0xfedcba9876543210, 0xfedcba9876543210

TEST_RR maxu, 0, 0, 0
TEST_RR maxu, 1, 1, 1
TEST_RR maxu, 0, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR maxu, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR maxu, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR maxu, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR maxu, 1, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR maxu, 0x7fffffffffffffff, 1, 0x7fffffffffffffff
TEST_RR maxu, 1, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR maxu, 0x8000000000000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR maxu, 0x8000000000000000, 1, 0x8000000000000000
TEST_RR maxu, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000
TEST_RR maxu, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR maxu, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000000000000
TEST_RR maxu, 0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000000
TEST_RR maxu, 0x7fffffff, 1, 0x7fffffff
TEST_RR maxu, 0x80000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR maxu, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR maxu, 0xffffffff80000000, 0xffffffff, 0xffffffff80000000
TEST_RR maxu, 0xffffffff, 1, 0xffffffff
TEST_RR maxu, 0xffffffff, 0xffffffff, 0xffffffff
TEST_RR maxu, 0x100000000, 0x80000000, 0x100000000
TEST_RR maxu, 0x123456789abcdef0, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR maxu, 0xfedcba9876543210, 0x1234567, 0xfedcba9876543210
TEST_RR maxu, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaaa
TEST_RR maxu, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff80000000
TEST_RR maxu, 0x8000000000000000, 2, 0x8000000000000000
TEST_RR maxu, 0x7fffffff00000000, 0xffffffff00000001, 0xffffffff00000001
TEST_RR_SAME maxu, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR_ZERO maxu, 0xfedcba9876543210, 0xfedcba9876543210, 0xfedcba9876543210

TEST_RR minu, 0, 0, 0
TEST_RR minu, 1, 1, 1
TEST_RR minu, 0, 0xffffffffffffffff, 0
TEST_RR minu, 0xffffffffffffffff, 0, 0
TEST_RR minu, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR minu, 0xffffffffffffffff, 1, 1
TEST_RR minu, 1, 0xffffffffffffffff, 1
TEST_RR minu, 0x7fffffffffffffff, 1, 1
TEST_RR minu, 1, 0x7fffffffffffffff, 1
TEST_RR minu, 0x8000000000000000, 0xffffffffffffffff, 0x8000000000000000
TEST_RR minu, 0x8000000000000000, 1, 1
TEST_RR minu, 0x8000000000000000, 0x8000000000000000, 0x8000000000000000
TEST_RR minu, 0x7fffffffffffffff, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR minu, 0x8000000000000000, 0x7fffffffffffffff, 0x7fffffffffffffff
TEST_RR minu, 0x7fffffffffffffff, 0x8000000000000000, 0x7fffffffffffffff
TEST_RR minu, 0x7fffffff, 1, 1
TEST_RR minu, 0x80000000, 0xffffffffffffffff, 0x80000000
TEST_RR minu, 0xffffffff80000000, 0xffffffffffffffff, 0xffffffff80000000
TEST_RR minu, 0xffffffff80000000, 0xffffffff, 0xffffffff
TEST_RR minu, 0xffffffff, 1, 1
TEST_RR minu, 0xffffffff, 0xffffffff, 0xffffffff
TEST_RR minu, 0x100000000, 0x80000000, 0x80000000
TEST_RR minu, 0x123456789abcdef0, 0xfedcba9876543210, 0x123456789abcdef0
TEST_RR minu, 0xfedcba9876543210, 0x1234567, 0x1234567
TEST_RR minu, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555
TEST_RR minu, 0xffffffff7fffffff, 0xffffffff80000000, 0xffffffff7fffffff
TEST_RR minu, 0x8000000000000000, 2, 2
TEST_RR minu, 0x7fffffff00000000, 0xffffffff00000001, 0x7fffffff00000000
TEST_RR_SAME minu, 0xfedcba9876543210, 0xfedcba9876543210
TEST_RR_ZERO minu, 0xfedcba9876543210, 0, 0

TEST_RR rol, 1, 0, 1
TEST_RR rol, 1, 1, 2
TEST_RR rol, 1, 7, 0x80
TEST_RR rol, 1, 0x1f, 0x80000000
TEST_RR rol, 1, 0x20, 0x100000000
TEST_RR rol, 1, 0x21, 0x200000000
TEST_RR rol, 1, 0x3f, 0x8000000000000000
TEST_RR rol, 1, 0x40, 1
TEST_RR rol, 1, 0xffffffffffffffff, 0x8000000000000000
TEST_RR rol, 1, 0x100000020, 0x100000000
TEST_RR rol, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 7, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 0x1f, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 0x20, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 0x21, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 0x3f, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 0x40, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR rol, 0xffffffffffffffff, 0x100000020, 0xffffffffffffffff
TEST_RR rol, 0x8000000000000000, 0, 0x8000000000000000
TEST_RR rol, 0x8000000000000000, 1, 1
TEST_RR rol, 0x8000000000000000, 7, 0x40
TEST_RR rol, 0x8000000000000000, 0x1f, 0x40000000
TEST_RR rol, 0x8000000000000000, 0x20, 0x80000000
TEST_RR rol, 0x8000000000000000, 0x21, 0x100000000
TEST_RR rol, 0x8000000000000000, 0x3f, 0x4000000000000000
TEST_RR rol, 0x8000000000000000, 0x40, 0x8000000000000000
TEST_RR rol, 0x8000000000000000, 0xffffffffffffffff, 0x4000000000000000
TEST_RR rol, 0x8000000000000000, 0x100000020, 0x80000000
TEST_RR rol, 0x123456789abcdef0, 0, 0x123456789abcdef0
TEST_RR rol, 0x123456789abcdef0, 1, 0x2468acf13579bde0
TEST_RR rol, 0x123456789abcdef0, 7, 0x1a2b3c4d5e6f7809
TEST_RR rol, 0x123456789abcdef0, 0x1f, 0x4d5e6f78091a2b3c
TEST_RR rol, 0x123456789abcdef0, 0x20, 0x9abcdef012345678
TEST_RR rol, 0x123456789abcdef0, 0x21, 0x3579bde02468acf1
TEST_RR rol, 0x123456789abcdef0, 0x3f, 0x91a2b3c4d5e6f78
TEST_RR rol, 0x123456789abcdef0, 0x40, 0x123456789abcdef0
TEST_RR rol, 0x123456789abcdef0, 0xffffffffffffffff, 0x91a2b3c4d5e6f78
TEST_RR rol, 0x123456789abcdef0, 0x100000020, 0x9abcdef012345678
TEST_RR rol, 0xfedcba9876543210, 0, 0xfedcba9876543210
TEST_RR rol, 0xfedcba9876543210, 1, 0xfdb97530eca86421
TEST_RR rol, 0xfedcba9876543210, 7, 0x6e5d4c3b2a19087f
TEST_RR rol, 0xfedcba9876543210, 0x1f, 0x3b2a19087f6e5d4c
TEST_RR rol, 0xfedcba9876543210, 0x20, 0x76543210fedcba98
TEST_RR rol, 0xfedcba9876543210, 0x21, 0xeca86421fdb97530
TEST_RR rol, 0xfedcba9876543210, 0x3f, 0x7f6e5d4c3b2a1908
TEST_RR rol, 0xfedcba9876543210, 0x40, 0xfedcba9876543210
TEST_RR rol, 0xfedcba9876543210, 0xffffffffffffffff, 0x7f6e5d4c3b2a1908
TEST_RR rol, 0xfedcba9876543210, 0x100000020, 0x76543210fedcba98
TEST_RR_SAME rol, 0xfedcba9876543210, 0xba9876543210fedc
TEST_RR_ZERO rol, 0xfedcba9876543210, 0, 0xfedcba9876543210

TEST_RR ror, 1, 0, 1
TEST_RR ror, 1, 1, 0x8000000000000000
TEST_RR ror, 1, 7, 0x200000000000000
TEST_RR ror, 1, 0x1f, 0x200000000
TEST_RR ror, 1, 0x20, 0x100000000
TEST_RR ror, 1, 0x21, 0x80000000
TEST_RR ror, 1, 0x3f, 2
TEST_RR ror, 1, 0x40, 1
TEST_RR ror, 1, 0xffffffffffffffff, 2
TEST_RR ror, 1, 0x100000020, 0x100000000
TEST_RR ror, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 7, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 0x1f, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 0x20, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 0x21, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 0x3f, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 0x40, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR ror, 0xffffffffffffffff, 0x100000020, 0xffffffffffffffff
TEST_RR ror, 0x8000000000000000, 0, 0x8000000000000000
TEST_RR ror, 0x8000000000000000, 1, 0x4000000000000000
TEST_RR ror, 0x8000000000000000, 7, 0x100000000000000
TEST_RR ror, 0x8000000000000000, 0x1f, 0x100000000
TEST_RR ror, 0x8000000000000000, 0x20, 0x80000000
TEST_RR ror, 0x8000000000000000, 0x21, 0x40000000
TEST_RR ror, 0x8000000000000000, 0x3f, 1
TEST_RR ror, 0x8000000000000000, 0x40, 0x8000000000000000
TEST_RR ror, 0x8000000000000000, 0xffffffffffffffff, 1
TEST_RR ror, 0x8000000000000000, 0x100000020, 0x80000000
TEST_RR ror, 0x123456789abcdef0, 0, 0x123456789abcdef0
TEST_RR ror, 0x123456789abcdef0, 1, 0x91a2b3c4d5e6f78
TEST_RR ror, 0x123456789abcdef0, 7, 0xe02468acf13579bd
TEST_RR ror, 0x123456789abcdef0, 0x1f, 0x3579bde02468acf1
TEST_RR ror, 0x123456789abcdef0, 0x20, 0x9abcdef012345678
TEST_RR ror, 0x123456789abcdef0, 0x21, 0x4d5e6f78091a2b3c
TEST_RR ror, 0x123456789abcdef0, 0x3f, 0x2468acf13579bde0
TEST_RR ror, 0x123456789abcdef0, 0x40, 0x123456789abcdef0
TEST_RR ror, 0x123456789abcdef0, 0xffffffffffffffff, 0x2468acf13579bde0
TEST_RR ror, 0x123456789abcdef0, 0x100000020, 0x9abcdef012345678
TEST_RR ror, 0xfedcba9876543210, 0, 0xfedcba9876543210
TEST_RR ror, 0xfedcba9876543210, 1, 0x7f6e5d4c3b2a1908
TEST_RR ror, 0xfedcba9876543210, 7, 0x21fdb97530eca864
TEST_RR ror, 0xfedcba9876543210, 0x1f, 0xeca86421fdb97530
TEST_RR ror, 0xfedcba9876543210, 0x20, 0x76543210fedcba98
TEST_RR ror, 0xfedcba9876543210, 0x21, 0x3b2a19087f6e5d4c
TEST_RR ror, 0xfedcba9876543210, 0x3f, 0xfdb97530eca86421
TEST_RR ror, 0xfedcba9876543210, 0x40, 0xfedcba9876543210
TEST_RR ror, 0xfedcba9876543210, 0xffffffffffffffff, 0xfdb97530eca86421
TEST_RR ror, 0xfedcba9876543210, 0x100000020, 0x76543210fedcba98
TEST_RR_SAME ror, 0xfedcba9876543210, 0x3210fedcba987654
TEST_RR_ZERO ror, 0xfedcba9876543210, 0, 0xfedcba9876543210

TEST_RR rolw, 1, 0, 1
TEST_RR rolw, 1, 1, 2
TEST_RR rolw, 1, 7, 0x80
TEST_RR rolw, 1, 0x1f, 0xffffffff80000000
TEST_RR rolw, 1, 0x20, 1
TEST_RR rolw, 1, 0x21, 2
TEST_RR rolw, 1, 0x3f, 0xffffffff80000000
TEST_RR rolw, 1, 0x40, 1
TEST_RR rolw, 1, 0xffffffffffffffff, 0xffffffff80000000
TEST_RR rolw, 1, 0x100000020, 1
TEST_RR rolw, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 7, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 0x1f, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 0x20, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 0x21, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 0x3f, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 0x40, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR rolw, 0xffffffffffffffff, 0x100000020, 0xffffffffffffffff
TEST_RR rolw, 0x8000000000000000, 0, 0
TEST_RR rolw, 0x8000000000000000, 1, 0
TEST_RR rolw, 0x8000000000000000, 7, 0
TEST_RR rolw, 0x8000000000000000, 0x1f, 0
TEST_RR rolw, 0x8000000000000000, 0x20, 0
TEST_RR rolw, 0x8000000000000000, 0x21, 0
TEST_RR rolw, 0x8000000000000000, 0x3f, 0
TEST_RR rolw, 0x8000000000000000, 0x40, 0
TEST_RR rolw, 0x8000000000000000, 0xffffffffffffffff, 0
TEST_RR rolw, 0x8000000000000000, 0x100000020, 0
TEST_RR rolw, 0x123456789abcdef0, 0, 0xffffffff9abcdef0
TEST_RR rolw, 0x123456789abcdef0, 1, 0x3579bde1
TEST_RR rolw, 0x123456789abcdef0, 7, 0x5e6f784d
TEST_RR rolw, 0x123456789abcdef0, 0x1f, 0x4d5e6f78
TEST_RR rolw, 0x123456789abcdef0, 0x20, 0xffffffff9abcdef0
TEST_RR rolw, 0x123456789abcdef0, 0x21, 0x3579bde1
TEST_RR rolw, 0x123456789abcdef0, 0x3f, 0x4d5e6f78
TEST_RR rolw, 0x123456789abcdef0, 0x40, 0xffffffff9abcdef0
TEST_RR rolw, 0x123456789abcdef0, 0xffffffffffffffff, 0x4d5e6f78
TEST_RR rolw, 0x123456789abcdef0, 0x100000020, 0xffffffff9abcdef0
TEST_RR rolw, 0xfedcba9876543210, 0, 0x76543210
TEST_RR rolw, 0xfedcba9876543210, 1, 0xffffffffeca86420
TEST_RR rolw, 0xfedcba9876543210, 7, 0x2a19083b
TEST_RR rolw, 0xfedcba9876543210, 0x1f, 0x3b2a1908
TEST_RR rolw, 0xfedcba9876543210, 0x20, 0x76543210
TEST_RR rolw, 0xfedcba9876543210, 0x21, 0xffffffffeca86420
TEST_RR rolw, 0xfedcba9876543210, 0x3f, 0x3b2a1908
TEST_RR rolw, 0xfedcba9876543210, 0x40, 0x76543210
TEST_RR rolw, 0xfedcba9876543210, 0xffffffffffffffff, 0x3b2a1908
TEST_RR rolw, 0xfedcba9876543210, 0x100000020, 0x76543210
TEST_RR_SAME rolw, 0xfedcba9876543210, 0x32107654
TEST_RR_ZERO rolw, 0xfedcba9876543210, 0, 0x76543210

TEST_RR rorw, 1, 0, 1
TEST_RR rorw, 1, 1, 0xffffffff80000000
TEST_RR rorw, 1, 7, 0x2000000
TEST_RR rorw, 1, 0x1f, 2
TEST_RR rorw, 1, 0x20, 1
TEST_RR rorw, 1, 0x21, 0xffffffff80000000
TEST_RR rorw, 1, 0x3f, 2
TEST_RR rorw, 1, 0x40, 1
TEST_RR rorw, 1, 0xffffffffffffffff, 2
TEST_RR rorw, 1, 0x100000020, 1
TEST_RR rorw, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 7, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 0x1f, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 0x20, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 0x21, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 0x3f, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 0x40, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff
TEST_RR rorw, 0xffffffffffffffff, 0x100000020, 0xffffffffffffffff
TEST_RR rorw, 0x8000000000000000, 0, 0
TEST_RR rorw, 0x8000000000000000, 1, 0
TEST_RR rorw, 0x8000000000000000, 7, 0
TEST_RR rorw, 0x8000000000000000, 0x1f, 0
TEST_RR rorw, 0x8000000000000000, 0x20, 0
TEST_RR rorw, 0x8000000000000000, 0x21, 0
TEST_RR rorw, 0x8000000000000000, 0x3f, 0
TEST_RR rorw, 0x8000000000000000, 0x40, 0
TEST_RR rorw, 0x8000000000000000, 0xffffffffffffffff, 0
TEST_RR rorw, 0x8000000000000000, 0x100000020, 0
TEST_RR rorw, 0x123456789abcdef0, 0, 0xffffffff9abcdef0
TEST_RR rorw, 0x123456789abcdef0, 1, 0x4d5e6f78
TEST_RR rorw, 0x123456789abcdef0, 7, 0xffffffffe13579bd
TEST_RR rorw, 0x123456789abcdef0, 0x1f, 0x3579bde1
TEST_RR rorw, 0x123456789abcdef0, 0x20, 0xffffffff9abcdef0
TEST_RR rorw, 0x123456789abcdef0, 0x21, 0x4d5e6f78
TEST_RR rorw, 0x123456789abcdef0, 0x3f, 0x3579bde1
TEST_RR rorw, 0x123456789abcdef0, 0x40, 0xffffffff9abcdef0
TEST_RR rorw, 0x123456789abcdef0, 0xffffffffffffffff, 0x3579bde1
TEST_RR rorw, 0x123456789abcdef0, 0x100000020, 0xffffffff9abcdef0
TEST_RR rorw, 0xfedcba9876543210, 0, 0x76543210
TEST_RR rorw, 0xfedcba9876543210, 1, 0x3b2a1908
TEST_RR rorw, 0xfedcba9876543210, 7, 0x20eca864
TEST_RR rorw, 0xfedcba9876543210, 0x1f, 0xffffffffeca86420
TEST_RR rorw, 0xfedcba9876543210, 0x20, 0x76543210
TEST_RR rorw, 0xfedcba9876543210, 0x21, 0x3b2a1908
TEST_RR rorw, 0xfedcba9876543210, 0x3f, 0xffffffffeca86420
TEST_RR rorw, 0xfedcba9876543210, 0x40, 0x76543210
TEST_RR rorw, 0xfedcba9876543210, 0xffffffffffffffff, 0xffffffffeca86420
TEST_RR rorw, 0xfedcba9876543210, 0x100000020, 0x76543210
TEST_RR_SAME rorw, 0xfedcba9876543210, 0x32107654
TEST_RR_ZERO rorw, 0xfedcba9876543210, 0, 0x76543210

TEST_RI rori, 1, 0, 1
TEST_RI rori, 1, 1, 0x8000000000000000
TEST_RI rori, 1, 8, 0x100000000000000
TEST_RI rori, 1, 31, 0x200000000
TEST_RI rori, 1, 32, 0x100000000
TEST_RI rori, 1, 63, 2
TEST_RI rori, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RI rori, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RI rori, 0xffffffffffffffff, 8, 0xffffffffffffffff
TEST_RI rori, 0xffffffffffffffff, 31, 0xffffffffffffffff
TEST_RI rori, 0xffffffffffffffff, 32, 0xffffffffffffffff
TEST_RI rori, 0xffffffffffffffff, 63, 0xffffffffffffffff
TEST_RI rori, 0x8000000000000000, 0, 0x8000000000000000
TEST_RI rori, 0x8000000000000000, 1, 0x4000000000000000
TEST_RI rori, 0x8000000000000000, 8, 0x80000000000000
TEST_RI rori, 0x8000000000000000, 31, 0x100000000
TEST_RI rori, 0x8000000000000000, 32, 0x80000000
TEST_RI rori, 0x8000000000000000, 63, 1
TEST_RI rori, 0x123456789abcdef0, 0, 0x123456789abcdef0
TEST_RI rori, 0x123456789abcdef0, 1, 0x91a2b3c4d5e6f78
TEST_RI rori, 0x123456789abcdef0, 8, 0xf0123456789abcde
TEST_RI rori, 0x123456789abcdef0, 31, 0x3579bde02468acf1
TEST_RI rori, 0x123456789abcdef0, 32, 0x9abcdef012345678
TEST_RI rori, 0x123456789abcdef0, 63, 0x2468acf13579bde0
TEST_RI rori, 0xfedcba9876543210, 0, 0xfedcba9876543210
TEST_RI rori, 0xfedcba9876543210, 1, 0x7f6e5d4c3b2a1908
TEST_RI rori, 0xfedcba9876543210, 8, 0x10fedcba98765432
TEST_RI rori, 0xfedcba9876543210, 31, 0xeca86421fdb97530
TEST_RI rori, 0xfedcba9876543210, 32, 0x76543210fedcba98
TEST_RI rori, 0xfedcba9876543210, 63, 0xfdb97530eca86421
TEST_RI rori, 0xffffffff7fffffff, 0, 0xffffffff7fffffff
TEST_RI rori, 0xffffffff7fffffff, 1, 0xffffffffbfffffff
TEST_RI rori, 0xffffffff7fffffff, 8, 0xffffffffff7fffff
TEST_RI rori, 0xffffffff7fffffff, 31, 0xfffffffffffffffe
TEST_RI rori, 0xffffffff7fffffff, 32, 0x7fffffffffffffff
TEST_RI rori, 0xffffffff7fffffff, 63, 0xfffffffeffffffff

TEST_RI roriw, 1, 0, 1
TEST_RI roriw, 1, 1, 0xffffffff80000000
TEST_RI roriw, 1, 8, 0x1000000
TEST_RI roriw, 1, 31, 2
TEST_RI roriw, 0xffffffffffffffff, 0, 0xffffffffffffffff
TEST_RI roriw, 0xffffffffffffffff, 1, 0xffffffffffffffff
TEST_RI roriw, 0xffffffffffffffff, 8, 0xffffffffffffffff
TEST_RI roriw, 0xffffffffffffffff, 31, 0xffffffffffffffff
TEST_RI roriw, 0x8000000000000000, 0, 0
TEST_RI roriw, 0x8000000000000000, 1, 0
TEST_RI roriw, 0x8000000000000000, 8, 0
TEST_RI roriw, 0x8000000000000000, 31, 0
TEST_RI roriw, 0x123456789abcdef0, 0, 0xffffffff9abcdef0
TEST_RI roriw, 0x123456789abcdef0, 1, 0x4d5e6f78
TEST_RI roriw, 0x123456789abcdef0, 8, 0xfffffffff09abcde
TEST_RI roriw, 0x123456789abcdef0, 31, 0x3579bde1
TEST_RI roriw, 0xfedcba9876543210, 0, 0x76543210
TEST_RI roriw, 0xfedcba9876543210, 1, 0x3b2a1908
TEST_RI roriw, 0xfedcba9876543210, 8, 0x10765432
TEST_RI roriw, 0xfedcba9876543210, 31, 0xffffffffeca86420
TEST_RI roriw, 0xffffffff7fffffff, 0, 0x7fffffff
TEST_RI roriw, 0xffffffff7fffffff, 1, 0xffffffffbfffffff
TEST_RI roriw, 0xffffffff7fffffff, 8, 0xffffffffff7fffff
TEST_RI roriw, 0xffffffff7fffffff, 31, 0xfffffffffffffffe

TEST_R clz, 0, 0x40
TEST_R clz, 1, 0x3f
TEST_R clz, 0xffffffffffffffff, 0
TEST_R clz, 0x7fffffffffffffff, 1
TEST_R clz, 0x8000000000000000, 0
TEST_R clz, 0x7fffffff, 0x21
TEST_R clz, 0x80000000, 0x20
TEST_R clz, 0xffffffff80000000, 0
TEST_R clz, 0xffffffff, 0x20
TEST_R clz, 0x123456789abcdef0, 3
TEST_R clz, 0xfedcba9876543210, 0
TEST_R clz, 0xffffffff7fffffff, 0
TEST_R clz, 0x100000000, 0x1f
TEST_R clz, 0x5555555555555555, 1
TEST_R clz, 0x80, 0x38
TEST_R clz, 0xff, 0x38
TEST_R clz, 0x8000, 0x30
TEST_R clz, 0x7fff, 0x31
TEST_R clz, 0x100000000000080, 7
TEST_R clz, 0xff00ff0000ff01, 8
TEST_R clz, 0x8000000000000001, 0

TEST_R ctz, 0, 0x40
TEST_R ctz, 1, 0
TEST_R ctz, 0xffffffffffffffff, 0
TEST_R ctz, 0x7fffffffffffffff, 0
TEST_R ctz, 0x8000000000000000, 0x3f
TEST_R ctz, 0x7fffffff, 0
TEST_R ctz, 0x80000000, 0x1f
TEST_R ctz, 0xffffffff80000000, 0x1f
TEST_R ctz, 0xffffffff, 0
TEST_R ctz, 0x123456789abcdef0, 4
TEST_R ctz, 0xfedcba9876543210, 4
TEST_R ctz, 0xffffffff7fffffff, 0
TEST_R ctz, 0x100000000, 0x20
TEST_R ctz, 0x5555555555555555, 0
TEST_R ctz, 0x80, 7
TEST_R ctz, 0xff, 0
TEST_R ctz, 0x8000, 0xf
TEST_R ctz, 0x7fff, 0
TEST_R ctz, 0x100000000000080, 7
TEST_R ctz, 0xff00ff0000ff01, 0
TEST_R ctz, 0x8000000000000001, 0

TEST_R cpop, 0, 0
TEST_R cpop, 1, 1
TEST_R cpop, 0xffffffffffffffff, 0x40
TEST_R cpop, 0x7fffffffffffffff, 0x3f
TEST_R cpop, 0x8000000000000000, 1
TEST_R cpop, 0x7fffffff, 0x1f
TEST_R cpop, 0x80000000, 1
TEST_R cpop, 0xffffffff80000000, 0x21
TEST_R cpop, 0xffffffff, 0x20
TEST_R cpop, 0x123456789abcdef0, 0x20
TEST_R cpop, 0xfedcba9876543210, 0x20
TEST_R cpop, 0xffffffff7fffffff, 0x3f
TEST_R cpop, 0x100000000, 1
TEST_R cpop, 0x5555555555555555, 0x20
TEST_R cpop, 0x80, 1
TEST_R cpop, 0xff, 8
TEST_R cpop, 0x8000, 1
TEST_R cpop, 0x7fff, 0xf
TEST_R cpop, 0x100000000000080, 2
TEST_R cpop, 0xff00ff0000ff01, 0x19
TEST_R cpop, 0x8000000000000001, 2

TEST_R clzw, 0, 0x20
TEST_R clzw, 1, 0x1f
TEST_R clzw, 0xffffffffffffffff, 0
TEST_R clzw, 0x7fffffffffffffff, 0
TEST_R clzw, 0x8000000000000000, 0x20
TEST_R clzw, 0x7fffffff, 1
TEST_R clzw, 0x80000000, 0
TEST_R clzw, 0xffffffff80000000, 0
TEST_R clzw, 0xffffffff, 0
TEST_R clzw, 0x123456789abcdef0, 0
TEST_R clzw, 0xfedcba9876543210, 1
TEST_R clzw, 0xffffffff7fffffff, 1
TEST_R clzw, 0x100000000, 0x20
TEST_R clzw, 0x5555555555555555, 1
TEST_R clzw, 0x80, 0x18
TEST_R clzw, 0xff, 0x18
TEST_R clzw, 0x8000, 0x10
TEST_R clzw, 0x7fff, 0x11
TEST_R clzw, 0x100000000000080, 0x18
TEST_R clzw, 0xff00ff0000ff01, 0x10
TEST_R clzw, 0x8000000000000001, 0x1f

TEST_R ctzw, 0, 0x20
TEST_R ctzw, 1, 0
TEST_R ctzw, 0xffffffffffffffff, 0
TEST_R ctzw, 0x7fffffffffffffff, 0
TEST_R ctzw, 0x8000000000000000, 0x20
TEST_R ctzw, 0x7fffffff, 0
TEST_R ctzw, 0x80000000, 0x1f
TEST_R ctzw, 0xffffffff80000000, 0x1f
TEST_R ctzw, 0xffffffff, 0
TEST_R ctzw, 0x123456789abcdef0, 4
TEST_R ctzw, 0xfedcba9876543210, 4
TEST_R ctzw, 0xffffffff7fffffff, 0
TEST_R ctzw, 0x100000000, 0x20
TEST_R ctzw, 0x5555555555555555, 0
TEST_R ctzw, 0x80, 7
TEST_R ctzw, 0xff, 0
TEST_R ctzw, 0x8000, 0xf
TEST_R ctzw, 0x7fff, 0
TEST_R ctzw, 0x100000000000080, 7
TEST_R ctzw, 0xff00ff0000ff01, 0
TEST_R ctzw, 0x8000000000000001, 0

TEST_R cpopw, 0, 0
TEST_R cpopw, 1, 1
TEST_R cpopw, 0xffffffffffffffff, 0x20
TEST_R cpopw, 0x7fffffffffffffff, 0x20
TEST_R cpopw, 0x8000000000000000, 0
TEST_R cpopw, 0x7fffffff, 0x1f
TEST_R cpopw, 0x80000000, 1
TEST_R cpopw, 0xffffffff80000000, 1
TEST_R cpopw, 0xffffffff, 0x20
TEST_R cpopw, 0x123456789abcdef0, 0x13
TEST_R cpopw, 0xfedcba9876543210, 0xc
TEST_R cpopw, 0xffffffff7fffffff, 0x1f
TEST_R cpopw, 0x100000000, 0
TEST_R cpopw, 0x5555555555555555, 0x10
TEST_R cpopw, 0x80, 1
TEST_R cpopw, 0xff, 8
TEST_R cpopw, 0x8000, 1
TEST_R cpopw, 0x7fff, 0xf
TEST_R cpopw, 0x100000000000080, 1
TEST_R cpopw, 0xff00ff0000ff01, 9
TEST_R cpopw, 0x8000000000000001, 1

TEST_R sext.b, 0, 0
TEST_R sext.b, 1, 1
TEST_R sext.b, 0xffffffffffffffff, 0xffffffffffffffff
TEST_R sext.b, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_R sext.b, 0x8000000000000000, 0
TEST_R sext.b, 0x7fffffff, 0xffffffffffffffff
TEST_R sext.b, 0x80000000, 0
TEST_R sext.b, 0xffffffff80000000, 0
TEST_R sext.b, 0xffffffff, 0xffffffffffffffff
TEST_R sext.b, 0x123456789abcdef0, 0xfffffffffffffff0
TEST_R sext.b, 0xfedcba9876543210, 0x10
TEST_R sext.b, 0xffffffff7fffffff, 0xffffffffffffffff
TEST_R sext.b, 0x100000000, 0
TEST_R sext.b, 0x5555555555555555, 0x55
TEST_R sext.b, 0x80, 0xffffffffffffff80
TEST_R sext.b, 0xff, 0xffffffffffffffff
TEST_R sext.b, 0x8000, 0
TEST_R sext.b, 0x7fff, 0xffffffffffffffff
TEST_R sext.b, 0x100000000000080, 0xffffffffffffff80
TEST_R sext.b, 0xff00ff0000ff01, 1
TEST_R sext.b, 0x8000000000000001, 1

TEST_R sext.h, 0, 0
TEST_R sext.h, 1, 1
TEST_R sext.h, 0xffffffffffffffff, 0xffffffffffffffff
TEST_R sext.h, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_R sext.h, 0x8000000000000000, 0
TEST_R sext.h, 0x7fffffff, 0xffffffffffffffff
TEST_R sext.h, 0x80000000, 0
TEST_R sext.h, 0xffffffff80000000, 0
TEST_R sext.h, 0xffffffff, 0xffffffffffffffff
TEST_R sext.h, 0x123456789abcdef0, 0xffffffffffffdef0
TEST_R sext.h, 0xfedcba9876543210, 0x3210
TEST_R sext.h, 0xffffffff7fffffff, 0xffffffffffffffff
TEST_R sext.h, 0x100000000, 0
TEST_R sext.h, 0x5555555555555555, 0x5555
TEST_R sext.h, 0x80, 0x80
TEST_R sext.h, 0xff, 0xff
TEST_R sext.h, 0x8000, 0xffffffffffff8000
TEST_R sext.h, 0x7fff, 0x7fff
TEST_R sext.h, 0x100000000000080, 0x80
TEST_R sext.h, 0xff00ff0000ff01, 0xffffffffffffff01
TEST_R sext.h, 0x8000000000000001, 1

TEST_R zext.h, 0, 0
TEST_R zext.h, 1, 1
TEST_R zext.h, 0xffffffffffffffff, 0xffff
TEST_R zext.h, 0x7fffffffffffffff, 0xffff
TEST_R zext.h, 0x8000000000000000, 0
TEST_R zext.h, 0x7fffffff, 0xffff
TEST_R zext.h, 0x80000000, 0
TEST_R zext.h, 0xffffffff80000000, 0
TEST_R zext.h, 0xffffffff, 0xffff
TEST_R zext.h, 0x123456789abcdef0, 0xdef0
TEST_R zext.h, 0xfedcba9876543210, 0x3210
TEST_R zext.h, 0xffffffff7fffffff, 0xffff
TEST_R zext.h, 0x100000000, 0
TEST_R zext.h, 0x5555555555555555, 0x5555
TEST_R zext.h, 0x80, 0x80
TEST_R zext.h, 0xff, 0xff
TEST_R zext.h, 0x8000, 0x8000
TEST_R zext.h, 0x7fff, 0x7fff
TEST_R zext.h, 0x100000000000080, 0x80
TEST_R zext.h, 0xff00ff0000ff01, 0xff01
TEST_R zext.h, 0x8000000000000001, 1

TEST_R orc.b, 0, 0
TEST_R orc.b, 1, 0xff
TEST_R orc.b, 0xffffffffffffffff, 0xffffffffffffffff
TEST_R orc.b, 0x7fffffffffffffff, 0xffffffffffffffff
TEST_R orc.b, 0x8000000000000000, 0xff00000000000000
TEST_R orc.b, 0x7fffffff, 0xffffffff
TEST_R orc.b, 0x80000000, 0xff000000
TEST_R orc.b, 0xffffffff80000000, 0xffffffffff000000
TEST_R orc.b, 0xffffffff, 0xffffffff
TEST_R orc.b, 0x123456789abcdef0, 0xffffffffffffffff
TEST_R orc.b, 0xfedcba9876543210, 0xffffffffffffffff
TEST_R orc.b, 0xffffffff7fffffff, 0xffffffffffffffff
TEST_R orc.b, 0x100000000, 0xff00000000
TEST_R orc.b, 0x5555555555555555, 0xffffffffffffffff
TEST_R orc.b, 0x80, 0xff
TEST_R orc.b, 0xff, 0xff
TEST_R orc.b, 0x8000, 0xff00
TEST_R orc.b, 0x7fff, 0xffff
TEST_R orc.b, 0x100000000000080, 0xff000000000000ff
TEST_R orc.b, 0xff00ff0000ff01, 0xff00ff0000ffff
TEST_R orc.b, 0x8000000000000001, 0xff000000000000ff

TEST_R rev8, 0, 0
TEST_R rev8, 1, 0x100000000000000
TEST_R rev8, 0xffffffffffffffff, 0xffffffffffffffff
TEST_R rev8, 0x7fffffffffffffff, 0xffffffffffffff7f
TEST_R rev8, 0x8000000000000000, 0x80
TEST_R rev8, 0x7fffffff, 0xffffff7f00000000
TEST_R rev8, 0x80000000, 0x8000000000
TEST_R rev8, 0xffffffff80000000, 0x80ffffffff
TEST_R rev8, 0xffffffff, 0xffffffff00000000
TEST_R rev8, 0x123456789abcdef0, 0xf0debc9a78563412
TEST_R rev8, 0xfedcba9876543210, 0x1032547698badcfe
TEST_R rev8, 0xffffffff7fffffff, 0xffffff7fffffffff
TEST_R rev8, 0x100000000, 0x1000000
TEST_R rev8, 0x5555555555555555, 0x5555555555555555
TEST_R rev8, 0x80, 0x8000000000000000
TEST_R rev8, 0xff, 0xff00000000000000
TEST_R rev8, 0x8000, 0x80000000000000
TEST_R rev8, 0x7fff, 0xff7f000000000000
TEST_R rev8, 0x100000000000080, 0x8000000000000001
TEST_R rev8, 0xff00ff0000ff01, 0x1ff0000ff00ff00
TEST_R rev8, 0x8000000000000001, 0x100000000000080

TEST_END

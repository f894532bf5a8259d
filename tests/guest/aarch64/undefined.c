/* SPDX-License-Identifier: BSD-2-Clause */
/* Unallocated encodings, and those that a level has not, are undefined. */
#include "test.h"

static const struct {
    const char *name;
    uint32_t word;
    bool el0_only; /* EL1 may */
} words[] = {
    {"udf", 0x00000000, false},
    {"udf #0xffff", 0x0000ffff, false},
    {"all ones", 0xffffffff, false},
    {"movn w0, hw 2", 0x12c00000, false},
    {"and w0 with N", 0x12400000, false},
    {"and of all ones", 0x9240fc00, false},
    {"add ror", 0x0bc00000, false},
    {"add w0, lsl #32", 0x0b008000, false},
    {"add uxtx #5", 0x8b206400 | 5 << 10, false},
    {"sbfm without N", 0x93000000, false},
    {"extr w0, #32", 0x13808000, false},
    {"rev64 w0", 0x5ac00c00, false},
    {"crc32x w", 0x1ac04c00, false},
    {"ldr opc 3", 0xf9c00000, false},
    {"strb option 0", 0x38200800, false},
    {"casp x1", 0x48217c00, false},
    {"swp opc 1", 0x38209000, false},
    {"hlt", 0xd4400000, false},
    {"smc", 0xd4000003, false},
    {"dcps1", 0xd4a00001, false},
    {"drps", 0xd6bf03e0, false},
    {"mrs of none", 0xd5380fe0, false},
    {"msr midr_el1", 0xd5180000, false},
    {"mrs sctlr_el2", 0xd53c1000, false},
    {"mrs sctlr_el1", 0xd5381000, true},
    {"msr vbar_el1", 0xd518c000, true},
    {"tlbi vmalle1", 0xd508871f, true},
    {"msr daifset", 0xd50342df, true},
    {"eret", 0xd69f03e0, true},
    {"hvc", 0xd4000002, true},
    {"msr spsel", 0xd50041bf, true},
};

int main(void)
{
    struct trap t;

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        uint64_t trapped_at_0 = ESR(EC_UNDEFINED, 0);
        set_case(words[i].name);
        /* MSR DAIFSet of EL0 is trapped by SCTLR_EL1.UMA as a system register. */
        bool trapped = try_code(&t, 0, &words[i].word, 1, 0, 0);
        if (words[i].word == 0xd50342df)
            trapped_at_0 = t.esr;
        check_trap("EL0", trapped, &t, trapped_at_0, code_address(0));
        if (!words[i].el0_only)
            check_trap("EL1", try_code(&t, 1, &words[i].word, 1, 0, 0), &t, ESR(EC_UNDEFINED, 0),
                       code_address(1));
    }
    return 0;
}

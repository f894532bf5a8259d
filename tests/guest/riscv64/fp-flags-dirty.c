/* SPDX-License-Identifier: BSD-2-Clause */
/* An instruction that changes nothing but fflags makes mstatus.FS dirty all the same. */
#include "test.h"

static uint64_t nan_cell = 0x7ff8000000000000;

struct comparison {
    const char *name;
    uint32_t insn; /* integer result, operands fa0 and fa1 */
};

int main(void)
{
    static const struct comparison table[] = {
        {"flt.d", 0xa2b51553}, {"fle.d", 0xa2b50553},     {"fcvt.w.d", 0xc2051553},
        {"flt.s", 0xa0b51553}, {"fcvt.lu.d", 0xc2351553},
    };
    struct trap t;

    for (unsigned i = 0; i < ARRAY_SIZE(table); i++) {
        set_case(table[i].name);
        __asm__ volatile("fld fa0, 0(%0); fld fa1, 0(%0); fscsr zero"
                         :
                         : "r"(&nan_cell)
                         : "memory");
        csr_clear(mstatus, 1ul << 13);
        check("FS is clean", csr_read(mstatus) & (MSTATUS_FS | MSTATUS_SD), 2ul << 13);
        try_insn(&t, MODE_M, table[i].insn, 0, 0);
        check("FS is dirty", csr_read(mstatus) & (MSTATUS_FS | MSTATUS_SD),
              MSTATUS_FS | MSTATUS_SD);
        check("NV is raised", csr_read(fflags), 0x10);
    }
    return 0;
}

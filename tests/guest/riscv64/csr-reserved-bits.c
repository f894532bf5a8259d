/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits that read 0 whatever is written: bit 0 of mepc and sepc, bits 5 and 6 of a pmpcfg field. */
#include "test.h"

int main(void)
{
    static const uint64_t values[] = {0, 1, 0x80001001, 0x80001002, 0x80001003, 0xffffffffffffffff};

    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        set_case_number(values[i]);
        csr_write(mepc, values[i]);
        check("mepc", csr_read(mepc), values[i] & ~1ul);
        csr_write(sepc, values[i]);
        check("sepc", csr_read(sepc), values[i] & ~1ul);
    }
    set_case(NULL);
    csr_write(pmpcfg0, csr_read(pmpcfg0) | 0x6000);
    check("pmp1cfg", csr_read(pmpcfg0) >> 8 & 0xff, 0);
    return 0;
}

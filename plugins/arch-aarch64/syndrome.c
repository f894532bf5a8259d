/* SPDX-License-Identifier: BSD-2-Clause */
/* The instruction syndrome of a stage-2 data abort: what a hypervisor needs to emulate a device. */
#include "exception.h"

/* Loads and stores of one general register without writeback, that ISS can describe. */
static const struct form {
    uint32_t mask, match;
    bool ordered; /* acquire or release: size and direction only */
} forms[] = {
    {0x3f000000, 0x39000000, false}, /* unsigned offset */
    {0x3f200c00, 0x38000000, false}, /* unscaled */
    {0x3f200c00, 0x38000800, false}, /* unprivileged */
    {0x3f200c00, 0x38200800, false}, /* register offset */
    {0x3fa08000, 0x08808000, true},  /* LDAR, STLR */
};

static uint64_t syndrome_of(uint32_t raw, bool ordered)
{
    uint32_t size = raw >> 30, opc = ordered ? raw >> 22 & 1 : raw >> 22 & 3;
    bool sign = opc >= 2, wide = sign ? opc == 2 : size == 3;

    if (opc == 2 && size == 3) /* PRFM */
        return 0;
    return 1u << 24 | size << 22 | (sign ? 1u << 21 : 0) | (raw & 31) << 16 |
           (wide ? 1u << 15 : 0) | (ordered ? 1u << 14 : 0);
}

uint64_t a64_access_syndrome(struct vm_cpu *cpu)
{
    const struct vm_fault saved = cpu->fault;
    uint64_t raw = 0;
    int result = cpu->host->load(cpu, cpu->pc, 2 | VM_MMU_FETCH << VM_MEMOP_MMU_SHIFT, &raw);

    cpu->fault = saved;
    if (result != VM_MEM_OK)
        return 0;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (((uint32_t)raw & forms[i].mask) == forms[i].match)
            return syndrome_of((uint32_t)raw, forms[i].ordered);
    return 0;
}

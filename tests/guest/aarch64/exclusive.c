/* SPDX-License-Identifier: BSD-2-Clause */
/* Exclusive monitors, pairs, compare and swap, DC ZVA: on one vCPU. */
#include "test.h"

static uint64_t memory[64] __attribute__((aligned(64)));

static uint64_t load_exclusive(uint64_t *p)
{
    uint64_t v;

    __asm__ volatile("ldxr %0, [%1]" : "=r"(v) : "r"(p) : "memory");
    return v;
}

static uint32_t store_exclusive(uint64_t *p, uint64_t value)
{
    uint32_t failed;

    __asm__ volatile("stxr %w0, %1, [%2]" : "=&r"(failed) : "r"(value), "r"(p) : "memory");
    return failed;
}

static void check_monitor(void)
{
    struct trap t;
    const uint32_t svc = 0xd4000001;

    memory[0] = 5;
    check("ldxr", load_exclusive(memory), 5);
    check("stxr", store_exclusive(memory, 6), 0);
    check("stored", memory[0], 6);
    check("a second stxr", store_exclusive(memory, 7), 1);
    check("not stored", memory[0], 6);
    load_exclusive(memory);
    __asm__ volatile("clrex" : : : "memory");
    check("stxr after clrex", store_exclusive(memory, 7), 1);
    load_exclusive(memory);
    check("stxr elsewhere", store_exclusive(memory + 32, 7), 1);
    load_exclusive(memory);
    try_code(&t, 0, &svc, 1, 0, 0); /* the return to EL0 clears the monitor */
    check("stxr after eret", store_exclusive(memory, 7), 1);
    check("never stored", memory[0], 6);
}

static void check_pairs(void)
{
    uint64_t low, high;
    uint32_t failed;

    memory[2] = 0x1111;
    memory[3] = 0x2222;
    __asm__ volatile("ldxp %0, %1, [%4]\n\tstxp %w2, %1, %0, [%4]"
                     : "=&r"(low), "=&r"(high), "=&r"(failed), "+m"(memory)
                     : "r"(memory + 2));
    check("ldxp low", low, 0x1111);
    check("ldxp high", high, 0x2222);
    check("stxp", failed, 0);
    check("stored low", memory[2], 0x2222);
    check("stored high", memory[3], 0x1111);
    /* The high doubleword changes in between. */
    __asm__ volatile("ldxp %0, %1, [%4]\n\tstr xzr, [%4, #8]\n\tstxp %w2, %1, %0, [%4]"
                     : "=&r"(low), "=&r"(high), "=&r"(failed), "+m"(memory)
                     : "r"(memory + 2));
    check("stxp after a store", failed, 1);
    check("low as it was", memory[2], 0x2222);
    __asm__ volatile("ldxp %w0, %w1, [%4]\n\tstxp %w2, %w1, %w0, [%4]"
                     : "=&r"(low), "=&r"(high), "=&r"(failed), "+m"(memory)
                     : "r"(memory + 2));
    check("ldxp of words", low, 0x2222);
    check("stxp of words", failed, 0);
    check("words exchanged", memory[2], 0x222200000000);
}

static uint64_t cas_pair(uint64_t expected_low, uint64_t expected_high, uint64_t *high)
{
    register uint64_t x0 __asm__("x0") = expected_low, x1 __asm__("x1") = expected_high;
    register uint64_t x2 __asm__("x2") = 7, x3 __asm__("x3") = 8;

    __asm__ volatile("caspal x0, x1, x2, x3, [%4]"
                     : "+r"(x0), "+r"(x1)
                     : "r"(x2), "r"(x3), "r"(memory + 4)
                     : "memory");
    *high = x1;
    return x0;
}

static void check_compare_and_swap(void)
{
    uint64_t high;

    memory[4] = 1;
    memory[5] = 2;
    check("casp that fails", cas_pair(1, 3, &high), 1);
    check("its high", high, 2);
    check("memory stays", memory[4], 1);
    check("casp", cas_pair(1, 2, &high), 1);
    check("its low", memory[4], 7);
    check("its high in memory", memory[5], 8);
}

static void check_zero(void)
{
    check("DCZID", SYSREG_READ(dczid_el0), 4);
    for (unsigned i = 0; i < 64; i++)
        memory[i] = UINT64_MAX;
    __asm__ volatile("dc zva, %0" : : "r"((uint64_t)memory + 64 + 17) : "memory");
    for (unsigned i = 0; i < 64; i++)
        check("dc zva", memory[i], i >= 8 && i < 16 ? 0 : UINT64_MAX);
}

int main(void)
{
    check_monitor();
    check_pairs();
    check_compare_and_swap();
    check_zero();
    return 0;
}

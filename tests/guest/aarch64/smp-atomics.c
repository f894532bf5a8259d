/* SPDX-License-Identifier: BSD-2-Clause */
/* Four vCPUs, started by PSCI, count in one place with each kind of atomic access. */
#include "test.h"

#define CPUS   4
#define ROUNDS 20000

static struct {
    uint64_t lse, exclusive, cas, locked, lock;
    uint32_t word;
    uint8_t byte;
} __attribute__((aligned(64))) counters;
static uint64_t pair[2] __attribute__((aligned(16))), pair_cas[2] __attribute__((aligned(16)));
static uint64_t arrived, done;

static void add_exclusive(uint64_t *p)
{
    uint64_t v;
    uint32_t failed;

    __asm__ volatile("1: ldxr %0, [%2]\n\tadd %0, %0, #1\n\tstxr %w1, %0, [%2]\n\tcbnz %w1, 1b"
                     : "=&r"(v), "=&r"(failed)
                     : "r"(p)
                     : "memory");
}

/* The high doubleword counts twice as fast. */
static void add_pair(uint64_t *p)
{
    uint64_t low, high;
    uint32_t failed;

    __asm__ volatile("1: ldxp %0, %1, [%3]\n\tadd %0, %0, #1\n\tadd %1, %1, #2\n\t"
                     "stxp %w2, %0, %1, [%3]\n\tcbnz %w2, 1b"
                     : "=&r"(low), "=&r"(high), "=&r"(failed)
                     : "r"(p)
                     : "memory");
}

static void add_pair_by_cas(uint64_t *p)
{
    register uint64_t x0 __asm__("x0"), x1 __asm__("x1"), x2 __asm__("x2"), x3 __asm__("x3");
    uint64_t low, high;

    do {
        low = __atomic_load_n(&p[0], __ATOMIC_RELAXED);
        high = __atomic_load_n(&p[1], __ATOMIC_RELAXED);
        x0 = low;
        x1 = high;
        x2 = low + 1;
        x3 = high + 2;
        __asm__ volatile("caspal x0, x1, x2, x3, [%4]"
                         : "+r"(x0), "+r"(x1)
                         : "r"(x2), "r"(x3), "r"(p)
                         : "memory");
    } while (x0 != low || x1 != high);
}

/* A spin lock of load-acquire-exclusive and store-release, as compilers make it. */
static void add_locked(void)
{
    uint64_t v;
    uint32_t failed;

    __asm__ volatile("1: ldaxr %0, [%2]\n\tcbnz %0, 1b\n\tstxr %w1, %3, [%2]\n\tcbnz %w1, 1b"
                     : "=&r"(v), "=&r"(failed)
                     : "r"(&counters.lock), "r"(1ul)
                     : "memory");
    counters.locked++;
    __asm__ volatile("stlr xzr, [%0]" : : "r"(&counters.lock) : "memory");
}

static void count(void)
{
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < CPUS)
        ;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t seen = __atomic_load_n(&counters.cas, __ATOMIC_RELAXED);
        __atomic_fetch_add(&counters.lse, 3, __ATOMIC_RELAXED);
        __atomic_fetch_sub(&counters.word, 1, __ATOMIC_SEQ_CST);
        __atomic_fetch_add(&counters.byte, 1, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&counters.cas, &seen, seen + 1, false, __ATOMIC_ACQ_REL,
                                            __ATOMIC_RELAXED))
            ;
        add_exclusive(&counters.exclusive);
        if (i % 4 == 0) {
            add_locked();
            add_pair(pair);
            add_pair_by_cas(pair_cas);
        }
    }
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
}

void secondary_main(unsigned number)
{
    (void)number;
    count();
}

int main(void)
{
    for (unsigned i = 1; i < CPUS; i++)
        start_cpu(i);
    count();
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < CPUS)
        ;
    check("ldadd", counters.lse, 3 * CPUS * ROUNDS);
    check("word", counters.word, (uint32_t) - (CPUS * ROUNDS));
    check("byte", counters.byte, (uint8_t)(CPUS * ROUNDS));
    check("cas", counters.cas, CPUS * ROUNDS);
    check("exclusive", counters.exclusive, CPUS * ROUNDS);
    check("locked", counters.locked, CPUS * ROUNDS / 4);
    check("pair low", pair[0], CPUS * ROUNDS / 4);
    check("pair high", pair[1], CPUS * ROUNDS / 2);
    check("casp low", pair_cas[0], CPUS * ROUNDS / 4);
    check("casp high", pair_cas[1], CPUS * ROUNDS / 2);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomics between harts: LR/SC and AMO counters, locks, bytes that are neighbours, reservations
 * lost. */
#include "smp.h"

#define ROUNDS 5000

static volatile uint64_t cell __attribute__((aligned(64)));
static volatile uint32_t word[2] __attribute__((aligned(64)));

static uint64_t lr_sc_add_d(volatile uint64_t *p, uint64_t v)
{
    uint64_t old, new, failed;

    do {
        __asm__ volatile("lr.d.aq %0, (%3)\n\tadd %1, %0, %4\n\tsc.d.rl %2, %1, (%3)"
                         : "=&r"(old), "=&r"(new), "=&r"(failed)
                         : "r"(p), "r"(v)
                         : "memory");
    } while (failed);
    return old;
}

static void lr_sc_add_w(volatile uint32_t *p, uint32_t v)
{
    uint64_t old, failed;

    do {
        __asm__ volatile("lr.w %0, (%2)\n\taddw %0, %0, %3\n\tsc.w %1, %0, (%2)"
                         : "=&r"(old), "=&r"(failed)
                         : "r"(p), "r"(v)
                         : "memory");
    } while (failed);
}

static void lr_sc_counter(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    for (unsigned i = 0; i < ROUNDS; i++) {
        lr_sc_add_d(&cell, 1);
        lr_sc_add_w(&word[0], 1);
        lr_sc_add_w(&word[1], hart);
    }
}

static volatile uint64_t sums[8] __attribute__((aligned(64)));
static volatile uint32_t sums32[2];

static void amo_counters(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t unique = i * MAX_HARTS + hart + 1;

        __asm__ volatile("amoadd.d zero, %1, (%0)" : : "r"(&sums[0]), "r"(1ul) : "memory");
        __asm__ volatile("amoadd.w zero, %1, (%0)" : : "r"(&sums32[0]), "r"(1ul) : "memory");
        __asm__ volatile("amoadd.w zero, %1, (%0)" : : "r"(&sums32[1]), "r"(-1l) : "memory");
        __asm__ volatile("amoxor.d zero, %1, (%0)"
                         :
                         : "r"(&sums[1]), "r"(unique * 0x9e3779b97f4a7c15)
                         : "memory");
        __asm__ volatile("amomax.d zero, %1, (%0)" : : "r"(&sums[2]), "r"(unique) : "memory");
        __asm__ volatile("amomin.d zero, %1, (%0)" : : "r"(&sums[3]), "r"(-unique) : "memory");
        __asm__ volatile("amoor.d zero, %1, (%0)"
                         :
                         : "r"(&sums[4]), "r"(1ul << (unique & 63))
                         : "memory");
        __asm__ volatile("amoand.d zero, %1, (%0)"
                         :
                         : "r"(&sums[5]), "r"(~(1ul << (unique & 63)))
                         : "memory");
    }
}

static void check_amo(unsigned harts_now)
{
    uint64_t xor = 0, or = 0, max = 0;

    for (uint64_t i = 0; i < ROUNDS; i++) {
        for (unsigned h = 0; h < harts_now; h++) {
            uint64_t unique = i * MAX_HARTS + h + 1;

            xor ^= unique * 0x9e3779b97f4a7c15;
            or |= 1ul << (unique & 63);
            max = unique > max ? unique : max;
        }
    }
    check("amoadd.d", sums[0], (uint64_t)ROUNDS * harts_now);
    check("amoadd.w", sums32[0], ROUNDS * harts_now);
    check("amoadd.w of -1", sums32[1], (uint32_t) - (ROUNDS * harts_now));
    check("amoxor.d", sums[1], xor);
    check("amomax.d", sums[2], max);
    check("amomin.d", sums[3], -max);
    check("amoor.d", sums[4], or);
    check("amoand.d", sums[5], ~ or);
}

/* amoswap hands tokens around: none may be lost or doubled */
static volatile uint64_t slot;
static uint64_t token_sum[MAX_HARTS];

static void swap_tokens(unsigned hart, unsigned harts_now)
{
    uint64_t mine = hart + 1;

    (void)harts_now;
    for (unsigned i = 0; i < ROUNDS; i++)
        __asm__ volatile("amoswap.d.aqrl %0, %0, (%1)" : "+r"(mine) : "r"(&slot) : "memory");
    token_sum[hart] = mine;
}

/* plain data under locks: four words that must agree inside, a sum that must be exact */
static volatile uint32_t lock_word __attribute__((aligned(64)));
static volatile uint32_t ticket_next __attribute__((aligned(64))), ticket_serving;
static volatile uint64_t guarded[4] __attribute__((aligned(64)));

static void critical(unsigned hart)
{
    uint64_t v = guarded[0];

    for (unsigned i = 1; i < 4; i++)
        if (guarded[i] != v)
            smp_error(hart);
    for (unsigned i = 0; i < 4; i++)
        guarded[i] = v + 1;
}

static void spin_lock(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        uint64_t taken;

        do {
            __asm__ volatile("amoswap.w.aq %0, %1, (%2)"
                             : "=r"(taken)
                             : "r"(1), "r"(&lock_word)
                             : "memory");
        } while (taken);
        critical(hart);
        __asm__ volatile("amoswap.w.rl zero, zero, (%0)" : : "r"(&lock_word) : "memory");
    }
}

static void lr_sc_lock(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        uint64_t busy;

        do {
            __asm__ volatile("lr.w.aq %0, (%2)\n\tbnez %0, 1f\n\tsc.w %0, %1, (%2)\n1:"
                             : "=&r"(busy)
                             : "r"(1), "r"(&lock_word)
                             : "memory");
        } while (busy);
        critical(hart);
        __asm__ volatile("fence rw, w" : : : "memory");
        lock_word = 0;
    }
}

static void ticket_lock(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    for (unsigned i = 0; i < 200; i++) {
        uint32_t mine = __atomic_fetch_add(&ticket_next, 1, __ATOMIC_RELAXED);

        while (__atomic_load_n(&ticket_serving, __ATOMIC_ACQUIRE) != mine)
            ;
        critical(hart);
        __atomic_store_n(&ticket_serving, mine + 1, __ATOMIC_RELEASE);
    }
}

static void run_lock(const char *name, smp_job job, uint64_t expected)
{
    for (unsigned i = 0; i < 4; i++)
        guarded[i] = 0;
    smp_run(job);
    check(name, guarded[0], expected);
    smp_check(name);
}

/* each hart owns one byte of a doubleword: a store must not touch its neighbours */
static volatile uint8_t bytes[8] __attribute__((aligned(8)));

static void neighbours(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    for (unsigned i = 0; i < ROUNDS * 4; i++) {
        bytes[hart] = (uint8_t)i;
        if (bytes[hart] != (uint8_t)i)
            smp_error(hart);
    }
}

/* a store by another hart between lr and sc: the sc must fail, and the other's value stays */
static volatile uint64_t reserved __attribute__((aligned(64)));
static volatile uint64_t stage;

static void wait_stage(uint64_t n)
{
    while (load_acquire(&stage) != n)
        ;
}

static void broken_reservation(unsigned hart, unsigned harts_now)
{
    for (uint64_t i = 0; i < 200; i++) {
        if (hart == 0) {
            uint64_t failed, t, n = 2 * i + 1;

            __asm__ volatile("lr.d %1, (%2)\n\t"
                             "fence rw, rw\n\t"
                             "sd %4, 0(%3)\n"
                             "1: ld %1, 0(%3)\n\t"
                             "beq %1, %4, 1b\n\t"
                             "fence rw, rw\n\t"
                             "sc.d %0, %5, (%2)"
                             : "=&r"(failed), "=&r"(t)
                             : "r"(&reserved), "r"(&stage), "r"(n), "r"(-1ul)
                             : "memory");
            if (!failed || reserved != i + 1000)
                smp_error(hart);
        } else if (hart == 1) {
            wait_stage(2 * i + 1);
            reserved = i + 1000;
            store_release(&stage, 2 * i + 2);
        }
    }
    (void)harts_now;
}

int main(void)
{
    unsigned n = smp_start();
    uint64_t sum = 0;

    smp_run(lr_sc_counter);
    check("lr.d and sc.d counter", cell, (uint64_t)ROUNDS * n);
    check("lr.w and sc.w counter", word[0], ROUNDS * n);
    check("lr.w and sc.w sum in the other half", word[1], ROUNDS * n * (n - 1) / 2);

    sums[5] = ~0ul;
    smp_run(amo_counters);
    check_amo(n);

    smp_run(swap_tokens);
    for (unsigned i = 0; i < n; i++)
        sum += token_sum[i];
    check("tokens swapped", sum + slot, (uint64_t)n * (n + 1) / 2);

    run_lock("amoswap lock", spin_lock, (uint64_t)ROUNDS / 4 * n);
    run_lock("lr/sc lock", lr_sc_lock, (uint64_t)ROUNDS / 4 * n);
    run_lock("ticket lock", ticket_lock, (uint64_t)200 * n);
    smp_run(neighbours);
    smp_check("byte neighbours");
    if (n > 1) {
        smp_run(broken_reservation);
        smp_check("reservation broken by another hart");
    }
    return 0;
}

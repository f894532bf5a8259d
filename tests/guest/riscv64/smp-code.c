/* SPDX-License-Identifier: BSD-2-Clause */
/* Code written by one hart and run by others: published by a message, and written by all in one
 * page. */
#include "smp.h"

#define ROUNDS     60
#define RET        0x00008067u
#define LI_A0(imm) ((uint32_t)(imm) << 20 | 0x00000513)

static uint32_t code[64] __attribute__((aligned(4096)));
static volatile uint64_t round_ready, round_done;

static uint64_t call(void)
{
    return ((uint64_t(*)(void))(uint64_t)code)();
}

/* the writer publishes a round; each reader does its own fence.i when it sees it */
static void by_message(unsigned hart, unsigned harts_now)
{
    for (uint64_t r = 1; r <= ROUNDS; r++) {
        if (hart == 0) {
            code[0] = LI_A0(r);
            code[1] = RET;
            round_done = 0;
            store_release(&round_ready, r);
        } else {
            while (load_acquire(&round_ready) != r)
                ;
        }
        __asm__ volatile("fence rw, rw; fence.i" : : : "memory");
        if (call() != r)
            smp_error(hart);
        amo_add(&round_done, 1);
        if (hart == 0)
            while (load_acquire(&round_done) != harts_now)
                ;
    }
}

/* every hart rewrites and runs its own function; all of them share one page */
static void own_function(unsigned hart, unsigned harts_now)
{
    volatile uint32_t *mine = &code[hart * 2];

    (void)harts_now;
    for (uint64_t r = 0; r < ROUNDS * 16; r++) {
        mine[0] = LI_A0((r + hart) & 0x7ff);
        mine[1] = RET;
        fence_i();
        if (((uint64_t(*)(void))(uint64_t)mine)() != ((r + hart) & 0x7ff))
            smp_error(hart);
    }
}

/* data in the code's page: counters beside a function that the others run */
static void data_beside(unsigned hart, unsigned harts_now)
{
    volatile uint64_t *counter = (volatile uint64_t *)&code[32 + 2 * hart];

    (void)harts_now;
    if (hart == 0) {
        code[0] = LI_A0(42);
        code[1] = RET;
        round_ready = 0;
    }
    *counter = 0;
    smp_barrier();
    fence_i();
    for (unsigned i = 0; i < ROUNDS * 40; i++) {
        *counter += 1;
        if (call() != 42)
            smp_error(hart);
    }
    if (*counter != ROUNDS * 40)
        smp_error(hart);
}

int main(void)
{
    unsigned n = smp_start();

    smp_run(by_message);
    smp_check("fence.i after a message");
    smp_run(own_function);
    smp_check("own function in a shared page");
    smp_run(data_beside);
    smp_check("data in the code's page");
    check_true("at least one hart", n > 0);
    return 0;
}

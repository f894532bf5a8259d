/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that other harts run all the time is patched under them, and fence.i is sent to them by IPI.
 */
#include "smp.h"

#define ROUNDS     40
#define RET        0x00008067u
#define LI_A0(imm) ((uint32_t)(imm) << 20 | 0x00000513)

static uint32_t code[64] __attribute__((aligned(4096)));

static uint64_t call(void)
{
    return ((uint64_t(*)(void))(uint64_t)code)();
}

static volatile uint64_t stop, newest;

static void caller_loop(uint64_t hart)
{
    while (!stop) {
        uint64_t before = load_acquire(&newest), v, after;

        v = call();
        after = load_acquire(&newest);
        /* old or new while the patch is under way, never older than what was announced before */
        if (v < before || v > after + 1)
            smp_error((unsigned)hart);
    }
}

static void by_ipi(unsigned hart, unsigned harts_now)
{
    struct trap t;

    (void)harts_now;
    if (hart) {
        fence_i();
        smp_barrier();
        enter(&t, MODE_S, (uint64_t)caller_loop, hart, 0);
        if (t.cause != CAUSE_ECALL_S)
            smp_error(hart);
        return;
    }
    code[0] = LI_A0(0);
    code[1] = RET;
    newest = 0;
    stop = 0;
    fence_i();
    smp_barrier();
    for (uint64_t r = 1; r <= ROUNDS; r++) {
        *(volatile uint32_t *)code = LI_A0(r);
        fence_i();
        smp_ipi_others(0);
        store_release(&newest, r);
        if (call() != r)
            smp_error(0);
    }
    stop = 1;
}

int main(void)
{
    unsigned n = smp_start();

    smp_set_ipi(fence_i);
    smp_run(by_ipi);
    smp_check("fence.i by IPI");
    check_true("at least one hart", n > 0);
    return 0;
}

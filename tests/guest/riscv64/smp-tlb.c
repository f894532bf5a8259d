/* SPDX-License-Identifier: BSD-2-Clause */
/* TLB shootdown: one hart remaps pages that the others use, and fences them by IPI. */
#include "paging.h"
#include "smp.h"

#define ROUNDS   80
#define VA       0x1000000000ul
#define FRAME(n) (FREE_RAM + (n)*PAGE)
#define POISON   0xdeadbeefdeadbeeful

static struct space space;
static volatile uint64_t stop;

/* S-mode, with RAM mapped one to one so that the code and its stack work */
static void reader(uint64_t hart)
{
    volatile uint64_t *p = (volatile uint64_t *)VA;

    while (!stop)
        for (unsigned i = 0; i < 64; i++)
            if (p[i * 8] == POISON)
                smp_error((unsigned)hart);
}

static void adder(uint64_t hart)
{
    volatile uint64_t *p = (volatile uint64_t *)VA + 8 * hart;

    while (!stop) {
        *p += 1;
        __atomic_fetch_add((volatile uint64_t *)VA + 128, 1, __ATOMIC_RELAXED);
    }
}

static void run_worker(unsigned hart, void (*f)(uint64_t))
{
    struct trap t;

    space_use(&space, 0);
    smp_barrier();
    enter(&t, MODE_S, (uint64_t)f, hart, 0);
    if (t.cause != CAUSE_ECALL_S)
        smp_error(hart);
    space_off();
}

static void map_frame(unsigned n)
{
    *(volatile uint64_t *)space_slot(&space, VA, 0) = pte_of(FRAME(n), PTE_ALL);
    fence_rw();
}

static void set_frame(unsigned n, uint64_t v)
{
    for (unsigned i = 0; i < 512; i++)
        ((volatile uint64_t *)FRAME(n))[i] = v;
}

/* after the acknowledged fence nobody may read the old frame: it is poisoned at once */
static void remap_readers(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    if (hart) {
        run_worker(hart, reader);
        return;
    }
    stop = 0;
    set_frame(0, 0);
    map_frame(0);
    smp_barrier();
    for (unsigned r = 1; r <= ROUNDS; r++) {
        set_frame(r & 1, r);
        map_frame(r & 1);
        smp_ipi_others(0);
        set_frame(!(r & 1), POISON);
    }
    stop = 1;
}

/* nor write it: what is there after the fence stays as it is */
static void remap_writers(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    if (hart) {
        run_worker(hart, adder);
        return;
    }
    stop = 0;
    set_frame(0, 0);
    set_frame(1, 0);
    map_frame(0);
    smp_barrier();
    for (unsigned r = 1; r <= ROUNDS; r++) {
        volatile uint64_t *old = (volatile uint64_t *)FRAME(!(r & 1));
        uint64_t snapshot[MAX_HARTS + 1];

        map_frame(r & 1);
        smp_ipi_others(0);
        for (unsigned i = 0; i <= MAX_HARTS; i++)
            snapshot[i] = old[i == MAX_HARTS ? 128 : 8 * i];
        for (volatile unsigned i = 0; i < 200; i++)
            ;
        for (unsigned i = 0; i <= MAX_HARTS; i++)
            if (old[i == MAX_HARTS ? 128 : 8 * i] != snapshot[i])
                smp_error(0);
    }
    stop = 1;
}

static void fence_page(void)
{
    __asm__ volatile("sfence.vma %0, zero" : : "r"(VA) : "memory");
}

int main(void)
{
    unsigned n = smp_start();

    space_init(&space, SV39);
    space_map(&space, RAM_BASE, RAM_BASE, 2, PTE_ALL);
    (void)space_slot(&space, VA, 0);
    smp_set_ipi(sfence_all);
    smp_run(remap_readers);
    smp_check("stale reads after a full fence");
    smp_run(remap_writers);
    smp_check("stale writes after a full fence");
    smp_set_ipi(fence_page);
    smp_run(remap_readers);
    smp_check("stale reads after a fence by address");
    smp_run(remap_writers);
    smp_check("stale writes after a fence by address");
    check_true("at least one hart", n > 0);
    return 0;
}

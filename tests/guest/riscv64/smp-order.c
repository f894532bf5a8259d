/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory order between harts: litmus tests whose forbidden outcome must never be seen. */
#include "smp.h"

#define CELLS   512
#define BATCHES 12

struct cell {
    volatile uint64_t x;
    uint64_t pad0[7];
    volatile uint64_t y;
    uint64_t pad1[7];
};

static struct cell cells[CELLS] __attribute__((aligned(64)));
static uint64_t seen[MAX_HARTS][CELLS][2];

#define FENCE(order) __asm__ volatile("fence " order : : : "memory")

/* one test: what hart 0, 1, ... do with a cell, and whether what they saw is forbidden */
struct litmus {
    const char *name;
    unsigned harts;
    void (*step[4])(struct cell *c, uint64_t r[2]);
    bool (*forbidden)(unsigned i);
};

/* MP: data, then flag; flag, then data */
static void mp_write(struct cell *c, uint64_t r[2])
{
    (void)r;
    c->x = 1;
    FENCE("w, w");
    c->y = 1;
}

static void mp_read(struct cell *c, uint64_t r[2])
{
    r[0] = c->y;
    FENCE("r, r");
    r[1] = c->x;
}

static bool mp_forbidden(unsigned i)
{
    return seen[1][i][0] == 1 && seen[1][i][1] == 0;
}

/* the same with release and acquire atomics */
static void mp_release(struct cell *c, uint64_t r[2])
{
    (void)r;
    c->x = 1;
    __asm__ volatile("amoswap.d.rl zero, %0, (%1)" : : "r"(1ul), "r"(&c->y) : "memory");
}

static void mp_acquire(struct cell *c, uint64_t r[2])
{
    __asm__ volatile("amoor.d.aq %0, zero, (%1)" : "=r"(r[0]) : "r"(&c->y) : "memory");
    r[1] = c->x;
}

/* SB: each stores its own and loads the other's, full fences between */
static void sb_0(struct cell *c, uint64_t r[2])
{
    c->x = 1;
    FENCE("rw, rw");
    r[0] = c->y;
}

static void sb_1(struct cell *c, uint64_t r[2])
{
    c->y = 1;
    FENCE("rw, rw");
    r[0] = c->x;
}

static bool sb_forbidden(unsigned i)
{
    return seen[0][i][0] == 0 && seen[1][i][0] == 0;
}

/* SB by atomics that are acquire and release */
static void sb_amo_0(struct cell *c, uint64_t r[2])
{
    __asm__ volatile("amoswap.d.aqrl zero, %0, (%1)" : : "r"(1ul), "r"(&c->x) : "memory");
    __asm__ volatile("lr.d.aqrl %0, (%1)" : "=r"(r[0]) : "r"(&c->y) : "memory");
}

static void sb_amo_1(struct cell *c, uint64_t r[2])
{
    __asm__ volatile("amoswap.d.aqrl zero, %0, (%1)" : : "r"(1ul), "r"(&c->y) : "memory");
    __asm__ volatile("lr.d.aqrl %0, (%1)" : "=r"(r[0]) : "r"(&c->x) : "memory");
}

/* LB: loads before stores, fenced */
static void lb_0(struct cell *c, uint64_t r[2])
{
    r[0] = c->x;
    FENCE("r, w");
    c->y = 1;
}

static void lb_1(struct cell *c, uint64_t r[2])
{
    r[0] = c->y;
    FENCE("r, w");
    c->x = 1;
}

static bool lb_forbidden(unsigned i)
{
    return seen[0][i][0] == 1 && seen[1][i][0] == 1;
}

/* CoRR: two loads of one place never go back in time */
static void co_write(struct cell *c, uint64_t r[2])
{
    (void)r;
    c->x = 1;
}

static void co_read(struct cell *c, uint64_t r[2])
{
    r[0] = c->x;
    r[1] = c->x;
}

static bool co_forbidden(unsigned i)
{
    return seen[1][i][0] == 1 && seen[1][i][1] == 0;
}

/* IRIW: two readers agree on the order of two writers */
static void iriw_x(struct cell *c, uint64_t r[2])
{
    (void)r;
    c->x = 1;
}

static void iriw_y(struct cell *c, uint64_t r[2])
{
    (void)r;
    c->y = 1;
}

static void iriw_xy(struct cell *c, uint64_t r[2])
{
    r[0] = c->x;
    FENCE("rw, rw");
    r[1] = c->y;
}

static void iriw_yx(struct cell *c, uint64_t r[2])
{
    r[0] = c->y;
    FENCE("rw, rw");
    r[1] = c->x;
}

static bool iriw_forbidden(unsigned i)
{
    return seen[2][i][0] == 1 && seen[2][i][1] == 0 && seen[3][i][0] == 1 && seen[3][i][1] == 0;
}

static const struct litmus tests[] = {
    {"MP with fences", 2, {mp_write, mp_read}, mp_forbidden},
    {"MP with release and acquire", 2, {mp_release, mp_acquire}, mp_forbidden},
    {"SB with fences", 2, {sb_0, sb_1}, sb_forbidden},
    {"SB with aqrl atomics", 2, {sb_amo_0, sb_amo_1}, sb_forbidden},
    {"LB with fences", 2, {lb_0, lb_1}, lb_forbidden},
    {"CoRR", 2, {co_write, co_read}, co_forbidden},
    {"IRIW with fences", 4, {iriw_x, iriw_y, iriw_xy, iriw_yx}, iriw_forbidden},
};

static const struct litmus *test;

static void job(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    for (unsigned batch = 0; batch < BATCHES; batch++) {
        if (hart == 0) {
            for (unsigned i = 0; i < CELLS; i++)
                cells[i].x = cells[i].y = 0;
        }
        smp_barrier();
        if (hart < test->harts)
            for (unsigned i = 0; i < CELLS; i++)
                test->step[hart](&cells[i], seen[hart][i]);
        smp_barrier();
        if (hart == 0) {
            for (unsigned i = 0; i < CELLS; i++)
                if (test->forbidden(i))
                    smp_error(hart);
        }
    }
}

int main(void)
{
    unsigned n = smp_start();

    for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
        test = &tests[i];
        if (test->harts > n)
            continue;
        smp_run(job);
        smp_check(test->name);
    }
    check_true("at least one hart", n > 0);
    return 0;
}

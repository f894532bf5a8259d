/* SPDX-License-Identifier: BSD-2-Clause */
/* Several engines in one machine: units that rise, engines that change under way, code that does
 * not fit. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "core/vcpu/tcache.h"
#include "vcpu_toy.h"

#define MMIO TOY_PAGE(TOY_MMIO_PAGE)

/* engine-interp or the counting engine, and the plain one behind it. */
static struct toy_options two_engines(bool direct, uint32_t threshold)
{
    struct toy_options o = {.direct = direct, .deterministic = true, .tier1_threshold = threshold};
    o.engines[0] = direct ? &toy_counting_engine : &toy_direct_engine;
    o.engines[1] = direct ? &toy_direct_engine : NULL;
    return o;
}

/* Units that can be looked up. */
static uint32_t live_of(struct toy *t, uint32_t engine)
{
    uint32_t n = 0;
    for (const struct unit *u = t->sched->tcache->ages[engine].oldest; u; u = u->age_next)
        n++;
    return n;
}

/* r1 times round two units that jump to each other. */
static void load_loop(struct toy *t)
{
    TOY_CODE(t, 0, TOY(ADDI, 2, 2, 1), TOY(JMP, 0, 0, 0x7c));
    TOY_CODE(t, 0x80, TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, -0x84), TOY(HALT, 0, 0, 0));
}

static void again(struct toy *t, uint64_t rounds)
{
    sched_cpu(t->sched, 0)->pc = 0; /* not a reset: all else stays as it is */
    *toy_cpu(t, 0) = (struct toy_state){.r = {[1] = rounds}};
    toy_vcpu(t, 0)->waiting = false;
    atomic_store(&t->halted, 0);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[2], rounds);
}

/* ---- heat ---- */

TOY_TEST(hot_units_rise)
{
    struct toy_options o = two_engines(direct, 50);
    struct toy *t = toy_new(&o);
    load_loop(t);
    toy_reset(t);
    again(t, 49);
    cr_assert_eq(toy_stats(t).risen, 0);
    cr_assert_eq(live_of(t, 0), 2);
    again(t, 5);
    cr_assert_eq(toy_stats(t).risen, 2);
    cr_assert_eq(live_of(t, 0), 0);
    cr_assert_eq(live_of(t, 1), 2);
    again(t, 5000);
    cr_assert_eq(toy_stats(t).risen, 2);
    cr_assert_lt(toy_vcpu(t, 0)->stats.exits[VM_EXIT_NEXT], 30); /* linked, in either engine */
    cr_assert_eq(toy_vcpu(t, 0)->stats.exits[VM_EXIT_HOT], 2);
    toy_free(t);
}

TOY_TEST(without_a_threshold_the_last_engine_does_it_all)
{
    struct toy_options o = two_engines(direct, 0);
    struct toy *t = toy_new(&o);
    load_loop(t);
    toy_reset(t);
    again(t, 100);
    cr_assert_eq(live_of(t, 0), 0);
    cr_assert_eq(live_of(t, 1), 2);
    cr_assert_eq(toy_stats(t).risen, 0);
    toy_free(t);
}

/* An engine that does not count cannot be risen from. */
Test(tier, an_engine_that_does_not_count_is_passed_over)
{
    struct toy_options o = two_engines(true, 50);
    o.engines[0] = &toy_direct_engine;
    struct toy *t = toy_new(&o);
    load_loop(t);
    toy_reset(t);
    again(t, 10);
    cr_assert_eq(live_of(t, 0), 0);
    cr_assert_eq(live_of(t, 1), 2);
    toy_free(t);
}

TOY_TEST(entries_long_ago_weigh_nothing)
{
    struct toy_options o = two_engines(direct, 50);
    struct toy *t = toy_new(&o);
    load_loop(t);
    toy_reset(t);
    for (int i = 0; i < 20; i++) {
        again(t, 30);
        atomic_fetch_add(&t->sched->slices, 1 << 20);
    }
    cr_assert_eq(toy_stats(t).risen, 0);
    cr_assert_gt(toy_vcpu(t, 0)->stats.exits[VM_EXIT_HOT], 5);
    again(t, 101);
    cr_assert_eq(toy_stats(t).risen, 2);
    toy_free(t);
}

TOY_TEST(what_rises_may_straddle_pages)
{
    struct toy_options o = two_engines(direct, 10);
    struct toy *t = toy_new(&o);
    TOY_CODE(t, TOY_PAGE(1) - 6, TOY(ADDI, 2, 2, 1), TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, -12),
             TOY(HALT, 0, 0, 0));
    t->starts[0] = (struct vm_cpu_start){.pc = TOY_PAGE(1) - 6, .arg = {1000}};
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[2], 1000);
    cr_assert_gt(toy_stats(t).risen, 1);
    toy_free(t);
}

/* The count is exact whatever runs: the same at each stride, with and without rising. */
TOY_TEST(rising_keeps_counts_exact)
{
    for (uint64_t limit = 100; limit < 1000; limit += 37) {
        uint64_t pc[2], r2[2];
        for (int k = 0; k < 2; k++) {
            struct toy_options o = two_engines(direct, k ? 20 : 0);
            struct toy *t = toy_new(&o);
            load_loop(t);
            t->starts[0].arg[0] = 100000;
            toy_reset(t);
            t->sched->config.max_instructions = limit;
            toy_run(t, STOP_LIMIT);
            cr_assert_eq(vcpu_retired(toy_vcpu(t, 0)), limit);
            pc[k] = sched_cpu(t->sched, 0)->pc;
            r2[k] = toy_cpu(t, 0)->r[2];
            toy_free(t);
        }
        cr_assert_eq(pc[0], pc[1]);
        cr_assert_eq(r2[0], r2[1]);
    }
}

/* ---- change of engine ---- */

TOY_TEST(the_engine_of_a_running_machine_changes)
{
    struct toy_options o = two_engines(direct, 50);
    struct toy *t = toy_new(&o);
    load_loop(t);
    toy_reset(t);
    sched_use_engine(t->sched, 1);
    again(t, 20);
    cr_assert_eq(live_of(t, 0), 0);
    cr_assert_eq(live_of(t, 1), 2);
    sched_use_engine(t->sched, 0);
    again(t, 500);
    cr_assert_eq(live_of(t, 0), 2);
    cr_assert_eq(live_of(t, 1), 2);
    cr_assert_eq(toy_stats(t).risen, 0); /* not while there is no choice */
    sched_use_engine(t->sched, SCHED_AUTO);
    uint64_t translated = toy_stats(t).translated;
    again(t, 500);
    cr_assert_eq(toy_stats(t).translated, translated); /* the better ones were there */
    cr_assert_eq(toy_vcpu(t, 0)->stats.switches, 3);
    toy_free(t);
}

struct switcher {
    struct toy *t;
    _Atomic bool stop;
    uint32_t switches;
};

static void *switch_on(void *opaque)
{
    struct switcher *w = opaque;
    while (!atomic_load(&w->stop)) {
        sched_use_engine(w->t->sched, (int)(++w->switches % 3) - 1);
        usleep(500);
    }
    return NULL;
}

/*
 * Four vCPUs, each in a loop of its own page that it changes under way: r3 counts what the changed
 * instruction adds, r6 rounds. And all of them step on one page.
 */
static void load_patchers(struct toy *t, uint32_t rounds)
{
    for (uint32_t i = 0; i < 4; i++) {
        TOY_CODE(t, TOY_PAGE(2 * i), TOY(STW, 1, 5, 0), TOY(ADDI, 1, 1, 1), TOY(ADDI, 7, 7, 0),
                 TOY(JR, 0, 5, 0), TOY(AADD, 9, 8, 0), TOY(ADDI, 6, 6, -1), TOY(BNE, 6, 0, -24),
                 TOY(HALT, 0, 0, 0));
        TOY_CODE(t, TOY_PAGE(2 * i + 1), TOY(ADDI, 3, 3, 0), TOY(JR, 0, 7, 0));
        t->starts[i].pc = TOY_PAGE(2 * i);
    }
    toy_reset(t);
    for (uint32_t i = 0; i < 4; i++) {
        struct toy_state *s = toy_cpu(t, i);
        s->r[1] = TOY(ADDI, 3, 3, 1);
        s->r[5] = TOY_PAGE(2 * i + 1);
        s->r[6] = rounds;
        s->r[7] = TOY_PAGE(2 * i) + 16;
        s->r[8] = TOY_PAGE(20);
        s->r[9] = 1;
    }
}

TOY_TEST(engines_change_while_code_does)
{
    struct toy_options o = two_engines(direct, 10);
    o.deterministic = false;
    o.cpus = 4;
    struct toy *t = toy_new(&o);
    struct switcher w = {.t = t};
    pthread_t thread;
    uint64_t rounds = toy_rounds(20000);
    load_patchers(t, (uint32_t)rounds);
    pthread_create(&thread, NULL, switch_on, &w);
    toy_run(t, STOP_POWEROFF);
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(toy_cpu(t, i)->r[3], rounds * (rounds + 1) / 2);
    cr_assert_eq(toy_load(t, TOY_PAGE(20)), 4 * rounds);
    cr_assert_gt(w.switches, 5);
    toy_free(t);
}

/* ---- code that does not fit ---- */

/* Short units all over pages 1 to 40, each a jump to the next; r1 rounds. */
static void load_chain(struct toy *t)
{
    for (uint32_t page = 1; page <= 40; page++) {
        uint32_t code[512];
        for (uint32_t i = 0; i < 512; i += 2) {
            code[i] = TOY(ADDI, 2, 2, 1);
            code[i + 1] = TOY(JMP, 0, 0, i == 510 ? 2048 + 4 : 4);
        }
        toy_code(t, TOY_PAGE(page), code, 512);
    }
    TOY_CODE(t, 0, TOY(JMP, 0, 0, 4096));
    TOY_CODE(t, TOY_PAGE(41), TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, 8), TOY(HALT, 0, 0, 0),
             TOY(JR, 0, 0, 0));
}

static struct toy *bounded(uint32_t cpus, bool deterministic)
{
    struct toy_options o = {.direct = true, .deterministic = deterministic, .cpus = cpus};
    o.engines[0] = &toy_bounded_engine;
    return toy_new(&o);
}

static void run_chain(struct toy *t, uint32_t cpus, uint64_t rounds)
{
    load_chain(t);
    for (uint32_t i = 0; i < cpus; i++)
        t->starts[i].arg[0] = rounds;
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    for (uint32_t i = 0; i < cpus; i++)
        cr_assert_eq(toy_cpu(t, i)->r[2], rounds * 40 * 256);
}

Test(tier, a_full_engine_gets_room, .timeout = 120)
{
    struct toy *t = bounded(1, true);
    run_chain(t, 1, toy_rounds(20));
    struct tcache_stats s = toy_stats(t);
    cr_assert_gt(s.evicted, 10000);
    cr_assert_gt(s.live, 50); /* it was not emptied at once */
    toy_free(t);
}

Test(tier, a_full_engine_gets_room_with_many_cpus, .timeout = 120)
{
    struct toy *t = bounded(4, false);
    run_chain(t, 4, toy_rounds(10));
    cr_assert_gt(toy_stats(t).evicted, 10000 / (10 / toy_rounds(10)));
    toy_free(t);
}

/* One thread runs all of them. */
Test(tier, a_full_engine_gets_room_with_one_thread, .timeout = 120)
{
    struct toy_options o = {.direct = true, .cpus = 4, .threads = 1};
    o.engines[0] = &toy_bounded_engine;
    struct toy *t = toy_new(&o);
    run_chain(t, 4, toy_rounds(10));
    toy_free(t);
}

static int always_full(void *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                       struct vm_error *err)
{
    (void)engine, (void)ir, (void)unit, (void)err;
    return VM_COMPILE_FULL;
}

Test(tier, an_engine_that_stays_full_stops_the_machine, .timeout = 120)
{
    struct toy *t = bounded(2, false);
    struct vm_error err = VM_ERROR_INIT;
    int status = 0;
    load_chain(t);
    t->starts[1].pc = TOY_PAGE(41);
    toy_reset(t);
    __typeof__(t->engine_ops[0].compile) compile = t->engine_ops[0].compile;
    t->engine_ops[0].compile = always_full;
    cr_assert_eq(sched_run(t->sched, &status, &err), STOP_ERROR);
    cr_assert(err.set && strstr(err.text, "no room"), "%s", err.text);
    t->engine_ops[0].compile = compile;
    toy_free(t);
}

static uint64_t resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    cr_assert(f);
    cr_assert_eq(fscanf(f, "%lu %lu", &size, &resident), 2);
    fclose(f);
    return (uint64_t)resident * 4096;
}

Test(tier, a_million_evictions_leave_memory_flat, .timeout = 300)
{
    struct toy *t = bounded(2, true);
    uint64_t before = 0;
    load_chain(t);
    TOY_CODE(t, TOY_PAGE(41), TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, 8), TOY(ST, 0, 8, TOY_DEV_STOP),
             TOY(JR, 0, 0, 0));
    TOY_CODE(t, TOY_PAGE(42), TOY(WAIT, 0, 0, 0));
    t->starts[1].pc = TOY_PAGE(42);
    for (int pass = 0; pass < 2; pass++) {
        t->starts[0].arg[0] = pass ? toy_rounds(110) : 2;
        toy_reset(t);
        toy_cpu(t, 0)->r[8] = MMIO;
        before = resident_bytes();
        toy_run(t, STOP_POWEROFF);
    }
    struct tcache_stats s = toy_stats(t);
    cr_assert_gt(s.evicted, toy_rounds(1000000));
    cr_assert_leq(s.dead_bytes, 4 << 20);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
    cr_assert_lt(resident_bytes(), before + (4 << 20));
#endif
    (void)before;
    toy_free(t);
}

/* ---- regions ---- */

/* Three loops in one another on one page, and a function on it that the innermost calls: r1 rounds
 * of the outermost, r2 counts rounds of the innermost, r3 calls. */
static void load_nest(struct toy *t, uint32_t page)
{
    TOY_CODE(t, TOY_PAGE(page), TOY(ADDI, 4, 0, 5), TOY(ADDI, 5, 0, 7), /* 8: */ TOY(ADDI, 2, 2, 1),
             TOY(ADDI, 7, 10, 24), TOY(JR, 0, 9, 0), TOY(ADDI, 8, 8, 0), /* 24: */
             TOY(ADDI, 5, 5, -1), TOY(BNE, 5, 0, -20), TOY(ADDI, 4, 4, -1), TOY(BNE, 4, 0, -32),
             TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, -44), TOY(HALT, 0, 0, 0));
    TOY_CODE(t, TOY_PAGE(page) + 0x200, TOY(ADDI, 3, 3, 1), TOY(JR, 0, 7, 0));
}

static void run_nest(struct toy *t, uint32_t cpus, uint64_t rounds)
{
    uint64_t before[4];
    for (uint32_t i = 0; i < cpus; i++) {
        load_nest(t, i + 1);
        t->starts[i].pc = TOY_PAGE(i + 1);
    }
    toy_reset(t);
    for (uint32_t i = 0; i < cpus; i++) {
        toy_cpu(t, i)->r[1] = rounds;
        toy_cpu(t, i)->r[9] = TOY_PAGE(i + 1) + 0x200;
        toy_cpu(t, i)->r[10] = TOY_PAGE(i + 1);
        before[i] = vcpu_retired(toy_vcpu(t, i));
    }
    toy_run(t, STOP_POWEROFF);
    for (uint32_t i = 0; i < cpus; i++) {
        cr_assert_eq(toy_cpu(t, i)->r[2], rounds * 35);
        cr_assert_eq(toy_cpu(t, i)->r[3], rounds * 35);
        cr_assert_eq(vcpu_retired(toy_vcpu(t, i)) - before[i],
                     rounds * (1 + 5 * (1 + 7 * 7 + 2) + 2) + 1);
    }
}

static struct toy_options regions(uint32_t threshold)
{
    struct toy_options o = {.direct = true, .regions = true, .tier2_threshold = threshold};
    o.engines[0] = &toy_region_engine;
    return o;
}

static uint64_t regions_made(struct toy *t)
{
    struct tcache_stats s = toy_stats(t);
    uint64_t n = 0;
    for (uint32_t i = 0; i < t->n_engines; i++)
        n += s.tiers[i][1].units;
    return n;
}

Test(regions, at_once_and_in_time, .timeout = 120)
{
    for (uint32_t threshold = 0; threshold < 5; threshold += 4) {
        struct toy_options o = regions(threshold);
        o.deterministic = true;
        struct toy *t = toy_new(&o);
        run_nest(t, 1, 5000);
        cr_assert_gt(regions_made(t), 0);
        toy_free(t);
    }
}

/* The old one dies each time, also while others are in it. */
Test(regions, made_again, .timeout = 120)
{
    for (uint32_t cpus = 1; cpus < 5; cpus += 3) {
        struct toy_options o = regions(0);
        o.engines[0] = &toy_outdated_region_engine;
        o.deterministic = cpus == 1;
        o.cpus = cpus;
        o.workers = cpus == 1 ? 0 : 2;
        struct toy *t = toy_new(&o);
        /* Beside running vCPUs some of those that are to be made again are never published. */
        uint32_t wanted = cpus == 1 ? TOY_OUTDATED / 2 : 1;
        for (int i = 0; toy_stats(t).improved < wanted && i < 100; i++)
            run_nest(t, cpus, 5000);
        cr_assert_geq(toy_stats(t).improved, wanted);
        cr_assert_leq(toy_stats(t).improved, TOY_OUTDATED);
        toy_free(t);
    }
}

/* Blocks that only indirect jumps lead to become part of a region that has one, but none that
 * straddles pages, and so keeps no region from being made. */
Test(regions, of_indirect_jumps_beside_a_straddler, .timeout = 120)
{
    const uint64_t rounds = 300000;
    struct toy_options o = regions(4);
    o.deterministic = true;
    struct toy *t = toy_new(&o);
    TOY_CODE(t, TOY_PAGE(1), TOY(ADDI, 2, 2, 1), TOY(JR, 0, 9, 0), /* 8: */ TOY(ADDI, 1, 1, -1),
             TOY(BNE, 1, 0, -12), TOY(HALT, 0, 0, 0));
    TOY_CODE(t, TOY_PAGE(2) - 2, TOY(ADDI, 3, 3, 1), TOY(JR, 0, 10, 0));
    t->starts[0].pc = TOY_PAGE(1);
    toy_reset(t);
    toy_cpu(t, 0)->r[1] = rounds;
    toy_cpu(t, 0)->r[9] = TOY_PAGE(2) - 2;
    toy_cpu(t, 0)->r[10] = TOY_PAGE(1) + 8;
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[2], rounds);
    cr_assert_eq(toy_cpu(t, 0)->r[3], rounds);
    cr_assert_gt(regions_made(t), 0);
    toy_free(t);
}

Test(regions, never, .timeout = 120)
{
    struct toy_options o = regions(UINT32_MAX);
    struct toy *t = toy_new(&o);
    run_nest(t, 1, 5000);
    cr_assert_eq(regions_made(t), 0);
    toy_free(t);
}

/* By workers, while vCPUs run; again after a reset, which comes while they are at it. */
Test(regions, made_beside_the_cpus, .timeout = 120)
{
    for (uint32_t workers = 1; workers < 4; workers += 2) {
        struct toy_options o = regions(0);
        o.cpus = 4;
        o.workers = workers;
        struct toy *t = toy_new(&o);
        for (int i = 0; i < 5; i++)
            run_nest(t, 4, toy_rounds(5000));
        cr_assert_gt(regions_made(t), 3);
        toy_free(t);
    }
}

/* Stopped at once: what has not been compiled yet is dropped. */
Test(regions, the_machine_goes_while_they_are_made, .timeout = 120)
{
    for (uint64_t rounds = 1; rounds < 60; rounds++) {
        struct toy_options o = regions(0);
        o.cpus = 2;
        o.workers = 2;
        struct toy *t = toy_new(&o);
        run_nest(t, 2, rounds);
        toy_free(t);
    }
}

/* r3 is what the instruction adds that each round changes, between two blocks of a loop. */
static void run_patchers(struct toy_options *o, bool switching)
{
    struct toy *t = toy_new(o);
    struct switcher w = {.t = t};
    pthread_t thread;
    uint64_t rounds = toy_rounds(20000);
    for (uint32_t i = 0; i < 4; i++) {
        TOY_CODE(t, TOY_PAGE(i), TOY(STW, 1, 5, 0), TOY(ADDI, 1, 1, 1), TOY(JMP, 0, 0, 0x78));
        TOY_CODE(t, TOY_PAGE(i) + 0x80, TOY(ADDI, 3, 3, 0), TOY(ADDI, 6, 6, -1),
                 TOY(BNE, 6, 0, -0x88), TOY(HALT, 0, 0, 0));
        t->starts[i].pc = TOY_PAGE(i);
    }
    toy_reset(t);
    for (uint32_t i = 0; i < 4; i++) {
        toy_cpu(t, i)->r[1] = TOY(ADDI, 3, 3, 1);
        toy_cpu(t, i)->r[5] = TOY_PAGE(i) + 0x80;
        toy_cpu(t, i)->r[6] = rounds;
    }
    if (switching)
        pthread_create(&thread, NULL, switch_on, &w);
    toy_run(t, STOP_POWEROFF);
    atomic_store(&w.stop, true);
    if (switching)
        pthread_join(thread, NULL);
    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(toy_cpu(t, i)->r[3], rounds * (rounds + 1) / 2);
    toy_free(t);
}

Test(regions, code_changes_while_they_are_made, .timeout = 120)
{
    for (uint32_t workers = 0; workers < 3; workers += 2) {
        struct toy_options o = regions(0);
        o.cpus = 4;
        o.workers = workers;
        run_patchers(&o, false);
    }
}

TOY_TEST(code_and_engines_change_while_regions_are_made)
{
    struct toy_options o = two_engines(direct, 2);
    o.engines[direct] = &toy_bounded_region_engine;
    o.deterministic = false;
    o.regions = true;
    o.cpus = 4;
    o.workers = 2;
    run_patchers(&o, true);
}

/* Regions need more room than there is. */
Test(regions, and_a_full_engine, .timeout = 120)
{
    for (uint32_t workers = 0; workers < 2; workers++) {
        struct toy_options o = regions(0);
        o.engines[0] = &toy_bounded_region_engine;
        o.cpus = 2;
        o.workers = workers;
        struct toy *t = toy_new(&o);
        run_chain(t, 2, toy_rounds(10));
        cr_assert_gt(regions_made(t), 10);
        toy_free(t);
    }
}

/* ---- rising beside the vCPUs ---- */

static struct toy_options beside(bool direct, uint32_t threshold, uint32_t cpus)
{
    struct toy_options o = two_engines(direct, threshold);
    o.deterministic = false;
    o.cpus = cpus;
    o.workers = 2;
    return o;
}

/* They are handed over in time, and what is made replaces what was there. */
TOY_TEST(units_rise_beside_a_cpu)
{
    struct toy_options o = beside(direct, 50, 1);
    struct toy *t = toy_new(&o);
    load_loop(t);
    toy_reset(t);
    for (int i = 0; toy_stats(t).risen < 2 && i < 1000; i++)
        again(t, toy_rounds(100000));
    cr_assert_eq(toy_stats(t).risen, 2);
    cr_assert_eq(live_of(t, 1), 2);
    cr_assert_eq(toy_vcpu(t, 0)->stats.exits[VM_EXIT_HOT], 2);
    toy_free(t);
}

/* What was gathered before a reset is forgotten, and its pages need not be watched for it. */
TOY_TEST(what_is_hot_is_forgotten_at_a_reset)
{
    struct toy_options o = beside(direct, 5, 1);
    struct toy *t = toy_new(&o);
    load_loop(t);
    toy_reset(t);
    again(t, 20);
    cr_assert_eq(toy_vcpu(t, 0)->stats.exits[VM_EXIT_HOT], 2);
    toy_reset(t);
    cr_assert_eq(t->sched->tcache->in_flight, 0);
    cr_assert_null(toy_vcpu(t, 0)->rising);
    cr_assert_eq(live_of(t, 0) + live_of(t, 1), 0);
    toy_free(t);
}

/* More than fits into a batch, and more than the workers take: vCPUs make the rest themselves. */
TOY_TEST(many_rise_beside_many_cpus)
{
    struct toy_options o = beside(direct, 2, 4);
    o.workers = 1;
    struct toy *t = toy_new(&o);
    for (int i = 0; i < 5; i++)
        run_chain(t, 4, toy_rounds(100));
    cr_assert_gt(toy_stats(t).risen, 40);
    toy_free(t);
}

TOY_TEST(code_changes_while_it_rises)
{
    struct toy_options o = beside(direct, 2, 4);
    run_patchers(&o, false);
}

TOY_TEST(engines_change_while_units_rise)
{
    struct toy_options o = beside(direct, 2, 4);
    run_patchers(&o, true);
}

/* The next engine has no room for all. */
TOY_TEST(units_rise_into_a_full_engine)
{
    struct toy_options o = beside(direct, 2, 4);
    o.engines[direct] = &toy_bounded_engine;
    struct toy *t = toy_new(&o);
    for (int i = 0; i < 3; i++)
        run_chain(t, 4, toy_rounds(30));
    cr_assert_gt(toy_stats(t).risen, 40);
    toy_free(t);
}

TOY_TEST(the_machine_goes_while_units_rise)
{
    for (uint32_t rounds = 1; rounds < 60; rounds++) {
        struct toy_options o = beside(direct, 2, 2);
        struct toy *t = toy_new(&o);
        run_chain(t, 2, rounds);
        toy_free(t);
    }
}

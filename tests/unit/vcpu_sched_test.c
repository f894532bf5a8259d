/* SPDX-License-Identifier: BSD-2-Clause */
/* The scheduler: exact counts, timers, sleep and wake, remote flushes, stop and reset. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "vcpu_toy.h"

#define MMIO TOY_PAGE(TOY_MMIO_PAGE)

static struct toy *deterministic(bool direct, uint32_t cpus)
{
    return toy_new(&(struct toy_options){.direct = direct, .deterministic = true, .cpus = cpus});
}

static uint64_t retired(struct toy *t, uint32_t cpu)
{
    return vcpu_retired(toy_vcpu(t, cpu));
}

static int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ---- exact counts ---- */

/* Long and short units, a straddling instruction, another page, and a fault with its handler. */
static void load_mixture(struct toy *t)
{
    TOY_CODE(t, 0, TOY(ADDI, 1, 1, 1), TOY(ADDI, 2, 2, 2), TOY(BNE, 1, 5, 8), TOY(HALT, 0, 0, 0),
             TOY(ST, 1, 0, 0x400), TOY(LD, 3, 0, 0x400), TOY(TRAP, 0, 0, 7), TOY(ADDI, 4, 4, 1),
             TOY(ADDI, 4, 4, 1), TOY(JMP, 0, 0, 4096 - 38));
    TOY_CODE(t, TOY_PAGE(1) - 2, TOY(ADDI, 6, 6, 3), TOY(ADDI, 7, 7, 1), TOY(JR, 0, 0, 0));
    /* the handler: goes on behind the trap */
    TOY_CODE(t, TOY_PAGE(2), TOY(ADDI, 8, 8, 1), TOY(JMP, 0, 0, 28 - 4 - 2 * 4096));
    t->starts[0].pc = 0;
    toy_reset(t);
    toy_cpu(t, 0)->vector = TOY_PAGE(2);
    toy_cpu(t, 0)->r[5] = UINT64_MAX;
}

struct snapshot {
    uint64_t pc, retired;
    struct toy_state state;
};

static struct snapshot snapshot(struct toy *t)
{
    return (struct snapshot){sched_cpu(t->sched, 0)->pc, retired(t, 0), *toy_cpu(t, 0)};
}

/* Stepping one instruction at a time, by strides, and running at once give the same states. */
TOY_TEST(stops_after_exactly_n_instructions)
{
    enum { N = 400 };
    static struct snapshot at[N + 1];
    struct toy *t = deterministic(direct, 1);
    load_mixture(t);
    for (uint64_t n = 1; n <= N; n++) {
        t->sched->config.max_instructions = n;
        cr_assert_eq(toy_run(t, STOP_LIMIT), 3);
        at[n] = snapshot(t);
        cr_assert_eq(at[n].retired, n);
    }
    toy_free(t);
    for (uint64_t stride = 2; stride <= N; stride += 1 + stride / 3) {
        t = deterministic(direct, 1);
        load_mixture(t);
        for (uint64_t n = stride; n <= N; n += stride) {
            t->sched->config.max_instructions = n;
            toy_run(t, STOP_LIMIT);
            struct snapshot now = snapshot(t);
            cr_assert_eq(memcmp(&now, &at[n], sizeof(now)), 0, "stride %u, after %u",
                         (unsigned)stride, (unsigned)n);
        }
        toy_free(t);
    }
}

/* Interrupts enabled; the handler counts. `load` is run with the timer's deadline in r1. */
static struct toy *timer_machine(bool direct, uint32_t cpus)
{
    struct toy *t = deterministic(direct, cpus);
    for (uint32_t i = 0; i < cpus; i++) { /* an endless loop of 23 instructions */
        uint32_t code[23] = {0};
        for (int k = 0; k < 22; k++)
            code[k] = TOY(ADDI, 2, 2, 1);
        code[22] = TOY(JMP, 0, 0, -88);
        toy_code(t, TOY_PAGE(1), code, 23);
        t->starts[i].pc = TOY_PAGE(1);
    }
    TOY_CODE(t, TOY_PAGE(2), TOY(ICOUNT, 3, 0, 0), TOY(TIME, 4, 0, 0), TOY(HALT, 0, 0, 0));
    return t;
}

TOY_TEST(compare_timer_fires_at_exactly_its_instruction)
{
    for (uint64_t deadline = 4; deadline < 40000; deadline += 1 + deadline / 5) {
        struct toy *t = timer_machine(direct, 1);
        TOY_CODE(t, 0, TOY(IEN, 0, 0, 1), TOY(TIMER, 1, 0, 0), TOY(JMP, 0, 0, 4096 - 8));
        t->starts[0] = (struct vm_cpu_start){.pc = 0, .arg = {deadline}};
        toy_reset(t);
        toy_cpu(t, 0)->vector = TOY_PAGE(2);
        toy_run(t, STOP_POWEROFF);
        cr_assert_eq(toy_cpu(t, 0)->r[3], deadline + 1, "ICOUNT counts itself");
        cr_assert_eq(toy_cpu(t, 0)->r[4], deadline + 2);
        cr_assert_eq(toy_cpu(t, 0)->cause, 2000 + TOY_LINE_TIMER);
        toy_free(t);
    }
}

/* A device arms its timer in the middle of a slice that was cut for nothing, or for something
 * later. */
TOY_TEST(device_timer_fires_at_exactly_its_instruction)
{
    for (uint64_t deadline = 5; deadline < 9000; deadline += 1 + deadline / 3) {
        struct toy *t = timer_machine(direct, 1);
        TOY_CODE(t, 0, TOY(IEN, 0, 0, 1), TOY(TIMER, 5, 0, 0), TOY(ST, 1, 6, TOY_DEV_TIMER),
                 TOY(JMP, 0, 0, 4096 - 12));
        t->starts[0] = (struct vm_cpu_start){.pc = 0, .arg = {deadline}};
        toy_reset(t);
        toy_cpu(t, 0)->vector = TOY_PAGE(2);
        toy_cpu(t, 0)->r[5] = 9500;
        toy_cpu(t, 0)->r[6] = MMIO;
        toy_run(t, STOP_POWEROFF);
        cr_assert_eq(toy_cpu(t, 0)->cause, 2000 + TOY_LINE_DEVICE);
        cr_assert_eq(toy_cpu(t, 0)->r[3], deadline + 1);
        toy_free(t);
    }
}

/* The slices of the vCPUs after it in the round end there too. */
TOY_TEST(timer_of_one_cpu_cuts_the_round_of_all)
{
    struct toy *t = timer_machine(direct, 3);
    TOY_CODE(t, 0, TOY(IEN, 0, 0, 1), TOY(TIMER, 1, 0, 0), TOY(JMP, 0, 0, 4096 - 8));
    t->starts[0] = (struct vm_cpu_start){.pc = 0, .arg = {1234}};
    t->starts[1] = t->starts[0];
    t->starts[1].arg[0] = 777;
    toy_reset(t);
    toy_cpu(t, 0)->vector = toy_cpu(t, 1)->vector = TOY_PAGE(2);
    t->sched->config.max_instructions = 1236;
    toy_run(t, STOP_LIMIT);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 1235);
    cr_assert_eq(toy_cpu(t, 1)->cause, 2000 + TOY_LINE_TIMER);
    cr_assert_eq(toy_cpu(t, 2)->r[3], 0);
    cr_assert_leq(retired(t, 2), 1236);
    toy_free(t);
}

/* All asleep: time goes on to the next deadline at once. */
TOY_TEST(idle_time_is_skipped)
{
    struct toy *t = deterministic(direct, 2);
    TOY_CODE(t, 0, TOY(TIMER, 1, 0, 0), TOY(WAIT, 0, 0, 0), TOY(TIME, 4, 0, 0), TOY(HALT, 0, 0, 0));
    t->starts[0].arg[0] = UINT64_C(3600) * 1000000000;
    t->starts[1].arg[0] = UINT64_C(7200) * 1000000000;
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[4], t->starts[0].arg[0] + 1);
    cr_assert_eq(toy_cpu(t, 1)->r[4], t->starts[1].arg[0] + 1);
    toy_free(t);
}

/* A trap handler that traps for ever must not keep the scheduler from its work. */
TOY_TEST(endless_faults_use_up_the_slice)
{
    struct toy *t = deterministic(direct, 2);
    TOY_CODE(t, 0, TOY(TRAP, 0, 0, 1));
    TOY_CODE(t, TOY_PAGE(1), TOY(ADDI, 1, 1, -1), TOY(BNE, 1, 0, -4), TOY(ST, 0, 2, TOY_DEV_STOP));
    t->starts[1] = (struct vm_cpu_start){.pc = TOY_PAGE(1), .arg = {30000, MMIO}};
    toy_reset(t);
    toy_cpu(t, 0)->vector = TOY_PAGE(40); /* nothing but zeros, which add nothing to nothing */
    atomic_store(&t->map[40], 0);
    cr_assert_eq(toy_run(t, STOP_POWEROFF), 0);
    cr_assert_eq(retired(t, 0), 0);
    toy_free(t);
}

static void hash_bytes(void *ctx, const void *data, size_t n)
{
    uint64_t *h = ctx;
    for (size_t i = 0; i < n; i++)
        *h = (*h ^ ((const uint8_t *)data)[i]) * UINT64_C(0x100000001b3);
}

/* Three vCPUs that add to one word, wake one another and set timers. */
static uint64_t hash_of_run(bool direct)
{
    struct toy *t = timer_machine(direct, 3);
    uint64_t hash = 14695981039346656037u;
    TOY_CODE(t, 0, TOY(IEN, 0, 0, 1), TOY(AADD, 1, 9, 0), TOY(LD, 5, 9, 0), TOY(TIMER, 5, 0, 0),
             TOY(ADDI, 6, 6, -1), TOY(BNE, 6, 0, -16), TOY(HALT, 0, 0, 0));
    TOY_CODE(t, TOY_PAGE(2), TOY(ICOUNT, 3, 0, 0), TOY(AADD, 3, 9, 8), TOY(ADDI, 7, 0, -1),
             TOY(TIMER, 7, 0, 0), TOY(IRET, 0, 0, 1));
    for (uint32_t i = 0; i < 3; i++)
        t->starts[i] = (struct vm_cpu_start){.pc = 0, .arg = {13 * (i + 1)}};
    toy_reset(t);
    for (uint32_t i = 0; i < 3; i++) {
        toy_cpu(t, i)->vector = TOY_PAGE(2);
        toy_cpu(t, i)->r[6] = 5000;
        toy_cpu(t, i)->r[9] = TOY_PAGE(10);
    }
    toy_run(t, STOP_POWEROFF);
    sched_hash(t->sched, hash_bytes, &hash);
    hash ^= toy_load(t, TOY_PAGE(10) + 8);
    toy_free(t);
    return hash;
}

TOY_TEST(two_runs_end_in_the_same_state)
{
    cr_assert_eq(hash_of_run(direct), hash_of_run(direct));
}

/* ---- the counter is set ---- */

static void counter_set_raises(bool direct, bool is_deterministic)
{
    struct toy *t =
        toy_new(&(struct toy_options){.direct = direct, .deterministic = is_deterministic});
    TOY_CODE(t, 0, TOY(TIMER, 1, 0, 0), TOY(ST, 2, 6, TOY_DEV_COUNTER), TOY(WAIT, 0, 0, 0),
             TOY(ST, 0, 6, TOY_DEV_COUNTER), TOY(HALT, 0, 0, 0));
    t->starts[0].arg[0] = UINT64_C(1) << 60;
    t->starts[0].arg[1] = (UINT64_C(1) << 60) - (is_deterministic ? 1000 : 1000000);
    toy_reset(t);
    toy_cpu(t, 0)->r[6] = MMIO;
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(atomic_load(&sched_cpu(t->sched, 0)->lines),
                 0); /* and set back: lowers it again */
    if (is_deterministic)
        cr_assert_leq(clock_now(t->clock), 1010);
    toy_free(t);
}

TOY_TEST(setting_the_counter_renews_compare_timers)
{
    counter_set_raises(direct, true);
    counter_set_raises(direct, false);
}

/* ---- kicks ---- */

struct kicker {
    struct toy *t;
    _Atomic bool stop;
};

static void *kick_always(void *opaque)
{
    struct kicker *k = opaque;
    struct vm_cpu *cpu = sched_cpu(k->t->sched, 0);
    while (!atomic_load(&k->stop))
        cpu->host->kick(cpu);
    return NULL;
}

TOY_TEST(counts_are_exact_under_kicks)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct});
    struct kicker k = {.t = t};
    pthread_t threads[2];
    uint64_t turns = toy_rounds(200000);
    load_mixture(t);
    toy_cpu(t, 0)->r[5] = turns;
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, kick_always, &k);
    toy_run(t, STOP_POWEROFF);
    atomic_store(&k.stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(toy_cpu(t, 0)->r[8], turns - 1);
    cr_assert_eq(retired(t, 0), (turns - 1) * 13 + 4);
    toy_free(t);
}

/* ---- sleep and wake ---- */

static bool wait_for(struct toy *t, uint64_t va, uint64_t value)
{
    int64_t give_up = now_ns() + INT64_C(20000000000);
    for (unsigned spins = 0; toy_load(t, va) != value; spins++) {
        if (spins % 64 == 63) {
            sched_yield();
            if (now_ns() > give_up)
                return false;
        }
    }
    return true;
}

static void *run_machine(void *opaque)
{
    toy_run(opaque, STOP_QUIT);
    return NULL;
}

/* A line from another thread, at any moment while the vCPU falls asleep. */
static void wake_by_line(bool direct, uint32_t cpus, uint32_t threads)
{
    struct toy *t =
        toy_new(&(struct toy_options){.direct = direct, .cpus = cpus, .threads = threads});
    uint32_t rounds = toy_rounds(500), seed = 1;
    pthread_t runner;
    TOY_CODE(t, 0, TOY(WAIT, 0, 0, 0), TOY(LD, 2, 9, 0), TOY(ST, 2, 9, 8), TOY(JMP, 0, 0, -12));
    toy_reset(t);
    for (uint32_t i = 0; i < cpus; i++)
        toy_cpu(t, i)->r[9] = TOY_PAGE(10 + i);
    pthread_create(&runner, NULL, run_machine, t);
    for (uint32_t round = 1; round <= rounds; round++) {
        uint32_t cpu = round % cpus;
        seed = seed * 1664525 + 1013904223;
        for (volatile uint32_t i = 0; i < seed >> 22; i++) {
        }
        toy_store(t, TOY_PAGE(10 + cpu), round);
        toy_set_line(t, cpu, TOY_LINE, 1);
        cr_assert(wait_for(t, TOY_PAGE(10 + cpu) + 8, round), "lost wake-up in round %u", round);
        toy_set_line(t, cpu, TOY_LINE, 0);
    }
    sched_request_stop(t->sched, STOP_QUIT, 0);
    pthread_join(runner, NULL);
    toy_free(t);
}

TOY_TEST(no_wake_up_is_lost)
{
    wake_by_line(direct, 1, 0);
    wake_by_line(direct, 3, 1);
    wake_by_line(direct, 4, 2);
}

/* vCPU i wakes vCPU i + 1 through the device, round and round. r1: own number, r2: the next one's.
 */
static void relay(bool direct, uint32_t cpus, uint32_t threads)
{
    struct toy *t =
        toy_new(&(struct toy_options){.direct = direct, .cpus = cpus, .threads = threads});
    uint32_t rounds = toy_rounds(1000);
    TOY_CODE(t, 0, TOY(WAIT, 0, 0, 0), TOY(ST, 1, 9, TOY_DEV_LOWER), TOY(ST, 2, 9, TOY_DEV_RAISE),
             TOY(ADDI, 5, 5, -1), TOY(BNE, 5, 0, -16), TOY(HALT, 0, 0, 0));
    toy_reset(t);
    for (uint32_t i = 0; i < cpus; i++) {
        struct toy_state *s = toy_cpu(t, i);
        s->r[1] = i;
        s->r[2] = (i + 1) % cpus;
        s->r[5] = rounds;
        s->r[9] = MMIO;
    }
    toy_set_line(t, 0, TOY_LINE, 1);
    toy_run(t, STOP_POWEROFF);
    toy_free(t);
}

TOY_TEST(cpus_wake_one_another)
{
    relay(direct, 2, 0);
    relay(direct, 4, 2);
    relay(direct, 5, 1);
}

/* It is taken by the WAIT itself and gone then: the handler must run none the less. */
TOY_TEST(interrupt_that_is_taken_does_not_sleep)
{
    struct toy *t = deterministic(direct, 1);
    TOY_CODE(t, 0, TOY(IEN, 0, 0, 1), TOY(ST, 0, 9, TOY_DEV_EDGE), TOY(WAIT, 0, 0, 0),
             TOY(HALT, 0, 0, 0));
    TOY_CODE(t, TOY_PAGE(1), TOY(ADDI, 3, 3, 1), TOY(IRET, 0, 0, 1));
    toy_reset(t);
    toy_cpu(t, 0)->vector = TOY_PAGE(1);
    toy_cpu(t, 0)->r[9] = MMIO;
    toy_run(t, STOP_POWEROFF);
    cr_assert_eq(toy_cpu(t, 0)->r[3], 1);
    toy_free(t);
}

TOY_TEST(compare_timer_wakes)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct, .cpus = 2});
    TOY_CODE(t, 0, TOY(TIME, 3, 0, 0), TOY(ADD, 3, 1, 0), TOY(TIMER, 3, 0, 0), TOY(WAIT, 0, 0, 0),
             TOY(TIME, 4, 0, 0), TOY(ADDI, 5, 5, -1), TOY(BNE, 5, 0, -24), TOY(HALT, 0, 0, 0));
    toy_reset(t);
    for (uint32_t i = 0; i < 2; i++) {
        toy_cpu(t, i)->r[1] = 20000 * (i + 1);
        toy_cpu(t, i)->r[5] = 500;
    }
    toy_run(t, STOP_POWEROFF);
    for (uint32_t i = 0; i < 2; i++)
        cr_assert_geq(toy_cpu(t, i)->r[4], toy_cpu(t, i)->r[3]);
    toy_free(t);
}

/* ---- remote flush ---- */

/*
 * vCPU 1 calls a function that writes 1 into a mailbox under one mapping and 2 under the other.
 * vCPU 0 changes the mapping, flushes everywhere, clears the mailbox: from then on only the new
 * number may appear. Just before, it writes the old function anew, so that it may be being
 * translated while it goes. The other vCPUs keep the flush queues and the translation cache busy.
 */
TOY_TEST(remote_flush_is_acknowledged)
{
    struct toy *t =
        toy_new(&(struct toy_options){.direct = direct, .cpus = 4, .code_cache_bytes = 32 << 10});
    TOY_CODE(t, 0, /* r1 new entry, r2 old, r3 new number, r4 old, r6 the page, r9 mailbox */
             TOY(STW, 15, 14, 0), TOY(MAP, 1, 6, 0), TOY(FLUSH_ALL, 0, 6, 0), TOY(ST, 0, 9, 0),
             TOY(LD, 10, 9, 0), TOY(BNE, 10, 0, 8), TOY(JMP, 0, 0, -8), TOY(BNE, 10, 3, 60),
             TOY(ADDI, 11, 1, 0), TOY(ADDI, 1, 2, 0), TOY(ADDI, 2, 11, 0), TOY(ADDI, 11, 3, 0),
             TOY(ADDI, 3, 4, 0), TOY(ADDI, 4, 11, 0), TOY(ADDI, 11, 13, 0), TOY(ADDI, 13, 14, 0),
             TOY(ADDI, 14, 11, 0), TOY(ADDI, 5, 5, -1), TOY(BNE, 5, 0, -72), TOY(ST, 0, 12, 0),
             TOY(JMP, 0, 0, 0), TOY(TRAP, 0, 0, 1), TOY(TRAP, 0, 0, 1));
    TOY_CODE(t, TOY_PAGE(1), TOY(ADDI, 7, 0, 4096 + 8), TOY(JR, 0, 6, 0), TOY(JMP, 0, 0, -8));
    TOY_CODE(t, TOY_PAGE(4), TOY(ADDI, 3, 0, 1), TOY(ST, 3, 9, 0), TOY(JR, 0, 7, 0));
    TOY_CODE(t, TOY_PAGE(5), TOY(ADDI, 3, 0, 2), TOY(ST, 3, 9, 0), TOY(JR, 0, 7, 0));
    TOY_CODE(t, TOY_PAGE(2), TOY(FLUSH_ALL, 0, 9, 0), TOY(STW, 1, 8, 0), TOY(ADDI, 7, 0, 0x2010),
             TOY(JR, 0, 8, 0), TOY(JMP, 0, 0, -16));
    TOY_CODE(t, TOY_PAGE(7), TOY(JR, 0, 7, 0), TOY(JR, 0, 7, 0));
    for (uint32_t i = 1; i < 4; i++)
        t->starts[i].pc = TOY_PAGE(i == 1 ? 1 : 2);
    toy_reset(t);
    for (uint32_t i = 0; i < 4; i++) {
        struct toy_state *s = toy_cpu(t, i);
        s->r[6] = TOY_PAGE(4);
        s->r[9] = TOY_PAGE(10);
        s->r[12] = MMIO + TOY_DEV_STOP;
        s->r[1] = TOY(JR, 0, 7, 0);
        s->r[8] = TOY_PAGE(7) + 4 * (i & 1);
    }
    struct toy_state *s = toy_cpu(t, 0);
    s->r[1] = TOY_MAP_RAM(5);
    s->r[2] = TOY_MAP_RAM(4);
    s->r[3] = 2;
    s->r[4] = 1;
    s->r[13] = TOY_PAGE(45) + 8; /* code of both functions, to be written as it is */
    s->r[14] = TOY_PAGE(44) + 8;
    s->r[15] = TOY(JR, 0, 7, 0);
    atomic_store(&t->map[44], TOY_MAP_RAM(4));
    atomic_store(&t->map[45], TOY_MAP_RAM(5));
    s->r[5] = toy_rounds(300);
    cr_assert_eq(toy_run(t, STOP_POWEROFF), 0);
    toy_free(t);
}

/* All flush at all at once: nobody waits for ever. With as many threads as vCPUs, and with fewer.
 */
TOY_TEST(everybody_flushes_everybody)
{
    for (uint32_t threads = 0; threads < 3; threads += 2) {
        struct toy *t =
            toy_new(&(struct toy_options){.direct = direct, .cpus = 4, .threads = threads});
        TOY_CODE(t, 0, TOY(FLUSH_ALL, 0, 9, 0), TOY(AADD, 2, 9, 0), TOY(ADDI, 5, 5, -1),
                 TOY(BNE, 5, 0, -12), TOY(HALT, 0, 0, 0));
        toy_reset(t);
        for (uint32_t i = 0; i < 4; i++) {
            toy_cpu(t, i)->r[2] = 1;
            toy_cpu(t, i)->r[5] = toy_rounds(1000);
            toy_cpu(t, i)->r[9] = TOY_PAGE(10);
        }
        toy_run(t, STOP_POWEROFF);
        cr_assert_eq(toy_load(t, TOY_PAGE(10)), 4 * toy_rounds(1000));
        toy_free(t);
    }
}

/* ---- stop, reset, run again ---- */

static void *stop_soon(void *opaque)
{
    static uint32_t seed = 7;
    seed = seed * 1664525 + 1013904223;
    usleep(seed >> 24);
    sched_request_stop(((struct toy *)opaque)->sched, STOP_QUIT, 5);
    return NULL;
}

TOY_TEST(stop_from_any_thread_and_go_on)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct, .cpus = 3, .threads = 2});
    TOY_CODE(t, 0, TOY(AADD, 2, 9, 0), TOY(ADDI, 3, 3, 1), TOY(JMP, 0, 0, -8));
    TOY_CODE(t, TOY_PAGE(1), TOY(WAIT, 0, 0, 0), TOY(JMP, 0, 0, -4));
    t->starts[2].pc = TOY_PAGE(1);
    toy_reset(t);
    for (uint32_t i = 0; i < 2; i++) {
        toy_cpu(t, i)->r[2] = 1;
        toy_cpu(t, i)->r[9] = TOY_PAGE(10);
    }
    for (int round = 0; round < 100; round++) {
        pthread_t stopper;
        pthread_create(&stopper, NULL, stop_soon, t);
        cr_assert_eq(toy_run(t, STOP_QUIT), 5);
        pthread_join(stopper, NULL);
        /* at an instruction boundary: at most the ADDI of each is to come */
        uint64_t sum = toy_cpu(t, 0)->r[3] + toy_cpu(t, 1)->r[3];
        uint64_t pending = (sched_cpu(t->sched, 0)->pc == 4) + (sched_cpu(t->sched, 1)->pc == 4);
        cr_assert_eq(toy_load(t, TOY_PAGE(10)), sum + pending);
    }
    toy_free(t);
}

TOY_TEST(which_stop_request_wins)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct});
    TOY_CODE(t, 0, TOY(JMP, 0, 0, 0));
    toy_reset(t);
    sched_request_stop(t->sched, STOP_RESET, 1);
    sched_request_stop(t->sched, STOP_RESET, 2);
    cr_assert_eq(toy_run(t, STOP_RESET), 2);
    sched_request_stop(t->sched, STOP_RESET, 1);
    sched_request_stop(t->sched, STOP_QUIT, 7);
    sched_request_stop(t->sched, STOP_POWEROFF, 8);
    cr_assert_eq(toy_run(t, STOP_QUIT), 7);
    toy_free(t);
}

TOY_TEST(reset_and_run_again)
{
    for (int is_deterministic = 0; is_deterministic < 2; is_deterministic++) {
        struct toy *t = toy_new(
            &(struct toy_options){.direct = direct, .deterministic = is_deterministic, .cpus = 2});
        TOY_CODE(t, 0, TOY(ADDI, 3, 3, 1), TOY(TIMER, 1, 0, 0), TOY(ADDI, 5, 0, 100),
                 TOY(ADDI, 5, 5, -1), TOY(BNE, 5, 0, -4), TOY(HALT, 0, 0, 0));
        t->starts[0].arg[0] = t->starts[1].arg[0] = 1; /* high at once */
        for (int round = 0; round < 20; round++) {
            toy_set_line(t, 1, TOY_LINE_DEVICE, round & 1);
            toy_reset(t);
            uint64_t lines = atomic_load(&sched_cpu(t->sched, 1)->lines);
            cr_assert_eq(lines, round & 1 ? 1u << TOY_LINE_DEVICE : 0, "compare timers are off");
            uint64_t before = retired(t, 0);
            toy_run(t, STOP_POWEROFF);
            cr_assert_eq(toy_cpu(t, 0)->r[3], 1);
            cr_assert_eq(retired(t, 0) - before, 204);
            lines = atomic_load(&sched_cpu(t->sched, 1)->lines);
            cr_assert(lines & 1u << TOY_LINE_TIMER);
        }
        toy_free(t);
    }
}

/* What the arch or the engine cannot do stops the machine with an error, and it can be reset. */
static int refuse_compile(void *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                          struct vm_error *err)
{
    (void)engine, (void)ir, (void)unit;
    return vm_error_set(err, "no room");
}

TOY_TEST(failure_to_compile_stops_the_machine)
{
    struct toy *t = toy_new(&(struct toy_options){.direct = direct, .cpus = 2});
    struct vm_error err = VM_ERROR_INIT;
    int status = 0;
    TOY_CODE(t, 0, TOY(HALT, 0, 0, 0));
    toy_reset(t);
    __typeof__(t->engine_ops[0].compile) compile = t->engine_ops[0].compile;
    t->engine_ops[0].compile = refuse_compile;
    cr_assert_eq(sched_run(t->sched, &status, &err), STOP_ERROR);
    cr_assert(err.set && strstr(err.text, "no room"), "%s", err.text);
    t->engine_ops[0].compile = compile;
    toy_reset(t);
    toy_run(t, STOP_POWEROFF);
    toy_free(t);
}

/* ---- power ---- */

/*
 * vCPU 1, off at first in spite of its line, is powered on, refuses to be again, powers itself off
 * (the trap behind that would end the test), and is powered on for something else. Twice, for the
 * reset puts it off again.
 */
TOY_TEST(cpus_are_powered_on_and_off)
{
    for (int is_deterministic = 0; is_deterministic < 2; is_deterministic++) {
        struct toy *t = toy_new(
            &(struct toy_options){.direct = direct, .deterministic = is_deterministic, .cpus = 2});
        TOY_CODE(t, 0, TOY(ADDI, 1, 0, 1), TOY(ADDI, 2, 0, 2 * 4096),
                 TOY(POWER, 1, 2, TOY_POWER_ON), TOY(ADDI, 3, 15, 0),
                 TOY(POWER, 1, 2, TOY_POWER_ON), TOY(ADDI, 4, 15, 0),
                 TOY(POWER, 2, 0, TOY_POWER_QUERY), TOY(ADDI, 5, 15, 0),
                 TOY(POWER, 0, 0, TOY_POWER_QUERY), TOY(ADDI, 6, 15, 0),
                 TOY(POWER, 1, 0, TOY_POWER_QUERY), TOY(BNE, 15, 0, -4), TOY(ADDI, 2, 0, 3 * 4096),
                 TOY(POWER, 1, 2, TOY_POWER_ON), TOY(ADDI, 7, 15, 0), TOY(HALT, 0, 0, 0));
        TOY_CODE(t, TOY_PAGE(1), TOY(TRAP, 0, 0, 1)); /* where it must not start */
        TOY_CODE(t, TOY_PAGE(2), TOY(ADDI, 8, 0, 4096), TOY(ST, 1, 0, 0x7000),
                 TOY(POWER, 0, 0, TOY_POWER_OFF), TOY(TRAP, 0, 0, 2));
        TOY_CODE(t, TOY_PAGE(3), TOY(ADDI, 9, 8, 5), TOY(HALT, 0, 0, 0));
        t->starts[1] = (struct vm_cpu_start){.pc = TOY_PAGE(1), .off = true};
        for (int round = 0; round < 20; round++) {
            toy_store(t, 0x7000, 0);
            toy_reset(t);
            toy_set_line(t, 1, TOY_LINE, 1);
            cr_assert_eq(toy_run(t, STOP_POWEROFF), 0);
            const struct toy_state *s = toy_cpu(t, 0);
            cr_assert_eq(s->r[3], 0);
            cr_assert_eq(s->r[4], UINT64_MAX, "it is on already, or going on");
            cr_assert_eq(s->r[5], UINT64_MAX, "there is no third one");
            cr_assert_eq(s->r[6], VM_CPU_ON);
            cr_assert_eq(s->r[7], 0);
            cr_assert_eq(toy_load(t, 0x7000), 1, "the first argument");
            cr_assert_eq(toy_cpu(t, 1)->r[9], 5, "and registers are those of power-on");
            cr_assert_eq(toy_cpu(t, 1)->r[2], 77);
        }
        toy_free(t);
    }
}

/* ---- fewer threads than vCPUs ---- */

TOY_TEST(fewer_threads_than_cpus)
{
    for (uint32_t threads = 1; threads < 4; threads++) {
        struct toy *t =
            toy_new(&(struct toy_options){.direct = direct, .cpus = 7, .threads = threads});
        uint32_t turns = toy_rounds(20000);
        TOY_CODE(t, 0, TOY(AADD, 2, 9, 0), TOY(ADDI, 5, 5, -1), TOY(BNE, 5, 0, -8),
                 TOY(LD, 3, 9, 0), TOY(BNE, 3, 6, -4), TOY(HALT, 0, 0, 0)); /* wait for all */
        toy_reset(t);
        for (uint32_t i = 0; i < 7; i++) {
            struct toy_state *s = toy_cpu(t, i);
            s->r[2] = 1;
            s->r[5] = turns;
            s->r[6] = 7 * (uint64_t)turns;
            s->r[9] = TOY_PAGE(10);
        }
        toy_run(t, STOP_POWEROFF);
        cr_assert_eq(toy_load(t, TOY_PAGE(10)), 7 * (uint64_t)turns);
        toy_free(t);
    }
}

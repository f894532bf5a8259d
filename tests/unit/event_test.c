/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clock, counter, timers, event loop, log, trace and statistics, and what of the host they stand
 * on.
 *
 * Tests that wait for real time only demand that things come in order and not too early; how late
 * they may come is the host's business, up to TIMEOUT_NS.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vmrun/cpu.h>
#include "core/event/event.h"
#include "core/host/clock.h"
#include "core/host/memory.h"
#include "core/host/module.h"
#include "core/host/process.h"
#include "core/host/signals.h"
#include "core/host/thread.h"

#define MS         INT64_C(1000000)
#define TIMEOUT_NS (20000 * MS)

/* Waits until *value is at least `wanted`. */
static bool reaches(_Atomic int *value, int wanted)
{
    int64_t end = host_clock_ns() + TIMEOUT_NS;
    while (atomic_load(value) < wanted) {
        if (host_clock_ns() > end)
            return false;
        usleep(500);
    }
    return true;
}

/* ---- clock ---- */

Test(clock, counter_is_exact)
{
    static const uint64_t rates[] = {1,         3,          32768,      10000000, 19200000,
                                     999999999, 1000000000, 1000000007, 3579545,  4000000000};
    srand(1);
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct clock *c = clock_new(true, rates[i]);
        int64_t now = 0;
        for (int j = 0; j < 2000; j++) {
            now += (int64_t)rand() * (j % 7 == 0 ? 100000 : 1);
            clock_advance(c, now);
            unsigned __int128 exact = (unsigned __int128)(uint64_t)now * rates[i] / 1000000000u;
            cr_assert_eq(clock_counter(c), (uint64_t)exact);
            uint64_t value = clock_counter(c) + 1 + (uint64_t)(rand() % 100000);
            int64_t at = clock_counter_deadline(c, value);
            /* the counter has the value at `at` and has not one ns before */
            clock_advance(c, at - 1);
            if (at - 1 >= now)
                cr_assert_lt(clock_counter(c), value);
            clock_advance(c, at);
            cr_assert_geq(clock_counter(c), value);
            now = at;
        }
        clock_free(c);
    }
}

Test(clock, counter_offset_and_limits)
{
    struct clock *c = clock_new(true, 10000000);
    clock_advance(c, 12345);
    clock_counter_set(c, UINT64_MAX - 5);
    cr_assert_eq(clock_counter(c), UINT64_MAX - 5);
    cr_assert_leq(clock_counter_deadline(c, 7), clock_now(c));
    int64_t at = clock_counter_deadline(c, UINT64_MAX);
    clock_advance(c, at);
    cr_assert_eq(clock_counter(c), UINT64_MAX);
    clock_counter_set(c, 0);
    cr_assert_eq(clock_counter_deadline(c, UINT64_MAX), INT64_MAX);
    cr_assert_eq(clock_counter_deadline(c, 0), clock_now(c));
    clock_advance(c, at - 1); /* never goes back */
    cr_assert_eq(clock_now(c), at);
    cr_assert_eq(clock_wall(c), INT64_C(1767225600000000000) + at);
    clock_free(c);
}

static void count_call(void *opaque)
{
    atomic_fetch_add((_Atomic int *)opaque, 1);
}

Test(clock, stands_still_when_stopped)
{
    struct clock *c = clock_new(false, 1000);
    _Atomic int sets = 0;
    cr_assert_eq(clock_now(c), 0);
    usleep(2000);
    cr_assert_eq(clock_now(c), 0);
    cr_assert_eq(clock_host_time(c, 5), INT64_MAX);
    clock_start(c);
    int64_t host = clock_host_time(c, 0);
    cr_assert_leq(host, host_clock_ns());
    cr_assert_eq(clock_host_time(c, 77), host + 77);
    usleep(2000);
    clock_stop(c);
    int64_t stopped = clock_now(c);
    cr_assert_geq(stopped, 2 * MS);
    usleep(2000);
    cr_assert_eq(clock_now(c), stopped);
    clock_start(c);
    usleep(1000);
    cr_assert_gt(clock_now(c), stopped);
    cr_assert_lt(clock_now(c), host_clock_ns() - host);
    clock_on_counter_set(c, count_call, &sets);
    clock_counter_set(c, 5);
    cr_assert_eq(sets, 1);
    clock_free(c);
}

static _Atomic int finished;

static void read_clock(void *opaque)
{
    struct clock *c = opaque;
    int64_t last = 0;
    while (!atomic_load(&finished)) {
        int64_t now = clock_now(c);
        if (now < last)
            abort();
        last = now;
    }
}

Test(clock, never_goes_back_for_readers)
{
    struct clock *c = clock_new(false, 1000);
    struct host_thread *threads[2];
    for (int i = 0; i < 2; i++)
        threads[i] = host_thread_start("reader", read_clock, c, NULL);
    for (int i = 0; i < 2000; i++) {
        clock_start(c);
        clock_stop(c);
    }
    atomic_store(&finished, 1);
    for (int i = 0; i < 2; i++)
        host_thread_join(threads[i]);
    clock_free(c);
}

/* ---- timers, deterministic ---- */

struct shot {
    struct timers *timers;
    struct timer *timer;
    int64_t *log, id;
    int *n;
    int64_t rearm; /* for when, 0: not */
    struct timer *victim;
};

static void shoot(void *opaque)
{
    struct shot *s = opaque;
    s->log[(*s->n)++] = s->id;
    if (s->rearm)
        timer_arm(s->timer, s->rearm);
    if (s->victim) {
        timer_free(s->victim);
        s->victim = NULL;
    }
}

enum { SHOTS = 300 };

static struct clock *det_clock;
static struct timers *det_timers;
static struct shot shots[SHOTS];
static int64_t shot_log[4096];
static int n_logged;

static void det_up(void)
{
    det_clock = clock_new(true, 1000000);
    det_timers = timers_new(det_clock);
    cr_assert(det_timers);
    for (int i = 0; i < SHOTS; i++) {
        shots[i] = (struct shot){.timers = det_timers, .log = shot_log, .id = i, .n = &n_logged};
        shots[i].timer = timer_new(det_timers, shoot, &shots[i]);
    }
    n_logged = 0;
}

static void det_down(void)
{
    for (int i = 0; i < SHOTS; i++)
        timer_free(shots[i].timer);
    timers_free(det_timers);
    clock_free(det_clock);
}

#define DET_TEST(name) Test(timers, name, .init = det_up, .fini = det_down)

DET_TEST(fire_in_order_of_deadline_then_arming)
{
    static int64_t deadline[SHOTS];
    static uint32_t order[SHOTS];
    uint32_t orders = 0;
    srand(5);
    for (int round = 0; round < 20; round++) {
        int64_t base = clock_now(det_clock);
        for (int i = 0; i < 1000; i++) {
            int t = rand() % SHOTS;
            int64_t at = rand() % 8 ? base + 1 + rand() % 500 : INT64_MAX;
            if (at != deadline[t])
                order[t] = ++orders;
            deadline[t] = at;
            timer_arm(shots[t].timer, at);
        }
        int64_t earliest = INT64_MAX;
        int armed = 0;
        for (int i = 0; i < SHOTS; i++) {
            earliest = deadline[i] && deadline[i] < earliest ? deadline[i] : earliest;
            armed += deadline[i] && deadline[i] != INT64_MAX;
        }
        cr_assert_eq(timers_next(det_timers), earliest);
        clock_advance(det_clock, earliest - 1);
        n_logged = 0;
        timers_run(det_timers);
        cr_assert_eq(n_logged, 0);
        clock_advance(det_clock, base + 1000);
        timers_run(det_timers);
        cr_assert_eq(n_logged, armed);
        for (int i = 1; i < n_logged; i++) {
            int64_t a = shot_log[i - 1], b = shot_log[i];
            cr_assert(deadline[a] < deadline[b] ||
                      (deadline[a] == deadline[b] && order[a] < order[b]));
        }
        memset(deadline, 0, sizeof(deadline));
        cr_assert_eq(timers_next(det_timers), INT64_MAX);
    }
}

DET_TEST(one_that_rearms_for_the_past_holds_up_nobody)
{
    clock_advance(det_clock, 1000);
    shots[0].rearm = 1; /* long past */
    timer_arm(shots[0].timer, 1);
    timer_arm(shots[1].timer, 900);
    timers_run(det_timers);
    cr_assert_eq(n_logged, 2); /* each once, though 0 is armed again */
    cr_assert_leq(timers_next(det_timers), 1000);
    timer_arm(shots[2].timer, 1000);
    timers_run(det_timers);
    cr_assert_eq(n_logged, 4);
    shots[0].rearm = 0;
    timers_run(det_timers);
    cr_assert_eq(timers_next(det_timers), INT64_MAX);
}

DET_TEST(free_from_callbacks)
{
    timer_arm(shots[0].timer, 10);
    timer_arm(shots[1].timer, 20);
    shots[0].victim = shots[1].timer; /* another one that is due too */
    shots[1].timer = NULL;
    timer_arm(shots[2].timer, 30);
    shots[2].victim = shots[2].timer; /* itself */
    shots[2].timer = NULL;
    timer_arm(shots[3].timer, 40);
    clock_advance(det_clock, 100);
    timers_run(det_timers);
    cr_assert_eq(n_logged, 3);
    cr_assert(shot_log[0] == 0 && shot_log[1] == 2 && shot_log[2] == 3);
    cr_assert_eq(timers_fd(det_timers), -1);
}

/* ---- timers and loop, parallel ---- */

struct machine {
    struct clock *clock;
    struct timers *timers;
    struct loop *loop;
};

static struct machine parallel(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct machine m = {.clock = clock_new(false, 1000000)};
    m.timers = timers_new(m.clock);
    m.loop = loop_new(m.timers, false, &err);
    cr_assert(m.loop, "%s", err.text);
    return m;
}

static void start(struct machine *m)
{
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_eq(loop_start(m->loop, &err), 0, "%s", err.text);
}

static void end(struct machine *m)
{
    loop_stop(m->loop);
    loop_free(m->loop);
    timers_free(m->timers);
    clock_free(m->clock);
}

struct alarm {
    struct clock *clock;
    struct loop *loop;
    struct timer *timer;
    int64_t deadline, period;
    _Atomic int fired, early, elsewhere;
};

static void ring(void *opaque)
{
    struct alarm *a = opaque;
    if (clock_now(a->clock) < a->deadline)
        atomic_fetch_add(&a->early, 1);
    if (!loop_is_current(a->loop))
        atomic_fetch_add(&a->elsewhere, 1);
    if (a->period) {
        a->deadline += a->period;
        timer_arm(a->timer, a->deadline);
    }
    atomic_fetch_add(&a->fired, 1);
}

Test(loop, fires_timers)
{
    struct machine m = parallel();
    struct alarm once = {.clock = m.clock, .loop = m.loop, .deadline = 20 * MS};
    struct alarm tick = {.clock = m.clock, .loop = m.loop, .deadline = MS, .period = MS};
    once.timer = timer_new(m.timers, ring, &once);
    tick.timer = timer_new(m.timers, ring, &tick);
    timer_arm(once.timer, once.deadline);
    timer_arm(tick.timer, tick.deadline);
    start(&m);
    usleep(5000);
    cr_assert_eq(tick.fired, 0); /* the clock stands still */
    clock_start(m.clock);
    cr_assert(reaches(&tick.fired, 30));
    cr_assert(reaches(&once.fired, 1));
    cr_assert_eq(once.fired, 1);
    clock_stop(m.clock);
    usleep(20000); /* what was on its way has come */
    int before = tick.fired;
    usleep(20000);
    cr_assert_eq(tick.fired, before);
    clock_start(m.clock);
    cr_assert(reaches(&tick.fired, before + 3));
    /* moved back, then forward again */
    timer_arm(once.timer, INT64_MAX);
    once.deadline = clock_now(m.clock) + 3 * MS;
    timer_arm(once.timer, once.deadline);
    cr_assert(reaches(&once.fired, 2));
    timer_free(once.timer);
    timer_free(tick.timer);
    cr_assert_eq(once.early + tick.early + once.elsewhere + tick.elsewhere, 0);
    end(&m);
}

static void slow_callback(void *opaque)
{
    _Atomic int *state = opaque;
    atomic_store(state, 1);
    usleep(20000);
    atomic_store(state, 2);
}

Test(loop, free_waits_for_the_callback)
{
    struct machine m = parallel();
    _Atomic int state = 0;
    struct timer *t = timer_new(m.timers, slow_callback, &state);
    timer_arm(t, 0);
    clock_start(m.clock);
    start(&m);
    cr_assert(reaches(&state, 1));
    timer_free(t);
    cr_assert_eq(state, 2);
    end(&m);
}

struct storm {
    struct machine *m;
    struct timer *timer;
    _Atomic int fired;
};

static void count_storm(void *opaque)
{
    atomic_fetch_add(&((struct storm *)opaque)->fired, 1);
}

static void arm_storm(void *opaque)
{
    struct storm *s = opaque;
    for (int i = 0; i < 3000; i++) {
        timer_arm(s->timer, clock_now(s->m->clock) + (i % 5) * 20000);
        if (i % 100 == 0) {
            timer_free(s->timer);
            s->timer = timer_new(s->m->timers, count_storm, s);
        }
        (void)timers_next(s->m->timers);
    }
}

Test(loop, timers_armed_by_many_threads)
{
    struct machine m = parallel();
    struct storm storms[3];
    struct host_thread *threads[3];
    clock_start(m.clock);
    start(&m);
    for (int i = 0; i < 3; i++) {
        storms[i] = (struct storm){.m = &m};
        storms[i].timer = timer_new(m.timers, count_storm, &storms[i]);
        threads[i] = host_thread_start("storm", arm_storm, &storms[i], NULL);
    }
    for (int i = 0; i < 3; i++) {
        host_thread_join(threads[i]);
        int before = storms[i].fired;
        timer_arm(storms[i].timer, clock_now(m.clock) + MS);
        cr_assert(reaches(&storms[i].fired, before + 1));
        timer_free(storms[i].timer);
    }
    end(&m);
}

/* ---- posts ---- */

static int post_order[1000];
static _Atomic int n_posts;

static void note_post(void *opaque)
{
    post_order[n_posts] = (int)(intptr_t)opaque;
    atomic_fetch_add(&n_posts, 1);
}

Test(loop, posts_run_in_order_and_before_the_end)
{
    struct machine m = parallel();
    for (intptr_t i = 0; i < 100; i++)
        loop_post(m.loop, note_post, (void *)i);
    cr_assert_eq(n_posts, 0);
    start(&m);
    for (intptr_t i = 100; i < 500; i++)
        loop_post(m.loop, note_post, (void *)i);
    loop_stop(m.loop);
    cr_assert_eq(n_posts, 500);
    start(&m); /* again */
    for (intptr_t i = 500; i < 600; i++)
        loop_post(m.loop, note_post, (void *)i);
    loop_stop(m.loop);
    for (int i = 0; i < 600; i++)
        cr_assert_eq(post_order[i], i);
    loop_post(m.loop, note_post, NULL); /* never started again: dropped */
    end(&m);
    cr_assert_eq(n_posts, 600);
}

/* ---- watches ---- */

struct watch {
    struct vm_fd_watch *handle;
    struct loop *loop;
    uint8_t bytes[64];
    _Atomic int calls, n, hangups, remove_at;
    _Atomic uint32_t last;
    uint32_t after; /* events wanted after the first call, if change */
    bool change;
};

static void on_ready(void *opaque, int fd, uint32_t events)
{
    struct watch *w = opaque;
    atomic_store(&w->last, events);
    if (events & VM_FD_READ) {
        uint8_t byte;
        if (read(fd, &byte, 1) == 1) {
            w->bytes[w->n % 64] = byte;
            atomic_fetch_add(&w->n, 1); /* tells the test thread */
        } else {
            loop_watch_change(w->handle, 0);
        }
    }
    if (w->change)
        loop_watch_change(w->handle, w->after);
    if (events & VM_FD_HANGUP)
        atomic_fetch_add(&w->hangups, 1);
    atomic_fetch_add(&w->calls, 1);
    if (w->remove_at && w->calls == w->remove_at)
        loop_watch_remove(w->handle);
}

static struct watch *watch(struct machine *m, int fd, uint32_t events)
{
    struct vm_error err = VM_ERROR_INIT;
    struct watch *w = calloc(1, sizeof(*w));
    w->loop = m->loop;
    w->handle = loop_watch(m->loop, fd, events, on_ready, w, &err);
    cr_assert(w->handle, "%s", err.text);
    return w;
}

Test(loop, watches_a_pipe)
{
    struct machine m = parallel();
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    struct watch *w = watch(&m, fds[0], VM_FD_READ);
    cr_assert_eq(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0); /* as it was */
    cr_assert_eq(write(fds[1], "abc", 3), 3);
    usleep(2000);
    cr_assert_eq(w->calls, 0);
    start(&m);
    cr_assert(reaches(&w->n, 3));
    cr_assert_eq(memcmp(w->bytes, "abc", 3), 0);
    loop_watch_change(w->handle, 0); /* from another thread */
    usleep(5000);
    cr_assert_eq(write(fds[1], "d", 1), 1);
    usleep(5000);
    cr_assert_eq(w->n, 3);
    loop_watch_change(w->handle, VM_FD_READ);
    cr_assert(reaches(&w->n, 4));
    close(fds[1]);
    cr_assert(reaches(&w->hangups, 1));
    end(&m); /* removes it */
    close(fds[0]);
    free(w);
}

Test(loop, reports_an_error_once)
{
    struct machine m = parallel();
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(pipe(fds), 0);
    struct watch *w = watch(&m, fds[1], VM_FD_WRITE);
    close(fds[0]); /* nobody reads any more */
    start(&m);
    cr_assert(reaches(&w->hangups, 1));
    cr_assert_eq(w->last, VM_FD_WRITE | VM_FD_HANGUP);
    usleep(20000);
    cr_assert_eq(w->calls, 1);
    end(&m);
    close(fds[1]);
    free(w);
}

Test(loop, regular_file_is_always_ready)
{
    struct machine m = parallel();
    char path[] = "/tmp/vmrun-event-test-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    unlink(path);
    cr_assert_eq(write(fd, "hello", 5), 5);
    lseek(fd, 0, SEEK_SET);
    struct watch *w = watch(&m, fd, VM_FD_READ); /* stops itself at the end of the file */
    start(&m);
    cr_assert(reaches(&w->n, 5));
    cr_assert(reaches(&w->calls, 6));
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    usleep(200000);
    getrusage(RUSAGE_SELF, &after);
    cr_assert_eq(w->calls, 6);
    int64_t used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
                   after.ru_utime.tv_usec - before.ru_utime.tv_usec;
    cr_assert_lt(used, 50000); /* it does not spin */
    end(&m);
    close(fd);
    free(w);
}

Test(loop, remove_inside_the_callback)
{
    struct machine m = parallel();
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    struct watch *w = watch(&m, fds[0], VM_FD_READ);
    w->remove_at = 2;
    w->change = true; /* and a change just before it */
    w->after = VM_FD_READ;
    cr_assert_eq(write(fds[1], "abcdef", 6), 6);
    start(&m);
    cr_assert(reaches(&w->calls, 2));
    usleep(5000);
    cr_assert_eq(w->calls, 2);
    end(&m);
    free(w);
}

Test(loop, refuses_a_closed_descriptor)
{
    struct machine m = parallel();
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_null(loop_watch(m.loop, 999, VM_FD_READ, on_ready, NULL, &err));
    cr_assert(strstr(err.text, "999"), "%s", err.text);
    end(&m);
}

Test(loop, sleeps_when_there_is_nothing_to_do)
{
    struct machine m = parallel();
    struct rusage before, after;
    clock_start(m.clock);
    start(&m);
    usleep(50000);
    getrusage(RUSAGE_SELF, &before);
    usleep(300000);
    getrusage(RUSAGE_SELF, &after);
    /* this thread's own sleep is one or two of them */
    cr_assert_leq(after.ru_nvcsw - before.ru_nvcsw, 8);
    end(&m);
}

/* ---- log and trace ---- */

/* Runs fn with standard error going to a file; the text is in `text`. */
static void capture(void (*fn)(void), char *text, size_t size)
{
    FILE *f = tmpfile();
    int saved = dup(STDERR_FILENO);
    cr_assert(f && saved >= 0);
    dup2(fileno(f), STDERR_FILENO);
    fn();
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = pread(fileno(f), text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    fclose(f);
}

static void log_some(void)
{
    log_line(VM_LOG_WARNING, "uart0", "register 0x%x", 5);
    log_line(VM_LOG_ERROR, NULL, "bad \033[2J guest\n");
    log_line(VM_LOG_DEBUG, NULL, "not asked for");
    for (int i = 0; i < 200; i++)
        log_line(VM_LOG_INFO, "noisy", "line %d", i);
    log_finish();
}

Test(log, lines_and_limit)
{
    char text[8192];
    capture(log_some, text, sizeof(text));
    cr_assert(strstr(text, "vmrun: warning: uart0: register 0x5\n"), "%s", text);
    cr_assert(strstr(text, "vmrun: error: bad ?[2J guest?\n"), "%s", text);
    cr_assert_null(strstr(text, "not asked for"));
    cr_assert(strstr(text, "vmrun: info: noisy: line 9\n"), "%s", text);
    int lines = 0;
    for (const char *p = text; (p = strstr(p, "noisy: line")); p++)
        lines++;
    cr_assert(lines >= 10 && lines <= 20, "%d lines", lines); /* 20: a second ended meanwhile */
    cr_assert(strstr(text, "messages suppressed\n"), "%s", text);
}

static void trace_some(void)
{
    static char big[10000];
    memset(big, 'x', sizeof(big) - 1);
    trace_line("devices", "uart0: read%d", 8);
    trace_line("ir", "%s", big);
}

Test(trace, categories)
{
    char text[16384];
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_eq(trace_mask, 0);
    cr_assert_eq(trace_enable("units,devcies", NULL, &err), -1);
    cr_assert(strstr(err.text, "did you mean 'devices'"), "%s", err.text);
    cr_assert_eq(trace_enable("", NULL, &err), -1);
    cr_assert_eq(trace_enable("ir,,units", NULL, &err), -1);
    cr_assert_eq(trace_enable("ir", "/no/such/folder/file", &err), -1);
    cr_assert(strstr(err.text, "/no/such/folder/file"), "%s", err.text);
    cr_assert_eq(trace_mask, 0); /* nothing is half on */
    cr_assert_eq(trace_enable("ir,devices", NULL, &err), 0);
    cr_assert_eq(trace_mask, VM_TRACE_IR | VM_TRACE_DEVICES);
    cr_assert_eq(trace_enable("all", NULL, &err), 0);
    cr_assert_eq(trace_mask, 31);
    cr_assert_str_eq(trace_category_name(VM_TRACE_INTERRUPTS), "interrupts");
    capture(trace_some, text, sizeof(text));
    cr_assert_eq(strncmp(text, "devices: uart0: read8\nir: xxxx", 30), 0);
    cr_assert_eq(strlen(text), strlen("devices: uart0: read8\nir: \n") + 9999);
}

/* ---- statistics ---- */

static char *print_stats(const struct stats *s, void (*print)(const struct stats *, void *))
{
    static char text[2048];
    FILE *f = fmemopen(text, sizeof(text), "w");
    print(s, f);
    fclose(f);
    return text;
}

Test(stats, text_and_json)
{
    struct stats *s = stats_new();
    cr_assert_str_eq(print_stats(s, stats_print_json), "{\n}\n");
    stats_add(s, "vcpu0", "instructions", 10, NULL);
    stats_add(s, "cache", "bytes", UINT64_MAX, "bytes");
    stats_add(s, "vcpu0", "instructions", 32, NULL);
    stats_add(s, "vcpu0", "odd \"name\"", 1, NULL);
    cr_assert_str_eq(print_stats(s, stats_print), "vcpu0\n"
                                                  "  instructions                   42\n"
                                                  "  odd \"name\"                      1\n"
                                                  "cache\n"
                                                  "  bytes        18446744073709551615 bytes\n");
    cr_assert_str_eq(print_stats(s, stats_print_json), "{\n"
                                                       "  \"vcpu0\": {\n"
                                                       "    \"instructions\": 42,\n"
                                                       "    \"odd \\\"name\\\"\": 1\n"
                                                       "  },\n"
                                                       "  \"cache\": {\n"
                                                       "    \"bytes\": 18446744073709551615\n"
                                                       "  }\n"
                                                       "}\n");
    stats_free(s);
}

/* ---- host ---- */

static struct host_event ping, pong;

static void answer(void *opaque)
{
    for (int i = 0; i < 20000; i++) {
        host_event_wait(&ping, INT64_MAX);
        ++*(int *)opaque; /* ordered by the events alone */
        host_event_signal(&pong);
    }
}

Test(host, event_ping_pong)
{
    int count = 0;
    struct host_thread *t = host_thread_start("a-name-that-is-too-long", answer, &count, NULL);
    cr_assert(t);
    for (int i = 0; i < 20000; i++) {
        count += 1;
        host_event_signal(&ping);
        cr_assert(host_event_wait(&pong, host_clock_ns() + TIMEOUT_NS));
    }
    host_thread_join(t);
    cr_assert_eq(count, 40000);
}

Test(host, event_deadline)
{
    struct host_event e;
    host_event_init(&e);
    int64_t at = host_clock_ns() + 10 * MS;
    cr_assert(!host_event_wait(&e, at));
    cr_assert_geq(host_clock_ns(), at);
    cr_assert(!host_event_wait(&e, -5));
    host_event_signal(&e);
    host_event_signal(&e);
    cr_assert(host_event_wait(&e, 0)); /* kept, and only one */
    cr_assert(!host_event_wait(&e, 0));
    cr_assert_geq(host_cpu_count(), 1);
}

Test(host, memory)
{
    struct vm_error err = VM_ERROR_INIT;
    uint8_t *p = host_memory_map(5 << 20, true, -1, &err);
    cr_assert(p, "%s", err.text);
    cr_assert_eq((uintptr_t)p % HOST_HUGE_PAGE_SIZE, 0);
    cr_assert_eq(host_memory_resident_in(p, 5 << 20), 0);
    memset(p, 1, 5 << 20);
    cr_assert_eq(host_memory_resident_in(p, 5 << 20), 5 << 20);
    cr_assert_gt(host_memory_resident(), 5 << 20);
    host_memory_discard(p + 4096, 4096);
    cr_assert(p[4095] == 1 && p[4096] == 0 && p[8191] == 0 && p[8192] == 1);
    host_memory_unmap(p, 5 << 20);
    cr_assert_null(host_memory_map(UINT64_C(1) << 50, true, -1, &err));
    cr_assert(strstr(err.text, "more than this host has"), "%s", err.text);
    cr_assert_null(host_memory_map(0, true, -1, &err));
    cr_assert_null(host_memory_map(UINT64_MAX, true, -1, &err));
    p = host_memory_map(4096, false, -1, &err); /* the refused ones were not counted */
    cr_assert(p, "%s", err.text);
    host_memory_unmap(p, 4096);
}

Test(host, module_says_why)
{
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_null(host_module_open("no-such-plugin.so", &err));
    cr_assert(strstr(err.text, "No such file"), "%s", err.text);
    cr_assert_null(host_module_open("/proc/self/cmdline", &err));
    cr_assert(err.set);
    char folder[4096];
    cr_assert_eq(host_program_folder(folder, sizeof(folder), &err), 0, "%s", err.text);
    cr_assert(folder[0] == '/' && folder[strlen(folder) - 1] != '/');
    cr_assert_eq(host_program_folder(folder, 4, &err), -1);
}

static int fatal_pipe;

static void say(void *opaque)
{
    ssize_t n = write(fatal_pipe, opaque, 1);
    (void)n;
}

static void die_by_thread(void *opaque)
{
    raise(*(int *)opaque);
}

/* What a child that dies of `number` wrote, and how it died. */
static int death_of(int number, bool on_thread, char text[8])
{
    int fds[2], status;
    cr_assert_eq(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        fatal_pipe = fds[1];
        for (int i = 1; i < 65; i++)
            if (i != SIGKILL && i != SIGSTOP)
                signal(i, SIG_DFL);
        if (host_signals_open(NULL) < 0)
            _exit(1);
        static char names[] = "123";
        for (int i = 0; i < 3; i++)
            host_on_fatal(say, &names[i], NULL);
        host_off_fatal(say, &names[1]);
        if (on_thread)
            host_thread_join(host_thread_start("dies", die_by_thread, &number, NULL));
        else if (number == SIGABRT)
            abort();
        else
            raise(number);
        _exit(2);
    }
    close(fds[1]);
    memset(text, 0, 8);
    ssize_t n = read(fds[0], text, 1);
    if (n == 1)
        n = read(fds[0], text + 1, 6);
    close(fds[0]);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

Test(host, fatal_signals_put_things_back)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGQUIT};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (int on_thread = 0; on_thread < 2; on_thread++) {
            char text[8];
            cr_assert_eq(death_of(numbers[i], on_thread, text), numbers[i], "signal %d",
                         numbers[i]);
            cr_assert_str_eq(text, "31", "signal %d: '%s'", numbers[i], text);
        }
    }
}

Test(host, terminating_signals_come_by_descriptor)
{
    struct vm_error err = VM_ERROR_INIT;
    signal(SIGHUP, SIG_IGN); /* nohup */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    int fd = host_signals_open(&err);
    cr_assert_geq(fd, 0, "%s", err.text);
    cr_assert_eq(host_signals_read(fd), 0);
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGTERM);
    cr_assert_eq(host_signals_read(fd), SIGTERM);
    cr_assert_eq(host_signals_read(fd), 0);
    kill(getpid(), SIGINT);
    cr_assert_eq(host_signals_read(fd), SIGINT);
    host_signals_close(fd);
}

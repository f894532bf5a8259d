/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event.h - virtual clock, timers, event loop.
 *
 * Parallel mode: the clock follows the host's monotonic clock and timers fire on the event thread.
 * Deterministic mode: the one vCPU thread advances the clock (clock_advance) and fires due timers
 * itself (timers_run); the event thread only does host I/O and posts its completions to the vCPU
 * thread.
 */
#ifndef CORE_EVENT_EVENT_H
#define CORE_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <vmrun/chardev.h>
#include <vmrun/plugin.h>

/* ---- clock: int64 ns since power-on ---- */
struct clock;
struct clock *clock_new(bool deterministic, uint64_t counter_hz);
void clock_free(struct clock *c);
int64_t clock_now(const struct clock *c); /* [any thread] */
int64_t clock_wall(
    const struct clock *c); /* ns since 1970; deterministic: 2026-01-01 00:00 UTC + clock_now */
void clock_start(struct clock *c); /* runs from now on */
void clock_stop(struct clock *c);  /* stands still */
void clock_advance(struct clock *c,
                   int64_t to_ns); /* deterministic only [vCPU thread]; never goes back */
/* The machine counter: counter_hz ticks a second of the clock plus a settable offset; exact
 * rational arithmetic. */
uint64_t clock_counter(const struct clock *c);
void clock_counter_set(struct clock *c, uint64_t value);
/* First ns at which counter >= value; a time not after clock_now() if it is already; INT64_MAX:
 * never. */
int64_t clock_counter_deadline(const struct clock *c, uint64_t value);
bool clock_is_deterministic(const struct clock *c);
/* Host time (host_clock_ns) at which the clock will show ns; INT64_MAX: it stands still, or is
 * deterministic. [any thread] */
int64_t clock_host_time(const struct clock *c, int64_t ns);
/* fn is called after clock_start and clock_stop have changed anything. One only: the timers.
 * [before start] */
void clock_on_change(struct clock *c, void (*fn)(void *opaque), void *opaque);
/* fn is called after clock_counter_set, on its thread: deadlines in counter ticks mean other times
 * now. One only. [before start] */
void clock_on_counter_set(struct clock *c, void (*fn)(void *opaque), void *opaque);

/*
 * ---- timers ----
 * Due timers fire in order of deadline, those of equal deadlines in the order in which they were
 * armed. A callback may arm and free timers, its own too. One that arms itself for a time already
 * past is called again by the next timers_run, not by this one, so that nothing that the guest
 * programs can keep timers_run from returning.
 */
struct timers;
struct timer;
typedef void (*timer_fn)(void *opaque);
struct timers *timers_new(struct clock *c); /* NULL: out of memory or descriptors */
void timers_free(struct timers *t);         /* all its timers were freed */
struct timer *timer_new(struct timers *t, timer_fn fn,
                        void *opaque); /* [any thread] NULL: out of memory */
/* Its callback does not run any more when this returns (but the one that calls it, if any). [any
 * thread] */
void timer_free(struct timer *timer);
void timer_arm(
    struct timer *timer,
    int64_t deadline_ns); /* [any thread]; INT64_MAX disarms. Callable from inside a callback. */
int64_t timers_next(
    const struct timers *t); /* earliest deadline, INT64_MAX: none; lock-free read [any thread] */
/* fn is called after timer_arm has brought timers_next() nearer, on its thread. One only. [before
 * start] */
void timers_on_nearer(struct timers *t, void (*fn)(void *opaque), void *opaque);
/* Runs what is due at clock_now(), callbacks without a lock held. One thread at a time. */
void timers_run(struct timers *t);
/* The host descriptor that becomes readable when timers_run is due; used by the loop in parallel
 * mode. -1: deterministic. */
int timers_fd(const struct timers *t);

/* ---- event loop: libuv on its own thread ---- */
struct loop;
struct loop *loop_new(struct timers *timers, bool deterministic, struct vm_error *err);
void loop_free(struct loop *l); /* [after stop]; removes what is still watched */
int loop_start(struct loop *l, struct vm_error *err); /* starts the thread */
void loop_stop(struct loop *l); /* runs what was posted, then ends and joins the thread; may be
                                   started again */
/* Runs fn once on the event thread, in the order of the calls; before start: once it has started.
 * [any thread] */
void loop_post(struct loop *l, void (*fn)(void *), void *opaque);
bool loop_is_current(const struct loop *l); /* the calling thread is the event thread */
/*
 * As in vm_chardev_host. What epoll cannot watch (a regular file, /dev/null) is ready whenever
 * events are wanted. An error on the descriptor is reported once, as HANGUP and all the events
 * wanted; after that nothing until the next loop_watch_change. The descriptor keeps its blocking
 * mode. [before start, event thread, after stop]
 */
struct vm_fd_watch *loop_watch(struct loop *l, int fd, uint32_t events, vm_fd_callback cb,
                               void *opaque, struct vm_error *err);
void loop_watch_change(struct vm_fd_watch *w, uint32_t events); /* [any thread] */
void loop_watch_remove(struct vm_fd_watch *w); /* no callback after it returns [before start, event
                                                  thread, after stop] */

/*
 * Timers on the host's monotonic clock (host_clock_ns), of libuv's grain of a millisecond; each
 * fires once, on the event thread. INT64_MAX disarms. [before start, event thread, after stop]
 */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *), void *opaque); /* or NULL */
void loop_timer_arm(struct loop_timer *t, int64_t deadline_ns);
void loop_timer_free(struct loop_timer *t);

/* ---- log: one line to standard error, "vmrun: warning: who: text" ---- */
void log_set_level(int level); /* VM_LOG_*; lines above it are dropped. VM_LOG_INFO at first */
/*
 * At most ten lines a second of one `who` (NULL: vmrun itself) come out; how many were left out is
 * said with its next line, or by log_finish. Control characters are replaced: texts may come from
 * the guest. [any thread]
 */
void log_line(int level, const char *who, const char *fmt, ...) VM_PRINTF(3, 4);
void log_line_v(int level, const char *who, const char *fmt, va_list args);
void log_finish(void);
/* Writes lines for people as they are, but for control characters: no level, no limit. */
void log_report(const char *text);

/* ---- trace ---- */
extern uint32_t trace_mask; /* VM_TRACE_* (vmrun/cpu.h); constant once vCPUs run */
int trace_enable(const char *list, const char *path,
                 struct vm_error *err); /* "units,ir" or "all"; path NULL: stderr */
void trace_line(const char *category, const char *fmt, ...)
    VM_PRINTF(2, 3); /* "category: text" [any thread] */
void trace_line_v(const char *category, const char *fmt, va_list args);
/* The category's name by its bit, for those who have only that. */
const char *trace_category_name(uint32_t bit);

/* ---- statistics: named 64-bit counters gathered at the end ---- */
struct stats;
struct stats *stats_new(void);
void stats_free(struct stats *s);
/* Adds to what is there under the same names. Groups and names keep the order of their first use.
 * unit NULL: a plain count. */
void stats_add(struct stats *s, const char *group, const char *name, uint64_t value,
               const char *unit);
void stats_print(const struct stats *s, void *file);      /* FILE *; aligned text */
void stats_print_json(const struct stats *s, void *file); /* {"group": {"name": value, ...}, ...} */

#endif

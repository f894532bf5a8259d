/* SPDX-License-Identifier: BSD-2-Clause */
/* thread.h - threads, and an event that one thread sleeps on. Locks are plain pthread mutexes. */
#ifndef CORE_HOST_THREAD_H
#define CORE_HOST_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <vmrun/plugin.h>

struct host_thread;

/*
 * Starts fn(opaque) on a new thread that debuggers and top(1) show as `name` (at most 15 characters
 * count). NULL with err set. It has a stack for fatal signals, so that host_on_fatal works after a
 * stack overflow too.
 */
struct host_thread *host_thread_start(const char *name, void (*fn)(void *), void *opaque,
                                      struct vm_error *err);
/* Waits for its end and frees it. Not from the thread itself. NULL is allowed. */
void host_thread_join(struct host_thread *thread);
/* Nobody will join it, since it may never end; what it needs stays. */
void host_thread_leave(struct host_thread *thread);
/* From now on the calling thread wakes up from timed waits when they end, and not up to 50 us later
 * to save energy. */
void host_thread_prompt(void);
bool host_thread_is_current(const struct host_thread *thread);
/*
 * A lock that is held for less time than it takes to put a thread to sleep: who finds it taken
 * first spins a little.
 */
void host_brief_lock_init(pthread_mutex_t *lock);
/* Processors that this process may use, at least 1. */
unsigned host_cpu_count(void);

/*
 * A binary event: a signal is kept until the one thread that may wait on it has taken it. Zeroed
 * memory is a valid unsignalled event. Signal and wait are sequentially consistent: whatever was
 * written before a signal is seen after the wait that takes it.
 */
struct host_event {
    _Atomic uint32_t state;
};

void host_event_init(struct host_event *event);
/* [any thread], async-signal-safe. */
void host_event_signal(struct host_event *event);
/*
 * Sleeps until it is signalled (true; the signal is taken) or host_clock_ns() >= deadline_ns
 * (false). INT64_MAX: no deadline; a deadline long past: only takes what is there. [one thread]
 */
bool host_event_wait(struct host_event *event, int64_t deadline_ns);

#endif

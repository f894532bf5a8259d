/* SPDX-License-Identifier: BSD-2-Clause */
/* thread.c - threads by pthreads, sleeping by futex. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* thread names, processor sets */
#endif
#include "core/host/thread.h"
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ALT_STACK_BYTES 65536

struct host_thread {
    pthread_t id;
    void (*fn)(void *);
    void *opaque;
    char name[16];
    void *alt_stack;
};

static void *thread_main(void *arg)
{
    struct host_thread *thread = arg;
    stack_t stack = {.ss_sp = thread->alt_stack, .ss_size = ALT_STACK_BYTES};
    sigaltstack(&stack, NULL);
    pthread_setname_np(pthread_self(), thread->name);
    thread->fn(thread->opaque);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    return NULL;
}

struct host_thread *host_thread_start(const char *name, void (*fn)(void *), void *opaque,
                                      struct vm_error *err)
{
    struct host_thread *thread = calloc(1, sizeof(*thread));
    if (thread)
        thread->alt_stack = malloc(ALT_STACK_BYTES);
    if (!thread || !thread->alt_stack) {
        free(thread);
        vm_error_set(err, "out of memory while starting thread '%s'", name);
        return NULL;
    }
    thread->fn = fn;
    thread->opaque = opaque;
    snprintf(thread->name, sizeof(thread->name), "%s", name);
    int rc = pthread_create(&thread->id, NULL, thread_main, thread);
    if (rc) {
        vm_error_set(err, "cannot start thread '%s': %s", name, strerror(rc));
        free(thread->alt_stack);
        free(thread);
        return NULL;
    }
    return thread;
}

void host_thread_join(struct host_thread *thread)
{
    if (!thread)
        return;
    pthread_join(thread->id, NULL);
    free(thread->alt_stack);
    free(thread);
}

void host_thread_leave(struct host_thread *thread)
{
    pthread_detach(thread->id);
}

void host_thread_prompt(void)
{
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
}

bool host_thread_is_current(const struct host_thread *thread)
{
    return pthread_equal(thread->id, pthread_self());
}

void host_brief_lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

unsigned host_cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN); /* more processors than cpu_set_t has bits */
    return n > 0 ? (unsigned)n : 1;
}

/* ---- event ---- */

enum { EVENT_CLEAR = 0, EVENT_SET = 1, EVENT_WAITING = 2 };

void host_event_init(struct host_event *event)
{
    atomic_init(&event->state, EVENT_CLEAR);
}

void host_event_signal(struct host_event *event)
{
    int saved = errno;
    if (atomic_exchange(&event->state, EVENT_SET) == EVENT_WAITING)
        syscall(SYS_futex, &event->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}

/* Sleeps while the state is EVENT_WAITING; false: the deadline has passed. */
static bool futex_wait(struct host_event *event, int64_t deadline_ns)
{
    struct timespec ts, *timeout = NULL;
    if (deadline_ns != INT64_MAX) {
        if (deadline_ns < 0)
            deadline_ns = 0;
        ts = (struct timespec){.tv_sec = deadline_ns / 1000000000,
                               .tv_nsec = deadline_ns % 1000000000};
        timeout = &ts;
    }
    long rc = syscall(SYS_futex, &event->state, FUTEX_WAIT_BITSET_PRIVATE, EVENT_WAITING, timeout,
                      NULL, FUTEX_BITSET_MATCH_ANY);
    return rc == 0 || errno != ETIMEDOUT;
}

bool host_event_wait(struct host_event *event, int64_t deadline_ns)
{
    for (;;) {
        uint32_t seen = EVENT_SET;
        if (atomic_compare_exchange_strong(&event->state, &seen, EVENT_CLEAR))
            return true;
        if (seen == EVENT_CLEAR &&
            !atomic_compare_exchange_strong(&event->state, &seen, EVENT_WAITING))
            continue; /* signalled just now */
        if (!futex_wait(event, deadline_ns))
            return atomic_exchange(&event->state, EVENT_CLEAR) == EVENT_SET;
    }
}

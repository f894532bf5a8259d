/* SPDX-License-Identifier: BSD-2-Clause */
/* timers.c - timers that a backend has of its host: what vmrun's event loop does, when the test
 * turns it. */
#include <stdlib.h>
#include <time.h>

#include "common.h"

struct vm_test_timer {
    struct vm_test_timers *of;
    void (*callback)(void *opaque);
    void *opaque;
    int64_t deadline;
};

int64_t vm_test_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

struct vm_test_timer *vm_test_timer_new(struct vm_test_timers *of, void (*callback)(void *opaque),
                                        void *opaque)
{
    int slot = 0;

    while (slot < VM_TEST_TIMERS && of->list[slot])
        slot++;
    if (slot == VM_TEST_TIMERS)
        vm_test_broken("timer_new");
    of->list[slot] = vm_test_alloc(sizeof(*of->list[slot]));
    *of->list[slot] = (struct vm_test_timer){of, callback, opaque, INT64_MAX};
    return of->list[slot];
}

struct vm_test_timers *vm_test_timer_of(const struct vm_test_timer *timer)
{
    return timer->of;
}

void vm_test_timer_arm(struct vm_test_timer *timer, int64_t deadline_ns)
{
    timer->deadline = deadline_ns;
}

void vm_test_timer_free(struct vm_test_timer *timer)
{
    for (int i = 0; i < VM_TEST_TIMERS; i++) {
        if (timer->of->list[i] == timer) {
            timer->of->list[i] = NULL;
            free(timer);
            return;
        }
    }
    vm_test_broken("timer_free of a timer that is not there");
}

uint32_t vm_test_timer_count(const struct vm_test_timers *of)
{
    uint32_t n = 0;

    for (int i = 0; i < VM_TEST_TIMERS; i++)
        n += of->list[i] != NULL;
    return n;
}

int vm_test_timer_run(struct vm_test_timers *of)
{
    int64_t now = vm_test_clock_ns();
    int callbacks = 0;

    for (int i = 0; i < VM_TEST_TIMERS; i++) {
        struct vm_test_timer *t = of->list[i];
        if (!t || t->deadline > now)
            continue;
        t->deadline = INT64_MAX;
        t->callback(t->opaque);
        callbacks++;
    }
    return callbacks;
}

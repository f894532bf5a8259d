/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.c - clocks and alarms by clock_gettime and timerfd. */
#include "core/host/clock.h"
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND INT64_C(1000000000)

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * NS_PER_SECOND + ts.tv_nsec;
}

int64_t host_clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t host_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int host_alarm_open(struct vm_error *err)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return vm_error_set(err, "cannot make a timer descriptor: %s", strerror(errno));
    return fd;
}

/* Setting it also takes back that it went off: timerfd_create(2), read() counts since the last
 * settime. */
void host_alarm_set(int fd, int64_t deadline_ns)
{
    struct itimerspec spec = {0};
    if (deadline_ns != INT64_MAX) {
        /* All zeroes would disarm it: a deadline long past becomes the earliest that is none. */
        if (deadline_ns < 1)
            deadline_ns = 1;
        spec.it_value.tv_sec = deadline_ns / NS_PER_SECOND;
        spec.it_value.tv_nsec = deadline_ns % NS_PER_SECOND;
    }
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

void host_alarm_close(int fd)
{
    close(fd);
}

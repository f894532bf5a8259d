/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.h - the host's clocks, and a descriptor that becomes readable at a given time. */
#ifndef CORE_HOST_CLOCK_H
#define CORE_HOST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <vmrun/plugin.h>

/* Monotonic time in ns; its zero has no meaning. [any thread] */
int64_t host_clock_ns(void);
/* Wall-clock time in ns since 1970-01-01 UTC. [any thread] */
int64_t host_wall_ns(void);

/* A pollable alarm on the monotonic clock. Returns a descriptor, or -1 with err set. */
int host_alarm_open(struct vm_error *err);
/* Makes it unreadable until `deadline_ns` and readable from then on; replaces the earlier deadline;
 * INT64_MAX: never. */
void host_alarm_set(int fd, int64_t deadline_ns);
void host_alarm_close(int fd);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* signal - signals that a process sends to itself, caught by a handler: the frame on the stack and
 * the way back. */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "../bench.h"

const unsigned bench_count = 3500;

static volatile uint64_t caught;

static void on_signal(int number)
{
    caught += (uint64_t)number;
}

uint64_t bench_run(unsigned count)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, 0);
    caught = 0;
    for (unsigned i = 0; i < count; i++)
        if (raise(SIGUSR1))
            bench_fail("raise");
    return caught;
}

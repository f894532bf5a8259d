/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe - a byte sent to another process and back: two system calls and two switches of address
 * space each way. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "../bench.h"

const unsigned bench_count = 2500;

uint64_t bench_run(unsigned count)
{
    int there[2], back[2];
    uint64_t sum = 0;
    if (pipe(there) || pipe(back))
        bench_fail("pipe");
    pid_t pid = fork();
    if (pid < 0)
        bench_fail("fork");
    if (!pid) {
        uint8_t byte;
        close(there[1]);
        while (read(there[0], &byte, 1) == 1) {
            byte = (uint8_t)(byte * 3 + 1);
            if (write(back[1], &byte, 1) != 1)
                break;
        }
        _exit(0);
    }
    for (unsigned i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)i;
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            bench_fail("the other process");
        sum = bench_mix(sum, byte);
    }
    for (int i = 0; i < 2; i++) {
        close(there[i]);
        close(back[i]);
    }
    waitpid(pid, 0, 0);
    return sum;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk.c - transfers to and from /dev/vda, or a file, past the guest's page cache: disk NAME [FILE]
 * prints "disk: NAME SECONDS". What was written is flushed before the clock is read.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DISK  (256u << 20)
#define LARGE (1u << 20)
#define SMALL 4096u

static uint32_t seed = 1;

static uint64_t random_place(void)
{
    seed = seed * 1664525 + 1013904223;
    return (uint64_t)(seed >> 8) % (DISK / SMALL) * SMALL;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int transfer(int fd, int writing, char *buffer, size_t n, uint64_t at)
{
    ssize_t done = writing ? pwrite(fd, buffer, n, (off_t)at) : pread(fd, buffer, n, (off_t)at);
    return done == (ssize_t)n ? 0 : -1;
}

static int sequential(int fd, int writing, char *buffer, int rounds)
{
    for (int round = 0; round < rounds; round++)
        for (uint64_t at = 0; at < DISK; at += LARGE)
            if (transfer(fd, writing, buffer, LARGE, at))
                return -1;
    return writing ? fdatasync(fd) : 0;
}

static int randomly(int fd, int writing, char *buffer, int n, int flush_each)
{
    for (int i = 1; i <= n; i++)
        if (transfer(fd, writing, buffer, SMALL, random_place()) ||
            (flush_each && i % flush_each == 0 && fdatasync(fd)))
            return -1;
    return 0;
}

static int run(const char *name, int fd, char *buffer)
{
    if (strcmp(name, "read") == 0)
        return sequential(fd, 0, buffer, 4);
    if (strcmp(name, "write") == 0)
        return sequential(fd, 1, buffer, 1);
    if (strcmp(name, "random-read") == 0)
        return randomly(fd, 0, buffer, 20000, 0);
    if (strcmp(name, "random-write") == 0)
        return randomly(fd, 1, buffer, 4000, 8);
    return -1;
}

int main(int argc, char **argv)
{
    void *buffer;
    int fd = open(argc == 3 ? argv[2] : "/dev/vda", O_RDWR | O_DIRECT);

    if (fd < 0 || argc < 2 || posix_memalign(&buffer, SMALL, LARGE))
        return 1;
    memset(buffer, 0x5a, LARGE);
    if (randomly(fd, 0, buffer, 2000, 0)) /* so that the code is compiled */
        return 1;
    double begin = now();
    if (run(argv[1], fd, buffer))
        return 1;
    printf("disk: %s %.6f\n", argv[1], now() - begin);
    return 0;
}

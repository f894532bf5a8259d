/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * measure.c - how long a command takes, and how quickly data moves.
 *
 *     nop         a command that does nothing: the guest's and the device's own part
 *     launch      a kernel that does nothing, waited for
 *     launch-many the same, 100 begun before they are waited for; the time is of one
 *     window-in, window-out   copies between the window and the GPU
 *     in, out     copies between the program's memory and the GPU
 *
 * measure [MIB]: all of them, as `name median (lowest to highest) unit`; a copy has 256 MiB, or so
 * many. measure MIB serve: for each line `NAME COUNT` of the input a line `gpu: NAME` with the
 * nanoseconds of so many samples, as bench/gpu/opencl.c does.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"

#define MANY        100u
#define MAX_SAMPLES 10000u

/* What bench/gpu/opencl.c launches, too. */
static const char opencl[] = "__kernel void nothing(__global int *a, int b) { if (b) *a = b; }\n";
static const char cuda[] =
    "extern \"C\" __global__ void nothing(int *a, int b) { if (b) *a = b; }\n";

struct bench {
    struct vgpu *v;
    struct vgpu_launch launch;
    uint64_t bytes, address; /* what is copied */
    uint8_t *memory, *window;
    uint64_t room; /* of the window */
};

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- one sample each ---- */

static void nop(struct bench *b)
{
    const struct vgpu_command command = {.op = VGPU_OP_NOP};

    check(b->v, vgpu_end(b->v, vgpu_begin(b->v, &command), NULL), "nothing");
}

static void launch(struct bench *b)
{
    check(b->v, vgpu_launch(b->v, 0, &b->launch), "launch");
}

static void launch_many(struct bench *b)
{
    uint32_t tickets[MANY];

    for (uint32_t i = 0; i < MANY; i++)
        check(b->v, vgpu_begin_launch(b->v, 0, &b->launch, &tickets[i]), "launch");
    for (uint32_t i = 0; i < MANY; i++)
        check(b->v, vgpu_end(b->v, tickets[i], NULL), "launch");
}

/* A small window is gone through again and again. */
static void window_in(struct bench *b)
{
    for (uint64_t done = 0, n; done < b->bytes; done += n) {
        n = b->bytes - done < b->room ? b->bytes - done : b->room;
        check(b->v, vgpu_write(b->v, 0, b->address + done, b->window, n), "copy");
    }
}

static void window_out(struct bench *b)
{
    for (uint64_t done = 0, n; done < b->bytes; done += n) {
        n = b->bytes - done < b->room ? b->bytes - done : b->room;
        check(b->v, vgpu_read(b->v, 0, b->window, b->address + done, n), "copy");
    }
}

static void in(struct bench *b)
{
    check(b->v, vgpu_write(b->v, 0, b->address, b->memory, b->bytes), "copy");
}

static void out(struct bench *b)
{
    check(b->v, vgpu_read(b->v, 0, b->memory, b->address, b->bytes), "copy");
}

/* ---- series of them ---- */

static const struct figure {
    const char *name;
    void (*sample)(struct bench *b);
    uint32_t each;  /* launches or commands of a sample */
    uint32_t count; /* of samples, if nobody says how many */
    int is_copy;
} figures[] = {
    {"nop", nop, 1, 2000, 0},
    {"launch", launch, 1, 2000, 0},
    {"launch-many", launch_many, MANY, 20, 0},
    {"window-in", window_in, 1, 5, 1},
    {"window-out", window_out, 1, 5, 1},
    {"in", in, 1, 5, 1},
    {"out", out, 1, 5, 1},
};

#define N_FIGURES (sizeof(figures) / sizeof(figures[0]))

static void take(struct bench *b, const struct figure *f, uint64_t *samples, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t begin = now();
        f->sample(b);
        samples[i] = (now() - begin) / f->each;
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void print_summary(const struct figure *f, uint64_t *samples, uint64_t bytes)
{
    double scaled = (double)bytes * 1e3;
    uint32_t n = f->count;

    qsort(samples, n, sizeof(samples[0]), compare);
    if (f->is_copy)
        printf("%s %.0f (%.0f to %.0f) MB/s\n", f->name, scaled / (double)samples[n / 2],
               scaled / (double)samples[n - 1], scaled / (double)samples[0]);
    else
        printf("%s %.2f (%.2f to %.2f) us\n", f->name, (double)samples[n / 2] / 1e3,
               (double)samples[0] / 1e3, (double)samples[n - 1] / 1e3);
}

static const struct figure *find(const char *name)
{
    for (size_t i = 0; i < N_FIGURES; i++)
        if (strcmp(figures[i].name, name) == 0)
            return &figures[i];
    return NULL;
}

static int serve(struct bench *b, uint64_t *samples)
{
    char line[64], name[32];
    uint32_t n;

    printf("gpu: ready\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        const struct figure *f = sscanf(line, "%31s %" SCNu32, name, &n) == 2 ? find(name) : NULL;
        if (!f || n == 0 || n > MAX_SAMPLES)
            return fprintf(stderr, "measure: what is to be measured? %s", line), 2;
        take(b, f, samples, n);
        printf("gpu: %s", f->name);
        for (uint32_t i = 0; i < n; i++)
            printf(" %" PRIu64, samples[i]);
        printf("\n");
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static uint64_t samples[MAX_SAMPLES];
    struct bench b = {.bytes = (argc > 1 ? strtoull(argv[1], NULL, 10) : 256) << 20};
    struct {
        uint64_t a;
        int32_t b;
    } arguments = {0};
    int serves = argc == 3 && strcmp(argv[2], "serve") == 0, status = 0;

    if (!b.bytes || argc > 3 || (argc == 3 && !serves))
        return fprintf(stderr, "usage: measure [MIB [serve]]\n"), 2;
    b.v = open_device();
    b.memory = malloc(b.bytes);
    b.window = vgpu_window(b.v, &b.room);
    if (!b.memory)
        return fprintf(stderr, "measure: out of memory\n"), 1;
    memset(b.memory, 1, b.bytes);
    memset(b.window, 1, b.room < b.bytes ? b.room : b.bytes);
    b.address = make_buffer(b.v, NULL, b.bytes);
    arguments.a = b.address;
    b.launch = (struct vgpu_launch){.function = make_kernel(b.v, opencl, cuda, "nothing"),
                                    .arguments = &arguments,
                                    .arguments_size = 12};
    if (serves)
        status = serve(&b, samples);
    for (size_t i = 0; !serves && i < N_FIGURES; i++) {
        take(&b, &figures[i], samples, figures[i].count);
        print_summary(&figures[i], samples, b.bytes);
    }
    free(b.memory);
    vgpu_close(b.v);
    return status;
}

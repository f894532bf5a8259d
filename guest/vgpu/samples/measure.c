/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * measure.c - how long a command takes, and how quickly data moves. One line a figure, as
 * `name value unit`; of several runs the best is taken.
 *
 *     nop         a command that does nothing: the guest's and the device's own part
 *     launch      a kernel that does nothing, waited for
 *     launch-many the same, 100 begun before they are waited for
 *     window-in, window-out   between the window and the GPU
 *     in, out     between the program's memory and the GPU
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"

#define RUNS 5
#define MANY 100

static const char opencl[] = "__kernel void nothing(uint n)\n{\n    (void)n;\n}\n";
static const char cuda[] = "extern \"C\" __global__ void nothing(unsigned n)\n{\n}\n";

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void measure_commands(struct vgpu *v, const struct vgpu_launch *launch, uint32_t n)
{
    double best = 1e9, begin;

    for (int run = 0; run < RUNS; run++) {
        begin = now();
        for (uint32_t i = 0; i < n; i++) {
            const struct vgpu_command nop = {.op = VGPU_OP_NOP};
            if (launch)
                check(v, vgpu_launch(v, 0, launch), "launch");
            else
                check(v, vgpu_end(v, vgpu_begin(v, &nop), NULL), "nothing");
        }
        double each = (now() - begin) / n;
        best = each < best ? each : best;
    }
    printf("%s %.2f us\n", launch ? "launch" : "nop", best * 1e6);
}

static void measure_many(struct vgpu *v, const struct vgpu_launch *launch, uint32_t n)
{
    double best = 1e9;
    uint32_t tickets[MANY];

    for (int run = 0; run < RUNS; run++) {
        double begin = now();
        for (uint32_t i = 0; i < n; i += MANY) {
            for (uint32_t k = 0; k < MANY; k++)
                check(v, vgpu_begin_launch(v, 0, launch, &tickets[k]), "launch");
            for (uint32_t k = 0; k < MANY; k++)
                check(v, vgpu_end(v, tickets[k], NULL), "launch");
        }
        double each = (now() - begin) / ((n + MANY - 1) / MANY * MANY);
        best = each < best ? each : best;
    }
    printf("launch-many %.2f us\n", best * 1e6);
}

/* `total` bytes in pieces of at most `piece`, which begin at `memory`, again and again. */
static double move_all(struct vgpu *v, uint64_t address, uint8_t *memory, uint64_t total,
                       uint64_t piece, int out)
{
    double begin = now();

    for (uint64_t done = 0; done < total; done += piece) {
        uint64_t n = total - done < piece ? total - done : piece;
        check(v,
              out ? vgpu_read(v, 0, memory, address + done, n)
                  : vgpu_write(v, 0, address + done, memory, n),
              "copy");
    }
    return now() - begin;
}

static void measure_moves(struct vgpu *v, const char *name, uint8_t *memory, uint64_t total,
                          uint64_t piece)
{
    uint64_t address = make_buffer(v, NULL, total);

    memset(memory, 1, piece);
    for (int out = 0; out < 2; out++) {
        double best = 1e9;
        for (int run = 0; run < RUNS; run++) {
            double time = move_all(v, address, memory, total, piece, out);
            best = time < best ? time : best;
        }
        printf("%s%s %.0f MB/s\n", name, out ? "out" : "in", (double)total / best * 1e-6);
    }
    check(v, vgpu_free(v, 0, address), "free");
}

int main(int argc, char **argv)
{
    uint64_t total = (argc > 1 ? strtoull(argv[1], NULL, 0) : 256) << 20, room;
    uint32_t n = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : 2000, argument = 0;
    struct vgpu *v = open_device();
    uint8_t *window = vgpu_window(v, &room), *memory = malloc(total);

    if (!total || !n || !memory)
        return 2;
    const struct vgpu_launch launch = {
        .function = make_kernel(v, opencl, cuda, "nothing"),
        .arguments = &argument,
        .arguments_size = sizeof(argument),
    };
    measure_commands(v, NULL, n);
    measure_commands(v, &launch, n);
    measure_many(v, &launch, n);
    measure_moves(v, "window-", window, total, total < room ? total : room);
    measure_moves(v, "", memory, total, total);
    vgpu_close(v);
    return 0;
}

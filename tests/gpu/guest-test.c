/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest-test.c - runs in the guest: what the library does, and what the device says to a program
 * that does wrong. One line a case, "ok NAME" or "not ok NAME". The machine allows 64 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"

#define QUOTA (UINT64_C(64) << 20)

static const char source[] = "__kernel void add(__global int *out, int n)\n"
                             "{\n"
                             "    out[get_global_id(0)] += n;\n"
                             "}\n";
static struct vgpu *v;
static int failed;

static void result(int good, const char *name)
{
    printf("%sok %s\n", good ? "" : "not ", name);
    failed |= !good;
}

static void expect(int error, int wanted, const char *name)
{
    if (error != wanted)
        printf("# %s: %s instead of %s: %s\n", name, vgpu_error_name(error),
               vgpu_error_name(wanted), vgpu_text(v));
    result(error == wanted, name);
}

static struct vgpu *open_one(void)
{
    char why[256];
    struct vgpu *one = vgpu_open(NULL, why, sizeof(why));

    if (!one) {
        printf("not ok the device opens: %s\n", why);
        exit(1);
    }
    return one;
}

static void test_info(void)
{
    struct vgpu_info info;

    expect(vgpu_info(v, 0, &info), VGPU_OK, "information");
    result(info.name[0] && info.compute_units && info.memory_total &&
               info.sources & VGPU_SOURCE_OPENCL_C,
           "information is there");
    expect(vgpu_info(v, vgpu_gpus(v), &info), VGPU_BAD_GPU, "one GPU more than there are");
    result(vgpu_quota(v) == QUOTA, "quota");
}

/* More than the window, by lengths and places that are no multiples of anything. */
static void test_memory(void)
{
    uint64_t n = (UINT64_C(20) << 20) + 13, room, a, b;
    uint8_t *bytes = malloc(n + 1), *back = calloc(1, n + 1);

    for (uint64_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 7 ^ i >> 11);
    expect(vgpu_alloc(v, 0, n + 100, &a), VGPU_OK, "memory");
    expect(vgpu_alloc(v, 0, n + 100, &b), VGPU_OK, "more memory");
    expect(vgpu_write(v, 0, a + 3, bytes + 1, n), VGPU_OK, "copy to the GPU");
    expect(vgpu_copy(v, 0, b, a + 3, n), VGPU_OK, "copy within the GPU");
    expect(vgpu_read(v, 0, back, b, n), VGPU_OK, "copy from the GPU");
    result(memcmp(back, bytes + 1, n) == 0, "the bytes are the same");
    result(back[n] == 0, "and not one more was written");
    memset(back, 0x55, n + 1);
    expect(vgpu_read(v, 0, back + 1, b, n - 1), VGPU_OK, "copy to a place of any alignment");
    result(memcmp(back + 1, bytes + 1, n - 1) == 0 && back[0] == 0x55 && back[n] == 0x55,
           "the bytes are the same there");
    memset(back, 0x55, n + 1);
    expect(vgpu_read(v, 0, back + 1, b, 5), VGPU_OK, "a copy of few bytes");
    result(memcmp(back + 1, bytes + 1, 5) == 0 && back[0] == 0x55 && back[6] == 0x55,
           "only they are written");
    memcpy(back, bytes + 1, n);
    uint8_t *window = vgpu_window(v, &room);
    expect(vgpu_read(v, 0, window, b, 4096), VGPU_OK, "copy to the window");
    result(memcmp(window, bytes + 1, 4096) == 0, "the window has them, too");
    expect(vgpu_alloc(v, 0, QUOTA / 2, &a), VGPU_QUOTA, "more memory than is allowed");
    expect(vgpu_read(v, 0, back, b + 101, n), VGPU_BAD_ADDRESS, "copy of more than there is");
    expect(vgpu_free(v, 0, b + 1), VGPU_BAD_ADDRESS, "free of what is no allocation");
    expect(vgpu_free(v, 0, b), VGPU_OK, "free");
    expect(vgpu_free(v, 0, b), VGPU_BAD_ADDRESS, "free of what is free");
    free(bytes);
    free(back);
}

static uint32_t test_code(void)
{
    static const char wrong[] =
        "__kernel void add(__global int *out) { out[0] = nonsense_here; }\n";
    struct vgpu_function f;
    uint32_t module;

    expect(vgpu_compile(v, 0, VGPU_SOURCE_OPENCL_C, wrong, strlen(wrong), NULL, &module),
           VGPU_COMPILE_FAILED, "source with an error");
    result(strstr(vgpu_text(v), "nonsense_here") != NULL, "the compiler's log");
    expect(vgpu_compile(v, 0, VGPU_SOURCE_OPENCL_C, source, strlen(source), "-DX=1", &module),
           VGPU_OK, "compilation");
    expect(vgpu_function(v, 0, module, "subtract", &f), VGPU_NOT_FOUND, "a kernel that is missing");
    expect(vgpu_function(v, 0, module, "add", &f), VGPU_OK, "a kernel");
    result(f.n_parameters == 2 && f.parameters[0].size == 8 && f.parameters[1].size == 4 &&
               f.parameters[1].offset == 8,
           "its parameters");
    return f.function;
}

/* Many at a time, in order. */
static void test_launches(uint32_t function)
{
    enum { N = 300 };
    struct {
        uint64_t out;
        int32_t n;
    } arguments = {0, 1};
    struct vgpu_launch launch = {.function = function,
                                 .grid = {4},
                                 .block = {16},
                                 .arguments = &arguments,
                                 .arguments_size = 12};
    int32_t numbers[64] = {0};
    uint32_t stream, tickets[N], bad = 0;

    expect(vgpu_stream_new(v, 0, &stream), VGPU_OK, "a stream");
    expect(vgpu_alloc(v, 0, sizeof(numbers), &arguments.out), VGPU_OK, "room for numbers");
    expect(vgpu_write(v, 0, arguments.out, numbers, sizeof(numbers)), VGPU_OK, "zeroes");
    launch.stream = stream;
    for (int i = 0; i < N; i += 100) {
        for (int k = i; k < i + 100; k++)
            bad += vgpu_begin_launch(v, 0, &launch, &tickets[k]) != VGPU_OK;
        for (int k = i; k < i + 100; k++)
            bad += vgpu_end(v, tickets[k], NULL) != VGPU_OK;
    }
    result(bad == 0, "launches");
    expect(vgpu_sync(v, 0, stream), VGPU_OK, "synchronisation");
    expect(vgpu_read(v, 0, numbers, arguments.out, sizeof(numbers)), VGPU_OK, "numbers");
    for (int i = 0; i < 64; i++)
        bad += numbers[i] != N;
    result(bad == 0, "each launch has added");
    launch.function ^= 0x10000;
    expect(vgpu_launch(v, 0, &launch), VGPU_BAD_HANDLE, "a function that is none");
    launch.function = function;
    launch.stream = stream + 1;
    expect(vgpu_launch(v, 0, &launch), VGPU_BAD_HANDLE, "a stream that is none");
    launch.stream = 0;
    launch.arguments_size = 8;
    expect(vgpu_launch(v, 0, &launch), VGPU_INVALID, "too few arguments");
    expect(vgpu_stream_free(v, 0, stream), VGPU_OK, "the stream goes");
    expect(vgpu_stream_free(v, 0, stream), VGPU_BAD_HANDLE, "and is gone");
}

int main(int argc, char **argv)
{
    uint64_t before[VGPU_STATS] = {0}, numbers[VGPU_STATS] = {0}, address;
    char why[256];

    v = open_one();
    if (argc > 1 &&
        strcmp(argv[1], "leave") == 0) { /* much, and ends without a word to the device */
        expect(vgpu_alloc(v, 0, QUOTA / 2, &address), VGPU_OK, "memory that is left behind");
        fflush(stdout);
        _Exit(failed);
    }
    expect(vgpu_stats(v, before), VGPU_OK, "statistics");
    result(before[VGPU_STAT_MEMORY_USED] == 0, "nothing is left of the program before");
    result(vgpu_open(NULL, why, sizeof(why)) == NULL && strstr(why, "another program"),
           "one program at a time");
    test_info();
    test_memory();
    test_launches(test_code());
    expect(vgpu_stats(v, numbers), VGPU_OK, "statistics again");
    result(numbers[VGPU_STAT_LAUNCHES] - before[VGPU_STAT_LAUNCHES] == 300 &&
               numbers[VGPU_STAT_BYTES_OUT] - before[VGPU_STAT_BYTES_OUT] > (20u << 20),
           "they have counted");
    vgpu_close(v);
    return failed;
}

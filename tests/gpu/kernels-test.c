/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernels-test.c - the readers of GPU binaries: right ones, every shorter one, and many with bytes
 * changed at random. Each is given in memory of its very size, so that a build with sanitizers sees
 * a byte too far. Prints TAP. With a file's name it reads that one and prints what it finds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binaries.h"
#include "kernels.h"

enum { ROUNDS = 50000 };

static unsigned n_tests;
static int all_ok = 1;

static void tell(int ok, const char *what)
{
    printf("%sok %u - %s\n", ok ? "" : "not ", ++n_tests, what);
    all_ok &= ok;
}

static int reads(gpu_kernels_reader *reader, const uint8_t *bytes, size_t n)
{
    uint8_t *exact = malloc(n ? n : 1);
    struct vm_error err = VM_ERROR_INIT;
    struct gpu_kernels k;
    int result;

    memcpy(exact, bytes, n);
    result = reader(exact, n, &k, &err);
    if (result != 0 && (!err.set || k.n != 0 || k.list))
        abort(); /* it failed, but says nothing or leaves something */
    gpu_kernels_free(&k);
    free(exact);
    return result;
}

/* `usual`: registers, shared memory and most threads of vector_add. */
static int is_right(const struct gpu_kernels *k, const uint32_t *usual)
{
    const struct gpu_kernel *v = gpu_kernels_find(k, "vector_add");
    const struct gpu_kernel *b = gpu_kernels_find(k, "bad_address");

    if (!v || !b || k->n != 2 || gpu_kernels_find(k, "") || b->n_parameters != 0)
        return 0;
    for (uint32_t i = 0; i < 4 && v->n_parameters == 4; i++)
        if (v->parameters[i].offset != i * 8 || v->parameters[i].size != (i < 3 ? 8u : 4u))
            return 0;
    return v->n_parameters == 4 && v->arguments_size == 28 && v->registers == usual[0] &&
           v->static_shared == usual[1] && v->max_threads == usual[2] && v->local_size == 16;
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

static void test(const char *what, gpu_kernels_reader *reader, size_t (*make)(uint8_t *),
                 const uint32_t *usual)
{
    uint8_t bytes[BINARY_SIZE], changed[BINARY_SIZE];
    size_t n = make(bytes);
    struct vm_error err = VM_ERROR_INIT;
    struct gpu_kernels k;
    uint32_t random = 12345, refused = 0, taken = 0;
    char text[200];
    int ok = reader(bytes, n, &k, &err) == 0 && is_right(&k, usual);

    gpu_kernels_free(&k);
    snprintf(text, sizeof(text), "%s: names, parameters and sizes", what);
    tell(ok, text);

    for (size_t i = 0; i < n; i++)
        refused += reads(reader, bytes, i) != 0;
    snprintf(text, sizeof(text), "%s: refused when cut short anywhere", what);
    tell(refused == n, text);

    for (int round = 0; round < ROUNDS; round++) {
        memcpy(changed, bytes, n);
        for (uint32_t i = next_random(&random) % 4 + 1; i > 0; i--)
            changed[next_random(&random) % n] = (uint8_t)next_random(&random);
        taken += reads(reader, changed, n) == 0;
    }
    snprintf(text, sizeof(text), "%s: %d changed at random, some taken, some not", what, ROUNDS);
    tell(taken > 0 && taken < ROUNDS, text);
}

/* Maps within maps may not use up the stack. */
static void test_depth(void)
{
    uint8_t bytes[BINARY_SIZE];
    size_t n = make_code_object(bytes);

    for (size_t i = 0; i + 14 < n; i++)
        if (memcmp(bytes + i, "amdhsa.version", 14) == 0) {
            memset(bytes + i + 14, 0x91, n - i - 14 < 400 ? n - i - 14 : 400);
            break;
        }
    tell(reads(gpu_codeobject_kernels, bytes, n) != 0, "metadata too deep are refused");
}

static int print_file(const char *path)
{
    static uint8_t bytes[16 << 20];
    struct vm_error err = VM_ERROR_INIT;
    struct gpu_kernels k;
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

    if (f)
        fclose(f);
    if (gpu_cubin_kernels(bytes, n, &k, &err) && (err.set = 0, 1) &&
        gpu_codeobject_kernels(bytes, n, &k, &err)) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return 1;
    }
    for (uint32_t i = 0; i < k.n; i++)
        printf("%s: %u parameters, %u bytes, %u registers, %u shared, %u threads\n", k.list[i].name,
               k.list[i].n_parameters, k.list[i].arguments_size, k.list[i].registers,
               k.list[i].static_shared, k.list[i].max_threads);
    gpu_kernels_free(&k);
    return 0;
}

int main(int argc, char **argv)
{
    static const uint32_t cubin[] = {12, 64, 256}, code_object[] = {12, 64, 256};

    if (argc > 1)
        return print_file(argv[1]);
    test("cubin", gpu_cubin_kernels, make_cubin, cubin);
    test("code object", gpu_codeobject_kernels, make_code_object, code_object);
    test_depth();
    printf("1..%u\n", n_tests);
    return !all_ok;
}

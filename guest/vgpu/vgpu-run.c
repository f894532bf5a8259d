/* SPDX-License-Identifier: BSD-2-Clause */
/* vgpu-run.c - compiles or loads a file and runs one kernel of it: vgpu-run(1). */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arguments.h"
#include "vgpu.h"

#define MAX_ARGUMENTS 64

struct options {
    const char *device, *file, *kernel, *compiler;
    uint32_t gpu, repeat;
    struct vgpu_launch launch;
    struct argument arguments[MAX_ARGUMENTS];
    int n_arguments, is_quiet;
};

static const char usage[] =
    "usage: vgpu-run [OPTION...] FILE [--args ARGUMENT...]\n"
    "  -d, --device=ADDRESS     the device's PCI address; the first one if left out\n"
    "  -g, --gpu=NUMBER         which of its GPUs, from 0 on\n"
    "  -k, --kernel=NAME        the kernel; the file's name without ending if left out\n"
    "  -o, --options=TEXT       for the compiler\n"
    "      --grid=X[,Y[,Z]]     blocks\n"
    "      --block=X[,Y[,Z]]    threads of a block\n"
    "      --shared=BYTES       dynamic shared memory of a block\n"
    "      --repeat=NUMBER      launch it so often, and print the mean time\n"
    "  -q, --quiet              print nothing but the buffers\n"
    "FILE: .cl .cu .hip (compiled), .ptx .cubin .co .clbin (loaded)\n"
    "ARGUMENT: i32:-5 u64:7 f32:0.5 ... local:BYTES, or a buffer: zero=BYTES random=BYTES[,SEED]\n"
    "  file=PATH f32=1,2,3 ..., and behind it :print=TYPE or :to=PATH\n";

static int fail(const char *what, int error, const char *text)
{
    fprintf(stderr, "vgpu-run: %s: %s%s%s\n", what, vgpu_error_name(error), *text ? "\n" : "",
            text);
    return 1;
}

/* ---- The command line ------------------------------------------------------------------------ */

static int parse_three(const char *text, uint32_t out[3])
{
    char *end = NULL;

    for (int i = 0; i < 3; i++) {
        unsigned long value = strtoul(text, &end, 0);
        if (end == text || value == 0 || value > UINT32_MAX)
            return -1;
        out[i] = (uint32_t)value;
        if (*end != ',')
            break;
        text = end + 1;
    }
    return *end ? -1 : 0;
}

static int parse_u32(const char *text, uint32_t *out)
{
    uint64_t value;

    if (parse_bytes(text, &value) || value > UINT32_MAX)
        return -1;
    *out = (uint32_t)value;
    return 0;
}

static int parse_option(struct options *o, int letter, const char *value)
{
    switch (letter) {
    case 'd':
        o->device = value;
        return 0;
    case 'g':
        return parse_u32(value, &o->gpu);
    case 'k':
        o->kernel = value;
        return 0;
    case 'o':
        o->compiler = value;
        return 0;
    case 'G':
        return parse_three(value, o->launch.grid);
    case 'B':
        return parse_three(value, o->launch.block);
    case 'S':
        return parse_u32(value, &o->launch.shared);
    case 'R':
        return parse_u32(value, &o->repeat) || o->repeat == 0 ? -1 : 0;
    case 'q':
        o->is_quiet = 1;
        return 0;
    default:
        return -1;
    }
}

/* All up to --args, which has no meaning for getopt. */
static int parse(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {
        {"device", 1, NULL, 'd'},  {"gpu", 1, NULL, 'g'},    {"kernel", 1, NULL, 'k'},
        {"options", 1, NULL, 'o'}, {"grid", 1, NULL, 'G'},   {"block", 1, NULL, 'B'},
        {"shared", 1, NULL, 'S'},  {"repeat", 1, NULL, 'R'}, {"quiet", 0, NULL, 'q'},
        {NULL, 0, NULL, 0},
    };
    int before = 1, letter;

    while (before < argc && strcmp(argv[before], "--args") != 0)
        before++;
    while ((letter = getopt_long(before, argv, "d:g:k:o:q", longs, NULL)) != -1)
        if (parse_option(o, letter, optarg))
            return -1;
    if (optind != before - 1)
        return -1;
    o->file = argv[optind];
    for (int i = before + 1; i < argc; i++) {
        if (o->n_arguments == MAX_ARGUMENTS ||
            argument_parse(&o->arguments[o->n_arguments++], argv[i]))
            return -1;
    }
    return 0;
}

/* ---- Code ------------------------------------------------------------------------------------ */

static const struct ending {
    const char *text;
    uint32_t source, binary;
} endings[] = {
    {".cl", VGPU_SOURCE_OPENCL_C, 0},  {".cu", VGPU_SOURCE_CUDA, 0},
    {".hip", VGPU_SOURCE_HIP, 0},      {".ptx", 0, VGPU_BINARY_PTX},
    {".cubin", 0, VGPU_BINARY_CUBIN},  {".co", 0, VGPU_BINARY_CODE_OBJECT},
    {".clbin", 0, VGPU_BINARY_OPENCL},
};

static int make_module(struct vgpu *v, const struct options *o, uint32_t *module)
{
    const char *dot = strrchr(o->file, '.');
    const struct ending *ending = NULL;
    uint64_t n;
    int error;

    for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
        if (strcmp(endings[i].text, dot) == 0)
            ending = &endings[i];
    if (!ending) {
        fprintf(stderr, "vgpu-run: %s: its ending says nothing of what it is\n", o->file);
        return 1;
    }
    uint8_t *code = read_file(o->file, &n);
    if (!code)
        return 1;
    error = ending->source ? vgpu_compile(v, o->gpu, ending->source, (const char *)code, n,
                                          o->compiler, module)
                           : vgpu_load(v, o->gpu, ending->binary, code, n, module);
    free(code);
    if (error)
        return fail(o->file, error, vgpu_text(v));
    if (!o->is_quiet && *vgpu_text(v))
        fprintf(stderr, "%s\n", vgpu_text(v));
    return 0;
}

static const char *kernel_name(const struct options *o)
{
    static char name[256];
    const char *slash = strrchr(o->file, '/');

    if (o->kernel)
        return o->kernel;
    snprintf(name, sizeof(name), "%s", slash ? slash + 1 : o->file);
    name[strcspn(name, ".")] = 0;
    for (char *p = name; *p; p++)
        *p = *p == '-' ? '_' : *p;
    return name;
}

/* Where the kernel has them, its metadata says; sizes must be what was given. */
static int pack(const struct options *o, const struct vgpu_function *f, uint8_t *packed,
                uint32_t *bytes)
{
    *bytes = 0;
    if (f->n_parameters != (uint32_t)o->n_arguments) {
        fprintf(stderr, "vgpu-run: the kernel takes %u arguments, and %d were given\n",
                f->n_parameters, o->n_arguments);
        return 1;
    }
    for (int i = 0; i < o->n_arguments; i++) {
        const struct argument *a = &o->arguments[i];
        uint32_t at = f->parameters[i].offset, size = f->parameters[i].size;
        if (size != a->size || at > MAX_ARGUMENT_BYTES - size) {
            fprintf(stderr, "vgpu-run: %s: the kernel's argument %d has %u bytes, this one %u\n",
                    a->text, i, size, a->size);
            return 1;
        }
        const uint64_t value = a->is_buffer ? a->address : a->number;
        memcpy(packed + at, &value, size);
        *bytes = at + size > *bytes ? at + size : *bytes;
    }
    return 0;
}

/* ---- Running --------------------------------------------------------------------------------- */

static int put_buffers(struct vgpu *v, struct options *o)
{
    for (int i = 0; i < o->n_arguments; i++) {
        struct argument *a = &o->arguments[i];
        int error = a->is_buffer ? vgpu_alloc(v, o->gpu, a->n_bytes, &a->address) : VGPU_OK;
        if (!error && a->is_buffer)
            error = vgpu_write(v, o->gpu, a->address, a->bytes, a->n_bytes);
        if (error)
            return fail(a->text, error, vgpu_text(v));
    }
    return 0;
}

static int get_buffers(struct vgpu *v, const struct options *o)
{
    int status = 0;

    for (int i = 0; i < o->n_arguments; i++) {
        const struct argument *a = &o->arguments[i];
        if (a->print < 0 && !a->to)
            continue;
        int error = vgpu_read(v, o->gpu, a->bytes, a->address, a->n_bytes);
        if (error)
            return fail(a->text, error, vgpu_text(v));
        if (a->to)
            status |= argument_write(a) != 0;
        else
            argument_print(a);
    }
    return status;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int launch(struct vgpu *v, struct options *o, const char *name)
{
    double begin = now();

    for (uint32_t i = 0; i < o->repeat; i++) {
        int error = vgpu_launch(v, o->gpu, &o->launch);
        if (error)
            return fail(name, error, vgpu_text(v));
    }
    if (o->repeat > 1 && !o->is_quiet)
        printf("%u launches, %.2f us each\n", o->repeat, (now() - begin) * 1e6 / o->repeat);
    return 0;
}

static int run(struct vgpu *v, struct options *o)
{
    const char *name = kernel_name(o);
    uint8_t packed[MAX_ARGUMENT_BYTES] = {0};
    struct vgpu_function f;
    uint32_t module;
    int error;

    if (make_module(v, o, &module))
        return 1;
    error = vgpu_function(v, o->gpu, module, name, &f);
    if (error)
        return fail(name, error, vgpu_text(v));
    if (put_buffers(v, o) || pack(o, &f, packed, &o->launch.arguments_size))
        return 1;
    o->launch.function = f.function;
    o->launch.arguments = packed;
    return launch(v, o, name) || get_buffers(v, o);
}

int main(int argc, char **argv)
{
    static struct options o = {.repeat = 1};
    char why[256];
    int status;

    if (parse(&o, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    struct vgpu *v = vgpu_open(o.device, why, sizeof(why));
    if (!v) {
        fprintf(stderr, "vgpu-run: %s\n", why);
        return 1;
    }
    status = run(v, &o);
    vgpu_close(v);
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * types.c - how large the types of kernels' parameters are.
 *
 * OpenCL tells their names only. Those of OpenCL C's own types are known. For a struct or a typedef
 * the compiler is asked: the module's source is compiled once more, with functions behind it whose
 * required work-group sizes, which can be asked for, are made of what sizeof says.
 */
#define _GNU_SOURCE
#include "opencl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t size;
} scalars[] = {
    {"char", 1},  {"uchar", 1}, {"unsigned char", 1}, {"short", 2},          {"ushort", 2},
    {"half", 2},  {"int", 4},   {"uint", 4},          {"unsigned short", 2}, {"unsigned int", 4},
    {"float", 4}, {"long", 8},  {"ulong", 8},         {"unsigned long", 8},  {"double", 8},
};

/* A vector of three takes the room of four; both are aligned to their size. */
static uint32_t vector_elements(const char *suffix)
{
    static const struct {
        const char *suffix;
        uint32_t elements;
    } widths[] = {{"", 1}, {"2", 2}, {"3", 4}, {"4", 4}, {"8", 8}, {"16", 16}};

    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
        if (strcmp(suffix, widths[i].suffix) == 0)
            return widths[i].elements;
    return 0;
}

bool type_layout(const char *name, struct layout *layout)
{
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        size_t n = strlen(scalars[i].name);
        uint32_t elements = strncmp(name, scalars[i].name, n) ? 0 : vector_elements(name + n);
        if (elements) {
            layout->size = layout->alignment = scalars[i].size * elements;
            return true;
        }
    }
    return false;
}

/* ---- asking the compiler ---- */

/* What is asked, each by a function whose work-groups are one larger than the answer. */
#define N_QUESTIONS 3
static const char *const function_names[N_QUESTIONS] = {"vmrun_type_size_low",
                                                        "vmrun_type_size_high", "vmrun_type_align"};
#define QUESTION(function, answer)                                                          \
    "__kernel __attribute__((reqd_work_group_size((" answer ") + 1, 1, 1))) void " function \
    "(void) {}\n"
#define QUESTIONS                                                                                  \
    "%s\n"                                                                                         \
    "typedef %s vmrun_type;\n"                                                                     \
    "struct vmrun_pair { char first; vmrun_type second; };\n" QUESTION("vmrun_type_size_low",      \
                                                                       "sizeof(vmrun_type) %% 64") \
        QUESTION("vmrun_type_size_high", "sizeof(vmrun_type) / 64")                                \
            QUESTION("vmrun_type_align", "sizeof(struct vmrun_pair) - sizeof(vmrun_type)")

static bool is_name(const char *name)
{
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_ ")] ==
           0;
}

/* -1: there is no answer. */
static int64_t answer(struct opencl *o, const struct module *m, cl_program program,
                      const char *function)
{
    size_t group[3] = {0, 0, 0};
    cl_int error = CL_SUCCESS;
    cl_kernel kernel = o->cl.CreateKernel(program, function, &error);

    if (!kernel)
        return -1;
    error = o->cl.GetKernelWorkGroupInfo(kernel, m->gpu->device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                         sizeof(group), group, NULL);
    o->cl.ReleaseKernel(kernel);
    return error ? -1 : (int64_t)group[0] - 1;
}

static bool ask(struct opencl *o, const struct module *m, const char *source,
                int64_t answers[N_QUESTIONS])
{
    size_t length = strlen(source);
    cl_int error = CL_SUCCESS;
    cl_program program =
        o->cl.CreateProgramWithSource(m->gpu->context, 1, &source, &length, &error);
    bool all = false;

    if (!program)
        return false;
    if (!o->cl.BuildProgram(program, 1, &m->gpu->device, m->options, NULL, NULL)) {
        all = true;
        for (int i = 0; i < N_QUESTIONS; i++) {
            answers[i] = answer(o, m, program, function_names[i]);
            all = all && answers[i] >= 0;
        }
    }
    o->cl.ReleaseProgram(program);
    return all;
}

bool type_ask(struct opencl *o, const struct module *m, const char *name, struct layout *layout)
{
    int64_t answers[N_QUESTIONS], size, alignment;
    char *source;
    bool there;

    if (!m->source || !is_name(name) || asprintf(&source, QUESTIONS, m->source, name) < 0)
        return false;
    there = ask(o, m, source, answers);
    free(source);
    if (!there)
        return false;
    size = answers[1] * 64 + answers[0];
    alignment = answers[2];
    /* The source may have made something else of all these words. */
    if (size <= 0 || size > m->gpu->info.argument_size || alignment <= 0 || alignment > 128 ||
        (alignment & (alignment - 1)) || size % alignment)
        return false;
    *layout = (struct layout){(uint32_t)size, (uint32_t)alignment};
    return true;
}

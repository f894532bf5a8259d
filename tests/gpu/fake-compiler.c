/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fake-compiler.c - NVRTC, or with FAKE_HIP HIPRTC, that does what the source's first word says: a
 * compiler as bad as a real one can be.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binaries.h"

#define API __attribute__((visibility("default")))
#ifdef FAKE_HIP
#define NAME(name) hiprtc##name
#define CODE(name) hiprtcGetCode##name
#define MAKE       make_code_object
#define COMPANION  "libhiprtc-builtins.so.99"
#else
#define NAME(name) nvrtc##name
#define CODE(name) nvrtcGetCUBIN##name
#define MAKE       make_cubin
#define COMPANION  "libnvrtc-builtins.so.99"
#endif

enum { FAILED = 6 };

struct program {
    char *source, log[4096];
    int portable; /* PTX was asked for */
    uint8_t binary[BINARY_SIZE];
    size_t size;
};

API int NAME(CreateProgram)(struct program **p, const char *source, const char *name, int n,
                            const char *const *headers, const char *const *names)
{
    if (!name || n != 0 || headers || names)
        abort();
    *p = calloc(1, sizeof(**p));
    (*p)->source = strdup(source);
    return 0;
}

static int use_memory(struct program *p)
{
    for (int i = 0; i < 64; i++) {
        volatile char *bytes = malloc(64 << 20);
        if (!bytes) {
            strcpy(p->log, "no more memory");
            return FAILED;
        }
        bytes[0] = 1; /* or a compiler leaves malloc out */
    }
    return 0;
}

/* A file of the host's, and one in the folder that is given for writing. */
static int use_files(struct program *p, const char *path)
{
    FILE *in = fopen(path, "r");
    FILE *own = (chdir(getenv("TMPDIR")), fopen("mine", "w"));
    FILE *out = fopen("/tmp/vmrun-gpu-test-not-allowed", "w");

    snprintf(p->log, sizeof(p->log), "in %d own %d out %d", in != NULL, own != NULL, out != NULL);
    return FAILED;
}

/* Messages with files of the folder in them, as HIPRTC has. */
static int use_names(struct program *p)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(p->log, sizeof(p->log), "%s/made-1/input/Source:1:2: see '%s/made-1/own.h' or %s", tmp,
             tmp, tmp);
    return FAILED;
}

/* What lies beside this library, by its name alone, as NVRTC has it. */
static int use_companion(void)
{
    return dlopen(COMPANION, RTLD_NOW) ? 0 : FAILED;
}

API int NAME(CompileProgram)(struct program *p, int n, const char *const *options)
{
    const char *s = p->source;

    p->portable = strstr(options[0], "compute_") != NULL;
    for (int i = 0; i < n; i++)
        snprintf(p->log + strlen(p->log), sizeof(p->log) - strlen(p->log), "%s|", options[i]);
    if (strncmp(s, "die", 3) == 0) {
        fprintf(stderr, "last words\n");
        abort();
    }
    if (strncmp(s, "sleep", 5) == 0)
        pause();
    if (strncmp(s, "memory", 6) == 0)
        return use_memory(p);
    if (strncmp(s, "exit", 4) == 0)
        _exit(0);
    if (strncmp(s, "files ", 6) == 0)
        return use_files(p, s + 6);
    if (strncmp(s, "names", 5) == 0)
        return use_names(p);
    if (strncmp(s, "companion", 9) == 0 && use_companion())
        return FAILED;
    if (strncmp(s, "fail", 4) == 0)
        return FAILED;
    if (strncmp(s, "junk", 4) == 0)
        p->size = 100; /* a binary that is none */
    else
        p->size = MAKE(p->binary);
    return 0;
}

API int NAME(GetProgramLogSize)(struct program *p, size_t *n)
{
    *n = strlen(p->log) + 1;
    return 0;
}

API int NAME(GetProgramLog)(struct program *p, char *log)
{
    strcpy(log, p->log);
    return 0;
}

API int CODE(Size)(struct program *p, size_t *n)
{
    if (p->portable)
        abort(); /* NVRTC has none then */
    *n = p->size;
    return 0;
}

API int CODE()(struct program *p, char *bytes)
{
    memcpy(bytes, p->binary, p->size);
    return 0;
}

#ifdef FAKE_ARCHITECTURES
API int nvrtcGetNumSupportedArchs(int *n)
{
    *n = sizeof((int[]){FAKE_ARCHITECTURES}) / sizeof(int);
    return 0;
}

API int nvrtcGetSupportedArchs(int *all)
{
    memcpy(all, (int[]){FAKE_ARCHITECTURES}, sizeof((int[]){FAKE_ARCHITECTURES}));
    return 0;
}

static const char ptx[] = ".version 8.0";

API int nvrtcGetPTXSize(struct program *p, size_t *n)
{
    *n = p->portable ? sizeof(ptx) : 0;
    return p->portable ? 0 : FAILED;
}

API int nvrtcGetPTX(struct program *p, char *bytes)
{
    memcpy(bytes, ptx, sizeof(ptx));
    return p->portable ? 0 : FAILED;
}
#endif

API int NAME(DestroyProgram)(struct program **p)
{
    free((*p)->source);
    free(*p);
    return 0;
}

API const char *NAME(GetErrorString)(int result)
{
    return result == FAILED ? "COMPILATION_FAILED" : "OTHER";
}

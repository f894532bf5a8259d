/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compiler.c - the program that holds NVRTC or HIPRTC while it compiles a guest's source. It limits
 * itself first, since neither the source nor the library is trusted; compile.c reads what it gives
 * and notices how it ends.
 */
#include "compiler.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fence.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

enum { MAX_OUTPUT = 256 << 20 };

typedef int create_fn(struct gpu_program **p, const char *source, const char *name, int n,
                      const char *const *headers, const char *const *names);
typedef int compile_fn(struct gpu_program *p, int n, const char *const *options);
typedef int size_fn(struct gpu_program *p, size_t *n);
typedef int bytes_fn(struct gpu_program *p, char *bytes);
typedef int destroy_fn(struct gpu_program **p);
typedef const char *error_fn(int result);
typedef int numbers_fn(int *numbers);

/* What comes of it. */
struct made {
    int ok, portable;
    char *log, *binary;
    size_t log_length, binary_length;
};

static void *functions[8], *portable[4];

static void limit(int what, uint64_t value)
{
    struct rlimit l = {value, value};

    if (value > 0)
        setrlimit(what, &l);
}

static void limit_self(char **argv)
{
    limit(RLIMIT_CPU, strtoull(argv[1], NULL, 10));
    limit(RLIMIT_FSIZE, MAX_OUTPUT);
#ifndef SANITIZED /* they reserve terabytes */
    limit(RLIMIT_AS, strtoull(argv[2], NULL, 10));
#endif
    close_range(GPU_COMPILER_DESCRIPTORS, ~0u, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("TMPDIR", argv[3], 1);
    setenv("HOME", argv[3], 1); /* caches, if there are any */
}

/* With a zero behind, at most MAX_OUTPUT. */
static char *read_source(void)
{
    struct stat st;
    char *text;
    size_t at = 0;
    ssize_t n = 1;

    if (fstat(0, &st) < 0 || st.st_size < 0 || st.st_size > MAX_OUTPUT)
        return NULL;
    text = malloc((size_t)st.st_size + 1);
    while (text && at < (size_t)st.st_size && n > 0) {
        n = read(0, text + at, (size_t)st.st_size - at);
        at += n > 0 ? (size_t)n : 0;
    }
    if (text)
        text[at] = 0;
    return text;
}

/*
 * A library that is named with its folder may lie where the loader does not look. NVRTC asks for
 * its builtins by name alone, which then finds them only if they are open already.
 */
static void open_companions(const char *name)
{
    const char *begin = gpu_compiler_names.companions, *slash = strrchr(name, '/');
    char path[PATH_MAX];
    struct dirent *entry;
    DIR *dir;

    if (!slash || snprintf(path, sizeof(path), "%.*s", (int)(slash + 1 - name), name) >= PATH_MAX)
        return;
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, begin, strlen(begin)) == 0 &&
            snprintf(path, sizeof(path), "%.*s%s", (int)(slash + 1 - name), name, entry->d_name) <
                PATH_MAX)
            dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    if (dir)
        closedir(dir);
}

static void *open_library(const char *given, struct made *made)
{
    const char *const *names = gpu_compiler_names.libraries;
    void *library = NULL;
    char why[512] = "";

    for (size_t i = 0; !library && (given[0] ? i < 1 : names[i] != NULL); i++) {
        const char *name = given[0] ? given : names[i];
        library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (library)
            open_companions(name);
        else
            snprintf(why, sizeof(why), "%s", dlerror());
    }
    if (!library && asprintf(&made->log, "there is no compiler here (%s): %s", why,
                             gpu_compiler_names.advice) < 0)
        made->log = NULL;
    for (size_t i = 0; library && i < 4 && gpu_compiler_names.portable[i]; i++)
        portable[i] = dlsym(library, gpu_compiler_names.portable[i]); /* or NULL */
    for (size_t i = 0; library && i < 8; i++) {
        functions[i] = dlsym(library, gpu_compiler_names.functions[i]);
        if (functions[i])
            continue;
        if (asprintf(&made->log, "the compiler's library has no function %s",
                     gpu_compiler_names.functions[i]) < 0)
            made->log = NULL;
        return NULL;
    }
    return library;
}

/* `option`: the architecture's, which is at fault where the compiler does not know it. */
static void fail(struct made *made, const char *what, const char *option, int result)
{
    error_fn *error = (error_fn *)functions[GPU_COMPILER_ERROR];
    char *text = NULL;

    made->ok = 0;
    if (asprintf(&text, "%s%s%s (%s): %s", made->log ? made->log : "",
                 made->log && made->log[0] ? "\n" : "", what, option, error(result)) < 0)
        return;
    free(made->log);
    made->log = text;
}

/* Bytes of which the library tells first how many. */
static char *fetch(struct gpu_program *p, int size_call, int bytes_call, size_t *n, int *result)
{
    char *bytes;

    *n = 0;
    *result = ((size_fn *)functions[size_call])(p, n);
    if (*result || *n > MAX_OUTPUT)
        return NULL;
    bytes = calloc(1, *n + 1);
    if (bytes)
        *result = ((bytes_fn *)functions[bytes_call])(p, bytes);
    return bytes;
}

/*
 * HIPRTC puts the source into a file in the folder, and messages have that file's long name. A
 * guest gets the name that it gets of NVRTC; of other files there, what they are called.
 */
static void hide_folder(char *log, const char *folder)
{
    static const char sources[] = "/input/";
    size_t n = strlen(folder);
    char *to = log;

    while (*log) {
        const char *end, *name;
        if (strncmp(log, folder, n) != 0 || log[n] != '/') {
            *to++ = *log++;
            continue;
        }
        end = log + n + strcspn(log + n, ":'\"() \n");
        for (name = end; name[-1] != '/';)
            name--;
        if (memcmp(name - strlen(sources), sources, strlen(sources)) == 0)
            to = stpcpy(to, gpu_compiler_names.file); /* shorter than the folder's name */
        else
            while (name < end)
                *to++ = *name++;
        log = (char *)end;
    }
    *to = 0;
}

/*
 * A GPU may be newer than the compiler: then the newest architecture before it that the compiler
 * knows, for which there is PTX that the driver translates. `option` asks for the GPU's own; NULL:
 * that will do, or nothing will.
 */
static char *portable_option(const char *option)
{
    int known[256], n = 0, best = 0, own = atoi(option + strcspn(option, "0123456789"));
    char *text = NULL;

    if (!portable[0] || !portable[1] || !portable[2] || !portable[3] ||
        ((numbers_fn *)portable[0])(&n) || n < 1 || n > 256 || ((numbers_fn *)portable[1])(known))
        return NULL;
    for (int i = 0; i < n; i++) {
        if (known[i] == own)
            return NULL;
        if (known[i] < own && known[i] > best)
            best = known[i];
    }
    if (!best || asprintf(&text, "%s%d", gpu_compiler_names.portable_option, best) < 0)
        return NULL;
    functions[GPU_COMPILER_CODE_SIZE] = portable[2];
    functions[GPU_COMPILER_CODE] = portable[3];
    return text;
}

static void compile(struct made *made, const char *source, int n, const char *const *options)
{
    struct gpu_program *p = NULL;
    int result, other;

    result = ((create_fn *)functions[GPU_COMPILER_CREATE])(&p, source, gpu_compiler_names.file, 0,
                                                           NULL, NULL);
    if (result) {
        fail(made, gpu_compiler_names.functions[GPU_COMPILER_CREATE], options[0], result);
        return;
    }
    result = ((compile_fn *)functions[GPU_COMPILER_COMPILE])(p, n, options);
    made->log = fetch(p, GPU_COMPILER_LOG_SIZE, GPU_COMPILER_LOG, &made->log_length, &other);
    if (result) {
        fail(made, gpu_compiler_names.functions[GPU_COMPILER_COMPILE], options[0], result);
    } else {
        made->binary =
            fetch(p, GPU_COMPILER_CODE_SIZE, GPU_COMPILER_CODE, &made->binary_length, &result);
        made->ok = result == 0 && made->binary && made->binary_length > 0;
        if (!made->ok)
            fail(made, gpu_compiler_names.functions[GPU_COMPILER_CODE], options[0], result);
    }
    ((destroy_fn *)functions[GPU_COMPILER_DESTROY])(&p);
}

static int give(const struct made *made)
{
    struct gpu_compiler_result head = {GPU_COMPILER_MAGIC, (uint16_t)made->ok,
                                       (uint16_t)made->portable, made->log ? strlen(made->log) : 0,
                                       made->ok ? made->binary_length : 0};
    FILE *out = fdopen(1, "w");

    if (!out || fwrite(&head, sizeof(head), 1, out) != 1 ||
        (head.log && fwrite(made->log, head.log, 1, out) != 1) ||
        (head.binary && fwrite(made->binary, head.binary, 1, out) != 1) || fclose(out) != 0)
        return 1;
    return 0;
}

static int is_fenced(char **argv, struct made *made)
{
    if (gpu_fence(functions[GPU_COMPILER_CREATE], argv[3]) == 0 || strcmp(argv[4], "unfenced") == 0)
        return 1;
    made->log = strdup("nothing is compiled, since the host's kernel has no Landlock (Linux 5.13), "
                       "which keeps sources from including the host's files; whoever trusts the "
                       "guest sets compile-unfenced = yes");
    return 0;
}

int main(int argc, char **argv)
{
    struct made made = {0, 0, NULL, NULL, 0, 0};
    char *source;

    if (argc <= GPU_COMPILER_ARGUMENTS) { /* the architecture is always given */
        fprintf(stderr, "%s: a part of vmrun's plugin; it is not to be run by hand\n", argv[0]);
        return 2;
    }
    limit_self(argv);
    source = read_source();
    if (!source) {
        fprintf(stderr, "the source cannot be read\n");
        return 1;
    }
    if (open_library(argv[6], &made) && is_fenced(argv, &made)) {
        char **own = &argv[GPU_COMPILER_ARGUMENTS];
        char *other = strcmp(argv[5], "portable") == 0 ? portable_option(*own) : NULL;
        made.portable = other != NULL;
        *own = other ? other : *own;
        compile(&made, source, argc - GPU_COMPILER_ARGUMENTS,
                (const char *const *)argv + GPU_COMPILER_ARGUMENTS);
    }
    if (made.log)
        hide_folder(made.log, argv[3]);
    if (give(&made))
        return 1;
    _exit(0); /* what libraries do at a process's end is of no use here */
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.c - tries a plugin in a child process.
 *
 * Loading a shared object runs its constructors and those of its libraries: it may crash, hang,
 * exit or print. A file cut short may even raise SIGBUS inside the loader. The child takes that
 * blow and reports over a pipe.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/plugin/internal.h"

enum {
    TIMEOUT_MS = 5000,
    N_NUMBERS = 2, /* kind, how much it wants a text */
    MAX_REPORT = 32768,
    N_TEXTS = 5, /* problem, version, licence, summary, the property that wants a text */
};

/* ---- in the child ---- */

static void write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t wrote = write(fd, p, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            _exit(1);
        p += wrote;
        n -= (size_t)wrote;
    }
}

static void quieten(int keep)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL,  SIGFPE, SIGABRT,
                                 SIGTRAP, SIGSYS, SIGPIPE, SIGALRM};
    const struct rlimit none = {0, 0};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        signal(deadly[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &none); /* a crash here must leave no file behind */
    for (int fd = 0; null >= 0 && fd <= 2; fd++) {
        if (fd != keep)
            dup2(null, fd);
    }
}

/* Reports kind and want, then the texts with their final zeros. */
static _Noreturn void report(int fd, const char *path, const char *name, const char *text)
{
    struct vm_error err = VM_ERROR_INIT;
    struct descriptor d;
    const char *texts[N_TEXTS] = {"", "", "", "", ""};
    uint32_t numbers[N_NUMBERS] = {0, 0};

    quieten(fd);
    if (plugin_file_load(path, name, &d, &err)) {
        texts[0] = err.text;
    } else {
        numbers[0] = d.plugin.kind;
        texts[1] = d.plugin.version;
        texts[2] = d.plugin.licence;
        texts[3] = d.plugin.summary;
        if (text)
            numbers[1] = plugin_wants(&d.plugin, text, &texts[4]);
    }
    write_all(fd, numbers, sizeof(numbers));
    for (size_t i = 0; i < N_TEXTS; i++)
        write_all(fd, texts[i], strnlen(texts[i], MAX_REPORT / N_TEXTS - 8) + 1);
    _exit(0);
}

/* ---- in the parent ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads until the child closes its end. Returns the number of bytes, or -1 when the time is up. */
static ssize_t read_report(int fd, char *report_bytes, size_t size)
{
    const int64_t end = now_ms() + TIMEOUT_MS;
    size_t used = 0;

    while (used < size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = end - now_ms();
        if (left <= 0)
            return -1;
        int ready = poll(&p, 1, (int)left);
        if (ready <= 0)
            continue;
        ssize_t got = read(fd, report_bytes + used, size - used);
        if (got == 0)
            break;
        if (got > 0)
            used += (size_t)got;
        else if (errno != EINTR)
            break;
    }
    return (ssize_t)used;
}

static int wait_for(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* What happened to a child that did not report, in words. */
static void tell_problem(char *text, size_t size, bool hung, int status)
{
    if (hung)
        snprintf(text, size, "hangs when loaded (nothing for %d seconds)", TIMEOUT_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(text, size, "crashes when loaded (signal %d%s)", WTERMSIG(status),
                 WTERMSIG(status) == SIGBUS ? ": the file may be cut short" : "");
    else
        snprintf(text, size, "ends the program when loaded (status %d)", WEXITSTATUS(status));
}

/* Takes the report apart: the texts, each ended by zero, and nothing behind them. False: it is not
 * whole. */
static bool take_report(const char *bytes, size_t n, struct plugin_info *info)
{
    char **fields[N_TEXTS] = {&info->problem, &info->version, &info->licence, &info->summary,
                              &info->wants_property};
    uint32_t numbers[N_NUMBERS];
    size_t at = sizeof(numbers);

    if (n < at)
        return false;
    memcpy(numbers, bytes, sizeof(numbers));
    info->kind = numbers[0];
    info->wants = numbers[1];
    for (size_t i = 0; i < N_TEXTS; i++) {
        const char *end = memchr(bytes + at, 0, n - at);
        if (!end)
            return false;
        if (bytes + at != end || i > 0)
            *fields[i] = strdup(bytes + at);
        at = (size_t)(end - bytes) + 1;
    }
    return at == n;
}

int plugin_file_probe(const char *path, const char *name, const char *text,
                      struct plugin_info *info, struct vm_error *err)
{
    char bytes[MAX_REPORT], problem[128];
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return vm_error_set(err, "cannot make a pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0) {
        int saved = errno;
        close(ends[0]);
        close(ends[1]);
        return vm_error_set(err, "cannot make a child process to try plugins in: %s",
                            strerror(saved));
    }
    if (child == 0) {
        close(ends[0]);
        report(ends[1], path, name, text);
    }
    close(ends[1]);
    ssize_t n = read_report(ends[0], bytes, sizeof(bytes));
    close(ends[0]);
    if (n < 0)
        kill(child, SIGKILL);
    int status = wait_for(child);
    if (n < 0 || status != 0 || !take_report(bytes, (size_t)n, info)) {
        tell_problem(problem, sizeof(problem), n < 0, status);
        free(info->problem);
        info->problem = strdup(problem);
    }
    return 0;
}

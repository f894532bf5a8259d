/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile.c - runs the compiler's program (compiler.c). The source is its standard input, what it
 * makes its standard output, what dying libraries say its standard error: files in memory all
 * three, so that nobody waits for a pipe. Descriptor 3 is a pipe that only shows its end.
 */
#include "compile.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compiler.h"

struct gpu_compiler {
    char helper[PATH_MAX];
    char *library;
    struct gpu_compile_limits limits;

    pthread_t thread;
    int threaded;         /* begun at the first job */
    pthread_mutex_t lock; /* around what follows */
    pthread_cond_t todo_cond, ended_cond;
    struct gpu_compile_job *todo, *ended; /* lists, the oldest first */
    uint32_t busy;                        /* begun and not fetched */
    int stop;
};

extern char **environ;

/* ---- One compilation ------------------------------------------------------------------------- */

enum { SOURCE, RESULT, MESSAGES, ALIVE, WATCH, N_FILES };

struct run {
    int fd[N_FILES];
    char folder[PATH_MAX]; /* for what compilers write; empty: none */
};

static void set_log(struct gpu_compile_job *job, const char *text)
{
    free(job->log);
    job->log = strdup(text);
    job->log_length = job->log ? strlen(text) : 0;
}

static int write_all(int fd, const char *bytes, uint64_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        bytes += done;
        n -= (uint64_t)done;
    }
    return 0;
}

/* The same file by a number out of the way of those that the program gets; -1: failed. */
static int high(int fd)
{
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, N_FILES + 1);

    if (fd >= 0)
        close(fd);
    return moved;
}

static int open_files(struct run *run, const struct vm_gpu_code *code)
{
    const char *tmp = getenv("TMPDIR");
    int ends[2];

    for (int i = 0; i < N_FILES; i++)
        run->fd[i] = -1;
    snprintf(run->folder, sizeof(run->folder), "%.4000s/vmrun-gpu-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(run->folder))
        run->folder[0] = 0;
    for (int i = SOURCE; i <= MESSAGES; i++) {
        run->fd[i] = high(memfd_create("gpu-compile", MFD_CLOEXEC));
        if (run->fd[i] < 0)
            return -1;
    }
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    run->fd[WATCH] = high(ends[0]);
    run->fd[ALIVE] = high(ends[1]);
    if (!run->folder[0] || run->fd[WATCH] < 0 || run->fd[ALIVE] < 0 ||
        write_all(run->fd[SOURCE], code->bytes, code->length) < 0 ||
        lseek(run->fd[SOURCE], 0, SEEK_SET) < 0)
        return -1;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
    (void)st;
    (void)flag;
    (void)walk;
    remove(path);
    return 0;
}

static void close_files(struct run *run)
{
    for (int i = 0; i < N_FILES; i++)
        if (run->fd[i] >= 0)
            close(run->fd[i]);
    if (run->folder[0])
        nftw(run->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The program's arguments: limits, the folder, the library, then the compiler's own. */
static pid_t start(const struct gpu_compiler *c, const struct run *run,
                   const struct gpu_compile_job *job, int *error)
{
    char seconds[32], memory[32];
    char *argv[GPU_COMPILER_ARGUMENTS + 80];
    posix_spawn_file_actions_t actions;
    size_t n = 0;
    pid_t pid = -1;

    snprintf(seconds, sizeof(seconds), "%llu",
             (unsigned long long)((c->limits.time_ns + 999999999u) / 1000000000u));
    snprintf(memory, sizeof(memory), "%llu", (unsigned long long)c->limits.memory);
    argv[n++] = (char *)c->helper;
    argv[n++] = seconds;
    argv[n++] = memory;
    argv[n++] = (char *)run->folder;
    argv[n++] = (char *)(c->limits.unfenced ? "unfenced" : "fenced");
    argv[n++] = (char *)(c->limits.portable ? "portable" : "exact");
    argv[n++] = c->library ? c->library : (char *)"";
    for (size_t i = 0; job->arguments[i] && i < 79 - GPU_COMPILER_ARGUMENTS; i++)
        argv[n++] = job->arguments[i];
    argv[n] = NULL;
    posix_spawn_file_actions_init(&actions);
    for (int i = SOURCE; i <= ALIVE; i++)
        posix_spawn_file_actions_adddup2(&actions, run->fd[i], i);
    *error = posix_spawn(&pid, c->helper, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return *error ? -1 : pid;
}

/* Waits for its end, and makes one when its time is over. Returns waitpid's status. */
static int wait_for(const struct gpu_compiler *c, struct run *run, pid_t pid, int *late)
{
    struct pollfd p = {run->fd[WATCH], 0, 0};
    struct timespec from, now;
    uint64_t left_ms = c->limits.time_ns / 1000000 + 1, spent = 0;
    int status = 0;

    close(run->fd[ALIVE]); /* the child has it */
    run->fd[ALIVE] = -1;
    clock_gettime(CLOCK_MONOTONIC, &from);
    while (spent < left_ms &&
           poll(&p, 1, left_ms - spent > 1000 ? 1000 : (int)(left_ms - spent)) <= 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        spent =
            (uint64_t)((now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000);
    }
    *late = !(p.revents & (POLLHUP | POLLERR | POLLIN));
    if (*late)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static uint8_t *read_file(int fd, uint64_t from, uint64_t n)
{
    uint8_t *bytes = malloc(n + 1);

    if (!bytes)
        return NULL;
    for (uint64_t at = 0; at < n;) {
        ssize_t got = pread(fd, bytes + at, n - at, (off_t)(from + at));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            free(bytes);
            return NULL;
        }
        at += (uint64_t)got;
    }
    bytes[n] = 0;
    return bytes;
}

/* What the program wrote; -1: it is not complete. */
static int read_result(const struct gpu_compiler *c, int fd, struct gpu_compile_job *job)
{
    struct gpu_compiler_result head;
    struct stat st;

    if (fstat(fd, &st) < 0 || (uint64_t)st.st_size < sizeof(head) ||
        pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
        head.magic != GPU_COMPILER_MAGIC || head.log > (uint64_t)st.st_size ||
        head.binary > (uint64_t)st.st_size ||
        sizeof(head) + head.log + head.binary != (uint64_t)st.st_size)
        return -1;
    job->log = (char *)read_file(fd, sizeof(head), head.log);
    job->log_length = head.log;
    job->binary = read_file(fd, sizeof(head) + head.log, head.binary);
    job->binary_length = head.binary;
    job->ok = head.ok && head.binary > 0;
    job->portable = head.portable && c->limits.portable;
    return job->log && job->binary ? 0 : -1;
}

/* It did not end as it should: what it said, and how it ended. */
static void tell_death(struct gpu_compile_job *job, int messages, int status, int late)
{
    char text[4096 + 512], *said;
    struct stat st;
    uint64_t n = fstat(messages, &st) == 0 ? (uint64_t)st.st_size : 0;
    size_t at = 0;

    said = (char *)read_file(messages, n > 4096 ? n - 4096 : 0, n > 4096 ? 4096 : n);
    if (said && said[0])
        at = (size_t)snprintf(text, sizeof(text), "%s\n", said);
    free(said);
    if (late)
        snprintf(text + at, sizeof(text) - at, "the compiler was stopped: it took too long");
    else if (WIFSIGNALED(status))
        snprintf(text + at, sizeof(text) - at,
                 "the compiler died of signal %d (%s): it ran out of its limits, or does not know "
                 "the architecture (%.100s), or fails at this source",
                 WTERMSIG(status), strsignal(WTERMSIG(status)), job->arguments[0]);
    else
        snprintf(text + at, sizeof(text) - at, "the compiler ended with status %d and no result",
                 WEXITSTATUS(status));
    job->ok = 0;
    set_log(job, text);
}

static void run_job(const struct gpu_compiler *c, struct gpu_compile_job *job)
{
    char text[PATH_MAX + 200];
    struct run run;
    int status, late = 0, error = 0;
    pid_t pid;

    if (open_files(&run, &job->request->u.code) < 0) {
        snprintf(text, sizeof(text), "the compiler cannot be started: no files for it: %s",
                 strerror(errno));
        set_log(job, text);
        close_files(&run);
        return;
    }
    pid = start(c, &run, job, &error);
    if (pid < 0) {
        snprintf(text, sizeof(text), "the compiler's program %s cannot be started: %s", c->helper,
                 strerror(error));
        set_log(job, text);
    } else {
        status = wait_for(c, &run, pid, &late);
        if (late || !WIFEXITED(status) || WEXITSTATUS(status) != 0 ||
            read_result(c, run.fd[RESULT], job) < 0)
            tell_death(job, run.fd[MESSAGES], status, late);
    }
    close_files(&run);
}

/* ---- The thread ------------------------------------------------------------------------------ */

static void append(struct gpu_compile_job **list, struct gpu_compile_job *job)
{
    while (*list)
        list = &(*list)->next;
    job->next = NULL;
    *list = job;
}

static void *run_jobs(void *opaque)
{
    struct gpu_compiler *c = opaque;

    pthread_mutex_lock(&c->lock);
    for (;;) {
        struct gpu_compile_job *job = c->todo;
        if (c->stop)
            break;
        if (!job) {
            pthread_cond_wait(&c->todo_cond, &c->lock);
            continue;
        }
        c->todo = job->next;
        pthread_mutex_unlock(&c->lock);
        run_job(c, job);
        pthread_mutex_lock(&c->lock);
        append(&c->ended, job);
        pthread_cond_signal(&c->ended_cond);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

int gpu_compiler_begin(struct gpu_compiler *c, struct gpu_compile_job *job, struct vm_error *err)
{
    int result = 0;

    if (!c->threaded)
        result = pthread_create(&c->thread, NULL, run_jobs, c);
    if (result)
        return vm_error_set(err, "no thread for the compiler: %s", strerror(result));
    c->threaded = 1;
    pthread_mutex_lock(&c->lock);
    append(&c->todo, job);
    c->busy++;
    pthread_cond_signal(&c->todo_cond);
    pthread_mutex_unlock(&c->lock);
    return 0;
}

struct gpu_compile_job *gpu_compiler_ended(struct gpu_compiler *c, uint64_t wait_ns)
{
    struct gpu_compile_job *job;
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    wait_ns += (uint64_t)until.tv_nsec;
    until.tv_sec += (time_t)(wait_ns / 1000000000u);
    until.tv_nsec = (long)(wait_ns % 1000000000u);
    pthread_mutex_lock(&c->lock);
    while (!c->ended && c->busy > 0 &&
           pthread_cond_timedwait(&c->ended_cond, &c->lock, &until) == 0)
        ;
    job = c->ended;
    if (job) {
        c->ended = job->next;
        c->busy--;
    }
    pthread_mutex_unlock(&c->lock);
    return job;
}

int gpu_compiler_busy(struct gpu_compiler *c)
{
    int busy;

    pthread_mutex_lock(&c->lock);
    busy = c->busy > 0;
    pthread_mutex_unlock(&c->lock);
    return busy;
}

void gpu_compile_job_free(struct gpu_compile_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; job->arguments && job->arguments[i]; i++)
        free(job->arguments[i]);
    free(job->arguments);
    free(job->log);
    free(job->binary);
    free(job);
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* The program lies beside the plugin that this code is in. */
static int find_helper(struct gpu_compiler *c, const char *helper, struct vm_error *err)
{
    Dl_info where;
    const char *slash;

    if (!dladdr((void *)(uintptr_t)&gpu_compiler_new, &where) || !where.dli_fname)
        return vm_error_set(err, "the plugin does not know where it is");
    slash = strrchr(where.dli_fname, '/');
    if (snprintf(c->helper, sizeof(c->helper), "%.*s%s",
                 slash ? (int)(slash - where.dli_fname + 1) : 0, where.dli_fname,
                 helper) >= (int)sizeof(c->helper))
        return vm_error_set(err, "the plugin's folder has too long a name");
    return 0;
}

struct gpu_compiler *gpu_compiler_new(const char *helper, const char *library,
                                      const struct gpu_compile_limits *limits, struct vm_error *err)
{
    struct gpu_compiler *c = calloc(1, sizeof(*c));
    pthread_condattr_t monotonic;

    if (c && library)
        c->library = strdup(library);
    if (!c || (library && !c->library)) {
        free(c);
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (find_helper(c, helper, err)) {
        free(c->library);
        free(c);
        return NULL;
    }
    c->limits = *limits;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->todo_cond, NULL);
    pthread_cond_init(&c->ended_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return c;
}

void gpu_compiler_free(struct gpu_compiler *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = 1;
    pthread_cond_signal(&c->todo_cond);
    pthread_mutex_unlock(&c->lock);
    if (c->threaded)
        pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->ended_cond);
    pthread_cond_destroy(&c->todo_cond);
    pthread_mutex_destroy(&c->lock);
    free(c->library);
    free(c);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - test cases, each in a process of its own, and how they say what failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vmrun/test.h>

#define SKIP_STATUS     77
#define DEFAULT_SECONDS 60

enum verdict { UNDECIDED = 0, PASSED, FAILED, SKIPPED };

/* What a case's process tells: shared with it, and filled before it ends. */
struct result {
    volatile int verdict;
    char text[2048];
    char note[512];
};

static struct result *running; /* NULL: no case of ours is running */

/* ---- In the case ----------------------------------------------------------------------------- */

VM_TEST_NORETURN static void end_case(enum verdict verdict)
{
    running->verdict = verdict;
    fflush(NULL);
    _exit(verdict == PASSED ? 0 : 1);
}

void vm_test_fail(const char *file, int line, const char *fmt, ...)
{
    char text[1800];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (!running) {
        fprintf(stderr, "%s:%d: %s\n", file, line, text);
        abort();
    }
    snprintf(running->text, sizeof(running->text), "%.200s:%d: %s", file, line, text);
    end_case(FAILED);
}

void vm_test_skip(const char *fmt, ...)
{
    char text[1800];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (!running) {
        fprintf(stderr, "skipped: %s\n", text);
        exit(SKIP_STATUS);
    }
    snprintf(running->text, sizeof(running->text), "%s", text);
    end_case(SKIPPED);
}

void vm_test_broken(const char *what)
{
    if (!running) {
        fprintf(stderr, "broken contract: %s\n", what);
        abort();
    }
    snprintf(running->text, sizeof(running->text), "broken contract: %s", what);
    end_case(FAILED);
}

void vm_test_note(const char *fmt, ...)
{
    va_list args;

    if (!running)
        return;
    va_start(args, fmt);
    vsnprintf(running->note, sizeof(running->note), fmt, args);
    va_end(args);
}

void vm_test_equal(const char *file, int line, const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted)
        vm_test_fail(file, line, "%s is 0x%" PRIx64 ", wanted 0x%" PRIx64, what, got, wanted);
}

/* ---- Around it ------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static int has_ended(pid_t child)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == child;
}

/* Waits for the end of the child, which holds the pipe's other end open; false: it took too long
 * and was killed. Whoever it has started is killed with it. */
static int wait_for(pid_t child, int alive, uint32_t seconds, int *status)
{
    int64_t end = now_ms() + (seconds ? seconds : DEFAULT_SECONDS) * INT64_C(1000), left;
    struct pollfd p = {.fd = alive, .events = POLLIN};
    int closed = 0;

    while (!has_ended(child) && (left = end - now_ms()) > 0) {
        if (poll(&p, closed ? 0 : 1, closed ? 2 : left < 1000 ? (int)left : 1000) == 1)
            closed = 1; /* it is ending, or has closed what it does not know */
    }
    int in_time = has_ended(child);
    kill(-child, SIGKILL);
    while (waitpid(child, status, 0) < 0 && errno == EINTR)
        ;
    return in_time;
}

static void run_child(const struct vm_test_case *c)
{
    int nothing = open("/dev/null", O_RDONLY);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(nothing, 0); /* a terminal is not for who is in the background */
    close(nothing);
    dup2(2, 1); /* what is said on the way is no result */
    c->run(c->opaque);
    end_case(PASSED);
}

/* The lines of `text`, as TAP has what is not a result. */
static void print_lines(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");

        printf("# %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static int report(const struct vm_test_case *c, uint32_t n, const struct result *r, int in_time,
                  int status)
{
    int failed = r->verdict != PASSED && r->verdict != SKIPPED;

    printf("%sok %u - %s", failed ? "not " : "", n, c->name);
    if (r->verdict == SKIPPED)
        printf(" # SKIP %.*s", (int)strcspn(r->text, "\n"), r->text);
    printf("\n");
    if (!failed)
        return 0;
    if (r->verdict == FAILED)
        print_lines(r->text);
    else if (!in_time)
        printf("# it has not ended after %u seconds\n", c->seconds ? c->seconds : DEFAULT_SECONDS);
    else if (WIFSIGNALED(status))
        printf("# killed by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        printf("# it ended its process, with status %d\n", WEXITSTATUS(status));
    if (r->note[0])
        printf("# while: %s\n", r->note);
    return 1;
}

static int run_case(const struct vm_test_case *c, uint32_t n, struct result *r)
{
    int alive[2], status = 0, in_time;
    pid_t child;

    memset(r, 0, sizeof(*r));
    fflush(NULL);
    if (pipe(alive) || (child = fork()) < 0) {
        snprintf(r->text, sizeof(r->text), "there is no process for it: %s", strerror(errno));
        r->verdict = FAILED;
        return report(c, n, r, 1, 0);
    }
    if (child == 0) {
        running = r;
        close(alive[0]);
        run_child(c);
    }
    setpgid(child, child); /* whoever comes first */
    close(alive[1]);
    in_time = wait_for(child, alive[0], c->seconds, &status);
    close(alive[0]);
    return report(c, n, r, in_time, status);
}

int vm_test_main(const struct vm_test_case *cases, uint32_t n)
{
    struct result *r =
        mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int failed = 0;

    if (r == MAP_FAILED) {
        printf("Bail out! no memory\n");
        return 1;
    }
    printf("1..%u\n", n);
    for (uint32_t i = 0; i < n; i++)
        failed |= run_case(&cases[i], i + 1, r);
    fflush(stdout);
    munmap(r, sizeof(*r));
    return failed;
}

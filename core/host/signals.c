/* SPDX-License-Identifier: BSD-2-Clause */
/* signals.c - signals that are for the machine by signalfd, fatal ones by handlers on a stack of
 * their own. */
#include "core/host/signals.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define MAX_FATAL       32
#define ALT_STACK_BYTES 65536

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGQUIT};
static const int read_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A slot is in use while fn is set; opaque is written before fn and read after it. */
static struct {
    _Atomic(host_fatal_fn) fn;
    _Atomic(void *) opaque;
} fatal_slots[MAX_FATAL];

static struct sigaction previous[COUNT(fatal_signals)];
static sigset_t taken; /* signals that we read by descriptor */

/* ---- fatal ---- */

static void run_fatal_slots(void)
{
    for (int i = MAX_FATAL - 1; i >= 0; i--) {
        host_fatal_fn fn = atomic_exchange(&fatal_slots[i].fn, NULL);
        if (fn)
            fn(atomic_load(&fatal_slots[i].opaque));
    }
}

/*
 * Runs what is registered and then puts back whatever handled the signal before (a sanitizer's
 * report, or the default action). A signal that an instruction of ours caused comes again when that
 * instruction runs again, with its true context, so that the core dump shows it; one that was sent
 * is sent again.
 */
static void on_fatal(int number, siginfo_t *info, void *context)
{
    (void)context;
    int saved = errno;
    run_fatal_slots();
    for (size_t i = 0; i < COUNT(fatal_signals); i++)
        sigaction(fatal_signals[i], &previous[i], NULL);
    if (info->si_code <= 0 || number == SIGABRT || number == SIGQUIT)
        raise(number);
    errno = saved;
}

static void install_fatal(void)
{
    static char alt_stack[ALT_STACK_BYTES];
    stack_t stack = {.ss_sp = alt_stack, .ss_size = sizeof(alt_stack)}, old;
    if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE))
        sigaltstack(&stack, NULL);

    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT(fatal_signals); i++) {
        sigaction(fatal_signals[i], NULL, &previous[i]);
        if (!(previous[i].sa_flags & SA_SIGINFO) && previous[i].sa_handler == SIG_IGN)
            continue; /* SIGQUIT of a background job */
        sigaction(fatal_signals[i], &action, NULL);
    }
}

int host_on_fatal(host_fatal_fn fn, void *opaque, struct vm_error *err)
{
    /* The first free slot after the last used one keeps "latest first"; else any free one. */
    int last = -1, free_slot = -1;
    for (int i = 0; i < MAX_FATAL; i++) {
        if (atomic_load(&fatal_slots[i].fn))
            last = i;
        else if (free_slot < 0)
            free_slot = i;
    }
    int i = last + 1 < MAX_FATAL ? last + 1 : free_slot;
    if (i < 0)
        return vm_error_set(err, "more than %d functions to run on a fatal signal", MAX_FATAL);
    atomic_store(&fatal_slots[i].opaque, opaque);
    atomic_store(&fatal_slots[i].fn, fn);
    return 0;
}

void host_off_fatal(host_fatal_fn fn, void *opaque)
{
    for (int i = 0; i < MAX_FATAL; i++) {
        host_fatal_fn expected = fn;
        if (atomic_load(&fatal_slots[i].opaque) == opaque &&
            atomic_compare_exchange_strong(&fatal_slots[i].fn, &expected, NULL))
            return;
    }
}

/* ---- read by descriptor ---- */

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
           action.sa_handler == SIG_IGN;
}

int host_signals_open(struct vm_error *err)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond `ulimit -f` fails with EFBIG: an I/O error */
    install_fatal();
    sigemptyset(&taken);
    for (size_t i = 0; i < COUNT(read_signals); i++)
        if (!is_ignored(read_signals[i]))
            sigaddset(&taken, read_signals[i]);
    int fd = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return vm_error_set(err, "cannot make a signal descriptor: %s", strerror(errno));
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
    return fd;
}

int host_signals_read(int fd)
{
    struct signalfd_siginfo info;
    ssize_t n;
    do
        n = read(fd, &info, sizeof(info));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}

void host_signals_close(int fd)
{
    close(fd);
    pthread_sigmask(SIG_UNBLOCK, &taken, NULL);
}

void host_signals_reset_child(void)
{
    for (size_t i = 0; i < COUNT(fatal_signals); i++)
        signal(fatal_signals[i], SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    for (int i = 0; i < MAX_FATAL; i++)
        atomic_store(&fatal_slots[i].fn, NULL);
    sigset_t all;
    sigemptyset(&all);
    for (size_t i = 0; i < COUNT(read_signals); i++)
        sigaddset(&all, read_signals[i]);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
}

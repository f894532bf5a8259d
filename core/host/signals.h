/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals.h - what vmrun does with signals.
 *
 * Terminating signals (SIGINT, SIGTERM, SIGHUP) are read from a descriptor on the event loop. Fatal
 * ones (a crash) run the registered functions, which put the terminal back, and then take their
 * usual course. SIGPIPE is ignored: a broken connection is an error value of write().
 */
#ifndef CORE_HOST_SIGNALS_H
#define CORE_HOST_SIGNALS_H

#include <vmrun/plugin.h>

/*
 * Ignores SIGPIPE, installs the handlers of fatal signals, and takes SIGINT, SIGTERM, SIGHUP and
 * SIGUSR1 (those that were not ignored when the program started, as nohup(1) does) out of their
 * default course. Once, before any thread is made: threads inherit the mask. Returns a descriptor
 * that becomes readable when one of them came, or -1 with err set. [main thread]
 */
int host_signals_open(struct vm_error *err);
/* The next of them that came, or 0. */
int host_signals_read(int fd);
/* Gives them their default course back and closes fd. [main thread, no other
 * threads] */
void host_signals_close(int fd);
/* For a child process made by fork(): the default course for all of the above. */
void host_signals_reset_child(void);

typedef void (*host_fatal_fn)(void *opaque); /* must be async-signal-safe */

/*
 * Registers fn to run once when the process dies of SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE or
 * SIGQUIT, latest first. -1 with err set: too many. [main thread]
 */
int host_on_fatal(host_fatal_fn fn, void *opaque, struct vm_error *err);
/* Takes it out again. [main thread] */
void host_off_fatal(host_fatal_fn fn, void *opaque);

#endif

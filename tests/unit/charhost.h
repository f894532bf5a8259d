/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * charhost.h - a host for one character backend under test, with an event loop that the test turns
 * by hand.
 *
 * Everything runs on the calling thread. What breaks the contract of vmrun/chardev.h aborts with a
 * message.
 */
#ifndef TESTS_UNIT_CHARHOST_H
#define TESTS_UNIT_CHARHOST_H

#include <stdbool.h>
#include <vmrun/chardev.h>

struct charhost;

/* ---- Life: new, then settings, then create --------------------------------------------------- */

struct charhost *charhost_new(const struct vm_plugin *plugin);
void charhost_free(struct charhost *h); /* destroys the backend, too */
void charhost_set(struct charhost *h, const char *property, const char *value);
void charhost_fail_watch(struct charhost *h, uint32_t nth); /* the nth (from 1) watch_fd fails */
int charhost_create(struct charhost *h, struct vm_error *err);
void charhost_destroy(struct charhost *h); /* the backend only; what was recorded stays */
const struct vm_chardev_ops *charhost_ops(const struct charhost *h);
void *charhost_backend(const struct charhost *h);

/* ---- The event loop -------------------------------------------------------------------------- */

/* Waits until a descriptor is ready, at most `ms`, and calls back what is. Returns how many
 * callbacks ran. */
int charhost_turn(struct charhost *h, int ms);
/* Turns until nothing is ready for 20 ms; aborts if that takes thousands of turns. */
void charhost_settle(struct charhost *h);
uint32_t charhost_watches(const struct charhost *h);

/* ---- The device's side ----------------------------------------------------------------------- */

size_t charhost_write(struct charhost *h, const void *bytes, size_t n);
/* Takes at most n bytes of input from now on (default: any); tells the backend if n > 0. */
void charhost_input_room(struct charhost *h, size_t n);
const char *charhost_input(struct charhost *h, size_t *n); /* all received so far; n may be NULL */
const char *charhost_events(const struct charhost *h);     /* "opened closed break " in order */
uint32_t charhost_writable_calls(const struct charhost *h);
bool charhost_quit(const struct charhost *h); /* request_quit was called */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nethost.h - a host for one network backend under test, with an event loop that the test turns by
 * hand. Everything runs on the calling thread.
 */
#ifndef TESTS_UNIT_NETHOST_H
#define TESTS_UNIT_NETHOST_H

#include <stdbool.h>
#include <vmrun/net.h>

struct nethost;

struct nethost *nethost_new(const struct vm_plugin *plugin);
void nethost_free(struct nethost *h); /* destroys the backend, too */
void nethost_set(struct nethost *h, const char *property, const char *value);
int nethost_create(struct nethost *h, struct vm_error *err);
void nethost_destroy(struct nethost *h);
const struct vm_net_ops *nethost_ops(const struct nethost *h);
void *nethost_backend(const struct nethost *h);

/* Waits until something is to be done, at most `ms`; returns how many callbacks ran. */
int nethost_turn(struct nethost *h, int ms);

/* Sends a frame, in one piece behind a header (NULL: zeroes). What send() returned. */
size_t nethost_send(struct nethost *h, const struct vm_net_header *header, const void *frame,
                    size_t n);
/* How many more frames are taken from now on; tells the backend that there is room. */
void nethost_room(struct nethost *h, uint32_t frames);
/* Turns until a frame has come in, at most `ms`; the oldest not yet seen, NULL: none. Valid until
 * the next call. */
const uint8_t *nethost_frame(struct nethost *h, int ms, size_t *n, struct vm_net_header *header);
uint32_t nethost_writable_calls(const struct nethost *h);

#endif

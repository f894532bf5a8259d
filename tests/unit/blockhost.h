/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blockhost.h - a host for one block backend under test: requests by hand, and the event loop that
 * its descriptors are watched on. What breaks the contract of vmrun/block.h aborts with a message.
 */
#ifndef TESTS_UNIT_BLOCKHOST_H
#define TESTS_UNIT_BLOCKHOST_H

#include <stdbool.h>
#include <vmrun/block.h>

struct blockhost;

/* Life: new, then settings, then create. */
struct blockhost *blockhost_new(const struct vm_plugin *plugin);
void blockhost_free(struct blockhost *h); /* destroys the backend, too */
void blockhost_set(struct blockhost *h, const char *property, const char *value);
int blockhost_create(struct blockhost *h, struct vm_error *err);
void blockhost_destroy(struct blockhost *h); /* the backend only */
const struct vm_block_ops *blockhost_ops(const struct blockhost *h);
struct vm_block_info blockhost_info(struct blockhost *h);

/* A request, submitted and not committed; the iov is copied. Up to 256 at a time. */
struct vm_block_request *blockhost_submit(struct blockhost *h, uint32_t op, uint64_t offset,
                                          const struct vm_iovec *iov, uint32_t n_iov,
                                          uint32_t flags);
void blockhost_commit(struct blockhost *h);
/* Waits until it is done, and gives its error. Aborts after 20 seconds. */
int blockhost_wait(struct blockhost *h, struct vm_block_request *r);
bool blockhost_done(struct blockhost *h, struct vm_block_request *r);
/* One request of one piece, from submit to its error. READ, WRITE; the others have no data. */
int blockhost_do(struct blockhost *h, uint32_t op, uint64_t offset, void *data, uint64_t length,
                 uint32_t flags);

#endif

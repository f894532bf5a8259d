/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ini_pool.h - memory that lives as long as a machine description.
 *
 * Allocations are small and bounded by the size limit of INI files. When even those fail there is
 * nothing sensible left to do: the process is aborted.
 */
#ifndef CORE_MACHINE_INI_POOL_H
#define CORE_MACHINE_INI_POOL_H

#include <stddef.h>
#include <vmrun/plugin.h>

struct pool;

struct pool *pool_new(void);
void pool_free(struct pool *pool);
void *pool_alloc(struct pool *pool, size_t n); /* zeroed */
/* A larger copy of `old` (n_old bytes, may be NULL); the old memory stays until the pool goes. */
void *pool_grow(struct pool *pool, const void *old, size_t n_old, size_t n);
char *pool_strndup(struct pool *pool, const char *text, size_t n);
char *pool_strdup(struct pool *pool, const char *text);
char *pool_printf(struct pool *pool, const char *fmt, ...) VM_PRINTF(2, 3);

#endif

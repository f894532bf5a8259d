/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.h - large anonymous mappings for guest RAM: huge pages, NUMA nodes, giving memory back. */
#ifndef CORE_HOST_MEMORY_H
#define CORE_HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vmrun/plugin.h>

#define HOST_HUGE_PAGE_SIZE ((uint64_t)2 << 20)

/*
 * Zeroed memory aligned to huge pages, taken from the host page by page as it is touched. All such
 * mappings of the process together may not exceed what the host has (memory and swap), nor one on a
 * NUMA node what that node has. NULL with err set. hugepages: ask for transparent huge pages.
 * numa_node: bind to that node, -1: any.
 */
void *host_memory_map(uint64_t length, bool hugepages, int numa_node, struct vm_error *err);
void host_memory_unmap(void *p, uint64_t length);
/* Gives a part (host-page aligned) back to the host; it reads as zero from now on. */
void host_memory_discard(void *p, uint64_t length);
/* What of this process lies in the host's memory now, in bytes; 0: unknown. */
uint64_t host_memory_resident(void);
/* Bytes of [p, p + length) that lie in the host's memory now. */
uint64_t host_memory_resident_in(void *p, uint64_t length);

#endif

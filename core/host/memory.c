/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.c - guest RAM by mmap, madvise and libnuma. */
#include "core/host/memory.h"
#include <errno.h>
#include <inttypes.h>
#include <numa.h>
#include <numaif.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

/* Bytes mapped by host_memory_map in this process. MAP_NORESERVE lets the kernel promise any
 * amount, so we count ourselves. */
static _Atomic uint64_t mapped_total;

static uint64_t host_total(void)
{
    struct sysinfo info;
    if (sysinfo(&info))
        return UINT64_MAX;
    return ((uint64_t)info.totalram + info.totalswap) * info.mem_unit;
}

static uint64_t mib(uint64_t bytes)
{
    return bytes >> 20;
}

static int check_total(uint64_t length, struct vm_error *err)
{
    uint64_t total = host_total();
    uint64_t before = atomic_fetch_add(&mapped_total, length);
    if (length <= total && before <= total - length)
        return 0;
    atomic_fetch_sub(&mapped_total, length);
    if (before)
        return vm_error_set(err,
                            "%" PRIu64 " MiB of guest memory on top of %" PRIu64
                            " MiB is more than this host has (%" PRIu64
                            " MiB with swap); give the machine less memory",
                            mib(length), mib(before), mib(total));
    return vm_error_set(err,
                        "%" PRIu64 " MiB of guest memory is more than this host has (%" PRIu64
                        " MiB with swap); give the machine less memory",
                        mib(length), mib(total));
}

static int check_node(uint64_t length, int node, struct vm_error *err)
{
    if (numa_available() < 0)
        return vm_error_set(err, "NUMA node %d was asked for, but this host has no NUMA support",
                            node);
    if (node > numa_max_node() || !numa_bitmask_isbitset(numa_all_nodes_ptr, (unsigned)node)) {
        return vm_error_set(err,
                            "this host has no NUMA node %d that this process may use; "
                            "the highest is %d",
                            node, numa_max_node());
    }
    long long size = numa_node_size64(node, NULL);
    if (size >= 0 && length > (uint64_t)size)
        return vm_error_set(
            err, "%" PRIu64 " MiB of guest memory is more than NUMA node %d has (%" PRIu64 " MiB)",
            mib(length), node, mib((uint64_t)size));
    return 0;
}

/* mbind by hand: numa_tonode_memory only prints its failure. */
static int bind_node(void *p, uint64_t length, int node, struct vm_error *err)
{
    struct bitmask *mask = numa_allocate_nodemask();
    if (!mask)
        return vm_error_set(err, "out of memory while binding guest memory to NUMA node %d", node);
    numa_bitmask_setbit(mask, (unsigned)node);
    long rc = mbind(p, length, MPOL_BIND, mask->maskp, mask->size + 1, MPOL_MF_STRICT);
    int saved = errno;
    numa_bitmask_free(mask);
    if (rc)
        return vm_error_set(err, "cannot bind guest memory to NUMA node %d: %s", node,
                            strerror(saved));
    return 0;
}

/* An aligned mapping: maps one huge page more and gives back what sticks out on both sides. */
static void *map_aligned(uint64_t length)
{
    size_t all = length + HOST_HUGE_PAGE_SIZE;
    uint8_t *p =
        mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    uintptr_t start = ((uintptr_t)p + HOST_HUGE_PAGE_SIZE - 1) & ~(HOST_HUGE_PAGE_SIZE - 1);
    size_t head = start - (uintptr_t)p;
    if (head)
        munmap(p, head);
    if (all - head > length)
        munmap((uint8_t *)start + length, all - head - length);
    return (void *)start;
}

static uint64_t round_to_page(uint64_t length)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (length + page - 1) & ~(page - 1);
}

void *host_memory_map(uint64_t length, bool hugepages, int numa_node, struct vm_error *err)
{
    if (length == 0 || length > UINT64_MAX / 4) {
        vm_error_set(err, "cannot map 0x%" PRIx64 " bytes of guest memory", length);
        return NULL;
    }
    length = round_to_page(length);
    if (numa_node >= 0 && check_node(length, numa_node, err))
        return NULL;
    if (check_total(length, err))
        return NULL;
    void *p = map_aligned(length);
    if (!p) {
        vm_error_set(err, "cannot map %" PRIu64 " MiB of guest memory: %s", mib(length),
                     strerror(errno));
        atomic_fetch_sub(&mapped_total, length);
        return NULL;
    }
    if (numa_node >= 0 && bind_node(p, length, numa_node, err)) {
        host_memory_unmap(p, length);
        return NULL;
    }
    /* Advice only: a kernel without huge pages refuses, and the memory is as good, but slower. */
    madvise(p, length, hugepages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    madvise(p, length, MADV_DONTDUMP);
    return p;
}

void host_memory_unmap(void *p, uint64_t length)
{
    if (!p)
        return;
    length = round_to_page(length);
    munmap(p, length);
    atomic_fetch_sub(&mapped_total, length);
}

void host_memory_discard(void *p, uint64_t length)
{
    /* It fails for locked memory (mlockall); the contract is zeroes, so write them. */
    if (madvise(p, length, MADV_DONTNEED))
        memset(p, 0, length);
}

uint64_t host_memory_resident(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    unsigned long long total, resident;
    int n = fscanf(f, "%llu %llu", &total, &resident);
    fclose(f);
    return n == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint64_t host_memory_resident_in(void *p, uint64_t length)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), count = 0;
    unsigned char map[4096];
    for (uint64_t done = 0; done < length; done += sizeof(map) * page) {
        uint64_t part = length - done < sizeof(map) * page ? length - done : sizeof(map) * page;
        if (mincore((uint8_t *)p + done, part, map))
            return 0;
        for (uint64_t i = 0; i < (part + page - 1) / page; i++)
            count += map[i] & 1;
    }
    return count * page;
}

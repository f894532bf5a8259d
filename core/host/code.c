/* SPDX-License-Identifier: BSD-2-Clause */
/* code.c - code memory by a memfd that is mapped once for writing and once for running. */
#define _GNU_SOURCE
#include "core/host/code.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int map_failed(int fd, uint64_t bytes, const char *what, struct vm_error *err)
{
    int saved = errno;

    if (fd >= 0)
        close(fd);
    return vm_error_set(err, "cannot get %" PRIu64 " KiB of code memory (%s: %s)", bytes >> 10,
                        what, strerror(saved));
}

static int code_map(uint64_t bytes, struct vm_code_memory *out, struct vm_error *err)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t size = (bytes + page - 1) & ~(page - 1);
    int fd = memfd_create("vmrun-code", MFD_CLOEXEC);

    if (fd < 0)
        return map_failed(fd, bytes, "memfd_create", err);
    if (size < bytes || size == 0 || ftruncate(fd, (off_t)size))
        return map_failed(fd, bytes, "ftruncate", err);
    void *write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (write == MAP_FAILED)
        return map_failed(fd, bytes, "mapping for writing", err);
    void *run = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    if (run == MAP_FAILED) {
        int saved = errno;
        munmap(write, size);
        errno = saved;
        return map_failed(fd, bytes, "mapping for running; may this host run code from a memfd?",
                          err);
    }
    close(fd);
    *out = (struct vm_code_memory){.write = write, .run = run, .bytes = size};
    return 0;
}

static void code_unmap(struct vm_code_memory *memory)
{
    if (!memory->write)
        return;
    munmap(memory->write, memory->bytes);
    munmap((void *)(uintptr_t)memory->run, memory->bytes);
    *memory = (struct vm_code_memory){0};
}

const struct vm_host_code_memory host_code_memory = {
    .size = sizeof(struct vm_host_code_memory),
    .map = code_map,
    .unmap = code_unmap,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file by which Linux perf names code that no program file has (perf's
 * tools/perf/Documentation/jit-interface.txt): "start size name" in hexadecimal, a line for each
 * unit and region. Code that is evicted stays in it: perf takes the last line for an address.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include "jit.h"

int jit_perf_open(struct jit_engine *e, struct vm_error *err)
{
    char path[64];

    snprintf(path, sizeof(path), "/tmp/perf-%ld.map", (long)getpid());
    /* The folder is everybody's: what is there may be a trap. */
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    e->perf_map = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (e->perf_map)
        return 0;
    if (fd >= 0)
        close(fd);
    return vm_error_set(err, "perf-map: %s: %s", path, strerror(errno));
}

void jit_perf_close(struct jit_engine *e)
{
    if (e->perf_map)
        fclose(e->perf_map);
}

void jit_perf_name(struct jit_engine *e, uint32_t offset, uint32_t bytes, const char *kind,
                   uint64_t pc)
{
    if (!e->perf_map)
        return;
    /* One call a line: others may write at the same time. */
    fprintf(e->perf_map, "%" PRIxPTR " %" PRIx32 " %s_0x%" PRIx64 "\n",
            (uintptr_t)(e->cache.memory.run + offset), bytes, kind, pc);
    fflush(e->perf_map);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgpu.h - GPUs of the host, for programs in a guest of vmrun. It needs nothing but Linux, its
 * sysfs and the right to open the device's files there (root's, at first); no kernel module.
 *
 * Functions return enum vgpu_error (wire.h; 0: done) where nothing else is said. One program at a
 * time has a device, and one thread of it calls. Commands may be under way in any number: those of
 * one stream are done in order; all functions but vgpu_begin() wait for their own.
 *
 * GPUs are little-endian. So are ppc64 guests that this is meant for (ppc64el); on a big-endian
 * processor the library puts its own fields right, and data and arguments are left to the program.
 */
#ifndef VGPU_H
#define VGPU_H

#include <stddef.h>
#include <stdint.h>

#include "wire.h"

#ifdef __cplusplus
extern "C" {
#endif

struct vgpu;

/*
 * The device at a PCI address ("0000:00:05.0"), or the first one: NULL. NULL with words in `why`
 * (may be NULL): there is none, it may not be used, or somebody else has it.
 */
struct vgpu *vgpu_open(const char *address, char *why, size_t why_size);
/* All that was made is gone. NULL is allowed. */
void vgpu_close(struct vgpu *v);

uint32_t vgpu_gpus(const struct vgpu *v);
const char *vgpu_address(const struct vgpu *v); /* on the PCI bus */
/* What the latest failure, or compilation, had to say: a compiler's log. "": nothing. */
const char *vgpu_text(const struct vgpu *v);
const char *vgpu_error_name(int error); /* "out of GPU memory" */

struct vgpu_info {
    uint32_t sources, binaries; /* VGPU_SOURCE_*, VGPU_BINARY_* */
    uint32_t compute_units, subgroup, max_block_threads, argument_size;
    uint32_t max_block[3], max_grid[3];
    uint64_t memory_total, memory_free, max_alloc, clock_hz, l2_size, shared_size;
    char name[129], vendor[65], driver[65], architecture[65];
};
int vgpu_info(struct vgpu *v, uint32_t gpu, struct vgpu_info *info);
/* Numbers by enum vgpu_stat, of all programs since the machine was started. */
int vgpu_stats(struct vgpu *v, uint64_t numbers[VGPU_STATS]);
uint64_t vgpu_quota(const struct vgpu *v); /* UINT64_MAX: none */

/* ---- Memory ---------------------------------------------------------------------------------- */

int vgpu_alloc(struct vgpu *v, uint32_t gpu, uint64_t bytes, uint64_t *address);
int vgpu_free(struct vgpu *v, uint32_t gpu, uint64_t address);
int vgpu_write(struct vgpu *v, uint32_t gpu, uint64_t to, const void *from, uint64_t bytes);
int vgpu_read(struct vgpu *v, uint32_t gpu, void *to, uint64_t from, uint64_t bytes);
/* Within one GPU; they must not overlap. */
int vgpu_copy(struct vgpu *v, uint32_t gpu, uint64_t to, uint64_t from, uint64_t bytes);
/*
 * Memory of the device's window that is the program's own: what vgpu_write() and vgpu_read() find
 * there goes to and comes from the GPU without being copied in the guest. *bytes: how much.
 */
void *vgpu_window(struct vgpu *v, uint64_t *bytes);

/* ---- Kernels --------------------------------------------------------------------------------- */

/* One of VGPU_SOURCE_*; the compiler's options, or NULL. vgpu_text() has the log. */
int vgpu_compile(struct vgpu *v, uint32_t gpu, uint32_t format, const char *source, uint64_t bytes,
                 const char *options, uint32_t *module);
/* One of VGPU_BINARY_*. */
int vgpu_load(struct vgpu *v, uint32_t gpu, uint32_t format, const void *binary, uint64_t bytes,
              uint32_t *module);
int vgpu_unload(struct vgpu *v, uint32_t gpu, uint32_t module);

#define VGPU_MAX_PARAMETERS 128u

struct vgpu_function {
    uint32_t function, n_parameters, max_threads;
    uint32_t static_shared, registers, local_size; /* or VGPU_UNKNOWN */
    struct {
        uint32_t offset, size;
    } parameters[VGPU_MAX_PARAMETERS];
};
int vgpu_function(struct vgpu *v, uint32_t gpu, uint32_t module, const char *name,
                  struct vgpu_function *f);

struct vgpu_launch {
    uint32_t function, stream;
    uint32_t grid[3], block[3]; /* blocks; threads of a block. 0 is taken as 1. */
    uint32_t shared;            /* dynamic shared memory of a block, bytes */
    uint32_t arguments_size;
    const void *arguments; /* packed as a C struct: addresses of the GPU are 64 bits */
};
int vgpu_launch(struct vgpu *v, uint32_t gpu, const struct vgpu_launch *launch);

int vgpu_stream_new(struct vgpu *v, uint32_t gpu, uint32_t *stream);
int vgpu_stream_free(struct vgpu *v, uint32_t gpu, uint32_t stream);
int vgpu_sync(struct vgpu *v, uint32_t gpu, uint32_t stream);

/* ---- Commands themselves: doc/vgpu-protocol.md ----------------------------------------------- */

struct vgpu_command {
    uint32_t op, gpu, stream;
    uint32_t text_offset, text_bytes; /* of the window */
    uint64_t arg[5];
};

struct vgpu_result {
    uint32_t error, text_length;
    uint64_t results[4];
    uint64_t gpu_ns; /* how long the GPU itself was at it; 0: not known */
};

/* Begins one and returns at once; waits only if too many are under way. A ticket for vgpu_end(). */
uint32_t vgpu_begin(struct vgpu *v, const struct vgpu_command *c);
/* As vgpu_launch(), without waiting for it. */
int vgpu_begin_launch(struct vgpu *v, uint32_t gpu, const struct vgpu_launch *launch,
                      uint32_t *ticket);
/* Waits for it; each ticket once. `result` may be NULL. */
int vgpu_end(struct vgpu *v, uint32_t ticket, struct vgpu_result *result);
/* Where in the window something of vgpu_window() is. */
uint64_t vgpu_window_offset(const struct vgpu *v, const void *p);

#ifdef __cplusplus
}
#endif
#endif

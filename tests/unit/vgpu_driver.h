/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgpu_driver.h - the GPU compute device under test, between the simplest driver and the GPU of a
 * host of vmrun/devtest.h, which a test can have fail, run short or work in another order.
 */
#ifndef TESTS_UNIT_VGPU_DRIVER_H
#define TESTS_UNIT_VGPU_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <vmrun/devtest.h>

#include "plugins/dev-vgpu/wire.h"

#define VGPU_WINDOW   (UINT64_C(16) << 20)
#define VGPU_DEPTH    8u /* entries of a ring, unless a test wants others */
#define VGPU_COMPLETE 0x20000u
#define VGPU_DATA     0x40000u

/* ---- The GPU --------------------------------------------------------------------------------- */

/*
 * The host's own GPU (vm_devtest_gpu_*), twice, and otherwise only so far: a source that begins
 * with '!' does not compile, the rest of it is the log. Functions are called "k" and a digit: so
 * many parameters; a LAUNCH does nothing but tell what it was given. Memory ends at `room` bytes.
 */
struct fake_gpu {
    struct vm_devtest_gpu gpu;
    struct vm_devtest *h; /* the latest device's */
    bool backwards;       /* the latest request of a stream is done first */
    uint32_t fail_next;   /* enum vm_gpu_error, for one request */
    uint64_t room;
    uint32_t n_modules, n_streams;
    uint32_t n_passed; /* requests of this fake_run() that were done before older ones */
    uint64_t made_stream, latest_stream;
    struct vm_gpu_launch launch; /* the latest one, */
    uint8_t arguments[1024];     /* and its arguments */
    char options[64];
};
extern struct fake_gpu fake_gpu;

/* Does all that is submitted, and what is submitted on hearing of it. Returns how many. */
uint32_t fake_run(void);
void fake_gpu_clear(void); /* before a test */

/* ---- The driver ------------------------------------------------------------------------------ */

struct vgpu_driver {
    struct vm_devtest *h;
    uint8_t *window;
    uint32_t entries, tail, seen;
};

struct vgpu_command {
    uint32_t op, id, gpu, stream, text_offset, text_bytes;
    uint64_t arg[5];
};

struct vgpu_completion {
    uint32_t sequence, id, error, text_length;
    uint64_t results[4], gpu_ns;
};

/* A device on a bus, not enabled. `gpu`: &fake_gpu.gpu, or NULL, the host's own alone; `memory`:
 * its quota, or NULL. */
struct vm_devtest *vgpu_device(const struct vm_plugin *plugin, const struct vm_devtest_gpu *gpu,
                               const char *memory);
uint32_t vgpu_read(struct vm_devtest *h, uint32_t offset);
void vgpu_write(struct vm_devtest *h, uint32_t offset, uint32_t value);
/* Sets rings of so many entries up and enables the device. Returns its status. */
uint32_t vgpu_enable(struct vgpu_driver *d, struct vm_devtest *h, uint32_t entries);
/* Puts a command into the ring, and rings. */
void vgpu_put(struct vgpu_driver *d, const struct vgpu_command *c);
void vgpu_ring(struct vgpu_driver *d);
void vgpu_submit(struct vgpu_driver *d, const struct vgpu_command *c);
/* The next completion; false: there is none. */
bool vgpu_next(struct vgpu_driver *d, struct vgpu_completion *out);
/* Submits one, lets the GPU do it and takes its completion; false: there is none. */
bool vgpu_do(struct vgpu_driver *d, const struct vgpu_command *c, struct vgpu_completion *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vgpu.h - the GPU compute device: what the files of this plugin share. doc/vgpu-protocol.md has
 * the guest's view of it.
 *
 * The guest writes the window at any time, while it is read here, too: what is read from there is
 * read once, and then checked.
 */
#ifndef DEV_VGPU_VGPU_H
#define DEV_VGPU_VGPU_H

#include <vmrun/gpu.h>
#include <vmrun/pci.h>

#include "wire.h"

#define MAX_UNDER_WAY   256u
#define MAX_ALLOCATIONS 65536u
#define MAX_OBJECTS     16384u
#define INLINE_BYTES    512u /* of arguments, and of text: no allocation for those of a LAUNCH */
#define N_RESULTS       4u
#define NO_QUOTA        UINT64_MAX
#define PENDING         UINT32_MAX /* no error: the command is completed later */

struct allocation {
    uint64_t address, length;
    uint32_t gpu;
};

enum object_kind {
    OBJECT_NONE = 0,
    OBJECT_RESERVED,
    OBJECT_MODULE,
    OBJECT_FUNCTION,
    OBJECT_STREAM
};

/* What a handle stands for: the backend's number of it. */
struct object {
    uint64_t number;
    uint32_t module; /* handle, of a function */
    uint32_t gpu;
    uint16_t generation;
    uint8_t kind;
};

/* A command as it was read. */
struct command {
    uint32_t op, id, gpu, stream, text_offset, text_room;
    uint32_t half[10]; /* the arguments, */
    uint64_t arg[5];   /* both ways */
};

/* A command that the backend has. */
struct request {
    struct vm_gpu_request gpu; /* first */
    struct request *next;      /* of the free ones */
    struct command command;
    uint32_t handle; /* reserved for what it makes; of the module, for FUNC_INFO */
    uint8_t is_own;  /* the device's: nobody waits for it */
    uint64_t bytes;  /* of the quota */
    char *text, *data;
    char *options;
    struct vm_gpu_parameter *parameters;
    char inline_text[INLINE_BYTES];
    uint64_t inline_data[INLINE_BYTES / 8];
};

struct vgpu {
    struct vm_pci pci; /* first */
    struct vm_gpu *backend;
    uint32_t n_gpus;
    int window_region;
    uint8_t *window;
    uint64_t window_size;
    uint64_t quota, used;
    struct vm_timer *timer; /* goes on with the ring */

    struct allocation *allocations; /* by address */
    uint32_t n_allocations, allocations_room, allocating;
    struct object *objects;
    uint32_t n_objects, objects_room; /* n_objects: in use */
    struct request *free;
    uint32_t under_way, events;
    uint8_t stopping, is_lost, is_pinned;

    /* Saved state. */
    uint32_t status, entries, submit_offset, complete_offset;
    uint32_t submit_head, submit_tail, complete_tail;
    uint32_t irq_status, irq_mask;
    uint32_t n_live; /* objects, allocations, commands under way: cannot be saved */
};

/* ---- window.c: sizes and places are checked by window_has() ---- */

extern const struct vm_region_ops window_ops;
int window_has(const struct vgpu *v, uint64_t offset, uint64_t length);
void window_read(const struct vgpu *v, uint64_t offset, void *to, uint64_t n);
void window_write(struct vgpu *v, uint64_t offset, const void *from, uint64_t n);
uint64_t get_le(const void *from, uint32_t n);
void put_le(void *to, uint32_t n, uint64_t value);

/* ---- registers.c ---- */

extern const struct vm_region_ops registers_ops;
/* Whether what the driver has set up can be; the rings' part of a saved state, too. */
int rings_are_sound(const struct vgpu *v);
/* Something for the driver to hear of: VGPU_IRQ_x. */
void tell(struct vgpu *v, uint32_t events);
/* Nothing is under way any more, and the guest has nothing of the GPUs'. */
void stop(struct vgpu *v);

/* ---- rings.c ---- */

/* Takes commands while there are some and room for them. */
void rings_run(struct vgpu *v);
void rings_complete(struct vgpu *v, const struct command *c, uint32_t error, uint32_t text_length,
                    const uint64_t results[N_RESULTS], uint64_t gpu_ns);
/* struct vm_gpu_client. */
void rings_done(void *dev, struct vm_gpu_request *gpu);
void rings_all_told(void *dev);

/* ---- commands.c, finish.c ---- */

/* Checks and begins one: enum vgpu_error, or PENDING. */
uint32_t command_begin(struct vgpu *v, const struct command *c, uint64_t results[N_RESULTS]);
/* The backend has done it: enum vgpu_error. */
uint32_t command_finish(struct vgpu *v, struct request *r, uint64_t results[N_RESULTS]);

/* ---- requests.c ---- */

/* NULL: no memory. */
struct request *request_take(struct vgpu *v, const struct command *c, uint32_t op);
void request_give(struct vgpu *v, struct request *r);
void request_submit(struct vgpu *v, struct request *r);
void requests_free(struct vgpu *v);
/* What the guest has of the GPUs' is given back to them; nothing is under way. */
void objects_free_all(struct vgpu *v);

/* ---- objects.c ---- */

/* Makes room for one more allocation, which is then under way. An enum vgpu_error. */
uint32_t allocation_reserve(struct vgpu *v, uint64_t length);
/* It has come to be, or has not (address 0 and failed). */
void allocation_settle(struct vgpu *v, const struct allocation *a, int failed);
/* Whether [address, address + length) is all in one of them. */
int allocation_has(const struct vgpu *v, uint32_t gpu, uint64_t address, uint64_t length);
/* Takes the one that begins there off the list; 0: there is none. */
int allocation_take(struct vgpu *v, uint32_t gpu, uint64_t address, struct allocation *out);
uint64_t allocation_charge(uint64_t length); /* what counts against the quota */

/* A handle that nobody has yet; 0: there are too many. */
uint32_t object_reserve(struct vgpu *v);
struct object *object_find(struct vgpu *v, uint32_t handle, uint32_t kind, uint32_t gpu);
struct object *object_reserved(struct vgpu *v, uint32_t handle);
void object_drop(struct vgpu *v, uint32_t handle);
void object_drop_functions(struct vgpu *v, uint32_t module);
/* The handle of a function that is known already, 0: it is not. */
uint32_t object_function(const struct vgpu *v, uint32_t module, uint64_t number);
uint32_t object_handle(const struct vgpu *v, const struct object *o);

#endif

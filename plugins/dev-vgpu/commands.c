/* SPDX-License-Identifier: BSD-2-Clause */
/* commands.c - the guest's commands: what is checked before the backend gets them. */
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"

/* ---- What comes from the window -------------------------------------------------------------- */

/* A copy with a zero behind it, which the guest cannot change any more. NULL: no memory. */
static char *copy_bytes(const struct vgpu *v, uint64_t offset, uint64_t length)
{
    char *bytes = malloc(length + 1);

    if (bytes) {
        window_read(v, offset, bytes, length);
        bytes[length] = 0;
    }
    return bytes;
}

static uint32_t check_bytes(const struct vgpu *v, uint64_t offset, uint64_t length, uint64_t most)
{
    if (length > most)
        return VGPU_BAD_LENGTH;
    return window_has(v, offset, length) ? VGPU_OK : VGPU_BAD_OFFSET;
}

/* The stream of a command: the GPU's own, or one that was made. */
static uint32_t find_stream(struct vgpu *v, const struct command *c, uint64_t *stream)
{
    const struct object *o;

    *stream = 0;
    if (c->stream == 0)
        return VGPU_OK;
    o = object_find(v, c->stream, OBJECT_STREAM, c->gpu);
    if (!o)
        return VGPU_BAD_HANDLE;
    *stream = o->number;
    return VGPU_OK;
}

/* ---- Done at once ---------------------------------------------------------------------------- */

static uint32_t do_nop(struct vgpu *v, const struct command *c, uint64_t *results)
{
    (void)v, (void)c, (void)results;
    return VGPU_OK;
}

static void put_info(uint8_t *record, const struct vm_gpu_info *info)
{
    put_le(record + VGPU_INFO_SOURCES, 4, info->sources);
    put_le(record + VGPU_INFO_BINARIES, 4, info->binaries);
    put_le(record + VGPU_INFO_COMPUTE_UNITS, 4, info->compute_units);
    put_le(record + VGPU_INFO_SUBGROUP, 4, info->subgroup);
    put_le(record + VGPU_INFO_MAX_BLOCK_THREADS, 4, info->max_block_threads);
    for (uint32_t i = 0; i < 3; i++) {
        put_le(record + VGPU_INFO_MAX_BLOCK + i * 4, 4, info->max_block[i]);
        put_le(record + VGPU_INFO_MAX_GRID + i * 4, 4, info->max_grid[i]);
    }
    put_le(record + VGPU_INFO_ARGUMENT_SIZE, 4, info->argument_size);
    put_le(record + VGPU_INFO_MEMORY_TOTAL, 8, info->memory_total);
    put_le(record + VGPU_INFO_MEMORY_FREE, 8, info->memory_free);
    put_le(record + VGPU_INFO_MAX_ALLOC, 8, info->max_alloc);
    put_le(record + VGPU_INFO_CLOCK_HZ, 8, info->clock_hz);
    put_le(record + VGPU_INFO_L2_SIZE, 8, info->l2_size);
    put_le(record + VGPU_INFO_SHARED_SIZE, 8, info->shared_size);
    memcpy(record + VGPU_INFO_NAME, info->name, sizeof(info->name) - 1);
    memcpy(record + VGPU_INFO_VENDOR, info->vendor, sizeof(info->vendor) - 1);
    memcpy(record + VGPU_INFO_DRIVER, info->driver, sizeof(info->driver) - 1);
    memcpy(record + VGPU_INFO_ARCHITECTURE, info->architecture, sizeof(info->architecture) - 1);
}

/* As much of a record as there is room for. */
static uint32_t give_record(struct vgpu *v, const struct command *c, const uint8_t *record,
                            uint32_t bytes, uint64_t *results)
{
    uint64_t room = c->arg[1];

    if (!window_has(v, c->arg[0], room))
        return VGPU_BAD_OFFSET;
    window_write(v, c->arg[0], record, room < bytes ? room : bytes);
    results[0] = bytes;
    return VGPU_OK;
}

static uint32_t do_info(struct vgpu *v, const struct command *c, uint64_t *results)
{
    struct vm_gpu_info info = {.size = sizeof(info)};
    uint8_t record[VGPU_INFO_BYTES] = {0};

    v->pci.host->gpu_info(v->backend, c->gpu, &info);
    put_info(record, &info);
    return give_record(v, c, record, sizeof(record), results);
}

static uint32_t do_stats(struct vgpu *v, const struct command *c, uint64_t *results)
{
    struct vm_gpu_stats s = {.size = sizeof(s)};
    uint8_t record[VGPU_STATS * 8];

    v->pci.host->gpu_stats(v->backend, &s);
    const uint64_t numbers[VGPU_STATS] = {
        [VGPU_STAT_BYTES_IN] = s.bytes_in,
        [VGPU_STAT_BYTES_OUT] = s.bytes_out,
        [VGPU_STAT_BYTES_WITHIN] = s.bytes_within,
        [VGPU_STAT_LAUNCHES] = s.launches,
        [VGPU_STAT_COMPILATIONS] = s.compilations,
        [VGPU_STAT_ERRORS] = s.errors,
        [VGPU_STAT_COPY_NS] = s.copy_ns,
        [VGPU_STAT_LAUNCH_NS] = s.launch_ns,
        [VGPU_STAT_LAUNCH_GPU_NS] = s.launch_gpu_ns,
        [VGPU_STAT_COMPILE_NS] = s.compile_ns,
        [VGPU_STAT_QUOTA] = v->quota,
        [VGPU_STAT_MEMORY_USED] = v->used,
    };
    for (uint32_t i = 0; i < VGPU_STATS; i++)
        put_le(record + i * 8, 8, numbers[i]);
    return give_record(v, c, record, sizeof(record), results);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static uint32_t do_alloc(struct vgpu *v, const struct command *c, uint64_t *results)
{
    uint32_t error = allocation_reserve(v, c->arg[0]);
    struct request *r;

    (void)results;
    if (error)
        return error;
    r = request_take(v, c, VM_GPU_OP_ALLOC);
    if (!r) {
        allocation_settle(v, &(struct allocation){.length = c->arg[0]}, 1);
        return VGPU_NO_MEMORY;
    }
    r->gpu.u.memory.length = c->arg[0];
    request_submit(v, r);
    return PENDING;
}

static uint32_t do_free(struct vgpu *v, const struct command *c, uint64_t *results)
{
    struct request *r = request_take(v, c, VM_GPU_OP_FREE);
    struct allocation a;

    (void)results;
    if (!r)
        return VGPU_NO_MEMORY;
    if (!allocation_take(v, c->gpu, c->arg[0], &a)) {
        request_give(v, r);
        return VGPU_BAD_ADDRESS;
    }
    r->bytes = allocation_charge(a.length);
    r->gpu.u.memory.address = a.address;
    request_submit(v, r);
    return PENDING;
}

static uint32_t copy(struct vgpu *v, const struct command *c, const struct vm_gpu_copy *copy,
                     uint32_t op)
{
    struct request *r;
    uint64_t stream;
    uint32_t error = find_stream(v, c, &stream);

    if (error)
        return error;
    r = request_take(v, c, op);
    if (!r)
        return VGPU_NO_MEMORY;
    r->gpu.stream = stream;
    r->gpu.u.copy = *copy;
    request_submit(v, r);
    return PENDING;
}

/* H2D and D2H: address, offset in the window, length. */
static uint32_t copy_window(struct vgpu *v, const struct command *c, uint32_t op)
{
    struct vm_gpu_copy parts = {.address = c->arg[0], .length = c->arg[2]};

    if (parts.length == 0)
        return VGPU_BAD_LENGTH;
    if (!window_has(v, c->arg[1], parts.length))
        return VGPU_BAD_OFFSET;
    if (!allocation_has(v, c->gpu, parts.address, parts.length))
        return VGPU_BAD_ADDRESS;
    parts.host = v->window + c->arg[1];
    return copy(v, c, &parts, op);
}

static uint32_t do_h2d(struct vgpu *v, const struct command *c, uint64_t *results)
{
    (void)results;
    return copy_window(v, c, VM_GPU_OP_COPY_IN);
}

static uint32_t do_d2h(struct vgpu *v, const struct command *c, uint64_t *results)
{
    (void)results;
    return copy_window(v, c, VM_GPU_OP_COPY_OUT);
}

static uint32_t do_d2d(struct vgpu *v, const struct command *c, uint64_t *results)
{
    struct vm_gpu_copy parts = {.address = c->arg[0], .from = c->arg[1], .length = c->arg[2]};

    (void)results;
    if (parts.length == 0)
        return VGPU_BAD_LENGTH;
    if (!allocation_has(v, c->gpu, parts.address, parts.length) ||
        !allocation_has(v, c->gpu, parts.from, parts.length) ||
        (parts.address < parts.from + parts.length && parts.from < parts.address + parts.length))
        return VGPU_BAD_ADDRESS;
    return copy(v, c, &parts, VM_GPU_OP_COPY);
}

/* ---- Code ------------------------------------------------------------------------------------ */

/* The request for COMPILE and LOAD, with copies of all that the guest gave. */
static struct request *take_code(struct vgpu *v, const struct command *c, uint32_t op)
{
    uint32_t options = c->half[1];
    struct request *r = request_take(v, c, op);

    if (!r)
        return NULL;
    r->data = copy_bytes(v, c->arg[1], c->arg[2]);
    r->options = options ? copy_bytes(v, c->arg[3], options) : NULL;
    if (!r->data || (options && !r->options)) {
        request_give(v, r);
        return NULL;
    }
    r->gpu.u.code = (struct vm_gpu_code){
        .format = c->half[0], .bytes = r->data, .length = c->arg[2], .options = r->options};
    return r;
}

/* format and bytes of options, source, its length, options, 0. */
static uint32_t code(struct vgpu *v, const struct command *c, uint32_t op)
{
    uint32_t format = c->half[0];
    uint32_t error = check_bytes(v, c->arg[1], c->arg[2], VGPU_MAX_CODE), handle;
    struct request *r;

    if (!error)
        error = check_bytes(v, c->arg[3], c->half[1], VGPU_MAX_OPTIONS);
    if (error)
        return error;
    if (format == 0 || (format & (format - 1)))
        return VGPU_BAD_FIELD;
    if (c->arg[2] == 0)
        return VGPU_BAD_LENGTH;
    handle = object_reserve(v);
    if (!handle)
        return VGPU_TOO_MANY;
    r = take_code(v, c, op);
    if (!r) {
        object_drop(v, handle);
        return VGPU_NO_MEMORY;
    }
    r->handle = handle;
    request_submit(v, r);
    return PENDING;
}

static uint32_t do_compile(struct vgpu *v, const struct command *c, uint64_t *results)
{
    (void)results;
    return code(v, c, VM_GPU_OP_COMPILE);
}

static uint32_t do_load(struct vgpu *v, const struct command *c, uint64_t *results)
{
    (void)results;
    return c->half[1] || c->arg[3] ? VGPU_BAD_FIELD : code(v, c, VM_GPU_OP_LOAD);
}

static uint32_t do_unload(struct vgpu *v, const struct command *c, uint64_t *results)
{
    struct object *o = object_find(v, c->half[0], OBJECT_MODULE, c->gpu);
    struct request *r = o ? request_take(v, c, VM_GPU_OP_UNLOAD) : NULL;

    (void)results;
    if (!o)
        return VGPU_BAD_HANDLE;
    if (!r)
        return VGPU_NO_MEMORY;
    r->gpu.u.code.module = o->number;
    object_drop_functions(v, c->half[0]);
    object_drop(v, c->half[0]);
    request_submit(v, r);
    return PENDING;
}

/* module, name, its length, room for parameters, its bytes. */
static uint32_t do_function(struct vgpu *v, const struct command *c, uint64_t *results)
{
    const struct object *o = object_find(v, c->half[0], OBJECT_MODULE, c->gpu);
    uint32_t error = check_bytes(v, c->arg[1], c->arg[2], VGPU_MAX_NAME);
    struct request *r;

    (void)results;
    if (!o)
        return VGPU_BAD_HANDLE;
    if (!error)
        error = c->arg[2] ? check_bytes(v, c->arg[3], c->arg[4], v->window_size) : VGPU_BAD_LENGTH;
    if (error)
        return error;
    r = request_take(v, c, VM_GPU_OP_FUNCTION);
    if (!r)
        return VGPU_NO_MEMORY;
    r->data = copy_bytes(v, c->arg[1], c->arg[2]);
    r->parameters = calloc(VM_GPU_MAX_PARAMETERS, sizeof(*r->parameters));
    if (!r->data || !r->parameters) {
        request_give(v, r);
        return VGPU_NO_MEMORY;
    }
    r->handle = c->half[0];
    r->gpu.u.function =
        (struct vm_gpu_function){.module = o->number, .name = r->data, .parameters = r->parameters};
    request_submit(v, r);
    return PENDING;
}

/* In halves: function, grid, block, shared memory, arguments, their bytes. */
static uint32_t do_launch(struct vgpu *v, const struct command *c, uint64_t *results)
{
    const struct object *o = object_find(v, c->half[0], OBJECT_FUNCTION, c->gpu);
    uint32_t bytes = c->half[9], error = check_bytes(v, c->half[8], bytes, VGPU_MAX_ARGUMENTS);
    uint64_t stream;
    struct request *r;

    (void)results;
    if (!o)
        return VGPU_BAD_HANDLE;
    for (uint32_t i = 1; i < 7 && !error; i++)
        error = c->half[i] ? VGPU_OK : VGPU_BAD_FIELD;
    if (!error)
        error = find_stream(v, c, &stream);
    if (error)
        return error;
    r = request_take(v, c, VM_GPU_OP_LAUNCH);
    if (!r)
        return VGPU_NO_MEMORY;
    r->data = bytes > sizeof(r->inline_data) ? malloc(bytes) : (char *)r->inline_data;
    if (!r->data) {
        request_give(v, r);
        return VGPU_NO_MEMORY;
    }
    window_read(v, c->half[8], r->data, bytes);
    r->gpu.stream = stream;
    r->gpu.u.launch = (struct vm_gpu_launch){.function = o->number,
                                             .grid = {c->half[1], c->half[2], c->half[3]},
                                             .block = {c->half[4], c->half[5], c->half[6]},
                                             .shared = c->half[7],
                                             .arguments_size = bytes,
                                             .arguments = r->data};
    request_submit(v, r);
    return PENDING;
}

/* ---- Streams --------------------------------------------------------------------------------- */

static uint32_t do_sync(struct vgpu *v, const struct command *c, uint64_t *results)
{
    (void)results;
    return copy(v, c, &(struct vm_gpu_copy){0}, VM_GPU_OP_SYNC);
}

static uint32_t do_stream_new(struct vgpu *v, const struct command *c, uint64_t *results)
{
    uint32_t handle = object_reserve(v);
    struct request *r = handle ? request_take(v, c, VM_GPU_OP_STREAM_NEW) : NULL;

    (void)results;
    if (!handle)
        return VGPU_TOO_MANY;
    if (!r) {
        object_drop(v, handle);
        return VGPU_NO_MEMORY;
    }
    r->handle = handle;
    request_submit(v, r);
    return PENDING;
}

static uint32_t do_stream_free(struct vgpu *v, const struct command *c, uint64_t *results)
{
    const struct object *o = object_find(v, c->stream, OBJECT_STREAM, c->gpu);
    struct request *r = o ? request_take(v, c, VM_GPU_OP_STREAM_FREE) : NULL;

    (void)results;
    if (!o)
        return VGPU_BAD_HANDLE;
    if (!r)
        return VGPU_NO_MEMORY;
    r->gpu.stream = o->number;
    object_drop(v, c->stream);
    request_submit(v, r);
    return PENDING;
}

/* ---- Each of them ---------------------------------------------------------------------------- */

/* Fields that an operation does not have are zero: a later version may give them a meaning. */
static const struct {
    uint32_t (*begin)(struct vgpu *v, const struct command *c, uint64_t *results);
    uint8_t n_args; /* of 64 bits */
    uint8_t has_stream;
} operations[VGPU_OPS] = {
    [VGPU_OP_NOP] = {do_nop, 0, 0},
    [VGPU_OP_INFO] = {do_info, 2, 0},
    [VGPU_OP_ALLOC] = {do_alloc, 1, 0},
    [VGPU_OP_FREE] = {do_free, 1, 0},
    [VGPU_OP_H2D] = {do_h2d, 3, 1},
    [VGPU_OP_D2H] = {do_d2h, 3, 1},
    [VGPU_OP_D2D] = {do_d2d, 3, 1},
    [VGPU_OP_COMPILE] = {do_compile, 4, 0},
    [VGPU_OP_LOAD] = {do_load, 3, 0},
    [VGPU_OP_UNLOAD] = {do_unload, 1, 0},
    [VGPU_OP_FUNC_INFO] = {do_function, 5, 0},
    [VGPU_OP_LAUNCH] = {do_launch, 5, 1},
    [VGPU_OP_SYNC] = {do_sync, 0, 1},
    [VGPU_OP_STREAM_NEW] = {do_stream_new, 0, 0},
    [VGPU_OP_STREAM_FREE] = {do_stream_free, 0, 1},
    [VGPU_OP_STATS] = {do_stats, 2, 0},
};

uint32_t command_begin(struct vgpu *v, const struct command *c, uint64_t results[N_RESULTS])
{
    uint32_t error = check_bytes(v, c->text_offset, c->text_room, VGPU_MAX_TEXT);

    if (c->op >= VGPU_OPS)
        return VGPU_BAD_OP;
    if (c->gpu >= v->n_gpus)
        return VGPU_BAD_GPU;
    if (error)
        return error;
    if (c->stream && !operations[c->op].has_stream)
        return VGPU_BAD_FIELD;
    for (uint32_t i = operations[c->op].n_args; i < 5; i++)
        if (c->arg[i])
            return VGPU_BAD_FIELD;
    return operations[c->op].begin(v, c, results);
}

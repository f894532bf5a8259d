/* SPDX-License-Identifier: BSD-2-Clause */
/* library.c - the functions of vgpu.h that wait for what they do. */
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

/* ---- Life ------------------------------------------------------------------------------------ */

static int enable(struct vgpu *v, char *why, size_t n)
{
    uint32_t status;

    vgpu_reg_write(v, VGPU_REG_CONTROL, 0); /* what another program may have left */
    vgpu_reg_write(v, VGPU_REG_ENTRIES, ENTRIES);
    vgpu_reg_write(v, VGPU_REG_SUBMIT_OFFSET, AT_SUBMIT);
    vgpu_reg_write(v, VGPU_REG_COMPLETE_OFFSET, AT_COMPLETE);
    vgpu_reg_write(v, VGPU_REG_CONTROL, VGPU_CONTROL_ENABLE);
    status = vgpu_reg_read(v, VGPU_REG_STATUS);
    if (status & VGPU_STATUS_LOST)
        return snprintf(why, n, "%s: the GPU hangs and was given up", v->address), -1;
    if (!(status & VGPU_STATUS_ENABLED))
        return snprintf(why, n, "%s: it does not take the rings", v->address), -1;
    v->gpus = vgpu_reg_read(v, VGPU_REG_GPUS);
    /* A quarter of the window to copy through and for code, the rest for the program. */
    v->stage_size = v->window_size / 4;
    return 0;
}

struct vgpu *vgpu_open(const char *address, char *why, size_t why_size)
{
    struct vgpu *v = calloc(1, sizeof(*v));
    char nowhere[1];

    if (!why || !why_size) {
        why = nowhere;
        why_size = sizeof(nowhere);
    }
    if (!v) {
        snprintf(why, why_size, "out of memory");
        return NULL;
    }
    if (vgpu_map(v, address, why, why_size) || enable(v, why, why_size)) {
        vgpu_unmap(v);
        free(v);
        return NULL;
    }
    return v;
}

void vgpu_close(struct vgpu *v)
{
    if (!v)
        return;
    vgpu_reg_write(v, VGPU_REG_CONTROL, 0);
    vgpu_unmap(v);
    free(v);
}

uint32_t vgpu_gpus(const struct vgpu *v)
{
    return v->gpus;
}

const char *vgpu_address(const struct vgpu *v)
{
    return v->address;
}

const char *vgpu_text(const struct vgpu *v)
{
    return v->text;
}

const char *vgpu_error_name(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {
        {VGPU_OK, "done"},
        {VGPU_INVALID, "makes no sense to the GPU"},
        {VGPU_NO_MEMORY, "out of GPU memory"},
        {VGPU_NOT_FOUND, "not found"},
        {VGPU_COMPILE_FAILED, "does not compile"},
        {VGPU_UNSUPPORTED, "not supported by this GPU"},
        {VGPU_FAILED, "failed"},
        {VGPU_LOST, "the GPU is lost"},
        {VGPU_BAD_OP, "unknown operation"},
        {VGPU_BAD_GPU, "no such GPU"},
        {VGPU_BAD_OFFSET, "not within the window"},
        {VGPU_BAD_LENGTH, "bad length"},
        {VGPU_BAD_ADDRESS, "not within an allocation"},
        {VGPU_BAD_HANDLE, "no such module, function or stream"},
        {VGPU_BAD_FIELD, "a field has a value that it cannot have"},
        {VGPU_QUOTA, "more GPU memory than this guest may have"},
        {VGPU_TOO_MANY, "too many of them"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].error == error)
            return names[i].name;
    return "unknown error";
}

/* ---- One command ----------------------------------------------------------------------------- */

#define SHORT_TEXT 512u /* of a launch */

/* Waits for it; what it has to say goes to v->text. */
static int end(struct vgpu *v, uint32_t ticket, uint32_t text_bytes, uint64_t results[4])
{
    struct vgpu_result r;
    uint32_t n;

    vgpu_end(v, ticket, &r);
    n = r.text_length < text_bytes ? r.text_length : text_bytes - 1;
    vgpu_get(v, v->text, AT_TEXT, n);
    v->text[n] = 0;
    if (results)
        memcpy(results, r.results, sizeof(r.results));
    return (int)r.error;
}

static int run(struct vgpu *v, struct vgpu_command *c, uint64_t results[4])
{
    c->text_offset = AT_TEXT;
    c->text_bytes = VGPU_MAX_TEXT;
    return end(v, vgpu_begin(v, c), VGPU_MAX_TEXT, results);
}

static uint32_t record32(const uint8_t *record, uint32_t at)
{
    uint32_t value;

    memcpy(&value, record + at, 4);
    return vgpu_le32(value);
}

static uint64_t record64(const uint8_t *record, uint32_t at)
{
    uint64_t value;

    memcpy(&value, record + at, 8);
    return vgpu_le64(value);
}

int vgpu_info(struct vgpu *v, uint32_t gpu, struct vgpu_info *info)
{
    struct vgpu_command c = {.op = VGPU_OP_INFO, .gpu = gpu, .arg = {AT_RECORD, VGPU_INFO_BYTES}};
    uint8_t record[VGPU_INFO_BYTES];
    int error = run(v, &c, NULL);

    memset(info, 0, sizeof(*info));
    if (error)
        return error;
    vgpu_get(v, record, AT_RECORD, sizeof(record));
    info->sources = record32(record, VGPU_INFO_SOURCES);
    info->binaries = record32(record, VGPU_INFO_BINARIES);
    info->compute_units = record32(record, VGPU_INFO_COMPUTE_UNITS);
    info->subgroup = record32(record, VGPU_INFO_SUBGROUP);
    info->max_block_threads = record32(record, VGPU_INFO_MAX_BLOCK_THREADS);
    info->argument_size = record32(record, VGPU_INFO_ARGUMENT_SIZE);
    for (uint32_t i = 0; i < 3; i++) {
        info->max_block[i] = record32(record, VGPU_INFO_MAX_BLOCK + i * 4);
        info->max_grid[i] = record32(record, VGPU_INFO_MAX_GRID + i * 4);
    }
    info->memory_total = record64(record, VGPU_INFO_MEMORY_TOTAL);
    info->memory_free = record64(record, VGPU_INFO_MEMORY_FREE);
    info->max_alloc = record64(record, VGPU_INFO_MAX_ALLOC);
    info->clock_hz = record64(record, VGPU_INFO_CLOCK_HZ);
    info->l2_size = record64(record, VGPU_INFO_L2_SIZE);
    info->shared_size = record64(record, VGPU_INFO_SHARED_SIZE);
    memcpy(info->name, record + VGPU_INFO_NAME, sizeof(info->name) - 1);
    memcpy(info->vendor, record + VGPU_INFO_VENDOR, sizeof(info->vendor) - 1);
    memcpy(info->driver, record + VGPU_INFO_DRIVER, sizeof(info->driver) - 1);
    memcpy(info->architecture, record + VGPU_INFO_ARCHITECTURE, sizeof(info->architecture) - 1);
    return VGPU_OK;
}

int vgpu_stats(struct vgpu *v, uint64_t numbers[VGPU_STATS])
{
    struct vgpu_command c = {.op = VGPU_OP_STATS, .arg = {AT_RECORD, VGPU_STATS * 8}};
    uint8_t record[VGPU_STATS * 8];
    int error = run(v, &c, NULL);

    if (error)
        return error;
    vgpu_get(v, record, AT_RECORD, sizeof(record));
    for (uint32_t i = 0; i < VGPU_STATS; i++)
        numbers[i] = record64(record, i * 8);
    return VGPU_OK;
}

uint64_t vgpu_quota(const struct vgpu *v)
{
    return vgpu_reg_read(v, VGPU_REG_QUOTA) | (uint64_t)vgpu_reg_read(v, VGPU_REG_QUOTA + 4) << 32;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

int vgpu_alloc(struct vgpu *v, uint32_t gpu, uint64_t bytes, uint64_t *address)
{
    struct vgpu_command c = {.op = VGPU_OP_ALLOC, .gpu = gpu, .arg = {bytes}};
    uint64_t results[4];
    int error = run(v, &c, results);

    *address = error ? 0 : results[0];
    return error;
}

int vgpu_free(struct vgpu *v, uint32_t gpu, uint64_t address)
{
    struct vgpu_command c = {.op = VGPU_OP_FREE, .gpu = gpu, .arg = {address}};

    return run(v, &c, NULL);
}

void *vgpu_window(struct vgpu *v, uint64_t *bytes)
{
    uint64_t at = AT_STAGE + v->stage_size;

    *bytes = v->window_size - at;
    return v->window + at;
}

uint64_t vgpu_window_offset(const struct vgpu *v, const void *p)
{
    return (uint64_t)((const uint8_t *)p - v->window);
}

static int is_in_window(const struct vgpu *v, const void *p, uint64_t bytes)
{
    uint64_t offset = (uintptr_t)p - (uintptr_t)v->window;

    return offset < v->window_size && bytes <= v->window_size - offset;
}

/*
 * One piece after the other, by some places in turn: one is copied in the guest while the host
 * copies others. They are small, so that each is still in the processor's cache when it is copied
 * the second time, and there are enough of them for the host always to have the next one.
 */
#define PIECES          8u
#define MAX_PIECE_BYTES ((uint64_t)1 << 19)

struct transfer {
    uint32_t op, gpu;
    uint64_t address;
    uint8_t *bytes; /* the program's; what is written is only read */
    uint64_t n;
};

struct piece {
    uint64_t bytes, n; /* n 0: nothing is under way there */
    uint32_t ticket;
};

static uint64_t piece_bytes(const struct vgpu *v)
{
    uint64_t share = v->stage_size / PIECES;

    return share < MAX_PIECE_BYTES ? share : MAX_PIECE_BYTES;
}

static uint64_t piece_at(const struct vgpu *v, uint32_t slot)
{
    return AT_STAGE + slot * piece_bytes(v);
}

static void begin_piece(struct vgpu *v, const struct transfer *t, struct piece *p, uint32_t slot,
                        uint64_t done)
{
    p->bytes = done;
    p->n = t->n - done < piece_bytes(v) ? t->n - done : piece_bytes(v);
    if (t->op == VGPU_OP_H2D)
        vgpu_put(v, piece_at(v, slot), t->bytes + done, p->n);
    p->ticket = vgpu_begin(
        v, &(struct vgpu_command){
               .op = t->op, .gpu = t->gpu, .arg = {t->address + done, piece_at(v, slot), p->n}});
}

static int end_piece(struct vgpu *v, const struct transfer *t, struct piece *p, uint32_t slot)
{
    int error = p->n ? vgpu_end(v, p->ticket, NULL) : VGPU_OK;

    if (!error && p->n && t->op == VGPU_OP_D2H)
        vgpu_get(v, t->bytes + p->bytes, piece_at(v, slot), p->n);
    p->n = 0;
    return error;
}

static int transfer(struct vgpu *v, const struct transfer *t)
{
    struct piece pieces[PIECES] = {0};
    uint32_t slot = 0;
    int error = VGPU_OK;

    for (uint64_t done = 0; done < t->n && !error; slot = (slot + 1) % PIECES) {
        error = end_piece(v, t, &pieces[slot], slot);
        if (error)
            break;
        begin_piece(v, t, &pieces[slot], slot, done);
        done += pieces[slot].n;
    }
    for (uint32_t i = 0; i < PIECES; i++, slot = (slot + 1) % PIECES) {
        int result = end_piece(v, t, &pieces[slot], slot);
        error = error ? error : result;
    }
    return error;
}

static int move(struct vgpu *v, const struct transfer *t)
{
    struct vgpu_command c = {.op = t->op, .gpu = t->gpu};

    v->text[0] = 0;
    if (t->n == 0)
        return VGPU_OK;
    if (!is_in_window(v, t->bytes, t->n))
        return transfer(v, t);
    c.arg[0] = t->address;
    c.arg[1] = vgpu_window_offset(v, t->bytes);
    c.arg[2] = t->n;
    return run(v, &c, NULL);
}

int vgpu_write(struct vgpu *v, uint32_t gpu, uint64_t to, const void *from, uint64_t bytes)
{
    return move(v, &(struct transfer){VGPU_OP_H2D, gpu, to, (uint8_t *)(uintptr_t)from, bytes});
}

int vgpu_read(struct vgpu *v, uint32_t gpu, void *to, uint64_t from, uint64_t bytes)
{
    return move(v, &(struct transfer){VGPU_OP_D2H, gpu, from, to, bytes});
}

int vgpu_copy(struct vgpu *v, uint32_t gpu, uint64_t to, uint64_t from, uint64_t bytes)
{
    struct vgpu_command c = {.op = VGPU_OP_D2D, .gpu = gpu, .arg = {to, from, bytes}};

    return run(v, &c, NULL);
}

/* ---- Kernels --------------------------------------------------------------------------------- */

static int load_code(struct vgpu *v, struct vgpu_command *c, const void *code, uint64_t bytes,
                     uint32_t *module)
{
    uint64_t results[4];
    int error;

    if (bytes > v->stage_size)
        return VGPU_BAD_LENGTH;
    vgpu_put(v, AT_STAGE, code, bytes);
    c->arg[1] = AT_STAGE;
    c->arg[2] = bytes;
    error = run(v, c, results);
    *module = error ? 0 : (uint32_t)results[0];
    return error;
}

int vgpu_compile(struct vgpu *v, uint32_t gpu, uint32_t format, const char *source, uint64_t bytes,
                 const char *options, uint32_t *module)
{
    uint64_t n = options ? strlen(options) : 0;
    struct vgpu_command c = {
        .op = VGPU_OP_COMPILE, .gpu = gpu, .arg = {format | n << 32, 0, 0, AT_RECORD}};

    *module = 0;
    if (n > VGPU_MAX_OPTIONS)
        return VGPU_BAD_LENGTH;
    if (n)
        vgpu_put(v, AT_RECORD, options, n);
    return load_code(v, &c, source, bytes, module);
}

int vgpu_load(struct vgpu *v, uint32_t gpu, uint32_t format, const void *binary, uint64_t bytes,
              uint32_t *module)
{
    struct vgpu_command c = {.op = VGPU_OP_LOAD, .gpu = gpu, .arg = {format}};

    *module = 0;
    return load_code(v, &c, binary, bytes, module);
}

int vgpu_unload(struct vgpu *v, uint32_t gpu, uint32_t module)
{
    struct vgpu_command c = {.op = VGPU_OP_UNLOAD, .gpu = gpu, .arg = {module}};

    return run(v, &c, NULL);
}

int vgpu_function(struct vgpu *v, uint32_t gpu, uint32_t module, const char *name,
                  struct vgpu_function *f)
{
    uint64_t n = strlen(name), results[4], at = AT_RECORD + VGPU_MAX_NAME;
    struct vgpu_command c = {
        .op = VGPU_OP_FUNC_INFO,
        .gpu = gpu,
        .arg = {module, AT_RECORD, n, at, VGPU_MAX_PARAMETERS * VGPU_PARAMETER_BYTES}};
    uint8_t record[VGPU_MAX_PARAMETERS * VGPU_PARAMETER_BYTES];
    int error;

    memset(f, 0, sizeof(*f));
    if (n > VGPU_MAX_NAME)
        return VGPU_BAD_LENGTH;
    vgpu_put(v, AT_RECORD, name, n);
    error = run(v, &c, results);
    if (error)
        return error;
    f->function = (uint32_t)results[0];
    f->n_parameters = (uint32_t)results[1];
    f->max_threads = (uint32_t)(results[1] >> 32);
    f->static_shared = (uint32_t)results[2];
    f->registers = (uint32_t)(results[2] >> 32);
    f->local_size = (uint32_t)results[3];
    vgpu_get(v, record, at, sizeof(record));
    for (uint32_t i = 0; i < f->n_parameters && i < VGPU_MAX_PARAMETERS; i++) {
        f->parameters[i].offset = record32(record, i * VGPU_PARAMETER_BYTES);
        f->parameters[i].size = record32(record, i * VGPU_PARAMETER_BYTES + 4);
    }
    return VGPU_OK;
}

int vgpu_launch(struct vgpu *v, uint32_t gpu, const struct vgpu_launch *launch)
{
    uint32_t ticket;
    int error = vgpu_submit_launch(v, gpu, launch, SHORT_TEXT, &ticket);

    v->text[0] = 0;
    return error ? error : end(v, ticket, SHORT_TEXT, NULL);
}

/* ---- Streams --------------------------------------------------------------------------------- */

int vgpu_stream_new(struct vgpu *v, uint32_t gpu, uint32_t *stream)
{
    struct vgpu_command c = {.op = VGPU_OP_STREAM_NEW, .gpu = gpu};
    uint64_t results[4];
    int error = run(v, &c, results);

    *stream = error ? 0 : (uint32_t)results[0];
    return error;
}

int vgpu_stream_free(struct vgpu *v, uint32_t gpu, uint32_t stream)
{
    struct vgpu_command c = {.op = VGPU_OP_STREAM_FREE, .gpu = gpu, .stream = stream};

    return run(v, &c, NULL);
}

int vgpu_sync(struct vgpu *v, uint32_t gpu, uint32_t stream)
{
    struct vgpu_command c = {.op = VGPU_OP_SYNC, .gpu = gpu, .stream = stream};

    return run(v, &c, NULL);
}

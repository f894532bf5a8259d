/* SPDX-License-Identifier: BSD-2-Clause */
/* board_host.c - what a board gets: boot files and guest memory. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/machine/internal.h"

static const struct vm_image *load(struct vm_board_ctx *ctx, const char *path, uint64_t limit,
                                   bool decode, struct vm_error *err)
{
    struct image **bigger = realloc(ctx->images, (ctx->n_images + 1) * sizeof(*bigger));
    if (!bigger) {
        vm_error_set(err, "%s: out of memory", path);
        return NULL;
    }
    ctx->images = bigger;
    struct image *im = image_load(path, limit, decode, err);
    if (!im)
        return NULL;
    ctx->images[ctx->n_images++] = im;
    return image_info(im);
}

static const struct vm_image *host_load_image(struct vm_board_ctx *ctx, const char *path,
                                              uint64_t limit, struct vm_error *err)
{
    return load(ctx, path, limit, true, err);
}

static const struct vm_image *host_load_raw(struct vm_board_ctx *ctx, const char *path,
                                            uint64_t limit, struct vm_error *err)
{
    return load(ctx, path, limit, false, err);
}

static void *find_ram(struct vm_board_ctx *ctx, uint64_t pa, uint64_t n, struct vm_error *err)
{
    void *p = space_ram(ctx->context.m->space, pa, n);
    if (!p)
        vm_error_set(err, "0x%" PRIx64 "..+0x%" PRIx64 " is not RAM", pa, n);
    return p;
}

static struct image *image_with(const struct vm_board_ctx *ctx, const void *data, uint64_t n)
{
    for (uint32_t i = 0; i < ctx->n_images; i++)
        if (image_contains(ctx->images[i], data, n))
            return ctx->images[i];
    return NULL;
}

/* What lies in a boot file goes from the file to the guest without a stop. */
static int host_write_ram(struct vm_board_ctx *ctx, uint64_t pa, const void *data, uint64_t n,
                          struct vm_error *err)
{
    struct space *space = ctx->context.m->space;
    struct image *im = image_with(ctx, data, n);
    if (n == 0)
        return 0;
    uint8_t *ram = find_ram(ctx, pa, n, err);
    if (!ram || (im && image_copy(im, data, n, ram, err)))
        return -1;
    if (!im)
        ram_copy_to(ram, data, n);
    space_ram_written(space, space_ram_block(space, pa), pa, n);
    return 0;
}

static bool is_zero(const uint8_t *p, uint64_t n)
{
    return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* Memory that is zero already, as it is after a reset, is not touched: the host has not given it
 * yet. */
static int host_zero_ram(struct vm_board_ctx *ctx, uint64_t pa, uint64_t n, struct vm_error *err)
{
    static const uint8_t zeros[4096];
    while (n) {
        uint64_t part = n < sizeof(zeros) ? n : sizeof(zeros);
        void *p = find_ram(ctx, pa, part, err);
        if (!p || (!is_zero(p, part) && host_write_ram(ctx, pa, zeros, part, err)))
            return -1;
        pa += part;
        n -= part;
    }
    return 0;
}

/* ---- for firmware in the guest ---- */

static struct boot_file *find_file(struct vm_board_ctx *ctx, const char *name)
{
    for (uint32_t i = 0; i < ctx->n_files; i++)
        if (strcmp(ctx->files[i].name, name) == 0)
            return &ctx->files[i];
    return NULL;
}

static int host_offer(struct vm_board_ctx *ctx, const char *name, const void *data, uint64_t n,
                      struct vm_error *err)
{
    if (ctx->n_files == MAX_BOOT_FILES)
        return vm_error_set(err, "plugin bug: a board with more than %d files for firmware",
                            MAX_BOOT_FILES);
    ctx->files[ctx->n_files++] = (struct boot_file){.name = name, .data = data, .length = n};
    return 0;
}

static bool host_is_taken(struct vm_board_ctx *ctx, const char *name)
{
    const struct boot_file *f = find_file(ctx, name);
    return f && f->taken;
}

static uint64_t host_memory_at(struct vm_board_ctx *ctx, uint64_t pa)
{
    const struct ram_block *ram = space_ram_block(ctx->context.m->space, pa);
    return ram ? ram->length - (pa - ram->base) : 0;
}

static int files_find(struct vm_device_ctx *ctx, const char *name, uint64_t *length)
{
    struct boot_file *f = find_file(&ctx->context.m->board, name);
    if (!f)
        return 0;
    f->taken = true;
    *length = f->length;
    return 1;
}

static int files_read(struct vm_device_ctx *ctx, const char *name, uint64_t offset, void *buf,
                      uint64_t n)
{
    struct vm_board_ctx *board = &ctx->context.m->board;
    const struct boot_file *f = find_file(board, name);
    struct vm_error err = VM_ERROR_INIT;
    if (!f || offset > f->length || n > f->length - offset)
        return VM_ACCESS_ERROR;
    struct image *im = n ? image_with(board, f->data + offset, n) : NULL;
    if (!im)
        memcpy(buf, f->data + offset, n);
    else if (image_copy(im, f->data + offset, n, buf, &err)) {
        log_line(VM_LOG_ERROR, ctx->context.name, "%s", err.text);
        return VM_ACCESS_ERROR;
    }
    return VM_ACCESS_OK;
}

const struct vm_boot_files host_boot_files = {
    .size = sizeof(struct vm_boot_files),
    .find = files_find,
    .read = files_read,
};

bool board_firmware_call(void *machine, struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs)
{
    const struct vm_board_ctx *board = &((struct machine *)machine)->board;
    return board->ops.firmware_call(board->board, cpu, conduit, regs);
}

const struct vm_board_host board_host = {
    .size = sizeof(struct vm_board_host),
    .base = &vm_host_table,
    .load_image = host_load_image,
    .write_ram = host_write_ram,
    .zero_ram = host_zero_ram,
    .load_raw = host_load_raw,
    .offer = host_offer,
    .is_taken = host_is_taken,
    .memory_at = host_memory_at,
};

void board_images_release(struct vm_board_ctx *ctx)
{
    for (uint32_t i = 0; i < ctx->n_images; i++)
        image_release(ctx->images[i]);
}

void board_images_free(struct vm_board_ctx *ctx)
{
    for (uint32_t i = 0; i < ctx->n_images; i++)
        image_free(ctx->images[i]);
    free(ctx->images);
    ctx->images = NULL;
    ctx->n_images = 0;
}

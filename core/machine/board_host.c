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

/* What lies in a boot file goes from the file to the guest without a stop. */
static int write_from_image(struct vm_board_ctx *ctx, struct image *im, uint64_t pa,
                            const void *data, uint64_t n, struct vm_error *err)
{
    struct space *space = ctx->context.m->space;
    void *ram = find_ram(ctx, pa, n, err);
    if (!ram || image_copy(im, data, n, ram, err))
        return -1;
    space_ram_written(space, space_ram_block(space, pa), pa, n);
    return 0;
}

static int host_write_ram(struct vm_board_ctx *ctx, uint64_t pa, const void *data, uint64_t n,
                          struct vm_error *err)
{
    if (n == 0)
        return 0;
    for (uint32_t i = 0; i < ctx->n_images; i++)
        if (image_contains(ctx->images[i], data, n))
            return write_from_image(ctx, ctx->images[i], pa, data, n, err);
    if (!find_ram(ctx, pa, n, err))
        return -1;
    if (space_write(ctx->context.m->space, pa, data, n, false) != VM_ACCESS_OK)
        return vm_error_set(err, "0x%" PRIx64 "..+0x%" PRIx64 " cannot be written", pa, n);
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

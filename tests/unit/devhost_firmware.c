/* SPDX-License-Identifier: BSD-2-Clause */
/* devhost_firmware.c - a host for one device under test: memory of regions, and boot files that the
 * board offers. */
#include <string.h>
#include <sys/mman.h>

#include "devhost_internal.h"

static struct devhost *of(struct vm_device_ctx *ctx)
{
    return (struct devhost *)ctx;
}

/* ---- Memory of regions ----------------------------------------------------------------------- */

static bool has_memory(const struct devhost *h, uint32_t region)
{
    return region < h->n_regions && h->regions[region].memory;
}

uint8_t *devhost_region_memory(struct vm_device_ctx *ctx, uint32_t region)
{
    struct devhost *h = of(ctx);

    if (!has_memory(h, region))
        return NULL;
    if (h->regions[region].length & 4095)
        plughost_broken("a region whose memory is no multiple of 4096 bytes");
    if (!h->memory[region]) { /* not from the heap: it costs only the pages that are used */
        void *p = mmap(NULL, h->regions[region].length, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
            plughost_broken("no memory for a region");
        h->memory[region] = p;
    }
    return h->memory[region];
}

void devhost_region_direct(struct vm_device_ctx *ctx, uint32_t region, int direct)
{
    if (!has_memory(of(ctx), region))
        plughost_broken("region_direct of a region without memory");
    of(ctx)->hidden[region] = !direct;
}

void devhost_region_written(struct vm_device_ctx *ctx, uint32_t region, uint64_t offset, uint64_t n)
{
    struct devhost *h = of(ctx);

    if (!has_memory(h, region) || offset > h->regions[region].length ||
        n > h->regions[region].length - offset)
        plughost_broken("region_written of what is not the region's");
    h->region_bytes_written += n;
}

uint8_t *devhost_memory(struct devhost *h, uint32_t region, bool *direct)
{
    if (direct)
        *direct = !h->hidden[region];
    return devhost_region_memory((struct vm_device_ctx *)h, region);
}

uint64_t devhost_memory_written(const struct devhost *h)
{
    return h->region_bytes_written;
}

void devhost_free_memory(struct devhost *h)
{
    for (uint32_t i = 0; i < h->n_regions; i++)
        if (h->memory[i])
            munmap(h->memory[i], h->regions[i].length);
}

/* ---- Boot files ------------------------------------------------------------------------------ */

void devhost_offer(struct devhost *h, const char *name, const void *data, uint64_t length)
{
    if (h->n_files == DEVHOST_MAX_FILES)
        plughost_broken("too many boot files for this host");
    h->files[h->n_files++] = (struct devhost_file){name, data, length};
}

static const struct devhost_file *find_file(struct vm_device_ctx *ctx, const char *name)
{
    for (uint32_t i = 0; i < of(ctx)->n_files; i++)
        if (strcmp(of(ctx)->files[i].name, name) == 0)
            return &of(ctx)->files[i];
    return NULL;
}

static int find(struct vm_device_ctx *ctx, const char *name, uint64_t *length)
{
    const struct devhost_file *file = find_file(ctx, name);

    if (!of(ctx)->creating)
        plughost_broken("boot files are looked for in create() only");
    if (file)
        *length = file->length;
    return file != NULL;
}

static int read_file(struct vm_device_ctx *ctx, const char *name, uint64_t offset, void *buf,
                     uint64_t n)
{
    const struct devhost_file *file = find_file(ctx, name);

    if (!file || offset > file->length || n > file->length - offset)
        return VM_ACCESS_ERROR;
    memcpy(buf, (const uint8_t *)file->data + offset, n);
    return VM_ACCESS_OK;
}

const struct vm_boot_files devhost_boot_files = {
    .size = sizeof(struct vm_boot_files),
    .find = find,
    .read = read_file,
};

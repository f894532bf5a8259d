/* SPDX-License-Identifier: BSD-2-Clause */
/* firmware.c - a host for one device under test: memory of regions, and boot files that the
 * board offers. */
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

static struct vm_devtest *of(struct vm_device_ctx *ctx)
{
    return (struct vm_devtest *)ctx;
}

/* ---- Memory of regions ----------------------------------------------------------------------- */

static bool has_memory(const struct vm_devtest *h, uint32_t region)
{
    return region < h->n_regions && h->regions[region].memory;
}

uint8_t *vm_devtest_region_memory(struct vm_device_ctx *ctx, uint32_t region)
{
    struct vm_devtest *h = of(ctx);

    if (!has_memory(h, region))
        return NULL;
    if (h->regions[region].length & 4095)
        vm_test_broken("a region whose memory is no multiple of 4096 bytes");
    if (!h->memory[region]) { /* not from the heap: it costs only the pages that are used */
        void *p = mmap(NULL, h->regions[region].length, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
            vm_test_broken("no memory for a region");
        h->memory[region] = p;
    }
    return h->memory[region];
}

void vm_devtest_region_direct(struct vm_device_ctx *ctx, uint32_t region, int direct)
{
    vm_devtest_expect_locked(of(ctx), "region_direct");
    if (!has_memory(of(ctx), region))
        vm_test_broken("region_direct of a region without memory");
    of(ctx)->hidden[region] = !direct;
}

void vm_devtest_region_written(struct vm_device_ctx *ctx, uint32_t region, uint64_t offset,
                               uint64_t n)
{
    struct vm_devtest *h = of(ctx);

    if (!has_memory(h, region) || offset > h->regions[region].length ||
        n > h->regions[region].length - offset)
        vm_test_broken("region_written of what is not the region's");
    h->region_bytes_written += n;
}

uint8_t *vm_devtest_memory(struct vm_devtest *h, uint32_t region, bool *direct)
{
    if (direct)
        *direct = !h->hidden[region];
    return vm_devtest_region_memory((struct vm_device_ctx *)h, region);
}

uint64_t vm_devtest_memory_written(const struct vm_devtest *h)
{
    return h->region_bytes_written;
}

void vm_devtest_free_memory(struct vm_devtest *h)
{
    for (uint32_t i = 0; i < h->n_regions; i++)
        if (h->memory[i])
            munmap(h->memory[i], h->regions[i].length);
}

/* ---- Boot files ------------------------------------------------------------------------------ */

void vm_devtest_offer(struct vm_devtest *h, const char *name, const void *data, uint64_t length)
{
    if (h->n_files == VM_DEVTEST_MAX_FILES)
        vm_test_broken("too many boot files for this host");
    h->files[h->n_files++] = (struct vm_devtest_file){name, data, length};
}

static const struct vm_devtest_file *find_file(struct vm_device_ctx *ctx, const char *name)
{
    for (uint32_t i = 0; i < of(ctx)->n_files; i++)
        if (strcmp(of(ctx)->files[i].name, name) == 0)
            return &of(ctx)->files[i];
    return NULL;
}

static int find(struct vm_device_ctx *ctx, const char *name, uint64_t *length)
{
    const struct vm_devtest_file *file = find_file(ctx, name);

    if (!of(ctx)->creating)
        vm_test_broken("boot files are looked for in create() only");
    if (file)
        *length = file->length;
    return file != NULL;
}

static int read_file(struct vm_device_ctx *ctx, const char *name, uint64_t offset, void *buf,
                     uint64_t n)
{
    const struct vm_devtest_file *file = find_file(ctx, name);

    if (!file || offset > file->length || n > file->length - offset)
        return VM_ACCESS_ERROR;
    memcpy(buf, (const uint8_t *)file->data + offset, n);
    return VM_ACCESS_OK;
}

const struct vm_boot_files vm_devtest_boot_files = {
    .size = sizeof(struct vm_boot_files),
    .find = find,
    .read = read_file,
};

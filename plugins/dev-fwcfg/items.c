/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * items.c - the items of dev-fwcfg: what they are numbered, and their bytes.
 *
 * Numbers in items are little-endian, but for the directory.
 */
#include <stdlib.h>
#include <string.h>
#include "fwcfg.h"

enum fwcfg_item {
    ITEM_SIGNATURE = 0x00,
    ITEM_ID = 0x01,
    ITEM_CPUS = 0x05,
    ITEM_KERNEL_SIZE = 0x08,
    ITEM_INITRD_SIZE = 0x0b,
    ITEM_MAX_CPUS = 0x0f,
    ITEM_KERNEL = 0x11,
    ITEM_INITRD = 0x12,
    ITEM_CMDLINE_SIZE = 0x14,
    ITEM_CMDLINE = 0x15,
    ITEM_DIRECTORY = 0x19,
    ITEM_FILES = 0x20,
};

#define ID_TRADITIONAL 1u
#define ID_DMA         2u

/* A board's files: the item with the bytes, and the one with their number. */
static const struct {
    const char *name;
    uint16_t item, size_item;
} boot_files[N_BOOT_FILES] = {
    {"kernel", ITEM_KERNEL, ITEM_KERNEL_SIZE},
    {"initrd", ITEM_INITRD, ITEM_INITRD_SIZE},
    {"cmdline", ITEM_CMDLINE, ITEM_CMDLINE_SIZE},
};

static void put_big(uint8_t *p, uint32_t value, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        p[i] = (uint8_t)(value >> (n - 1 - i) * 8);
}

static void add_small(struct fwcfg *f, uint16_t item, const void *bytes, uint8_t length)
{
    struct small *s = &f->small[f->n_small++];

    s->item = item;
    s->length = length;
    memcpy(s->bytes, bytes, length);
}

static void add_number(struct fwcfg *f, uint16_t item, uint32_t value, uint8_t length)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};

    add_small(f, item, bytes, length);
}

/* ---- Files ----------------------------------------------------------------------------------- */

int items_add_file(struct fwcfg *f, const char *name, const void *data, uint32_t n,
                   struct vm_error *err)
{
    for (uint32_t i = 0; i < f->n_files; i++)
        if (strcmp(f->files[i].name, name) == 0)
            return 0;
    if (strlen(name) >= MAX_NAME)
        return vm_error_set(err, "%s: the name is longer than %u characters", name, MAX_NAME - 1);
    if (f->n_files == MAX_FILES)
        return vm_error_set(err, "%s: there are more than %u files", name, MAX_FILES);
    struct file *file = &f->files[f->n_files];
    file->data = malloc(n ? n : 1);
    if (!file->data)
        return vm_error_set(err, "out of memory");
    memcpy(file->data, data, n);
    memcpy(file->name, name, strlen(name) + 1);
    file->length = n;
    f->n_files++;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

#define ENTRY_LENGTH 64u /* length, item, 2 bytes of nothing, name */

static int make_directory(struct fwcfg *f, struct vm_error *err)
{
    qsort(f->files, f->n_files, sizeof(f->files[0]), by_name);
    f->directory_length = 4 + f->n_files * ENTRY_LENGTH;
    f->directory = calloc(1, f->directory_length);
    if (!f->directory)
        return vm_error_set(err, "out of memory");
    put_big(f->directory, f->n_files, 4);
    for (uint32_t i = 0; i < f->n_files; i++) {
        uint8_t *entry = f->directory + 4 + i * ENTRY_LENGTH;
        put_big(entry, f->files[i].length, 4);
        put_big(entry + 4, ITEM_FILES + i, 2);
        memcpy(entry + 8, f->files[i].name, MAX_NAME);
    }
    return 0;
}

/* ---- All items ------------------------------------------------------------------------------- */

int items_make(struct fwcfg *f, struct vm_error *err)
{
    const uint32_t cpus = f->host->cpu_count(f->ctx);

    add_small(f, ITEM_SIGNATURE, "QEMU", 4);
    add_number(f, ITEM_ID, ID_TRADITIONAL | ID_DMA, 4);
    add_number(f, ITEM_CPUS, cpus, 2);
    add_number(f, ITEM_MAX_CPUS, cpus, 2);
    for (size_t i = 0; i < N_BOOT_FILES; i++)
        if (f->boot && f->boot->find(f->ctx, boot_files[i].name, &f->boot_length[i]))
            add_number(f, boot_files[i].size_item, (uint32_t)f->boot_length[i], 4);
    return make_directory(f, err);
}

/* The item's bytes if they are here; NULL: they are not. */
static const uint8_t *find(const struct fwcfg *f, uint16_t item, uint32_t *length)
{
    if (item >= ITEM_FILES && item < ITEM_FILES + f->n_files) {
        *length = f->files[item - ITEM_FILES].length;
        return f->files[item - ITEM_FILES].data;
    }
    if (item == ITEM_DIRECTORY) {
        *length = f->directory_length;
        return f->directory;
    }
    for (uint32_t i = 0; i < f->n_small; i++)
        if (f->small[i].item == item) {
            *length = f->small[i].length;
            return f->small[i].bytes;
        }
    return NULL;
}

bool items_read(struct fwcfg *f, uint16_t item, uint64_t offset, uint8_t *to, uint64_t n)
{
    uint32_t here = 0;
    const uint8_t *bytes = find(f, item, &here);

    memset(to, 0, n);
    if (bytes && offset < here)
        memcpy(to, bytes + offset, n < here - offset ? n : here - offset);
    for (size_t i = 0; i < N_BOOT_FILES; i++) {
        uint64_t length = f->boot_length[i];
        if (boot_files[i].item != item || offset >= length)
            continue;
        return f->boot->read(f->ctx, boot_files[i].name, offset, to,
                             n < length - offset ? n : length - offset) == VM_ACCESS_OK;
    }
    return true;
}

void items_free(struct fwcfg *f)
{
    for (uint32_t i = 0; i < f->n_files; i++)
        free(f->files[i].data);
    free(f->directory);
}

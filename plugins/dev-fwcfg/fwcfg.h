/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fwcfg.h - the state of one dev-fwcfg: numbered items of bytes, those from ITEM_FILES on with
 * names in a directory.
 */
#ifndef DEV_FWCFG_FWCFG_H
#define DEV_FWCFG_FWCFG_H

#include <stdbool.h>
#include <vmrun/device.h>

/* What a board's files are called: kernel, initrd, cmdline. */
#define N_BOOT_FILES 3

/* Numbers and the like: the rest of the items whose bytes are here. */
#define MAX_SMALL 10
struct small {
    uint16_t item;
    uint8_t length;
    uint8_t bytes[8];
};

#define MAX_NAME  56u /* with the zero behind it: what a directory's entry has room for */
#define MAX_FILES 256u
#define MAX_FILE  (16u << 20) /* bytes */
struct file {
    char name[MAX_NAME];
    uint8_t *data;
    uint32_t length;
};

struct fwcfg {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    const struct vm_boot_files *boot;
    uint64_t boot_length[N_BOOT_FILES];
    struct small small[MAX_SMALL];
    uint32_t n_small;
    struct file files[MAX_FILES]; /* by name once items_make() is done */
    uint32_t n_files;
    uint8_t *directory;
    uint32_t directory_length;

    /* Saved state. */
    uint16_t selector;
    uint64_t offset;   /* of the item's next byte */
    uint32_t dma_high; /* of the next DMA's address */
};

/* ---- items.c --------------------------------------------------------------------------------- */

/*
 * Adds a copy of the n bytes at `data`, unless there is a file of that name already. -1 with err
 * set.
 */
int items_add_file(struct fwcfg *f, const char *name, const void *data, uint32_t n,
                   struct vm_error *err);
/* All other items, and the directory. [in create(), when all files are there] */
int items_make(struct fwcfg *f, struct vm_error *err);
/*
 * Copies the part of [offset, offset + n) that the item has, and makes the rest zero, as it is
 * where there is no such item. False: a boot file cannot be read.
 */
bool items_read(struct fwcfg *f, uint16_t item, uint64_t offset, uint8_t *to, uint64_t n);
void items_free(struct fwcfg *f);

/* ---- folder.c -------------------------------------------------------------------------------- */

/* Adds the files below a folder of the host under their paths there. */
int folder_add(struct fwcfg *f, const char *path, struct vm_error *err);

/* ---- smbios.c -------------------------------------------------------------------------------- */

int smbios_add(struct fwcfg *f, const struct vm_props *props, struct vm_error *err);

#endif

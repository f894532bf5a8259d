/* SPDX-License-Identifier: BSD-2-Clause */
/* board_files.h - a host for a board under test, whose boot files are made in memory. */
#ifndef TESTS_UNIT_BOARD_FILES_H
#define TESTS_UNIT_BOARD_FILES_H

#include <criterion/criterion.h>
#include <elf.h>
#include <string.h>
#include <vmrun/board.h>

#define MAX_WRITES 16

/* One boot file: its name tells load_image what to make of the bytes. */
struct file {
    const char *name;
    const void *bytes;
    uint64_t n;
};

struct board_files {
    struct file files[4];
    struct image *images[8];
    uint32_t n_images;
    struct {
        uint64_t pa, n;
        uint8_t first[64];
    } writes[MAX_WRITES];
    uint32_t n_writes;
    uint64_t zeroed;
    struct {
        const char *name;
        const void *data;
        uint64_t n;
    } offers[4];
    uint32_t n_offers;
    bool taken;           /* a device hands them over */
    uint64_t flash_bytes; /* at 0 */
};
extern struct board_files host;

extern const struct vm_board_host board_files_host;

extern uint8_t linux_image[8192], elf[256], raw[4096];

/* Forgets everything; the files are "linux", "elf" and "raw", which hold what is in those arrays
 * then, and "initrd". */
void board_files_begin(void);
void board_files_end(void);

void put(void *at, uint64_t v, unsigned n);
/* A Linux Image with that magic number. */
void make_linux(const char *magic, uint64_t text_offset, uint64_t image_size, uint64_t flags);
/* A PE header as the EFI stub's, of one section that ends at `end` in the file. */
void add_pe(uint32_t end);
void make_elf(unsigned type, unsigned machine, uint64_t at, uint64_t entry, uint64_t mem_size);

#endif

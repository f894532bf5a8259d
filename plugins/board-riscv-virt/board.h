/* SPDX-License-Identifier: BSD-2-Clause */
/* board.h - what the files of board-riscv-virt share: the boot files and where each goes. */
#ifndef BOARD_RISCV_VIRT_BOARD_H
#define BOARD_RISCV_VIRT_BOARD_H

#include <vmrun/board.h>

#define RAM_BASE UINT64_C(0x80000000)
#define MIB      ((uint64_t)1 << 20)
#define GIB      ((uint64_t)1 << 30)

/* Where supervisor software is expected: the first 2 MiB are the firmware's. */
#define PAYLOAD_OFFSET (2 * MIB)

/* A boot file and the memory it takes. */
struct part {
    const char *key;              /* "boot.kernel" */
    const struct vm_image *image; /* NULL: none */
    uint64_t base, end;           /* [base, end) of guest memory, zeroed parts included */
    uint64_t bias;                /* added to the addresses of an ELF file, modulo 2^64 */
    uint64_t entry;
};

struct board {
    const struct vm_board_host *host;
    struct vm_board_ctx *ctx;
    uint64_t ram_end;
    struct part firmware, kernel, initrd;
    uint64_t fdt_base, fdt_room;
    uint64_t dynamic_info; /* address of OpenSBI's struct fw_dynamic_info */
    char *cmdline;
};

/* images.c: loads a boot file and sees that it is one for this machine. 0, or -1 with err set,
 * which begins with the path. */
int load_firmware(struct board *b, const char *path, struct vm_error *err);
int load_kernel(struct board *b, const char *path, struct vm_error *err);
int load_initrd(struct board *b, const char *path, struct vm_error *err);

/* layout.c: finds a place for all that is loaded. */
int place_all(struct board *b, struct vm_error *err);

/* The header of a RISC-V Linux Image (Documentation/arch/riscv/boot-image-header.rst of the Linux
 * kernel), if `image` has one. */
struct linux_header {
    uint64_t text_offset, image_size, flags;
};
bool linux_header(const struct vm_image *image, struct linux_header *header);
uint64_t load_le(const uint8_t *p, unsigned n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* boot.h - what boards share that start a machine by boot files: load them, see that each is one
 * for the machine, find a place for it in RAM, put it there. */
#ifndef BOARD_COMMON_BOOT_H
#define BOARD_COMMON_BOOT_H

#include <vmrun/board.h>

#define PAGE UINT64_C(4096)
#define MIB  ((uint64_t)1 << 20)
#define GIB  ((uint64_t)1 << 30)

/* A boot file and the memory it takes. */
struct part {
    const char *key;              /* "boot.kernel" */
    const struct vm_image *image; /* NULL: none */
    uint64_t base, end;           /* [base, end) of guest memory, zeroed parts included */
    uint64_t bias;                /* added to the addresses of an ELF file, modulo 2^64 */
    uint64_t entry;
};

/* What the boot files must be for. */
struct boot_kind {
    const char *machine;     /* "riscv64" */
    const char *name;        /* "RISC-V": of the instruction set, for people */
    uint16_t elf;            /* e_machine */
    const char *linux_magic; /* the 4 bytes at offset 56 of a Linux Image for it */
};

struct boot {
    const struct vm_board_host *host;
    struct vm_board_ctx *ctx;
    const struct boot_kind *kind;
    uint64_t ram_base, ram_end;
    struct part firmware, kernel, initrd;
    uint64_t fdt_base, fdt_room;
    uint64_t top; /* from here to the end of the device tree nothing else may lie */
    char *cmdline;
};

void boot_init(struct boot *b, const struct vm_board_host *host, struct vm_board_ctx *ctx,
               const struct boot_kind *kind);

/* ---- images.c: load a boot file and see that it is one for this machine. 0, or -1 with err set,
 * which begins with the path. ------------------------------------------------------------------ */

int boot_load_firmware(struct boot *b, const char *path, struct vm_error *err);
int boot_load_kernel(struct boot *b, const char *path, struct vm_error *err);
int boot_load_initrd(struct boot *b, const char *path, struct vm_error *err);

/*
 * The header of a Linux Image, if `image` has one: that of arm64 (Documentation/arch/arm64/
 * booting.rst of the Linux kernel), which RISC-V has taken over with its own magic number.
 */
struct linux_header {
    uint64_t text_offset, image_size, flags;
};
bool boot_linux_header(const struct boot *b, const struct vm_image *image,
                       struct linux_header *header);
uint64_t load_le(const uint8_t *p, unsigned n);

/* ---- layout.c: where things go ----------------------------------------------------------------
 */

/* One range of RAM from b->ram_base on, as struct vm_board_ops.ram_layout. */
int boot_ram(struct boot *b, uint64_t ram_size, uint64_t max_size, uint64_t *base, uint64_t *length,
             struct vm_error *err);
/* The device tree goes near the top of the first GiB, `reserve` bytes for the board below it. */
void boot_place_fdt(struct boot *b, uint64_t reserve);
/* At `base`, with `size` bytes in memory; an ELF file where it says, or, if it says nothing, at
 * `base`. */
int boot_place(const struct boot *b, struct part *p, uint64_t base, uint64_t size,
               struct vm_error *err);
/* After all others: above them. */
int boot_place_initrd(struct boot *b, struct vm_error *err);
/* That it overlaps neither the firmware nor the device tree. */
int boot_check_overlaps(const struct boot *b, const struct part *p, struct vm_error *err);

/* ---- install.c --------------------------------------------------------------------------------
 */

/* /chosen, but for what the core adds. */
void boot_fdt_chosen(const struct boot *b, const struct vm_fdt_api *api, struct vm_fdt_node *root);
/* Puts all parts and the device tree into memory. */
int boot_install(struct boot *b, const void *fdt, uint64_t fdt_length, struct vm_error *err);

#endif

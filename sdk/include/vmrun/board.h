/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * board.h - boards: where RAM lies, how a machine starts. MATCHED tier.
 */
#ifndef VMRUN_BOARD_H
#define VMRUN_BOARD_H

#include <vmrun/arch.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_BOARD_INTERFACE "vm.board/1"

struct vm_board_ctx; /* the host's handle */

/*
 * A loaded image file. Owned by the host until the machine is destroyed. Checked: all ranges lie
 * inside `data`.
 */
enum vm_image_kind { VM_IMAGE_RAW = 1, VM_IMAGE_ELF = 2 };

struct vm_image_segment {
    uint64_t paddr;     /* physical load address */
    uint64_t offset;    /* into data */
    uint64_t file_size; /* bytes from the file */
    uint64_t mem_size;  /* bytes in memory; the rest is zero */
};

#define VM_IMAGE_HEAD 65536u

struct vm_image {
    uint32_t size;
    uint32_t kind; /* enum vm_image_kind */
    /*
     * The file, decompressed if it was gzip. Its first VM_IMAGE_HEAD bytes may be looked at;
     * beyond, only write_ram can read it.
     */
    const uint8_t *data;
    uint64_t length;
    const char *path; /* for messages */
    /* ELF only */
    uint16_t elf_machine; /* e_machine */
    uint8_t elf_class;    /* 1: 32 bits, 2: 64 bits */
    uint8_t elf_big_endian;
    uint32_t n_segments;
    uint64_t entry; /* physical, if e_entry lies in a segment; else as the file says */
    const struct vm_image_segment *segments;
};

/* The [boot] section; absent ones are NULL. */
struct vm_boot {
    uint32_t size;
    uint32_t reserved;
    const char *firmware, *kernel, *initrd; /* absolute paths */
    const char *cmdline;                    /* "" if none */
};

struct vm_board_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;
    /*
     * Reads a file (at most `limit` bytes after decompression): ELF is recognised and parsed, gzip
     * is unpacked, everything else is RAW. NULL with err set. [before start]
     */
    const struct vm_image *(*load_image)(struct vm_board_ctx *ctx, const char *path, uint64_t limit,
                                         struct vm_error *err);
    /*
     * Writes or zeroes guest-physical memory; -1 with err set if the range is not all RAM, or all
     * one device's memory. [in install()]
     */
    int (*write_ram)(struct vm_board_ctx *ctx, uint64_t pa, const void *data, uint64_t n,
                     struct vm_error *err);
    int (*zero_ram)(struct vm_board_ctx *ctx, uint64_t pa, uint64_t n, struct vm_error *err);
    /* As load_image, but the file as it is: an initrd is unpacked by the guest. [before start] */
    const struct vm_image *(*load_raw)(struct vm_board_ctx *ctx, const char *path, uint64_t limit,
                                       struct vm_error *err);
    /*
     * Offers the n bytes at `data` to the guest's firmware (VM_HOST_BOOT_FILES in device.h): they
     * lie in an image, or live, as the name does, until destroy(). [in prepare()]
     */
    int (*offer)(struct vm_board_ctx *ctx, const char *name, const void *data, uint64_t n,
                 struct vm_error *err);
    /* Whether a device hands that over. [from fdt() on] */
    bool (*is_taken)(struct vm_board_ctx *ctx, const char *name);
    /*
     * How many bytes of RAM or of a device's memory begin at pa; write_ram writes both. 0: there is
     * none. [from fdt() on]
     */
    uint64_t (*memory_at)(struct vm_board_ctx *ctx, uint64_t pa);
};

struct vm_board_ops {
    uint32_t size;
    uint32_t reserved;
    const char *const *archs; /* arch names it can carry ("arch-riscv64"), NULL-terminated */
    uint32_t max_cpus;
    uint32_t reserved2;
    uint64_t counter_hz; /* rate of the machine counter */

    void *(*create)(const struct vm_board_host *host, struct vm_board_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err);
    void (*destroy)(void *board);
    /*
     * Where `ram_size` bytes of RAM go: fills at most `max` ranges, returns how many, or -1 with
     * err set. [before start]
     */
    int (*ram_layout)(void *board, uint64_t ram_size, uint64_t *base, uint64_t *length,
                      uint32_t max, struct vm_error *err);
    /*
     * Reads the boot files, checks them and decides where everything goes. A message begins with
     * the key that it is about, "boot.kernel: ...", so that the core can say where that was said.
     * [before start, once]
     */
    int (*prepare)(void *board, const struct vm_boot *boot, const struct vm_machine_info *info,
                   struct vm_error *err);
    /*
     * All devices are there. Device-tree root properties, /chosen; a message may begin with a key,
     * as in prepare(). The core adds /cpus, /memory, interrupt-parent and
     * the devices; it fills rng-seed, which it adds itself, and kaslr-seed with random bytes at
     * each start. [before start]
     */
    int (*fdt)(void *board, const struct vm_fdt_api *fdt, struct vm_fdt_node *root,
               struct vm_error *err);
    /*
     * Puts everything into guest memory, the device tree included, and says how each vCPU starts.
     * Called at start and at each reset. [vCPUs stopped]
     */
    int (*install)(void *board, const void *fdt, uint64_t fdt_length, struct vm_cpu_start *starts,
                   uint32_t cpus, struct vm_error *err);
    /*
     * The guest's vCPU `cpu` calls firmware that the board stands in for: `regs` as in
     * vm_cpu_host.firmware_call. False: it is no call for this board. May use cpu->host. NULL:
     * none ever is. [that vCPU's thread, several at once]
     */
    bool (*firmware_call)(void *board, struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs);
};

#ifdef __cplusplus
}
#endif
#endif

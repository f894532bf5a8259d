/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - what the library's files share: the device as it is mapped, and its rings. */
#ifndef VGPU_INTERNAL_H
#define VGPU_INTERNAL_H

#include <string.h>

#include "vgpu.h"

#define ENTRIES 256u

/* The window: rings, arguments of launches (a place for each ticket), text, names and records, a
 * part to copy through, the program's own part. */
#define RING_BYTES     (ENTRIES * VGPU_ENTRY_BYTES)
#define ARGUMENT_BYTES 4096u
#define AT_SUBMIT      0u
#define AT_COMPLETE    RING_BYTES
#define AT_ARGUMENTS   (2 * RING_BYTES)
#define AT_TEXT        (AT_ARGUMENTS + ENTRIES * ARGUMENT_BYTES)
#define AT_RECORD      (AT_TEXT + VGPU_MAX_TEXT)
#define RECORD_BYTES   8192u
#define AT_STAGE       (2u << 20)

enum { TICKET_FREE = 0, TICKET_UNDER_WAY, TICKET_DONE };

struct vgpu {
    char address[32], text[VGPU_MAX_TEXT];
    int fd;
    volatile uint32_t *registers;
    uint8_t *window;
    uint64_t window_size, stage_size;
    uint32_t gpus, tail, seen; /* completions */
    uint8_t tickets[ENTRIES];
    struct vgpu_result results[ENTRIES];
};

/* Between stores to the window and the doorbell, and between loads of the ring. */
static inline void vgpu_barrier(void)
{
#if defined(__riscv)
    __asm__ volatile("fence iorw, iorw" ::: "memory");
#elif defined(__aarch64__)
    __asm__ volatile("dsb sy" ::: "memory");
#elif defined(__x86_64__)
    __asm__ volatile("mfence" ::: "memory");
#elif defined(__powerpc64__)
    __asm__ volatile("sync" ::: "memory");
#else
#error "what orders accesses to devices on this processor?"
#endif
}

static inline uint32_t vgpu_le32(uint32_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap32(value);
#else
    return value;
#endif
}

static inline uint64_t vgpu_le64(uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return __builtin_bswap64(value);
#else
    return value;
#endif
}

static inline uint32_t vgpu_reg_read(const struct vgpu *v, uint32_t at)
{
    return vgpu_le32(v->registers[at / 4]);
}

static inline void vgpu_reg_write(struct vgpu *v, uint32_t at, uint32_t value)
{
    v->registers[at / 4] = vgpu_le32(value);
}

/* Copies with aligned accesses on the window's side: it may be mapped as a device's memory, in
 * which some processors allow no others. `at` is a multiple of 16; up to 15 bytes behind the n may
 * be written, too. */
void vgpu_put(struct vgpu *v, uint64_t at, const void *from, uint64_t n);
void vgpu_get(struct vgpu *v, void *to, uint64_t at, uint64_t n);

/* rings.c: as vgpu_begin_launch(); words of a failure go to AT_TEXT. */
int vgpu_submit_launch(struct vgpu *v, uint32_t gpu, const struct vgpu_launch *l,
                       uint32_t text_bytes, uint32_t *ticket);

/* pci.c: finds and maps the device. -1 with words in `why`. */
int vgpu_map(struct vgpu *v, const char *address, char *why, size_t why_size);
void vgpu_unmap(struct vgpu *v);

#endif

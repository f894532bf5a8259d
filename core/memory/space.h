/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * space.h - guest-physical address space: RAM blocks, MMIO dispatch, DMA.
 *
 * Readers take no lock (view.h). Ranges never overlap: for those that stay it is an error; of those
 * that move, the one that came first is seen. Registers are looked up at each access, and RAM never
 * moves, so nothing has to be flushed when a range does, except where it is shared memory.
 *
 * Values of register accesses are as a little-endian load of the bytes would see them: the byte at
 * the lowest address is the least significant one, whatever the byte order of the region.
 */
#ifndef CORE_MEMORY_SPACE_H
#define CORE_MEMORY_SPACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <vmrun/device.h>

struct space;

/* Per 4K page of RAM, [shared]. */
#define PAGE_CODE 1u /* translated code was made from this page: stores take the slow path */

struct ram_block {
    uint64_t base, length;
    uint8_t *host;
    _Atomic uint8_t *page_flags; /* one byte per page, PAGE_* */
    bool of_device; /* a region's memory: written by its device (and the board) only, */
    bool shared;    /* unless this is set: by the guest as well; holds no code, may move */
    /* Of a device's memory: whether the guest reads it itself, and whether a TLB may have it. */
    _Atomic bool direct, mapped;
};

/* Something that answers register accesses; `dev` is locked by `lock`/`unlock` around the call. */
struct mmio_target {
    struct vm_region region; /* ops, sizes, byte order */
    void *dev;
    void *lock_arg;
    /* Takes the device's lock; false: it is held by this very thread (re-entry by DMA): answer with
     * a bus error. */
    bool (*lock)(void *lock_arg); /* NULL: needs no lock */
    void (*unlock)(void *lock_arg);
    const char *name; /* for messages and --trace devices */
};

struct space_range {
    uint64_t base, length;
    struct ram_block *ram;    /* RAM if not NULL, or what reads see of a device with memory */
    struct mmio_target *mmio; /* registers, or who takes what does not reach it; NULL: RAM */
};

struct ram_options {
    bool hugepages;
    int numa_node; /* -1: any */
};

struct space *space_new(void);
void space_free(struct space *s);
/*
 * -1 with err set: overlap (names both), bad base, length or region, no memory. RAM is
 * page-aligned. *target is copied, but not what it points to. [before start]
 */
int space_add_ram(struct space *s, uint64_t base, uint64_t length, const struct ram_options *o,
                  struct vm_error *err);
int space_add_mmio(struct space *s, uint64_t base, const struct mmio_target *target,
                   struct vm_error *err);
/*
 * Memory of a device's region, zeroed and direct; it belongs to the space. NULL with err set.
 * space_add_memory() puts it into the address space, with the region's target for what is no direct
 * read. Shared memory, whose writes are direct, too, may come by space_add_movable() instead.
 * [before start]
 */
struct ram_block *space_new_memory(struct space *s, uint64_t length, bool shared,
                                   struct vm_error *err);
int space_add_memory(struct space *s, uint64_t base, const struct mmio_target *target,
                     struct ram_block *memory, struct vm_error *err);
/*
 * As space_find(), for a TLB, which may keep what it is told until it is flushed. *host: the byte
 * at pa, if reads see memory; NULL: registers. [any thread]
 */
bool space_map(const struct space *s, uint64_t pa, struct space_range *out, uint8_t **host);
/* Changes that. True: TLBs may have it and are to be flushed. [any thread] */
bool space_set_direct(struct ram_block *memory, bool direct);

/* Keeps ranges that stay out of [base, base + length), where those that move will be. -1 with err
 * set: something is there. [before start] */
int space_reserve(struct space *s, uint64_t base, uint64_t length, const char *name,
                  struct vm_error *err);

/* A range that moves; nowhere at first. As space_add_mmio, with `memory` or NULL; lives as long as
 * the space. [before start] */
struct space_movable;
struct space_movable *space_add_movable(struct space *s, const struct mmio_target *target,
                                        struct ram_block *memory, struct vm_error *err);
/* Puts it at `base` or takes it away. It stays hidden while another range is in its place, or if it
 * would wrap around. True: TLBs may have it where it was and are to be flushed. [any thread] */
bool space_place(struct space *s, struct space_movable *m, bool placed, uint64_t base);

/* The range that holds pa; false: there is none. Lock-free. [any thread] What it points to lives
 * until the machine is freed. */
bool space_find(const struct space *s, uint64_t pa, struct space_range *out);
/*
 * The same for one thread that keeps what it found before, zeroed at first: how many devices there
 * are does not matter to one who uses few of them. The result holds until the next call with these
 * hints; NULL: there is none.
 */
#define SPACE_HINTS 8u
struct space_hint {
    uint32_t number; /* of the list in which it was found */
    struct space_range range;
};
const struct space_range *space_find_again(const struct space *s, uint64_t pa,
                                           struct space_hint hints[SPACE_HINTS]);
/* The block of RAM, or of a device's memory that does not move, that holds pa; or of any that holds
 * this byte of ours; NULL: none. [any thread] */
struct ram_block *space_ram_block(const struct space *s, uint64_t pa);
struct ram_block *space_host_block(const struct space *s, const void *host);
static inline _Atomic uint8_t *ram_page_flags(const struct ram_block *ram, uint64_t pa)
{
    return &ram->page_flags[(pa - ram->base) >> 12];
}
/* Host pointer for [pa, pa+n), or NULL if not all of it is one such block. */
void *space_ram(const struct space *s, uint64_t pa, uint64_t n);
uint32_t space_ram_blocks(const struct space *s, struct ram_block *const **blocks);

/* One register access with the size rules of its region (validity, splitting, widening, byte
 * order). enum vm_access_result. */
int mmio_read(const struct space_range *r, uint64_t pa, uint32_t size, uint64_t *value);
int mmio_write(const struct space_range *r, uint64_t pa, uint32_t size, uint64_t value);

/*
 * Bulk copies for DMA and boot. A write to a page flagged PAGE_CODE calls the code-write hook. enum
 * vm_access_result; stops at the first byte that is not RAM (allow_mmio: registers are accessed
 * too, by the widest aligned accesses that they take). [any thread]
 */
int space_read(struct space *s, uint64_t pa, void *buf, uint64_t n, bool allow_mmio);
int space_write(struct space *s, uint64_t pa, const void *buf, uint64_t n, bool allow_mmio);
/*
 * The hook is called on the writing thread after bytes of a PAGE_CODE page changed; it invalidates
 * units made from [pa, pa+n), which never crosses a page, and returns whether there were any.
 * [before start]
 */
void space_set_code_hook(struct space *s, bool (*hook)(void *opaque, uint64_t pa, uint64_t n),
                         void *opaque);
/* Calls the hook. */
bool space_code_written(struct space *s, uint64_t pa, uint64_t n);
/*
 * What every writer of RAM other than a vCPU's own TLB path does after it has written [pa, pa+n) of
 * `ram`: calls the hook for each page of it that is flagged PAGE_CODE. Race-free against a page
 * that is being flagged right now: the flag is read by a read-modify-write, so either we see the
 * flag, or the translator, which flags the page before it compares the bytes again, sees our bytes.
 * True if the hook said so for any page. [any thread]
 */
bool space_ram_written(struct space *s, struct ram_block *ram, uint64_t pa, uint64_t n);
/* Copies between guest RAM, which others may be changing, and our own memory. 1, 2, 4 and 8 aligned
 * bytes are copied at once. */
void ram_copy_from(void *to, const uint8_t *ram, uint64_t n);
void ram_copy_to(uint8_t *ram, const void *from, uint64_t n);
/* Zeroes all RAM (reset), giving the memory back to the host; memory of devices stays. PAGE_CODE
 * flags stay: their owner drops its units. [vCPUs stopped] */
void space_clear_ram(struct space *s);

#endif

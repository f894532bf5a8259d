/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pflash.h - the state of one dev-pflash: a bank of two 16-bit flash chips side by side on a 32-bit
 * bus, and the file that keeps its contents.
 *
 * Of each 32 bits the lower half is chip 0's. Addresses of a chip count its 16-bit words.
 */
#ifndef DEV_PFLASH_PFLASH_H
#define DEV_PFLASH_PFLASH_H

#include <stdbool.h>
#include <vmrun/device.h>

#define CHIPS 2u
#define BLOCK_BYTES \
    0x40000u /* of the bank, that is half as many of a chip: what is erased at once */
#define MIN_BYTES    0x80000u
#define MAX_BYTES    0x10000000u
#define MAX_BLOCKS   (MAX_BYTES / BLOCK_BYTES)
#define BUFFER_WORDS 32u /* of a chip's write buffer */

/* What reads see. */
enum chip_mode { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY, N_MODES };

/* What the next write means. */
enum chip_step {
    STEP_COMMAND,
    STEP_PROGRAM, /* the word to be programmed */
    STEP_ERASE,   /* confirms an erase */
    STEP_LOCK,    /* which change of a block's lock */
    STEP_COUNT,   /* how many words follow, less one */
    STEP_DATA,    /* one of them */
    STEP_CONFIRM, /* confirms programming them */
    N_STEPS
};

/* A block's lock, of each chip. */
#define LOCKED      1u
#define LOCKED_DOWN 2u /* until a reset */

struct pflash {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    int region;
    uint8_t *memory; /* the contents */
    uint64_t size;
    bool readonly;

    int fd;        /* -1: contents go with the machine */
    char *planned; /* the file that the first write makes; NULL: none */
    bool unsynced, syncing;

    /* Saved state. Contents are no part of it: they are the file's or, like RAM, the machine's. */
    uint8_t mode[CHIPS], step[CHIPS], status[CHIPS];
    uint8_t locks[CHIPS * MAX_BLOCKS];
    uint32_t start[CHIPS];                 /* of the words in the write buffer */
    uint8_t expected[CHIPS], given[CHIPS]; /* so many words; `given` counts writes */
    uint16_t buffer[CHIPS * BUFFER_WORDS]; /* 0xffff, which changes nothing, where none was given */
};

/* ---- chip.c: the commands. Both calls: a whole access of 2 or 4 aligned bytes. --------------- */

uint32_t chips_read(const struct pflash *f, uint64_t offset, uint32_t size);
void chips_write(struct pflash *f, uint64_t offset, uint32_t size, uint32_t value);
void chips_reset(struct pflash *f);
/* After saved state was loaded; -1 with err set: no chip can be so. */
int chips_check(struct pflash *f, struct vm_error *err);

/* ---- store.c: the contents ------------------------------------------------------------------- */

/*
 * Opens the file and reads it; if there is none, reads `template` (unless NULL), which
 * store_write() makes the file from. `path` NULL: all is erased, or zero where the flash is
 * read-only, for a board to fill.
 */
int store_open(struct pflash *f, const char *path, const char *template, struct vm_error *err);
/*
 * Contents become the n bytes at `bytes`: in the file first, so that what the guest is told is
 * programmed outlives this process. False: the file cannot be written, nothing has changed.
 */
bool store_write(struct pflash *f, uint64_t offset, const void *bytes, uint64_t n);
/* Has the host put on its disk what was written, in the background. */
void store_sync(struct pflash *f);
void store_close(struct pflash *f);

#endif

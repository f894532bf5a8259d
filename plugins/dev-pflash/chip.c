/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chip.c - flash chips with the Intel command set (Common Flash Interface, vendor set 0x0001).
 *
 * Sources: JEDEC JESD68.01, Common Flash Interface (CFI; the query table), JEP137 (numbers of
 * command sets), and the data sheets of Intel's StrataFlash J3 (308551) and P30 (306666) for
 * commands, status and locks. Programming and erasing end within the write that starts them, so
 * that the chips are always ready, and suspending does nothing. Blocks are not locked at power-on,
 * as those of the J3.
 */
#include <string.h>

#include "pflash.h"

enum command {
    PROGRAM_ALTERNATE = 0x10,
    ERASE = 0x20,
    PROGRAM = 0x40,
    CLEAR_STATUS = 0x50,
    LOCK = 0x60,
    READ_STATUS = 0x70,
    READ_ID = 0x90,
    READ_QUERY = 0x98,
    SUSPEND = 0xb0,
    CONFIRM = 0xd0,
    BUFFERED_PROGRAM = 0xe8,
    READ_ARRAY = 0xff,
    /* second cycles of LOCK */
    LOCK_SET = 0x01,
    LOCK_DOWN = 0x2f,
};

#define STATUS_READY   0x80u
#define STATUS_ERASE   0x20u /* failed */
#define STATUS_PROGRAM 0x10u /* failed; both: a wrong sequence of commands */
#define STATUS_LOCKED  0x02u /* because of the block's lock */

#define BLOCK_WORDS (BLOCK_BYTES / CHIPS / 2)

/* Manufacturer and device, as of the 256-Mbit J3: software goes by the query table. */
#define ID_MANUFACTURER 0x0089u
#define ID_DEVICE       0x001du

/* ---- What is read ---------------------------------------------------------------------------- */

/*
 * CFI 6, from word 0x10 on; sizes are filled in below. Voltages are in tenths of a volt as BCD,
 * times powers of two of microseconds (erase: milliseconds).
 */
#define QUERY_FIRST  0x10u
#define QUERY_SIZE   0x27u /* log2 of the chip's bytes */
#define QUERY_BLOCKS 0x2du /* number of blocks less one, two bytes */

static const uint8_t query[] = {
    'Q',  'R',  'Y',              /* 0x10 */
    0x01, 0x00, 0x31, 0x00,       /* command set, and where its own table is */
    0x00, 0x00, 0x00, 0x00,       /* no alternative */
    0x27, 0x36, 0x00, 0x00,       /* 0x1b: Vcc, Vpp */
    0x07, 0x07, 0x0a, 0x00,       /* 0x1f: typical times of word, buffer, block, chip (none) */
    0x04, 0x04, 0x04, 0x00,       /* 0x23: how many times as much is the longest */
    0x00, 0x01, 0x00,             /* 0x27: size; 16 bits wide */
    0x06, 0x00,                   /* 0x2a: log2 of the write buffer's bytes */
    0x01, 0x00, 0x00, 0x00, 0x02, /* 0x2c: one region of blocks; their size / 256 */
    'P',  'R',  'I',  '1',  '0',  /* 0x31 */
    0x20, 0x00, 0x00, 0x00,       /* 0x36: blocks can be locked one by one */
    0x00, 0x01, 0x00, /* 0x3a: no commands while suspended; the lock's bit can be read */
    0x33, 0x00, 0x00, /* 0x3d: best Vcc, Vpp; no protection registers */
};

_Static_assert(sizeof(query) == 0x40 - QUERY_FIRST, "the query table has a hole");
_Static_assert(BUFFER_WORDS * 2 == 1u << 6, "the query table tells another buffer");
_Static_assert(BLOCK_BYTES / CHIPS == 0x200 * 256, "the query table tells another block");

static uint16_t query_word(const struct pflash *f, uint32_t word)
{
    uint64_t chip_bytes = f->size / CHIPS, blocks = f->size / BLOCK_BYTES;

    if (word == QUERY_SIZE)
        return (uint16_t)__builtin_ctzll(chip_bytes);
    if (word == QUERY_BLOCKS || word == QUERY_BLOCKS + 1)
        return (uint8_t)((blocks - 1) >> (word - QUERY_BLOCKS) * 8);
    return word - QUERY_FIRST < sizeof(query) ? query[word - QUERY_FIRST] : 0;
}

static uint8_t *lock_of(struct pflash *f, uint32_t chip, uint32_t word)
{
    return &f->locks[chip * MAX_BLOCKS + word / BLOCK_WORDS];
}

/* The first words of a block. */
static uint16_t id_word(const struct pflash *f, uint32_t chip, uint32_t word)
{
    switch (word % BLOCK_WORDS) {
    case 0:
        return ID_MANUFACTURER;
    case 1:
        return ID_DEVICE;
    case 2:
        return f->locks[chip * MAX_BLOCKS + word / BLOCK_WORDS];
    default:
        return 0;
    }
}

static uint64_t offset_of(uint32_t chip, uint32_t word)
{
    return ((uint64_t)word * CHIPS + chip) * 2;
}

static uint16_t array_word(const struct pflash *f, uint32_t chip, uint32_t word)
{
    const uint8_t *p = f->memory + offset_of(chip, word);

    return (uint16_t)(p[0] | p[1] << 8);
}

static uint16_t chip_read(const struct pflash *f, uint32_t chip, uint32_t word)
{
    switch (f->mode[chip]) {
    case MODE_STATUS:
        return f->status[chip];
    case MODE_ID:
        return id_word(f, chip, word);
    case MODE_QUERY:
        return query_word(f, word);
    default:
        return array_word(f, chip, word);
    }
}

/* ---- Programming and erasing ----------------------------------------------------------------- */

static void fail(struct pflash *f, uint32_t chip, uint32_t why)
{
    f->status[chip] |= (uint8_t)why;
}

static bool is_locked(struct pflash *f, uint32_t chip, uint32_t word)
{
    return f->readonly || *lock_of(f, chip, word);
}

/* Clears the bits of n words that are clear in `words`; all lie in one block. */
static void program(struct pflash *f, uint32_t chip, uint32_t first, const uint16_t *words,
                    uint32_t n)
{
    uint8_t bytes[BUFFER_WORDS * CHIPS * 2];
    uint64_t offset = offset_of(0, first), length = (uint64_t)n * CHIPS * 2;

    if (is_locked(f, chip, first)) {
        fail(f, chip, STATUS_PROGRAM | STATUS_LOCKED);
        return;
    }
    memcpy(bytes, f->memory + offset, length);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *p = bytes + offset_of(chip, i);
        p[0] &= (uint8_t)words[i];
        p[1] &= (uint8_t)(words[i] >> 8);
    }
    if (!store_write(f, offset, bytes, length))
        fail(f, chip, STATUS_PROGRAM);
}

static void erase(struct pflash *f, uint32_t chip, uint32_t word)
{
    static const uint16_t erased = 0xffff;
    uint8_t block[BLOCK_BYTES / 64];
    uint64_t offset = offset_of(0, word / BLOCK_WORDS * BLOCK_WORDS), end = offset + BLOCK_BYTES;

    if (is_locked(f, chip, word)) {
        fail(f, chip, STATUS_ERASE | STATUS_LOCKED);
        return;
    }
    for (; offset < end; offset += sizeof(block)) {
        memcpy(block, f->memory + offset, sizeof(block));
        for (uint32_t at = chip * 2; at < sizeof(block); at += CHIPS * 2)
            memcpy(block + at, &erased, sizeof(erased));
        if (!store_write(f, offset, block, sizeof(block))) {
            fail(f, chip, STATUS_ERASE);
            return;
        }
    }
}

/* ---- Commands -------------------------------------------------------------------------------- */

static void wrong_sequence(struct pflash *f, uint32_t chip)
{
    fail(f, chip, STATUS_PROGRAM | STATUS_ERASE);
    f->step[chip] = STEP_COMMAND;
}

/* First cycles: what reads see from then on, and what the next write is. Others do nothing. */
static const struct {
    uint8_t command, mode, step;
} commands[] = {
    {READ_ARRAY, MODE_ARRAY, STEP_COMMAND},
    {READ_STATUS, MODE_STATUS, STEP_COMMAND},
    {READ_ID, MODE_ID, STEP_COMMAND},
    {READ_QUERY, MODE_QUERY, STEP_COMMAND},
    {PROGRAM, MODE_STATUS, STEP_PROGRAM},
    {PROGRAM_ALTERNATE, MODE_STATUS, STEP_PROGRAM},
    {ERASE, MODE_STATUS, STEP_ERASE},
    {LOCK, MODE_STATUS, STEP_LOCK},
    {BUFFERED_PROGRAM, MODE_STATUS, STEP_COUNT},
    {SUSPEND, MODE_STATUS, STEP_COMMAND},
};

static void command(struct pflash *f, uint32_t chip, uint8_t number)
{
    if (number == CLEAR_STATUS)
        f->status[chip] = STATUS_READY;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].command != number)
            continue;
        f->mode[chip] = commands[i].mode;
        f->step[chip] = commands[i].step;
    }
}

static void change_lock(struct pflash *f, uint32_t chip, uint32_t word, uint8_t how)
{
    uint8_t *lock = lock_of(f, chip, word);

    f->step[chip] = STEP_COMMAND;
    if (how == LOCK_SET)
        *lock |= LOCKED;
    else if (how == LOCK_DOWN)
        *lock |= LOCKED | LOCKED_DOWN;
    else if (how != CONFIRM)
        wrong_sequence(f, chip);
    else if (!(*lock & LOCKED_DOWN))
        *lock = 0;
}

static void take_count(struct pflash *f, uint32_t chip, uint16_t count)
{
    if (count >= BUFFER_WORDS) {
        wrong_sequence(f, chip);
        return;
    }
    f->expected[chip] = (uint8_t)(count + 1);
    f->given[chip] = 0;
    f->start[chip] = 0;
    memset(f->buffer + chip * BUFFER_WORDS, 0xff, BUFFER_WORDS * sizeof(f->buffer[0]));
    f->step[chip] = STEP_DATA;
}

/* The first word's address is the buffer's; all others are at most as far behind as there are
 * words, and in the same block. */
static void take_data(struct pflash *f, uint32_t chip, uint32_t word, uint16_t data)
{
    if (f->given[chip] == 0)
        f->start[chip] = word;
    uint32_t start = f->start[chip], last = start + f->expected[chip] - 1;
    if (word < start || word > last || start / BLOCK_WORDS != last / BLOCK_WORDS) {
        wrong_sequence(f, chip);
        return;
    }
    f->buffer[chip * BUFFER_WORDS + (word - start)] = data;
    if (++f->given[chip] == f->expected[chip])
        f->step[chip] = STEP_CONFIRM;
}

static void chip_write(struct pflash *f, uint32_t chip, uint32_t word, uint16_t data)
{
    switch (f->step[chip]) {
    case STEP_PROGRAM:
        f->step[chip] = STEP_COMMAND;
        program(f, chip, word, &data, 1);
        break;
    case STEP_ERASE:
        f->step[chip] = STEP_COMMAND;
        if ((uint8_t)data == CONFIRM)
            erase(f, chip, word);
        else
            wrong_sequence(f, chip);
        break;
    case STEP_LOCK:
        change_lock(f, chip, word, (uint8_t)data);
        break;
    case STEP_COUNT:
        take_count(f, chip, data);
        break;
    case STEP_DATA:
        take_data(f, chip, word, data);
        break;
    case STEP_CONFIRM:
        f->step[chip] = STEP_COMMAND;
        if ((uint8_t)data == CONFIRM)
            program(f, chip, f->start[chip], f->buffer + chip * BUFFER_WORDS, f->expected[chip]);
        else
            wrong_sequence(f, chip);
        break;
    default:
        command(f, chip, (uint8_t)data);
        break;
    }
}

/* ---- The bank -------------------------------------------------------------------------------- */

static void update_direct(struct pflash *f)
{
    bool array = true;

    for (uint32_t chip = 0; chip < CHIPS; chip++)
        array = array && f->mode[chip] == MODE_ARRAY;
    f->host->region_direct(f->ctx, (uint32_t)f->region, array);
    if (array)
        store_sync(f);
}

uint32_t chips_read(const struct pflash *f, uint64_t offset, uint32_t size)
{
    uint32_t value = 0;

    for (uint32_t done = 0; done < size; done += 2) {
        uint64_t at = (offset + done) / 2;
        value |= (uint32_t)chip_read(f, at % CHIPS, (uint32_t)(at / CHIPS)) << done * 8;
    }
    return value;
}

void chips_write(struct pflash *f, uint64_t offset, uint32_t size, uint32_t value)
{
    for (uint32_t done = 0; done < size; done += 2) {
        uint64_t at = (offset + done) / 2;
        chip_write(f, at % CHIPS, (uint32_t)(at / CHIPS), (uint16_t)(value >> done * 8));
    }
    update_direct(f);
}

void chips_reset(struct pflash *f)
{
    for (uint32_t chip = 0; chip < CHIPS; chip++) {
        f->mode[chip] = MODE_ARRAY;
        f->step[chip] = STEP_COMMAND;
        f->status[chip] = STATUS_READY;
        f->expected[chip] = f->given[chip] = 0;
        f->start[chip] = 0;
    }
    memset(f->locks, 0, sizeof(f->locks));
    memset(f->buffer, 0xff, sizeof(f->buffer));
    update_direct(f);
}

static bool is_sound(const struct pflash *f, uint32_t chip)
{
    uint8_t step = f->step[chip], expected = f->expected[chip], given = f->given[chip];
    uint32_t start = f->start[chip], words = (uint32_t)(f->size / CHIPS / 2);

    if (f->mode[chip] >= N_MODES || step >= N_STEPS || expected > BUFFER_WORDS || given > expected)
        return false;
    if (step != STEP_DATA && step != STEP_CONFIRM)
        return true;
    return expected > 0 && (step == STEP_CONFIRM || given < expected) && start < words &&
           start / BLOCK_WORDS == (start + expected - 1) / BLOCK_WORDS;
}

int chips_check(struct pflash *f, struct vm_error *err)
{
    for (uint32_t chip = 0; chip < CHIPS; chip++)
        if (!is_sound(f, chip))
            return vm_error_set(err, "saved flash state: chip %u is in a state that there is not",
                                chip);
    for (uint32_t i = 0; i < CHIPS * MAX_BLOCKS; i++)
        f->locks[i] &= LOCKED | LOCKED_DOWN;
    update_direct(f);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Flash memory: what is read there changes with each command, in hot code, too; code runs from it,
 * and dies when it is erased. */
#include "test.h"

#define WORDS (0x100000 / 4)
#define BLOCK (0x40000 / 4)
#define BOTH  0x10001u /* times a command: to both chips */
#define READY (0x80 * BOTH)

#define MOVZ_X0(value) (0xd2800000u | (uint32_t)(value) << 5)
#define RETURN         0xd65f03c0u

static volatile uint32_t *const flash = (volatile uint32_t *)FLASH_BASE;

static void read_array(void)
{
    flash[0] = 0xff * BOTH;
}

static uint32_t program(uint32_t at, uint32_t value)
{
    flash[at] = 0x40 * BOTH;
    flash[at] = value;
    return flash[at];
}

static void erase(uint32_t at)
{
    flash[at] = 0x20 * BOTH;
    flash[at] = 0xd0 * BOTH;
    check("erased", flash[at], READY);
    read_array();
}

/* Status, array, status, array: all by the same instructions, often enough to get hot. */
static void words(void)
{
    uint32_t bad_status = 0, bad_value = 0, not_erased = 0;

    for (uint32_t i = 0; i < 5000; i++) {
        not_erased += flash[i] != 0xffffffff;
        bad_status += program(i, i * 0x10003) != READY;
        read_array();
        bad_value += flash[i] != i * 0x10003;
    }
    check("words that were not erased", not_erased, 0);
    check("bad status", bad_status, 0);
    check("words that were not programmed", bad_value, 0);
    erase(0);
    check("first", flash[0], 0xffffffff);
    check("last", flash[4999], 0xffffffff);
}

/* A loop over the array, with a command at times. */
static void reads(void)
{
    uint64_t sum = 0;

    program(BLOCK, 1);
    program(BLOCK + 1, 2);
    read_array();
    for (uint32_t i = 0; i < 20000; i++) {
        sum += flash[BLOCK + (i & 1)];
        if (i % 1000 != 999)
            continue;
        flash[BLOCK] = 0x70 * BOTH;
        check("status", flash[BLOCK + (i & 1)], READY);
        flash[BLOCK] = 0xff * BOTH;
    }
    check("sum", sum, 30000);
    erase(BLOCK);
}

static void code(void)
{
    uint64_t (*function)(void) = (uint64_t(*)(void))(FLASH_BASE + BLOCK * 8);
    uint32_t at = 2 * BLOCK;

    for (uint32_t i = 0; i < 100; i++) {
        program(at, MOVZ_X0(i));
        program(at + 1, RETURN);
        read_array();
        sync_code((void *)(uintptr_t)(flash + at), 8);
        check("code in flash", function(), i);
        check("code in flash, again", function(), i);
        erase(at);
    }
}

/* While a status is read there, no instruction can be. */
static void fetch_of_status(void)
{
    struct trap t;
    uint64_t pc = FLASH_BASE + BLOCK * 8;

    program(2 * BLOCK, RETURN);
    read_array();
    check("it returns", try_at(&t, pc, 5, 0), 0);
    flash[0] = 0x70 * BOTH;
    check_trap("fetch of status", try_at(&t, pc, 5, 0), &t, ESR(EC_IABORT, 0x10), pc);
    read_array();
    check("it returns again", try_at(&t, pc, 5, 0), 0);
    erase(2 * BLOCK);
}

int main(void)
{
    check("erased at first", flash[WORDS - 1], 0xffffffff);
    words();
    reads();
    code();
    fetch_of_status();
    finish();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that is rewritten, and that rewrites itself. */
#include "test.h"

#define MOVZ_X0(value) (0xd2800000u | (uint32_t)(value) << 5)
#define RETURN         0xd65f03c0u

static uint32_t code[1024] __attribute__((aligned(4096)));

/* One function, rewritten before each call; often enough that it gets hot. */
static void rewritten(void)
{
    uint64_t (*function)(void) = (uint64_t(*)(void))(void *)code;

    code[1] = RETURN;
    for (uint64_t i = 0; i < 3000; i++) {
        code[0] = MOVZ_X0(i & 0xffff);
        sync_code(code, 8);
        if (function() != i)
            check("rewritten function", function(), i);
    }
    check("last", function(), 2999);
}

/* Data on the page of hot code changes all the time. */
static void beside_data(void)
{
    uint64_t (*function)(void) = (uint64_t(*)(void))(void *)code;
    volatile uint32_t *data = code + 1000;
    uint64_t sum = 0;

    code[0] = MOVZ_X0(3);
    sync_code(code, 8);
    *data = 0;
    for (uint64_t i = 0; i < 20000; i++) {
        sum += function();
        *data += 1;
    }
    check("sum", sum, 60000);
    check("data", *data, 20000);
}

/* str w1, [x2]; isb; then the instruction that was stored; ret */
static void stores_ahead(void)
{
    uint64_t (*function)(uint64_t, uint32_t, uint32_t *) =
        (uint64_t(*)(uint64_t, uint32_t, uint32_t *))(void *)code;

    for (uint64_t i = 0; i < 500; i++) {
        code[0] = 0xb9000041;
        code[1] = 0xd50b7b22; /* dc cvau, x2 */
        code[2] = 0xd5033b9f; /* dsb ish */
        code[3] = 0xd50b7522; /* ic ivau, x2 */
        code[4] = 0xd5033b9f;
        code[5] = 0xd5033fdf; /* isb */
        code[6] = MOVZ_X0(1);
        code[7] = RETURN;
        sync_code(code, 32);
        check("stored ahead", function(0, MOVZ_X0(i + 2), code + 6), i + 2);
    }
}

int main(void)
{
    rewritten();
    beside_data();
    stores_ahead();
    return 0;
}

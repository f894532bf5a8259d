/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * painter.c - draws in a frame of RAM by stores of all widths, waits for a moment in which a
 * display may look, and draws some of it again. display.tap knows what must be there in the end.
 */
#include "test.h"

#define FRAME  0x2c000000ul
#define WIDTH  70u
#define HEIGHT 50u
#define STRIDE (WIDTH * 4u)
#define MOMENT (10000000ul / 5) /* of mtime: a fifth of a second */

static uint64_t place(unsigned x, unsigned y)
{
    return FRAME + (uint64_t)y * STRIDE + x * 4u;
}

static uint32_t colour(unsigned x, unsigned y)
{
    return (x * 3u) << 16 | (y * 5u) << 8 | (x * y & 0xff);
}

/* Two pixels that lie at a multiple of eight bytes. */
static uint64_t two(unsigned x, unsigned y)
{
    return colour(x, y) | (uint64_t)colour(x + 1, y) << 32;
}

static void draw_two(unsigned x, unsigned y)
{
    uint64_t at = place(x, y), value = two(x, y);

    for (unsigned i = 0; i < 8; i++) {
        switch (y % 4) {
        case 0:
            io_write8(at + i, (uint8_t)(value >> i * 8));
            break;
        case 1:
            if (i % 2 == 0)
                *(volatile uint16_t *)(at + i) = (uint16_t)(value >> i * 8);
            break;
        case 2:
            if (i % 4 == 0)
                io_write32(at + i, (uint32_t)(value >> i * 8));
            break;
        default:
            if (i == 0)
                io_write64(at, value);
            break;
        }
    }
}

static void draw_all(void)
{
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x += 2)
            draw_two(x, y);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x += 2)
            check("it is there", io_read64(place(x, y)), two(x, y));
}

static void wait_a_moment(void)
{
    uint64_t begin = mtime();

    while (mtime() - begin < MOMENT)
        ;
}

/* By an atomic operation, which returns what was there. */
static uint32_t invert(unsigned x, unsigned y)
{
    uint32_t old;

    __asm__ volatile("amoxor.w %0, %2, (%1)"
                     : "=r"(old)
                     : "r"(place(x, y)), "r"(0xffffff)
                     : "memory");
    return old;
}

static void draw_again(void)
{
    static const unsigned lines[] = {0, 7, 8, 9, 49};

    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        for (unsigned x = 0; x < WIDTH; x++)
            check("the old colour", invert(x, lines[i]), colour(x, lines[i]));
}

/* At no multiple of anything, in two pages. */
static void draw_across(void)
{
    volatile uint32_t *at = (volatile uint32_t *)(FRAME + 4095);

    *at = 0x04030201;
    check("across pages", *at, 0x04030201);
}

static void is_no_code(void)
{
    struct trap t;

    enter(&t, MODE_M, FRAME, 0, 0);
    check_trap("a picture is no code", &t, CAUSE_FETCH_ACCESS, FRAME, FRAME);
}

int main(void)
{
    draw_all();
    print("drawn once\n");
    wait_a_moment();
    draw_again();
    draw_across();
    is_no_code();
    finish();
}

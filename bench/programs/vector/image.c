/* SPDX-License-Identifier: BSD-2-Clause */
/* image - filters of a picture of bytes: a blur of 3 x 3, edges, and a threshold. */
#include "../bench.h"

#define WIDTH  256
#define HEIGHT 128

const unsigned bench_count = 4000;

static uint8_t from[HEIGHT][WIDTH], to[HEIGHT][WIDTH];

/* 1 2 1, 2 4 2, 1 2 1, of 16 */
static void blur(void)
{
    static uint16_t column[WIDTH];
    for (unsigned y = 1; y + 1 < HEIGHT; y++) {
        const uint8_t *a = from[y - 1], *b = from[y], *c = from[y + 1];
        for (unsigned x = 0; x < WIDTH; x++)
            column[x] = (uint16_t)(a[x] + 2 * b[x] + c[x]);
        for (unsigned x = 1; x + 1 < WIDTH; x++)
            to[y][x] = (uint8_t)((column[x - 1] + 2 * column[x] + column[x + 1] + 8) >> 4);
    }
}

static uint8_t difference(uint8_t a, uint8_t b)
{
    return a > b ? (uint8_t)(a - b) : (uint8_t)(b - a);
}

/* Where neighbours differ; the picture that is blurred next. */
static void edges(void)
{
    for (unsigned y = 0; y + 1 < HEIGHT; y++)
        for (unsigned x = 0; x + 1 < WIDTH; x++) {
            uint8_t across = difference(to[y][x], to[y][x + 1]),
                    down = difference(to[y][x], to[y + 1][x]);
            uint8_t most = across > down ? across : down;
            from[y][x] = most > 24 ? 255 - from[y][x] : (uint8_t)(from[y][x] + most);
        }
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 9;
    uint64_t sum = 0;
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            from[y][x] = (uint8_t)bench_random(&seed);
    for (unsigned round = 0; round < count; round++) {
        blur();
        edges();
        sum = bench_mix(sum, from[round % HEIGHT][round * 5 % WIDTH]);
    }
    return sum;
}

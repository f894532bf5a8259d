/* SPDX-License-Identifier: BSD-2-Clause */
/* colour - pixels of three bytes, apart and together: brightness, saturation, and a lookup's index.
 */
#include "../bench.h"

#define PIXELS 16384

const unsigned bench_count = 6000;

static uint8_t picture[PIXELS * 3], grey[PIXELS];

static void brightness(void)
{
    for (unsigned i = 0; i < PIXELS; i++)
        grey[i] = (uint8_t)((77 * picture[3 * i] + 150 * picture[3 * i + 1] +
                             29 * picture[3 * i + 2] + 128) >>
                            8);
}

/* Half way to grey, red and blue exchanged: the picture of the next round. */
static void fade(void)
{
    for (unsigned i = 0; i < PIXELS; i++) {
        uint8_t r = picture[3 * i], g = picture[3 * i + 1], b = picture[3 * i + 2];
        picture[3 * i] = (uint8_t)((b + grey[i] + 1) / 2 + 13);
        picture[3 * i + 1] = (uint8_t)((g + grey[i] + 1) / 2 + 101);
        picture[3 * i + 2] = (uint8_t)((r + grey[i] + 1) / 2 + 57);
    }
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 5;
    uint64_t sum = 0;
    for (unsigned i = 0; i < sizeof(picture); i++)
        picture[i] = (uint8_t)bench_random(&seed);
    for (unsigned round = 0; round < count; round++) {
        brightness();
        fade();
        sum = bench_mix(sum, picture[round * 7 % sizeof(picture)]);
    }
    return sum;
}

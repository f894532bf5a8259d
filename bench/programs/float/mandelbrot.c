/* SPDX-License-Identifier: BSD-2-Clause */
/* mandelbrot - the set on a grid, in double and in single precision: short loops that end on a
 * comparison. */
#include "../bench.h"

#define SIZE  64
#define LIMIT 100

const unsigned bench_count = 60;

static unsigned escape(double cr, double ci)
{
    double r = 0, i = 0;
    unsigned n = 0;
    while (n < LIMIT && r * r + i * i <= 4.0) {
        double t = r * r - i * i + cr;
        i = 2 * r * i + ci;
        r = t;
        n++;
    }
    return n;
}

static unsigned escape_single(float cr, float ci)
{
    float r = 0, i = 0;
    unsigned n = 0;
    while (n < LIMIT && r * r + i * i <= 4.0f) {
        float t = r * r - i * i + cr;
        i = 2 * r * i + ci;
        r = t;
        n++;
    }
    return n;
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < count; round++)
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++) {
                double cr = -2.1 + 3.0 * x / SIZE + 0.0001 * round, ci = -1.2 + 2.4 * y / SIZE;
                sum += escape(cr, ci);
                sum += escape_single((float)cr, (float)ci);
            }
    bench_value((double)sum);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* strings - length, search, comparison and copy of strings by the C library. */
#include <string.h>

#include "../bench.h"

#define LINES  512
#define LENGTH 128

const unsigned bench_count = 1300;

static char lines[LINES][LENGTH], copy[LENGTH];

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint32_t seed = 23;
    for (unsigned i = 0; i < LINES; i++) {
        unsigned n = 20 + bench_random(&seed) % (LENGTH - 21);
        for (unsigned k = 0; k < n; k++)
            lines[i][k] = (char)(' ' + bench_random(&seed) % 90);
        /* Lines begin alike, so that comparisons have something to do. */
        memcpy(lines[i], "the same 16 bytes", 16);
        lines[i][n] = 0;
    }
    for (unsigned round = 0; round < count; round++)
        for (unsigned i = 0; i < LINES; i++) {
            const char *s = lines[i], *other = lines[(i + round) % LINES];
            size_t n = strlen(s);
            const char *at = strchr(s, 'A' + (int)(round % 26)), *last = strrchr(s, 'e');
            const char *mem = memchr(s, 'z', n), *in = strstr(s, "16 by");
            strcpy(copy, other);
            sum += n + (at ? (size_t)(at - s) : 1) + (size_t)(last - s) +
                   (mem ? (size_t)(mem - s) : 2) + (size_t)(in - s);
            sum += (strcmp(s, other) > 0) + 2 * (memcmp(s, other, 20) < 0) + strlen(copy);
        }
    return sum;
}

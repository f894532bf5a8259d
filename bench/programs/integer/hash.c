/* SPDX-License-Identifier: BSD-2-Clause */
/* hash - words counted in a hash table with open addressing: byte loops, multiplications, loads
 * from scattered places. */
#include <string.h>

#include "../bench.h"

#define WORDS  20000
#define SLOTS  65536
#define LENGTH 16

const unsigned bench_count = 40;

struct slot {
    uint64_t hash;
    const char *word;
    uint32_t times;
};

static char words[WORDS][LENGTH];
static struct slot slots[SLOTS];

static void make_words(void)
{
    uint32_t seed = 12345;
    for (unsigned i = 0; i < WORDS; i++) {
        unsigned n = 4 + bench_random(&seed) % (LENGTH - 5);
        for (unsigned k = 0; k < n; k++)
            words[i][k] = (char)('a' + bench_random(&seed) % 26);
        words[i][n] = 0;
    }
}

static uint64_t hash_of(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *s; s++)
        h = (h ^ (uint8_t)*s) * 0x100000001b3u;
    return h;
}

static struct slot *find(const char *word)
{
    uint64_t h = hash_of(word);
    for (unsigned i = (unsigned)(h ^ h >> 32) % SLOTS;; i = (i + 1) % SLOTS) {
        struct slot *s = &slots[i];
        if (!s->word) {
            s->hash = h;
            s->word = word;
        }
        if (s->hash == h && !strcmp(s->word, word))
            return s;
    }
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint32_t seed = 77;
    make_words();
    for (unsigned round = 0; round < count; round++) {
        memset(slots, 0, sizeof(slots));
        for (unsigned i = 0; i < 2 * WORDS; i++)
            find(words[bench_random(&seed) % WORDS])->times++;
        for (unsigned i = 0; i < SLOTS; i++)
            if (slots[i].times)
                sum = bench_mix(sum, slots[i].hash + slots[i].times);
    }
    return sum;
}

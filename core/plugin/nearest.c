/* SPDX-License-Identifier: BSD-2-Clause */
/* nearest.c - the name that was probably meant, for "did you mean". */
#include <ctype.h>
#include <string.h>
#include "core/plugin/registry.h"

enum { MAX_WORD = 64 };

/*
 * Damerau-Levenshtein distance in its restricted form: insertions, deletions, substitutions and
 * swaps of neighbours cost one each. Letter case is free, so that a word that differs in nothing
 * else is always the nearest.
 */
static unsigned edit_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
    unsigned rows[3][MAX_WORD + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= n_b; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= n_a; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= n_b; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            unsigned best = last[j - 1] + (x != y);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]) && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        unsigned *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[n_b];
}

const char *nearest_name(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t n_word = strlen(word);
    /* A third of the letters may be wrong: "cpu" finds "cpus", but "foo" does not find "irq". */
    unsigned limit = n_word < 3 ? 1 : (unsigned)(n_word + 1) / 3;

    if (n_word == 0 || n_word > MAX_WORD)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t n_name = strlen(names[i]);
        if (n_name == 0 || n_name > MAX_WORD)
            continue;
        unsigned distance = edit_distance(word, n_word, names[i], n_name);
        /* Nothing is near of which not a single letter is right. */
        if (distance <= limit && distance < n_word && (!best || distance < limit)) {
            best = names[i];
            limit = distance;
        }
    }
    return best;
}

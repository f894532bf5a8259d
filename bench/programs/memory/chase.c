/* SPDX-License-Identifier: BSD-2-Clause */
/* chase - pointers followed through 2 MiB in random order: each load waits for the one before, on
 * one of 512 pages. */
#include "../bench.h"

#define NODES (1u << 15)
#define STEPS 250000

struct node {
    struct node *next;
    uint64_t value;
    char pad[48];
};

const unsigned bench_count = 12;

static struct node nodes[NODES] __attribute__((aligned(2 << 20)));
static uint32_t order[NODES];

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint32_t seed = 31;
    for (uint32_t i = 0; i < NODES; i++)
        order[i] = i;
    for (uint32_t i = NODES - 1; i > 0; i--) {
        uint32_t j = bench_random(&seed) % (i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (uint32_t i = 0; i < NODES; i++)
        nodes[order[i]] = (struct node){&nodes[order[(i + 1) % NODES]], i, {0}};
    const struct node *n = &nodes[order[0]];
    for (unsigned round = 0; round < count; round++) {
        for (unsigned i = 0; i < STEPS; i++)
            n = n->next;
        sum = bench_mix(sum, n->value);
    }
    return sum;
}

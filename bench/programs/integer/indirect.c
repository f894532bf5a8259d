/* SPDX-License-Identifier: BSD-2-Clause */
/* indirect - calls through pointers: objects of several classes with methods, and a callback; one
 * target and many. */
#include "../bench.h"

#define OBJECTS 64

const unsigned bench_count = 200000;

struct shape;
struct methods {
    uint32_t (*area)(const struct shape *s);
    void (*grow)(struct shape *s, uint32_t by);
};
struct shape {
    const struct methods *methods;
    uint32_t x, y;
};

static uint32_t square_area(const struct shape *s)
{
    return s->x * s->x;
}
static uint32_t box_area(const struct shape *s)
{
    return s->x * s->y;
}
static uint32_t triangle_area(const struct shape *s)
{
    return s->x * s->y / 2;
}
static uint32_t ring_area(const struct shape *s)
{
    return 3 * (s->x * s->x - s->y);
}
static void grow_x(struct shape *s, uint32_t by)
{
    s->x += by;
}
static void grow_y(struct shape *s, uint32_t by)
{
    s->y ^= by;
}
static void grow_both(struct shape *s, uint32_t by)
{
    s->x += by, s->y -= by;
}

static const struct methods classes[] = {
    {square_area, grow_x},
    {box_area, grow_both},
    {triangle_area, grow_y},
    {ring_area, grow_x},
};

static struct shape shapes[OBJECTS];

static uint32_t add_one(uint32_t v)
{
    return v + 1;
}

static __attribute__((noinline)) uint32_t repeat(uint32_t (*callback)(uint32_t), uint32_t v,
                                                 unsigned n)
{
    while (n--)
        v = callback(v);
    return v;
}

uint64_t bench_run(unsigned count)
{
    /* Volatile, so that the compiler does not see what is called. */
    uint32_t (*volatile callback)(uint32_t) = add_one;
    uint32_t seed = 5, sum = 0;
    for (unsigned i = 0; i < OBJECTS; i++)
        shapes[i] = (struct shape){&classes[bench_random(&seed) % 4], i, i + 3};
    for (unsigned round = 0; round < count; round++) {
        for (unsigned i = 0; i < OBJECTS; i++) {
            struct shape *s = &shapes[i];
            sum += s->methods->area(s);
            s->methods->grow(s, sum & 15);
        }
        sum = repeat(callback, sum, OBJECTS);
    }
    return sum;
}

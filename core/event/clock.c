/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.c - the virtual clock and the machine counter.
 *
 * In parallel mode it is the host's monotonic clock less the time for which it stood still; readers
 * take no lock. In deterministic mode it is a number that the vCPU thread advances; starting and
 * stopping mean nothing then.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include "core/event/event.h"
#include "core/host/clock.h"

#define NS_PER_SECOND          1000000000u
#define DETERMINISTIC_EPOCH_NS (INT64_C(1767225600) * NS_PER_SECOND) /* 2026-01-01 00:00 UTC */

struct listener {
    void (*fn)(void *opaque);
    void *opaque;
};

struct clock {
    bool deterministic;
    uint64_t hz;
    /*
     * running: now = host time - offset; else now = frozen. `change` is odd while these are being
     * written and different after: a reader that saw it change reads again.
     */
    _Atomic uint32_t change;
    _Atomic bool running;
    _Atomic int64_t offset, frozen;
    _Atomic uint64_t counter_offset;
    struct listener changed, counter_set;
};

struct clock *clock_new(bool deterministic, uint64_t counter_hz)
{
    struct clock *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->deterministic = deterministic;
    c->hz = counter_hz ? counter_hz : 1;
    return c;
}

void clock_free(struct clock *c)
{
    free(c);
}

bool clock_is_deterministic(const struct clock *c)
{
    return c->deterministic;
}

void clock_on_change(struct clock *c, void (*fn)(void *opaque), void *opaque)
{
    c->changed = (struct listener){fn, opaque};
}

void clock_on_counter_set(struct clock *c, void (*fn)(void *opaque), void *opaque)
{
    c->counter_set = (struct listener){fn, opaque};
}

static void tell(const struct listener *listener)
{
    if (listener->fn)
        listener->fn(listener->opaque);
}

/* ---- time ---- */

struct clock_state {
    bool running;
    int64_t offset, frozen, host_now;
};

static struct clock_state read_state(const struct clock *c)
{
    struct clock_state state;
    uint32_t before;
    do {
        before = atomic_load(&c->change);
        state.running = atomic_load(&c->running);
        state.offset = atomic_load(&c->offset);
        state.frozen = atomic_load(&c->frozen);
        state.host_now = state.running ? host_clock_ns() : 0;
    } while ((before & 1) || atomic_load(&c->change) != before);
    return state;
}

int64_t clock_now(const struct clock *c)
{
    if (c->deterministic)
        return atomic_load(&c->frozen);
    struct clock_state state = read_state(c);
    return state.running ? state.host_now - state.offset : state.frozen;
}

int64_t clock_host_time(const struct clock *c, int64_t ns)
{
    if (c->deterministic || ns == INT64_MAX)
        return INT64_MAX;
    struct clock_state state = read_state(c);
    int64_t host;
    if (!state.running || __builtin_add_overflow(ns, state.offset, &host))
        return INT64_MAX;
    return host;
}

int64_t clock_wall(const struct clock *c)
{
    return c->deterministic ? DETERMINISTIC_EPOCH_NS + clock_now(c) : host_wall_ns();
}

/*
 * Starts or stops; the machine's owner is the only one to do so. The host's time is taken while
 * readers wait: one that read just before must not have seen more than the clock stops at.
 */
static void set_running(struct clock *c, bool running)
{
    if (c->deterministic || atomic_load(&c->running) == running)
        return;
    atomic_fetch_add(&c->change, 1);
    int64_t host_now = host_clock_ns();
    if (running)
        atomic_store(&c->offset, host_now - atomic_load(&c->frozen));
    else
        atomic_store(&c->frozen, host_now - atomic_load(&c->offset));
    atomic_store(&c->running, running);
    atomic_fetch_add(&c->change, 1);
    tell(&c->changed);
}

void clock_start(struct clock *c)
{
    set_running(c, true);
}

void clock_stop(struct clock *c)
{
    set_running(c, false);
}

void clock_advance(struct clock *c, int64_t to_ns)
{
    if (c->deterministic && to_ns > atomic_load(&c->frozen))
        atomic_store(&c->frozen, to_ns);
}

/* ---- counter ---- */

/* Ticks in the first ns of the clock: below 2^64 for any rate up to 2 GHz; beyond, the counter
 * wraps as the hardware would. */
static unsigned __int128 ticks_at(const struct clock *c, int64_t ns)
{
    return (unsigned __int128)(uint64_t)ns * c->hz / NS_PER_SECOND;
}

uint64_t clock_counter(const struct clock *c)
{
    return (uint64_t)ticks_at(c, clock_now(c)) + atomic_load(&c->counter_offset);
}

void clock_counter_set(struct clock *c, uint64_t value)
{
    atomic_store(&c->counter_offset, value - (uint64_t)ticks_at(c, clock_now(c)));
    tell(&c->counter_set);
}

int64_t clock_counter_deadline(const struct clock *c, uint64_t value)
{
    int64_t now = clock_now(c);
    unsigned __int128 ticks = ticks_at(c, now);
    uint64_t counter = (uint64_t)ticks + atomic_load(&c->counter_offset);
    if (counter >= value)
        return now;
    ticks += value - counter;
    /* The first ns with floor(ns * hz / 10^9) >= ticks. The product fits: ticks < 2^97, 10^9 <
     * 2^30. */
    unsigned __int128 ns = (ticks * NS_PER_SECOND + (c->hz - 1)) / c->hz;
    return ns >= INT64_MAX ? INT64_MAX : (int64_t)ns;
}

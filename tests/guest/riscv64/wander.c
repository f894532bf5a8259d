/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hot loop whose loads and stores wander over many pages with frames apart: what an engine
 * remembers of where they were must be right after pages have moved, become read-only or gone away,
 * in many address ranges, for accesses that straddle two pages, and for several accesses off one
 * register.
 */
#include "insn.h"
#include "paging.h"

#define PAGES     128ul
#define WORDS     (PAGES * PAGE / 8)
#define STEPS     12000ul
#define CODE      0x2000000000ul
#define VA        0x400000ul
#define RANGE     (16ul << 20) /* what an engine may look at as a whole */
#define FRAMES    FREE_RAM
#define FRAME(n)  (FRAMES + (n)*PAGE)
#define ALIGNED   ((PAGES * PAGE - 1) & ~7ul)
#define HALF      (ALIGNED / 2 & ~7ul)
#define UNALIGNED ((PAGES * PAGE - 1) & ~PAGE) /* in every other page, up to into the next one */

extern const char wander_steps[], wander_turns[], wander_frames[];

/* as wander-loops.S has them */
static struct {
    uint64_t base, mask, steps, seed, turns;
} arguments __attribute__((aligned(4096)));

static struct space space;
static unsigned frame_of[PAGES];
static uint8_t expected[PAGES][PAGE] __attribute__((aligned(8))); /* by frame */
static uint64_t seed = 88172645463325252ul;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void map_page(uint64_t base, unsigned page, uint64_t flags)
{
    *space_slot(&space, base + page * PAGE, 0) = flags ? pte_of(FRAME(frame_of[page]), flags) : 0;
}

static void shuffle(void)
{
    for (unsigned i = PAGES - 1; i > 0; i--) {
        unsigned k = (unsigned)(next_random(&seed) % (i + 1)), other = frame_of[k];
        frame_of[k] = frame_of[i];
        frame_of[i] = other;
    }
}

static void map_all(uint64_t base)
{
    for (unsigned i = 0; i < PAGES; i++)
        map_page(base, i, PTE_DATA);
}

static uint64_t expected_at(uint64_t offset)
{
    uint64_t v = 0;

    for (unsigned i = 8; i-- > 0;)
        v = v << 8 | expected[frame_of[(offset + i) / PAGE]][(offset + i) % PAGE];
    return v;
}

static void expect(uint64_t offset, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++, v >>= 8)
        expected[frame_of[(offset + i) / PAGE]][(offset + i) % PAGE] = (uint8_t)v;
}

/* One step on what is expected; false: it touches `bad`, where it faults. */
static bool step(uint64_t offset, unsigned bad, uint64_t *sum)
{
    if (offset / PAGE == bad || (offset + 7) / PAGE == bad)
        return false;
    uint64_t v = expected_at(offset);
    *sum += v;
    expect(offset, v + 1);
    return true;
}

/*
 * One of wander_frames on what is expected. Where it touches `bad`, which may be `readable`, it
 * faults: returns the offset of the access that does and sets `cause`; or returns 0.
 */
static uint64_t step_frame(uint64_t offset, unsigned bad, bool readable, uint64_t *sum,
                           uint64_t *cause)
{
    static const int place[] = {-16, 8, 24, -8}; /* loads, then stores */
    uint64_t v[2] = {0, 0};

    for (unsigned i = 0; i < 4; i++) {
        uint64_t at = offset + (uint64_t)place[i];
        if (i >= 2)
            *sum += v[i - 2]; /* in front of the store */
        *cause = i >= 2 ? CAUSE_STORE_PAGE : CAUSE_LOAD_PAGE;
        if (at / PAGE == bad && (i >= 2 || !readable))
            return at;
        if (i < 2)
            v[i] = expected_at(at);
        else
            expect(at, v[i - 2] + (i == 2 ? 1 : 3));
    }
    return 0;
}

/* Wanders from base on; `bad` is a page that faults in that way, or none. */
static void wander(const char *name, uint64_t base, uint64_t mask, unsigned bad, uint64_t cause)
{
    uint64_t state, sum = 0, left = STEPS, offset = 0, reads = cause == CAUSE_STORE_PAGE ? 3000 : 0;
    struct trap t;

    arguments.base = base;
    arguments.mask = mask;
    arguments.steps = STEPS;
    arguments.turns = reads;
    state = arguments.seed = next_random(&seed);
    enter(&t, MODE_S, CODE, (uint64_t)&arguments, 0);
    while (reads--)
        sum += expected_at(next_random(&state) >> 20 & mask);
    for (; left; left--) {
        offset = next_random(&state) >> 20 & mask;
        if (!step(offset, bad, &sum))
            break;
    }
    if (left && cause == CAUSE_STORE_PAGE) /* the load in front of the store has worked */
        sum += io_read64(FRAME(frame_of[bad]) + offset % PAGE);
    check_trap(name, &t, left ? cause : CAUSE_ECALL_S, ANY, left ? base + offset : ANY);
    check("steps left", t.a0, left);
    check("sum", t.a1, sum);
}

/* The same about several places off one register, which may lie on two pages. */
static void frames(const char *name, unsigned bad, bool readable)
{
    uint64_t state, sum = 0, left = STEPS, fault = 0, cause = 0;
    struct trap t;

    arguments.base = VA + PAGE;
    arguments.mask = HALF;
    arguments.steps = STEPS;
    state = arguments.seed = next_random(&seed);
    enter(&t, MODE_S, CODE + (uint64_t)(wander_frames - wander_steps), (uint64_t)&arguments, 0);
    for (; left; left--) {
        uint64_t offset = PAGE + (next_random(&state) >> 20 & HALF);
        fault = step_frame(offset, bad, readable, &sum, &cause);
        if (fault)
            break;
    }
    check_trap(name, &t, left ? cause : CAUSE_ECALL_S, ANY, left ? VA + fault : ANY);
    check("steps left", t.a0, left);
    check("sum", t.a1, sum);
}

/* All of it without a change of mode between. */
static void turns(uint64_t base, uint64_t n)
{
    uint64_t state, sum = 0;
    struct trap t;

    arguments.base = base;
    arguments.mask = ALIGNED;
    arguments.steps = STEPS / n;
    arguments.turns = n;
    state = arguments.seed = next_random(&seed);
    enter(&t, MODE_S, CODE + (uint64_t)(wander_turns - wander_steps), (uint64_t)&arguments, 0);
    for (uint64_t i = 0; i < 2 * n * (STEPS / n); i++)
        step(next_random(&state) >> 20 & ALIGNED, PAGES, &sum);
    check_trap("turns", &t, CAUSE_ECALL_S, ANY, ANY);
    check("sum of turns", t.a1, sum);
}

static void compare(void)
{
    unsigned wrong = 0;

    for (uint64_t i = 0; i < WORDS; i++)
        wrong += io_read64(FRAMES + 8 * i) != io_read64((uint64_t)expected + 8 * i);
    check("words that are wrong", wrong, 0);
}

static void start(void)
{
    space_reset();
    space_init(&space, SV39);
    space_map(&space, CODE, (uint64_t)wander_steps, 0, PTE_ALL);
    space_map(&space, (uint64_t)&arguments, (uint64_t)&arguments, 0, PTE_DATA);
    space_use(&space, 0);
}

/* Pages get other frames, one at a time and all at once. */
static void moving(void)
{
    set_case("moving");
    for (unsigned round = 0; round < 6; round++) {
        set_case_number(round);
        wander("all", VA, ALIGNED, PAGES, 0);
        if (round & 1) {
            unsigned a = round * 7 % PAGES, b = round * 13 % PAGES, other = frame_of[a];
            frame_of[a] = frame_of[b];
            frame_of[b] = other;
            map_page(VA, a, PTE_DATA);
            map_page(VA, b, PTE_DATA);
            __asm__ volatile("sfence.vma %0, zero" : : "r"(VA + a * PAGE) : "memory");
            __asm__ volatile("sfence.vma %0, zero" : : "r"(VA + b * PAGE) : "memory");
        } else {
            shuffle();
            map_all(VA);
            sfence_all();
        }
    }
    compare();
}

/* A page that was written in the loop loses a right: the very access that lacks it faults. */
static void faulting(void)
{
    set_case("faulting");
    for (unsigned page = 3; page < PAGES; page += 15) {
        set_case_number(page);
        wander("before", VA, ALIGNED, PAGES, 0);
        map_page(VA, page, PTE_V | PTE_R | PTE_AD);
        __asm__ volatile("sfence.vma %0, zero" : : "r"(VA + page * PAGE) : "memory");
        wander("read-only", VA, ALIGNED, page, CAUSE_STORE_PAGE);
        map_page(VA, page, 0);
        sfence_all();
        wander("gone", VA, ALIGNED, page, CAUSE_LOAD_PAGE);
        map_page(VA, page, PTE_DATA);
        sfence_all();
        wander("back", VA, ALIGNED, PAGES, 0);
    }
    compare();
}

/* The same frames in more ranges than an engine looks at, twice, and across the end of one. */
static void ranges(void)
{
    set_case("ranges");
    for (unsigned i = 0; i < 12; i++)
        map_all(VA + (i + 1) * RANGE);
    for (unsigned i = 0; i < 24; i++) {
        set_case_number(i);
        wander("range", VA + (i % 12 + 1) * RANGE, ALIGNED, PAGES, 0);
    }
    map_all(VA);
    for (unsigned i = 0; i < 8; i++)
        turns(VA, 12);
    map_all(VA + 2 * RANGE - PAGES / 2 * PAGE);
    for (unsigned i = 0; i < 4; i++)
        wander("end of a range", VA + 2 * RANGE - PAGES / 2 * PAGE, ALIGNED, PAGES, 0);
    compare();
}

/* Accesses at any byte, one in 512 of which straddles two pages. */
static void straddling(void)
{
    set_case("straddling");
    for (unsigned i = 0; i < 3; i++)
        wander("any byte", VA, UNALIGNED, PAGES, 0);
    compare();
}

/* What is known of one place must not be taken for another one's, of another page. */
static void around(void)
{
    set_case("around");
    for (unsigned page = 2; page < PAGES / 2; page += 9) {
        set_case_number(page);
        frames("all", PAGES, true);
        shuffle();
        map_all(VA);
        map_page(VA, page, PTE_V | PTE_R | PTE_AD);
        sfence_all();
        frames("read-only", page, true);
        map_page(VA, page, 0);
        __asm__ volatile("sfence.vma %0, zero" : : "r"(VA + page * PAGE) : "memory");
        frames("gone", page, false);
        map_page(VA, page, PTE_DATA);
        sfence_all();
    }
    compare();
}

int main(void)
{
    for (unsigned i = 0; i < PAGES; i++)
        frame_of[i] = i;
    for (uint64_t i = 0; i < WORDS; i++)
        io_write64(FRAMES + 8 * i, 0);
    start();
    shuffle();
    map_all(VA);
    sfence_all();
    moving();
    faulting();
    straddling();
    around();
    ranges();
    space_off();
    return 0;
}

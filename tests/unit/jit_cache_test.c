/* SPDX-License-Identifier: BSD-2-Clause */
/* The blocks of the JIT's code cache: no overlap, merging, full, and the same memory after very
 * many turns. */
#include <criterion/criterion.h>
#include <string.h>
#include "core/host/code.h"
#include "plugins/engine-jit/jit.h"

#define BYTES  ((uint64_t)1 << 20)
#define BLOCKS 512

static struct jit_cache cache;

static void set_up(void)
{
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_eq(jit_cache_init(&cache, &host_code_memory, BYTES, &err), 0, "%s", err.text);
}

static void tear_down(void)
{
    jit_cache_free(&cache, &host_code_memory);
}

TestSuite(jit_cache, .init = set_up, .fini = tear_down);

Test(jit_cache, written_at_one_address_and_run_at_the_other)
{
    static const uint8_t code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3}; /* mov eax, 42; ret */
    uint32_t at = jit_cache_alloc(&cache, sizeof(code));
    const uint8_t *run = cache.memory.run + at;
    int (*fn)(void);

    memcpy(cache.memory.write + at, code, sizeof(code));
    memcpy(&fn, &run, sizeof(fn));
    cr_assert_eq(fn(), 42);
}

Test(jit_cache, full_and_empty_again)
{
    uint32_t at[BYTES / 1024], n = 0;

    while (n < BYTES / 1024 && (at[n] = jit_cache_alloc(&cache, 1024)) != JIT_NONE)
        n++;
    cr_assert_eq(n, BYTES / 1024);
    cr_assert_eq(jit_cache_alloc(&cache, 1), JIT_NONE);
    for (uint32_t i = 0; i < n; i++)
        jit_cache_release(&cache, at[(i * 7) % n]);
    cr_assert_eq(cache.used, 0);
    cr_assert_neq(jit_cache_alloc(&cache, BYTES), JIT_NONE);
}

Test(jit_cache, random_blocks_never_overlap)
{
    static uint8_t owner[BYTES / 64];
    uint32_t at[BLOCKS], bytes[BLOCKS] = {0};
    uint64_t state = 1;

    for (uint32_t turn = 0; turn < 300000; turn++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint32_t k = (uint32_t)(state >> 40) % BLOCKS, want = 1 + (uint32_t)(state >> 20) % 4096;
        if (bytes[k]) {
            memset(owner + at[k] / 64, 0, (bytes[k] + 63) / 64);
            jit_cache_release(&cache, at[k]);
            bytes[k] = 0;
        } else if ((at[k] = jit_cache_alloc(&cache, want)) != JIT_NONE) {
            bytes[k] = want;
            for (uint32_t i = 0; i < (want + 63) / 64; i++)
                cr_assert_eq(owner[at[k] / 64 + i]++, 0);
        }
    }
    for (uint32_t k = 0; k < BLOCKS; k++)
        if (bytes[k])
            jit_cache_release(&cache, at[k]);
    cr_assert_eq(cache.used, 0);
    cr_assert_neq(jit_cache_alloc(&cache, BYTES), JIT_NONE);
}

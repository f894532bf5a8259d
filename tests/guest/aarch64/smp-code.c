/* SPDX-License-Identifier: BSD-2-Clause */
/* One vCPU rewrites code that another one runs, as the manual allows: the other one executes ISB
 * before it looks. */
#include "test.h"

#define ROUNDS 2000

static uint32_t code[16] __attribute__((aligned(4096)));
static uint64_t wanted, seen;

/* Calls the code when told to, and says what it returned. */
void secondary_main(unsigned number)
{
    uint64_t (*function)(void) = (uint64_t(*)(void))(void *)code;
    uint64_t last = 0;

    (void)number;
    for (;;) {
        uint64_t now = __atomic_load_n(&wanted, __ATOMIC_ACQUIRE);
        if (now == last)
            continue;
        last = now;
        __asm__ volatile("isb" : : : "memory");
        __atomic_store_n(&seen, function() << 32 | now, __ATOMIC_RELEASE);
    }
}

int main(void)
{
    code[1] = 0xd65f03c0;
    start_cpu(1);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        uint64_t answer;
        code[0] = 0xd2800000 | (uint32_t)(i & 0xffff) << 5; /* movz x0, #i */
        sync_code(code, 8);
        __atomic_store_n(&wanted, i, __ATOMIC_RELEASE);
        while (((answer = __atomic_load_n(&seen, __ATOMIC_ACQUIRE)) & 0xffffffff) != i)
            ;
        check("the other vCPU's result", answer >> 32, i);
    }
    return 0;
}

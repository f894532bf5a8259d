/* SPDX-License-Identifier: BSD-2-Clause */
/* smc - code that is written, made visible and called, again and again at the same places: a small
 * compiler at work. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "../bench.h"

#define SLOTS     8
#define SLOT_SIZE 256

const unsigned bench_count = 130000;

/* Writes a function that returns `value`, below 2048, at p. */
#if defined(__riscv)
static void emit(uint8_t *p, uint32_t value)
{
    uint32_t code[2] = {0x00000513u | value << 20, 0x00008067u}; /* li a0, value; ret */
    memcpy(p, code, sizeof(code));
    __asm__ volatile("fence.i" ::: "memory");
}
#elif defined(__x86_64__)
static void emit(uint8_t *p, uint32_t value)
{
    p[0] = 0xb8; /* mov eax, value; ret */
    memcpy(p + 1, &value, 4);
    p[5] = 0xc3;
    __builtin___clear_cache((char *)p, (char *)p + 6);
}
#elif defined(__aarch64__)
static void emit(uint8_t *p, uint32_t value)
{
    uint32_t code[2] = {0x52800000u | value << 5, 0xd65f03c0u}; /* mov w0, value; ret */
    memcpy(p, code, sizeof(code));
    __builtin___clear_cache((char *)p, (char *)p + sizeof(code));
}
#else
#error "smc: no code generator for this architecture"
#endif

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint8_t *code = mmap(0, SLOTS * SLOT_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        bench_fail("mmap of writable code");
    for (unsigned i = 0; i < count; i++) {
        uint8_t *p = code + i % SLOTS * SLOT_SIZE;
        emit(p, i & 2047);
        uint32_t (*function)(void) = (uint32_t(*)(void))(uintptr_t)p;
        for (int k = 0; k < 4; k++)
            sum = bench_mix(sum, function());
    }
    munmap(code, SLOTS * SLOT_SIZE);
    return sum;
}

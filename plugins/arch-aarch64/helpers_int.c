/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of integer instructions and memory accesses: checksums, pairs of doublewords, checks. */
#include <pthread.h>
#include "helpers.h"
#include "state.h"

#define UNUSED1 (void)f
#define UNUSED3 (void)d, (void)e, UNUSED1
#define UNUSED4 (void)c, UNUSED3
#define UNUSED5 (void)b, UNUSED4

/* ---- CRC32 ---- */

/* By polynomial (IEEE 802.3, Castagnoli; bits reflected): the remainder of each byte with n zero
 * bytes behind it. */
static uint32_t remainders[2][8][256];

static void find_remainders(void)
{
    static const uint32_t polynomials[2] = {0xedb88320, 0x82f63b78};

    for (uint32_t i = 0; i < 2 * 256; i++) {
        uint32_t(*of)[256] = remainders[i / 256], value = i % 256;
        for (uint32_t bit = 0; bit < 8; bit++)
            value = value >> 1 ^ (value & 1 ? polynomials[i / 256] : 0);
        of[0][i % 256] = value;
    }
    for (uint32_t i = 256; i < 2 * 8 * 256; i++) {
        uint32_t(*of)[256] = remainders[i / (8 * 256)], n = i / 256 % 8;
        if (n)
            of[n][i % 256] = of[n - 1][i % 256] >> 8 ^ of[0][of[n - 1][i % 256] & 255];
    }
}

uint64_t a64_helper_crc32(A64_HELPER_ARGS)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint32_t bytes = 1u << (c & 3), crc = bytes < 4 ? (uint32_t)a >> 8 * bytes : 0;

    (void)cpu, UNUSED3;
    pthread_once(&once, find_remainders);
    const uint32_t(*of)[256] = (const uint32_t(*)[256])remainders[c >> 2 & 1];
    b ^= (uint32_t)a;
    for (uint32_t n = bytes; n-- > 0; b >>= 8)
        crc ^= of[n][b & 255];
    return crc;
}

/* ---- pairs of doublewords ---- */

/* Compares two doublewords with `expected` and, if they are the same, stores `desired`: at once.
 * `old` is what was there. Compilers make a library call of it where they are not told that the
 * host has the instruction, which all x86-64 hosts of today have. */
static bool swap_pair(void *p, const uint64_t expected[2], const uint64_t desired[2],
                      uint64_t old[2])
{
    unsigned __int128 *pair = p;
#if defined(__x86_64__)
    uint64_t low = expected[0], high = expected[1];
    bool same;

    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(same), "+m"(*pair), "+a"(low), "+d"(high)
                     : "b"(desired[0]), "c"(desired[1])
                     : "memory");
    old[0] = low;
    old[1] = high;
    return same;
#else
    unsigned __int128 was = (unsigned __int128)expected[1] << 64 | expected[0],
                      wanted = (unsigned __int128)desired[1] << 64 | desired[0];
    unsigned __int128 seen = __sync_val_compare_and_swap(pair, was, wanted);

    old[0] = (uint64_t)seen;
    old[1] = (uint64_t)(seen >> 64);
    return seen == was;
#endif
}

/* Host memory of a pair at `va`, or NULL: the fault is on its way. */
static void *pair_at(struct vm_cpu *cpu, uint64_t va, enum vm_access access)
{
    void *p = NULL;

    if (va % 16 == 0)
        p = cpu->host->probe(cpu, va, 16, access, VM_MMU_DATA);
    else
        cpu->fault = (struct vm_fault){.kind = VM_FAULT_ALIGN, .access = access, .va = va};
    if (!p) {
        cpu->fault.access = access;
        cpu->pending_exit = VM_EXIT_TRAP;
    }
    return p;
}

static void wrote_pair(struct vm_cpu *cpu, uint64_t va)
{
    if (cpu->host->wrote(cpu, va, 16) == VM_MEM_CODE)
        cpu->pending_exit = VM_EXIT_STATE;
}

uint64_t a64_helper_ldxp(A64_HELPER_ARGS)
{
    struct a64_state *s = a64_state(cpu);
    const uint64_t *p = pair_at(cpu, a, VM_ACCESS_READ);

    UNUSED5;
    if (!p)
        return 0;
    cpu->reserve_va = a;
    cpu->reserve_size = 16;
    cpu->reserve_value = __atomic_load_n(&p[0], __ATOMIC_ACQUIRE);
    s->reserve_high = __atomic_load_n(&p[1], __ATOMIC_ACQUIRE);
    s->pair = s->reserve_high;
    return cpu->reserve_value;
}

/* 0: stored. */
uint64_t a64_helper_stxp(A64_HELPER_ARGS)
{
    uint64_t expected[2] = {cpu->reserve_value, a64_state(cpu)->reserve_high}, old[2];
    bool reserved = cpu->reserve_size == 16 && cpu->reserve_va == a;
    void *p = pair_at(cpu, a, VM_ACCESS_WRITE);

    UNUSED3;
    if (!p)
        return 1;
    cpu->reserve_size = 0;
    if (!reserved || !swap_pair(p, expected, (uint64_t[2]){b, c}, old))
        return 1;
    wrote_pair(cpu, a);
    return 0;
}

uint64_t a64_helper_casp(A64_HELPER_ARGS)
{
    uint64_t old[2];
    void *p = pair_at(cpu, a, VM_ACCESS_WRITE);

    UNUSED1;
    if (!p)
        return 0;
    if (swap_pair(p, (uint64_t[2]){b, c}, (uint64_t[2]){d, e}, old))
        wrote_pair(cpu, a);
    a64_state(cpu)->pair = old[1];
    return old[0];
}

uint64_t a64_helper_clrex(A64_HELPER_ARGS)
{
    (void)a, UNUSED5;
    cpu->reserve_size = 0;
    return 0;
}

/* ---- checks ---- */

/* An access of (b & 0xff) bytes at a, a write if bit 8 is set. */
uint64_t a64_helper_check_alignment(A64_HELPER_ARGS)
{
    uint32_t bytes = b & 0xff;

    UNUSED4;
    if (a % bytes != 0) {
        cpu->fault = (struct vm_fault){.kind = VM_FAULT_ALIGN,
                                       .access = b >> 8 & 1 ? VM_ACCESS_WRITE : VM_ACCESS_READ,
                                       .va = a};
        cpu->pending_exit = VM_EXIT_TRAP;
    }
    return 0;
}

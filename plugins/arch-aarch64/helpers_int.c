/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of integer instructions and memory accesses: checksums, pairs of doublewords, checks. */
#include "helpers.h"
#include "state.h"

#define UNUSED1 (void)f
#define UNUSED3 (void)d, (void)e, UNUSED1
#define UNUSED4 (void)c, UNUSED3
#define UNUSED5 (void)b, UNUSED4

/* ---- CRC32 ---- */

/* Four steps of dividing by the polynomial, bits reflected, for each value of the low four bits. */
static const uint32_t crc_ieee[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
static const uint32_t crc_castagnoli[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

uint64_t a64_helper_crc32(A64_HELPER_ARGS)
{
    const uint32_t *table = c & 4 ? crc_castagnoli : crc_ieee;
    uint32_t crc = (uint32_t)a;

    (void)cpu, UNUSED3;
    for (unsigned i = 0; i < 2u << (c & 3); i++) {
        crc = crc >> 4 ^ table[(crc ^ b) & 15];
        b >>= 4;
    }
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

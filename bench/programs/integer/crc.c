/* SPDX-License-Identifier: BSD-2-Clause */
/* crc - CRC-32 of a buffer, by a table and bit by bit: dependent shifts, xors and table loads. */
#include "../bench.h"

#define SIZE      65536
#define SLOW_SIZE 4096

const unsigned bench_count = 2000;

static uint8_t data[SIZE];
static uint32_t table[256];

static uint32_t crc_bits(uint32_t crc, const uint8_t *p, unsigned n)
{
    while (n--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
    }
    return crc;
}

static uint32_t crc_table(uint32_t crc, const uint8_t *p, unsigned n)
{
    while (n--)
        crc = table[(crc ^ *p++) & 255] ^ crc >> 8;
    return crc;
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 7, crc = ~0u;
    for (unsigned i = 0; i < SIZE; i++)
        data[i] = (uint8_t)bench_random(&seed);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t zero = 0;
        table[i] = crc_bits(i, &zero, 1);
    }
    for (unsigned round = 0; round < count; round++) {
        crc = crc_table(crc, data, SIZE);
        crc = crc_bits(crc, data, SLOW_SIZE);
    }
    return crc;
}

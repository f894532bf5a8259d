/* SPDX-License-Identifier: BSD-2-Clause */
/* decode.h - from instruction words to patterns and fields. */
#ifndef AARCH64_DECODE_FIELDS_H
#define AARCH64_DECODE_FIELDS_H

#include "aarch64-decode.h"
#include "state.h"

/* One line of a pattern file. */
struct a64_pattern {
    const char *name;
    uint32_t mask, match;
    uint8_t format;    /* enum a64_format */
    uint64_t features; /* A64_FEATURE(X): all of them must be on */
    void (*emit)(struct a64_translation *t, const struct a64_insn *in);
};

extern const struct a64_pattern a64_patterns[];
extern const uint32_t a64_n_patterns;

/* First step of decoding: bucket -> start of a list of pattern numbers that ends with 0xffff. */
#define A64_N_BUCKETS 1024
extern const uint16_t a64_bucket_lists[];
extern const uint16_t a64_buckets[A64_N_BUCKETS];

static inline uint32_t a64_bucket(uint32_t raw)
{
    return (raw >> 24 & 31) << 5 | (raw >> 11 & 31);
}

/* A decoded instruction. The register fields are those bits in every format. */
struct a64_insn {
    const struct a64_pattern *pattern;
    uint32_t raw;
    uint8_t rd, rn, rm, ra; /* bits 4:0, 9:5, 20:16, 14:10 */
    bool sf;                /* bit 31 */
    int64_t imm;            /* what the format calls so: immediate, offset, bit mask */
};

/* The pattern of a word under `features`, or NULL: unallocated. */
const struct a64_pattern *a64_find_pattern(uint32_t raw, uint64_t features);

/* Decodes; false: unallocated, and then only raw is set. */
bool a64_decode(uint32_t raw, uint64_t features, struct a64_insn *in);

/* DecodeBitMasks() of the manual: false: no immediate. */
bool a64_bit_mask(uint32_t n, uint32_t imms, uint32_t immr, uint64_t *mask);

/* `width` bits of the instruction from bit `low` up. */
static inline uint32_t a64_field(const struct a64_insn *in, unsigned low, unsigned width)
{
    return in->raw >> low & ((1u << width) - 1);
}

#endif

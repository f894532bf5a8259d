/* SPDX-License-Identifier: BSD-2-Clause */
/* decode.h - from instruction words to patterns and fields. */
#ifndef RISCV64_DECODE_FIELDS_H
#define RISCV64_DECODE_FIELDS_H

#include "state.h"
#include "riscv64-decode.h"

/* One line of riscv64.decode. */
struct rv_pattern {
    const char *name;
    uint32_t mask, match;
    uint8_t length;
    uint8_t format;      /* enum rv_format */
    uint32_t extensions; /* all of them must be on */
    void (*emit)(struct rv_translation *t, const struct rv_insn *in);
};

extern const struct rv_pattern rv_patterns[];
extern const uint32_t rv_n_patterns;

/* First step of decoding: bucket -> start of a list of pattern numbers that ends with 0xffff. */
extern const uint16_t rv_bucket_lists[];
extern const uint16_t rv_buckets[256 + 32];

/* A decoded instruction. A compressed one has the fields of the instruction that it stands for. */
struct rv_insn {
    const struct rv_pattern *pattern;
    uint32_t raw;
    uint8_t length;
    uint8_t rd, rs1, rs2, rs3;
    uint8_t rm;  /* FP: rounding mode field; AMO: aq (bit 1) and rl (bit 0) */
    int64_t imm; /* immediate, shift count, CSR number */
};

/* The pattern of a word (16-bit instructions in its low half) under `extensions`, or NULL: illegal.
 */
const struct rv_pattern *rv_find_pattern(uint32_t raw, uint32_t extensions);

/* Decodes; false: illegal, and then only raw and length are set. */
bool rv_decode(uint32_t raw, uint32_t extensions, struct rv_insn *in);

static inline uint8_t rv_insn_length(uint32_t raw)
{
    return (raw & 3) == 3 ? 4 : 2;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the pattern of an instruction word and takes its fields apart. */
#include <string.h>
#include "decode.h"

const struct a64_pattern *a64_find_pattern(uint32_t raw, uint64_t features)
{
    for (const uint16_t *p = &a64_bucket_lists[a64_buckets[a64_bucket(raw)]]; *p != 0xffff; p++) {
        const struct a64_pattern *pattern = &a64_patterns[*p];
        if ((raw & pattern->mask) == pattern->match &&
            (features & pattern->features) == pattern->features)
            return pattern;
    }
    return NULL;
}

static int64_t sign(uint32_t value, unsigned width)
{
    return (int64_t)((uint64_t)value << (64 - width)) >> (64 - width);
}

/* `width` bits from bit `low` up as a signed number, times 1 << scale. */
static int64_t offset(const struct a64_insn *in, unsigned low, unsigned width, unsigned scale)
{
    return sign(a64_field(in, low, width), width) * ((int64_t)1 << scale);
}

/* log2 of the bytes that a load or store of one register moves. */
static unsigned access_scale(const struct a64_insn *in)
{
    unsigned size = a64_field(in, 30, 2);

    return size | (a64_field(in, 26, 1) && a64_field(in, 23, 1) ? 4 : 0);
}

/* The same for one register of a pair. LDPSW moves words. */
static unsigned pair_scale(const struct a64_insn *in)
{
    unsigned opc = a64_field(in, 30, 2);

    return a64_field(in, 26, 1) ? 2 + opc : 2 + opc / 2;
}

bool a64_bit_mask(uint32_t n, uint32_t imms, uint32_t immr, uint64_t *mask)
{
    uint32_t pattern = n << 6 | (~imms & 63);

    if (pattern < 2)
        return false; /* no element size */
    uint32_t size = 1u << (31 - __builtin_clz(pattern)), ones = (imms & (size - 1)) + 1,
             rotate = immr & (size - 1);
    if (ones == size)
        return false; /* all ones */
    uint64_t element = ((uint64_t)1 << ones) - 1;
    if (rotate)
        element = element >> rotate | element << (size - rotate);
    if (size < 64)
        element &= ((uint64_t)1 << size) - 1;
    for (uint32_t width = size; width < 64; width *= 2)
        element |= element << width;
    *mask = element;
    return true;
}

static bool decode_logical(struct a64_insn *in)
{
    uint64_t mask;
    uint32_t n = a64_field(in, 22, 1);

    if (!in->sf && n)
        return false;
    if (!a64_bit_mask(n, a64_field(in, 10, 6), a64_field(in, 16, 6), &mask))
        return false;
    in->imm = (int64_t)(in->sf ? mask : mask & UINT32_MAX);
    return true;
}

/* Bit numbers of 32-bit forms are below 32, and N is sf. */
static bool decode_bit_field(const struct a64_insn *in)
{
    if (a64_field(in, 22, 1) != in->sf)
        return false;
    return in->sf || !((a64_field(in, 10, 6) | a64_field(in, 16, 6)) & 32);
}

/* Data processing. False: unallocated. */
static bool decode_operation(struct a64_insn *in)
{
    switch (in->pattern->format) {
    case A64_FORMAT_ADR:
        in->imm = offset(in, 5, 19, 2) | a64_field(in, 29, 2);
        if (in->sf)
            in->imm *= 4096;
        return true;
    case A64_FORMAT_IMM12:
        in->imm = (int64_t)a64_field(in, 10, 12) << (a64_field(in, 22, 1) ? 12 : 0);
        return true;
    case A64_FORMAT_LOGIMM:
        return decode_logical(in);
    case A64_FORMAT_MOV16:
        in->imm = (int64_t)((uint64_t)a64_field(in, 5, 16) << (16 * a64_field(in, 21, 2)));
        return in->sf || a64_field(in, 21, 2) < 2;
    case A64_FORMAT_BITFIELD:
        return decode_bit_field(in);
    case A64_FORMAT_EXTRACT:
        in->imm = a64_field(in, 10, 6);
        return a64_field(in, 22, 1) == in->sf && (in->sf || in->imm < 32);
    case A64_FORMAT_ADDSHIFT:
        if (a64_field(in, 22, 2) == 3)
            return false;
        /* fall through */
    case A64_FORMAT_SHIFTED:
        in->imm = a64_field(in, 10, 6);
        return in->sf || in->imm < 32;
    case A64_FORMAT_EXTENDED:
        in->imm = a64_field(in, 10, 3);
        return in->imm <= 4;
    case A64_FORMAT_CCMPIMM:
        in->imm = in->rm;
        return true;
    case A64_FORMAT_RMIF:
        in->imm = a64_field(in, 15, 6);
        return true;
    default:
        return true;
    }
}

/* Immediates of jumps, loads and stores. */
static void decode_offset(struct a64_insn *in)
{
    switch (in->pattern->format) {
    case A64_FORMAT_JUMP:
        in->imm = offset(in, 0, 26, 2);
        break;
    case A64_FORMAT_BCOND:
    case A64_FORMAT_CBZ:
    case A64_FORMAT_LDLIT:
        in->imm = offset(in, 5, 19, 2);
        break;
    case A64_FORMAT_TBZ:
        in->imm = offset(in, 5, 14, 2);
        break;
    case A64_FORMAT_IMM16:
        in->imm = a64_field(in, 5, 16);
        break;
    case A64_FORMAT_LDU12:
        in->imm = (int64_t)a64_field(in, 10, 12) << access_scale(in);
        break;
    case A64_FORMAT_LDS9:
    case A64_FORMAT_LDPOST:
    case A64_FORMAT_LDUNPRIV:
    case A64_FORMAT_LDPRE:
        in->imm = offset(in, 12, 9, 0);
        break;
    case A64_FORMAT_LDAUTH:
        in->imm = sign(a64_field(in, 22, 1) << 9 | a64_field(in, 12, 9), 10) * 8;
        break;
    case A64_FORMAT_PAIR:
        in->imm = offset(in, 15, 7, pair_scale(in));
        break;
    default:
        break;
    }
}

bool a64_decode(uint32_t raw, uint64_t features, struct a64_insn *in)
{
    memset(in, 0, sizeof(*in));
    in->raw = raw;
    in->pattern = a64_find_pattern(raw, features);
    if (!in->pattern)
        return false;
    in->rd = raw & 31;
    in->rn = raw >> 5 & 31;
    in->rm = raw >> 16 & 31;
    in->ra = raw >> 10 & 31;
    in->sf = raw >> 31;
    decode_offset(in);
    return decode_operation(in);
}

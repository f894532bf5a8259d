/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the pattern of an instruction word and takes its fields apart. */
#include <string.h>
#include "decode.h"

#define RA 1
#define SP 2

const struct rv_pattern *rv_find_pattern(uint32_t raw, uint32_t extensions)
{
    uint32_t bucket;

    if (rv_insn_length(raw) == 4) {
        bucket = (raw >> 2 & 31) << 3 | (raw >> 12 & 7);
    } else {
        raw &= 0xffff;
        bucket = 256 + ((raw & 3) << 3 | (raw >> 13 & 7));
    }
    for (const uint16_t *p = &rv_bucket_lists[rv_buckets[bucket]]; *p != 0xffff; p++) {
        const struct rv_pattern *pattern = &rv_patterns[*p];
        if ((raw & pattern->mask) == pattern->match &&
            (extensions & pattern->extensions) == pattern->extensions)
            return pattern;
    }
    return NULL;
}

/* `count` bits of raw from bit `first` up, put at bit `to`. */
static uint32_t bits(uint32_t raw, unsigned first, unsigned count, unsigned to)
{
    return (raw >> first & ((1u << count) - 1)) << to;
}

static int64_t sign(uint32_t value, unsigned width)
{
    return (int64_t)((uint64_t)value << (64 - width)) >> (64 - width);
}

/* The standard 32-bit formats. */
static void decode_standard(struct rv_insn *in)
{
    uint32_t raw = in->raw;

    in->rd = raw >> 7 & 31;
    in->rs1 = raw >> 15 & 31;
    in->rs2 = raw >> 20 & 31;
    in->rs3 = raw >> 27;
    in->rm = raw >> 12 & 7;
    switch (in->pattern->format) {
    case RV_FORMAT_I:
        in->imm = (int32_t)raw >> 20;
        break;
    case RV_FORMAT_CSR:
        in->imm = raw >> 20;
        break;
    case RV_FORMAT_SHIFT:
        in->imm = raw >> 20 & 63;
        break;
    case RV_FORMAT_S:
        in->imm = (int32_t)(raw & 0xfe000000) >> 20 | (int32_t)(raw >> 7 & 31);
        break;
    case RV_FORMAT_U:
        in->imm = (int32_t)(raw & 0xfffff000);
        break;
    case RV_FORMAT_AMO:
        in->rm = raw >> 25 & 3;
        break;
    case RV_FORMAT_B:
        in->imm = sign(bits(raw, 31, 1, 12) | bits(raw, 7, 1, 11) | bits(raw, 25, 6, 5) |
                           bits(raw, 8, 4, 1),
                       13);
        break;
    case RV_FORMAT_J:
        in->imm = sign(bits(raw, 31, 1, 20) | bits(raw, 12, 8, 12) | bits(raw, 20, 1, 11) |
                           bits(raw, 21, 10, 1),
                       21);
        break;
    default:
        break;
    }
}

/* Register operands of a compressed instruction: x8 to x15 in three bits, or all five. */
static uint8_t small_register(uint32_t raw, unsigned first)
{
    return (uint8_t)(8 + (raw >> first & 7));
}

static void set_registers(struct rv_insn *in, uint32_t rd, uint32_t rs1, uint32_t rs2)
{
    in->rd = (uint8_t)rd;
    in->rs1 = (uint8_t)rs1;
    in->rs2 = (uint8_t)rs2;
}

/* Immediates of the loads and stores: word or doubleword, from a small register or the stack
 * pointer. */
static uint32_t offset_w(uint32_t raw)
{
    return bits(raw, 10, 3, 3) | bits(raw, 6, 1, 2) | bits(raw, 5, 1, 6);
}

static uint32_t offset_d(uint32_t raw)
{
    return bits(raw, 10, 3, 3) | bits(raw, 5, 2, 6);
}

static bool decode_compressed_memory(struct rv_insn *in)
{
    uint32_t raw = in->raw, full_rd = raw >> 7 & 31, full_rs2 = raw >> 2 & 31;
    uint8_t rd = small_register(raw, 2), base = small_register(raw, 7);

    switch (in->pattern->format) {
    case RV_FORMAT_C_LOAD_W:
        set_registers(in, rd, base, 0);
        in->imm = offset_w(raw);
        break;
    case RV_FORMAT_C_LOAD_D:
        set_registers(in, rd, base, 0);
        in->imm = offset_d(raw);
        break;
    case RV_FORMAT_C_STORE_W:
        set_registers(in, 0, base, rd);
        in->imm = offset_w(raw);
        break;
    case RV_FORMAT_C_STORE_D:
        set_registers(in, 0, base, rd);
        in->imm = offset_d(raw);
        break;
    case RV_FORMAT_C_LOADSP_W:
        set_registers(in, full_rd, SP, 0);
        in->imm = bits(raw, 12, 1, 5) | bits(raw, 4, 3, 2) | bits(raw, 2, 2, 6);
        break;
    case RV_FORMAT_C_LOADSP_D:
        set_registers(in, full_rd, SP, 0);
        in->imm = bits(raw, 12, 1, 5) | bits(raw, 5, 2, 3) | bits(raw, 2, 3, 6);
        break;
    case RV_FORMAT_C_STORESP_W:
        set_registers(in, 0, SP, full_rs2);
        in->imm = bits(raw, 9, 4, 2) | bits(raw, 7, 2, 6);
        break;
    case RV_FORMAT_C_STORESP_D:
        set_registers(in, 0, SP, full_rs2);
        in->imm = bits(raw, 10, 3, 3) | bits(raw, 7, 3, 6);
        break;
    default:
        return false;
    }
    return true;
}

static int64_t jump_offset(uint32_t raw)
{
    return sign(bits(raw, 12, 1, 11) | bits(raw, 11, 1, 4) | bits(raw, 9, 2, 8) |
                    bits(raw, 8, 1, 10) | bits(raw, 7, 1, 6) | bits(raw, 6, 1, 7) |
                    bits(raw, 3, 3, 1) | bits(raw, 2, 1, 5),
                12);
}

static int64_t branch_offset(uint32_t raw)
{
    return sign(bits(raw, 12, 1, 8) | bits(raw, 10, 2, 3) | bits(raw, 5, 2, 6) |
                    bits(raw, 3, 2, 1) | bits(raw, 2, 1, 5),
                9);
}

static bool decode_compressed(struct rv_insn *in)
{
    uint32_t raw = in->raw, rd = raw >> 7 & 31, rs2 = raw >> 2 & 31,
             imm6 = bits(raw, 12, 1, 5) | bits(raw, 2, 5, 0);
    uint8_t low = small_register(raw, 2), high = small_register(raw, 7);

    switch (in->pattern->format) {
    case RV_FORMAT_C_IMM:
        set_registers(in, rd, rd, 0);
        in->imm = sign(imm6, 6);
        break;
    case RV_FORMAT_C_LI:
        set_registers(in, rd, 0, 0);
        in->imm = sign(imm6, 6);
        break;
    case RV_FORMAT_C_LUI:
        set_registers(in, rd, 0, 0);
        in->imm = sign(imm6 << 12, 18);
        break;
    case RV_FORMAT_C_SLLI:
        set_registers(in, rd, rd, 0);
        in->imm = imm6;
        break;
    case RV_FORMAT_C_ALU_IMM:
        set_registers(in, high, high, 0);
        in->imm = imm6;
        break;
    case RV_FORMAT_C_ANDI:
        set_registers(in, high, high, 0);
        in->imm = sign(imm6, 6);
        break;
    case RV_FORMAT_C_ALU:
        set_registers(in, high, high, low);
        break;
    case RV_FORMAT_C_MV:
        set_registers(in, rd, 0, rs2);
        break;
    case RV_FORMAT_C_ADD:
        set_registers(in, rd, rd, rs2);
        break;
    case RV_FORMAT_C_JR:
        set_registers(in, 0, rd, 0);
        break;
    case RV_FORMAT_C_JALR:
        set_registers(in, RA, rd, 0);
        break;
    case RV_FORMAT_C_J:
        set_registers(in, 0, 0, 0);
        in->imm = jump_offset(raw);
        break;
    case RV_FORMAT_C_BRANCH:
        set_registers(in, 0, high, 0);
        in->imm = branch_offset(raw);
        break;
    case RV_FORMAT_C_ADDI4SPN:
        set_registers(in, low, SP, 0);
        in->imm =
            bits(raw, 11, 2, 4) | bits(raw, 7, 4, 6) | bits(raw, 6, 1, 2) | bits(raw, 5, 1, 3);
        break;
    case RV_FORMAT_C_ADDI16SP:
        set_registers(in, SP, SP, 0);
        in->imm = sign(bits(raw, 12, 1, 9) | bits(raw, 6, 1, 4) | bits(raw, 5, 1, 6) |
                           bits(raw, 3, 2, 7) | bits(raw, 2, 1, 5),
                       10);
        break;
    default:
        return decode_compressed_memory(in);
    }
    return true;
}

bool rv_decode(uint32_t raw, uint32_t extensions, struct rv_insn *in)
{
    memset(in, 0, sizeof(*in));
    in->length = rv_insn_length(raw);
    in->raw = in->length == 2 ? raw & 0xffff : raw;
    in->pattern = rv_find_pattern(raw, extensions);
    if (!in->pattern)
        return false;
    if (in->length == 2)
        decode_compressed(in);
    else
        decode_standard(in);
    return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions as text, from the pattern tables: the name up to its first dot, operands by format.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "decode.h"

static const char *const conditions[16] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                           "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};

struct text {
    char *at;
    size_t left;
};

static void VM_PRINTF(2, 3) add(struct text *text, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text->at, text->left, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    size_t used = (size_t)n < text->left ? (size_t)n : text->left - 1;
    text->at += used;
    text->left -= used;
}

/*
 * How a format's operands are written. Letters of a template:
 *   d n m a   general registers by sf; D N: 31 is SP; x y: rn and rd of 64 bits
 *   t u       what a load or store moves: rd and ra; s: rm, of the same size or a status; B: base
 * register i h       in->imm in decimal or hexadecimal; P: address that it leads to c condition of
 * bits 15..12; f: NZCV of bits 3..0; b: number of the bit tested r q       bits 21..16 and 15..10;
 * S E: shift or extension of rm R         a system register; M: the rest of the name and an
 * immediate; Z: modes of pairs w         the word itself
 */
static const char *const templates[A64_FORMAT_COUNT] = {
    [A64_FORMAT_ADR] = "d, P",
    [A64_FORMAT_IMM12] = "D, N, #i",
    [A64_FORMAT_LOGIMM] = "D, n, #h",
    [A64_FORMAT_MOV16] = "d, #h",
    [A64_FORMAT_BITFIELD] = "d, n, #r, #q",
    [A64_FORMAT_EXTRACT] = "d, n, m, #i",
    [A64_FORMAT_SHIFTED] = "d, n, mS",
    [A64_FORMAT_ADDSHIFT] = "d, n, mS",
    [A64_FORMAT_EXTENDED] = "D, N, mE",
    [A64_FORMAT_R1] = "d, n",
    [A64_FORMAT_R2] = "d, n, m",
    [A64_FORMAT_R3] = "d, n, m, a",
    [A64_FORMAT_RMIF] = "x, #i, #f",
    [A64_FORMAT_SETF] = "n",
    [A64_FORMAT_CCMP] = "n, m, #f, c",
    [A64_FORMAT_CCMPIMM] = "n, #i, #f, c",
    [A64_FORMAT_CSEL] = "d, n, m, c",
    [A64_FORMAT_JUMP] = "P",
    [A64_FORMAT_BCOND] = "P",
    [A64_FORMAT_CBZ] = "d, P",
    [A64_FORMAT_TBZ] = "y, #b, P",
    [A64_FORMAT_BR] = "x",
    [A64_FORMAT_BRAUTH] = "x, y",
    [A64_FORMAT_IMM16] = "#h",
    [A64_FORMAT_BARRIER] = "",
    [A64_FORMAT_MSRIMM] = "M",
    [A64_FORMAT_SYS] = "R, y",
    [A64_FORMAT_LDAUTH] = "y, [B, #i]",
    [A64_FORMAT_LDU12] = "t, [B, #i]",
    [A64_FORMAT_LDS9] = "t, [B, #i]",
    [A64_FORMAT_LDUNPRIV] = "t, [B, #i]",
    [A64_FORMAT_LDPRE] = "t, [B, #i]!",
    [A64_FORMAT_LDPOST] = "t, [B], #i",
    [A64_FORMAT_LDREG] = "t, [B, mE]",
    [A64_FORMAT_LDLIT] = "t, P",
    [A64_FORMAT_PAIR] = "t, u, Z",
    [A64_FORMAT_STEX] = "s, t, [B]",
    [A64_FORMAT_LDEX] = "t, [B]",
    [A64_FORMAT_STEXP] = "s, t, u, [B]",
    [A64_FORMAT_LDEXP] = "t, u, [B]",
    [A64_FORMAT_ATOMIC] = "s, t, [B]",
    [A64_FORMAT_SIMD] = "w",
    [A64_FORMAT_NONE] = "",
};

static void add_general(struct text *text, bool wide, uint32_t reg)
{
    if (reg == 31)
        add(text, "%s", wide ? "xzr" : "wzr");
    else
        add(text, "%c%" PRIu32, wide ? 'x' : 'w', reg);
}

static void add_stack(struct text *text, bool wide, uint32_t reg)
{
    if (reg == 31)
        add(text, "%s", wide ? "sp" : "wsp");
    else
        add_general(text, wide, reg);
}

/* A register that is loaded or stored. */
static void add_moved(struct text *text, const struct a64_insn *in, uint32_t reg)
{
    uint32_t size = a64_field(in, 30, 2), opc = a64_field(in, 22, 2);
    bool pair = in->pattern->format == A64_FORMAT_PAIR,
         literal = in->pattern->format == A64_FORMAT_LDLIT;

    if (a64_field(in, 26, 1)) {
        uint32_t scale = pair || literal ? size + 2 : opc > 1 ? 4 : size;
        add(text, "%c%" PRIu32, "bhsdq"[scale > 4 ? 4 : scale], reg);
        return;
    }
    bool exclusive = a64_field(in, 24, 6) == 8, one = a64_field(in, 27, 3) == 7 && !exclusive;
    add_general(text, pair || literal ? size != 0 : size == 3 || (one && opc == 2), reg);
}

static void add_operand_suffix(struct text *text, const struct a64_insn *in, char what)
{
    static const char *const shifts[] = {"lsl", "lsr", "asr", "ror"};
    static const char *const extensions[] = {"uxtb", "uxth", "uxtw", "uxtx",
                                             "sxtb", "sxth", "sxtw", "sxtx"};

    if (what == 'S' && in->imm != 0)
        add(text, ", %s #%" PRId64, shifts[a64_field(in, 22, 2)], in->imm);
    if (what == 'E')
        add(text, ", %s #%" PRIu32, extensions[a64_field(in, 13, 3)],
            in->pattern->format == A64_FORMAT_EXTENDED ? a64_field(in, 10, 3)
                                                       : a64_field(in, 12, 1));
}

static void add_system(struct text *text, const struct a64_insn *in)
{
    add(text, "s%" PRIu32 "_%" PRIu32 "_c%" PRIu32 "_c%" PRIu32 "_%" PRIu32, a64_field(in, 19, 2),
        a64_field(in, 16, 3), a64_field(in, 12, 4), a64_field(in, 8, 4), a64_field(in, 5, 3));
}

static void add_pair_address(struct text *text, const struct a64_insn *in)
{
    uint32_t mode = a64_field(in, 23, 2);

    add(text, "[");
    add_stack(text, true, in->rn);
    if (mode == 1)
        add(text, "], #%" PRId64, in->imm);
    else
        add(text, ", #%" PRId64 "]%s", in->imm, mode == 3 ? "!" : "");
}

/* Then register 31 is no SP as a destination. */
static bool sets_flags(const struct a64_insn *in)
{
    return in->pattern->format == A64_FORMAT_LOGIMM ? a64_field(in, 29, 2) == 3
                                                    : a64_field(in, 29, 1);
}

/* Letters that stand for a register; false: another one. */
static bool add_register_of(struct text *text, const struct a64_insn *in, char letter)
{
    bool offset = in->pattern->format == A64_FORMAT_LDREG, wide = in->sf;

    if (offset)
        wide = a64_field(in, 13, 1);

    switch (letter) {
    case 'd':
        add_general(text, in->sf || in->pattern->format == A64_FORMAT_ADR, in->rd);
        return true;
    case 'n':
        add_general(text, in->sf, in->rn);
        return true;
    case 'm':
        add_general(text, wide, in->rm);
        return true;
    case 'a':
        add_general(text, in->sf, in->ra);
        return true;
    case 'D':
        if (sets_flags(in))
            add_general(text, in->sf, in->rd);
        else
            add_stack(text, in->sf, in->rd);
        return true;
    case 'N':
        add_stack(text, in->sf, in->rn);
        return true;
    case 'x':
        add_general(text, true, in->rn);
        return true;
    case 'y':
        add_general(text, true, in->rd);
        return true;
    case 'B':
        add_stack(text, true, in->rn);
        return true;
    case 't':
        add_moved(text, in, in->rd);
        return true;
    case 'u':
        add_moved(text, in, in->ra);
        return true;
    case 's':
        if (in->pattern->format == A64_FORMAT_ATOMIC)
            add_moved(text, in, in->rm);
        else
            add_general(text, false, in->rm);
        return true;
    default:
        return false;
    }
}

static void add_operand(struct text *text, const struct a64_insn *in, uint64_t pc, char letter)
{
    uint64_t page = strcmp(in->pattern->name, "adrp") == 0 ? UINT64_MAX << 12 : UINT64_MAX;

    if (add_register_of(text, in, letter))
        return;
    switch (letter) {
    case 'i':
        add(text, "%" PRId64, in->imm);
        break;
    case 'h':
        add(text, "0x%" PRIx64, (uint64_t)in->imm);
        break;
    case 'P':
        add(text, "0x%" PRIx64, (pc & page) + (uint64_t)in->imm);
        break;
    case 'c':
        add(text, "%s", conditions[a64_field(in, 12, 4)]);
        break;
    case 'f':
        add(text, "%" PRIu32, a64_field(in, 0, 4));
        break;
    case 'b':
        add(text, "%" PRIu32, a64_field(in, 31, 1) << 5 | a64_field(in, 19, 5));
        break;
    case 'r':
        add(text, "%" PRIu32, a64_field(in, 16, 6));
        break;
    case 'q':
        add(text, "%" PRIu32, a64_field(in, 10, 6));
        break;
    case 'S':
    case 'E':
        add_operand_suffix(text, in, letter);
        break;
    case 'R':
        add_system(text, in);
        break;
    case 'M':
        add(text, "%s, #%" PRIu32, strrchr(in->pattern->name, '.') + 1, a64_field(in, 8, 4));
        break;
    case 'Z':
        add_pair_address(text, in);
        break;
    case 'w':
        add(text, "0x%08" PRIx32, in->raw);
        break;
    default:
        add(text, "%c", letter);
        break;
    }
}

static void print(struct text *text, const struct a64_insn *in, uint64_t pc)
{
    const char *template = templates[in->pattern->format];

    add(text, "%.*s", (int)strcspn(in->pattern->name, "."), in->pattern->name);
    if (in->pattern->format == A64_FORMAT_BCOND)
        add(text, ".%s", conditions[a64_field(in, 0, 4)]);
    if (!template)
        template = "w";
    if (*template)
        add(text, " ");
    for (const char *p = template; *p; p++)
        add_operand(text, in, pc, *p);
}

uint32_t a64_disassemble(void *arch, const uint8_t *bytes, uint32_t n, uint64_t pc, char *text,
                         size_t text_size)
{
    const struct a64_arch *machine = arch;
    struct text out = {.at = text, .left = text_size};
    struct a64_insn in;

    if (n < 4 || text_size == 0)
        return 0;
    uint32_t raw = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                   (uint32_t)bytes[3] << 24;
    if (a64_decode(raw, machine->features, &in))
        print(&out, &in, pc);
    else
        add(&out, "undefined 0x%08" PRIx32, raw);
    return 4;
}

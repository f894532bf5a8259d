/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions as text, from the pattern table: names as in riscv64.decode, operands by format. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "decode.h"

static const char *const x_names[32] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                        "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                        "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                        "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

static const char *const f_names[32] = {"ft0", "ft1", "ft2",  "ft3",  "ft4", "ft5", "ft6",  "ft7",
                                        "fs0", "fs1", "fa0",  "fa1",  "fa2", "fa3", "fa4",  "fa5",
                                        "fa6", "fa7", "fs2",  "fs3",  "fs4", "fs5", "fs6",  "fs7",
                                        "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};
static const char *const rm_names[8] = {"rne", "rtz", "rdn", "rup", "rmm", "rm5", "rm6", "dyn"};

/* How the operands of a format are written. */
enum style {
    STYLE_NONE,
    STYLE_R,
    STYLE_I,
    STYLE_U,
    STYLE_JUMP,
    STYLE_BRANCH,
    STYLE_LOAD,
    STYLE_STORE,
    STYLE_CSR,
    STYLE_FP,
};

static enum style style_of(const struct rv_insn *in)
{
    uint32_t opcode = in->raw & 0x7f;

    switch (in->pattern->format) {
    case RV_FORMAT_R:
    case RV_FORMAT_AMO:
    case RV_FORMAT_C_ALU:
    case RV_FORMAT_C_MV:
    case RV_FORMAT_C_ADD:
        return STYLE_R;
    case RV_FORMAT_FP:
        return STYLE_FP;
    case RV_FORMAT_U:
    case RV_FORMAT_C_LUI:
        return STYLE_U;
    case RV_FORMAT_J:
    case RV_FORMAT_C_J:
        return STYLE_JUMP;
    case RV_FORMAT_B:
    case RV_FORMAT_C_BRANCH:
        return STYLE_BRANCH;
    case RV_FORMAT_CSR:
        return STYLE_CSR;
    case RV_FORMAT_S:
    case RV_FORMAT_C_STORE_W:
    case RV_FORMAT_C_STORE_D:
    case RV_FORMAT_C_STORESP_W:
    case RV_FORMAT_C_STORESP_D:
        return STYLE_STORE;
    case RV_FORMAT_C_LOAD_W:
    case RV_FORMAT_C_LOAD_D:
    case RV_FORMAT_C_LOADSP_W:
    case RV_FORMAT_C_LOADSP_D:
    case RV_FORMAT_C_JR:
    case RV_FORMAT_C_JALR:
        return STYLE_LOAD;
    case RV_FORMAT_NONE:
        return STYLE_NONE;
    case RV_FORMAT_I:
        return opcode == 0x03 || opcode == 0x07 || opcode == 0x67 ? STYLE_LOAD : STYLE_I;
    default:
        return STYLE_I;
    }
}

/* Floating-point instructions by the start of their name: register files of rd, rs1, rs2, rs3. The
 * first that fits. */
static const struct {
    const char *prefix, *files;
} fp_operands[] = {
    {"fmadd", "ffff"},  {"fmsub", "ffff"},  {"fnm", "ffff"},  {"fsqrt", "ff"},
    {"fcvt.s.d", "ff"}, {"fcvt.d.s", "ff"}, {"fcvt.s", "fx"}, {"fcvt.d", "fx"},
    {"fcvt", "xf"},     {"fmv.x", "xf"},    {"fmv", "fx"},    {"fclass", "xf"},
    {"feq", "xff"},     {"flt", "xff"},     {"fle", "xff"},   {"f", "fff"},
};

static int print_fp(const struct rv_insn *in, char *text, size_t size)
{
    const uint8_t reg[4] = {in->rd, in->rs1, in->rs2, in->rs3};
    const char *files = "";
    int used = 0;

    for (size_t i = 0; i < sizeof(fp_operands) / sizeof(fp_operands[0]) && !*files; i++) {
        if (strncmp(in->pattern->name, fp_operands[i].prefix, strlen(fp_operands[i].prefix)) == 0)
            files = fp_operands[i].files;
    }
    for (int i = 0; files[i] && (size_t)used < size; i++)
        used += snprintf(text + used, size - (size_t)used, "%s%s", i ? ", " : " ",
                         files[i] == 'x' ? x_names[reg[i]] : f_names[reg[i]]);
    if (!(in->pattern->mask & 0x7000) && in->rm != 7 && (size_t)used < size)
        used += snprintf(text + used, size - (size_t)used, ", %s", rm_names[in->rm]);
    return used;
}

static bool is_fp_memory(const struct rv_insn *in)
{
    const char *name = in->pattern->name;

    return name[0] == 'f' || (name[0] == 'c' && name[1] == '.' && name[2] == 'f');
}

static int print_operands(const struct rv_insn *in, uint64_t pc, char *text, size_t size)
{
    const char *rd = x_names[in->rd], *rs1 = x_names[in->rs1], *rs2 = x_names[in->rs2];
    uint64_t target = pc + (uint64_t)in->imm;
    bool fp = is_fp_memory(in);

    switch (style_of(in)) {
    case STYLE_R:
        return snprintf(text, size, " %s, %s, %s", rd, rs1, rs2);
    case STYLE_I:
        return snprintf(text, size, " %s, %s, %" PRId64, rd, rs1, in->imm);
    case STYLE_U:
        return snprintf(text, size, " %s, 0x%" PRIx64, rd, (uint64_t)in->imm >> 12 & 0xfffff);
    case STYLE_JUMP:
        return snprintf(text, size, " %s, 0x%" PRIx64, rd, target);
    case STYLE_BRANCH:
        return snprintf(text, size, " %s, %s, 0x%" PRIx64, rs1, rs2, target);
    case STYLE_LOAD:
        return snprintf(text, size, " %s, %" PRId64 "(%s)", fp ? f_names[in->rd] : rd, in->imm,
                        rs1);
    case STYLE_STORE:
        return snprintf(text, size, " %s, %" PRId64 "(%s)", fp ? f_names[in->rs2] : rs2, in->imm,
                        rs1);
    case STYLE_CSR:
        return snprintf(text, size, " %s, 0x%" PRIx64 ", %s", rd, (uint64_t)in->imm, rs1);
    case STYLE_FP:
        return print_fp(in, text, size);
    default:
        return 0;
    }
}

uint32_t rv_disassemble(void *arch, const uint8_t *bytes, uint32_t n, uint64_t pc, char *text,
                        size_t text_size)
{
    const struct rv_arch *machine = arch;
    uint32_t raw = 0, length;
    struct rv_insn in;

    if (n < 2 || text_size == 0)
        return 0;
    length = rv_insn_length(bytes[0]);
    if (length > n)
        return 0;
    for (uint32_t i = 0; i < length; i++)
        raw |= (uint32_t)bytes[i] << (8 * i);
    if (!rv_decode(raw, machine->extensions, &in)) {
        snprintf(text, text_size, "illegal 0x%0*" PRIx32, (int)length * 2, raw);
        return length;
    }
    int used = snprintf(text, text_size, "%s", in.pattern->name);
    if (used > 0 && (size_t)used < text_size)
        print_operands(&in, pc, text + used, text_size - (size_t)used);
    return length;
}

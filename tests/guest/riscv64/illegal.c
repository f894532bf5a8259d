/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodings of no instruction that the machine has: each traps, changes nothing, in every mode. */
#include "insn.h"
#include "test.h"

/* what a0 points at, should an encoding be taken for a load or store */
static uint64_t stage[16] __attribute__((aligned(64)));

struct encoding {
    const char *name;
    uint32_t insn;
};

static const struct encoding illegal[] = {
    {"all ones", 0xffffffff},
    {"opcode 0x1f", 0x0000001f},
    {"opcode 0x3f", 0x0000003f},
    {"opcode 0x7f", 0x0000007f},
    {"custom-0", 0x0000000b},
    {"custom-1", 0x0000002b},
    {"custom-2", 0x0000005b},
    {"custom-3", 0x0000007b},
    {"reserved opcode 0x6b", 0x0000006b},
    {"load funct3 7", 0x00057503},
    {"store funct3 4", 0x00b54023},
    {"store funct3 5", 0x00b55023},
    {"store funct3 6", 0x00b56023},
    {"store funct3 7", 0x00b57023},
    {"branch funct3 2", 0x00052063},
    {"branch funct3 3", 0x00053063},
    {"jalr funct3 1", 0x00051067},
    {"jalr funct3 7", 0x00057067},
    {"misc-mem funct3 3", 0x0000300f},
    {"misc-mem funct3 7", 0x0000700f},
    {"cbo 3", 0x0035200f},
    {"cbo 5", 0x0055200f},
    {"cbo.zero with rd", 0x0045250f},
    {"slli funct6 0x10", 0x40051513},
    {"slli funct6 0x04", 0x10051513},
    {"srli funct6 0x3f", 0xfc055513},
    {"srli funct6 0x08", 0x20055513},
    {"clz row, rs2 7", 0x60751513},
    {"clz row, rs2 31", 0x61f51513},
    {"slliw shamt bit 5", 0x0205151b},
    {"srliw shamt bit 5", 0x0205551b},
    {"sraiw shamt bit 5", 0x4205551b},
    {"op-imm-32 funct3 2", 0x0005251b},
    {"op-imm-32 funct3 4", 0x0005451b},
    {"op-imm-32 funct3 7", 0x0005751b},
    {"add funct7 0x40", 0x80b50533},
    {"add funct7 0x02", 0x04b50533},
    {"add funct7 0x7f", 0xfeb50533},
    {"sll funct7 0x20", 0x40b51533},
    {"slt funct7 0x20", 0x40b52533},
    {"sltu funct7 0x20", 0x40b53533},
    {"or funct7 0x02", 0x04b56533},
    {"op-32 funct3 2", 0x00b5253b},
    {"op-32 funct3 3", 0x00b5353b},
    {"mulw row, funct3 1", 0x02b5153b},
    {"mulw row, funct3 2", 0x02b5253b},
    {"addw funct7 0x40", 0x80b5053b},
    {"sllw funct7 0x20", 0x40b5153b},
    {"sh1add.uw row, funct3 3", 0x20b5353b},
    {"zext.h with rs2 1", 0x0815453b},
    {"amo funct3 4", 0x00b5452f},
    {"amo funct3 7", 0x00b5752f},
    {"amo funct5 0x05", 0x28b5252f},
    {"amo funct5 0x1f", 0xf8b5252f},
    {"lr.w with rs2", 0x10b5252f},
    {"lr.d with rs2", 0x1015352f},
    {"flq", 0x00054507},
    {"load-fp funct3 1 (half)", 0x00051507},
    {"load-fp funct3 6 (vector)", 0x02056507},
    {"fadd.q", 0x06b57553},
    {"fadd.h", 0x04b57553},
    {"fmadd.q", 0x5eb57543},
    {"fmadd.h", 0x5cb57543},
    {"fsqrt.d with rs2", 0x5ab57553},
    {"fsqrt.s with rs2", 0x58157553},
    {"fsgnj.d funct3 3", 0x22b53553},
    {"fsgnj.d funct3 7", 0x22b57553},
    {"feq row, funct3 3", 0xa2b53553},
    {"fclass row, funct3 2", 0xe2052553},
    {"fclass.d with rs2", 0xe2151553},
    {"fmv.x.d with rs2", 0xe2b50553},
    {"fmv.d.x funct3 1", 0xf2051553},
    {"fcvt.w.d with rs2 7", 0xc2757553},
    {"fcvt.d.w with rs2 31", 0xd3f57553},
    {"fcvt.d.d", 0x42157553},
    {"fcvt.s.s", 0x40057553},
    {"fp funct5 0x06", 0x32b57553},
    {"fp funct5 0x1f", 0xfab57553},
    {"vadd.vv", 0x02000057},
    {"vsetvli", 0x00057557},
    {"system funct3 4", 0x00054073},
    {"hlv.d without H", 0x6c054573},
    {"hfence.vvma without H", 0x22000073},
    {"ecall with rd", 0x000000f3},
    {"ecall with rs1", 0x00008073},
    {"ebreak with rd", 0x001000f3},
    {"uret", 0x00200073},
    {"dret outside debug mode", 0x7b200073},
    {"mret with rs1", 0x30208073},
    {"sret with rd", 0x102000f3},
    {"wfi with rd", 0x105000f3},
    {"sfence.vma with rd", 0x120000f3},
};

/* Fields that must be ignored, encodings that look odd and are not: none of these trap. */
static const struct encoding legal[] = {
    {"fence with rd, rs1 and fm reserved", 0x5ff5050f},
    {"fence iorw, iorw", 0x0ff0000f},
    {"fence.tso", 0x8330000f},
    {"fence.i with all fields set", 0xfff5150f},
    {"lui to x0", 0x12345037},
    {"slti to x0", 0x00052013},
    {"prefetch.r", 0x00156013},
    {"ntl.p1", 0x00200033},
    {"add to x0", 0x00b50033},
};

static void try_all(const struct encoding *list, unsigned count, unsigned mode, bool traps)
{
    struct trap t;

    for (unsigned i = 0; i < count; i++) {
        set_case(list[i].name);
        set_case_number(list[i].insn);
        try_insn(&t, mode, list[i].insn, (uint64_t)stage, 0x5a5a);
        if (traps)
            check_illegal("traps", &t, (uint64_t)try_buffer, list[i].insn);
        else
            check_trap("does not trap", &t, ecall_cause(mode), ANY, ANY);
        check("a0 is left alone", t.a0, (uint64_t)stage);
        check("a1 is left alone", t.a1, 0x5a5a);
    }
}

int main(void)
{
    static const unsigned modes[] = {MODE_M, MODE_S, MODE_U};

    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        try_all(illegal, ARRAY_SIZE(illegal), modes[i], true);
        try_all(legal, ARRAY_SIZE(legal), modes[i], false);
    }
    return 0;
}

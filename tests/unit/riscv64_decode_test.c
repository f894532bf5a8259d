/* SPDX-License-Identifier: BSD-2-Clause */
/* The decode table of arch-riscv64: complete, free of ambiguity, with fields in the right places.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "riscv64_fake.h"

#define ROUNDS 200

static uint32_t random_word(void)
{
    return (uint32_t)rand() << 16 ^ (uint32_t)rand();
}

/* A word of the pattern, its free bits random. */
static uint32_t word_of(const struct rv_pattern *p)
{
    uint32_t word = (random_word() & ~p->mask) | p->match;

    return p->length == 2 ? word & 0xffff : word;
}

static bool overlap(const struct rv_pattern *a, const struct rv_pattern *b)
{
    return a->length == b->length && ((a->match ^ b->match) & a->mask & b->mask) == 0;
}

/* Whether every word of `special` is one of `general` too, and not the other way round. */
static bool specialises(const struct rv_pattern *special, const struct rv_pattern *general)
{
    return (special->mask & general->mask) == general->mask &&
           (special->match & general->mask) == general->match;
}

Test(riscv64_decode, lengths_agree_with_the_low_bits)
{
    for (uint32_t i = 0; i < rv_n_patterns; i++) {
        const struct rv_pattern *p = &rv_patterns[i];
        cr_expect_eq(p->mask & 3, 3, "%s leaves its low bits open", p->name);
        cr_expect_eq(rv_insn_length(p->match), p->length, "%s", p->name);
        cr_expect_eq(p->match & ~p->mask, 0, "%s", p->name);
    }
}

Test(riscv64_decode, every_pattern_decodes_to_itself_or_a_special_case)
{
    srand(1);
    for (uint32_t i = 0; i < rv_n_patterns; i++) {
        const struct rv_pattern *p = &rv_patterns[i];
        bool seen = false;
        for (int k = 0; k < ROUNDS; k++) {
            uint32_t word = word_of(p);
            const struct rv_pattern *found = rv_find_pattern(word, UINT32_MAX);
            cr_assert_not_null(found, "%s: 0x%x is not found", p->name, word);
            cr_assert(found == p || specialises(found, p), "%s: 0x%x is %s", p->name, word,
                      found->name);
            seen |= found == p;
        }
        cr_expect(seen, "%s is never found", p->name);
    }
}

/* The words that two patterns share belong to a pattern that fixes all that either fixes. */
Test(riscv64_decode, overlaps_are_resolved)
{
    for (uint32_t i = 0; i < rv_n_patterns; i++) {
        for (uint32_t k = 0; k < i; k++) {
            const struct rv_pattern *a = &rv_patterns[i], *b = &rv_patterns[k];
            if (!overlap(a, b))
                continue;
            bool resolved = false;
            for (uint32_t m = 0; m < rv_n_patterns; m++) {
                const struct rv_pattern *p = &rv_patterns[m];
                resolved |= p->length == a->length && p->mask == (a->mask | b->mask) &&
                            p->match == (a->match | b->match);
            }
            cr_expect(resolved, "%s and %s overlap", a->name, b->name);
        }
    }
}

Test(riscv64_decode, an_extension_that_is_off_hides_its_instructions)
{
    srand(2);
    for (uint32_t i = 0; i < rv_n_patterns; i++) {
        const struct rv_pattern *p = &rv_patterns[i];
        for (uint32_t bit = 1; bit != 0; bit <<= 1) {
            const struct rv_pattern *found;
            if (!(p->extensions & bit))
                continue;
            found = rv_find_pattern(word_of(p), ~bit);
            cr_expect(!found || !(found->extensions & bit), "%s", p->name);
        }
    }
}

Test(riscv64_decode, undefined_words_are_illegal)
{
    static const uint32_t words[] = {
        0x00000000,           0xffffffff,
        0x0000006b,           /* unused opcode */
        0x00007003,           /* load, funct3 7 */
        0x40001033,           /* sll with sub's funct7 */
        0x1000302f | 1 << 20, /* lr.d with rs2 */
        0x06000043,           /* fmadd.q */
        0x30200073 | 1 << 7,  /* mret with rd */
        0x0000405b,           0x00008000 /* c.reserved, quadrant 0 funct3 4 */,
        0x00009c41, /* 100 1 11 ... 10 */
    };
    struct rv_insn in;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        bool legal = rv_decode(words[i], UINT32_MAX, &in);
        cr_expect(!legal || in.pattern->emit == emit_illegal, "0x%x", words[i]);
    }
}

/* Words as the GNU assembler makes them. */
Test(riscv64_decode, fields)
{
    static const struct {
        uint32_t word;
        const char *name;
        int rd, rs1, rs2;
        int64_t imm;
    } cases[] = {
        {0x771c23b7, "lui", 7, 24, 17, 0x771c2000},
        {0xe18ddf6f, "jal", 30, 27, 24, -141800},
        {0xc2e700e7, "jalr", 1, 14, 14, -978},
        {0xaa8a0a63, "beq", 20, 20, 8, -3404},
        {0x652703a3, "sb", 7, 14, 18, 1607},
        {0x43a75e13, "srai", 28, 14, 26, 58},
        {0xbdc02373, "csrrs", 6, 0, 28, 0xbdc},
        {0x1cbc, "c.addi4spn", 15, 2, 0, 632},
        {0x56b0, "c.lw", 12, 13, 0, 104},
        {0xf294, "c.sd", 0, 13, 13, 32},
        {0x12e1, "c.addi", 5, 5, 0, -8},
        {0x5a41, "c.li", 20, 0, 0, -16},
        {0x7605, "c.lui", 12, 0, 0, -0x1f000},
        {0x7105, "c.addi16sp", 2, 2, 0, -480},
        {0x8089, "c.srli", 9, 9, 0, 2},
        {0x9bed, "c.andi", 15, 15, 0, -5},
        {0x8f3d, "c.xor", 14, 14, 15, 0},
        {0x9c82, "c.jalr", 1, 25, 0, 0},
        {0x8cc2, "c.mv", 25, 0, 16, 0},
        {0x0752, "c.slli", 14, 14, 0, 20},
    };
    struct rv_insn in;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert(rv_decode(cases[i].word, UINT32_MAX, &in), "%s", cases[i].name);
        cr_expect_str_eq(in.pattern->name, cases[i].name);
        cr_expect_eq(in.imm, cases[i].imm, "%s: immediate %ld", cases[i].name, (long)in.imm);
        cr_expect_eq(in.rs1, cases[i].rs1, "%s: rs1 %d", cases[i].name, in.rs1);
        if (in.length == 2 || in.pattern->format != RV_FORMAT_U)
            cr_expect_eq(in.rs2, cases[i].rs2, "%s: rs2 %d", cases[i].name, in.rs2);
        if (in.pattern->format != RV_FORMAT_B && in.pattern->format != RV_FORMAT_S)
            cr_expect_eq(in.rd, cases[i].rd, "%s: rd %d", cases[i].name, in.rd);
    }
}

Test(riscv64_decode, disassembly)
{
    static const struct {
        uint32_t word;
        const char *text;
    } cases[] = {
        {0x02d78933, "mul s2, a5, a3"},
        {0x0b33ae83, "lw t4, 179(t2)"},
        {0xca0c2f07, "flw ft10, -864(s8)"},
        {0xc0164153, "fcvt.wu.s sp, fa2, rmm"},
        {0xf2048ad3, "fmv.d.x fs5, s1"},
        {0x9002, "c.ebreak"},
        {0x00000073, "ecall"},
        {0x42a11763, "bne sp, a0, 0x142e"},
        {0x0000, "c.reserved.addi4spn"},
        {0x0000006b, "illegal 0x0000006b"},
    };
    struct fake *f = fake_new();
    char text[80];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t n =
            rv_disassemble(f->arch, (const uint8_t *)&cases[i].word, 4, 0x1000, text, sizeof(text));
        cr_expect_eq(n, rv_insn_length(cases[i].word));
        cr_expect_str_eq(text, cases[i].text);
    }
    fake_free(f);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The decode tables of arch-aarch64: complete, free of ambiguity, with fields in the right places.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "decode.h"

#define ROUNDS 200

static uint32_t random_word(void)
{
    return (uint32_t)rand() << 16 ^ (uint32_t)rand();
}

/* A word of the pattern, its free bits random. */
static uint32_t word_of(const struct a64_pattern *p)
{
    return (random_word() & ~p->mask) | p->match;
}

static bool overlap(const struct a64_pattern *a, const struct a64_pattern *b)
{
    return ((a->match ^ b->match) & a->mask & b->mask) == 0;
}

/* Whether every word of `special` is one of `general` too, and not the other way round. */
static bool specialises(const struct a64_pattern *special, const struct a64_pattern *general)
{
    return special->mask != general->mask && (special->mask & general->mask) == general->mask &&
           (special->match & general->mask) == general->match;
}

Test(aarch64_decode, every_pattern_decodes_to_itself_or_a_special_case)
{
    srand(1);
    for (uint32_t i = 0; i < a64_n_patterns; i++) {
        const struct a64_pattern *p = &a64_patterns[i];
        bool seen = false;
        cr_expect_eq(p->match & ~p->mask, 0, "%s", p->name);
        for (int k = 0; k < ROUNDS; k++) {
            uint32_t word = word_of(p);
            const struct a64_pattern *found = a64_find_pattern(word, UINT64_MAX);
            cr_assert_not_null(found, "%s: 0x%x is not found", p->name, word);
            cr_assert(found == p || specialises(found, p), "%s: 0x%x is %s", p->name, word,
                      found->name);
            seen |= found == p;
        }
        cr_expect(seen, "%s is never found", p->name);
    }
}

/* The words that two patterns share belong to a pattern that fixes all that either fixes. */
Test(aarch64_decode, overlaps_are_resolved)
{
    for (uint32_t i = 0; i < a64_n_patterns; i++) {
        for (uint32_t k = 0; k < i; k++) {
            const struct a64_pattern *a = &a64_patterns[i], *b = &a64_patterns[k];
            if (!overlap(a, b))
                continue;
            bool resolved = false;
            for (uint32_t m = 0; m < a64_n_patterns; m++) {
                const struct a64_pattern *p = &a64_patterns[m];
                resolved |= p->mask == (a->mask | b->mask) && p->match == (a->match | b->match);
            }
            cr_expect(resolved, "%s and %s overlap", a->name, b->name);
        }
    }
}

Test(aarch64_decode, a_feature_that_is_off_hides_its_instructions)
{
    srand(2);
    for (uint32_t i = 0; i < a64_n_patterns; i++) {
        const struct a64_pattern *p = &a64_patterns[i];
        for (uint64_t bit = 1; bit != 0; bit <<= 1) {
            const struct a64_pattern *found;
            if (!(p->features & bit))
                continue;
            found = a64_find_pattern(word_of(p), ~bit);
            cr_expect(!found || !(found->features & bit), "%s", p->name);
        }
    }
}

/* The ID registers say what is there: nothing without patterns, and no patterns that no CPU has. */
Test(aarch64_decode, the_largest_cpu_has_what_there_are_patterns_for)
{
    static const uint64_t options = A64_FEATURE(PAUTH) | A64_FEATURE(BTI);
    static const uint64_t no_instructions =
        A64_FEATURE(HPDS) | A64_FEATURE(HAFDBS) | A64_FEATURE(VHE) | A64_FEATURE(DPB) |
        A64_FEATURE(LVA) | A64_FEATURE(LPA) | A64_FEATURE(DPB2) | A64_FEATURE(TLBIOS) |
        A64_FEATURE(TLBIRANGE) | A64_FEATURE(PMU) | A64_FEATURE(CSV2) | A64_FEATURE(E0PD);
    uint64_t patterns = 0, max = a64_model_features(A64_CPU_MAX);

    for (uint32_t i = 0; i < a64_n_patterns; i++)
        patterns |= a64_patterns[i].features;
    cr_expect_eq(patterns & ~options & ~max, 0, "0x%lx", (unsigned long)(patterns & ~max));
    cr_expect_eq(max & ~no_instructions & ~patterns, 0, "0x%lx", (unsigned long)(max & ~patterns));
}

Test(aarch64_decode, unallocated_words_are_undefined)
{
    static const uint32_t words[] = {
        0x00000000, /* udf */
        0x0000ffff, 0xffffffff,
        0x12c00000, /* movn with hw = 2, 32 bits */
        0x72400000, /* ands of 32 bits with N */
        0x9240fc00, /* and of a mask that is all ones */
        0x1200fc00, /* and of a mask without an element size */
        0x53008000, /* ubfm of 32 bits with imms = 32 */
        0x93000000, /* sbfm of 64 bits without N */
        0x0bc00000, /* add shifted by ror */
        0x0b008000, /* add of 32 bits shifted by 32 */
        0x8b201400, /* add extended, shift 5 */
        0x13a08000, /* extr with N other than sf, 32 bits, imms = 32 */
        0x1ac04c00, /* crc32x of 32 bits */
        0x9ac05000, /* crc32cb of 64 bits */
        0x5ac00c00, /* rev64 of 32 bits */
        0x1b400000, /* smulh of 32 bits */
        0x54000010, /* b.cond with bit 4 */
        0xd61f0001, /* br with bits 4..0 */
        0xd6600000, 0xd4000000,
        0xd4200001, 0xd4a00000, /* dcps0 */
        0xf9c00000,             /* ldr of 64 bits, opc 3 */
        0xb8c00000,             /* ldur of 32 bits, opc 3 */
        0x38200800,             /* strb with option 0 */
        0x68000000,             /* stgp */
        0xe8000000, 0x28000000 | 3u << 30,
        0x08207c01, /* casp with an odd register */
        0x38209000, /* o3 and opc 1 */
        0xdac14800, /* behind xpacd */
        0xd50331ff, /* sb with CRm 1 */
    };
    struct a64_insn in;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        cr_expect(!a64_decode(words[i], UINT64_MAX, &in), "0x%x is %s", words[i],
                  in.pattern ? in.pattern->name : "");
}

Test(aarch64_decode, bit_masks)
{
    static const struct {
        uint32_t n, imms, immr;
        uint64_t mask;
    } cases[] = {
        {1, 0, 0, 1},
        {1, 0, 1, 0x8000000000000000},
        {1, 62, 0, 0x7fffffffffffffff},
        {1, 7, 4, 0xf00000000000000f},
        {0, 0x1e, 0, 0x7fffffff7fffffff},
        {0, 0x27, 0, 0x00ff00ff00ff00ff},
        {0, 0x33, 0, 0x0f0f0f0f0f0f0f0f},
        {0, 0x3c, 0, 0x5555555555555555},
        {0, 0x3c, 1, 0xaaaaaaaaaaaaaaaa},
    };
    uint64_t mask;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert(a64_bit_mask(cases[i].n, cases[i].imms, cases[i].immr, &mask));
        cr_expect_eq(mask, cases[i].mask, "%zu: 0x%lx", i, (unsigned long)mask);
    }
}

/* Words as the GNU assembler makes them. */
Test(aarch64_decode, disassembly)
{
    static const struct {
        uint32_t word;
        const char *text;
    } cases[] = {
        {0x91000420, "add x0, x1, #1"},
        {0x9140041f, "add sp, x0, #4096"},
        {0x7100003f, "subs wzr, w1, #0"},
        {0x8b020c20, "add x0, x1, x2, lsl #3"},
        {0x0b22c820, "add w0, w1, w2, sxtw #2"},
        {0x9200f020, "and x0, x1, #0x5555555555555555"},
        {0xd2a24680, "movz x0, #0x12340000"},
        {0x53047c20, "ubfm w0, w1, #4, #31"},
        {0x93c21420, "extr x0, x1, x2, #5"},
        {0x9a820420, "csinc x0, x1, x2, eq"},
        {0xfa4218a5, "ccmp x5, #2, #5, ne"},
        {0x9b020c20, "madd x0, x1, x2, x3"},
        {0x54000041, "b.ne 0x1008"},
        {0x17ffffff, "b 0xffc"},
        {0xb4000040, "cbz x0, 0x1008"},
        {0x3707ffe0, "tbnz x0, #0, 0xffc"},
        {0xd65f03c0, "ret x30"},
        {0xd4000021, "svc #0x1"},
        {0xd503201f, "nop"},
        {0xd5384100, "mrs s3_0_c4_c1_0, x0"},
        {0xd50342df, "msr daifset, #2"},
        {0xf9400421, "ldr x1, [x1, #8]"},
        {0xb81fc3e2, "stur w2, [sp, #-4]"},
        {0x38401c20, "ldrb w0, [x1, #1]!"},
        {0x3c8107e0, "str q0, [sp], #16"},
        {0xb8a2d820, "ldrsw x0, [x1, w2, sxtw #1]"},
        {0x58000043, "ldr x3, 0x1008"},
        {0xa9bf7bfd, "stp x29, x30, [sp, #-16]!"},
        {0xa8c17bfd, "ldp x29, x30, [sp], #16"},
        {0x6d410801, "ldp d1, d2, [x0, #16]"},
        {0x885ffc20, "ldaxr w0, [x1]"},
        {0xc8027c20, "stxr w2, x0, [x1]"},
        {0xb8e10002, "ldadd w1, w2, [x0]"},
        {0x10000040, "adr x0, 0x1008"},
        {0xb0000000, "adrp x0, 0x2000"},
        {0x00000000, "undefined 0x00000000"},
    };
    struct a64_arch arch = {.features = UINT64_MAX};
    char text[80];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t n =
            a64_disassemble(&arch, (const uint8_t *)&cases[i].word, 4, 0x1000, text, sizeof(text));
        cr_expect_eq(n, 4);
        cr_expect_str_eq(text, cases[i].text, "%s, not %s", text, cases[i].text);
    }
}

/* Nothing is written behind the text's end. */
Test(aarch64_decode, disassembly_into_little_room)
{
    struct a64_arch arch = {.features = UINT64_MAX};
    const uint32_t word = 0xa9bf7bfd;
    char text[16];

    for (size_t n = 1; n < 12; n++) {
        memset(text, '#', sizeof(text));
        a64_disassemble(&arch, (const uint8_t *)&word, 4, 0, text, n);
        cr_expect_eq(text[n], '#');
        cr_expect_eq(strlen(text), n - 1);
    }
}

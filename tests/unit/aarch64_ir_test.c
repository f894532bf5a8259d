/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR that arch-aarch64 makes: accepted by the verifier for every instruction and mode, ended
 * where it must be, and conditions fused with what set the flags. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "core/ir/ir.h"
#include "emit.h"
#include "sysregs.h"

#define ROUNDS 40

static struct a64_arch arch;
static struct vm_ir_unit ir;
static uint32_t branches; /* to go on behind */

static uint32_t no_more(struct vm_code *code)
{
    (void)code;
    return 0;
}

static const struct vm_ir_unit *translate(const uint32_t *words, uint32_t n, uint64_t key,
                                          uint32_t page_offset)
{
    struct vm_code code = {.bytes = (const uint8_t *)words,
                           .n_bytes = 4 * n,
                           .max_insns = n,
                           .page_offset = page_offset,
                           .branches = branches,
                           .key = {key, 0},
                           .more = no_more};
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_clear(&ir);
    cr_assert_eq(a64_translate(&arch, &code, &ir), VM_TRANSLATE_OK);
    cr_assert_eq(ir_verify(&ir, &a64_arch_ops, &err), 0, "0x%x: %s", words[0], err.text);
    return &ir;
}

#define UNIT(...)                              \
    translate((const uint32_t[]){__VA_ARGS__}, \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), 1, 0)

static void setup(void)
{
    arch.features = UINT64_MAX & ~A64_FEATURE(BTI);
    arch.el2 = arch.el3 = arch.gic = true;
    a64_sysreg_configure(&arch);
    vm_ir_init(&ir);
}

static void teardown(void)
{
    vm_ir_free(&ir);
}

static uint32_t count(enum vm_ir_op op)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < ir.n_insns; i++)
        n += ir.insns[i].op == op;
    return n;
}

static const struct vm_ir_insn *find(enum vm_ir_op op)
{
    for (uint32_t i = 0; i < ir.n_insns; i++) {
        if (ir.insns[i].op == op)
            return &ir.insns[i];
    }
    return NULL;
}

/* The first side exit's condition. */
static const struct vm_ir_insn *condition_of_exit(void)
{
    const struct vm_ir_insn *exit = find(VM_OP_EXIT_IF);

    cr_assert_not_null(exit);
    return &ir.insns[exit->arg[0]];
}

TestSuite(aarch64_ir, .init = setup, .fini = teardown);

static const uint64_t keys[] = {
    1,
    0,
    1 | A64_KEY_SP_ALIGN | A64_KEY_ALIGN,
    0 | 1ull << A64_KEY_FPTRAP_SHIFT | A64_KEY_SP_ALIGN,
    1 | A64_KEY_SS | A64_KEY_BREAK | A64_KEY_WATCH,
    0 | A64_KEY_FZ | A64_KEY_DN | A64_KEY_FZ16 | 2ull << A64_KEY_RMODE_SHIFT,
    2 | A64_KEY_E2H,
    1 | A64_KEY_SLOW_SYS | 3ull << A64_KEY_RMODE_SHIFT,
};

Test(aarch64_ir, every_instruction_in_every_mode_is_verified)
{
    srand(3);
    for (uint32_t i = 0; i < a64_n_patterns; i++) {
        const struct a64_pattern *p = &a64_patterns[i];
        for (uint32_t k = 0; k < ROUNDS; k++) {
            uint32_t word = (((uint32_t)rand() << 16 ^ (uint32_t)rand()) & ~p->mask) | p->match;
            arch.features = k % 3 ? UINT64_MAX : UINT64_MAX & ~A64_FEATURE(BTI);
            translate(&word, 1, keys[k % (sizeof(keys) / sizeof(keys[0]))], 0);
            cr_expect_eq(ir.guest_insns, 1, "%s", p->name);
            cr_expect_eq(ir.guest_bytes, 4, "%s", p->name);
        }
    }
}

/* Of two features each; the second instruction finds what the first one left. */
Test(aarch64_ir, random_sequences_are_verified)
{
    srand(4);
    for (int k = 0; k < 4000; k++) {
        uint32_t words[8];
        for (int i = 0; i < 8; i++) {
            const struct a64_pattern *p = &a64_patterns[(uint32_t)rand() % a64_n_patterns];
            words[i] = (((uint32_t)rand() << 16 ^ (uint32_t)rand()) & ~p->mask) | p->match;
        }
        branches = (uint32_t)k / 1000;
        translate(words, 8, keys[(size_t)k % (sizeof(keys) / sizeof(keys[0]))], 0);
    }
}

static void expect_trap(uint64_t code)
{
    const struct vm_ir_insn *trap = find(VM_OP_TRAP);

    cr_assert_not_null(trap);
    cr_expect_eq(trap->imm, (int64_t)code, "0x%lx", (unsigned long)trap->imm);
}

Test(aarch64_ir, unallocated_words_trap)
{
    UNIT(0x00000000);
    expect_trap(A64_ESR(A64_EC_UNDEFINED, 0));
    arch.features = A64_FEATURE(BASE);
    UNIT(0x1ac04000 /* crc32b */);
    expect_trap(A64_ESR(A64_EC_UNDEFINED, 0));
    UNIT(0x1e604000 /* fmov d0, d0 */);
    expect_trap(A64_ESR(A64_EC_UNDEFINED, 0));
}

Test(aarch64_ir, misaligned_pc_traps)
{
    const uint32_t nop = 0xd503201f;

    translate(&nop, 1, 1, 2);
    expect_trap(A64_ESR(A64_EC_PC_ALIGN, 0));
}

/* ---- flags ---- */

Test(aarch64_ir, compare_and_branch_are_one_comparison)
{
    static const struct {
        uint32_t cond;
        enum vm_ir_op op;
        uint32_t first; /* slot of the first operand: the flags are of x1 - x2 */
    } cases[] = {
        {A64_COND_EQ, VM_OP_EQ, 1},  {A64_COND_NE, VM_OP_NE, 1},  {A64_COND_CS, VM_OP_ULE, 2},
        {A64_COND_CC, VM_OP_ULT, 1}, {A64_COND_HI, VM_OP_ULT, 2}, {A64_COND_LS, VM_OP_ULE, 1},
        {A64_COND_GE, VM_OP_SLE, 2}, {A64_COND_LT, VM_OP_SLT, 1}, {A64_COND_GT, VM_OP_SLT, 2},
        {A64_COND_LE, VM_OP_SLE, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        UNIT(0xeb02003f /* cmp x1, x2 */, 0x54000040 | cases[i].cond);
        const struct vm_ir_insn *test = condition_of_exit();
        cr_expect_eq(test->op, cases[i].op, "condition %u", cases[i].cond);
        cr_expect_eq(test->type, VM_I64);
        cr_expect_eq(ir.insns[test->arg[0]].aux, A64_SLOT_X + cases[i].first, "condition %u",
                     cases[i].cond);
        cr_expect_eq(count(VM_OP_CALL), 0);
        cr_expect_eq(count(VM_OP_SUB), 0);
    }
}

Test(aarch64_ir, words_are_compared_as_words)
{
    UNIT(0x6b02003f /* cmp w1, w2 */, 0x5400004b /* b.lt */);
    cr_expect_eq(condition_of_exit()->op, VM_OP_SLT);
    cr_expect_eq(condition_of_exit()->type, VM_I32);
}

Test(aarch64_ir, tests_and_conditional_compares_need_no_helper)
{
    UNIT(0xea02003f /* tst x1, x2 */, 0x54000040 /* b.eq */);
    cr_expect_eq(condition_of_exit()->op, VM_OP_EQ);
    UNIT(0xeb02003f /* cmp */, 0xfa431884 /* ccmp x4, #3, #4, ne */, 0x5400004d /* b.le */);
    cr_expect_eq(count(VM_OP_CALL), 0);
    UNIT(0xeb02003f /* cmp */, 0x9a9f17e0 /* cset x0, eq */);
    cr_expect_eq(count(VM_OP_SELECT), 0);
    UNIT(0xeb02003f /* cmp */, 0xfa020020 /* sbcs x0, x1, x2 */, 0xba040063 /* adcs x3, x3, x4 */,
         0x54000048 /* b.hi */);
    cr_expect_eq(count(VM_OP_CALL), 0);
}

Test(aarch64_ir, flags_of_an_earlier_unit_are_asked_of_a_helper)
{
    UNIT(0x54000040 /* b.eq */);
    cr_expect_eq(find(VM_OP_CALL)->aux, A64_HELPER_CONDITION);
}

/* A unit goes on behind a conditional branch only for a second test of the same flags. */
Test(aarch64_ir, second_branch_on_the_same_flags_is_in_the_unit)
{
    UNIT(0xeb02003f /* cmp */, 0x54000040 /* b.eq */, 0x5400004c /* b.gt */, 0xd503201f);
    cr_expect_eq(count(VM_OP_EXIT_IF), 2);
    cr_expect_eq(count(VM_OP_CALL), 0);
    cr_expect_eq(ir.guest_insns, 3);
    UNIT(0xeb02003f /* cmp */, 0x54000040 /* b.eq */, 0xd503201f);
    cr_expect_eq(ir.guest_insns, 2);
}

/* ---- floating point ---- */

/* In single and double precision, and between single and half precision. */
Test(aarch64_ir, floating_point_needs_no_helper)
{
    static const struct {
        uint32_t word;
        const char *text;
    } cases[] = {
        {0x1e23c020, "fcvt h0, s1"},
        {0x1ee24020, "fcvt s0, h1"},
        {0x0e217820, "fcvtl v0.4s, v1.4h"},
        {0x4e217820, "fcvtl2 v0.4s, v1.8h"},
        {0x0e216820, "fcvtn v0.4h, v1.4s"},
        {0x4e216820, "fcvtn2 v0.8h, v1.4s"},
        {0x1e644020, "frintn d0, d1"},
        {0x1e274020, "frintx s0, s1"},
        {0x6ea19820, "frinti v0.4s, v1.4s"},
        {0x6e618820, "frinta v0.2d, v1.2d"},
        {0x0ea18820, "frintp v0.2s, v1.2s"},
        {0x1e612000, "fcmp d0, d1"},
        {0x1e211404, "fccmp s0, s1, #4, ne"},
        {0x1e611414, "fccmpe d0, d1, #4, ne"},
        {0x1e621c20, "fcsel d0, d1, d2, ne"},
        {0x1e22c020, "fcvt d0, s1"},
        {0x9e640020, "fcvtas x0, d1"},
        {0x1e19e420, "fcvtzu w0, s1, #7"},
        {0x9e43dc20, "ucvtf d0, x1, #9"},
        {0x4e22dc20, "fmulx v0.4s, v1.4s, v2.4s"},
        {0x5e62dc20, "fmulx d0, d1, d2"},
        {0x7fa29820, "fmulx s0, s1, v2.s[3]"},
        {0x5fc21820, "fmla d0, d1, v2.d[1]"},
        {0x0fa29020, "fmul v0.2s, v1.2s, v2.s[1]"},
        {0x4e62fc20, "frecps v0.2d, v1.2d, v2.2d"},
        {0x5e22fc20, "frecps s0, s1, s2"},
        {0x0ea2fc20, "frsqrts v0.2s, v1.2s, v2.2s"},
        {0x5ee2fc20, "frsqrts d0, d1, d2"},
        {0x7ea2d420, "fabd s0, s1, s2"},
        {0x5e62e420, "fcmeq d0, d1, d2"},
        {0x7ea0c820, "fcmge s0, s1, #0.0"},
        {0x7ee2ec20, "facgt d0, d1, d2"},
        {0x6e22ec20, "facge v0.4s, v1.4s, v2.4s"},
        {0x7e70d820, "faddp d0, v1.2d"},
        {0x7e30c820, "fmaxnmp s0, v1.2s"},
        {0x6eb0f820, "fminv s0, v1.4s"},
        {0x6e30c820, "fmaxnmv s0, v1.4s"},
        {0x2e22fc20, "fdiv v0.2s, v1.2s, v2.2s"},
        {0x6ee1f820, "fsqrt v0.2d, v1.2d"},
        {0x0e617820, "fcvtl v0.2d, v1.2s"},
        {0x4e616820, "fcvtn2 v0.4s, v1.2d"},
        {0x6e21b820, "fcvtmu v0.4s, v1.4s"},
        {0x5e61c820, "fcvtas d0, d1"},
        {0x4e61d820, "scvtf v0.2d, v1.2d"},
        {0x6f3de420, "ucvtf v0.4s, v1.4s, #3"},
        {0x4f44fc20, "fcvtzs v0.2d, v1.2d, #60"},
        {0x5f3cfc20, "fcvtzs s0, s1, #4"},
        {0x2e82e420, "fcadd v0.2s, v1.2s, v2.2s, #90"},
        {0x6e82dc20, "fcmla v0.4s, v1.4s, v2.4s, #270"},
        {0x6f823820, "fcmla v0.4s, v1.4s, v2.s[1], #90"},
        {0x6ec2d420, "fcmla v0.2d, v1.2d, v2.2d, #180"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        UNIT(0xeb02003f /* cmp */, cases[i].word);
        cr_expect_eq(count(VM_OP_CALL), 0, "%s", cases[i].text);
    }
    UNIT(0xeb02003f /* cmp */, 0x1e211404 /* fccmp s0, s1, #4, ne */, 0x5400004d /* b.le */);
    cr_expect_eq(count(VM_OP_CALL), 0);
}

/* ---- the rest ---- */

Test(aarch64_ir, stack_pointer_is_checked_once)
{
    static const uint32_t words[] = {0xa9bf7bfd /* stp x29, x30, [sp, #-16]! */,
                                     0xf90003e0 /* str x0, [sp] */,
                                     0x910043ff /* add sp, sp, #16 */,
                                     0xf90003e0,
                                     0x910023ff /* add sp, sp, #8 */,
                                     0xf90003e0};

    translate(words, 6, 1 | A64_KEY_SP_ALIGN, 0);
    cr_expect_eq(count(VM_OP_TRAP_IF), 2);
    translate(words, 6, 1, 0);
    cr_expect_eq(count(VM_OP_TRAP_IF), 0);
}

Test(aarch64_ir, reversed_leading_zeros_are_trailing_zeros)
{
    UNIT(0xdac00020 /* rbit x0, x1 */, 0xdac01000 /* clz x0, x0 */);
    cr_expect_eq(count(VM_OP_CTZ), 1);
    cr_expect_eq(count(VM_OP_CLZ), 0);
    UNIT(0xdac00020 /* rbit x0, x1 */, 0xdac01040 /* clz x0, x2 */);
    cr_expect_eq(count(VM_OP_CLZ), 1);
    UNIT(0x5ac00020 /* rbit w0, w1 */, 0xdac01000 /* clz x0, x0 */);
    cr_expect_eq(count(VM_OP_CLZ), 1);
}

Test(aarch64_ir, alignment_and_unprivileged_accesses)
{
    const uint32_t ldr = 0xf9400020, ldtr = 0xf8400820;

    translate(&ldr, 1, 1 | A64_KEY_ALIGN, 0);
    cr_expect(find(VM_OP_LOAD)->aux & VM_MEMOP_ALIGN);
    translate(&ldr, 1, 1, 0);
    cr_expect(!(find(VM_OP_LOAD)->aux & VM_MEMOP_ALIGN));
    cr_expect_eq(VM_MEMOP_MMU(find(VM_OP_LOAD)->aux), VM_MMU_DATA);
    translate(&ldtr, 1, 1, 0);
    cr_expect_eq(VM_MEMOP_MMU(find(VM_OP_LOAD)->aux), VM_MMU_ALT0);
}

/* A landing pad looks at BTYPE itself, all else traps; only where the CPU has BTI. */
Test(aarch64_ir, branch_targets)
{
    arch.features = UINT64_MAX;
    UNIT(0xd503201f, 0xd503201f);
    cr_expect_eq(count(VM_OP_TRAP_IF), 1);
    UNIT(0xd61f0020 /* br x1 */);
    cr_expect_eq(count(VM_OP_PUT), 1);
    arch.features = UINT64_MAX & ~A64_FEATURE(BTI);
    UNIT(0xd503201f, 0xd61f0020);
    cr_expect_eq(count(VM_OP_TRAP_IF), 0);
    cr_expect_eq(count(VM_OP_PUT), 0);
}

/* cbz x0, 16; b.eq 16; b.ne 16 (tests the same flags: always taken in); tbnz x1, #3, 16; ret */
Test(aarch64_ir, goes_on_behind_branches)
{
    const uint32_t words[] = {0xb4000080, 0x54000080, 0x54000081, 0x37180081, 0xd65f03c0};
    static const struct {
        uint32_t insns, exits;
    } expected[] = {{1, 1}, {3, 3}, {4, 4}, {5, 4}};
    struct vm_code code = {.bytes = (const uint8_t *)words,
                           .n_bytes = sizeof(words),
                           .max_insns = 64,
                           .key = {1, 0},
                           .more = no_more};

    for (branches = 0; branches < 4; branches++) {
        struct vm_error err = VM_ERROR_INIT;
        vm_ir_clear(&ir);
        code.branches = branches;
        cr_assert_eq(a64_translate(&arch, &code, &ir), VM_TRANSLATE_OK);
        cr_expect_eq(ir_verify(&ir, &a64_arch_ops, &err), 0, "%s", err.text);
        cr_expect_eq(ir.guest_insns, expected[branches].insns, "%u: %u", branches, ir.guest_insns);
        cr_expect_eq(count(VM_OP_EXIT_IF), expected[branches].exits, "%u", branches);
    }
    cr_expect_eq(ir.insns[ir.n_insns - 1].op, VM_OP_EXIT_TO);
}

/* aese, aesmc, pmull2, sha1c, sha256h2, sha512h, sha512su1 */
Test(aarch64_ir, cryptography_calls_nothing)
{
    UNIT(0x4e284820, 0x4e286800, 0x4ee2e023, 0x5e020020, 0x5e025020, 0xce628020, 0xce628820);
    cr_expect_eq(ir.guest_insns, 7);
    cr_expect_eq(count(VM_OP_CALL), 0);
    cr_expect_eq(count(VM_OP_V_AESSUB) + count(VM_OP_V_AESMIX), 2);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR that arch-riscv64 makes: accepted by the verifier for every instruction and mode, and
 * ended where it must be. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include "core/ir/ir.h"
#include "riscv64_fake.h"

#define ROUNDS 40

static const struct vm_ir_insn *last(const struct vm_ir_unit *ir)
{
    return &ir->insns[ir->n_insns - 1];
}

static const struct vm_ir_insn *find(const struct vm_ir_unit *ir, enum vm_ir_op op)
{
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        if (ir->insns[i].op == op)
            return &ir->insns[i];
    }
    return NULL;
}

/* The unit is nothing but the trap of an illegal instruction. */
static void expect_illegal(const struct vm_ir_unit *ir, uint32_t word)
{
    cr_expect_eq(last(ir)->op, VM_OP_TRAP, "0x%x", word);
    cr_expect_eq(last(ir)->imm, RV_CAUSE_ILLEGAL, "0x%x", word);
    cr_expect_eq(ir->insns[last(ir)->arg[0]].imm, word, "0x%x", word);
    cr_expect_eq(ir->n_insns, 3, "0x%x", word);
}

static const uint64_t keys[] = {
    RV_KEY(RV_M, RV_FS_DIRTY, 0),
    RV_KEY(RV_S, RV_FS_CLEAN, 4),
    RV_KEY(RV_U, RV_FS_OFF, 0),
    RV_KEY(RV_U, RV_FS_DIRTY, 1),
    RV_KEY(RV_S, RV_FS_DIRTY, RV_FRM_INVALID),
};

Test(riscv64_ir, every_instruction_in_every_mode_is_verified)
{
    struct fake *f = fake_new();

    srand(3);
    for (uint32_t i = 0; i < rv_n_patterns; i++) {
        const struct rv_pattern *p = &rv_patterns[i];
        for (int k = 0; k < ROUNDS; k++) {
            uint32_t word = (((uint32_t)rand() << 16 ^ (uint32_t)rand()) & ~p->mask) | p->match;
            f->arch->misaligned = k & 1;
            struct vm_ir_unit ir = fake_translate(f, &word, p->length, keys[(uint32_t)k % 5]);
            cr_expect_eq(ir.guest_insns, 1, "%s", p->name);
            cr_expect_eq(ir.guest_bytes, p->length, "%s", p->name);
            vm_ir_free(&ir);
        }
    }
    fake_free(f);
}

Test(riscv64_ir, without_extensions_all_but_the_base_is_illegal)
{
    struct fake *f = fake_new();

    srand(4);
    f->arch->extensions = RV_EXT_I;
    for (uint32_t i = 0; i < rv_n_patterns; i++) {
        const struct rv_pattern *p = &rv_patterns[i];
        uint32_t word = (((uint32_t)rand() << 16 ^ (uint32_t)rand()) & ~p->mask) | p->match;
        if (p->length == 2)
            word &= 0xffff;
        struct vm_ir_unit ir = fake_translate(f, &word, p->length, keys[0]);
        if (p->extensions != RV_EXT_I)
            expect_illegal(&ir, word);
        vm_ir_free(&ir);
    }
    fake_free(f);
}

Test(riscv64_ir, privilege)
{
    static const struct {
        uint32_t word;
        uint32_t least;
    } cases[] = {
        {0x30200073, RV_M},
        {0x10200073, RV_S},
        {0x10500073, RV_S},
        {0x12000073, RV_S},
        {0x18000073, RV_S},
        {0x180022f3, RV_S} /* csrr t0, satp */,
        {0x300022f3, RV_M} /* mstatus */,
        {0xc00022f3, RV_U} /* cycle */,
        {0x16000073, RV_S} /* sinval.vma */,
    };
    struct fake *f = fake_new();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint32_t privilege = RV_U; privilege <= RV_M; privilege += privilege + 1) {
            struct vm_ir_unit ir =
                fake_translate(f, &cases[i].word, 4, RV_KEY(privilege, RV_FS_OFF, 0));
            if (privilege < cases[i].least)
                expect_illegal(&ir, cases[i].word);
            else
                cr_expect_neq(last(&ir)->op, VM_OP_TRAP, "0x%x", cases[i].word);
            vm_ir_free(&ir);
        }
    }
    fake_free(f);
}

Test(riscv64_ir, csr_that_is_not_there_or_read_only_is_illegal)
{
    static const uint32_t words[] = {
        0x7a0022f3 /* csrr t0, tselect */, 0x747022f3 /* mseccfg */,
        0x3a1022f3 /* pmpcfg1 */,          0xf1429073 /* csrw mhartid, t0 */,
        0xc0101073 /* csrw time, zero */,  0xc0026073 /* csrsi cycle, 4 */,
    };
    struct fake *f = fake_new();
    const uint32_t no_write = 0xf14022f3; /* csrr t0, mhartid */

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct vm_ir_unit ir = fake_translate(f, &words[i], 4, RV_KEY(RV_M, RV_FS_OFF, 0));
        expect_illegal(&ir, words[i]);
        vm_ir_free(&ir);
    }
    struct vm_ir_unit ir = fake_translate(f, &no_write, 4, RV_KEY(RV_M, RV_FS_OFF, 0));
    cr_expect_neq(last(&ir)->op, VM_OP_TRAP);
    vm_ir_free(&ir);
    fake_free(f);
}

Test(riscv64_ir, fp_off_or_bad_rounding_is_illegal)
{
    const uint32_t dynamic = 0x02b0f253 /* fadd.d ft4, ft1, fa1 */,
                   fixed = 0x02b08253 /* ..., rne */, reserved = 0x02b0d253;
    struct fake *f = fake_new();
    struct vm_ir_unit ir = fake_translate(f, &fixed, 4, RV_KEY(RV_U, RV_FS_OFF, 0));

    expect_illegal(&ir, fixed);
    vm_ir_free(&ir);
    ir = fake_translate(f, &dynamic, 4, RV_KEY(RV_U, RV_FS_DIRTY, RV_FRM_INVALID));
    expect_illegal(&ir, dynamic);
    vm_ir_free(&ir);
    ir = fake_translate(f, &reserved, 4, RV_KEY(RV_U, RV_FS_DIRTY, 0));
    expect_illegal(&ir, reserved);
    vm_ir_free(&ir);
    ir = fake_translate(f, &dynamic, 4, RV_KEY(RV_U, RV_FS_DIRTY, 3));
    cr_assert_not_null(find(&ir, VM_OP_FADD));
    cr_expect_eq(VM_AUX_RM(find(&ir, VM_OP_FADD)->aux), VM_FP_RUP);
    cr_expect_eq(last(&ir)->op, VM_OP_EXIT);
    vm_ir_free(&ir);
    fake_free(f);
}

/* The first FP instruction makes FS dirty and ends the unit; one that changes nothing does not. */
Test(riscv64_ir, fs_becomes_dirty)
{
    const uint32_t code[] = {0x02b08253 /* fadd.d */, 0x00000013 /* nop */},
                   move = 0xe20e82d3 /* fmv.x.d */;
    struct fake *f = fake_new();
    struct vm_ir_unit ir = fake_translate(f, code, 8, RV_KEY(RV_U, RV_FS_CLEAN, 0));

    cr_expect_eq(ir.guest_insns, 1);
    cr_expect_eq(last(&ir)->op, VM_OP_EXIT_STATE);
    cr_expect_eq(last(&ir)->imm, 4);
    cr_expect_eq(ir.insns[ir.n_insns - 2].op, VM_OP_PUT);
    cr_expect_eq(ir.insns[ir.n_insns - 2].aux, RV_SLOT_MSTATUS);
    vm_ir_free(&ir);
    ir = fake_translate(f, code, 8, RV_KEY(RV_U, RV_FS_DIRTY, 0));
    cr_expect_eq(ir.guest_insns, 2);
    vm_ir_free(&ir);
    ir = fake_translate(f, &move, 4, RV_KEY(RV_U, RV_FS_CLEAN, 0));
    cr_expect_eq(last(&ir)->op, VM_OP_EXIT);
    vm_ir_free(&ir);
    fake_free(f);
}

Test(riscv64_ir, counters_are_alone_in_their_unit)
{
    const uint32_t code[] = {0x00000013, 0xc02022f3 /* rdinstret t0 */, 0x00000013};
    struct fake *f = fake_new();
    struct vm_ir_unit ir = fake_translate(f, code, 12, RV_KEY(RV_M, RV_FS_OFF, 0));

    cr_expect_eq(ir.guest_insns, 1);
    cr_expect_eq(last(&ir)->imm, 4);
    vm_ir_free(&ir);
    ir = fake_translate(f, code + 1, 8, RV_KEY(RV_M, RV_FS_OFF, 0));
    cr_expect_eq(ir.guest_insns, 1);
    cr_expect_eq(last(&ir)->imm, 4);
    vm_ir_free(&ir);
    fake_free(f);
}

Test(riscv64_ir, branches_and_jumps)
{
    const uint32_t beq = 0x00b50463 /* beq a0, a1, +8 */, bnez = 0xfe051ee3 /* bnez a0, -4 */,
                   call = 0x100000ef /* jal +256 */, ret = 0x00008067;
    struct fake *f = fake_new();
    struct vm_ir_unit ir = fake_translate(f, &beq, 4, 0);

    cr_expect_eq(find(&ir, VM_OP_EXIT_IF)->imm, 8);
    cr_expect_eq(last(&ir)->imm, 4);
    vm_ir_free(&ir);
    ir = fake_translate(f, &bnez, 4, 0);
    cr_expect_eq(find(&ir, VM_OP_EXIT_IF)->imm, -4);
    cr_expect_null(find(&ir, VM_OP_NE));
    vm_ir_free(&ir);
    ir = fake_translate(f, &call, 4, 0);
    cr_expect_eq(last(&ir)->imm, 256);
    cr_expect_eq(find(&ir, VM_OP_PC)->imm, 4);
    vm_ir_free(&ir);
    ir = fake_translate(f, &ret, 4, 0);
    cr_expect_eq(last(&ir)->op, VM_OP_EXIT_TO);
    cr_expect_eq(last(&ir)->aux, VM_JUMP_RETURN);
    vm_ir_free(&ir);
    fake_free(f);
}

/* Without C a jump to an odd halfword traps at the jump. */
Test(riscv64_ir, misaligned_jumps_without_compressed_instructions)
{
    const uint32_t jal = 0x0060006f /* j +6 */, beq = 0x00b50363 /* beq a0, a1, +6 */,
                   jalr = 0x00008067;
    struct fake *f = fake_new();

    f->arch->extensions &= ~RV_EXT_C;
    struct vm_ir_unit ir = fake_translate(f, &jal, 4, 0);
    cr_expect_eq(last(&ir)->op, VM_OP_TRAP);
    cr_expect_eq(last(&ir)->imm, RV_CAUSE_MISALIGNED_FETCH);
    vm_ir_free(&ir);
    ir = fake_translate(f, &beq, 4, 0);
    cr_expect_not_null(find(&ir, VM_OP_TRAP_IF));
    cr_expect_null(find(&ir, VM_OP_EXIT_IF));
    vm_ir_free(&ir);
    ir = fake_translate(f, &jalr, 4, 0);
    cr_expect_not_null(find(&ir, VM_OP_TRAP_IF));
    vm_ir_free(&ir);
    fake_free(f);
}

/* x0 is read as a constant and never written; an instruction without effect leaves no operation
 * behind. */
Test(riscv64_ir, register_zero)
{
    const uint32_t nop = 0x00000013, load = 0x00053003 /* ld zero, 0(a0) */,
                   li = 0x00500513 /* li a0, 5 */;
    struct fake *f = fake_new();
    struct vm_ir_unit ir = fake_translate(f, &nop, 4, 0);

    cr_expect_eq(ir.n_insns, 2);
    vm_ir_free(&ir);
    ir = fake_translate(f, &load, 4, 0);
    cr_expect_not_null(find(&ir, VM_OP_LOAD));
    cr_expect_null(find(&ir, VM_OP_PUT));
    vm_ir_free(&ir);
    ir = fake_translate(f, &li, 4, 0);
    cr_expect_eq(ir.n_insns, 4);
    vm_ir_free(&ir);
    fake_free(f);
}

static uint32_t more_calls;

static uint32_t next_page(struct vm_code *code)
{
    more_calls++;
    code->n_bytes = 16;
    return 16;
}

static uint32_t next_page_faults(struct vm_code *code)
{
    (void)code;
    return 0;
}

Test(riscv64_ir, page_boundary)
{
    const uint32_t words[4] = {0x00150513, 0x00150513, 0x00150513, 0x00150513};
    struct vm_code code = {.bytes = (const uint8_t *)words,
                           .n_bytes = 2,
                           .max_insns = 64,
                           .page_offset = 4094,
                           .more = next_page};
    struct fake *f = fake_new();
    struct vm_ir_unit ir;

    vm_ir_init(&ir);
    cr_assert_eq(rv_translate(f->arch, &code, &ir), VM_TRANSLATE_OK);
    cr_expect_eq(ir.guest_insns, 1, "an instruction that straddles pages is a unit of its own");
    cr_expect_eq(more_calls, 1);
    vm_ir_clear(&ir);
    code.n_bytes = 2;
    code.more = next_page_faults;
    cr_expect_eq(rv_translate(f->arch, &code, &ir), VM_TRANSLATE_FAULT);
    vm_ir_clear(&ir);
    code.n_bytes = 6;
    cr_assert_eq(rv_translate(f->arch, &code, &ir), VM_TRANSLATE_OK);
    cr_expect_eq(ir.guest_insns, 1);
    cr_expect_eq(last(&ir)->imm, 4);
    vm_ir_clear(&ir);
    code.n_bytes = 16;
    code.max_insns = 3;
    cr_assert_eq(rv_translate(f->arch, &code, &ir), VM_TRANSLATE_OK);
    cr_expect_eq(ir.guest_insns, 3);
    vm_ir_free(&ir);
    fake_free(f);
}

/* beq x0, x0, 16; addi a0, a0, 1; twice more; addi; jal */
Test(riscv64_ir, goes_on_behind_branches)
{
    const uint32_t words[] = {0x00000863, 0x00150513, 0x00000863, 0x00150513,
                              0x00000863, 0x00150513, 0x0000006f};
    struct vm_code code = {.bytes = (const uint8_t *)words,
                           .n_bytes = sizeof(words),
                           .max_insns = 64,
                           .more = next_page};
    struct fake *f = fake_new();
    struct vm_ir_unit ir;

    vm_ir_init(&ir);
    for (uint32_t branches = 0; branches < 4; branches++) {
        struct vm_error err = VM_ERROR_INIT;
        uint32_t exits = 0;
        vm_ir_clear(&ir);
        code.branches = branches;
        cr_assert_eq(rv_translate(f->arch, &code, &ir), VM_TRANSLATE_OK);
        cr_expect_eq(ir_verify(&ir, &rv_arch_ops, &err), 0, "%s", err.text);
        for (uint32_t i = 0; i < ir.n_insns; i++)
            exits += ir.insns[i].op == VM_OP_EXIT_IF;
        cr_expect_eq(exits, branches < 3 ? branches + 1 : 3);
        cr_expect_eq(ir.guest_insns, branches < 3 ? 2 * branches + 1 : 7);
        cr_expect_eq(last(&ir)->op, VM_OP_EXIT);
        cr_expect_eq(last(&ir)->imm, branches < 3 ? 8 * branches + 4 : 24);
    }
    vm_ir_free(&ir);
    fake_free(f);
}

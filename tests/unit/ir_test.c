/* SPDX-License-Identifier: BSD-2-Clause */
/* The IR's builder, verifier and printer, and error values: each rule of the verifier is broken
 * once. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_machine.h"
#include "ir_random.h"

static struct vm_ir_unit ir;
static struct vm_error err;

static void set_up(void)
{
    vm_ir_init(&ir);
    err = (struct vm_error)VM_ERROR_INIT;
}

static void tear_down(void)
{
    vm_ir_free(&ir);
}

TestSuite(ir, .init = set_up, .fini = tear_down);

static vm_ir_value mark(int64_t delta)
{
    return vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, delta);
}

static void leave(void)
{
    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 4);
}

/* Values 1 to 5 of the good unit. */
enum { I64 = 1, I32 = 2, F64 = 3, F32 = 4, LOAD = 5, PUT = 6, LAST = 7 };

static void good_unit(void)
{
    vm_ir_clear(&ir);
    mark(0);
    vm_ir_const(&ir, VM_I64, 5);
    vm_ir_const(&ir, VM_I32, -5);
    vm_ir_const(&ir, VM_F64, 0x3ff0000000000000);
    vm_ir_const(&ir, VM_F32, 0xff800000);
    vm_ir_1(&ir, VM_OP_LOAD, VM_I64, 3 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT, 8, I64);
    vm_ir_1(&ir, VM_OP_PUT, VM_I64, SLOT_R0, 0, LOAD);
    leave();
}

/* Puts one instruction before the end of the good unit, as it is: the builder would refuse some. */
static void insert(struct vm_ir_insn insn)
{
    for (uint32_t i = insn.n_args; i < 3 && insn.op != VM_OP_CALL; i++)
        insn.arg[i] = VM_NO_VALUE;
    leave();
    ir.insns[LAST] = insn;
}

static void expect_refused(const char *part)
{
    err = (struct vm_error)VM_ERROR_INIT;
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), -1, "not refused: %s", part);
    cr_expect(err.set && strstr(err.text, part), "message \"%s\" does not say \"%s\"", err.text,
              part);
}

#define INSN(...)       \
    (struct vm_ir_insn) \
    {                   \
        __VA_ARGS__     \
    }
#define REFUSED(part, ...)         \
    do {                           \
        good_unit();               \
        insert(INSN(__VA_ARGS__)); \
        expect_refused(part);      \
    } while (0)

Test(ir, good_unit_passes)
{
    good_unit();
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    cr_assert_eq(ir.guest_insns, 1);
    cr_assert_eq(ir.guest_bytes, 4);
}

Test(ir, units_as_a_whole)
{
    vm_ir_clear(&ir);
    expect_refused("empty");
    good_unit();
    ir.n_insns--;
    expect_refused("must end with");
    good_unit();
    leave();
    expect_refused("follow the end");
    good_unit();
    ir.insns[0].imm = 2;
    expect_refused("must start with");
    vm_ir_clear(&ir);
    leave();
    expect_refused("must start with");
    good_unit();
    ir.guest_insns = 2;
    expect_refused("markers");
    good_unit();
    ir.guest_bytes = 3;
    expect_refused("beyond the unit");
    good_unit();
    ir.failed = true;
    ir.why = "because";
    expect_refused("because");
}

Test(ir, opcodes_and_types)
{
    REFUSED("no such opcode", .op = VM_OP_COUNT);
    REFUSED("for this type", .op = VM_OP_ADD, .type = VM_F64, .n_args = 2, .arg = {F64, F64});
    REFUSED("for this type", .op = VM_OP_ADD, .type = VM_NONE, .n_args = 2, .arg = {I64, I64});
    REFUSED("for this type", .op = VM_OP_ADD, .type = 9, .n_args = 2, .arg = {I64, I64});
    REFUSED("for this type", .op = VM_OP_PC, .type = VM_I64);
    REFUSED("for this type", .op = VM_OP_TRUNC, .type = VM_I64, .n_args = 1, .arg = {I64});
}

Test(ir, operands)
{
    REFUSED("number of operands", .op = VM_OP_ADD, .type = VM_I64, .n_args = 1, .arg = {I64});
    REFUSED("not defined before", .op = VM_OP_NOT, .type = VM_I64, .n_args = 1, .arg = {LAST});
    REFUSED("not defined before", .op = VM_OP_NOT, .type = VM_I64, .n_args = 1,
            .arg = {VM_NO_VALUE});
    REFUSED("without a result", .op = VM_OP_NOT, .type = VM_I64, .n_args = 1, .arg = {PUT});
    REFUSED("instruction's type", .op = VM_OP_ADD, .type = VM_I64, .n_args = 2, .arg = {I64, I32});
    REFUSED("source type", .op = VM_OP_FCVT, .type = VM_F64, .aux = VM_AUX(VM_F32, 0, 0),
            .n_args = 1, .arg = {F64});
    REFUSED("not an i64", .op = VM_OP_TRUNC, .type = VM_I32, .n_args = 1, .arg = {I32});
    good_unit();
    ir.insns[PUT].arg[1] = I64;
    expect_refused("beyond the last");
    REFUSED("number of operands", .op = VM_OP_CALL, .aux = HELPER_COPY, .n_args = 1,
            .arg = {I64, VM_NO_VALUE, VM_NO_VALUE});
    REFUSED("no such helper", .op = VM_OP_CALL, .aux = HELPER_COUNT);
    REFUSED("beyond the last", .op = VM_OP_CALL, .aux = HELPER_COPY, .n_args = 2,
            .arg = {I64, I64, VM_NO_VALUE}, .imm = 7);
}

Test(ir, slots)
{
    REFUSED("no such slot", .op = VM_OP_GET, .type = VM_I64, .aux = SLOT_COUNT);
    REFUSED("slot's type", .op = VM_OP_GET, .type = VM_I32, .aux = SLOT_R0);
    REFUSED("slot's type", .op = VM_OP_PUT, .type = VM_I32, .aux = SLOT_R0, .n_args = 1,
            .arg = {I32});
    REFUSED("always zero", .op = VM_OP_PUT, .type = VM_I64, .aux = SLOT_ZERO, .n_args = 1,
            .arg = {I64});
}

Test(ir, immediates)
{
    REFUSED("not sign-extended", .op = VM_OP_CONST, .type = VM_I32, .imm = 0x80000000);
    REFUSED("more than 32 bits", .op = VM_OP_CONST, .type = VM_F32, .imm = 0x100000000);
    REFUSED("bit count", .op = VM_OP_SEXT, .type = VM_I64, .imm = 0, .n_args = 1, .arg = {I64});
    REFUSED("bit count", .op = VM_OP_ZEXT, .type = VM_I32, .imm = 33, .n_args = 1, .arg = {I32});
    REFUSED("fence", .op = VM_OP_FENCE, .imm = 0);
    REFUSED("fence", .op = VM_OP_FENCE, .imm = 16);
    REFUSED("has none", .op = VM_OP_ADD, .type = VM_I64, .imm = 1, .n_args = 2, .arg = {I64, I64});
    REFUSED("has none", .op = VM_OP_ADD, .type = VM_I64, .aux = 1, .n_args = 2, .arg = {I64, I64});
}

#define MEMOP(size) ((size) | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT)

Test(ir, memory_operations)
{
    /* Before the put, where an access is allowed. */
#define ACCESS(part, ...)                   \
    do {                                    \
        good_unit();                        \
        ir.insns[LOAD] = INSN(__VA_ARGS__); \
        expect_refused(part);               \
    } while (0)
#define ONE_ARG .n_args = 1, .arg = {I64, VM_NO_VALUE, VM_NO_VALUE}
    ACCESS("wider than", .op = VM_OP_LOAD, .type = VM_I64, .aux = MEMOP(4), ONE_ARG);
    ACCESS("wider than", .op = VM_OP_LOAD, .type = VM_I32, .aux = MEMOP(3), ONE_ARG);
    ACCESS("type's width", .op = VM_OP_LOAD, .type = VM_F64, .aux = MEMOP(2), ONE_ARG);
    ACCESS("unknown bits", .op = VM_OP_LOAD, .type = VM_I64, .aux = MEMOP(3) | 1 << 13, ONE_ARG);
    ACCESS("more parts", .op = VM_OP_LOAD, .type = VM_I64, .aux = MEMOP(3) | 4 << 10, ONE_ARG);
    ACCESS("more parts", .op = VM_OP_LOAD, .type = VM_I64, .aux = MEMOP(3) | 7 << 10, ONE_ARG);
    ACCESS("unknown bits", .op = VM_OP_LOAD, .type = VM_I64, .aux = MEMOP(3) | 1 << 16, ONE_ARG);
    ACCESS("read-modify-write", .op = VM_OP_AMO, .type = VM_I64,
           .aux = MEMOP(3) | VM_AMO_COUNT << 16, .n_args = 2, .arg = {I64, I64, VM_NO_VALUE});
}

Test(ir, floating_point)
{
    REFUSED("source type", .op = VM_OP_FCVT, .type = VM_F64, .aux = VM_AUX(VM_F64, 0, 0),
            .n_args = 1, .arg = {F64});
    REFUSED("source type", .op = VM_OP_BITCAST, .type = VM_I64, .aux = VM_AUX(VM_F32, 0, 0),
            .n_args = 1, .arg = {F32});
    REFUSED("source type", .op = VM_OP_FADD, .type = VM_F64, .aux = VM_AUX(VM_F32, 0, 0),
            .n_args = 2, .arg = {F64, F64});
    REFUSED("rounding mode", .op = VM_OP_FADD, .type = VM_F64, .aux = VM_AUX(0, 5, 0), .n_args = 2,
            .arg = {F64, F64});
    REFUSED("variant", .op = VM_OP_FADD, .type = VM_F64, .aux = VM_AUX(0, 0, 1), .n_args = 2,
            .arg = {F64, F64});
    REFUSED("unknown bits", .op = VM_OP_FSQRT, .type = VM_F64, .aux = VM_AUX_FLUSH, .n_args = 1,
            .arg = {F64});
    REFUSED("unknown bits", .op = VM_OP_FEQ, .type = VM_F64, .aux = VM_AUX_DEFAULT_NAN, .n_args = 2,
            .arg = {F64, F64});
    REFUSED("variant", .op = VM_OP_FTOI, .type = VM_I64, .aux = VM_AUX(VM_F64, 0, 4), .n_args = 1,
            .arg = {F64});
    REFUSED("variant", .op = VM_OP_FMIN, .type = VM_F64, .aux = VM_AUX(0, 0, 3), .n_args = 2,
            .arg = {F64, F64});
    REFUSED("variant", .op = VM_OP_FRINT, .type = VM_F64, .aux = VM_AUX(0, 0, 2), .n_args = 1,
            .arg = {F64});
    REFUSED("variant", .op = VM_OP_F32_BOX, .type = VM_F64, .aux = VM_AUX(VM_F32, 0, 2),
            .n_args = 1, .arg = {F32});
    struct vm_arch_ops no_fp = test_arch;
    no_fp.fp.flags_slot = 0xffff;
    good_unit();
    insert(INSN(.op = VM_OP_FADD, .type = VM_F64, .n_args = 2, .arg = {F64, F64}));
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    cr_expect_eq(ir_verify(&ir, &no_fp, &err), -1);
}

/* `part` "": right. */
static void try_lanes(enum vm_ir_op op, uint32_t aux, const char *part)
{
    uint32_t n = (uint32_t)strlen(ir_ops[op].operands);

    vm_ir_clear(&ir);
    mark(0);
    vm_ir_value v =
        vm_ir_1(&ir, VM_OP_V_DUP, VM_V128, VM_LANES(3, 0), 0, vm_ir_const(&ir, VM_I64, 5));
    vm_ir_emit(&ir, op, VM_V128, aux, 0, n, v, n > 1 ? v : VM_NO_VALUE, n > 2 ? v : VM_NO_VALUE);
    leave();
    err = (struct vm_error)VM_ERROR_INIT;
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), *part ? -1 : 0, "%s: %s", ir_ops[op].name,
                 err.text);
    cr_expect(!*part || strstr(err.text, part), "%s: %s", ir_ops[op].name, err.text);
}

Test(ir, floating_point_lanes)
{
    for (uint32_t type = VM_NONE; type <= VM_LANE_TYPE_COUNT; type++) {
        bool single = type == VM_F32, wide = single || type == VM_F64, all = wide || type == VM_F16;
        for (enum vm_ir_op op = VM_OP_V_FADD; op <= VM_OP_V_ITOF; op++)
            try_lanes(op, VM_AUX(type, 0, 0),
                      (op == VM_OP_V_FFLUSH ? wide : all) ? "" : "source type");
        try_lanes(VM_OP_V_FCVTL, VM_AUX(type, 0, 1), single ? "" : "source type");
        try_lanes(VM_OP_V_FCVTN, VM_AUX(type, 0, 0), single ? "" : "source type");
    }
    try_lanes(VM_OP_V_FCVTL, VM_AUX(VM_F32, 0, 2), "variant");
    try_lanes(VM_OP_V_FCVTN, VM_AUX(VM_F32, 0, 1), "variant");
    REFUSED("source type", .op = VM_OP_FCVT, .type = VM_F64, .aux = VM_AUX(VM_F16, 0, 0),
            .n_args = 1, .arg = {F64});
    REFUSED("source type", .op = VM_OP_FTOI, .type = VM_I64, .aux = VM_AUX(VM_F16, 0, 2),
            .n_args = 1, .arg = {F64});
    REFUSED("for this type", .op = VM_OP_FADD, .type = VM_F16, .n_args = 2, .arg = {F64, F64});
}

Test(ir, exits)
{
    good_unit();
    ir.insns[LAST] =
        INSN(.op = VM_OP_EXIT_TO, .aux = 3, .n_args = 1, .arg = {I64, VM_NO_VALUE, VM_NO_VALUE});
    expect_refused("kind of jump");
    good_unit();
    ir.n_insns--;
    for (uint32_t i = 0; i < VM_UNIT_MAX_EXITS; i++)
        vm_ir_1(&ir, VM_OP_EXIT_IF, VM_NONE, 0, 0, I64);
    leave();
    expect_refused("too many exits");
}

Test(ir, markers)
{
    good_unit();
    ir.n_insns--;
    mark(2);
    leave();
    expect_refused("overlap");
    good_unit();
    ir.insns[0].aux = 1;
    expect_refused("length");
    good_unit();
    ir.insns[0].aux = 9;
    expect_refused("length");
}

Test(ir, precise_state)
{
    REFUSED("may fault after", .op = VM_OP_LOAD, .type = VM_I64, .aux = MEMOP(3), .n_args = 1,
            .arg = {I64});
    REFUSED("may fault after", .op = VM_OP_CALL, .aux = HELPER_TRAP, .n_args = 1,
            .arg = {I64, VM_NO_VALUE, VM_NO_VALUE});
    REFUSED("may fault after", .op = VM_OP_TRAP_IF, .n_args = 2, .arg = {I64, I64});
    good_unit();
    ir.n_insns = LOAD;
    vm_ir_2(&ir, VM_OP_FADD, VM_F64, 0, 0, F64, F64);
    vm_ir_1(&ir, VM_OP_TRAP, VM_NONE, 0, 0, I64);
    expect_refused("may fault after");
    good_unit();
    ir.n_insns = LOAD;
    const vm_ir_value args[] = {I64};
    vm_ir_call(&ir, HELPER_ROTATE, 1, args);
    vm_ir_1(&ir, VM_OP_TRAP, VM_NONE, 0, 0, I64);
    expect_refused("may fault after");
    /* The next guest instruction may fault again. */
    good_unit();
    ir.n_insns--;
    mark(4);
    vm_ir_1(&ir, VM_OP_LOAD, VM_I64, MEMOP(3), 0, I64);
    leave();
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
}

/* ---- regions ---- */

/* Two blocks: 8 leads to itself and to 64, 64 leaves and leads to 8. */
enum { LABEL_A = 0, IF_A = 4, EXIT_A = 5, LABEL_B = 6, EXIT_B = 9, REGION_INSNS = 10 };

static void good_region(void)
{
    struct vm_ir_unit block;

    vm_ir_clear(&ir);
    vm_ir_init(&block);
    vm_ir_0(&block, VM_OP_INSN, VM_NONE, 4, 0);
    vm_ir_value r0 = vm_ir_0(&block, VM_OP_GET, VM_I64, SLOT_R0, 0);
    vm_ir_1(&block, VM_OP_PUT, VM_I64, SLOT_R0 + 1, 0, r0);
    vm_ir_1(&block, VM_OP_EXIT_IF, VM_NONE, 0, 0, r0);
    vm_ir_0(&block, VM_OP_EXIT, VM_NONE, 0, 56);
    vm_ir_append(&ir, &block, 8, VM_LABEL_ENTRY);
    vm_ir_clear(&block);
    vm_ir_0(&block, VM_OP_INSN, VM_NONE, 4, 0);
    vm_ir_0(&block, VM_OP_PC, VM_NONE, 0, 4);
    vm_ir_0(&block, VM_OP_EXIT, VM_NONE, 0, -56);
    vm_ir_append(&ir, &block, 64, 0);
    vm_ir_free(&block);
    ir.insns[IF_A].aux = 1;
    ir.insns[EXIT_A].aux = 2;
}

Test(ir, region_passes)
{
    good_region();
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    ir.insns[EXIT_B].aux = 1;
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    cr_assert_eq(ir.n_insns, REGION_INSNS);
    cr_assert_eq(ir.guest_insns, 2);
    cr_assert_eq(ir.guest_bytes, 68);
}

/* What counts from a block's beginning counts from the page's in the region. */
Test(ir, append_moves_deltas_and_values)
{
    good_region();
    cr_assert_eq(ir.insns[LABEL_A].imm, 8);
    cr_assert_eq(ir.insns[LABEL_A + 1].imm, 8);
    cr_assert_eq(ir.insns[LABEL_A + 3].arg[0], LABEL_A + 2);
    cr_assert_eq(ir.insns[IF_A].imm, 8);
    cr_assert_eq(ir.insns[EXIT_A].imm, 64);
    cr_assert_eq(ir.insns[LABEL_B + 2].imm, 68);
    cr_assert_eq(ir.insns[EXIT_B].imm, 8);

    struct vm_ir_unit block;
    vm_ir_value args[6];
    vm_ir_init(&block);
    vm_ir_0(&block, VM_OP_INSN, VM_NONE, 4, 0);
    for (uint32_t i = 0; i < 6; i++)
        args[i] = vm_ir_const(&block, VM_I64, i);
    vm_ir_call(&block, HELPER_MIX, 6, args);
    vm_ir_0(&block, VM_OP_EXIT, VM_NONE, 0, 4);
    vm_ir_append(&ir, &block, 128, VM_LABEL_ENTRY);
    for (uint32_t i = 0; i < 6; i++)
        cr_expect_eq(vm_ir_arg(&ir.insns[REGION_INSNS + 8], i), REGION_INSNS + 2 + i);
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    block.failed = true;
    block.why = "a bad block";
    vm_ir_append(&ir, &block, 256, 0);
    cr_expect(ir.failed);
    cr_expect_str_eq(ir.why, "a bad block");
    vm_ir_free(&block);
}

#define REGION_REFUSED(part, change) \
    do {                             \
        good_region();               \
        change;                      \
        expect_refused(part);        \
    } while (0)

Test(ir, regions_are_checked)
{
    REGION_REFUSED("must start with a label", ir.insns[LABEL_A].op = VM_OP_FENCE);
    REGION_REFUSED("must be an entry", ir.insns[LABEL_A].aux = 0);
    REGION_REFUSED("unknown flags", ir.insns[LABEL_B].aux = 3);
    REGION_REFUSED("outside of the region's page", ir.insns[LABEL_B].imm = 4096;
                   ir.insns[EXIT_A].aux = 0);
    REGION_REFUSED("outside of the region's page", ir.insns[LABEL_B].imm = -4;
                   ir.insns[EXIT_A].aux = 0);
    REGION_REFUSED("must start with the marker", ir.insns[LABEL_B + 1].imm = 72);
    REGION_REFUSED("must end with an exit", ir.insns[EXIT_A].op = VM_OP_INSN;
                   ir.insns[EXIT_A].aux = 4);
    REGION_REFUSED("follow the end", ir.insns[LABEL_B].op = VM_OP_FENCE);
    REGION_REFUSED("no such block", ir.insns[EXIT_A].aux = 3);
    REGION_REFUSED("delta of the block", ir.insns[EXIT_A].imm = 60);
    REGION_REFUSED("another block",
                   ir.insns[LABEL_B + 2] = INSN(.op = VM_OP_NOT, .type = VM_I64, .n_args = 1,
                                                .arg = {LABEL_A + 2, VM_NO_VALUE, VM_NO_VALUE}));
    good_unit();
    ir.insns[LAST].aux = 1;
    expect_refused("no such block");
}

/* A block that is part of the one before sees its values. */
Test(ir, inner_blocks)
{
    good_region();
    ir.insns[LABEL_B].aux = VM_LABEL_INNER;
    ir.insns[LABEL_B + 2] = INSN(.op = VM_OP_NOT, .type = VM_I64, .n_args = 1,
                                 .arg = {LABEL_A + 2, VM_NO_VALUE, VM_NO_VALUE});
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    ir.insns[EXIT_A].aux = 0;
    expect_refused("does not go to the inner one");
    ir.insns[EXIT_A].aux = 2;
    ir.insns[IF_A].aux = 2;
    ir.insns[IF_A].imm = 64;
    expect_refused("only the end of the block before");
    ir.insns[IF_A].aux = 0;
    ir.insns[EXIT_B].aux = 2;
    ir.insns[EXIT_B].imm = 64;
    expect_refused("only the end of the block before");
}

/* Blocks that were put behind each other: deltas go where they like, but stay on the page. */
Test(ir, markers_of_a_region_may_go_back)
{
    good_region();
    ir.insns[LABEL_A + 3] =
        INSN(.op = VM_OP_INSN, .aux = 4, .imm = 0, .arg = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE});
    ir.guest_insns = 3;
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    ir.insns[LABEL_A + 3].imm = 4094;
    expect_refused("outside of the region's page");
    ir.insns[LABEL_A + 3].imm = -4;
    expect_refused("outside of the region's page");
    ir.insns[LABEL_A + 3].imm = 72;
    expect_refused("beyond the unit's guest bytes");
}

Test(ir, random_regions_pass)
{
    uint64_t seed = test_seed();

    for (uint32_t i = 0; i < 2000; i++) {
        uint64_t state = seed + i;
        vm_ir_clear(&ir);
        ir_random_region(&ir, VM_OP_COUNT, &state);
        cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "seed %#llx: %s",
                     (unsigned long long)(seed + i), err.text);
    }
}

Test(ir, builder_refuses)
{
    mark(0);
    vm_ir_2(&ir, VM_OP_ADD, VM_I64, 0, 0, 7, 7);
    cr_assert(ir.failed && ir.why);
    vm_ir_clear(&ir);
    cr_assert(!ir.failed);
    vm_ir_emit(&ir, VM_OP_ADD, VM_I64, 0, 0, 1, 0, VM_NO_VALUE, VM_NO_VALUE);
    cr_assert(ir.failed);
    vm_ir_clear(&ir);
    vm_ir_emit(&ir, VM_OP_COUNT, VM_I64, 0, 0, 0, VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE);
    cr_assert(ir.failed);
    /* Nothing is appended after a failure. */
    leave();
    cr_assert_eq(ir.n_insns, 0);
}

Test(ir, call_packs_its_operands)
{
    vm_ir_value args[6];

    good_unit();
    ir.n_insns = LOAD;
    for (uint32_t i = 0; i < 6; i++)
        args[i] = 1 + i % 4;
    vm_ir_value call = vm_ir_call(&ir, HELPER_MIX, 6, args);
    leave();
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    for (uint32_t i = 0; i < 6; i++)
        cr_expect_eq(vm_ir_arg(&ir.insns[call], i), args[i]);
    cr_expect_eq(vm_ir_arg(&ir.insns[call], 6), VM_NO_VALUE);
}

Test(ir, printer)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    good_unit();
    insert(INSN(.op = VM_OP_COUNT));
    ir_print(&ir, &test_arch, out);
    fclose(out);
    cr_expect(strstr(text, "%1 = const.i64 #5 (0x5)\n"), "%s", text);
    cr_expect(strstr(text, "%5 = load.i64 [8u mmu1] %1, #8 (0x8)\n"), "%s", text);
    cr_expect(strstr(text, "put.i64 r0 %5\n"), "%s", text);
    cr_expect(strstr(text, "exit #4 (0x4)\n"), "%s", text);
    cr_expect(strstr(text, "?\n"), "%s", text);
    free(text);
}

Test(ir, errors)
{
    cr_expect_eq(vm_error_set(&err, "cannot %s", "sing"), -1);
    cr_expect_str_eq(err.text, "cannot sing");
    vm_error_prefix(&err, "bird %d", 7);
    cr_expect_str_eq(err.text, "bird 7: cannot sing");
    cr_expect_eq(vm_error_set(NULL, "dropped"), -1);
    cr_expect_eq(vm_error_prefix(NULL, "dropped"), -1);
    /* An older, shorter struct is not written beyond its end. */
    err.size = offsetof(struct vm_error, text) + 8;
    memset(err.text, 'x', sizeof(err.text));
    vm_error_set(&err, "0123456789");
    cr_expect_str_eq(err.text, "0123456");
    cr_expect_eq(err.text[8], 'x');
    vm_error_prefix(&err, "longer than eight");
    cr_expect_str_eq(err.text, "longer ");
    cr_expect_eq(err.text[8], 'x');
}

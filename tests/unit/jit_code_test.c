/* SPDX-License-Identifier: BSD-2-Clause */
/* What a few operations in a row become: the same effect as ever, and no instruction that can be
 * done without. */
#include <capstone/capstone.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_machine.h"
#include "ir_random.h"

static struct test_engine engine;
static struct test_machine *mine, *theirs, *start;
static struct vm_ir_unit ir;
static struct vm_unit unit;
static struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];

static void set_up(void)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_eq(test_engine_open_with(&engine, "engine-jit", "host-features", "none", &err), 0,
                 "%s", err.text);
    mine = test_machine_new(engine.ops->frame_size);
    theirs = test_machine_new(0);
    start = test_machine_new(0);
    cr_assert(mine && theirs && start);
    cr_assert_eq(engine.ops->cpu_init(engine.self, mine->cpu, NULL), 0);
    vm_ir_init(&ir);
}

static void tear_down(void)
{
    vm_ir_free(&ir);
    test_machine_free(mine);
    test_machine_free(theirs);
    test_machine_free(start);
    test_engine_close(&engine);
}

TestSuite(jit_code, .init = set_up, .fini = tear_down, .timeout = 60);

static void compile(const char *body)
{
    struct vm_error err = VM_ERROR_INIT;
    char text[2048];

    snprintf(text, sizeof(text), "insn [4 bytes] #0\n%s exit #4\n", body);
    vm_ir_clear(&ir);
    cr_assert_eq(ir_parse(&ir, &test_arch, text, &err), 0, "%s", err.text);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(&unit, &ir, exits);
    cr_assert_eq(engine.ops->compile(engine.self, &ir, &unit, &err), 0, "%s", err.text);
}

/* Random registers, and the reference evaluator's opinion of them. */
static void expect_effect(const char *body)
{
    for (uint64_t i = 0; i < 20; i++) {
        uint64_t state = i;
        ir_random_machine(start, &state);
        start->cpu->countdown = 100;
        test_machine_copy(mine, start);
        test_machine_copy(theirs, start);
        enum vm_exit got = engine.ops->enter(engine.self, mine->cpu, &unit);
        cr_assert_eq(got, ir_reference(theirs, &ir, &unit), "%s", body);
        const char *difference = test_machine_differ(mine, theirs);
        cr_assert(!difference, "%s: %s", body, difference);
    }
}

/* How many instructions of the body there are, and how many that say `what`: mnemonic, operands. */
static uint32_t count(const char *what)
{
    cs_insn *insns;
    char text[256];
    uint32_t found = 0;
    csh handle;

    cr_assert_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
    size_t n = cs_disasm(handle, unit.entry, unit.code_bytes, 0, 0, &insns);
    for (size_t k = 0; k < n; k++) {
        snprintf(text, sizeof(text), "%s %s", insns[k].mnemonic, insns[k].op_str);
        found += strstr(text, what) != NULL;
    }
    cs_free(insns, n);
    cs_close(&handle);
    return found;
}

static void expect(const char *body, const char *what, uint32_t n)
{
    compile(body);
    expect_effect(body);
    cr_expect_eq(count(what), n, "%u times \"%s\", not %u:\n%s", count(what), what, n, body);
    engine.ops->release(engine.self, &unit);
}

/* An addition takes a shift along that is for it alone, by up to 3, on either side. */
Test(jit_code, shifts_and_adds)
{
    expect("%1 = get.i64 r1\n %2 = const.i64 #3\n %3 = shl.i64 %1, %2\n %4 = get.i64 r2\n"
           "%5 = add.i64 %4, %3\n put.i64 r3 %5\n",
           "*8", 1);
    expect("%1 = get.i64 r1\n %2 = const.i64 #2\n %3 = shl.i64 %1, %2\n %4 = get.i64 r2\n"
           "%5 = add.i64 %3, %4\n put.i64 r1 %5\n",
           "shl", 0);
    expect("%1 = get.i64 r1\n %2 = const.i64 #1\n %3 = shl.i64 %1, %2\n"
           "%4 = add.i64 %1, %3\n put.i64 r1 %4\n",
           "*2", 1);
    expect("%1 = get.i64 r1\n %2 = const.i64 #4\n %3 = shl.i64 %1, %2\n %4 = get.i64 r2\n"
           "%5 = add.i64 %4, %3\n put.i64 r3 %5\n",
           "shl", 1);
    /* Somebody else wants the shifted value, too. */
    expect("%1 = get.i64 r1\n %2 = const.i64 #3\n %3 = shl.i64 %1, %2\n put.i64 r4 %3\n"
           "%5 = get.i64 r2\n %6 = add.i64 %5, %3\n put.i64 r3 %6\n",
           "shl", 1);
    expect("%1 = get.i64 r1\n %2 = const.i64 #3\n %3 = shl.i64 %1, %2\n"
           "%4 = add.i64 %3, %3\n put.i64 r3 %4\n",
           "shl", 1);
    /* A register that is overwritten meanwhile, a narrow sum, a constant one. */
    expect("%1 = get.i64 r1\n %2 = const.i64 #3\n %3 = shl.i64 %1, %2\n %4 = get.i64 r2\n"
           "put.i64 r1 %4\n %6 = add.i64 %4, %3\n put.i64 r3 %6\n",
           "*8", 1);
    expect("%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = const.i32 #3\n %4 = shl.i32 %2, %3\n"
           "%5 = add.i32 %2, %4\n %6 = exts.i32 %5\n put.i64 r3 %6\n",
           "shl", 1);
    expect("%1 = get.i64 r1\n %2 = const.i64 #3\n %3 = shl.i64 %1, %2\n %4 = const.i64 #77\n"
           "%5 = add.i64 %4, %3\n put.i64 r3 %5\n",
           "shl", 1);
}

/* What a narrow shift to the right leaves has its sign already. */
Test(jit_code, extends_no_positive_value)
{
    expect("%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = const.i32 #1\n %4 = shr.i32 %2, %3\n"
           "%5 = exts.i32 %4\n put.i64 r1 %5\n",
           "movsxd", 0);
    expect("%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = const.i32 #31\n %4 = shr.i32 %2, %3\n"
           "%5 = exts.i32 %4\n put.i64 r2 %5\n %7 = get.i64 r2\n %8 = add.i64 %7, %1\n"
           "put.i64 r3 %8\n",
           "movsxd", 0);
    /* By 32, which is 0, by what is not known, or with the sign. */
    expect("%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = const.i32 #32\n %4 = shr.i32 %2, %3\n"
           "%5 = exts.i32 %4\n put.i64 r1 %5\n",
           "movsxd", 1);
    expect("%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = shr.i32 %2, %2\n"
           "%4 = exts.i32 %3\n put.i64 r1 %4\n",
           "movsxd", 1);
    expect("%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = const.i32 #1\n %4 = sar.i32 %2, %3\n"
           "%5 = exts.i32 %4\n put.i64 r1 %5\n",
           "movsxd", 1);
}

/* Such a value is an i64 too, but its narrow slot in memory does not hold one: the next slot would
 * be its upper half. */
Test(jit_code, a_narrow_slot_is_no_wide_value)
{
    /* The twelve at once leave no register to %3: it is taken from its slot. */
    expect("%1 = get.i32 w0\n %2 = const.i32 #4\n %3 = shr.i32 %1, %2\n put.i32 w0 %3\n"
           "%5 = const.i32 #2013695642\n put.i32 w1 %5\n %7 = get.i64 r1\n"
           "%8 = not.i64 %7\n %9 = neg.i64 %7\n %10 = mul.i64 %7, %8\n %11 = mul.i64 %7, %9\n"
           "%12 = mul.i64 %10, %11\n %13 = mul.i64 %11, %12\n %14 = mul.i64 %12, %13\n"
           "%15 = mul.i64 %13, %14\n %16 = mul.i64 %14, %15\n %17 = mul.i64 %15, %16\n"
           "%18 = mul.i64 %16, %17\n %19 = mul.i64 %17, %18\n"
           "%20 = exts.i32 %3\n %21 = xor.i64 %19, %20\n %22 = xor.i64 %8, %21\n"
           "%23 = xor.i64 %9, %22\n %24 = xor.i64 %10, %23\n %25 = xor.i64 %11, %24\n"
           "%26 = xor.i64 %12, %25\n %27 = xor.i64 %13, %26\n %28 = xor.i64 %14, %27\n"
           "%29 = xor.i64 %15, %28\n %30 = xor.i64 %16, %29\n %31 = xor.i64 %17, %30\n"
           "%32 = xor.i64 %18, %31\n put.i64 r2 %32\n",
           "movsxd", 0);
}

#define NARROW "%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = get.i64 r2\n %4 = trunc.i32 %3\n"

/* What is computed in 32 bits has zeros above it already. */
Test(jit_code, clears_no_upper_half_twice)
{
    static const char *const ops[] = {"add",  "sub",  "mul",  "and",  "or",   "xor",  "andn",
                                      "shl",  "shr",  "sar",  "rotl", "rotr", "divs", "divu",
                                      "rems", "remu", "smin", "smax", "umin", "umax"};
    char body[512];

    for (uint32_t k = 0; k < sizeof(ops) / sizeof(ops[0]); k++) {
        snprintf(body, sizeof(body), "%s%%5 = %s.i32 %%2, %%4\n put.i64 r3 %%3\n%s", NARROW, ops[k],
                 "%7 = extu.i32 %5\n put.i64 r1 %7\n");
        expect(body, "mov ebx, ebx", 0);
        /* Taken from a slot in memory, and put there, and divided by nothing. */
        snprintf(body, sizeof(body),
                 "%%1 = get.i64 r9\n %%2 = trunc.i32 %%1\n %%3 = const.i32 #0\n"
                 "%%4 = %s.i32 %%2, %%3\n %%5 = extu.i32 %%4\n put.i64 r9 %%5\n"
                 "insn [4 bytes] #4\n %%8 = get.i64 r9\n put.i64 r1 %%8\n",
                 ops[k]);
        compile(body);
        expect_effect(body);
        engine.ops->release(engine.self, &unit);
    }
    expect(NARROW "%5 = select.i32 %3, %2, %4\n %6 = extu.i32 %5\n put.i64 r1 %6\n", "mov ebx, ebx",
           0);
    /* A narrow shift is none of the addresses' shifts, though its result is a wide one's operand.
     */
    expect(NARROW "%5 = const.i32 #3\n %6 = shl.i32 %4, %5\n %7 = extu.i32 %6\n"
                  "%8 = add.i64 %1, %7\n put.i64 r3 %8\n",
           "*8", 0);
}

/* A comparison goes into the move that depends on it, and bits that are tested are not kept. */
Test(jit_code, selects_by_flags)
{
    static const char *const tests[] = {"eq", "ne", "slt", "sle", "ult", "ule"};
    char body[512];

    for (uint32_t k = 0; k < 6; k++) {
        snprintf(body, sizeof(body), "%s%%5 = %s.i32 %%2, %%4\n%s", NARROW, tests[k],
                 "%6 = select.i64 %5, %1, %3\n put.i64 r1 %6\n");
        expect(body, "set", 0);
        expect(body, "cmov", 1);
    }
    expect(NARROW "%5 = eq.i64 %1, %3\n %6 = const.i64 #77\n %7 = const.i64 #-5\n"
                  "%8 = select.i64 %5, %6, %7\n put.i64 r3 %8\n",
           "cmove", 1);
    /* Into the register of the first choice, or of the second. */
    expect(NARROW "%5 = ult.i64 %1, %3\n %6 = select.i64 %5, %3, %1\n put.i64 r2 %6\n", "set", 0);
    expect(NARROW "%5 = ult.i64 %1, %3\n %6 = select.i64 %5, %3, %1\n put.i64 r1 %6\n", "set", 0);
    expect("%1 = get.i64 r1\n %2 = const.i64 #4096\n %3 = and.i64 %1, %2\n exit_if %3, #40\n",
           "si, ", 0);
    expect("%1 = get.i64 r1\n %2 = const.i64 #-4096\n %3 = and.i64 %1, %2\n exit_if %3, #40\n",
           "si, ", 0);
    expect("%1 = get.i64 r1\n %2 = const.i64 #1099511627776\n %3 = and.i64 %1, %2\n"
           "%4 = const.i64 #0\n %5 = eq.i64 %3, %4\n exit_if %5, #40\n",
           "test", 1);
    expect(NARROW "%5 = and.i64 %1, %3\n %6 = select.i64 %5, %1, %3\n put.i64 r4 %6\n", "si, ", 0);
    /* Somebody else wants the bits, too. */
    expect(NARROW "%5 = and.i64 %1, %3\n put.i64 r9 %5\n exit_if %5, #40\n", "and rsi", 1);
    expect(NARROW "%5 = and.i32 %2, %4\n %6 = const.i32 #0\n %7 = ne.i32 %5, %6\n"
                  "exit_if %7, #40\n",
           "si, ", 0);
}

#define LATER "insn [4 bytes] #8\n %20 = get.i64 r2\n put.i64 r5 %20\n"

/* A store whose base register moves on behind it asks only out of line whether to leave: whether it
 * has hit code. The base has moved then, and what is behind has not been done. */
Test(jit_code, stores_and_moves_the_base)
{
    static const char *const bodies[] = {
        "%1 = get.i64 r8\n %2 = get.i64 r2\n store.i64 [8u mmu1] %1, %2, #0\n %4 = const.i64 #8\n"
        "%5 = add.i64 %1, %4\n put.i64 r8 %5\n" LATER,
        /* The base is in a register of all units. */
        "%1 = get.i64 r9\n put.i64 r1 %1\n insn [4 bytes] #4\n %4 = get.i64 r1\n"
        "%5 = const.i64 #-16\n store.i64 [8u mmu1] %4, %5, #8\n %7 = add.i64 %4, %5\n"
        "put.i64 r1 %7\n" LATER,
        /* The sum is there before, and goes elsewhere. */
        "%1 = get.i64 r10\n %2 = const.i64 #24\n %3 = add.i64 %1, %2\n"
        "store.i64 [8u mmu1] %3, %1, #-8\n put.i64 r3 %3\n" LATER,
    };
    char pending[64];

    snprintf(pending, sizeof(pending), "cmp dword ptr [rbp + %#zx], 0",
             offsetof(struct vm_cpu, pending_exit));
    for (uint32_t k = 0; k < sizeof(bodies) / sizeof(bodies[0]); k++) {
        expect(bodies[k], pending, 0);
    }
    /* More happens behind it. */
    expect("%1 = get.i64 r8\n %2 = get.i64 r2\n store.i64 [8u mmu1] %1, %2, #0\n"
           "%4 = mul.i64 %1, %2\n put.i64 r8 %4\n put.i64 r3 %4\n" LATER,
           pending, 2);
}

/* All of a chain of operations happens where its end has to be, unless that is in use. */
Test(jit_code, works_in_place)
{
    expect("%1 = get.i64 r1\n %2 = get.i64 r2\n %3 = xor.i64 %1, %2\n %4 = const.i64 #1\n"
           "%5 = and.i64 %3, %4\n put.i64 r1 %5\n",
           "mov rsi", 0);
    expect("%1 = get.i64 r1\n %2 = get.i64 r2\n %3 = xor.i64 %1, %2\n insn [4 bytes] #4\n"
           "%5 = const.i64 #1\n %6 = and.i64 %3, %5\n put.i64 r1 %6\n",
           "mov rsi", 0);
    expect("%1 = get.i64 r1\n %2 = get.i64 r2\n %3 = xor.i64 %1, %2\n %4 = sub.i64 %3, %1\n"
           "put.i64 r1 %4\n",
           "mov rsi", 1);
    expect("%1 = get.i64 r2\n %2 = not.i64 %1\n put.i64 r1 %2\n", "not rax", 0);
}

/* A word that two vCPUs may modify is locked; that of a single one only for both orders. */
static void expect_locks(bool shared)
{
    static const char *const bodies[] = {
        "%%1 = get.i64 r1\n %%2 = get.i64 r2\n %%3 = amo.i64 [%us mmu1%s add] %%1, %%2, #0\n"
        "put.i64 r3 %%3\n",
        "%%1 = get.i64 r1\n %%2 = get.i64 r2\n %%3 = amo.i64 [%us mmu1%s or] %%1, %%2, #0\n",
        "%%1 = get.i64 r1\n %%2 = get.i64 r2\n %%3 = amo.i64 [%us mmu1%s smax] %%1, %%2, #0\n"
        "put.i64 r3 %%3\n",
        "%%1 = get.i64 r1\n %%2 = get.i64 r2\n %%3 = cas.i64 [%us mmu1%s] %%1, %%2, %%2, #0\n"
        "put.i64 r3 %%3\n",
        "%%1 = get.i64 r1\n %%2 = get.i64 r2\n %%3 = sc.i64 [%us mmu1%s] %%1, %%2, #0\n"
        "put.i64 r3 %%3\n",
    };
    static const char *const orders[] = {"", ".acq", ".rel", ".seq"};
    char body[512];

    for (uint32_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]) * 16; i++) {
        snprintf(body, sizeof(body), bodies[i / 16], 1u << (i / 4 & 3), orders[i & 3]);
        expect(body, "lock ", shared || (i & 3) == 3);
    }
}

Test(jit_code, locks_what_is_shared)
{
    struct test_machine *other = test_machine_new(engine.ops->frame_size);

    cr_assert(other);
    cr_assert_eq(engine.ops->cpu_init(engine.self, other->cpu, NULL), 0);
    expect_locks(true);
    test_machine_free(other);
}

/* After that the engine knows that there is one. */
Test(jit_code, locks_nothing_for_a_single_cpu)
{
    struct vm_error err = VM_ERROR_INIT;

    expect_locks(false);
    cr_expect_eq(engine.ops->cpu_init(engine.self, theirs->cpu, &err), -1);
    cr_expect(err.set);
}

#define D          "%1 = get.f64 d0\n %2 = get.f64 d1\n %3 = fflush.f64 [rne] %1\n"
#define FLUSHES    "[rax + rax - 1]"
#define FLUSHED(v) "%10 = fflush.f64 [rne] " v "\n put.f64 d2 %10\n put.f64 d3 %3\n"

/* What has been flushed, or cannot be denormal, is not looked at again; %3 always is. */
Test(jit_code, flushes_once)
{
    static const char *const once[] = {
        D "%4 = fadd.f64 [rne flush] %3, %2\n" FLUSHED("%4"),
        D "%4 = fsub.f64 [rup flush] %3, %2\n" FLUSHED("%4"),
        D "%4 = fmul.f64 [rne flush] %3, %2\n %5 = fneg.f64 %4\n" FLUSHED("%5"),
        D "%4 = fdiv.f64 [rne default_nan flush] %3, %2\n" FLUSHED("%4"),
        D "%4 = fma.f64 [rne flush] %1, %3, %2\n put.f64 d0 %4\n %6 = get.f64 d0\n" FLUSHED("%6"),
        D "%4 = fsqrt.f64 [rne] %2\n" FLUSHED("%4"),
        D "%4 = frint.f64 [rne] %2\n" FLUSHED("%4"),
        D "%4 = get.f32 s1\n %5 = fcvt.f64 [rne from.f32] %4\n" FLUSHED("%5"),
        D "%4 = get.i64 r1\n %5 = itof.f64 [rne from.i64] %4\n" FLUSHED("%5"),
        D "%4 = const.f64 #4503599627370496\n %5 = fmax.f64 [rne] %3, %4\n" FLUSHED("%5"),
        D "%4 = fabs.f64 %3\n" FLUSHED("%4"),
        D FLUSHED("%3"),
        D FLUSHED("%1"),
    };
    static const char *const twice[] = {
        D FLUSHED("%2"),
        D "%4 = fmul.f64 [rne] %3, %3\n" FLUSHED("%4"),
        D "%4 = fmin.f64 [rne] %3, %2\n" FLUSHED("%4"),
        D "%4 = const.f64 #4503599627370495\n" FLUSHED("%4"),
        D "%4 = v_low.v128 [rne from.f64] %3\n %5 = v_get.f32 [4 lane0] %4\n"
          "%6 = fflush.f32 [rne] %5\n put.f32 s1 %6\n put.f64 d2 %3\n",
        /* The flag is cleared meanwhile. */
        D "%4 = const.i32 #0\n put.i32 flags %4\n" FLUSHED("%1"),
    };

    for (uint32_t k = 0; k < sizeof(once) / sizeof(once[0]); k++)
        expect(once[k], FLUSHES, 1);
    for (uint32_t k = 0; k < sizeof(twice) / sizeof(twice[0]); k++)
        expect(twice[k], FLUSHES, 2);
}

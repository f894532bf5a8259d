/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine-jit's passes: what each makes of given IR, as text, and that random units and regions do
 * the same after them as before. VMRUN_TEST_SEED=n repeats a run; VMRUN_TEST_LONG=1 does fifty
 * times as much.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_machine.h"
#include "plugins/engine-jit/jit.h"
#include "plugins/engine-jit/passes/passes.h"

static struct vm_ir_unit ir, want;
static struct vm_error err;
static struct jit_pass_stats stats;

static void set_up(void)
{
    vm_ir_init(&ir);
    vm_ir_init(&want);
    err = (struct vm_error)VM_ERROR_INIT;
    memset(&stats, 0, sizeof(stats));
}

static void tear_down(void)
{
    vm_ir_free(&ir);
    vm_ir_free(&want);
}

TestSuite(jit_passes, .init = set_up, .fini = tear_down, .timeout = 600);

/* ---- IR as text ---- */

static void parse(struct vm_ir_unit *unit, const char *text)
{
    vm_ir_clear(unit);
    cr_assert_eq(ir_parse(unit, &test_arch, text, &err), 0, "%s\n%s", err.text, text);
    cr_assert_eq(ir_verify(unit, &test_arch, &err), 0, "%s\n%s", err.text, text);
}

static char *printed(const struct vm_ir_unit *unit)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert_not_null(out);
    ir_print(unit, &test_arch, out);
    fclose(out);
    return text;
}

/* The pass makes `after` of `before`. Both are whole units. */
static void expect(jit_pass *pass, const char *before, const char *after)
{
    parse(&ir, before);
    parse(&want, after);
    want.guest_bytes = ir.guest_bytes;
    jit_passes_number(&ir);
    cr_assert(pass(&ir, &test_arch, &stats));
    char *got = printed(&ir), *expected = printed(&want);
    cr_expect_str_eq(got, expected);
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), 0, "%s\n%s", err.text, got);
    free(got);
    free(expected);
}

/* The same for what stands between a unit's first marker and its exit. */
static void expect_body(jit_pass *pass, const char *before, const char *after)
{
    char a[4096], b[4096];

    snprintf(a, sizeof(a), "insn [4 bytes] #0\n%s\nexit #4", before);
    snprintf(b, sizeof(b), "insn [4 bytes] #0\n%s\nexit #4", after);
    expect(pass, a, b);
}

static bool fold_and_drop(struct vm_ir_unit *unit, const struct vm_arch_ops *arch,
                          struct jit_pass_stats *s)
{
    return jit_pass_fold(unit, arch, s) && jit_pass_dead(unit, arch, s);
}

/* A unit of the body, with r1, r2, w1, w2, d1 and s1 in %1 to %6; what is not used is dropped. */
static void parse_body(struct vm_ir_unit *unit, const char *body, const char *put)
{
    char text[4096];

    snprintf(text, sizeof(text),
             "insn [4 bytes] #0\n%%1 = get.i64 r1\n%%2 = get.i64 r2\n%%3 = get.i32 w1\n"
             "%%4 = get.i32 w2\n%%5 = get.f64 d1\n%%6 = get.f32 s1\n%s\n%s\nexit #4",
             body, put);
    parse(unit, text);
    cr_assert(jit_pass_dead(unit, &test_arch, &stats));
}

/*
 * Folding. `before` ends by defining %9, an i64, unless it ends in a put of its own; `after` does
 * the same, or is just the name of the value that takes its place.
 */
static void expect_fold(const char *before, const char *after)
{
    char put_value[64];

    snprintf(put_value, sizeof(put_value), "put.i64 r5 %s", strlen(after) == 2 ? after : "%9");
    parse_body(&ir, before, strstr(before, "put") ? "" : "put.i64 r5 %9");
    parse_body(&want, strlen(after) == 2 ? "" : after, strstr(after, "put") ? "" : put_value);
    cr_assert(fold_and_drop(&ir, &test_arch, &stats));
    char *got = printed(&ir), *expected = printed(&want);
    cr_expect_str_eq(got, expected, "of:\n%s\ngot:\n%s\nwanted:\n%s", before, got, expected);
    cr_expect_eq(ir_verify(&ir, &test_arch, &err), 0, "%s\n%s", err.text, got);
    free(got);
    free(expected);
}

/* ---- trace ---- */

Test(jit_passes, trace_joins_what_has_one_way_in)
{
    expect(jit_pass_trace,
           "label [entry] #0\n insn [4 bytes] #0\n %1 = get.i64 r1\n exit_if [block 2] %1, #32\n"
           " exit [block 1] #16\n"
           "label #16\n insn [4 bytes] #16\n exit [block 2] #32\n"
           "label #32\n insn [4 bytes] #32\n exit #36",
           "label [entry] #0\n insn [4 bytes] #0\n %1 = get.i64 r1\n exit_if [block 2] %1, #32\n"
           " exit [block 1] #16\n"
           "label [inner] #16\n insn [4 bytes] #16\n exit [block 2] #32\n"
           "label #32\n insn [4 bytes] #32\n exit #36");
    cr_expect_eq(stats.joined, 1);
}

Test(jit_passes, trace_orders_blocks)
{
    /* 0 goes on to 2, 2 to 1; 1 is a loop. */
    expect(
        jit_pass_trace,
        "label [entry] #0\n insn [4 bytes] #0\n exit [block 2] #32\n"
        "label #16\n insn [4 bytes] #16\n %1 = get.i64 r1\n exit_if [block 1] %1, #16\n exit #20\n"
        "label #32\n insn [4 bytes] #32\n exit [block 1] #16",
        "label [entry] #0\n insn [4 bytes] #0\n exit [block 1] #32\n"
        "label [inner] #32\n insn [4 bytes] #32\n exit [block 2] #16\n"
        "label #16\n insn [4 bytes] #16\n %1 = get.i64 r1\n exit_if [block 2] %1, #16\n exit #20");
}

Test(jit_passes, trace_drops_what_nothing_leads_to)
{
    expect(jit_pass_trace,
           "label [entry] #0\n insn [4 bytes] #0\n exit #4\n"
           "label #16\n insn [4 bytes] #16\n exit [block 2] #32\n"
           "label #32\n insn [4 bytes] #32\n exit [block 1] #16\n"
           "label [entry] #48\n insn [4 bytes] #48\n exit #52",
           "label [entry] #0\n insn [4 bytes] #0\n exit #4\n"
           "label [entry] #48\n insn [4 bytes] #48\n exit #52");
    cr_expect_eq(stats.dropped, 2);
}

/* A block that goes on to itself is placed once. */
Test(jit_passes, trace_of_a_loop_of_one)
{
    static const char loop[] = "label [entry] #0\n insn [4 bytes] #0\n exit [block 1] #16\n"
                               "label [inner] #16\n insn [4 bytes] #16\n exit #20\n"
                               "label [entry] #32\n insn [4 bytes] #32\n exit [block 2] #32";

    expect(jit_pass_trace, loop, loop);
}

Test(jit_passes, trace_keeps_entries_apart)
{
    static const char two[] = "label [entry] #0\n insn [4 bytes] #0\n exit [block 1] #16\n"
                              "label [entry] #16\n insn [4 bytes] #16\n exit [block 0] #0";

    expect(jit_pass_trace, two, two);
    cr_expect_eq(stats.joined, 0);
}

/* Only a branch leads to the block that could be joined: it becomes the way straight on. */
Test(jit_passes, trace_turns_branches_round)
{
    expect(jit_pass_trace,
           "label [entry] #0\n insn [4 bytes] #0\n %1 = get.i64 r1\n exit_if [block 1] %1, #16\n"
           " exit #4\n"
           "label #16\n insn [4 bytes] #16\n exit #20",
           "label [entry] #0\n insn [4 bytes] #0\n %1 = get.i64 r1\n %2 = const.i64 #0\n"
           " %3 = eq.i64 %1, %2\n exit_if %3, #4\n exit [block 1] #16\n"
           "label [inner] #16\n insn [4 bytes] #16\n exit #20");
    /* The exits have changed places, not numbers. */
    cr_expect_eq(ir.insns[5].reserved, 0);
    cr_expect_eq(ir.insns[9].reserved, 1);
}

Test(jit_passes, numbers_survive)
{
    expect(jit_pass_trace,
           "label [entry] #0\n insn [4 bytes] #0\n exit [block 2] #32\n"
           "label [entry] #16\n insn [4 bytes] #16\n exit #20\n"
           "label [entry] #32\n insn [4 bytes] #32\n exit #36",
           "label [entry] #0\n insn [4 bytes] #0\n exit [block 1] #32\n"
           "label [entry] #32\n insn [4 bytes] #32\n exit #36\n"
           "label [entry] #16\n insn [4 bytes] #16\n exit #20");
    cr_expect_eq(ir.insns[0].reserved, 0);
    cr_expect_eq(ir.insns[3].reserved, 2);
    cr_expect_eq(ir.insns[5].reserved, 1);
    cr_expect_eq(ir.insns[6].reserved, 1);
    cr_expect_eq(ir.insns[8].reserved, 0);
}

/* ---- steady ---- */

/* A loop that compares: r4 gets a constant, r5 what r2 has, r6 what changes. */
#define COMPARING_LOOP                                                                 \
    " insn [4 bytes] #0\n %2 = get.i64 r1\n %3 = const.i64 #8\n %4 = add.i64 %2, %3\n" \
    " put.i64 r1 %4\n insn [4 bytes] #4\n %7 = get.i64 r1\n %8 = get.i64 r2\n"         \
    " %9 = const.i64 #3\n put.i64 r4 %9\n put.i64 r5 %8\n put.i64 r6 %7\n %13 = eq.i64 %7, %8\n"

Test(jit_passes, steady_copies_a_loop)
{
    expect(jit_pass_steady,
           "label [entry] #0\n" COMPARING_LOOP " exit_if %13, #40\n exit [block 0] #0",
           "label [entry] #0\n" COMPARING_LOOP " exit_if %13, #40\n exit [block 1] #0\n"
           "label #0\n insn [4 bytes] #0\n %18 = get.i64 r1\n %19 = const.i64 #8\n"
           " %20 = add.i64 %18, %19\n put.i64 r1 %20\n insn [4 bytes] #4\n %23 = get.i64 r1\n"
           " %24 = get.i64 r2\n %25 = const.i64 #3\n put.i64 r4 %25\n put.i64 r5 %24\n"
           " put.i64 r6 %23\n %29 = eq.i64 %23, %24\n exit_if %29, #40\n exit [block 1] #0");
    cr_expect_eq(stats.copied, 1);
    /* Both leave by the same exit, of which one is the copy. */
    cr_expect_eq(ir.insns[14].reserved, 0);
    cr_expect_eq(ir.insns[30].reserved, 0 | JIT_EXIT_COPY);
}

/* The way round through block 1, which is a loop itself, is another loop: only the inner one is
 * copied. */
Test(jit_passes, steady_takes_inner_loops)
{
    parse(&ir,
          "label [entry] #0\n" COMPARING_LOOP " exit_if [block 1] %13, #40\n exit [block 0] #0\n"
          "label #40\n insn [4 bytes] #40\n %18 = get.i64 r3\n exit_if [block 1] %18, #40\n"
          " exit [block 0] #0");
    jit_passes_number(&ir);
    cr_assert(jit_pass_steady(&ir, &test_arch, &stats));
    cr_expect_eq(stats.copied, 1);
    cr_expect_eq(ir.insns[15].aux, 3);             /* the way round */
    cr_expect_eq(ir.insns[20].aux, 1);             /* into it from outside */
    cr_expect_eq(ir.insns[ir.n_insns - 1].aux, 3); /* and round in the copy */
    cr_expect_eq(ir.insns[ir.n_insns - 2].aux, 2);
}

Test(jit_passes, steady_leaves_what_gains_nothing)
{
    static const char *const loops[] = {
        /* puts something else in each turn */
        "label [entry] #0\n insn [4 bytes] #0\n %2 = get.i64 r1\n %3 = const.i64 #1\n"
        "%4 = add.i64 %2, %3\n put.i64 r1 %4\n exit_if %4, #40\n exit [block 0] #0",
        /* on one of two ways only */
        "label [entry] #0\n insn [4 bytes] #0\n %2 = get.i64 r1\n exit_if [block 1] %2, #8\n"
        "exit [block 0] #0\n"
        "label #8\n insn [4 bytes] #8\n %7 = const.i64 #3\n put.i64 r4 %7\n exit [block 0] #0",
        /* two constants in turn */
        "label [entry] #0\n insn [4 bytes] #0\n %2 = const.i64 #3\n put.i64 r4 %2\n"
        "insn [4 bytes] #4\n %5 = const.i64 #4\n put.i64 r4 %5\n %7 = get.i64 r1\n"
        "exit_if %7, #40\n exit [block 0] #0",
        /* an indirect jump may be a way round */
        "label [target] #0\n insn [4 bytes] #0\n %2 = const.i64 #3\n put.i64 r4 %2\n"
        "%4 = get.i64 r1\n exit_if [block 0] %4, #0\n %6 = get.i64 r2\n exit_to [plain] %6",
    };

    for (uint32_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++)
        expect(jit_pass_steady, loops[i], loops[i]);
    cr_expect_eq(stats.copied, 0);
}

/* ---- same ---- */

Test(jit_passes, same_drops_puts_across_blocks)
{
    expect(jit_pass_same,
           "label [entry] #0\n insn [4 bytes] #0\n %2 = const.i64 #3\n put.i64 r4 %2\n"
           "%4 = get.i64 r1\n put.i64 r5 %4\n exit_if [block 1] %4, #16\n exit #4\n"
           "label #16\n insn [4 bytes] #16\n %10 = const.i64 #3\n put.i64 r4 %10\n"
           "%12 = get.i64 r1\n put.i64 r5 %12\n exit_if [block 1] %12, #16\n exit #20",
           "label [entry] #0\n insn [4 bytes] #0\n %2 = const.i64 #3\n put.i64 r4 %2\n"
           "%4 = get.i64 r1\n put.i64 r5 %4\n exit_if [block 1] %4, #16\n exit #4\n"
           "label #16\n insn [4 bytes] #16\n %10 = const.i64 #3\n %11 = get.i64 r1\n"
           "exit_if [block 1] %11, #16\n exit #20");
    cr_expect_eq(stats.forwarded, 2);
}

Test(jit_passes, same_keeps_what_is_not)
{
    static const char *const kept[] = {
        /* nothing is known at an entry */
        "label [entry] #0\n insn [4 bytes] #0\n %2 = const.i64 #3\n put.i64 r4 %2\n"
        "exit [block 1] #16\n"
        "label [entry] #16\n insn [4 bytes] #16\n %7 = const.i64 #3\n put.i64 r4 %7\n exit #20",
        /* two ways with different constants */
        "label [entry] #0\n insn [4 bytes] #0\n %2 = const.i64 #3\n put.i64 r4 %2\n"
        "%4 = get.i64 r1\n exit_if [block 1] %4, #16\n %6 = const.i64 #4\n put.i64 r4 %6\n"
        "exit [block 1] #16\n"
        "label #16\n insn [4 bytes] #16\n %11 = const.i64 #3\n put.i64 r4 %11\n exit #20",
        /* what it was the same as has changed */
        "label [entry] #0\n insn [4 bytes] #0\n %2 = get.i64 r1\n put.i64 r5 %2\n"
        "exit [block 1] #16\n"
        "label #16\n insn [4 bytes] #16\n %7 = get.i64 r2\n put.i64 r1 %7\n"
        "%9 = get.i64 r1\n put.i64 r5 %9\n exit #20",
    };

    for (uint32_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        expect(jit_pass_same, kept[i], kept[i]);
    cr_expect_eq(stats.forwarded, 0);
}

/* ---- copy ---- */

Test(jit_passes, copy_forwards)
{
    expect_body(jit_pass_copy,
                "%1 = get.i64 r1\n put.i64 r2 %1\n %2 = get.i64 r2\n %3 = get.i64 r1\n"
                "%4 = add.i64 %2, %3\n put.i64 r1 %4\n put.i64 r2 %1\n put.i64 r1 %4",
                "%1 = get.i64 r1\n put.i64 r2 %1\n %4 = add.i64 %1, %1\n put.i64 r1 %4");
    cr_expect_eq(stats.forwarded, 4);
}

Test(jit_passes, copy_knows_slots_that_share_bytes)
{
    static const char narrow[] = "%1 = get.i64 r15\n %2 = get.i32 low15\n %3 = not.i32 %2\n"
                                 "put.i32 low15 %3\n %4 = get.i64 r15\n put.i64 r1 %4\n"
                                 "put.i64 r15 %1\n %5 = get.i32 low15\n put.i32 w0 %5";

    expect_body(jit_pass_copy, narrow, narrow);
}

Test(jit_passes, copy_knows_what_helpers_write)
{
    expect_body(jit_pass_copy,
                "%1 = get.i64 r3\n %2 = get.i64 r4\n %3 = call copy %1, %2\n %4 = get.i64 r3\n"
                "%5 = get.i64 r4\n put.i64 r1 %4\n put.i64 r2 %5",
                "%1 = get.i64 r3\n %2 = get.i64 r4\n %3 = call copy %1, %2\n %5 = get.i64 r4\n"
                "put.i64 r1 %1\n put.i64 r2 %5");
    static const char all[] =
        "%1 = get.i64 r3\n %3 = call rotate %1\n %4 = get.i64 r3\n put.i64 r1 %4";
    expect_body(jit_pass_copy, all, all);
    static const char flags[] =
        "%1 = get.i32 flags\n %2 = get.f64 d0\n %3 = fadd.f64 [rne] %2, %2\n"
        "%4 = get.i32 flags\n put.f64 d0 %3\n put.i32 w0 %1\n put.i32 w1 %4";
    expect_body(jit_pass_copy, flags, flags);
    static const char raise[] = "%1 = get.i32 flags\n %2 = get.i64 r0\n %3 = call raise %2\n"
                                "%4 = get.i32 flags\n put.i32 w0 %1\n put.i32 w1 %4";
    expect_body(jit_pass_copy, raise, raise);
}

Test(jit_passes, copy_ends_at_blocks)
{
    expect(jit_pass_copy,
           "label [entry] #0\n insn [4 bytes] #0\n %1 = get.i64 r1\n put.i64 r2 %1\n exit [block "
           "1] #16\n"
           "label [inner] #16\n insn [4 bytes] #16\n %2 = get.i64 r1\n put.i64 r3 %2\n exit [block "
           "2] #32\n"
           "label #32\n insn [4 bytes] #32\n %3 = get.i64 r1\n put.i64 r4 %3\n exit [block 2] #32",
           "label [entry] #0\n insn [4 bytes] #0\n %1 = get.i64 r1\n put.i64 r2 %1\n exit [block "
           "1] #16\n"
           "label [inner] #16\n insn [4 bytes] #16\n put.i64 r3 %1\n exit [block 2] #32\n"
           "label #32\n insn [4 bytes] #32\n %3 = get.i64 r1\n put.i64 r4 %3\n exit [block 2] #32");
}

Test(jit_passes, copy_knows_zero)
{
    expect_body(jit_pass_copy,
                "%1 = get.i64 zero\n put.i64 r1 %1\n %2 = get.i64 zero\n put.i64 r2 %2",
                "%1 = const.i64 #0\n put.i64 r1 %1\n put.i64 r2 %1");
}

/* ---- fold ---- */

Test(jit_passes, fold_constants)
{
    expect_fold("%7 = const.i64 #6\n %8 = const.i64 #-7\n %9 = mul.i64 %7, %8",
                "%9 = const.i64 #-42");
    expect_fold("%7 = const.i32 #-6\n %9 = extu.i32 %7", "%9 = const.i64 #4294967290");
    expect_fold("%7 = const.i64 #-1\n %9 = trunc.i32 %7\n put.i32 w3 %9",
                "%9 = const.i32 #-1\n put.i32 w3 %9");
    expect_fold("%7 = const.i64 #5\n %8 = const.i64 #0\n %9 = divs.i64 %7, %8",
                "%9 = const.i64 #0");
    expect_fold("%7 = const.i64 #5\n %8 = const.i64 #0\n %9 = rems.i64 %7, %8",
                "%9 = const.i64 #5");
    expect_fold("%7 = const.f64 #1\n %8 = fneg.f64 %7\n %9 = bitcast.i64 [rne from.f64] %8",
                "%9 = const.i64 #-9223372036854775807");
}

Test(jit_passes, fold_add)
{
    expect_fold("%7 = const.i64 #0\n %9 = add.i64 %7, %1", "%1");
    expect_fold("%7 = const.i64 #8\n %8 = add.i64 %1, %7\n %9 = sub.i64 %8, %7", "%1");
    expect_fold("%7 = const.i64 #8\n %8 = add.i64 %1, %7\n %9 = add.i64 %8, %7",
                "%7 = const.i64 #16\n %9 = add.i64 %1, %7");
    expect_fold("%7 = const.i64 #8\n %9 = sub.i64 %1, %7",
                "%7 = const.i64 #-8\n %9 = add.i64 %1, %7");
    expect_fold("%7 = const.i64 #0\n %9 = sub.i64 %7, %1", "%9 = neg.i64 %1");
    expect_fold("%7 = const.i64 #8\n %8 = pc #16\n %9 = add.i64 %8, %7", "%9 = pc #24");
    expect_fold("%9 = sub.i64 %1, %1", "%9 = const.i64 #0");
    expect_fold(
        "%7 = const.i32 #-2147483648\n %8 = add.i32 %3, %7\n %9 = add.i32 %8, %7\n put.i32 w3 %9",
        "put.i32 w3 %3");
}

Test(jit_passes, fold_products)
{
    expect_fold("%7 = const.i64 #8\n %9 = mul.i64 %7, %1",
                "%7 = const.i64 #3\n %9 = shl.i64 %1, %7");
    expect_fold("%7 = const.i64 #1\n %9 = mul.i64 %1, %7", "%1");
    expect_fold("%7 = const.i64 #0\n %9 = mul.i64 %1, %7", "%9 = const.i64 #0");
    expect_fold("%7 = const.i64 #-1\n %9 = mul.i64 %1, %7", "%9 = neg.i64 %1");
    expect_fold("%7 = const.i64 #16\n %9 = divu.i64 %1, %7",
                "%7 = const.i64 #4\n %9 = shr.i64 %1, %7");
    expect_fold("%7 = const.i64 #16\n %9 = remu.i64 %1, %7",
                "%7 = const.i64 #15\n %9 = and.i64 %1, %7");
    expect_fold("%7 = const.i64 #-1\n %9 = divs.i64 %1, %7", "%9 = neg.i64 %1");
    expect_fold("%7 = const.i64 #-1\n %9 = rems.i64 %1, %7", "%9 = const.i64 #0");
    expect_fold("%7 = const.i64 #1\n %9 = divu.i64 %1, %7", "%1");
    expect_fold("%7 = const.i64 #0\n %9 = remu.i64 %1, %7", "%1");
    expect_fold("%7 = const.i64 #0\n %9 = divu.i64 %1, %7", "%9 = const.i64 #0");
    expect_fold("%7 = const.i64 #1\n %9 = mulhu.i64 %1, %7", "%9 = const.i64 #0");
}

Test(jit_passes, fold_bits)
{
    expect_fold("%7 = const.i64 #-1\n %9 = and.i64 %7, %1", "%1");
    expect_fold("%7 = const.i64 #255\n %9 = and.i64 %1, %7", "%9 = zext.i64 %1, #8");
    expect_fold("%7 = slt.i64 %1, %2\n %8 = const.i64 #1\n %9 = and.i64 %7, %8",
                "%9 = slt.i64 %1, %2");
    expect_fold(
        "%7 = const.i64 #12\n %8 = and.i64 %1, %7\n %6 = const.i64 #10\n %9 = and.i64 %8, %6",
        "%7 = const.i64 #8\n %9 = and.i64 %1, %7");
    expect_fold("%7 = const.i64 #12\n %9 = andn.i64 %1, %7",
                "%7 = const.i64 #-13\n %9 = and.i64 %1, %7");
    expect_fold("%7 = const.i64 #-1\n %9 = or.i64 %1, %7", "%9 = const.i64 #-1");
    expect_fold("%7 = const.i64 #-1\n %9 = xor.i64 %1, %7", "%9 = not.i64 %1");
    expect_fold("%7 = const.i64 #12\n %8 = xor.i64 %1, %7\n %9 = xor.i64 %8, %7",
                "%7 = const.i64 #0\n %9 = xor.i64 %1, %7");
    expect_fold("%7 = not.i64 %1\n %9 = not.i64 %7", "%1");
    expect_fold("%9 = and.i64 %1, %1", "%1");
}

Test(jit_passes, fold_shifts)
{
    expect_fold("%7 = const.i64 #64\n %9 = shl.i64 %1, %7", "%1");
    expect_fold("%7 = const.i64 #67\n %9 = sar.i64 %1, %7",
                "%7 = const.i64 #3\n %9 = sar.i64 %1, %7");
    expect_fold("%7 = const.i64 #32\n %8 = shl.i64 %1, %7\n %9 = shr.i64 %8, %7",
                "%9 = zext.i64 %1, #32");
    expect_fold("%7 = const.i64 #56\n %8 = shl.i64 %1, %7\n %9 = sar.i64 %8, %7",
                "%9 = sext.i64 %1, #8");
    expect_fold("%7 = const.i64 #3\n %8 = shl.i64 %1, %7\n %9 = rotl.i64 %8, %7",
                "%7 = const.i64 #3\n %8 = shl.i64 %1, %7\n %9 = rotl.i64 %8, %7");
    expect_fold("%7 = const.i64 #40\n %8 = shl.i64 %1, %7\n %9 = shl.i64 %8, %7",
                "%9 = const.i64 #0");
    expect_fold("%7 = const.i64 #40\n %8 = sar.i64 %1, %7\n %9 = sar.i64 %8, %7",
                "%7 = const.i64 #63\n %9 = sar.i64 %1, %7");
    expect_fold("%7 = zext.i64 %1, #8\n %8 = const.i64 #8\n %9 = shr.i64 %7, %8",
                "%9 = const.i64 #0");
}

Test(jit_passes, fold_comparisons)
{
    expect_fold("%7 = const.i64 #0\n %8 = slt.i64 %1, %2\n %9 = ne.i64 %8, %7",
                "%9 = slt.i64 %1, %2");
    expect_fold("%7 = const.i64 #0\n %8 = slt.i64 %1, %2\n %9 = eq.i64 %8, %7",
                "%9 = sle.i64 %2, %1");
    expect_fold("%7 = const.i64 #0\n %8 = eq.i32 %3, %4\n %9 = eq.i64 %8, %7",
                "%9 = ne.i32 %3, %4");
    expect_fold("%7 = const.i64 #0\n %9 = ult.i64 %7, %1",
                "%7 = const.i64 #0\n %9 = ne.i64 %1, %7");
    expect_fold("%7 = const.i64 #1\n %9 = ult.i64 %1, %7",
                "%7 = const.i64 #0\n %9 = eq.i64 %1, %7");
    expect_fold("%7 = const.i64 #0\n %8 = sub.i64 %1, %2\n %9 = eq.i64 %8, %7",
                "%9 = eq.i64 %1, %2");
    expect_fold("%7 = const.i64 #5\n %8 = add.i64 %1, %7\n %9 = ne.i64 %8, %7",
                "%7 = const.i64 #0\n %9 = ne.i64 %1, %7");
    expect_fold("%9 = sle.i64 %1, %1", "%9 = const.i64 #1");
    /* A floating-point comparison has no opposite: there are NaNs. */
    expect_fold("%7 = const.i64 #0\n %8 = flt.f64 [rne] %5, %5\n %9 = eq.i64 %8, %7",
                "%7 = const.i64 #0\n %8 = flt.f64 [rne] %5, %5\n %9 = eq.i64 %8, %7");
}

Test(jit_passes, fold_extensions)
{
    expect_fold("%7 = trunc.i32 %1\n %9 = exts.i32 %7", "%9 = sext.i64 %1, #32");
    expect_fold("%7 = exts.i32 %3\n %8 = trunc.i32 %7\n %9 = exts.i32 %8", "%9 = exts.i32 %3");
    expect_fold("%7 = load.i64 [1u mmu1] %1, #0\n %9 = zext.i64 %7, #8",
                "%9 = load.i64 [1u mmu1] %1, #0");
    expect_fold("%7 = load.i64 [2s mmu1] %1, #0\n %8 = trunc.i32 %7\n %9 = exts.i32 %8",
                "%9 = load.i64 [2s mmu1] %1, #0");
    expect_fold("%7 = sext.i64 %1, #16\n %9 = zext.i64 %7, #8", "%9 = zext.i64 %1, #8");
    expect_fold("%7 = zext.i64 %1, #8\n %9 = sext.i64 %7, #9", "%9 = zext.i64 %1, #8");
    expect_fold("%7 = zext.i64 %1, #8\n %9 = sext.i64 %7, #8", "%9 = sext.i64 %1, #8");
    expect_fold(
        "%7 = f32_box.f64 [rne from.f32] %6\n %8 = f32_unbox.f32 [rne from.f64] %7\n put.f32 s0 %8",
        "put.f32 s0 %6");
}

Test(jit_passes, fold_select)
{
    expect_fold("%7 = const.i64 #3\n %9 = select.i64 %7, %1, %2", "%1");
    expect_fold("%7 = const.i64 #0\n %9 = select.i64 %7, %1, %2", "%2");
    expect_fold("%9 = select.i64 %1, %2, %2", "%2");
    expect_fold("%7 = const.i64 #0\n %8 = eq.i64 %1, %7\n %9 = select.i64 %8, %7, %2",
                "%7 = const.i64 #0\n %9 = select.i64 %1, %2, %7");
}

Test(jit_passes, fold_addresses)
{
    expect_fold("%7 = const.i64 #16\n %8 = add.i64 %1, %7\n %9 = load.i64 [8u mmu1] %8, #-8",
                "%9 = load.i64 [8u mmu1] %1, #8");
    expect_fold("%7 = pc #4096\n %9 = load.i64 [8u mmu1] %7, #-8",
                "%7 = pc #0\n %9 = load.i64 [8u mmu1] %7, #4088");
    expect_fold(
        "%7 = const.i64 #2147483647\n %8 = add.i64 %1, %7\n %9 = load.i64 [8u mmu1] %8, #8",
        "%7 = const.i64 #2147483647\n %8 = add.i64 %1, %7\n %9 = load.i64 [8u mmu1] %8, #8");
}

Test(jit_passes, fold_branches)
{
    expect(fold_and_drop, "insn [4 bytes] #0\n %1 = const.i64 #0\n exit_if %1, #8\n exit #4",
           "insn [4 bytes] #0\n exit #4");
    cr_expect_eq(ir.insns[1].reserved, 1);
    expect(fold_and_drop,
           "insn [4 bytes] #0\n %1 = const.i64 #2\n exit_if %1, #8\n insn [4 bytes] #4\n exit #8",
           "insn [4 bytes] #0\n exit #8");
    cr_expect_eq(ir.insns[1].reserved, 0);
    expect(fold_and_drop,
           "insn [4 bytes] #0\n %1 = const.i64 #0\n %2 = get.i64 r1\n %3 = ne.i64 %2, %1\n"
           "exit_if %3, #8\n exit #4",
           "insn [4 bytes] #0\n %2 = get.i64 r1\n exit_if %2, #8\n exit #4");
    expect(fold_and_drop,
           "insn [4 bytes] #0\n %1 = const.i64 #1\n %2 = get.i64 r1\n trap_if %1, %2, #7\n exit #4",
           "insn [4 bytes] #0\n %2 = get.i64 r1\n trap %2, #7");
    expect(fold_and_drop,
           "insn [4 bytes] #0\n %1 = const.i64 #0\n %2 = get.i64 r1\n trap_if %1, %2, #7\n exit #4",
           "insn [4 bytes] #0\n exit #4");
}

/* What is part of a block that is gone is gone too, and numbers of blocks close up. */
Test(jit_passes, fold_drops_inner_blocks)
{
    expect(fold_and_drop,
           "label [entry] #0\n insn [4 bytes] #0\n %1 = const.i64 #1\n exit_if [block 2] %1, #32\n"
           " exit [block 1] #16\n"
           "label [inner] #16\n insn [4 bytes] #16\n exit #20\n"
           "label #32\n insn [4 bytes] #32\n exit [block 2] #32",
           "label [entry] #0\n insn [4 bytes] #0\n exit [block 1] #32\n"
           "label #32\n insn [4 bytes] #32\n exit [block 1] #32");
}

/* ---- widen ---- */

Test(jit_passes, widen_where_nothing_overflows)
{
    /* A product of two that have 16 bits, which is added to something else as a narrow one, too. */
    expect_body(jit_pass_widen,
                "%1 = get.i64 r1\n %2 = sext.i64 %1, #16\n %3 = trunc.i32 %2\n"
                "%4 = mul.i32 %3, %3\n %5 = exts.i32 %4\n put.i64 r2 %5\n %7 = get.i32 w1\n"
                "%8 = add.i32 %7, %4\n put.i32 w1 %8",
                "%1 = get.i64 r1\n %2 = sext.i64 %1, #16\n %3 = trunc.i32 %2\n"
                "%4 = mul.i32 %3, %3\n %5 = mul.i64 %2, %2\n %6 = trunc.i32 %5\n put.i64 r2 %5\n"
                "%8 = get.i32 w1\n %9 = add.i32 %8, %6\n put.i32 w1 %9");
    /* The negative of a bit; sums and shifts with constants; operations bit by bit. */
    expect_body(jit_pass_widen,
                "%1 = get.i64 r1\n %2 = const.i64 #1\n %3 = and.i64 %1, %2\n %4 = trunc.i32 %3\n"
                "%5 = neg.i32 %4\n %6 = exts.i32 %5\n put.i64 r2 %6",
                "%1 = get.i64 r1\n %2 = const.i64 #1\n %3 = and.i64 %1, %2\n %4 = trunc.i32 %3\n"
                "%5 = neg.i32 %4\n %6 = neg.i64 %3\n %7 = trunc.i32 %6\n put.i64 r2 %6");
    expect_body(jit_pass_widen,
                "%1 = get.i64 r1\n %2 = zext.i64 %1, #30\n %3 = trunc.i32 %2\n"
                "%4 = const.i32 #-1\n %5 = add.i32 %3, %4\n %6 = exts.i32 %5\n put.i64 r2 %6",
                "%1 = get.i64 r1\n %2 = zext.i64 %1, #30\n %3 = trunc.i32 %2\n"
                "%4 = const.i32 #-1\n %5 = add.i32 %3, %4\n %6 = const.i64 #-1\n"
                "%7 = add.i64 %2, %6\n %8 = trunc.i32 %7\n put.i64 r2 %7");
    expect_body(jit_pass_widen,
                "%1 = get.i64 r1\n %2 = sext.i64 %1, #30\n %3 = trunc.i32 %2\n"
                "%4 = const.i32 #34\n %5 = shl.i32 %3, %4\n %6 = exts.i32 %5\n put.i64 r2 %6",
                "%1 = get.i64 r1\n %2 = sext.i64 %1, #30\n %3 = trunc.i32 %2\n"
                "%4 = const.i32 #34\n %5 = shl.i32 %3, %4\n %6 = const.i64 #2\n"
                "%7 = shl.i64 %2, %6\n %8 = trunc.i32 %7\n put.i64 r2 %7");
    expect_body(jit_pass_widen,
                "%1 = get.i64 r1\n %2 = sext.i64 %1, #32\n %3 = trunc.i32 %2\n"
                "%4 = not.i32 %3\n %5 = exts.i32 %4\n put.i64 r2 %5",
                "%1 = get.i64 r1\n %2 = sext.i64 %1, #32\n %3 = trunc.i32 %2\n"
                "%4 = not.i32 %3\n %5 = not.i64 %2\n %6 = trunc.i32 %5\n put.i64 r2 %5");
}

Test(jit_passes, widen_leaves_what_may_overflow)
{
    static const char *const same[] = {
        /* one bit too many for each */
        "%1 = get.i64 r1\n %2 = sext.i64 %1, #17\n %3 = trunc.i32 %2\n %4 = sext.i64 %1, #16\n"
        "%5 = trunc.i32 %4\n %6 = mul.i32 %3, %5\n %7 = exts.i32 %6\n put.i64 r2 %7",
        "%1 = get.i64 r1\n %2 = sext.i64 %1, #32\n %3 = trunc.i32 %2\n %4 = const.i32 #1\n"
        "%5 = add.i32 %3, %4\n %6 = exts.i32 %5\n put.i64 r2 %6",
        "%1 = get.i64 r1\n %2 = sext.i64 %1, #32\n %3 = trunc.i32 %2\n %4 = neg.i32 %3\n"
        "%5 = exts.i32 %4\n put.i64 r2 %5",
        "%1 = get.i64 r1\n %2 = sext.i64 %1, #30\n %3 = trunc.i32 %2\n %4 = const.i32 #3\n"
        "%5 = shl.i32 %3, %4\n %6 = exts.i32 %5\n put.i64 r2 %6",
        /* bits above that are not the sign's */
        "%1 = get.i64 r1\n %2 = trunc.i32 %1\n %3 = not.i32 %2\n %4 = exts.i32 %3\n"
        "put.i64 r2 %4",
        "%1 = get.i64 r1\n %2 = zext.i64 %1, #32\n %3 = trunc.i32 %2\n %4 = const.i32 #1\n"
        "%5 = and.i32 %3, %4\n %6 = exts.i32 %5\n put.i64 r2 %6",
        /* what is no function of signed values, and counts that are not known */
        "%1 = get.i64 r1\n %2 = sext.i64 %1, #8\n %3 = trunc.i32 %2\n %4 = const.i32 #1\n"
        "%5 = shr.i32 %3, %4\n %6 = exts.i32 %5\n put.i64 r2 %6",
        "%1 = get.i64 r1\n %2 = sext.i64 %1, #8\n %3 = trunc.i32 %2\n %4 = sar.i32 %3, %3\n"
        "%5 = exts.i32 %4\n put.i64 r2 %5",
    };

    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
        expect_body(jit_pass_widen, same[i], same[i]);
    cr_expect_eq(stats.folded, 0);
}

/* ---- cse ---- */

Test(jit_passes, cse_shares)
{
    expect_body(jit_pass_cse,
                "%1 = get.i64 r1\n %2 = get.i64 r2\n %3 = add.i64 %1, %2\n put.i64 r1 %3\n"
                "%4 = add.i64 %2, %1\n put.i64 r2 %4\n %5 = sub.i64 %1, %2\n %6 = sub.i64 %2, %1\n"
                "put.i64 r3 %5\n put.i64 r4 %6",
                "%1 = get.i64 r1\n %2 = get.i64 r2\n %3 = add.i64 %1, %2\n put.i64 r1 %3\n"
                "put.i64 r2 %3\n %5 = sub.i64 %1, %2\n %6 = sub.i64 %2, %1\n"
                "put.i64 r3 %5\n put.i64 r4 %6");
    expect_body(jit_pass_cse,
                "%1 = pc #8\n %2 = pc #8\n %3 = const.i64 #8\n %4 = const.i64 #8\n"
                "%5 = call mix %1, %2, %3, %4, %1, %1\n %6 = call mix %1, %1, %3, %4, %1, %1\n"
                "put.i64 r1 %5\n put.i64 r2 %6",
                "%1 = pc #8\n %3 = const.i64 #8\n %5 = call mix %1, %1, %3, %3, %1, %1\n"
                "put.i64 r1 %5\n put.i64 r2 %5");
}

Test(jit_passes, cse_leaves_effects)
{
    static const char same[] =
        "%1 = get.i64 r1\n %2 = load.i64 [8u mmu1] %1, #0\n"
        "%3 = load.i64 [8u mmu1] %1, #0\n %4 = get.i64 r1\n"
        "put.i64 r2 %2\n put.i64 r3 %3\n put.i64 r4 %4\n"
        "%5 = get.f64 d0\n %6 = fadd.f64 [rne] %5, %5\n %7 = fadd.f64 [rne] %5, %5\n"
        "put.f64 d0 %6\n put.f64 d1 %7\n %8 = const.i64 #1\n %9 = const.f64 #1\n"
        "put.i64 r5 %8\n put.f64 d2 %9";

    expect_body(jit_pass_cse, same, same);
}

Test(jit_passes, cse_ends_at_blocks)
{
    expect(
        jit_pass_cse,
        "label [entry] #0\n insn [4 bytes] #0\n %1 = pc #0\n put.i64 r2 %1\n exit [block 1] #16\n"
        "label [inner] #16\n insn [4 bytes] #16\n %2 = pc #0\n put.i64 r3 %2\n exit [block 2] #32\n"
        "label #32\n insn [4 bytes] #32\n %3 = pc #0\n put.i64 r4 %3\n exit [block 2] #32",
        "label [entry] #0\n insn [4 bytes] #0\n %1 = pc #0\n put.i64 r2 %1\n exit [block 1] #16\n"
        "label [inner] #16\n insn [4 bytes] #16\n put.i64 r3 %1\n exit [block 2] #32\n"
        "label #32\n insn [4 bytes] #32\n %3 = pc #0\n put.i64 r4 %3\n exit [block 2] #32");
}

/* ---- dead ---- */

Test(jit_passes, dead_values_and_puts)
{
    expect_body(jit_pass_dead,
                "%1 = get.i64 r1\n %2 = not.i64 %1\n %3 = neg.i64 %2\n %4 = const.i64 #1\n"
                "put.i64 r1 %1\n put.i64 r1 %2\n %5 = call mix %1, %1, %1, %1, %1, %1",
                "%1 = get.i64 r1\n %2 = not.i64 %1\n put.i64 r1 %2");
    cr_expect_eq(stats.dead, 4);
}

/* A put stays where somebody looks before the next. */
Test(jit_passes, dead_keeps_what_is_seen)
{
    static const char *const between[] = {
        "%8 = get.i64 r1\n put.i64 r3 %8",
        "insn [4 bytes] #4\n %8 = load.i64 [8u mmu1] %1, #0",
        "exit_if %1, #64",
        "insn [4 bytes] #4\n %8 = call trap_odd %1",
        "%8 = call rotate %1",
        "insn [4 bytes] #4\n trap_if %1, %1, #7",
    };
    char text[1024];

    for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
        snprintf(text, sizeof(text),
                 "%%1 = get.i64 r1\n %%2 = get.i64 r2\n put.i64 r1 %%2\n %s\n put.i64 r1 %%1",
                 between[i]);
        expect_body(jit_pass_dead, text, text);
    }
    static const char helper[] =
        "%1 = get.i64 r1\n put.i64 r3 %1\n %2 = call copy %1, %1\n put.i64 r3 %2";
    expect_body(jit_pass_dead, helper, helper);
    static const char halves[] =
        "%1 = get.i64 r1\n put.i64 r15 %1\n %2 = get.i32 low15\n put.i64 r15 %1\n"
        "put.i32 w1 %2";
    expect_body(jit_pass_dead, halves, halves);
    static const char flags[] = "%1 = get.i32 w1\n %2 = get.f64 d0\n put.i32 flags %1\n"
                                "%3 = fadd.f64 [rne] %2, %2\n put.i32 flags %1";
    expect_body(jit_pass_dead, flags, flags);
}

/* The guest instruction of a store, or of a helper that wants to leave, may be the last. */
Test(jit_passes, dead_sees_ways_out_after_instructions)
{
    expect_body(
        jit_pass_dead,
        "%1 = get.i64 r1\n %2 = get.i64 r2\n store.i64 [8u mmu1] %1, %2, #0\n put.i64 r1 %2\n"
        "put.i64 r1 %1\n insn [4 bytes] #4\n put.i64 r1 %2\n insn [4 bytes] #8\n put.i64 r1 %1",
        "%1 = get.i64 r1\n %2 = get.i64 r2\n store.i64 [8u mmu1] %1, %2, #0\n"
        "put.i64 r1 %1\n insn [4 bytes] #4\n insn [4 bytes] #8\n put.i64 r1 %1");
}

Test(jit_passes, dead_goes_on_in_inner_blocks)
{
    static const char text[] =
        "label [entry] #0\n insn [4 bytes] #0\n %%1 = get.i64 r1\n put.i64 r2 %%1\n exit [block 1] "
        "#16\n"
        "label%s #16\n insn [4 bytes] #16\n %%2 = get.i64 r3\n put.i64 r2 %%2\n exit #20";
    char before[1024];

    snprintf(before, sizeof(before), text, " [inner]");
    expect(jit_pass_dead, before,
           "label [entry] #0\n insn [4 bytes] #0\n exit [block 1] #16\n"
           "label [inner] #16\n insn [4 bytes] #16\n %2 = get.i64 r3\n put.i64 r2 %2\n exit #20");
    snprintf(before, sizeof(before), text, "");
    expect(jit_pass_dead, before, before);
}

/* ---- probes ---- */

static struct jit_probes probes;

static void find_probes(const char *body)
{
    char text[4096];

    snprintf(text, sizeof(text),
             "insn [4 bytes] #0\n%%1 = get.i64 r1\n%%2 = get.i64 r2\n%s\nexit #64", body);
    parse(&ir, text);
    cr_assert(jit_pass_probes(&ir, &test_arch, &stats, &probes));
}

#define LD(n, base, offset) "%" #n " = load.i64 [8u mmu1] %" #base ", #" #offset "\n"

Test(jit_passes, probes_group)
{
    find_probes(LD(3, 1, 8) LD(4, 2, 0) LD(5, 1, -16) "store.i64 [1u mmu1] %1, %2, #40\n");
    cr_assert_eq(probes.n_groups, 1);
    const struct jit_probe_group *g = &probes.groups[0];
    cr_expect_eq(g->base, 1);
    cr_expect_eq(g->min, -16);
    cr_expect_eq(g->max, 41);
    cr_expect_eq(g->n, 3);
    cr_expect_eq(g->first, 3);
    cr_expect_eq(g->last, 6);
    cr_expect_eq(g->mmu, VM_MMU_DATA);
    cr_expect(g->reads && g->writes);
    static const uint32_t of[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, 0,
                                  UINT32_MAX, 0,          0,          UINT32_MAX};
    for (uint32_t i = 0; i < ir.n_insns; i++)
        cr_expect_eq(probes.group_of[i], of[i]);
    cr_expect_eq(stats.probes, 2);
    jit_probes_free(&probes);
}

Test(jit_passes, probes_span)
{
    find_probes(LD(3, 1, 0) LD(4, 1, 2040));
    cr_expect_eq(probes.n_groups, 0);
    jit_probes_free(&probes);
    find_probes(LD(3, 1, 0) LD(4, 1, 2039));
    cr_expect_eq(probes.n_groups, 1);
    jit_probes_free(&probes);
    /* Two groups of one base. */
    find_probes(LD(3, 1, 0) LD(4, 1, 4096) LD(5, 1, 4104) LD(6, 1, 8));
    cr_assert_eq(probes.n_groups, 2);
    cr_expect_eq(probes.group_of[3], 0);
    cr_expect_eq(probes.group_of[4], 1);
    cr_expect_eq(probes.group_of[5], 1);
    cr_expect_eq(probes.group_of[6], 0);
    cr_expect(probes.groups[0].reads && !probes.groups[0].writes);
    jit_probes_free(&probes);
}

Test(jit_passes, probes_end_where_mappings_may_change)
{
    static const char *const between[] = {"fence #15\n",
                                          "%9 = call rotate %1\n insn [4 bytes] #4\n",
                                          "%9 = call nothing\n insn [4 bytes] #4\n"};
    char text[1024];

    for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
        snprintf(text, sizeof(text), "%s%s%s", LD(3, 1, 0), between[i], LD(4, 1, 8));
        find_probes(text);
        cr_expect_eq(probes.n_groups, 0, "%s", text);
        jit_probes_free(&probes);
    }
    find_probes(LD(3, 1, 0) "%9 = call mix %1, %1, %1, %1, %1, %1\n exit_if %1, #64\n" LD(4, 1, 8));
    cr_expect_eq(probes.n_groups, 1);
    jit_probes_free(&probes);
}

Test(jit_passes, probes_of_plain_accesses_only)
{
    static const char *const other[] = {"8u big mmu1", "8u align mmu1", "8u mmu1.acq", "8u mmu2"};
    char text[1024];

    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        snprintf(text, sizeof(text), "%s%%4 = load.i64 [%s] %%1, #8\n", LD(3, 1, 0), other[i]);
        find_probes(text);
        cr_expect_eq(probes.n_groups, 0, "%s", text);
        jit_probes_free(&probes);
    }
    find_probes(LD(3, 1, 0) "%4 = amo.i64 [8u mmu1 add] %1, %2, #8\n");
    cr_expect_eq(probes.n_groups, 0);
    jit_probes_free(&probes);
}

/* ---- pressure ---- */

/* Values that are needed later find no register, the one that is needed last goes; slots and
 * constants want none. */
Test(jit_passes, pressure_counts_what_finds_no_register)
{
    static const uint32_t expected[JIT_MOST_TEMPS + 1] = {0, 4, 2, 1, 0, 0, 0};
    uint32_t pushed[JIT_MOST_TEMPS + 1] = {0}, scratch[64];

    parse(&ir, "insn [4 bytes] #0\n%1 = get.i64 r1\n%2 = get.i64 r2\n%3 = const.i64 #1234567\n"
               "%4 = add.i64 %1, %2\n%5 = sub.i64 %1, %2\n%6 = xor.i64 %1, %2\n"
               "%7 = mul.i64 %4, %5\n%8 = and.i64 %6, %3\n%9 = or.i64 %7, %8\n"
               "put.i64 r5 %9\n%11 = add.i64 %9, %5\nput.i64 r6 %11\nexit #4");
    cr_assert_lt(ir.n_insns, 64);
    jit_pressure(&ir, 0, ir.n_insns, scratch, pushed);
    for (uint32_t n = 1; n <= JIT_MOST_TEMPS; n++)
        cr_expect_eq(pushed[n], expected[n], "%u temporaries: %u", n, pushed[n]);
}

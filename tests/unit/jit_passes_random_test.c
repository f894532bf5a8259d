/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine-jit's passes: random units and regions do the same after them as before, one by one and
 * all together. VMRUN_TEST_SEED=n repeats a run; VMRUN_TEST_LONG=1 does fifty times as much.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/ir/ir.h"
#include "ir_random.h"
#include "plugins/engine-jit/passes/passes.h"

static struct vm_ir_unit ir, want;
static struct vm_error err = VM_ERROR_INIT;
static struct jit_pass_stats stats;
static struct test_machine *plain, *passed, *start;

static const struct {
    const char *name;
    jit_pass *pass;
} passes[] = {
    {"steady", jit_pass_steady}, {"trace", jit_pass_trace}, {"copy", jit_pass_copy},
    {"fold", jit_pass_fold},     {"widen", jit_pass_widen}, {"cse", jit_pass_cse},
    {"same", jit_pass_same},     {"dead", jit_pass_dead},
};
#define N_PASSES (sizeof(passes) / sizeof(passes[0]))

static void open_machines(void)
{
    vm_ir_init(&ir);
    vm_ir_init(&want);
    plain = test_machine_new(0);
    passed = test_machine_new(0);
    start = test_machine_new(0);
    cr_assert(plain && passed && start);
}

static void close_machines(void)
{
    test_machine_free(plain);
    test_machine_free(passed);
    test_machine_free(start);
    vm_ir_free(&ir);
    vm_ir_free(&want);
}

TestSuite(jit_passes_random, .init = open_machines, .fini = close_machines, .timeout = 600);

static enum vm_exit evaluate(struct test_machine *m, const struct vm_ir_unit *unit,
                             struct vm_unit *u)
{
    return u->n_entries ? ir_reference_region(m, unit, u, NULL) : ir_reference(m, unit, u);
}

/* Number that the `index`-th exit in the text of `unit` had before the passes. */
static uint32_t exit_number(const struct vm_ir_unit *unit, uint32_t index)
{
    uint32_t i = 0;

    for (; i < unit->n_insns; i++) {
        if (ir_leaves(&unit->insns[i]) && index-- == 0)
            break;
    }
    cr_assert(i < unit->n_insns);
    return unit->insns[i].reserved & ~JIT_EXIT_COPY;
}

/* `ir` and `want`, which was made of it, from the state in `start`. */
static void expect_same(struct vm_unit *unit, const char *what, uint64_t seed)
{
    test_machine_copy(plain, start);
    test_machine_copy(passed, start);
    enum vm_exit a = evaluate(plain, &ir, unit), b = evaluate(passed, &want, unit);
    if (passed->cpu->exit_unit)
        passed->cpu->exit_index = exit_number(&want, passed->cpu->exit_index);
    const char *difference = test_machine_differ(plain, passed);
    if (a == b && !difference)
        return;
    printf("%s, seed %#" PRIx64 ": exit %d, want %d; before, after: %s\n", what, seed, b, a,
           difference ? difference : "same");
    ir_print(&ir, &test_arch, stdout);
    ir_print(&want, &test_arch, stdout);
    fflush(stdout);
    cr_assert(false, "VMRUN_TEST_SEED=%#" PRIx64, seed);
}

/* `which`: one pass, or N_PASSES: all, one after the other, and once more. */
static void run_passes(size_t which, uint64_t seed)
{
    size_t n = which < N_PASSES ? 1 : 2 * N_PASSES;

    vm_ir_clear(&want);
    for (uint32_t i = 0; i < ir.n_insns; i++) {
        const struct vm_ir_insn *insn = &ir.insns[i];
        vm_ir_value args[6];
        for (uint32_t k = 0; k < 6; k++)
            args[k] = vm_ir_arg(insn, k);
        if (insn->op == VM_OP_CALL)
            vm_ir_call(&want, insn->aux, insn->n_args, args);
        else
            vm_ir_emit(&want, (enum vm_ir_op)insn->op, (enum vm_ir_type)insn->type, insn->aux,
                       insn->imm, insn->n_args, args[0], args[1], args[2]);
    }
    jit_passes_number(&want);
    for (size_t i = 0; i < n; i++) {
        size_t p = which < N_PASSES ? which : i % N_PASSES;
        cr_assert(passes[p].pass(&want, &test_arch, &stats));
        if (ir_verify(&want, &test_arch, &err) == 0)
            continue;
        ir_print(&ir, &test_arch, stdout);
        ir_print(&want, &test_arch, stdout);
        fflush(stdout);
        cr_assert(false, "%s: %s: VMRUN_TEST_SEED=%#" PRIx64, passes[p].name, err.text, seed);
    }
}

static void random_one(size_t which, bool region, uint64_t seed)
{
    struct vm_unit unit = {0};
    uint64_t state = seed;

    vm_ir_clear(&ir);
    if (region)
        ir_random_region(&ir, (uint32_t)(seed % (VM_OP_COUNT * 2)), &state);
    else
        ir_random_unit(&ir, (uint32_t)(seed % (VM_OP_COUNT * 2)), &state);
    run_passes(which, seed);
    for (uint32_t i = 0; i < ir.n_insns; i++) {
        const struct vm_ir_insn *insn = &ir.insns[i];
        if (region && (insn->op != VM_OP_LABEL || !(insn->aux & VM_LABEL_ENTRY)))
            continue;
        unit.n_entries = region;
        for (uint32_t k = 0; k < 2; k++) {
            ir_random_machine(start, &state);
            start->cpu->pc += region ? (uint64_t)insn->imm : 0;
            expect_same(&unit, which < N_PASSES ? passes[which].name : "all", seed);
        }
        if (!region)
            return;
    }
}

static void random_many(size_t which)
{
    uint64_t seed = test_seed();
    uint32_t n = getenv("VMRUN_TEST_LONG") ? 100000 : 2000;

    printf("# first seed %#" PRIx64 "\n", seed);
    for (uint32_t i = 0; i < n; i++) {
        random_one(which, false, seed + i);
        random_one(which, true, seed + i);
    }
}

Test(jit_passes_random, steady)
{
    random_many(0);
    cr_expect(stats.copied);
}

Test(jit_passes_random, same)
{
    random_many(6);
    cr_expect(stats.forwarded);
}

Test(jit_passes_random, trace)
{
    random_many(1);
    cr_expect(stats.joined && stats.dropped);
}

Test(jit_passes_random, copy)
{
    random_many(2);
    cr_expect(stats.forwarded);
}

Test(jit_passes_random, fold)
{
    random_many(3);
    cr_expect(stats.folded);
}

Test(jit_passes_random, widen)
{
    random_many(4);
    cr_expect(stats.folded);
}

Test(jit_passes_random, cse)
{
    random_many(5);
    cr_expect(stats.shared);
}

Test(jit_passes_random, dead)
{
    random_many(7);
    cr_expect(stats.dead);
}

Test(jit_passes_random, all)
{
    random_many(N_PASSES);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions under engine-jit against the reference evaluator: random ones from each of their entries,
 * with all of the countdown they want and with little. VMRUN_TEST_SEED=n repeats a run;
 * VMRUN_TEST_LONG=1 does fifty times as much.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_machine.h"
#include "ir_random.h"

#define MAX_ENTRIES 8
#define PAGE        0x80003000u

static struct test_engine engine;
static struct test_machine *mine, *theirs, *start;
static struct vm_ir_unit ir;
static struct vm_unit units[MAX_ENTRIES];
static struct vm_unit *entries[MAX_ENTRIES];
static struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
static int64_t delta[MAX_ENTRIES];

static void set_up(void)
{
    cr_assert_eq(test_engine_open(&engine, "engine-jit"), 0);
    mine = test_machine_new(engine.ops->frame_size);
    theirs = test_machine_new(0);
    start = test_machine_new(0);
    cr_assert(mine && theirs && start);
    cr_assert_eq(engine.ops->cpu_init(engine.self, mine->cpu, NULL), 0);
    cr_assert(engine.ops->flags & VM_ENGINE_REGIONS);
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

TestSuite(jit_region, .init = set_up, .fini = tear_down, .timeout = 600);

/* Fills units[] for the region in `ir` and compiles it; false: refused. */
static bool compile(void)
{
    struct vm_error err = VM_ERROR_INIT;
    uint32_t n = 0;

    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    for (uint32_t i = 0; i < ir.n_insns; i++) {
        if (ir.insns[i].op != VM_OP_LABEL || !(ir.insns[i].aux & VM_LABEL_ENTRY))
            continue;
        units[n] = (struct vm_unit){.pc = PAGE + (uint64_t)ir.insns[i].imm, .tier = 2};
        entries[n] = &units[n];
        delta[n++] = ir.insns[i].imm;
    }
    test_unit_init(&units[0], &ir, exits);
    units[0].pc = PAGE + (uint64_t)delta[0];
    units[0].tier = 2;
    units[0].n_entries = n;
    units[0].entries = entries;
    int result = engine.ops->compile(engine.self, &ir, &units[0], &err);
    if (result == VM_COMPILE_REFUSED)
        return false;
    cr_assert_eq(result, VM_COMPILE_OK, "%s", err.text);
    cr_assert(units[0].code_bytes > 0);
    for (uint32_t k = 0; k < n; k++)
        cr_assert(units[k].entry && units[k].code, "entry %" PRIu32, k);
    return true;
}

static enum vm_exit enter(uint32_t entry, int32_t countdown)
{
    start->cpu->pc = PAGE + (uint64_t)delta[entry];
    start->cpu->countdown = countdown;
    test_machine_copy(mine, start);
    return engine.ops->enter(engine.self, mine->cpu, &units[entry]);
}

/* A poll must be for a reason: the longest way to the next one is not longer than all of it. */
static const char *wrong_poll(const struct vm_cpu *cpu)
{
    if (cpu->countdown < 0)
        return "more instructions than there were to run";
    if (cpu->countdown > (int32_t)ir.guest_insns)
        return "polled without need";
    return NULL;
}

static void expect_same(uint32_t entry, int32_t countdown, uint64_t seed)
{
    enum vm_exit got = enter(entry, countdown);

    test_machine_copy(theirs, start);
    enum vm_exit expected =
        ir_reference_region(theirs, &ir, &units[0], got == VM_EXIT_POLL ? mine->cpu : NULL);
    const char *difference = test_machine_differ(mine, theirs);
    if (!difference && mine->cpu->countdown < 0)
        difference = "countdown overrun";
    if (!difference && got == VM_EXIT_POLL)
        difference = wrong_poll(mine->cpu);
    if (got == expected && !difference)
        return;
    printf("seed %#" PRIx64 " entry %" PRIu32 " countdown %" PRId32
           ": exit %d, want %d; mine, reference: %s\n",
           seed, entry, countdown, got, expected, difference ? difference : "same");
    ir_print(&ir, &test_arch, stdout);
    fflush(stdout);
    cr_assert(false, "VMRUN_TEST_SEED=%#" PRIx64, seed);
}

/* `n` random regions that use `focus` a lot. */
static void random_regions(uint32_t focus, uint32_t n)
{
    uint64_t seed = test_seed();
    uint32_t compiled = 0;

    if (getenv("VMRUN_TEST_LONG"))
        n *= 50;
    printf("# first seed %#" PRIx64 "\n", seed);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t state = seed + i;
        vm_ir_clear(&ir);
        ir_random_region(&ir, focus, &state);
        if (!compile())
            continue;
        compiled++;
        for (uint32_t k = 0; k < 3 * units[0].n_entries; k++) {
            ir_random_machine(start, &state);
            expect_same(k / 3, k % 3 ? 10000 : (int32_t)(test_random(&state) % 200), seed + i);
        }
        engine.ops->release(engine.self, &units[0]);
    }
    /* One in a thousand has more temporaries at once than there are registers. */
    cr_assert_leq(n - compiled, n / 20, "%" PRIu32 " of %" PRIu32 " were refused", n - compiled, n);
}

#define VM_OP(NAME, name, result, operands, types, flags) \
    Test(jit_region, name)                                \
    {                                                     \
        random_regions(VM_OP_##NAME, 60);                 \
    }
#include <vmrun/ir-opcodes.def>
#undef VM_OP

Test(jit_region, random)
{
    random_regions(VM_OP_COUNT, 3000);
}

static void compile_text(const char *text)
{
    struct vm_error err = VM_ERROR_INIT;
    uint64_t state = 1;

    vm_ir_clear(&ir);
    cr_assert_eq(ir_parse(&ir, &test_arch, text, &err), 0, "%s", err.text);
    cr_assert(compile());
    ir_random_machine(start, &state);
}

/* r1 += r0, r0 -= 1, again while r0 is not 0; leaves with exit 0. Two guest instructions a round.
 */
static void sum_loop(void)
{
    static const char text[] = "label [entry] #16\n"
                               "insn [4 bytes] #16\n %1 = get.i64 r0\n %2 = get.i64 r1\n"
                               "%3 = add.i64 %1, %2\n put.i64 r1 %3\n"
                               "insn [4 bytes] #20\n %4 = const.i64 #-1\n %5 = add.i64 %1, %4\n"
                               "put.i64 r0 %5\n exit_if [block 0] %5, #16\n exit #24\n";

    compile_text(text);
    test_slot_set(start, SLOT_R0 + 1, 0);
}

Test(jit_region, loop_counts)
{
    sum_loop();
    test_slot_set(start, SLOT_R0, 1000);
    cr_assert_eq(enter(0, 10000), VM_EXIT_NEXT);
    cr_assert_eq(test_slot_get(mine, SLOT_R0 + 1), 500500);
    cr_assert_eq(mine->cpu->countdown, 10000 - 2000);
    cr_assert_eq(mine->cpu->pc, PAGE + 24);
    cr_assert_eq(mine->cpu->exit_unit, &units[0]);
    cr_assert_eq(mine->cpu->exit_index, 0);
    engine.ops->release(engine.self, &units[0]);
}

/* Polled at the loop's head, without overrunning, and again as soon as nothing is left. */
Test(jit_region, loop_polls)
{
    sum_loop();
    test_slot_set(start, SLOT_R0, 1000);
    cr_assert_eq(enter(0, 100), VM_EXIT_POLL);
    cr_assert_eq(mine->cpu->pc, PAGE + 16);
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 950);
    cr_assert_eq(mine->cpu->countdown, 0);
    cr_assert_eq(enter(0, 1), VM_EXIT_POLL);
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 1000);
    cr_assert_eq(mine->cpu->countdown, 1);
    cr_assert_eq(enter(0, 100 - VM_KICK), VM_EXIT_POLL);
    cr_assert_eq(mine->cpu->countdown, 100 - VM_KICK);
    cr_assert_eq(mine->cpu->pc, PAGE + 16);
    engine.ops->release(engine.self, &units[0]);
}

/*
 * A loop that is entered at two places: #16 goes on to #20 or to #24, by r2, and both come back, as
 * long as r0 is not 0. Each turn adds 1 or 3 to r1 and has two or three guest instructions.
 */
static void forked_loop(void)
{
    static const char text[] =
        "label [entry] #0\n insn [4 bytes] #0\n %2 = get.i64 r2\n exit_if [block 3] %2, #24\n"
        "exit [block 2] #20\n"
        "label #16\n insn [4 bytes] #16\n %7 = get.i64 r2\n exit_if [block 3] %7, #24\n"
        "exit [block 2] #20\n"
        "label #20\n insn [4 bytes] #20\n %12 = get.i64 r1\n %13 = const.i64 #1\n"
        "%14 = add.i64 %12, %13\n put.i64 r1 %14\n %16 = get.i64 r2\n %17 = xor.i64 %16, %13\n"
        "put.i64 r2 %17\n %19 = get.i64 r0\n %20 = sub.i64 %19, %13\n put.i64 r0 %20\n"
        "exit_if [block 1] %20, #16\n exit #32\n"
        "label #24\n insn [4 bytes] #24\n %26 = get.i64 r1\n %27 = const.i64 #3\n"
        "%28 = add.i64 %26, %27\n put.i64 r1 %28\n insn [4 bytes] #28\n %31 = get.i64 r2\n"
        "%32 = const.i64 #1\n %33 = xor.i64 %31, %32\n put.i64 r2 %33\n %35 = get.i64 r0\n"
        "%36 = sub.i64 %35, %32\n put.i64 r0 %36\n exit_if [block 1] %36, #16\n exit #32\n";

    compile_text(text);
    test_slot_set(start, SLOT_R0, 1000);
    test_slot_set(start, SLOT_R0 + 1, 0);
    test_slot_set(start, SLOT_R0 + 2, 0);
}

/* One poll is enough for all ways round, and what is counted for it ahead is not counted twice. */
Test(jit_region, polls_once_a_turn)
{
    forked_loop();
    cr_assert_eq(enter(0, 10000), VM_EXIT_NEXT);
    cr_assert_eq(test_slot_get(mine, SLOT_R0 + 1), 2000);
    cr_assert_eq(mine->cpu->countdown, 10000 - 2500);
    for (int32_t n = 3; n < 30; n++) {
        cr_assert_eq(enter(0, n), VM_EXIT_POLL);
        cr_expect_eq(mine->cpu->pc, PAGE + 16, "%d: %#" PRIx64, n, mine->cpu->pc);
        uint64_t turns = 1000 - test_slot_get(mine, SLOT_R0);
        cr_expect_eq((uint64_t)(n - mine->cpu->countdown), turns / 2 * 5 + turns % 2 * 2);
        cr_expect_lt(mine->cpu->countdown, 3);
        cr_expect_geq(mine->cpu->countdown, 0);
    }
    engine.ops->release(engine.self, &units[0]);
}

/* Two blocks jump to each other by registers: #16 to r2, #32 to r3. Leaves when r0 becomes 0,
 * having added 101 to r1 in each turn. */
static void jumping_loop(void)
{
    static const char text[] =
        "label [target] #16\n insn [4 bytes] #16\n %2 = get.i64 r0\n %3 = const.i64 #-1\n"
        "%4 = add.i64 %2, %3\n put.i64 r0 %4\n %6 = const.i64 #0\n %7 = eq.i64 %4, %6\n"
        "exit_if %7, #64\n insn [4 bytes] #20\n %10 = get.i64 r1\n %11 = const.i64 #1\n"
        "%12 = add.i64 %10, %11\n put.i64 r1 %12\n %14 = get.i64 r2\n exit_to [plain] %14\n"
        "label [target] #32\n insn [4 bytes] #32\n %18 = get.i64 r1\n %19 = const.i64 #100\n"
        "%20 = add.i64 %18, %19\n put.i64 r1 %20\n %22 = get.i64 r3\n exit_to [plain] %22\n";

    compile_text(text);
    test_slot_set(start, SLOT_R0, 1000);
    test_slot_set(start, SLOT_R0 + 1, 0);
    test_slot_set(start, SLOT_R0 + 2, PAGE + 32);
    test_slot_set(start, SLOT_R0 + 3, PAGE + 16);
}

Test(jit_region, indirect_jumps_stay)
{
    jumping_loop();
    cr_assert_eq(enter(0, 10000), VM_EXIT_NEXT);
    cr_assert_eq(test_slot_get(mine, SLOT_R0 + 1), 999 * 101);
    cr_assert_eq(mine->cpu->countdown, 10000 - 999 * 3 - 1);
    cr_assert_eq(mine->cpu->pc, PAGE + 64);
    cr_assert_eq(mine->cpu->exit_unit, &units[0]);
    cr_assert_eq(enter(0, 300), VM_EXIT_POLL);
    cr_assert_geq(mine->cpu->countdown, 0);
    cr_assert_lt(mine->cpu->countdown, 3);
    engine.ops->release(engine.self, &units[0]);
}

Test(jit_region, indirect_jumps_leave)
{
    static const uint64_t elsewhere[] = {PAGE + 33, PAGE + 24, PAGE + 20,  PAGE,      PAGE + 0x1020,
                                         PAGE - 16, 0,         UINT64_MAX, PAGE + 48, PAGE + 4096};

    jumping_loop();
    for (uint32_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        test_slot_set(start, SLOT_R0 + 3, elsewhere[i]);
        cr_expect_eq(enter(0, 10000), VM_EXIT_NEXT);
        cr_expect_eq(mine->cpu->pc, elsewhere[i]);
        cr_expect_eq(test_slot_get(mine, SLOT_R0 + 1), 101);
        cr_expect_eq(mine->cpu->countdown, 10000 - 3);
        cr_expect_null(mine->cpu->exit_unit);
    }
    engine.ops->release(engine.self, &units[0]);
}

/* ---- statistics ---- */

static uint64_t stat(const char *name)
{
    const char *names[64];
    uint64_t values[64];
    uint32_t n = engine.ops->stats(engine.self, names, values, 64);

    for (uint32_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return values[i];
    cr_assert(false, "there is no %s", name);
    return 0;
}

/* A region of which each pass finds something, and how much is plain to see. */
Test(jit_region, passes_are_counted)
{
    static const char text[] =
        "label [entry] #0\n insn [4 bytes] #0\n"
        "%2 = get.i64 r1\n %3 = load.i64 [8u mmu1] %2, #0\n put.i64 r2 %3\n"
        "insn [4 bytes] #4\n"
        "%6 = get.i64 r1\n %7 = load.i64 [8u mmu1] %6, #8\n put.i64 r3 %7\n"
        "insn [4 bytes] #8\n"
        "%10 = get.i64 r1\n %11 = load.i64 [8u mmu1] %10, #16\n put.i64 r4 %11\n"
        "exit [block 1] #12\n"
        "label #12\n insn [4 bytes] #12\n"
        "%16 = const.i64 #2\n %17 = const.i64 #3\n %18 = add.i64 %16, %17\n put.i64 r5 %18\n"
        "exit #16\n"
        "label #16\n insn [4 bytes] #16\n exit #20\n";
    static const struct {
        const char *name;
        uint64_t n;
    } want[] = {{"blocks-joined", 1},
                {"blocks-dropped", 1},
                {"slots-forwarded", 2},
                {"probes-removed", 2},
                {"operations-folded", 1}};
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_clear(&ir);
    cr_assert_eq(ir_parse(&ir, &test_arch, text, &err), 0, "%s", err.text);
    for (uint64_t round = 1; round <= 2; round++) {
        cr_assert(compile());
        engine.ops->release(engine.self, &units[0]);
        for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
            cr_expect_eq(stat(want[i].name), round * want[i].n, "%s: %" PRIu64, want[i].name,
                         stat(want[i].name));
        cr_expect_eq(stat("units"), round);
        cr_expect_eq(stat("guest-instructions"), round * 4); /* the last one is dropped */
        cr_expect_eq(stat("operations-shared"), 0);
        cr_expect_geq(stat("operations-dead"), round * 2);
    }
}

/* ---- crowded blocks ---- */

static uint64_t spills(void)
{
    const char *names[64];
    uint64_t values[64];
    uint32_t n = engine.ops->stats(engine.self, names, values, 64);

    for (uint32_t i = 0; i < n; i++)
        if (strcmp(names[i], "spills") == 0)
            return values[i];
    cr_assert_fail("there is no such counter");
    return 0;
}

/*
 * Rounds of five products that are wanted together at the end of each. Outside of loops there are
 * two temporaries, so that most of these 150 would be spilled, if the block had no pins of its own.
 */
Test(jit_region, crowded_blocks_have_temporaries)
{
    static char text[16384];
    uint64_t state = 1;
    size_t at = 0;
    unsigned v = 3;

#define LINE(...) at += (size_t)snprintf(text + at, sizeof(text) - at, __VA_ARGS__)
    LINE("label [entry] #0\n insn [4 bytes] #0\n %%2 = get.i64 r0\n %%3 = get.i64 r1\n");
    for (unsigned round = 0; round < 30; round++) {
        unsigned first = v + 1, last = v;
        for (unsigned i = 0; i < 5; i++, v++)
            LINE("%%%u = mul.i64 %%%u, %%2\n", v + 1, i ? v : last);
        for (unsigned i = 1; i < 5; i++, v++)
            LINE("%%%u = xor.i64 %%%u, %%%u\n", v + 1, i > 1 ? v : first, first + i);
    }
    LINE("put.i64 r1 %%%u\n exit #4\n", v);
#undef LINE
    compile_text(text);
    cr_assert_leq(spills(), 2, "%" PRIu64, spills());
    for (uint64_t seed = 0; seed < 20; seed++) {
        ir_random_machine(start, &state);
        expect_same(0, 10000, seed);
    }
    engine.ops->release(engine.self, &units[0]);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An engine (engine-interp, or what TEST_ENGINE says) against the reference evaluator: a test per
 * opcode, exits, links, counts, and random units. VMRUN_TEST_SEED=n repeats a run;
 * VMRUN_TEST_LONG=1 does fifty times as much.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/softfp.h>
#include "core/ir/ir.h"
#include "ir_machine.h"
#include "ir_random.h"

#ifndef TEST_ENGINE
#define TEST_ENGINE "engine-interp"
#define TEST_INTERP
#endif

static struct test_engine engine;
static struct test_machine *mine, *theirs, *start;
static struct vm_ir_unit ir;
static struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];

static void set_up(void)
{
    cr_assert_eq(test_engine_open(&engine, TEST_ENGINE), 0);
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

static void compile(struct vm_unit *unit)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(unit, &ir, exits);
    if (engine.ops->flags & VM_ENGINE_COUNTS)
        unit->heat = 1000;
    cr_assert_eq(engine.ops->compile(engine.self, &ir, unit, &err), 0, "%s", err.text);
    cr_assert(unit->entry && unit->code_bytes > 0);
}

/* Runs the unit in both from the state in `start`; false after printing the difference. */
static bool same(struct vm_unit *unit, uint32_t focus, uint64_t seed)
{
    test_machine_copy(mine, start);
    test_machine_copy(theirs, start);
    enum vm_exit want = ir_reference(theirs, &ir, unit),
                 got = engine.ops->enter(engine.self, mine->cpu, unit);
    const char *difference = test_machine_differ(mine, theirs);

    if (want == got && !difference)
        return true;
    printf("opcode %" PRIu32 " seed %#" PRIx64 ": exit %d, want %d; mine, reference: %s\n", focus,
           seed, got, want, difference ? difference : "same");
    ir_print(&ir, &test_arch, stdout);
    fflush(stdout);
    return false;
}

/* `n` random units that use `focus` a lot. */
static void random_units(uint32_t focus, uint32_t n)
{
    uint64_t seed = test_seed();
    struct vm_unit unit;

    if (getenv("VMRUN_TEST_LONG"))
        n *= 50;
    printf("# first seed %#" PRIx64 "\n", seed);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t state = seed + i;
        ir_random_machine(start, &state);
        vm_ir_clear(&ir);
        ir_random_unit(&ir, focus, &state);
        compile(&unit);
        cr_assert(same(&unit, focus, seed + i), "VMRUN_TEST_SEED=%#" PRIx64, seed + i);
        for (uint32_t k = 0; k < 2; k++) {
            ir_random_machine(start, &state);
            cr_assert(same(&unit, focus, seed + i), "VMRUN_TEST_SEED=%#" PRIx64, seed + i);
        }
        engine.ops->release(engine.self, &unit);
    }
}

TestSuite(interp_op, .init = set_up, .fini = tear_down, .timeout = 600);
TestSuite(interp, .init = set_up, .fini = tear_down, .timeout = 600);

#define VM_OP(NAME, name, result, operands, types, flags) \
    Test(interp_op, name)                                 \
    {                                                     \
        random_units(VM_OP_##NAME, 250);                  \
    }
#include <vmrun/ir-opcodes.def>
#undef VM_OP

/* Arm's rules, under which engines do vectors of floating point themselves. */
static void set_up_arm(void)
{
    test_arch.fp.nan_rule = VM_FP_NAN_ARM;
    test_arch.fp.tiny_before = 1;
    set_up();
}

TestSuite(interp_arm, .init = set_up_arm, .fini = tear_down, .timeout = 600);

Test(interp_arm, vectors)
{
    for (uint32_t op = VM_OP_V_FADD; op <= VM_OP_V_FCVTN; op++)
        random_units(op, 600);
}

Test(interp, random)
{
    random_units(VM_OP_COUNT, 4000);
}

/* ---- exits, links and counts ---- */

static vm_ir_value get(uint32_t slot)
{
    return vm_ir_0(&ir, VM_OP_GET, VM_I64, slot, 0);
}

static void put(uint32_t slot, vm_ir_value v)
{
    vm_ir_1(&ir, VM_OP_PUT, VM_I64, slot, 0, v);
}

static vm_ir_value constant(int64_t c)
{
    return vm_ir_const(&ir, VM_I64, c);
}

static void insn(int64_t delta)
{
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, delta);
}

/* r0 += 1, r1 -= 1; leaves to `back` while r1 is not 0, else to `on`. Two guest instructions. */
static void count_down_at(uint32_t page_offset, struct vm_unit *unit, int64_t back, int64_t on,
                          struct vm_unit_exit *where)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_clear(&ir);
    insn(0);
    put(SLOT_R0, vm_ir_2(&ir, VM_OP_ADD, VM_I64, 0, 0, get(SLOT_R0), constant(1)));
    insn(4);
    vm_ir_value left = vm_ir_2(&ir, VM_OP_SUB, VM_I64, 0, 0, get(SLOT_R0 + 1), constant(1));
    put(SLOT_R0 + 1, left);
    vm_ir_1(&ir, VM_OP_EXIT_IF, VM_NONE, 0, back,
            vm_ir_2(&ir, VM_OP_NE, VM_I64, 0, 0, left, constant(0)));
    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, on);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(unit, &ir, where);
    unit->page_offset = page_offset;
    cr_assert_eq(engine.ops->compile(engine.self, &ir, unit, &err), 0, "%s", err.text);
}

static void count_down(struct vm_unit *unit, int64_t back, int64_t on, struct vm_unit_exit *where)
{
    count_down_at(0, unit, back, on, where);
}

static enum vm_exit enter(struct vm_unit *unit, uint64_t pc, uint64_t rounds, int32_t countdown)
{
    test_slot_set(mine, SLOT_R0, 0);
    test_slot_set(mine, SLOT_R0 + 1, rounds);
    mine->cpu->pc = pc;
    mine->cpu->countdown = countdown;
    return engine.ops->enter(engine.self, mine->cpu, unit);
}

Test(interp, unlinked_exit_names_itself)
{
    struct vm_unit unit;

    count_down(&unit, 0, 8, exits);
    cr_assert_eq(enter(&unit, 0x1000, 3, 100), VM_EXIT_NEXT);
    cr_assert_eq(mine->cpu->exit_unit, &unit);
    cr_assert_eq(mine->cpu->exit_index, 0);
    cr_assert_eq(mine->cpu->pc, 0x1000);
    cr_assert_eq(enter(&unit, 0x1000, 1, 100), VM_EXIT_NEXT);
    cr_assert_eq(mine->cpu->exit_index, 1);
    cr_assert_eq(mine->cpu->pc, 0x1008);
    cr_assert_eq(mine->cpu->countdown, 98);
    engine.ops->release(engine.self, &unit);
}

Test(interp, link_and_unlink)
{
    struct vm_unit_exit other_exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit, other;

    count_down(&unit, 0, 8, exits);
    count_down_at(8, &other, -8, 8, other_exits);
    engine.ops->link(engine.self, &unit, 0, &unit);
    engine.ops->link(engine.self, &unit, 1, &other);
    cr_assert_eq(enter(&unit, 0x1000, 5, 100), VM_EXIT_NEXT);
    /* Five rounds in `unit`, then one in `other`, whose counter wraps. */
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 6);
    cr_assert_eq(mine->cpu->exit_unit, &other);
    cr_assert_eq(mine->cpu->pc, 0x1000);
    cr_assert_eq(mine->cpu->countdown, 100 - 12);
    engine.ops->unlink(engine.self, &unit, 0);
    cr_assert_eq(enter(&unit, 0x1000, 5, 100), VM_EXIT_NEXT);
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 1);
    cr_assert_eq(mine->cpu->exit_unit, &unit);
    engine.ops->release(engine.self, &unit);
    engine.ops->release(engine.self, &other);
}

Test(interp, countdown_polls_at_entries)
{
    struct vm_unit unit;

    count_down(&unit, 0, 8, exits);
    engine.ops->link(engine.self, &unit, 0, &unit);
    cr_assert_eq(enter(&unit, 0x1000, 1000, 9), VM_EXIT_POLL);
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 4);
    cr_assert_eq(mine->cpu->countdown, 1);
    cr_assert_eq(mine->cpu->pc, 0x1000);
    cr_assert_eq(enter(&unit, 0x1000, 1000, 9 - VM_KICK), VM_EXIT_POLL);
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 0);
    cr_assert_eq(mine->cpu->countdown, 9 - VM_KICK);
    /* Just enough: the whole slice runs. */
    cr_assert_eq(enter(&unit, 0x1000, 1000, 10), VM_EXIT_POLL);
    cr_assert_eq(mine->cpu->countdown, 0);
    engine.ops->release(engine.self, &unit);
}

Test(interp, jump_cache)
{
    struct vm_unit_exit other_exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit, far;

    count_down(&unit, 0, 8, exits);
    count_down(&far, 4096, -4096, other_exits);
    struct vm_jump_entry *e = &mine->jump_cache[vm_jump_index(0x1000)];
    *e = (struct vm_jump_entry){
        .pc = 0x1000, .tag = mine->cpu->jump_tag, .unit = &unit, .entry = unit.entry};
    /* From another page: through the cache, without a link. */
    cr_assert_eq(enter(&far, 0x2000, 1, 100), VM_EXIT_NEXT);
    cr_assert_eq(mine->cpu->exit_unit, &unit);
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 2);
    /* A stale entry does not count. */
    mine->cpu->jump_tag++;
    cr_assert_eq(enter(&far, 0x2000, 1, 100), VM_EXIT_NEXT);
    cr_assert_eq(mine->cpu->exit_unit, &far);
    cr_assert_eq(mine->cpu->pc, 0x1000);
    engine.ops->release(engine.self, &unit);
    engine.ops->release(engine.self, &far);
}

Test(interp, indirect_jump_through_the_cache)
{
    struct vm_unit_exit other_exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit, target;

    count_down(&target, 0, 8, other_exits);
    vm_ir_clear(&ir);
    insn(0);
    vm_ir_1(&ir, VM_OP_EXIT_TO, VM_NONE, VM_JUMP_CALL, 0, get(SLOT_R0 + 5));
    compile(&unit);
    test_slot_set(mine, SLOT_R0 + 5, 0x4000);
    cr_assert_eq(enter(&unit, 0x1000, 7, 100), VM_EXIT_NEXT);
    cr_assert_null(mine->cpu->exit_unit);
    cr_assert_eq(mine->cpu->pc, 0x4000);
    struct vm_jump_entry *e = &mine->jump_cache[vm_jump_index(0x4000)];
    *e = (struct vm_jump_entry){
        .pc = 0x4000, .tag = mine->cpu->jump_tag, .unit = &target, .entry = target.entry};
    cr_assert_eq(enter(&unit, 0x1000, 7, 100), VM_EXIT_NEXT);
    cr_assert_eq(mine->cpu->exit_unit, &target);
    cr_assert_eq(mine->cpu->countdown, 100 - 1 - 2);
    engine.ops->release(engine.self, &unit);
    engine.ops->release(engine.self, &target);
}

#ifdef TEST_INTERP
/* A loop body as a compiler would like it: nothing is copied, puts are made by the operations
 * themselves. */
Test(interp, fuses)
{
    const char *names[32];
    uint64_t values[32], ops = 0, folded = 0, fused = 0;
    struct vm_unit unit;

    count_down(&unit, 0, 8, exits);
    uint32_t n = engine.ops->stats(engine.self, names, values, 32);
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(names[i], "operations") == 0)
            ops = values[i];
        if (strcmp(names[i], "puts-folded") == 0)
            folded = values[i];
        if (strcmp(names[i], "compares-fused") == 0)
            fused = values[i];
    }
    /* add, add, branch, and the exit behind the branch */
    cr_assert_eq(ops, 4);
    cr_assert_eq(folded, 2);
    cr_assert_eq(fused, 1);
    engine.ops->release(engine.self, &unit);
}

Test(interp, too_many_temporaries_is_an_error)
{
    struct vm_error err = VM_ERROR_INIT;
    vm_ir_value v[1024], sum;
    struct vm_unit unit;

    insn(0);
    for (uint32_t i = 0; i < 1024; i++)
        v[i] = vm_ir_2(&ir, VM_OP_MUL, VM_I64, 0, 0, get(SLOT_R0), get(i % 16));
    sum = v[0];
    for (uint32_t i = 1; i < 1024; i++)
        sum = vm_ir_2(&ir, VM_OP_ADD, VM_I64, 0, 0, v[i], sum);
    put(SLOT_R0, sum);
    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 4);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(&unit, &ir, exits);
    cr_assert_eq(engine.ops->compile(engine.self, &ir, &unit, &err), -1);
    cr_assert(strstr(err.text, "temporaries"), "%s", err.text);
}

/* Entered twice; the third time it is hot, and nothing of it runs. */
Test(interp, counts_entries)
{
    struct vm_unit unit;

    insn(0);
    put(SLOT_R0, vm_ir_2(&ir, VM_OP_ADD, VM_I64, 0, 0, get(SLOT_R0), constant(1)));
    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 4);
    compile(&unit);
    unit.heat = 2;
    cr_assert_eq(enter(&unit, 0x1000, 0, 100), VM_EXIT_NEXT);
    cr_assert_eq(enter(&unit, 0x1000, 0, 100), VM_EXIT_NEXT);
    cr_assert_eq(unit.heat, 0);
    cr_assert_eq(enter(&unit, 0x1000, 0, 100), VM_EXIT_HOT);
    cr_assert_eq(test_slot_get(mine, SLOT_R0), 0);
    cr_assert_eq(mine->cpu->pc, 0x1000);
    cr_assert_eq(mine->cpu->countdown, 100);
    cr_assert_eq(mine->cpu->exit_unit, &unit);
    engine.ops->release(engine.self, &unit);
}

Test(interp, refuses_what_it_cannot_address)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_assert_null(engine.ops->create(NULL, &test_arch, 1 << 20, NULL, &err));
    cr_assert(err.set);
}
#endif

/* One guest instruction: ld or sd between R(value) and the address in R(base). */
static void access_memory(bool store, uint32_t base, uint32_t value)
{
    const uint32_t memop = 3 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT;

    insn(4 * (int64_t)ir.guest_insns);
    if (store)
        vm_ir_2(&ir, VM_OP_STORE, VM_I64, memop, 0, get(SLOT_R0 + base), get(SLOT_R0 + value));
    else
        put(SLOT_R0 + value, vm_ir_1(&ir, VM_OP_LOAD, VM_I64, memop, 0, get(SLOT_R0 + base)));
}

/* Accesses that one handler does together: each may fault, hit code or take the slow path. */
Test(interp, pairs_are_precise)
{
    static const uint64_t places[] = {
        TEST_BASE + 0x100,                    /* RAM */
        TEST_BASE + 6 * VM_PAGE_SIZE + 0x100, /* slow */
        TEST_BASE + 7 * VM_PAGE_SIZE + 0x100, /* code */
        TEST_BASE + 11 * VM_PAGE_SIZE,        /* nothing */
        TEST_BASE + 0x103,                    /* misaligned */
    };
    struct vm_unit unit;
    uint64_t state = 1;

    ir_random_machine(start, &state);
    for (uint32_t kinds = 0; kinds < 8; kinds++) {
        vm_ir_clear(&ir);
        access_memory(kinds & 1, 8, 1);
        access_memory(kinds & 2, 9, 2);
        access_memory(kinds & 4, 10, 1);
        vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 12);
        compile(&unit);
        for (uint32_t i = 0; i < 125; i++) {
            test_slot_set(start, SLOT_R0 + 8, places[i % 5]);
            test_slot_set(start, SLOT_R0 + 9, places[i / 5 % 5]);
            test_slot_set(start, SLOT_R0 + 10, places[i / 25]);
            cr_assert(same(&unit, kinds, i));
        }
        engine.ops->release(engine.self, &unit);
    }
}

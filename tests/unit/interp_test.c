/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine-interp against the reference evaluator: a test per opcode, exits, links, counts, and random
 * units. VMRUN_TEST_SEED=n repeats a run; VMRUN_TEST_LONG=1 does fifty times as much.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/ir/ir.h"
#include "ir_machine.h"
#include "ir_random.h"

static struct test_engine engine;
static struct test_machine *mine, *theirs, *start;
static struct vm_ir_unit ir;
static struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];

static void set_up(void)
{
    cr_assert_eq(test_engine_open(&engine, "engine-interp"), 0);
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
    cr_assert_eq(engine.ops->compile(engine.self, &ir, unit, &err), 0, "%s", err.text);
    cr_assert(unit->entry && unit->code_bytes > 0);
}

/* Runs the unit in both from the state in `start`; false after printing the difference. */
static bool same(struct vm_unit *unit, uint32_t focus, uint64_t seed)
{
    test_machine_copy(mine, start);
    test_machine_copy(theirs, start);
    enum vm_exit want = ir_reference(theirs, &ir, unit), got = engine.ops->enter(engine.self, mine->cpu, unit);
    const char *difference = test_machine_differ(mine, theirs);

    if (want == got && !difference)
        return true;
    printf("opcode %" PRIu32 " seed %#" PRIx64 ": exit %d, want %d; mine, reference: %s\n", focus, seed, got, want,
           difference ? difference : "same");
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

#define VM_OP(NAME, name, result, operands, types, flags)                                          \
    Test(interp_op, name)                                                                          \
    {                                                                                              \
        random_units(VM_OP_##NAME, 250);                                                           \
    }
#include <vmrun/ir-opcodes.def>
#undef VM_OP

Test(interp, random)
{
    random_units(VM_OP_COUNT, 4000);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read-modify-write and reservations of an engine (TEST_ENGINE) against the reference evaluator:
 * each operation, size and kind of memory on values from where numbers begin and end, with its
 * result wanted and not, with reservations that hold and others.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_machine.h"
#include "ir_random.h"

#ifndef TEST_ENGINE
#define TEST_ENGINE "engine-interp"
#endif

enum { SLOT_W1 = SLOT_W0 + 1, SLOT_ADDRESS = SLOT_R0 + 8 };

static const uint64_t values[] = {
    0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX};
static const uint64_t places[] = {
    TEST_BASE + 0x108,                    /* RAM */
    TEST_BASE + 6 * VM_PAGE_SIZE + 0x100, /* slow */
    TEST_BASE + 7 * VM_PAGE_SIZE + 0x100, /* code */
    TEST_BASE + 11 * VM_PAGE_SIZE,        /* nothing */
    TEST_BASE + 0x103,                    /* misaligned */
    TEST_BASE + VM_PAGE_SIZE - 1,         /* over the end of a page */
};
static const uint32_t flags[] = {0, VM_MEMOP_SIGNED, VM_MEMOP_ALIGN, VM_MEMOP_BIG,
                                 VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct test_engine engine;
static struct test_machine *mine, *theirs, *start;
static struct test_machine *other; /* a second vCPU, where there is one */
static struct vm_ir_unit ir;
static struct vm_unit unit;
static struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
static int64_t offset; /* of the address, in the operation */

static void set_up(void)
{
    uint64_t state = 1;

    cr_assert_eq(test_engine_open(&engine, TEST_ENGINE), 0);
    mine = test_machine_new(engine.ops->frame_size);
    theirs = test_machine_new(0);
    start = test_machine_new(0);
    cr_assert(mine && theirs && start);
    cr_assert_eq(engine.ops->cpu_init(engine.self, mine->cpu, NULL), 0);
    vm_ir_init(&ir);
    ir_random_machine(start, &state);
}

static void tear_down(void)
{
    vm_ir_free(&ir);
    test_machine_free(mine);
    test_machine_free(theirs);
    test_machine_free(start);
    if (other)
        test_machine_free(other);
    test_engine_close(&engine);
}

TestSuite(engine_atomic, .init = set_up, .fini = tear_down, .timeout = 300);

/* The engine is that of a machine with two vCPUs, whose code shares memory with the other one. */
static void share(void)
{
    other = test_machine_new(engine.ops->frame_size);
    cr_assert(other);
    cr_assert_eq(engine.ops->cpu_init(engine.self, other->cpu, NULL), 0);
}

/* ---- units ---- */

static vm_ir_value get(uint32_t slot, uint32_t type)
{
    vm_ir_value v = vm_ir_0(&ir, VM_OP_GET, VM_I64, slot, 0);

    return type == VM_I64 ? v : vm_ir_1(&ir, VM_OP_TRUNC, VM_I32, 0, 0, v);
}

/* The operation at the address in R8 with R2 and R3; its result, if anybody wants it, to R1 or W1.
 */
static void operation(uint32_t op, uint32_t type, uint32_t memop, bool used)
{
    uint32_t t = op == VM_OP_SC ? VM_I64 : type;
    vm_ir_value va = get(SLOT_ADDRESS, VM_I64), r;

    if (op == VM_OP_LL)
        r = vm_ir_1(&ir, op, type, memop, offset, va);
    else if (op == VM_OP_CAS)
        r = vm_ir_3(&ir, op, type, memop, offset, va, get(SLOT_R0 + 2, type),
                    get(SLOT_R0 + 3, type));
    else
        r = vm_ir_2(&ir, op, type, memop, offset, va, get(SLOT_R0 + 2, type));
    if (used)
        vm_ir_1(&ir, VM_OP_PUT, t, t == VM_I64 ? SLOT_R0 + 1 : SLOT_W1, 0, r);
}

static void begin(void)
{
    vm_ir_clear(&ir);
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 0);
}

static void next(void)
{
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 4);
    vm_ir_1(&ir, VM_OP_PUT, VM_I64, SLOT_R0 + 4, 0,
            vm_ir_2(&ir, VM_OP_ADD, VM_I64, 0, 0, get(SLOT_R0 + 4, VM_I64),
                    vm_ir_const(&ir, VM_I64, 1)));
}

static void compile(void)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 8);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(&unit, &ir, exits);
    unit.heat = 1000;
    cr_assert_eq(engine.ops->compile(engine.self, &ir, &unit, &err), 0, "%s", err.text);
}

static void expect_same(void)
{
    test_machine_copy(mine, start);
    test_machine_copy(theirs, start);
    enum vm_exit want = ir_reference(theirs, &ir, &unit),
                 got = engine.ops->enter(engine.self, mine->cpu, &unit);
    const char *difference = test_machine_differ(mine, theirs);

    if (want == got && !difference)
        return;
    printf("address %#" PRIx64 ": exit %d, want %d; mine, reference: %s\n",
           test_slot_get(start, SLOT_ADDRESS), got, want, difference ? difference : "same");
    ir_print(&ir, &test_arch, stdout);
    fflush(stdout);
    cr_assert_fail("engine and reference differ");
}

/* ---- each operation alone ---- */

static void set_memory(uint64_t va, uint64_t value)
{
    memcpy(start->memory + (va - TEST_BASE), &value, sizeof(value));
}

/* Reservations: the right one, of another value, of another size, elsewhere, none. */
static void reserve(uint32_t kind, uint64_t va, uint32_t memop, uint64_t value)
{
    uint32_t size = VM_MEMOP_SIZE(memop);

    start->cpu->reserve_va = va + (kind == 3 ? size : 0);
    start->cpu->reserve_size = kind == 4 ? 0 : kind == 2 ? size ^ 12 : size;
    start->cpu->reserve_value = (value & (UINT64_MAX >> (64 - 8 * size))) ^ (kind == 1);
}

static void on_all_places(uint32_t memop)
{
    for (uint32_t i = 0; i < COUNT(places) * COUNT(values); i++) {
        uint64_t place = places[i % COUNT(places)], in_memory = values[i / COUNT(places)];
        for (uint32_t k = 0; k < 5; k++) {
            set_memory(place, in_memory);
            test_slot_set(start, SLOT_ADDRESS, place - (uint64_t)offset);
            test_slot_set(start, SLOT_R0 + 2, values[(i + k) % COUNT(values)]);
            test_slot_set(start, SLOT_R0 + 3, values[(i * 3 + k) % COUNT(values)]);
            if (k == 4) /* so that a comparison finds what it expects, but for unused bits */
                test_slot_set(start, SLOT_R0 + 2,
                              in_memory ^ (VM_MEMOP_SIZE(memop) == 4 ? UINT64_MAX << 32 : 0));
            reserve(k, place, memop, in_memory);
            expect_same();
        }
    }
}

static void all_of(uint32_t op, uint32_t amo)
{
    for (uint32_t i = 0; i < 4 * COUNT(flags) * 8; i++) {
        uint32_t memop = (i & 3) | flags[i / 4 % COUNT(flags)] | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT |
                         amo << VM_MEMOP_AMO_SHIFT;
        uint32_t way = i / 4 / COUNT(flags), type = way & 1 ? VM_I64 : VM_I32;
        if (type == VM_I32 && (i & 3) == 3)
            continue;
        offset = way & 4 ? 24 : 0;
        begin();
        operation(op, type, memop, way & 2);
        next();
        compile();
        on_all_places(memop);
        engine.ops->release(engine.self, &unit);
    }
}

static void all_amos(void)
{
    for (uint32_t amo = 0; amo < VM_AMO_COUNT; amo++)
        all_of(VM_OP_AMO, amo);
}

Test(engine_atomic, amo)
{
    all_amos();
}

Test(engine_atomic, amo_of_two)
{
    share();
    all_amos();
}

Test(engine_atomic, cas)
{
    all_of(VM_OP_CAS, 0);
}

Test(engine_atomic, cas_of_two)
{
    share();
    all_of(VM_OP_CAS, 0);
}

Test(engine_atomic, ll)
{
    all_of(VM_OP_LL, 0);
}

Test(engine_atomic, sc)
{
    all_of(VM_OP_SC, 0);
}

Test(engine_atomic, sc_of_two)
{
    share();
    all_of(VM_OP_SC, 0);
}

/* ---- a reservation and what comes in between ---- */

/* In between: 0 nothing, 1 a store of the same value, 2 of another one, 3 a second `sc`. */
Test(engine_atomic, load_and_store_conditional)
{
    uint32_t last = TEST_BASE + 0x108, n = 0;

    for (uint32_t i = 0; i < 16; i++) {
        uint32_t between = i & 3, type = i & 4 ? VM_I64 : VM_I32, first = i & 8 ? 2 : 3;
        uint32_t memop = (type == VM_I64 ? first : 2) | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT;
        offset = 0;
        begin();
        operation(VM_OP_LL, type, memop, true);
        vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 4);
        if (between == 3)
            operation(VM_OP_SC, type, memop, false);
        else if (between)
            vm_ir_2(&ir, VM_OP_STORE, type, memop, 0, get(SLOT_ADDRESS, VM_I64),
                    between == 1 ? get(SLOT_R0 + 1, type) : vm_ir_const(&ir, type, 77));
        vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 8);
        operation(VM_OP_SC, type, memop, true);
        compile();
        set_memory(last, 5);
        test_slot_set(start, SLOT_ADDRESS, last);
        test_slot_set(start, SLOT_R0 + 2, 6);
        test_slot_set(start, SLOT_R0 + 1, 5); /* what `ll` leaves there if it is 64 bits */
        expect_same();
        n += test_slot_get(mine, SLOT_R0 + 1) == 0;
        cr_expect_eq(mine->host_calls, 0);
        engine.ops->release(engine.self, &unit);
    }
    cr_expect_eq(n, 8, "stored %" PRIu32 " times", n);
}

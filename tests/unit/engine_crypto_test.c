/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cryptography of an engine (TEST_ENGINE): each operation against published values, and against the
 * reference evaluator on corners and random vectors.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_machine.h"

#ifndef TEST_ENGINE
#define TEST_ENGINE "engine-interp"
#endif

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FIRST    VM_OP_V_CLMUL
#define LAST     VM_OP_V_SHA256W1

static struct test_engine engine;
static struct test_machine *machine;
static struct vm_ir_unit ir;
static struct vm_unit unit;
static struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];

static void set_up(void)
{
    cr_assert_eq(test_engine_open(&engine, TEST_ENGINE), 0);
    machine = test_machine_new(engine.ops->frame_size);
    cr_assert_not_null(machine);
    cr_assert_eq(engine.ops->cpu_init(engine.self, machine->cpu, NULL), 0);
    vm_ir_init(&ir);
}

static void tear_down(void)
{
    vm_ir_free(&ir);
    test_machine_free(machine);
    test_engine_close(&engine);
}

TestSuite(engine_crypto, .init = set_up, .fini = tear_down, .timeout = 600);

/* V0 = op(V0, V1, V2), and then another one on that, or no other: VM_OP_COUNT. */
static void compile(uint32_t op, uint32_t other)
{
    struct vm_error err = VM_ERROR_INIT;
    uint32_t n = (uint32_t)strlen(ir_ops[op].operands);
    vm_ir_value v[3] = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE};

    vm_ir_clear(&ir);
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 0);
    for (uint32_t k = 0; k < n; k++)
        v[k] = vm_ir_0(&ir, VM_OP_GET, VM_V128, SLOT_V0 + k, 0);
    vm_ir_value r = vm_ir_emit(&ir, (enum vm_ir_op)op, VM_V128, 0, 0, n, v[0], v[1], v[2]);
    if (other != VM_OP_COUNT)
        r = vm_ir_1(&ir, (enum vm_ir_op)other, VM_V128, 0, 0, r);
    vm_ir_1(&ir, VM_OP_PUT, VM_V128, SLOT_V0, 0, r);
    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 4);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(&unit, &ir, exits);
    cr_assert_eq(engine.ops->compile(engine.self, &ir, &unit, &err), 0, "%s", err.text);
}

static void expect(uint32_t op, const union test_vector *arg, union test_vector want)
{
    uint64_t got[2];

    for (uint32_t k = 0; k < 6; k++)
        test_half_set(machine, SLOT_V0 + k / 2, k % 2, arg[k / 2].half[k % 2]);
    machine->cpu->countdown = 1000;
    engine.ops->enter(engine.self, machine->cpu, &unit);
    for (uint32_t k = 0; k < 2; k++)
        got[k] = test_half_get(machine, SLOT_V0, k);
    cr_assert(got[0] == want.half[0] && got[1] == want.half[1],
              "%s: %016" PRIx64 "%016" PRIx64 ", not %016" PRIx64 "%016" PRIx64, ir_ops[op].name,
              got[1], got[0], want.half[1], want.half[0]);
}

#define VECTOR(low, high)     \
    {                         \
        .half = { low, high } \
    }
/* The states of FIPS 197, appendix B, round 1: at its start, after ShiftRows, after MixColumns. */
#define START   VECTOR(0x2be2f4a0bee33d19, 0x0848f8e92a8dc69a)
#define SHIFTED VECTOR(0xae52b4e0305dbfd4, 0xe598271ef11141b8)
#define MIXED   VECTOR(0x9a19cbe0e5816604, 0x4c2606287ad3f848)

static const struct {
    uint32_t op;
    union test_vector arg[3], want;
} published[] = {
    {VM_OP_V_AESSUB, {START}, SHIFTED},
    {VM_OP_V_AESMIX, {SHIFTED}, MIXED},
    {VM_OP_V_AESROUND, {START}, MIXED},
    {VM_OP_V_AESISUB, {SHIFTED}, START},
    {VM_OP_V_AESIMIX, {MIXED}, SHIFTED},
    /* appendix C.1, the equivalent inverse cipher's round 1 */
    {VM_OP_V_AESIROUND,
     {VECTOR(0x274eef89a7fdd57a, 0x9ff59f3d0b10ca2b)},
     VECTOR(0x43352ff71fb97347, 0x2ccfe6a18e01cb61)},
    /* x^63 + 1 squared; Intel's "Carry-Less Multiplication", figure 3 */
    {VM_OP_V_CLMUL,
     {VECTOR(0x8000000000000001, 5), VECTOR(0x8000000000000001, 7)},
     VECTOR(1, 0x4000000000000000)},
    {VM_OP_V_CLMUL,
     {VECTOR(0x63746f725d53475d, 0x7b5b546573745665),
      VECTOR(0x5b477565726f6e5d, 0x4869285368617929)},
     VECTOR(0x929633d5d36f0451, 0x1d4d84c85c3440c0)},
};

Test(engine_crypto, published_values)
{
    for (uint32_t i = 0; i < COUNT(published); i++) {
        compile(published[i].op, VM_OP_COUNT);
        expect(published[i].op, published[i].arg, published[i].want);
        engine.ops->release(engine.self, &unit);
    }
}

static uint64_t half(uint64_t *state)
{
    static const uint64_t corners[] = {0,
                                       1,
                                       UINT64_MAX,
                                       0x8000000000000000,
                                       0x8080808080808080,
                                       0x5252525252525252,
                                       0x80000000ffffffff};
    uint64_t r = test_random(state);

    switch (r >> 62) {
    case 0:
        return corners[r % COUNT(corners)];
    case 1:
        return (uint64_t)1 << r % 64;
    default:
        return test_random(state);
    }
}

Test(engine_crypto, as_the_reference)
{
    uint64_t state = test_seed();
    union test_vector arg[3];

    for (uint32_t op = FIRST; op <= LAST; op++) {
        struct vm_ir_insn insn = {.op = (uint16_t)op, .type = VM_V128};
        compile(op, VM_OP_COUNT);
        for (uint32_t i = 0; i < 2000; i++) {
            for (uint32_t k = 0; k < 6; k++)
                arg[k / 2].half[k % 2] = half(&state);
            expect(op, arg, ir_reference_vector(&insn, arg, NULL, NULL));
        }
        engine.ops->release(engine.self, &unit);
    }
}

/* Engines may make one operation of two. */
Test(engine_crypto, halves_of_rounds)
{
    static const uint16_t ops[] = {VM_OP_V_AESSUB, VM_OP_V_AESISUB, VM_OP_V_AESMIX,
                                   VM_OP_V_AESIMIX};
    uint64_t state = test_seed();
    union test_vector arg[3] = {0};

    for (uint32_t i = 0; i < COUNT(ops) * COUNT(ops); i++) {
        struct vm_ir_insn first = {.op = ops[i % COUNT(ops)], .type = VM_V128};
        struct vm_ir_insn second = {.op = ops[i / COUNT(ops)], .type = VM_V128};
        compile(first.op, second.op);
        for (uint32_t k = 0; k < 100; k++) {
            for (uint32_t n = 0; n < 2; n++)
                arg[0].half[n] = half(&state);
            union test_vector between = ir_reference_vector(&first, arg, NULL, NULL);
            expect(first.op, arg, ir_reference_vector(&second, &between, NULL, NULL));
        }
        engine.ops->release(engine.self, &unit);
    }
}

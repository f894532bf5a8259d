/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vector operations of the JIT on corners of all sizes of lanes, against the reference evaluator's;
 * with what hosts of several ages have. Random units are in interp_test.c.
 */
#include <capstone/capstone.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include "core/ir/ir.h"
#include "ir_machine.h"

/* What the engine is told of the host; the last one says nothing of what that is. */
static const char *const hosts[] = {"none", "avx", "avx,sse4.1", "avx,sse4.1,avx2", "auto"};
#define N_HOSTS (sizeof(hosts) / sizeof(hosts[0]))

static struct test_engine engine;
static struct test_machine *machine;
static struct vm_ir_unit ir;
static struct vm_unit unit;
static struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];

/* False: this host has less. */
static bool open_with(const char *features)
{
    struct vm_error err = VM_ERROR_INIT;

    if (test_engine_open_with(&engine, "engine-jit", "host-features", features, &err)) {
        cr_assert(strstr(err.text, "this host has no"), "%s", err.text);
        return false;
    }
    machine = test_machine_new(engine.ops->frame_size);
    cr_assert(machine);
    cr_assert_eq(engine.ops->cpu_init(engine.self, machine->cpu, NULL), 0);
    vm_ir_init(&ir);
    return true;
}

static void close_it(void)
{
    vm_ir_free(&ir);
    test_machine_free(machine);
    test_engine_close(&engine);
}

TestSuite(jit_vector, .timeout = 300);

static void begin(void)
{
    vm_ir_clear(&ir);
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 0);
}

static vm_ir_value get(enum vm_ir_type type, uint32_t slot)
{
    return vm_ir_0(&ir, VM_OP_GET, type, slot, 0);
}

static void put(uint32_t slot, vm_ir_value v)
{
    vm_ir_1(&ir, VM_OP_PUT, VM_V128, slot, 0, v);
}

static void compile(void)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 4);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(&unit, &ir, exits);
    cr_assert_eq(engine.ops->compile(engine.self, &ir, &unit, &err), 0, "%s", err.text);
}

static void set(uint32_t slot, const union test_vector *v)
{
    test_half_set(machine, slot, 0, v->half[0]);
    test_half_set(machine, slot, 1, v->half[1]);
}

static void run(void)
{
    machine->cpu->countdown = 100;
    machine->cpu->pc = 0x1000;
    cr_assert_eq(engine.ops->enter(engine.self, machine->cpu, &unit), VM_EXIT_NEXT);
}

static bool holds(uint32_t slot, const union test_vector *v)
{
    return test_half_get(machine, slot, 0) == v->half[0] &&
           test_half_get(machine, slot, 1) == v->half[1];
}

/* Whether the code has such an instruction. */
static bool contains(const char *mnemonic)
{
    cs_insn *insns;
    csh handle;
    bool found = false;

    cr_assert_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
    size_t n = cs_disasm(handle, unit.entry, unit.code_bytes, 0, 0, &insns);
    for (size_t k = 0; k < n; k++)
        found |= strcmp(insns[k].mnemonic, mnemonic) == 0;
    cs_free(insns, n);
    cs_close(&handle);
    return found;
}

/* ---- operations ---- */

static bool is_binary(uint32_t op)
{
    return strlen(ir_ops[op].operands) > 1;
}

static bool has_size(uint32_t op, uint32_t size)
{
    if (!(ir_ops[op].flags & IR_LANES))
        return size == 0;
    if (op >= VM_OP_V_UXTL)
        return size < 3;
    return size > 0 || op < VM_OP_V_MULLU || op > VM_OP_V_MADDS;
}

/* How many lane numbers or immediates it has. */
static uint32_t numbers(uint32_t op, uint32_t size)
{
    if (op == VM_OP_V_SPREAD || op == VM_OP_V_EXT)
        return 16u >> size;
    return op >= VM_OP_V_SHL && op <= VM_OP_V_SAR ? 8u << size : 1;
}

#define MAX_VALUES 64

/* Ends of ranges, of lanes and of their halves; counts around the width, alone and below others. */
static uint32_t corners(uint32_t size, uint64_t *v)
{
    uint32_t bits = 8u << size, n = 0;
    uint64_t top = (uint64_t)1 << (bits - 1), state = size, half = (uint64_t)1 << (bits / 2);

    for (uint64_t i = 0; i < 3; i++) {
        v[n++] = i - 1;
        v[n++] = top + i - 1;
        v[n++] = half + i - 1;
        v[n++] = half / 2 + i - 1;
        v[n++] = 0 - half / 2 + i - 1;
    }
    v[n++] = 0x5555555555555555;
    v[n++] = 0xaaaaaaaaaaaaaaaa;
    v[n++] = 0xfffffffffffffffe;
    v[n++] = test_random(&state);
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t by[] = {bits + i - 1, 0 - bits + i - 1, bits / 2 + i, 0 - i, 127 + i};
        for (uint32_t k = 0; k < 5; k++) {
            v[n++] = by[k] & 0xff;
            v[n++] = (by[k] & 0xff) | test_random(&state) << 8;
        }
    }
    cr_assert_leq(n, MAX_VALUES);
    return n;
}

static void set_lane(union test_vector *v, uint32_t size, uint32_t lane, uint64_t x)
{
    memcpy(v->byte + (lane << size), &x, (size_t)1 << size);
}

/* The operands' registers are for the result or have to be kept; or both are one. */
enum { KEEP_0 = 1, KEEP_1 = 2, SAME = 4, WAYS = 5 };

/* Leaves neither zeros nor ones in the scratch registers. */
static void soil_scratch(void)
{
    vm_ir_value v = get(VM_V128, SLOT_V2),
                product = vm_ir_2(&ir, VM_OP_V_MUL, VM_V128, VM_LANES(0, 0), 0, v, v);

    vm_ir_1(&ir, VM_OP_PUT, VM_I64, SLOT_R0 + 3, 0,
            vm_ir_1(&ir, VM_OP_V_GET, VM_I64, VM_LANES(3, 0), 0, product));
}

static struct vm_ir_insn operation(uint32_t op, uint32_t size, uint32_t number, uint32_t way)
{
    uint32_t n = (uint32_t)strlen(ir_ops[op].operands);
    bool numbered = op == VM_OP_V_SPREAD;
    uint32_t aux = ir_ops[op].flags & IR_LANES ? VM_LANES(size, numbered ? number : 0) : 0;

    begin();
    soil_scratch();
    vm_ir_value arg[3] = {get(VM_V128, SLOT_V0), VM_NO_VALUE, VM_NO_VALUE};
    if (n > 1)
        arg[1] = way & SAME ? arg[0] : get(VM_V128, SLOT_V0 + 1);
    if (n > 2)
        arg[2] = get(VM_V128, SLOT_V2);
    vm_ir_value r = vm_ir_emit(&ir, (enum vm_ir_op)op, VM_V128, aux, numbered ? 0 : number, n,
                               arg[0], arg[1], arg[2]);
    put(SLOT_V2, r);
    if (way & KEEP_0)
        put(SLOT_V0 + 1, arg[0]);
    if (way & KEEP_1 && n > 1)
        put(SLOT_V0, arg[1]);
    compile();
    return ir.insns[r];
}

/* All corners, or of binary operations all pairs of them, a few at a time. */
static void check(uint32_t op, uint32_t size, uint32_t number, uint32_t way, const char *host)
{
    struct vm_ir_insn insn = operation(op, size, number, way);
    uint64_t value[MAX_VALUES];
    uint32_t n = corners(size, value), all = is_binary(op) ? n * n : n, lanes = 16u >> size;

    for (uint32_t i = 0; i < all; i += lanes) {
        union test_vector v[3] = {{{0}}, {{0}}, {.half = {0x8123456789abcdef, 0xfedcba9776543211}}};
        for (uint32_t k = 0; k < lanes; k++) {
            set_lane(&v[0], size, k, value[(i + k) % n]);
            set_lane(&v[1], size, k, value[(i + k) / n % n]);
        }
        for (uint32_t k = 0; k < 3; k++)
            set(SLOT_V0 + k, &v[k]);
        run();
        const union test_vector first = v[0], second = v[1];
        if (way & SAME)
            v[1] = v[0];
        union test_vector want = ir_reference_vector(&insn, v, NULL, NULL);
        cr_assert(holds(SLOT_V2, &want),
                  "%s size %u number %u way %u host %s: %016llx %016llx of %016llx %016llx and "
                  "%016llx %016llx",
                  ir_ops[op].name, size, number, way, host,
                  (unsigned long long)test_half_get(machine, SLOT_V2, 1),
                  (unsigned long long)test_half_get(machine, SLOT_V2, 0),
                  (unsigned long long)v[0].half[1], (unsigned long long)v[0].half[0],
                  (unsigned long long)v[1].half[1], (unsigned long long)v[1].half[0]);
        cr_assert(holds(SLOT_V0 + 1, way & KEEP_0 ? &first : &second), "%s", ir_ops[op].name);
        cr_assert(holds(SLOT_V0, way & KEEP_1 && is_binary(op) ? &second : &first), "%s",
                  ir_ops[op].name);
    }
    engine.ops->release(engine.self, &unit);
}

static void check_host(const char *host)
{
    if (!open_with(host))
        return;
    for (uint32_t op = VM_OP_V_SPREAD; op <= VM_OP_V_UQXTN; op++)
        for (uint32_t size = 0; size < 4; size++)
            for (uint32_t number = 0; has_size(op, size) && number < numbers(op, size); number++)
                for (uint32_t way = 0; way < WAYS; way++)
                    check(op, size, number, way, host);
    close_it();
}

Test(jit_vector, corners)
{
    for (uint32_t i = 0; i < N_HOSTS; i++)
        check_host(hosts[i]);
}

/* What there is code for. */
static bool is_native(uint32_t op, uint32_t size, bool avx2)
{
    switch (op) {
    case VM_OP_V_MULLU:
    case VM_OP_V_MULLS:
        return size == 3;
    case VM_OP_V_MADDS:
        return size == 2;
    case VM_OP_V_PMULL:
        return size == 1;
    case VM_OP_V_SQDMULH:
    case VM_OP_V_SQRDMULH:
        return size == 1 || size == 2;
    case VM_OP_V_USHL:
    case VM_OP_V_SSHL:
        return size == 0 || avx2;
    case VM_OP_V_CLMUL ... VM_OP_V_UXTL - 1: /* by features that are not looked at here */
        return false;
    default:
        return true;
    }
}

Test(jit_vector, little_is_left_to_c)
{
    for (uint32_t avx2 = 0; avx2 < 2; avx2++) {
        if (!open_with(avx2 ? "avx,sse4.1,avx2" : "avx,sse4.1"))
            continue;
        for (uint32_t op = VM_OP_V_SPREAD; op <= VM_OP_V_UQXTN; op++)
            for (uint32_t size = 0; size < 4; size++) {
                if (!has_size(op, size))
                    continue;
                operation(op, size, 0, 0);
                cr_expect_eq(contains("call"), !is_native(op, size, avx2), "%s size %u",
                             ir_ops[op].name, size);
                engine.ops->release(engine.self, &unit);
            }
        close_it();
    }
}

/* ---- constants ---- */

static const uint64_t constants[] = {
    0,
    1,
    0xffffffff,
    0xffffffff80000000,
    UINT64_MAX,
    0x0102030405060708,
    0x0f0e0d0c0b0a0908,
    0xff808182fe0f0001,
    /* Those before, but not the others, are indices that the host takes as they are. */
    0x0706050410030201,
    0x7f06050403020100,
    0x4030201f0e0d0c0b,
};
#define N_CONSTANTS (sizeof(constants) / sizeof(constants[0]))
#define N_INDICES   8

/* A constant, or what is in a register or memory. */
enum { OPERANDS = N_CONSTANTS + 3 };

static vm_ir_value half_of(uint32_t which, uint64_t *bits)
{
    static const uint8_t slots[] = {SLOT_R0 + 1, SLOT_R0 + 2, SLOT_R0 + 13};

    if (which < N_CONSTANTS) {
        *bits = constants[which];
        return vm_ir_const(&ir, VM_I64, (int64_t)*bits);
    }
    uint32_t slot = slots[which - N_CONSTANTS];
    *bits = 0x1122334455667788u * slot;
    test_slot_set(machine, slot, *bits);
    vm_ir_value v = get(VM_I64, slot);
    if (slot != SLOT_R0 + 2)
        return v;
    *bits ^= UINT64_MAX;
    return vm_ir_1(&ir, VM_OP_NOT, VM_I64, 0, 0, v);
}

static void check_pair(uint32_t low, uint32_t high, bool avx)
{
    const union test_vector table = {.half = {0x8877665544332211, 0x00ffeeddccbbaa99}};
    struct vm_ir_insn look_up = {.op = VM_OP_V_TBL};
    union test_vector arg[2] = {table, {{0}}};

    begin();
    vm_ir_value a = half_of(low, &arg[1].half[0]),
                b = low == high ? a : half_of(high, &arg[1].half[1]);
    if (low == high)
        arg[1].half[1] = arg[1].half[0];
    vm_ir_value v = vm_ir_2(&ir, VM_OP_V_PAIR, VM_V128, 0, 0, a, b);
    put(SLOT_V0 + 1, v);
    put(SLOT_V2, vm_ir_2(&ir, VM_OP_V_TBL, VM_V128, 0, 0, get(VM_V128, SLOT_V0), v));
    compile();
    cr_assert_eq(contains("vpaddusb"), avx && (low >= N_INDICES || high >= N_INDICES));
    set(SLOT_V0, &table);
    run();
    cr_assert(holds(SLOT_V0 + 1, &arg[1]), "a pair of %u and %u", low, high);
    union test_vector want = ir_reference_vector(&look_up, arg, NULL, NULL);
    cr_assert(holds(SLOT_V2, &want), "a look-up by %u and %u", low, high);
    engine.ops->release(engine.self, &unit);
}

/* And one constant in all lanes. */
static void check_duplicate(uint32_t which, uint32_t size)
{
    struct vm_ir_insn duplicate = {.op = VM_OP_V_DUP, .aux = VM_LANES(size, 0)};
    struct vm_ir_insn look_up = {.op = VM_OP_V_TBL};
    union test_vector arg[2] = {{.half = {0x8877665544332211, 0x00ffeeddccbbaa99}}, {{0}}}, bits;

    begin();
    vm_ir_value v =
        vm_ir_1(&ir, VM_OP_V_DUP, VM_V128, duplicate.aux, 0, half_of(which, &bits.half[0]));
    put(SLOT_V2, vm_ir_2(&ir, VM_OP_V_TBL, VM_V128, 0, 0, get(VM_V128, SLOT_V0), v));
    compile();
    set(SLOT_V0, &arg[0]);
    run();
    arg[1] = ir_reference_vector(&duplicate, &bits, NULL, NULL);
    union test_vector want = ir_reference_vector(&look_up, arg, NULL, NULL);
    cr_assert(holds(SLOT_V2, &want), "a look-up by %u in lanes of size %u", which, size);
    engine.ops->release(engine.self, &unit);
}

Test(jit_vector, constants)
{
    for (uint32_t i = 0; i < N_HOSTS - 1; i++) {
        if (!open_with(hosts[i]))
            continue;
        for (uint32_t low = 0; low < OPERANDS; low++)
            for (uint32_t high = 0; high < OPERANDS; high++)
                check_pair(low, high, strstr(hosts[i], "avx"));
        for (uint32_t which = 0; which < OPERANDS; which++)
            for (uint32_t size = 0; size < 4; size++)
                check_duplicate(which, size);
        close_it();
    }
}

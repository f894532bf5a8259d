/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point of an engine (TEST_ENGINE), operation by operation against the reference
 * evaluator: each type, rounding mode and variant on values from where types and formats begin and
 * end. Flags are clear before each, so that one too many is seen, which long random units hide;
 * where results are flushed, inexact is raised as well, since engines may do otherwise then.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <vmrun/softfp.h>
#include "core/ir/ir.h"
#include "ir_machine.h"

#ifndef TEST_ENGINE
#define TEST_ENGINE "engine-interp"
#endif

static const uint64_t doubles[] = {
    /* zeros, ones, infinities, NaNs */
    0,
    0x3ff0000000000000,
    0x3ff0000000000001,
    0x3fefffffffffffff,
    0x7ff0000000000000,
    0x7ff8000000000000,
    0x7ff0000000000001,
    0x7ff8000000000123,
    /* subnormals, the smallest normals, the largest numbers */
    1,
    0x000fffffffffffff,
    0x0010000000000000,
    0x0010000000000001,
    0x001fffffffffffff,
    0x7fefffffffffffff,
    0x7fe0000000000000,
    /* 0.25, 0.5, 0.75, 1.5, 2.5 */
    0x3fd0000000000000,
    0x3fe0000000000000,
    0x3fe8000000000000,
    0x3ff8000000000000,
    0x4004000000000000,
    /* 2^31 - 1.5, - 1, - 0.5, 2^31, + 0.5, + 1; 2^32 - 1, - 0.75, - 0.5, 2^32 */
    0x41dfffffffa00000,
    0x41dfffffffc00000,
    0x41dfffffffe00000,
    0x41e0000000000000,
    0x41e0000000100000,
    0x41e0000000200000,
    0x41efffffffe00000,
    0x41efffffffe80000,
    0x41effffffff00000,
    0x41f0000000000000,
    /* 2^52 - 0.5, 2^53 + 2; just below 2^63, 2^63, above it; the same for 2^64 */
    0x432fffffffffffff,
    0x4340000000000001,
    0x43dfffffffffffff,
    0x43e0000000000000,
    0x43e0000000000001,
    0x43efffffffffffff,
    0x43f0000000000000,
    0x47f0000000000000,
    /* the largest single, between it and infinity, half of the smallest subnormal, boxed singles */
    0x47efffffe0000000,
    0x47effffff0000000,
    0x3690000000000000,
    0x380fffffffffffff,
    0xffffffff3f800000,
    0xffffffff7f800001,
    0xfffffffe3f800000,
    0x4a511b0ec57e649a,
};
static const uint32_t singles[] = {
    0,          0x3f800000, 0x3f800001, 0x3f7fffff, 0x7f800000, 0x7fc00000, 0x7f800001, 0x7fc00123,
    1,          0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x7f7fffff, 0x7f000000, 0x3e800000,
    0x3f000000, 0x3f400000, 0x3fc00000, 0x40200000, 0x4affffff, 0x4b7fffff, 0x4b800000, 0x4effffff,
    0x4f000000, 0x4f7fffff, 0x4f800000, 0x5effffff, 0x5f000000, 0x5f7fffff, 0x5f800000, 0x1e3ce508,
};
static const uint16_t halves[] = {
    /* as above */
    0, 0x3c00, 0x3c01, 0x3bff, 0x7c00, 0x7e00, 0x7c01, 0x7e23, 1, 3, 0x03ff, 0x0400, 0x0401, 0x07ff,
    0x7bff, 0x7800, 0x77ff, 0x3400, 0x3800, 0x3a00, 0x3e00, 0x4100,
    /* 1023.5, 1024, 2047; 2^-7 and more, whose products are about the smallest normal number; of
     * sums with them: 2^-12, 2^-11 and more */
    0x63ff, 0x6400, 0x67ff, 0x2000, 0x2001, 0x1fff, 0x1cff, 0x0c00, 0x1000, 0x1001, 0x1ce5};
static const uint64_t integers[] = {
    0,
    1,
    2,
    0x7f,
    0x801,
    0x1003,
    0x7fff,
    0x8001,
    0xffef,
    0xfff0,
    0x1000001,
    0x1000003,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0x20000000000001,
    0x20000000000003,
    0x7ffffffffffffc00,
    0x7ffffffffffffdff,
    0x7fffffffffffffff,
    0x8000000000000000,
    0x8000000000000400,
    0x8000000000000401,
    0xfffffffffffff800,
    0xfffffffffffffbff,
    0xfffffffffffffc00,
    0xffffffff80000000,
    0xffffffff7fffffff,
    0xffffffffffffffff,
    0x0123456789abcdef,
    0xfedcba9876543211,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Numbers of both signs by type. */
static uint32_t n_values(uint32_t type)
{
    return type == VM_F64   ? 2 * COUNT(doubles)
           : type == VM_F32 ? 2 * COUNT(singles)
           : type == VM_F16 ? 2 * COUNT(halves)
                            : COUNT(integers);
}

static uint64_t value(uint32_t type, uint32_t i)
{
    i %= n_values(type);
    if (type == VM_F64)
        return doubles[i / 2] ^ (uint64_t)(i % 2) << 63;
    if (type == VM_F16)
        return halves[i / 2] ^ i % 2 << 15;
    return type == VM_F32 ? singles[i / 2] ^ i % 2 << 31 : integers[i];
}

/* ---- one operation ---- */

static struct test_engine engine;
static struct test_machine *mine, *theirs;
static struct vm_ir_unit ir;

/* An operation, and how its operands reach it and its result is used. */
struct trial {
    uint32_t op, type, aux;
    uint32_t flags; /* raised before */
    uint32_t n;
    uint8_t from[3]; /* types of the operands */
    uint8_t result;
    uint32_t negated; /* set of operands that are negated first */
    bool followed;    /* by two additions that see whether its rounding mode stays */
    int again;        /* the result is that operand of the same operation once more; -1: not */
};

/* Operand k is in R(k) or W(k), as bits. */
static vm_ir_value take(uint32_t type, uint32_t k)
{
    bool wide = type == VM_I64 || type == VM_F64;
    enum vm_ir_type bits = wide ? VM_I64 : VM_I32;
    vm_ir_value v = vm_ir_0(&ir, VM_OP_GET, bits, (wide ? SLOT_R0 : SLOT_W0) + k, 0);

    if (type == VM_F64 || type == VM_F32)
        v = vm_ir_1(&ir, VM_OP_BITCAST, (enum vm_ir_type)type, bits, 0, v);
    return v;
}

/* The result goes into R5 or, narrow, W3. */
static void give(uint32_t type, vm_ir_value v)
{
    bool wide = type == VM_I64 || type == VM_F64;
    enum vm_ir_type bits = wide ? VM_I64 : VM_I32;

    if (type == VM_F64 || type == VM_F32)
        v = vm_ir_1(&ir, VM_OP_BITCAST, bits, type, 0, v);
    vm_ir_1(&ir, VM_OP_PUT, bits, wide ? SLOT_R0 + 5 : SLOT_W3, 0, v);
}

/* R6 = 1 + 3/4 of its last place, R7 = 1 + 1/4 of that, to nearest. */
static void add_to_nearest(void)
{
    static const int64_t small[] = {0x3ca8000000000000, 0x3c90000000000000};

    for (uint32_t i = 0; i < 2; i++) {
        vm_ir_value sum = vm_ir_2(&ir, VM_OP_FADD, VM_F64, VM_AUX(0, VM_FP_RNE, 0), 0,
                                  vm_ir_const(&ir, VM_F64, 0x3ff0000000000000),
                                  vm_ir_const(&ir, VM_F64, small[i]));
        sum = vm_ir_1(&ir, VM_OP_BITCAST, VM_I64, VM_F64, 0, sum);
        vm_ir_1(&ir, VM_OP_PUT, VM_I64, SLOT_R0 + 6 + i, 0, sum);
    }
}

/* What there is of a unit, and its end. */
static void compile(struct vm_unit *unit, struct vm_unit_exit *exits)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_0(&ir, VM_OP_EXIT, VM_NONE, 0, 4);
    cr_assert_eq(ir_verify(&ir, &test_arch, &err), 0, "%s", err.text);
    test_unit_init(unit, &ir, exits);
    cr_assert_eq(engine.ops->compile(engine.self, &ir, unit, &err), 0, "%s", err.text);
}

static void build(const struct trial *t)
{
    vm_ir_value arg[3] = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE}, v;
    enum vm_ir_type type = (enum vm_ir_type)t->type;

    vm_ir_clear(&ir);
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 0);
    for (uint32_t k = 0; k < t->n; k++) {
        arg[k] = take(t->from[k], k);
        if (t->negated & 1u << k)
            arg[k] = vm_ir_1(&ir, VM_OP_FNEG, (enum vm_ir_type)t->from[k], 0, 0, arg[k]);
    }
    v = vm_ir_emit(&ir, (enum vm_ir_op)t->op, type, t->aux, 0, t->n, arg[0], arg[1], arg[2]);
    if (t->again >= 0) {
        arg[t->again] = v;
        v = vm_ir_emit(&ir, (enum vm_ir_op)t->op, type, t->aux, 0, t->n, arg[0], arg[1], arg[2]);
    }
    give(t->result, v);
    if (t->followed)
        add_to_nearest();
}

static void set_up_machine(struct test_machine *m, const struct trial *t, const uint64_t *values)
{
    for (uint32_t k = 0; k < t->n; k++)
        test_slot_set(m, (t->from[k] == VM_I64 || t->from[k] == VM_F64 ? SLOT_R0 : SLOT_W0) + k,
                      values[k]);
    test_slot_set(m, SLOT_FLAGS, t->flags);
    m->cpu->pc = 0x1000;
    m->cpu->countdown = 100;
}

static void compare(const struct trial *t, struct vm_unit *unit, const uint64_t *values)
{
    bool wide = t->result == VM_I64 || t->result == VM_F64;
    uint32_t slot = wide ? SLOT_R0 + 5 : SLOT_W3;

    set_up_machine(mine, t, values);
    set_up_machine(theirs, t, values);
    cr_assert_eq(engine.ops->enter(engine.self, mine->cpu, unit), VM_EXIT_NEXT);
    cr_assert_eq(ir_reference(theirs, &ir, unit), VM_EXIT_NEXT);
    uint64_t got = test_slot_get(mine, slot), want = test_slot_get(theirs, slot),
             flags = test_slot_get(mine, SLOT_FLAGS), right = test_slot_get(theirs, SLOT_FLAGS);
    for (uint32_t k = 6; t->followed && k < 8; k++)
        cr_assert_eq(test_slot_get(mine, SLOT_R0 + k), test_slot_get(theirs, SLOT_R0 + k),
                     "%s of type %u aux %#x keeps its rounding mode", ir_ops[t->op].name, t->type,
                     t->aux);
    cr_assert(got == want && flags == right,
              "%s of type %u aux %#x flags %#x negated %#x again %d of %#" PRIx64 " %#" PRIx64
              " %#" PRIx64 ": %#" PRIx64 " flags %#" PRIx64 "; want %#" PRIx64 " flags %#" PRIx64,
              ir_ops[t->op].name, t->type, t->aux, t->flags, t->negated, t->again, values[0],
              values[1], values[2], got, flags, want, right);
}

/* On all values, pairs, or a mixture of triples. */
static void try(const struct trial *t)
{
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit;
    uint32_t salt = t->aux / 256 * 17 + t->negated * 5 + (uint32_t)(t->again + 1) * 3;
    uint32_t first = n_values(t->from[0]), second = t->n > 1 ? n_values(t->from[1]) : 1;

    build(t);
    compile(&unit, exits);
    for (uint32_t i = 0; i < first * second; i++) {
        uint64_t values[3] = {value(t->from[0], i % first), value(t->from[1], i / first),
                              value(t->from[2], i * 31 + i / first + salt)};
        compare(t, &unit, values);
    }
    engine.ops->release(engine.self, &unit);
}

/* ---- all of them ---- */

static void try_forms(struct trial *t)
{
    t->again = -1;
    try(t);
    t->followed = true;
    try(t);
    t->followed = false;
    for (uint32_t k = 0; k < t->n; k++) {
        t->again = t->from[k] == t->result ? (int)k : -1;
        if (t->again >= 0)
            try(t);
    }
    t->again = -1;
    for (t->negated = t->op == VM_OP_FMA ? 7 : 0; t->negated; t->negated--)
        try(t);
}

static uint32_t last_variant(uint32_t op)
{
    switch (op) {
    case VM_OP_FTOI:
        return 3;
    case VM_OP_FMIN:
    case VM_OP_FMAX:
        return 2;
    case VM_OP_FRINT:
    case VM_OP_FLT:
    case VM_OP_FLE:
    case VM_OP_ITOF:
    case VM_OP_F32_BOX:
    case VM_OP_F32_UNBOX:
        return 1;
    default:
        return 0;
    }
}

static bool rounds(uint32_t op)
{
    return (ir_ops[op].flags & IR_FP) && op != VM_OP_FMIN && op != VM_OP_FMAX &&
           !(op >= VM_OP_FEQ && op <= VM_OP_FFLUSH);
}

/* VM_AUX_* that the scalar operation may have. */
static uint32_t known_bits(uint32_t op)
{
    bool flushes = (op >= VM_OP_FADD && op <= VM_OP_FDIV) || op == VM_OP_FMA || op == VM_OP_FCVT;

    if (flushes)
        return VM_AUX_DEFAULT_NAN | VM_AUX_FLUSH;
    return (op >= VM_OP_FSQRT && op <= VM_OP_FMAX) ? VM_AUX_DEFAULT_NAN : 0;
}

/* Each set of these, and where results are flushed with inexact raised before, too. */
static void try_bits(struct trial *t)
{
    uint32_t plain = t->aux, known = known_bits(t->op);

    for (uint32_t bits = known;; bits = (bits - 1) & known) {
        t->aux = plain | bits;
        for (t->flags = 0; t->flags <= (bits & VM_AUX_FLUSH ? VM_FP_NX : 0); t->flags++)
            try_forms(t);
        if (bits == 0)
            return;
    }
}

/* The operation with one source type: every mode and variant that it has. */
static void try_source(uint32_t op, uint32_t type, uint32_t source)
{
    const struct ir_op_info *info = &ir_ops[op];
    struct trial t = {.op = op, .type = type, .n = (uint32_t)strlen(info->operands)};

    for (uint32_t k = 0; k < t.n; k++)
        t.from[k] = (uint8_t)(info->operands[k] == 'S' ? source : type);
    t.result = (uint8_t)(info->result == 'T' ? type : VM_I64);
    for (uint32_t rm = VM_FP_RNE; rm <= (rounds(op) ? VM_FP_RMM : VM_FP_RNE); rm++) {
        for (uint32_t variant = 0; variant <= last_variant(op); variant++) {
            t.aux = VM_AUX(source, rm, variant);
            try_bits(&t);
        }
    }
}

static bool is_source(uint32_t op, uint32_t type, uint32_t source)
{
    switch (op) {
    case VM_OP_FCVT:
        return source != type && (source == VM_F32 || source == VM_F64);
    case VM_OP_FTOI:
        return source == VM_F32 || source == VM_F64;
    case VM_OP_ITOF:
        return source == VM_I32 || source == VM_I64;
    case VM_OP_F32_BOX:
        return source == VM_F32;
    case VM_OP_F32_UNBOX:
        return source == VM_F64;
    default:
        return source == VM_NONE;
    }
}

static void try_op(uint32_t op)
{
    for (uint32_t type = VM_I32; type < VM_TYPE_COUNT; type++)
        for (uint32_t source = VM_NONE; source < VM_TYPE_COUNT; source++)
            if (ir_ops[op].types & 1u << type && is_source(op, type, source))
                try_source(op, type, source);
}

/* ---- on lanes ---- */

/* Operands of so many lanes of a type: all are different, or the others are 1. */
struct lanes {
    uint32_t type, n;
    bool full;
};

static void set_lanes(uint32_t operand, const struct lanes *lanes, uint32_t index, uint32_t where)
{
    static const uint64_t ones[] = {
        [VM_I32] = 1,
        [VM_I64] = 1,
        [VM_F16] = 0x3c00,
        [VM_F32] = 0x3f800000,
        [VM_F64] = 0x3ff0000000000000,
    };
    uint32_t bits = 128 / lanes->n;
    uint64_t half[2] = {0, 0};

    for (uint32_t i = 0; i < lanes->n; i++) {
        uint64_t v = i == where    ? value(lanes->type, index)
                     : lanes->full ? value(lanes->type, index * 7 + i * 13 + operand)
                                   : ones[lanes->type];
        half[i * bits / 64] |= (v & (UINT64_MAX >> (64 - bits))) << (i * bits & 63);
    }
    for (uint32_t i = 0; i < 2; i++) {
        test_half_set(mine, SLOT_V0 + operand, i, half[i]);
        test_half_set(theirs, SLOT_V0 + operand, i, half[i]);
    }
}

static void compare_lanes(uint32_t op, uint32_t aux, uint32_t flags, struct vm_unit *unit)
{
    struct test_machine *machines[] = {mine, theirs};
    uint64_t operand[2] = {test_half_get(mine, SLOT_V0, 0), test_half_get(mine, SLOT_V0, 1)};

    for (uint32_t i = 0; i < 2; i++) {
        test_slot_set(machines[i], SLOT_FLAGS, flags);
        machines[i]->cpu->pc = 0x1000;
        machines[i]->cpu->countdown = 100;
    }
    cr_assert_eq(engine.ops->enter(engine.self, mine->cpu, unit), VM_EXIT_NEXT);
    cr_assert_eq(ir_reference(theirs, &ir, unit), VM_EXIT_NEXT);
    const char *differ = test_machine_differ(mine, theirs);
    cr_assert(!differ, "%s aux %#x flags %#x of %016" PRIx64 "%016" PRIx64 ": %s", ir_ops[op].name,
              aux, flags, operand[1], operand[0], differ);
}

/* A unit that does the operation on the first vectors; returns how many. Additions that follow tell
 * whether the rounding mode is still to nearest, and hide an inexact that was not raised. */
static uint32_t compile_lanes(uint32_t op, uint32_t aux, bool followed, struct vm_unit *unit,
                              struct vm_unit_exit *exits)
{
    uint32_t n = (uint32_t)strlen(ir_ops[op].operands);
    vm_ir_value arg[3] = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE}, v;

    vm_ir_clear(&ir);
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 0);
    for (uint32_t k = 0; k < n; k++)
        arg[k] = vm_ir_0(&ir, VM_OP_GET, VM_V128, SLOT_V0 + k, 0);
    v = vm_ir_emit(&ir, (enum vm_ir_op)op, VM_V128, aux, 0, n, arg[0], arg[1], arg[2]);
    vm_ir_1(&ir, VM_OP_PUT, VM_V128, SLOT_V0, 0, v);
    if (followed)
        add_to_nearest();
    compile(unit, exits);
    return n;
}

/* Each `step`th value in each lane, beside such as raise nothing and beside others. */
static void try_lanes(uint32_t op, uint32_t aux, uint32_t flags, bool followed, uint32_t step)
{
    uint32_t type = VM_AUX_SRC(aux);
    struct lanes lanes = {.type = type, .n = type == VM_F64 ? 2 : type == VM_F16 ? 8 : 4};
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit;

    if (op == VM_OP_V_ITOF)
        lanes.type = type == VM_F64 ? VM_I64 : VM_I32;
    uint32_t n = compile_lanes(op, aux, followed, &unit, exits);
    uint32_t first = n_values(lanes.type), count = n > 1 ? first * first : first * lanes.n;
    for (uint32_t i = 0; i < 2 * count; i += step) {
        lanes.full = i >= count;
        uint32_t k = i % count, where = (n > 1 ? k : k / first) % lanes.n;
        set_lanes(0, &lanes, k % first, where);
        set_lanes(1, &lanes, k / first, where);
        set_lanes(2, &lanes, k * 31 + k / first, where);
        compare_lanes(op, aux, flags, &unit);
    }
    engine.ops->release(engine.self, &unit);
}

static void set_vector(uint64_t low, uint64_t high)
{
    for (uint32_t i = 0; i < 2; i++) {
        test_half_set(mine, SLOT_V0, i, i ? high : low);
        test_half_set(theirs, SLOT_V0, i, i ? high : low);
    }
}

/* A number in half precision, among such as raise nothing; or singles: it, halfway to the next one,
 * and what is next to both. */
static void try_half(uint32_t op, uint32_t aux, uint32_t half, struct vm_unit *unit)
{
    static const uint64_t one[] = {0x3c003c003c003c00, 0x3f8000003f800000};
    struct vm_fp_env env = {.nan_rule = VM_FP_NAN_ARM};
    uint32_t single = vm_f16_to_f32_soft(&env, (uint16_t)half);

    if (op == VM_OP_V_FCVTL) {
        set_vector((one[0] & ~0xffffull) | half, UINT64_MAX);
        compare_lanes(op, aux, 0, unit);
    }
    for (uint32_t k = 0; k < 6 && op == VM_OP_V_FCVTN; k++) {
        uint64_t v = single + (k / 3 << 12) + k % 3 - 1;
        set_vector((one[1] & 0xffffffff00000000) | (uint32_t)v, one[1]);
        compare_lanes(op, aux, 0, unit);
    }
}

/* Each `step`th of both signs: by threes, the largest denormal and the largest number are among
 * them. */
static void try_halves(uint32_t op, uint32_t aux, uint32_t step)
{
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit;

    compile_lanes(op, aux, false, &unit, exits);
    for (uint32_t half = 0; half < 0x8000; half += step) {
        try_half(op, aux, half, &unit);
        try_half(op, aux, half | 0x8000, &unit);
    }
    engine.ops->release(engine.self, &unit);
}

static void try_all_halves(void)
{
    for (uint32_t rm = VM_FP_RNE; rm <= VM_FP_RMM; rm++) {
        try_halves(VM_OP_V_FCVTN, VM_AUX(VM_F32, rm, 0), rm == VM_FP_RNE ? 1 : 3);
        try_halves(VM_OP_V_FCVTN, VM_AUX(VM_F32, rm, 0) | VM_AUX_DEFAULT_NAN, 3);
        try_halves(VM_OP_V_FCVTN, VM_AUX(VM_F32, rm, 0) | VM_AUX_FLUSH, 3);
    }
    for (uint32_t variant = 0; variant < 2; variant++) {
        try_halves(VM_OP_V_FCVTL, VM_AUX(VM_F32, 0, variant), 1);
        try_halves(VM_OP_V_FCVTL, VM_AUX(VM_F32, 0, variant) | VM_AUX_DEFAULT_NAN, 1);
    }
}

/* Halves of any bits, or near to each other's exponents, in one lane. */
static void try_random_halves(uint32_t op, uint32_t rm)
{
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit;
    uint64_t seed = 0x9e3779b97f4a7c15 + rm;

    compile_lanes(op, VM_AUX(VM_F16, rm, 0), false, &unit, exits);
    for (uint32_t i = 0; i < 20000; i++) {
        uint64_t bits[3];
        for (uint32_t k = 0; k < 3; k++) {
            seed = seed * 6364136223846793005 + 1442695040888963407;
            bits[k] = seed >> 48;
        }
        if (i % 2) /* a product about as large as the addend, or as a half's last bit */
            bits[1] = (bits[1] & 0x83ff) | ((bits[2] - bits[0] + 0x3c00 - (i & 0x2c00)) & 0x7c00);
        for (uint32_t k = 0; k < 6; k++) {
            struct test_machine *m = k < 3 ? mine : theirs;
            test_half_set(m, SLOT_V0 + k % 3, 0, 0x3c003c003c000000 | bits[k % 3]);
            test_half_set(m, SLOT_V0 + k % 3, 1, 0x3c003c003c003c00);
        }
        compare_lanes(op, VM_AUX(VM_F16, rm, 0), 0, &unit);
    }
    engine.ops->release(engine.self, &unit);
}

static void try_all_random_halves(void)
{
    for (uint32_t rm = VM_FP_RNE; rm <= VM_FP_RUP; rm++) {
        for (uint32_t op = VM_OP_V_FADD; op <= VM_OP_V_FDIV; op++)
            try_random_halves(op, rm);
        try_random_halves(VM_OP_V_FMA, rm);
    }
}

/* As of scalars. */
static void try_lane_bits(uint32_t op, uint32_t aux, uint32_t known)
{
    for (uint32_t bits = known;; bits = (bits - 1) & known) {
        for (uint32_t flags = 0; flags <= (bits & VM_AUX_FLUSH ? VM_FP_NX : 0); flags++) {
            try_lanes(op, aux | bits, flags, false, 1);
            try_lanes(op, aux | bits, flags, true, 7);
        }
        if (bits == 0)
            return;
    }
}

static uint32_t scalar_of(uint32_t op)
{
    return op == VM_OP_V_FTOI   ? VM_OP_FTOI
           : op == VM_OP_V_ITOF ? VM_OP_ITOF
                                : op - VM_OP_V_FADD + VM_OP_FADD;
}

static void try_lane_type(uint32_t op, uint32_t type)
{
    for (uint32_t rm = VM_FP_RNE; rm <= (rounds(scalar_of(op)) ? VM_FP_RMM : 0); rm++)
        for (uint32_t k = 0; k <= last_variant(scalar_of(op)); k++)
            try_lane_bits(op, VM_AUX(type, rm, k), known_bits(scalar_of(op)));
}

static void try_vectors(uint32_t first, uint32_t last)
{
    for (uint32_t op = first; op <= last; op++) {
        try_lane_type(op, VM_F32);
        try_lane_type(op, VM_F64);
        if (op != VM_OP_V_FFLUSH)
            try_lane_type(op, VM_F16);
    }
}

static void set_up(void)
{
    cr_assert_eq(test_engine_open(&engine, TEST_ENGINE), 0);
    mine = test_machine_new(engine.ops->frame_size);
    theirs = test_machine_new(0);
    cr_assert(mine && theirs);
    cr_assert_eq(engine.ops->cpu_init(engine.self, mine->cpu, NULL), 0);
    vm_ir_init(&ir);
}

static void tear_down(void)
{
    vm_ir_free(&ir);
    test_machine_free(mine);
    test_machine_free(theirs);
    test_engine_close(&engine);
}

/* Arm's rules: NaNs come through, and tininess is seen before rounding. */
static void set_up_arm(void)
{
    test_arch.fp.nan_rule = VM_FP_NAN_ARM;
    test_arch.fp.tiny_before = 1;
    set_up();
}

TestSuite(engine_float, .init = set_up, .fini = tear_down, .timeout = 300);
TestSuite(engine_float_arm, .init = set_up_arm, .fini = tear_down, .timeout = 300);

static void try_ops(uint32_t first, uint32_t last)
{
    for (uint32_t op = first; op <= last; op++)
        try_op(op);
}

/* From the first floating-point opcode to the last, none left out. */
#define TRY(name, first, last)   \
    Test(engine_float, name)     \
    {                            \
        try_ops(first, last);    \
    }                            \
    Test(engine_float_arm, name) \
    {                            \
        try_ops(first, last);    \
    }

TRY(arithmetic, VM_OP_FADD, VM_OP_FSQRT)
TRY(integral_numbers, VM_OP_FSQRT + 1, VM_OP_FRINT)
TRY(multiply_add, VM_OP_FRINT + 1, VM_OP_FMA)
TRY(minimum_and_maximum, VM_OP_FMA + 1, VM_OP_FMAX)
TRY(comparisons, VM_OP_FMAX + 1, VM_OP_FLE)
TRY(denormal_operands, VM_OP_FLE + 1, VM_OP_FFLUSH)
TRY(classes_and_signs, VM_OP_FFLUSH + 1, VM_OP_FCOPYSIGN)
TRY(conversions, VM_OP_FCOPYSIGN + 1, VM_OP_ITOF)
TRY(boxes, VM_OP_ITOF + 1, VM_OP_F32_UNBOX)

/* As lanes of vectors; engines do more of them themselves under Arm's rules. */
#define TRY_VECTORS(name, first, last) \
    Test(engine_float, name)           \
    {                                  \
        try_vectors(first, last);      \
    }                                  \
    Test(engine_float_arm, name)       \
    {                                  \
        try_vectors(first, last);      \
    }

TRY_VECTORS(vector_arithmetic, VM_OP_V_FADD, VM_OP_V_FSQRT)
TRY_VECTORS(vectors_of_integral_numbers, VM_OP_V_FSQRT + 1, VM_OP_V_FRINT)
TRY_VECTORS(vector_multiply_add, VM_OP_V_FRINT + 1, VM_OP_V_FMA)
TRY_VECTORS(vector_minimum_and_maximum, VM_OP_V_FMA + 1, VM_OP_V_FMAX)
TRY_VECTORS(vector_comparisons, VM_OP_V_FMAX + 1, VM_OP_V_FLE)
TRY_VECTORS(vectors_of_denormal_operands, VM_OP_V_FLE + 1, VM_OP_V_FFLUSH)
TRY_VECTORS(vector_conversions, VM_OP_V_FFLUSH + 1, VM_OP_V_ITOF)

Test(engine_float, halves)
{
    try_all_halves();
}

Test(engine_float_arm, halves)
{
    try_all_halves();
}

Test(engine_float, random_halves)
{
    try_all_random_halves();
}

Test(engine_float_arm, random_halves)
{
    try_all_random_halves();
}

/* Singles that are flushed are none any more where one's low half is spread. */
Test(engine_float_arm, flushed_and_spread)
{
    struct vm_unit_exit exits[VM_UNIT_MAX_EXITS];
    struct vm_unit unit;

    vm_ir_clear(&ir);
    vm_ir_0(&ir, VM_OP_INSN, VM_NONE, 4, 0);
    vm_ir_value v = vm_ir_0(&ir, VM_OP_GET, VM_V128, SLOT_V0, 0);
    v = vm_ir_2(&ir, VM_OP_V_FADD, VM_V128, VM_AUX(VM_F32, 0, 0) | VM_AUX_FLUSH, 0, v, v);
    v = vm_ir_1(&ir, VM_OP_V_SPREAD, VM_V128, VM_LANES(1, 0), 0, v);
    v = vm_ir_1(&ir, VM_OP_V_FFLUSH, VM_V128, VM_AUX(VM_F32, 0, 0), 0, v);
    vm_ir_1(&ir, VM_OP_PUT, VM_V128, SLOT_V0, 0, v);
    compile(&unit, exits);
    set_vector(0x3f8000013f800001, 0x3f8000013f800001);
    compare_lanes(VM_OP_V_FFLUSH, 0, 0, &unit);
    cr_assert_eq(test_half_get(mine, SLOT_V0, 0), 0);
    engine.ops->release(engine.self, &unit);
}

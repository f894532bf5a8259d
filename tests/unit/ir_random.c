/* SPDX-License-Identifier: BSD-2-Clause */
/* Random IR. Operands come in every form: constants, slots, older values, halves of wider ones. */
#include <string.h>
#include <vmrun/softfp.h>
#include "core/ir/ir.h"
#include "ir_random.h"

#define MAX_VALUES 512

struct generator {
    struct vm_ir_unit *ir;
    uint64_t *state;
    uint32_t focus;
    vm_ir_value values[VM_TYPE_COUNT][MAX_VALUES]; /* defined so far, by type */
    uint32_t n_values[VM_TYPE_COUNT];
    uint32_t exits;
    int64_t delta;
    bool region; /* SLOT_FUEL is not to be put */
    bool dirty;  /* the guest instruction has changed state: nothing may fault now */
};

static uint32_t below(struct generator *g, uint32_t n)
{
    return (uint32_t)(test_random(g->state) >> 33) % n;
}

static uint64_t interesting_int(uint64_t *state)
{
    static const uint64_t some[] = {
        0,
        1,
        2,
        3,
        7,
        31,
        32,
        63,
        64,
        0xff,
        0x7f,
        0x80,
        0xffff,
        0x8000,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        0x7fffffffffffffff,
        0x8000000000000000,
        (uint64_t)-1,
        (uint64_t)-2,
        (uint64_t)-32,
        0xffffffff80000000,
        0xffffffff7fffffff,
        0x0102030405060708,
        0x00ff00ff00ff00ff,
        0x8000000080000000,
    };
    uint64_t r = test_random(state);

    switch (r >> 62) {
    case 0:
        return test_random(state);
    case 1:
        return test_random(state) >> (r & 63);
    default:
        return some[r % (sizeof(some) / sizeof(some[0]))];
    }
}

/* Close to where an integer type or a significand ends, mostly with something behind the point. */
static double near_a_bound(uint64_t *state)
{
    static const uint8_t bits[] = {8, 23, 24, 31, 31, 32, 32, 52, 53, 63, 63, 64};
    uint64_t r = test_random(state);
    double bound = 2.0 * (double)((uint64_t)1 << (bits[r % sizeof(bits)] - 1));
    double x = bound + ((double)(r >> 32 & 15) - 8) * (bound < 0x1p40 ? 0.25 : bound * 0x1p-52);

    return r >> 63 ? -x : x;
}

static uint64_t interesting_f64(uint64_t *state)
{
    static const uint64_t some[] = {
        0,
        0x8000000000000000,
        0x3ff0000000000000,
        0xbff0000000000000,
        0x7ff0000000000000,
        0xfff0000000000000,
        0x7ff8000000000000,
        0x7ff0000000000001,
        0xfff8000000000123,
        1,
        0x000fffffffffffff,
        0x0010000000000000,
        0x7fefffffffffffff,
        0x4340000000000001,
        0x43e0000000000000,
        0xc3e0000000000000,
        0x41dfffffffc00000,
        0x3fe0000000000000,
        0xffffffff3f800000,
        0xffffffff7fc00000,
        0xffffffff80000000,
        0xffffffff7f800001,
    };
    uint64_t r = test_random(state);

    if (r >> 62 == 0)
        return test_random(state);
    if (r >> 62 == 1) /* close to one */
        return 0x3fe0000000000000 + (test_random(state) >> 11);
    if (r >> 60 == 8) {
        double x = near_a_bound(state);
        memcpy(&r, &x, sizeof(x));
        return r;
    }
    return some[r % (sizeof(some) / sizeof(some[0]))];
}

static uint32_t interesting_f32(uint64_t *state)
{
    static const uint32_t some[] = {
        0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001,
        1, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x3f000000, 0x4effffff,
    };
    uint64_t r = test_random(state);

    if (r >> 62 == 0)
        return (uint32_t)test_random(state);
    if (r >> 62 == 1)
        return 0x3f000000 + (uint32_t)(test_random(state) >> 40);
    if (r >> 60 == 8) {
        float x = (float)near_a_bound(state);
        uint32_t bits;
        memcpy(&bits, &x, sizeof(x));
        return bits;
    }
    return some[r % (sizeof(some) / sizeof(some[0]))];
}

static uint64_t interesting(uint64_t *state, uint32_t type)
{
    switch (type) {
    case VM_F64:
        return interesting_f64(state);
    case VM_F32:
        return interesting_f32(state);
    default:
        return interesting_int(state);
    }
}

static vm_ir_value note(struct generator *g, vm_ir_value v, uint32_t type)
{
    if (type != VM_NONE)
        g->values[type][g->n_values[type]++ % MAX_VALUES] = v;
    return v;
}

static vm_ir_value old_value(struct generator *g, uint32_t type)
{
    uint32_t n = g->n_values[type] < MAX_VALUES ? g->n_values[type] : MAX_VALUES;

    /* Mostly recent ones: they are what real code uses. */
    if (n > 4 && below(g, 3))
        return g->values[type][(g->n_values[type] - 1 - below(g, 4)) % MAX_VALUES];
    return g->values[type][below(g, n)];
}

static uint32_t random_slot(struct generator *g, uint32_t type)
{
    switch (type) {
    case VM_I64:
        return below(g, 8) == 0 ? SLOT_ZERO : below(g, 16);
    case VM_I32:
        return below(g, 6) == 0 ? (below(g, 2) ? SLOT_LOW15 : SLOT_FLAGS) : SLOT_W0 + below(g, 4);
    case VM_F64:
        return SLOT_D0 + below(g, 4);
    case VM_V128:
        return SLOT_V0 + below(g, 3);
    default:
        return SLOT_S0 + below(g, 2);
    }
}

static vm_ir_value random_const(struct generator *g, uint32_t type)
{
    uint64_t c = interesting(g->state, type);

    if (type == VM_I32)
        c = (uint64_t)(int32_t)c;
    else if (type == VM_I64 && below(g, 2))
        c = (uint64_t)(int64_t)(int8_t)c;
    return vm_ir_const(g->ir, (enum vm_ir_type)type, (int64_t)c);
}

static vm_ir_value operand(struct generator *g, uint32_t type);

/* Made of single values. */
static vm_ir_value random_vector(struct generator *g)
{
    uint32_t type = VM_I64 + below(g, 3);

    if (below(g, 3) == 0)
        return vm_ir_1(g->ir, VM_OP_V_DUP, VM_V128, VM_LANES(below(g, 4), 0), 0,
                       operand(g, VM_I64));
    if (below(g, 2))
        return vm_ir_1(g->ir, VM_OP_V_LOW, VM_V128, VM_AUX(type, 0, 0), 0, operand(g, type));
    vm_ir_value low = below(g, 2) ? random_const(g, VM_I64) : operand(g, VM_I64);
    vm_ir_value high = operand(g, VM_I64);
    return vm_ir_2(g->ir, VM_OP_V_PAIR, VM_V128, 0, 0, low, high);
}

static vm_ir_value operand(struct generator *g, uint32_t type)
{
    static const uint8_t twin[VM_TYPE_COUNT] = {
        [VM_I32] = VM_F32, [VM_I64] = VM_F64, [VM_F32] = VM_I32, [VM_F64] = VM_I64};
    enum vm_ir_type t = (enum vm_ir_type)type;

    switch (below(g, 8)) {
    case 0:
    case 1:
        return type == VM_V128 ? note(g, random_vector(g), type) : random_const(g, type);
    case 2:
    case 3:
        return note(g, vm_ir_0(g->ir, VM_OP_GET, t, random_slot(g, type), 0), type);
    case 4:
        if (type == VM_I32)
            return note(g, vm_ir_1(g->ir, VM_OP_TRUNC, VM_I32, 0, 0, operand(g, VM_I64)), type);
        if (type == VM_V128)
            return note(g, random_vector(g), type);
        if (type == VM_I64)
            return note(g,
                        vm_ir_1(g->ir, below(g, 2) ? VM_OP_EXTS : VM_OP_EXTU, VM_I32, 0, 0,
                                operand(g, VM_I32)),
                        type);
        return note(g, vm_ir_1(g->ir, VM_OP_BITCAST, t, twin[type], 0, operand(g, twin[type])),
                    type);
    default:
        if (g->n_values[type])
            return old_value(g, type);
        return note(g, vm_ir_0(g->ir, VM_OP_GET, t, random_slot(g, type), 0), type);
    }
}

/* R8 to R11 hold addresses at the start. */
static vm_ir_value address(struct generator *g)
{
    vm_ir_value v;

    switch (below(g, 12)) {
    case 0:
        return operand(g, VM_I64);
    case 1:
    case 2:
        v = vm_ir_2(g->ir, VM_OP_AND, VM_I64, 0, 0, operand(g, VM_I64),
                    vm_ir_const(g->ir, VM_I64, 0xfff8));
        return vm_ir_2(g->ir, VM_OP_ADD, VM_I64, 0, 0, v, vm_ir_const(g->ir, VM_I64, TEST_BASE));
    case 3:
    case 4:
        return vm_ir_const(g->ir, VM_I64, TEST_BASE + below(g, TEST_PAGES * 4096));
    default:
        return vm_ir_0(g->ir, VM_OP_GET, VM_I64, 8 + below(g, 4), 0);
    }
}

static uint32_t random_memop(struct generator *g, uint32_t op, uint32_t type)
{
    uint32_t widest = type == VM_I32 || type == VM_F32 ? 2 : 3, memop = below(g, widest + 1);

    if (type == VM_F32 || type == VM_F64)
        memop = widest;
    if (type == VM_V128)
        return 4 | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT | (below(g, 4) ? 0 : VM_MEMOP_ALIGN);
    memop |= (below(g, 8) ? VM_MMU_DATA : below(g, 4)) << VM_MEMOP_MMU_SHIFT;
    if (below(g, 2))
        memop |= VM_MEMOP_SIGNED;
    if (below(g, 8) == 0)
        memop |= VM_MEMOP_BIG;
    if (below(g, 4) == 0)
        memop |= VM_MEMOP_ALIGN;
    if (below(g, 8) == 0)
        memop |= below(g, 4) << 8;
    if ((memop & 7) > 0 && below(g, 16) == 0)
        memop |= (1 + below(g, memop & 7)) << VM_MEMOP_PARTS_SHIFT;
    if (op == VM_OP_AMO)
        memop |= below(g, VM_AMO_COUNT) << VM_MEMOP_AMO_SHIFT;
    return memop;
}

static uint32_t random_type(struct generator *g, uint32_t mask)
{
    uint32_t type = 0;

    if (mask & 1u << VM_NONE)
        return VM_NONE;
    while (!(mask & 1u << type))
        type = 1 + below(g, VM_TYPE_COUNT - 1);
    return type;
}

static void next_insn(struct generator *g)
{
    uint32_t length = 2 + 2 * below(g, 2);

    vm_ir_0(g->ir, VM_OP_INSN, VM_NONE, length, g->delta);
    g->delta += length;
    g->dirty = false;
}

/* An operation that may fault needs a guest instruction that has changed nothing yet. */
static void before_fault(struct generator *g)
{
    if (g->dirty)
        next_insn(g);
}

static void random_call(struct generator *g)
{
    uint32_t helper = below(g, HELPER_COUNT), n = test_arch.helpers[helper].n_args;
    vm_ir_value args[6];

    if (test_arch.helpers[helper].flags & VM_HELPER_MAY_TRAP)
        before_fault(g);
    for (uint32_t i = 0; i < n; i++)
        args[i] = operand(g, helper == HELPER_MIX ? VM_I32 + below(g, 4) : VM_I64);
    note(g, vm_ir_call(g->ir, helper, n, args), VM_I64);
    g->dirty |= helper == HELPER_ROTATE || helper == HELPER_COPY || helper == HELPER_NOTHING ||
                helper == HELPER_FP;
}

/* VM_AUX_*, mostly none. */
static uint32_t random_fp_bits(struct generator *g, uint32_t op)
{
    uint32_t scalar =
        op >= VM_OP_V_FADD && op <= VM_OP_V_FMAX ? op - VM_OP_V_FADD + VM_OP_FADD : op;
    bool rounds = scalar <= VM_OP_FDIV || scalar == VM_OP_FMA || scalar == VM_OP_FCVT;

    if (op == VM_OP_V_FCVTL)
        return below(g, 3) ? 0 : VM_AUX_DEFAULT_NAN;
    rounds |= op == VM_OP_V_FCVTN;
    if (scalar < VM_OP_FADD || (scalar > VM_OP_FMAX && !rounds) || below(g, 3))
        return 0;
    return (below(g, 2) ? VM_AUX_DEFAULT_NAN : 0) | (rounds && below(g, 2) ? VM_AUX_FLUSH : 0);
}

static uint32_t random_fp_aux(struct generator *g, uint32_t op, uint32_t type)
{
    uint32_t rm = below(g, 2) ? 0 : below(g, 5), src = 0, variant = 0;

    switch (op) {
    case VM_OP_FCVT:
        src = type == VM_F32 ? VM_F64 : VM_F32;
        break;
    case VM_OP_FTOI:
        src = VM_F32 + below(g, 2), variant = below(g, 4);
        break;
    case VM_OP_ITOF:
        src = VM_I32 + below(g, 2), variant = below(g, 2);
        break;
    case VM_OP_FRINT:
    case VM_OP_FLT:
    case VM_OP_FLE:
        variant = below(g, 2);
        break;
    case VM_OP_F32_BOX:
        src = VM_F32, variant = below(g, 2);
        break;
    case VM_OP_F32_UNBOX:
        src = VM_F64, variant = below(g, 2);
        break;
    case VM_OP_V_LOW:
        return VM_AUX(VM_I64 + below(g, 3), 0, 0);
    case VM_OP_V_FADD ... VM_OP_V_ITOF:
        src = op != VM_OP_V_FFLUSH && below(g, 3) == 0 ? VM_F16 : VM_F32 + below(g, 2);
        variant = op == VM_OP_V_FTOI                         ? below(g, 4)
                  : op == VM_OP_V_FFLUSH                     ? 0
                  : op == VM_OP_V_ITOF || op >= VM_OP_V_FLT  ? below(g, 2)
                  : op == VM_OP_V_FRINT                      ? below(g, 2)
                  : op == VM_OP_V_FMIN || op == VM_OP_V_FMAX ? below(g, 3)
                                                             : 0;
        break;
    case VM_OP_V_FCVTL ... VM_OP_V_FCVTN:
        src = VM_F32;
        variant = op == VM_OP_V_FCVTL && below(g, 2);
        break;
    case VM_OP_FMIN:
    case VM_OP_FMAX:
        variant = below(g, 3);
        break;
    case VM_OP_BITCAST:
        src = type == VM_I32 ? VM_F32 : type == VM_F32 ? VM_I32 : type == VM_I64 ? VM_F64 : VM_I64;
        break;
    }
    return VM_AUX(src, rm, variant) | random_fp_bits(g, op);
}

/* Lanes as the operation has them. */
static uint32_t random_lanes(struct generator *g, uint32_t op, uint32_t type)
{
    uint32_t size = below(g, 4);

    if (op >= VM_OP_V_UXTL && op <= VM_OP_V_UQXTN)
        size = below(g, 3);
    if (op >= VM_OP_V_MULLU && op <= VM_OP_V_MADDS)
        size = 1 + below(g, 3);
    if (type == VM_F32 || type == VM_F64)
        size = type == VM_F64 ? 3 : 2;
    bool numbered = op == VM_OP_V_GET || op == VM_OP_V_SET || op == VM_OP_V_SPREAD;
    return VM_LANES(size, numbered ? below(g, 16u >> size) : 0);
}

/* Any operation whose operands follow from the table. */
static void random_plain(struct generator *g, uint32_t op)
{
    const struct ir_op_info *info = &ir_ops[op];
    uint32_t type = random_type(g, info->types), aux = 0, n = (uint32_t)strlen(info->operands);
    vm_ir_value arg[3] = {VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE};
    int64_t imm = 0;

    if (info->flags & IR_FAULTS)
        before_fault(g);
    if (info->flags & IR_MEMORY) {
        aux = random_memop(g, op, type);
        imm = below(g, 4) ? (int64_t)below(g, 64) - 32 : below(g, 8) ? 0 : (int64_t)0x100000000;
    } else if (info->flags & IR_LANES) {
        aux = random_lanes(g, op, type);
    } else if (info->flags & IR_AUX) {
        aux = random_fp_aux(g, op, type);
    }
    if (op >= VM_OP_V_SHL && op <= VM_OP_V_SAR)
        imm = below(g, 8u << VM_LANE_SIZE(aux));
    if (op == VM_OP_V_EXT)
        imm = below(g, 16);
    if (op == VM_OP_SEXT || op == VM_OP_ZEXT)
        imm = 1 + below(g, type == VM_I32 ? 32 : 64);
    if (op == VM_OP_FENCE)
        imm = 1 + below(g, VM_FENCE_ALL);
    if (op == VM_OP_PC)
        imm = below(g, 4) ? (int64_t)below(g, 65536) - 32768 : (int64_t)interesting_int(g->state);
    if (op == VM_OP_TRAP_IF)
        imm = (int64_t)interesting_int(g->state);
    for (uint32_t i = 0; i < n; i++) {
        char letter = info->operands[i];
        if (i == 0 && info->flags & IR_MEMORY)
            arg[i] = address(g);
        else if (op == VM_OP_TRAP_IF && i == 0)
            arg[i] = vm_ir_2(g->ir, VM_OP_EQ, VM_I64, 0, 0, operand(g, VM_I64), operand(g, VM_I64));
        else
            arg[i] = operand(g, letter == 'T'   ? type
                                : letter == 'S' ? VM_AUX_SRC(aux)
                                : letter == 'V' ? (uint32_t)VM_V128
                                                : (uint32_t)VM_I64);
    }
    vm_ir_value v = vm_ir_emit(g->ir, (enum vm_ir_op)op, (enum vm_ir_type)type, aux, imm, n, arg[0],
                               arg[1], arg[2]);
    if (!g->ir->failed)
        note(g, v, ir_result_type(&g->ir->insns[v]));
    g->dirty |= (info->flags & IR_FP) != 0;
}

static void random_put(struct generator *g)
{
    uint32_t type = 1 + below(g, VM_TYPE_COUNT - 1), slot = random_slot(g, type);
    vm_ir_value v = operand(g, type);

    if (slot == SLOT_ZERO)
        slot = SLOT_R0;
    if (slot == SLOT_FLAGS)
        slot = SLOT_W0;
    if (slot == SLOT_FUEL && g->region)
        slot = SLOT_R0;
    vm_ir_1(g->ir, VM_OP_PUT, (enum vm_ir_type)type, slot, 0, v);
    g->dirty = true;
}

static void random_exit_if(struct generator *g)
{
    static const uint8_t compares[] = {VM_OP_EQ,  VM_OP_NE,  VM_OP_SLT,
                                       VM_OP_SLE, VM_OP_ULT, VM_OP_ULE};
    uint32_t type = VM_I32 + below(g, 2);
    vm_ir_value v;

    if (g->exits >= 60)
        return;
    g->exits++;
    if (below(g, 4) == 0) {
        v = vm_ir_2(g->ir, VM_OP_AND, VM_I64, 0, 0, operand(g, VM_I64),
                    vm_ir_const(g->ir, VM_I64, 1));
    } else {
        v = vm_ir_2(g->ir, (enum vm_ir_op)compares[below(g, 6)], (enum vm_ir_type)type, 0, 0,
                    operand(g, type), operand(g, type));
        note(g, v, VM_I64);
    }
    vm_ir_1(g->ir, VM_OP_EXIT_IF, VM_NONE, 0, (int64_t)below(g, 16384) - 8192, v);
}

static void random_op(struct generator *g, uint32_t op)
{
    switch (op) {
    case VM_OP_CONST:
        note(g, random_const(g, VM_I64), VM_I64);
        break;
    case VM_OP_GET:
        operand(g, 1 + below(g, VM_TYPE_COUNT - 1));
        break;
    case VM_OP_PUT:
        random_put(g);
        break;
    case VM_OP_CALL:
        random_call(g);
        break;
    case VM_OP_INSN:
    case VM_OP_LABEL:
        next_insn(g);
        break;
    case VM_OP_EXIT_IF:
        random_exit_if(g);
        break;
    default:
        if (ir_ops[op].flags & IR_ENDS)
            next_insn(g);
        else
            random_plain(g, op);
    }
}

static void random_end(struct generator *g)
{
    static const uint8_t ends[] = {VM_OP_EXIT,       VM_OP_EXIT,    VM_OP_EXIT, VM_OP_EXIT_TO,
                                   VM_OP_EXIT_STATE, VM_OP_EXIT_PC, VM_OP_TRAP};
    uint32_t op = ends[below(g, sizeof(ends))];
    int64_t imm = (int64_t)below(g, 16384) - 8192;

    if (ir_ops[g->focus < VM_OP_COUNT ? g->focus : VM_OP_ADD].flags & IR_ENDS)
        op = g->focus;
    if (op == VM_OP_EXIT_PC && g->region)
        op = VM_OP_EXIT_STATE; /* which block's address is in cpu->pc, nobody says */
    if (op == VM_OP_TRAP)
        before_fault(g);
    if (op == VM_OP_EXIT_TO && g->region && below(g, 2)) /* whereto comes later */
        vm_ir_1(g->ir, VM_OP_EXIT_TO, VM_NONE, VM_JUMP_PLAIN, 0,
                vm_ir_0(g->ir, VM_OP_PC, VM_NONE, 0, 0));
    else if (op == VM_OP_EXIT_TO)
        vm_ir_1(g->ir, VM_OP_EXIT_TO, VM_NONE, below(g, 3), 0, operand(g, VM_I64));
    else if (op == VM_OP_TRAP)
        vm_ir_1(g->ir, VM_OP_TRAP, VM_NONE, 0, imm, operand(g, VM_I64));
    else
        vm_ir_0(g->ir, (enum vm_ir_op)op, VM_NONE, 0, op == VM_OP_EXIT_PC ? 0 : imm);
}

static void random_body(struct generator *g, uint32_t n)
{
    /* Integer work and puts are most of what real code does. */
    static const uint8_t common[] = {VM_OP_ADD, VM_OP_PUT, VM_OP_PUT, VM_OP_INSN,
                                     VM_OP_PUT, VM_OP_SUB, VM_OP_LOAD};

    for (uint32_t i = 0; i < n; i++) {
        uint32_t pick = below(g, 8);
        if (g->focus < VM_OP_COUNT && pick < 3)
            random_op(g, g->focus);
        else if (pick < 6)
            random_op(g, common[below(g, sizeof(common))]);
        else
            random_op(g, below(g, VM_OP_COUNT));
    }
}

void ir_random_unit(struct vm_ir_unit *ir, uint32_t focus, uint64_t *state)
{
    struct generator g = {.ir = ir, .state = state, .focus = focus};
    uint32_t n = 1 + below(&g, below(&g, 4) ? 16 : 80);

    next_insn(&g);
    random_body(&g, n);
    random_end(&g);
}

/* ---- regions ---- */

#define MAX_BLOCKS 8

struct region {
    struct vm_ir_unit *ir;
    uint32_t n;
    int64_t delta[MAX_BLOCKS];
    uint32_t jump_to[MAX_BLOCKS]; /* where a block's indirect jump leads, */
    vm_ir_value jump[MAX_BLOCKS]; /* and the PC for it, or VM_NO_VALUE */
    bool burns[MAX_BLOCKS];       /* the block takes from SLOT_FUEL, so exits may go back to it */
    uint32_t exits;
};

/* Leaves when there is no fuel left. */
static void burn_fuel(struct generator *g)
{
    vm_ir_value left =
        vm_ir_2(g->ir, VM_OP_SUB, VM_I64, 0, 0, vm_ir_0(g->ir, VM_OP_GET, VM_I64, SLOT_FUEL, 0),
                vm_ir_const(g->ir, VM_I64, 1));

    vm_ir_1(g->ir, VM_OP_PUT, VM_I64, SLOT_FUEL, 0, left);
    g->dirty = true;
    vm_ir_1(g->ir, VM_OP_EXIT_IF, VM_NONE, 0, 8000,
            vm_ir_2(g->ir, VM_OP_SLE, VM_I64, 0, 0, left, vm_ir_const(g->ir, VM_I64, 0)));
}

/* Sends some of a new block's exits to blocks of the region. */
static void connect(struct generator *g, struct region *r, uint32_t block, uint32_t from)
{
    for (uint32_t i = from; i < r->ir->n_insns; i++) {
        struct vm_ir_insn *insn = &r->ir->insns[i];
        uint32_t to = below(g, r->n);
        if (insn->op == VM_OP_EXIT_TO && r->ir->insns[insn->arg[0]].op == VM_OP_PC) {
            r->jump[block] = insn->arg[0];
            r->jump_to[block] = to <= block && !r->burns[to] ? block + 1 : to;
        }
        if (insn->op != VM_OP_EXIT &&
            (insn->op != VM_OP_EXIT_IF || insn->imm == 8000 + r->delta[block]))
            continue;
        if (to <= block && !r->burns[to])
            to = block + 1;
        if (to < r->n && (insn->op == VM_OP_EXIT || below(g, 2) || r->exits >= 48))
            insn->aux = 1 + to;
        else
            r->exits++;
    }
}

static void random_block(struct region *r, uint32_t block, uint32_t focus, uint64_t *state)
{
    struct vm_ir_unit ir;
    struct generator g = {.ir = &ir, .state = state, .focus = focus, .region = true};
    uint32_t from = r->ir->n_insns;

    vm_ir_init(&ir);
    g.exits = 54; /* so that no more than six are made */
    next_insn(&g);
    if (r->burns[block])
        burn_fuel(&g);
    random_body(&g, 1 + below(&g, 12));
    random_end(&g);
    uint32_t flags = block == 0 || below(&g, 3) == 0 ? VM_LABEL_ENTRY : 0;
    r->jump[block] = VM_NO_VALUE;
    vm_ir_append(r->ir, &ir, r->delta[block],
                 flags | (flags && below(&g, 2) ? VM_LABEL_TARGET : 0));
    if (block + 1 < r->n)
        r->delta[block + 1] = r->delta[block] + g.delta + (below(&g, 2) ? 0 : 2 * below(&g, 20));
    connect(&g, r, block, from);
    vm_ir_free(&ir);
}

void ir_random_region(struct vm_ir_unit *ir, uint32_t focus, uint64_t *state)
{
    struct generator g = {.state = state};
    struct region r = {.ir = ir, .n = 1 + below(&g, MAX_BLOCKS)};

    r.delta[0] = 2 * below(&g, 100);
    for (uint32_t i = 0; i < r.n; i++)
        r.burns[i] = below(&g, 2);
    for (uint32_t i = 0; i < r.n; i++)
        random_block(&r, i, focus, state);
    for (uint32_t i = 0; i < r.n; i++)
        if (r.jump[i] != VM_NO_VALUE)
            ir->insns[r.jump[i]].imm = r.jump_to[i] < r.n ? r.delta[r.jump_to[i]] : 8000;
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        struct vm_ir_insn *insn = &ir->insns[i];
        if ((insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF) && insn->aux)
            insn->imm = r.delta[insn->aux - 1];
    }
}

void ir_random_machine(struct test_machine *m, uint64_t *state)
{
    for (uint32_t s = 0; s < SLOT_V0; s++) {
        if (s != SLOT_ZERO && s != SLOT_LOW15)
            test_slot_set(m, s, interesting(state, test_arch.slots[s].type));
    }
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t type = VM_I64 + (uint32_t)(test_random(state) >> 33) % 3;
        uint64_t v = interesting(state, type);
        if (type == VM_F32)
            v |= interesting(state, type) << 32;
        test_half_set(m, SLOT_V0 + i / 2, i % 2, v);
    }
    for (uint32_t s = 8; s < 12; s++)
        test_slot_set(m, s,
                      TEST_BASE + (test_random(state) >> 20) % (TEST_PAGES * VM_PAGE_SIZE) / 8 * 8);
    test_slot_set(m, SLOT_FLAGS, test_random(state) & 31);
    test_slot_set(m, SLOT_FUEL, test_random(state) % 20);
    for (size_t i = 0; i < TEST_PAGES * VM_PAGE_SIZE; i += 8) {
        uint64_t v = test_random(state);
        memcpy(m->memory + i, &v, 8);
    }
    m->cpu->pc = 0x80000000;
    m->cpu->countdown = 1000;
    m->cpu->reserve_size = (test_random(state) & 1) ? 8 : 0;
    m->cpu->reserve_va = test_slot_get(m, 8);
    m->cpu->reserve_value = 0;
    memset(&m->cpu->fault, 0, sizeof(m->cpu->fault));
    m->cpu->exit_unit = NULL;
    m->cpu->pending_exit = VM_EXIT_NONE;
}

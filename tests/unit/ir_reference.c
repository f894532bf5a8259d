/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference evaluator: what ir-opcodes.def says, one IR instruction after the other. Written to
 * be plainly right, so it computes integers in 128 bits and floating point in software. Values are
 * kept zero-extended.
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/softfp.h>
#include "ir_machine.h"

typedef unsigned __int128 u128;
typedef __int128 s128;

struct state {
    struct test_machine *m;
    struct vm_cpu *cpu;
    const struct vm_ir_unit *ir;
    struct vm_unit *unit;
    uint64_t *value;           /* by IR instruction, */
    uint64_t *high;            /* and the high half of a v128 */
    uint64_t start;            /* the unit's base address */
    int32_t done;              /* guest instructions begun */
    int64_t delta;             /* of the one in progress */
    uint32_t at;               /* IR instruction in progress */
    uint32_t leave;            /* exit to take after this guest instruction, or VM_EXIT_NONE */
    const struct vm_cpu *poll; /* of a region: where to poll */
};

static uint32_t width(uint32_t type)
{
    return type == VM_I32 || type == VM_F32 ? 32 : 64;
}

static uint64_t cut(uint64_t v, uint32_t bits)
{
    return bits == 64 ? v : v & (((uint64_t)1 << bits) - 1);
}

static int64_t sign(uint64_t v, uint32_t bits)
{
    return bits == 64 ? (int64_t)v : (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* Integer operation on w bits. */
static uint64_t integer2(uint32_t op, uint64_t a, uint64_t b, uint32_t w)
{
    int64_t sa = sign(a, w), sb = sign(b, w);
    uint32_t n = (uint32_t)b & (w - 1);

    switch (op) {
    case VM_OP_ADD:
        return a + b;
    case VM_OP_SUB:
        return a - b;
    case VM_OP_MUL:
        return a * b;
    case VM_OP_MULHS:
        return (uint64_t)((u128)((s128)sa * sb) >> w);
    case VM_OP_MULHU:
        return (uint64_t)((u128)a * b >> w);
    case VM_OP_MULHSU:
        return (uint64_t)((u128)((s128)sa * (s128)b) >> w);
    case VM_OP_DIVS:
        return sb == 0 ? 0 : (uint64_t)((s128)sa / sb);
    case VM_OP_DIVU:
        return b == 0 ? 0 : a / b;
    case VM_OP_REMS:
        return sb == 0 ? a : (uint64_t)((s128)sa % sb);
    case VM_OP_REMU:
        return b == 0 ? a : a % b;
    case VM_OP_AND:
        return a & b;
    case VM_OP_OR:
        return a | b;
    case VM_OP_XOR:
        return a ^ b;
    case VM_OP_ANDN:
        return a & ~b;
    case VM_OP_SHL:
        return a << n;
    case VM_OP_SHR:
        return a >> n;
    case VM_OP_SAR:
        return (uint64_t)(sa >> n);
    case VM_OP_ROTL:
        return n == 0 ? a : a << n | a >> (w - n);
    case VM_OP_ROTR:
        return n == 0 ? a : a >> n | a << (w - n);
    case VM_OP_SMIN:
        return sa < sb ? a : b;
    case VM_OP_SMAX:
        return sa > sb ? a : b;
    case VM_OP_UMIN:
        return a < b ? a : b;
    case VM_OP_UMAX:
        return a > b ? a : b;
    case VM_OP_EQ:
        return a == b;
    case VM_OP_NE:
        return a != b;
    case VM_OP_SLT:
        return sa < sb;
    case VM_OP_SLE:
        return sa <= sb;
    case VM_OP_ULT:
        return a < b;
    case VM_OP_ULE:
        return a <= b;
    default:
        abort();
    }
}

static uint64_t integer1(const struct vm_ir_insn *insn, uint64_t a, uint32_t w)
{
    uint64_t r = 0;

    switch (insn->op) {
    case VM_OP_NOT:
        return ~a;
    case VM_OP_NEG:
        return 0 - a;
    case VM_OP_CLZ:
        while (r < w && !(a >> (w - 1 - r) & 1))
            r++;
        return r;
    case VM_OP_CTZ:
        while (r < w && !(a >> r & 1))
            r++;
        return r;
    case VM_OP_POPCNT:
        for (uint32_t i = 0; i < w; i++)
            r += a >> i & 1;
        return r;
    case VM_OP_BSWAP:
        for (uint32_t i = 0; i < w; i += 8)
            r |= (a >> i & 0xff) << (w - 8 - i);
        return r;
    case VM_OP_ORC_B:
        for (uint32_t i = 0; i < w; i += 8)
            r |= a >> i & 0xff ? (uint64_t)0xff << i : 0;
        return r;
    case VM_OP_SEXT:
        return (uint64_t)sign(a, (uint32_t)insn->imm);
    case VM_OP_ZEXT:
        return cut(a, (uint32_t)insn->imm);
    default:
        abort();
    }
}

/* ---- floating point ---- */

/* By its class. */
static uint64_t flushed(struct vm_fp_env *env, unsigned kind, uint64_t a, uint64_t sign_bit)
{
    if (!(kind & (VM_FP_CLASS_NEG_SUBNORMAL | VM_FP_CLASS_POS_SUBNORMAL)))
        return a;
    env->flags |= VM_FP_ID;
    return a & sign_bit;
}

#define FP_CASES(F, SIGN)                                              \
    switch (insn->op) {                                                \
    case VM_OP_FADD:                                                   \
        return vm_##F##_add_soft(env, a, b);                           \
    case VM_OP_FSUB:                                                   \
        return vm_##F##_sub_soft(env, a, b);                           \
    case VM_OP_FMUL:                                                   \
        return vm_##F##_mul_soft(env, a, b);                           \
    case VM_OP_FDIV:                                                   \
        return vm_##F##_div_soft(env, a, b);                           \
    case VM_OP_FSQRT:                                                  \
        return vm_##F##_sqrt_soft(env, a);                             \
    case VM_OP_FRINT:                                                  \
        if (variant == 0)                                              \
            return vm_##F##_nearbyint(env, a);                         \
        return vm_##F##_rint(env, a);                                  \
    case VM_OP_FMA:                                                    \
        return vm_##F##_fma_soft(env, a, b, c);                        \
    case VM_OP_FMIN:                                                   \
        return variant == 2   ? vm_##F##_min_2008(env, a, b)           \
               : variant == 1 ? vm_##F##_minimum(env, a, b)            \
                              : vm_##F##_min(env, a, b);               \
    case VM_OP_FMAX:                                                   \
        return variant == 2   ? vm_##F##_max_2008(env, a, b)           \
               : variant == 1 ? vm_##F##_maximum(env, a, b)            \
                              : vm_##F##_max(env, a, b);               \
    case VM_OP_FEQ:                                                    \
        return vm_##F##_compare_soft(env, a, b, 1) == VM_FP_EQUAL;     \
    case VM_OP_FLT:                                                    \
        return vm_##F##_compare_soft(env, a, b, quiet) == VM_FP_LESS;  \
    case VM_OP_FLE:                                                    \
        return vm_##F##_compare_soft(env, a, b, quiet) <= VM_FP_EQUAL; \
    case VM_OP_FFLUSH:                                                 \
        return flushed(env, vm_##F##_classify(a), a, SIGN);            \
    default:                                                           \
        break;                                                         \
    }

static uint64_t float_same(const struct vm_ir_insn *insn, struct vm_fp_env *env, uint64_t a,
                           uint64_t b, uint64_t c)
{
    int variant = (int)VM_AUX_VARIANT(insn->aux), quiet = variant;

    if (insn->type == VM_F64) {
        FP_CASES(f64, UINT64_C(1) << 63)
    } else if (insn->type == VM_F16) {
        FP_CASES(f16, 1u << 15)
    } else {
        FP_CASES(f32, 1u << 31)
    }
    abort();
}

/* By a double, exactly, made integral; then it fits 16 bits or not. */
static uint64_t half_to_int(const struct vm_ir_insn *insn, struct vm_fp_env *env, uint16_t a)
{
    bool is_unsigned = VM_AUX_VARIANT(insn->aux) & 1;
    int64_t least = is_unsigned ? 0 : INT16_MIN, most = is_unsigned ? UINT16_MAX : INT16_MAX;
    struct vm_fp_env silent = *env;
    int64_t r = vm_f64_to_i64_soft(&silent, vm_f16_to_f64_soft(&silent, a));

    if (vm_f16_classify(a) & (VM_FP_CLASS_QNAN | VM_FP_CLASS_SNAN)) {
        env->flags |= VM_FP_NV;
        return VM_AUX_VARIANT(insn->aux) & 2 ? 0 : (uint64_t)most;
    }
    if (r < least || r > most) {
        env->flags |= VM_FP_NV;
        return cut((uint64_t)(r < least ? least : most), 16);
    }
    env->flags |= silent.flags;
    return cut((uint64_t)r, 16);
}

static uint64_t float_to_int(const struct vm_ir_insn *insn, struct vm_fp_env *env, uint64_t a)
{
    bool is_unsigned = VM_AUX_VARIANT(insn->aux) & 1, from64 = VM_AUX_SRC(insn->aux) == VM_F64;
    unsigned kind = from64 ? vm_f64_classify(a) : vm_f32_classify((uint32_t)a);

    if (VM_AUX_SRC(insn->aux) == VM_F16)
        return half_to_int(insn, env, (uint16_t)a);
    if (VM_AUX_VARIANT(insn->aux) & 2 && kind & (VM_FP_CLASS_QNAN | VM_FP_CLASS_SNAN)) {
        env->flags |= VM_FP_NV;
        return 0;
    }
    if (insn->type == VM_I64) {
        if (is_unsigned)
            return from64 ? vm_f64_to_u64_soft(env, a) : vm_f32_to_u64_soft(env, (uint32_t)a);
        return (uint64_t)(from64 ? vm_f64_to_i64_soft(env, a)
                                 : vm_f32_to_i64_soft(env, (uint32_t)a));
    }
    if (is_unsigned)
        return from64 ? vm_f64_to_u32_soft(env, a) : vm_f32_to_u32_soft(env, (uint32_t)a);
    return (uint32_t)(from64 ? vm_f64_to_i32_soft(env, a) : vm_f32_to_i32_soft(env, (uint32_t)a));
}

static uint64_t int_to_float(const struct vm_ir_insn *insn, struct vm_fp_env *env, uint64_t a)
{
    bool is_unsigned = VM_AUX_VARIANT(insn->aux) != 0, to64 = insn->type == VM_F64;
    bool to16 = insn->type == VM_F16;
    uint32_t bits = to16 ? 16 : width(VM_AUX_SRC(insn->aux));
    uint64_t wide = is_unsigned ? a : (uint64_t)sign(a, bits);

    if (to16)
        return vm_f16_from_i64_soft(env, (int64_t)wide);
    if (is_unsigned)
        return to64 ? vm_f64_from_u64_soft(env, wide) : vm_f32_from_u64_soft(env, wide);
    return to64 ? vm_f64_from_i64_soft(env, (int64_t)wide)
                : vm_f32_from_i64_soft(env, (int64_t)wide);
}

static uint64_t floating(struct state *s, const struct vm_ir_insn *insn, const uint64_t *arg)
{
    struct vm_fp_env env = {.rm = (uint8_t)VM_AUX_RM(insn->aux),
                            .nan_rule = test_arch.fp.nan_rule,
                            .tiny_before = test_arch.fp.tiny_before,
                            .ftz = insn->aux & VM_AUX_FLUSH ? VM_FP_FTZ_UF : VM_FP_FTZ_OFF,
                            .default_nan = (insn->aux & VM_AUX_DEFAULT_NAN) != 0};
    uint64_t r;

    switch (insn->op) {
    case VM_OP_FCVT:
        r = insn->type == VM_F64 ? vm_f32_to_f64_soft(&env, (uint32_t)arg[0])
                                 : vm_f64_to_f32_soft(&env, arg[0]);
        break;
    case VM_OP_FTOI:
        r = float_to_int(insn, &env, arg[0]);
        break;
    case VM_OP_ITOF:
        r = int_to_float(insn, &env, arg[0]);
        break;
    case VM_OP_V_FCVTL:
        r = vm_f16_to_f32_soft(&env, (uint16_t)arg[0]);
        if (VM_AUX_VARIANT(insn->aux) && vm_f16_classify((uint16_t)arg[0]) & VM_FP_CLASS_SNAN &&
            !env.default_nan)
            r ^= 0x400000;
        break;
    case VM_OP_V_FCVTN:
        r = vm_f32_to_f16_soft(&env, (uint32_t)arg[0]);
        break;
    default:
        r = float_same(insn, &env, arg[0], arg[1], arg[2]);
    }
    test_slot_set(s->m, SLOT_FLAGS, test_slot_get(s->m, SLOT_FLAGS) | env.flags);
    return r;
}

/* Operations on floating-point bits that raise nothing. */
static uint64_t float_bits(const struct vm_ir_insn *insn, const uint64_t *arg, uint32_t w)
{
    uint64_t top = (uint64_t)1 << (w - 1);

    switch (insn->op) {
    case VM_OP_FNEG:
        return arg[0] ^ top;
    case VM_OP_FABS:
        return arg[0] & ~top;
    case VM_OP_FCOPYSIGN:
        return (arg[0] & ~top) | (arg[1] & top);
    case VM_OP_FCLASS:
        return w == 64 ? vm_f64_classify(arg[0]) : vm_f32_classify((uint32_t)arg[0]);
    case VM_OP_F32_BOX:
        return VM_AUX_VARIANT(insn->aux) ? (uint32_t)arg[0] : arg[0] | ~(uint64_t)0 << 32;
    case VM_OP_F32_UNBOX:
        return arg[0] >> 32 == 0xffffffff || VM_AUX_VARIANT(insn->aux) ? (uint32_t)arg[0]
                                                                       : 0x7fc00000;
    default:
        abort();
    }
}

/* ---- memory: everything through the host ---- */

static uint64_t extended(const struct vm_ir_insn *insn, uint64_t v)
{
    uint32_t bits = 8 * VM_MEMOP_SIZE(insn->aux);

    return insn->aux & VM_MEMOP_SIGNED ? (uint64_t)sign(v, bits) : v;
}

static int memory(struct state *s, const struct vm_ir_insn *insn, const uint64_t *arg, uint64_t *r)
{
    struct vm_cpu *cpu = s->cpu;
    uint64_t va = arg[0] + (uint64_t)insn->imm, size = VM_MEMOP_SIZE(insn->aux), old;
    uint64_t in = cut(arg[1], (uint32_t)(8 * size)), desired = cut(arg[2], (uint32_t)(8 * size));
    int result;

    if (insn->aux & VM_MEMOP_ALIGN && va % size) {
        bool reads = insn->op == VM_OP_LOAD || insn->op == VM_OP_LL;
        cpu->fault = (struct vm_fault){
            .kind = VM_FAULT_ALIGN, .access = reads ? VM_ACCESS_READ : VM_ACCESS_WRITE, .va = va};
        return VM_MEM_FAULT;
    }
    switch (insn->op) {
    case VM_OP_LOAD:
    case VM_OP_LL:
        result = cpu->host->load(cpu, va, insn->aux, &old);
        if (result == VM_MEM_OK && insn->op == VM_OP_LL) {
            cpu->reserve_va = va;
            cpu->reserve_size = (uint32_t)size;
            cpu->reserve_value = old;
        }
        break;
    case VM_OP_STORE:
        return cpu->host->store(cpu, va, insn->aux, in);
    case VM_OP_AMO:
        result = cpu->host->amo(cpu, va, insn->aux, in, &old);
        break;
    case VM_OP_CAS:
        result = cpu->host->cas(cpu, va, insn->aux, in, desired, &old);
        break;
    default:
        *r = 1;
        if (cpu->reserve_size != size || cpu->reserve_va != va) {
            cpu->reserve_size = 0;
            return VM_MEM_OK;
        }
        result = cpu->host->cas(cpu, va, insn->aux, cpu->reserve_value, in, &old);
        if (result != VM_MEM_FAULT) {
            *r = old != cpu->reserve_value;
            cpu->reserve_size = 0;
        }
        return result;
    }
    if (result != VM_MEM_FAULT)
        *r = extended(insn, old);
    return result;
}

/* ---- control ---- */

static int leave(struct state *s, uint64_t pc, uint32_t exit)
{
    s->cpu->pc = pc;
    s->cpu->countdown -= s->done;
    s->cpu->pending_exit = VM_EXIT_NONE;
    if (exit != VM_EXIT_NEXT || s->leave)
        s->cpu->exit_unit = NULL;
    return (int)exit;
}

static int trap(struct state *s)
{
    s->done--;
    s->cpu->exit_unit = NULL;
    return leave(s, s->start + (uint64_t)s->delta, VM_EXIT_TRAP);
}

/* Number of an exit among those that leave. */
static uint32_t exit_index(const struct vm_ir_unit *ir, uint32_t at)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < at; i++)
        n += ir_leaves(&ir->insns[i]);
    return n;
}

static uint32_t label_index(const struct vm_ir_unit *ir, uint32_t block)
{
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        if (ir->insns[i].op == VM_OP_LABEL && block-- == 0)
            return i;
    }
    abort();
}

static int direct(struct state *s, const struct vm_ir_insn *insn)
{
    if (insn->aux && !s->leave) {
        s->at = label_index(s->ir, insn->aux - 1) - 1; /* the next one is the label */
        return 0;
    }
    s->cpu->exit_unit = s->unit;
    s->cpu->exit_index = insn->aux ? 0 : exit_index(s->ir, s->at);
    return leave(s, s->start + (uint64_t)insn->imm, s->leave ? s->leave : VM_EXIT_NEXT);
}

/* Where a region polls is its engine's business; all that counts is that it may do so here. */
static int label(struct state *s, const struct vm_ir_insn *insn)
{
    uint64_t pc = s->start + (uint64_t)insn->imm;

    if (!s->poll || s->poll->pc != pc || s->poll->countdown != s->cpu->countdown - s->done)
        return 0;
    return leave(s, pc, VM_EXIT_POLL);
}

/* The label of the target that an indirect jump goes on at, or n_insns: it leaves. */
static uint32_t target_index(const struct state *s, const struct vm_ir_insn *jump, uint64_t pc)
{
    uint32_t i = 0;

    while (i < s->ir->n_insns &&
           (s->ir->insns[i].op != VM_OP_LABEL || !(s->ir->insns[i].aux & VM_LABEL_TARGET) ||
            s->start + (uint64_t)s->ir->insns[i].imm != pc))
        i++;
    return jump->aux == VM_JUMP_PLAIN && !s->leave ? i : s->ir->n_insns;
}

static int indirect(struct state *s, const struct vm_ir_insn *insn, uint64_t pc)
{
    uint32_t target = target_index(s, insn, pc);

    if (target < s->ir->n_insns) {
        s->at = target - 1; /* the next one is the label */
        return 0;
    }
    s->cpu->exit_unit = NULL;
    return leave(s, pc, s->leave ? s->leave : VM_EXIT_NEXT);
}

static int control(struct state *s, const struct vm_ir_insn *insn, const uint64_t *arg)
{
    uint32_t state = s->leave && s->leave != VM_EXIT_NEXT ? s->leave : VM_EXIT_STATE;

    switch (insn->op) {
    case VM_OP_EXIT_IF:
        return arg[0] ? direct(s, insn) : 0;
    case VM_OP_EXIT:
        return direct(s, insn);
    case VM_OP_EXIT_TO:
        return indirect(s, insn, arg[0]);
    case VM_OP_EXIT_STATE:
        return leave(s, s->start + (uint64_t)insn->imm, state);
    case VM_OP_EXIT_PC:
        return leave(s, s->cpu->pc, state);
    default:
        if (insn->op == VM_OP_TRAP_IF && !arg[0])
            return 0;
        s->cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP,
                                          .code = (uint64_t)insn->imm,
                                          .value = arg[insn->op == VM_OP_TRAP_IF]};
        return trap(s);
    }
}

static int call(struct state *s, const struct vm_ir_insn *insn, uint64_t *r)
{
    uint64_t a[6] = {0};

    for (uint32_t i = 0; i < insn->n_args; i++) {
        vm_ir_value v = vm_ir_arg(insn, i);
        const struct vm_ir_insn *def = &s->ir->insns[v];
        bool narrow = def->op != VM_OP_EXTS && def->op != VM_OP_EXTU && width(def->type) == 32 &&
                      def->type != VM_NONE;
        bool is_bool = def->op >= VM_OP_EQ && def->op <= VM_OP_ULE;
        bool flag = def->op == VM_OP_FEQ || def->op == VM_OP_FLT || def->op == VM_OP_FLE ||
                    def->op == VM_OP_FCLASS || def->op == VM_OP_SC;
        a[i] = narrow && !is_bool && !flag ? (uint64_t)sign(s->value[v], 32) : s->value[v];
    }
    *r = test_arch.helpers[insn->aux].fn(s->cpu, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (s->cpu->pending_exit == VM_EXIT_TRAP)
        return trap(s);
    if (s->cpu->pending_exit != VM_EXIT_NONE)
        s->leave = s->cpu->pending_exit;
    return 0;
}

static int marker(struct state *s, const struct vm_ir_insn *insn)
{
    if (s->leave) {
        s->cpu->exit_unit = NULL;
        return leave(s, s->start + (uint64_t)insn->imm, s->leave);
    }
    s->done++;
    s->delta = insn->imm;
    return 0;
}

static uint64_t slot_value(struct state *s, uint32_t slot)
{
    return test_arch.slots[slot].constant_zero ? 0 : test_slot_get(s->m, slot);
}

/* ---- vectors ---- */

static uint64_t lane_float(void *opaque, const struct vm_ir_insn *insn, const uint64_t *arg)
{
    return floating(opaque, insn, arg);
}

/* Two accesses of half of it. */
static int vector_memory(struct state *s, const struct vm_ir_insn *insn, uint64_t address,
                         uint64_t *halves)
{
    struct vm_ir_insn half = *insn;
    bool load = insn->op == VM_OP_LOAD;
    int result = VM_MEM_OK, one;

    half.type = VM_I64;
    half.aux = (insn->aux & ~(7u | VM_MEMOP_ALIGN)) | 3;
    if (insn->aux & VM_MEMOP_ALIGN && (address + (uint64_t)insn->imm) & 15) {
        s->cpu->fault = (struct vm_fault){.kind = VM_FAULT_ALIGN,
                                          .access = load ? VM_ACCESS_READ : VM_ACCESS_WRITE,
                                          .va = address + (uint64_t)insn->imm};
        return VM_MEM_FAULT;
    }
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t arg[3] = {address + 8 * i, halves[i], 0};
        one = memory(s, &half, arg, load ? &halves[i] : &arg[2]);
        if (one == VM_MEM_FAULT)
            return one;
        result = one == VM_MEM_OK ? result : one;
    }
    return result;
}

/* Of operations that have to do with vectors; 0 to go on, else the exit. */
static int vector_step(struct state *s, uint32_t i)
{
    const struct vm_ir_insn *insn = &s->ir->insns[i];
    union test_vector arg[3] = {0}, r = {0};
    int result;

    for (uint32_t k = 0; k < insn->n_args; k++)
        arg[k] = (union test_vector){.half = {s->value[insn->arg[k]], s->high[insn->arg[k]]}};
    switch (insn->op) {
    case VM_OP_GET:
        for (uint32_t half = 0; half < 2; half++)
            r.half[half] = test_half_get(s->m, insn->aux, half);
        break;
    case VM_OP_PUT:
        for (uint32_t half = 0; half < 2; half++)
            test_half_set(s->m, insn->aux, half, arg[0].half[half]);
        return 0;
    case VM_OP_LOAD:
    case VM_OP_STORE:
        result =
            vector_memory(s, insn, arg[0].half[0], insn->op == VM_OP_LOAD ? r.half : arg[1].half);
        if (result == VM_MEM_FAULT)
            return trap(s);
        if (result == VM_MEM_CODE && !s->leave)
            s->leave = VM_EXIT_NEXT;
        break;
    default:
        r = ir_reference_vector(insn, arg, lane_float, s);
    }
    s->value[i] = r.half[0];
    s->high[i] = r.half[1];
    return 0;
}

/* 0 to go on, else the exit. */
static int step(struct state *s, uint32_t i)
{
    const struct vm_ir_insn *insn = &s->ir->insns[i];
    uint64_t arg[3] = {0, 0, 0}, *r = &s->value[i];
    uint32_t w = width(insn->type);
    int result;

    if (insn->type == VM_V128 || insn->op == VM_OP_V_GET)
        return vector_step(s, i);
    for (uint32_t k = 0; k < 3 && k < insn->n_args; k++)
        arg[k] = s->value[insn->arg[k]];
    switch (insn->op) {
    case VM_OP_CONST:
        *r = cut((uint64_t)insn->imm, w);
        return 0;
    case VM_OP_PC:
        *r = s->start + (uint64_t)insn->imm;
        return 0;
    case VM_OP_GET:
        *r = slot_value(s, insn->aux);
        return 0;
    case VM_OP_PUT:
        test_slot_set(s->m, insn->aux, arg[0]);
        return 0;
    case VM_OP_BITCAST:
    case VM_OP_EXTU:
        *r = arg[0];
        return 0;
    case VM_OP_TRUNC:
        *r = (uint32_t)arg[0];
        return 0;
    case VM_OP_EXTS:
        *r = (uint64_t)sign(arg[0], 32);
        return 0;
    case VM_OP_SELECT:
        *r = arg[0] ? arg[1] : arg[2];
        return 0;
    case VM_OP_CARRY:
        *r = (uint64_t)(((u128)arg[0] + arg[1] + (arg[2] & 1)) >> 64);
        return 0;
    case VM_OP_FENCE:
        return 0;
    case VM_OP_CALL:
        return call(s, insn, r);
    case VM_OP_INSN:
        return marker(s, insn);
    case VM_OP_LABEL:
        return label(s, insn);
    case VM_OP_NOT ... VM_OP_NEG:
    case VM_OP_CLZ ... VM_OP_ZEXT:
        *r = cut(integer1(insn, arg[0], w), w);
        return 0;
    case VM_OP_ADD ... VM_OP_ANDN:
    case VM_OP_SHL ... VM_OP_UMAX:
        *r = cut(integer2(insn->op, arg[0], arg[1], w), w);
        return 0;
    case VM_OP_EQ ... VM_OP_ULE:
        *r = integer2(insn->op, arg[0], arg[1], w);
        return 0;
    case VM_OP_FCLASS ... VM_OP_FCOPYSIGN:
    case VM_OP_F32_BOX ... VM_OP_F32_UNBOX:
        *r = float_bits(insn, arg, w);
        return 0;
    case VM_OP_FADD ... VM_OP_FFLUSH:
    case VM_OP_FCVT ... VM_OP_ITOF:
        *r = floating(s, insn, arg);
        return 0;
    case VM_OP_LOAD ... VM_OP_SC:
        result = memory(s, insn, arg, r);
        if (result == VM_MEM_FAULT)
            return trap(s);
        if (result == VM_MEM_CODE && !s->leave)
            s->leave = VM_EXIT_NEXT;
        if (insn->op != VM_OP_SC)
            *r = cut(*r, w);
        return 0;
    default:
        return control(s, insn, arg);
    }
}

static enum vm_exit run(struct state *s)
{
    int result = 0;

    s->value = calloc(2 * s->ir->n_insns, sizeof(*s->value));
    if (!s->value)
        abort();
    s->high = s->value + s->ir->n_insns;
    for (; s->at < s->ir->n_insns && result == 0; s->at++)
        result = step(s, s->at);
    free(s->value);
    return (enum vm_exit)result;
}

enum vm_exit ir_reference(struct test_machine *m, const struct vm_ir_unit *ir, struct vm_unit *unit)
{
    struct state s = {.m = m, .cpu = m->cpu, .ir = ir, .unit = unit, .start = m->cpu->pc};

    if (m->cpu->countdown < (int32_t)ir->guest_insns) {
        m->cpu->exit_unit = NULL;
        return VM_EXIT_POLL;
    }
    return run(&s);
}

enum vm_exit ir_reference_region(struct test_machine *m, const struct vm_ir_unit *ir,
                                 struct vm_unit *unit, const struct vm_cpu *poll)
{
    struct state s = {.m = m, .cpu = m->cpu, .ir = ir, .unit = unit, .poll = poll};

    s.start = m->cpu->pc & VM_PAGE_MASK;
    while (ir->insns[s.at].op != VM_OP_LABEL || !(ir->insns[s.at].aux & VM_LABEL_ENTRY) ||
           ir->insns[s.at].imm != (int64_t)(m->cpu->pc - s.start)) {
        if (++s.at == ir->n_insns)
            abort();
    }
    return run(&s);
}

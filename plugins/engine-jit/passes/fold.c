/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pass: operations become constants, older values or cheaper operations. The rules look at the
 * operation in progress, whose operands are new values, and at the new instructions behind those.
 */
#include "fold.h"

struct fold {
    struct jit_rewrite rw;
    struct vm_ir_insn insn; /* in progress */
    bool changed;           /* it is not what it was */
    bool skip;              /* behind an end of the block, up to the next that is reached */
    struct jit_pass_stats *stats;
};

/* ---- looking ---- */

static const struct vm_ir_insn *def(const struct fold *f, vm_ir_value v)
{
    return &f->rw.out.insns[v];
}

static bool is_const(const struct fold *f, vm_ir_value v, int64_t *c)
{
    *c = def(f, v)->imm;
    return def(f, v)->op == VM_OP_CONST;
}

/* v is `op`, of the type of the operation in progress, on *x and a constant. */
static bool is_op_const(const struct fold *f, vm_ir_value v, uint32_t op, vm_ir_value *x,
                        int64_t *c)
{
    const struct vm_ir_insn *insn = def(f, v);

    if (insn->op != op || insn->type != f->insn.type || !is_const(f, insn->arg[1], c))
        return false;
    *x = insn->arg[0];
    return true;
}

static bool is_compare(uint32_t op)
{
    return op >= VM_OP_EQ && op <= VM_OP_ULE;
}

/* log2 of c, or -1. */
static int power_of_two(uint64_t c)
{
    return c && !(c & (c - 1)) ? __builtin_ctzll(c) : -1;
}

/* ---- changing; each rule returns the value that takes the operation's place, VM_NO_VALUE: emit
 * what is in progress ---- */

static vm_ir_value constant(struct fold *f, uint32_t type, uint64_t c)
{
    f->changed = true;
    return vm_ir_const(&f->rw.out, (enum vm_ir_type)type, type == VM_I32 ? (int32_t)c : (int64_t)c);
}

static void become_1(struct fold *f, uint32_t op, vm_ir_value x, int64_t imm)
{
    f->insn.op = (uint16_t)op;
    f->insn.n_args = 1;
    f->insn.arg[0] = x;
    f->insn.arg[1] = f->insn.arg[2] = VM_NO_VALUE;
    f->insn.imm = imm;
    f->changed = true;
}

static void become_2(struct fold *f, uint32_t op, vm_ir_value x, vm_ir_value y)
{
    become_1(f, op, x, 0);
    f->insn.n_args = 2;
    f->insn.arg[1] = y;
}

static vm_ir_value become_const(struct fold *f, uint32_t op, vm_ir_value x, uint64_t c)
{
    become_2(f, op, x, constant(f, f->insn.type, c));
    return VM_NO_VALUE;
}

static vm_ir_value be(struct fold *f, vm_ir_value v)
{
    f->changed = true;
    return v;
}

/* ---- constants ---- */

static bool all_const(struct fold *f, vm_ir_value *result)
{
    uint64_t arg[3] = {0}, r;
    int64_t c;

    if (f->insn.n_args == 0 || f->insn.n_args > 3)
        return false;
    for (uint32_t i = 0; i < f->insn.n_args; i++) {
        if (!is_const(f, f->insn.arg[i], &c))
            return false;
        arg[i] = jit_low_bits((uint64_t)c, jit_width(def(f, f->insn.arg[i])->type));
    }
    if (!jit_evaluate(&f->insn, arg, &r))
        return false;
    *result = constant(f, jit_result_type(&f->insn), r);
    return true;
}

/* ---- with a constant on the right ---- */

static vm_ir_value add_const(struct fold *f, vm_ir_value x, int64_t c)
{
    const struct vm_ir_insn *d = def(f, x);
    vm_ir_value y;
    int64_t more;

    if (c == 0)
        return be(f, x);
    if (is_op_const(f, x, VM_OP_ADD, &y, &more)) {
        uint64_t sum = (uint64_t)c + (uint64_t)more;
        if (jit_low_bits(sum, jit_width(f->insn.type)) == 0)
            return be(f, y);
        return become_const(f, VM_OP_ADD, y, sum);
    }
    if (d->op == VM_OP_PC) {
        f->changed = true;
        return vm_ir_0(&f->rw.out, VM_OP_PC, VM_NONE, 0, (int64_t)((uint64_t)d->imm + (uint64_t)c));
    }
    return VM_NO_VALUE;
}

static vm_ir_value mul_const(struct fold *f, vm_ir_value x, int64_t c)
{
    int log2 = power_of_two(jit_low_bits((uint64_t)c, jit_width(f->insn.type)));

    if (c == 0)
        return constant(f, f->insn.type, 0);
    if (log2 == 0)
        return be(f, x);
    if (log2 > 0)
        return become_const(f, VM_OP_SHL, x, (uint64_t)log2);
    if (c == -1)
        become_1(f, VM_OP_NEG, x, 0);
    return VM_NO_VALUE;
}

static vm_ir_value div_const(struct fold *f, vm_ir_value x, int64_t c)
{
    uint32_t op = f->insn.op;
    bool is_rem = op == VM_OP_REMS || op == VM_OP_REMU;
    int log2 = power_of_two(jit_low_bits((uint64_t)c, jit_width(f->insn.type)));

    if (c == 0)
        return is_rem ? be(f, x) : constant(f, f->insn.type, 0);
    if (log2 == 0 || (c == -1 && op == VM_OP_REMS))
        return is_rem ? constant(f, f->insn.type, 0) : be(f, x);
    if (c == -1 && op == VM_OP_DIVS)
        become_1(f, VM_OP_NEG, x, 0);
    else if (log2 > 0 && op == VM_OP_DIVU)
        return become_const(f, VM_OP_SHR, x, (uint64_t)log2);
    else if (log2 > 0 && op == VM_OP_REMU)
        return become_const(f, VM_OP_AND, x, (uint64_t)c - 1);
    return VM_NO_VALUE;
}

static vm_ir_value and_const(struct fold *f, vm_ir_value x, int64_t c)
{
    uint32_t w = jit_width(f->insn.type);
    uint64_t mask = jit_low_bits((uint64_t)c, w);
    int log2 = power_of_two(mask + 1); /* of all ones in 64 bits it is -1 */
    vm_ir_value y;
    int64_t more;

    if (c == 0)
        return constant(f, f->insn.type, 0);
    if (c == -1 || (log2 > 0 && jit_unsigned_bits(&f->rw.out, x) <= (uint32_t)log2))
        return be(f, x);
    if (is_op_const(f, x, VM_OP_AND, &y, &more))
        return become_const(f, VM_OP_AND, y, (uint64_t)c & (uint64_t)more);
    if (log2 == 8 || log2 == 16 || log2 == 32)
        become_1(f, VM_OP_ZEXT, x, log2);
    return VM_NO_VALUE;
}

static vm_ir_value or_const(struct fold *f, vm_ir_value x, int64_t c)
{
    vm_ir_value y;
    int64_t more;

    if (c == 0)
        return be(f, x);
    if (f->insn.op == VM_OP_OR) {
        if (c == -1)
            return constant(f, f->insn.type, (uint64_t)c);
        if (is_op_const(f, x, VM_OP_OR, &y, &more))
            return become_const(f, VM_OP_OR, y, (uint64_t)c | (uint64_t)more);
    } else {
        if (is_op_const(f, x, VM_OP_XOR, &y, &more))
            return become_const(f, VM_OP_XOR, y, (uint64_t)c ^ (uint64_t)more);
        if (c == -1)
            become_1(f, VM_OP_NOT, x, 0);
    }
    return VM_NO_VALUE;
}

/* One way and back by the same count is an extension; the same way twice is once by more. */
static vm_ir_value shift_shift(struct fold *f, vm_ir_value x, uint32_t n)
{
    uint32_t w = jit_width(f->insn.type), op = f->insn.op;
    vm_ir_value y;
    int64_t c;

    if ((op == VM_OP_SHR || op == VM_OP_SAR) && is_op_const(f, x, VM_OP_SHL, &y, &c) &&
        ((uint64_t)c & (w - 1)) == n) {
        become_1(f, op == VM_OP_SHR ? VM_OP_ZEXT : VM_OP_SEXT, y, w - n);
        return VM_NO_VALUE;
    }
    if (op > VM_OP_SAR || !is_op_const(f, x, op, &y, &c))
        return VM_NO_VALUE;
    n += (uint32_t)c & (w - 1);
    if (n < w)
        return become_const(f, op, y, n);
    return op == VM_OP_SAR ? become_const(f, op, y, w - 1) : constant(f, f->insn.type, 0);
}

static vm_ir_value shift_const(struct fold *f, vm_ir_value x, int64_t c)
{
    uint32_t w = jit_width(f->insn.type), n = (uint32_t)c & (w - 1);

    if (n == 0)
        return be(f, x);
    if (f->insn.op == VM_OP_SHR && jit_unsigned_bits(&f->rw.out, x) <= n)
        return constant(f, f->insn.type, 0);
    vm_ir_value v = shift_shift(f, x, n);
    if (v == VM_NO_VALUE && !f->changed && (int64_t)n != c)
        return become_const(f, f->insn.op, x, n);
    return v;
}

/* ---- comparisons ---- */

/* The opposite of a comparison: of NOT(a < b), b <= a. */
static void become_opposite(struct fold *f, const struct vm_ir_insn *d)
{
    static const uint16_t opposite[] = {VM_OP_NE,  VM_OP_EQ,  VM_OP_SLE,
                                        VM_OP_SLT, VM_OP_ULE, VM_OP_ULT};
    bool swaps = d->op >= VM_OP_SLT;
    vm_ir_value a = d->arg[swaps], b = d->arg[!swaps];

    f->insn.type = d->type;
    become_2(f, opposite[d->op - VM_OP_EQ], a, b);
}

/* EQ and NE with zero. */
static vm_ir_value equal_zero(struct fold *f, vm_ir_value x)
{
    const struct vm_ir_insn *d = def(f, x);

    if (f->insn.type == VM_I64 && jit_unsigned_bits(&f->rw.out, x) <= 1) {
        if (f->insn.op == VM_OP_NE)
            return be(f, x);
        if (is_compare(d->op))
            become_opposite(f, d);
    } else if ((d->op == VM_OP_XOR || d->op == VM_OP_SUB) && d->type == f->insn.type) {
        become_2(f, f->insn.op, d->arg[0], d->arg[1]);
    }
    return VM_NO_VALUE;
}

static vm_ir_value compare_const(struct fold *f, vm_ir_value x, int64_t c)
{
    uint32_t op = f->insn.op;
    vm_ir_value y;
    int64_t more;

    if (op == VM_OP_EQ || op == VM_OP_NE) {
        if (c == 0)
            return equal_zero(f, x);
        if (is_op_const(f, x, VM_OP_ADD, &y, &more))
            return become_const(f, op, y, (uint64_t)c - (uint64_t)more);
        if (is_op_const(f, x, VM_OP_XOR, &y, &more))
            return become_const(f, op, y, (uint64_t)c ^ (uint64_t)more);
    } else if (op == VM_OP_ULT && c == 0) {
        return constant(f, VM_I64, 0);
    } else if (op == VM_OP_ULE && c == -1) {
        return constant(f, VM_I64, 1);
    } else if ((op == VM_OP_ULT && c == 1) || (op == VM_OP_ULE && c == 0)) {
        return become_const(f, VM_OP_EQ, x, 0);
    }
    return VM_NO_VALUE;
}

/* ---- operations with two operands ---- */

static vm_ir_value const_right(struct fold *f, vm_ir_value x, int64_t c)
{
    switch (f->insn.op) {
    case VM_OP_ADD:
        return add_const(f, x, c);
    case VM_OP_SUB:
        become_const(f, VM_OP_ADD, x, 0 - (uint64_t)c);
        return add_const(
            f, x, f->insn.type == VM_I32 ? (int32_t)(0 - (uint64_t)c) : (int64_t)(0 - (uint64_t)c));
    case VM_OP_MUL:
        return mul_const(f, x, c);
    case VM_OP_MULHU:
        return c == 0 || c == 1 ? constant(f, f->insn.type, 0) : VM_NO_VALUE;
    case VM_OP_DIVS ... VM_OP_REMU:
        return div_const(f, x, c);
    case VM_OP_AND:
        return and_const(f, x, c);
    case VM_OP_ANDN:
        become_const(f, VM_OP_AND, x, ~(uint64_t)c);
        return and_const(f, x, ~c);
    case VM_OP_OR:
    case VM_OP_XOR:
        return or_const(f, x, c);
    case VM_OP_SHL ... VM_OP_ROTR:
        return shift_const(f, x, c);
    case VM_OP_EQ ... VM_OP_ULE:
        return compare_const(f, x, c);
    default:
        return VM_NO_VALUE;
    }
}

static vm_ir_value const_left(struct fold *f, int64_t c, vm_ir_value x)
{
    uint32_t op = f->insn.op;

    if (c != 0)
        return VM_NO_VALUE;
    if (op == VM_OP_SUB)
        become_1(f, VM_OP_NEG, x, 0);
    else if (op == VM_OP_ULT)
        return become_const(f, VM_OP_NE, x, 0);
    else if (op == VM_OP_ULE)
        return constant(f, VM_I64, 1);
    else if (op == VM_OP_ANDN || (op >= VM_OP_DIVS && op <= VM_OP_REMU) ||
             (op >= VM_OP_SHL && op <= VM_OP_ROTR))
        return constant(f, f->insn.type, 0);
    return VM_NO_VALUE;
}

static vm_ir_value same_operands(struct fold *f, vm_ir_value x)
{
    switch (f->insn.op) {
    case VM_OP_SUB:
    case VM_OP_XOR:
    case VM_OP_ANDN:
        return constant(f, f->insn.type, 0);
    case VM_OP_AND:
    case VM_OP_OR:
    case VM_OP_SMIN ... VM_OP_UMAX:
        return be(f, x);
    case VM_OP_EQ:
    case VM_OP_SLE:
    case VM_OP_ULE:
        return constant(f, VM_I64, 1);
    case VM_OP_NE:
    case VM_OP_SLT:
    case VM_OP_ULT:
        return constant(f, VM_I64, 0);
    default:
        return VM_NO_VALUE;
    }
}

static vm_ir_value binary(struct fold *f)
{
    vm_ir_value *arg = f->insn.arg;
    int64_t c;

    if (jit_op_flags[f->insn.op] & JIT_OP_COMMUTES && is_const(f, arg[0], &c)) {
        vm_ir_value first = arg[0];
        arg[0] = arg[1];
        arg[1] = first;
    }
    if (arg[0] == arg[1])
        return same_operands(f, arg[0]);
    if (is_const(f, arg[1], &c))
        return const_right(f, arg[0], c);
    return is_const(f, arg[0], &c) ? const_left(f, c, arg[1]) : VM_NO_VALUE;
}

/* ---- operations with one operand ---- */

/* SEXT or ZEXT of n bits of x, in the type of the operation in progress. */
static vm_ir_value extend(struct fold *f, uint32_t op, vm_ir_value x, uint32_t n)
{
    const struct vm_ir_insn *d = def(f, x);
    uint32_t known =
        op == VM_OP_SEXT ? jit_signed_bits(&f->rw.out, x) : jit_unsigned_bits(&f->rw.out, x);

    if (known <= n)
        return be(f, x);
    /* What is cut off again need not be extended first. */
    if ((d->op == VM_OP_SEXT || d->op == VM_OP_ZEXT) && d->type == f->insn.type &&
        (uint32_t)d->imm >= n)
        become_1(f, op, d->arg[0], n);
    return VM_NO_VALUE;
}

/* EXTS and EXTU; of a TRUNC they are SEXT and ZEXT. */
static vm_ir_value widen(struct fold *f, vm_ir_value x)
{
    const struct vm_ir_insn *d = def(f, x);
    uint32_t op = f->insn.op == VM_OP_EXTS ? VM_OP_SEXT : VM_OP_ZEXT;

    if (d->op != VM_OP_TRUNC)
        return VM_NO_VALUE;
    x = d->arg[0];
    f->insn.type = VM_I64;
    become_1(f, op, x, 32);
    return extend(f, op, x, 32);
}

static vm_ir_value truncate_(struct fold *f, vm_ir_value x)
{
    const struct vm_ir_insn *d = def(f, x);

    if (d->op == VM_OP_EXTS || d->op == VM_OP_EXTU)
        return be(f, d->arg[0]);
    if ((d->op == VM_OP_SEXT || d->op == VM_OP_ZEXT) && d->imm >= 32)
        become_1(f, VM_OP_TRUNC, d->arg[0], 0);
    return VM_NO_VALUE;
}

static vm_ir_value unary(struct fold *f)
{
    vm_ir_value x = f->insn.arg[0];
    const struct vm_ir_insn *d = def(f, x);

    switch (f->insn.op) {
    case VM_OP_SEXT:
    case VM_OP_ZEXT:
        return extend(f, f->insn.op, x, (uint32_t)f->insn.imm);
    case VM_OP_EXTS:
    case VM_OP_EXTU:
        return widen(f, x);
    case VM_OP_TRUNC:
        return truncate_(f, x);
    case VM_OP_NOT:
    case VM_OP_NEG:
    case VM_OP_BSWAP:
        return d->op == f->insn.op ? be(f, d->arg[0]) : VM_NO_VALUE;
    case VM_OP_BITCAST:
        return d->op == VM_OP_BITCAST ? be(f, d->arg[0]) : VM_NO_VALUE;
    case VM_OP_F32_UNBOX:
        return d->op == VM_OP_F32_BOX && (VM_AUX_VARIANT(f->insn.aux) || !VM_AUX_VARIANT(d->aux))
                   ? be(f, d->arg[0])
                   : VM_NO_VALUE;
    default:
        return VM_NO_VALUE;
    }
}

static vm_ir_value select_(struct fold *f)
{
    vm_ir_value *arg = f->insn.arg;
    const struct vm_ir_insn *d = def(f, arg[0]);
    int64_t c;

    if (arg[1] == arg[2])
        return be(f, arg[1]);
    if (is_const(f, arg[0], &c))
        return be(f, arg[c ? 1 : 2]);
    if ((d->op == VM_OP_NE || d->op == VM_OP_EQ) && d->type == VM_I64 &&
        is_const(f, d->arg[1], &c) && c == 0) {
        vm_ir_value first = arg[1];
        arg[0] = d->arg[0];
        if (d->op == VM_OP_EQ) {
            arg[1] = arg[2];
            arg[2] = first;
        }
        f->changed = true;
    }
    return VM_NO_VALUE;
}

/* ---- what is not a value ---- */

/* A constant in an address goes to its offset, so that accesses beside each other have one base. */
static void address(struct fold *f)
{
    const struct vm_ir_insn *d = def(f, f->insn.arg[0]);
    int64_t c = 0;

    if (d->op == VM_OP_ADD ? !is_const(f, d->arg[1], &c) : d->op != VM_OP_PC)
        return;
    c = d->op == VM_OP_PC ? d->imm : c;
    if (c != (int32_t)c || f->insn.imm != (int32_t)f->insn.imm ||
        c + f->insn.imm != (int32_t)(c + f->insn.imm) || (d->op == VM_OP_PC && c == 0))
        return;
    f->insn.arg[0] = d->op == VM_OP_PC ? vm_ir_0(&f->rw.out, VM_OP_PC, VM_NONE, 0, 0) : d->arg[0];
    f->insn.imm += c;
    f->changed = true;
}

/* A branch or trap on a constant happens or does not; what is behind one that does is gone. */
static bool decided(struct fold *f)
{
    const struct vm_ir_insn *d = def(f, f->insn.arg[0]);
    bool is_exit = f->insn.op == VM_OP_EXIT_IF;
    int64_t c;

    if (!is_const(f, f->insn.arg[0], &c)) {
        if (d->op == VM_OP_NE && d->type == VM_I64 && is_const(f, d->arg[1], &c) && c == 0) {
            f->insn.arg[0] = d->arg[0];
            f->changed = true;
        }
        return false;
    }
    f->stats->folded++;
    if (c == 0)
        return true;
    f->insn.op = is_exit ? VM_OP_EXIT : VM_OP_TRAP;
    f->insn.n_args = is_exit ? 0 : 1;
    f->insn.arg[0] = is_exit ? VM_NO_VALUE : f->insn.arg[1];
    f->insn.arg[1] = VM_NO_VALUE;
    f->skip = true;
    return false;
}

/* ---- all of it ---- */

static vm_ir_value fold_value(struct fold *f)
{
    vm_ir_value v = VM_NO_VALUE;

    if (f->insn.op == VM_OP_CALL || jit_op_flags[f->insn.op] & JIT_OP_EFFECT || all_const(f, &v))
        return v;
    if (f->insn.op == VM_OP_SELECT)
        return select_(f);
    if (f->insn.op >= VM_OP_FADD)
        return f->insn.op == VM_OP_F32_UNBOX ? unary(f) : VM_NO_VALUE;
    return f->insn.n_args == 2 ? binary(f) : f->insn.n_args == 1 ? unary(f) : VM_NO_VALUE;
}

static void one(struct fold *f, uint32_t i)
{
    vm_ir_value v;

    f->insn = jit_rewrite_take(&f->rw, i);
    f->changed = false;
    if (jit_starts_block(&f->insn))
        f->skip = false;
    if (f->skip || f->rw.out.failed)
        return;
    if (f->insn.op >= VM_OP_LOAD && f->insn.op <= VM_OP_SC)
        address(f);
    else if ((f->insn.op == VM_OP_EXIT_IF || f->insn.op == VM_OP_TRAP_IF) && decided(f))
        return;
    v = fold_value(f);
    if (v == VM_NO_VALUE)
        jit_rewrite_put(&f->rw, i, &f->insn);
    else
        f->rw.map[i] = v;
    f->stats->folded += f->changed;
}

bool jit_pass_fold(struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                   struct jit_pass_stats *stats)
{
    struct fold f = {.stats = stats};

    if (!jit_rewrite_begin(&f.rw, ir, arch))
        return false;
    for (uint32_t i = 0; i < ir->n_insns; i++)
        one(&f, i);
    return jit_rewrite_end(&f.rw);
}

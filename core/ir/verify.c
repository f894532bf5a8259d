/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks a unit of IR against every rule of vmrun/ir.h and ir-opcodes.def. The engines rely on what
 * passes here. */
#include <inttypes.h>
#include <string.h>
#include <vmrun/engine.h>
#include <vmrun/softfp.h>
#include "core/ir/ir.h"

struct checker {
    const struct vm_ir_unit *ir;
    const struct vm_arch_ops *arch;
    struct vm_error *err;
    uint32_t index; /* of the instruction being checked */
    uint32_t markers, exits, labels;
    uint32_t n_labels;  /* of the whole region; 0: not one */
    uint32_t block;     /* index of the first instruction whose value may be used here */
    int64_t next_delta; /* first byte behind the guest instruction in progress */
    bool dirty;         /* the guest instruction in progress has already changed state */
};

#define MEMOP_KNOWN 0x1fffu /* without the AMO number */

static int refuse(const struct checker *c, const char *why)
{
    const struct vm_ir_insn *insn = &c->ir->insns[c->index];
    const char *name = insn->op < VM_OP_COUNT ? ir_ops[insn->op].name : "?";

    return vm_error_set(c->err, "IR instruction %%%" PRIu32 " (%s): %s", c->index, name, why);
}

static uint32_t type_width(uint32_t type)
{
    return type == VM_V128 ? 128 : type == VM_I32 || type == VM_F32 ? 32 : 64;
}

static bool is_float(uint32_t type)
{
    return type == VM_F32 || type == VM_F64;
}

/* Of lanes. */
static bool is_lane_float(uint32_t type)
{
    return is_float(type) || type == VM_F16;
}

static bool is_int(uint32_t type)
{
    return type == VM_I32 || type == VM_I64;
}

static int check_operands(const struct checker *c, const struct vm_ir_insn *insn)
{
    const char *letters = ir_ops[insn->op].operands;
    uint32_t want = (uint32_t)strlen(letters);

    if (insn->op == VM_OP_CALL) {
        if (insn->aux >= c->arch->n_helpers)
            return refuse(c, "no such helper");
        want = c->arch->helpers[insn->aux].n_args;
    }
    if (insn->n_args != want)
        return refuse(c, "wrong number of operands");
    for (uint32_t i = 0; i < want; i++) {
        vm_ir_value v = vm_ir_arg(insn, i);
        if (v >= c->index)
            return refuse(c, "operand is not defined before its use");
        if (v < c->block)
            return refuse(c, "operand is a value of another block");
        enum vm_ir_type got = ir_result_type(&c->ir->insns[v]);
        if (got == VM_NONE)
            return refuse(c, "operand is an instruction without a result");
        switch (insn->op == VM_OP_CALL ? 'A' : letters[i]) {
        case 'T':
            if (got != insn->type)
                return refuse(c, "operand is not of the instruction's type");
            break;
        case 'S':
            if (got != VM_AUX_SRC(insn->aux))
                return refuse(c, "operand is not of the source type");
            break;
        case 'I':
            if (got != VM_I64)
                return refuse(c, "operand is not an i64");
            break;
        case 'A':
            if (got == VM_V128)
                return refuse(c, "a helper takes no vectors");
            break;
        case 'V':
            if (got != VM_V128)
                return refuse(c, "operand is not a v128");
            break;
        }
    }
    for (uint32_t i = want; i < 3; i++) {
        if (insn->arg[i] != VM_NO_VALUE)
            return refuse(c, "operand beyond the last one");
    }
    return 0;
}

static int check_slot(const struct checker *c, const struct vm_ir_insn *insn)
{
    if (insn->aux >= c->arch->n_slots)
        return refuse(c, "no such slot");
    const struct vm_slot *slot = &c->arch->slots[insn->aux];
    if (slot->type != insn->type)
        return refuse(c, "not the slot's type");
    if (insn->op == VM_OP_PUT && slot->constant_zero)
        return refuse(c, "put to a slot that is always zero");
    return 0;
}

static int check_memop(const struct checker *c, const struct vm_ir_insn *insn)
{
    uint32_t size = VM_MEMOP_SIZE(insn->aux), known = MEMOP_KNOWN;

    if (insn->op == VM_OP_AMO) {
        known |= 0xffu << VM_MEMOP_AMO_SHIFT;
        if (VM_MEMOP_AMO(insn->aux) >= VM_AMO_COUNT)
            return refuse(c, "no such read-modify-write operation");
    }
    if (insn->aux & ~known)
        return refuse(c, "unknown bits in the memop");
    if (size >> VM_MEMOP_PARTS(insn->aux) == 0)
        return refuse(c, "more parts than the access has bytes");
    if (size * 8 > type_width(insn->type))
        return refuse(c, "access is wider than the type");
    if (!is_int(insn->type) && size * 8 != type_width(insn->type))
        return refuse(c, "a floating-point or vector access must have the type's width");
    if (insn->type == VM_V128 && insn->aux & (VM_MEMOP_BIG | VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE))
        return refuse(c, "a vector access is not ordered, and has the host's byte order");
    return 0;
}

/* Of vectors: the scalar operation that is done on each lane. */
static uint32_t scalar_op(uint32_t op)
{
    if (op >= VM_OP_V_FADD && op <= VM_OP_V_FFLUSH)
        return VM_OP_FADD + (op - VM_OP_V_FADD);
    return op == VM_OP_V_FTOI ? VM_OP_FTOI : op == VM_OP_V_ITOF ? VM_OP_ITOF : op;
}

/* Lanes in `aux`, and the counts that depend on them. */
static int check_lanes(const struct checker *c, const struct vm_ir_insn *insn)
{
    uint32_t size = VM_LANE_SIZE(insn->aux), lane = VM_LANE_NUMBER(insn->aux);
    bool numbered =
        insn->op == VM_OP_V_GET || insn->op == VM_OP_V_SET || insn->op == VM_OP_V_SPREAD;
    bool halves = insn->op >= VM_OP_V_MULLU && insn->op <= VM_OP_V_MADDS;
    bool doubles = insn->op >= VM_OP_V_UXTL && insn->op <= VM_OP_V_UQXTN;

    if (size < halves || size > (doubles ? 2 : 3))
        return refuse(c, "no such size of lanes");
    if (lane >= (numbered ? 16u >> size : 1))
        return refuse(c, "no such lane");
    if (is_float(insn->type) && 8u << size != type_width(insn->type))
        return refuse(c, "the lane has not the type's width");
    if (insn->op >= VM_OP_V_SHL && insn->op <= VM_OP_V_SAR &&
        (insn->imm < 0 || insn->imm >= 8 << size))
        return refuse(c, "shift by the lane's width or more");
    return 0;
}

/* VM_AUX_* that an operation may have. */
static uint32_t known_bits(const struct vm_ir_insn *insn)
{
    switch (scalar_op(insn->op)) {
    case VM_OP_FADD ... VM_OP_FDIV:
    case VM_OP_FMA:
    case VM_OP_FCVT:
    case VM_OP_V_FCVTN:
        return VM_AUX_DEFAULT_NAN | VM_AUX_FLUSH;
    case VM_OP_V_FCVTL:
    case VM_OP_FSQRT:
    case VM_OP_FRINT:
    case VM_OP_FMIN:
    case VM_OP_FMAX:
        return VM_AUX_DEFAULT_NAN;
    default:
        return 0;
    }
}

/* Types and mode in `aux` of floating-point operations and bitcast. */
static int check_fp_aux(const struct checker *c, const struct vm_ir_insn *insn)
{
    uint32_t src = VM_AUX_SRC(insn->aux), type = insn->type, variants = 0;
    bool ok;

    if (type == VM_V128 && insn->op != VM_OP_V_LOW)
        type = src; /* of the lanes; FTOI's and ITOF's have one size */
    switch (scalar_op(insn->op)) {
    case VM_OP_V_LOW:
        ok = src == VM_I64 || is_float(src);
        break;
    case VM_OP_BITCAST:
        ok = src < VM_TYPE_COUNT && is_int(src) != is_int(type) &&
             type_width(src) == type_width(type);
        break;
    case VM_OP_FCVT:
        ok = is_float(src) && src != type;
        break;
    case VM_OP_V_FCVTL:
    case VM_OP_V_FCVTN:
        ok = src == VM_F32;
        variants = insn->op == VM_OP_V_FCVTL;
        break;
    case VM_OP_FTOI:
        ok = insn->type == VM_V128 ? is_lane_float(src) : is_float(src);
        variants = 3;
        break;
    case VM_OP_ITOF:
        ok = insn->type == VM_V128 ? is_lane_float(src) : is_int(src);
        variants = 1;
        break;
    case VM_OP_F32_BOX:
        ok = src == VM_F32;
        variants = 1;
        break;
    case VM_OP_F32_UNBOX:
        ok = src == VM_F64;
        variants = 1;
        break;
    case VM_OP_FRINT:
    case VM_OP_FLT:
    case VM_OP_FLE:
        ok = src == 0 || src == type;
        variants = 1;
        break;
    case VM_OP_FMIN:
    case VM_OP_FMAX:
        ok = src == 0 || src == type;
        variants = 2;
        break;
    default:
        ok = src == 0 || src == type;
    }
    if (insn->type == VM_V128 && insn->op != VM_OP_V_LOW && !is_lane_float(src))
        ok = false;
    if (insn->op == VM_OP_V_FFLUSH && src == VM_F16)
        ok = false;
    if (!ok)
        return refuse(c, "wrong source type");
    if (VM_AUX_RM(insn->aux) > VM_FP_RMM)
        return refuse(c, "no such rounding mode");
    if (VM_AUX_VARIANT(insn->aux) > variants)
        return refuse(c, "no such variant");
    if (insn->aux & ~VM_AUX(0xff, 0xff, 0xff) & ~known_bits(insn))
        return refuse(c, "unknown bits beside the variant");
    if (ir_ops[insn->op].flags & IR_FP && c->arch->fp.flags_slot >= c->arch->n_slots)
        return refuse(c, "floating point, but the architecture declares no slot for its flags");
    return 0;
}

static int check_immediate(const struct checker *c, const struct vm_ir_insn *insn)
{
    int64_t imm = insn->imm;

    switch (insn->op) {
    case VM_OP_CONST:
        if (insn->type == VM_I32 && imm != (int32_t)imm)
            return refuse(c, "i32 constant is not sign-extended");
        if (insn->type == VM_F32 && imm != (int32_t)imm && imm != (uint32_t)imm)
            return refuse(c, "f32 constant has more than 32 bits");
        return 0;
    case VM_OP_SEXT:
    case VM_OP_ZEXT:
        if (imm < 1 || imm > type_width(insn->type))
            return refuse(c, "bit count is not within 1 to the type's width");
        return 0;
    case VM_OP_V_EXT:
        return imm >= 0 && imm < 16 ? 0 : refuse(c, "first byte is not within the vector");
    case VM_OP_FENCE:
        if (imm < 1 || imm > VM_FENCE_ALL)
            return refuse(c, "fence orders nothing, or has unknown bits");
        return 0;
    case VM_OP_CALL:
        if (insn->n_args < 6 && (insn->n_args <= 3 ? imm : imm >> 21 * (insn->n_args - 3)) != 0)
            return refuse(c, "operand beyond the last one");
        return 0;
    default:
        if (!(ir_ops[insn->op].flags & IR_IMM) && imm != 0)
            return refuse(c, "immediate on an operation that has none");
        return 0;
    }
}

/* An exit to a block of the region. */
static int check_target(const struct checker *c, const struct vm_ir_insn *insn)
{
    uint32_t rank = 0;

    if (insn->aux > c->n_labels)
        return refuse(c, "no such block");
    for (uint32_t i = 0; i < c->ir->n_insns && rank < insn->aux; i++) {
        const struct vm_ir_insn *label = &c->ir->insns[i];
        if (label->op != VM_OP_LABEL || ++rank != insn->aux)
            continue;
        if (label->imm != insn->imm)
            return refuse(c, "not the delta of the block that it goes to");
        if (label->aux & VM_LABEL_INNER && (insn->op != VM_OP_EXIT || i != c->index + 1))
            return refuse(c, "only the end of the block before goes to an inner one");
    }
    return 0;
}

static int check_aux(const struct checker *c, const struct vm_ir_insn *insn)
{
    uint32_t flags = ir_ops[insn->op].flags;

    switch (insn->op) {
    case VM_OP_GET:
    case VM_OP_PUT:
        return check_slot(c, insn);
    case VM_OP_EXIT_TO:
        return insn->aux <= VM_JUMP_RETURN ? 0 : refuse(c, "no such kind of jump");
    case VM_OP_EXIT:
    case VM_OP_EXIT_IF:
        return check_target(c, insn);
    case VM_OP_LABEL:
        return insn->aux <= VM_LABEL_INNER || insn->aux == (VM_LABEL_ENTRY | VM_LABEL_TARGET)
                   ? 0
                   : refuse(c, "unknown flags");
    case VM_OP_CALL:
    case VM_OP_INSN:
        return 0;
    default:
        if (!(flags & IR_AUX))
            return insn->aux == 0 ? 0 : refuse(c, "auxiliary word on an operation that has none");
        if (flags & IR_LANES)
            return check_lanes(c, insn);
        return flags & IR_MEMORY ? check_memop(c, insn) : check_fp_aux(c, insn);
    }
}

/* Blocks of a region that follow each other may have been made one, in whatever order they lie. */
static int check_marker(struct checker *c, const struct vm_ir_insn *insn)
{
    if (c->n_labels > 0) {
        if (insn->imm < 0 || insn->imm + insn->aux > (int64_t)VM_PAGE_SIZE)
            return refuse(c, "guest instruction outside of the region's page");
    } else if (insn->imm < c->next_delta) {
        return refuse(c, "guest instructions overlap or go backwards");
    }
    if (insn->aux < c->arch->min_insn_bytes || insn->aux > c->arch->max_insn_bytes)
        return refuse(c, "guest instruction has a length that the architecture does not know");
    c->next_delta = insn->imm + insn->aux;
    if (c->next_delta > c->ir->guest_bytes)
        return refuse(c, "guest instruction reaches beyond the unit's guest bytes");
    c->markers++;
    c->dirty = false;
    return 0;
}

/* Precise state: nothing of a guest instruction may have happened when one of its operations
 * faults. */
static int check_precise(struct checker *c, const struct vm_ir_insn *insn)
{
    uint32_t flags = ir_ops[insn->op].flags;
    bool faults = (flags & IR_FAULTS) != 0, changes = insn->op == VM_OP_PUT || (flags & IR_FP) != 0;

    if (insn->op == VM_OP_CALL) {
        const struct vm_helper *helper = &c->arch->helpers[insn->aux];
        faults = (helper->flags & VM_HELPER_MAY_TRAP) != 0;
        changes = (helper->flags & VM_HELPER_ALL_SLOTS) != 0 ||
                  (helper->writes && helper->writes[0] != 0xffff);
    }
    if (faults && c->dirty)
        return refuse(c, "may fault after its guest instruction has changed state");
    c->dirty |= changes;
    return 0;
}

/* A block begins: values end, deltas may go back. */
static int check_label(struct checker *c, const struct vm_ir_insn *insn)
{
    if (c->labels++ == 0 && !(insn->aux & VM_LABEL_ENTRY))
        return refuse(c, "a region's first block must be an entry");
    if (insn->imm < 0 || insn->imm >= (int64_t)VM_PAGE_SIZE)
        return refuse(c, "a block begins outside of the region's page");
    if (!(insn->aux & VM_LABEL_INNER))
        c->block = c->index + 1;
    else if (insn[-1].op != VM_OP_EXIT || insn[-1].aux != c->labels)
        return refuse(c, "the block before does not go to the inner one");
    c->next_delta = insn->imm;
    return 0;
}

/* Where a unit, or a block of a region, begins and ends. */
static int check_place(const struct checker *c, const struct vm_ir_insn *insn)
{
    bool last = c->index == c->ir->n_insns - 1, first = c->index == 0 || insn[-1].op == VM_OP_LABEL;
    bool ends = (ir_ops[insn->op].flags & IR_ENDS) != 0;

    if (c->n_labels > 0 && c->index == 0)
        return insn->op == VM_OP_LABEL ? 0 : refuse(c, "a region must start with a label");
    if (first && (insn->op != VM_OP_INSN || insn->imm != c->next_delta))
        return refuse(c, "a unit must start with the marker of its first guest instruction");
    if (!last && insn[1].op == VM_OP_LABEL)
        return ends ? 0 : refuse(c, "a block must end with an exit or a trap");
    if (ends != last)
        return refuse(c, last ? "a unit must end with an exit or a trap"
                              : "instructions follow the end of the unit");
    return 0;
}

static int check_insn(struct checker *c)
{
    const struct vm_ir_insn *insn = &c->ir->insns[c->index];

    if (insn->op >= VM_OP_COUNT)
        return refuse(c, "no such opcode");
    const struct ir_op_info *info = &ir_ops[insn->op];
    if (insn->type >= VM_TYPE_COUNT || !(info->types & 1u << insn->type))
        return refuse(c, "the operation does not exist for this type");
    if (check_place(c, insn) || check_operands(c, insn) || check_aux(c, insn) ||
        check_immediate(c, insn))
        return -1;
    if (insn->op == VM_OP_INSN)
        return check_marker(c, insn);
    if (insn->op == VM_OP_LABEL)
        return check_label(c, insn);
    if ((insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF) && insn->aux == 0 &&
        ++c->exits > VM_UNIT_MAX_EXITS)
        return refuse(c, "too many exits");
    return check_precise(c, insn);
}

int ir_verify(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch, struct vm_error *err)
{
    struct checker c = {.ir = ir, .arch = arch, .err = err};

    if (ir->failed)
        return vm_error_set(err, "IR could not be built: %s",
                            ir->why ? ir->why : "no reason given");
    if (ir->n_insns == 0)
        return vm_error_set(err, "IR unit is empty");
    for (uint32_t i = 0; i < ir->n_insns; i++)
        c.n_labels += ir->insns[i].op == VM_OP_LABEL;
    for (; c.index < ir->n_insns; c.index++) {
        if (check_insn(&c))
            return -1;
    }
    if (c.markers != ir->guest_insns)
        return vm_error_set(
            err, "IR unit says %" PRIu32 " guest instructions but has %" PRIu32 " markers",
            ir->guest_insns, c.markers);
    return 0;
}

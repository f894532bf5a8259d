/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ir.h - the intermediate representation: typed SSA over one unit of guest code. MATCHED tier.
 *
 * A unit is one extended block: it is entered at its first instruction only and may leave at
 * several exits. An instruction's index in the array is also the id of the value that it defines.
 *
 * A region is a unit of several blocks on one guest page. Each begins with LABEL, whose imm is the
 * block's delta and whose number is its rank among the LABELs, from 0. EXIT and EXIT_IF may lead to
 * a block, and blocks with VM_LABEL_ENTRY may be entered from outside. Values end at a LABEL: only
 * slots live on. Deltas of a region count from the beginning of the page, those of any other unit
 * from its first instruction; both are relative to the unit's base address, which is the page of
 * cpu->pc plus vm_unit.page_offset.
 *
 * Guest state is read and written by get/put of the slots that the arch declared. The opcodes are
 * in ir-opcodes.def; the verifier (core/ir) checks everything that is said there.
 *
 * Precise state: an instruction that may fault (flag F) must find every put of earlier guest
 * instructions done and none of its own instruction's; the arch emits puts after the last faulting
 * operation of the same guest instruction. The verifier checks it.
 */
#ifndef VMRUN_IR_H
#define VMRUN_IR_H

#include <stdbool.h>
#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vm_ir_type {
    VM_NONE = 0,
    VM_I32 = 1,
    VM_I64 = 2,
    VM_F32 = 3, /* as raw bits in the low half of a 64-bit cell */
    VM_F64 = 4,
    VM_V128 = 5, /* lane 0 least significant; slots of it lie at multiples of 16 */
    VM_TYPE_COUNT,
    VM_F16 = VM_TYPE_COUNT, /* of lanes of vectors only: no value and no slot has it */
    VM_LANE_TYPE_COUNT
};

enum vm_ir_op {
#define VM_OP(NAME, name, result, operands, types, flags) VM_OP_##NAME,
#include <vmrun/ir-opcodes.def>
#undef VM_OP
    VM_OP_COUNT
};

typedef uint32_t vm_ir_value; /* index of the defining instruction */
#define VM_NO_VALUE ((vm_ir_value)0xffffffff)

struct vm_ir_insn {
    uint16_t op;  /* enum vm_ir_op */
    uint8_t type; /* enum vm_ir_type */
    uint8_t n_args;
    uint32_t aux;
    vm_ir_value arg[3]; /* VM_NO_VALUE beyond n_args */
    uint32_t reserved;
    int64_t imm;
};

/*
 * aux of floating-point operations and BITCAST. The rounding mode is VM_FP_RNE ... of softfp.h, and
 * always static: an arch puts a dynamic mode in the mode key.
 */
#define VM_AUX(src, rm, variant) ((uint32_t)(src) | (uint32_t)(rm) << 8 | (uint32_t)(variant) << 16)
#define VM_AUX_SRC(aux)          ((aux)&0xff)
#define VM_AUX_RM(aux)           (((aux) >> 8) & 0xff)
#define VM_AUX_VARIANT(aux)      (((aux) >> 16) & 0xff)
/*
 * ... and two more of its bits, of operations that have floating-point numbers in and out.
 *   DEFAULT_NAN  a NaN that comes out is the default one (not of FFLUSH, whose are what came in)
 *   FLUSH        of FADD, FSUB, FMUL, FDIV, FMA, FCVT and V_FCVTN: a result that is tiny before
 *                rounding becomes a zero of its sign, raising VM_FP_UF and nothing else
 */
#define VM_AUX_DEFAULT_NAN (1u << 24)
#define VM_AUX_FLUSH       (1u << 25)

/*
 * aux of operations on the lanes of vectors (flag V): the logarithm of a lane's bytes, 0 to 3, and
 * for some the number of a lane.
 */
#define VM_LANES(size, lane) ((uint32_t)(size) | (uint32_t)(lane) << 8)
#define VM_LANE_SIZE(aux)    ((aux)&0xff)
#define VM_LANE_NUMBER(aux)  ((aux) >> 8)

/* imm of FENCE: which earlier accesses are ordered before which later ones. */
#define VM_FENCE_LL  1
#define VM_FENCE_LS  2
#define VM_FENCE_SL  4
#define VM_FENCE_SS  8
#define VM_FENCE_ALL 15

/* aux of LABEL. */
#define VM_LABEL_ENTRY 1u /* may be entered from outside of the region */
#define VM_LABEL_INNER 2u /* reached only from the end of the block before it: values live on */
/* With VM_LABEL_ENTRY: an EXIT_TO of the region that is VM_JUMP_PLAIN goes on here, as an EXIT to
 * the block would, if its target is the block's address. */
#define VM_LABEL_TARGET 4u

/* aux of EXIT_TO. */
enum { VM_JUMP_PLAIN = 0, VM_JUMP_CALL = 1, VM_JUMP_RETURN = 2 };

struct vm_ir_unit {
    struct vm_ir_insn *insns;
    uint32_t n_insns, capacity;
    uint32_t guest_insns; /* number of INSN markers */
    uint32_t guest_bytes; /* length of the guest code from the unit's first byte */
    bool failed;          /* out of memory or malformed emission; `why` says which */
    const char *why;
};

/* What an arch's tables of slots and helpers look like to builder, verifier, printer, engines. */

enum vm_slot_class {
    VM_SLOT_HOT = 0,    /* registers */
    VM_SLOT_SYSTEM = 1, /* system registers kept as slots because generated code reads them */
};

struct vm_slot {
    const char *name;
    uint32_t offset;       /* bytes into cpu->state; naturally aligned */
    uint8_t type;          /* enum vm_ir_type */
    uint8_t slot_class;    /* enum vm_slot_class */
    uint8_t pin_rank;      /* 1 = most worth a host register; 0: not worth one */
    uint8_t constant_zero; /* non-zero: reads as 0, is never put (RISC-V x0 needs no slot at all) */
};

/*
 * Effects of a helper.
 *   MAY_TRAP   may set pending_exit = VM_EXIT_TRAP; then it has changed no slot and the instruction
 *              did not happen
 *   MAY_EXIT   may set pending_exit to another exit, taken after this guest instruction
 *   PURE       the result depends on the arguments only, and is made of integers, without the
 *              host's floating point: it may be removed or shared
 *   FP         reads or writes the FP environment
 *   MEMORY     accesses guest memory through cpu->host
 *   ALL_SLOTS  may read and write any slot: every dirty slot is in memory before, every cached one
 *              reloaded after
 */
#define VM_HELPER_MAY_TRAP  1u
#define VM_HELPER_MAY_EXIT  2u
#define VM_HELPER_PURE      4u
#define VM_HELPER_FP        8u
#define VM_HELPER_MEMORY    16u
#define VM_HELPER_ALL_SLOTS 32u

struct vm_cpu;
typedef uint64_t (*vm_helper_fn)(struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                 uint64_t e, uint64_t f);

struct vm_helper {
    const char *name;
    vm_helper_fn fn;
    uint8_t n_args; /* 0..6; unused ones are passed as 0 */
    uint8_t reserved[3];
    uint32_t flags;         /* VM_HELPER_* */
    const uint16_t *reads;  /* slots read, 0xffff-terminated; NULL: none (unless ALL_SLOTS) */
    const uint16_t *writes; /* slots written */
};

/* ---- Builder (in the SDK archive) ------------------------------------------------------------ */

void vm_ir_init(struct vm_ir_unit *ir);  /* empty, nothing allocated */
void vm_ir_clear(struct vm_ir_unit *ir); /* empty again, keeps its memory */
void vm_ir_free(struct vm_ir_unit *ir);

/*
 * Appends one instruction and returns its value. On failure sets ir->failed and returns 0; check
 * once at the end.
 */
vm_ir_value vm_ir_emit(struct vm_ir_unit *ir, enum vm_ir_op op, enum vm_ir_type type, uint32_t aux,
                       int64_t imm, uint32_t n_args, vm_ir_value a, vm_ir_value b, vm_ir_value c);
/*
 * Calls helper `index` with n (0..6) arguments of any type; arguments 4 to 6 are packed into imm,
 * 21 bits each.
 */
vm_ir_value vm_ir_call(struct vm_ir_unit *ir, uint32_t index, uint32_t n, const vm_ir_value *args);
/*
 * Appends a block to a region: a LABEL with `flags` for `delta`, then all of `block`, whose deltas
 * begin to count at `delta`. Its exits still leave; the caller sets aux where they do not.
 */
void vm_ir_append(struct vm_ir_unit *region, const struct vm_ir_unit *block, int64_t delta,
                  uint32_t flags);
/* Argument i of any instruction, CALL's packed ones included. */
vm_ir_value vm_ir_arg(const struct vm_ir_insn *insn, uint32_t i);

static inline vm_ir_value vm_ir_const(struct vm_ir_unit *ir, enum vm_ir_type t, int64_t imm)
{
    return vm_ir_emit(ir, VM_OP_CONST, t, 0, imm, 0, VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE);
}
static inline vm_ir_value vm_ir_0(struct vm_ir_unit *ir, enum vm_ir_op op, enum vm_ir_type t,
                                  uint32_t aux, int64_t imm)
{
    return vm_ir_emit(ir, op, t, aux, imm, 0, VM_NO_VALUE, VM_NO_VALUE, VM_NO_VALUE);
}
static inline vm_ir_value vm_ir_1(struct vm_ir_unit *ir, enum vm_ir_op op, enum vm_ir_type t,
                                  uint32_t aux, int64_t imm, vm_ir_value a)
{
    return vm_ir_emit(ir, op, t, aux, imm, 1, a, VM_NO_VALUE, VM_NO_VALUE);
}
static inline vm_ir_value vm_ir_2(struct vm_ir_unit *ir, enum vm_ir_op op, enum vm_ir_type t,
                                  uint32_t aux, int64_t imm, vm_ir_value a, vm_ir_value b)
{
    return vm_ir_emit(ir, op, t, aux, imm, 2, a, b, VM_NO_VALUE);
}
static inline vm_ir_value vm_ir_3(struct vm_ir_unit *ir, enum vm_ir_op op, enum vm_ir_type t,
                                  uint32_t aux, int64_t imm, vm_ir_value a, vm_ir_value b,
                                  vm_ir_value c)
{
    return vm_ir_emit(ir, op, t, aux, imm, 3, a, b, c);
}

#ifdef __cplusplus
}
#endif
#endif

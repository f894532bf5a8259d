/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine-interp: the shape of compiled code, and what the files of this plugin offer one another.
 *
 * Cells. The arch's slots and, behind them, the engine's frame form one array of 64-bit cells that
 * starts at cpu->state; an operand is a cell's index. i64 and f64 slots are operands in place;
 * 32-bit slots are read and written by operations of their own. An i32 or f32 is kept in a frame
 * cell sign-extended, so that exts and bitcasts cost nothing. The low half of any cell may serve
 * as an i32 operand too (trunc costs nothing): 32-bit operations look at low halves only. A v128 is
 * in two cells; the first of them serves as its lane 0 too.
 *
 * Accumulator. The result of an operation also stays in a variable of the loop until another one
 * replaces it; what uses it next takes it from there, which saves it the way through memory.
 *
 * Code. A unit is a struct interp_code: its operations, each one or two 16-byte places, then the
 * table that says at which operation each guest instruction starts. Nothing in the code changes
 * after compile() but the links of the exits. The pc is cpu->pc, the unit's start, until an exit.
 *
 * Stores that hit translated code, and helpers that ask for an exit, take effect after their guest
 * instruction: where that operation is the instruction's last the exit is made at once; otherwise
 * it is left in cpu->pending_exit for the CHECK that lowering has put at the instruction's end.
 */
#ifndef ENGINE_INTERP_INTERP_H
#define ENGINE_INTERP_INTERP_H

#include <stdatomic.h>
#include <vmrun/engine.h>
#include <vmrun/softfp.h>
#include "../engine-common/fp_ops.h"
#include "ops.h"

struct interp_code;

/* One place in the code. `handler` is an offset from the loop's base label. */
struct interp_insn {
    union {
        struct {
            int32_t handler;
            uint16_t d, a, b, x; /* cells; x also holds the count that an EXIF gives back */
            int32_t imm;
        };
        struct { /* EXIT, and the place behind EXIF and BR */
            int32_t exit_handler;
            int32_t delta;
            _Atomic(struct interp_code *) link;
        };
    };
};

/* The place behind MOVI64, TRAP, LOADX, ...: one 64-bit word. */
struct interp_word {
    uint64_t value;
    uint64_t lanes; /* of FVEC: INTERP_LANES_* */
};

/* CALL, over two places. */
struct interp_call {
    int32_t handler;
    uint16_t d, arg[6];
    uint16_t unused[3];
    vm_helper_fn fn;
};

_Static_assert(sizeof(struct interp_insn) == 16, "one place is 16 bytes");
_Static_assert(sizeof(struct interp_word) == 16, "a word takes one place");
_Static_assert(sizeof(struct interp_call) == 32, "a call takes two places");

/* Where a guest instruction starts. */
struct interp_mark {
    uint16_t first; /* place of its first operation */
    uint16_t delta; /* its address less the unit's */
};

struct interp_code {
    struct vm_unit *unit;
    int32_t guest_insns;
    uint32_t n_places;
    const struct interp_mark *marks; /* guest_insns of them */
    const uint16_t *exits;           /* place of each exit's record */
    uint32_t n_exits;
    uint32_t reserved;
    struct interp_insn code[];
};

#define INTERP_FRAME_CELLS 512u
/* The first frame cells are not for temporaries: */
#define INTERP_CELL_ZERO  0u /* always reads 0 */
#define INTERP_CELL_SINK  1u /* takes results that nobody wants */
#define INTERP_CELL_FIRST 2u
/* From here on they come in pairs, for vectors. */
#define INTERP_CELL_PAIRS 384u

enum interp_stat {
    STAT_UNITS,
    STAT_IR_INSNS,
    STAT_OPS,
    STAT_CODE_BYTES,
    STAT_PUTS_FOLDED,
    STAT_PUTS_DEAD,
    STAT_GETS_FORWARDED,
    STAT_CONSTS_FOLDED,
    STAT_COMPARES_FUSED,
    STAT_MOVES,
    STAT_PAIRS,
    STAT_COUNT
};

struct interp_engine {
    const struct vm_arch_ops *arch;
    uint32_t frame; /* first cell of the frame */
    uint32_t
        flags_offset; /* of the low byte of the slot of floating-point flags, which has them all */
    struct vm_fp_env fp; /* the arch's rules, no flags */
    uint32_t *overlap;   /* n_slots words: another slot that shares bytes, in a ring; or itself */
    const int32_t *handlers;
    _Atomic uint64_t stats[STAT_COUNT];
};

/* ---- lowering (lower.c, with simplify.c, emit.c, cells.c, select.c) ---- */

/* Makes code of verified IR; malloc'ed, or NULL with err set. *bytes: its size. */
struct interp_code *interp_lower(struct interp_engine *engine, const struct vm_ir_unit *ir,
                                 struct vm_unit *unit, uint64_t *bytes, struct vm_error *err);

/* ---- the loop (run.c) ---- */

/* Offsets of the handlers by enum interp_op. */
const int32_t *interp_handlers(void);
enum vm_exit interp_run(struct vm_cpu *cpu, struct interp_code *code);

/* ---- exits (leave.c): what the loop does when it stops; `place` is inside `code` ---- */

/*
 * That many instructions of the slice have not run after all. Not atomic as a whole: see VM_KICK
 * about the kick that this may lose.
 */
void interp_give_back(struct vm_cpu *cpu, int32_t count);
/* The operation at `place` has faulted: pc and countdown as before its guest instruction. */
enum vm_exit interp_leave_trap(struct vm_cpu *cpu, const struct interp_code *code,
                               const struct interp_insn *place);
/* An exit is pending and the operation before `place` is done: true if the guest instruction is
 * too, which has then been left. */
bool interp_ends_insn(struct vm_cpu *cpu, const struct interp_code *code,
                      const struct interp_insn *place);
/* pc is set and the count given back: returns the pending exit, or VM_EXIT_NEXT without a linkable
 * exit. */
enum vm_exit interp_leave(struct vm_cpu *cpu);
/* Leaves by an exit that is not linked: where to go on, or NULL: exit_unit and exit_index are set.
 */
struct interp_code *interp_unlinked(struct vm_cpu *cpu, const struct interp_code *code,
                                    const struct interp_insn *record);

/* ---- memory (mem.c): enum vm_mem_result; results are extended as the memop says ---- */

int interp_load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, void *cell);
int interp_store(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value);
int interp_amo(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand, void *cell);
int interp_cas(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected, uint64_t desired,
               void *cell);
int interp_ll(struct vm_cpu *cpu, uint64_t va, uint32_t memop, void *cell);
int interp_sc(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value, void *cell);
void interp_fence(bool full);

/* The same for a v128: two accesses, of eight bytes each. */
int interp_load_vector(struct vm_cpu *cpu, uint64_t va, uint32_t memop, void *cells);
int interp_store_vector(struct vm_cpu *cpu, uint64_t va, uint32_t memop, const void *cells);

/* ---- vectors (vector.c) ---- */

union vector;
/* An operation on integer lanes: on vectors, or cells, and a number. */
typedef void (*interp_vector_fn)(union vector *d, const union vector *a, const union vector *b,
                                 const union vector *c, uint32_t n);

interp_vector_fn interp_vector_select(const struct vm_ir_insn *insn, uint32_t *number);
/* A lane, zero-extended, or sign-extended from 32 bits. */
#define INTERP_LANE(bytes, number, is_signed) \
    ((int64_t)((bytes) | (uint32_t)(is_signed) << 4 | (number) << 8))
uint64_t interp_vector_lane(const void *cells, uint32_t which);
/* A floating-point operation on lanes: what `lanes` says of it is from interp_vector_fp_lanes. */
bool interp_vector_is_fp(uint32_t op);
struct vm_ir_insn interp_vector_scalar(const struct vm_ir_insn *insn);
/* Bytes of the lanes taken and given, and whether what is given is a truth. */
#define INTERP_LANES(taken, given, compares) \
    ((taken) | (given) << 4 | ((compares) ? INTERP_LANES_COMPARE : 0))
#define INTERP_LANES_COMPARE 256
uint64_t interp_vector_fp_lanes(const struct vm_ir_insn *insn);

/* ---- floating point (fp.c, fp_fma.c) ---- */

/* One operation on cells, `mode` by fp_mode_of; raises its flags in the arch's slot. */
typedef uint64_t (*interp_fp_fn)(struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                 uint32_t mode);

/* For an IR operation of flag P. */
interp_fp_fn interp_fp_select(const struct vm_ir_insn *insn);
/* Multiply-add by the host's own instruction, by enum fp_column, or NULL. */
interp_fp_fn interp_fp_host_fma(uint32_t column);

void interp_vector_fp(struct vm_cpu *cpu, interp_fp_fn fn, uint32_t lanes, uint32_t mode, void *d,
                      const void *a, const void *b, const void *c);

/* Sets `env` up for one operation; returns where its flags are to be raised. */
static inline uint8_t *interp_fp_begin(struct vm_cpu *cpu, uint32_t mode, struct vm_fp_env *env)
{
    const struct interp_engine *engine = cpu->engine;
    uint8_t *flags = cpu->state + engine->flags_offset;

    *env = engine->fp;
    fp_set_mode(env, mode);
    env->flags = *flags;
    return flags;
}

#endif

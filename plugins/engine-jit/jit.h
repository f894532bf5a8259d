/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine-jit: what its files share. The folder of a host (x86-64/) holds all that knows that host's
 * instructions; everything else is the same on any.
 *
 * Code. A unit becomes one block of host code: an entry that takes the unit's instructions off the
 * countdown, the body, and behind it the out-of-line parts. While the body runs, cpu->pc counts for
 * its page only: a unit knows its offset in the page and links never lead to another one, so that
 * going along a link touches nothing. Exits, jumps through the jump cache and calls of helpers make
 * it exact.
 *
 * Registers. The best slots by pin rank live in host registers from enter() to its end, at the same
 * place in every unit, so that going from unit to unit moves nothing. All other slots live in
 * cpu->state; a put stores at once, so that state is always precise but for the pins, which every
 * way out of compiled code, calls of C functions included, stores first. What a unit has read or
 * written stays in temporaries as long as there are some.
 *
 * Floating point. The guest's exception flags gather in the host's own status register. They are
 * folded into the arch's slot where somebody may look: before C runs, at a get of the slot, on the
 * way out. What the host does otherwise than the guest goes through the SDK's soft float.
 */
#ifndef ENGINE_JIT_JIT_H
#define ENGINE_JIT_JIT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <vmrun/engine.h>
#include <vmrun/softfp.h>
#include "passes/passes.h"

#define JIT_NONE         UINT32_MAX
#define JIT_REGS         32  /* host registers: 0-15 integer, 16-31 floating point */
#define JIT_FLOAT        16  /* the first floating-point one */
#define JIT_CELLS        256 /* frame cells for temporaries that found no register */
#define JIT_LINES        63  /* accesses of a region that remember their page */
#define JIT_LINE_SETS    32
#define JIT_WINDOWS      8
#define JIT_WINDOW_BYTES (16u << 20) /* of addresses; aligned to that */
#define JIT_WANDERERS    4096        /* accesses of which it is known that a line is not for them */
#define JIT_GROUPS       64          /* groups of accesses of a region that share a probe */
#define JIT_MAX_PINS     24          /* of a region; a set of them is 32 bits */

/* ---- the engine's part of a vCPU, behind the arch's state ---- */

/*
 * The frame begins at a multiple of so many bytes of struct vm_cpu, so that a field's place modulo
 * that is known: a host may take a load for one of what was stored at the same place (cpu.h,
 * `state`). What code often writes here is not at that of the head of struct vm_cpu; what it often
 * reads is there, or at that of slots that are in registers as a rule, or of vectors.
 */
#define JIT_FORWARDS 1024

/* Where accesses of loops were last (x86-64/lines.c). A part has the lines behind the gap. */
#define JIT_LINE_PARTS    3
#define JIT_LINES_OF_PART 21
enum { JIT_EPOCH, JIT_OWNER }; /* parts whose marks these are */

struct jit_lines {
    struct jit_line_part {
        uint64_t gap[64];
        struct jit_line {
            /* An access may begin at so many places up to `last`; or, with a window, anywhere from
             * `places` on, and then addends are at `addend` + 8 * page. */
            uint64_t last, places, addend;
        } line[JIT_LINES_OF_PART];
        /* JIT_EPOCH: the TLB's, when the lines were last made invalid; JIT_OWNER: the id of the
         * region that they are of */
        uint64_t mark;
    } part[JIT_LINE_PARTS];
};

struct jit_frame {
    union {
        struct {
            /* 16-byte operands */
            uint64_t sign64[2], magnitude64[2], sign32[2], magnitude32[2], box[2], low32[2];
            uint64_t smallest64[2], smallest32[2], smallest16[2]; /* normal numbers, in all lanes */
            uint64_t magnitudes64[2], magnitudes32[2], magnitudes16[2];
            uint64_t infinities16[2];
            uint64_t below_single[4], in_single[4]; /* a double's bits that a single has not, has */
            uint64_t denormals64[2], denormals32[2]; /* a limit: x86-64/flush.c */
            uint64_t half32[2];     /* half of a unit of the high half of 64 bits */
            uint64_t byte_limit[2]; /* V_TBL: bytes from 16 on become negative */
            uint64_t signs64[2];
            uint64_t low_halves[3][2];   /* of lanes twice as wide as that size's, */
            uint64_t low_bytes[2][2];    /* and of those of sizes 2 and 3 */
            uint64_t least_counts[2][2]; /* bytes: minus the width of lanes of sizes 0 and 1 */
            uint64_t powers[2][2]; /* bytes: the low and the high ones of 2^0, 2^1, ... 2^15 */
            /* Operands and result of C that does what the host does not; scratch of what the host
             * does. */
            uint64_t vector[4][2];
            uint8_t fp_flags[64];  /* host flag bits to VM_FP_* */
            const void *functions; /* C functions that compiled code calls, by index */
            uint64_t arg[6], result[2];
            uint32_t fp_status,
                fp_default; /* the host's floating-point control word: scratch; as C wants it */
        };
        uint8_t room_of_constants[0x480];
    };
    union {
        uint64_t save[28][2]; /* temporaries over a call */
        uint8_t room_of_save[0x480];
    };
    uint64_t cell[JIT_CELLS][2];
    union {
        struct {
            int32_t line_credit; /* how often lines may change before somebody looks, */
            uint32_t line_blame_count;
            uint64_t line_insns; /* and since when */
            uint64_t line_blamed;
            struct jit_window *windows; /* JIT_WINDOWS; NULL: none yet */
            uint32_t next_window;
        };
        uint8_t room_of_credit[0x300];
    };
    struct jit_lines lines[JIT_LINE_SETS]; /* a region uses that of its id modulo their number */
    uint64_t group_gap[64];
    uint64_t groups[JIT_GROUPS]; /* addends (x86-64/groups.c) */
};

_Static_assert(offsetof(struct jit_frame, cell) % JIT_FORWARDS == 0x100, "the first cells");
_Static_assert(offsetof(struct jit_frame, lines) % JIT_FORWARDS == 0, "the gaps");
_Static_assert(sizeof(struct jit_line_part) == JIT_FORWARDS, "the gaps");

/* Addends of pages, for one kind of access; 0: not known. */
struct jit_window {
    uint64_t name; /* its first address | 1 << enum vm_access; 0: none */
    uint64_t epoch;
    uint64_t addend[JIT_WINDOW_BYTES / VM_PAGE_SIZE];
};

/* ---- code cache (cache.c): blocks of code memory ---- */

struct jit_cache {
    pthread_mutex_t lock;
    struct vm_code_memory memory;
    struct jit_granule *granules;
    uint32_t n_granules;
    uint32_t bins[64];
    uint64_t used; /* bytes in blocks */
};

int jit_cache_init(struct jit_cache *cache, const struct vm_host_code_memory *host, uint64_t bytes,
                   struct vm_error *err);
void jit_cache_free(struct jit_cache *cache, const struct vm_host_code_memory *host);
/* Offset of a block of at least `bytes`, or JIT_NONE: full. [any thread] */
uint32_t jit_cache_alloc(struct jit_cache *cache, uint32_t bytes);
void jit_cache_release(struct jit_cache *cache, uint32_t offset);

/* ---- the engine ---- */

enum jit_stat {
    JIT_STAT_UNITS,
    JIT_STAT_GUEST_INSNS,
    JIT_STAT_IR_INSNS,
    JIT_STAT_CODE_BYTES,
    JIT_STAT_LINKS,
    JIT_STAT_UNLINKS,
    JIT_STAT_RELEASED,
    JIT_STAT_FULL,
    JIT_STAT_SPILLS,
    JIT_STAT_COMPILE_NS,
    JIT_STAT_LINES,
    JIT_STAT_WINDOWS,
    JIT_STAT_LINES_GIVEN_UP,
    /* what the passes did, see struct jit_pass_stats */
    JIT_STAT_COPIED,
    JIT_STAT_JOINED,
    JIT_STAT_DROPPED,
    JIT_STAT_FORWARDED,
    JIT_STAT_FOLDED,
    JIT_STAT_SHARED,
    JIT_STAT_DEAD,
    JIT_STAT_PROBES,
    JIT_STAT_COUNT
};

/* Entry points of the shared code at the start of the cache, as offsets. */
enum jit_stub {
    JIT_STUB_ENTER, /* enum vm_exit (*)(struct vm_cpu *, const void *entry) */
    JIT_STUB_CALL,
    JIT_STUB_CALL_FLOAT,
    JIT_STUB_CALL_PURE, /* of what does not use the host's floating point */
    JIT_STUB_CALL_PURE_FLOAT,
    JIT_STUB_FOLD,
    JIT_STUB_NEXT,
    JIT_STUB_POLL,
    JIT_STUB_LEAVE,
    JIT_STUB_LEAVE_HERE,
    JIT_STUB_TRAP,
    JIT_STUB_STATE,
    JIT_STUB_OUT, /* a region's own, as all CALLs are there */
    JIT_STUB_COUNT
};

/* Which slots live in which registers. */
struct jit_pins {
    int8_t *of; /* by slot: its pin, or -1 */
    uint16_t slot[JIT_MAX_PINS];
    uint8_t reg[JIT_MAX_PINS];
    uint32_t n;
    uint8_t temp[JIT_REGS]; /* temporaries: the host's own, then what could be a pin and is none */
    uint32_t n_temps;
};

struct jit_engine {
    const struct vm_arch_ops *arch;
    const struct vm_host_code_memory *host_code;
    const struct vm_host_engines *host_engines; /* or NULL: for dumps */
    struct jit_cache cache;
    uint32_t stub[JIT_STUB_COUNT];
    uint32_t features;      /* of the host, by its folder */
    uint32_t n_cpus;        /* final before anything is compiled */
    int32_t frame;          /* offset of struct jit_frame from the vCPU */
    uint16_t flags_slot;    /* or 0xffff */
    struct vm_fp_env fp;    /* the arch's rules, no flags */
    uint32_t *overlap;      /* by slot: another slot that shares bytes, in a ring; or itself */
    struct jit_pins pins;   /* of all units but regions, and where regions come from and go to */
    const void **functions; /* the arch's helpers, then JIT_FN_* */
    _Atomic uint32_t last_region_id;
    _Atomic uint32_t wanderers[JIT_WANDERERS]; /* name << 1, and whether a window is not either */
    FILE *perf_map;                            /* or NULL */
    _Atomic uint64_t stats[JIT_STAT_COUNT];
};

static inline int32_t jit_slot_at(const struct jit_engine *e, uint32_t slot)
{
    return (int32_t)(offsetof(struct vm_cpu, state) + e->arch->slots[slot].offset);
}

static inline void jit_count(struct jit_engine *e, enum jit_stat stat, uint64_t n)
{
    atomic_fetch_add_explicit(&e->stats[stat], n, memory_order_relaxed);
}

/* What compile() leaves behind for links and release. */
struct jit_code {
    uint32_t offset, bytes;
    uint32_t n_exits;
    struct jit_exit {
        uint32_t site;     /* place of the patchable displacement in the cache, or JIT_NONE */
        uint32_t unlinked; /* where it leads while there is no link */
    } exits[];
};

/* ---- one unit being compiled ---- */

enum {
    JIT_LIVE = 1,
    JIT_CONST = 2,  /* imm is its value */
    JIT_SIGNED = 4, /* the upper half of its register is the sign of the lower, an i32's too */
    JIT_FUSED = 8,  /* a comparison, or AND, that leaves but the host's flags to the next one; or a
                       PC that the next one compares with where it is */
    JIT_AFTER = 32, /* of a marker: the guest instruction before it may be left at its end */
    JIT_LAST = 16,  /* of a store: nothing more happens in its guest instruction */
    JIT_SEEN = 64,  /* a float whose NaN's bits matter to somebody */
    JIT_SCALED = 128, /* of an ADD: its second operand is shifted left by imm */
    JIT_ZEROED = 256, /* an i32 whose register has zeros above it */
};

#define JIT_FAR (1 << 30) /* bytes from a region to an address that is compared with */

/* VM_AUX_VARIANT of an FMA: what pass 1 has found to be negated. */
enum { JIT_FMA_PRODUCT = 1, JIT_FMA_ADDEND = 2 };

struct jit_insn {
    uint16_t op;
    uint8_t type, result; /* enum vm_ir_type */
    uint8_t n_args;
    uint16_t flags;
    uint32_t aux;
    uint32_t arg[6]; /* roots */
    int64_t imm;
    uint32_t root; /* the value that this one is a copy of; itself if none */
    uint32_t uses; /* consumers that are still to come */
    /* Where the value is (any of these). */
    int8_t reg;    /* temporary register, or -1 */
    uint16_t cell; /* frame cell + 1, or 0 */
    uint32_t pins; /* set of pins */
    uint32_t slot; /* slot in memory, or JIT_NONE */
};

/* A block of a region. */
struct jit_block {
    uint32_t insns;   /* guest instructions */
    uint32_t entry;   /* its rank among the entries, or JIT_NONE */
    uint32_t longest; /* where the countdown is polled: guest instructions to the next poll */
    bool target;      /* indirect jumps of the region may go on here */
    bool polls;       /* it is a head of a loop where the countdown is polled */
    bool in_loop;     /* or in one whose way back leads through a call */
    uint32_t zone;    /* whose pins it has */
    uint32_t place;   /* of its code, once emitted */
    uint32_t stub;    /* of an entry: the way in from outside */
    int64_t delta;
};

/* What a region has beyond a unit (region.c). */
struct jit_region {
    struct vm_ir_unit ir; /* after the passes: blocks are in the order of their code */
    struct jit_block *blocks;
    uint32_t n_blocks;
    struct jit_pins *zones; /* pins of each loop; 0: of what is in none */
    uint32_t n_zones;
    bool *written;   /* by slot: put somewhere in the region */
    bool wants_page; /* its code looks where it is */
    struct jit_probes probes;
    uint64_t groups_used;           /* set of those that share one probe, */
    uint8_t group_line[JIT_GROUPS]; /* and 1 + the line of each, or 0 */
    struct jit_pass_stats stats;    /* its probes: accesses that use another's in the code */
    uint32_t id;                    /* its lines' owner; not 0 */
    uint32_t bias;                  /* the register that counts instructions is that much higher */
    uint32_t n_lines, line_key[JIT_LINES];
    uint64_t windows;     /* set of the lines that are windows */
    uint64_t group_lines; /* set of those that serve a group */
};

struct jit_unit {
    struct jit_engine *engine;
    const struct jit_pins *pins;
    struct jit_region *region; /* or NULL */
    uint32_t zone;             /* of a region, which `pins` are of */
    const struct vm_ir_unit *ir;
    struct vm_unit *unit;
    struct jit_insn *insns;
    uint32_t n;
    const char *failed;
    bool full; /* the code cache has no room for it */
    /* by slot; pass 1: the root last seen in it and the mark of a put that hides earlier ones */
    uint32_t *slot_value, *slot_mark;
    /* allocation: values by place */
    uint32_t pin_value[JIT_MAX_PINS], reg_value[JIT_REGS];
    uint32_t locked; /* set of registers in use by the current instruction */
    uint8_t cell_used[JIT_CELLS];
    bool cells_ending;
    uint32_t spills;
    /* emission */
    uint32_t index;       /* of the current instruction */
    uint32_t guest_insn;  /* number of the current guest instruction, */
    uint32_t guest_insns; /* among how many that were counted together */
    int64_t delta;        /* its address less the unit's */
    int64_t first_delta;  /* of the first one of those that were counted together */
    uint32_t n_block;     /* blocks emitted so far */
    bool may_leave;       /* it may have set pending_exit */
    uint32_t n_exit;      /* exits emitted so far */
    void *host;           /* the host folder's own */
};

static inline bool jit_is_wide(uint32_t type)
{
    return type == VM_I64 || type == VM_F64;
}
/* In what bytes a register of that type is loaded and stored. */
static inline uint32_t jit_size(uint32_t type)
{
    return type == VM_V128 ? 16 : jit_is_wide(type) ? 8 : 4;
}
static inline bool jit_is_vector(uint32_t type)
{
    return type == VM_V128;
}
/* It lives in a floating-point register. */
static inline bool jit_is_float(uint32_t type)
{
    return type == VM_F32 || type == VM_F64 || type == VM_V128;
}
static inline bool jit_is_const(const struct jit_unit *u, uint32_t v)
{
    return (u->insns[v].flags & JIT_CONST) != 0;
}
/* A slot of that type has the bits of v's register when v has been put there. */
static inline bool jit_fits_slot(const struct jit_unit *u, uint32_t v, uint32_t type)
{
    const struct jit_insn *insn = &u->insns[v];
    if (jit_is_vector(insn->result) || jit_is_vector(type)) /* a scalar may be one's lane 0 */
        return insn->result == type;
    return jit_is_wide(insn->result) == jit_is_wide(type) ||
           (type == VM_I64 && insn->flags & (JIT_SIGNED | JIT_ZEROED));
}
/* Constant that fits a sign-extended 32-bit immediate of an operation of that width. */
static inline bool jit_small_const(const struct jit_unit *u, uint32_t v, bool wide, int32_t *imm)
{
    int64_t c = u->insns[v].imm;
    *imm = (int32_t)c;
    return jit_is_const(u, v) && (!wide || c == (int32_t)c);
}

/* ---- pass 1 (simplify.c): constants, forwarded slots, dead code, uses ---- */
void jit_simplify(struct jit_unit *u);
/* flush.c: what an FFLUSH or V_FFLUSH gives: its operand, an earlier one's value, or its own. */
uint32_t jit_flushed(const struct jit_unit *u, uint32_t i);
/* Index of the next live instruction behind i. There is one behind any but the last. */
uint32_t jit_next(const struct jit_unit *u, uint32_t i);

/* ---- dumps (dump.c): vm_engine_ops.dump ---- */
void jit_dump(void *engine, const struct vm_ir_unit *ir, const struct vm_unit *unit,
              void (*put)(void *opaque, const char *line), void *opaque);

/* ---- names for perf (perf.c) ---- */
int jit_perf_open(struct jit_engine *e, struct vm_error *err);
void jit_perf_close(struct jit_engine *e);
/* Code of `kind` for guest address pc; nothing where there is no such file. [any thread] */
void jit_perf_name(struct jit_engine *e, uint32_t offset, uint32_t bytes, const char *kind,
                   uint64_t pc);

/* ---- regions (region.c) ---- */
/* Passes over the IR; finds where to poll, and chooses pins. False: u->failed. */
bool jit_region_init(struct jit_unit *u);
void jit_region_free(struct jit_unit *u);

/* ---- what temporaries are worth (pressure.c) ---- */
#define JIT_MOST_TEMPS 6 /* integer ones */
/*
 * Adds to pushed[n] how many integer values of instructions [first, last), a block, find no
 * register when there are n temporaries, for n from 1. scratch: by instruction.
 */
void jit_pressure(const struct vm_ir_unit *ir, uint32_t first, uint32_t last, uint32_t *scratch,
                  uint32_t pushed[JIT_MOST_TEMPS + 1]);

/* ---- registers (registers.c) ---- */
void jit_registers_init(struct jit_unit *u);
/* Register that holds v, loaded if need be; locked until the instruction's end. */
int jit_use(struct jit_unit *u, uint32_t v);
/* v is in memory only and not worth a register: its offset from the vCPU. */
bool jit_in_memory(struct jit_unit *u, uint32_t v, int32_t *offset);
/* The register that v has already, or -1. */
int jit_where(const struct jit_unit *u, uint32_t v);
/* The operands of the current instruction have been read for the last time by code that may still
 * fault. */
void jit_consume(struct jit_unit *u);
/* Register for the current instruction's result, after jit_consume. May be an operand's. */
int jit_define(struct jit_unit *u);
void jit_unlock(struct jit_unit *u);
/* The current instruction is done. */
void jit_end(struct jit_unit *u);
void jit_get(struct jit_unit *u);
void jit_put(struct jit_unit *u);
/* What slot `slot` holds is about to change behind the values' back: saves those that are nowhere
 * else. */
void jit_clobber_slot(struct jit_unit *u, uint32_t slot);
void jit_clobber_for(struct jit_unit *u, const struct vm_helper *helper);
/* A floating-point temporary or pin holds something. */
bool jit_floats_live(const struct jit_unit *u);

/* ---- lines and windows (lines.c) ---- */
enum jit_line_kind { JIT_LINE, JIT_WINDOW, JIT_PLAIN };
/* Of the current access of a region, by which it is remembered, and what is best for it. */
uint32_t jit_line_name(const struct jit_unit *u);
enum jit_line_kind jit_line_kind(struct jit_engine *e, uint32_t name);
/* What jit_line is told of an access or a group of them: the set of kinds, whether it has a window,
 * which line it is of which set, and how many bytes are accessed. */
#define JIT_LINE_KINDS(what)  ((uint32_t)(what)&3)
#define JIT_LINE_IS_WINDOW    4u
#define JIT_LINE_NUMBER(what) ((what) >> 3 & 255)
#define JIT_LINE_SET(what)    ((what) >> 11 & 255)
#define JIT_LINE_BYTES(what)  ((uint32_t)((what) >> 19))
#define JIT_LINE_WHAT(kinds, window, number, set, bytes) \
    ((kinds) | ((window) ? JIT_LINE_IS_WINDOW : 0) | (number) << 3 | (set) << 11 | (bytes) << 19)
/* `places` of a window that is not valid: no access is there. */
#define JIT_NOWHERE (1u << (VM_PAGE_BITS - 1))
uint64_t jit_line(struct vm_cpu *cpu, uint64_t va, uint64_t unit, uint64_t site, uint64_t plain,
                  uint64_t what, uint64_t name);

/* ---- functions that compiled code calls (runtime.c, fp.c): fn(cpu, arg 0..5) ---- */
enum jit_function {
    JIT_FN_LOAD,         /* va, memop -> result; enum vm_mem_result */
    JIT_FN_STORE,        /* va, memop, value */
    JIT_FN_AMO,          /* va, memop, operand -> result */
    JIT_FN_CAS,          /* va, memop, expected, desired -> result */
    JIT_FN_LL,           /* va, memop -> result */
    JIT_FN_SC,           /* va, memop, value -> result */
    JIT_FN_FP,           /* jit_fp_code, a, b, c; returns the result's bits */
    JIT_FN_LINE,         /* jit_line */
    JIT_FN_BITS,         /* opcode, wide, a: rare operations on bits; returns the result */
    JIT_FN_LOAD_VECTOR,  /* va, memop -> result, two words */
    JIT_FN_STORE_VECTOR, /* va, memop, low, high */
    JIT_FN_VECTOR,       /* opcode, aux, imm: on the frame's vectors */
    JIT_FN_COUNT
};
extern const vm_helper_fn jit_functions[JIT_FN_COUNT];
/* runtime.c's part for vectors. */
uint64_t jit_vector(struct vm_cpu *cpu, uint64_t op, uint64_t aux, uint64_t imm, uint64_t, uint64_t,
                    uint64_t);
uint64_t jit_fp(struct vm_cpu *cpu, uint64_t code, uint64_t a, uint64_t b, uint64_t c, uint64_t,
                uint64_t);
/* What jit_fp needs to know of an IR operation of flag P, or FCLASS. */
uint32_t jit_fp_code(const struct jit_insn *insn);

static inline struct jit_frame *jit_frame(struct vm_cpu *cpu)
{
    const struct jit_engine *e = cpu->engine;
    return (struct jit_frame *)(void *)((char *)cpu + e->frame);
}

/* ---- the host's folder ---- */

struct jit_host_code {
    uint8_t *bytes;
    uint32_t n;
    uint32_t *relocations; /* places of displacements that lead to a stub, and the stub: pairs */
    uint32_t n_relocations;
    struct jit_exit *exits; /* relative to the block */
};

/*
 * Sets engine->features: what the host has and `wanted` names, which is a list with commas, "auto"
 * for all or "none". Fails for a name that is unknown or that the host lacks.
 */
int host_probe(struct jit_engine *e, const char *wanted, struct vm_error *err);
/* Registers that may be pins, best first, and temporaries. */
extern const uint8_t host_pin_regs[], host_temp_regs[];
extern const uint32_t host_n_pin_regs, host_n_temp_regs;
/* The temporary that counts instructions in regions. */
extern const uint8_t host_count_reg;
void host_frame_init(const struct jit_engine *e, struct jit_frame *frame);
/* Makes the shared code; sets engine->stub. */
int host_make_stubs(struct jit_engine *e, struct vm_error *err);
/* Compiles u after pass 1; on failure u->failed says why. host_free in every case. */
void host_compile(struct jit_unit *u, struct jit_host_code *out);
void host_free(struct jit_unit *u, struct jit_host_code *out);
/* Relocates the code for offset `at` and writes it there. */
void host_place(struct jit_engine *e, const struct jit_host_code *code, uint32_t at);
/* The displacement at `site` leads to `target` from now on: one atomic store. */
void host_patch(struct jit_engine *e, uint32_t site, uint32_t target);
/* The instruction at `site`, which was made for that, becomes a jump to `target`. */
void host_patch_jump(struct jit_engine *e, uint32_t site, uint32_t target);
/* Moves for registers.c. Offsets are from the vCPU; bytes: 4, 8, or of a vector 16. */
void host_move(struct jit_unit *u, int to, int from);
void host_load(struct jit_unit *u, uint32_t bytes, int reg, int32_t offset);
void host_store(struct jit_unit *u, uint32_t bytes, int reg, int32_t offset);
void host_constant(struct jit_unit *u, int reg, uint64_t value);
void host_store_constant(struct jit_unit *u, bool wide, uint64_t value, int32_t offset);
void host_fold_flags(struct jit_unit *u);
void host_drop_flags(struct jit_unit *u);

#endif

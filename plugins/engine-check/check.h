/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine-check: runs two other engines in lockstep and stops at the first difference.
 *
 * Engine a is the reference. It runs first, on the machine's own vCPU, and what it does is what
 * happens. It sees an empty TLB, so that every access of its comes through its vm_cpu_host, which
 * is ours: accesses, calls and their results are recorded (record.c).
 *
 * Engine b then runs the same from the same state on a shadow, a struct vm_cpu of our own. It runs
 * in one of two ways, now in one and now in the other:
 *   replay  its TLB is empty too; each access and each call must be the next one in the record and
 *           is answered from there;
 *   RAM     where a did nothing but access RAM that the machine's TLB maps: a's stores are undone
 *           and b does them again, inlined as they are; then what was stored is compared. b has a
 *           small TLB of its own, which fills as b misses. What it asks us must be in the record.
 * At the end the two must agree in everything (lockstep.c); if not, report.c says how they differ.
 *
 * Neither is ever linked or finds anything in the jump cache: each unit comes back. A region runs
 * as a whole in b, and block by block in a, which goes on as long as the region would, but for
 * CHECK_BUDGET instructions at most; then b's countdown is such that it must poll there.
 */
#ifndef ENGINE_CHECK_CHECK_H
#define ENGINE_CHECK_CHECK_H

#include <stdatomic.h>
#include <stdio.h>
#include <vmrun/engine.h>

#define CHECK_BUDGET 2048u
#define CHECK_FRAME  262144u /* room for engine a's frame */
#define CHECK_TLB    64u     /* entries of engine b's TLB on RAM */
#define CHECK_NONE   UINT32_MAX

/* One of the two engines. */
struct check_engine {
    char name[40]; /* for messages: "a (interp)" */
    struct vm_engine_ops ops;
    void *self;
};

enum check_stat {
    CHECK_STAT_UNITS,
    CHECK_STAT_REGIONS,
    CHECK_STAT_RUNS,    /* of b, each compared with a's */
    CHECK_STAT_RAM,     /* of these, on RAM */
    CHECK_STAT_EVENTS,  /* accesses and calls recorded */
    CHECK_STAT_SKIPPED, /* runs that a kick kept from beginning */
    CHECK_STAT_COUNT
};

struct checker {
    const struct vm_arch_ops *arch;
    const struct vm_host_engines *host;
    uint32_t state_size; /* the frame's offset */
    struct check_engine a, b;
    _Atomic uint64_t stats[CHECK_STAT_COUNT];
};

/* ---- units (units.c) ---- */

/* One block as engine a has it. */
struct check_block {
    struct vm_unit unit;
    uint32_t *target;           /* by exit: the block that it goes to, or CHECK_NONE: it leaves */
    uint32_t *leaves;           /* by exit: index among the whole unit's exits */
    struct vm_unit_exit *exits; /* unit.exits */
};

/* A place where the core enters: what vm_unit.entry points at. */
struct check_entry {
    struct check_code *code;
    struct vm_unit *unit; /* engine b's */
    uint32_t block;
};

/* What one compile() made. */
struct check_code {
    struct vm_unit *unit; /* the core's, of the first entry */
    struct vm_ir_unit ir; /* for messages */
    struct check_block *blocks;
    uint32_t n_blocks;
    bool region;
    struct vm_unit *b_units; /* one for each entry */
    struct vm_unit **b_list; /* those, for vm_unit.entries */
    struct check_entry *entries;
    uint32_t n_entries;
    uint64_t runs;
    uint64_t ram_runs; /* those that could be on RAM */
};

int check_compile(void *self, const struct vm_ir_unit *ir, struct vm_unit *unit,
                  struct vm_error *err);
void check_release(void *self, struct vm_unit *unit);

/* ---- the record of one run ---- */

enum check_kind {
    CHECK_LOAD,
    CHECK_STORE,
    CHECK_AMO,
    CHECK_CAS,
    CHECK_PROBE,
    CHECK_WROTE,
    CHECK_PHYS_LOAD,
    CHECK_PHYS_CAS,
    CHECK_TLB_FLUSH,
    CHECK_TLB_FLUSH_ALL,
    CHECK_COUNTER_READ,
    CHECK_COUNTER_COMPARE,
    CHECK_SET_LINE,
    CHECK_PORT,
    CHECK_FIRMWARE,
    CHECK_KICK,
    CHECK_KINDS
};

#define CHECK_ARGS 5

/* One access or call. */
struct check_event {
    enum check_kind kind;
    uint64_t arg[CHECK_ARGS];
    int result;            /* enum vm_mem_result, or what the call returned */
    uint64_t value;        /* what it gave besides */
    struct vm_fault fault; /* if it faulted */
    uint64_t lines;        /* the vCPU's interrupt lines behind it */
    /* Accesses to RAM that the TLB maps: where, and the bytes as the host loads them. */
    void *ram;
    uint64_t before, after, seen;
    uint32_t bytes; /* PROBE, WROTE, FIRMWARE: place in the record's bytes, CHECK_NONE: none */
};

/* What must be the same in both. */
struct check_point {
    uint32_t insns;    /* run so far */
    uint32_t n_events; /* recorded so far */
    enum vm_exit exit; /* the last one's; VM_EXIT_NONE where the region goes on */
    uint64_t pc;
    uint64_t reserve_va, reserve_value;
    uint32_t reserve_size;
    struct vm_fault fault; /* after VM_EXIT_TRAP */
};

/* The first difference. */
struct check_difference {
    bool found;
    uint32_t event; /* near which event, CHECK_NONE: at the end */
    char text[320];
};

/* A vCPU: cpu->engine. */
struct check_cpu {
    struct checker *checker;
    struct vm_cpu *cpu, *shadow;
    void *a_part; /* engine a's cpu->engine */

    const struct vm_cpu_host *real;
    struct vm_cpu_host recorder, player;    /* cpu->host of a and of b; the way back to us, too */
    struct vm_tlb_view views[VM_MMU_COUNT]; /* the machine's, while a sees none */
    struct vm_jump_entry *jump_cache;
    uint32_t depth; /* of calls into the core */

    struct check_event *events;
    uint32_t n_events, event_room;
    uint8_t *bytes;
    uint32_t n_bytes, byte_room;
    bool ram_only; /* nothing but RAM was accessed */
    bool no_memory;

    struct check_point *points; /* [0]: before the run */
    uint8_t *states;            /* the arch's state at each */
    uint32_t n_points;

    /* b's run */
    bool on_ram;
    uint64_t played;                                  /* runs that were not, so far */
    struct vm_tlb_entry own[VM_MMU_COUNT][CHECK_TLB]; /* b's TLB on RAM */
    uint64_t own_epoch;                               /* cpu->tlb_epoch when it was empty last */
    int32_t room;                                     /* its countdown at the beginning */
    uint64_t insns_base;                              /* instructions that the vCPU had run then */
    uint32_t next;                                    /* event */
    struct check_difference difference;
};

/* An empty TLB and an empty jump cache. */
extern struct vm_jump_entry check_no_jumps[VM_JUMP_CACHE_SIZE];
void check_empty_views(struct vm_cpu *cpu);

/* recorder and player as they are wired into a vCPU. */
void check_recorder_init(struct check_cpu *c);
void check_player_init(struct check_cpu *c);

static inline struct check_cpu *check_of_recorder(const struct vm_cpu *cpu)
{
    return (struct check_cpu *)(void *)((char *)(uintptr_t)cpu->host -
                                        offsetof(struct check_cpu, recorder));
}
static inline struct check_cpu *check_of_player(const struct vm_cpu *cpu)
{
    return (struct check_cpu *)(void *)((char *)(uintptr_t)cpu->host -
                                        offsetof(struct check_cpu, player));
}

/* What of a memop an access must have in common in both engines. */
static inline uint32_t check_memop(enum check_kind kind, uint32_t memop)
{
    uint32_t mask = 7u | VM_MEMOP_BIG | 3u << VM_MEMOP_MMU_SHIFT;
    return memop & (kind == CHECK_AMO ? mask | 0xffu << VM_MEMOP_AMO_SHIFT : mask);
}
static inline uint64_t check_low(uint64_t value, uint32_t memop)
{
    return value & (UINT64_MAX >> (64 - 8 * VM_MEMOP_SIZE(memop)));
}
/* An access that its memop forbids; engines may notice by themselves or ask the core. */
static inline bool check_misaligned(uint64_t va, uint32_t memop)
{
    return memop & VM_MEMOP_ALIGN && va & (VM_MEMOP_SIZE(memop) - 1);
}
/* The slot's value in a state; a vector has two halves. */
static inline uint32_t check_halves(const struct vm_slot *slot)
{
    return slot->type == VM_V128 ? 2 : 1;
}
static inline uint64_t check_slot(const struct vm_slot *slot, const uint8_t *state, uint32_t half)
{
    uint32_t n = slot->type == VM_I32 || slot->type == VM_F32 ? 4 : 8;
    return vm_ram_load(state + slot->offset + 8 * half, n);
}
static inline uint8_t *check_state(const struct check_cpu *c, const struct check_point *p)
{
    return c->states + (size_t)(p - c->points) * c->checker->arch->state_size;
}
static inline uint32_t check_size(const struct check_event *e)
{
    return VM_MEMOP_SIZE((uint32_t)e->arg[1]);
}
static inline bool check_writes(const struct check_event *e)
{
    return e->ram && e->kind != CHECK_LOAD;
}

/* Notes the first difference of a run. */
void check_differ(struct check_cpu *c, uint32_t event, const char *fmt, ...) VM_PRINTF(3, 4);

/* ---- running (lockstep.c) and telling (report.c) ---- */

enum vm_exit check_enter(void *self, struct vm_cpu *cpu, struct vm_unit *unit);
/* The room that a vCPU needs to run; -1: none. */
int check_run_init(struct check_cpu *c, struct vm_error *err);
void check_run_free(struct check_cpu *c);

/* Tells the host of c->difference, found by comparing b with a at `point`, and that it must stop.
 */
void check_report(struct check_cpu *c, const struct check_entry *entry,
                  const struct check_point *point);
/* What one event asks for, in words. */
void check_event_text(const struct check_event *e, char *text, size_t size);

/* ---- host code (disasm.c) ---- */

/* What engine `e` says of a unit, its lines of code disassembled. */
void check_dump(FILE *out, const struct check_engine *e, const struct vm_ir_unit *ir,
                const struct vm_unit *unit);

#endif

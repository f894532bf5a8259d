/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - what the files of core/vcpu share: the core's part of a vCPU, the scheduler's
 * threads, the translation cache.
 */
#ifndef CORE_VCPU_INTERNAL_H
#define CORE_VCPU_INTERNAL_H

#include <pthread.h>
#include "core/host/thread.h"
#include "core/vcpu/vcpu.h"

struct vcpu;
struct tcache;
struct rise_batch;

/* ---- posted work (work.c) ---- */

/*
 * What a vCPU does for others between two units: only it touches its TLB and jump cache. All of it
 * may be done more thoroughly than asked for. So the queue has a fixed size: what does not fit
 * becomes a flush of the whole TLB, or of the whole jump cache. Nothing can fail, and a vCPU that
 * sleeps for ever costs no more than one that does not.
 *
 * A vCPU that is not in guest code (`quiescent`) drains its queue before it re-enters, so nobody
 * waits for it.
 */
struct tlb_work {
    bool protect; /* va is a RAM page that nobody may write fast any more; else a flush */
    bool keep_global;
    uint64_t id_match, id_mask, va, length;
};

/* A unit that died: where a vCPU may have it. The unit itself may be gone when this is read. */
struct obituary {
    const struct vm_unit *unit;
    uint64_t pc, pa;
    uint32_t key_id;
    bool many_pcs; /* and elsewhere */
};

#define WORK_TLB  32
#define WORK_DEAD 64

struct work_batch {
    uint32_t n_tlb, n_dead; /* above WORK_TLB or WORK_DEAD: too many to name */
    struct tlb_work tlb[WORK_TLB];
    struct obituary dead[WORK_DEAD];
};

struct work_queue {
    pthread_mutex_t lock;
    _Atomic uint64_t pushed, done; /* sequence numbers; equal: empty */
    struct work_batch batch;
};

void work_init(struct work_queue *q);
void work_free(struct work_queue *q);
/* Queues it for `to` and kicks it. [any thread] */
void work_post_tlb(struct vcpu *to, const struct tlb_work *w);
void work_post_death(struct vcpu *to, const struct obituary *o); /* NULL: of very many */
/* Whether anything is queued; may be late. [owner] */
bool work_pending(const struct vcpu *v);
/* Does what is queued. [owner] */
void work_drain(struct vcpu *v);
/*
 * Posts *w to every vCPU but `from` and returns once each has done it or is quiescent. Serves its
 * own queue meanwhile; the caller holds no lock. [owner of `from`]
 */
void work_sync_others(struct vcpu *from, const struct tlb_work *w);

/* ---- what a vCPU knows of units (jumps.c); all of it [owner] ---- */

#define JUMP_TABLES 8u

struct known;

/* A table of the jump cache: of which mapping, and when it was taken for that. */
struct jump_use {
    uint32_t generation;
    uint64_t last;
};

bool jumps_init(struct vcpu *v); /* false: out of memory */
void jumps_exit(struct vcpu *v);
/* The jump cache is from here on the table of the current mapping for fetches. */
void jumps_select(struct vcpu *v);
/* The current mapping has changed: nothing in its table is right any more. */
void jumps_renew(struct vcpu *v);
/* The unit for v's pc that the jump cache has, of any engine; or NULL. */
struct unit *jumps_find(const struct vcpu *v);
/* The same for one that is known to be at physical address `pa`, to which the pc leads; it is in
 * the jump cache then. */
struct unit *jumps_refill(struct vcpu *v, uint64_t pa);
/* v's pc leads to u, which is marked as entered there. */
void jumps_remember(struct vcpu *v, struct unit *u);
void jumps_forget(struct vcpu *v, const struct obituary *dead, uint32_t n);

/* ---- units (tcache.c, translate.c)
 * --------------------------------------------------------------------------------------- */

#define NO_PAGE UINT64_MAX

struct unit;

/* A link: exit `index` of `from` leads to `to`. Lives in from->links[index]; chained on to->in. */
struct unit_link {
    struct unit *from, *to; /* to NULL: not linked */
    struct unit_link *prev, *next;
};

/* Bytes that a region was made from; on its one page. */
struct segment {
    uint16_t first, bytes;
};

struct unit {
    struct vm_unit u; /* the engine's view; first */
    uint64_t pa;      /* guest-physical address of the first instruction */
    uint64_t page2; /* page of the second part of an instruction that straddles pages, or NO_PAGE */
    /*
     * Constant, with nothing beside them that changes: without the lock they are compared, by GCC
     * in one access to the whole word, which is a race for ThreadSanitizer if a flag is in it.
     */
    uint32_t key_id;
    uint8_t engine; /* which of the machine's made it */
    bool no_cache;  /* fetch rules differ inside a page: run once, then ask again */
    uint64_t first_pc;
    struct unit *hash_next;
    struct unit *page_next[2];        /* lists of the pages it was made from, */
    struct unit **page_at[2];         /* and what points at it there */
    struct unit *age_prev, *age_next; /* by age; of a dead one the next to die */
    struct unit_link *in;             /* who leads here */
    uint64_t dead_epoch;
    size_t bytes;       /* all memory that it costs */
    int64_t compile_ns; /* and time */
    /*
     * Of a region's entries: the first one, which stands for all of them in lists by age and page
     * and has the links; else NULL. Only the first has segments, the first of which is its own
     * block's.
     */
    struct unit *region;
    struct segment *segments;
    uint32_t n_segments;
    uint8_t lives_used; /* evict.c */
    bool dead;
    bool entered;  /* is in jump caches, under first_pc */
    bool many_pcs; /* and under others */
    /* tier.c */
    bool rising;            /* the next engine's is being made */
    uint32_t warmth, armed; /* entries before `heat` was set last, and what it was set to */
    uint64_t armed_at;      /* the slice when that was */
    bool settled;           /* no region is to be made from here any more */
    uint16_t samples;       /* region.c: how often it was found running, older ones counting less */
    uint64_t sampled;       /* and the slice when that was last */
    struct unit_link *links; /* u.n_exits */
};

/* A mode key and the short name that stands for it. */
struct key_entry {
    uint64_t key[2];
    uint32_t id; /* 0: empty */
};

/* Of what one engine made at one tier, the dead too. */
struct tier_stats {
    uint64_t units, guest_insns, code_bytes, compile_ns, links, unlinked, evicted, invalidated;
};
#define TIERS 2

struct tcache_stats {
    struct tier_stats tiers[SCHED_ENGINES][TIERS];
    uint64_t translated, invalidated, evicted, discarded, risen, improved, links, guest_insns,
        code_bytes, live, live_bytes, dead_bytes;
};

struct tcache *tcache_new(struct sched *s, struct vm_error *err);
void tcache_free(struct tcache *tc);
/* The unit for v's pc and mode, translated if need be; NULL: cpu->fault is filled, or the machine
 * is stopping (out of memory). */
struct unit *tcache_find(struct vcpu *v);
/*
 * The same for at most max_insns instructions, to be run once. Only where the unit that it is the
 * beginning of was just looked up and nobody else runs (deterministic mode): then a store into the
 * short one is noticed for being one into that.
 */
struct unit *tcache_short_unit(struct vcpu *v, uint32_t max_insns);
/* v left `from` by exit `index` and `to` is where it goes: link them if that stays right. */
void tcache_link(struct vcpu *v, struct unit *from, uint32_t index, struct unit *to);
/* Guest bytes at [pa, pa+n) changed: kills units made from them. True if there were any. [any
 * thread] */
bool tcache_code_written(struct tcache *tc, uint64_t pa, uint64_t n);
/* Makes a unit at v's pc by `engine`, for one of an engine below it that is hot. */
void tcache_rise(struct vcpu *v, uint32_t engine);
void tcache_flush(struct tcache *tc); /* [all vCPUs stopped] */
uint64_t tcache_epoch(const struct tcache *tc);
uint32_t tcache_key_id(struct vcpu *v, const uint64_t key[2]);
void tcache_get_stats(struct tcache *tc, struct tcache_stats *out);

/* translate.c: reads guest code at v's pc, emits, verifies and compiles. Not in any table yet. */
struct source {
    uint64_t pa, page2;
    uint32_t n_bytes;
    uint8_t bytes[512];
};
/* translate.c: guest memory that others may write at the same time. */
void source_copy(uint8_t *to, const uint8_t *from, uint32_t n);

/* Guest bytes that were copied from one page, for a thread that has no vCPU. */
struct code_copy {
    const uint8_t *bytes;
    uint32_t n, max_insns;
    uint32_t page_offset; /* of the first */
    uint32_t branches;    /* as in struct vm_code */
};
/* translate.c: from a copy to IR; false: not all of it can be read or said there. [any thread] */
bool translate_copy(const struct sched *s, const uint64_t key[2], const struct code_copy *copy,
                    struct vm_ir_unit *ir);

/* translate.c: --trace of a unit that vCPU `cpu` has made or asked for. [any thread] */
void translate_trace(const struct sched *s, uint32_t cpu, const uint64_t key[2], uint64_t pc,
                     const struct source *src, const struct vm_ir_unit *ir);

/* What a unit is made for. */
struct unit_place {
    uint64_t pc, pa, page2; /* as in struct unit */
    uint32_t key_id;
    uint8_t engine;
    bool no_cache;
};
/* translate.c: a unit of what is in `ir`, in no table yet; NULL: the machine is stopping. `v` as
 * for unit_compile(). */
struct unit *translate_compile(struct sched *s, struct vcpu *v, const struct vm_ir_unit *ir,
                               const struct unit_place *at);
#define UNIT_MAX_INSNS 64
/* Conditional branches that units go on behind. More make fewer units, with more in them that never
 * runs. Deterministic mode has none: regions look for deadlines behind each branch, so units must,
 * too. */
uint32_t unit_branches(const struct sched *s);
/* tier.c: the engine that makes a new unit for v, and one to be run once. */
uint32_t tier_first_engine(const struct vcpu *v);
uint32_t tier_short_engine(const struct vcpu *v);
/* Before a unit is compiled: when it will be hot. */
void tier_arm(struct sched *s, struct unit *u);
/* v left with VM_EXIT_HOT: at its pc is u's first instruction. */
void tier_hot(struct vcpu *v, struct unit *u);
/* Takes over what sched_use_engine() has said. [owner] */
void tier_adopt(struct vcpu *v);
/*
 * rise.c: u, at whose first instruction v is, is to be made by `engine` beside the vCPUs. False:
 * nobody is there to do it, or it is not fit for that. With the lock held. [owner]
 */
bool rise_later(struct vcpu *v, const struct unit *u, uint32_t engine);
/* Hands over what has been gathered, if it is enough or has waited for long. [owner] */
void rise_look(struct vcpu *v);
/* Forgets what has been gathered. [vCPU stopped] */
void rise_drop(struct vcpu *v);
/* region.c: v's slice ended at a unit's entry: looks whether it is hot, and makes a region there.
 */
void region_sample(struct vcpu *v);
/* Threshold 0: makes a region at v's pc, where u is; returns what is best to run there, or NULL:
 * look again. */
struct unit *region_at_once(struct vcpu *v, struct unit *u);
/*
 * evict.c: has u's engine compile it; while that has no room older units go, and others that v does
 * not hold may be freed. `v` NULL: called on no vCPU's thread. VM_COMPILE_*, but never FULL.
 */
int unit_compile(struct sched *s, struct vcpu *v, const struct vm_ir_unit *ir, struct unit *u,
                 struct vm_error *err);
/* v is between units and holds none: it knows of all that have died. [owner] */
void vcpu_pass_epoch(struct vcpu *v);
struct unit *translate_unit(struct vcpu *v, uint32_t engine, uint32_t max_insns,
                            struct source *src);
void translate_free(struct sched *s, struct unit *u);

/* ---- vCPU
 * ------------------------------------------------------------------------------------------------------------------
 */

struct compare_timer {
    struct vcpu *v;
    uint32_t line;
    pthread_mutex_t lock;
    uint64_t deadline; /* in counter ticks; UINT64_MAX: never */
    struct timer *timer;
};

struct vcpu_stats {
    uint64_t exits[VM_EXIT_HOT + 1];
    uint64_t faults, interrupts, jump_misses, lookups, waits, slices, short_units, switches;
};

#define KEY_CACHE_SIZE 64

struct vcpu {
    struct vm_cpu *cpu;
    struct sched *sched;
    struct tlb *tlb;
    struct run_thread *thread;
    struct work_queue work;

    struct vm_cpu_mode mode;
    uint32_t key_id;
    bool mode_valid;
    struct key_entry key_cache[KEY_CACHE_SIZE];
    void *jump_memory;
    struct vm_jump_entry *jump_tables; /* in it: JUMP_TABLES times VM_JUMP_CACHE_SIZE */
    struct jump_use jump_uses[JUMP_TABLES];
    uint32_t jump_table; /* of them, the one in use */
    uint64_t jump_clock;
    struct known *known;
    struct vm_ir_unit ir;      /* reused by every translation */
    struct rise_batch *rising; /* rise.c: gathered, not handed over yet */

    int32_t slice;    /* countdown at the last refill */
    uint64_t retired; /* instructions before the last refill */
    uint64_t
        ticks; /* traps taken in this slice: they cost a tick of virtual time but retire nothing */
    bool waiting;      /* sleeps until arch->wake */
    struct unit *from; /* left by exit `from_exit` just now; NULL: by none that can be linked */
    uint32_t from_exit;
    bool recut; /* deterministic: a deadline came nearer, so the slice must be cut anew */

    _Atomic int power;          /* enum vm_cpu_power; leaves GOING_ON by its owner only */
    pthread_mutex_t power_lock; /* of those who power it on, and of: */
    struct vm_cpu_start start;  /* GOING_ON: how */

    _Atomic bool quiescent; /* not in guest code; will drain before it is again */
    _Atomic uint64_t epoch; /* of the translation cache: holds no unit that died up to it */
    bool arch_ready;        /* its cpu_init has succeeded */
    uint32_t engines_ready; /* so many of theirs have */

    struct compare_timer compares[64];
    int policy;                       /* sched_use_engine(), as far as it is known here */
    uint32_t engine;                  /* whose code it runs, or ran last */
    void *engine_part[SCHED_ENGINES]; /* cpu->engine for each */
    struct vcpu_stats stats;
};

static inline struct vcpu *vcpu_of(const struct vm_cpu *cpu)
{
    return cpu->core;
}

/* ---- workers (worker.c) ---- */

struct workers;
/* run false: it is not to be done any more; either way what `opaque` is goes. */
typedef void (*job_fn)(void *opaque, bool run);
struct workers *workers_new(uint32_t max_threads); /* NULL: out of memory */
/* Has fn called on a worker's thread, before what is not urgent; false: it will not be. [any
 * thread] */
bool workers_add(struct workers *w, job_fn fn, void *opaque, bool urgent);
/* Drops what has not begun and waits for what has. Nobody adds meanwhile. [all vCPUs stopped] */
void workers_settle(struct workers *w);
void workers_free(struct workers *w);

/* ---- scheduler
 * -------------------------------------------------------------------------------------------------------------
 */

/* A host thread and the vCPUs it takes turns with: those whose index is `number` modulo the number
 * of threads. */
struct run_thread {
    struct sched *sched;
    uint32_t number;
    struct host_thread *thread;
    struct host_event wake;
    _Atomic uint32_t sleeping; /* read and written by read-modify-write only, see vcpu_wake */
};

struct injected {
    struct injected *next;
    void (*fn)(void *);
    void *opaque;
};

struct sched {
    struct sched_config config;
    struct vm_cpu_host cpu_host;
    struct vcpu *vcpus;
    struct run_thread *threads;
    uint32_t n_threads;
    uint32_t cpu_bytes; /* size of one struct vm_cpu with its state */
    uint64_t outputs;   /* the lines that vCPUs drive themselves, bit n = line n */
    struct tcache *tcache;
    struct workers *workers; /* NULL: vCPUs compile everything themselves */
    bool hooked;             /* space, clock and timers tell us */

    _Atomic int policy; /* SCHED_AUTO, or the engine to run on */
    _Atomic uint64_t slices;

    _Atomic int stop; /* enum stop_reason */
    int stop_status;
    struct vm_error stop_error;
    pthread_mutex_t stop_lock; /* of changes of these three */

    /* deterministic mode */
    uint64_t slice_start_insn; /* machine time in instructions at the start of the current slice */
    uint64_t time_insns;       /* machine time in instructions */
    pthread_mutex_t inject_lock;
    struct injected *inject_head, **inject_tail;
    _Atomic bool injected;
};

static inline const struct sched_engine *engine_of(const struct sched *s, const struct unit *u)
{
    return &s->config.engines[u->engine];
}

/*
 * Jump tags. The lowest bits name the engine that made the unit: compiled code goes on in its own
 * engine's units only, but the core finds all of them.
 */
#define TAG_ENGINE_BITS 2
#define TAG_ENGINE_MASK ((UINT64_C(1) << TAG_ENGINE_BITS) - 1)
#define KEY_ID_MAX      ((UINT32_MAX >> TAG_ENGINE_BITS) - 1) /* so no tag is UINT64_MAX */
_Static_assert(SCHED_ENGINES <= 1 << TAG_ENGINE_BITS, "each engine has a number in the tag");

/* cpu.c */
int vcpu_init(struct vcpu *v, struct sched *s, uint32_t index, struct vm_error *err);
void vcpu_exit(struct vcpu *v);
void vcpu_kick(struct vcpu *v); /* [any thread] */
void vcpu_wake(
    struct vcpu *v); /* its thread looks again whether there is something to run [any thread] */
/* Whether v has something to do: it was not asleep, or the arch says it must wake. [owner] */
bool vcpu_runnable(struct vcpu *v);
/* power.c: back to the arch's power-on state, then *start. [owner, or stopped] */
void vcpu_restart(struct vcpu *v, const struct vm_cpu_start *start);
void vcpu_power_reset(struct vcpu *v, bool on); /* [stopped] */
/* Whether it is on; one that is going on is from here on. [owner] */
bool vcpu_powered(struct vcpu *v);
/* As vm_cpu_host.cpu_on, cpu_off and cpu_power. */
int vcpu_power_on(struct vm_cpu *cpu, uint32_t index, const struct vm_cpu_start *start);
void vcpu_power_off(struct vm_cpu *cpu);
int vcpu_power(struct vm_cpu *cpu, uint32_t index);
/* The vCPU whose slice this thread runs, or NULL. */
struct vcpu *vcpu_in_slice(void);
/* A count without the kick that may be in it. */
static inline bool is_kicked(int32_t countdown)
{
    return countdown < -(VM_KICK / 2);
}
/* Instructions left in the slice (negative: overdrawn), and used up in it. [owner] */
int32_t vcpu_slice_left(const struct vcpu *v);
uint64_t vcpu_slice_used(const struct vcpu *v);
/* Recomputes mode key, contexts and jump tag after anything that may have changed them. */
void vcpu_refresh_mode(struct vcpu *v);
/* What v runs from here on is this engine's: cpu->engine and the jump tag are. */
void vcpu_use_engine(struct vcpu *v, uint32_t engine);
void vcpu_jump_cache_clear(struct vcpu *v); /* jumps.c: forgets all units */
/* Flushes v's own TLB and what was derived from it. [owner] */
void vcpu_tlb_flush(struct vcpu *v, const struct tlb_work *w);
/* Compare timers as at power-on: never. [vCPU stopped] */
void vcpu_compare_reset(struct vcpu *v);
/* The machine counter was set: all compare timers mean other times now. [any thread] */
void vcpu_compare_renew(struct vcpu *v);
/* Instructions retired so far, in the current slice too. [owner] */
uint64_t vcpu_retired(const struct vcpu *v);
/* Folds the current slice into `retired` and begins one of `n` instructions; returns how many ticks
 * the old one took. */
uint64_t vcpu_refill(struct vcpu *v, int32_t n);
void cpu_host_fill(struct vm_cpu_host *h, const struct vm_host *base);

/* run.c: runs v until its slice ends, it waits, or the machine stops. `exact`: end the slice at
 * exactly its last instruction. */
void run_slice(struct vcpu *v, int32_t n, bool exact);

/* sched.c */
void sched_fail(struct sched *s, const char *fmt, ...) VM_PRINTF(2, 3);

#endif

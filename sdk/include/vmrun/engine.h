/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - engines run translated units. MATCHED tier.
 *
 * The core owns the translation cache, hotness, invalidation and the decision what to run; an
 * engine turns IR into something that it can enter. Compiled code is shared by all vCPUs of a
 * machine.
 */
#ifndef VMRUN_ENGINE_H
#define VMRUN_ENGINE_H

#include <vmrun/arch.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_ENGINE_INTERFACE "vm.engine/1"

/* A linkable exit (IR EXIT or EXIT_IF that goes to no block of a region), in the order of the IR.
 */
struct vm_unit_exit {
    int64_t delta; /* target relative to the unit's base address (ir.h) */
};

#define VM_UNIT_MAX_EXITS 64

/*
 * One translated unit as engine and core share it. A region is compiled once, through the unit of
 * its first entry; each other entry has a vm_unit of its own that can be entered and linked to, but
 * is neither left by exits nor released by itself.
 */
struct vm_unit {
    /* The core's; constant while the engine holds the unit. */
    uint32_t guest_insns;
    uint32_t guest_bytes;
    uint32_t page_offset; /* of the base address that deltas count from */
    uint32_t n_exits;
    const struct vm_unit_exit *exits;
    uint64_t pc;        /* a guest-virtual address of the entry: a name for dumps, never a key */
    uint32_t tier;      /* how much to put into it: 1 .. vm_engine_ops.tiers */
    uint32_t n_entries; /* LABELs with VM_LABEL_ENTRY; 0: not a region */
    struct vm_unit *const *entries; /* by rank among those; [0] is this one */
    /*
     * Of a region: the countdown is to be looked at before every block, not only at entries and
     * heads of loops, so that it is left where units would have been.
     */
    bool poll_blocks;
    /*
     * [shared] Entries left until the unit is hot; of engines with VM_ENGINE_COUNTS. Set by the
     * core, counted down by the engine with plain relaxed accesses. Where it is 0 at compile(), the
     * unit is never hot and need not be counted.
     */
    VM_ATOMIC(int32_t) heat;
    /*
     * [shared] Of a region: the engine, which sets it, has learned how to make better code of it.
     * While the region is hot, the core has it compiled again.
     */
    VM_ATOMIC(bool) outdated;
    /* The engine's, set by compile(); of entries[] only `entry` and `code`. */
    void *entry;
    void *code;          /* the engine's own record */
    uint64_t code_bytes; /* true size of the compiled code, > 0 */
};

/* flags of vm_engine_ops */
#define VM_ENGINE_REGIONS 1u /* compiles regions */
#define VM_ENGINE_COUNTS  2u /* counts vm_unit.heat down and leaves with VM_EXIT_HOT below 0 */
#define VM_ENGINE_BOUNDED 4u /* has its own memory for code; compile() may say it is full */
#define VM_ENGINE_EXACT   8u /* runs only in deterministic mode: the core sees to it */

/* What compile() returns. */
enum {
    VM_COMPILE_ERROR = -1, /* err is set: out of memory, or a defect; the machine stops */
    VM_COMPILE_OK = 0,
    VM_COMPILE_FULL = 1, /* no room for code: the core evicts units of this engine, tries again */
    VM_COMPILE_REFUSED = 2, /* not at this tier; the core does without */
};

struct vm_engine_ops {
    uint32_t size;
    uint32_t reserved;
    uint32_t frame_size; /* bytes of scratch wanted behind the arch's state in every vm_cpu */
    uint32_t flags;      /* VM_ENGINE_* */
    uint32_t tiers;      /* how many it has, at least 1 */
    /*
     * Place among the engines that `engine = auto` lets a unit rise through, lowest first; 0: not
     * among them.
     */
    uint32_t auto_rank;

    /*
     * One per machine. arch_ops stays valid; `state_size` is the (16-byte aligned) offset of the
     * frame in cpu->state. [before start]
     */
    void *(*create)(const struct vm_host *host, const struct vm_arch_ops *arch, uint32_t state_size,
                    const struct vm_props *props, struct vm_error *err);
    void (*destroy)(void *engine);
    /* Optional, per vCPU. */
    int (*cpu_init)(void *engine, struct vm_cpu *cpu, struct vm_error *err);
    void (*cpu_exit)(void *engine, struct vm_cpu *cpu);

    /*
     * Compiles verified IR; fills entry, code, code_bytes. Returns VM_COMPILE_*.
     * [any thread, several at once for different units]
     */
    int (*compile)(void *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                   struct vm_error *err);
    /* Frees what compile made. No vCPU is in it any more, no link leads to it. [any thread] */
    void (*release)(void *engine, struct vm_unit *unit);
    /*
     * Runs from `unit`'s first instruction (cpu->pc) until an exit. Follows links and jump-cache
     * hits by itself. Clears pending_exit before it returns its value. [owner]
     */
    enum vm_exit (*enter)(void *engine, struct vm_cpu *cpu, struct vm_unit *unit);
    /*
     * From now on exit `index` of `from` goes straight to `to`; unlink undoes it. Atomic against
     * vCPUs running in `from`: they see the old or the new target. The core calls them with its
     * link lock held, and never links across pages (those go through the jump cache).
     * [any vCPU thread]
     */
    void (*link)(void *engine, struct vm_unit *from, uint32_t index, struct vm_unit *to);
    void (*unlink)(void *engine, struct vm_unit *from, uint32_t index);

    /*
     * Optional. For people: what becomes of `ir`: the IR after the engine's passes, the host's
     * code. Calls `put` with whole lines; those of code are "code ADDRESS: BYTE BYTE ...", all in
     * hexadecimal, where ADDRESS is that at which the first byte runs. [any thread]
     */
    void (*dump)(void *engine, const struct vm_ir_unit *ir, const struct vm_unit *unit,
                 void (*put)(void *opaque, const char *line), void *opaque);

    /* Counters of its own for --stats: name/value pairs; returns how many were filled. */
    uint32_t (*stats)(void *engine, const char **names, uint64_t *values, uint32_t max);
};

/* ---- Code memory ----------------------------------------------------------------------------- */

#define VM_HOST_CODE_MEMORY "vm.host.code-memory/1"

/*
 * The same bytes at two addresses: what is written at `write` + n runs at `run` + n. No page is
 * writable and executable at one address.
 */
struct vm_code_memory {
    uint8_t *write;
    const uint8_t *run;
    uint64_t bytes;
};

/*
 * Host interface VM_HOST_CODE_MEMORY, for engines that make host code. map: at least `bytes` zeroed
 * bytes (rounded up to host pages), taken from the host page by page as they are touched; -1 with
 * err set and *out unchanged. unmap: gives all of it back and clears *memory; a cleared one is
 * allowed. The host's instruction cache is the engine's business. [any thread]
 */
struct vm_host_code_memory {
    uint32_t size;
    uint32_t reserved;
    int (*map)(uint64_t bytes, struct vm_code_memory *out, struct vm_error *err);
    void (*unmap)(struct vm_code_memory *memory);
};

/* ---- Engines made of engines ----------------------------------------------------------------- */

#define VM_HOST_ENGINES "vm.host.engines/1"

/*
 * Host interface VM_HOST_ENGINES, for engines that run others.
 */
struct vm_host_engines {
    uint32_t size;
    uint32_t reserved;
    /*
     * Makes an instance of the engine plugin `name` (with or without "engine-") for the machine
     * that is being built, with the properties of its own section; fills *ops. The arguments are
     * those of vm_engine_ops.create. The caller destroys it. NULL with err set. [in create()]
     */
    void *(*create)(const char *name, const struct vm_arch_ops *arch, uint32_t state_size,
                    struct vm_engine_ops *ops, struct vm_error *err);
    /* Calls `put` with each line of the IR as text. [any thread] */
    void (*print_ir)(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                     void (*put)(void *opaque, const char *line), void *opaque);
    /*
     * The engine cannot go on: `report` (lines for people; may be NULL) goes to standard error as
     * it is, and the machine stops with an error that says `why`. Then leave enter() with
     * VM_EXIT_POLL. [owner]
     */
    void (*stop)(struct vm_cpu *cpu, const char *why, const char *report);
};

#ifdef __cplusplus
}
#endif
#endif

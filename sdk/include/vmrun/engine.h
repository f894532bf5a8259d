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

#define VM_ENGINE_INTERFACE "vm.engine/1"

/* A linkable exit (IR EXIT or EXIT_IF), in the order of the IR. */
struct vm_unit_exit {
    int64_t delta; /* target relative to the unit's first instruction */
};

#define VM_UNIT_MAX_EXITS 64

/* One translated unit as engine and core share it. */
struct vm_unit {
    /* The core's; constant while the engine holds the unit. */
    uint32_t guest_insns;
    uint32_t guest_bytes;
    uint32_t page_offset; /* of the first instruction */
    uint32_t n_exits;
    const struct vm_unit_exit *exits;
    /* The engine's, set by compile(). */
    void *entry;
    void *code;          /* the engine's own record */
    uint64_t code_bytes; /* true size of the compiled code, > 0 */
};

struct vm_engine_ops {
    uint32_t size;
    uint32_t reserved;
    uint32_t frame_size; /* bytes of scratch wanted behind the arch's state in every vm_cpu */
    uint32_t reserved2;

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
     * Compiles verified IR; fills entry, code, code_bytes. -1 with err set when out of memory or
     * room. [any vCPU thread, several at once for different units]
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

#endif

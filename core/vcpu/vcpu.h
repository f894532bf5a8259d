/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vcpu.h - vCPUs as the rest of the core sees them: creation, scheduling, posted work, stop.
 */
#ifndef CORE_VCPU_VCPU_H
#define CORE_VCPU_VCPU_H

#include <vmrun/engine.h>
#include "core/event/event.h"
#include "core/memory/tlb.h"

struct sched; /* all vCPUs of one machine, their threads and the translation cache */

/* An engine that the machine has. */
struct sched_engine {
    const char *name; /* for people */
    const struct vm_engine_ops *ops;
    void *self; /* what ops->create returned */
};
#define SCHED_ENGINES 4 /* most of one machine */

/* What is done to a register of a port: see struct vm_cpu_port_ops. */
struct sched_port_access {
    uint32_t reg;
    bool write;
    uint64_t bits, mask;
};

struct sched_config {
    uint32_t cpus;
    uint32_t threads; /* 0: one per vCPU */
    bool deterministic;
    uint64_t ips;              /* deterministic: instructions per virtual second */
    uint64_t max_instructions; /* 0: no limit */
    const struct vm_host *host;
    const struct vm_arch_ops *arch_ops;
    void *arch;
    struct sched_engine engines[SCHED_ENGINES]; /* as a unit rises through them */
    uint32_t n_engines;
    struct space *space;
    struct clock *clock;
    struct timers *timers;
    struct loop *loop;
    bool verify_ir;   /* run the IR verifier on every unit */
    uint32_t workers; /* most threads that compile regions; 0, and deterministic: vCPUs do it */
    /* Entries that make a unit hot enough for the next engine; 0: begin with that one. */
    uint32_t tier1_threshold;
    /*
     * How often a unit must be found running when a slice ends, older times counting less, to
     * become a region; 0: at once; UINT32_MAX: never.
     */
    uint32_t tier2_threshold;
    uint64_t code_cache_bytes; /* limit of translated units and their code; 0: 24 MiB */
    void *machine;             /* for what follows */
    /* vm_cpu_host.port_access; NULL: no port is claimed. */
    int (*port_access)(void *machine, uint32_t cpu, uint32_t port,
                       const struct sched_port_access *access, uint64_t *value);
    /* The level of a line that the vCPU drives itself changed, perhaps again since. [any thread] */
    void (*output_changed)(void *machine, uint32_t cpu, uint32_t line);
    /* vm_cpu_host.firmware_call. NULL: there is no firmware. */
    bool (*firmware_call)(void *machine, struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs);
};

/* The (16-byte aligned) offset of the frame of the engine behind those `n`, for its create(). */
uint32_t sched_frame_offset(const struct vm_arch_ops *arch, const struct sched_engine *engines,
                            uint32_t n);

struct sched *sched_new(const struct sched_config *config, struct vm_error *err);
void sched_free(struct sched *s);
struct vm_cpu *sched_cpu(struct sched *s, uint32_t index);

/*
 * From its next poll on each vCPU runs code of this engine alone, by its number among those of the
 * machine, or SCHED_AUTO, which it begins with: code rises through all of them. [any thread]
 */
#define SCHED_AUTO (-1)
void sched_use_engine(struct sched *s, int engine);

/* The machine stops with this error. [owner] */
void vcpu_fail(struct vm_cpu *cpu, const char *why);

/* All vCPUs forget what they know of mappings: the one that calls now, others soon. [any thread] */
void sched_flush_tlbs(struct sched *s);

/* The vCPU whose slice the calling thread runs; -1: none's. */
int sched_running_cpu(const struct sched *s);

/* Level of an interrupt line; lock-free but for those that lead out of the vCPU. [any thread] */
void vcpu_set_line(struct vm_cpu *cpu, uint32_t line, int level);

enum stop_reason {
    STOP_NONE = 0,
    STOP_POWEROFF = 1,
    STOP_RESET = 2,
    STOP_QUIT = 3,
    STOP_LIMIT = 4,
    STOP_ERROR = 5
};

/* Asks for a stop; the first request wins, but a later one overrides a reset. [any thread] */
void sched_request_stop(struct sched *s, enum stop_reason reason, int status);
/* The same for an enum vm_request. [any thread] */
void sched_request(struct sched *s, int request, int status);
/*
 * Runs all vCPUs until a stop is requested; returns with every vCPU stopped at an instruction
 * boundary. In parallel mode makes and joins the threads, in deterministic mode runs them on the
 * calling thread. May be called again. [main thread]
 */
enum stop_reason sched_run(struct sched *s, int *status, struct vm_error *err);
/*
 * Resets all vCPUs to `starts` (one each), drops translations and TLBs, and puts compare timers
 * off. Other lines stay as the devices drive them. [stopped]
 */
void sched_reset(struct sched *s, const struct vm_cpu_start *starts);
/* Runs fn once on the thread that runs deterministic vCPUs at its next stop, or directly in
 * parallel mode. [event thread] */
void sched_inject(struct sched *s, void (*fn)(void *), void *opaque);
/* Brings the deterministic clock up to the instruction that is running now; no-op in parallel mode.
 * Before a device reads the clock. [any thread; does nothing but on the one that runs vCPUs] */
void sched_sync_clock(struct sched *s);
void sched_stats(struct sched *s, struct stats *stats);
/* Folds registers (slots, sysregs, pc) of all vCPUs into a running hash. [stopped] */
void sched_hash(struct sched *s, void (*update)(void *ctx, const void *data, size_t n), void *ctx);

#endif

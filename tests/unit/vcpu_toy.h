/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole small machine for tests of core/vcpu: RAM, a page table, one device, a clock, and vCPUs
 * of a made-up instruction set, run by engine-interp or by a plain engine of the test's own.
 *
 * Instructions are 4 bytes at even addresses: imm in the low half, then op, a and b. Register 0 is
 * zero. Virtual page i leads to RAM page i, and page TOY_MMIO_PAGE to the device, until the program
 * changes it.
 */
#ifndef TESTS_UNIT_VCPU_TOY_H
#define TESTS_UNIT_VCPU_TOY_H

#include <criterion/criterion.h>
#include "core/memory/space.h"
#include "core/vcpu/internal.h"

enum toy_op {
    OP_ADDI,      /* a = b + imm */
    OP_ADD,       /* a = a + b */
    OP_LD,        /* a = 64 bits at b + imm */
    OP_ST,        /* 64 bits at b + imm = a */
    OP_STW,       /* 32 bits at b + imm = a */
    OP_AADD,      /* 64 bits at b += a, atomic */
    OP_BNE,       /* to pc + imm if a != b */
    OP_JMP,       /* to pc + imm */
    OP_JR,        /* to b */
    OP_TRAP,      /* fault with code imm */
    OP_WAIT,      /* sleep until a line is high */
    OP_HALT,      /* sleep for ever; when all vCPUs have, the machine is powered off */
    OP_TIMER,     /* compare timer on TOY_LINE_TIMER: deadline a */
    OP_ICOUNT,    /* a = instructions retired, this one too */
    OP_TIME,      /* a = machine counter */
    OP_MAP,       /* page-table entry of address b = a */
    OP_FLUSH,     /* own TLB: the page at b */
    OP_FLUSH_ALL, /* every TLB: the page at b */
    OP_KEY,       /* mode key = a; its upper half: address space, all of which are the same */
    OP_GETKEY,    /* a = mode key that this was translated for */
    OP_IEN,       /* interrupts enabled: imm */
    OP_POWER,     /* imm, an enum toy_power: of vCPU a, which starts at b; r15 = result */
    OP_IRET,      /* back to where the interrupt or fault came from, interrupts enabled: imm */
};

enum toy_power { TOY_POWER_OFF /* of itself */, TOY_POWER_ON, TOY_POWER_QUERY };

/* One instruction. */
#define TOY(op, a, b, imm) \
    ((uint32_t)OP_##op << 24 | (uint32_t)(a) << 20 | (uint32_t)(b) << 16 | (uint16_t)(imm))

#define TOY_RAM         0x100000u
#define TOY_PAGES       64u
#define TOY_MMIO        0x10000000u
#define TOY_MMIO_PAGE   (TOY_PAGES - 1)
#define TOY_PAGE(n)     ((uint64_t)(n)*VM_PAGE_SIZE)
#define TOY_PRESENT     1u
#define TOY_NO_CACHE    2u /* rules differ inside the page: the upper half cannot be fetched from */
#define TOY_MAP_RAM(n)  (TOY_RAM + TOY_PAGE(n) + TOY_PRESENT)
#define TOY_LINE        0 /* for tests */
#define TOY_LINE_TIMER  1
#define TOY_LINE_DEVICE 2

/* The device: writes. Its timer raises TOY_LINE_DEVICE of vCPU 0. */
#define TOY_DEV_COUNTER 0  /* sets the machine counter */
#define TOY_DEV_TIMER   8  /* arms the timer: ns */
#define TOY_DEV_RAISE   16 /* raises TOY_LINE of vCPU value */
#define TOY_DEV_LOWER   24
#define TOY_DEV_STOP    32 /* powers off with status value */
#define TOY_DEV_EDGE \
    40 /* raises TOY_LINE_DEVICE of vCPU value; who takes the interrupt lowers it */

struct toy_state {
    uint64_t r[16];
    uint64_t key, epc, cause, vector, ienable, halted;
};

struct toy_options {
    bool direct; /* the test's own engine */
    bool deterministic;
    uint32_t cpus, threads; /* 0: 1, one a vCPU */
    uint64_t limit, code_cache_bytes;
    /* In place of `direct`, or behind the interpreter, as far as there are some. */
    const struct vm_engine_ops *engines[SCHED_ENGINES];
    uint32_t tier1_threshold;
    uint32_t tier2_threshold; /* used with .regions; else never */
    bool regions;
    uint32_t workers;
};

struct toy {
    struct vm_engine_ops engine_ops[SCHED_ENGINES];
    struct sched_engine engines[SCHED_ENGINES];
    uint32_t n_engines;
    struct registry *registry;
    struct space *space;
    struct clock *clock;
    struct timers *timers;
    struct loop *loop;
    struct timer *timer;
    struct sched *sched;
    uint32_t cpus;
    bool running_loop;
    _Atomic uint32_t halted;
    _Atomic uint64_t map[TOY_PAGES];
    struct vm_cpu_start starts[64];
};

extern const struct vm_arch_ops toy_arch;
/* The plain engine; the same that counts entries; the same with room for TOY_BOUND bytes of code.
 */
#define TOY_BOUND ((uint64_t)96 << 10)
extern const struct vm_engine_ops toy_direct_engine, toy_counting_engine, toy_bounded_engine;
/* And those that compile regions. */
extern const struct vm_engine_ops toy_region_engine, toy_bounded_region_engine;
/* Says of so many regions that they are to be made again. */
#define TOY_OUTDATED 20u
extern const struct vm_engine_ops toy_outdated_region_engine;

/* One instruction is one nanosecond is one tick of the counter, in deterministic mode. */
struct toy *toy_new(const struct toy_options *o);
void toy_free(struct toy *t);
/* Writes code at a virtual address under the first mapping, as DMA does. */
void toy_code(struct toy *t, uint64_t va, const uint32_t *code, size_t n);
#define TOY_CODE(t, va, ...)                         \
    toy_code(t, va, (const uint32_t[]){__VA_ARGS__}, \
             sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
/* Power-on state with vCPU i at starts[i].pc. */
void toy_reset(struct toy *t);
struct toy_state *toy_cpu(struct toy *t, uint32_t index);
struct vcpu *toy_vcpu(struct toy *t, uint32_t index);
/* Runs until it stops, which must be for this reason. Returns the status. */
int toy_run(struct toy *t, enum stop_reason reason);
uint64_t toy_load(struct toy *t, uint64_t va);
void toy_store(struct toy *t, uint64_t va, uint64_t value);
void toy_set_line(struct toy *t, uint32_t cpu, uint32_t line, int level);
struct tcache_stats toy_stats(struct toy *t);
/* What is run under a sanitizer is slower: fewer rounds then. */
uint32_t toy_rounds(uint32_t n);

/* A test that runs with both engines: TOY_TEST(name) { ... toy_options with .direct = direct ... }
 */
#define TOY_TEST(name)                    \
    static void name##_test(bool direct); \
    Test(interp, name, .timeout = 120)    \
    {                                     \
        name##_test(false);               \
    }                                     \
    Test(direct, name, .timeout = 120)    \
    {                                     \
        name##_test(true);                \
    }                                     \
    static void name##_test(bool direct)

#endif

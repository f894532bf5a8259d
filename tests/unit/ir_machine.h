/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A tiny machine to run IR on: an arch with a few slots and helpers, 16 pages of guest memory of
 * several kinds, and a reference evaluator that shares nothing with the engines but the SDK's soft
 * float. Used by the tests and the fuzzing of engines.
 */
#ifndef TESTS_UNIT_IR_MACHINE_H
#define TESTS_UNIT_IR_MACHINE_H

#include <stdbool.h>
#include <vmrun/engine.h>

/* Slots of the arch. R15 and its low half LOW15 share bytes, and so do D2 and D3 with V2. */
enum {
    SLOT_R0 = 0,
    SLOT_R15 = 15,
    SLOT_W0 = 16, /* i32 */
    SLOT_W3 = 19,
    SLOT_D0 = 20, /* f64 */
    SLOT_D3 = 23,
    SLOT_S0 = 24, /* f32 */
    SLOT_S1 = 25,
    SLOT_FLAGS = 26, /* i32 */
    SLOT_ZERO = 27,
    SLOT_LOW15 = 28, /* i32 */
    SLOT_V0 = 29,    /* v128 */
    SLOT_V2 = 31,
    SLOT_COUNT
};

enum {
    HELPER_MIX,     /* pure, 6 arguments */
    HELPER_TRAP,    /* traps if its argument is odd, else returns it plus 3 */
    HELPER_EXIT,    /* argument modulo 4: 0 nothing, 1 STATE, 2 WAIT, 3 TRAP */
    HELPER_ROTATE,  /* all slots: exchanges R1 and R2, adds to W1 */
    HELPER_COPY,    /* declared: reads R3, writes R4 and W2 */
    HELPER_NOTHING, /* no arguments, counts itself in R14: undeclared reads are not allowed */
    HELPER_FP,      /* raises a flag in the FP environment */
    HELPER_COUNT
};

extern struct vm_arch_ops test_arch; /* a test may change fp before it opens an engine */

/* Guest memory: 16 pages from TEST_BASE. The kind of a page is in test_page_kind. */
#define TEST_BASE  0x10000u
#define TEST_PAGES 16u
enum page_kind {
    PAGE_RAM,  /* in the TLB */
    PAGE_SLOW, /* through the host */
    PAGE_CODE, /* reads in the TLB, writes through the host, which says VM_MEM_CODE */
    PAGE_NONE, /* faults */
};
enum page_kind test_page_kind(uint64_t va);

#define TEST_STATE_BYTES 256u
#define TEST_TLB_ENTRIES 64u

/* All that running a unit may change. */
struct test_machine {
    struct vm_cpu *cpu; /* state is TEST_STATE_BYTES, then the engine's frame */
    uint8_t memory[TEST_PAGES * VM_PAGE_SIZE + 8] __attribute__((aligned(4096)));
    struct vm_tlb_entry tlb[TEST_TLB_ENTRIES];
    struct vm_jump_entry *jump_cache;
    uint32_t host_calls;
};

/* NULL when out of memory. */
struct test_machine *test_machine_new(uint32_t frame_size);
void test_machine_free(struct test_machine *m);
/* Same state, memory and countdown in both. */
void test_machine_copy(struct test_machine *to, const struct test_machine *from);
/* First difference in what a guest or the core can see, as text; NULL if there is none. */
const char *test_machine_differ(const struct test_machine *a, const struct test_machine *b);

uint64_t test_slot_get(const struct test_machine *m, uint32_t slot);
void test_slot_set(struct test_machine *m, uint32_t slot, uint64_t value);
/* The same of half of a v128, 0 or 1. */
uint64_t test_half_get(const struct test_machine *m, uint32_t slot, uint32_t half);
void test_half_set(struct test_machine *m, uint32_t slot, uint32_t half, uint64_t value);

/* A vector operation: what ir_reference does for it. */
union test_vector {
    uint8_t byte[16];
    uint64_t half[2];
};
/* fp: a scalar operation of flag P. */
typedef uint64_t (*test_fp_fn)(void *opaque, const struct vm_ir_insn *insn, const uint64_t *arg);
union test_vector ir_reference_vector(const struct vm_ir_insn *insn, const union test_vector *arg,
                                      test_fp_fn fp, void *opaque);
/* The same for V_CLMUL up to V_UXTL. */
union test_vector ir_reference_crypto(const struct vm_ir_insn *insn, const union test_vector *arg);

/*
 * Evaluates one unit on m, in plain steps. Exits are as the engine's: cpu->pc, countdown, fault,
 * exit_unit and exit_index are set, exits are never linked.
 */
enum vm_exit ir_reference(struct test_machine *m, const struct vm_ir_unit *ir,
                          struct vm_unit *unit);

/*
 * The same for a region, from the block at cpu->pc on. An engine polls where it likes: what it did
 * is in `poll`, its vCPU after VM_EXIT_POLL, and the reference stops at the block where that one
 * stands with as much of the countdown left. NULL: never.
 */
enum vm_exit ir_reference_region(struct test_machine *m, const struct vm_ir_unit *ir,
                                 struct vm_unit *unit, const struct vm_cpu *poll);
/* An exit that leaves the unit and can be linked. */
bool ir_leaves(const struct vm_ir_insn *insn);

/* Fills `unit` for the engine's compile(). `exits` has room for VM_UNIT_MAX_EXITS. */
void test_unit_init(struct vm_unit *unit, const struct vm_ir_unit *ir, struct vm_unit_exit *exits);

/* ---- the engine ---- */

struct test_engine {
    const struct vm_engine_ops *ops;
    void *self;
    void *module;
};
/* Loads a built engine plugin by name: 0, or -1 after printing why. */
int test_engine_open(struct test_engine *e, const char *name);
/* With one property set; -1 with err set. */
int test_engine_open_with(struct test_engine *e, const char *name, const char *key,
                          const char *value, struct vm_error *err);
/* For the vCPUs of another arch than test_arch, whose state ends at `state_bytes`. */
int test_engine_open_for(struct test_engine *e, const char *name, const struct vm_arch_ops *arch,
                         uint32_t state_bytes, struct vm_error *err);
void test_engine_close(struct test_engine *e);

/* ---- random numbers, repeatable ---- */

/* VMRUN_TEST_SEED; else always the same, but from the clock with VMRUN_TEST_LONG. */
uint64_t test_seed(void);
uint64_t test_random(uint64_t *state);

#endif

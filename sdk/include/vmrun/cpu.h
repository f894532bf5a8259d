/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu.h - the vCPU context and its TLB as compiled code sees them. MATCHED tier: any change changes
 * the ABI hash, and arch, board, engine and accel plugins must be rebuilt.
 *
 * One struct vm_cpu per vCPU, owned by the host thread that runs it. Fields marked [shared] are
 * atomics that any thread may touch; everything else belongs to the owner, or to whoever has the
 * vCPU stopped.
 */
#ifndef VMRUN_CPU_H
#define VMRUN_CPU_H

#include <stdbool.h>
#include <vmrun/plugin.h>

/*
 * An atomic member. C++ and C99, which have not C11's, see one of the same layout, and leave it to
 * the core's functions, or use the compiler's built-in atomics.
 */
#if !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#include <stdatomic.h>
#define VM_ATOMIC(type) _Atomic type
#else
#define VM_ATOMIC(type) volatile type
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Alignment is an extension in C99; C++ has no arrays without a length, and makes no vCPUs. */
#define VM_ALIGNED(n) __extension__ __attribute__((aligned(n)))
#ifdef __cplusplus
#define VM_FLEXIBLE 1
#else
#define VM_FLEXIBLE
#endif

#define VM_PAGE_BITS 12
#define VM_PAGE_SIZE ((uint64_t)1 << VM_PAGE_BITS)
#define VM_PAGE_MASK (~(VM_PAGE_SIZE - 1))

/* ---- Memory operations ----------------------------------------------------------------------- */

/*
 * A memop says all about one guest access; it is the `aux` word of IR memory operations.
 *   bits 0-2   log2 of the size in bytes (0..4)
 *   bit  3     sign-extend a load to the result's type (else zero-extend)
 *   bit  4     big-endian in memory
 *   bit  5     must be naturally aligned, else VM_FAULT_ALIGN
 *   bits 6-7   MMU index: which of cpu->tlb[] translates it (VM_MMU_*)
 *   bits 8-9   order: VM_MEMOP_ACQUIRE, VM_MEMOP_RELEASE; both: sequentially consistent, and
 *              read-modify-write is a full fence
 *   bits 10-12 what memory that takes aligned accesses only looks at (vm_translation.aligned):
 *              0 the access; 1..4 its parts, log2 of how many there are; 7: the access is half of
 *              one that is misaligned as a whole (vm_memop_of_half)
 *   bits 16-23 enum vm_amo, for IR `amo`
 */
#define VM_MEMOP_SIZE(memop)  (1u << ((memop)&7))
#define VM_MEMOP_SIGNED       (1u << 3)
#define VM_MEMOP_BIG          (1u << 4)
#define VM_MEMOP_ALIGN        (1u << 5)
#define VM_MEMOP_MMU_SHIFT    6
#define VM_MEMOP_MMU(memop)   (((memop) >> VM_MEMOP_MMU_SHIFT) & 3)
#define VM_MEMOP_ACQUIRE      (1u << 8)
#define VM_MEMOP_RELEASE      (1u << 9)
#define VM_MEMOP_PARTS_SHIFT  10
#define VM_MEMOP_PARTS(memop) (((memop) >> VM_MEMOP_PARTS_SHIFT) & 7)
#define VM_MEMOP_HALF         (7u << VM_MEMOP_PARTS_SHIFT)
#define VM_MEMOP_AMO_SHIFT    16
#define VM_MEMOP_AMO(memop)   (((memop) >> VM_MEMOP_AMO_SHIFT) & 0xff)

enum vm_amo {
    VM_AMO_SWAP,
    VM_AMO_ADD,
    VM_AMO_AND,
    VM_AMO_OR,
    VM_AMO_XOR,
    VM_AMO_SMIN,
    VM_AMO_SMAX,
    VM_AMO_UMIN,
    VM_AMO_UMAX,
    VM_AMO_COUNT
};

/*
 * MMU indices: which translation regime an access uses. FETCH and DATA are fixed, the others are
 * the arch's own.
 */
enum { VM_MMU_FETCH = 0, VM_MMU_DATA = 1, VM_MMU_ALT0 = 2, VM_MMU_ALT1 = 3, VM_MMU_COUNT = 4 };

enum vm_access { VM_ACCESS_READ = 0, VM_ACCESS_WRITE = 1, VM_ACCESS_EXEC = 2 };

/* ---- TLB ------------------------------------------------------------------------------------- */

/*
 * One entry maps one guest-virtual 4K page. A tag is the page's virtual address with flag bits in
 * its low 12 bits; it matches only when no flag is set, so that one compare decides the fast path.
 * host address = guest virtual address + addend. The flags lie above the bits that tell a
 * misaligned address: code that compares a tag with va & (VM_PAGE_MASK | (size - 1)) sends
 * misaligned accesses to the slow path for free.
 */
struct vm_tlb_entry {
    uint64_t tag[3]; /* by enum vm_access */
    uint64_t addend;
};

/*
 * Flags of a tag. INVALID: this kind of access is not mapped here. SLOW: mapped, but goes through
 * the core: MMIO, translated code or dirty tracking, watch, rules for parts of a page.
 */
#define VM_TLB_INVALID (1u << 11)
#define VM_TLB_SLOW    (1u << 10)

/* The table in use for one MMU index; a change of context swaps it. `mask` + 1 entries. */
struct vm_tlb_view {
    struct vm_tlb_entry *entries;
    uint64_t mask;
};

/*
 * Index of a page. Folding higher bits in keeps arrays that are aligned to huge pages apart; adding
 * them, neighbours too: no two of them share an entry, on which vm_tlb_probe relies. The JIT emits
 * the same.
 */
static inline uint64_t vm_tlb_index(uint64_t va, uint64_t mask)
{
    return ((va >> 12) + (va >> 21)) & mask;
}

/* ---- Faults and exits ------------------------------------------------------------------------ */

enum vm_fault_kind {
    VM_FAULT_NONE = 0,
    VM_FAULT_TRANSLATE = 1, /* arch's mmu_translate refused; `code` is the arch's own */
    VM_FAULT_BUS = 2,       /* no memory or device there, or the device answered with an error */
    VM_FAULT_ALIGN = 3,     /* VM_MEMOP_ALIGN not met; `code` 1: vm_translation.aligned not met */
    VM_FAULT_TRAP = 4,      /* by IR `trap` or a helper: `code` and `value` are the arch's own */
};

struct vm_fault {
    uint32_t kind;   /* enum vm_fault_kind */
    uint32_t access; /* enum vm_access */
    uint64_t va;     /* of the first byte that faulted */
    uint64_t code;   /* arch-defined */
    uint64_t value;  /* arch-defined */
};

/* Why compiled code stopped. cpu->pc is exact in every case. */
enum vm_exit {
    /* Only as cpu->pending_exit: no exit is pending. */
    VM_EXIT_NONE = 0,
    /*
     * The unit ended; go on at cpu->pc. cpu->exit_unit and exit_index name a linkable exit, or
     * exit_unit is NULL.
     */
    VM_EXIT_NEXT = 1,
    /* The countdown went below zero at a unit's entry; nothing of that unit has run. */
    VM_EXIT_POLL = 2,
    /* cpu->fault is valid; cpu->pc is the instruction that caused it, and it has had no effect. */
    VM_EXIT_TRAP = 3,
    /* Mode, interrupt enables or translation may have changed; ask the arch, go on at cpu->pc. */
    VM_EXIT_STATE = 4,
    /* As STATE, and the vCPU wants to sleep until arch->wake says so. */
    VM_EXIT_WAIT = 5,
    /* cpu->exit_unit's heat went below zero at its entry; nothing of that unit has run. */
    VM_EXIT_HOT = 6,
};

/* Result of an out-of-line memory access. */
enum vm_mem_result {
    VM_MEM_OK = 0,
    VM_MEM_FAULT = 1, /* cpu->fault is filled; nothing was stored */
    VM_MEM_CODE = 2,  /* stored, and code was hit: VM_EXIT_NEXT, unlinked, after this instruction */
};

/* ---- Per-vCPU jump cache: pc -> unit for indirect jumps -------------------------------------- */

#define VM_JUMP_CACHE_BITS 13
#define VM_JUMP_CACHE_SIZE (1u << VM_JUMP_CACHE_BITS)
#define VM_JUMP_HASH       0x9e3779b1u

struct vm_unit;

/* Valid only if pc and tag match cpu->pc and cpu->jump_tag. Filled by the core, read by engines. */
struct vm_jump_entry {
    uint64_t pc;
    uint64_t tag;
    struct vm_unit *unit;
    void *entry; /* unit->entry, saving a load */
};

/* The JIT emits the same. */
static inline uint32_t vm_jump_index(uint64_t pc)
{
    return (uint32_t)pc * VM_JUMP_HASH >> (32 - VM_JUMP_CACHE_BITS);
}

/* ---- The context ----------------------------------------------------------------------------- */

struct vm_cpu_host;

/* How a vCPU starts; filled by the board. */
struct vm_cpu_start {
    uint64_t pc;
    uint64_t arg[4]; /* RISC-V a0..a3, Arm x0..x3 */
    bool off;        /* at the machine's reset: powered off, until another vCPU powers it on */
};

enum vm_cpu_power { VM_CPU_OFF = 0, VM_CPU_ON = 1, VM_CPU_GOING_ON = 2 };

#define VM_FIRMWARE_REGS 18 /* of a firmware call: Arm x0..x17 */

/*
 * The kick: a thread that wants the vCPU's attention subtracts VM_KICK from `countdown` once, so
 * that it turns negative and the count can still be recovered. The owner decrements without a
 * locked instruction and may thereby lose a kick; what was asked for is recorded elsewhere, and a
 * slice is at most VM_SLICE_MAX instructions, which bounds the delay.
 */
#define VM_KICK      (1 << 30)
#define VM_SLICE_MAX 16384

struct vm_cpu {
    /*
     * [shared] Instructions left in this slice. Compiled code subtracts a unit's instruction count
     * at its entry and, if the result is negative, adds it back and leaves with VM_EXIT_POLL. A
     * unit left early adds back what it did not run.
     */
    VM_ATOMIC(int32_t) countdown;
    uint32_t index; /* 0 .. cpus-1 */
    uint64_t pc;    /* inside a unit: its first instruction's address; outside: the next one's */
    struct vm_tlb_view tlb[VM_MMU_COUNT];
    /*
     * Changes whenever an entry of tlb[] but those for fetches may have been dropped or restricted
     * for another reason than to make room for another page: what was found in an entry is right as
     * long as this is the same.
     */
    uint64_t tlb_epoch;
    struct vm_jump_entry *jump_cache; /* VM_JUMP_CACHE_SIZE entries */
    uint64_t jump_tag; /* changes with the mode and with each mapping change for fetches */

    /*
     * enum vm_exit: set by a helper that wants to leave; the engine looks at it after helpers that
     * may exit.
     */
    uint32_t pending_exit;
    uint32_t exit_index; /* with VM_EXIT_NEXT */
    struct vm_unit *exit_unit;

    struct vm_fault fault;

    /* LR/SC or LDXR/STXR reservation, made by IR `ll`: guest-virtual address, value seen, size. */
    uint64_t reserve_va, reserve_value;
    uint32_t reserve_size; /* 0: none */
    uint32_t reserved0;

    /*
     * [shared] Level of each interrupt line of this vCPU, bit n = the arch's line n. Changed
     * through the core only.
     */
    VM_ATOMIC(uint64_t) lines;

    const struct vm_cpu_host *host; /* services of the core */
    void *core;                     /* the core's own part of this vCPU */
    void *arch;                     /* what arch->create returned */
    void *engine;                   /* the engine's per-vCPU part, if it has one */

    /*
     * The arch's slots (arch->state_size bytes), then the engine's frame (16-byte aligned). Hosts
     * that forward a store to a load by the low ten bits of their displacements from one register,
     * and begin again when the others differ (AMD's, at least the fifth Zen), lose much time where
     * compiled code writes at bytes 0x300 to 0x34f of the state (and each 0x400 further), which
     * these take for countdown and tlb: what is often written belongs elsewhere.
     */
    VM_ALIGNED(64) uint8_t state[VM_FLEXIBLE];
};

/* ---- Services of the core -------------------------------------------------------------------- */

struct vm_cpu_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;

    /*
     * Out-of-line guest accesses: TLB miss, MMIO, page crossing, misaligned, marked page. The value
     * is zero-extended raw bits (byte order already applied; the caller sign-extends).
     * enum vm_mem_result. [owner]
     */
    int (*load)(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value);
    int (*store)(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value);
    /*
     * Read-modify-write, atomic against the other vCPUs: `amo` (memop names the operation) returns
     * the old value; `cas` stores `desired` if memory equals `expected` and returns the old value.
     * On MMIO: VM_FAULT_BUS. [owner]
     */
    int (*amo)(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand, uint64_t *old);
    int (*cas)(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected, uint64_t desired,
               uint64_t *old);
    /*
     * Translates for an access of n bytes inside one page and returns the host address, or NULL:
     * fault filled. For helpers that work on a block (cbo.zero). MMIO: VM_FAULT_BUS. A write
     * through it must be reported with `wrote`. [owner]
     */
    void *(*probe)(struct vm_cpu *cpu, uint64_t va, uint32_t n, int access, uint32_t mmu);
    int (*wrote)(struct vm_cpu *cpu, uint64_t va, uint32_t n); /* VM_MEM_OK or VM_MEM_CODE */

    /*
     * Guest-physical accesses of a page-table walk; size 4 or 8, aligned, RAM only, little-endian.
     * enum vm_access_result (device.h): 0 is OK. phys_cas returns the old value. [owner]
     */
    int (*phys_load)(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t *value);
    int (*phys_cas)(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t expected,
                    uint64_t desired, uint64_t *old);

    /*
     * Drops TLB entries of every context whose id satisfies (id & id_mask) == id_match and that lie
     * in [va, va + length) (length 0: all addresses). keep_global spares entries filled as global.
     * Also drops what was derived from them (jump cache, links across pages). Takes effect before
     * it returns. [owner]
     */
    void (*tlb_flush)(struct vm_cpu *cpu, uint64_t id_match, uint64_t id_mask, uint64_t va,
                      uint64_t length, bool keep_global);
    /*
     * The same on every other vCPU too, acknowledged by all before the next instruction of this
     * one. [owner]
     */
    void (*tlb_flush_all_cpus)(struct vm_cpu *cpu, uint64_t id_match, uint64_t id_mask, uint64_t va,
                               uint64_t length, bool keep_global);

    /* The machine counter (RISC-V time). [any thread] */
    uint64_t (*counter_read)(struct vm_cpu *cpu);
    /*
     * Compare timer driving interrupt line `line` of this vCPU: the line is high exactly while
     * counter >= deadline. UINT64_MAX means never. Setting it updates the line before it returns.
     * One timer per line. [owner]
     */
    void (*counter_compare)(struct vm_cpu *cpu, uint32_t line, uint64_t deadline);
    void (*set_line)(struct vm_cpu *cpu, uint32_t line, int level); /* [any thread] */

    /*
     * One access to register `reg` of this vCPU's port `port`, as struct vm_cpu_port_ops
     * (device.h). -1: nobody has claimed the port, or there is no such register. [owner]
     */
    int (*port_access)(struct vm_cpu *cpu, uint32_t port, uint32_t reg, bool write, uint64_t bits,
                       uint64_t mask, uint64_t *value);

    /*
     * Instructions retired by this vCPU before the current unit plus the current unit's whole
     * count. An arch that needs the exact number at an instruction makes it the only one of its
     * unit. [owner]
     */
    uint64_t (*instructions)(struct vm_cpu *cpu);

    /* Makes the vCPU leave compiled code at the next unit entry. [any thread] */
    void (*kick)(struct vm_cpu *cpu);

    /* --trace: non-zero bit if the category is on; and the line itself. */
    uint32_t (*trace_mask)(void);
    void (*trace)(struct vm_cpu *cpu, uint32_t category, const char *fmt, ...) VM_PRINTF(3, 4);

    /*
     * Power of vCPUs. cpu_on has vCPU `index` start as *start says, from the arch's power-on state;
     * -1: it is not off, or there is none. cpu_off is for the caller itself, whose pending_exit it
     * sets (so the helper is one that may exit): it runs nothing from there on, and nothing but
     * cpu_on of another one or a reset of the machine wakes it. [owner of `cpu`]
     */
    int (*cpu_on)(struct vm_cpu *cpu, uint32_t index, const struct vm_cpu_start *start);
    void (*cpu_off)(struct vm_cpu *cpu);
    /* enum vm_cpu_power; -1: there is no such vCPU. [any thread] */
    int (*cpu_power)(struct vm_cpu *cpu, uint32_t index);

    /* enum vm_request (device.h), of the whole machine. [any thread] */
    void (*request)(struct vm_cpu *cpu, int request, int status);
    /*
     * The guest calls the board's firmware: `regs` are the VM_FIRMWARE_REGS registers of the
     * calling convention, in and out. False: the board has none, or it knows nothing of conduit
     * `conduit` (vm_arch_ops.firmware_conduit). It may power vCPUs on and off. [owner]
     */
    bool (*firmware_call)(struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs);
};

#define VM_TRACE_UNITS      1u
#define VM_TRACE_IR         2u
#define VM_TRACE_EXCEPTIONS 4u
#define VM_TRACE_DEVICES    8u
#define VM_TRACE_INTERRUPTS 16u

/* ---- Fast path in C, for engines that are C -------------------------------------------------- */

/*
 * Host address for an access of `size` bytes at va, or NULL: take the slow path. Works for
 * misaligned accesses inside one page: the compare is made with the last byte's page against the
 * entry of the first byte's page, which is never that of the next one (vm_tlb_index).
 */
static inline void *vm_tlb_probe(const struct vm_cpu *cpu, uint32_t mmu, uint64_t va, uint32_t size,
                                 enum vm_access access)
{
    const struct vm_tlb_view *view = &cpu->tlb[mmu];
    const struct vm_tlb_entry *e = &view->entries[vm_tlb_index(va, view->mask)];
    if (__builtin_expect(e->tag[access] != ((va + size - 1) & VM_PAGE_MASK), 0))
        return NULL;
    return (void *)(uintptr_t)(va + e->addend);
}

/*
 * The memop of each half of a vector's access at va, once VM_MEMOP_ALIGN has been looked at: memory
 * that takes aligned accesses only looks at the parts of the whole, or at the whole.
 */
static inline uint32_t vm_memop_of_half(uint64_t va, uint32_t memop)
{
    uint32_t parts = VM_MEMOP_PARTS(memop), half = 0;
    if (parts != 0)
        half = (parts - 1) << VM_MEMOP_PARTS_SHIFT;
    else if (va & (VM_MEMOP_SIZE(memop) - 1))
        half = VM_MEMOP_HALF;
    return (memop & ~(7u | VM_MEMOP_ALIGN | VM_MEMOP_HALF)) | 3 | half;
}

/*
 * Guest RAM races on purpose. These are relaxed atomics when naturally aligned (so that
 * ThreadSanitizer keeps watching our own data), and bytewise otherwise.
 */
static inline uint64_t vm_ram_load(const void *p, uint32_t size)
{
    uintptr_t a = (uintptr_t)p;
    if (__builtin_expect((a & (size - 1)) == 0, 1)) {
        switch (size) {
        case 1:
            return __atomic_load_n((const uint8_t *)p, __ATOMIC_RELAXED);
        case 2:
            return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
        case 4:
            return __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
        default:
            return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
        }
    }
    uint64_t v = 0;
    for (uint32_t i = 0; i < size; i++)
        v |= (uint64_t)__atomic_load_n((const uint8_t *)p + i, __ATOMIC_RELAXED) << (8 * i);
    return v;
}

static inline void vm_ram_store(void *p, uint32_t size, uint64_t v)
{
    uintptr_t a = (uintptr_t)p;
    if (__builtin_expect((a & (size - 1)) == 0, 1)) {
        switch (size) {
        case 1:
            __atomic_store_n((uint8_t *)p, (uint8_t)v, __ATOMIC_RELAXED);
            return;
        case 2:
            __atomic_store_n((uint16_t *)p, (uint16_t)v, __ATOMIC_RELAXED);
            return;
        case 4:
            __atomic_store_n((uint32_t *)p, (uint32_t)v, __ATOMIC_RELAXED);
            return;
        default:
            __atomic_store_n((uint64_t *)p, v, __ATOMIC_RELAXED);
            return;
        }
    }
    for (uint32_t i = 0; i < size; i++)
        __atomic_store_n((uint8_t *)p + i, (uint8_t)(v >> (8 * i)), __ATOMIC_RELAXED);
}

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop: one handler per operation, each ending in a jump to the next one's. Everything that is
 * not the straight way of an operation is a call, so that the compiler keeps the few variables of
 * the loop in registers.
 */
#include "alu.h"
#include "interp.h"

typedef uint64_t cell_t __attribute__((may_alias));
typedef uint32_t half_t __attribute__((may_alias));

static const int32_t *handlers;

const int32_t *interp_handlers(void)
{
    if (!handlers)
        interp_run(NULL, NULL);
    return handlers;
}

#define LIKELY(x) __builtin_expect(!!(x), 1)

/* memops of the fast handlers. */
#define MEMOP_U8 0
#define MEMOP_S8 (0 | VM_MEMOP_SIGNED)
#define MEMOP_U16 1
#define MEMOP_S16 (1 | VM_MEMOP_SIGNED)
#define MEMOP_U32 2
#define MEMOP_S32 (2 | VM_MEMOP_SIGNED)
#define MEMOP_64 3
#define MEMOP_8 0
#define MEMOP_16 1
#define MEMOP_32 2
#define MEMOP_DATA(m) ((m) | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT)

/*
 * The tag must equal the address less what lies inside the page, where the bits that make an access
 * misaligned are left in: a misaligned one never matches and takes the slow path.
 */
static inline const struct vm_tlb_entry *fast_entry(const struct vm_cpu *cpu, uint64_t va, uint64_t size,
                                                    enum vm_access access)
{
    const struct vm_tlb_view *view = &cpu->tlb[VM_MMU_DATA];
    const struct vm_tlb_entry *e = &view->entries[vm_tlb_index(va, view->mask)];

    return LIKELY(e->tag[access] == (va & (VM_PAGE_MASK | (size - 1)))) ? e : NULL;
}

/* vm_ram_load and vm_ram_store for what is known to be aligned. */
static inline uint64_t ram_load(uint64_t host, uint32_t size)
{
    if (host & (size - 1))
        __builtin_unreachable();
    return vm_ram_load((const void *)(uintptr_t)host, size);
}

static inline void ram_store(uint64_t host, uint32_t size, uint64_t v)
{
    if (host & (size - 1))
        __builtin_unreachable();
    vm_ram_store((void *)(uintptr_t)host, size, v);
}

#define CELL(i) (*(cell_t *)(base + (size_t)(i) * 8))
#define LOW(i) ((uint32_t)CELL(i))
#define WORD(p) (((const struct interp_word *)(p))->value)

/* Operands by form and width. */
#define FIRST_R64 CELL(ip->a)
#define FIRST_R32 LOW(ip->a)
#define FIRST_A64 acc
#define FIRST_A32 ((uint32_t)acc)
#define SECOND_R64 CELL(ip->b)
#define SECOND_R32 LOW(ip->b)
#define SECOND_I64 ((uint64_t)(int64_t)ip->imm)
#define SECOND_I32 ((uint32_t)ip->imm)
#define FIRST_RR64 FIRST_R64
#define FIRST_RR32 FIRST_R32
#define FIRST_RA64 FIRST_R64
#define FIRST_RA32 FIRST_R32
#define FIRST_RI64 FIRST_R64
#define FIRST_RI32 FIRST_R32
#define FIRST_AR64 FIRST_A64
#define FIRST_AR32 FIRST_A32
#define FIRST_AI64 FIRST_A64
#define FIRST_AI32 FIRST_A32
#define SECOND_RR64 SECOND_R64
#define SECOND_RR32 SECOND_R32
#define SECOND_AR64 SECOND_R64
#define SECOND_AR32 SECOND_R32
#define SECOND_RA64 acc
#define SECOND_RA32 ((uint32_t)acc)
#define SECOND_RI64 SECOND_I64
#define SECOND_RI32 SECOND_I32
#define SECOND_AI64 SECOND_I64
#define SECOND_AI32 SECOND_I32

#define SET(value)                                                                                 \
    do {                                                                                           \
        acc = (uint64_t)(value);                                                                   \
        CELL(ip->d) = acc;                                                                         \
    } while (0)

#define DISPATCH() goto *((const char *)&&base_label + ip->handler)
#define NEXT(n)                                                                                    \
    do {                                                                                           \
        ip += (n);                                                                                 \
        DISPATCH();                                                                                \
    } while (0)

/* Goes on in the unit `to`, whose start cpu->pc is, after giving back what this unit did not run. */
#define ENTER(to, refund)                                                                          \
    do {                                                                                           \
        struct interp_code *enter_ = (to);                                                         \
        int32_t count_ = atomic_load_explicit(&cpu->countdown, memory_order_relaxed) + (refund);   \
        if (!LIKELY(count_ >= enter_->guest_insns)) {                                              \
            atomic_store_explicit(&cpu->countdown, count_, memory_order_relaxed);                  \
            goto poll;                                                                             \
        }                                                                                          \
        atomic_store_explicit(&cpu->countdown, count_ - enter_->guest_insns,                       \
                              memory_order_relaxed);                                               \
        code = enter_;                                                                             \
        ip = enter_->code;                                                                         \
        DISPATCH();                                                                                \
    } while (0)

/* Takes the exit whose record is at `rec`. */
#define TAKE_EXIT(rec, refund)                                                                     \
    do {                                                                                           \
        const struct interp_insn *rec_ = (rec);                                                    \
        struct interp_code *to_ = atomic_load_explicit(&rec_->link, memory_order_acquire);         \
        cpu->pc += (uint64_t)(int64_t)rec_->delta;                                                 \
        if (!LIKELY(to_)) {                                                                        \
            record = rec_;                                                                         \
            given_back = (refund);                                                                 \
            goto unlinked;                                                                         \
        }                                                                                          \
        ENTER(to_, refund);                                                                        \
    } while (0)

/* After a memory operation over `n` places that may have hit translated code. */
#define AFTER_WRITE(result, n)                                                                     \
    do {                                                                                           \
        int result_ = (result);                                                                    \
        acc = 0;                                                                                   \
        if (LIKELY(result_ == VM_MEM_OK))                                                          \
            NEXT(n);                                                                               \
        if (result_ == VM_MEM_FAULT)                                                               \
            goto fault;                                                                            \
        if (cpu->pending_exit == VM_EXIT_NONE)                                                     \
            cpu->pending_exit = VM_EXIT_NEXT;                                                      \
        ip += (n);                                                                                 \
        goto pending;                                                                              \
    } while (0)

#define AFTER_READ(result, n)                                                                      \
    do {                                                                                           \
        if (!LIKELY((result) == VM_MEM_OK))                                                        \
            goto fault;                                                                            \
        acc = CELL(ip->d);                                                                         \
        NEXT(n);                                                                                \
    } while (0)

enum vm_exit interp_run(struct vm_cpu *cpu, struct interp_code *code)
{
#define INTERP_ONE(name) [I_##name] = &&do_##name - &&base_label,
    static const int32_t offsets[I_COUNT] = { INTERP_ALL };
#undef INTERP_ONE

    if (!cpu) {
        handlers = offsets;
        return VM_EXIT_NONE;
    }

    uint8_t *const base = cpu->state;
    const struct interp_insn *ip, *record;
    uint64_t acc = 0;
    int32_t given_back;

    ENTER(code, 0);

base_label:

    /* ---- values ---- */

#define BINARY(N, F)                                                                               \
    do_##N##_##F##64 : SET(alu_##N##_64(FIRST_##F##64, SECOND_##F##64));                           \
    NEXT(1);                                                                                       \
    do_##N##_##F##32 : SET((int64_t)(int32_t)alu_##N##_32(FIRST_##F##32, SECOND_##F##32));         \
    NEXT(1);
#define BINARY_R(N) BINARY(N, RR) BINARY(N, AR) BINARY(N, RA)
#define BINARY_I(N) BINARY(N, RI) BINARY(N, AI)
#define UNARY_OF(N, F)                                                                             \
    do_##N##_##F##64 : SET(alu_##N##_64(FIRST_##F##64));                                           \
    NEXT(1);                                                                                       \
    do_##N##_##F##32 : SET((int64_t)(int32_t)alu_##N##_32(FIRST_##F##32));                         \
    NEXT(1);
#define UNARY(N) UNARY_OF(N, R) UNARY_OF(N, A)

    INTERP_BINARY(BINARY_R)
    INTERP_COMPARE(BINARY_R)
    INTERP_BINARY_IMM(BINARY_I)
    INTERP_COMPARE_IMM(BINARY_I)
    INTERP_UNARY(UNARY)

    /* MOV leaves the accumulator alone: what it copies is there already, or not wanted there. */
#define MOVE(F)                                                                                    \
    do_MOV_##F : CELL(ip->d) = FIRST_##F##64;                                                      \
    NEXT(1);                                                                                       \
    do_PUT32_##F : *(half_t *)(base + ip->imm) = FIRST_##F##32;                                    \
    NEXT(1);                                                                                       \
    do_SEXT32_##F : SET((int64_t)(int32_t)FIRST_##F##32);                                          \
    NEXT(1);                                                                                       \
    do_ZEXT32_##F : SET(FIRST_##F##32);                                                            \
    NEXT(1);                                                                                       \
    do_BITS_##F : SET(alu_bits(FIRST_##F##64, (uint32_t)ip->imm));                                 \
    NEXT(1);                                                                                       \
    do_SBITS_##F : SET(alu_sbits(FIRST_##F##64, (uint32_t)ip->imm));                               \
    NEXT(1);                                                                                       \
    do_BOX_##F : SET(alu_f32_box(FIRST_##F##64));                                                  \
    NEXT(1);                                                                                       \
    do_UNBOX_##F : SET(alu_f32_unbox(FIRST_##F##64));                                              \
    NEXT(1);
    MOVE(R)
    MOVE(A)

do_MOVI:
    CELL(ip->d) = (uint64_t)(int64_t)ip->imm;
    NEXT(1);
do_MOVI64:
    CELL(ip->d) = WORD(ip + 1);
    NEXT(2);
do_PC:
    SET(cpu->pc + (uint64_t)(int64_t)ip->imm);
    NEXT(1);
do_PC64:
    SET(cpu->pc + WORD(ip + 1));
    NEXT(2);
do_GET32:
    SET((int64_t)(int32_t)*(half_t *)(base + ip->imm));
    NEXT(1);
do_SELECT:
    SET(CELL(ip->a) ? CELL(ip->b) : CELL(ip->x));
    NEXT(1);
do_FP:
    SET(interp_fp(cpu, ip->imm, CELL(ip->a), CELL(ip->b), CELL(ip->x)));
    NEXT(1);

    /* ---- memory ---- */

#define LOAD_FROM(N, F, type, via)                                                                 \
    do_LOAD_##F##_##N:                                                                             \
    {                                                                                              \
        uint64_t va = FIRST_##F##64 + (uint64_t)(int64_t)ip->imm;                                  \
        const struct vm_tlb_entry *e = fast_entry(cpu, va, sizeof(type), VM_ACCESS_READ);          \
        if (e) {                                                                                   \
            SET((via)(type)ram_load(va + e->addend, sizeof(type)));                                \
            NEXT(1);                                                                               \
        }                                                                                          \
        AFTER_READ(interp_load(cpu, va, MEMOP_DATA(MEMOP_##N), &CELL(ip->d)), 1);                  \
    }
#define LOAD(N, type, via) LOAD_FROM(N, R, type, via) LOAD_FROM(N, A, type, via)
    INTERP_LOAD(LOAD)

#define STORE_TO(N, F)                                                                             \
    do_STORE_##F##_##N:                                                                            \
    {                                                                                              \
        uint64_t va = FIRST_##F##64 + (uint64_t)(int64_t)ip->imm;                                  \
        const struct vm_tlb_entry *e = fast_entry(cpu, va, N / 8, VM_ACCESS_WRITE);                \
        if (e) {                                                                                   \
            ram_store(va + e->addend, N / 8, SECOND_##F##64);                                      \
            NEXT(1);                                                                               \
        }                                                                                          \
        AFTER_WRITE(interp_store(cpu, va, MEMOP_DATA(MEMOP_##N), SECOND_##F##64), 1);              \
    }
#define STORE(N) STORE_TO(N, RR) STORE_TO(N, AR) STORE_TO(N, RA)
    INTERP_STORE(STORE)

#define ADDRESS (CELL(ip->a) + (uint64_t)(int64_t)ip->imm)
#define MEMOP ((uint32_t)WORD(ip + 1))

do_LOADX:
    AFTER_READ(interp_load(cpu, ADDRESS, MEMOP, &CELL(ip->d)), 2);
do_STOREX:
    AFTER_WRITE(interp_store(cpu, ADDRESS, MEMOP, CELL(ip->b)), 2);
do_AMO:
    AFTER_WRITE(interp_amo(cpu, ADDRESS, MEMOP, CELL(ip->b), &CELL(ip->d)), 2);
do_CAS:
    AFTER_WRITE(interp_cas(cpu, ADDRESS, MEMOP, CELL(ip->b), CELL(ip->x), &CELL(ip->d)), 2);
do_LL:
    AFTER_READ(interp_ll(cpu, ADDRESS, MEMOP, &CELL(ip->d)), 2);
do_SC:
    AFTER_WRITE(interp_sc(cpu, ADDRESS, MEMOP, CELL(ip->b), &CELL(ip->d)), 2);
do_FENCE:
    interp_fence(false);
    acc = 0;
    NEXT(1);
do_FENCE_FULL:
    interp_fence(true);
    acc = 0;
    NEXT(1);

    /* ---- helpers ---- */

do_CALL: {
    const struct interp_call *call = (const struct interp_call *)(const void *)ip;
    acc = call->fn(cpu, CELL(call->arg[0]), CELL(call->arg[1]), CELL(call->arg[2]),
                   CELL(call->arg[3]), CELL(call->arg[4]), CELL(call->arg[5]));
    CELL(call->d) = acc;
    NEXT(2);
}
do_CALL_CHECK: {
    const struct interp_call *call = (const struct interp_call *)(const void *)ip;
    acc = call->fn(cpu, CELL(call->arg[0]), CELL(call->arg[1]), CELL(call->arg[2]),
                   CELL(call->arg[3]), CELL(call->arg[4]), CELL(call->arg[5]));
    if (cpu->pending_exit == VM_EXIT_TRAP)
        goto fault;
    CELL(call->d) = acc;
    ip += 2;
    if (cpu->pending_exit != VM_EXIT_NONE)
        goto pending;
    DISPATCH();
}

    /* ---- exits ---- */

#define BRANCH_ON(N, F, W)                                                                         \
    do_EXIF_##N##_##F##W : if (alu_##N##_##W(FIRST_##F##W, SECOND_##F##W))                         \
        TAKE_EXIT(ip + 1, ip->x);                                                                  \
    NEXT(2);                                                                                       \
    do_BR_##N##_##F##W : if (alu_##N##_##W(FIRST_##F##W, SECOND_##F##W)) TAKE_EXIT(ip + 1, 0);     \
    TAKE_EXIT(ip + 2, 0);
#define BRANCH(N, F) BRANCH_ON(N, F, 64) BRANCH_ON(N, F, 32)
#define BRANCH_R(N) BRANCH(N, RR) BRANCH(N, AR) BRANCH(N, RA)
#define BRANCH_I(N) BRANCH(N, RI) BRANCH(N, AI)
    INTERP_COMPARE(BRANCH_R)
    INTERP_COMPARE_IMM(BRANCH_I)

do_EXIT:
    TAKE_EXIT(ip, 0);
do_EXIT_TO: {
    uint64_t to = CELL(ip->a);
    const struct vm_jump_entry *e = &cpu->jump_cache[vm_jump_index(to)];
    cpu->pc = to;
    if (LIKELY(e->pc == to && e->tag == cpu->jump_tag))
        ENTER(e->entry, 0);
    return interp_leave(cpu);
}
do_EXIT_STATE:
    cpu->pc += (uint64_t)(int64_t)ip->imm;
    goto state;
do_EXIT_PC:
    goto state;
do_TRAP_IF:
    if (LIKELY(!CELL(ip->a)))
        NEXT(2);
do_TRAP:
    cpu->fault = (struct vm_fault){ .kind = VM_FAULT_TRAP, .code = WORD(ip + 1), .value = CELL(ip->b) };
    goto fault;
do_CHECK_IF:
    if (!CELL(ip->a))
        NEXT(1);
do_CHECK:
    if (LIKELY(cpu->pending_exit == VM_EXIT_NONE))
        NEXT(1);
    cpu->pc += (uint64_t)(int64_t)ip->imm;
    atomic_store_explicit(&cpu->countdown,
                          atomic_load_explicit(&cpu->countdown, memory_order_relaxed) + ip->x,
                          memory_order_relaxed);
    return interp_leave(cpu);
do_CHECK_TO:
    if (LIKELY(cpu->pending_exit == VM_EXIT_NONE))
        NEXT(1);
    cpu->pc = CELL(ip->a);
    return interp_leave(cpu);

    /* ---- ways out ---- */

unlinked: {
    struct interp_code *to = interp_unlinked(cpu, code, record);
    acc = 0;
    if (to)
        ENTER(to, given_back);
    atomic_store_explicit(&cpu->countdown,
                          atomic_load_explicit(&cpu->countdown, memory_order_relaxed) + given_back,
                          memory_order_relaxed);
    return VM_EXIT_NEXT;
}
pending:
    if (interp_ends_insn(cpu, code, ip))
        return interp_leave(cpu);
    acc = 0;
    DISPATCH();
state:
    if (cpu->pending_exit == VM_EXIT_NONE || cpu->pending_exit == VM_EXIT_NEXT)
        cpu->pending_exit = VM_EXIT_STATE;
    return interp_leave(cpu);
fault:
    return interp_leave_trap(cpu, code, ip);
poll:
    cpu->exit_unit = NULL;
    return VM_EXIT_POLL;
}

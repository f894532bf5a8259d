/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handlers: the inside of interp_run(), which includes this. See run.c for the macros.
 */

/* ---- values ---- */

#define BINARY(N, F)                                                                               \
    do_##N##_##F##64: SET(alu_##N##_64(FIRST_##F##64, SECOND_##F##64));                          \
    NEXT(1);                                                                                       \
    do_##N##_##F##32: SET((int64_t)(int32_t)alu_##N##_32(FIRST_##F##32, SECOND_##F##32));        \
    NEXT(1);
#define BINARY_R(N) BINARY(N, RR) BINARY(N, AR) BINARY(N, RA)
#define BINARY_I(N) BINARY(N, RI) BINARY(N, AI)
#define UNARY_OF(N, F)                                                                             \
    do_##N##_##F##64: SET(alu_##N##_64(FIRST_##F##64));                                          \
    NEXT(1);                                                                                       \
    do_##N##_##F##32: SET((int64_t)(int32_t)alu_##N##_32(FIRST_##F##32));                        \
    NEXT(1);
#define UNARY(N) UNARY_OF(N, R) UNARY_OF(N, A)

INTERP_BINARY(BINARY_R)
INTERP_COMPARE(BINARY_R)
INTERP_BINARY_IMM(BINARY_I)
INTERP_COMPARE_IMM(BINARY_I)
INTERP_UNARY(UNARY)

    /* MOV leaves the accumulator alone: what it copies is there already, or not wanted there. */
#define MOVE(F)                                                                                    \
    do_MOV_##F: CELL(ip->d) = FIRST_##F##64;                                                   \
    NEXT(1);                                                                                       \
    do_PUT32_##F: *(half_t *)(base + ip->imm) = FIRST_##F##32;                                 \
    NEXT(1);                                                                                       \
    do_SEXT32_##F: SET((int64_t)(int32_t)FIRST_##F##32);                                       \
    NEXT(1);                                                                                       \
    do_ZEXT32_##F: SET(FIRST_##F##32);                                                         \
    NEXT(1);                                                                                       \
    do_BITS_##F: SET(alu_bits(FIRST_##F##64, (uint32_t)ip->imm));                              \
    NEXT(1);                                                                                       \
    do_SBITS_##F: SET(alu_sbits(FIRST_##F##64, (uint32_t)ip->imm));                            \
    NEXT(1);                                                                                       \
    do_BOX_##F: SET(alu_f32_box(FIRST_##F##64));                                               \
    NEXT(1);                                                                                       \
    do_UNBOX_##F: SET(alu_f32_unbox(FIRST_##F##64));                                           \
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
    do_LOAD_##F##_##N:                                                                         \
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
    do_STORE_##F##_##N:                                                                        \
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
    do_EXIF_##N##_##F##W: if (alu_##N##_##W(FIRST_##F##W, SECOND_##F##W))                      \
        TAKE_EXIT(ip + 1, ip->x);                                                                  \
    NEXT(2);                                                                                       \
    do_BR_##N##_##F##W: if (alu_##N##_##W(FIRST_##F##W, SECOND_##F##W)) TAKE_EXIT(ip + 1, 0);  \
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

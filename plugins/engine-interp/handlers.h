/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The handlers: the inside of interp_run(), which includes this. What they are made of is in
 * steps.h, what they do in ops.h.
 */

/* Labels and what belongs to them are beyond clang-format. */
/* clang-format off */

/* ---- values ---- */

#define BINARY(N, F)                                                                               \
    do_##N##_##F##64: STEP_BINARY(ip, N, F, 64); NEXT(1);                                          \
    do_##N##_##F##32: STEP_BINARY(ip, N, F, 32); NEXT(1);
#define BINARY_R(N) BINARY(N, RR) BINARY(N, AR) BINARY(N, RA)
#define BINARY_I(N) BINARY(N, RI) BINARY(N, AI)
#define UNARY_OF(N, F)                                                                             \
    do_##N##_##F##64: STEP_UNARY(ip, N, F, 64); NEXT(1);                                           \
    do_##N##_##F##32: STEP_UNARY(ip, N, F, 32); NEXT(1);
#define UNARY(N) UNARY_OF(N, R) UNARY_OF(N, A)
#define MOVE(N)                                                                                    \
    do_##N##_R: STEP_##N(ip, R); NEXT(1);                                                          \
    do_##N##_A: STEP_##N(ip, A); NEXT(1);

INTERP_BINARY(BINARY_R)
INTERP_COMPARE(BINARY_R)
INTERP_BINARY_IMM(BINARY_I)
INTERP_COMPARE_IMM(BINARY_I)
INTERP_UNARY(UNARY)
INTERP_MOVE(MOVE)

do_MOVI:
    STEP_MOVI(ip);
    NEXT(1);
do_MOVI64:
    CELL(ip->d) = WORD(ip + 1);
    NEXT(2);
do_PC:
    STEP_PC(ip);
    NEXT(1);
do_PC64:
    SET(ip, cpu->pc + WORD(ip + 1));
    NEXT(2);
do_GET32:
    SET(ip, (int64_t)(int32_t)*(half_t *)(base + ip->imm));
    NEXT(1);
do_SELECT:
    SET(ip, CELL(ip->a) ? CELL(ip->b) : CELL(ip->x));
    NEXT(1);
do_CARRY: {
    uint64_t sum;
    bool carries = __builtin_add_overflow(CELL(ip->a), CELL(ip->b), &sum);
    carries |= __builtin_add_overflow(sum, CELL(ip->x) & 1, &sum);
    SET(ip, carries);
    NEXT(1);
}
do_FP:
    SET(ip, ((interp_fp_fn)(uintptr_t)WORD(ip + 1))(cpu, CELL(ip->a), CELL(ip->b), CELL(ip->x),
                                                    (uint32_t)ip->imm));
    NEXT(2);

do_MOVV: {
    uint64_t low = CELL(ip->a), high = CELL(ip->a + 1);
    CELL(ip->d) = low;
    CELL(ip->d + 1) = high;
    NEXT(1);
}
do_VGET:
    SET(ip, interp_vector_lane(&CELL(ip->a), (uint32_t)ip->imm));
    NEXT(1);
do_VEC:
    ((interp_vector_fn)(uintptr_t)WORD(ip + 1))(VECTOR(ip->d), VECTOR(ip->a), VECTOR(ip->b),
                                                VECTOR(ip->x), (uint32_t)ip->imm);
    NEXT(2);
do_FVEC: {
    const struct interp_word *word = (const struct interp_word *)(const void *)(ip + 1);
    interp_vector_fp(cpu, (interp_fp_fn)(uintptr_t)word->value, (uint32_t)word->lanes,
                     (uint32_t)ip->imm, VECTOR(ip->d), VECTOR(ip->a), VECTOR(ip->b), VECTOR(ip->x));
    NEXT(2);
}

/* ---- memory ---- */

#define LOAD(N, type, via)                                                                         \
    do_LOAD_R_##N: STEP_LOAD(ip, R, N, type, via); NEXT(1);                                        \
    do_LOAD_A_##N: STEP_LOAD(ip, A, N, type, via); NEXT(1);
#define STORE(N)                                                                                   \
    do_STORE_RR_##N: STEP_STORE(ip, RR, N); NEXT(1);                                               \
    do_STORE_AR_##N: STEP_STORE(ip, AR, N); NEXT(1);                                               \
    do_STORE_RA_##N: STEP_STORE(ip, RA, N); NEXT(1);

INTERP_LOAD(LOAD)
INTERP_STORE(STORE)

#define ADDRESS (CELL(ip->a) + (uint64_t)(int64_t)ip->imm)
#define MEMOP ((uint32_t)WORD(ip + 1))

do_LOADX:
    AFTER_READ(ip, interp_load(cpu, ADDRESS, MEMOP, &CELL(ip->d)));
    NEXT(2);
do_STOREX:
    AFTER_WRITE(ip, interp_store(cpu, ADDRESS, MEMOP, CELL(ip->b)), 2);
    NEXT(2);
do_LOADV:
    AFTER_READ(ip, interp_load_vector(cpu, ADDRESS, MEMOP, VECTOR(ip->d)));
    NEXT(2);
do_STOREV:
    AFTER_WRITE(ip, interp_store_vector(cpu, ADDRESS, MEMOP, VECTOR(ip->b)), 2);
    NEXT(2);
do_AMO:
    AFTER_WRITE(ip, interp_amo(cpu, ADDRESS, MEMOP, CELL(ip->b), &CELL(ip->d)), 2);
    NEXT(2);
do_CAS:
    AFTER_WRITE(ip, interp_cas(cpu, ADDRESS, MEMOP, CELL(ip->b), CELL(ip->x), &CELL(ip->d)), 2);
    NEXT(2);
do_LL:
    AFTER_READ(ip, interp_ll(cpu, ADDRESS, MEMOP, &CELL(ip->d)));
    NEXT(2);
do_SC:
    AFTER_WRITE(ip, interp_sc(cpu, ADDRESS, MEMOP, CELL(ip->b), &CELL(ip->d)), 2);
    NEXT(2);
do_FENCE:
    interp_fence(false);
    acc = 0;
    NEXT(1);
do_FENCE_FULL:
    interp_fence(true);
    acc = 0;
    NEXT(1);

/* ---- helpers ---- */

#define CALL_OF(call)                                                                              \
    (call)->fn(cpu, CELL((call)->arg[0]), CELL((call)->arg[1]), CELL((call)->arg[2]),              \
               CELL((call)->arg[3]), CELL((call)->arg[4]), CELL((call)->arg[5]))

do_CALL: {
    const struct interp_call *call = (const struct interp_call *)(const void *)ip;
    acc = CALL_OF(call);
    CELL(call->d) = acc;
    NEXT(2);
}
do_CALL_CHECK: {
    const struct interp_call *call = (const struct interp_call *)(const void *)ip;
    acc = CALL_OF(call);
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
    do_EXIF_##N##_##F##W:                                                                          \
        if (alu_##N##_##W(FIRST_##F##W(ip), SECOND_##F##W(ip)))                                    \
            TAKE_EXIT(ip + 1, ip->x);                                                              \
        NEXT(2);                                                                                   \
    do_BR_##N##_##F##W:                                                                            \
        STEP_BR(ip, N, F, W);
#define BRANCH(N, F) BRANCH_ON(N, F, 64) BRANCH_ON(N, F, 32)
#define BRANCH_R(N) BRANCH(N, RR) BRANCH(N, AR) BRANCH(N, RA)
#define BRANCH_I(N) BRANCH(N, RI) BRANCH(N, AI)

INTERP_COMPARE(BRANCH_R)
INTERP_COMPARE_IMM(BRANCH_I)

do_EXIT:
    TAKE_EXIT(ip, 0);
do_EXIT_TO:
    STEP_EXIT_TO(ip);
do_EXIT_STATE:
    cpu->pc += (uint64_t)(int64_t)ip->imm;
    goto state;
do_EXIT_PC:
    goto state;
do_TRAP_IF:
    if (LIKELY(!CELL(ip->a)))
        NEXT(2);
do_TRAP:
    cpu->fault = (struct vm_fault){
        .kind = VM_FAULT_TRAP, .code = WORD(ip + 1), .value = CELL(ip->b)
    };
    goto fault;
do_HEAT: {
    _Atomic int32_t *heat = &code->unit->heat;
    int32_t left = atomic_load_explicit(heat, memory_order_relaxed) - 1;
    atomic_store_explicit(heat, left, memory_order_relaxed);
    if (LIKELY(left >= 0))
        NEXT(1);
    goto hot;
}
do_CHECK_IF:
    if (!CELL(ip->a))
        NEXT(1);
do_CHECK:
    if (LIKELY(cpu->pending_exit == VM_EXIT_NONE))
        NEXT(1);
    cpu->pc += (uint64_t)(int64_t)ip->imm;
    interp_give_back(cpu, ip->x);
    return interp_leave(cpu);
do_CHECK_TO:
    if (LIKELY(cpu->pending_exit == VM_EXIT_NONE))
        NEXT(1);
    cpu->pc = CELL(ip->a);
    return interp_leave(cpu);

/* ---- pairs ---- */

#define PAIR(FIRST, SECOND)                                                                        \
    do_##FIRST##__##SECOND: DO_##FIRST(ip); DO_##SECOND(ip + 1); NEXT(2);

INTERP_PAIRS(PAIR)

/* clang-format on */

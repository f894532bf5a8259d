/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What handlers are made of, inside interp_run(): operands, results, ways out, and a STEP_ macro
 * for each kind of operation that can be part of a pair. `p` is the operation's place; a step that
 * goes on does so behind itself.
 */
#ifndef ENGINE_INTERP_STEPS_H
#define ENGINE_INTERP_STEPS_H

#define CELL(i)   (*(cell_t *)(base + (size_t)(i)*8))
#define LOW(i)    ((uint32_t)CELL(i))
#define VECTOR(i) ((union vector *)(void *)&CELL(i))
#define WORD(p)   (((const struct interp_word *)(p))->value)

/* ---- operands by form and width ---- */

#define FIRST_R64(p) CELL((p)->a)
#define FIRST_R32(p) LOW((p)->a)
#define FIRST_A64(p) acc
#define FIRST_A32(p) ((uint32_t)acc)
#define FIRST_RR64   FIRST_R64
#define FIRST_RR32   FIRST_R32
#define FIRST_RA64   FIRST_R64
#define FIRST_RA32   FIRST_R32
#define FIRST_RI64   FIRST_R64
#define FIRST_RI32   FIRST_R32
#define FIRST_AR64   FIRST_A64
#define FIRST_AR32   FIRST_A32
#define FIRST_AI64   FIRST_A64
#define FIRST_AI32   FIRST_A32

#define SECOND_RR64(p) CELL((p)->b)
#define SECOND_RR32(p) LOW((p)->b)
#define SECOND_RA64    FIRST_A64
#define SECOND_RA32    FIRST_A32
#define SECOND_RI64(p) ((uint64_t)(int64_t)(p)->imm)
#define SECOND_RI32(p) ((uint32_t)(p)->imm)
#define SECOND_AR64    SECOND_RR64
#define SECOND_AR32    SECOND_RR32
#define SECOND_AI64    SECOND_RI64
#define SECOND_AI32    SECOND_RI32

/* A result of 32 bits is sign-extended into its cell. */
#define RESULT_64(value) (value)
#define RESULT_32(value) ((int64_t)(int32_t)(value))

#define SET(p, value)            \
    do {                         \
        acc = (uint64_t)(value); \
        CELL((p)->d) = acc;      \
    } while (0)

/* ---- control ---- */

#define DISPATCH() goto *((const char *)&&base_label + ip->handler)
#define NEXT(n)     \
    do {            \
        ip += (n);  \
        DISPATCH(); \
    } while (0)

/* Goes on in the unit `to`, whose start cpu->pc is; `refund` of this one have not run. */
#define ENTER(to, refund)                                                                        \
    do {                                                                                         \
        struct interp_code *enter_ = (to);                                                       \
        int32_t count_ = atomic_load_explicit(&cpu->countdown, memory_order_relaxed) + (refund); \
        if (!LIKELY(count_ >= enter_->guest_insns)) {                                            \
            atomic_store_explicit(&cpu->countdown, count_, memory_order_relaxed);                \
            goto poll;                                                                           \
        }                                                                                        \
        atomic_store_explicit(&cpu->countdown, count_ - enter_->guest_insns,                     \
                              memory_order_relaxed);                                             \
        code = enter_;                                                                           \
        ip = enter_->code;                                                                       \
        DISPATCH();                                                                              \
    } while (0)

/* Takes the exit whose record is at `rec`. */
#define TAKE_EXIT(rec, refund)                                                             \
    do {                                                                                   \
        const struct interp_insn *rec_ = (rec);                                            \
        struct interp_code *to_ = atomic_load_explicit(&rec_->link, memory_order_acquire); \
        cpu->pc += (uint64_t)(int64_t)rec_->delta;                                         \
        if (!LIKELY(to_)) {                                                                \
            record = rec_;                                                                 \
            given_back = (refund);                                                         \
            goto unlinked;                                                                 \
        }                                                                                  \
        ENTER(to_, refund);                                                                \
    } while (0)

/* After a read, or a write, of `n` places that was not inline. A call costs the accumulator. */
#define AFTER_READ(p, result)                 \
    do {                                      \
        if (!LIKELY((result) == VM_MEM_OK)) { \
            ip = (p);                         \
            goto fault;                       \
        }                                     \
        acc = CELL((p)->d);                   \
    } while (0)

#define AFTER_WRITE(p, result, n)                  \
    do {                                           \
        int result_ = (result);                    \
        acc = 0;                                   \
        if (!LIKELY(result_ == VM_MEM_OK)) {       \
            ip = (p);                              \
            if (result_ == VM_MEM_FAULT)           \
                goto fault;                        \
            if (cpu->pending_exit == VM_EXIT_NONE) \
                cpu->pending_exit = VM_EXIT_NEXT;  \
            ip += (n);                             \
            goto pending;                          \
        }                                          \
    } while (0)

/* ---- steps ---- */

#define STEP_BINARY(p, N, F, W) SET(p, RESULT_##W(alu_##N##_##W(FIRST_##F##W(p), SECOND_##F##W(p))))
#define STEP_UNARY(p, N, F, W)  SET(p, RESULT_##W(alu_##N##_##W(FIRST_##F##W(p))))

/* Leaves the accumulator alone: what it copies is there already, or not wanted there. */
#define STEP_MOV(p, F)    (CELL((p)->d) = FIRST_##F##64(p))
#define STEP_MOVI(p)      (CELL((p)->d) = (uint64_t)(int64_t)(p)->imm)
#define STEP_PUT32(p, F)  (*(half_t *)(base + (p)->imm) = FIRST_##F##32(p))
#define STEP_PC(p)        SET(p, cpu->pc + (uint64_t)(int64_t)(p)->imm)
#define STEP_SEXT32(p, F) SET(p, (int64_t)(int32_t)FIRST_##F##32(p))
#define STEP_ZEXT32(p, F) SET(p, FIRST_##F##32(p))
#define STEP_BITS(p, F)   SET(p, alu_bits(FIRST_##F##64(p), (uint32_t)(p)->imm))
#define STEP_SBITS(p, F)  SET(p, alu_sbits(FIRST_##F##64(p), (uint32_t)(p)->imm))
#define STEP_BOX(p, F)    SET(p, alu_f32_box(FIRST_##F##64(p)))
#define STEP_UNBOX(p, F)  SET(p, alu_f32_unbox(FIRST_##F##64(p)))

#define STEP_LOAD(p, F, N, type, via)                                                       \
    do {                                                                                    \
        uint64_t va_ = FIRST_##F##64(p) + (uint64_t)(int64_t)(p)->imm;                      \
        const struct vm_tlb_entry *e_ = fast_entry(cpu, va_, sizeof(type), VM_ACCESS_READ); \
        if (LIKELY(e_))                                                                     \
            SET(p, (via)(type)ram_load(va_ + e_->addend, sizeof(type)));                    \
        else                                                                                \
            AFTER_READ(p, interp_load(cpu, va_, MEMOP_DATA(MEMOP_##N), &CELL((p)->d)));     \
    } while (0)

#define STEP_STORE(p, F, N)                                                                      \
    do {                                                                                         \
        uint64_t va_ = FIRST_##F##64(p) + (uint64_t)(int64_t)(p)->imm;                           \
        const struct vm_tlb_entry *e_ = fast_entry(cpu, va_, N / 8, VM_ACCESS_WRITE);            \
        if (LIKELY(e_))                                                                          \
            ram_store(va_ + e_->addend, N / 8, SECOND_##F##64(p));                               \
        else                                                                                     \
            AFTER_WRITE(p, interp_store(cpu, va_, MEMOP_DATA(MEMOP_##N), SECOND_##F##64(p)), 1); \
    } while (0)

/* Compares and leaves by one of two exits. */
#define STEP_BR(p, N, F, W)                                   \
    do {                                                      \
        if (alu_##N##_##W(FIRST_##F##W(p), SECOND_##F##W(p))) \
            TAKE_EXIT((p) + 1, 0);                            \
        TAKE_EXIT((p) + 2, 0);                                \
    } while (0)

#define STEP_EXIT_TO(p)                                                           \
    do {                                                                          \
        uint64_t to_ = CELL((p)->a);                                              \
        const struct vm_jump_entry *jump_ = &cpu->jump_cache[vm_jump_index(to_)]; \
        cpu->pc = to_;                                                            \
        if (LIKELY(jump_->pc == to_ && jump_->tag == cpu->jump_tag))              \
            ENTER(jump_->entry, 0);                                               \
        return interp_leave(cpu);                                                 \
    } while (0)

#endif

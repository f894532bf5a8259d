/* SPDX-License-Identifier: BSD-2-Clause */
/* asm.h - x86-64 machine code into a growing buffer. Knows encodings and nothing else. */
#ifndef ENGINE_JIT_X86_ASM_H
#define ENGINE_JIT_X86_ASM_H

#include <stdbool.h>
#include <stdint.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

#define X86_NO_INDEX 0xff

/* [base + index * 2^scale + disp] */
struct x86_mem {
    uint8_t base, index;
    int32_t disp;
    uint8_t scale;
};

static inline struct x86_mem x86_at(int base, int32_t disp)
{
    return (struct x86_mem){(uint8_t)base, X86_NO_INDEX, disp, 0};
}

static inline struct x86_mem x86_at_index(int base, int index)
{
    return (struct x86_mem){(uint8_t)base, (uint8_t)index, 0, 0};
}

enum x86_form {
#define X86_FORM(NAME, mnemonic, prefix, map, opcode, reg, rm, flags) X86_##NAME,
#include "forms.def"
#undef X86_FORM
    X86_FORM_COUNT
};

/* Conditions, as in the opcodes of jcc and setcc. */
enum {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_E,
    CC_NE,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G
};
/* Operations with an immediate (opcodes 81 and 83), shifts (c1, d3), and those of one operand (f7).
 */
enum { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };
enum { SHIFT_ROL, SHIFT_ROR, SHIFT_SHL = 4, SHIFT_SHR, SHIFT_SAR = 7 };
enum { ONE_NOT = 2, ONE_NEG, ONE_MUL, ONE_IMUL, ONE_DIV, ONE_IDIV };

/* On failure (out of memory) emission goes on into nothing and `failed` is set: look once at the
 * end. */
struct x86 {
    uint8_t *bytes;
    uint32_t n, capacity;
    bool failed;
};

void x86_byte(struct x86 *a, uint32_t byte);
void x86_word32(struct x86 *a, uint32_t word);
void x86_word64(struct x86 *a, uint64_t word);

/* One form with a register or memory as r/m. wide: 64 bits, where the form leaves it open. */
void x86_rr(struct x86 *a, enum x86_form form, bool wide, int reg, int rm);
void x86_rm(struct x86 *a, enum x86_form form, bool wide, int reg, struct x86_mem m);
/* VEX forms, and the AVX twins of SSE forms. `middle` is the second source of shifts by a register,
 * else the first. */
void x86_rrr(struct x86 *a, enum x86_form form, bool wide, int reg, int middle, int rm);
void x86_rrm(struct x86 *a, enum x86_form form, bool wide, int reg, int middle, struct x86_mem m);
/* AVX: shifts lanes of 2, 4 or 8 bytes (lane_size: 1 to 3); VECTOR_SHR ... of 3 are the logical and
 * arithmetic ones. */
enum { VECTOR_SHR = 2, VECTOR_SAR = 4, VECTOR_SHL = 6 };
void x86_vector_shift(struct x86 *a, int shift, uint32_t lane_size, int to, int from, uint32_t n);
/* rorx reg, rm, n */
void x86_rorx(struct x86 *a, bool wide, int reg, int rm, uint32_t n);
/* The upper halves of all YMM registers become 0: before any SSE that is not AVX. */
void x86_vzeroupper(struct x86 *a);

void x86_alu_imm(struct x86 *a, int alu, bool wide, int reg, int32_t imm);
void x86_alu_mem_imm(struct x86 *a, int alu, bool wide, struct x86_mem m, int32_t imm);
void x86_shift(struct x86 *a, int shift, bool wide, int reg, uint32_t n);
void x86_shift_cl(struct x86 *a, int shift, bool wide, int reg);
void x86_one(struct x86 *a, int one, bool wide, int reg);
void x86_imul_imm(struct x86 *a, bool wide, int reg, int rm, int32_t imm);
void x86_bswap(struct x86 *a, bool wide, int reg);
void x86_sign_rdx(struct x86 *a, bool wide); /* cdq, cqo */
void x86_setcc(struct x86 *a, int cc, int reg);
void x86_cmov(struct x86 *a, int cc, bool wide, int reg, int rm);
void x86_test_imm(struct x86 *a, bool wide, int reg, int32_t imm);
void x86_test_mem_imm(struct x86 *a, struct x86_mem m, uint32_t imm); /* of a byte */
/* Shortest move of a constant; leaves the flags alone. */
void x86_mov_imm(struct x86 *a, int reg, uint64_t imm);
/* Stores sign-extended imm in 1, 2, 4 or 8 bytes. */
void x86_mov_mem_imm(struct x86 *a, uint32_t size, struct x86_mem m, int32_t imm);
void x86_push(struct x86 *a, int reg);
void x86_pop(struct x86 *a, int reg);
void x86_ret(struct x86 *a);
void x86_lock(struct x86 *a);          /* prefix of the next instruction */
void x86_lock_or_stack(struct x86 *a); /* lock or dword [rsp], 0: a full fence */
void x86_stmxcsr(struct x86 *a, struct x86_mem m);
void x86_ldmxcsr(struct x86 *a, struct x86_mem m);
void x86_jmp_reg(struct x86 *a, int reg);
void x86_jmp_mem(struct x86 *a, struct x86_mem m);
void x86_call_mem(struct x86 *a, struct x86_mem m);
/* With a 32-bit displacement; return its place, to be given to x86_aim. */
uint32_t x86_jmp(struct x86 *a);
uint32_t x86_jcc(struct x86 *a, int cc);
uint32_t x86_call(struct x86 *a);
/* lea reg, [rip + displacement] */
uint32_t x86_lea_here(struct x86 *a, int reg);
/* The displacement at `place` leads to offset `target` of the buffer. */
void x86_aim(struct x86 *a, uint32_t place, uint32_t target);
/* No-operation bytes until the offset is `phase` modulo 4. */
void x86_align4(struct x86 *a, uint32_t phase);
void x86_align16(struct x86 *a);
/* An instruction of at least 5 bytes at `place` may be overwritten by a jump in one aligned store
 * of 8 bytes. */
static inline bool x86_can_patch(uint32_t place)
{
    return (place & 7) <= 3;
}
/* The next instruction may be. */
void x86_align_patch(struct x86 *a);

#endif

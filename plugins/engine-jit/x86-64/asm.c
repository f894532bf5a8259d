/* SPDX-License-Identifier: BSD-2-Clause */
/* Encodings of x86-64. */
#include "asm.h"
#include <stdlib.h>
#include <string.h>

enum { S = 1, U = 2, N = 4, V = 8, A = 16, I = 32, W = 64, R = 128 };

struct form {
    uint8_t prefix, map, opcode, flags;
    uint16_t reg_bits, rm_bits;
};

static const struct form forms[X86_FORM_COUNT] = {
#define X86_FORM(NAME, mnemonic, prefix, map, opcode, reg, rm, flags) \
    [X86_##NAME] = {prefix, map, opcode, flags, reg, rm},
#include "forms.def"
#undef X86_FORM
};

/* ---- bytes ---- */

static bool make_room(struct x86 *a, uint32_t n)
{
    if (a->n + n <= a->capacity)
        return true;
    uint32_t capacity = a->capacity ? 2 * a->capacity : 4096;
    uint8_t *bytes = a->failed ? NULL : realloc(a->bytes, capacity);
    if (!bytes) {
        a->failed = true;
        a->n = 0; /* goes on at the start of what there is */
        return a->capacity >= n;
    }
    a->bytes = bytes;
    a->capacity = capacity;
    return true;
}

static void put_bytes(struct x86 *a, uint64_t value, uint32_t n)
{
    if (!make_room(a, n))
        return;
    memcpy(a->bytes + a->n, &value, n);
    a->n += n;
}

void x86_byte(struct x86 *a, uint32_t byte)
{
    put_bytes(a, byte, 1);
}

void x86_word32(struct x86 *a, uint32_t word)
{
    put_bytes(a, word, 4);
}

void x86_word64(struct x86 *a, uint64_t word)
{
    put_bytes(a, word, 8);
}

/* ---- ModRM ---- */

static void modrm(struct x86 *a, uint32_t mod, int reg, int rm)
{
    x86_byte(a, mod << 6 | (uint32_t)(reg & 7) << 3 | (uint32_t)(rm & 7));
}

static void modrm_mem(struct x86 *a, int reg, struct x86_mem m)
{
    bool indexed = m.index != X86_NO_INDEX, sib = indexed || (m.base & 7) == RSP;
    uint32_t mod = m.disp == 0 && (m.base & 7) != RBP ? 0 : m.disp == (int8_t)m.disp ? 1 : 2;

    modrm(a, mod, reg, sib ? RSP : m.base);
    if (sib)
        x86_byte(a, (uint32_t)m.scale << 6 | (uint32_t)((indexed ? m.index : RSP) & 7) << 3 |
                        (m.base & 7u));
    if (mod == 1)
        x86_byte(a, (uint8_t)m.disp);
    else if (mod == 2)
        x86_word32(a, (uint32_t)m.disp);
}

/* needed: a byte register from spl on has its number only with a prefix. */
static void rex(struct x86 *a, bool wide, int reg, int index, int base, bool needed)
{
    uint32_t bits =
        (wide ? 8u : 0u) | (reg > 7 ? 4u : 0u) | (index > 7 ? 2u : 0u) | (base > 7 ? 1u : 0u);

    if (bits || needed)
        x86_byte(a, 0x40 | bits);
}

static int index_of(struct x86_mem m)
{
    return m.index == X86_NO_INDEX ? 0 : m.index;
}

static uint32_t vector_bits(const struct form *f);
static void vex(struct x86 *a, uint32_t map, uint32_t low, bool wide, int reg, int middle,
                int index, int base);

static void head(struct x86 *a, const struct form *f, bool wide, int reg, int index, int base,
                 bool byte_rm)
{
    if (f->flags & U) {
        vex(a, f->map, vector_bits(f), false, reg, 0, index, base);
        x86_byte(a, f->opcode);
        return;
    }
    if (f->prefix)
        x86_byte(a, f->prefix);
    rex(a, wide, reg, index, base, (f->reg_bits == 8 && reg > 3) || (byte_rm && base > 3));
    if (f->map)
        x86_byte(a, 0x0f);
    if (f->map > 0x0f)
        x86_byte(a, f->map);
    x86_byte(a, f->opcode);
}

/* Whether the operand size is open, so that the caller's `wide` counts. */
static bool is_open(const struct form *f)
{
    return f->reg_bits == 0 || f->rm_bits == 0;
}

void x86_rr(struct x86 *a, enum x86_form form, bool wide, int reg, int rm)
{
    const struct form *f = &forms[form];

    head(a, f, wide && is_open(f), reg, 0, rm, f->rm_bits == 8 && !(f->flags & R));
    modrm(a, 3, reg, rm);
}

void x86_rm(struct x86 *a, enum x86_form form, bool wide, int reg, struct x86_mem m)
{
    const struct form *f = &forms[form];

    head(a, f, wide && is_open(f), reg, index_of(m), m.base, false);
    modrm_mem(a, reg, m);
}

/* The VEX prefix, in two bytes where they can say it. */
/* VEX.L and VEX.pp: 256 bits, and the mandatory prefix. */
static uint32_t vector_bits(const struct form *f)
{
    uint32_t l = f->reg_bits == 256 || f->rm_bits == 256 ? 4 : 0;

    return l | (f->prefix == 0x66 ? 1u : f->prefix == 0xf3 ? 2u : f->prefix == 0xf2 ? 3u : 0u);
}

static void vex(struct x86 *a, uint32_t map, uint32_t low, bool wide, int reg, int middle,
                int index, int base)
{
    uint32_t r = reg > 7 ? 0 : 0x80, last = (~(uint32_t)middle & 15) << 3 | low;

    if (map == 0x0f && !wide && index <= 7 && base <= 7) {
        x86_byte(a, 0xc5);
        x86_byte(a, r | last);
        return;
    }
    x86_byte(a, 0xc4);
    x86_byte(a, r | (index > 7 ? 0u : 0x40u) | (base > 7 ? 0u : 0x20u) |
                    (map == 0x0f   ? 1
                     : map == 0x38 ? 2
                                   : 3));
    x86_byte(a, (wide ? 0x80u : 0u) | last);
}

/* Twins of SSE forms ignore W unless it is their operand's size; the others use it for theirs. */
static void vex_head(struct x86 *a, const struct form *f, bool wide, int reg, int middle, int index,
                     int base)
{
    bool w = is_open(f) ? wide : f->flags & W || (f->flags & V && f->rm_bits == 64);

    vex(a, f->map, vector_bits(f), w, reg, middle, index, base);
    x86_byte(a, f->opcode);
}

void x86_rrr(struct x86 *a, enum x86_form form, bool wide, int reg, int middle, int rm)
{
    vex_head(a, &forms[form], wide, reg, middle, 0, rm);
    modrm(a, 3, reg, rm);
}

void x86_rrm(struct x86 *a, enum x86_form form, bool wide, int reg, int middle, struct x86_mem m)
{
    vex_head(a, &forms[form], wide, reg, middle, index_of(m), m.base);
    modrm_mem(a, reg, m);
}

void x86_vector_shift(struct x86 *a, int shift, uint32_t lane_size, int to, int from, uint32_t n)
{
    vex(a, 0x0f, 1, false, shift, to, 0, from);
    x86_byte(a, 0x70 + lane_size);
    modrm(a, 3, shift, from);
    x86_byte(a, n);
}

void x86_rorx(struct x86 *a, bool wide, int reg, int rm, uint32_t n)
{
    vex(a, 0x3a, 3, wide, reg, 0, 0, rm);
    x86_byte(a, 0xf0);
    modrm(a, 3, reg, rm);
    x86_byte(a, n);
}

void x86_vzeroupper(struct x86 *a)
{
    vex(a, 0x0f, 0, false, 0, 0, 0, 0);
    x86_byte(a, 0x77);
}

/* ---- immediates ---- */

void x86_alu_imm(struct x86 *a, int alu, bool wide, int reg, int32_t imm)
{
    bool narrow = imm == (int8_t)imm;

    rex(a, wide, 0, 0, reg, false);
    x86_byte(a, narrow ? 0x83 : 0x81);
    modrm(a, 3, alu, reg);
    put_bytes(a, (uint32_t)imm, narrow ? 1 : 4);
}

void x86_alu_mem_imm(struct x86 *a, int alu, bool wide, struct x86_mem m, int32_t imm)
{
    bool narrow = imm == (int8_t)imm;

    rex(a, wide, 0, index_of(m), m.base, false);
    x86_byte(a, narrow ? 0x83 : 0x81);
    modrm_mem(a, alu, m);
    put_bytes(a, (uint32_t)imm, narrow ? 1 : 4);
}

void x86_shift(struct x86 *a, int shift, bool wide, int reg, uint32_t n)
{
    rex(a, wide, 0, 0, reg, false);
    x86_byte(a, 0xc1);
    modrm(a, 3, shift, reg);
    x86_byte(a, n);
}

void x86_shift_cl(struct x86 *a, int shift, bool wide, int reg)
{
    rex(a, wide, 0, 0, reg, false);
    x86_byte(a, 0xd3);
    modrm(a, 3, shift, reg);
}

void x86_one(struct x86 *a, int one, bool wide, int reg)
{
    rex(a, wide, 0, 0, reg, false);
    x86_byte(a, 0xf7);
    modrm(a, 3, one, reg);
}

void x86_imul_imm(struct x86 *a, bool wide, int reg, int rm, int32_t imm)
{
    bool narrow = imm == (int8_t)imm;

    rex(a, wide, reg, 0, rm, false);
    x86_byte(a, narrow ? 0x6b : 0x69);
    modrm(a, 3, reg, rm);
    put_bytes(a, (uint32_t)imm, narrow ? 1 : 4);
}

void x86_bswap(struct x86 *a, bool wide, int reg)
{
    rex(a, wide, 0, 0, reg, false);
    x86_byte(a, 0x0f);
    x86_byte(a, 0xc8 | (reg & 7));
}

void x86_sign_rdx(struct x86 *a, bool wide)
{
    rex(a, wide, 0, 0, 0, false);
    x86_byte(a, 0x99);
}

void x86_setcc(struct x86 *a, int cc, int reg)
{
    rex(a, false, 0, 0, reg, reg > 3);
    x86_byte(a, 0x0f);
    x86_byte(a, 0x90 | (uint32_t)cc);
    modrm(a, 3, 0, reg);
}

void x86_cmov(struct x86 *a, int cc, bool wide, int reg, int rm)
{
    rex(a, wide, reg, 0, rm, false);
    x86_byte(a, 0x0f);
    x86_byte(a, 0x40 | (uint32_t)cc);
    modrm(a, 3, reg, rm);
}

void x86_test_imm(struct x86 *a, bool wide, int reg, int32_t imm)
{
    rex(a, wide, 0, 0, reg, false);
    x86_byte(a, 0xf7);
    modrm(a, 3, 0, reg);
    x86_word32(a, (uint32_t)imm);
}

void x86_test_mem_imm(struct x86 *a, struct x86_mem m, uint32_t imm)
{
    rex(a, false, 0, index_of(m), m.base, false);
    x86_byte(a, 0xf6);
    modrm_mem(a, 0, m);
    x86_byte(a, imm);
}

void x86_mov_imm(struct x86 *a, int reg, uint64_t imm)
{
    if (imm <= UINT32_MAX) {
        rex(a, false, 0, 0, reg, false);
        x86_byte(a, 0xb8 | (reg & 7));
        x86_word32(a, (uint32_t)imm);
    } else if ((int64_t)imm == (int32_t)imm) {
        rex(a, true, 0, 0, reg, false);
        x86_byte(a, 0xc7);
        modrm(a, 3, 0, reg);
        x86_word32(a, (uint32_t)imm);
    } else {
        rex(a, true, 0, 0, reg, false);
        x86_byte(a, 0xb8 | (reg & 7));
        x86_word64(a, imm);
    }
}

void x86_mov_mem_imm(struct x86 *a, uint32_t size, struct x86_mem m, int32_t imm)
{
    if (size == 2)
        x86_byte(a, 0x66);
    rex(a, size == 8, 0, index_of(m), m.base, false);
    x86_byte(a, size == 1 ? 0xc6 : 0xc7);
    modrm_mem(a, 0, m);
    put_bytes(a, (uint32_t)imm, size == 8 ? 4 : size);
}

/* ---- stack, control ---- */

void x86_push(struct x86 *a, int reg)
{
    rex(a, false, 0, 0, reg, false);
    x86_byte(a, 0x50 | (reg & 7));
}

void x86_pop(struct x86 *a, int reg)
{
    rex(a, false, 0, 0, reg, false);
    x86_byte(a, 0x58 | (reg & 7));
}

void x86_ret(struct x86 *a)
{
    x86_byte(a, 0xc3);
}

void x86_lock(struct x86 *a)
{
    x86_byte(a, 0xf0);
}

void x86_lock_or_stack(struct x86 *a)
{
    x86_lock(a);
    x86_alu_mem_imm(a, ALU_OR, false, x86_at(RSP, 0), 0);
}

static void group_mem(struct x86 *a, uint32_t map, uint32_t opcode, int digit, struct x86_mem m)
{
    rex(a, false, 0, index_of(m), m.base, false);
    if (map)
        x86_byte(a, map);
    x86_byte(a, opcode);
    modrm_mem(a, digit, m);
}

void x86_stmxcsr(struct x86 *a, struct x86_mem m)
{
    group_mem(a, 0x0f, 0xae, 3, m);
}

void x86_ldmxcsr(struct x86 *a, struct x86_mem m)
{
    group_mem(a, 0x0f, 0xae, 2, m);
}

void x86_jmp_reg(struct x86 *a, int reg)
{
    rex(a, false, 0, 0, reg, false);
    x86_byte(a, 0xff);
    modrm(a, 3, 4, reg);
}

void x86_jmp_mem(struct x86 *a, struct x86_mem m)
{
    group_mem(a, 0, 0xff, 4, m);
}

void x86_call_mem(struct x86 *a, struct x86_mem m)
{
    group_mem(a, 0, 0xff, 2, m);
}

static uint32_t displacement(struct x86 *a)
{
    x86_word32(a, 0);
    return a->n - 4;
}

uint32_t x86_jmp(struct x86 *a)
{
    x86_byte(a, 0xe9);
    return displacement(a);
}

uint32_t x86_jcc(struct x86 *a, int cc)
{
    x86_byte(a, 0x0f);
    x86_byte(a, 0x80 | (uint32_t)cc);
    return displacement(a);
}

uint32_t x86_call(struct x86 *a)
{
    x86_byte(a, 0xe8);
    return displacement(a);
}

uint32_t x86_lea_here(struct x86 *a, int reg)
{
    x86_byte(a, 0x48 | (reg > 7 ? 4 : 0));
    x86_byte(a, 0x8d);
    x86_byte(a, 0x05 | (uint32_t)(reg & 7) << 3);
    return displacement(a);
}

void x86_aim(struct x86 *a, uint32_t place, uint32_t target)
{
    uint32_t value = target - (place + 4);

    if (place + 4 <= a->capacity)
        memcpy(a->bytes + place, &value, 4);
}

static void nop4(struct x86 *a)
{
    static const uint8_t bytes[] = {0x0f, 0x1f, 0x40, 0x00};

    for (uint32_t i = 0; i < sizeof(bytes); i++)
        x86_byte(a, bytes[i]);
}

void x86_align16(struct x86 *a)
{
    x86_align4(a, 0);
    while (a->n & 15)
        nop4(a);
}

void x86_align_patch(struct x86 *a)
{
    if ((a->n & 7) > 4)
        x86_align4(a, 0);
    if ((a->n & 7) == 4)
        nop4(a);
}

void x86_align4(struct x86 *a, uint32_t phase)
{
    static const uint8_t nops[4][3] = {{0}, {0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0x00}};
    uint32_t n = (phase - a->n) & 3;

    for (uint32_t i = 0; i < n; i++)
        x86_byte(a, nops[n][i]);
}

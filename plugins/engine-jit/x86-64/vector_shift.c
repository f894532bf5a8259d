/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shifts of lanes: by a constant, on AVX; and each lane by a count of its own, to the left or, if
 * that is negative, to the right. The host does this for lanes of 4 and 8 bytes (AVX2) and one
 * direction at a time; counts that are no less than the width give 0 or nothing but signs.
 */
#include "vector.h"

/* Bytes, and what the host cannot shift so, by way of wider or unsigned lanes. */
void x86_shift_by_constant(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux), n = (uint32_t)insn->imm, lane = size ? size : 1;
    uint64_t ones = UINT64_MAX >> (64 - (8u << size)), top = (ones >> 1) + 1;
    bool left = insn->op == VM_OP_V_SHL, is_signed = insn->op == VM_OP_V_SAR;

    if (size > 0 && (!is_signed || size < 3)) {
        shift(e, left ? VECTOR_SHL : is_signed ? VECTOR_SAR : VECTOR_SHR, size, d, r[0], n);
        return;
    }
    shift(e, left ? VECTOR_SHL : VECTOR_SHR, lane, WORK, r[0], n);
    if (size == 0) {
        x86_vector_constant(e, WORK_2, in_each_lane(0, left ? ones << n : ones >> n));
        three(e, X86_PAND, is_signed ? WORK : d, WORK, WORK_2);
    }
    if (is_signed) {
        x86_vector_constant(e, WORK_2, in_each_lane(size, top >> n));
        three(e, X86_PXOR, WORK, WORK, WORK_2);
        three(e, size ? X86_PSUBQ : X86_PSUBB, d, WORK, WORK_2);
    }
}

/* ---- bytes and pairs of bytes ---- */

/*
 * In the upper half of a lane twice as wide: with the width added to the count there are shifts to
 * the left only. More than the width to the right is as much as the width.
 */

static int back(const struct jit_insn *insn)
{
    return insn->op == VM_OP_V_SSHL ? VECTOR_SAR : VECTOR_SHR;
}

/* In each byte of WORK: that byte of `counts` plus the width, or 0. */
static void raise_counts(struct emitter *e, uint32_t size, int counts)
{
    struct x86_mem least = nth(FRAME_AT(e->u, least_counts), size);

    three_mem(e, X86_PMAXSB, WORK, counts, least);
    three_mem(e, X86_PSUBB, WORK, WORK, least);
}

/* WORK becomes eight bytes of arg0, times powers of two whose bytes are in WORK and memory. */
static void multiply_half(struct emitter *e, const struct jit_insn *insn, int from, bool high)
{
    bool is_signed = insn->op == VM_OP_V_SSHL;

    three_mem(e, high ? X86_PUNPCKHBW : X86_PUNPCKLBW, WORK, WORK, WORK_AT(e, 1));
    if (high) {
        three(e, X86_PUNPCKHBW, WORK_2, from, from);
        shift(e, back(insn), 1, WORK_2, WORK_2, 8);
    } else {
        x86_rr(&e->a, is_signed ? X86_PMOVSXBW : X86_PMOVZXBW, false, XMM(WORK_2), XMM(from));
    }
    three(e, X86_PMULLW, WORK, WORK, WORK_2);
    shift(e, VECTOR_SHR, 1, WORK, WORK, 8);
}

/* A multiplication by a power of two; by 0 where the count is no less than the width. */
void x86_shift_bytes(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    struct jit_unit *u = e->u;

    raise_counts(e, 0, r[1]);
    three_mem(e, X86_PADDUSB, WORK, WORK, FRAME_AT(u, byte_limit));
    for (uint32_t k = 0; k < 2; k++) { /* the powers' low bytes are at 0, the high ones at 1 */
        host_load(u, 16, WORK_2, nth(FRAME_AT(u, powers), k).disp);
        three(e, X86_PSHUFB, WORK_2, WORK_2, WORK);
        host_store(u, 16, WORK_2, WORK_AT(e, k).disp);
    }
    host_load(u, 16, WORK, WORK_AT(e, 0).disp);
    multiply_half(e, insn, r[0], true);
    host_store(u, 16, WORK, WORK_AT(e, 2).disp);
    host_load(u, 16, WORK, WORK_AT(e, 0).disp);
    multiply_half(e, insn, r[0], false);
    three_mem(e, X86_PACKUSWB, d, WORK, WORK_AT(e, 2));
}

/* The odd lanes, then the even ones. */
void x86_shift_words(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    for (int odd = 1; odd >= 0; odd--) {
        raise_counts(e, 1, r[1]);
        if (odd)
            shift(e, VECTOR_SHR, 2, WORK, WORK, 16);
        else
            shift(e, VECTOR_SHL, 2, WORK_2, r[0], 16);
        three_mem(e, X86_PAND, WORK, WORK, FRAME_AT(e->u, low_bytes));
        shift(e, back(insn), 2, WORK_2, odd ? r[0] : WORK_2, 16);
        three(e, X86_VPSLLVD, WORK, WORK_2, WORK);
        if (odd)
            host_store(e->u, 16, WORK, WORK_AT(e, 0).disp);
    }
    shift(e, VECTOR_SHR, 2, WORK, WORK, 16);
    three_mem(e, X86_PBLENDW, d, WORK, WORK_AT(e, 0));
    x86_byte(&e->a, 0xaa);
}

/* ---- 4 and 8 bytes ---- */

/* In each lane of WORK: the sign of the count, and of arg0 if that is given. */
static void signs(struct emitter *e, uint32_t size, int counts, int of)
{
    shift(e, VECTOR_SHL, size, WORK, counts, (8u << size) - 8);
    if (of >= 0)
        three(e, X86_PAND, WORK, WORK, of);
    shift(e, VECTOR_SAR, 2, WORK, WORK, 31);
    if (size == 3)
        shuffle(e, X86_PSHUFD, WORK, WORK, 0xf5);
}

/*
 * WORK_2 becomes arg0's lanes shifted to the right, or 0 where the count is not negative: then what
 * is taken for the count, less one, is out of range.
 */
static void shift_wide_right(struct emitter *e, const struct jit_insn *insn, const int *r)
{
    bool is_signed = insn->op == VM_OP_V_SSHL;
    uint32_t size = VM_LANE_SIZE(insn->aux);

    three_mem(e, X86_PANDN, WORK, r[1], nth(FRAME_AT(e->u, low_bytes), size - 2));
    if (!is_signed || size == 2) {
        shift(e, back(insn), size, WORK_2, r[0], 1);
        three(e,
              is_signed   ? X86_VPSRAVD
              : size == 2 ? X86_VPSRLVD
                          : X86_VPSRLVQ,
              WORK_2, WORK_2, WORK);
        if (is_signed) {
            signs(e, size, r[1], -1);
            three(e, X86_PAND, WORK_2, WORK_2, WORK);
        }
        return;
    }
    /* The host has no arithmetic one: all bits of negative lanes are inverted meanwhile. */
    host_store(e->u, 16, WORK, WORK_AT(e, 0).disp);
    signs(e, size, r[1], r[0]);
    three(e, X86_PXOR, WORK_2, r[0], WORK);
    shift(e, VECTOR_SHR, size, WORK_2, WORK_2, 1);
    three_mem(e, X86_VPSRLVQ, WORK_2, WORK_2, WORK_AT(e, 0));
    three(e, X86_PXOR, WORK_2, WORK_2, WORK);
}

void x86_shift_wide(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux);

    shift_wide_right(e, insn, r);
    three_mem(e, X86_PAND, WORK, r[1], nth(FRAME_AT(e->u, low_bytes), size - 2));
    three(e, size == 2 ? X86_VPSLLVD : X86_VPSLLVQ, WORK, r[0], WORK);
    three(e, X86_POR, d, WORK, WORK_2);
}

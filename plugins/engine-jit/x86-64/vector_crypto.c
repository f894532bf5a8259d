/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors for cryptography, on AVX and what the host has for it besides. */
#include "vector.h"

/* How the host's instruction takes the operands. */
enum shape {
    PRODUCT, /* of halves: the low ones */
    KEYED,   /* with a key that is XORed into the result: zero */
    ALONE,
    MIX, /* of columns: the inverse of what is before that in the last round, then a whole round */
    CHANGING,    /* the first one becomes the result */
    BACKWARDS,   /* the same, and the first word is in the highest lane */
    SHA1_ROUNDS, /* the first word as well; the form's byte says which rounds */
    SHA256_A,
    SHA256_E,
};

static const struct host_op {
    uint16_t op;
    uint8_t shape, form;
    uint16_t feature;
    uint8_t byte;
} host_ops[] = {
    {VM_OP_V_CLMUL, PRODUCT, X86_PCLMULQDQ, FEATURE_CLMUL, 0},
    {VM_OP_V_AESSUB, KEYED, X86_AESENCLAST, FEATURE_AES, 0},
    {VM_OP_V_AESMIX, MIX, X86_AESENC, FEATURE_AES, 0},
    {VM_OP_V_AESROUND, KEYED, X86_AESENC, FEATURE_AES, 0},
    {VM_OP_V_AESISUB, KEYED, X86_AESDECLAST, FEATURE_AES, 0},
    {VM_OP_V_AESIMIX, ALONE, X86_AESIMC, FEATURE_AES, 0},
    {VM_OP_V_AESIROUND, KEYED, X86_AESDEC, FEATURE_AES, 0},
    {VM_OP_V_SHA1C, SHA1_ROUNDS, X86_SHA1RNDS4, FEATURE_SHA, 0},
    {VM_OP_V_SHA1P, SHA1_ROUNDS, X86_SHA1RNDS4, FEATURE_SHA, 1},
    {VM_OP_V_SHA1M, SHA1_ROUNDS, X86_SHA1RNDS4, FEATURE_SHA, 2},
    {VM_OP_V_SHA1W, BACKWARDS, X86_SHA1MSG2, FEATURE_SHA, 0},
    {VM_OP_V_SHA256A, SHA256_A, X86_SHA256RNDS2, FEATURE_SHA, 0},
    {VM_OP_V_SHA256E, SHA256_E, X86_SHA256RNDS2, FEATURE_SHA, 0},
    {VM_OP_V_SHA256W0, CHANGING, X86_SHA256MSG1, FEATURE_SHA, 0},
    {VM_OP_V_SHA256W1, CHANGING, X86_SHA256MSG2, FEATURE_SHA, 0},
};

static void change(struct emitter *e, enum x86_form form, int to, int by)
{
    x86_rr(&e->a, form, false, XMM(to), XMM(by));
}

#define TURN 0x1b /* lanes the other way round */

static void change_backwards(struct emitter *e, const struct host_op *op, const int *r, int d)
{
    shuffle(e, X86_PSHUFD, WORK, r[0], TURN);
    shuffle(e, X86_PSHUFD, WORK_2, r[1], TURN);
    change(e, (enum x86_form)op->form, WORK, WORK_2);
    shuffle(e, X86_PSHUFD, d, WORK, TURN);
}

/* The host adds the constants itself, but not e. */
static void sha1_rounds(struct emitter *e, const struct host_op *op, const int *r, int d)
{
    static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc};
    uint32_t lane = 0 - constants[op->byte];

    x86_vector_constant(e, WORK, (uint64_t)lane << 32 | lane);
    x86_rrm(&e->a, X86_ANDPS, false, XMM(WORK_2), XMM(r[1]), FRAME_AT(e->u, low32));
    three(e, X86_PADDD, WORK, WORK, r[2]);
    three(e, X86_PADDD, WORK, WORK, WORK_2);
    shuffle(e, X86_PSHUFD, WORK, WORK, TURN);
    shuffle(e, X86_PSHUFD, WORK_2, r[0], TURN);
    change(e, (enum x86_form)op->form, WORK_2, WORK);
    x86_byte(&e->a, op->byte);
    shuffle(e, X86_PSHUFD, d, WORK_2, TURN);
}

static void exchange(struct emitter *e, int a, int b)
{
    three(e, X86_PXOR, a, a, b);
    three(e, X86_PXOR, b, a, b);
    three(e, X86_PXOR, a, a, b);
}

/*
 * The host has f, e, b, a in one register, from the lowest lane on, and h, g, d, c in another one.
 * Two rounds make the former into the latter, and new ones of the old latter. xmm0, which is WORK,
 * has the rounds' sums.
 */
_Static_assert(XMM(WORK) == 0, "an operand of the host");

#define SECOND_FIRST 0x11 /* two lanes of each operand: 1 and 0 */
#define FOURTH_THIRD 0xbb /* 3 and 2 */

static void sha256_rounds(struct emitter *e, const struct host_op *op, const int *r, int d)
{
    enum x86_form form = (enum x86_form)op->form;

    three_imm(e, X86_SHUFPS, WORK_2, r[1], r[0], FOURTH_THIRD);
    if (d == r[2]) {
        three_imm(e, X86_SHUFPS, WORK, r[1], r[0], SECOND_FIRST);
        exchange(e, WORK, d);
    } else {
        three_imm(e, X86_SHUFPS, d, r[1], r[0], SECOND_FIRST);
        x86_move(e, WORK, r[2]);
    }
    change(e, form, WORK_2, d);
    shuffle(e, X86_PSHUFD, WORK, WORK, 0xee);
    change(e, form, d, WORK_2);
    three_imm(e, X86_SHUFPS, d, d, WORK_2, op->shape == SHA256_A ? FOURTH_THIRD : SECOND_FIRST);
}

static void emit(struct emitter *e, const struct host_op *op, const int *r, int d)
{
    enum x86_form form = (enum x86_form)op->form;

    switch ((enum shape)op->shape) {
    case PRODUCT:
        three_imm(e, form, d, r[0], r[1], 0);
        break;
    case KEYED:
        x86_vector_constant(e, WORK, 0);
        three(e, form, d, r[0], WORK);
        break;
    case ALONE:
        x86_rr(&e->a, form, false, XMM(d), XMM(r[0]));
        break;
    case MIX:
        x86_vector_constant(e, WORK, 0);
        three(e, X86_AESDECLAST, WORK_2, r[0], WORK);
        three(e, form, d, WORK_2, WORK);
        break;
    case CHANGING:
        x86_move(e, WORK, r[0]);
        change(e, form, WORK, r[1]);
        x86_move(e, d, WORK);
        break;
    case BACKWARDS:
        change_backwards(e, op, r, d);
        break;
    case SHA1_ROUNDS:
        sha1_rounds(e, op, r, d);
        break;
    case SHA256_A:
    case SHA256_E:
        sha256_rounds(e, op, r, d);
        break;
    }
}

bool x86_emit_vector_crypto(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    const struct host_op *op = NULL;
    int r[3] = {-1, -1, -1};

    for (uint32_t i = 0; i < sizeof(host_ops) / sizeof(host_ops[0]); i++)
        if (host_ops[i].op == insn->op && has(e, host_ops[i].feature))
            op = &host_ops[i];
    if (!op)
        return false;
    for (uint32_t k = 0; k < insn->n_args; k++)
        r[k] = jit_use(u, insn->arg[k]);
    jit_consume(u);
    emit(e, op, r, jit_define(u));
    return true;
}

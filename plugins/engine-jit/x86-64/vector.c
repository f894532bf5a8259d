/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors on AVX. What the host has one instruction for is a row of a table; so is what takes a
 * sequence of them, of which those that move lanes are here. All else, and all on hosts without AVX
 * but for moves, is done by C on the frame's vectors. Floating point is in vector_float.c,
 * cryptography in vector_crypto.c.
 */
#include "vector.h"

/* ---- by C ---- */

static void call_soft(struct emitter *e, uint32_t op, uint32_t aux, int64_t imm, bool floats)
{
    x86_argument_imm(e, 0, (int32_t)op);
    x86_argument_imm(e, 1, (int32_t)aux);
    x86_argument_imm(e, 2, (int32_t)imm);
    x86_call_function(e, e->u->engine->arch->n_helpers + JIT_FN_VECTOR, floats);
}

void x86_vector_soft(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;

    for (uint32_t k = 0; k < insn->n_args; k++) {
        uint32_t bytes = jit_is_vector(u->insns[insn->arg[k]].result) ? 16 : 8;
        host_store(u, bytes, jit_use(u, insn->arg[k]), WORK_AT(e, k).disp);
        jit_unlock(u);
    }
    jit_consume(u);
    call_soft(e, insn->op, insn->aux, insn->imm, jit_floats_live(u));
    if (insn->uses)
        host_load(u, 16, jit_define(u), WORK_AT(e, 3).disp);
}

void x86_tail_vector(struct emitter *e, const struct tail *t)
{
    if (t->flushes)
        x86_tail_vector_flushes(e, t);
    for (uint32_t k = 0; k < 3 && t->fp[k] >= 0; k++)
        host_store(e->u, 16, t->fp[k], WORK_AT(e, k).disp);
    call_soft(e, t->name, t->aux, 0, true);
    host_load(e->u, 16, t->reg, WORK_AT(e, 3).disp);
    x86_aim(&e->a, x86_jmp(&e->a), t->back);
}

/* ---- constants ---- */

/* A constant in both halves. */
void x86_vector_constant(struct emitter *e, int to, uint64_t bits)
{
    if (bits == 0) {
        three(e, X86_PXOR, to, to, to);
    } else if (bits == UINT64_MAX) {
        three(e, X86_PCMPEQD, to, to, to);
    } else {
        host_constant(e->u, to, bits);
        three(e, X86_PUNPCKLQDQ, to, to, to);
    }
}

/* Whether a vector is made of constants, and of which. */
static bool constant_halves(const struct jit_unit *u, const struct jit_insn *made, uint64_t bits[2])
{
    bool same = made->op == VM_OP_V_DUP;

    if ((made->op != VM_OP_V_PAIR && !same) || !jit_is_const(u, made->arg[0]) ||
        !jit_is_const(u, made->arg[!same]))
        return false;
    for (uint32_t k = 0; k < 2; k++) {
        bits[k] = (uint64_t)u->insns[made->arg[same ? 0 : k]].imm;
        if (same)
            bits[k] = in_each_lane(VM_LANE_SIZE(made->aux), bits[k]);
    }
    return true;
}

/* Makes a vector of two equal constants. */
static bool constant(struct emitter *e, const struct jit_insn *insn)
{
    uint64_t bits[2];

    if (!has(e, FEATURE_AVX) || !constant_halves(e->u, insn, bits) || bits[0] != bits[1])
        return false;
    jit_consume(e->u);
    x86_vector_constant(e, jit_define(e->u), bits[0]);
    return true;
}

/* ---- one instruction each ---- */

/* By size of lanes; 0: there is none (no form of vectors has number 0). */
struct simple {
    uint8_t op, swapped;
    uint8_t form[4];
};

#define ALL_SIZES(N)                                   \
    {                                                  \
        X86_##N##B, X86_##N##W, X86_##N##D, X86_##N##Q \
    }
#define THREE_SIZES(N)                     \
    {                                      \
        X86_##N##B, X86_##N##W, X86_##N##D \
    }
#define TWO_SIZES(N)           \
    {                          \
        X86_##N##B, X86_##N##W \
    }
_Static_assert(X86_FORM_COUNT <= 256, "a form is a byte");

static const struct simple simples[] = {
    {VM_OP_V_AND - VM_OP_V_LOW, false, {X86_PAND}},
    {VM_OP_V_OR - VM_OP_V_LOW, false, {X86_POR}},
    {VM_OP_V_XOR - VM_OP_V_LOW, false, {X86_PXOR}},
    {VM_OP_V_ANDN - VM_OP_V_LOW, true, {X86_PANDN}},
    {VM_OP_V_ADD - VM_OP_V_LOW, false, ALL_SIZES(PADD)},
    {VM_OP_V_SUB - VM_OP_V_LOW, false, ALL_SIZES(PSUB)},
    {VM_OP_V_MUL - VM_OP_V_LOW, false, {0, X86_PMULLW, X86_PMULLD}},
    {VM_OP_V_MULLU - VM_OP_V_LOW, false, {0, 0, 0, X86_PMULUDQ}},
    {VM_OP_V_MULLS - VM_OP_V_LOW, false, {0, 0, 0, X86_PMULDQ}},
    {VM_OP_V_MADDS - VM_OP_V_LOW, false, {0, 0, X86_PMADDWD}},
    {VM_OP_V_EQ - VM_OP_V_LOW, false, ALL_SIZES(PCMPEQ)},
    {VM_OP_V_GTS - VM_OP_V_LOW, false, ALL_SIZES(PCMPGT)},
    {VM_OP_V_SMIN - VM_OP_V_LOW, false, THREE_SIZES(PMINS)},
    {VM_OP_V_SMAX - VM_OP_V_LOW, false, THREE_SIZES(PMAXS)},
    {VM_OP_V_UMIN - VM_OP_V_LOW, false, THREE_SIZES(PMINU)},
    {VM_OP_V_UMAX - VM_OP_V_LOW, false, THREE_SIZES(PMAXU)},
    {VM_OP_V_SQADD - VM_OP_V_LOW, false, TWO_SIZES(PADDS)},
    {VM_OP_V_UQADD - VM_OP_V_LOW, false, TWO_SIZES(PADDUS)},
    {VM_OP_V_SQSUB - VM_OP_V_LOW, false, TWO_SIZES(PSUBS)},
    {VM_OP_V_UQSUB - VM_OP_V_LOW, false, TWO_SIZES(PSUBUS)},
    {VM_OP_V_AVGU - VM_OP_V_LOW, false, TWO_SIZES(PAVG)},
    {VM_OP_V_ZIP1 - VM_OP_V_LOW,
     false,
     {X86_PUNPCKLBW, X86_PUNPCKLWD, X86_PUNPCKLDQ, X86_PUNPCKLQDQ}},
    {VM_OP_V_ZIP2 - VM_OP_V_LOW,
     false,
     {X86_PUNPCKHBW, X86_PUNPCKHWD, X86_PUNPCKHDQ, X86_PUNPCKHQDQ}},
    {VM_OP_V_ABS - VM_OP_V_LOW, false, THREE_SIZES(PABS)},
    {VM_OP_V_UXTL - VM_OP_V_LOW, false, {X86_PMOVZXBW, X86_PMOVZXWD, X86_PMOVZXDQ}},
    {VM_OP_V_SXTL - VM_OP_V_LOW, false, {X86_PMOVSXBW, X86_PMOVSXWD, X86_PMOVSXDQ}},
};

static bool simple(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    const struct simple *s = NULL;

    for (uint32_t i = 0; i < sizeof(simples) / sizeof(simples[0]); i++)
        if (simples[i].op == insn->op - VM_OP_V_LOW)
            s = &simples[i];
    if (!s || !s->form[VM_LANE_SIZE(insn->aux)])
        return false;
    enum x86_form form = (enum x86_form)s->form[VM_LANE_SIZE(insn->aux)];
    int r[2] = {jit_use(u, insn->arg[0]), insn->n_args > 1 ? jit_use(u, insn->arg[1]) : -1};
    jit_consume(u);
    int d = jit_define(u);
    if (r[1] < 0)
        x86_rr(&e->a, form, false, XMM(d), XMM(r[0]));
    else
        three(e, form, d, r[s->swapped], r[!s->swapped]);
    return true;
}

/* ---- to and from vectors ---- */

/* The register has nothing above the number, which was loaded alone. */
static bool is_clean(const struct jit_unit *u, uint32_t v)
{
    return u->insns[v].op == VM_OP_LOAD && u->insns[v].result == VM_F64;
}

static void low(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    uint32_t type = VM_AUX_SRC(insn->aux), v = insn->arg[0];
    bool clean = is_clean(u, v);
    int32_t at;

    if (type != VM_I64 && jit_in_memory(u, v, &at)) {
        jit_consume(u);
        host_load(u, jit_size(type), jit_define(u), at);
        return;
    }
    int from = jit_use(u, v);
    jit_consume(u);
    int d = jit_define(u);
    if (type == VM_I64 || clean)
        x86_move(e, d, from);
    else if (type == VM_F64)
        x86_rr(a, X86_MOVQ_XMM, false, XMM(d), XMM(from));
    else {
        x86_move(e, d, from);
        x86_rm(a, X86_ANDPS, false, XMM(d), FRAME_AT(u, low32));
    }
}

/* Where an operand of V_PAIR is: a register, or -1 and, unless it is a constant, memory. */
static int half_at(struct jit_unit *u, uint32_t v, int32_t *at)
{
    if (jit_where(u, v) < 0 && (jit_is_const(u, v) || jit_in_memory(u, v, at)))
        return -1;
    return jit_use(u, v);
}

/* Becomes the low half; zeros above. */
static void load_half(struct emitter *e, int d, uint32_t v, int reg, int32_t at)
{
    if (reg >= 0)
        x86_move(e, d, reg);
    else if (jit_is_const(e->u, v))
        host_constant(e->u, d, (uint64_t)e->u->insns[v].imm);
    else
        host_load(e->u, 8, d, at);
}

static void insert_high(struct emitter *e, int d, uint32_t v, int reg, int32_t at)
{
    struct x86 *a = &e->a;

    if (!has(e, FEATURE_SSE4_1)) {
        load_half(e, WORK, v, reg, at);
        x86_rr(a, X86_PUNPCKLQDQ, false, XMM(d), XMM(WORK));
        return;
    }
    if (reg < 0 && jit_is_const(e->u, v)) {
        reg = RAX;
        x86_mov_imm(a, reg, (uint64_t)e->u->insns[v].imm);
    }
    if (reg >= 0)
        x86_rr(a, X86_PINSRQ, true, XMM(d), reg);
    else
        x86_rm(a, X86_PINSRQ, true, XMM(d), x86_at(RBP, at));
    x86_byte(a, 1);
}

/* No operand is where the result goes: they are integers. */
static void pair(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    uint32_t low = insn->arg[0], high = insn->arg[1];
    int32_t at[2];

    if (constant(e, insn))
        return;
    int reg[2] = {half_at(u, low, &at[0]), half_at(u, high, &at[1])};
    jit_consume(u);
    int d = jit_define(u);
    load_half(e, d, low, reg[0], at[0]);
    if (high == low)
        x86_rr(&e->a, X86_PUNPCKLQDQ, false, XMM(d), XMM(d));
    else if (!jit_is_const(u, high) || u->insns[high].imm)
        insert_high(e, d, high, reg[1], at[1]);
}

/* An integer lane; of a register by way of memory where the host has no instruction. */
static void get_integer(struct emitter *e, int d, int from, struct x86_mem m, uint32_t size,
                        uint32_t lane)
{
    static const uint8_t loads[] = {X86_MOVZX8, X86_MOVZX16, X86_MOV_LOAD, X86_MOV_LOAD};
    static const uint8_t extracts[] = {X86_PEXTRB, X86_PEXTRW, X86_PEXTRQ, X86_PEXTRQ};
    struct x86 *a = &e->a;

    if (from >= 0 && lane == 0 && size >= 2) {
        x86_rr(a, X86_MOVQ_FROM_XMM, size == 3, XMM(from), d);
    } else if (from >= 0 && has(e, FEATURE_SSE4_1)) {
        x86_rr(a, (enum x86_form)extracts[size], size == 3, XMM(from), d);
        x86_byte(a, lane);
    } else {
        if (from >= 0) {
            m = WORK_AT(e, 0);
            host_store(e->u, 16, from, m.disp);
        }
        m.disp += (int32_t)(lane << size);
        x86_rm(a, (enum x86_form)loads[size], size == 3, d, m);
    }
}

static void get(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    uint32_t size = VM_LANE_SIZE(insn->aux), lane = VM_LANE_NUMBER(insn->aux);
    int32_t at = 0;
    bool in_memory = jit_in_memory(u, insn->arg[0], &at);
    int from = in_memory ? -1 : jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = jit_define(u);
    if (!jit_is_float(insn->type))
        get_integer(e, d, from, x86_at(RBP, at), size, lane);
    else if (in_memory)
        host_load(u, 1u << size, d, at + (int32_t)(lane << size));
    else
        shuffle(e, X86_PSHUFD, d, from, size == 3 ? 0xee : lane);
}

static void set(struct emitter *e, const struct jit_insn *insn)
{
    static const uint8_t forms[] = {X86_PINSRB, X86_PINSRW, X86_PINSRQ, X86_PINSRQ};
    struct jit_unit *u = e->u;
    uint32_t size = VM_LANE_SIZE(insn->aux);
    int into = jit_use(u, insn->arg[0]), value = jit_use(u, insn->arg[1]);

    jit_consume(u);
    int d = jit_define(u);
    x86_move(e, d, into);
    x86_rr(&e->a, (enum x86_form)forms[size], size == 3, XMM(d), value);
    x86_byte(&e->a, VM_LANE_NUMBER(insn->aux));
}

/* Lane `lane` of `from` in all. */
static void spread(struct emitter *e, int d, int from, uint32_t size, uint32_t lane)
{
    uint32_t half = 16u >> size >> 1; /* lanes in a half */

    if (size == 0) {
        three(e, lane < half ? X86_PUNPCKLBW : X86_PUNPCKHBW, d, from, from);
        spread(e, d, d, 1, lane % half);
    } else if (size == 1) {
        shuffle(e, lane < half ? X86_PSHUFLW : X86_PSHUFHW, d, from, lane % half * 0x55);
        shuffle(e, X86_PSHUFD, d, d, lane < half ? 0 : 0xff);
    } else {
        shuffle(e, X86_PSHUFD, d, from, size == 2 ? lane * 0x55 : lane ? 0xee : 0x44);
    }
}

static void duplicate(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    uint32_t size = VM_LANE_SIZE(insn->aux);

    if (constant(e, insn))
        return;
    int from = jit_use(u, insn->arg[0]);
    jit_consume(u);
    int d = jit_define(u);
    x86_move(e, d, from);
    spread(e, d, d, size, 0);
}

/* ---- sequences ---- */

static void choose_bits(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    (void)insn;
    three(e, X86_PAND, WORK, r[0], r[1]);
    three(e, X86_PANDN, WORK_2, r[0], r[2]);
    three(e, X86_POR, d, WORK, WORK_2);
}

/* The low or high half of each lane of twice the size, so that packing takes it as it is. */
static void halves(struct emitter *e, uint32_t size, bool high, int to, int from)
{
    uint32_t bits = 8u << size;
    int back = size ? VECTOR_SAR : VECTOR_SHR;

    if (!high) {
        shift(e, VECTOR_SHL, size + 1, to, from, bits);
        from = to;
    }
    shift(e, back, size + 1, to, from, bits);
}

static void unzip(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux);
    bool odd = insn->op == VM_OP_V_UZP2;

    if (size == 3) {
        three(e, odd ? X86_PUNPCKHQDQ : X86_PUNPCKLQDQ, d, r[0], r[1]);
    } else if (size == 2) {
        three_imm(e, X86_SHUFPS, d, r[0], r[1], odd ? 0xdd : 0x88);
    } else {
        halves(e, size, odd, WORK, r[0]);
        halves(e, size, odd, WORK_2, r[1]);
        three(e, size ? X86_PACKSSDW : X86_PACKUSWB, d, WORK, WORK_2);
    }
}

static void transpose(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux), mask = size == 1 ? 0xaa : 0xcc;
    bool odd = insn->op == VM_OP_V_TRN2;

    if (size == 3) {
        three(e, odd ? X86_PUNPCKHQDQ : X86_PUNPCKLQDQ, d, r[0], r[1]);
    } else if (size == 0) {
        shift(e, odd ? VECTOR_SHR : VECTOR_SHL, 1, WORK, r[odd ? 0 : 1], 8);
        shift(e, odd ? VECTOR_SHR : VECTOR_SHL, 1, WORK_2, r[odd ? 1 : 0], 8);
        shift(e, odd ? VECTOR_SHL : VECTOR_SHR, 1, WORK_2, WORK_2, 8);
        three(e, X86_POR, d, WORK, WORK_2);
    } else if (!odd) {
        shift(e, VECTOR_SHL, size + 1, WORK, r[1], 8u << size);
        three_imm(e, X86_PBLENDW, d, r[0], WORK, mask);
    } else {
        shift(e, VECTOR_SHR, size + 1, WORK, r[0], 8u << size);
        three_imm(e, X86_PBLENDW, d, WORK, r[1], mask);
    }
}

static void extract(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    three_imm(e, X86_PALIGNR, d, r[1], r[0], (uint32_t)insn->imm);
}

static void spread_lane(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    spread(e, d, r[0], VM_LANE_SIZE(insn->aux), VM_LANE_NUMBER(insn->aux));
}

/* The host takes the low four bits of an index, but for negative ones. */
static bool are_indices(uint64_t bits)
{
    for (; bits; bits >>= 8)
        if ((bits & 0xff) > 15 && !(bits & 0x80))
            return false;
    return true;
}

static void look_up(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint64_t bits[2];

    if (constant_halves(e->u, &e->u->insns[insn->arg[1]], bits) && are_indices(bits[0]) &&
        are_indices(bits[1])) {
        three(e, X86_PSHUFB, d, r[0], r[1]);
        return;
    }
    three_mem(e, X86_PADDUSB, WORK, r[1], FRAME_AT(e->u, byte_limit));
    three(e, X86_PSHUFB, d, r[0], WORK);
}

/* ---- to lanes of half the size ---- */

/* The low halves of both lanes of 8 bytes; zeros above. */
static void narrow_long(struct emitter *e, int d, int from)
{
    shuffle(e, X86_PSHUFD, WORK, from, 0x08);
    x86_rr(&e->a, X86_MOVQ_XMM, false, XMM(d), XMM(WORK));
}

/* With zeros above. */
static void pack(struct emitter *e, enum x86_form form, int d, int from)
{
    x86_vector_constant(e, WORK_2, 0);
    three(e, form, d, from, WORK_2);
}

static void narrow(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux);

    if (size == 2) {
        narrow_long(e, d, r[0]);
        return;
    }
    halves(e, size, false, WORK, r[0]);
    pack(e, size ? X86_PACKSSDW : X86_PACKUSWB, d, WORK);
}

/* Lanes of 8 bytes: as they are if the high half is the sign of the low one. */
static void narrow_long_signed(struct emitter *e, int d, int from)
{
    shuffle(e, X86_PSHUFD, WORK, from, 0xa0);
    shift(e, VECTOR_SAR, 2, WORK, WORK, 31);
    three(e, X86_PCMPEQD, WORK, WORK, from);
    shuffle(e, X86_PSHUFD, WORK_2, from, 0xf5);
    shift(e, VECTOR_SAR, 2, WORK_2, WORK_2, 31);
    three_mem(e, X86_PXOR, WORK_2, WORK_2, FRAME_AT(e->u, magnitudes32));
    three_imm(e, X86_VBLENDVPD, WORK, WORK_2, from, (uint32_t)XMM(WORK) << 4);
    narrow_long(e, d, WORK);
}

/* What is not negative: as it is, or all ones; else 0. */
static void narrow_long_positive(struct emitter *e, int d, int from)
{
    host_load(e->u, 16, WORK_2, nth(FRAME_AT(e->u, low_halves), 2).disp);
    three(e, X86_PCMPGTQ, WORK, from, WORK_2);
    three(e, X86_POR, WORK, WORK, from);
    x86_vector_constant(e, WORK_2, 0);
    three(e, X86_PCMPGTQ, WORK_2, WORK_2, from);
    three(e, X86_PANDN, WORK, WORK_2, WORK);
    narrow_long(e, d, WORK);
}

/* Saturating, from signed lanes. */
static void narrow_signed(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    static const uint8_t forms[][2] = {{X86_PACKSSWB, X86_PACKUSWB}, {X86_PACKSSDW, X86_PACKUSDW}};
    uint32_t size = VM_LANE_SIZE(insn->aux);
    bool to_unsigned = insn->op == VM_OP_V_SQXTUN;

    if (size == 2)
        (to_unsigned ? narrow_long_positive : narrow_long_signed)(e, d, r[0]);
    else
        pack(e, (enum x86_form)forms[size][to_unsigned], d, r[0]);
}

/* Saturating, from unsigned lanes: all ones where there is something in the high half. */
static void narrow_unsigned(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux);

    if (size < 2) {
        three_mem(e, size ? X86_PMINUD : X86_PMINUW, WORK, r[0],
                  nth(FRAME_AT(e->u, low_halves), size));
        pack(e, size ? X86_PACKUSDW : X86_PACKUSWB, d, WORK);
        return;
    }
    shuffle(e, X86_PSHUFD, WORK, r[0], 0xf5);
    x86_vector_constant(e, WORK_2, 0);
    three(e, X86_PCMPEQD, WORK, WORK, WORK_2);
    three(e, X86_PANDN, WORK, r[0], WORK);
    x86_vector_constant(e, WORK_2, UINT64_MAX);
    three(e, X86_PXOR, WORK, WORK, WORK_2);
    narrow_long(e, d, WORK);
}

/* ---- which is which ---- */

enum { SIZE_0 = 1, SIZE_1 = 2, SIZE_2 = 4, SIZE_3 = 8, NARROW = 7, ALL = 15 };

static const struct sequence {
    uint8_t op, sizes;
    uint8_t feature; /* that it needs beside AVX, or 0 */
    x86_sequence_fn *emit;
} sequences[] = {
    {VM_OP_V_SPREAD - VM_OP_V_LOW, ALL, 0, spread_lane},
    {VM_OP_V_SELECT - VM_OP_V_LOW, ALL, 0, choose_bits},
    {VM_OP_V_MUL - VM_OP_V_LOW, SIZE_0 | SIZE_3, 0, x86_multiply},
    {VM_OP_V_PMULL - VM_OP_V_LOW, SIZE_1, 0, x86_multiply_polynomials},
    {VM_OP_V_SQDMULH - VM_OP_V_LOW, SIZE_1 | SIZE_2, 0, x86_multiply_doubled},
    {VM_OP_V_SQRDMULH - VM_OP_V_LOW, SIZE_1 | SIZE_2, 0, x86_multiply_doubled},
    {VM_OP_V_GTU - VM_OP_V_LOW, ALL, 0, x86_greater_unsigned},
    {VM_OP_V_SMIN - VM_OP_V_LOW, SIZE_3, 0, x86_min_max},
    {VM_OP_V_SMAX - VM_OP_V_LOW, SIZE_3, 0, x86_min_max},
    {VM_OP_V_UMIN - VM_OP_V_LOW, SIZE_3, 0, x86_min_max},
    {VM_OP_V_UMAX - VM_OP_V_LOW, SIZE_3, 0, x86_min_max},
    {VM_OP_V_SQADD - VM_OP_V_LOW, SIZE_2 | SIZE_3, 0, x86_saturate},
    {VM_OP_V_SQSUB - VM_OP_V_LOW, SIZE_2 | SIZE_3, 0, x86_saturate},
    {VM_OP_V_UQADD - VM_OP_V_LOW, SIZE_2 | SIZE_3, 0, x86_saturate_unsigned},
    {VM_OP_V_UQSUB - VM_OP_V_LOW, SIZE_2 | SIZE_3, 0, x86_saturate_unsigned},
    {VM_OP_V_AVGU - VM_OP_V_LOW, SIZE_2 | SIZE_3, 0, x86_average},
    {VM_OP_V_ABS - VM_OP_V_LOW, SIZE_3, 0, x86_absolute},
    {VM_OP_V_SHL - VM_OP_V_LOW, ALL, 0, x86_shift_by_constant},
    {VM_OP_V_SHR - VM_OP_V_LOW, ALL, 0, x86_shift_by_constant},
    {VM_OP_V_SAR - VM_OP_V_LOW, ALL, 0, x86_shift_by_constant},
    {VM_OP_V_USHL - VM_OP_V_LOW, SIZE_0, 0, x86_shift_bytes},
    {VM_OP_V_SSHL - VM_OP_V_LOW, SIZE_0, 0, x86_shift_bytes},
    {VM_OP_V_USHL - VM_OP_V_LOW, SIZE_1, FEATURE_AVX2, x86_shift_words},
    {VM_OP_V_SSHL - VM_OP_V_LOW, SIZE_1, FEATURE_AVX2, x86_shift_words},
    {VM_OP_V_USHL - VM_OP_V_LOW, SIZE_2 | SIZE_3, FEATURE_AVX2, x86_shift_wide},
    {VM_OP_V_SSHL - VM_OP_V_LOW, SIZE_2 | SIZE_3, FEATURE_AVX2, x86_shift_wide},
    {VM_OP_V_UZP1 - VM_OP_V_LOW, ALL, 0, unzip},
    {VM_OP_V_UZP2 - VM_OP_V_LOW, ALL, 0, unzip},
    {VM_OP_V_TRN1 - VM_OP_V_LOW, ALL, 0, transpose},
    {VM_OP_V_TRN2 - VM_OP_V_LOW, ALL, 0, transpose},
    {VM_OP_V_EXT - VM_OP_V_LOW, ALL, 0, extract},
    {VM_OP_V_TBL - VM_OP_V_LOW, ALL, 0, look_up},
    {VM_OP_V_XTN - VM_OP_V_LOW, NARROW, 0, narrow},
    {VM_OP_V_SQXTN - VM_OP_V_LOW, NARROW, 0, narrow_signed},
    {VM_OP_V_SQXTUN - VM_OP_V_LOW, NARROW, 0, narrow_signed},
    {VM_OP_V_UQXTN - VM_OP_V_LOW, NARROW, 0, narrow_unsigned},
};

static const struct sequence *find_sequence(const struct emitter *e, const struct jit_insn *insn)
{
    uint32_t size = 1u << VM_LANE_SIZE(insn->aux);

    for (uint32_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        const struct sequence *s = &sequences[i];
        if (s->op == insn->op - VM_OP_V_LOW && s->sizes & size)
            return !s->feature || has(e, s->feature) ? s : NULL;
    }
    return NULL;
}

static bool sequence(struct emitter *e, const struct jit_insn *insn)
{
    const struct sequence *s = find_sequence(e, insn);
    struct jit_unit *u = e->u;
    int r[3] = {-1, -1, -1};

    if (!s)
        return false;
    for (uint32_t k = 0; k < insn->n_args; k++)
        r[k] = jit_use(u, insn->arg[k]);
    jit_consume(u);
    s->emit(e, insn, r, jit_define(u));
    return true;
}

/* ---- */

bool x86_emit_vector(struct emitter *e, const struct jit_insn *insn)
{
    bool avx = has(e, FEATURE_AVX);

    switch (insn->op) {
    case VM_OP_V_LOW:
        low(e, insn);
        return true;
    case VM_OP_V_PAIR:
        pair(e, insn);
        return true;
    case VM_OP_V_GET:
        get(e, insn);
        return true;
    case VM_OP_V_SET:
        (avx ? set : x86_vector_soft)(e, insn);
        return true;
    case VM_OP_V_DUP:
        (avx ? duplicate : x86_vector_soft)(e, insn);
        return true;
    case VM_OP_V_SPREAD ... VM_OP_V_UQXTN:
        if (!avx || !(simple(e, insn) || sequence(e, insn) || x86_emit_vector_crypto(e, insn)))
            x86_vector_soft(e, insn);
        return true;
    case VM_OP_V_FFLUSH:
        x86_emit_flush(e, insn);
        return true;
    case VM_OP_V_FADD ... VM_OP_V_FLE:
    case VM_OP_V_FTOI ... VM_OP_V_ITOF:
        x86_emit_vector_float(e, insn);
        return true;
    case VM_OP_V_FCVTL ... VM_OP_V_FCVTN:
        x86_emit_vector_half(e, insn);
        return true;
    default:
        return false;
    }
}

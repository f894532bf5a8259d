/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors on AVX. What the host has one instruction for is a row of a table; sequences follow. All
 * else, and all on hosts without AVX but for moves, is done by C on the frame's vectors. Floating
 * point is in vector_float.c.
 */
#include "vector.h"

/* ---- by C ---- */

static struct x86_mem operand_at(const struct jit_unit *u, uint32_t k)
{
    struct x86_mem m = FRAME_AT(u, vector);

    m.disp += (int32_t)(16 * k);
    return m;
}

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
        host_store(u, bytes, jit_use(u, insn->arg[k]), operand_at(u, k).disp);
        jit_unlock(u);
    }
    jit_consume(u);
    call_soft(e, insn->op, insn->aux, insn->imm, jit_floats_live(u));
    if (insn->uses)
        host_load(u, 16, jit_define(u), operand_at(u, 3).disp);
}

void x86_tail_vector(struct emitter *e, const struct tail *t)
{
    for (uint32_t k = 0; k < 3 && t->fp[k] >= 0; k++)
        host_store(e->u, 16, t->fp[k], operand_at(e->u, k).disp);
    call_soft(e, t->name, t->aux, 0, true);
    host_load(e->u, 16, t->reg, operand_at(e->u, 3).disp);
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

static uint64_t in_each_lane(uint32_t size, uint64_t bits)
{
    static const uint64_t ones[] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};

    return ones[size] * (bits & (UINT64_MAX >> (64 - (8u << size))));
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

static void pair(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int32_t at;

    if (jit_is_const(u, insn->arg[0]) && jit_is_const(u, insn->arg[1]) &&
        u->insns[insn->arg[0]].imm == u->insns[insn->arg[1]].imm && has(e, FEATURE_AVX)) {
        uint64_t bits = (uint64_t)u->insns[insn->arg[0]].imm;
        jit_consume(u);
        x86_vector_constant(e, jit_define(u), bits);
        return;
    }
    for (uint32_t k = 0; k < 2; k++) {
        if (jit_where(u, insn->arg[k]) < 0 && jit_in_memory(u, insn->arg[k], &at))
            host_load(u, 8, WORK + (int)k, at);
        else if (jit_is_const(u, insn->arg[k]))
            host_constant(u, WORK + (int)k, (uint64_t)u->insns[insn->arg[k]].imm);
        else
            x86_move(e, WORK + (int)k, jit_use(u, insn->arg[k]));
    }
    jit_consume(u);
    x86_rr(&e->a, X86_PUNPCKLQDQ, false, XMM(WORK), XMM(WORK_2));
    x86_move(e, jit_define(u), WORK);
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
            m = operand_at(e->u, 0);
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

    if (jit_is_const(u, insn->arg[0])) {
        uint64_t bits = in_each_lane(size, (uint64_t)u->insns[insn->arg[0]].imm);
        jit_consume(u);
        x86_vector_constant(e, jit_define(u), bits);
        return;
    }
    int from = jit_use(u, insn->arg[0]);
    jit_consume(u);
    int d = jit_define(u);
    x86_move(e, d, from);
    spread(e, d, d, size, 0);
}

/* ---- sequences: the result is written last ---- */

/* By a constant; bytes, and what the host cannot shift so, by way of wider or unsigned lanes. */
static void shift_lanes(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
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

static void greater_unsigned(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    static const uint8_t least[] = {X86_PMINUB, X86_PMINUW, X86_PMINUD};
    static const uint8_t equal[] = {X86_PCMPEQB, X86_PCMPEQW, X86_PCMPEQD};
    uint32_t size = VM_LANE_SIZE(insn->aux);

    if (size < 3) {
        three(e, (enum x86_form)least[size], WORK, r[0], r[1]);
        three(e, (enum x86_form)equal[size], WORK, WORK, r[0]);
        x86_vector_constant(e, WORK_2, UINT64_MAX);
        three(e, X86_PXOR, d, WORK, WORK_2);
    } else {
        x86_vector_constant(e, WORK, (uint64_t)1 << 63);
        three(e, X86_PXOR, WORK_2, WORK, r[1]);
        three(e, X86_PXOR, WORK, WORK, r[0]);
        three(e, X86_PCMPGTQ, d, WORK, WORK_2);
    }
}

static void choose_bits(struct emitter *e, const int *r, int d)
{
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

    if (size == 3) {
        three(e, insn->op == VM_OP_V_TRN2 ? X86_PUNPCKHQDQ : X86_PUNPCKLQDQ, d, r[0], r[1]);
    } else if (insn->op == VM_OP_V_TRN1) {
        shift(e, VECTOR_SHL, size + 1, WORK, r[1], 8u << size);
        three_imm(e, X86_PBLENDW, d, r[0], WORK, mask);
    } else {
        shift(e, VECTOR_SHR, size + 1, WORK, r[0], 8u << size);
        three_imm(e, X86_PBLENDW, d, WORK, r[1], mask);
    }
}

static void look_up(struct emitter *e, const int *r, int d)
{
    x86_rrm(&e->a, X86_PADDUSB, false, XMM(WORK), XMM(r[1]), FRAME_AT(e->u, byte_limit));
    three(e, X86_PSHUFB, d, r[0], WORK);
}

static void narrow(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux);
    int from = r[0];
    enum x86_form form = size ? X86_PACKSSDW : X86_PACKSSWB;

    if (size == 2) { /* of XTN only */
        shuffle(e, X86_PSHUFD, WORK, r[0], 0x08);
        x86_rr(&e->a, X86_MOVQ_XMM, false, XMM(d), XMM(WORK));
        return;
    }
    if (insn->op == VM_OP_V_XTN) {
        halves(e, size, false, WORK, r[0]);
        from = WORK;
        form = size ? X86_PACKSSDW : X86_PACKUSWB;
    } else if (insn->op == VM_OP_V_SQXTUN) {
        form = size ? X86_PACKUSDW : X86_PACKUSWB;
    }
    x86_vector_constant(e, WORK_2, 0);
    three(e, form, d, from, WORK_2);
}

/* Whether there is a sequence for it. */
static bool has_sequence(const struct jit_insn *insn)
{
    uint32_t size = VM_LANE_SIZE(insn->aux);

    switch (insn->op) {
    case VM_OP_V_SELECT:
    case VM_OP_V_GTU:
    case VM_OP_V_SHL ... VM_OP_V_SAR:
    case VM_OP_V_UZP1:
    case VM_OP_V_UZP2:
    case VM_OP_V_EXT:
    case VM_OP_V_TBL:
    case VM_OP_V_XTN:
    case VM_OP_V_SPREAD:
        return true;
    case VM_OP_V_TRN1:
    case VM_OP_V_TRN2:
        return size > 0;
    case VM_OP_V_SQXTN:
    case VM_OP_V_SQXTUN:
        return size < 2;
    default:
        return x86_has_vector_product(insn);
    }
}

static void emit_sequence(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    switch (insn->op) {
    case VM_OP_V_SELECT:
        choose_bits(e, r, d);
        break;
    case VM_OP_V_GTU:
        greater_unsigned(e, insn, r, d);
        break;
    case VM_OP_V_SHL ... VM_OP_V_SAR:
        shift_lanes(e, insn, r, d);
        break;
    case VM_OP_V_UZP1:
    case VM_OP_V_UZP2:
        unzip(e, insn, r, d);
        break;
    case VM_OP_V_TRN1:
    case VM_OP_V_TRN2:
        transpose(e, insn, r, d);
        break;
    case VM_OP_V_EXT:
        three_imm(e, X86_PALIGNR, d, r[1], r[0], (uint32_t)insn->imm);
        break;
    case VM_OP_V_TBL:
        look_up(e, r, d);
        break;
    case VM_OP_V_MUL:
    case VM_OP_V_PMULL:
    case VM_OP_V_SQDMULH:
    case VM_OP_V_SQRDMULH:
        x86_vector_product(e, insn, r, d);
        break;
    case VM_OP_V_SPREAD:
        spread(e, d, r[0], VM_LANE_SIZE(insn->aux), VM_LANE_NUMBER(insn->aux));
        break;
    default:
        narrow(e, insn, r, d);
    }
}

static void sequence(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int r[3] = {-1, -1, -1};

    for (uint32_t k = 0; k < insn->n_args; k++)
        r[k] = jit_use(u, insn->arg[k]);
    jit_consume(u);
    emit_sequence(e, insn, r, jit_define(u));
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
        if (!avx || !(has_sequence(insn) || simple(e, insn)))
            x86_vector_soft(e, insn);
        else if (has_sequence(insn))
            sequence(e, insn);
        return true;
    case VM_OP_V_FADD ... VM_OP_V_ITOF:
        x86_emit_vector_float(e, insn);
        return true;
    default:
        return false;
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The x86-64 host: compiles a unit, places and patches code; moves for the allocation of registers.
 */
#include <stdlib.h>
#include <string.h>
#include "emit.h"

const uint8_t host_pin_regs[] = {RBX,
                                 R12,
                                 R13,
                                 R14,
                                 R15,
                                 R8,
                                 R9,
                                 R10,
                                 JIT_FLOAT + 8,
                                 JIT_FLOAT + 9,
                                 JIT_FLOAT + 10,
                                 JIT_FLOAT + 11,
                                 JIT_FLOAT + 12,
                                 JIT_FLOAT + 13,
                                 JIT_FLOAT + 14,
                                 JIT_FLOAT + 15};
const uint32_t host_n_pin_regs = sizeof(host_pin_regs);
const uint8_t host_temp_regs[] = {RSI,           RDI,           R11,
                                  JIT_FLOAT + 2, JIT_FLOAT + 3, JIT_FLOAT + 4,
                                  JIT_FLOAT + 5, JIT_FLOAT + 6, JIT_FLOAT + 7};
const uint32_t host_n_temp_regs = sizeof(host_temp_regs);
const uint8_t host_count_reg = R11;

_Static_assert(sizeof(host_pin_regs) + sizeof(host_temp_regs) <=
                   sizeof(((struct jit_frame *)0)->save) / 16,
               "temporaries find a place over a call");

/* MXCSR's flags are, from bit 0: invalid, denormal, divide by zero, overflow, underflow, inexact.
 */
void host_frame_init(const struct jit_engine *e, struct jit_frame *frame)
{
    *frame = (struct jit_frame){
        .sign64 = {(uint64_t)1 << 63},
        .magnitude64 = {~((uint64_t)1 << 63), UINT64_MAX},
        .sign32 = {0x80000000},
        .magnitude32 = {UINT64_MAX ^ 0x80000000, UINT64_MAX},
        .box = {0xffffffff00000000},
        .low32 = {0xffffffff},
        .smallest64 = {(uint64_t)1 << 52, (uint64_t)1 << 52},
        .smallest32 = {0x0080000000800000, 0x0080000000800000},
        .magnitudes64 = {~((uint64_t)1 << 63), ~((uint64_t)1 << 63)},
        .magnitudes32 = {0x7fffffff7fffffff, 0x7fffffff7fffffff},
        .smallest16 = {0x0400040004000400, 0x0400040004000400},
        .magnitudes16 = {0x7fff7fff7fff7fff, 0x7fff7fff7fff7fff},
        .infinities16 = {0x7c007c007c007c00, 0x7c007c007c007c00},
        .below_single = {0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff},
        .in_single = {0xffffffffe0000000, 0xffffffffe0000000, 0xffffffffe0000000,
                      0xffffffffe0000000},
        .denormals64 = {((uint64_t)1 << 63) + ((uint64_t)1 << 53) - 1,
                        ((uint64_t)1 << 63) + ((uint64_t)1 << 53) - 1},
        .denormals32 = {0x80ffffff80ffffff, 0x80ffffff80ffffff},
        .half32 = {0x80000000, 0x80000000},
        .byte_limit = {0x7070707070707070, 0x7070707070707070},
        .signs64 = {(uint64_t)1 << 63, (uint64_t)1 << 63},
        .low_halves = {{0x00ff00ff00ff00ff, 0x00ff00ff00ff00ff},
                       {0x0000ffff0000ffff, 0x0000ffff0000ffff},
                       {0xffffffff, 0xffffffff}},
        .low_bytes = {{0x000000ff000000ff, 0x000000ff000000ff}, {0xff, 0xff}},
        .least_counts = {{0xf8f8f8f8f8f8f8f8, 0xf8f8f8f8f8f8f8f8},
                         {0xf0f0f0f0f0f0f0f0, 0xf0f0f0f0f0f0f0f0}},
        .powers = {{0x8040201008040201, 0}, {0, 0x8040201008040201}},
        .functions = e->functions,
        .fp_default = 0x1f80,
    };
    for (uint32_t i = 0; i < 64; i++)
        frame->fp_flags[i] =
            (uint8_t)((i & 1 ? VM_FP_NV : 0) | (i & 4 ? VM_FP_DZ : 0) | (i & 8 ? VM_FP_OF : 0) |
                      (i & 16 ? VM_FP_UF : 0) | (i & 32 ? VM_FP_NX : 0));
}

/* ---- helpers of all emission ---- */

struct tail *x86_tail(struct emitter *e, enum tail_kind kind)
{
    if (e->n_tails == e->cap_tails) {
        uint32_t capacity = e->cap_tails ? 2 * e->cap_tails : 64;
        struct tail *tails = realloc(e->tails, capacity * sizeof(*tails));
        if (!tails) {
            static _Thread_local struct tail nowhere;
            e->a.failed = true;
            return &nowhere;
        }
        e->tails = tails;
        e->cap_tails = capacity;
    }
    struct tail *t = &e->tails[e->n_tails++];
    *t = (struct tail){.kind = kind,
                       .from = {JIT_NONE, JIT_NONE, JIT_NONE},
                       .refund = e->u->guest_insns - e->u->guest_insn + 1,
                       .delta = e->u->delta,
                       .floats = jit_floats_live(e->u),
                       .reg = -1,
                       .line = JIT_NONE,
                       .zone = e->u->zone,
                       .base = -1,
                       .fp = {-1, -1, -1, -1},
                       .whole = JIT_NONE};
    return t;
}

static void add_pair(struct emitter *e, uint32_t **pairs, uint32_t *n, uint32_t *capacity,
                     uint32_t place, uint32_t target)
{
    if (*n == *capacity) {
        uint32_t more = *capacity ? 2 * *capacity : 64;
        uint32_t *moved = realloc(*pairs, more * 2 * sizeof(**pairs));
        if (!moved) {
            e->a.failed = true;
            return;
        }
        *pairs = moved;
        *capacity = more;
    }
    (*pairs)[2 * *n] = place;
    (*pairs)[2 * (*n)++ + 1] = target;
}

void x86_to_stub(struct emitter *e, uint32_t place, enum jit_stub stub)
{
    bool own = (stub >= JIT_STUB_CALL && stub <= JIT_STUB_CALL_PURE_FLOAT) || stub == JIT_STUB_OUT;
    uint32_t target = stub | (e->u->region && own ? e->u->zone << 8 : 0);

    add_pair(e, &e->relocations, &e->n_relocations, &e->cap_relocations, place, target);
}

void x86_to_block(struct emitter *e, uint32_t place, uint32_t block)
{
    add_pair(e, &e->jumps, &e->n_jumps, &e->cap_jumps, place, block);
}

void x86_to_targets(struct emitter *e, uint32_t place, uint32_t what)
{
    add_pair(e, &e->targets, &e->n_targets, &e->cap_targets, place, what);
}

void x86_leave_by(struct emitter *e, enum jit_stub stub)
{
    if (e->u->region)
        x86_to_stub(e, x86_call(&e->a), JIT_STUB_OUT);
    x86_to_stub(e, x86_jmp(&e->a), stub);
}

void x86_call_function(struct emitter *e, uint32_t index, bool floats)
{
    x86_mov_imm(&e->a, RAX, index * 8);
    x86_to_stub(e, x86_call(&e->a), floats ? JIT_STUB_CALL_FLOAT : JIT_STUB_CALL);
}

void x86_call_pure(struct emitter *e, uint32_t index, bool floats)
{
    x86_mov_imm(&e->a, RAX, index * 8);
    x86_to_stub(e, x86_call(&e->a), floats ? JIT_STUB_CALL_PURE_FLOAT : JIT_STUB_CALL_PURE);
}

void x86_move(struct emitter *e, int to, int from)
{
    if (to == from)
        return;
    if (to < JIT_FLOAT && from < JIT_FLOAT)
        x86_rr(&e->a, X86_MOV_LOAD, true, to, from);
    else if (to < JIT_FLOAT)
        x86_rr(&e->a, X86_MOVQ_FROM_XMM, true, XMM(from), to);
    else if (from < JIT_FLOAT)
        x86_rr(&e->a, X86_MOVQ_TO_XMM, true, XMM(to), from);
    else
        x86_rr(&e->a, X86_MOVAPS, false, XMM(to), XMM(from));
}

void host_move(struct jit_unit *u, int to, int from)
{
    x86_move(emitter_of(u), to, from);
}

/* A general register takes no more than the low half of a vector. */
void host_load(struct jit_unit *u, uint32_t bytes, int reg, int32_t offset)
{
    enum x86_form form = bytes == 16  ? X86_MOVUPS_LOAD
                         : bytes == 8 ? X86_MOVSD_LOAD
                                      : X86_MOVSS_LOAD;
    struct x86 *a = &emitter_of(u)->a;

    if (reg < JIT_FLOAT)
        x86_rm(a, X86_MOV_LOAD, bytes > 4, reg, x86_at(RBP, offset));
    else
        x86_rm(a, form, false, XMM(reg), x86_at(RBP, offset));
}

void host_store(struct jit_unit *u, uint32_t bytes, int reg, int32_t offset)
{
    enum x86_form form = bytes == 16  ? X86_MOVUPS_STORE
                         : bytes == 8 ? X86_MOVSD_STORE
                                      : X86_MOVSS_STORE;
    struct x86 *a = &emitter_of(u)->a;

    if (reg < JIT_FLOAT)
        x86_rm(a, X86_MOV_STORE, bytes > 4, reg, x86_at(RBP, offset));
    else
        x86_rm(a, form, false, XMM(reg), x86_at(RBP, offset));
}

void host_constant(struct jit_unit *u, int reg, uint64_t value)
{
    struct x86 *a = &emitter_of(u)->a;

    x86_mov_imm(a, reg < JIT_FLOAT ? reg : RAX, value);
    if (reg >= JIT_FLOAT)
        x86_rr(a, X86_MOVQ_TO_XMM, true, XMM(reg), RAX);
}

void host_store_constant(struct jit_unit *u, bool wide, uint64_t value, int32_t offset)
{
    x86_mov_mem_imm(&emitter_of(u)->a, wide ? 8 : 4, x86_at(RBP, offset), (int32_t)value);
}

void host_fold_flags(struct jit_unit *u)
{
    x86_to_stub(emitter_of(u), x86_call(&emitter_of(u)->a), JIT_STUB_FOLD);
}

void host_drop_flags(struct jit_unit *u)
{
    x86_ldmxcsr(&emitter_of(u)->a, FRAME_AT(u, fp_default));
}

void x86_value(struct emitter *e, int reg, uint32_t v)
{
    struct jit_unit *u = e->u;
    int where = jit_where(u, v);
    int32_t at;

    if (where < 0 && jit_is_const(u, v))
        x86_mov_imm(&e->a, reg, (uint64_t)u->insns[v].imm);
    else if (where < 0 && jit_in_memory(u, v, &at))
        x86_rm(&e->a, X86_MOV_LOAD, jit_size(u->insns[v].result) > 4, reg, x86_at(RBP, at));
    else
        x86_move(e, reg, jit_use(u, v));
}

void x86_argument(struct emitter *e, uint32_t n, uint32_t v, bool sign_extend)
{
    struct jit_unit *u = e->u;
    int32_t to = u->engine->frame + (int32_t)(offsetof(struct jit_frame, arg) + 8 * n), small;

    if (jit_where(u, v) < 0 && jit_small_const(u, v, true, &small)) {
        x86_mov_mem_imm(&e->a, 8, x86_at(RBP, to), small);
    } else if (sign_extend) {
        x86_value(e, RAX, v);
        x86_rr(&e->a, X86_MOVSXD, true, RAX, RAX);
        x86_rm(&e->a, X86_MOV_STORE, true, RAX, x86_at(RBP, to));
    } else {
        host_store(u, 8, jit_use(u, v), to);
    }
    jit_unlock(u);
}

/* ---- a unit ---- */

static void emit_insn(struct emitter *e, const struct jit_insn *insn)
{
    switch (insn->op) {
    case VM_OP_GET:
        jit_get(e->u);
        break;
    case VM_OP_PUT:
        jit_put(e->u);
        break;
    default:
        if (!x86_emit_integer(e, insn) && !x86_emit_memory(e, insn) && !x86_emit_float(e, insn) &&
            !x86_emit_vector(e, insn) && !x86_emit_control(e, insn))
            e->u->failed = "an operation that this host's compiler does not know";
    }
    jit_end(e->u);
}

void host_compile(struct jit_unit *u, struct jit_host_code *out)
{
    struct emitter *e = calloc(1, sizeof(*e));
    uint32_t n_exits = u->unit->n_exits;

    *out = (struct jit_host_code){0};
    u->host = e;
    if (e)
        e->exits = calloc(n_exits + 1, sizeof(*e->exits));
    if (!e || !e->exits) {
        u->failed = "out of memory";
        return;
    }
    e->u = u;
    for (uint32_t i = 0; i < n_exits; i++)
        e->exits[i].site = JIT_NONE; /* passes may have dropped it */
    if (u->region)
        x86_set_zone(e, 0);
    else
        x86_emit_entry(e);
    for (u->index = 0; u->index < u->n && !u->failed; u->index++)
        if (u->insns[u->index].flags & JIT_LIVE)
            emit_insn(e, &u->insns[u->index]);
    for (uint32_t i = 0; u->region && i < u->region->n_blocks; i++)
        if (u->region->blocks[i].entry != JIT_NONE)
            x86_region_entry(e, &u->region->blocks[i]);
    for (uint32_t i = 0; i < e->n_tails; i++) {
        if (u->region)
            x86_set_zone(e, e->tails[i].zone);
        x86_emit_tail(e, i);
    }
    x86_emit_targets(e);
    for (uint32_t i = 0; i < e->n_jumps; i++)
        x86_aim(&e->a, e->jumps[2 * i], u->region->blocks[e->jumps[2 * i + 1]].place);
    if (u->region)
        x86_region_stubs(e);
    if (e->a.failed)
        u->failed = "out of memory";
    *out = (struct jit_host_code){.bytes = e->a.bytes,
                                  .n = e->a.n,
                                  .relocations = e->relocations,
                                  .n_relocations = e->n_relocations,
                                  .exits = e->exits};
}

void host_free(struct jit_unit *u, struct jit_host_code *out)
{
    struct emitter *e = u->host;

    (void)out;
    if (!e)
        return;
    free(e->a.bytes);
    free(e->tails);
    free(e->relocations);
    free(e->jumps);
    free(e->targets);
    free(e->exits);
    free(e);
}

void host_place(struct jit_engine *e, const struct jit_host_code *code, uint32_t at)
{
    uint8_t *to = e->cache.memory.write + at;

    memcpy(to, code->bytes, code->n);
    for (uint32_t i = 0; i < code->n_relocations; i++) {
        uint32_t place = code->relocations[2 * i], target = e->stub[code->relocations[2 * i + 1]];
        uint32_t displacement = target - (at + place + 4);
        memcpy(to + place, &displacement, 4);
    }
}

void host_patch(struct jit_engine *e, uint32_t site, uint32_t target)
{
    _Atomic uint32_t *place = (_Atomic uint32_t *)(void *)(e->cache.memory.write + site);

    atomic_store_explicit(place, target - (site + 4), memory_order_release);
}

void host_patch_jump(struct jit_engine *e, uint32_t site, uint32_t target)
{
    uint8_t *at = e->cache.memory.write + (site & ~7u);
    uint32_t displacement = target - (site + 5);
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    ((uint8_t *)&word)[site & 7] = 0xe9;
    memcpy((uint8_t *)&word + (site & 7) + 1, &displacement, sizeof(displacement));
    atomic_store_explicit((_Atomic uint64_t *)(void *)at, word, memory_order_release);
}

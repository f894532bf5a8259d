/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semantics of Advanced SIMD: loads and stores of structures. Several structures are moved by 64
 * bits at a time, whatever their lanes are: alignment is that of a lane, and checked apart.
 */
#include "emit_simd.h"

#define MAX_CHUNKS 8

static vm_ir_value load(struct a64_translation *t, vm_ir_value base, int64_t offset, uint32_t memop)
{
    return vm_ir_1(t->ir, VM_OP_LOAD, VM_I64, memop, offset, base);
}

static void store(struct a64_translation *t, vm_ir_value base, int64_t offset, uint32_t memop,
                  vm_ir_value value)
{
    vm_ir_2(t->ir, VM_OP_STORE, VM_I64, memop, offset, base, value);
}

/* Post-indexed forms: rm, or with 31 the bytes that were moved. */
static void write_back(struct a64_translation *t, const struct a64_insn *in, vm_ir_value base,
                       uint32_t bytes)
{
    if (!a64_field(in, 23, 1))
        return;
    if (in->rm == 31) {
        put_base(t, in->rn, base, bytes);
        return;
    }
    put_xsp(t, in->rn, binary(t, VM_OP_ADD, base, get_x(t, in->rm)));
    if (in->rn == 31)
        sp_changed(t);
}

/* ---- several structures ---- */

struct multiple {
    uint32_t registers, count; /* of a structure: 1 for whole registers one after the other */
    uint32_t halves, size;
    uint32_t chunks, bytes;
};

static struct multiple multiple_of(const struct a64_insn *in)
{
    static const uint8_t shapes[16][2] = {
        [0] = {4, 4}, [2] = {4, 1}, [4] = {3, 3},  [6] = {3, 1},
        [7] = {1, 1}, [8] = {2, 2}, [10] = {2, 1},
    };
    const uint8_t *shape = shapes[a64_field(in, 12, 4)];
    struct multiple m = {.registers = shape[0],
                         .count = shape[1],
                         .halves = 1 + a64_field(in, 30, 1),
                         .size = a64_field(in, 10, 2)};

    m.chunks = m.registers * m.halves;
    m.bytes = 8 * m.chunks;
    return m;
}

/* The base register, and the memop of the chunks. */
static vm_ir_value begin(struct a64_translation *t, const struct a64_insn *in,
                         const struct multiple *m, bool write, uint32_t *memop)
{
    vm_ir_value base = get_base(t, in->rn);

    if (t->key[0] & A64_KEY_ALIGN)
        CALL(t, A64_HELPER_CHECK_ALIGNMENT, base, ir_const(t, 1 << m->size | (int64_t)write << 8));
    watch_access(t, base, 0, m->bytes, write);
    *memop = (plain_memop(t, 3) & ~VM_MEMOP_ALIGN) | (3 - m->size) << VM_MEMOP_PARTS_SHIFT;
    return base;
}

/* Chunk `which` of a half's structures from their registers' values, or the other way. */
static vm_ir_value weave(struct a64_translation *t, uint32_t helper, const struct multiple *m,
                         const vm_ir_value *from, uint32_t which)
{
    vm_ir_value v[4];

    if (m->count == 1 || m->size == 3)
        return from[which];
    for (uint32_t i = 0; i < 4; i++)
        v[i] = i < m->count ? from[i] : ir_const(t, 0);
    return CALL(t, helper, v[0], v[1], v[2], v[3],
                ir_const(t, m->size | m->count << 4 | which << 8));
}

/* Where chunk `which` of a half's structures is among all. */
static uint32_t chunk_at(const struct multiple *m, uint32_t half, uint32_t which)
{
    return m->count == 1 ? which * m->halves + half : half * m->count + which;
}

/* Whole registers, and structures that unzipping and zipping takes apart and puts together. */
static bool is_whole(const struct multiple *m)
{
    return m->halves == 2 && m->count != 3;
}

/* Every count-th lane: for four, of the even ones the even and the odd ones, and so of the odd. */
static void unweave(struct a64_translation *t, uint32_t size, uint32_t count, vm_ir_value *v)
{
    vm_ir_value from[4];

    for (uint32_t round = 1; round < count; round *= 2) {
        for (uint32_t i = 0; i < count; i++)
            from[i] = v[i];
        for (uint32_t i = 0; i < count / 2; i++) {
            v[i] = vec(t, VM_OP_V_UZP1, size, from[2 * i], from[2 * i + 1]);
            v[count / 2 + i] = vec(t, VM_OP_V_UZP2, size, from[2 * i], from[2 * i + 1]);
        }
    }
}

/* The reverse. */
static void weave_whole(struct a64_translation *t, uint32_t size, uint32_t count, vm_ir_value *v)
{
    vm_ir_value from[4];

    for (uint32_t round = 1; round < count; round *= 2) {
        for (uint32_t i = 0; i < count; i++)
            from[i] = v[i];
        for (uint32_t i = 0; i < count / 2; i++) {
            v[2 * i] = vec(t, VM_OP_V_ZIP1, size, from[i], from[count / 2 + i]);
            v[2 * i + 1] = vec(t, VM_OP_V_ZIP2, size, from[i], from[count / 2 + i]);
        }
    }
}

/* The memop of a whole register, which has twice the lanes of a chunk. */
static uint32_t whole_memop(uint32_t memop)
{
    return (memop & ~7u) + (1u << VM_MEMOP_PARTS_SHIFT) + 4;
}

static void load_whole(struct a64_translation *t, const struct a64_insn *in,
                       const struct multiple *m, vm_ir_value base, uint32_t memop)
{
    vm_ir_value v[4];

    for (uint32_t i = 0; i < m->registers; i++)
        v[i] = vm_ir_1(t->ir, VM_OP_LOAD, VM_V128, whole_memop(memop), 16 * i, base);
    unweave(t, m->size, m->count, v);
    for (uint32_t i = 0; i < m->registers; i++)
        put_v(t, (in->rd + i) % 32, v[i]);
}

static void store_whole(struct a64_translation *t, const struct a64_insn *in,
                        const struct multiple *m, vm_ir_value base, uint32_t memop)
{
    vm_ir_value v[4];

    for (uint32_t i = 0; i < m->registers; i++)
        v[i] = get_v(t, (in->rd + i) % 32);
    weave_whole(t, m->size, m->count, v);
    for (uint32_t i = 0; i < m->registers; i++)
        vm_ir_2(t->ir, VM_OP_STORE, VM_V128, whole_memop(memop), 16 * i, base, v[i]);
}

static void load_multiple(struct a64_translation *t, const struct a64_insn *in)
{
    struct multiple m = multiple_of(in);
    vm_ir_value loaded[MAX_CHUNKS], base;
    uint32_t memop;

    base = begin(t, in, &m, false, &memop);
    if (is_whole(&m)) {
        load_whole(t, in, &m, base, memop);
        write_back(t, in, base, m.bytes);
        return;
    }
    for (uint32_t i = 0; i < m.chunks; i++)
        loaded[i] = load(t, base, 8 * i, memop);
    for (uint32_t r = 0; r < m.registers; r++) {
        struct vector v;
        for (uint32_t half = 0; half < m.halves; half++) {
            vm_ir_value from[4];
            for (uint32_t i = 0; i < m.registers; i++)
                from[i] = loaded[chunk_at(&m, half, i)];
            v.half[half] = weave(t, A64_HELPER_UNWEAVE, &m, from, r);
        }
        put_vector(t, (in->rd + r) % 32, m.halves, v);
    }
    write_back(t, in, base, m.bytes);
}

static void store_multiple(struct a64_translation *t, const struct a64_insn *in)
{
    struct multiple m = multiple_of(in);
    vm_ir_value stored[MAX_CHUNKS], base;
    uint32_t memop;

    base = begin(t, in, &m, true, &memop);
    if (is_whole(&m)) {
        store_whole(t, in, &m, base, memop);
        write_back(t, in, base, m.bytes);
        return;
    }
    for (uint32_t half = 0; half < m.halves; half++) {
        vm_ir_value from[4];
        for (uint32_t i = 0; i < m.registers; i++)
            from[i] = get_half(t, (in->rd + i) % 32, half);
        for (uint32_t i = 0; i < m.registers; i++)
            stored[chunk_at(&m, half, i)] = weave(t, A64_HELPER_WEAVE, &m, from, i);
    }
    for (uint32_t i = 0; i < m.chunks; i++)
        store(t, base, 8 * i, memop, stored[i]);
    write_back(t, in, base, m.bytes);
}

SIMD(ld_multiple, load_multiple(t, in))
SIMD(st_multiple, store_multiple(t, in))

/* ---- one structure: a lane of each register ---- */

struct single {
    uint32_t count, size, index;
};

static struct single single_of(const struct a64_insn *in)
{
    uint32_t opcode = a64_field(in, 13, 3), size = a64_field(in, 10, 2);
    uint32_t index = a64_field(in, 30, 1) << 3 | a64_field(in, 12, 1) << 2 | size;
    struct single s = {.count = 1 + (a64_field(in, 21, 1) | (opcode & 1) << 1)};

    s.size = opcode >> 1;
    if (s.size == 3)
        s.size = size; /* replicated */
    else if (s.size == 2 && size == 1)
        s.size = 3;
    s.index = index >> s.size;
    return s;
}

static vm_ir_value begin_single(struct a64_translation *t, const struct a64_insn *in,
                                const struct single *s, bool write)
{
    vm_ir_value base = get_base(t, in->rn);

    watch_access(t, base, 0, s->count << s->size, write);
    return base;
}

static void load_lanes(struct a64_translation *t, const struct single *s, vm_ir_value base,
                       vm_ir_value *lanes)
{
    for (uint32_t i = 0; i < s->count; i++)
        lanes[i] = load(t, base, i << s->size, plain_memop(t, s->size));
}

static void load_single(struct a64_translation *t, const struct a64_insn *in)
{
    struct single s = single_of(in);
    vm_ir_value lanes[4], base = begin_single(t, in, &s, false);

    load_lanes(t, &s, base, lanes);
    for (uint32_t i = 0; i < s.count; i++) {
        uint32_t reg = (in->rd + i) % 32;
        put_v(t, reg, set_lane(t, s.size, s.index, get_v(t, reg), lanes[i]));
    }
    write_back(t, in, base, s.count << s.size);
}

static void load_replicated(struct a64_translation *t, const struct a64_insn *in)
{
    struct single s = single_of(in);
    vm_ir_value lanes[4], base = begin_single(t, in, &s, false);

    load_lanes(t, &s, base, lanes);
    for (uint32_t i = 0; i < s.count; i++) {
        put_whole(t, in, (in->rd + i) % 32, dup_lane(t, s.size, lanes[i]));
    }
    write_back(t, in, base, s.count << s.size);
}

static void store_single(struct a64_translation *t, const struct a64_insn *in)
{
    struct single s = single_of(in);
    vm_ir_value lanes[4], base = begin_single(t, in, &s, true);

    for (uint32_t i = 0; i < s.count; i++)
        lanes[i] = lane_of(t, (in->rd + i) % 32, s.size, s.index);
    for (uint32_t i = 0; i < s.count; i++)
        store(t, base, i << s.size, plain_memop(t, s.size), lanes[i]);
    write_back(t, in, base, s.count << s.size);
}

SIMD(ld_single, load_single(t, in))
SIMD(st_single, store_single(t, in))
SIMD(ld_replicate, load_replicated(t, in))

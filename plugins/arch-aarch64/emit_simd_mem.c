/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Semantics of Advanced SIMD: loads and stores of structures. Several structures are moved by 128
 * or 64 bits at a time, whatever their lanes are: alignment is that of a lane, and checked apart.
 */
#include <string.h>
#include "emit_simd.h"

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
    uint32_t registers, count;   /* of a structure: 1 for whole registers one after the other */
    uint32_t size, width, bytes; /* log2 of a lane's bytes; bytes of a register, and of all */
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
                         .size = a64_field(in, 10, 2),
                         .width = 8 + 8 * a64_field(in, 30, 1)};

    m.bytes = m.width * m.registers;
    return m;
}

/* The base register, and the memop of 64 bits. */
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

/* The memop of 128 bits, which have twice the lanes. */
static uint32_t whole_memop(uint32_t memop)
{
    return (memop & ~7u) + (1u << VM_MEMOP_PARTS_SHIFT) + 4;
}

/* 128 bits or 64 at a time. */
static vm_ir_value load_part(struct a64_translation *t, vm_ir_value base, uint32_t offset,
                             uint32_t bytes, uint32_t memop)
{
    if (bytes < 16)
        return low_of(t, VM_I64, load(t, base, offset, memop));
    return vm_ir_1(t->ir, VM_OP_LOAD, VM_V128, whole_memop(memop), offset, base);
}

static void store_part(struct a64_translation *t, vm_ir_value base, uint32_t offset, uint32_t bytes,
                       uint32_t memop, vm_ir_value v)
{
    if (bytes < 16)
        store(t, base, offset, memop, get_lane(t, VM_I64, 3, 0, v));
    else
        vm_ir_2(t->ir, VM_OP_STORE, VM_V128, whole_memop(memop), offset, base, v);
}

/* Bytes of the part that begins at `offset`: of a register, or of woven ones as many as there are.
 */
static uint32_t part_bytes(const struct multiple *m, uint32_t offset)
{
    uint32_t left = m->bytes - offset;

    return m->count == 1 ? m->width : left < 16 ? left : 16;
}

/*
 * Every count-th lane of two or four parts: for four, of the even ones the even and the odd ones,
 * and so of the odd. Of registers of 64 bits there are half as many parts, and each is used twice.
 */
static void unweave(struct a64_translation *t, const struct multiple *m, vm_ir_value *v)
{
    vm_ir_value from[4];

    for (uint32_t i = m->bytes / 16; i < m->count; i++)
        v[i] = v[i - m->bytes / 16];
    for (uint32_t round = 1; round < m->count; round *= 2) {
        for (uint32_t i = 0; i < m->count; i++)
            from[i] = v[i];
        for (uint32_t i = 0; i < m->count / 2; i++) {
            v[i] = vec(t, VM_OP_V_UZP1, m->size, from[2 * i], from[2 * i + 1]);
            v[m->count / 2 + i] = vec(t, VM_OP_V_UZP2, m->size, from[2 * i], from[2 * i + 1]);
        }
    }
}

/* The reverse. */
static void weave(struct a64_translation *t, const struct multiple *m, vm_ir_value *v)
{
    vm_ir_value from[4];

    for (uint32_t round = 1; round < m->count; round *= 2) {
        for (uint32_t i = 0; i < m->count; i++)
            from[i] = v[i];
        for (uint32_t i = 0; i < m->count / 2; i++) {
            v[2 * i] = vec(t, VM_OP_V_ZIP1, m->size, from[i], from[m->count / 2 + i]);
            v[2 * i + 1] = vec(t, VM_OP_V_ZIP2, m->size, from[i], from[m->count / 2 + i]);
        }
    }
}

/* A byte of three registers, and where it is among the woven ones. */
static uint32_t woven_by_three(const struct multiple *m, uint32_t reg, uint32_t byte)
{
    uint32_t lane = byte >> m->size, in_lane = byte & ((1u << m->size) - 1);

    return ((lane * 3 + reg) << m->size) + in_lane;
}

/* 16 bytes of three vectors, by their numbers among all 48; 0 where that is above them. */
static vm_ir_value pick(struct a64_translation *t, const vm_ir_value *from, const uint8_t *number)
{
    vm_ir_value r = VM_NO_VALUE;

    for (uint32_t k = 0; k < 3; k++) {
        uint64_t index[2] = {0, 0};
        bool any = false;
        for (uint32_t i = 0; i < 16; i++) {
            bool here = number[i] / 16 == k;
            any |= here;
            index[i / 8] |= (uint64_t)(here ? number[i] % 16 : 0x80) << 8 * (i % 8);
        }
        if (!any)
            continue;
        vm_ir_value found = vec_bits(t, VM_OP_V_TBL, from[k], vec_halves(t, index[0], index[1]));
        r = r == VM_NO_VALUE ? found : vec_bits(t, VM_OP_V_OR, r, found);
    }
    return r;
}

static void unweave_three(struct a64_translation *t, const struct multiple *m, vm_ir_value *v)
{
    vm_ir_value from[3] = {v[0], v[1], m->width == 16 ? v[2] : v[1]};

    for (uint32_t reg = 0; reg < 3; reg++) {
        uint8_t number[16];
        for (uint32_t byte = 0; byte < 16; byte++)
            number[byte] = byte < m->width ? (uint8_t)woven_by_three(m, reg, byte) : 0xff;
        v[reg] = pick(t, from, number);
    }
}

static void weave_three(struct a64_translation *t, const struct multiple *m, vm_ir_value *v)
{
    vm_ir_value from[3] = {v[0], v[1], v[2]};
    uint8_t number[48];

    memset(number, 0xff, sizeof(number));
    for (uint32_t reg = 0; reg < 3; reg++)
        for (uint32_t byte = 0; byte < m->width; byte++)
            number[woven_by_three(m, reg, byte)] = (uint8_t)(16 * reg + byte);
    for (uint32_t part = 0; part < (m->bytes + 15) / 16; part++)
        v[part] = pick(t, from, number + 16 * part);
}

static void load_multiple(struct a64_translation *t, const struct a64_insn *in)
{
    struct multiple m = multiple_of(in);
    uint32_t memop, bytes;
    vm_ir_value v[4], base = begin(t, in, &m, false, &memop);

    for (uint32_t at = 0, i = 0; at < m.bytes; at += bytes) {
        bytes = part_bytes(&m, at);
        v[i++] = load_part(t, base, at, bytes, memop);
    }
    if (m.count == 3)
        unweave_three(t, &m, v);
    else
        unweave(t, &m, v);
    for (uint32_t i = 0; i < m.registers; i++)
        put_whole(t, in, (in->rd + i) % 32, v[i]);
    write_back(t, in, base, m.bytes);
}

static void store_multiple(struct a64_translation *t, const struct a64_insn *in)
{
    struct multiple m = multiple_of(in);
    uint32_t memop, bytes;
    vm_ir_value v[4], base = begin(t, in, &m, true, &memop);

    for (uint32_t i = 0; i < m.registers; i++)
        v[i] = get_v(t, (in->rd + i) % 32);
    if (m.count == 3)
        weave_three(t, &m, v);
    else
        weave(t, &m, v);
    for (uint32_t at = 0, i = 0; at < m.bytes; at += bytes) {
        bytes = part_bytes(&m, at);
        store_part(t, base, at, bytes, memop, v[i++]);
    }
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

/* SPDX-License-Identifier: BSD-2-Clause */
/* Semantics of loads and stores of one register or two, of both register files. */
#include "emit.h"

/* ---- addresses ---- */

#define MEMOP(mmu, log2_size) ((uint32_t)(log2_size) | (uint32_t)(mmu) << VM_MEMOP_MMU_SHIFT)

static uint32_t memop_of(const struct a64_translation *t, uint32_t mmu, uint32_t log2_size)
{
    return MEMOP(mmu, log2_size) | (t->key[0] & A64_KEY_ALIGN ? VM_MEMOP_ALIGN : 0);
}

uint32_t plain_memop(const struct a64_translation *t, uint32_t log2_size)
{
    return memop_of(t, VM_MMU_DATA, log2_size);
}

vm_ir_value get_base(struct a64_translation *t, uint32_t reg)
{
    vm_ir_value base = get_xsp(t, reg);

    if (reg == 31 && !t->sp_aligned) {
        vm_ir_value low = binary(t, VM_OP_AND, base, ir_const(t, 15));
        vm_ir_2(t->ir, VM_OP_TRAP_IF, VM_NONE, 0, (int64_t)A64_ESR(A64_EC_SP_ALIGN, 0), low,
                ir_const(t, 0));
        t->sp_aligned = true;
    }
    return base;
}

void put_base(struct a64_translation *t, uint32_t reg, vm_ir_value base, int64_t offset)
{
    put_xsp(t, reg, binary(t, VM_OP_ADD, base, ir_const(t, offset)));
    if (reg == 31 && offset % 16 != 0)
        sp_changed(t);
}

static vm_ir_value plus(struct a64_translation *t, vm_ir_value base, int64_t offset)
{
    return offset ? binary(t, VM_OP_ADD, base, ir_const(t, offset)) : base;
}

void watch_access(struct a64_translation *t, vm_ir_value address, int64_t offset, uint32_t bytes,
                  bool write)
{
    if (t->key[0] & A64_KEY_WATCH)
        CALL(t, A64_HELPER_WATCH, plus(t, address, offset), ir_const(t, bytes | write << 8));
}

/* Where an instruction accesses memory, and what becomes of its base register. */
struct address {
    vm_ir_value base;
    int64_t offset;
    bool writes_back;
    int64_t step; /* the base register plus this is written back */
    uint32_t mmu;
};

static struct address address_of(struct a64_translation *t, const struct a64_insn *in,
                                 uint32_t scale)
{
    struct address at = {.base = get_base(t, in->rn), .offset = in->imm, .mmu = VM_MMU_DATA};

    switch (in->pattern->format) {
    case A64_FORMAT_LDPOST:
        at.offset = 0;
        /* fall through */
    case A64_FORMAT_LDPRE:
        at.writes_back = true;
        at.step = in->imm;
        break;
    case A64_FORMAT_LDUNPRIV:
        at.mmu = VM_MMU_ALT0;
        break;
    case A64_FORMAT_LDREG: {
        uint32_t shift = a64_field(in, 12, 1) ? scale : 0;
        at.base = binary(t, VM_OP_ADD, at.base,
                         extended_register(t, in->rm, a64_field(in, 13, 3), shift));
        break;
    }
    default:
        break;
    }
    return at;
}

static void write_back(struct a64_translation *t, const struct a64_insn *in,
                       const struct address *at)
{
    if (at->writes_back)
        put_base(t, in->rn, at->base, at->step);
}

/* ---- one general register ---- */

static vm_ir_value load(struct a64_translation *t, const struct address *at, uint32_t log2_size,
                        uint32_t flags)
{
    watch_access(t, at->base, at->offset, 1u << log2_size, false);
    return vm_ir_1(t->ir, VM_OP_LOAD, VM_I64, memop_of(t, at->mmu, log2_size) | flags, at->offset,
                   at->base);
}

static void store(struct a64_translation *t, const struct address *at, uint32_t log2_size,
                  uint32_t flags, vm_ir_value value)
{
    watch_access(t, at->base, at->offset, 1u << log2_size, true);
    vm_ir_2(t->ir, VM_OP_STORE, VM_I64, memop_of(t, at->mmu, log2_size) | flags, at->offset,
            at->base, value);
}

/* opc: 1 zero-extends, 2 sign-extends to 64 bits, 3 to 32. */
static void load_register(struct a64_translation *t, const struct a64_insn *in, uint32_t flags)
{
    uint32_t scale = a64_field(in, 30, 2), opc = a64_field(in, 22, 2);
    struct address at = address_of(t, in, scale);
    vm_ir_value value = load(t, &at, scale, flags | (opc > 1 ? VM_MEMOP_SIGNED : 0));

    if (opc == 3)
        value = extend_w(t, narrow(t, value));
    write_back(t, in, &at);
    put_x(t, in->rd, value);
}

static void store_register(struct a64_translation *t, const struct a64_insn *in, uint32_t flags)
{
    uint32_t scale = a64_field(in, 30, 2);
    struct address at = address_of(t, in, scale);

    store(t, &at, scale, flags, get_x(t, in->rd));
    write_back(t, in, &at);
}

void emit_ldr(struct a64_translation *t, const struct a64_insn *in)
{
    load_register(t, in, 0);
}

void emit_str(struct a64_translation *t, const struct a64_insn *in)
{
    store_register(t, in, 0);
}

/* Ordered ones must be aligned. A store-release is not passed by later load-acquires. */
void emit_ldapur(struct a64_translation *t, const struct a64_insn *in)
{
    load_register(t, in, VM_MEMOP_ALIGN | VM_MEMOP_ACQUIRE);
}

void emit_stlur(struct a64_translation *t, const struct a64_insn *in)
{
    store_register(t, in, VM_MEMOP_ALIGN | VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE);
}

void emit_ldr_lit(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t opc = a64_field(in, 30, 2);
    struct address at = {.base = ir_pc(t, in->imm), .mmu = VM_MMU_DATA};

    put_x(t, in->rd, load(t, &at, opc == 1 ? 3 : 2, opc == 2 ? VM_MEMOP_SIGNED : 0));
}

/* A hint, and memory is all cache. */
void emit_prfm(struct a64_translation *t, const struct a64_insn *in)
{
    (void)t;
    (void)in;
}

/* ---- one FP register ---- */

/* What is loaded and stored, by the logarithm of its bytes. */
static const uint8_t fp_types[] = {VM_I64, VM_I64, VM_F32, VM_F64, VM_V128};

/* The whole register, with zeros above what is loaded. */
static vm_ir_value load_fp(struct a64_translation *t, const struct address *at, uint32_t log2_size)
{
    enum vm_ir_type type = (enum vm_ir_type)fp_types[log2_size];

    watch_access(t, at->base, at->offset, 1u << log2_size, false);
    vm_ir_value v =
        vm_ir_1(t->ir, VM_OP_LOAD, type, plain_memop(t, log2_size), at->offset, at->base);
    return type == VM_V128 ? v : low_of(t, type, v);
}

static void store_fp(struct a64_translation *t, const struct address *at, uint32_t log2_size,
                     uint32_t reg)
{
    enum vm_ir_type type = (enum vm_ir_type)fp_types[log2_size];
    vm_ir_value v = get_v(t, reg);

    watch_access(t, at->base, at->offset, 1u << log2_size, true);
    if (type != VM_V128)
        v = get_lane(t, type, log2_size, 0, v);
    vm_ir_2(t->ir, VM_OP_STORE, type, plain_memop(t, log2_size), at->offset, at->base, v);
}

static uint32_t fp_scale(const struct a64_insn *in)
{
    return a64_field(in, 23, 1) ? 4 : a64_field(in, 30, 2);
}

void emit_ldr_fp(struct a64_translation *t, const struct a64_insn *in)
{
    if (!fp_enabled(t, in))
        return;
    struct address at = address_of(t, in, fp_scale(in));
    vm_ir_value value = load_fp(t, &at, fp_scale(in));
    write_back(t, in, &at);
    put_v(t, in->rd, value);
}

void emit_str_fp(struct a64_translation *t, const struct a64_insn *in)
{
    if (!fp_enabled(t, in))
        return;
    struct address at = address_of(t, in, fp_scale(in));
    store_fp(t, &at, fp_scale(in), in->rd);
    write_back(t, in, &at);
}

void emit_ldr_lit_fp(struct a64_translation *t, const struct a64_insn *in)
{
    if (!fp_enabled(t, in))
        return;
    struct address at = {.base = ir_pc(t, in->imm), .mmu = VM_MMU_DATA};
    put_v(t, in->rd, load_fp(t, &at, 2 + a64_field(in, 30, 2)));
}

/* ---- pairs ---- */

/* Addresses of the two registers of a pair, and the base register. */
struct pair {
    struct address first, second;
};

static struct pair pair_of(struct a64_translation *t, const struct a64_insn *in, uint32_t bytes)
{
    struct pair p;
    uint32_t mode = a64_field(in, 23, 2); /* 1 post-index, 3 pre-index */

    p.first = (struct address){.base = get_base(t, in->rn),
                               .offset = mode == 1 ? 0 : in->imm,
                               .writes_back = mode & 1,
                               .step = in->imm,
                               .mmu = VM_MMU_DATA};
    p.second = p.first;
    p.second.offset += bytes;
    return p;
}

void emit_ldp(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t scale = 2 + a64_field(in, 31, 1);
    struct pair p = pair_of(t, in, 1u << scale);
    uint32_t flags = a64_field(in, 30, 1) ? VM_MEMOP_SIGNED : 0;
    vm_ir_value first = load(t, &p.first, scale, flags), second = load(t, &p.second, scale, flags);

    write_back(t, in, &p.first);
    put_x(t, in->rd, first);
    put_x(t, in->ra, second);
}

void emit_stp(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t scale = 2 + a64_field(in, 31, 1);
    struct pair p = pair_of(t, in, 1u << scale);
    vm_ir_value first = get_x(t, in->rd), second = get_x(t, in->ra);

    store(t, &p.first, scale, 0, first);
    store(t, &p.second, scale, 0, second);
    write_back(t, in, &p.first);
}

void emit_ldp_fp(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t scale = 2 + a64_field(in, 30, 2);

    if (!fp_enabled(t, in))
        return;
    struct pair p = pair_of(t, in, 1u << scale);
    vm_ir_value first = load_fp(t, &p.first, scale), second = load_fp(t, &p.second, scale);
    write_back(t, in, &p.first);
    put_v(t, in->rd, first);
    put_v(t, in->ra, second);
}

void emit_stp_fp(struct a64_translation *t, const struct a64_insn *in)
{
    uint32_t scale = 2 + a64_field(in, 30, 2);

    if (!fp_enabled(t, in))
        return;
    struct pair p = pair_of(t, in, 1u << scale);
    store_fp(t, &p.first, scale, in->rd);
    store_fp(t, &p.second, scale, in->ra);
    write_back(t, in, &p.first);
}

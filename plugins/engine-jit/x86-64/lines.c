/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines: accesses in the loops of a region remember where they were last.
 *
 * A look-up in the TLB makes every access wait for its address: index, addend, data. A line is a
 * range of addresses and its addend in the vCPU's frame. Comparing with it is off that path, as the
 * branch is predicted; the addend does not depend on the address. Where the address is elsewhere,
 * code out of line looks in the TLB and makes the line one page. Now and then C looks whether the
 * pages around are in the TLB with the same addend, and makes the line as long as that.
 *
 * A line is good as long as cpu->tlb_epoch is the same, and no other region has used it: both are
 * looked at at the region's entries, the former also after each call of C. In between nothing can
 * change a mapping. Accesses off one slot share a line if they are of one size, others have one
 * each.
 *
 * Where the address jumps about, a line costs more than it gives: the branch is predicted badly.
 * When lines are filled too often, ../lines.c has the last one's access always look in the TLB, by
 * making its check a jump to there. When its region is made again, that access has a window: a
 * table of the addends of all pages of an aligned range, or 0. A window is shorter than a look-up,
 * and valid as long as a line would be; many pages with as many addends cost it nothing. The first
 * access to each page looks in the TLB and enters what it finds there.
 */
#include "emit.h"

/* The region's set of lines, from the vCPU. */
static int32_t set_at(const struct jit_unit *u)
{
    return u->engine->frame + (int32_t)(offsetof(struct jit_frame, lines) +
                                        u->region->id % JIT_LINE_SETS * sizeof(struct jit_lines));
}

static struct x86_mem field(const struct jit_unit *u, uint32_t line, size_t offset)
{
    return x86_at(RBP, set_at(u) +
                           (int32_t)(offsetof(struct jit_lines, part) +
                                     line / JIT_LINES_OF_PART * sizeof(struct jit_line_part) +
                                     offsetof(struct jit_line_part, line) +
                                     line % JIT_LINES_OF_PART * sizeof(struct jit_line) + offset));
}

#define LINE(u, line, name) field(u, line, offsetof(struct jit_line, name))

static bool is_window(const struct jit_unit *u, uint32_t line)
{
    return u->region->windows >> line & 1;
}

struct x86_mem x86_line_addend(const struct jit_unit *u, uint32_t line)
{
    return LINE(u, line, addend);
}

static uint32_t new_line(struct jit_region *r, uint32_t key)
{
    for (uint32_t i = 0; i < r->n_lines; i++)
        if (key != JIT_NONE && r->line_key[i] == key)
            return i;
    if (r->n_lines == JIT_LINES)
        return JIT_NONE;
    r->line_key[r->n_lines] = key;
    return r->n_lines++;
}

uint32_t x86_line(struct emitter *e, const struct jit_insn *insn, enum vm_access access)
{
    const struct jit_unit *u = e->u;
    const struct jit_insn *base = &u->insns[insn->arg[0]];
    uint32_t key = JIT_NONE;

    if (!u->region || !u->region->blocks[u->n_block - 1].in_loop ||
        VM_MEMOP_MMU(insn->aux) != VM_MMU_DATA || insn->aux & VM_MEMOP_ALIGN)
        return JIT_NONE;
    enum jit_line_kind kind = jit_line_kind(u->engine, jit_line_name(u));
    if (kind == JIT_PLAIN)
        return JIT_NONE;
    if (base->op == VM_OP_GET)
        key = ((u->zone * 512 + base->aux) * 2 + (access == VM_ACCESS_WRITE)) * 16 +
              (kind == JIT_WINDOW) * 8 + (insn->aux & 7);
    uint32_t line = new_line(u->region, key);
    if (kind == JIT_WINDOW && line != JIT_NONE)
        u->region->windows |= (uint64_t)1 << line;
    return line;
}

/* Groups share none: their accesses read the addend again. */
uint32_t x86_group_line(struct jit_region *r)
{
    uint32_t line = new_line(r, JIT_NONE);

    if (line != JIT_NONE)
        r->group_lines |= (uint64_t)1 << line;
    return line;
}

/* Fills in where its long instructions begin. */
static void check_line(struct emitter *e, uint32_t line, int va, uint32_t *other,
                       uint32_t begins[3])
{
    struct x86 *a = &e->a;

    begins[0] = a->n;
    x86_rm(a, X86_MOV_LOAD, true, RDX, LINE(e->u, line, last));
    x86_rr(a, X86_SUB, true, RDX, va);
    begins[1] = a->n;
    x86_rm(a, X86_CMP, true, RDX, LINE(e->u, line, places));
    begins[2] = a->n;
    *other = x86_jcc(a, CC_AE);
    x86_rm(a, X86_MOV_LOAD, true, RCX, LINE(e->u, line, addend));
}

/* One of the check's instructions has to lie so that it may be overwritten by a jump: which is
 * found by trying, since most often that needs no filling in between. */
static uint32_t check_line_aligned(struct emitter *e, uint32_t line, int va, uint32_t *other)
{
    uint32_t begin = e->a.n, begins[3];

    check_line(e, line, va, other, begins);
    for (uint32_t i = 0; i < 3; i++)
        if (x86_can_patch(begins[i]))
            return begins[i];
    e->a.n = begin;
    x86_align_patch(&e->a);
    check_line(e, line, va, other, begins);
    return begins[0];
}

uint32_t x86_group_line_check(struct emitter *e, uint32_t line, int base, int32_t min,
                              uint32_t *site)
{
    uint32_t other;

    if (min)
        x86_rm(&e->a, X86_LEA, true, RAX, x86_at(base, min));
    *site = check_line_aligned(e, line, min ? RAX : base, &other);
    return other;
}

static void check_window(struct emitter *e, uint32_t line, int va, uint32_t memop,
                         uint32_t other[2])
{
    struct x86 *a = &e->a;
    struct x86_mem entry = {.base = RCX, .index = RDX, .scale = 3};

    x86_mov_imm(a, RDX, (uint64_t) - (int64_t)JIT_WINDOW_BYTES | (VM_MEMOP_SIZE(memop) - 1));
    x86_rr(a, X86_AND, true, RDX, va);
    x86_rm(a, X86_CMP, true, RDX, LINE(e->u, line, places));
    other[0] = x86_jcc(a, CC_NE);
    x86_rr(a, X86_MOV_LOAD, true, RDX, va);
    x86_shift(a, SHIFT_SHR, true, RDX, VM_PAGE_BITS);
    x86_rm(a, X86_MOV_LOAD, true, RCX, LINE(e->u, line, addend));
    x86_rm(a, X86_MOV_LOAD, true, RCX, entry);
    x86_rr(a, X86_TEST, true, RCX, RCX);
    other[1] = x86_jcc(a, CC_E);
}

uint32_t x86_line_check(struct emitter *e, uint32_t line, int va, uint32_t memop, uint32_t other[2])
{
    if (!is_window(e->u, line))
        return check_line_aligned(e, line, va, other);
    x86_align_patch(&e->a); /* the first instruction may be made a jump */
    uint32_t site = e->a.n;
    check_window(e, line, va, memop, other);
    return site;
}

/* Calls C about a line that changes often: `kinds` of access to `bytes` at `va`, which is kept. */
static void call_often(struct emitter *e, const struct tail *t, int va, uint32_t kinds,
                       uint32_t bytes, uint32_t plain)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    int32_t at = FRAME_AT(u, arg).disp;
    uint32_t what =
        JIT_LINE_WHAT(kinds, is_window(u, t->line), t->line, u->region->id % JIT_LINE_SETS, bytes);
    const int64_t args[] = {t->site, plain, what, t->name};

    x86_rm(a, X86_MOV_STORE, true, va, x86_at(RBP, at));
    x86_mov_imm(a, RCX, (uint64_t)(uintptr_t)u->unit);
    x86_rm(a, X86_MOV_STORE, true, RCX, x86_at(RBP, at + 8));
    for (uint32_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
        x86_mov_mem_imm(a, 8, x86_at(RBP, at + 16 + 8 * (int32_t)i), (int32_t)args[i]);
    x86_call_function(e, u->engine->arch->n_helpers + JIT_FN_LINE, t->floats);
    if (va == RAX)
        x86_rm(a, X86_MOV_LOAD, true, RAX, x86_at(RBP, at));
}

/* The line becomes the page in rdx, for accesses to `bytes`, with the addend in rcx. */
static void set_line(struct emitter *e, const struct tail *t, uint32_t bytes)
{
    struct x86 *a = &e->a;

    x86_alu_imm(a, ALU_ADD, true, RDX, (int32_t)(VM_PAGE_SIZE - bytes));
    x86_rm(a, X86_MOV_STORE, true, RDX, LINE(e->u, t->line, last));
    x86_mov_mem_imm(a, 8, LINE(e->u, t->line, places), (int32_t)(VM_PAGE_SIZE - bytes + 1));
    x86_rm(a, X86_MOV_STORE, true, RCX, LINE(e->u, t->line, addend));
    x86_aim(a, x86_jmp(a), t->back);
}

/* Looks in the TLB, and makes the line the page that was found. Returns the jump taken if none is.
 */
static uint32_t fill_line(struct emitter *e, const struct tail *t, enum vm_access access)
{
    uint32_t miss = x86_probe(e, t->va, t->aux, access);

    set_line(e, t, VM_MEMOP_SIZE(t->aux));
    return miss;
}

/* The same where the line is a window that lacks the page. */
static uint32_t fill_window(struct emitter *e, const struct tail *t, enum vm_access access)
{
    struct x86 *a = &e->a;

    x86_aim(a, t->empty, a->n);
    uint32_t miss = x86_probe(e, t->va, t->aux, access);
    x86_shift(a, SHIFT_SHR, true, RDX, VM_PAGE_BITS - 3);
    x86_rm(a, X86_ADD, true, RDX, LINE(e->u, t->line, addend));
    x86_rm(a, X86_MOV_STORE, true, RCX, x86_at(RDX, 0));
    x86_aim(a, x86_jmp(a), t->back);
    return miss;
}

/*
 * The look-ups behind a line: one that fills it, and one for when it is given up. Where the address
 * is outside of a window, the latter does.
 */
void x86_line_fill(struct emitter *e, const struct tail *t, enum vm_access access, uint32_t miss[2])
{
    struct x86 *a = &e->a;
    bool window = is_window(e->u, t->line);

    x86_alu_mem_imm(a, ALU_SUB, false, FRAME_AT(e->u, line_credit), 1);
    uint32_t often = x86_jcc(a, CC_S);
    if (!window)
        miss[0] = fill_line(e, t, access);

    uint32_t plain = a->n;
    miss[1] = x86_probe(e, t->va, t->aux, access);
    x86_aim(a, x86_jmp(a), t->back);
    if (window)
        miss[0] = fill_window(e, t, access);

    x86_aim(a, often, a->n);
    call_often(e, t, t->va, 1u << access, VM_MEMOP_SIZE(t->aux), plain);
    x86_aim(a, x86_jmp(a), t->check);
}

/*
 * The same for a group's line. Without an addend for all of them, each looks its own address up,
 * the first, which this falls through to, as well.
 */
void x86_group_line_fill(struct emitter *e, const struct tail *t)
{
    const struct jit_probe_group *g = &e->u->region->probes.groups[t->group];
    uint32_t bytes = (uint32_t)(g->max - g->min), fail[3];
    uint32_t kinds = (uint32_t)g->reads << VM_ACCESS_READ | (uint32_t)g->writes << VM_ACCESS_WRITE;
    struct x86 *a = &e->a;

    x86_alu_mem_imm(a, ALU_SUB, false, FRAME_AT(e->u, line_credit), 1);
    uint32_t often = x86_jcc(a, CC_S);
    uint32_t plain = a->n;
    uint32_t n = x86_group_probe(e, g, t->va, fail);
    x86_rr(a, X86_MOV_LOAD, true, RDX, RAX);
    x86_alu_imm(a, ALU_AND, true, RDX, (int32_t)VM_PAGE_MASK);
    set_line(e, t, bytes);

    x86_aim(a, often, a->n);
    x86_rm(a, X86_LEA, true, RAX, x86_at(t->va, (int32_t)g->min));
    call_often(e, t, RAX, kinds, bytes, plain);
    x86_aim(a, x86_jmp(a), t->check);

    for (uint32_t i = 0; i < n; i++)
        x86_aim(a, fail[i], a->n);
    x86_mov_mem_imm(a, 8, LINE(e->u, t->line, places), 0);
    x86_mov_mem_imm(a, 8, LINE(e->u, t->line, addend), 0);
}

/* Makes the region's lines invalid unless they are its own and of this epoch. Changes rcx. */
void x86_lines_renew(struct x86 *a, const struct jit_unit *u, bool entry)
{
    struct x86_mem epoch =
        x86_at(RBP, set_at(u) + (int32_t)offsetof(struct jit_lines, part[JIT_EPOCH].mark));
    struct x86_mem owner =
        x86_at(RBP, set_at(u) + (int32_t)offsetof(struct jit_lines, part[JIT_OWNER].mark));
    uint32_t other = 0;

    if (!u->region->n_lines && !u->region->groups_used)
        return;
    if (entry) {
        x86_alu_mem_imm(a, ALU_CMP, false, owner, (int32_t)u->region->id);
        other = x86_jcc(a, CC_NE);
    }
    x86_rm(a, X86_MOV_LOAD, true, RCX, CPU_AT(tlb_epoch));
    x86_rm(a, X86_CMP, true, RCX, epoch);
    uint32_t same = x86_jcc(a, CC_E);
    if (entry)
        x86_aim(a, other, a->n);
    for (uint32_t i = 0; i < u->region->n_lines; i++) {
        x86_mov_mem_imm(a, 8, LINE(u, i, places), is_window(u, i) ? (int32_t)JIT_NOWHERE : 0);
        if (!entry && u->region->group_lines >> i & 1)
            x86_mov_mem_imm(a, 8, LINE(u, i, addend), 0);
    }
    if (!entry)
        x86_groups_invalid(a, u);
    x86_rm(a, X86_MOV_LOAD, true, RCX, CPU_AT(tlb_epoch));
    x86_rm(a, X86_MOV_STORE, true, RCX, epoch);
    if (entry)
        x86_mov_mem_imm(a, 4, owner, (int32_t)u->region->id);
    x86_aim(a, same, a->n);
}

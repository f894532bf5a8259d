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
 * When lines are filled too often, runtime.c has the last one's access always look in the TLB, by
 * making its check a jump to there.
 */
#include "emit.h"

/* The region's set of lines, from the vCPU. */
static int32_t set_at(const struct jit_unit *u)
{
    return u->engine->frame + (int32_t)(offsetof(struct jit_frame, lines) +
                                        u->region->id % JIT_LINE_SETS * sizeof(struct jit_lines));
}

static int32_t line_at(const struct jit_unit *u, uint32_t line)
{
    return set_at(u) + (int32_t)(line * sizeof(struct jit_line));
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
    if (base->op == VM_OP_GET)
        key = (base->aux * 2 + (access == VM_ACCESS_WRITE)) * 8 + (insn->aux & 7);
    return new_line(u->region, key);
}

uint32_t x86_line_check(struct emitter *e, uint32_t line, int va, uint32_t *site)
{
    struct x86 *a = &e->a;
    int32_t at = line_at(e->u, line);

    x86_align_patch(a); /* the first instruction may be made a jump */
    *site = a->n;
    x86_rm(a, X86_MOV_LOAD, true, RDX, x86_at(RBP, at + (int32_t)offsetof(struct jit_line, last)));
    x86_rr(a, X86_SUB, true, RDX, va);
    x86_rm(a, X86_CMP, true, RDX, x86_at(RBP, at + (int32_t)offsetof(struct jit_line, places)));
    uint32_t other = x86_jcc(a, CC_AE);
    x86_rm(a, X86_MOV_LOAD, true, RCX,
           x86_at(RBP, at + (int32_t)offsetof(struct jit_line, addend)));
    return other;
}

/* Calls C about a line that changes often. */
static void call_often(struct emitter *e, const struct tail *t, enum vm_access access,
                       uint32_t plain)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    int32_t at = FRAME_AT(u, arg).disp;
    uint32_t set = u->region->id % JIT_LINE_SETS;
    const int64_t args[] = {t->check, plain, set * JIT_LINES + t->line, access | (t->aux & 7) << 2};

    x86_rm(a, X86_MOV_STORE, true, t->va, x86_at(RBP, at));
    x86_mov_imm(a, RCX, (uint64_t)(uintptr_t)u->unit);
    x86_rm(a, X86_MOV_STORE, true, RCX, x86_at(RBP, at + 8));
    for (uint32_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
        x86_mov_mem_imm(a, 8, x86_at(RBP, at + 16 + 8 * (int32_t)i), (int32_t)args[i]);
    x86_call_function(e, u->engine->arch->n_helpers + JIT_FN_LINE, t->floats);
    if (t->va == RAX)
        x86_rm(a, X86_MOV_LOAD, true, RAX, x86_at(RBP, at));
}

/* The look-ups behind a line: one that fills it, and one for when it is given up. */
void x86_line_fill(struct emitter *e, const struct tail *t, enum vm_access access, uint32_t miss[2])
{
    struct x86 *a = &e->a;
    int32_t at = line_at(e->u, t->line);

    x86_alu_mem_imm(a, ALU_SUB, false, FRAME_AT(e->u, line_credit), 1);
    uint32_t often = x86_jcc(a, CC_S);
    miss[0] = x86_probe(e, t->va, t->aux, access);
    x86_alu_imm(a, ALU_ADD, true, RDX, (int32_t)(VM_PAGE_SIZE - VM_MEMOP_SIZE(t->aux)));
    x86_rm(a, X86_MOV_STORE, true, RDX, x86_at(RBP, at + (int32_t)offsetof(struct jit_line, last)));
    x86_mov_mem_imm(a, 8, x86_at(RBP, at + (int32_t)offsetof(struct jit_line, places)),
                    (int32_t)(VM_PAGE_SIZE - VM_MEMOP_SIZE(t->aux) + 1));
    x86_rm(a, X86_MOV_STORE, true, RCX,
           x86_at(RBP, at + (int32_t)offsetof(struct jit_line, addend)));
    x86_aim(a, x86_jmp(a), t->back);

    uint32_t plain = a->n;
    miss[1] = x86_probe(e, t->va, t->aux, access);
    x86_aim(a, x86_jmp(a), t->back);

    x86_aim(a, often, a->n);
    call_often(e, t, access, plain);
    x86_aim(a, x86_jmp(a), t->check);
}

/* Makes the region's lines invalid unless they are its own and of this epoch. Changes rcx. */
void x86_lines_renew(struct x86 *a, const struct jit_unit *u, bool entry)
{
    struct x86_mem epoch = x86_at(RBP, set_at(u) + (int32_t)offsetof(struct jit_lines, epoch));
    struct x86_mem owner = x86_at(RBP, set_at(u) + (int32_t)offsetof(struct jit_lines, owner));
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
    for (uint32_t i = 0; i < u->region->n_lines; i++)
        x86_mov_mem_imm(a, 8,
                        x86_at(RBP, line_at(u, i) + (int32_t)offsetof(struct jit_line, places)), 0);
    if (!entry)
        x86_groups_invalid(a, u);
    x86_rm(a, X86_MOV_LOAD, true, RCX, CPU_AT(tlb_epoch));
    x86_rm(a, X86_MOV_STORE, true, RCX, epoch);
    if (entry)
        x86_mov_mem_imm(a, 4, owner, (int32_t)u->region->id);
    x86_aim(a, same, a->n);
}

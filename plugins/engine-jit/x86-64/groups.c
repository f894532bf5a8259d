/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups: accesses off one base in a block of a region share one probe (passes/probes.c).
 *
 * Before the first of them the whole range of the group is looked up. Its addend goes into a cell
 * of the frame, or 0 where there is no such page, the range crosses into another one, or one of the
 * kinds of access must take the slow path. Each access then only looks whether there is an addend;
 * if not, it looks its own address up, out of line. Nothing faults or walks that the guest did not
 * ask for.
 *
 * A cell is good until C has run and the TLB's epoch has changed (lines.c): then it is 0.
 *
 * In a loop the group has a line of its own for the whole range, and that line's addend is the
 * cell.
 */
#include "emit.h"

#define WORTH_A_GROUP 3 /* accesses; fewer save nothing, but where there is a line */

/* Lines are better: in loops, unless the address is never at the same place for long. */
static bool wants_line(const struct jit_unit *u)
{
    return u->region->blocks[u->n_block - 1].in_loop &&
           jit_line_kind(u->engine, jit_line_name(u)) == JIT_LINE;
}

/* Whether the group that begins here shares one probe, and by which line. */
static void decide(const struct jit_unit *u, const struct jit_probe_group *g, uint32_t number)
{
    struct jit_region *r = u->region;

    if (!wants_line(u)) {
        r->groups_used |= (uint64_t)(g->n >= WORTH_A_GROUP) << number;
    } else if (g->mmu == VM_MMU_DATA) {
        uint32_t line = x86_group_line(r);
        r->groups_used |= (uint64_t)(line != JIT_NONE) << number;
        r->group_line[number] = (uint8_t)(line + 1);
    }
}

/* The group of the current access, or NULL. What the first of a group decides holds for all. */
static const struct jit_probe_group *group_of(const struct jit_unit *u, uint32_t *number)
{
    struct jit_region *r = u->region;

    *number = r ? r->probes.group_of[u->index] : JIT_NONE;
    if (*number >= JIT_GROUPS)
        return NULL;
    const struct jit_probe_group *g = &r->probes.groups[*number];
    if (g->first == u->index && !(r->groups_used >> *number & 1))
        decide(u, g, *number);
    return r->groups_used >> *number & 1 ? g : NULL;
}

/* Of one that has no line. */
static struct x86_mem cell(const struct jit_unit *u, uint32_t number)
{
    struct x86_mem m = FRAME_AT(u, groups);

    m.disp += (int32_t)(8 * number);
    return m;
}

uint32_t x86_group_probe(struct emitter *e, const struct jit_probe_group *g, int base,
                         uint32_t fail[3])
{
    struct x86 *a = &e->a;
    uint32_t n = 0;

    x86_rm(a, X86_LEA, true, RAX, x86_at(base, (int32_t)g->min));
    x86_tlb_entry(e, RAX, g->mmu);
    x86_rr(a, X86_MOV_LOAD, true, RDX, RAX);
    x86_alu_imm(a, ALU_AND, true, RDX, (int32_t)VM_PAGE_MASK);
    for (int access = VM_ACCESS_READ; access <= VM_ACCESS_WRITE; access++) {
        if (!(access == VM_ACCESS_READ ? g->reads : g->writes))
            continue;
        x86_rm(a, X86_CMP, true, RDX,
               x86_at(RCX, (int32_t)(offsetof(struct vm_tlb_entry, tag) + 8 * (uint32_t)access)));
        fail[n++] = x86_jcc(a, CC_NE);
    }
    x86_rm(a, X86_LEA, true, RDX, x86_at(base, (int32_t)(g->max - 1)));
    x86_rr(a, X86_XOR, true, RDX, RAX);
    x86_shift(a, SHIFT_SHR, true, RDX, VM_PAGE_BITS);
    fail[n++] = x86_jcc(a, CC_NE);
    x86_rm(a, X86_MOV_LOAD, true, RCX, x86_at(RCX, offsetof(struct vm_tlb_entry, addend)));
    return n;
}

/* Looks [base + min, base + max) up: rcx becomes the addend or 0, and goes into the cell. */
static void probe_group(struct emitter *e, const struct jit_probe_group *g, uint32_t number,
                        int base)
{
    struct x86 *a = &e->a;
    uint32_t fail[3];
    uint32_t n = x86_group_probe(e, g, base, fail);
    struct tail *t = x86_tail(e, TAIL_GROUP);
    for (uint32_t i = 0; i < n; i++)
        t->from[i] = fail[i];
    t->back = a->n;
    x86_rm(a, X86_MOV_STORE, true, RCX, cell(e->u, number));
}

void x86_tail_group(struct emitter *e, const struct tail *t)
{
    x86_rr(&e->a, X86_XOR, false, RCX, RCX);
    x86_aim(&e->a, x86_jmp(&e->a), t->back);
}

bool x86_is_grouped(const struct emitter *e, const struct jit_insn *insn)
{
    uint32_t number;

    return !(insn->aux & VM_MEMOP_ALIGN) && group_of(e->u, &number);
}

uint32_t x86_group_check(struct emitter *e, int base, struct group_use *use)
{
    uint32_t number;
    const struct jit_probe_group *g = group_of(e->u, &number);
    uint32_t line = e->u->region->group_line[number] - 1u;

    *use = (struct group_use){.line = JIT_NONE};
    if (g->first == e->u->index && line != JIT_NONE) {
        *use = (struct group_use){.line = line, .number = number};
        return x86_group_line_check(e, line, base, (int32_t)g->min, &use->site);
    }
    if (g->first == e->u->index) {
        probe_group(e, g, number, base);
    } else {
        x86_rm(&e->a, X86_MOV_LOAD, true, RCX,
               line == JIT_NONE ? cell(e->u, number) : x86_line_addend(e->u, line));
        e->u->region->stats.probes++;
    }
    x86_rr(&e->a, X86_TEST, true, RCX, RCX);
    return x86_jcc(&e->a, CC_E);
}

void x86_groups_invalid(struct x86 *a, const struct jit_unit *u)
{
    for (uint32_t i = 0; u->region->groups_used && i < u->region->probes.n_groups && i < JIT_GROUPS;
         i++)
        x86_mov_mem_imm(a, 8, cell(u, i), 0);
}

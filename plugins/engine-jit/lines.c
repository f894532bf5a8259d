/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What C does for lines and windows (x86-64/lines.c): lines grow, windows are made, what costs more
 * than it gives is given up.
 *
 * How an access of a region is compiled is remembered by its guest address: it begins with a line;
 * if it jumps about it has a window when its region is made again, and if that is too small it
 * looks in the TLB each time. What is forgotten, or taken for another access's, costs time only.
 */
#include <stdlib.h>
#include <string.h>
#include "jit.h"

#define CREDIT      64  /* changes between two looks */
#define SELDOM      64  /* guest instructions a change: that is all right */
#define BLAMES      3   /* looks in a row that find the same access */
#define PAGES       512 /* a line grows by so many at most, to either side */
#define WINDOW_MASK (~(uint64_t)(JIT_WINDOW_BYTES - 1))

/* ---- what is known of accesses ---- */

#define AROUND 8 /* instructions to either side */

static uint32_t mixed(uint32_t hash, uint64_t v)
{
    return (uint32_t)((hash ^ v) * 0x9e3779b97f4a7c15 >> 32);
}

/*
 * Programs are loaded to the same addresses, so an address alone would be the wrong name. Numbers
 * of blocks and distances from the region's begin change when it is made anew: they are left out.
 */
uint32_t jit_line_name(const struct jit_unit *u)
{
    const struct vm_ir_unit *ir = u->ir;
    uint32_t first = u->index > AROUND ? u->index - AROUND : 0;
    uint32_t hash = (uint32_t)(u->unit->page_offset + u->delta);

    for (uint32_t i = first; i < ir->n_insns && i <= u->index + AROUND; i++) {
        const struct vm_ir_insn *insn = &ir->insns[i];
        hash = mixed(hash, insn->op);
        if (insn->op == VM_OP_GET || insn->op == VM_OP_PUT)
            hash = mixed(hash, insn->aux);
        else if (insn->op == VM_OP_CONST || insn->op == VM_OP_LOAD || insn->op == VM_OP_STORE)
            hash = mixed(hash, (uint64_t)insn->imm);
    }
    return hash >> 1; /* fits a positive immediate */
}

static _Atomic uint32_t *place_of(struct jit_engine *e, uint32_t name)
{
    return &e->wanderers[name % JIT_WANDERERS];
}

enum jit_line_kind jit_line_kind(struct jit_engine *e, uint32_t name)
{
    uint32_t known = atomic_load_explicit(place_of(e, name), memory_order_relaxed);

    return (known ^ name << 1) < 2 ? JIT_WINDOW + (known & 1) : JIT_LINE;
}

/* The access, which is of that kind, costs more than it gives. */
static void remember(struct jit_engine *e, uint32_t name, enum jit_line_kind kind)
{
    uint32_t next = name << 1 | (kind == JIT_WINDOW);

    atomic_store_explicit(place_of(e, name), next, memory_order_relaxed);
}

/* ---- lines ---- */

/* Whether the TLB has `page` for these kinds of access with that addend. */
static bool is_mapped(const struct vm_cpu *cpu, uint64_t page, uint32_t kinds, uint64_t addend)
{
    const struct vm_tlb_view *view = &cpu->tlb[VM_MMU_DATA];
    const struct vm_tlb_entry *e = &view->entries[vm_tlb_index(page, view->mask)];

    for (uint32_t access = VM_ACCESS_READ; access <= VM_ACCESS_WRITE; access++)
        if (kinds >> access & 1 && e->tag[access] != page)
            return false;
    return e->addend == addend;
}

static void grow(const struct vm_cpu *cpu, struct jit_line *line, uint64_t va, uint32_t size,
                 uint32_t kinds)
{
    const struct vm_tlb_view *view = &cpu->tlb[VM_MMU_DATA];
    uint64_t addend = view->entries[vm_tlb_index(va, view->mask)].addend;
    uint64_t first = va & VM_PAGE_MASK, last = first;

    if (!is_mapped(cpu, first, kinds, addend))
        return;
    for (uint32_t i = 0; i < PAGES && is_mapped(cpu, first - VM_PAGE_SIZE, kinds, addend); i++)
        first -= VM_PAGE_SIZE;
    for (uint32_t i = 0; i < PAGES && is_mapped(cpu, last + VM_PAGE_SIZE, kinds, addend); i++)
        last += VM_PAGE_SIZE;
    if (last < first) /* around the end of the address space */
        return;
    last += VM_PAGE_SIZE - size;
    *line = (struct jit_line){last, last - first + 1, addend};
}

/* ---- windows ---- */

/* The lines of all regions become invalid before they are used the next time. */
static void make_lines_invalid(const struct vm_cpu *cpu, struct jit_frame *frame)
{
    for (uint32_t i = 0; i < JIT_LINE_SETS; i++)
        frame->lines[i].part[JIT_EPOCH].mark = ~cpu->tlb_epoch;
}

/* The window with that name, valid, or NULL: out of memory. */
static struct jit_window *find_window(const struct vm_cpu *cpu, struct jit_frame *frame,
                                      uint64_t name)
{
    struct jit_window *w = NULL;

    if (!frame->windows)
        frame->windows = calloc(JIT_WINDOWS, sizeof(*frame->windows));
    if (!frame->windows)
        return NULL;
    for (uint32_t i = 0; i < JIT_WINDOWS && !w; i++)
        if (frame->windows[i].name == name)
            w = &frame->windows[i];
    if (!w) {
        w = &frame->windows[frame->next_window++ % JIT_WINDOWS];
        if (w->epoch == cpu->tlb_epoch)
            make_lines_invalid(cpu, frame);
        w->epoch = ~cpu->tlb_epoch;
        w->name = name;
    }
    if (w->epoch != cpu->tlb_epoch)
        memset(w->addend, 0, sizeof(w->addend));
    w->epoch = cpu->tlb_epoch;
    return w;
}

/* `line` has the window that va is in from now on. */
static void open_window(const struct vm_cpu *cpu, struct jit_frame *frame, struct jit_line *line,
                        uint64_t va, uint32_t kinds)
{
    uint64_t first = va & WINDOW_MASK;
    const struct jit_window *w = find_window(cpu, frame, first | kinds);

    if (w)
        *line = (struct jit_line){
            .places = first,
            .addend = (uint64_t)(uintptr_t)w->addend - (first >> VM_PAGE_BITS) * sizeof(uint64_t),
        };
}

/* ---- both ---- */

/*
 * Lines have changed CREDIT times; now `line` of all of them does for an access to `va`. If that
 * took few instructions, it is likely to be the one that is never at the same place for long: its
 * check at `site` then becomes a jump to `plain`, both relative to the unit's code, and the region
 * is to be made again.
 */
uint64_t jit_line(struct vm_cpu *cpu, uint64_t va, uint64_t unit_address, uint64_t site,
                  uint64_t plain, uint64_t what, uint64_t name)
{
    struct jit_frame *frame = jit_frame(cpu);
    struct vm_unit *unit = (struct vm_unit *)(uintptr_t)unit_address;
    const struct jit_code *code = unit->code;
    struct jit_engine *engine = cpu->engine;
    uint32_t number = JIT_LINE_NUMBER(what);
    struct jit_line *line = &frame->lines[JIT_LINE_SET(what)]
                                 .part[number / JIT_LINES_OF_PART]
                                 .line[number % JIT_LINES_OF_PART];
    enum jit_line_kind kind = what & JIT_LINE_IS_WINDOW ? JIT_WINDOW : JIT_LINE;
    uint64_t now = cpu->host->instructions(cpu);
    bool seldom = now - frame->line_insns > (uint64_t)CREDIT * SELDOM;
    bool was_open = line->places != JIT_NOWHERE;

    if (kind == JIT_WINDOW)
        open_window(cpu, frame, line, va, JIT_LINE_KINDS(what));
    else
        grow(cpu, line, va, JIT_LINE_BYTES(what), JIT_LINE_KINDS(what));
    frame->line_credit = CREDIT;
    frame->line_insns = now;
    if (seldom || !was_open)
        return 0;
    site += code->offset;
    frame->line_blame_count = frame->line_blamed == site ? frame->line_blame_count + 1 : 1;
    frame->line_blamed = site;
    if (frame->line_blame_count >= BLAMES) {
        host_patch_jump(engine, (uint32_t)site, (uint32_t)(code->offset + plain));
        remember(engine, (uint32_t)name, kind);
        atomic_store_explicit(&unit->outdated, true, memory_order_relaxed);
        jit_count(engine, JIT_STAT_LINES_GIVEN_UP, 1);
        frame->line_blame_count = 0;
    }
    return 0;
}

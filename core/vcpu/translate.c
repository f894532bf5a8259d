/* SPDX-License-Identifier: BSD-2-Clause */
/* translate.c - from guest bytes at a vCPU's pc to a compiled unit: fetch, arch, verifier, engine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "core/vcpu/internal.h"

struct fetch {
    struct vm_code code;
    struct vcpu *v;
    struct source *src;
    uint32_t first_page; /* bytes that lie on the first page */
    bool no_cache;       /* fetch rules differ inside a page: one instruction at most, never kept */
};

void source_copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
    uint32_t i = 0;

    for (; i < n && (uintptr_t)(from + i) % 8; i++)
        to[i] = (uint8_t)vm_ram_load(from + i, 1);
    for (; n - i >= 8; i += 8) {
        uint64_t word = vm_ram_load(from + i, 8);
        memcpy(to + i, &word, 8);
    }
    for (; i < n; i++)
        to[i] = (uint8_t)vm_ram_load(from + i, 1);
}

/* The first instruction straddles: the second page's first bytes join the copy. */
static uint32_t fetch_more(struct vm_code *code)
{
    struct fetch *f = code->core;
    if (f->src->page2 != NO_PAGE)
        return code->n_bytes;
    uint64_t va = (f->v->cpu->pc & VM_PAGE_MASK) + VM_PAGE_SIZE;
    uint64_t page_pa;
    bool no_cache;
    const uint8_t *page = tlb_fetch_page(f->v->tlb, va, &page_pa, &no_cache);
    if (!page)
        return 0;
    f->src->page2 = page_pa;
    f->no_cache |= no_cache;
    uint32_t n = f->v->sched->config.arch_ops->max_insn_bytes;
    if (f->first_page + n > sizeof(f->src->bytes))
        n = (uint32_t)sizeof(f->src->bytes) - f->first_page;
    source_copy(f->src->bytes + f->first_page, page, n);
    code->n_bytes = f->first_page + n;
    return code->n_bytes;
}

uint32_t unit_branches(const struct sched *s)
{
    return s->config.deterministic ? 0 : 2;
}

/* Reads the bytes at pc into f->src; false: cpu->fault. */
static bool fetch_source(struct fetch *f)
{
    struct source *src = f->src;
    uint64_t page_pa, pc = f->v->cpu->pc;
    const uint8_t *page = tlb_fetch_page(f->v->tlb, pc, &page_pa, &f->no_cache);
    if (!page)
        return false;
    uint32_t offset = (uint32_t)(pc & ~VM_PAGE_MASK);
    uint32_t n = (uint32_t)VM_PAGE_SIZE - offset;
    uint32_t room = (uint32_t)sizeof(src->bytes) - 16; /* 16: for fetch_more */
    n = n > room ? room : n;
    source_copy(src->bytes, page + offset, n);
    src->pa = page_pa + offset;
    src->page2 = NO_PAGE;
    src->n_bytes = n;
    f->first_page = n;
    return true;
}

void translate_trace(const struct sched *s, uint32_t cpu, const uint64_t key[2], uint64_t pc,
                     const struct source *src, const struct vm_ir_unit *ir)
{
    if (trace_mask & VM_TRACE_UNITS) {
        trace_line("units", "vcpu%u unit pc 0x%llx pa 0x%llx insns %u bytes %u key %llx:%llx", cpu,
                   (unsigned long long)pc, (unsigned long long)src->pa, ir->guest_insns,
                   ir->guest_bytes, (unsigned long long)key[1], (unsigned long long)key[0]);
        for (uint32_t at = 0; s->config.arch_ops->disassemble && at < ir->guest_bytes;) {
            char text[128];
            uint32_t n = s->config.arch_ops->disassemble(
                s->config.arch, src->bytes + at, ir->guest_bytes - at, pc + at, text, sizeof(text));
            trace_line("units", "  0x%llx  %s", (unsigned long long)(pc + at),
                       n ? text : "(undefined)");
            at += n ? n : s->config.arch_ops->min_insn_bytes;
        }
    }
    if (trace_mask & VM_TRACE_IR) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);
        if (!f)
            return;
        ir_print(ir, s->config.arch_ops, f);
        fclose(f);
        trace_line("ir", "pc 0x%llx\n%s", (unsigned long long)pc, text);
        free(text);
    }
}

void translate_free(struct sched *s, struct unit *u)
{
    if (u->u.code)
        engine_of(s, u)->ops->release(engine_of(s, u)->self, &u->u);
    free(u);
}

/* One block: the unit, its exits, its links. */
static struct unit *unit_alloc(struct sched *s, const struct vm_ir_unit *ir)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < ir->n_insns; i++)
        n += ir->insns[i].op == VM_OP_EXIT || ir->insns[i].op == VM_OP_EXIT_IF;
    size_t bytes =
        sizeof(struct unit) + n * (sizeof(struct unit_link) + sizeof(struct vm_unit_exit));
    struct unit *u = calloc(1, bytes);
    if (!u) {
        sched_fail(s, "out of memory for a translation");
        return NULL;
    }
    u->links = (struct unit_link *)(u + 1);
    struct vm_unit_exit *exits = (struct vm_unit_exit *)(u->links + n);
    for (uint32_t i = 0, k = 0; i < ir->n_insns; i++)
        if (ir->insns[i].op == VM_OP_EXIT || ir->insns[i].op == VM_OP_EXIT_IF)
            exits[k++].delta = ir->insns[i].imm;
    u->u.exits = exits;
    u->u.n_exits = n;
    u->bytes = bytes;
    return u;
}

/* What the core relies on in a translation: NULL, or what is wrong with it. */
static const char *check_translation(const struct fetch *f, const struct vm_ir_unit *ir)
{
    if (ir->failed)
        return ir->why ? ir->why : "the unit could not be built";
    if (ir->guest_insns == 0 || ir->guest_insns > f->code.max_insns)
        return "a unit of no instruction, or of too many";
    if (ir->guest_bytes == 0 || ir->guest_bytes > f->code.n_bytes)
        return "a unit of no bytes, or of more than there are";
    bool straddles = ir->guest_bytes > f->first_page;
    if (straddles != (f->src->page2 != NO_PAGE) || (straddles && ir->guest_insns != 1))
        return "an instruction that straddles pages must be a unit of its own";
    return NULL;
}

/* Guest bytes at v's pc -> v->ir, which is fit to be compiled. False: cpu->fault is filled or the
 * machine stops. */
static bool emit_ir(struct vcpu *v, struct fetch *f, uint32_t max_insns)
{
    struct sched *s = v->sched;
    const struct vm_arch_ops *ops = s->config.arch_ops;
    struct vm_error err = VM_ERROR_INIT;
    if (!fetch_source(f))
        return false;
    f->code = (struct vm_code){
        .bytes = f->src->bytes,
        .n_bytes = f->src->n_bytes,
        .max_insns = f->no_cache ? 1 : max_insns,
        .page_offset = (uint32_t)(f->src->pa & ~VM_PAGE_MASK),
        .branches = unit_branches(s),
        .more = fetch_more,
        .core = f,
    };
    memcpy(f->code.key, v->mode.key, sizeof(f->code.key));
    vm_ir_clear(&v->ir);
    int result = ops->translate(s->config.arch, &f->code, &v->ir);
    if (result == VM_TRANSLATE_FAULT && v->cpu->fault.kind != VM_FAULT_NONE)
        return false;
    const char *why =
        result == VM_TRANSLATE_OK ? check_translation(f, &v->ir) : "the instruction set gave up";
    if (why) {
        sched_fail(s, "translation failed at pc 0x%llx: %s", (unsigned long long)v->cpu->pc, why);
        return false;
    }
    f->src->n_bytes = v->ir.guest_bytes;
    translate_trace(s, v->cpu->index, v->mode.key, v->cpu->pc, f->src, &v->ir);
    if (s->config.verify_ir && ir_verify(&v->ir, ops, &err)) {
        sched_fail(s, "invalid IR at pc 0x%llx: %s", (unsigned long long)v->cpu->pc, err.text);
        return false;
    }
    return true;
}

/* A unit of what is in `ir`, compiled. */
struct unit *translate_compile(struct sched *s, struct vcpu *v, const struct vm_ir_unit *ir,
                               const struct unit_place *at)
{
    struct vm_error err = VM_ERROR_INIT;
    struct unit *u = unit_alloc(s, ir);
    if (!u)
        return NULL;
    u->pa = at->pa;
    u->page2 = at->page2;
    u->key_id = at->key_id;
    u->engine = at->engine;
    u->no_cache = at->no_cache;
    u->u.guest_insns = ir->guest_insns;
    u->u.guest_bytes = ir->guest_bytes;
    u->u.page_offset = (uint32_t)(at->pa & ~VM_PAGE_MASK);
    u->u.pc = at->pc;
    u->u.tier = 1;
    tier_arm(s, u);
    if (unit_compile(s, v, ir, u, &err)) {
        sched_fail(s, "cannot compile the unit at pc 0x%llx: %s", (unsigned long long)at->pc,
                   err.set ? err.text : "the engine refuses it");
        free(u);
        return NULL;
    }
    return u;
}

struct unit *translate_unit(struct vcpu *v, uint32_t engine, uint32_t max_insns, struct source *src)
{
    struct fetch f = {.v = v, .src = src};
    if (!emit_ir(v, &f, max_insns))
        return NULL;
    struct unit_place at = {
        .pc = v->cpu->pc,
        .pa = src->pa,
        .page2 = src->page2,
        .key_id = v->key_id,
        .engine = (uint8_t)engine,
        .no_cache = f.no_cache,
    };
    return translate_compile(v->sched, v, &v->ir, &at);
}

static uint32_t no_more(struct vm_code *code)
{
    (void)code;
    return 0;
}

bool translate_copy(const struct sched *s, const uint64_t key[2], const struct code_copy *copy,
                    struct vm_ir_unit *ir)
{
    struct vm_code code = {.bytes = copy->bytes,
                           .n_bytes = copy->n,
                           .max_insns = copy->max_insns,
                           .page_offset = copy->page_offset,
                           .branches = copy->branches,
                           .more = no_more};
    memcpy(code.key, key, sizeof(code.key));
    vm_ir_clear(ir);
    return s->config.arch_ops->translate(s->config.arch, &code, ir) == VM_TRANSLATE_OK &&
           !ir->failed && ir->guest_bytes > 0 && ir->guest_bytes <= copy->n;
}

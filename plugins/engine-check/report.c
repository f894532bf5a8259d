/* SPDX-License-Identifier: BSD-2-Clause */
/* What is told of the first difference: the guest's code, both states, the accesses, the IR, and
 * what each engine made of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

#define EVENTS_AROUND 16u
#define MAX_LINES     400u /* of guest code */

/* ---- events ---- */

/* What each kind is called, and its arguments; those of '#' are decimal, others hexadecimal. */
static const struct {
    const char *name;
    const char *args[CHECK_ARGS];
} kinds[CHECK_KINDS] = {
    [CHECK_LOAD] = {"load", {"va", "memop"}},
    [CHECK_STORE] = {"store", {"va", "memop", "value"}},
    [CHECK_AMO] = {"amo", {"va", "memop", "operand"}},
    [CHECK_CAS] = {"cas", {"va", "memop", "expected", "desired"}},
    [CHECK_PROBE] = {"probe", {"va", "bytes", "access", "mmu"}},
    [CHECK_WROTE] = {"wrote", {"va", "bytes"}},
    [CHECK_PHYS_LOAD] = {"physical load", {"pa", "bytes"}},
    [CHECK_PHYS_CAS] = {"physical cas", {"pa", "bytes", "expected", "desired"}},
    [CHECK_TLB_FLUSH] = {"TLB flush", {"match", "mask", "va", "length", "keep-global"}},
    [CHECK_TLB_FLUSH_ALL] = {"TLB flush on all", {"match", "mask", "va", "length", "keep-global"}},
    [CHECK_COUNTER_READ] = {"counter read", {NULL}},
    [CHECK_COUNTER_COMPARE] = {"counter compare", {"line", "deadline"}},
    [CHECK_SET_LINE] = {"set line", {"line", "level"}},
    [CHECK_PORT] = {"port access", {"port", "register", "write", "bits", "mask"}},
    [CHECK_FIRMWARE] = {"firmware call", {"conduit", "first", "second", "third", "fourth"}},
    [CHECK_KICK] = {"kick", {NULL}},
};

void check_event_text(const struct check_event *e, char *text, size_t size)
{
    bool access = e->kind <= CHECK_CAS;
    int n = access ? snprintf(text, size, "%s of %u bytes", kinds[e->kind].name, check_size(e))
                   : snprintf(text, size, "%s", kinds[e->kind].name);

    for (uint32_t i = 0; i < CHECK_ARGS && kinds[e->kind].args[i]; i++) {
        if (n < 0 || (size_t)n >= size)
            return;
        if (i != 1 || !access) /* the size says it */
            n += snprintf(text + n, size - (size_t)n, ", %s 0x%" PRIx64, kinds[e->kind].args[i],
                          e->arg[i]);
    }
}

static void print_event(FILE *out, const struct check_cpu *c, uint32_t i)
{
    const struct check_event *e = &c->events[i];
    char text[200];

    check_event_text(e, text, sizeof(text));
    fprintf(out, "%s [%" PRIu32 "] %s", i == c->difference.event ? ">" : " ", i, text);
    if (e->kind <= CHECK_PROBE && e->result == VM_MEM_FAULT)
        fprintf(out, " -> fault %" PRIu32 ", code 0x%" PRIx64 ", va 0x%" PRIx64, e->fault.kind,
                e->fault.code, e->fault.va);
    else if (e->kind != CHECK_STORE && e->kind != CHECK_PROBE)
        fprintf(out, " -> 0x%" PRIx64, e->value);
    if (e->kind <= CHECK_WROTE && e->result == VM_MEM_CODE)
        fputs(" (hits translated code)", out);
    if (check_writes(e))
        fprintf(out, " (memory 0x%" PRIx64 " -> 0x%" PRIx64 ")", e->before, e->after);
    fputc('\n', out);
}

static void print_events(FILE *out, const struct check_cpu *c, const struct check_point *point)
{
    uint32_t n = c->n_events, at = c->difference.event;
    uint32_t centre = at != CHECK_NONE ? at : point->n_events;
    uint32_t from = centre > EVENTS_AROUND ? centre - EVENTS_AROUND : 0;
    uint32_t to = n - from > 2 * EVENTS_AROUND ? from + 2 * EVENTS_AROUND : n;

    fprintf(out, "-- accesses and calls of %s: %" PRIu32 " in all\n", c->checker->a.name, n);
    for (uint32_t i = from; i < to; i++)
        print_event(out, c, i);
    if (at == n)
        fprintf(out, "> [%" PRIu32 "] end\n", n);
}

/* ---- guest code ---- */

/* Copies guest code as the vCPU fetches it; how many bytes could be read. */
static uint32_t read_code(const struct check_cpu *c, uint64_t va, uint8_t *to, uint32_t n)
{
    struct vm_fault before = c->cpu->fault;
    uint32_t done = 0;

    while (done < n) {
        uint32_t room = (uint32_t)(VM_PAGE_SIZE - ((va + done) & ~VM_PAGE_MASK));
        uint32_t part = n - done < room ? n - done : room;
        const uint8_t *p = c->real->probe(c->cpu, va + done, part, VM_ACCESS_EXEC, VM_MMU_FETCH);
        if (!p)
            break;
        for (uint32_t i = 0; i < part; i++)
            to[done + i] = (uint8_t)vm_ram_load(p + i, 1);
        done += part;
    }
    c->cpu->fault = before;
    return done;
}

static void print_guest_insn(FILE *out, const struct check_cpu *c, uint64_t pc, uint32_t length)
{
    const struct vm_arch_ops *arch = c->checker->arch;
    uint8_t bytes[32];
    uint32_t n = read_code(c, pc, bytes, length < sizeof(bytes) ? length : sizeof(bytes));
    char text[128] = "(cannot be read)";

    if (n == length &&
        (!arch->disassemble || !arch->disassemble(c->cpu->arch, bytes, n, pc, text, sizeof(text))))
        snprintf(text, sizeof(text), "(undefined)");
    fprintf(out, "  0x%" PRIx64 "  ", pc);
    for (uint32_t i = n; i-- > 0;)
        fprintf(out, "%02x", bytes[i]);
    fprintf(out, "%*s%s\n", (int)(n < 6 ? 12 - 2 * n : 1), "", text);
}

static void print_guest(FILE *out, const struct check_cpu *c, const struct check_entry *entry)
{
    const struct vm_ir_unit *ir = &entry->code->ir;
    uint64_t base = (c->points[0].pc & VM_PAGE_MASK) + entry->code->unit->page_offset;
    uint32_t lines = 0, block = 0;

    fputs("-- guest code\n", out);
    for (uint32_t i = 0; i < ir->n_insns && lines < MAX_LINES; i++) {
        const struct vm_ir_insn *insn = &ir->insns[i];
        if (insn->op == VM_OP_LABEL) {
            fprintf(out, " block %" PRIu32 "%s\n", block,
                    block == entry->block ? " (entered here)" : "");
            block++;
        } else if (insn->op == VM_OP_INSN) {
            print_guest_insn(out, c, base + (uint64_t)insn->imm, insn->aux);
            lines++;
        }
    }
}

/* ---- state ---- */

static void print_row(FILE *out, const char *name, uint64_t before, uint64_t a, uint64_t b)
{
    if (before != a || a != b)
        fprintf(out, "%s %-20s %16" PRIx64 "  %16" PRIx64 "  %16" PRIx64 "\n", a != b ? ">" : " ",
                name, before, a, b);
}

static void print_state(FILE *out, struct check_cpu *c, const struct check_point *p)
{
    const struct vm_arch_ops *arch = c->checker->arch;
    const struct check_point *start = &c->points[0];
    const uint8_t *before = check_state(c, start), *a = check_state(c, p), *b = c->shadow->state;
    const struct vm_cpu *s = c->shadow;

    fprintf(out, "-- state that has changed or differs\n  %-20s %16s  %16s  %16s\n", "", "before",
            c->checker->a.name, c->checker->b.name);
    print_row(out, "pc", start->pc, p->pc, s->pc);
    for (uint32_t i = 0; i < arch->n_slots; i++)
        for (uint32_t half = 0; half < check_halves(&arch->slots[i]); half++)
            print_row(out, arch->slots[i].name, check_slot(&arch->slots[i], before, half),
                      check_slot(&arch->slots[i], a, half), check_slot(&arch->slots[i], b, half));
    for (uint32_t i = 0; i < arch->n_sysregs && p == &c->points[c->n_points - 1]; i++) {
        uint64_t value = arch->sysregs[i].get(c->cpu);
        print_row(out, arch->sysregs[i].name, value, value, arch->sysregs[i].get(c->shadow));
    }
    print_row(out, "reservation size", start->reserve_size, p->reserve_size, s->reserve_size);
    print_row(out, "reservation address", start->reserve_va, p->reserve_va, s->reserve_va);
    if (p->exit == VM_EXIT_TRAP) {
        print_row(out, "fault kind", 0, p->fault.kind, s->fault.kind);
        print_row(out, "fault access", 0, p->fault.access, s->fault.access);
        print_row(out, "fault va", 0, p->fault.va, s->fault.va);
        print_row(out, "fault code", 0, p->fault.code, s->fault.code);
        print_row(out, "fault value", 0, p->fault.value, s->fault.value);
    }
}

/* ---- the whole ---- */

static void put_line(void *out, const char *line)
{
    fprintf(out, "%s\n", line);
}

static void print_all(FILE *out, struct check_cpu *c, const struct check_entry *entry,
                      const struct check_point *point)
{
    const struct checker *k = c->checker;
    const struct check_code *code = entry->code;

    fprintf(out, "== check: vCPU %" PRIu32 ", pc 0x%" PRIx64 ", instruction %" PRIu64 ": %s\n",
            c->cpu->index, c->points[0].pc, c->real->instructions(c->cpu), c->difference.text);
    fprintf(out, "%s of %" PRIu32 " instructions in %" PRIu32 " block%s, run %" PRIu64 "; %s\n",
            code->region ? "region" : "unit", code->unit->guest_insns, code->n_blocks,
            code->n_blocks == 1 ? "" : "s", code->runs,
            c->on_ram ? "b ran on RAM" : "b ran by the record");
    print_guest(out, c, entry);
    print_state(out, c, point);
    print_events(out, c, point);
    fputs("-- IR\n", out);
    k->host->print_ir(&code->ir, k->arch, put_line, out);
    if (!code->region)
        check_dump(out, &k->a, &code->ir, &code->blocks[0].unit);
    check_dump(out, &k->b, &code->ir, &code->b_units[0]);
    fputs("== end\n", out);
}

void check_report(struct check_cpu *c, const struct check_entry *entry,
                  const struct check_point *point)
{
    char why[400], *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    snprintf(why, sizeof(why), "engine-check: at pc 0x%" PRIx64 ": %s", c->points[0].pc,
             c->difference.text);
    if (out) {
        print_all(out, c, entry, point);
        fclose(out);
    }
    c->checker->host->stop(c->cpu, why, text);
    free(text);
}

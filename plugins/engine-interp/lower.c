/* SPDX-License-Identifier: BSD-2-Clause */
/* Lowering as a whole: memory for its two halves, and the packing of what they made. */
#include <stdlib.h>
#include <string.h>
#include "cells.h"

static struct interp_code *pack(const struct emitter *e, uint64_t *bytes)
{
    size_t code_bytes = e->n_places * sizeof(*e->code), mark_bytes = e->n_marks * sizeof(*e->marks);
    size_t exit_bytes = e->n_exits * sizeof(*e->exits);
    size_t size = sizeof(struct interp_code) + code_bytes + mark_bytes + exit_bytes;
    struct interp_code *code = malloc(size);

    if (!code)
        return NULL;
    struct interp_mark *marks = (struct interp_mark *)(void *)&code->code[e->n_places];
    uint16_t *exits = (uint16_t *)(void *)&marks[e->n_marks];
    *code = (struct interp_code){
        .unit = e->unit,
        .guest_insns = (int32_t)e->n_marks,
        .n_places = e->n_places,
        .marks = marks,
        .exits = exits,
        .n_exits = e->n_exits,
    };
    memcpy(code->code, e->code, code_bytes);
    memcpy(marks, e->marks, mark_bytes);
    memcpy(exits, e->exits, exit_bytes);
    *bytes = size;
    return code;
}

static void account(struct lowering *l, uint64_t bytes)
{
    l->stats[STAT_UNITS] = 1;
    l->stats[STAT_IR_INSNS] = l->n_insns;
    l->stats[STAT_CODE_BYTES] = bytes;
    for (uint32_t i = 0; i < STAT_COUNT; i++)
        if (l->stats[i])
            atomic_fetch_add_explicit(&l->engine->stats[i], l->stats[i], memory_order_relaxed);
}

/* What most units need, so that the heap has but what stays. */
#define SMALL_BYTES 32768

/* One piece of memory for all that lowering needs by instruction and by slot. */
static struct interp_code *lower_in(struct interp_engine *engine, const struct vm_ir_unit *ir,
                                    struct emitter *e, uint64_t *bytes)
{
    _Alignas(16) char small[SMALL_BYTES];
    struct interp_insn first[FIRST_PLACES];
    struct lowering *l = e->l;
    uint32_t n = ir->n_insns, n_slots = engine->arch->n_slots;
    size_t slot_bytes = n_slots * sizeof(uint32_t);
    size_t need = n * sizeof(*l->insns) + 2 * slot_bytes + ir->guest_insns * sizeof(*e->marks) +
                  VM_UNIT_MAX_EXITS * sizeof(*e->exits);
    char *memory = need <= sizeof(small) ? small : malloc(need);

    if (!memory) {
        e->failed = "out of memory";
        return NULL;
    }
    e->code = e->first = first;
    e->capacity = FIRST_PLACES;
    l->insns = (struct low_insn *)(void *)memory;
    l->slot_value = (uint32_t *)(void *)&l->insns[n];
    l->slot_mark = l->slot_value + n_slots;
    e->marks = (struct interp_mark *)(void *)(l->slot_mark + n_slots);
    e->exits = (uint16_t *)(void *)(e->marks + ir->guest_insns);
    for (uint32_t i = 0; i < n; i++)
        l->insns[i].ir = ir->insns[i];
    low_simplify(l);
    emit_all(e);
    struct interp_code *code = e->failed ? NULL : pack(e, bytes);
    if (!e->failed && !code)
        e->failed = "out of memory";
    if (memory != small)
        free(memory);
    if (e->code != e->first)
        free(e->code);
    return code;
}

struct interp_code *interp_lower(struct interp_engine *engine, const struct vm_ir_unit *ir,
                                 struct vm_unit *unit, uint64_t *bytes, struct vm_error *err)
{
    struct lowering l = {.engine = engine,
                         .arch = engine->arch,
                         .n_insns = ir->n_insns,
                         .n_slots = engine->arch->n_slots};
    struct emitter e = {.l = &l,
                        .acc = VM_NO_VALUE,
                        .last_op = I_COUNT,
                        .next_cell = INTERP_CELL_FIRST,
                        .next_pair = INTERP_CELL_PAIRS,
                        .unit = unit,
                        .guest_insns = ir->guest_insns};

    if (ir->guest_insns > UINT16_MAX || ir->guest_bytes > UINT16_MAX) {
        vm_error_set(err, "engine-interp: unit of %u guest instructions is too long",
                     ir->guest_insns);
        return NULL;
    }
    struct interp_code *code = lower_in(engine, ir, &e, bytes);
    if (code)
        account(&l, *bytes);
    else
        vm_error_set(err, "engine-interp: cannot compile a unit of %u guest instructions: %s",
                     ir->guest_insns, e.failed);
    return code;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where values live while a unit is being emitted. A value has one cell: a slot, if it was read
 * from there or its first put could be made by the operation that defines it, or else one of the
 * frame, free again after its last use. Before a slot changes, a value in it that is still wanted
 * moves to the frame.
 */
#include <stdlib.h>
#include <string.h>
#include "cells.h"
#include "select.h"

#define PLACES_MAX 65535u

/* How far behind its definition a put may be to be folded into it. */
#define PUT_DISTANCE 8

/* The operation `op` is about to be appended: one handler may do it together with the one before.
 */
static void pair_up(struct emitter *e, enum interp_op op)
{
    enum interp_op pair = e->last_op == I_COUNT ? I_COUNT : select_pair(e->last_op, op);

    if (pair != I_COUNT) {
        e->code[e->n_places - 1].handler = e->l->engine->handlers[pair];
        e->l->stats[STAT_PAIRS]++;
        op = I_COUNT;
    }
    e->last_op = op;
}

static void grow(struct emitter *e)
{
    uint32_t capacity = e->capacity * 2;
    struct interp_insn *old = e->code == e->first ? NULL : e->code, *code;

    if (capacity > PLACES_MAX + 1) {
        e->failed = "the unit is too long";
    } else if (!(code = realloc(old, capacity * sizeof(*code)))) {
        e->failed = "out of memory";
    } else {
        if (!old)
            memcpy(code, e->first, FIRST_PLACES * sizeof(*code));
        e->code = code;
        e->capacity = capacity;
    }
}

struct interp_insn *emit_places(struct emitter *e, enum interp_op op, uint32_t n)
{
    static struct interp_insn nowhere[2];

    if (!e->failed && e->n_places + n > e->capacity)
        grow(e);
    if (e->failed)
        return nowhere;
    struct interp_insn *place = &e->code[e->n_places];
    memset(place, 0, n * sizeof(*place));
    place->handler = e->l->engine->handlers[op];
    pair_up(e, op);
    if (!select_keeps_acc(op))
        e->acc = VM_NO_VALUE;
    e->n_places += n;
    return place;
}

struct interp_insn *emit(struct emitter *e, enum interp_op op, uint16_t d, uint16_t a, uint16_t b,
                         int64_t imm)
{
    struct interp_insn *place = emit_places(e, op, 1);

    place->d = d;
    place->a = a;
    place->b = b;
    place->imm = (int32_t)imm;
    e->l->stats[STAT_OPS]++;
    return place;
}

void emit_wide(struct emitter *e, enum interp_op op, uint16_t d, int64_t imm)
{
    struct interp_insn *place = emit_places(e, op, 2);

    place->d = d;
    ((struct interp_word *)(void *)(place + 1))->value = (uint64_t)imm;
    e->l->stats[STAT_OPS]++;
}

void emit_const(struct emitter *e, uint16_t d, int64_t value)
{
    if (value == (int32_t)value)
        emit(e, I_MOVI, d, 0, 0, value);
    else
        emit_wide(e, I_MOVI64, d, value);
}

static uint16_t slot_cell(const struct emitter *e, uint32_t slot)
{
    return (uint16_t)(e->l->arch->slots[slot].offset / 8);
}

static uint16_t frame_cell(struct emitter *e)
{
    uint32_t frame = e->l->engine->frame;

    if (e->n_free > 0)
        return e->free_cells[--e->n_free];
    if (e->next_cell < INTERP_CELL_PAIRS)
        return (uint16_t)(frame + e->next_cell++);
    e->failed = "the unit has too many temporaries at once";
    return (uint16_t)(frame + INTERP_CELL_SINK);
}

static uint16_t frame_pair(struct emitter *e)
{
    uint32_t frame = e->l->engine->frame, cell = e->next_pair;

    if (e->n_free_pairs > 0)
        return e->free_pairs[--e->n_free_pairs];
    if (cell < INTERP_FRAME_CELLS) {
        e->next_pair += 2;
        return (uint16_t)(frame + cell);
    }
    e->failed = "the unit has too many vectors at once";
    return (uint16_t)(frame + INTERP_CELL_PAIRS);
}

uint16_t cell_scratch(struct emitter *e)
{
    uint16_t cell = frame_cell(e);

    e->released[e->n_released++] = cell;
    return cell;
}

uint16_t cell_of(struct emitter *e, vm_ir_value v)
{
    struct low_insn *root = low_root(e->l, v);

    if (root->cell != NO_CELL)
        return root->cell;
    /* Only a constant has no cell yet: every other value was given one when it was defined. */
    if (root->ir.imm == 0)
        return (uint16_t)(e->l->engine->frame + INTERP_CELL_ZERO);
    root->cell = frame_cell(e);
    root->flags |= LOW_FRAME;
    emit_const(e, root->cell, root->ir.imm);
    return root->cell;
}

uint16_t cell_of_clean(struct emitter *e, vm_ir_value v)
{
    uint16_t cell = cell_of(e, v);

    if (!(e->l->insns[v].flags & LOW_DIRTY))
        return cell;
    uint16_t clean = cell_scratch(e);
    emit(e, I_SEXT32_R, clean, cell, 0, 0);
    return clean;
}

void cell_release(struct emitter *e, vm_ir_value v)
{
    struct low_insn *root = low_root(e->l, v);

    if (--root->uses == 0 && root->flags & LOW_FRAME) {
        e->released[e->n_released++] = root->cell;
        root->flags &= ~(uint32_t)LOW_FRAME;
        root->cell = NO_CELL;
    }
}

void cell_flush(struct emitter *e)
{
    while (e->n_released > 0) {
        uint16_t cell = e->released[--e->n_released];
        if (cell >= e->l->engine->frame + INTERP_CELL_PAIRS)
            e->free_pairs[e->n_free_pairs++] = cell;
        else
            e->free_cells[e->n_free++] = cell;
    }
}

/* ---- slots ---- */

static void move_away(struct emitter *e, struct low_insn *root, uint32_t slot)
{
    struct lowering *l = e->l;

    if (root->alt != NO_SLOT && root->alt != slot && l->slot_value[root->alt] == root->root) {
        root->cell = slot_cell(e, root->alt);
        return;
    }
    if (root->flags & LOW_CONST) {
        root->cell = NO_CELL;
        return;
    }
    uint16_t cell = low_is_vector(root) ? frame_pair(e) : frame_cell(e);
    emit(e, low_is_vector(root) ? I_MOVV : I_MOV_R, cell, root->cell, 0, 0);
    l->stats[STAT_MOVES]++;
    root->cell = cell;
    root->flags |= LOW_FRAME;
}

static void clobber_one(struct emitter *e, uint32_t slot)
{
    struct lowering *l = e->l;
    uint32_t v = l->slot_value[slot];

    l->slot_value[slot] = VM_NO_VALUE;
    if (v == VM_NO_VALUE)
        return;
    struct low_insn *root = &l->insns[v];
    if (root->cell != slot_cell(e, slot) || root->flags & LOW_FRAME)
        return;
    if (root->uses)
        move_away(e, root, slot);
    else
        root->cell = NO_CELL;
}

void cell_clobber(struct emitter *e, uint32_t slot)
{
    uint32_t s = slot;

    do {
        clobber_one(e, s);
        s = e->l->engine->overlap[s];
    } while (s != slot);
}

void cell_clobber_all(struct emitter *e)
{
    for (uint32_t s = 0; s < e->l->n_slots; s++)
        clobber_one(e, s);
}

/* The value is in the slot now. */
static void enters_slot(struct emitter *e, uint32_t i, uint32_t slot)
{
    struct low_insn *root = &e->l->insns[i];

    e->l->slot_value[slot] = i;
    if (root->cell == NO_CELL)
        root->cell = slot_cell(e, slot);
    else
        root->alt = (uint16_t)slot;
}

/* May the put at `put` be made already by the operation at `def`? Nothing in between may see or
 * change the slot. */
static bool can_place(struct lowering *l, uint32_t def, uint32_t put)
{
    if (put - def > PUT_DISTANCE)
        return false;
    uint32_t slot = l->insns[put].ir.aux;
    for (uint32_t i = def + 1; i < put; i++) {
        const struct low_insn *between = &l->insns[i];
        if (between->ir.op == VM_OP_INSN)
            return false;
        if (between->root != i || !(between->flags & LOW_LIVE))
            continue;
        if (between->ir.op == VM_OP_PUT || between->ir.op == VM_OP_GET) {
            if (between->ir.aux == slot || l->engine->overlap[slot] != slot)
                return false;
        } else if (low_effects(between->ir.op)) {
            return false;
        }
    }
    return true;
}

/* Takes a vector that nobody wants: nothing is moved between here and its end. */
static uint16_t frame_sink(struct emitter *e)
{
    uint16_t cell = frame_pair(e);

    e->free_pairs[e->n_free_pairs++] = cell;
    return cell;
}

uint16_t cell_for_result(struct emitter *e, uint32_t i)
{
    struct lowering *l = e->l;
    struct low_insn *insn = &l->insns[i];
    uint16_t cell;

    if (insn->put != VM_NO_VALUE && can_place(l, i, insn->put)) {
        struct low_insn *put = &l->insns[insn->put];
        put->flags |= LOW_PLACED;
        insn->uses--;
        cell_clobber(e, put->ir.aux);
        enters_slot(e, i, put->ir.aux);
        l->stats[STAT_PUTS_FOLDED]++;
        cell = insn->cell;
        cell_flush(e);
    } else if (insn->uses == 0) {
        cell_flush(e);
        cell = (uint16_t)(l->engine->frame + INTERP_CELL_SINK);
        if (low_is_vector(insn))
            cell = frame_sink(e);
    } else {
        cell_flush(e);
        cell = insn->cell = low_is_vector(insn) ? frame_pair(e) : frame_cell(e);
        insn->flags |= LOW_FRAME;
    }
    return cell;
}

static void put_narrow(struct emitter *e, const struct low_insn *insn)
{
    const struct low_insn *root = low_root(e->l, insn->ir.arg[0]);
    uint16_t cell = cell_of(e, insn->ir.arg[0]);

    cell_clobber(e, insn->ir.aux);
    emit(e, root->root == e->acc ? I_PUT32_A : I_PUT32_R, 0, cell, 0,
         e->l->arch->slots[insn->ir.aux].offset);
    cell_release(e, insn->ir.arg[0]);
    cell_flush(e);
}

static void put_vector(struct emitter *e, const struct low_insn *insn)
{
    struct low_insn *root = low_root(e->l, insn->ir.arg[0]);
    uint16_t cell = cell_of(e, insn->ir.arg[0]);

    cell_release(e, insn->ir.arg[0]);
    cell_clobber(e, insn->ir.aux);
    emit(e, I_MOVV, slot_cell(e, insn->ir.aux), cell, 0, 0);
    cell_flush(e);
    if (root->uses)
        enters_slot(e, root->root, insn->ir.aux);
}

void cell_put(struct emitter *e, uint32_t i)
{
    struct low_insn *insn = &e->l->insns[i];
    uint32_t slot = insn->ir.aux;
    vm_ir_value v = insn->ir.arg[0];
    struct low_insn *root = low_root(e->l, v);

    if (insn->flags & LOW_PLACED)
        return;
    if (insn->ir.type == VM_V128) {
        put_vector(e, insn);
        return;
    }
    if (!low_is_wide(insn->ir.type)) {
        put_narrow(e, insn);
        return;
    }
    bool is_const = root->flags & LOW_CONST && root->cell == NO_CELL;
    uint16_t cell = is_const ? NO_CELL : cell_of(e, v);
    cell_release(e, v);
    cell_clobber(e, slot);
    if (is_const)
        emit_const(e, slot_cell(e, slot), root->ir.imm);
    else
        emit(e, root->root == e->acc ? I_MOV_A : I_MOV_R, slot_cell(e, slot), cell, 0, 0);
    cell_flush(e);
    if (root->uses && !low_is_vector(root)) /* nor of a vector of which this is lane 0 */
        enters_slot(e, root->root, slot);
}

void cell_get(struct emitter *e, uint32_t i)
{
    struct low_insn *insn = &e->l->insns[i];
    const struct vm_slot *slot = &e->l->arch->slots[insn->ir.aux];

    if (low_is_wide(insn->ir.type) || insn->ir.type == VM_V128) {
        enters_slot(e, i, insn->ir.aux);
    } else {
        uint16_t cell = cell_for_result(e, i);
        emit(e, I_GET32, cell, 0, 0, slot->offset);
        e->acc = i;
    }
}

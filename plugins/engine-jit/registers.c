/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where values are while a unit is compiled in one pass. A value may be at several places at once:
 * a temporary register, pins that hold it, a slot in memory that does, a frame cell. What it has is
 * taken in that order; a temporary is taken away from a value that is elsewhere too, else spilled.
 */
#include <string.h>
#include "jit.h"

void jit_registers_init(struct jit_unit *u)
{
    for (uint32_t i = 0; i < JIT_MAX_PINS; i++)
        u->pin_value[i] = JIT_NONE;
    for (uint32_t i = 0; i < JIT_REGS; i++)
        u->reg_value[i] = JIT_NONE;
    for (uint32_t s = 0; s < u->engine->arch->n_slots; s++)
        u->slot_value[s] = JIT_NONE;
}

static bool in_slot(const struct jit_unit *u, uint32_t v)
{
    uint32_t slot = u->insns[v].slot;
    return slot != JIT_NONE && u->slot_value[slot] == v;
}

/* ---- temporaries ---- */

enum { CELL_FREE, CELL_USED, CELL_ENDING };

static void drop_reg(struct jit_unit *u, uint32_t v)
{
    if (u->insns[v].reg < 0)
        return;
    u->reg_value[u->insns[v].reg] = JIT_NONE;
    u->insns[v].reg = -1;
}

static void spill(struct jit_unit *u, uint32_t v)
{
    struct jit_insn *insn = &u->insns[v];
    uint32_t cell = 0;

    while (cell < JIT_CELLS && u->cell_used[cell] != CELL_FREE)
        cell++;
    if (cell == JIT_CELLS) {
        u->failed = "too many temporaries";
        cell = 0;
    }
    u->cell_used[cell] = CELL_USED;
    insn->cell = (uint16_t)(cell + 1);
    u->spills++;
    host_store(u, jit_is_vector(insn->result) ? 16 : 8, insn->reg,
               u->engine->frame + (int32_t)(offsetof(struct jit_frame, cell) + cell * 16));
}

static bool is_elsewhere(const struct jit_unit *u, uint32_t v)
{
    const struct jit_insn *insn = &u->insns[v];
    return insn->pins || insn->cell || insn->flags & JIT_CONST || in_slot(u, v);
}

#define FARTHEST_USE 48 /* what is used later is as good as what is used never */

/* How many instructions are between this one and the next that uses v. */
static uint32_t next_use(const struct jit_unit *u, uint32_t v)
{
    uint32_t n = 0;

    for (uint32_t i = u->index + 1; i < u->n && n < FARTHEST_USE; i++) {
        const struct jit_insn *insn = &u->insns[i];
        if (!(insn->flags & JIT_LIVE))
            continue;
        for (uint32_t k = 0; k < insn->n_args; k++)
            if (insn->arg[k] == v)
                return n;
        n++;
    }
    return n;
}

/* Whose register is best taken away: what is elsewhere too need not be stored, and what is used
 * late not be loaded again soon. */
static uint32_t worth_taking(const struct jit_unit *u, uint32_t v)
{
    return next_use(u, v) + 1 + (is_elsewhere(u, v) ? FARTHEST_USE + 1 : 0);
}

static int take_temporary(struct jit_unit *u, bool is_float)
{
    uint32_t most = 0;
    int victim = -1, candidates[JIT_REGS], n = 0;

    for (uint32_t k = 0; k < u->pins->n_temps; k++) {
        int reg = u->pins->temp[k];
        if ((reg >= JIT_FLOAT) != is_float || u->locked >> reg & 1)
            continue;
        if (u->reg_value[reg] == JIT_NONE) {
            u->locked |= 1u << reg;
            return reg;
        }
        candidates[n++] = reg;
    }
    for (int k = 0; k < n; k++) {
        uint32_t worth = worth_taking(u, u->reg_value[candidates[k]]);
        if (worth > most) {
            most = worth;
            victim = candidates[k];
        }
    }
    if (victim < 0) {
        u->failed = "no register left";
        return is_float ? JIT_FLOAT : 0;
    }
    uint32_t v = u->reg_value[victim];
    if (!is_elsewhere(u, v))
        spill(u, v);
    drop_reg(u, v);
    u->locked |= 1u << victim;
    return victim;
}

static int give_temporary(struct jit_unit *u, uint32_t v)
{
    int reg = take_temporary(u, jit_is_float(u->insns[v].result));

    u->insns[v].reg = (int8_t)reg;
    u->reg_value[reg] = v;
    return reg;
}

void jit_unlock(struct jit_unit *u)
{
    u->locked = 0;
}

void jit_end(struct jit_unit *u)
{
    const struct jit_insn *insn = &u->insns[u->index];

    u->locked = 0;
    for (uint32_t i = 0; u->cells_ending && i < JIT_CELLS; i++)
        if (u->cell_used[i] == CELL_ENDING)
            u->cell_used[i] = CELL_FREE;
    u->cells_ending = false;
    if (insn->result != VM_NONE && !insn->uses)
        drop_reg(u, u->index);
}

/* ---- use ---- */

static int32_t memory_of(const struct jit_unit *u, uint32_t v)
{
    const struct jit_insn *insn = &u->insns[v];

    if (in_slot(u, v))
        return jit_slot_at(u->engine, insn->slot);
    return u->engine->frame + (int32_t)(offsetof(struct jit_frame, cell) + (insn->cell - 1u) * 16);
}

int jit_where(const struct jit_unit *u, uint32_t v)
{
    const struct jit_insn *insn = &u->insns[v];

    if (insn->reg >= 0)
        return insn->reg;
    return insn->pins ? u->pins->reg[__builtin_ctz(insn->pins)] : -1;
}

bool jit_in_memory(struct jit_unit *u, uint32_t v, int32_t *offset)
{
    if (jit_where(u, v) >= 0 || jit_is_const(u, v) || u->insns[v].uses > 1)
        return false;
    *offset = memory_of(u, v);
    return true;
}

int jit_use(struct jit_unit *u, uint32_t v)
{
    struct jit_insn *insn = &u->insns[v];
    int reg = jit_where(u, v);

    if (reg < 0) {
        reg = give_temporary(u, v);
        if (insn->flags & JIT_CONST)
            host_constant(u, reg, (uint64_t)insn->imm);
        else
            host_load(u, in_slot(u, v) || jit_is_vector(insn->result) ? jit_size(insn->result) : 8,
                      reg, memory_of(u, v));
    }
    u->locked |= 1u << reg;
    return reg;
}

void jit_consume(struct jit_unit *u)
{
    struct jit_insn *insn = &u->insns[u->index];

    for (uint32_t k = 0; k < insn->n_args; k++) {
        struct jit_insn *arg = &u->insns[insn->arg[k]];
        if (--arg->uses)
            continue;
        drop_reg(u, insn->arg[k]);
        /* The instruction may still read the cell: it is not given away before its end. */
        if (arg->cell)
            u->cell_used[arg->cell - 1] = CELL_ENDING;
        u->cells_ending |= arg->cell != 0;
        arg->cell = 0;
    }
    u->locked = 0;
}

/* ---- pins ---- */

static void drop_pin(struct jit_unit *u, uint32_t pin)
{
    uint32_t v = u->pin_value[pin];

    if (v != JIT_NONE)
        u->insns[v].pins &= ~(1u << pin);
    u->pin_value[pin] = JIT_NONE;
}

/* The pin's value would be lost with it. */
static bool only_in_pin(const struct jit_unit *u, uint32_t pin)
{
    uint32_t v = u->pin_value[pin];

    if (v == JIT_NONE || !u->insns[v].uses)
        return false;
    return u->insns[v].pins == 1u << pin && u->insns[v].reg < 0 && !u->insns[v].cell &&
           !in_slot(u, v);
}

static void evict_pin(struct jit_unit *u, uint32_t pin)
{
    if (only_in_pin(u, pin)) {
        int reg = give_temporary(u, u->pin_value[pin]);
        host_move(u, reg, u->pins->reg[pin]);
        u->locked &= ~(1u << reg); /* the next one to be saved may push it out */
    }
    drop_pin(u, pin);
}

#define LONGEST_CHAIN 4 /* operations that a value goes through on its way into a pin */

/* An operation that cannot leave, and whose code leaves alone what it does not use. */
static bool is_plain(uint32_t op)
{
    return (op >= VM_OP_ADD && op <= VM_OP_XOR) || (op >= VM_OP_SHL && op <= VM_OP_SAR) ||
           (op >= VM_OP_SEXT && op <= VM_OP_EXTU && op != VM_OP_TRUNC) || op == VM_OP_V_LOW;
}

/*
 * The pin into which the result is put right away, perhaps after a few operations that do no more
 * than change it, or -1. The slot is as it was for all who may look in between: nobody.
 */
static int pin_ahead(const struct jit_unit *u, bool is_float)
{
    uint32_t v = u->index, i = jit_next(u, v), got = 0;

    for (uint32_t n = 0; n < LONGEST_CHAIN && i < u->n; i = jit_next(u, i)) {
        const struct jit_insn *insn = &u->insns[i];
        int pin = insn->op == VM_OP_PUT || insn->op == VM_OP_GET ? u->pins->of[insn->aux] : -1;
        if (insn->op == VM_OP_PUT && insn->arg[0] == v)
            return pin >= 0 && !(got >> pin & 1) && (u->pins->reg[pin] >= JIT_FLOAT) == is_float
                       ? pin
                       : -1;
        if (insn->op == VM_OP_GET && pin >= 0) {
            got |= 1u << pin;
        } else if (is_plain(insn->op) && insn->arg[0] == v && u->insns[v].uses == 1) {
            v = i;
            n++;
        } else if (insn->op != VM_OP_INSN || insn->flags & JIT_AFTER) {
            return -1;
        }
    }
    return -1;
}

int jit_define(struct jit_unit *u)
{
    struct jit_insn *insn = &u->insns[u->index];
    int pin = pin_ahead(u, jit_is_float(insn->result));

    if (pin < 0 || only_in_pin(u, (uint32_t)pin))
        return give_temporary(u, u->index);
    drop_pin(u, (uint32_t)pin);
    u->pin_value[pin] = u->index;
    insn->pins = 1u << pin;
    return u->pins->reg[pin];
}

bool jit_floats_live(const struct jit_unit *u)
{
    for (uint32_t reg = JIT_FLOAT; reg < JIT_REGS; reg++)
        if (u->reg_value[reg] != JIT_NONE)
            return true;
    return false;
}

/* ---- slots ---- */

static void clobber_memory(struct jit_unit *u, uint32_t slot)
{
    uint32_t v = u->slot_value[slot];

    if (v == JIT_NONE)
        return;
    if (in_slot(u, v) && u->insns[v].uses && jit_where(u, v) < 0 && !u->insns[v].cell) {
        int reg = give_temporary(u, v);
        host_load(u, jit_size(u->insns[v].result), reg, jit_slot_at(u->engine, slot));
        u->locked &= ~(1u << reg);
    }
    u->slot_value[slot] = JIT_NONE;
    if (u->insns[v].slot == slot)
        u->insns[v].slot = JIT_NONE;
}

void jit_clobber_slot(struct jit_unit *u, uint32_t slot)
{
    int pin = u->pins->of[slot];
    uint32_t s = slot;

    if (pin >= 0)
        evict_pin(u, (uint32_t)pin);
    do {
        clobber_memory(u, s);
        s = u->engine->overlap[s];
    } while (s != slot);
}

void jit_clobber_for(struct jit_unit *u, const struct vm_helper *helper)
{
    if (helper->flags & VM_HELPER_ALL_SLOTS)
        for (uint32_t s = 0; s < u->engine->arch->n_slots; s++)
            jit_clobber_slot(u, s);
    for (const uint16_t *s = helper->writes; s && *s != 0xffff; s++)
        jit_clobber_slot(u, *s);
}

/* Not an i32 that stands for its extension too: behind a narrow slot there is another one. */
static void hold_slot(struct jit_unit *u, uint32_t slot, uint32_t v)
{
    const struct jit_insn *insn = &u->insns[v];

    if (insn->flags & JIT_CONST || slot == u->engine->flags_slot)
        return;
    if (!jit_is_wide(insn->result) && insn->flags & (JIT_SIGNED | JIT_ZEROED))
        return;
    if (!jit_fits_slot(u, v, u->engine->arch->slots[slot].type))
        return;
    if (in_slot(u, v))
        u->slot_value[u->insns[v].slot] = JIT_NONE;
    u->insns[v].slot = slot;
    u->slot_value[slot] = v;
}

/* A get emits nothing: its first user loads it, or reads the slot itself. */
void jit_get(struct jit_unit *u)
{
    uint32_t slot = u->insns[u->index].aux;
    int pin = u->pins->of[slot];

    if (pin >= 0) {
        evict_pin(u, (uint32_t)pin);
        u->pin_value[pin] = u->index;
        u->insns[u->index].pins = 1u << pin;
    } else if (slot == u->engine->flags_slot) {
        host_fold_flags(u);
        host_load(u, jit_size(u->insns[u->index].result), give_temporary(u, u->index),
                  jit_slot_at(u->engine, slot));
    } else {
        jit_clobber_slot(u, slot);
        hold_slot(u, slot, u->index);
    }
}

static void put_pin(struct jit_unit *u, uint32_t pin, uint32_t v)
{
    int to = u->pins->reg[pin];
    int32_t at;

    if (u->pin_value[pin] == v) {
        jit_consume(u);
    } else if (jit_is_const(u, v) && to < JIT_FLOAT) {
        uint64_t value = (uint64_t)u->insns[v].imm;
        jit_consume(u);
        evict_pin(u, pin);
        host_constant(u, to, value);
        return;
    } else if (jit_in_memory(u, v, &at)) {
        evict_pin(u, pin);
        host_load(u, jit_size(u->insns[v].result), to, at);
        jit_consume(u);
    } else {
        int from = jit_use(u, v);
        evict_pin(u, pin);
        host_move(u, to, from);
        jit_consume(u);
        if (jit_fits_slot(u, v, u->insns[u->index].type)) {
            u->pin_value[pin] = v;
            u->insns[v].pins |= 1u << pin;
        }
    }
    if (u->pin_value[pin] == v)
        drop_reg(u, v);
}

void jit_put(struct jit_unit *u)
{
    const struct jit_insn *insn = &u->insns[u->index];
    uint32_t slot = insn->aux, v = insn->arg[0];
    int pin = u->pins->of[slot];
    bool wide = jit_is_wide(insn->type);
    int32_t at = jit_slot_at(u->engine, slot), small;

    if (pin >= 0) {
        put_pin(u, (uint32_t)pin, v);
        return;
    }
    if (slot == u->engine->flags_slot)
        host_drop_flags(u);
    if (jit_small_const(u, v, wide, &small) && jit_where(u, v) < 0) {
        jit_clobber_slot(u, slot);
        host_store_constant(u, wide, (uint64_t)u->insns[v].imm, at);
        jit_consume(u);
        return;
    }
    int reg = jit_use(u, v);
    jit_clobber_slot(u, slot);
    host_store(u, jit_size(insn->type), reg, at);
    hold_slot(u, slot, v);
    jit_consume(u);
}

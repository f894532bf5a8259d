/* SPDX-License-Identifier: BSD-2-Clause */
/* Second half of lowering, state shared by emit.c (which operation) and cells.c (where values
 * live). */
#ifndef ENGINE_INTERP_CELLS_H
#define ENGINE_INTERP_CELLS_H

#include "lower.h"

#define FIRST_PLACES 128

struct emitter {
    struct lowering *l;
    struct vm_unit *unit;
    struct interp_insn *code, *first; /* grows; is `first`, FIRST_PLACES, while that will do */
    uint32_t n_places, capacity;
    struct interp_mark *marks;
    uint32_t n_marks, guest_insns;
    uint16_t *exits;
    uint32_t n_exits;
    /* Stacks of cells of the frame that are free again, of pairs the first ones; and where those
     * begin that were never taken. */
    uint16_t free_cells[INTERP_CELL_PAIRS];
    uint32_t n_free, next_cell;
    uint16_t free_pairs[(INTERP_FRAME_CELLS - INTERP_CELL_PAIRS) / 2];
    uint32_t n_free_pairs, next_pair;
    uint16_t released[16]; /* cells whose last use is the operation being emitted */
    uint32_t n_released;
    enum interp_op last_op; /* the one before, or I_COUNT if it is part of a pair already */
    uint32_t acc;           /* the value in the accumulator, or VM_NO_VALUE */
    bool check;             /* the guest instruction in progress may have to be left at its end */
    uint32_t check_place;   /* and this is the place behind the operation that said so */
    const char *failed;     /* why, or NULL */
};

/* Appends `n` zeroed places, the first for operation `op`; returns the first. Never NULL. */
struct interp_insn *emit_places(struct emitter *e, enum interp_op op, uint32_t n);
struct interp_insn *emit(struct emitter *e, enum interp_op op, uint16_t d, uint16_t a, uint16_t b,
                         int64_t imm);
/* The same with a 64-bit immediate, in two places. */
void emit_wide(struct emitter *e, enum interp_op op, uint16_t d, int64_t imm);
/* d = any constant */
void emit_const(struct emitter *e, uint16_t d, int64_t value);

/* The cell in which the operand can be read now; constants are put into one. */
uint16_t cell_of(struct emitter *e, vm_ir_value v);
/* The same for what reads all 64 bits: a copy with the right upper half if need be. */
uint16_t cell_of_clean(struct emitter *e, vm_ir_value v);
/* A frame cell for the operation being emitted alone. */
uint16_t cell_scratch(struct emitter *e);
/* One use of the operand is done. Its cell is not given away before cell_for_result() or
 * cell_flush(). */
void cell_release(struct emitter *e, vm_ir_value v);
void cell_flush(struct emitter *e);
/* After all operands are read and released: the cell that the result of instruction i goes to. */
uint16_t cell_for_result(struct emitter *e, uint32_t i);
/* The slot is about to change: values that live in it and are still wanted move away. */
void cell_clobber(struct emitter *e, uint32_t slot);
void cell_clobber_all(struct emitter *e);
/* Emits a put. */
void cell_put(struct emitter *e, uint32_t i);
/* A get that was not forwarded: from now on the value lives in the slot, or in a cell of its own.
 */
void cell_get(struct emitter *e, uint32_t i);

/* ---- emit.c ---- */

/* Emits the whole unit after low_simplify(); e->failed says whether that worked. */
void emit_all(struct emitter *e);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Which handler does an operation in a given form: tables made from the lists of ops.h. */
#ifndef ENGINE_INTERP_SELECT_H
#define ENGINE_INTERP_SELECT_H

#include "lower.h"

/* Operands: R cell, A accumulator, I immediate. */
enum form { FORM_RR, FORM_AR, FORM_RA, FORM_RI, FORM_AI };

/* Comparisons that there are handlers for. Those with an immediate: EQ NE SLT ULT SGT UGT; without:
 * EQ NE SLT SLE ULT ULE. */
enum condition { EQ, NE, SLT, ULT, SLE, ULE, SGT, UGT, CONDITION_COUNT };

/* What becomes of the comparison: a value, EXIF_ or BR_. */
enum outcome { OUTCOME_VALUE, OUTCOME_EXIT, OUTCOME_BRANCH, OUTCOME_COUNT };

bool select_has_immediate(uint32_t ir_op);
enum interp_op select_binary(uint32_t ir_op, enum form form, uint32_t type);
enum interp_op select_unary(uint32_t ir_op, bool acc, uint32_t type);
enum interp_op select_compare(enum outcome outcome, enum condition condition, enum form form,
                              uint32_t type);
/* A plain access by memop, or I_COUNT if only the general handlers do it. `form`: FORM_RR or
 * FORM_AR for loads. */
enum interp_op select_load(uint32_t memop, enum form form);
enum interp_op select_store(uint32_t memop, enum form form);
/* LOADX, STOREX, AMO ... */
enum interp_op select_general_access(uint32_t ir_op);
/* The handler that does both, or I_COUNT. */
enum interp_op select_pair(enum interp_op first, enum interp_op second);
/* True if the handler leaves the accumulator as it is. */
bool select_keeps_acc(enum interp_op op);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* See select.h. */
#include "select.h"

enum { FORMS = 5, WIDTHS = 2 };

#define WIDE_NARROW(N, F)                \
    {                                    \
        I_##N##_##F##64, I_##N##_##F##32 \
    }
#define FORMS_R(N) \
    [FORM_RR] = WIDE_NARROW(N, RR), [FORM_AR] = WIDE_NARROW(N, AR), [FORM_RA] = WIDE_NARROW(N, RA)
#define FORMS_I(N) [FORM_RI] = WIDE_NARROW(N, RI), [FORM_AI] = WIDE_NARROW(N, AI)

static const uint16_t binary_r[VM_OP_COUNT][FORMS][WIDTHS] = {
#define EACH(N) [VM_OP_##N] = {FORMS_R(N)},
    INTERP_BINARY(EACH)
#undef EACH
};

/* No handler in here has number 0, which therefore says that there is none. */
static const uint16_t binary_i[VM_OP_COUNT][FORMS][WIDTHS] = {
#define EACH(N) [VM_OP_##N] = {FORMS_I(N)},
    INTERP_BINARY_IMM(EACH)
#undef EACH
};

static const uint16_t unary[VM_OP_COUNT][2][WIDTHS] = {
#define EACH(N) [VM_OP_##N] = {WIDE_NARROW(N, R), WIDE_NARROW(N, A)},
    INTERP_UNARY(EACH)
#undef EACH
};

static const uint16_t compare_r[CONDITION_COUNT][OUTCOME_COUNT][FORMS][WIDTHS] = {
#define EACH(N)                                  \
    [N] = {[OUTCOME_VALUE] = {FORMS_R(N)},       \
           [OUTCOME_EXIT] = {FORMS_R(EXIF_##N)}, \
           [OUTCOME_BRANCH] = {FORMS_R(BR_##N)}},
    INTERP_COMPARE(EACH)
#undef EACH
};

static const uint16_t compare_i[CONDITION_COUNT][OUTCOME_COUNT][FORMS][WIDTHS] = {
#define EACH(N)                                  \
    [N] = {[OUTCOME_VALUE] = {FORMS_I(N)},       \
           [OUTCOME_EXIT] = {FORMS_I(EXIF_##N)}, \
           [OUTCOME_BRANCH] = {FORMS_I(BR_##N)}},
    INTERP_COMPARE_IMM(EACH)
#undef EACH
};

/* By size, signedness, and whether the address is in the accumulator. */
#define LOADS(U, S)                    \
    {                                  \
        {I_LOAD_R_##U, I_LOAD_A_##U},  \
        {                              \
            I_LOAD_R_##S, I_LOAD_A_##S \
        }                              \
    }
static const uint16_t loads[4][2][2] = {LOADS(U8, S8), LOADS(U16, S16), LOADS(U32, S32),
                                        LOADS(64, 64)};

#define STORES(N)                                                                          \
    {                                                                                      \
        [FORM_RR] = I_STORE_RR_##N, [FORM_AR] = I_STORE_AR_##N, [FORM_RA] = I_STORE_RA_##N \
    }
static const uint16_t stores[4][3] = {STORES(8), STORES(16), STORES(32), STORES(64)};

/* Operations that are part of pairs are numbered from 1; row and column 0 are of all others. */
enum part {
    PART_NONE,
#define EACH(N) PART_##N,
    INTERP_PAIRED(EACH)
#undef EACH
        PART_COUNT
};

static const uint8_t part_of_pair[I_COUNT] = {
#define EACH(N) [I_##N] = PART_##N,
    INTERP_PAIRED(EACH)
#undef EACH
};

static const uint16_t pairs[PART_COUNT][PART_COUNT] = {
#define EACH(FIRST, SECOND) [PART_##FIRST][PART_##SECOND] = I_##FIRST##__##SECOND,
    INTERP_PAIRS(EACH)
#undef EACH
};

static bool is_immediate(enum form form)
{
    return form == FORM_RI || form == FORM_AI;
}

bool select_has_immediate(uint32_t ir_op)
{
    return binary_i[ir_op][FORM_RI][0] != 0;
}

enum interp_op select_binary(uint32_t ir_op, enum form form, uint32_t type)
{
    return (enum interp_op)(is_immediate(form) ? binary_i
                                               : binary_r)[ir_op][form][!low_is_wide(type)];
}

enum interp_op select_unary(uint32_t ir_op, bool acc, uint32_t type)
{
    return (enum interp_op)unary[ir_op][acc][!low_is_wide(type)];
}

enum interp_op select_compare(enum outcome outcome, enum condition condition, enum form form,
                              uint32_t type)
{
    return (enum interp_op)(
        is_immediate(form) ? compare_i : compare_r)[condition][outcome][form][!low_is_wide(type)];
}

static bool is_plain(uint32_t memop)
{
    return (memop & ~(7u | VM_MEMOP_SIGNED)) == VM_MMU_DATA << VM_MEMOP_MMU_SHIFT;
}

enum interp_op select_load(uint32_t memop, enum form form)
{
    if (!is_plain(memop))
        return I_COUNT;
    return (enum interp_op)loads[memop & 7][(memop & VM_MEMOP_SIGNED) != 0][form == FORM_AR];
}

enum interp_op select_store(uint32_t memop, enum form form)
{
    return is_plain(memop) ? (enum interp_op)stores[memop & 7][form] : I_COUNT;
}

enum interp_op select_general_access(uint32_t ir_op)
{
    switch (ir_op) {
    case VM_OP_LOAD:
        return I_LOADX;
    case VM_OP_STORE:
        return I_STOREX;
    case VM_OP_AMO:
        return I_AMO;
    case VM_OP_CAS:
        return I_CAS;
    case VM_OP_LL:
        return I_LL;
    default:
        return I_SC;
    }
}

enum interp_op select_pair(enum interp_op first, enum interp_op second)
{
    uint16_t pair = pairs[part_of_pair[first]][part_of_pair[second]];

    return pair ? (enum interp_op)pair : I_COUNT;
}

bool select_keeps_acc(enum interp_op op)
{
    switch (op) {
    case I_MOV_R:
    case I_MOV_A:
    case I_PUT32_R:
    case I_PUT32_A:
    case I_MOVI:
    case I_MOVI64:
        return true;
    default:
        return false;
    }
}

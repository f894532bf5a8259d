/* SPDX-License-Identifier: BSD-2-Clause */
/* The condition flags in C: what the lazy form stands for. */
#include "flags.h"
#include "helpers.h"

static uint32_t nz(uint64_t result, unsigned width)
{
    return (result >> (width - 1) & 1 ? A64_NZCV_N : 0) |
           (result << (64 - width) == 0 ? A64_NZCV_Z : 0);
}

/* a + b + carry in `width` bits. */
static uint32_t add_with_carry(uint64_t a, uint64_t b, uint64_t carry, unsigned width)
{
    uint64_t mask = UINT64_MAX >> (64 - width), result;

    a &= mask;
    b &= mask;
    result = (a + b + carry) & mask;
    bool carries = result < a || (carry && result == a);
    bool overflows = ((a ^ result) & (b ^ result)) >> (width - 1) & 1;
    return nz(result, width) | (carries ? A64_NZCV_C : 0) | (overflows ? A64_NZCV_V : 0);
}

/* The manual's FPCompare: bits of two numbers whose magnitudes compare as integers. */
static uint32_t fp_compare(uint64_t a, uint64_t b, unsigned width, uint64_t infinity)
{
    uint64_t sign = (uint64_t)1 << (width - 1), magnitude = sign - 1;
    uint64_t ma = a & magnitude, mb = b & magnitude;

    if (ma > infinity || mb > infinity)
        return A64_NZCV_C | A64_NZCV_V;
    int64_t ia = a & sign ? -(int64_t)ma : (int64_t)ma, ib = b & sign ? -(int64_t)mb : (int64_t)mb;
    if (ia == ib)
        return A64_NZCV_Z | A64_NZCV_C;
    return ia < ib ? A64_NZCV_N : A64_NZCV_C;
}

uint32_t a64_nzcv(uint64_t kind, uint64_t a, uint64_t b)
{
    switch (kind) {
    case A64_CC_ADD64:
        return add_with_carry(a, b, 0, 64);
    case A64_CC_ADD32:
        return add_with_carry(a, b, 0, 32);
    case A64_CC_ADC64:
        return add_with_carry(a, b, 1, 64);
    case A64_CC_ADC32:
        return add_with_carry(a, b, 1, 32);
    case A64_CC_SUB64:
        return add_with_carry(a, ~b, 1, 64);
    case A64_CC_SUB32:
        return add_with_carry(a, ~b, 1, 32);
    case A64_CC_LOGIC64:
        return nz(a, 64);
    case A64_CC_LOGIC32:
        return nz(a, 32);
    case A64_CC_FCMP64:
        return fp_compare(a, b, 64, 0x7ff0000000000000);
    case A64_CC_FCMP32:
        return fp_compare(a, b, 32, 0x7f800000);
    default:
        return (uint32_t)a & 0xf0000000u;
    }
}

bool a64_cond_holds(uint32_t cond, uint32_t nzcv)
{
    bool n = nzcv & A64_NZCV_N, z = nzcv & A64_NZCV_Z, c = nzcv & A64_NZCV_C, v = nzcv & A64_NZCV_V,
         holds;

    switch (cond >> 1) {
    case A64_COND_EQ >> 1:
        holds = z;
        break;
    case A64_COND_CS >> 1:
        holds = c;
        break;
    case A64_COND_MI >> 1:
        holds = n;
        break;
    case A64_COND_VS >> 1:
        holds = v;
        break;
    case A64_COND_HI >> 1:
        holds = c && !z;
        break;
    case A64_COND_GE >> 1:
        holds = n == v;
        break;
    case A64_COND_GT >> 1:
        holds = n == v && !z;
        break;
    default:
        return true; /* AL, NV */
    }
    return holds != (cond & 1);
}

/* ---- for translated code ---- */

#define UNUSED          \
    (void)cpu, (void)e; \
    (void)f

uint64_t a64_helper_nzcv(A64_HELPER_ARGS)
{
    UNUSED, (void)d;
    return a64_nzcv(a, b, c);
}

/* Whether condition d holds. */
uint64_t a64_helper_condition(A64_HELPER_ARGS)
{
    UNUSED;
    return a64_cond_holds((uint32_t)d, a64_nzcv(a, b, c));
}

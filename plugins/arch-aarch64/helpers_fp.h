/* SPDX-License-Identifier: BSD-2-Clause */
/* helpers_fp.h - the helpers of floating point and Advanced SIMD. */
#ifndef AARCH64_HELPERS_FP_H
#define AARCH64_HELPERS_FP_H

#include <vmrun/ir.h>

/* One helper of a kind. */
#define A64_PURE(X, NAME, name, n) X(NAME, a64_##name, n, VM_HELPER_PURE, NULL, NULL)
#define A64_FLOATS(X, NAME, name, n) \
    X(NAME, a64_##name, n, VM_HELPER_FP, a64_slots_fp, a64_slots_fp)

#define A64_HELPERS_SIMD(X)        \
    A64_PURE(X, URECPE, urecpe, 1) \
    A64_PURE(X, URSQRTE, ursqrte, 1)

/* The last operand is a code of fp.h. */
#define A64_HELPERS_FLOAT(X)                 \
    A64_FLOATS(X, FP1, fp1, 2)               \
    A64_FLOATS(X, FP_TO_JS, fp_to_js, 2)     \
    A64_FLOATS(X, FP_CONVERT, fp_convert, 2) \
    A64_FLOATS(X, FP_LONG, fp_long, 2)       \
    A64_FLOATS(X, FP_NARROW, fp_narrow, 3)

#define A64_HELPERS_FP(X) \
    A64_HELPERS_SIMD(X)   \
    A64_HELPERS_FLOAT(X)

#endif

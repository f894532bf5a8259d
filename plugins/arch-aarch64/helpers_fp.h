/* SPDX-License-Identifier: BSD-2-Clause */
/* helpers_fp.h - the helpers of floating point, Advanced SIMD and cryptography. */
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
#define A64_HELPERS_FLOAT(X)                   \
    A64_FLOATS(X, FP1, fp1, 2)                 \
    A64_FLOATS(X, FP2, fp2, 3)                 \
    A64_FLOATS(X, FP3, fp3, 4)                 \
    A64_FLOATS(X, FP_TO_INT, fp_to_int, 2)     \
    A64_FLOATS(X, FP_TO_JS, fp_to_js, 2)       \
    A64_FLOATS(X, FP_FROM_INT, fp_from_int, 2) \
    A64_FLOATS(X, FP_CONVERT, fp_convert, 2)   \
    A64_FLOATS(X, FP_COMPARE, fp_compare, 3)   \
    A64_FLOATS(X, FP_LONG, fp_long, 2)         \
    A64_FLOATS(X, FP_NARROW, fp_narrow, 3)     \
    A64_FLOATS(X, FP_FMLAL, fp_fmlal, 4)

/* Of 128-bit results, the low half and the high half. */
#define A64_HALVES(X, NAME, name, n)       \
    A64_PURE(X, NAME##_LOW, name##_low, n) \
    A64_PURE(X, NAME##_HIGH, name##_high, n)

#define A64_HELPERS_CRYPTO(X)              \
    A64_HALVES(X, SHA1C, sha1c, 5)         \
    A64_HALVES(X, SHA1P, sha1p, 5)         \
    A64_HALVES(X, SHA1M, sha1m, 5)         \
    A64_HALVES(X, SHA1SU0, sha1su0, 6)     \
    A64_HALVES(X, SHA1SU1, sha1su1, 4)     \
    A64_HALVES(X, SHA256H, sha256h, 6)     \
    A64_HALVES(X, SHA256H2, sha256h2, 6)   \
    A64_HALVES(X, SHA256SU0, sha256su0, 4) \
    A64_HALVES(X, SHA256SU1, sha256su1, 6) \
    A64_HALVES(X, SHA512H, sha512h, 6)     \
    A64_HALVES(X, SHA512H2, sha512h2, 6)   \
    A64_HALVES(X, SHA512SU0, sha512su0, 4) \
    A64_HALVES(X, SHA512SU1, sha512su1, 6)

#define A64_HELPERS_FP(X) \
    A64_HELPERS_SIMD(X)   \
    A64_HELPERS_FLOAT(X)  \
    A64_HELPERS_CRYPTO(X)

#endif

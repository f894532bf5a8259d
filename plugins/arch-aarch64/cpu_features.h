/* SPDX-License-Identifier: BSD-2-Clause */
/* cpu_features.h - what an Arm CPU may or may not have, as bits of a64_arch.features. */
#ifndef AARCH64_CPU_FEATURES_H
#define AARCH64_CPU_FEATURES_H

/* X(NAME): A64_FEATURE(NAME); the pattern files name them so, too. BASE is always on. */
#define A64_FEATURES(X) \
    X(BASE)             \
    X(FP)               \
    X(SIMD)             \
    X(CRC32)            \
    X(AES)              \
    X(PMULL)            \
    X(SHA1)             \
    X(SHA256)           \
    X(SHA512)           \
    X(SHA3)             \
    X(SM3)              \
    X(SM4)              \
    X(LSE)              \
    X(LOR)              \
    X(PAN)              \
    X(HPDS)             \
    X(HAFDBS)           \
    X(VHE)              \
    X(RDM)              \
    X(RAS)              \
    X(UAO)              \
    X(DPB)              \
    X(FP16)             \
    X(FHM)              \
    X(DOTPROD)          \
    X(LVA)              \
    X(LPA)              \
    X(PAUTH)            \
    X(JSCVT)            \
    X(FCMA)             \
    X(LRCPC)            \
    X(LRCPC2)           \
    X(FLAGM)            \
    X(FLAGM2)           \
    X(FRINTTS)          \
    X(SB)               \
    X(SSBS)             \
    X(BTI)              \
    X(DPB2)             \
    X(DIT)              \
    X(TLBIOS)           \
    X(TLBIRANGE)        \
    X(PMU)              \
    X(I8MM)             \
    X(BF16)             \
    X(CSV2)             \
    X(E0PD)

enum a64_feature_number {
#define NUMBER(name) A64_FEATURE_##name,
    A64_FEATURES(NUMBER)
#undef NUMBER
        A64_FEATURE_COUNT
};

#define A64_FEATURE(name) (1ull << A64_FEATURE_##name)

#endif

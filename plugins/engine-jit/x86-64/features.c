/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host has beyond the x86-64 that every one has, and how much of it code may use. */
#include <cpuid.h>
#include <string.h>
#include "emit.h"

static const struct {
    const char *name;
    uint32_t bit;
} features[] = {
    {"bmi2", FEATURE_BMI2}, {"lzcnt", FEATURE_BITS},      {"fma", FEATURE_FMA},
    {"avx", FEATURE_AVX},   {"avx2", FEATURE_AVX2},       {"sse4.1", FEATURE_SSE4_1},
    {"aes", FEATURE_AES},   {"pclmulqdq", FEATURE_CLMUL}, {"sha", FEATURE_SHA},
    {"f16c", FEATURE_F16C},
};
#define FEATURE_NAMES "bmi2, lzcnt, fma, avx, avx2, sse4.1, aes, pclmulqdq, sha, f16c"
#define N_FEATURES    (sizeof(features) / sizeof(features[0]))

static uint32_t probe(void)
{
    uint32_t have = 0, a, b, c, d;

    __builtin_cpu_init();
    have |= __builtin_cpu_supports("bmi2") ? FEATURE_BMI2 : 0;
    have |= __builtin_cpu_supports("fma") ? FEATURE_FMA : 0;
    have |= __builtin_cpu_supports("avx") ? FEATURE_AVX : 0;
    have |= __builtin_cpu_supports("avx2") ? FEATURE_AVX2 : 0;
    have |= __builtin_cpu_supports("sse4.1") ? FEATURE_SSE4_1 : 0;
    have |= __builtin_cpu_supports("aes") ? FEATURE_AES : 0;
    have |= __builtin_cpu_supports("pclmul") ? FEATURE_CLMUL : 0;
    have |= __builtin_cpu_supports("f16c") ? FEATURE_F16C : 0;
    have |= __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA ? FEATURE_SHA : 0;
    bool lzcnt = __get_cpuid(0x80000001, &a, &b, &c, &d) && c & bit_LZCNT;
    if (lzcnt && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt"))
        have |= FEATURE_BITS;
    return have;
}

static int add(struct jit_engine *e, uint32_t have, const char *name, int length,
               struct vm_error *err)
{
    for (uint32_t i = 0; i < N_FEATURES; i++) {
        if (strlen(features[i].name) != (size_t)length ||
            memcmp(features[i].name, name, (size_t)length) != 0)
            continue;
        if (!(have & features[i].bit))
            return vm_error_set(err, "host-features: this host has no %s", features[i].name);
        e->features |= features[i].bit;
        return 0;
    }
    return vm_error_set(
        err, "host-features: \"%.*s\" is neither auto nor none nor one of " FEATURE_NAMES, length,
        name);
}

int host_probe(struct jit_engine *e, const char *wanted, struct vm_error *err)
{
    uint32_t have = probe();

    if (strcmp(wanted, "auto") == 0)
        e->features = have;
    if (strcmp(wanted, "auto") == 0 || strcmp(wanted, "none") == 0)
        return 0;
    for (;;) {
        wanted += strspn(wanted, " ");
        int length = (int)strcspn(wanted, ", ");
        if (add(e, have, wanted, length, err))
            return -1;
        wanted += length;
        wanted += strspn(wanted, " ");
        if (!*wanted)
            return 0;
        if (*wanted++ != ',')
            return vm_error_set(err, "host-features: names are separated by commas");
    }
}

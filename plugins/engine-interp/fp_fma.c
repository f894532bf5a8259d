/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fused multiply-add by the host's instruction, on x86-64 processors that have it: the plugin as a
 * whole is built for those that have not, so this file alone asks the compiler for it.
 */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("fma")
#define HAVE_HOST_FMA 1
#else
#define HAVE_HOST_FMA 0
#endif
#include "interp.h"

#if HAVE_HOST_FMA
#define FMA(F, T, BITS)                                                                            \
    static uint64_t F##_fma(struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t mode) \
    {                                                                                              \
        struct vm_fp_env env;                                                                      \
        uint8_t *flags = interp_fp_begin(cpu, mode, &env);                                         \
        T result = vm_##F##_fma(&env, (T)a, (T)b, (T)c);                                           \
        *flags |= env.flags;                                                                       \
        return (uint64_t)(int64_t)(int##BITS##_t)result;                                           \
    }

FMA(f32, uint32_t, 32)
FMA(f64, uint64_t, 64)
#endif

interp_fp_fn interp_fp_host_fma(uint32_t column)
{
#if HAVE_HOST_FMA
    if (column != FP_COLUMN_F16 && __builtin_cpu_supports("fma"))
        return column == FP_COLUMN_F64 ? f64_fma : f32_fma;
#endif
    (void)column;
    return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vector_types.h - a vector as C sees it, and functions on vectors. */
#ifndef ENGINE_COMMON_VECTOR_TYPES_H
#define ENGINE_COMMON_VECTOR_TYPES_H

#include <stdint.h>

union vector {
    uint8_t u8[16];
    uint16_t u16[8];
    uint32_t u32[4];
    uint64_t u64[2];
    int8_t s8[16];
    int16_t s16[8];
    int32_t s32[4];
    int64_t s64[2];
} __attribute__((may_alias));

/* d = operation on a, b and c; n: the immediate, or a lane's number. d may be one of the others. */
typedef void (*vector_fn)(union vector *d, const union vector *a, const union vector *b,
                          const union vector *c, uint32_t n);

/* A lane of so many bytes, zero-extended. */
static inline uint64_t vector_lane(const union vector *v, uint32_t bytes, uint32_t i)
{
    return bytes == 8 ? v->u64[i] : bytes == 4 ? v->u32[i] : bytes == 2 ? v->u16[i] : v->u8[i];
}

static inline void vector_set_lane(union vector *v, uint32_t bytes, uint32_t i, uint64_t x)
{
    if (bytes == 8)
        v->u64[i] = x;
    else if (bytes == 4)
        v->u32[i] = (uint32_t)x;
    else if (bytes == 2)
        v->u16[i] = (uint16_t)x;
    else
        v->u8[i] = (uint8_t)x;
}

#define VECTOR_ARGS \
    union vector *d, const union vector *a, const union vector *b, const union vector *c, uint32_t n
#define VECTOR_UNUSED ((void)a, (void)b, (void)c, (void)n)

#endif

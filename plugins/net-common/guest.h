/* SPDX-License-Identifier: BSD-2-Clause */
/* guest.h - copies out of memory that a guest may write meanwhile. */
#ifndef NET_COMMON_GUEST_H
#define NET_COMMON_GUEST_H

#include <stdint.h>
#include <string.h>

#if defined(__SANITIZE_THREAD__)
#define GUEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GUEST_TSAN 1
#endif
#endif
#ifndef GUEST_TSAN
#define GUEST_TSAN 0
#endif

/* A guest that does so gets what it deserves; the thread sanitizer, which would report that, sees
 * relaxed atomics. */
static inline void guest_copy(uint8_t *to, const uint8_t *from, uint64_t n)
{
#if GUEST_TSAN
    for (uint64_t i = 0; i < n; i++)
        to[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
#else
    memcpy(to, from, n);
#endif
}

#endif

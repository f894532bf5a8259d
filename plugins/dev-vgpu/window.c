/* SPDX-License-Identifier: BSD-2-Clause */
/* window.c - the memory that guest and device share. Others write it at the same time. */
#include <string.h>

#include "vgpu.h"

int window_has(const struct vgpu *v, uint64_t offset, uint64_t length)
{
    return offset <= v->window_size && length <= v->window_size - offset;
}

uint64_t get_le(const void *from, uint32_t n)
{
    const uint8_t *bytes = from;
    uint64_t value = 0;

    for (uint32_t i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

void put_le(void *to, uint32_t n, uint64_t value)
{
    uint8_t *bytes = to;

    for (uint32_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* Words where they are aligned: a guest that races gets old or new ones, and no host is confused.
 */
void window_read(const struct vgpu *v, uint64_t offset, void *to, uint64_t n)
{
    const uint8_t *from = v->window + offset;
    uint8_t *bytes = to;

    while (n > 0) {
        if (n >= 8 && ((uintptr_t)from & 7) == 0) {
            uint64_t word = __atomic_load_n((const uint64_t *)(const void *)from, __ATOMIC_RELAXED);
            memcpy(bytes, &word, 8);
            from += 8, bytes += 8, n -= 8;
        } else {
            *bytes++ = __atomic_load_n(from++, __ATOMIC_RELAXED);
            n--;
        }
    }
}

void window_write(struct vgpu *v, uint64_t offset, const void *from, uint64_t n)
{
    uint8_t *to = v->window + offset;
    const uint8_t *bytes = from;

    while (n > 0) {
        if (n >= 8 && ((uintptr_t)to & 7) == 0) {
            uint64_t word;
            memcpy(&word, bytes, 8);
            __atomic_store_n((uint64_t *)(void *)to, word, __ATOMIC_RELAXED);
            to += 8, bytes += 8, n -= 8;
        } else {
            __atomic_store_n(to++, *bytes++, __ATOMIC_RELAXED);
            n--;
        }
    }
}

/* What does not find the memory by itself. */

static int read_memory(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    uint8_t bytes[8];

    window_read(dev, offset, bytes, size);
    *value = get_le(bytes, size);
    return VM_ACCESS_OK;
}

static int write_memory(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    uint8_t bytes[8];

    put_le(bytes, size, value);
    window_write(dev, offset, bytes, size);
    return VM_ACCESS_OK;
}

const struct vm_region_ops window_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = read_memory,
    .write = write_memory,
};

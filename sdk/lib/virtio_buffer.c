/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_buffer.c - copies to and from the pieces of a chain. */
#include <string.h>
#include <vmrun/virtio.h>

#if defined(__SANITIZE_THREAD__)
#define TSAN_BUILD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN_BUILD 1
#endif
#endif

/* Guests may change what is copied meanwhile, and get what they deserve; the thread sanitizer,
 * which would report that, sees relaxed atomics. */
static void copy(uint8_t *to, const uint8_t *from, uint64_t n)
{
#ifdef TSAN_BUILD
    for (uint64_t i = 0; i < n; i++)
        __atomic_store_n(to + i, __atomic_load_n(from + i, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
#else
    memcpy(to, from, n);
#endif
}

static uint64_t transfer(const struct vm_iovec *iov, uint32_t n_iov, uint64_t offset, uint8_t *own,
                         uint64_t n, int to_guest)
{
    uint64_t done = 0;

    for (uint32_t i = 0; i < n_iov && done < n; i++) {
        uint8_t *base = iov[i].base;
        uint64_t length = iov[i].length, part;

        if (offset >= length) {
            offset -= length;
            continue;
        }
        part = length - offset < n - done ? length - offset : n - done;
        if (to_guest)
            copy(base + offset, own + done, part);
        else
            copy(own + done, base + offset, part);
        done += part;
        offset = 0;
    }
    return done;
}

uint64_t vm_virtio_read(const struct vm_virtq_element *e, uint64_t offset, void *to, uint64_t n)
{
    return transfer(e->out, e->n_out, offset, to, n, 0);
}

uint64_t vm_virtio_write(const struct vm_virtq_element *e, uint64_t offset, const void *from,
                         uint64_t n)
{
    /* Only read from: the pointer loses its const because it serves both ways. */
    return transfer(e->in, e->n_in, offset, (uint8_t *)(uintptr_t)from, n, 1);
}

uint32_t vm_iovec_slice(const struct vm_iovec *from, uint32_t n, uint64_t offset, uint64_t length,
                        struct vm_iovec *to, uint32_t room)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < n && length > 0 && count < room; i++) {
        uint64_t part;

        if (offset >= from[i].length) {
            offset -= from[i].length;
            continue;
        }
        part = from[i].length - offset < length ? from[i].length - offset : length;
        to[count++] = (struct vm_iovec){(uint8_t *)from[i].base + offset, part};
        length -= part;
        offset = 0;
    }
    return count;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmio.c - one register access under the size rules of its region.
 *
 * The bus lets accesses of valid_min..valid_max through. Those wider than impl_max are split into
 * accesses of impl_max in rising address order. Reads narrower than impl_min read impl_min and keep
 * the bytes that were asked for; a narrower write is a bus error, since writing the neighbours too
 * would do what the guest did not ask for. Inside, values are in the order of a little-endian load;
 * a big-endian region's are swapped at the border to its ops.
 */
#include <inttypes.h>
#include <vmrun/cpu.h>
#include "core/event/event.h"
#include "core/memory/space.h"

static uint64_t low_bytes(uint64_t value, uint32_t size)
{
    return size >= 8 ? value : value & ((UINT64_C(1) << (8 * size)) - 1);
}

static uint64_t to_region_order(const struct vm_region *r, uint64_t value, uint32_t size)
{
    value = low_bytes(value, size);
    if (r->byte_order == VM_BIG_ENDIAN)
        value = __builtin_bswap64(value) >> (64 - 8 * size);
    return value;
}

/* One call of ops->read or ops->write; size and offset are what ops takes. */
static int read_one(const struct mmio_target *t, uint64_t offset, uint32_t size, uint64_t *value)
{
    uint64_t raw = 0;
    if (t->region.ops->read(t->dev, offset, size, &raw) != VM_ACCESS_OK)
        return VM_ACCESS_ERROR;
    *value = to_region_order(&t->region, raw, size);
    return VM_ACCESS_OK;
}

static int write_one(const struct mmio_target *t, uint64_t offset, uint32_t size, uint64_t value)
{
    value = to_region_order(&t->region, value, size);
    return t->region.ops->write(t->dev, offset, size, value) == VM_ACCESS_OK ? VM_ACCESS_OK
                                                                             : VM_ACCESS_ERROR;
}

/* Reads the impl_min-sized cells that hold [offset, offset + size): one, or two if it is
 * misaligned. */
static int read_widened(const struct mmio_target *t, uint64_t offset, uint32_t size,
                        uint64_t *value)
{
    const struct vm_region *r = &t->region;
    uint32_t cell = r->impl_min;
    *value = 0;
    for (uint32_t done = 0; done < size;) {
        uint64_t at = (offset + done) & ~(uint64_t)(cell - 1), v;
        uint32_t skip = (uint32_t)(offset + done - at);
        uint32_t part = cell - skip < size - done ? cell - skip : size - done;
        if (cell > r->length - at || read_one(t, at, cell, &v) != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
        *value |= low_bytes(v >> (8 * skip), part) << (8 * done);
        done += part;
    }
    return VM_ACCESS_OK;
}

static int read_sized(const struct mmio_target *t, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct vm_region *r = &t->region;
    if (size < r->impl_min)
        return read_widened(t, offset, size, value);
    uint32_t step = size > r->impl_max ? r->impl_max : size;
    *value = 0;
    for (uint32_t done = 0; done < size; done += step) {
        uint64_t v;
        if (read_one(t, offset + done, step, &v) != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
        *value |= v << (8 * done);
    }
    return VM_ACCESS_OK;
}

static int write_sized(const struct mmio_target *t, uint64_t offset, uint32_t size, uint64_t value)
{
    const struct vm_region *r = &t->region;
    if (size < r->impl_min)
        return VM_ACCESS_ERROR;
    uint32_t step = size > r->impl_max ? r->impl_max : size;
    for (uint32_t done = 0; done < size; done += step)
        if (write_one(t, offset + done, step, value >> (8 * done)) != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
    return VM_ACCESS_OK;
}

static bool is_let_through(const struct vm_region *r, uint64_t offset, uint32_t size)
{
    return size >= r->valid_min && size <= r->valid_max && (size & (size - 1)) == 0 &&
           size <= r->length - offset && (r->unaligned || (offset & (size - 1)) == 0);
}

static void trace(const struct mmio_target *t, const char *what, uint64_t offset, uint32_t size,
                  uint64_t value, int result)
{
    const char *name = t->name ? t->name : "device";
    if (result == VM_ACCESS_OK)
        trace_line("devices", "%s: %s%u +0x%" PRIx64 " = 0x%" PRIx64, name, what, size * 8, offset,
                   value);
    else
        trace_line("devices", "%s: %s%u +0x%" PRIx64 ": bus error", name, what, size * 8, offset);
}

int mmio_read(const struct space_range *range, uint64_t pa, uint32_t size, uint64_t *value)
{
    const struct mmio_target *t = range->mmio;
    uint64_t offset = pa - range->base;
    int result = VM_ACCESS_ERROR;
    *value = 0;
    if (is_let_through(&t->region, offset, size) && (!t->lock || t->lock(t->lock_arg))) {
        result = read_sized(t, offset, size, value);
        if (t->lock)
            t->unlock(t->lock_arg);
    }
    if (__builtin_expect(trace_mask & VM_TRACE_DEVICES, 0))
        trace(t, "read", offset, size, *value, result);
    return result;
}

int mmio_write(const struct space_range *range, uint64_t pa, uint32_t size, uint64_t value)
{
    const struct mmio_target *t = range->mmio;
    uint64_t offset = pa - range->base;
    int result = VM_ACCESS_ERROR;
    if (is_let_through(&t->region, offset, size) && (!t->lock || t->lock(t->lock_arg))) {
        result = write_sized(t, offset, size, value);
        if (t->lock)
            t->unlock(t->lock_arg);
    }
    if (__builtin_expect(trace_mask & VM_TRACE_DEVICES, 0))
        trace(t, "write", offset, size, value, result);
    return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest-physical address space: ranges and their overlap, look-up, bulk copies, translated-code
 * hook, and the size rules of register accesses.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/cpu.h>
#include "core/memory/space.h"

static const struct ram_options plain_ram = {.hugepages = false, .numa_node = -1};

/* ---- a device of 32 bytes that checks what it is asked ---- */

enum { DEVICE_BYTES = 32 };

struct device {
    struct vm_region region; /* what it declared, defaults filled in */
    uint8_t bytes[DEVICE_BYTES];
    int calls, broken_calls;
    int fail_at; /* the call that answers with an error; -1: none */
    bool locked, refuse_lock;
    int locks;
};

static bool check_call(struct device *d, uint64_t offset, uint32_t size)
{
    const struct vm_region *r = &d->region;
    bool ok = d->locked && (size == 1 || size == 2 || size == 4 || size == 8) &&
              size >= r->impl_min && size <= r->impl_max && offset + size <= r->length &&
              (r->unaligned || offset % size == 0);
    d->broken_calls += !ok;
    return ok && d->calls++ != d->fail_at;
}

static int device_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct device *d = dev;
    if (!check_call(d, offset, size))
        return VM_ACCESS_ERROR;
    *value = 0;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t place = d->region.byte_order == VM_BIG_ENDIAN ? size - 1 - i : i;
        *value |= (uint64_t)d->bytes[offset + i] << (8 * place);
    }
    return VM_ACCESS_OK;
}

static int device_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct device *d = dev;
    if (!check_call(d, offset, size))
        return VM_ACCESS_ERROR;
    if (size < 8 && value >> (8 * size))
        d->broken_calls++;
    for (uint32_t i = 0; i < size; i++) {
        uint32_t place = d->region.byte_order == VM_BIG_ENDIAN ? size - 1 - i : i;
        d->bytes[offset + i] = (uint8_t)(value >> (8 * place));
    }
    return VM_ACCESS_OK;
}

static bool device_lock(void *arg)
{
    struct device *d = arg;
    if (d->refuse_lock || d->locked)
        return false;
    d->locked = true;
    d->locks++;
    return true;
}

static void device_unlock(void *arg)
{
    ((struct device *)arg)->locked = false;
}

static const struct vm_region_ops device_ops = {
    .size = sizeof(device_ops), .read = device_read, .write = device_write};

static struct mmio_target device_target(struct device *d)
{
    memset(d, 0, sizeof(*d));
    d->fail_at = -1;
    for (int i = 0; i < DEVICE_BYTES; i++)
        d->bytes[i] = (uint8_t)(0x81 + 7 * i);
    d->region = (struct vm_region){.size = sizeof(d->region),
                                   .kind = VM_REGION_MMIO,
                                   .name = "regs",
                                   .length = DEVICE_BYTES,
                                   .ops = &device_ops,
                                   .valid_min = 1,
                                   .valid_max = 8,
                                   .impl_min = 1,
                                   .impl_max = 8};
    return (struct mmio_target){.region = d->region,
                                .dev = d,
                                .lock_arg = d,
                                .lock = device_lock,
                                .unlock = device_unlock,
                                .name = "device"};
}

static struct space *new_space(void)
{
    struct space *s = space_new();
    cr_assert(s);
    return s;
}

static void add_ram(struct space *s, uint64_t base, uint64_t length)
{
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_eq(space_add_ram(s, base, length, &plain_ram, &err), 0, "%s", err.text);
}

/* ---- ranges ---- */

Test(space, refuses_bad_ranges)
{
    static const struct {
        bool ram;
        uint64_t base, length;
        const char *message; /* part of it */
    } cases[] = {
        {true, 0x80001000, 0x1000, "overlaps RAM at 0x80000000..0x80003fff"},
        {true, 0x7ffff000, 0x2000, "overlaps RAM"},
        {true, 0x7ffff000, 0x10000, "overlaps RAM"},
        {true, 0x80003000, 0x1000, "overlaps RAM"},
        {false, 0x80003fff, 16, "device at 0x80003fff..0x8000400e overlaps RAM"},
        {true, 0x10000000, 0x1000, "RAM at 0x10000000..0x10000fff overlaps device"},
        {false, 0x10000000, 1, "overlaps device"},
        {false, 0x20000000, 0, "no length"},
        {true, 0x20000000, 0, "no length"},
        {true, 0x20000800, 0x1000, "multiple of 4 KiB"},
        {true, 0x20000000, 0x1001, "multiple of 4 KiB"},
        {false, UINT64_MAX - 3, 16, "beyond the end"},
        {true, UINT64_MAX - 0xfff, 0x2000, "beyond the end"},
        {true, 0x1000000000, UINT64_C(1) << 52, "more than this host has"},
    };
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct vm_error err = VM_ERROR_INIT;
    add_ram(s, 0x80000000, 0x4000);
    cr_assert_eq(space_add_mmio(s, 0x10000000, &target, &err), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_error e = VM_ERROR_INIT;
        target.region.length = cases[i].length;
        int rc = cases[i].ram ? space_add_ram(s, cases[i].base, cases[i].length, &plain_ram, &e)
                              : space_add_mmio(s, cases[i].base, &target, &e);
        cr_expect_eq(rc, -1, "case %zu was taken", i);
        cr_expect(strstr(e.text, cases[i].message), "case %zu: '%s'", i, e.text);
    }
    struct space_range none;
    cr_assert_not(space_find(s, 0x20000000, &none));
    space_free(s);
}

Test(space, refuses_bad_regions)
{
    static const struct vm_region_ops no_write = {.size = sizeof(no_write), .read = device_read};
    static const struct {
        const struct vm_region_ops *ops;
        uint8_t valid_min, valid_max, impl_min, impl_max, order;
    } cases[] = {
        {NULL, 1, 8, 1, 8, 0},        {&no_write, 1, 8, 1, 8, 0},     {&device_ops, 3, 8, 1, 8, 0},
        {&device_ops, 4, 1, 1, 8, 0}, {&device_ops, 1, 16, 1, 8, 0},  {&device_ops, 1, 8, 0, 8, 0},
        {&device_ops, 1, 8, 8, 4, 0}, {&device_ops, 1, 8, 1, 255, 0}, {&device_ops, 1, 8, 1, 8, 2},
    };
    struct space *s = new_space();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct device d;
        struct mmio_target target = device_target(&d);
        struct vm_error err = VM_ERROR_INIT;
        target.region.ops = cases[i].ops;
        target.region.valid_min = cases[i].valid_min;
        target.region.valid_max = cases[i].valid_max;
        target.region.impl_min = cases[i].impl_min;
        target.region.impl_max = cases[i].impl_max;
        target.region.byte_order = cases[i].order;
        cr_expect_eq(space_add_mmio(s, 0x1000, &target, &err), -1, "case %zu was taken", i);
        cr_expect(err.set);
    }
    space_free(s);
}

Test(space, no_such_numa_node)
{
    struct space *s = new_space();
    struct vm_error err = VM_ERROR_INIT;
    struct ram_options o = {.numa_node = 1000};
    cr_assert_eq(space_add_ram(s, 0, 0x1000, &o, &err), -1);
    cr_assert(strstr(err.text, "NUMA node 1000") || strstr(err.text, "no NUMA support"), "%s",
              err.text);
    space_free(s);
}

/* Against a linear search, with ranges added in random order, the last one ending at 2^64. */
Test(space, finds_ranges)
{
    enum { N = 200 };
    uint64_t base[N], length[N];
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    srand(1);
    for (int i = 0; i < N; i++) {
        base[i] = (uint64_t)i * 0x1000 + (uint64_t)(rand() % 0x800);
        length[i] = 1 + (uint64_t)(rand() % 0x800);
    }
    base[N - 1] = UINT64_MAX - 15;
    length[N - 1] = 16;
    for (int i = 0; i < N; i++) {
        int j = (i * 77) % N; /* a permutation: 77 and 200 have no common factor */
        struct vm_error err = VM_ERROR_INIT;
        target.region.length = length[j];
        cr_assert_eq(space_add_mmio(s, base[j], &target, &err), 0, "%s", err.text);
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t pa = i % 2 ? base[rand() % N] + (uint64_t)(rand() % 3) - 1
                            : (uint64_t)(rand() % (N * 0x1000));
        struct space_range r;
        bool found = space_find(s, pa, &r);
        int expected = -1;
        for (int j = 0; j < N; j++)
            if (pa >= base[j] && pa - base[j] < length[j])
                expected = j;
        if (expected < 0)
            cr_assert(!found, "0x%" PRIx64, pa);
        else
            cr_assert(found && r.base == base[expected] && r.length == length[expected],
                      "0x%" PRIx64, pa);
    }
    struct space_range top;
    cr_assert(space_find(s, UINT64_MAX, &top));
    space_free(s);
}

Test(space, ram_pointers_stay_in_one_block)
{
    struct space *s = new_space();
    struct ram_block *const *blocks;
    add_ram(s, 0x80000000, 0x4000);
    add_ram(s, 0x80004000, 0x2000); /* adjacent, but other memory */
    cr_assert_eq(space_ram_blocks(s, &blocks), 2);
    cr_assert_eq(space_ram(s, 0x80000000, 0x4000), blocks[0]->host);
    cr_assert_eq(space_ram(s, 0x80003fff, 1), blocks[0]->host + 0x3fff);
    cr_assert_null(space_ram(s, 0x80003fff, 2));
    cr_assert_null(space_ram(s, 0x7fffffff, 2));
    cr_assert_null(space_ram(s, 0x80000000, UINT64_MAX));
    cr_assert_eq(space_ram(s, 0x80005fff, 1), blocks[1]->host + 0x1fff);
    cr_assert_null(space_ram(s, 0x80006000, 1));
    space_free(s);
}

/* ---- bulk copies and the code hook ---- */

struct hook_log {
    int calls;
    uint64_t pa[8], n[8];
};

static bool log_hook(void *opaque, uint64_t pa, uint64_t n)
{
    struct hook_log *log = opaque;
    if (log->calls < 8) {
        log->pa[log->calls] = pa;
        log->n[log->calls] = n;
    }
    log->calls++;
    return true;
}

Test(space, copies_across_blocks_and_registers)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct vm_error err = VM_ERROR_INIT;
    uint8_t in[0x3010], out[0x3010];
    add_ram(s, 0x1000, 0x2000);
    add_ram(s, 0x3000, 0x1000);
    cr_assert_eq(space_add_mmio(s, 0x4000, &target, &err), 0);
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(i * 31 + (i >> 8));
    cr_assert_eq(space_write(s, 0x1000, in, 0x3000, false), VM_ACCESS_OK);
    cr_assert_eq(space_read(s, 0x1000, out, 0x3000, false), VM_ACCESS_OK);
    cr_assert_arr_eq(in, out, 0x3000);
    cr_assert_eq(space_write(s, 0x1000, in, 0x3010, false), VM_ACCESS_ERROR);
    cr_assert_eq(d.calls, 0);
    cr_assert_eq(space_write(s, 0x1005, in, 0x300b, true), VM_ACCESS_OK);
    cr_assert_eq(space_read(s, 0x1005, out, 0x300b, true), VM_ACCESS_OK);
    cr_assert_arr_eq(in, out, 0x300b);
    cr_assert_eq(d.calls, 4); /* two accesses of 8 bytes each way */
    cr_assert_eq(d.broken_calls, 0);
    cr_assert_eq(space_read(s, 0x401f, out, 2, true), VM_ACCESS_ERROR);
    cr_assert_eq(space_read(s, 0x0fff, out, 2, true), VM_ACCESS_ERROR);
    cr_assert_eq(space_read(s, 0x9999, out, 0, true), VM_ACCESS_OK);
    space_free(s);
}

Test(space, odd_register_copies)
{
    for (uint32_t first = 0; first < 8; first++) {
        for (uint32_t n = 1; n + first <= DEVICE_BYTES; n++) {
            struct space *s = new_space();
            struct device d;
            struct mmio_target target = device_target(&d);
            struct vm_error err = VM_ERROR_INIT;
            uint8_t out[DEVICE_BYTES];
            cr_assert_eq(space_add_mmio(s, 0x4000, &target, &err), 0);
            cr_assert_eq(space_read(s, 0x4000 + first, out, n, true), VM_ACCESS_OK);
            cr_assert_arr_eq(out, d.bytes + first, n);
            cr_assert_eq(d.broken_calls, 0);
            space_free(s);
        }
    }
}

Test(space, code_hook_is_told_page_by_page)
{
    struct space *s = new_space();
    struct hook_log log = {0};
    uint8_t data[0x3000] = {1};
    add_ram(s, 0x10000, 0x8000);
    space_set_code_hook(s, log_hook, &log);
    const struct ram_block *ram = space_ram_block(s, 0x10000);
    atomic_store(ram_page_flags(ram, 0x11000), PAGE_CODE);
    atomic_store(ram_page_flags(ram, 0x13000), PAGE_CODE);
    cr_assert_eq(space_write(s, 0x10000, data, 0x1000, false), VM_ACCESS_OK);
    cr_assert_eq(log.calls, 0);
    cr_assert_eq(space_write(s, 0x10ffe, data, 0x3000, false), VM_ACCESS_OK);
    cr_assert_eq(log.calls, 2);
    cr_assert_eq(log.pa[0], 0x11000);
    cr_assert_eq(log.n[0], 0x1000);
    cr_assert_eq(log.pa[1], 0x13000);
    cr_assert_eq(log.n[1], 0xffe);
    space_free(s);
}

Test(space, clear_gives_zeroes)
{
    struct space *s = new_space();
    uint64_t value = 1;
    add_ram(s, 0, 0x400000);
    for (uint64_t pa = 0; pa < 0x400000; pa += 0x1000)
        cr_assert_eq(space_write(s, pa, &value, 8, false), VM_ACCESS_OK);
    space_clear_ram(s);
    for (uint64_t pa = 0; pa < 0x400000; pa += 0x1000) {
        cr_assert_eq(space_read(s, pa, &value, 8, false), VM_ACCESS_OK);
        cr_assert_eq(value, 0);
    }
    space_free(s);
}

/* ---- registers ---- */

static bool let_through(const struct vm_region *r, uint64_t offset, uint32_t size)
{
    return size >= r->valid_min && size <= r->valid_max && offset + size <= r->length &&
           (r->unaligned || offset % size == 0);
}

static void try_one_read(const struct space_range *r, struct device *d, uint64_t offset,
                         uint32_t size, const char *what)
{
    uint64_t value = 0, expected = 0;
    for (uint32_t i = 0; i < size && offset + i < DEVICE_BYTES; i++)
        expected |= (uint64_t)d->bytes[offset + i] << (8 * i);
    int rc = mmio_read(r, 0x4000 + offset, size, &value);
    bool allowed = let_through(&d->region, offset, size);
    cr_assert_eq(rc, allowed ? VM_ACCESS_OK : VM_ACCESS_ERROR, "%s: read %u at %d", what, size,
                 (int)offset);
    cr_assert(!allowed || value == expected, "%s: read %u at %d gave 0x%" PRIx64, what, size,
              (int)offset, value);
}

static void try_one_write(const struct space_range *r, struct device *d, uint64_t offset,
                          uint32_t size, const char *what)
{
    static const uint8_t data[8] = {0xf1, 0xe2, 0xd3, 0xc4, 0xb5, 0xa6, 0x97, 0x88};
    uint8_t expected[DEVICE_BYTES];
    uint64_t value;
    memcpy(&value, data, 8); /* more than `size` bytes of it must not matter */
    memcpy(expected, d->bytes, sizeof(expected));
    bool allowed = let_through(&d->region, offset, size) && size >= d->region.impl_min;
    if (allowed)
        memcpy(expected + offset, data, size);
    int rc = mmio_write(r, 0x4000 + offset, size, value);
    cr_assert_eq(rc, allowed ? VM_ACCESS_OK : VM_ACCESS_ERROR, "%s: write %u at %d", what, size,
                 (int)offset);
    cr_assert_arr_eq(d->bytes, expected, sizeof(expected), "%s: write %u at %d", what, size,
                     (int)offset);
}

static void try_region(struct vm_region *shape)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct vm_error err = VM_ERROR_INIT;
    char what[80];
    snprintf(what, sizeof(what), "valid %u..%u implemented %u..%u order %u unaligned %u",
             shape->valid_min, shape->valid_max, shape->impl_min, shape->impl_max,
             shape->byte_order, shape->unaligned);
    target.region.valid_min = shape->valid_min;
    target.region.valid_max = shape->valid_max;
    target.region.impl_min = shape->impl_min;
    target.region.impl_max = shape->impl_max;
    target.region.byte_order = shape->byte_order;
    target.region.unaligned = shape->unaligned;
    d.region = target.region;
    cr_assert_eq(space_add_mmio(s, 0x4000, &target, &err), 0, "%s: %s", what, err.text);
    struct space_range range, *r = &range;
    cr_assert(space_find(s, 0x4000, r));
    for (uint32_t size = 1; size <= 8; size *= 2) {
        for (uint64_t offset = 0; offset < DEVICE_BYTES; offset++) {
            /* The widened cells of a misaligned read at the end may lie outside: a bus error too.
             */
            if (shape->unaligned && size < shape->impl_min &&
                ((offset + size + shape->impl_min - 1) & -(uint64_t)shape->impl_min) > DEVICE_BYTES)
                continue;
            try_one_read(r, &d, offset, size, what);
            try_one_write(r, &d, offset, size, what);
        }
    }
    cr_assert_eq(d.broken_calls, 0, "%s", what);
    space_free(s);
}

/* Every combination of sizes, byte order and alignment: what comes out are always the bytes of the
 * device in address order. */
Test(mmio, size_rules)
{
    struct vm_region r;
    memset(&r, 0, sizeof(r));
    for (r.valid_min = 1; r.valid_min <= 8; r.valid_min *= 2)
        for (r.valid_max = r.valid_min; r.valid_max <= 8; r.valid_max *= 2)
            for (r.impl_min = 1; r.impl_min <= 8; r.impl_min *= 2)
                for (r.impl_max = r.impl_min; r.impl_max <= 8; r.impl_max *= 2)
                    for (r.byte_order = 0; r.byte_order < 2; r.byte_order++)
                        for (r.unaligned = 0; r.unaligned < 2; r.unaligned++)
                            try_region(&r);
}

Test(mmio, sizes_that_are_none)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct vm_error err = VM_ERROR_INIT;
    uint64_t value;
    target.region.unaligned = 1;
    cr_assert_eq(space_add_mmio(s, 0x4000, &target, &err), 0);
    struct space_range range, *r = &range;
    cr_assert(space_find(s, 0x4000, r));
    static const uint32_t sizes[] = {0, 3, 5, 6, 7, 9, 16, UINT32_MAX};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        cr_assert_eq(mmio_read(r, 0x4000, sizes[i], &value), VM_ACCESS_ERROR, "%u", sizes[i]);
    space_free(s);
}

Test(mmio, lock_and_errors)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct vm_error err = VM_ERROR_INIT;
    uint64_t value;
    target.region.impl_max = 2;
    d.region = target.region;
    cr_assert_eq(space_add_mmio(s, 0x4000, &target, &err), 0);
    struct space_range range, *r = &range;
    cr_assert(space_find(s, 0x4000, r));
    cr_assert_eq(mmio_read(r, 0x4000, 8, &value), VM_ACCESS_OK);
    cr_assert_eq(d.calls, 4);
    cr_assert_eq(d.locks, 1); /* one lock around all parts */
    d.fail_at = 5;
    cr_assert_eq(mmio_write(r, 0x4000, 8, 0), VM_ACCESS_ERROR);
    cr_assert_eq(d.calls, 6); /* none after the one that failed */
    cr_assert(!d.locked);
    d.locked = true; /* as when its own DMA leads back to it */
    cr_assert_eq(mmio_read(r, 0x4000, 1, &value), VM_ACCESS_ERROR);
    cr_assert_eq(mmio_write(r, 0x4000, 1, 0), VM_ACCESS_ERROR);
    cr_assert_eq(d.calls, 6);
    space_free(s);
}

/* ---- ranges that move ---- */

static struct space_movable *add_movable(struct space *s, const struct mmio_target *target)
{
    struct vm_error err = VM_ERROR_INIT;
    struct space_movable *m = space_add_movable(s, target, NULL, &err);
    cr_assert(m, "%s", err.text);
    return m;
}

/* The device at pa, by what it was given as its lock's argument; found both ways. */
static void *who_is_at(const struct space *s, uint64_t pa)
{
    static struct space_hint hints[SPACE_HINTS];
    struct space_range r;
    bool found = space_find(s, pa, &r);
    const struct space_range *again = space_find_again(s, pa, hints);
    cr_assert_eq(found, again != NULL, "0x%" PRIx64, pa);
    cr_assert(!found || (again->base == r.base && again->mmio == r.mmio), "0x%" PRIx64, pa);
    return found && r.mmio ? r.mmio->lock_arg : NULL;
}

Test(space, ranges_move)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    add_ram(s, 0x80000000, 0x1000);
    struct space_movable *m = add_movable(s, &target);
    cr_assert_null(who_is_at(s, 0));
    for (uint64_t base = 0x1000; base < 0x10000; base += 0x1000) {
        space_place(s, m, true, base);
        cr_assert_eq(who_is_at(s, base), &d);
        cr_assert_eq(who_is_at(s, base + DEVICE_BYTES - 1), &d);
        cr_assert_null(who_is_at(s, base + DEVICE_BYTES));
        cr_assert_null(who_is_at(s, base - 0x1000));
    }
    space_place(s, m, true, UINT64_MAX - DEVICE_BYTES + 1);
    cr_assert_eq(who_is_at(s, UINT64_MAX), &d);
    space_place(s, m, true, UINT64_MAX - DEVICE_BYTES + 2); /* wraps around */
    cr_assert_null(who_is_at(s, UINT64_MAX));
    cr_assert_null(who_is_at(s, 0));
    space_place(s, m, true, 0x80000ff0); /* over RAM */
    cr_assert_null(who_is_at(s, 0x80000ff0));
    cr_assert_null(who_is_at(s, 0x80001000));
    space_place(s, m, true, 0x80001000);
    cr_assert_eq(who_is_at(s, 0x80001000), &d);
    space_place(s, m, false, 0);
    cr_assert_null(who_is_at(s, 0x80001000));
    space_place(s, m, false, 0);
    space_free(s);
}

Test(space, first_come_is_seen)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct space_movable *m[4];
    int names[4];
    for (int i = 0; i < 4; i++) {
        target.lock_arg = &names[i];
        m[i] = add_movable(s, &target);
    }
    for (int i = 3; i >= 0; i--)
        space_place(s, m[i], true, 0x1000 + 16 * (uint64_t)i); /* each overlaps its neighbours */
    cr_assert_eq(who_is_at(s, 0x1030), &names[3]);
    cr_assert_eq(who_is_at(s, 0x1010), &names[1]);
    cr_assert_null(who_is_at(s, 0x1000));
    space_place(s, m[1], true, 0x5000); /* goes: 2 still touches 3, 0 is free */
    cr_assert_eq(who_is_at(s, 0x1000), &names[0]);
    cr_assert_null(who_is_at(s, 0x1020));
    space_place(s, m[3], false, 0);
    cr_assert_eq(who_is_at(s, 0x1020), &names[2]);
    space_place(s, m[3], true, 0x1020);
    cr_assert_eq(who_is_at(s, 0x1020), &names[2]);
    space_place(s, m[3], true, 0x1040); /* one that is hidden moves */
    cr_assert_eq(who_is_at(s, 0x1040), &names[3]);
    space_free(s);
}

Test(space, reserved_for_what_moves)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct vm_error err = VM_ERROR_INIT;
    add_ram(s, 0x80000000, 0x1000);
    cr_assert_eq(space_reserve(s, 0x80000800, 0x1000, "pci memory", &err), -1);
    cr_assert(strstr(err.text, "pci memory at 0x80000800..0x800017ff overlaps RAM"), "%s",
              err.text);
    cr_assert_eq(space_reserve(s, 0x40000000, 0x1000, "pci memory", &err), 0);
    cr_assert_eq(space_add_mmio(s, 0x40000ff0, &target, &err), -1);
    cr_assert(strstr(err.text, "overlaps pci memory at 0x40000000..0x40000fff"), "%s", err.text);
    space_place(s, add_movable(s, &target), true, 0x40000ff0);
    cr_assert_eq(who_is_at(s, 0x40000ff0), &d);
    space_free(s);
}

/* ---- threads ---- */

static _Atomic bool finished;

static void *find_forever(void *arg)
{
    struct space *s = arg;
    struct space_hint hints[SPACE_HINTS] = {0};
    uint64_t found = 0;
    while (!atomic_load(&finished)) {
        struct space_range r;
        uint64_t pa = 0x10000000 + (found++ % 100) * 0x1000;
        if (!space_find(s, 0x80000000, &r) || !r.ram || r.base != 0x80000000)
            return (void *)"RAM is gone";
        if (!space_find(s, 0x90000000, &r) || !r.mmio || r.length != DEVICE_BYTES)
            return (void *)"what stays is gone";
        if (space_find(s, pa, &r) && (!r.mmio || r.length != DEVICE_BYTES || r.base != pa))
            return (void *)"a broken range";
        const struct space_range *again = space_find_again(s, pa, hints);
        if (again && (!again->mmio || again->length != DEVICE_BYTES || again->base != pa))
            return (void *)"a broken hint";
    }
    return NULL;
}

Test(space, found_while_it_changes)
{
    struct space *s = new_space();
    struct device d;
    struct mmio_target target = device_target(&d);
    struct vm_error err = VM_ERROR_INIT;
    struct space_movable *moving[20];
    pthread_t threads[2];
    add_ram(s, 0x80000000, 0x1000);
    cr_assert_eq(space_add_mmio(s, 0x90000000, &target, &err), 0);
    for (int i = 0; i < 20; i++)
        moving[i] = add_movable(s, &target);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, find_forever, s);
    srand(1);
    for (int i = 0; i < 20000; i++)
        space_place(s, moving[rand() % 20], rand() % 4 != 0,
                    0x10000000 + (uint64_t)(rand() % 100) * 0x1000);
    atomic_store(&finished, true);
    for (int i = 0; i < 2; i++) {
        void *problem;
        pthread_join(threads[i], &problem);
        cr_assert_null(problem, "%s", (const char *)problem);
    }
    space_free(s);
}

static void *dma_forever(void *arg)
{
    struct space *s = arg;
    uint8_t buf[256];
    for (int i = 0; i < 2000; i++) {
        memset(buf, i, sizeof(buf));
        space_write(s, 0x80000000 + (uint64_t)(i % 32), buf, sizeof(buf), false);
        space_read(s, 0x80000000, buf, sizeof(buf), false);
    }
    return NULL;
}

/* Guests race on purpose; the thread sanitizer must not take it for our race. */
Test(space, copies_may_race)
{
    struct space *s = new_space();
    pthread_t threads[2];
    add_ram(s, 0x80000000, 0x1000);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, dma_forever, s);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    space_free(s);
}

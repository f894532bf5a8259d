/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * space.c - the guest-physical address space: RAM blocks, ranges that stay and ranges that move,
 * bulk copies.
 */
#include "core/memory/space.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/cpu.h>
#include "core/host/memory.h"
#include "core/memory/view.h"

/* A range as it is kept: on one list for space_free(). */
struct space_movable {
    struct span span;
    struct space_movable *next;
    /* Those that move: */
    bool placed, visible;
    uint64_t base;
    struct space_movable *next_hidden; /* placed, but something is there already */
};

struct reservation {
    uint64_t base, last;
    char *name;
};

struct space {
    struct view view;
    pthread_mutex_t lock; /* of changes */
    struct ram_block **blocks;
    uint32_t n_blocks;
    struct space_movable *spans;
    struct space_movable *hidden; /* those placed first come first */
    struct reservation *reserved;
    uint32_t n_reserved;
    bool (*hook)(void *opaque, uint64_t pa, uint64_t n);
    void *hook_opaque;
};

static uint64_t range_last(const struct space_range *r)
{
    return r->base + (r->length - 1);
}

static const char *target_name(const struct mmio_target *mmio)
{
    return mmio->name ? mmio->name : "a device";
}

static const char *range_name(const struct space_range *r)
{
    return r->mmio ? target_name(r->mmio) : "RAM";
}

/* ---- building ---- */

struct space *space_new(void)
{
    struct space *s = calloc(1, sizeof(*s));
    if (s)
        pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void free_block(struct ram_block *ram)
{
    host_memory_unmap(ram->host, ram->length);
    free((void *)ram->page_flags);
    free(ram);
}

void space_free(struct space *s)
{
    if (!s)
        return;
    view_free(&s->view);
    while (s->spans) {
        struct space_movable *span = s->spans;
        s->spans = span->next;
        free(span->span.mmio);
        free(span);
    }
    for (uint32_t i = 0; i < s->n_blocks; i++)
        free_block(s->blocks[i]);
    free(s->blocks);
    for (uint32_t i = 0; i < s->n_reserved; i++)
        free(s->reserved[i].name);
    free(s->reserved);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static int overlap(const struct space_range *r, const char *name, const char *other, uint64_t base,
                   uint64_t last, struct vm_error *err)
{
    return vm_error_set(
        err, "%s at 0x%" PRIx64 "..0x%" PRIx64 " overlaps %s at 0x%" PRIx64 "..0x%" PRIx64, name,
        r->base, range_last(r), other, base, last);
}

/* -1 with err set if `r` wraps around or overlaps what is there. */
static int check_range(const struct space *s, const struct space_range *r, const char *name,
                       struct vm_error *err)
{
    if (r->length == 0)
        return vm_error_set(err, "%s at 0x%" PRIx64 " has no length", name, r->base);
    if (range_last(r) < r->base)
        return vm_error_set(err,
                            "%s at 0x%" PRIx64 " (0x%" PRIx64
                            " bytes) goes beyond the end of the address space",
                            name, r->base, r->length);
    uint32_t i = view_overlap(&s->view, r->base, range_last(r));
    if (i != UINT32_MAX) {
        struct space_range there = view_at(&s->view, i);
        return overlap(r, name, range_name(&there), there.base, range_last(&there), err);
    }
    for (i = 0; i < s->n_reserved; i++)
        if (s->reserved[i].base <= range_last(r) && s->reserved[i].last >= r->base)
            return overlap(r, name, s->reserved[i].name, s->reserved[i].base, s->reserved[i].last,
                           err);
    return 0;
}

/* A span on the list, with room for it in the view. NULL: out of memory. */
static struct space_movable *new_span(struct space *s, const struct span *span)
{
    struct space_movable *m = calloc(1, sizeof(*m));
    if (!m || view_grow(&s->view)) {
        free(m);
        return NULL;
    }
    m->span = *span;
    m->next = s->spans;
    s->spans = m;
    return m;
}

static int insert_range(struct space *s, const struct space_range *r, struct vm_error *err)
{
    struct span span = {.length = r->length, .ram = r->ram, .mmio = r->mmio};
    if (check_range(s, r, range_name(r), err))
        return -1;
    struct space_movable *m = new_span(s, &span);
    if (!m)
        return vm_error_set(err, "out of memory while adding %s to the address space",
                            range_name(r));
    view_insert(&s->view, r->base, &m->span);
    return 0;
}

int space_reserve(struct space *s, uint64_t base, uint64_t length, const char *name,
                  struct vm_error *err)
{
    struct space_range r = {.base = base, .length = length};
    if (check_range(s, &r, name, err))
        return -1;
    struct reservation *bigger = realloc(s->reserved, (s->n_reserved + 1) * sizeof(*bigger));
    if (bigger)
        s->reserved = bigger;
    char *copy = bigger ? strdup(name) : NULL;
    if (!copy)
        return vm_error_set(err, "out of memory while %s was put into the address space", name);
    bigger[s->n_reserved++] = (struct reservation){base, range_last(&r), copy};
    return 0;
}

/* Room for one more. */
static int grow_blocks(struct space *s, struct vm_error *err)
{
    struct ram_block **blocks = realloc(s->blocks, (s->n_blocks + 1) * sizeof(*blocks));
    if (!blocks)
        return vm_error_set(err, "out of memory while adding RAM");
    s->blocks = blocks;
    return 0;
}

static int add_block(struct space *s, struct ram_block *ram, struct vm_error *err)
{
    struct space_range r = {.base = ram->base, .length = ram->length, .ram = ram};
    if (grow_blocks(s, err) || insert_range(s, &r, err))
        return -1;
    s->blocks[s->n_blocks++] = ram;
    return 0;
}

static int map_block(struct ram_block *ram, const struct ram_options *o, struct vm_error *err)
{
    ram->host = host_memory_map(ram->length, o->hugepages, o->numa_node, err);
    if (!ram->host)
        return -1;
    ram->page_flags = calloc(ram->length >> VM_PAGE_BITS, 1);
    return ram->page_flags ? 0 : vm_error_set(err, "out of memory for the page flags of RAM");
}

int space_add_ram(struct space *s, uint64_t base, uint64_t length, const struct ram_options *o,
                  struct vm_error *err)
{
    if ((base | length) & ~VM_PAGE_MASK)
        return vm_error_set(err,
                            "RAM at 0x%" PRIx64 " (0x%" PRIx64 " bytes) is not a multiple of 4 KiB",
                            base, length);
    struct ram_block *ram = calloc(1, sizeof(*ram));
    if (!ram)
        return vm_error_set(err, "out of memory while adding RAM");
    ram->base = base;
    ram->length = length;
    struct space_range r = {.base = base, .length = length, .ram = ram};
    if (check_range(s, &r, "RAM", err)) { /* before gigabytes are mapped for nothing */
        free(ram);
        return -1;
    }
    if (map_block(ram, o, err) || add_block(s, ram, err)) {
        free_block(ram);
        return -1;
    }
    return 0;
}

static bool is_access_size(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* Fills in the defaults of a region's sizes and checks them. */
static int check_region(struct mmio_target *t, struct vm_error *err)
{
    struct vm_region *r = &t->region;
    const char *name = t->name ? t->name : "a device";
    if (!r->valid_min && !r->valid_max) {
        r->valid_min = 1;
        r->valid_max = 8;
    }
    if (!r->impl_min && !r->impl_max) {
        r->impl_min = 1;
        r->impl_max = 8;
    }
    if (!r->ops || !r->ops->read || !r->ops->write)
        return vm_error_set(err, "%s: a register region lacks its read or write function", name);
    if (!is_access_size(r->valid_min) || !is_access_size(r->valid_max) ||
        r->valid_min > r->valid_max || !is_access_size(r->impl_min) ||
        !is_access_size(r->impl_max) || r->impl_min > r->impl_max)
        return vm_error_set(err,
                            "%s: the access sizes %u..%u (implemented %u..%u) of a register "
                            "region are not powers of two from 1 to 8 in rising order",
                            name, r->valid_min, r->valid_max, r->impl_min, r->impl_max);
    if (r->byte_order != VM_LITTLE_ENDIAN && r->byte_order != VM_BIG_ENDIAN)
        return vm_error_set(err, "%s: unknown byte order %u of a register region", name,
                            r->byte_order);
    return 0;
}

static struct mmio_target *copy_target(const struct mmio_target *target, struct vm_error *err)
{
    struct mmio_target *copy = malloc(sizeof(*copy));
    if (!copy) {
        vm_error_set(err, "out of memory while adding a device to the address space");
        return NULL;
    }
    *copy = *target;
    if (check_region(copy, err)) {
        free(copy);
        return NULL;
    }
    return copy;
}

int space_add_mmio(struct space *s, uint64_t base, const struct mmio_target *target,
                   struct vm_error *err)
{
    struct mmio_target *copy = copy_target(target, err);
    if (!copy)
        return -1;
    struct space_range r = {.base = base, .length = copy->region.length, .mmio = copy};
    if (insert_range(s, &r, err)) {
        free(copy);
        return -1;
    }
    return 0;
}

/* ---- memory of devices ---- */

struct ram_block *space_new_memory(struct space *s, uint64_t length, bool shared,
                                   struct vm_error *err)
{
    const struct ram_options options = {.hugepages = false, .numa_node = -1};
    struct ram_block *memory = calloc(1, sizeof(*memory));
    if (!memory || grow_blocks(s, err)) {
        free(memory);
        vm_error_set(err, "out of memory");
        return NULL;
    }
    /* Until it has a place it is at the end of the address space, where nobody looks. */
    memory->base = -length;
    memory->length = length;
    memory->of_device = true;
    memory->shared = shared;
    memory->direct = true;
    if (map_block(memory, &options, err)) {
        free_block(memory);
        return NULL;
    }
    return s->blocks[s->n_blocks++] = memory;
}

int space_add_memory(struct space *s, uint64_t base, const struct mmio_target *target,
                     struct ram_block *memory, struct vm_error *err)
{
    if (base & ~VM_PAGE_MASK)
        return vm_error_set(err, "%s at 0x%" PRIx64 " is not at a multiple of 4 KiB",
                            target_name(target), base);
    struct mmio_target *copy = copy_target(target, err);
    if (!copy)
        return -1;
    struct space_range r = {.base = base, .length = memory->length, .ram = memory, .mmio = copy};
    if (insert_range(s, &r, err)) {
        free(copy);
        return -1;
    }
    memory->base = base;
    return 0;
}

/*
 * `mapped` before `direct`, and before where shared memory is, here; and the other way round by
 * those who change them: a TLB that misses the change is flushed.
 */
bool space_map(const struct space *s, uint64_t pa, struct space_range *out, uint8_t **host)
{
    bool direct, found = view_find(&s->view, pa, out);
    while (found && out->ram && out->mmio) {
        struct space_range r = *out;
        if (!atomic_load_explicit(&r.ram->mapped, memory_order_relaxed))
            atomic_store(&r.ram->mapped, true);
        if (!r.ram->shared)
            break;
        found = view_find(&s->view, pa, out);
        if (found && out->ram == r.ram && out->base == r.base)
            break;
    }
    direct = found && out->ram && (!out->mmio || atomic_load(&out->ram->direct));
    *host = direct ? out->ram->host + (pa - out->base) : NULL;
    return found;
}

bool space_set_direct(struct ram_block *memory, bool direct)
{
    if (atomic_exchange(&memory->direct, direct) == direct || direct)
        return false;
    return atomic_exchange(&memory->mapped, false);
}

/* ---- what moves ---- */

struct space_movable *space_add_movable(struct space *s, const struct mmio_target *target,
                                        struct ram_block *memory, struct vm_error *err)
{
    struct mmio_target *copy = copy_target(target, err);
    if (!copy)
        return NULL;
    struct span span = {.length = copy->region.length, .ram = memory, .mmio = copy};
    struct space_movable *m = new_span(s, &span);
    if (!m) {
        free(copy);
        vm_error_set(err, "out of memory while adding a device to the address space");
    }
    return m;
}

/* Makes it visible if there is nothing else. */
static bool try_to_show(struct space *s, struct space_movable *m)
{
    uint64_t last = m->base + (m->span.length - 1);
    if (last < m->base || view_overlap(&s->view, m->base, last) != UINT32_MAX ||
        (m->span.ram && m->base & ~VM_PAGE_MASK))
        return false;
    view_insert(&s->view, m->base, &m->span);
    m->visible = true;
    return true;
}

/* Whether TLBs may have it. */
static bool take_away(struct space *s, struct space_movable *m)
{
    bool mapped = false;
    if (m->visible) {
        view_remove(&s->view, m->base);
        mapped = m->span.ram && atomic_exchange(&m->span.ram->mapped, false);
    } else {
        struct space_movable **at = &s->hidden;
        while (*at != m)
            at = &(*at)->next_hidden;
        *at = m->next_hidden;
    }
    m->placed = m->visible = false;
    return mapped;
}

/* Those that were hidden, now that something went away. */
static void show_hidden(struct space *s)
{
    struct space_movable **at = &s->hidden;
    while (*at) {
        if (try_to_show(s, *at))
            *at = (*at)->next_hidden;
        else
            at = &(*at)->next_hidden;
    }
}

static void put_at(struct space *s, struct space_movable *m, uint64_t base)
{
    m->placed = true;
    m->base = base;
    if (try_to_show(s, m))
        return;
    struct space_movable **at = &s->hidden;
    while (*at)
        at = &(*at)->next_hidden;
    m->next_hidden = NULL;
    *at = m;
}

bool space_place(struct space *s, struct space_movable *m, bool placed, uint64_t base)
{
    bool flush = false;
    pthread_mutex_lock(&s->lock);
    if (m->placed != placed || (placed && m->base != base)) {
        if (m->placed) {
            flush = take_away(s, m);
            show_hidden(s);
        }
        if (placed)
            put_at(s, m, base);
    }
    pthread_mutex_unlock(&s->lock);
    return flush;
}

/* ---- finding ---- */

bool space_find(const struct space *s, uint64_t pa, struct space_range *out)
{
    return view_find(&s->view, pa, out);
}

const struct space_range *space_find_again(const struct space *s, uint64_t pa,
                                           struct space_hint hints[SPACE_HINTS])
{
    return view_find_again(&s->view, pa, hints);
}

struct ram_block *space_ram_block(const struct space *s, uint64_t pa)
{
    for (uint32_t i = 0; i < s->n_blocks; i++)
        if (pa - s->blocks[i]->base < s->blocks[i]->length && !s->blocks[i]->shared)
            return s->blocks[i];
    return NULL;
}

void *space_ram(const struct space *s, uint64_t pa, uint64_t n)
{
    const struct ram_block *ram = space_ram_block(s, pa);
    if (!ram || n > ram->length - (pa - ram->base))
        return NULL;
    return ram->host + (pa - ram->base);
}

struct ram_block *space_host_block(const struct space *s, const void *host)
{
    for (uint32_t i = 0; i < s->n_blocks; i++)
        if ((uintptr_t)host - (uintptr_t)s->blocks[i]->host < s->blocks[i]->length)
            return s->blocks[i];
    return NULL;
}

uint32_t space_ram_blocks(const struct space *s, struct ram_block *const **blocks)
{
    *blocks = s->blocks;
    return s->n_blocks;
}

/* ---- translated code ---- */

void space_set_code_hook(struct space *s, bool (*hook)(void *opaque, uint64_t pa, uint64_t n),
                         void *opaque)
{
    s->hook = hook;
    s->hook_opaque = opaque;
}

bool space_code_written(struct space *s, uint64_t pa, uint64_t n)
{
    return s->hook && s->hook(s->hook_opaque, pa, n);
}

bool space_ram_written(struct space *s, struct ram_block *ram, uint64_t pa, uint64_t n)
{
    bool hit = false;
    while (n > 0) {
        uint64_t room = VM_PAGE_SIZE - (pa & ~VM_PAGE_MASK);
        uint64_t part = n < room ? n : room;
        if (atomic_fetch_or(ram_page_flags(ram, pa), 0) & PAGE_CODE)
            hit |= space_code_written(s, pa, part);
        pa += part;
        n -= part;
    }
    return hit;
}

/* ---- bulk copies ---- */

#if defined(__SANITIZE_THREAD__)
#define TSAN_BUILD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN_BUILD 1
#endif
#endif

static bool is_one_access(uintptr_t address, uint64_t n)
{
    return n <= 8 && is_access_size((unsigned)n) && (address & (n - 1)) == 0;
}

/*
 * Guests may change what is copied meanwhile, and get what they deserve. Under the thread
 * sanitizer, which would report that, the copy goes byte by byte by relaxed atomics.
 */
void ram_copy_from(void *to, const uint8_t *ram, uint64_t n)
{
    if (is_one_access((uintptr_t)ram, n)) {
        uint64_t value = vm_ram_load(ram, (uint32_t)n);
        memcpy(to, &value, n); /* the low bytes: hosts are little-endian */
        return;
    }
#ifdef TSAN_BUILD
    for (uint64_t i = 0; i < n; i++)
        ((uint8_t *)to)[i] = (uint8_t)vm_ram_load(ram + i, 1);
#else
    memcpy(to, ram, n);
#endif
}

void ram_copy_to(uint8_t *ram, const void *from, uint64_t n)
{
    if (is_one_access((uintptr_t)ram, n)) {
        uint64_t value = 0;
        memcpy(&value, from, n);
        vm_ram_store(ram, (uint32_t)n, value);
        return;
    }
#ifdef TSAN_BUILD
    for (uint64_t i = 0; i < n; i++)
        vm_ram_store(ram + i, 1, ((const uint8_t *)from)[i]);
#else
    memcpy(ram, from, n);
#endif
}

/* One register access of a copy: as wide as bus, alignment and what is left allow. Returns its
 * size, or 0: bus error. */
static uint32_t copy_mmio(const struct space_range *r, uint64_t pa, uint8_t *buf, uint64_t n,
                          bool write)
{
    uint64_t offset = pa - r->base, value = 0;
    uint32_t size = r->mmio->region.valid_max;
    while (size > 1 && (size > n || (offset & (size - 1))))
        size /= 2;
    if (write) {
        memcpy(&value, buf, size);
        return mmio_write(r, pa, size, value) == VM_ACCESS_OK ? size : 0;
    }
    if (mmio_read(r, pa, size, &value) != VM_ACCESS_OK)
        return 0;
    memcpy(buf, &value, size);
    return size;
}

static int copy(struct space *s, uint64_t pa, uint8_t *buf, uint64_t n, bool write, bool allow_mmio)
{
    while (n > 0) {
        struct space_range r;
        if (!space_find(s, pa, &r))
            return VM_ACCESS_ERROR;
        bool reads_memory = !write && r.mmio && r.ram && atomic_load(&r.ram->direct);
        if (r.mmio && !allow_mmio && !reads_memory)
            return VM_ACCESS_ERROR;
        uint64_t offset = pa - r.base, part = r.length - offset;
        if (part > n)
            part = n;
        if (r.mmio && !reads_memory) {
            part = copy_mmio(&r, pa, buf, part, write);
            if (part == 0)
                return VM_ACCESS_ERROR;
        } else if (write) {
            ram_copy_to(r.ram->host + offset, buf, part);
            space_ram_written(s, r.ram, pa, part);
        } else {
            ram_copy_from(buf, r.ram->host + offset, part);
        }
        pa += part;
        buf += part;
        n -= part;
        if (pa == 0 && n > 0)
            return VM_ACCESS_ERROR; /* beyond the end of the address space */
    }
    return VM_ACCESS_OK;
}

int space_read(struct space *s, uint64_t pa, void *buf, uint64_t n, bool allow_mmio)
{
    return copy(s, pa, buf, n, false, allow_mmio);
}

int space_write(struct space *s, uint64_t pa, const void *buf, uint64_t n, bool allow_mmio)
{
    return copy(s, pa, (uint8_t *)buf, n, true, allow_mmio); /* a write only reads it */
}

void space_clear_ram(struct space *s)
{
    for (uint32_t i = 0; i < s->n_blocks; i++)
        if (!s->blocks[i]->of_device)
            host_memory_discard(s->blocks[i]->host, s->blocks[i]->length);
}

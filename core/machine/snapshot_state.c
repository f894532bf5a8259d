/* SPDX-License-Identifier: BSD-2-Clause */
/* snapshot_state.c - writes and reads the saved state of devices by their declared tables. */
#include "core/machine/snapshot_state.h"
#include <stdlib.h>
#include <string.h>
#include "core/plugin/registry.h"

#define MAX_FIELDS   4096
#define MAX_ELEMENTS (1u << 24)

static uint32_t element_size(uint32_t type)
{
    return 1u << (type - VM_STATE_U8);
}

/* Field i in this build's layout, whatever the plugin's stride. */
static struct vm_state_field field_at(const struct vm_state_table *table, uint32_t i)
{
    struct vm_state_field f;
    memset(&f, 0, sizeof(f));
    memcpy(&f, (const char *)table->fields + (size_t)i * table->field_size,
           table->field_size < sizeof(f) ? table->field_size : sizeof(f));
    return f;
}

int state_table_check(const struct vm_state_table *table, struct vm_error *err)
{
    if (table->n_fields > MAX_FIELDS ||
        (table->n_fields &&
         (!table->fields || table->field_size < END_OF(struct vm_state_field, since))))
        return vm_error_set(err, "plugin bug: the state table has %u fields of %u bytes",
                            table->n_fields, table->field_size);
    for (uint32_t i = 0; i < table->n_fields; i++) {
        struct vm_state_field f = field_at(table, i);
        if (!f.name || !*f.name || strlen(f.name) > UINT16_MAX)
            return vm_error_set(err, "plugin bug: field %u of the state table has no name", i);
        if (f.type < VM_STATE_U8 || f.type > VM_STATE_U64 || f.count == 0 ||
            f.count > MAX_ELEMENTS || f.since > table->version)
            return vm_error_set(
                err, "plugin bug: field '%s' of the state table has a bad type, count or version",
                f.name);
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(field_at(table, k).name, f.name) == 0)
                return vm_error_set(err, "plugin bug: the state table has two fields '%s'", f.name);
    }
    return 0;
}

/* ---- writing ---- */

static void put_bytes(struct state_buffer *b, const void *p, size_t n)
{
    if (b->n + n > b->room) {
        size_t room = (b->n + n) * 2;
        uint8_t *bigger = realloc(b->bytes, room);
        if (!bigger) {
            b->failed = true;
            return;
        }
        b->bytes = bigger;
        b->room = room;
    }
    memcpy(b->bytes + b->n, p, n);
    b->n += n;
}

static void store_le(uint8_t *to, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

static void put(struct state_buffer *b, uint64_t v, unsigned n)
{
    uint8_t bytes[8];
    store_le(bytes, v, n);
    put_bytes(b, bytes, n);
}

static void put_name(struct state_buffer *b, const char *name)
{
    size_t n = strlen(name);
    put(b, n, 2);
    put_bytes(b, name, n);
}

static uint64_t load_element(const void *p, uint32_t size)
{
    uint8_t v8;
    uint16_t v16;
    uint32_t v32;
    uint64_t v64;
    switch (size) {
    case 1:
        memcpy(&v8, p, 1);
        return v8;
    case 2:
        memcpy(&v16, p, 2);
        return v16;
    case 4:
        memcpy(&v32, p, 4);
        return v32;
    default:
        memcpy(&v64, p, 8);
        return v64;
    }
}

static void store_element(void *p, uint32_t size, uint64_t v)
{
    uint8_t v8 = (uint8_t)v;
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;
    switch (size) {
    case 1:
        memcpy(p, &v8, 1);
        break;
    case 2:
        memcpy(p, &v16, 2);
        break;
    case 4:
        memcpy(p, &v32, 4);
        break;
    default:
        memcpy(p, &v, 8);
        break;
    }
}

int state_write(struct state_buffer *b, const char *name, const struct vm_state_table *table,
                const void *dev, struct vm_error *err)
{
    size_t start = b->n;
    put(b, 0, 4);
    put_name(b, name);
    put(b, table->version, 4);
    put(b, table->n_fields, 4);
    for (uint32_t i = 0; i < table->n_fields; i++) {
        struct vm_state_field f = field_at(table, i);
        uint32_t size = element_size(f.type);
        put_name(b, f.name);
        put(b, f.type, 1);
        put(b, f.count, 4);
        for (uint32_t k = 0; k < f.count; k++)
            put(b, load_element((const char *)dev + f.offset + (size_t)k * size, size), size);
    }
    if (b->failed || b->n - start - 4 > UINT32_MAX)
        return vm_error_set(err, "%s: out of memory for its state", name);
    store_le(b->bytes + start, b->n - start - 4, 4);
    return 0;
}

void state_buffer_free(struct state_buffer *b)
{
    free(b->bytes);
    memset(b, 0, sizeof(*b));
}

/* ---- reading ---- */

struct reader {
    const uint8_t *p;
    size_t left;
    bool truncated;
};

static const uint8_t *take(struct reader *r, size_t n)
{
    if (n > r->left) {
        r->truncated = true;
        r->left = 0;
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    r->left -= n;
    return p;
}

static uint64_t take_le(struct reader *r, unsigned n)
{
    const uint8_t *p = take(r, n);
    uint64_t v = 0;
    for (unsigned i = 0; p && i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* A name as it stands there: not terminated. */
struct name {
    const char *text;
    int n;
};

static struct name take_name(struct reader *r)
{
    size_t n = (size_t)take_le(r, 2);
    const uint8_t *p = take(r, n);
    return (struct name){p ? (const char *)p : "", p ? (int)n : 0};
}

static bool same(struct name a, const char *b)
{
    return strlen(b) == (size_t)a.n && memcmp(a.text, b, (size_t)a.n) == 0;
}

/* Finds the field that is saved next, or NULL with err set. */
static int find_field(const struct vm_state_table *table, struct name name, uint32_t type,
                      uint32_t count, struct vm_error *err)
{
    for (uint32_t i = 0; i < table->n_fields; i++) {
        struct vm_state_field f = field_at(table, i);
        if (!same(name, f.name))
            continue;
        if (f.type != type || f.count != count)
            return vm_error_set(err,
                                "field '%s' is %u elements of type %u, wanted are %u of type %u",
                                f.name, count, type, f.count, f.type);
        return (int)i;
    }
    return vm_error_set(err, "unknown field '%.*s'", name.n, name.text);
}

/* One pass over the fields. `where` (n_fields entries) gets each field's elements; nothing is
 * stored yet. */
static int read_fields(struct reader *r, uint32_t n, const struct vm_state_table *table,
                       const uint8_t **where, struct vm_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        struct name name = take_name(r);
        uint32_t type = (uint32_t)take_le(r, 1), count = (uint32_t)take_le(r, 4);
        if (r->truncated)
            return vm_error_set(err, "truncated");
        int at = find_field(table, name, type, count, err);
        if (at < 0)
            return -1;
        if (where[at])
            return vm_error_set(err, "field '%.*s' is there twice", name.n, name.text);
        where[at] = take(r, (size_t)count * element_size(type));
        if (!where[at])
            return vm_error_set(err, "truncated");
    }
    return r->left ? vm_error_set(err, "%zu bytes too many", r->left) : 0;
}

static int check_complete(const struct vm_state_table *table, uint32_t version,
                          const uint8_t **where, struct vm_error *err)
{
    for (uint32_t i = 0; i < table->n_fields; i++) {
        struct vm_state_field f = field_at(table, i);
        if (!where[i] && f.since <= version)
            return vm_error_set(err, "field '%s' is missing", f.name);
    }
    return 0;
}

static void store_fields(const struct vm_state_table *table, const uint8_t **where, void *dev)
{
    for (uint32_t i = 0; i < table->n_fields; i++) {
        struct vm_state_field f = field_at(table, i);
        uint32_t size = element_size(f.type);
        struct reader r = {where[i], where[i] ? (size_t)f.count * size : 0, false};
        for (uint32_t k = 0; where[i] && k < f.count; k++)
            store_element((char *)dev + f.offset + (size_t)k * size, size, take_le(&r, size));
    }
}

static int read_section(struct reader *r, const char *name, const struct vm_state_table *table,
                        const uint8_t **where, void *dev, struct vm_error *err)
{
    struct name found = take_name(r);
    uint32_t version = (uint32_t)take_le(r, 4), n = (uint32_t)take_le(r, 4);
    if (r->truncated)
        return vm_error_set(err, "truncated");
    if (!same(found, name))
        return vm_error_set(err, "this is the state of '%.*s'", found.n, found.text);
    if (version > table->version)
        return vm_error_set(err, "version %u is newer than this device's %u", version,
                            table->version);
    if (read_fields(r, n, table, where, err) || check_complete(table, version, where, err))
        return -1;
    store_fields(table, where, dev);
    return 0;
}

int state_read(const uint8_t *bytes, size_t n, size_t *at, const char *name,
               const struct vm_state_table *table, void *dev, struct vm_error *err)
{
    struct reader all = {bytes + *at, n - *at, false};
    size_t length = (size_t)take_le(&all, 4);
    const uint8_t *body = take(&all, length);
    const uint8_t **where = calloc(table->n_fields + 1, sizeof(*where));
    int result;
    if (!where) {
        result = vm_error_set(err, "out of memory");
    } else if (!body) {
        result = vm_error_set(err, "truncated");
    } else {
        struct reader r = {body, length, false};
        result = read_section(&r, name, table, where, dev, err);
    }
    free(where);
    if (result)
        return vm_error_prefix(err, "saved state of %s", name);
    *at = n - all.left;
    return 0;
}

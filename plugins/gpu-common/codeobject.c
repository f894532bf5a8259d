/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codeobject.c - what an AMD code object says about its kernels: the ELF note NT_AMDGPU_METADATA of
 * owner "AMDGPU", a MessagePack map (LLVM's "User Guide for AMDGPU Backend", Code Object V3 and
 * later). The reader walks the bytes once, without building a tree, and no deeper than DEPTH.
 */
#include "kernels.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
    MACHINE_AMDGPU = 224,
    NOTE_METADATA = 32,
    DEPTH = 16, /* of maps and arrays within one another */
};

/* ---- MessagePack ----------------------------------------------------------------------------- */

/* What is left. Once something is wrong, n is 0 and bad is set: all that follows reads as NIL. */
struct pack {
    const uint8_t *p;
    size_t n;
    int bad;
};

enum pack_type { NIL, NUMBER, TEXT, ARRAY, MAP, OTHER };

/* Of TEXT and OTHER the bytes; of NUMBER, ARRAY and MAP value alone (its elements follow). */
struct item {
    enum pack_type type;
    uint64_t value;
    const char *text;
};

static void spoil(struct pack *k)
{
    k->n = 0;
    k->bad = 1;
}

static const uint8_t *take(struct pack *k, uint64_t n)
{
    const uint8_t *p = k->p;

    if (n > k->n) {
        spoil(k);
        return NULL;
    }
    k->p += n;
    k->n -= (size_t)n;
    return p;
}

/* A big-endian number of so many bytes. */
static uint64_t number(struct pack *k, unsigned bytes)
{
    const uint8_t *p = take(k, bytes);
    uint64_t v = 0;

    for (unsigned i = 0; p && i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* Tags from 0xc0 on: what it is; how many bytes tell its value or length; what comes besides. */
static const struct {
    uint8_t type, bytes, more;
} tags[0x20] = {
    {NIL, 0, 0},    {OTHER, 0, 0},  {NUMBER, 0, 0}, {NUMBER, 0, 0}, {OTHER, 1, 0},  {OTHER, 2, 0},
    {OTHER, 4, 0},  {OTHER, 1, 1},  {OTHER, 2, 1},  {OTHER, 4, 1},  {OTHER, 0, 4},  {OTHER, 0, 8},
    {NUMBER, 1, 0}, {NUMBER, 2, 0}, {NUMBER, 4, 0}, {NUMBER, 8, 0}, {NUMBER, 1, 0}, {NUMBER, 2, 0},
    {NUMBER, 4, 0}, {NUMBER, 8, 0}, {OTHER, 0, 2},  {OTHER, 0, 3},  {OTHER, 0, 5},  {OTHER, 0, 9},
    {OTHER, 0, 17}, {TEXT, 1, 0},   {TEXT, 2, 0},   {TEXT, 4, 0},   {ARRAY, 2, 0},  {ARRAY, 4, 0},
    {MAP, 2, 0},    {MAP, 4, 0},
};

static struct item next(struct pack *k)
{
    const uint8_t *first = take(k, 1);
    struct item item = {NIL, 0, NULL};
    uint8_t tag = first ? *first : 0xc0;
    uint32_t more = 0;

    if (tag < 0x80 || tag >= 0xe0) {
        item.type = NUMBER;
        item.value = tag < 0x80 ? tag : (uint64_t)(int8_t)tag;
    } else if (tag < 0xc0) {
        item.type = tag < 0x90 ? MAP : tag < 0xa0 ? ARRAY : TEXT;
        item.value = tag < 0xa0 ? tag & 0xf : tag & 0x1f;
    } else {
        item.type = (enum pack_type)tags[tag - 0xc0].type;
        item.value = tag == 0xc3 ? 1 : number(k, tags[tag - 0xc0].bytes);
        more = tags[tag - 0xc0].more;
    }
    if (item.type == TEXT || item.type == OTHER)
        item.text = (const char *)take(k, item.value + more);
    return item;
}

/* The rest of an item whose head was read. */
static void skip(struct pack *k, struct item item, int depth)
{
    uint64_t n = item.type == MAP ? item.value * 2 : item.type == ARRAY ? item.value : 0;

    if (n > 0 && depth == DEPTH)
        spoil(k);
    for (; n > 0 && !k->bad; n--)
        skip(k, next(k), depth + 1);
}

static int is(struct item item, const char *text)
{
    return item.type == TEXT && item.text && item.value == strlen(text) &&
           memcmp(item.text, text, strlen(text)) == 0;
}

/* ---- Kernels --------------------------------------------------------------------------------- */

/* An argument: {".offset": .., ".size": .., ".value_kind": ..}; the hidden ones are not ours. */
static int read_argument(struct pack *k, struct gpu_kernel *kernel)
{
    struct item map = next(k);
    uint64_t offset = UINT64_MAX, size = 0;
    int hidden = 0;

    if (map.type != MAP)
        return -1;
    for (uint64_t i = 0; i < map.value && !k->bad; i++) {
        struct item key = next(k), value = next(k);
        if (is(key, ".offset") && value.type == NUMBER)
            offset = value.value;
        else if (is(key, ".size") && value.type == NUMBER)
            size = value.value;
        else if (is(key, ".value_kind") && value.type == TEXT && value.text)
            hidden = value.value > 7 && memcmp(value.text, "hidden_", 7) == 0;
        skip(k, value, 0);
    }
    return hidden ? 0 : gpu_kernel_parameter(kernel, kernel->n_parameters, offset, size);
}

static int read_arguments(struct pack *k, struct item array, struct gpu_kernel *kernel)
{
    if (array.type != ARRAY)
        return -1;
    for (uint64_t i = 0; i < array.value && !k->bad; i++)
        if (read_argument(k, kernel))
            return -1;
    return 0;
}

static int read_kernel(struct pack *k, struct gpu_kernels *out)
{
    struct item map = next(k);
    struct gpu_kernel *kernel = gpu_kernels_add(out, "", 0);
    uint32_t dropped;
    const struct {
        const char *key;
        uint32_t *to;
    } numbers[] = {
        {".group_segment_fixed_size", kernel ? &kernel->static_shared : &dropped},
        {".private_segment_fixed_size", kernel ? &kernel->local_size : &dropped},
        {".vgpr_count", kernel ? &kernel->registers : &dropped},
        {".max_flat_workgroup_size", kernel ? &kernel->max_threads : &dropped},
    };

    if (!kernel || map.type != MAP)
        return -1;
    for (uint64_t i = 0; i < map.value && !k->bad; i++) {
        struct item key = next(k), value = next(k);
        if (is(key, ".args")) {
            if (read_arguments(k, value, kernel))
                return -1;
            continue;
        }
        if (is(key, ".name") && value.type == TEXT && value.text) {
            char *name = strndup(value.text, value.value);
            if (!name)
                return -1;
            free(kernel->name);
            kernel->name = name;
        }
        for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++)
            if (is(key, numbers[j].key) && value.type == NUMBER && value.value < VM_GPU_UNKNOWN)
                *numbers[j].to = (uint32_t)value.value;
        skip(k, value, 0);
    }
    return k->bad ? -1 : 0;
}

/* The whole: {"amdhsa.kernels": [..], ..} */
static int read_metadata(struct pack *k, struct gpu_kernels *out)
{
    struct item map = next(k);

    if (map.type != MAP)
        return -1;
    for (uint64_t i = 0; i < map.value && !k->bad; i++) {
        struct item key = next(k), value = next(k);
        if (!is(key, "amdhsa.kernels")) {
            skip(k, value, 0);
            continue;
        }
        if (value.type != ARRAY)
            return -1;
        for (uint64_t j = 0; j < value.value && !k->bad; j++)
            if (read_kernel(k, out))
                return -1;
    }
    return k->bad ? -1 : 0;
}

/* ---- Notes ----------------------------------------------------------------------------------- */

/* The note's contents, within one section of notes; n 0: it is not there. */
static struct pack find_note(const struct gpu_section *s)
{
    uint64_t at = 0;

    while (s->size - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr h;
        uint64_t name = at + sizeof(h), contents;
        memcpy(&h, s->bytes + at, sizeof(h));
        contents = name + ((uint64_t)h.n_namesz + 3) / 4 * 4;
        if (contents > s->size || h.n_descsz > s->size - contents)
            break;
        if (h.n_type == NOTE_METADATA && h.n_namesz == sizeof("AMDGPU") &&
            memcmp(s->bytes + name, "AMDGPU", sizeof("AMDGPU")) == 0)
            return (struct pack){s->bytes + contents, h.n_descsz, 0};
        at = contents + ((uint64_t)h.n_descsz + 3) / 4 * 4;
        if (at > s->size)
            break;
    }
    return (struct pack){NULL, 0, 0};
}

int gpu_codeobject_kernels(const void *bytes, size_t n, struct gpu_kernels *out,
                           struct vm_error *err)
{
    struct pack note = {NULL, 0, 0};
    struct gpu_elf elf;

    memset(out, 0, sizeof(*out));
    if (gpu_elf_open(&elf, bytes, n, MACHINE_AMDGPU, err))
        return -1;
    for (uint32_t i = 0; i < elf.n_sections && note.n == 0; i++) {
        struct gpu_section s = gpu_elf_section(&elf, i);
        if (s.type == SHT_NOTE && s.bytes)
            note = find_note(&s);
    }
    if (note.n == 0)
        return vm_error_set(err, "the code object has no note NT_AMDGPU_METADATA (it must be of "
                                 "version 3 or later)");
    if (read_metadata(&note, out)) {
        gpu_kernels_free(out);
        return vm_error_set(err, "the code object's metadata make no sense");
    }
    return 0;
}

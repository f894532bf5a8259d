/* SPDX-License-Identifier: BSD-2-Clause */
/* arguments.c - reads numbers and buffers from the command line, and prints buffers. */
#include "arguments.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t size;
} types[N_VALUE_TYPES] = {
    [I8] = {"i8", 1},   [U8] = {"u8", 1},   [I16] = {"i16", 2}, [U16] = {"u16", 2},
    [I32] = {"i32", 4}, [U32] = {"u32", 4}, [I64] = {"i64", 8}, [U64] = {"u64", 8},
    [F32] = {"f32", 4}, [F64] = {"f64", 8},
};

static int complain(const char *text, const char *why)
{
    fprintf(stderr, "vgpu-run: %s: %s\n", text, why);
    return -1;
}

uint32_t value_size(int type)
{
    return types[type].size;
}

static int find_type(const char *name, size_t n)
{
    for (int i = 0; i < N_VALUE_TYPES; i++)
        if (strlen(types[i].name) == n && memcmp(types[i].name, name, n) == 0)
            return i;
    return -1;
}

int parse_bytes(const char *text, uint64_t *bytes)
{
    static const char suffixes[] = "KMG";
    char *end;

    errno = 0;
    *bytes = strtoull(text, &end, 0);
    const char *suffix = *end ? strchr(suffixes, *end) : NULL;
    if (suffix) {
        *bytes <<= 10 * (suffix - suffixes + 1);
        end++;
    }
    return end == text || *end || errno || *text == '-' || *bytes >> 48 ? -1 : 0;
}

uint8_t *read_file(const char *path, uint64_t *n)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t room = 0, got = 1;

    for (*n = 0; file && got > 0; *n += got) {
        if (room - *n < 65536) {
            room = room * 2 + 131072;
            uint8_t *bigger = realloc(bytes, room);
            if (!bigger)
                break;
            bytes = bigger;
        }
        got = fread(bytes + *n, 1, room - *n - 1, file);
    }
    if (!file || ferror(file) || got > 0) {
        complain(path, file && got > 0 ? "out of memory" : strerror(errno));
        free(bytes);
        bytes = NULL;
    } else {
        bytes[*n] = 0;
    }
    if (file)
        fclose(file);
    return bytes;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* The bits of one number; -1: it is none of that type. */
static int parse_value(int type, const char *text, char **end, uint64_t *bits)
{
    uint32_t width = types[type].size * 8;

    errno = 0;
    if (type == F32) {
        float value = strtof(text, end);
        uint32_t low;
        memcpy(&low, &value, sizeof(low));
        *bits = low;
        return *end == text ? -1 : 0;
    }
    if (type == F64) {
        double value = strtod(text, end);
        memcpy(bits, &value, sizeof(*bits));
        return *end == text ? -1 : 0;
    }
    if (types[type].name[0] == 'i') {
        int64_t value = strtoll(text, end, 0), most = (int64_t)(UINT64_MAX >> (65 - width));
        *bits = (uint64_t)value;
        return *end == text || errno || value > most || value < -most - 1 ? -1 : 0;
    }
    *bits = strtoull(text, end, 0);
    return *end == text || errno || *text == '-' || *bits > UINT64_MAX >> (64 - width) ? -1 : 0;
}

/* "f32=1,2,3" */
static int parse_values(struct argument *a, int type, const char *text)
{
    uint32_t size = types[type].size;
    uint64_t most = 1;
    char *end;

    for (const char *p = text; *p; p++)
        most += *p == ',';
    a->bytes = malloc(most * size);
    if (!a->bytes)
        return complain(a->text, "out of memory");
    for (;; text = end + 1) {
        uint64_t bits;
        if (parse_value(type, text, &end, &bits) || (*end && *end != ','))
            return complain(a->text, "these are no numbers of that type");
        memcpy(a->bytes + a->n_bytes, &bits, size); /* the low ones: guests are little-endian */
        a->n_bytes += size;
        if (!*end)
            return 0;
    }
}

static int parse_random(struct argument *a, char *text)
{
    char *comma = strchr(text, ',');
    uint64_t seed = 1, x;

    if (comma) {
        *comma = 0;
        seed = strtoull(comma + 1, NULL, 0);
    }
    if (parse_bytes(text, &a->n_bytes) || !(a->bytes = malloc(a->n_bytes + 1)))
        return complain(a->text, "random=BYTES or random=BYTES,SEED");
    x = seed * 0x9e3779b97f4a7c15u + 1;
    for (uint64_t i = 0; i < a->n_bytes; i++) { /* xorshift64 */
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        a->bytes[i] = (uint8_t)(x >> 32);
    }
    return 0;
}

/* ---- Buffers --------------------------------------------------------------------------------- */

/* What comes behind the source: ":print=TYPE" or ":to=FILE", at the end; cut off. */
static int parse_sink(struct argument *a, char *text)
{
    char *print = strstr(text, ":print="), *to = strstr(text, ":to=");

    if (print) {
        a->print = find_type(print + 7, strlen(print + 7));
        if (a->print < 0)
            return complain(a->text, "print= takes i8 to i64, u8 to u64, f32, f64");
        *print = 0;
    } else if (to) {
        a->to = to + 4;
        *to = 0;
    }
    return 0;
}

static int parse_buffer(struct argument *a, char *text)
{
    char *equals = strchr(text, '=');
    int type = find_type(text, (size_t)(equals - text));

    a->is_buffer = 1;
    a->size = 8;
    if (parse_sink(a, text))
        return -1;
    if (type >= 0)
        return parse_values(a, type, equals + 1);
    if (strncmp(text, "file=", 5) == 0) {
        a->bytes = read_file(equals + 1, &a->n_bytes);
        return a->bytes ? 0 : -1;
    }
    if (strncmp(text, "zero=", 5) == 0) {
        if (parse_bytes(equals + 1, &a->n_bytes) || !(a->bytes = calloc(1, a->n_bytes + 1)))
            return complain(a->text, "zero=BYTES");
        return 0;
    }
    if (strncmp(text, "random=", 7) == 0)
        return parse_random(a, equals + 1);
    return complain(a->text, "a buffer is file=, zero=, random= or TYPE=NUMBER,...");
}

int argument_parse(struct argument *a, const char *text)
{
    const char *colon = strchr(text, ':');
    int type = colon ? find_type(text, (size_t)(colon - text)) : -1;
    char *end;

    *a = (struct argument){.text = text, .print = -1};
    if (type >= 0) {
        a->size = types[type].size;
        if (parse_value(type, colon + 1, &end, &a->number) || *end)
            return complain(text, "this is no number of that type");
        return 0;
    }
    if (strncmp(text, "local:", 6) == 0) {
        a->size = 8;
        return parse_bytes(text + 6, &a->number) ? complain(text, "local:BYTES") : 0;
    }
    if (strchr(text, '=')) {
        char *copy = strdup(text); /* stays: a->to is part of it */
        if (!copy || parse_buffer(a, copy))
            return copy ? -1 : complain(text, "out of memory");
        return a->n_bytes ? 0 : complain(text, "a buffer has at least one byte");
    }
    return complain(text, "an argument is TYPE:NUMBER, local:BYTES, or a buffer as zero=BYTES");
}

/* ---- What comes out -------------------------------------------------------------------------- */

static void print_value(int type, const uint8_t *from)
{
    uint64_t bits = 0;
    uint32_t unused = 64 - types[type].size * 8;

    memcpy(&bits, from, types[type].size);
    if (type == F32) {
        float value;
        memcpy(&value, from, sizeof(value));
        printf("%.9g\n", (double)value);
    } else if (type == F64) {
        double value;
        memcpy(&value, from, sizeof(value));
        printf("%.17g\n", value);
    } else if (types[type].name[0] == 'i') {
        printf("%" PRId64 "\n", (int64_t)(bits << unused) >> unused);
    } else {
        printf("%" PRIu64 "\n", bits);
    }
}

void argument_print(const struct argument *a)
{
    uint32_t size = types[a->print].size;

    for (uint64_t i = 0; i + size <= a->n_bytes; i += size)
        print_value(a->print, a->bytes + i);
}

int argument_write(const struct argument *a)
{
    FILE *file = fopen(a->to, "wb");
    int bad = !file || fwrite(a->bytes, 1, a->n_bytes, file) != a->n_bytes;

    if ((file && fclose(file)) || bad)
        return complain(a->to, strerror(errno));
    return 0;
}

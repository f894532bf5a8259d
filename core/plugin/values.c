/* SPDX-License-Identifier: BSD-2-Clause */
/* values.c - numbers as users write them: decimal and hexadecimal, sizes, durations, yes and no. */
#include "core/plugin/values.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "core/plugin/registry.h"

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first, for formatting. */
static const struct unit size_units[] = {
    {"T", UINT64_C(1) << 40},
    {"G", UINT64_C(1) << 30},
    {"M", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10},
};
static const struct unit duration_units[] = {
    {"s", UINT64_C(1000000000)},
    {"ms", UINT64_C(1000000)},
    {"us", UINT64_C(1000)},
    {"ns", UINT64_C(1)},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Reads digits up to the first other character, which *end gets. -1: none, or more than 64 bits. */
static int read_number(const char *text, uint64_t *value, const char **end)
{
    unsigned base = 10;
    uint64_t sum = 0;
    const char *p = text;

    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        base = 16;
        p += 2;
    }
    const char *first = p;
    for (;; p++) {
        unsigned digit;
        if (*p >= '0' && *p <= '9')
            digit = (unsigned)(*p - '0');
        else if (base == 16 && *p >= 'a' && *p <= 'f')
            digit = (unsigned)(*p - 'a') + 10;
        else if (base == 16 && *p >= 'A' && *p <= 'F')
            digit = (unsigned)(*p - 'A') + 10;
        else
            break;
        if (sum > (UINT64_MAX - digit) / base)
            return -1;
        sum = sum * base + digit;
    }
    if (p == first)
        return -1;
    *value = sum;
    *end = p;
    return 0;
}

int parse_uint(const char *text, uint64_t *value)
{
    const char *end;
    uint64_t number;

    if (read_number(text, &number, &end) || *end)
        return -1;
    *value = number;
    return 0;
}

static int parse_with_unit(const char *text, const struct unit *units, size_t n_units,
                           uint64_t *value)
{
    const char *end;
    uint64_t number;

    if (read_number(text, &number, &end))
        return -1;
    if (*end == '\0') {
        *value = number;
        return 0;
    }
    if (*end == ' ')
        end++;
    for (size_t i = 0; i < n_units; i++) {
        if (strcasecmp(end, units[i].name) != 0)
            continue;
        if (number > UINT64_MAX / units[i].factor)
            return -1;
        *value = number * units[i].factor;
        return 0;
    }
    return -1;
}

int parse_size(const char *text, uint64_t *value)
{
    return parse_with_unit(text, size_units, COUNT(size_units), value);
}

int parse_duration(const char *text, uint64_t *nanoseconds)
{
    return parse_with_unit(text, duration_units, COUNT(duration_units), nanoseconds);
}

int parse_bool(const char *text, uint64_t *value)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *value = i % 2;
            return 0;
        }
    }
    return -1;
}

static const char *format_with_unit(uint64_t value, const struct unit *units, size_t n_units,
                                    char text[VALUE_TEXT])
{
    for (size_t i = 0; i < n_units; i++) {
        if (value >= units[i].factor && value % units[i].factor == 0) {
            snprintf(text, VALUE_TEXT, "%" PRIu64 "%s", value / units[i].factor, units[i].name);
            return text;
        }
    }
    snprintf(text, VALUE_TEXT, "%" PRIu64, value);
    return text;
}

const char *format_size(uint64_t bytes, char text[VALUE_TEXT])
{
    return format_with_unit(bytes, size_units, COUNT(size_units), text);
}

const char *format_duration(uint64_t nanoseconds, char text[VALUE_TEXT])
{
    return format_with_unit(nanoseconds, duration_units, COUNT(duration_units), text);
}

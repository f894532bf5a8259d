/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.c - keeps the compiler from reading the host's files for a guest, who would find their
 * lines in its log.
 *
 * A source is refused where anything in it could be an #include: it is not parsed, so that one in a
 * comment counts, too. Options are those that OpenCL lists, but for -I.
 */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

/* ---- sources ---- */

/* How long the end of a line is that goes on in the next, with the backslash; 0: there is none. */
static size_t splice(const char *at, const char *end)
{
    size_t n = 0;

    if (*at == '\\')
        n = 1;
    else if (end - at >= 3 && memcmp(at, "?\?/", 3) == 0)
        n = 3;
    if (!n)
        return 0;
    /* Compilers forgive blanks behind it. */
    while (at + n < end && strchr(" \t\v\f\r", at[n]))
        n++;
    return at + n < end && at[n] == '\n' ? n + 1 : 0;
}

/* The source with its logical lines; from malloc, NULL: out of memory. */
static char *without_splices(const char *source, size_t length)
{
    const char *end = source + length;
    char *whole = malloc(length + 1), *to = whole;

    if (!whole)
        return NULL;
    while (source < end) {
        size_t n = splice(source, end);
        if (n)
            source += n;
        else
            *to++ = *source++;
    }
    *to = 0;
    return whole;
}

/* Behind blanks and comments; what is no ASCII may be a blank of Unicode. */
static const char *skip_blanks(const char *at)
{
    for (;;) {
        while (*at && (strchr(" \t\v\f\r", *at) || (unsigned char)*at >= 0x80))
            at++;
        if (at[0] != '/' || at[1] != '*')
            return at;
        at = strstr(at + 2, "*/");
        if (!at)
            return "";
        at += 2;
    }
}

static bool is_inclusion(const char *word)
{
    static const char *const words[] = {"include", "import", "embed"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strncmp(word, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* Behind a directive's sign, in one of its three spellings; NULL: there is none here. */
static const char *behind_sign(const char *at)
{
    if (*at == '#')
        return at + 1;
    if (at[0] == '%' && at[1] == ':')
        return at + 2;
    return strncmp(at, "?\?=", 3) == 0 ? at + 3 : NULL;
}

uint32_t guard_source(const struct vm_gpu_code *c, struct vm_gpu_request *r)
{
    char *whole = without_splices(c->bytes, c->length);
    bool found = false;

    if (!whole)
        return text_error(r, VM_GPU_NO_MEMORY, "out of memory");
    for (const char *at = whole; *at && !found; at++) {
        const char *behind = behind_sign(at);
        found = behind && is_inclusion(skip_blanks(behind));
    }
    free(whole);
    return found ? text_error(r, VM_GPU_COMPILE,
                              "the source has an #include: there are no files to include")
                 : VM_GPU_OK;
}

/* ---- options ---- */

static bool is_option(const char *word, size_t length)
{
    static const struct {
        const char *begin;
        bool more; /* it goes on */
    } options[] = {{"-D", true},  {"-cl-", true},     {"-w", false},
                   {"-g", false}, {"-Werror", false}, {"-O", true}};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        size_t n = strlen(options[i].begin);
        if (length >= n && memcmp(word, options[i].begin, n) == 0 &&
            (options[i].more || length == n))
            return true;
    }
    return false;
}

uint32_t guard_options(const char *options, struct vm_gpu_request *r)
{
    bool operand = false;

    for (const char *at = options; *(at += strspn(at, " \t\r\n"));) {
        size_t length = strcspn(at, " \t\r\n");
        bool is = is_option(at, length);

        /* A macro's definition may stand apart from its -D, but is never an option. */
        if (!is && (!operand || *at == '-' || *at == '@'))
            return text_error(r, VM_GPU_COMPILE, "'%.*s' is no option of OpenCL's that is allowed",
                              length < 100 ? (int)length : 100, at);
        operand = length == 2 && memcmp(at, "-D", 2) == 0;
        at += length;
    }
    return VM_GPU_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* common.c - vm-plugin-check: properties, growth, random numbers. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* ---- Settings -------------------------------------------------------------------------------- */

static const char *given(const char *name)
{
    for (uint32_t i = 0; i < check.n_given; i++)
        if (strcmp(check.given[i].name, name) == 0)
            return check.given[i].value;
    return NULL;
}

/* A file of some size: a disk, a flash memory, a place for output. */
static const char *make_file(const char *property)
{
    static char path[160];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", check.folder, property);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 1 << 20))
        vm_test_skip("there is no room for a file: %s", path);
    close(fd);
    return strdup(path);
}

static const char *decimal(uint64_t value)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    return strdup(text);
}

static const char *nanoseconds(uint64_t value)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRIu64 "ns", value);
    return strdup(text);
}

/* Something that will do; NULL: the property is left alone. */
static const char *some_value(const struct vm_property *p)
{
    switch (p->type) {
    case VM_PROP_CHARDEV:
    case VM_PROP_NET:
    case VM_PROP_GPU:
    case VM_PROP_DISPLAY:
        return "check";
    case VM_PROP_BLOCK:
        return "1M";
    default:
        break;
    }
    if (!(p->flags & VM_PROP_REQUIRED))
        return NULL;
    switch (p->type) {
    case VM_PROP_PATH:
        return make_file(p->name);
    case VM_PROP_ENUM:
        return p->choices[0];
    case VM_PROP_BOOL:
        return "no";
    case VM_PROP_UINT:
    case VM_PROP_SIZE:
        return decimal(p->min ? p->min : 1);
    case VM_PROP_DURATION:
        return nanoseconds(p->min ? p->min : 1);
    default:
        return "check";
    }
}

uint32_t baseline(struct setting settings[MAX_SETTINGS])
{
    static struct setting made[MAX_SETTINGS]; /* once: what comes after is measured */
    static uint32_t n;
    const struct vm_plugin *plugin = check.plugin;

    if (n) {
        memcpy(settings, made, sizeof(made));
        return n;
    }
    for (uint32_t i = 0; i < plugin->n_properties && n < MAX_SETTINGS; i++) {
        const struct vm_property *p = &plugin->properties[i];
        const char *value = given(p->name);

        if (!value)
            value = some_value(p);
        if (value && *value)
            made[n++] = (struct setting){p->name, value};
    }
    memcpy(settings, made, sizeof(made));
    return n;
}

/* ---- The descriptor, its properties ---------------------------------------------------------- */

void check_descriptor(void *opaque)
{
    const struct vm_plugin *plugin = check.plugin;

    (void)opaque;
    if (!plugin->version[0] || !plugin->licence[0] || !plugin->summary[0])
        vm_test_broken("the version, the licence or the summary is empty");
    if (plugin->get_interface("vm.no-such-interface/1") || plugin->get_interface(""))
        vm_test_broken("get_interface() returns an interface for any name");
    for (uint32_t i = 0; i < plugin->n_properties; i++) {
        const struct vm_property *p = &plugin->properties[i];

        vm_test_note("property %s", p->name);
        if (!p->help || !p->help[0])
            vm_test_broken("a property has no help text");
        if (p->default_value && p->flags & VM_PROP_REQUIRED)
            vm_test_broken("a property is required and has a default");
        if (p->flags & ~VM_PROP_REQUIRED)
            vm_test_broken("a property has flags that are not known");
    }
}

/* It must be refused, and the refusal must say which property it is about. */
static void expect_refused(const struct vm_property *p, const char *value)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_test_note("%s = %s", p->name, value);
    if (vm_test_value(check.plugin, p->name, value, &err) == 0)
        vm_test_broken("a wrong value is taken");
    if (!err.set || !strstr(err.text, p->name))
        vm_test_broken("a wrong value is refused without a word about the property");
}

void check_values(void *opaque)
{
    (void)opaque;
    for (uint32_t i = 0; i < check.plugin->n_properties; i++) {
        const struct vm_property *p = &check.plugin->properties[i];
        bool duration = p->type == VM_PROP_DURATION;
        bool limited = p->min || p->max;

        if (p->type == VM_PROP_BOOL || p->type == VM_PROP_ENUM || duration ||
            p->type == VM_PROP_UINT || p->type == VM_PROP_SIZE)
            expect_refused(p, "no-such-value");
        if (p->type != VM_PROP_UINT && p->type != VM_PROP_SIZE && !duration)
            continue;
        if (limited && p->min > 0)
            expect_refused(p, duration ? nanoseconds(p->min - 1) : decimal(p->min - 1));
        if (limited && p->max < UINT64_MAX)
            expect_refused(p, duration ? nanoseconds(p->max + 1) : decimal(p->max + 1));
    }
}

/* ---- create() at the limits ------------------------------------------------------------------ */

/* A refusal must say what it is about: one of the keys, or that the host has no more. */
static bool speaks_of_it(const char *text)
{
    for (uint32_t i = 0; i < check.plugin->n_properties; i++)
        if (strstr(text, check.plugin->properties[i].name))
            return true;
    return strstr(text, "memory") != NULL;
}

static void try_value(try_fn *attempt, const char *name, const char *value)
{
    struct setting settings[MAX_SETTINGS + 1];
    uint32_t n = baseline(settings), i = 0;
    const char *refusal;

    while (i < n && strcmp(settings[i].name, name) != 0)
        i++;
    settings[i] = (struct setting){name, value};
    snprintf(check.trying, sizeof(check.trying), "create with %.60s = %.100s", name, value);
    vm_test_note("%s", check.trying);
    refusal = attempt(settings, i == n ? n + 1 : n);
    if (refusal && !speaks_of_it(refusal)) {
        char text[VM_ERROR_TEXT + 100];

        snprintf(text, sizeof(text), "create() refuses without naming a key: %s", refusal);
        vm_test_broken(text);
    }
}

void check_limits(try_fn *attempt)
{
    for (uint32_t i = 0; i < check.plugin->n_properties; i++) {
        const struct vm_property *p = &check.plugin->properties[i];
        bool duration = p->type == VM_PROP_DURATION;

        if (given(p->name))
            continue;
        if (p->type == VM_PROP_BOOL) {
            try_value(attempt, p->name, "yes");
            try_value(attempt, p->name, "no");
        }
        for (uint32_t j = 0; p->type == VM_PROP_ENUM && p->choices[j]; j++)
            try_value(attempt, p->name, p->choices[j]);
        if ((p->type == VM_PROP_UINT || p->type == VM_PROP_SIZE || duration) &&
            (p->min || p->max)) {
            try_value(attempt, p->name, duration ? nanoseconds(p->min) : decimal(p->min));
            try_value(attempt, p->name, duration ? nanoseconds(p->max) : decimal(p->max));
        }
    }
}

/* ---- Growth ---------------------------------------------------------------------------------- */

/* What one instance may leave behind: bytes of the heap, descriptors, threads. */
struct usage {
    uint64_t bytes;
    uint32_t descriptors, threads;
};

/* There, where a sanitizer has the heap. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static uint32_t entries(const char *path)
{
    DIR *folder = opendir(path);
    uint32_t n = 0;

    while (folder && readdir(folder))
        n++;
    if (folder)
        closedir(folder);
    return n;
}

static struct usage measure(void)
{
    struct usage u = {0, entries("/proc/self/fd"), entries("/proc/self/task")};

    if (__sanitizer_get_current_allocated_bytes) {
        u.bytes = __sanitizer_get_current_allocated_bytes();
        return u;
    }
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
    struct mallinfo2 heap = mallinfo2();
    u.bytes = heap.uordblks + heap.hblkhd;
#endif
    return u;
}

/* A thread that was told to end, or was joined, may be there for a moment. */
static struct usage measure_at_rest(const struct usage *before)
{
    struct usage u = measure();

    for (int i = 0; before && u.threads > before->threads && i < 500; i++) {
        usleep(10000);
        u = measure();
    }
    return u;
}

enum { WARM_UP = 12, ROUNDS = 32, WINDOWS = 3 };

/* Whether so many rounds have left something behind, and what. */
static bool grows(const char *what, void (*once)(void *opaque), void *opaque, char text[200])
{
    struct usage before = measure_at_rest(NULL), after;
    uint64_t grown;

    for (int i = 0; i < ROUNDS; i++)
        once(opaque);
    after = measure_at_rest(&before);
    grown = after.bytes > before.bytes ? after.bytes - before.bytes : 0;
    if (grown >= ROUNDS * 16)
        snprintf(text, 200, "%s leaves %" PRIu64 " bytes of memory behind each time", what,
                 grown / ROUNDS);
    else if (after.descriptors >= before.descriptors + ROUNDS)
        snprintf(text, 200, "%s leaves %u file descriptors open each time", what,
                 (after.descriptors - before.descriptors) / ROUNDS);
    else if (after.threads > before.threads)
        snprintf(text, 200, "%s leaves %u threads behind", what, after.threads - before.threads);
    else
        return false;
    return true;
}

/* Who leaves something behind each time does so in every window; the heap's own bookkeeping not. */
void check_growth(const char *what, void (*once)(void *opaque), void *opaque)
{
    char text[200];

    for (int i = 0; i < WARM_UP; i++)
        once(opaque);
    for (int i = 0; i < WINDOWS; i++)
        if (!grows(what, once, opaque, text))
            return;
    vm_test_broken(text);
}

/* ---- Random numbers -------------------------------------------------------------------------- */

uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

struct random random_begin(const char *name)
{
    struct random r = {check.seed};

    for (; *name; name++)
        r.state = random_next(&r) + (unsigned char)*name;
    return r;
}

uint32_t random_below(struct random *r, uint32_t n)
{
    return n ? (uint32_t)(random_next(r) % n) : 0;
}

/* ---- Kinds that need a machine --------------------------------------------------------------- */

static void needs_machine(void *opaque)
{
    (void)opaque;
    vm_test_skip("it needs a machine around it, which this program is not");
}

const struct vm_test_case other_cases[] = {
    {"life", needs_machine, NULL, 0},
    {0},
};

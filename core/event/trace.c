/* SPDX-License-Identifier: BSD-2-Clause */
/* trace.c - --trace: which categories are on, and where their lines go. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vmrun/cpu.h>
#include "core/event/event.h"
#include "core/host/process.h"
#include "core/plugin/registry.h"

uint32_t trace_mask;

static const char *const category_names[] = {"units",   "ir",         "exceptions",
                                             "devices", "interrupts", "all"};
static const uint32_t category_bits[] = {
    VM_TRACE_UNITS,
    VM_TRACE_IR,
    VM_TRACE_EXCEPTIONS,
    VM_TRACE_DEVICES,
    VM_TRACE_INTERRUPTS,
    VM_TRACE_UNITS | VM_TRACE_IR | VM_TRACE_EXCEPTIONS | VM_TRACE_DEVICES | VM_TRACE_INTERRUPTS,
};
#define N_CATEGORIES (sizeof(category_bits) / sizeof(category_bits[0]))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int trace_fd = STDERR_FILENO;
static bool trace_failed; /* a write failed: the file is at its end, and nothing more is tried */

/* The bit of one name of the list; -1 with err set. */
static int add_category(const char *name, uint32_t *mask, struct vm_error *err)
{
    for (size_t i = 0; i < N_CATEGORIES; i++) {
        if (strcmp(name, category_names[i]) == 0) {
            *mask |= category_bits[i];
            return 0;
        }
    }
    const char *near = nearest_name(name, category_names, N_CATEGORIES);
    if (near)
        return vm_error_set(err, "unknown trace category '%s'; did you mean '%s'?", name, near);
    return vm_error_set(err,
                        "unknown trace category '%s'; there are units, ir, exceptions, devices, "
                        "interrupts and all",
                        name);
}

int trace_enable(const char *list, const char *path, struct vm_error *err)
{
    char *names = strdup(list), *rest = names;
    uint32_t mask = 0;
    int rc = 0;
    if (!names)
        return vm_error_set(err, "out of memory for the trace categories");
    for (char *name = strsep(&rest, ","); name && rc == 0; name = strsep(&rest, ","))
        rc = add_category(name, &mask, err);
    free(names);
    if (rc)
        return -1;
    if (path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd < 0)
            return vm_error_set(err, "cannot open trace file '%s': %s", path, strerror(errno));
        if (trace_fd != STDERR_FILENO)
            close(trace_fd);
        trace_fd = fd;
    }
    trace_mask |= mask;
    return 0;
}

const char *trace_category_name(uint32_t bit)
{
    for (size_t i = 0; i < N_CATEGORIES; i++)
        if (category_bits[i] == bit)
            return category_names[i];
    return "trace";
}

static void write_out(const char *text, size_t n)
{
    pthread_mutex_lock(&lock);
    if (!trace_failed)
        trace_failed = !host_write_text(trace_fd, text, n);
    pthread_mutex_unlock(&lock);
}

/* One write a line, unbuffered: the last lines before a crash are those that matter. */
void trace_line_v(const char *category, const char *fmt, va_list args)
{
    char local[2048], *text = local;
    va_list again;
    va_copy(again, args);
    int head = snprintf(local, sizeof(local), "%s: ", category);
    int body = vsnprintf(local + head, sizeof(local) - (size_t)head, fmt, args);
    size_t n = (size_t)head + (size_t)(body < 0 ? 0 : body);
    if (n + 1 > sizeof(local)) { /* IR of a whole unit */
        text = malloc(n + 2);
        if (text) {
            memcpy(text, local, (size_t)head);
            vsnprintf(text + head, n + 1 - (size_t)head, fmt, again);
        } else {
            text = local;
            n = sizeof(local) - 1;
        }
    }
    va_end(again);
    text[n] = '\n';
    write_out(text, n + 1);
    if (text != local)
        free(text);
}

void trace_line(const char *category, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    trace_line_v(category, fmt, args);
    va_end(args);
}

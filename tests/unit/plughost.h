/* SPDX-License-Identifier: BSD-2-Clause */
/* plughost.h - what test hosts of all plugin kinds have in common: properties, log, buffers. */
#ifndef TESTS_UNIT_PLUGHOST_H
#define TESTS_UNIT_PLUGHOST_H

#include <vmrun/plugin.h>

#define PLUGHOST_MAX_PROPS 16

/* Bytes that grow, always with a zero behind them. */
struct plughost_buffer {
    char *text;
    size_t size;
};

void plughost_bytes(struct plughost_buffer *b, const void *bytes, size_t n);
void plughost_text(struct plughost_buffer *b, const char *fmt, ...) VM_PRINTF(2, 3);

/* Properties as text, over the defaults of the plugin's table. */
struct vm_props {
    const struct vm_plugin *plugin;
    const char *names[PLUGHOST_MAX_PROPS], *values[PLUGHOST_MAX_PROPS];
    uint32_t n;
};

void plughost_set(struct vm_props *props, const char *name, const char *value);
int plughost_prop_given(const struct vm_props *props, const char *name);
uint64_t plughost_prop_uint(const struct vm_props *props, const char *name);
const char *plughost_prop_string(const struct vm_props *props, const char *name);

/* The host's side common to all kinds. Its log goes to plughost_log: the last line, and how many
 * there were. */
extern const struct vm_host plughost_base;

struct plughost_log {
    uint32_t lines;
    char text[1024];
};
extern struct plughost_log plughost_log;
void plughost_log_line(const void *who, int level, const char *fmt, ...) VM_PRINTF(3, 4);

_Noreturn void plughost_broken(const char *what);

#endif

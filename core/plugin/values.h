/* SPDX-License-Identifier: BSD-2-Clause */
/* values.h - numbers as users write them. */
#ifndef CORE_PLUGIN_VALUES_H
#define CORE_PLUGIN_VALUES_H

#include <vmrun/plugin.h>

/* parse_uint and parse_size are in registry.h. All return 0, or -1 if the text is malformed or does
 * not fit 64 bits. */
int parse_duration(const char *text, uint64_t *nanoseconds);
int parse_bool(const char *text, uint64_t *value);

#define VALUE_TEXT 40
/* "1G", "4096": the shortest exact form that parse_size takes back; the same for durations. */
const char *format_size(uint64_t bytes, char text[VALUE_TEXT]);
const char *format_duration(uint64_t nanoseconds, char text[VALUE_TEXT]);

#endif

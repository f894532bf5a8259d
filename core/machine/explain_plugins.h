/* SPDX-License-Identifier: BSD-2-Clause */
/* explain_plugins.h - plugins on paper: --list-plugins and --describe. */
#ifndef CORE_MACHINE_EXPLAIN_PLUGINS_H
#define CORE_MACHINE_EXPLAIN_PLUGINS_H

#include <stdio.h>
#include "core/plugin/registry.h"

/* Both return 0, or -1 with err set. */
int show_plugins(struct registry *reg, FILE *out, struct vm_error *err);
/* `name` is a plugin, or a section's kind. */
int show_plugin(struct registry *reg, const char *name, FILE *out, struct vm_error *err);

#endif

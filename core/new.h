/* SPDX-License-Identifier: BSD-2-Clause */
/* new.h - `vmrun --new`. */
#ifndef CORE_NEW_H
#define CORE_NEW_H

#include <vmrun/plugin.h>

/*
 * Runs the script instead of this program; arguments[1] on are its own, NULL at the end, and
 * arguments[0] is replaced. Returns -1 with err set if that cannot be done.
 */
int run_new(char **arguments, struct vm_error *err);

#endif

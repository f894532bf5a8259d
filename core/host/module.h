/* SPDX-License-Identifier: BSD-2-Clause */
/* module.h - shared objects of the host. */
#ifndef CORE_HOST_MODULE_H
#define CORE_HOST_MODULE_H

#include <vmrun/plugin.h>

/* A loaded shared object. It is never unloaded. */
struct host_module;

/*
 * Loads `path` with all its symbols bound at once and none of them given to others. NULL with err
 * set to the loader's own words. Runs the object's constructors. [main thread]
 */
struct host_module *host_module_open(const char *path, struct vm_error *err);
/* The address of a symbol, or NULL. */
const void *host_module_symbol(struct host_module *module, const char *name);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* code.h - memory for code made at run time: the same pages mapped twice, never writable and
 * executable at one address. */
#ifndef CORE_HOST_CODE_H
#define CORE_HOST_CODE_H

#include <vmrun/engine.h>

/* What plugins get of it as "vm.host.code-memory/1"; contracts are in vmrun/engine.h. */
extern const struct vm_host_code_memory host_code_memory;

#endif

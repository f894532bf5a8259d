/* SPDX-License-Identifier: BSD-2-Clause */
/* process.h - this process: where its program lies, and lines on its standard error. */
#ifndef CORE_HOST_PROCESS_H
#define CORE_HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <vmrun/plugin.h>

/* The folder of the running program, without a trailing slash. -1 with err set. */
int host_program_folder(char *buf, size_t size, struct vm_error *err);

/*
 * Writes a whole text to descriptor `fd`, waiting where the descriptor would block (at most about a
 * second). A newline becomes CR LF when it is a terminal that a serial console has in raw mode,
 * where the newline alone would not go back to the first column. False: not all could be written.
 * [any thread]
 */
bool host_write_text(int fd, const char *text, size_t n);

#endif

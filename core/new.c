/* SPDX-License-Identifier: BSD-2-Clause */
/* new.c - `vmrun --new`: hands over to the script that makes machine folders. */
#include "core/new.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/host/process.h"

/* The folder beside the program, if it runs where it was built, else the installed one. */
static int find_script(char *script, size_t size, const char *program_folder, struct vm_error *err)
{
    struct stat st;
    int n = snprintf(script, size, "%s/new.uninstalled/vmrun-new", program_folder);
    if (n > 0 && (size_t)n < size && stat(script, &st) == 0)
        return 0;
    n = snprintf(script, size, "%s/vmrun-new", VM_NEW_DIR);
    if (n < 0 || (size_t)n >= size || access(script, X_OK) != 0)
        return vm_error_set(err, "--new: cannot run %s: %s; is vmrun completely installed?", script,
                            strerror(errno));
    return 0;
}

int run_new(char **arguments, struct vm_error *err)
{
    char folder[PATH_MAX], script[PATH_MAX + 64], program[PATH_MAX];
    if (host_program_folder(folder, sizeof(folder), err) ||
        find_script(script, sizeof(script), folder, err))
        return -1;
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (n < 0)
        return vm_error_set(err, "--new: /proc/self/exe: %s", strerror(errno));
    program[n] = '\0';
    if (setenv("VMRUN", program, 1))
        return vm_error_set(err, "out of memory");
    arguments[0] = script;
    execv(script, arguments);
    return vm_error_set(err, "--new: cannot run %s: %s", script, strerror(errno));
}

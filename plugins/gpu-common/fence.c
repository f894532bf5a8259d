/* SPDX-License-Identifier: BSD-2-Clause */
/* fence.c - see fence.h. The system calls have no functions in the C library. */
#include "fence.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All of the first version of Landlock: what is handled is forbidden but where allowed. */
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL     ((uint64_t)LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)

static void allow(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};

    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return; /* what is not there need not be allowed */
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
}

/* The real folder of the library, since its helpers (NVRTC's builtins) lie beside it. */
static void allow_library(int rules, const void *function)
{
    char path[PATH_MAX], *slash;
    Dl_info where;

    if (!dladdr(function, &where) || !where.dli_fname || !realpath(where.dli_fname, path))
        return;
    slash = strrchr(path, '/');
    if (!slash || slash == path)
        return;
    *slash = 0;
    allow(rules, path, READING);
}

int gpu_fence(const void *function, const char *folder)
{
    static const char *const readable[] = {"/usr", "/lib", "/lib64", "/opt", "/etc/ld.so.cache"};
    struct landlock_ruleset_attr attr = {.handled_access_fs = ALL};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    int result = -1;

    if (rules < 0)
        return -1;
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
        allow(rules, readable[i],
              i + 1 < sizeof(readable) / sizeof(readable[0]) ? READING
                                                             : LANDLOCK_ACCESS_FS_READ_FILE);
    allow_library(rules, function);
    allow(rules, folder, ALL & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        result = (int)syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
    return result;
}

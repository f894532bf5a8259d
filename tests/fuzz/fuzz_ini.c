/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_ini.c - libFuzzer target: any bytes as a machine file, with the mock plugins to describe.
 *
 * What is accepted is explained, and the explanation must be accepted again.
 */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/machine/description.h"
#include "tests/unit/mock_plugins.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct description *load(struct registry *reg, const void *data, size_t size,
                                struct vm_error *err)
{
    static const struct override overrides[] = {{"machine.arch", "mock"},
                                                {"machine.engine", "mock"}};
    struct description *d = NULL;
    char path[64];
    int fd = memfd_create("machine.ini", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    d = description_load(path, overrides, 2, reg, err);
    close(fd);
    return d;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct registry *reg;
    struct vm_error err = VM_ERROR_INIT;
    char *text = NULL;
    size_t length = 0;

    if (!reg) {
        /* Real plugins would make each run depend on what is installed. */
        setenv("VMRUN_PLUGIN_PATH", "/nonexistent", 1);
        reg = mock_registry();
    }
    struct description *d = load(reg, data, size, &err);
    if (!d) {
        if (!err.set || !err.text[0] || strchr(err.text, '\n'))
            abort();
        return 0;
    }
    FILE *f = open_memstream(&text, &length);
    if (!f)
        abort();
    description_explain(d, f);
    fclose(f);
    description_free(d);
    d = load(reg, text, length, &err);
    if (!d && !strstr(err.text, "longer than") && !strstr(err.text, "bytes at most")) {
        fprintf(stderr, "%s\n%s\n", err.text, text);
        abort();
    }
    description_free(d);
    free(text);
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* module.c - shared objects by the C library's loader. */
#include "core/host/module.h"
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Class, byte order and machine of an ELF file: the first 20 bytes are the same in both classes.
 * False: it is none. */
static bool read_header(const char *path, Elf64_Ehdr *header)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t n = offsetof(Elf64_Ehdr, e_version);
    bool whole = fd >= 0 && read(fd, header, n) == (ssize_t)n &&
                 memcmp(header->e_ident, ELFMAG, SELFMAG) == 0;

    if (fd >= 0)
        close(fd);
    return whole;
}

/* The loader passes over objects of another machine as if the file were not there. */
static bool for_this_machine(const char *path)
{
    Elf64_Ehdr theirs, ours;

    return !read_header(path, &theirs) || !read_header("/proc/self/exe", &ours) ||
           (theirs.e_machine == ours.e_machine &&
            theirs.e_ident[EI_CLASS] == ours.e_ident[EI_CLASS] &&
            theirs.e_ident[EI_DATA] == ours.e_ident[EI_DATA]);
}

struct host_module *host_module_open(const char *path, struct vm_error *err)
{
    if (!for_this_machine(path)) {
        vm_error_set(err, "it is built for another kind of processor than this vmrun");
        return NULL;
    }
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle)
        return handle;
    const char *text = dlerror();
    size_t n = strlen(path);
    /* The caller names the file; the loader does so only sometimes. */
    if (text && strncmp(text, path, n) == 0 && text[n] == ':' && text[n + 1] == ' ')
        text += n + 2;
    vm_error_set(err, "the loader says: %s", text ? text : "unknown error");
    return NULL;
}

const void *host_module_symbol(struct host_module *module, const char *name)
{
    return dlsym(module, name);
}

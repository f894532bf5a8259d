/* SPDX-License-Identifier: BSD-2-Clause */
/* props_host.c - the services that plugins of every kind get: log, property values, optional
 * capabilities. */
#include <stdio.h>
#include <string.h>
#include "core/host/code.h"
#include "core/machine/internal.h"

static void host_log(const void *who, int level, const char *fmt, ...)
{
    const struct context *context = who;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_line(level, context ? context->name : NULL, "%s", text);
}

/* Optional capabilities. */
static const void *host_interface(const char *id)
{
    if (strcmp(id, VM_HOST_CODE_MEMORY) == 0)
        return &host_code_memory;
    if (strcmp(id, VM_HOST_VIRTQUEUE) == 0)
        return &host_virtqueue;
    if (strcmp(id, VM_HOST_BOOT_FILES) == 0)
        return &host_boot_files;
    return strcmp(id, VM_HOST_ENGINES) == 0 ? &host_engines : NULL;
}

const struct vm_host vm_host_table = {
    .size = sizeof(struct vm_host),
    .abi_minor = VM_ABI_MINOR,
    .log = host_log,
    .get_interface = host_interface,
    .prop_given = props_given,
    .prop_uint = props_uint,
    .prop_string = props_string,
};

bool copy_sized(void *to, const void *from, uint32_t size, uint32_t mandatory)
{
    uint32_t theirs;
    memcpy(&theirs, from, sizeof(theirs));
    memset(to, 0, size);
    if (theirs < mandatory)
        return false;
    memcpy(to, from, theirs < size ? theirs : size);
    memcpy(to, &size, sizeof(size));
    for (uint32_t i = size; i < theirs; i++)
        if (((const uint8_t *)from)[i])
            return false;
    return true;
}

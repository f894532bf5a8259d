/* SPDX-License-Identifier: BSD-2-Clause */
/* Error values: filling one in and putting context in front of it. */
#include <stdio.h>
#include <string.h>
#include <vmrun/plugin.h>

/* Bytes of text that the caller's struct has room for; it may have been built with another size of
 * it. */
static size_t text_room(const struct vm_error *err)
{
    size_t head = offsetof(struct vm_error, text);

    if (err->size <= head)
        return 0;
    size_t room = err->size - head;
    return room < VM_ERROR_TEXT ? room : VM_ERROR_TEXT;
}

int vm_error_set(struct vm_error *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -1;
    size_t room = text_room(err);
    err->set = 1;
    if (room == 0)
        return -1;
    va_start(ap, fmt);
    if (vsnprintf(err->text, room, fmt, ap) < 0)
        err->text[0] = '\0';
    va_end(ap);
    return -1;
}

int vm_error_prefix(struct vm_error *err, const char *fmt, ...)
{
    char text[VM_ERROR_TEXT];
    va_list ap;

    if (!err)
        return -1;
    size_t room = text_room(err);
    int was_set = err->set != 0;
    err->set = 1;
    if (room == 0)
        return -1;
    va_start(ap, fmt);
    int n = vsnprintf(text, room, fmt, ap);
    va_end(ap);
    if (n < 0)
        return -1;
    size_t len = (size_t)n < room ? (size_t)n : room - 1;
    if (was_set && len < room - 1)
        snprintf(text + len, room - len, ": %s", err->text);
    memcpy(err->text, text, strlen(text) + 1);
    return -1;
}

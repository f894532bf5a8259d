/* SPDX-License-Identifier: BSD-2-Clause */
/* text.c - the words that a GPU request takes back. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_put(struct vm_gpu_request *r, const char *bytes, size_t length)
{
    r->text_length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
    if (!r->text || !r->text_size)
        return;
    if (length > r->text_size - 1)
        length = r->text_size - 1;
    memcpy(r->text, bytes, length);
    r->text[length] = 0;
}

uint32_t text_error(struct vm_gpu_request *r, uint32_t error, const char *fmt, ...)
{
    char words[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof(words), fmt, ap);
    va_end(ap);
    text_put(r, words, strlen(words));
    return error;
}

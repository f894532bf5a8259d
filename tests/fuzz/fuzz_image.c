/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_image.c - libFuzzer target: any bytes as a boot file. What is accepted must keep its
 * promises to the board. */
#include <stdlib.h>
#include <string.h>
#include "core/machine/image.h"

#define LIMIT (1u << 20)

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(const struct image *im)
{
    const struct vm_image *info = image_info(im);
    volatile uint8_t sum = 0;
    if (info->length == 0 || info->length > LIMIT || info->n_segments > 256 ||
        (info->kind == VM_IMAGE_RAW && info->n_segments))
        abort();
    for (uint64_t i = 0; i < info->length; i += 512)
        sum = (uint8_t)(sum + info->data[i]);
    for (uint32_t i = 0; i < info->n_segments; i++) {
        const struct vm_image_segment *s = &info->segments[i];
        if (s->mem_size == 0 || s->file_size > s->mem_size || s->offset > info->length ||
            s->file_size > info->length - s->offset || s->paddr + (s->mem_size - 1) < s->paddr)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    for (int decode = 0; decode <= 1; decode++) {
        struct vm_error err = VM_ERROR_INIT;
        struct image *im = image_from_bytes("fuzz", data, size, LIMIT, decode, &err);
        if (im)
            check(im);
        else if (!err.set || !err.text[0] || strchr(err.text, '\n'))
            abort();
        image_free(im);
    }
    return 0;
}

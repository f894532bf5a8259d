/* SPDX-License-Identifier: BSD-2-Clause */
/* image.h - boot files in memory: ELF, gzip, raw. */
#ifndef CORE_MACHINE_IMAGE_H
#define CORE_MACHINE_IMAGE_H

#include <stdbool.h>
#include <vmrun/board.h>

struct image;

/*
 * Reads `path`, at most `limit` bytes in the end. With `decode` a gzip file is unpacked and an ELF file is recognised and parsed; without,
 * it is RAW as it is. NULL with err set; the text begins with the path.
 */
struct image *image_load(const char *path, uint64_t limit, bool decode, struct vm_error *err);
/* The same from bytes in memory (copied); `name` stands for the path. */
struct image *image_from_bytes(const char *name, const void *bytes, uint64_t n, uint64_t limit, bool decode, struct vm_error *err);
const struct vm_image *image_info(const struct image *image);
/* Gives the contents' memory back to the host. Addresses stay valid but read as zero until image_restore() has read the file again, which
 * fails if the file has changed. */
void image_release(struct image *image);
int image_restore(struct image *image, struct vm_error *err);
void image_free(struct image *image);

#endif

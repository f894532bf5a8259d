/* SPDX-License-Identifier: BSD-2-Clause */
/* image.h - boot files in memory: ELF, gzip, raw. */
#ifndef CORE_MACHINE_IMAGE_H
#define CORE_MACHINE_IMAGE_H

#include <stdbool.h>
#include <vmrun/board.h>

struct image;

/*
 * Reads `path`, at most `limit` bytes in the end. With `decode` a gzip file is unpacked and an ELF
 * file is recognised and parsed; without, it is RAW as it is. NULL with err set; the text begins
 * with the path.
 *
 * A file is not kept in memory twice: beyond VM_IMAGE_HEAD its bytes are read when image_copy()
 * asks for them.
 */
struct image *image_load(const char *path, uint64_t limit, bool decode, struct vm_error *err);
/* The same from bytes in memory (copied); `name` stands for the path. */
struct image *image_from_bytes(const char *name, const void *bytes, uint64_t n, uint64_t limit,
                               bool decode, struct vm_error *err);
const struct vm_image *image_info(const struct image *image);
/* Whether the n bytes at `from` lie in the image's data. */
bool image_contains(const struct image *image, const void *from, uint64_t n);
/* Copies a part of the image's data, which may not have been read yet. -1 with err set: the file
 * has changed. */
int image_copy(struct image *image, const void *from, uint64_t n, void *to, struct vm_error *err);
/* Gives the memory of unpacked contents back to the host; they are unpacked again when image_copy()
 * needs them. */
void image_release(struct image *image);
void image_free(struct image *image);

#endif

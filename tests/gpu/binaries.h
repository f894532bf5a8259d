/* SPDX-License-Identifier: BSD-2-Clause */
/* binaries.h - small GPU binaries made by hand, as tests need them: right ones and wrong ones. */
#ifndef TESTS_GPU_BINARIES_H
#define TESTS_GPU_BINARIES_H

#include <stddef.h>
#include <stdint.h>

/* A cubin of sm_90, and a code object, with the kernels vector_add(a, b, c, n) and bad_address().
 * Returns the number of bytes; at most BINARY_SIZE. */
enum { BINARY_SIZE = 4096 };
size_t make_cubin(uint8_t *out);
size_t make_code_object(uint8_t *out);

#endif

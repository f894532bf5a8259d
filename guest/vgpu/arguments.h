/* SPDX-License-Identifier: BSD-2-Clause */
/* arguments.h - the kernel's arguments as vgpu-run's user writes them (vgpu-run(1)). */
#ifndef VGPU_ARGUMENTS_H
#define VGPU_ARGUMENTS_H

#include <stdint.h>

#define MAX_ARGUMENT_BYTES 4096u

enum value_type { I8, U8, I16, U16, I32, U32, I64, U64, F32, F64, N_VALUE_TYPES };

struct argument {
    const char *text;
    uint32_t size;   /* in the packed arguments */
    uint64_t number; /* its bits */
    /* A buffer: */
    int is_buffer;
    uint8_t *bytes;
    uint64_t n_bytes;
    int print;      /* enum value_type, -1: no */
    const char *to; /* a file for what is in it in the end, or NULL */
    uint64_t address;
};

/* -1: it cannot be understood, which was said on standard error. */
int argument_parse(struct argument *a, const char *text);
uint32_t value_size(int type);
void argument_print(const struct argument *a);
int argument_write(const struct argument *a);
/* "64K"; -1: it is no number of bytes. */
int parse_bytes(const char *text, uint64_t *bytes);
/* All of a file, with a zero behind it; NULL: said on standard error. */
uint8_t *read_file(const char *path, uint64_t *n);

#endif

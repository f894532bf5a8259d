/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compiler.h - between a plugin and its compiler's program. NVRTC and HIPRTC have the same
 * interface by other names ("NVRTC User Guide"; "HIP RTC Programming Guide").
 */
#ifndef GPU_COMMON_COMPILER_H
#define GPU_COMMON_COMPILER_H

#include <stdint.h>

/* argv: the program, seconds, bytes of memory, a folder to write in, "fenced" or "unfenced"
 * (where there is no fence, go on without), "exact" or "portable" (PTX will do), the library ("":
 * the usual ones), then the compiler's options. */
enum { GPU_COMPILER_ARGUMENTS = 7 };

/* Descriptors: source, result, messages, and one that is open as long as the program lives. */
enum { GPU_COMPILER_DESCRIPTORS = 4 };

#define GPU_COMPILER_MAGIC 0x47435031u

/* The result: this, the log, the binary. */
struct gpu_compiler_result {
    uint32_t magic;
    uint16_t ok;
    uint16_t portable;    /* it is PTX */
    uint64_t log, binary; /* bytes */
};

struct gpu_program; /* nvrtcProgram, hiprtcProgram */

/* Names of functions, in the order of enum gpu_compiler_function, and of the libraries. */
struct gpu_compiler_names {
    const char *const *libraries; /* to try, NULL-terminated */
    const char *companions;       /* how files begin that the library looks for by name alone */
    const char *advice;
    const char *file; /* what the source is called in messages */
    const char *functions[8];
    /* NULL, or how many architectures the library knows, which, and the code that any GPU from one
     * of them on takes; and the option that asks for it, to be followed by the number. */
    const char *portable[4];
    const char *portable_option;
};

enum gpu_compiler_function {
    GPU_COMPILER_CREATE,
    GPU_COMPILER_COMPILE,
    GPU_COMPILER_LOG_SIZE,
    GPU_COMPILER_LOG,
    GPU_COMPILER_CODE_SIZE,
    GPU_COMPILER_CODE,
    GPU_COMPILER_DESTROY,
    GPU_COMPILER_ERROR,
};

/* Of the plugin's own file. */
extern const struct gpu_compiler_names gpu_compiler_names;

#endif

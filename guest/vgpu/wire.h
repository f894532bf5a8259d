/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.h - what the vgpu device and its driver say to one another: registers, ring entries, numbers
 * of operations and errors. doc/vgpu-protocol.md says what they mean. The device's source and the
 * guest's library each have this file; all values are little-endian.
 */
#ifndef VGPU_WIRE_H
#define VGPU_WIRE_H

#define VGPU_PCI_VENDOR 0x1234
#define VGPU_PCI_DEVICE 0x7e60
#define VGPU_PCI_CLASS  0x120000 /* processing accelerator */

#define VGPU_MAGIC   0x55504756u /* "VGPU" */
#define VGPU_VERSION 0x00010000u /* major << 16 | minor */

/* Registers, in BAR 0; 32 bits, but for those marked. */
enum vgpu_register {
    VGPU_REG_MAGIC = 0x00,
    VGPU_REG_VERSION = 0x04,
    VGPU_REG_FEATURES = 0x08,
    VGPU_REG_GPUS = 0x0c,
    VGPU_REG_STATUS = 0x10,
    VGPU_REG_CONTROL = 0x14,
    VGPU_REG_ENTRIES = 0x18,
    VGPU_REG_SUBMIT_OFFSET = 0x1c,
    VGPU_REG_COMPLETE_OFFSET = 0x20,
    VGPU_REG_SUBMIT_TAIL = 0x24, /* the doorbell */
    VGPU_REG_SUBMIT_HEAD = 0x28,
    VGPU_REG_COMPLETE_TAIL = 0x2c,
    VGPU_REG_IRQ_STATUS = 0x30,
    VGPU_REG_IRQ_MASK = 0x34,
    VGPU_REG_WINDOW_SIZE = 0x38, /* 64 bits, as two of 32 */
    VGPU_REG_QUOTA = 0x40,       /* 64 bits */
    VGPU_REG_END = 0x48,
};

#define VGPU_STATUS_ENABLED 1u
#define VGPU_STATUS_FAILED  2u /* the driver's mistake: disable and enable */
#define VGPU_STATUS_LOST    4u /* the GPU hangs: nothing helps but another machine */

#define VGPU_CONTROL_ENABLE 1u

#define VGPU_IRQ_COMPLETION 1u
#define VGPU_IRQ_FAILED     2u

#define VGPU_ENTRY_BYTES   64u
#define VGPU_MAX_ENTRIES   1024u
#define VGPU_OFFSET_ALIGN  64u
#define VGPU_MAX_TEXT      65536u
#define VGPU_MAX_NAME      1024u
#define VGPU_MAX_OPTIONS   4096u
#define VGPU_MAX_CODE      (64u << 20)
#define VGPU_MAX_ARGUMENTS 65536u

enum vgpu_op {
    VGPU_OP_NOP = 0,
    VGPU_OP_INFO = 1,
    VGPU_OP_ALLOC = 2,
    VGPU_OP_FREE = 3,
    VGPU_OP_H2D = 4,
    VGPU_OP_D2H = 5,
    VGPU_OP_D2D = 6,
    VGPU_OP_COMPILE = 7,
    VGPU_OP_LOAD = 8,
    VGPU_OP_UNLOAD = 9,
    VGPU_OP_FUNC_INFO = 10,
    VGPU_OP_LAUNCH = 11,
    VGPU_OP_SYNC = 12,
    VGPU_OP_STREAM_NEW = 13,
    VGPU_OP_STREAM_FREE = 14,
    VGPU_OP_STATS = 15,
    VGPU_OPS = 16,
};

/* Below 0x100: what the GPU's side has to say. From there on: the device's own checks. */
enum vgpu_error {
    VGPU_OK = 0,
    VGPU_INVALID = 1,
    VGPU_NO_MEMORY = 2,
    VGPU_NOT_FOUND = 3,
    VGPU_COMPILE_FAILED = 4,
    VGPU_UNSUPPORTED = 5,
    VGPU_FAILED = 6,
    VGPU_LOST = 7,
    VGPU_BAD_OP = 0x100,
    VGPU_BAD_GPU = 0x101,
    VGPU_BAD_OFFSET = 0x102,
    VGPU_BAD_LENGTH = 0x103,
    VGPU_BAD_ADDRESS = 0x104,
    VGPU_BAD_HANDLE = 0x105,
    VGPU_BAD_FIELD = 0x106,
    VGPU_QUOTA = 0x107,
    VGPU_TOO_MANY = 0x108,
};

/* Where the fields of a submission are. Operations' own ones lie behind VGPU_SUBMIT_ARGS. */
#define VGPU_SUBMIT_OP     0u  /* 32 bits */
#define VGPU_SUBMIT_ID     4u  /* 32 */
#define VGPU_SUBMIT_GPU    8u  /* 32 */
#define VGPU_SUBMIT_STREAM 12u /* 32 */
#define VGPU_SUBMIT_TEXT   16u /* 32: offset of room for words, and 32: its bytes */
#define VGPU_SUBMIT_ARGS   24u /* 5 of 64 bits, or 10 of 32 */

/* Where those of a completion are. */
#define VGPU_COMPLETE_SEQUENCE 0u  /* 32 bits, written last */
#define VGPU_COMPLETE_ID       4u  /* 32 */
#define VGPU_COMPLETE_ERROR    8u  /* 32 */
#define VGPU_COMPLETE_TEXT     12u /* 32: what the whole text would be */
#define VGPU_COMPLETE_RESULTS  16u /* 4 of 64 */
#define VGPU_COMPLETE_GPU_NS   48u /* 64 */

/* The record of INFO. */
#define VGPU_INFO_SOURCES           0u
#define VGPU_INFO_BINARIES          4u
#define VGPU_INFO_COMPUTE_UNITS     8u
#define VGPU_INFO_SUBGROUP          12u
#define VGPU_INFO_MAX_BLOCK_THREADS 16u
#define VGPU_INFO_MAX_BLOCK         20u /* 3 of 32 bits */
#define VGPU_INFO_MAX_GRID          32u /* 3 of 32 bits */
#define VGPU_INFO_ARGUMENT_SIZE     44u
#define VGPU_INFO_MEMORY_TOTAL      48u /* 64 bits from here on */
#define VGPU_INFO_MEMORY_FREE       56u
#define VGPU_INFO_MAX_ALLOC         64u
#define VGPU_INFO_CLOCK_HZ          72u
#define VGPU_INFO_L2_SIZE           80u
#define VGPU_INFO_SHARED_SIZE       88u
#define VGPU_INFO_NAME              128u /* texts, ended by zero */
#define VGPU_INFO_VENDOR            256u
#define VGPU_INFO_DRIVER            320u
#define VGPU_INFO_ARCHITECTURE      384u
#define VGPU_INFO_BYTES             448u

/* What `sources` and `binaries` say, and the formats of COMPILE and LOAD. */
#define VGPU_SOURCE_CUDA        1u
#define VGPU_SOURCE_HIP         2u
#define VGPU_SOURCE_OPENCL_C    4u
#define VGPU_BINARY_PTX         1u
#define VGPU_BINARY_CUBIN       2u
#define VGPU_BINARY_CODE_OBJECT 4u
#define VGPU_BINARY_OPENCL      8u
#define VGPU_BINARY_OWN         16u /* the backend's own: it says what */

#define VGPU_UNKNOWN 0xffffffffu

/* The record of STATS: so many numbers of 64 bits. */
enum vgpu_stat {
    VGPU_STAT_BYTES_IN = 0,
    VGPU_STAT_BYTES_OUT = 1,
    VGPU_STAT_BYTES_WITHIN = 2,
    VGPU_STAT_LAUNCHES = 3,
    VGPU_STAT_COMPILATIONS = 4,
    VGPU_STAT_ERRORS = 5,
    VGPU_STAT_COPY_NS = 6,
    VGPU_STAT_LAUNCH_NS = 7,
    VGPU_STAT_LAUNCH_GPU_NS = 8,
    VGPU_STAT_COMPILE_NS = 9,
    VGPU_STAT_QUOTA = 10,       /* all ones: there is none */
    VGPU_STAT_MEMORY_USED = 11, /* of it */
    VGPU_STATS = 12,
};

#define VGPU_PARAMETER_BYTES 8u /* of FUNC_INFO's record, for each: offset and size */

#endif

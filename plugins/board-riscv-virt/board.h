/* SPDX-License-Identifier: BSD-2-Clause */
/* board.h - the state of one board-riscv-virt. */
#ifndef BOARD_RISCV_VIRT_BOARD_H
#define BOARD_RISCV_VIRT_BOARD_H

#include "../board-common/boot.h"

#define RAM_BASE UINT64_C(0x80000000)

/* Where supervisor software is expected: the first 2 MiB are the firmware's. */
#define PAYLOAD_OFFSET (2 * MIB)

struct board {
    struct boot boot;
    uint64_t dynamic_info; /* address of OpenSBI's struct fw_dynamic_info */
};

#endif

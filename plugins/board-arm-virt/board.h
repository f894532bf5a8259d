/* SPDX-License-Identifier: BSD-2-Clause */
/* board.h - the state of one board-arm-virt. */
#ifndef BOARD_ARM_VIRT_BOARD_H
#define BOARD_ARM_VIRT_BOARD_H

#include "../board-common/boot.h"

#define RAM_BASE UINT64_C(0x40000000)

struct board {
    struct boot boot;
    uint32_t cpus, conduit;
    bool deterministic;
};

#endif

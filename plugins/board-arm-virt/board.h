/* SPDX-License-Identifier: BSD-2-Clause */
/* board.h - the state of one board-arm-virt. */
#ifndef BOARD_ARM_VIRT_BOARD_H
#define BOARD_ARM_VIRT_BOARD_H

#include "../board-common/boot.h"

#define RAM_BASE UINT64_C(0x40000000)
/* Where flash memory is, with firmware in it that vCPUs begin with. */
#define FLASH_BASE UINT64_C(0)

struct board {
    struct boot boot;
    uint32_t cpus, conduit;
    bool deterministic;
    /* Firmware in flash gets these from us; boot.kernel and boot.initrd are empty then. */
    const char *offered; /* the path of the kernel; NULL: none */
};

/* ---- firmware.c: firmware in flash memory, which runs below or instead of a kernel ----------- */

/* Loads what [boot] names, places the device tree, and offers the rest to the firmware. */
int firmware_prepare(struct board *b, const struct vm_boot *boot, struct vm_error *err);
/* That the machine has what it takes. [all devices are there] */
int firmware_check(struct board *b, struct vm_error *err);

#endif

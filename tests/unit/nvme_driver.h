/* SPDX-License-Identifier: BSD-2-Clause */
/* nvme_driver.h - the simplest driver of an NVMe controller under test: one admin queue and one for
 * I/O, commands one at a time. */
#ifndef TESTS_UNIT_NVME_DRIVER_H
#define TESTS_UNIT_NVME_DRIVER_H

#include <stdint.h>

#include <vmrun/devtest.h>

#define NVME_RAM       0x80000000u
#define NVME_RAM_BYTES (4u << 20)
#define NVME_DEPTH     8u /* entries of each queue */

/* Where the queues and what else the driver has are in RAM. */
#define NVME_QUEUE(q, completion) (NVME_RAM + 0x2000u * (q) + ((completion) ? 0x1000u : 0u))
#define NVME_DATA                 (NVME_RAM + 0x100000u)

struct nvme_driver {
    struct vm_devtest *h;
    uint32_t tail[4], head[4]; /* by queue */
    uint8_t phase[4];
    uint16_t id;
};

enum nvme_register {
    NVME_CAP = 0,
    NVME_VS = 8,
    NVME_INTMS = 0xc,
    NVME_CC = 0x14,
    NVME_CSTS = 0x1c,
    NVME_AQA = 0x24,
    NVME_ASQ = 0x28,
    NVME_ACQ = 0x30
};

/* A controller on a bus, bus mastering on. `disk` as vmrun/devtest.h has it. */
struct vm_devtest *nvme_device(const struct vm_plugin *plugin, const char *disk);
uint32_t nvme_read(struct nvme_driver *d, uint32_t offset);
void nvme_write(struct nvme_driver *d, uint32_t offset, uint32_t value);
/* Enables it with an admin queue; CSTS after that. */
uint32_t nvme_enable(struct nvme_driver *d, struct vm_devtest *h);
/* Puts a command into a queue and rings; dw: the command's words, of which the ID is set here. */
void nvme_submit(struct nvme_driver *d, uint32_t queue, uint32_t dw[16]);
/* The next completion: its status without the phase, or -1: there is none. */
int nvme_completion(struct nvme_driver *d, uint32_t queue, uint32_t *result);
/* Both; aborts if nothing comes. */
uint32_t nvme_command(struct nvme_driver *d, uint32_t queue, uint32_t dw[16], uint32_t *result);
/* Makes I/O queue 1 (of both kinds). */
uint32_t nvme_make_queues(struct nvme_driver *d);

#endif

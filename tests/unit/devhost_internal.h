/* SPDX-License-Identifier: BSD-2-Clause */
/* devhost_internal.h - what the two halves of devhost share. */
#ifndef TESTS_UNIT_DEVHOST_INTERNAL_H
#define TESTS_UNIT_DEVHOST_INTERNAL_H

#include "devhost.h"
#include "plughost.h"

#define DEVHOST_MAX_REGIONS 8
#define DEVHOST_MAX_OUTPUTS 16
#define DEVHOST_MAX_PROPS   8

struct vm_timer {
    struct vm_timer *next;
    vm_timer_callback callback;
    void *opaque;
    int64_t deadline;
};

struct devhost_claim {
    uint32_t cpu;
    int line, level;
};

struct devhost {
    const struct vm_device_ops *ops;
    void *device;
    struct vm_props props;
    bool creating;
    uint32_t wiring_calls, fail_wiring;

    struct vm_region regions[DEVHOST_MAX_REGIONS];
    uint32_t n_regions;
    uint8_t outputs[DEVHOST_MAX_OUTPUTS];
    uint32_t n_outputs;
    uint8_t *inputs;
    uint32_t n_inputs;
    uint32_t cpus;
    const char *const *cpu_lines;
    struct devhost_claim *claims;
    uint32_t n_claims;
    struct plughost_buffer claim_text;

    int64_t now, wall_base;
    uint64_t counter_hz, counter_offset;
    struct vm_timer *timers;

    const struct vm_chardev_client *client;
    void *client_opaque;
    size_t output_room;
    struct plughost_buffer output;
    uint32_t input_ready_calls;

    int request, request_status;
    struct plughost_buffer fdt;
};

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* devhost_internal.h - what the two halves of devhost share. */
#ifndef TESTS_UNIT_DEVHOST_INTERNAL_H
#define TESTS_UNIT_DEVHOST_INTERNAL_H

#include "devhost.h"
#include "plughost.h"

#define DEVHOST_MAX_REGIONS  8
#define DEVHOST_MAX_OUTPUTS  16
#define DEVHOST_MAX_PROPS    8
#define DEVHOST_MAX_CHARDEVS 8
#define DEVHOST_MAX_CPU_WAYS 1024

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

/* Where an output of a vCPU leads. */
struct devhost_cpu_way {
    uint32_t cpu;
    const char *name;
    uint32_t input;
};

struct vm_chardev {
    const struct vm_chardev_client *client;
    void *opaque;
    size_t output_room;
    struct plughost_buffer output;
    uint32_t input_ready_calls;
};

struct devhost_port {
    uint32_t cpu;
    const char *name;
    const struct vm_cpu_port_ops *ops;
};

struct devhost_work;

/* What the board offers firmware. */
#define DEVHOST_MAX_FILES 4
struct devhost_file {
    const char *name;
    const void *data;
    uint64_t length;
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
    const char *const *cpu_lines, *const *cpu_outputs;
    struct devhost_cpu_way cpu_ways[DEVHOST_MAX_CPU_WAYS];
    uint32_t n_cpu_ways;
    int accessing_cpu;
    void (*pressed)(void *opaque);
    void *pressed_opaque;
    struct devhost_claim *claims;
    uint32_t n_claims;
    struct plughost_buffer claim_text;

    struct devhost_port *ports;
    uint32_t n_ports;
    struct plughost_buffer sent; /* messages since they were asked for last */
    char *told;

    int64_t now, wall_base;
    uint64_t counter_hz, counter_offset;
    struct vm_timer *timers;

    struct vm_chardev chardevs[DEVHOST_MAX_CHARDEVS];
    uint32_t n_chardevs, chardev;
    struct vm_net *net;

    uint8_t *ram;
    uint64_t ram_base, ram_length, ram_piece, mapped_bytes;
    uint32_t n_mappings;
    struct vm_virtq *queues;
    struct vm_block *disk;
    struct devhost_work *works;
    bool deterministic;

    const char *bus_protocol;
    uint32_t bus_address, bus_changes;
    bool bus_attached, placed[DEVHOST_MAX_REGIONS];
    uint64_t places[DEVHOST_MAX_REGIONS];
    uint8_t *memory[DEVHOST_MAX_REGIONS]; /* of regions that have some, once it was asked for */
    bool hidden[DEVHOST_MAX_REGIONS];     /* it is not read directly */
    uint64_t region_bytes_written;
    struct devhost_file files[DEVHOST_MAX_FILES];
    uint32_t n_files;
    struct vm_bus_child children[DEVHOST_MAX_CHILDREN];
    struct plughost_buffer windows;

    int request, request_status;
    struct plughost_buffer fdt;
};

extern const struct vm_device_host devhost_template;

/* devhost.c: every wiring call passes here: only during create(), and it may have to fail. */
bool devhost_wiring_fails(struct devhost *h, struct vm_error *err);

/* devhost_block.c */
struct vm_block *devhost_block_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                      const char *prop, const struct vm_block_client *client,
                                      void *opaque, struct vm_error *err);
void devhost_block_info(struct vm_block *b, struct vm_block_info *info);
void devhost_block_submit(struct vm_block *b, struct vm_block_request *r);
void devhost_block_commit(struct vm_block *b);
void devhost_block_drain(struct vm_block *b);
/* What is under way is done, as before the device is saved, reset or destroyed. */
void devhost_block_settle(struct devhost *h);
void devhost_block_free(struct devhost *h);

/* devhost_msi.c */
int devhost_has_cpu_port(struct vm_device_ctx *ctx, const char *name);
int devhost_claim_cpu_port(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                           const struct vm_cpu_port_ops *ops, struct vm_error *err);
int devhost_send_message(struct vm_device_ctx *ctx, uint64_t addr, uint32_t data);
void devhost_free_msi(struct devhost *h);

/* devhost_firmware.c */
uint8_t *devhost_region_memory(struct vm_device_ctx *ctx, uint32_t region);
void devhost_region_direct(struct vm_device_ctx *ctx, uint32_t region, int direct);
void devhost_region_written(struct vm_device_ctx *ctx, uint32_t region, uint64_t offset,
                            uint64_t n);
extern const struct vm_boot_files devhost_boot_files;
void devhost_free_memory(struct devhost *h);

/* devhost_bus.c */
const char *devhost_bus_protocol(struct vm_device_ctx *ctx);
int devhost_bus_attach(struct vm_device_ctx *ctx, uint32_t *address, struct vm_error *err);
void devhost_region_place(struct vm_device_ctx *ctx, uint32_t region, int enabled,
                          uint64_t address);
int devhost_claim_window(struct vm_device_ctx *ctx, const char *name, uint64_t base,
                         uint64_t length, struct vm_error *err);
int devhost_child_access(struct vm_bus_child *child, uint64_t offset, uint32_t size,
                         uint64_t *value, int write);
int devhost_child_forward(struct vm_bus_child *child, uint64_t address, uint32_t size,
                          uint64_t *value, int write);
void devhost_bus_changed(struct vm_device_ctx *ctx);

/* devhost_net.c */
struct vm_net *devhost_net_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                  const char *prop, const struct vm_net_client *client,
                                  void *opaque, struct vm_error *err);
size_t devhost_net_send(struct vm_net *net, const struct vm_iovec *iov, uint32_t n);
void devhost_net_receive_ready(struct vm_net *net);
void devhost_net_info(struct vm_net *net, struct vm_net_info *info);
int devhost_net_set_offloads(struct vm_net *net, uint32_t offloads);
const char *devhost_instance_name(struct vm_device_ctx *ctx);
void devhost_free_net(struct devhost *h);

/* devhost_ram.c */
int devhost_dma_read(struct vm_device_ctx *ctx, uint64_t addr, void *buf, uint64_t n);
int devhost_dma_write(struct vm_device_ctx *ctx, uint64_t addr, const void *buf, uint64_t n);
void *devhost_dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write);
void devhost_dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written);
int devhost_submit_work(struct vm_device_ctx *ctx, void (*work)(void *opaque),
                        void (*done)(void *opaque), void *opaque);
const void *devhost_interface(const char *id);
void devhost_free_ram(struct devhost *h);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* internal.h - what the files of the host for one device share. */
#ifndef SDK_DEVTEST_INTERNAL_H
#define SDK_DEVTEST_INTERNAL_H

#include <pthread.h>
#include <vmrun/devtest.h>

#include "common.h"

#define VM_DEVTEST_MAX_REGIONS  8
#define VM_DEVTEST_MAX_OUTPUTS  16
#define VM_DEVTEST_MAX_CHARDEVS 8
#define VM_DEVTEST_MAX_CPU_WAYS 1024

struct vm_timer {
    struct vm_devtest *host;
    struct vm_timer *next;
    vm_timer_callback callback;
    void *opaque;
    int64_t deadline;
};

struct vm_devtest_claim {
    uint32_t cpu;
    int line, level;
};

/* Where an output of a vCPU leads. */
struct vm_devtest_cpu_way {
    uint32_t cpu;
    const char *name;
    uint32_t input;
};

struct vm_chardev {
    struct vm_devtest *host;
    struct vm_chardev_client client;
    void *opaque;
    size_t output_room;
    struct vm_test_buffer output;
    uint32_t input_ready_calls;
};

struct vm_devtest_port {
    uint32_t cpu;
    const char *name;
    const struct vm_cpu_port_ops *ops;
};

struct vm_devtest_work;

/* What the board offers firmware. */
#define VM_DEVTEST_MAX_FILES 4
struct vm_devtest_file {
    const char *name;
    const void *data;
    uint64_t length;
};

struct vm_devtest {
    struct vm_test_plugin test;
    struct vm_device_ops ops;
    void *device;
    bool creating, working;
    uint32_t inside;  /* callbacks of the device under way: it has its lock */
    pthread_t thread; /* on which they are */
    uint32_t wiring_calls, fail_wiring;

    struct vm_region regions[VM_DEVTEST_MAX_REGIONS];
    struct vm_region_ops region_ops[VM_DEVTEST_MAX_REGIONS];
    uint32_t n_regions;
    uint8_t outputs[VM_DEVTEST_MAX_OUTPUTS];
    uint32_t n_outputs;
    uint8_t *inputs;
    uint32_t n_inputs;
    uint32_t cpus;
    const char *const *cpu_lines, *const *cpu_outputs;
    struct vm_devtest_cpu_way cpu_ways[VM_DEVTEST_MAX_CPU_WAYS];
    uint32_t n_cpu_ways;
    int accessing_cpu;
    void (*pressed)(void *opaque);
    void *pressed_opaque;
    struct vm_devtest_claim *claims;
    uint32_t n_claims;
    struct vm_test_buffer claim_text;

    struct vm_devtest_port *ports;
    uint32_t n_ports;
    struct vm_test_buffer sent; /* messages since they were asked for last */
    char *told;

    int64_t now, wall_base;
    uint64_t counter_hz, counter_offset;
    struct vm_timer *timers;

    struct vm_chardev chardevs[VM_DEVTEST_MAX_CHARDEVS];
    uint32_t n_chardevs, chardev;
    struct vm_net *net;

    uint8_t *ram;
    uint64_t ram_base, ram_length, ram_piece, mapped_bytes;
    uint32_t n_mappings;
    struct vm_virtq *queues;
    struct vm_block *disk;
    struct vm_gpu *gpu;
    const struct vm_devtest_gpu *gpu_given;
    struct vm_display *display;
    struct vm_devtest_work *works;
    bool deterministic;

    const char *bus_protocol;
    uint32_t bus_address, bus_changes;
    bool bus_attached, placed[VM_DEVTEST_MAX_REGIONS];
    uint64_t places[VM_DEVTEST_MAX_REGIONS];
    uint8_t *memory[VM_DEVTEST_MAX_REGIONS]; /* of regions that have some, once it was asked for */
    bool hidden[VM_DEVTEST_MAX_REGIONS];     /* it is not read directly */
    uint64_t region_bytes_written;
    struct vm_devtest_file files[VM_DEVTEST_MAX_FILES];
    uint32_t n_files;
    struct vm_bus_child children[VM_DEVTEST_MAX_CHILDREN];
    struct vm_test_buffer windows;

    int request, request_status;
    struct vm_test_buffer fdt;
};

extern const struct vm_device_host vm_devtest_template;

/* Around every callback that is [locked]. */
static inline void vm_devtest_enter(struct vm_devtest *h)
{
    h->inside++;
    h->thread = pthread_self();
}

static inline void vm_devtest_leave(struct vm_devtest *h)
{
    h->inside--;
}

/* A function that may be called from [locked] callbacks only was called. */
void vm_devtest_expect_locked(const struct vm_devtest *h, const char *function);

/* device.c: every wiring call passes here: only during create(), and it may have to fail. */
bool vm_devtest_wiring_fails(struct vm_devtest *h, struct vm_error *err);

/* vm_devtest_block.c */
struct vm_block *vm_devtest_block_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                         const char *prop, const struct vm_block_client *client,
                                         void *opaque, struct vm_error *err);
void vm_devtest_block_info(struct vm_block *b, struct vm_block_info *info);
void vm_devtest_block_submit(struct vm_block *b, struct vm_block_request *r);
void vm_devtest_block_commit(struct vm_block *b);
void vm_devtest_block_drain(struct vm_block *b);
/* What is under way is done, as before the device is saved, reset or destroyed. */
void vm_devtest_block_settle(struct vm_devtest *h);
void vm_devtest_block_free(struct vm_devtest *h);

/* vm_devtest_msi.c */
int vm_devtest_has_cpu_port(struct vm_device_ctx *ctx, const char *name);
int vm_devtest_claim_cpu_port(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                              const struct vm_cpu_port_ops *ops, struct vm_error *err);
int vm_devtest_send_message(struct vm_device_ctx *ctx, uint64_t addr, uint32_t data);
void vm_devtest_free_msi(struct vm_devtest *h);

/* vm_devtest_firmware.c */
uint8_t *vm_devtest_region_memory(struct vm_device_ctx *ctx, uint32_t region);
void vm_devtest_region_direct(struct vm_device_ctx *ctx, uint32_t region, int direct);
void vm_devtest_region_written(struct vm_device_ctx *ctx, uint32_t region, uint64_t offset,
                               uint64_t n);
extern const struct vm_boot_files vm_devtest_boot_files;
void vm_devtest_free_memory(struct vm_devtest *h);

/* vm_devtest_bus.c */
const char *vm_devtest_bus_protocol(struct vm_device_ctx *ctx);
int vm_devtest_bus_attach(struct vm_device_ctx *ctx, uint32_t *address, struct vm_error *err);
void vm_devtest_region_place(struct vm_device_ctx *ctx, uint32_t region, int enabled,
                             uint64_t address);
int vm_devtest_claim_window(struct vm_device_ctx *ctx, const char *name, uint64_t base,
                            uint64_t length, struct vm_error *err);
int vm_devtest_child_access(struct vm_bus_child *child, uint64_t offset, uint32_t size,
                            uint64_t *value, int write);
int vm_devtest_child_forward(struct vm_bus_child *child, uint64_t address, uint32_t size,
                             uint64_t *value, int write);
void vm_devtest_bus_changed(struct vm_device_ctx *ctx);

/* gpu.c */
struct vm_gpu *vm_devtest_gpu_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                     const char *prop, const struct vm_gpu_client *client,
                                     void *opaque, struct vm_error *err);
uint32_t vm_devtest_gpu_count(struct vm_gpu *gpu, struct vm_error *why);
void vm_devtest_gpu_info(struct vm_gpu *gpu, uint32_t index, struct vm_gpu_info *info);
void vm_devtest_gpu_stats(struct vm_gpu *gpu, struct vm_gpu_stats *stats);
void vm_devtest_gpu_submit(struct vm_gpu *gpu, struct vm_gpu_request *request);
int vm_devtest_gpu_drain(struct vm_gpu *gpu);
void vm_devtest_gpu_host_memory(struct vm_gpu *gpu, void *base, uint64_t length, int there);
/* What is under way is done, or given up, as before the device is reset or destroyed. */
void vm_devtest_gpu_settle(struct vm_devtest *h);
void vm_devtest_gpu_free(struct vm_devtest *h);

/* display.c */
struct vm_display *vm_devtest_display_attach(struct vm_device_ctx *ctx,
                                             const struct vm_props *props, const char *prop,
                                             const struct vm_display_client *client, void *opaque,
                                             struct vm_error *err);
int vm_devtest_display_set_mode(struct vm_display *d, const struct vm_display_mode *mode);
void vm_devtest_display_take(struct vm_display *d, const void *pixels, uint64_t length,
                             const struct vm_display_rect *rects, uint32_t n);
void vm_devtest_display_ready(struct vm_display *d);
void vm_devtest_display_free(struct vm_devtest *h);

/* vm_devtest_net.c */
struct vm_net *vm_devtest_net_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                     const char *prop, const struct vm_net_client *client,
                                     void *opaque, struct vm_error *err);
size_t vm_devtest_net_send(struct vm_net *net, const struct vm_iovec *iov, uint32_t n);
void vm_devtest_net_receive_ready(struct vm_net *net);
void vm_devtest_net_info(struct vm_net *net, struct vm_net_info *info);
int vm_devtest_net_set_offloads(struct vm_net *net, uint32_t offloads);
const char *vm_devtest_instance_name(struct vm_device_ctx *ctx);
void vm_devtest_free_net(struct vm_devtest *h);

/* vm_devtest_ram.c */
int vm_devtest_dma_read(struct vm_device_ctx *ctx, uint64_t addr, void *buf, uint64_t n);
int vm_devtest_dma_write(struct vm_device_ctx *ctx, uint64_t addr, const void *buf, uint64_t n);
void *vm_devtest_dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write);
void vm_devtest_dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written);
int vm_devtest_submit_work(struct vm_device_ctx *ctx, void (*work)(void *opaque),
                           void (*done)(void *opaque), void *opaque);
extern const struct vm_host vm_devtest_base;
void vm_devtest_free_ram(struct vm_devtest *h);

#endif

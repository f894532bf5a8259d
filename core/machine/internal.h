/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - what the files that build and run a machine share.
 *
 * Locks, outermost first: the machine's gate (held around everything that the event thread does to
 * a device, and by the main thread while it resets), a device's lock, locks of controllers in the
 * order in which interrupts flow.
 */
#ifndef CORE_MACHINE_INTERNAL_H
#define CORE_MACHINE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <vmrun/bus.h>
#include <vmrun/virtqueue.h>
#include "core/machine/image.h"
#include "core/machine/machine.h"
#include "core/machine/snapshot_state.h"
#include "core/memory/space.h"
#include "core/vcpu/vcpu.h"

/* What every context handed to a plugin begins with: the log names the instance by it. */
struct context {
    const char *name;
    struct machine *m;
};

/* ---- devices ---- */

struct device_region {
    struct vm_region region; /* as the plugin knew it, in this build's layout */
    struct vm_region_ops ops;
    uint64_t address;
    char *name;               /* "uart0" or "uart0.regs" */
    struct ram_block *memory; /* NULL: it has none */
    /* One that moves; under the machine's bus_lock. */
    struct space_movable *movable;
    bool placed;
    uint64_t bus_address;
};

struct device_input {
    uint32_t high; /* outputs that hold it up */
};

struct device_output {
    struct vm_device_ctx *target; /* controller, NULL: not connected */
    uint32_t line;                /* of the controller */
    _Atomic int level;
    bool counted; /* holds the controller's input up; under the controller's lock */
};

struct device_claim {
    uint32_t cpu;
    const struct vm_cpu_line_desc *line;
};

struct vm_timer {
    struct vm_timer *next;
    struct vm_device_ctx *ctx;
    vm_timer_callback callback;
    void *opaque;
    struct timer *timer;
};

/* A device as the bus that it sits on sees it. */
struct vm_bus_child {
    struct vm_device_ctx *device;
    struct vm_device_ctx *provider; /* NULL: it sits on no bus */
    bool attached;
    uint32_t address;
    struct mmio_target config; /* its configuration space */
};

struct vm_device_ctx {
    struct context context; /* first */
    const struct instance *instance;
    uint32_t number; /* m->devices[number] */
    struct vm_device_ops ops;
    struct vm_device_fdt fdt;    /* size 0: it is not in the device tree */
    struct vm_device_bus bus;    /* size 0: nothing can sit on it */
    struct vm_state_table state; /* size 0: none; fields as the plugin laid them out */
    void *dev;
    bool creating; /* in create(): wiring may be declared */

    pthread_mutex_t lock;
    _Atomic(const void *) owner; /* identifies the thread that holds `lock` */
    uint32_t rank;               /* locks are taken in rising order of it */
    uint32_t outer_rank;         /* of the lock that the holder held already; under `lock` */

    struct device_region *regions;
    uint32_t n_regions;
    struct device_output *outputs;
    uint32_t n_outputs;
    struct device_input *inputs;
    uint32_t n_inputs;
    struct device_claim *claims;
    uint32_t n_claims;
    struct vm_timer *timers;
    void (*pressed)(void *opaque); /* the power button; NULL: it has none */
    void *pressed_opaque;

    struct vm_bus_child child;
    struct vm_device_ctx *iommu;      /* translates its DMA; NULL: nobody does */
    struct vm_device_iommu iommu_ops; /* size 0: it is no IOMMU */
    struct vm_virtq *queues;
};

extern const struct vm_device_host device_host;

/* The vCPUs' line of that name, one that devices drive or one that the vCPU drives itself. */
const struct vm_cpu_line_desc *machine_cpu_line(const struct machine *m, const char *name,
                                                bool output);

/* Makes the instance and its regions. -1 with err set. */
int device_create(struct machine *m, struct vm_device_ctx *ctx, const struct instance *instance,
                  struct vm_error *err);
void device_destroy(struct vm_device_ctx *ctx);
/* Takes the device's lock; false: this very thread holds it already. */
bool device_lock(void *ctx);
void device_unlock(void *ctx);
/* As device_lock, but fails, too, where a lock that the thread holds already is of no lower rank.
 */
bool device_lock_upward(struct vm_device_ctx *ctx);
/* The same for what comes from outside the vCPUs, with the machine's gate around it. */
bool device_enter(struct vm_device_ctx *ctx);
void device_leave(struct vm_device_ctx *ctx);
/* Its power button is pressed. [where device_enter may be called] */
void device_press(void *ctx);
/* As device_enter(), but false if the locks are not free within about twice `ms`. */
bool device_try_enter(struct vm_device_ctx *ctx, int ms);
/* Copies min(size of *from, size) into zeroed *to and gives it `size`; both begin with their size.
 * False: it has a tail that we do not know and that is not zero, or is shorter than `mandatory`. */
bool copy_sized(void *to, const void *from, uint32_t size, uint32_t mandatory);

/* ---- buses (bus.c) ---- */

/* Finds the device's bus, which is made already. [before create()] */
void bus_find_provider(struct machine *m, struct vm_device_ctx *ctx);
/* After create(): the device is where its INI says, and has only what can be there. */
int bus_check_device(struct vm_device_ctx *ctx, struct vm_error *err);
/* Gives the device's movable regions and its configuration space what the accesses need. */
int bus_add_regions(struct machine *m, struct vm_device_ctx *ctx, struct vm_error *err);
/* Takes the device's movable regions away, before it is reset. */
void bus_unplace(struct vm_device_ctx *ctx);
/* Where output `output` of a device on a bus goes: follows the buses up to an output of a device
 * that sits on none. NULL: nowhere. */
const struct device_output *bus_route(struct vm_device_ctx *ctx, uint32_t output);
/* What accesses to the region need. */
struct mmio_target region_target(struct vm_device_ctx *ctx, struct device_region *r);

/* The host's functions. */
const char *bus_protocol(struct vm_device_ctx *ctx);
int bus_attach(struct vm_device_ctx *ctx, uint32_t *address, struct vm_error *err);
void bus_region_place(struct vm_device_ctx *ctx, uint32_t region, int enabled, uint64_t address);
int bus_child_access(struct vm_bus_child *child, uint64_t offset, uint32_t size, uint64_t *value,
                     int write);
int bus_child_forward(struct vm_bus_child *child, uint64_t address, uint32_t size, uint64_t *value,
                      int write);
void bus_windows_changed(struct vm_device_ctx *ctx);
int bus_claim_window(struct vm_device_ctx *ctx, const char *name, uint64_t base, uint64_t length,
                     struct vm_error *err);

/* ---- DMA and messages (dma.c): as in struct vm_device_host ---- */

/* Finds the device's IOMMU. */
int dma_connect(struct machine *m, struct vm_device_ctx *ctx, struct vm_error *err);
int dma_read(struct vm_device_ctx *ctx, uint64_t addr, void *buf, uint64_t n);
int dma_write(struct vm_device_ctx *ctx, uint64_t addr, const void *buf, uint64_t n);
void *dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write);
void dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written);
int dma_send_message(struct vm_device_ctx *ctx, uint64_t addr, uint32_t data);
/* Whether it takes messages. */
bool dma_takes_messages(const struct vm_device_ctx *ctx);

/* ---- wiring ---- */

/* Connects outputs to controllers as the INI says, ranks the controllers, puts regions into the
 * address space. */
int wiring_connect(struct machine *m, struct vm_error *err);
/* Whether it takes an address of the INI. */
bool region_is_fixed(const struct device_region *r);
/* Level of output `output`; lock-free if it does not change. */
void wiring_set_output(struct vm_device_ctx *ctx, uint32_t output, int level);
/* sched_config.output_changed. */
void wiring_cpu_output_changed(void *machine, uint32_t cpu, uint32_t line);
/* Tells a controller that has just been reset which of its inputs are high. [vCPUs stopped] */
void wiring_replay_inputs(struct vm_device_ctx *ctx);

/* ---- ports: controllers inside vCPUs (ports.c) ---- */

struct cpu_port {
    struct vm_device_ctx *ctx; /* NULL: not claimed */
    struct vm_cpu_port_ops ops;
};

int ports_has(struct vm_device_ctx *ctx, const char *name);
int ports_claim(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                const struct vm_cpu_port_ops *ops, struct vm_error *err);
/* sched_config.port_access. [that vCPU's thread] */
int ports_access(void *machine, uint32_t cpu, uint32_t port, const struct sched_port_access *access,
                 uint64_t *value);

/* ---- virtqueues, work ---- */

/* Host interface VM_HOST_VIRTQUEUE. */
extern const struct vm_virtq_api host_virtqueue;
void virtqs_free(struct vm_device_ctx *ctx);

struct works;                               /* what devices have submitted */
struct works *works_new(struct machine *m); /* NULL: no memory */
/* Finishes all works, and those that these submit. [gate held or event thread gone] */
void works_drain(struct works *ws);
void works_free(struct works *ws); /* drains first; NULL is allowed */
int work_submit(struct vm_device_ctx *ctx, void (*work)(void *opaque), void (*done)(void *opaque),
                void *opaque);

/* ---- character backends ---- */

struct vm_chardev {
    struct vm_chardev_ctx *ctx;
};

#define CHARDEV_INPUT_BYTES 4096

struct vm_chardev_ctx {
    struct context context; /* first */
    const struct instance *instance;
    struct vm_chardev_ops ops;
    void *be;
    struct vm_chardev handle; /* what the device gets */

    struct vm_device_ctx *device; /* whose backend it is */
    struct vm_chardev_client client;
    void *client_opaque;
    int early_event; /* told before the machine ran; kept until chardev_start() */
    bool started, on_fatal;

    /* Deterministic mode: what comes in waits here for the vCPU thread, what goes out never makes
     * the guest wait. */
    pthread_mutex_t lock;
    uint8_t input[CHARDEV_INPUT_BYTES];
    uint32_t n_input;
    bool input_refused, deliver_pending;
    uint8_t *output;
    size_t n_output, output_room;
    bool output_lost;
};

extern const struct vm_chardev_host chardev_host;

int chardev_create(struct machine *m, struct vm_chardev_ctx *ctx, const struct instance *instance,
                   struct vm_error *err);
/* From now on the device hears of events. [before the event thread starts] */
void chardev_start(struct vm_chardev_ctx *ctx);
/* Writes out what is left, for at most about a second, and puts the terminal back. The device may
 * go on writing: it is dropped. */
void chardev_close(struct vm_chardev_ctx *ctx);
void chardev_destroy(struct vm_chardev_ctx *ctx);
struct vm_chardev *chardev_attach(struct vm_device_ctx *device, const char *name,
                                  const struct vm_chardev_client *client, void *opaque,
                                  struct vm_error *err);
size_t chardev_write(struct vm_chardev *chr, const uint8_t *bytes, size_t n);
void chardev_input_ready(struct vm_chardev *chr);

/* ---- network backends ---- */

struct vm_net {
    struct vm_net_ctx *ctx;
};

struct net_frame; /* waits for the vCPU thread */

struct vm_net_ctx {
    struct context context; /* first */
    const struct instance *instance;
    struct vm_net_ops ops;
    void *be;
    struct vm_net handle; /* what the device gets */

    struct vm_device_ctx *device; /* whose backend it is */
    struct vm_net_client client;
    void *client_opaque;
    bool started;
    _Atomic bool woken;   /* poll() is on its way */
    _Atomic bool refused; /* the backend waits for receive_ready() */

    /* Deterministic mode: what comes in waits here for the vCPU thread. */
    pthread_mutex_t lock;
    struct net_frame *frames, **last_frame;
    size_t n_bytes;
    bool deliver_pending, lost;
};

extern const struct vm_net_host net_host;

int net_create(struct machine *m, struct vm_net_ctx *ctx, const struct instance *instance,
               struct vm_error *err);
/* From now on frames come in. [before the event thread starts] */
void net_start(struct vm_net_ctx *ctx);
/* Ends the backend; what the device sends from now on is dropped. [after stop] */
void net_close(struct vm_net_ctx *ctx);
void net_destroy(struct vm_net_ctx *ctx);
struct vm_net *net_attach(struct vm_device_ctx *device, const char *name,
                          const struct vm_net_client *client, void *opaque, struct vm_error *err);
size_t net_send(struct vm_net *net, const struct vm_iovec *iov, uint32_t n);
void net_receive_ready(struct vm_net *net);
void net_info(struct vm_net *net, struct vm_net_info *info);
int net_set_offloads(struct vm_net *net, uint32_t offloads);

/* ---- GPU backends (gpu_host.h) ---- */

struct vm_gpu_ctx;

/* For devices: the members of struct vm_device_host. */
struct vm_gpu *gpu_attach(struct vm_device_ctx *device, const char *name,
                          const struct vm_gpu_client *client, void *opaque, struct vm_error *err);
uint32_t gpu_count(struct vm_gpu *gpu, struct vm_error *why);
void gpu_info(struct vm_gpu *gpu, uint32_t index, struct vm_gpu_info *info);
void gpu_stats(struct vm_gpu *gpu, struct vm_gpu_stats *stats);
void gpu_submit(struct vm_gpu *gpu, struct vm_gpu_request *request);
int gpu_drain(struct vm_gpu *gpu);
void gpu_host_memory(struct vm_gpu *gpu, void *base, uint64_t length, int there);

/* ---- display backends (display_host.h) ---- */

struct vm_display_ctx;

/* For devices: the members of struct vm_device_host. */
struct vm_display *display_attach(struct vm_device_ctx *device, const char *name,
                                  const struct vm_display_client *client, void *opaque,
                                  struct vm_error *err);
int display_mode(struct vm_display *display, const struct vm_display_mode *mode);
void display_frame(struct vm_display *display, const void *pixels, uint64_t length,
                   const struct vm_display_rect *rects, uint32_t n);
void display_input_ready(struct vm_display *display);

/* ---- board ---- */

/* What the board offers the guest's firmware. */
struct boot_file {
    const char *name; /* the board's own */
    const uint8_t *data;
    uint64_t length;
    bool taken;
};
#define MAX_BOOT_FILES 8

struct vm_board_ctx {
    struct context context; /* first */
    struct vm_board_ops ops;
    void *board;
    struct image **images;
    uint32_t n_images;
    struct boot_file files[MAX_BOOT_FILES];
    uint32_t n_files;
};

extern const struct vm_board_host board_host;

/* Host interface VM_HOST_BOOT_FILES. */
extern const struct vm_boot_files host_boot_files;

/* sched_config.firmware_call. [that vCPU's thread] */
bool board_firmware_call(void *machine, struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs);

/* Gives the memory of unpacked files back once they are in the guest. */
void board_images_release(struct vm_board_ctx *ctx);
void board_images_free(struct vm_board_ctx *ctx);

/* ---- device tree ---- */

/* Makes the whole tree and its blob. -1 with err set. */
int machine_fdt(struct machine *m, struct vm_error *err);

/* ---- the machine ---- */

#define MAX_RAM_RANGES 8

struct machine {
    const struct description *d;
    struct machine_options options;
    struct vm_machine_info info;

    struct vm_arch_ops arch_ops;
    void *arch;
    struct vm_engine_ops engine_ops[SCHED_ENGINES];
    struct sched_engine engines[SCHED_ENGINES];
    uint32_t n_engines; /* made so far */
    struct vm_board_ctx board;

    struct clock *clock;
    struct timers *timers;
    struct loop *loop;
    struct works *works;
    struct space *space;
    struct sched *sched;
    struct vm_cpu_start *starts;

    uint32_t n_ranges;
    uint64_t range_base[MAX_RAM_RANGES], range_length[MAX_RAM_RANGES];

    struct vm_device_ctx **devices; /* n_devices made so far */
    uint32_t n_devices;
    struct vm_chardev_ctx **chardevs;
    uint32_t n_chardevs;
    struct vm_block_ctx **blocks; /* block_host.h */
    uint32_t n_blocks;
    struct loop *block_loop;   /* of the block backends' descriptors; NULL: there are none */
    _Atomic uint32_t draining; /* threads that wait for backends and may hold locks */
    struct vm_net_ctx **nets;
    uint32_t n_nets;
    struct vm_gpu_ctx **gpus; /* gpu_host.h */
    uint32_t n_gpus;
    struct vm_display_ctx **displays; /* display_host.h */
    uint32_t n_displays;
    struct vm_device_ctx **line_owner; /* [cpu * 64 + line number] */
    struct device_output *cpu_outputs; /* [cpu * 64 + line number]: `level` is in the vCPU */
    struct cpu_port *ports;            /* [cpu * arch_ops.n_ports + port] */

    uint8_t *fdt;
    uint32_t fdt_length;

    pthread_mutex_t bus_lock; /* of where regions are on their buses; no lock but the space's is
                                 taken inside */
    pthread_mutex_t gate;
    int signal_fd; /* -1: none */
    struct vm_fd_watch *signal_watch;
    struct timer *switch_timer; /* machine.engine-switch */
    uint32_t n_switches;
    int64_t first_instruction_ns,
        run_ns; /* since the program's start; time in sched_run(): for --stats */
    uint32_t resets;
};

extern const struct vm_host vm_host_table;

/* Host interface VM_HOST_ENGINES; it makes engines of `d` from begin to end. */
extern const struct vm_host_engines host_engines;
void engines_host_begin(const struct description *d);
void engines_host_end(void);
/* What the engine's plugin offers, complete. -1 with err set. */
int machine_engine_ops(const struct instance *engine, struct vm_engine_ops *ops,
                       struct vm_error *err);

/* Puts "FILE:LINE: " in front of err's text, if the place is known. Returns -1. */
int error_at(struct vm_error *err, const struct location *where);
/* Backends write out what they hold and let go; devices may go on using them in vain. [stopped] */
void close_backends(struct machine *m);
struct vm_device_ctx *machine_device(const struct machine *m, const char *name);

/* ---- the final state (report.c) ---- */

struct state_hash {
    uint64_t h;
};
void state_hash_init(struct state_hash *hash);
void state_hash_update(void *hash, const void *data, size_t n);

/* Prints what the options ask for: statistics and state hash. [stopped, terminal restored] -1 with
 * err set. */
int machine_report(struct machine *m, struct vm_error *err);

#endif

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
    char *name; /* "uart0" or "uart0.regs" */
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

struct vm_device_ctx {
    struct context context; /* first */
    const struct instance *instance;
    uint32_t number; /* m->devices[number] */
    struct vm_device_ops ops;
    struct vm_device_fdt fdt;    /* size 0: it is not in the device tree */
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
};

extern const struct vm_device_host device_host;

/* Makes the instance and its regions. -1 with err set. */
int device_create(struct machine *m, struct vm_device_ctx *ctx, const struct instance *instance,
                  struct vm_error *err);
void device_destroy(struct vm_device_ctx *ctx);
/* Takes the device's lock; false: this very thread holds it already. */
bool device_lock(void *ctx);
void device_unlock(void *ctx);
/* The same for what comes from outside the vCPUs, with the machine's gate around it. */
bool device_enter(struct vm_device_ctx *ctx);
void device_leave(struct vm_device_ctx *ctx);
/* Copies min(size of *from, size) into zeroed *to and gives it `size`; both begin with their size.
 * False: it has a tail that we do not know and that is not zero, or is shorter than `mandatory`. */
bool copy_sized(void *to, const void *from, uint32_t size, uint32_t mandatory);

/* ---- wiring ---- */

/* Connects outputs to controllers as the INI says, ranks the controllers, puts regions into the
 * address space. */
int wiring_connect(struct machine *m, struct vm_error *err);
/* Level of output `output`; lock-free if it does not change. */
void wiring_set_output(struct vm_device_ctx *ctx, uint32_t output, int level);
/* Tells a controller that has just been reset which of its inputs are high. [vCPUs stopped] */
void wiring_replay_inputs(struct vm_device_ctx *ctx);

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

/* ---- board ---- */

struct vm_board_ctx {
    struct context context; /* first */
    struct vm_board_ops ops;
    void *board;
    struct image **images;
    uint32_t n_images;
};

extern const struct vm_board_host board_host;

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
    struct space *space;
    struct sched *sched;
    struct vm_cpu_start *starts;

    uint32_t n_ranges;
    uint64_t range_base[MAX_RAM_RANGES], range_length[MAX_RAM_RANGES];

    struct vm_device_ctx **devices; /* n_devices made so far */
    uint32_t n_devices;
    struct vm_chardev_ctx **chardevs;
    uint32_t n_chardevs;
    struct vm_device_ctx **line_owner; /* [cpu * 64 + line number] */

    uint8_t *fdt;
    uint32_t fdt_length;

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

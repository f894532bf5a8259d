/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_gpu_rig.h - a backend that does nothing in several ways, a device that submits to it what
 * a test has in mind, and a machine of both. */
#ifndef TESTS_MACHINE_GPU_RIG_H
#define TESTS_MACHINE_GPU_RIG_H

#include <pthread.h>
#include <time.h>
#include "machine_mock.h"

#define MACHINE  "[machine]\nmemory = 2M\narch = toy\nengine = toy\nboard = toy\n"
#define CARD     "[device c]\ntype = dev-card\naddress = 0x1000\n"
#define BASE     0x1000
#define REQUESTS 100u

enum how { INSIDE, BY_POLL, BY_THREAD, BY_TURNS, SLOWLY, BLOCKS, NEVER, HANGS };

#define SLOW_MS 60 /* SLOWLY, BLOCKS: for each request */

extern struct fake_gpu {
    enum how how;
    uint32_t n_gpus, error, destroyed;
    bool twice, unsound;
    const struct vm_gpu_host *host;
    struct vm_gpu_ctx *ctx;

    pthread_mutex_t lock;
    pthread_cond_t some;
    pthread_t thread;
    bool over;
    struct vm_gpu_request *waiting[REQUESTS * 2];
    struct vm_gpu_request *polled; /* BY_TURNS: poll() ends it */
    uint32_t head, tail;
    _Atomic uint32_t polls, idle_polls;

    char order[REQUESTS * 8]; /* what it was called for: the op's letter */
    _Atomic uint32_t n_order;
    void *memory;
} fake;

extern struct card {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_gpu *gpu;
    void (*knock)(void); /* the test */
    uint32_t knocks, submitted;
    struct vm_gpu_request requests[REQUESTS];
    struct vm_gpu_parameter parameters[VM_GPU_MAX_PARAMETERS];
    char text[64], bytes[64];
    uint32_t done[REQUESTS], n_done; /* indices in the order of their end */
    uint32_t errors, told, resets, open_at_reset;
    bool telling, twin;
} card;

struct built {
    struct registry *reg;
    struct description *d;
    struct vm_error err;
};

struct built load(const char *ini);
void unload(struct built *b);

extern struct timespec nap; /* of the guest */
void step(struct vm_cpu *cpu);

/* The nth request, sound in all that the host looks at. */
struct vm_gpu_request *request(uint32_t n, uint32_t op);
void submit(uint32_t n, uint32_t op);
void power_off(int status);
/* Runs a machine whose card does `knock` again and again, until that powers it off. */
int run_with(const char *ini, enum how how, void (*knock)(void));
int run(enum how how, void (*knock)(void));
void leave(void);
uint32_t op_of(uint32_t n);

#endif

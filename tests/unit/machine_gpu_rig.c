/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_gpu_rig.c - see machine_gpu_rig.h. */
#define _GNU_SOURCE /* memfd_create */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "core/plugin/registry.h"
#include "machine_gpu_rig.h"

struct fake_gpu fake;
struct card card;

/* ---- gpu-fake: does nothing, in several ways ---- */

static void note(char letter)
{
    fake.order[atomic_fetch_add(&fake.n_order, 1)] = letter;
}

static void finish(struct vm_gpu_request *r)
{
    r->gpu_ns = 7;
    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        r->u.memory.address = fake.unsound ? 0x101 : 0x100;
        break;
    case VM_GPU_OP_COMPILE:
        r->u.code.module = fake.unsound ? 0 : 5;
        break;
    case VM_GPU_OP_FUNCTION:
        r->u.function.function = 6;
        r->u.function.n_parameters = fake.unsound ? VM_GPU_MAX_PARAMETERS + 1 : 1;
        break;
    case VM_GPU_OP_STREAM_NEW:
        r->stream = fake.unsound ? 0 : 3;
        break;
    default:
        break;
    }
    fake.host->complete(fake.ctx, r, fake.error);
    if (fake.twice)
        fake.host->complete(fake.ctx, r, 0);
}

static struct vm_gpu_request *take(bool wait)
{
    struct vm_gpu_request *r = NULL;
    pthread_mutex_lock(&fake.lock);
    while (wait && fake.head == fake.tail && !fake.over)
        pthread_cond_wait(&fake.some, &fake.lock);
    if (fake.head != fake.tail)
        r = fake.waiting[fake.head++ % (REQUESTS * 2)];
    pthread_mutex_unlock(&fake.lock);
    return r;
}

static void *complete_all(void *opaque)
{
    struct vm_gpu_request *r;
    (void)opaque;
    while ((r = take(true))) {
        if (fake.how == SLOWLY)
            usleep(SLOW_MS * 1000);
        finish(r);
    }
    return NULL;
}

static bool has_thread(void)
{
    return fake.how == BY_THREAD || fake.how == BY_TURNS || fake.how == SLOWLY;
}

static void *fake_create(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    (void)props, (void)err;
    fake.host = host;
    fake.ctx = ctx;
    pthread_mutex_init(&fake.lock, NULL);
    pthread_cond_init(&fake.some, NULL);
    if (has_thread())
        pthread_create(&fake.thread, NULL, complete_all, NULL);
    return &fake;
}

static void fake_destroy(void *be)
{
    (void)be;
    cr_expect_eq(fake.head, fake.tail, "nothing is under way");
    pthread_mutex_lock(&fake.lock);
    fake.over = true;
    pthread_cond_broadcast(&fake.some);
    pthread_mutex_unlock(&fake.lock);
    if (has_thread())
        pthread_join(fake.thread, NULL);
    pthread_cond_destroy(&fake.some);
    pthread_mutex_destroy(&fake.lock);
    fake.destroyed++;
}

static uint32_t fake_n_gpus(void *be, struct vm_error *why)
{
    (void)be;
    if (!fake.n_gpus)
        vm_error_set(why, "the driver is not installed");
    return fake.n_gpus;
}

static void fake_info(void *be, uint32_t gpu, struct vm_gpu_info *info)
{
    (void)be;
    cr_expect_lt(gpu, fake.n_gpus);
    memset(info->name, 'x', sizeof(info->name)); /* no zero at the end */
    memset(info->architecture, 'y', sizeof(info->architecture));
    info->memory_total = 1000 + gpu;
}

static void fake_submit(void *be, struct vm_gpu_request *r)
{
    (void)be;
    note((char)('a' + r->op));
    if (fake.how == BLOCKS)
        usleep(SLOW_MS * 1000);
    if (fake.how == INSIDE || fake.how == BLOCKS) {
        finish(r);
        return;
    }
    while (fake.how == HANGS)
        pause();
    if (fake.how == BY_TURNS && fake.n_order % 2 == 0) {
        fake.polled = r;
        return;
    }
    pthread_mutex_lock(&fake.lock);
    fake.waiting[fake.tail++ % (REQUESTS * 2)] = r;
    pthread_cond_signal(&fake.some);
    pthread_mutex_unlock(&fake.lock);
}

/* Gives the end of one request each time. */
static void fake_poll(void *be, uint64_t wait_ns)
{
    (void)be, (void)wait_ns;
    atomic_fetch_add(&fake.polls, 1);
    if (fake.how == BY_POLL) {
        struct vm_gpu_request *r = take(false);
        fake.idle_polls += !r;
        if (r)
            finish(r);
    }
    if (fake.polled) {
        struct vm_gpu_request *r = fake.polled;
        fake.polled = NULL;
        finish(r);
    }
}

static void fake_host_memory(void *be, void *base, uint64_t length, int there)
{
    (void)be;
    note(there ? '+' : '-');
    cr_expect_eq(length, 64);
    fake.memory = base;
}

static const struct vm_gpu_ops fake_ops = {
    .size = sizeof(fake_ops),
    .create = fake_create,
    .destroy = fake_destroy,
    .n_gpus = fake_n_gpus,
    .info = fake_info,
    .submit = fake_submit,
    .poll = fake_poll,
    .host_memory = fake_host_memory,
};

static const void *get_fake(const char *id)
{
    return strcmp(id, VM_GPU_INTERFACE) == 0 ? &fake_ops : NULL;
}

/* ---- dev-card: does what the test has in mind whenever the guest knocks ---- */

static void card_done(void *opaque, struct vm_gpu_request *r)
{
    cr_assert_eq(opaque, &card);
    cr_assert_lt(card.n_done, REQUESTS);
    card.done[card.n_done++] = (uint32_t)(uintptr_t)r->opaque;
    card.errors += r->error != VM_GPU_OK;
    card.telling = true;
}

static void card_all_told(void *opaque)
{
    (void)opaque;
    card.told++;
    card.telling = false;
}

static const struct vm_gpu_client card_client = {
    .size = sizeof(card_client), .done = card_done, .all_told = card_all_told};

struct vm_gpu_request *request(uint32_t n, uint32_t op)
{
    struct vm_gpu_request *r = &card.requests[n];
    *r = (struct vm_gpu_request){.size = sizeof(*r), .op = op, .opaque = (void *)(uintptr_t)n};
    r->text = card.text;
    r->text_size = sizeof(card.text);
    switch (op) {
    case VM_GPU_OP_LAUNCH:
        r->u.launch = (struct vm_gpu_launch){.grid = {1, 1, 1}, .block = {1, 1, 1}};
        break;
    case VM_GPU_OP_COPY_IN:
    case VM_GPU_OP_COPY_OUT:
    case VM_GPU_OP_COPY:
        r->u.copy = (struct vm_gpu_copy){.length = sizeof(card.bytes), .host = card.bytes};
        break;
    case VM_GPU_OP_FUNCTION:
        r->u.function.name = "f";
        r->u.function.parameters = card.parameters;
        break;
    case VM_GPU_OP_COMPILE:
        r->u.code.bytes = "";
        break;
    default:
        r->u.memory.length = 1;
        break;
    }
    return r;
}

void submit(uint32_t n, uint32_t op)
{
    card.submitted++;
    card.host->gpu_submit(card.gpu, request(n, op));
}

void power_off(int status)
{
    card.knock = NULL;
    card.host->request(card.ctx, VM_REQUEST_POWEROFF, status);
}

static int card_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev, (void)offset, (void)size;
    *value = 0;
    return VM_ACCESS_OK;
}

static int card_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    (void)dev, (void)offset, (void)size, (void)value;
    if (card.knock)
        card.knock();
    card.knocks++;
    return VM_ACCESS_OK;
}

static const struct vm_region_ops card_regs = {
    .size = sizeof(card_regs), .read = card_read, .write = card_write};

static void *card_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(region), .kind = VM_REGION_MMIO, .length = 16, .ops = &card_regs};
    struct vm_error why = VM_ERROR_INIT;
    if (host->add_region(ctx, &region, err) < 0)
        return NULL;
    if (card.gpu) { /* a second card, which does nothing */
        card.twin = host->gpu_attach(ctx, props, "gpu", &card_client, &card, err) != NULL;
        return card.twin ? &card : NULL;
    }
    card.host = host;
    card.ctx = ctx;
    card.gpu = host->gpu_attach(ctx, props, "gpu", &card_client, &card, err);
    if (!card.gpu)
        return NULL;
    cr_assert_null(host->gpu_attach(ctx, props, "gpu", &card_client, &card, &why), "one each");
    cr_expect(strstr(why.text, "serves c already"), "%s", why.text);
    return &card;
}

static void card_destroy(void *dev)
{
    (void)dev;
}

static void card_reset(void *dev, int kind)
{
    (void)dev, (void)kind;
    card.resets++;
    card.open_at_reset = fake.n_order + card.errors - card.n_done; /* what fails is dropped */
}

static const struct vm_device_ops card_ops = {
    .size = sizeof(card_ops), .create = card_create, .destroy = card_destroy, .reset = card_reset};

static const void *get_card(const char *id)
{
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &card_ops : NULL;
}

static const struct vm_property card_properties[] = {
    {.size = sizeof(struct vm_property), .type = VM_PROP_GPU, .name = "gpu"},
};

#define PLUGIN                                                                             \
    .size = sizeof(struct vm_plugin), .magic = VM_PLUGIN_MAGIC, .abi_minor = VM_ABI_MINOR, \
    .version = "1", .licence = "MIT"

static const struct vm_plugin plugins[] = {
    {PLUGIN, .kind = VM_KIND_DEVICE, .name = "dev-card", .summary = "a card",
     .properties = card_properties, .n_properties = 1, .property_size = sizeof(struct vm_property),
     .get_interface = get_card},
    {PLUGIN, .kind = VM_KIND_GPU, .name = "gpu-fake", .summary = "a GPU",
     .get_interface = get_fake},
};

/* ---- running ---- */

struct built load(const char *ini)
{
    struct built b = {.err = VM_ERROR_INIT};
    char path[64];
    int fd = memfd_create("machine.ini", MFD_CLOEXEC);
    cr_assert_eq(write(fd, ini, strlen(ini)), (ssize_t)strlen(ini));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    b.reg = toy_registry();
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        cr_assert_eq(registry_add(b.reg, &plugins[i], &b.err), 0, "%s", b.err.text);
    b.d = description_load(path, NULL, 0, b.reg, &b.err);
    close(fd);
    return b;
}

void unload(struct built *b)
{
    description_free(b->d);
    registry_free(b->reg);
}

struct timespec nap;

void step(struct vm_cpu *cpu)
{
    nanosleep(&nap, NULL);
    atomic_store(&toy.awake, true);
    toy_store(cpu, BASE, 0);
}

int run_with(const char *ini, enum how how, void (*knock)(void))
{
    const struct machine_options options = {0};
    struct built b = load(ini);
    cr_assert(b.d, "%s", b.err.text);
    card = (struct card){.knock = knock};
    nap = (struct timespec){0};
    fake.how = how;
    fake.over = false;
    fake.n_gpus = 2;
    fake.head = fake.tail = fake.n_order = fake.destroyed = fake.polls = fake.idle_polls = 0;
    memset(fake.order, 0, sizeof(fake.order));
    struct machine *m = machine_new(b.d, &options, &b.err);
    cr_assert(m, "%s", b.err.text);
    toy.step = step;
    int status = machine_run(m, &b.err);
    cr_expect_not(b.err.set, "%s", b.err.text);
    machine_free(m);
    unload(&b);
    return status;
}

int run(enum how how, void (*knock)(void))
{
    return run_with(MACHINE CARD "gpu = fake\n", how, knock);
}

void leave(void)
{
    power_off(3);
}

uint32_t op_of(uint32_t n)
{
    static const uint32_t ops[] = {VM_GPU_OP_LAUNCH, VM_GPU_OP_COPY_IN, VM_GPU_OP_COPY_OUT,
                                   VM_GPU_OP_COPY, VM_GPU_OP_COMPILE};
    return ops[n % 5];
}

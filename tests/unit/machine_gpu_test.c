/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_gpu_test.c - GPU backends in a machine: sections and names, order, who completes,
 * draining, a backend that hangs, one that breaks its contract, reset and end with work under way.
 */
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
#include "machine_mock.h"

#define MACHINE  "[machine]\nmemory = 2M\narch = toy\nengine = toy\nboard = toy\n"
#define CARD     "[device c]\ntype = dev-card\naddress = 0x1000\n"
#define BASE     0x1000
#define REQUESTS 100u

/* ---- gpu-fake: does nothing, in several ways ---- */

enum how { INSIDE, BY_POLL, BY_THREAD, NEVER, HANGS };

static struct {
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
    uint32_t head, tail;
    _Atomic uint32_t polls, idle_polls;

    char order[REQUESTS * 8]; /* what it was called for: the op's letter */
    _Atomic uint32_t n_order;
    void *memory;
} fake;

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
    while ((r = take(true)))
        finish(r);
    return NULL;
}

static void *fake_create(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    (void)props, (void)err;
    fake.host = host;
    fake.ctx = ctx;
    pthread_mutex_init(&fake.lock, NULL);
    pthread_cond_init(&fake.some, NULL);
    if (fake.how == BY_THREAD)
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
    if (fake.how == BY_THREAD)
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
    if (fake.how == INSIDE) {
        finish(r);
        return;
    }
    while (fake.how == HANGS)
        pause();
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

static struct card {
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

/* The nth request, sound in all that the host looks at. */
static struct vm_gpu_request *request(uint32_t n, uint32_t op)
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

static void submit(uint32_t n, uint32_t op)
{
    card.submitted++;
    card.host->gpu_submit(card.gpu, request(n, op));
}

static void power_off(int status)
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
    card.open_at_reset = fake.n_order - card.n_done;
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

struct built {
    struct registry *reg;
    struct description *d;
    struct vm_error err;
};

static struct built load(const char *ini)
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

static void unload(struct built *b)
{
    description_free(b->d);
    registry_free(b->reg);
}

static struct timespec nap; /* of the guest */

static void step(struct vm_cpu *cpu)
{
    nanosleep(&nap, NULL);
    atomic_store(&toy.awake, true);
    toy_store(cpu, BASE, 0);
}

/* Runs a machine whose card does `knock` again and again, until that powers it off. */
static int run_with(const char *ini, enum how how, void (*knock)(void))
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

static int run(enum how how, void (*knock)(void))
{
    return run_with(MACHINE CARD "gpu = fake\n", how, knock);
}

TestSuite(machine_gpu, .timeout = 60);

/* ---- names ---- */

static void leave(void)
{
    power_off(3);
}

Test(machine_gpu, names)
{
    cr_expect_eq(run(INSIDE, leave), 3);
    cr_expect_eq(run_with(MACHINE CARD "gpu = gpu-fake\n", INSIDE, leave), 3);
    cr_expect_eq(run_with(MACHINE CARD "gpu = x\n[gpu x]\ntype = gpu-fake\n", INSIDE, leave), 3);
    cr_expect_eq(fake.destroyed, 1);
    cr_expect_eq(card.resets, 1);
}

Test(machine_gpu, names_that_are_wrong)
{
    static const struct {
        const char *ini, *wanted;
    } cases[] = {
        {MACHINE CARD "gpu = fak\n", "[device c] gpu: there is no [gpu fak] and no such backend"},
        {MACHINE CARD "gpu = gpu-fak\n", "there is no [gpu gpu-fak] and no such backend"},
        {MACHINE CARD "gpu =\n", "the backend's name is empty; name a [gpu] section"},
        {MACHINE CARD "[gpu a]\ntype = gpu-fake\n", "no device uses it"},
        {MACHINE CARD "gpu = a\n[gpu a]\ntype = char-pipe\n",
         "plugin 'char-pipe' is of kind chardev, wanted gpu"},
        {MACHINE CARD "gpu = a\n[gpu a]\n", "'type' is missing; name a gpu plugin"},
        {MACHINE CARD "gpu = a\n[gpu a]\ntype = gpu-fake\n[device m]\ntype = dev-card\n"
                      "address = 0x2000\ngpu = a\n",
         "'a' is used by [device c] already"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct built b = load(cases[i].ini);
        cr_assert_null(b.d);
        cr_expect(strstr(b.err.text, cases[i].wanted), "case %zu: %s", i, b.err.text);
        unload(&b);
    }
}

Test(machine_gpu, two_cards_that_name_the_plugin_have_one_instance_each)
{
    cr_expect_eq(run_with(MACHINE CARD "gpu = fake\n[device m]\ntype = dev-card\n"
                                       "address = 0x2000\ngpu = fake\n",
                          INSIDE, leave),
                 3);
    cr_expect(card.twin);
    cr_expect_eq(fake.destroyed, 2);
}

static void expect_no_machine(const char *ini, const char *wanted)
{
    const struct machine_options options = {0};
    struct built b = load(ini);
    cr_assert(b.d, "%s", b.err.text);
    card = (struct card){0};
    cr_assert_null(machine_new(b.d, &options, &b.err));
    cr_expect(strstr(b.err.text, wanted), "%s", b.err.text);
    unload(&b);
}

Test(machine_gpu, refused)
{
    expect_no_machine(MACHINE "mode = deterministic\n" CARD "gpu = fake\n",
                      "fake: a machine with mode = deterministic can have no GPU");
    fake.n_gpus = 1000;
    expect_no_machine(MACHINE CARD "gpu = fake\n", "1000 GPUs");
    cr_expect_eq(fake.destroyed, 1);
}

/* ---- what it is ---- */

static void look(void)
{
    struct vm_gpu_info info = {.size = sizeof(info)};
    struct vm_error why = VM_ERROR_INIT;
    struct {
        uint32_t size, reserved;
        uint64_t bytes_in, guard;
    } early = {.size = 16, .guard = 99}; /* a device that knows less of it */

    cr_expect_eq(card.host->gpu_count(card.gpu, &why), 2);
    cr_expect_not(why.set);
    card.host->gpu_info(card.gpu, 1, &info);
    cr_expect_eq(info.memory_total, 1001);
    cr_expect_eq(strlen(info.name), sizeof(info.name) - 1);
    cr_expect_eq(strlen(info.architecture), sizeof(info.architecture) - 1);
    card.host->gpu_info(card.gpu, 2, &info);
    cr_expect_eq(info.memory_total, 0, "there is no such GPU");
    card.host->gpu_stats(card.gpu, (struct vm_gpu_stats *)&early);
    cr_expect_eq(early.size, 16);
    cr_expect_eq(early.guard, 99);
    power_off(0);
}

Test(machine_gpu, info)
{
    cr_expect_eq(run(INSIDE, look), 0);
}

static void look_for_none(void)
{
    struct vm_error why = VM_ERROR_INIT;

    if (card.knocks == 0) {
        fake.n_gpus = 2; /* which it should not change */
        cr_expect_eq(card.host->gpu_count(card.gpu, &why), 0);
        cr_expect_str_eq(why.text, "the driver is not installed");
        submit(0, VM_GPU_OP_ALLOC);
    }
    if (card.n_done == 1)
        power_off(0);
}

Test(machine_gpu, a_backend_without_gpus_says_why)
{
    const struct machine_options options = {0};
    struct built b = load(MACHINE CARD "gpu = fake\n");
    card = (struct card){.knock = look_for_none};
    fake.n_gpus = 0;
    struct machine *m = machine_new(b.d, &options, &b.err);
    cr_assert(m, "%s", b.err.text);
    toy.step = step;
    cr_expect_eq(machine_run(m, &b.err), 0);
    cr_expect_eq(card.requests[0].error, VM_GPU_INVALID);
    cr_expect_str_eq(card.text, "there is no GPU of that number");
    cr_expect_eq(fake.n_order, 0);
    machine_free(m);
    unload(&b);
}

/* ---- order ---- */

static uint32_t op_of(uint32_t n)
{
    static const uint32_t ops[] = {VM_GPU_OP_LAUNCH, VM_GPU_OP_COPY_IN, VM_GPU_OP_COPY_OUT,
                                   VM_GPU_OP_COPY, VM_GPU_OP_COMPILE};
    return ops[n % 5];
}

static void submit_all(void)
{
    if (card.knocks == 0) {
        for (uint32_t i = 0; i < REQUESTS; i++)
            submit(i, op_of(i));
        cr_expect_eq(card.n_done, 0, "never from inside");
    }
    if (card.n_done == REQUESTS && !card.telling)
        power_off(0);
}

static void expect_order(enum how how)
{
    cr_assert_eq(run(how, submit_all), 0);
    cr_assert_eq(fake.n_order, REQUESTS);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        cr_expect_eq(fake.order[i], (char)('a' + op_of(i)));
        cr_expect_eq(card.done[i], i);
    }
    cr_expect_eq(card.errors, 0);
    cr_expect_geq(card.told, 1);
    cr_expect_eq(fake.idle_polls, 0, "it is only asked while something is under way");
}

Test(machine_gpu, order_when_completed_inside)
{
    expect_order(INSIDE);
    cr_expect_eq(fake.polls, 0);
}

Test(machine_gpu, order_when_completed_by_poll)
{
    expect_order(BY_POLL);
}

Test(machine_gpu, order_when_completed_by_a_thread)
{
    expect_order(BY_THREAD);
}

static void one_after_the_other(void)
{
    if (card.n_done < REQUESTS && card.n_done == card.submitted)
        submit(card.n_done, op_of(card.n_done));
    else if (card.n_done == REQUESTS)
        power_off(0);
}

Test(machine_gpu, one_after_the_other)
{
    cr_expect_eq(run(BY_THREAD, one_after_the_other), 0);
    cr_expect_eq(run(BY_POLL, one_after_the_other), 0);
    cr_expect_eq(card.n_done, REQUESTS);
}

static void let_it_sleep(void)
{
    nap = (struct timespec){.tv_nsec = 5000000};
    if (card.n_done == card.submitted && card.n_done < 10)
        submit(card.n_done, VM_GPU_OP_LAUNCH);
    else if (card.n_done == 10)
        power_off(0);
}

Test(machine_gpu, the_thread_wakes_up_again)
{
    cr_expect_eq(run(BY_THREAD, let_it_sleep), 0);
    cr_expect_eq(run(INSIDE, let_it_sleep), 0);
}

static void ask_stats(void)
{
    struct vm_gpu_stats s = {.size = sizeof(s)};

    if (card.knocks == 0) {
        for (uint32_t i = 0; i < 10; i++)
            submit(i, op_of(i));
        submit(10, 77);
    }
    if (card.n_done < 11)
        return;
    card.host->gpu_stats(card.gpu, &s);
    cr_expect_eq(s.launches, 2);
    cr_expect_eq(s.launch_gpu_ns, 14);
    cr_expect_eq(s.bytes_in, 128);
    cr_expect_eq(s.bytes_out, 128);
    cr_expect_eq(s.bytes_within, 128);
    cr_expect_eq(s.compilations, 2);
    cr_expect_eq(s.errors, 1);
    cr_expect_gt(s.launch_ns, 0);
    cr_expect_lt(s.launch_ns, 60000000000);
    power_off(0);
}

Test(machine_gpu, statistics)
{
    cr_expect_eq(run(BY_THREAD, ask_stats), 0);
}

/* ---- what the backend never sees ---- */

static void submit_wrong(void)
{
    struct vm_gpu_request *r;

    if (card.knocks == 0) {
        submit(0, 0);
        submit(1, VM_GPU_OP_STREAM_FREE + 1);
        r = request(2, VM_GPU_OP_LAUNCH);
        r->gpu = 2;
        card.host->gpu_submit(card.gpu, r);
        r = request(3, VM_GPU_OP_ALLOC);
        r->u.memory.length = 0;
        card.host->gpu_submit(card.gpu, r);
        r = request(4, VM_GPU_OP_LAUNCH);
        r->u.launch.block[2] = 0;
        card.host->gpu_submit(card.gpu, r);
        r = request(5, VM_GPU_OP_COPY_IN);
        r->u.copy.host = NULL;
        card.host->gpu_submit(card.gpu, r);
        submit(6, VM_GPU_OP_STREAM_FREE);
        r = request(7, VM_GPU_OP_LAUNCH);
        r->u.launch.arguments_size = 8;
        r->text_size = 5;
        card.host->gpu_submit(card.gpu, r);
    }
    if (card.n_done == 8)
        power_off(0);
}

Test(machine_gpu, senseless_requests_are_refused)
{
    static const uint32_t wanted[] = {
        VM_GPU_UNSUPPORTED, VM_GPU_UNSUPPORTED, VM_GPU_INVALID, VM_GPU_INVALID,
        VM_GPU_INVALID,     VM_GPU_INVALID,     VM_GPU_INVALID, VM_GPU_INVALID,
    };

    cr_expect_eq(run(INSIDE, submit_wrong), 0);
    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(card.requests[i].error, wanted[i], "request %u", i);
    cr_expect_eq(fake.n_order, 0);
    cr_expect_str_eq(card.text, "ther", "a short text is cut");
    cr_expect_eq(card.requests[7].text_length, strlen("there are no arguments"));
}

/* ---- a backend that breaks its contract ---- */

static void submit_four(void)
{
    if (card.knocks == 0) {
        submit(0, VM_GPU_OP_ALLOC);
        submit(1, VM_GPU_OP_COMPILE);
        submit(2, VM_GPU_OP_FUNCTION);
        submit(3, VM_GPU_OP_STREAM_NEW);
    }
    if (card.n_done == 4 && !card.telling)
        power_off(0);
}

static void expect_four(uint32_t error)
{
    cr_expect_eq(run(INSIDE, submit_four), 0);
    cr_expect_eq(card.n_done, 4);
    for (uint32_t i = 0; i < 4; i++)
        cr_expect_eq(card.requests[i].error, error, "request %u", i);
}

Test(machine_gpu, results_that_make_no_sense_are_errors)
{
    fake.unsound = true;
    expect_four(VM_GPU_FAILED);
}

Test(machine_gpu, errors_that_nobody_knows)
{
    fake.error = 4711;
    expect_four(VM_GPU_FAILED);
    fake.error = VM_GPU_NO_MEMORY;
    expect_four(VM_GPU_NO_MEMORY);
}

Test(machine_gpu, what_is_completed_twice_is_told_once)
{
    fake.twice = true;
    expect_four(VM_GPU_OK);
}

/* ---- host memory ---- */

static void share_memory(void)
{
    if (card.knocks == 0) {
        submit(0, VM_GPU_OP_LAUNCH);
        card.host->gpu_host_memory(card.gpu, card.bytes, sizeof(card.bytes), 1);
        submit(1, VM_GPU_OP_COPY_IN);
        card.host->gpu_host_memory(card.gpu, card.bytes, sizeof(card.bytes), 0);
        submit(2, VM_GPU_OP_COPY_OUT);
    }
    if (card.n_done == 3)
        power_off(0);
}

Test(machine_gpu, host_memory_takes_its_turn)
{
    const char wanted[] = {'a' + VM_GPU_OP_LAUNCH, '+', 'a' + VM_GPU_OP_COPY_IN, '-',
                           'a' + VM_GPU_OP_COPY_OUT};
    cr_expect_eq(run(BY_THREAD, share_memory), 0);
    cr_expect_eq(fake.n_order, 5);
    cr_expect_arr_eq(fake.order, wanted, 5);
    cr_expect_eq(fake.memory, card.bytes);
}

/* ---- drain, reset, end ---- */

static void drain(void)
{
    for (uint32_t i = 0; i < REQUESTS; i++)
        submit(i, op_of(i));
    cr_expect_eq(card.host->gpu_drain(card.gpu), 0);
    cr_expect_eq(card.n_done, REQUESTS);
    cr_expect_eq(card.host->gpu_drain(card.gpu), 0, "nothing is there to wait for");
    power_off(0);
}

Test(machine_gpu, drain)
{
    cr_expect_eq(run(INSIDE, drain), 0);
    cr_expect_eq(run(BY_POLL, drain), 0);
    cr_expect_eq(run(BY_THREAD, drain), 0);
    cr_expect_eq(card.errors, 0);
}

static void submit_and_leave(void)
{
    for (uint32_t i = 0; i < REQUESTS; i++)
        submit(i, op_of(i));
    card.host->gpu_host_memory(card.gpu, card.bytes, sizeof(card.bytes), 1);
    power_off(8);
}

Test(machine_gpu, the_end_waits_for_what_is_under_way)
{
    static const enum how hows[] = {INSIDE, BY_POLL, BY_THREAD};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(run(hows[i], submit_and_leave), 8);
        cr_expect_eq(card.n_done, REQUESTS);
        cr_expect_eq(fake.destroyed, 1);
    }
}

static void submit_and_reset(void)
{
    if (card.resets > 1) {
        power_off(4);
        return;
    }
    for (uint32_t i = 0; i < REQUESTS; i++)
        submit(i, op_of(i));
    card.knock = leave;
    card.host->request(card.ctx, VM_REQUEST_RESET, 0);
}

Test(machine_gpu, reset_waits_for_what_is_under_way)
{
    cr_expect_eq(run(BY_THREAD, submit_and_reset), 3);
    cr_expect_eq(card.resets, 2);
    cr_expect_eq(card.open_at_reset, 0);
    cr_expect_eq(card.n_done, REQUESTS);
}

/* ---- a backend that hangs ---- */

static void drain_in_vain(void)
{
    struct vm_gpu_info info = {.size = sizeof(info)};

    if (card.knocks == 0) {
        submit(0, VM_GPU_OP_LAUNCH);
        submit(1, VM_GPU_OP_LAUNCH);
        cr_expect_eq(card.host->gpu_drain(card.gpu), -1);
        cr_expect_eq(card.n_done, 0, "what was under way is never told");
        submit(2, VM_GPU_OP_LAUNCH);
        cr_expect_eq(card.n_done, 0, "never from inside");
        card.host->gpu_info(card.gpu, 0, &info);
        cr_expect_eq(info.memory_total, 1000, "as it was");
    }
    if (card.n_done == 1) {
        submit(3, VM_GPU_OP_LAUNCH);
        cr_expect_eq(card.host->gpu_drain(card.gpu), 0);
        cr_expect_eq(card.n_done, 2);
        power_off(6);
    }
}

static void expect_given_up(enum how how, void (*knock)(void), int status)
{
    cr_expect_not(machine_threads_hang());
    cr_expect_eq(run(how, knock), status);
    cr_expect_eq(fake.destroyed, 0);
    cr_expect(machine_threads_hang());
}

Test(machine_gpu, a_request_that_never_ends_is_given_up)
{
    expect_given_up(NEVER, drain_in_vain, 6);
    cr_expect_eq(card.requests[2].error, VM_GPU_LOST);
    cr_expect_eq(card.requests[3].error, VM_GPU_LOST);
    fake.host->complete(fake.ctx, &card.requests[0], 0); /* late */
    cr_expect_eq(card.n_done, 2);
}

Test(machine_gpu, a_submit_that_never_returns_is_given_up)
{
    expect_given_up(HANGS, drain_in_vain, 6);
    cr_expect_eq(card.n_done, 2);
}

static void leave_it_hanging(void)
{
    submit(0, VM_GPU_OP_LAUNCH);
    power_off(9);
}

Test(machine_gpu, a_machine_ends_although_its_gpu_hangs)
{
    expect_given_up(HANGS, leave_it_hanging, 9);
    cr_expect_eq(card.n_done, 0);
}

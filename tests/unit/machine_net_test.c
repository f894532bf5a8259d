/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_net_test.c - network backends in a machine: sections and short names, frames both ways in
 * both modes, a device or a backend without room, timers, the link. */
#define _GNU_SOURCE /* memfd_create */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/plugin/registry.h"
#include "machine_mock.h"

#define MACHINE "[machine]\nmemory = 2M\narch = toy\nengine = toy\nboard = toy\n"
#define NIC     "[device n]\ntype = dev-nic\naddress = 0x1000\n"
#define BASE    0x1000
#define FRAMES  50u
#define BYTES   100u

enum nic_register { NIC_SEND = 0, NIC_ROOM = 8 }; /* sends a frame; takes so many more */

/* ---- net-loop: what is sent comes back, from the event thread ---- */

static struct {
    const struct vm_net_host *host;
    struct vm_net_ctx *ctx;
    struct vm_net_timer *timer;
    pthread_mutex_t lock;
    uint8_t queue[FRAMES + 1][BYTES];
    uint32_t head, tail;
    _Atomic uint32_t refuse;       /* frames that it has no room for at first */
    _Atomic uint32_t ready, fired; /* calls */
} loop;

static size_t loop_send(void *be, const struct vm_iovec *iov, uint32_t n)
{
    size_t at = 0;
    (void)be;
    if (atomic_load(&loop.refuse)) {
        atomic_fetch_sub(&loop.refuse, 1);
        loop.host->wake(loop.ctx);
        return 0;
    }
    pthread_mutex_lock(&loop.lock);
    cr_assert_leq(loop.head, FRAMES);
    for (uint32_t i = 0; i < n; i++) {
        memcpy(loop.queue[loop.head] + at, iov[i].base, iov[i].length);
        at += iov[i].length;
    }
    loop.head++;
    pthread_mutex_unlock(&loop.lock);
    loop.host->wake(loop.ctx);
    return at;
}

static void loop_poll(void *be)
{
    (void)be;
    loop.host->writable(loop.ctx);
    pthread_mutex_lock(&loop.lock);
    while (loop.tail < loop.head) {
        struct vm_iovec iov = {loop.queue[loop.tail], BYTES};
        pthread_mutex_unlock(&loop.lock); /* the device may send from inside */
        int took = loop.host->receive(loop.ctx, &iov, 1);
        pthread_mutex_lock(&loop.lock);
        if (!took)
            break;
        loop.tail++;
    }
    pthread_mutex_unlock(&loop.lock);
}

static void loop_ready(void *be)
{
    (void)be;
    atomic_fetch_add(&loop.ready, 1);
    loop.host->wake(loop.ctx);
}

static void loop_timer(void *opaque)
{
    (void)opaque;
    atomic_fetch_add(&loop.fired, 1);
    loop.host->link(loop.ctx, 0);
}

static void *loop_create(const struct vm_net_host *host, struct vm_net_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    uint8_t runt[12] = {0};
    struct vm_iovec iov = {runt, sizeof(runt)};
    (void)props, (void)err;
    loop.host = host;
    loop.ctx = ctx;
    loop.head = loop.tail = 0;
    pthread_mutex_init(&loop.lock, NULL);
    cr_assert_eq(host->receive(ctx, &iov, 1), 1, "nobody listens yet");
    loop.timer = host->timer_new(ctx, loop_timer, NULL);
    host->timer_arm(loop.timer, host->clock_ns(ctx) + 2000000);
    return &loop;
}

static void loop_destroy(void *be)
{
    (void)be;
    loop.host->timer_free(loop.timer);
    pthread_mutex_destroy(&loop.lock);
}

static void loop_info(void *be, struct vm_net_info *info)
{
    (void)be;
    info->offloads = 63; /* without set_offloads: the host says that there are none */
    info->mtu = 1234;
    info->link_up = 1;
}

static const struct vm_net_ops loop_ops = {
    .size = sizeof(loop_ops),
    .create = loop_create,
    .destroy = loop_destroy,
    .info = loop_info,
    .send = loop_send,
    .receive_ready = loop_ready,
    .poll = loop_poll,
};

static const void *get_loop(const char *id)
{
    return strcmp(id, VM_NET_INTERFACE) == 0 ? &loop_ops : NULL;
}

/* ---- dev-nic ---- */

static struct nic {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_net *net;
    uint32_t sent, got, room, wrong, links;
    bool blocked;
    _Atomic bool refused;
} nic;

static void nic_send(void)
{
    uint8_t bytes[BYTES] = {0};
    struct vm_iovec iov[2] = {{bytes, 12}, {bytes + 12, BYTES - 12}};
    bytes[50] = (uint8_t)nic.sent;
    nic.blocked = nic.host->net_send(nic.net, iov, 2) == 0;
    nic.sent += !nic.blocked;
}

static int nic_receive(void *opaque, const struct vm_iovec *iov, uint32_t n)
{
    (void)opaque;
    if (nic.room == 0) {
        atomic_store(&nic.refused, true);
        return 0;
    }
    nic.room--;
    nic.wrong += n != 1 || iov->length != BYTES || ((uint8_t *)iov->base)[50] != nic.got;
    nic.got++;
    return 1;
}

static void nic_writable(void *opaque)
{
    (void)opaque;
    if (nic.blocked)
        nic_send();
}

static void nic_link(void *opaque, int up)
{
    (void)opaque;
    nic.links += !up;
}

static const struct vm_net_client nic_client = {
    .size = sizeof(nic_client), .receive = nic_receive, .writable = nic_writable, .link = nic_link};

static int nic_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev, (void)offset, (void)size;
    *value = 0;
    return VM_ACCESS_OK;
}

static int nic_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    (void)dev, (void)size;
    if (offset == NIC_SEND && !nic.blocked) {
        nic_send();
    } else if (offset == NIC_ROOM) {
        nic.room += (uint32_t)value;
        atomic_store(&nic.refused, false);
        nic.host->net_receive_ready(nic.net);
    }
    if (nic.got == FRAMES && nic.links)
        nic.host->request(nic.ctx, VM_REQUEST_POWEROFF, 5);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops nic_regs = {
    .size = sizeof(nic_regs), .read = nic_read, .write = nic_write};

static void *nic_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                        const struct vm_props *props, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(region), .kind = VM_REGION_MMIO, .length = 16, .ops = &nic_regs};
    struct vm_net_info info = {.size = sizeof(info)};
    nic = (struct nic){.host = host, .ctx = ctx};
    nic.net = host->net_attach(ctx, props, "net", &nic_client, &nic, err);
    if (host->add_region(ctx, &region, err) < 0 || !nic.net)
        return NULL;
    host->net_info(nic.net, &info);
    cr_assert_eq(info.mtu, 1234);
    cr_assert_eq(info.offloads, 0);
    cr_assert_eq(host->net_set_offloads(nic.net, 1), -1);
    cr_assert_eq(host->net_set_offloads(nic.net, 0), 0);
    cr_assert_str_eq(host->instance_name(ctx), "n");
    cr_assert_null(host->net_attach(ctx, props, "net", &nic_client, &nic, err), "one each");
    err->set = 0;
    return &nic;
}

static void nic_destroy(void *dev)
{
    (void)dev;
}

static void nic_reset(void *dev, int kind)
{
    (void)dev, (void)kind;
}

static const struct vm_device_ops nic_ops = {
    .size = sizeof(nic_ops), .create = nic_create, .destroy = nic_destroy, .reset = nic_reset};

static const void *get_nic(const char *id)
{
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &nic_ops : NULL;
}

static const struct vm_property nic_properties[] = {
    {.size = sizeof(struct vm_property), .type = VM_PROP_NET, .name = "net"},
};

static const struct vm_plugin plugins[] = {
    {.size = sizeof(struct vm_plugin),
     .magic = VM_PLUGIN_MAGIC,
     .abi_minor = VM_ABI_MINOR,
     .kind = VM_KIND_DEVICE,
     .name = "dev-nic",
     .version = "1",
     .licence = "MIT",
     .summary = "a network card",
     .properties = nic_properties,
     .n_properties = 1,
     .property_size = sizeof(struct vm_property),
     .get_interface = get_nic},
    {.size = sizeof(struct vm_plugin),
     .magic = VM_PLUGIN_MAGIC,
     .abi_minor = VM_ABI_MINOR,
     .kind = VM_KIND_NET,
     .name = "net-loop",
     .version = "1",
     .licence = "MIT",
     .summary = "a loop",
     .get_interface = get_loop},
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

/* Sends all frames, and gives the device room for the rest when it ran out of it. */
static void step(struct vm_cpu *cpu)
{
    atomic_store(&toy.awake, true);
    toy_store(cpu, BASE + NIC_ROOM, nic.got == 0 && !atomic_load(&nic.refused) ? 0 : 7);
    if (nic.sent < FRAMES)
        toy_store(cpu, BASE + NIC_SEND, 0);
}

static void run(const char *ini, uint32_t refuse)
{
    const struct machine_options options = {0};
    struct built b = load(ini);
    cr_assert(b.d, "%s", b.err.text);
    atomic_store(&loop.refuse, refuse);
    atomic_store(&loop.ready, 0);
    atomic_store(&loop.fired, 0);
    struct machine *m = machine_new(b.d, &options, &b.err);
    cr_assert(m, "%s", b.err.text);
    toy.step = step;
    cr_assert_eq(machine_run(m, &b.err), 5);
    cr_expect_eq(nic.got, FRAMES);
    cr_expect_eq(nic.wrong, 0, "%u frames are not what they should be", nic.wrong);
    cr_expect_eq(loop.fired, 1);
    cr_expect_eq(nic.links, 1);
    machine_free(m);
    unload(&b);
}

TestSuite(machine_net, .timeout = 60);

Test(machine_net, frames_go_round)
{
    run(MACHINE NIC "net = loop\n", 0);
    cr_expect_geq(loop.ready, 1, "it was refused frames, and told of room");
    run(MACHINE NIC "net = wire\n[net wire]\ntype = net-loop\n", 0);
}

Test(machine_net, frames_go_round_in_deterministic_mode)
{
    run(MACHINE "mode = deterministic\n" NIC "net = loop\n", 0);
}

Test(machine_net, a_backend_without_room_is_waited_for)
{
    run(MACHINE NIC "net = loop\n", 3);
}

Test(machine_net, names_that_are_wrong)
{
    static const struct {
        const char *ini, *wanted;
    } cases[] = {
        {MACHINE NIC "net = lop\n", "[device n] net: there is no [net lop] and no such backend"},
        {MACHINE NIC "net = pipe\n", "no [net pipe]"},
        {MACHINE NIC "net =\n", "the backend's name is empty; name a [net] section"},
        {MACHINE NIC "[net a]\ntype = net-loop\n", "no device uses it"},
        {MACHINE NIC "net = a\n[net a]\ntype = char-pipe\n",
         "plugin 'char-pipe' is of kind chardev, wanted net"},
        {MACHINE NIC "net = a\n[net a]\n", "'type' is missing; name a net plugin"},
        {MACHINE NIC "net = a\n[net a]\ntype = net-loop\n[device m]\ntype = dev-nic\n"
                     "address = 0x2000\nnet = a\n",
         "'a' is used by [device n] already"},
        {MACHINE NIC "net = a\n[chardev a]\ntype = char-pipe\n", "no [net a]"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct built b = load(cases[i].ini);
        cr_assert_null(b.d);
        cr_expect(strstr(b.err.text, cases[i].wanted), "case %zu: %s", i, b.err.text);
        unload(&b);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* vgpu_driver.c - a GPU of the test's, and the simplest driver of the device in front of it. */
#include "vgpu_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vmrun/pci.h>

struct fake_gpu fake_gpu;
struct vm_gpu_request *fake_gpu_hanging[FAKE_QUEUE];

/* ---- What requests do ------------------------------------------------------------------------ */

static struct fake_block *block_at(uint64_t address, uint32_t gpu)
{
    for (uint32_t i = 0; i < FAKE_BLOCKS; i++) {
        struct fake_block *b = &fake_gpu.blocks[i];
        if (b->bytes && b->gpu == gpu && address - b->address < b->length)
            return b;
    }
    return NULL;
}

uint64_t fake_bytes(void)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < FAKE_BLOCKS; i++)
        n += fake_gpu.blocks[i].bytes ? fake_gpu.blocks[i].length : 0;
    return n;
}

static uint32_t do_alloc(struct vm_gpu_request *r)
{
    uint64_t length = r->u.memory.length;

    for (uint32_t i = 0; i < FAKE_BLOCKS; i++) {
        struct fake_block *b = &fake_gpu.blocks[i];
        if (b->bytes)
            continue;
        if (length > fake_gpu.room - fake_bytes())
            return VM_GPU_NO_MEMORY;
        *b = (struct fake_block){.address = UINT64_C(0x7f00000000) - (uint64_t)i * 0x10000000,
                                 .length = length,
                                 .gpu = r->gpu,
                                 .bytes = calloc(1, length)};
        r->u.memory.address = b->address;
        return VM_GPU_OK;
    }
    return VM_GPU_NO_MEMORY;
}

/* The device is to let nothing through that is not within an allocation. */
static uint8_t *bytes_at(uint64_t address, uint64_t length, uint32_t gpu)
{
    struct fake_block *b = block_at(address, gpu);

    if (!b || length == 0 || length > b->length - (address - b->address))
        vm_test_broken("an address that is not the guest's came to the GPU");
    return b->bytes + (address - b->address);
}

static uint32_t do_free(struct vm_gpu_request *r)
{
    struct fake_block *b = block_at(r->u.memory.address, r->gpu);

    if (!b || b->address != r->u.memory.address)
        vm_test_broken("FREE of what is no allocation came to the GPU");
    free(b->bytes);
    b->bytes = NULL;
    return VM_GPU_OK;
}

static uint32_t do_copy(struct vm_gpu_request *r)
{
    const struct vm_gpu_copy *c = &r->u.copy;
    uint8_t *bytes = bytes_at(c->address, c->length, r->gpu);

    fake_gpu.latest_stream = r->stream;
    if (r->op == VM_GPU_OP_COPY_IN)
        memcpy(bytes, c->host, c->length);
    else if (r->op == VM_GPU_OP_COPY_OUT)
        memcpy(c->host, bytes, c->length);
    else
        memcpy(bytes, bytes_at(c->from, c->length, r->gpu), c->length);
    return VM_GPU_OK;
}

static uint32_t do_code(struct vm_gpu_request *r)
{
    if (r->u.code.bytes[r->u.code.length] != 0)
        vm_test_broken("no zero behind the code");
    snprintf(fake_gpu.options, sizeof(fake_gpu.options), "%s",
             r->u.code.options ? r->u.code.options : "");
    if (r->u.code.bytes[0] == '!') {
        r->text_length = (uint32_t)strlen(r->u.code.bytes + 1);
        if (r->text)
            snprintf(r->text, r->text_size, "%s", r->u.code.bytes + 1);
        return VM_GPU_COMPILE;
    }
    r->u.code.module = ++fake_gpu.made;
    fake_gpu.n_modules++;
    return VM_GPU_OK;
}

static uint32_t do_function(struct vm_gpu_request *r)
{
    struct vm_gpu_function *f = &r->u.function;

    if (f->name[0] != 'k' || f->name[1] < '0' || f->name[1] > '9' || f->name[2])
        return VM_GPU_NOT_FOUND;
    f->function = f->module << 8 | (uint8_t)f->name[1];
    f->n_parameters = (uint32_t)f->name[1] - '0';
    for (uint32_t i = 0; i < f->n_parameters; i++)
        f->parameters[i] = (struct vm_gpu_parameter){.offset = i * 8, .size = 8};
    f->max_threads = 256;
    f->static_shared = 1024;
    f->registers = VM_GPU_UNKNOWN;
    f->local_size = 16;
    return VM_GPU_OK;
}

static uint32_t do_launch(struct vm_gpu_request *r)
{
    const struct vm_gpu_launch *l = &r->u.launch;

    fake_gpu.launch = *l;
    fake_gpu.latest_stream = r->stream;
    memcpy(fake_gpu.arguments, l->arguments,
           l->arguments_size < sizeof(fake_gpu.arguments) ? l->arguments_size
                                                          : sizeof(fake_gpu.arguments));
    r->gpu_ns = 77;
    return VM_GPU_OK;
}

static uint32_t execute(struct vm_gpu_request *r)
{
    uint32_t error = fake_gpu.fail_next;

    if (r->gpu >= fake_gpu.n_gpus)
        vm_test_broken("a request for a GPU that is not there");
    fake_gpu.fail_next = VM_GPU_OK;
    if (error)
        return error;
    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        return do_alloc(r);
    case VM_GPU_OP_FREE:
        return do_free(r);
    case VM_GPU_OP_COPY_IN:
    case VM_GPU_OP_COPY_OUT:
    case VM_GPU_OP_COPY:
        return do_copy(r);
    case VM_GPU_OP_COMPILE:
    case VM_GPU_OP_LOAD:
        return do_code(r);
    case VM_GPU_OP_UNLOAD:
        fake_gpu.n_modules--;
        return VM_GPU_OK;
    case VM_GPU_OP_FUNCTION:
        return do_function(r);
    case VM_GPU_OP_LAUNCH:
        return do_launch(r);
    case VM_GPU_OP_STREAM_NEW:
        r->stream = ++fake_gpu.made;
        fake_gpu.n_streams++;
        return VM_GPU_OK;
    case VM_GPU_OP_STREAM_FREE:
        fake_gpu.n_streams--;
        return VM_GPU_OK;
    default:
        fake_gpu.latest_stream = r->stream;
        return VM_GPU_OK;
    }
}

uint32_t fake_run(void)
{
    uint32_t n = 0;

    while (fake_gpu.n_queue > 0) {
        uint32_t at = fake_gpu.backwards ? fake_gpu.n_queue - 1 : 0;
        struct vm_gpu_request *r = fake_gpu.queue[at];
        memmove(&fake_gpu.queue[at], &fake_gpu.queue[at + 1],
                (--fake_gpu.n_queue - at) * sizeof(fake_gpu.queue[0]));
        r->error = fake_gpu.hangs ? VM_GPU_LOST : execute(r);
        fake_gpu.done[r->op]++;
        fake_gpu.client->done(fake_gpu.opaque, r);
        n++;
    }
    if (n > 0 && fake_gpu.client->all_told)
        fake_gpu.client->all_told(fake_gpu.opaque);
    return n;
}

void fake_gpu_clear(void)
{
    for (uint32_t i = 0; i < FAKE_BLOCKS; i++)
        free(fake_gpu.blocks[i].bytes);
    memset(&fake_gpu, 0, sizeof(fake_gpu));
    fake_gpu.n_gpus = 2;
    fake_gpu.room = 1u << 20;
}

/* ---- The host's functions -------------------------------------------------------------------- */

static struct vm_gpu *attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                             const char *prop, const struct vm_gpu_client *client, void *opaque,
                             struct vm_error *err)
{
    (void)ctx, (void)props, (void)prop, (void)err;
    fake_gpu.client = client;
    fake_gpu.opaque = opaque;
    return (struct vm_gpu *)&fake_gpu;
}

static uint32_t count(struct vm_gpu *gpu, struct vm_error *why)
{
    (void)gpu;
    if (fake_gpu.n_gpus == 0)
        vm_error_set(why, "it is a test");
    return fake_gpu.n_gpus;
}

static void info(struct vm_gpu *gpu, uint32_t index, struct vm_gpu_info *out)
{
    (void)gpu;
    *out = (struct vm_gpu_info){.size = sizeof(*out),
                                .sources = VM_GPU_SOURCE_OPENCL_C,
                                .binaries = VM_GPU_BINARY_OPENCL,
                                .vendor = "nobody",
                                .driver = "test 1",
                                .architecture = "none",
                                .memory_total = fake_gpu.room,
                                .memory_free = fake_gpu.room - fake_bytes(),
                                .max_alloc = 0x123456789,
                                .clock_hz = 1000,
                                .l2_size = 2000,
                                .shared_size = 3000,
                                .compute_units = 4,
                                .subgroup = 32,
                                .max_block_threads = 256,
                                .max_block = {256, 128, 64},
                                .max_grid = {65535, 32767, 16383},
                                .argument_size = 4096};
    snprintf(out->name, sizeof(out->name), "test GPU %u", index);
}

static void stats(struct vm_gpu *gpu, struct vm_gpu_stats *out)
{
    (void)gpu;
    *out = (struct vm_gpu_stats){.size = sizeof(*out), .launches = 5, .compile_ns = 9};
}

static void submit(struct vm_gpu *gpu, struct vm_gpu_request *request)
{
    (void)gpu;
    if (fake_gpu.n_queue == FAKE_QUEUE)
        vm_test_broken("too many requests under way");
    fake_gpu.queue[fake_gpu.n_queue++] = request;
}

/* Those that hang are never told done, and stay for ever. */
static int drain(struct vm_gpu *gpu)
{
    (void)gpu;
    if (fake_gpu.hangs && fake_gpu.n_queue > 0) {
        memcpy(fake_gpu_hanging, fake_gpu.queue, sizeof(fake_gpu_hanging));
        fake_gpu.n_queue = 0;
        return -1;
    }
    fake_run();
    return 0;
}

static void host_memory(struct vm_gpu *gpu, void *base, uint64_t length, int there)
{
    (void)gpu, (void)base;
    if (length != VGPU_WINDOW)
        vm_test_broken("memory to pin that is not the window");
    fake_gpu.n_pinned += there ? 1 : UINT32_MAX;
}

static const struct vm_device_ops *real_ops;

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    static struct vm_device_host under;

    memcpy(&under, host, host->size < sizeof(under) ? host->size : sizeof(under));
    under.size = sizeof(under);
    under.gpu_attach = attach;
    under.gpu_count = count;
    under.gpu_info = info;
    under.gpu_stats = stats;
    under.gpu_submit = submit;
    under.gpu_drain = drain;
    under.gpu_host_memory = host_memory;
    return real_ops->create(&under, ctx, props, err);
}

static const void *get_interface(const char *id)
{
    static struct vm_device_ops ops;

    if (strcmp(id, VM_DEVICE_INTERFACE) != 0)
        return NULL;
    ops = *real_ops;
    ops.create = create;
    return &ops;
}

const struct vm_plugin *fake_gpu_under(const struct vm_plugin *plugin)
{
    static struct vm_plugin wrapped;

    real_ops = plugin->get_interface(VM_DEVICE_INTERFACE);
    wrapped = *plugin;
    wrapped.get_interface = get_interface;
    return &wrapped;
}

/* ---- The driver ------------------------------------------------------------------------------ */

struct vm_devtest *vgpu_device(const struct vm_plugin *plugin, const char *memory)
{
    struct vm_devtest *h = vm_devtest_new(fake_gpu_under(plugin));
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set_bus(h, VM_PCI_PROTOCOL, 3 << 3);
    vm_devtest_set(h, "gpu", "card");
    vm_devtest_set(h, "window", "16M");
    if (memory)
        vm_devtest_set(h, "memory", memory);
    if (vm_devtest_create(h, &err) < 0)
        vm_test_broken(err.text);
    vm_devtest_reset(h);
    vm_devtest_config_write(h, VM_PCI_COMMAND, 2, VM_PCI_COMMAND_MEMORY | VM_PCI_COMMAND_MASTER);
    return h;
}

uint32_t vgpu_read(struct vm_devtest *h, uint32_t offset)
{
    uint64_t value = 0;

    vm_devtest_access_read(h, 0, offset, 4, &value);
    return (uint32_t)value;
}

void vgpu_write(struct vm_devtest *h, uint32_t offset, uint32_t value)
{
    vm_devtest_access_write(h, 0, offset, 4, value);
}

uint32_t vgpu_enable(struct vgpu_driver *d, struct vm_devtest *h, uint32_t entries)
{
    *d = (struct vgpu_driver){.h = h, .entries = entries, .window = vm_devtest_memory(h, 1, NULL)};
    vgpu_write(h, VGPU_REG_CONTROL, 0);
    vgpu_write(h, VGPU_REG_ENTRIES, entries);
    vgpu_write(h, VGPU_REG_SUBMIT_OFFSET, 0);
    vgpu_write(h, VGPU_REG_COMPLETE_OFFSET, VGPU_COMPLETE);
    vgpu_write(h, VGPU_REG_CONTROL, VGPU_CONTROL_ENABLE);
    return vgpu_read(h, VGPU_REG_STATUS);
}

void vgpu_put(struct vgpu_driver *d, const struct vgpu_command *c)
{
    uint8_t *entry = d->window + d->tail++ % d->entries * VGPU_ENTRY_BYTES;
    const uint32_t head[6] = {c->op, c->id, c->gpu, c->stream, c->text_offset, c->text_bytes};

    memcpy(entry, head, sizeof(head));
    memcpy(entry + VGPU_SUBMIT_ARGS, c->arg, sizeof(c->arg));
}

void vgpu_ring(struct vgpu_driver *d)
{
    vgpu_write(d->h, VGPU_REG_SUBMIT_TAIL, d->tail);
}

void vgpu_submit(struct vgpu_driver *d, const struct vgpu_command *c)
{
    vgpu_put(d, c);
    vgpu_ring(d);
}

bool vgpu_next(struct vgpu_driver *d, struct vgpu_completion *out)
{
    const uint8_t *entry = d->window + VGPU_COMPLETE + d->seen % d->entries * VGPU_ENTRY_BYTES;
    uint32_t head[4];

    memcpy(head, entry, sizeof(head));
    if (head[0] != d->seen + 1)
        return false;
    d->seen++;
    *out = (struct vgpu_completion){head[0], head[1], head[2], head[3], {0}, 0};
    memcpy(out->results, entry + VGPU_COMPLETE_RESULTS, sizeof(out->results));
    memcpy(&out->gpu_ns, entry + VGPU_COMPLETE_GPU_NS, sizeof(out->gpu_ns));
    return true;
}

bool vgpu_do(struct vgpu_driver *d, const struct vgpu_command *c, struct vgpu_completion *out)
{
    vgpu_submit(d, c);
    fake_run();
    return vgpu_next(d, out);
}

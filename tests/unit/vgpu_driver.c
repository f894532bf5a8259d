/* SPDX-License-Identifier: BSD-2-Clause */
/* vgpu_driver.c - what a test's GPU does otherwise, and the simplest driver of the device. */
#include "vgpu_driver.h"

#include <stdio.h>
#include <string.h>

#include <vmrun/pci.h>

struct fake_gpu fake_gpu;

/* ---- What requests do ------------------------------------------------------------------------ */

static uint32_t do_alloc(struct vm_gpu_request *r)
{
    if (vm_devtest_gpu_allocated(fake_gpu.h) + r->u.memory.length > fake_gpu.room)
        return VM_GPU_NO_MEMORY;
    return vm_devtest_gpu_carry_out(fake_gpu.h, r);
}

static uint32_t do_code(struct vm_gpu_request *r)
{
    uint32_t error = vm_devtest_gpu_carry_out(fake_gpu.h, r);

    snprintf(fake_gpu.options, sizeof(fake_gpu.options), "%s",
             r->u.code.options ? r->u.code.options : "");
    if (r->u.code.bytes[0] == '!') {
        r->text_length = (uint32_t)strlen(r->u.code.bytes + 1);
        if (r->text)
            snprintf(r->text, r->text_size, "%s", r->u.code.bytes + 1);
        return VM_GPU_COMPILE;
    }
    fake_gpu.n_modules += error == VM_GPU_OK;
    return error;
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
    memcpy(fake_gpu.arguments, l->arguments,
           l->arguments_size < sizeof(fake_gpu.arguments) ? l->arguments_size
                                                          : sizeof(fake_gpu.arguments));
    r->gpu_ns = 77;
    return VM_GPU_OK;
}

static uint32_t execute(struct vm_gpu_request *r)
{
    uint32_t error;

    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        return do_alloc(r);
    case VM_GPU_OP_COMPILE:
    case VM_GPU_OP_LOAD:
        return do_code(r);
    case VM_GPU_OP_FUNCTION:
        return do_function(r);
    case VM_GPU_OP_LAUNCH:
        return do_launch(r);
    case VM_GPU_OP_STREAM_NEW:
        error = vm_devtest_gpu_carry_out(fake_gpu.h, r);
        fake_gpu.made_stream = r->stream;
        fake_gpu.n_streams++;
        return error;
    case VM_GPU_OP_UNLOAD:
        fake_gpu.n_modules--;
        break;
    case VM_GPU_OP_STREAM_FREE:
        fake_gpu.n_streams--;
        break;
    default:
        break;
    }
    return vm_devtest_gpu_carry_out(fake_gpu.h, r);
}

/* Of a stream. What is not lets all before it come to its end, and is never passed. */
static bool can_wait(const struct vm_gpu_request *r)
{
    return r && ((r->op >= VM_GPU_OP_COPY_IN && r->op <= VM_GPU_OP_COPY) ||
                 r->op == VM_GPU_OP_LAUNCH || r->op == VM_GPU_OP_SYNC);
}

static uint32_t carry_out(void *opaque, struct vm_gpu_request *r)
{
    uint32_t error;

    (void)opaque;
    if (fake_gpu.backwards && can_wait(r) && can_wait(vm_devtest_gpu_request(fake_gpu.h, 0)))
        fake_gpu.n_passed += vm_devtest_gpu_run(fake_gpu.h, 1);
    if (can_wait(r))
        fake_gpu.latest_stream = r->stream;
    error = fake_gpu.fail_next;
    fake_gpu.fail_next = VM_GPU_OK;
    return error ? error : execute(r);
}

static void info(void *opaque, uint32_t gpu, struct vm_gpu_info *out)
{
    (void)opaque;
    *out = (struct vm_gpu_info){.size = sizeof(*out),
                                .sources = VM_GPU_SOURCE_OPENCL_C,
                                .binaries = VM_GPU_BINARY_OPENCL,
                                .vendor = "nobody",
                                .driver = "test 1",
                                .architecture = "none",
                                .memory_total = fake_gpu.room,
                                .memory_free = fake_gpu.room - vm_devtest_gpu_allocated(fake_gpu.h),
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
    snprintf(out->name, sizeof(out->name), "test GPU %u", gpu);
}

void fake_gpu_clear(void)
{
    memset(&fake_gpu, 0, sizeof(fake_gpu));
    fake_gpu.gpu = (struct vm_devtest_gpu){
        .n_gpus = 2, .why = "it is a test", .info = info, .carry_out = carry_out};
    fake_gpu.room = 1u << 20;
}

/* The host refuses these, too; that the device lets them through is its flaw. */
static void look_at_waiting(void)
{
    const struct vm_gpu_request *r;

    for (uint32_t i = 0; (r = vm_devtest_gpu_request(fake_gpu.h, i)); i++) {
        if (r->gpu >= fake_gpu.gpu.n_gpus)
            vm_test_broken("a request for a GPU that is not there");
        if (r->op >= VM_GPU_OP_COPY_IN && r->op <= VM_GPU_OP_COPY && r->u.copy.length == 0)
            vm_test_broken("a copy of nothing");
    }
}

uint32_t fake_run(void)
{
    uint32_t told;

    look_at_waiting();
    fake_gpu.n_passed = 0;
    told = vm_devtest_gpu_run(fake_gpu.h, UINT32_MAX);
    return told + fake_gpu.n_passed;
}

/* ---- The driver ------------------------------------------------------------------------------ */

struct vm_devtest *vgpu_device(const struct vm_plugin *plugin, const struct vm_devtest_gpu *gpu,
                               const char *memory)
{
    struct vm_devtest *h = vm_devtest_new(plugin);
    struct vm_error err = VM_ERROR_INIT;

    fake_gpu.h = h;
    vm_devtest_set_gpu(h, gpu);
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

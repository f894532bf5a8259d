/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - the GPU compute device: its life, its saved state, its properties. */
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"

#define REGISTER_BYTES 4096u

static const struct vm_gpu_client client = {
    .size = sizeof(struct vm_gpu_client),
    .done = rings_done,
    .all_told = rings_all_told,
};

/* A saved state was loaded with commands that were never taken. */
static void go_on(void *dev)
{
    struct vgpu *v = dev;

    rings_run(v);
    tell(v, v->events);
}

static int make_pci(struct vgpu *v, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    struct vm_error *err)
{
    const struct vm_pci_info info = {
        .vendor = VGPU_PCI_VENDOR,
        .device = VGPU_PCI_DEVICE,
        .subsystem_vendor = VGPU_PCI_VENDOR,
        .subsystem = VGPU_PCI_DEVICE,
        .class_code = VGPU_PCI_CLASS,
        .revision = 1,
        .has_intx = 1,
    };
    const struct vm_region registers = {
        .size = sizeof(registers),
        .name = "regs",
        .length = REGISTER_BYTES,
        .ops = &registers_ops,
        .valid_min = 4,
        .valid_max = 8,
        .impl_min = 4,
        .impl_max = 4,
    };
    const struct vm_region window = {
        .size = sizeof(window),
        .name = "window",
        .length = v->window_size,
        .ops = &window_ops,
        .unaligned = 1,
        .memory = VM_MEMORY_SHARED,
    };

    if (vm_pci_init(&v->pci, host, ctx, &info, err) ||
        vm_pci_add_bar(&v->pci, 0, 0, &registers, err) < 0)
        return -1;
    v->window_region =
        vm_pci_add_bar(&v->pci, 2, VM_PCI_BAR_64 | VM_PCI_BAR_PREFETCH, &window, err);
    return v->window_region < 0 || vm_pci_add_msix(&v->pci, 1, 4, err) < 0 ||
                   vm_pci_add_power(&v->pci, err) < 0 || vm_pci_add_express(&v->pci, 0, err) < 0 ||
                   vm_pci_attach(&v->pci, err)
               ? -1
               : 0;
}

static int make(struct vgpu *v, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                const struct vm_props *props, struct vm_error *err)
{
    struct vm_error why = VM_ERROR_INIT;

    if (!VM_HAS(host, gpu_host_memory))
        return vm_error_set(err, "this vmrun is too old for GPUs");
    v->window_size = host->base->prop_uint(props, "window");
    v->quota =
        host->base->prop_given(props, "memory") ? host->base->prop_uint(props, "memory") : NO_QUOTA;
    if (v->window_size & (v->window_size - 1))
        return vm_error_set(err, "window: its size must be a power of two");
    v->backend = host->gpu_attach(ctx, props, "gpu", &client, v, err);
    if (!v->backend || make_pci(v, host, ctx, err))
        return -1;
    v->window = host->region_memory(ctx, (uint32_t)v->window_region);
    v->timer = host->timer_new(ctx, go_on, v);
    if (!v->window || !v->timer)
        return vm_error_set(err, "no timer, or no memory for the window");
    v->n_gpus = host->gpu_count(v->backend, &why);
    if (v->n_gpus == 0)
        host->base->log(ctx, VM_LOG_WARNING, "the guest sees no GPU: %s", why.text);
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct vgpu *v = calloc(1, sizeof(*v));

    if (!v) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (make(v, host, ctx, props, err)) {
        free(v);
        return NULL;
    }
    return v;
}

static void destroy(void *dev)
{
    struct vgpu *v = dev;

    requests_free(v);
    free(v->allocations);
    free(v->objects);
    free(v);
}

static void reset(void *dev, int kind)
{
    struct vgpu *v = dev;

    (void)kind;
    stop(v);
    v->entries = v->submit_offset = v->complete_offset = 0;
    v->irq_mask = 0;
    v->pci.host->timer_arm(v->timer, INT64_MAX);
    vm_pci_reset(&v->pci);
}

/* ---- Saved state ----------------------------------------------------------------------------- */

#define FIELD(member) VM_STATE(struct vgpu, member, VM_STATE_U32)

static const struct vm_state_field state_fields[] = {
    VM_PCI_STATE(struct vgpu, pci),
    FIELD(status),
    FIELD(entries),
    FIELD(submit_offset),
    FIELD(complete_offset),
    FIELD(submit_head),
    FIELD(submit_tail),
    FIELD(complete_tail),
    FIELD(irq_status),
    FIELD(irq_mask),
    FIELD(n_live),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static void state_saving(void *dev)
{
    struct vgpu *v = dev;

    v->n_live = v->n_allocations + v->n_objects + v->under_way;
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct vgpu *v = dev;
    uint32_t bits = VGPU_IRQ_COMPLETION | VGPU_IRQ_FAILED;
    uint32_t known = VGPU_STATUS_ENABLED | VGPU_STATUS_FAILED | VGPU_STATUS_LOST;

    if (v->n_live)
        return vm_error_set(err,
                            "the guest had memory, modules or work on a GPU when this was saved, "
                            "which cannot be brought back: save while no program there uses it");
    if ((v->status & ~known) || ((v->irq_status | v->irq_mask) & ~bits) ||
        ((v->status & VGPU_STATUS_ENABLED) &&
         (!rings_are_sound(v) || v->submit_tail - v->submit_head > v->entries)))
        return vm_error_set(err, "saved state of a GPU device: its rings cannot be so");
    v->stopping = 1;
    objects_free_all(v);
    v->stopping = 0;
    v->events = 0;
    if (vm_pci_loaded(&v->pci, err))
        return -1;
    if ((v->status & VGPU_STATUS_ENABLED) && !v->is_lost) {
        v->pci.host->gpu_host_memory(v->backend, v->window, v->window_size, 1);
        v->is_pinned = 1;
    }
    v->pci.host->timer_arm(v->timer, v->pci.host->clock_ns(v->pci.ctx));
    return 0;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
    .state_saving = state_saving,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_GPU,
     .name = "gpu",
     .flags = VM_PROP_REQUIRED,
     .help = "the GPU backend: a [gpu] section's name, or a plugin's, as gpu-opencl"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "window",
     .unit = "bytes",
     .default_value = "64M",
     .min = UINT64_C(16) << 20,
     .max = UINT64_C(1) << 30,
     .help = "memory that guest and GPU exchange data by, a power of two"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "memory",
     .unit = "bytes",
     .min = 1,
     .max = UINT64_MAX / 2,
     .help = "how much GPU memory the guest can have at a time; without it, what there is"},
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-vgpu", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "GPU compute for the guest (PCI device with a shared window)",
          .description =
              "Programs in the guest run kernels on the host's GPU through it, without a driver in "
              "the guest's kernel: guest/vgpu has the library and the tools, doc/vgpu-protocol.md "
              "the protocol.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

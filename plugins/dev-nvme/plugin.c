/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - NVMe controller: its life, its saved state, its properties. */
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

#define BAR_BYTES 8192u
#define VECTORS   32u /* MSI-X: a power of two, and one for each queue */

static void all_told(void *dev)
{
    queues_tell(dev);
}

static void changed(void *dev)
{
    struct nvme *n = dev;

    n->pci.host->block_info(n->backend, &n->info);
    if (!n->sq_size[0] || !(n->features[FEATURE_EVENTS] & EVENT_NAMESPACE))
        return;
    n->namespace_changed = 1;
    admin_event(n, 2, 0, 4);
    queues_tell(n);
}

static const struct vm_block_client client = {
    .size = sizeof(struct vm_block_client),
    .done = io_done,
    .changed = changed,
    .all_told = all_told,
};

/* A saved state was loaded with commands that were never fetched. */
static void go_on(void *dev)
{
    queues_run_all(dev);
}

static int make_pci(struct nvme *n, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    struct vm_error *err)
{
    const struct vm_pci_info info = {
        .vendor = 0x1b36, /* a number that nothing has, since drivers go by the class */
        .device = 0x7e10,
        .subsystem_vendor = 0x1af4,
        .subsystem = 0x1100,
        .class_code = 0x010802,
        .revision = 2,
        .has_intx = 1,
    };
    const struct vm_region region = {
        .size = sizeof(region),
        .name = "regs",
        .length = BAR_BYTES,
        .ops = &nvme_registers,
        .valid_min = 4,
        .valid_max = 8,
        .impl_min = 4,
        .impl_max = 4,
    };

    return vm_pci_init(&n->pci, host, ctx, &info, err) ||
                   vm_pci_add_bar(&n->pci, 0, VM_PCI_BAR_64, &region, err) < 0 ||
                   vm_pci_add_msix(&n->pci, VECTORS, 4, err) < 0 ||
                   vm_pci_add_power(&n->pci, err) < 0 || vm_pci_add_express(&n->pci, 0, err) < 0 ||
                   vm_pci_attach(&n->pci, err)
               ? -1
               : 0;
}

static int make(struct nvme *n, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                const struct vm_props *props, struct vm_error *err)
{
    const char *serial = host->base->prop_string(props, "serial");

    if (!VM_HAS(host, block_attach) || !VM_HAS(host, block_drain))
        return vm_error_set(err, "this vmrun is too old for disks");
    if (strlen(serial) > SERIAL_BYTES)
        return vm_error_set(err, "serial: '%s' has more than %d characters", serial, SERIAL_BYTES);
    memcpy(n->serial, serial, strlen(serial));
    n->backend = host->block_attach(ctx, props, "file", &client, n, err);
    if (!n->backend || make_pci(n, host, ctx, err))
        return -1;
    n->info.size = sizeof(n->info);
    host->block_info(n->backend, &n->info);
    n->features[FEATURE_WRITE_CACHE] = (n->info.flags & VM_BLOCK_VOLATILE) != 0;
    n->timer = host->timer_new(ctx, go_on, n);
    return n->timer ? 0 : vm_error_set(err, "no timer could be made");
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct nvme *n = calloc(1, sizeof(*n));

    if (!n) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (make(n, host, ctx, props, err)) {
        free(n);
        return NULL;
    }
    return n;
}

static void destroy(void *dev)
{
    struct nvme *n = dev;

    requests_free(n);
    free(n);
}

static void reset(void *dev, int kind)
{
    struct nvme *n = dev;

    (void)kind;
    nvme_stop(n);
    n->cc = n->aqa = 0;
    n->asq = n->acq = 0;
    n->pci.host->timer_arm(n->timer, INT64_MAX);
    vm_pci_reset(&n->pci);
}

/* ---- saved state ----------------------------------------------------------------------------- */

#define FIELD(member, type)  VM_STATE(struct nvme, member, type)
#define QUEUES(member, type) VM_STATE_ARRAY(struct nvme, member, type, N_QUEUES)

static const struct vm_state_field state_fields[] = {
    VM_PCI_STATE(struct nvme, pci),
    FIELD(cc, VM_STATE_U32),
    FIELD(csts, VM_STATE_U32),
    FIELD(aqa, VM_STATE_U32),
    FIELD(masked, VM_STATE_U32),
    FIELD(asq, VM_STATE_U64),
    FIELD(acq, VM_STATE_U64),
    QUEUES(sq_base, VM_STATE_U64),
    QUEUES(cq_base, VM_STATE_U64),
    QUEUES(sq_size, VM_STATE_U32),
    QUEUES(cq_size, VM_STATE_U32),
    QUEUES(sq_head, VM_STATE_U32),
    QUEUES(sq_tail, VM_STATE_U32),
    QUEUES(sq_cq, VM_STATE_U32),
    QUEUES(cq_head, VM_STATE_U32),
    QUEUES(cq_tail, VM_STATE_U32),
    QUEUES(cq_vector, VM_STATE_U32),
    QUEUES(cq_phase, VM_STATE_U8),
    QUEUES(cq_interrupts, VM_STATE_U8),
    VM_STATE_ARRAY(struct nvme, features, VM_STATE_U32, N_FEATURES),
    VM_STATE_ARRAY(struct nvme, events, VM_STATE_U16, MAX_EVENTS),
    FIELD(n_events, VM_STATE_U32),
    FIELD(event, VM_STATE_U32),
    FIELD(namespace_changed, VM_STATE_U8),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static int queue_is_sound(const struct nvme *n, uint32_t i)
{
    uint32_t sq = n->sq_size[i], cq = n->cq_size[i];

    if (sq > QUEUE_MAX * 4 || cq > QUEUE_MAX * 4 || sq == 1 || cq == 1)
        return 0;
    if (sq && (n->sq_head[i] >= sq || n->sq_tail[i] >= sq || n->sq_cq[i] >= N_QUEUES ||
               !n->cq_size[n->sq_cq[i]]))
        return 0;
    return !cq || (n->cq_head[i] < cq && n->cq_tail[i] < cq && n->cq_vector[i] < VECTORS &&
                   n->cq_phase[i] <= 1 && n->cq_interrupts[i] <= 1);
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct nvme *n = dev;
    int sound = n->n_events <= MAX_EVENTS && (!n->n_events || n->sq_size[0]) && n->sq_cq[0] == 0;

    for (uint32_t i = 0; i < N_QUEUES; i++)
        sound &= queue_is_sound(n, i);
    if (!sound)
        return vm_error_set(err, "saved state of an NVMe controller: its queues cannot be so");
    memset(n->reserved, 0, sizeof(n->reserved));
    n->reserved[0] = n->n_events;
    n->dirty = 0;
    if (vm_pci_loaded(&n->pci, err))
        return -1;
    n->pci.host->timer_arm(n->timer, n->pci.host->clock_ns(n->pci.ctx));
    return 0;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BLOCK,
     .name = "file",
     .flags = VM_PROP_REQUIRED,
     .help = "the disk: an image file, a URI, or the name of a [block] section"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "serial",
     .default_value = "vmrun0001",
     .help = "serial number, at most 20 characters; each controller of a machine wants its own"},
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-nvme", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "disk (NVMe controller with one namespace)",
          .description = "NVMe 1.4 on a PCI bus. What the guest flushes is on stable storage.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);

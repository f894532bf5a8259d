/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev-message-test.c - an interrupt controller for tests that takes messages: each one raises its
 * output and is noted, and a write of MESSAGE_ACK lowers it.
 */
#include <stdlib.h>
#include <string.h>

#include <vmrun/device.h>

enum {
    MESSAGE_PORT = 0x0, /* where messages go; the guest cannot write it */
    MESSAGE_ACK = 0x4,
    MESSAGE_COUNT = 0x8,
    MESSAGE_DATA = 0xc, /* of the last one */
    MESSAGE_REQUESTER = 0x10,
    MESSAGE_BYTES = 0x1000,
};

struct mailbox {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    uint32_t count, data, requester;
};

static int box_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct mailbox *b = dev;

    (void)size;
    *value = offset == MESSAGE_COUNT       ? b->count
             : offset == MESSAGE_DATA      ? b->data
             : offset == MESSAGE_REQUESTER ? b->requester
                                           : 0;
    return VM_ACCESS_OK;
}

static int box_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct mailbox *b = dev;

    (void)size;
    (void)value;
    if (offset == MESSAGE_ACK)
        b->host->set_irq(b->ctx, 0, 0);
    return VM_ACCESS_OK;
}

static int box_message(void *dev, uint64_t offset, uint32_t requester, uint32_t data)
{
    struct mailbox *b = dev;

    if (offset != MESSAGE_PORT)
        return VM_ACCESS_ERROR;
    b->count++;
    b->data = data;
    b->requester = requester;
    b->host->set_irq(b->ctx, 0, 1);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = box_read,
    .write = box_write,
    .message = box_message,
};

static void reset(void *dev, int kind)
{
    struct mailbox *b = dev;

    (void)kind;
    b->count = b->data = b->requester = 0;
    b->host->set_irq(b->ctx, 0, 0);
}

static void irq_input(void *dev, uint32_t line, int level)
{
    (void)dev, (void)line, (void)level;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .length = MESSAGE_BYTES,
        .ops = &region_ops,
        .valid_min = 4,
        .valid_max = 4,
        .impl_min = 4,
        .impl_max = 4,
    };
    struct mailbox *b = calloc(1, sizeof(*b));

    (void)props;
    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    b->host = host;
    b->ctx = ctx;
    if (host->add_region(ctx, &region, err) < 0 || host->add_irq_outputs(ctx, 1, err) < 0) {
        free(b);
        return NULL;
    }
    return b;
}

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct mailbox, count, VM_STATE_U32),
    VM_STATE(struct mailbox, data, VM_STATE_U32),
    VM_STATE(struct mailbox, requester, VM_STATE_U32),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .flags = VM_DEVICE_INTERRUPT_CONTROLLER,
    .create = create,
    .destroy = free,
    .reset = reset,
    .irq_input = irq_input,
    .state = &state_table,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-message-test", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "takes messages, for tests",
          .get_interface = get_interface);

/* SPDX-License-Identifier: BSD-2-Clause */
/* devhost_msi.c - a host for one device under test: its ports in the vCPUs, and messages. */
#include <stdlib.h>
#include <string.h>

#include "devhost_internal.h"

int devhost_has_cpu_port(struct vm_device_ctx *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "imsic-m") == 0 || strcmp(name, "imsic-s") == 0 || strcmp(name, "gic") == 0;
}

static struct devhost_port *find_port(struct devhost *h, uint32_t cpu, const char *name)
{
    for (uint32_t i = 0; i < h->n_ports; i++) {
        if (h->ports[i].cpu == cpu && strcmp(h->ports[i].name, name) == 0)
            return &h->ports[i];
    }
    return NULL;
}

int devhost_claim_cpu_port(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                           const struct vm_cpu_port_ops *ops, struct vm_error *err)
{
    struct devhost *h = (struct devhost *)ctx;

    if (devhost_wiring_fails(h, err))
        return -1;
    if (cpu >= h->cpus || !devhost_has_cpu_port(ctx, name) || find_port(h, cpu, name))
        return vm_error_set(err, "vCPU %u has no port %s that is free", cpu, name);
    h->ports = realloc(h->ports, (h->n_ports + 1) * sizeof(*h->ports));
    h->ports[h->n_ports++] = (struct devhost_port){cpu, name, ops};
    return 0;
}

int devhost_port(struct devhost *h, uint32_t cpu, const char *name,
                 const struct devhost_port_access *access, uint64_t *value)
{
    const struct devhost_port *port = find_port(h, cpu, name);

    *value = 0xa5a5a5a5a5a5a5a5u;
    if (!port)
        return -1;
    return port->ops->access(h->device, cpu, access->reg, access->write, access->bits, access->mask,
                             value);
}

int devhost_message(struct devhost *h, uint32_t region, uint64_t offset, uint32_t data)
{
    const struct vm_region *r = &h->regions[region];

    if (!r->ops->message || offset % 4 || offset >= r->length)
        return VM_ACCESS_ERROR;
    return r->ops->message(h->device, offset, 0, data);
}

int devhost_send_message(struct vm_device_ctx *ctx, uint64_t addr, uint32_t data)
{
    struct devhost *h = (struct devhost *)ctx;

    if (addr % 4)
        plughost_broken("a message to an address that is no multiple of 4");
    if (h->sent.size < 4096)
        plughost_text(&h->sent, "0x%llx:0x%x ", (unsigned long long)addr, data);
    return VM_ACCESS_OK;
}

const char *devhost_messages(struct devhost *h)
{
    free(h->told);
    h->told = h->sent.text;
    h->sent = (struct plughost_buffer){0};
    return h->told ? h->told : "";
}

void devhost_free_msi(struct devhost *h)
{
    free(h->ports);
    free(h->sent.text);
    free(h->told);
}

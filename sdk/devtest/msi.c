/* SPDX-License-Identifier: BSD-2-Clause */
/* msi.c - a host for one device under test: its ports in the vCPUs, and messages. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int vm_devtest_has_cpu_port(struct vm_device_ctx *ctx, const char *name)
{
    (void)ctx;
    return strcmp(name, "imsic-m") == 0 || strcmp(name, "imsic-s") == 0 || strcmp(name, "gic") == 0;
}

static struct vm_devtest_port *find_port(struct vm_devtest *h, uint32_t cpu, const char *name)
{
    for (uint32_t i = 0; i < h->n_ports; i++) {
        if (h->ports[i].cpu == cpu && strcmp(h->ports[i].name, name) == 0)
            return &h->ports[i];
    }
    return NULL;
}

int vm_devtest_claim_cpu_port(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                              const struct vm_cpu_port_ops *ops, struct vm_error *err)
{
    struct vm_devtest *h = (struct vm_devtest *)ctx;

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    if (cpu >= h->cpus || !vm_devtest_has_cpu_port(ctx, name) || find_port(h, cpu, name))
        return vm_error_set(err, "vCPU %u has no port %s that is free", cpu, name);
    h->ports = realloc(h->ports, (h->n_ports + 1) * sizeof(*h->ports));
    if (!h->ports)
        vm_test_broken("out of memory");
    h->ports[h->n_ports++] = (struct vm_devtest_port){cpu, name, ops};
    return 0;
}

int vm_devtest_port(struct vm_devtest *h, uint32_t cpu, const char *name,
                    const struct vm_devtest_port_access *access, uint64_t *value)
{
    const struct vm_devtest_port *port = find_port(h, cpu, name);
    int result;

    *value = 0xa5a5a5a5a5a5a5a5u;
    if (!port)
        return -1;
    vm_devtest_enter(h);
    result = port->ops->access(h->device, cpu, access->reg, access->write, access->bits,
                               access->mask, value);
    vm_devtest_leave(h);
    return result;
}

int vm_devtest_message(struct vm_devtest *h, uint32_t region, uint64_t offset, uint32_t data)
{
    const struct vm_region *r = vm_devtest_region(h, region);
    int result;

    if (!r->ops->message || offset % 4 || offset >= r->length)
        return VM_ACCESS_ERROR;
    vm_devtest_enter(h);
    result = r->ops->message(h->device, offset, 0, data);
    vm_devtest_leave(h);
    return result;
}

int vm_devtest_send_message(struct vm_device_ctx *ctx, uint64_t addr, uint32_t data)
{
    struct vm_devtest *h = (struct vm_devtest *)ctx;

    if (addr % 4)
        vm_test_broken("a message to an address that is no multiple of 4");
    if (h->sent.size < 4096)
        vm_test_text(&h->sent, "0x%llx:0x%x ", (unsigned long long)addr, data);
    return VM_ACCESS_OK;
}

const char *vm_devtest_messages(struct vm_devtest *h)
{
    free(h->told);
    h->told = h->sent.text;
    h->sent = (struct vm_test_buffer){0};
    return h->told ? h->told : "";
}

void vm_devtest_free_msi(struct vm_devtest *h)
{
    free(h->ports);
    free(h->sent.text);
    free(h->told);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* ports.c - what an interrupt controller has inside the vCPUs: claims of their ports, and the
 * vCPUs' accesses to the registers there. */
#include <stdlib.h>
#include <string.h>
#include "core/machine/internal.h"

static int find_port(const struct vm_arch_ops *arch, const char *name)
{
    for (uint32_t i = 0; i < arch->n_ports; i++)
        if (strcmp(arch->ports[i], name) == 0)
            return (int)i;
    return -1;
}

int ports_has(struct vm_device_ctx *ctx, const char *name)
{
    return find_port(&ctx->context.m->arch_ops, name) >= 0;
}

static struct cpu_port *port_at(struct machine *m, uint32_t cpu, uint32_t port)
{
    return &m->ports[(size_t)cpu * m->arch_ops.n_ports + port];
}

int ports_claim(struct vm_device_ctx *ctx, uint32_t cpu, const char *name,
                const struct vm_cpu_port_ops *theirs, struct vm_error *err)
{
    struct machine *m = ctx->context.m;
    const struct vm_arch_ops *arch = &m->arch_ops;
    int number = find_port(arch, name);
    struct vm_cpu_port_ops ops;
    if (!ctx->creating)
        return vm_error_set(err, "plugin bug: wiring is declared in create() only");
    if (cpu >= m->info.cpus)
        return vm_error_set(err, "vCPU %u does not exist; there are %u", cpu, m->info.cpus);
    if (number < 0)
        return vm_error_set(err, "a vCPU of %s has no port '%s' for an interrupt controller",
                            m->d->arch.plugin->name, name);
    if (!copy_sized(&ops, theirs, sizeof(ops), END_OF(struct vm_cpu_port_ops, access)) ||
        !ops.access)
        return vm_error_set(err, "plugin bug: a port's operations are not what this vmrun knows");
    struct cpu_port *port = port_at(m, cpu, (uint32_t)number);
    if (port->ctx)
        return vm_error_set(err, "port '%s' of vCPU %u belongs to %s already", name, cpu,
                            port->ctx->context.name);
    if (arch->claim_port && arch->claim_port(m->arch, cpu, (uint32_t)number, err))
        return vm_error_prefix(err, "port '%s' of vCPU %u", name, cpu);
    *port = (struct cpu_port){ctx, ops};
    return 0;
}

int ports_access(void *opaque, uint32_t cpu, uint32_t port, const struct sched_port_access *access,
                 uint64_t *value)
{
    struct machine *m = opaque;
    if (port >= m->arch_ops.n_ports)
        return -1;
    const struct cpu_port *p = port_at(m, cpu, port);
    if (!p->ctx || !device_lock(p->ctx))
        return -1;
    int result = p->ops.access(p->ctx->dev, cpu, access->reg, access->write, access->bits,
                               access->mask, value);
    device_unlock(p->ctx);
    if (trace_mask & VM_TRACE_DEVICES)
        trace_line("devices", "%s: vcpu%u port register 0x%x %s", p->ctx->context.name, cpu,
                   access->reg,
                   result          ? "is not there"
                   : access->write ? "written"
                                   : "read");
    return result;
}

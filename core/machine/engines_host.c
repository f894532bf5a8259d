/* SPDX-License-Identifier: BSD-2-Clause */
/* engines_host.c - the host interface of engines that run others: making them, showing IR, stopping
 * the machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/ir/ir.h"
#include "core/machine/internal.h"

/* The machine whose engines are being made, on this thread. */
static _Thread_local struct description *building;

void engines_host_begin(const struct description *d)
{
    building = (struct description *)d; /* an engine that it has not loaded yet is added to it */
}

void engines_host_end(void)
{
    building = NULL;
}

static void *host_create(const char *name, const struct vm_arch_ops *arch, uint32_t state_size,
                         struct vm_engine_ops *ops, struct vm_error *err)
{
    if (!building) {
        vm_error_set(err, "other engines can be made only while the machine is");
        return NULL;
    }
    const struct instance *e = description_engine(building, name, err);
    if (!e || machine_engine_ops(e, ops, err))
        return NULL;
    return ops->create(&vm_host_table, arch, state_size, e->props, err);
}

static void host_print_ir(const struct vm_ir_unit *ir, const struct vm_arch_ops *arch,
                          void (*put)(void *opaque, const char *line), void *opaque)
{
    char *text = NULL, *rest, *line;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return;
    ir_print(ir, arch, f);
    fclose(f);
    for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
        if (*line || rest)
            put(opaque, line);
    free(text);
}

static void host_stop(struct vm_cpu *cpu, const char *why, const char *report)
{
    if (report)
        log_report(report);
    vcpu_fail(cpu, why);
}

const struct vm_host_engines host_engines = {
    .size = sizeof(struct vm_host_engines),
    .create = host_create,
    .print_ir = host_print_ir,
    .stop = host_stop,
};

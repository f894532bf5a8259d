/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of a unit, for people: a region's IR as the code was made from it, and the code. */
#include <inttypes.h>
#include <stdio.h>
#include "jit.h"

#define BYTES_A_LINE 16u

typedef void (*put_fn)(void *opaque, const char *line);

/* A region's blocks in the order of their code; a unit's IR is what compile() was given. */
static void dump_region(struct jit_engine *e, const struct vm_ir_unit *ir,
                        const struct vm_unit *unit, put_fn put, void *opaque)
{
    struct jit_region region = {0};
    struct jit_unit u = {.engine = e,
                         .pins = &e->pins,
                         .ir = ir,
                         .unit = (struct vm_unit *)unit, /* is only looked at */
                         .region = &region};

    if (jit_region_init(&u)) {
        put(opaque, "IR after the passes:");
        e->host_engines->print_ir(&region.ir, e->arch, put, opaque);
    }
    jit_region_free(&u);
}

static void dump_code(const uint8_t *run, uint32_t n, put_fn put, void *opaque)
{
    for (uint32_t at = 0; at < n; at += BYTES_A_LINE) {
        char line[40 + 3 * BYTES_A_LINE];
        int end =
            snprintf(line, sizeof(line), "code %" PRIx64 ":", (uint64_t)(uintptr_t)(run + at));
        for (uint32_t i = at; i < n && i < at + BYTES_A_LINE; i++)
            end += snprintf(line + end, sizeof(line) - (size_t)end, " %02x", run[i]);
        put(opaque, line);
    }
}

void jit_dump(void *self, const struct vm_ir_unit *ir, const struct vm_unit *unit, put_fn put,
              void *opaque)
{
    struct jit_engine *e = self;
    const struct jit_code *code = unit->code;

    if (unit->n_entries && e->host_engines)
        dump_region(e, ir, unit, put, opaque);
    dump_code(e->cache.memory.run + code->offset, code->bytes, put, opaque);
}

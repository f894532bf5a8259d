/* SPDX-License-Identifier: BSD-2-Clause */
#include "aarch64_runner.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/ir/ir.h"
#include "emit.h"

struct runner runners[N_RUNNERS] = {{.name = "engine-interp"}, {.name = "engine-jit"}};

static struct a64_arch arch;
static struct vm_ir_unit ir;

enum { STATE_BYTES = sizeof(struct a64_state) };

/* The JIT is not there on every host. */
static bool is_built(const char *name)
{
    const char *folder = getenv("VMRUN_BUILDDIR");
    char path[4096];

    snprintf(path, sizeof(path), "%s/plugins.uninstalled/%s.so", folder ? folder : ".", name);
    return access(path, R_OK) == 0;
}

void runners_open(void)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_init(&ir);
    arch.features = UINT64_MAX & ~A64_FEATURE(BTI);
    for (struct runner *r = runners; r < runners + N_RUNNERS; r++) {
        r->there = r == runners || is_built(r->name);
        if (!r->there)
            continue;
        cr_assert_eq(test_engine_open_for(&r->engine, r->name, &a64_arch_ops, STATE_BYTES, &err), 0,
                     "%s", err.text);
        size_t size =
            (sizeof(struct vm_cpu) + STATE_BYTES + r->engine.ops->frame_size + 63) & ~63ul;
        r->cpu = aligned_alloc(64, size);
        cr_assert_not_null(r->cpu);
        memset(r->cpu, 0, size);
        if (r->engine.ops->cpu_init)
            cr_assert_eq(r->engine.ops->cpu_init(r->engine.self, r->cpu, &err), 0);
    }
}

void runners_close(void)
{
    FOR_RUNNERS(r)
    {
        free(r->cpu);
        test_engine_close(&r->engine);
    }
    vm_ir_free(&ir);
}

static uint32_t no_more(struct vm_code *code)
{
    (void)code;
    return 0;
}

void runner_compile(struct runner *r, const char *name, const uint32_t *words, uint32_t n,
                    uint64_t key)
{
    struct vm_code code = {.bytes = (const uint8_t *)words,
                           .n_bytes = 4 * n,
                           .max_insns = n,
                           .key = {key, 0},
                           .more = no_more};
    struct vm_error err = VM_ERROR_INIT;

    vm_ir_clear(&ir);
    cr_assert_eq(a64_translate(&arch, &code, &ir), VM_TRANSLATE_OK);
    cr_assert_eq(ir.guest_insns, n);
    cr_assert_eq(ir_verify(&ir, &a64_arch_ops, &err), 0, "%s: %s", name, err.text);
    test_unit_init(&r->unit, &ir, r->exits);
    cr_assert_eq(r->engine.ops->compile(r->engine.self, &ir, &r->unit, &err), 0, "%s: %s", name,
                 err.text);
}

void runner_release(struct runner *r)
{
    r->engine.ops->release(r->engine.self, &r->unit);
}

void runner_run(struct runner *r)
{
    r->cpu->pc = 0x1000;
    r->cpu->countdown = 1000;
    cr_assert_eq(r->engine.ops->enter(r->engine.self, r->cpu, &r->unit), VM_EXIT_NEXT);
}

void runner_enter(struct runner *r, struct registers *regs)
{
    struct a64_state *s = a64_state(r->cpu);

    memcpy(s->v, regs->v, sizeof(regs->v));
    memcpy(s->x, regs->x, sizeof(regs->x));
    s->fpflags = regs->flags;
    s->qc = regs->qc;
    runner_run(r);
    memcpy(regs->v, s->v, sizeof(regs->v));
    memcpy(regs->x, s->x, sizeof(regs->x));
    regs->flags = s->fpflags;
    regs->qc = s->qc;
}

void runners_compile(const char *name, uint32_t word, uint64_t key)
{
    FOR_RUNNERS(r)
    runner_compile(r, name, &word, 1, key);
}

void runners_release(void)
{
    FOR_RUNNERS(r)
    runner_release(r);
}

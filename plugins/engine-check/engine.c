/* SPDX-License-Identifier: BSD-2-Clause */
/* engine-check: the plugin. See check.h for how it works. */
#include <stdlib.h>
#include <string.h>
#include <vmrun/abi-hash.h>
#include "check.h"

/* ---- the two engines ---- */

static int open_engine(struct checker *checker, struct check_engine *e, const char *name,
                       struct vm_error *err)
{
    static const char own[] = "check", prefix[] = "engine-";
    const char *word = strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;

    if (strcmp(word, own) == 0)
        return vm_error_set(err, "it cannot check itself");
    snprintf(e->name, sizeof(e->name), "%c (%.32s)", e == &checker->a ? 'a' : 'b', word);
    e->self = checker->host->create(name, checker->arch, checker->state_size, &e->ops, err);
    return e->self ? 0 : -1;
}

static void destroy(void *self)
{
    struct checker *checker = self;

    if (checker->a.self)
        checker->a.ops.destroy(checker->a.self);
    if (checker->b.self)
        checker->b.ops.destroy(checker->b.self);
    free(checker);
}

static int open_both(struct checker *checker, const char *a, const char *b, struct vm_error *err)
{
    if (open_engine(checker, &checker->a, a, err))
        return vm_error_prefix(err, "[check] a");
    if (open_engine(checker, &checker->b, b, err))
        return vm_error_prefix(err, "[check] b");
    if (checker->a.ops.frame_size > CHECK_FRAME)
        return vm_error_set(err, "[check] a: %s wants %u bytes in every vCPU, more than %u", a,
                            checker->a.ops.frame_size, CHECK_FRAME);
    return 0;
}

static void *create(const struct vm_host *host, const struct vm_arch_ops *arch, uint32_t state_size,
                    const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host_engines *engines = host->get_interface(VM_HOST_ENGINES);
    struct checker *checker = engines ? calloc(1, sizeof(*checker)) : NULL;

    if (!checker) {
        vm_error_set(err, engines ? "engine-check: out of memory"
                                  : "engine-check: this host lets no engine run others");
        return NULL;
    }
    checker->arch = arch;
    checker->host = engines;
    checker->state_size = state_size;
    if (open_both(checker, host->prop_string(props, "a"), host->prop_string(props, "b"), err)) {
        destroy(checker);
        return NULL;
    }
    return checker;
}

/* ---- vCPUs ---- */

static void free_cpu(struct check_cpu *c)
{
    check_run_free(c);
    free(c->shadow);
    free(c);
}

static struct check_cpu *new_cpu(struct checker *checker, struct vm_cpu *cpu, struct vm_error *err)
{
    struct check_cpu *c = calloc(1, sizeof(*c));
    size_t bytes = sizeof(struct vm_cpu) + checker->state_size + checker->b.ops.frame_size;

    if (!c) {
        vm_error_set(err, "engine-check: out of memory");
        return NULL;
    }
    c->checker = checker;
    c->cpu = cpu;
    c->real = cpu->host;
    bytes = (bytes + 63) & ~(size_t)63;
    c->shadow = aligned_alloc(64, bytes);
    if (!c->shadow || check_run_init(c, err)) {
        if (!err->set)
            vm_error_set(err, "engine-check: out of memory");
        free_cpu(c);
        return NULL;
    }
    memset(c->shadow, 0, bytes);
    check_recorder_init(c);
    check_player_init(c);
    c->shadow->index = cpu->index;
    c->shadow->core = cpu->core;
    c->shadow->arch = cpu->arch;
    c->shadow->host = &c->player;
    return c;
}

static int init_engine(const struct check_engine *e, struct vm_cpu *cpu, struct vm_error *err)
{
    return e->ops.cpu_init ? e->ops.cpu_init(e->self, cpu, err) : 0;
}

static void exit_engine(const struct check_engine *e, struct vm_cpu *cpu)
{
    if (e->ops.cpu_exit)
        e->ops.cpu_exit(e->self, cpu);
}

static int cpu_init(void *self, struct vm_cpu *cpu, struct vm_error *err)
{
    struct checker *checker = self;
    struct check_cpu *c = new_cpu(checker, cpu, err);

    if (!c)
        return -1;
    if (init_engine(&checker->b, c->shadow, err)) {
        free_cpu(c);
        return -1;
    }
    if (init_engine(&checker->a, cpu, err)) {
        exit_engine(&checker->b, c->shadow);
        free_cpu(c);
        return -1;
    }
    c->a_part = cpu->engine;
    cpu->engine = c;
    return 0;
}

static void cpu_exit(void *self, struct vm_cpu *cpu)
{
    struct checker *checker = self;
    struct check_cpu *c = cpu->engine;

    cpu->engine = c->a_part;
    exit_engine(&checker->a, cpu);
    exit_engine(&checker->b, c->shadow);
    free_cpu(c);
}

/* ---- links: there are none ---- */

static void link_exit(void *self, struct vm_unit *from, uint32_t index, struct vm_unit *to)
{
    (void)self;
    (void)from;
    (void)index;
    (void)to;
}

static void unlink_exit(void *self, struct vm_unit *from, uint32_t index)
{
    (void)self;
    (void)from;
    (void)index;
}

/* ---- the rest ---- */

static uint32_t stats(void *self, const char **names, uint64_t *values, uint32_t max)
{
    static const char *const stat_names[CHECK_STAT_COUNT] = {
        [CHECK_STAT_UNITS] = "units",        [CHECK_STAT_REGIONS] = "regions",
        [CHECK_STAT_RUNS] = "runs-compared", [CHECK_STAT_RAM] = "runs-on-ram",
        [CHECK_STAT_EVENTS] = "events",      [CHECK_STAT_SKIPPED] = "runs-skipped",
    };
    struct checker *checker = self;
    uint32_t n = 0;

    for (; n < CHECK_STAT_COUNT && n < max; n++) {
        names[n] = stat_names[n];
        values[n] = atomic_load_explicit(&checker->stats[n], memory_order_relaxed);
    }
    return n;
}

static const struct vm_engine_ops ops = {
    .size = sizeof(struct vm_engine_ops),
    .frame_size = CHECK_FRAME,
    .flags = VM_ENGINE_REGIONS | VM_ENGINE_EXACT,
    .tiers = 2,
    .create = create,
    .destroy = destroy,
    .cpu_init = cpu_init,
    .cpu_exit = cpu_exit,
    .compile = check_compile,
    .release = check_release,
    .enter = check_enter,
    .link = link_exit,
    .unlink = unlink_exit,
    .stats = stats,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_ENGINE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "a",
     .default_value = "interp",
     .help = "the engine that is right: what it does is what happens"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "b",
     .default_value = "jit",
     .help = "the engine that is checked against it"},
};

VM_PLUGIN(.kind = VM_KIND_ENGINE, .name = "engine-check", .version = "0.1.0",
          .licence = "BSD-2-Clause", .summary = "runs two engines in lockstep and compares them",
          .description =
              "Runs every unit of guest code in two other engines and stops at the first "
              "difference, with the guest's code, both states, the accesses, the IR and the host's "
              "code. For finding errors in engines; several times slower than the slower one.",
          VM_PLUGIN_PROPERTIES(properties), .matched_abi = VM_MATCHED_ABI_HASH,
          .get_interface = get_interface);

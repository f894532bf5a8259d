/* SPDX-License-Identifier: BSD-2-Clause */
/* engine-jit: the plugin. See jit.h for how it works. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vmrun/abi-hash.h>
#include "../engine-common/slots.h"
#include "jit.h"

#define CACHE_DEFAULT ((uint64_t)64 << 20)

/* ---- tables by slot ---- */

static bool may_be_pinned(const struct jit_engine *e, uint32_t s, bool is_float)
{
    const struct vm_slot *slot = &e->arch->slots[s];

    return slot->pin_rank && e->pins.of[s] < 0 && e->overlap[s] == s && !slot->constant_zero &&
           s != e->flags_slot && slot->type == (is_float ? VM_F64 : VM_I64);
}

/* Gives the host's registers to the slots that are most worth one; those that are left are
 * temporaries. */
static void choose_pins(struct jit_engine *e)
{
    memcpy(e->pins.temp, host_temp_regs, host_n_temp_regs);
    e->pins.n_temps = host_n_temp_regs;
    for (uint32_t s = 0; s < e->arch->n_slots; s++)
        e->pins.of[s] = -1;
    for (uint32_t k = 0; k < host_n_pin_regs; k++) {
        uint32_t best = JIT_NONE;
        for (uint32_t s = 0; s < e->arch->n_slots; s++)
            if (may_be_pinned(e, s, host_pin_regs[k] >= JIT_FLOAT) &&
                (best == JIT_NONE || e->arch->slots[s].pin_rank < e->arch->slots[best].pin_rank))
                best = s;
        if (best == JIT_NONE) {
            e->pins.temp[e->pins.n_temps++] = host_pin_regs[k];
            continue;
        }
        e->pins.of[best] = (int8_t)e->pins.n;
        e->pins.slot[e->pins.n] = (uint16_t)best;
        e->pins.reg[e->pins.n++] = host_pin_regs[k];
    }
}

/* ---- life ---- */

static void destroy(void *self)
{
    struct jit_engine *e = self;

    jit_perf_close(e);
    if (e->host_code)
        jit_cache_free(&e->cache, e->host_code);
    free(e->overlap);
    free(e->pins.of);
    free(e->functions);
    free(e);
}

static int fill(struct jit_engine *e, const struct vm_arch_ops *arch, uint32_t state_size,
                const char *features, struct vm_error *err)
{
    e->arch = arch;
    e->frame = (int32_t)((offsetof(struct vm_cpu, state) + state_size + JIT_FORWARDS - 1) /
                         JIT_FORWARDS * JIT_FORWARDS);
    e->flags_slot = arch->fp.flags_slot < arch->n_slots ? arch->fp.flags_slot : 0xffff;
    e->fp = (struct vm_fp_env){.nan_rule = arch->fp.nan_rule, .tiny_before = arch->fp.tiny_before};
    e->overlap = calloc(arch->n_slots + 1, sizeof(*e->overlap));
    e->pins.of = calloc(arch->n_slots + 1, 1);
    e->functions = calloc(arch->n_helpers + JIT_FN_COUNT, sizeof(*e->functions));
    if (!e->overlap || !e->pins.of || !e->functions)
        return vm_error_set(err, "out of memory");
    for (uint32_t i = 0; i < arch->n_helpers; i++)
        memcpy(&e->functions[i], &arch->helpers[i].fn, sizeof(void *));
    memcpy(&e->functions[arch->n_helpers], jit_functions, sizeof(jit_functions));
    find_overlaps(e->arch, e->overlap);
    choose_pins(e);
    return host_probe(e, features, err);
}

static void *create(const struct vm_host *host, const struct vm_arch_ops *arch, uint32_t state_size,
                    const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host_code_memory *code = host ? host->get_interface(VM_HOST_CODE_MEMORY) : NULL;
    struct jit_engine *e = NULL;

    if (!code)
        vm_error_set(err, "engine-jit: this host gives no memory for code (%s)",
                     VM_HOST_CODE_MEMORY);
    else if (state_size % 16)
        vm_error_set(err, "engine-jit: cannot work with %u bytes of vCPU state", state_size);
    else if (!(e = calloc(1, sizeof(*e))))
        vm_error_set(err, "engine-jit: out of memory");
    if (!e)
        return NULL;
    uint64_t bytes = props ? host->prop_uint(props, "cache-size") : CACHE_DEFAULT;
    const char *features = props ? host->prop_string(props, "host-features") : "auto";
    e->host_code = code;
    e->host_engines = host->get_interface(VM_HOST_ENGINES);
    bool named = props && host->prop_uint(props, "perf-map");
    if (fill(e, arch, state_size, features, err) || jit_cache_init(&e->cache, code, bytes, err) ||
        (named && jit_perf_open(e, err)) || host_make_stubs(e, err)) {
        vm_error_prefix(err, "engine-jit");
        destroy(e);
        return NULL;
    }
    return e;
}

static int cpu_init(void *self, struct vm_cpu *cpu, struct vm_error *err)
{
    struct jit_engine *e = self;

    /* The code of a single vCPU locks nothing. */
    if (e->n_cpus == 1 && atomic_load(&e->stats[JIT_STAT_UNITS]))
        return vm_error_set(err, "engine-jit: there is code already that is for one vCPU");
    e->n_cpus++;
    cpu->engine = e;
    host_frame_init(e, jit_frame(cpu));
    return 0;
}

static void cpu_exit(void *self, struct vm_cpu *cpu)
{
    const struct jit_engine *e = self;
    struct jit_frame *frame = (struct jit_frame *)(void *)((char *)cpu + e->frame);

    free(frame->windows);
    frame->windows = NULL;
}

/* ---- units ---- */

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Puts finished code into the cache. */
static struct jit_code *place(struct jit_unit *u, const struct jit_host_code *host)
{
    struct jit_engine *e = u->engine;
    uint32_t n_exits = u->unit->n_exits;
    struct jit_code *code = malloc(sizeof(*code) + n_exits * sizeof(code->exits[0]));
    uint32_t at = code ? jit_cache_alloc(&e->cache, host->n) : JIT_NONE;

    if (at == JIT_NONE) {
        u->full = code != NULL;
        u->failed = "out of memory";
        jit_count(e, JIT_STAT_FULL, code != NULL);
        free(code);
        return NULL;
    }
    host_place(e, host, at);
    code->offset = at;
    code->bytes = host->n;
    code->n_exits = n_exits;
    for (uint32_t i = 0; i < n_exits; i++) {
        code->exits[i].site = host->exits[i].site == JIT_NONE ? JIT_NONE : at + host->exits[i].site;
        code->exits[i].unlinked = at + host->exits[i].unlinked;
    }
    return code;
}

static struct jit_code *build(struct jit_unit *u)
{
    struct jit_host_code host;
    struct jit_code *code = NULL;

    jit_simplify(u);
    jit_registers_init(u);
    host_compile(u, &host);
    if (!u->failed)
        code = place(u, &host);
    host_free(u, &host);
    return code;
}

/* Where the unit, or the region, is entered. */
static void set_entries(const struct jit_unit *u, struct jit_code *code)
{
    const uint8_t *run = u->engine->cache.memory.run + code->offset;

    u->unit->entry = (void *)(uintptr_t)run;
    for (uint32_t i = 0; u->region && i < u->region->n_blocks; i++) {
        const struct jit_block *b = &u->region->blocks[i];
        if (b->entry == JIT_NONE)
            continue;
        u->unit->entries[b->entry]->entry = (void *)(uintptr_t)(run + b->stub);
        u->unit->entries[b->entry]->code = code;
    }
}

static void count_passes(struct jit_engine *e, const struct jit_pass_stats *of)
{
    jit_count(e, JIT_STAT_COPIED, of->copied);
    jit_count(e, JIT_STAT_JOINED, of->joined);
    jit_count(e, JIT_STAT_DROPPED, of->dropped);
    jit_count(e, JIT_STAT_FORWARDED, of->forwarded);
    jit_count(e, JIT_STAT_FOLDED, of->folded);
    jit_count(e, JIT_STAT_SHARED, of->shared);
    jit_count(e, JIT_STAT_DEAD, of->dead);
    jit_count(e, JIT_STAT_PROBES, of->probes);
}

static void count_unit(struct jit_engine *e, const struct jit_unit *u, uint64_t ns)
{
    jit_count(e, JIT_STAT_UNITS, 1);
    jit_count(e, JIT_STAT_GUEST_INSNS, u->ir->guest_insns);
    jit_count(e, JIT_STAT_IR_INSNS, u->ir->n_insns);
    jit_count(e, JIT_STAT_CODE_BYTES, u->unit->code_bytes);
    jit_count(e, JIT_STAT_SPILLS, u->spills);
    jit_count(e, JIT_STAT_COMPILE_NS, ns);
    if (!u->region)
        return;
    jit_count(e, JIT_STAT_LINES, u->region->n_lines);
    jit_count(e, JIT_STAT_WINDOWS, (uint64_t)__builtin_popcountll(u->region->windows));
    count_passes(e, &u->region->stats);
}

/* The IR is final: makes code of it. */
static struct jit_code *compile_ir(struct jit_unit *u)
{
    uint32_t n_slots = u->engine->arch->n_slots;
    struct jit_code *code = NULL;
    char *memory;

    u->n = u->ir->n_insns;
    memory = malloc(u->n * sizeof(*u->insns) + 2 * n_slots * sizeof(uint32_t));
    if (!memory) {
        u->failed = "out of memory";
        return NULL;
    }
    u->insns = (struct jit_insn *)(void *)memory;
    u->slot_value = (uint32_t *)(void *)&u->insns[u->n];
    u->slot_mark = u->slot_value + n_slots;
    code = build(u);
    free(memory);
    return code;
}

static int compile(void *self, const struct vm_ir_unit *ir, struct vm_unit *unit,
                   struct vm_error *err)
{
    struct jit_engine *e = self;
    struct jit_region region = {0};
    struct jit_unit u = {.engine = e, .pins = &e->pins, .ir = ir, .unit = unit};
    uint64_t begin = now_ns();
    struct jit_code *code = NULL;

    if (unit->n_entries) {
        u.region = &region;
        region.id = 1 + atomic_fetch_add_explicit(&e->last_region_id, 1, memory_order_relaxed);
    }
    if (!u.region || jit_region_init(&u)) {
        u.ir = u.region ? &region.ir : ir;
        code = compile_ir(&u);
    }
    if (code) {
        set_entries(&u, code);
        unit->code = code;
        unit->code_bytes = code->bytes;
        jit_perf_name(e, code->offset, code->bytes, u.region ? "region" : "unit", unit->pc);
        count_unit(e, &u, now_ns() - begin);
    }
    jit_region_free(&u);
    if (code)
        return VM_COMPILE_OK;
    if (u.full)
        return VM_COMPILE_FULL;
    if (u.region)
        return VM_COMPILE_REFUSED;
    return vm_error_set(err, "engine-jit: cannot compile a unit of %u guest instructions: %s",
                        ir->guest_insns, u.failed);
}

static void release(void *self, struct vm_unit *unit)
{
    struct jit_engine *e = self;
    struct jit_code *code = unit->code;

    jit_cache_release(&e->cache, code->offset);
    free(code);
    unit->code = unit->entry = NULL;
    jit_count(e, JIT_STAT_RELEASED, 1);
}

static enum vm_exit enter(void *self, struct vm_cpu *cpu, struct vm_unit *unit)
{
    struct jit_engine *e = self;
    enum vm_exit (*fn)(struct vm_cpu *, const void *);
    const uint8_t *stub = e->cache.memory.run + e->stub[JIT_STUB_ENTER];

    memcpy(&fn, &stub, sizeof(fn));
    return fn(cpu, unit->entry);
}

static void set_link(struct jit_engine *e, const struct vm_unit *from, uint32_t index,
                     const struct vm_unit *to)
{
    const struct jit_code *code = from->code;
    const uint8_t *target = to ? to->entry : NULL;

    if (index < code->n_exits && code->exits[index].site != JIT_NONE)
        host_patch(e, code->exits[index].site,
                   target ? (uint32_t)(target - e->cache.memory.run) : code->exits[index].unlinked);
}

static void link_exit(void *self, struct vm_unit *from, uint32_t index, struct vm_unit *to)
{
    set_link(self, from, index, to);
    jit_count(self, JIT_STAT_LINKS, 1);
}

static void unlink_exit(void *self, struct vm_unit *from, uint32_t index)
{
    set_link(self, from, index, NULL);
    jit_count(self, JIT_STAT_UNLINKS, 1);
}

static uint32_t stats(void *self, const char **names, uint64_t *values, uint32_t max)
{
    static const char *const stat_names[JIT_STAT_COUNT] = {
        [JIT_STAT_UNITS] = "units",
        [JIT_STAT_GUEST_INSNS] = "guest-instructions",
        [JIT_STAT_IR_INSNS] = "ir-instructions",
        [JIT_STAT_CODE_BYTES] = "code-bytes",
        [JIT_STAT_LINKS] = "links",
        [JIT_STAT_UNLINKS] = "unlinks",
        [JIT_STAT_RELEASED] = "released",
        [JIT_STAT_FULL] = "cache-full",
        [JIT_STAT_SPILLS] = "spills",
        [JIT_STAT_COMPILE_NS] = "compile-ns",
        [JIT_STAT_LINES] = "lines",
        [JIT_STAT_WINDOWS] = "windows",
        [JIT_STAT_LINES_GIVEN_UP] = "lines-given-up",
        [JIT_STAT_COPIED] = "blocks-copied",
        [JIT_STAT_JOINED] = "blocks-joined",
        [JIT_STAT_DROPPED] = "blocks-dropped",
        [JIT_STAT_FORWARDED] = "slots-forwarded",
        [JIT_STAT_FOLDED] = "operations-folded",
        [JIT_STAT_SHARED] = "operations-shared",
        [JIT_STAT_DEAD] = "operations-dead",
        [JIT_STAT_PROBES] = "probes-removed",
    };
    struct jit_engine *e = self;
    uint32_t n = 0;

    for (; n < JIT_STAT_COUNT && n < max; n++) {
        names[n] = stat_names[n];
        values[n] = atomic_load_explicit(&e->stats[n], memory_order_relaxed);
    }
    if (n < max) {
        names[n] = "cache-used";
        pthread_mutex_lock(&e->cache.lock);
        values[n++] = e->cache.used;
        pthread_mutex_unlock(&e->cache.lock);
    }
    return n;
}

static const struct vm_engine_ops ops = {
    .size = sizeof(struct vm_engine_ops),
    .frame_size = sizeof(struct jit_frame) + JIT_FORWARDS,
    .flags = VM_ENGINE_REGIONS | VM_ENGINE_BOUNDED,
    .tiers = 2,
    .auto_rank = 2,
    .create = create,
    .destroy = destroy,
    .cpu_init = cpu_init,
    .cpu_exit = cpu_exit,
    .compile = compile,
    .release = release,
    .enter = enter,
    .link = link_exit,
    .unlink = unlink_exit,
    .dump = jit_dump,
    .stats = stats,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_ENGINE_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "cache-size",
     .unit = "bytes",
     .default_value = "64M",
     .min = (uint64_t)1 << 20,
     .max = (uint64_t)1 << 30,
     .help = "memory for compiled code"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "perf-map",
     .default_value = "no",
     .help = "write /tmp/perf-PID.map, by which Linux perf names guest code"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "host-features",
     .default_value = "auto",
     .help = "optional instructions of the host that code may use: auto, none, or their names with "
             "commas between"},
};

VM_PLUGIN(.kind = VM_KIND_ENGINE, .name = "engine-jit", .version = "0.1.0",
          .licence = "BSD-2-Clause", .summary = "compiler to x86-64 host code",
          .description =
              "Compiles each unit of guest code to host code in one pass. Guest registers live in "
              "host "
              "registers across units, the TLB is looked up inline, floating point runs on SSE.",
          VM_PLUGIN_PROPERTIES(properties), .matched_abi = VM_MATCHED_ABI_HASH,
          .get_interface = get_interface);

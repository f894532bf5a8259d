/* SPDX-License-Identifier: BSD-2-Clause */
/* engine-interp: the plugin. See interp.h for how it works. */
#include <stdlib.h>
#include <string.h>
#include <vmrun/abi-hash.h>
#include "../engine-common/slots.h"
#include "interp.h"

#define CELLS_MAX 65536u

static int check_slots(const struct vm_arch_ops *arch, uint32_t state_size, struct vm_error *err)
{
    if (state_size % 8 || state_size / 8 + INTERP_FRAME_CELLS > CELLS_MAX)
        return vm_error_set(err, "engine-interp: cannot work with %u bytes of vCPU state",
                            state_size);
    for (uint32_t s = 0; s < arch->n_slots; s++) {
        uint32_t bytes = slot_bytes(&arch->slots[s]);
        if (arch->slots[s].offset % bytes || arch->slots[s].offset + bytes > state_size)
            return vm_error_set(err,
                                "engine-interp: slot %s is misaligned or outside of the vCPU state",
                                arch->slots[s].name);
    }
    return 0;
}

static uint32_t low_byte(const struct vm_slot *slot)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return slot->offset;
#else
    return slot->offset + (slot->type == VM_I64 ? 7 : 3);
#endif
}

static void *create(const struct vm_host *host, const struct vm_arch_ops *arch, uint32_t state_size,
                    const struct vm_props *props, struct vm_error *err)
{
    (void)host;
    (void)props;
    if (check_slots(arch, state_size, err))
        return NULL;
    struct interp_engine *engine = calloc(1, sizeof(*engine));
    if (engine)
        engine->overlap = calloc(arch->n_slots + 1, sizeof(*engine->overlap));
    if (!engine || !engine->overlap) {
        free(engine);
        vm_error_set(err, "engine-interp: out of memory");
        return NULL;
    }
    engine->arch = arch;
    engine->frame = state_size / 8;
    engine->handlers = interp_handlers();
    find_overlaps(engine->arch, engine->overlap);
    if (arch->fp.flags_slot < arch->n_slots)
        engine->flags_offset = low_byte(&arch->slots[arch->fp.flags_slot]);
    engine->fp =
        (struct vm_fp_env){.nan_rule = arch->fp.nan_rule, .tiny_before = arch->fp.tiny_before};
    return engine;
}

static void destroy(void *self)
{
    struct interp_engine *engine = self;

    free(engine->overlap);
    free(engine);
}

static int cpu_init(void *self, struct vm_cpu *cpu, struct vm_error *err)
{
    struct interp_engine *engine = self;

    (void)err;
    cpu->engine = engine;
    memset(cpu->state + (size_t)engine->frame * 8, 0, INTERP_FRAME_CELLS * 8);
    return 0;
}

static int compile(void *self, const struct vm_ir_unit *ir, struct vm_unit *unit,
                   struct vm_error *err)
{
    struct interp_code *code = interp_lower(self, ir, unit, &unit->code_bytes, err);

    if (!code)
        return -1;
    unit->entry = unit->code = code;
    return 0;
}

static void release(void *self, struct vm_unit *unit)
{
    (void)self;
    free(unit->code);
    unit->entry = unit->code = NULL;
}

static enum vm_exit enter(void *self, struct vm_cpu *cpu, struct vm_unit *unit)
{
    (void)self;
    return interp_run(cpu, unit->entry);
}

static void set_link(struct vm_unit *from, uint32_t index, struct interp_code *to)
{
    struct interp_code *code = from->code;

    if (index < code->n_exits)
        atomic_store_explicit(&code->code[code->exits[index]].link, to, memory_order_release);
}

static void link_exit(void *self, struct vm_unit *from, uint32_t index, struct vm_unit *to)
{
    (void)self;
    set_link(from, index, to->code);
}

static void unlink_exit(void *self, struct vm_unit *from, uint32_t index)
{
    (void)self;
    set_link(from, index, NULL);
}

static uint32_t stats(void *self, const char **names, uint64_t *values, uint32_t max)
{
    static const char *const stat_names[STAT_COUNT] = {
        [STAT_UNITS] = "units",
        [STAT_IR_INSNS] = "ir-instructions",
        [STAT_OPS] = "operations",
        [STAT_CODE_BYTES] = "code-bytes",
        [STAT_PUTS_FOLDED] = "puts-folded",
        [STAT_PUTS_DEAD] = "puts-dead",
        [STAT_GETS_FORWARDED] = "gets-forwarded",
        [STAT_CONSTS_FOLDED] = "constants-folded",
        [STAT_COMPARES_FUSED] = "compares-fused",
        [STAT_MOVES] = "moves-added",
        [STAT_PAIRS] = "pairs",
    };
    struct interp_engine *engine = self;
    uint32_t n = 0;

    for (; n < STAT_COUNT && n < max; n++) {
        names[n] = stat_names[n];
        values[n] = atomic_load_explicit(&engine->stats[n], memory_order_relaxed);
    }
    return n;
}

static const struct vm_engine_ops ops = {
    .size = sizeof(struct vm_engine_ops),
    .frame_size = INTERP_FRAME_CELLS * 8,
    .flags = VM_ENGINE_COUNTS,
    .tiers = 1,
    .auto_rank = 1,
    .create = create,
    .destroy = destroy,
    .cpu_init = cpu_init,
    .compile = compile,
    .release = release,
    .enter = enter,
    .link = link_exit,
    .unlink = unlink_exit,
    .stats = stats,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_ENGINE_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_ENGINE, .name = "engine-interp", .version = "0.1.0",
          .licence = "BSD-2-Clause", .summary = "interpreter: threaded code lowered from the IR",
          .description =
              "Lowers each unit of guest code to compact three-address threaded code and runs "
              "that. Needs no "
              "executable memory, works on every host, and is the reference for other engines.",
          .matched_abi = VM_MATCHED_ABI_HASH, .get_interface = get_interface);

/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine of ir_machine.h: arch tables, helpers, memory behind a vm_cpu_host, comparison. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vmrun/softfp.h>
#include "core/host/code.h"
#include "core/plugin/registry.h"
#include "ir_machine.h"

/* ---- the arch ---- */

#define R(n)                                                      \
    {                                                             \
        "r" #n, 8 * n, VM_I64, VM_SLOT_HOT, n < 12 ? n + 1 : 0, 0 \
    }

static const struct vm_slot slots[SLOT_COUNT] = {
    R(0),
    R(1),
    R(2),
    R(3),
    R(4),
    R(5),
    R(6),
    R(7),
    R(8),
    R(9),
    R(10),
    R(11),
    R(12),
    R(13),
    R(14),
    R(15),
    [16] = {"w0", 128, VM_I32, 0, 0, 0},
    {"w1", 132, VM_I32, 0, 0, 0},
    {"w2", 136, VM_I32, 0, 0, 0},
    {"w3", 140, VM_I32, 0, 0, 0},
    {"d0", 144, VM_F64, 0, 1, 0},
    {"d1", 152, VM_F64, 0, 2, 0},
    {"d2", 160, VM_F64, 0, 0, 0},
    {"d3", 168, VM_F64, 0, 0, 0},
    {"s0", 176, VM_F32, 0, 0, 0},
    {"s1", 180, VM_F32, 0, 0, 0},
    {"flags", 184, VM_I32, 0, 0, 0},
    {"zero", 192, VM_I64, 0, 0, 1},
    {"low15", 120, VM_I32, 0, 0, 0},
    {"v0", 208, VM_V128, 0, 0, 0},
    {"v1", 224, VM_V128, 0, 0, 0},
    {"v2", 160, VM_V128, 0, 0, 0},
};

#define ARGS \
    struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f
#define IGNORE(x) ((void)(x))

static uint64_t *reg(struct vm_cpu *cpu, uint32_t n)
{
    return (uint64_t *)(void *)(cpu->state + slots[n].offset);
}

static uint32_t *word(struct vm_cpu *cpu, uint32_t n)
{
    return (uint32_t *)(void *)(cpu->state + slots[n].offset);
}

static uint64_t helper_mix(ARGS)
{
    IGNORE(cpu);
    return a + 3 * b + 5 * c + 7 * d + 11 * e + 13 * f;
}

static uint64_t helper_trap(ARGS)
{
    IGNORE(b), IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    if (a & 1) {
        cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP, .code = 77, .value = a};
        cpu->pending_exit = VM_EXIT_TRAP;
    }
    return a + 3;
}

static uint64_t helper_exit(ARGS)
{
    static const uint32_t exits[4] = {VM_EXIT_NONE, VM_EXIT_STATE, VM_EXIT_WAIT, VM_EXIT_TRAP};

    IGNORE(b), IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    if (a & 3)
        cpu->pending_exit = exits[a & 3];
    if ((a & 3) == 3)
        cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP, .code = 78, .value = a};
    return a ^ 0xff;
}

static uint64_t helper_rotate(ARGS)
{
    uint64_t r1 = *reg(cpu, 1);

    IGNORE(b), IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    *reg(cpu, 1) = *reg(cpu, 2);
    *reg(cpu, 2) = r1;
    *word(cpu, SLOT_W0 + 1) += (uint32_t)a;
    return r1 ^ a;
}

static uint64_t helper_copy(ARGS)
{
    IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    *reg(cpu, 4) = *reg(cpu, 3) + a;
    *word(cpu, SLOT_W0 + 2) = (uint32_t)(b >> 3);
    return a - b;
}

static uint64_t helper_nothing(ARGS)
{
    IGNORE(a), IGNORE(b), IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    *reg(cpu, 14) += 1;
    return 5;
}

static uint64_t helper_fp(ARGS)
{
    IGNORE(b), IGNORE(c), IGNORE(d), IGNORE(e), IGNORE(f);
    *word(cpu, SLOT_FLAGS) |= (uint32_t)a & 31;
    return *word(cpu, SLOT_FLAGS);
}

static const uint16_t copy_reads[] = {3, 0xffff};
static const uint16_t copy_writes[] = {4, SLOT_W0 + 2, 0xffff};
static const uint16_t nothing_slots[] = {14, 0xffff};

static const struct vm_helper helpers[HELPER_COUNT] = {
    [HELPER_MIX] = {.name = "mix", .fn = helper_mix, .n_args = 6, .flags = VM_HELPER_PURE},
    [HELPER_TRAP] = {.name = "trap_odd",
                     .fn = helper_trap,
                     .n_args = 1,
                     .flags = VM_HELPER_MAY_TRAP},
    [HELPER_EXIT] = {.name = "leave",
                     .fn = helper_exit,
                     .n_args = 1,
                     .flags = VM_HELPER_MAY_EXIT | VM_HELPER_MAY_TRAP},
    [HELPER_ROTATE] = {.name = "rotate",
                       .fn = helper_rotate,
                       .n_args = 1,
                       .flags = VM_HELPER_ALL_SLOTS},
    [HELPER_COPY] = {.name = "copy",
                     .fn = helper_copy,
                     .n_args = 2,
                     .reads = copy_reads,
                     .writes = copy_writes},
    [HELPER_NOTHING] = {.name = "nothing",
                        .fn = helper_nothing,
                        .reads = nothing_slots,
                        .writes = nothing_slots},
    [HELPER_FP] = {.name = "raise", .fn = helper_fp, .n_args = 1, .flags = VM_HELPER_FP},
};

struct vm_arch_ops test_arch = {
    .size = sizeof(struct vm_arch_ops),
    .slots = slots,
    .n_slots = SLOT_COUNT,
    .helpers = helpers,
    .n_helpers = HELPER_COUNT,
    .fp = {.flags_slot = SLOT_FLAGS, .nan_rule = VM_FP_NAN_CANONICAL},
    .state_size = TEST_STATE_BYTES,
    .min_insn_bytes = 2,
    .max_insn_bytes = 8,
};

/* ---- memory ---- */

enum page_kind test_page_kind(uint64_t va)
{
    static const uint8_t kinds[TEST_PAGES] = {
        [6] = PAGE_SLOW, [7] = PAGE_CODE, [11] = PAGE_NONE, [13] = PAGE_CODE};
    uint64_t page = (va - TEST_BASE) >> VM_PAGE_BITS;

    return page < TEST_PAGES ? (enum page_kind)kinds[page] : PAGE_NONE;
}

static struct test_machine *machine_of(struct vm_cpu *cpu)
{
    return cpu->core;
}

/* Faults on the first byte that is not there. */
static int check_access(struct vm_cpu *cpu, uint64_t va, uint32_t size, enum vm_access access)
{
    int result = VM_MEM_OK;

    machine_of(cpu)->host_calls++;
    for (uint32_t i = 0; i < size; i++) {
        enum page_kind kind = test_page_kind(va + i);
        if (kind == PAGE_NONE) {
            cpu->fault = (struct vm_fault){
                .kind = VM_FAULT_TRANSLATE, .access = access, .va = va + i, .code = 5};
            return VM_MEM_FAULT;
        }
        if (kind == PAGE_CODE && access == VM_ACCESS_WRITE)
            result = VM_MEM_CODE;
    }
    return result;
}

static uint8_t *byte_at(struct vm_cpu *cpu, uint64_t va, uint32_t i, uint32_t memop)
{
    uint32_t size = VM_MEMOP_SIZE(memop);

    return &machine_of(cpu)->memory[va - TEST_BASE + (memop & VM_MEMOP_BIG ? size - 1 - i : i)];
}

static uint64_t get_bytes(struct vm_cpu *cpu, uint64_t va, uint32_t memop)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < VM_MEMOP_SIZE(memop); i++)
        v |= (uint64_t)*byte_at(cpu, va, i, memop) << 8 * i;
    return v;
}

static void set_bytes(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t v)
{
    for (uint32_t i = 0; i < VM_MEMOP_SIZE(memop); i++)
        *byte_at(cpu, va, i, memop) = (uint8_t)(v >> 8 * i);
}

static int host_load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value)
{
    if (check_access(cpu, va, VM_MEMOP_SIZE(memop), VM_ACCESS_READ) == VM_MEM_FAULT)
        return VM_MEM_FAULT;
    *value = get_bytes(cpu, va, memop);
    return VM_MEM_OK;
}

static int host_store(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value)
{
    int result = check_access(cpu, va, VM_MEMOP_SIZE(memop), VM_ACCESS_WRITE);

    if (result != VM_MEM_FAULT)
        set_bytes(cpu, va, memop, value);
    return result;
}

static uint64_t amo_result(uint32_t op, uint32_t size, uint64_t old, uint64_t v)
{
    uint32_t shift = 64 - 8 * size;
    int64_t so = (int64_t)(old << shift) >> shift, sv = (int64_t)(v << shift) >> shift;

    switch (op) {
    case VM_AMO_SWAP:
        return v;
    case VM_AMO_ADD:
        return old + v;
    case VM_AMO_AND:
        return old & v;
    case VM_AMO_OR:
        return old | v;
    case VM_AMO_XOR:
        return old ^ v;
    case VM_AMO_SMIN:
        return so < sv ? old : v;
    case VM_AMO_SMAX:
        return so > sv ? old : v;
    case VM_AMO_UMIN:
        return old < v ? old : v;
    default:
        return old > v ? old : v;
    }
}

static int host_amo(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand,
                    uint64_t *old)
{
    int result = check_access(cpu, va, VM_MEMOP_SIZE(memop), VM_ACCESS_WRITE);

    if (result == VM_MEM_FAULT)
        return result;
    *old = get_bytes(cpu, va, memop);
    set_bytes(cpu, va, memop, amo_result(VM_MEMOP_AMO(memop), VM_MEMOP_SIZE(memop), *old, operand));
    return result;
}

static int host_cas(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected,
                    uint64_t desired, uint64_t *old)
{
    int result = check_access(cpu, va, VM_MEMOP_SIZE(memop), VM_ACCESS_WRITE);

    if (result == VM_MEM_FAULT)
        return result;
    *old = get_bytes(cpu, va, memop);
    if (*old == expected)
        set_bytes(cpu, va, memop, desired);
    return *old == expected ? result : VM_MEM_OK;
}

static uint64_t host_instructions(struct vm_cpu *cpu)
{
    return (uint64_t)1 << 32 | (uint32_t)(INT32_MAX - cpu->countdown);
}

static const struct vm_cpu_host host = {
    .size = sizeof(struct vm_cpu_host),
    .load = host_load,
    .store = host_store,
    .amo = host_amo,
    .cas = host_cas,
    .instructions = host_instructions,
};

/* ---- life ---- */

static void fill_tlb(struct test_machine *m)
{
    for (uint32_t i = 0; i < TEST_TLB_ENTRIES; i++)
        m->tlb[i] = (struct vm_tlb_entry){.tag = {VM_TLB_INVALID, VM_TLB_INVALID, VM_TLB_INVALID}};
    for (uint64_t va = TEST_BASE; va < TEST_BASE + TEST_PAGES * VM_PAGE_SIZE; va += VM_PAGE_SIZE) {
        struct vm_tlb_entry *e = &m->tlb[vm_tlb_index(va, TEST_TLB_ENTRIES - 1)];
        enum page_kind kind = test_page_kind(va);
        e->addend = (uint64_t)(uintptr_t)m->memory - TEST_BASE;
        e->tag[VM_ACCESS_READ] = kind == PAGE_RAM || kind == PAGE_CODE ? va : va | VM_TLB_SLOW;
        e->tag[VM_ACCESS_WRITE] = kind == PAGE_RAM ? va : va | VM_TLB_SLOW;
    }
}

struct test_machine *test_machine_new(uint32_t frame_size)
{
    size_t cpu_bytes = (sizeof(struct vm_cpu) + TEST_STATE_BYTES + frame_size + 63) & ~(size_t)63;
    struct test_machine *m = aligned_alloc(4096, (sizeof(*m) + 4095) & ~(size_t)4095);

    if (!m)
        return NULL;
    memset(m, 0, sizeof(*m));
    m->cpu = aligned_alloc(64, cpu_bytes);
    m->jump_cache = calloc(VM_JUMP_CACHE_SIZE, sizeof(*m->jump_cache));
    if (!m->cpu || !m->jump_cache) {
        test_machine_free(m);
        return NULL;
    }
    memset(m->cpu, 0, cpu_bytes);
    fill_tlb(m);
    for (uint32_t i = 0; i < VM_MMU_COUNT; i++)
        m->cpu->tlb[i] = (struct vm_tlb_view){m->tlb, TEST_TLB_ENTRIES - 1};
    m->cpu->jump_cache = m->jump_cache;
    m->cpu->jump_tag = 1;
    m->cpu->host = &host;
    m->cpu->core = m;
    return m;
}

void test_machine_free(struct test_machine *m)
{
    if (!m)
        return;
    free(m->cpu);
    free(m->jump_cache);
    free(m);
}

void test_machine_copy(struct test_machine *to, const struct test_machine *from)
{
    memcpy(to->memory, from->memory, sizeof(to->memory));
    memcpy(to->cpu->state, from->cpu->state, TEST_STATE_BYTES);
    to->cpu->pc = from->cpu->pc;
    to->cpu->countdown = from->cpu->countdown;
    to->cpu->pending_exit = from->cpu->pending_exit;
    to->cpu->exit_unit = from->cpu->exit_unit;
    to->cpu->exit_index = from->cpu->exit_index;
    to->cpu->fault = from->cpu->fault;
    to->cpu->reserve_va = from->cpu->reserve_va;
    to->cpu->reserve_value = from->cpu->reserve_value;
    to->cpu->reserve_size = from->cpu->reserve_size;
}

const char *test_machine_differ(const struct test_machine *a, const struct test_machine *b)
{
    static char text[128];

    for (uint32_t s = 0; s < SLOT_COUNT; s++) {
        if (test_slot_get(a, s) != test_slot_get(b, s)) {
            snprintf(text, sizeof(text), "slot %s: %#llx, %#llx", slots[s].name,
                     (unsigned long long)test_slot_get(a, s),
                     (unsigned long long)test_slot_get(b, s));
            return text;
        }
    }
    if (memcmp(a->cpu->state, b->cpu->state, TEST_STATE_BYTES) != 0)
        return "state outside of the slots";
    if (memcmp(a->memory, b->memory, sizeof(a->memory)) != 0)
        return "memory";
    if (a->cpu->pc != b->cpu->pc) {
        snprintf(text, sizeof(text), "pc %#llx, %#llx", (unsigned long long)a->cpu->pc,
                 (unsigned long long)b->cpu->pc);
        return text;
    }
    if (a->cpu->countdown != b->cpu->countdown) {
        snprintf(text, sizeof(text), "countdown %d, %d", a->cpu->countdown, b->cpu->countdown);
        return text;
    }
    if (a->cpu->pending_exit != b->cpu->pending_exit)
        return "pending_exit";
    if (a->cpu->exit_unit != b->cpu->exit_unit ||
        (a->cpu->exit_unit && a->cpu->exit_index != b->cpu->exit_index))
        return "exit_unit or exit_index";
    if (memcmp(&a->cpu->fault, &b->cpu->fault, sizeof(a->cpu->fault)) != 0)
        return "fault";
    if (a->cpu->reserve_size != b->cpu->reserve_size ||
        (a->cpu->reserve_size && (a->cpu->reserve_va != b->cpu->reserve_va ||
                                  a->cpu->reserve_value != b->cpu->reserve_value)))
        return "reservation";
    return NULL;
}

uint64_t test_slot_get(const struct test_machine *m, uint32_t slot)
{
    const void *p = m->cpu->state + slots[slot].offset;

    if (slots[slot].type == VM_I32 || slots[slot].type == VM_F32)
        return *(const uint32_t *)p;
    return *(const uint64_t *)p;
}

void test_slot_set(struct test_machine *m, uint32_t slot, uint64_t value)
{
    void *p = m->cpu->state + slots[slot].offset;

    if (slots[slot].type == VM_I32 || slots[slot].type == VM_F32)
        *(uint32_t *)p = (uint32_t)value;
    else
        *(uint64_t *)p = value;
}

static uint64_t *half_of(const struct test_machine *m, uint32_t slot, uint32_t half)
{
    return (uint64_t *)(void *)(m->cpu->state + slots[slot].offset + 8 * half);
}

uint64_t test_half_get(const struct test_machine *m, uint32_t slot, uint32_t half)
{
    return *half_of(m, slot, half);
}

void test_half_set(struct test_machine *m, uint32_t slot, uint32_t half, uint64_t value)
{
    *half_of(m, slot, half) = value;
}

bool ir_leaves(const struct vm_ir_insn *insn)
{
    return (insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF) && insn->aux == 0;
}

void test_unit_init(struct vm_unit *unit, const struct vm_ir_unit *ir, struct vm_unit_exit *exits)
{
    *unit = (struct vm_unit){
        .guest_insns = ir->guest_insns, .guest_bytes = ir->guest_bytes, .exits = exits};
    for (uint32_t i = 0; i < ir->n_insns; i++) {
        if (ir_leaves(&ir->insns[i]))
            exits[unit->n_exits++].delta = ir->insns[i].imm;
    }
}

/* ---- the engine ---- */

static const void *engine_interface(const char *id)
{
    return strcmp(id, VM_HOST_CODE_MEMORY) == 0 ? &host_code_memory : NULL;
}

static const struct vm_host engine_host = {
    .size = sizeof(struct vm_host),
    .abi_minor = VM_ABI_MINOR,
    .get_interface = engine_interface,
    .prop_given = props_given,
    .prop_uint = props_uint,
    .prop_string = props_string,
};

/* The defaults, and one that is set. */
static struct vm_props *engine_props(const struct vm_plugin *plugin, const char *key,
                                     const char *value, struct vm_error *err)
{
    struct vm_props *props = props_new(plugin->properties, plugin->n_properties);

    if (props && (key ? props_set(props, key, value, NULL, err) : 0) == 0 &&
        props_finish(props, err) == 0)
        return props;
    props_free(props);
    return NULL;
}

static int open_engine(struct test_engine *e, const char *name, const struct vm_arch_ops *arch,
                       uint32_t state_bytes, const char *key, const char *value,
                       struct vm_error *err)
{
    const char *dir = getenv("VMRUN_BUILDDIR");
    char path[4096];

    snprintf(path, sizeof(path), "%s/plugins.uninstalled/%s.so", dir ? dir : ".", name);
    e->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct vm_plugin *plugin = e->module ? dlsym(e->module, VM_PLUGIN_SYMBOL) : NULL;
    if (!plugin)
        return vm_error_set(err, "%s: %s", path, dlerror());
    e->ops = plugin->get_interface(VM_ENGINE_INTERFACE);
    struct vm_props *props = engine_props(plugin, key, value, err);
    e->self = props ? e->ops->create(&engine_host, arch, state_bytes, props, err) : NULL;
    props_free(props);
    if (!e->self)
        dlclose(e->module);
    return e->self ? 0 : -1;
}

int test_engine_open_with(struct test_engine *e, const char *name, const char *key,
                          const char *value, struct vm_error *err)
{
    return open_engine(e, name, &test_arch, TEST_STATE_BYTES, key, value, err);
}

int test_engine_open_for(struct test_engine *e, const char *name, const struct vm_arch_ops *arch,
                         uint32_t state_bytes, struct vm_error *err)
{
    return open_engine(e, name, arch, state_bytes, NULL, NULL, err);
}

int test_engine_open(struct test_engine *e, const char *name)
{
    struct vm_error err = VM_ERROR_INIT;

#ifdef TEST_HOST_FEATURES
    int result = test_engine_open_with(e, name, "host-features", TEST_HOST_FEATURES, &err);
#else
    int result = test_engine_open_with(e, name, NULL, NULL, &err);
#endif
    if (result)
        fprintf(stderr, "%s\n", err.text);
    return result;
}

void test_engine_close(struct test_engine *e)
{
    e->ops->destroy(e->self);
    dlclose(e->module);
}

/* ---- random numbers ---- */

uint64_t test_seed(void)
{
    const char *text = getenv("VMRUN_TEST_SEED");

    if (text)
        return strtoull(text, NULL, 0);
    return getenv("VMRUN_TEST_LONG") ? (uint64_t)time(NULL) * 2654435761u : 0x6d72756e;
}

/* splitmix64 */
uint64_t test_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}
